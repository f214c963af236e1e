"""Reads an Outlook store (PST, OST): every item that its node tree holds, put together again as a message.

The tree of nodes is walked, not the folders' tables: so an item that no folder lists any more comes out too, and is
marked. What is damaged is passed by and said. A password on a store is no more than a checksum; it keeps nobody out.
"""

import re
import struct
from collections.abc import Iterator

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import mapi, rebuilt
from witnessmark.formats.mapi import Attachment, Item
from witnessmark.formats.pst_heap import Heap
from witnessmark.formats.pst_pages import BrokenStore, Node, Pages
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, Path, PathStep

ORIGIN = "an Outlook store"
MOST_FOLDERS = 100_000
MOST_ATTACHMENTS = 10_000
_STORE, _NAMES, _ROOT = 0x21, 0x61, 0x122
_FOLDER, _SEARCH, _MESSAGE, _ATTACHMENT, _ASSOCIATED, _CONTENTS, _RECIPIENTS = 2, 3, 4, 5, 8, 14, 18
_PASSWORD = 0x67FF
_ENCODINGS = {0: "none", 1: "compressible (permute)", 2: "high (cyclic)"}


def read_pst(source: Source, report: Report) -> None:
    """Read a store.

    Raises:
        ReadingStopped: when nothing of it can be followed.
    """
    try:
        pages = Pages(source.stream, source.size)
    except (BrokenStore, struct.error) as error:
        raise ReadingStopped(Outcome.CORRUPT, f"the Outlook store cannot be followed: {error}") from error
    report.observe("pst.kind", pages.shape.name)
    report.observe("pst.encoding", _ENCODINGS.get(pages.encoding, str(pages.encoding)))
    _Store(pages, report).read()


