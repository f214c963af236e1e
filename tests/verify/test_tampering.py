"""Laws of tampering: whatever is changed in an edition is reported, and the file is named."""

import os
import random
import shutil
from pathlib import Path

import pytest

from witnessmark.model import codec
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Word


def false_files(report):
    return {verdict.file for verdict in report.verdicts if verdict.word is Word.FALSE}


def flipped(data, draw):
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


def flip(site, path, draw):
    (site / path).write_bytes(flipped((site / path).read_bytes(), draw))
    return {path}


def truncate(site, path, draw):
    data = (site / path).read_bytes()
    (site / path).write_bytes(data[: draw.randrange(len(data))])
    return {path}


def append(site, path, draw):
    (site / path).write_bytes((site / path).read_bytes() + draw.choice([b"\n", b" ", b"\0", b"x"]))
    return {path}


def insert(site, path, draw):
    data = (site / path).read_bytes()
    at = draw.randrange(len(data))
    (site / path).write_bytes(data[:at] + draw.randbytes(1) + data[at:])
    return {path}


def remove(site, path, draw):
    (site / path).unlink()
    return {path}


def rename(site, path, draw):
    (site / path).rename(site / f"{path}.bak")
    return {path, f"{path}.bak"}


def extra(site, path, draw):
    shutil.copyfile(site / path, site / f"{path}.2")
    return {f"{path}.2"}


def case_twin(site, path, draw):
    twin = f"{os.path.dirname(path)}/{os.path.basename(path).upper()}".lstrip("/")
    shutil.copyfile(site / path, site / twin)
    return {twin}


def hidden(site, path, draw):
    twin = f"{os.path.dirname(path)}/.{os.path.basename(path)}".lstrip("/")
    shutil.copyfile(site / path, site / twin)
    return {twin}


def link(site, path, draw):
    outside = site.parent / "outside"
    shutil.copyfile(site / path, outside)
    (site / path).unlink()
    (site / path).symlink_to(outside)
    return {path}


def folder_instead(site, path, draw):
    (site / path).unlink()
    (site / path).mkdir()
    return {path}


def swap(site, path, draw):
    files = sorted(str(found.relative_to(site)) for found in site.rglob("*") if found.is_file())
    data = (site / path).read_bytes()
    other = draw.choice([name for name in files if (site / name).read_bytes() != data])
    (site / path).write_bytes((site / other).read_bytes())
    (site / other).write_bytes(data)
    return {path, other}


def must_be_named(named):
    """Without a sound manifest nothing can be said of a plain page; the manifest itself is named."""
    return {"manifest"} if "manifest" in named else named


KINDS = [flip, truncate, append, insert, remove, rename, extra, case_twin, hidden, link, folder_instead, swap]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_change_of_every_file_is_reported_and_named(kind, site, edition, key, forge):
    assert verify_site(str(site), key).exit_code == 0
    # Folders that look alike are tried once; every file outside and every kind of file is among them.
    paths = [path for path in edition if not path.startswith("e/") or path.split("/")[1] <= "tp-00004"]
    draw = random.Random(kind.__name__)
    for path in paths:
        named = kind(site, path, draw)
        report = verify_site(str(site), key)
        assert report.exit_code == 1, path
        assert must_be_named(named) <= false_files(report), path
        restore_some(site, edition, named, forge)
    assert verify_site(str(site), key).exit_code == 0


def restore_some(site, edition, named, forge):
    for path in named:
        target = site / path
        if target.is_dir():
            target.rmdir()
        else:
            target.unlink(missing_ok=True)
    forge.write({path: edition[path] for path in named if path in edition}, site)


def _random_changes(count, seed, site, edition, key, forge):
    draw, paths = random.Random(seed), sorted(edition)
    for _ in range(count):
        kind, path = draw.choice(KINDS), draw.choice(paths)
        named = kind(site, path, draw)
        report = verify_site(str(site), key)
        assert report.exit_code == 1, (kind, path)
        assert must_be_named(named) <= false_files(report), (kind, path)
        restore_some(site, edition, named, forge)
    assert verify_site(str(site), key).exit_code == 0


