"""Bad input: one clear sentence, the documented exit code, and nothing lost."""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

from witnessmark import errors


def tree(folder):
    """Return every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def events(archive):
    return tree(archive / "vault" / "events") | tree(archive / "log")


# Sources


def test_a_source_that_is_missing(wm, tmp_path):
    ran = wm.call("compile", tmp_path / "archive", tmp_path / "missing")
    assert ran.code == 65
    assert "missing" in ran.sentence and "nothing was sealed" in ran.sentence
    assert not (tmp_path / "archive").exists()


def test_one_missing_source_among_several_seals_none(wm, leak, tmp_path):
    ran = wm.call("compile", tmp_path / "archive", leak, tmp_path / "missing")
    assert ran.code == 65 and ran.sentence
    assert not (tmp_path / "archive").exists()


def test_a_source_that_is_neither_file_nor_folder(wm, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    ran = wm.call("compile", tmp_path / "archive", tmp_path / "pipe")
    assert ran.code == 64 and "neither" in ran.sentence


def test_a_file_that_cannot_be_read_is_refused_and_listed_and_the_rest_sealed(wm, tmp_path):
    source = tmp_path / "leak"
    (source / "shut").mkdir(parents=True)
    (source / "open.txt").write_text("open")
    (source / "closed.txt").write_text("closed")
    (source / "closed.txt").chmod(0)
    (source / "shut").chmod(0)
    place, more = tmp_path / "place", {"preexec_fn": _as_nobody_special}
    ran = wm.alone("compile", place / "archive", source, "--json", **more)
    (source / "shut").chmod(0o755)
    assert (ran.code, ran.err) == (0, "")
    assert ran.last["exhibits"] == 1
    assert {(row["refused"], row["reason"]) for row in ran.objects[:-1]} == {
        ("closed.txt", "unreadable"),
        ("shut", "unreadable"),
    }
    assert ran.last["refused"] == {"unreadable": 2}
    assert wm.alone("status", place / "archive", "--json", **more).last["refused"] == {"unreadable": 2}
    (source / "shut").chmod(0)
    assert "refused: leak: closed.txt (unreadable)" in wm.alone("compile", place / "archive", source, **more).out
    (source / "shut").chmod(0o755)


def _as_nobody_special():
    """Give up what lets the superuser read every file: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (prctl(2))."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; refused to whoever is not the superuser anyway


def test_a_source_without_a_file_makes_an_empty_archive(wm, tmp_path):
    (tmp_path / "empty").mkdir()
    wm.good("compile", tmp_path / "archive", tmp_path / "empty")
    assert wm.good("status", tmp_path / "archive", "--json").last["exhibits"] == 0
    assert wm.good("files", tmp_path / "archive").out == ""
    assert wm.good("search", tmp_path / "archive", "doors", "--json").out == ""
    assert wm.good("audit", tmp_path / "archive").code == 0


def test_an_archive_inside_its_source_and_a_source_inside_its_archive(wm, leak, archive, tmp_path):
    source = Path(shutil.copytree(leak, tmp_path / "source"))
    for place, taken in ((source / "archive", source), (archive, archive / "vault"), (source, source)):
        ran = wm.call("compile", place, taken)
        assert ran.code == 64 and "inside one another" in ran.sentence
    assert tree(source) == tree(leak)


def test_a_folder_that_is_no_archive(wm, leak, tmp_path):
    for verb in ("status", "files", "audit", "rebuild", "authenticate"):
        ran = wm.call(verb, leak)
        assert ran.code == 65 and "no archive" in ran.sentence
    before = tree(leak)
    (tmp_path / "other").mkdir()
    ran = wm.call("compile", leak, tmp_path / "other")
    assert ran.code == 64 and "not empty" in ran.sentence
    assert tree(leak) == before


# Disks


