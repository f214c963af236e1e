"""Laws of volumes: what was cut is put together byte for byte and once, a gap is told, and what is whole is left alone."""

import io
import shutil
import subprocess
import tarfile
import zipfile
from collections import Counter
from random import Random

import pytest
from tests.forge import rar_forge
from tests.forge.rar_forge import File
from tests.intake.keeping import CLOCK, Keeper

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import Store
from witnessmark.catalogue.query import Catalogue
from witnessmark.edition import custody
from witnessmark.formats import unarchive
from witnessmark.model.derivative import Outcome
from witnessmark.model.digest import Digest
from witnessmark.model.exhibit import How

TEXTS = {f"order-{number}.txt": Random(number).randbytes(600).hex().encode() for number in range(4)}


@pytest.fixture
def keeper(tmp_path):
    return Keeper(tmp_path / "archive")


@pytest.fixture
def leak(tmp_path):
    (tmp_path / "leak").mkdir()
    return tmp_path / "leak"


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in TEXTS.items():
            file.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as file:
        for name, data in TEXTS.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def cut(data, *names):
    size = -(-len(data) // len(names))
    return {name: data[size * number : size * (number + 1)] for number, name in enumerate(names)}


def rars(make, *names):
    *first, last = (File(name, data) for name, data in TEXTS.items())
    return dict(zip(names, make(first, last, 500), strict=True))


NEEDS_LIBRARY = pytest.mark.skipif(not unarchive.is_here(), reason="needs libarchive")
SERIES = [
    pytest.param(cut(zipped(), "orders.zip.001", "orders.zip.002", "orders.zip.003"), "orders.zip", id="numbered"),
    pytest.param(cut(zipped(), "orders.00", "orders.01"), "orders", id="numbered from nought"),
    pytest.param(cut(tarred(), "orders.tgz.aa", "orders.tgz.ab"), "orders.tgz", id="lettered"),
    pytest.param(
        rars(rar_forge.volumes, "orders.part1.rar", "orders.part2.rar", "orders.part3.rar"),
        "orders.rar",
        id="rar",
        marks=NEEDS_LIBRARY,
    ),
    pytest.param(
        rars(rar_forge.old_volumes, "orders.rar", "orders.r00", "orders.r01"),
        "orders.rar",
        id="old rar",
        marks=NEEDS_LIBRARY,
    ),
]


def write(leak, files):
    for name, data in files.items():
        (leak / name).parent.mkdir(parents=True, exist_ok=True)
        (leak / name).write_bytes(data)


def compiled(keeper, leak, **more):
    keeper.seal(leak)
    return keeper.read(**more)


def joined(keeper):
    return {row.printed: row for row in keeper.rows if row.exhibit.how is How.JOINED}


@pytest.mark.parametrize(("files", "whole"), SERIES)
def test_volumes_are_put_together_inside_the_first_and_read(keeper, leak, files, whole):
    write(leak, files)
    readings = compiled(keeper, leak)
    first = next(iter(files))
    ((printed, row),) = joined(keeper).items()
    assert (printed, readings.joined, readings.left_cut) == (f"{first}!/{whole}", 1, [])
    assert row.exhibit.digest == Digest.of(b"".join(files.values()))
    assert row.exhibit.size == sum(map(len, files.values()))
    inside = {one.exhibit.digest for one in keeper.rows if one.printed.startswith(f"{printed}!/")}
    assert inside >= {Digest.of(data) for data in TEXTS.values()}
    rows = {one.printed: one for one in keeper.rows}
    assert row.exhibit.stated == {"volumes": [str(rows[name].commitment) for name in files]}
    for number, name in enumerate(files, 1):
        found = rows[name].reading.derivative
        assert found.outcome is Outcome.OK
        assert found.detail.startswith(f"volume {number} of {len(files)}")
    assert keeper.problems == []


@pytest.mark.parametrize(("files", "whole"), SERIES[:1])
def test_a_second_run_puts_nothing_together_again(keeper, leak, files, whole):
    write(leak, files)
    compiled(keeper, leak)
    before = keeper.paths
    (keeper.root / "catalogue.sqlite").unlink(missing_ok=True)
    for path in keeper.root.rglob("catalogue*"):
        path.unlink()
    readings = compiled(keeper, leak)
    assert (readings.joined, keeper.paths) == (0, before)
    write(leak, {"another.zip.001": b"notes"})
    assert compiled(keeper, leak).joined == 0
    assert keeper.paths == before + Counter(["another.zip.001"])


def test_volumes_inside_a_container_are_put_together_there(keeper, leak):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in cut(zipped(), "sent/orders.zip.001", "sent/orders.zip.002").items():
            file.writestr(name, data)
    write(leak, {"mail.zip": out.getvalue()})
    compiled(keeper, leak)
    assert list(joined(keeper)) == ["mail.zip!/sent/orders.zip.001!/orders.zip"]
    assert f"mail.zip!/sent/orders.zip.001!/orders.zip!/{next(iter(TEXTS))}" in keeper.paths


def test_volumes_in_different_folders_are_of_different_archives(keeper, leak):
    one, two = cut(zipped(), "orders.zip.001", "orders.zip.002").items()
    write(leak, {f"a/{one[0]}": one[1], f"b/{two[0]}": two[1]})
    assert compiled(keeper, leak).joined == 0


def test_a_gap_is_told_and_nothing_put_together_until_it_is_filled(keeper, leak):
    files = cut(zipped(), "orders.zip.001", "orders.zip.002", "orders.zip.003")
    write(leak, {name: data for name, data in files.items() if not name.endswith("2")})
    readings = compiled(keeper, leak)
    assert (readings.joined, readings.left_cut) == (0, [("orders.zip.001", "volume 2 is missing")])
    write(leak, files)
    assert compiled(keeper, leak).joined == 1
    assert [row.exhibit.digest for row in joined(keeper).values()] == [Digest.of(zipped())]


def test_a_volume_that_comes_later_makes_another_whole(keeper, leak):
    files = cut(zipped(), "orders.zip.001", "orders.zip.002", "orders.zip.003")
    write(leak, dict(list(files.items())[:2]))
    assert compiled(keeper, leak).joined == 1
    write(leak, files)
    assert compiled(keeper, leak).joined == 1
    digests = [row.exhibit.digest for row in keeper.rows if row.exhibit.how is How.JOINED]
    assert digests == [Digest.of(b"".join(list(files.values())[:2])), Digest.of(zipped())]


@pytest.mark.parametrize(
    "files",
    [
        {"orders.zip.001": zipped(), "orders.zip.002": zipped()},
        {"notes.001": b"The doors", "notes.002": b"are locked."},
        {"1.rar": rar_forge.archive([File("a", b"a")]), "2.rar": rar_forge.archive([File("b", b"b")])},
        {"1.rar": rar_forge.archive([File("a", b"a")])[:-12], "2.rar": rar_forge.archive([File("b", b"b")])},
        {"orders.zip": zipped(), "orders.z01": zipped()},
        {"orders.zip.001": cut(zipped(), "a", "b")["a"]},
    ],
    ids=["whole zips", "texts", "whole rars", "a damaged and a whole rar", "two zips", "one alone"],
)
def test_what_readings_do_not_bear_out_is_left_alone(keeper, leak, files):
    write(leak, files)
    readings = compiled(keeper, leak)
    assert (readings.joined, readings.left_cut) == (0, [])


def test_stopped_anywhere_the_next_run_ends_in_the_same(keeper, leak, tmp_path):
    files = cut(zipped(), "orders.zip.001", "orders.zip.002")
    write(leak, files)
    compiled(keeper, leak)
    wanted = keeper.paths
    for count in range(1, 9):
        again = Keeper(tmp_path / f"archive-{count}")
        compiled(again, leak, stop_after=count)
        again.read()
        assert again.paths == wanted
        assert again.problems == []


def test_where_the_disk_has_no_room_it_is_told_and_done_later(keeper, leak, monkeypatch):
    write(leak, cut(zipped(), "orders.zip.001", "orders.zip.002"))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "room", property(lambda _: 1 << 20))
        ((first, why),) = compiled(keeper, leak).left_cut
    assert (first, why) == ("orders.zip.001", f"the disk has no room for {len(zipped()):,} bytes more")
    write(leak, {"later.7z.001": b"something new that bears a number"})
    assert compiled(keeper, leak).joined == 1


