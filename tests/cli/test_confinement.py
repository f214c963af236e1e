"""Laws of the acceptance: below grade B nothing is read until a keeper says so, once."""

import argparse
import io
import sys
from dataclasses import replace

import pytest
from tests.cli.calling import call_strictly

from witnessmark.archive.folder import Archive
from witnessmark.cell.confine import Walls
from witnessmark.cli import confinement
from witnessmark.errors import Undecided
from witnessmark.settings import Settings, with_accepted
from witnessmark.work import step

WITHOUT = Walls(landlock=False, seccomp=False, namespaces=False)


@pytest.fixture
def weak(monkeypatch):
    """A machine whose kernel has no walls."""
    monkeypatch.setattr(step, "READERS", replace(step.READERS, walls=WITHOUT))


@pytest.fixture
def leak(tmp_path):
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "a.txt").write_text("The doors are locked at night.")
    return tmp_path / "leak"


def test_below_b_nothing_is_read_until_it_is_accepted_and_that_is_remembered(weak, leak, tmp_path):
    archive = tmp_path / "archive"
    ran = call_strictly("compile", archive, leak)
    assert ran.code == 2
    assert "cells of grade C" in ran.sentence
    assert "--accept-grade C" in ran.sentence
    assert not archive.exists()
    assert call_strictly("compile", archive, leak, "--accept-grade", "B").code == 2
    assert call_strictly("compile", archive, leak, "--seal-only").code == 0
    assert call_strictly("compile", archive).code == 2
    accepted = call_strictly("compile", archive, "--accept-grade", "C", "--json")
    assert (accepted.code, accepted.last["read"], accepted.last["grade"]) == (0, 1, "C")
    assert Archive.settings_of(archive).accept_grade == "C"
    (leak / "b.txt").write_text("The keys are kept by two people.")
    again = call_strictly("compile", archive, leak, "--json")
    assert (again.code, again.last["read"]) == (0, 1)
    assert call_strictly("status", archive).code == 0


def test_a_machine_with_walls_asks_nothing_and_remembers_nothing(leak, tmp_path):
    ran = call_strictly("compile", tmp_path / "archive", leak, "--accept-grade", "D", "--json")
    assert ran.code == 0, ran
    if ran.last["grade"] > "B":
        pytest.skip("this machine has no walls")
    assert "accept_grade" not in (tmp_path / "archive" / "witnessmark.toml").read_text()


def test_doctor_tells_every_attempt_and_what_the_grade_means(weak):
    ran = call_strictly("doctor", "--json")
    assert ran.last["grade"] == "C"
    assert len(ran.last["attempts"]) == 14
    assert {one["held"] for one in ran.last["attempts"]} == {"blocked", "contained", "not observed"}
    assert any("grade C" in sentence for sentence in ran.last["advice"])
    assert "read a file: not observed (it got 100 bytes)" in call_strictly("doctor").out


@pytest.mark.parametrize(
    "text",
    [
        "format = 1\n[log]\norigin = 'a/aaaaaaaaaaaaaaaa'\n",
        "format = 1\n[reading]\n\n[log]\norigin = 'a/aaaaaaaaaaaaaaaa' # mine\n",
        "format = 1\n[log]\norigin = 'a/aaaaaaaaaaaaaaaa'\n[reading] # how\naccept_grade = 'A'\n",
    ],
)
def test_a_settings_file_keeps_all_else(text):
    changed = with_accepted(text, "C")
    assert Settings.parse(changed).accept_grade == "C"
    assert set(text.splitlines()) - {"accept_grade = 'A'"} <= set(changed.splitlines())
    assert Settings.parse(with_accepted(changed, "D")).accept_grade == "D"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("answer", "goes_on"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_on_a_terminal_a_person_is_asked_once(weak, monkeypatch, answer, goes_on):
    asked = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", asked)
    arguments = argparse.Namespace(accept_grade=None)
    if goes_on:
        assert confinement.agreed(arguments, WITHOUT) == "C"
    else:
        with pytest.raises(Undecided):
            confinement.agreed(arguments, WITHOUT)
    assert "grade C" in asked.getvalue()
    assert confinement.agreed(arguments, WITHOUT, "C") is None
