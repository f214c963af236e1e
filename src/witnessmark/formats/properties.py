"""Document properties of an Office file: who, with what program, when, how long; observations, and hidden words."""

from typing import Any

from witnessmark.cell.report import Report
from witnessmark.formats import dates, markup
from witnessmark.formats.package import Package

LONGEST = 10_000
_DATES = {"created": "created", "modified": "modified", "lastPrinted": "printed"}
_KEPT_APART = {"TitlesOfParts", "HeadingPairs", "HLinks", "DigSig"}
_COUNTS = {"Pages", "Words", "Characters", "CharactersWithSpaces", "Lines", "Paragraphs", "Slides", "Notes"}
_NOISE = {"DocSecurity", "ScaleCrop", "LinksUpToDate", "SharedDoc", "HyperlinksChanged", "AppVersion", "HiddenSlides"}
_NOISE |= {"MMClips", "PresentationFormat"}


def read_properties(package: Package, report: Report) -> None:
    """Report core, extended and custom properties."""
    for kind, fallback, reader in (
        ("core-properties", "docProps/core.xml", _read_core),
        ("extended-properties", "docProps/app.xml", _read_extended),
        ("custom-properties", "docProps/custom.xml", _read_custom),
    ):
        names = package.targets("", kind) or [fallback]
        for name in names:
            root = package.root(name)
            if root is not None:
                reader(root, report)


def _read_core(root: Any, report: Report) -> None:
    for element in root:
        name, text = markup.local(element), _text(element)
        if not name or not text:
            continue
        if name in _DATES:
            dates.observe(report, _DATES[name], dates.from_iso(text), f"Office core {name}")
            continue
        report.observe(f"office.{name.lower()}", text[:500])
        if name not in ("revision", "version"):
            report.hidden(f"metadata: {name}", text + "\n")


def _read_extended(root: Any, report: Report) -> None:
    values = {markup.local(element): _text(element) for element in root}
    dates.observe_software(report, values.get("Application", ""), values.get("AppVersion", ""), "Office app")
    for name, text in values.items():
        if not name or not text or name in _KEPT_APART | _NOISE:
            continue
        report.observe(f"office.{name.lower()}", text[:500])
        if name not in _COUNTS and name not in ("TotalTime", "Application"):
            report.hidden(f"metadata: {name}", text + "\n")
    titles = [text for element in root.iter("{*}lpstr") if (text := _text(element))]
    if titles:
        report.hidden("metadata: titles of parts", "\n".join(dict.fromkeys(titles)) + "\n")


def _read_custom(root: Any, report: Report) -> None:
    for element in root:
        name, text = element.get("name") or "", _text(element)
        if name and text:
            report.hidden(f"metadata: {name[:100]}", text + "\n")
            if any(markup.local(child) == "filetime" for child in element):
                dates.observe(report, "stated", dates.from_iso(text), "Office custom property")


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()[:LONGEST]
