"""Reads the blocks of a RAR of either kind, locked or not.

Rules for whoever changes what reads them: no size is believed beyond the file; a head is one only when its checksum
fits; each block ends behind where it began.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from witnessmark.formats import rar3, rar5
from witnessmark.formats.pieces import Span
from witnessmark.formats.rar_block import OLD_SIGNATURE, SIGNATURE, Block, BrokenRar, HeadLock

MOST_BLOCKS: Final = 1_000_000


def signature(stream: BinaryIO) -> bytes:
    """Return what an archive begins with, which tells its kind.

    Raises:
        BrokenRar: when it is none.
    """
    stream.seek(0)
    start = stream.read(len(SIGNATURE))
    if start == SIGNATURE:
        return SIGNATURE
    if not start.startswith(OLD_SIGNATURE):
        raise BrokenRar("no RAR")
    return OLD_SIGNATURE


def head_lock(stream: BinaryIO) -> HeadLock | None:
    """Return what locks the heads of an archive; None where they stand open.

    Raises:
        BrokenRar: when it is no archive.
    """
    return rar5.head_lock(stream) if signature(stream) == SIGNATURE else rar3.head_lock(stream)


class Joint:
    """Whether the blocks that were seen are those of a whole archive, or of some of its volumes."""

    def __init__(self) -> None:
        self._began_before = self._goes_on = False
        self.volumes = 1
        """How many of them there were."""

    @property
    def is_cut(self) -> bool:
        """Whether something began before the first of them, or goes on behind the last."""
        return self._began_before or self._goes_on

    def see(self, block: Block) -> None:
        """Take the next block."""
        self._began_before = self._began_before or (block.begins_before and not self._goes_on)
        self.volumes += block.head in (SIGNATURE, OLD_SIGNATURE)
        self._goes_on = self._goes_on if block.goes_on is None else block.goes_on


def last(start: bytes) -> bytes:
    """Return the block that ends an archive that begins so."""
    return rar5.last() if start == SIGNATURE else rar3.last()


def followed(stream: BinaryIO, size: int, password: str | None) -> Iterator[Block]:
    """Yield the blocks up to one that does not fit, and then what is left as it stands: libarchive names it."""
    end = 0
    try:
        for block in blocks(stream, size, password):
            yield block
            end = block.data.at + block.data.size
    except BrokenRar:
        if end:
            yield Block(b"", Span(end, size - end))


def blocks(stream: BinaryIO, size: int, password: str | None) -> Iterator[Block]:
    """Yield the blocks of an archive, whose heads a password opens where they are locked.

    Raises:
        BrokenRar: when one does not fit; what was yielded stands.
    """
    read = rar5.blocks if signature(stream) == SIGNATURE else rar3.blocks
    for number, block in enumerate(read(stream, size, password)):
        if number >= MOST_BLOCKS:
            raise BrokenRar("more blocks than are read")
        yield block
