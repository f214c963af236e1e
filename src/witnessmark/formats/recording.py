"""What readers of recordings have in common: how duration, streams, tags, places and pictures in tags are told.

The observations are these, whoever fills them (container headers now, a program such as ffprobe where one is used):
`recording.container` (form and its facts), `recording.duration` (seconds as text, and who says so), one
`recording.stream` for each stream, `recording.tags` (name and text), `recording.read` (how deep the reading went).
Every word of a tag is hidden text; nothing of sound or picture is decoded.
"""

import re
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates, encodings
from witnessmark.formats.octets import Octets, observe_pairs, take_out
from witnessmark.model.codec import Value
from witnessmark.model.exhibit import How

HEADERS: Final = "container headers; no sound or picture was decoded"
LONGEST: Final = 100_000
MOST_STREAMS: Final = 500
MOST_TAGS: Final = 5000
_ISO6709 = re.compile(r"\s*([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?(?:CRS[^/]*)?/?\s*\Z")
_DATES: Final = {
    "date": "created",
    "year": "created",
    "creation_time": "created",
    "creationdate": "created",
    "recorded": "taken",
    "date_recorded": "taken",
    "date_encoded": "created",
    "date_released": "published",
    "originationdate": "created",
}
_SOFTWARE: Final = {"encoder", "software", "encoded_by", "writing_app", "muxing_app", "tool", "creator_tool"}


class Teller:
    """Tells one recording: tags are kept until the end, so that each is told once and their number is bounded."""

    def __init__(self, report: Report, form: str, **facts: Value) -> None:
        self.report = report
        self._tags: dict[str, Value] = {}
        self._streams = 0
        self._pictures = 0
        self._camera: dict[str, Value] = {}
        self._facts: dict[str, Value] = {"form": form, **facts}

    def fact(self, name: str, value: Value) -> None:
        """Add a fact about the container."""
        self._facts[name] = value

    def stream(self, kind: str, **facts: Value) -> None:
        """Report one stream; what is empty is left out."""
        self._streams += 1
        if self._streams <= MOST_STREAMS:
            value = {name: fact for name, fact in facts.items() if fact not in (None, "", 0)}
            self.report.observe("recording.stream", {"number": self._streams, "kind": kind, **value})

    def tag(self, name: str, text: str, says: str) -> None:
        """Keep one tag; its words are hidden text, a date or a program among them is told as such too."""
        text = text.strip("\0 \r\n\t\ufeff")[:LONGEST]
        if not text or len(self._tags) >= MOST_TAGS:
            return
        key, number = name, 2
        while key in self._tags and number < 100:
            key, number = f"{name} {number}", number + 1
        self._tags[key] = text[:2000]
        self.report.hidden(name, text + "\n")
        plain = name.lower().rpartition(":")[2].rpartition(".")[2].replace(" ", "_")
        if plain in ("make", "model"):
            self._camera.setdefault(plain, text[:200])
        if plain in _DATES:
            dates.observe(self.report, _DATES[plain], dates.from_iso(text), f"{says} {name}")
        if plain in _SOFTWARE:
            dates.observe_software(self.report, text, "", f"{says} {name}")
        if "iso6709" in plain or plain in ("location", "xyz"):
            self.place(text, f"{says} {name}")

    def place(self, text: str, says: str) -> None:
        """Report a place written as ISO 6709 says."""
        found = _ISO6709.match(text)
        if found is not None:
            value = {"latitude": found[1], "longitude": found[2], "altitude": found[3] or ""}
            self.report.observe(
                "place", {key: part for key, part in value.items() if part} | {"raw": text, "says": says}
            )

    def picture(self, octets: Octets, says: str, how: How = How.COPIED, words: str = "") -> None:
        """Take a picture out of a tag."""
        if octets.size < 8 or self._pictures >= 100:
            return
        self._pictures += 1
        suffix = suffix_of(octets.take(0, 16))
        value = {"says": says, "bytes": octets.size, "kind": suffix}
        self.report.observe("recording.picture", value | ({"words": words[:500]} if words else {}))
        if words:
            self.report.hidden("picture", words + "\n")
        take_out(octets, f"picture-{self._pictures}.{suffix}", self.report, how)

    def duration(self, units: int, scale: int, says: str) -> None:
        """Report a duration; a scale of zero says nothing."""
        if scale > 0 and units >= 0:
            self.report.observe("recording.duration", {"seconds": seconds(units, scale), "says": says})

    def close(self) -> None:
        """Report container, camera and tags."""
        if self._camera:
            self.report.observe("camera", self._camera)
        self.report.observe("recording.container", self._facts)
        self.report.observe("recording.read", HEADERS)
        observe_pairs(self.report, "recording.tags", self._tags)


def seconds(units: int, scale: int) -> str:
    """Return a quotient to a thousandth, as text, without rounding through a float."""
    thousandths = units * 1000 // scale
    return f"{thousandths // 1000}.{thousandths % 1000:03}"


def per_second(count: int, units: int, scale: int) -> str:
    """Return how many there are in a second, to a thousandth, as text."""
    return seconds(count * scale, units) if units > 0 else ""


def suffix_of(head: bytes) -> str:
    """Return what a picture's first bytes say it is."""
    for mark, suffix in (
        (b"\xff\xd8", "jpg"),
        (b"\x89PNG", "png"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
        (b"RIFF", "webp"),
    ):
        if head.startswith(mark):
            return suffix
    return "bin"


def words(raw: bytes, default: str = "") -> str:
    """Return bytes as text, in whatever encoding they are."""
    raw = raw[:LONGEST].rstrip(b"\0")
    return raw.decode(default or encodings.choose(raw).name, "replace") if raw else ""
