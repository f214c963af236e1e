"""Laws of shortcuts: where they lead and where they were made is told, and nothing behind them is lost."""

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import shortcut
from witnessmark.model.derivative import Outcome

CLSID = uuid.UUID("00021401-0000-0000-C000-000000000046").bytes_le
MADE = 131_801_461_434_640_486  # 2018-08-30T23:42:23Z
CARD = uuid.UUID("43633d26-86a9-11ea-9c2d-b8aeed8e1a7a")
OTHER = uuid.UUID("f12d3570-03c2-43e3-86fc-c75d680751b6")


def item(name, wide, size=0):
    """An item of a file with its long name (version 8 of the extension, as Windows 7 writes it)."""
    body = struct.pack("<BBIHHH", 0x32, 0, size, 0x4CCE, 0x5BC8, 0x20) + name + b"\0" * (2 - len(name) % 2)
    long = wide.encode("utf-16-le") + b"\0\0"
    rest = struct.pack("<IHHHHH", 0xBEEF0004, 0x4CCE, 0x79D3, 0x4CCE, 0x5BC8, 0x2A) + bytes(2)
    rest += struct.pack("<QQHI", 36 | 66 << 48, 0, 0, 0) + long + struct.pack("<H", 14 + len(body))
    extension = struct.pack("<HH", 4 + len(rest), 8) + rest
    return struct.pack("<H", 2 + len(body) + len(extension)) + body + extension


def drive():
    return struct.pack("<H", 25) + b"\x2fC:\\".ljust(23, b"\0")


def link(
    target=b"C:\\orders\\",
    rest=b"night.doc",
    items=(),
    strings=(),
    label=b"ARCHIVE",
    blocks=b"",
    end=b"\0\0\0\0",
    share=b"",
    wide=True,
):
    flags, body = (0x80 if wide else 0), b""
    if items:
        ids = b"".join(items) + b"\0\0"
        flags, body = flags | 1, struct.pack("<H", len(ids)) + ids
    volume = struct.pack("<IIII", 17 + len(label), 2, 0x9E31FC72, 16) + label + b"\0"
    network = struct.pack("<IIIII", 21 + len(share), 0, 20, 0, 0x20000) + share + b"\0" if share else b""
    places = [28 + len(volume), 28 + len(volume) + len(target) + 1]
    if target or share:
        parts = volume + target + b"\0" + network + rest + b"\0"
        kinds = (1 if target else 0) | (2 if share else 0)
        head = struct.pack("<IIIIII", 28, kinds, 28, places[0], places[1] if share else 0, places[1] + len(network))
        flags, body = flags | 2, body + struct.pack("<I", 28 + len(parts)) + head + parts
    for bit, text in strings:
        raw = text.encode("utf-16-le") if wide else text
        flags, body = flags | bit, body + struct.pack("<H", len(text)) + raw
    head = struct.pack("<I16sIIQQQIIIHHII", 76, CLSID, flags, 0x20, MADE, MADE, MADE, 4711, 0, 1, 0, 0, 0, 0)
    return head + body + blocks + end


def tracker(machine=b"office-pc-17"):
    ids = OTHER.bytes_le + CARD.bytes_le + OTHER.bytes_le + CARD.bytes_le
    return struct.pack("<IIII", 0x60, 0xA0000003, 0x58, 0) + machine.ljust(16, b"\0") + ids


