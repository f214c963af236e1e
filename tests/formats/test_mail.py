"""Laws of reading messages: four lines and one form of the body show; the rest is kept apart; attachments come out."""

import io
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats import collector

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats import detect, mime
from witnessmark.formats.mail import read_eml
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

SECRET = "Kestrelnest"
TOP = (
    "From: Ada Tern <ada@example.invalid>\r\nTo: Office\r\nDate: Mon, 4 May 2031 10:00:00 +0800\r\nSubject: Roster\r\n"
)
TWO_FORMS = (
    'Content-Type: multipart/alternative; boundary="b"\r\n\r\nKestrelnest preamble\r\n--b\r\n\r\nplain words\r\n'
    "--b\r\nContent-Type: text/html\r\n\r\n<p>Kestrelnest in the other form</p>\r\n--b--\r\nKestrelnest epilogue\r\n"
)


def read(reader, data, name="x"):
    """Call one reader as the child would, with a stopped reading turned into its outcome."""
    collected = collector.Collected()
    try:
        reader(Source(io.BytesIO(data), len(data), name), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def message(fields="", body="Hello.\r\n"):
    return (TOP + fields + "\r\n" + body).encode()


@pytest.mark.parametrize("name", ["Bcc", "Cc", "X-Origin", "Received", "Reply-To", "Message-ID", "Comments", "Subject"])
def test_every_other_field_is_hidden_and_kept(name):
    found = read(read_eml, message(f"{name}: {SECRET}\r\n"))
    assert SECRET not in found.visible_text
    assert SECRET in found.hidden_text


def test_the_golden_message_reads_as_it_shows():
    found = read(read_eml, message("X-Mailer: Tern Mail 3\r\nMessage-ID: <1@example.invalid>\r\n"))
    assert found.visible_text == (
        "From: Ada Tern <ada@example.invalid>\nTo: Office\nDate: Mon, 4 May 2031 10:00:00 +0800\nSubject: Roster\n\nHello.\n"
    )
    assert found.observed("date.sent")[0] == {
        "raw": "Mon, 4 May 2031 10:00:00 +0800",
        "utc": "2031-05-04T02:00:00Z",
        "local": "2031-05-04T10:00:00",
        "offset": 480,
        "says": "mail Date",
    }
    assert found.observed("software") == [{"name": "Tern Mail 3", "version": "", "says": "mail x-mailer"}]


def test_one_form_shows_and_the_others_stay_apart():
    found = read(read_eml, (TOP + TWO_FORMS).encode())
    assert "plain words" in found.visible_text
    assert SECRET not in found.visible_text
    for word in ("in the other form", "preamble", "epilogue"):
        assert f"{SECRET} {word}" in found.hidden_text


def test_a_body_in_html_shows_where_there_is_no_other():
    found = read(
        read_eml,
        message("Content-Type: text/html; charset=utf-8\r\n", "<p>Seen</p><p style='display:none'>Kestrelnest</p>"),
    )
    assert "Seen" in found.visible_text
    assert SECRET not in found.visible_text
    assert SECRET in found.hidden_text


def test_encoded_words_are_read_across_neighbours():
    fields = "X-A: =?utf-8?B?5Lit?= =?utf-8?b?5Zu9?= and =?iso-8859-1?Q?caf=E9_=?=\r\nX-B: =?utf-8?B?5L?=\r\n =?utf-8?B?iL?= \r\n"
    assert "中国 and café" in read(read_eml, message(fields)).hidden_text


SEVEN = "Die T+APw-ren der S+APw-dseite"


def test_utf_7_is_read_where_a_message_declares_it_and_nowhere_else():
    fields = f"Subject: =?utf-7?Q?{SEVEN.replace(' ', '_')}?=\r\n"
    for kind, body in (("plain", f"{SEVEN}.\r\n"), ("html", f"<p>{SEVEN}.</p>\r\n")):
        found = read(read_eml, f"From: a\r\n{fields}Content-Type: text/{kind}; charset=UTF-7\r\n\r\n{body}".encode())
        assert found.visible_text.count("Die Türen der Südseite") == 2
    other = read(read_eml, message("Content-Type: text/plain; charset=us-ascii\r\n", SEVEN))
    assert SEVEN in other.visible_text
    broken = read(read_eml, message("Content-Type: text/plain; charset=utf-7\r\n", "+AP- stays"))
    assert "stays" in broken.visible_text


@pytest.mark.parametrize("more", ["\t=?utf-8?B?Z2F0ZQ==?=", "X-Keeper: Orrin"])
def test_a_line_of_blanks_inside_the_header_ends_it_only_where_no_field_goes_on(more):
    folded = read(read_eml, f"From: a\r\nSubject: The south\r\n \r\n{more}\r\nTo: Office\r\n\r\nHello.\r\n".encode())
    assert "To: Office" in folded.visible_text
    assert folded.visible_text.endswith("\n\nHello.\n")
    assert ("gate" in folded.visible_text) == more.startswith("\t")
    ended = read(read_eml, b"From: a\r\nSubject: The south\r\n \r\nHello.\r\n\r\nTo: nobody\r\n")
    assert ended.visible_text == "From: a\nSubject: The south\n\nHello.\n\nTo: nobody\n"


@pytest.mark.parametrize(
    ("encoding", "body", "how"),
    [
        ("base64", "QUJD\r\nREVG", How.DECODED),
        ("base64", "QUJD REVG!!", How.DECODED),
        ("base64", "QUJDREVG=", How.DECODED),
        ("quoted-printable", "AB=43=\r\nDEF", How.DECODED),
        ("7bit", "ABCDEF", How.COPIED),
        ("x-uuencode", "begin 644 a\r\n&04)#1$5&\r\n`\r\nend", How.DECODED),
    ],
)
def test_attachments_come_out_with_how_they_were_got(encoding, body, how):
    fields = (
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee it.\r\n--b\r\nContent-Type: text/plain\r\n"
        f"Content-Disposition: attachment; filename*=utf-8''n%C3%B6te.txt\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--b--"
    )
    found = read(read_eml, (TOP + fields).encode())
    (member,) = found.members
    assert (member.name, bytes(member.data), member.how) == ("nöte.txt", b"ABCDEF", how)
    assert "ABCDEF" not in found.visible_text


def test_a_message_inside_is_a_member_byte_for_byte():
    inner = message("Bcc: Kestrelnest\r\n")
    fields = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner
        + b"\r\n--b--"
    )
    found = read(read_eml, TOP.encode() + fields)
    (member,) = found.members
    assert (bytes(member.data), member.how, member.name) == (inner, How.COPIED, "part-1.eml")
    assert SECRET not in found.text


