"""Which fields an opening shows: those always, those only when the decision says so, and no others.

Rules for whoever changes this file:
- The edition opens by these tables and the verifier holds every opening against them: one list for both.
- What would tell a withheld file's bytes opens only with the file itself.
- A field that this version never opens is not false: a newer version may open it, so that it cannot be checked here.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from witnessmark.errors import Falsified
from witnessmark.model.codec import Value
from witnessmark.model.words import REASON_FIELDS, Publish
from witnessmark.proof.opening import OpenedField
from witnessmark.verify.report import NewerVersion

ALWAYS: Final[Mapping[str, frozenset[str]]] = {
    "exhibit": frozenset({"handle", "sealed"}),
    "reading": frozenset({"handle", "step", "version", "sealed", "kind", "outcome"}),
    "text": frozenset({"handle", "step", "version", "text", "sealed"}),
    "finding": frozenset(
        {
            "sealed",
            "exhibit",
            "examination",
            "version",
            "class",
            "question",
            "outcome",
            "result",
            "says",
            "caveats",
            "innocent",
            "error",
            "forge_cost",
        }
    ),
    "hold": frozenset({"sealed", "finding", "state"}),
    "attestation": frozenset({"sealed", "envelope", "considers"}),
    "reviewer": frozenset({"sealed", "name", "public", "field"}),
    "decision": frozenset({"sealed", "exhibit", "publish", "title", "language", "open", "decided_on", "reason"}),
}
"""What every opening of a role shows."""

BY_DECISION: Final[Mapping[str, frozenset[str]]] = {
    "exhibit": frozenset(
        {"path", "size", "digest", "how", "filesystem", "stated", "at", "accession", "container"},
    ),
    "reading": frozenset({"media_type", "languages", "characters", "detail", "members", "grade", "tools"}),
    "finding": frozenset({"observed"}),
    "decision": frozenset({"decided_by"}),
}
"""What an opening of a role shows when the decision's `open` names it."""

RELEASE: Final = (
    "sealed",
    "edition",
    "manifest",
    "checkpoint",
    "previous",
    "program",
    "ids",
    "decisions",
    "title",
    "keeper",
    "about",
)
"""What opens a release, in this order: `continues.json` lies outside the manifest, and must have one spelling."""

WITH_FILE: Final = frozenset({"size", "digest"})
"""What would let the owner of a withheld file know it again."""
WITH_TEXT: Final = frozenset({"characters"})
"""What would tell the size of a text that is not shown."""

_DAYS: Final = frozenset({"sealed", "decided_on"})


def names(role: str, opened: Collection[str], publish: Publish) -> frozenset[str]:
    """Return which fields of an opening are shown.

    Args:
        role: what the opening is to its exhibit.
        opened: what the decision's `open` names.
        publish: what the decision lets out.
    """
    more = BY_DECISION.get(role, frozenset()) & frozenset(opened)
    if publish is Publish.FILE:
        return ALWAYS[role] | more | ({"digest"} if role == "exhibit" else frozenset())
    return ALWAYS[role] | more - WITH_FILE - (WITH_TEXT if publish is Publish.NOTHING else frozenset())


def check(role: str, fields: Mapping[str, Value], opened: Collection[str], publish: Publish) -> None:
    """Check that an opening shows what it must and no more than was decided.

    Raises:
        Falsified: when a field is shut that is always shown, or open without a decision, or no day where one belongs.
        NewerVersion: when a field is open that this version never opens.
    """
    allowed = names(role, opened, publish)
    if shut := sorted(ALWAYS[role] - fields.keys()):
        raise Falsified(f"keeps the field {shut[0]!r} of its {role} shut, which every edition shows")
    for name in sorted(fields.keys() - allowed):
        if name in BY_DECISION.get(role, frozenset()):
            raise Falsified(f"opens the field {name!r} of its {role}, which the decision does not let out")
        raise NewerVersion(f"opens the field {name[:40]!r} of its {role}, which this program does not know to be open")
    for name in sorted(_DAYS & fields.keys()):
        day(fields[name])


def check_release(fields: Sequence[OpenedField]) -> None:
    """Check that a release is opened by the fields that every edition shows, in their one order.

    Raises:
        Falsified: when a field is shut, or they stand in another order.
        NewerVersion: when a field is open that this version never opens.
    """
    found = [name for name, _, _ in fields]
    if unknown := sorted(set(found) - set(RELEASE)):
        raise NewerVersion(f"opens the field {unknown[0][:40]!r} of its release, which this program does not know")
    if shut := [name for name in RELEASE if name not in found]:
        raise Falsified(f"keeps the field {shut[0]!r} of its release shut, which every edition shows")
    if found != list(RELEASE):
        raise Falsified("opens the fields of its release in another order than every edition")


def check_disclosed(disclosed: Collection[OpenedField], values: Mapping[str, Value]) -> None:
    """Check that a review shows who signed it, and texts of known names.

    Raises:
        Falsified: when the signed name is kept shut, or something shown is no text.
        NewerVersion: when a text has a name that this version does not know.
    """
    if "name" not in values:
        raise Falsified("a review keeps shut under which name it was signed")
    for name, _, _ in disclosed:
        if name not in REASON_FIELDS:
            raise NewerVersion(f"a review discloses {name[:40]!r}, which this program does not know")
        if not isinstance(values[name], str):
            raise Falsified(f"a review discloses {name!r}, which is no text")


def day(value: Value) -> str:
    """Return a day as it is written, `2032-06-12`.

    Raises:
        Falsified: when it is none; whatever stands there would be printed as if it were one.
    """
    try:
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass  # what stands there is said below
    raise Falsified(f"says {str(value)[:40]!r} where a day belongs")
