"""`witnessmark stamp`: let others say that they saw the latest checkpoint; by file, or online when asked."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from witnessmark.archive import calendars, parcel, stamp
from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.calendars import Promise
from witnessmark.archive.stamp import Asked, Outcome, Refused, Taken
from witnessmark.cli import compose, online, passphrase, say
from witnessmark.errors import Damaged, DiskFailure, WrongUsage
from witnessmark.proof.note import Vkey
from witnessmark.proof.policy import Policy

_QUERY, _REPLY_SIZE = "application/timestamp-query", re.compile(rb"(0|[1-9][0-9]{0,18})\n?\Z")
_PROOF = "application/vnd.opentimestamps.v1"
_LARGEST = 1 << 16
_EPILOG = """\
examples:
  witnessmark stamp archive/                              what is there, and what is missing
  witnessmark stamp archive/ --export request.zip         carry it to a machine with a network
  witnessmark stamp archive/ --import answer.zip          and the answers back
  witnessmark stamp archive/ --online --authorities authorities.txt
  witnessmark stamp archive/ --online --calendar https://one.example --calendar https://two.example
  witnessmark stamp archive/ --upgrade --calendar https://one.example    hours later

Nothing goes over a network without --online or --upgrade, and only to those that you name. Witnesses and trusted
authorities stand in the file ARCHIVE/policy (docs/spec/policy.md). What others learn: the log's name, how many entries
it has, one hash; calendars only another hash; never what is in it.

exit codes: 0 all taken; 1 an answer is false; 2 one cannot be decided, or nobody answered; 64 wrong usage;
65 an answer or the archive is damaged; 74 the disk; 75 another writer. What was taken stays taken.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("archive", metavar="ARCHIVE")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--export", metavar="ZIP", help="write requests about the latest checkpoint into a new zip")
    act.add_argument(
        "--import", metavar="FILE", nargs="+", dest="answers", help="check answers, a zip or files, and keep the good"
    )
    act.add_argument("--online", action="store_true", help="ask over the network, now")
    act.add_argument(
        "--upgrade", action="store_true", help="ask calendars over the network what became of their promises"
    )
    parser.add_argument(
        "--authorities", metavar="FILE", help="with --online: time stamp authorities, a line each: NAME https://…"
    )
    parser.add_argument(
        "--calendar",
        metavar="URL",
        action="append",
        default=[],
        dest="calendars",
        help="an OpenTimestamps calendar: with --online two or more to ask, with --upgrade each that may be asked",
    )
    parser.add_argument(
        "--from",
        metavar="NAME=SIZE",
        action="append",
        default=[],
        dest="last",
        help="the size that a witness says it cosigned last, where it says so",
    )
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    if arguments.authorities is not None and not arguments.online:
        raise WrongUsage("--authorities goes with --online: without it nothing is asked over a network")
    if arguments.calendars and not (arguments.online or arguments.upgrade):
        raise WrongUsage("--calendar goes with --online or --upgrade: without them nothing is asked over a network")
    if arguments.export is not None:
        return _export(arguments)
    if arguments.answers is not None:
        return _import(arguments)
    if arguments.online:
        return _online(arguments)
    if arguments.upgrade:
        return _upgrade(arguments)
    return _show(arguments)


def _export(arguments: argparse.Namespace) -> int:
    path = Path(arguments.export)
    if path.exists():
        raise WrongUsage(f"{path} exists already: name another file")
    with compose.writer(arguments.archive, arguments) as archive:
        asked = stamp.ask(archive, compose.entropy, _last(arguments.last))
        members = parcel.files(asked, archive.ledger.note(), archive.ledger.vkey)
    parcel.write_new(path, parcel.packed(members))
    if arguments.json:
        names = [witness.name for witness, _, _ in asked.witnesses]
        say.line(say.json_line({"to": str(path), "size": asked.size, "witnesses": names, "exit": 0}))
        return 0
    say.line(
        f"{say.safe(str(path))} asks about the checkpoint of {say.counted(asked.size, 'entry', 'entries')}: "
        f"{say.counted(len(asked.witnesses), 'witness', 'witnesses')} by name, and any time stamp authority. Its "
        "README.txt says how; bring the answers back with --import."
    )
    return 0


