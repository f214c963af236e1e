"""The command line: parse, call, say; every error becomes one sentence and a documented exit code."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from witnessmark import __version__
from witnessmark.cli import say
from witnessmark.errors import WitnessmarkError, WrongUsage

VERBS = (
    # name, one line for the list of commands; each verb is a module of this room with `configure` and `run`
    ("compile", "seal, unpack, read and index a folder of anything; resumes where it was stopped"),
    ("status", "what is here, what failed and why, what is due, what waits for a person"),
    ("files", "list every exhibit, one JSON object a line for scripts"),
    ("unlock", "try passwords that you have on exhibits that are locked"),
    ("text", "print the text of one exhibit, visible and hidden"),
    ("page", "one page of an exhibit as a picture, drawn in a cell and kept"),
    ("sound", "a track of a recording as a plain WAV, drawn behind walls and kept"),
    ("search", "find words, phrases and names in text and file names"),
    ("authenticate", "let the machine examine what is due: findings, never verdicts"),
    ("attest", "seal a person's signed answer about exhibits"),
    ("publish", "write an edition: a folder of plain files that anyone can check"),
    ("verify", "check an edition as a stranger would"),
    ("witness", "watch over somebody else's log and cosign it while it only grows; needs no archive"),
    ("audit", "reread everything that is kept and recompute what is signed"),
    ("stamp", "let witnesses and time stamp authorities say that they saw the latest checkpoint"),
    ("custody", "state who held an accession before it came here, and how it was copied"),
    ("report", "pages for people outside, made from the ledger alone: the custody of one exhibit"),
    ("copy", "make a second archive, or bring one up to date; every content is hashed on its way"),
    ("erase", "destroy an exhibit for good, on the word of two people"),
    ("keys", "show and protect the key that signs for the log"),
    ("rebuild", "make catalogue and index again from the ledger"),
    ("doctor", "what this machine brings, and how an archive is kept on it"),
    ("demo", "an invented leak, from folder to verified site, in one command"),
)

_EPILOG = """\
a first road:
  witnessmark compile archive/ leak/
  witnessmark search archive/ 'doors AND "night keys"'
  witnessmark authenticate archive/
  witnessmark publish archive/ site/ --decisions decisions.csv
  witnessmark verify site/ --key archive/log.vkey

exit codes: 0 passed, 1 something is false, 2 cannot be decided, 64 wrong usage, 65 input damaged, missing or newer,
70 our bug, 74 disk, 75 another writer (try again), 130 interrupted
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser that leaves with our exit code for wrong usage."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        raise WrongUsage(f"{message} (try `{self.prog} --help`)")


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; with `only`, just that verb is loaded (start-up time)."""
    whole = _Parser(
        prog="witnessmark",
        description="From a leak to a public archive that anyone can check.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"witnessmark {__version__}")
    verbs = whole.add_subparsers(dest="verb", metavar="COMMAND", parser_class=_Parser, required=True)
    for name, caption in VERBS:
        sub = verbs.add_parser(
            name, help=caption, description=caption, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if only is None or only == name:
            module = importlib.import_module(f"witnessmark.cli.verb_{name}")
            module.configure(sub)
            sub.add_argument("--json", action="store_true", help="print JSON, one object a line")
            sub.set_defaults(run=module.run)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    known = {name for name, _ in VERBS}
    named = next((word for word in given if not word.startswith("-")), None)
    try:
        chosen = parser(named if named in known else "").parse_args(given)
        code: int = chosen.run(chosen)
        sys.stdout.flush()
    except WitnessmarkError as error:
        say.error(f"witnessmark: {say.safe(str(error))}")
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say.error("witnessmark: stopped; nothing is lost: run the same command again to go on")
        return 130
    except OSError as error:
        where = f" ({say.safe(os.fsdecode(error.filename))})" if isinstance(error.filename, (str, bytes)) else ""
        say.error(f"witnessmark: the disk or a file gave an error: {error.strerror or error}{where}; nothing is lost")
        return 74
    except Exception as error:
        if os.environ.get("WITNESSMARK_TRACEBACK"):
            raise
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = "" if frame is None else f" in {os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}"
        say.error(
            f"witnessmark: our bug: {type(error).__name__}{place}; nothing is lost; please report it "
            "(WITNESSMARK_TRACEBACK=1 shows where)"
        )
        return 70
    return code


def run() -> None:
    """Be the command `witnessmark`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
