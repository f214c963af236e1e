"""Presentations: the text of each slide in order; apart from it notes, hidden slides, what is unseen on a slide."""

import re
from collections.abc import Iterator
from typing import Any

from witnessmark.cell.report import ReadingStopped, Report
from witnessmark.formats import markup, pptx_sight
from witnessmark.formats.ink import Paper, Said
from witnessmark.formats.package import Package
from witnessmark.formats.pptx_numbers import Numbers
from witnessmark.formats.pptx_sight import COVERED, Slide, ground_of, measure
from witnessmark.model.derivative import Outcome

MOST_SLIDES = 5000
_SLIDE = re.compile(r"(?:^|/)slides/[^/]+\.xml\Z", re.IGNORECASE)
_SHAPES = {"sp", "pic", "graphicFrame", "cxnSp", "grpSp"}


def read_slides(package: Package, report: Report) -> None:
    """Report the slides of a presentation.

    Raises:
        ReadingStopped: when there is neither a list of slides nor a slide.
    """
    main = package.find(package.main_part("ppt/presentation.xml"))
    root = package.root(main)
    if root is None or main is None:
        _tell_unlisted(package, report)
        return
    size = root.find("{*}sldSz")
    paper = (_length(size, "cx"), _length(size, "cy"))
    links = package.links(main)
    shown = 0
    # sections (an extension, [MS-PPTX] 2.2.4) list the same slides again, by numbers of another kind
    for entry in list(root.iterfind("{*}sldIdLst/{*}sldId"))[:MOST_SLIDES]:
        link = next((links[value] for value in entry.attrib.values() if value in links), None)
        part = None if link is None else package.find(link.target)
        slide = package.root(part)
        if slide is None or part is None:
            package.broken.append("slide")
            continue
        if slide.get("show") in ("0", "false"):
            _put_aside(report, "hidden slide", _lines(slide))
        else:
            report.visible("\f" if shown else "")
            shown += 1
            _tell_slide(package, part, slide, paper, report)
        for notes in package.targets(part, "notesSlide"):
            _put_aside(report, "speaker notes", _lines(package.root(notes)))
        for about in map(markup.attributes, slide.iter("{*}cNvPr")):
            _put_aside(report, "alt text", (about.get(key, "") for key in ("descr", "title")))


def _tell_unlisted(package: Package, report: Report) -> None:
    """Report the slides of a presentation whose list is lost: which of them show, and in what order, is not known."""
    slides = [name for name in package.names if _SLIDE.search(name)]
    if not slides:
        raise ReadingStopped(Outcome.CORRUPT, "the package holds no presentation")
    package.broken.append("the list of slides")
    for name in sorted(slides, key=lambda name: (len(name), name))[:MOST_SLIDES]:
        _put_aside(report, "slides, shown or not", _lines(package.root(name)))
        for notes in package.targets(name, "notesSlide"):
            _put_aside(report, "speaker notes", _lines(package.root(notes)))


def _tell_slide(package: Package, part: str, slide: Any, paper: tuple[int, int], report: Report) -> None:
    tree = slide.find("{*}cSld/{*}spTree")
    shapes = [] if tree is None else [_chosen(shape) for shape in tree]
    sight = Slide(slide, shapes)
    unseen: dict[str, list[str]] = {}
    for order, shape in enumerate(shapes):
        why = _why_hidden(shape, paper) or (COVERED if sight.covers(order) else "")
        if why:
            _put_aside(report, why, _lines(shape))
            continue
        for inner in shape.iter("{*}cNvPr"):
            if inner is not _own(shape) and markup.attributes(inner).get("hidden") in ("1", "true"):
                why = "hidden shape"  # somewhere in a group: the whole group stays apart
        lines = list(_lines(shape, None if why else unseen))
        if why:
            _put_aside(report, why, lines)
        elif lines:
            report.visible("\n".join(lines) + "\n")
    for label, words in unseen.items():
        _put_aside(report, label, words)
    for drawing in package.targets(part, "diagramDrawing"):
        lines = list(_lines(package.root(drawing)))
        if lines:
            report.visible("\n".join(lines) + "\n")


def _chosen(shape: Any) -> Any:
    """Return the first of the forms in which a shape is given, where there are several."""
    if markup.local(shape) != "AlternateContent":
        return shape
    return next((inner for inner in shape.iter() if markup.local(inner) in _SHAPES), shape)


def _own(shape: Any) -> Any:
    return next(shape.iter("{*}cNvPr"), None)


def _why_hidden(shape: Any, paper: tuple[int, int]) -> str:
    own = _own(shape)
    if own is not None and markup.attributes(own).get("hidden") in ("1", "true"):
        return "hidden shape"
    place = next(shape.iter("{*}xfrm"), None)
    start = None if place is None else place.find("{*}off")
    extent = None if place is None else place.find("{*}ext")
    if start is None or extent is None or not all(paper):
        return ""
    left, top = _length(start, "x"), _length(start, "y")
    beside = left >= paper[0] or top >= paper[1]
    beside = beside or left + _length(extent, "cx") <= 0 or top + _length(extent, "cy") <= 0
    return "beside the slide" if beside else ""


def _lines(root: Any, unseen: dict[str, list[str]] | None = None) -> Iterator[str]:
    """Yield the paragraphs of some markup; the cells of a table row stand in one line.

    Where what is unseen is asked for, the words that no one can tell from their shape go there, under their labels.
    """
    if root is None:
        return
    row: list[str] = []
    in_row, numbers = False, Numbers()
    ground: Paper = None
    for event, element in markup.walk(root):
        kind = markup.local(element)
        if kind == "tr":
            if event == "end" and any(row):
                yield "\t".join(row)
            row, in_row = [], event == "start"
        elif kind == "txBody" and event == "start":
            numbers = Numbers()
            ground = Said.UNKNOWN if unseen is None else ground_of(element.getparent())
        elif kind == "p" and event == "start":
            text = "".join(_pieces(element, ground, unseen)).strip()
            text = numbers.next(element) + text if text else ""
            if in_row:
                row.append(text)
            elif text:
                yield text


def _pieces(paragraph: Any, ground: Paper, unseen: dict[str, list[str]] | None) -> Iterator[str]:
    lost: dict[str, list[str]] = {}
    for element in paragraph.iter():
        kind = markup.local(element)
        if kind == "t":
            text = element.text or ""
            why = "" if unseen is None else pptx_sight.why(element.getparent(), ground)
            if why:
                lost.setdefault(why, []).append(text)
            if not why or text.isspace():  # a blank is one in any colour
                yield text
        elif kind == "br":
            yield "\n"
    for label, parts in lost.items():
        if unseen is not None:
            unseen.setdefault(label, []).append("".join(parts))


def _put_aside(report: Report, label: str, lines: Any) -> None:
    text = "\n".join(line for line in lines if line.strip())
    if text:
        report.hidden(label, text + "\n")


def _length(element: Any, name: str) -> int:
    return measure(element, name) or 0
