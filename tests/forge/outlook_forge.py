"""Makes what Outlook makes, by code: compound files and messages in them, TNEF streams, stores of both kinds."""

import struct
import zlib

from witnessmark.formats.pst_pages import _I, _R, _S

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def text(value):
    return 0x1F, value.encode("utf-16-le")


def octets(value):
    return 0x0102, value


def number(value):
    return 0x03, struct.pack("<i", value)


def time(ticks):
    return 0x40, struct.pack("<q", ticks)


# --- compound files -------------------------------------------------------------------------------------------------


def compound(tree):
    """Return a compound file of a tree of names: bytes are streams, dicts are storages."""
    entries = []

    def add(name, content):
        place = len(entries)
        entries.append([name, content, FREE, FREE, FREE])
        if isinstance(content, dict):
            inside = [add(key, value) for key, value in content.items()]
            if inside:
                entries[place][4] = inside[0]
                for left, right in zip(inside, inside[1:], strict=False):
                    entries[left][3] = right
        return place

    add("Root Entry", tree)
    sectors, fat = [], []

    def chain(data):
        if not data:
            return END
        first = len(sectors)
        pieces = [data[at : at + 512].ljust(512, b"\0") for at in range(0, len(data), 512)]
        sectors.extend(pieces)
        fat.extend([*range(first + 1, first + len(pieces)), END])
        return first

    raw = b""
    for name, content, left, right, child in entries:
        is_stream = isinstance(content, bytes)
        start = chain(content) if is_stream else END
        kind = 2 if is_stream else 5 if name == "Root Entry" else 1
        letters = name.encode("utf-16-le") + b"\0\0"
        raw += letters.ljust(64, b"\0") + struct.pack("<HBBIII", len(letters), kind, 1, left, right, child)
        raw += bytes(36) + struct.pack("<IQ", start, len(content) if is_stream else 0)
    directory = chain(raw.ljust(-(-len(raw) // 512) * 512, b"\0"))
    count = 1
    while count * 128 < len(fat) + count:
        count += 1
    places = list(range(len(sectors), len(sectors) + count))
    fat += [FAT] * count
    table = struct.pack(f"<{count * 128}I", *fat, *[FREE] * (count * 128 - len(fat)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    # a cut-off of zero: every stream lies in whole sectors
    head += struct.pack("<IIIIIIIII", 0, count, directory, 0, 0, END, 0, END, 0)
    head += struct.pack("<109I", *places, *[FREE] * (109 - count))
    return head + b"".join(sectors) + table


def msg_storage(properties, *, recipients=(), attachments=(), head=24):
    """Return the tree of a message; an attachment is its properties, and a tree where it is a message itself."""
    tree = _property_streams(properties, head)
    for n, one in enumerate(recipients):
        tree[f"__recip_version1.0_#{n:08X}"] = _property_streams(one, 8)
    for n, one in enumerate(attachments):
        found, inner = one if isinstance(one, tuple) else (one, None)
        tree[f"__attach_version1.0_#{n:08X}"] = _property_streams(found, 8)
        if inner is not None:
            tree[f"__attach_version1.0_#{n:08X}"]["__substg1.0_3701000D"] = inner
    return tree


def msg(properties, **more):
    """Return a message file."""
    return compound(msg_storage(properties, head=32, **more))


def _property_streams(properties, head):
    tree, fixed = {}, bytes(head)
    for key, (kind, raw) in properties.items():
        if kind in (0x03, 0x0B, 0x40):
            fixed += struct.pack("<HHI", kind, key, 6) + raw.ljust(8, b"\0")
        else:
            fixed += struct.pack("<HHII", kind, key, 6, len(raw)) + bytes(4)
            tree[f"__substg1.0_{key:04X}{kind:04X}"] = raw
    return {"__properties_version1.0": fixed, **tree}


# --- TNEF -----------------------------------------------------------------------------------------------------------


def tnef(properties, attachments=()):
    """Return a TNEF stream; an attachment is its title, its bytes and more properties."""
    out = b"\x78\x9f\x3e\x22" + b"\1\0" + _attribute(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    out += _attribute(1, 0x9003, 6, tnef_properties(properties))
    for title, data, more in attachments:
        out += _attribute(2, 0x9002, 6, bytes(14))
        out += _attribute(2, 0x8010, 1, title.encode("latin-1") + b"\0")
        if data is not None:
            out += _attribute(2, 0x800F, 6, data)
        out += _attribute(2, 0x9005, 6, tnef_properties(more))
    return out


def tnef_properties(properties):
    out = struct.pack("<I", len(properties))
    for key, (kind, raw) in properties.items():
        out += struct.pack("<HH", kind, key)
        if kind in (0x03, 0x40):
            out += raw
        else:
            out += struct.pack("<II", 1, len(raw)) + raw + bytes(-len(raw) % 4)
    return out


def _attribute(level, name, kind, data):
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


# --- stores ---------------------------------------------------------------------------------------------------------


def checksum(data):
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def encoded(data, encoding, key):
    """Encode a block as [MS-PST], 5.1 and 5.2, byte by byte."""
    if encoding == 1:
        return data.translate(_R)
    if encoding != 2:
        return data
    salt, out = (key ^ key >> 16) & 0xFFFF, bytearray()
    for byte in data:
        low, high = salt & 0xFF, salt >> 8
        byte = _R[(byte + low) & 0xFF]
        byte = _S[(byte + high) & 0xFF]
        byte = _I[(byte - high) & 0xFF]
        out.append((byte - low) & 0xFF)
        salt = (salt + 1) & 0xFFFF
    return bytes(out)


NAME = struct.pack("<I", 16) + "keywords".encode("utf-16-le")
"""A named property's name, with its length."""


class _OnDisk:
    """What a store larger than memory is written to: it only grows."""

    def __init__(self, file):
        self._file, self._size = file, 0x4600
        file.write(bytes(self._size))

    def __len__(self):
        return self._size

    def __iadd__(self, data):
        self._file.write(data)
        self._size += len(data)
        return self


class Store:
    """A store being made: blocks and nodes are added, then it is laid out."""

    def __init__(self, *, wide=True, encoding=1, file=None):
        self.wide, self.encoding = wide, encoding
        self.q = "Q" if wide else "I"
        self.most = 8176 if wide else 8180
        self.out = bytearray(0x4600) if file is None else _OnDisk(file)
        self.places, self.nodes, self.next = [], [], 4
        self.add_node(0x21, self.properties({0x3001: text("Lantern Watch")}))
        self.add_node(
            0x61,
            self.properties(
                {
                    1: number(251),
                    2: octets(bytes(16)),
                    3: octets(struct.pack("<IHH", 0, 3 << 1 | 1, 0)),
                    4: octets(NAME),
                }
            ),
        )

    def add_block(self, data, *, internal=False):
        bid, self.next = self.next | (2 if internal else 0), self.next + 4
        raw = data if internal else encoded(data, self.encoding, bid)
        trailer = 16 if self.wide else 12
        width = (len(raw) + trailer + 63) & ~63
        at = len(self.out)
        signature = ((at ^ bid) >> 16 ^ (at ^ bid)) & 0xFFFF
        end = (
            struct.pack("<HHIQ", len(raw), signature, checksum(raw), bid)
            if self.wide
            else struct.pack("<HHII", len(raw), signature, bid, checksum(raw))
        )
        self.out += raw.ljust(width - trailer, b"\0") + end
        self.places.append((bid, at, len(raw)))
        return bid

    def add_data(self, data):
        pieces = [data[at : at + self.most] for at in range(0, len(data), self.most)]
        if len(pieces) == 1:
            return self.add_block(pieces[0])
        listed = [self.add_block(piece) for piece in pieces]
        return self.add_block(
            struct.pack("<BBHI", 1, 1, len(listed), len(data)) + struct.pack(f"<{len(listed)}{self.q}", *listed),
            internal=True,
        )

    def add_subnodes(self, nodes):
        if not nodes:
            return 0
        head = struct.pack("<BBH", 2, 0, len(nodes)) + (bytes(4) if self.wide else b"")
        body = b"".join(struct.pack(f"<{self.q * 3}", *one) for one in sorted(nodes))
        return self.add_block(head + body, internal=True)

    def properties(self, found, more=()):
        """Return data and subnodes of a property list; long values go into subnodes."""
        heap, records, subnodes = [b"", b""], [], list(more)
        for key in sorted(found):
            kind, raw = found[key]
            if kind in (0x03, 0x0B):
                value = int.from_bytes(raw.ljust(4, b"\0"), "little")
            elif isinstance(raw, int):  # a node's number, given outright
                value = raw
            elif len(raw) > 2000:
                value = len(subnodes) + 0x40 << 5 | 0x1F
                subnodes.append((value, self.add_data(raw), 0))
            else:
                heap.append(raw)
                value = len(heap) << 5
            records.append(struct.pack("<HHI", key, kind, value))
        heap[0] = struct.pack("<BBBBI", 0xB5, 2, 6, 0, 2 << 5)
        heap[1] = b"".join(records)
        return self.heap(0xBC, heap), subnodes

    def table(self, rows, columns):
        """Return data of a table of text and number columns with rows numbered as given."""
        described, heap, width = [], [b"", b"", b"", b""], 8
        layout = {0x67F2: (0x03, 0), 0x67F3: (0x03, 4)}
        for key, kind in columns:
            layout[key] = kind, width
            width += 4
        bits = width
        width += (len(layout) + 7) // 8
        for bit, key in enumerate(layout):
            kind, at = layout[key]
            described.append((key, struct.pack("<HHHBB", kind, key, at, 4, bit)))
        matrix, index = b"", b""
        for n, (row_number, row) in enumerate(rows):
            raw = bytearray(width)
            struct.pack_into("<II", raw, 0, row_number, 1)
            raw[bits] |= 0xC0
            for bit, (key, (kind, at)) in enumerate(layout.items()):
                if key in row:
                    value = row[key][1]
                    if kind == 0x1F:
                        heap.append(value)
                        value = struct.pack("<I", len(heap) << 5)
                    raw[at : at + 4] = value
                    raw[bits + bit // 8] |= 0x80 >> bit % 8
            matrix += raw
            index += struct.pack("<II", row_number, n)
        head = struct.pack("<BBHHHH", 0x7C, len(layout), bits, bits, bits, width)
        heap[0] = head + struct.pack("<III", 2 << 5, 4 << 5 if rows else 0, 0)
        heap[0] += b"".join(raw for _, raw in sorted(described))
        heap[1] = struct.pack("<BBBBI", 0xB5, 4, 4, 0, 3 << 5 if rows else 0)
        heap[2], heap[3] = index, matrix
        return self.heap(0x7C, heap), []

    def heap(self, kind, values):
        body, bounds = b"", [12]
        for value in values:
            body += value
            bounds.append(12 + len(body))
        body += bytes(len(body) & 1)
        page = struct.pack("<HH", len(values), 0) + struct.pack(f"<{len(bounds)}H", *bounds)
        data = struct.pack("<HBBII", 12 + len(body), 0xEC, kind, 1 << 5, 0) + body + page
        assert len(data) <= self.most, "a heap of one block"
        return data

    def add_node(self, nid, made, parent=0):
        data, subnodes = made
        self.nodes.append((nid, self.add_data(data), self.add_subnodes(subnodes), parent))

    def add_folder(self, nid, name, parent, *, listed=(), folders=()):
        self.add_node(
            nid, self.properties({0x3001: text(name), 0x3602: number(len(listed)), 0x360A: (0x0B, b"\0\0")}), parent
        )
        self.add_node(nid & ~31 | 0x0D, self.table([(one, {}) for one in folders], [(0x3001, 0x1F)]))
        self.add_node(nid & ~31 | 0x0F, self.table([], [(0x3001, 0x1F)]))
        self.add_node(nid & ~31 | 0x0E, self.table([(one, {}) for one in listed], [(0x3001, 0x1F)]))

    def message(self, found, recipients=(), attachments=()):
        """Return data and subnodes of a message; an attachment is its properties, and a message where it is one."""
        more = []
        columns = [(0x0C15, 0x03), (0x3001, 0x1F), (0x39FE, 0x1F)]
        data, _ = self.table(list(enumerate(recipients)), columns)
        more.append((0x692, self.add_data(data), 0))
        if attachments:
            listed = [(0x400 + n << 5 | 0x05, {}) for n in range(len(attachments))]
            more.append((0x671, self.add_data(self.table(listed, [(0x3704, 0x1F)])[0]), 0))
        for n, one in enumerate(attachments):
            found_in, inner = one if isinstance(one, tuple) else (one, None)
            inside = []
            if inner is not None:
                nid = 0x200000 + n << 5 | 0x04
                known = isinstance(inner[1], int)
                inside.append((nid, self.add_data(inner[0]), inner[1] if known else self.add_subnodes(inner[1])))
                found_in = {0x3705: number(5), **found_in, 0x3701: (0x0D, struct.pack("<II", nid, 0))}
            data, inside = self.properties(found_in, inside)
            more.append((0x400 + n << 5 | 0x05, self.add_data(data), self.add_subnodes(inside)))
        return self.properties(found, more)

    def build(self, *, per_page=None):
        """Return the store's bytes."""
        return self.finish(per_page) + bytes(self.out[564:])

    def finish(self, per_page=None):
        """Lay out the trees and return the head."""
        self.out += bytes(-len(self.out) % 512)
        self.nodes.sort()
        form, form_b = (f"<{self.q * 3}I{'xxxx' if self.wide else ''}", f"<{self.q * 2}HH{'xxxx' if self.wide else ''}")
        nodes = self._tree(0x81, [(one[0], struct.pack(form, *one)) for one in self.nodes], per_page)
        blocks = self._tree(
            0x80, [(b, struct.pack(form_b, b, at, size, 2)) for b, at, size in sorted(self.places)], per_page
        )
        return self._head(nodes, blocks)

    def _tree(self, kind, entries, per_page):
        level = 0
        while True:
            width = len(entries[0][1])
            most = per_page or (488 if self.wide else 496) // width
            pages = [entries[at : at + most] for at in range(0, len(entries), most)]
            placed = []
            for page in pages:
                bid, at = self.next, len(self.out)
                self.next += 4
                self.out += self._page(kind, level, [raw for _, raw in page], width, bid, at)
                placed.append((page[0][0], bid, at))
            if len(placed) == 1:
                return placed[0][1:]
            entries = [(key, struct.pack(f"<{self.q * 3}", key, bid, at)) for key, bid, at in placed]
            level += 1

    def _page(self, kind, level, entries, width, bid, at):
        size = 488 if self.wide else 496
        raw = b"".join(entries).ljust(size, b"\0") + bytes((len(entries), size // width, width, level))
        raw += bytes(4) if self.wide else b""
        signature = ((at ^ bid) >> 16 ^ (at ^ bid)) & 0xFFFF
        if self.wide:
            return raw + struct.pack("<BBHIQ", kind, kind, signature, checksum(raw), bid)
        return raw + struct.pack("<BBHII", kind, kind, signature, bid, checksum(raw))

    def _head(self, nodes, blocks):
        size = len(self.out)
        ids = struct.pack("<32I", *[0x400] * 32)
        if self.wide:
            root = struct.pack("<IQQQQQQQQBBHI", 0, size, 0x4400, 0, 0, *nodes, *blocks, 0, 0, 0, 0)[:72]
            body = struct.pack("<QQI", 0, self.next, 1) + ids + bytes(8) + root.ljust(72, b"\0") + bytes(4)
            body += b"\xff" * 256 + bytes((0x80, self.encoding)) + bytes(2) + struct.pack("<Q", self.next)
        else:
            root = struct.pack("<IIIIIIIIIBBH", 0, size, 0x4400, 0, 0, *nodes, *blocks, 0, 0, 0)
            body = struct.pack("<III", self.next, self.next, 1) + ids + root + b"\xff" * 256
            body += bytes((0x80, self.encoding)) + bytes(2)
        version = 23 if self.wide else 14
        rest = b"SM" + struct.pack("<HHBBII", version, 19, 1, 1, 0, 0) + body
        head = b"!BDN" + struct.pack("<I", checksum(rest.ljust(471, b"\0")[:471])) + rest
        if self.wide:
            head = head[:524] + struct.pack("<I", checksum(rest[: 524 - 8]))
        return head.ljust(564, b"\0")
