"""Readers for tests: what a file says of its members is what they take out of it; imported in the cell's child only."""

import base64
import json
import os

from witnessmark.cell.report import ReadingStopped
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, PathStep

BAGS = "BAGS"


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
    for name in bag["bag"]:
        with report.member((PathStep(name),), How.COPIED, {}) as sink:
            sink.write(data if name == "itself" else base64.b64decode(bag["files"][name]))
    if bag.get("stop"):
        raise ReadingStopped(Outcome.CORRUPT, "it ends too early")
