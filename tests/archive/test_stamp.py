"""Laws of stamping without a network: what goes out, what comes back, what is refused and why."""

import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.archive import parcel, stamp
from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.folder import Archive
from witnessmark.archive.stamp import Refused, Taken
from witnessmark.cli.main import main
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.proof import cosignature, note, ots
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Vkey
from witnessmark.witness.request import Request

NOW = 1_971_497_172


class Partner:
    """A witness's key, which signs whatever it is told to."""

    def __init__(self, name, seed):
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.vkey = Vkey.for_cosigner(name, self.key.public_key().public_bytes_raw())

    def line(self, text, at=NOW):
        return cosignature.make(text, self.vkey.name, self.vkey.public, self.key.sign, at).line + "\n"


@pytest.fixture
def desk():
    return Partner("witness.example/desk", 7)


@pytest.fixture
def hall():
    return Partner("hall.example/clocks", 8)


@pytest.fixture
def policy(root, desk, hall):
    text = f"witness desk {desk.vkey.text}\nwitness hall {hall.vkey.text} https://hall.example\n"
    (root / "policy").write_text(text + "group both all desk hall\nquorum both\n")


@pytest.fixture
def archive(root, entropy, commit, policy):
    """An archive of 8 entries whose latest checkpoint others were asked about."""
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "one")
        stamp.ask(archive, entropy)
        yield archive


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def take(archive, data):
    return list(stamp.take(archive, "answer.txt", data if isinstance(data, bytes) else data.encode()))


def refused(archive, data):
    """Take what must be refused whole, change nothing, and return the sentence and its exit code."""
    before = tree(archive.root / "log")
    (found,) = take(archive, data)
    assert isinstance(found, Refused), found
    assert tree(archive.root / "log") == before
    return found.says, found.exit_code


# Cosignatures


def test_a_witness_s_line_is_kept_beside_the_checkpoint_and_never_in_it(archive, desk, hall):
    text = Anchors(archive).note(8).text
    before = tree(archive.root / "log")
    (found,) = take(archive, desk.line(text))
    assert found == Taken(Sort.COSIGNATURE, 8, "desk", NOW, "cosigned", is_new=True)
    after = tree(archive.root / "log")
    assert {name: after[name] for name in before} == before
    (new,) = after.keys() - before.keys()
    assert new.startswith("anchors/8/") and new.endswith(".cosigned")
    assert take(archive, desk.line(text))[0].is_new is False
    whole = Anchors(archive).whole(8, [desk.vkey, hall.vkey])
    assert note.check(whole, [archive.ledger.log.vkey, desk.vkey]) == (archive.ledger.log.vkey, desk.vkey)
    assert len(whole.signatures) == 2


def test_one_partner_s_bad_line_does_not_spoil_the_good_one(archive, desk, hall):
    text = Anchors(archive).note(8).text
    bad = desk.line(text.replace("8\n", "9\n"))
    answers = take(archive, bad + hall.line(text))
    assert [type(one) for one in answers] == [Refused, Taken]
    assert [key for key, _, _ in Anchors(archive).cosigned(8, [desk.vkey, hall.vkey])] == [hall.vkey]


def test_lines_by_unknown_keys_are_told_and_are_no_failure_beside_a_known_one(archive, desk):
    # C2SP tlog-witness lets a witness answer with several keys, of types that we do not know too.
    text = Anchors(archive).note(8).text
    other = Partner("witness.example/another", 9).line(text) + "\u2014 witness.example/desk AAAAAAAA\n"
    answers = take(archive, other + desk.line(text))
    assert [type(one) for one in answers] == [Refused, Refused, Taken]
    assert [one.exit_code for one in answers[:2]] == [0, 0]
    assert all("no witness of the policy" in one.says for one in answers[:2])
    assert [one.exit_code for one in take(archive, other)] == [2, 2]
    assert [one.exit_code for one in take(archive, other + desk.line("x\n"))] == [0, 0, 1]


def test_a_whole_note_that_came_back_gives_its_lines(archive, desk):
    signed = archive.ledger.note()
    (found,) = take(archive, signed + desk.line(note.parse(signed).text))
    assert (found.who, found.size) == ("desk", 8)


def test_answers_count_for_a_checkpoint_that_was_asked_about_although_the_log_has_grown(archive, commit, desk):
    text = Anchors(archive).note(8).text
    commit(archive, "two")
    assert archive.ledger.size == 16
    assert take(archive, desk.line(text))[0].size == 8
    says, code = refused(archive, desk.line(Anchors(archive).note(16).text))
    assert (code, "none of the checkpoints that were asked about (size 8)" in says) == (1, True)


