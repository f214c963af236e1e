"""Chooses the encoding of a text: a mark, UTF-8 that holds, zero bytes, a declaration, or the likeliest letters.

Rules for whoever changes this file: the choice and its reason are observed; nothing is dropped, what cannot be decoded
becomes U+FFFD and is counted.
"""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import charset_normalizer

SAMPLE = 64 << 10
MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An encoding, why it was chosen, and how many bytes of mark stand before the text."""

    name: str
    why: str
    mark: int = 0


def choose(sample: bytes, declared: str | None = None, *, whole: bool = True) -> Chosen:
    """Return the encoding of a text by its beginning; `declared` is what the text itself says, if it does."""
    for mark, name in MARKS:
        if sample.startswith(mark):
            return Chosen(name, "byte order mark", len(mark))
    guessed = wide(sample)
    if guessed is None and holds(sample, "utf-8", whole=whole) and b"\x1b$" not in sample:
        return Chosen("utf-8", "every byte agrees with UTF-8")
    if guessed is not None:
        return Chosen(guessed, "zero bytes in every second place")
    usable = _known(declared)
    if usable is not None and holds(sample, usable, whole=whole):
        return Chosen(usable, "declared in the text")
    for test, name, why in _TESTS:
        if test(sample, whole):
            return Chosen(name, why)
    # Some bytes are damaged, or of another text: what nearly all the others say goes before what all of them allow.
    if _is_nearly_utf_8(sample):
        return Chosen("utf-8", "nearly every byte agrees with UTF-8")
    part = sample[:_WEIGHED]
    likely = (_east_asian(part) or _cyrillic(part)) if usable is None else None
    if likely is not None:
        return Chosen(likely, "likeliest by its letters")
    return _likeliest(sample, usable, whole=whole)


def holds(sample: bytes, name: str, *, whole: bool) -> bool:
    """Tell whether all bytes can be decoded; a character that the sample's end cuts counts for nothing."""
    try:
        codecs.getincrementaldecoder(name)("strict").decode(sample, whole)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def wide(sample: bytes) -> str | None:
    """Return UTF-16 or UTF-32 by the places of zero bytes, or by how line ends and blanks stand, else None."""
    even = sample[: len(sample) & ~1]
    if len(even) < 8:
        return None
    count = len(even) // 2
    fours = [sample[place : len(sample) & ~3 : 4] for place in range(4)]
    for order, name in ((fours, "utf-32-be"), (fours[::-1], "utf-32-le")):
        # The highest byte is always zero, the next one as good as always.
        if not any(order[0]) and order[1].count(0) > 0.9 * len(order[1]) and any(order[3]):
            return name if holds(sample, name, whole=False) else None
    zeros_first, zeros_second = even[::2].count(0), even[1::2].count(0)
    if zeros_second > count * 0.25 and zeros_first < count * 0.02:
        return "utf-16-le"
    if zeros_first > count * 0.25 and zeros_second < count * 0.02:
        return "utf-16-be"
    if zeros_first + zeros_second > count * 0.5 or (
        holds(sample, "utf-8", whole=False) and not zeros_first + zeros_second
    ):
        return None
    return next((name for name in ("utf-16-le", "utf-16-be") if _reads_as_wide(even[:8192], name)), None)


def _reads_as_wide(even: bytes, name: str) -> bool:
    """Tell UTF-16 of a script beyond Latin: letters throughout, of one alphabet or of everyday Chinese."""
    if not holds(even, name, whole=False):
        return False
    text = even.decode(name, "replace")
    counts = Counter(text)  # each sign is looked at once, however often it stands there
    good = sum(
        count
        for char, count in counts.items()
        if unicodedata.category(char)[0] in "LMNZ" or char in "\r\n\t" or "\u0f0b" <= char <= "\u0f14"
    )
    if good < 0.8 * len(text):
        return False
    blocks = Counter[int]()
    for char, count in counts.items():
        if char > "\x7f":
            blocks[ord(char) >> 8] += count
    block, most = blocks.most_common(1)[0] if blocks else (0, 0)
    if block in (0x04, 0x05, 0x06, 0x09, 0x0E, 0x0F, 0x10, 0x18) and most > 0.6 * len(text):
        return True
    known = sum(count for char, count in counts.items() if char in _EVERYDAY or "\u3041" <= char <= "\u30ff")
    return known > 0.25 * len(text)


