"""Reads the older binary Office formats thinly: the text of Word, of Excel's cells and of PowerPoint's records.

Where it is not known what a reader of the file would see (PowerPoint keeps slides that were deleted; hidden rows of
Excel are not told apart), all the text stands as unseen, so that nothing is shown by mistake.
"""

import python_calamine

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.compound import MAGIC
from witnessmark.formats.legacy_parts import opened, tell_parts
from witnessmark.model.derivative import Outcome

LARGEST = 256 << 20
MOST_CELLS = 5_000_000


def read_locked(source: Source, report: Report) -> None:
    """Say of a document under a password that it is one."""
    del source
    report.outcome(Outcome.ENCRYPTED, "the document asks for a password")


def read_xls(source: Source, report: Report) -> None:
    """Read the cells of an older workbook.

    Raises:
        ReadingStopped: when it asks for a password or cannot be read.
    """
    try:
        _read_cells(source, report)
    finally:
        source.stream.seek(0)
        if source.stream.read(8) == MAGIC:
            tell_parts(opened(source), report)


def _read_cells(source: Source, report: Report) -> None:
    try:
        source.stream.seek(0)
        if source.stream.read(8) == MAGIC:
            opened(source).check()
        source.stream.seek(0)
        book = python_calamine.CalamineWorkbook.from_filelike(source.stream)
        cells = 0
        for name in book.sheet_names:
            lines = [name]
            for row in book.get_sheet_by_name(name).iter_rows():
                cells += len(row)
                lines.append(" ".join(str(value) for value in row if value not in ("", None)))
                if cells > MOST_CELLS:
                    break
            report.hidden("cells, shown or not", "\n".join(line for line in lines if line))
    except python_calamine.PasswordError as error:
        raise ReadingStopped(Outcome.ENCRYPTED, "the workbook asks for a password") from error
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "the older workbook cannot be read") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the library's word for "should not happen"; no Exception
            raise ReadingStopped(Outcome.CORRUPT, "the older workbook cannot be read") from error
        raise
    report.outcome(Outcome.PARTIAL, "which rows and columns of an older workbook show is not known here")
