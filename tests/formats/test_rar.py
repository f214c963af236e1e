"""Laws of locked RAR: a right password opens it byte for byte, a wrong one opens nothing, and no head is believed."""

import io
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import rar_forge as forge
from tests.forge.rar_forge import File, Lock
from tests.formats.collector import run_bytes

from witnessmark.cell.report import Source
from witnessmark.formats import rar, rar5, rar_block, rar_blocks, rar_key, unarchive
from witnessmark.model.derivative import Outcome

pytestmark = pytest.mark.skipif(not unarchive.is_here(), reason="needs libarchive")
RIGHT, WRONG, OTHER = "門 doors-17", "doors", "keys-18"
LONG = b"".join(b"%d;door;shut\n" % number for number in range(3_000))
LOCK = Lock(RIGHT)
HONEST = {Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.ENCRYPTED}
KEYS = forge.old_key(RIGHT, forge.OLD_SALT), forge.old_key(RIGHT, forge.OLD_SALT[::-1])


def unlock(data, *passwords):
    return run_bytes(data, "a.rar", passwords=passwords)


def taken(found):
    return {member.name: bytes(member.data) for member in found.members}


def files(lock):
    return [
        File("orders/night.txt", b"The doors are locked.\n", lock),
        File("门.csv", LONG, lock, is_packed=True),
        File("empty.txt", b"", lock),
        File("list.txt", b"two keys\n" * 9, lock, is_packed=True, blake=lock is not None and lock.is_turning),
    ]


def old_files(password):
    return [
        File("orders/night.txt", b"The doors are locked.\n", password=password),
        File("list.csv", LONG, password=password),
    ]


CONTENTS = {file.name: file.data for file in files(None)}
OLD_CONTENTS = {file.name: file.data for file in old_files("")}


def test_an_archive_without_lock_is_read_as_it_stands():
    assert taken(unlock(forge.archive(files(None)))) == CONTENTS
    assert taken(unlock(forge.old_archive(old_files("")))) == OLD_CONTENTS


@pytest.mark.parametrize("head_lock", [None, LOCK, replace(LOCK, with_check=False)], ids=["open", "locked", "untold"])
@pytest.mark.parametrize("with_check", [True, False])
@pytest.mark.parametrize("is_turning", [True, False])
def test_the_right_password_opens_every_file_and_no_other_does(head_lock, with_check, is_turning):
    data = forge.archive(files(replace(LOCK, with_check=with_check, is_turning=is_turning)), head_lock)
    found = unlock(data, WRONG, RIGHT)
    assert taken(found) == CONTENTS
    for passwords in ((), (WRONG,), (WRONG, OTHER)):
        shut = unlock(data, *passwords)
        assert (shut.ended, shut.members) == (Outcome.ENCRYPTED, [])
        assert [name for name, *_ in shut.refused] == ([] if head_lock else list(CONTENTS))


@pytest.mark.parametrize("heads", ["", RIGHT], ids=["open", "locked"])
def test_the_right_password_opens_an_older_archive(heads):
    data = forge.old_archive(old_files(RIGHT), heads)
    assert taken(unlock(data, WRONG, RIGHT)) == OLD_CONTENTS
    for passwords in ((), (WRONG,), ("x" * (rar_key.LONGEST_OLD + 1),)):
        shut = unlock(data, *passwords)
        assert (shut.ended, shut.members) == (Outcome.ENCRYPTED, [])


def test_files_under_several_passwords_open_one_by_one():
    other = Lock(OTHER, salt=b"another salt of.")
    data = forge.archive(
        [File("a", b"one", LOCK), File("b", b"two", other), File("c", b"three"), File("d", b"4", LOCK)]
    )
    assert taken(unlock(data)) == {"c": b"three"}
    found = unlock(data, RIGHT)
    assert taken(found) == {"a": b"one", "c": b"three", "d": b"4"}
    assert (found.ended, [name for name, *_ in found.refused]) == (Outcome.PARTIAL, ["b"])
    assert taken(unlock(data, WRONG, OTHER, RIGHT)) == {"a": b"one", "b": b"two", "c": b"three", "d": b"4"}


