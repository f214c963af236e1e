"""`witnessmark files`: every exhibit, one line each; the JSON of this command is kept stable for scripts.

Behind an exhibit stand the members that its container names and that were not taken out: locked ones, links, what no
reader here unpacks. They are no exhibits: nothing of them is sealed by itself, so they have no id, no type and no text.
"""

import argparse
from collections.abc import Iterator

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cli import compose, say
from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.derivative import LARGEST_OBSERVATIONS, LARGEST_TEXT, Outcome
from witnessmark.model.exhibit import MEMBER, Path, printed
from witnessmark.work.reading import RefusedMember, refused_members

HIDDEN_LINE = "--- hidden text: in the file, not seen by its reader ---"
"""The line between visible and hidden text wherever both are printed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "examples:\n  witnessmark files archive/ --json --text > exhibits.jsonl\n"
        "  witnessmark files archive/ --outcome violation"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument(
        "--outcome",
        metavar="WORD",
        choices=[*(outcome.value for outcome in Outcome), "due"],
        help="only exhibits whose reading ended so, and members not taken out for that reason: ok, partial, encrypted, "
        "timeout, violation … or due",
    )
    parser.add_argument("--text", action="store_true", help="with --json: add the text, visible and hidden")
    parser.add_argument(
        "--observations", action="store_true", help="with --json: add what was observed: dates, cameras, sizes, tags"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    with compose.for_reading(arguments.archive) as (archive, catalogue):
        unread = 0
        for row in catalogue.exhibits():
            if arguments.outcome in (None, _outcome(row)):
                _say_exhibit(arguments, archive, catalogue, row)
            try:
                members = not_taken_out(archive, row)
            except Damaged:
                unread += 1
                continue
            for member in members:
                if arguments.outcome in (None, member.outcome.value):
                    _say_member(arguments, catalogue, row, member)
    if unread:
        raise Damaged(f"the members of {unread:,} containers cannot be listed: run `witnessmark audit`")
    return 0


def _say_exhibit(arguments: argparse.Namespace, archive: Archive, catalogue: Catalogue, row: ExhibitRow) -> None:
    if not arguments.json:
        kind = "" if row.reading is None else row.reading.derivative.media_type
        say.line(f"{row.exhibit.id}  {_outcome(row):<14} {kind:<40} {row.exhibit.size:>12,}  {say.safe(row.printed)}")
        return
    value = file_object(catalogue, row)
    if arguments.text:
        value["text"] = exhibit_text(archive, row)
    if arguments.observations:
        value["observations"] = exhibit_observations(archive, row)
    say.line(say.json_line(value))


def _say_member(arguments: argparse.Namespace, catalogue: Catalogue, row: ExhibitRow, member: RefusedMember) -> None:
    value = member_object(catalogue, row, member)
    if arguments.json:
        value |= {"text": ""} if arguments.text else {}
        value |= {"observations": []} if arguments.observations else {}
        say.line(say.json_line(value))
    else:
        size = "" if value["size"] is None else f"{value['size']:,}"
        path = say.safe(str(value["path"]))
        say.line(f"{'-':<16}  {member.outcome.value:<14} {'not taken out':<40} {size:>12}  {path}")


def not_taken_out(archive: Archive, row: ExhibitRow) -> tuple[RefusedMember, ...]:
    """Return the members that the newest reading of an exhibit named and did not take out.

    Raises:
        Damaged: when its list cannot be read.
    """
    # A reading that names one does not end as `ok`: most exhibits need not be looked into.
    if row.reading is None or row.reading.derivative.outcome in (None, Outcome.OK):
        return ()
    return refused_members(archive.store, row.reading.derivative.digest, LARGEST_OBSERVATIONS)


def _outcome(row: ExhibitRow) -> str:
    reading = row.reading
    return "due" if reading is None or reading.derivative.outcome is None else reading.derivative.outcome.value


def member_object(catalogue: Catalogue, row: ExhibitRow, member: RefusedMember) -> dict[str, object]:
    """Return what `files --json` says of a member that was not taken out; the size is what its container states."""
    stated = dict(member.stated or {})
    size = stated.pop("size", None)
    path = f"{row.printed}{MEMBER}{printed(member.path)}"
    value: dict[str, object] = {
        "id": None,
        "path": path,
        "size": size if isinstance(size, int) else None,
        "media_type": None,
        "outcome": member.outcome.value,
        "detail": member.detail,
        "kind": None,
        "languages": [],
        "characters": 0,
        "machine_read": None,
        "source": row.source,
        "container": row.exhibit.id,
        "how": None,
        "sealed": None,
        "public_id": None,
        "stated": stated,
    }
    raw = b"".join(_path_bytes(catalogue, row)) + MEMBER.encode() + b"/".join(step.as_bytes for step in member.path)
    return {**value, **_exact_path(raw, path, member.path)}


def file_object(catalogue: Catalogue, row: ExhibitRow) -> dict[str, object]:
    """Return what `files --json` says of an exhibit."""
    reading, exhibit = row.reading, row.exhibit
    derivative = None if reading is None else reading.derivative
    value: dict[str, object] = {
        "id": exhibit.id,
        "path": row.printed,
        "size": exhibit.size,
        "media_type": None if derivative is None else derivative.media_type,
        "outcome": None if derivative is None or derivative.outcome is None else derivative.outcome.value,
        "detail": "" if derivative is None else derivative.detail,
        "kind": None if derivative is None or derivative.kind is None else derivative.kind.value,
        "languages": [] if derivative is None else list(derivative.languages),
        "characters": 0 if derivative is None else derivative.characters,
        "machine_read": None if derivative is None else derivative.recognised,
        "source": row.source,
        "container": row.container_id,
        "how": exhibit.how.value,
        "sealed": row.sealed,
        "public_id": None if row.public_id is None else str(row.public_id),
        "stated": exhibit.stated,
    }
    return {**value, **_exact_path(b"".join(_path_bytes(catalogue, row)), row.printed, exhibit.path)}


def _exact_path(raw: bytes, shown: str, path: Path) -> dict[str, object]:
    """Return the exact bytes of a printed path, where they are not what is printed."""
    is_exact = raw.decode(errors="replace") == shown and all(step.raw is None for step in path)
    return {} if is_exact else {"path_b64": codec.to_base64(raw)}


def _path_bytes(catalogue: Catalogue, row: ExhibitRow) -> Iterator[bytes]:
    """Yield the exact bytes of a printed path, containers first."""
    if row.exhibit.container is not None:
        yield from _path_bytes(catalogue, catalogue.by_commitment(row.exhibit.container))
        yield MEMBER.encode()
    yield b"/".join(step.as_bytes for step in row.exhibit.path)


def exhibit_text(archive: Archive, row: ExhibitRow) -> str:
    """Return visible and hidden text as they are printed: the hidden after a line that says so."""
    reading = row.reading
    if reading is None:
        return ""
    text = ""
    if reading.visible is not None and reading.visible.digest is not None:
        text = archive.store.read(reading.visible.digest, LARGEST_TEXT).decode()
    if reading.hidden is not None and reading.hidden.digest is not None:
        hidden = archive.store.read(reading.hidden.digest, LARGEST_TEXT).decode()
        text += ("" if not text or text.endswith("\n") else "\n") + HIDDEN_LINE + "\n" + hidden
    return text


def exhibit_observations(archive: Archive, row: ExhibitRow) -> list[object]:
    """Return what the newest reading observed, in its order: pairs of a name and a value; none while it is due."""
    if row.reading is None or row.reading.derivative.digest is None:
        return []
    raw = archive.store.read(row.reading.derivative.digest, LARGEST_OBSERVATIONS)
    found = codec.decode(raw.decode())
    listed = found.get("observations") if isinstance(found, dict) else None
    return list(listed) if isinstance(listed, list) else []
