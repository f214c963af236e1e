"""Messages (RFC 5322): the lines and the body that a reader sees; every other field and form apart; attachments.

Shown are From, To, Date and Subject and one form of each body: the plain one where it says anything. All else is in the
file and not seen.
"""

import mimetypes

from witnessmark.cell.report import ReadingStopped, Relay, Report, Source
from witnessmark.formats import encodings, html, mail_fields, mime
from witnessmark.formats.encodings import storable
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST = 256 << 20
SHOWN = ("From", "To", "Date", "Subject")
OTHER_FORM = "other form of the message"
_TRANSPORT = {"content-type", "content-transfer-encoding", "content-disposition", "content-id", "mime-version"}
_COPIED = {"", "7bit", "8bit", "binary"}
_TYPES = mimetypes.MimeTypes(())


def read_eml(source: Source, report: Report) -> None:
    """Read one message.

    Raises:
        ReadingStopped: when there is nothing of a message in it.
    """
    data = source.first(LARGEST)
    mail_fields.observe_name(source.name, report)
    read_message(data, report)
    if source.size > len(data):
        report.outcome(Outcome.PARTIAL, f"only the first {LARGEST >> 20} MiB of the message were read")


def read_message(data: bytes, report: Report) -> None:
    """Read the bytes of one message.

    Raises:
        ReadingStopped: when there is nothing of a message in it.
    """
    message = mime.split(data)
    if not message.fields:
        raise ReadingStopped(Outcome.CORRUPT, "there are no header fields in this message")
    _tell_fields(message, report)
    _Reading(data, report).read(message)
    sealed = _tell_seal(message, report)
    if sealed:
        report.outcome(Outcome.ENCRYPTED, sealed)


def _tell_seal(message: mime.Part, report: Report) -> str:
    """Observe a signature or an encryption of the whole message (RFC 8551, 3156); return why its words are unread."""
    kind = message.kind
    found: dict[str, Value] = {"type": kind}
    for name in ("protocol", "micalg", "smime-type"):
        value = message.parameter(name)
        if value:
            found[name.replace("-", "_")] = storable(value)[:200]
    if kind == "multipart/signed" or found.get("smime_type") in ("signed-data", "certs-only"):
        report.observe("mail.signed", found)
        return ""
    if kind == "multipart/encrypted" or kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        report.observe("mail.encrypted", found)
        return "the words of the message are encrypted for those who were to read it"
    return ""


def _tell_fields(message: mime.Part, report: Report) -> None:
    first: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    read = [(name, storable(mime.words(raw))) for name, raw in message.fields]
    for name, value in read:
        key = name.lower()
        if key.title() in SHOWN and key not in first:
            first[key] = value
        else:
            others.append((name, value))
    mail_fields.observe(read, report)
    lines = [f"{name}: {first[name.lower()]}" for name in SHOWN if name.lower() in first]
    report.visible("\n".join(lines) + "\n\n")
    for name, value in others:
        if value:
            report.hidden(f"header: {name[:60]}", value + "\n")
    _tell_odd(message, report)


def _tell_odd(part: mime.Part, report: Report) -> None:
    text = storable("\n".join(part.odd)).strip()
    if text:
        report.hidden("lines of the header that are no field", text + "\n")


