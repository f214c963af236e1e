"""The step `read`: its name, its version, its settings; with a content's digest they say what is due."""

from typing import Final

from witnessmark.cell.nursery import Readers
from witnessmark.formats import table
from witnessmark.model import codec
from witnessmark.model.derivative import Outcome
from witnessmark.model.words import StepName

NAME: Final = StepName.READ

VERSION: Final = "1"
"""Raised when readers change what they give; a newer version makes nothing due by itself (`--redo` does)."""

SETTINGS: Final = codec.encode({})
"""Nothing that a keeper may set changes a reading yet."""

AGAIN: Final = codec.encode({"limits": 4})
"""The settings of a second look: at what was killed for its time or memory, or died, with four times the limits."""

UNLOCKED: Final = codec.encode({"unlocked": True})
"""The settings of a reading with passwords at hand; which, is kept nowhere."""

TIMES: Final = 4
"""By how much the limits of a second look are larger; `AGAIN` says it."""

KILLED: Final = (Outcome.TIMEOUT, Outcome.MEMORY, Outcome.CRASH)
"""The ends that a second look may change; whatever ends so again is parked."""

_LATE: Final = ("heapq", "encodings.utf_16_le", "encodings.utf_16_be")
"""What the standard library itself would load late, in child after child."""

READERS: Final = Readers(
    "witnessmark.formats.read:read",
    # Each by itself, so that one parser that does not load leaves the others warm.
    (*_LATE, *table.modules(), "witnessmark.formats.read:preload"),
    others=(
        ("render_page", "witnessmark.formats.pdf_render:render_page"),
        ("render_picture", "witnessmark.formats.picture_render:render_picture"),
    ),
)
"""The readers by name: only the cell's child imports them."""
