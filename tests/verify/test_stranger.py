"""Laws of the stranger's program: words, exit codes, JSON, hostile folders; also as `verify.pyz` with nothing else."""

import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import BrokenEvidence, Damaged
from witnessmark.model import codec
from witnessmark.verify import __main__ as stranger
from witnessmark.verify import explain, pack, walk
from witnessmark.verify.checks import verify_site


def run(capsys, *arguments):
    code = stranger.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_a_sound_edition_agrees(site, key, capsys):
    code, out, err = run(capsys, site, "--key", key.text)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("agrees: every file is the one that was released")
    for sentence in explain.NOT_SHOWN:
        assert sentence in out
    for word in ("authentic", "fake", "proved", "verified", "genuine", "tampered"):
        assert word not in out.lower()


def test_the_key_may_stand_in_a_file(site, key, capsys, tmp_path):
    file = tmp_path / "log.vkey"
    file.write_text(key.text + "\n")
    assert run(capsys, site, "--key", file)[0] == 0


def test_without_a_key_it_agrees_with_itself_only(site, key, capsys):
    code, out, _ = run(capsys, site)
    assert code == 2
    assert "agrees with itself; compare this key with one you got elsewhere" in out.splitlines()[-1]
    assert key.text in out


def test_what_is_false_is_named_and_beats_the_undecided(site, capsys):
    (site / "e/tp-00001/text.txt").write_bytes(b"x")
    code, out, _ = run(capsys, site)
    assert code == 1
    assert "does not agree    e/tp-00001/text.txt: has 1 bytes where the manifest says" in out
    assert out.splitlines()[-1] == "does not agree: something is false: e/tp-00001/text.txt."


def test_json_has_one_object_a_file_and_a_summary_last(site, edition, key, capsys):
    code, out, _ = run(capsys, site, "--key", key.text, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert {row["file"] for row in rows[:-1]} == set(edition)
    assert {row["verdict"] for row in rows} == {"agrees"}
    assert all(row["says"] for row in rows)
    assert rows[-1]["exit"] == 0
    assert rows[-1]["edition"] == 2
    assert rows[-1]["exhibits"] == 12
    shown = [row for row in rows if row.get("id") == "TP-00001"]
    assert shown[0]["answers"]["withheld"]["what"] == "file"


def test_json_names_what_is_missing_and_what_is_too_much(site, key, capsys):
    (site / "index.html").unlink()
    (site / "more").write_bytes(b"")
    code, out, _ = run(capsys, site, "--key", key.text, "--json")
    verdicts = {row.get("file"): row["verdict"] for row in map(json.loads, out.splitlines())}
    assert code == 1
    assert verdicts["index.html"] == verdicts["more"] == "does not agree"


USAGE = [[], ["a", "b"], ["a", "--unknown"], ["a", "--key"], ["a", "--key", "nonsense"], ["a", "--js"]]


@pytest.mark.parametrize("arguments", USAGE)
def test_wrong_usage_is_one_sentence(arguments, capsys):
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (64, "", 1)


def test_a_witness_key_is_not_the_logs_key(site, key, capsys):
    from witnessmark.proof.note import Vkey

    assert run(capsys, site, "--key", Vkey.for_cosigner("w", key.public).text)[0] == 64


def test_what_is_no_edition_is_said(capsys, tmp_path, key):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path / "missing", tmp_path / "empty", tmp_path / "file"):
        code, out, err = run(capsys, path, "--key", key.text)
        assert (code, out, err.count("\n")) == (65, "", 1)
    assert run(capsys, tmp_path, "--key", tmp_path / "empty")[0] == 65


def checkpoint_file(tmp_path, text):
    file = tmp_path / "checkpoint"
    file.write_text(text)
    return file


def test_an_edition_older_than_asked_is_refused(site, house, key, capsys, tmp_path, forge):
    newer = forge.House(seed=1)
    newer.edition()
    newer.keeper.seal(forge.Event("custody", {"sealed": "2033-01-01"}))
    asked = checkpoint_file(tmp_path, newer.keeper.notes[len(newer.keeper.leaves)])
    code, out, _ = run(capsys, site, "--key", key.text, "--at-least", asked)
    assert code == 1
    assert "older than asked" in out


def test_an_edition_that_continues_what_was_asked_agrees(site, house, key, capsys, tmp_path):
    known = {house.shelves[0].since, house.size, len(house.keeper.leaves)}
    for size in (min(house.keeper.notes), house.size - house.keeper.pad, *known):
        asked = checkpoint_file(tmp_path, house.keeper.notes[size])
        code, out, _ = run(capsys, site, "--key", key.text, "--at-least", asked)
        assert code == (0 if size in known else 2), size
        assert ("whether its log continues yours cannot be checked here" in out) == (size not in known)


