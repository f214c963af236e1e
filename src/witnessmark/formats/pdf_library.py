"""Starts pdfium with no fonts but those that it carries, so that a page is the same on every machine.

Left to itself it lists the machine's fonts when it is loaded and opens them when a page asks for one; behind the walls
nothing can be opened any more, and letters of a font that the file does not hold would not be drawn: text that
everybody sees would count as unseen on a machine with fonts, and as seen on one without.
"""

import ctypes
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

VERSION: Final = str(pypdfium2.version.PDFIUM_INFO)

_NO_FOLDERS: Final = (ctypes.POINTER(ctypes.c_char) * 1)()
"""A list of folders of fonts that ends where it begins; pdfium keeps its address."""


def start() -> None:
    """Start it anew: loading pypdfium2 has started it with the machine's fonts."""
    pdfium.FPDF_DestroyLibrary()
    folders = ctypes.cast(_NO_FOLDERS, ctypes.POINTER(ctypes.POINTER(ctypes.c_char)))
    pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=folders))


start()
