"""Laws of the invented leak: the same bytes for the same seed, and a truth row for every file."""

import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from witnessmark.demo import make, make_bundles, make_hostile, story
from witnessmark.demo.make_orders import TYPE as PDF
from witnessmark.demo.truth import SEED, Family
from witnessmark.errors import WrongUsage
from witnessmark.model.decision import HEADER
from witnessmark.model.words import Publish
from witnessmark.review import reasons

GOLDEN = {
    "notices/notice-zh-hans.txt": "ae2b751bebdc25d5",
    "orders/order-17.pdf": "9ab843ec3a146451",
    "mail/2018-04-25-visit-in-may.eml": "192a9410df28b7eb",
    "tables/register-of-keys.csv": "48a18f30546098fe",
}
"""Digests of files whose bytes depend on no compression library."""


@pytest.fixture(scope="module")
def files():
    return {made.truth.path: made for made in make.files(SEED)}


def test_same_seed_gives_the_same_bytes(files):
    again = {made.truth.path: made for made in make.files(SEED)}
    assert again == files


def test_another_seed_gives_other_people(files):
    other = {made.truth.path: made.data for made in make.files(SEED + 1)}
    assert other.keys() == files.keys()
    assert other["tables/roster-centre-3.xlsx"] != files["tables/roster-centre-3.xlsx"].data


def test_golden_digests(files):
    found = {path: hashlib.sha256(files[path].data).hexdigest()[:16] for path in GOLDEN}
    assert found == GOLDEN


def test_every_file_has_a_truth_row_and_every_row_a_file(tmp_path):
    rows = make.make(tmp_path / "leak")
    found = {
        os.path.relpath(os.path.join(folder, name), os.fsencode(tmp_path / "leak"))
        for folder, _, names in os.walk(os.fsencode(tmp_path / "leak"))
        for name in names
    }
    named = {
        os.path.join(os.path.dirname(row.path.encode()), row.raw_name) if row.raw_name else row.path.encode()
        for row in rows
    }
    assert found == named
    assert 55 <= len(rows) <= 75


