"""Stamping: what others are asked about the latest checkpoint, and which of their answers are taken.

Rules for whoever changes this file:
- Every answer is checked by itself before it is kept; a bad one is refused with its reason and spoils no other.
- What is stamped is the note's text, never its signatures: SHA-256 of the three lines.
- Answers count for checkpoints that were asked about; the log may have grown since.
- Nothing here touches the network.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from witnessmark.archive import calendars
from witnessmark.archive.anchors import Anchors, Sort, fits
from witnessmark.archive.calendars import Promise
from witnessmark.archive.folder import Archive
from witnessmark.archive.seal import Entropy
from witnessmark.errors import BrokenEvidence, Damaged, Falsified, Undecided, WrongUsage
from witnessmark.model import codec
from witnessmark.proof import cosignature, note, ots, timestamp
from witnessmark.proof.calendar import Proof
from witnessmark.proof.note import Signature
from witnessmark.proof.ots import Timestamp
from witnessmark.proof.policy import Authority, Policy, Witness
from witnessmark.proof.timestamp import Token
from witnessmark.verify import authority
from witnessmark.witness import request

_SHA256 = bytes.fromhex("0609608648016503040201")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"
_MOST_CERTIFICATES = 20
_ANSWER = re.compile(r"(?:.*/)?((?:[0-9a-f]{2}){4,128})(?:[.-][^/]*)?\.calendar\Z")
"""The name of a calendar's answer tells what was asked, for the answer itself does not."""
_NONCE = 8
_AFTER_NONCE = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about one checkpoint."""

    size: int
    text: str
    """The note's text: what is stamped."""
    query: bytes
    """For time stamp authorities (RFC 3161)."""
    witnesses: tuple[tuple[Witness, int, bytes], ...]
    """Each witness of the policy that has not cosigned yet, its last size as known here, and the request to it."""
    digest: bytes
    """For OpenTimestamps calendars: the note's digest, blinded."""
    promises: tuple[Promise, ...]
    """What calendars have promised, about this and earlier checkpoints, and may have kept since."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer that was checked and kept."""

    sort: Sort
    size: int
    who: str
    time: int | None
    """The time that it states, in POSIX seconds; a bound from above."""
    says: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """One answer that was not taken, and why."""

    name: str
    says: str
    exit_code: int


Outcome = Taken | Refused


def ask(archive: Archive, entropy: Entropy, last: Mapping[str, int] | None = None) -> Asked:
    """Return what is asked about the latest checkpoint; the nonce is kept, so that asking again asks the same.

    Args:
        archive: open for writing.
        entropy: random bytes from the operating system.
        last: the size that a witness, by its name in the policy, says it cosigned last.

    Raises:
        WrongUsage: when the log has no entries, or `last` names no witness of the policy or no size of the log.
        Damaged: when the policy is none.
    """
    anchors, size = Anchors(archive), archive.ledger.size
    if not size:
        raise WrongUsage("this log has no entries yet: there is nothing to stamp")
    policy = anchors.policy()
    known = dict(last or {})
    witnesses = () if policy is None else policy.witnesses
    unknown = sorted(known.keys() - {witness.name for witness in witnesses})
    if unknown:
        raise WrongUsage(f"{unknown[0]!r} is no witness of the policy ARCHIVE/policy")
    text = anchors.note(size).text
    query = anchors.ask(size, lambda: time_query(text.encode(), entropy(_NONCE)))
    done = {key for key, _, _ in anchors.cosigned(size, [witness.key for witness in witnesses])}
    return Asked(
        size,
        text,
        query,
        tuple(
            (witness, old, witness_request(archive, old))
            for witness in witnesses
            if witness.key not in done
            for old in [known.get(witness.name, _last(anchors, witness))]
        ),
        calendars.ask(anchors, size, entropy),
        tuple(calendars.promises(anchors)),
    )


def witness_request(archive: Archive, old: int) -> bytes:
    """Return the request for a cosignature of the latest checkpoint to a witness that cosigned size `old` last.

    Raises:
        WrongUsage: when the log was never of that size.
    """
    size = archive.ledger.size
    if not 0 <= old <= size:
        raise WrongUsage(f"the log has {size} entries: no witness can have cosigned size {old}")
    proof = archive.ledger.consistency(old, size) if old else []
    return request.make(old, tuple(proof), archive.ledger.note())


def _last(anchors: Anchors, witness: Witness) -> int:
    """Return the largest size that a witness is known here to have cosigned."""
    return next((size for size in reversed(anchors.asked()) if any(anchors.cosigned(size, [witness.key]))), 0)


