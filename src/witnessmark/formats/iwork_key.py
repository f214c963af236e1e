"""Opens documents of iWork since 2013 with passwords that a keeper gave; of older ones the way is not public.

`.iwpv2` checks a password: version 2, kind 1, rounds, salt, start, and 64 bytes of which the second half has to be the
digest of the first (SHA-256). The key is made by PBKDF2 with SHA-1. Each member that is locked is a start, blocks of
AES-128 in CBC, and twenty bytes more; unlocked, its first block is noise and its last ends in PKCS #7. Source:
iWorkFileFormat (O'Brien), "Encryption".
"""

import hashlib
import hmac
import io
import struct
import zipfile
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.iwork_locked import HINT, VERIFIER, is_locked
from witnessmark.formats.package import Package
from witnessmark.formats.packages import bundle_folder
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 256 << 20
MOST_ROUNDS: Final = 1_000_000
"""Rounds of hashing for one password; Apple asks for 100,000."""
CHUNK: Final = 64 << 10
_BLOCK, _AFTER = 16, 20
_STATED: Final = struct.Struct("<HHI16s16s64s")


def opens(source: Source, report: Report) -> bool:
    """Try the passwords; give the document under the one that fits as a member, and return whether one did.

    Raises:
        ReadingStopped: when the package cannot be followed, or is too large.
    """
    package = Package(source)
    folder = bundle_folder(package.names)
    stated = package.read(f"{folder}{VERIFIER}", _STATED.size)
    key = next(filter(None, (_key(stated, password) for password in source.passwords)), None)
    if key is None:
        return False
    out = io.BytesIO()
    room = LARGEST
    with zipfile.ZipFile(out, "w") as opened:
        for name in package.names:
            if name in (f"{folder}{VERIFIER}", f"{folder}{HINT}"):
                continue
            data = package.read(name, room)
            room -= len(data)
            if room <= 0:
                raise ReadingStopped(Outcome.REFUSED_LIMIT, "the locked document is larger than 256 MiB")
            about = zipfile.ZipInfo(name, package.stamp(name))
            opened.writestr(about, unlocked(data, key) if is_locked(package, name, folder) else data)
    with report.member((PathStep(source.name or "document"),), How.DECODED, {"unlocked": True}) as sink:
        whole = out.getbuffer()
        for at in range(0, len(whole), CHUNK):
            sink.write(whole[at : at + CHUNK].tobytes())
    return True


def _key(stated: bytes, password: str) -> bytes | None:
    """Return the key of a password, if it is the one."""
    if len(stated) != _STATED.size:
        return None
    version, kind, rounds, salt, start, check = _STATED.unpack(stated)
    if (version, kind) != (2, 1) or not 0 < rounds <= MOST_ROUNDS:
        return None
    key = hashlib.pbkdf2_hmac("sha1", password.encode("utf-8", "surrogatepass"), salt, rounds, _BLOCK)
    opened = _decrypted(check, key, start)
    return key if hmac.compare_digest(hashlib.sha256(opened[:32]).digest(), opened[32:]) else None


def unlocked(data: bytes, key: bytes) -> bytes:
    """Return a member as it was before it was locked; one that cannot be of that kind, as it stands."""
    body = data[_BLOCK:-_AFTER]
    if len(body) < 2 * _BLOCK or len(body) % _BLOCK:
        return data
    opened = _decrypted(body, key, data[:_BLOCK])
    filled = opened[-1]
    return opened[_BLOCK : len(opened) - filled] if 0 < filled <= _BLOCK else data


def _decrypted(data: bytes, key: bytes, start: bytes) -> bytes:
    machine = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
    return machine.update(data) + machine.finalize()
