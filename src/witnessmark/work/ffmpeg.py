"""How ffprobe and ffmpeg are called, where they are found: streams and tags told, still frames and sound drawn.

Each run is one process behind walls of its own (`cell/program.py`) and has one file. The kind of container is ours to
say, by its content: nothing is guessed, so no playlist, list of files or description of a session is ever followed,
and nothing is opened but that file. Only decoders of the list below are loaded.

Rules for whoever changes this file:
- No demuxer that opens other files or addresses by itself (concat, hls, dash, imf, sdp, image2 …) gets into `FORMS`.
- What comes back is raw: a table for `work/probed.py`, pixels and samples of known size. No decoder of ours reads it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

from witnessmark.cell.program import Allowed, Command, Ran, Take, run
from witnessmark.work import programs
from witnessmark.work.programs import Program

_BOXES, _MATROSKA, _OGG, _ASF = ("mov",), ("matroska",), ("ogg",), ("asf",)
FORMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("video/mp4", "video/quicktime", "video/x-m4v", "video/3gpp", "video/3gpp2"), _BOXES),
        **dict.fromkeys(("audio/mp4", "video/mj2"), _BOXES),
        **dict.fromkeys(("video/x-matroska", "video/webm"), _MATROSKA),
        **dict.fromkeys(("audio/ogg", "audio/vorbis", "audio/opus", "audio/speex", "audio/x-oggflac"), _OGG),
        **dict.fromkeys(("video/ogg", "video/x-ogm"), _OGG),
        **dict.fromkeys(("video/x-ms-asf", "video/x-ms-wmv", "audio/x-ms-wma"), _ASF),
        "audio/vnd.wave": ("wav", "w64"),
        "video/x-msvideo": ("avi",),
        "audio/x-aiff": ("aiff",),
        "audio/x-caf": ("caf",),
        "audio/x-dsf": ("dsf",),
        "audio/x-dff": ("iff",),
        "audio/mpeg": ("mp3",),
        "audio/x-aac": ("aac",),
        **dict.fromkeys(("audio/amr", "audio/amr-wb"), ("amr",)),
        "audio/basic": ("au",),
        "audio/flac": ("flac",),
        "audio/x-ape": ("ape",),
        "audio/x-wavpack": ("wv",),
        "audio/x-musepack": ("mpc", "mpc8"),
        "video/x-flv": ("flv",),
        "video/mpeg": ("mpeg", "mpegvideo"),
        "video/mp2t": ("mpegts",),
    }
)
"""What is looked at: media types, and the demuxers that may read each. MIDI is notes and has none."""

_DECODERS: Final = (
    "h264 hevc mpeg4 mpeg2video mpeg1video mjpeg vp6 vp6a vp6f vp8 vp9 libdav1d libaom-av1 av1 h261 h263 h263i h263p "
    "flv msmpeg4v1 msmpeg4 msmpeg4v2 wmv1 wmv2 wmv3 vc1 theora prores dnxhd dvvideo cinepak svq1 svq3 indeo3 indeo4 "
    "indeo5 msrle msvideo1 rawvideo png qtrle rpza 8bps flashsv flashsv2 huffyuv ffvhuff ffv1 utvideo "
    "aac aac_fixed aac_latm mp3 mp3float mp2 mp2float mp1 mp1float ac3 eac3 dca flac alac vorbis libvorbis opus "
    "libopus speex libspeex amrnb amrwb libopencore_amrnb libopencore_amrwb qcelp evrc gsm gsm_ms libgsm libgsm_ms "
    "nellymoser g722 g726 g726le g729 qdm2 qdmc wmav1 wmav2 wmapro wmavoice wmalossless ape wavpack mpc7 mpc8 tta "
    "pcm_alaw pcm_mulaw pcm_u8 pcm_s8 pcm_s8_planar pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be "
    "pcm_f32le pcm_f32be pcm_f64le pcm_f64be pcm_u16le pcm_u16be pcm_s16le_planar pcm_lxf pcm_bluray pcm_dvd dsd_lsbf "
    "dsd_msbf dsd_lsbf_planar dsd_msbf_planar adpcm_ms adpcm_ima_wav adpcm_ima_qt adpcm_swf adpcm_yamaha "
    "adpcm_g722 adpcm_g726"
)
"""The decoders that may be loaded, of some five hundred; a stream of another kind is named, and not decoded."""

SIDE: Final = 1280
"""Pixels of a frame's longer side, at most."""
MOST_FRAMES: Final = 9
RATE: Final = 16_000
"""Samples a second of the sound that is drawn: what programs that write speech down ask for."""
MOST_SECONDS: Final = 36 * 3600
"""The longest sound that is drawn: a WAV holds four gigabytes."""
_MOST_PIXELS = 64 << 20
_FRAME_BYTES: Final = SIDE * SIDE * 3 + 32
_PICTURE = re.compile(rb"P6\n(\d{1,4}) (\d{1,4})\n255\n")
_SPARE = 64 << 20

