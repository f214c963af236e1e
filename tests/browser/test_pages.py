"""The pages as a reader meets them: scripts off, on a desk and on a phone, in five scripts."""

import functools
import http.server
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

WIDE, NARROW = 1280, 390
FONTS = {
    "en": {"WM Sans", "WM Serif"},
    "ug": {"WM Sans", "WM Serif", "WM Naskh"},
    "bo": {"WM Sans", "WM Serif", "WM Tibetan"},
    "kk": {"WM Sans", "WM Serif"},
    "zh-Hans": {"WM Sans", "WM Serif"},
}
_TITLES = {
    "en": "Order No. 17: on doors and night keys",
    "ug": "Notice on night keys, in Uyghur",
    "bo": "Notice on night keys, in Tibetan",
    "kk": "Notice on night keys, in Kazakh",
    "zh-Hans": "Notice on night keys, in Chinese",
    "withheld": "Roster of Centre 3",
    "considered": "Order No. 19: on letters",
    "waits": "Report on the inspection of February 2018",
    "table": "Register of keys, March 2018",
}
_QUESTIONS = (
    "Sealed when?", "Witnessed by whom?", "What did reviewers say?", "Contested by whom?", "What is withheld?",
    "What a seal cannot tell you.",
)  # fmt: skip
_PLACES = """[...document.querySelectorAll("body *")].filter(e => e.childElementCount == 0 || e.matches("p, h2, h3, b"))
    .map(e => [e.textContent.trim(), e.getBoundingClientRect()]).filter(([text, box]) => box.height > 0)
    .map(([text, box]) => [text, box.bottom + window.scrollY, box.left, box.right])"""
_WIDE_THINGS = """[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right >
    document.documentElement.clientWidth + 1 && !e.closest(".skip")).map(e => e.tagName + "." + e.className)"""


@pytest.fixture(scope="session")
def exhibits(site):
    """The addresses of exhibits by what they are for here."""
    found = {}
    for path in sorted(site.glob("e/*/index.html")):
        title = re.search(r"<h1[^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</h1>", path.read_text(encoding="utf-8"))[1]
        found |= {name: path.relative_to(site).as_posix() for name, wanted in _TITLES.items() if wanted == title}
    assert set(found) == set(_TITLES)
    return found


@pytest.fixture(scope="session")
def pages(exhibits):
    """Every page that is looked at, by name."""
    return {"home": "index.html", "browse": "browse/index.html", "check": "check.html", **exhibits}


@dataclass(frozen=True)
class Seen:
    """What was measured on one page in one window."""

    width: int
    too_wide: list
    requests: list
    failures: list
    complaints: list
    scripts: int
    fonts: dict
    places: list


@pytest.fixture(scope="session")
def look(chromium, site, pages):
    """Open a page once in a window of that width, and say what is to be seen.

    Pictures go into the folder that WITNESSMARK_PICTURES names, if it names one.
    """
    album = os.environ.get("WITNESSMARK_PICTURES")

    @functools.cache
    def at(name, width):
        page = chromium.open((site / pages[name]).as_uri(), width)
        seen = Seen(
            page.ask("document.scrollingElement.scrollWidth"),
            page.ask(_WIDE_THINGS),
            page.requests,
            page.failures,
            page.complaints,
            page.ask("document.scripts.length"),
            dict(page.ask("[...document.fonts].filter(f => f.status != 'unloaded').map(f => [f.family, f.status])")),
            page.ask(_PLACES),
        )
        if album:
            page.shoot(Path(album) / f"{name}-{width}.png", whole=True)
        page.close()
        return seen

    return at


