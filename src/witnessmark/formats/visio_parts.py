"""Pictures and embedded objects of an older Visio drawing, and its macros: pieces of the stream, put together.

An object is a compound file in pieces of 8 KiB, one behind another; so is the project of macros.
"""

import io
import struct
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import compound, office_art, ole
from witnessmark.formats.encodings import storable
from witnessmark.formats.vba import read_macros
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_OBJECTS: Final = 1000
_ENDINGS: Final = (
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"\xd7\xcd\xc6\x9a", ".wmf"),
    (b"\x01\0\x09\0", ".wmf"),
    (b"\x28\0\0\0", ".dib"),
    (b"BM", ".bmp"),
)


class Parts:
    """What is taken out of one drawing."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._pictures = office_art.Pictures(report)
        self._pieces: list[bytes] = []
        self._count = 0

    def picture(self, data: bytes) -> None:
        """Take a picture: whatever it is, it stands as its own file does, a bitmap without the file's head."""
        self.end()
        if not data.strip(b"\0"):
            return
        ending = next((ending for start, ending in _ENDINGS if data.startswith(start)), ".bin")
        if data[40:44] == b" EMF":
            ending = ".emf"
        self._pictures.add(office_art.Picture(ending, data, was_packed=True))

    def piece(self, data: bytes) -> None:
        """Take the next piece of an object; a head begins a new one."""
        if data.startswith(compound.MAGIC):
            self.end()
            self._pieces.append(data)
        elif self._pieces:
            self._pieces.append(data)

    def end(self) -> None:
        """Put together the pieces that there are: macros are told, any other object is a member."""
        data, self._pieces = b"".join(self._pieces), []
        try:
            file = compound.CompoundFile(io.BytesIO(data), len(data))
            streams = file.streams()
            if not streams or read_macros(file, self._report):
                return
            found = ole.wrapped_in(file, streams)
        except (compound.BrokenCompound, struct.error, IndexError):
            return
        self._count += 1
        step = PathStep(f"object-{self._count}" + ("" if found else ".ole"))
        path = (step, PathStep(storable(found[0]).replace("/", "_"))) if found else (step,)
        if self._count > MOST_OBJECTS:
            if self._count == MOST_OBJECTS + 1:
                self._report.refuse_member(path, Outcome.REFUSED_LIMIT, f"more than {MOST_OBJECTS} embedded objects")
            return
        with self._report.member(path, How.DECODED, {}) as sink:
            sink.write(found[1] if found else data)
