"""The manifest: SHA-256, size and path of every file of an edition, sorted by path."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from witnessmark.model.digest import Digest

PATH = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*\Z")
"""The only names that files of an edition have."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file: its digest, its size and its path."""

    digest: Digest
    size: int
    path: str

    @property
    def line(self) -> str:
        """The line without its LF."""
        return f"{self.digest} {self.size} {self.path}"


def text(rows: Iterable[Row]) -> bytes:
    """Return the manifest of these files."""
    found = sorted(rows, key=lambda row: row.path.encode())
    return "".join(row.line + "\n" for row in found).encode("ascii")


def differences(old: bytes, new: bytes) -> list[str]:
    """Return the paths whose lines differ between two manifests, sorted."""
    before, after = _lines(old), _lines(new)
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _lines(data: bytes) -> dict[str, str]:
    found = (line.rpartition(" ") for line in data.decode("ascii", "replace").splitlines())
    return {path: head for head, _, path in found}


def row(path: str, data: bytes) -> Row:
    """Return the row of a file at hand."""
    return Row(Digest(hashlib.sha256(data).hexdigest()), len(data), path)
