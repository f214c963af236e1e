"""A disk that can be stopped anywhere: records each act of writing, and lays out what a crash would leave of them."""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from witnessmark.archive.system import System


@dataclass(eq=False)
class Inode:
    """A file's bytes as pieces; the first `durable` of them are on the disk."""

    mode: int
    pieces: list[bytes] = field(default_factory=list)
    durable: int = 0


class Recording(System):
    """The operating system, writing down each act that it carries out."""

    def __init__(self) -> None:
        self.acts: list[tuple] = []
        self._open: dict[int, Inode] = {}
        self._named: dict[Path, Inode] = {}

    def create(self, path, mode):
        descriptor = super().create(path, mode)
        self._open[descriptor] = self._named[path] = Inode(mode)
        self.acts.append(("name", path, self._named[path]))
        return descriptor

    def write(self, descriptor, data):
        super().write(descriptor, data)
        self.acts.append(("write", self._open[descriptor], bytes(data)))

    def sync_file(self, descriptor):
        self.acts.append(("sync file", self._open[descriptor]))

    def close(self, descriptor):
        super().close(descriptor)
        del self._open[descriptor]

    def rename(self, old, new):
        is_folder = Path(old).is_dir()
        super().rename(old, new)
        if is_folder:
            self.acts.append(("move", old, new))
            return
        self._named[new] = self._named.pop(old)
        self.acts.append(("rename", old, new, self._named[new]))

    def remove(self, path):
        super().remove(path)
        self.acts.append(("remove", path))

    def make_folder(self, path, mode):
        super().make_folder(path, mode)
        self.acts.append(("folder", path))

    def sync_folder(self, path):
        self.acts.append(("sync folder", path))

    def sync_all(self, path):
        self.acts.append(("sync all",))


class Quick(System):
    """The operating system without its slow promises."""

    def sync_all(self, path):
        pass

    def sync_file(self, descriptor):
        pass

    def sync_folder(self, path):
        pass


def after_crash(acts, base: Path, keep_names, keep_bytes) -> tuple[dict[Path, Inode], set[Path]]:
    """What the disk holds after a crash that follows these acts.

    Args:
        acts: what was done since `base`, which is durable.
        base: the folder of which they were done.
        keep_names: given the number of unsynced changes of names, which of them reached the disk.
        keep_bytes: given an inode's unsynced pieces, how many bytes of them reached the disk.
    """
    files, folders = {}, set()
    for path in base.rglob("*"):
        if path.is_dir():
            folders.add(path)
        else:
            files[path] = Inode(path.stat().st_mode & 0o777, [path.read_bytes()], 1)
    waiting: list[tuple] = []
    inodes: set[Inode] = set()

    def carry_out(act):
        match act:
            case ("name", path, inode):
                files[path] = inode
            case ("rename", old, new, inode):
                if files.get(old) is inode:
                    del files[old]
                files[new] = inode
            case ("remove", path):
                files.pop(path, None)
            case ("folder", path):
                folders.add(path)
            case ("move", old, new):
                for path in [path for path in files if path.is_relative_to(old)]:
                    files[new / path.relative_to(old)] = files.pop(path)
                for path in [path for path in folders if path.is_relative_to(old)]:
                    folders.remove(path)
                    folders.add(new / path.relative_to(old))

    content = {}
    for act in acts:
        match act:
            case ("write", inode, data):
                inodes.add(inode)
                content.setdefault(inode, Inode(inode.mode)).pieces.append(data)
            case ("sync file", inode):
                found = content.setdefault(inode, Inode(inode.mode))
                found.durable = len(found.pieces)
            case ("sync folder", path):
                for one in [
                    one for one in waiting if one[0] != "write" and one[-2 if len(one) > 2 else 1].parent == path
                ]:
                    waiting.remove(one)
                    carry_out(one)
            case ("sync all",):
                for one in waiting:
                    carry_out(one)
                waiting.clear()
                for found in content.values():
                    found.durable = len(found.pieces)
            case _:
                waiting.append(act)
    for act in keep_names(waiting):
        carry_out(act)
    result = {}
    for path, inode in files.items():
        known = content.get(inode, inode if inode.durable else Inode(inode.mode))
        lasting, loose = b"".join(known.pieces[: known.durable]), b"".join(known.pieces[known.durable :])
        result[path] = Inode(inode.mode, [lasting + loose[: keep_bytes(loose)]])
    return result, folders


def put_on_disk(state, base: Path, target: Path) -> None:
    files, folders = state
    target.mkdir(mode=0o700)
    for folder in sorted({*folders, *(path.parent for path in files)}):
        (target / folder.relative_to(base)).mkdir(parents=True, exist_ok=True)
    for path, inode in files.items():
        place = target / path.relative_to(base)
        place.write_bytes(b"".join(inode.pieces))
        place.chmod(inode.mode)


def none(waiting):
    return []


def every(waiting):
    return waiting


WAYS = {
    "killed: all that was asked for stays": (every, len),
    "power cut: nothing unsynced stays": (none, lambda loose: 0),
    "power cut: names stay and bytes go": (every, lambda loose: 0),
    "power cut: names stay and half of the bytes": (every, lambda loose: len(loose) // 2),
    "power cut: the first half of the names stays": (lambda waiting: waiting[: len(waiting) // 2], len),
}


def moved(acts, old: Path, new: Path) -> list[tuple]:
    """The same acts, done in another folder."""
    return [tuple(new / part.relative_to(old) if isinstance(part, Path) else part for part in act) for act in acts]


class Failing(System):
    """The operating system, refusing the act of a given number and, on a full disk, every one after it that adds."""

    def __init__(self, number: int, error: int) -> None:
        self._left = number
        self._error = error

    def _act(self, *, adds: bool = True) -> None:
        self._left -= 1
        if self._left == 0 or (self._left < 0 and adds and self._error == errno.ENOSPC):
            raise OSError(self._error, os.strerror(self._error))

    def create(self, path, mode):
        self._act()
        return super().create(path, mode)

    def write(self, descriptor, data):
        self._left -= 1
        if self._left == 0 or (self._left < 0 and self._error == errno.ENOSPC):
            super().write(descriptor, bytes(data)[: len(data) // 2])
            raise OSError(self._error, os.strerror(self._error))
        super().write(descriptor, data)

    def rename(self, old, new):
        self._act(adds=False)
        super().rename(old, new)

    def make_folder(self, path, mode):
        self._act()
        super().make_folder(path, mode)

    def sync_file(self, descriptor):
        self._act(adds=False)

    def sync_folder(self, path):
        self._act(adds=False)

    def sync_all(self, path):
        self._act(adds=False)
