"""Laws of the anchors themselves, read from a folder that holds nothing else: which files, who counts, until when."""

import hashlib
import struct
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.proof import cosignature, note
from witnessmark.proof.note import Signature, Vkey
from witnessmark.proof.policy import Policy
from witnessmark.proof.succession import Succession
from witnessmark.verify import authority, witnessed
from witnessmark.verify.answers import NOBODY, Witnessed
from witnessmark.verify.report import Bound, Tally, Word
from witnessmark.verify.sealed import Log
from witnessmark.verify.shapes import Keys
from witnessmark.verify.walk import Site
from witnessmark.verify.witnessed import Anchored, Reader, Witnessing

NOW = 1_971_497_172
DESK, HALL = ((Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32), f"{n}.example/w") for n in (7, 8))
POLICY = "proof/policy"


def vkey(witness):
    return Vkey.for_cosigner(witness[1], witness[0].public_key().public_bytes_raw())


def line(witness, text, when=NOW):
    key = vkey(witness)
    return cosignature.make(note.parse(text).text, key.name, key.public, witness[0].sign, when).line + "\n"


def policy_of(log, *witnesses, quorum="all", tail=""):
    rows = [f"log {log.text}", *(f"witness w{n} {vkey(one).text}" for n, one in enumerate(witnesses))]
    if witnesses:
        rows.append(f"group many {quorum} " + " ".join(f"w{n}" for n in range(len(witnesses))))
    return "\n".join([*rows, "quorum many" if witnesses else "quorum none"]) + "\n" + tail


class Folder:
    """A log of three checkpoints (8, 16, 24 entries), and whatever anchors a test puts beside them."""

    def __init__(self, forge, stamps, root):
        self.keeper = forge.Keeper(seed=5, pad=8)
        for _ in range(3):
            self.keeper.seal(forge.Event("custody", {"sealed": "2032-06-12"}))
        self.log, self.notes = self.keeper.vkey, self.keeper.notes
        self.forge, self.stamps, self.root = forge, stamps, root
        self.witnesses = (DESK,)
        self.files = {POLICY: policy_of(self.log, DESK)}

    def content(self, size):
        return note.parse(self.notes[size]).text.encode()

    def put(self, size, name, data):
        self.files[f"proof/anchors/{size}/{name}"] = data

    def seen(self, size, *lines):
        self.put(size, "checkpoint", self.notes[size] + "".join(lines))

    def read(self, reader=None, *, keys=True):
        data = {path: text.encode() if isinstance(text, str) else text for path, text in self.files.items()}
        self.tally = Tally()
        # A folder of its own for each reading: a test may read twice.
        self.root = self.root / "site"
        self.root.mkdir()
        site = Site(str(self.forge.write(data, self.root)), self.tally)
        listed = Keys(self.log, tuple(map(vkey, self.witnesses)), ())
        log = Log(Succession(self.log), listed.witnesses)
        return witnessed.read(site, log, listed if keys else None, reader or Reader(), self.tally)

    def said(self, path, word=None):
        return [v.says for v in self.tally.verdicts if v.file == path and word in (None, v.word)]

    @property
    def wrong(self):
        return [(v.file, v.says) for v in self.tally.verdicts if v.word is not Word.AGREES]


@pytest.fixture
def folder(forge, stamps, tmp_path):
    return Folder(forge, stamps, tmp_path)


def reader(folder, *witnesses, headers=(), **more):
    return Reader(Policy.parse(policy_of(folder.log, *witnesses, **more)), tuple(headers))


# Which files


def test_an_edition_that_nobody_saw_has_no_anchors(folder):
    folder.files, folder.witnesses = {"index.html": b"x"}, ()
    found = folder.read()
    assert found == Anchored()
    assert (found.is_cosigned, found.answer(0), found.own_time(0), found.bound(0)) == (False, NOBODY, None, None)
    assert found.is_seen(0) is False
    assert folder.tally.verdicts == []


def test_without_a_list_of_keys_no_anchor_is_read(folder):
    folder.seen(8, line(DESK, folder.notes[8]))
    found = folder.read(reader(folder, DESK), keys=False)
    assert found == Anchored()
    assert folder.tally.verdicts == []


def test_a_policy_alone_is_held_against_the_list_of_keys(folder):
    found = folder.read()
    assert folder.said(POLICY) == ["names the witnesses of proof/keys.json"]
    assert found.policy == Policy.parse(folder.files[POLICY])
    assert found.answer(0) == Witnessed((), 1, is_quorum=False)
    assert folder.wrong == []


