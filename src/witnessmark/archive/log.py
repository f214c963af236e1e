"""The public log on disk: tiles, entry bundles, checkpoints (C2SP tlog-tiles, tlog-checkpoint).

Rules for whoever changes this file:
- `lay` makes nothing durable; `sign` is called after a sync and never before.
- A checkpoint is signed over the root that the tiles give, and only if the log's last root was read from them too.
- `checkpoint.archive/<size>` is written once and never altered.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from witnessmark.archive.disk import Disk, sentences
from witnessmark.archive.keys import Signer
from witnessmark.archive.layout import PUBLIC_FILE, PUBLIC_FOLDER, Layout
from witnessmark.errors import BrokenEvidence, Damaged, WrongUsage
from witnessmark.proof import merkle, note, tile
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Vkey
from witnessmark.proof.succession import Succession

WIDTH = 256
_CACHED = 512
_LARGEST_NOTE = 1 << 16


class PublicLog:
    """The log folder of one archive, as of one signed checkpoint."""

    def __init__(self, layout: Layout, keys: Vkey | Succession) -> None:
        self.keys = keys if isinstance(keys, Succession) else Succession(keys)
        vkey = self.keys.current
        self._layout = layout
        self.vkey = vkey
        self._tiles: dict[tuple[int, int, int], bytes] = {}
        self.checkpoint = Checkpoint(vkey.name, 0, merkle.EMPTY_ROOT)

    def hand_over(self, keys: Succession) -> None:
        """Go on with another key: what was signed before stays signed by the earlier ones."""
        self.keys, self.vkey = keys, keys.current

    def open(self) -> None:
        """Read the latest checkpoint and check its signature.

        Raises:
            Damaged: when it is missing or not signed by the log's key.
        """
        self.checkpoint = self._checked(self._layout.checkpoint)

    def note(self, size: int | None = None) -> str:
        """Return the signed note of the checkpoint of that size, the latest without one.

        Raises:
            WrongUsage: when no checkpoint has that size.
        """
        path = self._layout.archived(self.checkpoint.size if size is None else size)
        if not path.is_file():
            raise WrongUsage(f"this log has no checkpoint of size {size}")
        return self._text(path)

    def sizes(self) -> list[int]:
        """Return the sizes of all checkpoints up to the latest, rising."""
        return [size for size in self.all_sizes() if size <= self.checkpoint.size]

    def holds(self, checkpoint: Checkpoint) -> bool:
        """Tell whether a checkpoint is one of this log's."""
        return checkpoint.size in self.sizes() and self.archived(checkpoint.size).root == checkpoint.root

    def archived(self, size: int) -> Checkpoint:
        """Return the checkpoint of that size, its signature checked."""
        return self._checked(self._layout.archived(size))

    def beyond(self) -> Checkpoint | None:
        """Return the checkpoint that a crash let be signed but not become the latest, if there is one.

        Raises:
            Damaged: when there are several.
        """
        further = [size for size in self.all_sizes() if size > self.checkpoint.size]
        if len(further) > 1:
            raise Damaged(
                "log/checkpoint is older than log/checkpoint.archive: was the archive restored in part? "
                "Nothing is signed; restore all of log/ and vault/ from the newest backup"
            )
        return self.archived(further[0]) if further else None

    def conflicts(self) -> list[tuple[str, str]]:
        """Return name and text of each checkpoint that was kept because it contradicts this log, or did."""
        with sentences("read", self._layout.anchors):
            if not self._layout.anchors.is_dir():
                return []
            found = sorted(self._layout.anchors.glob("conflict-*.note"))
        return [(path.name, self._text(path)) for path in found]

    def all_sizes(self) -> list[int]:
        """Return the sizes of all checkpoints that lie here, the latest or beyond it."""
        with sentences("read", self._layout.checkpoints):
            names = [path.name for path in self._layout.checkpoints.iterdir()]
        return sorted(int(name) for name in names if name.isascii() and name.isdecimal())

    def _checked(self, path: Path) -> Checkpoint:
        try:
            return self.keys.check(note.parse(self._text(path)))
        except BrokenEvidence as error:
            raise Damaged(f"{self._layout.shown(path)} is no checkpoint signed by this log: {error}") from error

    def _text(self, path: Path) -> str:
        with sentences("read", path):
            if not path.is_file():
                raise Damaged(f"{self._layout.shown(path)} is missing: restore log/ from a backup")
            with path.open("rb") as file:
                data = file.read(_LARGEST_NOTE)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise Damaged(f"{self._layout.shown(path)} is no text") from error

    def read_tile(self, level: int, number: int, width: int) -> bytes:
        """Return the first `width` hashes of a tile, from the partial tile or from the full one.

        Raises:
            Damaged: when neither is there.
        """
        key = (level, number, width)
        if key not in self._tiles:
            if len(self._tiles) >= _CACHED:
                self._tiles.clear()
            data, is_partial = self._read((tile.path(level, number, width), tile.path(level, number)))
            if len(data) != (width if is_partial else WIDTH) * merkle.HASH_SIZE:
                raise Damaged(f"log/{tile.path(level, number, width)} has a wrong length: restore log/ from a backup")
            self._tiles[key] = data[: width * merkle.HASH_SIZE]
        return self._tiles[key]

    def entries(self, number: int, width: int = WIDTH) -> list[bytes]:
        """Return the first `width` entries of a bundle.

        Raises:
            Damaged: when it is missing or shorter.
        """
        data, is_partial = self._read((tile.entries_path(number, width), tile.entries_path(number)))
        found = tile.parse_bundle(data)
        if len(found) != (width if is_partial else WIDTH):
            raise Damaged(f"entry bundle {number} in log/tile has {len(found)} entries: restore log/ from a backup")
        return found[:width]

    def _read(self, names: tuple[str, str]) -> tuple[bytes, bool]:
        """Return the first of two files that is there, and whether it is the first."""
        for name in names:
            path = self._layout.log / name
            with sentences("read", path):
                if path.is_file():
                    return path.read_bytes(), name == names[0]
        raise Damaged(f"log/{names[0]} is missing: restore log/ from a backup")

    def root(self, size: int) -> bytes:
        """Return the root that the tiles give for a size."""
        return tile.root(size, self.read_tile) if size else merkle.EMPTY_ROOT

    def check_root(self, checkpoint: Checkpoint) -> None:
        """Refuse to go on where tiles and signature do not agree.

        Raises:
            Damaged: with what to do.
        """
        if self.root(checkpoint.size) != checkpoint.root:
            raise Damaged(
                f"the tiles in log/ do not give the root that was signed for size {checkpoint.size}: nothing more is "
                "signed; restore log/ from a backup, `witnessmark audit` names the files"
            )

    def lay(self, entries: Sequence[bytes], disk: Disk) -> None:
        """Write bundles and tiles for entries that follow the latest checkpoint; not durable yet."""
        size = self.checkpoint.size
        for name, data in self._bundles(entries):
            self._put(name, data, disk)
        leaves = [merkle.leaf_hash(entry) for entry in entries]
        for name, data in tile.grow(size, leaves, self.read_tile):
            self._put(name, data, disk)

    def _put(self, name: str, data: bytes, disk: Disk) -> None:
        path = self._layout.log / name
        disk.folder(path.parent, PUBLIC_FOLDER)
        disk.write(path, data, PUBLIC_FILE)

    def _bundles(self, entries: Sequence[bytes]) -> list[tuple[str, bytes]]:
        size = self.checkpoint.size
        number, held = divmod(size, WIDTH)
        waiting = [*(self.entries(number, held) if held else []), *entries]
        return [
            (tile.entries_path(number + at // WIDTH, len(part)), tile.bundle(part))
            for at in range(0, len(waiting), WIDTH)
            for part in [waiting[at : at + WIDTH]]
        ]

    def sign(self, size: int, signer: Signer, disk: Disk) -> str:
        """Sign the checkpoint of that size, archive it, make it the latest, and return its note.

        Raises:
            Damaged: when another checkpoint of that size was signed before.
        """
        checkpoint = Checkpoint(self.vkey.name, size, self.root(size))
        text = signer.note(checkpoint.text, self.vkey.name)
        archived = self._layout.archived(size)
        if archived.is_file() and self._text(archived) != text:
            raise Damaged(f"another checkpoint of size {size} was signed before: nothing more is signed")
        disk.write_durably(archived, text.encode(), PUBLIC_FILE)
        disk.write_durably(self._layout.checkpoint, text.encode(), PUBLIC_FILE)
        self.checkpoint = checkpoint
        return text

    def files(self, size: int) -> Iterator[Path]:
        """Yield tiles, bundles and archived checkpoints that reach no further than a size."""
        for path in sorted(self._layout.tiles.rglob("*")):
            if path.is_file() and _end(path.relative_to(self._layout.tiles)) <= size:
                yield path
        yield from (self._layout.archived(one) for one in self.all_sizes() if one <= size)

    def put(self, name: str, data: bytes, disk: Disk) -> None:
        """Put a tile or a bundle in its place; what was read before is read anew."""
        self._put(name, data, disk)
        self._tiles.clear()

    def drop_beyond(self, disk: Disk) -> None:
        """Remove tiles and bundles that reach beyond the latest checkpoint: a crash left them."""
        size = self.checkpoint.size
        for path in sorted(self._layout.tiles.rglob("*")):
            if path.is_file() and _end(path.relative_to(self._layout.tiles)) > size:
                disk.remove(path)


def _end(name: Path) -> int:
    """Return the size of the log that a tile's or bundle's file presumes."""
    level, *rest = name.parts
    width = WIDTH
    if len(rest) > 1 and rest[-2].endswith(".p"):
        width = int(rest.pop())
        rest[-1] = rest[-1].removesuffix(".p")
    number = int("".join(part.removeprefix("x") for part in rest))
    below = 1 if level == "entries" else WIDTH ** int(level)
    return (number * WIDTH + width) * below
