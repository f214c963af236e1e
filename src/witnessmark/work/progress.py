"""Progress: how far a run is, how fast it goes, what is left; arithmetic only, printed by the command line."""

from collections import Counter
from dataclasses import dataclass, field

from witnessmark.model.derivative import Outcome


@dataclass(slots=True)
class Progress:
    """What a run has done and what it knows to be left; containers add to what is known while they are read."""

    files_known: int = 0
    octets_known: int = 0
    files: int = 0
    octets: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    def expect(self, octets: int) -> None:
        """Add a file to what is known."""
        self.files_known += 1
        self.octets_known += octets

    def done(self, octets: int, outcome: Outcome, *, seconds: float) -> None:
        """Add a file to what is done, `seconds` after the start of the run."""
        self.files += 1
        self.octets += octets
        self.outcomes[outcome.value] += 1
        self.seconds = seconds
        self.files_known = max(self.files_known, self.files)
        self.octets_known = max(self.octets_known, self.octets)

    def undo(self, outcome: Outcome) -> None:
        """Take back how a file ended that was read again: it counts once."""
        self.files -= 1
        self.outcomes[outcome.value] -= 1
        self.outcomes += Counter()  # an outcome that nothing has any more is no outcome

    @property
    def rate(self) -> float:
        """Files a second so far."""
        return self.files / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds until what is known is done: by files or by bytes, whichever says longer."""
        if self.files == 0 or self.seconds <= 0:
            return 0.0
        by_files = (self.files_known - self.files) / self.files
        by_octets = (self.octets_known - self.octets) / self.octets if self.octets else 0.0
        return self.seconds * max(by_files, by_octets)

    @property
    def failures(self) -> dict[str, int]:
        """How many files ended otherwise than `ok`, by outcome."""
        return {name: count for name, count in sorted(self.outcomes.items()) if name != Outcome.OK.value}
