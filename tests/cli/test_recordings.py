"""Recordings by way of ffprobe and ffmpeg: beside what our reader found, frames as private pages, sound on demand."""

import json
import os
import shutil
import subprocess
import wave
from pathlib import Path

import pytest
from PIL import Image
from tests.formats import made_media as made
from tests.work.test_ffmpeg import Listener, lists

from witnessmark.cell.confine import Grade
from witnessmark.cell.program import Ended, Ran
from witnessmark.intake import recordings
from witnessmark.work import ffmpeg, programs
from witnessmark.work.ffmpeg import Frame

needs_ffmpeg = pytest.mark.skipif(
    None in {shutil.which(name, path=programs.PLACES) for name in ("ffmpeg", "ffprobe")},
    reason="ffmpeg is not installed",
)
ODD = "Gate\x1b[31m two\x07\u202e"


def tone(seconds=1, rate=8000):
    """A WAV of silence with a title that a terminal would obey."""
    info = made.chunk("LIST", b"INFO", made.chunk("INAM", ODD.encode() + b"\0three"))
    return made.wav(info, rate=rate, data=bytes(2 * rate * seconds))


def film(place, seconds=24, *more):
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size=320x240:rate=5:duration={seconds}",
         "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}", "-c:v", "mpeg4", "-c:a", "aac",
         "-metadata", "title=Gate two", "-metadata:s:a", "comment=Spoken at the gate", *more, str(place)],
        check=True, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def looked(wm, tmp_path_factory):
    leak = tmp_path_factory.mktemp("recordings") / "leak"
    leak.mkdir()
    film(leak / "gate.mkv")
    (leak / "tone.wav").write_bytes(tone())
    (leak / "cut.mp4").write_bytes(made.mp4()[:-20])
    (leak / "note.txt").write_text("A note with text of its own.")
    place = leak.parent / "archive"
    before = wm.good("compile", place, leak, "--json").last
    files = {row["path"]: row for row in wm.good("files", place, "--json", "--text", "--observations").objects}
    return place, before, files, wm.good("compile", place, "--recordings", "--json").last


def observed(wm, place, name):
    rows = wm.good("files", place, "--json", "--text", "--observations").objects
    (row,) = [row for row in rows if row["path"] == name]
    found = {}
    for one, value in row["observations"]:
        found.setdefault(one, []).append(value)
    return row, found


@needs_ffmpeg
def test_what_ffprobe_says_stands_beside_what_our_reader_found(wm, looked):
    place, before, files, after = looked
    assert (before["recordings"], before["by_headers"], after["by_headers"]) == (None, 3, 0)
    counts = after["recordings"]
    assert (counts["exhibits"], counts["frames"], counts["told"] + counts["failed"]) == (3, 3, 3)
    row, found = observed(wm, place, "gate.mkv")
    old = files["gate.mkv"]["observations"]
    assert row["observations"][: len(old)] == old, "nothing that was found is lost, or moved"
    assert (row["outcome"], row["media_type"]) == ("ok", "video/x-matroska")
    (container,) = found["ffprobe.container"]
    assert container["form"] == "matroska,webm"
    assert container["says"].startswith("ffprobe ")
    assert [stream["codec"] for stream in found["ffprobe.stream"]] == ["mpeg4", "aac"]
    assert {one["says"].split()[0] for one in found["recording.duration"]} >= {"ffprobe"}
    (frames,) = found["ffmpeg.frames"]
    assert (frames["asked"][0], len(frames["asked"]), frames["kept"], frames["ended"]) == ("0.000", 3, 3, "well")
    assert "ffprobe.differs" not in found
    assert not [name for name, _ in files["note.txt"]["observations"] if name.startswith("ff")]
    assert wm.call("audit", place).code == 0
    assert os.listdir(Path(place) / "vault" / "temporary") == []


@needs_ffmpeg
def test_a_recording_that_is_cut_is_told_as_far_as_it_goes(wm, looked):
    row, found = observed(wm, looked[0], "cut.mp4")
    assert row["outcome"] == looked[2]["cut.mp4"]["outcome"], "what our reader said of it stays"
    assert len(found["ffprobe"]) == 1


@needs_ffmpeg
def test_no_tag_of_a_file_reaches_a_terminal_as_it_stands(wm, looked):
    place = looked[0]
    row, _ = observed(wm, place, "tone.wav")
    for ran in (wm.good("text", place, "path:tone.wav"), wm.good("files", place, "--json", "--text", "--observations")):
        assert not {"\x1b", "\x07", "\u202e", "\0"} & set(ran.out)
    assert row["text"].count("two") == 1, "both readers found it; it is said once"


