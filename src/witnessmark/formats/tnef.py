"""Reads TNEF ([MS-OXTNEF]), the `winmail.dat` that Outlook puts its messages into: properties, bodies, attachments.

A message inside is a TNEF of its own and comes out as a member; so nothing here recurses.
"""

import struct
from collections.abc import Iterator

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import mapi
from witnessmark.formats.mapi import Attachment, Item, Plain
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

LARGEST = 256 << 20
MOST_ATTACHMENTS = 10_000
MOST_PROPERTIES = 20_000
_MAGIC = b"\x78\x9f\x3e\x22"
_SUBJECT, _BODY, _CLASS, _MESSAGE_ID = 0x8004, 0x800C, 0x8008, 0x8009
_ATTACH_DATA, _ATTACH_TITLE, _ATTACH_BEGINS = 0x800F, 0x8010, 0x9002
_MESSAGE_PROPERTIES, _RECIPIENTS, _ATTACH_PROPERTIES, _PAGE = 0x9003, 0x9004, 0x9005, 0x9007
_FIXED = {0x02: 2, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 2, 0x14: 8, 0x40: 8, 0x48: 16}
_MESSAGE_INSIDE = bytes.fromhex("0703020000000000c000000000000046")


class _Broken(ValueError):  # noqa: N818 - it says what is broken
    """The stream breaks off or contradicts itself."""


def read_tnef(source: Source, report: Report) -> None:
    """Read one TNEF stream.

    Raises:
        ReadingStopped: when it does not begin as one.
    """
    data = source.first(LARGEST)
    if not data.startswith(_MAGIC):
        raise ReadingStopped(Outcome.CORRUPT, "this is no TNEF stream")
    item, attached = Item({}), list[tuple[dict[int, Plain], bytes]]()
    problem = "" if source.size <= LARGEST else "only the first 256 MiB were read"
    page = wrong = 0
    try:
        for name, body, agrees in _attributes(data):
            wrong += not agrees
            if name == _PAGE and len(body) >= 4:
                page = struct.unpack_from("<I", body)[0]
            else:
                _take(name, body, page, item, attached)
    except (_Broken, struct.error) as error:
        problem = str(error) if isinstance(error, _Broken) else "its properties break off"
    mapi.tell(item, report)
    taken: dict[str, int] = {}
    for properties, body in attached:
        step = mapi.step_of(Attachment(properties, lambda: iter(())), taken)
        with report.member((step,), How.DECODED, {}) as sink:
            sink.write(body)
    if wrong:
        report.observe("tnef.wrong_checksums", wrong)
    if problem or wrong:
        report.outcome(Outcome.PARTIAL, problem or f"{wrong} checksums do not agree")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Yield name and bytes of each attribute (2.1.3.3), and whether its checksum agrees."""
    at = 6
    while at + 9 <= len(data):
        if data[at] not in (1, 2):
            raise _Broken("the stream goes on as something else")
        name, length = struct.unpack_from("<HxxI", data, at + 1)
        body = data[at + 9 : at + 9 + length]
        if len(body) < length:
            yield name, body, False
            raise _Broken("the stream breaks off")
        at += 9 + length
        stated = data[at : at + 2]
        yield name, body, len(stated) == 2 and sum(body) & 0xFFFF == int.from_bytes(stated, "little")
        at += 2


def _take(name: int, body: bytes, page: int, item: Item, attached: list[tuple[dict[int, Plain], bytes]]) -> None:
    own = {_SUBJECT: mapi.SUBJECT, _BODY: mapi.BODY, _CLASS: mapi.CLASS, _MESSAGE_ID: 0x1035}
    if name in own:
        item.properties.setdefault(own[name], mapi.letters(body.rstrip(b"\0"), page))
    elif name == _MESSAGE_PROPERTIES:
        names = dict(item.names)
        item.properties |= _Properties(body, page, names).read()
        item.names = names
    elif name == _RECIPIENTS and len(body) >= 4:
        reader = _Properties(body, page, {})
        for _ in range(min(reader.number(), MOST_ATTACHMENTS)):
            item.recipients.append(reader.read())
    elif name == _ATTACH_BEGINS:
        if len(attached) < MOST_ATTACHMENTS:
            attached.append(({}, b""))
    elif attached:
        properties, data = attached[-1]
        if name == _ATTACH_TITLE:
            properties.setdefault(mapi.SHORT_NAME, mapi.letters(body.rstrip(b"\0"), page))
        elif name == _ATTACH_DATA:
            attached[-1] = properties, body
        elif name == _ATTACH_PROPERTIES:
            properties |= _Properties(body, page, {}).read()
            inner = properties.pop(mapi.DATA, None)
            if isinstance(inner, bytes) and len(inner) > 16:
                # 2.1.3.4: an object's bytes follow the number of what it is
                wrapped = inner[16:] if inner.startswith(_MESSAGE_INSIDE) or not data else inner
                attached[-1] = properties, wrapped


class _Properties:
    """A list of properties (2.1.3.4) being read."""

    def __init__(self, data: bytes, page: int, names: dict[int, str]) -> None:
        self._data, self._page, self._names = data, page, names
        self._at = 0

    def number(self) -> int:
        """Return the next number of four bytes."""
        if self._at + 4 > len(self._data):
            raise _Broken("a list of properties breaks off")
        (value,) = struct.unpack_from("<I", self._data, self._at)
        self._at += 4
        return int(value)

    def read(self) -> dict[int, Plain]:
        """Return the next list."""
        found: dict[int, Plain] = {}
        for _ in range(min(self.number(), MOST_PROPERTIES)):
            tag = self.number()
            kind, number = tag & 0xFFFF, tag >> 16
            if number >= 0x8000:
                self._names[number] = self._name()
            many = bool(kind & 0x1000)
            kind &= 0xEFFF
            if kind in _FIXED:
                values = [self._bytes(_FIXED[kind]) for _ in range(self._few() if many else 1)]
            else:
                values = [self._bytes(self.number()) for _ in range(self._few())]
            if values:
                value = mapi.value_of(kind, values[0], self._page)
                if value is not None:
                    found[number] = value
        return found

    def _few(self) -> int:
        count = self.number()
        if count > len(self._data):
            raise _Broken("a property has more values than bytes")
        return count

    def _name(self) -> str:
        self._bytes(16)
        if self.number() == 0:
            return f"0x{self.number():04X}"
        return mapi.clean(self._bytes(self.number()).decode("utf-16-le", "replace").rstrip("\0"))[:200]

    def _bytes(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise _Broken("a property breaks off")
        raw = self._data[self._at : self._at + count]
        self._at += count + (-count & 3)
        return raw
