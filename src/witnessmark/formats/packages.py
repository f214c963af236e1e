"""Tells what a zip is a package of: Office, OpenDocument, EPUB, iWork and others, or just a zip."""

import io
import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from witnessmark.cell.report import Source
from witnessmark.formats import iwa, signatures, table, zip_unfold, zips

ZIP = table.ZIP
STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MOST_LOOKED_AT = 5_000
MOST_INFLATED = 512 << 10
_MAIN = re.compile(rb"""ContentType\s*=\s*["']([^"']{1,200}\.main(?:\+xml)?)["']""", re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
"""A media type (RFC 6838, section 4.2); a damaged package may state anything."""
_OFD = (b"ofd.xml", b"encryptions.xml")
_OFD_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:OFD|Encryptions)[\s>]")
"""The root of a fixed document (GB/T 33190-2016, 7.4), or of what tells how it is locked (GM/T 0099)."""
_MIMETYPE = re.compile(rb"[a-z]+/[A-Za-z0-9.+_-]{1,120}")


def has_directory(source: Source) -> bool:
    """Tell whether the file ends as a zip and its directory holds an entry (a program may stand before it)."""
    found = zips.end_record(source.stream, source.size)
    if found is None:
        return False
    source.stream.seek(found[0])
    return source.stream.read(4) == zips.CENTRAL


def zip_type(source: Source, suffix: str) -> str:
    """Return the type of package that a zip is: what it says of itself, if it is read here; then what its names say."""
    names: dict[str, None] = {}
    inside: str | None = None
    programs: dict[str, str | None] = {}
    stated: str | None = None
    for entry in islice(_entries(source), MOST_LOOKED_AT):
        names[entry.name.decode("utf-8", "replace")] = None
        if entry.name == b"mimetype":
            said = _MIMETYPE.match(_content(source, entry, 200).strip())
            stated = _checked(b"" if said is None else said[0]) or stated
        elif entry.name.lower() == b"[content_types].xml":
            stated = _by_content_types(_content(source, entry, MOST_INFLATED)) or stated
        elif entry.name.lower() in _OFD and _OFD_ROOT.search(_content(source, entry, 4096).replace(b"\x00", b"")):
            stated = "application/ofd"
        elif entry.name == b"META-INF/manifest.xml":
            inside = _by_manifest(_content(source, entry, 4096)) or inside
        elif _IWORK_NAMES.fullmatch(entry.name) and len(programs) < MOST_PROGRAMS:
            programs[entry.name.decode("utf-8", "replace")] = _by_document(source, entry)
        elif entry.method in IWORK_LOCKS:
            return IWORK_LOCKED
        if stated is not None and table.is_of_package(stated):
            return stated
    found = _iwork(names, programs, suffix) or _by_names(names, inside)
    # What it says of itself hides nothing of it: a zip that calls itself a text or a picture is taken apart.
    unread = stated is not None and table.reader_of(stated) is None
    return stated if stated is not None and found == ZIP and unread else found


def _checked(said: bytes) -> str | None:
    """Return what a package says of its type, in lower case; None where it is no media type."""
    text = said.decode("ascii", "replace").lower()
    return text if _TYPE.fullmatch(text) else None


def _entries(source: Source) -> Iterator[zips.Entry]:
    found = zips.end_record(source.stream, source.size)
    if found is not None:
        count = 0
        try:
            for entry in zips.directory(source.stream, *found[:3]):
                count += 1
                yield entry
        except zips.BrokenZip:
            pass
        if count:
            return
    yield from zips.scan(source.stream, source.size, MOST_LOOKED_AT)


def _content(source: Source, entry: zips.Entry, limit: int) -> bytes:
    if entry.is_encrypted or entry.method not in zip_unfold.METHODS:
        return b""
    here = entry if entry.data >= 0 else zips.located(source.stream, entry)
    if here is None:
        return b""
    found = bytearray()
    try:
        for piece in zip_unfold.unpacked(source.stream, here):
            found += piece
            if len(found) >= limit:
                break
    except zips.BrokenZip:
        pass
    return bytes(found[:limit])


def _by_content_types(xml: bytes) -> str | None:
    xml = xml.replace(b"\x00", b"")
    for declared, media_type in signatures.MAIN_PARTS:
        if declared.encode() in xml:
            return media_type
    main = _MAIN.search(xml)
    if main is None:
        return None
    kind = main[1].lower().removesuffix(b"+xml").removesuffix(b".main")
    if kind.endswith(b".macroenabledtemplate"):
        kind = kind.removesuffix(b"template")
    return _checked(kind + (b".12" if kind.endswith(b".macroenabled") else b""))