@pytest.mark.parametrize("lock", [LOCK, replace(LOCK, is_turning=False)])
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_member_that_does_not_fit_its_checksum_is_named(lock, is_packed):
    damaged = File("a.txt", b"The doors are locked.\n", lock, is_packed=is_packed, crc=17)
    found = unlock(forge.archive([damaged, File("b.txt", b"keys", lock)]), RIGHT)
    assert found.ended is (Outcome.PARTIAL if found.members else Outcome.CORRUPT)  # libarchive gives nothing of some
    assert "checksum" in found.detail.lower() or "crc" in found.detail.lower()
    if lock.is_turning:  # else libarchive tells, and goes no further
        assert taken(found)["b.txt"] == b"keys"


def test_a_damaged_file_of_an_older_archive_does_not_hide_the_password_from_the_next():
    damaged = File("a.txt", b"The doors", password=RIGHT, crc=17)
    found = unlock(forge.old_archive([damaged, File("b.txt", b"keys", password=RIGHT)]), RIGHT)
    assert taken(found)["b.txt"] == b"keys"


def test_files_locked_by_the_ways_before_aes_stay_locked():
    data = forge.old_archive(old_files(RIGHT)).replace(struct_of(29), struct_of(20))
    found = unlock(mended(data), RIGHT)
    assert (found.ended, found.members) == (Outcome.ENCRYPTED, [])


def struct_of(version):
    return bytes((version, 0x30))


def mended(data):
    """Return an older archive whose heads have the checksums that they should have."""
    out, at = bytearray(data), len(forge.OLD_SIGNATURE)
    while at < len(out):
        size = int.from_bytes(out[at + 5 : at + 7], "little")
        out[at : at + 2] = (forge.zlib.crc32(out[at + 2 : at + size]) & 0xFFFF).to_bytes(2, "little")
        at += size + (int.from_bytes(out[at + 7 : at + 11], "little") if out[at + 4] & 0x80 else 0)
    return bytes(out)


CUT = "not all volumes of an archive in several"
KEYS_FILE = File("keys.txt", b"".join(b"key %d\n" % number for number in range(99)))


@pytest.mark.parametrize("make", [forge.volumes, forge.old_volumes])
def test_a_volume_by_itself_is_called_one_and_what_goes_on_elsewhere_is_no_empty_file(make):
    for number, volume in enumerate(make([File("a.txt", b"The doors")], KEYS_FILE, 200)):
        found = unlock(volume)
        assert found.ended is (Outcome.PARTIAL if found.members else Outcome.UNSUPPORTED)
        assert found.detail.startswith(CUT)
        assert all(data and KEYS_FILE.data.startswith(data) for name, data in taken(found).items() if name != "a.txt")
        assert ("a.txt" in taken(found)) == (number == 0)


@pytest.mark.parametrize("zeros", [0, 8, 300])
@pytest.mark.parametrize("make", [forge.volumes, forge.old_volumes])
def test_volumes_one_behind_the_other_are_read_as_one_archive(make, zeros):
    volumes = make([File("a.txt", b"The doors")], KEYS_FILE, 200)
    assert len(volumes) == 4
    found = unlock(bytes(zeros).join(volumes))
    assert (found.ended, taken(found)) == (Outcome.OK, {"a.txt": b"The doors", "keys.txt": KEYS_FILE.data})


@pytest.mark.parametrize("lacking", [(3,), (2, 3), (0,), (0, 1)])
@pytest.mark.parametrize("make", [forge.volumes, forge.old_volumes])
def test_where_the_first_or_the_last_is_lacking_it_is_said(make, lacking):
    volumes = make([File("a.txt", b"The doors")], KEYS_FILE, 200)
    found = unlock(b"".join(volume for number, volume in enumerate(volumes) if number not in lacking))
    assert found.ended in (Outcome.PARTIAL, Outcome.UNSUPPORTED)
    assert found.detail.startswith(CUT)


