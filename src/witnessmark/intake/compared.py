"""What a second reader of a recording adds to what the first one saw, and where the two differ.

The first is our own, of the container's headers; the second is ffprobe. What both say is said once; where they differ
both stand, and which of them is right is not decided here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from witnessmark.model import codec
from witnessmark.work.probed import Probed, Stream

_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d)\.0+(?=Z?\Z)")
_ISO6709 = re.compile(
    r"([+-]\d{1,3}(?:\.\d{1,9})?)([+-]\d{1,3}(?:\.\d{1,9})?)([+-]\d{1,6}(?:\.\d{1,9})?)?(?:CRS[^/]*)?/?\Z"
)
_OF_THE_CONTAINER: Final = ("major_brand", "minor_version", "compatible_brands", "vendor_id")
"""Tags by which ffprobe repeats what a header holds."""
_APART, _SHARE = Decimal("0.5"), Decimal("0.02")
"""Durations that differ by more than half a second and more than a fiftieth are different."""

Observed = Sequence[tuple[str, codec.Value]]


def observations(probed: Probed, before: Observed, says: str) -> Iterator[tuple[str, codec.Value]]:
    """Yield what a second reader's look adds to the observations of the first one."""
    yield "ffprobe.container", {"says": says, **probed.facts, **({"odd": probed.odd} if probed.odd else {})}
    if probed.seconds:
        yield "recording.duration", {"seconds": probed.seconds, "says": says}
    for number, stream in enumerate(probed.streams, 1):
        yield "ffprobe.stream", stream.value(number)
    tags = new_tags(probed, before)
    if tags:
        yield "ffprobe.tags", tags
        yield from _places(tags, says)
    found = list(_differences(probed, before))
    if found:
        yield "ffprobe.differs", found


def new_tags(probed: Probed, before: Observed) -> dict[str, str]:
    """Return the tags, by where they stand and their name, whose words the first reader did not find."""
    known = {_plain(text) for _, value in before for text in _texts(value)}
    listed = [("container", probed.tags)]
    listed += [(f"stream {number}", stream.tags) for number, stream in enumerate(probed.streams, 1)]
    return {
        f"{where}: {name}": text
        for where, tags in listed
        for name, text in tags.items()
        if name.lower() not in _OF_THE_CONTAINER and _plain(text) not in known
    }


def _plain(text: str) -> str:
    """Return what two spellings of the same words have in common."""
    seen = "".join(letter for letter in text if letter.isprintable() and letter not in " \ufffd")
    return _FRACTION.sub(r"\1", seen).removesuffix("Z").casefold()


def _texts(value: codec.Value) -> Iterator[str]:
    """Yield every text in a value; `codec` bounds how deep it goes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _places(tags: dict[str, str], says: str) -> Iterator[tuple[str, codec.Value]]:
    """Yield the places among tags, each once; they are written as ISO 6709 says."""
    seen: set[str] = set()
    for name, text in tags.items():
        found = _ISO6709.match(text)
        if found is None or text in seen or not ("location" in name.lower() or "6709" in name):
            continue
        seen.add(text)
        parts = {"latitude": found[1], "longitude": found[2], **({"altitude": found[3]} if found[3] else {})}
        yield "place", {**parts, "raw": text, "says": f"{says} {name}"}


def _differences(probed: Probed, before: Observed) -> Iterator[codec.Value]:
    ours = [value for name, value in before if name == "recording.duration" and isinstance(value, dict)]
    said = [str(value.get("seconds")) for value in ours if value.get("seconds") is not None]
    theirs = _number(probed.seconds)
    if said and theirs is not None and not any(_is_near(_number(one), theirs) for one in said):
        yield {"what": "duration", "headers": said[:10], "ffprobe": probed.seconds}
    streams = [value for name, value in before if name == "recording.stream" and isinstance(value, dict)]
    for kind in ("video", "audio") if streams and len(streams) < 100 else ():
        count = sum(value.get("kind") == kind for value in streams)
        if count != len(probed.of(kind)):
            yield {"what": f"streams of {kind}", "headers": str(count), "ffprobe": str(len(probed.of(kind)))}
    yield from _sizes(streams, probed.of("video"))


def _sizes(streams: Iterable[codec.Value], second: Sequence[Stream]) -> Iterator[codec.Value]:
    """Yield a difference where no picture of one size is found in both."""
    ours = {f"{one['width']}x{one['height']}" for one in streams if one.get("width") and one.get("height")}
    facts = [stream.facts for stream in second]
    theirs = {f"{one['width']}x{one['height']}" for one in facts if "width" in one and "height" in one}
    if ours and theirs and not ours & theirs:
        yield {"what": "size of the picture", "headers": sorted(ours)[:10], "ffprobe": sorted(theirs)[:10]}


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _is_near(ours: Decimal | None, theirs: Decimal) -> bool:
    return ours is not None and abs(ours - theirs) <= max(_APART, _SHARE * max(ours, theirs))
