"""How things are printed: safe text for a terminal, one JSON object a line, one line of progress."""

import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

# Controls, line separators and direction marks: what could move the cursor or turn a line around.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_UNSAFE_JSON = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def safe(text: str) -> str:
    """Return text that cannot move a terminal's cursor or its reading direction."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def text_block(text: str) -> str:
    """Return many lines of an exhibit's text: as `safe`, but line and page feeds stay."""
    return "\n".join("\f".join(safe(page) for page in line.split("\f")) for line in text.split("\n"))


def json_line(value: Mapping[str, Any]) -> str:
    """Return one JSON object on one line; marks that a terminal would obey are escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return _UNSAFE_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def line(text: str = "") -> None:
    """Print one line to standard output."""
    sys.stdout.write(text + "\n")


def error(text: str) -> None:
    """Print one line to standard error."""
    sys.stderr.write(text + "\n")


def octets(count: int) -> str:
    """Return a number of bytes for people: `12.3 MB`."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def seconds(count: float) -> str:
    """Return a time span for people: `1:05:12` or `42 s`."""
    whole = int(count)
    if whole < 120:
        return f"{count:.1f} s" if count < 10 else f"{whole} s"
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return `1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


class ProgressLine:
    """One line on standard error that is written again and again; silent where nobody watches.

    On a terminal it is renewed five times a second; elsewhere a line is written every 30 seconds, so that a log of a
    long run shows that it lives.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._is_terminal = self._stream.isatty()
        self._every = 0.2 if self._is_terminal else 30.0
        self._next = 0.0 if self._is_terminal else clock() + self._every
        self._written = False

    def show(self, make: Callable[[], str]) -> None:
        """Write the line when its time has come."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + self._every
        text = make()
        if self._is_terminal:
            self._stream.write("\r\x1b[K" + text[:200])
            self._written = True
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._written:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._written = False