def without_policy(folder):
    del folder.files[POLICY]


def anchors_without_policy_or_witnesses(folder):
    folder.witnesses = ()
    del folder.files[POLICY]
    folder.seen(8)


def another_log(folder):
    folder.files[POLICY] = policy_of(Vkey.for_ed25519(folder.log.name, bytes(32)), DESK)


def two_logs(folder):
    folder.files[POLICY] += f"log {Vkey.for_ed25519('archive.invalid/other', bytes(32)).text}\n"


def no_log(folder):
    folder.files[POLICY] = folder.files[POLICY].partition("\n")[2]


def another_witness(folder):
    folder.files[POLICY] = policy_of(folder.log, HALL)


def one_witness_more(folder):
    folder.files[POLICY] = policy_of(folder.log, DESK, HALL)


def witnesses_in_another_order(folder):
    folder.witnesses = (DESK, HALL)
    folder.files[POLICY] = policy_of(folder.log, HALL, DESK)


def too_large(folder):
    folder.files[POLICY] += "# more\n" + "#" * ((1 << 18) - 7) + "\n"


POLICIES = [
    (without_policy, "is missing: witnesses or anchors stand in this edition"),
    (anchors_without_policy_or_witnesses, "is missing: witnesses or anchors stand in this edition"),
    (another_log, "names another log than proof/keys.json"),
    (two_logs, "names another log than proof/keys.json"),
    (no_log, "names another log than proof/keys.json"),
    (another_witness, "names other witnesses than proof/keys.json"),
    (one_witness_more, "names other witnesses than proof/keys.json"),
    (witnesses_in_another_order, "names other witnesses than proof/keys.json"),
    (too_large, "is larger than the 262,144 bytes that such a file may have; it was not read"),
]


@pytest.mark.parametrize(("bend", "sentence"), POLICIES)
def test_a_policy_that_does_not_fit_is_false_and_makes_no_answer(bend, sentence, folder):
    bend(folder)
    found = folder.read()
    assert folder.said(POLICY) == folder.said(POLICY, Word.FALSE) == [sentence]
    assert (found.policy, found.own, found.answer(0)) == (None, None, NOBODY)


NAMES = [
    "proof/anchors/checkpoint",
    "proof/anchors/0/checkpoint",
    "proof/anchors/08/checkpoint",
    "proof/anchors/12345678901234567890/checkpoint",
    "proof/anchors/8/checkpoint.old",
    "proof/anchors/8/more/checkpoint",
    "proof/anchors/8/8/checkpoint",
    "proof/anchors/x/checkpoint",
    "proof/anchors/8/0123456789abcde.tsr",
    "proof/anchors/8/0123456789abcdef0.tsr",
    "proof/anchors/8/0123456789abcdeg.tsr",
    "proof/anchors/8/0123456789abcdef.tsq",
    "proof/anchors/8/0123456789abcdefxtsr",
    "proof/anchors/8/0123456789abcdef.tsr.tsr",
]


@pytest.mark.parametrize("path", NAMES)
def test_a_file_of_another_name_does_not_belong_to_the_anchors(path, folder):
    folder.seen(16)
    folder.files[path] = folder.notes[8]
    found = folder.read()
    assert folder.wrong == [(path, "does not belong to the anchors of an edition")]
    assert set(found.notes) == {16}


def test_the_largest_number_of_a_folder_has_nineteen_digits(folder):
    path = "proof/anchors/9999999999999999999/checkpoint"
    folder.files[path] = folder.notes[8]
    folder.read()
    assert folder.wrong == [(path, "is the checkpoint of another size than its folder says")]


def test_each_sort_of_anchor_is_read_and_said(folder):
    stamps = folder.stamps
    proof, header = stamps.block(folder.content(8))
    folder.seen(8, line(DESK, folder.notes[8]))
    folder.put(8, "00000000000000aa.tsr", stamps.response(folder.content(8)))
    folder.put(8, "00000000000000ab.der", stamps.certificate(1))
    folder.put(8, "00000000000000ac.ots", proof)
    found = folder.read()
    assert folder.wrong == []
    at = "proof/anchors/8/00000000000000"
    assert folder.said("proof/anchors/8/checkpoint") == ["is signed by the log, and cosigned by 1"]
    assert folder.said(at + "aa.tsr") == [
        "is about its checkpoint; its signature is present, not checked: no certificate that the policy names came "
        "with this time stamp"
    ]
    assert folder.said(at + "ab.der") == ["has the form of a certificate, for the time stamps beside it"]
    assert folder.said(at + "ac.ots") == ["is about its checkpoint"]
    assert [(size, path) for size, path, _ in found.tokens] == [(8, at + "aa.tsr")]
    assert [(size, path) for size, path, _ in found.proofs] == [(8, at + "ac.ots")]
    assert found.certificates == [stamps.certificate(1)]
    assert found.bounds == []
    assert found.cosigned == {8: 1}


