"""Laws of WordPerfect documents: the text, notes in their packets, what was deleted and can be undone apart."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import wordperfect_signs
from witnessmark.model.derivative import Outcome


def function(code, group, body=b"", ids=()):
    """Return a function of variable length of version 6."""
    prefix = bytes((0x80 if ids else 0, *((len(ids),) if ids else ()))) + struct.pack(f"<{len(ids)}H", *ids)
    size = 4 + len(prefix) + len(body) + 3
    return struct.pack("<BBH", code, group, size) + prefix + body + struct.pack("<HB", size, code)


def six(text, packets=(), key=0, kind=0x0A):
    """Return a document of version 6; packets are texts, each pointed to by its number from 1 on."""
    index = 16
    places, bodies, start = b"", b"", index + 14 * (len(packets) + 1)
    for packet in packets:
        body = struct.pack("<HII", 1, 10, len(packet)) + packet
        places += struct.pack("<BBHHII", 0, 8, 1, 0, len(body), start + len(bodies))
        bodies += body
    head = struct.pack("<HH10x", 2, len(packets) + 1)
    begin = start + len(bodies)
    return b"\xffWPC" + struct.pack("<IBBBBHH", begin, 1, kind, 2, 1, key, index) + head + places + bodies + text


def five(text):
    return b"\xffWPC" + struct.pack("<IBBBBHH", 16, 1, 0x0A, 0, 1, 0, 0) + text


TEXT = (
    b"The\x80doors" + function(0xD0, 0x04) + b"are\x80locked\xcctwo\x84keys\xf0\x00\x0a\xf0 caf\x0f"
    + b"\xf1\x00\x00\x00\xf1unsaid\xf1\x01\x00\x00\xf1" + function(0xD7, 0, ids=(1,)) + function(0xDF, 0, ids=(2,))
)  # fmt: skip
NOTES = (b"A\x80note.", b"A\x80box.")


def test_text_notes_and_what_can_be_undone_are_told_apart(read):
    found = read(six(TEXT, NOTES), "a.wpd")
    assert found.media_type == "application/vnd.wordperfect"
    assert found.ended == Outcome.OK, found.detail
    assert found.visible_text.splitlines() == ["The doors", "are locked", "two-keysАßcafé", "A note."]
    assert found.hidden_pieces == [("deleted, can be undone", "unsaid\n"), ("header, footer or note", "A box.\n")]


def test_version_five_is_read_with_its_notes_apart(read):
    note = b"\xd7\x00" + struct.pack("<H", 6 + 4) + b"A note" + struct.pack("<H", 10) + b"\x00\xd7"
    found = read(five(b"The doors\rare\x0alocked \xc0\x1b\x01\xc0" + note + b"\xc3\x0c\xc3bold\xc4\x0c\xc4"), "a.wp")
    assert found.visible_text.splitlines() == ["The doors are", "locked ábold"]
    assert found.hidden_pieces == [("header, footer or note", "A note\n")]


def test_a_password_is_told_and_other_files_of_the_program_are_not_read(read):
    assert read(six(b"x", key=7), "a.wpd").ended == Outcome.ENCRYPTED
    assert read(six(b"x", kind=1), "a.wpg").ended == Outcome.UNSUPPORTED


def test_packets_that_point_to_one_another_end(read):
    data = six(b"x", (function(0xD7, 0, ids=(1, 1, 1)) * 50,) * 40)
    found = read(data, "a.wpd")
    assert found.ended == Outcome.OK
    assert found.visible_text == "x\n"


def test_the_signs_of_a_set_are_found_by_their_place():
    assert [wordperfect_signs.sign(*place) for place in ((1, 26), (8, 1), (10, 67), (9, 0), (12, 3), (1, 255))] == [
        "Á", "α", "ә", "א", "\ufffd", "\ufffd",
    ]  # fmt: skip


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60))
def test_plain_letters_come_back_as_they_are(read, text):
    for made in (six, five):
        assert read(made(text.encode()), "a.wpd").visible_text.rstrip("\n") == text


@given(st.binary(max_size=300))
def test_noise_behind_a_true_header_is_no_crash(read, noise):
    for data in (six(noise, (noise,)), five(noise), six(TEXT, NOTES)[:40] + noise):
        assert isinstance(read(data, "a.wpd").ended, Outcome)
