"""One frame of a picture as grey pixels, upright, on white: the task `render_picture`.

Parameters: `frame` from 1, and `most`, the pixels that it may have: a larger one is made smaller. How large it is said
to be is looked at before anything is decoded. Of moving pictures (GIF, WebP, APNG) there is the first frame only.
"""

from collections.abc import Iterator
from typing import Final

import PIL
from PIL import (
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
_KNOWN: Final = (
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
    frame, most = source.parameters.get("frame", 1), source.parameters.get("most", 16_000_000)
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
            _give(opened, frame, most, report)
        except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
            raise ReadingStopped(Outcome.CORRUPT, "the picture cannot be decoded") from error


def _give(opened: Image.Image, frame: int, most: int, report: Report) -> None:
    if frame > 1:
        opened.seek(frame - 1)
    width, height = opened.size
    if width * height > MOST_DECODED and opened.format != "JPEG":
        raise ReadingStopped(
            Outcome.REFUSED_LIMIT, f"the picture has {width:,} × {height:,} pixels: more than is decoded"
        )
    shrunk = _within(width, height, most)
    opened.draft("L", shrunk)  # a JPEG is decoded smaller at once, where it is to be much smaller
    if opened.width * opened.height > MOST_DECODED:
        raise ReadingStopped(
            Outcome.REFUSED_LIMIT, f"the picture has {width:,} × {height:,} pixels: more than is decoded"
        )
    grey = _grey(ImageOps.exif_transpose(opened))
    if _within(*grey.size, most) != grey.size:
        grey = grey.resize(_within(*grey.size, most), Image.Resampling.BOX, reducing_gap=2.0)
    report.picture(grey.width, grey.height, 1, _rows(grey))


def _within(width: int, height: int, most: int) -> tuple[int, int]:
    """Return the size that has at most so many pixels, and sides that a picture may have."""
    factor = min(1.0, (most / max(1, width * height)) ** 0.5, MOST_SIDE / max(1, width), MOST_SIDE / max(1, height))
    return (width, height) if factor == 1.0 else (max(1, int(width * factor)), max(1, int(height * factor)))


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        ground.alpha_composite(layered)
        return ground.convert("L")
    return image.convert("L")


def _rows(grey: Image.Image) -> Iterator[bytes]:
    data = grey.tobytes()
    return (data[start : start + grey.width] for start in range(0, len(data), grey.width))
