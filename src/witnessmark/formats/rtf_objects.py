"""Pictures and embedded objects of an RTF document, taken out as members ([MS-OLEDS] 2.2 for the objects)."""

import binascii
import re
import struct
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import compound, ole
from witnessmark.formats.encodings import storable
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST = 10_000
"""Members of one document."""

_NO_HEX = re.compile(rb"[^0-9a-fA-F]+")
_ENDINGS: Final = {
    b"pngblip": ".png",
    b"jpegblip": ".jpg",
    b"emfblip": ".emf",
    b"wmetafile": ".wmf",
    b"macpict": ".pict",
    b"dibitmap": ".dib",
    b"wbitmap": ".ddb",
}
_BY_CLASS: Final = (
    ("Word.Document.12", ".docx"),
    ("Excel.Sheet.12", ".xlsx"),
    ("PowerPoint.Show.12", ".pptx"),
    ("Word.Document", ".doc"),
    ("Excel.Sheet", ".xls"),
    ("Excel.Chart", ".xls"),
    ("PowerPoint.Show", ".ppt"),
    ("AcroExch", ".pdf"),
    ("PBrush", ".bmp"),
)


class Objects:
    """What is taken out of one document."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._data = bytearray()
        self._half = b""
        self._is_picture = False
        self._ending = ".bin"
        self._count = 0

    def begin(self, *, is_picture: bool) -> None:
        """A picture or an object begins."""
        self._data, self._half, self._is_picture, self._ending = bytearray(), b"", is_picture, ".bin"

    def word(self, word: bytes) -> None:
        """Hear a control word of a picture: some of them name its format."""
        self._ending = _ENDINGS.get(word, self._ending)

    def hexadecimal(self, text: bytes) -> None:
        """Take bytes written as hexadecimal digits; whatever else stands among them is passed over."""
        digits = self._half + _NO_HEX.sub(b"", text)
        even = len(digits) & ~1
        self._half = digits[even:]
        self._data += binascii.unhexlify(digits[:even])

    def binary(self, data: bytes) -> None:
        """Take bytes as they stand, after the word `bin`."""
        self._data += data

    def end(self) -> None:
        """The picture or object ends: take it out."""
        data, self._data = bytes(self._data), bytearray()
        if not data:
            return
        self._count += 1
        if self._is_picture:
            self._take(f"picture-{self._count}{self._ending}", data)
            return
        try:
            self._take_object(data)
        except (struct.error, ValueError):
            self._take(f"object-{self._count}.bin", data)

    def _take_object(self, data: bytes) -> None:
        """Take the native data out of the header around it ([MS-OLEDS] 2.2.4, 2.2.5)."""
        kind = struct.unpack_from("<I", data, 4)[0]
        name, place = _counted(data, 8)
        topic, place = _counted(data, place)
        item, place = _counted(data, place)
        if topic.strip() or item.strip():
            self._report.hidden("object", f"{topic} {item}".strip() + "\n")
        if kind != 2:
            raise ValueError("no embedded object")
        (length,) = struct.unpack_from("<I", data, place)
        native = data[place + 4 : place + 4 + length]
        stem = f"object-{self._count}"
        found = ole.native(len(native).to_bytes(4, "little") + native) if name == "Package" else None
        if found is not None:
            self._take(found[0], found[1])
            return
        ending = next((ending for start, ending in _BY_CLASS if name.startswith(start)), ".ole")
        if native[:8] == compound.MAGIC:
            found = ole.wrapped(native)
            if found is not None:
                self._take(f"{stem}-{found[0]}", found[1])
                return
        self._take(stem + ending, native)

    def _take(self, name: str, data: bytes) -> None:
        path = (PathStep(storable(name.replace("/", "_"))),)
        if self._count > MOST:
            if self._count == MOST + 1:
                self._report.refuse_member(path, Outcome.REFUSED_LIMIT, f"more than {MOST} embedded objects")
            return
        with self._report.member(path, How.DECODED, {}) as sink:
            sink.write(data)


def _counted(data: bytes, place: int) -> tuple[str, int]:
    """Return a string with its length before it, and where it ends."""
    (length,) = struct.unpack_from("<I", data, place)
    place += 4
    if place + length > len(data):
        raise ValueError("a string breaks off")
    return data[place : place + length].split(b"\0")[0].decode("cp1252", "replace"), place + length
