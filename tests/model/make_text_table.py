"""Write `src/witnessmark/model/text_table.py` from the Unicode data of Python 3.11 (Unicode 14.0).

Run `python tests/model/make_text_table.py` under Python 3.11; `test_text_table.py` checks that the file is what
this makes. The table names seven sets of characters; everything else `model/text.py` computes itself from
`unicodedata`, whose answers for characters assigned in 14.0 never change (Unicode stability policy).
"""

import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

UNICODE = "14.0.0"
TARGET = Path(__file__).resolve().parents[2] / "src" / "witnessmark" / "model" / "text_table.py"

# Characters that carry no text: soft hyphen, joiners, bidi controls, variation selectors, tatweel (engines, section 4).
REMOVED = [
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x0640, 0x0640),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x2066, 0x206F),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xE0100, 0xE01EF),
]
# Scripts written without blanks, by block, so that ideographs of later versions count too: each is a token.
CJK = [
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x3035),
    (0x3038, 0x303C),
    (0x3041, 0x3096),
    (0x309D, 0x309F),
    (0x30A1, 0x30FA),
    (0x30FC, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFD),
]
YEH_KAF = {0x0649: 0x064A, 0x06CC: 0x064A, 0x06A9: 0x0643}


def ranges(points: Iterable[int]) -> list[tuple[int, int]]:
    """Return sorted code points as inclusive ranges."""
    found: list[tuple[int, int]] = []
    for point in points:
        if found and found[-1][1] == point - 1:
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return found


def fold(text: str) -> str:
    """Return the full folding of assigned characters: the definition that `model/text.py` keeps."""
    removed = {point: None for low, high in REMOVED for point in range(low, high + 1)}
    text = unicodedata.normalize("NFD", text.translate(removed)).casefold()
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text).translate(removed | YEH_KAF)
    return unicodedata.normalize("NFKC", text)


def table() -> str:
    """Return the text of the module."""
    cjk = {point for low, high in CJK for point in range(low, high + 1)}
    assigned, words, marks = [], [], []
    for point in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(point))
        if category not in ("Cn", "Cs", "Co"):
            assigned.append(point)
        if category[0] in "LMN" and point not in cjk:
            words.append(point)
        if category[0] == "M":
            marks.append(point)
    second = {0x1161 + i for i in range(21)} | {0x11A8 + i for i in range(27)}  # Hangul vowels and finals
    for point in assigned:
        parts = unicodedata.decomposition(chr(point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            second.add(int(parts[1], 16))
    removed = {point for low, high in REMOVED for point in range(low, high + 1)}

    def extends(point: int) -> bool:
        if point in removed or point in second or unicodedata.combining(chr(point)):
            return True
        first = [c for c in unicodedata.normalize("NFKD", chr(point)) if ord(c) not in removed][:1]
        first += [c for c in unicodedata.normalize("NFKD", fold(chr(point)))][:1]
        return not fold(chr(point)) or any(ord(c) in second or unicodedata.combining(c) for c in first)

    extenders = [point for point in assigned if extends(point)]
    taken = set(extenders)
    simple = []
    for point in assigned:
        once = chr(point).casefold()
        if point not in taken and len(once) == 1 and fold(chr(point)) == once.translate(YEH_KAF):
            simple.append(point)
    lines = [
        '"""Seven sets of characters, pinned to Unicode 14.0; made by tests/model/make_text_table.py, not by hand.',
        "",
        "Each set is a list of inclusive ranges in hexadecimal, divided by blanks.",
        '"""',
        "",
        f'UNICODE = "{UNICODE}"',
    ]
    for name, says, points in (
        ("ASSIGNED", "Every character that Unicode 14.0 knows, but surrogates and private use.", assigned),
        ("WORDS", "Letters, marks and numbers (general categories L, M, N) but those of CJK.", words),
        ("MARKS", "Marks (general category M).", marks),
        ("CJK", "Characters of scripts that are written without blanks, by block.", sorted(cjk)),
        ("REMOVED", "What carries no text and vanishes when text is folded.", sorted(removed)),
        ("EXTENDERS", "What can change with the character before it when text is folded.", extenders),
        ("SIMPLE", "What folds to one character by itself, as `str.casefold` and the yeh and kaf rule say.", simple),
    ):
        pieces = [f"{low:x}" if low == high else f"{low:x}-{high:x}" for low, high in ranges(points)]
        rows = [""]
        for piece in pieces:
            if len(rows[-1]) + len(piece) > 108:
                rows.append("")
            rows[-1] += piece + " "
        rows[-1] = rows[-1].rstrip()
        quoted = [f'"{row}"' for row in rows]
        whole = [f"{name} = {quoted[0]}"] if len(rows) == 1 else [f"{name} = (", *[f"    {q}" for q in quoted], ")"]
        lines += ["", *whole, f'"""{says}"""']
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if unicodedata.unidata_version != UNICODE:
        sys.exit(f"this needs Unicode {UNICODE} (Python 3.11); this Python has {unicodedata.unidata_version}")
    TARGET.write_text(table(), encoding="utf-8")
