"""Makes databases of Access, Jet 3 and Jet 4: small ones, of a list of tables and one or two tables of rows."""

import struct

from witnessmark.formats.jet import rc4

LONG, MONEY, DOUBLE, DATE, TEXT, OLE, MEMO, TRUTH = 4, 5, 7, 8, 10, 11, 12, 1
SIZES = {LONG: 4, MONEY: 8, DOUBLE: 8, DATE: 8, TRUTH: 1}
CATALOGUE = (
    ("Id", LONG),
    ("ParentId", LONG),
    ("Name", TEXT),
    ("Type", LONG),
    ("Flags", LONG),
    ("Database", MEMO),
    ("LvProp", OLE),
)


class Cell(bytes):
    """The bytes of a cell as they are stored."""


class Forge:
    """One database in the making; `old` is Jet 3, with text in a code page."""

    def __init__(self, *, old=False, page="cp1251"):
        self.old, self.page_name = old, page
        self.size = 2048 if old else 4096
        self.pages = [b"", b"\x01\x01" + bytes(self.size - 2), None, None]
        self.objects = []

    def text(self, text):
        return text.encode(self.page_name) if self.old else text.encode("utf-16-le")

    def definition(self, columns, rows, *, system=False):
        varying = sum(kind not in SIZES for _, kind in columns)
        head, names, fixed, variable = b"", b"", 0, 0
        for number, (name, kind) in enumerate(columns):
            size = SIZES.get(kind, 510 if kind == TEXT else 0)
            flags = 3 if kind in SIZES else 2
            if self.old:
                head += struct.pack("<BHHHHHHBHH", kind, number, variable, number, 0, 0, 0, flags, fixed, size)
            else:
                head += struct.pack("<BIHHHHHBBIHH", kind, 0, number, variable, number, 0, 0, flags, 0, 0, fixed, size)
            raw = self.text(name)
            names += (bytes((len(raw),)) if self.old else struct.pack("<H", len(raw))) + raw
            if kind in SIZES and kind != TRUTH:
                fixed += size
            elif kind not in SIZES:
                variable += 1
        kind = 0x53 if system else 0x4E
        if self.old:
            start = struct.pack("<IIIBHHHIIII", 0, rows, 0, kind, len(columns), varying, len(columns), 0, 0, 0, 0)
        else:
            start = struct.pack("<IIIIIIQ", 0, 0, rows, 0, 0, 0, 0)
            start += struct.pack("<BHHHIIII", kind, len(columns), varying, len(columns), 0, 0, 0, 0)
        return (b"\x02\x01\0\0\0\0\0\0" + start + head + names).ljust(self.size, b"\0")

    def row(self, columns, values):
        mask, fixed, parts = 0, b"", []
        for number, ((_, kind), value) in enumerate(zip(columns, values, strict=True)):
            if value if kind == TRUTH else value is not None:
                mask |= 1 << number
            if kind == TRUTH:
                continue
            if kind in SIZES:
                form = {LONG: "<i", MONEY: "<q", DOUBLE: "<d", DATE: "<d"}[kind]
                fixed += struct.pack(form, 0 if value is None else value)
            else:
                parts.append(b"" if value is None else value if isinstance(value, Cell) else self.cell(kind, value))
        head = bytes((len(columns),)) if self.old else struct.pack("<H", len(columns))
        data, places = head + fixed, []
        for part in parts:
            places.append(len(data))
            data += part
        places.append(len(data))
        mask_raw = mask.to_bytes((len(columns) + 7) // 8, "little")
        if not parts:
            return data + mask_raw
        if not self.old:
            turned = b"".join(struct.pack("<H", place) for place in reversed(places))
            return data + turned + struct.pack("<H", len(parts)) + mask_raw
        turned = bytes(place % 256 for place in reversed(places))
        whole = len(data) + len(turned) + 1 + len(mask_raw)
        jumps = (whole - 1) // 256
        firsts = [next((i for i, place in enumerate(places) if place >= 256 * (n + 1)), 0xFF) for n in range(jumps)]
        return data + turned + bytes(reversed(firsts)) + bytes((len(parts),)) + mask_raw

    def cell(self, kind, value):
        raw = self.text(value) if isinstance(value, str) else value
        return raw if kind == TEXT else struct.pack("<III", len(raw) | 0x80000000, 0, 0) + raw

    def data(self, owner, rows):
        """Return a page of rows; each is bytes and its marks."""
        head = struct.pack("<BBH", 1, 1, 0) + (owner if isinstance(owner, bytes) else struct.pack("<I", owner))
        head += b"" if self.old else bytes(4)
        head += struct.pack("<H", len(rows))
        end, slots, body = self.size, b"", b""
        for raw, marks in rows:
            end -= len(raw)
            slots += struct.pack("<H", end | marks)
            body = raw + body
        return head + slots + bytes(self.size - len(head) - len(slots) - len(body)) + body

    def add(self, page):
        self.pages.append(page)
        return len(self.pages) - 1

    def table(self, name, columns, rows, *, marks=(), stated=None, flags=0, kind=1):
        number = self.add(self.definition(columns, len(rows) - len(marks) if stated is None else stated))
        made = [(self.row(columns, row) if not isinstance(row, bytes) else row, 0) for row in rows]
        made = [(raw, 0x8000 if place in marks else mark) for place, (raw, mark) in enumerate(made)]
        if made:
            self.add(self.data(number, made))
        self.objects.append((number, 0, name, kind, flags, None))
        return number

    def _map(self):
        """Write which pages hold whose rows, as other readers want to be told."""
        owners = {2: [3]}
        for number, page in enumerate(self.pages):
            if page and page[:1] == b"\x01" and number > 3 and page[4:8] != b"LVAL":
                owners.setdefault(struct.unpack_from("<I", page, 4)[0], []).append(number)
        maps = [sum(1 << number for number in owners[owner]).to_bytes(64, "little") for owner in owners]
        self.pages[1] = self.data(1, [(b"\0" + bytes(4) + each, 0) for each in maps])
        self.places = {owner: struct.pack("<I", 1 << 8 | row) for row, owner in enumerate(owners)}
        for number, page in enumerate(self.pages):
            if page and page[:1] == b"\x02":
                self.pages[number] = self.mapped(page, number)

    def mapped(self, page, number):
        at = 35 if self.old else 55
        place = self.places.get(number, bytes(4))
        return page[:at] + place * 2 + page[at + 8 :]

    def build(self, key=0):
        self._map()
        rows = [(self.row(CATALOGUE, (*values, None)), 0) for values in self.objects]
        self.pages[2] = self.mapped(self.definition(CATALOGUE, len(rows), system=True), 2)
        self.pages[3] = self.data(2, rows)
        head = bytearray(self.size)
        head[:4], head[4:19] = b"\0\1\0\0", b"Standard Jet DB"
        head[0x14] = 0 if self.old else 1
        if self.old:
            head[0x3C:0x3E] = struct.pack("<H", int(self.page_name[2:]))
        head[0x3E:0x42] = struct.pack("<I", key)
        length = 126 if self.old else 128
        head[0x18 : 0x18 + length] = rc4(b"\xc7\xda\x39\x6b", bytes(head[0x18 : 0x18 + length]))
        pages = self.pages[1:]
        if key:
            pages = [rc4(struct.pack("<I", key ^ number), page) for number, page in enumerate(pages, 1)]
        return bytes(head) + b"".join(pages)
