"""Archives that were cut into volumes: their bytes, one file after the other, become a component of the first.

So whoever doubts it joins the same files and compares the digest; what is put together is read, unlocked and cited like
any exhibit. Names say which files may belong together, and their readings whether they do.

Rules for whoever changes this file:
- What is put together is sealed in one batch with the word about each volume, and not twice.
- No byte is made: the budget of the received file is charged for an entry, and not for bytes that were here before.
- A series with a gap is left as it is, and told.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Final, NamedTuple

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import pieces
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow, Named
from witnessmark.errors import Damaged
from witnessmark.intake import later, volume_names
from witnessmark.intake.sealing import Readings, Sealing
from witnessmark.intake.volume_names import Series, VolumeName, Way
from witnessmark.model import codec
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.exhibit import ExhibitKind, How, PathStep
from witnessmark.work import step
from witnessmark.work.reading import Member

SETTINGS: Final = codec.encode({"volume": True})
"""The settings of the word that a content is a volume, which is sealed with what was put together."""
SEARCH: Final = f"volumes {step.VERSION}"
_CUT: Final = (Outcome.PARTIAL, Outcome.CORRUPT, Outcome.ENCRYPTED, Outcome.UNSUPPORTED, Outcome.REFUSED_LIMIT)
"""How the reading of a volume by itself may end."""
_AT_ONCE: Final = 64 << 20
"""Bytes that are copied until somebody may stop it."""
_SPARE: Final = 256 << 20
"""Bytes of the disk that are left free."""


class _Group(NamedTuple):
    """Where volumes lie that may be of one archive: side by side, in one folder of a source or of a container."""

    source: str
    container: int | None
    folder: str
    series: Series


def join(
    archive: Archive, catalogue: Catalogue, sealing: Sealing, readings: Readings, clock: Callable[[], str]
) -> Generator[Readings, None, bool]:
    """Put together what names and readings say was cut; yield now and then.

    Returns:
        Whether anything was sealed.
    """
    top, sealed = catalogue.top, False
    if any(volume_names.may_bear_number(name.printed) for name in catalogue.names(catalogue.looked_until(SEARCH))):
        for series, places in _groups(catalogue):
            volumes = _in_order(catalogue, places)
            if not _are_cut(series.way, volumes):
                continue
            first = volumes[0].printed
            gap = volume_names.gap(places, series.way)
            size = sum(row.exhibit.size for row in volumes)
            if gap:
                readings.left_cut.append((first, f"volume {gap} is missing"))
            elif archive.store.room < size + _SPARE:
                readings.left_cut.append((first, f"the disk has no room for {size:,} bytes more"))
            else:
                whole = yield from _joined(archive, catalogue, readings, series.whole, volumes)
                sealed |= _seal(archive, sealing, readings, volumes, whole, clock())
    catalogue.note_looked(SEARCH, top)
    return sealed


def _groups(catalogue: Catalogue) -> Iterator[tuple[Series, dict[int, int]]]:
    """Yield what may be volumes of one archive: their places in logical order, by their numbers.

    Of two files of one name the one counts that was sealed later.
    """
    found: dict[_Group, dict[int, int]] = {}
    for named, group, volume in _named(catalogue, volume_names.may_bear_number):
        if volume.bears_number:
            found.setdefault(group, {})[volume.number] = named.order
    found = {group: places for group, places in found.items() if min(places) <= 1}
    if any(group.series.way not in (Way.NUMBERED, Way.RAR) for group in found):
        for named, group, volume in _named(catalogue, lambda _name: True):
            if group in found:
                found[group][volume.number] = named.order
    for group, places in found.items():
        if len(places) > 1 and volume_names.begins(places, group.series.way):
            yield group.series, places


def _named(catalogue: Catalogue, may_be: Callable[[str], bool]) -> Iterator[tuple[Named, _Group, VolumeName]]:
    for named in catalogue.names():
        if may_be(named.printed):
            folder, _, name = named.printed.rpartition("/")
            for volume in volume_names.readings_of(name):
                yield named, _Group(named.source, named.container, folder, volume.series), volume


def _in_order(catalogue: Catalogue, places: dict[int, int]) -> list[ExhibitRow]:
    rows = dict(zip(sorted(places.values()), catalogue.at(sorted(places.values())), strict=True))
    return [rows[places[number]] for number in sorted(places)]


def _are_cut(way: Way, volumes: Sequence[ExhibitRow]) -> bool:
    """Tell whether readings bear out that these are volumes: the first begins an archive and does not end it.

    Every volume of a RAR is one by itself, and so is the last of a zip.
    """
    asked = {Way.ZIP: (volumes[0], volumes[-1]), Way.RAR: volumes, Way.OLD_RAR: volumes}.get(way, volumes[:1])
    return all(map(_is_cut, asked))


def _is_cut(row: ExhibitRow) -> bool:
    if row.reading is None:
        return False
    found = row.reading.derivative
    return found.kind is ExhibitKind.CONTAINER and (found.outcome in _CUT or found.settings == SETTINGS)


def _joined(
    archive: Archive, catalogue: Catalogue, readings: Readings, name: str, volumes: Sequence[ExhibitRow]
) -> Generator[Readings, None, Member | None]:
    """Return the whole archive, its bytes in the store; None where it is an exhibit already or a volume is missing."""
    store, stated = archive.store, {"volumes": [str(row.commitment) for row in volumes]}
    known = (row.exhibit for row in catalogue.components(volumes[0].commitment))
    if any(one.how is How.JOINED and one.stated == stated for one in known):
        return None
    if not all(store.has(row.exhibit.digest) for row in volumes):
        return None  # `audit` names it
    with store.writer() as writer:
        copied = 0
        for row in volumes:
            with store.open(row.exhibit.digest) as stream:
                for piece in pieces(stream):
                    writer.write(piece)
                    copied += len(piece)
                    if copied >= _AT_ONCE:
                        copied = 0
                        yield readings
        digest, size, _ = writer.commit()
    return Member((PathStep(name),), How.JOINED, stated, digest, size)


def _seal(
    archive: Archive,
    sealing: Sealing,
    readings: Readings,
    volumes: Sequence[ExhibitRow],
    whole: Member | None,
    at: str,
) -> bool:
    """Seal what was put together, and the word about each volume that has none; tell whether there was anything."""
    if whole is not None:
        if not sealing.add_component(volumes[0], whole):
            return False  # no budget: counted there
        readings.joined += 1
    said = {row.exhibit.handle: _word(archive, row, number, len(volumes)) for number, row in enumerate(volumes, 1)}
    for derivatives in said.values():
        for derivative in derivatives:
            sealing.add(derivative.event(at))
    sealing.commit()
    return whole is not None


def _word(archive: Archive, row: ExhibitRow, number: int, count: int) -> list[Derivative]:
    """Return the reading of a volume from now on: what was found in it by itself, and which volume it is."""
    assert row.reading is not None
    before = row.reading.derivative
    if before.settings == SETTINGS:
        return []
    try:
        added = later.Added(
            settings=SETTINGS,
            visible=later.visible_text(archive, row),
            hidden="",
            observed=[("volume", {"number": number, "of": count})],
            tools={},
            grade=before.grade,
            outcome=Outcome.OK,
            detail=f"volume {number} of {count}, put together with the others inside the first",
            languages=before.languages,
        )
        return list(later.derivatives(archive, row, added))
    except Damaged:  # what was read before is not in the vault: `audit` names it
        return []
