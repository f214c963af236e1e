"""Detects the type of a file by its content."""

from dataclasses import dataclass, field
import pylibmagic
import magic
from witnessmark.cell.report import Source

_MAGIC = magic.Magic(mime=True)


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file is."""

    media_type: str
    tools: tuple[tuple[str, str], ...] = ()
    observed: dict[str, str] = field(default_factory=dict)


def detect(source: Source) -> Detected:
    source.stream.seek(0)
    return Detected(_MAGIC.from_buffer(source.stream.read(1 << 20)))
