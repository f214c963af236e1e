"""Makes projects of macros ([MS-OVBA]) whose source is packed and repeats nothing."""

import struct


def packed(source):
    """Return source text in a compressed container that repeats nothing."""
    out = bytearray(b"\x01")
    for start in range(0, len(source), 2048):
        piece = source[start : start + 2048]
        chunk = b"".join(b"\0" + piece[at : at + 8] for at in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | (len(chunk) - 1)) + chunk
    return bytes(out)


def project(source):
    directory = struct.pack("<HIH", 3, 2, 1251)
    directory += struct.pack("<HI", 0x1A, 7) + b"Module1" + struct.pack("<HII", 0x31, 4, 5)
    return {"VBA": {"dir": packed(directory), "Module1": b"p-cod" + packed(source), "_VBA_PROJECT": b"x"}}
