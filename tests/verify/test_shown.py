"""Laws of which fields an opening shows: the tables are the edition's and the verifier's alike, so each row is a law."""

import pytest

from witnessmark.errors import Falsified
from witnessmark.model.words import REASON_FIELDS, Publish
from witnessmark.verify import shown
from witnessmark.verify.answers import ROLES
from witnessmark.verify.report import NewerVersion

ALWAYS = {
    "exhibit": "handle sealed",
    "reading": "handle step version sealed kind outcome",
    "text": "handle step version text sealed",
    "finding": "sealed exhibit examination version class question outcome result says caveats innocent error forge_cost",
    "hold": "sealed finding state",
    "attestation": "sealed envelope considers",
    "reviewer": "sealed name public field",
    "decision": "sealed exhibit publish title language open decided_on reason",
}
BY_DECISION = {
    "exhibit": "path size digest how filesystem stated at accession container",
    "reading": "media_type languages characters detail members grade tools",
    "finding": "observed",
    "decision": "decided_by",
}
RELEASE = "sealed edition manifest checkpoint previous program ids decisions title keeper about"
"""The same tables as in docs/spec/edition.md and docs/spec/verify.md, written a second time."""

DAY = "2032-06-12"


def said(error, call, *given):
    with pytest.raises(error) as caught:
        call(*given)
    assert type(caught.value) is error
    return str(caught.value)


def opened(role, *more):
    return {name: DAY for name in (*ALWAYS[role].split(), *more)}


def test_the_tables_are_those_of_the_specification():
    assert set(ALWAYS) == set(ROLES) == set(shown.ALWAYS)
    assert {role: set(names) for role, names in shown.ALWAYS.items()} == {r: set(n.split()) for r, n in ALWAYS.items()}
    wanted = {role: set(names.split()) for role, names in BY_DECISION.items()}
    assert {role: set(names) for role, names in shown.BY_DECISION.items()} == wanted
    assert shown.RELEASE == tuple(RELEASE.split())


@pytest.mark.parametrize("role", ROLES)
def test_without_a_word_in_the_decision_only_what_is_always_open_is(role):
    for publish in Publish:
        wanted = set(ALWAYS[role].split()) | ({"digest"} if (role, publish) == ("exhibit", Publish.FILE) else set())
        assert shown.names(role, (), publish) == wanted
        assert shown.names(role, ("salt", "hidden", "seed"), publish) == wanted


HELD_BACK = {
    ("exhibit", Publish.TEXT): {"size", "digest"},
    ("exhibit", Publish.PAGES): {"size", "digest"},
    ("exhibit", Publish.NOTHING): {"size", "digest"},
    ("reading", Publish.NOTHING): {"characters"},
}


@pytest.mark.parametrize("publish", Publish)
@pytest.mark.parametrize("role", ROLES)
def test_what_would_tell_withheld_bytes_opens_only_with_them(role, publish):
    every = [name for names in BY_DECISION.values() for name in names.split()]
    wanted = set(ALWAYS[role].split()) | set(BY_DECISION.get(role, "").split())
    assert shown.names(role, every, publish) == wanted - HELD_BACK.get((role, publish), set())


@pytest.mark.parametrize("role", ROLES)
def test_every_field_that_is_always_open_must_be(role):
    shown.check(role, opened(role), (), Publish.TEXT)
    for name in ALWAYS[role].split():
        fields = opened(role)
        del fields[name]
        sentence = f"keeps the field {name!r} of its {role} shut, which every edition shows"
        assert said(Falsified, shown.check, role, fields, (), Publish.TEXT) == sentence
    first = min(ALWAYS[role].split())
    assert said(Falsified, shown.check, role, {}, (), Publish.TEXT).startswith(f"keeps the field {first!r} ")


BEYOND = [(role, name) for role, names in BY_DECISION.items() for name in names.split()]


@pytest.mark.parametrize(("role", "name"), BEYOND)
def test_a_field_that_the_decision_does_not_name_must_be_shut(role, name):
    sentence = f"opens the field {name!r} of its {role}, which the decision does not let out"
    fields = opened(role, name)
    assert said(Falsified, shown.check, role, fields, (), Publish.TEXT) == sentence
    if name in HELD_BACK.get((role, Publish.TEXT), ()):
        assert said(Falsified, shown.check, role, fields, (name,), Publish.TEXT) == sentence
    else:
        shown.check(role, fields, (name,), Publish.TEXT)
    shown.check(role, fields, (name,), Publish.FILE)


