"""Writes RAR archives, locked or not, of RAR 5.0 and as RAR 3 wrote them: by the formats alone, with nothing of the reader.

Files are stored, or "packed" in the one way that needs no search: every byte by a code of its own eight bits.
"""

import hashlib
import hmac
import struct
import zlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SIGNATURE, OLD_SIGNATURE = b"Rar!\x1a\x07\x01\0", b"Rar!\x1a\x07\0"
POWER = 4
SALT, START, HEAD_START = b"sixteen of salt.", b"sixteen to begin", b"sixteen at heads"


def vint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def filled(data):
    return data + bytes(-len(data) % 16)


def closed(key, start, data):
    return Cipher(algorithms.AES(key), modes.CBC(start)).encryptor().update(filled(data))


def pbkdf2(password, salt, rounds):
    """Return PBKDF2 with HMAC-SHA-256, round by round (RFC 8018, 5.2)."""
    found = last = hmac.digest(password.encode(), salt + b"\0\0\0\1", "sha256")
    for _ in range(rounds - 1):
        last = hmac.digest(password.encode(), last, "sha256")
        found = bytes(a ^ b for a, b in zip(found, last, strict=True))
    return found


@dataclass
class Lock:
    """A lock of RAR 5.0: whether it tells a right password, and turns the checksum."""

    password: str
    salt: bytes = SALT
    power: int = POWER
    with_check: bool = True
    is_turning: bool = True

    @property
    def key(self):
        return pbkdf2(self.password, self.salt, 1 << self.power)

    @property
    def check(self):
        long = pbkdf2(self.password, self.salt, (1 << self.power) + 32)
        short = bytes(long[at] ^ long[at + 8] ^ long[at + 16] ^ long[at + 24] for at in range(8))
        return short + hashlib.sha256(short).digest()[:4] if self.with_check else b""

    def turned(self, crc):
        if not self.is_turning:
            return crc
        long = hmac.digest(pbkdf2(self.password, self.salt, (1 << self.power) + 16), struct.pack("<I", crc), "sha256")
        words = struct.unpack("<8I", long)
        return words[0] ^ words[1] ^ words[2] ^ words[3] ^ words[4] ^ words[5] ^ words[6] ^ words[7]

    def record(self):
        flags = self.with_check | self.is_turning << 1
        fields = vint(1) + vint(0) + vint(flags) + bytes((self.power,)) + self.salt + START + self.check
        return vint(len(fields)) + fields


@dataclass
class File:
    """A file: its lock (or, in an older archive, its password), whether it is packed."""

    name: str
    data: bytes
    lock: Lock | None = None
    password: str = ""
    is_packed: bool = False
    version: int = 29
    method: int = 0x30
    crc: int | None = None
    blake: bool = False
    plain: bytes | None = None
    """What the data of an older archive unpack to."""
    builds_on: bool = False
    comment: bytes = b""
    """What stands behind the name in an older head, and is not counted by its checksum."""


def packed(data):
    """Return data as RAR 5.0 packs them: one block, with a code of eight bits for each byte and for nothing else."""
    lengths = bytearray(10)
    lengths[0], lengths[4] = 0x10, 0x10  # of the codes of lengths, nought and eight have one bit
    bits = "".join(f"{byte:08b}" for byte in lengths) + "1" * 256 + "0" * 174 + "".join(f"{byte:08b}" for byte in data)
    whole = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    flags = 0xC0 | 1 << 3 | (len(bits) - 1) % 8
    size = struct.pack("<H", len(whole))
    return bytes((flags, 0x5A ^ flags ^ size[0] ^ size[1])) + size + whole


@dataclass
class Part:
    """A part of a stored file: its bytes, whether it began in the volume before, whether it goes on in the next."""

    data: bytes
    began: bool
    goes_on: bool

    @classmethod
    def of(cls, data, size):
        starts = range(0, len(data), size)
        return [cls(data[at : at + size], at > 0, at + size < len(data)) for at in starts]


def volumes(files, long, size, head_lock=None):
    """Return the volumes of RAR 5.0 over which a last file goes on, so many bytes in each; the others lie in the first."""
    return [
        archive(files if number == 0 else [], head_lock, number=number, part=(long, part))
        for number, part in enumerate(Part.of(stream(long), size))
    ]


def archive(files, head_lock=None, *, number=None, part=None):
    """Return an archive of RAR 5.0, or the volume of that number."""
    out = SIGNATURE
    if head_lock is not None:
        fields = vint(0) + vint(head_lock.with_check) + bytes((head_lock.power,)) + head_lock.salt + head_lock.check
        out += _head(vint(4) + vint(0) + fields, None)
    counted = b"" if not number else vint(number)
    out += _head(vint(1) + vint(0) + vint((number is not None) | bool(counted) << 1) + counted, head_lock)
    written = [_file(file, head_lock) for file in files]
    if part is not None:
        written.insert(0 if part[1].began else len(files), _file(part[0], head_lock, part[1]))
    return out + b"".join(written) + _head(vint(5) + vint(0) + vint(part is not None and part[1].goes_on), head_lock)


