"""Names in containers as paths: bytes stay what they are, their reading is a guess where the container says none."""

import re
import unicodedata
from collections.abc import Iterable

from witnessmark.model.exhibit import Path, PathStep

LONGEST = 4096
"""Bytes of a name that are kept."""


def path_of(raw: bytes, codec: str = "utf-8") -> Path:
    """Return the path that a name in a container means: divided at `/`, nothing else changed, never followed."""
    return tuple(step_of(part, codec) for part in raw[:LONGEST].split(b"/"))


def step_of(raw: bytes, codec: str = "utf-8") -> PathStep:
    """Return one step: as it stands where it is UTF-8, else read by `codec` with its bytes kept."""
    step = PathStep.from_bytes(raw)
    if step.raw is None or codec == "utf-8":
        return step
    try:
        return PathStep(raw.decode(codec), raw)
    except UnicodeDecodeError:
        return step


def shown(name: bytes) -> str:
    """Return a name as observations tell it: what is no UTF-8 replaced, and not endless."""
    return name[:500].decode("utf-8", "replace")


def without_suffix(name: str, suffixes: dict[str, str]) -> Path:
    """Return what one packed file is called without the suffix of its packing."""
    for suffix, instead in suffixes.items():
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return (PathStep(name[: -len(suffix)] + instead),)
    return (PathStep(f"{name}.out" if name else "data"),)


def likely_codec(names: Iterable[bytes]) -> str:
    """Return the encoding of names that are no UTF-8, by all of them together: GB18030, Shift JIS, CP866 or CP437."""
    text = b"\n".join(name for name in names if not _is_utf8(name))[:65_536]
    if not text:
        return "utf-8"
    return max((_weight(text, codec), -i, codec) for i, codec in enumerate(_CODECS))[2]


_AMID = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]{1,3}(?=[A-Za-z])")
_OTHER_SCRIPTS = ("gb18030", "cp932", "big5", "cp949", "cp866", "cp1251")
_CODECS = ("cp437", "gb18030", "cp932", "big5", "cp949", "cp866", "cp1251")


def alike(names: Iterable[bytes]) -> list[list[str]]:
    """Return the names that one file system or another takes for the same: by case, accents, ends, slashes and dots."""
    groups: dict[str, dict[bytes, None]] = {}
    for name in names:
        groups.setdefault(_folded(name), {})[name] = None
    return [[name[:500].decode("utf-8", "replace") for name in group] for group in groups.values() if len(group) > 1]


def _folded(name: bytes) -> str:
    if name.isalnum():
        return name.lower().decode()
    text = name[:LONGEST].decode("utf-8", "surrogateescape").replace("\\", "/")
    steps: list[str] = []
    for step in (text if text.isascii() else unicodedata.normalize("NFC", text)).casefold().split("/"):
        if step == "..":
            del steps[-1:]
        elif step.rstrip(" ."):
            steps.append(step.rstrip(" ."))
    return "/".join(steps)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _weight(text: bytes, codec: str) -> float:
    try:
        decoded = text.decode(codec)
    except UnicodeDecodeError:
        return -1.0
    high = [char for char in decoded if char > "\x7f"]
    # a sign of another script does not stand inside a word of Latin letters
    amid = sum(map(len, _AMID.findall(decoded))) if codec in _OTHER_SCRIPTS else 0
    return (sum(_plausible(char, codec) for char in high) - 0.5 * amid) / max(1, len(high))


def _plausible(char: str, codec: str) -> float:
    if codec == "cp437":
        return 0.75 if char in "äöüÄÖÜßéèêëàâçîïôûùñÑáíóúåÅæÆ" else 0.1
    if codec in ("cp866", "cp1251"):
        return 0.9 if "а" <= char <= "я" or char in "ёіїґ" else 0.7 if "А" <= char <= "Я" else 0.0
    if codec == "gb18030":
        # level 1 of GB 2312 holds the everyday signs, in order of sound: lead bytes B0 to D7
        raw = char.encode("gb18030")
        return (
            1.0
            if len(raw) == 2 and 0xB0 <= raw[0] <= 0xD7 and raw[1] >= 0xA1
            else 0.4
            if 0xA1 <= raw[0] <= 0xF7 and raw[1] >= 0xA1
            else -0.5
        )
    if codec == "cp932":
        raw = char.encode("cp932")
        return (
            -0.5 if len(raw) == 1 else 1.0 if "\u3040" <= char <= "\u30ff" else 0.9 if 0x88 <= raw[0] <= 0x97 else 0.4
        )
    if codec == "big5":
        return 0.85 if 0xA4 <= char.encode("big5")[0] <= 0xC6 else 0.2
    return 0.95 if "\uac00" <= char <= "\ud7a3" else 0.2