def time_query(content: bytes, nonce: bytes) -> bytes:
    """Return a request for a time stamp (RFC 3161, section 2.4.1): SHA-256, a nonce of 8 bytes, certificates wanted."""
    imprint = _der(0x30, _der(0x30, _SHA256 + b"\x05\x00") + _der(0x04, hashlib.sha256(content).digest()))
    return _der(0x30, b"\x02\x01\x01" + imprint + _der(0x02, _positive(nonce)) + b"\x01\x01\xff")


def query_nonce(query: bytes, content: bytes) -> int:
    """Return the nonce of a request that `time_query` made for this content.

    Raises:
        Damaged: when it is another one.
    """
    nonce = query[-_AFTER_NONCE - _NONCE : -_AFTER_NONCE]
    if len(nonce) != _NONCE or time_query(content, nonce) != query:
        raise Damaged("request.tsq in log/anchors was altered: restore log/ from a backup")
    return int.from_bytes(nonce)


def _positive(nonce: bytes) -> bytes:
    """Return random bytes as an integer that is positive and has one spelling."""
    return bytes([nonce[0] & 0x3F | 0x40]) + nonce[1:]


def _der(tag: int, content: bytes) -> bytes:
    # Nothing that is asked here is longer than 127 bytes, so a length is one byte.
    return bytes([tag, len(content)]) + content


def take(archive: Archive, name: str, data: bytes) -> Iterator[Outcome]:
    """Check one file that came back and keep what is good in it.

    Args:
        archive: open for writing.
        name: how the file is called to people.
        data: its bytes.

    Raises:
        Damaged: when the archive's policy is none.
        DiskFailure: when the disk refuses.
    """
    taker = _Taker(archive)
    try:
        yield from taker.take(name, data)
    except BrokenEvidence as error:
        yield Refused(name, str(error), error.exit_code)


def take_answer(archive: Archive, name: str, question: bytes, data: bytes) -> Iterator[Outcome]:
    """Check what a calendar answered and keep what is good in it.

    Args:
        archive: open for writing.
        name: how the calendar is called to people.
        question: what it was asked: `Asked.digest`, or the commitment of a promise.
        data: its answer.
    """
    try:
        yield _Taker(archive).answer(question, data)
    except BrokenEvidence as error:
        yield Refused(name, str(error), error.exit_code)


