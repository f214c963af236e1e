"""Opens what is locked with passwords that a keeper gave: Office documents of all years, new iWork, zips, 7z, RAR.

A document comes out as it was before it was locked, as a member. Which password opened it is said nowhere.
"""

import io
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final
from xml.parsers.expat import ExpatError

import msoffcrypto
import msoffcrypto.format.doc97
import msoffcrypto.format.ooxml
import msoffcrypto.format.ppt97
import msoffcrypto.format.xls97
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError
from msoffcrypto.method.ecma376_agile import ECMA376Agile, _get_hash_func
from msoffcrypto.method.xor_obfuscation import DocumentXOR

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import biff, iwork_key, packed, rar, sevenzip, table
from witnessmark.formats.compound import BrokenCompound, CompoundFile
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST = 256 << 20
CHUNK = 64 << 10
OPEN_TO_ALL = "VelvetSweatshop"
"""The password that Office itself tries first: a document under it asks nobody ([MS-OFFCRYPTO] 2.1.4)."""
MOST_STATED = 64 << 10
MOST_ROUNDS = 200_000
_ROUNDS = re.compile(rb"spinCount\s*=\s*[\"']\s*(\d{1,12})")
_REFUSED = (
    DecryptionError,
    FileFormatError,
    InvalidKeyError,
    ParseError,
    ExpatError,
    struct.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)
"""What the library raises of files that are not as it expects; it says of none that it may."""


class _InMemory:
    """What stands in for `tempfile` in the library, which writes older documents to the disk on their way out."""

    @staticmethod
    def TemporaryFile() -> io.BytesIO:  # noqa: N802 - the name that the library calls
        """Return a file that is on no disk."""
        return io.BytesIO()


@lru_cache(maxsize=1)
def _spun(password: str, salt: bytes, algorithm: str, rounds: int) -> Any:
    """Return the hash of a password after so many rounds ([MS-OFFCRYPTO] 2.3.4.11).

    The library goes through them twice for one password, to try it and to make the key: that is most of what it takes.
    """
    make = _get_hash_func(algorithm)
    found = make(salt + password.encode("utf-16-le"))
    pack = struct.Struct("<I").pack
    for count in range(rounds):
        found = make(pack(count) + found.digest())
    return found


ECMA376Agile._derive_iterated_hash_from_password = staticmethod(_spun)

for _module in (msoffcrypto.format.doc97, msoffcrypto.format.ppt97, msoffcrypto.format.xls97):
    _module.tempfile = _InMemory


def opens(source: Source, media_type: str, report: Report) -> bool:
    """Try the passwords where this type is opened here; return whether one fitted and the content was given."""
    function = _OPENERS.get(media_type) or (_zip if table.is_unpacked(media_type) else None)
    return function is not None and bool(source.passwords) and function(source, report)


def open_to_all(source: Source) -> bytes | None:
    """Return a document that is under the password of nobody, opened; None where it asks for one.

    What a hostile file could draw out is looked at first: circles of sectors, rounds of hashing without number.
    """
    if source.size > LARGEST:
        return None
    try:
        file = CompoundFile(source.stream, source.size)
        file.check()
        about = file.find("EncryptionInfo")
        stated = b"" if about is None else file.read(about, MOST_STATED + 1)
    except (BrokenCompound, struct.error, IndexError):
        return None
    rounds = [int(found) for found in _ROUNDS.findall(stated)]
    if len(stated) > MOST_STATED or max(rounds, default=0) > MOST_ROUNDS:
        return None
    return decrypted(source.first(LARGEST), OPEN_TO_ALL)


def _office(source: Source, report: Report) -> bool:
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "the locked document is larger than 256 MiB")
    data = source.first(LARGEST)
    for password in source.passwords:
        opened = decrypted(data, password)
        if opened is None:
            continue
        with report.member((PathStep(source.name or "document"),), How.DECODED, {"unlocked": True}) as sink:
            for at in range(0, len(opened), CHUNK):
                sink.write(opened[at : at + CHUNK])
        return True
    return False


def decrypted(data: bytes, password: str) -> bytes | None:
    """Return the document under this password, or None."""
    out = io.BytesIO()
    with suppress(*_REFUSED):
        document: Any = msoffcrypto.OfficeFile(io.BytesIO(data))
        if not document.is_encrypted():
            return None
        if document.format == "ooxml":
            document.load_key(password=password, verify_password=True)
        else:
            document.load_key(password=password)
        document.decrypt(out)
        return out.getvalue()
    return None


def older_book(data: bytes, password: str) -> bytes | None:
    """Return the stream of a workbook of Excel 5 or 95 with its records as they were; None under another password.

    By [MS-XLS] 2.2.10 and [MS-OFFCRYPTO] 2.3.7.2: each byte of a record is turned and mixed with one of sixteen.
    """
    key = next((data[start:end] for kind, start, end in biff.records(data) if kind == _LOCKED), b"")
    if len(key) != 4 or not 0 < len(password) < 16 or not password.isascii():
        return None
    if not DocumentXOR.verifypw(password, int.from_bytes(key[2:], "little")):
        return None
    mix = DocumentXOR.create_xor_array_method1(password)
    tables = [bytes(_turned(byte ^ mixed) for byte in range(256)) for mixed in mix]
    out = bytearray(data)
    is_locked = False
    for kind, start, end in biff.records(data):
        if kind == _LOCKED:
            is_locked = True
            out[start - 4 : start - 2] = b"\0\0"  # a record that says nothing
        elif is_locked and kind not in _OPEN:
            plain = 4 if kind == _SHEET else 0  # where the sheet stands is told openly
            for offset in range(16):
                first = start + plain + offset
                table = tables[(start + (end - start) + plain + offset) % 16]
                out[first:end:16] = data[first:end:16].translate(table)
    return bytes(out)


_LOCKED, _SHEET = 0x2F, 0x85
_OPEN: Final = frozenset((0x0009, 0x0209, 0x0409, 0x0809, _LOCKED, 0x00E1))


def _turned(byte: int) -> int:
    return (byte << 3 | byte >> 5) & 0xFF


def _zip(source: Source, report: Report) -> bool:
    """Take a zip apart by libarchive, which knows both ways in which zips are locked."""
    return packed.read_locked_zip(source, report)


_OPENERS: Final[dict[str, Callable[[Source, Report], bool]]] = {
    "application/encrypted": _office,
    "application/msword": _office,
    "application/vnd.ms-excel": _office,
    "application/vnd.ms-powerpoint": _office,
    "application/x-7z-compressed": sevenzip.opens,
    "application/x-rar-compressed": rar.opens,
    "application/x-tika-iworks-protected": iwork_key.opens,
}
