"""Every refusal of the verifier in its own sentence: a keeper releases, with good signatures, what does not fit."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.model import codec
from witnessmark.model.attestation import Reviewer
from witnessmark.model.finding import Hold
from witnessmark.model.words import PAYLOAD_TYPE, Answer, FindingOutcome, HoldState
from witnessmark.proof import dsse
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Word

TEXT, FILE, HELD, SHUT = (f"e/tp-0000{n}/exhibit.json" for n in (1, 2, 3, 4))
"""A text with a review, a file with a considered conflict, a text whose conflict waits, a page that shows nothing."""


def wrong(report, file=None):
    """Return what does not agree or cannot be checked, of one file or of all."""
    rows = [verdict for verdict in report.verdicts if verdict.word is not Word.AGREES]
    return [verdict.says for verdict in rows if file is None or verdict.file == file]


@pytest.fixture
def judged(forge, tmp_path):
    """Return what the verifier says of four exhibits after a keeper changed the house, and one page's JSON."""

    def judge(change=None, bend=None, path=TEXT, pages_bend=None, late=None):
        house = forge.House(seed=3, exhibits=4)
        if change:
            change(house, forge)
        pages = house.pages(2)
        if bend:
            pages[path] = forge.bend_json(pages[path], bend)
        if pages_bend:
            pages_bend(pages)
        if late:
            late(house)
        site = forge.write(house.release(pages, 2), tmp_path)
        return verify_site(str(site), house.keeper.vkey)

    return judge


def resealed(house, forge, entry, **fields):
    """Seal an event once more with other fields; `None` leaves a field out."""
    made = {name: value for name, value in (dict(entry.event.fields) | fields).items() if value is not None}
    (new,) = house.keeper.seal(forge.Event(entry.event.kind, made))
    return new


def reseal(number, role, place=0, **fields):
    """Return a change that puts a bent event in an opening's place."""

    def change(house, forge):
        rows = house.shelves[number].openings[role]
        old = rows[place]
        rows[place] = resealed(house, forge, old, **fields)
        if role == "exhibit":
            house.shelves[number].exhibit = rows[place]
        if role == "attestation":
            house.shelves[number].shut[rows[place].index] = house.shelves[number].shut[old.index]

    return change


def test_four_exhibits_are_sound(judged):
    assert wrong(judged()) == []


# Reviews


def bad_signature(house, forge):
    (old,) = house.shelves[0].openings["attestation"]
    envelope = dsse.Envelope.parse(old.event.fields["envelope"])
    bent = bytes([envelope.signature[0] ^ 1]) + envelope.signature[1:]
    text = dsse.Envelope(envelope.payload_type, envelope.payload, envelope.keyid, bent).text
    reseal(0, "attestation", envelope=text)(house, forge)


def signed_by_another(house, forge):
    """One who is listed and shown, and did not sign this: the envelope only says so."""
    (old,) = house.shelves[0].openings["attestation"]
    envelope = dsse.Envelope.parse(old.event.fields["envelope"])
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = key.sign(dsse.pae(PAYLOAD_TYPE, envelope.payload))
    text = dsse.Envelope(envelope.payload_type, envelope.payload, envelope.keyid, signature).text
    reseal(0, "attestation", envelope=text)(house, forge)


def signed_by_an_unlisted_key(house, forge):
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = key.public_key().public_bytes_raw()
    (old,) = house.shelves[0].openings["attestation"]
    payload = dsse.Envelope.parse(old.event.fields["envelope"]).payload
    text = dsse.Envelope(PAYLOAD_TYPE, payload, dsse.keyid(public), key.sign(dsse.pae(PAYLOAD_TYPE, payload))).text
    reseal(0, "attestation", envelope=text)(house, forge)
    house.shelves[0].openings["reviewer"] = []


def about_another_exhibit(house, forge):
    shelf = house.shelves[0]
    shelf.openings["attestation"] = []
    house.review(house.shelves[2], "Bero Lind", Answer.FITS)
    (entry,) = house.shelves[2].openings.pop("attestation")
    house.shelves[2].openings["reviewer"] = []
    shelf.openings["attestation"] = [entry]
    shelf.shut[entry.index] = house.shelves[2].shut[entry.index]