@needs_ffmpeg
def test_what_was_looked_at_is_not_looked_at_again(wm, looked, tmp_path):
    place = wm.copied(looked[0], tmp_path / "archive")
    before = wm.entries(place)
    assert wm.good("compile", place, "--recordings", "--json").last["recordings"]["exhibits"] == 0
    assert wm.entries(place) == before
    wm.good("rebuild", place)
    assert wm.good("page", place, "path:gate.mkv", 2, "--json").last["drawn"] is False
    assert wm.good("compile", place, "--recordings", "--json").last["by_headers"] == 0


@needs_ffmpeg
def test_a_frame_is_a_page(wm, looked, tmp_path):
    place = wm.copied(looked[0], tmp_path / "archive")
    first = wm.good("page", place, "path:gate.mkv", 1, "--to", tmp_path / "1.png", "--json").last
    third = wm.good("page", place, "path:gate.mkv", 3, "--to", tmp_path / "3.png", "--json").last
    assert {name: first[name] for name in ("page", "pages", "width", "height", "channels", "words", "near", "key")} == {
        "page": 1, "pages": 3, "width": 320, "height": 240, "channels": 3, "words": [], "near": "0.000", "key": False,
    }  # fmt: skip
    assert 15 < float(third["near"]) < 17
    with Image.open(tmp_path / "1.png") as one, Image.open(tmp_path / "3.png") as three:
        assert one.size == (320, 240)
        assert len(one.getcolors(maxcolors=100_000)) > 6, "it is the test picture"
        assert one.tobytes() != three.tobytes()
    assert "near 0.0 s" in wm.good("page", place, "path:gate.mkv", 1).out
    for words in ((4,), (0,), (1, "--dpi", 300), (1, "--grey")):
        assert wm.call("page", place, "path:gate.mkv", *words).code == 64
    none = wm.call("page", place, "path:tone.wav", 1)
    assert (none.code, "no frame" in none.sentence) == (64, True)


@needs_ffmpeg
def test_a_frame_of_what_nobody_looked_at_is_drawn_when_it_is_asked_for(wm, tmp_path):
    (tmp_path / "leak").mkdir()
    film(tmp_path / "leak" / "gate.mp4", 2)
    wm.good("compile", tmp_path / "archive", tmp_path / "leak")
    assert wm.good("page", tmp_path / "archive", "path:gate.mp4", 1, "--json").last["drawn"] is True
    assert wm.good("compile", tmp_path / "archive", "--recordings", "--json").last["recordings"]["exhibits"] == 0


@needs_ffmpeg
def test_the_sound_is_a_wav_that_anything_reads(wm, looked, tmp_path):
    place = wm.copied(looked[0], tmp_path / "archive")
    told = wm.good("sound", place, "path:gate.mkv", "--to", tmp_path / "gate.wav", "--json").last
    assert (told["track"], told["drawn"]) == (1, True)
    with wave.open(str(tmp_path / "gate.wav")) as opened:
        assert opened.getparams()[:3] == (1, 2, 16_000)
        assert abs(opened.getnframes() / 16_000 - 24) < 0.2
        assert max(opened.readframes(16_000)) > 100
    assert (tmp_path / "gate.wav").stat().st_size == told["size"]
    again = wm.good("sound", place, "path:gate.mkv", "--json").last
    assert again == told | {"drawn": False}
    assert "drawn" not in wm.good("sound", place, "path:tone.wav", "--to", tmp_path / "tone.wav").err
    for words in (("path:gate.mkv", "--track", 2), ("path:gate.mkv", "--track", 0), ("path:note.txt",)):
        ran = wm.call("sound", place, *words)
        assert (ran.code, bool(ran.sentence)) == (64, True)
    assert wm.call("sound", place, "path:gate.mkv", "--to", tmp_path / "gate.wav").code == 64, "nothing is overwritten"
    assert wm.call("audit", place).code == 0
    wm.good("rebuild", place)
    assert wm.good("sound", place, "path:gate.mkv", "--json").last["drawn"] is False


@needs_ffmpeg
def test_with_a_recording_its_frames_and_sound_are_erased(wm, looked, tmp_path):
    place = wm.copied(looked[0], tmp_path / "archive")
    wm.good("sound", place, "path:gate.mkv")
    largest = 320 * 240 * 3
    contents = list((place / "vault" / "content").rglob("*"))
    assert sum(path.stat().st_size == largest for path in contents if path.is_file()) == 3
    wm.good("erase", place, "path:gate.mkv", "--reason", "their wish", "--by", "R. Sela", "--by", "O. Dorn")
    sizes = {path.stat().st_size for path in (place / "vault" / "content").rglob("*") if path.is_file()}
    assert largest not in sizes
    assert max(sizes) < 100_000, "the sound is gone too"
    assert wm.call("audit", place).code == 0


