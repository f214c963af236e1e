"""Laws of the packed verifier: everybody's zlib unpacks it, nothing but the sources decides its bytes, and it is small."""

import hashlib
import io
import subprocess
import sys
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.verify import pack
from witnessmark.verify.deflate import LONGEST, WINDOW, archive, deflated

WORDS = st.lists(st.sampled_from([b"the doors ", b"are locked ", b"\n", b"at night", b"\xff\x00"]), max_size=400)


@given(st.binary(max_size=3000) | WORDS.map(b"".join))
def test_everybodys_zlib_gives_back_what_was_packed(data):
    machine = zlib.decompressobj(-15)
    assert machine.decompress(deflated(data)) == data
    assert machine.eof
    assert machine.unused_data == b""


@pytest.mark.parametrize("length", [*range(3, 12), LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, 1000])
def test_every_length_of_a_match_is_written_as_it_is_read(length):
    run = bytes(range(256)) * 5
    data = run[:length] + b"|" + run[:length] + b"|" + bytes(length)
    assert zlib.decompress(deflated(data), -15) == data


@pytest.mark.parametrize("distance", [*range(1, 40), *(1 << n for n in range(6, 16)), *(3 << n for n in range(5, 14))])
def test_every_distance_of_a_match_is_written_as_it_is_read(distance):
    mark = hashlib.sha512(b"mark").digest()
    filling = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(distance // 32 + 2))
    data = mark + filling[: max(0, distance - len(mark))] + mark + mark
    assert zlib.decompress(deflated(data), -15) == data
    assert WINDOW == 32768


def test_the_archive_is_a_zip_of_its_members_in_order():
    members = [("b.py", b"import a\n" * 99), ("a/\u95e8.py", b""), ("c.py", bytes(range(256)))]
    with zipfile.ZipFile(io.BytesIO(archive(members))) as found:
        assert found.testzip() is None
        assert [(info.filename, found.read(info)) for info in found.infolist()] == members
        assert {info.date_time for info in found.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in found.infolist()} == {0o100644}


def test_the_verifier_is_small_and_holds_its_sources_as_they_stand():
    data = pack.build()
    assert len(data) < 150_000
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        for name in found.namelist():
            if name != "__main__.py":
                assert found.read(name) == pack._file(name).read_bytes()


def test_it_runs_with_the_standard_library_alone(tmp_path):
    (tmp_path / "verify.pyz").write_bytes(pack.build())
    done = subprocess.run(
        [sys.executable, "-I", "-S", tmp_path / "verify.pyz", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "--key" in done.stdout


def test_the_same_sources_give_the_same_bytes():
    code = "import hashlib; from witnessmark.verify import pack; print(hashlib.sha256(pack.build()).hexdigest())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {hashlib.sha256(pack.build()).hexdigest() + "\n"}