def _by_manifest(xml: bytes) -> str | None:
    for tag in re.findall(rb"<[^>]{0,2000}file-entry\b[^>]{0,2000}>", xml):
        found = _MEDIA_TYPE.search(tag)
        if found is not None and re.search(rb"""full-path\s*=\s*["']/["']""", tag):
            return _checked(found[1])
    return None


def _by_document(source: Source, entry: zips.Entry) -> str | None:
    """Tell which program of iWork wrote a document: by the root of its XML, or since 2013 by that of its objects.

    The XML may lie in a gzip, the objects in a zip inside.
    """
    content = _content(source, entry, MOST_OF_AN_INDEX)
    if entry.name.endswith(b".gz"):
        try:
            content = zlib.decompressobj(31).decompress(content, _BEGINNING)
        except zlib.error:
            return None
    if not entry.name.endswith((b".iwa", b".zip")):
        return next((found for root, found in _IWORK if root in content[:_BEGINNING]), None)
    if entry.name.endswith(b".zip"):
        index = Source(io.BytesIO(content), len(content), "")
        inner = next((one for one in islice(_entries(index), MOST_LOOKED_AT) if one.name == _IWA), None)
        content = b"" if inner is None else _content(index, inner, MOST_OF_AN_INDEX)
    program = iwa.program(content)
    return f"application/vnd.apple.{program}.13" if program else None


def bundle_folder(names: Iterable[str]) -> str:
    """Return the folder, with a slash, in which all of a document lies when its folder was zipped, or nothing."""
    known = set(names)
    tops = {name.partition("/")[0] for name in known if not name.startswith("__MACOSX/")}
    folder = f"{next(iter(tops), '')}/"
    return folder if len(tops) == 1 and any(folder + name in known for name in _IN_A_BUNDLE) else ""


IWORK_09 = ("index.xml", "index.apxl", "index.xml.gz", "index.apxl.gz", "presentation.apxl")
"""Where a document of iWork up to 2009 lies in its package."""
_IN_A_BUNDLE = ("Index.zip", "Index/Document.iwa", ".iwpv2", ".iwph", *IWORK_09)
_BEGINNING = 4096
MOST_PROGRAMS = 8
"""Documents that are looked at in one package; an honest one holds one."""
_IWA = b"Index/Document.iwa"
_IWORK_NAMES = re.compile(
    rb"(?:[^/]{1,255}/)?(?:Index(?:\.zip|/Document\.iwa)|index\.(?:xml|apxl)(?:\.gz)?|presentation\.apxl)"
)
IWORK_LOCKS = frozenset((25451, 25452))
"""The methods under which iWork of 2009 keeps what it locked."""
IWORK_LOCKED = "application/x-tika-iworks-protected"
MOST_OF_AN_INDEX = 64 << 20
_MEDIA_TYPE = re.compile(rb"""media-type\s*=\s*["']([a-z]+/[A-Za-z0-9.+_-]{1,120})["']""")
_IWORK = (
    (b"<sl:document", "application/vnd.apple.pages"),
    (b"<ls:document", "application/vnd.apple.numbers"),
    (b"<key:presentation", "application/vnd.apple.keynote"),
)


def _iwork(names: Collection[str], programs: dict[str, str | None], suffix: str) -> str | None:
    """Tell a document of iWork by what lies in it; one since 2013 whose objects are damaged, by its archives' names."""
    folder = bundle_folder(names)
    if not {f"{folder}.iwpv2", f"{folder}.iwph"}.isdisjoint(names):
        return IWORK_LOCKED
    document = f"{folder}Index/Document.iwa"
    places = (document, *(folder + name for name in ("Index.zip", *IWORK_09)))
    told = next((found for place in places if (found := programs.get(place))), None)
    if told is not None or document not in names:
        return told
    if any(name.startswith((f"{folder}Index/Slide", f"{folder}Index/MasterSlide")) for name in names):
        return "application/vnd.apple.keynote.13"
    return f"application/vnd.apple.{'numbers' if suffix == '.numbers' else 'pages'}.13"


def _by_names(names: Collection[str], inside: str | None) -> str:
    if inside is not None:
        return inside
    for name, media_type in signatures.ZIP_NAMES:
        if name in names:
            return media_type
    if any(name.endswith(".fdseq") or name == "_rels/.rels" for name in names) and any(
        name.endswith((".fdseq", ".fpage")) for name in names
    ):
        return "application/vnd.ms-xpsdocument"
    if any(name.endswith(".kml") and "/" not in name for name in names):
        return "application/vnd.google-earth.kmz"
    if next(iter(names), "").endswith((".usd", ".usda", ".usdc")):  # its first member is what is shown
        return "model/vnd.usdz+zip"
    for pattern, media_type in signatures.ZIP_PATTERNS:
        if any(pattern.fullmatch(name) for name in names):
            return media_type
    return ZIP
