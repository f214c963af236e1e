"""Every moment at which a machine may stop in `stamp --import`, `copy`, `erase` and a repair; every write that a disk may refuse.

Whatever is left: nothing that was there is lost or doubled, no half answer, no half copy, and the next run ends it.
"""

import errno
import hashlib
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.archive import crashing

from witnessmark.archive import segment, stamp
from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.audit import audit
from witnessmark.archive.copy import copy
from witnessmark.archive.folder import Archive
from witnessmark.archive.repair import repair
from witnessmark.archive.stamp import Taken
from witnessmark.errors import DiskFailure
from witnessmark.model.digest import Digest
from witnessmark.proof import cosignature, ots
from witnessmark.proof.calendar import Proof
from witnessmark.proof.note import Vkey
from witnessmark.settings import Settings

WAYS, Quick = crashing.WAYS, crashing.Quick
TEXTS = ("one", "two", "three", "four", "five")
NOW, AT = 1_971_497_172, "2032-06-12T09:41:00Z"


@pytest.fixture
def base(tmp_path, entropy, commit):
    """An archive of five texts in one batch, whole on the disk."""
    path = tmp_path / "base"
    Archive.create(path, Settings("archive.invalid/kestriaaaaaaaaaa", pad=8), entropy=entropy, system=Quick())
    with Archive.writing(path, entropy=entropy, system=Quick()) as archive:
        commit(archive, *TEXTS)
    return path


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def crashes(acts, work, base, tmp_path, way):
    """Yield what each prefix of some acts leaves after a crash, as a folder, and whether all was done."""
    acts = crashing.moved(acts, work, base)
    for length in range(len(acts) + 1):
        state = crashing.after_crash(acts[:length], base, *WAYS[way])
        place = tmp_path / f"crashed-{length}"
        crashing.put_on_disk(state, base, place)
        yield place, length == len(acts)
        shutil.rmtree(place)


def refusals(error):
    """Yield systems that refuse their first act, their second, and so on, until the caller says that none was left."""
    for number in range(1, 10_000):
        yield crashing.Failing(number, error)


def refused_at_each_act(base, tmp_path, error, act, check):
    """Refuse the first act of a program on a copy, on the next copy the second, until none is refused; return how many.

    `act` is called with the place and the system; `check` with the place and what the refusal said, or None.
    """
    for number, system in enumerate(refusals(error), 1):
        place = tmp_path / f"work-{number}"
        shutil.copytree(base, place)
        refused = None
        try:
            act(place, system)
        except DiskFailure as failure:
            refused = str(failure)
        check(place, refused)
        shutil.rmtree(place)
        if refused is None:
            return number
    raise AssertionError("something is refused for ever")


# stamp --import


class Partner:
    def __init__(self, number):
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        self.vkey = Vkey.for_cosigner(f"w{number}.example", self.key.public_key().public_bytes_raw())

    def line(self, text):
        return cosignature.make(text, self.vkey.name, self.vkey.public, self.key.sign, NOW).line + "\n"


PARTNERS = [Partner(number) for number in (1, 2, 3)]


def promise(number):
    uri = b"https://%d.example" % number
    tail = b"\0" + bytes.fromhex("83dfe30d2ef90c8e") + bytes([len(uri) + 1, len(uri)]) + uri
    return b"\xf0\x01" + bytes([number]) + b"\x08" + tail


