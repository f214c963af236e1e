"""Tells the type of a file by its content: signatures, what a container holds, libmagic, and a look at text.

The name breaks ties and nothing else (plain text that could be a table or Markdown). Where libmagic says something
else than the answer, both are observed: a disagreement is for people to weigh.
"""

import os
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import pylibmagic  # isort: skip - before magic: it names the library and its table that come with it
import magic  # isort: skip

from witnessmark.cell.report import Source
from witnessmark.formats import (
    binhex,
    compound,
    detect_media,
    encodings,
    mac,
    magic_text,
    packages,
    patterns,
    signatures,
    table,
    textual,
    zlibs,
)

HEAD = 64 << 10
"""Bytes of the beginning that are looked at, beside what a container's directory says."""
_PROSE = 4096
ZIP = "application/zip"
_MAGIC = magic.Magic(mime=True, mime_encoding=False)
_TEXT_MAGIC = magic_text.TextMagic.of(Path(str(pylibmagic.data)) / "magic.mgc")
_NUMBER: int = magic.version()  # type: ignore[no-untyped-call]
_TOOLS = (("libmagic", f"{_NUMBER // 100}.{_NUMBER % 100}"), ("pylibmagic", pylibmagic.__version__))
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,60}/[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}")
_PDF = re.compile(
    rb"(?:\A|[\r\n\s\x00-\x20])%PDF-[0-9]|%PDF-[12]\.\d\s{1,3}(?:%[^\r\n]{1,64}\s{1,3})?\d{1,9}\x20\d{1,5}\x20obj"
)
_XML_START = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:[?!]|[A-Za-z_:])|\A(?:\xff\xfe<\x00|\xfe\xff\x00<)")


@dataclass(frozen=True, slots=True)
class Detected:
    """A type, which tools told it, and what they said where that is not the same."""

    media_type: str
    tools: tuple[tuple[str, str], ...] = ()
    observed: Mapping[str, str] = field(default_factory=dict)
    is_zip: bool = False  # whether it is one, whatever it says that it is besides


def detect(source: Source) -> Detected:
    """Return what a file is by its content."""
    suffix = os.path.splitext(source.name)[1].lower()
    source.stream.seek(0)
    head = source.stream.read(HEAD)
    if not head:
        named = signatures.BY_NAME.get(suffix) or {".txt": "text/plain"}.get(suffix, "application/x-empty")
        return Detected(named, (), {})
    if head[:200].lstrip().startswith(binhex.HEAD):
        return Detected("application/mac-binhex40")
    if encodings.is_prose(head[:_PROSE]):
        # libmagic has nothing to say of it, and takes longest to find that out
        return Detected(_of_text(source, head, "text/plain", suffix))
    verdict = _libmagic(source, head)
    media_type = _resolved(source, head, verdict, suffix)
    media_type = _ALIASES.get(media_type, media_type).partition(";")[0].lower()
    observed = {} if _ALIASES.get(verdict, verdict) == media_type else {"libmagic": verdict}
    if not table.is_unpacked(media_type) and not _is_zip_type(head) and _ends_as_zip(source):
        observed["ends_as"] = ZIP
    return Detected(media_type, _TOOLS, observed, head[:4] in packages.STARTS)


def _libmagic(source: Source, head: bytes) -> str:
    # The whole file by its descriptor: what decides may lie far behind a buffer's end.
    stream = source.stream
    stream.seek(0)
    try:
        descriptor = stream.fileno()
        found = _said_of_text(source, head, descriptor)
        if found is None:
            os.lseek(descriptor, 0, os.SEEK_SET)
            found = _MAGIC.from_descriptor(descriptor)
    except (AttributeError, OSError, magic.MagicException):
        stream.seek(0)
        try:
            found = _MAGIC.from_buffer(stream.read(1 << 20))
        except magic.MagicException:
            found = "application/octet-stream"
    stream.seek(0)
    # Of an odd program it says more than a type, of an odd anything at times no type at all.
    said = _TYPE.match(str(found))
    return said[0] if said is not None else "application/octet-stream"


def _said_of_text(source: Source, head: bytes, descriptor: int) -> str | None:
    if _TEXT_MAGIC is None or not magic_text.is_text(head):
        return None
    if len(head) == HEAD:
        head = source.stream.read(magic_text.LOOKED_AT)
        if not magic_text.is_text(head):
            return None
    os.lseek(descriptor, 0, os.SEEK_SET)
    return _TEXT_MAGIC.type_of(descriptor, head)


def _resolved(source: Source, head: bytes, verdict: str, suffix: str) -> str:
    if head[:4] in packages.STARTS:
        return packages.zip_type(source, suffix)
    if head[:8] == compound.MAGIC:
        return _ole_type(source)
    found = detect_media.media_type(source, head) or _by_pattern(source, head) or _by_signature(head)
    if found is not None:
        return found
    found = _by_der(head)
    if found is not None:
        return found
    if _is_tar(head):
        return "application/x-tar"
    if mac.is_macbinary(head):
        return "application/x-macbinary"
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "application/x-bzip2"
    if zlibs.begins(head):
        return "application/zlib"
    if verdict == "application/zlib":  # of two bytes, with which a text may begin as well
        verdict = "application/octet-stream"
    return _by_look(source, head, verdict, suffix)


