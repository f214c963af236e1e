"""Laws of 7z: what 7-Zip locked opens byte for byte, a wrong password opens nothing, and no header is believed."""

import io
import random
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import sevenzip_forge as forge
from tests.forge.sevenzip_forge import Folder, Lock
from tests.formats.collector import run_bytes

from witnessmark.formats import packed, pieces, sevenzip, sevenzip_header, sevenzip_key, unarchive
from witnessmark.model.derivative import Outcome

pytestmark = pytest.mark.skipif(not unarchive.is_here(), reason="needs libarchive")
SEVEN_ZIP = pytest.mark.skipif(shutil.which("7z") is None, reason="needs 7z (Debian: p7zip-full)")
RIGHT, WRONG, OTHER = "門 doors-17", "doors", "keys-18"
CHANCE = random.Random(17)
NOISE = CHANCE.randbytes(70_000)
CONTENTS = {
    "orders/night.txt": b"The doors are locked.\n",
    "门/钥匙.txt": b"two keys\n",
    "orders/long.csv": b"".join(b"%d;door;shut\n" % n for n in range(30_000)),
    "noise.bin": NOISE,
}
PROGRAM = Path("/bin/ls")
HONEST = {Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.ENCRYPTED, Outcome.UNSUPPORTED}


def unlock(data, *passwords, budget=512 << 20):
    return run_bytes(data, "a.7z", budget, passwords)


def taken(found):
    return {member.name: bytes(member.data) for member in found.members}


def by_7z(folder, *options):
    """Return what 7z makes of a folder's files, in their own times and modes."""
    (folder / "made.7z").unlink(missing_ok=True)
    names = sorted(path.name for path in folder.iterdir())
    subprocess.run(["7z", "a", "-bd", *options, "made.7z", *names], cwd=folder, check=True, capture_output=True)
    data = (folder / "made.7z").read_bytes()
    (folder / "made.7z").unlink()
    return data


@pytest.fixture
def folder(tmp_path):
    for name, data in {**CONTENTS, "empty.txt": b""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "nothing in it").mkdir()
    return tmp_path


@SEVEN_ZIP
@pytest.mark.parametrize("names", ["on", "off"])
@pytest.mark.parametrize("method", ["LZMA", "LZMA2", "Copy", "BZip2", "Deflate", "PPMd"])
@pytest.mark.parametrize("solid", ["on", "off"])
def test_what_7z_locked_opens_as_it_was(folder, method, names, solid):
    if PROGRAM.exists():
        shutil.copy(PROGRAM, folder / "program")  # 7-Zip puts a filter of its own before it
    options = (f"-m0={method}", f"-ms={solid}")
    data, never_locked = by_7z(folder, f"-p{RIGHT}", f"-mhe={names}", *options), by_7z(folder, *options)
    found, plain = unlock(data, WRONG, RIGHT), unlock(never_locked)
    assert found.ended == plain.ended == Outcome.OK, found.detail
    assert [(member.path, member.stated, member.data) for member in found.members] == [
        (member.path, member.stated, member.data) for member in plain.members
    ]
    assert set(CONTENTS.items()) < set(taken(found).items())
    assert found.tools == plain.tools
    wrong = unlock(data, WRONG)
    assert wrong.ended == (Outcome.ENCRYPTED if names == "on" else Outcome.PARTIAL)
    assert (wrong.members, wrong.refused, wrong.detail) == (
        (unlocked := unlock(data)).members,
        unlocked.refused,
        unlocked.detail,
    )
    assert len(wrong.refused) == (0 if names == "on" else len(plain.members) - 1), "but the one that is empty"


@SEVEN_ZIP
@pytest.mark.skipif(not PROGRAM.exists(), reason="needs a program of this machine")
def test_a_program_under_a_filter_of_four_streams_is_listed_and_opens(tmp_path):
    shutil.copy(PROGRAM, tmp_path / "program")
    data = by_7z(tmp_path, f"-p{RIGHT}", "-mf=BCJ2")
    closed = unlock(data)
    assert (closed.ended, [name for name, *_ in closed.refused]) == (Outcome.ENCRYPTED, ["program"])
    assert taken(unlock(data, RIGHT)) == {"program": PROGRAM.read_bytes()}


