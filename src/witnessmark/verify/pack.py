"""Pack `verify.pyz`: the rooms a stranger needs, as they stand, in one file of plain Python."""

import io
import zipfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

PACKAGE = "witnessmark"
ROOMS = ("model", "proof", "verify")
TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say: the same sources give the same bytes on every day."""

START = b'''"""Check an edition: python -I -S verify.pyz SITE --key K."""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write("verify: Python 3.11 or newer is needed\\n")
    sys.exit(64)

from witnessmark.verify.__main__ import main

sys.exit(main(sys.argv[1:]))
'''


def build() -> bytes:
    """Return the bytes of `verify.pyz`, stored uncompressed, with fixed times and order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted([("__main__.py", START), *_sources()]):
            entry = zipfile.ZipInfo(name, TIME)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return out.getvalue()


def _sources() -> Iterator[tuple[str, bytes]]:
    top = resources.files(PACKAGE)
    for name in ("__init__.py", "errors.py"):
        yield f"{PACKAGE}/{name}", (top / name).read_bytes()
    for room in ROOMS:
        for file in (top / room).iterdir():
            if _is_source(file):
                yield f"{PACKAGE}/{room}/{file.name}", file.read_bytes()


def _is_source(file: Traversable) -> bool:
    return file.name.endswith(".py") and file.is_file()