@needs_ffmpeg
def test_neither_frames_nor_sound_go_out_with_a_decision_for_text(wm, looked, tmp_path):
    place = wm.copied(looked[0], tmp_path / "archive")
    wm.good("sound", place, "path:gate.mkv")
    rows = [("path:gate.mkv", "nothing"), ("path:note.txt", "text")]
    wm.good("publish", place, tmp_path / "site", "--decisions", wm.decide(tmp_path / "d.csv", *rows))
    out = b"".join(path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file())
    for private in (b"ffmpeg", b"ffprobe", b"matroska", b"Gate two"):
        assert private not in out
    suffixes = {path.suffix for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert not suffixes & {".png", ".wav", ".mkv"}


@needs_ffmpeg
def test_lists_of_other_files_that_pass_for_films_are_no_films(wm, tmp_path):
    listener = Listener()
    try:
        (tmp_path / "leak").mkdir()
        (tmp_path / "secret.wav").write_bytes(tone(7))
        for number, text in enumerate(lists(tmp_path / "secret.wav", listener.port).values()):
            for suffix in ("mp4", "m3u8", "avi"):
                (tmp_path / "leak" / f"{number}.{suffix}").write_text(text + suffix)
        wm.good("compile", tmp_path / "archive", tmp_path / "leak")
        assert wm.good("compile", tmp_path / "archive", "--recordings", "--json").last["recordings"]["exhibits"] == 0
    finally:
        listener.close()
    assert listener.came == 0


@pytest.fixture
def with_tone(wm, tmp_path, monkeypatch):
    """An archive with a recording, and programs that say whatever a test makes them say."""
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "tone.wav").write_bytes(tone())
    wm.good("compile", tmp_path / "archive", tmp_path / "leak")
    both = ffmpeg.Ffmpeg(programs.Program("ffprobe", "/x", "9.9"), programs.Program("ffmpeg", "/x", "9.9"))
    monkeypatch.setattr(ffmpeg, "find", lambda *_: both)
    return tmp_path / "archive"


def lying(monkeypatch, said, frames=None, ended=Ended.WELL):
    ran = Ran(ended, 0, said, Grade.B, 0.1)
    monkeypatch.setattr(ffmpeg, "probe", lambda *_, **__: ran)
    monkeypatch.setattr(ffmpeg, "frames", lambda _b, _r, times, *_, **__: ((frames or (lambda _: {}))(times), ran))


def test_a_program_that_lies_is_told_apart_from_the_file(wm, with_tone, monkeypatch):
    streams = [{"codec_type": "video"}, {"codec_type": "audio", "tags": {"note\x1b[2J": "\x1b]0;x\x07 words"}}]
    said = json.dumps({"format": {"duration": "99999999", "tags": {"location": "+1+2/"}}, "streams": streams})
    lying(monkeypatch, said.encode(), lambda times: {len(times) - 1: Frame(2, 1, bytes(6))})
    counts = wm.good("compile", with_tone, "--recordings", "--json").last["recordings"]
    assert counts == {"exhibits": 1, "told": 1, "frames": 1, "differ": 1, "failed": 0, "left": 0}
    row, found = observed(wm, with_tone, "tone.wav")
    assert {one["what"] for one in found["ffprobe.differs"][0]} == {"duration", "streams of video"}
    assert found["place"] == [
        {"latitude": "+1", "longitude": "+2", "raw": "+1+2/", "says": "ffprobe 9.9 container: location"}
    ]
    assert "[ffprobe, stream 2: note" in row["text"]
    assert not {"\x1b", "\x07"} & set(wm.good("text", with_tone, "path:tone.wav").out)
    assert wm.good("page", with_tone, "path:tone.wav", 1, "--json").last["pages"] == 1
    said = wm.good("compile", with_tone, "--recordings").out
    assert "0 recordings" in said


@pytest.mark.parametrize(
    ("said", "ended"), [(b"", Ended.TIMEOUT), (b"{", Ended.WELL), (b"[]", Ended.WELL), (b"{}", Ended.OUTPUT)]
)
def test_a_program_that_says_nothing_of_use_leaves_the_reading_as_it_was(wm, with_tone, monkeypatch, said, ended):
    before = observed(wm, with_tone, "tone.wav")[0]
    lying(monkeypatch, said, ended=ended)
    counts = wm.good("compile", with_tone, "--recordings", "--json").last["recordings"]
    assert (counts["told"], counts["failed"], counts["frames"]) == (0, 1, 0)
    after, found = observed(wm, with_tone, "tone.wav")
    assert found["ffprobe"] == [{"says": "ffprobe 9.9", "ended": ended.name.lower()}]
    assert {name: after[name] for name in ("outcome", "detail", "text", "media_type")} == {
        name: before[name] for name in ("outcome", "detail", "text", "media_type")
    }
    assert "ffprobe told nothing" in wm.good("compile", with_tone, "--recordings").out or counts["failed"] == 1


