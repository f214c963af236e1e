"""What a file's name says of a volume: of which archive it is one, in which way they are counted, and its number.

Programs that cut an archive into files name them in few ways: `a.7z.001` and `a.tar.gz.aa` (any cutter), `a.part1.rar`
(RAR since 3), `a.rar`, `a.r00` (RAR before), `a.z01`, `a.zip` (zip; APPNOTE 8.2). A name alone says little: whether
`1.rar` and `2.rar` are volumes of one archive, their readings tell.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Way(Enum):
    """How volumes of one archive are counted."""

    NUMBERED = "numbered"
    LETTERED = "lettered"
    RAR = "rar"
    OLD_RAR = "old rar"
    ZIP = "zip"


LAST: Final = 1 << 30
"""The number of a volume that has none and comes last, as the `.zip` of a split zip."""
_FIRSTS: Final = {
    Way.NUMBERED: (0, 1),
    Way.LETTERED: (0,),
    Way.RAR: (0, 1),
    Way.OLD_RAR: (0,),
    Way.ZIP: (1,),
}

_NUMBERED: Final = re.compile(r"(.+)\.(\d{2,4})\Z", re.ASCII | re.DOTALL)
_LETTERED: Final = re.compile(r"(?:(.+)[._-]|(x))([a-z]{2,3})\Z", re.DOTALL)
_RAR: Final = re.compile(r"(.*?)(\d{1,5})\.rar\Z", re.ASCII | re.DOTALL | re.IGNORECASE)
_RAR_STEM: Final = re.compile(r"(.*?)[ ._-]*(?:part|vol|volume)?[ ._-]*\Z", re.DOTALL | re.IGNORECASE)
_OLD_RAR: Final = re.compile(r"(.+)\.([r-y])(\d\d)\Z", re.ASCII | re.DOTALL | re.IGNORECASE)
_ZIP: Final = re.compile(r"(.+)\.z(\d{2,3})\Z", re.ASCII | re.DOTALL | re.IGNORECASE)
_BEARS: Final = re.compile(r"(?:\.[0-9r-zR-Z]?\d\d\d?|\d\.[rR][aA][rR]|[._-]a[a-z]|[._-]aa[a-z]|xaa?[a-z])\Z", re.ASCII)
_PLAIN: Final = re.compile(r"(.+)\.(rar|zip)\Z", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Series:
    """Volumes of one archive: what their names have in common. `whole` is the name of the archive, were it not cut."""

    way: Way
    stem: str
    whole: str
    width: int = 0  # of the number, where that tells series apart


@dataclass(frozen=True, slots=True)
class VolumeName:
    """A name read as that of a volume; `bears_number` is false for `a.rar` and `a.zip`: any archive has such a name."""

    series: Series
    number: int
    bears_number: bool = True


def may_bear_number(name: str) -> bool:
    """Tell, quickly, whether a name may be that of a volume with a number, or of one of the first with letters."""
    return _BEARS.search(name[-6:]) is not None


def readings_of(name: str) -> Iterator[VolumeName]:
    """Yield each way in which a file's name may be that of a volume."""
    if found := _NUMBERED.match(name):
        yield VolumeName(Series(Way.NUMBERED, found[1], found[1], len(found[2])), int(found[2]))
    elif found := _LETTERED.match(name):
        stem = found[1] or found[2]
        yield VolumeName(Series(Way.LETTERED, stem, stem, len(found[3])), _of_letters(found[3]))
    if found := _RAR.match(name):
        stem = _RAR_STEM.match(found[1])
        assert stem is not None
        yield VolumeName(Series(Way.RAR, found[1], f"{stem[1] or 'archive'}.rar"), int(found[2]))
    if found := _PLAIN.match(name):
        old = found[2].lower() == "rar"
        yield VolumeName(_plain(Way.OLD_RAR if old else Way.ZIP, found[1]), 0 if old else LAST, bears_number=False)
    elif found := _OLD_RAR.match(name):
        number = 100 * (ord(found[2].lower()) - ord("r")) + int(found[3]) + 1
        yield VolumeName(_plain(Way.OLD_RAR, found[1]), number)
    elif found := _ZIP.match(name):
        yield VolumeName(_plain(Way.ZIP, found[1]), int(found[2]))


def _plain(way: Way, stem: str) -> Series:
    return Series(way, stem, f"{stem}.{'zip' if way is Way.ZIP else 'rar'}")


def _of_letters(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("a")
    return number


def begins(numbers: Collection[int], way: Way) -> bool:
    """Tell whether the first volume of a series is among these."""
    return min(numbers) in _FIRSTS[way]


def gap(numbers: Collection[int], way: Way) -> int:
    """Return which volume is the first that is missing, counted from 1; 0 where the series has no gap.

    Whether it goes on behind the last that is there, numbers do not tell, but for a split zip, whose last has none.
    """
    counted = sorted(number for number in numbers if number != LAST)
    for place, number in enumerate(counted):
        if number != counted[0] + place:
            return place + 1
    return len(counted) + 1 if way is Way.ZIP and LAST not in numbers else 0
