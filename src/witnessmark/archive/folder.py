"""An archive as a folder: made once, opened for reading by many and for writing by one."""

import contextlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Self

from witnessmark.archive import erase, keys, rotate
from witnessmark.archive.disk import Disk, sentences
from witnessmark.archive.guard import Conflict, Memory, keep_evidence, unsettled
from witnessmark.archive.keys import HandingOver, Signer
from witnessmark.archive.layout import PRIVATE_FILE, PRIVATE_FOLDER, PUBLIC_FILE, PUBLIC_FOLDER, Layout
from witnessmark.archive.ledger import Ledger, Writing
from witnessmark.archive.lock import Lock
from witnessmark.archive.log import PublicLog
from witnessmark.archive.recover import recover
from witnessmark.archive.seal import Entropy
from witnessmark.archive.store import Store
from witnessmark.archive.system import System
from witnessmark.errors import BrokenEvidence, Damaged, WrongUsage
from witnessmark.proof.note import Vkey
from witnessmark.settings import Settings, with_accepted

_LARGEST_SETTINGS = 1 << 20


class Archive:
    """An open archive; a context manager that closes it."""

    def __init__(self, layout: Layout, settings: Settings, store: Store, ledger: Ledger, lock: Lock | None) -> None:
        self._layout = layout
        self._lock = lock
        self._signer: Signer | None = None
        self._passphrase: keys.Passphrase | None = None
        self.conflict: Conflict | None = None
        self.root = layout.root
        self.settings = settings
        self.store = store
        self.ledger = ledger

    @staticmethod
    def exists(root: Path) -> bool:
        """Tell whether a folder is an archive."""
        return Layout(root).settings.is_file()

    @staticmethod
    def settings_of(root: Path) -> Settings:
        """Return the settings of an archive, and look at nothing else.

        Raises:
            WrongUsage: when there is no archive.
            Damaged: when its settings cannot be read.
        """
        return _read_settings(Layout(root))

    @staticmethod
    def create(
        root: Path,
        settings: Settings,
        *,
        entropy: Entropy,
        system: System | None = None,
        passphrase: str | None = None,
    ) -> None:
        """Make an empty archive with a new key, in a folder that is missing or empty.

        Without a passphrase the key is kept as it is. An interrupted making is begun anew. The settings file comes
        last: without it the folder is no archive.

        Raises:
            WrongUsage: when something else lies there.
        """
        layout = Layout(root)
        _check_free(layout)
        disk = Disk(root, layout.temporary, system)
        _make_folders(layout, disk)
        disk.empty_temporary()
        seed = entropy(32)
        signer = keys.SeedSigner(seed)
        vkey = Vkey.for_ed25519(settings.origin, signer.public)
        disk.write(layout.key, _key_file(signer, settings.origin, passphrase, entropy), PRIVATE_FILE)
        disk.write(layout.vkey, f"{vkey.text}\n".encode(), PUBLIC_FILE)
        disk.write(layout.lock, b"", PRIVATE_FILE)
        disk.sync()
        PublicLog(layout, vkey).sign(0, signer, disk)
        disk.write_durably(layout.settings, settings.text().encode(), PRIVATE_FILE)

    @classmethod
    def reading(cls, root: Path) -> Self:
        """Open an archive for reading, as of its latest checkpoint; no lock is needed.

        Raises:
            WrongUsage: when there is no archive.
            Damaged: when its settings, key or checkpoint cannot be read, or it has a newer format.
        """
        layout = Layout(root)
        settings, log = _open_log(layout)
        store = Store(layout, None)
        return cls(layout, settings, store, Ledger(layout, log, store, settings.pad, None), None)

    @classmethod
    def writing(
        cls,
        root: Path,
        *,
        entropy: Entropy,
        system: System | None = None,
        passphrase: keys.Passphrase | None = None,
        state: Path | None = None,
        despite_conflict: bool = False,
    ) -> Self:
        """Open an archive for writing: take the lock, and bring what a crash left in order.

        Args:
            root: the archive's folder.
            entropy: random bytes from the operating system.
            system: the operating system's writing half.
            passphrase: where the passphrase comes from, if the key is sealed; `unlock` asks at once.
            state: the folder outside the archive that remembers what was signed; without it nothing is compared.
            despite_conflict: open although what is remembered contradicts the archive; `conflict` tells.

        Raises:
            Busy: when another process is writing.
            WrongUsage: when there is no archive, or others may read its key.
            Damaged: when it cannot be read, tiles and signed checkpoint contradict each other, or the archive lacks
                what its key has signed on this machine.
            DiskFailure: when the disk refuses.
        """
        layout = Layout(root)
        settings = _read_settings(layout)
        lock = Lock.take(layout.lock)
        memory = None if state is None else Memory(state, settings.origin)
        try:
            return cls._writing(layout, lock, entropy, system, passphrase, memory, despite_conflict=despite_conflict)
        except BaseException:
            lock.release(well=False)
            raise

    @classmethod
    def repairing(cls, root: Path, *, system: System | None = None) -> Self:
        """Open an archive to put back what is damaged: under the lock, without its key; nothing can be sealed.

        Raises:
            Busy: when another process is writing.
            WrongUsage: when there is no archive.
            Damaged: when its settings, key or latest checkpoint cannot be read.
        """
        layout = Layout(root)
        settings, log = _open_log(layout)
        lock = Lock.take(layout.lock)
        try:
            disk = Disk(root, layout.temporary, system)
            disk.empty_temporary()
            store = Store(layout, disk)
            return cls(layout, settings, store, Ledger(layout, log, store, settings.pad, None), lock)
        except BaseException:
            lock.release(well=False)
            raise

    @classmethod
    def _writing(
        cls,
        layout: Layout,
        lock: Lock,
        entropy: Entropy,
        system: System | None,
        passphrase: keys.Passphrase | None,
        memory: Memory | None,
        *,
        despite_conflict: bool,
    ) -> Self:
        settings, log = _open_log(layout)
        if rotate.is_closed(layout, log.vkey):
            raise WrongUsage("this log was closed by its keeper: nothing more is sealed in it; a new archive can go on")
        asked = None if passphrase is None else cache(passphrase)
        signer = rotate.signer(layout, log.vkey, asked)
        disk = Disk(layout.root, layout.temporary, system)
        disk.empty_temporary()
        store = Store(layout, disk)
        store.recover()
        ledger = Ledger(layout, log, store, settings.pad, Writing(signer, entropy, memory))
        conflict = None if memory is None else memory.compare(log)
        if memory is not None and conflict is not None and conflict.is_behind:
            memory.towards(conflict)  # the vault may still hold what log/ has lost
            recover(ledger, layout, store, disk, settings.pad)
            memory.towards(None)
            conflict = memory.compare(log)
        conflict = conflict or unsettled(log, ledger.replay)
        if conflict is not None:
            keep_evidence(conflict, layout, disk)
            if not despite_conflict:
                raise Damaged(conflict.sentence)
        recover(ledger, layout, store, disk, settings.pad)
        if lock.was_torn:
            log.drop_beyond(disk)
        if erase.is_unfinished(layout):
            erase.finish(ledger, layout, store)
        if memory is not None and conflict is None:
            memory.remember(log.note())
        found = cls(layout, settings, store, ledger, lock)
        found._signer, found._passphrase, found.conflict = signer, asked, conflict
        found._settle()
        return found

    def unlock(self) -> None:
        """Open the signing key now: whoever writes for an hour should not be asked at its end.

        Raises:
            WrongUsage: when the archive is open for reading, or the passphrase is not there or wrong.
        """
        self._unlocked()

    def change_passphrase(self, passphrase: str | None, *, entropy: Entropy) -> None:
        """Seal the signing key with another passphrase, or keep it without one; the key stays the same.

        Raises:
            WrongUsage: as `unlock`.
        """
        data = _key_file(self._unlocked(), self.ledger.origin, passphrase, entropy)
        self.store.disk.write_durably(self._layout.key, data, PRIVATE_FILE)

    def rotate_key(self, reason: str, at: str, *, entropy: Entropy) -> Vkey:
        """Hand the log over to a new key, kept as the old one is, and return its public half.

        Raises:
            WrongUsage: as `unlock`, or without a reason.
            DiskFailure: when the disk refuses; the next writer finishes it or takes it back.
        """
        if not reason.strip():
            raise WrongUsage("handing over needs a reason: --reason TEXT")
        self.unlock()
        passphrase = self._passphrase() if self.is_sealed and self._passphrase is not None else None
        old, disk = self.ledger.log.vkey, self.store.disk
        new, signer = rotate.prepare(self._layout, self.ledger.origin, passphrase, disk, entropy=entropy)
        assert self._signer is not None
        self._sign_with(HandingOver(self._signer, signer))
        batch = self.ledger.batch()
        batch.add(rotate.rotated(old, new, reason.strip(), at))
        self.ledger.commit(batch)
        self._settle()
        return new

    def retire_key(self, reason: str, at: str) -> None:
        """Close the log for good: its key says so, and signs nothing more.

        Raises:
            WrongUsage: as `unlock`, or without a reason.
        """
        if not reason.strip():
            raise WrongUsage("closing the log needs a reason: --reason TEXT")
        self.unlock()
        batch = self.ledger.batch()
        batch.add(rotate.retired(self.ledger.log.vkey, reason.strip(), at))
        self.ledger.commit(batch)
        rotate.close(self._layout, self.ledger.log, self.store.disk)

    def _settle(self) -> None:
        """Finish a handing over of the key, or take it back."""
        log = self.ledger.log
        found = rotate.settle(self._layout, log, self.store.disk)
        if found != log.keys:
            log.hand_over(found)
        if not rotate.is_begun(self._layout) and isinstance(self._signer, HandingOver):
            self._sign_with(self._signer.of(log.vkey.public))

    def _sign_with(self, signer: Signer) -> None:
        self._signer = signer
        self.ledger.sign_with(signer)

    def _unlocked(self) -> keys.SeedSigner:
        if self._signer is None:
            raise WrongUsage("this archive is open for reading only")
        return self._signer.unlock()

    @property
    def key_path(self) -> Path:
        """Where the signing key lies."""
        return self._layout.key

    @property
    def is_sealed(self) -> bool:
        """Whether the signing key is sealed with a passphrase.

        Raises:
            Damaged: when it is missing or no key.
        """
        return isinstance(keys.parse_key(keys.read(self._layout.key)), keys.SealedKey)

    def plan_erasure(self, index: int) -> erase.Plan:
        """Return what erasing the exhibit at an index of the log would destroy; see `erase.plan`."""
        return erase.plan(self.ledger, index)

    def erase(self, plan: erase.Plan, *, reason: str, by: Sequence[str], at: str) -> erase.Erasure:
        """Seal who erases an exhibit and why, then destroy its content, what was made of it, and its salts.

        Catalogue and index go too; whoever opens them next makes them again.

        Raises:
            WrongUsage: when these are not two different names, there is no reason, or the archive is open for reading.
        """
        if not reason.strip():
            raise WrongUsage("an erasure needs a reason: --reason TEXT")
        erasure = erase.Erasure(plan.exhibits, plan.entries, reason.strip(), erase.check_names(by), at)
        erase.begin(self.ledger, self._layout, self.store, erasure)
        erase.finish(self.ledger, self._layout, self.store)
        return erasure

    def accept(self, grade: str) -> None:
        """Remember in the settings that files may be read in cells of this grade.

        Raises:
            WrongUsage: when the settings cannot be written that way, for they are unlike ours; nothing is changed.
        """
        text = with_accepted(_read(self._layout, self._layout.settings), grade)
        self.settings = Settings.parse(text)
        if self.settings.accept_grade != grade:
            raise WrongUsage(f'write accept_grade = "{grade}" below [reading] in witnessmark.toml yourself')
        self.store.disk.write_durably(self._layout.settings, text.encode(), PRIVATE_FILE)

    @property
    def holds_torn(self) -> bool:
        """Whether something lies here that a crash left unfinished: it may hold anything."""
        return any(
            path.is_dir() and any(path.iterdir()) for path in (self._layout.torn_events, self._layout.torn_content)
        )

    @property
    def catalogue_path(self) -> Path:
        """Where the catalogue lies."""
        return self._layout.catalogue

    @property
    def index_path(self) -> Path:
        """Where the full-text index lies."""
        return self._layout.index

    @property
    def desk_path(self) -> Path:
        """Where private work in progress lies."""
        return self._layout.desk

    def temporary(self) -> Path:
        """Return a scratch folder on the archive's disk; the next writer empties it."""
        path = self._layout.temporary / "scratch"
        with sentences("made", path):
            path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        return path

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.release(well=not self.ledger.failed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _key_file(signer: keys.SeedSigner, origin: str, passphrase: str | None, entropy: Entropy) -> bytes:
    if passphrase is None:
        return keys.key_text(signer.seed, origin).encode()
    return keys.sealed_text(keys.SealedKey.seal(signer.seed, passphrase, entropy=entropy), origin).encode()


def _check_free(layout: Layout) -> None:
    root = layout.root
    if not root.exists():
        return
    if not root.is_dir():
        raise WrongUsage(f"{root} is a file: name a folder for the archive")
    with sentences("read", root):
        found = {path.name for path in root.iterdir()} - {"lost+found"}
    if layout.settings.exists():
        raise WrongUsage(f"{root} is an archive already")
    if found - {"log", "vault", "log.vkey"} or (found and _holds_events(layout)):
        raise WrongUsage(f"{root} is not empty and no archive: name a new folder, or restore witnessmark.toml there")


def _holds_events(layout: Layout) -> bool:
    if not layout.vault.is_dir():
        return True
    return layout.events.is_dir() and any(layout.events.iterdir())


def _make_folders(layout: Layout, disk: Disk) -> None:
    with sentences("made", layout.root):
        layout.root.parent.mkdir(parents=True, exist_ok=True)
    disk.folder(layout.root, PRIVATE_FOLDER)
    with contextlib.suppress(OSError):
        layout.root.chmod(PRIVATE_FOLDER)  # the catalogue beside the vault is private too
    for path in (layout.events, layout.new_content, layout.keys, layout.temporary):
        disk.folder(path, PRIVATE_FOLDER)
    for path in (layout.checkpoints, layout.tiles):
        disk.folder(path, PUBLIC_FOLDER)
    for path in (layout.archived(0), layout.checkpoint):
        if path.exists():  # of a making that was interrupted, signed by a key that nothing was sealed with
            disk.remove(path)


def _open_log(layout: Layout) -> tuple[Settings, PublicLog]:
    settings = _read_settings(layout)
    try:
        vkey = Vkey.parse(_read(layout, layout.vkey).removesuffix("\n"))
    except BrokenEvidence as error:
        raise Damaged(f"log.vkey cannot be read: {error}") from error
    if vkey.name != settings.origin:
        raise Damaged("log.vkey and the origin in witnessmark.toml name two logs: the origin never changes")
    log = PublicLog(layout, rotate.succession(layout, vkey))
    log.open()
    return settings, log


def _read_settings(layout: Layout) -> Settings:
    if not Archive.exists(layout.root):
        raise WrongUsage(f"{layout.root} is no archive: it has no witnessmark.toml")
    return Settings.parse(_read(layout, layout.settings))


def _read(layout: Layout, path: Path) -> str:
    if not path.is_file():
        raise Damaged(f"{layout.shown(path)} is missing: restore it from a backup")
    with sentences("read", path), path.open("rb") as file:
        data = file.read(_LARGEST_SETTINGS)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Damaged(f"{layout.shown(path)} is no UTF-8") from error
