"""`witnessmark page`: one page of an exhibit as a picture, drawn in a cell."""

import argparse

from witnessmark.cli import compose, passphrase, say
from witnessmark.intake import pages


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "The page is drawn once and kept, with a box around each word; the picture is private, as the exhibit is.\n"
        "A picture is one page (with --dpi 150 as many pixels at the most as a sheet of paper has); HEIC is drawn by\n"
        "libheif's program where it is found. The pages of a recording are still frames, nine at the most, drawn by\n"
        "ffmpeg where it is found: the first, then one about every ten seconds, or at even distances.\n"
        "Office documents are made a PDF first, by LibreOffice where it is found on this machine, behind walls of its\n"
        "own: no network, no macros, no links. Pages are as LibreOffice lays them out here, with the fonts that are\n"
        "here, and may break elsewhere than they did for whoever wrote them.\n\n"
        "examples:\n"
        "  witnessmark page archive/ path:orders/17.pdf 1 --to page-1.png\n"
        "  witnessmark page archive/ path:orders/17.pdf 2 --to page-2.png --dpi 300 --grey --json\n"
        "  witnessmark page archive/ path:gate/VID_2041.mp4 3 --to frame-3.png"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("exhibit", metavar="EXHIBIT", help="id, public id, or path: and the path")
    parser.add_argument("number", metavar="N", type=int, help="which page, from 1")
    parser.add_argument("--to", metavar="FILE", help="write it as a PNG to a new file")
    parser.add_argument("--dpi", type=int, default=pages.DPI, help=f"dots an inch ({pages.DPI})")
    parser.add_argument("--grey", action="store_true", help="without colours")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw the page, or take it from what was kept."""
    with compose.for_writing(arguments.archive, arguments) as (archive, catalogue):
        row = catalogue.exhibit(arguments.exhibit)
        found = pages.page(
            archive, catalogue, row, arguments.number, dpi=arguments.dpi, grey=arguments.grey, clock=compose.clock
        )
        if arguments.to is not None:
            compose.write_new(arguments.to, (pages.as_png(archive, found),))
    if arguments.json:
        about = {
            "page": found.number,
            "pages": found.count,
            "width": found.width,
            "height": found.height,
            "channels": found.channels,
            "words": [list(word) for word in found.words],
            "drawn": found.drawn,
        } | ({"near": found.near, "key": found.is_key} if found.near else {})
        say.line(say.json_line(about))
        return 0
    where = f", in {say.safe(arguments.to)}" if arguments.to is not None else ""
    how = "drawn now and kept" if found.drawn else "as it was kept"
    what = f"near {say.seconds(float(found.near))}" if found.near else say.counted(len(found.words), "word")
    say.line(f"Page {found.number} of {found.count}: {found.width} by {found.height} pixels, {what}, {how}{where}.")
    return 0