def test_an_answer_about_another_log_is_refused(archive, desk):
    text = Anchors(archive).note(8).text
    for other in (text.replace("kestria", "another"), Checkpoint("archive.invalid/x", 8, bytes(32)).text):
        says, code = refused(archive, desk.line(other))
        assert code == 1 and "fits none of the checkpoints" in says
    signed = note.sign(text.replace("kestria", "another"), desk.vkey.name, desk.vkey.public, desk.key.sign)
    says, code = refused(archive, signed)
    assert code == 1 and "another checkpoint" in says


def test_an_answer_by_a_stranger_is_refused(archive):
    stranger = Partner("stranger.example", 9)
    says, code = refused(archive, stranger.line(Anchors(archive).note(8).text))
    assert code == 2 and "ARCHIVE/policy" in says


def test_a_witness_whose_clock_went_backwards_is_refused(archive, commit, entropy, desk):
    take(archive, desk.line(Anchors(archive).note(8).text))
    commit(archive, "two")
    stamp.ask(archive, entropy)
    text = Anchors(archive).note(16).text
    says, code = refused(archive, desk.line(text, NOW - 1))
    assert code == 1 and "clock" in says and "2032-06-22 06:06:12 UTC for 8" in says
    assert take(archive, desk.line(text, NOW))[0].is_new


def test_of_two_lines_of_one_witness_the_earlier_counts(archive, desk):
    text = Anchors(archive).note(8).text
    for at in (NOW + 5, NOW, NOW + 9):
        take(archive, desk.line(text, at))
    ((_, _, at),) = Anchors(archive).cosigned(8, [desk.vkey])
    assert at == NOW


def test_what_someone_put_among_the_anchors_counts_only_if_it_fits(archive, desk, hall):
    folder = archive.root / "log" / "anchors" / "8"
    (folder / "0000000000000000.cosigned").write_text(desk.line("another\n8\n"))
    (folder / "1111111111111111.cosigned").write_bytes(b"\xff\x00")
    (folder / "2222222222222222.cosigned").mkdir()
    (archive.root / "log" / "anchors" / "12").mkdir()
    (archive.root / "log" / "anchors" / "conflict-8-00000000.note").write_text("x")
    assert list(Anchors(archive).cosigned(8, [desk.vkey, hall.vkey])) == []
    assert Anchors(archive).asked() == [8]


MALFORMED = {
    b"": 65,
    b"hello\n": 65,
    b"\xff\xfe": 65,
    b"\x30\x03\x02\x01\x00": 65,
    b"0\x80": 65,
    ots.MAGIC: 65,
    b"\xe2\x80\x94 witness.example/desk AAAA\n": 65,
    "— witness.example/desk AAAAAAAA\r\n".encode(): 65,
    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": 65,
    b"-----BEGIN CERTIFICATE-----\nMAAA\n": 65,
    b"text\n\nno signature\n": 65,
    b"x" * (stamp.timestamp.LARGEST + 1): 65,
}


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_what_is_malformed_is_refused_with_a_reason(archive, number):
    data, code = list(MALFORMED.items())[number]
    assert refused(archive, data)[1] == code


def test_whatever_comes_back_is_refused_without_a_traceback(archive):
    @given(st.binary(max_size=80), st.sampled_from([b"", b"\x30", ots.MAGIC, "— w ".encode(), b"a\n\n"]))
    def law(data, head):
        assert all(isinstance(one, Refused) and one.says for one in take(archive, head + data))

    law()


# Requests


def test_asking_again_asks_the_same_and_alters_no_checkpoint(archive, entropy):
    log = archive.root / "log"
    before = tree(log)
    again = stamp.ask(archive, entropy)
    assert tree(log) == before
    assert again.query == before["anchors/8/request.tsq"]
    assert again.query[2 + 3 :].startswith(b"\x30\x31\x30\x0d\x06\x09")
    assert stamp.query_nonce(again.query, again.text.encode()) > 0


def test_the_nonce_of_an_altered_request_is_not_believed():
    query = stamp.time_query(b"x", bytes(range(8)))
    assert stamp.query_nonce(query, b"x") == int.from_bytes(b"\x40" + bytes(range(1, 8)))
    for wrong in (b"", query[:-1], query + b"\0", stamp.time_query(b"y", bytes(8)), query.replace(b"\xff", b"\x01")):
        with pytest.raises(Damaged, match="altered"):
            stamp.query_nonce(wrong, b"x")


@given(st.binary(min_size=8, max_size=8))
def test_every_nonce_has_one_spelling_and_comes_back(nonce):
    query = stamp.time_query(b"x", nonce)
    assert len(query) == stamp.time_query(b"x", bytes(8)).__len__()
    assert 1 << 62 <= stamp.query_nonce(query, b"x") < 1 << 63


