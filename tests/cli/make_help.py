"""Paste every verb's `--help` into docs/guide/command-line.md; run it after a change of the command line."""

import os
import re
from pathlib import Path

from witnessmark.cli.main import VERBS, parser

PLACE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "command-line.md"
_BETWEEN = re.compile(r"(<!-- help: ([a-z]*) -->\n).*?(<!-- end -->)", re.DOTALL)


def help_of(verb: str) -> str:
    """Return what `witnessmark VERB --help` prints, in a terminal of 100 columns; without a verb, of the whole."""
    os.environ["COLUMNS"] = "100"
    whole = parser(verb)
    if not verb:
        return whole.format_help()
    (verbs,) = (action for action in whole._actions if action.dest == "verb")
    return verbs.choices[verb].format_help()


def pasted(text: str) -> str:
    """Return the page with every help between its markers as it is now."""
    return _BETWEEN.sub(lambda found: f"{found[1]}```\n{help_of(found[2]).rstrip()}\n```\n{found[3]}", text)


def missing(text: str) -> list[str]:
    """Return the verbs that the page does not show."""
    shown = [found[2] for found in _BETWEEN.finditer(text)]
    return [name for name, _ in VERBS if name not in shown]


if __name__ == "__main__":
    page = PLACE.read_text(encoding="utf-8")
    page += "".join(f"\n### {name}\n\n<!-- help: {name} -->\n<!-- end -->\n" for name in missing(page))
    PLACE.write_text(pasted(page), encoding="utf-8")
