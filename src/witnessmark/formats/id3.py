"""Tags of MPEG audio: ID3 versions 1 and 2 (id3.org, 2.2 to 2.4), APE, and Lyrics3; every frame, pictures apart."""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from witnessmark.formats.octets import Octets
from witnessmark.formats.recording import Teller, words
from witnessmark.model.exhibit import How

MOST_FRAMES: Final = 5000
LARGEST: Final = 24 << 20
_ENCODINGS: Final = {0: "", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_NAMES: Final = {
    "TIT1": "grouping", "TIT2": "title", "TIT3": "subtitle", "TPE1": "artist", "TPE2": "album_artist",
    "TPE3": "conductor", "TPE4": "remixed_by", "TALB": "album", "TCON": "genre", "TRCK": "track",
    "TPOS": "disc", "TYER": "year", "TDRC": "recorded", "TDAT": "day", "TIME": "time", "TORY": "original_year",
    "TDOR": "original_date", "TDRL": "date_released", "TDEN": "date_encoded", "TDTG": "date_tagged",
    "TRDA": "recording_dates", "TCOM": "composer", "TEXT": "lyricist", "TCOP": "copyright", "TPUB": "publisher",
    "TENC": "encoded_by", "TSSE": "encoder", "TLAN": "language", "TLEN": "length", "TOPE": "original_artist",
    "TOAL": "original_album", "TOFN": "original_file_name", "TOLY": "original_lyricist", "TOWN": "owner",
    "TFLT": "file_type", "TMED": "medium", "TKEY": "key", "TBPM": "bpm", "TSRC": "isrc", "TCMP": "compilation",
    "TXXX": "own", "COMM": "comment", "USLT": "lyrics", "SYLT": "lyrics", "WXXX": "url", "WOAR": "artist_url",
    "WOAF": "file_url", "WOAS": "source_url", "WCOM": "shop_url", "WCOP": "copyright_url",
    "WPUB": "publisher_url", "IPLS": "people", "TIPL": "people", "TMCL": "musicians", "USER": "terms",
    "UFID": "file_id", "PRIV": "private", "GEOB": "object", "OWNE": "ownership", "PCNT": "plays",
    "POPM": "rating", "TRSN": "station", "TRSO": "station_owner", "TSOP": "artist_order", "TSOA": "album_order",
    "TSOT": "title_order",
}  # fmt: skip
_SHORT: Final = {
    "TT1": "TIT1", "TT2": "TIT2", "TT3": "TIT3", "TP1": "TPE1", "TP2": "TPE2", "TP3": "TPE3", "TP4": "TPE4",
    "TAL": "TALB", "TCO": "TCON", "TRK": "TRCK", "TPA": "TPOS", "TYE": "TYER", "TDA": "TDAT", "TIM": "TIME",
    "TOR": "TORY", "TCM": "TCOM", "TXT": "TEXT", "TCR": "TCOP", "TPB": "TPUB", "TEN": "TENC", "TSS": "TSSE",
    "TLA": "TLAN", "TLE": "TLEN", "TOA": "TOPE", "TOT": "TOAL", "TOF": "TOFN", "TOL": "TOLY", "TFT": "TFLT",
    "TMT": "TMED", "TKE": "TKEY", "TBP": "TBPM", "TRC": "TSRC", "TCP": "TCMP", "TXX": "TXXX", "COM": "COMM",
    "ULT": "USLT", "SLT": "SYLT", "WXX": "WXXX", "WAR": "WOAR", "WAF": "WOAF", "WAS": "WOAS", "WCM": "WCOM",
    "WCP": "WCOP", "WPB": "WPUB", "IPL": "IPLS", "UFI": "UFID", "GEO": "GEOB", "PIC": "APIC", "CNT": "PCNT",
    "POP": "POPM", "TRD": "TRDA",
}  # fmt: skip
GENRES: Final = [
    "Blues",
    "Classic Rock",
    "Country",
    "Dance",
    "Disco",
    "Funk",
    "Grunge",
    "Hip-Hop",
    "Jazz",
    "Metal",
    "New Age",
    "Oldies",
    "Other",
    "Pop",
    "R&B",
    "Rap",
    "Reggae",
    "Rock",
    "Techno",
    "Industrial",
    "Alternative",
    "Ska",
    "Death Metal",
    "Pranks",
    "Soundtrack",
    "Euro-Techno",
    "Ambient",
    "Trip-Hop",
    "Vocal",
    "Jazz+Funk",
    "Fusion",
    "Trance",
    "Classical",
    "Instrumental",
    "Acid",
    "House",
    "Game",
    "Sound Clip",
    "Gospel",
    "Noise",
    "Alternative Rock",
    "Bass",
    "Soul",
    "Punk",
    "Space",
    "Meditative",
    "Instrumental Pop",
    "Instrumental Rock",
    "Ethnic",
    "Gothic",
    "Darkwave",
    "Techno-Industrial",
    "Electronic",
    "Pop-Folk",
    "Eurodance",
    "Dream",
    "Southern Rock",
    "Comedy",
    "Cult",
    "Gangsta",
    "Top 40",
    "Christian Rap",
    "Pop/Funk",
    "Jungle",
    "Native US",
    "Cabaret",
    "New Wave",
    "Psychedelic",
    "Rave",
    "Showtunes",
    "Trailer",
    "Lo-Fi",
    "Tribal",
    "Acid Punk",
    "Acid Jazz",
    "Polka",
    "Retro",
    "Musical",
    "Rock & Roll",
    "Hard Rock",
]
_GENRE = re.compile(r"\A\(?(\d{1,3})\)?(.*)\Z", re.DOTALL)


def size_of(octets: Octets, at: int = 0) -> int:
    """Return the length of an ID3v2 tag at a place, its head included; 0 where there is none."""
    head = octets.take(at, 10)
    if len(head) < 10 or head[:3] != b"ID3" or head[3] > 4 or any(byte > 127 for byte in head[6:10]):
        return 0
    return 10 + _synchsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)