@pytest.fixture
def visit(chromium, site):
    opened = []

    def go(path, width):
        opened.append(chromium.open((site / path).as_uri(), width))
        return opened[-1]

    yield go
    for page in opened:
        page.close()


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", ["home", "browse", "check", *_TITLES])
def test_a_page_fits_loads_its_own_files_only_and_nothing_complains(look, site, name, width):
    seen = look(name, width)
    assert (seen.width, seen.too_wide) == (width, [])
    assert all(address.startswith(site.as_uri() + "/") for address in seen.requests), seen.requests
    assert len(seen.requests) > 2
    assert (seen.failures, seen.complaints, seen.scripts) == ([], [], 0)


@pytest.mark.parametrize("language", list(FONTS))
def test_each_script_is_set_in_the_font_that_came_with_the_page(look, language):
    fonts = {name.strip('"'): status for name, status in look(language, WIDE).fonts.items()}
    assert FONTS[language] <= set(fonts)
    assert set(fonts.values()) == {"loaded"}


@pytest.mark.parametrize("name", list(_TITLES))
def test_the_five_answers_and_the_limit_stand_on_the_first_screen(look, name):
    for width in (WIDE, NARROW):
        found = {}
        for text, bottom, _, _ in look(name, width).places:
            for question in _QUESTIONS:
                if text.startswith(question):
                    found[question] = min(bottom, found.get(question, 1e9))
        assert set(found) == set(_QUESTIONS)
        assert max(found.values()) <= 900


def test_uyghur_runs_from_right_to_left_and_keeps_its_numbers(visit, exhibits):
    page = visit(exhibits["ug"], WIDE)
    shown = "[...document.querySelectorAll('pre.text')][0]"
    assert page.ask(f"getComputedStyle({shown}).direction") == "rtl"
    assert page.ask(f"{shown}.closest('[lang]').lang") == "ug"
    assert page.ask("getComputedStyle(document.body).direction") == "ltr"


def test_every_page_can_be_reached_from_home_by_links_alone(visit, site):
    """With scripts off, and each link read as the browser resolves it."""
    base, seen, waiting = site.as_uri() + "/", set(), ["index.html"]
    while waiting and len(seen) < 12:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        links = visit(path, WIDE).ask("[...document.links].map(a => a.href.split('#')[0])")
        for link in links:
            assert link.startswith(base), (path, link)
            assert (site / link.removeprefix(base)).is_file(), (path, link)
        waiting += [link.removeprefix(base) for link in links if link.endswith(".html")]
    text = "".join(path.read_text(encoding="utf-8") for path in site.glob("browse/*.html"))
    missing = [path.parent.name for path in site.glob("e/*/index.html") if f"e/{path.parent.name}/" not in text]
    assert missing == []


def test_a_server_changes_nothing(chromium, site, exhibits):
    """Over HTTP the same pages ask the same server for the same files, and their fonts are there."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    serve = functools.partial(Handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        page = chromium.open(base + exhibits["bo"], WIDE)
        assert all(address.startswith(base) for address in page.requests)
        # A browser asks every server for this file by itself, whatever the page says.
        assert [path for path in asked if not (site / path.lstrip("/")).is_file() and path != "/favicon.ico"] == []
        assert not [text for text in page.complaints if "404" not in text]
        assert page.ask("[...document.fonts].some(f => f.family.includes('Tibetan') && f.status == 'loaded')")
        page.close()
        server.shutdown()
    assert "/fonts/serif-tibetan.woff2" in asked


def test_a_script_that_somebody_adds_does_not_run(chromium, site, tmp_path):
    """The policy of the page itself: even where scripts are on, none runs, and nothing is fetched from elsewhere."""
    page_text = (site / "index.html").read_text(encoding="utf-8")
    place = tmp_path / "index.html"
    place.write_text(
        page_text.replace(
            "</body>", "<script>document.title = 'ran'</script><img src='http://127.0.0.1:9/x.png'></body>"
        ),
        encoding="utf-8",
    )
    page = chromium.open(place.as_uri(), WIDE, scripts=True)
    assert page.ask("document.title") != "ran"
    assert any("Content Security Policy" in text for text in page.complaints)
    page.close()
