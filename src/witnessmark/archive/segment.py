r"""Segments of the vault: one canonical JSON line an entry, each with its CRC32.

    {"fields":[["at","<salt>","\"2032-06-12T09:41:00Z\""],…],"i":417,"record":"{\"_sd\":[…],…}","salt":"…"} 5f0c21aa
    {"dummy":"<32 bytes>","i":418} 9bd1e207
    {"erased":"<32 bytes>","i":419} 8a0c44d1

Rules for whoever changes this file:
- `read_event` trusts the CRC and cuts the line at its unescaped quotes, for speed; `parse` reads it strictly.
  Both must say the same of every line that `finish` made.
- A quote inside a JSON string is always escaped, so `],"i":` stands only where the array of fields ends.
"""

import binascii
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from witnessmark.archive.disk import sentences
from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.proof import opening

OpenedField = tuple[str, str, str]

_INDEX = re.compile(rb'"i":([0-9]+)[,}]')
_PLACE = re.compile(r"0|[1-9][0-9]{0,14}").fullmatch
_CONTROLS = bytes(range(0x20))
_quote = json.JSONEncoder(ensure_ascii=False).encode
_scan = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Line:
    """A line read strictly: an event with its salts, or one that opens to nothing (then `record` is empty).

    Names, salts and values of the fields stand in columns, for they are checked so.
    """

    index: int
    salt: bytes
    record: bytes = b""
    names: tuple[str, ...] = ()
    salts: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    is_erased: bool = False

    @property
    def fields(self) -> tuple[OpenedField, ...]:
        """The fields one by one."""
        return tuple(zip(self.names, self.salts, self.texts, strict=True))

    @property
    def is_event(self) -> bool:
        """Whether the entry opens to something: a dummy never did, an erased event does no more."""
        return bool(self.record)

    @property
    def entry(self) -> bytes:
        """The entry in the log."""
        return opening.entry(self.salt, self.record) if self.record else opening.dummy(self.salt)