def other_considered(house, forge):
    """The event says that a finding was considered which the signed words do not name."""
    (old,) = house.shelves[1].openings["attestation"]
    reseal(1, "attestation", considers=[codec.to_base64(bytes(32))])(house, forge)
    assert old is not house.shelves[1].openings["attestation"][0]


def reviewer_twice(house, forge):
    fields = house.shelves[0].openings["reviewer"][0].event.fields
    made = Reviewer(fields["name"], fields["public"], "everything else")
    house.shelves[0].openings["reviewer"] += house.keeper.seal(made.event(house.at()))


def reviewer_not_shown(house, forge):
    house.shelves[0].openings["reviewer"] = []


def reviewer_named_otherwise(house, forge):
    reseal(0, "reviewer", name="Prof. Great Name")(house, forge)
    # keys.json names whom the page introduces; the signed name stays what it was.


def reviewer_named_otherwise_in_the_list(pages):
    def bend(value):
        for row in value["reviewers"]:
            if row["name"] == "Bero Lind":
                row["name"] = "Prof. Great Name"

    pages["proof/keys.json"] = codec.encode_bytes((bend(v := codec.decode(pages["proof/keys.json"].decode())), v)[1])


def counted_twice(house, forge):
    shelf = house.shelves[0]
    (signed,) = shelf.openings["attestation"]
    (again,) = house.keeper.seal(signed.event)
    shelf.openings["attestation"].append(again)
    shelf.shut[again.index] = shelf.shut[signed.index]


def name_of_the_signer_shut(value):
    row = next(row for row in value["openings"] if row["role"] == "attestation")
    row["disclosed"] = [field for field in row["disclosed"] if field[0] != "name"]


def a_stranger_as_reviewer(house, forge):
    made = Reviewer("Prof. Great Name", codec.to_base64(house.draw.randbytes(32)), "everything")
    house.shelves[0].openings["reviewer"] += house.keeper.seal(made.event(house.at()))


REVIEWS = [
    (bad_signature, None, TEXT, "the signature does not fit the envelope"),
    (signed_by_another, None, TEXT, "the signature does not fit the envelope"),
    (signed_by_an_unlisted_key, None, TEXT, "a review is signed by a key that is not listed in proof/keys.json"),
    (about_another_exhibit, None, TEXT, "shows a review of other exhibits"),
    (other_considered, None, FILE, "a review considers other findings than were signed"),
    (reviewer_twice, None, TEXT, "introduces one reviewer twice"),
    (reviewer_not_shown, None, TEXT, "a review is signed by a key that is not listed in proof/keys.json"),
    (reviewer_named_otherwise, None, TEXT, "a review is signed under another name than its reviewer's"),
    (counted_twice, None, TEXT, "counts one signed review twice"),
    (None, name_of_the_signer_shut, TEXT, "a review keeps shut under which name it was signed"),
    (a_stranger_as_reviewer, None, TEXT, "shows a reviewer who signed no review that stands here"),
]


@pytest.mark.parametrize(("change", "bend", "path", "sentence"), REVIEWS)
def test_a_review_that_does_not_fit_is_refused_in_its_own_sentence(change, bend, path, sentence, judged):
    report = judged(change, bend, path)
    assert report.exit_code == 1
    assert sentence in wrong(report, path)


def test_a_reviewer_has_one_name_on_the_page_and_in_the_list(judged):
    report = judged(pages_bend=reviewer_named_otherwise_in_the_list)
    assert "a reviewer has another name here than in proof/keys.json" in wrong(report, TEXT)


def test_a_listed_reviewer_who_signed_is_shown_on_the_page(judged):
    def bend(value):
        value["openings"] = [row for row in value["openings"] if row["role"] != "reviewer"]

    assert "the reviewer who signed a review is not shown" in wrong(judged(bend=bend), TEXT)


# Findings and holds


def unknown_outcome(house, forge):
    reseal(0, "finding", outcome="shouts")(house, forge)


def finding_of_another(house, forge):
    house.shelves[0].openings["finding"] = [house.finding(house.shelves[3], FindingOutcome.SUPPORTS)]


def waiting_and_shown(house, forge):
    shelf = house.shelves[2]
    finding = house.finding(shelf, FindingOutcome.CONFLICTS)
    shelf.openings["finding"] = [finding]
    shelf.openings["hold"] = house.keeper.seal(Hold(finding.commitment, HoldState.HELD).event(house.at()))


