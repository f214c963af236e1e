"""One frame of a picture as pixels, upright, on white: the task `render_picture`.

Parameters: `frame` from 1; `most`, the pixels that it may have: a larger one is made smaller; `grey`, 1 unless colours
are asked for; `turned`, 1 where it stands upright whatever its EXIF says. How large it is said to be is looked at
before anything is decoded. Of moving pictures (GIF, WebP, APNG, AVIF) there is the first frame only.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import PIL
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.model.derivative import Outcome

LARGEST: Final = 256 << 20
MOST_DECODED: Final = 120_000_000
MOST_SIDE: Final = 10_000
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a cell starts no threads
_KNOWN: Final = (
    AvifImagePlugin.AvifImageFile,
    BmpImagePlugin.BmpImageFile,
    BmpImagePlugin.DibImageFile,
    GifImagePlugin.GifImageFile,
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    PpmImagePlugin.PpmImageFile,
    TiffImagePlugin.TiffImageFile,
    WebPImagePlugin.WebPImageFile,
)
_FORMATS: Final = tuple(str(one.format) for one in _KNOWN)


def render_picture(source: Source, report: Report) -> None:
    """Give the pixels of a frame, and observe `picture.frames`.

    Raises:
        ReadingStopped: when it cannot be decoded, or is larger than is decoded.
    """
    report.tool("pillow", PIL.__version__)
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, f"the picture is larger than {LARGEST >> 20} MiB")
    frame = source.parameters.get("frame", 1)
    source.stream.seek(0)
    try:
        opened = Image.open(source.stream, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "the picture has more pixels than are decoded") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "no picture can be opened in these bytes") from error
    with opened:
        frames = getattr(opened, "n_frames", 1) if opened.format == "TIFF" else 1
        report.observe("picture.frames", frames)
        if not 1 <= frame <= frames:
            raise ReadingStopped(Outcome.CORRUPT, f"there is no frame {frame} among {frames}")
        try:
            _give(opened, frame, source.parameters, report)
        except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
            raise ReadingStopped(Outcome.CORRUPT, "the picture cannot be decoded") from error


def _give(opened: Image.Image, frame: int, wanted: Mapping[str, int], report: Report) -> None:
    most, is_grey = wanted.get("most", 16_000_000), bool(wanted.get("grey", 1))
    if frame > 1:
        opened.seek(frame - 1)
    width, height = opened.size
    if width * height > MOST_DECODED and opened.format != "JPEG":
        raise ReadingStopped(
            Outcome.REFUSED_LIMIT, f"the picture has {width:,} × {height:,} pixels: more than is decoded"
        )
    shrunk = _within(width, height, most)
    opened.draft("L" if is_grey else "RGB", shrunk)  # a JPEG is decoded smaller at once, where it is to be much smaller
    if opened.width * opened.height > MOST_DECODED:
        raise ReadingStopped(
            Outcome.REFUSED_LIMIT, f"the picture has {width:,} × {height:,} pixels: more than is decoded"
        )
    upright = opened if wanted.get("turned", 0) else ImageOps.exif_transpose(opened)
    drawn = _plain(upright, "L" if is_grey else "RGB")
    if _within(*drawn.size, most) != drawn.size:
        drawn = drawn.resize(_within(*drawn.size, most), Image.Resampling.BOX, reducing_gap=2.0)
    report.picture(drawn.width, drawn.height, 1 if is_grey else 3, _rows(drawn))


def _within(width: int, height: int, most: int) -> tuple[int, int]:
    """Return the size that has at most so many pixels, and sides that a picture may have."""
    factor = min(1.0, (most / max(1, width * height)) ** 0.5, MOST_SIDE / max(1, width), MOST_SIDE / max(1, height))
    return (width, height) if factor == 1.0 else (max(1, int(width * factor)), max(1, int(height * factor)))


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """Return a picture in grey or in colours, on white where one can see through it."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L").convert(mode)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        ground.alpha_composite(layered)
        return ground.convert(mode)
    return image.convert(mode)


def _rows(drawn: Image.Image) -> Iterator[bytes]:
    """Yield the rows; colours as blue, green and red."""
    is_grey = drawn.mode == "L"
    data = drawn.tobytes() if is_grey else drawn.tobytes("raw", "BGR")
    stride = drawn.width * (1 if is_grey else 3)
    return (data[start : start + stride] for start in range(0, len(data), stride))
