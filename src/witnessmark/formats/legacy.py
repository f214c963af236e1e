"""Documents under a password whose kind does not show: said to be what they are.

Newer Office locks a document that is only protected from changes under a password that it tries itself: such a one
asks nobody, and comes out.
"""

from witnessmark.cell.report import Report, Source
from witnessmark.formats import locked
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep


def read_locked(source: Source, report: Report) -> None:
    """Say of a document under a password that it is one; give one that opens to everyone as a member."""
    found = locked.open_to_all(source)
    if found is None:
        report.outcome(Outcome.ENCRYPTED, "the document asks for a password")
        return
    report.observe("office.locked", "under a password that opens it to everyone")
    with report.member((PathStep(source.name or "document"),), How.DECODED, {}) as sink:
        for at in range(0, len(found), locked.CHUNK):
            sink.write(found[at : at + locked.CHUNK])
