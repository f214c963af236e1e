"""Laws against a keeper who holds the key: what is signed with good signatures and still does not fit is reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.attestation import Reviewer
from witnessmark.model.public_id import PublicId
from witnessmark.verify import explain
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Word

ONE = "e/tp-00001/exhibit.json"


def false_files(report):
    return {verdict.file for verdict in report.verdicts if verdict.word is Word.FALSE}


def judged(forge, tmp_path, change, bend=None, path=ONE):
    """Release what a keeper bent, with good signatures, and verify it with the right key."""
    house = forge.House(seed=3)
    change(house, forge)
    pages = house.pages(2)
    if bend:
        pages[path] = forge.bend_json(pages[path], bend)
    site = forge.write(house.release(pages, 2), tmp_path)
    return verify_site(str(site), house.keeper.vkey)


def nothing(house, forge):
    """Leave the house as it is."""


def count_twice(house, forge):
    """Seal one signed envelope a second time, so that one answer counts for two."""
    shelf = house.shelves[0]
    (signed,) = shelf.openings["attestation"]
    (again,) = house.keeper.seal(signed.event)
    shelf.openings["attestation"].append(again)
    shelf.shut[again.index] = shelf.shut[signed.index]


def name_one_who_did_not_sign(house, forge):
    """Show a reviewer with a great name beside a review that somebody else signed."""
    public = codec.to_base64(house.draw.randbytes(32))
    made = Reviewer("Prof. Great Name", public, "everything")
    house.shelves[0].openings["reviewer"] += house.keeper.seal(made.event(house.at()))


def rename_the_signer(house, forge):
    """Introduce a reviewer's key under another name, and keep shut the name that was signed."""
    shelf = house.shelves[0]
    (old,) = shelf.openings["reviewer"]
    made = Reviewer("Prof. Great Name", old.event.fields["public"], "everything")
    for one in house.shelves:
        rows = one.openings.get("reviewer", [])
        if old in rows:
            (new,) = house.keeper.seal(made.event(house.at()))
            one.openings["reviewer"] = [new if row is old else row for row in rows]
            for index, shut in one.shut.items():
                one.shut[index] = tuple(row for row in shut if row[0] != "name")


def show_what_is_held(house, forge):
    """Show a finding that conflicts while it still waits for a person."""
    shelf = house.shelves[2]
    shelf.openings["finding"] = [house.finding(shelf, forge.FindingOutcome.CONFLICTS)]


def hold_the_finding_of_another(house, forge):
    """Show on one page the hold of a finding about another exhibit."""
    house.shelves[0].openings.setdefault("hold", []).extend(house.shelves[2].openings["hold"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (count_twice, ONE),
        (name_one_who_did_not_sign, ONE),
        (rename_the_signer, ONE),
        (show_what_is_held, "e/tp-00003/exhibit.json"),
        (hold_the_finding_of_another, "e/tp-00003/exhibit.json"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_keeper_cannot_make_a_review_or_a_finding_say_more(change, named, forge, tmp_path):
    report = judged(forge, tmp_path, change)
    assert report.exit_code == 1
    assert named in false_files(report)


def test_an_id_of_thousands_of_digits_is_false_and_no_bug(forge, tmp_path):
    def bend(value):
        value["id"] = "TP-" + "9" * 5000

    report = judged(forge, tmp_path, nothing, bend)
    assert report.exit_code == 1
    assert ONE in false_files(report)


def _row(value, role):
    return next(row for row in value["openings"] if row["role"] == role)


def _drop(role, name):
    def bend(value):
        row = _row(value, role)
        row["fields"] = [field for field in row["fields"] if field[0] != name]

    return bend


@pytest.mark.parametrize(
    ("role", "name"), [("finding", "caveats"), ("finding", "says"), ("reading", "outcome"), ("decision", "open")]
)
def test_words_of_caution_cannot_be_kept_shut(role, name, forge, tmp_path):
    report = judged(forge, tmp_path, nothing, _drop(role, name))
    assert report.exit_code == 1
    assert ONE in false_files(report)


def test_no_field_opens_that_was_not_decided(forge, tmp_path):
    for field, exit_code in (("path", 1), ("digest", 1), ("id", 65)):

        def change(house, forge, field=field):
            house.shelves[0].open = (field,)
            house.shelves[0].openings["exhibit"][0].rows.sort(key=lambda row: row[0])
            house.shelves[0].openings["decision"] = []
            house._decide([house.shelves[0]])
            decided = house.shelves[0].openings["decision"][0]
            fields = dict(decided.event.fields) | {"open": []}
            (again,) = house.keeper.seal(forge.Event("decision", fields))
            house.shelves[0].openings["decision"] = [again]

        report = judged(forge, tmp_path / field, change)
        assert report.exit_code == exit_code, [v for v in report.verdicts if v.word is not Word.AGREES]


def test_a_day_is_a_day_and_no_sentence(forge, tmp_path):
    def change(house, forge):
        fields = dict(house.shelves[0].exhibit.event.fields) | {"sealed": "1999-01-01, as three courts have seen"}
        (entry,) = house.keeper.seal(forge.Event("exhibit", fields))
        shelf = house.shelves[0]
        shelf.exhibit, shelf.openings = (
            entry,
            {"exhibit": [entry]} | {role: rows for role, rows in shelf.openings.items() if role in ("reading", "text")},
        )
        house._decide([shelf])

    report = judged(forge, tmp_path, change)
    assert report.exit_code == 1
    assert ONE in false_files(report)
    said = "\n".join(explain.people(report))
    assert "sealed on 1999" not in said


@given(st.text(alphabet="0123456789", min_size=13, max_size=40))
def test_no_public_id_is_longer_than_twelve_digits(digits):
    with pytest.raises(Damaged):
        PublicId.parse(f"TP-{digits}")


def test_the_keepers_words_are_told_as_the_keepers(site, key):
    """A reason could say anything; it must not read as if the verifier said it."""
    said = "\n".join(explain.people(verify_site(str(site), key)))
    assert "The keeper's reason: “Safety”" in said
    assert "shown: Safety" not in said


def test_what_was_left_out_is_named_as_not_shown():
    assert any("no review, finding or reply was left out" in line for line in explain.NOT_SHOWN)
    assert any("pages" in line and "not compared" in line for line in explain.NOT_SHOWN)
