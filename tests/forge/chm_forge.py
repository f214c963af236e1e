"""Compiled help made by code: a directory of names, and a packer of LZX that makes blocks of all three kinds."""

import heapq
import struct
from itertools import count

FRAME = 1 << 15
VERBATIM, ALIGNED, STORED = 1, 2, 3
WINDOW_BITS = 16
SLOTS = 32
EXTRA = [0, 0] + [slot // 2 - 1 if slot < 36 else 17 for slot in range(2, SLOTS)]
BASES = [sum(1 << extra for extra in EXTRA[:slot]) for slot in range(SLOTS)]
STORAGE = b"::DataSpace/Storage/MSCompressed/"
TRANSFORM = b"{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}"
TITLE, WHEN = "The doors", 132_000_000_000_000_000  # 2019-04-17T18:40:00Z


class Bits:
    """Words of sixteen bits, the highest bit first; whole bytes can be put between them."""

    def __init__(self):
        self.out, self.held, self.count = bytearray(), 0, 0

    def put(self, value, width):
        self.held, self.count = self.held << width | value, self.count + width
        while self.count >= 16:
            self.count -= 16
            self.out += struct.pack("<H", self.held >> self.count & 0xFFFF)

    def align(self, at_least=0):
        self.put(0, max(at_least, -self.count % 16))
        self.put(0, -self.count % 16)


def code_lengths(weights, longest):
    """Return the lengths of a code by the weights of its symbols, none longer than allowed."""
    used = {symbol: weight for symbol, weight in enumerate(weights) if weight}
    lengths = [0] * len(weights)
    if len(used) == 1:
        used[next(symbol for symbol in (0, 1) if symbol not in used)] = 1
    while used:
        tie = count()
        heap = [(weight, next(tie), (symbol,)) for symbol, weight in used.items()]
        heapq.heapify(heap)
        lengths = [0] * len(weights)
        while len(heap) > 1:
            (one, _, left), (other, _, right) = heapq.heappop(heap), heapq.heappop(heap)
            for symbol in left + right:
                lengths[symbol] += 1
            heapq.heappush(heap, (one + other, next(tie), left + right))
        if max(lengths) <= longest:
            break
        used = {symbol: weight // 2 + 1 for symbol, weight in used.items()}
    return lengths


def codes(lengths):
    """Return code and length of each symbol."""
    found, code = {}, 0
    for length in range(1, max(lengths, default=0) + 1):
        for symbol, own in enumerate(lengths):
            if own == length:
                found[symbol] = (code, length)
                code += 1
        code <<= 1
    return found


def put_lengths(bits, before, lengths, at, end):
    """Write lengths as changes from before; runs of zeros and of one change have symbols of their own."""
    symbols = []
    place = at
    while place < end:
        zeros = next((n for n in range(place, end) if lengths[n]), end) - place
        run = next((n for n in range(place, end) if lengths[n] != lengths[place]), end) - place
        change = (before[place] - lengths[place]) % 17
        if zeros >= 20:
            zeros = min(zeros, 51)
            symbols.append((18, zeros - 20, 5, None))
        elif zeros >= 4:
            symbols.append((17, zeros - 4, 4, None))
        elif run >= 4:
            zeros = 4 if run == 4 else 5
            symbols.append((19, zeros - 4, 1, change))
        else:
            zeros = 1
            symbols.append((change, 0, 0, None))
        place += zeros
    weights = [0] * 20
    for symbol, _, _, following in symbols:
        weights[symbol] += 1
        if following is not None:
            weights[following] += 1
    small = code_lengths(weights, 15)
    for length in small:
        bits.put(length, 4)
    table = codes(small)
    for symbol, value, width, following in symbols:
        bits.put(*table[symbol])
        bits.put(value, width)
        if following is not None:
            bits.put(*table[following])


def matches(data, start, end, last):
    """Yield letters and matches (length, slot, bits of the offset) of a stretch, and keep the last three offsets."""
    places = {}
    for at in range(start - 3 if start > 2 else 0):
        places[data[at : at + 3]] = at
    at = start
    while at < end:
        room = min(257, end - at, FRAME - at % FRAME)
        best, offset = 0, 0
        for candidate in (*last, at - places.get(data[at : at + 3], at)):
            if 0 < candidate <= min(at, (1 << WINDOW_BITS) - 3):
                length = next((n for n in range(room) if data[at + n] != data[at + n - candidate]), room)
                if length > best:
                    best, offset = length, candidate
        taken = best if best >= (2 if offset in last else 3) else 1
        if taken == 1:
            yield data[at], None, 0
        elif offset in last:
            slot = last.index(offset)
            last[0], last[slot] = last[slot], last[0]
            yield taken, slot, 0
        else:
            last[:] = [offset, *last[:2]]
            slot = max(n for n in range(3, SLOTS) if BASES[n] <= offset + 2)
            yield taken, slot, offset + 2 - BASES[slot]
        for n in range(at, at + taken):
            places[data[n : n + 3]] = n
        at += taken


def interval(data, blocks, *, turned=0):
    """Return the packed frames of what stands between two resets; `blocks` are kinds and sizes, the last for the rest."""
    bits, frames, at = Bits(), [], 0
    last, mains, lengths = [1, 1, 1], [0] * (256 + 8 * SLOTS), [0] * 249
    bits.put(1 if turned else 0, 1)
    if turned:
        bits.put(turned, 32)
    plan = list(blocks)
    while at < len(data):
        kind, size = plan.pop(0) if len(plan) > 1 else (plan[0][0], len(data) - at)
        end = min(len(data), at + size)
        bits.put(kind, 3)
        bits.put(end - at, 24)
        if kind == STORED:
            bits.align(1)
            bits.out += struct.pack("<3I", *last)
            for first in (at, *range(at - at % FRAME + FRAME, end, FRAME)):
                stop = min(end, first - first % FRAME + FRAME)
                bits.out += data[first:stop]
                if stop % FRAME == 0 and stop < end:
                    frames.append(bytes(bits.out))
                    bits.out.clear()
            bits.out += bytes(end - at & 1)
        else:
            found = list(matches(data, at, end, last))
            put_block(bits, kind, found, mains, lengths, (at, frames))
        at = end
        if at % FRAME == 0 or at == len(data):
            bits.align()
            frames.append(bytes(bits.out))
            bits.out.clear()
    return frames


def put_block(bits, kind, found, mains, lengths, place):
    """Write the trees of a block and what it holds; frames that end inside it are cut off."""
    new_mains, new_lengths, low = [0] * len(mains), [0] * 249, [0] * 8
    for length, slot, value in found:
        new_mains[length if slot is None else 256 + 8 * slot + min(7, length - 2)] += 1
        if slot is not None and length > 8:
            new_lengths[length - 9] += 1
        if slot is not None and EXTRA[slot] >= 3:
            low[value & 7] += 1
    new_mains, new_lengths, low = (
        code_lengths(new_mains, 16),
        code_lengths(new_lengths, 16),
        code_lengths(low, 7) if any(low) else [3] * 8,
    )
    if kind == ALIGNED:
        for length in low:
            bits.put(length, 3)
    put_lengths(bits, mains, new_mains, 0, 256)
    put_lengths(bits, mains, new_mains, 256, len(mains))
    put_lengths(bits, lengths, new_lengths, 0, 249)
    mains[:], lengths[:] = new_mains, new_lengths
    main, longer, low = codes(mains), codes(lengths), codes(low)
    at, frames = place
    whole = at + sum(1 if slot is None else length for length, slot, _ in found)
    for length, slot, value in found:
        if slot is None:
            bits.put(*main[length])
            at += 1
        else:
            bits.put(*main[256 + 8 * slot + min(7, length - 2)])
            if length > 8:
                bits.put(*longer[length - 9])
            if kind == ALIGNED and EXTRA[slot] >= 3:
                bits.put(value >> 3, EXTRA[slot] - 3)
                bits.put(*low[value & 7])
            else:
                bits.put(value, EXTRA[slot])
            at += length
        if at % FRAME == 0 and at < whole:
            bits.align()
            frames.append(bytes(bits.out))
            bits.out.clear()


def number(value):
    """Return a number of seven bits a byte."""
    out = bytes((value & 0x7F,))
    while value := value >> 7:
        out = bytes((value & 0x7F | 0x80,)) + out
    return out


def system(title=TITLE, **more):
    """Return what help says of itself."""
    language = struct.pack("<5IQII", 0x0409, 0, 0, 0, 0, WHEN, 0, 0)
    records = {
        4: language,
        9: b"HHA Version 4.74.8702\0",
        3: title.encode("cp1252") + b"\0",
        6: b"C:\\ode\\doors\0",
        **more,
    }
    return struct.pack("<I", 3) + b"".join(
        struct.pack("<HH", code, len(body)) + body for code, body in records.items() if isinstance(code, int)
    )


def chunk(entries, width):
    return (b"PMGL" + struct.pack("<IIii", width - 20 - len(entries), 0, -1, -1) + entries).ljust(width, b"\0")


def help_file(
    packed, plain, *, blocks=((VERBATIM, 0),), frames_between=2, width=4096, extra=(), turned=0, is_padded=True
):
    """Return compiled help; `packed` and `plain` are names and bytes, `extra` entries of the directory as they are."""
    whole = b"".join(packed.values())
    step = frames_between * FRAME
    padded = whole + bytes(-len(whole) % FRAME if is_padded else 0)  # as Microsoft's packer leaves it
    frames = [
        frame for at in range(0, len(padded), step) for frame in interval(padded[at : at + step], blocks, turned=turned)
    ]
    places = [sum(map(len, frames[:n])) for n in range(len(frames))]
    content = b"".join(frames)
    resets = struct.pack("<IIIIQQQ", 2, len(frames), 8, 40, len(whole), len(content), FRAME)
    own = {
        STORAGE + b"ControlData": struct.pack("<I4s5I", 6, b"LZXC", 2, frames_between, 1 << WINDOW_BITS - 15, 1, 0),
        STORAGE + b"SpanInfo": struct.pack("<Q", len(whole)),
        STORAGE + b"Transform/List": TRANSFORM.decode().encode("utf-16-le"),
        STORAGE + b"Transform/" + TRANSFORM + b"/InstanceData/ResetTable": resets
        + struct.pack(f"<{len(places)}Q", *places),
        STORAGE + b"Content": content,
        b"::DataSpace/NameList": _sections("Uncompressed", "MSCompressed"),
    }
    listed, body = [(b"/", 0, 0, 0)], b""
    for name, data in {**plain, **own}.items():
        listed.append((name, 0, len(body), len(data)))
        body += data
    at = 0
    for name, data in packed.items():
        listed.append((name, 1, at, len(data)))
        at += len(data)
    return _around([*sorted(listed), *extra], body, width)


def _sections(*names):
    words = b"".join(struct.pack("<H", len(name)) + name.encode("utf-16-le") + b"\0\0" for name in names)
    return struct.pack("<HH", len(words) // 2 + 2, len(names)) + words


def _around(listed, body, width, language=0x0409):
    raw = [
        number(len(name)) + name + number(section) + number(start) + number(size)
        for name, section, start, size in listed
    ]
    chunks, waiting = [], b""
    for one in raw:
        if len(waiting) + len(one) > width - 24:
            chunks.append(chunk(waiting, width))
            waiting = b""
        waiting += one
    chunks.append(chunk(waiting, width))
    directory = struct.pack(
        "<4sIIIIIIiIIiII", b"ITSP", 1, 0x54, 10, width, 2, 1, -1, 0, len(chunks) - 1, -1, len(chunks), language
    )
    directory = directory + bytes(16) + struct.pack("<Iiii", 0x54, -1, -1, -1) + b"".join(chunks)
    start = 0x60 + 0x18 + len(directory)
    head = struct.pack("<4sIIIII", b"ITSF", 3, 0x60, 1, 0, language) + bytes(32)
    head += struct.pack("<QQQQQ", 0x60, 0x18, 0x78, len(directory), start)
    return head + struct.pack("<IIQII", 0x1FE, 0, start + len(body), 0, 0) + directory + body


PAGES = {
    b"/doors.htm": b"<html><head><title>The doors</title></head><body><p>The doors are locked at night.</p></body></html>",
    b"/pictures/map.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    b"/#STRINGS": b"\0The doors\0html/doors.htm\0\0\0",
    b"/deep/notes.htm": b"<p>Keys are counted twice. " * 90,
}


def specimen(**more):
    """Return help of a few pages, in blocks of every kind."""
    kinds = ((VERBATIM, 900), (STORED, 301), (ALIGNED, 700), (STORED, 80), (VERBATIM, 0))
    return help_file(
        PAGES, {b"/#SYSTEM": system(), b"/plain.txt": b"The keys hang by the door.\n"}, blocks=kinds, **more
    )