def tsr_about_another(folder):
    return "tsr", folder.stamps.response(folder.content(16)), "the time stamp is about other bytes"


def tsr_broken(folder):
    return "tsr", b"x", "not a time stamp: "


def ots_about_another(folder):
    return "ots", folder.stamps.block(folder.content(16))[0], "the OpenTimestamps proof is about other bytes"


def ots_broken(folder):
    return "ots", b"x", "not an OpenTimestamps proof: it begins otherwise"


def no_certificate(folder):
    return "der", b"a letter to the reader", "not a certificate: not a time stamp: tag 0x61 where another belongs"


def certificate_and_more(folder):
    return "der", folder.stamps.certificate(1) + b"x", "not a certificate: bytes after the end"


def tsr_too_large(folder):
    return "tsr", bytes((1 << 20) + 1), "is larger than the 1,048,576 bytes that such a file may have; it was not read"


@pytest.mark.parametrize(
    "make",
    [tsr_about_another, tsr_broken, ots_about_another, ots_broken, no_certificate, certificate_and_more, tsr_too_large],
)
def test_an_anchor_that_does_not_fit_is_false_and_counts_for_nothing(make, folder):
    folder.seen(8)
    sort, data, sentence = make(folder)
    path = f"proof/anchors/8/00000000000000aa.{sort}"
    folder.files[path] = data
    found = folder.read()
    ((file, said),) = folder.wrong
    assert (file, said[: len(sentence)]) == (path, sentence)
    assert folder.said(path, Word.FALSE)
    assert (found.tokens, found.proofs, found.certificates, found.bounds) == ([], [], [], [])


def test_what_has_no_checkpoint_beside_it_cannot_be_checked(folder):
    folder.seen(8)
    folder.put(16, "00000000000000aa.ots", folder.stamps.block(folder.content(16))[0])
    found = folder.read()
    path = "proof/anchors/16/00000000000000aa.ots"
    assert folder.said(path, Word.UNDECIDED) == ["speaks about a checkpoint that does not lie beside it"]
    assert found.proofs == []


def test_the_checkpoint_is_read_first_whatever_the_names(folder):
    """`00….ots` stands before `checkpoint` by name."""
    folder.put(8, "00000000000000aa.ots", folder.stamps.block(folder.content(8))[0])
    folder.seen(8)
    assert len(folder.read().proofs) == 1
    assert folder.wrong == []


def test_a_checkpoint_that_does_not_fit_its_folder_is_not_used(folder):
    folder.put(16, "checkpoint", folder.notes[8])
    found = folder.read()
    path = "proof/anchors/16/checkpoint"
    assert folder.wrong == [(path, "is the checkpoint of another size than its folder says")]
    assert (found.notes, found.cosigned) == ({}, {})
    folder.put(16, "checkpoint", bytes((1 << 20) + 1))
    folder.read()
    assert folder.wrong[0][1].startswith("is larger than the 1,048,576 bytes")


# Who counts


def test_cosigners_are_counted_and_not_their_lines(folder):
    text = folder.notes[8]
    folder.seen(8, line(DESK, text), line(DESK, text, NOW + 1))
    found = folder.read()
    assert folder.said("proof/anchors/8/checkpoint") == ["is signed by the log, and cosigned by 1"]
    assert found.is_cosigned
    assert found.answer(0) == Witnessed((DESK[1],), 1, is_quorum=True)


def another_signature(key, message):
    """Return a second Ed25519 signature of one message (RFC 8032, section 5.1.6), by a nonce of the signer's choice."""
    nonce = Ed25519PrivateKey.from_private_bytes(bytes([6]) * 32)

    def scalar(one):
        digest = hashlib.sha512(one.private_bytes_raw()).digest()
        return (int.from_bytes(digest[:32], "little") & (1 << 254) - 8) | 1 << 254

    point = nonce.public_key().public_bytes_raw()
    asked = hashlib.sha512(point + key.public_key().public_bytes_raw() + message).digest()
    order = (1 << 252) + 27742317777372353535851937790883648493
    answer = (scalar(nonce) + int.from_bytes(asked, "little") * scalar(key)) % order
    return point + answer.to_bytes(32, "little")


