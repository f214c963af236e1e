"""Where everything of an archive lies: all paths in one place.

ARCHIVE/
  witnessmark.toml           settings; written last when an archive is made
  log.vkey                   the public key, one line
  log.earlier                earlier keys of the log and the sizes at which they handed over, once there are any
  log/                       public: checkpoint, checkpoint.archive/<size>, tile/…, anchors/
  vault/                     private
    events/<first>.jsonl     salts and events, one file a batch; torn/ holds what a crash left unfinished
    content/ab/cdef…         contents by digest; new/ holds those that no sync has covered yet
    keys/log.key             the signing key
    keys/next.key            there while the log's key is handed over to a new one
    temporary/               whatever is being written; emptied by the next writer
    erasing                  there while something is being erased
    lock                     held by the one writer
"""

import re
from dataclasses import dataclass
from pathlib import Path

from witnessmark.model.digest import Digest
from witnessmark.proof.checkpoint import Checkpoint

PUBLIC_FILE, PRIVATE_FILE, CONTENT_FILE = 0o644, 0o600, 0o400
PUBLIC_FOLDER, PRIVATE_FOLDER = 0o755, 0o700

_CONTENT = "vault/content"
_SEGMENT = re.compile(r"([0-9]{16})\.jsonl\Z")


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the archive at `root`."""

    root: Path

    @property
    def settings(self) -> Path:
        """The file whose presence makes a folder an archive."""
        return self.root / "witnessmark.toml"

    @property
    def vkey(self) -> Path:
        """The public key of the log."""
        return self.root / "log.vkey"

    @property
    def earlier(self) -> Path:
        """The earlier keys of the log: lines of key, blank, size of the checkpoint at which it handed over."""
        return self.root / "log.earlier"

    @property
    def policy(self) -> Path:
        """Whose word about checkpoints the keeper asks for: a C2SP tlog-policy, if there is one."""
        return self.root / "policy"

    @property
    def log(self) -> Path:
        """The public folder."""
        return self.root / "log"

    @property
    def checkpoint(self) -> Path:
        """The latest signed checkpoint."""
        return self.log / "checkpoint"

    @property
    def checkpoints(self) -> Path:
        """The folder of all checkpoints as first signed."""
        return self.log / "checkpoint.archive"

    @property
    def tiles(self) -> Path:
        """The folder of hash tiles and entry bundles."""
        return self.log / "tile"

    @property
    def anchors(self) -> Path:
        """The folder of what others say about checkpoints, and of what contradicts them."""
        return self.log / "anchors"

    @property
    def vault(self) -> Path:
        """The private folder."""
        return self.root / "vault"

    @property
    def events(self) -> Path:
        """The folder of event segments."""
        return self.vault / "events"

    @property
    def torn_events(self) -> Path:
        """Where segments go that a crash left unfinished; nothing is deleted there."""
        return self.events / "torn"

    @property
    def content(self) -> Path:
        """The folder of contents by digest."""
        return self.root / _CONTENT

    @property
    def new_content(self) -> Path:
        """Contents that no sync has covered yet."""
        return self.content / "new"

    @property
    def torn_content(self) -> Path:
        """Where contents go whose bytes a crash left unfinished."""
        return self.content / "torn"

    @property
    def keys(self) -> Path:
        """The folder of keys."""
        return self.vault / "keys"

    @property
    def key(self) -> Path:
        """The log's signing key."""
        return self.keys / "log.key"

    @property
    def next_key(self) -> Path:
        """The key that the log is being handed over to."""
        return self.keys / "next.key"

    @property
    def next_vkey(self) -> Path:
        """Its public half; without it `next.key` counts as not there."""
        return self.keys / "next.vkey"

    @property
    def erasing(self) -> Path:
        """There while something is being erased: what an erasure event names may still be here."""
        return self.vault / "erasing"

    @property
    def temporary(self) -> Path:
        """What is being written; on the same disk, so that a rename suffices."""
        return self.vault / "temporary"

    @property
    def lock(self) -> Path:
        """The file that the one writer holds."""
        return self.vault / "lock"

    @property
    def catalogue(self) -> Path:
        """A projection of the ledger."""
        return self.root / "catalogue.sqlite"

    @property
    def index(self) -> Path:
        """The full-text index, a projection too."""
        return self.root / "index"

    @property
    def desk(self) -> Path:
        """Private work in progress."""
        return self.root / "desk.sqlite"

    def archived(self, size: int) -> Path:
        """Return where the checkpoint of that size is kept as first signed."""
        return self.checkpoints / str(size)

    def conflict(self, checkpoint: Checkpoint) -> Path:
        """Return where a checkpoint of a conflict is kept as evidence."""
        return self.anchors / f"conflict-{checkpoint.size}-{checkpoint.root.hex()[:8]}.note"

    def segment(self, first: int) -> Path:
        """Return where the batch is kept whose first entry has that index."""
        return self.events / f"{first:016d}.jsonl"

    def of_content(self, digest: Digest) -> Path:
        """Return where content lies once a sync has covered it."""
        return Path(f"{self.root}/{_CONTENT}/{digest.hex[:2]}/{digest.hex[2:]}")  # asked for each content: one parse

    def of_new_content(self, digest: Digest) -> Path:
        """Return where content lies until a sync has covered it."""
        return self.new_content / digest.hex

    def shown(self, path: Path) -> str:
        """Return a path as messages print it: relative to the archive."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def segment_first(name: str) -> int | None:
    """Return the first index that a segment's file name states, or None for another file."""
    match = _SEGMENT.match(name)
    return None if match is None else int(match[1])
