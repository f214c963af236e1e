"""Laws of witnesses in an edition: who saw which exhibit, for the edition's own policy and for the reader's."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.model import codec
from witnessmark.proof import cosignature, note
from witnessmark.proof.note import Vkey
from witnessmark.proof.policy import Policy
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Word
from witnessmark.verify.witnessed import Reader

NOW = 1_971_497_172
KEY = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
WITNESS = Vkey.for_cosigner("witness.example/desk", KEY.public_key().public_bytes_raw())
POLICY, KEYS = "proof/policy", "proof/keys.json"


def said(report, file=""):
    return [verdict.says for verdict in report.verdicts if verdict.file == file]


def false(report, file):
    return [v.says for v in report.verdicts if v.file == file and v.word is Word.FALSE]


def cosigned(house, size, when=NOW, key=KEY, vkey=WITNESS):
    text = house.keeper.notes[size]
    line = cosignature.make(note.parse(text).text, vkey.name, vkey.public, key.sign, when)
    return (text + line.line + "\n").encode()


class Seen:
    """An edition of four exhibits whose checkpoints of some sizes a witness saw, each at its own time."""

    def __init__(self, forge, folder, sizes, *, bend=None):
        self.house = forge.House(seed=3, exhibits=4)
        pages = self.house.pages(2)
        times = {sizes(self.house)[at]: NOW + 60 * at for at in range(len(sizes(self.house)))}
        policy = f"log {self.house.keeper.vkey.text}\nwitness desk {WITNESS.text}\nquorum desk\n"
        pages[POLICY] = policy.encode()
        pages[KEYS] = forge.bend_json(pages[KEYS], lambda value: value.update(witnesses=[WITNESS.text]))
        for size, when in times.items():
            pages[f"proof/anchors/{size}/checkpoint"] = cosigned(self.house, size, when)
        for shelf in self.house.shelves:
            last = max(entry.index for role in ("exhibit", "text") for entry in shelf.openings.get(role, ()))
            is_seen = any(size > last for size in times)
            path = f"e/{shelf.name.lower()}/exhibit.json"
            pages[path] = forge.bend_json(pages[path], self.witnessed if is_seen else self.unseen)
        if bend:
            bend(pages, self.house)
        self.site = str(forge.write(self.house.release(pages, 2), folder))
        self.key = self.house.keeper.vkey
        self.reader = Reader(Policy.parse(policy))

    @staticmethod
    def witnessed(value):
        value["answers"]["sealed"]["clock"] = "witnessed"
        value["answers"]["witnessed"] = {"count": 1, "of": 1, "names": [WITNESS.name]}

    @staticmethod
    def unseen(value):
        value["answers"]["witnessed"] = {"count": 0, "of": 1, "names": []}

    def verify(self, reader=None, key=None):
        return verify_site(self.site, key, reader=reader)


def whole(house):
    return [house.size]


def early(house):
    """The first two exhibits are in the log then, and of the first its text too."""
    return [size for size in sorted(house.keeper.notes) if size > house.shelves[1].exhibit.index][:1]


@pytest.fixture
def seen(forge, tmp_path):
    return lambda sizes=whole, **more: Seen(forge, tmp_path / "site", sizes, **more)


def test_the_readers_witnesses_bound_the_time_of_every_exhibit(seen):
    made = seen()
    report = made.verify(made.reader)
    assert (report.exit_code, report.is_key_from_outside) == (0, True)
    assert "the witnesses that your policy asks for have seen every exhibit" in said(report)
    assert said(report, POLICY)[-1] == "names the witnesses of proof/keys.json"
    assert said(report, f"proof/anchors/{made.house.size}/checkpoint")[-1] == "is signed by the log, and cosigned by 1"
    assert said(report, KEYS)[-1] == "names the key you gave"
    for found in report.exhibits:
        assert (found.bound.time, found.bound.by) == (NOW, "the witnesses that your policy asks for")
        assert "Seen by 1 of the 1 witness of this edition: witness.example/desk" in found.sentences[1]
        assert "as many as it asks for by 2032-06-22T" in found.sentences[1]
        bound = "Existed by 2032-06-22T06:06:12Z: so say the witnesses that your policy asks for."
        assert bound in found.sentences
    assert any("never since when" in line for line in report.not_shown)


def test_without_the_readers_policy_there_is_no_bound(seen):
    made = seen()
    report = made.verify(key=made.key)
    assert report.exit_code == 0
    assert {found.bound for found in report.exhibits} == {None}


def test_a_witness_that_saw_an_earlier_checkpoint_has_not_seen_what_came_later(seen):
    made = seen(early)
    report = made.verify(made.reader)
    assert report.exit_code == 2, [v for v in report.verdicts if v.word is Word.FALSE]
    (sentence,) = [says for says in said(report) if "have not cosigned" in says]
    size = early(made.house)[0]
    last = {
        shelf.name: max(e.index for role in ("exhibit", "text") for e in shelf.openings.get(role, ()))
        for shelf in made.house.shelves
    }
    unseen = sorted(name for name, at in last.items() if at >= size)
    assert 0 < len(unseen) < 4
    assert sentence.endswith(f"covers {len(unseen)} of 4 exhibits: {', '.join(unseen)}")
    for found in report.exhibits:
        assert (found.bound is None) == (found.id in unseen)
        assert (found.answers["witnessed"]["count"] == 0) == (found.id in unseen)


def test_who_saw_the_file_and_not_yet_its_text_has_not_seen_what_is_published(seen):
    made = seen(lambda house: sorted(house.keeper.notes)[:1])
    exhibit, text = (made.house.shelves[0].openings[role][0].index for role in ("exhibit", "text"))
    assert exhibit < min(made.house.keeper.notes) <= text
    report = made.verify(made.reader)
    assert report.exit_code == 2
    (sentence,) = [says for says in said(report) if "covers" in says]
    assert sentence.endswith("covers 4 of 4 exhibits: TP-00001, TP-00002, TP-00003 …")


def test_a_policy_that_asks_for_no_witness_misses_none(seen):
    made = seen()
    policy = Policy.parse(f"log {made.key.text}\nwitness desk {WITNESS.text}\nquorum none\n")
    report = made.verify(Reader(policy))
    assert (report.exit_code, said(report)) == (0, [])


def test_a_policy_sees_nothing_where_no_exhibit_is_shown(forge, tmp_path):
    """Nothing was seen by anyone, and nothing is missed."""
    house = forge.House(seed=3, exhibits=1)
    pages = {path: data for path, data in house.pages(2).items() if not path.startswith("e/")}
    pages[KEYS] = forge.bend_json(pages[KEYS], lambda value: value.update(reviewers=[]))
    site = forge.write(house.release(pages, 2, ids=[], decisions=[]), tmp_path)
    policy = Policy.parse(f"log {house.keeper.vkey.text}\nwitness desk {WITNESS.text}\nquorum desk\n")
    report = verify_site(str(site), reader=Reader(policy))
    assert said(report) == []


def test_three_exhibits_that_nobody_saw_are_all_named(forge, tmp_path):
    house = forge.House(seed=3, exhibits=3)
    policy = Policy.parse(f"log {house.keeper.vkey.text}\nwitness desk {WITNESS.text}\nquorum desk\n")
    report = verify_site(str(forge.write(house.edition(), tmp_path)), reader=Reader(policy))
    (sentence,) = said(report)
    assert report.exit_code == 2
    assert sentence.endswith("covers 3 of 3 exhibits: TP-00001, TP-00002, TP-00003")


def test_the_earliest_time_counts_that_covers_an_exhibit(seen):
    made = seen(lambda house: early(house) + whole(house))
    report = made.verify(made.reader)
    assert report.exit_code == 0
    size = early(made.house)[0]
    times = {found.bound.time for found in report.exhibits}
    assert times == {NOW, NOW + 60}, size


def test_a_policy_whose_log_is_another_is_false(seen, forge):
    made = seen()
    other = forge.House(seed=9, exhibits=4).keeper.vkey
    policy = Policy.parse(f"log {other.text}\nwitness desk {WITNESS.text}\nquorum desk\n")
    report = made.verify(Reader(policy))
    assert report.exit_code == 1
    assert "names another key of the log than the one you gave" in false(report, KEYS)


def test_a_key_given_beside_a_policy_is_the_one_that_counts(seen, forge):
    made = seen()
    other = forge.House(seed=9, exhibits=4).keeper.vkey
    assert made.verify(made.reader, other).exit_code == 1
    assert made.verify(made.reader, made.key).exit_code == 0


def another_time(pages, house):
    path = f"proof/anchors/{house.size}/checkpoint"
    lines = pages[path].decode().split("\n")
    blob = bytearray(codec.from_base64(lines[-2].split(" ")[2]))
    blob[11] ^= 1
    lines[-2] = f"\u2014 {WITNESS.name} {codec.to_base64(bytes(blob))}"
    pages[path] = "\n".join(lines).encode()


def another_folder(pages, house):
    pages["proof/anchors/17/checkpoint"] = pages.pop(f"proof/anchors/{house.size}/checkpoint")


def stray_anchor(pages, house):
    pages[f"proof/anchors/{house.size}/notes.txt"] = b"x"


def no_policy(pages, house):
    del pages[POLICY]


def another_witness(pages, house):
    key = Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32)
    other = Vkey.for_cosigner("hall.example", key.public_key().public_bytes_raw())
    pages[POLICY] = pages[POLICY].replace(WITNESS.text.encode(), other.text.encode())


def another_log(pages, house):
    other = Vkey.for_ed25519("archive.invalid/another", bytes(range(32)))
    pages[POLICY] = pages[POLICY].replace(house.keeper.vkey.text.encode(), other.text.encode())


def unlisted(pages, house):
    key = Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32)
    other = Vkey.for_cosigner("hall.example", key.public_key().public_bytes_raw())
    path = f"proof/anchors/{house.size}/checkpoint"
    line = cosignature.make(note.parse(house.keeper.notes[house.size]).text, other.name, other.public, key.sign, NOW)
    pages[path] += (line.line + "\n").encode()


BENT = [
    (another_time, "proof/anchors/{}/checkpoint", "the signature of witness.example/desk does not fit this checkpoint"),
    (another_folder, "proof/anchors/17/checkpoint", "is the checkpoint of another size than its folder says"),
    (stray_anchor, "proof/anchors/{}/notes.txt", "does not belong to the anchors of an edition"),
    (no_policy, POLICY, "is missing: witnesses or anchors stand in this edition"),
    (another_witness, POLICY, "names other witnesses than proof/keys.json"),
    (another_log, POLICY, "names another log than proof/keys.json"),
    (unlisted, "proof/anchors/{}/checkpoint", "is not listed in proof/keys.json"),
]


@pytest.mark.parametrize(("bend", "file", "sentence"), BENT)
def test_anchors_that_do_not_fit_are_refused_each_in_its_own_sentence(bend, file, sentence, seen):
    made = seen(bend=bend)
    report = made.verify(key=made.key)
    assert report.exit_code == 1
    assert any(sentence in says for says in false(report, file.format(made.house.size))), report.verdicts