def test_three_hundred_random_changes_are_reported_and_named(site, edition, key, forge):
    _random_changes(300, 7, site, edition, key, forge)


@pytest.mark.soak
def test_five_thousand_random_changes_are_reported_and_named(site, edition, key, forge):
    _random_changes(5000, 8, site, edition, key, forge)


def test_an_empty_folder_does_not_belong(site, key):
    (site / "e" / "tp-00099").mkdir()
    assert false_files(verify_site(str(site), key)) == {"e/tp-00099"}


def test_times_and_modes_do_not_count(site, key):
    for path in site.rglob("*"):
        os.utime(path, (0, 0))
    (site / "index.html").chmod(0o600)
    assert verify_site(str(site), key).exit_code == 0


# What anyone can do who has no key: bend the contents, then write a manifest that fits.

BENT = {
    "other text": ("e/tp-00001/text.txt", lambda data: data.replace(b"3", b"4")),
    "other file": ("e/tp-00002/file.txt", lambda data: data + b"\n"),
    "another key": ("proof/keys.json", None),
    "another spelling": ("e/tp-00001/exhibit.json", lambda data: data.replace(b",", b", ", 1)),
    "member twice": ("e/tp-00001/exhibit.json", lambda data: data.replace(b'"id":', b'"id":"TP-00001","id":', 1)),
    "byte order mark": ("e/tp-00001/exhibit.json", lambda data: b"\xef\xbb\xbf" + data),
    "continues spelled otherwise": ("proof/continues.json", lambda data: data + b"\n"),
    "proof spelled otherwise": (
        "e/tp-00001/proof/exhibit.tlog-proof",
        lambda data: data.replace(b"index ", b"index 0"),
    ),
    "proof with a carriage return": ("e/tp-00001/proof/text.tlog-proof", lambda data: data.replace(b"\n", b"\r\n")),
    "field changed": ("e/tp-00001/exhibit.json", lambda data: data.replace(b"Safety", b"Malice")),
    "day changed": ("e/tp-00001/exhibit.json", lambda data: data.replace(b"2032-06-13", b"2031-06-13")),
}


@pytest.mark.parametrize("name", sorted(BENT))
def test_a_manifest_made_again_hides_nothing(name, edition, key, forge, tmp_path):
    path, bend = BENT[name]
    if bend is None:
        other = forge.House(seed=9).keeper.vkey.text
        data = forge.bend_json(edition[path], lambda value: value.update(log=other))
    else:
        data = bend(edition[path])
    assert data != edition[path]
    site = forge.write(forge.remanifest(edition | {path: data}), tmp_path)
    report = verify_site(str(site), key)
    assert report.exit_code == 1
    assert path in false_files(report)
    assert path == "proof/continues.json" or "manifest" in false_files(report)


def test_a_dropped_review_shows_in_the_release(edition, key, forge, tmp_path):
    folder = "e/tp-00001"

    def bend(value):
        value["openings"] = [row for row in value["openings"] if row["role"] not in {"attestation", "reviewer"}]
        value["answers"]["reviewed"]["answers"]["does-not"] = 0

    files = {p: d for p, d in edition.items() if not p.startswith((f"{folder}/proof/att", f"{folder}/proof/rev"))}
    files[f"{folder}/exhibit.json"] = forge.bend_json(files[f"{folder}/exhibit.json"], bend)
    report = verify_site(str(forge.write(forge.remanifest(files), tmp_path)), key)
    assert report.exit_code == 1
    assert "manifest" in false_files(report)


def test_two_swapped_texts_are_both_named(edition, key, forge, tmp_path):
    one, two = "e/tp-00001/text.txt", "e/tp-00003/text.txt"
    files = forge.remanifest(edition | {one: edition[two], two: edition[one]})
    report = verify_site(str(forge.write(files, tmp_path)), key)
    assert {one, two, "manifest"} <= false_files(report)


