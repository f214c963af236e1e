"""Write small Excel files by hand: sheets, shared strings, hidden sheets, rows and columns (ECMA-376, section 18)."""

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from witnessmark.demo import write_zip

_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its rows of text and whole numbers, and what of it is hidden (rows and columns count from 0)."""

    name: str
    rows: tuple[tuple[str | int, ...], ...]
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Core:
    """The core properties."""

    title: str
    author: str
    created: str
    modified: str


def xlsx(sheets: tuple[Sheet, ...], core: Core) -> bytes:
    """Return the Excel file."""
    strings: dict[str, int] = {}
    pages = {f"xl/worksheets/sheet{i}.xml": _sheet(sheet, strings) for i, sheet in enumerate(sheets, 1)}
    parts = {
        "[Content_Types].xml": _types(len(sheets)),
        "_rels/.rels": _package_relations(),
        "xl/workbook.xml": _workbook(sheets),
        "xl/_rels/workbook.xml.rels": _relations(len(sheets)),
        "xl/styles.xml": _styles(),
        **pages,
        "xl/sharedStrings.xml": _strings(strings),
        "docProps/core.xml": _core(core),
    }
    return write_zip.packed(((name, text.encode()) for name, text in parts.items()), when=(1980, 1, 1, 0, 0, 0))


def _sheet(sheet: Sheet, strings: dict[str, int]) -> str:
    columns = "".join(
        f'<col min="{c + 1}" max="{c + 1}" width="9" hidden="1" customWidth="1"/>' for c in sheet.hidden_columns
    )
    rows = []
    for r, row in enumerate(sheet.rows):
        cells = "".join(_cell(value, r, c, strings) for c, value in enumerate(row))
        hidden = ' hidden="1"' if r in sheet.hidden_rows else ""
        rows.append(f'<row r="{r + 1}"{hidden}>{cells}</row>')
    listed = f"<cols>{columns}</cols>" if columns else ""
    return f'{_HEAD}<worksheet xmlns="{_S}">{listed}<sheetData>{"".join(rows)}</sheetData></worksheet>'


def _cell(value: str | int, row: int, column: int, strings: dict[str, int]) -> str:
    place = f"{chr(65 + column)}{row + 1}"
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    number = strings.setdefault(value, len(strings))
    return f'<c r="{place}" t="s"><v>{number}</v></c>'


def _strings(strings: dict[str, int]) -> str:
    rows = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    return f'{_HEAD}<sst xmlns="{_S}" uniqueCount="{len(strings)}">{rows}</sst>'


def _workbook(sheets: tuple[Sheet, ...]) -> str:
    rows = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{i}"{" state=" + quoteattr("hidden") if sheet.hidden else ""} '
        f'r:id="rId{i}"/>'
        for i, sheet in enumerate(sheets, 1)
    )
    return f'{_HEAD}<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>{rows}</sheets></workbook>'


def _styles() -> str:
    return (
        f'{_HEAD}<styleSheet xmlns="{_S}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="1"><xf/></cellXfs></styleSheet>'
    )


def _relations(count: int) -> str:
    rows = [
        f'<Relationship Id="rId{i}" Type="{_R}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, count + 1)
    ]
    rows.append(f'<Relationship Id="rId{count + 1}" Type="{_R}/sharedStrings" Target="sharedStrings.xml"/>')
    rows.append(f'<Relationship Id="rId{count + 2}" Type="{_R}/styles" Target="styles.xml"/>')
    return f'{_HEAD}<Relationships xmlns="{_RELS}">{"".join(rows)}</Relationships>'


def _package_relations() -> str:
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    return (
        f'{_HEAD}<Relationships xmlns="{_RELS}">'
        f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{core}" Target="docProps/core.xml"/></Relationships>'
    )


def _types(count: int) -> str:
    rows = [f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/>']
    rows += [
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_SHEET}.worksheet+xml"/>'
        for i in range(1, count + 1)
    ]
    rows.append(f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHEET}.sharedStrings+xml"/>')
    rows.append(f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET}.styles+xml"/>')
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    rows.append(f'<Override PartName="/docProps/core.xml" ContentType="{core}"/>')
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_HEAD}<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{"".join(rows)}</Types>'
    )


def _core(core: Core) -> str:
    return (
        f"{_HEAD}<cp:coreProperties "
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(core.title)}</dc:title><dc:creator>{escape(core.author)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{core.created}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{core.modified}</dcterms:modified></cp:coreProperties>'
    )
