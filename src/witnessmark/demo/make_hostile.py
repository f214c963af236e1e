"""Three harmless hostile files: a zip that swells, a zip with names that climb out, XML that multiplies itself.

None carries anything that could do harm; each tests that reading stops with a plain outcome.
"""

from collections.abc import Iterator

from witnessmark.demo import write_zip
from witnessmark.demo.truth import Family, FileTruth, Made
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CLIMBING = (b"../../climb.txt", b"/absolute.txt", b"C:\\drive.txt", b"con.txt", b"twin.txt", b"twin.txt")
_WRITTEN = "2018-11-05T03:30:00Z"


def hostile(seed: int) -> Iterator[Made]:
    """Yield the hostile files."""
    del seed
    yield _swelling()
    yield _climbing()
    yield _multiplying()


def _truth(name: str, media_type: str, kind: ExhibitKind, outcomes: tuple[Outcome, ...]) -> FileTruth:
    return FileTruth(f"hostile/{name}", Family.HOSTILE, media_type, kind, language="", outcomes=outcomes, hostile=True)


def _swelling() -> Made:
    """Return a zip of some 20 kB whose 300 entries share one body and would unpack to 2.4 GB."""
    data = write_zip.shared("again", bytes(8_000_000), 300)
    outcomes = (Outcome.REFUSED_POLICY, Outcome.REFUSED_LIMIT, Outcome.PARTIAL)
    return Made(_truth("swelling.zip", "application/zip", ExhibitKind.CONTAINER, outcomes), data, _WRITTEN)


def _climbing() -> Made:
    data = write_zip.raw((name, b"This line climbs nowhere.\n" + name + b"\n") for name in CLIMBING)
    outcomes = (Outcome.OK, Outcome.PARTIAL)
    return Made(_truth("climbing.zip", "application/zip", ExhibitKind.CONTAINER, outcomes), data, _WRITTEN)


def _multiplying() -> Made:
    """Return a Word file whose text is an entity of entities of entities: a billion words if expanded."""
    entities = ['<!ENTITY a0 "door ">']
    entities += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)]
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = (
        f'<?xml version="1.0"?>\n<!DOCTYPE w:document [{"".join(entities)}]>\n'
        f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>'
    )
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    listed = (
        f'<Types xmlns="{types}"><Default Extension="rels" ContentType="{relations}"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    )
    related = (
        f'<Relationships xmlns="{rels}"><Relationship Id="rId1" Type="{office}" Target="word/document.xml"/>'
        "</Relationships>"
    )
    parts = (("[Content_Types].xml", listed), ("_rels/.rels", related), ("word/document.xml", document))
    data = write_zip.packed(((name, text.encode()) for name, text in parts), when=(1980, 1, 1, 0, 0, 0))
    outcomes = (Outcome.CORRUPT, Outcome.REFUSED_LIMIT, Outcome.REFUSED_POLICY, Outcome.PARTIAL)
    return Made(_truth("multiplying.docx", DOCX, ExhibitKind.DOCUMENT, outcomes), data, _WRITTEN)
