"""Laws of files of a Mac: both forks come out, and what macOS keeps of a download is told."""

import binascii
import plistlib
import random
import shutil
import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import binhex
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

ORDER = b"The gate stays shut at night.\r" * 60
FORK = bytes(range(256)) * 3 + b"\x90\x90\0\x90" + b"\0" * 700
FROM = ["https://example.invalid/orders/night.pdf", "https://example.invalid/orders/"]


def apple(magic, entries):
    head = struct.pack(">II16sH", magic, 0x20000, b"Mac OS X        ", len(entries))
    at = 26 + 12 * len(entries)
    places, body = b"", b""
    for kind, data in entries:
        places += struct.pack(">III", kind, at + len(body), len(data))
        body += data
    return head + places + body


def finder(attributes, at=50):
    """The Finder's words with attributes behind them, as macOS lays them out; `at` is where the entry begins."""
    head = b"TEXTttxt" + bytes(24) + bytes(2)
    start = len(head) + 36 + sum((11 + len(name) + 1 + 3) // 4 * 4 for name, _ in attributes)
    listed, values = b"", b""
    for name, value in attributes:
        raw = name.encode() + b"\0"
        entry = struct.pack(">IIHB", at + start + len(values), len(value), 0, len(raw)) + raw
        listed += entry.ljust((len(entry) + 3) // 4 * 4, b"\0")
        values += value
    about = struct.pack(
        ">4sIIII12sHH", b"ATTR", 0, at + start + len(values), at + start, len(values), b"", 0, len(attributes)
    )
    return head + about + listed + values


def macbinary(name=b"order \x8a", data=ORDER, fork=FORK, comment=b""):
    head = bytearray(128)
    head[1], head[2 : 2 + len(name)] = len(name), name
    head[65:73] = b"TEXTMSWD"
    struct.pack_into(
        ">IIIIH", head, 83, len(data), len(fork), 2_082_844_800 + 86_400 * 365, 2_082_844_800, len(comment)
    )
    head[122], head[123] = 130, 129
    head[124:126] = struct.pack(">H", binascii.crc_hqx(bytes(head[:124]), 0))
    return bytes(head) + b"".join(part + bytes(-len(part) % 128) for part in (data, fork, comment))


def squeezed(data):
    out, at = bytearray(), 0
    while at < len(data):
        byte = data[at]
        count = 1
        while count < 255 and data[at + count : at + count + 1] == data[at : at + 1]:
            count += 1
        one = b"\x90\0" if byte == 0x90 else bytes((byte,))
        out += one + bytes((0x90, count)) if count > 3 else one * count
        at += count
    return bytes(out)


def hqx(name=b"order.txt", data=ORDER, fork=FORK, end=b"\n"):
    head = bytes((len(name),)) + name + b"\0TEXTMSWD\0\0" + struct.pack(">II", len(data), len(fork))
    whole = b"".join(part + struct.pack(">H", binascii.crc_hqx(part, 0)) for part in (head, data, fork))
    raw = squeezed(whole)
    letters = binascii.b2a_base64(raw + bytes(-len(raw) % 3), newline=False)[: (len(raw) * 8 + 5) // 6]
    letters = b":" + letters.translate(bytes.maketrans(binhex._BASE64, binhex._SIGNS)) + b":"
    lines = [letters[at : at + 64] for at in range(0, len(letters), 64)]
    return b"(This file must be converted with BinHex 4.0)" + end * 2 + end.join(lines) + end


def forks(found):
    return [(member.name, bytes(member.data)) for member in found.members]


def test_a_download_tells_where_from_when_and_by_what(read):
    attributes = [
        ("com.apple.quarantine", b"0083;5f5e1000;Safari;6A6B"),
        ("com.apple.metadata:kMDItemWhereFroms", plistlib.dumps(FROM, fmt=plistlib.FMT_BINARY)),
        ("com.apple.TextEncoding", "UTF-8;134217984\nвторая".encode()),
    ]
    found = read(apple(0x51607, [(9, finder(attributes)), (2, b"")]), "._night.pdf")
    assert (found.media_type, found.ended, found.members) == ("multipart/appledouble", Outcome.OK, [])
    assert found.observed("mac.attribute")[1] == {
        "name": "com.apple.metadata:kMDItemWhereFroms",
        "size": len(attributes[1][1]),
        "value": FROM,
    }
    assert found.observed("date.downloaded")[0]["utc"] == "2020-09-13T12:26:40Z"
    assert found.observed("mac.type") == [{"type": "TEXT", "creator": "ttxt"}]
    for words in (*FROM, "вторая"):
        assert words in found.hidden_text
    assert found.visible_text == ""


def test_an_applesingle_gives_both_forks_under_its_own_name(read):
    dates = struct.pack(">iiii", 0, 86_400, -0x80000000, -86_400)
    entries = [(3, "приказ.doc".encode()), (1, ORDER), (2, FORK), (4, b"caf\x8e"), (8, dates)]
    found = read(apple(0x51600, entries), "a.as")
    assert forks(found) == [("приказ.doc", ORDER), ("приказ.doc.rsrc", FORK)]
    assert found.members[0].how is How.COPIED
    assert found.observed("date.modified")[0]["utc"] == "2000-01-02T00:00:00Z"
    assert not found.observed("date.backed_up")
    assert "café" in found.hidden_text


def test_the_empty_fork_that_macos_writes_everywhere_is_no_member(read):
    empty = bytes(256) + b"This resource fork intentionally left blank   " + bytes(100)
    assert not read(apple(0x51607, [(9, bytes(32)), (2, empty)]), "._a.pdf").members


def test_an_apple_file_that_breaks_off_says_so(read):
    whole = apple(0x51600, [(1, ORDER), (2, FORK)])
    found = read(whole[:-400], "a.as")
    assert bytes(found.members[0].data) == ORDER
    assert FORK.startswith(bytes(found.members[1].data))
    assert found.ended is Outcome.PARTIAL


def test_a_macbinary_gives_both_forks(read):
    found = read(macbinary(comment=b"from the desk"), "a.bin")
    assert found.media_type == "application/x-macbinary"
    assert forks(found) == [("order ä", ORDER), ("order ä.rsrc", FORK)]
    assert found.members[0].path[0].raw == b"order \x8a"
    assert (found.observed("date.created")[0]["local"], found.observed("date.created")[0]["utc"]) == (
        "1971-01-01T00:00:00",
        None,
    )
    assert "from the desk" in found.hidden_text


def test_a_macbinary_that_breaks_off_says_so(read):
    found = read(macbinary()[:600], "a.bin")
    assert ORDER.startswith(bytes(found.members[0].data))
    assert found.ended is Outcome.PARTIAL


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_a_binhex_gives_both_forks(read, end):
    found = read(hqx(end=end), "a.hqx")
    assert found.media_type == "application/mac-binhex40"
    assert forks(found) == [("order.txt", ORDER), ("order.txt.rsrc", FORK)]
    assert (found.ended, found.members[0].how) == (Outcome.OK, How.DECODED)


@pytest.mark.skipif(shutil.which("hexbin") is None, reason="needs hexbin (Debian: macutils)")
def test_the_binhex_of_these_tests_is_one(tmp_path):
    (tmp_path / "a.hqx").write_bytes(hqx())
    subprocess.run(["hexbin", "-3", "a.hqx"], cwd=tmp_path, check=True, capture_output=True)
    made = {file.suffix: file.read_bytes() for file in tmp_path.iterdir()}
    assert (made[".data"], made[".rsrc"]) == (ORDER, FORK)


@pytest.mark.skipif(shutil.which("binhex") is None, reason="needs binhex (Debian: macutils)")
def test_what_another_program_made_a_binhex_of_comes_out(read, tmp_path):
    noise = random.Random(9).randbytes(90_000) + b"\x90" * 400
    (tmp_path / "a.bin").write_bytes(macbinary(b"noise.bin", noise))
    made = subprocess.run(["binhex", "a.bin"], cwd=tmp_path, check=True, capture_output=True).stdout
    assert forks(read(made, "a.hqx")) == [("noise.bin", noise), ("noise.bin.rsrc", FORK)]


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_a_binhex_gives_back_what_was_put_in(read, data, fork):
    found = read(hqx(data=data, fork=fork), "a.hqx")
    assert [bytes(member.data) for member in found.members] == ([data, fork] if fork else [data])
    assert found.ended is Outcome.OK


def test_a_flipped_letter_is_told_by_the_checksum(read):
    data = bytearray(hqx())
    at = data.index(b"\n", 200) + 20
    data[at] = ord("!") if data[at] != ord("!") else ord("#")
    found = read(bytes(data), "a.hqx")
    assert found.ended is Outcome.PARTIAL
    assert "checksum" in found.detail


def test_one_that_breaks_off_gives_what_it_held(read):
    found = read(hqx()[:400], "a.hqx")
    assert ORDER.startswith(bytes(found.members[0].data))
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "the letters break off")


def test_a_run_is_stopped_by_the_budget(read):
    found = read(hqx(data=bytes(3_000_000)), "a.hqx", budget=100_000)
    assert found.ended is Outcome.REFUSED_LIMIT


def test_a_property_list_is_read_with_its_keys(read):
    value = {"URL": "https://example.invalid/", "Seen": [{"name": "Ахмет"}, {"name": "门"}], "Raw": b"x" * 80, "n": 7}
    found = read(plistlib.dumps(value, fmt=plistlib.FMT_BINARY, sort_keys=False), "a.webloc")
    assert found.visible_text.splitlines() == [
        "URL: https://example.invalid/",
        "Seen.name: Ахмет",
        "Seen.name: 门",
        "n: 7",
    ]
    assert forks(found) == [("Raw", b"x" * 80)]


def test_a_list_that_holds_itself_or_one_list_many_times_ends(read):
    # Object 0 is a list of itself; then forty lists, each of the next one twice.
    for objects in ([b"\xa1\0"], [bytes((0xA2, n + 1, n + 1)) for n in range(60)] + [b"\x51a"]):
        table, body = b"", b"bplist00"
        for one in objects:
            table += bytes((len(body),))
            body += one
        data = body + table + struct.pack(">6xBBQQQ", 1, 1, len(objects), 0, len(body))
        found = read(data, "a.plist")
        assert found.ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT)
        assert len(found.visible_text) < 5_000_000


@given(
    st.binary(max_size=300),
    st.sampled_from([b"\0\5\x16\0\0", b"\0\5\x16\7\0", b"bplist00", binhex.HEAD + b" with BinHex 4.0)\n\n:"]),
)
def test_noise_is_no_crash(read, noise, start):
    found = read(start + noise, "a")
    assert found.media_type


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_no_crash(read, at, byte):
    attributes = [("com.apple.quarantine", b"0083;5f5e1000;Safari;6A6B")]
    data = bytearray(apple(0x51607, [(9, finder(attributes)), (2, FORK), (8, bytes(16))]))
    data[5 + at % (len(data) - 5)] = byte
    assert read(bytes(data), "._a").media_type
