"""Opens what is locked with passwords that a keeper gave: Office documents of all years, and zips.

A document comes out as it was before it was locked, as a member. Which password opened it is said nowhere.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msoffcrypto
import msoffcrypto.format.doc97
import msoffcrypto.format.ooxml
import msoffcrypto.format.ppt97
import msoffcrypto.format.xls97
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import packed
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST = 256 << 20
CHUNK = 64 << 10
_REFUSED = (DecryptionError, FileFormatError, InvalidKeyError, ParseError, ValueError, KeyError, OSError, IndexError)


def opens(source: Source, media_type: str, report: Report) -> bool:
    """Try the passwords where this type is opened here; return whether one fitted and the content was given."""
    function = _OPENERS.get(media_type)
    return function is not None and bool(source.passwords) and function(source, report)


def _office(source: Source, report: Report) -> bool:
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "the locked document is larger than 256 MiB")
    source.stream.seek(0)
    data = source.stream.read(LARGEST)
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


def _zip(source: Source, report: Report) -> bool:
    """Take a zip apart by libarchive, which knows both ways in which zips are locked."""
    return packed.read_locked_zip(source, report)


_OPENERS: Final[dict[str, Callable[[Source, Report], bool]]] = {
    "application/encrypted": _office,
    "application/msword": _office,
    "application/vnd.ms-excel": _office,
    "application/vnd.ms-powerpoint": _office,
    "application/zip": _zip,
}
