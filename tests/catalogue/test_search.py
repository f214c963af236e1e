"""Search finds what stands in the texts, says how it understood the query, and can always be made again."""

import shutil

import pytest
import tantivy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.search import Hits, Search
from witnessmark.errors import WrongUsage
from witnessmark.model import text

CHINESE = "国家安全局的讲话录，第3章《关于》。在二〇三二年六月,他们说了。"
TIBETAN = "བོད་ལྗོངས་ཀྱི་མི་དམངས་ཚོས་ངེད་ཚོར་"
UYGHUR = "ئۇيغۇر تىلى مەكتەپ كىتاب"
KAZAKH = "Қазақстан Республикасының азаматтары hәм iс"


@pytest.fixture
def find(keeper):
    """Seal texts and return a function that searches them."""
    opened = []

    def make(*texts: str):
        keeper.texts(texts)
        catalogue = Catalogue.open(keeper.archive)
        opened.append(catalogue)
        search = Search.open(keeper.archive, catalogue)
        assert search.notes == []
        return search

    yield make
    for catalogue in opened:
        catalogue.close()


def names(hits: Hits) -> list[str]:
    return [hit.exhibits[0].printed for hit in hits.hits]


def shown(hits: Hits) -> list[object]:
    return [
        hits.total,
        hits.read_back,
        sorted(
            ([row.exhibit.id for row in hit.exhibits], [(s.text, s.marks, s.hidden) for s in hit.snippets])
            for hit in hits.hits
        ),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("doors", ["0.txt", "2.txt"]),
        ("DOORS keys", ["0.txt"]),
        ("doors OR locks", ["0.txt", "1.txt", "2.txt"]),
        ("doors NOT keys", ["2.txt"]),
        ("NOT doors", ["1.txt"]),
        ("(doors OR locks) AND night", ["1.txt"]),
        ('"keys of the doors"', ["0.txt"]),
        ('"doors of the keys"', []),
        ("lock*", ["1.txt"]),
        ('"the doo"*', ["0.txt", "2.txt"]),
        ("hinge", []),
        ("night.locks", ["1.txt"]),
        ("AND", []),
    ],
)
def test_a_query_finds_what_it_asks_for(find, query, found):
    search = find("the keys of the doors", "night: locks", "the doors, shut")
    hits = search.query(query)
    assert sorted(names(hits)) == found
    assert hits.total == len(found)
    assert all(hit.snippets for hit in hits.hits if "NOT doors" not in query)


def test_every_substring_of_running_chinese_is_found_as_a_phrase(find):
    search = find(CHINESE, "安全国家")
    bare = [c for c in CHINESE if c.strip()]
    for start in range(len(bare)):
        for length in (2, 4, 10):
            part = "".join(bare[start : start + length])
            if text.words(part):
                assert "0.txt" in names(search.query(f'"{part}"')), part
    assert names(search.query("国家安全")) == ["0.txt"]
    assert search.query("话第").total == 0  # a comma stands between
    assert names(search.query("讲话录 安全局")) == ["0.txt"]
    assert search.query("讲话录").read_back == "the phrase “讲话录”"
    (hit,) = search.query("讲话录").hits
    assert [hit.snippets[0].text[a:b] for a, b in hit.snippets[0].marks] == ["讲话录"]


@pytest.mark.parametrize(
    ("source", "queries", "misses"),
    [
        (TIBETAN, ["ལྗོངས", "མི་དམངས", "བོད་ལྗོངས་", "དམངས་ཚོས་"], ["བོ", "ལྗོངས་མི"]),
        (UYGHUR, ["تىلى", "تیلی", "کىتاب", "كىتاب", "مـەكتەپ", "ئۇيغۇر تىلى"], ["تىل", "مهكتهپ"]),
        (KAZAKH, ["қазақстан", "һәм", "іс", "Республикасының азаматтары", "республика*"], ["республика"]),
        ("Über die Straße", ["uber OR über", "STRASSE", '"u\u0308ber die"'], ["strase"]),
    ],
)
def test_words_are_found_however_their_letters_were_typed(find, source, queries, misses):
    search = find(source, "something else")
    for query in queries:
        assert names(search.query(query)) == ["0.txt"], query
    for query in misses:
        assert search.query(query).total == 0, query


