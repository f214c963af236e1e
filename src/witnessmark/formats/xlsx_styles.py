"""Cell styles of a workbook: the number format, and whether words can be told from the cell's ground."""

from dataclasses import dataclass, field
from typing import Any, Final

from witnessmark.formats import ink, markup
from witnessmark.formats.ink import Colour, Ink, Paper, Said
from witnessmark.formats.xlsx_numbers import BUILT_IN


@dataclass(slots=True)
class Styles:
    """For each cell style by its number: the format code, and the label of words that no one can tell from the cell."""

    by_number: list[tuple[str, str]] = field(default_factory=list)
    are_lost: bool = False
    """Whether the package was cut off before they ended: whether a cell of a style shows is then not known."""

    def of(self, number: str) -> tuple[str, str]:
        """Return the style of a cell; a number out of range is the plain style."""
        place = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
        return self.at(place)

    def at(self, place: int) -> tuple[str, str]:
        """Return the style of a number; one out of range is the plain style."""
        return self.by_number[place] if place < len(self.by_number) else ("General", "")


def read_styles(root: Any) -> Styles:
    """Return the cell styles of a style part."""
    styles = Styles()
    if root is None:
        return styles
    codes = dict(BUILT_IN)
    for element in root.iterfind("{*}numFmts/{*}numFmt"):
        about = markup.attributes(element)
        codes[_whole(about.get("numFmtId"))] = about.get("formatCode", "General")
    inks = [_ink(font.find("{*}color")) for font in root.iterfind("{*}fonts/{*}font")]
    papers = [_paper(fill) for fill in root.iterfind("{*}fills/{*}fill")]
    for element in root.iterfind("{*}cellXfs/{*}xf"):
        about = markup.attributes(element)
        code = codes.get(_whole(about.get("numFmtId")), "General")
        styles.by_number.append(
            (code, unseen(inks, papers, _whole(about.get("fontId", "0")), _whole(about.get("fillId"))))
        )
    return styles


_PALETTE: Final[tuple[Colour, ...]] = (
    ink.BLACK, ink.WHITE, (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)
)  # fmt: skip
_AUTOMATIC: Final = (64, 81, 0x7FFF)


def unseen(inks: list[Ink], papers: list[Paper], font: int, fill: int) -> str:
    """Return the label of words in one of the fonts on one of the fills; a fill that is not listed paints nothing."""
    colour = inks[font] if 0 <= font < len(inks) else None
    paper = papers[fill] if 0 <= fill < len(papers) else None
    return ink.why(colour, ink.beneath(paper, ink.WHITE))


def indexed(number: int, *, is_font: bool) -> Ink:
    """Return a colour of the palette's unchangeable part (18.8.27); a font without one of its own is black."""
    if is_font and number in _AUTOMATIC:
        return ink.BLACK
    return _PALETTE[number & 7] if 0 <= number < 16 else Said.UNKNOWN


def themed(number: int, *, is_plain: bool) -> Ink:
    """Return a colour of the theme: the first two are the window's and its text's."""
    return (ink.WHITE, ink.BLACK)[number] if is_plain and number in (0, 1) else Said.UNKNOWN


def _ink(colour: Any) -> Ink:
    return ink.BLACK if colour is None else _colour(markup.attributes(colour), is_font=True)


def _colour(about: dict[str, str], *, is_font: bool) -> Ink:
    if "rgb" in about:
        return ink.parsed(about["rgb"][-6:]) or Said.UNKNOWN
    if "theme" in about:
        return themed(_whole(about["theme"]), is_plain=about.get("tint", "0").strip("0.-") == "")
    if "indexed" in about:
        return indexed(_whole(about["indexed"]), is_font=is_font)
    return ink.BLACK if is_font else Said.UNKNOWN


def _paper(fill: Any) -> Paper:
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return Said.UNKNOWN if len(fill) else Said.NOTHING  # a gradient, or an empty fill
    kind, fore = markup.attributes(pattern).get("patternType", "none"), pattern.find("{*}fgColor")
    if kind == "none":
        return Said.NOTHING
    if kind != "solid" or fore is None:
        return Said.UNKNOWN
    return _colour(markup.attributes(fore), is_font=False)


def _whole(text: str | None) -> int:
    """Return a number as written, or -1."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else -1
