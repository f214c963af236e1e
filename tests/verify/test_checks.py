"""Laws of the edition as a whole: keys that hand over, what the release says, pages, reviewers, the chain, what is asked."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.model import codec
from witnessmark.model.event import Event
from witnessmark.model.words import Kind
from witnessmark.proof import note
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Vkey
from witnessmark.verify import walk
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Word

KEYS, MANIFEST, RELEASE, CONTINUES = "proof/keys.json", walk.MANIFEST, walk.RELEASE, walk.CONTINUES
ONE = "e/tp-00001/exhibit.json"


def wrong(report, file=None):
    """Return what does not agree or cannot be checked, of one file or of all."""
    rows = [verdict for verdict in report.verdicts if verdict.word is not Word.AGREES]
    return [verdict.says for verdict in rows if file is None or verdict.file == file]


def agrees(report, file):
    return [verdict.says for verdict in report.verdicts if verdict.file == file and verdict.word is Word.AGREES]


@pytest.fixture
def house(forge):
    return forge.House(seed=3, exhibits=4)


@pytest.fixture
def checked(forge, house, tmp_path):
    """Release a house, with what a keeper bent, and return what the verifier says under the keeper's key."""

    def check(pages=None, *, key=None, files=None, at_least=None, **bent):
        made = house.release(house.pages(2) if pages is None else pages, 2, **bent)
        if files:
            files(made)
        return verify_site(str(forge.write(made, tmp_path)), key or house.keeper.vkey, at_least=at_least)

    return check


# Keys that hand over


class Handing:
    """A house whose log is handed over twice, by events that `bent` may make say something else."""

    def __init__(self, forge, house, **bent):
        self.keys, self.rows, self.proofs, self.entries = [house.keeper.vkey], [], {}, []
        for number in (1, 2):
            self._hand_over(house, number, **bent)
        house.size = len(house.keeper.leaves)
        self.pages = house.pages(2) | self.proofs
        self.bend(lambda value: value.update(earlier=self.rows))

    def _hand_over(self, house, number, kind=Kind.KEY, **bent):
        keeper = house.keeper
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = key.public_key().public_bytes_raw()
        names = {"action": "rotated", "previous": codec.to_base64(keeper.public), "public": codec.to_base64(public)}
        (entry,) = keeper.seal(Event(kind, {"sealed": f"2032-06-2{number}", **names} | bent))
        size, old = len(keeper.leaves), keeper.vkey.text
        self.entries.append(entry)
        keeper.key, keeper.public, keeper.vkey = key, public, Vkey.for_ed25519(keeper.vkey.name, public)
        both = keeper.notes[size]
        keeper.notes[size] = both + keeper.sign().rpartition("\n\n")[2]
        house.met.add(size)
        self.keys.append(keeper.vkey)
        path = f"proof/key-{number}.tlog-proof"
        fields = entry.open(("sealed", "action", "previous", "public"))
        self.rows.append({"key": old, "size": size, "proof": path, "fields": fields})
        self.proofs[path] = keeper.proof(entry, size)

    def bend(self, bend):
        value = codec.decode(self.pages[KEYS].decode())
        bend(value)
        self.pages[KEYS] = codec.encode_bytes(value)


PROOF = "proof/key-1.tlog-proof"


def test_any_key_of_a_log_checks_what_it_handed_over(forge, house, checked):
    made = Handing(forge, house)
    for key, sentence in zip(
        made.keys,
        (*["names the key you gave as an earlier key of the log"] * 2, "names the key you gave"),
        strict=True,
    ):
        report = checked(made.pages, key=key)
        assert (report.exit_code, wrong(report)) == (0, [])
        assert sentence in agrees(report, KEYS)
        for number in (1, 2):
            said = f"hands the log over to its next key on 2032-06-2{number}, signed by both"
            assert said in agrees(report, f"proof/key-{number}.tlog-proof")
        assert report.log == made.keys[-1]


NOT_THE_EVENT = "is not the event by which this key of the log handed over to the next"
HANDINGS = [
    ({"kind": Kind.CUSTODY}, NOT_THE_EVENT),
    ({"action": "retired"}, NOT_THE_EVENT),
    ({"previous": codec.to_base64(bytes(32))}, NOT_THE_EVENT),
    ({"public": codec.to_base64(bytes(32))}, NOT_THE_EVENT),
    ({"sealed": "soon"}, "says 'soon' where a day belongs"),
]


@pytest.mark.parametrize(("bent", "sentence"), HANDINGS)
def test_a_log_is_handed_over_by_the_event_that_says_so(bent, sentence, forge, house, checked):
    made = Handing(forge, house, **bent)
    report = checked(made.pages, key=made.keys[0])
    assert report.exit_code == 1
    for number in (1, 2):
        assert wrong(report, f"proof/key-{number}.tlog-proof") == [sentence]


