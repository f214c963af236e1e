"""Compare what is observed of pictures with a table of EXIF, GPS, XMP and IPTC values, tag by tag.

    python benchmarks/exif.py [RESULTS.jsonl] [--unmet]

RESULTS is what `witnessmark files ARCHIVE --json --observations` prints of an archive of `../shared/corpus`; without
it the pictures that the table names are compiled first. The table is `truth/exif.jsonl` (exiftool -G1 -n).

Two values are the same when they are after this normalisation, and no other:
- names: the standard's for exiftool's (`NAMES`, `XMP_NAMES`); a structure's fields joined as exiftool joins them
- XMP that exiftool names in its own way (fields of structures): by the value alone, in the same namespace
- numbers: a fraction n/d is n÷d; numbers agree to one part in 100,000; n/0 and `undef`, `inf` are the same
- units that exiftool -n still converts: APEX apertures and times, degrees of GPS, a GPS altitude's sign, GPS times
- dates: `2010-07-28T11:02:12` is `2010:07:28 11:02:12`; IPTC's `20100728` and `110212+0000` likewise
- offsets in an EXIF block count from the block's place in the file; letters' case does not count in true and false
- lists: by their members; a list of one is its member; blanks at both ends and line ends do not count; UTF-8 that
  exiftool shows as `?` or that holds U+FFFD is compared without those characters
Values that exiftool itself does not show (`(Binary data …)`) are left out, and so are the groups File and SourceFile.
"""

import json
import math
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench import CORPUS, WITNESSMARK

TRUTH = CORPUS / "truth" / "exif.jsonl"
GROUPS = {"ExifIFD": "exif.Exif", "InteropIFD": "exif.Interop", "GPS": "exif.GPS"}
NAMES = {
    "ModifyDate": "DateTime",
    "CreateDate": "DateTimeDigitized",
    "ISO": "ISOSpeedRatings",
    "ExposureCompensation": "ExposureBiasValue",
    "ImageHeight": "ImageLength",
    "SubfileType": "NewSubfileType",
    "ThumbnailOffset": "JpegIFOffset",
    "ThumbnailLength": "JpegIFByteCount",
    "PreviewImageStart": "JpegIFOffset",
    "PreviewImageLength": "JpegIFByteCount",
    "SubSecTime": "SubsecTime",
    "SubSecTimeOriginal": "SubsecTimeOriginal",
    "SubSecTimeDigitized": "SubsecTimeDigitized",
    "SerialNumber": "BodySerialNumber",
    "LensInfo": "LensSpecification",
    "InteropVersion": "InteropVersion",
    "FocalLengthIn35mmFormat": "FocalLengthIn35mmFilm",
    "ExifImageHeight": "ExifImageHeight",
    "OtherImageStart": "JpegIFOffset",
    "OtherImageLength": "JpegIFByteCount",
    "JpgFromRawStart": "JpegIFOffset",
    "JpgFromRawLength": "JpegIFByteCount",
    "JPEGRestartInterval": "JpegRestartInterval",
    "JPEGQTables": "JpegQTables",
    "JPEGDCTables": "JpegDCTables",
    "JPEGACTables": "JpegACTables",
    "OwnerName": "CameraOwnerName",
    "RelatedImageHeight": "RelatedImageLength",
    "OldSubfileType": "SubfileType",
    "TIFF-EPStandardID": "TIFF/EPStandardID",
    "CFAPattern2": "CFAPattern",
    "DNGLensInfo": "LensInfo",
    "PixelScale": "ModelPixelScale",
    "ModelTiePoint": "ModelTiepoint",
    "ModelTransform": "ModelTransformation",
    "GDALMetadata": "GDAL_METADATA",
    "GDALNoData": "GDAL_NODATA",
    "GeoTiffDirectory": "GeoKeyDirectory",
    "GeoTiffDoubleParams": "GeoDoubleParams",
    "GeoTiffAsciiParams": "GeoAsciiParams",
}
STRIPS = {"PreviewImageStart": "StripOffsets", "PreviewImageLength": "StripByteCounts"}
XMP_NAMES = {
    "tiff:ImageHeight": "tiff:ImageLength",
    "exif:ExifImageWidth": "exif:PixelXDimension",
    "exif:ExifImageHeight": "exif:PixelYDimension",
    "exif:ISO": "exif:ISOSpeedRatings",
    "exif:ExposureCompensation": "exif:ExposureBiasValue",
    "photoshop:ColorMode": "photoshop:ColorMode",
    "photoshop:ICCProfileName": "photoshop:ICCProfile",
    "xmpMM:HistorySoftwareAgent": "xmpMM:HistorySoftwareAgent",
    "plus:ImageSupplierImageId": "plus:ImageSupplierImageID",
    "x:XMPToolkit": "x:xmptk",
    "crs:ColorTemperature": "crs:Temperature",
    "MicrosoftPhoto:RatingPercent": "MicrosoftPhoto:Rating",
}
SPACES = {
    "iptcCore": "Iptc4xmpCore",
    "iptcExt": "Iptc4xmpExt",
    "getty": "GettyImagesGIFT",
    "microsoft": "MicrosoftPhoto",
    "photomech": "photomechanic",
}
OWN_NAME = 3  # characters from which on a value tells a property that exiftool gives a name of its own
CUT = 201  # characters at which the table cuts a value, its last one a mark
OFFSETS = {"JpegIFOffset", "StripOffsets", "TileOffsets"}
APEX = {"ApertureValue", "MaxApertureValue"}
SIZES = {"Photoshop", "PNG", "GIF", "RIFF", "Jpeg2000", "SVG"}


