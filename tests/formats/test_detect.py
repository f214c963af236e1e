"""Types are told by content; a name breaks ties and nothing else."""

import gzip
import io
import plistlib
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge.iwa_forge import archive

from witnessmark.cell import messages
from witnessmark.cell.report import Source
from witnessmark.formats import detect, signatures
from witnessmark.formats.compound_build import build

MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nText\r\n"


def tell(data: bytes, name: str = "") -> str:
    return detect.detect(Source(io.BytesIO(data), len(data), name)).media_type


def make_zip(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return out.getvalue()


def content_types(main: str) -> tuple[str, bytes]:
    return "[Content_Types].xml", f'<Types><Override PartName="/x" ContentType="{main}"/></Types>'.encode()


def make_tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as made:
        made.addfile(tarfile.TarInfo("a.txt"))
    return out.getvalue()


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
GOLDEN = [
    (b"%PDF-1.7\n", "application/pdf"),
    (b"\xef\xbb\xbf\n%PDF-1.4\n", "application/pdf"),
    (b"<html><body>a word of the network</body></html>%PDF-1.4\r%\xe2\xe3\xcf\xd3\r\n1 0 obj\n<<>>", "application/pdf"),
    (b"<html><body>a file begins with %PDF-1.4\n1 0 obj is what comes next</body></html>", "application/pdf"),
    (b"<html><body>a file begins with&nbsp;%PDF-1.4</body></html>", "text/html"),
    (b"\x89PNG\r\n\x1a\n" + bytes(30), "image/png"),
    (gzip.compress(b"x", mtime=0), "application/gzip"),
    (make_tar(), "application/x-tar"),
    (make_zip(("a.txt", b"x")), "application/zip"),
    (make_zip(content_types(WORD + ".main+xml")), WORD),
    (make_zip(("mimetype", b"application/epub+zip")), "application/epub+zip"),
    (MESSAGE, "message/rfc822"),
    (b'Content-Type: multipart/mixed;\r\n boundary="a b"\r\n\r\n--a b\r\n\r\nHello.\r\n', "message/rfc822"),
    (b"Content-Type: multipart/mixed;\r\n boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n--b--\r\n", "message/rfc822"),
    (b"Content-Type: multipart/mixed; boundary=b\r\n\r\nHello.\r\n", "text/plain"),
    (b"From x@example.org Mon Jan  1 00:00:00 2001\n" + MESSAGE.replace(b"\r", b""), "application/mbox"),
    (b"<!-- c -->\n<HTML><body>x", "text/html"),
    (b'<?xml version="1.0"?><a/>', "application/xml"),
    (b'<?xml version="1.0"?><rss version="2.0"></rss>', "application/rss+xml"),
    (
        '<?xml version="1.0" encoding="utf-16"?><svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16"),
        "image/svg+xml",
    ),
    (b'{"a": [1, 2]}', "application/json"),
    (b"Only words: and more words\n", "text/plain"),
    ("公安机关关于人员信息的通知".encode("gb18030"), "text/plain"),
    ("Words without a mark\n".encode("utf-16-le"), "text/plain"),
    (b"", "application/x-empty"),
]


def test_whatever_libmagic_says_only_a_type_is_told(tmp_path):
    head = struct.pack("<HHIQQQIHHHHHH", 2, 0x3E, 1, 0, 0, 64, 0, 64, 0, 0, 64, 3, 1)
    place = tmp_path / "odd"  # of a program without a table of what to load it says that too
    place.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + head + bytes(192))
    assert detect._MAGIC.from_file(str(place)) == "application/x-executable, no program header"
    with open(place, "rb") as stream:
        assert detect.detect(Source(stream, place.stat().st_size, "odd")).media_type == "application/x-executable"


STARTS = [start + bytes(64) for start, _ in signatures.OFFSET_ZERO]
STARTS += [b"\0" * at + mark + bytes(64) for at, mark, _ in signatures.ANYWHERE]


@pytest.mark.parametrize("data", STARTS, ids=range(len(STARTS)))
def test_what_is_told_of_any_known_beginning_is_a_type_that_the_parent_accepts(data):
    assert messages._MEDIA_TYPE.match(tell(data))


@pytest.mark.parametrize(("data", "media_type"), GOLDEN, ids=[str(i) for i in range(len(GOLDEN))])
def test_content_tells_the_type_whatever_the_name(data, media_type):
    assert tell(data) == media_type
    if data:
        assert tell(data, "report.exe") == media_type


def test_a_name_breaks_ties_of_plain_text_only():
    assert tell(b"a,b\n1,2\n", "list.csv") == "text/csv"
    assert tell(b"a,b\n1,2\n", "list.txt") == "text/plain"
    assert tell(b"# Title\n", "notes.md") == "text/markdown"
    assert tell(b"%PDF-1.7\n", "list.csv") == "application/pdf"


