"""How ffprobe and ffmpeg are called: one file, one kind of container, raw results; whatever the file says, no other one."""

import shutil
import socket
import struct
import subprocess
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats import made_media as made

from witnessmark.cell.program import Command, Ended, run
from witnessmark.formats import table
from witnessmark.model.exhibit import ExhibitKind
from witnessmark.work import ffmpeg, found, heif, probed, programs
from witnessmark.work.ffmpeg import FORMS, Recording

needs_ffmpeg = pytest.mark.skipif(
    None in {shutil.which(name, path=programs.PLACES) for name in ("ffmpeg", "ffprobe")},
    reason="ffmpeg is not installed",
)
FOLLOWING = ("concat", "hls", "dash", "imf", "sdp", "rtsp", "image2", "tty", "lavfi", "webm_dash_manifest", "concatf")
SECONDS = 2


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return ffmpeg.find(tmp_path_factory.mktemp("find"), "D")


def shot(place, *arguments):
    """Have ffmpeg make a specimen, outside of any wall: what it is given is ours."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments), str(place)], check=True, timeout=120)
    return place.read_bytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two seconds of a test picture with a tone, in MPEG-4 and AAC."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size=320x240:rate=10:duration={SECONDS}")
    tone = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}")
    more = ("-c:v", "mpeg4", "-c:a", "aac", "-metadata", "title=Gate two", "-metadata", "location=+41.7151+044.8271/")
    return shot(tmp_path_factory.mktemp("film") / "film.mp4", *picture, *tone, *more)


def recording(data, media_type="video/mp4"):
    return Recording(media_type, len(data), [data])


def probe(both, tmp_path, data, media_type="video/mp4"):
    return ffmpeg.probe(both, recording(data, media_type), tmp_path, accepted="D")


def test_every_kind_of_recording_that_we_read_is_looked_at_but_notes():
    ours = {one for reader in table.READERS if reader.kind is ExhibitKind.RECORDING for one in reader.types}
    assert ours - set(FORMS) == {"audio/midi"}


def test_no_reader_that_opens_other_files_is_ever_allowed():
    allowed = {form for forms in FORMS.values() for form in forms}
    assert not allowed & set(FOLLOWING)
    for media_type in FORMS:
        said = ffmpeg._input(media_type)
        assert said[said.index("-protocol_whitelist") + 1] == "file"
        assert said[said.index("-format_whitelist") + 1] == ",".join(FORMS[media_type])


@needs_ffmpeg
def test_the_names_of_readers_and_decoders_are_those_of_the_program():
    listed = subprocess.run(["ffmpeg", "-v", "quiet", "-demuxers"], capture_output=True, text=True, check=True).stdout
    names = {name for line in listed.splitlines() for word in line.split()[1:2] for name in word.split(",")}
    assert {form for forms in FORMS.values() for form in forms} <= names
    listed = subprocess.run(["ffmpeg", "-v", "quiet", "-decoders"], capture_output=True, text=True, check=True).stdout
    known = {line.split()[1] for line in listed.splitlines() if len(line.split()) > 1}
    assert {"h264", "hevc", "mpeg4", "vp9", "aac", "mp3float", "amrnb", "wmv3"} <= known & set(ffmpeg._DECODERS.split())


@needs_ffmpeg
def test_streams_frames_and_sound_of_a_film(both, film, tmp_path):
    ran = probe(both, tmp_path, film)
    told = probed.parse(ran.output)
    assert ran.ended is Ended.WELL
    assert [(stream.kind, stream.facts["codec"]) for stream in told.streams] == [("video", "mpeg4"), ("audio", "aac")]
    assert told.tags["title"] == "Gate two"
    frames, ran = ffmpeg.frames(both, recording(film), ("0.000", "1.000"), tmp_path, accepted="D")
    assert (ran.ended, sorted(frames)) == (Ended.WELL, [0, 1])
    assert (frames[0].width, frames[0].height, len(frames[0].pixels)) == (320, 240, 320 * 240 * 3)
    assert frames[0] != frames[1]
    keys, _ = ffmpeg.frames(both, recording(film), ("0.000", "1.000"), tmp_path, accepted="D", keys=True)
    assert keys[0].pixels == frames[0].pixels
    samples = []
    ran = ffmpeg.sound(
        both, recording(film), 1, tmp_path, accepted="D", take=lambda name, stream, size: samples.append(stream.read())
    )
    assert ran.ended is Ended.WELL
    assert abs(len(samples[0]) - SECONDS * ffmpeg.RATE * 2) < ffmpeg.RATE // 2
    assert max(struct.unpack(f"<{len(samples[0]) // 2}h", samples[0])) > 1_000, "there is a tone"
    assert list(tmp_path.iterdir()) == []


@needs_ffmpeg
def test_a_frame_is_upright_and_no_larger_than_is_kept(both, film, tmp_path):
    place = tmp_path / "wide.mp4"
    shot(place, "-f", "lavfi", "-i", "color=red:size=2600x1300:rate=1:duration=1", "-c:v", "mpeg4")
    frames, _ = ffmpeg.frames(both, recording(place.read_bytes()), ("0",), tmp_path, accepted="D")
    assert (frames[0].width, frames[0].height) == (1280, 640)
    blue, green, red = frames[0].pixels[:3]
    assert (blue < 40, green < 40, red > 200) == (True, True, True)
    shot(tmp_path / "tall.mp4", "-i", place, "-vf", "scale=200:400,setsar=2/1", "-c:v", "mpeg4")
    frames, _ = ffmpeg.frames(both, recording((tmp_path / "tall.mp4").read_bytes()), ("0",), tmp_path, accepted="D")
    assert (frames[0].width, frames[0].height) == (400, 400), "its pixels are no squares"


@needs_ffmpeg
def test_a_reader_of_another_kind_does_not_take_it(both, film, tmp_path):
    assert probe(both, tmp_path, film, "video/x-matroska").ended is Ended.BADLY
    assert probe(both, tmp_path, film, "video/mpeg").ended is Ended.BADLY, "also where it is told by looking"


class Listener:
    """A socket on this machine that counts who comes."""

    def __init__(self):
        self.came = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self):
        while not self._over.is_set():
            try:
                self._socket.accept()[0].close()
            except TimeoutError:
                continue
            self.came += 1

    def close(self):
        self._over.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def listener():
    found = Listener()
    yield found
    found.close()


def lists(secret, port):
    """Files that are lists of other files and addresses."""
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
        "hls of a file": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "concat of an address": f"ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/a.wav'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "subfile": f"subfile,,start,0,end,0,,:{secret}\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
        f'<Representation id="1" bandwidth="1"><BaseURL>http://127.0.0.1:{port}/a.mp4</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>",
    }


@needs_ffmpeg
def test_a_list_of_other_files_reads_none_and_connects_nowhere(both, listener, tmp_path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(made.wav(data=bytes(16_000)))
    for name, text in lists(secret, listener.port).items():
        for media_type in ("video/mp4", "audio/mpeg", "video/mpeg", "video/mp2t"):
            ran = probe(both, tmp_path, text.encode(), media_type)
            told = probed.parse(ran.output) if ran.ended is Ended.WELL else None
            assert told is None or not told.streams, (name, media_type, told)
        times, taken = ("0.000",), []
        assert ffmpeg.frames(both, recording(text.encode()), times, tmp_path, accepted="D")[0] == {}
        ffmpeg.sound(
            both, recording(text.encode(), "audio/mpeg"), 1, tmp_path, accepted="D",
            take=lambda name, stream, size: taken.append(size),
        )  # fmt: skip
        assert taken == [], name
    assert listener.came == 0


@needs_ffmpeg
def test_the_walls_alone_keep_it_from_other_files_and_addresses(both, listener, tmp_path):
    """Without our lists of what is allowed it would follow; the same command outside of the walls does."""
    secret = tmp_path / "secret.wav"
    secret.write_bytes(made.wav(data=bytes(16_000)))
    allowed = replace(ffmpeg.PROBE_ALLOWED, wall=20.0)
    for name in ("concat", "hls"):
        text = lists(secret, listener.port)[name]
        words = ["-v", "error", "-show_streams", "-protocol_whitelist", "file,crypto,data,http,tcp"]
        words += ["-f", name, *(("-safe", "0") if name == "concat" else ())]
        ran = run(
            Command(both.probe.path, (*words, "-i", "{folder}/list"), allowed=allowed),
            tmp_path, accepted="D", sources={"list": [text.encode()]},
        )  # fmt: skip
        if ran.grade.value > "B":
            pytest.skip("this machine has no walls")
        assert b"pcm" not in ran.output
        assert listener.came == 0
        (tmp_path / "list").write_text(text)
        free = subprocess.run(
            [both.probe.path, *words, "-i", tmp_path / "list"], capture_output=True, check=False, timeout=60
        )
        assert b"pcm" in free.stdout if name == "concat" else listener.came > 0, "the test can fail"


@needs_ffmpeg
def test_what_costs_too_much_is_ended_with_a_word_for_it(both, film, tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "FRAMES_ALLOWED", replace(ffmpeg.FRAMES_ALLOWED, wall=0.01))
    frames, ran = ffmpeg.frames(both, recording(film), ("0",), tmp_path, accepted="D")
    assert (frames, ran.ended) == ({}, Ended.TIMEOUT)
    silence = shot(tmp_path / "silence.flac", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", 60)
    (tmp_path / "silence.flac").unlink()
    assert len(silence) < 60_000
    monkeypatch.setattr(ffmpeg, "SOUND_ALLOWED", replace(ffmpeg.SOUND_ALLOWED, disk=100_000))
    taken = []
    ran = ffmpeg.sound(
        both, recording(silence, "audio/flac"), 1, tmp_path, accepted="D", take=lambda *more: taken.append(more)
    )
    assert ran.ended is Ended.DISK, "two megabytes from a few thousand bytes"
    assert taken == []
    monkeypatch.setattr(ffmpeg, "PROBE_ALLOWED", replace(ffmpeg.PROBE_ALLOWED, output=100))
    assert probe(both, tmp_path, film).ended is Ended.OUTPUT
    assert list(tmp_path.iterdir()) == []


def many_streams(count):
    """An AVI whose header names so many streams."""
    head = struct.pack("<14I", 100_000, 0, 0, 0, 10, 0, count, 0, 320, 240, 0, 0, 0, 0)
    form = struct.pack("<IiiHH4sIiiII", 40, 320, 240, 1, 24, b"MJPG", 0, 0, 0, 0, 0)
    stream = struct.pack("<4s4sIHHIIIIIIII8s", b"vids", b"MJPG", 0, 0, 0, 0, 1, 10, 0, 10, 0, 0, 0, bytes(8))
    one = made.chunk("LIST", b"strl", made.chunk("strh", stream), made.chunk("strf", form))
    listed = made.chunk("LIST", b"hdrl", made.chunk("avih", head), one * count)
    return made.chunk("RIFF", b"AVI ", listed, made.chunk("LIST", b"movi"))


@needs_ffmpeg
def test_a_hundred_thousand_streams_are_a_few(both, tmp_path):
    ran = probe(both, tmp_path, many_streams(100_000), "video/x-msvideo")
    assert ran.ended in {Ended.WELL, Ended.BADLY, Ended.OUTPUT}
    told = probed.parse(ran.output) if ran.ended is Ended.WELL else None
    assert told is None or len(told.streams) <= probed.MOST_STREAMS


def huge(width, height):
    """An AVI with one frame, a PNG that says it is so large."""
    png = b"\x89PNG\r\n\x1a\n" + made.chunk("IHDR", b"")[:0]
    png += struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + bytes(4)
    png += struct.pack(">I4s", 4, b"IDAT") + bytes(8) + struct.pack(">I4s", 0, b"IEND") + bytes(4)
    head = struct.pack("<14I", 100_000, 0, 0, 0, 1, 0, 1, 0, width, height, 0, 0, 0, 0)
    form = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MPNG", 0, 0, 0, 0, 0)
    stream = struct.pack("<4s4sIHHIIIIIIII8s", b"vids", b"MPNG", 0, 0, 0, 0, 1, 10, 0, 1, 0, 0, 0, bytes(8))
    one = made.chunk("LIST", b"strl", made.chunk("strh", stream), made.chunk("strf", form))
    listed = made.chunk("LIST", b"hdrl", made.chunk("avih", head), one)
    return made.chunk("RIFF", b"AVI ", listed, made.chunk("LIST", b"movi", made.chunk("00dc", png)))


@needs_ffmpeg
@pytest.mark.parametrize("size", [(60_000, 60_000), (1, 60_000), (2_147_483_647, 2_147_483_647)])
def test_a_frame_that_says_it_is_huge_is_none(both, tmp_path, size):
    frames, ran = ffmpeg.frames(both, recording(huge(*size), "video/x-msvideo"), ("0",), tmp_path, accepted="D")
    assert ran.ended in {Ended.WELL, Ended.BADLY}
    assert all(frame.width <= ffmpeg.SIDE and frame.height <= ffmpeg.SIDE for frame in frames.values())


@given(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False))
def test_a_frame_comes_back_with_its_colours_the_other_way_round(width, height, random):
    pixels = random.randbytes(width * height * 3)
    frame = ffmpeg.frame_of(b"P6\n%d %d\n255\n" % (width, height) + pixels)
    assert (frame.width, frame.height) == (width, height)
    assert bytes(frame.pixels[at] for at in (2, 1, 0)) == pixels[:3]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"P6\n2 2\n255\n" + bytes(11),
        b"P6\n2 2\n255\n" + bytes(13),
        b"P6\n0 2\n255\n",
        b"P6\n1281 1\n255\n" + bytes(1281 * 3),
        b"P6\n2 2\n65535\n" + bytes(24),
        b"P5\n2 2\n255\n" + bytes(12),
        b"P6\n-2 2\n255\n" + bytes(12),
        b"P6\n2 2\n# x\n255\n" + bytes(12),
        "P6\n٢ 2\n255\n".encode() + bytes(12),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_anything_else_is_no_frame(data):
    assert ffmpeg.frame_of(data) is None


def test_without_the_programs_there_is_a_sentence_for_each(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "PLACES", "/nowhere")
    assert ffmpeg.find(tmp_path, "D") is None
    assert heif.find(tmp_path, "D") is None
    told = {one.name: one for one in found.told(tmp_path, "D")}
    assert (told["ffmpeg"].program, told["heif-convert"].program) == (None, None)
    assert "still frames" in told["ffmpeg"].purpose
    assert "libheif-examples" in told["heif-convert"].package
