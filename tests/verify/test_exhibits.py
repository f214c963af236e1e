"""Laws of one exhibit's page: the bytes that it lets out, and its answers, which are made again and compared."""

import pytest

from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Word

ONE = "e/tp-00001/exhibit.json"


def said(report, file):
    return [(verdict.word, verdict.says) for verdict in report.verdicts if verdict.file == file]


def test_the_bytes_that_are_let_out_agree_by_the_day_of_what_was_sealed(site, key):
    """A text has the day of its reading, a file that of the file."""
    report = verify_site(str(site), key)
    for path, day in (("e/tp-00001/text.txt", "2032-06-13"), ("e/tp-00002/file.txt", "2032-06-12")):
        assert said(report, path) == [
            (Word.AGREES, "has the bytes that the manifest says"),
            (Word.AGREES, f"has the bytes that were sealed on {day}"),
        ]


@pytest.mark.parametrize("number", [False, -0.0, "0", None])
def test_an_answer_that_only_counts_as_the_same_is_another(number, forge, tmp_path):
    """`false` is no number, though a computer may add it up like none."""
    house = forge.House(seed=3, exhibits=4)
    pages = house.pages(2)
    raw = pages[ONE].replace(
        b'"contested":{"count":0}', b'"contested":{"count":%s}' % forge.json.dumps(number).encode()
    )
    assert raw != pages[ONE]
    report = verify_site(str(forge.write(house.release(pages | {ONE: raw}, 2), tmp_path)), house.keeper.vkey)
    assert report.exit_code == 1
    assert Word.FALSE in dict(said(report, ONE))
