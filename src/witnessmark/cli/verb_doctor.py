"""`witnessmark doctor`: what this machine brings, and how an archive is kept on it."""

import argparse
import platform
import shutil
import sqlite3
import ssl
import tempfile
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from witnessmark import __version__
from witnessmark.archive import guard, medium
from witnessmark.archive.folder import Archive
from witnessmark.archive.medium import Encrypted
from witnessmark.cell import grade
from witnessmark.cell.confine import Grade
from witnessmark.cli import compose, confinement, say
from witnessmark.errors import DiskFailure, WitnessmarkError
from witnessmark.work import found, programs, step

_DETECTION = ("pylibmagic", "python-magic")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "The cell, in which hostile files are read, is attacked from inside: fourteen attempts, each blocked,\n"
        "contained (it happened and could do nothing), or not observed to be held. The grade is what was observed:\n"
        "A all of the kernel's walls, B without namespaces, C limits and kills, D nothing; below B `compile` asks.\n\n"
        "Programs of this machine that are used when they are found are listed, and what the lack of one costs.\n\n"
        "With an ARCHIVE also how it is kept: key, disk, free space, what this machine remembers.\n"
        "Nothing is changed. Exit code 0 says that doctor could look, not that all is well: read what it says.\n\n"
        "examples:\n"
        "  witnessmark doctor\n"
        "  witnessmark doctor archive/"
    )
    parser.add_argument("archive", metavar="ARCHIVE", nargs="?")


def run(arguments: argparse.Namespace) -> int:
    """Look around and say what was seen."""
    found: dict[str, object] = {
        "witnessmark": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "sqlite": sqlite3.sqlite_version,
        "openssl": ssl.OPENSSL_VERSION,
        "libraries": _libraries(),
        "workers": compose.workers(),
    }
    advice: list[str] = []
    attacked = grade.observe(step.READERS.walls)
    found |= _cell(attacked, advice)
    found["programs"] = _programs(advice)
    if arguments.archive is not None:
        found |= _archive(arguments.archive, advice)
    if arguments.json:
        say.line(say.json_line(found | {"advice": advice}))
        return 0
    for name, value in found.items():
        if name == "attempts":
            for attempt in attacked.attempts:
                say.line(f"  {attempt.name}: {attempt.held} ({attempt.seen})")
        elif isinstance(value, dict):
            say.line(f"{name}: " + ", ".join(f"{one} {number}" for one, number in value.items()))
        else:
            say.line(f"{name.replace('_', ' ')}: {say.safe(str(value))}")
    for sentence in advice:
        say.line(f"advice: {sentence}")
    return 0


def _cell(found: grade.Observed, advice: list[str]) -> dict[str, object]:
    """Return what the attack from inside a cell showed of this machine."""
    if found.grade > confinement.ENOUGH:
        advice.append(
            f"files are read in cells of grade {found.grade} here, {confinement.MEANING[found.grade]}: use a Linux "
            "with Landlock and seccomp, or a machine without a network and with nothing else on it"
        )
    return {
        "cell": f"grade {found.grade}, {confinement.MEANING[found.grade]}; "
        f"{found.held} of {len(found.attempts)} attacks from inside held",
        "grade": found.grade.value,
        "attempts": [
            {"attempt": attempt.name, "held": attempt.held.value, "seen": attempt.seen} for attempt in found.attempts
        ],
    }


def _programs(advice: list[str]) -> dict[str, str]:
    """Return the version of each program that is used when it is here; what the lack of one costs is advice."""
    with tempfile.TemporaryDirectory(prefix="witnessmark-") as folder:
        known = found.told(Path(folder), Grade.D.value)  # no file is given to them here
        letters = programs.tesseract(Path(folder), Grade.D.value)
    for one in known:
        if one.program is None:
            advice.append(f"{one.name} is not found: {one.purpose}; on Debian install {one.package}")
        advice.extend(f"letters: {sentence}" for sentence in one.more)
    listed = {one.name: "not found" if one.program is None else one.program.version for one in known}
    return listed | ({} if letters is None else {"packs": "+".join(letters.packs)})


def _libraries() -> dict[str, str]:
    """Return the version of each library that we are made to run with."""
    try:
        names = [line for line in distribution("witnessmark").requires or [] if "extra ==" not in line]
    except PackageNotFoundError:
        names = []
    bare = sorted({_bare(line) for line in names} | set(_DETECTION))
    return {name: _version(name) for name in bare}


def _bare(requirement: str) -> str:
    return requirement.split(";", maxsplit=1)[0].translate(str.maketrans("<>=!~[ (", "        ")).split()[0]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _archive(root: str, advice: list[str]) -> dict[str, object]:
    with compose.only_reading(root) as archive:
        found: dict[str, object] = {"archive": root, "entries": archive.ledger.size}
        found |= _kept(archive, advice) | _remembered(archive, root, advice)
        grades = sorted({str(one.fields.get("grade")) for one in archive.ledger.replay() if one.kind == "derivative"})
    found["cell_grades"] = ", ".join(grades) or "nothing was read yet"
    if set(grades) - {"A", "B"}:
        advice.append(
            "files of this archive were read without the kernel's walls: each reading names its grade; `files --json`"
        )
    return found


def _kept(archive: Archive, advice: list[str]) -> dict[str, object]:
    try:
        key = "sealed with a passphrase" if archive.is_sealed else "without a passphrase"
    except WitnessmarkError as error:
        key = f"cannot sign: {error}"
    if key == "without a passphrase":
        advice.append("whoever has this disk can sign for the log: `witnessmark keys ARCHIVE passphrase`")
    disk = medium.under(archive.root)
    if disk.encrypted is not Encrypted.YES:
        advice.append(
            "contents lie in the clear: keep the archive on a disk that is encrypted whole (LUKS or the like)"
        )
    try:
        free = shutil.disk_usage(archive.root).free
    except OSError as error:
        raise DiskFailure(f"{archive.root} cannot be looked at: {error.strerror}") from error
    return {
        "signing_key": key,
        "disk_encrypted": f"{disk.encrypted} ({disk.why})",
        "free_disk": say.octets(free),
    }


def _remembered(archive: Archive, root: str, advice: list[str]) -> dict[str, object]:
    memory = guard.Memory(compose.state_folder(root), archive.ledger.origin)
    size = guard.size_of(memory.read())
    if size is None:
        advice.append(
            "this machine does not remember what it signed: compare log/checkpoint with a copy kept elsewhere"
        )
    elif size > archive.ledger.size:
        advice.append("this archive is older than what its key signed here: go on with the newer copy")
    same = medium.on_one_disk(archive.root, Path(memory.path))
    return {"state": str(memory.path), "state_size": size, "state_on_the_same_disk": same}
