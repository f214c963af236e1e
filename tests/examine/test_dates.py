"""`file.time`: planted contradictions are seen, honest orders never conflict."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.examine.dates import FileTime
from witnessmark.examine.method import Observed
from witnessmark.model.exhibit import FileFacts, How
from witnessmark.model.words import FindingOutcome

SEALED = datetime(2032, 6, 12, 9, 41, tzinfo=UTC)
EXAMINATION = FileTime()


def facts(when: datetime) -> FileFacts:
    return FileFacts(int(when.timestamp()) * 10**9, 0, None, 0, 0, 0o644)


def date(
    name: str, utc: datetime | None = None, local: datetime | None = None, says: str = "PDF Info"
) -> tuple[str, dict]:
    return (
        f"date.{name}",
        {
            "raw": "as it stands",
            "utc": utc and utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "local": local and local.strftime("%Y-%m-%dT%H:%M:%S"),
            "offset": None,
            "says": says,
        },
    )


def weigh(*dates, filesystem: FileFacts | None = None, how: How = How.RECEIVED):
    return EXAMINATION.weigh(Observed(tuple(dates), "application/pdf", filesystem, how, SEALED))


MADE = datetime(2031, 3, 4, 16, 12, tzinfo=UTC)


def test_a_file_without_dates_is_not_applicable():
    assert weigh().outcome is FindingOutcome.NOT_APPLICABLE


def test_saved_after_made_is_neutral_and_says_what_it_does_not_show():
    found = weigh(date("created", MADE), date("modified", MADE + timedelta(hours=1)))
    assert (found.outcome, found.result) == (FindingOutcome.NEUTRAL, "ordered")
    assert found.caveats
    assert "also consistent with" in found.says


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("created", "modified", "created-after-modified"),
        ("taken", "modified", "taken-after-modified"),
        ("taken", "digitised", "taken-after-digitised"),
    ],
)
def test_an_impossible_order_conflicts_and_names_innocent_explanations(first, second, result):
    found = weigh(date(first, MADE + timedelta(days=3)), date(second, MADE))
    assert (found.outcome, found.result) == (FindingOutcome.CONFLICTS, result)
    assert found.innocent
    assert str(MADE.year) not in found.says  # the sentence holds no value of the file


def test_a_printing_that_is_older_than_the_document_is_inherited_and_no_conflict():
    assert weigh(date("created", MADE + timedelta(days=3)), date("printed", MADE)).outcome is FindingOutcome.NEUTRAL


def test_dates_without_a_zone_are_given_the_benefit_of_every_zone():
    local = MADE.replace(tzinfo=None)
    assert (
        weigh(date("created", local=local), date("modified", MADE - timedelta(hours=13))).outcome
        is FindingOutcome.NEUTRAL
    )
    assert (
        weigh(date("created", local=local), date("modified", MADE - timedelta(hours=40))).outcome
        is FindingOutcome.CONFLICTS
    )


def test_two_writers_are_not_held_against_each_other():
    late, early = (
        date("created", MADE + timedelta(days=3), says="XMP CreateDate"),
        date("modified", MADE, says="PDF Info ModDate"),
    )
    assert weigh(late, early).outcome is FindingOutcome.NEUTRAL


def test_a_date_after_the_sealing_conflicts():
    assert weigh(date("created", SEALED + timedelta(days=10))).result == "later-than-seal"


def test_a_date_after_the_copy_was_written_conflicts_for_received_files_only():
    written = facts(MADE)
    late = date("modified", MADE + timedelta(days=30))
    assert weigh(late, filesystem=written).result == "later-than-file-system"
    assert weigh(late, filesystem=written, how=How.DECODED).outcome is FindingOutcome.NEUTRAL


def test_a_message_sent_after_it_was_received_conflicts():
    sent = date("sent", MADE + timedelta(days=3), says="mail Date")
    received = date("received", MADE, says="mail Received")
    assert weigh(sent, received).result == "sent-after-received"


@pytest.mark.parametrize("placeholder", [datetime(1980, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_placeholder_is_left_out(placeholder):
    assert weigh(date("created", MADE), date("modified", placeholder)).outcome is FindingOutcome.NEUTRAL


@pytest.mark.parametrize(
    "value", [None, 7, "text", {}, {"utc": "9999-99-99T00:00:00Z"}, {"utc": 5, "local": []}, {"utc": "x" * 10000}]
)
def test_hostile_values_never_conflict_and_never_raise(value):
    assert weigh(("date.created", value), ("date.modified", value)).outcome is FindingOutcome.NOT_APPLICABLE


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2032, 6, 1)), min_size=2, max_size=2))
def test_dates_in_order_never_conflict(pair):
    early, late = (when.replace(tzinfo=UTC) for when in sorted(pair))
    assert weigh(date("created", early), date("modified", late)).outcome is FindingOutcome.NEUTRAL


@given(st.datetimes(datetime(1990, 1, 1), datetime(2032, 1, 1)), st.integers(4, 10**6))
def test_every_planted_disorder_beyond_the_tolerance_is_seen(early, minutes):
    first = early.replace(tzinfo=UTC, microsecond=0)
    late = min(first + timedelta(minutes=minutes), SEALED)
    if late - first < timedelta(minutes=3):
        return
    assert weigh(date("created", late), date("modified", first)).outcome is FindingOutcome.CONFLICTS


@pytest.mark.parametrize("year", [1, 2, 9998, 9999])
@pytest.mark.parametrize("kind", ["utc", "local"])
def test_dates_at_the_ends_of_the_calendar_are_weighed_without_a_fault(year, kind):
    ends = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    for end in ends:
        for first, second in ((end, MADE), (MADE, end), ends):
            found = weigh(date("created", **{kind: first}), date("modified", **{kind: second}), filesystem=facts(MADE))
            assert found.outcome in (FindingOutcome.NEUTRAL, FindingOutcome.CONFLICTS, FindingOutcome.NOT_APPLICABLE)
            if year == 9999:
                assert found.outcome is not FindingOutcome.CONFLICTS, "what says never is no date"


@pytest.mark.parametrize("modified", [2**62, -(2**62), 2**40 * 10**9, 0])
def test_a_time_of_the_file_system_beyond_any_calendar_is_left_out(modified):
    found = weigh(date("created", MADE), filesystem=FileFacts(modified, 0, None, 0, 0, 0o644))
    assert found.outcome in (FindingOutcome.NEUTRAL, FindingOutcome.CONFLICTS)