def test_a_log_that_signs_twice_has_no_witness(folder):
    """Ed25519 lets whoever holds the key make many signatures of one text: none of them is anybody else's word."""
    text = note.parse(folder.notes[8])
    twin = Signature(folder.log.name, folder.log.key_id, another_signature(folder.keeper.key, text.text.encode()))
    assert twin.blob != text.signatures[0].blob
    folder.put(8, "checkpoint", text.whole + twin.line + "\n")
    found = folder.read()
    assert folder.wrong == []
    assert folder.said("proof/anchors/8/checkpoint") == ["is signed by the log, and cosigned by 0"]
    assert not found.is_cosigned


def test_a_checkpoint_without_a_witness_cosigns_nothing(folder):
    folder.seen(8)
    found = folder.read()
    assert (found.cosigned, found.is_cosigned) == ({8: 0}, False)


def test_the_editions_own_policy_makes_the_answer_and_the_readers_policy_the_bound(folder):
    folder.witnesses = (HALL, DESK)
    folder.files[POLICY] = policy_of(folder.log, HALL, DESK)
    text = folder.notes[8]
    folder.seen(8, line(DESK, text, NOW), line(HALL, text, NOW + 60))
    found = folder.read()
    # Names are sorted, whatever the order of the policy.
    assert found.answer(7) == Witnessed((DESK[1], HALL[1]), 2, is_quorum=True)
    assert found.own_time(7) == NOW + 60
    assert (found.bound(7), found.is_seen(7)) == (None, False)
    found = folder.read(reader(folder, DESK))
    assert found.bound(7) == Bound(NOW, "the witnesses that your policy asks for")
    assert found.is_seen(7)
    assert found.own_time(7) == NOW + 60
    # The size of a checkpoint is the first index that it does not cover.
    assert (found.bound(8), found.is_seen(8), found.own_time(8)) == (None, False, None)
    assert found.answer(8) == Witnessed((), 2, is_quorum=False)


def test_a_quorum_of_the_edition_that_is_not_met_has_no_time(folder):
    folder.witnesses = (DESK, HALL)
    folder.files[POLICY] = policy_of(folder.log, DESK, HALL)
    folder.seen(8, line(DESK, folder.notes[8]))
    found = folder.read(reader(folder, DESK, HALL))
    assert found.answer(0) == Witnessed((DESK[1],), 2, is_quorum=False)
    assert (found.own_time(0), found.bound(0), found.is_seen(0)) == (None, None, False)


def test_a_policy_that_asks_for_no_witness_makes_no_bound(folder):
    folder.seen(8, line(DESK, folder.notes[8]))
    found = folder.read(reader(folder))
    assert (found.bound(0), found.is_seen(0)) == (None, False)


def test_witnesses_of_different_checkpoints_meet_a_quorum_together(folder):
    """Whoever saw a later checkpoint has seen what an earlier one covers; the earliest time of each counts."""
    folder.witnesses = (DESK, HALL)
    folder.files[POLICY] = policy_of(folder.log, DESK, HALL)
    folder.seen(8, line(DESK, folder.notes[8], NOW + 50))
    folder.seen(16, line(DESK, folder.notes[16], NOW + 100), line(HALL, folder.notes[16], NOW + 90))
    folder.seen(24, line(HALL, folder.notes[24], NOW + 70))
    own = folder.read().own
    assert (own.of(7), own.time(7)) == (Witnessed((DESK[1], HALL[1]), 2, is_quorum=True), NOW + 70)
    assert (own.of(8), own.time(8)) == (Witnessed((DESK[1], HALL[1]), 2, is_quorum=True), NOW + 100)
    assert (own.of(16), own.time(16)) == (Witnessed((HALL[1],), 2, is_quorum=False), None)
    assert (own.of(24), own.time(24)) == (Witnessed((), 2, is_quorum=False), None)
    # Asked again, and in another order, it says the same.
    assert [own.time(index) for index in (16, 7, 8, 0, 15, 23)] == [
        None,
        NOW + 70,
        NOW + 100,
        NOW + 70,
        NOW + 100,
        None,
    ]