def event_halves(fields: Sequence[OpenedField], record: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Return an event's line without its index: what stands before it and after it."""
    shown = ",".join([f'["{name}","{field_salt}",{_quote(text)}]' for name, field_salt, text in fields])
    tail = f',"record":{_quote(record.decode())},"salt":"{codec.to_base64(salt)}"}}'
    return f'{{"fields":[{shown}],"i":'.encode(), tail.encode()


def dummy_halves(entry: bytes) -> tuple[bytes, bytes]:
    """Return a dummy's line without its index."""
    return f'{{"dummy":"{codec.to_base64(entry[1:])}","i":'.encode("ascii"), b"}"


def erased(entry: bytes, index: int) -> bytes:
    """Return the line that stands where an event was erased: its 32 bytes of the log, and nothing else."""
    return finish(f'{{"erased":"{codec.to_base64(entry[1:])}","i":'.encode("ascii"), index, b"}")


def finish(head: bytes, index: int, tail: bytes) -> bytes:
    """Return the whole line."""
    body = b"%b%d%b" % (head, index, tail)
    return b"%b %08x\n" % (body, zlib.crc32(body))


def load(path: Path) -> list[bytes]:
    """Return the lines of a segment, without their line feeds; a line that was cut short is the last.

    Raises:
        Damaged: when it is missing.
        DiskFailure: when it cannot be read.
    """
    with sentences("read", path):
        try:
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError as error:
            raise Damaged("the segment is missing") from error
    if not lines[-1]:
        lines.pop()
    return lines


def body(line: bytes) -> bytes:
    """Return a line without its CRC.

    Raises:
        Damaged: when the CRC is not that of the line.
    """
    text = line[:-9]
    if line[-9:-8] != b" " or b"%08x" % zlib.crc32(text) != line[-8:]:
        raise Damaged("its checksum does not fit")
    return text


def is_event(line: bytes) -> bool:
    """Tell an event from what opens to nothing, without reading further; what is neither counts as an event."""
    return not line.startswith((b'{"dummy":', b'{"erased":'))


def places(lines: Sequence[bytes]) -> dict[int, int]:
    """Return which line states which index; a line whose CRC fits goes before one whose CRC does not."""
    found: dict[int, int] = {}
    for at, line in enumerate(lines):
        match = _INDEX.search(line)
        if match is not None and (int(match[1]) not in found or _is_sound(line)):
            found[int(match[1])] = at
    return found


def _is_sound(line: bytes) -> bool:
    try:
        body(line)
    except Damaged:
        return False
    return True


def read_event(line: bytes) -> tuple[int, Commitment, str, dict[str, Any]]:
    """Return index, commitment, kind and fields of an event's line; checks the CRC and no more.

    Raises:
        Damaged: when it cannot be read.
    """
    text = body(line)
    try:
        cut = text.index(b'],"i":')
        comma = text.index(b",", cut + 6)
        if text[comma : comma + 11] != b',"record":"' or text[-56:-46] != b'","salt":"':
            raise Damaged("it is no line of ours")
        record = text[comma + 11 : -56].replace(b'\\"', b'"')
        fields = _value(text[10:cut].decode() + "]")
        values = _value("[" + ",".join([opened for _, _, opened in fields]) + "]")
        commitment = opening.commitment(opening.entry(binascii.a2b_base64(text[-46:-2]), record))
        named = dict(zip([name for name, _, _ in fields], values, strict=True))
        return int(text[cut + 6 : comma]), commitment, record[record.rindex(b'"t":"') + 5 : -2].decode(), named
    except (ValueError, TypeError, StopIteration, RecursionError) as error:
        raise Damaged("it is no event of ours") from error


def _value(text: str) -> Any:
    value, end = _scan(text, 0)
    if end != len(text):
        raise ValueError("more than one value")
    return value


def parse(line: bytes) -> Line:
    """Return a line read strictly: CRC, canonical JSON, every member of its type.

    Raises:
        Damaged: when anything is otherwise.
    """
    text = body(line)
    found = _cut(text)
    if found is not None:
        return found
    value = codec.decode_canonical_bytes(text)
    match value:
        case {"dummy": str(dummy), "i": int(index), **rest} if not rest and type(index) is int:
            return Line(index, codec.from_base64(dummy, 32))
        case {"erased": str(hidden), "i": int(index), **rest} if not rest and type(index) is int:
            return Line(index, codec.from_base64(hidden, 32), is_erased=True)
        case {"fields": list(fields), "i": int(index), "record": str(record), "salt": str(salt), **rest} if (
            not rest and record and type(index) is int and all(map(_is_field, fields))
        ):
            names, salts, texts = zip(*fields, strict=True) if fields else ((), (), ())
            return Line(index, codec.from_base64(salt, 32), record.encode(), names, salts, texts)
        case _:
            raise Damaged("it is no line of ours")


def _cut(text: bytes) -> Line | None:
    r"""Return an event's line cut at its quotes, several times faster than by parsing; None where that is not enough.

    What is cut is joined again and has to be the line, and its strings hold no quote and no backslash but in `\"`: so
    the line is the one right spelling of what is returned. Anything else is left to the parser, which says what is
    wrong with it.
    """
    if len(text.translate(None, _CONTROLS)) != len(text):
        return None
    try:
        plain = text.decode()
    except UnicodeDecodeError:
        return None
    fields, _, rest = plain.partition('"]],"i":')
    place, _, rest = rest.partition(',"record":"')
    record, _, end = rest.partition('","salt":"')
    salt = end[:-2]
    if not record or f'{fields}"]],"i":{place},"record":"{record}","salt":"{salt}"}}' != plain or not _PLACE(place):
        return None
    columns = _columns(fields)
    if columns is None or '"' in salt or "\\" in salt:
        return None
    names, salts, shown = columns
    strings = "\n".join([record, *shown]).encode()
    escapes = strings.count(b'\\"')
    if strings.count(b'"') != escapes or strings.count(b"\\") != escapes:
        return None
    record, *texts = strings.translate(None, b"\\").decode().split("\n")
    return Line(int(place), codec.from_base64(salt, 32), record.encode(), names, salts, tuple(texts))


def _columns(fields: str) -> tuple[tuple[str, ...], tuple[str, ...], list[str]] | None:
    """Return names, salts and values of the fields, the values as they are escaped in the line."""
    head, shown = fields[:13], fields[13:]
    pieces = shown.replace('"],["', '","').split('","')
    names, salts, texts = pieces[0::3], pieces[1::3], pieces[2::3]
    if head != '{"fields":[["' or '"],["'.join(map('","'.join, zip(names, salts, texts))) != shown:  # noqa: B905  # unequal columns do not join to the line
        return None
    plain = "".join(names + salts)
    return None if '"' in plain or "\\" in plain else (tuple(names), tuple(salts), texts)


def _is_field(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(isinstance(part, str) for part in value)
