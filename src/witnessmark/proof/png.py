"""Pictures as PNG in one spelling (ISO/IEC 15948): eight bits a channel, no filter, no chunk but the three needed."""

import struct
import zlib

MAGIC = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2


def encode(width: int, height: int, channels: int, pixels: bytes) -> bytes:
    """Return the PNG of a picture.

    Args:
        width: in pixels.
        height: in pixels.
        channels: 1 for grey, 3 for blue, green and red.
        pixels: `width * height * channels` bytes, row by row from the top, without padding.

    Raises:
        ValueError: when these do not go together.
    """
    if width < 1 or height < 1 or channels not in (1, 3) or len(pixels) != width * height * channels:
        raise ValueError(f"{len(pixels)} bytes are no picture of {width} by {height} with {channels} channels")
    if channels == 3:
        turned = bytearray(pixels)
        turned[0::3], turned[2::3] = pixels[2::3], pixels[0::3]
        pixels = bytes(turned)
    stride = width * channels
    rows = b"".join(b"\0" + pixels[at : at + stride] for at in range(0, len(pixels), stride))
    head = struct.pack(">IIBBBBB", width, height, 8, _GREY if channels == 1 else _RGB, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return MAGIC + b"".join(map(_chunk, chunks))


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    name, data = chunk
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