def test_hidden_text_is_found_and_labelled(keeper):
    accession = keeper.accession()
    keeper.exhibit(accession, "a.docx", b"data")
    keeper.read(b"data", "Order of the day", "comment: burn the order")
    keeper.commit()
    with Catalogue.open(keeper.archive) as catalogue, Search.open(keeper.archive, catalogue) as search:
        (hit,) = search.query("order").hits
        assert [(s.text, s.hidden) for s in hit.snippets] == [
            ("Order of the day", False),
            ("comment: burn the order", True),
        ]
        (hit,) = search.query("burn").hits
        assert [s.hidden for s in hit.snippets] == [True]
        assert search.query("day burn").total == 1


def test_names_are_searched_and_copies_are_one_hit_with_each_exhibit_once(keeper):
    accession = keeper.accession()
    keeper.exhibit(accession, "orders/Bridge 17.pdf", b"same")
    keeper.exhibit(accession, "again/Ferry.pdf", b"same")
    keeper.exhibit(accession, "讲话录.doc", b"unread")
    keeper.read(b"same", "Close it.")
    keeper.commit()
    with Catalogue.open(keeper.archive) as catalogue, Search.open(keeper.archive, catalogue) as search:
        for query in ("bridge", "ferry", "close", "ferry close", "17.pdf", "pdf"):
            (hit,) = search.query(query).hits
            assert [row.printed for row in hit.exhibits] == ["orders/Bridge 17.pdf", "again/Ferry.pdf"], query
        assert search.query('"pdf again"').total == 0  # no phrase runs from one name into the next
        assert names(search.query("话录")) == ["讲话录.doc"]


def test_hits_of_one_score_come_in_the_order_of_sealing_page_by_page(find):
    search = find(*[f"kestrel {i:03}" for i in range(70)])
    for query in ("kestrel", "kest*", "kestrel OR nothing"):
        pages = [names(search.query(query, limit=9, offset=offset)) for offset in range(0, 72, 9)]
        assert sum(pages, []) == [f"{i}.txt" for i in range(70)], query
    assert names(search.query("kestrel", limit=5, offset=200)) == []


def test_more_hits_of_one_score_than_are_sorted_still_come_in_order(find, monkeypatch):
    monkeypatch.setattr("witnessmark.catalogue.search._SORTED", 20)
    search = find(*[f"kestrel {i:03}" for i in range(40)])
    assert names(search.query("kest*", limit=5, offset=10)) == [f"{i}.txt" for i in range(10, 15)]


def test_what_is_sealed_later_is_found_and_a_new_reading_replaces_the_old(keeper):
    keeper.texts(["the doors"])
    with Catalogue.open(keeper.archive) as catalogue:
        with Search.open(keeper.archive, catalogue) as search:
            assert search.query("keys").total == 0
        keeper.read(b"0:the doors", "the keys", version="2")
        keeper.exhibit(keeper.accession(number=2), "more.txt", b"more")
        keeper.commit()
        catalogue.catch_up(keeper.archive)
        with Search.open(keeper.archive, catalogue) as search:
            assert search.notes == []
            assert names(search.query("keys")) == ["0.txt"]
            assert search.query("doors").total == 0
            assert names(search.query("more")) == ["more.txt"]


@pytest.mark.parametrize("how", ["missing", "emptied", "state", "cut", "flipped", "engine", "file"])
def test_an_index_that_is_no_use_is_made_again(keeper, how):
    keeper.texts(["the doors", "the keys"])
    path = keeper.archive.index_path
    with Catalogue.open(keeper.archive) as catalogue:
        Search.open(keeper.archive, catalogue).close()
        if how == "missing":
            shutil.rmtree(path)
        elif how == "file":
            shutil.rmtree(path)
            path.write_bytes(b"no folder")
        for file in path.iterdir() if path.is_dir() else ():
            data = file.read_bytes()
            if how == "emptied":
                file.unlink()
            elif how == "cut" and file.suffix == ".pos":
                file.write_bytes(data[:-5])
            elif how == "flipped" and file.suffix == ".idx":
                file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
            elif how == "state" and file.name == "witnessmark.json":
                file.write_bytes(data[:20])
            elif how == "engine" and file.name == "witnessmark.json":
                file.write_bytes(data.replace(b'"engine": "', b'"engine": "9.'))
        with Search.open(keeper.archive, catalogue) as search:
            assert names(search.query("doors")) == ["0.txt"]
            assert bool(search.notes) == (how != "missing")
        with Search.open(keeper.archive, catalogue) as search:
            assert search.notes == []


