"""Glues volumes of a RAR that stand one behind the other: the same archive, each file of it in one piece.

Parts of a file are its bytes cut anywhere, locked ones too: one lock goes through all of them. The head of the last
part tells what is true of the whole file (checksum, hash); a part without its beginning is left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from witnessmark.cell.report import Source
from witnessmark.formats import pieces, rar_blocks
from witnessmark.formats.pieces import AsItStands, Made, Piece
from witnessmark.formats.rar_block import Block


def glued(source: Source, blocks: Iterable[Block]) -> Source:
    """Return the archive in one piece, its heads in the open; `blocks` are those of all its volumes."""
    start = rar_blocks.signature(source.stream)
    made = [Made(start), *_pieces(source, blocks), Made(rar_blocks.last(start))]
    return replace(pieces.source(made, source.name), passwords=source.passwords)


def _pieces(source: Source, blocks: Iterable[Block]) -> Iterator[Piece]:
    parts: list[Block] = []
    for block in _needed(blocks):
        if parts and not block.begins_before:  # the rest of it is not here
            yield from _one_piece(source, parts)
            parts = []
        if parts or not block.begins_before:
            parts.append(block)
        if not block.goes_on:
            yield from _one_piece(source, parts)
            parts = []
    yield from _one_piece(source, parts)


def _needed(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the first head of an archive, all files, and what cannot be followed; not what begins and ends volumes."""
    has_main = False
    for block in blocks:
        if not block.head or (block.goes_on is not None and block.whole is not None):
            yield block
        elif block.whole is not None and not has_main:
            has_main = True
            yield replace(block, begins_before=False)


def _one_piece(source: Source, parts: list[Block]) -> Iterator[Piece]:
    if parts:
        whole, size = parts[-1].whole, sum(part.data.size for part in parts)
        yield Made(b"" if whole is None else whole(size))
    yield from (AsItStands(source.stream, part.data) for part in parts)
