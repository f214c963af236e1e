"""Chooses the encoding of a text: a mark, UTF-8 that holds, zero bytes, a declaration, then the likeliest by its letters.

Rules for whoever changes this file: the choice and its reason are observed; nothing is dropped, what cannot be decoded
becomes U+FFFD and is counted.
"""

import codecs
import re
from dataclasses import dataclass

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
    if holds(sample, "utf-8", whole=whole) and b"\x1b$" not in sample:
        return Chosen("utf-8", "every byte agrees with UTF-8")
    guessed = wide(sample)
    if guessed is not None:
        return Chosen(guessed, "zero bytes in every second place")
    usable = _known(declared)
    if usable is not None and holds(sample, usable, whole=whole):
        return Chosen(usable, "declared in the text")
    for test, name, why in _TESTS:
        if test(sample, whole):
            return Chosen(name, why)
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
    zeros_first, zeros_second = even[::2].count(0), even[1::2].count(0)
    if zeros_second > count * 0.25 and zeros_first < count * 0.02:
        return "utf-16-le"
    if zeros_first > count * 0.25 and zeros_second < count * 0.02:
        return "utf-16-be"
    if zeros_first + zeros_second == 0 or zeros_first + zeros_second > count * 0.5:
        return None
    for name, blanks in (
        ("utf-16-le", (b"\n\x00", b" \x00", b"\x02\x30", b"\x01\x30")),
        ("utf-16-be", (b"\x00\n", b"\x00 ", b"\x30\x02")),
    ):
        units = {even[i : i + 2] for i in range(0, min(len(even), 8192), 2)}
        if (
            units & set(blanks)
            and holds(even, name, whole=False)
            and _mostly_letters(even[:4096].decode(name, "replace"))
        ):
            return name
    return None


def _mostly_letters(text: str) -> bool:
    good = sum(char.isalnum() or char.isspace() or ord(char) in range(0x3000, 0x3040) for char in text)
    blocks = {ord(char) >> 8 for char in text}
    return bool(text) and good > 0.85 * len(text) and len(blocks) < max(8, len(text) // 3)


def looks_like_text(head: bytes) -> bool:
    """Tell text in some encoding from other bytes: hardly any control characters."""
    if wide(head[:8192]) is not None or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if _is_ebcdic(head, whole=False):
        return True
    bad = sum(head.count(byte) for byte in _CONTROLS)
    return bad <= len(head) * 0.005 and (b"\x00" not in head)


_CONTROLS = tuple(bytes([i]) for i in range(32) if i not in (7, 8, 9, 10, 11, 12, 13, 26, 27))


def _is_ebcdic(sample: bytes, whole: bool) -> bool:  # noqa: FBT001, ARG001 - one shape for all tests
    if len(sample) < 32 or sample.count(b" ") > len(sample) * 0.02:
        return False
    letters = sum(sample.count(bytes([i])) for i in _EBCDIC_LETTERS)
    return 0.05 < sample.count(b"\x40") / len(sample) < 0.5 and letters > len(sample) * 0.5


_EBCDIC_LETTERS = (*range(0x81, 0x8A), *range(0x91, 0x9A), *range(0xA2, 0xAA), *range(0xC1, 0xCA), *range(0xD1, 0xDA))
_ISO_2022 = re.compile(rb"\x1b(\$[@B]|\([BJI])")


def _is_iso_2022_jp(sample: bytes, whole: bool) -> bool:  # noqa: FBT001
    return bool(_ISO_2022.search(sample)) and max(sample) < 128 and holds(sample, "iso2022_jp_2", whole=whole)


def _is_iso_2022_kr(sample: bytes, whole: bool) -> bool:  # noqa: FBT001
    return b"\x1b$)C" in sample and holds(sample, "iso2022_kr", whole=whole)


_TESTS = (
    (_is_iso_2022_kr, "iso2022_kr", "escape sequences of ISO-2022-KR"),
    (_is_iso_2022_jp, "iso2022_jp_2", "escape sequences of ISO-2022-JP"),
    (_is_ebcdic, "cp500", "letters and blanks where EBCDIC has them"),
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
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "iso-8859-9": "cp1254", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "big5": "big5hkscs", "tis-620": "cp874", "windows-874": "cp874",
    "iso-8859-11": "cp874", "iso-8859-8-i": "iso8859-8",
}  # fmt: skip
"""What browsers read under a name (WHATWG Encoding): the wider set of the same letters."""


def _likeliest(sample: bytes, declared: str | None, *, whole: bool) -> Chosen:
    scores = [
        (_score(sample[: 16 << 10], name, whole=whole and len(sample) <= 16 << 10), -i, name)
        for i, name in enumerate(CANDIDATES)
    ]
    best, _, name = max(scores)
    if best <= 0:
        return Chosen(declared or "cp1252", "declared in the text" if declared else "nothing else agrees")
    return Chosen(name, "likeliest by its letters")


CANDIDATES = (
    "cp1252", "gb18030", "cp932", "euc_jp", "cp949", "big5hkscs", "cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "cp1250", "iso8859_2",
    "cp1253", "iso8859_7", "cp1254", "cp1255", "cp1256", "iso8859_6", "cp1257", "cp1258", "cp874", "mac_roman", "cp437", "cp850", "utf-8",
)  # fmt: skip
"""Encodings that are weighed against each other, the more usual first."""


def _score(sample: bytes, name: str, *, whole: bool) -> float:
    """Return how well the high bytes read as letters of one script in this encoding: 1 is best, 0 and below are no use."""
    decoder = codecs.getincrementaldecoder(name)("replace")
    text = decoder.decode(sample, whole)
    high = [char for char in text if char > "\x7f"]
    if not high:
        return 0
    broken = text.count("\ufffd")
    if broken * 50 > len(high):
        return -1.0
    return _JUDGES.get(name, _judge_letters)(text, high) - 2.0 * broken / len(high)


def _judge_han(text: str, high: list[str]) -> float:
    """Weigh text in an East Asian encoding by how many of its signs are the everyday ones."""
    del text
    usual = sum(char in _EVERYDAY or "\u3041" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7a3" for char in high)
    marks = sum("\u3000" <= char <= "\u3020" or "\uff01" <= char <= "\uff5e" or char in "·—…“”‘’" for char in high)
    han = sum("\u4e00" <= char <= "\u9fff" for char in high)
    strange = len(high) - usual - marks - (han - sum(char in _EVERYDAY for char in high))
    rare = len(high) - usual - marks - strange
    return (usual + 0.8 * marks + 0.55 * rare - 1.5 * strange) / len(high)


_EVERYDAY = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现"
    "当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重"
    "並這個們來為國時說會對過發後裡學現當沒動還進樣開從實軍無與長機關點業將兩間問東書車門電話報紙員長資料書記委會區縣市警察省廳局公安黨政府中央"
    "党政府区县市委员会警察局厅央省记录报告文件通知关于人员信息组织工作安全管理监督社会教育训练学习思想新疆西藏自治乌鲁木齐喀什和田拉萨"
    "日本語年月日時間今大学生会社東京人何私新聞世界"
)


def _judge_letters(text: str, high: list[str]) -> float:
    """Weigh text in a single-byte encoding: its high letters are of one script, in words, in plausible case."""
    del high
    total, good = 0, 0.0
    for word in _WORD.findall(text):
        if not any(char > "\x7f" for char in word):
            continue
        total += 1
        good += _judge_word(word)
    marks = sum(char in _RIGHT_MARKS for char in text)
    wrong = sum(char > "\x7f" and not (char.isalpha() or char in _RIGHT_MARKS or _is_mark(char)) for char in text)
    return (good + 0.7 * marks - wrong) / max(1, total + marks + wrong)


_WORD = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0e31-\u0e4e]+[^\W\d_]*)*")
_RIGHT_MARKS = frozenset("\u00a0«»“”„‘’‚–—…©®°§№€£·•¿¡ªº´¨")


