"""Invented people and offices of the Republic of Kestria, and its invented ID numbers with check digits.

An ID number is `KE`, nine digits, two check digits: district (2), year of birth (2), running number (5), and the
check by ISO/IEC 7064, MOD 97-10 (the whole number modulo 97 is 1). One wrong digit or two swapped neighbours always
break the check. Nobody in this file lives or has lived: the names are put together from syllables.
"""

import random
import re
from dataclasses import dataclass

from witnessmark.demo.chance import draws

DIRECTORATE = "Interior Security Directorate"
DISTRICT = "Tarn District"
REPUBLIC = "Republic of Kestria"
CENTRE = "Centre 3"
DIRECTOR = "Varo Orlandeth"

TARN = 31
"""The district code of Tarn in ID numbers."""

_GIVEN_STARTS = ("Ar", "Bel", "Dra", "El", "Hal", "Il", "Jor", "Kes", "Mir", "Nel", "Or", "Sil", "Tov", "Ul", "Ver")
_GIVEN_ENDS = ("dan", "eth", "ika", "len", "mo", "na", "rin", "sko", "vash", "wen")
_FAMILY_STARTS = (
    "Brav",
    "Cald",
    "Dorn",
    "Fesk",
    "Grell",
    "Hask",
    "Karv",
    "Lorr",
    "Mesk",
    "Orth",
    "Prell",
    "Sarn",
    "Vesk",
)
_FAMILY_ENDS = ("adel", "anth", "emir", "ildun", "orrik", "oveth", "umar", "ythe")
_NUMBER = re.compile(r"KE([0-9]{9})([0-9]{2})\Z")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person: name, year of birth, ID number as it is written down, and whether it is well formed."""

    name: str
    born: int
    number: str
    office: str

    @property
    def is_well_formed(self) -> bool:
        """Whether the ID number as written has a right check."""
        return is_well_formed(self.number)


def check_digits(nine: str) -> str:
    """Return the two check digits of nine digits (ISO/IEC 7064, MOD 97-10)."""
    return f"{(98 - int(nine) * 100 % 97) % 97:02d}"


def id_number(district: int, born: int, running: int) -> str:
    """Return a well-formed ID number."""
    nine = f"{district:02d}{born % 100:02d}{running:05d}"
    return f"KE{nine}{check_digits(nine)}"


def is_well_formed(number: str) -> bool:
    """Return whether an ID number has the right form and check; this says nothing about a person."""
    found = _NUMBER.match(number)
    return found is not None and check_digits(found[1]) == found[2]


def mistyped(number: str, draw: random.Random) -> str:
    """Return the number with one planted error: a wrong digit, or two swapped neighbours that differ."""
    digits = list(number[2:])
    swaps = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1]]
    if swaps and draw.random() < 0.5:
        at = draw.choice(swaps)
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        at = draw.randrange(len(digits))
        digits[at] = str((int(digits[at]) + draw.randint(1, 9)) % 10)
    return "KE" + "".join(digits)


def people(seed: int, count: int, errors: int, offices: tuple[str, ...]) -> tuple[Person, ...]:
    """Return invented people with distinct names; the ID numbers of `errors` of them are mistyped."""
    draw = draws(f"people {seed} {count}")
    wrong = set(draw.sample(range(count), errors))
    names: dict[str, None] = {}
    while len(names) < count:
        names[_name(draw)] = None
    found = []
    for i, name in enumerate(names):
        born = draw.randint(1951, 1998)
        number = id_number(TARN, born, draw.randint(100, 98_999))
        found.append(Person(name, born, mistyped(number, draw) if i in wrong else number, offices[i % len(offices)]))
    return tuple(found)


def _name(draw: random.Random) -> str:
    given = draw.choice(_GIVEN_STARTS) + draw.choice(_GIVEN_ENDS)
    return f"{given} {draw.choice(_FAMILY_STARTS)}{draw.choice(_FAMILY_ENDS)}"