def test_what_was_seen_before_a_stop_is_sealed(wm, with_tone, tmp_path, monkeypatch):
    from witnessmark.archive.folder import Archive
    from witnessmark.catalogue.query import Catalogue

    for number in range(3):
        (tmp_path / "leak" / f"more-{number}.wav").write_bytes(tone(2 + number))
    wm.good("compile", with_tone, tmp_path / "leak")
    lying(monkeypatch, b'{"format": {"format_name": "wav"}}')
    with Archive.writing(Path(with_tone), entropy=os.urandom) as archive, Catalogue.open(archive) as catalogue:
        run = recordings.look_at_due(archive, catalogue, ffmpeg.find(), workers=1, clock=lambda: "2032-06-11T08:00:00Z")
        assert next(run).exhibits == 1
        run.close()
        assert recordings.due(catalogue) == 3
    assert wm.good("compile", with_tone, "--recordings", "--json").last["recordings"]["exhibits"] == 3


def test_frames_that_do_not_come_are_asked_for_where_one_stands_by_itself(wm, with_tone, monkeypatch):
    said = json.dumps({"format": {"duration": "25"}, "streams": [{"codec_type": "video"}]})
    lying(monkeypatch, said.encode())
    asked = []

    def drawing(_both, _recording, times, *_, keys=False, **__):
        asked.append((tuple(times), keys))
        found = {1: Frame(2, 1, b"abcdef")} if keys else {0: Frame(2, 1, bytes(6))}
        return found, Ran(Ended.WELL if keys else Ended.TIMEOUT, 0, b"", Grade.B, 0.1)

    monkeypatch.setattr(ffmpeg, "frames", drawing)
    assert wm.good("compile", with_tone, "--recordings", "--json").last["recordings"]["frames"] == 2
    assert asked == [(("0.000", "8.333", "16.666"), False), (("8.333", "16.666"), True)]
    first, second = (wm.good("page", with_tone, "path:tone.wav", page, "--json").last for page in (1, 2))
    assert [(one["near"], one["key"], one["pages"]) for one in (first, second)] == [
        ("0.000", False, 2), ("16.666", True, 2),
    ]  # fmt: skip
    assert observed(wm, with_tone, "tone.wav")[1]["ffmpeg.frames"][0]["ended"] == "timeout"


def test_what_there_is_no_room_or_no_process_for_stays_due(wm, with_tone, monkeypatch):
    lying(monkeypatch, b"", ended=Ended.UNSTARTED)
    assert wm.good("compile", with_tone, "--recordings", "--json").last["recordings"]["left"] == 1
    assert wm.call("page", with_tone, "path:tone.wav", 1).code == 64
    monkeypatch.setattr(recordings, "_SPARE", 1 << 60)
    before = wm.entries(with_tone)
    assert "1 wait for more room" in wm.good("compile", with_tone, "--recordings").out
    assert wm.entries(with_tone) == before
    monkeypatch.undo()
    assert wm.good("compile", with_tone, "--json").last["by_headers"] == 1


def test_one_that_is_larger_than_is_copied_is_not_looked_at(wm, with_tone, monkeypatch):
    monkeypatch.setattr(recordings, "LARGEST", 1000)
    counts = wm.good("compile", with_tone, "--recordings", "--json").last["recordings"]
    assert counts["failed"] == 1
    assert observed(wm, with_tone, "tone.wav")[1]["ffprobe"][0]["ended"].startswith("larger than")


@pytest.mark.parametrize(
    ("seconds", "count"),
    [("", 1), ("0.5", 1), ("2.999", 1), ("3", 2), ("19", 2), ("20", 3), ("80", 9), ("36000", 9), ("-5", 1), ("999999999999", 9)],
)  # fmt: skip
def test_frames_are_asked_for_at_the_beginning_and_at_even_distances(seconds, count):
    times = recordings.times_of(seconds)
    assert (times[0], len(times)) == ("0.000", count)
    gaps = {round(float(after) - float(before)) for before, after in zip(times, times[1:], strict=False)}
    assert len(gaps) <= 2
    assert not seconds or all(float(time) < max(float(seconds), 1) for time in times)


@pytest.mark.parametrize(
    "words", [("compile", "--recordings"), ("compile", "--recordings", "--seal-only"), ("page", "path:tone.wav", "1"), ("sound", "path:tone.wav")]
)  # fmt: skip
def test_without_the_programs_there_is_one_sentence(wm, tmp_path, monkeypatch, words):
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "tone.wav").write_bytes(tone())
    said = wm.good("compile", tmp_path / "archive", tmp_path / "leak").out
    assert "1 recording was read by the heads of the container alone" in said
    monkeypatch.setattr(programs, "PLACES", "/nowhere")
    ran = wm.call(words[0], tmp_path / "archive", *words[1:])
    assert ran.code == 64
    assert "doctor" in ran.sentence or "choose one" in ran.sentence
