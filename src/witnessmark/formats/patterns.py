"""Types that a pattern near the beginning tells, or a mark at the very end; pure data, read by `detect`.

Names are IANA's where there is one, else the ones that archives and libmagic use. Each pattern asks for four bytes or
more, so that chance does not name what is nothing of the kind.
"""

import re
from typing import Final

_D: Final = re.DOTALL
BEGINNINGS: Final = (
    (re.compile(rb"wOFF(?:\0\x01\0\0|OTTO|true)"), "font/woff"),  # W3C, RFC 8081
    (re.compile(rb"wOF2(?:\0\x01\0\0|OTTO|true|ttcf)"), "font/woff2"),
    (re.compile(rb"ttcf\0[\x01\x02]\0\0"), "font/collection"),
    (re.compile(rb".{8}[\0-\x02]\0[\x01\x02]\0.{22}LP", _D), "application/vnd.ms-fontobject"),
    (re.compile(rb"\0asm[\x01-\x0d]\0\0\0"), "application/wasm"),
    (re.compile(rb"[FCZ]WS[\x01-\x40].{4}", _D), "application/x-shockwave-flash"),
    (re.compile(rb"AC(?:1\.[2-5]0|2\.[12]0|10(?:0[1-9]|1[0-9]|2[0-9]|3[0-9]))[\0\r\n]"), "image/vnd.dwg"),
    (re.compile(rb"\(DWF V0[0-9]\.[0-9]{2}\)PK\x03\x04"), "model/vnd.dwf"),
    (re.compile(rb"AutoCAD Binary DXF\r\n\x1a\0"), "image/vnd.dxf"),
    (
        re.compile(
            rb"(?:\xef\xbb\xbf)?\s*+(?>999[ \t]*+(?>\r\n?|\n)[^\r\n]*+\s++)*+"  # comments, none tried twice
            rb"0[ \t]*+[\r\n]\s*+SECTION[ \t]*+[\r\n]\s*+2[ \t]*+[\r\n]"
            rb"\s*(?:HEADER|CLASSES|TABLES|BLOCKS|ENTITIES|OBJECTS)\s"
        ),
        "image/vnd.dxf",
    ),
    (re.compile(rb"..(?:MM|II)XPR", _D), "application/vnd.quark.quarkxpress"),
    (re.compile(rb"\0[\x20-\x3f].{0,64}?\x10\x22\0[\x01-\x04]", _D), "image/cgm"),  # ISO/IEC 8632-3
    (re.compile(rb"BEGMF\s", re.IGNORECASE), "image/cgm"),
    (re.compile(rb"\x0a[\0\x02-\x05]\x01[\x01\x02\x04\x08]"), "image/vnd.zbrush.pcx"),
    (re.compile(rb"\xabKTX (?:11|20)\xbb\r\n\x1a\n"), "image/ktx"),
    (re.compile(rb"FLIF[1-6A-FQ-Va-f][0-2]"), "image/flif"),
    (re.compile(rb"glTF[\x01\x02]\0\0\0"), "model/gltf-binary"),
    (re.compile(rb"\x89HDF\r\n\x1a\n"), "application/x-hdf"),
    (re.compile(rb"CDF[\x01\x02\x05]\0\0"), "application/x-netcdf"),
    (re.compile(rb"PAR1.{0,8}\x15", _D), "application/vnd.apache.parquet"),
    (re.compile(rb"ARROW1\0\0"), "application/vnd.apache.arrow.file"),
    (re.compile(rb"Obj\x01.{1,40}avro\.", _D), "application/avro"),
    (re.compile(rb"\$FL[23]@\(#\)"), "application/x-spss-sav"),
    (re.compile(rb"\0\0\x27\x0a.{24}\xe8\x03\0\0", _D), "application/vnd.shp"),
    (re.compile(rb"\x04\0\0\0.{12}\{\"files\":", _D), "application/x-asar"),
    (re.compile(rb".{7}\*\*ACE\*\*", _D), "application/x-ace-compressed"),
    (re.compile(rb"EVF\t\r\n\xff\0"), "application/encase"),
    (re.compile(rb"\n\r\r\n.{4}(?:\x1a\x2b\x3c\x4d|\x4d\x3c\x2b\x1a)", _D), "application/vnd.tcpdump.pcap"),
    (re.compile(rb"regf.{4}.{4}", _D), "application/x-windows-registry-hive"),
    (re.compile(rb".{60}(?:BOOKMOBI|TEXtREAd)", _D), "application/x-mobipocket-ebook"),
    (re.compile(rb"\0\0\x02\0(?:[\x20\x21]\x51|[\x01\x02]\x10)"), "application/x-quattro-pro"),
    (re.compile(rb"bplist00.{0,4096}WebMainResource", _D), "application/x-webarchive"),
    (re.compile(rb"GRIB.{3}[\x01\x02]", _D), "application/x-grib"),  # WMO 306, FM 92
    (re.compile(rb"EHFA_HEADER_TAG\0"), "application/x-erdas-hfa"),
    (re.compile(rb"(?:AT&T)?FORM.{4}DJV[UMI]", _D), "image/vnd.djvu"),  # DjVu Reference 8.1; the first four were added
    (re.compile(rb"\x97JB2\r\n\x1a\n"), "image/x-jbig2"),  # ISO/IEC 14492, annex D.4
    (re.compile(rb"\xb1\x68\xde\x3a"), "image/vnd.zbrush.dcx"),
    (re.compile(rb"NITF0[12]\.\d\d"), "image/nitf"),
    (re.compile(rb"BLENDER[-_][vV]\d"), "application/x-blender"),
    (re.compile(rb"~[\x10\x18]\x04.0MIE", _D), "application/x-mie"),
    (re.compile(rb"\x0fSIBELIUS"), "application/x-sibelius-score"),
    (re.compile(rb"Creative Voice File\x1a"), "audio/x-voc"),
    (re.compile(rb"[PR]SID\0[\x01-\x04]\0[\x76\x7c]"), "audio/prs.sid"),
    (re.compile(rb"Extended Module: "), "audio/x-xm"),
    (re.compile(rb"IMPM.{4}", _D), "audio/x-it"),
    (re.compile(rb".{28}\x1a\x10.{14}SCRM", _D), "audio/x-s3m"),
    (re.compile(rb"!<arch>\ndebian-binary"), "application/vnd.debian.binary-package"),
)
"""What stands at the very beginning, and the type it tells; the first match counts."""

KOLY: Final = b"koly\0\0\0\x04\0\0\x02\0"
"""How the last 512 bytes of an Apple disk image begin."""
KOLY_SIZE: Final = 512

DOUBTFUL: Final = (("application/x-matlab-data", b"MATLAB", ".mat"),)
"""Types that libmagic gives to anything with a few small numbers: what must begin the file besides, or end its name."""