# Threads reserve far more addresses than they use; what is used is counted by `memory`.
PROBE_ALLOWED: Final = Allowed(
    wall=60.0, cpu=30, address=16 << 30, memory=512 << 20, disk=_SPARE, processes=32, output=1 << 20
)
FRAMES_ALLOWED: Final = Allowed(wall=300.0, cpu=120, address=16 << 30, memory=1536 << 20, disk=_SPARE, processes=32)
SOUND_ALLOWED: Final = Allowed(wall=3600.0, cpu=1800, address=16 << 30, memory=512 << 20, disk=5 << 30, processes=32)
"""What one look, the frames and the sound of one recording may cost; the file itself comes on top of `disk`."""


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The two programs."""

    probe: Program
    draw: Program

    @property
    def tools(self) -> dict[str, str]:
        """Both as a derivative names them."""
        return {**self.probe.tools, **self.draw.tools}


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it is handed to a program: its type, its size, its bytes (asked for once for each run)."""

    media_type: str
    size: int
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Frame:
    """A still frame: pixels as blue, green and red, row by row from the top."""

    width: int
    height: int
    pixels: bytes


def find(folder: Path, accepted: str) -> Ffmpeg | None:
    """Return the two programs, if both are there."""
    found = [programs.find(name, ("-version",), folder, accepted) for name in ("ffprobe", "ffmpeg")]
    return None if found[0] is None or found[1] is None else Ffmpeg(found[0], found[1])


def probe(programs_: Ffmpeg, recording: Recording, folder: Path, *, accepted: str) -> Ran:
    """Have ffprobe tell what is in a recording; what it says is read by `work/probed.py`."""
    command = Command(
        programs_.probe.path,
        (
            *("-v", "error", "-max_pixels", str(_MOST_PIXELS)),
            *_input(recording.media_type),
            *("-print_format", "json=compact=1", "-show_format", "-show_streams"),
        ),
        allowed=_with(PROBE_ALLOWED, recording.size),
    )
    return run(command, folder, accepted=accepted, sources={"recording": recording.chunks})


def frames(
    programs_: Ffmpeg, recording: Recording, times: Sequence[str], folder: Path, *, accepted: str, keys: bool = False
) -> tuple[dict[int, Frame], Ran]:
    """Have ffmpeg draw the frame at each of those times, in seconds; return those that came out by their place.

    With `keys` only such frames are decoded as need no other one: fast, and far from the wished time at times.
    """
    made = {f"frame-{number}": number for number in range(len(times))}
    way = ("-skip_frame", "nokey", "-noaccurate_seek") if keys else ("-skip_frame", "noref")
    arguments = ["-nostdin", "-v", "error", "-filter_threads", "1", *(("-copyts",) if keys else ())]
    for time in times:
        arguments += [*("-threads", "1", "-max_pixels", str(_MOST_PIXELS)), *way, "-ss", time]
        arguments += _input(recording.media_type)
    for name, number in made.items():
        arguments += [
            "-map",
            f"{number}:V:0",
            "-frames:v",
            "1",
            "-threads",
            "1",
            "-vf",
            _SCALE,
            "-pix_fmt",
            "rgb24",
            "-c:v",
            "ppm",
        ]
        arguments += ["-f", "image2", "-update", "1", "{folder}/" + name]
    command = Command(programs_.draw.path, tuple(arguments), allowed=_with(FRAMES_ALLOWED, recording.size))
    found: dict[int, Frame] = {}

    def take(name: str, stream: BinaryIO, size: int) -> None:
        frame = frame_of(stream.read(_FRAME_BYTES + 1)) if size <= _FRAME_BYTES else None
        if frame is not None:
            found[made[name]] = frame

    sources = {"recording": recording.chunks}
    ran = run(command, folder, accepted=accepted, sources=sources, made=tuple(made), take=take)
    return found, ran


def sound(programs_: Ffmpeg, recording: Recording, track: int, folder: Path, *, accepted: str, take: Take) -> Ran:
    """Have ffmpeg draw a track of sound; `take` gets bare samples: one channel, 16 bits, the low byte first."""
    command = Command(
        programs_.draw.path,
        (
            *("-nostdin", "-v", "error", "-threads", "1"),
            *_input(recording.media_type),
            *("-map", f"0:a:{track - 1}", "-vn", "-sn", "-dn", "-ac", "1", "-ar", str(RATE)),
            *("-t", str(MOST_SECONDS), "-c:a", "pcm_s16le", "-f", "s16le", "{folder}/sound"),
        ),
        allowed=_with(SOUND_ALLOWED, recording.size),
    )
    return run(command, folder, accepted=accepted, sources={"recording": recording.chunks}, made=("sound",), take=take)


def frame_of(data: bytes) -> Frame | None:
    """Return the frame that a PPM holds, written in the one way that is asked for; None for anything else."""
    head = _PICTURE.match(data)
    if head is None:
        return None
    width, height, pixels = int(head[1]), int(head[2]), data[head.end() :]
    if not (0 < width <= SIDE and 0 < height <= SIDE and len(pixels) == width * height * 3):
        return None
    turned = bytearray(pixels)
    turned[0::3], turned[2::3] = pixels[2::3], pixels[0::3]
    return Frame(width, height, bytes(turned))


def _input(media_type: str) -> list[str]:
    forms = FORMS[media_type]
    return [
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(forms)),
        *("-codec_whitelist", ",".join(_DECODERS.split())),
        *(("-f", forms[0]) if len(forms) == 1 else ()),
        *("-i", "file:{folder}/recording"),
    ]


_FACTOR: Final = rf"min(1\,{SIDE}/max(iw*sar\,ih))"
_SCALE: Final = rf"scale=w='max(1\,trunc({_FACTOR}*iw*sar))':h='max(1\,trunc({_FACTOR}*ih))'"
"""As wide and as high as it is shown: pixels need not be squares."""


def _with(allowed: Allowed, size: int) -> Allowed:
    return replace(allowed, disk=allowed.disk + size)
