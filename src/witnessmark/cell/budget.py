"""The budget of a root file: how much may be unpacked from it, at all depths together.

It is charged by the parent while member bytes stream, for the expansion of a single container is fast and small: the
recursion is what kills. The root is the received file; every container below it draws on the same budget.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

LEAST_BYTES = 2 << 30
MOST_BYTES = 50 << 30
RATIO = 200
MOST_ENTRIES = 200_000
MOST_DEPTH = 20


MOST_KEPT = 4_096
"""Roots whose budgets are kept at hand; those of others are asked of the archive again."""


class BudgetSpent(Exception):  # noqa: N818 - it names what happened
    """The budget of the root file does not cover what comes."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a budget when a reading begins; told to the child, which is not believed."""

    octets: int
    entries: int
    depth: int


@dataclass(slots=True)
class Budget:
    """What a root file may unpack to, and what it has so far."""

    most_octets: int = LEAST_BYTES
    most_entries: int = MOST_ENTRIES
    most_depth: int = MOST_DEPTH
    octets: int = 0
    entries: int = 0

    @classmethod
    def of(cls, root_size: int, octets: int = 0, entries: int = 0) -> Self:
        """Return the budget of a root of that size of which so much is spent."""
        return cls(min(max(LEAST_BYTES, RATIO * root_size), MOST_BYTES), octets=octets, entries=entries)

    def left(self, depth: int) -> Left:
        """Return what is left for a container at `depth` (0 is the root itself)."""
        return Left(
            max(0, self.most_octets - self.octets),
            max(0, self.most_entries - self.entries),
            max(0, self.most_depth - depth),
        )

    def enter(self, depth: int) -> None:
        """Charge one member of a container at `depth`.

        Raises:
            BudgetSpent: when it is one too many or too deep; nothing is charged then.
        """
        if depth >= self.most_depth:
            raise BudgetSpent(f"containers nested more than {self.most_depth} deep")
        if self.entries >= self.most_entries:
            raise BudgetSpent(f"more than {self.most_entries:,} members in one received file")
        self.entries += 1

    def refund(self, octets: int, entries: int) -> None:
        """Take back what the first look at a container was charged, before a second one."""
        self.octets = max(0, self.octets - octets)
        self.entries = max(0, self.entries - entries)

    def charge(self, octets: int) -> None:
        """Charge bytes of a member.

        Raises:
            BudgetSpent: when they are too many; they are charged all the same, for they were made.
        """
        self.octets += octets
        if self.octets > self.most_octets:
            raise BudgetSpent(f"unpacks to more than {self.most_octets:,} bytes")


@dataclass(frozen=True, slots=True)
class Spent:
    """What the archive knows of a root: its size, and what was unpacked from it in earlier runs."""

    root_size: int = 0
    octets: int = 0
    entries: int = 0


class Budgets:
    """The budgets of the roots that are being read; one is made when a root is first asked for."""

    def __init__(self, spent: Callable[[str], Spent] = lambda _root: Spent()) -> None:
        self._spent = spent
        self._of: dict[str, Budget] = {}

    def of(self, root: str, *, root_size: int | None = None) -> Budget:
        """Return the budget of a root.

        Args:
            root: its id.
            root_size: its size where the caller is reading the root itself, of which nothing is unpacked yet.
        """
        found = self._of.get(root)
        if found is None:
            known = self._spent(root) if root_size is None else Spent(root_size)
            found = Budget.of(known.root_size, known.octets, known.entries)
            self._of[root] = found
        return found

    def forget(self, root: str) -> None:
        """Forget a root of which nothing was unpacked, so that a million plain files cost no memory."""
        found = self._of.get(root)
        if found is not None and found.entries == 0:
            del self._of[root]

    def trim(self, most: int = MOST_KEPT) -> None:
        """Forget the roots that were asked for longest ago, beyond `most`; only once all they spent is sealed."""
        for root in list(self._of)[: max(0, len(self._of) - most)]:
            del self._of[root]
