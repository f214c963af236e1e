"""Tells the languages of a text: by script where a script tells, by py3langid where many languages share one."""

import re
from bisect import bisect_right
from collections import Counter
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

LEAST_SHARE = 0.08
"""A language with a smaller share of the letters is not named."""
LEAST_LETTERS = 12
LEAST_SURE = 0.4
"""Below this, as the model sees it, nothing is said."""
_LONGEST = 1_500  # characters of one script that are given to the model

_RANGES: tuple[tuple[int, int, str], ...] = (
    (0x41, 0x5A, "latin"),
    (0x61, 0x7A, "latin"),
    (0xAA, 0x24F, "latin"),
    (0x370, 0x3FF, "el"),
    (0x400, 0x52F, "cyrillic"),
    (0x530, 0x58F, "hy"),
    (0x590, 0x5FF, "hebrew"),
    (0x600, 0x6FF, "arabic"),
    (0x700, 0x74F, "syr"),
    (0x750, 0x77F, "arabic"),
    (0x780, 0x7BF, "dv"),
    (0x7C0, 0x7FF, "nqo"),
    (0x8A0, 0x8FF, "arabic"),
    (0x900, 0x97F, "devanagari"),
    (0x980, 0x9FF, "bengali"),
    (0xA00, 0xA7F, "pa"),
    (0xA80, 0xAFF, "gu"),
    (0xB00, 0xB7F, "or"),
    (0xB80, 0xBFF, "ta"),
    (0xC00, 0xC7F, "te"),
    (0xC80, 0xCFF, "kn"),
    (0xD00, 0xD7F, "ml"),
    (0xD80, 0xDFF, "si"),
    (0xE00, 0xE7F, "th"),
    (0xE80, 0xEFF, "lo"),
    (0xF00, 0xFFF, "tibetan"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x139F, "ethiopic"),
    (0x13A0, 0x13FF, "chr"),
    (0x1400, 0x167F, "iu"),
    (0x1780, 0x17FF, "km"),
    (0x1800, 0x18AF, "mn"),
    (0x1C50, 0x1C7F, "sat"),
    (0x1E00, 0x1EFF, "latin"),
    (0x1F00, 0x1FFF, "el"),
    (0x2D30, 0x2D7F, "zgh"),
    (0x3041, 0x30FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xA000, 0xA4CF, "ii"),
    (0xA500, 0xA63F, "vai"),
    (0xAB70, 0xABBF, "chr"),
    (0xAC00, 0xD7A3, "ko"),
    (0xF900, 0xFAFF, "han"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFE, "arabic"),
    (0xFF66, 0xFF9F, "kana"),
    (0x20000, 0x3FFFF, "han"),
)
"""First and last code point, and the script, or the language where the script has only one."""
_STARTS = [start for start, _, _ in _RANGES]
_ASCII = bytes(range(128))
_LETTER = re.compile("[A-Za-z]")
_NO_LETTERS = bytes(code for code in range(256) if not (65 <= code <= 90 or 97 <= code <= 122))
_WEIGHT = {"han": 3, "kana": 2, "ko": 3}
"""How many letters of an alphabet a sign counts for."""
_MAY_BE = {
    "arabic": ("ar", "fa", "ur", "ps", "ug", "ku"),
    "hebrew": ("he",),
    "cyrillic": ("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn"),
    "devanagari": ("hi", "mr", "ne"),
    "bengali": ("bn", "as"),
    "ethiopic": ("am",),
}
_UYGHUR = "ېۆۈۋەڭ"
_KAZAKH = "әғқңөұүһі"
_ELSEWHERE = frozenset(
    (
        "ar",
        "fa",
        "ur",
        "ps",
        "ug",
        "he",
        "ru",
        "uk",
        "be",
        "bg",
        "mk",
        "kk",
        "ky",
        "hi",
        "mr",
        "ne",
        "bn",
        "as",
        "am",
        "dz",
        "zh",
        "ja",
        "ko",
        "th",
        "lo",
        "km",
        "ka",
        "hy",
        "el",
        "ta",
        "te",
        "kn",
        "ml",
        "si",
        "gu",
        "pa",
        "or",
    )
)
"""Languages of the model that are not written in Latin letters."""
_MODEL = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
# Kept in half precision, and widened for each text; widened once, the sums are the same.
_MODEL.nb_ptc = _MODEL.nb_ptc.astype("float32")


