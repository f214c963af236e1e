"""`witnessmark witness`: watch over somebody else's log, and cosign it as long as it only grows."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path

from witnessmark.cli import say
from witnessmark.errors import BrokenEvidence, Damaged, DiskFailure, WrongUsage
from witnessmark.proof.note import Vkey
from witnessmark.witness.cosign import cosign
from witnessmark.witness.keep import Folder
from witnessmark.witness.refusal import OtherSize
from witnessmark.witness.request import LARGEST, Request
from witnessmark.witness.serve import Happened, Server

DEFAULT_ADDRESS = "127.0.0.1:7380"

_LARGEST_KEY = 4096
_EXITS = """\

A witness keeps one small folder: a key, and of each log it trusts the last checkpoint it cosigned. It needs no archive,
sees no document, and says one thing only: this log has not rewritten what I saw. Its folder must never be restored from
an older copy, nor be used by two machines.

exit codes: 0 cosigned; 1 no trusted signature, or the log did not only grow; 2 cannot be decided: the log is unknown,
the request begins at another size, the clock is behind; 64 wrong usage; 65 the request or the folder is damaged;
74 the disk
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of a witness."""
    parser.epilog = (
        "examples:\n"
        "  witnessmark witness init my-witness/ --name witness.example/desk --log log.vkey\n"
        "  witnessmark witness key my-witness/\n"
        "  witnessmark witness cosign my-witness/ request.txt --out answer.txt\n"
        "  witnessmark witness serve my-witness/ --listen 127.0.0.1:7380\n" + _EXITS
    )
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    init = _act(
        verbs, "init", "make a witness: a folder and a key", "witness init my-witness/ --name witness.example/desk"
    )
    init.add_argument("--name", required=True, help="the witness's name, an address without a scheme: example.org/desk")
    init.add_argument("--log", metavar="VKEY", action="append", default=[], help="a log to trust: its key, or a file")
    trust = _act(verbs, "trust", "trust a log from now on", "witness trust my-witness/ --log log.vkey")
    trust.add_argument("--log", metavar="VKEY", action="append", required=True, help="the log's key, or a file")
    ask = _act(
        verbs,
        "cosign",
        "cosign a checkpoint if its log only grew",
        "witness cosign my-witness/ request.txt --out answer.txt",
    )
    ask.add_argument("request", metavar="REQUEST", help="the request, as the log's keeper sent it")
    ask.add_argument("--out", metavar="FILE", help="write the answer there, to be sent back")
    serve = _act(
        verbs, "serve", "answer logs over HTTP until stopped", "witness serve my-witness/ --listen 127.0.0.1:7380"
    )
    serve.add_argument("--listen", metavar="ADDRESS", default=DEFAULT_ADDRESS, help=f"default {DEFAULT_ADDRESS}")
    _act(verbs, "key", "print the key to be handed out, and the logs that are trusted", "witness key my-witness/")


def _act(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, caption: str, example: str
) -> argparse.ArgumentParser:
    found = verbs.add_parser(
        name,
        help=caption,
        description=caption,
        epilog=f"example:\n  witnessmark {example}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("folder", metavar="FOLDER")
    # Without a default of its own, so that a --json before the act counts as well.
    found.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON, one object a line")
    return found


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    acts = {"init": _init, "trust": _trust, "cosign": _cosign, "serve": _serve, "key": _key}
    return acts[arguments.act](arguments)


def _clock() -> int:
    return int(time.time())


def _init(arguments: argparse.Namespace) -> int:
    keys = [_vkey(text) for text in arguments.log]
    folder = Folder.create(Path(arguments.folder), arguments.name, entropy=os.urandom)
    for key in keys:
        folder.trust(key)
    if arguments.json:
        say.line(say.json_line(_state(folder)))
        return 0
    say.line(f"A witness lies in {say.safe(arguments.folder)}. Its key, to be handed out:")
    say.line(folder.vkey.text)
    if not keys:
        say.line("It trusts no log yet: `witnessmark witness trust` tells it of one.")
    return 0


def _trust(arguments: argparse.Namespace) -> int:
    keys = [_vkey(text) for text in arguments.log]
    folder = Folder.open(Path(arguments.folder))
    for key in keys:
        had = bool(folder.keys(key.name))
        is_new = folder.trust(key)
        if arguments.json:
            say.line(say.json_line({"log": key.text, "new": is_new, "another_key": is_new and had}))
        elif not is_new:
            say.line(f"This log was trusted before: {say.safe(key.name)}")
        elif had:
            say.line(f"A further key of this log is trusted now; the one before stays: {say.safe(key.name)}")
        else:
            say.line(f"This log is trusted now: {say.safe(key.name)}")
    return 0


def _key(arguments: argparse.Namespace) -> int:
    folder = Folder.open(Path(arguments.folder))
    if arguments.json:
        say.line(say.json_line(_state(folder)))
        return 0
    say.line(folder.vkey.text)
    for origin in folder.logs():
        kept = folder.kept(origin)
        last = "nothing cosigned yet" if kept is None else f"{kept.head.size:,} entries, {_moment(kept.time)}"
        say.line(f"  {say.safe(origin)}: {last}")
    return 0


def _state(folder: Folder) -> dict[str, object]:
    logs: list[dict[str, object]] = []
    for origin in folder.logs():
        kept = folder.kept(origin)
        logs.append(
            {
                "origin": origin,
                "keys": [key.text for key in folder.keys(origin)],
                "size": None if kept is None else kept.head.size,
                "time": None if kept is None else kept.time,
            }
        )
    return {"name": folder.vkey.name, "vkey": folder.vkey.text, "logs": logs}


def _cosign(arguments: argparse.Namespace) -> int:
    out = None if arguments.out is None else Path(arguments.out)
    if out is not None and out.exists():
        raise WrongUsage(f"{arguments.out} exists already: nothing was cosigned; name another file")
    folder = Folder.open(Path(arguments.folder))
    request = Request.parse(_bytes(arguments.request, LARGEST + 1))
    try:
        found = cosign(folder, request, clock=_clock)
        answer, time_said, again = found.text, found.time, False
    except OtherSize as error:
        if error.line is None:
            if arguments.json:
                say.line(
                    say.json_line({"origin": request.head.origin, "cosigned_size": error.size, "exit": error.exit_code})
                )
            raise
        # The answer to this very request may have been lost on its way.
        kept = folder.kept(request.head.origin)
        answer, time_said, again = error.line + "\n", 0 if kept is None else kept.time, True
    if out is not None:
        _write_answer(out, answer)
    if arguments.json:
        say.line(
            say.json_line(
                {
                    "origin": request.head.origin,
                    "size": request.head.size,
                    "time": time_said,
                    "again": again,
                    "line": answer.rstrip("\n"),
                    "exit": 0,
                }
            )
        )
    elif out is None:
        say.line(answer.rstrip("\n"))
    else:
        before = "Cosigned before, the same answer again" if again else "Cosigned"
        say.line(
            f"{before}: {say.safe(request.head.origin)} at {request.head.size:,} entries, {_moment(time_said)}. "
            f"Send {say.safe(arguments.out)} back."
        )
    return 0


def _write_answer(out: Path, answer: str) -> None:
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(answer)
    except OSError as error:
        raise DiskFailure(
            f"cosigned, but {out} cannot be written: {error.strerror}; run the same command again with another --out"
        ) from error


def _serve(arguments: argparse.Namespace) -> int:
    folder = Folder.open(Path(arguments.folder))
    host, port = _address(arguments.listen)
    printing = threading.Lock()

    def tell(happened: Happened) -> None:
        with printing:
            _tell(happened, is_json=arguments.json)

    server = Server(folder, host, port, clock=_clock, tell=tell)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="witness")
    thread.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        with printing:
            _listening(folder, f"http://{shown}:{server.server_port}", is_json=arguments.json)
        # Short naps: a signal sets the event between two of them.
        while not stop.wait(0.2):
            pass
    finally:
        server.stop()
        thread.join()
    if not arguments.json:
        say.line("Stopped; everything that was cosigned is kept.")
    return 0


def _listening(folder: Folder, address: str, *, is_json: bool) -> None:
    if is_json:
        say.line(say.json_line({"listening": address, "vkey": folder.vkey.text, "logs": len(folder.logs())}))
    else:
        say.line(f"The witness {say.safe(folder.vkey.text)}")
        say.line(f"answers at {address}/add-checkpoint; stop it with Ctrl-C.")
    sys.stdout.flush()


def _tell(happened: Happened, *, is_json: bool) -> None:
    if is_json:
        value = {"status": happened.status, "origin": happened.origin, "size": happened.size, "says": happened.says}
        say.line(say.json_line(value))
    else:
        about = f" {say.safe(happened.origin)} at {happened.size:,} entries" if happened.origin else ""
        say.line(f"{happened.status}{about}: {say.safe(happened.says)}")
    sys.stdout.flush()


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise WrongUsage(f"{text!r} is no address: write it as 127.0.0.1:7380 or [::1]:7380")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _vkey(text: str) -> Vkey:
    """Return a log's key, given as such or as a file that holds it."""
    try:
        return Vkey.parse(text)
    except (BrokenEvidence, UnicodeEncodeError):
        if not os.path.isfile(text):
            raise WrongUsage(f"{text!r} is no key of a log, and no file that holds one") from None
    try:
        return Vkey.parse(_bytes(text, _LARGEST_KEY).decode().removesuffix("\n"))
    except (Damaged, UnicodeError) as error:
        raise WrongUsage(f"{text!r} holds no key of a log: {error}") from error


def _bytes(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except FileNotFoundError as error:
        raise Damaged(f"{path!r} is missing") from error
    except OSError as error:
        raise DiskFailure(f"{path!r} could not be read: {error.strerror}") from error


def _moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
