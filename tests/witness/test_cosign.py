"""Laws of a witness: it cosigns a log that only grew, writes it down first, and never two trees of one size."""

import os
import stat

import pytest

from witnessmark.errors import Damaged, DiskFailure, WrongUsage
from witnessmark.proof import cosignature, merkle, note
from witnessmark.proof.note import Note, Vkey
from witnessmark.witness import keep
from witnessmark.witness.cosign import cosign
from witnessmark.witness.keep import Folder
from witnessmark.witness.refusal import ClockBehind, Malformed, NotGrown, NotSigned, OtherSize, UnknownLog
from witnessmark.witness.request import Request


def ask(folder, data, clock=lambda: 1_971_497_172):
    return cosign(folder, Request.parse(data), clock=clock)


def test_the_line_is_a_cosignature_of_this_checkpoint_at_this_time(folder, log, now):
    found = ask(folder, log.request(0, 1), now)
    assert cosignature.check(log.text(1), found.line, folder.vkey) == found.time == now()
    assert note.check(note.parse(log.checkpoint(1) + found.text), [log.vkey, folder.vkey]) == (log.vkey, folder.vkey)


def test_a_log_that_grows_is_cosigned_again_and_again(folder, log):
    old = 0
    for size in (0, 1, 1, 3, 5, 8, 13, 254):
        assert ask(folder, log.request(old, size)).head.size == size
        assert folder.kept(log.origin).head.root == log.root(size)
        old = size


def test_what_is_kept_holds_the_lines_that_were_checked_and_ours(folder, log):
    stranger = note.Signature("stranger", bytes(4), bytes(72))
    whole = note.parse(log.checkpoint(5))
    ask(folder, b"old 0\n\n" + Note(whole.text, (stranger, *whole.signatures * 90)).whole.encode())
    assert [line.name for line in folder.kept(log.origin).note.signatures] == [log.origin, folder.vkey.name]


def test_a_log_that_nobody_named_is_unknown(folder, make_log):
    with pytest.raises(UnknownLog):
        ask(folder, make_log("archive.invalid/other").request(0, 1))


def test_no_trusted_signature_or_a_bad_one_is_refused(folder, log, make_log):
    with pytest.raises(NotSigned):
        ask(folder, make_log(seed=2).request(0, 1))
    good = log.checkpoint(1)
    with pytest.raises(NotSigned):
        ask(folder, b"old 0\n\n" + good.replace(log.text(1), log.text(2)).encode())
    bad = note.parse(log.checkpoint(2)).signatures[0].line
    with pytest.raises(NotSigned):
        ask(folder, f"old 0\n\n{good}{bad}\n".encode())
    assert folder.kept(log.origin) is None


def test_an_old_size_beyond_the_checkpoint_is_malformed(folder, log):
    ask(folder, log.request(0, 5))
    with pytest.raises(Malformed):
        ask(folder, log.request(5, 3))


def test_another_old_size_is_told_the_one_that_is_kept(folder, log):
    ask(folder, log.request(0, 3))
    for old, size in ((0, 5), (1, 5), (4, 5), (0, 3)):
        with pytest.raises(OtherSize) as error:
            ask(folder, log.request(old, size))
        assert error.value.size == 3
        assert (error.value.line is not None) == (size == 3)


def test_the_answer_that_was_lost_is_the_one_that_is_told_again(folder, log):
    line = ask(folder, log.request(0, 3)).line.line
    with pytest.raises(OtherSize) as error:
        ask(folder, log.request(0, 3), clock=lambda: 2_000_000_000)
    assert error.value.line == line


def test_a_proof_that_is_missing_bent_or_too_long_is_refused(folder, log):
    with pytest.raises(NotGrown):
        ask(folder, log.request(0, 3, proof=(bytes(32),)))
    ask(folder, log.request(0, 3))
    good = log.proof(3, 5)
    for proof in ((), good[:-1], (*good, bytes(32)), (bytes(32), *good[1:]), good[::-1]):
        with pytest.raises(NotGrown):
            ask(folder, log.request(3, 5, proof=proof))
    with pytest.raises(NotGrown):
        ask(folder, log.request(3, 3, proof=(bytes(32),)))
    assert folder.kept(log.origin).head.size == 3


def test_an_empty_log_has_the_root_of_the_empty_tree(folder, log):
    text = log.text(0).replace(log.text(0).split("\n")[2], log.text(1).split("\n")[2])
    with pytest.raises(NotGrown, match="empty tree"):
        ask(folder, b"old 0\n\n" + log.checkpoint(0, text).encode())
    ask(folder, log.request(0, 0))
    with pytest.raises(NotGrown):
        ask(folder, log.request(0, 1, proof=(merkle.EMPTY_ROOT,)))
    assert ask(folder, log.request(0, 1)).head.size == 1


def test_two_trees_of_one_size_are_refused_and_both_kept(folder, log, liar):
    ask(folder, log.request(0, 5))
    with pytest.raises(NotGrown, match="rewritten"):
        ask(folder, liar.request(5, 5))
    with pytest.raises(OtherSize):
        ask(folder, liar.request(0, 5))
    kept = list(folder._place(log.origin).joinpath("refused").iterdir())
    assert [path.read_text() for path in kept] == [liar.checkpoint(5)]
    with pytest.raises(NotGrown):
        ask(folder, liar.request(5, 8))
    assert folder.kept(log.origin).head.root == log.root(5)


