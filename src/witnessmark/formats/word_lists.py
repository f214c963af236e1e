"""List numbers of an older Word document: they are seen on the page and stand nowhere in its text.

By [MS-DOC] 2.9.147 LSTF, 2.9.149 LVL, 2.9.131 LFO and 2.9.133 LFOLVL; how a list counts is that of newer Word.
"""

import struct
from dataclasses import replace
from typing import Final

from witnessmark.formats.docx_numbers import LEVELS, Level, Numbers
from witnessmark.formats.word_file import Part, WordFile

MOST_LISTS: Final = 4000
_FORMS: Final = {
    0: "decimal", 1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 5: "ordinal",
    10: "ideographDigital", 11: "japaneseCounting", 22: "decimalZero", 23: "bullet", 37: "chineseCounting",
    38: "chineseCounting", 39: "chineseCountingThousand", 255: "none",
}  # fmt: skip
_LEVEL_HEAD: Final = 28


def read_lists(file: WordFile) -> Numbers:
    """Return the lists of a document by the number that paragraphs name them with."""
    numbers = Numbers()
    if file.is_older:
        return numbers
    lists = _lists(file)
    raw = file.part(Part.LIST_OVERRIDES)
    count = min(struct.unpack_from("<I", raw)[0], MOST_LISTS, (len(raw) - 4) // 16) if len(raw) >= 4 else 0
    at = 4 + 16 * count
    for number in range(count):
        (list_id,) = struct.unpack_from("<I", raw, 4 + 16 * number)
        overridden = raw[4 + 16 * number + 12]
        levels = dict(lists.get(list_id, {}))
        at += 4
        restarts = False
        for _ in range(min(overridden, LEVELS)):
            if at + 8 > len(raw):
                break
            start, flags = struct.unpack_from("<II", raw, at)
            at += 8
            place, old = flags & 15, levels.get(flags & 15, Level())
            if flags & 0x20:
                new, at = _level(raw, at)
                levels[place] = new
                restarts = restarts or flags & 0x10 != 0
            elif flags & 0x10:
                levels[place] = replace(old, start=start & 0x7FFF)
                restarts = True
        numbers.lists[str(number + 1)] = (f"{list_id}/{number}" if restarts else str(list_id), levels)
    return numbers


def _lists(file: WordFile) -> dict[int, dict[int, Level]]:
    """Return the levels of each list; they stand behind the table of lists, and are not counted to it."""
    raw = file.behind(Part.LISTS)
    if len(raw) < 2:
        return {}
    count = min(struct.unpack_from("<H", raw)[0], MOST_LISTS, (len(raw) - 2) // 28)
    at = 2 + 28 * count
    found: dict[int, dict[int, Level]] = {}
    for number in range(count):
        head = 2 + 28 * number
        (list_id,) = struct.unpack_from("<I", raw, head)
        levels: dict[int, Level] = {}
        for place in range(1 if raw[head + 26] & 1 else LEVELS):
            levels[place], at = _level(raw, at)
        found[list_id] = levels
    return found


def _level(raw: bytes, at: int) -> tuple[Level, int]:
    if at + _LEVEL_HEAD > len(raw):
        return Level(), len(raw)
    start, form, flags = struct.unpack_from("<IBB", raw, at)
    end = at + _LEVEL_HEAD + raw[at + 24] + raw[at + 25]
    length = struct.unpack_from("<H", raw, end)[0] if end + 2 <= len(raw) else 0
    text = raw[end + 2 : end + 2 + length * 2].decode("utf-16-le", "replace")
    pattern = "".join(f"%{ord(sign) + 1}" if ord(sign) < LEVELS else sign for sign in text[:255])
    restarts_below = raw[at + 26] if flags & 8 else LEVELS
    named = _FORMS.get(form, "decimal")
    level = Level(named, pattern, start & 0x7FFF, is_legal=flags & 4 != 0, restarts_below=restarts_below)
    return level, end + 2 + length * 2
