"""Writes 7z archives, locked or not, and headers that lie: by the format alone, with nothing of the reader.

`7zFormat.txt` and `Methods.txt` of the LZMA SDK. Rounds of hashing are few, so that tests are quick.
"""

import hashlib
import lzma
import struct
import zlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

AES, COPY, LZMA, LZMA2, BCJ = b"\x06\xf1\x07\x01", b"\0", b"\x03\x01\x01", b"\x21", b"\x03\x03\x01\x03"
POWER = 3


def number(value: int) -> bytes:
    """Return a number in the fewest bytes that hold it."""
    for length in range(9):
        if length == 8:
            return b"\xff" + value.to_bytes(8, "little")
        if value < 1 << (7 * length + 7):
            low = value % (1 << (8 * length))
            ones = 256 - (1 << (8 - length))
            return bytes((ones | value >> (8 * length),)) + low.to_bytes(length, "little")
    raise ValueError(value)


def key(password: str, salt: bytes, power: int) -> bytes:
    """Return the key of a password, round by round."""
    word = password.encode("utf-16-le")
    if power == 63:
        return (salt + word + bytes(32))[:32]
    digest = hashlib.sha256()
    for count in range(1 << power):
        digest.update(salt + word + struct.pack("<Q", count))
    return digest.digest()


@dataclass
class Lock:
    """A password and how its key is made; `filler` fills the last block."""

    password: str
    power: int = POWER
    salt: bytes = b""
    start: bytes = b"sixteen bytes or"
    filler: bytes = bytes(16)

    @property
    def properties(self) -> bytes:
        """What the coder says."""
        salt, start = len(self.salt), len(self.start)
        head = self.power | (0x80 if salt else 0) | (0x40 if start else 0)
        sizes = max(0, salt - 1) << 4 | max(0, start - 1)
        return bytes((head, sizes)) + self.salt + self.start

    def close(self, data: bytes) -> bytes:
        """Return the data locked."""
        cipher = Cipher(
            algorithms.AES(key(self.password, self.salt, self.power)), modes.CBC(self.start.ljust(16, b"\0"))
        )
        return cipher.encryptor().update(data + self.filler[: -len(data) % 16])


def coder(method: bytes, properties: bytes = b"") -> bytes:
    """Return a coder of one stream in and one out."""
    return (
        bytes((len(method) | (0x20 if properties else 0),))
        + method
        + (number(len(properties)) + properties if properties else b"")
    )


@dataclass
class Folder:
    """Files that are packed together: one after the other, by LZMA or as they are, and then locked."""

    files: dict[str, bytes]
    lock: Lock | None = None
    method: bytes = COPY
    crc: bool = False
    packed: bytes = field(init=False)
    coded: bytes = field(init=False)
    sizes: list[int] = field(init=False)

    def __post_init__(self):
        whole = b"".join(self.files.values())
        coders, self.sizes, self.packed = [coder(COPY)], [len(whole)], whole
        if self.method == LZMA:
            how = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}
            self.packed = lzma.compress(whole, lzma.FORMAT_RAW, filters=[how])
            coders = [coder(LZMA, bytes((2 * 45 + 3,)) + struct.pack("<I", 1 << 16))]
        bonds = b""
        if self.lock:
            size = len(self.packed)
            self.packed = self.lock.close(self.packed)
            if self.method == COPY:
                coders = [coder(AES, self.lock.properties)]
            else:  # what the lock gives goes into the other coder
                coders.append(coder(AES, self.lock.properties))
                self.sizes.append(size)
                bonds = number(0) + number(1)
        self.coded = number(len(coders)) + b"".join(coders) + bonds


def streams(folders: list[Folder], start: int) -> bytes:
    """Return where packed streams begin and how they are packed, without the files in them."""
    out = (
        b"\x06" + number(start) + number(len(folders)) + b"\x09" + b"".join(number(len(one.packed)) for one in folders)
    )
    out += b"\0\x07\x0b" + number(len(folders)) + b"\0" + b"".join(one.coded for one in folders)
    out += b"\x0c" + b"".join(number(size) for one in folders for size in one.sizes)
    if any(one.crc for one in folders):
        out += b"\x0a\0" + _bits([one.crc for one in folders])
        out += b"".join(struct.pack("<I", zlib.crc32(b"".join(one.files.values()))) for one in folders if one.crc)
    return out + b"\0"


def _bits(flags: list[bool]) -> bytes:
    text = "".join("1" if flag else "0" for flag in flags)
    return bytes(int(text[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(text), 8))


def header(folders: list[Folder], empty: list[str] = ()) -> bytes:
    """Return the header of an archive of these folders, and of files without contents."""
    names = [name for one in folders for name in one.files] + list(empty)
    out = b"\x01"
    if folders:
        out += b"\x04" + streams(folders, 0) + b"\x08\x0d" + b"".join(number(len(one.files)) for one in folders)
        out += b"\x09" + b"".join(number(len(data)) for one in folders for data in list(one.files.values())[:-1])
        told = [data for one in folders if not (one.crc and len(one.files) == 1) for data in one.files.values()]
        if told:
            out += b"\x0a\x01" + b"".join(struct.pack("<I", zlib.crc32(data)) for data in told)
        out += b"\0\0"
    out += b"\x05" + number(len(names))
    if empty:
        for kind, flags in (
            (0x0E, [False] * (len(names) - len(empty)) + [True] * len(empty)),
            (0x0F, [True] * len(empty)),
        ):
            out += bytes((kind,)) + number(len(_bits(flags))) + _bits(flags)
    told = b"\0" + b"".join(name.encode("utf-16-le") + b"\0\0" for name in names)
    return out + b"\x11" + number(len(told)) + told + b"\0\0"


def whole(packed: bytes, last: bytes) -> bytes:
    """Return a file around packed streams and a header."""
    start = struct.pack("<QQI", len(packed), len(last), zlib.crc32(last))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + packed + last


def archive(folders: list[Folder], header_lock: Lock | None = None, empty: list[str] = ()) -> bytes:
    """Return an archive; with a lock for the header its names are locked too."""
    packed, last = b"".join(one.packed for one in folders), header(folders, empty)
    return locked_header(packed, last, header_lock) if header_lock else whole(packed, last)


def locked_header(packed: bytes, last: bytes, lock: Lock, method: bytes = LZMA) -> bytes:
    """Return an archive whose header is packed and locked."""
    inner = Folder({"": last}, lock, method, crc=True)
    return whole(packed + inner.packed, b"\x17" + streams([inner], len(packed)) + b"\0")
