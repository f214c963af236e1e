"""How many texts of a folder are read in their own encoding: ours, and charset-normalizer alone as the yardstick.

    python benchmarks/charsets.py FOLDER

Each file lies in a folder that is named by its encoding (`koi8_r`, `windows-1251-bulgarian`), as public collections of
such files have it. A text counts when 995 of 1,000 characters are right.
"""

import codecs
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from witnessmark.formats import encodings

ENOUGH = 0.995
SMALLEST = 50
_LANGUAGE = re.compile(r"-[a-z]{4,}$")


def texts(folder: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yield name of the encoding, bytes and text of each file that its encoding can read."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size < SMALLEST:
            continue
        for name in (path.parent.name.lower(), _LANGUAGE.sub("", path.parent.name.lower())):
            try:
                yield codecs.lookup(name).name, path.read_bytes(), path.read_bytes().decode(name).lstrip("\ufeff")
            except (LookupError, UnicodeDecodeError):
                continue
            break


def ours(data: bytes) -> str:
    """Return the text as our readers have it."""
    chosen = encodings.choose(data)
    return data[chosen.mark :].decode(chosen.name, "replace")


def theirs(data: bytes) -> str:
    """Return the text as the yardstick has it."""
    return str(from_bytes(data).best() or "").lstrip("\ufeff")


def is_right(found: str, wanted: str) -> bool:
    """Tell whether nearly every character stands where it has to."""
    same = sum(left == right for left, right in zip(found, wanted, strict=False))
    return same >= ENOUGH * max(1, len(found), len(wanted))


def main() -> None:
    """Print both shares, both times, and which encodings were missed."""
    readers: dict[str, Callable[[bytes], str]] = {"here": ours, "charset-normalizer": theirs}
    right, seconds, missed = Counter[str](), Counter[str](), Counter[str]()
    count = 0
    for name, data, wanted in texts(Path(sys.argv[1])):
        count += 1
        for who, read in readers.items():
            began = time.process_time()
            found = read(data)
            seconds[who] += time.process_time() - began
            right[who] += is_right(found, wanted)
            if who == "here" and not is_right(found, wanted):
                missed[name] += 1
    for who in readers:
        print(
            f"{who}: {right[who] / max(1, count):.3f} of {count}, {1000 * seconds[who] / max(1, count):.1f} ms a file"
        )
    print("missed here: " + ", ".join(f"{name} {number}" for name, number in missed.most_common()))


if __name__ == "__main__":
    main()
