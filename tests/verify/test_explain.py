"""Laws of the sentences: of what is wrong nothing good is said, nobody's words pass for the program's, names are whole."""

import json
import re
import time
import unicodedata

import pytest

from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.words import PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE
from witnessmark.proof.dsse import Envelope
from witnessmark.proof.note import Vkey
from witnessmark.verify import explain
from witnessmark.verify.answers import Shown
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Bound, ExhibitReport, Release, Report, Verdict, Word

NOW = 1_971_497_172
KEY = Vkey.for_ed25519("archive.invalid/abcdefghijklmnop", bytes(32))
RELEASE = Release(2, "2032-06-21", 1100, "0" * 64, 1234, 1240, {}, frozenset())
UNCHANGED = "These bytes have not changed since"


def agrees(file):
    return Verdict(file, Word.AGREES, "has the bytes that the manifest says", 0)


def false(file, says="has other bytes"):
    return Verdict(file, Word.FALSE, says, 1)


def undecided(file, says="cannot be read", code=2):
    return Verdict(file, Word.UNDECIDED, says, code)


def found(number, *sentences, bound=None):
    folder = f"e/tp-{number:05d}"
    return ExhibitReport(f"TP-{number:05d}", folder, number, {"contested": {"count": 0}}, sentences, bound)


def report(*verdicts, files=None, exhibits=(), release=RELEASE, log=KEY, outside=True, not_shown=("Not this.",)):
    files = {verdict.file: 1000 for verdict in verdicts if verdict.file} if files is None else files
    return Report("site", files, verdicts, tuple(exhibits), release, log, outside, not_shown)


def people(*given, **more):
    return list(explain.people(report(*given, **more)))


def objects(*given, **more):
    return list(explain.objects(report(*given, **more)))


# One exhibit


def answers(shows="file", what="nothing", reason="Safety", names=(), of=0, **reviewed):
    return {
        "sealed": {"on": "2032-06-13", "content_on": "2032-06-12", "shows": shows, "clock": "own"},
        "witnessed": {"count": len(names), "of": of, "names": list(names)},
        "reviewed": {"answers": {}, "findings": {}, "waiting": 0} | reviewed,
        "withheld": {"what": what, "reason": reason},
    }


def exhibit(made, rows=(), bound=None, own=None):
    return explain.exhibit(rows, made, 7, bound, own)


def reviewer(name, number=1):
    return Shown("reviewer", Commitment(bytes([number]) * 32), {"name": name})


def review(question, number=10):
    predicate = {"question": question, "answer": "fits", "_sd": []}
    subject = [{"digest": {"witnessmark-entry": "0" * 64}}]
    said = {"_type": STATEMENT_TYPE, "subject": subject, "predicateType": PREDICATE_TYPE, "predicate": predicate}
    envelope = Envelope(PAYLOAD_TYPE, codec.encode_bytes(said), codec.to_base64(bytes(32)), bytes(64))
    return Shown("attestation", Commitment(bytes([number]) * 32), {"envelope": envelope.text})


def test_what_is_said_of_an_exhibit_is_what_the_specification_says():
    day = "2032-06-12, by the keeper's own clock (log entry 7)"
    assert exhibit(answers()) == (
        f"{UNCHANGED} {day}. Nothing is said here about before that.",
        "No witness outside has signed when that was.",
        "No review is shown.",
        "No reply stands here.",
        "Nothing of the file is withheld.",
    )
    assert exhibit(answers("text", "file"))[::4] == (
        f"This text was sealed on 2032-06-13 as this program's reading of a file sealed on {day}. Whether it is a "
        "faithful reading cannot be checked while the file is withheld.",
        "The file is withheld, its text is shown. The keeper's reason: “Safety”.",
    )
    assert exhibit(answers("nothing", "everything"))[::4] == (
        f"A file was sealed on {day}. It is not shown: nothing about its bytes can be checked here.",
        "Everything but this page is withheld. The keeper's reason: “Safety”.",
    )


