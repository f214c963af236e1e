"""Reads a shortcut of Windows (.lnk): where it leads, and what it says of the machine and disk that it was made on.

By [MS-SHLLINK]; the items of its path by the documentation of libfwsi ("Windows Shell Item format"), which is not
Microsoft's own word. A shortcut that somebody made by opening a file tells the target's times and size, the disk's
serial number and label, the machine's name and, in an identifier, the address of its network card.

Rules for whoever changes this file: a block that breaks off costs itself, not the blocks before it; what stands behind
the last block is no part of the shortcut and comes out as a member.
"""

import struct
import uuid
from collections.abc import Iterable, Iterator
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, names
from witnessmark.formats.octets import Octets
from witnessmark.formats.shortcut_items import Item, items
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 4 << 20
"""Bytes in which a shortcut's own structures end; what is behind them may be longer."""
CHUNK: Final = 256 << 10
MOST_BLOCKS: Final = 100
_HEADER: Final = 76
_HAS_ITEMS, _HAS_INFO, _IS_WIDE = 1, 2, 0x80
_STRINGS: Final = ((4, "comment"), (8, "relative path"), (16, "working folder"), (32, "arguments"), (64, "icon"))
_SHOWN: Final = ("comment", "working folder", "arguments")
_DRIVES: Final = ("unknown", "none", "removable", "fixed", "network", "optical", "memory")
_ENVIRONMENT, _TRACKER, _ICON, _PROPERTIES, _DARWIN, _MORE_ITEMS = (
    0xA0000001,
    0xA0000003,
    0xA0000007,
    0xA0000009,
    0xA0000006,
    0xA000000C,
)
_TEXT = 0x1F
_LONGEST: Final = 260
_UUID_TO_FILETIME: Final = 0x146BF33E42C000
"""100 ns from 1582-10-15, from where an identifier counts (RFC 9562, 5.1), to 1601, from where FILETIME does."""


def read_shortcut(source: Source, report: Report) -> None:
    """Read a shortcut."""
    data = source.first(LARGEST)
    reading = _Shortcut(data, report)
    try:
        reading.read()
    except (struct.error, IndexError, ValueError):
        report.outcome(Outcome.PARTIAL, "the shortcut breaks off")
    reading.tell()
    if reading.end and reading.end < source.size:
        _take_rest(source, reading.end, report)


def _take_rest(source: Source, at: int, report: Report) -> None:
    rest = Octets.whole(source).part(at)
    if not rest.take(0, CHUNK).strip(b"\0"):
        return
    with report.member((PathStep("after-the-end"),), How.COPIED, {}) as sink:
        for piece in rest.pieces():
            sink.write(piece)