@pytest.mark.parametrize("heads", [None, LOCK], ids=["open", "locked"])
@pytest.mark.parametrize("size", [208, 200, 333])
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_lock_goes_through_all_parts_of_a_file(heads, size, is_packed):
    locked = replace(KEYS_FILE, lock=LOCK, is_packed=is_packed)
    volumes = forge.volumes([File("a.txt", b"The doors", LOCK), File("b.txt", b"open")], locked, size, heads)
    found = unlock(b"".join(volumes), WRONG, RIGHT)
    assert taken(found) == {"a.txt": b"The doors", "b.txt": b"open", "keys.txt": KEYS_FILE.data}
    assert found.ended is Outcome.OK
    shut = unlock(b"".join(volumes), WRONG)
    assert [name for name, *_ in shut.refused] == ([] if heads else ["a.txt", "keys.txt"])
    without_last = unlock(b"".join(volumes[:-1]), RIGHT)
    assert without_last.detail.startswith(CUT)
    assert taken(without_last).keys() >= {"a.txt", "b.txt"}


@pytest.mark.parametrize("heads", ["", RIGHT], ids=["open", "locked"])
def test_a_lock_goes_through_all_parts_of_a_file_of_an_older_archive(heads):
    volumes = forge.old_volumes([File("b.txt", b"open")], replace(KEYS_FILE, password=RIGHT), 203, heads)
    found = unlock(b"".join(volumes), WRONG, RIGHT)
    assert (taken(found), found.ended) == ({"b.txt": b"open", "keys.txt": KEYS_FILE.data}, Outcome.OK)


def test_a_volume_that_is_damaged_is_told():
    first, second, *rest = forge.volumes([File("a.txt", b"The doors")], KEYS_FILE, 200)
    damaged = bytearray(second)
    damaged[20] ^= 1
    found = unlock(b"".join((first, bytes(damaged), *rest)))
    assert (found.ended, taken(found)["a.txt"]) == (Outcome.PARTIAL, b"The doors")


def test_a_locked_file_behind_the_rest_of_another_is_told_from_it():
    rest = forge.Part(KEYS_FILE.data[400:], began=True, goes_on=False)
    volume = forge.archive([File("b.txt", b"keys", LOCK), File("c.txt", b"open")], number=1, part=(KEYS_FILE, rest))
    shut, found = unlock(volume), unlock(volume, RIGHT)
    assert (taken(shut), [name for name, *_ in shut.refused]) == ({"c.txt": b"open"}, ["b.txt"])
    assert (taken(found), found.refused) == ({"b.txt": b"keys", "c.txt": b"open"}, [])
    assert found.detail.startswith(CUT)


@pytest.mark.parametrize("version", [13, 27])
def test_what_older_programs_packed_in_no_known_way_is_named_and_not_called_damaged(version):
    packed_so = File("a.txt", b"packed in some way", version=version, method=0x33)
    found = unlock(forge.old_archive([packed_so, File("b.txt", b"stored", version=version)]))
    assert (found.ended, taken(found)) == (Outcome.PARTIAL, {"b.txt": b"stored"})
    ((name, outcome, why, *_),) = found.refused
    assert (name, outcome) == ("a.txt", Outcome.UNSUPPORTED)
    assert f"RAR {version // 10}.{version % 10}" in why


@pytest.mark.parametrize("make", [forge.archive, forge.old_archive])
def test_an_archive_without_a_file_is_damaged(make):
    assert unlock(make([])).ended is Outcome.CORRUPT


def test_keys_that_ask_for_too_many_rounds_are_not_made(monkeypatch):
    monkeypatch.setattr(rar, "MOST_ROUNDS", 3 << forge.POWER)
    assert taken(unlock(forge.archive(files(LOCK)), RIGHT)) == CONTENTS
    found = unlock(forge.archive(files(LOCK)), WRONG, RIGHT)
    assert (found.ended, found.members) == (Outcome.ENCRYPTED, [])
    assert "rounds of hashing" in found.detail
    beyond = forge.archive(files(replace(LOCK, power=3))).replace(b"\3" + forge.SALT, b"\x19" + forge.SALT)
    assert unlock(beyond, RIGHT).members == []


