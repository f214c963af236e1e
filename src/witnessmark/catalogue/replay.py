"""Replay: events in, rows out; nothing stands in the catalogue that this cannot make again, but for `looked`.

Rules for whoever changes this file:
- An event of an unknown kind, or with a value that this version does not know, is counted and otherwise left alone.
- Events and the position after them are written in one transaction: after a crash replay goes on where it was.
- What `looked` says (how far a search for what is due went) may be lost at any time: it saves a second search.
- Change `schema.VERSION` with every change of an outcome.
"""

import json
import sqlite3
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Any

from witnessmark.archive.erase import Erasure
from witnessmark.archive.ledger import Ledger, Position, Recorded
from witnessmark.catalogue import schema
from witnessmark.errors import Damaged
from witnessmark.model.accession import Accession
from witnessmark.model.attestation import Attestation, Reviewer
from witnessmark.model.codec import Fields
from witnessmark.model.custody import Custody
from witnessmark.model.decision import Decision
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import MEMBER, ExhibitKind, How
from witnessmark.model.finding import Finding, Hold
from witnessmark.model.release import Release
from witnessmark.model.unlock import Unlock
from witnessmark.model.words import Kind, StepName

_CHUNK = 5_000
_REMEMBERED = 20_000
_HOWS, _STEPS = {str(how) for how in How}, {str(step) for step in StepName}
_OUTCOMES = {None, *(str(outcome) for outcome in Outcome)}
_KINDS = {None, *(str(kind) for kind in ExhibitKind)}

_INSERT = {
    "event": "INSERT INTO event VALUES (?,?,?,?,?)",
    "content": "INSERT OR IGNORE INTO content VALUES (?,?,?,?)",
    "exhibit": "INSERT INTO exhibit VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "derivative": "INSERT INTO derivative VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "finding": "INSERT INTO finding VALUES (?,?,?,?,?,?)",
    "hold": "INSERT INTO hold VALUES (?,?,?)",
    "act": "INSERT INTO act VALUES (?,?,?)",
    "subject": "INSERT OR IGNORE INTO subject VALUES (?,?,?)",
    "public": "INSERT OR IGNORE INTO public VALUES (?,?,?)",
}


def place(where: str, path_text: str, digest: bytes) -> bytes:
    """Return the key by which the same occurrence is known again."""
    return blake2b(f"{where}\0{path_text}\0".encode() + digest, digest_size=16).digest()


def inside(container_id: str) -> str:
    """Return where a component of that container lies, as `place` takes it."""
    return f"{MEMBER}{container_id}"


@dataclass(frozen=True, slots=True)
class _Above:
    """What a component takes over from the exhibit that holds it."""

    seq: int
    id: str
    printed: str
    depth: int
    root: int


@dataclass(frozen=True, slots=True)
class _Source:
    """What an exhibit takes over from its accession."""

    label: str
    skipped: int


