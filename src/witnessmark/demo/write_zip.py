"""Write zip files with fixed times, odd names, a password, or bodies that several entries share (APPNOTE 6.3.10)."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

FIXED = (2018, 11, 5, 3, 12, 0)
"""The time every entry states unless told otherwise."""


def packed(entries: Iterable[tuple[str, bytes]], *, when: tuple[int, ...] = FIXED, comment: str = "") -> bytes:
    """Return an ordinary zip of these entries, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment.encode()
        for name, data in entries:
            info = zipfile.ZipInfo(name, (when[0], when[1], when[2], when[3], when[4], when[5]))
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def raw(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a zip whose names are taken as they are, also `../` and twins; bodies are stored."""
    out = bytearray()
    listed = bytearray()
    count = 0
    for name, data in entries:
        fields = (20, 0, 0, *_dos(FIXED), zlib.crc32(data), len(data), len(data))
        listed += _central(fields, name, len(out))
        out += _local(fields, name) + data
        count += 1
    return bytes(out + listed + _end(count, len(listed), len(out)))


def shared(name: str, body: bytes, entries: int) -> bytes:
    """Return a zip whose entries all point at one compressed body: small on disk, large when unpacked."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    kept = squeeze.compress(body) + squeeze.flush()
    fields = (20, 0, 8, *_dos(FIXED), zlib.crc32(body), len(kept), len(body))
    out = _local(fields, b"body") + kept
    listed = b"".join(_central(fields, f"{name}-{i:03d}.txt".encode(), 0) for i in range(entries))
    return out + listed + _end(entries, len(listed), len(out))


def locked(name: str, data: bytes, password: bytes, head: bytes) -> bytes:
    """Return a zip of one entry under the traditional encryption (APPNOTE 6.1); `head` is its 11 random bytes."""
    crc = zlib.crc32(data)
    kept = _encrypt(head + bytes([crc >> 24]) + data, password)
    fields = (20, 1, 0, *_dos(FIXED), crc, len(kept), len(data))
    out = _local(fields, name.encode()) + kept
    listed = _central(fields, name.encode(), 0)
    return out + listed + _end(1, len(listed), len(out))


Numbers = tuple[int, ...]


def _local(fields: Numbers, name: bytes) -> bytes:
    return b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", *fields, len(name), 0) + name


def _central(fields: Numbers, name: bytes, offset: int) -> bytes:
    return (
        b"PK\x01\x02"
        + struct.pack("<HHHHHHIIIHHHHHII", 0x0314, *fields, len(name), 0, 0, 0, 0, 0o100644 << 16, offset)
        + name
    )


def _end(count: int, size: int, offset: int) -> bytes:
    return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, offset, 0)


def _dos(when: tuple[int, ...]) -> tuple[int, int]:
    """Return time and date as MS-DOS writes them (APPNOTE 4.4.6)."""
    year, month, day, hour, minute, second = when
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _encrypt(data: bytes, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]
    table = _table()
    for byte in password:
        _stir(keys, byte, table)
    out = bytearray()
    for byte in data:
        temp = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (((temp * (temp ^ 1)) >> 8) & 0xFF))
        _stir(keys, byte, table)
    return bytes(out)


def _stir(keys: list[int], byte: int, table: list[int]) -> None:
    keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 0xFF]
    keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 0xFF]


def _table() -> list[int]:
    rows = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        rows.append(crc)
    return rows