@SEVEN_ZIP
def test_of_two_passwords_in_one_archive_each_opens_its_own(tmp_path):
    for name, options in (("one.txt", [f"-p{RIGHT}"]), ("two.txt", [f"-p{OTHER}"]), ("three.txt", [])):
        (tmp_path / name).write_text(f"what {name} says, and more")
        subprocess.run(["7z", "a", "-bd", *options, "a.7z", name], cwd=tmp_path, check=True, capture_output=True)
    data = (tmp_path / "a.7z").read_bytes()
    for passwords, opened in (
        ((RIGHT,), {"one.txt"}),
        ((OTHER,), {"two.txt"}),
        ((OTHER, RIGHT), {"one.txt", "two.txt"}),
    ):
        found = unlock(data, *passwords)
        assert set(taken(found)) == {"three.txt", *opened}
        assert {name for name, *_ in found.refused} == {"one.txt", "two.txt"} - opened
        assert found.ended == (Outcome.OK if len(opened) == 2 else Outcome.PARTIAL)


@SEVEN_ZIP
def test_what_libarchive_does_not_unpack_is_named_and_all_else_comes_out(tmp_path):
    for name, method in (("a.txt", "LZMA"), ("b.txt", "Deflate64"), ("c.txt", "LZMA2")):
        (tmp_path / name).write_bytes(CONTENTS["orders/long.csv"] + name.encode())
    for option in ([], [f"-p{RIGHT}"]):
        (tmp_path / "x.7z").unlink(missing_ok=True)
        for name, method in (("a.txt", "LZMA"), ("b.txt", "Deflate64"), ("c.txt", "LZMA2")):
            line = ["7z", "a", "-bd", f"-m0={method}", *option, "x.7z", name]
            subprocess.run(line, cwd=tmp_path, check=True, capture_output=True)
        found = unlock((tmp_path / "x.7z").read_bytes(), RIGHT)
        assert set(taken(found)) == {"a.txt", "c.txt"}
        (name, outcome, detail), *others = found.refused
        assert (name, outcome, others) == ("b.txt", Outcome.UNSUPPORTED, [])
        assert "Deflate64" in detail
        assert found.ended == Outcome.PARTIAL


@SEVEN_ZIP
def test_a_link_that_was_locked_is_named_and_never_followed(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x")
    (tmp_path / "b.txt").symlink_to("/etc/hosts")
    found = unlock(by_7z(tmp_path, "-snl", f"-p{RIGHT}", "-mhe=on"), RIGHT)
    assert taken(found) == {"a.txt": b"x"}
    assert [(name, outcome) for name, outcome, _ in found.refused] == [("b.txt", Outcome.REFUSED_POLICY)]


@SEVEN_ZIP
def test_7z_reads_what_the_forge_of_these_tests_writes(tmp_path):
    lock = Lock(RIGHT, 5, b"salt")
    folders = [Folder({"a": b"one", "b": NOISE}, lock, forge.LZMA), Folder({"c": b"two"}, lock), Folder({"d": b"x"})]
    for header in (None, lock, Lock(RIGHT, 63, b"")):
        (tmp_path / "a.7z").write_bytes(forge.archive(folders, header, ["empty"]))
        subprocess.run(["7z", "t", f"-p{RIGHT}", "a.7z"], cwd=tmp_path, check=True, capture_output=True)


LOCKS = st.builds(
    Lock,
    st.just(RIGHT),
    st.sampled_from([0, 1, 7, 13, 63]),
    st.binary(max_size=16),
    st.binary(max_size=16),
    st.sampled_from([bytes(16), bytes(range(16))]),
)


@given(
    st.lists(
        st.tuples(
            st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=4),
            st.one_of(st.none(), LOCKS),
            st.sampled_from([forge.COPY, forge.LZMA]),
            st.booleans(),
        ),
        max_size=5,
    ),
    st.one_of(st.none(), LOCKS),
    st.integers(0, 2),
)
def test_whatever_is_locked_in_whatever_way_comes_out(folders, header, empties):
    made, expected = [], {}
    for place, (contents, lock, method, crc) in enumerate(folders):
        files = {f"{place}/{at}.bin": data for at, data in enumerate(contents)}
        expected |= files
        made.append(Folder(files, lock, method, crc))
    empty = [f"empty {at}" for at in range(empties)]
    data = forge.archive(made, header, empty)
    found = unlock(data, WRONG, RIGHT)
    if made or header:
        assert taken(found) == {**expected, **dict.fromkeys(empty, b"")}
        assert found.ended == Outcome.OK, found.detail
    closed = unlock(data, WRONG)
    opened = {} if header else {name: data for one in made if not one.lock for name, data in one.files.items()}
    # One password in 256 makes the one byte that a checksum is of: what is that short is not asked of a wrong one.
    told = {name for one in made if not one.lock or len(next(iter(one.files.values()))) >= 4 for name in one.files}
    assert {name: data for name, data in taken(closed).items() if data and (header or name in told)} == opened