def test_the_digest_opens_with_the_file_and_without_a_word():
    shown.check("exhibit", opened("exhibit", "digest"), (), Publish.FILE)
    said(Falsified, shown.check, "exhibit", opened("exhibit", "size"), (), Publish.FILE)


@pytest.mark.parametrize("role", ROLES)
def test_a_field_of_no_table_is_of_a_newer_version(role):
    name = "n" * 41
    sentence = f"opens the field {name[:40]!r} of its {role}, which this program does not know to be open"
    for decided in ((), (name,)):
        assert said(NewerVersion, shown.check, role, opened(role, name), decided, Publish.FILE) == sentence


def test_the_first_field_by_name_that_is_open_and_must_not_be_is_said():
    fields = opened("exhibit", "path", "zzz", "at")
    assert said(Falsified, shown.check, "exhibit", fields, (), Publish.TEXT).startswith("opens the field 'at' ")
    assert said(NewerVersion, shown.check, "exhibit", opened("exhibit", "zzz", "nnn"), (), Publish.TEXT).startswith(
        "opens the field 'nnn' "
    )


DAYS = [(role, name) for role in ROLES for name in ("sealed", "decided_on") if name in ALWAYS[role].split()]
NO_DAYS = [
    "soon",
    "2032-6-12",
    "20320612",
    "2032-06-31",
    "2032-06-12T00:00:00Z",
    "",
    20320612,
    None,
    [DAY],
    "2032-W24-6",
]


@pytest.mark.parametrize(("role", "name"), DAYS)
def test_a_day_is_a_day_in_its_one_spelling(role, name):
    for wrong in NO_DAYS:
        fields = opened(role) | {name: wrong}
        assert (
            said(Falsified, shown.check, role, fields, (), Publish.TEXT) == f"says {str(wrong)!r} where a day belongs"
        )


def test_a_day_is_returned_as_it_is_written_and_a_long_one_is_cut_where_it_is_named():
    assert shown.day("2032-02-29") == "2032-02-29"
    assert said(Falsified, shown.day, "d" * 41) == f"says {'d' * 40!r} where a day belongs"


# The release


def release(*names):
    return [(name, "salt", "1") for name in names]


def test_a_release_opens_its_fields_in_their_one_order():
    names = RELEASE.split()
    shown.check_release(release(*names))
    for name in names:
        left = [one for one in names if one != name]
        sentence = f"keeps the field {name!r} of its release shut, which every edition shows"
        assert said(Falsified, shown.check_release, release(*left)) == sentence
    order = "opens the fields of its release in another order than every edition"
    for wrong in (names[::-1], [*names[1:], names[0]], [*names, names[-1]]):
        assert said(Falsified, shown.check_release, release(*wrong)) == order
    assert said(Falsified, shown.check_release, []).startswith("keeps the field 'sealed' ")


def test_a_field_of_a_release_that_is_not_known_is_of_a_newer_version():
    names = [*RELEASE.split(), "zz", "n" * 41]
    sentence = f"opens the field {'n' * 40!r} of its release, which this program does not know"
    assert said(NewerVersion, shown.check_release, release(*names)) == sentence


# What a review discloses


def disclosed(**values):
    return [(name, "salt", "1") for name in values], values


def test_a_review_discloses_its_name_and_texts_of_known_names():
    for name in REASON_FIELDS:
        shown.check_disclosed(*disclosed(**{"name": "Ada Quill", name: "I looked."}))


def test_a_review_that_keeps_its_name_shut_is_false():
    sentence = "a review keeps shut under which name it was signed"
    for values in ({}, {"reasons": "I looked."}):
        assert said(Falsified, shown.check_disclosed, *disclosed(**values)) == sentence


@pytest.mark.parametrize("name", REASON_FIELDS)
def test_what_a_review_discloses_is_text(name):
    for wrong in (1, None, ["x"], {}):
        values = {"name": "Ada Quill"} | {name: wrong}
        sentence = f"a review discloses {name!r}, which is no text"
        assert said(Falsified, shown.check_disclosed, *disclosed(**values)) == sentence


def test_a_text_of_an_unknown_name_is_of_a_newer_version():
    values = {"name": "Ada Quill", "v" * 41: "x"}
    sentence = f"a review discloses {'v' * 40!r}, which this program does not know"
    assert said(NewerVersion, shown.check_disclosed, *disclosed(**values)) == sentence
