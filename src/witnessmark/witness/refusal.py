"""Why a witness does not cosign: each reason has its HTTP status (C2SP tlog-witness) and one sentence."""

from typing import ClassVar

from witnessmark.errors import Damaged, Falsified, Undecided


class Malformed(Damaged):
    """The request is none, or its old size lies beyond its checkpoint."""

    status: ClassVar[int] = 400


class UnknownLog(Undecided):
    """The checkpoint is of a log that this witness was not told to trust."""

    status: ClassVar[int] = 404


class NotSigned(Falsified):
    """No trusted key of the log signed the checkpoint, or one of its lines does not fit."""

    status: ClassVar[int] = 403


class OtherSize(Undecided):
    """The request begins at another size than the one that this witness cosigned last."""

    status: ClassVar[int] = 409

    def __init__(self, sentence: str, size: int, line: str | None) -> None:
        super().__init__(sentence)
        self.size = size
        self.line = line
        """The line given before, where the request asks for the very checkpoint that was cosigned last."""


class NotGrown(Falsified):
    """The log did not only grow, or the proof does not show that it did."""

    status: ClassVar[int] = 422


class ClockBehind(Undecided):
    """This machine's clock is earlier than the last cosignature."""

    status: ClassVar[int] = 503


Refusal = Malformed | UnknownLog | NotSigned | OtherSize | NotGrown | ClockBehind
REFUSALS = (Malformed, UnknownLog, NotSigned, OtherSize, NotGrown, ClockBehind)
