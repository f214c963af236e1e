"""Reads BinHex 4.0, in which files of a Mac were sent by mail: letters, runs, a head, two forks (RFC 1741).

Rules for whoever changes this file: nothing of a fork is held as a whole; a run is written out piece by piece.
"""

import binascii
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import MemberSink, ReadingStopped, Report, Source
from witnessmark.formats import mac
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST_WORDS: Final = 64 << 10
"""Bytes before the first colon that are passed over."""
_SIGNS: Final = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_BASE64: Final = bytes.maketrans(_SIGNS, _BASE64)
_BLANK: Final = b"\r\n\t "
_NO_SIGN: Final = bytes(set(range(256)) - set(_SIGNS))
_REPEAT: Final = 0x90
HEAD: Final = b"(This file must be converted"
"""How the first line begins; most programs go on "with BinHex 4.0"."""


def read_binhex(source: Source, report: Report) -> None:
    """Read a BinHex file: letters between two colons, six bits each, then runs, then a head and two forks.

    Raises:
        ReadingStopped: when nothing of it can be read.
    """
    stream = _Unfolded(_runs(_octets(source)))
    try:
        size = stream.exactly(1)[0]
        head = bytes((size,)) + stream.exactly(size + 1 + 4 + 4 + 2 + 4 + 4)
    except EOFError as error:
        raise ReadingStopped(Outcome.CORRUPT, "the letters break off before a file begins") from error
    except ValueError as error:
        raise ReadingStopped(Outcome.CORRUPT, str(error)) from error
    name = mac.step_of(head[1 : 1 + size])
    mac.tell_finder(head[2 + size : 10 + size], report)
    sizes = struct.unpack_from(">II", head, 12 + size)
    try:
        wrong = [] if stream.checks(binascii.crc_hqx(head, 0)) else ["the head"]
        for label, length, step in (
            ("the data fork", sizes[0], name),
            ("the resource fork", sizes[1], PathStep(name.name + mac.RESOURCES)),
        ):
            if length == 0 and label != "the data fork":
                continue
            with report.member((step,), How.DECODED, {} if step is name else {"fork": "resources"}) as sink:
                crc = stream.pour(length, sink)
            wrong += [] if stream.checks(crc) else [label]
    except EOFError:
        report.outcome(Outcome.PARTIAL, "the letters break off")
    except ValueError as error:
        report.outcome(Outcome.PARTIAL, str(error))
    else:
        if wrong:
            report.outcome(Outcome.PARTIAL, f"checksums do not agree: {', '.join(wrong)}")


def _octets(source: Source) -> Iterator[bytes]:
    """Yield what the letters between the first colon at the beginning of a line and the next one mean."""
    source.stream.seek(0)
    waiting, is_begun = b"", False
    while block := source.stream.read(63 << 10):
        if not is_begun:
            waiting += block
            at = waiting.find(b":", waiting.find(b"\n") + 1 or waiting.find(b"\r") + 1)
            if at < 0:
                if len(waiting) > LARGEST_WORDS:
                    return
                continue
            block, waiting, is_begun = waiting[at + 1 :], b"", True
        text, colon, _ = block.partition(b":")
        letters = waiting + text.translate(None, _BLANK)
        if letters.translate(None, _NO_SIGN) != letters:
            raise ValueError("a sign that no BinHex has")
        full = len(letters) // 4 * 4
        waiting = letters[full:]
        yield binascii.a2b_base64(letters[:full].translate(_TO_BASE64))
        if colon:
            rest = waiting.translate(_TO_BASE64)
            yield binascii.a2b_base64(rest + b"A" * (-len(rest) % 4))[: len(rest) * 6 // 8] if rest else b""
            return


def _runs(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield bytes with runs written out: a byte, 0x90, how often; 0x90 and 0 is 0x90 itself."""
    last, is_waiting = b"", False
    for piece in pieces:
        out, at = bytearray(), 0
        while at < len(piece):
            if is_waiting:
                count = piece[at]
                out += last * (count - 1) if count else b"\x90"
                last = last if count else b"\x90"
                is_waiting, at = False, at + 1
                continue
            end = piece.find(_REPEAT, at)
            plain = piece[at : end if end >= 0 else len(piece)]
            out += plain
            last = plain[-1:] or last
            is_waiting, at = end >= 0, at + len(plain) + (end >= 0)
        yield bytes(out)


class _Unfolded:
    """What the letters unfold to, taken in order."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._piece = pieces, b""

    def some(self, most: int) -> bytes:
        """Return some bytes, at least one.

        Raises:
            EOFError: when there are none.
        """
        while not self._piece:
            following = next(self._pieces, None)
            if following is None:
                raise EOFError
            self._piece = following
        found, self._piece = self._piece[:most], self._piece[most:]
        return found

    def exactly(self, count: int) -> bytes:
        """Return so many bytes.

        Raises:
            EOFError: when there are fewer.
        """
        found = b""
        while len(found) < count:
            found += self.some(count - len(found))
        return found

    def pour(self, count: int, sink: MemberSink) -> int:
        """Write so many bytes and return their checksum.

        Raises:
            EOFError: when there are fewer; those there are were written.
        """
        crc = 0
        while count:
            piece = self.some(count)
            sink.write(piece)
            crc = binascii.crc_hqx(piece, crc)
            count -= len(piece)
        return crc

    def checks(self, crc: int) -> bool:
        """Tell whether the checksum that comes next is this one (RFC 1741: with two zeros in its own place)."""
        return int.from_bytes(self.exactly(2), "big") == crc
