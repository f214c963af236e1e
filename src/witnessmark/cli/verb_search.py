"""`witnessmark search`: find words, phrases and names in text and file names."""

import argparse
import sys

from witnessmark.catalogue.search import Hit, Search, Snippet
from witnessmark.cli import compose, say
from witnessmark.errors import WrongUsage

_MOST = 1_000_000
"""The index makes room for as many hits as are asked for before it looks for the first."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        'Words are joined by AND; write OR, NOT, "a phrase", (groups), begin*. Chinese, Tibetan and Uyghur need no\n'
        "special care. The line `understood as` says how the query was read. Text that is in the\n"
        "file and not seen is marked [hidden], text with letters that a program found in pictures as such.\n\n"
        "examples:\n"
        "  witnessmark search archive/ 'doors AND (keys OR locks)'\n"
        "  witnessmark search archive/ '\"night keys\"' --limit 50 --json"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("query", metavar="QUERY")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many hits at most (20)")
    parser.add_argument("--offset", type=int, default=0, metavar="N", help="leave out the first N hits")


def run(arguments: argparse.Namespace) -> int:
    """Search and print the hits."""
    if not (1 <= arguments.limit <= _MOST and 0 <= arguments.offset <= _MOST):
        raise WrongUsage(f"--limit lies between 1 and {_MOST:,}, --offset between 0 and {_MOST:,}")
    with (
        compose.for_reading(arguments.archive) as (archive, catalogue),
        Search.open(archive, catalogue) as search,
    ):
        hits = search.query(arguments.query, limit=arguments.limit, offset=arguments.offset)
        if not arguments.json:
            say.line(f"{say.counted(hits.total, 'hit')}; understood as: {say.safe(hits.read_back)}")
        for hit in hits.hits:
            if arguments.json:
                say.line(say.json_line(_object(hit)))
            else:
                _print(hit, colour=sys.stdout.isatty())
    return 0


def _object(hit: Hit) -> dict[str, object]:
    return {
        "exhibits": [{"id": row.exhibit.id, "path": row.printed, "source": row.source} for row in hit.exhibits],
        "id": hit.exhibits[0].exhibit.id,
        "path": hit.exhibits[0].printed,
        "machine_read": _recognised(hit),
        "score": f"{hit.score:.4f}",
        "snippets": [
            {"text": found.text, "marks": [list(mark) for mark in found.marks], "hidden": found.hidden}
            for found in hit.snippets
        ],
    }


def _recognised(hit: Hit) -> str | None:
    """Return which program recognised letters in pictures for the text; None where it is the file's own."""
    reading = hit.exhibits[0].reading
    return None if reading is None else reading.derivative.recognised


def _print(hit: Hit, *, colour: bool) -> None:
    first = hit.exhibits[0]
    more = f"  (and {len(hit.exhibits) - 1} more of the same content)" if len(hit.exhibits) > 1 else ""
    say.line(f"{first.exhibit.id}  {say.safe(first.printed)}{more}")
    by_machine = "" if _recognised(hit) is None else "[letters read by a machine] "
    for found in hit.snippets:
        say.line(f"    {'[hidden] ' if found.hidden else by_machine}{_marked(found, colour=colour)}")


def _marked(found: Snippet, *, colour: bool) -> str:
    begin, end = ("\x1b[1m", "\x1b[0m") if colour else ("»", "«")
    parts, last = [], 0
    for start, stop in found.marks:
        parts += [say.safe(found.text[last:start]), begin, say.safe(found.text[start:stop]), end]
        last = stop
    return "".join([*parts, say.safe(found.text[last:])])
