"""Programs of this machine that are used when they are there: where they lie, their versions, how they are called.

None is needed. Each runs in a cell of its own (`cell/program.py`); what it makes is read in an ordinary one. Only those
that are installed for everybody are looked for, and never by the `PATH` of whoever runs us.
"""

import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from witnessmark.cell.program import Allowed, Command, Ran, Take, run
from witnessmark.errors import WrongUsage
from witnessmark.formats import table

PLACES: Final = "/usr/local/bin:/usr/bin:/bin"
_VERSION = re.compile(rb"(\d+(?:\.\d+)+)")
_BUILD = re.compile(r"^buildid=(\S+)$", re.MULTILINE)
_VERSION_ALLOWED: Final = Allowed(wall=20.0, cpu=10)
_OFFICE_READS: Final = ("/etc/libreoffice", "/var/lib/libreoffice", "/var/spool/libreoffice")
OFFICE_ALLOWED: Final = Allowed(wall=120.0, cpu=120, memory=1536 << 20, disk=512 << 20, processes=16)
"""What one document may cost in LibreOffice."""


PAGE_ALLOWED: Final = Allowed(wall=60.0, cpu=60, memory=1 << 30, disk=96 << 20, processes=4)
"""What one page may cost in tesseract."""
_NO_LANGUAGES: Final = ("osd", "equ", "snum")
_PACK = re.compile(r"[A-Za-z][A-Za-z_]{1,30}\Z")
_SCRIPT = re.compile(rb"^Script: ([A-Za-z_]{2,30})$", re.MULTILINE)


_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Program:
    """A program that was found: its name here, where it lies, its version."""

    name: str
    path: str
    version: str

    @property
    def tools(self) -> dict[str, str]:
        """The program as a derivative names it."""
        return {self.name: self.version}


def libreoffice(folder: Path, accepted: str) -> Program | None:
    """Return LibreOffice, if it is there; `folder` and `accepted` are for the run that asks its version."""
    start = shutil.which("soffice", path=PLACES)
    if start is None:
        return None
    # The script that starts it speaks with it through a socket, which is closed to programs here.
    path = os.path.join(os.path.dirname(os.path.realpath(start)), "soffice.bin")
    if not os.access(path, os.X_OK):
        return None
    version = _version(path, ("--version",), (*_OFFICE_READS, os.path.dirname(path)), folder, accepted)
    return None if version is None else Program("libreoffice", path, version)


def find(name: str, arguments: tuple[str, ...], folder: Path, accepted: str) -> Program | None:
    """Return a program that says its version when it is asked so, if it is there."""
    path = shutil.which(name, path=PLACES)
    version = None if path is None else _version(path, arguments, (), folder, accepted)
    return None if path is None or version is None else Program(name, path, version)


def needed(found: _Found | None, what: str, who: str) -> _Found:
    """Return what was looked for, which draws something.

    Raises:
        WrongUsage: when it was not found.
    """
    if found is None:
        raise WrongUsage(f"{what} drawn by {who}, which is not found here: `witnessmark doctor` says what to install")
    return found


