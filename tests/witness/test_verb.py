"""Laws of `witnessmark witness`: by file, over USB or e-mail; clear sentences and documented exit codes."""

import json
import subprocess
import sys

import pytest

from witnessmark.cli import verb_witness
from witnessmark.cli.main import main
from witnessmark.proof import note


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = main(["witness", *words])
        out, err = capsys.readouterr()
        assert "our bug" not in err
        return code, out, err

    return run


def test_from_a_key_to_an_answer_by_file_alone(run, log, tmp_path, monkeypatch):
    monkeypatch.setattr(verb_witness.time, "time", lambda: 1_971_497_172.9)
    (tmp_path / "log.vkey").write_text(log.vkey.text + "\n")
    assert run("init", "w", "--name", "witness.example/desk")[0] == 0
    assert run("trust", "w", "--log", "log.vkey")[:2] == (0, f"This log is trusted now: {log.origin}\n")
    assert "before" in run("trust", "w", "--log", log.vkey.text)[1]
    (tmp_path / "request").write_bytes(log.request(0, 5))
    code, out, err = run("cosign", "w", "request", "--out", "answer")
    assert (code, err) == (0, "")
    assert (
        out == "Cosigned: archive.invalid/kestriaaaaaaaaaa at 5 entries, 2032-06-22 06:06:12 UTC. Send answer back.\n"
    )
    code, out, err = run("key", "w", "--json")
    state = json.loads(out)
    assert state["logs"] == [{"origin": log.origin, "keys": [log.vkey.text], "size": 5, "time": 1_971_497_172}]
    whole = note.parse(log.checkpoint(5) + (tmp_path / "answer").read_text())
    assert note.check(whole, [note.Vkey.parse(state["vkey"])])
    code, out, err = run("cosign", "w", "request", "--out", "answer2")
    assert (code, (tmp_path / "answer2").read_text()) == (0, (tmp_path / "answer").read_text())
    assert "the same answer again" in out
    again = json.loads(run("cosign", "w", "request", "--json")[1])
    assert (again["again"], again["line"]) == (True, (tmp_path / "answer").read_text().rstrip("\n"))


def test_each_refusal_has_its_sentence_and_its_code(run, log, liar, make_log, tmp_path, monkeypatch):
    run("init", "w", "--name", "witness.example/desk", "--log", log.vkey.text)

    def ask(data, *more):
        (tmp_path / "request").write_bytes(data)
        code, out, err = run("cosign", "w", "request", *more)
        assert len(err.splitlines()) == (1 if code else 0)
        return code, err

    assert ask(log.request(0, 5))[0] == 0
    for data, code, word in (
        (make_log("archive.invalid/other").request(0, 5), 2, "trust it first"),
        (make_log(seed=2).request(0, 5), 1, "no trusted key"),
        (log.request(3, 8), 2, "make a request from 5"),
        (log.request(5, 8, proof=()), 1, "only grew"),
        (liar.request(5, 5), 1, "rewritten"),
        (log.request(5, 3), 65, "beyond"),
        (b"nothing", 65, "not a request"),
        (bytes(200_000), 65, "larger"),
    ):
        found = ask(data)
        assert found[0] == code, found
        assert word in found[1]
    (tmp_path / "answer").write_text("")
    assert ask(log.request(5, 8), "--out", "answer")[0] == 64
    monkeypatch.setattr(verb_witness.time, "time", lambda: 5.0)
    code, err = ask(log.request(5, 8))
    assert (code, "clock" in err) == (2, True)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    other = json.loads(run("cosign", "w", "request", "--json")[1] or "{}")
    assert other["size"] == 8


def test_another_size_is_told_as_json_too(run, log, tmp_path):
    run("init", "w", "--name", "witness.example/desk", "--log", log.vkey.text)
    (tmp_path / "request").write_bytes(log.request(3, 5))
    code, out, _ = run("cosign", "w", "request", "--json")
    assert (code, json.loads(out)) == (2, {"origin": log.origin, "cosigned_size": 0, "exit": 2})


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("init", "w", "--name", "a b"), 64),
        (("init", "w"), 64),
        (("trust", "w", "--log", "nothing"), 64),
        (("trust", "w", "--log", "request"), 64),
        (("cosign", "w", "request"), 65),
        (("cosign", "w", "missing"), 65),
        (("key", "w"), 65),
        (("serve", "w"), 65),
        (("nothing",), 64),
    ],
)
def test_wrong_calls_are_one_sentence(run, log, tmp_path, words, code):
    (tmp_path / "request").write_bytes(log.request(0, 5))
    found = run(*words)
    assert found[0] == code
    assert found[2].splitlines()[-1].startswith("witnessmark: ")


@pytest.mark.parametrize("address", ["7380", "localhost", ":80", "127.0.0.1:99999", "127.0.0.1:x", "192.0.2.1:80"])
def test_an_address_that_cannot_be_listened_on_is_wrong_usage(run, address):
    run("init", "w", "--name", "witness.example/desk")
    code, _, err = run("serve", "w", "--listen", address)
    assert (code, len(err.splitlines())) == (64, 1)


def test_a_witness_needs_no_archive():
    code = (
        "import sys, witnessmark.cli.main, witnessmark.cli.verb_witness\n"
        "heavy = ('archive', 'catalogue', 'formats', 'cell', 'work', 'edition', 'intake', 'examine', 'review', 'verify')\n"
        "found = [m for m in sys.modules if m.split('.')[:1] == ['witnessmark'] and m.split('.')[1:2] in [[h] for h in heavy]]\n"
        "assert not found, found\n"
        "assert not {'tantivy', 'lxml', 'PIL', 'sqlite3'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
