"""Calls into pdfium that fill a buffer: ask for the length, cap it, fetch, decode."""

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2.raw as pdfium

LONGEST = 4 << 20
"""Bytes of any one string that are fetched."""


def wide(call: Callable[..., int], *args: Any) -> str:
    """Return the UTF-16LE string of a call that ends in (buffer, length in bytes)."""
    return raw(call, *args).decode("utf-16-le", "replace").rstrip("\0")


def narrow(call: Callable[..., int], *args: Any) -> str:
    """Return the byte string of a call that ends in (buffer, length in bytes)."""
    return raw(call, *args).rstrip(b"\0").decode("utf-8", "replace")


def raw(call: Callable[..., int], *args: Any) -> bytes:
    """Return the bytes of a call that ends in (buffer, length) and returns the length it needs."""
    length = call(*args, None, 0)
    if not 0 < length <= LONGEST:
        return b""
    buffer = ctypes.create_string_buffer(length)
    call(*args, ctypes.cast(buffer, call.argtypes[-2]), length)  # type: ignore[attr-defined]
    return buffer.raw


def wide_out(call: Callable[..., int], *args: Any) -> str:
    """Return the UTF-16LE string of a call that ends in (buffer, length, pointer to the length needed)."""
    needed = ctypes.c_ulong()
    if not call(*args, None, 0, needed) or not 0 < needed.value <= LONGEST:
        return ""
    buffer = ctypes.create_string_buffer(needed.value)
    if not call(*args, ctypes.cast(buffer, call.argtypes[-3]), needed.value, needed):  # type: ignore[attr-defined]
        return ""
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def letter_box(text_page: Any, place: int) -> tuple[float, float, float, float] | None:
    """Return left, right, bottom and top of a letter in points, or None when it has no place."""
    left, right, bottom, top = ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
    found = pdfium.FPDFText_GetCharBox(text_page, place, left, right, bottom, top)
    return (left.value, right.value, bottom.value, top.value) if found else None


def box(call: Callable[..., int], *args: Any) -> tuple[float, float, float, float] | None:
    """Return the four floats of a call that ends in four pointers to them, or None when it fails."""
    a, b, c, d = ctypes.c_float(), ctypes.c_float(), ctypes.c_float(), ctypes.c_float()
    return (a.value, b.value, c.value, d.value) if call(*args, a, b, c, d) else None