def supporting_and_waiting(house, forge):
    shelf = house.shelves[2]
    finding = house.finding(shelf, FindingOutcome.SUPPORTS)
    shelf.openings["finding"] = [finding]
    shelf.openings["hold"] = house.keeper.seal(Hold(finding.commitment, HoldState.HELD).event(house.at()))


def conflict_without_a_hold(house, forge):
    shelf = house.shelves[0]
    shelf.openings["finding"] = [house.finding(shelf, FindingOutcome.CONFLICTS)]


def considered_by_nobody(house, forge):
    """The state says considered, a review stands there, and it names no finding."""
    shelf = house.shelves[0]
    finding = house.finding(shelf, FindingOutcome.CONFLICTS)
    (attested,) = shelf.openings["attestation"]
    shelf.openings["finding"] = [finding]
    hold = Hold(finding.commitment, HoldState.CONSIDERED, attested.commitment)
    shelf.openings["hold"] = house.keeper.seal(hold.event(house.at()))


def considered_and_not_shown(house, forge):
    house.shelves[1].openings["finding"] = []


FINDINGS = [
    (unknown_outcome, TEXT, 65, "shows a finding of an outcome that this program does not know"),
    (finding_of_another, TEXT, 1, "shows a finding about another exhibit"),
    (waiting_and_shown, HELD, 1, "shows a finding that still waits for a person"),
    (supporting_and_waiting, HELD, 1, "shows a finding that still waits for a person"),
    (
        conflict_without_a_hold,
        TEXT,
        1,
        "shows a finding that conflicts, and nothing says that a person has considered it",
    ),
    (considered_by_nobody, TEXT, 1, "a finding is said to be considered, and no review shown here considers it"),
    (considered_and_not_shown, FILE, 1, "a finding was considered and is not shown"),
]


@pytest.mark.parametrize(("change", "path", "exit_code", "sentence"), FINDINGS)
def test_a_finding_that_does_not_fit_is_refused_in_its_own_sentence(change, path, exit_code, sentence, judged):
    report = judged(change)
    assert sentence in wrong(report, path)
    assert report.exit_code == exit_code


def test_a_held_finding_that_a_page_does_not_show_is_no_failure(judged):
    assert wrong(judged(), HELD) == []


# What is published, and by which decision


def other_handle(number, role):
    return reseal(number, role, handle="0" * 32)


def seal_of(number, role, **fields):
    return reseal(number, role, **fields)


def two_texts(house, forge):
    house.shelves[1].openings["text"] = house.shelves[0].openings["text"]


def texts_without_bytes(value):
    value["files"] = []


def pages_decided(house, forge):
    reseal(0, "decision", publish="pages")(house, forge)


def unknown_choice(house, forge):
    reseal(0, "decision", publish="some")(house, forge)


PUBLISHED = [
    (other_handle(0, "text"), None, TEXT, 1, "the text that is shown was made from another content"),
    (other_handle(0, "reading"), None, TEXT, 1, "the reading that is shown was made from another content"),
    (seal_of(0, "text", step="hidden"), None, TEXT, 1, "the text that is shown is of another step"),
    (seal_of(0, "reading", step="visible"), None, TEXT, 1, "the reading that is shown is of another step"),
    (two_texts, None, FILE, 1, "a published text and the opening of its text belong together"),
    (None, texts_without_bytes, TEXT, 1, "the decision lets out 'text', and other files are published"),
    (pages_decided, None, TEXT, 65, "publishes pages, which this program does not know"),
    (unknown_choice, None, TEXT, 1, "the decision has the unknown choice 'some'"),
    (seal_of(0, "decision", open=None), None, TEXT, 1, "the decision does not say which fields it opens"),
    (seal_of(0, "decision", open="path"), None, TEXT, 1, "the decision does not say which fields it opens"),
    (seal_of(0, "decision", open=[1]), None, TEXT, 1, "the decision does not say which fields it opens"),
    (seal_of(0, "decision", reason=7), None, TEXT, 1, "the decision has no open field 'reason' that is a text"),
    (seal_of(0, "decision", decided_on="soon"), None, TEXT, 1, "says 'soon' where a day belongs"),
    (seal_of(0, "text", sealed="2032-6-12"), None, TEXT, 1, "says '2032-6-12' where a day belongs"),
    (seal_of(0, "text", sealed="20320612"), None, TEXT, 1, "says '20320612' where a day belongs"),
]