def looks_like_text(head: bytes) -> bool:
    """Tell text in some encoding from other bytes: hardly any control characters."""
    if wide(head[:8192]) is not None or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if _is_ebcdic(head, whole=False):
        return True
    bad = sum(head.count(byte) for byte in _CONTROLS)
    return bad <= len(head) * 0.005 and (b"\x00" not in head)


def is_prose(head: bytes) -> bool:
    """Tell running words in UTF-8 from everything else: nearly only letters and blanks, and letters first."""
    try:
        text = _decoder("utf-8").decode(head)
    except UnicodeDecodeError:
        return False
    if not text[:1].isalpha() or not text[:24].replace(" ", "").isalpha():
        return False
    counts = Counter(text)
    good = sum(count for char, count in counts.items() if char in " \n\r" or char.isalpha() or ord(char) > 0x2FF)
    return good > 0.9 * len(text) and sum(counts[char] for char in _LATIN_CAPITALS) < 0.3 * len(text)


_LATIN_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_surely_text(head: bytes) -> bool:
    """Tell text of many high bytes from binary formats: those hardly ever do without control characters."""
    high = _high(head)
    return high > 0.25 * len(head) and len(head) >= 24 and len(head.translate(None, _ALL_CONTROLS)) == len(head)


def _high(data: bytes) -> int:
    """Return how many bytes are beyond ASCII."""
    return len(data) - len(data.translate(None, _HIGH))


_HIGH = bytes(range(128, 256))
_ALL_CONTROLS = bytes(i for i in range(32) if i not in (9, 10, 12, 13, 26, 27))
_CONTROLS = tuple(bytes([i]) for i in range(32) if i not in (7, 8, 9, 10, 11, 12, 13, 26, 27))


def _is_ebcdic(sample: bytes, whole: bool) -> bool:  # noqa: FBT001, ARG001 - one shape for all tests
    if len(sample) < 32 or sample.count(b" ") > len(sample) * 0.02:
        return False
    blanks = sample.count(b"\x40")
    letters = sum(sample.count(bytes([i])) for i in _EBCDIC_LETTERS)
    return 0.05 < blanks / len(sample) < 0.8 and letters > (len(sample) - blanks) * 0.6


_EBCDIC_LETTERS = (*range(0x81, 0x8A), *range(0x91, 0x9A), *range(0xA2, 0xAA), *range(0xC1, 0xCA), *range(0xD1, 0xDA))
_ISO_2022 = re.compile(rb"\x1b(\$[@B]|\([BJI])")


def _is_iso_2022_jp(sample: bytes, whole: bool) -> bool:  # noqa: FBT001
    return bool(_ISO_2022.search(sample)) and max(sample) < 128 and holds(sample, "iso2022_jp_2", whole=whole)


def _is_iso_2022_kr(sample: bytes, whole: bool) -> bool:  # noqa: FBT001
    return b"\x1b$)C" in sample and holds(sample, "iso2022_kr", whole=whole)


def _is_japanese(name: str) -> Callable[[bytes, bool], bool]:
    """Return a test for kana among the letters: no other language has them where these encodings have."""

    def test(sample: bytes, whole: bool) -> bool:  # noqa: FBT001
        part = sample[:_WEIGHED]
        try:
            high = [char for char in _decoder(name).decode(part, whole and len(part) == len(sample)) if char > "\x7f"]
        except UnicodeDecodeError:
            return False
        return sum("\u3041" <= char <= "\u30ff" for char in high) > 0.15 * len(high)

    return test


def _is_nearly_utf_8(sample: bytes) -> bool:
    """Tell text with many characters of several bytes, and hardly a byte that belongs to none."""
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return len(_BEYOND_ASCII.findall(text)) - broken > 20 * broken


def _east_asian(sample: bytes) -> str | None:
    """Return the encoding by which most of what is not ASCII are everyday signs of Chinese, Japanese or Korean."""
    best, most = None, 0.25
    for name, usual in _EAST_ASIAN:
        text = sample.decode(name, "replace")
        high = len(_BEYOND_ASCII.findall(text))
        if high < _ENOUGH or text.count("\ufffd") > 0.05 * high:
            continue
        share = len(usual.findall(text)) / high
        if share > most:
            best, most = name, share
    return best


