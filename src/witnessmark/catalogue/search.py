"""Search: a full-text index over both texts and the names of every content, a cache that is made again at need.

Rules for whoever changes this file:
- The index is fed our own tokens (model/text.py), joined by blanks; a query goes the same way.
- Nothing is stored in the index but handles: snippets are cut from the texts in the archive's store.
- Whole numbers go into integer fields, never into unsigned ones; a phrase has two words at least; no writer outlives
  a fork. Otherwise the engine stops with a panic, which is no `Exception`.
- Change `_SCHEMA` with every change of a field or of what is put into one.
"""

import json
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import tantivy

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import Store
from witnessmark.catalogue import ask, snippet
from witnessmark.catalogue.ask import Both, Either, Wanted, Without, Words
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow, Findable
from witnessmark.catalogue.snippet import Snippet
from witnessmark.errors import BrokenEvidence, Busy, Damaged, DiskFailure, WrongUsage
from witnessmark.model import text
from witnessmark.model.derivative import LARGEST_TEXT
from witnessmark.model.digest import Commitment, Digest

__all__ = ["Hit", "Hits", "Search", "Snippet"]

_SCHEMA = 1
_ENGINE = version("tantivy")
_TEXTS = ("visible", "hidden", "name")
_STATE = "witnessmark.json"
_HEAP = 64 << 20
_PART = 1 << 20
_CHUNK = 1 << 16
_LOOKED_THROUGH = 4 << 20
"""How many bytes of a text are looked through for snippets."""

