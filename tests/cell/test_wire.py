"""Laws of the wire: a golden specimen, a round trip however it is cut, and nothing hostile gets through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.cell import messages, wire
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, PathStep

TEXT = 1 << 20
START = wire.frame(wire.CONFINED, b"C")
END = wire.frame(wire.END, b"\0")
MEMBER = wire.record(wire.MEMBER, [[{"name": "a"}, {"name": "b?", "bytes": "Yv8="}], "copied", {"mtime": "1"}])

GOLDEN = (
    b"C\0\0\0\1C"
    b'F\0\0\0\x19["text/plain","document"]'
    b'T\0\0\0\x0b["lib","1"]'
    b"V\0\0\0\3abc"
    b"H\0\0\0\6\0\0\1Wxy"
    b"H\0\0\0\5\1\0\1Wz"
    b'O\0\0\0\x0d["d",{"x":1}]'
    b'L\0\0\0\6["ug"]'
    b'M\0\0\0\x1c[[{"name":"a"}],"copied",{}]'
    b'B\0\0\0\2\xff\0N\0\0\0\1\1R\0\0\0\x35[[{"name":"l"}],"refused-policy","a link",{"size":3}]'
    b'S\0\0\0\x12["partial","half"]'
    b"E\0\0\0\1\2"
)
MEANT = [
    messages.Confined("C"),
    messages.Found("text/plain", ExhibitKind.DOCUMENT),
    messages.Tool("lib", "1"),
    messages.Visible("abc", 3),
    messages.Hidden("W", "xy", 6, continues=False),
    messages.Hidden("W", "z", 5, continues=True),
    messages.Observation("d", '{"x":1}'),
    messages.Languages(("ug",)),
    messages.MemberBegin((PathStep("a"),), How.COPIED, {}),
    messages.MemberBytes(b"\xff\0"),
    messages.MemberEnd(whole=True),
    messages.Refused((PathStep("l"),), Outcome.REFUSED_POLICY, "a link", {"size": 3}),
    messages.Said(Outcome.PARTIAL, "half"),
    messages.End(text_cut=False, rest_cut=True),
]


def decode(data):
    decoder = wire.Decoder(TEXT)
    heard = list(decoder.feed(data))
    assert decoder.is_between
    return heard


def refused(*frames):
    with pytest.raises(messages.Violation):
        list(wire.Decoder(TEXT).feed(START + b"".join(frames)))


def test_a_golden_conversation_means_what_it_says():
    assert decode(GOLDEN) == MEANT


def test_the_same_however_it_is_cut():
    for cut in range(len(GOLDEN)):
        decoder = wire.Decoder(TEXT)
        assert [*decoder.feed(GOLDEN[:cut]), *decoder.feed(GOLDEN[cut:])] == MEANT


@given(st.lists(st.integers(1, 30)))
def test_the_same_in_many_pieces(cuts):
    decoder, heard, at = wire.Decoder(TEXT), [], 0
    for cut in [*cuts, len(GOLDEN)]:
        heard += decoder.feed(GOLDEN[at : at + cut])
        at += cut
    assert heard == MEANT


@given(st.binary(max_size=2000))
def test_noise_is_a_violation_or_waits_but_never_an_error(data):
    for start in (b"", START):
        decoder = wire.Decoder(TEXT)
        try:
            for message in decoder.feed(start + data):
                assert isinstance(message, messages.Message)
        except messages.Violation:
            pass


@given(st.integers(0, len(GOLDEN) - 1), st.integers(0, 255), st.integers(0, 3))
def test_a_changed_byte_is_a_violation_or_still_within_the_words(at, byte, removed):
    data = GOLDEN[:at] + bytes([byte]) + GOLDEN[at + removed :]
    decoder = wire.Decoder(TEXT)
    try:
        for message in decoder.feed(data):
            assert isinstance(message, messages.Message)
    except messages.Violation:
        pass


@given(st.sampled_from(sorted(wire.LONGEST)), st.binary(max_size=200))
def test_any_payload_of_any_kind_is_checked(kind, payload):
    opened = MEMBER if kind in {wire.BYTES, wire.MEMBER_END} else b""
    try:
        list(wire.Decoder(TEXT).feed(START * (kind != wire.CONFINED) + opened + wire.frame(kind, payload)))
    except messages.Violation:
        pass


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_json_value_fits_an_observation_or_is_refused_before_it_is_kept(value):
    try:
        frame = wire.record(wire.OBSERVATION, ["n", value])
    except ValueError:
        return
    (message,) = list(wire.Decoder(TEXT).feed(START + frame))[1:]
    assert json.loads(message.value_text) == value


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (wire.FOUND, b'["text/plain"]'),
        (wire.FOUND, b'["text/plain","weapon"]'),
        (wire.FOUND, b'["Text/Plain","document"]'),
        (wire.FOUND, b'["text/plain\\n","document"]'),
        (wire.FOUND, b'{"a":1}'),
        (wire.TOOL, b'["a\\u001b","1"]'),
        (wire.MEMBER, b'[[{"name":"a"}],"joined",{"volumes":[]}]'),
        (wire.MEMBER, b'[[{"name":"a"}],"received",{}]'),
        (wire.TOOL, b'["a",1]'),
        (wire.VISIBLE, b"\xff"),
        (wire.VISIBLE, b"\xed\xa0\x80"),
        (wire.HIDDEN, b""),
        (wire.HIDDEN, b"\0\0\5abc"),
        (wire.HIDDEN, b"\2\0\0abc"),
        (wire.HIDDEN, b"\1\0\0abc"),
        (wire.OBSERVATION, b'["a"]'),
        (wire.OBSERVATION, b'["a",1.5]'),
        (wire.OBSERVATION, b'["a",NaN]'),
        (wire.OBSERVATION, b'["a",9007199254740992]'),
        (wire.OBSERVATION, b'["a","\\ud800"]'),
        (wire.OBSERVATION, b'["a",{"x":1,"x":2}]'),
        (wire.OBSERVATION, b'["a\\n",1]'),
        (wire.OBSERVATION, b'["a",' + b"[" * 25 + b"]" * 25 + b"]"),
        (wire.OBSERVATION, b"[" * 60_000 + b"]" * 60_000),
        (wire.LANGUAGES, b'["english"]'),
        (wire.LANGUAGES, b'"ug"'),
        (wire.MEMBER, b'[[],"copied",{}]'),
        (wire.MEMBER, b'[[{"name":"a"}],"stolen",{}]'),
        (wire.MEMBER, b'[[{"name":"a"}],"copied",[]]'),
        (wire.MEMBER, b'[[{"name":1}],"copied",{}]'),
        (wire.MEMBER, b'[[{"name":"a","x":1}],"copied",{}]'),
        (wire.MEMBER, b'[[{"name":"a","bytes":"YQ"}],"copied",{}]'),
        (wire.MEMBER, b'[[{"name":"a","bytes":null}],"copied",{}]'),
        (wire.MEMBER, b'[[{"name":"\\udfff"}],"copied",{}]'),
        (wire.MEMBER, b"[[" + b'{"name":"a"},' * 1024 + b'{"name":"a"}],"copied",{}]'),
        (wire.REFUSED, b'[[{"name":"a"}],"error","x",{}]'),
        (wire.REFUSED, b'[[{"name":"a"}],"corrupt","x"]'),
        (wire.REFUSED, b'[[{"name":"a"}],"corrupt","x",[]]'),
        (wire.REFUSED, b'[[{"name":"a"}],"corrupt",1,{}]'),
        (wire.SAID, b'["crash","x"]'),
        (wire.SAID, b'["timeout","x"]'),
        (wire.SAID, b'["violation","x"]'),
        (wire.SAID, b'["ok"]'),
        (wire.END, b"\4"),
        (wire.END, b""),
        (b"?", b""),
    ],
)
def test_no_malformed_payload_gets_through(kind, payload):
    refused(wire.frame(kind, payload))


def test_no_frame_gets_through_out_of_its_order():
    for frames in (
        [START],  # twice
        [END, wire.frame(wire.VISIBLE, b"")],
        [wire.frame(wire.BYTES, b"x")],
        [wire.frame(wire.MEMBER_END, b"\1")],
        [MEMBER, MEMBER],
        [MEMBER, wire.frame(wire.VISIBLE, b"x")],
        [MEMBER, END],
        [MEMBER, wire.frame(wire.MEMBER_END, b"\2")],
    ):
        refused(*frames)
    with pytest.raises(messages.Violation):
        list(wire.Decoder(TEXT).feed(END))


@pytest.mark.parametrize("kind", sorted(wire.LONGEST))
def test_a_length_over_the_cap_is_refused_before_its_payload_comes(kind):
    opened = MEMBER if kind in {wire.BYTES, wire.MEMBER_END} else b""
    decoder = wire.Decoder(TEXT)
    with pytest.raises(messages.Violation):
        list(decoder.feed(START * (kind != wire.CONFINED) + opened + wire.HEAD.pack(kind, wire.LONGEST[kind] + 1)))


@pytest.mark.parametrize(
    ("frame", "most"),
    [
        (wire.record(wire.FOUND, ["a/b", "other"]), wire.MOST_FRAMES[wire.FOUND]),
        (wire.record(wire.TOOL, ["a", "1"]), wire.MOST_FRAMES[wire.TOOL]),
        (wire.record(wire.OBSERVATION, ["a", 1]), wire.MOST_FRAMES[wire.OBSERVATION]),
        (wire.record(wire.REFUSED, [[{"name": "a"}], "corrupt", "", {}]), wire.MOST_FRAMES[wire.REFUSED]),
        (wire.frame(wire.VISIBLE, b"x" * 1019), 1024),
        (wire.frame(wire.VISIBLE, b""), TEXT // wire.LEAST_TEXT),
        (wire.record(wire.OBSERVATION, ["a", "x" * 100_000]), wire.MOST_OBSERVED // 100_006),
    ],
)
def test_a_file_may_send_so_much_of_a_kind_and_not_one_more(frame, most):
    decoder = wire.Decoder(TEXT)
    assert sum(1 for _ in decoder.feed(START + frame * most)) == most + 1
    with pytest.raises(messages.Violation):
        list(decoder.feed(frame))


def test_a_detail_is_one_printable_line():
    (said,) = decode(START + wire.record(wire.SAID, ["corrupt", "a\x1b[31m\n\u202eb" + "c" * 900]))[1:]
    assert said.detail.startswith("a\ufffd[31m\ufffd\ufffdbccc")
    assert len(said.detail) == messages.DETAIL
    assert said.detail.isprintable()


def picture_frames(width, height, channels, pieces):
    begun = wire.record(wire.PICTURE, [width, height, channels])
    return begun + b"".join(wire.frame(wire.PIXELS, piece) for piece in pieces)


CONFINED = wire.frame(wire.CONFINED, b"A")


@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([1, 3]), st.data())
def test_a_picture_arrives_exactly_however_it_is_cut(width, height, channels, data):
    pixels = data.draw(st.binary(min_size=width * height * channels, max_size=width * height * channels))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(pixels)), max_size=5)) | {len(pixels)})
    pieces = [pixels[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]
    decoder = wire.Decoder(1 << 20, pictures=1)
    sent = CONFINED + picture_frames(width, height, channels, pieces) + wire.frame(wire.END, b"\0")
    heard = [message for byte in sent for message in decoder.feed(bytes((byte,)))]
    assert heard[1] == messages.Picture(width, height, channels)
    assert b"".join(message.data for message in heard if isinstance(message, messages.Pixels)) == pixels
    assert isinstance(heard[-1], messages.End)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (picture_frames(2, 2, 1, [b"1234", b"5"]), "beside a picture"),
        (picture_frames(2, 2, 1, [b"12345"]), "other pixels"),
        (picture_frames(2, 2, 1, [b"123", b""]), "other pixels"),
        (picture_frames(2, 2, 1, [b"123"]) + wire.frame(wire.END, b"\0"), "beside a picture"),
        (picture_frames(2, 2, 1, [b"123"]) + wire.frame(wire.VISIBLE, b"x"), "beside a picture"),
        (picture_frames(1, 1, 1, [b"1"]) * 2, "nobody asked for"),
        (wire.frame(wire.PIXELS, b"1"), "beside a picture"),
        (picture_frames(10_001, 1, 1, []), "larger than one may be"),
        (picture_frames(0, 1, 1, []), "larger than one may be"),
        (picture_frames(1, -1, 1, []), "larger than one may be"),
        (picture_frames(1, 1, 4, []), "larger than one may be"),
        (picture_frames(True, 1, 1, []), "malformed picture"),
        (wire.record(wire.PICTURE, [1, 1]), "malformed picture"),
        (wire.record(wire.PICTURE, [1, 1, "1"]), "malformed picture"),
        (wire.frame(wire.PICTURE, b"x" * 65), "longer than its kind"),
    ],
)
def test_other_pictures_break_the_wire(sent, why):
    with pytest.raises(messages.Violation, match=why):
        list(wire.Decoder(1 << 20, pictures=1).feed(CONFINED + sent))


def test_a_picture_that_nobody_asked_for_breaks_the_wire():
    with pytest.raises(messages.Violation, match="nobody asked for"):
        list(wire.Decoder(1 << 20).feed(CONFINED + picture_frames(1, 1, 1, [b"1"])))