def _cyrillic(sample: bytes) -> str | None:
    """Return the encoding by which what is not ASCII is Cyrillic as it is written: usual letters, capitals first."""
    high = _high(sample)
    if high < _ENOUGH:
        return None
    best, most = None, 0.5
    for name in _CYRILLIC:
        text = sample.decode(name, "replace")
        odd = len(_ODD_IN_CYRILLIC.findall(text))
        share = (len(_USUAL_CYRILLIC.findall(text)) - 2 * odd) / high
        # Hebrew reads as Cyrillic too, in small letters alone, of which these are the rare ones.
        if share > most and sum(map(text.count, "шщъ")) < 0.08 * high:
            best, most = name, share
    return best


_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic", "cp855", "kz1048")
_USUAL_CYRILLIC = re.compile("[оеаинтсрвлкмдпуыіңқғәө]")
_ODD_IN_CYRILLIC = re.compile(
    "[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]|[а-яёіїєґўђјљњћџәғқңөұүһ][А-ЯЁІЇЄҐЎЂЈЉЊЋЏӘҒҚҢӨҰҮҺ]|[^\x00-\x7fЀ-ӿ\u00a0«»“”„‘’‚–—…§№•]"
)


def _decoder(name: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(name)("strict")


_TESTS: tuple[tuple[Callable[[bytes, bool], bool], str, str], ...] = (
    (_is_iso_2022_kr, "iso2022_kr", "escape sequences of ISO-2022-KR"),
    (_is_iso_2022_jp, "iso2022_jp_2", "escape sequences of ISO-2022-JP"),
    (_is_ebcdic, "cp500", "letters and blanks where EBCDIC has them"),
    (_is_japanese("euc_jp"), "euc_jp", "kana where EUC-JP has them"),
    (_is_japanese("cp932"), "cp932", "kana where Shift JIS has them"),
)


def _known(declared: str | None) -> str | None:
    if not declared:
        return None
    name = declared.strip().strip("\"'").lower()
    name = _BETTER.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    # utf-16 by declaration alone contradicts bytes that could be read to find it
    return (
        found.name
        if getattr(found, "_is_text_encoding", True) and not found.name.startswith(("utf-16", "utf-32", "utf-7"))
        else None
    )


_BETTER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-11": "cp874",
    "iso-8859-8-i": "iso8859-8",
}
"""What browsers read under a name (WHATWG Encoding): the wider set of the same letters."""


def _likeliest(sample: bytes, declared: str | None, *, whole: bool) -> Chosen:
    """Weigh encodings by the letters that come out: charset-normalizer's answer, held against the usual Western one."""
    part = sample[:_WEIGHED]
    answer = charset_normalizer.from_bytes(part, cp_isolation=list(CANDIDATES), enable_fallback=False).best()
    if answer is None or not holds(sample, answer.encoding, whole=whole):
        usual = declared or "cp1252"
        return Chosen(usual, "declared in the text" if declared else "nothing else agrees")
    name = answer.encoding
    scores = {one: _western(part, one) for one in {*_WESTERN, name}}
    if name != "cp1252" and scores["cp1252"] > max(scores[name], _SURELY_WESTERN):
        name = "cp1252"
    elif name in _WESTERN and _high(part) >= _ENOUGH:
        best = max(_WESTERN, key=scores.__getitem__)
        name = best if scores[best] > scores[name] + _CLEARLY else name
    if _high(part) < _ENOUGH and not _are_letters(part, name) and _are_letters(part, "cp1252"):
        name = "cp1252"  # of a letter or two there is too little to weigh: signs amid words are no likelier
    return Chosen(name, "likeliest by its letters")


def _are_letters(part: bytes, name: str) -> bool:
    # Signs that only modify a letter, as the circumflex of Mac Roman, are none here.
    return all(
        unicodedata.category(sign) in ("Ll", "Lu", "Lo") for sign in part.decode(name, "replace") if not sign.isascii()
    )


