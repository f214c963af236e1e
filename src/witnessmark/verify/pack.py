"""Pack `verify.pyz`: the modules that the verifier reaches, as they stand, in one file of plain Python."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from witnessmark.verify.deflate import archive

PACKAGE = "witnessmark"
START_MODULE = "witnessmark.verify.__main__"
START = b'''"""Check an edition: python -I -S verify.pyz SITE --key K."""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write("verify: Python 3.11 or newer is needed\\n")
    sys.exit(64)

from witnessmark.verify.__main__ import main

sys.exit(main(sys.argv[1:]))
'''


@cache
def build() -> bytes:
    """Return the bytes of `verify.pyz`, with fixed times and order; made once a process."""
    return archive(sorted([("__main__.py", START), *_sources()]))


def _sources() -> Iterator[tuple[str, bytes]]:
    """Yield every module that the verifier reaches, as it stands, and the packages that hold them."""
    waiting, found = [START_MODULE], dict[str, bytes]()
    while waiting:
        module = waiting.pop()
        path = _path(module)
        if path is None or path in found:
            continue
        found[path] = _file(path).read_bytes()
        waiting += [module.rpartition(".")[0], *_imported(found[path])]
    yield from found.items()


def _imported(source: bytes) -> Iterator[str]:
    """Yield each name that a source imports from our package; one that is no module is left out later."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{name}" for name in names)]
        yield from (name for name in names if name.partition(".")[0] == PACKAGE)


def _path(module: str) -> str | None:
    base = module.replace(".", "/")
    return next((path for path in (f"{base}.py", f"{base}/__init__.py") if base and _file(path).is_file()), None)


def _file(path: str) -> Traversable:
    return resources.files(PACKAGE).joinpath(*path.split("/")[1:])
