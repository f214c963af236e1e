"""Reads the items of a path as the shell of Windows keeps them: drives, folders, files, and the times of each.

Their shape is not documented by Microsoft; it is told here after the documentation of libfwsi ("Windows Shell Item
format"). Only what names something is read; an item of another kind has no name.
"""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from witnessmark.formats import dates

MOST: Final = 200
_EXTENSION: Final = b"\x04\0\xef\xbe"
_FOLDERS: Final = {
    "20d04fe0-3aea-1069-a2d8-08002b30309d": "",  # this computer: names nothing of its own
    "208d2c60-3aea-1069-a2d7-08002b30309d": "Network",
    "645ff040-5081-101b-9f08-00aa002f954e": "Recycle Bin",
    "450d8fba-ad25-11d0-98a8-0800361b1103": "Documents",
    "21ec2020-3aea-1069-a2dd-08002b30309d": "Control Panel",
    "59031a47-3f72-44a7-89c5-5595fe6b30ee": "User",
    "031e4825-7b94-4dc3-b131-e946b44c8dd5": "Libraries",
    "374de290-123f-4565-9164-39c4925e467b": "Downloads",
    "b4bfcc3a-db2c-424c-b029-7fe99a87c641": "Desktop",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its name, where it has one, and what the list says of it."""

    name: str
    stated: dict[str, str] = field(default_factory=dict)


def items(data: bytes) -> Iterator[Item]:
    """Yield the items of a list; one that breaks off ends it."""
    at = 0
    for _ in range(MOST):
        if at + 2 > len(data):
            return
        size = struct.unpack_from("<H", data, at)[0]
        if size < 3 or at + size > len(data):
            return
        try:
            yield _item(data[at : at + size])
        except (struct.error, ValueError):
            yield Item("")
        at += size


def _item(item: bytes) -> Item:
    kind = item[2]
    if kind in (0x1F, 0x2E):
        group = str(uuid.UUID(bytes_le=item[4:20]))
        return Item(_FOLDERS.get(group, f"{{{group}}}" if kind == 0x1F else ""))
    if kind & 0x70 == 0x20:
        return Item(_narrow(item[3:]) if kind & 1 else "")
    if kind & 0x70 == 0x30:
        return _file(item)
    if kind & 0x70 == 0x40:  # on a network: the name of a machine or share
        return Item(_narrow(item[5:]))
    if kind == 0x61:
        wide = bool(item[3] & 0x80)
        return Item(_wide(item[8:]) if wide else _narrow(item[8:]))
    return Item("")


def _file(item: bytes) -> Item:
    size = struct.unpack_from("<I", item, 4)[0]
    stated = {"modified": _dos(item, 8)}
    if size:
        stated["size"] = str(size)
    short = _wide(item[14:]) if item[2] & 4 else _narrow(item[14:])
    name = short
    at = item.find(_EXTENSION, 14)
    if at >= 4:
        start = at - 4
        version = struct.unpack_from("<H", item, start + 2)[0]
        stated["created"], stated["accessed"] = _dos(item, start + 8), _dos(item, start + 12)
        place = start + 18 + (18 if version >= 7 else 0) + 2 + (4 if version >= 9 else 0) + (4 if version >= 8 else 0)
        name = _wide(item[place:]) or short
        if version >= 7:
            reference = struct.unpack_from("<Q", item, start + 20)[0]
            if reference:
                stated["file_reference"] = f"{reference & 0xFFFFFFFFFFFF}-{reference >> 48}"
        if short and short != name:
            stated["short_name"] = short[:200]
    return Item(name, {key: value for key, value in stated.items() if value})


def _dos(item: bytes, at: int) -> str:
    date, time = struct.unpack_from("<HH", item, at)
    if not date:
        return ""
    clock = (1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2)
    return dates.from_zip(clock).raw


def _narrow(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("cp1252", "replace")


def _wide(raw: bytes) -> str:
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace").split("\0")[0]
