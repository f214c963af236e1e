"""Read a query: words, "phrases", AND, OR, NOT, (groups), begin*; what cannot be read so is read literally.

    either   = both { "OR" both }
    both     = one { [ "AND" ] one }
    one      = "NOT" one | "(" either ")" | phrase [ "*" ] | word [ "*" ]

A word that holds several tokens (a run of Chinese characters, `17.pdf`) is a phrase. Only capitals make an operator.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from witnessmark.errors import WrongUsage
from witnessmark.model import text

LONGEST = 4_000
"""A query has at most so many characters."""

_DEEPEST = 40
_MOST = 200
_PIECE = re.compile(r'\s+|(?P<sign>[()])|["“”„«»](?P<phrase>[^"“”„«»]*)["“”„«»]?(?P<star>\*?)|(?P<word>[^\s()"“”„«»]+)')


@dataclass(frozen=True, slots=True)
class Words:
    """Tokens that stand side by side; with `begins` the last of them is only the beginning of one."""

    tokens: tuple[str, ...]
    begins: bool
    said: str


@dataclass(frozen=True, slots=True)
class Both:
    """All of these."""

    parts: tuple["Wanted", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these."""

    parts: tuple["Wanted", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Not this."""

    part: "Wanted"


Wanted = Words | Both | Either | Without


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was understood; `literal` tells that its signs and operators were taken for words."""

    wanted: Wanted
    literal: bool = False

    @property
    def read_back(self) -> str:
        """How the query was understood, in words."""
        said = _said(self.wanted, within=False)
        return f"{said} (taken literally)" if self.literal else said


class _UnreadableError(Exception):
    """A query is not built by the grammar."""


def read(query: str) -> Query:
    """Return the query as it is understood.

    Raises:
        WrongUsage: when there is no word in it, or far too much.
    """
    if len(query) > LONGEST:
        raise WrongUsage(f"the query is too long: at most {LONGEST:,} characters")
    query = text.clean(query)
    try:
        found = _Reader(query).whole()
        literal = False
    except _UnreadableError:
        found = _join(Both, [_words(piece) for piece in re.split(r'[\s()"“”„«»]+', query)])
        literal = True
    if found is None:
        raise WrongUsage("there is no word in the query: write a word, a name or a phrase to look for")
    if len(leaves(found)) > _MOST:
        raise WrongUsage(f"the query has too many words: at most {_MOST}")
    return Query(found, literal)


def leaves(wanted: Wanted, *, only_sought: bool = False) -> list[Words]:
    """Return all words and phrases of a query; only those that a hit holds, if asked."""
    match wanted:
        case Words():
            return [wanted]
        case Without(part):
            return [] if only_sought else leaves(part)
        case Both(parts) | Either(parts):
            return [leaf for part in parts for leaf in leaves(part, only_sought=only_sought)]


class _Reader:
    """One reading of one query, by recursive descent."""

    def __init__(self, query: str) -> None:
        self._pieces = [match for match in _PIECE.finditer(query) if match.lastgroup is not None]
        self._at = 0
        self._depth = 0

    def whole(self) -> Wanted | None:
        """Return the whole query.

        Raises:
            _UnreadableError: when it is not built by the grammar.
        """
        if not self._pieces:
            return None
        found = self._either()
        if self._at < len(self._pieces):
            raise _UnreadableError
        return found

    def _next(self) -> str:
        return self._pieces[self._at][0] if self._at < len(self._pieces) else ""

    def _either(self) -> Wanted | None:
        parts = [self._both()]
        while self._next() == "OR":
            self._at += 1
            parts.append(self._both())
        return _join(Either, parts)

    def _both(self) -> Wanted | None:
        parts = [self._one()]
        while self._next() not in ("", "OR", ")"):
            if self._next() == "AND":
                self._at += 1
            parts.append(self._one())
        return _join(Both, parts)

    def _one(self) -> Wanted | None:
        piece = self._next()
        if piece in ("", "AND", "OR", ")") or self._depth > _DEEPEST:
            raise _UnreadableError
        match = self._pieces[self._at]
        self._at += 1
        if piece == "NOT":
            part = self._deeper(self._one)
            return None if part is None else Without(part)
        if piece == "(":
            found = self._deeper(self._either)
            if self._next() != ")":
                raise _UnreadableError
            self._at += 1
            return found
        if match["word"] is not None:
            return _words(match["word"])
        return _words(match["phrase"] + match["star"])

    def _deeper(self, read: Callable[[], Wanted | None]) -> Wanted | None:
        self._depth += 1
        found = read()
        self._depth -= 1
        return found


def _join(kind: type[Both] | type[Either], parts: list[Wanted | None]) -> Wanted | None:
    kept = tuple(part for part in parts if part is not None)  # signs without a word in them ask for nothing
    if len(kept) < 2:
        return kept[0] if kept else None
    return kind(kept)


def _words(said: str) -> Words | None:
    bare = said.rstrip("*")
    tokens = text.tokens(bare)
    if not tokens:
        return None
    begins = bare != said and tokens[-1].end == len(bare)
    return Words(tuple(token.text for token in tokens), begins, " ".join(bare.split()))


def _said(wanted: Wanted, *, within: bool) -> str:
    match wanted:
        case Words(tokens, begins, said):
            if len(tokens) == 1:
                return f"words that begin with “{said}”" if begins else f"“{said}”"
            return f"the phrase “{said}{'…' if begins else ''}”"
        case Without(part):
            return f"not {_said(part, within=True)}"
        case Both(parts) | Either(parts):
            joined = (" and " if isinstance(wanted, Both) else " or ").join(_said(part, within=True) for part in parts)
            return f"({joined})" if within else joined
