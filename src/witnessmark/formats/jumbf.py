"""JUMBF boxes (ISO/IEC 19566-5) by their labels: content credentials and whatever else is packed so in a picture."""

from collections.abc import Iterator

from witnessmark.cell.report import Report
from witnessmark.formats.boxes import boxes
from witnessmark.formats.octets import Octets

_MOST = 300
_DEEPEST = 12


def tell(octets: Octets, report: Report) -> None:
    """Report the labels of all superboxes in a run of bytes."""
    labels = [label for _, label in zip(range(_MOST), _labels(octets, "", 0), strict=False)]
    if labels:
        report.observe("picture.jumbf", labels)
        report.observe("picture.content_credentials", any(label.split("/")[0] == "c2pa" for label in labels))


def _labels(octets: Octets, above: str, depth: int) -> Iterator[str]:
    for box in boxes(octets, 1000):
        if box.kind != "jumb" or depth > _DEEPEST:
            continue
        described = next((inner for inner in boxes(box.octets, 1) if inner.kind == "jumd"), None)
        label = "?"
        if described is not None and described.octets.number(16, 1) & 2:
            label = described.octets.take(17, 256).split(b"\0")[0].decode("utf-8", "replace")
        path = f"{above}/{label}" if above else label
        yield path
        yield from _labels(box.octets, path, depth + 1)


class Gathered:
    """The JUMBF boxes of a JPEG, put together from its APP11 segments (ISO/IEC 18477-3, annex B)."""

    def __init__(self) -> None:
        self._parts: dict[int, dict[int, bytes]] = {}

    def add(self, body: bytes) -> None:
        """Take one segment."""
        if body[:2] == b"JP" and len(body) >= 16:
            instance, number = int.from_bytes(body[2:4], "big"), int.from_bytes(body[4:8], "big")
            start = 16 if body[8:12] == b"\0\0\0\1" else 8
            self._parts.setdefault(instance, {})[number] = body[8:] if number == 1 else body[8 + start :]

    def tell(self, report: Report) -> None:
        """Report the labels of what was gathered."""
        for parts in list(self._parts.values())[:16]:
            tell(Octets.of(b"".join(parts[number] for number in sorted(parts))), report)
