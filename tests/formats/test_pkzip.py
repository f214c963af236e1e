"""Laws of what PKZIP packed before 1993: it comes out as it was, a clearing changes nothing, damage ends as an outcome."""

import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import pkzip_forge as forge
from tests.formats import test_zip_methods

from witnessmark.formats import explode, unreduce, unshrink, zip_unfold
from witnessmark.formats.bits import BrokenPacking
from witnessmark.model.derivative import Outcome

CHANCE = random.Random(17)
CONTENTS = {
    "none": b"",
    "line": b"The gate stays shut.\n",
    "words": test_zip_methods.text(4000),
    "noise": CHANCE.randbytes(9000),
    "zeros": bytes(9_000),
    "marks": bytes((144, 0, 144, 144, 1, 255)) * 300,
    "far": (noise := CHANCE.randbytes(5000)) + noise * 2,
    "few": bytes(CHANCE.choices(b"abc", k=20_000)),
}
CLEARING = (260, 270, 300, 600, 5000, 1 << 13)
FLAGS = (0, explode.WIDE, explode.WITH_LETTERS, explode.WIDE | explode.WITH_LETTERS)
PARTS = st.lists(st.sampled_from([b"door", b"keys ", b"\0" * 40, bytes(range(200)), b"\x90", b"ab"]), max_size=60)
MEMBERS = {
    **{
        f"shrunk below {most}": (forge.SHRUNK, 0, lambda data, most=most: forge.shrink(data, most)) for most in CLEARING
    },
    **{f"reduced by {n - 1}": (n, 0, lambda data, n=n: forge.reduce(data, n - 1)) for n in forge.REDUCED},
    "reduced, apart": (4, 0, lambda data: forge.reduce(data, 3, overlapping=False)),
    **{
        f"imploded {flags}": (forge.IMPLODED, flags, lambda data, flags=flags: forge.implode(data, flags))
        for flags in FLAGS
    },
}


def zipped(contents, *, but=()):
    members = [
        (f"{name}, {how}", method, flags, pack(data), data)
        for name, data in contents.items()
        for how, (method, flags, pack) in MEMBERS.items()
        if method not in but
    ]
    return forge.zipped(*members), {name: data for name, _, _, _, data in members}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_was_packed_comes_out_as_it_was(read, name):
    data, wanted = zipped({name: CONTENTS[name]})
    found = read(data, "a.zip")
    assert {member.name: bytes(member.data) for member in found.members} == wanted
    assert (found.ended, found.detail) == (Outcome.OK, "")


@given(PARTS, st.sampled_from(list(MEMBERS)), st.integers(1, 7))
def test_any_parts_come_out_whatever_the_pieces(parts, how, step):
    data = b"".join(parts)
    method, flags, pack = MEMBERS[how]
    packed = pack(data)
    pieces = (packed[at : at + step] for at in range(0, len(packed), step))
    assert b"".join(unfolded(method, flags, pieces, len(data))) == data


def unfolded(method, flags, pieces, size):
    if method == forge.SHRUNK:
        return unshrink.unfolded(pieces, size)
    if method == forge.IMPLODED:
        return explode.unfolded(pieces, size, flags, explode.least(flags))
    return unreduce.unfolded(pieces, size, method - 1)