@given(st.text(max_size=40), st.binary(max_size=16), st.integers(0, 13))
def test_a_key_is_what_it_is_round_by_round(password, salt, power):
    password = password.encode("utf-8", "replace").decode()
    lock = sevenzip_key.Lock(power, salt, bytes(16))
    assert lock.key(password) == forge.key(password, salt, power)
    assert lock.rounds == 1 << power


@given(st.binary(min_size=1, max_size=200), st.integers(0, 220), st.integers(1, 220))
def test_any_part_of_a_locked_stream_can_be_asked_for(data, at, count):
    lock = Lock(RIGHT)
    closed = lock.close(data)
    found = sevenzip_key.Lock.of(sevenzip_header.Coder(forge.AES, lock.properties))
    span = pieces.Span(3, len(closed))
    piece = pieces.Decrypted(io.BytesIO(b"---" + closed), span, len(data), found.start, found.key(RIGHT))
    assert piece.read(at, count)[: max(0, len(data) - at)] == data[at : at + count]
    assert piece.filler() == bytes(len(closed) - len(data))


@given(st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=9))
def test_numbers_are_written_as_they_are_read(numbers):
    written = b"".join(map(sevenzip_header._number, numbers))
    assert written == b"".join(map(forge.number, numbers))
    fields = sevenzip_header._Fields(written)
    assert [fields.number() for _ in numbers] == numbers


def test_what_an_archive_says_of_its_streams_is_written_as_it_was_read():
    folders = [Folder({"a": b"one"}, None, forge.LZMA, crc=True), Folder({"b": b"two"}), Folder({"c": b"3", "d": b"4"})]
    data = forge.archive(folders)
    found = sevenzip_header.streams(sevenzip_header.header(io.BytesIO(data), len(data)), len(data))
    sizes = [span.size for spans in found.spans for span in spans]
    head, last = sevenzip_header.written(found.folders, sizes, found.rest)
    again = head + b"".join(one.packed for one in folders) + last
    assert sevenzip_header.streams(last, len(again)) == found
    assert taken(unlock(again)) == {"a": b"one", "b": b"two", "c": b"3", "d": b"4"}


def test_pieces_are_one_stream():
    made = pieces._Joined([pieces.Made(b"one"), pieces.Made(b""), pieces.Made(b"two")])
    stream = io.BufferedReader(made)
    assert stream.read() == b"onetwo"
    assert (stream.seek(-2, io.SEEK_END), stream.read()) == (4, b"wo")
    assert (stream.seek(2), stream.read(2), stream.seek(1, io.SEEK_CUR), stream.read()) == (2, b"et", 5, b"o")
    with pytest.raises(OSError):
        made.seek(-1)


