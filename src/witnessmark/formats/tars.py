"""Takes the members out of a tar: v7, ustar, GNU and pax (POSIX.1-2017), with every size held against what is there.

Rules for whoever changes this file: a header counts only when its checksum agrees; an extended header is read up to a
limit and skipped beyond it; a name is bytes and never a place.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, names, tar_sparse
from witnessmark.formats.detect import tar_checksum_agrees
from witnessmark.formats.octets import Octets
from witnessmark.formats.tar_sparse import Map
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, Path, PathStep

BLOCK = 512
LONGEST_EXTENDED = 1 << 20
MOST_HOLES = 1 << 30
"""Zeros of sparse files that are written for one tar; a file whose holes are larger comes out without them."""
MOST_NOTED = 200
"""Peculiarities of one kind that are listed."""
FILES = (b"0", b"\x00", b"7")
_TYPES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
    b"V": "a volume label",
    b"M": "a part continued from another volume",
    b"D": "a list of a folder",
    b"N": "a list of renamed files",
}


@dataclass(frozen=True, slots=True)
class Header:
    """One member as the tar states it; `data` is where its bytes begin."""

    name: bytes
    type: bytes
    size: int
    data: int
    mode: int
    modified: str
    owner: str
    link: bytes = b""
    sparse: bool = False
    parts: Map | None = None  # of a sparse file; None where its map is damaged

    @property
    def what(self) -> str:
        """What the member is, in words, where it is no file and no folder."""
        return (
            "a sparse file whose map of holes is damaged"
            if self.sparse
            else _TYPES.get(self.type, "of a type that is not known")
        )


class TarReader:
    """The members of a tar in order; `damaged` counts the blocks between them that are no header."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size = stream, size
        self.damaged = 0
        self.ended = False  # by the two zero blocks that end a tar
        self.cut = False  # a member says to be longer than what is there

    def headers(self) -> Iterator[Header]:
        """Yield each member."""
        at, everywhere = 0, dict[str, bytes]()
        pax, long_name, long_link = dict[str, bytes](), b"", b""
        records: list[tuple[str, bytes]] = []
        while at + BLOCK <= self._size:
            block = self._at(at, BLOCK)
            at += BLOCK
            if not block.strip(b"\x00"):
                if not self._at(at, BLOCK).strip(b"\x00"):
                    self.ended = True
                    return
                continue
            if not tar_checksum_agrees(block):
                self.damaged += 1
                continue
            kind, size = block[156:157], number(block[124:136])
            if kind in (b"L", b"K", b"x", b"g", b"X"):
                content = self._at(at, min(size, LONGEST_EXTENDED))
                at += _padded(size)
                if kind == b"L":
                    long_name = content.rstrip(b"\x00")
                elif kind == b"K":
                    long_link = content.rstrip(b"\x00")
                elif kind == b"g":
                    everywhere |= dict(pax_records(content))
                else:
                    records = list(pax_records(content))
                    pax = dict(records)
                continue
            header = _header(block, at, everywhere | pax, long_name, long_link)
            if header.type == b"S":
                header = self._old_sparse(header, block, at)
                at = header.data
            holds = header.size if header.type not in (b"1", b"2", b"3", b"4", b"5", b"6") else 0
            self.cut = self.cut or at + holds > self._size
            after = at + _padded(holds)
            yield self._sparse(header, everywhere | pax, records)
            pax, records, long_name, long_link = {}, [], b"", b""
            at = after

    def _old_sparse(self, header: Header, block: bytes, at: int) -> Header:
        """Return the header with the map that stands in it and in the blocks behind it."""
        extended, more = block[482:483] not in (b"\x00", b""), list[bytes]()
        while extended and at + BLOCK <= self._size and len(more) * 21 < tar_sparse.MOST_PARTS:
            more.append(self._at(at, BLOCK))
            extended = more[-1][504:505] not in (b"\x00", b"")
            at += BLOCK
        return replace(header, data=at, parts=self._agreeing(tar_sparse.of_header(block, more, number), header.size))

    def _sparse(self, header: Header, pax: dict[str, bytes], records: list[tuple[str, bytes]]) -> Header:
        """Return the header with the map that pax records or the data hold, if it is of a sparse file of that kind."""
        if not header.sparse or header.type == b"S":
            return header
        size = tar_sparse.whole(pax.get("GNU.sparse.realsize"))
        if "GNU.sparse.major" not in pax or size is None:
            found = tar_sparse.of_records(records, pax)
            return replace(header, parts=self._agreeing(found, header.size))
        before = tar_sparse.of_data(self._at(header.data, min(header.size, tar_sparse.LONGEST_MAP)), size)
        if before is None:
            return header
        parts, length = before
        left = header.size - length
        return replace(header, data=header.data + length, size=left, parts=self._agreeing(parts, left))

    @staticmethod
    def _agreeing(found: Map | None, stored: int) -> Map | None:
        return found if found is not None and found.agrees(stored) else None

    def _at(self, offset: int, count: int) -> bytes:
        self._stream.seek(offset)
        return self._stream.read(count)


