"""From a proof file to the key: record, entry, inclusion, checkpoint, signature."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from witnessmark.errors import BrokenEvidence, Falsified
from witnessmark.model.codec import Fields
from witnessmark.model.digest import Commitment
from witnessmark.proof import merkle, note, opening
from witnessmark.proof.bundle import FIRST_LINE, ProofBundle
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Vkey
from witnessmark.proof.opening import OpenedField
from witnessmark.proof.succession import Succession
from witnessmark.verify.report import NewerVersion

_VERSION = re.compile(r"c2sp\.org/tlog-proof@v[1-9][0-9]{0,3}\Z")


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry whose way to the key was walked: its record, where it stands, under a checkpoint of which size."""

    index: int
    size: int
    commitment: Commitment
    kind: str
    record: bytes

    def opened(self, fields: Sequence[OpenedField]) -> Fields:
        """Return the values of opened fields after checking that they were sealed in this entry."""
        return opening.check_fields(self.record, fields)


class Log:
    """The log as its keys sign it; remembers each checkpoint, so that each signature is checked once."""

    def __init__(self, keys: Succession, witnesses: Sequence[Vkey]) -> None:
        self.keys = keys
        self._witnesses = tuple(witnesses)
        self._notes: dict[bytes, Checkpoint | str] = {}

    def checkpoint(self, text: str) -> Checkpoint:
        """Return the checkpoint of a whole note after checking its signatures.

        Raises:
            Falsified: when it is not signed by the log's key, or carries a line twice or by a key that is not listed.
        """
        name = hashlib.sha256(text.encode()).digest()
        if name not in self._notes:
            try:
                self._notes[name] = self._checked(text)
            except BrokenEvidence as error:
                self._notes[name] = str(error)
        found = self._notes[name]
        if isinstance(found, str):
            raise Falsified(found)
        return found

    def _checked(self, text: str) -> Checkpoint:
        signed = note.parse(text)
        if len(set(signed.signatures)) != len(signed.signatures):
            raise Falsified("its checkpoint carries one signature twice")
        listed = {(key.name, key.key_id) for key in (*self.keys.keys, *self._witnesses)}
        for line in signed.signatures:
            if (line.name, line.key_id) not in listed:
                raise Falsified(
                    f"its checkpoint carries a signature by {line.name!r}, a key that is not the log's own "
                    "and is not listed in proof/keys.json"
                )
        return self.keys.check(signed, self._witnesses)

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """Every different checkpoint that was met and is signed, in rising size."""
        met = {found for found in self._notes.values() if isinstance(found, Checkpoint)}
        return sorted(met, key=lambda found: (found.size, found.root))

    def walk(self, proof: str) -> Sealed:
        """Return the entry of a proof file after checking every step to the key.

        Raises:
            Falsified: when a step fails.
            Damaged: when the proof is malformed.
        """
        first = proof.partition("\n")[0]
        if _VERSION.match(first) and first != FIRST_LINE:
            raise NewerVersion("is a proof file of a version that this program does not know")
        bundle = ProofBundle.parse(proof)
        salt, record = bundle.extra[: opening.SALT_SIZE], bundle.extra[opening.SALT_SIZE :]
        kind, _ = opening.parse_record(record)
        entry = opening.entry(salt, record)
        checkpoint = self.checkpoint(bundle.checkpoint)
        leaf = merkle.leaf_hash(entry)
        merkle.check_inclusion(bundle.index, checkpoint.size, leaf, bundle.hashes, checkpoint.root)
        return Sealed(bundle.index, checkpoint.size, opening.commitment(entry), kind, record)