@pytest.mark.parametrize("method", [forge.COPY, forge.LZMA])
def test_damage_under_the_right_password_is_told_as_damage(method):
    lock = Lock(RIGHT)
    data = bytearray(forge.archive([Folder({"a.bin": NOISE[:5001], "b.txt": b"two keys"}, lock, method)]))
    data[32 + 2000] ^= 1
    found = unlock(bytes(data), WRONG, RIGHT)
    assert found.ended == (Outcome.PARTIAL if found.members else Outcome.CORRUPT)  # LZMA may give nothing of it
    assert "encrypted" not in found.detail
    assert unlock(bytes(data), WRONG).ended == Outcome.ENCRYPTED


def test_a_damaged_archive_hides_no_other_folder_from_the_password():
    """The smallest is tried first; where it is damaged, another tells."""
    lock = Lock(RIGHT, filler=bytes(range(16)))
    folders = [Folder({"a.txt": b"one key"}, lock), Folder({"b.txt": b"two keys, and where they are"}, lock)]
    data = bytearray(forge.archive(folders))
    data[33] ^= 1
    found = unlock(bytes(data), RIGHT)
    assert taken(found)["b.txt"] == b"two keys, and where they are"
    assert [name for name, *_ in found.refused] == ["a.txt"]


def test_a_locked_header_that_is_damaged_opens_under_no_password():
    data = bytearray(forge.archive([Folder({"a.txt": b"x"}, Lock(RIGHT))], Lock(RIGHT)))
    data[32 + 16 + 3] ^= 1
    assert unlock(bytes(data), RIGHT).ended == Outcome.ENCRYPTED


def test_a_member_is_cut_by_the_budget():
    bomb = forge.archive([Folder({"a.bin": bytes(8 << 20)}, Lock(RIGHT), forge.LZMA)], Lock(RIGHT))
    assert len(bomb) < 10_000
    assert unlock(bomb, RIGHT, budget=1 << 20).ended == Outcome.REFUSED_LIMIT


def test_without_libarchive_it_stays_locked_and_the_need_is_said(monkeypatch):
    data = forge.archive([Folder({"a.txt": b"x"}, Lock(RIGHT))])
    monkeypatch.setattr(unarchive, "ffi", None)
    assert unlock(data, RIGHT).ended == Outcome.UNSUPPORTED


@pytest.mark.parametrize("power", [25, 40, 62])
@pytest.mark.parametrize("names", [True, False])
def test_rounds_without_number_are_not_gone_through(power, names):
    asked = Lock(RIGHT, 1)
    data = forge.archive([Folder({"a.txt": b"x" * 99}, None if names else asked)], asked if names else None)
    coder = forge.coder(forge.AES, asked.properties)
    at = data.index(coder)
    data = bytearray(data)
    data[at + len(coder) - len(asked.properties)] = 0x40 | power
    found = unlock(with_true_sums(bytes(data)), RIGHT)
    assert found.ended == Outcome.ENCRYPTED
    assert "2^24" in found.detail


def test_rounds_are_counted_for_the_whole_archive():
    folders = [Folder({f"{n}.txt": b"x"}, Lock(RIGHT, 0, bytes((n,)))) for n in range(9)]
    data = forge.archive(folders)
    for n in range(9):
        properties = folders[n].lock.properties
        data = data.replace(properties, bytes((properties[0] | 23,)) + properties[1:])
    found = unlock(with_true_sums(data), WRONG)
    assert (found.ended, "2^24" in found.detail) == (Outcome.ENCRYPTED, True)


def with_true_sums(data):
    """Return an archive whose header was changed with the checksums that it has now."""
    at, length = (int.from_bytes(data[place : place + 8], "little") for place in (12, 20))
    return forge.whole(data[32 : 32 + at], data[32 + at : 32 + at + length])