@pytest.mark.parametrize("bad", ["", "nonsense\n", "a\n1\nAAAA\n\n\u2014 a AAAAAAAA\n"])
def test_a_checkpoint_that_is_none_does_not_fit(bad, site, key, capsys, tmp_path):
    assert run(capsys, site, "--key", key.text, "--at-least", checkpoint_file(tmp_path, bad))[0] == 1


def test_a_missing_checkpoint_file_is_said(site, key, capsys):
    assert run(capsys, site, "--key", key.text, "--at-least", "/no/such/file")[0] == 65


# Hostile folders.


def _deep(site):
    (site / "e/tp-00001/exhibit.json").write_bytes(b"[" * 1_000_000)
    return "e/tp-00001/exhibit.json"


def _deep_keys(site):
    (site / "proof/keys.json").write_bytes(b'{"a":' * 500_000)
    return "proof/keys.json"


def _long_line(site):
    (site / "manifest").write_bytes(b"a" * 50_000_000)
    return "manifest"


def _climbing(site):
    with (site / "manifest").open("ab") as file:
        file.write(b"0" * 64 + b" 5 ../../etc/passwd\n")
    return "manifest"


def _absolute(site):
    (site / "manifest").write_bytes(b"0" * 64 + b" 5 /etc/passwd\n")
    return "manifest"


def _huge_number(site):
    (site / "manifest").write_bytes(b"0" * 64 + b" " + b"9" * 5000 + b" index.html\n")
    return "manifest"


def _huge_integer(site):
    (site / "proof/continues.json").write_bytes(b'{"chain":[{"from":' + b"9" * 100_000 + b"}]}")
    return "proof/continues.json"


def _not_utf8(site):
    (site / "proof/release.tlog-proof").write_bytes(b"\xff\xfe" * 100)
    return "proof/release.tlog-proof"


def _large_proof(site):
    with (site / "e/tp-00001/proof/exhibit.tlog-proof").open("wb") as file:
        file.truncate(1 << 40)
    return "e/tp-00001/proof/exhibit.tlog-proof"


def _large_json(site):
    with (site / "e/tp-00001/exhibit.json").open("wb") as file:
        file.truncate(1 << 40)
    return "e/tp-00001/exhibit.json"


def _large_manifest(site):
    with (site / "manifest").open("wb") as file:
        file.truncate(1 << 40)
    return "manifest"


def _pipe(site):
    (site / "index.html").unlink()
    os.mkfifo(site / "index.html")
    return "index.html"


def _pipe_as_key(site):
    (site / "proof/keys.json").unlink()
    os.mkfifo(site / "proof/keys.json")
    return "proof/keys.json"


def _loop(site):
    (site / "e/loop").symlink_to(site, target_is_directory=True)
    return "e/loop"


def _device(site):
    (site / "static/zero").symlink_to("/dev/zero")
    return "static/zero"


def _linked_folder(site):
    (site / "static").rename(site.parent / "static")
    (site / "static").symlink_to(site.parent / "static", target_is_directory=True)
    return "static"


def _strange_name(site):
    with open(os.fsencode(site) + b"/\xff\xfe", "wb") as file:
        file.write(b"x")
    return os.fsdecode(b"\xff\xfe")


def _escape_name(site):
    (site / "\x1b[2Jevil\u202e").write_bytes(b"x")
    return "\x1b[2Jevil\u202e"


def _surrogates(site):
    (site / "e/tp-00001/exhibit.json").write_bytes(b'{"id":"\\ud800"}')
    return "e/tp-00001/exhibit.json"


def _deep_folders(site):
    path = "/".join(["d"] * 40)
    (site / path).mkdir(parents=True)
    (site / path / "file").write_bytes(b"x")
    return "/".join(["d"] * 17)


HOSTILE = [
    *(_deep, _deep_keys, _long_line, _climbing, _absolute, _huge_number, _huge_integer, _not_utf8, _large_proof),
    *(_large_json, _large_manifest, _pipe, _pipe_as_key, _loop, _device, _linked_folder, _strange_name, _escape_name),
    *(_surrogates, _deep_folders),
]


