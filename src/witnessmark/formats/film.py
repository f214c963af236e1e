"""Films and sound in boxes (ISO/IEC 14496-12, QuickTime): movie, tracks, tags, places, chapters and subtitles.

Only the boxes' heads and the movie's own box are read; of samples only those of text tracks, while they are few.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, heif
from witnessmark.formats.boxes import Box, boxes, first
from witnessmark.formats.octets import Octets
from witnessmark.formats.recording import MOST_STREAMS, Teller, per_second, seconds, words
from witnessmark.model.derivative import Outcome

MOST_SAMPLES: Final = 20_000
LARGEST: Final = 8 << 20
MOST_TRACKS: Final = 10_000
_EPOCH = datetime(1904, 1, 1)  # noqa: DTZ001 - counted in UTC by the standard, by many cameras in local time
_KINDS: Final = {
    "vide": "video",
    "soun": "audio",
    "text": "text",
    "sbtl": "text",
    "subt": "text",
    "clcp": "text",
    "meta": "data",
    "tmcd": "timecode",
    "hint": "hint",
    "pict": "picture",
    "auxv": "video",
}
_TEXT_CODECS: Final = {"tx3g", "text", "wvtt", "stpp", "sbtt", "c608"}
_ITEMS: Final = {
    "\xa9nam": "title",
    "\xa9ART": "artist",
    "aART": "album_artist",
    "\xa9alb": "album",
    "\xa9cmt": "comment",
    "\xa9day": "date",
    "\xa9gen": "genre",
    "\xa9wrt": "composer",
    "\xa9too": "encoder",
    "\xa9enc": "encoded_by",
    "\xa9lyr": "lyrics",
    "\xa9grp": "grouping",
    "\xa9mak": "make",
    "\xa9mod": "model",
    "\xa9swr": "software",
    "\xa9xyz": "location",
    "\xa9des": "description",
    "\xa9cpy": "copyright",
    "\xa9inf": "information",
    "\xa9dir": "director",
    "\xa9prd": "producer",
    "\xa9prf": "performers",
    "\xa9fmt": "format",
    "\xa9src": "source",
    "\xa9url": "url",
    "\xa9aut": "author",
    "\xa9key": "keywords",
    "desc": "description",
    "ldes": "long_description",
    "cprt": "copyright",
    "titl": "title",
    "dscp": "description",
    "auth": "author",
    "perf": "performer",
    "gnre": "genre",
    "albm": "album",
    "yrrc": "year",
    "loci": "location_name",
    "kywd": "keywords",
    "tvsh": "show",
    "tven": "episode",
    "apID": "account",
    "ownr": "owner",
    "purd": "purchased",
    "keyw": "keywords",
    "catg": "category",
}
_NUMBERS: Final = {"trkn": "track", "disk": "disc"}


@dataclass(slots=True)
class _Track:
    kind: str = "data"
    number: int = 0
    codec: str = ""
    language: str = ""
    handler: str = ""
    scale: int = 0
    duration: int = 0
    width: int = 0
    height: int = 0
    shown: tuple[int, int] = (0, 0)
    channels: int = 0
    rate: int = 0
    bits: int = 0
    samples: int = 0
    octets: int = 0
    created: int = 0
    modified: int = 0
    turned: int = 0
    locked: bool = False
    sizes: list[int] = field(default_factory=list)
    chunks: list[int] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)


def read_film(source: Source, report: Report) -> None:
    """Read the boxes of a film or sound file.

    Raises:
        ReadingStopped: when it has no movie box and no fragments.
    """
    octets = Octets.whole(source)
    teller = Teller(report, "ISO media")
    listed: list[str] = []
    found = False
    for box in boxes(octets):
        if len(listed) < 200:
            listed.append(f"{box.kind} {box.octets.size}")
        if box.kind == "ftyp":
            teller.fact("brands", heif.brands(box))
        elif box.kind == "moov":
            found = True
            _read_movie(octets, box, teller)
        elif box.kind in ("moof", "sidx", "mdat"):
            found = found or box.kind != "mdat"
            if box.kind == "moof":
                teller.fact("fragments", True)
        elif box.kind == "meta":
            _read_meta(box, teller)
        elif box.kind == "uuid":
            heif.tell_uuid(box.octets, report)
        if box.cut:
            report.outcome(Outcome.PARTIAL, "the recording ends before its last box does")
    teller.fact("boxes", listed)
    teller.close()
    if not found:
        raise ReadingStopped(Outcome.CORRUPT, "no movie box is found: the recording may never have been finished")


def _read_movie(octets: Octets, moov: Box, teller: Teller) -> None:
    tracks = 0
    for box in boxes(moov.octets):
        if box.kind == "mvhd":
            _read_movie_header(box, teller)
        elif box.kind == "trak":
            tracks += 1
            if tracks <= MOST_TRACKS:
                _read_track(octets, box, teller, quiet=tracks > MOST_STREAMS)
        elif box.kind == "udta":
            _read_user_data(box, teller)
        elif box.kind == "meta":
            _read_meta(box, teller)
        elif box.kind == "uuid":
            heif.tell_uuid(box.octets, teller.report)
        elif box.kind == "cmov":
            teller.fact("packed_header", True)
    teller.fact("tracks", tracks)
    if tracks > MOST_STREAMS:
        said = f"only {MOST_STREAMS} of {tracks:,} or more tracks are told"
        teller.report.outcome(Outcome.PARTIAL, said)


def _read_movie_header(box: Box, teller: Teller) -> None:
    version, _, body = box.full()
    wide = 8 if version == 1 else 4
    _tell_time("created", body.number(0, wide), "movie header", teller.report)
    _tell_time("modified", body.number(wide, wide), "movie header", teller.report)
    scale, length = body.number(wide * 2, 4), body.number(wide * 2 + 4, wide)
    if length not in (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF):
        teller.duration(length, scale, "movie header")


def _tell_time(name: str, count: int, says: str, report: Report) -> None:
    """Report a count of seconds since 1904; none, where a writer left it at zero."""
    if not count:
        return
    try:
        moment = dates.Moment(str(count), _EPOCH + timedelta(seconds=count), 0)
    except OverflowError:
        moment = dates.Moment(str(count))
    dates.observe(report, name, moment, says)


def _read_track(octets: Octets, trak: Box, teller: Teller, *, quiet: bool) -> None:
    track = _Track()
    for box in boxes(trak.octets):
        if box.kind == "tkhd":
            _read_track_header(box, track)
        elif box.kind == "mdia":
            _read_media(box, track)
        elif box.kind == "udta" and not quiet:
            _read_user_data(box, teller)
        elif box.kind == "meta" and not quiet:
            _read_meta(box, teller)
    if quiet:
        return
    _tell_track(track, teller)
    if track.codec in _TEXT_CODECS:
        said = list(_texts(octets, track))
        if said:
            teller.report.visible("\n".join(said) + "\n")


def _tell_track(track: _Track, teller: Teller) -> None:
    length = seconds(track.duration, track.scale) if track.scale else ""
    rate = per_second(track.samples, track.duration, track.scale) if track.kind == "video" else ""
    bits = track.octets * 8 * track.scale // track.duration if track.duration and track.scale else 0
    teller.stream(
        track.kind,
        id=track.number,
        codec=track.codec,
        language=track.language,
        handler=track.handler,
        width=track.width,
        height=track.height,
        shown=list(track.shown) if any(track.shown) and track.shown != (track.width, track.height) else "",
        turned=track.turned,
        channels=track.channels,
        sample_rate=track.rate,
        bits=track.bits,
        frames=track.samples if track.kind == "video" else 0,
        frame_rate=rate,
        bit_rate=bits,
        seconds=length,
        locked=track.locked or None,
    )
    for name, count in (("created", track.created), ("modified", track.modified)):
        _tell_time(name, count, f"{track.kind} track {track.number}", teller.report)


def _read_track_header(box: Box, track: _Track) -> None:
    version, _, body = box.full()
    wide = 8 if version == 1 else 4
    track.created, track.modified = body.number(0, wide), body.number(wide, wide)
    track.number = body.number(wide * 2, 4)
    at = wide * 2 + 8 + wide + 16
    matrix = struct.unpack(">9i", body.take(at, 36).ljust(36, b"\0"))
    turns = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 90, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 270}
    track.turned = turns.get(tuple(value // 65536 for value in (*matrix[0:2], *matrix[3:5])), 0)
    track.shown = body.number(at + 36, 4) >> 16, body.number(at + 40, 4) >> 16


def _read_media(mdia: Box, track: _Track) -> None:
    for box in boxes(mdia.octets):
        if box.kind == "mdhd":
            version, _, body = box.full()
            wide = 8 if version == 1 else 4
            track.scale, track.duration = body.number(wide * 2, 4), body.number(wide * 2 + 4, wide)
            track.language = _language(body.number(wide * 3 + 4, 2))
        elif box.kind == "hdlr":
            _, _, body = box.full()
            kind = body.take(4, 4).decode("latin-1")
            track.kind = _KINDS.get(kind, "data")
            raw = body.take(20, 200)
            raw = raw[1 : 1 + raw[0]] if raw and raw[0] == len(raw.rstrip(b"\0")) - 1 else raw
            track.handler = raw.split(b"\0")[0].decode("utf-8", "replace")
        elif box.kind == "minf":
            stbl = first(box.octets, "stbl")
            if stbl is not None:
                _read_table(stbl, track)


def _language(code: int) -> str:
    if code == 0x55C4 or code < 0x400:
        return ""
    letters = "".join(chr((code >> shift & 31) + 0x60) for shift in (10, 5, 0))
    return letters if letters.isalpha() and letters.isascii() else ""


def _read_table(stbl: Box, track: _Track) -> None:
    for box in boxes(stbl.octets):
        _, _, body = box.full()
        if box.kind == "stsd":
            entry = next(boxes(body.part(4), 1), None)
            if entry is not None:
                _read_entry(entry, track)
        elif box.kind == "stsz":
            same, count = body.number(0, 4), body.number(4, 4)
            held = (body.size - 8) // 4
            track.samples = count if same else min(count, held)
            if same:
                track.octets = same * count
                track.sizes = [same] * min(count, MOST_SAMPLES)
            else:
                raw = body.take(8, min(track.samples * 4, LARGEST))
                sizes = struct.unpack(f">{len(raw) // 4}I", raw[: len(raw) // 4 * 4])
                track.octets, track.sizes = sum(sizes), list(sizes[:MOST_SAMPLES])
        elif box.kind in ("stco", "co64"):
            wide = 4 if box.kind == "stco" else 8
            raw = body.take(4, min(body.number(0, 4), MOST_SAMPLES) * wide)
            track.chunks = [int.from_bytes(raw[at : at + wide], "big") for at in range(0, len(raw) - wide + 1, wide)]
        elif box.kind == "stsc":
            raw = body.take(4, min(body.number(0, 4), MOST_SAMPLES) * 12)
            track.runs = [struct.unpack_from(">II", raw, at) for at in range(0, len(raw) - 11, 12)]


def _read_entry(entry: Box, track: _Track) -> None:
    track.codec = entry.kind.strip()
    body = entry.octets
    inner = None
    if track.kind == "video":
        track.width, track.height = body.number(24, 2), body.number(26, 2)
        inner = body.part(78)
    elif track.kind == "audio":
        track.channels, track.bits, track.rate = body.number(16, 2), body.number(18, 2), body.number(24, 4) >> 16
        version = body.number(8, 2)
        inner = body.part({1: 44, 2: 64}.get(version, 28))
    if entry.kind in ("encv", "enca", "drms", "drmi", "drmt", "p608", "enct"):
        track.locked = True
        frma = first(inner, "sinf", "frma") if inner is not None else None
        if frma is not None:
            track.codec = frma.octets.take(0, 4).decode("latin-1").strip()


def _texts(octets: Octets, track: _Track) -> Iterator[str]:
    """Yield the words of a text track's samples (3GPP TS 26.245; QuickTime text; WebVTT in ISO boxes)."""
    for at, size in _places(track):
        raw = octets.take(at, min(size, 1 << 16))
        if track.codec in ("tx3g", "text") and len(raw) >= 2:
            length = int.from_bytes(raw[:2], "big")
            body = raw[2 : 2 + length]
            code = "utf-16" if body[:2] in (b"\xfe\xff", b"\xff\xfe") else "utf-8"
            text = body.decode(code, "replace")
        elif track.codec == "wvtt":
            inner = Octets.of(raw)
            said = (first(box.octets, "payl") for box in boxes(inner, 100) if box.kind == "vttc")
            text = "\n".join(box.octets.take(0, 4096).decode("utf-8", "replace") for box in said if box is not None)
        elif track.codec in ("stpp", "sbtt"):
            text = raw.decode("utf-8", "replace")
        else:
            return
        if text.strip():
            yield text.strip()


