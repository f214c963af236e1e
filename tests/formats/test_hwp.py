"""Laws of Hangul documents: paragraphs shown, comments apart, what is embedded comes out, a locked section opens by its key."""

import struct
import zlib

import pytest
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


NONE = 0xFFFFFFFF
BLACK, WHITE, DARK = 0, 0xFFFFFF, 0x101010
FILLS = {
    "none": struct.pack("<II", 0, 0),
    "dark": struct.pack("<IIIIIB", 1, DARK, 0, NONE, 0, 0),
    "no colour": struct.pack("<IIIII", 1, NONE, 0, NONE, 0),
    "hatched": struct.pack("<IIIIIB", 1, BLACK, 0, 4, 0, 0),
    "light comes through": struct.pack("<IIIIIB", 1, BLACK, 0, NONE, 0, 90),
    "picture": struct.pack("<IIIIIB", 3, BLACK, 0, NONE, 0, 0),
    "cut off": struct.pack("<II", 1, BLACK),
}
GROUNDS = {**{name: number for number, name in enumerate(FILLS, 1)}, "no number": 0, "lost": 99}


def letters(ink, shade=NONE, size=1000, relative=100, look=0, fill=b"\0\0"):
    head = bytes(14) + b"\x64" * 7 + b"\xf0" * 7 + bytes((min(relative, 100),)) * 6 + bytes((relative,)) + b"\xf0" * 7
    return head + struct.pack("<iIHIIII", size, look, 0, ink, 0, shade, 0) + fill


LETTERS = {
    "black": letters(BLACK),
    "white": letters(WHITE),
    "of an older version": letters(WHITE, fill=b""),
    "white on dark": letters(WHITE, DARK),
    "white on a dark fill": letters(WHITE, fill=b"\2\0"),
    "white on a lost fill": letters(WHITE, fill=b"\x63\0"),
    "white on white": letters(WHITE, WHITE),
    "black on white": letters(BLACK, WHITE),
    "black on black": letters(BLACK, BLACK),
    "no ink": letters(NONE),
    "no known ink": letters(WHITE | 1 << 24),
    "tiny": letters(BLACK, size=100),
    "small": letters(BLACK, size=101),
    "no size": letters(BLACK, size=-100),
    "made larger": letters(BLACK, size=100, relative=101),
    "made smaller": letters(BLACK, size=900, relative=11),
    "outlined": letters(WHITE, look=1 << 8),
    "shadowed": letters(WHITE, look=1 << 11),
    "raised": letters(WHITE, look=1 << 13),
    "underlined": letters(WHITE, look=5),
    "cut off": letters(BLACK)[:60],
}
LOST = len(LETTERS)


def tables(counted=(0, 0, 0)):
    """Return the records before the sections; their counts may be off."""
    counts = [0] * 16
    counts[8], counts[9], counts[13] = (
        len(table) + off for table, off in zip((FILLS, LETTERS, GROUNDS), counted, strict=True)
    )
    return b"".join((
        record(17, 0, struct.pack("<16I", *counts)),
        *(record(20, 1, bytes(32) + fill) for fill in FILLS.values()),
        *(record(21, 1, look) for look in LETTERS.values()),
        *(record(25, 1, bytes(32) + struct.pack("<H", fill) + bytes(12)) for fill in GROUNDS.values()),
    ))  # fmt: skip


