"""What the head of an OWPML document says of ink and paper: fills, shapes of letters, shapes of paragraphs.

By KS X 6101, its head: `borderFill`, `charPr`, `paraPr`; the defaults of letters are those of the maker's own model.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from witnessmark.formats import ink, markup
from witnessmark.formats.hangul_ink import TINY, Letters, Shapes, filled
from witnessmark.formats.ink import Paper, Said
from witnessmark.formats.package import Package

_CHUNK: Final = 1 << 20
_SCRIPTS: Final = ("hangul", "latin", "hanja", "japanese", "other", "symbol", "user")
_LOOKS: Final = ("{*}relSz", "{*}outline", "{*}shadow", "{*}emboss", "{*}engrave")
_T = TypeVar("_T")


def read_shapes(root: Any) -> Shapes:
    """Return the tables in the head of a document."""
    if root is None:
        return Shapes()
    fills: dict[int, Paper] = _table(root, "borderFill", _paint, Said.UNKNOWN)
    return Shapes(
        fills,
        _table(root, "charPr", lambda element: _letters(element, fills), Letters(Said.UNKNOWN)),
        _table(root, "paraPr", lambda element: _ground(element, fills), Said.UNKNOWN),
    )


def number_of(element: Any, name: str) -> int | None:
    """Return the number that an attribute refers to; none where it is damaged."""
    return markup.whole(element.get(name) or "")


def colour(text: str | None) -> Paper:
    """Return the colour that an attribute names; what is not written as one is not known."""
    return Said.NOTHING if text == "none" else ink.parsed(text or "") or Said.UNKNOWN


def page_of(package: Package, section: str) -> Paper:
    """Return the paper of a section's pages, by what else is there; a fill of theirs counts as soon as it is read.

    It is not known where something is drawn behind the text, or anything is drawn on a master page.
    """
    masters = [name for name in package.names if name.lower().startswith("contents/masterpage")]
    drawn = _holds(package, section, b"BEHIND_TEXT") or any(_holds(package, name, b"textWrap=") for name in masters)
    return Said.UNKNOWN if drawn else ink.WHITE


def _holds(package: Package, name: str, words: bytes) -> bool:
    with package.open(name) as stream:
        before = b""
        while data := stream.read(_CHUNK):
            if words in before + data:
                return True
            before = (before + data)[-len(words) :]
    return False


def _table(root: Any, name: str, read: Callable[[Any], _T], lost: _T) -> dict[int, _T]:
    found: dict[int, _T] = {}
    for element in root.iter("{*}" + name):
        number = number_of(element, "id")
        if number is not None:
            found[number] = lost if number in found else read(element)
    return found


def _paint(element: Any) -> Paper:
    brushes = [brush for fill in element.iter("{*}fillBrush") for brush in fill]
    if not brushes:
        return Said.NOTHING
    if len(brushes) > 1 or markup.local(brushes[0]) != "winBrush":
        return Said.UNKNOWN
    about = markup.attributes(brushes[0])
    if about.get("hatchStyle", "NONE") != "NONE" or about.get("alpha", "0").strip("0."):
        return Said.UNKNOWN
    return colour(about.get("faceColor"))


def _letters(element: Any, fills: dict[int, Paper]) -> Letters:
    is_raised, sizes = False, None
    for inner in element.iterchildren(*_LOOKS):
        name = markup.local(inner)
        if name == "relSz":
            sizes = inner
        elif name in ("emboss", "engrave") or inner.get("type", "NONE") != "NONE":
            is_raised = True
    return Letters(
        Said.UNKNOWN if is_raised else colour(element.get("textColor", "#000000")),
        colour(element.get("shadeColor", "#FFFFFF")),
        filled(fills, markup.whole(element.get("borderFillIDRef", "0"))),
        _is_tiny(number_of(element, "height"), sizes),
    )


def _is_tiny(height: int | None, sizes: Any) -> bool:
    """Tell whether letters are too small to be read in every script; each has its share of the height."""
    if not height:
        return False
    shares = (100 if sizes is None else number_of(sizes, script) or 100 for script in _SCRIPTS)
    return all(height * share <= TINY * 100 for share in shares)


def _ground(element: Any, fills: dict[int, Paper]) -> Paper:
    border = next(element.iter("{*}border"), None)
    return Said.NOTHING if border is None else filled(fills, number_of(border, "borderFillIDRef"))