def main() -> None:
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    truth = [json.loads(line) for line in TRUTH.open(encoding="utf-8")]
    with tempfile.TemporaryDirectory(prefix="witnessmark-exif-") as folder:
        results = Path(arguments[0]) if arguments else _compiled(truth, Path(folder))
        rows = {row["path"]: row for row in map(json.loads, results.open(encoding="utf-8")) if "observations" in row}
        _print(truth, rows)


def _compiled(truth: list[dict[str, object]], folder: Path) -> Path:
    source = folder / "source"
    for row in truth:
        target = source / str(row["SourceFile"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((CORPUS / str(row["SourceFile"])).read_bytes())
    subprocess.run(
        [WITNESSMARK, "compile", folder / "archive", source, "--no-programs"], check=True, stdout=subprocess.DEVNULL
    )
    with (folder / "results.jsonl").open("wb") as out:
        subprocess.run([WITNESSMARK, "files", folder / "archive", "--json", "--observations"], check=True, stdout=out)
    return folder / "results.jsonl"


def _print(truth: list[dict[str, object]], rows: dict[str, dict[str, object]]) -> None:
    met: dict[str, list[bool]] = defaultdict(list)
    unmet: list[str] = []
    tags: Counter[str] = Counter()
    for picture in truth:
        file = str(picture["SourceFile"])
        ours = [row for path, row in rows.items() if path == file or path.startswith(f"{file}!/preview")]
        seen = _seen([one for row in ours for one in row["observations"]])
        for name, want in picture.items():
            group, _, tag = name.partition(":")
            if group in ("File", "SourceFile") or str(want).startswith("(Binary data"):
                continue
            got = _find(seen, group, tag)
            same = any(_same(group, tag, want, value) for value in got)
            met[_family(group)].append(same)
            if not same:
                tags[name] += 1
                unmet.append(f"{file}\t{name}\t{str(want)[:80]!r}\t{str(got)[:120]}")
    print("| group | values | met |\n|---|--:|--:|")
    asked = [one for family in ("EXIF, TIFF", "GPS", "XMP") for one in met[family]]
    for family, verdicts in [*sorted(met.items()), ("EXIF, GPS and XMP together", asked)]:
        print(f"| {family} | {len(verdicts)} | {sum(verdicts) / len(verdicts):.4f} |")
    if "--unmet" in sys.argv:
        print("\n".join(unmet))


def _family(group: str) -> str:
    if group.startswith("XMP"):
        return "XMP"
    if group.startswith(("IFD", "SubIFD")) or group in ("ExifIFD", "InteropIFD"):
        return "EXIF, TIFF"
    return "IPTC" if group.startswith("IPTC") else "GPS" if group == "GPS" else "sizes by the container"


def _seen(observations: list[list[object]]) -> dict[str, list[object]]:
    """Return every observed value by a flat name."""
    found: dict[str, list[object]] = defaultdict(list)
    base = 0
    for name, value in observations:
        if name == "exif.block":
            base = value["at"]
        if name.startswith("exif.") and isinstance(value, dict):
            for tag, text in value.items():
                found[f"{name}:{tag}"].append(_absolute(text, base) if tag in OFFSETS else text)
        elif name == "xmp":
            for path, text in sorted(value.items(), key=_place):
                found[_flat(path)].append(text)
        elif name == "iptc":
            for tag, text in value.items():
                found[f"IPTC:{tag}"].append(text)
        elif name in ("picture.size", "recording.stream"):
            found["size:width"].append(value.get("width"))
            found["size:height"].append(value.get("height"))
    for key in [key for key, values in found.items() if len(values) > 1 and key.startswith("xmp ")]:
        flat = [one for value in found[key] for one in (value if isinstance(value, list) else [value])]
        found[key].append(flat)
    return found


def _absolute(text: object, base: int) -> str:
    return (
        " ".join(str(int(one) + base) for one in str(text).split())
        if str(text).replace(" ", "").isdigit()
        else str(text)
    )


def _place(pair: tuple[str, object]) -> list[str]:
    """Order the members of lists by their numbers, which canonical JSON orders as letters."""
    return [part.zfill(6) if part.isdigit() else part for part in re.split(r"(\d+)", pair[0])]


def _flat(path: str) -> str:
    """Return a path as exiftool's name: the first name's space, the names joined, numbers left out."""
    path = re.sub(r" #\d+\Z", "", path)
    parts = [re.sub(r"\[[^\]]*\]", "", part) for part in path.split("/")]
    space, _, first = parts[0].rpartition(":")
    joined = first + "".join(name[:1].upper() + name[1:] for name in (part.rpartition(":")[2] for part in parts[1:]))
    return f"xmp {space}:{joined}".lower()


def _find(seen: dict[str, list[object]], group: str, tag: str) -> list[object]:
    if group.startswith("XMP-"):
        space = SPACES.get(group[4:], group[4:])
        name = XMP_NAMES.get(f"{space}:{tag}", f"{space}:{tag}").lower()
        return seen.get(f"xmp {name}", []) or _under_any_name(seen, space)
    if group.startswith("IPTC"):
        return seen.get(f"IPTC:{tag}", [])
    if group in SIZES or group.startswith("Track"):
        return seen.get(f"size:{tag.removeprefix('Image').lower()}", [])
    group = GROUPS.get(group, f"exif.{group}")
    names = (NAMES.get(tag, tag), tag, STRIPS.get(tag, tag))
    return next((values for name in names if (values := seen.get(f"{group}:{name}"))), [])


def _under_any_name(seen: dict[str, list[object]], space: str) -> list[object]:
    """Return the longer values of a namespace: of many structures exiftool joins the fields' names in its own way."""
    named = (values for key, values in seen.items() if key.startswith(f"xmp {space}:".lower()))
    return [one for values in named for one in values if len(str(one)) >= OWN_NAME]


def _same(group: str, tag: str, want: object, got: object) -> bool:
    if isinstance(want, list) or isinstance(got, list):
        if group.startswith("IPTC") and isinstance(got, list) and not isinstance(want, list):
            return _alike(tag, str(want), str(got[-1]))  # exiftool shows the last of what should stand once
        first = [str(one) for one in (want if isinstance(want, list) else [want])]
        second = [str(one) for one in (got if isinstance(got, list) else [got])]
        return len(first) == len(second) and all(_alike(tag, *pair) for pair in zip(first, second, strict=True))
    return _alike(tag, str(want), str(got))


def _alike(tag: str, want: str, got: str) -> bool:
    if len(want) == CUT and got[: CUT - 1] == want[:-1]:
        return True
    if want.lower() in ("true", "false") and want.lower() == got.lower():
        return True
    if _fold(want) == _fold(got) or _date(_fold(want)) == _date(_fold(got)):
        return True
    if want.strip("[]").replace(",", "") != want:
        want = want.strip("[]").replace(",", "")
    first, second = _numbers(want), _numbers(got)
    if tag in ("GPSLatitude", "GPSLongitude"):
        second = _degrees(got)
    if tag == "GPSTimeStamp":
        first = _numbers(want.replace(":", " "))
    if tag in APEX and second:
        second = [math.sqrt(2) ** value if abs(value) < 1000 else math.nan for value in second]
    if tag == "ShutterSpeedValue" and second:
        second = [2**-value if abs(value) < 1000 else math.nan for value in second]
    return bool(first) and len(first) == len(second) and all(_near(*pair) for pair in zip(first, second, strict=True))


def _near(first: float, second: float) -> bool:
    both = math.isnan(first) and math.isnan(second)
    return both or math.isclose(first, second, rel_tol=1e-5, abs_tol=1e-9)


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\ufffd", "").replace("?", "")).strip()


def _date(text: str) -> str:
    text = re.sub(r" (?=[-+]\d\d:\d\d\Z)", "", text)
    text = re.sub(r"\A(\d{4})-(\d\d)-?(\d\d)?", lambda m: ":".join(part for part in m.groups() if part), text)
    text = re.sub(r"\A(\d{4})(\d\d)(\d\d)\Z", r"\1:\2:\3", text)
    text = re.sub(r"\A(\d\d)(\d\d)(\d\d(?:\.\d+)?)([-+]\d{4})?\Z", r"\1:\2:\3\4", text)
    return re.sub(r"([-+]\d\d):?(\d\d)\Z", r"\1:\2", text.replace("T", " "))


def _numbers(text: str) -> list[float]:
    found = []
    for part in text.split():
        over, _, under = part.partition("/")
        try:
            found.append(float(over) / float(under or 1))
        except ZeroDivisionError:
            found.append(math.nan)
        except ValueError:
            if part not in ("undef", "inf"):
                return []
            found.append(math.nan)
    return found


def _degrees(text: str) -> list[float]:
    match = re.fullmatch(r"(\d+),([\d.]+)(?:,([\d.]+))?([NSEW]?)", text.strip())
    if match is not None:
        minutes = float(match[2]) + float(match[3] or 0) / 60
        return [(float(match[1]) + minutes / 60) * (-1 if match[4] in ("S", "W") else 1)]
    parts = _numbers(text)
    return [sum(value / share for value, share in zip(parts, (1, 60, 3600), strict=False))] if parts else []


if __name__ == "__main__":
    main()
