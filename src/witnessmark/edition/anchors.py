"""The anchors that an edition carries: its policy, and what others said about checkpoints before it went out.

Rules for whoever changes this file:
- Without ARCHIVE/policy an edition carries none of this and has the same bytes as before there were witnesses.
- What was carried is kept as one content, which the release names: an edition written again carries the same, whatever
  came in since.
- A line by a key that the policy does not name never goes out.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.folder import Archive
from witnessmark.errors import BrokenEvidence, Damaged, WrongUsage
from witnessmark.model import codec
from witnessmark.proof import note
from witnessmark.proof.note import Note, Vkey
from witnessmark.proof.ots import Timestamp
from witnessmark.proof.policy import Log, Policy
from witnessmark.proof.timestamp import Token
from witnessmark.verify.witnessed import FOLDER, POLICY, Witnessing

LARGEST: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class Carried:
    """The policy and the anchors of one edition, as files by their paths."""

    files: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return what was carried, from the content that a release names.

        Raises:
            Damaged: when it is none.
        """
        match codec.decode_canonical_bytes(data):
            case {"files": list() as files}:
                return cls(tuple((str(path), codec.from_base64(text)) for path, text in files))
        raise Damaged("the anchors of an edition cannot be read: run `audit`, restore them, publish again")

    @property
    def data(self) -> bytes:
        """The content that keeps it."""
        return codec.encode_bytes({"files": [[path, codec.to_base64(data)] for path, data in self.files]})

    @property
    def policy(self) -> Policy | None:
        """The edition's policy."""
        return next((Policy.parse(data) for path, data in self.files if path == POLICY), None)

    @property
    def witnesses(self) -> list[str]:
        """The keys of the witnesses, as `keys.json` lists them."""
        return [] if self.policy is None else [witness.key.text for witness in self.policy.witnesses]

    @property
    def notes(self) -> dict[int, Note]:
        """The checkpoints that others saw, by size."""
        found = (path.removeprefix(FOLDER).partition("/") for path, _ in self.files)
        sizes = [int(size) if name == "checkpoint" else 0 for size, _, name in found]
        return {size: note.parse(data) for size, (_, data) in zip(sizes, self.files, strict=True) if size}

    def witnessing(self, logs: Sequence[Vkey]) -> Witnessing:
        """Return what the witnesses say about entries; `logs` are the keys of the log."""
        return Witnessing(self.policy or Policy((), (), (), "none"), self.notes.values(), logs)


NOTHING: Final = Carried()


def gather(archive: Archive, size: int) -> Carried:
    """Return what an edition carries that speaks of the checkpoint of a size.

    Raises:
        Damaged: when ARCHIVE/policy is none.
        WrongUsage: when an edition could not carry it.
    """
    anchors = Anchors(archive)
    policy = anchors.policy()
    if policy is None:
        return NOTHING
    keys = [witness.key for witness in policy.witnesses]
    log = archive.ledger.log.vkey
    if len({log.name, *(key.name for key in keys)}) != len(keys) + 1:
        raise WrongUsage("two keys in ARCHIVE/policy have one name: an edition cannot tell them apart; drop one")
    own = Policy((Log(log),), policy.witnesses, policy.groups, policy.quorum, policy.authorities)
    try:
        files = [(POLICY, own.text.encode())]
    except UnicodeEncodeError as error:
        raise WrongUsage("a name in ARCHIVE/policy is no UTF-8: an edition cannot carry it; give it another") from error
    for asked in anchors.asked():
        if asked <= size:
            files += _files(anchors, asked, keys)
    return Carried(tuple(files))


def _files(anchors: Anchors, size: int, keys: list[Vkey]) -> Iterator[tuple[str, bytes]]:
    """Yield the anchors of one checkpoint, if there are any."""
    signed = anchors.whole(size, keys)
    content = signed.text.encode()
    rows = [(Sort.RESPONSE, data) for data in anchors.of(size, Sort.RESPONSE) if _is_about(content, data, Token)]
    if rows:
        rows += [(Sort.CERTIFICATE, data) for data in anchors.of(size, Sort.CERTIFICATE)]
    rows += [(Sort.PROOF, data) for data in anchors.of(size, Sort.PROOF) if _is_about(content, data, Timestamp)]
    if rows or len(signed.signatures) > len(anchors.note(size).signatures):
        yield f"{FOLDER}{size}/checkpoint", signed.whole.encode()
    for sort, data in rows:
        yield f"{FOLDER}{size}/{hashlib.sha256(data).hexdigest()[:16]}.{sort}", data


def _is_about(content: bytes, data: bytes, kind: type[Token] | type[Timestamp]) -> bool:
    """Return whether a kept stamp reads, and is about these bytes; another would make the edition false."""
    try:
        found = kind.parse(data)
        if isinstance(found, Token):
            found.check_imprint(content)
        else:
            found.check_content(content)
    except BrokenEvidence:
        return False
    return True
