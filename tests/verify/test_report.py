"""Laws of verdicts: which exit code they make together, what becomes a verdict and what is let through."""

from itertools import combinations

import pytest

from witnessmark.errors import BrokenEvidence, Damaged, DiskFailure, Falsified, Undecided, WrongUsage
from witnessmark.verify.report import ExhibitReport, NewerVersion, Report, Tally, Verdict, Word

FILE = "e/tp-00001/text.txt"


def report(verdicts, exhibits=(), *, is_key_from_outside=True):
    return Report("site", {}, tuple(verdicts), tuple(exhibits), None, None, is_key_from_outside)


def verdict(code, file=FILE):
    word = {0: Word.AGREES, 1: Word.FALSE}.get(code, Word.UNDECIDED)
    return Verdict(file, word, "x", code)


def test_the_words_are_three():
    assert [str(word) for word in Word] == ["agrees", "does not agree", "cannot be checked"]


@pytest.mark.parametrize("is_outside", [True, False])
def test_false_beats_the_disk_beats_the_newer_beats_the_undecided(is_outside):
    order = [1, 74, 65, 2, 0]
    for count in range(len(order) + 1):
        for codes in combinations(order, count):
            found = report(map(verdict, reversed(codes)), is_key_from_outside=is_outside)
            best = 0 if is_outside else 2
            wanted = next((code for code in order if code in codes and code != 0), best)
            assert found.exit_code == wanted
            assert found.word is {0: Word.AGREES, 1: Word.FALSE}.get(wanted, Word.UNDECIDED)


def test_nothing_is_left_unsaid_by_default():
    assert report([]).not_shown == ()
    assert ExhibitReport("TP-00001", "e/tp-00001", 0, {}, ()).bound is None


def test_only_an_exhibit_in_whose_folder_nothing_is_wrong_is_sound():
    one, two = (ExhibitReport(f"TP-{n}", f"e/tp-{n}", 0, {}, ()) for n in (1, 12))
    wrong = ["e/tp-1/exhibit.json", "e/tp-1/text.txt", "e/tp-1/proof/exhibit.tlog-proof", "e/tp-1/proof", "e/tp-1"]
    for path in wrong:
        for code in (1, 2, 65, 74):
            assert report([verdict(0, path), verdict(code, path)], [one, two]).sound == (two,)
    beside = ["e/tp-12x/text.txt", "e/tp-/x", "e", "", "manifest", "x/e/tp-1", "proof/keys.json"]
    right = [verdict(0, path) for path in wrong]
    assert report([*(verdict(1, path) for path in beside), *right], [one, two]).sound == (one, two)
    assert report([verdict(2, "e/tp-1/a"), verdict(1, "e/tp-12/b/c")], [one, two]).sound == ()


def test_a_tally_keeps_every_verdict_in_order():
    tally = Tally()
    tally.agrees("a", "one")
    tally.false("b", "two")
    tally.undecided("c", "three")
    tally.undecided("", "four", 74)
    assert tally.verdicts == [
        Verdict("a", Word.AGREES, "one", 0),
        Verdict("b", Word.FALSE, "two", 1),
        Verdict("c", Word.UNDECIDED, "three", 2),
        Verdict("", Word.UNDECIDED, "four", 74),
    ]


NOTED = [
    (Falsified, Word.FALSE, 1),
    (Damaged, Word.FALSE, 1),
    (BrokenEvidence, Word.FALSE, 1),
    (Undecided, Word.UNDECIDED, 2),
    (NewerVersion, Word.UNDECIDED, 65),
    (DiskFailure, Word.UNDECIDED, 74),
]


@pytest.mark.parametrize(("error", "word", "code"), NOTED)
def test_a_check_that_fails_is_noted_and_what_follows_it_is_not_run(error, word, code):
    tally, ran = Tally(), []
    with tally.judging(FILE):
        ran.append("before")
        raise error("why")
    assert tally.verdicts == [Verdict(FILE, word, "why", code)]
    assert ran == ["before"]


@pytest.mark.parametrize("error", [WrongUsage, ValueError, KeyboardInterrupt, AssertionError])
def test_what_is_no_failed_check_is_let_through(error):
    tally = Tally()
    with pytest.raises(error), tally.judging(FILE):
        raise error
    assert tally.verdicts == []


def test_a_check_that_does_not_fail_notes_nothing_by_itself():
    tally = Tally()
    with tally.judging(FILE):
        pass
    assert tally.verdicts == []