def test_the_earliest_time_of_a_witness_counts_also_where_a_larger_checkpoint_has_it(folder):
    folder.seen(8, line(DESK, folder.notes[8], NOW + 30))
    folder.seen(16, line(DESK, folder.notes[16], NOW + 20))
    folder.seen(24, line(DESK, folder.notes[24], NOW + 40))
    own = folder.read().own
    assert [own.time(index) for index in (0, 7, 8, 15, 16, 23, 24)] == [NOW + at for at in (20, 20, 20, 20, 40, 40)] + [
        None
    ]


def test_a_witness_whose_name_and_key_id_another_key_has_is_not_its_witness(folder, monkeypatch):
    """A key id has four bytes: who tries long enough finds a second key for a name. The reader's own key decides."""
    monkeypatch.setattr(
        note, "_key_id", lambda name, kind, public: hashlib.sha256(name.encode() + bytes([kind])).digest()[:4]
    )
    folder.log = Vkey.for_ed25519(folder.log.name, folder.log.public)
    folder.keeper.vkey = folder.log
    folder.notes[8] = folder.keeper.notes[8] = note.sign(
        note.parse(folder.notes[8]).text, folder.log.name, folder.log.public, folder.keeper.key.sign
    )
    folder.files[POLICY] = policy_of(folder.log, DESK)
    folder.seen(8, line(DESK, folder.notes[8]))
    found = folder.read(reader(folder, (HALL[0], DESK[1])))
    assert folder.wrong == [("", f"the signature of {DESK[1]} does not fit this checkpoint")]
    assert (found.reader, found.bound(0), found.is_seen(0)) == (None, None, False)


def test_no_checkpoint_without_the_logs_own_signature_makes_a_witness(folder):
    lines = note.parse(folder.notes[8] + line(DESK, folder.notes[8]))
    alone = note.Note(lines.text, lines.signatures[1:])
    folder.put(8, "checkpoint", alone.whole)
    found = folder.read(reader(folder, DESK))
    assert folder.wrong == [("proof/anchors/8/checkpoint", "its checkpoint is not signed by the log's key")]
    assert (found.answer(0).names, found.bound(0)) == ((), None)


def test_a_policy_of_the_reader_under_another_key_of_a_witness_is_not_met(folder):
    folder.seen(8, line(DESK, folder.notes[8]))
    found = folder.read(reader(folder, HALL))
    assert (found.is_seen(0), found.bound(0)) == (False, None)
    assert folder.wrong == []


# Bounds


def test_a_witnessing_of_nothing_knows_its_policy():
    policy = Policy.parse(policy_of(Vkey.for_ed25519("archive.invalid/x", bytes(32)), DESK, HALL))
    none = Witnessing(policy, (), ())
    assert (none.of(0), none.time(0)) == (Witnessed((), 2, is_quorum=False), None)


def test_the_earliest_of_witnesses_time_stamps_and_blocks_is_the_bound(folder):
    proof, header = folder.stamps.block(folder.content(8))
    later, later_header = folder.stamps.block(folder.content(16), 9, NOW - 10_000)
    folder.seen(8, line(DESK, folder.notes[8], NOW + 7201))
    folder.seen(16)
    folder.put(8, "00000000000000aa.ots", proof)
    folder.put(16, "00000000000000aa.ots", later)
    five = Bound(NOW + 7200, "Bitcoin block 5, whose header you gave")
    nine = Bound(NOW - 10_000 + 7200, "Bitcoin block 9, whose header you gave")
    found = folder.read(reader(folder, DESK, headers=[header]))
    assert found.bounds == [(8, five)]
    assert found.bound(7) == five
    assert found.bound(8) is None
    found = folder.read(reader(folder, DESK, headers=[later_header, header]))
    assert sorted(found.bounds, key=lambda row: row[0]) == [(8, five), (16, nine)]
    assert (found.bound(7), found.bound(8), found.bound(15), found.bound(16)) == (nine, nine, nine, None)
    assert folder.read(reader(folder, DESK, headers=[bytes(80)])).bounds == []
    assert folder.wrong == []


def test_a_header_makes_a_bound_without_any_policy_and_then_others_have_seen_the_log(folder):
    proof, header = folder.stamps.block(folder.content(8))
    folder.seen(8)
    folder.put(8, "00000000000000aa.ots", proof)
    assert not folder.read().is_cosigned
    found = folder.read(Reader(None, (header,)))
    assert found.is_cosigned
    assert found.bound(0).time == NOW + 7200