class Replay:
    """The rows of one catalogue, on their way in."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sources: dict[str, _Source] = {}
        self._above: dict[str, _Above] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._makers: dict[str, Callable[[int, Recorded], None]] = {
            Kind.ACCESSION: self._accession,
            Kind.EXHIBIT: self._exhibit,
            Kind.DERIVATIVE: self._derivative,
            Kind.FINDING: self._finding,
            Kind.EXAMINATION_RUN: self._act,
            Kind.HOLD: self._hold,
            Kind.REVIEWER: self._reviewer,
            Kind.ATTESTATION: self._attestation,
            Kind.DECISION: self._decision,
            Kind.RELEASE: self._release,
            Kind.ERASURE: self._erasure,
            Kind.UNLOCK: self._unlock,
            Kind.CUSTODY: self._custody,
            Kind.KEY: self._act,
        }

    def follow(self, ledger: Ledger) -> int:
        """Take in the events that are not here yet; return how many."""
        checkpoint = ledger.checkpoint()
        added = 0
        while True:
            size, seq, after = self._last()
            if size >= checkpoint.size:
                schema.make_indices(self._connection)
                return added
            events = ledger.replay(after)
            ended = False
            while not ended:
                chunk = list(islice(events, _CHUNK))
                ended = len(chunk) < _CHUNK
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    if self._last()[1:] != (seq, after):  # another process was faster: begin again from where it is
                        self._connection.execute("ROLLBACK")
                        break
                    self._put(seq, chunk)
                    seq += len(chunk)
                    added += len(chunk)
                    after = chunk[-1].position if chunk else after
                    self._note(ledger, seq, after, ended=ended)
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")

    def _last(self) -> tuple[int, int, Position | None]:
        row = self._connection.execute(
            "SELECT size, seq, segment, line FROM seen ORDER BY seq DESC, size DESC LIMIT 1"
        ).fetchone()
        return (0, 0, None) if row is None else (row[0], row[1], Position(row[2], row[3]))

    def _note(self, ledger: Ledger, seq: int, after: Position | None, *, ended: bool) -> None:
        # Between two chunks nothing is known of a checkpoint: the row with size -1 says where to go on.
        self._connection.execute("DELETE FROM seen WHERE size = -1")
        checkpoint = ledger.checkpoint()
        size, root = (checkpoint.size, checkpoint.root.hex()) if ended else (-1, "")
        rows = ((row.segment, row.line, row.reason) for row in ledger.broken)
        self._connection.executemany("INSERT OR REPLACE INTO broken VALUES (?,?,?)", rows)
        at = after or Position(-1, 0)
        self._connection.execute(
            "INSERT OR REPLACE INTO seen VALUES (?,?,?,?,?)", (size, root, seq, at.segment, at.line)
        )

    def _put(self, seq: int, chunk: list[Recorded]) -> None:
        self._rows = {name: [] for name in _INSERT}
        events = self._rows["event"]
        for number, recorded in enumerate(chunk, seq + 1):
            maker, understood = self._makers.get(recorded.kind), 0
            if maker is not None:
                try:
                    maker(number, recorded)
                    understood = 1
                except (KeyError, TypeError, ValueError, AttributeError, IndexError, Damaged):
                    pass  # written by a newer version: counted below, and audited like any other
            events.append((number, recorded.index, recorded.commitment.raw, recorded.kind, understood))
        for name, rows in self._rows.items():
            if rows:
                self._connection.executemany(_INSERT[name], rows)

    def _exhibit(self, seq: int, recorded: Recorded) -> None:
        fields = recorded.fields
        digest, names = bytes.fromhex(fields["digest"]), [step["name"] for step in fields["path"]]
        container, source = fields["container"], self._source(fields["accession"])
        path_text = _path_json(fields["path"])
        if container is None:
            above, printed = None, "/".join(names)
            skipped = source.skipped
            where, own = source.label, _json(fields["path"][skipped:]) if skipped else path_text
        else:
            above = self._find_above(container)
            printed = f"{above.printed}{MEMBER}{'/'.join(names)}"
            where, own = inside(above.id), path_text
        if fields["how"] not in _HOWS or len(digest) != 32:
            raise ValueError(fields["how"])
        facts, stated = fields["filesystem"], fields.get("stated")
        found = _Above(seq, fields["id"], printed, above.depth + 1 if above else 0, above.root if above else seq)
        self._rows["exhibit"].append(
            (seq, found.id, fields["handle"], digest, fields["size"], path_text, printed, fields["how"],
             a2b_base64(fields["accession"]), source.label, above.seq if above else None, found.root, found.depth,
             place(where, own, digest), None if facts is None else _json(facts),
             None if stated is None else _json(stated), fields["at"], fields["sealed"])
        )  # fmt: skip
        self._rows["content"].append((seq, fields["handle"], digest, fields["size"]))
        if len(self._above) >= _REMEMBERED:
            self._above.clear()
        self._above[str(recorded.commitment)] = found

    def _find_above(self, container: str) -> _Above:
        found = self._above.get(container)
        if found is None:
            row = self._connection.execute(
                "SELECT e.seq, e.id, e.printed, e.depth, e.root FROM event v JOIN exhibit e USING (seq)"
                " WHERE v.commitment = ?",
                (a2b_base64(container),),
            ).fetchone() or next(self._waiting_above(container), None)
            if row is None:
                raise ValueError("a component of a container that is not here")
            found = self._above[container] = _Above(*row)
        return found

    def _waiting_above(self, container: str) -> Iterator[tuple[Any, ...]]:
        """Yield the container where it stands among the rows that are not written yet."""
        wanted = a2b_base64(container)
        seqs = {row[0] for row in self._rows["event"] if row[2] == wanted}
        for row in self._rows["exhibit"]:
            if row[0] in seqs:
                yield row[0], row[1], row[6], row[12], row[11]

    def _source(self, accession: str) -> _Source:
        found = self._sources.get(accession)
        if found is None:
            row = self._connection.execute(
                "SELECT a.fields FROM event v JOIN act a USING (seq) WHERE v.commitment = ?", (a2b_base64(accession),)
            ).fetchone()
            if row is None:
                raise ValueError("an exhibit of an accession that is not here")
            found = self._sources[accession] = _source_of(json.loads(row[0]))
        return found

    def _derivative(self, seq: int, recorded: Recorded) -> None:
        fields = recorded.fields
        step, outcome, kind = fields["step"], fields.get("outcome"), fields.get("kind")
        if step not in _STEPS or outcome not in _OUTCOMES or kind not in _KINDS:
            raise ValueError(step)
        digest = fields["digest" if step == StepName.READ else "text"]
        self._rows["derivative"].append(
            (seq, fields["handle"], step, fields["version"], fields["settings"],
             None if digest is None else bytes.fromhex(digest), fields["size"], _json(fields["tools"]),
             fields["grade"], outcome, fields.get("detail", ""), fields.get("media_type", ""), kind,
             _json(fields.get("languages", [])), fields.get("characters", 0))
        )  # fmt: skip

    def _accession(self, seq: int, recorded: Recorded) -> None:
        Accession.from_fields(recorded.fields)
        self._act(seq, recorded)
        self._sources[str(recorded.commitment)] = _source_of(recorded.fields)

    def _act(self, seq: int, recorded: Recorded, *subjects: str) -> None:
        self._rows["act"].append((seq, recorded.kind, _json(dict(recorded.fields))))
        for subject in subjects:
            self._rows["subject"].append((a2b_base64(subject), recorded.kind, seq))

    def _finding(self, seq: int, recorded: Recorded) -> None:
        found = Finding.from_fields(recorded.fields)
        row = (seq, found.exhibit.raw, found.examination, found.version, found.outcome.value)
        self._rows["finding"].append((*row, _json(dict(recorded.fields))))

    def _hold(self, seq: int, recorded: Recorded) -> None:
        found = Hold.from_fields(recorded.fields)
        self._rows["hold"].append((seq, found.finding.raw, found.state.value))

    def _reviewer(self, seq: int, recorded: Recorded) -> None:
        Reviewer.from_fields(recorded.fields)
        self._act(seq, recorded)

    def _attestation(self, seq: int, recorded: Recorded) -> None:
        found = Attestation.from_fields(recorded.fields)
        self._act(seq, recorded, *map(str, found.exhibits))

    def _decision(self, seq: int, recorded: Recorded) -> None:
        self._act(seq, recorded, str(Decision.from_fields(recorded.fields).exhibit))

    def _unlock(self, seq: int, recorded: Recorded) -> None:
        self._act(seq, recorded, str(Unlock.from_fields(recorded.fields).exhibit))

    def _custody(self, seq: int, recorded: Recorded) -> None:
        self._act(seq, recorded, str(Custody.from_fields(recorded.fields).accession))

    def _erasure(self, seq: int, recorded: Recorded) -> None:
        found = Erasure.from_fields(recorded.fields)
        self._act(seq, recorded, *map(str, found.exhibits))

    def _release(self, seq: int, recorded: Recorded) -> None:
        found = Release.from_fields(recorded.fields)
        self._act(seq, recorded)
        self._rows["public"] += [(name, commitment.raw, seq) for commitment, name in found.ids]


def _source_of(fields: Fields) -> _Source:
    return _Source(fields["source"], 0 if fields["named"] else len(fields["root"]))


def _path_json(steps: list[dict[str, str]]) -> str:
    """Return a path as canonical JSON; nearly every step is a name and nothing else."""
    if all(len(step) == 1 for step in steps):
        return "[" + ",".join(f'{{"name":{_quoted(step["name"])}}}' for step in steps) + "]"
    return _json(steps)


_quoted = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def _json(value: Any) -> str:
    """Return canonical JSON, faster than the codec: the values come from a ledger, which takes no others."""
    return _encode(value)