@cache
def _version(path: str, arguments: tuple[str, ...], reads: tuple[str, ...], folder: Path, accepted: str) -> str | None:
    ran = run(Command(path, arguments, reads=reads, allowed=_VERSION_ALLOWED), folder, accepted=accepted)
    found = _VERSION.search(ran.output)
    return found[1].decode() if found is not None else None


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Tesseract, and the languages and scripts that it has packs for here."""

    program: Program
    packs: tuple[str, ...]
    tells_scripts: bool

    def packs_of(self, script: str) -> tuple[str, ...]:
        """Return the packs for a page of that script, two at the most: more are slower and worse."""
        known = [pack for pack in self.packs if script in PACKS.get(pack, Pack((), "")).scripts]
        return tuple(known[:2]) or self.packs[:2]


@dataclass(frozen=True, slots=True)
class Pack:
    """A language pack: the scripts that it reads, by the names that tesseract gives them, and the language."""

    scripts: tuple[str, ...]
    language: str


PACKS: Final[Mapping[str, Pack]] = MappingProxyType(
    {
        "eng": Pack(("Latin",), "English"),
        "chi_sim": Pack(("Han", "HanS"), "Chinese, simplified"),
        "chi_tra": Pack(("HanT", "Han"), "Chinese, traditional"),
        "uig": Pack(("Arabic",), "Uyghur"),
        "bod": Pack(("Tibetan",), "Tibetan"),
        "kaz": Pack(("Cyrillic",), "Kazakh"),
        "rus": Pack(("Cyrillic",), "Russian"),
        "ara": Pack(("Arabic",), "Arabic"),
        "fas": Pack(("Arabic",), "Persian"),
        "urd": Pack(("Arabic",), "Urdu"),
        "deu": Pack(("Latin",), "German"),
        "fra": Pack(("Latin",), "French"),
        "spa": Pack(("Latin",), "Spanish"),
        "tur": Pack(("Latin",), "Turkish"),
        "ukr": Pack(("Cyrillic",), "Ukrainian"),
        "mya": Pack(("Myanmar",), "Burmese"),
        "kor": Pack(("Hangul",), "Korean"),
        "jpn": Pack(("Japanese", "Han"), "Japanese"),
    }
)
"""The packs that are told of; others that are installed are used when somebody names them."""

WISHED: Final = ("eng", "chi_sim", "uig", "bod", "kaz", "rus")
"""The packs whose lack `doctor` mentions."""


def tesseract(folder: Path, accepted: str) -> Recogniser | None:
    """Return tesseract with its packs, if it is there and has any."""
    path = shutil.which("tesseract", path=PLACES)
    if path is None:
        return None
    version = _version(path, ("--version",), (), folder, accepted)
    packs = _packs(path, folder, accepted)
    known = sorted((set(packs) & set(PACKS)), key=list(PACKS).index)
    usable = (*known, *(pack for pack in packs if pack not in PACKS and pack not in _NO_LANGUAGES))
    if version is None or not usable:
        return None
    return Recogniser(Program("tesseract", path, version), usable, "osd" in packs)


@cache
def _packs(path: str, folder: Path, accepted: str) -> tuple[str, ...]:
    ran = run(Command(path, ("--list-langs",), allowed=_VERSION_ALLOWED), folder, accepted=accepted)
    names = ran.output.decode("ascii", "replace").split("\n")[1:]
    return tuple(sorted(name for name in names if _PACK.match(name)))


def script_of(recogniser: Recogniser, page: bytes, folder: Path, *, accepted: str) -> tuple[str, Ran]:
    """Return the script that most of a page is in, by a quick look; nothing where there is hardly any text."""
    command = Command(
        recogniser.program.path,
        ("{folder}/page.pgm", "stdout", "--psm", "0", "-c", "min_characters_to_try=10"),
        allowed=PAGE_ALLOWED,
    )
    ran = run(command, folder, accepted=accepted, sources={"page.pgm": (page,)})
    found = _SCRIPT.search(ran.output)
    return ("" if found is None else found[1].decode()), ran


def recognise(
    recogniser: Recogniser, page: bytes, packs: Sequence[str], dpi: int, folder: Path, *, accepted: str
) -> Ran:
    """Have tesseract look for letters in a page (a PGM); what it says is a table, see `work/recognised.py`."""
    resolution = ("--dpi", str(dpi)) if dpi else ()
    command = Command(
        recogniser.program.path,
        ("{folder}/page.pgm", "stdout", "-l", "+".join(packs), *resolution, "--psm", "3", "tsv"),
        allowed=PAGE_ALLOWED,
    )
    return run(command, folder, accepted=accepted, sources={"page.pgm": (page,)})


def convert(
    program: Program,
    documents: Mapping[str, Iterable[bytes]],
    wanted: str,
    folder: Path,
    *,
    accepted: str,
    take: Take,
) -> Ran:
    """Have LibreOffice write documents in another format; `take` gets each that came out, if the run went well.

    Args:
        program: LibreOffice.
        documents: the bytes of each by its name here, whose end decides where the content alone does not.
        wanted: how the wanted format ends.
        folder: where the program's own folder is made, and removed.
        accepted: the worst grade of confinement that will do.
        take: what takes a result, by the name of its document.
    """
    place = os.path.dirname(program.path)
    command = Command(
        program.path,
        (
            "--headless",
            "--norestore",
            "--nolockcheck",
            "--nodefault",
            "-env:UserInstallation=file://{folder}/profile",
            "--convert-to",
            wanted,
            "--outdir",
            "{folder}/out",
            *("{folder}/" + name for name in documents),
        ),
        _profile(place),
        (*_OFFICE_READS, place, os.path.dirname(place)),
        OFFICE_ALLOWED,
    )
    made = {f"out/{os.path.splitext(name)[0]}.{wanted}": name for name in documents}
    return run(
        command,
        folder,
        accepted=accepted,
        sources=documents,
        made=tuple(made),
        take=lambda name, stream, size: take(made[name], stream, size),
    )


def _profile(place: str) -> dict[str, bytes]:
    """Return the files of a fresh profile: no macros, no links, nothing computed anew, nothing looked up elsewhere."""
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>"
        for path, name, value in _SETTINGS
    )
    settings = (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>"
    )
    files = {"profile/user/registrymodifications.xcu": settings.encode()}
    try:
        found = _BUILD.search(Path(place, "versionrc").read_text("utf-8", "replace"))
    except OSError:
        found = None
    if found is not None:  # without it the first start ends by asking for a second one
        files["profile/user/extensions/buildid"] = found[1].encode()
    return files


_SETTINGS: Final = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Misc", "UseOpenCL", "false"),
    ("Office.Java/VirtualMachine", "Enable", "false"),
    ("Office.Writer/Content/Update", "Link", "0"),  # never
    ("Office.Writer/Content/Update", "Field", "false"),
    ("Office.Calc/Content/Update", "Link", "1"),  # never: the two count differently
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode", "1"),  # never: the values that were saved are shown
    ("Office.Calc/Formula/Load", "ODFRecalcMode", "1"),
)


def missing_packs(recogniser: Recogniser) -> list[str]:
    """Return what is lost without each pack that is not here, of those that leaks of this kind mostly need."""
    said = [
        f"no tesseract pack for {PACKS[pack].language}: on Debian install tesseract-ocr-{pack.replace('_', '-')}"
        for pack in WISHED
        if pack not in recogniser.packs
    ]
    if not recogniser.tells_scripts:
        said.append("no tesseract pack osd: the script of a page is not told, and packs are not chosen by it")
    return said


def office_suffix(media_type: str) -> str | None:
    """Return how files of a type end that LibreOffice reads; None for what it does not."""
    return table.OFFICE[media_type].suffix if media_type in table.OFFICE else None