def test_each_witness_is_asked_from_the_size_it_cosigned_last(archive, commit, entropy, desk):
    take(archive, desk.line(Anchors(archive).note(8).text))
    commit(archive, "two")
    asked = stamp.ask(archive, entropy)
    assert [(witness.name, old) for witness, old, _ in asked.witnesses] == [("desk", 8), ("hall", 0)]
    found = [Request.parse(data) for _, _, data in asked.witnesses]
    assert [(one.old, one.head.size, bool(one.proof)) for one in found] == [(8, 16, True), (0, 16, False)]
    told = stamp.ask(archive, entropy, {"hall": 3})
    assert Request.parse(told.witnesses[1][2]).old == 3
    for wrong in ({"nobody": 3}, {"hall": 17}):
        with pytest.raises(WrongUsage):
            stamp.ask(archive, entropy, wrong)


def test_a_witness_that_has_cosigned_is_not_asked_again(archive, entropy, desk):
    take(archive, desk.line(Anchors(archive).note(8).text))
    assert [witness.name for witness, _, _ in stamp.ask(archive, entropy).witnesses] == ["hall"]


def test_an_empty_log_has_nothing_to_stamp(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive, pytest.raises(WrongUsage, match="no entries"):
        stamp.ask(archive, entropy)


# Parcels


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return out.getvalue()


def test_a_zip_s_answers_come_certificates_first_and_our_own_requests_are_left_out(tmp_path):
    path = tmp_path / "answer.zip"
    ours = {"README.txt": "x", "request/request.tsq": "x", "witness/desk/request.txt": "x", "checkpoint.txt": "x"}
    path.write_bytes(zipped(ours | {"a.tsr": "0x", "b.pem": "-----BEGIN CERTIFICATE-----"}))
    assert [name for name, _ in parcel.answers(path)] == ["b.pem", "a.tsr"]


def test_a_hostile_zip_is_refused(tmp_path):
    path = tmp_path / "answer.zip"
    hostile = [
        zipped({"bomb": b"\0" * (64 << 20)}),
        zipped({str(n): b"x" for n in range(parcel.MOST_MEMBERS + 1)}),
        zipped({"a": b"x" * 99})[:60],
        zipped({"a": b"x"}, zipfile.ZIP_BZIP2),
        b"PK\x03\x04" + bytes(200),
    ]
    for data in hostile:
        path.write_bytes(data)
        with pytest.raises(Damaged, match="answer.zip"):
            list(parcel.answers(path))
    with pytest.raises(Damaged, match="missing"):
        list(parcel.answers(tmp_path / "none"))


# The command


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "our bug" not in err and "Traceback" not in err
        return code, out, err

    return run


@pytest.fixture
def sealed(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "one")
    return root


def test_by_file_to_a_witness_and_back(run, sealed, tmp_path):
    code, out, err = run("witness", "init", "w", "--name", "witness.example/desk", "--log", sealed / "log.vkey")
    assert code == 0
    vkey = out.splitlines()[1]
    (sealed / "policy").write_text(f"witness desk {vkey}\nquorum desk\n")
    code, out, err = run("stamp", sealed, "--export", "request.zip")
    assert (code, err) == (0, "") and "1 witness by name" in out
    with zipfile.ZipFile("request.zip") as made:
        made.extractall("out")
        names = made.namelist()
        readme = made.read("README.txt").decode()
        body, nonce = made.read("checkpoint.txt"), (sealed / "log/anchors/8/request.nonce").read_bytes()
    assert names == [
        "README.txt",
        "checkpoint.txt",
        "checkpoint.note",
        "log.vkey",
        "request.tsq",
        f"{hashlib.sha256(hashlib.sha256(body).digest() + nonce).hexdigest()}.digest",
        "witness/desk/request.txt",
    ]
    assert "witness/desk/request.txt   from size 0" in readme
    assert run("witness", "cosign", "w", "out/witness/desk/request.txt", "--out", "out/answer.txt")[0] == 0
    with zipfile.ZipFile("answer.zip", "w") as made:
        for path in sorted((tmp_path / "out").rglob("*")):
            made.write(path, path.relative_to(tmp_path / "out"))
    code, out, err = run("stamp", sealed, "--import", "answer.zip")
    assert (code, err) == (0, "") and out.startswith("kept     desk, 8 entries, ") and out.endswith(": cosigned\n")
    again = run("stamp", sealed, "--import", "answer.zip", "--json")
    objects = [json.loads(line) for line in again[1].splitlines()]
    assert objects[0]["new"] is False and objects[1] == {"taken": 1, "exit": 0}
    shown = json.loads(run("stamp", sealed, "--json")[1])
    assert (shown["size"], shown["of"], [one["name"] for one in shown["witnesses"]]) == (8, 1, ["desk"])
    assert "desk saw it at" in run("stamp", sealed)[1]
    assert run("audit", sealed)[0] == 0


def test_each_refusal_has_its_sentence_and_its_code(run, sealed, tmp_path):
    assert run("stamp", tmp_path / "none")[0] == 65
    (tmp_path / "answer").write_text("hello\n")
    code, out, err = run("stamp", sealed, "--import", "answer")
    assert code == 2 and "nobody was asked" in out
    assert run("stamp", sealed, "--export", "request.zip")[0] == 0
    code, out, err = run("stamp", sealed, "--export", "request.zip")
    assert code == 64 and "exists already" in err
    code, out, err = run("stamp", sealed, "--import", "answer", "--json")
    assert (code, [json.loads(line)["exit"] for line in out.splitlines()]) == (65, [65, 65])
    assert run("stamp", sealed, "--import", "missing")[0] == 65
    assert run("stamp", sealed, "--import", "request.zip")[0] == 65
    code, out, err = run("stamp", sealed, "--online")
    assert code == 64 and "nobody to ask" in err
    assert run("stamp", sealed, "--authorities", "x")[0] == 64
    assert run("stamp", sealed, "--export", "b.zip", "--from", "desk=1")[0] == 64
    assert run("stamp", sealed, "--export", "b.zip", "--from", "desk")[0] == 64
    (sealed / "policy").write_text("quorum nobody\n")
    code, out, err = run("stamp", sealed, "--import", "answer")
    assert code == 65 and "line 1 of the policy" in err
    (sealed / "policy").unlink()
    (tmp_path / "names").write_text("one https://a.example\ntwo ftp://b.example\n")
    code, out, err = run("stamp", sealed, "--online", "--authorities", "names")
    assert code == 65 and "line 2" in err


def test_online_a_real_witness_on_loopback_cosigns_and_tells_its_size(run, sealed, tmp_path, entropy, commit):
    out = run("witness", "init", "w", "--name", "witness.example/desk", "--log", sealed / "log.vkey")[1]
    served = subprocess.Popen(
        [sys.executable, "-m", "witnessmark", "witness", "serve", "w", "--listen", "127.0.0.1:0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = json.loads(served.stdout.readline())["listening"]
        (sealed / "policy").write_text(f"witness desk {out.splitlines()[1]} {address}\nquorum desk\n")
        code, out, err = run("stamp", sealed, "--online", "--json")
        assert (code, err) == (0, "") and json.loads(out.splitlines()[0])["kind"] == "cosignature"
        assert "nobody is left to ask" in run("stamp", sealed, "--online")[2]
        with Archive.writing(sealed, entropy=entropy) as archive:
            commit(archive, "two")
        # Whoever lost the anchors asks from size 0, is told 8, and asks again from there.
        for path in (sealed / "log" / "anchors" / "8").glob("*.cosigned"):
            path.unlink()
        code, out, err = run("stamp", sealed, "--online")
        assert (code, err) == (0, "") and "desk, 16 entries" in out
    finally:
        served.send_signal(signal.SIGINT)
        served.communicate(timeout=20)
    (sealed / "log" / "anchors" / "16").rename(tmp_path / "away")
    code, out, err = run("stamp", sealed, "--online")
    assert code == 2 and out.startswith("refused  desk: nobody answered")


def test_a_stamp_killed_at_any_moment_goes_on(sealed, tmp_path):
    desk = Partner("witness.example/desk", 7)
    (sealed / "policy").write_text(f"witness desk {desk.vkey.text}\nquorum desk\n")
    words = [sys.executable, "-m", "witnessmark", "stamp", str(sealed)]
    rng = random.Random(3)
    killed = 0
    for number in range(6):
        made = subprocess.Popen([*words, "--export", str(tmp_path / f"{number}.zip")], stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.05, 0.5))
        made.kill()
        killed += made.wait() == -signal.SIGKILL
        whole = tmp_path / f"{number}.zip"
        assert not whole.exists() or zipfile.ZipFile(whole).testzip() is None
    with Archive.reading(sealed) as archive:
        text = Anchors(archive).note(8).text
    (tmp_path / "answer").write_text(desk.line(text))
    assert subprocess.run([*words, "--export", str(tmp_path / "last.zip")], check=False).returncode == 0
    done = subprocess.run([*words, "--import", str(tmp_path / "answer")], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.listdir(sealed / "log" / "anchors") == ["8"]
    assert killed