def _by_look(source: Source, head: bytes, verdict: str, suffix: str) -> str:
    if _PDF.search(head[:1024]):
        return "application/pdf"
    message = textual.message_type(head, suffix)
    if message is not None:
        return message
    if _XML_START.match(head):
        markup = textual.markup_type(head)
        if markup is not None:
            return markup
    if verdict == "application/zip" or (verdict == "application/octet-stream" and packages.has_directory(source)):
        return packages.zip_type(source, suffix)
    if (
        verdict.startswith(_MEDIA)
        and not verdict.startswith(_LETTERS)
        and head.isascii()
        and head.decode().isprintable()
    ):
        verdict = "text/plain"  # a few letters that stand in pictures too make no picture of a text
    if not textual.is_texty(verdict) and encodings.is_surely_text(head):
        verdict = "text/plain"  # libmagic takes some Chinese and Japanese for programs
    if verdict == "application/octet-stream" and _is_mesh(source, head):
        return "model/x.stl-binary"
    if textual.is_texty(verdict) or verdict == "application/octet-stream":
        return _of_text(source, head, verdict, suffix)
    if verdict == "audio/vnd.dolby.dd-raw" and 10 < head[5:6].ljust(1, b"\0")[0] >> 3 <= 16:
        return "audio/eac3"  # by the identification of the bit stream (ETSI TS 102 366, annex E.1.2.3)
    doubtful = any(
        verdict == said and not head.startswith(start) and suffix != name for said, start, name in patterns.DOUBTFUL
    )
    return "application/octet-stream" if doubtful or verdict in _GUESSED else verdict


_GUESSED = frozenset(
    (
        "font/x-amiga-font",
        "application/x-dosdriver",
        "application/x-dbase-index",
        "application/x-pnf",
        "application/x-compress-ttcomp",
    )
)
"""What libmagic says of any file that begins with two certain bytes, or with nothing but ones."""
_MEDIA = ("image/", "audio/", "video/")
_LETTERS = (
    "image/x-portable",
    "image/x-xpixmap",
    "image/x-xbitmap",
    "image/svg",
    "image/vnd.dxf",
    "image/fits",
    "image/x-xfig",
)


def _is_mesh(source: Source, head: bytes) -> bool:
    """Tell a mesh as for printing, which says nothing but how many triangles of fifty bytes follow its head."""
    count = int.from_bytes(head[80:84], "little")
    return count > 0 and source.size == 84 + 50 * count


def _of_text(source: Source, head: bytes, verdict: str, suffix: str) -> str:
    return textual.text_type(head, verdict, suffix, whole=source.size <= len(head)) or verdict


def _by_pattern(source: Source, head: bytes) -> str | None:
    found = next((kind for pattern, kind in patterns.BEGINNINGS if pattern.match(head)), None)
    if found is None and source.size > patterns.KOLY_SIZE:
        source.stream.seek(source.size - patterns.KOLY_SIZE)
        found = "application/x-apple-diskimage" if source.stream.read(12) == patterns.KOLY else None
    return found


def _by_signature(head: bytes) -> str | None:
    for start, media_type in signatures.OFFSET_ZERO:
        if head.startswith(start):
            return media_type
    for at, mark, media_type in signatures.ANYWHERE:
        if head[at : at + len(mark)] == mark and 0 in head[:at]:
            return media_type
    return None


_DER = (
    (
        re.compile(rb"0(?:[\x0d-\x80]|[\x81-\x84].{1,4})\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", re.DOTALL),
        "application/pkcs7-signature",
    ),
    (
        re.compile(
            rb"0(?:[\x0d-\x80]|[\x81-\x84].{1,4})\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01-\x06]", re.DOTALL
        ),
        "application/pkcs7-mime",
    ),
    (
        re.compile(
            rb"0(?:[\x0d-\x80]|[\x81-\x84].{1,4})\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09", re.DOTALL
        ),
        "application/pkcs7-mime",
    ),
    (
        re.compile(
            rb"0(?:[\x0d-\x80]|[\x81-\x84].{1,4})\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x1f", re.DOTALL
        ),
        "application/timestamped-data",
    ),
    (
        re.compile(
            rb"0(?:[\x0d-\x80]|[\x81-\x84].{1,4})\x02\x01\x030(?:[\x0d-\x80]|[\x81-\x84].{1,4})"
            rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01\x02]",
            re.DOTALL,
        ),
        "application/x-pkcs12",
    ),
    (re.compile(rb"0\x82..0\x82..(?:\xa0\x03\x02\x01[\x00-\x02])?\x02", re.DOTALL), "application/x-x509-cert"),
    (
        re.compile(
            rb"0(?:[\x20-\x7f]|[\x81-\x82].{1,2})\x02\x01[\x00\x01](?:\x02[\x20-\x82]|\x04[\x14-\x42]|0.\x06)",
            re.DOTALL,
        ),
        "application/x-x509-key",
    ),
)
"""Beginnings in DER or BER (X.690): a sequence, and the object identifier or version that tells what it is."""


