"""What stands on a page of iWork since 2013: boxes of text, groups, tables, charts, pictures with what is said of them.

Every drawable has, some levels deep (`super`), one message of which the fields are the same (TSD.DrawableArchive): an
address, a comment, words for who cannot see it, a title and a caption. A kind that is not known here is told by the
objects that it says it refers to.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from witnessmark.formats import iwa_table, iwa_text
from witnessmark.formats.iwa import Thing
from witnessmark.formats.iwa_objects import DEEPEST, STORAGES, Objects, put_comment, reference, references
from witnessmark.formats.protobuf import Message

PLACEHOLDERS: Final = frozenset((7, 12))
_SHAPE, _COMMENT_SHAPE, _CAPTION, _CONTENTS = 2011, 2014, 633, 2240
_MOVIE, _GROUP, _EQUATION, _GALLERY_ITEM, _CONTENTS_ENTRY = 3007, 3008, 2015, 623, 2052
_TABLE, _TABLE_IN_TEXT, _CHART, _OLD_CHART = 6000, 6007, 5021, 5000
_CHART_ABOUT, _AXIS_ABOUT, _OLD_CHART_ABOUT, _OLD_GRID = 5023, 5027, 5014, 5002
_BOXES: Final = frozenset((_COMMENT_SHAPE, _CAPTION, _CONTENTS, *PLACEHOLDERS))
"""Kinds whose field 1 is a box of text."""
_EXTENSION: Final = 10000
MOST_PARTS: Final = 100_000
NOT_SHOWN: Final = "title or caption not shown"


def told(objects: Objects, number: int, depth: int = 0) -> str:
    """Return the lines that a drawable shows; what is said of it is kept apart."""
    thing = objects.claim(number) if depth < DEEPEST and not objects.is_text(number) else None
    if thing is None:
        return iwa_text.told(objects, number, told, depth)
    about, base = thing.message, _base(thing)
    lines = _own(objects, thing, depth)
    objects.put_aside("address", base.text(4))
    objects.put_aside("alt text", base.text(8))
    put_comment(objects, reference(base, 6))
    for words, hides in ((10, 12), (11, 13)):
        if words in base:
            text = told(objects, reference(base, words), depth + 1).strip("\n")
            if base.whole(hides):
                objects.put_aside(NOT_SHOWN, text)
            else:
                lines = [text, *lines] if words == 10 else [*lines, text]
    if thing.kind == _COMMENT_SHAPE:
        said = put_comment(objects, reference(about, 2))
        objects.put_aside("comment", "\n".join(line for line in lines if line.strip() != said))
        return ""
    return "\n".join(line for line in lines if line)


def _base(thing: Thing) -> Message:
    """Return what all drawables have."""
    base = thing.message.message(1)
    if thing.kind in _BOXES:
        base = base.message(1)
    if thing.kind in _BOXES or thing.kind in (_SHAPE, _TABLE_IN_TEXT):
        base = base.message(1)
    return base


def _own(objects: Objects, thing: Thing, depth: int) -> list[str]:
    about = thing.message
    if thing.kind == _SHAPE or thing.kind in _BOXES:
        lines = _box(objects, about if thing.kind == _SHAPE else about.message(1), depth)
        if thing.kind == _CONTENTS:
            entries = (objects.claim(number, _CONTENTS_ENTRY) for number in references(about, 3)[:MOST_PARTS])
            lines += [f"{one.message.text(4)}\t{one.message.whole(2)}" for one in entries if one is not None]
        return lines
    if thing.kind == _GROUP:
        return [told(objects, child, depth + 1) for child in references(about, 2)[:MOST_PARTS]]
    if thing.kind in (_TABLE, _TABLE_IN_TEXT):
        model = reference(about if thing.kind == _TABLE else about.message(1), 2)
        return iwa_table.told(objects, model, told, depth)
    if thing.kind in (_CHART, _OLD_CHART):
        return _chart(objects, about.message(_EXTENSION)) if thing.kind == _CHART else _old_chart(objects, about)
    if thing.kind == _EQUATION:
        return [about.message(1).text(103) or about.message(1).text(100) or about.text(103) or about.text(100)]
    if thing.kind == _MOVIE:
        objects.put_aside("address", about.text(17))
    if thing.kind == _GALLERY_ITEM:
        objects.put_aside("alt text", about.text(9))
    return [
        told(objects, number, depth + 1)
        for number in thing.refers_to[:MOST_PARTS]
        if not objects.is_style(number) and number != reference(_base(thing), 2)
    ]


def _box(objects: Objects, about: Message, depth: int) -> list[str]:
    """Return the text of a box: its own, an older one's, or that of a row of boxes that it runs through."""
    texts = [iwa_text.told(objects, reference(about, field), told, depth + 1) for field in (4, 2)]
    flow = objects.get(reference(about, 3))
    if flow is not None:
        number = flow.number if flow.kind in STORAGES else reference(flow.message, 1)
        texts.append(iwa_text.told(objects, number, told, depth + 1))
    return [text.strip("\n") for text in texts]


def _chart(objects: Objects, about: Message) -> list[str]:
    """Return the words of a chart: title, titles of its axes, names of its rows and columns (TSCH.ChartArchive)."""
    lines = []
    style = objects.claim(reference(about, 10), _CHART_ABOUT)
    if style is not None:
        own = style.message.message(_EXTENSION)
        lines += _where_shown(objects, own.text(23), shown=own.whole(21))
    for number in (*references(about, 14), *references(about, 16)):
        axis = objects.claim(number, _AXIS_ABOUT)
        if axis is not None:
            own = axis.message.message(_EXTENSION)
            lines += _where_shown(objects, own.text(15), shown=own.whole(13))
            lines += _where_shown(objects, own.text(16), shown=own.whole(14))
    grid = about.message(7)
    rows, columns = grid.texts(1), grid.texts(2)
    values = [_values(row.messages(1)) for row in grid.messages(3)]
    objects.put_aside("data of a chart", "\n".join(filter(None, values)))
    return lines + _names(rows, columns)


def _old_chart(objects: Objects, about: Message) -> list[str]:
    """Return the words of a chart as the first programs of 2013 wrote them (TSCH.PreUFF)."""
    lines = []
    style = objects.claim(reference(about, 14), _OLD_CHART_ABOUT)
    if style is not None:
        lines += _where_shown(objects, style.message.text(10), shown=style.message.whole(13))
    model = about.message(2)
    grid = objects.claim(reference(model, 2), _OLD_GRID)
    inner = model.message(5) if grid is None else grid.message
    return lines + _names(inner.texts(2), inner.texts(3))


def _where_shown(objects: Objects, text: str, *, shown: int) -> list[str]:
    if text and not shown:
        objects.put_aside(NOT_SHOWN, text, once=True)  # every axis has a title to begin with
    return [text] if text and shown else []


def _values(row: Iterator[Message]) -> str:
    """Return the numbers of a row of a chart; dates in it stand in the table that it is drawn from."""
    found = (value.double(1) for value in islice(row, MOST_PARTS))
    return "\t".join(f"{value:.15g}" for value in found if value is not None)


def _names(*rows: list[str]) -> list[str]:
    return ["\t".join(name for name in row[:MOST_PARTS] if name.strip()) for row in rows]