def test_a_handing_over_is_shown_under_the_checkpoint_that_both_keys_signed(forge, house, checked):
    """Under a later one the old key has not said that it hands over."""
    made = Handing(forge, house)
    made.pages[PROOF] = house.keeper.proof(made.entries[0], made.rows[1]["size"])
    report = checked(made.pages, key=made.keys[0])
    assert report.exit_code == 1
    assert wrong(report, PROOF) == ["does not stand under the checkpoint at which the key is said to hand over"]


def test_a_key_that_is_none_of_the_logs_takes_nothing_over(forge, house, checked):
    made = Handing(forge, house)
    other = Vkey.for_ed25519(house.keeper.vkey.name, bytes(range(32)))
    report = checked(made.pages, key=other)
    assert report.exit_code == 1
    assert "names another key of the log than the one you gave" in wrong(report, KEYS)
    assert not agrees(report, PROOF)[1:], "only its bytes are those of the manifest"


def test_without_the_list_of_keys_the_key_that_was_given_checks_what_it_signed(house, checked):
    report = checked(house.pages(2) | {KEYS: b"{}"})
    assert report.exit_code == 1
    assert wrong(report, KEYS) == ["has not the members log, witnesses, reviewers"]
    assert (report.log, report.release.edition, len(report.exhibits)) == (house.keeper.vkey, 2, 4)
    for path in (RELEASE, MANIFEST):
        assert agrees(report, path) != []


# What the release says


def a_release_that_says_something_else(*fields):
    return [({name: value}, "the release says something else where its") for name, value in fields]


ID = codec.to_base64(bytes(32))
SAYS = [
    *a_release_that_says_something_else(
        *(("edition", value) for value in (True, False, 0, -1, "2", None)),
        *((name, value) for name in ("sealed", "manifest", "checkpoint") for value in (7, None, ["x"])),
        *((name, value) for name in ("ids", "decisions") for value in ("x", None, {})),
    ),
    ({"sealed": "soon"}, "says 'soon' where a day belongs"),
    ({"manifest": "F" * 64}, "not a SHA-256 digest"),
    ({"checkpoint": "a note"}, "not a signed note"),
    *(
        ({"ids": [row]}, "the ids of the release are pairs of commitment and public id")
        for row in ("x", [ID], [ID, "TP-00001", "more"], [ID, 1], [1, "TP-00001"], None)
    ),
    ({"ids": [[ID, "tp-00001"]]}, "not a public id"),
    ({"ids": [["AAAA", "TP-00001"]]}, "base64"),
    ({"ids": [[ID, "TP-00001"], [ID, "TP-00002"]]}, "the release names an exhibit twice"),
    ({"ids": [[ID, "TP-00001"], [ID[:-4] + "AAE=", "TP-00001"]]}, "the release names an exhibit twice"),
    *(({"decisions": [row]}, "the decisions of the release are commitments") for row in (1, None, [ID])),
    ({"decisions": ["AAAA"]}, "base64"),
]


@pytest.mark.parametrize(("bent", "sentence"), SAYS)
def test_a_release_says_what_a_release_says(bent, sentence, checked):
    report = checked(**bent)
    assert report.exit_code == 1
    assert any(sentence in says for says in wrong(report, CONTINUES)), wrong(report, CONTINUES)
    assert report.release is None
    assert wrong(report, MANIFEST) == ["no release vouches for it"]


def test_a_release_speaks_of_a_checkpoint_before_itself(forge, house, checked):
    """A second history under the same key is longer, and vouched for by the first."""
    other = forge.House(seed=3, exhibits=4)
    for _ in range(9):
        other.keeper.seal(Event(Kind.CUSTODY, {"sealed": "2033-01-01"}))
    size = max(other.keeper.notes)
    assert size > len(house.keeper.leaves) + 16
    report = checked(checkpoint=other.keeper.notes[size])
    assert report.exit_code == 1
    sentence = "the release stands in the log before the checkpoint that it speaks of"
    assert wrong(report, CONTINUES)[0] == sentence


def test_the_first_entry_after_a_checkpoint_may_be_the_release(house, checked):
    report = checked()
    assert (report.exit_code, report.release.index) == (0, report.release.size)
    assert report.release.latest == len(house.keeper.leaves)


def test_the_first_edition_is_number_one(forge, house, tmp_path):
    report = verify_site(str(forge.write(house.first, tmp_path)), house.keeper.vkey)
    assert (report.exit_code, report.release.edition) == (0, 1)


