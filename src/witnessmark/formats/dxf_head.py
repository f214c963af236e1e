"""What a drawing says of itself: version, code page, who saved it when, properties that a user gave it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates
from witnessmark.formats.windows_codecs import WESTERN, codec_of_page

LONGEST: Final = 10_000
MOST_CUSTOM: Final = 2000
VERSIONS: Final = {
    "AC1006": "R10", "AC1009": "R11 or R12", "AC1012": "R13", "AC1014": "R14", "AC1015": "2000", "AC1018": "2004",
    "AC1021": "2007", "AC1024": "2010", "AC1027": "2013", "AC1032": "2018",
}  # fmt: skip
"""Which AutoCAD began a version of the format."""
_NAMES: Final = {
    "$LASTSAVEDBY": "lastsavedby", "$PROJECTNAME": "project", "$HYPERLINKBASE": "hyperlinkbase", "$TITLE": "title",
    "$SUBJECT": "subject", "$AUTHOR": "author", "$KEYWORDS": "keywords", "$COMMENTS": "comments",
    "$REVISIONNUMBER": "revision", "$FINGERPRINTGUID": "fingerprint", "$VERSIONGUID": "saved as", "$MENU": "menu",
}  # fmt: skip
_PROPERTIES: Final = {
    2: "title",
    3: "subject",
    4: "author",
    6: "comments",
    7: "keywords",
    8: "lastsavedby",
    9: "revision",
}
"""Codes of the record in which AutoCAD kept properties before the head had a place for them."""
_UNSAID: Final = frozenset(("fingerprint", "saved as", "menu", "revision"))
"""Properties that are observed and are no words."""
_PAGES: Final = {"ANSI_936": "gb18030", "GB2312": "gb18030", "BIG5": "big5hkscs", "JOHAB": "johab", "ASCII": "cp1252"}
LONGEST_EDITED: Final = 36_525
"""Days for which a drawing is believed to have been worked on."""
_FIRST_DAY: Final = 2_415_021
"""The Julian day 1900-01-01, as AutoCAD counts them: from midnight on."""


class Header:
    """The variables of the head, as they come."""

    def __init__(self, codec: str) -> None:
        """Begin; `codec` is what the letters look like, where nothing is stated."""
        self.values: dict[str, bytes] = {}
        self.codec = codec
        self._custom: list[tuple[bytes, bytes]] = []
        self._tag = b""
        self._name = ""

    def take(self, code: int, value: bytes) -> None:
        """Take a pair of the head: the name of a variable, or a value of the last."""
        if code == 9:
            self._name = value.strip().decode("latin-1").upper()[:100]
        elif self._name == "$CUSTOMPROPERTYTAG":
            self._tag = value
        elif self._name == "$CUSTOMPROPERTY" and len(self._custom) < MOST_CUSTOM:
            self._custom.append((self._tag, value))
        elif self._name not in self.values and len(self.values) < 10_000:
            self.values[self._name] = value.strip()
            self._choose()

    def take_properties(self, values: Iterable[tuple[int, bytes]]) -> None:
        """Take the properties that an older drawing keeps in a record of its own."""
        for code, value in values:
            if code in _PROPERTIES:
                self.values.setdefault(f"${_PROPERTIES[code].upper()}", value.strip())
            elif 300 <= code <= 309 and b"=" in value and len(self._custom) < MOST_CUSTOM:
                tag, _, rest = value.partition(b"=")
                self._custom.append((tag, rest))

    def tell(self, report: Report, text: Callable[[bytes], str]) -> None:
        """Report what is known of the drawing."""
        version = text(self.values.get("$ACADVER", b""))
        said = {"version": version, "begun by": VERSIONS.get(version, "")} if version else {}
        for name, told in {**_NAMES, "$REVISION": "revision"}.items():
            words = text(self.values.get(name, b""))[:LONGEST]
            if words.strip(" .{}0-"):
                said[told] = words
                if told not in _UNSAID:
                    report.hidden(f"metadata: {told}", f"{words}\n")
        if 0 < (edited := self._number("$TDINDWG")) < LONGEST_EDITED:
            said["edited"] = minutes(edited)
        if said:
            report.observe("drawing", {key: value[:500] for key, value in said.items() if value})
        for tag, value in self._custom:
            if value.strip():
                report.hidden(f"metadata: {text(tag)[:100]}", text(value)[:LONGEST] + "\n")
        for name, local, universal in (("created", "$TDCREATE", "$TDUCREATE"), ("modified", "$TDUPDATE", "$TDUUPDATE")):
            tell_date(report, name, self._number(local), self._number(universal), f"drawing: {local}")

    def _number(self, name: str) -> float:
        try:
            return float(self.values.get(name, b"0"))
        except ValueError:
            return 0.0

    def _choose(self) -> None:
        """Choose how text is kept: as UTF-8 from 2007 on, before in the code page that is stated."""
        if self._name not in ("$ACADVER", "$DWGCODEPAGE"):
            return
        page = self.values.get("$DWGCODEPAGE", b"").decode("latin-1").upper()
        digits = "".join(char for char in page if char in "0123456789")
        if self.values.get("$ACADVER", b"") >= b"AC1021":
            self.codec = "utf-8"
        elif page:
            self.codec = _PAGES.get(page) or ((codec_of_page(int(digits[:9])) or WESTERN) if digits else self.codec)


def minutes(days: float) -> str:
    """Return a span as it is told."""
    return f"{round(days * 1440)} minutes"


def tell_date(report: Report, name: str, local: float, universal: float, says: str) -> None:
    """Report a date by its Julian day; the clock of the machine beside that of the world tells where it stood."""
    here = _moment(local)
    if here is None:
        return
    there = _moment(universal)
    minutes = None if there is None else round((here - there).total_seconds() / 60)
    offset = minutes if minutes is not None and abs(minutes) <= 15 * 60 else None
    moment = dates.Moment(f"{local:.8f}".rstrip("0").rstrip("."), here.replace(microsecond=0), offset)
    dates.observe(report, name, moment, says)


def _moment(day: float) -> datetime | None:
    if not _FIRST_DAY < day < _FIRST_DAY + 365 * 400:
        return None
    return datetime(1900, 1, 1) + timedelta(days=day - _FIRST_DAY)  # noqa: DTZ001 - whose clock is said beside
