"""Makes a 7z while it is read: packed streams, as they stand or decrypted, between a beginning and a header of ours."""

from collections.abc import Iterable
from dataclasses import dataclass

from witnessmark.cell.report import Source
from witnessmark.formats import pieces, sevenzip_header
from witnessmark.formats.pieces import Made, Piece
from witnessmark.formats.sevenzip_header import Folder


@dataclass(frozen=True, slots=True)
class GivenFolder:
    """A folder as an archive is given it: how it is packed, and its packed streams."""

    folder: Folder
    pieces: tuple[Piece, ...]


def archive(rewritten: Iterable[GivenFolder], rest: bytes, name: str) -> Source:
    """Return an archive of these folders; the rest of its header says what files are in them."""
    folders, streams = list[Folder](), list[Piece]()
    for one in rewritten:
        folders.append(one.folder)
        streams += one.pieces
    head, header = sevenzip_header.written(folders, [stream.size for stream in streams], rest)
    return pieces.source((Made(head), *streams, Made(header)), name)
