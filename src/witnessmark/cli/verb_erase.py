"""`witnessmark erase`: destroy an exhibit for good, on the word of two people, and leave the word."""

import argparse

from witnessmark.archive import erase
from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import compose, passphrase, say


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Destroyed are the content, what was read from it, the findings about it, and the salts, without which its\n"
        "entries in the public log open to nothing. With a container goes all that was taken out of it, with a\n"
        "volume the archive that was put together of it and others. What another exhibit shares stays, and so do\n"
        "attestations and decisions: they are people's signed words.\n"
        "There is no way back.\n\n"
        "example:\n"
        "  witnessmark erase archive/ path:letters/3.txt --reason 'wish of the person named' --by 'R. Sela' "
        "--by 'O. Dorn'"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("exhibit", metavar="EXHIBIT", help="id, public id, or path: and the path")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why; sealed in the ledger for ever")
    parser.add_argument("--by", metavar="NAME", action="append", required=True, help="who erases; two different names")
    parser.add_argument("--dry-run", action="store_true", help="say what would go and what would stay; erase nothing")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Erase, and list what may still hold it."""
    by = erase.check_names(arguments.by)
    with compose.for_reading(arguments.archive) as (archive, catalogue):
        row = catalogue.exhibit(arguments.exhibit)
        plan = archive.plan_erasure(row.index)
        editions = _editions(catalogue, plan)
        source, torn = row.source, archive.holds_torn
    if not arguments.dry_run:
        with compose.writer(arguments.archive, arguments) as archive:
            archive.unlock()
            plan = archive.plan_erasure(row.index)
            archive.erase(plan, reason=arguments.reason, by=by, at=compose.clock())
        with compose.for_reading(arguments.archive):
            pass  # makes the catalogue again, without what was erased
    if arguments.json:
        say.line(
            say.json_line(
                {
                    "exhibits": list(plan.names),
                    "entries": list(plan.entries),
                    "contents": len(plan.contents),
                    "shared_with": list(plan.shared),
                    "signed_words": plan.signed,
                    "editions": editions,
                    "source": source,
                    "torn": torn,
                    "erased": not arguments.dry_run,
                }
            )
        )
        return 0
    _print(arguments, plan, editions, source, torn=torn)
    return 0


def _editions(catalogue: Catalogue, plan: erase.Plan) -> list[int]:
    """Return the editions in which any of these exhibits went out."""
    gone = set(plan.exhibits)
    return [
        number
        for number, row in enumerate(catalogue.releases(), 1)
        if any(commitment in gone for commitment, _ in row.release.ids)
    ]


def _print(arguments: argparse.Namespace, plan: erase.Plan, editions: list[int], source: str, *, torn: bool) -> None:
    would = "Would erase" if arguments.dry_run else "Erased"
    say.line(
        f"{would} {say.counted(len(plan.names), 'exhibit')}: {say.counted(len(plan.entries), 'event')} and "
        f"{say.counted(len(plan.contents), 'content')}."
    )
    if plan.shared:
        say.line(f"The same content stays, for these exhibits have it too: {', '.join(plan.shared)}")
    if plan.signed:
        noun = say.counted(plan.signed, "attestation or decision", "attestations and decisions")
        say.line(f"{noun} about it stay: people's signed words.")
    say.line("What may still hold it:")
    say.line("  every copy and backup made before now: run `witnessmark copy` onto each copy, which erases it there")
    say.line(f"  the source it came from: {say.safe(source)}; compiling that again seals it again")
    for number in editions:
        say.line(f"  edition {number}, wherever it was published or saved")
    if torn:
        say.line("  vault/events/torn and vault/content/torn, where a crash left something unfinished: look there")
    say.line("  free blocks of the disk, until they are written over: this is what full-disk encryption is for")