def test_without_a_reason_none_is_given():
    assert exhibit(answers("text", "file", ""))[-1] == "The file is withheld, its text is shown."
    assert exhibit(answers("nothing", "everything", ""))[-1] == "Everything but this page is withheld."


def test_only_bytes_that_are_shown_are_said_to_be_unchanged():
    assert UNCHANGED in exhibit(answers("file"))[0]
    for shows in ("text", "nothing"):
        assert UNCHANGED not in "".join(exhibit(answers(shows, "file")))


@pytest.mark.parametrize("mark", ["”", "“", '"', "„", "‟", "″", "＂"])
def test_nobody_ends_the_quotation_of_their_words_themselves(mark):
    words = f"Safety{mark}. The witnesses of three courts have signed: {mark}all of it"
    safe = words.replace(mark, "'")
    assert exhibit(answers("text", "file", words))[-1].endswith(f"The keeper's reason: “{safe}”.")
    made = answers(answers={"fits": 1})
    assert exhibit(made, [reviewer(words), review(words)])[2:4] == (
        f"Signed reviews: fits 1; reviewers: “{safe}”.",
        f"Asked: “{safe}”.",
    )


def test_witnesses_are_named_and_a_quorum_has_a_time():
    seen = "Seen by 2 of the 3 witnesses of this edition: desk.example, hall.example"
    made = answers(names=["desk.example", "hall.example"], of=3)
    assert exhibit(made)[1] == f"{seen}."
    assert exhibit(made, own=NOW)[1] == f"{seen}, as many as it asks for by 2032-06-22T06:06:12Z."
    one = answers(names=["desk.example"], of=1)
    assert exhibit(one)[1] == "Seen by 1 of the 1 witness of this edition: desk.example."
    for said in (made, one):
        assert "No witness outside has signed when that was." not in exhibit(said)


def test_a_bound_is_a_time_by_which_it_existed_and_whose_word_that_is():
    bound = Bound(NOW, "the witnesses that your policy asks for")
    said = "Existed by 2032-06-22T06:06:12Z: so say the witnesses that your policy asks for."
    assert exhibit(answers(), bound=bound)[1:3] == (said, "No review is shown.")
    both = exhibit(answers(names=["desk.example"], of=2), bound=bound)
    assert both[1:3] == ("Seen by 1 of the 2 witnesses of this edition: desk.example.", said)


@pytest.mark.parametrize("seconds", [2**63 - 1, 10**12, -(2**62)])
def test_a_time_that_no_calendar_has_is_said_as_it_is(seconds):
    assert explain.moment(seconds) == f"second {seconds}"


