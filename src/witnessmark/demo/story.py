"""The story the demo tells with the leak: what is searched, who reviews what, which finding waits, what goes out."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from witnessmark.demo.truth import FileTruth
from witnessmark.demo.words import KESTRIAN
from witnessmark.model.decision import HEADER
from witnessmark.model.words import Answer, Publish

TITLE = "The Tarn Papers"
KEEPER = "Lantern Watch"
PREFIX = "TP"
LABEL = "Tarn copy"
ABOUT = (
    "Orders, letters and photographs from Centre 3 in the Tarn District of the Republic of Kestria. The country, the "
    "people and every document are invented, to show how an archive of this kind can be checked."
)

ORDER_17 = "orders/order-17.pdf"
CONSIDERED = "orders/order-19.pdf"
WAITING = "letters/inspection-of-february.docx"
_DISK = "backup/disk-of-the-second-shift.zip"


@dataclass(frozen=True, slots=True)
class Search:
    """A query, and printed paths that must be among its hits."""

    query: str
    language: str
    finds: tuple[str, ...]
    hidden: bool = False  # whether the word stands only in the hidden text


@dataclass(frozen=True, slots=True)
class Review:
    """Who answers what about which exhibits; `considers` is an exhibit whose held finding was looked into."""

    reviewer: str
    exhibits: tuple[str, ...]
    answer: Answer
    considers: str = ""


SEARCHES = (
    Search(
        '"night keys"',
        "en",
        (ORDER_17, "backup/order-17.pdf", "mail/2018-03-04-night-keys.eml", "letters/minutes-6-march.docx"),
    ),
    Search('"as they please"', "en", ("speeches/opening-of-centre-3.txt", "backup/opening-of-centre-3.txt")),
    Search("钥匙", "zh-Hans", tuple(f"notices/notice-zh-hans.{end}" for end in ("txt", "html", "docx"))),
    Search("ئاچقۇچلارنى", "ug", tuple(f"notices/notice-ug.{end}" for end in ("txt", "html", "docx"))),
    Search("ལྡེ་མིག", "bo", tuple(f"notices/notice-bo.{end}" for end in ("txt", "html", "docx"))),
    Search("кілттерді", "kk", tuple(f"notices/notice-kk.{end}" for end in ("txt", "html", "docx"))),
    Search("noktkelun", KESTRIAN, ("speeches/sa-noktkelun.txt",)),
    Search('"so that nobody gets out"', "en", ("letters/circular-on-doors.docx",), hidden=True),
)

REVIEWS = (
    Review("Ilva Mavrel", (ORDER_17, "orders/order-18.pdf"), Answer.FITS),
    Review("Tessel Quorn", (CONSIDERED,), Answer.MOSTLY_FITS, considers=CONSIDERED),
    Review("Orrin Brandveth", (ORDER_17,), Answer.MOSTLY_DOES_NOT),
)

_QUESTION = "Does the form of this document fit the office and the time it names?"
_REASONS = (
    {
        "field": "historian of Kestrian administration, University of Aldport",
        "method": "I compared letterhead, numbering, seal and signature block with 212 orders printed in the gazette.",
        "reasons": "The opening line, the place of the seal and the way hours are written follow the usage of 2018.",
        "alternatives": "A clerk of the same office could have typed it at any later time, with the same template.",
        "would_change_my_mind": "A register of March 2018 in which number 17 stands for another order.",
        "limits": "I saw the file on a screen, not the paper. I do not know who sent it.",
    },
    {
        "field": "document examiner",
        "method": "I read the dates inside the file and those of nine other orders of the same office, then the text.",
        "reasons": (
            "The file says it was changed nine days before it was made. In this office's files the first date is that "
            "of the day on which a template is opened, so the order of the two dates is no surprise; the form fits."
        ),
        "alternatives": "Somebody set one of the dates afterwards, or the clock of the machine was wrong in March.",
        "would_change_my_mind": "Other files of the same machine and week whose dates are in order.",
        "limits": "Two dates can be written by anybody. What I say is about form, not about what the order says.",
    },
    {
        "field": "jurist, formerly at the district court of Lower Tarn",
        "method": "I compared the number and the subject with the register of orders that I saw in office.",
        "reasons": (
            "The register that I saw goes from number 16 to number 18; 17 was left free. The wording is that of the "
            "office, yet an order on doors would have been signed by the deputy."
        ),
        "alternatives": "The number was filled in after I left, or my memory of the page is wrong.",
        "would_change_my_mind": "The page of the register for March 2018, or another order on doors so signed.",
        "limits": "I rely on memory from eight years ago and have no copy of the register.",
    },
)


def reasons(number: int) -> str:
    """Return the reasons (TOML) behind the review of that number, from 0; the third dissents from the first."""
    rows = {"question": _QUESTION, "codebook": "form/1", **_REASONS[number]}
    return "".join(f'{name} = "{text}"\n' for name, text in rows.items())


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    publish: Publish
    title: str
    language: str
    reason: str
    open: str = ""


_TEXT, _FILE, _NOTHING = Publish.TEXT, Publish.FILE, Publish.NOTHING
_SHOWN = "Official paper about the running of the centre; names senior officials in office only."
_WHOLE = "Nothing in the file points to a private person; it holds text and nothing else."
_PEOPLE = "Names, birth years and ID numbers of private people."
_PICTURE = "Pictures wait for redaction: the camera's number could point to the source."

_ROWS = (
    _Row("orders/order-12.pdf", _TEXT, "Order No. 12: on the register of visitors", KESTRIAN, _SHOWN),
    _Row("orders/order-13.pdf", _TEXT, "Order No. 13: on flour and the kitchen", KESTRIAN, _SHOWN),
    _Row(ORDER_17, _TEXT, "Order No. 17: on doors and night keys", KESTRIAN, _SHOWN, "path decided_by"),
    _Row("orders/order-18.pdf", _TEXT, "Order No. 18: on lights in the dormitories", KESTRIAN, _SHOWN),
    _Row(CONSIDERED, _TEXT, "Order No. 19: on letters", KESTRIAN, _SHOWN, "observed"),
    _Row("orders/order-20.pdf", _TEXT, "Order No. 20: on illness", KESTRIAN, _SHOWN),
    _Row("orders/order-21.pdf", _TEXT, "Order No. 21: on the visit in May", KESTRIAN, _SHOWN),
    _Row("letters/circular-on-doors.docx", _TEXT, "Circular on doors, as it was sent out", "en", _SHOWN),
    _Row("letters/minutes-6-march.docx", _TEXT, "Minutes of the meeting of 6 March 2018", "en", _SHOWN),
    _Row(WAITING, _TEXT, "Report on the inspection of February 2018", "en", _SHOWN),
    _Row("letters/contract-south-fence.docx", _TEXT, "Contract on the south fence", "en", _SHOWN),
    _Row("mail/2018-04-25-visit-in-may.eml", _TEXT, "The advisers' desk on the visit in May", "en", _SHOWN),
    _Row("mail/2018-03-13-bed-7.eml", _TEXT, "The district on bed 7", "en", _SHOWN),
    _Row("mail/2018-03-08-notice-bo.eml", _TEXT, "Message with the notice on night keys, in Tibetan", "bo", _SHOWN),
    _Row("notices/notice-zh-hans.docx", _TEXT, "Notice on night keys, in Chinese", "zh-Hans", _SHOWN),
    _Row("notices/notice-ug.html", _TEXT, "Notice on night keys, in Uyghur", "ug", _SHOWN),
    _Row("notices/notice-bo.docx", _TEXT, "Notice on night keys, in Tibetan", "bo", _SHOWN),
    _Row("notices/notice-kk.txt", _FILE, "Notice on night keys, in Kazakh", "kk", _WHOLE, "path"),
    _Row("speeches/opening-of-centre-3.txt", _FILE, "Speech at the opening of Centre 3", "en", _WHOLE, "path size"),
    _Row("speeches/harvest.html", _TEXT, "Harvest speech", "en", _SHOWN),
    _Row("speeches/to-the-night-shift.docx", _TEXT, "Speech to the night shift", "en", _SHOWN),
    _Row("speeches/sa-noktkelun.txt", _FILE, "Sa noktkelun hevar (on keeping the night keys)", KESTRIAN, _WHOLE),
    _Row("tables/register-of-keys.csv", _FILE, "Register of keys, March 2018", "en", _WHOLE, "path"),
    _Row("tables/rations-week-11.xlsx", _TEXT, "Rations of week 11", "en", _SHOWN),
    _Row(f"{_DISK}!/inner.zip!/copies/list-of-copies.txt", _TEXT, "List of copies of Order No. 17", "en", _SHOWN),
    _Row("tables/roster-centre-3.xlsx", _NOTHING, "Roster of Centre 3", "en", _PEOPLE),
    _Row("tables/night-duty.csv", _NOTHING, "Night duty", "en", _PEOPLE),
    _Row("photographs/20180304-220410-gate.jpg", _NOTHING, "Photograph of the gate at night", "", _PICTURE),
    _Row("scans/order-16-scan.pdf", _NOTHING, "Order No. 16, scan", "en", _PICTURE),
    _Row(
        "hostile/swelling.zip", _NOTHING, "A zip that swells", "", "Not to be opened: made to fill the reader's disk."
    ),
)


def decisions(truth: Iterable[FileTruth], *, decided_on: str) -> str:
    """Return the decision file (CSV) for what was written of the leak; `decided_on` is a day."""
    known = {row.path for row in truth}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for row in _ROWS:
        if row.path.partition("!/")[0] in known:
            by = f"two editors of {KEEPER}"
            writer.writerow(
                (f"path:{row.path}", row.publish.value, row.title, row.language, row.open, by, decided_on, row.reason)
            )
    return out.getvalue()


def published(truth: Iterable[FileTruth]) -> tuple[FileTruth, ...]:
    """Return the files of the leak that the decision file lets out as text or whole."""
    out = {row.path for row in _ROWS if row.publish is not _NOTHING}
    return tuple(row for row in truth if row.path in out)
