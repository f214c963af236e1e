"""Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them must have cosigned.

Rules for whoever changes this file:
- A line that is not understood makes the whole file refused, with its number: nobody must trust half a policy.
- Names are bytes: they are held as text with surrogate escapes, and never folded or normalised.
- A known key with a bad signature makes the whole note false, also where the quorum does not need it.
- The time of a quorum is the earliest at which the cosignatures made by then satisfy it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged, Falsified, Undecided
from witnessmark.model import codec
from witnessmark.proof import note
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.cosignature import Cosignature
from witnessmark.proof.note import COSIGNATURE, ED25519, Note, Vkey

LARGEST = 1 << 18
MOST_LINES = 4096
MOST_OF_EACH = 256
NONE = "none"
AUTHORITY = "#authority"
"""Begins a line that other tools take for a comment: a time stamp authority in which the reader trusts."""

_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK = re.compile(r"[ \t]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}\Z")


@dataclass(frozen=True, slots=True)
class Log:
    """A log in which the reader trusts."""

    key: Vkey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, under the name that it has in this policy."""

    name: str
    key: Vkey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups of which at least so many must have seen a checkpoint."""

    name: str
    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """A time stamp authority: a name, and the SHA-256 of a certificate (DER) to which its tokens must lead."""

    name: str
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """One witness of the policy that has cosigned, and when it says it did, in POSIX seconds."""

    name: str
    time: int


@dataclass(frozen=True, slots=True)
class Met:
    """How a signed checkpoint stands to a policy."""

    log: Vkey
    checkpoint: Checkpoint
    witnesses: tuple[Seen, ...]
    quorum: bool
    time: int | None
    """The smallest time by which the quorum had cosigned; none without a quorum, or where none is asked for."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a reader trusts."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str
    authorities: tuple[Authority, ...] = ()

    @classmethod
    def parse(cls, data: bytes | str) -> Self:
        """Return the policy that is written there.

        Raises:
            Damaged: with the number of the line that is wrong.
        """
        octets = data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")
        return cls(*_Reader(_lines(octets)).parts())

    @property
    def text(self) -> str:
        """The policy as it is written, one order and one blank everywhere."""
        return "".join(" ".join(filter(None, words)) + "\n" for words in self._rows())

    def _rows(self) -> Iterable[tuple[str, ...]]:
        for log in self.logs:
            yield "log", log.key.text, log.url
        for witness in self.witnesses:
            yield "witness", witness.name, witness.key.text, witness.url
        for group in self.groups:
            yield "group", group.name, str(group.least), *group.members
        yield "quorum", self.quorum
        for authority in self.authorities:
            yield AUTHORITY, authority.name, codec.to_base64(authority.certificate)

    def check(self, signed: Note, logs: Sequence[Vkey] = ()) -> Met:
        """Return how a signed checkpoint stands to this policy.

        Args:
            signed: the checkpoint with all its signature lines.
            logs: keys of logs that are known from elsewhere, beside those of the policy.

        Raises:
            Falsified: when no trusted log signed it, or a known key's line does not fit.
            Damaged: when it is no checkpoint.
            Undecided: when no log is known at all.
        """
        trusted = [*(log.key for log in self.logs), *logs]
        if not trusted:
            raise Undecided("the policy names no log, and no key of one was given")
        checkpoint = Checkpoint.parse(signed.text)
        # note.check holds every line of every known key against the text: one that does not fit ends it here.
        signers = note.check(signed, [*trusted, *(witness.key for witness in self.witnesses)])
        log = next((key for key in signers if key in trusted and key.name == checkpoint.origin), None)
        if log is None:
            raise Falsified("no log of this policy has signed this checkpoint in its own name")
        times = dict(self._times(signed))
        when = self.when(times)
        return Met(
            log,
            checkpoint,
            tuple(Seen(name, time) for name, time in sorted(times.items(), key=lambda found: (found[1], found[0]))),
            quorum=when is not None,
            time=when or None,
        )

    def _times(self, signed: Note) -> Iterable[tuple[str, int]]:
        """Yield when each witness saw a note whose lines were checked."""
        for witness in self.witnesses:
            ours = (witness.key.name, witness.key.key_id)
            times = [
                Cosignature.parse(line.blob).time for line in signed.signatures if (line.name, line.key_id) == ours
            ]
            if times:
                yield witness.name, min(times)

    def when(self, times: Mapping[str, int]) -> int | None:
        """Return the smallest time by which the quorum was there, from when each saw it; 0 where none is asked for."""
        if self.quorum == NONE:
            return 0
        seen: dict[str, int | None] = {witness.name: times.get(witness.name) for witness in self.witnesses}
        # Groups name only what stands before them, so one walk in order settles all.
        for group in self.groups:
            found = sorted(time for member in group.members if (time := seen[member]) is not None)
            seen[group.name] = found[group.least - 1] if len(found) >= group.least else None
        return seen[self.quorum]


class _Wrong(Exception):  # noqa: N818 - it says what is wrong with a line, and never leaves this file
    """A line that is wrong; the number is put before it where it is known."""


def _lines(octets: bytes) -> list[str]:
    if len(octets) > LARGEST:
        raise Damaged("not a policy: larger than 256 KiB")
    lines = octets.split(b"\n")
    if len(lines) > MOST_LINES:
        raise Damaged(f"not a policy: more than {MOST_LINES} lines")
    for number, line in enumerate(lines, 1):
        if line.endswith(b"\r"):
            raise Damaged(f"line {number} of the policy ends as Windows ends lines: end it with a line feed alone")
        if _CONTROL.search(line):
            raise Damaged(f"line {number} of the policy holds a control character")
    if lines.pop():
        raise Damaged(f"line {len(lines) + 1} of the policy has no line feed at its end")
    return [line.decode("utf-8", "surrogateescape") for line in lines]


