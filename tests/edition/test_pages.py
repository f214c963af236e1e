"""Every page of an edition: no script, no way out, every link leads somewhere, every foreign run isolated."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.edition import html, page
from witnessmark.edition.language import is_tag, name, of_title

VOID = {"meta", "link", "br", "img", "hr", "input"}
ISOLATES = {"bdi", "pre", "title", "time"}
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; form-action 'none'; "
    "base-uri 'none'"
)


class Page(HTMLParser):
    """A page as the standard library's parser sees it, with what must not be there."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.wrong: list[str] = []
        self.csp: list[str | None] = []
        self.texts: list[tuple[str, bool]] = []
        self.headings: list[str] = []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if len(found) != len(attributes):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if tag in {"script", "style", "iframe", "object", "embed", "form", "base", "svg"}:
            self.wrong.append(f"<{tag}>")
        self.wrong += [f"{tag} {key}" for key in found if key == "style" or key.startswith("on")]
        if "lang" in found and not (is_tag(found["lang"] or "") or found["lang"] == "und"):
            self.wrong.append(f"lang {found['lang']}")
        if found.get("dir", "auto") not in {"ltr", "rtl", "auto"}:
            self.wrong.append(f"dir {found['dir']}")
        if found.get("http-equiv") == "Content-Security-Policy":
            self.csp.append(found["content"])
        if "id" in found:
            self.ids.append(found["id"] or "")
        self.links += [found[key] or "" for key in ("href", "src") if key in found]
        if tag not in VOID:
            self.stack.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        is_isolated = any(tag in ISOLATES or "dir" in found for tag, found in self.stack[2:])
        self.texts.append((data, is_isolated))
        if self.stack and self.stack[-1][0] == "h3":
            self.headings.append(data)


def pages(site: Path) -> dict[str, Page]:
    return {str(path.relative_to(site)): Page(path.read_text()) for path in sorted(site.rglob("*.html"))}


def target(at: str, link: str) -> tuple[str, str]:
    path, _, anchor = link.partition("#")
    return (normpath(join(dirname(at), path)) if path else at), anchor


def test_no_page_has_a_script_a_style_or_a_way_out(site: Path) -> None:
    found = pages(site)
    assert len(found) > 10
    for path, one in found.items():
        assert one.wrong == [], path
        assert one.csp == [CSP], path
        assert len(one.ids) == len(set(one.ids)), path
        for link in one.links:
            assert not re.match(r"[a-z]+:|//", link), (path, link)


def test_every_link_leads_to_a_file_and_to_a_place_in_it(site: Path) -> None:
    found = pages(site)
    for path, one in found.items():
        for link in one.links:
            place, anchor = target(path, link)
            assert (site / place).is_file(), (path, link)
            assert not anchor or anchor in found[place].ids, (path, link)


def test_every_exhibit_is_reached_from_the_first_page_by_links_alone(site: Path) -> None:
    found = pages(site)
    seen, waiting = set[str](), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path not in seen and path in found:
            seen.add(path)
            waiting += [target(path, link)[0] for link in found[path].links]
    assert seen == set(found)


def test_a_run_from_right_to_left_never_stands_bare(site: Path) -> None:
    met = 0
    for path, one in pages(site).items():
        for text, is_isolated in one.texts:
            if RIGHT_TO_LEFT.search(text):
                met += 1
                assert is_isolated, (path, text[:80])
    assert met > 5


def test_numbers_dates_and_ids_are_isolated_wherever_they_stand(site: Path) -> None:
    for path, one in pages(site).items():
        for text, is_isolated in one.texts:
            assert is_isolated or not re.search(r"[0-9]", text), (path, text[:80])


def test_the_five_questions_stand_in_their_order(site: Path) -> None:
    for path, one in pages(site).items():
        if path.startswith("e/"):
            assert one.headings[:5] == [
                "Sealed when?",
                "Witnessed by whom?",
                "What did reviewers say?",
                "Contested by whom?",
                "What is withheld?",
            ]
            assert any("Anyone can seal anything" in text for text, _ in one.texts)