@contextlib.contextmanager
def small_disk(place, octets):
    """Mount a small disk of its own; skip where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    place.mkdir()
    if libc.mount(b"none", os.fsencode(place), b"tmpfs", 0, f"size={octets}".encode()) != 0:
        pytest.skip("no disk can be mounted here")
    try:
        yield place
    finally:
        libc.umount2(os.fsencode(place), 2)


def test_a_full_disk_stops_with_a_sentence_and_the_next_run_completes(wm, leak, tmp_path):
    source = Path(shutil.copytree(leak, tmp_path / "source"))
    for number in range(20):
        (source / f"large {number}").write_bytes(os.urandom(100_000))
    with small_disk(tmp_path / "disk", 8 << 20) as disk:
        filler = disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as out:
            out.write(bytes((8 << 20) - 1_200_000))
        ran = wm.alone("compile", disk / "archive", source)
        assert ran.code == 74, ran
        assert ran.sentence
        filler.unlink()
        assert wm.alone("compile", disk / "archive", source).code == 0
        whole = tmp_path / "whole"
        wm.good("compile", whole, source)
        assert wm.digests(disk / "archive") == wm.digests(whole)
        assert wm.good("audit", disk / "archive", "--json").last["problems"] == 0
        assert wm.good("status", disk / "archive", "--json").last["due"] == 0


@pytest.mark.parametrize("size", [0, 2_000, 20_000, 60_000, 150_000])
def test_a_disk_that_fills_up_anywhere_loses_nothing(wm, leak, tmp_path, size):
    """A limit on the length of a file stands for a disk that is full: every write beyond it fails."""

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    archive = tmp_path / "archive"
    ran = wm.alone("compile", archive, leak, preexec_fn=limited)
    if ran.code:
        assert ran.code == 74, ran
        assert ran.sentence
    done = wm.call("compile", archive, leak)
    assert (done.code, done.err) == (0, ""), done
    assert len(wm.files(archive)) == 19
    assert wm.good("audit", archive, "--json").last["problems"] == 0


def test_a_site_that_cannot_be_written_is_not_there(wm, archive, tmp_path):
    rows = wm.decide(tmp_path / "rows.csv", ("path:orders/order.txt", "text"))
    with small_disk(tmp_path / "disk", 60_000) as disk:
        ran = wm.call("publish", archive, disk / "site", "--decisions", rows)
        assert ran.code == 74 and ran.sentence
        assert not (disk / "site").exists()
    wm.good("publish", archive, tmp_path / "site", "--decisions", rows)


# Archives


def test_an_archive_of_a_newer_version(wm, archive, leak):
    place = archive / "witnessmark.toml"
    newer = tomllib.loads(place.read_text())["format"] + 1
    place.write_text(place.read_text().replace(f"format = {newer - 1}", f"format = {newer}"))
    before = tree(archive)
    for words in (("status", archive), ("files", archive), ("compile", archive, leak), ("search", archive, "x")):
        ran = wm.call(*words)
        assert ran.code == 65 and "newer" in ran.sentence
    assert tree(archive) == before


@pytest.mark.parametrize("harm", ["cut", "noise", "empty", "text", "another ledger"])
def test_a_damaged_catalogue_is_made_again_and_says_the_same(wm, archive, harm):
    before = [wm.good("files", archive, "--json").out, wm.good("search", archive, "keys OR doors", "--json").out]
    place = archive / "catalogue.sqlite"
    data = place.read_bytes()
    if harm == "another ledger":
        with contextlib.closing(sqlite3.connect(place)) as connection:
            connection.execute("UPDATE about SET value = 'another/abcdefgh23456722' WHERE name = 'origin'")
            connection.commit()
    else:
        place.write_bytes(
            {"cut": data[: len(data) // 2], "noise": data[:4096] + os.urandom(len(data) - 4096), "empty": b"",
             "text": b"this is no database " * 500}[harm]
        )  # fmt: skip
        for suffix in ("-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
    assert wm.good("files", archive, "--json").out == before[0]
    assert wm.good("search", archive, "keys OR doors", "--json").out == before[1]


def test_a_catalogue_without_a_table_says_how_to_make_it_again(wm, archive):
    before = wm.good("files", archive, "--json").out
    with contextlib.closing(sqlite3.connect(archive / "catalogue.sqlite")) as connection:
        connection.execute("DROP TABLE exhibit")
        connection.commit()
    ran = wm.call("files", archive)
    assert ran.code in (0, 65)
    if ran.code:
        assert "witnessmark rebuild" in ran.sentence
        wm.good("rebuild", archive)
    assert wm.good("files", archive, "--json").out == before


@pytest.mark.parametrize("harm", ["gone", "noise", "cut", "a file instead"])
def test_a_damaged_index_is_made_again_and_finds_the_same(wm, archive, harm):
    before = wm.good("search", archive, "keys OR doors", "--json").out
    index = archive / "index"
    assert len(before.splitlines()) > 2
    if harm in ("gone", "a file instead"):
        shutil.rmtree(index)
        if harm == "a file instead":
            index.write_text("no index")
    else:
        for path in [path for path in index.rglob("*") if path.is_file() and path.stat().st_size]:
            data = path.read_bytes()
            # The search before ran in this process: the engine reads its files again in a thread of its own, which may
            # come late, and whoever shortens a file that is mapped kills the process (SIGBUS). So: a new file.
            path.unlink()
            path.write_bytes(os.urandom(len(data)) if harm == "noise" else data[: len(data) // 2])
    assert wm.good("search", archive, "keys OR doors", "--json").out == before
    assert wm.good("search", archive, "keys OR doors", "--json").out == before


def test_a_damaged_event_segment_is_named_and_the_rest_is_readable(wm, archive):
    everything = wm.files(archive)
    segments = sorted((archive / "vault" / "events").glob("*.jsonl"), key=lambda path: path.stat().st_size)
    victim = next(one for one in reversed(segments) if b'"path"' in one.read_bytes())
    lines = victim.read_bytes().split(b"\n")
    middle = next(n for n, line in enumerate(lines) if b'"exhibit"' in line or b'"path"' in line)
    lines[middle] = lines[middle][:40] + b"#" + lines[middle][41:]
    victim.chmod(0o600)
    victim.write_bytes(b"\n".join(lines))
    (archive / "catalogue.sqlite").unlink()
    shutil.rmtree(archive / "index")
    status = wm.call("status", archive, "--json")
    assert status.code == 0
    assert status.err.startswith("note: 1 line of the event segments cannot be read")
    broken = status.last["broken"]
    assert [row["line"] for row in broken] == [middle + 1]
    assert int(victim.stem) == int(broken[0]["segment"])
    assert "damaged: event segment" in wm.call("status", archive).out  # also when another process has replayed
    left = wm.call("files", archive, "--json")
    assert left.code == 0
    assert len(left.objects) >= len(everything) - 6
    assert {row["path"] for row in left.objects} < set(everything)
    ran = wm.call("audit", archive, "--json")
    assert ran.code == 1
    assert any(str(int(victim.stem)) in row.get("where", "") for row in ran.objects)
    assert wm.call("search", archive, "doors").code == 0


@pytest.mark.parametrize("name", ["log/checkpoint", "log.vkey", "vault/keys/log.key", "witnessmark.toml"])
@pytest.mark.parametrize("harm", ["cut", "noise", "gone"])
def test_a_damaged_archive_file_is_a_sentence_and_never_a_new_archive(wm, archive, leak, name, harm):
    place = archive / name
    data = place.read_bytes()
    place.chmod(0o600)
    if harm == "gone":
        place.unlink()
    else:
        place.write_bytes(data[: len(data) // 2] if harm == "cut" else b"\x80\xff" + data[2:])
    before = tree(archive / "vault" / "events")
    ran = wm.call("compile", archive, leak)
    assert ran.code in (64, 65), ran
    assert ran.sentence
    assert tree(archive / "vault" / "events") == before
    place.write_bytes(data)
    place.chmod(0o600)
    wm.good("compile", archive, leak)


def test_two_writers(wm, archive, leak):
    from witnessmark.archive.folder import Archive

    before = events(archive)
    with Archive.writing(archive, entropy=os.urandom):
        for words in (("compile", archive, leak), ("authenticate", archive), ("rebuild", archive)):
            ran = wm.call(*words)
            assert ran.code == 75 and "try again" in ran.sentence
        assert wm.call("status", archive).code == 0, "looking needs no lock"
    assert events(archive) == before
    wm.good("compile", archive, leak)


# Editions


def test_a_site_that_is_not_empty(wm, archive, tmp_path):
    rows = wm.decide(tmp_path / "rows.csv", ("path:orders/order.txt", "text"))
    site = tmp_path / "site"
    site.mkdir()
    (site / "kept").write_text("kept")
    before = events(archive)
    ran = wm.call("publish", archive, site, "--decisions", rows)
    assert ran.code == 64 and "empty" in ran.sentence
    assert (tree(site), events(archive)) == ({"kept": b"kept"}, before)
    (tmp_path / "file").write_text("a file")
    assert wm.call("publish", archive, tmp_path / "file", "--decisions", rows).code == 64
    assert wm.call("publish", archive, archive / "site", "--decisions", rows).code == 64


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("path:missing.txt", "text"), "missing.txt"),
        (("aaaaaaaaaaaaaaaa", "text"), "aaaaaaaaaaaaaaaa"),
        (("WM-00417", "text"), "WM-00417"),
        (("", "text"), "row 3"),
        (("path:table.csv", "everything"), "everything"),
        (("path:table.csv", "pages"), "page images"),
        (("path:table.csv", "text", {"open": "source"}), "source"),
        (("path:table.csv", "text", {"open": "digest"}), "digest"),
        (("path:orders/report.docx", "file"), "only plain text"),
        (("path:table.csv", "nothing", {"reason": ""}), "reason"),
        (("path:table.csv", "text", {"on": "yesterday"}), "yesterday"),
        (("path:orders/order.txt", "text"), "already"),
        (("path:disk.zip", "text"), "no text"),
    ],
)
def test_one_wrong_decision_refuses_the_whole_file_and_writes_nothing(wm, archive, tmp_path, row, said):
    rows = wm.decide(tmp_path / "rows.csv", ("path:orders/order.txt", "text"), row)
    before = events(archive)
    ran = wm.call("publish", archive, tmp_path / "site", "--decisions", rows)
    assert ran.code == 64 and said in ran.sentence
    assert not (tmp_path / "site").exists()
    assert events(archive) == before


def test_a_decision_file_that_is_missing_or_no_table(wm, archive, tmp_path):
    site = tmp_path / "site"
    assert wm.call("publish", archive, site, "--decisions", tmp_path / "missing.csv").code == 64
    odd = tmp_path / "odd.csv"
    for data in (b"", b"a,b\n", b"\xff\xfe\x00", b'exhibit,"publish\n', bytes(100)):
        odd.write_bytes(data)
        ran = wm.call("publish", archive, site, "--decisions", odd)
        assert ran.code == 64 and ran.sentence
    ran = wm.call("publish", archive, site, "--release", "7")
    assert ran.code == 64 and "no edition 7" in ran.sentence
    assert not site.exists()


def test_an_ambiguous_path_in_a_decision_names_the_ids(wm, archive, leak, tmp_path):
    other = Path(shutil.copytree(leak, tmp_path / "other"))
    wm.good("compile", archive, other, "--seal-only")
    rows = wm.decide(tmp_path / "rows.csv", ("path:orders/order.txt", "text"))
    ran = wm.call("publish", archive, tmp_path / "site", "--decisions", rows)
    assert ran.code == 64
    ids = [row["id"] for row in wm.good("files", archive, "--json").objects if row["path"] == "orders/order.txt"]
    assert len(ids) == 2
    assert all(name in ran.sentence for name in ids)


# Reviewers


def test_a_reviewers_key_inside_the_archive_is_refused(wm, archive, tmp_path):
    ran = wm.call("attest", archive, "--make-key", archive / "mine.pem")
    assert ran.code == 64 and "inside the archive" in ran.sentence
    link = tmp_path / "link"
    link.symlink_to(archive)
    assert wm.call("attest", archive, "--make-key", link / "mine.pem").code == 64
    assert not (archive / "mine.pem").exists()
    outside = tmp_path / "mine.pem"
    wm.good("attest", archive, "--make-key", outside)
    again = wm.call("attest", archive, "--make-key", outside)
    assert again.code == 64 and "never overwritten" in again.sentence
    shutil.copy(outside, archive / "stray.pem")
    why = tmp_path / "why.toml"
    why.write_text(wm.REASONS)
    said = ("path:table.csv", "--as", "A", "--answer", "fits", "--reasons", why)
    assert wm.call("attest", archive, *said, "--key", archive / "stray.pem").code == 64
    outside.chmod(0o644)
    ran = wm.call("attest", archive, *said, "--key", outside)
    assert ran.code == 64 and "chmod 600" in ran.sentence


def test_an_attestation_that_lacks_something_seals_nothing(wm, archive, tmp_path):
    key, why = tmp_path / "key.pem", tmp_path / "why.toml"
    wm.good("attest", archive, "--make-key", key)
    why.write_text(wm.REASONS)
    before = events(archive)
    said = ("--as", "A", "--answer", "fits", "--key", key, "--reasons", why)
    for words, code in (
        ((*said,), 64),
        (("path:table.csv", *said[2:]), 64),
        (("path:missing", *said), 64),
        (("path:table.csv", *said, "--considers", "00ff"), 64),
        (("path:table.csv", *said, "--considers", ""), 64),
        (("path:table.csv", *said[:2], "--answer", "proved", *said[4:]), 64),
        (("path:table.csv", *said[:4], "--key", tmp_path / "none.pem", *said[6:]), 65),
        (("path:table.csv", *said[:6], "--reasons", tmp_path / "none.toml"), 65),
    ):
        ran = wm.call("attest", archive, *words)
        assert ran.code == code, (words, ran)
        assert ran.sentence
    for text in ("", "question = 3", wm.REASONS + 'more = "x"', wm.REASONS.replace("I saw the text only.", " "), "\0"):
        why.write_text(text)
        ran = wm.call("attest", archive, "path:table.csv", *said)
        assert ran.code in (64, 65) and ran.sentence
    assert events(archive) == before


# Sites given to the verifier


def test_a_hostile_site_is_a_verdict_or_a_sentence_never_a_traceback(wm, archive, tmp_path):
    rows = wm.decide(tmp_path / "rows.csv", ("path:orders/order.txt", "text"), ("path:table.csv", "file"))
    site = tmp_path / "site"
    wm.good("publish", archive, site, "--decisions", rows)
    key = ("--key", archive / "log.vkey")

    def changed(name):
        return Path(shutil.copytree(site, tmp_path / name))

    hostile = []
    one = changed("link")
    (one / "e" / "outside").symlink_to("/etc/passwd")
    hostile.append(one)
    one = changed("folder-link")
    shutil.rmtree(one / "browse")
    (one / "browse").symlink_to(site / "browse")
    hostile.append(one)
    one = changed("fifo")
    (one / "index.html").unlink()
    os.mkfifo(one / "index.html")
    hostile.append(one)
    one = changed("deep")
    (one / "e" / "wm-00001" / "exhibit.json").write_text("[" * 200_000)
    hostile.append(one)
    one = changed("huge-number")
    keys = one / "proof" / "keys.json"
    keys.write_text(keys.read_text().rstrip()[:-1] + ',"n":' + "9" * 100_000 + "}")
    hostile.append(one)
    one = changed("bytes")
    (one / "manifest").write_bytes(b"\xff\xfe\x00" * 1000)
    hostile.append(one)
    one = changed("no-manifest")
    (one / "manifest").unlink()
    hostile.append(one)
    one = changed("terminal")
    (one / "e" / "\x1b[2Jagrees\u202e.html").write_text("x")
    hostile.append(one)
    one = changed("large")
    with open(one / "manifest", "r+b") as out:
        out.truncate(8 << 30)
    hostile.append(one)
    for place in hostile:
        ran = wm.alone("verify", place, *key)
        assert ran.code in (1, 65), (place, ran)
        assert "Traceback" not in ran.out + ran.err
        assert "\x1b" not in ran.out + ran.err and "\u202e" not in ran.out + ran.err
        assert wm.call("verify", place, *key, "--json").code == ran.code
    for place, code in ((tmp_path / "missing", 65), (archive / "log.vkey", None), (tmp_path / "disk", 65)):
        ran = wm.call("verify", place, *key)
        assert ran.code in (1, 64, 65) if code is None else ran.code == code, ran
        assert ran.sentence or ran.out
    assert wm.call("verify", site, "--key", "no key").code == 64
    assert wm.call("verify", site, "--key", site / "index.html").code in (64, 65)


# Options, pipes, signals


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("unknown",),
        ("compile",),
        ("compile", "nowhere"),
        ("compile", "a", "b", "--received", "yesterday"),
        ("compile", "a", "b", "--received", "2032-6-1"),
        ("compile", "a", ".", "--from", " "),
        ("compile", "a", "b", "--workers", "many"),
        ("compile", "a", "b", "--workers", "0"),
        ("compile", "a", "b", "--workers", "-1"),
        ("compile", "a", "b", "--prefix", "lower"),
        ("search", "a"),
        ("publish", "a", "b"),
        ("publish", "a", "b", "--decisions", "c", "--release", "1"),
        ("files", "a", "--unknown"),
        ("attest", "a"),
        ("verify",),
        ("--json", "status"),
    ],
)
def test_wrong_options(wm, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").mkdir()
    ran = wm.call(*words)
    assert ran.code == 64, ran
    assert ran.sentence
    assert ran.out == ""
    assert not (tmp_path / "a").exists()


def test_queries_that_say_nothing_or_too_much(wm, compiled):
    for query in ("", '"', "((((", "x" * 5000):
        ran = wm.call("search", compiled, query)
        assert ran.code == 64 and ran.sentence
    for number in ("0", "-1", "99999999999999999999"):
        assert wm.call("search", compiled, "doors", "--limit", number).code == 64
    assert wm.call("search", compiled, "doors", "--offset", "99999999999999999999").code == 64
    assert wm.good("search", compiled, "doors", "--offset", "1000000", "--limit", "1000000", "--json").out == ""


def test_the_reader_of_a_list_may_go_away(wm, compiled):
    for verb in (("files",), ("files", "--json", "--text"), ("status",), ("search", "doors")):
        words = wm.argv(verb[0], compiled, *verb[1:])
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            running.stdout.close()
            said = running.stderr.read()
            assert running.wait(60) == 0, said
        assert said == b""


def test_ctrl_c_stops_with_130_and_the_next_run_goes_on(wm, tmp_path):
    source = tmp_path / "leak"
    source.mkdir()
    for number in range(300):
        (source / f"{number:03d}.txt").write_text(f"Paper {number} about the doors of Centre 3.\n" * 50)
    archive = tmp_path / "archive"
    codes = []
    for wait in (0.1, 0.0):
        before = len(list((archive / "vault" / "events").glob("*.jsonl")))
        with subprocess.Popen(
            wm.argv("compile", archive, source, "--workers", "1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            end = time.monotonic() + 30
            # Not before it has sealed something of its own: a run that has hardly begun is ended by the interpreter.
            while len(list((archive / "vault" / "events").glob("*.jsonl"))) == before and time.monotonic() < end:
                if running.poll() is not None:
                    break
                time.sleep(0.05)
            time.sleep(wait)
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the whole group
            said = running.communicate(timeout=60)
        codes.append(running.returncode)
        if running.returncode:
            assert running.returncode == 130, said
            assert "nothing is lost" in wm.Ran(130, *said).sentence
    assert 130 in codes
    wm.good("compile", archive, source)
    assert len(wm.files(archive)) == 300
    assert {row["outcome"] for row in wm.files(archive).values()} == {"ok"}
    assert wm.good("audit", archive, "--json").last["problems"] == 0


def test_a_bug_of_ours_is_said_to_be_one(wm, compiled, monkeypatch):
    from witnessmark.cli import verb_status

    monkeypatch.setattr(verb_status, "_status", lambda *_: 1 / 0)
    ran = wm.call("status", compiled)
    assert ran.code == 70
    assert "our bug: ZeroDivisionError" in ran.err and "Traceback" not in ran.err


def test_every_error_has_its_documented_code():
    found = {kind.__name__: kind.exit_code for kind in vars(errors).values() if isinstance(kind, type)}
    assert found == {
        "WitnessmarkError": 70, "WrongUsage": 64, "BrokenEvidence": 65, "Falsified": 1, "Undecided": 2,
        "Damaged": 65, "DiskFailure": 74, "Busy": 75, "Interrupted": 130,
    }  # fmt: skip
    for name, code in found.items():
        row = next(line for line in errors.__doc__.splitlines() if name in line)
        assert str(code) in row or name == "BrokenEvidence"


def test_names_that_obey_a_terminal_are_printed_harmlessly(wm, tmp_path):
    source = tmp_path / "leak"
    source.mkdir()
    (source / "\x1b[2J\u202etxt.exe\n").write_text("The doors.\x1b]0;title\x07 and more \u202e doors\n")
    (source / "link\x1b[31m").symlink_to("/etc/passwd")
    archive = tmp_path / "archive"
    said = [wm.good("compile", archive, source).out]
    name = wm.good("files", archive, "--json").last["id"]
    for words in (
        ("files",),
        ("files", "--json", "--text"),
        ("search", "doors"),
        ("search", "doors", "--json"),
        ("status",),
    ):
        said.append(wm.good(words[0], archive, *words[1:]).out)
    said.append(wm.good("text", archive, name).out)
    said.append(wm.call("text", archive, "path:\x1b[31m").err)
    for text in said:
        assert not set(text) & set("\x1b\x07\u202e\u202c\x9b")
    row = json.loads(wm.good("files", archive, "--json").out)
    assert row["path"] == "\x1b[2J\u202etxt.exe\n"
    assert stat.S_ISLNK((source / "link\x1b[31m").lstat().st_mode)