def test_a_header_without_the_work_that_it_states_is_false(folder):
    proof, header = folder.stamps.block(folder.content(8))
    folder.seen(8)
    folder.put(8, "00000000000000aa.ots", proof)
    lying = header[:72] + struct.pack("<I", 0x1D00FFFF) + header[76:]
    found = folder.read(Reader(None, (lying,)))
    sentence = "the header given for block 5 does not hold the work that it states"
    assert folder.wrong == [("proof/anchors/8/00000000000000aa.ots", sentence)]
    assert found.bounds == []


@pytest.fixture
def stamped(folder, stamps, tmp_path, monkeypatch):
    """A time stamp of the first checkpoint, the root that the reader's policy names beside it, and a played openssl."""
    root = stamps.certificate(1)
    folder.seen(8)
    folder.put(8, "00000000000000aa.tsr", stamps.response(folder.content(8), stamps.certificate(2)))
    folder.put(8, "00000000000000ab.der", root)
    openssl = stamps.Openssl(tmp_path / "openssl")
    monkeypatch.setenv("PATH", str(openssl.folder))
    tail = f"#authority hall {codec.to_base64(hashlib.sha256(root).digest())}\n"
    return SimpleNamespace(
        folder=folder, openssl=openssl, reader=reader(folder, tail=tail), path="proof/anchors/8/00000000000000aa.tsr"
    )


def test_a_time_stamp_counts_when_openssl_agrees_for_an_authority_of_the_reader(stamped):
    stamped.openssl.answer(0, "Verification: OK\n")
    found = stamped.folder.read(stamped.reader)
    assert found.bounds == [(8, Bound(1970646060 + 2, "the time stamp authority 'hall'"))]
    assert (found.bound(7).by, found.bound(8)) == ("the time stamp authority 'hall'", None)
    assert stamped.folder.said(stamped.path) == ["is about its checkpoint, and signed by 'hall' of your policy"]
    (asked,) = stamped.openssl.asked
    assert bytes.fromhex(asked["files"]["content"]) == stamped.folder.content(8)
    assert bytes.fromhex(asked["files"]["trusted"]).decode() == authority.pem(stamped.folder.stamps.certificate(1))


def test_a_time_stamp_that_openssl_refuses_is_false(stamped):
    stamped.openssl.answer(1, "Verification: FAILED\n")
    found = stamped.folder.read(stamped.reader)
    assert found.bounds == []
    assert stamped.folder.wrong == [
        (stamped.path, "the time stamp's signature or certificate does not hold: openssl gives no reason")
    ]


def test_a_time_stamp_that_nobody_can_check_here_is_present_and_the_others_are_still_checked(stamped):
    folder, stamps = stamped.folder, stamped.folder.stamps
    folder.put(8, "0000000000000000.tsr", stamps.response(folder.content(8), time=b"20320101000000Z"))
    stamped.openssl.answer(1, "no such command\n", pem=authority.pem(stamps.certificate(1)))
    found = folder.read(stamped.reader)
    assert found.bounds == []
    assert folder.wrong == []
    for name in ("0000000000000000.tsr", "00000000000000aa.tsr"):
        assert folder.said(f"proof/anchors/8/{name}") == [
            "is about its checkpoint; its signature is present, not checked: "
            "the openssl on this machine does not understand the question"
        ]


def test_an_authority_that_only_the_edition_names_is_nobody(stamped):
    stamped.openssl.answer(0, "Verification: OK\n")
    folder = stamped.folder
    folder.files[POLICY] = folder.files[POLICY] + stamped.reader.policy.text.splitlines(keepends=True)[-1]
    for brought in (Reader(), reader(folder, DESK)):
        found = folder.read(brought)
        assert found.bounds == []
        assert "not checked" in folder.said(stamped.path)[0]
    assert stamped.openssl.asked == []


# The header that a reader gives


def test_a_header_is_80_bytes_raw_or_in_hexadecimal():
    raw = bytes(range(80))
    for given in (raw, raw.hex().encode(), raw.hex().upper().encode(), b"\n " + raw.hex().encode() + b"\r\n"):
        assert witnessed.parse_header(given) == raw


@pytest.mark.parametrize("data", [b"", b"x", bytes(79), bytes(81), b"00" * 79, b"00" * 81, b"0" * 159, b"\xff" * 160])
def test_what_is_no_header_is_refused_in_one_sentence(data):
    sentence = r"\Aa Bitcoin block's header has 80 bytes, raw or in hexadecimal\Z"
    with pytest.raises(Damaged, match=sentence):
        witnessed.parse_header(data)