def test_the_release_is_proved_by_an_entry_that_is_one(house, checked):
    def bend(made):
        made[RELEASE] = made[ONE.replace("exhibit.json", "proof/exhibit.tlog-proof")]

    report = checked(files=bend)
    assert report.exit_code == 1
    assert wrong(report, RELEASE) == ["proves an entry of kind exhibit where a release belongs"]
    assert not agrees(report, RELEASE)


def test_an_event_of_another_kind_releases_nothing_though_it_says_all_that_a_release_says(checked):
    report = checked(kind=Kind.CUSTODY)
    assert report.exit_code == 1
    assert wrong(report, RELEASE) == ["proves an entry of kind custody where a release belongs"]
    assert wrong(report, MANIFEST) == ["no release vouches for it"]
    assert (report.release, agrees(report, RELEASE)) == (None, [])


@pytest.mark.parametrize("path", [RELEASE, CONTINUES])
def test_without_the_release_nothing_vouches_for_the_manifest(path, checked):
    report = checked(files=lambda made: made.pop(path))
    assert report.exit_code == 1
    assert wrong(report, path) == ["is missing"]
    assert wrong(report, MANIFEST) == ["no release vouches for it"]
    assert report.release is None


def test_another_manifest_than_the_released_one_is_false(checked):
    report = checked(manifest="0" * 64)
    assert report.exit_code == 1
    assert wrong(report, MANIFEST) == ["is not the manifest that was released"]
    assert not agrees(report, MANIFEST)


# Pages


def test_a_decision_of_the_release_without_a_page_is_missed(house, checked):
    decisions = [str(shelf.openings["decision"][0].commitment) for shelf in house.shelves]
    report = checked(decisions=[*decisions, ID])
    assert report.exit_code == 1
    assert wrong(report, "") == ["the release rests on 1 decisions that have no page here"]


def test_an_exhibit_named_by_the_release_without_a_page_is_missed(house, checked):
    ids = [[str(shelf.exhibit.commitment), shelf.name] for shelf in house.shelves]
    report = checked(ids=[*ids, [ID, "TP-00009"]])
    assert report.exit_code == 1
    assert wrong(report) == ["is missing: the release names TP-00009"]
    assert wrong(report, "e/tp-00009/exhibit.json") == ["is missing: the release names TP-00009"]


def test_one_exhibit_has_one_page(house, checked):
    ids = [[str(shelf.exhibit.commitment), shelf.name] for shelf in house.shelves]
    pages = house.pages(2)
    house.shelves[0].name = "TP-00009"
    pages |= house.page(house.shelves[0], 2)
    house.shelves[0].name = "TP-00001"
    report = checked(pages, ids=ids)
    assert report.exit_code == 1
    assert "two pages show the same exhibit" in wrong(report, "")


def test_a_file_beside_the_folders_of_exhibits_belongs_to_none(house, checked):
    """Only `e` itself holds exhibits: neither a file in it nor a folder of that name elsewhere."""
    report = checked(
        house.pages(2) | {"e/stray": b"x", "browse/e/tp-00001": b"x", "static/tp-00009/exhibit.json": b"x"}
    )
    assert [(v.file, v.says) for v in report.verdicts if v.word is Word.FALSE] == [
        ("e/stray", "does not belong to an exhibit")
    ]


def test_an_edition_whose_exhibits_are_one_file_says_so(house, checked):
    pages = {path: data for path, data in house.pages(2).items() if not path.startswith("e/")}
    report = checked(pages | {"e": b"x"})
    assert report.exit_code == 1
    assert wrong(report, "e") == ["does not belong to an exhibit"]
    assert wrong(report, ONE) == ["is missing: the release names TP-00001"]


def test_a_file_deep_in_an_exhibits_folder_belongs_to_that_exhibit(house, checked):
    report = checked(house.pages(2) | {"e/tp-00001/a/b": b"x"})
    assert [(v.file, v.says) for v in report.verdicts if v.word is Word.FALSE] == [
        ("e/tp-00001/a/b", "is not used by e/tp-00001/exhibit.json")
    ]


def newer(data, forge):
    return forge.bend_json(data, lambda value: value.update(stamps=[]))


def test_a_page_that_cannot_be_read_leaves_open_what_hangs_on_every_page(forge, house, checked):
    """Neither a decision nor a reviewer is missed that may stand there; the chain cannot be checked."""
    pages = house.pages(2)
    report = checked(pages | {ONE: newer(pages[ONE], forge)})
    assert report.exit_code == 65
    assert wrong(report, CONTINUES) == [
        "not every checkpoint of this edition could be read, so that the chain cannot be checked"
    ]
    assert {v.file for v in report.verdicts if v.word is not Word.AGREES} == {ONE, CONTINUES}