@pytest.mark.parametrize(("change", "bend", "path", "exit_code", "sentence"), PUBLISHED)
def test_what_is_published_fits_what_was_decided(change, bend, path, exit_code, sentence, judged):
    report = judged(change, bend, path)
    assert sentence in wrong(report, path)
    assert report.exit_code == exit_code


# What the release says of a page


def value(**members):
    return lambda page: page.update(members)


def about_another(house, forge):
    commitment = codec.to_base64(house.shelves[2].exhibit.commitment.raw)
    reseal(0, "decision", exhibit=commitment)(house, forge)


def names_swapped(house):
    one, two = house.shelves[0], house.shelves[2]
    one.name, two.name = two.name, one.name


def rests_on_another_decision(house):
    house.shelves[0].openings["decision"] = house.keeper.seal(house.shelves[0].openings["decision"][0].event)


def a_finding_that_is_a_reviewer(house, forge):
    house.shelves[0].openings["finding"] = house.shelves[0].openings["reviewer"]


PLACES = [
    ({"bend": value(id="TP-00002")}, "says that it is TP-00002, which does not lie in e/tp-00001"),
    ({"bend": value(id="TP-00002")}, "TP-00002 is not the name that the release gives to this exhibit"),
    ({"late": names_swapped}, "TP-00001 is not the name that the release gives to this exhibit"),
    ({"late": rests_on_another_decision}, "shows a decision that the release does not rest on"),
    ({"change": about_another}, "shows a decision about another exhibit"),
    ({"bend": value(edition=0)}, "says edition 0 inside edition 2"),
    ({"bend": value(edition=3)}, "says edition 3 inside edition 2"),
]


@pytest.mark.parametrize(("bent", "sentence"), PLACES)
def test_a_page_is_the_one_that_the_release_names(bent, sentence, judged):
    report = judged(**bent)
    assert report.exit_code == 1
    assert sentence in wrong(report, TEXT)


def test_a_proof_of_another_kind_is_named_with_both_kinds(judged):
    report = judged(a_finding_that_is_a_reviewer)
    path = "e/tp-00001/proof/finding-1.tlog-proof"
    assert wrong(report, path) == ["proves an entry of kind reviewer where a finding belongs"]


def test_stray_and_missing_files_of_a_page_are_said_each(judged):
    def bend(pages):
        pages["e/tp-00001/more.html"] = b"x"
        del pages["e/tp-00001/index.html"]

    report = judged(pages_bend=bend)
    assert wrong(report, "e/tp-00001/more.html") == ["is not used by e/tp-00001/exhibit.json"]
    assert wrong(report, "e/tp-00001/index.html") == ["is named by e/tp-00001/exhibit.json and missing here"]


def test_what_agrees_is_said_of_every_proof_and_page(forge, tmp_path):
    house = forge.House(seed=3, exhibits=4)
    files = house.edition()
    report = verify_site(str(forge.write(files, tmp_path)), house.keeper.vkey)
    said = {(verdict.file, verdict.says) for verdict in report.verdicts}
    for shelf in house.shelves:
        folder, found = f"e/{shelf.name.lower()}", next(one for one in report.exhibits if one.id == shelf.name)
        assert (f"{folder}/exhibit.json", "its five answers are what its openings give") in said
        text = f"stands in the log as entry {shelf.exhibit.index} of {shelf.since}"
        assert (f"{folder}/proof/exhibit.tlog-proof", text) in said
        assert (found.folder, found.index, found.bound) == (folder, shelf.exhibit.index, None)
        assert f"(log entry {shelf.exhibit.index})" in found.sentences[0]
    size = len(house.keeper.leaves)
    for verdict in (
        ("manifest", "is the manifest that edition 2 was released with"),
        ("proof/keys.json", "names the key you gave"),
        ("proof/continues.json", "opens the release as it was sealed"),
    ):
        assert verdict in said
    assert any(file == "proof/release.tlog-proof" and says.endswith(f"of {size}") for file, says in said)
    alone = verify_site(str(tmp_path))
    assert ("proof/keys.json", "names the key that is used here") in {(v.file, v.says) for v in alone.verdicts}