class _Store:
    """A store on its way into a report."""

    def __init__(self, pages: Pages, report: Report) -> None:
        self._pages, self._report = pages, report
        self._names: dict[int, str] = {}
        self._folders: dict[int, tuple[str, int]] = {}
        self._listed: dict[int, frozenset[int] | None] = {}
        self._unread = self._taken = 0

    def read(self) -> None:
        self._tell_store()
        self._names = self._read_names()
        counts = {"messages": 0, "unlisted": 0, "associated": 0}
        for node in self._pages.nodes():
            kind = node.number & 0x1F
            if kind == _FOLDER:
                counts["folders"] = counts.get("folders", 0) + 1
            if kind not in (_MESSAGE, _ASSOCIATED) or not node.data:
                continue
            listed = kind == _ASSOCIATED or self._is_listed(node)
            counts["associated" if kind == _ASSOCIATED else "messages"] += 1
            counts["unlisted"] += not listed
            self._tell_item(node, associated=kind == _ASSOCIATED, listed=listed)
        for name, count in counts.items():
            self._report.observe(f"pst.{name}", count)
        self._conclude()

    def _conclude(self) -> None:
        pages = self._pages
        damage = {
            "pages": pages.damaged_pages,
            "blocks": pages.damaged_blocks,
            "blocks missing": pages.missing_blocks,
            "items or attachments unread": self._unread,
        }
        if any(damage.values()):
            said = ", ".join(f"{name}: {number}" for name, number in damage.items() if number)
            self._report.observe("pst.damage", dict[str, Value](damage))
            outcome = Outcome.PARTIAL if self._taken else Outcome.CORRUPT
            self._report.outcome(outcome, f"parts of the store are damaged ({said})")

    def _tell_store(self) -> None:
        node = self._pages.node(_STORE)
        if node is None:
            return
        try:
            found = Heap(self._pages, node).properties()
        except (BrokenStore, struct.error):
            return
        if mapi.text_of(found, 0x3001):
            self._report.observe("pst.name", mapi.text_of(found, 0x3001)[:500])
            self._report.hidden("name of the store", mapi.text_of(found, 0x3001) + "\n")
        self._report.observe("pst.has_password", bool(found.get(_PASSWORD)))

    def _read_names(self) -> dict[int, str]:
        """Return the names of named properties (2.4.7)."""
        node = self._pages.node(_NAMES)
        names: dict[int, str] = {}
        if node is None:
            return names
        try:
            found = Heap(self._pages, node).properties()
        except (BrokenStore, struct.error):
            return names
        entries, strings = found.get(3), found.get(4)
        if not isinstance(entries, bytes):
            return names
        return mapi.names_of(entries, strings if isinstance(strings, bytes) else b"")

    def _tell_item(self, node: Node, *, associated: bool, listed: bool) -> None:
        try:
            item = self._item(node, ())
        except (BrokenStore, struct.error, ValueError):
            self._unread += 1
            path = (*self._path(node.parent), PathStep(f"unread ({node.number:x})"))
            self._report.refuse_member(path, Outcome.CORRUPT, "the item cannot be followed")
            return
        name = re.sub(r"[/\\\0-\x1f]", "_", mapi.clean(mapi.subject(item))).strip()[:80] or "no subject"
        folders = self._path(node.parent)
        if associated:
            folders = (*folders, PathStep("(associated)"))
        stated: dict[str, Value] = {"class": item.text(mapi.CLASS)[:200], "node": node.number}
        if not listed:
            stated["listed"] = False
        with self._report.member((*folders, PathStep(f"{name} ({node.number:x}).eml")), How.REBUILT, stated) as sink:
            for block in rebuilt.blocks(item, ORIGIN):
                sink.write(block)
        self._taken += 1
        for attachment in item.attachments():
            if attachment.size > rebuilt.LARGEST_INSIDE and attachment.item is None:
                step = PathStep(f"{name} ({node.number:x}), {mapi.clean(attachment.name)}")
                with self._report.member((*folders, step), How.COPIED, {"node": node.number}) as sink:
                    for block in attachment.blocks():
                        sink.write(block)

    def _item(self, node: Node, above: tuple[int, ...]) -> Item:
        heap = Heap(self._pages, node)
        item = Item(heap.properties(), names=self._names)
        page = mapi.page_of(item)
        for one in heap.subnodes.values():
            if one.number & 0x1F == _RECIPIENTS:
                try:
                    for row, _ in zip(Heap(self._pages, one).rows(page), range(MOST_ATTACHMENTS), strict=False):
                        item.recipients.append(row)
                except (BrokenStore, struct.error):
                    self._unread += 1
        attached = [one for one in heap.subnodes.values() if one.number & 0x1F == _ATTACHMENT][:MOST_ATTACHMENTS]
        item.attachments = lambda: self._attachments(attached, page, (*above, node.subnodes))
        return item

    def _attachments(self, nodes: list[Node], page: int, above: tuple[int, ...]) -> Iterator[Attachment]:
        for node in nodes:
            try:
                heap = Heap(self._pages, node)
                found = heap.properties(page)
                yield self._attachment(heap, found, above)
            except (BrokenStore, struct.error, ValueError):
                self._unread += 1

    def _attachment(self, heap: Heap, found: dict[int, mapi.Plain], above: tuple[int, ...]) -> Attachment:
        reference = found.get(mapi.DATA)
        place = reference if isinstance(reference, int) else 0
        if found.get(mapi.METHOD) == mapi.EMBEDDED and len(above) <= rebuilt.DEEPEST + 1:
            inner = heap.subnodes.get(place)
            if inner is not None and inner.subnodes in above:
                raise BrokenStore("an item that is attached to itself")
            if inner is not None:
                return Attachment(found, lambda: iter(()), self._item(inner, above))
        return Attachment(found, lambda: heap.pieces(place), None, heap.size(place))

    def _path(self, number: int) -> Path:
        steps: list[PathStep] = []
        seen: set[int] = set()
        while number not in seen and number != _ROOT and len(steps) < 64:
            seen.add(number)
            name, parent = self._folder(number)
            if not name:
                break
            steps.insert(0, PathStep(name))
            number = parent
        return tuple(steps)

    def _folder(self, number: int) -> tuple[str, int]:
        if number not in self._folders:
            node = self._pages.node(number)
            name, parent = "", 0
            if node is not None and number & 0x1F in (_FOLDER, _SEARCH):
                parent = node.parent
                try:
                    name = mapi.text_of(Heap(self._pages, node).properties(), 0x3001)
                except (BrokenStore, struct.error):
                    name = ""
                name = re.sub(r"[/\\\0-\x1f]", "_", name).strip()[:120] or f"folder {number:x}"
            if len(self._folders) >= MOST_FOLDERS:
                self._folders.clear()
            self._folders[number] = name, parent
        return self._folders[number]

    def _is_listed(self, node: Node) -> bool:
        """Tell whether the folder's own table lists an item; where the table cannot be read, it is taken as listed."""
        if node.parent not in self._listed:
            if len(self._listed) >= 64:
                self._listed.clear()
            self._listed[node.parent] = self._contents(node.parent)
        listed = self._listed[node.parent]
        return listed is None or node.number in listed

    def _contents(self, folder: int) -> frozenset[int] | None:
        table = self._pages.node(folder & ~0x1F | _CONTENTS)
        if table is None or not table.data:
            return None
        try:
            return frozenset(Heap(self._pages, table).row_numbers())
        except (BrokenStore, struct.error):
            return None
