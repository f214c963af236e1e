"""Documents under a password whose kind does not show: said to be what they are."""

from witnessmark.cell.report import Report, Source
from witnessmark.model.derivative import Outcome


def read_locked(source: Source, report: Report) -> None:
    """Say of a document under a password that it is one."""
    del source
    report.outcome(Outcome.ENCRYPTED, "the document asks for a password")
