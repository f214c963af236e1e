"""Laws of RAR 2.9 to 4.x whose files build on each other: each by its checksum; what programs did is undone."""

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import rar_forge as forge
from tests.formats.test_rar_old import coded, octets, taken

from witnessmark.cell.report import Source
from witnessmark.formats import rar29, rar_filters, rar_old
from witnessmark.formats.packed import Told
from witnessmark.model.derivative import Outcome

LETTERS = {**{letter: 9 for letter in range(256)}, **{code: 6 for code in range(256, 288)}}
FAR = {place: 6 for place in range(60)}
LOWS = {place: 5 for place in range(17)}
AGAIN = {place: 5 for place in range(28)}
CODES = {name: coded(part) for name, part in zip("sfla", (LETTERS, FAR, LOWS, AGAIN), strict=True)}
File = forge.File


def tables():
    parts = ((LETTERS, rar29.LETTERS), (FAR, rar29.DISTANCES), (LOWS, rar29.LOWS), (AGAIN, rar29.AGAIN))
    lengths = [part.get(sign, 0) for part, count in parts for sign in range(count)]
    codes = coded(dict.fromkeys(range(16), 4))
    return "00" + "".join(f"{4 if n < 16 else 0:04b}" for n in range(20)) + "".join(codes[n] for n in lengths)


def written(*signs):
    """Return bits: a letter by its number, or a table's letter, a sign and the bits behind it."""
    return "".join(CODES["s"][sign] if isinstance(sign, int) else CODES[sign[0]][sign[1]] + sign[2] for sign in signs)


END, END_AND_NEW = ("s", 256, "00"), ("s", 256, "01")
PLAIN = tables()


def unpacked(bits, size):
    return rar29.Unpacker().file(octets(bits), size, goes_on=False)


@given(st.binary(max_size=300))
def test_letters_stand_for_themselves(data):
    assert unpacked(PLAIN + written(*data, END), len(data)) == data


def test_each_kind_of_repetition_means_what_it_says():
    bits = written(
        *b"abcdefgh",
        ("s", 271, ""), ("f", 3, ""),  # 3 bytes, 4 back
        ("s", 258, ""),  # the same again
        ("s", 263, "01"),  # 2 bytes, 2 back
        ("s", 260, ""), ("a", 2, ""),  # 4 bytes, as far back as the last but one
        ("s", 279, "1"), ("f", 5, "1"),  # 12 bytes, 8 back
        ("s", 271, ""), ("f", 10, ""), ("l", 2, ""),  # 3 bytes, 35 back: the low bits have a code of their own
        ("s", 271, ""), ("f", 10, ""), ("l", 16, ""),  # 3 bytes, as low as the last
        END,
    )  # fmt: skip
    made = bytearray(b"abcdefgh")
    for length, distance in ((3, 4), (3, 4), (2, 2), (4, 4), (12, 8), (3, 35), (3, 35)):
        for _ in range(length):
            made.append(made[-distance] if distance <= len(made) else 0)
    assert unpacked(PLAIN + bits, len(made)) == made


def test_new_tables_may_come_in_a_file_and_before_the_next():
    first = PLAIN + written(*b"before ", ("s", 256, "1"))
    aligned = first + "0" * (-len(first) % 8)
    assert unpacked(aligned + PLAIN + written(*b"after", END), 12) == b"before after"
    unpacker = rar29.Unpacker()
    assert unpacker.file(octets(PLAIN + written(*b"one", END_AND_NEW)), 3, goes_on=False) == b"one"
    second = PLAIN + written(("s", 271, ""), ("f", 2, ""), *b"!", END)
    assert unpacker.file(octets(second), 4, goes_on=True) == b"one!"
    assert unpacker.file(octets(written(*b"kept", END)), 4, goes_on=True) == b"kept"


def number(value):
    return f"10{value:016b}"


def program(words, start, size, *given, again=None):
    """Return the bits of a program that is to run on so many bytes from so far ahead; `again` names one that ran."""
    mask = "".join("1" if register < len(given) else "0" for register in reversed(range(7)))
    code = (number(0) if again is None else number(again + 1)) + number(start) + number(size)
    code += mask + "".join(map(number, given))
    code += number(len(words)) + "".join(f"{byte:08b}" for byte in words) if again is None else ""
    raw = octets(code)
    head = f"{0xB0 | 7:08b}{len(raw):016b}"
    return written(("s", 257, head + "".join(f"{byte:08b}" for byte in raw)))


@pytest.fixture
def words(monkeypatch):
    """A program that everybody knows, for the time of a test."""
    made = b"takes differences"
    monkeypatch.setitem(rar_filters.KNOWN, (len(made), zlib.crc32(made)), "differences")
    return made


