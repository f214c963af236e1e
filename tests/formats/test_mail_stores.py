"""Laws of the stores of Outlook Express and The Bat!: each message as it stands, whatever leads to it; none twice."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

EPOCH = 116_444_736_000_000_000
"""1970 as a FILETIME."""


def letter(number, body="The doors stay shut.\r\n"):
    return f"From: Ada Tern <ada@lantern.example>\r\nSubject: Roster {number}\r\n\r\n{body}".encode()


def members(found):
    return [bytes(member.data) for member in found.members]


class Dbx:
    """A store of Outlook Express 5 or 6 in the making; blocks are put where it ends and know their place."""

    def __init__(self, kind=0xC5):
        self.data = bytearray(0x24BC)
        self.data[:16] = bytes((0xCF, 0xAD, 0x12, 0xFE, kind, 0xFD, 0x74, 0x6F)) + bytes.fromhex("66e3d1119a4e00c0")
        self.items = []

    def put(self, block):
        place = len(self.data)
        self.data += struct.pack("<I", place) + block[4:]
        return place

    def message(self, data, piece=512):
        """Put a message in segments, the last first; return where it begins."""
        following = 0
        for start in reversed(range(0, len(data), piece)):
            part = data[start : start + piece]
            following = self.put(struct.pack("<IIHHI", 0, piece, len(part), 0, following) + part.ljust(piece, b"\0"))
        return following

    def item(self, **fields):
        """Put an item: numbers of at most three bytes as they are, bytes behind them."""
        numbers = {"flags": 1, "sent": 2, "where": 4, "name": 2, "file": 3, "subject": 8, "sender": 13, "received": 18}
        heads, behind = b"", b""
        for name, value in fields.items():
            if isinstance(value, int):
                heads += bytes((numbers[name] | 0x80,)) + value.to_bytes(3, "little")
            else:
                heads += bytes((numbers[name],)) + len(behind).to_bytes(3, "little")
                behind += value
        self.items.append(self.put(struct.pack("<IIHBB", 0, len(heads + behind), 0, len(fields), 0) + heads + behind))

    def node(self, items, first=0, below=()):
        values = b"".join(
            struct.pack("<III", item, child, 0) for item, child in zip(items, below or [0] * len(items), strict=True)
        )
        head = struct.pack("<IIIIBBHI", 0, 0, first, 0, 0, len(items), 0, len(items))
        return self.put((head + values).ljust(0x27C, b"\0"))

    def build(self, root=None):
        struct.pack_into("<I", self.data, 0xC4, len(self.items))
        struct.pack_into("<I", self.data, 0xE4, (self.node(self.items) if self.items else 0) if root is None else root)
        return bytes(self.data)


def store(*letters):
    dbx = Dbx()
    for data in letters:
        dbx.item(where=dbx.message(data), flags=0x81)
    return dbx.build()


@given(st.lists(st.binary(min_size=1, max_size=1_400), min_size=1, max_size=4))
def test_a_message_is_put_together_from_its_segments_byte_for_byte(read, letters):
    found = read(store(*letters), "Inbox.dbx")
    assert (found.media_type, found.ended, members(found)) == ("application/x-ms-dbx", Outcome.OK, letters)
    assert {member.how for member in found.members} == {How.COPIED}


def test_a_tree_of_nodes_is_walked_in_its_order(read):
    dbx = Dbx()
    for number in range(5):
        dbx.item(where=dbx.message(letter(number)))
    left, between, right = dbx.node(dbx.items[:1]), dbx.node(dbx.items[2:3]), dbx.node(dbx.items[4:])
    root = dbx.node([dbx.items[1], dbx.items[3]], first=left, below=(between, right))
    found = read(dbx.build(root), "Sent.dbx")
    assert (found.ended, members(found)) == (Outcome.OK, [letter(number) for number in range(5)])


def test_what_a_store_says_of_a_message_is_told_with_it(read):
    dbx = Dbx()
    when = struct.pack("<Q", EPOCH + 1_938_862_800 * 10_000_000)
    dbx.item(where=struct.pack("<I", dbx.message(letter(1))), received=when, sent=when, flags=0x81)
    found = read(dbx.build(), "Inbox.dbx")
    told = "2031-06-10T13:00:00Z"
    assert found.members[0].stated == {"flags": 0x81, "sent": told, "received": told}
    assert found.observed("dbx.messages") == [{"taken": 1, "not_fetched": 0}]


def test_a_message_that_was_never_fetched_is_hidden_text(read):
    dbx = Dbx()
    dbx.item(subject=b"Keys of the north gate\0", sender="Örn Tern\0".encode("cp1252"))
    found = read(dbx.build(), "News.dbx")
    assert found.hidden_pieces == [("message that was not fetched", "Örn Tern Keys of the north gate\n")]
    assert (found.members, found.ended) == ([], Outcome.OK)


def test_the_list_of_folders_shows_names_and_files(read):
    dbx = Dbx(0xC6)
    dbx.item(name=b"Inbox\0", file=b"Inbox.dbx\0")
    dbx.item(name="Wache Nord\0".encode())
    assert read(dbx.build(), "Folders.dbx").visible_text == "Inbox\tInbox.dbx\nWache Nord\n"
    other = read(Dbx(0xC7).build(), "Offline.dbx")
    assert (other.ended, other.members) == (Outcome.UNSUPPORTED, [])


def test_what_does_not_know_its_own_place_is_not_followed(read):
    dbx = Dbx()
    for number in range(3):
        dbx.item(where=dbx.message(letter(number)))
    whole = dbx.build()
    for place, count in ((dbx.items[1], 2), (len(whole) - 0x27C, 0)):
        lying = bytearray(whole)
        lying[place] ^= 0x55
        found = read(bytes(lying), "Inbox.dbx")
        assert (found.ended, len(found.members)) == (Outcome.PARTIAL, count)
        assert f"of 3 items that are counted, {count} can be followed" in found.detail


def test_segments_and_nodes_that_lead_back_end(read):
    dbx = Dbx()
    place = dbx.message(b"x" * 600)
    second = struct.unpack_from("<I", dbx.data, place + 12)[0]
    struct.pack_into("<I", dbx.data, second + 12, place)
    dbx.item(where=place)
    node = dbx.node(dbx.items)
    struct.pack_into("<I", dbx.data, node + 8, node)
    found = read(dbx.build(node), "Inbox.dbx")
    assert (found.ended, len(found.members)) == (Outcome.PARTIAL, 1)
    assert len(found.members[0].data) <= 2 * len(dbx.data)


def test_a_message_that_begins_nowhere_is_named(read):
    dbx = Dbx()
    dbx.item(where=0x1234)
    found = read(dbx.build(), "Inbox.dbx")
    assert (found.ended, found.members) == (Outcome.PARTIAL, [])
    assert [refused[1] for refused in found.refused] == [Outcome.CORRUPT]


def mbx(*letters):
    head = b"JMF6\x03\x00\x01\x00".ljust(0x54, b"\0")
    return head + b"".join(
        struct.pack("<IIII", 0x7F007F00, number, 16 + len(data) + 4, len(data)) + data + b"\0\0\0\0"
        for number, data in enumerate(letters, 1)
    )


def test_a_store_of_outlook_express_4_gives_each_message(read):
    letters = [letter(1), letter(2)]
    found = read(mbx(*letters), "Inbox.mbx")
    assert (found.media_type, found.ended, members(found)) == ("application/x-ms-mbx", Outcome.OK, letters)
    cut = read(mbx(*letters)[:-40], "Inbox.mbx")
    assert (cut.ended, members(cut)) == (Outcome.PARTIAL, letters[:1])
    assert read(mbx(*letters)[:0x60], "Inbox.mbx").ended == Outcome.CORRUPT


def tbb(*letters, head=0x0C08):
    return struct.pack("<II", 0x19790620, head).ljust(head, b"\0") + b"".join(
        struct.pack("<4sIIII16xI8x", b"\x21\x09\x70\x19", 48, 7, 1_938_862_800, number, len(data)) + data
        for number, data in enumerate(letters, 1)
    )


@pytest.mark.parametrize("head", [0x0C08, 64])
def test_a_store_of_the_bat_gives_each_message(read, head):
    letters = [letter(1), letter(2, "\x21\x09\x70\x19 is no mark here.\r\n"), letter(3)]
    found = read(tbb(*letters, head=head), "MESSAGES.TBB")
    assert (found.media_type, found.ended, members(found)) == ("application/x-thebat-tbb", Outcome.OK, letters)
    assert found.members[0].stated == {"number": 1, "at": head + 48, "received": "2031-06-10T13:00:00Z"}
    assert found.observed("tbb.messages") == [3]


def test_an_empty_store_of_the_bat_is_well(read):
    found = read(tbb(), "MESSAGES.TBB")
    assert (found.ended, found.observed("tbb.messages")) == (Outcome.OK, [0])


def test_behind_damage_the_next_message_is_looked_for_and_that_is_told(read):
    letters = [letter(1), letter(2), letter(3)]
    whole = bytearray(tbb(*letters))
    whole[0x0C08 + 48 + len(letters[0])] ^= 1
    found = read(bytes(whole), "MESSAGES.TBB")
    assert (found.ended, members(found)) == (Outcome.PARTIAL, [letters[0], letters[2]])
    assert read(tbb(letters[0])[:-5], "MESSAGES.TBB").ended == Outcome.CORRUPT
