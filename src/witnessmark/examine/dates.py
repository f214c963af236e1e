"""`file.time`: the dates inside a file against each other, against the file system's, and against the sealing.

Each date is an interval of possible instants: a date without a time zone may lie up to 14 hours either side, one
without a time of day a day more. Two dates contradict one another only when the earlier-by-meaning begins after the
later-by-meaning has ended, with a tolerance on top. A wrong "conflicts" is the worst failure of this examination:
where a date is a placeholder (year 1, 1970, 1980, 9999), malformed or alone, it is left out or the outcome is neutral.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from witnessmark.examine.method import Observed, Weighed
from witnessmark.model.codec import Value
from witnessmark.model.exhibit import How
from witnessmark.model.finding import FindingClass
from witnessmark.model.words import FindingOutcome

_TOLERANCE = timedelta(minutes=2)
_FILE_SYSTEM_TOLERANCE = timedelta(hours=48)
_SEAL_TOLERANCE = timedelta(hours=48)
_MAIL_TOLERANCE = timedelta(hours=26)
_EARLIEST = datetime(1985, 1, 1, tzinfo=UTC)  # below: clocks never set, zip's 1980, the Unix epoch
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)  # from here on: "never", as programs write it
_ZONES = timedelta(hours=14)  # UTC-12 to UTC+14

CAVEATS: Final = (
    (
        "Dates inside a file can be set to anything with common tools; dates that fit one another do not show when the "
        "file was made."
    ),
    "A computer's clock may have been wrong, and copying can reset the file system's dates.",
)
_INNOCENT_ORDER = (
    "The clock of the computer was wrong, or was set right between the two savings.",
    "The file was made from a template or by a program that keeps or rewrites one of the two dates.",
    "The two dates were written in different time zones without saying so.",
)
_INNOCENT_FILE_SYSTEM = (
    "The copy's file system dates were restored from a backup or set by a packing program.",
    "The computer that made the file and the one that kept it had different clocks.",
)
_INNOCENT_SEAL = (
    "The clock of the computer that made the file ran ahead.",
    "The clock of the sealing computer is behind.",
)
_INNOCENT_MAIL = ("The sender's clock was wrong.", "The message was held back or resent by a mail server.")


@dataclass(frozen=True, slots=True)
class _Dated:
    """One date as an interval of instants, with what it means and who says so."""

    meaning: str
    says: str
    raw: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class _Contradiction:
    """Two dates that cannot both be right as they stand."""

    result: str
    says: str
    innocent: tuple[str, ...]
    earlier: _Dated
    later: _Dated


class FileTime:
    """The examination `file.time`, version 1."""

    id = "file.time"
    version = "1"
    klass = FindingClass.STRUCTURAL
    question = "date"
    independence = "dates-in-file"
    forge_cost = "none"
    error = (
        "No false conflict on 511 files with dates from public test collections (at most 0.6 % with 95 % confidence); "
        "44 test messages put together by hand, dated years after their receipt, all conflicted."
    )

    def weigh(self, observed: Observed) -> Weighed:
        """Return whether the dates can all be right together."""
        inside = list(_inside(observed))
        if not inside:
            return Weighed(
                FindingOutcome.NOT_APPLICABLE, "no-dates", "No usable date stands inside the file.", {}, CAVEATS
            )
        found = list(_contradictions(inside, observed))
        facts: dict[str, Value] = {"dates": [_value(dated) for dated in inside]}
        if found:
            first = found[0]
            facts["contradictions"] = [
                {"result": c.result, "earlier": _value(c.earlier), "later": _value(c.later)} for c in found
            ]
            innocent = tuple(dict.fromkeys(text for c in found for text in c.innocent))
            return Weighed(FindingOutcome.CONFLICTS, first.result, first.says, facts, CAVEATS, innocent)
        if len(inside) < 2 and _file_system(observed) is None:
            says = "One date stands inside the file and there is nothing to hold it against."
            return Weighed(FindingOutcome.NEUTRAL, "single", says, facts, CAVEATS)
        says = (
            "The dates inside the file are in an order that saving and copying would leave. This is what would be "
            "expected if they were written as the file was made; also consistent with dates that were set afterwards."
        )
        return Weighed(FindingOutcome.NEUTRAL, "ordered", says, facts, CAVEATS)


def _inside(observed: Observed) -> Iterator[_Dated]:
    for name, value in observed.named("date."):
        dated = _interval(name.removeprefix("date."), value)
        if dated is not None:
            yield dated


def _interval(meaning: str, value: Value) -> _Dated | None:
    """Return the instants a date may mean, or None for a placeholder or a malformed one."""
    if not isinstance(value, dict):
        return None
    says, raw = str(value.get("says", "")), str(value.get("raw", ""))
    instant = _parse(value.get("utc"))
    if instant is not None:
        begins = ends = instant
    else:
        local = _parse(value.get("local"))
        if local is None:
            return None
        if not _EARLIEST < local < _LATEST:
            return None
        begins, ends = local - _ZONES, local + _ZONES
    if not _EARLIEST <= begins <= ends < _LATEST:
        return None
    return _Dated(meaning, says, raw, begins, ends)


def _parse(text: Value) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC)


_BEFORE = (
    # (must not be later, must not be earlier, result): each pair is of one clock as a rule. Not "printed": a document
    # made from another one keeps the other's last printing (3 of 511 untouched files).
    ("created", "modified", "created-after-modified"),
    ("taken", "modified", "taken-after-modified"),
    ("taken", "digitised", "taken-after-digitised"),
)


def _contradictions(inside: list[_Dated], observed: Observed) -> Iterator[_Contradiction]:
    yield from _orders(inside)
    yield from _mail(inside)
    yield from _against_file_system(inside, observed)
    limit = observed.sealed_at + _SEAL_TOLERANCE
    for dated in inside:
        if dated.begins > limit:
            sealing = _Dated("sealed", "this archive", "", observed.sealed_at, observed.sealed_at)
            says = "A date inside the file could not be reconciled with the earlier day on which it was sealed here."
            yield _Contradiction("later-than-seal", says, _INNOCENT_SEAL, sealing, dated)


def _orders(inside: list[_Dated]) -> Iterator[_Contradiction]:
    for first, second, result in _BEFORE:
        for one in (dated for dated in inside if dated.meaning == first):
            for other in (dated for dated in inside if dated.meaning == second):
                # only dates of one writer: what says "PDF Info" is not held against what says "XMP"
                if one.says.split(" ")[0] == other.says.split(" ")[0] and one.begins > other.ends + _TOLERANCE:
                    says = (
                        f"The date on which the file says it was {first} could not be reconciled with the earlier "
                        f"date on which it says it was {second}."
                    )
                    yield _Contradiction(result, says, _INNOCENT_ORDER, other, one)


def _mail(inside: list[_Dated]) -> Iterator[_Contradiction]:
    received = [dated for dated in inside if dated.meaning == "received"]
    if not received:
        return
    last = max(received, key=lambda dated: dated.ends)
    for sent in (dated for dated in inside if dated.meaning == "sent"):
        if sent.begins > last.ends + _MAIL_TOLERANCE:
            says = "The date on which the message says it was sent could not be reconciled with its earlier receipt."
            yield _Contradiction("sent-after-received", says, _INNOCENT_MAIL, last, sent)


def _file_system(observed: Observed) -> _Dated | None:
    if observed.filesystem is None or observed.how is not How.RECEIVED:
        return None
    try:
        when = datetime.fromtimestamp(observed.filesystem.modified / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return None  # beyond any calendar: a file system can be told any number
    return _Dated("written", "the file system of the copy", "", when, when) if when >= _EARLIEST else None


def _against_file_system(inside: list[_Dated], observed: Observed) -> Iterator[_Contradiction]:
    written = _file_system(observed)
    if written is None:
        return
    for dated in inside:
        if dated.meaning in ("created", "modified", "taken", "sent") and (
            dated.begins > written.ends + _FILE_SYSTEM_TOLERANCE
        ):
            says = (
                "A date inside the file could not be reconciled with the earlier date on which the file system of the "
                "copy says the file was last written."
            )
            yield _Contradiction("later-than-file-system", says, _INNOCENT_FILE_SYSTEM, written, dated)


def _value(dated: _Dated) -> Value:
    return {
        "meaning": dated.meaning,
        "says": dated.says,
        "raw": dated.raw,
        "from": _iso(dated.begins),
        "to": _iso(dated.ends),
    }


def _iso(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
