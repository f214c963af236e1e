"""The log's key handed over to a new one, or the log closed: an event, a checkpoint that both keys sign, the files.

What is written, in this order, and what a writer does that finds it half done:

    keys/next.vkey, keys/next.key   the new key; nothing is signed by it yet
    the event, and the checkpoint   signed by both; without it next.* is removed: nothing has happened
    log.earlier                     the old key, and the size at which it handed over
    log.vkey, keys/log.key          the new key takes its place; next.* is removed

Rules for whoever changes this file:
- Between the new key's files and its taking the place nothing is sealed but the one event.
- `log.earlier` may already name the key that `log.vkey` still holds: then its last line does not count yet.
"""

from collections.abc import Callable
from typing import Final

from witnessmark.archive import keys
from witnessmark.archive.disk import Disk, sentences
from witnessmark.archive.keys import HandingOver, Passphrase, SealedKey, SeedSigner, Signer
from witnessmark.archive.layout import PRIVATE_FILE, PUBLIC_FILE, Layout
from witnessmark.archive.log import PublicLog
from witnessmark.errors import BrokenEvidence, Damaged
from witnessmark.model.codec import to_base64
from witnessmark.model.event import Event
from witnessmark.model.words import Kind
from witnessmark.proof import note
from witnessmark.proof.note import Vkey
from witnessmark.proof.succession import Succession

_LARGEST: Final = 1 << 20


def succession(layout: Layout, current: Vkey) -> Succession:
    """Return the keys of the log, as the files beside it name them.

    Raises:
        Damaged: when they cannot be read.
    """
    rows = _earlier(layout)
    if rows and rows[-1][0] == current:
        rows = rows[:-1]  # a handing over that was not finished, or a log that is closed
    try:
        return Succession(current, rows)
    except Damaged as error:
        raise Damaged(f"log.earlier cannot be read: {error}") from error


def is_closed(layout: Layout, current: Vkey) -> bool:
    """Tell whether the log was closed: its last key has handed over to none."""
    rows = _earlier(layout)
    return bool(rows) and rows[-1][0] == current and not is_begun(layout)


def is_begun(layout: Layout) -> bool:
    """Tell whether a new key lies ready."""
    return layout.next_vkey.is_file() and layout.next_key.is_file()


def signer(layout: Layout, current: Vkey, passphrase: Passphrase | None) -> Signer:
    """Return who signs: the log's key, with the next one beside it while the log is handed over.

    Raises:
        Damaged, WrongUsage: as `keys.load`.
    """
    if not is_begun(layout):
        return keys.load(layout.key, current.public, passphrase)
    following = _next(layout)
    new = keys.load(layout.next_key, following.public, passphrase)
    if following == current:
        return new
    return HandingOver(keys.load(layout.key, current.public, passphrase), new)


def prepare(
    layout: Layout, origin: str, passphrase: str | None, disk: Disk, *, entropy: Callable[[int], bytes]
) -> tuple[Vkey, SeedSigner]:
    """Make a new key and write its files; it has the passphrase of the old one, or none where that has none."""
    new = SeedSigner(entropy(32))
    vkey = Vkey.for_ed25519(origin, new.public)
    if passphrase is None:
        text = keys.key_text(new.seed, origin)
    else:
        text = keys.sealed_text(SealedKey.seal(new.seed, passphrase, entropy=entropy), origin)
    disk.write_durably(layout.next_key, text.encode(), PRIVATE_FILE)
    disk.write_durably(layout.next_vkey, f"{vkey.text}\n".encode(), PUBLIC_FILE)
    return vkey, new


def rotated(old: Vkey, new: Vkey, reason: str, at: str) -> Event:
    """Return the event by which one key hands over to another."""
    fields = {"action": "rotated", "previous": to_base64(old.public), "public": to_base64(new.public)}
    return Event(Kind.KEY, {"at": at, "sealed": at[:10], "reason": reason, **fields})


def retired(key: Vkey, reason: str, at: str) -> Event:
    """Return the event by which the last key says that nothing more will be sealed."""
    return Event(
        Kind.KEY,
        {"at": at, "sealed": at[:10], "action": "retired", "public": to_base64(key.public), "reason": reason},
    )


def settle(layout: Layout, log: PublicLog, disk: Disk) -> Succession:
    """Finish what was begun: take the new key's files into their places, or away; return the keys as they are then.

    Raises:
        DiskFailure: when the disk refuses; the next writer goes on.
    """
    if not is_begun(layout):
        for path in (layout.next_vkey, layout.next_key):
            if path.is_file():
                disk.remove(path)
        return log.keys
    following = _next(layout)
    found = log.keys
    if following != log.vkey:
        if not _has_signed(following, log.note()):
            _drop(layout, disk)
            return found
        close(layout, log, disk)
        found = Succession(following, (*log.keys.earlier, (log.vkey, log.checkpoint.size)))
        disk.write_durably(layout.vkey, f"{following.text}\n".encode(), PUBLIC_FILE)
    disk.write_durably(layout.key, keys.read(layout.next_key).encode(), PRIVATE_FILE)
    _drop(layout, disk)
    return found


def close(layout: Layout, log: PublicLog, disk: Disk) -> None:
    """Write down that the current key's time ends at the latest checkpoint."""
    rows = (*log.keys.earlier, (log.vkey, log.checkpoint.size))
    text = "".join(f"{key.text} {size}\n" for key, size in rows)
    disk.write_durably(layout.earlier, text.encode(), PUBLIC_FILE)


def _drop(layout: Layout, disk: Disk) -> None:
    disk.remove(layout.next_vkey)
    disk.remove(layout.next_key)
    disk.sync()


def _has_signed(key: Vkey, text: str) -> bool:
    return any((line.name, line.key_id) == (key.name, key.key_id) for line in note.parse(text).signatures)


def _next(layout: Layout) -> Vkey:
    with sentences("read", layout.next_vkey):
        text = layout.next_vkey.read_text(encoding="utf-8", errors="replace")
    try:
        return Vkey.parse(text.removesuffix("\n"))
    except BrokenEvidence as error:
        raise Damaged(f"{layout.shown(layout.next_vkey)} cannot be read: {error}") from error


def _earlier(layout: Layout) -> tuple[tuple[Vkey, int], ...]:
    if not layout.earlier.is_file():
        return ()
    with sentences("read", layout.earlier), layout.earlier.open("rb") as file:
        data = file.read(_LARGEST)
    rows = []
    try:
        for line in data.decode().removesuffix("\n").split("\n"):
            text, _, size = line.partition(" ")
            if not (size.isascii() and size.isdecimal() and str(int(size[:18])) == size):
                raise Damaged("a line is not a key, a blank and a size")
            rows.append((Vkey.parse(text), int(size)))
    except (BrokenEvidence, UnicodeDecodeError) as error:
        raise Damaged(f"log.earlier cannot be read: {error}") from error
    return tuple(rows)
