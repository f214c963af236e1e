"""What ffprobe says: a closed list of names and forms; whatever else it says, or a file makes it say, is left out."""

import json

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model import codec
from witnessmark.work import probed

GOLDEN = {
    "streams": [
        {
            "index": 0,
            "codec_name": "h264",
            "codec_type": "video",
            "codec_tag_string": "avc1",
            "width": 1920,
            "height": 1080,
            "avg_frame_rate": "30000/1001",
            "sample_aspect_ratio": "1:1",
            "duration": "20.040000",
            "disposition": {"attached_pic": 0},
            "tags": {"language": "und", "handler_name": "VideoHandle", "creation_time": "2018-03-05T08:00:00.000000Z"},
            "side_data_list": [{"side_data_type": "Display Matrix", "displaymatrix": "\n0000", "rotation": -90}],
        },
        {"codec_type": "audio", "codec_name": "aac", "sample_rate": "44100", "channels": 2, "nb_frames": "N/A"},
        {"codec_type": "video", "codec_name": "png", "disposition": {"attached_pic": 1}},
    ],
    "format": {
        "filename": "/secret/place",
        "format_name": "mov,mp4,m4a",
        "nb_streams": 3,
        "duration": "20.040000",
        "tags": {"title": "Gate two", "location": "+41.7151+044.8271/"},
    },
}


def said(value):
    return probed.parse(json.dumps(value).encode())


def test_what_is_known_is_taken_and_nothing_else():
    found = said(GOLDEN)
    assert found.seconds == "20.040000"
    assert dict(found.facts) == {"form": "mov,mp4,m4a", "streams": "3", "duration": "20.040000"}
    assert dict(found.tags) == {"title": "Gate two", "location": "+41.7151+044.8271/"}
    film, sound, cover = found.streams
    assert film.value(1) == {
        "number": 1,
        "kind": "video",
        "codec": "h264",
        "mark": "avc1",
        "width": "1920",
        "height": "1080",
        "pixel_shape": "1:1",
        "frames_a_second": "30000/1001",
        "duration": "20.040000",
        "turned": "-90",
        "side": ["Display Matrix"],
    }
    assert dict(film.tags) == {"handler_name": "VideoHandle", "creation_time": "2018-03-05T08:00:00.000000Z"}
    assert (sound.kind, dict(sound.facts)) == ("audio", {"codec": "aac", "rate": "44100", "channels": "2"})
    assert (cover.is_cover, found.of("video"), found.odd) == (True, (film,), 0)


def test_what_has_another_form_is_left_out_and_counted():
    found = said(
        {
            "format": {"duration": "1e9", "bit_rate": -5, "format_name": "a\nb", "nb_streams": {"x": 1}},
            "streams": [
                {"codec_type": "\x1b[2J", "width": "10; rm", "height": 1.5, "profile": ["x"], "nb_frames": "9" * 40},
                "no stream",
            ],
        }
    )
    assert dict(found.facts) == {}
    (stream,) = found.streams
    assert stream.value(1) == {"number": 1, "kind": "unknown"}
    assert found.odd == 8


def test_no_tag_is_longer_than_is_kept_nor_unclean():
    tags = {
        "a\x00b": "x",
        "comment": "one\x00two\x1b[31m\x07 \ud800",
        "long": "y" * 9000,
        "empty": " \x00".strip("\x00"),
    }
    found = said({"format": {"tags": tags}})
    assert found.tags["comment"] == "one�two�[31m� �"
    assert found.tags["a�b"] == "x"
    assert len(found.tags["long"]) == probed.LONGEST
    assert "empty" not in found.tags


def test_floods_are_cut():
    many = said({"streams": [{"codec_type": "audio"}] * 20_000})
    assert (len(many.streams), many.odd) == (probed.MOST_STREAMS, 20_000 - probed.MOST_STREAMS)
    tags = said({"format": {"tags": {f"tag {number}": "x" for number in range(2_000)}}})
    assert (len(tags.tags), tags.odd) == (probed.MOST_TAGS, 2_000 - probed.MOST_TAGS)
    assert probed.parse(b" " * ((1 << 20) + 1)) is None


def test_of_two_of_a_name_the_first_counts():
    found = probed.parse(b'{"format": {"tags": {"title": "first", "title": "second"}}}')
    assert found.tags["title"] == "first"


def test_what_is_no_json_of_the_kind_is_nothing():
    for nothing in (
        b"",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"format": ' * 5_000,
        b'{"a": ' + b"9" * 6_000 + b"}",
    ):
        found = probed.parse(nothing)
        assert found is None or (not found.facts and not found.streams)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["format", "streams", "tags", "duration", "codec_type", "side_data_list", "disposition", "width", "rotation"]
    ) | st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)  # fmt: skip


@given(JSON)
def test_whatever_is_said_what_is_taken_can_be_kept(value):
    found = said(value)
    if found is not None:
        codec.encode([dict(found.facts), dict(found.tags), [one.value(1) for one in found.streams]])


@given(st.binary(max_size=300))
def test_no_bytes_are_an_error(data):
    probed.parse(data)
