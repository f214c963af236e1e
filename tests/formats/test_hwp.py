"""Laws of Hangul documents: paragraphs shown, comments apart, what is embedded comes out, a locked section opens by its key."""

import struct
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import hwp
from witnessmark.formats.compound_build import build
from witnessmark.model.derivative import Outcome


def record(kind, level, body):
    size = len(body)
    if size < 0xFFF:
        return struct.pack("<I", kind | level << 10 | size << 20) + body
    return struct.pack("<II", kind | level << 10 | 0xFFF << 20, size) + body


def paragraph(text, level=1):
    return record(66, level - 1, bytes(22)) + record(67, level, text.encode("utf-16-le"))


def pack(data):
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(data) + machine.flush()


def lock(data, seed=5):
    """Return a section for distribution: the key under the generator's bytes, then the section under the key."""
    mask, state = bytearray(), seed
    while len(mask) < 256:
        state = (state * 214013 + 2531011) & 0xFFFFFFFF
        byte = state >> 16 & 0xFF
        state = (state * 214013 + 2531011) & 0xFFFFFFFF
        mask += bytes((byte,)) * ((state >> 16 & 15) + 1)
    clear = bytearray(bytes(range(256)))
    key = bytes(clear[4 + (seed & 15) :][:16])
    head = struct.pack("<I", seed) + bytes(a ^ b for a, b in zip(clear, mask, strict=False))[4:256]
    machine = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return record(28, 0, head) + machine.update(data.ljust(-(-len(data) // 16) * 16, b"\0")) + machine.finalize()


def document(*sections, flags=1, **more):
    folder = "ViewText" if flags & 4 else "BodyText"

    def dress(data):
        return lock(pack(data)) if flags & 4 else pack(data) if flags & 1 else data

    head = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05000300, flags) + bytes(216)
    parts = {f"Section{number}": dress(data) for number, data in enumerate(sections)}
    tree = {"FileHeader": head, "DocInfo": pack(b""), folder: parts, **more}
    return build(tree if "BodyText" in tree else {**tree, "BodyText": {"Section0": pack(b"")}})


COMMENT = record(71, 1, b"tmct" + bytes(8)) + record(72, 2, bytes(8)) + paragraph("잠기지 않은 문\r", 3)
BODY = paragraph("문은 밤에\t\0\0\0\0\0\0\0잠긴다\r") + COMMENT + paragraph("열쇠 둘\r")
GOOD = document(
    BODY,
    paragraph("Second part\r"),
    BinData={"BIN0001.png": pack(b"\x89PNG\r\n\x1a\n" + bytes(20))},
    Scripts={"DefaultJScript": pack(struct.pack("<I", 9) + "var a = 1".encode("utf-16-le"))},
    PrvText="문은 밤에\t잠긴다\r\nan older line\r\n".encode("utf-16-le"),
)


def test_paragraphs_show_and_comments_scripts_and_older_lines_do_not(read):
    found = read(GOOD, "a.hwp")
    assert found.media_type == "application/x-hwp-v5"
    assert found.ended == Outcome.OK, found.detail
    assert found.visible_text.splitlines() == ["문은 밤에\t잠긴다", "열쇠 둘", "Second part"]
    assert ("comment", "잠기지 않은 문\n") in found.hidden_pieces
    assert ("preview", "an older line\n") in found.hidden_pieces
    assert ("script", "var a = 1\n") in found.hidden_pieces
    assert [(member.name, member.data[:4]) for member in found.members] == [("BIN0001.png", b"\x89PNG")]


def test_a_section_for_distribution_opens_by_the_key_that_stands_in_it(read):
    assert read(document(BODY, flags=5), "a.hwp").visible_text.splitlines()[0] == "문은 밤에\t잠긴다"


def test_a_password_is_told(read):
    assert read(document(BODY, flags=3), "a.hwp").ended == Outcome.ENCRYPTED


def test_a_section_that_breaks_off_is_partial_and_its_beginning_is_kept(read):
    whole = pack(BODY)
    found = read(document(flags=1, BodyText={"Section0": whole[:-9]}), "a.hwp")
    assert found.ended == Outcome.PARTIAL
    assert found.visible_text.startswith("문은 밤에")


def test_two_streams_of_one_name_are_both_read(read):
    named = {"a.png": pack(b"one"), "b.png": pack(b"two")}
    data = bytearray(document(paragraph("The doors are locked."), BinData=named))
    at = bytes(data).index("b.png".encode("utf-16-le"))
    data[at : at + 2] = b"a\0"
    found = read(bytes(data), "a.hwp")
    assert "The doors are locked." in found.visible_text
    assert [member.name for member in found.members] == ["a.png", "a.png"]


def test_a_stream_that_unfolds_without_end_is_capped(read, monkeypatch):
    monkeypatch.setattr(hwp, "LARGEST", 1 << 16)
    found = read(document(BODY + bytes(1 << 22)), "a.hwp")
    assert found.ended == Outcome.PARTIAL
    assert "문은" in found.visible_text


@given(st.lists(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0xD7FF), min_size=1, max_size=20)))
def test_every_paragraph_comes_back(read, lines):
    found = read(document(b"".join(paragraph(line + "\r") for line in lines)), "a.hwp")
    assert found.visible_text == "".join(line + "\n" for line in lines)


@given(st.binary(max_size=200))
def test_noise_in_a_section_is_no_crash(read, noise):
    for flags in (0, 1, 5):
        assert isinstance(read(document(noise, flags=flags), "a.hwp").ended, Outcome)
    assert isinstance(read(document(flags=5, ViewText={"Section0": noise}), "a.hwp").ended, Outcome)