def test_a_disagreement_with_libmagic_is_observed():
    data = b"%PDF-1.7\n" + make_zip(("a.txt", b"x"))
    found = detect.detect(Source(io.BytesIO(data), len(data), "x.pdf"))
    assert found.media_type == "application/pdf"
    assert found.observed["ends_as"] == "application/zip"


@pytest.mark.parametrize(
    "seed", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x05\x06", b"PK\x03\x04", b"\x1f\x8b\x08", b"<?xml", b"From "]
)
@given(rest=st.binary(max_size=700))
def test_any_bytes_have_a_type(seed, rest):
    assert "/" in tell(seed + rest)


SAID = st.one_of(
    st.text("az09+-._/ ", max_size=12).map(lambda rest: f"application/{rest}"),
    st.text("a/+z", max_size=150),
    st.sampled_from(
        ["application/+zip", "a" * 90 + "/b+zip", "application/" + "b" * 127 + "+xml", "text/.+xml", "é/é"]
    ),
)


@given(SAID)
def test_what_a_package_says_of_its_type_is_passed_on_only_where_it_is_a_type(said):
    root = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{said}"/>'.encode()
    for member in (("mimetype", said.encode()), content_types(said + ".main"), ("META-INF/manifest.xml", root)):
        assert messages._MEDIA_TYPE.match(tell(make_zip(member)))