def test_an_index_of_another_ledger_is_made_again(new_keeper):
    one, other = new_keeper(1), new_keeper(2)
    one.texts(["the doors"])
    other.texts(["the keys", "the doors"])
    for keeper in (one, other):
        with Catalogue.open(keeper.archive) as catalogue:
            Search.open(keeper.archive, catalogue).close()
    shutil.rmtree(one.archive.index_path)
    shutil.copytree(other.archive.index_path, one.archive.index_path)
    with Catalogue.open(one.archive) as catalogue, Search.open(one.archive, catalogue) as search:
        assert search.query("keys").total == 0
        assert search.notes


def test_a_second_process_that_indexes_is_not_disturbed(keeper):
    keeper.texts(["the doors"])
    with Catalogue.open(keeper.archive) as catalogue:
        Search.open(keeper.archive, catalogue).close()
        other = tantivy.Index.open(str(keeper.archive.index_path)).writer(heap_size=15_000_000, num_threads=1)
        keeper.texts(["the keys"])
        catalogue.catch_up(keeper.archive)
        with Search.open(keeper.archive, catalogue) as search:
            assert search.query("doors").total == 1
            assert "another process" in search.notes[0]
        other.wait_merging_threads()
        with Search.open(keeper.archive, catalogue) as search:
            assert search.query("keys").total == 1


def test_a_reader_of_an_older_checkpoint_is_shown_nothing_later(keeper):
    keeper.texts(["the doors"])
    with Archive.reading(keeper.archive.root) as reading:
        keeper.texts(["the doors again"])
        with Catalogue.open(keeper.archive) as catalogue:
            Search.open(keeper.archive, catalogue).close()
        with Catalogue.open(reading) as catalogue, Search.open(reading, catalogue) as search:
            assert names(search.query("doors")) == ["0.txt"]
            assert search.notes == []


def test_a_text_that_is_missing_from_the_vault_is_noted_and_the_rest_is_found(keeper):
    keeper.texts(["the doors", "the keys"])
    with Catalogue.open(keeper.archive) as catalogue:
        lost = next(catalogue.exhibits()).reading.visible.digest
        next(keeper.archive.root.rglob(f"*{lost.hex[4:]}")).unlink()
        with Search.open(keeper.archive, catalogue) as search:
            assert names(search.query("keys")) == ["1.txt"]
            assert any("missing" in note for note in search.notes)


def test_an_empty_archive_is_searched_in_vain(keeper):
    with Catalogue.open(keeper.archive) as catalogue, Search.open(keeper.archive, catalogue) as search:
        assert search.query("anything").total == 0
        with pytest.raises(WrongUsage):
            search.query("?")


WORDS = [
    "doors",
    "Keys",
    "kestrel",
    "讲",
    "话",
    "录",
    "，",
    "。",
    "བོད་",
    "ལྗོངས་",
    "تىلى",
    "تیلی",
    "ک",
    "Қазақ",
    "hәм",
    "iс",
    "Straße",
    "\n",
    " ",
    "0",
]
queries = st.lists(
    st.sampled_from([*WORDS, "ke*", "AND", "OR", "NOT", "(", ")", '"', "*"]), min_size=1, max_size=6
).map(" ".join)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    batches=st.lists(
        st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map("".join), min_size=1, max_size=4),
        min_size=1,
        max_size=3,
    ),
    asked=st.lists(queries, min_size=1, max_size=12),
)
def test_rebuilt_projections_find_the_same(new_keeper, batches, asked):
    keeper = new_keeper()
    for batch in batches:  # batch by batch, as an archive grows
        keeper.texts(batch)
        with Catalogue.open(keeper.archive) as catalogue:
            Search.open(keeper.archive, catalogue).close()
    with Catalogue.open(keeper.archive) as catalogue, Search.open(keeper.archive, catalogue) as search:

        def answers() -> list[object]:
            found = []
            for query in asked:
                try:
                    found.append(shown(search.query(query, limit=50)))
                except WrongUsage as error:
                    found.append(str(error))
            return [*found, catalogue.counts("1", "{}"), list(catalogue.exhibits())]

        before = answers()
        catalogue.rebuild(keeper.archive)
        search.rebuild(keeper.archive, catalogue)
        assert answers() == before
        assert search.notes == catalogue.notes == []
    keeper.close()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(st.sampled_from("ab讲 \"*()[]{}^$|\\.+?~-&#/:,;，、'<>=!@%_0"), max_size=25))
def test_no_query_breaks_the_search(hostile, query):
    try:
        hits = hostile.query(query)
    except WrongUsage:
        return
    assert len(hits.hits) == min(hits.total, 20)


@pytest.fixture
def hostile(find):
    return find("a b 讲，a", "ab [a] 讲.讲", "b*a \\a")