def _padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def _header(block: bytes, data: int, pax: dict[str, bytes], long_name: bytes, long_link: bytes) -> Header:
    name, kind = block[:100].split(b"\x00")[0], block[156:157]
    prefix = block[345:500].split(b"\x00")[0]
    if block[257:263] == b"ustar\x00" and prefix:
        name = prefix + b"/" + name
    sparse = kind == b"S" or any(key.startswith("GNU.sparse.") for key in pax)
    name = pax.get("GNU.sparse.name") or pax.get("path") or long_name or name
    size = _decimal(pax.get("size"), number(block[124:136]))
    if name.endswith(b"/") and kind in (b"\x00", b"0"):
        kind = b"5"
    owner = block[265:297].split(b"\x00")[0] if block[257:262] == b"ustar" else b""
    owner = pax.get("uname", owner) or str(number(block[108:116])).encode()
    modified = pax.get("mtime", b"").decode("ascii", "replace") or str(number(block[136:148]))
    link = pax.get("linkpath") or long_link or block[157:257].split(b"\x00")[0]
    return Header(
        name,
        kind,
        size,
        data,
        number(block[100:108]),
        modified[:40],
        owner[:100].decode("utf-8", "replace"),
        link,
        sparse,
    )


def number(field: bytes) -> int:
    """Return a number as tar writes it: octal, or base 256 with a mark; what is neither is 0."""
    if field[:1] in (b"\x80", b"\xff"):
        return max(0, int.from_bytes(field[1:], "big")) if field[0] == 0x80 else 0
    digits = field.strip(b" \x00")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else 0


def _decimal(text: bytes | None, otherwise: int) -> int:
    return int(text) if text and re.fullmatch(rb"[0-9]{1,18}", text) else otherwise


def pax_records(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield key and value of each pax record, `LENGTH KEY=VALUE LF`, up to the first that is not so."""
    at = 0
    while at < len(content):
        blank = content.find(b" ", at, at + 20)
        if blank < 0 or not content[at:blank].isdigit():
            return
        length = int(content[at:blank])
        key, equals, value = content[blank + 1 : at + length - 1].partition(b"=")
        if length < 5 or not equals or at + length > len(content):
            return
        yield key.decode("utf-8", "replace"), value
        at += length


def read_tar(source: Source, report: Report) -> None:
    """Read a tar of any flavour."""
    tar = TarReader(source.stream, source.size)
    taken = refused = 0
    holes = without_holes = 0
    seen = Counter[bytes]()
    for header in tar.headers():
        path = names.path_of(header.name)
        seen[header.name] += 1
        if header.type == b"5" or (header.type in (b"V", b"D") and not header.sparse):
            continue
        if header.parts is not None:
            taken += 1
            if holes + header.parts.holes > MOST_HOLES:
                without_holes += 1
                _take_held(source.stream, header, path, report)
            else:
                holes += header.parts.holes
                _take_sparse(source.stream, header, path, report)
            continue
        if header.type not in FILES or header.sparse:
            refused += 1
            report.refuse_member(path, Outcome.REFUSED_POLICY, _tar_refusal(header), _tar_stated(header))
            continue
        with report.member(path, How.COPIED, _tar_stated(header)) as sink:
            for piece in Octets(source.stream, header.data, header.size).pieces():
                sink.write(piece)
        taken += 1
    twice = [names.shown(name) for name, count in seen.items() if count > 1]
    if twice:
        report.observe("tar.names_twice", twice[:MOST_NOTED])
    alike = names.alike(name for name in seen if not name.endswith(b"/"))
    if alike:
        report.observe("tar.names_alike", alike[:MOST_NOTED])
    if tar.damaged or tar.cut:
        what = "the tar breaks off" if tar.cut else f"{tar.damaged} blocks are no header"
        report.outcome(Outcome.PARTIAL if taken else Outcome.CORRUPT, f"{what}; {taken} members taken out")
    elif refused:
        report.outcome(
            Outcome.PARTIAL if taken else Outcome.REFUSED_POLICY,
            f"{refused} links, devices or the like are not taken out",
        )
    elif without_holes:
        report.outcome(Outcome.PARTIAL, f"{without_holes} sparse files are taken out without their holes")


def _take_sparse(stream: BinaryIO, header: Header, path: Path, report: Report) -> None:
    assert header.parts is not None
    held = {"stored": str(header.parts.held), "holes": str(header.parts.holes)}
    with report.member(path, How.DECODED, {**_tar_stated(header), **held}) as sink:
        for piece in tar_sparse.expanded(
            header.parts, lambda at, size: Octets(stream, header.data + at, size).pieces()
        ):
            sink.write(piece)


def _take_held(stream: BinaryIO, header: Header, path: Path, report: Report) -> None:
    """Take out what is held of a file with more holes than are written: its parts, one behind the other."""
    assert header.parts is not None
    held = {"stored": str(header.parts.held), "holes": str(header.parts.holes)}
    report.observe("tar.without_holes", {"member": names.shown(header.name), "size": str(header.parts.size), **held})
    last = PathStep(f"{path[-1].name}.without-holes")
    with report.member((*path[:-1], last), How.COPIED, {**_tar_stated(header), **held}) as sink:
        for piece in Octets(stream, header.data, header.parts.held).pieces():
            sink.write(piece)


def _tar_refusal(header: Header) -> str:
    if header.type in (b"1", b"2"):
        return f"{header.what} to {names.shown(header.link)}; links are not followed"
    return header.what


def _tar_stated(header: Header) -> dict[str, Any]:
    stated: dict[str, Any] = {"mode": f"{header.mode & 0o7777:04o}", "owner": header.owner}
    whole = header.modified.partition(".")[0]
    utc = dates.from_unix(int(whole)).utc if whole.lstrip("-").isdigit() and len(whole) < 15 else None
    stated["modified"] = header.modified
    if utc is not None:
        stated["modified_utc"] = f"{utc.isoformat(timespec='seconds')}Z"
    return stated
