"""Laws of Outlook's formats: what a message says is told, all of it comes out, and damage costs only what it hit."""

import email
import email.policy
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import outlook_forge as forge
from tests.forge.outlook_forge import number, octets, text

from witnessmark.formats import lzfu, mapi, pst_pages, rebuilt
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

TICKS = 135_000_000_000_000_000
PROPERTIES = {
    0x001A: text("IPM.Note"), 0x0037: text("Night roster"), 0x0042: text("Ada Tern"), 0x0C1F: text("ada@lantern.example"),
    0x1000: text("The doors are locked.\r\nKeys: Ode."), 0x1035: text("<1@lantern.example>"), 0x1042: text("<0@lantern.example>"),
    0x0039: forge.time(TICKS), 0x1013: octets(b"<p>The doors are <b>locked</b>.</p>"),
}  # fmt: skip
RECIPIENTS = [
    {0x0C15: number(1), 0x3001: text("Ode Marr"), 0x39FE: text("ode@lantern.example")},
    {0x0C15: number(3), 0x3001: text("Secret Sill"), 0x39FE: text("sill@lantern.example")},
]
PLAN = {0x3707: text("plan/ö.bin"), 0x3705: number(1), 0x3701: octets(b"\0\1plan")}
INNER = {0x001A: text("IPM.Note"), 0x0037: text("Inside"), 0x1000: text("inner words")}


# --- compressed RTF -------------------------------------------------------------------------------------------------