@given(st.text(max_size=40), st.binary(min_size=16, max_size=16), st.integers(0, 6))
def test_a_key_is_what_it_is_round_by_round(password, salt, power):
    password = password.encode("utf-8", "replace").decode()
    lock = forge.Lock(password, salt, power)
    found = rar_key.Lock(power, salt, bytes(16), lock.check, is_turned=True)
    assert found.key(password) == lock.key
    assert found.fits(password) is True
    assert found.fits(password + "x") is False
    assert replace(found, check=b"").fits(password) is None
    assert replace(found, check=lock.check[:8] + bytes(4)).fits(password) is None  # damaged: it tells nothing
    assert found.turned(417, password) == lock.turned(417) != 417
    assert replace(found, is_turned=False).turned(417, password) == 417


@pytest.mark.parametrize(
    ("password", "salt"), [(RIGHT, forge.OLD_SALT), ("", b""), ("a", forge.OLD_SALT), ("x" * 28, bytes(8))]
)
def test_an_older_key_is_what_it_is_round_by_round(password, salt):
    assert rar_key.old_key(password, salt) == forge.old_key(password, salt)


@given(st.integers(0, (1 << 64) - 1))
def test_a_number_is_read_as_it_is_written(value):
    assert rar5._number(value) == forge.vint(value)
    assert rar5._vint(b"x" + forge.vint(value) + b"x", 1) == (value, 1 + len(forge.vint(value)))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80" * 12])
def test_a_number_without_end_is_none(data):
    with pytest.raises(rar_block.BrokenRar):
        rar5._vint(data, 0)


WHOLE = {
    "open": forge.archive(files(LOCK)),
    "heads": forge.archive(files(LOCK), LOCK),
    "old": forge.old_archive(old_files(RIGHT)),
    "old heads": forge.old_archive(old_files(RIGHT), RIGHT),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_an_archive_that_is_cut_off_gives_the_files_before_the_cut(kind):
    data = WHOLE[kind]
    contents = OLD_CONTENTS if kind.startswith("old") else CONTENTS
    for size in range(0, len(data), 97 if kind == "open" else 701):
        found = unlock(data[:size], RIGHT)
        assert all(contents[name].startswith(part) for name, part in taken(found).items())
    last = list(contents)[-1]
    assert {**taken(unlock(data[:-9], RIGHT)), last: b""} == {**contents, last: b""}


@given(kind=st.sampled_from(sorted(WHOLE)), seed=st.integers(0, 1 << 32))
def test_a_damaged_archive_ends_honestly(kind, seed):
    chance, data = random.Random(seed), bytearray(WHOLE[kind])
    for _ in range(chance.choice((1, 2, 9))):
        at = min(chance.randrange(len(data)), chance.randrange(len(data)))
        match chance.randrange(3):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + chance.choice((1, 4, 60))] = chance.randbytes(chance.choice((0, 1, 4)))
            case _:
                data[at:at] = data[at : at + 40]
    assert unlock(bytes(data), RIGHT).ended in {*HONEST, Outcome.UNSUPPORTED}


@pytest.mark.parametrize("heads", [None, LOCK])
def test_the_data_of_a_locked_archive_are_read_once_and_not_before_their_heads_fit(heads):
    data = forge.archive(files(LOCK), heads)
    reading = rar._Reading(Source(io.BytesIO(data), len(data), "a.rar", (RIGHT,)))
    rewritten = reading.rewritten()
    assert rewritten is not None
    opened = rewritten.stream.read()
    assert len(opened) == rewritten.size
    assert RIGHT.encode() not in opened
    assert [block.is_locked for block in rar_blocks.blocks(io.BytesIO(opened), len(opened), None)] == [False] * 6
