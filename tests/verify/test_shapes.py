"""Laws of the JSON files of an edition: each shape is read whole or refused in its own sentence, at its own bound."""

import json

import pytest

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.public_id import PublicId
from witnessmark.proof import dsse
from witnessmark.proof.note import Vkey
from witnessmark.proof.succession import Succession
from witnessmark.verify.report import NewerVersion
from witnessmark.verify.shapes import (
    Continues,
    ExhibitFile,
    HandedOver,
    Keys,
    Link,
    ListedReviewer,
    OpeningRow,
    fields,
)

ORIGIN = "archive.invalid/abcdefghijklmnop"
HASH = codec.to_base64(bytes(32))
FIELD = ["sealed", HASH, '"2032-06-12"']
PROOF = "e/tp-00001/proof/reviewer-1.tlog-proof"


def raw(number):
    return number.to_bytes(32)


def log_key(number=1, name=ORIGIN):
    return Vkey.for_ed25519(name, raw(number))


def witness(name, number=1):
    return Vkey.for_cosigner(name, raw(number)).text


def reviewer(name="Ada Quill", number=1, proof=PROOF):
    return {"name": name, "ed25519": codec.to_base64(raw(number)), "proof": proof}


def handed(number, size, proof="proof/key-1.tlog-proof", name=ORIGIN):
    return {"key": log_key(number, name).text, "size": size, "proof": proof, "fields": [FIELD]}


def keys(**more):
    return {"log": log_key().text, "witnesses": [], "reviewers": []} | more


def continues(**more):
    return {"chain": [], "release": {"fields": [FIELD]}} | more


def link(**more):
    return {"from": 0, "to": 8, "proof": [HASH]} | more


def opening(role, proof=None, **more):
    disclosed = {"disclosed": [["name", HASH, '"Ada Quill"']]} if role == "attestation" else {}
    return {"role": role, "proof": proof or f"proof/{role}.tlog-proof", "fields": [FIELD]} | disclosed | more


def page(**more):
    rows = [opening("exhibit"), opening("decision")]
    return {"id": "TP-00001", "edition": 2, "answers": {"sealed": "x"}, "openings": rows, "files": []} | more


def many_reviewers(rows):
    """Return `keys.json` with many reviewers, written the quick way: it is canonical too."""
    return json.dumps(keys(reviewers=rows), sort_keys=True, separators=(",", ":")).encode()


def parsed(shape, value):
    return shape.parse(codec.encode_bytes(value))


def refused(shape, value, error=Damaged):
    with pytest.raises(Damaged) as caught:
        parsed(shape, value)
    assert type(caught.value) is error
    return str(caught.value)


# What each shape reads


def test_keys_are_read_as_they_are_written():
    made = keys(
        witnesses=[witness("desk.example"), witness("hall.example", 2)],
        reviewers=[reviewer(), reviewer("Bero Lind", 2, "e/abcdef-123456789012/proof/reviewer-999999.tlog-proof")],
        earlier=[handed(2, 8), handed(3, 16, "proof/key-9999.tlog-proof")],
    )
    found = parsed(Keys, made)
    assert found.log == log_key()
    assert [one.text for one in found.witnesses] == made["witnesses"]
    ada = ListedReviewer("Ada Quill", raw(1), PROOF)
    assert found.reviewers == (ada, ListedReviewer("Bero Lind", raw(2), made["reviewers"][1]["proof"]))
    assert found.by_keyid == {dsse.keyid(row.public): row for row in found.reviewers}
    assert found.earlier == (
        HandedOver(log_key(2), 8, "proof/key-1.tlog-proof", (tuple(FIELD),)),
        HandedOver(log_key(3), 16, "proof/key-9999.tlog-proof", (tuple(FIELD),)),
    )
    assert found.succession == Succession(log_key(), ((log_key(2), 8), (log_key(3), 16)))


def test_a_log_that_never_handed_over_has_one_key():
    assert parsed(Keys, keys()).succession == Succession(log_key())


def test_a_chain_is_read_as_it_is_written():
    found = parsed(Continues, continues(chain=[link(), {"from": 8, "to": 24, "proof": []}]))
    assert found.chain == (Link(0, 8, (bytes(32),)), Link(8, 24, ()))
    assert found.release == (tuple(FIELD),)


ROLES = ["exhibit", "reading", "text", "finding", "hold", "attestation", "reviewer", "decision"]
SINGLE = ["exhibit", "reading", "text", "decision"]


def numbered(role, *numbers):
    return [opening(role, f"proof/{role}-{number}.tlog-proof") for number in numbers]


def every_role():
    rows = []
    for role in ROLES:
        rows += [opening(role)] if role in SINGLE else numbered(role, 1, 2)
    return rows


