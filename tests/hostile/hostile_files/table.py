"""The table of the hostile corpus: every file that is made by code, with what has to come of it."""

from functools import cache

from hostile_files import archives, disguise, messages, office, pdfs, pictures, recordings, texts, zips
from hostile_files.specimen import Hostile

_MODULES = (pictures, zips, archives, office, pdfs, disguise, messages, recordings, texts)


@cache
def files() -> tuple[Hostile, ...]:
    """Return every file; family 44, the readers that are taken over, is no file: `tests/work` has it, as canaries."""
    return tuple(hostile for module in _MODULES for hostile in module.files())
