"""JPEG (ISO/IEC 10918-1, annex B): every segment in order, its tables, and what lies in and behind it; no pixel.

Observed for those who weigh: order and lengths of segments, quantisation tables, whether the Huffman tables are the
standard's (annex K), sampling, scans, restarts, JFIF density, Adobe's mark, colour profile, second pictures (MPF),
thumbnails, content credentials (JUMBF), and what stands after the end.
"""

import hashlib
import re
import struct
from collections.abc import Container
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import exif, icc, iptc, jumbf, picture, trailers, xmp
from witnessmark.formats.octets import Decoded, Octets, Room, take_out
from witnessmark.formats.tiff import Structure
from witnessmark.model.derivative import Outcome

MOST_SEGMENTS = 5000
_MOST_LISTED = 200
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SIZES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # F7: JPEG-LS (ISO/IEC 14495-1)
_MODES = {1: "L", 3: "YCbCr", 4: "CMYK"}
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_STANDARD: Final = {
    0x00: "2f66814c875b5317",
    0x10: "a6283a08f5d97906",
    0x01: "602f734c8c12c1d9",
    0x11: "13f90e3c9dc476c6",
}
"""SHA-256 (its beginning) of the counts and values of the tables K.3 to K.6, by class and number."""
_PROCESSES: Final = {
    0: "baseline",
    1: "extended sequential",
    2: "progressive",
    3: "lossless",
    9: "arithmetic",
    55: "JPEG-LS",
}


_EXV = b"\xff\x01Exiv2"


def read_exv(source: Source, report: Report) -> None:
    """Read the segments of an Exiv2 sidecar: those of a JPEG that speak of it, without the picture.

    Raises:
        ReadingStopped: when it does not begin as one.
    """
    data = picture.whole(source, report)
    if not data.startswith(_EXV):
        raise ReadingStopped(Outcome.CORRUPT, "no sidecar of Exiv2 can be made out in these bytes")
    if tell_blocks(data, report, len(_EXV)) is None:
        report.outcome(Outcome.PARTIAL, "the sidecar ends before its end marker")


def tell_blocks(data: bytes, report: Report, place: int = 2, base: int = 0) -> int | None:
    """Report EXIF, XMP, IPTC, profile and credentials of a JPEG that lies at `base` in another file.

    Return where it ends, or None when its end marker is missing.
    """
    jpeg = _Jpeg(data, report, base)
    end = jpeg.walk(place, _SPEAKING)
    jpeg.close_blocks()
    return end


def read_jpeg(source: Source, report: Report) -> None:
    """Read the segments of a JPEG.

    Raises:
        ReadingStopped: when there is no frame in it.
    """
    data = picture.whole(source, report)
    jpeg = _Jpeg(data, report)
    end = jpeg.walk()
    jpeg.close()
    if not jpeg.framed:
        raise ReadingStopped(Outcome.CORRUPT, "no picture frame is found in this JPEG")
    if end is None:
        report.outcome(Outcome.PARTIAL, "the JPEG ends before its end marker")
    else:
        trailers.tell(data, end, report)
        picture.tell_rest(data, end, report, jpeg.taken)