def _import(arguments: argparse.Namespace) -> int:
    given = [member for name in arguments.answers for member in parcel.answers(Path(name))]
    if not given:
        raise Damaged("there is no answer in what was given: only our own requests, or nothing")
    # Whatever the order of the files, certificates are there before the time stamps that need them.
    given.sort(key=lambda member: b"-----BEGIN CERTIFICATE" not in member[1])
    with compose.writer(arguments.archive, arguments) as archive:
        return _told((found for name, data in given for found in stamp.take(archive, name, data)), arguments)


def _online(arguments: argparse.Namespace) -> int:
    servers = [] if arguments.authorities is None else online.parse_authorities(_read(arguments.authorities))
    hosts = _calendars(arguments.calendars)
    if len(hosts) == 1:
        raise WrongUsage("one calendar may be gone before it keeps its promise: name two or more, --calendar each")
    with compose.writer(arguments.archive, arguments) as archive:
        policy = Anchors(archive).policy()
        named = () if policy is None else policy.witnesses
        if not servers and not hosts and not any(witness.url for witness in named):
            raise WrongUsage(
                "there is nobody to ask: ARCHIVE/policy names no witness with an address, and neither --authorities "
                "FILE nor --calendar URL was given"
            )
        asked = stamp.ask(archive, compose.entropy, _last(arguments.last))
    addresses = [online.address(witness.url) for witness, _, _ in asked.witnesses if witness.url]
    if not servers and not addresses and not hosts:
        say.error("note: every witness with an address has cosigned this checkpoint: nobody is left to ask")
    if len(servers) == 1:
        say.error("note: one time stamp authority alone is asked; two of different countries bind more")
    # Nobody else has to wait for the network: the archive is opened again for each answer.
    return _told(_asked(arguments, asked, servers, hosts), arguments)


def _calendars(urls: list[str]) -> list[str]:
    return list(dict.fromkeys(map(online.calendar, urls)))


def _asked(
    arguments: argparse.Namespace, asked: Asked, servers: list[online.Server], hosts: list[str]
) -> Iterator[Outcome]:
    for witness, old, data in asked.witnesses:
        if witness.url:
            yield from _ask_witness(arguments, witness.name, online.address(witness.url), old, data)
    for server in servers:
        answer = online.post(server.url, asked.query, _QUERY)
        yield from _taken(arguments, server.name, answer)
    for host in hosts:
        answer = online.post(f"{host}/digest", asked.digest, "application/octet-stream", _PROOF)
        yield from _taken(arguments, host, answer, asked.digest)


def _upgrade(arguments: argparse.Namespace) -> int:
    allowed = _calendars(arguments.calendars)
    with compose.only_reading(arguments.archive) as archive:
        promises = calendars.promises(Anchors(archive))
    if not promises and not arguments.json:
        say.line("No calendar has promised anything that is still open: there is nothing to upgrade.")
    return _told(_upgraded(arguments, promises, allowed), arguments)


def _upgraded(arguments: argparse.Namespace, promises: list[Promise], allowed: list[str]) -> Iterator[Outcome]:
    for promise in promises:
        # A proof is a file that came from elsewhere: what it names is compared with what a person named.
        host = next((host for host in allowed if host == promise.uri.rstrip("/")), None)
        if host is None:
            says = f"not asked: if you know this calendar, add --calendar {promise.uri}"
            yield Refused(promise.uri, says, 2)
            continue
        answer = online.get(f"{host}/timestamp/{promise.commitment.hex()}", _PROOF)
        yield from _taken(arguments, host, answer, promise.commitment)


def _ask_witness(arguments: argparse.Namespace, name: str, url: str, old: int, data: bytes) -> Iterator[Outcome]:
    answer = online.post(url, data, "text/plain; charset=utf-8")
    size = _REPLY_SIZE.match(answer.body) if answer.status == 409 else None
    if size is not None and int(size[1]) != old:
        # It tells which size it cosigned last (C2SP tlog-witness): ask once more, from there.
        with compose.only_reading(arguments.archive) as archive:
            if int(size[1]) > archive.ledger.size:
                says = f"this witness says it has cosigned {int(size[1])} entries, more than this log has"
                yield Refused(name, says, 1)
                return
            data = stamp.witness_request(archive, int(size[1]))
        answer = online.post(url, data, "text/plain; charset=utf-8")
    yield from _taken(arguments, name, answer)


