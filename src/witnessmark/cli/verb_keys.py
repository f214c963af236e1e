"""`witnessmark keys`: show and protect the key that signs for the log."""

import argparse
import os
from pathlib import Path

from witnessmark.archive import guard, keys
from witnessmark.archive.folder import Archive
from witnessmark.cli import compose, passphrase, say
from witnessmark.errors import DiskFailure, WrongUsage


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "show         the public key, how the private one is kept, and what it signed last on this machine\n"
        "passphrase   seal the private key with a new passphrase; an empty one keeps it without\n"
        "export       write the private key, sealed as it is, to a new file: a copy to keep apart\n"
        "rotate       hand the log over to a new key: an event in the log, and a checkpoint that both keys sign\n"
        "retire       close the log: its key says so and signs nothing more; there is no way back\n"
        "fork         the archive was restored and the newer copy is lost: say so in the ledger, and go on\n\n"
        "Without the passphrase nobody can sign for the log, you neither. Write it down and keep it apart.\n\n"
        "examples:\n"
        "  witnessmark keys archive/ show\n"
        "  witnessmark keys archive/ passphrase\n"
        "  witnessmark keys archive/ export --to /media/usb/log.key\n"
        "  witnessmark keys archive/ rotate --reason 'yearly'\n"
        "  witnessmark keys archive/ fork --reason 'disk lost on 12 June, restored from the copy of 11 June'"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("act", choices=["show", "passphrase", "export", "rotate", "retire", "fork"])
    parser.add_argument("--to", metavar="FILE", help="export: a new file outside the archive")
    parser.add_argument("--reason", metavar="TEXT", help="rotate, retire, fork: what happened; sealed in the ledger")
    new = parser.add_mutually_exclusive_group()
    new.add_argument("--new-passphrase-file", metavar="FILE", help="passphrase: the new one is the first line of FILE")
    new.add_argument("--remove", action="store_true", help="passphrase: keep the key without one")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for with the key."""
    acts = {
        "show": _show,
        "passphrase": _passphrase,
        "export": _export,
        "rotate": _rotate,
        "retire": _retire,
        "fork": _fork,
    }
    return acts[arguments.act](arguments)


def _show(arguments: argparse.Namespace) -> int:
    with compose.only_reading(arguments.archive) as archive:
        is_sealed, vkey, origin = archive.is_sealed, archive.ledger.vkey, archive.ledger.origin
        memory = guard.Memory(compose.state_folder(arguments.archive), origin)
        size, last = archive.ledger.size, guard.size_of(memory.read())
        earlier = archive.ledger.log.keys.earlier
    if arguments.json:
        say.line(
            say.json_line(
                {
                    "key": vkey,
                    "earlier": [{"key": key.text, "until": until} for key, until in earlier],
                    "sealed": is_sealed,
                    "size": size,
                    "remembered": last,
                    "state": str(memory.path),
                }
            )
        )
        return 0
    say.line(f"Public key: {vkey}")
    for key, until in earlier:
        say.line(f"Earlier key, up to size {until:,}: {key.text}")
    say.line(f"The private key is {'sealed with a passphrase' if is_sealed else 'kept without a passphrase'}.")
    say.line(f"The log has {size:,} entries.")
    if last is None:
        say.line(f"This machine does not remember what it signed: {say.safe(str(memory.path))} is not there.")
    else:
        say.line(f"This machine remembers that it signed size {last:,}: {say.safe(str(memory.path))}")
    return 0


def _passphrase(arguments: argparse.Namespace) -> int:
    with compose.writer(arguments.archive, arguments) as archive:
        archive.unlock()
        if arguments.remove:
            new = None
        elif arguments.new_passphrase_file is not None:
            new = passphrase.from_file(arguments.new_passphrase_file, arguments.archive)
        else:
            new = passphrase.ask_twice("The new passphrase (empty: none): ")
        archive.change_passphrase(new, entropy=compose.entropy)
    if arguments.json:
        say.line(say.json_line({"sealed": new is not None}))
        return 0
    if new is None:
        say.line("The signing key is now kept without a passphrase, readable by its owner alone.")
    else:
        say.line("The signing key is now sealed with the new passphrase. Without it nobody can sign, you neither.")
    say.line("The disk, backups and exports may still hold the key as it was before.")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    if arguments.to is None:
        raise WrongUsage("export also needs --to FILE: a new file outside the archive")
    place = Path(os.path.realpath(arguments.to))
    if place.is_relative_to(Path(os.path.realpath(arguments.archive))):
        raise WrongUsage(f"{arguments.to} lies inside the archive: a copy of the key is to be kept apart")
    with compose.only_reading(arguments.archive) as archive:
        text, is_sealed = keys.read(archive.key_path), archive.is_sealed
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError as error:
        raise WrongUsage(f"{arguments.to} is there already: a key is never overwritten; name another file") from error
    except OSError as error:
        raise DiskFailure(f"{arguments.to} cannot be written: {error.strerror}") from error
    if arguments.json:
        say.line(say.json_line({"to": str(place), "sealed": is_sealed}))
    else:
        how = "sealed with the passphrase" if is_sealed else "without a passphrase: whoever holds it can sign"
        say.line(f"The signing key lies in {say.safe(arguments.to)}, readable by you alone, {how}.")
    return 0


def _reason(arguments: argparse.Namespace) -> str:
    reason: str = (arguments.reason or "").strip()
    if not reason:
        raise WrongUsage(f"{arguments.act} also needs --reason TEXT: what happened, for whoever asks later")
    return reason


def _rotate(arguments: argparse.Namespace) -> int:
    reason = _reason(arguments)
    with compose.writer(arguments.archive, arguments) as archive:
        old, is_sealed = archive.ledger.vkey, archive.is_sealed
        new = archive.rotate_key(reason, compose.clock(), entropy=compose.entropy)
        size = archive.ledger.size
    if arguments.json:
        say.line(say.json_line({"key": new.text, "earlier": old, "size": size, "sealed": is_sealed}))
        return 0
    say.line(f"The log has a new key: {new.text}")
    say.line(f"Both keys signed the checkpoint of size {size:,}; from now on the new one signs alone.")
    say.line(f"It is kept {'sealed with the same passphrase' if is_sealed else 'without a passphrase'}.")
    say.line(
        "Hand it out as you did the old one, and let your witnesses trust it (`witness trust`). Whoever has the old "
        "key can still check editions: each shows how one key handed over to the next."
    )
    say.line("Backups and exports may still hold the old private key: destroy them, above all if it was stolen.")
    return 0


def _retire(arguments: argparse.Namespace) -> int:
    reason = _reason(arguments)
    with compose.writer(arguments.archive, arguments) as archive:
        archive.retire_key(reason, compose.clock())
        key, size = archive.ledger.vkey, archive.ledger.size
    if arguments.json:
        say.line(say.json_line({"key": key, "size": size}))
    else:
        say.line(f"The log is closed at size {size:,}: nothing more can be sealed in it. Reading and checking go on.")
    return 0


def _fork(arguments: argparse.Namespace) -> int:
    reason = _reason(arguments)
    with compose.writer(arguments.archive, arguments, despite_conflict=True) as archive:
        if archive.conflict is None:
            raise WrongUsage("there is nothing to settle: all that this key signed on this machine is in this archive")
        archive.unlock()
        _write_fork(archive, reason)
        size = archive.ledger.size
    if arguments.json:
        say.line(say.json_line({"size": size}))
        return 0
    say.line(f"Sealed in the ledger, which now has {size:,} entries. Both checkpoints stay in log/anchors.")
    say.line("Whoever kept the lost checkpoint, a witness for one, will rightly refuse this log: tell them why.")
    return 0


def _write_fork(archive: Archive, reason: str) -> None:
    if archive.conflict is not None:
        batch = archive.ledger.batch()
        batch.add(guard.fork(archive.conflict, archive.ledger.log.vkey.public, reason, compose.clock()))
        archive.ledger.commit(batch)