@pytest.mark.parametrize("bend", HOSTILE, ids=lambda bend: bend.__name__.strip("_"))
def test_a_hostile_folder_meets_a_sentence(bend, site, key, capsys):
    named = bend(site)
    report = verify_site(str(site), key)
    words = {verdict.word.value for verdict in report.verdicts if verdict.file == named}
    assert "does not agree" in words, named
    for extra in ((), ("--json",)):
        code, out, err = run(capsys, site, "--key", key.text, *extra)
        assert (code, err) == (1, "")
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_a_file_that_cannot_be_read_is_undecided_and_said(site, key, capsys, monkeypatch):
    # The tests may run as root, whom no mode stops: the refusal is played.
    real = os.open

    def refuse(path, *rest, **more):
        if str(path).endswith("style.css"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    code, out, _ = run(capsys, site, "--key", key.text)
    assert code == 74
    assert "static/style.css: cannot be read: Permission denied" in out


def test_a_bug_of_ours_is_one_sentence(site, capsys, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("witnessmark.verify.checks.verify_site", fail)
    code, out, err = run(capsys, site)
    assert (code, out, err.count("\n")) == (70, "", 1)


def test_too_many_files_are_not_read(site, key, capsys, monkeypatch):
    monkeypatch.setattr(walk, "MOST_FILES", 20)
    assert run(capsys, site, "--key", key.text)[0] == 65


def newer(forge, tmp_path, path, bend):
    house = forge.House(seed=3)
    pages = house.pages(2)
    pages[path] = bend(pages[path])
    return forge.write(house.release(pages, 2), tmp_path), house.keeper.vkey


def test_what_a_newer_version_wrote_is_not_called_false(forge, tmp_path, capsys):
    def more(data):
        return forge.bend_json(data, lambda value: value.update(stamps=[]))

    def role(data):
        row = {"proof": "proof/reply-1.tlog-proof", "role": "reply", "fields": []}
        return forge.bend_json(data, lambda value: value["openings"].append(row))

    for number, (path, bend) in enumerate(
        [
            ("proof/keys.json", more),
            ("e/tp-00001/exhibit.json", more),
            ("e/tp-00003/exhibit.json", role),
        ]
    ):
        site, key = newer(forge, tmp_path / str(number), path, bend)
        report = verify_site(str(site), key)
        words = {verdict.word.value for verdict in report.verdicts if verdict.file == path}
        assert "cannot be checked" in words
        assert "does not agree" not in words
        assert report.exit_code == 65
        assert not [verdict for verdict in report.verdicts if verdict.word.value == "does not agree"]


@given(st.binary(max_size=300))
def test_no_bytes_make_the_manifest_parser_fail(data):
    try:
        walk.parse_manifest(data)
    except Damaged:
        pass


LINE = b"0" * 64 + b" 5 "


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\n",
        LINE + b"a",
        LINE + b"a\r\n",
        LINE + b"A\n",
        LINE + b".a\n",
        LINE + b"a//b\n",
        LINE + b"a/\n",
        LINE + b"/a\n",
        LINE + b"a/../b\n",
        LINE + b"a b\n",
        LINE + b"\xc3\xa9\n",
        LINE + b"b\n" + LINE + b"a\n",
        LINE + b"a\n" + LINE + b"a\n",
        LINE + b"manifest\n",
        LINE + b"proof/continues.json\n",
        LINE + b"a" * 1025 + b"\n",
        LINE.replace(b" 5 ", b" 05 ") + b"a\n",
        LINE.replace(b" 5 ", b" -5 ") + b"a\n",
        LINE.replace(b"0" * 64, b"F" * 64) + b"a\n",
        LINE.replace(b" ", b"  ", 1) + b"a\n",
    ],
)
def test_malformed_manifests_are_refused(bad):
    with pytest.raises(Damaged):
        walk.parse_manifest(bad)


@given(st.data())
def test_bent_json_is_never_our_bug(forge, edition, key, data):
    from witnessmark.verify.shapes import Continues, ExhibitFile, Keys

    path, shape = data.draw(
        st.sampled_from(
            [
                ("e/tp-00001/exhibit.json", ExhibitFile),
                ("proof/keys.json", Keys),
                ("proof/continues.json", Continues),
            ]
        )
    )
    value = codec.decode(edition[path].decode())
    junk = st.sampled_from([None, 0, -1, True, "", "x", [], {}, [[]], [None], {"a": 1}])
    holder = value
    while isinstance(holder, (dict, list)) and holder:
        place = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if data.draw(st.booleans()) or not isinstance(holder[place], (dict, list)):
            holder[place] = data.draw(junk)
            break
        holder = holder[place]
    try:
        shape.parse(codec.encode_bytes(value))
    except BrokenEvidence:
        pass


# The one file that a stranger downloads.


def test_the_packed_program_is_the_same_every_time():
    made = pack.build()
    pack.build.cache_clear()
    assert made == pack.build()
    with zipfile.ZipFile(BytesIO(made)) as archive:
        rows = archive.infolist()
    assert {row.compress_type for row in rows} == {zipfile.ZIP_DEFLATED}
    assert {row.date_time for row in rows} == {(1980, 1, 1, 0, 0, 0)}
    assert [row.filename for row in rows] == sorted(row.filename for row in rows)
    rooms = {row.filename.rpartition("/")[0] for row in rows}
    assert rooms == {"", "witnessmark", "witnessmark/model", "witnessmark/proof", "witnessmark/verify"}


