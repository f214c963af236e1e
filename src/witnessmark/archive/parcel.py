"""Requests out and answers in, as files: what is carried by USB or e-mail between this machine and those it asks.

Rules for whoever changes this file:
- A zip that came back is a stranger's: members, sizes and methods are capped before anything is unpacked.
- A member is only ever read into memory; its name is shown and never becomes a path.
"""

import contextlib
import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from witnessmark.archive.disk import sentences
from witnessmark.archive.stamp import Asked
from witnessmark.errors import Damaged, WrongUsage

LARGEST = 1 << 24
MOST_MEMBERS = 256
LARGEST_MEMBER = 1 << 20

_NOT_PLAIN = re.compile(r"[^a-z0-9._-]")
_OURS = re.compile(
    r"(?:.*/)?(?:readme\.txt|checkpoint\.(?:txt|note)|log\.vkey|request\.(?:tsq|txt)|[0-9a-f]{64}\.digest)\Z",
    re.IGNORECASE,
)
_TIME = (1980, 1, 1, 0, 0, 0)

_README = """\
What this is
============

A log of {size} entries asks others to say that they saw it. Nothing in here tells what the log is about: it holds the
log's name, its size and one hash. Whoever is asked over a network also learns the network address that asks, and when;
use Tor if that matters.

checkpoint.txt   the three lines that are stamped
checkpoint.note  the same with the log's signature
log.vkey         the log's public key
request.tsq      for time stamp authorities (RFC 3161)
*.digest         for OpenTimestamps calendars: a hash of that hash and a number drawn for it
witness/         a request for each witness that has not cosigned this checkpoint yet

Witnesses
---------

Send each witness its request.txt. A partner who uses this program answers with

    witnessmark witness cosign my-witness/ request.txt --out answer.txt

and over a network any C2SP witness answers to

    curl --data-binary @request.txt https://WITNESS/add-checkpoint > NAME.txt

{witnesses}
Time stamp authorities
----------------------

Ask two or more:

    curl -H 'Content-Type: application/timestamp-query' --data-binary @request.tsq https://AUTHORITY > NAME.tsr

Put beside it, as NAME.pem, the certificates from the authority's site up to its root.

OpenTimestamps
--------------

Ask two calendars or more; the answer's name tells what was asked, so keep its first part:

    curl --data-binary @{digest}.digest \\
      -H 'Accept: application/vnd.opentimestamps.v1' https://CALENDAR/digest > {digest}-NAME.calendar

A calendar answers with a promise at once; hours later it can tell the block of Bitcoin. {promises}
The program `ots stamp checkpoint.txt` does as well; bring back the file checkpoint.txt.ots.

Back home
---------

Put all answers into one zip, or name them one by one, and carry them back:

    witnessmark stamp ARCHIVE --import answer.zip
    witnessmark stamp ARCHIVE --import NAME.txt NAME.tsr NAME.pem {digest}-NAME.calendar

Each answer is checked before it is kept.
"""


def files(asked: Asked, note: str, vkey: str) -> list[tuple[str, bytes]]:
    """Return names and bytes of what is sent out."""
    names = _names([witness.name for witness, _, _ in asked.witnesses])
    rows = [
        f"    witness/{name}/request.txt   from size {old}"
        for name, (_, old, _) in zip(names, asked.witnesses, strict=True)
    ]
    told = "\n".join(rows) or "    No witness is left to ask: ARCHIVE/policy names none that has not cosigned."
    digest = asked.digest.hex()
    readme = _README.format(size=asked.size, witnesses=told + "\n", digest=digest, promises=_promised(asked))
    return [
        ("README.txt", readme.encode()),
        ("checkpoint.txt", asked.text.encode()),
        ("checkpoint.note", note.encode()),
        ("log.vkey", f"{vkey}\n".encode()),
        ("request.tsq", asked.query),
        (f"{digest}.digest", asked.digest),
        *((f"witness/{name}/request.txt", data) for name, (_, _, data) in zip(names, asked.witnesses, strict=True)),
    ]


def _promised(asked: Asked) -> str:
    """Say what became of earlier promises and how it is asked."""
    if not asked.promises:
        return "Export again then:\nthe README.txt of that zip will say how to ask.\n"
    rows = "".join(f"    {one.commitment.hex()}   {one.uri}\n" for one in asked.promises)
    return (
        "Promised so far, and by whom,\nas the proofs say (ask only calendars that you know):\n\n"
        f"{rows}\n    curl -f https://CALENDAR/timestamp/WHAT-WAS-PROMISED > WHAT-WAS-PROMISED.calendar\n"
    )


def _names(given: list[str]) -> list[str]:
    """Return a plain name for each, none twice."""
    found: list[str] = []
    for number, name in enumerate(given, 1):
        plain = _NOT_PLAIN.sub("_", name.lower())[:40]
        found.append(f"{number}-{plain}" if plain in found or plain.startswith(".") else plain)
    return found


def packed(members: list[tuple[str, bytes]]) -> bytes:
    """Return a zip with fixed times, uncompressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, _TIME), data)
    return out.getvalue()


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, whole or not at all.

    Raises:
        WrongUsage: when it exists.
        DiskFailure: when the disk refuses.
    """
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    with sentences("written", path):
        try:
            with waiting.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(waiting, path)
            except FileExistsError as error:
                raise WrongUsage(f"{path} exists already: name another file") from error
        finally:
            with contextlib.suppress(OSError):
                waiting.unlink()


def answers(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each answer in a file, or in a zip of files, certificates first.

    What `files` made and came back with the answers is left out.

    Raises:
        Damaged: when the file is missing, too large, or a zip that does not read.
        DiskFailure: when it cannot be read.
    """
    with sentences("read", path):
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise Damaged(f"{path} is missing, or no file") from error
    if len(data) > LARGEST:
        raise Damaged(f"{path} is larger than {LARGEST >> 20} MiB: no answer of any kind is")
    if data[:4] not in {b"PK\x03\x04", b"PK\x05\x06"}:
        yield path.name, data
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = list(_members(archive, path))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise Damaged(f"{path} is a zip that does not read: {error}") from error
    yield from sorted(members, key=lambda member: b"-----BEGIN CERTIFICATE" not in member[1])


def _members(archive: zipfile.ZipFile, path: Path) -> Iterator[tuple[str, bytes]]:
    infos = [info for info in archive.infolist() if not info.is_dir() and not _OURS.match(info.filename)]
    if len(infos) > MOST_MEMBERS:
        raise Damaged(f"{path} holds more than {MOST_MEMBERS} files")
    for info in infos:
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Damaged(f"{path}: {info.filename!r} is packed in an unusual way; pack it again, or name the file")
        with archive.open(info) as file:
            data = file.read(LARGEST_MEMBER + 1)
        if len(data) > LARGEST_MEMBER:
            raise Damaged(f"{path}: {info.filename!r} is larger than one mebibyte: no answer of any kind is")
        yield info.filename, data
