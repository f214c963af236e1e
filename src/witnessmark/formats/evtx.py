"""Reads a Windows event log as it is since Vista (.evtx): each record a line, what left-over space holds apart.

By [MS-EVEN6] (the events) and the documentation of libevtx, "Windows XML Event Log (EVTX)" (the file, which Microsoft
does not describe): a head, then chunks of 64 KiB, each whole in itself. The words around the values ("An account was
logged on") stand in programs of the machine and not in the log; forwarded events bring them along.

Rules for whoever changes this file: one chunk is in memory at a time; damage costs the record or the chunk it is in,
and what a number in the file says is a place to look at, never how much there is.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, evtx_values, strings
from witnessmark.formats.evtx_line import Line
from witnessmark.formats.evtx_xml import ChunkXml
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome

CHUNK: Final = 64 << 10
MOST_NAMES: Final = 100
"""Computers, providers, users and gaps that are observed by name."""
MOST_COUNTED: Final = 10_000
"""Different ones of a kind that are counted."""
_MAGIC: Final = b"ElfChnk\0"
_RECORD: Final = b"**\0\0"
_HEAD, _CHUNK_HEAD, _RECORD_HEAD, _LEAST = 4096, 512, 24, 28
_LONGEST: Final = 200
_DIRTY, _FULL = 1, 2


@dataclass(slots=True)
class _Found:
    """What was seen of a log on the way through it."""

    chunks: int = 0
    records: int = 0
    leftover: int = 0
    broken: int = 0
    damage: int = 0
    unfit: list[int] = field(default_factory=list)
    runs: list[list[int]] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    names: dict[str, Counter[str]] = field(
        default_factory=lambda: {"provider": Counter(), "computer": Counter(), "user": Counter()}
    )

    def count(self, number: int, ticks: int, placed: Mapping[str, str]) -> None:
        """Count a record."""
        self.records += 1
        if self.runs and number == self.runs[-1][1] + 1:
            self.runs[-1][1] = number
        elif len(self.runs) < MOST_COUNTED:
            self.runs.append([number, number])
        if ticks:
            self.times = [min(self.times[0], ticks), max(self.times[1], ticks)] if self.times else [ticks, ticks]
        for kind, counter in self.names.items():
            name = placed[kind][:_LONGEST]
            if name and (name in counter or len(counter) < MOST_COUNTED):
                counter[name] += 1

    def gaps(self) -> list[list[int]]:
        """Return the runs of numbers, first and last, that no record has between the lowest and the highest."""
        found, expected = [], 0
        for first, last in sorted(self.runs):
            if expected and first > expected:
                found.append([expected, first - 1])
            expected = max(expected, last + 1)
        return found


def read_evtx(source: Source, report: Report) -> None:
    """Read a log, chunk by chunk in the order of the file."""
    octets = Octets.whole(source)
    head = octets.take(0, 128)
    if len(head) < 128:
        raise ReadingStopped(Outcome.CORRUPT, "no head of an event log")
    minor, major, start, stated = struct.unpack_from("<4H", head, 36)
    flags, checksum = struct.unpack_from("<II", head, 120)
    found = _Found()
    for place, data in _chunks(octets, start if start >= len(head) else _HEAD):
        _read_chunk(place, data, found, report, is_dirty=bool(flags & _DIRTY))
    report.observe(
        "evtx.log",
        {
            "version": f"{major}.{minor}",
            "dirty": bool(flags & _DIRTY),
            "full": bool(flags & _FULL),
            "head_fits": zlib.crc32(head[:120]) == checksum,
            "chunks_stated": stated,
            "chunks": found.chunks,
            "records": found.records,
            "leftover": found.leftover,
        },
    )
    _tell(found, report)
    _judge(found, stated, report)


def _chunks(octets: Octets, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield chunks, and what stands in the place of one, with their offsets; blocks of zeros are passed over."""
    while at < octets.size:
        data = octets.take(at, CHUNK + len(_MAGIC))
        next_one = data.find(_MAGIC, 1)  # bytes can be lost or put in between
        data = data[: next_one if next_one > 0 else CHUNK]
        if data.strip(b"\0"):
            yield at, data
        at += len(data)


def _read_chunk(place: int, data: bytes, found: _Found, report: Report, *, is_dirty: bool) -> None:
    if not data.startswith(_MAGIC) or len(data) <= _CHUNK_HEAD:
        _read_block(data, found, report)
        return
    found.chunks += 1
    found.damage += len(data) < CHUNK
    free = min(len(data), struct.unpack_from("<I", data, 48)[0])
    free = free if free >= _CHUNK_HEAD else len(data)
    if not _fits(data, free):
        found.unfit.append(place)
    xml = ChunkXml(data)
    lines = [_read_record(xml, at, size, found, report) for at, size in _records(data, _CHUNK_HEAD, free, found)]
    for at, size in _records(data, free, len(data), None):
        # Of a log that was open the heads are behind: what goes on where they end, by place and number, is in use.
        if is_dirty and at == free and found.runs and found.runs[-1][1] + 1 == _number(data, at):
            lines.append(_read_record(xml, at, size, found, report))
            free += size
        else:
            _read_leftover(xml, at, size, found, report)
    report.visible("".join(lines))