def test_what_was_put_together_goes_with_any_of_its_volumes(keeper, leak):
    files = cut(zipped(), "orders.zip.001", "orders.zip.002")
    write(leak, files)
    compiled(keeper, leak)
    rows = {row.printed: row for row in keeper.rows}
    with Archive.writing(keeper.root, entropy=keeper.entropy) as archive:
        plan = archive.plan_erasure(rows["orders.zip.002"].index)
        archive.erase(plan, reason="their wish", by=("R. Sela", "O. Dorn"), at=CLOCK)
    left = keeper.paths
    assert "orders.zip.001" in left
    assert not any(path == "orders.zip.002" or path.startswith("orders.zip.001!/orders.zip") for path in left)
    with Archive.reading(keeper.root) as archive:
        assert not archive.store.has(Digest.of(zipped()))


def test_the_custody_page_names_every_volume(keeper, leak):
    files = cut(zipped(), "orders.zip.001", "orders.zip.002", "orders.zip.003")
    write(leak, files)
    compiled(keeper, leak)
    (row,) = joined(keeper).values()
    with Archive.reading(keeper.root) as archive, Catalogue.open(archive) as catalogue:
        lines = [line.what for line in custody.gather(archive, catalogue, row).arrival if "Sealed as" in line.what]
    assert [line.split(": ", 1)[1].split(";")[0] for line in lines[:3]] == list(files)
    assert "the volumes of one archive" in lines[3]


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs zip")
def test_a_zip_that_zip_itself_split_is_whole_again(keeper, leak, tmp_path):
    (tmp_path / "in").mkdir()
    texts = {f"{number}.bin": Random(number).randbytes(40_000) for number in range(5)}
    write(tmp_path / "in", texts)
    asked = ["zip", "-q", "-r", "-s", "64k", leak / "orders.zip", "."]
    subprocess.run(asked, cwd=tmp_path / "in", check=True)
    assert sorted(path.name for path in leak.iterdir()) == ["orders.z01", "orders.z02", "orders.z03", "orders.zip"]
    compiled(keeper, leak)
    ((printed, row),) = joined(keeper).items()
    assert (printed, row.reading.derivative.outcome) == ("orders.z01!/orders.zip", Outcome.OK)
    inside = {one.printed.rpartition("/")[2]: one.exhibit.digest for one in keeper.rows if printed in one.printed}
    assert all(inside[name] == Digest.of(data) for name, data in texts.items())


@pytest.mark.skipif(shutil.which("7z") is None, reason="needs 7z")
@NEEDS_LIBRARY
def test_a_7z_that_7z_itself_split_is_whole_again(keeper, leak, tmp_path):
    write(tmp_path / "in", TEXTS)
    asked = ["7z", "a", "-bso0", "-v1k", leak / "orders.7z", "."]
    subprocess.run(asked, cwd=tmp_path / "in", check=True)
    assert len(list(leak.iterdir())) > 2
    compiled(keeper, leak)
    ((printed, row),) = joined(keeper).items()
    assert (printed, row.reading.derivative.outcome) == ("orders.7z.001!/orders.7z", Outcome.OK)
    assert {f"{printed}!/{name}" for name in TEXTS} <= set(keeper.paths)
