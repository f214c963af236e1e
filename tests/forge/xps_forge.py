"""Makes XPS documents: a sequence, its documents, their pages, parts beside them (ECMA-388)."""

import io
import struct
import zipfile

NS = 'xmlns="http://schemas.microsoft.com/xps/2005/06" xmlns:x="http://schemas.microsoft.com/xps/2005/06/resourcedictionary-key"'
ROOT = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Type="http://schemas.microsoft.com/xps/2005/06/fixedrepresentation" Target="/Sequence.fdseq" Id="R1"/></Relationships>'
)


def xps(*pages, order=None, **parts):
    """A document of pages: each is what lies in it, or (what lies in it, further attributes)."""
    wholes = [page if isinstance(page, tuple) else (page, 'Width="800" Height="1000"') for page in pages]
    order = range(1, len(pages) + 1) if order is None else order
    listed = "".join(f'<PageContent Source="/Documents/1/Pages/{number}.fpage"/>' for number in order)
    found = {
        "_rels/.rels": ROOT,
        "Sequence.fdseq": f'<FixedDocumentSequence {NS}><DocumentReference Source="Documents/1/Fixed.fdoc"/></FixedDocumentSequence>',
        "Documents/1/Fixed.fdoc": f"<FixedDocument {NS}>{listed}</FixedDocument>",
        **{
            f"Documents/1/Pages/{n}.fpage": f"<FixedPage {NS} {more}>{inner}</FixedPage>"
            for n, (inner, more) in enumerate(wholes, 1)
        },
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in found.items():
            target.writestr(name, data)
    return out.getvalue()


def glyphs(text, x=50, y=100, size=20, fill="#FF000000", more="", inner=""):
    said = "" if fill is None else f' Fill="{fill}"'
    return f'<Glyphs OriginX="{x}" OriginY="{y}" FontRenderingEmSize="{size}" UnicodeString="{text}"{said} {more}>{inner}</Glyphs>'


def box(x=40, y=80, width=700, height=30, fill="#FF000000", more=""):
    return (
        f'<Path Data="M {x},{y} L {x + width},{y} {x + width},{y + height} {x},{y + height} Z" Fill="{fill}" {more}/>'
    )


def canvas(inner, more=""):
    return f"<Canvas {more}>{inner}</Canvas>"


def font(widths, letters, form=4):
    """A font that has nothing but widths, of 1000 to the em, and the glyphs of some letters in their order."""
    codes = [ord(letter) for letter in letters]
    if form == 12:
        groups = b"".join(struct.pack(">3I", code, code, number) for number, code in enumerate(codes, 1))
        sub = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(codes)) + groups
    else:
        rows = sorted((code, number) for number, code in enumerate(codes, 1)) + [(0xFFFF, 0)]
        count = len(rows)
        ends = b"".join(struct.pack(">H", code) for code, _ in rows)
        moves = b"".join(struct.pack(">H", (number - code) & 0xFFFF) for code, number in rows)
        sub = (
            struct.pack(">7H", 4, 16 + 8 * count, 0, 2 * count, 0, 0, 0)
            + ends
            + b"\0\0"
            + ends
            + moves
            + bytes(2 * count)
        )
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10 if form == 12 else 1, 12) + sub,
        b"head": bytes(18) + struct.pack(">H", 1000) + bytes(34),
        b"hhea": bytes(34) + struct.pack(">H", len(widths)),
        b"hmtx": b"".join(struct.pack(">Hh", wide, 0) for wide in widths),
    }
    at, directory, body = 12 + 16 * len(tables), b"", b""
    for name, data in tables.items():
        directory += struct.pack(">4sIII", name, 0, at + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    return b"\0\1\0\0" + struct.pack(">HHHH", len(tables), 0, 0, 0) + directory + body


def veiled(data, name):
    """A font under a number: its first bytes are not its own."""
    key = bytes.fromhex(name.replace("-", ""))[::-1]
    return bytes(a ^ b for a, b in zip(data[:32], key * 2, strict=True)) + data[32:]