def inked(*runs, ground="none", level=0, tags=b""):
    """Return a paragraph of runs, each a shape of letters and its words."""
    number = list(GROUNDS).index(ground) if ground in GROUNDS else ground
    text, shapes = b"", b""
    for look, words in runs:
        shapes += struct.pack("<II", len(text) // 2, list(LETTERS).index(look) if look in LETTERS else look)
        text += words.encode("utf-16-le")
    head = record(66, level, struct.pack("<IIH", len(text) // 2, 0, number) + bytes(12))
    return head + record(67, level + 1, text + b"\r\0") + record(68, level + 1, shapes) + record(70, level + 1, tags)


SHOWN, PALE, DROWNED, TINY = "", "white text", "text in the colour of its ground", "hidden text"


def why(read, *paragraphs, info=None):
    """Return the label under which the word "gate" is hidden, or nothing when it is shown."""
    found = read(document(b"".join(paragraphs), DocInfo=pack(tables() if info is None else info)), "a.hwp")
    assert found.ended == Outcome.OK, found.detail
    labels = [where for where, text in found.hidden_pieces if "gate" in text]
    assert ("gate" in found.visible_text, len(labels)) in ((True, 0), (False, 1))
    return "".join(labels)


def test_paragraphs_show_and_comments_scripts_and_older_lines_do_not(read):
    found = read(GOOD, "a.hwp")
    assert found.media_type == "application/x-hwp-v5"
    assert found.ended == Outcome.OK, found.detail
    assert found.visible_text.splitlines() == ["문은 밤에\t잠긴다", "열쇠 둘", "Second part"]
    assert ("comment", "잠기지 않은 문\n") in found.hidden_pieces
    assert ("preview", "an older line\n") in found.hidden_pieces
    assert ("script", "var a = 1\n") in found.hidden_pieces
    assert [(member.name, member.data[:4]) for member in found.members] == [("BIN0001.png", b"\x89PNG")]


def test_words_without_contrast_are_apart_and_those_beside_them_stay_as_they_stand(read):
    wide = "\v\0\0\0\0\0\0\0"  # where a table stands
    body = (
        inked(("black", f"Open{wide}"), ("white", f"the{wide} ga"), ("white", "te"), ("black", "at six"))
        + inked(("white", "all of it"))
        + inked(("black", "a"), ("white", " \t\0\0\0\0\0\0\0 "), ("black", "b"))
        + inked(("black", "tail "), ("white", "one"), ("tiny", "two"), ("black", ", end"))
        + inked(("black", "\U0001f511"), ("white", "\U0001f512 key"))
    )
    preview = "Open the gate at six\r\nall of it\r\ntail onetwo, end\r\nelse".encode("utf-16-le")
    for flags in (1, 5):
        found = read(document(body, flags=flags, DocInfo=pack(tables()), PrvText=preview), "a.hwp")
        assert found.visible_text.split("\n") == ["Open at six", "", "a \t b", "tail , end", "\U0001f511", ""]
        assert [piece for piece in found.hidden_pieces if piece[0] != "preview"] == [
            (PALE, "the gate\n"), (PALE, "all of it\n"), (PALE, "one\n"), (TINY, "two\n"), (PALE, "\U0001f512 key\n"),
        ]  # fmt: skip
        assert ("preview", "Open the gate at six\nelse\n") in found.hidden_pieces


@pytest.mark.parametrize(
    ("look", "ground", "label"),
    [
        ("black", "none", SHOWN),
        ("white", "none", PALE),
        ("white", "no colour", PALE),
        ("white", "no number", PALE),
        ("of an older version", "none", PALE),
        ("underlined", "none", PALE),
        ("white", "dark", SHOWN),
        ("black", "dark", DROWNED),
        ("white on dark", "none", SHOWN),
        ("white on a dark fill", "none", SHOWN),
        ("white on a lost fill", "none", SHOWN),
        ("white on white", "none", PALE),
        ("white on white", "dark", SHOWN),
        ("black on white", "dark", SHOWN),
        ("black on black", "none", DROWNED),
        ("no ink", "none", SHOWN),
        ("no known ink", "none", SHOWN),
        ("tiny", "none", TINY),
        ("tiny", "picture", TINY),
        ("small", "none", SHOWN),
        ("no size", "none", SHOWN),
        ("made larger", "none", SHOWN),
        ("made smaller", "none", TINY),
        ("outlined", "none", SHOWN),
        ("shadowed", "none", SHOWN),
        ("raised", "none", SHOWN),
        ("cut off", "none", SHOWN),
        ("black", "hatched", SHOWN),
        ("black", "light comes through", SHOWN),
        ("black", "picture", SHOWN),
        ("black", "cut off", SHOWN),
        ("white", "lost", SHOWN),
        ("white", 999, SHOWN),
        (LOST, "none", SHOWN),
        (NONE, "none", SHOWN),
    ],
)
def test_ink_and_the_nearest_paper_tell_whether_words_show_and_what_is_not_known_shows(read, look, ground, label):
    assert why(read, inked((look, "gate"), ground=ground)) == label


def test_in_tables_and_boxes_words_show_unless_a_nearer_paper_is_stated(read):
    around = inked(("black", "x")) + record(71, 1, b" lbt" + bytes(8)) + record(72, 2, bytes(8))
    for look, ground, label in (
        ("white", "none", SHOWN),
        ("black on black", "none", DROWNED),
        ("white on dark", "none", SHOWN),
        ("black", "dark", DROWNED),
        ("tiny", "none", TINY),
    ):
        assert why(read, around, inked((look, "gate"), ground=ground, level=2)) == label
    assert why(read, around, inked(("white", "door"), level=2), inked(("white", "gate"))) == PALE


def test_on_a_page_that_is_painted_or_drawn_on_words_show(read):
    white = inked(("white", "gate"))

    def page(fill):
        return record(71, 1, b"dces" + bytes(8)) + record(75, 2, bytes(12) + struct.pack("<H", fill))

    def drawn(flow, level=1):
        return record(71, level, b" osg" + struct.pack("<I", flow << 21) + bytes(8))

    assert [why(read, white, page(fill)) for fill in (0, 1, 2, 6, 99)] == [PALE, PALE, SHOWN, SHOWN, SHOWN]
    assert why(read, white, page(1)[:-2]) == SHOWN
    assert [why(read, white, drawn(flow)) for flow in range(4)] == [PALE, PALE, SHOWN, PALE]
    assert why(read, white, record(71, 1, b" osg")) == SHOWN
    assert why(read, white, page(1), drawn(0, 4)) == SHOWN  # on a master page
    assert why(read, white, page(1), inked(("black", "x")), drawn(0)) == PALE


def test_a_marker_is_the_paper_of_the_words_under_its_stroke(read):
    def stroke(start, end, colour, kind=2):
        return struct.pack("<III", start, end, colour | kind << 24)

    for look, colour, label in (
        ("black", BLACK, DROWNED),
        ("white", BLACK, SHOWN),
        ("black", 0x00FFFF, SHOWN),
        ("white", WHITE, PALE),
    ):
        assert why(read, inked((look, "gate"), tags=stroke(0, 4, colour))) == label
    long = (("white", "gate "), ("black", "open gate"))
    found = read(document(inked(*long, tags=stroke(5, 9, BLACK)), DocInfo=pack(tables())), "a.hwp")
    assert (found.visible_text, found.hidden_pieces) == (" gate\n", [(PALE, "gate\n"), (DROWNED, "open\n")])
    for tags in (
        stroke(0, 4, BLACK, kind=1),
        stroke(0, 4, BLACK)[:-1],
        stroke(0, 3, BLACK) + stroke(2, 4, BLACK),
        stroke(2, 0, BLACK),
    ):
        assert why(read, inked(("black", "gate"), tags=tags)) == SHOWN
    assert why(read, inked(("black", "gate"), tags=stroke(2, 4, BLACK) + stroke(0, 2, BLACK))) == DROWNED


def test_damaged_tables_and_places_are_not_known(read):
    white = inked(("white", "gate"))
    assert why(read, white) == PALE
    for off in ((1, 0, 0), (0, 0, -1)):
        assert why(read, inked(("white", "gate"), ground="no colour"), info=tables(off)) == SHOWN
    assert why(read, white, info=tables((0, 1, 0))) == SHOWN
    assert why(read, white, info=tables()[68:]) == SHOWN
    assert why(read, white, info=b"") == SHOWN
    head, text, shapes = (
        record(66, 0, bytes(22)),
        record(67, 1, b"g\0a\0t\0e\0"),
        record(68, 1, struct.pack("<II", 0, 1)),
    )
    assert why(read, head, text, shapes) == PALE
    assert why(read, head, text) == SHOWN
    assert why(read, head, shapes, text) == SHOWN
    assert why(read, text, shapes) == SHOWN
    assert why(read, head, text, record(68, 2, shapes[4:])) == SHOWN
    assert why(read, head, text, text.replace(b"g", b"l"), shapes) == SHOWN
    assert why(read, record(66, 0, bytes(9)), text, shapes) == SHOWN
    assert why(read, head, text, record(68, 1, struct.pack("<IIII", 1, 1, 0, 1))) == SHOWN
    assert why(read, head, text, record(68, 1, struct.pack("<IIII", 0, 1, 99, 0))) == PALE


def test_a_place_within_a_letter_is_behind_it(read):
    text = record(67, 1, "\U0001f511\U0001f512 door".encode("utf-16-le"))
    places = record(68, 1, struct.pack("<IIII", 0, 0, 3, 1))
    found = read(document(record(66, 0, bytes(22)) + text + places, DocInfo=pack(tables())), "a.hwp")
    assert (found.visible_text, found.hidden_pieces) == ("\U0001f511\U0001f512\n", [(PALE, "door\n")])


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


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_noise_in_tables_is_no_crash_and_loses_no_words(read, noise, shapes):
    body = record(66, 0, bytes(22)) + record(67, 1, "gate\r".encode("utf-16-le")) + record(68, 1, shapes)
    for info in (noise, tables() + noise, *(record(kind, 1, noise) for kind in (17, 20, 21, 25))):
        assert "gate" in read(document(body, DocInfo=pack(info)), "a.hwp").text.replace("\n", "")


@given(st.binary(max_size=200))
def test_noise_in_a_section_is_no_crash(read, noise):
    for flags in (0, 1, 5):
        assert isinstance(read(document(noise, flags=flags), "a.hwp").ended, Outcome)
    assert isinstance(read(document(flags=5, ViewText={"Section0": noise}), "a.hwp").ended, Outcome)
