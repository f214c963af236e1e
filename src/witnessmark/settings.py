"""The settings of one archive: the file `witnessmark.toml`, read once, checked whole."""

import re
import tomllib
from dataclasses import dataclass
from typing import Any, Final, Self

from witnessmark.errors import Damaged, WrongUsage

FORMAT = 1
"""The version of the archive's layout that this program writes."""

GRADES = ("A", "B", "C", "D")
"""How well a reading can be confined, best first."""
ENOUGH: Final = "B"
"""The grade that needs no question."""

_ORIGIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/[a-z2-7]{16}\Z")
_PREFIX = re.compile(r"[A-Z]{1,6}\Z")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is fixed for an archive, and what its keeper chose.

    `origin` is the log's name and never changes. `pad` is the multiple to which each checkpoint is padded with
    dummies. `prefix`, `title` and `keeper` are used by editions; the prefix is fixed by the first release.
    `accept_grade` is the worst grade of confinement in which files may be read without a question.
    """

    origin: str
    pad: int = 256
    prefix: str = "WM"
    title: str = "An archive"
    keeper: str = "its keeper"
    about: str = ""
    accept_grade: str = ENOUGH

    def __post_init__(self) -> None:
        if not _ORIGIN.match(self.origin):
            raise WrongUsage("origin in witnessmark.toml is a domain, a slash and 16 base32 characters")
        if not _PREFIX.match(self.prefix):
            raise WrongUsage("publication.prefix in witnessmark.toml is one to six capital letters A to Z")
        if not 1 <= self.pad <= 65536:
            raise WrongUsage("pad in witnessmark.toml lies between 1 and 65536")
        if self.accept_grade not in GRADES:
            raise WrongUsage("reading.accept_grade in witnessmark.toml is A, B, C or D")

    @property
    def worst_grade(self) -> str:
        """The worst grade of confinement behind which anything may be opened or run here."""
        return max(self.accept_grade, ENOUGH)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the settings written in TOML.

        Raises:
            Damaged: when the file is no TOML or of a newer version.
            WrongUsage: when a value is out of its range.
        """
        try:
            data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Damaged(f"witnessmark.toml cannot be read: {error}") from error
        found = data.get("format")
        if not isinstance(found, int) or found < 1:
            raise Damaged("witnessmark.toml lacks its format number: this is no archive of ours")
        if found > FORMAT:
            raise Damaged(
                f"this archive has format {found}, this program knows up to {FORMAT}: use a newer witnessmark; "
                "nothing was changed"
            )
        log, publication, reading = data.get("log", {}), data.get("publication", {}), data.get("reading", {})
        try:
            return cls(
                origin=str(log["origin"]),
                pad=int(log.get("pad", 256)),
                prefix=str(publication.get("prefix", "WM")),
                title=str(publication.get("title", "An archive")),
                keeper=str(publication.get("keeper", "its keeper")),
                about=str(publication.get("about", "")),
                accept_grade=str(reading.get("accept_grade", ENOUGH)),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Damaged("witnessmark.toml lacks log.origin or holds a value of the wrong type") from error

    def text(self) -> str:
        """Return the settings as TOML, with a comment a keeper can follow."""
        quote = _toml_string
        return (
            "# Settings of this archive. `log` never changes once made; edit `publication` before the first edition.\n"
            f"format = {FORMAT}\n\n[log]\norigin = {quote(self.origin)}\npad = {self.pad}\n\n"
            f"[publication]\nprefix = {quote(self.prefix)}\ntitle = {quote(self.title)}\n"
            f"keeper = {quote(self.keeper)}\nabout = {quote(self.about)}\n"
        )


def with_accepted(text: str, grade: str) -> str:
    """Return the text of a settings file, all else as it was, with the grade that its keeper accepts."""
    line = f'accept_grade = "{grade}"'
    replaced, count = re.subn(r"^[ \t]*accept_grade[ \t]*=.*$", line, text, count=1, flags=re.MULTILINE)
    if count:
        return replaced
    replaced, count = re.subn(r"^[ \t]*\[reading\][ \t]*(#.*)?$", rf"\g<0>\n{line}", text, count=1, flags=re.MULTILINE)
    return replaced if count else f"{text.rstrip()}\n\n[reading]\n{line}\n"


def _toml_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