def test_a_page_is_read_as_it_is_written():
    made = page(openings=every_role(), files=["file.csv", "file.txt", "text.txt"])
    found = parsed(ExhibitFile, made)
    assert (found.id, found.edition, found.answers) == (PublicId("TP", 1), 2, {"sealed": "x"})
    assert found.files == ("file.csv", "file.txt", "text.txt")
    assert found.openings[0] == OpeningRow("exhibit", "proof/exhibit.tlog-proof", (tuple(FIELD),), ())
    assert [(row.role, row.proof) for row in found.openings] == [
        (row["role"], row["proof"]) for row in made["openings"]
    ]
    name = ("name", HASH, '"Ada Quill"')
    assert [row.disclosed for row in found.openings] == [
        (name,) if row.role == "attestation" else () for row in found.openings
    ]


@pytest.mark.parametrize(("shape", "whole"), [(Keys, keys), (Continues, continues), (ExhibitFile, page)])
def test_a_shape_has_all_its_members_and_no_other(shape, whole):
    parsed(shape, whole())
    names = ", ".join(whole())
    for name in whole():
        made = whole()
        del made[name]
        assert refused(shape, made) == f"has not the members {names}"
    for other in ([], "x", 7, None, [whole()]):
        assert refused(shape, other) == f"has not the members {names}"
    newer = "holds a member that this program does not know: "
    assert refused(shape, whole() | {"m" * 41: 1}, NewerVersion) == f"{newer}{'m' * 40!r}"
    assert refused(shape, whole() | {"zz": 1, "more": 1}, NewerVersion) == f"{newer}'more'"
    with pytest.raises(Damaged, match="not canonical JSON"):
        shape.parse(codec.encode_bytes(whole()) + b"\n")


INSIDE = [
    (Keys, lambda row: keys(reviewers=[row]), reviewer(), "name, ed25519, proof"),
    (Keys, lambda row: keys(earlier=[row]), handed(2, 8), "key, size, proof, fields"),
    (Continues, lambda row: continues(release=row), {"fields": [FIELD]}, "fields"),
    (Continues, lambda row: continues(chain=[row]), link(), "from, to, proof"),
    (ExhibitFile, lambda row: page(openings=[row]), opening("exhibit"), "proof, role, fields"),
    (
        ExhibitFile,
        lambda row: page(openings=[row]),
        opening("attestation", "proof/attestation-1.tlog-proof"),
        "proof, role, fields, disclosed",
    ),
]


@pytest.mark.parametrize(("shape", "whole", "row", "names"), INSIDE)
def test_a_row_has_all_its_members_and_no_other(shape, whole, row, names):
    parsed(shape, whole(row))
    for name in row:
        made = {other: value for other, value in row.items() if other != name}
        # A row without its role is no attestation any more.
        wanted = names.removesuffix(", disclosed") if name == "role" else names
        assert refused(shape, whole(made)).startswith(f"has not the members {wanted}")
    assert refused(shape, whole([row])).startswith("has not the members ")
    assert refused(shape, whole(row | {"more": 1}), NewerVersion).endswith("does not know: 'more'")


def test_only_a_review_discloses_texts():
    row = opening("exhibit", disclosed=[])
    assert refused(ExhibitFile, page(openings=[row]), NewerVersion).endswith("does not know: 'disclosed'")


LIST, TEXT, COUNT = (f"holds something else where a {what} belongs" for what in ("list", "text", "number from 0"))

WRONG = [
    *((Keys, keys(**{name: {}}), LIST) for name in ("witnesses", "reviewers", "earlier")),
    (Continues, continues(chain={}), LIST),
    (Continues, continues(chain=[link(proof={})]), LIST),
    (Continues, continues(release={"fields": {}}), LIST),
    *((ExhibitFile, page(**{name: {}}), LIST) for name in ("openings", "files")),
    (ExhibitFile, page(openings=[opening("exhibit", fields={})]), LIST),
    (
        ExhibitFile,
        page(openings=[opening("attestation", "proof/attestation-1.tlog-proof", disclosed={})]),
        LIST,
    ),
    (Keys, keys(log=1), TEXT),
    (Keys, keys(witnesses=[1]), TEXT),
    *((Keys, keys(reviewers=[reviewer() | {name: 1}]), TEXT) for name in reviewer()),
    *((Keys, keys(earlier=[handed(2, 8) | {name: 1}]), TEXT) for name in ("key", "proof")),
    (Continues, continues(chain=[link(proof=[1])]), TEXT),
    (ExhibitFile, page(id=1), TEXT),
    (ExhibitFile, page(files=[1]), TEXT),
    *((ExhibitFile, page(openings=[opening("exhibit") | {name: 1}]), TEXT) for name in ("role", "proof")),
    *(
        (Continues, continues(chain=[link(**{end: wrong})]), COUNT)
        for end in ("from", "to")
        for wrong in (-1, True, False, "8", None)
    ),
    *((ExhibitFile, page(edition=wrong), COUNT) for wrong in (-1, True, "2")),
    *((Keys, keys(earlier=[handed(2, wrong)]), COUNT) for wrong in (-1, True, "8")),
]