def test_a_time_of_the_calendar_is_said_in_utc_whatever_the_clock_of_the_reader(monkeypatch):
    for zone in ("UTC", "XYZ-9"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert explain.moment(0) == "1970-01-01T00:00:00Z"
    monkeypatch.undo()
    time.tzset()


def test_reviews_and_findings_are_counted_by_their_words_and_reviewers_named_once():
    made = answers(
        answers={"fits": 2, "mostly-fits": 1, "cannot-tell": 3, "mostly-does-not": 4, "does-not": 5},
        findings={"supports": 1, "conflicts": 2, "neutral": 0, "could_not_run": 3},
    )
    rows = [reviewer("Bero Lind"), reviewer("Ada Quill", 2), reviewer("Ada Quill", 3), review("Does it fit?")]
    assert exhibit(made, rows)[2:5] == (
        "Signed reviews: fits 2, mostly fits 1, cannot tell 3, mostly does not fit 4, does not fit 5; "
        "reviewers: “Ada Quill”, “Bero Lind”.",
        "Asked: “Does it fit?”.",
        "Findings by machine: supports 1, conflicts 2, could not run 3.",
    )
    none = answers(answers={"fits": 0, "does-not": 0}, findings={"supports": 0})
    assert exhibit(none, rows)[2:4] == ("No review is shown.", "No reply stands here.")
    one = answers(answers={"fits": 0, "does-not": 1})
    assert exhibit(one, rows[:1])[2] == "Signed reviews: does not fit 1; reviewers: “Bero Lind”."


def test_each_question_that_was_answered_is_said():
    """An answer to a harmless question must not pass for one to the question that matters."""
    rows = [review("Is it a page?"), review("Does it fit?", 11), review("Is it a page?", 12)]
    made = answers(answers={"fits": 3})
    assert exhibit(made, rows)[3] == "Asked, each reviewer one of these: “Does it fit?”, “Is it a page?”."
    assert exhibit(made, rows[::2])[3] == "Asked: “Is it a page?”."


def test_what_waits_for_a_person_is_said():
    assert exhibit(answers(waiting=1))[3] == "1 finding waits for a person."
    assert exhibit(answers(waiting=2))[3] == "2 findings wait for a person."
    assert exhibit(answers(waiting=0))[3] == "No reply stands here."


def test_witnesses_change_one_line_of_what_is_not_shown():
    alone, seen = explain.not_shown(is_witnessed=False), explain.not_shown(is_witnessed=True)
    assert alone == explain.NOT_SHOWN
    (at,) = [at for at in range(len(alone)) if alone[at] != seen[at]]
    assert "no witness has signed" in alone[at] and "never since when" in seen[at]
    # Anyone can make keys and call them a court's.
    assert "name those whom you trust with --policy" in seen[at]
    assert len(seen) == len(alone) == 7
    assert all(re.fullmatch(r"[A-Z][^X]+\.", line) for line in (*alone, *seen))


# The report for people


def test_a_report_begins_with_what_was_looked_at():
    text = people(agrees("a"), agrees("b"), exhibits=[found(1, "One."), found(2)], files={"a": 1000, "b": 234, "c": -1})
    assert text == [
        "Edition 2, as of 2032-06-21: 2 exhibits, 2 files, 1,234 bytes; its log had 1,234 entries",
        f"Key: {KEY.text}",
        "  agrees            2 files",
        "",
        "TP-00001",
        "  One.",
        "",
        "TP-00002",
        "",
        "What this does not show",
        "  - Not this.",
        "",
        "agrees: every file is the one that was released, and every proof leads to the key you gave.",
    ]


def test_one_is_said_of_one():
    text = people(agrees("a"), exhibits=[found(1)], files={"a": 0})
    assert text[0] == "Edition 2, as of 2032-06-21: 1 exhibit, 1 file, 0 bytes; its log had 1,234 entries"
    assert text[2] == "  agrees            1 file"


def test_without_a_release_or_a_key_less_is_said():
    text = people(agrees("a"), undecided(""), release=None, log=None, outside=False)
    assert text[0] == "An edition: 1 file, 1,000 bytes"
    assert not any(line.startswith("Key") for line in text)
    text = people(agrees("a"), outside=False)
    assert text[1] == f"Key: {KEY.text}  (from the folder itself)"
    assert text[-1] == (
        "cannot be checked: agrees with itself; compare this key with one you got elsewhere, and give it with --key."
    )


def test_a_file_agrees_only_when_nothing_about_it_is_wrong_and_it_is_one_of_the_files():
    text = people(agrees("a"), agrees("b"), false("b"), undecided("c"), agrees("c"), agrees(""), agrees("d"), files={
        "a": 1, "b": 1, "c": 1, "e": 1,
    })  # fmt: skip
    assert text[2] == "  agrees            1 file"


def test_what_is_false_stands_before_what_cannot_be_checked():
    text = people(undecided("a"), false("b", "two"), undecided("", "three"), false("c", "four"), agrees("d"))
    assert text[3:7] == [
        "  does not agree    b: two",
        "  does not agree    c: four",
        "  cannot be checked a: cannot be read",
        "  cannot be checked the edition: three",
    ]
    assert text[-1] == "does not agree: something is false: b, c."


def test_fifty_lines_of_what_is_wrong_are_shown_and_the_others_counted():
    assert not any("with --json" in line for line in people(*(false(f"x{n}") for n in range(50))))
    text = people(*(false(f"x{n}") for n in range(1061)))
    assert text[3:53] == [f"  does not agree    x{n}: has other bytes" for n in range(50)]
    assert text[53] == "  … and 1,011 more (all of them with --json)"


def test_a_thousand_exhibits_are_shown_and_the_others_counted():
    many = [found(n) for n in range(1, 2012)]
    assert not any("more exhibits" in line for line in people(exhibits=many[:1000]))
    text = people(exhibits=many)
    assert text.index("TP-01000") + 1 == text.index("… and 1,011 more exhibits (all of them with --json)")
    assert "TP-01001" not in text


@pytest.mark.parametrize("wrong", [false, undecided])
@pytest.mark.parametrize("name", ["exhibit.json", "file.txt", "index.html", "proof/exhibit.tlog-proof"])
def test_of_an_exhibit_with_anything_wrong_nothing_is_said(wrong, name):
    """Else it says of bytes that have changed: "These bytes have not changed"."""
    both = [found(1, UNCHANGED), found(2, "Two.")]
    verdicts = [agrees("e/tp-00001/exhibit.json"), agrees("e/tp-00002/exhibit.json"), wrong(f"e/tp-00001/{name}")]
    text = people(*verdicts, exhibits=both)
    assert "TP-00001" not in text and f"  {UNCHANGED}" not in text
    assert text[text.index("TP-00002") + 1] == "  Two."
    one, two = (row for row in objects(*verdicts, exhibits=both) if row.get("file", "").endswith("exhibit.json"))
    assert set(one) == {"file", "verdict", "says"}
    assert (two["id"], two["explains"]) == ("TP-00002", ["Two."])


def test_a_file_that_changed_is_never_said_to_be_unchanged(forge, tmp_path):
    house = forge.House(seed=3, exhibits=2)
    files = house.edition()
    path = "e/tp-00002/file.txt"
    sound = verify_site(str(forge.write(files, tmp_path / "sound")), house.keeper.vkey)
    assert UNCHANGED in "\n".join(explain.people(sound))
    bent = files | {path: files[path].replace(b"crates", b"crowds")}
    report = verify_site(str(forge.write(bent, tmp_path / "bent")), house.keeper.vkey)
    assert report.exit_code == 1
    assert UNCHANGED not in "\n".join(explain.people(report))
    assert UNCHANGED not in json.dumps(list(explain.objects(report)))
    assert "TP-00001" in list(explain.people(report))


MOVING = ["\x1b[2J", "\r", "\n", "\x9b1A", "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\udc80", "\U000e0041"]


@pytest.mark.parametrize("mark", MOVING)
def test_nothing_that_stands_in_a_folder_moves_the_cursor_or_turns_a_line(mark):
    texts = people(
        false(f"e/{mark}", f"says {mark}"), false("", mark), exhibits=[found(1, f"“{mark}”")], not_shown=(mark,)
    )
    assert not any(mark[0] in line for line in texts)
    escaped = "".join(f"\\u{ord(c):04x}" if not " " <= c <= "~" else c for c in mark)
    assert f"  “{escaped}”" in texts
    assert f"  does not agree    e/{escaped}: says {escaped}" in texts


def test_letters_of_all_scripts_are_left_as_they_are():
    for text in ("Straße №7 – «żółw»", "вулиця", "שלום", "قضية", "证据", "👁"):
        assert explain.safe(text) == text


# The last sentence


def test_the_last_sentence_names_three_files_and_counts_the_others():
    rows = [false(f"x{n}") for n in (3, 1, 2, 1)]
    assert explain.conclusion(report(*rows, undecided("a"))) == "something is false: x1, x2, x3."
    assert explain.conclusion(report(*rows, false("y"))) == "something is false: x1, x2, x3 and 1 more."
    many = [false(f"x{n:04d}") for n in range(1014)]
    assert explain.conclusion(report(*many)) == "something is false: x0000, x0001, x0002 and 1,011 more."
    assert explain.conclusion(report(false(""))) == "something is false: the edition."


def test_what_cannot_be_checked_is_named_where_nothing_is_false():
    start = "nothing was found false, and not everything could be checked: "
    rows = [undecided(f"x{n}") for n in (4, 2, 3, 1)]
    assert explain.conclusion(report(*rows, outside=False)) == f"{start}x1, x2, x3."
    assert explain.conclusion(report(undecided(""))) == f"{start}the edition."


# The report for programs


def test_each_file_is_an_object_and_the_last_is_about_the_whole():
    rows = objects(
        agrees("b"), false("b", "two"), undecided("a"), agrees("a"), agrees("e/tp-00001/exhibit.json"),
        false("", "about all"), exhibits=[found(1, "One.", "Two.", bound=Bound(NOW, "you"))],
        files={"b": 1, "a": 2, "e/tp-00001/exhibit.json": 3, "missing": -1},
    )  # fmt: skip
    bytes_agree = "has the bytes that the manifest says"
    assert rows == [
        {"file": "a", "verdict": "cannot be checked", "says": ["cannot be read", bytes_agree]},
        {"file": "b", "verdict": "does not agree", "says": [bytes_agree, "two"]},
        {
            "file": "e/tp-00001/exhibit.json",
            "verdict": "agrees",
            "says": [bytes_agree],
            "id": "TP-00001",
            "answers": {"contested": {"count": 0}},
            "explains": ["One.", "Two."],
            "existed_by": {"time": "2032-06-22T06:06:12Z", "by": "you"},
        },
        # A file that no check speaks of is not said to agree.
        {"file": "missing", "verdict": "cannot be checked", "says": []},
        {
            "verdict": "does not agree",
            "says": ["about all", "something is false: b, the edition."],
            "files": 3,
            "exhibits": 1,
            "edition": 2,
            "as_of": "2032-06-21",
            "log_entries": 1234,
            "key": KEY.text,
            "key_from_outside": True,
            "not_shown": ["Not this."],
            "exit": 1,
        },
    ]
    assert list(rows[-1])[:2] == ["verdict", "says"]


def test_a_file_that_is_named_only_by_a_verdict_is_an_object_too():
    rows = objects(false("x"), files={})
    assert [row.get("file") for row in rows] == ["x", None]


def test_without_a_bound_release_or_key_there_is_null():
    rows = objects(agrees("e/tp-00001/exhibit.json"), exhibits=[found(1)], release=None, log=None, outside=False)
    assert rows[0]["existed_by"] is None
    last = rows[-1]
    assert (last["edition"], last["as_of"], last["log_entries"], last["key"]) == (None, None, None, None)
    assert (last["key_from_outside"], last["exit"], last["files"]) == (False, 2, 1)


def test_an_empty_file_is_a_file():
    assert objects(agrees("a"), files={"a": 0})[-1]["files"] == 1


def test_every_character_that_moves_or_turns_is_escaped_and_no_letter_is():
    # The first plane and the one of tags: the others hold letters and pictures.
    every = "".join(map(chr, [*range(0x10000), *range(0xE0000, 0xE1000)]))
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    moving = {
        mark
        for mark in every
        if unicodedata.category(mark) in {"Cc", "Zl", "Zp", "Cs"} or unicodedata.bidirectional(mark) in turning
    }
    left = set(explain.safe(every))
    assert not left & moving
    # Beside them: marks without a width, tags and selectors that nobody sees. All else stays.
    assert {unicodedata.category(mark) for mark in set(every) - left - moving} == {"Cf", "Mn", "Cn"}
    assert not left & set("\u200b\u200e\u200f\u061c\ufeff\u00ad\U000e0041\U000e01ef")
    assert len(set(every) - left) < 6_300
