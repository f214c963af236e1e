"""`witnessmark sound`: a track of a recording as a plain WAV, for listening and writing down."""

import argparse

from witnessmark.cli import compose, passphrase, say
from witnessmark.intake import sound


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "ffmpeg, where it is found on this machine, draws it behind walls of its own: no network, no other file. It\n"
        "is kept, private as the exhibit is: 16,000 samples a second, one channel, 115 megabytes an hour, 36 hours at\n"
        "the most. This is what programs that write speech down ask for; this one writes nothing down.\n\n"
        "examples:\n"
        "  witnessmark sound archive/ path:gate/VID_2041.mp4 --to gate.wav\n"
        "  witnessmark sound archive/ path:calls/17.amr --json"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("exhibit", metavar="EXHIBIT", help="id, public id, or path: and the path")
    parser.add_argument("--track", metavar="N", type=int, default=1, help="which track of sound, from 1 (the first)")
    parser.add_argument("--to", metavar="FILE", help="write it as a WAV to a new file")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw the sound, or take it from what was kept."""
    with compose.for_writing(arguments.archive, arguments) as (archive, catalogue):
        row = catalogue.exhibit(arguments.exhibit)
        found = sound.sound(archive, catalogue, row, arguments.track, clock=compose.clock)
        if arguments.to is not None:
            compose.write_new(arguments.to, sound.chunks(archive, found))
    seconds = f"{found.milliseconds // 1000}.{found.milliseconds % 1000:03}"
    if arguments.json:
        about = {"track": found.track, "seconds": seconds, "size": found.size, "drawn": found.drawn}
        say.line(say.json_line(about))
        return 0
    where = f", in {say.safe(arguments.to)}" if arguments.to is not None else ""
    how = "drawn now and kept" if found.drawn else "as it was kept"
    say.line(f"Sound of track {found.track}: {say.seconds(float(seconds))}, {say.octets(found.size)}, {how}{where}.")
    return 0
