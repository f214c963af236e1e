"""What others say about the checkpoints of an edition: witnesses' lines, time stamps, Bitcoin; bounds from above only.

Rules for whoever changes this file:
- A checkpoint that others saw speaks for every entry that it covers: the chain shows that the log only grew since.
- The edition's own policy makes its answers; only the reader's policy makes a bound in which the reader may trust.
- What cannot be checked here (no openssl, no header) is present and counts for nothing; what is false, is false.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from witnessmark.errors import Damaged, Falsified, Undecided
from witnessmark.proof import note, timestamp
from witnessmark.proof.note import Note, Vkey
from witnessmark.proof.ots import Timestamp
from witnessmark.proof.policy import LARGEST as LARGEST_POLICY
from witnessmark.proof.policy import Policy
from witnessmark.proof.timestamp import Token
from witnessmark.verify import authority
from witnessmark.verify.answers import NOBODY, Witnessed
from witnessmark.verify.report import Bound, Tally
from witnessmark.verify.sealed import Log
from witnessmark.verify.shapes import Keys
from witnessmark.verify.walk import LARGEST_PROOF, Site

POLICY = "proof/policy"
FOLDER = "proof/anchors/"
BLOCK_CLOCK = 7200
"""A Bitcoin block's header states a time that may be two hours off."""

_FILE = re.compile(r"proof/anchors/([1-9][0-9]{0,18})/(checkpoint|[0-9a-f]{16}\.(?:tsr|der|ots))\Z")


class Witnessing:
    """The witnesses of one policy, and the checkpoints that they cosigned."""

    def __init__(self, policy: Policy, notes: Iterable[Note], logs: Sequence[Vkey]) -> None:
        self._policy = policy
        met = [policy.check(signed, logs) for signed in notes]
        self._times: list[tuple[int, dict[str, int]]] = []
        """When each witness first saw the checkpoint of a size or a larger one: the larger first."""
        times: dict[str, int] = {}
        for one in sorted(met, key=lambda one: one.checkpoint.size, reverse=True):
            times = times | {seen.name: min(seen.time, times.get(seen.name, seen.time)) for seen in one.witnesses}
            self._times.append((one.checkpoint.size, times))

    def of(self, index: int) -> Witnessed:
        """Return who cosigned a checkpoint that covers an entry, as an answer counts them."""
        times = self._covering(index)
        names = tuple(sorted(one.key.name for one in self._policy.witnesses if one.name in times))
        return Witnessed(names, len(self._policy.witnesses), is_quorum=self.time(index) is not None)

    def time(self, index: int) -> int | None:
        """Return the smallest time by which a quorum had seen an entry; None without one, or where none is asked."""
        return self._policy.when(self._covering(index)) or None

    def _covering(self, index: int) -> dict[str, int]:
        """Return the earliest time at which each witness saw a checkpoint that covers an entry."""
        return next((times for size, times in reversed(self._times) if size > index), {})


@dataclass(frozen=True, slots=True)
class Reader:
    """What the reader brought beside a key: a policy, and headers of Bitcoin blocks."""

    policy: Policy | None = None
    headers: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Anchored:
    """The anchors that lie in an edition, read and held against its checkpoints."""

    policy: Policy | None = None
    notes: dict[int, Note] = field(default_factory=dict)
    cosigned: dict[int, int] = field(default_factory=dict)
    """How many others have cosigned each checkpoint."""
    tokens: list[tuple[int, str, bytes]] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)
    proofs: list[tuple[int, str, Timestamp]] = field(default_factory=list)
    own: Witnessing | None = None
    """By the edition's own policy."""
    reader: Witnessing | None = None
    """By the reader's policy."""
    bounds: list[tuple[int, Bound]] = field(default_factory=list)
    """What was checked for the reader: the size up to which it speaks, and the time."""

    @property
    def is_cosigned(self) -> bool:
        """Whether any witness's line or any checked bound is here."""
        return bool(self.bounds) or any(self.cosigned.values())

    def answer(self, index: int) -> Witnessed:
        """Return who saw an entry, by the edition's own policy."""
        return NOBODY if self.own is None else self.own.of(index)

    def is_seen(self, index: int) -> bool:
        """Return whether the witnesses that the reader's policy asks for have seen an entry."""
        return self.reader is not None and self.reader.time(index) is not None

    def own_time(self, index: int) -> int | None:
        """Return by when the edition's own quorum saw an entry."""
        return None if self.own is None else self.own.time(index)

    def bound(self, index: int) -> Bound | None:
        """Return the earliest time by which an entry existed, as far as the reader's trust goes."""
        found = [bound for size, bound in self.bounds if size > index]
        if self.reader is not None and (time := self.reader.time(index)) is not None:
            found.append(Bound(time, "the witnesses that your policy asks for"))
        return min(found, key=lambda bound: bound.time, default=None)


