"""Write small Word files by hand: tracked changes, comments, hidden runs, notes (ECMA-376, part 1, section 17)."""

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from witnessmark.demo import write_zip

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; `mark` is empty, `inserted`, `deleted`, `hidden` or `bold`."""

    text: str
    mark: str = ""
    by: str = "V. Orlandeth"
    on: str = "2018-02-19T08:40:00Z"


Paragraph = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment beside the first paragraph."""

    words: str
    by: str
    on: str


@dataclass(frozen=True, slots=True)
class Core:
    """The core properties; `family` is the root of the editing marks that files of one origin share."""

    title: str
    author: str
    created: str
    modified: str
    keywords: str = ""
    family: str = "00A41C07"


@dataclass(frozen=True, slots=True)
class Extras:
    """What stands beside the body."""

    comment: Comment | None = None
    header: str = ""
    footnote: str = ""
    right_to_left: bool = False


def plain(*texts: str) -> tuple[Paragraph, ...]:
    """Return one paragraph for each text."""
    return tuple((Run(text),) for text in texts)


def docx(paragraphs: tuple[Paragraph, ...], core: Core, extras: Extras | None = None) -> bytes:
    """Return the Word file."""
    extras = extras or Extras()
    parts = {
        "[Content_Types].xml": "",
        "_rels/.rels": _package_relations(),
        "word/document.xml": _document(paragraphs, core, extras),
        "word/settings.xml": _settings(core),
        "docProps/core.xml": _core(core),
        "docProps/app.xml": _app(),
    }
    if extras.comment is not None:
        parts["word/comments.xml"] = _comments(extras.comment)
    if extras.header:
        parts["word/header1.xml"] = f'{_HEAD}<w:hdr xmlns:w="{_W}">{_paragraph((Run(extras.header),), "")}</w:hdr>'
    if extras.footnote:
        parts["word/footnotes.xml"] = _footnotes(extras.footnote)
    parts["word/_rels/document.xml.rels"] = _relations(parts)
    parts["[Content_Types].xml"] = _types(parts)
    # word processors stamp 1980 on every part
    return write_zip.packed(((name, text.encode()) for name, text in parts.items()), when=(1980, 1, 1, 0, 0, 0))


def _document(paragraphs: tuple[Paragraph, ...], core: Core, extras: Extras) -> str:
    body = []
    for i, paragraph in enumerate(paragraphs):
        beside = ""
        if i == 0 and extras.comment is not None:
            beside = '<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>'
        if i == 0 and extras.footnote:
            beside += '<w:r><w:footnoteReference w:id="2"/></w:r>'
        body.append(_paragraph(paragraph, core.family, beside, right_to_left=extras.right_to_left))
    header = '<w:headerReference w:type="default" r:id="rId3"/>' if extras.header else ""
    section = f'<w:sectPr>{header}<w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    return f'{_HEAD}<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>{"".join(body)}{section}</w:body></w:document>'


def _paragraph(runs: Paragraph, family: str, beside: str = "", *, right_to_left: bool = False) -> str:
    mark = f' w:rsidR="{family}"' if family else ""
    direction = "<w:pPr><w:bidi/></w:pPr>" if right_to_left else ""
    text = "".join(_run(run, i, right_to_left=right_to_left) for i, run in enumerate(runs))
    start = '<w:commentRangeStart w:id="1"/>' if "commentRangeEnd" in beside else ""
    return f"<w:p{mark}>{direction}{start}{text}{beside}</w:p>"


def _run(run: Run, number: int, *, right_to_left: bool) -> str:
    style = {"hidden": "<w:vanish/>", "bold": "<w:b/>"}.get(run.mark, "") + ("<w:rtl/>" if right_to_left else "")
    properties = f"<w:rPr>{style}</w:rPr>" if style else ""
    kind = "delText" if run.mark == "deleted" else "t"
    inner = f'<w:r>{properties}<w:{kind} xml:space="preserve">{escape(run.text)}</w:{kind}></w:r>'
    tag = {"inserted": "ins", "deleted": "del"}.get(run.mark)
    if tag is None:
        return inner
    return f'<w:{tag} w:id="{100 + number}" w:author={quoteattr(run.by)} w:date="{run.on}">{inner}</w:{tag}>'


def _comments(comment: Comment) -> str:
    return (
        f'{_HEAD}<w:comments xmlns:w="{_W}"><w:comment w:id="1" w:author={quoteattr(comment.by)} '
        f'w:date="{comment.on}" w:initials="K">{_paragraph((Run(comment.words),), "")}</w:comment></w:comments>'
    )


def _footnotes(words: str) -> str:
    return (
        f'{_HEAD}<w:footnotes xmlns:w="{_W}"><w:footnote w:id="2">{_paragraph((Run(words),), "")}'
        "</w:footnote></w:footnotes>"
    )


def _settings(core: Core) -> str:
    return (
        f'{_HEAD}<w:settings xmlns:w="{_W}"><w:rsids><w:rsidRoot w:val="{core.family}"/>'
        f'<w:rsid w:val="{core.family}"/></w:rsids></w:settings>'
    )


def _core(core: Core) -> str:
    kept = f"<cp:keywords>{escape(core.keywords)}</cp:keywords>" if core.keywords else ""
    return (
        f"{_HEAD}<cp:coreProperties "
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(core.title)}</dc:title><dc:creator>{escape(core.author)}</dc:creator>{kept}"
        f"<cp:lastModifiedBy>{escape(core.author)}</cp:lastModifiedBy>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{core.created}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{core.modified}</dcterms:modified></cp:coreProperties>'
    )


def _app() -> str:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    return f'{_HEAD}<Properties xmlns="{space}"><Application>Kestrel Writer</Application></Properties>'


def _package_relations() -> str:
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    return (
        f'{_HEAD}<Relationships xmlns="{_RELS}">'
        f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{core}" Target="docProps/core.xml"/>'
        f'<Relationship Id="rId3" Type="{_R}/extended-properties" Target="docProps/app.xml"/></Relationships>'
    )


_PARTS = {
    "settings": ("rId1", "settings.xml"),
    "comments": ("rId2", "comments.xml"),
    "header": ("rId3", "header1.xml"),
    "footnotes": ("rId4", "footnotes.xml"),
}


def _relations(parts: dict[str, str]) -> str:
    rows = [
        f'<Relationship Id="{identity}" Type="{_R}/{kind}" Target="{target}"/>'
        for kind, (identity, target) in _PARTS.items()
        if f"word/{target}" in parts
    ]
    return f'{_HEAD}<Relationships xmlns="{_RELS}">{"".join(rows)}</Relationships>'


def _types(parts: dict[str, str]) -> str:
    rows = [f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>']
    rows += [
        f'<Override PartName="/word/{target}" ContentType="{_WORD}.{kind}+xml"/>'
        for kind, (_, target) in _PARTS.items()
        if f"word/{target}" in parts
    ]
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    app = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
    rows.append(f'<Override PartName="/docProps/core.xml" ContentType="{core}"/>')
    rows.append(f'<Override PartName="/docProps/app.xml" ContentType="{app}"/>')
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_HEAD}<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{"".join(rows)}</Types>'
    )