def test_the_packed_program_needs_nothing_of_ours(site, key, tmp_path):
    program = tmp_path / "verify.pyz"
    program.write_bytes(pack.build())
    empty = tmp_path / "empty"
    empty.mkdir()

    def stranger_runs(*arguments):
        command = [sys.executable, "-I", "-S", str(program), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=empty, env={"LC_ALL": "C"}, check=False)

    good = stranger_runs(site, "--key", key.text)
    assert (good.returncode, good.stderr) == (0, "")
    (site / "e/tp-00002/file.txt").write_bytes(b"x")
    (site / "\u202eevil").write_bytes(b"x")
    bad = stranger_runs(site, "--key", key.text, "--json")
    assert bad.returncode == 1
    assert json.loads(bad.stdout.splitlines()[-1])["exit"] == 1
    assert stranger_runs(site).returncode == 1
    assert stranger_runs().returncode == 64
    assert stranger_runs("--help").returncode == 0


def test_hashing_is_fast(tmp_path, forge):
    import time

    house = forge.House(seed=3)
    pages = house.pages(2)
    pages["static/large.bin"] = bytes(64 << 20)
    site = forge.write(house.release(pages, 2), tmp_path)
    start = time.process_time()
    assert verify_site(str(site), house.keeper.vkey).exit_code == 0
    assert 64 / (time.process_time() - start) > 100


def test_the_limits_are_those_of_the_specification():
    """docs/spec/verify.md, "Limits": whoever writes another verifier must refuse and take the same."""
    from witnessmark.proof import bundle, note
    from witnessmark.verify import shapes

    assert (walk.MOST_FILES, walk.LONGEST_PATH, walk.DEEPEST) == (2_000_000, 1024, 16)
    assert (walk.LARGEST_MANIFEST, walk.LARGEST_JSON, walk.LARGEST_PROOF) == (512 << 20, 64 << 20, 1 << 20)
    assert (note.LARGEST, note.MOST_SIGNATURES, bundle.MOST_HASHES) == (1 << 20, 100, 63)
    assert (shapes._MOST_REVIEWERS, shapes._MOST_KEYS) == (10_000, 1_000)


def test_a_path_of_the_longest_length_is_allowed_and_one_longer_is_not():
    longest = "a" * 1024
    assert walk.is_allowed(longest)
    assert not walk.is_allowed(longest + "a")
    row = LINE.replace(b" 5 ", b" 1234567890123456 ") + longest.encode() + b"\n"
    assert walk.parse_manifest(row)[longest].size == 1234567890123456
    with pytest.raises(Damaged):
        walk.parse_manifest(LINE.replace(b" 5 ", b" 12345678901234567 ") + b"a\n")


def test_a_proof_file_of_a_newer_version_is_not_called_false(edition, key, forge, tmp_path):
    path = "proof/release.tlog-proof"
    for said, word in ((b"@v2", "cannot be checked"), (b"@v1x", "does not agree"), (b"@v01", "does not agree")):
        data = edition[path].replace(b"@v1", said, 1)
        report = verify_site(str(forge.write(edition | {path: data}, tmp_path / said.decode())), key)
        assert word in {verdict.word.value for verdict in report.verdicts if verdict.file == path}, said


def test_a_folder_that_is_missing_is_not_called_no_edition(tmp_path, edition, forge, key):
    with pytest.raises(Damaged, match="there is no such folder"):
        verify_site(str(tmp_path / "missing"), key)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Damaged, match="this is no edition: it has neither a manifest nor a folder of proofs"):
        verify_site(str(tmp_path / "empty"), key)


def test_without_a_sound_manifest_every_file_is_named_as_not_checked(site, edition, key):
    (site / "manifest").write_bytes(b"x\n")
    report = verify_site(str(site), key)
    named = {v.file for v in report.verdicts if v.says == "no sound manifest says what it must be"}
    assert named == set(edition) - walk.OUTSIDE


def test_without_any_key_nothing_is_decided(site):
    (site / "proof/keys.json").write_bytes(b"{}")
    report = verify_site(str(site))
    assert "without a key no proof can be checked: give one with --key" in [v.says for v in report.verdicts]
    assert (report.log, report.release, report.exhibits) == (None, None, ())


def test_a_missing_file_has_no_size_in_the_report(site, key):
    (site / "index.html").unlink()
    report = verify_site(str(site), key)
    assert report.files["index.html"] == -1
    assert report.files["check.html"] == (site / "check.html").stat().st_size
    assert [size for size in report.files.values() if size < 0] == [-1]
    assert report.site == str(site)


def test_exhibits_are_told_in_the_order_of_their_numbers(forge, tmp_path):
    from witnessmark.verify.checks import _in_order

    folders = ["e/tp-100000", "e/tp-99999", "e/tp-00001"]
    assert sorted(folders, key=_in_order) == folders[::-1]
