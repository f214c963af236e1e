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


TEXT, FILE, NOTHING = 0, 1, 3
"""What the forge decides of these exhibits."""

LET_OUT = [
    (NOTHING, ("text.txt",), "nothing"),
    (NOTHING, ("file.txt",), "nothing"),
    (NOTHING, ("file.csv", "text.txt"), "nothing"),
    (TEXT, (), "text"),
    (TEXT, ("file.txt",), "text"),
    (TEXT, ("file.txt", "text.txt"), "text"),
    (FILE, (), "file"),
    (FILE, ("text.txt",), "file"),
    (FILE, ("file.csv", "file.txt"), "file"),
]


@pytest.mark.parametrize(("number", "names", "publish"), LET_OUT)
def test_other_files_than_a_decision_lets_out_are_false(number, names, publish, forge, tmp_path):
    house = forge.House(seed=3, exhibits=4)
    shelf = house.shelves[number]
    shelf.files = dict.fromkeys(names, b"x")
    shelf.openings["text"] = house.shelves[TEXT].openings["text"] if "text.txt" in names or number == TEXT else []
    report = verify_site(str(forge.write(house.edition(), tmp_path)), house.keeper.vkey)
    page = f"e/{shelf.name.lower()}/exhibit.json"
    sentence = f"the decision lets out {publish!r}, and other files are published"
    assert report.exit_code == 1
    assert (Word.FALSE, sentence) in said(report, page)


def test_a_file_may_be_let_out_with_its_text(forge, tmp_path):
    house = forge.House(seed=3, exhibits=4)
    text, shelf = house.shelves[TEXT], house.shelves[FILE]
    fields = dict(text.openings["text"][0].event.fields) | {"handle": shelf.exhibit.event.fields["handle"]}
    shelf.openings["text"] = house.keeper.seal(forge.Event("derivative", fields))
    shelf.files["text.txt"] = text.files["text.txt"]
    report = verify_site(str(forge.write(house.edition(), tmp_path)), house.keeper.vkey)
    assert report.exit_code == 0


@pytest.mark.parametrize(("number", "name"), [(TEXT, "text.txt"), (FILE, "file.txt")])
def test_other_bytes_than_were_sealed_are_false_though_they_are_released(number, name, forge, tmp_path):
    house = forge.House(seed=3, exhibits=4)
    shelf = house.shelves[number]
    shelf.files[name] += b"x"
    report = verify_site(str(forge.write(house.edition(), tmp_path)), house.keeper.vkey)
    assert report.exit_code == 1
    assert said(report, f"e/{shelf.name.lower()}/{name}")[1:] == [(Word.FALSE, "has other bytes than were sealed")]
