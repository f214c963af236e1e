"""Pages, Numbers and Keynote under a password: what is told openly, and which members are locked.

Up to 2009 a member is locked by the method under which the zip keeps it; since 2013 by AES in place, and two files
beside tell of it: `.iwpv2`, by which a password is checked, and `.iwph`, the hint that its owner wrote for himself.
"""

from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.encodings import storable
from witnessmark.formats.package import Package
from witnessmark.formats.packages import IWORK_LOCKS, bundle_folder
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import PathStep

LONGEST_HINT: Final = 10_000
_OPEN: Final = (b"bplist00", b"<?xml", b"\xff\xd8\xff", b"\x89PNG", b"%PDF")
"""How members begin that were left in the open; what is locked begins by chance."""
HINT: Final = ".iwph"
VERIFIER: Final = ".iwpv2"
_IDENTIFIER: Final = "Metadata/DocumentIdentifier"


def read_locked(source: Source, report: Report) -> None:
    """Tell the hint, take out what is open, name what is locked.

    Raises:
        ReadingStopped: always: the document itself is not read.
    """
    package = Package(source)
    folder = bundle_folder(package.names)
    hint = package.read(f"{folder}{HINT}", LONGEST_HINT).decode("utf-8", "replace").strip()
    if hint:
        report.hidden("password hint", hint + "\n")
    aside = {f"{folder}{HINT}", f"{folder}{VERIFIER}"}
    locked = [name for name in package.names if name not in aside and is_locked(package, name, folder)]
    package.take_members(report, set(package.names), aside.union(locked))
    for name in locked:
        path = tuple(PathStep(storable(step)) for step in name.split("/"))
        report.refuse_member(path, Outcome.ENCRYPTED, "the member is encrypted")
    package.observe_times(report)
    raise ReadingStopped(Outcome.ENCRYPTED, "the document asks for a password")


def is_locked(package: Package, name: str, folder: str) -> bool:
    """Tell whether a member is locked: by how it is packed, or because it does not begin as one in the open does."""
    if package.method(name) in IWORK_LOCKS:
        return True
    return name != f"{folder}{_IDENTIFIER}" and not package.open(name).read(8).startswith(_OPEN)