def test_two_runs_write_the_same_tree_with_the_same_times(tmp_path):
    trees = []
    for name in ("one", "two"):
        make.make(tmp_path / name)
        root = os.fsencode(tmp_path / name)
        trees.append(
            sorted(
                (os.path.relpath(os.path.join(folder, file), root), os.stat(os.path.join(folder, file)).st_mtime_ns)
                for folder, _, files in os.walk(root)
                for file in files
            )
        )
    assert trees[0] == trees[1]


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WrongUsage):
        make.make(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.txt"]


def test_no_path_stands_twice_and_printed_bytes_agree(files):
    assert len(list(make.files(SEED))) == len(files)
    odd = files["speeches/\ufffdt\ufffd.txt"].truth
    assert odd.raw_name.decode(errors="replace") == odd.path.rpartition("/")[2]


def test_every_secret_is_planted_once_and_is_no_visible_phrase(files):
    words = [s.word for made in files.values() for s in made.truth.secrets if "attached" not in s.where]
    assert len(set(words)) == len(words)
    assert all(re.fullmatch(r"QUILLMARK-\d\d", word.upper()) for word in words)
    for made in files.values():
        assert not any("QUILLMARK" in phrase.upper() for phrase in made.truth.phrases)


def test_every_plain_secret_stands_in_the_bytes(files):
    """Where nothing is compressed or encoded, the word itself is there."""
    for made in files.values():
        if made.truth.family in (Family.ORDER, Family.PHOTOGRAPH) or made.truth.path.endswith(".html"):
            for secret in made.truth.secrets:
                assert secret.word.encode() in made.data, made.truth.path


def test_office_files_hold_their_secrets_and_phrases(files):
    for path, made in files.items():
        if not path.endswith((".docx", ".xlsx")) or made.truth.hostile:
            continue
        with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
            assert archive.testzip() is None
            everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
        for wanted in (*made.truth.phrases, *(secret.word for secret in made.truth.secrets)):
            assert wanted in everything, (path, wanted)


def test_plain_files_hold_their_phrases_in_their_encoding(files):
    for path, made in files.items():
        if path.endswith((".txt", ".csv", ".html")):
            text = made.data.decode(made.truth.encoding or "utf-8")
            assert all(phrase in text for phrase in made.truth.phrases), path


def test_copies_have_the_same_bytes(files):
    copies = [made for made in files.values() if made.truth.same_as]
    assert len(copies) >= 2
    assert all(made.data == files[made.truth.same_as].data for made in copies)


def test_conflicts_are_planted_where_the_story_needs_them(files):
    conflicts = {path for path, made in files.items() if made.truth.date_conflict}
    assert conflicts == {story.CONSIDERED, story.WAITING}


def test_roster_counts_its_planted_errors(files):
    assert files["tables/roster-centre-3.xlsx"].truth.identifiers == (21, 3)
    assert files["tables/night-duty.csv"].truth.identifiers == (2, 2)


def test_locked_zip_opens_with_its_password_only(files):
    with zipfile.ZipFile(io.BytesIO(files["backup/locked.zip"].data)) as archive:
        with pytest.raises(RuntimeError):
            archive.read("dormitory-4.txt")
        assert archive.read("dormitory-4.txt", make_bundles.PASSWORD).startswith(b"What is in here")


def test_hostile_files_are_three_and_small(files):
    hostile = [made for made in files.values() if made.truth.hostile]
    assert len(hostile) == 3
    assert all(len(made.data) < 32_000 for made in hostile)
    with zipfile.ZipFile(io.BytesIO(files["hostile/swelling.zip"].data)) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) > 2 * 1024**3
    with zipfile.ZipFile(io.BytesIO(files["hostile/climbing.zip"].data)) as archive:
        assert [entry.orig_filename.encode() for entry in archive.infolist()] == list(make_hostile.CLIMBING)


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not here")
def test_another_program_finds_nothing_wrong_with_the_pdfs(files, tmp_path):
    for path, made in files.items():
        if made.truth.media_type == PDF and "broke-off" not in path and path.startswith(("orders", "scans")):
            place = tmp_path / Path(path).name
            place.write_bytes(made.data)
            subprocess.run(["qpdf", "--check", place], check=True, capture_output=True)


def test_decisions_name_only_what_is_there_and_open_no_other_format(files):
    rows = list(csv.DictReader(io.StringIO(story.decisions(make.truth(), decided_on="2026-11-20"))))
    assert tuple(rows[0]) == HEADER
    assert len(rows) >= 24
    for row in rows:
        path, _, member = row["exhibit"].removeprefix("path:").partition("!/")
        made = files[path]
        assert not member or member in made.truth.members
        if Publish(row["publish"]) is Publish.FILE:
            assert made.truth.media_type in ("text/plain", "text/csv")
        assert row["reason"]


def test_decisions_leave_out_what_was_not_written():
    some = [row for row in make.truth() if row.family is Family.ORDER]
    text = story.decisions(some, decided_on="2026-11-20")
    assert "path:orders/order-17.pdf" in text
    assert "speeches/" not in text


def test_searches_and_reviews_name_files_of_the_leak(files):
    for search in story.SEARCHES:
        assert set(search.finds) <= files.keys()
    for review in story.REVIEWS:
        assert set(review.exhibits) <= files.keys()
    assert story.WAITING not in {review.considers for review in story.REVIEWS}


def test_reasons_are_taken_by_the_review(tmp_path):
    for number in range(len(story.REVIEWS)):
        place = tmp_path / f"{number}.toml"
        place.write_text(story.reasons(number), encoding="utf-8")
        found = reasons.load(str(place))
        assert found.alternatives
        assert found.limits
        assert not re.search(r"\b(authentic|fake|genuine|verified|proven)\b", place.read_text(encoding="utf-8").lower())