@pytest.mark.parametrize(("shape", "value", "sentence"), WRONG)
def test_a_value_of_another_type_is_refused(shape, value, sentence):
    assert refused(shape, value) == sentence


def test_zero_is_a_number_and_the_shapes_leave_its_sense_to_the_checks():
    assert parsed(Continues, continues(chain=[link(to=0)])).chain == (Link(0, 0, (bytes(32),)),)
    assert parsed(ExhibitFile, page(edition=0)).edition == 0
    assert parsed(Keys, keys(earlier=[handed(2, 0)])).earlier[0].size == 0


@pytest.mark.parametrize(
    "row", [[], FIELD[:2], [*FIELD, "x"], [1, *FIELD[1:]], ["x", 1, "x"], ["x", "x", 1], "abc", {}]
)
def test_an_opened_field_is_three_texts(row):
    assert fields([FIELD, FIELD]) == (tuple(FIELD), tuple(FIELD))
    with pytest.raises(Damaged, match=r"\Aan opened field is name, salt and value\Z"):
        fields([FIELD, row])


# Keys


def test_the_log_signs_and_witnesses_cosign():
    sentence = "the log's key signs, the witnesses' keys cosign: one of them is of the other type"
    assert refused(Keys, keys(log=witness(ORIGIN))) == sentence
    both = [witness("desk.example"), log_key(2, "hall.example").text]
    for several in (both, both[::-1], both[1:]):
        assert refused(Keys, keys(witnesses=several)) == sentence


TWICE = [
    {"witnesses": [witness(ORIGIN, 2)]},
    {"witnesses": [witness("desk.example"), witness("desk.example", 2)]},
    {"reviewers": [reviewer(), reviewer(number=2)]},
    {"reviewers": [reviewer(), reviewer("Bero Lind")]},
]


@pytest.mark.parametrize("more", TWICE)
def test_no_name_and_no_reviewers_key_stands_twice(more):
    assert refused(Keys, keys(**more)) == "a name or a key stands twice"


def test_a_reviewer_may_have_the_name_of_a_witness():
    """One list is not the other: a name is looked up in its own."""
    parsed(Keys, keys(witnesses=[witness("desk.example")], reviewers=[reviewer("desk.example")]))


def test_ten_thousand_reviewers_are_read_and_not_one_more():
    many = [reviewer(f"R{number}", number) for number in range(10_001)]
    assert len(Keys.parse(many_reviewers(many[1:])).reviewers) == 10_000
    with pytest.raises(Damaged, match=r"\Amore than 10,000 reviewers\Z"):
        Keys.parse(many_reviewers(many))


def test_a_thousand_earlier_keys_are_read_and_not_one_more_nor_none():
    many = [handed(number, number) for number in range(2, 1003)]
    assert len(parsed(Keys, keys(earlier=many[1:])).earlier) == 1000
    for wrong in (many, []):
        assert refused(Keys, keys(earlier=wrong)) == "the earlier keys of the log are a list of one or more"


def test_earlier_keys_follow_each_other():
    assert refused(Keys, keys(earlier=[handed(2, 8), handed(3, 8)])) == "a log's keys do not hand over in rising size"
    assert refused(Keys, keys(earlier=[handed(1, 8)])) == "a log's key stands twice among its keys"
    assert refused(Keys, keys(earlier=[handed(2, 8, name="archive.invalid/another")])).startswith("the keys of one log")


KEY_LENGTH = [raw(1)[:31], raw(1) + b"x"]


@pytest.mark.parametrize("public", KEY_LENGTH)
def test_a_reviewers_key_has_32_bytes(public):
    row = reviewer() | {"ed25519": codec.to_base64(public)}
    assert refused(Keys, keys(reviewers=[row])) == f"base64 of {len(public)} bytes where 32 belong"


REVIEWER_PROOFS = [
    "/" + PROOF,
    PROOF + "\n",
    PROOF.replace("e/", "../e/"),
    PROOF.replace("tp", "TP"),
    PROOF.replace("tp", "abcdefg"),
    PROOF.replace("tp", ""),
    PROOF.replace("00001", "0001"),
    PROOF.replace("00001", "0000000000001"),
    PROOF.replace("reviewer-1", "reviewer-0"),
    PROOF.replace("reviewer-1", "reviewer-01"),
    PROOF.replace("reviewer-1", "reviewer-1000000"),
    PROOF.replace("reviewer-1", "reviewer"),
    PROOF.replace("reviewer-1", "finding-1"),
    PROOF.replace("tlog-proof", "tlog_proof"),
    PROOF.replace(".", "x"),
]