def test_an_older_edition_under_a_newer_release_is_false(house, edition, key, forge, tmp_path):
    mixed = forge.inside(house.first) | {path: edition[path] for path in forge.OUTSIDE}
    report = verify_site(str(forge.write(mixed, tmp_path)), key)
    assert report.exit_code == 1


def test_a_site_made_again_whole_with_another_key_fails_against_the_key(key, forge, tmp_path):
    twin = forge.House(seed=5)
    site = str(forge.write(twin.edition(), tmp_path))
    against = verify_site(site, key)
    assert against.exit_code == 1
    assert {"proof/keys.json", "proof/release.tlog-proof"} <= false_files(against)
    alone = verify_site(site)
    assert alone.exit_code == 2
    assert not false_files(alone)
    assert verify_site(site, twin.keeper.vkey).exit_code == 0


def test_the_same_key_under_another_name_is_another_key(key, forge, edition, tmp_path):
    from witnessmark.proof.note import Vkey

    other = Vkey.for_ed25519("archive.invalid/ponmlkjihgfedcba", key.public)
    report = verify_site(str(forge.write(edition, tmp_path)), other)
    assert report.exit_code == 1
    assert "proof/keys.json" in false_files(report)


# What a keeper could do who holds the key: release, with good signatures, what does not fit together.


def text_of(page):
    return codec.decode(page.decode())


def rebent(house, forge, path, bend):
    pages = house.pages(2)
    return pages | {path: forge.bend_json(pages[path], bend)}


def take(role):
    def bend(value):
        value["openings"] = [row for row in value["openings"] if row["role"] != role]

    return bend


def set_answer(value):
    value["answers"]["reviewed"]["answers"]["fits"] = 5


def clock_answer(value):
    value["answers"]["sealed"]["clock"] = "witnessed"


def other_id(value):
    value["id"] = "TP-00002"


def later_edition(value):
    value["edition"] = 3


def unknown_answer(value):
    value["answers"]["extra"] = 1


def shut_day(value):
    value["openings"][0]["fields"] = [row for row in value["openings"][0]["fields"] if row[0] != "sealed"]


def twice_field(value):
    value["openings"][0]["fields"].append(value["openings"][0]["fields"][0])


def wrong_order(value):
    value["openings"].reverse()


def no_files(value):
    value["files"] = []


def other_disclosed(value):
    row = next(row for row in value["openings"] if row["role"] == "attestation")
    row["disclosed"][1][2] = '"I did not look."'


KEEPER = {
    "answers invented": set_answer,
    "clock invented": clock_answer,
    "another id": other_id,
    "a later edition": later_edition,
    "an unknown answer": unknown_answer,
    "the day left shut": shut_day,
    "a field twice": twice_field,
    "openings out of order": wrong_order,
    "the file denied": no_files,
    "a reason changed": other_disclosed,
    "no decision": take("decision"),
    "no exhibit": take("exhibit"),
    "no text": take("text"),
    "no reviewer": take("reviewer"),
}


@pytest.mark.parametrize("name", sorted(KEEPER))
def test_a_keepers_release_of_what_does_not_fit_is_false(name, forge, tmp_path):
    house = forge.House(seed=3)
    path = "e/tp-00001/exhibit.json"
    files = house.release(rebent(house, forge, path, KEEPER[name]), 2)
    report = verify_site(str(forge.write(files, tmp_path)), house.keeper.vkey)
    assert report.exit_code == 1
    assert path in false_files(report)


def _bend_shelves(change):
    def made(forge):
        house = forge.House(seed=3)
        change(house)
        return house.release(house.pages(2), 2), house.keeper.vkey

    return made


def swap_texts(house):
    one, two = house.shelves[0], house.shelves[2]
    one.files, two.files = two.files, one.files


def swap_text_openings(house):
    one, two = house.shelves[0].openings, house.shelves[2].openings
    one["text"], two["text"] = two["text"], one["text"]
    swap_texts(house)


def swap_readings(house):
    one, two = house.shelves[0].openings, house.shelves[2].openings
    one["reading"], two["reading"] = two["reading"], one["reading"]


def swap_decisions(house):
    one, two = house.shelves[0].openings, house.shelves[2].openings
    one["decision"], two["decision"] = two["decision"], one["decision"]


