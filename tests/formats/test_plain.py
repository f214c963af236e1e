"""Plain text: any encoding, nothing lost, the choice and its reason said."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.collector import Collected, run_bytes, run_stream

from witnessmark.cell.report import Source
from witnessmark.formats import encodings, plain
from witnessmark.model.derivative import Outcome

RUSSIAN = "Приказ начальника управления: все сотрудники обязаны явиться в отдел кадров до конца рабочего дня. " * 6
CHINESE = "根据上级机关的通知，各单位应当加强人员信息的登记和管理工作，并及时报告有关情况。" * 6
GERMAN = "Der Wärter schließt das Tor und geht über die Brücke zurück in das Gebäude für die Übergabe. " * 6
KAZAKH = "Бастықтың бұйрығы: барлық қызметкерлер жұмыс күнінің соңына дейін кадрлар бөліміне келуге міндетті. " * 6
HEBREW = "פקודת ראש המינהל: כל העובדים חייבים להתייצב במחלקת כוח אדם עד סוף יום העבודה. " * 6
CZECH = (
    "Příkaz náčelníka správy: všichni zaměstnanci jsou povinni dostavit se na osobní oddělení; šéf žádá šťastné žáky. "
    * 6
)
TURKISH = (
    "Müdürün emri: bütün çalışanlar iş gününün sonuna kadar personel dairesine başvurmalıdır; ağır yağış sığınağı. " * 6
)
UYGHUR = "ھەممە ئادەم زاتىدىنلا ئەركىن، ئىززەت-ھۆرمەت ۋە ھوقۇقتا باپباراۋەر بولۇپ تۇغۇلغان.\n" * 4
TIBETAN = "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས་ཆེ་མཐོངས་དང༌། ཐོབ་ཐངགི་རང་དབང་འདྲ་མཉམ་དུ་ཡོད་ལ།\n" * 4


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp866"),
        (RUSSIAN, "iso8859-5"),
        (CHINESE, "gb18030"),
        (CHINESE, "gb2312"),
        ("根據上級機關的通知，各單位應當加強人員資料的登記和管理工作，並及時報告有關情況。" * 6, "big5"),
        ("警察庁からの通知によると、各署は人員の登録を強化しなければならない。" * 6, "cp932"),
        ("警察庁からの通知によると、各署は人員の登録を強化しなければならない。" * 6, "euc-jp"),
        ("경찰청의 통지에 따르면 각 부서는 인원 등록을 강화하여야 한다. " * 6, "cp949"),
        (GERMAN, "cp1252"),
        (GERMAN, "iso8859-1"),
        (RUSSIAN, "cp855"),
        (RUSSIAN, "mac_cyrillic"),
        (KAZAKH, "kz1048"),
        (HEBREW, "cp1255"),
        (CZECH, "cp1250"),
        (CZECH, "iso8859-2"),
        (TURKISH, "cp1254"),
        (GERMAN, "utf-8"),
        *(
            (text, codec)
            for text in (GERMAN, RUSSIAN, CHINESE, UYGHUR, TIBETAN)
            for codec in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
        ),
    ],
)
def test_a_text_reads_the_same_in_every_encoding(text, codec):
    found = run_bytes(text.encode(codec), "a.txt")
    assert found.visible_text == text
    assert found.observed("encoding")[0]["why"]


@pytest.mark.parametrize(
    ("text", "codec"),
    [(CHINESE.replace("。", "。\n"), "gb18030"), (CHINESE, "utf-8"), (RUSSIAN, "cp1251"), (RUSSIAN, "utf-8")],
)
def test_a_damaged_byte_changes_what_it_damages_and_not_how_the_rest_is_read(text, codec):
    data = bytearray(text.encode(codec))
    data[len(data) // 2] = 0xFF
    data.insert(len(data) // 3, 0xFF)
    found = run_bytes(bytes(data), "a.txt").visible_text
    assert found[:20] == text[:20]
    assert found[-20:] == text[-20:]
    assert sum(char in text for char in found) > len(text) - 60


def test_undecodable_bytes_become_marks_and_are_counted():
    found = run_bytes("Ordnung für alle, größer als zuvor. ".encode() * 40 + b"\xff\xfe broken", "a.txt")
    assert "\ufffd" in found.visible_text or found.observed("encoding")[0]["name"] != "utf-8"
    assert "Ordnung f" in found.visible_text


def test_utf8_that_breaks_late_is_still_utf8():
    text = "größer " * 20_000
    found = run_bytes(text.encode() + b"\xff" + text.encode(), "a.txt")
    assert found.visible_text == text + "\ufffd" + text
    assert found.observed("encoding") == [{"name": "utf-8", "why": "every byte agrees with UTF-8", "replaced": "1"}]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=300))
def test_utf8_is_read_as_it_stands(text):
    data = text.encode()
    source = Source(io.BytesIO(b"words: " + data), len(data) + 7, "a.txt")
    if encodings.wide(b"words: " + data) is None and "\x1b$" not in text:
        assert "".join(plain.decoded(source, Collected())) == "words: " + text


@given(st.binary(max_size=400))
def test_an_encoding_is_chosen_for_any_bytes(data):
    data.decode(encodings.choose(data).name, "replace")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_row_by_row(delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(
        [["Name", "Rank"], ["Ilva Tarn", 'says "no", twice'], ["Ode\nMarr", "3"]]
    )
    found = run_bytes(out.getvalue().encode(), "a.csv")
    assert found.visible_text == 'Name Rank\nIlva Tarn says "no", twice\nOde\nMarr 3\n'
    assert found.observed("table") == [{"delimiter": delimiter, "rows": 3, "columns": 2}]


def test_a_table_that_breaks_loses_no_text():
    data = b'a,b\n1,"2\n' + b"x,y\n" * 400_000
    found = run_bytes(data, "a.csv")
    assert found.visible_text.count("x") == 400_000
    assert found.ended is Outcome.PARTIAL


def test_json_shows_letters_for_escapes_across_pieces():
    text = "ཀ𝄞" * 30_000
    found = run_bytes(b'{"a": "' + "".join(f"\\u{unit:04x}" for unit in _units(text)).encode() + b'"}', "a.json")
    assert found.media_type == "application/json"
    assert text in found.visible_text


def _units(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


def test_a_large_text_is_streamed_in_little_memory():
    class Counting(Collected):
        def visible(self, text):
            self.spent += len(text)

    data = b"one line of a long text\n" * 1_000_000
    stream = io.BytesIO(data)
    tracemalloc.start()
    found = run_stream(stream, len(data), "a.txt", Counting())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.spent == len(data)
    assert peak < 8 << 20


@pytest.mark.corpus
def test_ebcdic_is_read(corpus):
    data = (corpus / "text/tika/english.cp500.txt").read_bytes()
    assert "the" in run_bytes(data, "a.txt").visible_text


def test_a_short_value_in_xml_stands_with_the_name_of_its_element_too(read):
    data = b"<?xml version='1.0'?><bed><ward><number>17</number></ward><note>\n</note><p>text</p></bed>"
    found = read(data, "a.xml")
    assert found.visible_text.splitlines() == ["17", "text"]
    assert ("elements", "number : 17") in found.hidden_pieces
