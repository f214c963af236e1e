"""Rosters and registers: spreadsheets with hidden parts, CSV in several dialects, ID numbers with planted errors."""

import csv
import io
from collections.abc import Iterator, Sequence

from witnessmark.demo.chance import draws
from witnessmark.demo.people import Person, people
from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.demo.write_xlsx import Core, Sheet, xlsx
from witnessmark.model.exhibit import ExhibitKind

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFICES = ("student", "student", "student", "night shift", "kitchen", "workshop")
STUDENTS = 24
ERRORS = 3


def roster_people(seed: int) -> tuple[Person, ...]:
    """Return the people of the roster; three ID numbers are mistyped."""
    return people(seed, STUDENTS, ERRORS, OFFICES)


def tables(seed: int) -> Iterator[Made]:
    """Yield the tables."""
    yield _roster(seed)
    yield _rations()
    yield _keys(seed)
    yield _duty(seed)


def _roster(seed: int) -> Made:
    row, column, sheet = (
        Secret("QUILLMARK-10", "hidden row of the roster"),
        Secret("QUILLMARK-11", "hidden column of the roster"),
        Secret("QUILLMARK-12", "hidden sheet of the roster"),
    )
    head: tuple[str | int, ...] = ("No.", "Name", "Born", "ID number", "Place", "Remark")
    rows: list[tuple[str | int, ...]] = [head]
    for i, person in enumerate(roster_people(seed), 1):
        remark = column.word if i == 5 else ""
        rows.append((i, person.name, person.born, person.number, person.office, remark))
    rows.insert(9, (0, f"moved {row.word}", 1970, "", "Upper Tarn", ""))
    moved = Sheet("Moved", (("Name", "To"), ("bed 7", f"Upper Tarn {sheet.word}")), hidden=True)
    data = xlsx(
        (Sheet("Roster", tuple(rows), hidden_rows=(9,), hidden_columns=(5,)), moved),
        Core("Roster of Centre 3", "Tarn District Office", "2018-01-15T07:20:00Z", "2018-03-02T12:41:00Z"),
    )
    truth = FileTruth(
        "tables/roster-centre-3.xlsx",
        Family.TABLE,
        XLSX,
        ExhibitKind.TABLE,
        phrases=("ID number", "night shift", roster_people(seed)[0].name),
        secrets=(row, column, sheet),
        identifiers=(STUDENTS - ERRORS, ERRORS),
    )
    return Made(truth, data, "2018-03-02T12:41:30Z")


def _rations() -> Made:
    row, sheet, column = (
        Secret("QUILLMARK-13", "hidden row of the table of rations"),
        Secret("QUILLMARK-14", "hidden sheet of the table of rations"),
        Secret("QUILLMARK-15", "hidden column of the table of rations"),
    )
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    rows: list[tuple[str | int, ...]] = [("Day", "Sacks of flour", "Persons at table", "Signed by")]
    rows += [(day, 40, 372 + i, "storekeeper") for i, day in enumerate(days)]
    rows.insert(3, (row.word, 4, 11, "storekeeper"))
    rows[1] = (*rows[1][:3], column.word)
    notes = Sheet("Notes", (("Held back", sheet.word),), hidden=True)
    data = xlsx(
        (Sheet("Week 11", tuple(rows), hidden_rows=(3,), hidden_columns=(3,)), notes),
        Core("Rations, week 11", "Kitchen of Centre 3", "2018-03-12T05:00:00Z", "2018-03-16T13:05:00Z"),
    )
    truth = FileTruth(
        "tables/rations-week-11.xlsx",
        Family.TABLE,
        XLSX,
        ExhibitKind.TABLE,
        phrases=("Sacks of flour", "Persons at table", "Wednesday"),
        secrets=(row, sheet, column),
    )
    return Made(truth, data, "2018-03-16T13:05:20Z")


def _keys(seed: int) -> Made:
    draw = draws(f"keys {seed}")
    rows = [("night", "key", "out", "back", "first hand", "second hand")]
    for night in range(1, 32):
        out = f"{21 + draw.randint(0, 1)}.{draw.randint(0, 59):02d}"
        rows.append((f"2018-03-{night:02d}", draw.choice(("4A", "4B", "5A")), out, "6.00", "shift chief", "deputy"))
    truth = FileTruth(
        "tables/register-of-keys.csv",
        Family.TABLE,
        "text/csv",
        ExhibitKind.TABLE,
        phrases=("2018-03-04", "second hand", "shift chief"),
        encoding="utf-8",
    )
    return Made(truth, _csv(rows, ",").encode(), "2018-04-01T06:30:00Z")


def _duty(seed: int) -> Made:
    """Return a table with semicolons in an old Western encoding, with two ID numbers of each sort."""
    known = roster_people(seed)
    right = [person for person in known if person.is_well_formed][:2]
    wrong = [person for person in known if not person.is_well_formed][:2]
    rows = [("Name", "ID number", "Café duty", "Größe")]
    rows += [(person.name, person.number, "né", "42") for person in (*right, *wrong)]
    truth = FileTruth(
        "tables/night-duty.csv",
        Family.TABLE,
        "text/csv",
        ExhibitKind.TABLE,
        phrases=("Café duty", "Größe", right[0].name),
        encoding="cp1252",
        identifiers=(2, 2),
    )
    return Made(truth, _csv(rows, ";").encode("cp1252"), "2018-03-20T06:30:00Z")


def _csv(rows: Sequence[tuple[str, ...]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
