"""The stranger's program: `python -I -S verify.pyz SITE --key K`, the same code as `witnessmark verify`."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from witnessmark.errors import Damaged, DiskFailure, Interrupted, WitnessmarkError, WrongUsage
from witnessmark.proof.note import ED25519, Vkey
from witnessmark.proof.policy import LARGEST as LARGEST_POLICY
from witnessmark.proof.policy import Policy
from witnessmark.verify import checks, explain
from witnessmark.verify.report import Report
from witnessmark.verify.witnessed import Reader, parse_header

_UNSAFE_JSON = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LARGEST_KEY_FILE = 1 << 16
_LARGEST_CHECKPOINT = 1 << 20
_OUR_BUG = 70

_EXITS = """\
The verdict words are: agrees, does not agree, cannot be checked.

exit codes:
  0   every file and every proof agrees, and leads to the key you gave
  1   something is false; the file is named (false beats undecided)
  2   cannot be decided; also: agrees with itself, and neither --key nor --policy was given
  64  wrong usage
  65  SITE is missing, is no edition, or is of a newer version
  74  a file could not be read
"""


class _Parser(argparse.ArgumentParser):
    """Arguments whose errors end with the exit code of wrong usage."""

    def error(self, message: str) -> NoReturn:
        """Refuse the call in one sentence."""
        raise WrongUsage(f"{message}; --help says how it is called")


def main(arguments: Sequence[str]) -> int:
    """Check the edition that the arguments name, print what was found, return the exit code."""
    # A name in the folder may hold what the terminal's encoding cannot say.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Whoever read the answer has gone; the interpreter must not complain about it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DiskFailure.exit_code
    except WitnessmarkError as error:
        return _refuse(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _refuse("interrupted", Interrupted.exit_code)
    except Exception as error:  # noqa: BLE001 - a hostile folder must meet a sentence, never a traceback
        return _refuse(f"this program failed ({type(error).__name__}): nothing was decided; please report it", _OUR_BUG)


def _run(arguments: Sequence[str]) -> int:
    parser = _parser()
    given = parser.parse_args(list(arguments))
    key = None if given.key is None else read_key(given.key)
    at_least = None if given.at_least is None else _read_text(given.at_least, _LARGEST_CHECKPOINT)
    report = checks.verify_site(given.site, key, at_least=at_least, reader=_reader(given))
    say(report, as_json=given.json)
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="verify",
        description="Check an edition: every file, every proof, up to a key that you got elsewhere.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("site", metavar="SITE", help="the folder of the edition")
    parser.add_argument("--key", metavar="K", help="the log's public key: a vkey line, or a file that holds one")
    parser.add_argument(
        "--at-least", metavar="CHECKPOINT", help="a checkpoint file that the edition must not be older than"
    )
    parser.add_argument(
        "--policy", metavar="FILE", help="whom you trust: the log's key, witnesses, how many, time stamp authorities"
    )
    parser.add_argument(
        "--bitcoin-header",
        metavar="FILE",
        action="append",
        default=[],
        help="the header of a block (80 bytes or hexadecimal), got elsewhere, for OpenTimestamps proofs",
    )
    parser.add_argument("--json", action="store_true", help="one object a file, the last line a summary")
    return parser


def _reader(given: argparse.Namespace) -> Reader:
    """Return what the reader brought beside a key."""
    policy = None if given.policy is None else Policy.parse(_read(given.policy, LARGEST_POLICY))
    headers = tuple(parse_header(_read(path, 1024)) for path in given.bitcoin_header)
    return Reader(policy, headers)


def read_key(given: str) -> Vkey:
    """Return the log's key from its line, or from a file that holds one line.

    Raises:
        WrongUsage: when it is neither.
    """
    text = given
    if os.path.exists(given):
        text = _read_text(given, _LARGEST_KEY_FILE).removesuffix("\n").removesuffix("\r")
    try:
        key = Vkey.parse(text)
    except Damaged as error:
        raise WrongUsage(f"--key is neither a key line nor a file that holds one: {error}") from error
    if key.type != ED25519:
        raise WrongUsage("--key is a witness's key; the log's key belongs there")
    return key


def _read_text(path: str, most: int) -> str:
    try:
        return _read(path, most).decode()
    except UnicodeDecodeError as error:
        raise Damaged(f"{path} is not text") from error


def _read(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as source:
            data = source.read(most + 1)
    except OSError as error:
        raise Damaged(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise Damaged(f"{path} is too large for what it should hold")
    return data


def say(report: Report, *, as_json: bool) -> None:
    """Print a report for people, or as one JSON object a line."""
    if as_json:
        for row in explain.objects(report):
            text = json.dumps(row, ensure_ascii=False)
            sys.stdout.write(_UNSAFE_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    else:
        for line in explain.people(report):
            sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _refuse(sentence: str, code: int) -> int:
    sys.stderr.write(f"verify: {explain.safe(sentence)}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
