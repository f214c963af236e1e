"""Laws of recordings: headers tell duration, streams and tags; every word is hidden text; no sample is decoded."""

import base64
import io
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import metafile_forge
from tests.formats import collector
from tests.formats import made_media as made

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats import asf, film, matroska, ogg, riff, sound, streams
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

SECRET = "Kestrelnest"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def read(reader, data):
    collected = collector.Collected()
    try:
        reader(Source(io.BytesIO(data), len(data), "x"), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def tags(found):
    return {key: value for one in found.observed("recording.tags") for key, value in one.items()}


APIC = b"\0image/png\0\3" + b"cover\0" + PNG
MP3 = made.id3(("TIT2", b"\0Tarn"), ("COMM", b"\0eng\0" + SECRET.encode()), ("APIC", APIC)) + made.mp3_frames()
SPECIMENS = {
    "mp3": (sound.read_mpeg_audio, MP3),
    "mp3, old tag": (sound.read_mpeg_audio, made.mp3_frames() + made.id3v1("Tarn", comment=SECRET)),
    "mp3, short names": (sound.read_mpeg_audio, made.id3(("TT2", b"\0Tarn"), ("COM", b"\0eng\0" + SECRET.encode()), version=2) + made.mp3_frames()),
    "mp3, wide": (sound.read_mpeg_audio, made.id3(("TIT2", b"\1\xff\xfe" + SECRET.encode("utf-16-le")), version=4) + made.mp3_frames()),
    "mp3, lyrics": (sound.read_mpeg_audio, made.id3(("USLT", b"\3eng\0" + SECRET.encode())) + made.mp3_frames()),
    "mp3, APE": (sound.read_mpeg_audio, made.mp3_frames() + made.ape(("Title", b"Tarn", 0), ("Comment", SECRET.encode(), 0))),
    "flac": (ogg.read_flac, made.flac((4, made.comments(("TITLE", "Tarn"), ("DESCRIPTION", SECRET))), (6, made.picture_block(PNG)))),
    "vorbis": (ogg.read_ogg, made.vorbis(("TITLE", "Tarn"), ("COMMENT", SECRET))),
    "opus": (ogg.read_ogg, made.opus(("TITLE", SECRET))),
    "wav": (riff.read_riff, made.wav(made.chunk("LIST", b"INFO", made.chunk("INAM", b"Tarn\0"), made.chunk("ICMT", SECRET.encode())))),
    "wav, bext": (riff.read_riff, made.wav(made.chunk("bext", SECRET.encode().ljust(256, b"\0"), b"Tern".ljust(64, b"\0"), b"2031-05-0410:20:30", bytes(264)))),
    "avi": (riff.read_riff, made.avi(made.chunk("LIST", b"INFO", made.chunk("ICMT", SECRET.encode())))),
    "aiff": (riff.read_aiff, made.aiff(made.chunk("ANNO", SECRET.encode(), order=">"))),
    "mp4": (film.read_film, made.mp4(made.box("udta", made.ilst(made.item("\xa9nam", 1, b"Tarn"), made.item("\xa9cmt", 1, SECRET.encode()), made.item("covr", 14, PNG))))),
    "mov": (film.read_film, made.mp4(made.keyed(("com.apple.quicktime.description", SECRET), ("com.apple.quicktime.make", "Kestria")), brand=b"qt  ")),
    "3gp": (film.read_film, made.mp4(made.box("udta", made.full("titl", 0, 0, b"\x15\xc7" + SECRET.encode() + b"\0")), brand=b"3gp5")),
    "matroska": (matroska.read_matroska, made.matroska(made.element(0x1254C367, made.element(0x7373, made.simple_tag("COMMENT", SECRET))))),
    "wma": (asf.read_asf, made.asf(made.asf_content("Tarn", SECRET))),
    "midi": (sound.read_midi, made.midi((3, "Tarn"), (1, SECRET))),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_word_in_a_recording_is_hidden_text(name):
    reader, data = SPECIMENS[name]
    found = read(reader, data)
    assert SECRET in found.hidden_text
    assert found.visible_text == ""
    assert found.ended is Outcome.OK
    assert found.observed("recording.read") == ["container headers; no sound or picture was decoded"]


DURATIONS = {
    "mp4": "2.500", "mov": "2.500", "matroska": "2.500", "flac": "2.000", "vorbis": "2.000", "opus": "1.000", "wav": "0.250",
    "avi": "2.000", "aiff": "2.000", "wma": "5.000", "mp3": "2.606", "mp3, APE": "2.606",
}  # fmt: skip


@pytest.mark.parametrize("name", DURATIONS)
def test_the_duration_is_told_as_text(name):
    reader, data = SPECIMENS[name]
    assert [one["seconds"] for one in read(reader, data).observed("recording.duration")] == [DURATIONS[name]]


STREAMS = {
    "mp4": [("video", "avc1", 320, None), ("audio", "mp4a", None, 48000)],
    "matroska": [("video", "V_VP8", 320, None)],
    "flac": [("audio", "FLAC", None, 44100)],
    "vorbis": [("audio", "Vorbis", None, 48000)],
    "wav": [("audio", "PCM", None, 8000)],
    "avi": [("video", "MJPG", 320, None)],
    "wma": [("audio", "WMA 2", None, 44100)],
    "mp3": [("audio", "MPEG-1 layer 3", None, 44100)],
}


@pytest.mark.parametrize("name", STREAMS)
def test_streams_are_told(name):
    reader, data = SPECIMENS[name]
    streams = read(reader, data).observed("recording.stream")
    assert [(s["kind"], s["codec"], s.get("width"), s.get("sample_rate")) for s in streams] == STREAMS[name]


@pytest.mark.parametrize("name", ["mp3", "flac", "mp4"])
def test_a_picture_in_a_tag_is_a_member_byte_for_byte(name):
    reader, data = SPECIMENS[name]
    assert [(m.name, m.how, bytes(m.data)) for m in read(reader, data).members] == [("picture-1.png", How.COPIED, PNG)]


def test_a_picture_in_a_comment_is_decoded():
    block = base64.b64encode(made.picture_block(PNG)).decode()
    found = read(ogg.read_ogg, made.vorbis(("METADATA_BLOCK_PICTURE", block)))
    assert [(m.how, bytes(m.data)) for m in found.members] == [(How.DECODED, PNG)]
    assert "cover" in found.hidden_text


def test_camera_dates_and_place_of_a_film():
    keys = made.keyed(
        ("com.apple.quicktime.make", "Kestria"), ("com.apple.quicktime.model", "K-1"), ("com.apple.quicktime.software", "7"),
        ("com.apple.quicktime.location.ISO6709", "+54.5000-001.2500+037.0/"), ("com.apple.quicktime.creationdate", "2031-05-04T10:20:30+0800"),
    )  # fmt: skip
    found = read(film.read_film, made.mp4(keys, brand=b"qt  "))
    assert found.observed("camera") == [{"make": "Kestria", "model": "K-1"}]
    assert found.observed("place")[0]["latitude"] == "+54.5000"
    said = {one["says"]: one["utc"] for one in found.observed("date.created")}
    assert said["movie header"] == "2024-05-31T11:33:20Z"
    assert said["item list com.apple.quicktime.creationdate"] == "2031-05-04T02:20:30Z"


def test_words_of_subtitles_are_visible():
    found = read(film.read_film, made.mp4_with_text("The gate is locked", "at night"))
    assert found.visible_text == "The gate is locked\nat night\n"
    data = made.matroska(made.subtitle_cluster(2, "Who has the key?"), tracks=(made.subtitle_track(),))
    assert read(matroska.read_matroska, data).visible_text == "Who has the key?\n"
    styled = made.matroska(
        made.subtitle_cluster(2, "0,0,Default,,0,0,0,,Nobody, they say"),
        tracks=(made.subtitle_track(codec=b"S_TEXT/ASS"),),
    )
    assert read(matroska.read_matroska, styled).visible_text == "Nobody, they say\n"


def test_attachments_of_a_matroska_are_members():
    attached = made.element(
        0x1941A469,
        made.element(
            0x61A7,
            made.element(0x466E, b"list.txt"),
            made.element(0x4660, b"text/plain"),
            made.element(0x465C, b"keys"),
        ),
    )
    found = read(matroska.read_matroska, made.matroska(attached))
    assert [(m.name, m.stated, bytes(m.data)) for m in found.members] == [("list.txt", {"type": "text/plain"}, b"keys")]


def test_a_segment_without_a_size_is_read():
    assert (
        read(matroska.read_matroska, made.matroska(unknown=True)).observed("recording.duration")[0]["seconds"]
        == "2.500"
    )


def test_genres_and_places_in_a_set_are_named():
    data = made.id3(("TCON", b"\0(17)"), ("TRCK", b"\0" + b"3/12"), ("TPOS", b"\0" + b"1")) + made.mp3_frames()
    assert {"genre": "Rock", "track": "3/12", "disc": "1"}.items() <= tags(read(sound.read_mpeg_audio, data)).items()


def test_all_of_a_windows_media_tag():
    pairs = (("WM/Year", 0, made.wide("2031")), ("WM/TrackNumber", 3, struct.pack("<I", 4)))
    found = read(asf.read_asf, made.asf(made.asf_extended(*pairs)))
    assert {"Year": "2031", "TrackNumber": "4"}.items() <= tags(found).items()


def test_other_sound_is_told_by_its_heads():
    amr = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 100
    assert read(sound.read_amr, amr).observed("recording.duration") == [{"seconds": "2.000", "says": "frames counted"}]
    assert read(sound.read_aac, made.adts(50)).observed("recording.duration")[0]["seconds"] == "1.160"
    au = b".snd" + struct.pack(">5I", 32, 16000, 3, 8000, 1) + b"Tarn\0\0\0\0" + bytes(16000)
    found = read(sound.read_au, au)
    assert (found.observed("recording.duration")[0]["seconds"], tags(found)) == ("1.000", {"comment": "Tarn"})


WRONG = (sound.read_aac, sound.read_amr, sound.read_au, sound.read_midi, streams.read_flv, riff.read_riff, riff.read_aiff, riff.read_caf,
         riff.read_dsd, ogg.read_flac, ogg.read_ogg, asf.read_asf, matroska.read_matroska, film.read_film, sound.read_mpeg_audio)  # fmt: skip


@pytest.mark.parametrize("reader", WRONG, ids=lambda one: one.__name__)
def test_what_is_none_of_them_is_corrupt(reader):
    assert read(reader, b"nothing of the kind, and long enough to look at" * 4).ended is Outcome.CORRUPT
    assert read(reader, b"").ended is Outcome.CORRUPT


@pytest.mark.parametrize("name", ["mp4", "wav"])
def test_a_recording_that_breaks_off_is_partial(name):
    reader, data = SPECIMENS[name]
    assert read(reader, data[:-20]).ended is Outcome.PARTIAL


def _many_tracks(count):
    return made.mp4(tracks=(made.track(b"vide", made.visual()) * count,))


HOSTILE = {
    "zero timescale": (film.read_film, made.mp4(scale=0, tracks=(made.track(b"vide", made.visual(), scale=0),))),
    "longest duration": (film.read_film, made.mp4(duration=2**32 - 2, tracks=(made.track(b"vide", made.visual(), duration=2**32 - 1),))),
    "box of size 0": (film.read_film, made.box("ftyp", b"isom", bytes(4)) + b"\0\0\0\0moov" + bytes(40)),
    "box of size 1": (film.read_film, made.box("ftyp", b"isom", bytes(4)) + b"\0\0\0\1moov" + b"\xff" * 8),
    "many tracks": (film.read_film, _many_tracks(20_000)),
    "tables of lies": (film.read_film, made.mp4(tracks=(made.track(b"sbtl", made.box("tx3g", bytes(30)), tables=(
        made.full("stsz", 0, 0, struct.pack(">II", 9, 2**32 - 1)), made.full("stsc", 0, 0, struct.pack(">IIII", 1, 1, 2**32 - 1, 1)),
        made.full("stco", 0, 0, struct.pack(">II", 2**32 - 1, 0)))),))),
    "endless tags": (matroska.read_matroska, made.matroska(made.element(0x1254C367, *[made.element(0x7373, made.simple_tag("A", "b"))] * 20_000))),
    "unknown sizes in each other": (matroska.read_matroska, made.element(0x1A45DFA3, b"") + (made.element(0x18538067, unknown=True) + made.element(0x1F43B675, unknown=True)) * 500),
    "nested tags": (matroska.read_matroska, made.matroska(made.element(0x1254C367, made.element(0x7373, (b"\x67\xc8\x01\0\0\0\0\0\x10\0") * 2000)))),
    "comments that lie": (ogg.read_flac, made.flac((4, struct.pack("<I", 2**32 - 1) + b"x" + struct.pack("<I", 2**32 - 1)))),
    "picture that lies": (ogg.read_flac, made.flac((6, struct.pack(">II", 3, 2**32 - 1) + bytes(40)))),
    "frames of nothing": (sound.read_mpeg_audio, b"ID3\3\0\0" + made.synchsafe(200_000) + b"TXXX\0\0\0\0\0\0" * 20_000),
    "riff in riff": (riff.read_riff, made.wav(b"LIST\xff\xff\xff\xffhdrl" * 2000)),
    "objects without size": (asf.read_asf, made.asf(made.guid("5FBF03B5-A92E-11CF-8EE3-00C00C205365") + bytes(8)) + bytes(4000)),
    "midi that never ends": (sound.read_midi, b"MThd" + struct.pack(">IHHH", 6, 0, 65535, 96) + b"MTrk\xff\xff\xff\xff" + b"\x80" * 50_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_recordings_end_soon_and_in_an_outcome(name):
    reader, data = HOSTILE[name]
    started = time.process_time()
    found = read(reader, data)
    found.text.encode()
    assert time.process_time() - started < 5
    assert len(found.observed("recording.stream")) <= 500
    assert name != "many tracks" or found.ended is Outcome.PARTIAL


@pytest.mark.parametrize("name", SPECIMENS)
@given(data=st.data())
def test_no_damage_trips_a_reader(name, data):
    reader, whole = SPECIMENS[name]
    place = data.draw(st.integers(0, min(len(whole) - 1, 2000)))
    noise = data.draw(st.one_of(st.binary(max_size=8), st.just(b"\xff" * 8), st.just(bytes(8))))
    cut = data.draw(st.sampled_from([len(whole), place]))
    found = read(reader, (whole[:place] + noise + whole[place + len(noise) :])[:cut])
    found.text.encode()


@given(
    st.lists(
        st.tuples(st.text("abcdefgh", min_size=1, max_size=8), st.text("Tarn Küste 山 1", min_size=1, max_size=30)),
        max_size=10,
        unique_by=lambda one: one[0],
    )
)
def test_comments_come_out_as_they_went_in(pairs):
    found = tags(read(ogg.read_flac, made.flac((4, made.comments(*pairs)))))
    assert {name: found.get(name, "") for name, _ in pairs} == {name: value.strip() for name, value in pairs}


@given(st.integers(0, 2**55), st.integers(0, 2**40))
def test_ebml_numbers_come_out_as_they_went_in(first, second):
    data = made.unsigned(0xD7, first) + made.unsigned(0x83, second)
    assert [one.whole() for one in matroska.elements(Octets.of(data))] == [first, second]


DETECTED = {
    "mp3": "audio/mpeg", "mp3, old tag": "audio/mpeg", "flac": "audio/flac", "vorbis": "audio/vorbis", "opus": "audio/opus",
    "wav": "audio/vnd.wave", "avi": "video/x-msvideo", "aiff": "audio/x-aiff", "mp4": "video/mp4", "mov": "video/quicktime",
    "3gp": "video/3gpp", "matroska": "video/x-matroska", "wma": "audio/x-ms-wma", "midi": "audio/midi",
}  # fmt: skip


@pytest.mark.parametrize("name", DETECTED)
def test_the_type_is_told_by_content(name):
    found = collector.run_bytes(SPECIMENS[name][1], "x.bin")
    assert found.media_type == DETECTED[name]
    assert found.kind.value == "recording"


OTHERS = {
    "video/webm": made.matroska(doctype=b"webm"),
    "video/x-ms-wmv": made.asf(kind="BC19EFC0-5B4D-11CF-A8FD-00805F5C442B", form=bytes(27) + b"WMV3"),
    "video/x-ms-asf": made.asf(kind="BC19EFC0-5B4D-11CF-A8FD-00805F5C442B", form=bytes(27) + b"MP43"),
    "audio/x-aac": made.adts(),
    "audio/amr": b"#!AMR\n" + (b"\x3c" + bytes(31)) * 10,
    "video/mp2t": (b"\x47\x40\0\x10" + bytes(184)) * 10,
    "audio/mp4": made.mp4(brand=b"M4A "),
    "image/heic": made.heic(made.tiff("<", [(0x10F, made.text("K"))]), b"<x/>"),
    "image/avif": made.heic(b"", b"", brand=b"avif"),
    "image/x-raw-adobe": made.tiff("<", [(0xC612, (1, 4, b"\1\3\0\0"))]),
    "image/x-raw-sony": made.tiff("<", [(0x103, made.short("<", 32767)), (0x10F, made.text("SONY"))]),
    "image/tiff": made.tiff(">", [(0x10F, made.text("SONY"))]),
    "image/jxl": made.jxl(10, 10),
    "image/emf": metafile_forge.emf(metafile_forge.text("words", 4, 9)),
    "image/wmf": metafile_forge.wmf(metafile_forge.old_text(b"words", 4, 9), head=b""),
    "image/vnd.adobe.photoshop": made.psd([]),
    "image/x-portable-pixmap": b"P3\n# a tern\n1 1\n255\n1 2 3\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_types_are_told_by_content(name):
    data = OTHERS[name]
    if name == "image/wmf":
        data = struct.pack("<HHHIHIH", 1, 9, 0x300, 100, 0, 10, 0) + data[18:]
    assert collector.run_bytes(data, "x.bin").media_type == name


def test_a_play_list_is_text_and_nothing_is_opened():
    found = collector.run_bytes(b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\nhttps://lantern.example/x.ts\n", "x.m3u8")
    assert "file:///etc/passwd" in found.visible_text
    assert "root:" not in found.text


@pytest.mark.parametrize("start", [b"P1", b"P6 #", b"P3 1"])
def test_a_picture_that_never_begins_is_told_soon(start):
    started = time.process_time()
    collector.run_bytes(start + b" " * 990 + b"#" * 3000, "x.bin")
    collector.run_bytes(start + b"\n# " * 400, "x.bin")
    assert time.process_time() - started < 5


def test_letters_that_stand_in_pictures_make_no_picture_of_a_text():
    assert collector.run_bytes(b"/*! jP", "x.bin").media_type == "text/plain"