def locked_header(inner, coders=None, sizes=None):
    """Return an archive whose header is this, locked."""
    return forge.locked_header(b"", inner, Lock(RIGHT))


def lies():
    """Yield headers that say what cannot be."""
    many = forge.number((1 << 60) + 7)
    aes = forge.coder(forge.AES, Lock(RIGHT).properties)
    head = b"\x01\x04\x06\x00\x01\x09\x10\x00\x07\x0b\x01\x00"
    yield "no folders", b"\x01\x04\x06\0\0\0\x07\x0b\0\0\x0c\0\0\0"
    yield "streams", b"\x01\x04\x06\x00" + many
    yield "size", b"\x01\x04\x06\x00\x01\x09" + many + b"\x00\x07\x0b\x01\x00\x01" + aes + b"\x0c\x01\0\0\0"
    yield "start", b"\x01\x04\x06" + many + b"\x01\x09\x10\x00\x07\x0b\x01\x00\x01" + aes + b"\x0c\x01\0\0\0"
    yield "folders", head[:-2] + many + b"\0"
    yield "elsewhere", head[:-1] + b"\x01\x00"
    yield "no coders", head + b"\x00"
    yield "coders", head + many
    yield "inputs", head + b"\x01\x34" + forge.AES + many + b"\x01"
    yield "no outputs", head + b"\x01\x34" + forge.AES + b"\x01\x00"
    yield "properties", head + b"\x01\x24" + forge.AES + many
    yield "no key", head + b"\x01\x04" + forge.AES + b"\x0c\x01\x00\x00\x00"
    yield "short key", head + b"\x01\x24" + forge.AES + b"\x02\xff\xff" + b"\x0c\x01\x00\x00\x00"
    yield "method", head + b"\x01\xc4" + forge.AES
    yield "circle", head + b"\x02" + aes + aes + b"\x00\x00" + b"\x0c\x01\x01\x00\x00\x00"
    yield (
        "nothing fed",
        head + b"\x01\x34" + forge.AES + b"\x01\x02\x01\x00" + b"\x00\x00" + b"\x0c\x01\x01\x00\x00\x00",
    )
    yield "twice", head + b"\x02" + aes + aes + b"\x01\x00" + b"\x0c\x01\x01\x00\x00\x00"
    yield "beyond", head + b"\x02" + aes + aes + b"\x07\x09" + b"\x0c\x01\x01\x00\x00\x00"
    yield "unpacked", head + b"\x01" + aes + b"\x0c" + many + b"\x00\x00\x00"
    yield "packed", b"\x01\x04\x06\x00\x00\x00\x07\x0b\x01\x00\x01" + aes + b"\x0c\x01\x00\x00\x00"
    yield "files", head + b"\x01" + aes + b"\x0c\x10\x00\x08\x0d" + many + b"\x00\x00\x05" + many
    yield "sums", head + b"\x01" + aes + b"\x0c\x10\x00\x08\x0d\x7f\x0a\x01\x00\x00\x05\x01"
    yield "properties without end", b"\x01\x02" + b"\x01\x00" * 1000
    yield "additional", b"\x01\x03" + head[2:]
    yield "kind", b"\x99"
    yield "packed again", b"\x17" + head[2:] + b"\x01" + aes + b"\x0c" + many + b"\x00\x00"


@pytest.mark.parametrize(("what", "header"), list(lies()))
def test_a_header_that_lies_ends_in_order(what, header):
    for last in (header, header + b"\x00", header + bytes(64)):
        for data in (forge.whole(NOISE[:16], last), forge.whole(b"", last), locked_header(last)):
            for passwords in ((), (WRONG, RIGHT)):
                found = unlock(data, *passwords)
                assert found.ended in HONEST
                assert not any(member.data for member in found.members)


def test_headers_in_headers_are_not_followed_without_end():
    packed_streams, header = b"", forge.header([Folder({"a.txt": b"x"}, Lock(RIGHT))])
    for _ in range(9):
        inner = Folder({"": header}, Lock(RIGHT), forge.LZMA, crc=True)
        header = b"\x17" + forge.streams([inner], len(packed_streams)) + b"\0"
        packed_streams += inner.packed
    assert unlock(forge.whole(packed_streams, header), RIGHT).ended == Outcome.ENCRYPTED


