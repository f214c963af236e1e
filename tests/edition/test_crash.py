"""Every moment at which a machine may stop while an edition is made, and every write that a disk may refuse.

Whatever is left: the archive agrees, no edition is counted twice, a site that stands in its place is whole, and the next
run ends it.
"""

import errno
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.archive import crashing

from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.edition.write import publish, publish_again
from witnessmark.errors import DiskFailure
from witnessmark.proof.note import Vkey
from witnessmark.verify.checks import verify_site

SOME = pytest.mark.parametrize("count", [6, pytest.param(100_000, marks=pytest.mark.soak)])


@pytest.fixture
def base(made: Any, rows: Any, tmp_path: Path) -> tuple[Path, Path]:
    """A folder with the archive in it, and decisions about five exhibits."""
    place = tmp_path / "base"
    place.mkdir()
    made.root.rename(place / "archive")
    five = [*rows(), (made.ids["undecided.txt"], "text", "A text", "en", "", "")]
    return place, made.decisions(*five)


def make(made: Any, place: Path, decisions: Path, system: Any) -> None:
    with (
        Archive.writing(place / "archive", entropy=made.entropy, system=system) as archive,
        Catalogue.open(archive) as catalogue,
    ):
        publish(archive, catalogue, place / "site", decisions, clock=made.clock, entropy=made.entropy)


def check(made: Any, place: Path, decisions: Path, *, done: bool) -> None:
    site = place / "site"
    with Archive.reading(place / "archive") as archive:
        key = Vkey.parse(archive.ledger.vkey)
    assert site.exists() or not done
    if site.exists():
        assert verify_site(str(site), key).exit_code == 0
    with Archive.writing(place / "archive", entropy=made.entropy, system=crashing.Quick()) as archive:
        assert list(audit(archive)) == []
        with Catalogue.open(archive) as catalogue:
            recorded = [row.release.edition for row in catalogue.releases()]
            assert recorded in ([], [1])
            assert recorded or not site.exists()
            if not recorded:
                publish(archive, catalogue, site, decisions, clock=made.clock, entropy=made.entropy)
            elif not site.exists():
                publish_again(archive, catalogue, site, 1)
            assert [row.release.edition for row in catalogue.releases()] == [1]
            assert len({name for _, name in catalogue.releases()[0].release.ids}) == 5
        assert list(audit(archive)) == []
        ids = [one.fields["id"] for one in archive.ledger.replay() if one.kind == "exhibit"]
        assert len(ids) == len(set(ids)) == 6
    report = verify_site(str(site), key)
    assert (report.exit_code, len(report.exhibits)) == (0, 5)
    assert [path.name for path in place.iterdir() if path.name.endswith(".unfinished")] == []


@SOME
@pytest.mark.parametrize("way", crashing.WAYS)
def test_after_every_prefix_of_publishing_the_site_is_whole_or_not_there(
    made: Any, base: tuple[Path, Path], tmp_path: Path, way: str, count: int
) -> None:
    place, decisions = base
    work, recording = tmp_path / "work", crashing.Recording()
    shutil.copytree(place, work)
    make(made, work, decisions, recording)
    acts = crashing.moved(recording.acts, work, place)
    assert len(acts) > 200
    syncs = [number for number, act in enumerate(acts) if act[0] == "sync all"]
    # Around what makes things durable, at the end, and anywhere.
    chosen = {len(acts), len(acts) - 1, len(acts) - 2, *syncs[-2:]}
    chosen |= set(random.Random(way).sample(range(len(acts)), min(count, len(acts))))
    for length in sorted(chosen):
        state = crashing.after_crash(acts[:length], place, *crashing.WAYS[way])
        crashed = tmp_path / f"crashed-{length}"
        crashing.put_on_disk(state, place, crashed)
        (crashed / "archive/vault/lock").write_text("1\n")
        check(made, crashed, decisions, done=length == len(acts))
        shutil.rmtree(crashed)


@SOME
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_an_edition_leaves_none_or_a_whole_one(
    made: Any, base: tuple[Path, Path], tmp_path: Path, error: int, count: int
) -> None:
    place, decisions = base
    recording = crashing.Recording()
    shutil.copytree(place, tmp_path / "work")
    make(made, tmp_path / "work", decisions, recording)
    last = len(recording.acts)
    # The last act makes the name durable, those before it are renaming and the one sync.
    chosen = {last - 2, last - 1, last, last + 1} | set(
        random.Random(error).sample(range(1, last), min(count, last - 1))
    )
    refused = 0
    for number in sorted(chosen):
        work = tmp_path / f"work-{number}"
        shutil.copytree(place, work)
        try:
            make(made, work, decisions, crashing.Failing(number, error))
        except DiskFailure as failure:
            refused += 1
            assert "\n" not in str(failure)
            check(made, work, decisions, done=False)
        else:
            check(made, work, decisions, done=True)
        shutil.rmtree(work)
    assert refused >= min(count, 6)
