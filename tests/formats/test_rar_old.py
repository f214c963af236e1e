"""Laws of what RAR packed before 2.9: each file by its checksum, one that builds on another too; damage is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import rar_forge as forge

from witnessmark.formats import rar2, rar15, rar_old
from witnessmark.model.derivative import Outcome

GOLDEN = bytes.fromhex("0f47af0fb2f6720fd403dafb4c440c002001104928b30440424886228b307e88c18bd57b9c21f4a3192308ca2c8340")
"""What the way of RAR 1.5 unpacks to the sentence below; found by search, since no program packs so any more."""
SENTENCE = b"Doors shut. Doors shut. Doors shut at six, doors shut."
LETTERS = {**{letter: 9 for letter in range(256)}, **{code: 6 for code in range(256, 288)}}
"""Code lengths: letters take half of the room, codes of repetitions and of new tables the other."""
FAR = {place: 6 for place in range(48)}
AGAIN = {place: 5 for place in range(28)}
File = forge.File


def coded(lengths):
    """Return the code of each sign as text of bits: in the order of their lengths, and then of the signs."""
    codes, code, before = {}, 0, 0
    for length, sign in sorted((length, sign) for sign, length in lengths.items()):
        code <<= length - before
        codes[sign], code, before = f"{code:0{length}b}", code + 1, length
    return codes


def tables(*parts, channels=0):
    """Return the bits of tables of code lengths, each length written out by a code of four or five bits."""
    lengths = [part.get(sign, 0) for part, count in parts for sign in range(count)]
    codes = coded(dict.fromkeys(range(16), 4))
    head = f"1{0}{channels - 1:02b}" if channels else "00"
    return head + "".join(f"{4 if n < 16 else 0:04b}" for n in range(19)) + "".join(codes[length] for length in lengths)


PLAIN = tables((LETTERS, rar2.LETTERS), (FAR, rar2.DISTANCES), (AGAIN, rar2.LENGTHS))


def octets(bits):
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0") or "0", 2).to_bytes(-(-len(bits) // 8), "big")


def written(*signs):
    """Return bits: a letter by its number, or a sign of some table with bits behind it."""
    letters, far, again = coded(LETTERS), coded(FAR), coded(AGAIN)
    table = {"letter": letters, "far": far, "again": again}
    return "".join(letters[sign] if isinstance(sign, int) else table[sign[0]][sign[1]] + sign[2] for sign in signs)


def unpacked(bits, size):
    return rar2.Unpacker().file(octets(bits), size, goes_on=False)


@given(st.binary(max_size=400))
def test_letters_stand_for_themselves(data):
    assert unpacked(PLAIN + written(*data), len(data)) == data


def test_each_kind_of_repetition_means_what_it_says():
    bits = written(
        *b"abcdefgh",
        ("letter", 270, ""), ("far", 3, ""),  # 3 bytes, 4 back
        ("letter", 256, ""),  # the same again
        ("letter", 257, ""), ("again", 2, ""),  # 4 bytes, as far back as the last
        ("letter", 261, "01"),  # 2 bytes, 2 back
        ("letter", 258, ""), ("again", 0, ""),  # 2 bytes, as far back as the last but one
        ("letter", 278, "1"), ("far", 4, "1"),  # 12 bytes, 6 back
    )  # fmt: skip
    made = bytearray(b"abcdefgh")
    for length, distance in ((3, 4), (3, 4), (4, 4), (2, 2), (2, 4), (12, 6)):
        for _ in range(length):
            made.append(made[-distance])
    assert unpacked(PLAIN + bits, len(made)) == made


def test_what_is_far_is_longer_and_before_the_beginning_there_is_nothing():
    near = unpacked(PLAIN + written(*b"ab", ("letter", 270, ""), ("far", 10, "0000")), 5)
    assert near == b"ab\0\0\0"
    far = unpacked(PLAIN + written(*b"ab", ("letter", 270, ""), ("far", 26, "0" * 12), *b"z"), 7)
    assert far == b"ab" + bytes(4) + b"z"


def test_new_tables_may_come_amid_letters_and_behind_the_last():
    bits = PLAIN + written(*b"before ", ("letter", 269, "")) + PLAIN + written(*b"after")
    assert unpacked(bits, 12) == b"before after"
    unpacker = rar2.Unpacker()
    first = octets(PLAIN + written(*b"one", ("letter", 269, "")) + PLAIN)
    assert unpacker.file(first, 3, goes_on=False) == b"one"
    assert unpacker.file(octets(written(("letter", 270, ""), ("far", 2, ""), *b"!")), 4, goes_on=True) == b"one!"


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_sound_that_is_told_as_expected_stays_as_it_was(channels):
    sounds = dict.fromkeys(range(256), 8)
    bits = tables(*[(sounds, rar2.SOUNDS)] * channels, channels=channels)
    told = b"\xf6" + bytes(8 * channels - 1)
    found = unpacked(bits + "".join(f"{byte:08b}" for byte in told), len(told))
    assert found == bytes((10, *[0] * (channels - 1))) * 8
    assert unpacked(bits + "0" * 8 * 40, 40) == bytes(40)


def test_the_way_of_rar_15_unpacks_its_golden_specimen():
    assert rar15.Unpacker().file(GOLDEN, len(SENTENCE), goes_on=False) == SENTENCE
    short = rar15.Unpacker().file(GOLDEN[:20], len(SENTENCE), goes_on=False)
    assert SENTENCE.startswith(short)
    assert 10 < len(short) < len(SENTENCE)


@pytest.mark.parametrize("way", [rar15.Unpacker, rar2.Unpacker])
@given(data=st.binary(max_size=300), size=st.integers(0, 3_000))
def test_no_noise_makes_more_than_is_stated(way, data, size):
    unpacker = way()
    assert len(unpacker.file(data, size, goes_on=False)) <= size
    assert len(unpacker.file(data, size, goes_on=True)) <= size


def taken(found):
    return {"/".join(step.name for step in member.path): bytes(member.data) for member in found.members}


def old(name, plain, *, builds_on=False):
    data = octets(("" if builds_on else PLAIN) + written(*plain))
    return File(name, data, version=20, method=0x33, plain=plain, builds_on=builds_on)


def test_files_of_older_programs_come_out_beside_those_that_are_stored(read):
    files = [
        old("a.txt", b"The doors"),
        File("b.txt", b"stored", version=20),
        File("c.txt", GOLDEN, version=15, method=0x33, plain=SENTENCE),
        old("d.txt", b"More of the doors", builds_on=True),
    ]
    found = read(forge.old_archive(files), "orders.rar")
    assert (found.ended, found.detail, found.refused) == (Outcome.OK, "", [])
    assert taken(found) == {
        "a.txt": b"The doors", "b.txt": b"stored", "c.txt": SENTENCE, "d.txt": b"More of the doors"
    }  # fmt: skip


def test_of_rar_15_the_archive_says_that_files_build_on_each_other(read):
    pair = [File(f"{name}.txt", GOLDEN, version=15, method=0x33, plain=SENTENCE) for name in "ab"]
    assert taken(read(forge.old_archive(pair), "a.rar")) == {"a.txt": SENTENCE, "b.txt": SENTENCE}
    solid = read(forge.old_archive(pair, solid=True), "a.rar")
    assert (solid.ended, taken(solid)["a.txt"], taken(solid)["b.txt"] != SENTENCE) == (Outcome.PARTIAL, SENTENCE, True)


def test_a_file_that_breaks_off_or_does_not_fit_is_told(read):
    whole = old("a.txt", b"The doors stay shut")
    short = File("a.txt", whole.data[:-6], version=20, method=0x33, plain=whole.plain)
    found = read(forge.old_archive([short, File("b.txt", b"stored", version=20)]), "a.rar")
    assert found.ended == Outcome.PARTIAL
    assert whole.plain.startswith(taken(found)["a.txt"])
    wrong = File("a.txt", whole.data, version=20, method=0x33, plain=whole.plain, crc=7)
    found = read(forge.old_archive([wrong]), "a.rar")
    assert (found.ended, "checksum" in found.detail) == (Outcome.PARTIAL, True)


def test_what_unpacks_to_too_much_is_named(read, monkeypatch):
    monkeypatch.setattr(rar_old, "MOST", 12)
    found = read(forge.old_archive([old("a.txt", b"The doors"), old("b.txt", b"The keys")]), "a.rar")
    assert (found.ended, taken(found)) == (Outcome.PARTIAL, {"a.txt": b"The doors"})
    assert "beyond" in found.refused[0][2]


def test_what_builds_on_a_file_that_was_passed_over_or_broke_off_is_named_and_never_made_up(read, monkeypatch):
    whole = old("a.txt", b"The doors stay shut")
    short = File("a.txt", whole.data[:-6], version=20, method=0x33, plain=whole.plain)
    found = read(forge.old_archive([short, old("b.txt", b"on", builds_on=True), old("c.txt", b"new")]), "a.rar")
    assert (taken(found)["c.txt"], "b.txt" in taken(found)) == (b"new", False)
    monkeypatch.setattr(rar_old, "MOST", 12)
    found = read(forge.old_archive([whole, old("b.txt", b"on", builds_on=True), old("c.txt", b"new")]), "a.rar")
    assert taken(found) == {"c.txt": b"new"}
    assert [name for name, *_ in found.refused] == ["a.txt", "b.txt"]


def test_comments_in_heads_are_hidden_text_and_blocks_beside_files_are_passed_over(read):
    said = b"Kept by the watch"
    files = [
        File("a.txt", b"stored", version=20, comment=forge.old_comment(said, len(said))),
        File("b.txt", b"more", version=20, comment=forge.old_comment(GOLDEN, len(SENTENCE), version=15, method=0x33)),
        File("c.txt", b"last", version=20),
    ]
    whole = forge.old_archive(files)
    found = read(whole[:-7] + forge.old_aside(b"ada") + whole[-7:], "orders.rar")
    assert (found.ended, taken(found)) == (Outcome.OK, {"a.txt": b"stored", "b.txt": b"more", "c.txt": b"last"})
    assert found.hidden_pieces == [("comment", said.decode() + "\n"), ("comment", SENTENCE.decode() + "\n")]
