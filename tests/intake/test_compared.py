"""Two readers of a recording: what both say is said once, what one adds stays, where they differ both stand."""

import pytest

from witnessmark.intake import compared
from witnessmark.work.probed import Probed, Stream

FILM = {"codec": "h264", "width": "1920", "height": "1080"}
BEFORE = [
    ("recording.stream", {"number": 1, "kind": "video", "codec": "avc1", "width": 1920, "height": 1080}),
    ("recording.stream", {"number": 2, "kind": "audio", "codec": "mp4a"}),
    ("recording.duration", {"seconds": "20.000", "says": "movie header"}),
    ("recording.tags", {"title": "Gate two", "make": "Tern"}),
    ("date.created", {"raw": "3603000000", "utc": "2018-03-05T08:00:00Z", "says": "movie header"}),
    ("place", {"raw": "+41.7151+044.8271/", "latitude": "+41.7151", "longitude": "+044.8271"}),
]


def probe(duration="20.100", tags=None, streams=None):
    facts = {"duration": duration} if duration else {}
    both = (Stream("video", FILM, {"creation_time": "2018-03-05T08:00:00.000000Z"}), Stream("audio", {}, {}))
    return Probed(facts, tags or {}, both if streams is None else streams)


def observed(*args, before=BEFORE):
    found = {}
    for name, value in compared.observations(*args, before, "ffprobe 5.1"):
        found.setdefault(name, []).append(value)
    return found


def test_where_both_say_the_same_nothing_is_said_twice():
    found = observed(probe(tags={"title": "Gate two ", "location": "+41.7151+044.8271/", "major_brand": "isom"}))
    assert set(found) == {"ffprobe.container", "ffprobe.stream", "recording.duration"}
    assert found["recording.duration"] == [{"seconds": "20.100", "says": "ffprobe 5.1"}]
    assert found["ffprobe.stream"][0] == {"number": 1, "kind": "video", **FILM}


def test_what_only_the_second_reader_found_is_told_with_its_place():
    found = observed(probe(tags={"title": "Gate three", "location": "+55.75-012.5+010.2CRSWGS_84/"}))
    assert found["ffprobe.tags"] == [
        {"container: title": "Gate three", "container: location": "+55.75-012.5+010.2CRSWGS_84/"}
    ]
    (place,) = found["place"]
    assert (place["latitude"], place["longitude"], place["altitude"]) == ("+55.75", "-012.5", "+010.2")
    assert place["says"] == "ffprobe 5.1 container: location"


@pytest.mark.parametrize(
    ("second", "what"),
    [
        (probe("31.000"), ["duration"]),
        (probe("20.450"), []),
        (probe("", streams=()), ["streams of video", "streams of audio"]),
        (probe(streams=(Stream("video", {"width": "640", "height": "480"}, {}), Stream("audio", {}, {}))), ["size of the picture"]),
        (probe(streams=(Stream("video", FILM, {}), Stream("audio", {}, {}), Stream("audio", {}, {}))), ["streams of audio"]),
        (probe(streams=(Stream("video", FILM, {}), Stream("audio", {}, {}), Stream("video", {}, {}, is_cover=True))), []),
    ],
)  # fmt: skip
def test_where_they_differ_both_stand(second, what):
    found = observed(second).get("ffprobe.differs", [[]])[0]
    assert [one["what"] for one in found] == what
    assert all(one["headers"] and one["ffprobe"] for one in found)


def test_a_reader_that_saw_nothing_is_no_difference():
    assert "ffprobe.differs" not in observed(probe(), before=[])
    assert "ffprobe.differs" not in observed(probe(), before=[("recording.duration", {"seconds": None})])
    assert "ffprobe.differs" in observed(probe(), before=[("recording.duration", {"seconds": "NaN"})])