def test_no_page_states_a_verdict(site: Path) -> None:
    forbidden = re.compile(r"\b(authentic|verified|genuine|fake|proven|proved|confirmed|tampered)\b", re.I)
    for path in site.rglob("*.html"):
        assert not forbidden.search(path.read_text()), path


def test_the_keepers_words_cannot_become_elements(site: Path) -> None:
    for path in site.rglob("*.html"):
        assert "<b>&amp;" not in path.read_text() or "&lt;b&gt;&amp;" in path.read_text()
        assert "Order No. 17 <b>" not in path.read_text()


def test_what_changes_the_order_of_text_is_shown_and_the_download_keeps_it(site: Path) -> None:
    texts = [path for path in site.glob("e/*/text.txt") if "\u202e" in path.read_text()]
    (text,) = texts
    source = (text.parent / "index.html").read_text()
    assert "\u202e" not in source
    assert "⟦U+202E⟧" in source
    for path in site.rglob("*.html"):
        assert not html.CONTROLS.search(path.read_text()), path


def test_a_page_keeps_to_its_budget(site: Path) -> None:
    css = (site / "static" / "site.css").stat().st_size
    for path in site.rglob("*.html"):
        assert path.stat().st_size + css <= 300_000
    fonts = {path.name: path.stat().st_size for path in (site / "fonts").glob("*.woff2")}
    for script in ("latin", "cyrillic", "arabic", "tibetan"):
        assert 0 < sum(size for font, size in fonts.items() if script in font) <= 200_000, script


def test_each_font_has_its_licence_beside_it(site: Path) -> None:
    licences = [path.read_text() for path in (site / "fonts").glob("*.txt")]
    assert len(licences) == 5
    assert all("SIL OPEN FONT LICENSE" in text.upper() for text in licences)


def test_names_in_an_edition_are_plain(site: Path) -> None:
    for path in site.rglob("*"):
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*", path.name), path


@pytest.mark.parametrize(
    "text",
    ["x" * 2_000_000, "\u202e" * 300_000, "a\n" * 400_000, "\f" * 100_000 + "end", "&<>\"'" * 100_000, "字" * 300_000],
)
def test_no_text_makes_a_page_too_large(text: str) -> None:
    sheets, is_cut = page._sheets(text)
    assert is_cut
    assert sum(len(sheet.encode()) + 100 for sheet in sheets) <= page.TEXT_ON_PAGE + 200
    assert sheets


@given(st.text())
def test_marks_neither_lose_nor_add_text(text: str) -> None:
    reader = Collect()
    reader.feed(str(html.marked(text)))
    reader.close()
    shown = re.sub(r"⟦U\+([0-9A-F]+)⟧", lambda found: chr(int(found[1], 16)), reader.text)
    if "⟦" not in text and "\r" not in text:
        assert shown == html._UNSEEN.sub("\ufffd", text)


class Collect(HTMLParser):
    text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("tag", "is_right"),
    [("en", True), ("zh-Hans", True), ("art-x-kestrian", True), ("x-kestrian", False), ("english", False),
     ("", False), ("en_GB", False), ("en-", False), ("ug ", False)],
)  # fmt: skip
def test_only_language_tags_are_language_tags(tag: str, is_right: bool) -> None:
    assert is_tag(tag) is is_right


def test_an_invented_language_has_a_name() -> None:
    assert name("art-x-kestrian") == "Kestrian"
    assert name("zh-Hans") == "Chinese"
    assert of_title("Order", "ug") == "en"
    assert of_title("17 بۇيرۇق", "ug") == "ug"


def test_many_exhibits_stand_on_several_pages(made: Any, rows: Callable[..., Any], monkeypatch: Any) -> None:
    from witnessmark.edition import index

    monkeypatch.setattr(index, "PAGE", 3)
    made.publish(made.folder / "site", made.decisions(*rows()))
    found = pages(made.folder / "site")
    assert "browse/index-2.html" in found
    assert "index-2.html" in found["browse/index.html"].links