def _is_mark(char: str) -> bool:
    return (
        "\u0591" <= char <= "\u05c7"
        or "\u064b" <= char <= "\u0670"
        or "\u0e31" <= char <= "\u0e4e"
        or "\u0300" <= char <= "\u036f"
    )


def _judge_word(word: str) -> float:
    scripts = {_script(char) for char in word if char > "\x7f"}
    latin = any(char <= "\x7f" for char in word) or "latin" in scripts
    if len(scripts) > 1 or (latin and scripts != {"latin"}):
        return -0.5
    inner = word[1:]
    upper = sum(char.isupper() for char in inner)
    if upper and not word.isupper():
        return -0.3
    script = next(iter(scripts), "latin")
    if script == "latin":
        high = sum(char > "\x7f" for char in word)
        usual = sum(char in _USUAL_LATIN for char in word if char > "\x7f")
        return (0.55 + 0.4 * usual / high) if high <= max(1, len(word) * 0.5) else 0.1
    if script == "cyrillic":
        return 0.55 + 0.45 * sum(char.lower() in _USUAL_CYRILLIC for char in word) / len(word) if len(word) > 1 else 0.5
    return 0.9 if len(word) > 1 else 0.5


_USUAL_LATIN = frozenset("äöüÄÖÜßéèàçêôâîûëïùÉÈÀáíóúñÁÍÓÚÑãõåøæÅØÆłąęśżźćńŁŚŻŹčšžřěůýČŠŽŘőűşğıİŞăâîțșţđ")
_USUAL_CYRILLIC = frozenset("оеаинтсрвлкмдпу")


def _script(char: str) -> str:
    code = ord(char)
    for name, start, end in _SCRIPTS:
        if start <= code <= end:
            return name
    return "other"


_SCRIPTS = (
    ("latin", 0xAA, 0x24F), ("latin", 0x1E00, 0x1EFF), ("greek", 0x370, 0x3FF), ("cyrillic", 0x400, 0x52F), ("hebrew", 0x590, 0x5FF),
    ("arabic", 0x600, 0x6FF), ("thai", 0xE00, 0xE7F),
)  # fmt: skip
_JUDGES = dict.fromkeys(("gb18030", "cp932", "euc_jp", "cp949", "big5hkscs"), _judge_han)
