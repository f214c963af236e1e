"""Laws of what is locked: the right password opens, a wrong one does not, and without one it is said to be locked."""

import io
import shutil
import subprocess
import zipfile
from hashlib import sha256

import msoffcrypto
import msoffcrypto.format.doc97
import msoffcrypto.format.ppt97
import msoffcrypto.format.xls97
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile
from tests.forge import iwa_forge
from tests.formats import test_iwork13
from tests.formats.collector import run_bytes

from witnessmark.demo import write_docx
from witnessmark.formats import locked, warm
from witnessmark.formats.compound_build import build
from witnessmark.model.derivative import Outcome

RIGHT = "門 doors-17"
CORE = write_docx.Core("Report", "Clerk", "2018-03-09T08:00:00Z", "2018-03-09T08:00:00Z")
WRONG = ("", "doors", "letmein")


def unlock(data, name, *passwords):
    return run_bytes(data, name, passwords=passwords)


@pytest.fixture(scope="module")
def docx():
    closed = io.BytesIO()
    plain = write_docx.docx(write_docx.plain(*(sha256(b"%d" % n).hexdigest() for n in range(300))), CORE)
    OOXMLFile(io.BytesIO(plain)).encrypt(RIGHT, closed)
    return plain, closed.getvalue()


def test_a_locked_document_comes_out_as_it_was(read, docx):
    plain, locked = docx
    assert msoffcrypto.OfficeFile(io.BytesIO(locked)).is_encrypted()
    assert read(locked, "a.docx").ended == Outcome.ENCRYPTED
    assert unlock(locked, "a.docx", *WRONG[1:]).ended == Outcome.ENCRYPTED
    found = unlock(locked, "a.docx", *WRONG[1:], RIGHT)
    assert [bytes(member.data) for member in found.members] == [plain]
    assert found.ended == Outcome.OK
    assert RIGHT not in found.text
    assert all(RIGHT not in str(value) for _, value in found.observations)


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="needs qpdf")
def test_a_locked_pdf_is_read_with_its_password(read, tmp_path):
    (tmp_path / "a.pdf").write_bytes(warm._pdf())
    locked = tmp_path / "b.pdf"
    subprocess.run(
        ["qpdf", "--encrypt", "doors-17", "owner", "256", "--", tmp_path / "a.pdf", locked],
        check=True,
        capture_output=True,
    )
    data = locked.read_bytes()
    assert read(data, "b.pdf").ended == Outcome.ENCRYPTED
    assert unlock(data, "b.pdf", "doors").ended == Outcome.ENCRYPTED
    found = unlock(data, "b.pdf", "doors", "doors-17")
    assert "The doors are locked" in found.visible_text
    assert found.observed("pdf.encrypted")[0]["opens"] == "with a password"


# A stored entry under the old lock of PKWARE (APPNOTE 6.1), written here: no library at hand writes it.
def zip_crypto(name, data, password):
    import zlib

    crc = zlib.crc32(data)
    table = [zlib.crc32(bytes((n,)), 0xFFFFFFFF) ^ 0xFFFFFFFF ^ 0xFF000000 for n in range(256)]

    def step(key, byte):
        return (key >> 8) ^ table[(key ^ byte) & 255]

    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = step(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = step(keys[2], keys[1] >> 24)

    table = [_crc_entry(n) for n in range(256)]
    for byte in password:
        update(byte)
    out = bytearray()
    for byte in bytes(11) + bytes((crc >> 24,)) + data:
        mask = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ ((mask * (mask ^ 1)) >> 8 & 255))
        update(byte)
    import struct

    about = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 33, crc, len(out), len(data), len(name), 0)
    local = b"PK\3\4" + about + name + bytes(out)
    central = b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def _crc_entry(n):
    for _ in range(8):
        n = (n >> 1) ^ (0xEDB88320 if n & 1 else 0)
    return n