def read_id3(octets: Octets, teller: Teller) -> int:
    """Tell an ID3v2 tag at the beginning of a run; return its length."""
    size = size_of(octets)
    if not size:
        return 0
    version, flags = octets.number(3, 1), octets.number(5, 1)
    teller.fact("id3", f"2.{version}.{octets.number(4, 1)}")
    body = octets.part(10, min(size - 10, LARGEST)).take(0, LARGEST)
    how = How.COPIED
    if flags & 0x80 and version < 4:
        how, body = How.DECODED, body.replace(b"\xff\0", b"\xff")
    if flags & 0x40:
        extended = _synchsafe(body[:4]) if version == 4 else int.from_bytes(body[:4], "big") + 4
        body = body[extended:]
    for count, (name, data, packed) in enumerate(_frames(body, version)):
        if count >= MOST_FRAMES:
            break
        if _SHORT.get(name, name) == "APIC":
            _take_picture(data, teller, How.DECODED if packed else how, short=version == 2)
        else:
            _tell(name, data, teller)
    return size


def _synchsafe(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def _frames(body: bytes, version: int) -> Iterator[tuple[str, bytes, bool]]:
    wide, head = (3, 6) if version == 2 else (4, 10)
    at = 0
    while at + head <= len(body) and body[at] != 0:
        name = body[at : at + wide].decode("latin-1")
        if not name.isalnum():
            return
        raw = body[at + wide : at + wide * 2]
        size = _synchsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        if version == 4 and size > 127 and not _is_frame(body, at + head + size):
            plain = int.from_bytes(raw, "big")  # some programs write the size of 2.3 into 2.4
            size = plain if _is_frame(body, at + head + plain) else size
        flags = int.from_bytes(body[at + 8 : at + 10], "big") if version > 2 else 0
        data = body[at + head : at + head + size]
        bare = _unpacked(data, flags, version)
        yield name, bare, not data.endswith(bare)
        at += head + size


def _is_frame(body: bytes, at: int) -> bool:
    return at >= len(body) - 10 or body[at] == 0 or body[at : at + 4].isalnum()


def _unpacked(data: bytes, flags: int, version: int) -> bytes:
    if version == 4:
        if flags & 1:
            data = data[4:]
        if flags & 2:
            data = data.replace(b"\xff\0", b"\xff")
        packed = flags & 8
    else:
        packed = flags & 0x80
        data = data[4:] if packed else data
    if packed:
        try:
            return zlib.decompressobj().decompress(data, LARGEST)
        except zlib.error:
            return b""
    return data


def _tell(name: str, data: bytes, teller: Teller) -> None:
    name = _SHORT.get(name, name)
    label, says = _NAMES.get(name, name), "ID3"
    if name in ("COMM", "USLT"):
        about, text = _split(data[0] if data else 0, data[4:])
        teller.tag(label, f"{about}: {text}" if about else text, says)
    elif name == "SYLT":
        teller.tag(label, _timed(data), says)
    elif name in ("TXXX", "WXXX"):
        about, text = _split(data[0] if data else 0, data[1:], plain=name == "WXXX")
        teller.tag(about or label, text, says)
    elif name == "TCON":
        teller.tag(label, genre(_text(data)), says)
    elif name in ("TRCK", "TPOS"):
        teller.tag(label, _text(data), says)
        teller.report.hidden("place in the set", f", {label} {_text(data).split('/')[0]}\n")
    elif name.startswith("T") or name in ("IPLS", "USER"):
        teller.tag(label, _text(data[4:] if name == "USER" and data else data), says)
    elif name.startswith("W"):
        teller.tag(label, words(data), says)
    elif name in ("PRIV", "UFID"):
        owner, _, rest = data.partition(b"\0")
        teller.tag(label, f"{owner[:200].decode('latin-1')} {_readable(rest)}", says)
    elif name == "GEOB":
        _take_object(data, teller)
    elif name == "POPM":
        teller.tag(label, data.split(b"\0")[0].decode("latin-1"), says)
    elif name == "PCNT":
        teller.tag(label, str(int.from_bytes(data[:8], "big")), says)


def _readable(raw: bytes) -> str:
    text = raw[:500].decode("ascii", "replace")
    return text if text.isprintable() else raw[:64].hex()


def _text(data: bytes) -> str:
    if not data:
        return ""
    return _decode(data[0], data[1:]).strip("\0").replace("\0", "; ")


def _decode(code: int, raw: bytes) -> str:
    name = _ENCODINGS.get(code)
    if name is None:
        return words(bytes((code,)) + raw)
    if name == "utf-16":
        return "\0".join(_wide(piece) for piece in _pieces(raw))
    return words(raw, name) if name else words(raw)


def _pieces(raw: bytes) -> Iterator[bytes]:
    start = 0
    for at in range(0, len(raw) - 1, 2):
        if raw[at : at + 2] == b"\0\0":
            yield raw[start:at]
            start = at + 2
    yield raw[start:]


def _wide(raw: bytes) -> str:
    if raw[:2] == b"\xfe\xff":
        return raw[2:].decode("utf-16-be", "replace")
    return raw.removeprefix(b"\xff\xfe").decode("utf-16-le", "replace")


def _split(code: int, raw: bytes, *, plain: bool = False) -> tuple[str, str]:
    """Return a description and the text after it."""
    wide = code in (1, 2)
    at = next((n for n in range(0, len(raw) - 1, 2) if raw[n : n + 2] == b"\0\0"), -1) if wide else raw.find(b"\0")
    if at < 0:
        return "", _decode(code, raw)
    rest = raw[at + (2 if wide else 1) :]
    return _decode(code, raw[:at]), words(rest) if plain else _decode(code, rest).strip("\0")


def _timed(data: bytes) -> str:
    if len(data) < 6:
        return ""
    wide = data[0] in (1, 2)
    _, rest = data[:6], data[6:]
    out: list[str] = []
    at = 0
    while at < len(rest) and len(out) < 5000:
        end = (
            next((n for n in range(at, len(rest) - 1, 2) if rest[n : n + 2] == b"\0\0"), -1)
            if wide
            else rest.find(b"\0", at)
        )
        if end < 0:
            break
        out.append(_decode(data[0], rest[at:end]))
        at = end + (2 if wide else 1) + 4
    return "\n".join(out)


def _take_picture(data: bytes, teller: Teller, how: How, *, short: bool) -> None:
    code = data[0] if data else 0
    at = 4 if short else data.find(b"\0", 1) + 1
    if at <= 0 or at + 1 > len(data):
        return
    about = data[at + 1 :]
    wide = code in (1, 2)
    end = (
        next((n for n in range(0, len(about) - 1, 2) if about[n : n + 2] == b"\0\0"), -1) if wide else about.find(b"\0")
    )
    text = _decode(code, about[:end]) if end > 0 else ""
    raw = about[end + (2 if wide else 1) :]
    # A picture that ends with the file's end is still one.
    teller.picture(Octets.of(raw), "ID3 APIC", how, text)


def _take_object(data: bytes, teller: Teller) -> None:
    code = data[0] if data else 0
    parts = data[1:].split(b"\0", 1)
    name, rest = _split(code, parts[1]) if len(parts) > 1 else ("", "")
    teller.tag("object", f"{parts[0][:100].decode('latin-1')} {name} {rest[:200] if rest.isprintable() else ''}", "ID3")


def genre(text: str) -> str:
    """Return a genre by its name: `(17)`, `17` and `(17)Rock` are all Rock."""
    found = _GENRE.match(text)
    if found is None or int(found[1]) >= len(GENRES):
        return text
    return found[2].strip("; ") or GENRES[int(found[1])]


def read_id3v1(octets: Octets, teller: Teller) -> int:
    """Tell an ID3v1 tag in the last 128 bytes, and the longer ones before it; return how many bytes they take."""
    tail = octets.take(octets.size - 128, 128)
    if tail[:3] != b"TAG":
        return 0
    teller.fact("id3v1", "1.1" if tail[125] == 0 and tail[126] else "1.0")
    for name, start, end in (("title", 3, 33), ("artist", 33, 63), ("album", 63, 93), ("year", 93, 97)):
        teller.tag(name, words(tail[start:end].split(b"\0")[0]), "ID3v1")
    comment = tail[97:127]
    if comment[28] == 0 and comment[29]:
        teller.tag("track", str(comment[29]), "ID3v1")
        comment = comment[:28]
    teller.tag("comment", words(comment.split(b"\0")[0]), "ID3v1")
    if tail[127] < len(GENRES):
        teller.tag("genre", GENRES[tail[127]], "ID3v1")
    return 128


def read_ape(octets: Octets, end: int, teller: Teller) -> int:
    """Tell an APE tag that ends at a place; return how many bytes it takes."""
    foot = octets.take(end - 32, 32)
    if foot[:8] != b"APETAGEX":
        return 0
    size, count = int.from_bytes(foot[12:16], "little"), int.from_bytes(foot[16:20], "little")
    teller.fact("ape", int.from_bytes(foot[8:12], "little"))
    body = octets.take(end - size, min(size, LARGEST))
    at = 0
    for _ in range(min(count, MOST_FRAMES)):
        length, flags = int.from_bytes(body[at : at + 4], "little"), int.from_bytes(body[at + 4 : at + 8], "little")
        stop = body.find(b"\0", at + 8)
        if stop < 0:
            break
        name, value = body[at + 8 : stop].decode("latin-1"), body[stop + 1 : stop + 1 + length]
        if flags >> 1 & 3 == 1:
            about, _, raw = value.partition(b"\0")
            teller.picture(Octets.of(raw), f"APE {name}", How.COPIED, words(about))
        else:
            teller.tag(name.lower(), words(value, "utf-8").replace("\0", "; "), "APE")
        at = stop + 1 + length
    return size + (32 if int.from_bytes(foot[20:24], "little") >> 31 else 0)


def read_lyrics(octets: Octets, end: int, teller: Teller) -> None:
    """Tell a Lyrics3 block (version 1 or 2) that ends at a place."""
    tail = octets.take(end - 15, 15)
    if tail[6:] == b"LYRICS200" and tail[:6].isdigit():
        size = int(tail[:6])
        body = octets.take(end - 15 - size, min(size, LARGEST))
        at = 11 if body.startswith(b"LYRICSBEGIN") else 0
        while at + 8 <= len(body) and body[at + 3 : at + 8].isdigit():
            name, length = body[at : at + 3].decode("latin-1"), int(body[at + 3 : at + 8])
            teller.tag(_LYRICS.get(name, name), words(body[at + 8 : at + 8 + length]), "Lyrics3")
            at += 8 + length
    elif tail[6:] == b"LYRICSEND":
        body = octets.take(end - 5100, 5091)
        begin = body.rfind(b"LYRICSBEGIN")
        if begin >= 0:
            teller.tag("lyrics", words(body[begin + 11 :]), "Lyrics3")


_LYRICS: Final = {"LYR": "lyrics", "INF": "comment", "AUT": "author", "EAL": "album", "EAR": "artist", "ETT": "title"}
