"""What is read by what: media types, the kind of thing they are, and the reader's name; pure data.

Readers are named by text (`module`, `function`), so that everybody may import this table and only the cell's child
the parsers. A type without a reader is still named and has a kind; its reading ends as `unsupported`.
"""

from dataclasses import dataclass

from witnessmark.model.exhibit import ExhibitKind

DOCUMENT, TABLE, MESSAGE = ExhibitKind.DOCUMENT, ExhibitKind.TABLE, ExhibitKind.MESSAGE
PICTURE, RECORDING, CONTAINER = ExhibitKind.PICTURE, ExhibitKind.RECORDING, ExhibitKind.CONTAINER

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml."
ODF = "application/vnd.oasis.opendocument."


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader: the function that reads these types, and the kind of exhibit they are."""

    types: tuple[str, ...]
    kind: ExhibitKind
    module: str
    function: str


READERS: tuple[Reader, ...] = (
    Reader(("text/plain", "text/markdown"), DOCUMENT, "plain", "read_text"),
    Reader(("application/json", "application/x-ndjson"), DOCUMENT, "plain", "read_json"),
    Reader(("application/x-empty",), ExhibitKind.OTHER, "plain", "read_empty"),
    Reader(("text/csv", "text/tab-separated-values"), TABLE, "plain", "read_table"),
    Reader(("text/html", "application/xhtml+xml"), DOCUMENT, "html", "read_html"),
    Reader(
        ("application/xml", "application/rss+xml", "application/atom+xml"),
        DOCUMENT,
        "xmltext",
        "read_xml",
    ),
    Reader(("application/rtf",), DOCUMENT, "rtf", "read_rtf"),
    Reader(("application/pdf",), DOCUMENT, "pdf", "read_pdf"),
    Reader(("image/vnd.djvu",), DOCUMENT, "djvu", "read_djvu"),
    Reader(
        (
            WORD + "document",
            WORD + "template",
            "application/vnd.ms-word.document.macroenabled.12",
            "application/vnd.ms-word.template.macroenabled.12",
        ),
        DOCUMENT,
        "office",
        "read_docx",
    ),
    Reader(
        (
            SHEET + "sheet",
            SHEET + "template",
            "application/vnd.ms-excel.sheet.macroenabled.12",
            "application/vnd.ms-excel.template.macroenabled.12",
            "application/vnd.ms-excel.sheet.binary.macroenabled.12",
            "application/vnd.ms-excel.addin.macroenabled.12",
        ),
        TABLE,
        "office",
        "read_xlsx",
    ),
    Reader(
        (
            SLIDES + "presentation",
            SLIDES + "slideshow",
            SLIDES + "template",
            "application/vnd.ms-powerpoint.presentation.macroenabled.12",
            "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
            "application/vnd.ms-powerpoint.template.macroenabled.12",
            "application/vnd.ms-powerpoint.addin.macroenabled.12",
        ),
        DOCUMENT,
        "office",
        "read_pptx",
    ),
    Reader(
        (
            ODF + "text",
            ODF + "text-template",
            ODF + "presentation",
            ODF + "graphics",
            ODF + "presentation-template",
            ODF + "graphics-template",
            ODF + "text-master",
            ODF + "text-master-template",
            ODF + "text-web",
            ODF + "formula",
            ODF + "formula-template",
            ODF + "chart",
            ODF + "chart-template",
            "application/vnd.sun.xml.writer",
            "application/vnd.sun.xml.writer.template",
            "application/vnd.sun.xml.writer.global",
            "application/vnd.sun.xml.impress",
            "application/vnd.sun.xml.impress.template",
            "application/vnd.sun.xml.draw",
            "application/vnd.sun.xml.draw.template",
        ),
        DOCUMENT,
        "odf",
        "read_odf",
    ),
    Reader(
        (
            ODF + "spreadsheet",
            ODF + "spreadsheet-template",
            "application/vnd.sun.xml.calc",
            "application/vnd.sun.xml.calc.template",
        ),
        TABLE,
        "odf",
        "read_odf",
    ),
    Reader((ODF + "flat.text", ODF + "flat.presentation", ODF + "flat.graphics"), DOCUMENT, "flat", "read_flat_odf"),
    Reader((ODF + "flat.spreadsheet",), TABLE, "flat", "read_flat_odf"),
    Reader(("application/encrypted",), DOCUMENT, "legacy", "read_locked"),
    Reader(("application/msword",), DOCUMENT, "word", "read_doc"),
    Reader(
        (
            "application/vnd.ms-excel",
            "application/vnd.ms-excel.sheet.2",
            "application/vnd.ms-excel.sheet.3",
            "application/vnd.ms-excel.sheet.4",
        ),
        TABLE,
        "xls",
        "read_xls",
    ),
    Reader(("application/vnd.ms-powerpoint",), DOCUMENT, "ppt", "read_ppt"),
    Reader(("application/x-mspublisher", "application/vnd.ms-works"), DOCUMENT, "quill", "read_quill"),
    Reader(("application/vnd.ms-office.vbaproject",), DOCUMENT, "legacy_parts", "read_project"),
    Reader(("application/vnd.ms-xpsdocument", "application/oxps"), DOCUMENT, "xps", "read_xps"),
    Reader(("application/ofd",), DOCUMENT, "ofd", "read_ofd"),
    Reader(
        (
            "application/vnd.ms-visio.drawing",
            "application/vnd.ms-visio.drawing.macroenabled.12",
            "application/vnd.ms-visio.stencil",
            "application/vnd.ms-visio.stencil.macroenabled.12",
            "application/vnd.ms-visio.template",
            "application/vnd.ms-visio.template.macroenabled.12",
        ),
        DOCUMENT,
        "packaged",
        "read_visio",
    ),
    Reader(("application/vnd.visio",), DOCUMENT, "visio", "read_vsd"),
    Reader(("application/onenote",), DOCUMENT, "onenote", "read_onenote"),
    Reader(("application/x-hwp-v5",), DOCUMENT, "hwp", "read_hwp"),
    Reader(("application/hwp+zip",), DOCUMENT, "hwpx", "read_hwpx"),
    Reader(("application/vnd.wordperfect",), DOCUMENT, "wordperfect", "read_wordperfect"),
    Reader(("application/vnd.ms-wordml",), DOCUMENT, "flat", "read_wordml"),
    Reader(("application/vnd.ms-package.flat+xml",), DOCUMENT, "flat", "read_flat_package"),
    Reader(("application/vnd.adobe.indesign-idml-package",), DOCUMENT, "packaged", "read_idml"),
    Reader(("application/epub+zip", "application/x-ibooks+zip"), DOCUMENT, "epub", "read_epub"),
    Reader(
        ("application/vnd.apple.pages", "application/vnd.apple.keynote"),
        DOCUMENT,
        "iwork",
        "read_iwork",
    ),
    Reader(("application/vnd.apple.numbers",), TABLE, "iwork", "read_iwork"),
    Reader(
        ("application/vnd.apple.pages.13", "application/vnd.apple.keynote.13"),
        DOCUMENT,
        "iwork13",
        "read_iwork13",
    ),
    Reader(("application/vnd.apple.numbers.13",), TABLE, "iwork13", "read_iwork13"),
    Reader(("application/x-tika-iworks-protected",), DOCUMENT, "iwork_locked", "read_locked"),
    Reader(("application/x-sqlite3",), TABLE, "sqlite", "read_sqlite"),
    Reader(("application/x-msaccess",), TABLE, "access", "read_access"),
    Reader(("application/x-dbf",), TABLE, "dbf", "read_dbf"),
    Reader(("application/x-ms-evtx",), TABLE, "evtx", "read_evtx"),
    Reader(("application/x-sas-data",), TABLE, "sas", "read_sas"),
    Reader(("application/x-sas-xport",), TABLE, "sas_transport", "read_transport"),
    Reader(
        ("application/pkcs7-mime", "application/pkcs7-signature", "application/timestamped-data"),
        CONTAINER,
        "cms",
        "read_cms",
    ),
    Reader(("message/rfc822", "message/news"), MESSAGE, "mail", "read_eml"),
    Reader(("message/x-emlx",), MESSAGE, "mbox", "read_emlx"),
    Reader(("application/vnd.ms-outlook",), MESSAGE, "outlook", "read_msg"),
    Reader(("application/vnd.ms-tnef",), MESSAGE, "tnef", "read_tnef"),
    Reader(("application/vnd.ms-outlook-pst",), CONTAINER, "pst", "read_pst"),
    Reader(("application/mbox",), CONTAINER, "mbox", "read_mbox"),
    Reader(("application/x-mmdf",), CONTAINER, "mbox", "read_mmdf"),
    Reader(("application/x-ms-dbx",), CONTAINER, "outlook_express", "read_dbx"),
    Reader(("application/x-ms-mbx",), CONTAINER, "outlook_express", "read_mbx"),
    Reader(("application/x-thebat-tbb",), CONTAINER, "the_bat", "read_tbb"),
    Reader(("text/vcard", "text/x-vcard"), DOCUMENT, "vobject", "read_vcard"),
    Reader(("text/calendar", "text/x-vcalendar"), DOCUMENT, "vobject", "read_calendar"),
    Reader(("image/jpeg", "image/jls"), PICTURE, "jpeg", "read_jpeg"),
    Reader(("image/x-exv",), PICTURE, "jpeg", "read_exv"),
    Reader(("image/png",), PICTURE, "png", "read_png"),
    Reader(("image/gif",), PICTURE, "image", "read_gif"),
    Reader(("image/webp",), PICTURE, "image", "read_webp"),
    Reader(("image/bmp", "image/x-os2-graphics", "image/x-os2-ico"), PICTURE, "image", "read_bmp"),
    Reader(
        (
            "image/tiff",
            "image/x-raw-adobe",
            "image/x-raw-sony",
            "image/x-raw-nikon",
            "image/x-raw-pentax",
            "image/x-raw-panasonic",
            "image/x-raw-olympus",
            "image/x-raw-epson",
            "image/x-raw-samsung",
            "image/x-canon-cr2",
            "image/vnd.ms-photo",
        ),
        PICTURE,
        "image",
        "read_tiff",
    ),
    Reader(("image/x-raw-fuji",), PICTURE, "raw_files", "read_raf"),
    Reader(("image/x-raw-minolta",), PICTURE, "raw_files", "read_mrw"),
    Reader(("image/x-raw-sigma",), PICTURE, "raw_files", "read_x3f"),
    Reader(("image/x-canon-crw",), PICTURE, "raw_files", "read_crw"),
    Reader(("image/x-xcf",), PICTURE, "xcf", "read_xcf"),
    Reader(("image/vnd.microsoft.icon", "image/x-win-bitmap"), PICTURE, "image", "read_icon"),
    Reader(("image/icns",), PICTURE, "image", "read_icns"),
    Reader(("image/vnd.adobe.photoshop",), PICTURE, "photoshop", "read_psd"),
    Reader(
        (
            "image/heic",
            "image/heif",
            "image/heic-sequence",
            "image/heif-sequence",
            "image/avif",
            "image/x-canon-cr3",
        ),
        PICTURE,
        "heif",
        "read_heif",
    ),
    Reader(
        ("image/jp2", "image/jpx", "image/jpm", "image/jph", "image/x-jp2-codestream", "image/jxl"),
        PICTURE,
        "heif",
        "read_boxed",
    ),
    Reader(("image/wmf", "image/emf"), PICTURE, "metafile", "read_metafile"),
    Reader(
        (
            "image/x-portable-bitmap",
            "image/x-portable-graymap",
            "image/x-portable-pixmap",
            "image/vnd.zbrush.pcx",
            "image/x-tga",
            "image/vnd-ms.dds",
            "image/x-qoi",
            "image/x-bpg",
        ),
        PICTURE,
        "image",
        "read_simple",
    ),
    Reader(
        (
            "video/mp4",
            "video/quicktime",
            "video/x-m4v",
            "video/3gpp",
            "video/3gpp2",
            "video/mj2",
            "audio/mp4",
        ),
        RECORDING,
        "film",
        "read_film",
    ),
    Reader(("video/x-matroska", "video/webm"), RECORDING, "matroska", "read_matroska"),
    Reader(("audio/vnd.wave", "video/x-msvideo"), RECORDING, "riff", "read_riff"),
    Reader(("audio/x-aiff",), RECORDING, "riff", "read_aiff"),
    Reader(("audio/x-caf",), RECORDING, "riff", "read_caf"),
    Reader(("audio/x-dsf", "audio/x-dff"), RECORDING, "riff", "read_dsd"),
    Reader(("audio/mpeg",), RECORDING, "sound", "read_mpeg_audio"),
    Reader(("audio/x-aac",), RECORDING, "sound", "read_aac"),
    Reader(("audio/amr", "audio/amr-wb"), RECORDING, "sound", "read_amr"),
    Reader(("audio/basic",), RECORDING, "sound", "read_au"),
    Reader(("audio/midi",), RECORDING, "sound", "read_midi"),
    Reader(("video/x-flv",), RECORDING, "streams", "read_flv"),
    Reader(("video/mpeg", "video/mp2t"), RECORDING, "streams", "read_stream"),
    Reader(("audio/flac",), RECORDING, "ogg", "read_flac"),
    Reader(
        ("audio/ogg", "audio/vorbis", "audio/opus", "audio/speex", "audio/x-oggflac", "video/ogg", "video/x-ogm"),
        RECORDING,
        "ogg",
        "read_ogg",
    ),
    Reader(("video/x-ms-asf", "video/x-ms-wmv", "audio/x-ms-wma"), RECORDING, "asf", "read_asf"),
    Reader(("application/postscript",), DOCUMENT, "postscript", "read_postscript"),
    Reader(("application/rdf+xml",), DOCUMENT, "postscript", "read_sidecar"),
    Reader(("image/vnd.dxf",), PICTURE, "dxf", "read_dxf"),
    Reader(("image/vnd.dwg",), PICTURE, "dwg", "read_dwg"),
    Reader(("image/svg+xml",), PICTURE, "svg", "read_svg"),
    Reader(("application/applefile", "multipart/appledouble"), CONTAINER, "mac", "read_apple"),
    Reader(("application/x-macbinary",), CONTAINER, "mac", "read_macbinary"),
    Reader(("application/mac-binhex40",), CONTAINER, "binhex", "read_binhex"),
    Reader(("application/x-bplist", "application/x-webarchive"), DOCUMENT, "plists", "read_plist"),
    Reader(("application/x-ms-shortcut",), ExhibitKind.OTHER, "shortcut", "read_shortcut"),
    Reader(("application/zip",), CONTAINER, "archives", "read_zip"),
    Reader(
        (
            "application/java-archive",
            "application/x-tika-java-web-archive",
            "application/x-tika-java-enterprise-archive",
            "application/vnd.android.package-archive",
            "application/x-itunes-ipa",
            "application/x-xpinstall",
            "application/x-chrome-extension",
            "application/appx",
            "application/appxbundle",
            "application/vsix",
            "application/vnd.google-earth.kmz",
            "application/x-wacz",
            "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
            "model/vnd.dwf",
            ODF + "base",
            ODF + "database",
            ODF + "image",
            ODF + "image-template",
            "application/vnd.sun.xml.base",
            "application/vnd.sun.xml.math",
            "application/vnd.openofficeorg.extension",
            "application/vnd.openofficeorg.autotext",
        ),
        CONTAINER,
        "packaged",
        "read_as_zip",
    ),
    Reader(("application/warc",), CONTAINER, "warc", "read_warc"),
    Reader(("application/x-ia-arc",), CONTAINER, "warc", "read_arc"),
    Reader(("application/x-tar",), CONTAINER, "tars", "read_tar"),
    Reader(("application/gzip",), CONTAINER, "archives", "read_gzip"),
    Reader(("application/zlib",), CONTAINER, "zlibs", "read_zlib"),
    Reader(("application/x-bzip2",), CONTAINER, "archives", "read_bzip2"),
    Reader(("application/x-xz",), CONTAINER, "archives", "read_xz"),
    Reader(("application/x-7z-compressed",), CONTAINER, "sevenzip", "read_7z"),
    Reader(("application/x-rar-compressed",), CONTAINER, "rar", "read_rar"),
    Reader(("application/vnd.ms-cab-compressed",), CONTAINER, "packed", "read_cabinet"),
    Reader(("application/vnd.ms-htmlhelp",), CONTAINER, "chm", "read_chm"),
    Reader(("application/x-iso9660-image",), CONTAINER, "packed", "read_iso"),
    Reader(
        (
            "application/x-archive",
            "application/vnd.debian.binary-package",
            "application/x-cpio",
            "application/x-rpm",
            "application/x-xar",
            "application/x-lha",
        ),
        CONTAINER,
        "packed",
        "read_other",
    ),
    Reader(
        (
            "application/x-compress",
            "application/zstd",
            "application/x-lz4",
            "application/x-lzma",
            "application/x-lzip",
        ),
        CONTAINER,
        "packed",
        "read_single",
    ),
)


@dataclass(frozen=True, slots=True)
class Office:
    """How LibreOffice is told of a type: the end of such a file's name, and the OpenDocument that it becomes."""

    suffix: str
    opendocument: str


