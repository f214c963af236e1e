"""What ffprobe says of a recording: form, length, streams and tags, taken apart by one rule and nothing else.

A closed list of names, each with the one form that its value may have; numbers stay the words they are written in.
What is otherwise is left out, and counted. Nothing here believes what it reads: a file may hold any tag, and a broken
program may say anything.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from witnessmark.model.codec import Value
from witnessmark.model.text import clean

MOST_STREAMS: Final = 100
MOST_TAGS: Final = 500
LONGEST: Final = 2_000
"""Characters of a tag that are kept."""
_LARGEST = 1 << 20
_KINDS: Final = ("video", "audio", "subtitle", "data", "attachment")
_WORD: Final = re.compile(r"[A-Za-z0-9_ .,:;()/+*\[\]'|-]{1,120}\Z", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,15}\Z", re.ASCII)
_TIME: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?\Z", re.ASCII)
_PART: Final = re.compile(r"\d{1,9}[:/]\d{1,9}\Z", re.ASCII)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,100}\Z")
_FORM: Final = {
    "format_name": ("form", _WORD),
    "format_long_name": ("name", _WORD),
    "nb_streams": ("streams", _COUNT),
    "nb_programs": ("programs", _COUNT),
    "start_time": ("start", _TIME),
    "duration": ("duration", _TIME),
    "bit_rate": ("bit_rate", _COUNT),
    "probe_score": ("score", _COUNT),
}
_STREAM: Final = {
    "codec_name": ("codec", _WORD),
    "codec_long_name": ("name", _WORD),
    "codec_tag_string": ("mark", _WORD),
    "profile": ("profile", _WORD),
    "width": ("width", _COUNT),
    "height": ("height", _COUNT),
    "sample_aspect_ratio": ("pixel_shape", _PART),
    "pix_fmt": ("pixels", _WORD),
    "field_order": ("fields", _WORD),
    "color_space": ("colour", _WORD),
    "color_transfer": ("transfer", _WORD),
    "color_primaries": ("primaries", _WORD),
    "avg_frame_rate": ("frames_a_second", _PART),
    "sample_fmt": ("samples", _WORD),
    "sample_rate": ("rate", _COUNT),
    "channels": ("channels", _COUNT),
    "channel_layout": ("layout", _WORD),
    "bits_per_raw_sample": ("bits", _COUNT),
    "start_time": ("start", _TIME),
    "duration": ("duration", _TIME),
    "bit_rate": ("bit_rate", _COUNT),
    "nb_frames": ("frames", _COUNT),
}
_SILENT: Final = ("unknown", "N/A", "0/0", "0:1", "0", "und", "[0][0][0][0]")
"""Words by which it says that it does not know."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its kind, what is known of it, its tags; `is_cover` for a picture in a tag that passes for a film."""

    kind: str
    facts: Mapping[str, str]
    tags: Mapping[str, str]
    side: tuple[str, ...] = ()
    is_cover: bool = False

    def value(self, number: int) -> Value:
        """Return the stream as an observation holds it."""
        more: dict[str, Value] = {"side": list(self.side)} if self.side else {}
        return {"number": number, "kind": self.kind, **self.facts, **more, **({"cover": True} if self.is_cover else {})}


@dataclass(frozen=True, slots=True)
class Probed:
    """What was said of a recording; `odd` things in it were left out."""

    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    streams: tuple[Stream, ...] = ()
    odd: int = 0

    @property
    def seconds(self) -> str:
        """How long it is, in seconds, as it was written; nothing where that is not known."""
        return self.facts.get("duration", "")

    def of(self, kind: str) -> tuple[Stream, ...]:
        """Return the streams of a kind, without pictures in tags."""
        return tuple(stream for stream in self.streams if stream.kind == kind and not stream.is_cover)


def parse(said: bytes) -> Probed | None:
    """Return what ffprobe's JSON says; None where it is none."""
    if len(said) > _LARGEST:
        return None
    try:
        found = json.loads(
            said.decode("utf-8", "replace"),
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=lambda pairs: dict(reversed(pairs)),  # of two of a name the first counts
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    taking = _Taking()
    form = found.get("format")
    form = form if isinstance(form, dict) else {}
    facts, tags = taking.facts(form, _FORM), taking.tags(form.get("tags"))
    listed = found.get("streams")
    streams = listed if isinstance(listed, list) else []
    taking.odd += max(0, len(streams) - MOST_STREAMS)
    taken = tuple(taking.stream(one) for one in streams[:MOST_STREAMS] if isinstance(one, dict))
    return Probed(facts, tags, taken, taking.odd)


class _Taking:
    """Takes values that have their form, and counts the others."""

    def __init__(self) -> None:
        self.odd = 0
        self._tags_left = MOST_TAGS

    def stream(self, told: dict[str, Any]) -> Stream:
        kind = told.get("codec_type")
        facts = self.facts(told, _STREAM)
        disposition = told.get("disposition")
        side, turned = self._side(told.get("side_data_list"))
        return Stream(
            kind if kind in _KINDS else "unknown",
            facts | ({"turned": turned} if turned else {}),
            self.tags(told.get("tags")),
            side,
            isinstance(disposition, dict) and disposition.get("attached_pic") == "1",
        )

    def facts(self, told: dict[str, Any], wanted: Mapping[str, tuple[str, re.Pattern[str]]]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, (ours, form) in wanted.items():
            value = told.get(name)
            if value is None or value in _SILENT:
                continue
            if isinstance(value, str) and form.match(value):
                found[ours] = value
            else:
                self.odd += 1
        return found

    def tags(self, told: object) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in told.items() if isinstance(told, dict) else ():
            text = clean(value).strip() if isinstance(value, str) else ""
            if not text or text in _SILENT:
                continue
            if self._tags_left <= 0 or not _NAME.match(clean(name)):
                self.odd += 1
                continue
            self._tags_left -= 1
            found[clean(name)] = text[:LONGEST]
        return found

    def _side(self, told: object) -> tuple[tuple[str, ...], str]:
        """Return the names of what lies beside a stream, and by how much it is to be turned."""
        names: list[str] = []
        turned = ""
        for one in told[:20] if isinstance(told, list) else ():
            name = one.get("side_data_type") if isinstance(one, dict) else None
            if not isinstance(name, str) or not _WORD.match(name):
                self.odd += 1
                continue
            names.append(name)
            rotation = one.get("rotation")
            if isinstance(rotation, str) and re.fullmatch(r"-?\d{1,3}", rotation, re.ASCII) and int(rotation):
                turned = rotation
        return tuple(names), turned
