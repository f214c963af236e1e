"""A witness's folder: its key, the logs it trusts, and of each the last checkpoint it cosigned.

    FOLDER/            0700
      key              0600, the signing key: one line of words
      vkey             the public key, to be handed out
      lock             whoever checks and writes holds it (flock), across threads and processes
      logs/<hex SHA-256 of the origin>/
        keys           the trusted keys of this log, a line each
        checkpoint     the last one cosigned, with the log's lines and ours; the word `none` before the first
        refused/       checkpoints that a trusted key signed and that contradict ours, at most 16

Rules for whoever changes this file:
- What was cosigned is durable before it is answered: file, rename, folder, in this order.
- A record that is missing or does not read stops that log: starting again from nothing could cosign a second history.
- Nothing is ever deleted here.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.errors import BrokenEvidence, Damaged, DiskFailure, WrongUsage
from witnessmark.model import codec
from witnessmark.proof import cosignature, note
from witnessmark.proof.note import ED25519, Note, Signature, Vkey
from witnessmark.witness.request import Head

MOST_REFUSED = 16

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_KEY_WORD = "witnessmark-witness-key/v1"
_NEVER = "none\n"
_LARGEST = 1 << 18


@dataclass(frozen=True, slots=True)
class Kept:
    """The last checkpoint of a log that this witness cosigned."""

    head: Head
    note: Note
    time: int
    line: Signature


class Folder:
    """A witness: one name, one key, and what it has seen."""

    def __init__(self, root: Path, name: str, key: Ed25519PrivateKey) -> None:
        self._root = root
        self._key = key
        self.vkey = Vkey.for_cosigner(name, key.public_key().public_bytes_raw())

    @classmethod
    def create(cls, root: Path, name: str, *, entropy: Callable[[int], bytes]) -> Self:
        """Make a new witness with a key of its own.

        Raises:
            WrongUsage: when something lies there already, or the name cannot be one.
        """
        try:
            vkey = Vkey.for_cosigner(name, bytes(32))
        except (Damaged, UnicodeEncodeError) as error:
            raise WrongUsage(f"a witness's name has no blank and no plus: {name!r} cannot be one") from error
        with _sentences("made", root):
            root.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            if any(root.iterdir()):
                raise WrongUsage(f"{root} is not empty: a new witness needs a new folder")
            root.chmod(_PRIVATE_FOLDER)
            (root / "logs").mkdir(mode=_PRIVATE_FOLDER)
        seed = entropy(32)
        found = cls(root, vkey.name, Ed25519PrivateKey.from_private_bytes(seed))
        text = (
            f"# The key of the witness {name}: who holds this file can cosign in its name. Never hand it out, and\n"
            "# never let two machines use it: each would have to know what the other has cosigned.\n"
            f"{_KEY_WORD} {name} {codec.to_base64(seed)}\n"
        )
        _write(root / "vkey", found.vkey.text + "\n")
        # The key comes last: a folder without one is no witness yet.
        _write(root / "key", text)
        return found

    @classmethod
    def open(cls, root: Path) -> Self:
        """Open a witness's folder.

        Raises:
            Damaged: when it is none, or its key does not read.
            WrongUsage: when others may read the key.
        """
        path = root / "key"
        text = _read(path, f"{root} is no witness's folder: `witnessmark witness init` makes one")
        with _sentences("read", path):
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise WrongUsage(f"others can read the key {path}: take that right away (chmod 600) and run again")
        lines = [line for line in text.split("\n") if line and not line.startswith("#")]
        words = lines[0].split(" ") if len(lines) == 1 else []
        if len(words) != 3 or words[0] != _KEY_WORD:
            raise Damaged(f"the key {path} cannot be read: restore it from a backup, the key alone")
        return cls(root, words[1], Ed25519PrivateKey.from_private_bytes(codec.from_base64(words[2], 32)))

    def sign(self, message: bytes) -> bytes:
        """Return the witness's Ed25519 signature."""
        return self._key.sign(message)

    def trust(self, key: Vkey) -> bool:
        """Trust a log's key from now on; return whether it is new.

        Raises:
            WrongUsage: when it is no log's key.
        """
        if key.type != ED25519:
            raise WrongUsage("a log's key is of type Ed25519 (0x01): this one is another")
        place = self._place(key.name)
        with self.locked():
            known = self.keys(key.name)
            if key in known:
                return False
            if not known:
                self._begin(place)
            # The keys come last: a log without them is not known yet, whatever else a crash left.
            _write(place / "keys", "".join(one.text + "\n" for one in (*known, key)))
        return True

    def _begin(self, place: Path) -> None:
        with _sentences("made", place):
            for folder in (place, place / "refused"):
                folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            is_new = not (place / "checkpoint").exists()
        _sync(place.parent)
        if is_new:
            _write(place / "checkpoint", _NEVER)

    def keys(self, origin: str) -> tuple[Vkey, ...]:
        """Return the trusted keys of a log; none when it is not known."""
        path = self._place(origin) / "keys"
        with _sentences("read", path):
            if not path.is_file():
                return ()
        return tuple(Vkey.parse(line) for line in _read(path, f"the keys of {origin} are missing").split("\n")[:-1])

    def logs(self) -> tuple[str, ...]:
        """Return the origins of all logs that are trusted, sorted."""
        with _sentences("read", self._root):
            places = [place for place in (self._root / "logs").iterdir() if (place / "keys").is_file()]
        return tuple(sorted(Vkey.parse(_read(place / "keys", "").split("\n")[0]).name for place in places))

    def kept(self, origin: str) -> Kept | None:
        """Return what was last cosigned of a log, or none before the first time.

        Raises:
            Damaged: when the record is missing or does not carry our own cosignature.
        """
        path = self._place(origin) / "checkpoint"
        wrong = (
            f"the record of what was last cosigned for {origin} cannot be read: nothing is cosigned for this log any "
            "more; restore the newest copy of that record, never an older one"
        )
        text = _read(path, wrong)
        if text == _NEVER:
            return None
        ours = (self.vkey.name, self.vkey.key_id)
        try:
            found = note.parse(text)
            line = next(line for line in found.signatures if (line.name, line.key_id) == ours)
            time = cosignature.check(found.text, line, self.vkey)
            head = Head.parse(found.text)
        except (BrokenEvidence, StopIteration) as error:
            raise Damaged(wrong) from error
        if head.origin != origin:
            raise Damaged(wrong)
        return Kept(head, found, time, line)

    def keep(self, origin: str, signed: Note) -> None:
        """Make a cosigned checkpoint the last one of its log; durable when this returns."""
        _write(self._place(origin) / "checkpoint", signed.whole)

    def keep_refused(self, origin: str, signed: Note) -> bool:
        """Keep a checkpoint that contradicts the one cosigned: it shows, to anyone, what the log signed."""
        place = self._place(origin) / "refused"
        path = place / f"{hashlib.sha256(signed.text.encode()).hexdigest()}.checkpoint"
        with _sentences("read", place):
            if path.exists() or len(list(place.iterdir())) >= MOST_REFUSED:
                return path.exists()
        _write(path, signed.whole)
        return True

    def published(self, origin_hash: str) -> str | None:
        """Return the last cosigned checkpoint of the log with this hash, as monitors fetch it."""
        path = self._root / "logs" / origin_hash / "checkpoint"
        with _sentences("read", path):
            if not path.is_file():
                return None
        text = _read(path, "")
        return None if text == _NEVER else text

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder: nobody else checks and writes meanwhile."""
        path = self._root / "lock"
        with _sentences("locked", path):
            # Each holder opens the file anew, so that the lock keeps threads apart as well as processes.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
        try:
            with _sentences("locked", path):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _place(self, origin: str) -> Path:
        return self._root / "logs" / hashlib.sha256(origin.encode()).hexdigest()


@contextlib.contextmanager
def _sentences(act: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskFailure(f"{path} could not be {act}: {error.strerror or error}; nothing was cosigned") from error


def _read(path: Path, when_missing: str) -> str:
    with _sentences("read", path):
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST)
        except FileNotFoundError as error:
            raise Damaged(when_missing or f"{path} is missing") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Damaged(when_missing or f"{path} is no text") from error


def _write(path: Path, text: str) -> None:
    """Put a file in its place whole; durable when this returns."""
    temporary = path.with_name(path.name + ".new")
    with _sentences("written", path):
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE_FILE)
        try:
            data = text.encode()
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    with _sentences("written", folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
