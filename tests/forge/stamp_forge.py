"""Time stamps made by hand: RFC 3161 responses that nobody signed, OpenTimestamps proofs and headers of easy blocks.

Their form is right, so that everything but a signature can be checked; `openssl` is played by a script that says what
a test lets it say, and notes how it was asked.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

from witnessmark.proof import ots

NOW = 1_971_497_172


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(size)]) + size + content


def oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    out = b""
    for number in (40 * first + second, *rest):
        part = bytes([number & 0x7F])
        while number := number >> 7:
            part = bytes([0x80 | number & 0x7F]) + part
        out += part
    return der(6, out)


def integer(value: int) -> bytes:
    return der(2, value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, signed=True))


def certificate(number: int) -> bytes:
    """Return what has the form of a certificate: one sequence."""
    return der(0x30, integer(number))


def response(content: bytes, *certificates: bytes, time: bytes = b"20320612094100Z") -> bytes:
    """Return a response about a content, with an accuracy of two seconds."""
    imprint = der(0x30, der(0x30, oid("2.16.840.1.101.3.4.2.1"), der(5)), der(4, hashlib.sha256(content).digest()))
    info = der(0x30, integer(1), oid("1.2.3.4"), imprint, integer(77), der(0x18, time), der(0x30, integer(2)))
    beside = der(0xA0, *certificates) if certificates else b""
    wrapped = der(0x30, oid("1.2.840.113549.1.9.16.1.4"), der(0xA0, der(4, info)))
    signed = der(0x30, integer(3), der(0x31), wrapped, beside, der(0x31, der(0x30, integer(1))))
    token = der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, signed))
    return der(0x30, der(0x30, integer(0)), token)


def block(content: bytes, height: int = 5, time: int = NOW) -> tuple[bytes, bytes]:
    """Return a proof that leads straight to a block, and the header of that block, with easy work."""
    digest = hashlib.sha256(content).digest()
    proof = ots.MAGIC + b"\x01\x08" + digest + b"\x00" + bytes.fromhex("0588960d73d71901") + b"\x01" + bytes([height])
    # A target so easy that almost any header holds the work; the first nonce that does is taken.
    for nonce in range(100):
        header = bytes(36) + digest + struct.pack("<II", time, 0x207FFFFF) + struct.pack("<I", nonce)
        work = hashlib.sha256(hashlib.sha256(header).digest()).digest()
        if int.from_bytes(work, "little") <= 0x7FFFFF << 8 * (0x20 - 3):
            return proof, header
    raise AssertionError


_PROGRAM = """\
#!{python} -IS
import json, os, sys
names = sorted(os.listdir())
with open({notes!r}, "a") as notes:
    notes.write(json.dumps({{
        "words": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ), "given": sys.stdin.read(),
        "files": {{name: open(name, "rb").read().hex() for name in names}},
    }}) + "\\n")
trusted = open("trusted").read()
for pem, code, out, err in json.load(open({answers!r})):
    if pem in (None, trusted):
        sys.stdout.write(out)
        sys.stdout.flush()
        sys.stderr.write(err)
        sys.exit(code)
"""


class Openssl:
    """A program of that name which answers by the certificate that it is to trust, and notes how it was asked."""

    def __init__(self, folder: Path) -> None:
        self._notes, self._answers = folder / "notes", folder / "answers"
        self.folder = folder / "bin"
        self.folder.mkdir(parents=True)
        self.program = self.folder / "openssl"
        self.program.write_text(
            _PROGRAM.format(python=sys.executable, notes=str(self._notes), answers=str(self._answers))
        )
        self.program.chmod(0o755)
        self.answers: list[tuple[str | None, int, str, str]] = []

    def answer(self, code: int, out: str, err: str = "", *, pem: str | None = None) -> None:
        """Let it answer so, for one trusted certificate or for each."""
        self.answers.append((pem, code, out, err))
        self._answers.write_text(json.dumps(self.answers))

    @property
    def asked(self) -> list[dict]:
        """How it was asked, each time."""
        return [json.loads(line) for line in self._notes.read_text().splitlines()] if self._notes.exists() else []
