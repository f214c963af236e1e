"""Cell styles of a workbook: the number format, and whether words are white on white."""

from dataclasses import dataclass, field
from typing import Any

from witnessmark.formats import markup
from witnessmark.formats.xlsx_numbers import BUILT_IN


@dataclass(slots=True)
class Styles:
    """For each cell style by its number: the format code and whether it writes white on white."""

    by_number: list[tuple[str, bool]] = field(default_factory=list)
    are_lost: bool = False
    """Whether the package was cut off before they ended: whether a cell of a style shows is then not known."""

    def of(self, number: str) -> tuple[str, bool]:
        """Return the style of a cell; a number out of range is the plain style."""
        place = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
        return self.by_number[place] if place < len(self.by_number) else ("General", False)


def read_styles(root: Any) -> Styles:
    """Return the cell styles of a style part."""
    styles = Styles()
    if root is None:
        return styles
    codes = dict(BUILT_IN)
    for element in root.iterfind("{*}numFmts/{*}numFmt"):
        about = markup.attributes(element)
        codes[_whole(about.get("numFmtId"))] = about.get("formatCode", "General")
    white_fonts = [_is_white(font.find("{*}color")) for font in root.iterfind("{*}fonts/{*}font")]
    bare_fills = [_is_bare(fill) for fill in root.iterfind("{*}fills/{*}fill")]
    for element in root.iterfind("{*}cellXfs/{*}xf"):
        about = markup.attributes(element)
        pale = _at(white_fonts, about.get("fontId"), otherwise=False) and _at(
            bare_fills, about.get("fillId"), otherwise=True
        )
        code = codes.get(_whole(about.get("numFmtId")), "General")
        styles.by_number.append((code, pale))
    return styles


def _is_white(colour: Any) -> bool:
    if colour is None:
        return False
    about = markup.attributes(colour)
    rgb = about.get("rgb", "")[-6:].upper()
    plain = about.get("tint", "0").strip("0.-") == ""
    return rgb == "FFFFFF" or (about.get("theme") == "0" and plain) or about.get("indexed") in ("1", "9")


def _is_bare(fill: Any) -> bool:
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return False
    kind = markup.attributes(pattern).get("patternType", "none")
    return kind == "none" or (kind == "solid" and _is_white(pattern.find("{*}fgColor")))


def _at(values: list[bool], place: str | None, *, otherwise: bool) -> bool:
    number = _whole(place)
    return values[number] if 0 <= number < len(values) else otherwise


def _whole(text: str | None) -> int:
    """Return a number as written, or -1."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else -1
