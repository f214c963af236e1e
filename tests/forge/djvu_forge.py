"""DjVu files made by code: chunks, a directory, text layers, and a packer of BZZ that reckons in whole numbers."""

from witnessmark.formats.zp_states import DOWN, STEPS, THRESHOLDS, UP

WHOLE = 1 << 16
PAGE, INCLUDED, THUMBNAILS = 1, 0, 2


class Bits:
    """Packs bits for the ZP coder: which first code makes the decoder take each decision, as one exact number.

    After `shifts` doublings the decoder's code is (first code) * 2**shifts - taken; any number from `low` on will do.
    """

    def __init__(self):
        self.low = self.taken = self.shifts = 0
        self.states = [0] * 262

    def put(self, bit, node):
        state = self.states[node]
        middle = min(self.low + STEPS[state], 0x6000 + (2 * self.low + STEPS[state]) // 4)
        if bit == state & 1:
            if middle >= WHOLE // 2 and self.low >= THRESHOLDS[state]:
                self.states[node] = UP[state]
        else:
            self.states[node] = DOWN[state]
        self._narrow(bit == state & 1, middle)

    def put_number(self, value, width):
        for place in reversed(range(width)):
            self._narrow(not value >> place & 1, WHOLE // 2 + self.low // 2)

    def _narrow(self, upper, middle):
        if upper:
            self.low = middle
        else:
            self.low += WHOLE - middle
            self.taken -= WHOLE - middle
        while self.low >= WHOLE // 2:
            self.low = 2 * self.low - WHOLE
            self.taken = 2 * self.taken + WHOLE
            self.shifts += 1

    def packed(self):
        width = 16 + self.shifts
        rest = -width % 8
        return ((self.taken + WHOLE - 1 << rest) + (1 << rest) - 1).to_bytes((width + rest) // 8, "big")


def bzz(data, block=4000, shift=0):
    """Return bytes packed in blocks of that size."""
    bits = Bits()
    for start in range(0, len(data), block):
        put_block(bits, data[start : start + block], shift)
    bits.put_number(0, 24)
    return bits.packed()


def put_block(bits, data, shift, size=None):
    order = sorted(range(len(data) + 1), key=lambda place: data[place:])
    bits.put_number(len(data) + 1 if size is None else size, 24)
    bits.put_number(*((0, 1), (2, 2), (3, 2))[shift])
    front, frequencies, weight, before = list(range(256)), [0] * 4, 4, 3
    for place in order:
        rank = front.index(data[place - 1]) if place else 256
        put_rank(bits, rank, min(before, 2))
        before = rank
        if rank == 256:
            continue
        weight += weight >> shift
        if weight > 1 << 28:
            weight >>= 24
            frequencies = [one >> 24 for one in frequencies]
        own = weight + (frequencies[rank] if rank < 4 else 0)
        to = rank
        while to > 3:
            front[to] = front[to - 1]
            to -= 1
        while to > 0 and own >= frequencies[to - 1]:
            front[to], frequencies[to] = front[to - 1], frequencies[to - 1]
            to -= 1
        front[to], frequencies[to] = data[place - 1], own


def put_rank(bits, rank, before):
    bits.put(rank == 0, before)
    if rank == 0:
        return
    bits.put(rank == 1, before + 3)
    if rank == 1:
        return
    node = 6
    for width in range(1, 8):
        bits.put(rank >> width == 1, node)
        if rank >> width == 1:
            for done in range(width):
                bits.put(rank >> width - 1 - done & 1, node + (rank >> width - done))
            return
        node += 1 << width


def chunk(name, data):
    return name + len(data).to_bytes(4, "big") + data + bytes(len(data) & 1)


def form(kind, *chunks):
    return chunk(b"FORM", kind + b"".join(chunks))


def info(width=1700, height=2200, dpi=300, flags=1):
    sizes = width.to_bytes(2, "big") + height.to_bytes(2, "big")
    return chunk(b"INFO", sizes + bytes((26, 0)) + dpi.to_bytes(2, "little") + bytes((22, flags)))


def layer(text):
    """Return a text layer with one box, that of the page."""
    raw = text if isinstance(text, bytes) else text.encode()
    box = b"\1" + bytes.fromhex("8000 8000 86a4 8898 8000") + len(raw).to_bytes(3, "big") + bytes(3)
    return len(raw).to_bytes(3, "big") + raw + b"\1" + box


def page(text=None, *chunks, packed=True, **about):
    words = [] if text is None else [chunk(b"TXTz", bzz(layer(text))) if packed else chunk(b"TXTa", layer(text))]
    return form(b"DJVU", info(**about), *chunks, *words)


def outline(lines):
    said = len(lines).to_bytes(2, "big")
    for title, link in lines:
        for word in (title.encode(), link.encode()):
            said += (b"\0" if word == title.encode() else b"") + len(word).to_bytes(3, "big") + word
    return chunk(b"NAVM", bzz(said))


def directory(starts, sizes, kinds, names, bundled=True):
    head = bytes((0x81 if bundled else 1,)) + len(kinds).to_bytes(2, "big")
    head += b"".join(start.to_bytes(4, "big") for start in starts if bundled)
    body = b"".join(size.to_bytes(3, "big") for size in sizes) + bytes(kinds)
    return chunk(b"DIRM", head + bzz(body + b"".join(name + b"\0" for name in names)))


def document(components, *before, order=None, extra=(), names=None):
    """Return a bundled document of components with their kinds; `order` is how the directory lists them."""
    kinds = [kind for kind, _ in components]
    names = names or [b"p%04d.djvu" % number for number in range(1, len(components) + 1)]
    order = list(range(len(components))) if order is None else order
    sizes = [len(body) for _, body in components]

    def listed(base):
        starts = [base + sum(sizes[:number]) for number in range(len(components))]
        chosen = [(starts[n], sizes[n], kinds[n], names[n]) for n in order] + list(extra)
        return directory(*zip(*chosen, strict=True))

    base = 16 + len(listed(0)) + sum(map(len, before))
    return b"AT&T" + form(b"DJVM", listed(base), *before, *(body for _, body in components))


NOTES = (
    '(background #FFFFFF) (maparea "http://kestria.example/orders" "the order, with a \\"seal\\"" (rect 1 2 3 4) (xor))\n'
    '(maparea (url "#p0002.djvu" "_top") "" (rect 1 2 3 4)) (metadata (Title "Night orders") (Author "Ada Tern")'
    ' (Producer "Kestria Scan 2.1") (CreationDate "2031-05-04T02:00:00+02:00") (note "\\320\\272\\320\\273\\321\\216\\321\\207"))'
    ' (phead "left::Copy 3 of 5")'
)


def specimen():
    """Return a document of two pages that are listed the other way round, what they include, and an outline."""
    shared = form(b"DJVI", chunk(b"ANTz", bzz(NOTES.encode())))
    first = page("The doors are locked at night.\n\vDas Tor ist zu.\x1f\n")
    second = page("Keys are counted twice. ", chunk(b"INCL", b"p0001.djvu"), packed=False, width=1200, flags=5)
    titles = outline([("Orders", "#p0001.djvu"), ("The list", "http://kestria.example/list")])
    return document([(INCLUDED, shared), (PAGE, second), (PAGE, first)], titles, order=[0, 2, 1])