def _office(opendocument: str, types: dict[str, str]) -> dict[str, Office]:
    return {media_type: Office(suffix, opendocument) for media_type, suffix in types.items()}


OFFICE: dict[str, Office] = {
    **_office(
        "odt",
        {
            "application/msword": ".doc",
            "application/rtf": ".rtf",
            WORD + "document": ".docx",
            WORD + "template": ".dotx",
            "application/vnd.ms-word.document.macroenabled.12": ".docm",
            "application/vnd.ms-word.template.macroenabled.12": ".dotm",
            ODF + "text": ".odt",
            ODF + "text-template": ".ott",
            "application/vnd.sun.xml.writer": ".sxw",
            "application/x-mswrite": ".wri",
            "application/vnd.ms-works": ".wps",
            "application/vnd.wordperfect": ".wpd",
            "application/x-hwp-v5": ".hwp",
            "application/vnd.stardivision.writer": ".sdw",
        },
    ),
    **_office(
        "ods",
        {
            "application/vnd.ms-excel": ".xls",
            SHEET + "sheet": ".xlsx",
            SHEET + "template": ".xltx",
            "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsm",
            "application/vnd.ms-excel.template.macroenabled.12": ".xltm",
            "application/vnd.ms-excel.sheet.binary.macroenabled.12": ".xlsb",
            ODF + "spreadsheet": ".ods",
            "application/vnd.sun.xml.calc": ".sxc",
            "application/vnd.lotus-1-2-3": ".wk3",
            "application/x-quattro-pro": ".wb2",
            "application/vnd.stardivision.calc": ".sdc",
        },
    ),
    **_office(
        "odp",
        {
            "application/vnd.ms-powerpoint": ".ppt",
            SLIDES + "presentation": ".pptx",
            SLIDES + "slideshow": ".ppsx",
            SLIDES + "template": ".potx",
            "application/vnd.ms-powerpoint.presentation.macroenabled.12": ".pptm",
            "application/vnd.ms-powerpoint.slideshow.macroenabled.12": ".ppsm",
            ODF + "presentation": ".odp",
            "application/vnd.sun.xml.impress": ".sxi",
            "application/vnd.stardivision.impress": ".sdd",
        },
    ),
    **_office(
        "odg",
        {
            ODF + "graphics": ".odg",
            "application/vnd.sun.xml.draw": ".sxd",
            "application/vnd.visio": ".vsd",
            "application/x-mspublisher": ".pub",
            "application/vnd.stardivision.draw": ".sda",
        },
    ),
}
"""What LibreOffice reads, where it is found on the machine; never because a name says so."""