def test_a_header_that_packs_itself_is_not_followed_without_end():
    coder = forge.coder(forge.COPY)
    header = b"\x17\x06\x00\x01\x09\x1c\x00\x07\x0b\x01\x00\x01" + coder + b"\x0c\x1c\x00\x00"
    header += bytes(28 - len(header))
    data = forge.whole(header, header)
    assert unlock(data, RIGHT).ended in (Outcome.CORRUPT, Outcome.ENCRYPTED)


@pytest.mark.parametrize("names", [True, False])
def test_an_archive_that_breaks_off_anywhere_ends_in_order(names):
    lock = Lock(RIGHT)
    data = forge.archive([Folder({"a.txt": NOISE[:100], "b.txt": b"two"}, lock, forge.LZMA)], lock if names else None)
    for length in range(len(data)):
        found = unlock(data[:length], RIGHT)
        assert found.ended in HONEST - {Outcome.OK} or length == 0 or found.media_type != "application/x-7z-compressed"


@given(st.data())
def test_a_changed_header_ends_in_order(data):
    lock = Lock(RIGHT)
    folders = [Folder({"a.txt": b"one", "b.txt": NOISE[:90]}, lock, forge.LZMA), Folder({"c": b"two"}, lock, crc=True)]
    header = bytearray(forge.header(folders, ["empty"]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(header) - 1))
        header[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0xFF, header[at] ^ 1, header[at] ^ 0x80, 0x17]))
    streams = b"".join(one.packed for one in folders)
    is_locked = data.draw(st.booleans())
    whole = forge.locked_header(streams, bytes(header), lock) if is_locked else forge.whole(streams, bytes(header))
    for passwords in ((), (RIGHT,)):
        assert unlock(whole, *passwords).ended in {*HONEST, Outcome.REFUSED_POLICY}


def test_checksums_that_are_stated_of_some_folders_are_kept():
    folders = [Folder({f"{n}.txt": b"door %d" % n}, Lock(RIGHT) if n % 3 else None, crc=n % 2 == 0) for n in range(11)]
    found = unlock(forge.archive(folders), RIGHT)
    assert found.ended == Outcome.OK
    assert len(taken(found)) == 11
    assert {zlib.crc32(data) for data in taken(found).values()} == {zlib.crc32(b"door %d" % n) for n in range(11)}


def test_locked_members_between_others_are_listed_and_the_others_come_out():
    folders = [Folder({f"{n}.txt": b"door %d" % n}, Lock(RIGHT) if n % 2 else None) for n in range(20)]
    found = unlock(forge.archive(folders))
    assert sorted(taken(found)) == sorted(f"{n}.txt" for n in range(0, 20, 2))
    assert [name for name, *_ in found.refused] == [f"{n}.txt" for n in range(1, 20, 2)]
    assert found.detail == "10 members are encrypted"
    many = [Folder({f"{n}.txt": b"x"}, Lock(RIGHT) if n % 2 else None) for n in range(3 * packed.MOST_OPENED)]
    cut = unlock(forge.archive(many))
    assert (cut.ended, str(packed.MOST_OPENED) in cut.detail) == (Outcome.PARTIAL, True)


def test_nothing_is_written_anew_where_nothing_is_locked(monkeypatch):
    monkeypatch.setattr(sevenzip, "archive", lambda *_: pytest.fail("an archive was made"))
    monkeypatch.setattr(sevenzip._Reading, "_cannot_unpack", lambda *_: False)
    found = unlock(forge.archive([Folder({"a.txt": b"two keys"}, None, forge.LZMA)], empty=["b"]))
    assert (found.ended, taken(found)) == (Outcome.OK, {"a.txt": b"two keys", "b": b""})