def test_the_standard_library_s_messages_are_read():
    made = EmailMessage()
    made["From"], made["Subject"] = "a@example.invalid", "名单"
    made.set_content("正文 text")
    made.add_alternative("<b>html</b>", subtype="html")
    made.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename="名单.bin")
    found = read(read_eml, made.as_bytes())
    assert "Subject: 名单\n" in found.visible_text
    assert "正文 text" in found.visible_text
    assert [(member.name, bytes(member.data)) for member in found.members] == [("名单.bin", b"\0\1")]


def test_same_names_and_paths_in_names_stay_apart():
    one = "--b\r\nContent-Disposition: attachment; filename=../a/x.txt\r\n\r\n1\r\n"
    found = read(read_eml, (TOP + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + one * 2 + "--b--").encode())
    assert [member.name for member in found.members] == [".._a_x.txt", ".._a_x (2).txt"]


def test_hundred_and_twenty_levels_end_without_recursion():
    body = (
        "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(120))
        + "\r\nKestrelnest"
    )
    found = read(read_eml, (TOP + body).encode())
    assert found.ended is Outcome.PARTIAL
    assert SECRET in bytes(found.members[0].data).decode()


@pytest.mark.parametrize("body", ["no boundary here\r\n", "--c\r\n\r\nx", ""])
def test_a_missing_boundary_leaves_the_text(body):
    found = read(read_eml, message("Content-Type: multipart/mixed\r\n", body))
    assert body.strip() in found.visible_text.replace("\n", "\r\n")


