"""Reads contacts (vCard) and calendars (iCalendar): a line for each property that a reader is shown; the rest apart.

Both are lines `NAME;PARAMETER=…:value`, folded by a blank at the beginning of the next line (RFC 6350, RFC 5545).
"""

import binascii
import re
from collections.abc import Iterator

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, encodings
from witnessmark.formats.plain import decoded
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LONGEST = 16 << 20
"""Characters of one unfolded line that are kept; a picture may stand in one."""
MOST_ADDRESSES = 2_000
_LINE = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]{1,60})((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.DOTALL)
_UNSHOWN = {
    *("BEGIN", "END", "VERSION", "PRODID", "UID", "REV", "SEQUENCE", "DTSTAMP", "CREATED", "LAST-MODIFIED", "CLASS"),
    *("TRANSP", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "CALSCALE", "METHOD", "STATUS", "RRULE", "ACTION", "TRIGGER"),
}
_DATES = {"DTSTAMP": "written", "CREATED": "created", "LAST-MODIFIED": "modified", "REV": "modified"}
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?\Z")
_MAIL = re.compile(r"(?:mailto:)?([^\s@:;,<>\"]{1,200}@[^\s@:;,<>\"]{1,200})\Z", re.IGNORECASE)
_BINARY = {"PHOTO", "LOGO", "SOUND", "KEY", "ATTACH"}
_ESCAPED = re.compile(r"\\([nN,;\\])")


def read_vcard(source: Source, report: Report) -> None:
    """Read contacts."""
    _read(source, report, "VCARD")


def read_calendar(source: Source, report: Report) -> None:
    """Read a calendar."""
    _read(source, report, "VCALENDAR")


def _read(source: Source, report: Report, outer: str) -> None:
    depth = number = addresses = 0
    for line in _unfolded(source, report):
        match = _LINE.match(line)
        if match is None:
            if line.strip():
                report.visible(line + "\n")
            continue
        name, parameters, value = match[1].upper(), match[2].upper(), match[3]
        if name == "BEGIN":
            depth += 1
            number += value.strip().upper() in ("VCARD", "VEVENT", "VTODO", "VJOURNAL")
            continue
        if name == "END":
            depth -= 1
            report.visible("\n")
            continue
        if name in _BINARY and ("BASE64" in parameters or "ENCODING=B" in parameters):
            _take_out(name, number, value, report)
            continue
        text = _value(value, parameters, match[2])
        if name in _DATES:
            dates.observe(report, _DATES[name], dates.from_iso(_iso(text)), f"{outer.lower()} {name.lower()}")
        address = _MAIL.match(text.strip())
        if address is not None and addresses < MOST_ADDRESSES:
            addresses += 1
            report.observe("address", {"kind": "mail", "value": address[1], "says": name.lower()})
        elif name == "TEL" and text.strip() and addresses < MOST_ADDRESSES:
            addresses += 1
            report.observe("address", {"kind": "telephone", "value": text.strip()[:200], "says": "tel"})
        if name == "PRODID":
            dates.observe_software(report, text, "", f"{outer.lower()} prodid")
        said = f"{name}: {text}" + (f" [{match[2].strip(';')}]" if "CN=" in parameters else "") + "\n"
        if name in _UNSHOWN or name.startswith("X-"):
            report.hidden("property", said)
        else:
            report.visible(said)
    report.observe(f"{outer.lower()}.entries", number)
    if depth:
        report.outcome(Outcome.PARTIAL, "it breaks off: what began does not end")


def _unfolded(source: Source, report: Report) -> Iterator[str]:
    """Yield whole lines; a soft line break of quoted-printable goes on in the next line too."""
    kept: list[str] = []
    size, soft = 0, False
    for line in _lines(source, report):
        if kept and (soft or line[:1] in (" ", "\t")):
            if size < LONGEST:
                kept.append(line if soft else line[1:])
                size += len(line)
        else:
            if kept:
                yield "".join(kept)
            kept, size = [line], len(line)
        soft = line.endswith("=") and "QUOTED-PRINTABLE" in kept[0].upper().partition(":")[0]
        if soft:
            kept[-1] = kept[-1][:-1]
    if kept:
        yield "".join(kept)


def _lines(source: Source, report: Report) -> Iterator[str]:
    rest = ""
    for text in decoded(source, report):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            yield line.rstrip("\r")
        if len(rest) > LONGEST:
            yield rest
            rest = ""
    if rest:
        yield rest.rstrip("\r")


def _value(value: str, upper: str, parameters: str) -> str:
    if "QUOTED-PRINTABLE" in upper:
        raw = binascii.a2b_qp(value.encode("utf-8", "replace"))
        charset = re.search(r"CHARSET=([^;:]{1,40})", parameters, re.IGNORECASE)
        value = raw.decode(encodings.choose(raw, charset[1] if charset else None).name, "replace")
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _iso(text: str) -> str:
    match = _STAMP.match(text.strip())
    if match is None:
        return text
    day = "-".join(match.group(1, 2, 3))
    return day if match[4] is None else f"{day}T{match[4]}:{match[5]}:{match[6]}{match[7]}"


def _take_out(name: str, number: int, value: str, report: Report) -> None:
    letters = re.sub(r"[^A-Za-z0-9+/]", "", value)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    step = PathStep(f"{name.lower()}-{number}")
    with report.member((step,), How.DECODED, {}) as sink:
        sink.write(binascii.a2b_base64(letters + "=" * (-len(letters) % 4)))