def swap_reviews(house):
    one, two = house.shelves[0], house.shelves[8]
    one.openings["attestation"], two.openings["attestation"] = two.openings["attestation"], one.openings["attestation"]
    one.shut, two.shut = two.shut, one.shut


def swap_findings(house):
    one, two = house.shelves[0].openings, house.shelves[3].openings
    one["finding"], two["finding"] = two["finding"], one["finding"]


def drop_considered_finding(house):
    house.shelves[1].openings["finding"] = []


def drop_considering_review(house):
    house.shelves[1].openings["attestation"] = []


def show_twice(house):
    house.shelves[0].openings["finding"] *= 2


def wrong_kind(house):
    house.shelves[0].openings["finding"] = house.shelves[0].openings["reviewer"]


def publish_more(house):
    house.shelves[3].files["text.txt"] = b"secret"
    house.shelves[3].openings["text"] = house.shelves[0].openings["text"]


def publish_file(house):
    house.shelves[0].files["file.txt"] = b"secret"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (swap_texts, "e/tp-00001/text.txt"),
        (swap_text_openings, "e/tp-00001/exhibit.json"),
        (swap_readings, "e/tp-00003/exhibit.json"),
        (swap_decisions, "e/tp-00001/exhibit.json"),
        (swap_reviews, "e/tp-00001/exhibit.json"),
        (swap_findings, "e/tp-00004/exhibit.json"),
        (drop_considered_finding, "e/tp-00002/exhibit.json"),
        (drop_considering_review, "e/tp-00002/exhibit.json"),
        (show_twice, "e/tp-00001/exhibit.json"),
        (wrong_kind, "e/tp-00001/proof/finding-1.tlog-proof"),
        (publish_more, "e/tp-00004/exhibit.json"),
        (publish_file, "e/tp-00001/exhibit.json"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_keeper_cannot_mix_what_belongs_to_different_exhibits(change, named, forge, tmp_path):
    files, vkey = _bend_shelves(change)(forge)
    report = verify_site(str(forge.write(files, tmp_path)), vkey)
    assert report.exit_code == 1
    assert named in false_files(report)


def test_a_proof_younger_than_its_edition_is_false(forge, tmp_path):
    house, path = forge.House(seed=3), "e/tp-00001/proof/exhibit.tlog-proof"
    pages = house.pages(2)
    house.keeper.seal(forge.Event("custody", {"sealed": "2032-06-22"}))
    pages[path] = house.keeper.proof(house.shelves[0].exhibit, len(house.keeper.leaves))
    report = verify_site(str(forge.write(house.release(pages, 2), tmp_path)), house.keeper.vkey)
    assert report.exit_code == 1
    assert path in false_files(report)


def _released(forge, bend_continues=None, bend_pages=None):
    house = forge.House(seed=3)
    pages = house.pages(2)
    if bend_pages:
        bend_pages(pages)
    files = house.release(pages, 2)
    if bend_continues:
        files["proof/continues.json"] = forge.bend_json(files["proof/continues.json"], bend_continues)
    return files, house.keeper.vkey


def _drop_link(value):
    value["chain"].pop()


def _skip_link(value):
    one, two = value["chain"][:2]
    value["chain"][:2] = [one | {"to": two["to"]}]


def _bend_link(value):
    value["chain"][0]["proof"][0] = codec.to_base64(bytes(32))


def _shut_ids(value):
    value["release"]["fields"] = [row for row in value["release"]["fields"] if row[0] != "ids"]


def _more_chain(value):
    value["chain"].append({"from": 1, "to": 2, "proof": []})


@pytest.mark.parametrize("bend", [_drop_link, _skip_link, _bend_link, _shut_ids, _more_chain])
def test_the_chain_and_the_release_have_one_shape(bend, forge, tmp_path):
    files, vkey = _released(forge, bend)
    report = verify_site(str(forge.write(files, tmp_path)), vkey)
    assert report.exit_code == 1
    assert "proof/continues.json" in false_files(report)


def test_a_page_left_out_of_a_release_is_missed(forge, tmp_path):
    def bend(pages):
        for path in [path for path in pages if path.startswith("e/tp-00012/")]:
            del pages[path]

    files, vkey = _released(forge, bend_pages=bend)
    report = verify_site(str(forge.write(files, tmp_path)), vkey)
    assert report.exit_code == 1
    assert "e/tp-00012/exhibit.json" in false_files(report)


def test_a_page_without_its_json_and_a_stray_file_are_false(forge, tmp_path):
    def bend(pages):
        pages["e/tp-00077/index.html"] = b"<p>smuggled</p>"
        pages["e/tp-00001/more.html"] = b"<p>smuggled</p>"
        pages["e/stray.html"] = b"<p>smuggled</p>"
        del pages["e/tp-00002/index.html"]

    files, vkey = _released(forge, bend_pages=bend)
    report = verify_site(str(forge.write(files, tmp_path)), vkey)
    assert {
        "e/tp-00077/exhibit.json",
        "e/tp-00001/more.html",
        "e/stray.html",
        "e/tp-00002/index.html",
    } <= false_files(report)


def test_a_line_by_an_unlisted_key_is_false(forge, tmp_path):
    def bend(pages):
        path = "e/tp-00001/proof/exhibit.tlog-proof"
        pages[path] += "\u2014 stranger AAAAAAAA\n".encode()

    files, vkey = _released(forge, bend_pages=bend)
    report = verify_site(str(forge.write(files, tmp_path)), vkey)
    assert "e/tp-00001/proof/exhibit.tlog-proof" in false_files(report)


@pytest.mark.parametrize(
    "bend",
    [
        lambda value: value["reviewers"].pop(),
        lambda value: value["reviewers"][0].update(name="Somebody Else"),
        lambda value: value["reviewers"][0].update(ed25519=codec.to_base64(bytes(32))),
        lambda value: value["reviewers"][0].update(proof="e/tp-00003/proof/reviewer-1.tlog-proof"),
        lambda value: value["reviewers"].append(value["reviewers"][0]),
    ],
)
def test_reviewers_are_those_whom_the_openings_introduce(bend, forge, tmp_path):
    def bend_pages(pages):
        pages["proof/keys.json"] = forge.bend_json(pages["proof/keys.json"], bend)

    files, vkey = _released(forge, bend_pages=bend_pages)
    report = verify_site(str(forge.write(files, tmp_path)), vkey)
    assert report.exit_code == 1
    assert "proof/keys.json" in false_files(report)


def test_a_log_rewritten_between_two_editions_is_seen(forge, tmp_path):
    # The keeper signs a second history of the same size and shows a proof from each.
    house, other = forge.House(seed=3), forge.House(seed=3)
    path = "e/tp-00001/proof/exhibit.tlog-proof"
    shelf = other.shelves[0]
    other.keeper.leaves[200] = bytes(32)
    other.keeper.tiles.clear()
    other.keeper.leaves = other.keeper.leaves[: shelf.since]
    other.keeper.tiles.update(forge.tile.grow(0, other.keeper.leaves, other.keeper.read))
    other.keeper.sign()
    pages = house.pages(2)
    assert pages[path] != other.keeper.proof(shelf.exhibit, shelf.since)
    pages[path] = other.keeper.proof(shelf.exhibit, shelf.since)
    files = house.release(pages, 2)
    report = verify_site(str(forge.write(files, tmp_path)), house.keeper.vkey)
    assert report.exit_code == 1
    assert any("rewritten" in verdict.says for verdict in report.verdicts)


def test_the_forge_itself_is_sound(forge, tmp_path):
    for seed in (11, 12):
        house = forge.House(seed=seed)
        for number, files in enumerate((house.first, house.edition())):
            site = forge.write(files, Path(tmp_path / f"{seed}-{number}"))
            report = verify_site(str(site), house.keeper.vkey)
            assert report.exit_code == 0, [v for v in report.verdicts if v.word is not Word.AGREES]
            assert set(report.files) == set(files)
            assert {v.file for v in report.verdicts} >= set(files)