def _read_block(data: bytes, found: _Found, report: Report) -> None:
    """Read what stands in the place of a chunk: one whose head is lost, or something else."""
    found.damage += 1
    before, xml = found.records, ChunkXml(data)
    report.visible(
        "".join(_read_record(xml, at, size, found, report) for at, size in _records(data, 0, len(data), None))
    )
    if found.records == before:
        _say(data, "readable bytes between chunks", report)


def _say(data: bytes, where: str, report: Report) -> None:
    for text in strings.runs(data):
        report.hidden(where, text)


def _number(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<Q", data, at + 8)[0])


def _fits(data: bytes, free: int) -> bool:
    records, head = struct.unpack_from("<I", data, 52)[0], struct.unpack_from("<I", data, 124)[0]
    if zlib.crc32(data[128:_CHUNK_HEAD], zlib.crc32(data[:120])) != head:
        return False
    return zlib.crc32(data[_CHUNK_HEAD:free]) == int(records)


def _records(data: bytes, at: int, end: int, found: _Found | None) -> Iterator[tuple[int, int]]:
    """Yield where records begin and how long they are; where the chain is broken, go on at the next that is whole.

    A record in its place in the chain that is not whole is given as far as the next, and the damage is counted, but
    without `found`, where anything may stand, none that is not whole is given.
    """
    in_chain = True
    while at + _LEAST <= end:
        is_record = data.startswith(_RECORD, at)
        size = struct.unpack_from("<I", data, at + 4)[0]
        if is_record and _LEAST <= size <= end - at and data.startswith(data[at + 4 : at + 8], at + size - 4):
            yield at, size
            at, in_chain = at + size, True
            continue
        following = data.find(_RECORD, at + 1, end)
        following = end if following < 0 else following
        if found is not None and in_chain and data[at:following].strip(b"\0"):
            found.damage += 1
            if is_record and following - at >= _LEAST:
                yield at, following - at
        at, in_chain = following, False


def _read_record(xml: ChunkXml, at: int, size: int, found: _Found, report: Report) -> str:
    number = _number(xml.data, at)
    line, is_whole = _line(xml, at, size)
    if not is_whole:
        found.broken += 1
        _say(xml.data[at + _RECORD_HEAD : at + size - 4], f"readable bytes of record {number}", report)
    found.count(number, int(struct.unpack_from("<Q", xml.data, at + 16)[0]), line.placed)
    return f"{line}\n"


def _read_leftover(xml: ChunkXml, at: int, size: int, found: _Found, report: Report) -> None:
    found.leftover += 1
    line, is_whole = _line(xml, at, size)
    report.hidden("record out of use", str(line))
    if not is_whole:
        _say(xml.data[at + _RECORD_HEAD : at + size - 4], "readable bytes of a record out of use", report)


def _line(xml: ChunkXml, at: int, size: int) -> tuple[Line, bool]:
    number, ticks = struct.unpack_from("<QQ", xml.data, at + 8)
    line = Line(number, evtx_values.from_ticks(ticks))
    return line, line.fill(xml.event(at + _RECORD_HEAD, at + size - 4))


def _tell(found: _Found, report: Report) -> None:
    for name, ticks in zip(("first_record", "last_record"), found.times, strict=False):
        dates.observe(report, name, dates.from_filetime(ticks), "event log: when a record was written")
    for kind, counter in found.names.items():
        if counter:
            most = [{"name": name, "records": count} for name, count in counter.most_common(MOST_NAMES)]
            report.observe(f"evtx.{kind}s", {"different": len(counter), "most": most})
    gaps = found.gaps()
    if gaps:
        report.observe("evtx.gaps", {"gaps": len(gaps), "first": gaps[:MOST_NAMES]})
    if found.unfit:
        report.observe("evtx.checksums", {"unfit": len(found.unfit), "offsets": found.unfit[:MOST_NAMES]})


def _judge(found: _Found, stated: int, report: Report) -> None:
    said = []
    if found.chunks < stated:
        said.append(f"chunks that are there: {found.chunks:,} of {stated:,}")
    if found.damage:
        said.append(f"damaged places: {found.damage:,}")
    if found.broken:
        said.append(f"records of which a part could be read: {found.broken:,} of {found.records:,}")
    if not said:
        return
    if found.records == 0 and found.leftover == 0:
        raise ReadingStopped(Outcome.CORRUPT, f"an event log without a readable record: {'; '.join(said)}")
    report.outcome(Outcome.PARTIAL, "; ".join(said))