def properties(text):
    value = text.encode("utf-16-le") + b"\0\0"
    one = struct.pack("<IIBHHI", 17 + len(value), 30, 0, 0x1F, 0, len(value) // 2) + value
    one = struct.pack("<I", len(one)) + one[4:]
    storage = struct.pack("<I4s16s", 28 + len(one), b"1SPS", OTHER.bytes_le) + one + bytes(4)
    return struct.pack("<II", 12 + len(storage), 0xA0000009) + storage + bytes(4)


def test_target_times_disk_and_machine_are_told(read):
    strings = [(4, "The order"), (8, "..\\night.doc"), (16, "C:\\orders"), (32, "/s /n"), (64, "shell32.dll")]
    found = read(link(strings=strings, blocks=tracker()), "a.lnk")
    assert (found.media_type, found.ended) == ("application/x-ms-shortcut", Outcome.OK)
    assert found.visible_text.splitlines() == [
        "target: C:\\orders\\night.doc",
        "comment: The order",
        "working folder: C:\\orders",
        "arguments: /s /n",
    ]
    for words in ("relative path: ..\\night.doc", "volume label: ARCHIVE", "machine: office-pc-17"):
        assert words in found.hidden_text
    assert found.observed("shortcut.volume") == [{"kind": "removable", "serial": "9E31-FC72"}]
    assert found.observed("shortcut.machine") == ["office-pc-17"]
    assert found.observed("shortcut.target") == [{"size": 4711, "attributes": "0x0020"}]
    assert found.observed("date.created")[0]["utc"] == "2018-08-30T23:42:23Z"


def test_an_identifier_tells_the_network_card_and_its_clock(read):
    (value,) = read(link(blocks=tracker()), "a.lnk").observed("shortcut.tracker")
    assert value == {
        "volume": str(OTHER),
        "file": str(CARD),
        "clock": "2020-04-25T04:00:12Z",
        "network_card": "b8:ae:ed:8e:1a:7a",
    }


def test_the_items_of_the_path_name_what_nothing_else_names(read):
    data = link(target=b"", items=[drive(), item(b"DOORS~1", "двери 门"), item(b"NIGHT.DOC", "night.doc", 99)])
    found = read(data, "a.lnk")
    assert found.visible_text == "target: C:\\двери 门\\night.doc\n"
    stated = found.observed("shortcut.item")
    assert stated[1] == {
        "name": "night.doc",
        "modified": "2018-06-14T11:30:16",
        "size": "99",
        "created": "2018-06-14T15:14:38",
        "accessed": "2018-06-14T11:30:16",
        "file_reference": "36-66",
        "short_name": "NIGHT.DOC",
    }


def test_a_share_is_told(read):
    found = read(link(target=b"", share=b"\\\\OFFICE\\files", rest=b"night.doc"), "a.lnk")
    assert found.visible_text == "target: \\\\OFFICE\\files\\night.doc\n"


@pytest.mark.parametrize(
    ("name", "codec"), [("C:\\приказы отдела\\", "cp1251"), ("C:\\关押人员名单文件夹\\", "gb18030")]
)
def test_a_path_in_an_old_code_page_is_read(read, name, codec):
    assert name + "night.doc" in read(link(target=name.encode(codec)), "a.lnk").visible_text


def test_a_property_is_text(read):
    assert "C:\\orders\\old.doc" in read(link(blocks=properties("C:\\orders\\old.doc")), "a.lnk").hidden_text


def test_what_windows_would_not_read_as_the_working_folder_is_read_as_it_would(read):
    hidden = "C:\\" + " " * 257
    arguments = "/c hidden"
    # Its count says that it takes in what Windows takes for the arguments.
    data = link(strings=[(16, hidden), (32, arguments)])
    at = data.index(struct.pack("<H", 260) + b"C\0:\0")
    data = data[:at] + struct.pack("<H", 260 + 200) + data[at + 2 :]
    assert "arguments: /c hidden" in read(data, "a.lnk").visible_text


def test_what_stands_behind_it_is_a_member(read):
    found = read(link() + b"MZ a program", "a.lnk")
    assert [(member.name, bytes(member.data)) for member in found.members] == [("after-the-end", b"MZ a program")]
    assert not read(link() + bytes(50), "a.lnk").members


def test_one_that_breaks_off_tells_what_it_held(read):
    whole = link(strings=[(16, "C:\\orders")], blocks=tracker())
    found = read(whole[: len(whole) - 60], "a.lnk")
    assert "target: C:\\orders\\night.doc" in found.visible_text
    assert found.ended is Outcome.PARTIAL


@given(st.binary(max_size=600))
def test_noise_behind_the_header_is_no_crash(read, noise):
    found = read(link()[:76] + noise, "a.lnk")
    assert found.ended in (Outcome.OK, Outcome.PARTIAL)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_no_crash(read, at, byte):
    data = bytearray(link(items=[drive(), item(b"A", "a")], strings=[(4, "x")], blocks=tracker() + properties("y")))
    data[20 + at % (len(data) - 20)] = byte
    found = read(bytes(data), "a.lnk")
    assert found.ended in (Outcome.OK, Outcome.PARTIAL)


def test_blocks_without_end_end(read):
    found = read(link(blocks=struct.pack("<II", 8, 1) * 50_000), "a.lnk")
    assert found.ended is Outcome.OK
    assert shortcut.MOST_BLOCKS < 50_000