def _taken(
    arguments: argparse.Namespace, name: str, answer: online.Answer, question: bytes | None = None
) -> Iterator[Outcome]:
    if answer.status != 200:
        said = answer.body[:200].decode("utf-8", "replace").strip()
        yield Refused(name, answer.says or f"it answered {answer.status}: {said}", 2)
        return
    with compose.writer(arguments.archive, arguments) as archive:
        if question is None:
            yield from stamp.take(archive, name, answer.body)
        else:
            yield from stamp.take_answer(archive, name, question, answer.body)


def _told(outcomes: Iterator[Outcome], arguments: argparse.Namespace) -> int:
    """Say what became of each answer, and return the exit code: false beats undecided beats damaged."""
    taken, codes = 0, set[int]()
    for found in outcomes:
        if isinstance(found, Taken):
            taken += 1
        else:
            codes.add(found.exit_code)
        say.line(say.json_line(_object(found)) if arguments.json else _sentence(found))
    code = next((one for one in (1, 2, 65) if one in codes), max(codes, default=0))
    if arguments.json:
        say.line(say.json_line({"taken": taken, "exit": code}))
    return code


def _object(found: Outcome) -> dict[str, object]:
    if isinstance(found, Refused):
        return {"refused": found.name, "says": found.says, "exit": found.exit_code}
    return {
        "kind": found.sort.name.lower(),
        "size": found.size,
        "who": found.who,
        "time": found.time,
        "says": found.says,
        "new": found.is_new,
    }


def _sentence(found: Outcome) -> str:
    if isinstance(found, Refused):
        return f"refused  {say.safe(found.name)}: {say.safe(found.says)}"
    when = "" if found.time is None else f", {stamp.moment(found.time)}"
    known = "" if found.is_new else " (was here before)"
    who = f"{say.safe(found.who)}, " if found.who else ""
    return f"kept     {who}{say.counted(found.size, 'entry', 'entries')}{when}: {say.safe(found.says)}{known}"


def _show(arguments: argparse.Namespace) -> int:
    with compose.only_reading(arguments.archive) as archive:
        anchors = Anchors(archive)
        policy = anchors.policy() or Policy((), (), (), "none")
        sizes = sorted({*anchors.asked(), archive.ledger.size} - {0})
        for size in sizes:
            _show_one(anchors, policy, size, arguments)
        if not sizes and not arguments.json:
            say.line("This log has no entries yet: there is nothing to stamp.")
    return 0


def _show_one(anchors: Anchors, policy: Policy, size: int, arguments: argparse.Namespace) -> None:
    keys: list[Vkey] = [witness.key for witness in policy.witnesses]
    names = {witness.key: witness.name for witness in policy.witnesses}
    seen = [(names[key], time) for key, _, time in anchors.cosigned(size, keys)]
    counts = {sort: len(anchors.of(size, sort)) for sort in (Sort.RESPONSE, Sort.PROOF)}
    proofs = [proof for _, proof in calendars.kept(anchors, size)]
    if arguments.json:
        say.line(
            say.json_line(
                {
                    "size": size,
                    "witnesses": [{"name": name, "time": time} for name, time in seen],
                    "of": len(keys),
                    "responses": counts[Sort.RESPONSE],
                    "proofs": counts[Sort.PROOF],
                    "blocks": sorted({height for proof in proofs for height in proof.heights}),
                    "promises": sorted({one.uri for proof in proofs for one in proof.waiting}),
                }
            )
        )
        return
    say.line(
        f"{say.counted(size, 'entry', 'entries')}: {len(seen)} of {say.counted(len(keys), 'witness', 'witnesses')}, "
        f"{say.counted(counts[Sort.RESPONSE], 'time stamp')}, "
        f"{say.counted(counts[Sort.PROOF], 'OpenTimestamps proof')}"
    )
    for name, time in seen:
        say.line(f"  {say.safe(name)} saw it at {stamp.moment(time)}")
    for proof in proofs:
        say.line(f"  OpenTimestamps: {say.safe(calendars.told(proof))}")


def _last(rows: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        name, equals, size = row.rpartition("=")
        if not equals or not size.isascii() or not size.isdecimal() or len(size) > 18:
            raise WrongUsage(f"{row!r} is no name and size: write it as --from NAME=256")
        found[name] = int(size)
    return found


def _read(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(_LARGEST)
    except FileNotFoundError as error:
        raise Damaged(f"{name!r} is missing") from error
    except OSError as error:
        raise DiskFailure(f"{name!r} could not be read: {error.strerror}") from error