def ask(root, entropy):
    (root / "policy").write_text(
        "".join(f"witness w{n} {one.vkey.text}\n" for n, one in enumerate(PARTNERS)) + "quorum none\n"
    )
    with Archive.writing(root, entropy=entropy, system=Quick()) as archive:
        asked = stamp.ask(archive, entropy)
    head = ots.MAGIC + b"\x01\x08" + hashlib.sha256(asked.text.encode()).digest()
    return [
        ("lines.txt", "".join(one.line(asked.text) for one in PARTNERS).encode()),
        ("a.ots", head + promise(1)),
        (f"{asked.digest.hex()}.calendar", promise(2)),
        ("chain.pem", b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
    ]


def take(archive, answers):
    found = [one for name, data in answers for one in stamp.take(archive, name, data)]
    assert all(isinstance(one, Taken) for one in found), found
    return found


def check_stamped(place, answers, before, after, entropy, *, done):
    anchors = tree(place / "log/anchors")
    for name, data in anchors.items():
        stem, _, sort = name.rpartition("/")[2].partition(".")
        # A file under a final name is whole: its name begins the hash of its bytes.
        assert stem == "request" or (hashlib.sha256(data).hexdigest()[:16] == stem and sort in set(Sort)), name
        if sort == "ots":
            Proof.parse(data)
    assert not done or anchors == after
    others = {
        name: data
        for name, data in tree(place).items()
        if not name.startswith(("log/anchors/8/", "vault/temporary/", "vault/lock"))
    }
    assert others == before
    with Archive.writing(place, entropy=entropy, system=Quick()) as archive:
        take(archive, answers)
        assert list(audit(archive)) == []
        assert len(list(Anchors(archive).cosigned(8, [one.vkey for one in PARTNERS]))) == 3
        (proof,) = map(Proof.parse, Anchors(archive).of(8, Sort.PROOF))
        assert [one.uri for one in proof.waiting] == ["https://1.example", "https://2.example"]
    assert tree(place / "log/anchors") == after
    assert tree(place / "vault/temporary") == {}


def stamped(base, tmp_path, entropy):
    answers = ask(base, entropy)
    work = tmp_path / "work"
    shutil.copytree(base, work)
    before = {
        name: data
        for name, data in tree(base).items()
        if not name.startswith(("log/anchors/8/", "vault/temporary/", "vault/lock"))
    }
    recording = crashing.Recording()
    with Archive.writing(work, entropy=entropy, system=recording) as archive:
        begun = len(recording.acts)
        take(archive, answers)
    return answers, work, before, tree(work / "log/anchors"), recording.acts[begun:]


@pytest.mark.parametrize("way", WAYS)
def test_after_every_prefix_of_taking_answers_none_is_half(base, tmp_path, entropy, way):
    answers, work, before, after, acts = stamped(base, tmp_path, entropy)
    assert len(acts) > 30
    for place, done in crashes(acts, work, base, tmp_path, way):
        check_stamped(place, answers, before, after, entropy, done=done)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_an_answer_spoils_no_other(base, tmp_path, entropy, error):
    answers, _, before, after, _ = stamped(base, tmp_path, entropy)
    for number, system in enumerate(refusals(error), 1):
        place = tmp_path / f"work-{number}"
        shutil.copytree(base, place)
        archive = Archive.writing(place, entropy=entropy, system=system)
        refused = None
        try:
            take(archive, answers)
        except DiskFailure as failure:
            refused = str(failure)
        archive.close()
        assert refused is None or ("disk is full" in refused) == (error == errno.ENOSPC)
        check_stamped(place, answers, before, after, entropy, done=refused is None)
        shutil.rmtree(place)
        if refused is None:
            break
    assert number > 20


# copy


def kept(root):
    return {
        name: data
        for name, data in tree(root).items()
        if not name.startswith(("vault/lock", "vault/temporary/", "vault/keys/", "vault/content/torn/"))
    }


def copied(source, target, system=None):
    with Archive.reading(source) as archive:
        *_, last = copy(archive, target, system=system or Quick())
    return last


def size_of(root):
    with Archive.reading(root) as archive:
        return archive.ledger.size


def check_copied(source, place, *, done):
    """A folder that counts as an archive is a whole one; one that does not becomes one."""
    if Archive.exists(place):
        with Archive.reading(place) as archive:
            found = [(one.part.value, one.says) for one in audit(archive)]
            assert not done or archive.ledger.size == size_of(source)
        # The one thing that may be said before the end: an entry was erased, and the event is not reached yet.
        assert found in ([], [("event", "it was erased, and no erasure event says so")][: not done])
        if done:
            assert kept(place) == kept(source)
    else:
        assert not done
    assert copied(source, place).is_whole
    assert kept(place) == kept(source)


def prepare_copy(base, tmp_path, entropy, commit, *, fresh):
    """Return a target that is empty, or a copy of an earlier state of which something was erased since."""
    target = tmp_path / "target"
    if fresh:
        target.mkdir()
        return target
    copied(base, target)
    with Archive.writing(base, entropy=entropy, system=Quick()) as archive:
        commit(archive, "six", "seven")
        archive.erase(
            archive.plan_erasure(index_of(archive, "two")), reason="their wish", by=("R. Sela", "O. Dorn"), at=AT
        )
    return target


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_after_every_prefix_of_a_copy_it_is_whole_or_no_archive(base, tmp_path, entropy, commit, way, fresh):
    target = prepare_copy(base, tmp_path, entropy, commit, fresh=fresh)
    work, recording = tmp_path / "work", crashing.Recording()
    shutil.copytree(target, work)
    assert copied(base, work, recording).is_whole
    assert len(recording.acts) > 40
    for place, done in crashes(recording.acts, work, target, tmp_path, way):
        check_copied(base, place, done=done)


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_a_copy_leaves_what_can_be_gone_on_with(base, tmp_path, entropy, commit, error, fresh):
    target = prepare_copy(base, tmp_path, entropy, commit, fresh=fresh)
    before = tree(base)

    def act(place, system):
        copied(base, place, system)

    def check(place, refused):
        assert refused is None or ("disk is full" in refused) == (error == errno.ENOSPC)
        check_copied(base, place, done=refused is None)

    assert refused_at_each_act(target, tmp_path, error, act, check) > 20
    assert tree(base) == before


# erase


def index_of(archive, name):
    return next(one.index for one in archive.ledger.replay() if one.fields.get("id") == name)


def erase(root, entropy, system):
    with Archive.writing(root, entropy=entropy, system=system) as archive:
        archive.erase(
            archive.plan_erasure(index_of(archive, "two")), reason="their wish", by=("R. Sela", "O. Dorn"), at=AT
        )


def check_erased(place, entropy, *, done):
    """After the next writer one text is gone whole or not at all, and every other one is there."""
    if done:
        assert Digest.of(b"two").hex.encode() not in b"".join(tree(place / "vault").values())
    with Archive.writing(place, entropy=entropy, system=Quick()) as archive:
        events = list(archive.ledger.replay())
        ids = [one.fields["id"] for one in events if one.kind == "exhibit"]
        said = [one for one in events if one.kind == "erasure"]
        assert len(said) <= 1 and archive.ledger.broken == []
        assert sorted(ids) == sorted(set(TEXTS) - ({"two"} if said else set()))
        assert archive.store.has(Digest.of(b"two")) == (not said)
        assert all(archive.store.has(Digest.of(text.encode())) for text in TEXTS if text != "two")
        assert list(audit(archive)) == []
        if not said:
            assert not done
            archive.erase(
                archive.plan_erasure(index_of(archive, "two")), reason="their wish", by=("R. Sela", "O. Dorn"), at=AT
            )
    secret = Digest.of(b"two").hex.encode()
    assert not any(secret in data for data in tree(place / "vault").values())
    with Archive.reading(place) as archive:
        assert list(audit(archive)) == []
    assert not (place / "vault/erasing").exists()


@pytest.mark.parametrize("way", WAYS)
def test_after_every_prefix_of_an_erasure_it_is_ended_and_nothing_else_is_lost(base, tmp_path, entropy, way):
    work, recording = tmp_path / "work", crashing.Recording()
    shutil.copytree(base, work)
    erase(work, entropy, recording)
    assert len(recording.acts) > 20
    for place, done in crashes(recording.acts, work, base, tmp_path, way):
        (place / "vault/lock").write_text("1\n")
        check_erased(place, entropy, done=done)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_an_erasure_loses_nothing_else(base, tmp_path, entropy, error):
    def act(place, system):
        erase(place, entropy, system)

    def check(place, refused):
        assert refused is None or "\n" not in refused
        check_erased(place, entropy, done=refused is None)

    assert refused_at_each_act(base, tmp_path, error, act, check) > 15


def test_the_erasure_event_is_read_as_one(base, entropy):
    """The law above rests on it: what was erased stands in the ledger, and its lines hold no salt any more."""
    erase(base, entropy, Quick())
    with Archive.reading(base) as archive:
        index = next(one.fields["entries"] for one in archive.ledger.replay() if one.kind == "erasure")[0]
        lines = segment.load(archive.ledger.segment_path(0))
    assert not segment.is_event(lines[segment.places(lines)[index]])


# audit --repair-from


def damage(root):
    """Harm one of each sort of thing that a repair puts back; return the names of what was harmed."""
    content = root / "vault/content" / Digest.of(b"two").hex[:2] / Digest.of(b"two").hex[2:]
    lost = root / "vault/content" / Digest.of(b"three").hex[:2] / Digest.of(b"three").hex[2:]
    (segment_file,) = (root / "vault/events").iterdir()
    harmed = [content, segment_file, root / "log/tile/0/000.p/8", root / "log/tile/entries/000.p/8"]
    for path in harmed:
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    lost.chmod(0o600)
    lost.unlink()
    return [*harmed, lost]


def repaired(root, source, system):
    with Archive.repairing(root, system=system) as archive, Archive.reading(source) as other:
        return list(repair(archive, other))


@pytest.fixture
def harmed(base, tmp_path):
    """Return a whole archive, the same archive harmed, and the names of what was harmed there."""
    whole = tmp_path / "whole"
    shutil.copytree(base, whole)
    return whole, [str(path.relative_to(base)) for path in damage(base)]


def check_repaired(place, whole, names, *, done):
    """What was right is as it was, what was wrong is as it was or right; the next repair makes all right."""
    right, found = kept(whole), kept(place)
    for name, data in right.items():
        assert name in names or found.get(name) == data, name
    assert {name for name in found if not name.startswith("vault/content/new/")} <= right.keys()
    assert not done or found == right
    repaired(place, whole, Quick())
    assert kept(place) == right
    with Archive.reading(place) as archive:
        assert list(audit(archive)) == []
    assert tree(place / "vault/temporary") == {}


@pytest.mark.parametrize("way", WAYS)
def test_after_every_prefix_of_a_repair_nothing_right_is_lost_and_the_next_one_ends_it(base, harmed, tmp_path, way):
    whole, names = harmed
    work, recording = tmp_path / "work", crashing.Recording()
    shutil.copytree(base, work)
    assert len(repaired(work, whole, recording)) == len(names)
    assert kept(work) == kept(whole)
    for place, done in crashes(recording.acts, work, base, tmp_path, way):
        check_repaired(place, whole, names, done=done)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_a_repair_loses_nothing_right(base, harmed, tmp_path, error):
    whole, names = harmed

    def act(place, system):
        repaired(place, whole, system)

    def check(place, refused):
        assert refused is None or "\n" not in refused
        check_repaired(place, whole, names, done=refused is None)

    assert refused_at_each_act(base, tmp_path, error, act, check) > 15
