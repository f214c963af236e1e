"""Laws of mailboxes, contacts and calendars: every message comes out as it stands, none is invented, names are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

LINE = b"From watch@lantern.example Mon May  5 10:00:00 2031\n"


def letter(number, body="Hello.\n"):
    return f"From: Ada Tern <ada@lantern.example>\nSubject: Roster {number}\n\n{body}".encode()


def members(found):
    return [bytes(member.data) for member in found.members]


def test_each_message_is_a_member_byte_for_byte(read):
    letters = [letter(1), letter(2, ">From the tower we saw it.\n"), letter(3)]
    found = read(b"\n".join(LINE + each for each in letters), "Inbox")
    assert (found.media_type, members(found)) == ("application/mbox", letters)
    assert {member.how for member in found.members} == {How.COPIED}
    assert found.observed("mbox.variant") == ["mboxo or mboxrd"]
    assert found.members[0].stated == {"from_line": LINE.decode().strip(), "at": 0}


def test_the_bare_line_of_mozillas_divides_and_the_first_line_needs_no_time(read):
    found = read(b"From nobody\n" + letter(1) + b"\nFrom - \n" + letter(2), "Inbox")
    assert members(found) == [letter(1), letter(2)]


@pytest.mark.parametrize("body", ["\nFrom here on we walked.\n", "\nFrom 10:30 to 11:00 we slept\nand woke.\n"])
def test_a_sentence_that_begins_with_from_divides_nothing(read, body):
    found = read(LINE + letter(1, body) + b"\n" + LINE + letter(2), "x")
    assert members(found) == [letter(1, body), letter(2)]
    assert found.observed("mbox.doubtful_lines") == [1]


def test_a_stated_length_that_fits_holds_whole_mails_inside(read):
    body = "see:\n\n" + LINE.decode() + "Subject: quoted whole\n\ninside\n"
    head = f"Subject: Roster\nFrom: a@lantern.example\nContent-Length: {len(body)}\n\n"
    found = read(LINE + (head + body).encode() + b"\n" + LINE + letter(2), "x")
    assert members(found)[0] == (head + body).encode()
    assert len(found.members) == 2


def test_a_lying_length_is_not_believed(read):
    lying = letter(1).replace(b"\n\n", b"\nContent-Length: 99999\n\n")
    assert members(read(LINE + lying + b"\n" + LINE + letter(2), "x")) == [lying, letter(2)]


def test_deeper_quoting_tells_the_variant(read):
    found = read(LINE + letter(1, ">>From them.\n"), "x")
    assert found.observed("mbox.variant") == ["mboxrd"]


def test_marks_of_four_divide_too(read):
    data = b"".join(b"\1\1\1\1\n" + letter(n) + b"\1\1\1\1\n" for n in range(3))
    assert members(read(data, "x")) == [letter(n) for n in range(3)]


def test_a_counted_message_reads_as_a_message(read):
    inner = letter(1)
    found = read(f"{len(inner)}\n".encode() + inner + b"<?xml version='1.0'?><plist><dict/></plist>", "1.emlx")
    assert found.media_type == "message/x-emlx"
    assert "Subject: Roster 1" in found.visible_text
    assert "plist" in found.hidden_text


def test_ten_thousand_messages_come_out(read):
    found = read((LINE + letter(1) + b"\n") * 10_000, "x")
    assert len(found.members) == 10_000


@given(st.lists(st.text("abc \n>F", max_size=60), min_size=1, max_size=8))
def test_whatever_the_bodies_hold_comes_back(read, bodies):
    letters = [letter(n, body + "\n") for n, body in enumerate(bodies)]
    assert members(read(b"\n".join(LINE + each for each in letters), "x")) == [
        each[:-1] if each.endswith(b"\n\n") and n == len(letters) - 1 else each for n, each in enumerate(letters)
    ]


@given(st.binary(max_size=300))
def test_no_noise_behind_a_dividing_line_trips_the_reader(read, noise):
    assert read(LINE + b"A: b\n\n" + noise, "x").ended in (Outcome.OK, Outcome.PARTIAL)


def test_threads_hosts_and_signatures_are_observed(read):
    head = (
        "Message-ID: <2@lantern.example>\r\nIn-Reply-To: <1@lantern.example>\r\nReferences: <0@lantern.example>\r\n"
        " <1@lantern.example>\r\nReceived: from a by b; Mon, 5 May 2031 10:00:00 +0800\r\n"
        "DKIM-Signature: v=1; d=lantern.example; b=abc\r\nFrom: ada@lantern.example\r\nSubject: x\r\n\r\nHello."
    )
    found = read(head.encode(), "1700000000.M1P2.host:2,RS")
    assert found.observed("mail.in_reply_to") == [["<1@lantern.example>"]]
    assert found.observed("mail.references") == [["<0@lantern.example>", "<1@lantern.example>"]]
    assert found.observed("mail.received") == ["from a by b; Mon, 5 May 2031 10:00:00 +0800"]
    assert found.observed("mail.signature") == [{"field": "dkim-signature", "raw": "v=1; d=lantern.example; b=abc"}]
    assert found.observed("mail.maildir_flags") == [["replied", "seen"]]


def test_an_encrypted_body_is_said_to_be_one(read):
    head = "From: a@lantern.example\r\nSubject: x\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    found = read((head + "Content-Transfer-Encoding: base64\r\n\r\nMIIB").encode(), "x.eml")
    assert found.ended is Outcome.ENCRYPTED
    assert len(found.members) == 1


def test_ten_thousand_parts_end_and_nothing_is_lost(read):
    parts = "".join(f"--b\r\nContent-Type: text/plain\r\n\r\nword{n}\r\n" for n in range(10_000))
    head = "From: a@lantern.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    found = read((head + parts + "--b--\r\n").encode(), "x.eml")
    assert found.ended is Outcome.PARTIAL
    assert b"word9999" in members(found)[0]


def test_a_turned_subject_and_a_charset_of_no_kind_are_read(read):
    head = "From: a@lantern.example\r\nSubject: =?utf-8?b?4oCuZ3BqLmV4ZQ==?=\r\nContent-Type: text/plain; charset=x-none-such\r\n\r\n"
    found = read(head.encode() + b"caf\xc3\xa9", "x.eml")
    assert "\u202egpj.exe" in found.visible_text
    assert "café" in found.visible_text


def test_a_large_attachment_comes_out_whole(read):
    import base64
    import random

    body = random.Random(1).randbytes(3 << 20)
    text = base64.encodebytes(body).decode()
    head = "From: a@lantern.example\r\nSubject: x\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
    found = read((head + "Content-Transfer-Encoding: base64\r\n\r\n" + text).encode(), "x.eml")
    assert members(found) == [body]


def test_contacts_show_names_and_tell_addresses(read):
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Ada Te\r\n rn\r\nTEL;TYPE=CELL:+99 555\r\nEMAIL:ada@lantern.example\r\n"
        "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:caf=C3=\r\n=A9\r\nPHOTO;ENCODING=b:QUJD\r\nEND:VCARD\r\n"
    )
    found = read(card.encode(), "x")
    assert found.media_type == "text/vcard"
    assert "FN: Ada Tern\n" in found.visible_text
    assert "NOTE: café\n" in found.visible_text
    assert "UID: 1" in found.hidden_text
    assert [value["value"] for value in found.observed("address")] == ["+99 555", "ada@lantern.example"]
    assert members(found) == [b"ABC"]


def test_events_show_and_their_dates_are_observed(read):
    event = (
        "BEGIN:VCALENDAR\r\nPRODID:Tern 1\r\nBEGIN:VEVENT\r\nSUMMARY:Night watch\\, east\r\nDTSTAMP:20310504T020000Z\r\n"
        "ORGANIZER;CN=Ode Marr:mailto:ode@lantern.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    found = read(event.encode(), "x")
    assert found.media_type == "text/calendar"
    assert "SUMMARY: Night watch, east\n" in found.visible_text
    assert "Ode Marr" in found.visible_text
    assert found.observed("date.written")[0]["utc"] == "2031-05-04T02:00:00Z"
    assert found.ended is Outcome.OK
    assert read(event[:-20].encode(), "x").ended is Outcome.PARTIAL


@given(st.text(max_size=200))
def test_no_words_trip_the_reader_of_contacts(read, text):
    assert read(b"BEGIN:VCARD\r\n" + text.encode("utf-8", "replace"), "x").ended in (Outcome.OK, Outcome.PARTIAL)