def languages(text: str) -> tuple[str, ...]:
    """Return the languages of a text, most of it first; none where there is too little to tell by."""
    letters = _by_script(text)
    total = letters.total()
    if total < LEAST_LETTERS:
        return ()
    found = Counter[str]()
    for script, count in letters.items():
        if count >= LEAST_SHARE * total:
            found[_language(script, text)] += count
    return tuple(code for code, _ in found.most_common(4) if code)


def script_of(char: str) -> str:
    """Return the script of a letter, or the language where the script has only one; nothing for other signs."""
    code = ord(char)
    at = bisect_right(_STARTS, code) - 1
    return _RANGES[at][2] if at >= 0 and code <= _RANGES[at][1] else ""


def _by_script(text: str) -> Counter[str]:
    """Count letters by script, in the order of their first; Han signs beside kana are Japanese."""
    first = _LETTER.search(text)
    start = len(text) if first is None else first.start()
    letters = Counter[str]()
    _add(letters, text[:start])
    if first is not None:  # the letters of ASCII all at once: most texts have little else
        letters["latin"] += len(text[start:].encode("ascii", "ignore").translate(None, _NO_LETTERS))
        _add(letters, text[start:])
    kana, han = letters.pop("kana", 0), letters.pop("han", 0)
    if kana + han:
        letters["ja" if kana > 0.08 * (kana + han) else "zh"] += kana + han
    return letters


def _add(letters: Counter[str], text: str) -> None:
    """Count the letters beyond ASCII."""
    if text.isascii():
        return
    # What is left of UTF-8 without the bytes of ASCII is UTF-8 again.
    beyond = text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    for char, count in Counter(beyond).items():
        script = script_of(char)
        if script:
            letters[script] += count * _WEIGHT.get(script, 1)


def _language(script: str, text: str) -> str:
    if script == "tibetan":
        return "bo"
    if script not in _MAY_BE and script != "latin":
        return script
    words = _words(script, text)
    if script == "arabic" and _share(words, _UYGHUR) > 0.06:
        return "ug"
    if script == "cyrillic" and _is_kazakh(words.lower()):
        return "kk"
    return _by_model(words, script)


def _words(script: str, text: str) -> str:
    """Return the words of one script, with a blank between them."""
    some = " ".join(_word(script).findall(text, 0, _LONGEST * 2)[:-1])  # the last may go on
    if len(some) < _LONGEST:
        some = " ".join(_word(script).findall(text, 0, _LONGEST * 8))
    return some[:_LONGEST]


@cache
def _word(script: str) -> re.Pattern[str]:
    signs = "".join(f"{chr(start)}-{chr(end)}" for start, end, name in _RANGES if name == script)
    return re.compile(f"[{signs}]+(?:['’-][{signs}]+)*")


def _share(words: str, signs: str) -> float:
    return sum(map(words.count, signs)) / max(1, len(words) - words.count(" "))


def _is_kazakh(words: str) -> bool:
    if not ("ұ" in words or "ғ" in words or "қ" in words):
        return False
    return (
        _share(words, _KAZAKH) > 0.04
        and sum(sign in words for sign in _KAZAKH) >= 3
        and "ҳ" not in words
        and "ҙ" not in words
    )


def _by_model(words: str, script: str) -> str:
    for code, sure in _MODEL.rank(words.lower()):
        if sure < LEAST_SURE and script == "latin":
            return ""
        if (code not in _ELSEWHERE) if script == "latin" else (code in _MAY_BE[script]):
            return str(code)
    return ""