def _places(track: _Track) -> Iterator[tuple[int, int]]:
    """Yield place and size of each sample, from the tables of chunks (14496-12, 8.7.4)."""
    runs = [*track.runs, (len(track.chunks) + 1, 0)]
    sample = 0
    for (start, count), (stop, _) in pairwise(runs):
        for chunk in range(max(start, 1), min(stop, len(track.chunks) + 1)):
            at = track.chunks[chunk - 1]
            for _ in range(count):
                if sample >= len(track.sizes):
                    return
                yield at, track.sizes[sample]
                at += track.sizes[sample]
                sample += 1


def _read_user_data(udta: Box, teller: Teller) -> None:
    for box in boxes(udta.octets, 1000):
        if box.kind == "meta":
            _read_meta(box, teller)
        elif box.kind == "XMP_":
            heif.tell_uuid(_as_uuid(box.octets), teller.report)
        elif box.kind.startswith("\xa9"):
            # QuickTime: a length, a language, the words; more than one language may follow
            size = box.octets.number(0, 2)
            text = words(box.octets.take(4, size or LARGEST))
            teller.tag(_ITEMS.get(box.kind, box.kind[1:]), text, "QuickTime user data")
        elif box.kind in _ITEMS:
            _, _, body = box.full()
            text = words(body.take(2, LARGEST)) if box.kind != "yrrc" else str(body.number(0, 2))
            teller.tag(_ITEMS[box.kind], text, "3GPP user data")
        elif box.kind == "chpl":
            _read_chapters(box, teller)


