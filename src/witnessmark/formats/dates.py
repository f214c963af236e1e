"""Date strings of PDF, EXIF, Office, mail, XMP and zip as observations: what stands there, and which instant it names.

A date observation has the name `date.<what>` and the value {raw, utc, local, offset, says}. `utc` is given only
when the zone is known; `local` is the clock as written; `offset` is in minutes east of UTC. What cannot be read
keeps its `raw` alone: the examination weighs it, the reader does not guess.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from witnessmark.cell.report import Report

_PDF = re.compile(
    r"\s*(?:D:)?\s*(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(?:([-+Zz])\s*(\d\d)?'?\s*(\d\d)?'?)?\s*\Z", re.ASCII
)
_ZONE = r"(?:([-+Zz])(?:(\d\d):?(\d\d))?)?"
_ISO = re.compile(
    r"\s*(\d{4})-(\d\d)(?:-(\d\d))?(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?)?\s*" + _ZONE + r"\s*\Z",
    re.ASCII,
)
_EXIF = re.compile(
    r"\s*(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*" + _ZONE + r"\s*\Z",
    re.ASCII,
)
LONGEST = 200
"""Characters of a raw date string that are kept."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as it stands in a file; `local` is the clock as written, `offset` its zone in minutes, if it says one."""

    raw: str
    local: datetime | None = None
    offset: int | None = None

    @property
    def utc(self) -> datetime | None:
        """The instant, when clock and zone are both known."""
        if self.local is None or self.offset is None:
            return None
        try:
            return self.local - timedelta(minutes=self.offset)
        except OverflowError:
            return None


def from_pdf(raw: str) -> Moment:
    """Return the moment of a PDF date, `D:YYYYMMDDHHmmSSOHH'mm'` (ISO 32000-1, section 7.9.4)."""
    match = _PDF.match(raw)
    return from_iso(raw) if match is None else _moment(raw, match)


def from_iso(raw: str) -> Moment:
    """Return the moment of an ISO 8601 date, as XMP and Office write it."""
    match = _ISO.match(raw)
    return Moment(raw[:LONGEST]) if match is None else _moment(raw, match)


def from_exif(raw: str, zone: str = "") -> Moment:
    """Return the moment of an EXIF date, `YYYY:MM:DD HH:MM:SS`, with the zone that a second tag may give."""
    match = _EXIF.match(f"{raw.strip()}{zone.strip()}") or _EXIF.match(raw)
    return from_iso(raw) if match is None else _moment(raw, match)


def from_mail(raw: str) -> Moment:
    """Return the moment of a mail date (RFC 5322, section 3.3); `-0000` says that the zone is unknown."""
    try:
        found = parsedate_tz(raw[:LONGEST])
    except (ValueError, IndexError, TypeError, OverflowError):  # the standard library trips over some odd strings
        found = None
    if found is None:
        return Moment(raw[:LONGEST])
    local = _clock(*found[:6])
    offset = None if found[9] is None or abs(found[9]) >= 86400 else found[9] // 60
    return Moment(raw[:LONGEST], local, offset)


def from_zip(stamp: tuple[int, int, int, int, int, int]) -> Moment:
    """Return the moment of a zip member: the packer's local clock, to two seconds."""
    year, month, day, hour, minute, second = stamp
    return Moment(
        f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}",
        _clock(year, month, day, hour, minute, second),
    )


def from_unix(seconds: int) -> Moment:
    """Return the moment of a count of seconds since 1970 UTC."""
    try:
        return Moment(str(seconds), datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), 0)
    except (OverflowError, ValueError, OSError):
        return Moment(str(seconds))


def from_filetime(ticks: int) -> Moment:
    """Return the moment of a FILETIME, 100 ns since 1601 UTC ([MS-DTYP] 2.3.3)."""
    try:
        return Moment(str(ticks), datetime(1601, 1, 1) + timedelta(microseconds=ticks // 10), 0)  # noqa: DTZ001 - UTC by the offset
    except OverflowError:
        return Moment(str(ticks))


def observe(report: Report, name: str, moment: Moment, says: str) -> None:
    """Report a moment under `date.<name>`; an empty string is no date and says nothing."""
    if not moment.raw.strip():
        return
    utc = moment.utc
    value = {
        "raw": moment.raw,
        "utc": None if utc is None else f"{utc.isoformat(timespec='seconds')}Z",
        "local": None if moment.local is None else moment.local.isoformat(timespec="seconds"),
        "offset": moment.offset,
        "says": says,
    }
    report.observe(f"date.{name}", value)


def observe_software(report: Report, name: str, version: str, says: str) -> None:
    """Report the program that a file names as its maker."""
    if name.strip() or version.strip():
        report.observe("software", {"name": name[:LONGEST], "version": version[:LONGEST], "says": says})


def _moment(raw: str, match: re.Match[str]) -> Moment:
    year, month, day, hour, minute, second, sign, east, rest = match.groups()
    written = zip((year, month, day, hour, minute, second), (1, 1, 1, 0, 0, 0), strict=True)
    local = _clock(*(int(part or least) for part, least in written))
    offset = None
    if sign in ("Z", "z"):
        offset = 0
    elif sign is not None and east is not None:
        offset = (int(east) * 60 + int(rest or 0)) * (1 if sign == "+" else -1)
        offset = offset if abs(offset) < 24 * 60 else None
    return Moment(raw[:LONGEST], local, offset)


def _clock(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - a clock without a zone, as written
    except (ValueError, OverflowError):
        return None