class _Taker:
    """Checks answers against the checkpoints that were asked about."""

    def __init__(self, archive: Archive) -> None:
        self._anchors = Anchors(archive)
        self._log = archive.ledger.log.vkey
        self._policy = self._anchors.policy() or Policy((), (), (), "none")
        self._sizes = self._anchors.asked()

    def take(self, name: str, data: bytes) -> Iterator[Outcome]:
        if len(data) > timestamp.LARGEST:
            raise Damaged("no answer: larger than one mebibyte")
        if not self._sizes:
            raise Undecided("nobody was asked about a checkpoint yet: `stamp ARCHIVE --export request.zip` does")
        if (asked := _ANSWER.match(name)) is not None:
            yield self.answer(bytes.fromhex(asked[1]), data)
        elif data.startswith(ots.MAGIC):
            yield self._proof(data)
        elif data[:1] == b"\x30":
            yield self._response(data)
        elif (text := _text(data)) is not None and _CERTIFICATE in text:
            yield from self._certificates(text)
        elif text is not None:
            yield from self._lines(name, text)
        else:
            raise Damaged(
                "no answer: neither signature lines, a time stamp, certificates, an OpenTimestamps proof, nor a "
                "calendar's answer under the name that README.txt gives it"
            )

    def _text(self, size: int) -> str:
        return self._anchors.note(size).text

    def _lines(self, name: str, text: str) -> Iterator[Outcome]:
        if "\n\n" in text:
            signed = note.parse(text)
            if signed.text not in map(self._text, self._sizes):
                raise Falsified(f"this is another checkpoint than those that were asked about ({self._named()})")
            lines = [line for line in signed.signatures if (line.name, line.key_id) != self._own]
        else:
            lines = list(cosignature.parse_lines(text))
        # A witness with several keys, or a note that others signed too: lines by unknown keys are no failure where a
        # known one stands beside them (C2SP tlog-witness, "add-checkpoint").
        has_known = any(self._witnesses(line) for line in lines)
        for line in dict.fromkeys(lines):
            try:
                yield self._line(line)
            except BrokenEvidence as error:
                is_ignored = has_known and not self._witnesses(line)
                yield Refused(f"{name}: {line.name}", str(error), 0 if is_ignored else error.exit_code)

    def _witnesses(self, line: Signature) -> list[Witness]:
        """Return the witness of the policy whose key a line names."""
        return [one for one in self._policy.witnesses if (one.key.name, one.key.key_id) == (line.name, line.key_id)]

    @property
    def _own(self) -> tuple[str, bytes]:
        return self._log.name, self._log.key_id

    def _line(self, line: Signature) -> Taken:
        ours = self._witnesses(line)
        if not ours:
            raise Undecided("this key is no witness of the policy: a `witness` line in ARCHIVE/policy makes it one")
        key = ours[0].key
        for size in reversed(self._sizes):
            time = fits(self._text(size), line, key)
            if time is not None:
                self._check_order(size, time, ours[0])
                is_new = self._anchors.keep(size, Sort.COSIGNATURE, f"{line.line}\n".encode())
                return Taken(Sort.COSIGNATURE, size, ours[0].name, time, "cosigned", is_new)
        raise Falsified(f"this line fits none of the checkpoints that were asked about ({self._named()})")

    def _check_order(self, size: int, time: int, witness: Witness) -> None:
        """Refuse a witness whose clock went back: it cosigns a log in the order of its sizes."""
        for other in self._sizes:
            for _, _, then in self._anchors.cosigned(other, [witness.key]) if other != size else ():
                if (other < size) != (then <= time) and then != time:
                    raise Falsified(
                        f"the clock of this witness went backwards: {moment(time)} for {size} entries, but "
                        f"{moment(then)} for {other}"
                    )

    def _response(self, data: bytes) -> Taken:
        token = Token.parse(data)
        size = self._fitting(token.check_imprint, "time stamp")
        query, content = self._anchors.request(size), self._text(size).encode()
        if query is None or token.nonce != query_nonce(query, content):
            raise Falsified("this time stamp does not carry the nonce that was asked with: it answers another request")
        checked = self._authority(data, content)
        says = checked if isinstance(checked, str) else f"checked with openssl: it leads to {checked.name}"
        who, is_new = token.authority or "an authority", False
        if not self._has_earlier(size, content, token, is_checked=isinstance(checked, Authority)):
            is_new = self._anchors.keep(size, Sort.RESPONSE, data)
        return Taken(Sort.RESPONSE, size, who, token.no_later_than, says, is_new)

    def _authority(self, data: bytes, content: bytes) -> Authority | str:
        """Return the trusted authority that signed a response, or why that cannot be checked."""
        certificates = (one for size in self._sizes for one in self._anchors.of(size, Sort.CERTIFICATE))
        try:
            return authority.check(data, content, self._policy.authorities, certificates)[1]
        except Undecided as error:
            return f"{timestamp.NOT_CHECKED}: {error}"

    def _has_earlier(self, size: int, content: bytes, token: Token, *, is_checked: bool) -> bool:
        """Return whether a response of the same authority is kept that is as good and not later."""
        for data in self._anchors.of(size, Sort.RESPONSE):
            try:
                other = Token.parse(data)
                is_good = not is_checked or isinstance(self._authority(data, content), Authority)
            except BrokenEvidence:
                continue
            is_same = other.authority == token.authority and other.certificates == token.certificates
            if is_same and is_good and other.no_later_than <= token.no_later_than:
                return True
        return False

    def answer(self, question: bytes, data: bytes) -> Taken:
        """Take what a calendar answered."""
        return self._joined(calendars.answered(self._anchors, self._sizes, question, data))

    def _proof(self, data: bytes) -> Taken:
        size = self._fitting(Timestamp.parse(data).check_content, "OpenTimestamps proof")
        return self._joined(calendars.join(self._anchors, size, Proof.parse(data), data))

    def _joined(self, found: calendars.Joined) -> Taken:
        return Taken(Sort.PROOF, found.size, "OpenTimestamps", None, found.says, found.is_new)

    def _certificates(self, text: str) -> Iterator[Taken]:
        """Keep the certificates of an authority's chain beside the newest checkpoint asked about."""
        parts = text.split(_CERTIFICATE)[1:]
        if len(parts) > _MOST_CERTIFICATES:
            raise Damaged(f"more than {_MOST_CERTIFICATES} certificates in one file")
        size = self._sizes[-1]
        for part in parts:
            body, end, _ = part.partition(_END)
            data = codec.from_base64("".join(body.split()))
            if not end:
                raise Damaged("not a certificate: its last line is missing")
            timestamp.check_certificate(data)
            says = f"certificate {hashlib.sha256(data).hexdigest()}"
            yield Taken(Sort.CERTIFICATE, size, "", None, says, self._anchors.keep(size, Sort.CERTIFICATE, data))

    def _fitting(self, check: Callable[[bytes], None], what: str) -> int:
        """Return the size of the checkpoint that something is about."""
        for size in reversed(self._sizes):
            try:
                check(self._text(size).encode())
            except Falsified:
                continue
            return size
        raise Falsified(f"this {what} is about none of the checkpoints that were asked about ({self._named()})")

    def _named(self) -> str:
        shown = ", ".join(map(str, self._sizes[-3:]))
        return f"size {shown}" if len(self._sizes) < 4 else f"the last of size {shown}"


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def moment(seconds: int) -> str:
    """Return a POSIX second for people, whatever it is."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"
