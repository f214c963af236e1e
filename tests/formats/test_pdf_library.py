"""Laws of starting pdfium: no font of the machine is looked for, and starting it anew changes nothing."""

import pypdfium2.raw as pdfium
from tests.formats.collector import run_bytes
from tests.formats.test_pdf import pdf, text

from witnessmark.formats import pdf_library


def test_it_is_told_to_look_for_fonts_in_no_folder(monkeypatch):
    told, destroyed = [], []
    with monkeypatch.context() as patch:
        patch.setattr(pdfium, "FPDF_DestroyLibrary", lambda: destroyed.append(len(told)))
        patch.setattr(pdfium, "FPDF_InitLibraryWithConfig", told.append)
        pdf_library.start()
    (config,) = told
    assert destroyed == [0]
    assert bool(config.m_pUserFontPaths)  # none would mean the machine's own
    assert not config.m_pUserFontPaths[0]


def test_started_anew_it_reads_as_before():
    data = pdf(text("The doors are locked.", before="0.8 g"))
    before = run_bytes(data, "a.pdf").visible_text
    pdf_library.start()
    assert before == run_bytes(data, "a.pdf").visible_text == "The doors are locked.\n"
