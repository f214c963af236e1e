"""`witnessmark compile`: seal, unpack, read and index a folder of anything; resumes where it was stopped."""

import argparse
import re
import time
from collections import Counter
from functools import partial
from pathlib import Path

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.search import Search
from witnessmark.cell import grade
from witnessmark.cli import by_program, compose, confinement, passphrase, say
from witnessmark.errors import WrongUsage
from witnessmark.intake.read import read_due
from witnessmark.intake.receive import Intake, Receiver, Wanted, check_places, survey
from witnessmark.intake.sealing import Readings
from witnessmark.intake.walk import source_root
from witnessmark.work import step

_MOST_TOLD = 20
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "The same folder again adds nothing; a changed file is a new exhibit; what was stopped goes on. An archive in\n"
        "volumes that lie side by side (.7z.001, .part1.rar, .z01, .tar.gz.aa) is put together inside the first.\n"
        "When everything is sealed and read by our own readers, programs that are found on this machine read what has\n"
        "no text yet, behind walls of their own. Ctrl-C ends that at any time; the next run goes on with it:\n"
        "- LibreOffice reads documents that our readers fail at or that there is none for (Works, Write, Lotus …):\n"
        "  their text only, a second or less a file;\n"
        "- tesseract looks for letters in pictures, and in pages of PDFs without text or whose letters have no names:\n"
        "  a second or more a page, and not without errors; such text is marked as read by a machine. `doctor` lists\n"
        "  packs.\n"
        "--recordings has ffprobe and ffmpeg look at sound and films: streams and tags beside what our reader found\n"
        "in the headers, and up to nine still frames of each, private, shown by `page`. Seconds a file, and some\n"
        "megabytes of the disk for its frames. `sound` draws a track of sound.\n"
        "--from is a label. Never write the name of a source there: the label is kept for ever.\n\n"
        "examples:\n"
        "  witnessmark compile archive/ leak/\n"
        "  witnessmark compile archive/ /media/usb/drop --from 'second envelope' --received 2032-06-11"
    )
    parser.add_argument("archive", metavar="ARCHIVE", help="the archive; made when there is none")
    parser.add_argument("sources", metavar="SOURCE", nargs="*", help="files and folders; none: only read what is due")
    parser.add_argument("--from", dest="label", metavar="LABEL", help="a label for the source; never a source's name")
    parser.add_argument("--received", metavar="DATE", help="when it was received: 2032, 2032-06 or 2032-06-11")
    parser.add_argument("--note", metavar="TEXT", help="what is known of how it came; kept with the accession")
    parser.add_argument("--workers", type=int, metavar="N", help="how many files to read at once (the processors)")
    parser.add_argument("--office", action="store_true", help="refuse to go on where LibreOffice is not found")
    parser.add_argument(
        "--recordings", action="store_true", help="have ffprobe and ffmpeg look at recordings and keep still frames"
    )
    parser.add_argument(
        "--ocr",
        metavar="PACKS",
        nargs="?",
        const="",
        help="refuse to go on where tesseract is not found, and look again at what it saw with other packs; with the "
        "packs named, as uig+eng (chosen by the script of each page)",
    )
    parser.add_argument("--no-programs", action="store_true", help="have no program of this machine read anything")
    parser.add_argument("--seal-only", action="store_true", help="seal now, read later")
    made = parser.add_argument_group("a new archive", "fixed when the archive is made, or edited in witnessmark.toml")
    made.add_argument("--domain", default=compose.DEFAULT_DOMAIN, help="the keeper's domain, in the log's name")
    made.add_argument("--title", help="the archive's title")
    made.add_argument("--keeper", help="who keeps it")
    made.add_argument("--about", help="what it is and how it came, one paragraph for readers")
    made.add_argument("--prefix", help="the letters of public ids, A to Z, one to six")
    confinement.option(parser)
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Take in what is new, read what is due, say what came of it."""
    root = Path(arguments.archive)
    if arguments.received is not None and not _DATE.match(arguments.received):
        raise WrongUsage(f"--received {arguments.received!r} is no date: write 2032, 2032-06 or 2032-06-11")
    if arguments.workers is not None and arguments.workers < 1:
        raise WrongUsage(f"--workers {arguments.workers}: at least one has to read")
    if arguments.label is not None and not arguments.label.strip():
        raise WrongUsage("--from is empty: leave it out, or give a label")
    if not arguments.sources and not Archive.exists(root):
        raise WrongUsage("a new archive needs at least one SOURCE")
    sources = tuple(source_root(location) for location in arguments.sources)
    check_places(arguments.archive, sources)
    asked = by_program.Asked(arguments.office, arguments.recordings, arguments.ocr, arguments.no_programs)
    if asked.by_name and (arguments.seal_only or asked.nothing):
        flag = "--seal-only" if arguments.seal_only else "--no-programs"
        raise WrongUsage(f"{flag} lets no program read, and --office, --recordings and --ocr do: choose one")
    is_new, made, accepted = not Archive.exists(root), None, None
    if not arguments.seal_only:
        known = confinement.ENOUGH if is_new else Archive.settings_of(root).accept_grade
        accepted = confinement.agreed(arguments, step.READERS.walls, known)
    if is_new:
        settings = compose.new_settings(
            arguments.domain, arguments.title, arguments.keeper, arguments.prefix, arguments.about
        )
        made = passphrase.to_make(arguments, arguments.archive)
        Archive.create(root, settings, entropy=compose.entropy, passphrase=made)
    started = time.monotonic()
    with compose.for_writing(arguments.archive, arguments, made=made) as (archive, catalogue), compose.Stop() as stop:
        if accepted is not None:
            archive.accept(accepted)
        wanted = Wanted(sources, arguments.label, arguments.received, arguments.note)
        intake = _receive(archive, catalogue, wanted, stop)
        sealed = time.monotonic()
        readings, workers = Readings(), arguments.workers or compose.workers()
        if not arguments.seal_only:
            readings = read_all(archive, catalogue, workers, stop)
        spans = (sealed - started, time.monotonic() - sealed)
        if not arguments.json:
            _print_read(intake, readings, spans)
        done = by_program.NOTHING
        if not arguments.seal_only:
            done = by_program.run(archive, catalogue, asked, workers, stop, silently=arguments.json)
        with Search.open(archive, catalogue) as search:
            notes = [*catalogue.notes, *search.notes, *_complaints(readings)]
        if arguments.json:
            _print_json(archive, intake, readings, notes, done)
        else:
            _print_archive(archive, notes, is_new=is_new)
    return 0


def _receive(archive: Archive, catalogue: Catalogue, wanted: Wanted, stop: compose.Stop) -> Intake:
    progress = say.ProgressLine()
    files, octets = survey(wanted.sources)
    receiver = Receiver(archive, catalogue, clock=compose.clock, entropy=compose.entropy)
    started = time.monotonic()
    run = receiver.receive(wanted, seconds=time.monotonic)
    for intake in run:
        progress.show(partial(_sealing, intake, files, octets, started))
        if stop.asked:
            run.close()
            progress.clear()
            stop.check()
    progress.clear()
    return receiver.intake


def _sealing(intake: Intake, files: int, octets: int, started: float) -> str:
    spent = time.monotonic() - started
    rate = intake.octets / spent if spent > 0 else 0.0
    left = (octets - intake.octets) / rate if rate > 0 else 0.0
    return (
        f"sealing {intake.files:,} of {files:,} files, {say.octets(intake.octets)} of {say.octets(octets)}, "
        f"{say.octets(int(rate))}/s, {say.seconds(max(0.0, left))} left"
        + (f", {len(intake.refused)} refused" if intake.refused else "")
    )


def read_all(archive: Archive, catalogue: Catalogue, workers: int, stop: compose.Stop) -> Readings:
    """Read all that is due, with a line of progress; what was read before a stop is sealed."""
    run = read_due(archive, catalogue, workers=workers, clock=compose.clock, entropy=compose.entropy)
    return stop.follow(run, Readings(), _reading)


def _reading(readings: Readings) -> str:
    progress = readings.progress
    failures = ", ".join(f"{name} {count:,}" for name, count in sorted(readings.outcomes.items()) if name != "ok")
    return (
        f"reading {progress.files:,} of {progress.files_known:,}, {say.octets(progress.octets)}, "
        f"{progress.rate:,.0f} files/s, {say.seconds(progress.seconds_left)} left"
        + (f"; {failures}" if failures else "")
    )


def _complaints(readings: Readings) -> list[str]:
    """Return what a keeper must know of a run that otherwise went well."""
    lines: list[str] = []
    if readings.second:
        lines.append(
            f"{say.counted(readings.second, 'content')} got a second look with {step.TIMES} times the limits; "
            f"{readings.parked:,} ended as before and were parked"
        )
    if readings.unopened:
        noun = say.counted(readings.unopened, "copy of a container was", "copies of containers were")
        lines.append(f"{noun} not opened: the received file around it has spent its budget")
    for first, why in readings.left_cut[:_MOST_TOLD]:
        lines.append(f"{say.safe(first)} begins an archive in volumes that was not put together: {why}")
    if len(readings.left_cut) > _MOST_TOLD:
        lines.append(f"{len(readings.left_cut) - _MOST_TOLD:,} more archives in volumes were not put together")
    if readings.missing:
        noun = say.counted(len(readings.missing), "content is", "contents are")
        lines.append(f"{noun} missing from the vault and could not be read: run `witnessmark audit`")
    return lines


def _reasons(intake: Intake) -> dict[str, int]:
    return dict(Counter(refusal.reason.value for _, refusal in intake.refused))


def _print_json(
    archive: Archive,
    intake: Intake,
    readings: Readings,
    notes: list[str],
    by: by_program.Done,
) -> None:
    for source, refusal in intake.refused:
        path = "/".join(step.name for step in refusal.path)
        say.line(say.json_line({"refused": path, "source": source, "reason": refusal.reason.value}))
    say.line(
        say.json_line(
            {
                "files": intake.files,
                "bytes": intake.octets,
                "exhibits": intake.new_exhibits,
                "contents": intake.new_contents,
                "known": intake.known,
                "refused": _reasons(intake),
                "read": sum(readings.outcomes.values()),
                "outcomes": dict(readings.outcomes),
                "components": readings.components,
                "joined": readings.joined,
                "left_cut": [{"first": first, "why": why} for first, why in readings.left_cut],
                "second_look": readings.second,
                "parked": readings.parked,
                "quarantined": [{"name": name, "reason": why} for name, why in readings.violations],
                "unopened": readings.unopened,
                **by.told,
                "entries": archive.ledger.size,
                "key": archive.ledger.vkey,
                "grade": grade.observe(step.READERS.walls).grade.value if readings.outcomes else None,
                "notes": notes,
            }
        )
    )


def _print_read(intake: Intake, readings: Readings, spans: tuple[float, float]) -> None:
    """Say what was sealed and what our own readers made of it: before programs begin, which may take hours."""
    for name, why in readings.violations:
        say.line(f"QUARANTINE: {say.safe(name) or 'a file without a name'}: {why}; nothing it said was kept")
    if readings.violations:
        say.line(
            "An honest file does not make its reader do that: it may have been made to attack this archive. Keep this "
            "machine off every network, and see `files --outcome violation`."
        )
    for source, refusal in intake.refused[:20]:
        path = "/".join(step.name for step in refusal.path)
        say.line(f"refused: {say.safe(source)}: {say.safe(path)} ({refusal.reason.value})")
    if len(intake.refused) > 20:
        say.line(f"refused: {len(intake.refused) - 20:,} more; `status` counts them, --json lists them")
    say.line(
        f"Sealed in {say.seconds(spans[0])}: {say.counted(intake.files, 'file')}, {say.octets(intake.octets)}: "
        f"{intake.new_exhibits:,} new exhibits, {intake.known:,} known already, {len(intake.refused):,} refused."
    )
    if readings.outcomes:
        outcomes = ", ".join(f"{name} {count:,}" for name, count in readings.outcomes.most_common())
        joined = f", {say.counted(readings.joined, 'archive')} put together from volumes" if readings.joined else ""
        say.line(
            f"Read in {say.seconds(spans[1])}: {sum(readings.outcomes.values()):,} contents: {outcomes}; "
            f"{say.counted(readings.components, 'component')} unpacked{joined}."
        )
        found = grade.observe(step.READERS.walls)
        say.line(
            f"Cells of grade {found.grade}: {found.held} of {len(found.attempts)} attacks on them from inside held."
        )


def _print_archive(archive: Archive, notes: list[str], *, is_new: bool) -> None:
    for note in notes:
        say.line(f"note: {note}")
    say.line(f"Log: {archive.ledger.size:,} entries, signed. Public key: {archive.ledger.vkey}")
    if is_new:
        how = "sealed with a passphrase" if archive.is_sealed else "without a passphrase, readable by its owner alone"
        say.line(f"The signing key lies in the archive {how}: keep the archive on an encrypted disk.")