class _Reading:
    """The bodies and attachments of one message on their way into a report."""

    def __init__(self, data: bytes, report: Report) -> None:
        self._data, self._report = data, report
        self._names: dict[str, int] = {}
        self._count = 0

    def read(self, message: mime.Part) -> None:
        """Report the parts in order; the walk is a stack, for parts nest as deep as their maker likes."""
        aside = _Aside(self._report, OTHER_FORM)
        pending: list[tuple[mime.Part, Report]] = [(message, self._report)]
        while pending:
            part, report = pending.pop()
            if part is not message:
                self._count += 1
                self._tell_part_fields(part)
            if part.too_deep:
                self._report.outcome(Outcome.PARTIAL, f"parts nest deeper than {mime.DEEPEST} levels, or are too many")
                self._take_out(part)
            elif part.inside:
                self._tell_outside(part)
                chosen = _shown_form(part, self._data)
                pending += [(p, report if chosen in (None, p) else aside) for p in reversed(part.inside)]
            else:
                self._read_leaf(part, report, is_root=part is message)

    def _tell_part_fields(self, part: mime.Part) -> None:
        for name, value in part.fields:
            if name.lower() not in _TRANSPORT and value:
                self._report.hidden("part header", f"{name}: {storable(mime.words(value))}\n")
        _tell_odd(part, self._report)

    def _tell_outside(self, part: mime.Part) -> None:
        for start, end in part.outside:
            text = self._text(self._data[start:end], None).strip()
            if text:
                self._report.hidden("outside the parts", storable(text) + "\n")

    def _read_leaf(self, part: mime.Part, report: Report, *, is_root: bool) -> None:
        kind = part.kind
        named = bool(part.name) or part.disposition == "attachment"
        if kind.startswith("multipart/"):  # no boundary to be found: what is there is text
            report.observe("mail.no_boundary", kind)
            kind = "text/plain"
        if named and not (is_root and kind.startswith("text/") and part.disposition != "attachment"):
            self._take_out(part)
        elif kind == "text/html":
            page, charset = mime.plain(part.bytes_of(self._data), part.charset)
            html.read_fragment(html.page_text(page, report, charset), report)
        elif kind in ("text/plain", "message/delivery-status", "message/disposition-notification"):
            text = self._text(part.bytes_of(self._data), part.charset)
            if text.strip():
                report.visible(storable(text).rstrip("\r\n") + "\n")
        elif kind == "text/rfc822-headers":
            self._report.hidden(
                "headers of another message", storable(self._text(part.bytes_of(self._data), None)) + "\n"
            )
        else:
            self._take_out(part)

    def _take_out(self, part: mime.Part) -> None:
        copied = part.encoding in _COPIED
        step = PathStep(self._name(part))
        stated: dict[str, Value] = {"type": storable(part.kind)[:200]}
        if part.name:
            stated["name"] = storable(part.name)[:1000]
        if part.disposition:
            stated["disposition"] = storable(part.disposition)[:100]
        with self._report.member((step,), How.COPIED if copied else How.DECODED, stated) as sink:
            for block in part.blocks_of(self._data):
                sink.write(block)

    def _name(self, part: mime.Part) -> str:
        name = storable(part.name).replace("/", "_").replace("\\", "_").replace("\0", "_").strip()[:250]
        if name in ("", ".", ".."):
            ending = ".eml" if part.kind == "message/rfc822" else _TYPES.guess_extension(part.kind) or ""
            name = f"part-{self._count}{ending}"
        again = self._names[name] = self._names.get(name, 0) + 1
        if again == 1:
            return name
        stem, dot, ending = name.rpartition(".")
        return f"{stem} ({again}){dot}{ending}" if dot else f"{name} ({again})"

    def _text(self, body: bytes, charset: str | None) -> str:
        body, charset = mime.plain(body, charset)
        sample = body[: encodings.SAMPLE]
        chosen = encodings.choose(sample, charset, whole=len(sample) == len(body))
        if chosen.name == "utf-8" and len(sample) < len(body) and not encodings.holds(body, "utf-8", whole=True):
            chosen = encodings.choose(body, charset)
        return body[chosen.mark :].decode(chosen.name, "replace").replace("\r\n", "\n")


def _shown_form(part: mime.Part, data: bytes) -> mime.Part | None:
    """Return which form of an alternative body shows: the plain one if it says anything, else the last."""
    if part.kind != "multipart/alternative":
        return None
    for inner in part.inside:
        if inner.kind == "text/plain" and inner.disposition != "attachment" and inner.bytes_of(data).strip():
            return inner
    for inner in reversed(part.inside):
        if inner.kind == "text/html" or inner.kind.startswith("multipart/"):
            return inner
    return part.inside[-1]


class _Aside(Relay):
    """A report to which nothing shows: what a reader calls visible is kept as hidden."""

    def __init__(self, report: Report, label: str) -> None:
        super().__init__(report)
        self._label = label

    def visible(self, text: str) -> None:
        """Keep text that would show in another form of the message."""
        self._report.hidden(self._label, text)
