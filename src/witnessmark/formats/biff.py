"""Records of an older Excel stream ([MS-XLS] 2.1.4) and the strings in them, those that run over into the next record.

A record has a head of four bytes: type and length; what does not fit into 8224 bytes goes on in records of a type of
its own. Strings of BIFF8 are in one byte or two for a character, and may change at the border; older ones have bytes
of a code page.
"""

import struct
from collections.abc import Iterator
from typing import Final

CONTINUED: Final = 0x003C
MOST_STRINGS: Final = 5_000_000
_STRING_TOKEN, _ATTRIBUTES = 0x17, 0x19
_CHOOSE: Final = 0x04
_TOKENS: Final = {
    0x01: 4, 0x02: 4, 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8, 0x20: 7, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 4, 0x25: 8,
    0x26: 6, 0x27: 6, 0x28: 6, 0x29: 2, 0x2A: 4, 0x2B: 8, 0x2C: 4, 0x2D: 8, 0x2E: 2, 0x2F: 2, 0x39: 6, 0x3A: 6,
    0x3B: 10, 0x3C: 6, 0x3D: 10,
}  # fmt: skip
_OLDER_TOKENS: Final = {
    **_TOKENS, 0x23: 14, 0x24: 3, 0x25: 6, 0x2A: 3, 0x2B: 6, 0x2C: 3, 0x2D: 6, 0x39: 24, 0x3A: 17, 0x3B: 20,
    0x3C: 17, 0x3D: 20,
}  # fmt: skip

Records = Iterator[tuple[int, int, int]]


def records(data: bytes, at: int = 0) -> Records:
    """Yield type, start and end of the records from a place on; the last is held to what is there."""
    size = len(data)
    unpack = struct.Struct("<HH").unpack_from
    while at + 4 <= size:
        kind, length = unpack(data, at)
        at += 4
        yield kind, at, min(at + length, size)
        at += length


class Text:
    """The bytes of a record and of those that continue it, read from one place on."""

    def __init__(self, data: bytes, start: int, end: int, page: str | None) -> None:
        self._data, self._at, self._end = data, start, end
        self._page = page  # None: strings of BIFF8

    @property
    def left(self) -> int:
        """How many bytes of the record at hand are left."""
        return self._end - self._at

    def skip(self, count: int) -> None:
        """Pass over bytes, those of continuing records too."""
        while count > self._end - self._at:
            count -= self._end - self._at
            if not self._next():
                return
        self._at += count

    def take(self, count: int) -> bytes:
        """Return the next bytes, those of continuing records too."""
        parts: list[bytes] = []
        while count > 0:
            part = self._data[self._at : min(self._end, self._at + count)]
            parts.append(part)
            self._at += len(part)
            count -= len(part)
            if count > 0 and not self._next():
                break
        return b"".join(parts)

    def number(self, size: int) -> int:
        """Return the next number."""
        return int.from_bytes(self.take(size), "little")

    def string(self, size: int) -> str:
        """Return the next string, whose length is of `size` bytes."""
        count = self.number(size)
        return self.characters(count)[0]

    def characters(self, count: int) -> tuple[str, str]:
        """Return so many characters and the reading aid that may go with them; flags stand before them in BIFF8."""
        if self._page is not None:
            return self.take(count).decode(self._page, "replace"), ""
        flags = self.number(1)
        runs = self.number(2) if flags & 8 else 0
        extra = self.number(4) if flags & 4 else 0
        width = 1 + (flags & 1)
        parts: list[str] = []
        while count > 0:
            room = min(count, (self._end - self._at) // width)
            raw = self._data[self._at : self._at + room * width]
            self._at += room * width
            parts.append(raw.decode("utf-16-le", "replace") if width == 2 else raw.decode("latin-1"))
            count -= room
            if count > 0:
                if not self._next():
                    break
                width = 1 + (self.number(1) & 1)
        self.skip(4 * runs)
        return "".join(parts), _reading_aid(self.take(extra)) if extra else ""

    def continues(self) -> bool:
        """Go on to the next record, if it continues this one."""
        return self._next()

    def _next(self) -> bool:
        at = self._end
        if at + 4 > len(self._data):
            self._at = self._end
            return False
        kind, length = struct.unpack_from("<HH", self._data, at)
        if kind != CONTINUED:
            self._at = self._end
            return False
        self._at, self._end = at + 4, min(at + 4 + length, len(self._data))
        return True


def packed(data: bytes, at: int) -> float:
    """Return a number packed in four bytes ([MS-XLS] 2.5.122 RkNumber)."""
    raw = struct.unpack_from("<I", data, at)[0]
    if raw & 2:
        value = float(struct.unpack_from("<i", data, at)[0] >> 2)
    else:
        value = float(struct.unpack("<d", struct.pack("<Q", (raw & 0xFFFFFFFC) << 32))[0])
    return value / 100 if raw & 1 else value


def _reading_aid(raw: bytes) -> str:
    """Return how a text is pronounced ([MS-XLS] 2.5.86 ExtRst)."""
    if len(raw) < 14 or raw[0] != 1:
        return ""
    count = int.from_bytes(raw[12:14], "little")
    return raw[14 : 14 + 2 * count].decode("utf-16-le", "replace")


def formula_strings(raw: bytes, page: str | None) -> Iterator[str]:
    """Yield the texts that stand in a formula ([MS-XLS] 2.5.198.89 PtgStr); a token that is not known ends it."""
    at = 0
    sizes = _TOKENS if page is None else _OLDER_TOKENS
    while at < len(raw):
        token = raw[at]
        at += 1
        if token == _STRING_TOKEN:
            count = raw[at] if at < len(raw) else 0
            if page is None:
                wide = at + 1 < len(raw) and raw[at + 1] & 1
                text = raw[at + 2 : at + 2 + count * (1 + wide)]
                yield text.decode("utf-16-le" if wide else "latin-1", "replace")
                at += 2 + count * (1 + wide)
            else:
                yield raw[at + 1 : at + 1 + count].decode(page, "replace")
                at += 1 + count
        elif token == _ATTRIBUTES and at + 3 <= len(raw):
            at += 3 + (2 * (int.from_bytes(raw[at + 1 : at + 3], "little") + 1) if raw[at] & _CHOOSE else 0)
        elif token < 0x17:
            at += sizes.get(token, 0)
        else:
            base = token if token < 0x20 else token & 0x1F | 0x20
            if base not in sizes:
                return
            at += sizes[base]