def _by_der(head: bytes) -> str | None:
    if head[:1] != b"0":
        return None
    return next((media_type for start, media_type in _DER if start.match(head[:64])), None)


def _ole_type(source: Source) -> str:
    try:
        file = compound.CompoundFile(source.stream, source.size)
    except (compound.BrokenCompound, ValueError):
        return "application/x-ole-storage"
    names = {compound.folded(path[0]) for path, _ in file.walk() if len(path) == 1} or file.names()
    for name, media_type in signatures.OLE_STREAMS:
        if compound.folded(name) in names:
            return media_type
    found = _by_streams(file, names)
    if found is not None:
        return found
    if any(re.fullmatch(r" {3}1\d*", name) for name in names):
        return "application/vnd.ms-project"
    if any(name.startswith("__SUBSTG1.0_") for name in names):
        return "application/vnd.ms-outlook"
    return "application/x-ole-storage"


def _by_streams(file: compound.CompoundFile, names: AbstractSet[str]) -> str | None:
    """Tell the types that take more than one name, or a look into a stream; `names` are as they are compared."""
    contents = file.find("CONTENTS") if "CONTENTS" in names else None
    if contents is not None and file.read(contents, 4) == b"CHNK":  # many a program's object has a stream of this name
        return "application/vnd.ms-works"
    if "VBA" in names and file.find("VBA", "dir") is not None:
        return "application/vnd.ms-office.vbaproject"
    main = file.find("PerfectOffice_MAIN") if "PERFECTOFFICE_MAIN" in names else None
    if main is not None:
        if file.read(main, 4) == b"\0\0\x02\0":  # as the sheets of Quattro Pro began when they lay in no storage yet
            return "application/x-quattro-pro"
        return "application/x-corelpresentations" if "SLIDESHOW" in names else None
    if any(name.startswith("_DL_VERSION_") for name in names):
        return "application/sldworks"
    if not names.isdisjoint(_STAR_DRAWINGS):
        is_drawing = file.entries[0].class_id == _STAR_DRAW
        return "application/vnd.stardivision.draw" if is_drawing else "application/vnd.stardivision.impress"
    return None


_STAR_DRAWINGS = frozenset(("STARDRAWDOCUMENT", "STARDRAWDOCUMENT3"))
_STAR_DRAW = bytes.fromhex("a005892ebd85d11189d0008029e4b0b1")
"""The class of StarDraw 5: its streams are named as those of StarImpress, which drew what there was to draw before."""


def _is_tar(head: bytes) -> bool:
    """Tell a tar by its first header's checksum, as all its kinds have (POSIX.1-2017 ustar, and v7 before it)."""
    if len(head) < 512 or head[:1] == b"\x00":
        return False
    return tar_checksum_agrees(head[:512])


def tar_checksum_agrees(block: bytes) -> bool:
    """Tell whether a header block's checksum agrees, summed with or without sign."""
    digits = block[148:156].strip(b" \x00")
    if not digits or not re.fullmatch(rb"[0-7]+", digits):
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(rest)
    return int(digits, 8) in (unsigned, unsigned - 256 * sum(byte > 127 for byte in rest))


def _is_zip_type(head: bytes) -> bool:
    return head[:2] == b"PK"


def _ends_as_zip(source: Source) -> bool:
    source.stream.seek(max(0, source.size - 1024))
    return b"PK\x05\x06" in source.stream.read(1024)


_ALIASES: dict[str, str] = {
    "text/xml": "application/xml",
    "text/rtf": "application/rtf",
    "application/x-gzip": "application/gzip",
    "application/x-lzh-compressed": "application/x-lha",
    "application/x-lharc": "application/x-lha",
    "image/x-ms-bmp": "image/bmp",
    "inode/x-empty": "application/x-empty",
    "application/CDFV2": "application/x-ole-storage",
    "application/x-ndjson": "application/x-ndjson",
    "audio/x-hx-aac-adts": "audio/x-aac",
    "audio/x-hx-aac-adif": "audio/x-aac",
    "audio/x-wav": "audio/vnd.wave",
    "audio/x-m4a": "audio/mp4",
    "image/x-icns": "image/icns",
    "image/bpg": "image/x-bpg",
    "image/x-eps": "application/postscript",
    "image/x-portable-greymap": "image/x-portable-graymap",
    "image/x-x3f": "image/x-raw-sigma",
    "image/x-icon": "image/vnd.microsoft.icon",
    "image/x-pcx": "image/vnd.zbrush.pcx",
    "image/x-dcx": "image/vnd.zbrush.dcx",
    "application/x-bentley-dgn": "image/vnd.dgn",
    "audio/vnd.dolby.dd-raw": "audio/ac3",
    "text/x-c": "text/x-csrc",
    "application/x-dosexec": "application/x-msdownload",  # as servers and filters of mail call it
    "text/x-c++": "text/x-c++src",
    "application/vnd.ms-opentype": "font/otf",
    "application/x-dxf": "image/vnd.dxf",
    "application/x-decompression-error-gzip-Unknown-compression-format": "application/gzip",
}