# Reviewers


def test_no_reviewer_is_listed_behind_anothers_opening(forge, house, checked):
    """One opening introduces one reviewer: a second who is listed with it is introduced by nothing."""

    def bend(value):
        made = {"name": "Prof. Great Name", "ed25519": codec.to_base64(bytes(range(32)))}
        value["reviewers"].insert(at, made | {"proof": value["reviewers"][0]["proof"]})

    for at in (0, 9):
        pages = house.pages(2)
        report = checked(pages | {KEYS: forge.bend_json(pages[KEYS], bend)})
        assert report.exit_code == 1
        (sentence,) = wrong(report, KEYS)
        assert sentence.startswith("lists the reviewer 'Prof. Great Name', whom e/tp-0000")


def test_a_reviewer_whom_a_page_introduces_is_listed(forge, house, checked):
    pages = house.pages(2)
    report = checked(pages | {KEYS: forge.bend_json(pages[KEYS], lambda value: value["reviewers"].pop())})
    assert report.exit_code == 1
    proof = "e/tp-00001/proof/reviewer-1.tlog-proof"
    assert wrong(report, KEYS) == [f"does not list the reviewer whom {proof} introduces"]


def test_a_reviewer_is_listed_once_however_many_pages_show_them(forge, house, checked):
    """And any page that introduces them may be named."""
    pages = house.pages(2)
    listed = codec.decode(pages[KEYS].decode())["reviewers"]
    assert [row["name"] for row in listed] == ["Ada Quill", "Bero Lind"]
    report = checked(pages | {KEYS: forge.bend_json(pages[KEYS], lambda value: value["reviewers"].reverse())})
    assert report.exit_code == 0


# The chain


def test_the_chain_has_each_checkpoint_once_in_rising_size(house, checked):
    report = checked()
    met = {report.release.size, report.release.latest, *(shelf.since for shelf in house.shelves)}
    assert agrees(report, CONTINUES)[-1] == f"joins the {len(met)} checkpoints of this edition: the log only grew"


def test_a_link_of_the_chain_joins_the_roots_that_are_signed(forge, house, checked):
    """With right sizes and a proof of other roots, of the right length."""

    def bend(made):
        def swap(value):
            link = value["chain"][-1]
            link["proof"] = [codec.to_base64(bytes(32)) for _ in link["proof"]]

        made[CONTINUES] = forge.bend_json(made[CONTINUES], swap)

    report = checked(files=bend)
    assert report.exit_code == 1
    assert len(wrong(report, CONTINUES)) == 1
    assert not [says for says in agrees(report, CONTINUES) if "only grew" in says]


# What the reader asks for


def test_a_reader_who_asks_for_nothing_is_told_nothing_of_it(checked):
    assert wrong(checked(), "") == agrees(checked(), "") == []


def test_an_edition_holds_the_very_checkpoint_that_was_asked_for(forge, house, checked):
    """The same size and another root: the log was rewritten."""
    size = house.size
    forked = Checkpoint(house.keeper.vkey.name, size, bytes(32)).text
    other = note.sign(forked, house.keeper.vkey.name, house.keeper.public, house.keeper.key.sign)
    report = checked(at_least=other)
    assert report.exit_code == 1
    assert wrong(report, "") == [f"another log of {size} entries than the one you have: the log was rewritten"]
    report = checked(at_least=house.keeper.notes[size])
    assert (report.exit_code, agrees(report, "")) == (0, ["continues the checkpoint you gave"])


def test_others_lines_under_the_checkpoint_that_was_asked_for_do_not_count(house, checked):
    """The reader may have it from a witness whom this edition does not list."""
    text = house.keeper.notes[house.size] + "\u2014 stranger.example AAAAAAAA\n"
    report = checked(at_least=text)
    assert (report.exit_code, agrees(report, "")) == (0, ["continues the checkpoint you gave"])


def test_a_checkpoint_of_another_log_is_not_what_an_edition_continues(forge, house, checked):
    other = forge.House(seed=9, exhibits=4).keeper
    report = checked(at_least=other.notes[max(other.notes)])
    assert report.exit_code == 1
    (sentence,) = wrong(report, "")
    assert sentence.startswith("the checkpoint given by --at-least does not fit this log: ")


def test_an_edition_without_any_checkpoint_is_older_than_any(house, checked):
    newest = house.keeper.notes[house.size]

    def bend(made):
        for path in [path for path in made if path.endswith(".tlog-proof")]:
            del made[path]
        del made[CONTINUES]

    report = checked(files=bend, at_least=newest)
    assert report.exit_code == 1
    assert f"older than asked: its newest checkpoint has 0 entries, yours {house.size}" in wrong(report, "")