def test_ten_megabytes_of_header_are_read_within_their_cap():
    found = read(read_eml, message("X-Long: " + "a" * (10 << 20) + "\r\n"))
    assert len(found.hidden_text) < 5 << 20
    assert "Subject: Roster" in found.visible_text


@pytest.mark.parametrize("before", [b" " * 108 + b"\r\n", b"\xef\xbb\xbf", b"\r\n\t\r\n", b"\xef\xbb\xbfFrom -\n"])
def test_blanks_or_a_mark_before_the_header_are_none_of_it(before):
    data = before + TOP.encode() + b"Message-ID: <1@example.invalid>\r\n\r\nHello.\r\n"
    found = read(read_eml, data)
    assert found.text.startswith("From: Ada Tern")
    assert detect.detect(Source(io.BytesIO(data), len(data), "x.eml")).media_type == "message/rfc822"


def test_a_header_that_nothing_divides_from_the_body_ends_where_no_field_follows():
    found = read(read_eml, TOP.encode() + b"Hello, there is no empty line.\r\nNor here.\r\n\r\nMore.\r\n")
    assert "".join(found.pieces).endswith("\n\nHello, there is no empty line.\nNor here.\n\nMore.\n")
    parts = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\nbar\r\n--b--\r\n'
    assert "".join(read(read_eml, TOP.encode() + parts).pieces).endswith("\n\nbar\n")


def test_a_line_amid_the_fields_that_is_none_is_kept_apart():
    found = read(read_eml, b"From: a\r\nthe Kestrelnest line\r\nSubject: Roster\r\n\r\nHello.\r\n")
    assert ("lines of the header that are no field", "the Kestrelnest line\n") in found.hidden_pieces
    assert SECRET not in "".join(found.pieces)


def test_the_hands_that_a_message_went_through_alone_tell_it():
    data = b"Received: from a (a [::1])\n by b with ESMTP id 1;\n Mon, 4 May 2031 10:00:00 +0800\n" * 2 + b"\nHello.\n"
    assert detect.detect(Source(io.BytesIO(data), len(data), "x")).media_type == "message/rfc822"


def test_raw_letters_of_a_name_are_western_where_few_speak_for_anything_else():
    parts = b'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="HaseUndFr\xf6sche.txt"\r\n\r\nHello.\r\n'
    found = read(read_eml, TOP.encode() + parts)
    assert [member.name for member in found.members] == ["HaseUndFrösche.txt"]


def test_what_is_no_message_is_corrupt():
    assert read(read_eml, b"no fields here\n\nnor here").ended is Outcome.CORRUPT


@given(st.binary(max_size=400))
def test_no_bytes_trip_the_reader(noise):
    found = read(read_eml, TOP.encode() + noise)
    found.text.encode()
    assert found.ended in set(Outcome)


@given(st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"-", b"+")), min_size=1, max_size=6))
def test_every_part_comes_back(bodies):
    data = b"A: b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n"
    for body in bodies:
        data += b"--bb\r\nContent-Type: application/x\r\n\r\n" + body + b"\r\n"
    root = mime.split(data + b"--bb--\r\n")
    assert [part.bytes_of(data) for part in root.inside] == bodies


@pytest.mark.parametrize(
    "date", ["Mon, 4 May 99999999999 10:00:00 +0800", "4 May 2031 99:99:99", "0 0 0", "Mon, 4 May 2031 1:1:1 +9999"]
)
def test_a_date_beyond_any_clock_is_kept_as_it_stands(date):
    found = read(read_eml, f"Date: {date}\r\nSubject: x\r\n\r\n".encode())
    assert found.observed("date.sent")[0]["raw"] == date


@given(st.text(max_size=40))
def test_words_never_trip(text):
    mime.words(f"=?utf-8?b?{text}?= =?x?q?{text}?=").encode("utf-8", "replace")