@pytest.mark.skipif(shutil.which("7z") is None, reason="needs 7z (Debian: p7zip-full)")
def test_7z_unfolds_the_same(tmp_path):
    # Info-ZIP does too, but for codes whose strings a clearing gave away: those it calls damaged.
    data, wanted = zipped({name: CONTENTS[name] for name in ("words", "few")}, but=forge.REDUCED)
    (tmp_path / "made.zip").write_bytes(data)
    subprocess.run(["7z", "x", "-oout", "made.zip"], cwd=tmp_path, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == wanted


@pytest.mark.parametrize("flags", FLAGS)
def test_a_shortest_repetition_that_goes_by_the_window_is_found_by_the_checksum(read, flags):
    data = CONTENTS["words"]
    packed = forge.implode(data, flags, 3 if flags & explode.WIDE else 2)
    found = read(forge.zipped(("a.txt", forge.IMPLODED, flags, packed, data)), "a.zip")
    assert [bytes(member.data) for member in found.members] == [data]
    assert found.ended is Outcome.OK


@pytest.mark.parametrize("how", MEMBERS)
def test_one_that_breaks_off_gives_what_it_held(read, how):
    method, flags, pack = MEMBERS[how]
    data = CONTENTS["words"]
    found = read(forge.zipped(("a.txt", method, flags, pack(data)[:-200], data)), "a.zip")
    assert found.ended is Outcome.PARTIAL
    assert len(data) * 0.8 < len(found.members[0].data) < len(data)
    assert data.startswith(bytes(found.members[0].data))


def test_no_more_comes_out_than_the_zip_states(read):
    for method, flags, pack in MEMBERS.values():
        packed = pack(bytes(30_000))
        found = read(forge.zipped(("a.txt", method, flags, packed, bytes(1000))), "a.zip")
        assert (bytes(found.members[0].data), found.ended) == (bytes(1000), Outcome.OK)


@pytest.mark.parametrize("method", [forge.SHRUNK, *forge.REDUCED, forge.IMPLODED])
@given(noise=st.binary(max_size=400), flags=st.sampled_from(FLAGS))
def test_noise_is_broken_or_ends(method, noise, flags):
    try:
        assert len(b"".join(unfolded(method, flags, iter([noise]), 100_000))) == 100_000
    except BrokenPacking as error:
        assert str(error)


def bits(*numbers):
    found = forge.Bits()
    for value, width in numbers:
        found.put(value, width)
    return found.done()


def test_a_clearing_without_end_costs_no_more_than_it_clears():
    chain = [(97, 9), *((257 + n, 9) for n in range(200))]
    packed = bits(*chain, *[(256, 9), (2, 9)] * 200_000)
    with pytest.raises(BrokenPacking, match="break off"):
        b"".join(unshrink.unfolded(iter([packed]), 1 << 30))


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (bits((97, 9), (400, 9)), "leads nowhere"),
        (bits((300, 9)), "leads nowhere"),
        (bits((97, 9), (256, 9), (3, 9)), "control code"),
        (
            bits(*[(256, 9), (1, 9), (256, 10), (1, 10), (256, 11), (1, 11), (256, 12), (1, 12), (256, 13), (1, 13)]),
            "control",
        ),
        # The code of `aa` is cleared, given to itself and one byte more, and asked for.
        (bits((97, 9), (257, 9), (256, 9), (2, 9), (98, 9), (257, 9)), "leads nowhere"),
    ],
)
def test_a_shrunk_stream_that_cannot_be_is_broken(packed, why):
    with pytest.raises(BrokenPacking, match=why):
        b"".join(unshrink.unfolded(iter([packed]), 1000))


def test_cleared_codes_are_given_away_again_the_lowest_first():
    # `aa` and `ab` are 257 and 258, and cleared; then these are `bc` and `cd`.
    packed = bits((97, 9), (97, 9), (98, 9), (256, 9), (2, 9), (99, 9), (100, 9), (257, 9), (258, 9))
    assert b"".join(unshrink.unfolded(iter([packed]), 9)) == b"aabcdbccd"


def test_followers_and_trees_that_cannot_be_are_broken():
    with pytest.raises(BrokenPacking, match="more followers"):
        b"".join(unreduce.unfolded(iter([bits((33, 6), *[(0, 8)] * 400)]), 10, 1))
    three = forge.followed(b"", {0: b"abc"}) + b"\x06" * 9  # follower three of three that are counted from nought
    with pytest.raises(BrokenPacking, match="none"):
        b"".join(unreduce.unfolded(iter([three]), 10, 1))
    for tree, why in ((b"\0\x00", "another size"), (bytes((3, *[0xF0] * 4)), "more codes")):
        with pytest.raises(BrokenPacking, match=why):
            b"".join(explode.unfolded(iter([tree * 99]), 10, 0, 2))


def test_what_lies_before_the_beginning_is_zeros(read):
    data = bytes(70) + b"door"
    for method, flags, pack in MEMBERS.values():
        if method != forge.SHRUNK:
            packed = pack(data)
            assert len(packed) < len(data) + 400
            assert b"".join(unfolded(method, flags, iter([packed]), len(data))) == data


def test_a_member_whose_length_is_not_known_is_named(read):
    packed = forge.shrink(b"The gate stays shut.\n")
    whole = bytearray(forge.zipped(("a.txt", forge.SHRUNK, 8, packed, b"The gate stays shut.\n")))
    whole[14:26] = bytes(12)
    found = read(bytes(whole[: whole.index(b"PK\1\2")]), "a.zip")
    assert found.refused == [("a.txt", Outcome.UNSUPPORTED, "how long it is stands in a directory that is lost")]
    assert zip_unfold.SHRUNK in zip_unfold.METHODS