BY_TYPE: dict[str, Reader] = {media_type: reader for reader in READERS for media_type in reader.types}
UNPACKED = BY_TYPE["application/java-archive"]
"""What reads packages of which no more is known here than that they are zips."""
TEXT = BY_TYPE["text/plain"]
"""The reader of text, of whatever kind."""


DRAWN = frozenset(
    (
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/tiff",
        "image/x-portable-bitmap",
        "image/x-portable-graymap",
        "image/x-portable-pixmap",
        "image/avif",
    )
)
"""The pictures whose pixels can be had of a cell: drawn as pages, and for letters to be looked for in them."""

HEIF = frozenset(("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"))
"""The pictures that a program of the machine makes drawable, where it is found."""


ZIP = "application/zip"
_OF_PACKAGES = frozenset(("office", "odf", "packaged", "xps", "epub", "iwork", "ofd", "hwpx"))


def reader_of(media_type: str) -> Reader | None:
    """Return the reader of a type: its own, else that of text, XML or zips for whatever is one (RFC 6839, 3.6)."""
    if media_type in BY_TYPE:
        return BY_TYPE[media_type]
    if media_type.endswith("+zip"):
        return UNPACKED
    if media_type.startswith("text/") or media_type == "application/x-subrip":
        return TEXT
    return BY_TYPE["application/xml"] if media_type.endswith("+xml") or media_type in _XML else None