def _head(fields, lock):
    sized = vint(len(fields)) + fields
    whole = struct.pack("<I", zlib.crc32(sized)) + sized
    return whole if lock is None else HEAD_START + closed(lock.key, HEAD_START, whole)


def stream(file):
    """Return the bytes of a file as they lie in an archive."""
    data = packed(file.data) if file.is_packed else file.data
    return data if file.lock is None else closed(file.lock.key, START, data)


def _file(file, head_lock, part=None):
    data = stream(file) if part is None else part.data
    crc = zlib.crc32(part.data if part and part.goes_on else file.data) if file.crc is None else file.crc
    extra = b""
    if file.lock is not None:
        crc, extra = file.lock.turned(crc), file.lock.record()
    if file.blake:
        extra += vint(34) + vint(2) + vint(0) + bytes(32)
    name = file.name.encode()
    body = vint(4) + vint(len(file.data)) + vint(0o100644) + struct.pack("<I", crc)
    body += vint(0x0180 if file.is_packed else 0) + vint(1) + vint(len(name)) + name
    flags = 2 | bool(extra) | (0 if part is None else part.began << 3 | part.goes_on << 4)
    return (
        _head(vint(2) + vint(flags) + (vint(len(extra)) if extra else b"") + vint(len(data)) + body + extra, head_lock)
        + data
    )


def old_key(password, salt):
    """Return key and start of an older archive, round by round."""
    digest, start = hashlib.sha1(), b""
    for count in range(1 << 18):
        digest.update(password.encode("utf-16-le") + salt + struct.pack("<I", count)[:3])
        if count % (1 << 14) == 0:
            start += digest.digest()[19:]
    whole = digest.digest()
    return b"".join(whole[at : at + 4][::-1] for at in range(0, 16, 4)), start


OLD_SALT = b"eight of"


def old_volumes(files, long, size, password="", *, solid=False):
    """Return the volumes as RAR 3 wrote them over which a last file goes on, so many bytes in each."""
    return [
        old_archive(files if number == 0 else [], password, number=number, part=(long, part), solid=solid)
        for number, part in enumerate(Part.of(old_stream(long), size))
    ]


def old_archive(files, password="", *, number=None, part=None, solid=False):
    """Return an archive as RAR 3 wrote it, or the volume of that number; with a password its heads are locked."""
    main = _old_head(
        0x73, solid << 3 | (0x80 if password else 0) | (0 if number is None else 0x11 | (not number) << 8), bytes(6)
    )
    files = b"".join(_old_file(file, password) for file in files)
    files += b"" if part is None else _old_file(part[0], password, part[1])
    end = _old_head(0x7B, 0x4000 | (part is not None and part[1].goes_on), b"")
    return OLD_SIGNATURE + main + files + _old_closed(end, password)


def old_comment(text, size, *, version=20, method=0x30):
    """Return a comment as older programs put it into a head."""
    return _old_head(0x75, 0, struct.pack("<HBBH", size, version, method, 0) + text)


def old_aside(data):
    """Return a block of an owner, as RAR 2.0 wrote it behind a file: its checksum counts the data too."""
    fields = struct.pack("<BHHIH", 0x77, 0x8000, 13, len(data), 0x101)
    return struct.pack("<H", zlib.crc32(fields + data) & 0xFFFF) + fields + data


def _old_head(kind, flags, rest, *, beside=0):
    fields = struct.pack("<BHH", kind, flags, 7 + len(rest) + beside) + rest
    return struct.pack("<H", zlib.crc32(fields) & 0xFFFF) + fields


def _old_closed(head, password):
    return OLD_SALT + closed(*old_key(password, OLD_SALT), head) if password else head


def old_stream(file):
    """Return the bytes of a file as they lie in an older archive."""
    return closed(*old_key(file.password, OLD_SALT[::-1]), file.data) if file.password else file.data


def _old_file(file, password, part=None):
    data, salt = old_stream(file) if part is None else part.data, OLD_SALT[::-1] if file.password else b""
    flags = 0x8404 if file.password else 0x8000
    flags |= 0 if part is None else part.began | part.goes_on << 1
    flags |= file.builds_on << 4
    plain = file.data if file.plain is None else file.plain
    crc = zlib.crc32(part.data if part and part.goes_on else plain) if file.crc is None else file.crc
    name = file.name.encode()
    about = struct.pack("<IIBIIBBHI", len(data), len(plain), 3, crc, 0, file.version, file.method, len(name), 0o100644)
    head = _old_head(0x74, flags | bool(file.comment) << 3, about + name + salt)
    if file.comment:
        head = _old_head(0x74, flags | 8, about + name + salt, beside=len(file.comment)) + file.comment
    return _old_closed(head, password) + data