def test_what_a_program_did_is_undone_in_what_comes_out_and_not_in_what_repetitions_reach_back_to(words):
    told = bytes((246, 0, 0, 0))
    bits = PLAIN + written(*b"ab") + program(words, 0, 4, 1) + written(*told, ("s", 271, ""), ("f", 3, ""), END)
    assert unpacked(bits, 9) == b"ab" + bytes((10,)) * 4 + told[:3]


def test_a_program_may_run_again_and_another_may_not(words):
    told = bytes((246, 0))
    again = PLAIN + program(words, 0, 2, 1) + written(*told) + program(b"", 0, 2, 1, again=0) + written(*told, END)
    assert unpacked(again, 4) == bytes((10,)) * 4
    unknown = PLAIN + written(*b"ab") + program(b"does what nobody knows", 0, 2, 1) + written(*b"cd", END)
    assert unpacked(unknown, 4) == b"ab"
    assert unpacked(PLAIN + written(*b"ab") + program(words, 0, 90, 1) + written(*b"cd", END), 4) == b"ab"


@given(st.binary(max_size=300), st.integers(0, 1 << 20), st.booleans())
def test_addresses_behind_calls_come_back(data, at, jumps):
    kind, codes = ("calls and jumps", b"\xe8\xe9") if jumps else ("calls", b"\xe8")
    packed, place = bytearray(data), 0
    while place < len(data) - 4:
        code, place = packed[place], place + 1
        if code in codes:
            address, here = int.from_bytes(packed[place : place + 4], "little", signed=True), place + at
            if -here <= address < (1 << 24) - here:
                packed[place : place + 4] = (address + here & 0xFFFFFFFF).to_bytes(4, "little")
            elif (1 << 24) - here <= address < 1 << 24:
                packed[place : place + 4] = (address - (1 << 24) & 0xFFFFFFFF).to_bytes(4, "little")
            place += 4
    assert rar_filters.undone(kind, bytes(packed), at, {}) == data


@given(st.binary(max_size=200), st.integers(1, 5))
def test_differences_come_back(data, channels):
    packed = bytearray()
    for channel in range(channels):
        own = data[channel::channels]
        packed += bytes((before - byte) & 0xFF for before, byte in zip(b"\0" + own, own, strict=False))
    assert rar_filters.undone("differences", bytes(packed), 0, {0: channels}) == data


def test_pictures_and_sound_that_were_told_as_expected_stay_as_they_were():
    for kind, given_ in (("picture", {0: 12, 1: 0}), ("sound", {0: 2})):
        assert rar_filters.undone(kind, bytes(60), 0, given_) == bytes(60)
        rising = rar_filters.undone(kind, b"\xff" + bytes(59), 0, given_)
        assert rising[0] == 1 + (kind == "picture") * 0
        assert rar_filters.undone(kind, b"\xff", 0, {}) is None


@given(data=st.binary(max_size=300), size=st.integers(0, 3_000))
def test_no_noise_makes_more_than_is_stated(data, size):
    unpacker = rar29.Unpacker()
    for bits in (data, octets(PLAIN) + data):
        assert len(unpacker.file(bits, size, goes_on=False)) <= size


def solid(name, plain, bits, *, builds_on):
    return File(name, octets(bits), version=29, method=0x33, plain=plain, builds_on=builds_on)


FIRST = solid("a.txt", b"The doors", PLAIN + written(*b"The doors", END), builds_on=False)
SECOND = solid("b.txt", b"The doors again", written(("s", 277, ""), ("f", 6, "00"), *b" again", END), builds_on=True)


def test_files_that_build_on_each_other_come_out_beside_those_that_are_stored(read):
    stored = File("c.txt", b"stored", builds_on=True)
    found = read(forge.old_archive([FIRST, SECOND, stored], solid=True), "orders.rar")
    assert taken(found) == {"a.txt": b"The doors", "b.txt": b"The doors again", "c.txt": b"stored"}
    assert (found.ended, found.detail) == (Outcome.OK, "")


def test_volumes_of_them_are_put_together(read):
    volumes = forge.old_volumes([FIRST, SECOND], File("c.txt", b"k" * 900, builds_on=True), 400, solid=True)
    found = read(b"".join(volumes), "orders.rar")
    assert taken(found)["c.txt"] == b"k" * 900


def test_what_builds_on_what_is_packed_by_prediction_is_named_and_the_first_is_left_to_libarchive():
    predicted = solid("p.txt", b"x" * 40, "1" * 80, builds_on=False)
    whole = forge.old_archive([predicted, SECOND, FIRST, SECOND], solid=True)
    source = Source(io.BytesIO(whole), len(whole), "orders.rar")
    told = Told(unread=dict.fromkeys(range(4), "why"))
    assert rar_old.unpacked(source, told)[1].unread == {1: "why"}