class _Reader:
    """Reads the lines of a policy in order."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._logs: list[Log] = []
        self._witnesses: list[Witness] = []
        self._groups: list[Group] = []
        self._quorum: list[str] = []
        self._authorities: list[Authority] = []
        self._defined: set[str] = set()
        self._members: set[str] = set()

    def parts(
        self,
    ) -> tuple[tuple[Log, ...], tuple[Witness, ...], tuple[Group, ...], str, tuple[Authority, ...]]:
        """Return logs, witnesses, groups, the quorum's name, authorities."""
        kinds: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._name_quorum,
            AUTHORITY: self._authority,
        }
        for number, line in enumerate(self._lines, 1):
            kind, *words = _BLANK.split(line.strip(" \t"))
            if not kind or (kind.startswith("#") and kind != AUTHORITY):
                continue
            try:
                kinds.get(kind, self._unknown)(words)
            except (_Wrong, Damaged) as error:
                raise Damaged(f"line {number} of the policy {_sentence(error)}") from error
        if not self._quorum:
            raise Damaged("the policy has no quorum line: `quorum none` asks for no witness")
        return (
            tuple(self._logs),
            tuple(self._witnesses),
            tuple(self._groups),
            self._quorum[0],
            tuple(self._authorities),
        )

    def _log(self, words: list[str]) -> None:
        _count(words, 1, 2, "log <key> [<url>]")
        key = _key(words[0], ED25519, "a log's key is of type Ed25519 (0x01)")
        if len(self._logs) == MOST_OF_EACH:
            raise _Wrong("is one log too many")
        _is_new(key, [log.key for log in self._logs], "log")
        self._logs.append(Log(key, *words[1:]))

    def _witness(self, words: list[str]) -> None:
        _count(words, 2, 3, "witness <name> <key> [<url>]")
        key = _key(words[1], COSIGNATURE, "a witness's key is of type cosignature (0x04)")
        if len(self._witnesses) == MOST_OF_EACH:
            raise _Wrong("is one witness too many")
        _is_new(key, [witness.key for witness in self._witnesses], "witness")
        self._define(words[0])
        self._witnesses.append(Witness(words[0], key, *words[2:]))

    def _group(self, words: list[str]) -> None:
        _count(words, 3, 2 + 2 * MOST_OF_EACH, "group <name> <number, any or all> <member>…")
        name, how, *members = words
        if len(self._groups) == MOST_OF_EACH:
            raise _Wrong("is one group too many")
        for member in members:
            if member not in self._defined:
                raise _Wrong(f"names {member!r}, which no line before it defines")
            if member in self._members:
                raise _Wrong(f"names {member!r}, which is a member already: each counts once")
            self._members.add(member)
        self._define(name)
        self._groups.append(Group(name, _least(how, len(members)), tuple(members)))

    def _name_quorum(self, words: list[str]) -> None:
        _count(words, 1, 1, "quorum <name>")
        if self._quorum:
            raise _Wrong("is a second quorum line")
        if words[0] != NONE and words[0] not in self._defined:
            raise _Wrong(f"names {words[0]!r}, which no line before it defines")
        self._quorum.append(words[0])

    def _authority(self, words: list[str]) -> None:
        _count(words, 2, 2, f"{AUTHORITY} <name> <SHA-256 of a certificate in base64>")
        found = Authority(words[0], codec.from_base64(words[1], 32))
        if len(self._authorities) == MOST_OF_EACH:
            raise _Wrong("is one authority too many")
        if any(found.name == one.name or found.certificate == one.certificate for one in self._authorities):
            raise _Wrong("names an authority a second time")
        self._authorities.append(found)

    def _unknown(self, _words: list[str]) -> None:
        raise _Wrong("begins with none of log, witness, group, quorum")

    def _define(self, name: str) -> None:
        if name == NONE:
            raise _Wrong("calls something `none`, which means: no witness is asked for")
        if name in self._defined:
            raise _Wrong(f"defines {name!r} a second time")
        self._defined.add(name)


def _count(words: list[str], least: int, most: int, form: str) -> None:
    if not least <= len(words) <= most:
        raise _Wrong(f"has another form than `{form}`")


def _key(text: str, kind: int, otherwise: str) -> Vkey:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _Wrong("has a key whose name is no UTF-8") from error
    key = Vkey.parse(text)
    if key.type != kind:
        raise _Wrong(f"has a key of another type: {otherwise}")
    return key


def _is_new(key: Vkey, keys: Iterable[Vkey], what: str) -> None:
    for one in keys:
        if one.public == key.public:
            raise _Wrong(f"names the same key as another {what} line")
        if (one.name, one.key_id) == (key.name, key.key_id):
            raise _Wrong(f"has a key whose name and id are those of another {what} line")


def _least(how: str, members: int) -> int:
    if how in {"any", "all"}:
        return 1 if how == "any" else members
    if not _NUMBER.match(how) or int(how) > members:
        raise _Wrong(f"asks for {how!r} of {members}: a number from 1 to {members}, any, or all belongs there")
    return int(how)


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, _Wrong) else f"is wrong: {error}"
