"""Makes event logs of Windows: chunks with names and templates that records share, as the system writes them."""

import struct
import uuid
import zlib

WRITTEN = 136_000_000_000_000_000 + 6_816_408
SID = bytes((1, 2, 0, 0, 0, 0, 0, 5)) + struct.pack("<II", 32, 544)
SYSTEM = (
    "System",
    [],
    [
        ("Provider", [("Name", 0)], []),
        ("EventID", [("Qualifiers", 1)], [2]),
        ("Level", [], [3]),
        ("TimeCreated", [("SystemTime", 4)], []),
        ("EventRecordID", [], [5]),
        ("Correlation", [], []),
        ("Channel", [], ["Security"]),
        ("Computer", [], [6]),
        ("Security", [("UserID", 7)], []),
    ],
)
EVENT = ("Event", [("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event")], [SYSTEM, 8])
DATA = ("EventData", [], [("Data", [("Name", "Door")], [0]), ("Data", [("Name", "Keys")], [1])])


def text(said):
    return 1, said.encode("utf-16-le")


class Chunk:
    """One chunk on its way; an element is its name, attributes and content, and a number a place for a value."""

    def __init__(self):
        self.data = bytearray(512)
        self.names, self.templates, self.numbers, self.last = {}, {}, [], 0

    def name(self, said):
        known = self.names.setdefault(said, len(self.data) + 4)
        self.data += struct.pack("<I", known)
        if known == len(self.data):
            self.data += struct.pack("<IHH", 0, 0, len(said)) + said.encode("utf-16-le") + b"\0\0"

    def part(self, part, in_template=True):
        if isinstance(part, tuple):
            self.element(part, in_template)
        elif isinstance(part, int):
            self.data += struct.pack("<BHB", 0x0E, part, 1)
        else:
            self.data += struct.pack("<BBH", 5, 1, len(part)) + part.encode("utf-16-le")

    def element(self, spec, in_template=True):
        name, attributes, content = spec
        self.data += (b"\x41" if attributes else b"\x01") + (b"\xff\xff" if in_template else b"")
        size = self.room()
        self.name(name)
        if attributes:
            listed = self.room()
            for place, (attribute, value) in enumerate(attributes):
                self.data += b"\x46" if place + 1 < len(attributes) else b"\x06"
                self.name(attribute)
                self.part(value)
            self.close(listed)
        if content:
            self.data += b"\x02"
            for part in content:
                self.part(part, in_template)
        self.data += b"\x04" if content else b"\x03"
        self.close(size)

    def room(self):
        self.data += bytes(4)
        return len(self.data)

    def close(self, at):
        self.data[at - 4 : at] = struct.pack("<I", len(self.data) - at)

    def instance(self, spec, values):
        """Add a template with its values: type and bytes, or type and what writes them."""
        key = repr(spec)
        guid = uuid.uuid5(uuid.NAMESPACE_OID, key).bytes_le
        known = self.templates.get(key)
        place = len(self.data) + 10 if known is None else known
        self.data += struct.pack("<BB4sI", 0x0C, 1, guid[:4], place)
        if known is None:
            self.templates[key] = place
            self.data += bytes(4) + guid
            size = self.room()
            self.data += b"\x0f\x01\x01\0"
            self.element(spec)
            self.data += b"\0"
            self.close(size)
        self.data += struct.pack("<I", len(values))
        described = len(self.data)
        self.data += bytes(4 * len(values))
        for place, (kind, value) in enumerate(values):
            start = len(self.data)
            if callable(value):
                value()
            else:
                self.data += value
            struct.pack_into("<HBB", self.data, described + 4 * place, len(self.data) - start, kind, 0)

    def fragment(self, spec, values):
        self.data += b"\x0f\x01\x01\0"
        self.instance(spec, values)
        self.data += b"\0"

    def record(self, number, spec, values, written=WRITTEN):
        self.last = len(self.data)
        self.data += struct.pack("<4sIQQ", b"**\0\0", 0, number, written)
        self.fragment(spec, values)
        self.data += bytes(-(len(self.data) - self.last + 4) % 8)
        size = len(self.data) - self.last + 4
        self.data += struct.pack("<I", size)
        struct.pack_into("<I", self.data, self.last + 4, size)
        self.numbers.append(number)

    def event(self, number, door="North gate", keys=(8, struct.pack("<I", 3)), level=4, computer="TARN-7"):
        """Add an event with a door and its keys."""
        self.record(
            number,
            EVENT,
            [
                text("Kestria-Doors"),
                (6, struct.pack("<H", 16)),
                (6, struct.pack("<H", 4711)),
                (4, bytes((level,))),
                (0x11, struct.pack("<Q", WRITTEN + number)),
                (10, struct.pack("<Q", number)),
                text(computer),
                (0x13, SID),
                (0x21, lambda: self.fragment(DATA, [text(door), keys])),
            ],
        )

    def whole(self, leftover=b""):
        """Return the chunk as it lies in a file; `leftover` stands behind its end."""
        data, free = self.data, len(self.data)
        first, last = (min(self.numbers), max(self.numbers)) if self.numbers else (1, 0)
        struct.pack_into("<8s4QIIII", data, 0, b"ElfChnk\0", first, last, first, last, 128, self.last, free,
                         zlib.crc32(data[512:]))  # fmt: skip
        struct.pack_into("<I", data, 124, zlib.crc32(data[128:512], zlib.crc32(data[:120])))
        return bytes(data + leftover).ljust(65_536, b"\0")


def log(*chunks, flags=0, stated=None):
    """Return a log of chunks."""
    count = len(chunks) if stated is None else stated
    head = struct.pack("<8s3QIHHHH76x", b"ElfFile\0", 0, max(count - 1, 0), 1, 128, 1, 3, 4096, count)
    return (head + struct.pack("<II", flags, zlib.crc32(head))).ljust(4096, b"\0") + b"".join(chunks)


def small(*doors, first=1):
    """Return a chunk of events of doors."""
    chunk = Chunk()
    for place, door in enumerate(doors):
        chunk.event(first + place, door)
    return chunk