def test_evidence_cannot_fill_the_disk(folder, log, make_log):
    ask(folder, log.request(0, 200))
    for lie in range(20):
        with pytest.raises(NotGrown):
            ask(folder, make_log(lie_from=lie).request(200, 200))
    assert len(list(folder._place(log.origin).joinpath("refused").iterdir())) == keep.MOST_REFUSED


def test_a_clock_that_went_backwards_cosigns_nothing(folder, log, now):
    ask(folder, log.request(0, 3), now)
    with pytest.raises(ClockBehind, match="clock"):
        ask(folder, log.request(3, 5), lambda: now() - 1)
    assert folder.kept(log.origin).head.size == 3
    assert ask(folder, log.request(3, 5), now).time == now()


def test_logs_do_not_touch_each_other(folder, log, make_log):
    other = make_log("archive.invalid/other", seed=9)
    assert folder.trust(other.vkey)
    ask(folder, log.request(0, 5))
    ask(folder, other.request(0, 2))
    assert [folder.kept(one.origin).head.size for one in (log, other)] == [5, 2]
    assert folder.logs() == (log.origin, other.origin)


def test_a_further_key_of_a_log_is_trusted_beside_the_first(folder, log, make_log):
    second = make_log(seed=2)
    assert folder.trust(second.vkey)
    assert not folder.trust(second.vkey)
    ask(folder, log.request(0, 3))
    ask(folder, second.request(3, 5))
    assert folder.keys(log.origin) == (log.vkey, second.vkey)


@pytest.mark.parametrize("harm", ["remove", "empty", "cut", "bent", "stranger"])
def test_a_record_that_does_not_read_stops_the_log_and_is_not_begun_again(folder, log, tmp_path, harm):
    ask(folder, log.request(0, 5))
    path = folder._place(log.origin) / "checkpoint"
    text = path.read_text()
    if harm == "remove":
        path.unlink()
    else:
        bent = {"empty": "", "cut": text[:-30], "bent": text.replace("\n5\n", "\n4\n"), "stranger": log.checkpoint(3)}
        path.write_text(bent[harm])
    assert not folder.trust(log.vkey)
    for old, size in ((0, 5), (5, 8), (0, 1)):
        with pytest.raises(Damaged, match="never an older one"):
            ask(folder, log.request(old, size))


def test_the_record_is_durable_before_the_line_leaves(folder, log, monkeypatch):
    done, ours = [], os.fsync
    monkeypatch.setattr(keep.os, "fsync", lambda d: (done.append(stat.S_ISDIR(os.fstat(d).st_mode)), ours(d)))
    replace = os.replace
    monkeypatch.setattr(keep.os, "replace", lambda a, b: (done.append("named"), replace(a, b)))
    ask(folder, log.request(0, 5))
    assert done == [False, "named", True]


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_disk_that_refuses_gives_no_line(folder, log, monkeypatch, call):
    ask(folder, log.request(0, 3))

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(keep.os, call, refuse)
        with pytest.raises(DiskFailure, match="nothing was cosigned"):
            ask(folder, log.request(3, 5))
    assert folder.kept(log.origin).head.size in {3, 5}


def test_the_folder_is_private_and_opens_again(folder, log, tmp_path):
    place = tmp_path / "witness"
    assert {oct(path.stat().st_mode & 0o077) for path in (place, *place.rglob("*"))} == {"0o0"}
    ask(folder, log.request(0, 5))
    again = Folder.open(place)
    assert again.vkey == folder.vkey
    assert (place / "vkey").read_text() == folder.vkey.text + "\n"
    assert again.kept(log.origin).head.size == 5


def test_a_key_that_others_may_read_is_not_used(folder, tmp_path):
    (tmp_path / "witness/key").chmod(0o640)
    with pytest.raises(WrongUsage, match="chmod 600"):
        Folder.open(tmp_path / "witness")


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "witnessmark-witness-key/v1 a\n", "witnessmark-witness-key/v1 a AAAA\n", "\xff"]
)
def test_a_key_that_does_not_read_is_named(folder, tmp_path, text):
    (tmp_path / "witness/key").write_text(text)
    with pytest.raises(Damaged):
        Folder.open(tmp_path / "witness")
    with pytest.raises(Damaged, match="no witness"):
        Folder.open(tmp_path / "elsewhere")


def test_a_new_witness_takes_no_folder_that_holds_something(folder, tmp_path):
    with pytest.raises(WrongUsage, match="not empty"):
        Folder.create(tmp_path / "witness", "witness.example/other", entropy=os.urandom)
    for name in ("", "a b", "a+b", "a\nb", "\udcff"):
        with pytest.raises(WrongUsage, match="cannot be one"):
            Folder.create(tmp_path / "new", name, entropy=os.urandom)
    with pytest.raises(WrongUsage, match="Ed25519"):
        folder.trust(Vkey.for_cosigner("a", bytes(32)))
