"""A machine's fonts, which nothing behind the walls can open, change no reading of what a page shows."""

import pytest
from hostile_files import bench
from tests.formats.collector import run_bytes
from tests.formats.test_pdf import pdf, text

from witnessmark.work.reading import Job
from witnessmark.work.runner import Runner

FONTS = ("Helvetica", "Times-Roman", "Courier", "Arial", "LiberationSans", "DejaVuSans", "NimbusSans-Regular")


@pytest.mark.parametrize("font", FONTS)
def test_pale_words_of_a_font_that_the_file_does_not_hold_are_seen_behind_the_walls(tmp_path, font):
    data = pdf(text("The doors are locked.", before="0.8 g")).replace(
        b"/BaseFont/Helvetica", b"/BaseFont/%b" % font.encode()
    )
    contents = bench.Contents(tmp_path)
    digest = contents.put(data)
    with Runner(contents, 1, bench.PATIENT) as runner:
        (result,) = runner.run([Job(digest, len(data), "a.pdf", 0, "root", digest.hex[:32])])
    seen = contents.place(result.visible).read_text()
    assert seen == run_bytes(data, "a.pdf").visible_text == "The doors are locked.\n"
    assert result.hidden is None