def read(site: Site, log: Log, keys: Keys | None, reader: Reader, tally: Tally) -> Anchored:
    """Return the anchors of an edition; each file that is wrong is named."""
    found = Anchored()
    if keys is None:
        return found
    paths = sorted(path for path in site.files if path.startswith(FOLDER))
    with tally.judging(POLICY):
        found.policy = _policy(site, keys, paths)
        if found.policy is not None:
            tally.agrees(POLICY, "names the witnesses of proof/keys.json")
    # Checkpoints first: what else lies in a folder speaks about them.
    for path in sorted(paths, key=lambda path: not path.endswith("/checkpoint")):
        with tally.judging(path):
            match = _FILE.match(path)
            if match is None:
                raise Falsified("does not belong to the anchors of an edition")
            _read_one(site, log, found, path, int(match[1]), tally)
    notes = list(found.notes.values())
    if found.policy is not None:
        # It has this log and these witnesses alone, whose lines were checked as each note was read.
        found.own = Witnessing(found.policy, notes, log.keys.keys)
    if reader.policy is not None:
        with tally.judging(""):
            found.reader = Witnessing(reader.policy, notes, log.keys.keys)
    _bound(found, reader, tally)
    return found


def _policy(site: Site, keys: Keys, paths: Sequence[str]) -> Policy | None:
    if not site.has(POLICY):
        if keys.witnesses or paths:
            raise Falsified("is missing: witnesses or anchors stand in this edition")
        return None
    policy = Policy.parse(site.read(POLICY, LARGEST_POLICY))
    if [log.key for log in policy.logs] != [keys.log]:
        raise Falsified("names another log than proof/keys.json")
    if tuple(witness.key for witness in policy.witnesses) != keys.witnesses:
        raise Falsified("names other witnesses than proof/keys.json")
    return policy


def _read_one(site: Site, log: Log, found: Anchored, path: str, size: int, tally: Tally) -> None:
    if path.endswith("/checkpoint"):
        text = site.text(path, LARGEST_PROOF)
        if log.checkpoint(text).size != size:
            raise Falsified("is the checkpoint of another size than its folder says")
        found.notes[size] = note.parse(text)
        # Lines are counted by their keys: the log itself, or one witness, could make many.
        signers = {(line.name, line.key_id) for line in found.notes[size].signatures}
        found.cosigned[size] = len(signers - {(key.name, key.key_id) for key in log.keys.keys})
        tally.agrees(path, f"is signed by the log, and cosigned by {found.cosigned[size]}")
        return
    data = site.read(path, timestamp.LARGEST)
    if size not in found.notes:
        raise Undecided("speaks about a checkpoint that does not lie beside it")
    content = found.notes[size].text.encode()
    if path.endswith(".tsr"):
        Token.parse(data).check_imprint(content)
        found.tokens.append((size, path, data))
    elif path.endswith(".ots"):
        proof = Timestamp.parse(data)
        proof.check_content(content)
        found.proofs.append((size, path, proof))
    else:
        timestamp.check_certificate(data)
        found.certificates.append(data)
        tally.agrees(path, "has the form of a certificate, for the time stamps beside it")


def _bound(found: Anchored, reader: Reader, tally: Tally) -> None:
    """Check what the reader's own trust can check, and say of the rest that it is only present."""
    authorities = () if reader.policy is None else reader.policy.authorities
    for size, path, data in found.tokens:
        with tally.judging(path):
            try:
                token, trusted = authority.check(data, found.notes[size].text.encode(), authorities, found.certificates)
            except Undecided as error:
                tally.agrees(path, f"is about its checkpoint; its signature is {timestamp.NOT_CHECKED}: {error}")
                continue
            found.bounds.append((size, Bound(token.no_later_than, f"the time stamp authority {trusted.name!r}")))
            tally.agrees(path, f"is about its checkpoint, and signed by {trusted.name!r} of your policy")
    for size, path, proof in found.proofs:
        with tally.judging(path):
            found.bounds += [(size, bound) for bound in _blocks(proof, reader.headers)]
            tally.agrees(path, "is about its checkpoint")


def _blocks(proof: Timestamp, headers: Sequence[bytes]) -> Iterable[Bound]:
    for claim in proof.bitcoin:
        for header in headers:
            if header[36:68] == claim.merkle_root:
                yield Bound(claim.check(header) + BLOCK_CLOCK, f"Bitcoin block {claim.height}, whose header you gave")


def parse_header(data: bytes) -> bytes:
    """Return the 80 bytes of a Bitcoin block's header, given raw or in hexadecimal.

    Raises:
        Damaged: when it is none.
    """
    if len(data) == 80:
        return data
    try:
        found = bytes.fromhex(data.decode("ascii").strip())
    except ValueError as error:
        raise Damaged("a Bitcoin block's header has 80 bytes, raw or in hexadecimal") from error
    if len(found) != 80:
        raise Damaged("a Bitcoin block's header has 80 bytes, raw or in hexadecimal")
    return found
