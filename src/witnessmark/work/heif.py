"""How pictures in HEIC become PNG: by libheif's own program, where it is found and has a decoder for them.

No library that may be bundled with us decodes them. The PNG is as hostile as the picture: it is drawn in a cell.
"""

import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from witnessmark.cell.program import Allowed, Command, Ran, Take, run
from witnessmark.work import programs
from witnessmark.work.programs import Program

_NAMES: Final = ("heif-dec", "heif-convert")
"""The newer name first; both lie side by side where the newer one is."""
_DECODER = re.compile(r"^HEIC decoders:\n- ([\w.-]{1,40}) = [^\n]*?(\d+(?:\.\d+)+)", re.MULTILINE)
ALLOWED: Final = Allowed(
    wall=120.0, cpu=60, address=16 << 30, memory=1536 << 20, disk=1 << 30, processes=16, output=1 << 16
)
"""What one picture may cost; the largest that a telephone takes has two hundred million pixels."""
_MADE: Final = ("drawn.png", *(f"drawn-{number}.png" for number in range(1, 65)))
"""One picture, or several of the same rank, numbered."""


def find(folder: Path, accepted: str) -> Program | None:
    """Return libheif's program with the decoder that it has, if both are there."""
    for name in _NAMES:
        path = shutil.which(name, path=programs.PLACES)
        decoder = None if path is None else _decoder(path, folder, accepted)
        if path is not None and decoder is not None:
            return Program(name, path, decoder)
    return None


@cache
def _decoder(path: str, folder: Path, accepted: str) -> str | None:
    """Return the first decoder of HEIC and its version; the library's own it does not say on its standard output."""
    ran = run(Command(path, ("--list-decoders",), allowed=ALLOWED), folder, accepted=accepted)
    found = _DECODER.search(ran.output.decode("ascii", "replace"))
    return None if found is None else f"{found[1]} {found[2]}"


def convert(program: Program, picture: Iterable[bytes], folder: Path, *, accepted: str, take: Take) -> Ran:
    """Have a picture written as PNG, turned as the container says; `take` gets each one of the first rank, in order."""
    command = Command(program.path, ("--quiet", "{folder}/picture", "{folder}/drawn.png"), allowed=ALLOWED)
    return run(command, folder, accepted=accepted, sources={"picture": picture}, made=_MADE, take=take)
