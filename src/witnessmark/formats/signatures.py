"""Types that say what they are in fixed bytes near their beginning; pure data, read by `detect`.

Only signatures that libmagic lacks or gets wrong, and the ones our own readers stand on.
"""

OFFSET_ZERO: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"\x1f\x9d", "application/x-compress"),
    (b"\x1f\xa0", "application/x-compress"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (b"{\\rtf", "application/rtf"),
    (b"!BDN", "application/vnd.ms-outlook-pst"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote; format=one"),
    (b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f", "application/onenote; format=onetoc2"),
    (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (b"SQLite format 3\x00", "application/x-sqlite3"),
    (b"\x00\x01\x00\x00Standard Jet DB\x00", "application/x-msaccess"),
    (b"\x00\x01\x00\x00Standard ACE DB\x00", "application/x-msaccess"),
    (b"ITSF\x03\x00\x00\x00", "application/vnd.ms-htmlhelp"),
    (b"\xffWPC", "application/vnd.wordperfect"),
    (b"\x31\xbe\x00\x00", "application/x-mswrite"),
    (b"\x32\xbe\x00\x00", "application/x-mswrite"),
    (b"\x09\x04\x06\x00", "application/vnd.ms-excel.sheet.4"),
    (b"\x09\x02\x06\x00", "application/vnd.ms-excel.sheet.3"),
    (b"\x09\x00\x04\x00", "application/vnd.ms-excel.sheet.2"),
    (b"-----BEGIN PGP MESSAGE-----", "application/pgp-encrypted"),
    (b"\x85\x01", "application/pgp-encrypted"),
    (b"\x85\x02", "application/pgp-encrypted"),
    (b"\xc0\xb9\x07\x2e\x4f\x93\xf1\x46\xa0\x15\x79\x2c\xa1\xd9\xe8\x21", "application/x-axcrypt"),
    (b"\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d", "application/x-adobe-indesign"),
    (b"<stata_dta>", "application/x-stata-dta"),
    (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", "application/x-sas-xport"),
    (b"BPG\xfb", "image/x-bpg"),
    (b"\xff\x0a", "image/jxl"),
    (b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", "image/jxl"),
    (b"SIMPLE  =", "application/fits"),
    (b"P1\n", "image/x-portable-bitmap"),
    (b"P4\n", "image/x-portable-bitmap"),
    (b"\xd7\xcd\xc6\x9a\x00\x00", "image/wmf"),
    (b"JAVA PROFILE 1.0.1, created", "application/vnd.java.hprof.text"),
    (b"JAVA PROFILE 1.0.", "application/vnd.java.hprof"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"<MIFFile ", "application/vnd.mif"),
    (b"!<arch>\n", "application/x-archive"),
    (b"WARC/", "application/warc"),
    (b"WEBVTT", "text/vtt"),
    (b"\xef\xbb\xbfWEBVTT", "text/vtt"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"Salted__", "application/x-openssl-salted"),
    (b"LUKS\xba\xbe", "application/x-luks"),
)
"""What stands at the very beginning, and the type it tells; the first match counts."""

ANYWHERE: tuple[tuple[int, bytes, str], ...] = (
    (4, b"Standard Jet DB", "application/x-msaccess"),
    (12, b"\x61\x15\x06\x00", "application/x-berkeley-db; format=hash"),
    (12, b"\x00\x06\x15\x61", "application/x-berkeley-db; format=hash"),
    (12, b"\x62\x31\x05\x00", "application/x-berkeley-db; format=btree"),
    (12, b"\x00\x05\x31\x62", "application/x-berkeley-db; format=btree"),
    (522, b"\x00\x11\x02\xff\x0c\x00", "image/x-pict"),
    (522, b"\x11\x01", "image/x-pict"),
    (12, b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c", "application/x-sas-data"),
)
"""Offset, bytes and type for what says it later on."""

OLE_STREAMS: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", "application/encrypted"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("__nameid_version1.0", "application/vnd.ms-outlook"),
    ("VisioDocument", "application/vnd.visio"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("Workbook", "application/vnd.ms-excel"),
    ("WORKBOOK", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("Quill", "application/x-mspublisher"),
    ("WordDocument", "application/msword"),
    ("SwDocMgrTempStorage", "application/sldworks"),
    ("SwDocContentMgr", "application/sldworks"),
    ("BodyText", "application/x-hwp-v5"),
    ("StarCalcDocument", "application/vnd.stardivision.calc"),
    ("StarWriterDocument", "application/vnd.stardivision.writer"),
    ("MatOST", "application/vnd.ms-works"),
    ("CONTENTS", "application/vnd.ms-works"),
    ("Props14", "application/vnd.ms-project"),
    ("Props12", "application/vnd.ms-project"),
    ("Props9", "application/vnd.ms-project"),
)
"""A stream or storage of an OLE file (MS-CFB) and the type it tells; the first match counts."""

XML_ROOTS: dict[str, str] = {
    "rss": "application/rss+xml",
    "feed": "application/atom+xml",
    "svg": "image/svg+xml",
    "html": "application/xhtml+xml",
    "tt": "application/ttml+xml",
    "task": "application/dita+xml",
    "concept": "application/dita+xml",
    "reference": "application/dita+xml",
    "topic": "application/dita+xml",
    "map": "application/dita+xml",
    "xdp": "application/vnd.adobe.xdp+xml",
    "xfdf": "application/vnd.adobe.xfdf",
    "ONIXMessage": "application/onix-message+xml",
    "ONIXmessage": "application/onix-message+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "gpx": "application/gpx+xml",
    "wordDocument": "application/vnd.ms-wordml",
    "package": "application/vnd.ms-package.flat+xml",
    "Workbook": "application/vnd.ms-spreadsheetml",
    "FictionBook": "application/x-fictionbook+xml",
    "xmpmeta": "application/rdf+xml",
    "RDF": "application/rdf+xml",
}
"""The local name of an XML document's root element and the type it tells (checked against a namespace where one is needed)."""

XML_WITNESSES: dict[str, bytes] = {
    "feed": b"http://www.w3.org/2005/Atom",
    "tt": b"http://www.w3.org/ns/ttml",
    "task": b"dita",
    "concept": b"dita",
    "reference": b"dita",
    "topic": b"dita",
    "map": b"dita",
    "package": b"http://schemas.microsoft.com/office/2006/xmlPackage",
    "Workbook": b"urn:schemas-microsoft-com:office:spreadsheet",
    "wordDocument": b"http://schemas.microsoft.com/office/word",
    "html": b"http://www.w3.org/1999/xhtml",
}
"""What must also stand near the root element for `XML_ROOTS` to count (compared without regard to case)."""

MAIN_PARTS: tuple[tuple[str, str], ...] = (
    ("application/vnd.ms-package.xps-fixeddocumentsequence+xml", "application/vnd.ms-xpsdocument"),
    (
        "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
        "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
    ),
    ("application/oxps-fixeddocumentsequence+xml", "application/oxps"),
)
"""Content types of a package's main part that do not follow the rule `TYPE.main+xml`."""

ZIP_NAMES: tuple[tuple[str, str], ...] = (
    ("META-INF/MANIFEST.MF", "application/java-archive"),
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
    ("index.apxl", "application/vnd.apple.keynote"),
    ("index.apxl.gz", "application/vnd.apple.keynote"),
    ("doc.kml", "application/vnd.google-earth.kmz"),
    ("datapackage.json", "application/x-wacz"),
)
"""A member of a zip and the type it tells, for packages that carry no other mark."""

HEADERS = frozenset(
    """
    received from to subject date message-id mime-version return-path delivered-to cc bcc reply-to sender content-type
    content-transfer-encoding in-reply-to references x-mailer dkim-signature domainkey-signature user-agent
    x-originating-ip list-id thread-topic thread-index x-priority importance resent-from resent-to resent-date
    authentication-results received-spf errors-to x-mozilla-status x-mozilla-status2 content-disposition newsgroups path
    x-received arc-seal envelope-to precedence organization comments keywords x-account-key x-uidl status x-status
    apparently-to disposition-notification-to content-language
    """.split()
)
"""Names of header fields (RFC 5322 and custom) that tell a message from a text with colons."""

BY_NAME: dict[str, str] = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".css": "text/css",
    ".js": "text/javascript",
    ".dot": "text/vnd.graphviz",
    ".m": "text/x-matlab",
    ".py": "text/x-python",
    ".sh": "text/x-shellscript",
    ".c": "text/x-c",
    ".h": "text/x-c",
    ".java": "text/x-java",
}
"""Types of plain text that only a name can tell; used for nothing else."""
