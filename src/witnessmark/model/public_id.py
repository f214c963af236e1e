"""The public name of an exhibit, as people cite it: a prefix and a serial number."""

import re
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged

_PUBLIC_ID = re.compile(r"([A-Z]{1,6})-([0-9]{5,12})\Z")


@dataclass(frozen=True, slots=True, order=True)
class PublicId:
    """The public name of an exhibit: prefix and serial number, given at first release, never used again."""

    prefix: str
    number: int

    def __post_init__(self) -> None:
        if not re.match(r"[A-Z]{1,6}\Z", self.prefix) or self.number < 1:
            raise Damaged("a public id is one to six capital letters and a number from 1")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the public id written as `TP-00417`."""
        match = _PUBLIC_ID.match(text)
        if match is None:
            raise Damaged(f"not a public id: {text[:40]!r}")
        found = cls(match[1], int(match[2]))
        if str(found) != text:
            raise Damaged(f"a second spelling of a public id: {text[:40]!r}")
        return found

    def __str__(self) -> str:
        return f"{self.prefix}-{self.number:05d}"

    @property
    def folder(self) -> str:
        """The name of its folder in an edition: lower case."""
        return str(self).lower()