class _Jpeg:
    def __init__(self, data: bytes, report: Report, base: int = 0) -> None:
        self._data, self._report, self._base = data, report, base
        self.framed = False
        self.taken: list[tuple[int, int]] = []
        self._digest = hashlib.sha256()
        self._segments: list[dict[str, int | str]] = []
        self._quantisation: list[dict[str, object]] = []
        self._huffman: list[str] = []
        self._scans, self._restart = 0, 0
        self._more_xmp: dict[bytes, dict[int, bytes]] = {}
        self._profile: dict[int, bytes] = {}
        self._photoshop: list[bytes] = []
        self._exif: list[tuple[int, bytes]] = []
        self._credentials = jumbf.Gathered()
        self._room = Room(len(data))

    def walk(self, place: int = -1, kinds: Container[int] = range(256)) -> int | None:
        """Read segment by segment; return where the picture ends, or None when its end marker is missing.

        `place` is where the first one stands where that is not behind the start marker; `kinds` are those to read.
        """
        data = self._data
        if place < 0:
            place = 2 if data[:2] == b"\xff\xd8" else 0
        for _ in range(MOST_SEGMENTS):
            match = _MARKER.search(data, place)
            if match is None:
                return None
            kind, place = data[match.end() - 1], match.end()
            if kind == 0xD9:
                return place
            if kind in (0x01, 0xD8):
                continue
            if place + 2 > len(data):
                return None
            (length,) = struct.unpack_from(">H", data, place)
            length = max(length, 2)
            body = data[place + 2 : place + length]
            self._list(kind, match.start(), length, body)
            if kind in kinds:
                self._read(kind, place + 2, body)
            place += length
        return None

    def _list(self, kind: int, at: int, length: int, body: bytes) -> None:
        if len(self._segments) < _MOST_LISTED:
            listed: dict[str, int | str] = {"marker": _marker(kind), "at": at, "length": length}
            name = _label(body) if 0xE0 <= kind <= 0xEF else ""
            self._segments.append(listed | ({"name": name} if name else {}))

    def _read(self, kind: int, at: int, body: bytes) -> None:
        if self._exif and not (kind == 0xE1 and _goes_on(body)):
            self._tell_exif()
        if kind in _SIZES:
            self._read_frame(kind, body)
        elif kind == 0xDB:
            self._digest.update(body)
            self._read_quantisation(body)
        elif kind == 0xC4:
            self._read_huffman(body)
        elif kind == 0xDA:
            self._scans += 1
        elif kind == 0xDD and len(body) >= 2:
            self._restart = int.from_bytes(body[:2], "big")
        elif kind == 0xFE:
            picture.tell_words("comment", body, self._report)
        elif kind in _APPLICATIONS and (kind not in (0xE0, 0xE1) or self._room.holds(len(body))):
            _APPLICATIONS[kind](self, at, body)

    def _read_frame(self, kind: int, body: bytes) -> None:
        if self.framed or len(body) < 6:
            return
        depth, height, width, parts = struct.unpack_from(">BHHB", body)
        self.framed = True
        value = {"width": width, "height": height, "mode": _MODES.get(parts, str(parts)), "bits": depth}
        self._report.observe("picture.size", value)
        sampling = " ".join(f"{b >> 4}x{b & 15}" for b in body[7 : 6 + parts * 3 : 3])
        process = kind - 0xC0
        self._report.observe(
            "jpeg.frame",
            {"process": process, "name": _PROCESSES.get(process, "other"), "sampling": sampling, "components": parts},
        )

    def _read_quantisation(self, body: bytes) -> None:
        place = 0
        while place < len(body) and len(self._quantisation) < 32:
            wide, number = body[place] >> 4, body[place] & 15
            size = 128 if wide else 64
            raw = body[place + 1 : place + 1 + size]
            if len(raw) < size:
                return
            values = list(struct.unpack(">64H", raw)) if wide else list(raw)
            self._quantisation.append({"table": number, "bits": 16 if wide else 8, "values": values})
            place += 1 + size

    def _read_huffman(self, body: bytes) -> None:
        place = 0
        while place + 17 <= len(body) and len(self._huffman) < 64:
            count = sum(body[place + 1 : place + 17])
            table = body[place + 1 : place + 17 + count]
            same = hashlib.sha256(table).hexdigest()[:16] == _STANDARD.get(body[place])
            self._huffman.append(
                f"{'AC' if body[place] >> 4 else 'DC'}{body[place] & 15} {'standard' if same else 'own'}"
            )
            place += 17 + count

    def _jfif(self, at: int, body: bytes) -> None:
        if body.startswith(b"JFIF\0") and len(body) >= 12:
            major, minor, unit, across, down = struct.unpack_from(">BBBHH", body, 5)
            names = {0: "aspect", 1: "inch", 2: "cm"}
            value = {"version": f"{major}.{minor:02}", "unit": names.get(unit, str(unit)), "x": across, "y": down}
            self._report.observe("jpeg.jfif", value)
        elif body.startswith(b"JFXX\0\x10"):
            self._report.observe("picture.thumbnail", {"directory": "JFXX", "bytes": len(body) - 6, "form": "JPEG"})
            take_out(Octets.of(self._data).part(at + 6, len(body) - 6), "thumbnail-JFXX.jpg", self._report)

    def _exif_or_xmp(self, at: int, body: bytes) -> None:
        if body.startswith(b"Exif\0"):
            self._exif.append((self._base + at + 6, body[6:]))
        elif body.startswith(_XMP):
            xmp.read_packet(body[len(_XMP) :], self._report)
        elif body.startswith(_XMP_MORE) and len(body) > len(_XMP_MORE) + 40:
            guid = body[len(_XMP_MORE) : len(_XMP_MORE) + 32]
            (offset,) = struct.unpack_from(">I", body, len(_XMP_MORE) + 36)
            self._more_xmp.setdefault(guid, {})[offset] = body[len(_XMP_MORE) + 40 :]
        else:  # some programs write the name of the packet wrong
            for packet in xmp.packets(body):
                xmp.read_packet(packet, self._report)

    def _tell_exif(self) -> None:
        """Report an EXIF block; one of more than 64 KiB goes on in segments that have no head of their own."""
        (at, first), rest = self._exif[0], self._exif[1:]
        self._exif = []
        if rest:
            exif.read_exif(first + b"".join(body for _, body in rest), Decoded(self._report), at)
        else:
            exif.read_exif(first, self._report, at)

    def _profile_or_more(self, at: int, body: bytes) -> None:
        if body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            self._profile[body[12]] = body[14:]
        elif body.startswith(b"MPF\0"):
            self._read_pictures(at + 4)

    def _read_pictures(self, at: int) -> None:
        """Take out the further pictures that a multi-picture index names (CIPA DC-007)."""
        octets = Octets.of(self._data).part(at)
        try:
            structure = Structure(octets)
        except ValueError:
            return
        directory = structure.directory("MPF", structure.first)
        entry = None if directory is None else directory.entries.get(0xB002)
        if entry is None:
            return
        listed = []
        for number in range(min(entry.size // 16, 32)):
            attributes, size, offset = struct.unpack_from(
                structure.order + "III", octets.take(entry.at + number * 16, 16).ljust(16, b"\0")
            )
            listed.append({"type": attributes & 0xFFFFFF, "bytes": size, "offset": offset})
            if offset and size > 100 and octets.take(offset, 2) == b"\xff\xd8" and self._room.holds(size):
                take_out(octets.part(offset, size), f"picture-{number + 1}.jpg", self._report)
                self.taken.append((at + offset, at + offset + size))
        self._report.observe("jpeg.pictures", listed)

    def _photoshop_block(self, _at: int, body: bytes) -> None:
        if body.startswith(b"Photoshop 3.0\0"):
            self._photoshop.append(body[14:])

    def _adobe(self, _at: int, body: bytes) -> None:
        if body.startswith(b"Adobe") and len(body) >= 12:
            version, _, _, transform = struct.unpack_from(">HHHB", body, 5)
            self._report.observe("jpeg.adobe", {"version": version, "transform": transform})

    def _jumbf_part(self, _at: int, body: bytes) -> None:
        self._credentials.add(body)

    def close(self) -> None:
        """Report what is known only at the end."""
        self.close_blocks()
        if self._quantisation:
            self._report.observe("jpeg.quantisation", self._quantisation)
            self._report.observe("jpeg.tables", self._digest.hexdigest()[:16])
        if self._segments:
            self._report.observe("jpeg.segments", self._segments)
        coding = {"scans": self._scans, "restart": self._restart, "huffman": self._huffman}
        self._report.observe("jpeg.coding", coding)

    def close_blocks(self) -> None:
        """Report the blocks that may lie in several segments."""
        if self._exif:
            self._tell_exif()
        for pieces in self._more_xmp.values():
            xmp.read_packet(b"".join(pieces[offset] for offset in sorted(pieces)), self._report)
        if self._profile:
            icc.read_icc(b"".join(self._profile[number] for number in sorted(self._profile)), self._report)
        if self._photoshop:
            # A long block goes on in the next segment; where each begins anew, the marks stand where they must.
            report = self._report if len(self._photoshop) == 1 else Decoded(self._report)
            iptc.read_photoshop(b"".join(self._photoshop), report, {0x0422: exif.read_exif})
        self._credentials.tell(self._report)


_APPLICATIONS: Final = {
    0xE0: _Jpeg._jfif,
    0xE1: _Jpeg._exif_or_xmp,
    0xE2: _Jpeg._profile_or_more,
    0xEB: _Jpeg._jumbf_part,
    0xED: _Jpeg._photoshop_block,
    0xEE: _Jpeg._adobe,
}
_SPEAKING: Final = {0xE1, 0xE2, 0xEB, 0xED, 0xFE}


def _goes_on(body: bytes) -> bool:
    return body.startswith(b"Exif\0") and not exif.begins(body[6:])


def _marker(kind: int) -> str:
    if 0xE0 <= kind <= 0xEF:
        return f"APP{kind - 0xE0}"
    if kind in _SIZES:
        return f"SOF{kind - 0xC0}"
    return {0xC4: "DHT", 0xDA: "SOS", 0xDB: "DQT", 0xDD: "DRI", 0xFE: "COM"}.get(kind, f"{kind:02X}")


def _label(body: bytes) -> str:
    name = re.match(rb"[ -~]{2,60}", body)
    return name[0].decode("ascii") if name is not None else ""