def test_a_locked_zip_is_taken_apart(read):
    pytest.importorskip("libarchive", exc_type=Exception)
    data = zip_crypto(b"keys.txt", b"two keys\n" * 50, b"doors-17")
    with zipfile.ZipFile(io.BytesIO(data)) as known:
        assert known.read("keys.txt", pwd=b"doors-17") == b"two keys\n" * 50
    assert read(data, "a.zip").ended == Outcome.ENCRYPTED
    assert unlock(data, "a.zip", "doors", "x").ended == Outcome.ENCRYPTED
    found = unlock(data, "a.zip", "doors", "doors-17")
    assert [(member.name, bytes(member.data)) for member in found.members] == [("keys.txt", b"two keys\n" * 50)]
    assert found.ended == Outcome.OK


def test_what_is_not_locked_is_read_as_ever(read, docx):
    assert unlock(docx[0], "a.docx", RIGHT).ended == read(docx[0], "a.docx").ended == Outcome.OK


def test_a_document_that_opens_to_everyone_comes_out_unasked(read, docx):
    plain, _ = docx
    open_to_all = io.BytesIO()
    OOXMLFile(io.BytesIO(plain)).encrypt(locked.OPEN_TO_ALL, open_to_all)
    found = read(open_to_all.getvalue(), "a.docx")
    assert [bytes(member.data) for member in found.members] == [plain]
    assert found.ended == Outcome.OK
    assert found.observed("office.locked") == ["under a password that opens it to everyone"]


def test_the_rounds_of_a_password_are_gone_through_once(docx):
    plain, closed = docx
    locked._spun.cache_clear()
    assert locked.decrypted(closed, RIGHT) == plain
    told = locked._spun.cache_info()
    assert (told.misses, told.hits > 0) == (1, True)
    assert locked.decrypted(closed, WRONG[1]) is None
    assert locked.decrypted(closed, RIGHT) == plain


def test_rounds_without_number_are_not_counted_out(read):
    about = b"\x04\x00\x04\x00\x40\x00\x00\x00" + b'<encryption><keyData spinCount="2000000000"/></encryption>'
    found = read(build({"EncryptionInfo": about, "EncryptedPackage": bytes(9000)}), "a.docx")
    assert found.ended == Outcome.ENCRYPTED


def test_the_library_writes_older_documents_to_no_disk():
    for module in (msoffcrypto.format.doc97, msoffcrypto.format.ppt97, msoffcrypto.format.xls97):
        with module.tempfile.TemporaryFile() as file:
            assert isinstance(file, io.BytesIO)


def test_a_document_of_iwork_comes_out_under_its_password_and_is_read(read):
    parts = {"Index/Document.iwa": iwa_forge.archive(test_iwork13.KEYNOTE), "Data/a.txt": b"x" * 40}
    closed = iwa_forge.locked(parts, RIGHT)
    assert read(closed, "a.key").ended == Outcome.ENCRYPTED
    assert unlock(closed, "a.key", *WRONG).ended == Outcome.ENCRYPTED
    found = unlock(closed, "a.key", *WRONG, RIGHT)
    assert (found.ended, [member.name for member in found.members]) == (Outcome.OK, ["a.key"])
    opened = bytes(found.members[0].data)
    with zipfile.ZipFile(io.BytesIO(opened)) as package:
        assert {name: package.read(name) for name in package.namelist()} == parts
    plain = read(iwa_forge.zipped(parts), "a.key")
    assert read(opened, "a.key").visible_text == plain.visible_text


@given(st.binary(max_size=200), st.integers(0, 120))
def test_damage_to_a_locked_document_of_iwork_is_no_crash(read, noise, at):  # noqa: ARG001 - it loads the collector
    closed = bytearray(iwa_forge.locked({"Index/Document.iwa": noise}, RIGHT))
    place = closed.index(b".iwpv2") + at
    closed[place : place + 4] = noise[:4].ljust(4, b"\xff")
    assert isinstance(unlock(bytes(closed), "a.key", RIGHT).ended, Outcome)
