"""Drawn "photographs" of buildings with EXIF of an invented camera, the Kestrel K-1."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from witnessmark.demo.drawing import building, noisy
from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.model.exhibit import ExhibitKind

MAKE = "Kestrel"
MODEL = "K-1"


@dataclass(frozen=True, slots=True)
class _Shot:
    taken: str  # 2018-03-04 22:04:10, local time as the camera has it
    what: str
    night: bool
    fence: bool


_SHOTS = (
    _Shot("2018-03-04 22:04:10", "gate", night=True, fence=True),
    _Shot("2018-03-04 22:09:55", "dormitory-4", night=True, fence=False),
    _Shot("2018-03-12 10:30:00", "library", night=False, fence=False),
    _Shot("2018-04-24 09:15:31", "south-fence", night=False, fence=True),
    _Shot("2018-05-03 11:02:47", "south-side", night=False, fence=False),
    _Shot("2018-05-09 08:44:12", "south-fence", night=False, fence=True),
)


def photographs(seed: int) -> Iterator[Made]:
    """Yield the drawn photographs; each file name holds the time that its EXIF holds."""
    for number, shot in enumerate(_SHOTS, 1):
        secret = _SECRETS.get(number)
        name = f"{shot.taken[:10].replace('-', '')}-{shot.taken[11:].replace(':', '')}-{shot.what}"
        truth = FileTruth(
            f"photographs/{name}.jpg",
            Family.PHOTOGRAPH,
            "image/jpeg",
            ExhibitKind.PICTURE,
            language="",
            secrets=() if secret is None else (secret,),
        )
        picture = building(f"{seed} {shot.what}", night=shot.night, fence=shot.fence)
        out = io.BytesIO()
        exif = _exif(shot, number, secret)
        comment = b"" if secret is None or number != 4 else f"frame {secret.word}".encode()
        grain = noisy(picture.convert("L"), f"{seed} {number}", 0.05)
        toned = Image.blend(picture, Image.merge("RGB", (grain, grain, grain)), 0.25)
        toned.save(out, "JPEG", quality=80, exif=exif, comment=comment)
        yield Made(truth, out.getvalue(), f"{shot.taken[:10]}T{shot.taken[11:]}Z")


_SECRETS = {
    1: Secret("QUILLMARK-07", "ImageDescription of the photograph"),
    2: Secret("QUILLMARK-08", "Artist of the photograph"),
    4: Secret("QUILLMARK-09", "comment segment of the JPEG"),
}


def _exif(shot: _Shot, number: int, secret: Secret | None) -> Image.Exif:
    exif = Image.Exif()
    when = shot.taken.replace("-", ":", 2)
    exif[0x010F], exif[0x0110], exif[0x0132] = MAKE, MODEL, when
    exif[0x0131] = "K-1 firmware 1.08"
    if secret is not None and number == 1:
        exif[0x010E] = f"for {secret.word}"
    if secret is not None and number == 2:
        exif[0x013B] = secret.word
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9004] = when, when
    inner[0xA431] = "K1-004471"  # BodySerialNumber
    inner[0x829A] = IFDRational(1, 50 if shot.night else 250)  # ExposureTime
    return exif
