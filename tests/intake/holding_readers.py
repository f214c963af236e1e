"""Readers for tests: what a file says of its members is what they take out of it; imported in the cell's child only."""

import base64
import json
import os
import stat
import time

from witnessmark.cell.report import ReadingStopped
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, PathStep

BAGS = "BAGS"


def _is_pipe(number):
    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:
        return False


def read(source, report):
    """Read `{"bag": [name, …]}`: each member is the file of that name in the folder that the bag's name states.

    So a bag can hold itself, which no honest program can write.
    """
    data = source.stream.read()
    if not data.startswith(b"{"):
        report.found("text/plain", ExhibitKind.DOCUMENT)
        report.visible(data.decode())
        return
    bag = json.loads(data)
    report.found("application/x-bag", ExhibitKind.CONTAINER)
    if bag.get("crash"):
        os.abort()
    if bag.get("violate"):
        pipes = [n for n in range(3, 32) if _is_pipe(n)]
        os.write(pipes[-1], b"no frame of the wire")
        os._exit(0)
    time.sleep(bag.get("sleep", 0))
    for name in bag["bag"]:
        with report.member((PathStep(name),), How.COPIED, {}) as sink:
            sink.write(data if name == "itself" else base64.b64decode(bag["files"][name]))
        time.sleep(bag.get("sleep_after", {}).get(name, 0))
    if bag.get("stop"):
        raise ReadingStopped(Outcome.CORRUPT, "it ends too early")