class _Shortcut:
    """One shortcut on its way into a report."""

    def __init__(self, data: bytes, report: Report) -> None:
        self._data, self._report = data, report
        self._found: dict[str, str] = {}
        self._narrow: dict[str, bytes] = {}  # in the code page of the machine, which is not said
        self._items: list[Item] = []
        self.end = 0

    def read(self) -> None:
        """Read all structures in the order in which they stand ([MS-SHLLINK] 2)."""
        flags = struct.unpack_from("<I", self._data, 20)[0]
        self._head()
        at = _HEADER
        if flags & _HAS_ITEMS:
            length = struct.unpack_from("<H", self._data, at)[0]
            self._items = list(items(self._data[at + 2 : at + 2 + length]))
            at += 2 + length
        if flags & _HAS_INFO:
            length = struct.unpack_from("<I", self._data, at)[0]
            self._info(self._data[at : at + length])
            at += max(length, 4)
        for bit, name in _STRINGS:
            if flags & bit:
                at = self._string(name, at, wide=bool(flags & _IS_WIDE))
        self._blocks(at)

    def _head(self) -> None:
        attributes, made, opened, written, size = struct.unpack_from("<IQQQI", self._data, 24)
        for name, ticks in (("created", made), ("accessed", opened), ("modified", written)):
            if ticks:
                dates.observe(self._report, name, dates.from_filetime(ticks), f"shortcut: its target {name}")
        self._report.observe("shortcut.target", {"size": size, "attributes": f"{attributes:#06x}"})

    def _string(self, name: str, at: int, *, wide: bool) -> int:
        count: int = struct.unpack_from("<H", self._data, at)[0]
        if name != "arguments":
            # Windows reads no more of these (section 2.4), and takes what follows for the next; some hide arguments so.
            count = min(count, _LONGEST)
        raw = self._data[at + 2 : at + 2 + count * (1 + wide)]
        self._put(name, raw, wide=wide)
        return at + 2 + count * (1 + wide)

    def _put(self, name: str, raw: bytes, *, wide: bool) -> None:
        if wide:
            text = raw[: len(raw) & ~1].decode("utf-16-le", "replace").split("\0")[0]
            if text.strip():
                self._found[name] = text
        elif raw.split(b"\0")[0].strip():
            self._narrow[name] = raw.split(b"\0")[0]

    def _info(self, info: bytes) -> None:
        head, flags, volume, local, share, suffix = struct.unpack_from("<IIIIII", info, 4)
        wide_local, wide_suffix = struct.unpack_from("<II", info, 28) if head >= 36 else (0, 0)
        if flags & 1:
            self._volume(info[volume:])
            self._put("target", info[local:], wide=False)
            if wide_local:
                self._put("target", info[wide_local:], wide=True)
        if flags & 2:
            self._share(info[share:])
        self._put("target's rest", info[suffix:], wide=False)
        if wide_suffix:
            self._put("target's rest", info[wide_suffix:], wide=True)

    def _volume(self, volume: bytes) -> None:
        kind, serial, label = struct.unpack_from("<III", volume, 4)
        if label == 20:
            self._put("volume label", volume[struct.unpack_from("<I", volume, 16)[0] :], wide=True)
        else:
            self._put("volume label", volume[label:], wide=False)
        kind_name = _DRIVES[kind] if kind < len(_DRIVES) else str(kind)
        self._found["volume serial"] = f"{serial >> 16:04X}-{serial & 0xFFFF:04X}"
        self._report.observe("shortcut.volume", {"kind": kind_name, "serial": self._found["volume serial"]})

    def _share(self, share: bytes) -> None:
        _, flags, name, device = struct.unpack_from("<IIII", share, 0)
        self._put("network share", share[name:], wide=False)
        if flags & 1:
            self._put("network drive", share[device:], wide=False)
        if name > 20:
            wide_name, wide_device = struct.unpack_from("<II", share, 20)
            self._put("network share", share[wide_name:], wide=True)
            if flags & 1 and wide_device:
                self._put("network drive", share[wide_device:], wide=True)

    def _blocks(self, at: int) -> None:
        for _ in range(MOST_BLOCKS):
            if at + 4 > len(self._data):
                return
            size = struct.unpack_from("<I", self._data, at)[0]
            if size < 4:
                self.end = at + 4
                return
            if size < 8:
                raise ValueError("a block without a signature")
            self._block(struct.unpack_from("<I", self._data, at + 4)[0], self._data[at : at + size])
            at += size

    def _block(self, kind: int, block: bytes) -> None:
        for number, name in ((_ENVIRONMENT, "target by variables"), (_ICON, "icon by variables"), (_DARWIN, "product")):
            if kind == number:
                self._put(name, block[8:268], wide=False)
                self._put(name, block[268:788], wide=True)
        if kind == _TRACKER:
            self._tracker(block)
        elif kind == _PROPERTIES:
            for number_of, text in _properties(block[8:]):
                self._report.hidden(f"property {number_of}", text)
        elif kind == _MORE_ITEMS and not self._items:
            self._items = list(items(block[8:]))

    def _tracker(self, block: bytes) -> None:
        self._put("machine", block[16:32], wide=False)
        ids = [uuid.UUID(bytes_le=block[at : at + 16]) for at in (32, 48, 64, 80)]
        for name, volume, thing in (("tracker", ids[0], ids[1]), ("tracker_at_birth", ids[2], ids[3])):
            value = {"volume": str(volume), "file": str(thing)}
            if thing.version == 1:  # made of a clock and of a network card's address (RFC 9562, section 5.1)
                clock = dates.from_filetime(thing.time - _UUID_TO_FILETIME).utc
                value["clock"] = "" if clock is None else f"{clock.isoformat(timespec='seconds')}Z"
                value["network_card"] = ":".join(f"{byte:02x}" for byte in thing.node.to_bytes(6, "big"))
            self._report.observe(f"shortcut.{name}", value)

    def tell(self) -> None:
        """Report what was found: what the properties of a shortcut show on Windows as visible, the rest as hidden."""
        codec = _code_page(self._narrow.values())
        for name, raw in self._narrow.items():
            self._found.setdefault(name, raw.decode(codec, "replace"))
        rest = self._found.pop("target's rest", "")
        share = self._found.get("network share", "")
        local = self._found.pop("target", "")
        by_items = "\\".join(item.name.rstrip("\\") for item in self._items if item.name)
        joined = _joined(local, rest) if local else _joined(share, rest) if share else ""
        target = joined or self._found.get("target by variables", "") or by_items
        if target:
            self._report.visible(f"target: {target}\n")
            self._report.observe("shortcut.path", target[:4000])
        if by_items and by_items != target:
            self._report.hidden("target by its items", by_items)
        if machine := self._found.get("machine"):
            self._report.observe("shortcut.machine", machine)
        for name, text in self._found.items():
            if name in _SHOWN:
                self._report.visible(f"{name}: {text}\n")
            else:
                self._report.hidden(name, text)
        for item in self._items:
            if item.stated:
                self._report.observe("shortcut.item", {"name": item.name[:500], **item.stated})


def _joined(first: str, rest: str) -> str:
    return first if not rest else first + ("" if first.endswith("\\") else "\\") + rest


def _code_page(raw: Iterable[bytes]) -> str:
    found = names.likely_codec(raw)
    return {"cp437": "cp1252", "cp866": "cp1251"}.get(found, found)  # of Windows, not of DOS


def _properties(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the properties that are text, by their set's and own number ([MS-PROPSTORE] 2.2 to 2.4)."""
    at = 0
    while at + 24 <= len(data):
        size = struct.unpack_from("<I", data, at)[0]
        if size < 24 or data[at + 4 : at + 8] != b"1SPS":
            return
        group, end = uuid.UUID(bytes_le=data[at + 8 : at + 24]), min(at + size, len(data))
        place = at + 24
        while place + 13 <= end:
            length, number = struct.unpack_from("<II", data, place)
            if length < 13:
                break
            kind = struct.unpack_from("<H", data, place + 9)[0]
            if kind == _TEXT and place + 17 <= end:
                text = data[place + 17 : min(place + length, end)].decode("utf-16-le", "replace").split("\0")[0]
                if text.strip():
                    yield f"{group}/{number}", text
            place += length
        at += size