@pytest.mark.parametrize("proof", REVIEWER_PROOFS)
def test_a_reviewers_proof_lies_in_an_exhibits_folder(proof):
    assert refused(Keys, keys(reviewers=[reviewer(proof=proof)])) == "a reviewer's proof lies in an exhibit's folder"


KEY_PROOFS = [
    "key-1.tlog-proof",
    *(f"proof/key-{end}" for end in ("0.tlog-proof", "01.tlog-proof", "10000.tlog-proof")),
]
KEY_PROOFS += ["proof/key-1.tlog-proof\n", "proof/key-1xtlog-proof", "proof/key.tlog-proof", "/proof/key-1.tlog-proof"]


@pytest.mark.parametrize("proof", KEY_PROOFS)
def test_the_proof_of_a_handing_over_has_one_form_of_name(proof):
    sentence = "the proof of a handing over is proof/key-N.tlog-proof"
    assert refused(Keys, keys(earlier=[handed(2, 8, proof)])) == sentence


# The chain


def test_a_link_has_128_hashes_at_most():
    assert len(parsed(Continues, continues(chain=[link(proof=[HASH] * 128)])).chain[0].proof) == 128
    sentence = "a consistency proof of more than 128 hashes"
    assert refused(Continues, continues(chain=[link(proof=[HASH] * 129)])) == sentence


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_a_link_has_32_bytes(length):
    made = continues(chain=[link(proof=[codec.to_base64(bytes(length))])])
    assert refused(Continues, made) == f"base64 of {length} bytes where 32 belong"


# The page


def out_of_order(rows):
    return refused(ExhibitFile, page(openings=rows))


def test_every_role_stands_in_its_place():
    rows = every_role()
    for at in range(len(rows) - 1):
        swapped = [*rows[:at], rows[at + 1], rows[at], *rows[at + 2 :]]
        assert out_of_order(swapped).startswith("the openings are out of order: ")


@pytest.mark.parametrize("role", SINGLE)
def test_what_an_exhibit_has_once_has_no_number(role):
    said = "the openings are out of order: {} belongs where {!r} stands"
    name = f"proof/{role}.tlog-proof"
    assert out_of_order([opening(role, f"proof/{role}-1.tlog-proof")]) == said.format(
        name, f"proof/{role}-1.tlog-proof"
    )


@pytest.mark.parametrize("role", [role for role in ROLES if role not in SINGLE])
def test_what_may_repeat_is_numbered_from_one(role):
    parsed(ExhibitFile, page(openings=numbered(role, 1, 2, 3)))
    for numbers, wanted, found in (((0,), 1, 0), ((2,), 1, 2), ((1, 1), 2, 1), ((1, 3), 2, 3)):
        assert out_of_order(numbered(role, *numbers)) == (
            f"the openings are out of order: proof/{role}-{wanted}.tlog-proof belongs where "
            f"'proof/{role}-{found}.tlog-proof' stands"
        )
    assert out_of_order([opening(role)]).endswith(f"belongs where 'proof/{role}.tlog-proof' stands")


def test_a_long_name_of_a_proof_is_cut_where_it_is_named():
    assert out_of_order([opening("exhibit", "p" * 81)]).endswith(f"belongs where {'p' * 80!r} stands")


def test_a_role_of_a_newer_version_is_said():
    for role in ("reply", "r" * 41, "Exhibit", ""):
        rows = [opening("exhibit"), opening(role, "proof/x.tlog-proof", more=1)]
        sentence = f"holds an opening of a role that this program does not know: {role[:40]!r}"
        assert refused(ExhibitFile, page(openings=rows), NewerVersion) == sentence


FILES = [
    ["text.txt", "file.txt"],
    ["text.txt", "text.txt"],
    ["file.txt", "text.txt", "file.csv"],
    ["index.html"],
    ["../text.txt"],
    ["text.txt", "x"],
    ["Text.txt"],
]


@pytest.mark.parametrize("files", FILES)
def test_the_published_files_have_known_names_and_one_order(files):
    sentence = "the published files are text.txt, file.txt or file.csv, in this spelling and sorted"
    assert refused(ExhibitFile, page(files=files)) == sentence


@pytest.mark.parametrize("name", ["tp-00001", "TP-000001", "TP-00000", "TP-1", ""])
def test_a_page_has_one_spelling_of_its_id(name):
    refused(ExhibitFile, page(id=name))