_XML = frozenset(("application/vnd.ms-spreadsheetml", "application/vnd.adobe.xfdf"))


def is_of_package(media_type: str) -> bool:
    """Tell whether a type has a reader, and one that reads packages: a zip may say of itself that it is one."""
    reader = reader_of(media_type)
    return reader is not None and (reader.module in _OF_PACKAGES or media_type == ZIP)


def is_unpacked(media_type: str) -> bool:
    """Tell whether files of a type are taken apart as zips, with what stands before them."""
    return reader_of(media_type) in (UNPACKED, BY_TYPE[ZIP])


def kind_of(media_type: str) -> ExhibitKind:
    """Return the kind of exhibit that a media type is, with or without a reader."""
    reader = reader_of(media_type)
    if reader is not None:
        return reader.kind
    return KINDS.get(media_type) or _FAMILIES.get(media_type.partition("/")[0], ExhibitKind.OTHER)


def modules() -> tuple[str, ...]:
    """Return the full names of the modules that readers live in, for whoever loads them beforehand."""
    return tuple(sorted({f"witnessmark.formats.{reader.module}" for reader in READERS}))


_FAMILIES: dict[str, ExhibitKind] = {
    "image": PICTURE,
    "audio": RECORDING,
    "video": RECORDING,
    "text": DOCUMENT,
    "message": MESSAGE,
}
KINDS: dict[str, ExhibitKind] = {}