_CHECKED = 64 << 20
_FOOTER = 1337
_SORTED = 20_000
_COPIES = 1_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A content that was found, with its exhibits (the first thousand); no snippet where a name alone was found."""

    exhibits: tuple[ExhibitRow, ...]
    score: float
    snippets: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """What a query found: how many contents, a page of them, and how the query was understood."""

    total: int
    hits: tuple[Hit, ...]
    read_back: str


class Search:
    """The index of one archive, as of its catalogue; a context manager that closes it."""

    def __init__(self, archive: Archive, catalogue: Catalogue) -> None:
        self._path = archive.index_path
        self._store = archive.store
        self._archive = archive
        self._catalogue = catalogue
        self._schema = _schema()
        self._index: Any = None
        self.notes: list[str] = []

    @classmethod
    def open(cls, archive: Archive, catalogue: Catalogue) -> Self:
        """Open the index of an archive and bring it up to date; one that is no use is made again.

        Raises:
            DiskFailure: when it can be neither read nor made.
        """
        found = cls(archive, catalogue)
        try:
            found._catch_up()
        except BrokenEvidence as error:
            found.notes.append(f"the index was made again: {error}")
            found.rebuild(archive, catalogue)
        return found

    def rebuild(self, archive: Archive, catalogue: Catalogue) -> None:
        """Make the index again from catalogue and store."""
        self._archive, self._catalogue, self._store = archive, catalogue, archive.store
        self._index = None
        new, old = (self._path.with_name(self._path.name + suffix) for suffix in (".new", ".old"))
        with _engine():
            for path in (new, old):
                shutil.rmtree(path, ignore_errors=True)
            new.mkdir(mode=0o700, exist_ok=True)  # a thread of the engine may put a lock into one that is going
            self._write(tantivy.Index(self._schema, path=str(new)), new, 0)
            if self._path.exists():
                self._path.rename(old)
            new.rename(self._path)
            shutil.rmtree(old, ignore_errors=True)
            self._index = tantivy.Index.open(str(self._path))

    def close(self) -> None:
        """Let the index go."""
        self._index = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Keeping up

    def _catch_up(self) -> None:
        if not self._path.exists():
            self.rebuild(self._archive, self._catalogue)
            return
        seen = self._seen()
        with _engine():
            _check_sums(self._path)
            self._index = tantivy.Index.open(str(self._path))
            if self._index.searcher().num_docs:
                self._index.searcher().search(tantivy.Query.all_query(), 1)
        if seen >= self._catalogue.top:
            return
        try:
            with _engine():
                self._write(self._index, self._path, seen)
                self._index.reload()
        except Busy as error:
            self.notes.append(f"{error}: what was sealed last cannot be found yet")

    def _seen(self) -> int:
        """Return how far the index reaches in logical order.

        Raises:
            Damaged: when it is not of this ledger or not of this version.
        """
        try:
            state = json.loads((self._path / _STATE).read_bytes())
            kind = [state["schema"], state["text"], state["engine"], state["origin"]]
            seen, last = int(state["seen"]), state["last"] and Commitment.parse_hex(state["last"])
        except (OSError, ValueError, KeyError, TypeError, Damaged) as error:
            raise Damaged("its state cannot be read") from error
        if kind != [_SCHEMA, text.VERSION, _ENGINE, self._archive.ledger.origin]:
            raise Damaged("it was of another version or another ledger")
        if not self._catalogue.recorded_at(seen, last):
            raise Damaged("it was of another ledger")
        return seen

    def _write(self, index: Any, path: Path, after: int) -> None:
        top, last = self._catalogue.top, self._catalogue.last()
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        for content in self._catalogue.findable(after):
            if after:
                writer.delete_documents_by_term("handle", content.handle)
            writer.add_document(self._document(content))
        writer.commit()
        writer.wait_merging_threads()
        state = {
            "schema": _SCHEMA,
            "text": text.VERSION,
            "engine": _ENGINE,
            "origin": self._archive.ledger.origin,
            "seen": top,
            "last": None if last is None else last.hex,
        }
        waiting = path / f"{_STATE}.new"
        waiting.write_text(json.dumps(state))
        waiting.rename(path / _STATE)

    def _document(self, content: Findable) -> Any:
        document = tantivy.Document()
        document.add_text("handle", content.handle)
        document.add_integer("first", content.order)
        for field, digest in (("visible", content.visible), ("hidden", content.hidden)):
            if digest is not None:
                document.add_text(field, "".join(_fed(self._text(digest, LARGEST_TEXT))))
        for name in content.names:
            document.add_text("name", " ".join(text.words(name)))
        return document

    def _text(self, digest: Digest, limit: int) -> str:
        """Return the beginning of a text, as much as is wanted; what cannot be read is noted and left out."""
        try:
            return _beginning(self._store, digest, limit)
        except Damaged as error:
            self.notes.append(f"a text could not be searched: {error}")
            return ""

    # Finding

    def query(self, query: str, limit: int = 20, offset: int = 0) -> Hits:
        """Return a page of what a query finds: best first, then in the order of sealing.

        Raises:
            WrongUsage: when there is no word in the query.
        """
        asked = ask.read(query)
        try:
            total, found = self._found(asked.wanted, offset + limit)
        except BrokenEvidence as error:
            self.notes.append(f"the index was made again: {error}")
            self.rebuild(self._archive, self._catalogue)
            total, found = self._found(asked.wanted, offset + limit)
        sought = ask.leaves(asked.wanted, only_sought=True)
        page = found[offset:]
        # A content without exhibits: the index reaches further than this look at the archive.
        exhibits = self._catalogue.occurrences_of([handle for handle, _ in page], _COPIES)
        hits = [self._hit(exhibits[handle], score, sought) for handle, score in page if exhibits.get(handle)]
        return Hits(total, tuple(hits), asked.read_back)

    def _found(self, wanted: Wanted, upto: int) -> tuple[int, list[tuple[str, float]]]:
        """Return how many contents there are, and handle and score of the first."""
        with _engine():
            searcher, built = self._index.searcher(), self._built(wanted)
            found = searcher.search(built, upto + 1)
            hits = found.hits
            # Equal scores across the page's end: all that may belong before it must be looked at.
            if len(hits) > upto and _rounded(hits[upto - 1][0]) == _rounded(hits[upto][0]):
                hits = searcher.search(built, min(found.count, _SORTED)).hits
                if found.count > _SORTED and _rounded(hits[0][0]) == _rounded(hits[-1][0]):
                    same, order = hits[0][0], tantivy.Order.Asc
                    ordered = searcher.search(built, upto, order_by_field="first", order=order).hits
                    hits = [(same, address) for _, address in ordered]
            order = searcher.fast_field_values("first", [address for _, address in hits])
            ranked = sorted(zip(hits, order, strict=True), key=lambda one: (-_rounded(one[0][0]), one[1]))[:upto]
            return found.count, [(searcher.doc(address)["handle"][0], score) for (score, address), _ in ranked]

    def _hit(self, exhibits: tuple[ExhibitRow, ...], score: float, sought: list[Words]) -> Hit:
        snippets: list[Snippet] = []
        if (reading := exhibits[0].reading) is not None:
            for derivative, hidden in ((reading.visible, False), (reading.hidden, True)):
                if derivative is not None and derivative.digest is not None:
                    source = self._text(derivative.digest, _LOOKED_THROUGH)
                    snippets += snippet.cut(source, sought, hidden=hidden)
        return Hit(exhibits, round(score, 4), tuple(snippets))

    def _built(self, wanted: Wanted) -> Any:
        query, occur = tantivy.Query, tantivy.Occur
        match wanted:
            case Words():
                return query.boolean_query([(occur.Should, self._words(field, wanted)) for field in _TEXTS])
            case Without(part):
                return query.boolean_query([(occur.Must, query.all_query()), (occur.MustNot, self._built(part))])
            case Either(parts):
                return query.boolean_query([(occur.Should, self._built(part)) for part in parts])
            case Both(parts):
                return query.boolean_query([(occur.Must, self._built(part)) for part in parts])

    def _words(self, field: str, wanted: Words) -> Any:
        query, tokens = tantivy.Query, list[str | tuple[int, str]](wanted.tokens)
        if wanted.begins:
            *whole, last = [_escaped(token) for token in wanted.tokens]
            if not whole:
                return query.regex_query(self._schema, field, f"{last}.*")
            return query.regex_phrase_query(self._schema, field, [*whole, f"{last}.*"])
        if len(tokens) == 1:
            return query.term_query(self._schema, field, tokens[0])
        return query.phrase_query(self._schema, field, tokens)


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in _TEXTS:
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("handle", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("first", fast=True)
    return builder.build()


def _fed(source: str) -> Iterator[str]:
    """Yield the tokens of a text joined by blanks, part by part: a text of a hundred megabytes is no rarity."""
    start = 0
    while start < len(source):
        end = start + _PART
        if end < len(source):
            found = max(source.rfind(" ", start, end), source.rfind("\n", start, end))
            end = found + 1 if found > start else end
        yield " ".join(text.words(source[start:end])) + " "
        start = end


def _beginning(store: Store, digest: Digest, limit: int) -> str:
    with store.open(digest) as file:
        try:
            data = file.read(_CHUNK)  # most texts end here; room for the whole limit would cost more than they do
            if len(data) == _CHUNK:
                data += file.read(limit - _CHUNK)
            return data.decode(errors="ignore")
        except OSError as error:
            raise DiskFailure(f"content {digest} could not be read: {error.strerror}") from error


def _check_sums(path: Path) -> None:
    """Refuse files that were altered since they were written; the engine keeps their CRC32 at their end, unread.

    A large index is not looked through: opening it must not take longer than asking it.

    Raises:
        Damaged: when one was.
    """
    files = [file for file in path.iterdir() if file.suffix not in (".json", ".lock", ".new")]
    if sum(map(_size, files)) > _CHECKED:
        return
    for file in files:
        try:
            data = file.read_bytes()
        except FileNotFoundError:  # a writer has just merged it with others
            continue
        length, magic = struct.unpack("<II", data[-8:]) if len(data) > 8 else (0, 0)
        footer = data[-8 - length : -8]
        if magic == _FOOTER and b'"crc":%d}' % zlib.crc32(data[: -8 - length]) not in footer:
            raise Damaged(f"{file.name} is not as it was written")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _rounded(score: float) -> float:
    return round(score, 4)


_META = frozenset("\\.+*?()|[]{}^$#&-~")


def _escaped(token: str) -> str:
    return "".join("\\" + c if c in _META else c for c in token)


@contextmanager
def _engine() -> Iterator[None]:
    """Say in one sentence what the engine could not do.

    Raises:
        Busy: when another process is indexing.
        DiskFailure: when the disk refuses.
        WrongUsage: when too many words begin so.
        Damaged: when the index is not what was written.
    """
    try:
        yield
    except OSError as error:
        raise DiskFailure(f"the index could not be read or written: {error.strerror or error}") from error
    except (ValueError, RuntimeError) as error:
        said = str(error)
        if "LockBusy" in said:
            raise Busy("another process is bringing the index up to date") from error
        if "expansion" in said.lower():
            raise WrongUsage("too many words begin so: write more of the word before the *") from error
        if "No space left" in said:
            raise DiskFailure("the index could not be written: the disk is full") from error
        raise Damaged(f"the index is damaged ({said[:120]})") from error
    except BaseException as error:
        # The engine's panics are no Exception; their class has no importable name.
        if type(error).__name__ != "PanicException":
            raise
        raise Damaged(f"the index is damaged ({str(error)[:120]})") from error
