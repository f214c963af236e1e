"""The wording rules, kept by machine: no generated sentence says of an exhibit what arithmetic cannot show.

Looked at is what can reach a reader: every string of the package but docstrings, and every template.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from witnessmark.examine.dates import FileTime
from witnessmark.examine.method import Observed
from witnessmark.model.exhibit import FileFacts, How
from witnessmark.model.words import FindingOutcome
from witnessmark.verify.report import Word

SOURCE = Path(__file__).resolve().parents[2] / "src" / "witnessmark"
TEMPLATES = SOURCE / "edition" / "templates"

VERDICTS = re.compile(
    r"\b(authentic\w*|inauthentic\w*|genuine\w*|fake\w*|forged|forger(?:y|ies)|proven|proved|proves|verified|unverified"
    r"|confirmed|confirms|corroborated|tampered|manipulated|doctored|(?:is|are) (?:un)?true|trustworthy|reliable|legitimate"
    r"|AI[- ]detected|experts say|no evidence of)\b",
    re.IGNORECASE,
)
ALLOWED = {
    # what the word is said of, and why it is no verdict about an exhibit
    "authenticate": "the verb's name on the command line: it runs examinations and gives no verdict",
    "Authenticate": "the same step, as a heading of the demo",
    "It does not show that it is true": "says what a seal cannot tell",
    "That an exhibit is true": "says what an edition cannot show",
    "To make such an observation by forgery": "the cost of forging, which a finding must state",
    "from folder to verified site": "the site was run through verify; of no exhibit",
    "proves an entry of kind": "a proof of inclusion, said when it is of the wrong kind",
}
PLACES = {
    "formats": "readers compare with words of file formats; what they say is an outcome of a closed list",
    "demo": "the invented leak's own texts, written by invented people",
}


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every string of a module that is no docstring, f-strings with their gaps left blank."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
            yield node.lineno, "".join(parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


class _Text(HTMLParser):
    """The text of a template, its tags left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(re.sub(r"\{[%#].*?[%#]\}", "", text, flags=re.DOTALL))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _said() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if path.relative_to(SOURCE).parts[0] not in PLACES:
            for line, text in _strings(path):
                yield f"{path.relative_to(SOURCE)}:{line}", text
    for path in sorted(TEMPLATES.glob("*.html")):
        yield path.name, re.sub(r"\s+", " ", "".join(_Text(path.read_text(encoding="utf-8")).parts))


def _without_allowed(text: str) -> str:
    for phrase in ALLOWED:
        text = text.replace(phrase, "")
    return text


SAID = tuple(_said())


def test_no_sentence_gives_a_verdict():
    found = {(place, match[0]) for place, text in SAID for match in VERDICTS.finditer(_without_allowed(text))}
    assert sorted(found) == []


def test_every_exception_is_needed():
    assert [phrase for phrase in ALLOWED if not any(phrase in text for _, text in SAID)] == []
    assert [room for room in PLACES if not (SOURCE / room).is_dir()] == []


def test_what_is_consistent_is_also_consistent_with_something_else():
    for place, text in SAID:
        others = text.count("also consistent with")
        assert others or "consistent with" not in text, place


def test_no_percentage_is_given_of_an_exhibit():
    for place, text in SAID:
        assert not re.search(r"(\d|…) ?% (likely|sure|certain|probab|match)", text), place


def test_the_verdicts_of_verification_are_three():
    assert {str(word) for word in Word} == {"agrees", "does not agree", "cannot be checked"}


SEALED = datetime(2032, 6, 12, 9, 41, tzinfo=UTC)
MADE = datetime(2031, 3, 4, 16, 12, tzinfo=UTC)


def _date(meaning: str, when: datetime, says: str = "PDF Info") -> tuple[str, dict[str, str | None]]:
    text = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"date.{meaning}", {"raw": text, "utc": text, "local": None, "offset": None, "says": says}


LATER = MADE + timedelta(days=30)
WRITTEN = FileFacts(int(MADE.timestamp()) * 10**9, 0, None, 0, 0, 0o644)


@pytest.mark.parametrize(
    ("dates", "filesystem"),
    [
        ([_date("created", LATER), _date("modified", MADE)], None),
        ([_date("taken", LATER), _date("digitised", MADE)], None),
        ([_date("sent", LATER, "mail"), _date("received", MADE, "mail")], None),
        ([_date("created", LATER)], WRITTEN),
        ([_date("created", SEALED + timedelta(days=30))], None),
    ],
)
def test_a_conflict_reads_as_the_rules_say(dates, filesystem):
    found = FileTime().weigh(Observed(tuple(dates), "application/pdf", filesystem, How.RECEIVED, SEALED))
    assert found.outcome is FindingOutcome.CONFLICTS
    assert "could not be reconciled with" in found.says
    assert found.innocent
    assert found.caveats


def test_whatever_does_not_conflict_says_what_it_does_not_show():
    for dates in ([_date("created", MADE)], [_date("created", MADE), _date("modified", LATER)]):
        found = FileTime().weigh(Observed(tuple(dates), "application/pdf", None, How.RECEIVED, SEALED))
        assert found.outcome is FindingOutcome.NEUTRAL
        assert found.caveats