def test_a_loop_in_an_ole_file_ends():
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HH", header, 30, 9, 6)
    struct.pack_into("<IIII", header, 48, 1, 0, 4096, 2)
    struct.pack_into("<II", header, 68, 0, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack("<128I", *([1] * 128))
    directory = bytes(66) + b"\x01" + bytes(445)
    assert tell(bytes(header) + fat + directory) == "application/x-ole-storage"


@pytest.mark.parametrize(
    ("tree", "media_type"),
    [
        ({"CONTENTS": b"CHNKINK x", "\x01CompObj": b"x"}, "application/vnd.ms-works"),
        ({"CONTENTS": b"8BPS\0\1", "\x01CompObj": b"x"}, "application/x-ole-storage"),
        ({"PP40": b"x"}, "application/vnd.ms-powerpoint"),
        ({"Dgn~H": b"x", "Dgn-Md": {"a": b"x"}}, "image/vnd.dgn"),
        ({"PerfectOffice_MAIN": b"x", "SlideShow": {"Main": b"x"}}, "application/x-corelpresentations"),
        ({"NativeContent_MAIN": b"x"}, "application/x-quattro-pro"),
        ({"PerfectOffice_MAIN": b"\0\0\2\0\7\x10"}, "application/x-quattro-pro"),
        ({"_DL_VERSION_1950": {"DLUpdateStamp": b"x"}, "Contents": {"a": b"x"}}, "application/sldworks"),
        ({"VBA": {"dir": b"x"}, "PROJECT": b"x"}, "application/vnd.ms-office.vbaproject"),
        ({"Macros": {"VBA": {"dir": b"x"}}}, "application/x-ole-storage"),
    ],
)
def test_streams_tell_the_type_of_a_compound_file(tree, media_type):
    assert tell(build(tree)) == media_type


BEGINNINGS = [
    (b"wOFF\0\1\0\0", "font/woff"),
    (b"wOF2OTTO", "font/woff2"),
    (b"ttcf\0\2\0\0", "font/collection"),
    (bytes(8) + b"\2\0\2\0" + bytes(22) + b"LP", "application/vnd.ms-fontobject"),
    (b"\0asm\1\0\0\0", "application/wasm"),
    (b"CWS\x0a\x10\0\0\0x", "application/x-shockwave-flash"),
    (b"AC1027\0\0", "image/vnd.dwg"),
    (b"\0\0\2\0\x21\x51", "application/x-quattro-pro"),
    (b"\0\0MMXPR3", "application/vnd.quark.quarkxpress"),
    (b"\0\x26\5plan1\x10\x22\0\1", "image/cgm"),
    (b"\x0a\5\1\x08", "image/vnd.zbrush.pcx"),
    (b"\xabKTX 11\xbb\r\n\x1a\n", "image/ktx"),
    (b"glTF\2\0\0\0", "model/gltf-binary"),
    (b"PAR1\x15\4", "application/vnd.apache.parquet"),
    (b"ARROW1\0\0", "application/vnd.apache.arrow.file"),
    (b"Obj\1\4\x16avro.schema", "application/avro"),
    (b"$FL2@(#) DATA", "application/x-spss-sav"),
    (b"\0\0\x27\x0a" + bytes(24) + b"\xe8\3\0\0", "application/vnd.shp"),
    (b"\4\0\0\0" + bytes(12) + b'{"files":{}}', "application/x-asar"),
    (b"\x41\x42\x31\0\0\0\x90**ACE**", "application/x-ace-compressed"),
    (b"EVF\t\r\n\xff\0", "application/encase"),
    (b"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a", "application/vnd.tcpdump.pcap"),
    (b"a tern".ljust(60, b"\0") + b"BOOKMOBI", "application/x-mobipocket-ebook"),
    (b"!<arch>\ndebian-binary   0", "application/vnd.debian.binary-package"),
    (b"GRIB\0\1\2\1", "application/x-grib"),
    (
        plistlib.dumps({"WebMainResource": {"WebResourceData": b"<p>x"}}, fmt=plistlib.FMT_BINARY),
        "application/x-webarchive",
    ),
    (b"EHFA_HEADER_TAG\0", "application/x-erdas-hfa"),
    (b"\x97JB2\r\n\x1a\n\1", "image/x-jbig2"),
    (b"\xb1\x68\xde\x3a" + bytes(60), "image/vnd.zbrush.dcx"),
    (b"\x0b\x77\x3e\x62\x1c\x40\x2f\x84" + bytes(60), "audio/ac3"),
    (b"\x0b\x77\x02\xff\x3f\x85\xff\xfa" + bytes(60), "audio/eac3"),
    (b"mesh".ljust(80, b"\0") + b"\2\0\0\0" + bytes(100), "model/x.stl-binary"),
    (b'<asx version="3.0"><title>Terns</title></asx>', "application/x-ms-asx"),
    (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "application/x-x509-cert"),
    (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n", "application/x-x509-key"),
    (b"-----BEGIN RSA KEY-----\nMIIB\n", "application/x-x509-key"),
    (b"-----BEGIN EC PARAMETERS-----\nBggq\n", "application/x-x509-ec-parameters"),
    (b"\xff\xd8\xff\xf7\0\x0b\x08", "image/jls"),
    (struct.pack(">I4s4sI4s", 20, b"ftyp", b"mjp2", 0, b"mjp2"), "video/mj2"),
    (bytes(512) + b"koly\0\0\0\4\0\0\2\0" + bytes(500), "application/x-apple-diskimage"),
    (make_zip(("META-INF/MANIFEST.MF", b""), ("AndroidManifest.xml", b"")), "application/vnd.android.package-archive"),
    (make_zip(("META-INF/mozilla.rsa", b""), ("META-INF/MANIFEST.MF", b"")), "application/x-xpinstall"),
    (make_zip(("Index/Document.iwa", archive([(1, 1, {1: {1: 2}, 8: {}})]))), "application/vnd.apple.numbers.13"),
    (make_zip(("Index/Document.iwa", archive([(1, 10000, {15: {}})]))), "application/vnd.apple.pages.13"),
    (make_zip(("Index/Document.iwa", archive([(1, 1, {2: {1: 2}, 3: {}})]))), "application/vnd.apple.keynote.13"),
]


@pytest.mark.parametrize(("data", "media_type"), BEGINNINGS, ids=[kind for _, kind in BEGINNINGS])
def test_what_says_what_it_is_near_its_beginning_or_its_end_is_told(data, media_type):
    assert tell(data) == media_type


def test_a_few_small_numbers_make_no_matrix():
    numbers = struct.pack("<5I", 0, 3, 3, 0, 2) + b"a\0" + bytes(72)
    assert tell(numbers, "a.bin") == "application/octet-stream"
    assert tell(numbers, "a.mat") in ("application/x-matlab-data", "application/octet-stream")


def test_two_bytes_make_no_font():
    assert tell(b"\x0f\0\x23\x10\x1c\1\0\0\x0f\0\xf2\3" + bytes(40)) == "application/octet-stream"


def test_a_store_of_keys_is_told_by_its_first_fields():
    inner = bytes.fromhex("06092a864886f70d010701") + bytes(20)
    assert tell(b"0\x82\x05\xfa\x02\x01\x030\x82\x05\xb4" + inner) == "application/x-pkcs12"


@pytest.mark.corpus
def test_the_types_of_real_files_are_told(corpus):
    expected = {
        "pdf/tika/testPDF.pdf": "application/pdf",
        "office-ooxml/tika/testEXCEL.strict.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "office-old/tika/testWORD.doc": "application/msword",
        "email/tika/testLotusEml.eml": "message/rfc822",
        "text/tika/english.cp500.txt": "text/plain",
        "office-old/tika/testMSG.msg": "application/vnd.ms-outlook",
        "email-pst/tika/testPST.pst": "application/vnd.ms-outlook-pst",
    }
    for name, media_type in expected.items():
        with (corpus / name).open("rb") as stream:
            size = (corpus / name).stat().st_size
            assert detect.detect(Source(stream, size, "")).media_type == media_type, name
