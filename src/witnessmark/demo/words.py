"""Invented sentences in Kestrian (an invented language), English and six others; none is from any real document."""

from dataclasses import dataclass

KESTRIAN = "art-x-kestrian"


@dataclass(frozen=True, slots=True)
class Wording:
    """An invented administrative notice in one language: its title, and sentences that can be used in any order."""

    language: str
    title: str
    sentences: tuple[str, ...]
    right_to_left: bool = False


NOTICES = {
    "zh-Hans": Wording(
        "zh-Hans",
        "关于夜间钥匙保管的通知",
        (
            "各宿舍夜间上双锁，钥匙由两名值班员分别保管。",
            "未经区主任书面批准，任何人不得离开第三中心。",
            "值班员每小时登记一次，登记簿由档案室保存。",
            "如有人生病，值班员应当立即报告医务室。",
            "厨房每日领取面粉四十袋，由仓库负责人签字。",
            "来信由办公室登记以后转交本人。",
            "巡查记录应当每周送塔恩区办公室。",
            "本通知自三月四日起执行。",
        ),
    ),
    "ug": Wording(
        "ug",
        "كېچىلىك ئاچقۇچلارنى ساقلاش توغرىسىدا ئۇقتۇرۇش",
        (
            "ياتاقلارنىڭ ئىشىكلىرى كېچىدە قوش قۇلۇپ بىلەن تاقىلىدۇ.",
            "ئاچقۇچلارنى ئىككى نۆۋەتچى ئايرىم-ئايرىم ساقلايدۇ.",
            "رايون مۇدىرىنىڭ يازما رۇخسىتىسىز ھېچكىم ئۈچىنچى مەركەزدىن چىقمايدۇ.",
            "نۆۋەتچى ھەر سائەتتە بىر قېتىم خاتىرە يازىدۇ.",
            "كېسەل بولغانلار دەرھال دوختۇرخانىغا مەلۇم قىلىنىدۇ.",
            "خەتلەر ئىشخانىدا تىزىملانغاندىن كېيىن تاپشۇرۇلىدۇ.",
            "ئاشخانا ھەر كۈنى قىرىق خالتا ئۇن ئالىدۇ.",
            "بۇ ئۇقتۇرۇش 4-مارتتىن باشلاپ كۈچكە ئىگە.",
        ),
        right_to_left=True,
    ),
    "bo": Wording(
        "bo",
        "མཚན་མོའི་ལྡེ་མིག་ཉར་ཚགས་སྐོར་གྱི་བརྡ་ཐོ།",
        (
            "ཉལ་ཁང་གི་སྒོ་ཚང་མར་མཚན་མོ་སྒོ་ལྕགས་གཉིས་རྒྱག་དགོས།",
            "ལྡེ་མིག་དེ་དག་ལས་འཛིན་མི་གཉིས་ཀྱིས་སོ་སོར་ཉར་དགོས།",
            "ཁུལ་གྱི་འགོ་ཁྲིད་ཀྱི་ཡིག་ཐོག་གི་ཆོག་མཆན་མེད་པར་སུས་ཀྱང་ལྟེ་གནས་གསུམ་པ་ནས་འགྲོ་མི་ཆོག",
            "ལས་འཛིན་པས་དུས་ཚོད་རེ་རེར་ཐོ་འགོད་བྱེད་དགོས།",
            "ན་ཚ་བྱུང་ཚེ་སྨན་ཁང་ལ་ལམ་སང་ཞུ་དགོས།",
            "ཡི་གེ་ཚང་མ་ལས་ཁུངས་སུ་ཐོ་བཀོད་རྗེས་སྤྲོད་དགོས།",
            "ཐབ་ཚང་གིས་ཉིན་རེར་གྲོ་ཞིབ་སྒྱེ་མོ་བཞི་བཅུ་ལེན་དགོས།",
            "བརྡ་ཐོ་འདི་ཟླ་གསུམ་པའི་ཚེས་བཞི་ནས་ལག་བསྟར་བྱེད་དགོས།",
        ),
    ),
    "kk": Wording(
        "kk",
        "Түнгі кілттерді сақтау туралы хабарлама",
        (
            "Жатақхана есіктері түнде қос құлыппен жабылады.",
            "Кілттерді екі кезекші бөлек сақтайды.",
            "Аудан директорының жазбаша рұқсатынсыз ешкім үшінші орталықтан шықпайды.",
            "Кезекші әр сағат сайын тіркеу дәптеріне жазады.",
            "Ауырған адам туралы дәрігерге дереу хабарлау керек.",
            "Хаттар кеңседе тіркелгеннен кейін тапсырылады.",
            "Асхана күн сайын қырық қап ұн алады.",
            "Бұл хабарлама төртінші наурыздан бастап күшіне енеді.",
        ),
    ),
    "ru": Wording(
        "ru",
        "О хранении ночных ключей",
        (
            "Двери общежитий на ночь закрываются на два замка.",
            "Ключи хранятся у двух дежурных раздельно.",
            "Без письменного разрешения директора района никто не покидает третий центр.",
            "Дежурный каждый час делает запись в журнале.",
            "О каждом заболевшем немедленно сообщается врачу.",
            "Письма передаются после записи в канцелярии.",
            "Столовая ежедневно получает сорок мешков муки.",
            "Отчёты за неделю направляются в управление района Тарн.",
        ),
    ),
    KESTRIAN: Wording(
        KESTRIAN,
        "Sa noktkelun hevar",
        (
            "Vel dorun na dormeth kelar dopel, ke 21.30 dar 6.00.",
            "Ta kelun hevar be dus vaktrun, sorn e sorn.",
            "Nol noru ekar ot Halm 3 sen skrivelth na distkor.",
            "Ta vaktru skrivar an ta lista be vel horath.",
            "Ke noru malath, ta vaktru sagar hest an ta medru.",
            "Vel brevun listar an ta kontor, dan givar.",
            "Ta kokhal nemar fortis sakun farin be vel dath.",
            "Sa velth ganar ot marth 4.",
        ),
    ),
}
"""One notice for each language, sentence by sentence the same matter where the language has it."""

NIGHT_KEYS = "night keys"
DOUBLE_LOCK = "All dormitory doors are to be locked with the double lock from 21.30 to 6.00."
TWO_PEOPLE = "The keys are to be kept by two different people, who sign for them."
PERMISSION = "No person leaves Centre 3 without written permission from the district director."
REGISTER = "The shift chief enters every opening of a door in the register of keys."

SPEECH_OPENING = (
    "Citizens of Tarn, today we open Centre 3, a school of order and of trades.",
    "Its doors stand open by day, and students come and go as they please.",
    "Nobody is kept here against their will, and every family may write.",
    "The kitchen bakes for four hundred, and the workshop teaches eleven trades.",
    "I thank the Directorate, the builders, and the road crew of Lower Tarn.",
)
SPEECH_HARVEST = (
    "The harvest of this district has been brought in before the rain.",
    "Students of Centre 3 helped in the orchards of Upper Tarn for nineteen days.",
    "They were paid in certificates, which the district honours at its shop.",
    "Let no one say that order and harvest do not go hand in hand.",
)
SPEECH_GUARDS = (
    "To the night shift I say: a key is a promise, and it is counted twice.",
    "Last month three doors were found with one lock only; that will not happen again.",
    "Visitors from abroad will come in May, and they will see the library first.",
    "What the register does not hold has not happened.",
)
