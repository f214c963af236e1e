"""Header fields of a message as observations: when, by whom, in which thread, over which hosts, signed by whom.

What DKIM, ARC and the receiving server wrote is observed as it stands, unfolded: examinations weigh it.
"""

import re
from collections.abc import Iterable

from witnessmark.cell.report import Report
from witnessmark.formats import dates

MOST_REFERENCES = 200
MOST_RECEIVED = 100
LONGEST = 1_000
LONGEST_SIGNATURE = 8_000
REBUILT = "Witnessmark-Rebuilt"
"""The field by which a message that was put together from properties says so."""

_TIMES = {"date": "sent", "received": "received", "resent-date": "sent", "delivery-date": "received"}
_KEPT = {"x-outlook-created": "created", "x-outlook-modified": "modified"}
_PROGRAMS = {"x-mailer", "user-agent", "x-newsreader", "x-mimeole"}
_ONCE = ("date", "from", "message-id", "sender", "subject", "to")
_PEOPLE = {"from", "sender", "reply-to", "return-path", "resent-from", "x-originating-ip"}
_SIGNATURES = {
    *("dkim-signature", "domainkey-signature", "x-google-dkim-signature", "arc-seal", "arc-message-signature"),
    *("arc-authentication-results", "authentication-results", "received-spf", "autocrypt"),
}
_ID = re.compile(r"<[^<>\s]{1,500}>")
_FLAGS = {"P": "passed", "R": "replied", "S": "seen", "T": "trashed", "D": "draft", "F": "flagged"}
_MAILDIR = re.compile(r"[:;!]2,([A-Za-z]{0,52})\Z")


def observe(fields: Iterable[tuple[str, str]], report: Report) -> None:
    """Report what the header fields say, each value as it reads."""
    names: list[str] = []
    received = 0
    for name, value in fields:
        key = name.lower()
        names.append(key)
        if key == "received":
            received += 1
            if received > MOST_RECEIVED:
                continue
        _observe_field(key, value, report)
    report.observe("mail.fields", len(names))
    twice = [name for name in _ONCE if names.count(name) > 1]
    if twice:
        report.observe("mail.fields_twice", twice)


def observe_name(name: str, report: Report) -> None:
    """Report the flags that a name in a Maildir carries (`:2,RS`)."""
    found = _MAILDIR.search(name)
    if found is not None:
        report.observe("mail.maildir_flags", [_FLAGS.get(flag, flag) for flag in found[1]])


def _observe_field(key: str, value: str, report: Report) -> None:
    if key in _TIMES:
        said = value.rpartition(";")[2] if key == "received" else value
        dates.observe(report, _TIMES[key], dates.from_mail(said.strip()), f"mail {key.title()}")
    if key in _KEPT:
        dates.observe(report, _KEPT[key], dates.from_iso(value), "the Outlook store that the message comes from")
    if key == "received":
        report.observe("mail.received", value[:LONGEST])
    elif key in _PROGRAMS:
        dates.observe_software(report, value, "", f"mail {key}")
    elif key == "message-id":
        report.observe("mail.message_id", value[:500])
    elif key in ("in-reply-to", "references"):
        found = _ID.findall(value[: MOST_REFERENCES * 500])[:MOST_REFERENCES]
        if found or value:
            report.observe(f"mail.{key.replace('-', '_')}", found or [value[:500]])
    elif key in _PEOPLE:
        report.observe(f"mail.{key.replace('-', '_')}", value[:LONGEST])
    elif key in _SIGNATURES:
        report.observe("mail.signature", {"field": key, "raw": value[:LONGEST_SIGNATURE]})
    elif key == REBUILT.lower():
        report.observe("mail.rebuilt", value[:LONGEST])
