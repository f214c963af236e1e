"""Numbers of paragraphs on a slide: they are seen and stand nowhere in its text (ISO/IEC 29500-1, 21.1.2.4.1).

Only numbers that a paragraph itself asks for are told; those that a layout gives to a whole box are not looked for.
"""

import re
from typing import Any, Final

from witnessmark.formats import markup
from witnessmark.formats.docx_numbers import written

LEVELS: Final = 9
LARGEST: Final = 32_767
_FORM: Final = re.compile(r"(arabic|alphaLc|alphaUc|romanLc|romanUc)(Period|ParenR|ParenBoth|Plain)\Z")
_SCHEMES: Final = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_AROUND: Final = {"Period": ("", "."), "ParenR": ("", ")"), "ParenBoth": ("(", ")"), "Plain": ("", "")}


class Numbers:
    """How far the paragraphs of one box have counted, level by level."""

    def __init__(self) -> None:
        self._counts: list[tuple[str, int, int] | None] = [None] * LEVELS  # scheme, where it began, how far it is

    def next(self, paragraph: Any) -> str:
        """Count a paragraph that has words; return the number before it and a blank, or nothing."""
        about = paragraph.find("{*}pPr")
        level = 0 if about is None else _whole(about.get("lvl", ""), 0)
        asked = None if about is None else about.find("{*}buAutoNum")
        if level >= LEVELS:
            return ""
        self._counts[level + 1 :] = [None] * (LEVELS - level - 1)
        said = {} if asked is None else markup.attributes(asked)
        form = _FORM.match(said.get("type", ""))
        if form is None:
            self._counts[level] = None
            return ""
        start, before = _whole(said.get("startAt", ""), 1), self._counts[level]
        goes_on = before is not None and before[:2] == (form[0], start)
        count = before[2] + 1 if before is not None and goes_on else start
        self._counts[level] = form[0], start, count
        left, right = _AROUND[form[2]]
        return f"{left}{written(count, _SCHEMES[form[1]])}{right} "


def _whole(text: str, otherwise: int) -> int:
    found = markup.whole(text)
    return otherwise if found is None or found > LARGEST else found