def _as_uuid(octets: Octets) -> Octets:
    return Octets.of(heif.XMP_UUID + octets.take(0, LARGEST))


def _read_chapters(box: Box, teller: Teller) -> None:
    _, _, body = box.full()
    at = 5
    for _ in range(body.number(4, 1)):
        length = body.number(at + 8, 1)
        teller.tag("chapter", words(body.take(at + 9, length)), "chapter list")
        at += 9 + length


def _read_meta(meta: Box, teller: Teller) -> None:
    # In QuickTime files `meta` is a plain box, elsewhere a full one: whichever way boxes come out.
    body = meta.octets if meta.octets.take(4, 4) in (b"hdlr", b"keys", b"ilst") else meta.octets.part(4)
    keys: list[str] = []
    for box in boxes(body, 1000):
        if box.kind == "keys":
            keys = _keys(box)
        elif box.kind == "ilst":
            for item in boxes(box.octets, 5000):
                _read_item(item, keys, teller)
        elif box.kind == "xml ":
            teller.tag("XML", words(box.octets.take(4, LARGEST)), "meta")


def _keys(box: Box) -> list[str]:
    _, _, body = box.full()
    return [key.octets.take(0, 256).decode("utf-8", "replace") for key in boxes(body.part(4), 5000)]


def _read_item(item: Box, keys: list[str], teller: Teller) -> None:
    name = item.kind
    index = int.from_bytes(name.encode("latin-1"), "big")
    if 0 < index <= len(keys):
        name = keys[index - 1]
    elif name == "----":
        own = first(item.octets, "name")
        name = own.octets.take(4, 200).decode("utf-8", "replace") if own is not None else "own"
    else:
        name = _ITEMS.get(name, _NUMBERS.get(name, name.strip()))
    for data in boxes(item.octets, 50):
        if data.kind != "data":
            continue
        kind, value = data.octets.number(0, 4), data.octets.part(8)
        if item.kind == "covr" or kind in (13, 14, 27):
            teller.picture(value, "cover")
        else:
            teller.tag(name, _value(item.kind, kind, value), "item list")


def _value(name: str, kind: int, value: Octets) -> str:
    raw = value.take(0, LARGEST)
    if name in _NUMBERS and len(raw) >= 6:
        number, of = struct.unpack_from(">HH", raw, 2)
        return f"{number} of {of}" if of else str(number)
    if kind == 1:
        return raw.decode("utf-8", "replace")
    if kind == 2:
        return raw.decode("utf-16-be", "replace")
    if kind in (21, 65, 66, 67, 74):
        return str(int.from_bytes(raw[:8], "big", signed=True))
    if kind in (22, 75, 76, 77, 78):
        return str(int.from_bytes(raw[:8], "big"))
    if kind == 23 and len(raw) == 4:
        return repr(struct.unpack(">f", raw)[0])
    if kind == 24 and len(raw) == 8:
        return repr(struct.unpack(">d", raw)[0])
    if kind == 0 and 0 < len(raw) <= 8:
        return str(int.from_bytes(raw, "big"))
    return raw[:64].hex()