def test_the_example_of_the_specification_unfolds():
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert lzfu.unfolded(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def stored(rtf):
    return struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


@given(st.binary(max_size=200))
def test_no_bytes_trip_the_unfolding(noise):
    lzfu.unfolded(struct.pack("<II4sI", 0, 1000, b"LZFu", 0) + noise)
    assert lzfu.unfolded(stored(noise)) == noise


def test_html_comes_out_of_its_rtf():
    rtf = (
        rb"{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0\fcharset204 Arial;}}{\*\generator x;}"
        rb"{\*\htmltag64 <p class=\'22a\'22>}\htmlrtf {\pard \htmlrtf0 \'c4\'e2\'e5\'f0\'fc \u1090?\{x\}\line "
        rb"{\*\htmltag84 &nbsp;}\htmlrtf \'a0}\htmlrtf0 {\*\htmltag72 </p>}}"
    )
    assert lzfu.wrapped_html(rtf) == '<p class="a">Дверь т{x}\r\n&nbsp;</p>'
    assert lzfu.wrapped_html(rb"{\rtf1 plain}") is None


# --- message files --------------------------------------------------------------------------------------------------


def test_a_message_file_reads_as_it_shows(read):
    found = read(
        forge.msg(
            PROPERTIES, recipients=RECIPIENTS, attachments=[PLAN, ({0x3001: text("Inside")}, forge.msg_storage(INNER))]
        )
    )
    assert found.media_type == "application/vnd.ms-outlook"
    assert found.visible_text == (
        "From: Ada Tern <ada@lantern.example>\nTo: Ode Marr <ode@lantern.example>\nDate: Thu, 19 Oct 2028 00:00:00 +0000\n"
        "Subject: Night roster\n\nThe doors are locked.\nKeys: Ode.\n"
    )
    assert "Secret Sill" in found.hidden_text
    assert "other form of the message: The doors are locked" in found.hidden_text
    assert found.observed("mail.message_id") == ["<1@lantern.example>"]
    assert found.observed("date.sent")[0]["utc"] == "2028-10-19T00:00:00Z"
    plan, inner = found.members
    assert (plan.name, bytes(plan.data), plan.how) == ("plan_ö.bin", b"\0\1plan", How.COPIED)
    assert (inner.name, inner.how) == ("Inside.eml", How.REBUILT)
    again = read(bytes(inner.data), inner.name)
    assert "Subject: Inside" in again.visible_text
    assert "inner words" in again.visible_text
    assert again.observed("mail.rebuilt")


def test_headers_that_came_with_it_stand_before_the_store_s_own_words(read):
    headers = "Microsoft Mail Internet Headers Version 2.0\r\nSubject: As it came\r\nFrom: x@lantern.example\r\n"
    found = read(forge.msg({**PROPERTIES, 0x007D: text(headers)}, recipients=RECIPIENTS))
    assert "Subject: As it came\n" in found.visible_text
    assert "X-Outlook-Subject: Night roster" in found.hidden_text


def test_only_rtf_is_still_a_body(read):
    found = read(forge.msg({0x0037: text("x"), 0x1009: octets(stored(rb"{\rtf1\ansi only \b here\b0}"))}))
    assert "only here" in found.visible_text


def test_an_attached_object_s_streams_come_out(read):
    tree = {"CONTENTS": b"drawing", "\1Ole": b"x"}
    found = read(forge.msg(PROPERTIES, attachments=[({0x3705: number(6)}, tree)]))
    assert {bytes(member.data) for member in found.members} == {b"drawing", b"x"}


def test_messages_inside_each_other_end(read):
    tree = forge.msg_storage(INNER)
    for _ in range(12):
        tree = forge.msg_storage(INNER, attachments=[({0x3001: text("deeper")}, tree)])
    found = read(forge.msg(PROPERTIES, attachments=[({0x3001: text("deep")}, tree)]))
    assert len(found.members) == 1
    assert bytes(found.members[0].data).count(b"Subject: Inside") == 9


@given(st.data())
def test_a_damaged_message_file_ends_in_an_outcome(data):
    from tests.formats.collector import run_bytes

    whole = bytearray(forge.msg(PROPERTIES, recipients=RECIPIENTS, attachments=[PLAN]))
    for _ in range(8):
        whole[data.draw(st.integers(512, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert run_bytes(bytes(whole), "x.msg").ended in set(Outcome)


# --- TNEF -----------------------------------------------------------------------------------------------------------


def test_a_winmail_reads_as_it_shows(read):
    found = read(forge.tnef(PROPERTIES, [("plan.bin", b"\0\1plan", {}), ("a.txt", b"A", {0x3707: text("лист.txt")})]))
    assert found.media_type == "application/vnd.ms-tnef"
    assert "Subject: Night roster\n\nThe doors are locked.\nKeys: Ode.\n" in found.visible_text
    assert [(one.name, bytes(one.data), one.how) for one in found.members] == [
        ("plan.bin", b"\0\1plan", How.DECODED),
        ("лист.txt", b"A", How.DECODED),
    ]
    assert found.ended is Outcome.OK


def test_a_message_in_a_winmail_is_a_winmail_itself(read):
    inner = forge.tnef(INNER)
    wrapped = bytes.fromhex("0703020000000000c000000000000046") + inner
    found = read(forge.tnef(PROPERTIES, [("Inside", None, {0x3701: (0x0D, wrapped)})]))
    assert bytes(found.members[0].data) == inner


def test_a_winmail_that_breaks_off_keeps_what_came(read):
    whole = forge.tnef(PROPERTIES, [("plan.bin", b"x" * 5000, {})])
    found = read(whole[:-2000])
    assert found.ended is Outcome.PARTIAL
    assert "Night roster" in found.visible_text


@given(st.binary(max_size=300))
def test_no_properties_trip_the_reader_of_winmails(noise):
    from tests.formats.collector import run_bytes

    data = b"\x78\x9f\x3e\x22\1\0" + forge._attribute(1, 0x9003, 6, noise) + forge._attribute(1, 0x9004, 6, noise)
    assert run_bytes(data, "x").ended in (Outcome.OK, Outcome.PARTIAL)


# --- stores ---------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=700), st.integers(0, 2**40), st.sampled_from([0, 1, 2]))
def test_every_encoding_is_undone(data, key, encoding):
    assert pst_pages._decoded(forge.encoded(data, encoding, key), encoding, key) == data


def store(**how):
    made = forge.Store(**how)
    made.add_folder(0x122, "", 0x122, folders=[0x8022])
    made.add_folder(0x8022, "Top", 0x122, folders=[0x8042])
    made.add_folder(0x8042, "Watch", 0x8022, listed=[0x200024])
    inner = made.message(INNER)
    made.add_node(
        0x200024,
        made.message(
            {**PROPERTIES, 0x0037: text("\x01\x05Re: roster"), 0x1000: text("long words " * 2000)},
            RECIPIENTS,
            [{**PLAN, 0x3701: octets(bytes(range(256)) * 200)}, ({0x3001: text("Inside")}, inner)],
        ),
        0x8042,
    )
    made.add_node(0x200044, made.message(INNER), 0x8042)
    return made


KINDS = [(wide, encoding) for wide in (True, False) for encoding in (0, 1, 2)]


@pytest.mark.parametrize(("wide", "encoding"), KINDS)
@pytest.mark.parametrize("per_page", [None, 3])
def test_every_item_of_a_store_comes_out(read, wide, encoding, per_page):
    found = read(store(wide=wide, encoding=encoding).build(per_page=per_page), "x.pst")
    assert (found.media_type, found.ended, found.detail) == ("application/vnd.ms-outlook-pst", Outcome.OK, "")
    assert found.observed("pst.messages") == [2]
    first, second = found.members
    assert (first.name, first.how) == ("Top/Watch/Re: roster (200024).eml", How.REBUILT)
    assert second.stated["listed"] is False
    message = email.message_from_bytes(bytes(first.data), policy=email.policy.default)
    assert message["Subject"] == "Re: roster"
    assert message["To"] == "Ode Marr <ode@lantern.example>"
    assert message["Witnessmark-Rebuilt"]
    again = read(bytes(first.data), "x.eml")
    assert "long words long words" in again.visible_text
    assert again.observed("mail.rebuilt")
    assert (again.members[0].name, len(again.members[0].data)) == ("plan_ö.bin", 51_200)
    assert bytes(again.members[0].data) == bytes(range(256)) * 200
    assert b"inner words" in bytes(again.members[1].data)


@pytest.mark.parametrize(("wide", "encoding"), KINDS)
def test_an_independent_reader_finds_the_same(wide, encoding):
    pypff = pytest.importorskip("pypff")
    file = pypff.file()
    file.open_file_object(io.BytesIO(store(wide=wide, encoding=encoding).build()))
    watch = file.get_root_folder().get_sub_folder(0).get_sub_folder(0)
    assert (watch.name, watch.number_of_sub_messages) == ("Watch", 1)
    message = watch.get_sub_message(0)
    assert message.subject == "Re: roster"
    assert (
        message.plain_text_body.decode("utf-16-le" if b"\0" in message.plain_text_body else "utf-8")
        == "long words " * 2000
    )
    assert message.number_of_attachments == 2
    plan = message.get_attachment(0)
    assert plan.read_buffer(plan.size) == bytes(range(256)) * 200
    file.close()


def test_a_store_whose_tree_is_broken_gives_what_its_leaves_tell(read):
    whole = bytearray(store().build(per_page=3))
    root = struct.unpack_from("<Q", whole, 224)[0]
    whole[root : root + 488] = bytes(488)
    found = read(bytes(whole), "x.pst")
    assert found.ended is Outcome.PARTIAL
    assert [member.stated["node"] for member in found.members] == [0x200024, 0x200044]


def test_a_store_cut_short_is_partial_or_corrupt(read):
    whole = store().build()
    for share in (0.3, 0.6, 0.9, 0.99):
        assert read(whole[: int(len(whole) * share)], "x.pst").ended in (Outcome.PARTIAL, Outcome.CORRUPT)


def test_pages_that_name_each_other_end(read):
    made = store()
    made.build(per_page=3)
    whole = bytearray(made._head((0, len(made.out)), (0, len(made.out))) + bytes(made.out[564:]))
    at = len(whole)
    whole += made._page(0x81, 1, [struct.pack("<QQQ", 1, 0, at)] * 3, 24, 0, at)
    assert read(bytes(whole), "x.pst").ended in (Outcome.PARTIAL, Outcome.CORRUPT)


def test_an_object_s_bytes_come_out_and_the_store_s_dates_are_observed(read):
    made = forge.Store()
    made.add_folder(0x122, "", 0x122)
    item = made.message(
        {**INNER, 0x3007: forge.time(TICKS)}, (), [({0x3707: text("a.ole"), 0x3705: number(6)}, (b"drawing", []))]
    )
    made.add_node(0x200024, item, 0x122)
    (member,) = read(made.build(), "x.pst").members
    again = read(bytes(member.data), "x.eml")
    assert [(one.name, bytes(one.data)) for one in again.members] == [("a.ole", b"drawing")]
    assert again.observed("date.created")[0]["utc"] == "2028-10-19T00:00:00Z"


def test_an_item_attached_to_itself_ends(read):
    def nested(own):
        made = forge.Store()
        made.add_folder(0x122, "", 0x122)
        data, _ = made.properties(INNER)
        made.add_node(0x200024, made.message(INNER, (), [({0x3001: text("me")}, (data, own))] * 5), 0x122)
        return made

    found = read(nested(nested(0).nodes[-1][2]).build(), "x.pst")
    assert found.ended is Outcome.PARTIAL
    assert len(found.members) == 1
    assert len(found.members[0].data) < 5_000


@given(st.text(max_size=80), st.text(max_size=200), st.binary(max_size=300))
def test_what_is_put_together_reads_as_it_was(subject, body, data):
    from tests.formats.collector import run_bytes

    item = mapi.Item({0x0037: subject, 0x1000: body, 0x1035: "<1@lantern.example>"})
    item.attachments = lambda: iter((mapi.Attachment({0x3707: "a"}, lambda: iter((data,))),))
    found = run_bytes(b"".join(rebuilt.blocks(item, "a test")), "x.eml")
    assert found.media_type == "message/rfc822"
    assert " ".join(mapi.clean(body).split()) in " ".join(found.visible_text.split())
    assert [bytes(one.data) for one in found.members] == [data]


def test_a_lying_size_of_a_block_is_damage(read):
    made = store()
    made.places = [(bid, at, 60_000) for bid, at, _ in made.places]
    assert read(made.build(), "x.pst").ended in (Outcome.PARTIAL, Outcome.CORRUPT)


@given(st.data())
def test_a_store_with_changed_bytes_ends_in_an_outcome(data):
    from tests.formats.collector import run_bytes

    whole = bytearray(WHOLE)
    for _ in range(6):
        whole[data.draw(st.integers(0x4600, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    found = run_bytes(bytes(whole), "x.pst")
    assert found.ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT)


WHOLE = store().build(per_page=4)