_CLEARLY = 0.005
"""By how much a Western encoding has to read better to be taken for another."""
_WESTERN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "iso8859_16")
_WEIGHED = 8 << 10
_SURELY_WESTERN = 0.9
CANDIDATES = (
    "cp1252",
    "gb18030",
    "cp932",
    "euc_jp",
    "cp949",
    "big5hkscs",
    "big5",
    "johab",
    "cp1251",
    "koi8_r",
    "koi8_u",
    "cp866",
    "iso8859_5",
    "mac_cyrillic",
    "cp1250",
    "iso8859_2",
    "cp1253",
    "iso8859_7",
    "cp1254",
    "cp1255",
    "iso8859_8",
    "cp1256",
    "iso8859_6",
    "cp1257",
    "cp1258",
    "cp874",
    "tis_620",
    "mac_roman",
    "cp850",
    "cp437",
    "iso8859_15",
    "iso8859_16",
    "cp852",
)
"""Encodings that are weighed against each other, the more usual first."""
for _codec in (
    *CANDIDATES,
    *_CYRILLIC,
    "utf-16",
    "utf-32-le",
    "utf-32-be",
    "cp500",
    "iso2022_kr",
    "iso2022_jp_2",
    "utf-8",
):
    codecs.lookup(_codec)  # loads it now: a closed cell can load nothing


def _western(sample: bytes, name: str) -> float:
    """Return how well the high bytes read as letters of one Western language in this encoding: 1 is best."""
    text = codecs.getincrementaldecoder(name)("replace").decode(sample)
    total, good = 0, 0.0
    for word in _WORD.findall(text):
        if not word.isascii():
            total += 1
            good += _judge_word(word)
    marks = wrong = 0
    for char, count in Counter(text).items():
        if char in _RIGHT_MARKS:
            marks += count
        if char > "\x7f" and not (char.isalpha() or char in _RIGHT_MARKS):
            wrong += count
    wrong += len(_MARK_INSIDE.findall(text))
    return (good + 0.7 * marks - wrong) / max(1, total + marks + wrong)


def _judge_word(word: str) -> float:
    high = [char for char in word if char > "\x7f"]
    if any(not "\xaa" <= char <= "\u024f" for char in high):
        return -0.5
    if any(char.isupper() for char in word[1:]) and not word.isupper():
        return -0.3
    usual = sum(char in _USUAL_LATIN for char in high)
    return 0.55 + 0.4 * usual / len(high) if len(high) <= max(1, len(word) * 0.5) else 0.1


_WORD = re.compile(r"[^\W\d_]+")
_RIGHT_MARKS = frozenset("\u00a0«»“”„‘’‚–—…©®°§№€£·•¿¡ªº´¨")
_MARK_INSIDE = re.compile(r"[^\W\d_][^\w\s\x00-\x7f’…–—][^\W\d_]")
_USUAL_LATIN = frozenset("äöüÄÖÜßéèàçêôâîûëïùÉÈÀáíóúñÁÍÓÚÑãõåøæÅØÆłąęśżźćńŁŚŻŹčšžřěůýČŠŽŘőűşğıİŞăâîțșţđ")
_EVERYDAY = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重並這個們來為國時說會"
    "對過發後裡學現當沒動還進樣開從實軍無與長機關點業將兩間問東書車門電話報紙員長資料書記委會區縣市警察省"
    "廳局公安黨政府中央党政府区县市委员会警察局厅央省记录报告文件通知关于人员信息组织工作安全管理监督社会"
    "教育训练学习思想新疆西藏自治乌鲁木齐喀什和田拉萨日本語年月日時間今大学生会社東京人何私新聞世界"
)

_SYLLABLES = "이다는의에을를가고하지로한은기도사어인나리자아서시그것수일들과대있정해보라전부스주게만구상원장공생"
_EAST_ASIAN = tuple(
    (name, re.compile(f"[{usual}]"))
    for name, usual in (
        ("gb18030", "".join(_EVERYDAY)),
        ("big5hkscs", "".join(_EVERYDAY)),
        ("cp949", _SYLLABLES),
        ("cp932", "\u3041-\u30fe"),
        ("euc_jp", "\u3041-\u30fe"),
    )
)
_ENOUGH = 12
"""Characters beyond ASCII that a language is told by."""


def storable(text: str) -> str:
    """Return text that UTF-8 can hold: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
