"""Cosigning: check that a log only grew since the last time, write that down, and only then say so.

Rules for whoever changes this file:
- Look, check, sign and write happen under one lock; what depends on nothing kept is checked before it.
- The order of the checks is C2SP tlog-witness's, and so are the answers: 404, 403, 400, 409, 422.
- The line leaves this room after the record is durable, never before.
"""

from collections.abc import Callable
from dataclasses import dataclass

from witnessmark.errors import Falsified
from witnessmark.proof import cosignature, merkle, note
from witnessmark.proof.note import Note, Signature
from witnessmark.witness.keep import Folder, Kept
from witnessmark.witness.refusal import ClockBehind, Malformed, NotGrown, NotSigned, OtherSize, UnknownLog
from witnessmark.witness.request import Head, Request


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness answers, and what it speaks about."""

    head: Head
    time: int
    line: Signature

    @property
    def text(self) -> str:
        """The signature line, as it is sent back."""
        return self.line.line + "\n"


def cosign(folder: Folder, request: Request, *, clock: Callable[[], int]) -> Cosigned:
    """Cosign a checkpoint if its log only grew, and return the line; the record is durable then.

    Args:
        folder: the witness.
        request: what the log asks.
        clock: tells the present POSIX second.

    Raises:
        UnknownLog, NotSigned, Malformed, OtherSize, NotGrown, ClockBehind: when it is refused.
        Damaged: when the witness's own record cannot be read.
    """
    signed = _signed(folder, request)
    if request.old > request.head.size:
        raise Malformed(f"the request begins at size {request.old}, beyond its checkpoint of {request.head.size}")
    origin = request.head.origin
    with folder.locked():
        kept = folder.kept(origin)
        _check_size(folder, request, signed, kept)
        _check_growth(request, kept)
        now = clock()
        if kept is not None and now < kept.time:
            raise ClockBehind(
                f"this machine's clock says {now}, and the last cosignature for {origin} says {kept.time} (POSIX "
                "seconds): nothing is cosigned; set the clock and ask again"
            )
        line = cosignature.make(signed.text, folder.vkey.name, folder.vkey.public, folder.sign, now)
        folder.keep(origin, Note(signed.text, (*signed.signatures, line)))
    return Cosigned(request.head, now, line)


def _signed(folder: Folder, request: Request) -> Note:
    """Return the checkpoint with only those lines that trusted keys of its log made."""
    keys = folder.keys(request.head.origin)
    if not keys:
        raise UnknownLog("this witness does not know this log: its keeper must be told to trust it first")
    # A line that stands there a hundred times is checked once.
    signed = Note(request.note.text, tuple(dict.fromkeys(request.note.signatures)))
    try:
        note.check(signed, keys)
    except Falsified as error:
        raise NotSigned(f"no trusted key of this log has signed this checkpoint: {error}") from error
    return signed.kept(keys)


def _check_size(folder: Folder, request: Request, signed: Note, kept: Kept | None) -> None:
    size = 0 if kept is None else kept.head.size
    head = request.head
    is_other = kept is not None and head.size == size and head.root != kept.head.root
    if is_other:
        # Two trees of one size, both signed by the log: whoever sees both knows that it was rewritten.
        folder.keep_refused(head.origin, signed)
    if request.old != size:
        is_same = kept is not None and kept.note.text == signed.text
        raise OtherSize(
            f"the request begins at size {request.old}, and this witness last cosigned size {size}: make a request "
            f"from {size}",
            size,
            kept.line.line if kept is not None and is_same else None,
        )
    if is_other:
        raise NotGrown(
            f"the log signed two different trees of size {size}: it was rewritten; both checkpoints are kept here"
        )


def _check_growth(request: Request, kept: Kept | None) -> None:
    head = request.head
    if head.size == 0 and head.root != merkle.EMPTY_ROOT:
        raise NotGrown("a checkpoint of no entries has the root of the empty tree")
    if kept is None or kept.head.size == 0:
        if request.proof:
            raise NotGrown("where nothing was cosigned before, the proof is empty")
        return
    try:
        merkle.check_consistency(kept.head.size, head.size, kept.head.root, head.root, request.proof)
    except Falsified as error:
        raise NotGrown(f"it is not shown that the log only grew: {error}") from error
