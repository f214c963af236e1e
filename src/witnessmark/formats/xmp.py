"""XMP packets (ISO 16684-1) of PDF and pictures: every property, their dates, their software, and their words."""

import binascii
import re
from collections.abc import Iterator
from typing import Any, Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates, encodings, markup
from witnessmark.formats.octets import Octets, observe_pairs, take_out
from witnessmark.model.codec import Value
from witnessmark.model.exhibit import How

_START = re.compile(rb"<(?:(?:x|xap):x[am]pmeta|rdf:RDF)\b")
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_META_END, _RDF_END = re.compile(rb"</(?:x|xap):x[am]pmeta\s*>"), re.compile(rb"</rdf:RDF\s*>")
MOST_PACKETS = 16
LARGEST = 4 << 20
MOST_WORDS = 2000
MOST_PROPERTIES = 5000
LONGEST = 2000
DEEPEST = 8

_DATES = {
    "CreateDate": "created",
    "ModifyDate": "modified",
    "MetadataDate": "modified",
    "DateTimeOriginal": "taken",
    "DateTimeDigitized": "digitised",
    "DateCreated": "created",
}
_SOFTWARE = {"CreatorTool", "Producer", "Software", "softwareAgent"}
_CAMERA: Final = (
    ("make", "tiff:Make"),
    ("model", "tiff:Model"),
    ("serial", "aux:SerialNumber"),
    ("lens", "aux:Lens"),
    ("lens_serial", "aux:LensSerialNumber"),
)
_MACHINE = re.compile(
    r"\s*(?:(?:xmp\.(?:did|iid)|uuid|adobe:docid)\b\S*|[0-9A-Fa-f-]{32,}|application/\w+|[\d./:+-]*)\s*\Z"
)
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ARRAYS: Final = {_RDF + "Bag", _RDF + "Seq", _RDF + "Alt"}
_PREFIXES: Final = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/bj/": "xmpBJ",
    "http://ns.adobe.com/xap/1.0/t/pg/": "xmpTPg",
    "http://ns.adobe.com/xap/1.0/g/img/": "xmpGImg",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
    "http://ns.adobe.com/xap/1.0/sType/Version#": "stVer",
    "http://ns.adobe.com/xap/1.0/sType/Job#": "stJob",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": "xmpDM",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://purl.org/dc/terms/": "dcterms",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
}
"""Customary prefixes of namespaces; any other keeps the prefix that the packet gives it."""


def packets(data: bytes) -> Iterator[bytes]:
    """Yield the XMP packets that stand uncompressed in some bytes."""
    at = found = 0
    endless: set[re.Pattern[bytes]] = set()  # what has no end from here on has none further on
    while found < MOST_PACKETS and (start := _START.search(data, at)) is not None:
        at = start.end()
        closing = _RDF_END if start[0].startswith(b"<rdf") else _META_END
        end = None if closing in endless else closing.search(data, at)
        if end is None:
            endless.add(closing)
            continue
        found, at = found + 1, end.end()
        if at - start.start() <= LARGEST:
            yield data[start.start() : at]


def read_packet(packet: bytes, report: Report) -> None:
    """Report every property of one packet as observations, its words as hidden text too."""
    root = markup.parse(_mended(packet.strip(b"\0 \r\n\t"))) if len(packet) <= LARGEST else None
    if root is None:
        return
    found = _Properties(report)
    toolkit = next((value for key, value in markup.pairs(root) if key.endswith(("}xmptk", "}xaptk"))), "")
    if toolkit:
        found.tell("x:xmptk", toolkit)
    for description in root.iter(_RDF + "Description"):
        if description.getparent().tag == _RDF + "RDF":
            about = description.get(_RDF + "about") or description.get("about")
            if about:
                found.tell("rdf:about", about)
            found.read_struct(description, "", 0)
    found.close()


def _mended(packet: bytes) -> bytes:
    """Return a packet whose letters XML can hold: some programs put those of a code page into what says UTF-8.

    XMP is Unicode (ISO 16684-1, section 7.1), XML has no control characters (XML 1.0, section 2.2); at either a
    parser gives up the element that they stand in.
    """
    if packet[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in packet[:8] or b"encoding=" in packet[:100]:
        return packet
    try:
        packet.decode()
    except UnicodeDecodeError:
        packet = packet.decode(encodings.choose(packet).name, "replace").encode()
    return _FORBIDDEN.sub(b" ", packet)


class _Properties:
    """The properties of one packet by their paths, as they are read."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._pairs: dict[str, Value] = {}
        self._words: dict[str, None] = {}

    def close(self) -> None:
        camera = {key: value for key, name in _CAMERA if (value := self._pairs.get(name))}
        if camera:
            self._report.observe("camera", camera | {"says": "XMP"})
        observe_pairs(self._report, "xmp", self._pairs)
        if self._words:
            self._report.hidden("metadata: XMP", "\n".join(self._words) + "\n")

    def tell(self, path: str, value: str) -> None:
        """Keep one value; its name is the path's last."""
        key = path.rpartition("/")[2].partition("[")[0].rpartition(":")[2]
        if len(self._pairs) >= MOST_PROPERTIES:
            return
        if key == "image" and len(value) > 200:
            self._take_thumbnail(value)
            value = f"({len(value)} characters)"
        self._pairs[path if path not in self._pairs else f"{path} #{len(self._pairs)}"] = value[:LONGEST]
        self._weigh(key, value.strip())

    def _weigh(self, key: str, value: str) -> None:
        if not value or key in ("about", "xmptk"):
            return
        if key in _DATES:
            dates.observe(self._report, _DATES[key], dates.from_iso(value), f"XMP {key}")
            return
        if key in _SOFTWARE:
            dates.observe_software(self._report, value, "", f"XMP {key}")
        if len(self._words) < MOST_WORDS and not _MACHINE.match(value):
            self._words[f"{key}: {value[:10000]}"] = None

    def _take_thumbnail(self, value: str) -> None:
        try:
            data = binascii.a2b_base64(value)
        except (binascii.Error, ValueError):
            return
        if data[:2] == b"\xff\xd8":
            self._report.observe("picture.thumbnail", {"directory": "XMP", "bytes": len(data), "form": "JPEG"})
            take_out(Octets.of(data), "thumbnail-XMP.jpg", self._report, How.DECODED)

    def read_struct(self, element: Any, path: str, depth: int) -> None:
        """Read the fields of a structure: the attributes and the children of an element."""
        for key, value in markup.pairs(element):
            if not key.startswith(_RDF) and key.startswith("{") and key != _LANG:
                self.tell(path + _name(key, element), value)
        for child in element:
            if isinstance(child.tag, str) and child.tag != _RDF + "type":
                self._read(child, path + _name(child.tag, child), depth + 1)

    def _read(self, element: Any, path: str, depth: int) -> None:
        if depth > DEEPEST:
            return
        resource = element.get(_RDF + "resource")
        children = [child for child in element if isinstance(child.tag, str)]
        if resource is not None:
            self.tell(path, resource)
        elif not children:
            self._read_leaf(element, path, depth)
        elif element.get(_RDF + "parseType") == "Resource":
            self.read_struct(element, path + "/", depth)
        else:
            for child in children:
                if child.tag in _ARRAYS:
                    self._read_array(child, path, depth)
                elif child.tag == _RDF + "Description":
                    self._read_description(child, path, depth)
                else:
                    self._read(child, f"{path}/{_name(child.tag, child)}", depth + 1)

    def _read_leaf(self, element: Any, path: str, depth: int) -> None:
        fields = [
            key for key, _ in markup.pairs(element) if key.startswith("{") and not key.startswith(_RDF) and key != _LANG
        ]
        if fields:
            self.read_struct(element, path + "/", depth)
        else:
            self.tell(path, element.text or "")

    def _read_description(self, element: Any, path: str, depth: int) -> None:
        value = element.find(_RDF + "value")
        if value is not None:  # a value with qualifiers
            self.tell(path, value.text or "")
        else:
            self.read_struct(element, path + "/", depth)

    def _read_array(self, array: Any, path: str, depth: int) -> None:
        simple: list[str] = []
        for number, item in enumerate(array.iterchildren(_RDF + "li"), 1):
            lang = item.get(_LANG)
            fields = any(key.startswith("{") and not key.startswith(_RDF) and key != _LANG for key, _ in item.items())
            if fields or len(item) or item.get(_RDF + "resource") is not None:
                self._read(item, f"{path}[{number}]", depth + 1)
            elif lang is not None and lang != "x-default":
                self.tell(f"{path}[{lang}]", item.text or "")
            else:
                simple.append(item.text or "")
        self._tell_list(path, simple)

    def _tell_list(self, path: str, texts: list[str]) -> None:
        for text in texts[:MOST_WORDS]:
            self.tell(path, text)
            self._pairs.pop(path, None)
        if texts:
            room = LONGEST * 10 // len(texts) + 1
            self._pairs[path] = texts[0][:LONGEST] if len(texts) == 1 else [text[:room] for text in texts[:MOST_WORDS]]


def _name(tag: str, element: Any) -> str:
    space, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    prefix = _PREFIXES.get(space)
    if prefix is None:
        prefix = next((known for known, uri in element.nsmap.items() if uri == space and known), "") or "ns"
    return f"{prefix}:{local}"
