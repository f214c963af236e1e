"""HTML: what shows is visible, what does not is apart, nothing is fetched."""

from hypothesis import given
from hypothesis import strategies as st
from tests.formats.collector import run_bytes

from witnessmark.formats import html
from witnessmark.model.derivative import Outcome

PAGE = """<!DOCTYPE html><!-- c-doc --><html><head><meta charset="utf-8"><title>Order 7</title><meta name="author" content="Ode Marr">
<style>.s{color:red}</style><script>var secretScript = 1;</script></head><body><h1>Heading</h1><p>One <b>bold</b> word.<br>Next
line.</p><!-- c-body --><p style="display: none">vanished <i>words</i></p><div hidden>attribute-hidden</div><img src="http://tracker.example/p.gif" alt="a fence">
<table><tr><td>A1</td><td>B1</td></tr><tr><td>A2</td></tr></table><form><input value="typed"><input type="hidden" value="unseen-value">
<textarea>area</textarea></form><pre>  kept  blanks</pre><a href="https://elsewhere.example/">link words</a></body></html>"""


def test_a_page_is_read_in_reading_order():
    found = run_bytes(PAGE.encode())
    assert found.media_type == "text/html"
    assert found.visible_text == (
        "Order 7\nHeading\nOne bold word.\nNext line.\nA1 B1\nA2\ntyped area\n  kept  blanks\nlink words\n"
    )


def test_what_does_not_show_is_apart():
    found = run_bytes(PAGE.encode())
    for secret in ("c-doc", "c-body", "vanished words", "attribute-hidden", "a fence", "unseen-value", "Ode Marr"):
        assert secret in found.hidden_text
        assert secret not in found.visible_text
    assert "secretScript" not in found.text
    assert "color" not in found.text


def test_a_script_is_kept_where_it_holds_data_and_runs_nothing():
    page = "<p>Seen</p><div hidden>{}</div>" + "".join(
        f"<script{kind}>{{&quot;{word}&quot;}} two  keys</script>"
        for kind, word in (
            ("", "plain"),
            (" type='text/javascript'", "code"),
            (" type=module", "mod"),
            (" type='application/ld+json'", "linked"),
            (" type='text/x-template' hidden", "shape"),
        )
    )
    found = run_bytes(page.encode())
    assert [words for label, words in found.hidden_pieces if label == "data block"] == [
        "{&quot;linked&quot;} two  keys",
        "{&quot;shape&quot;} two  keys",
    ]
    assert not [word for word in ("plain", "code", "mod") if word in found.text]


def test_references_are_listed_and_links_to_follow_are_not():
    assert run_bytes(PAGE.encode()).observed("html.references") == [["http://tracker.example/p.gif"]]


def test_embedded_pictures_are_taken_out():
    found = run_bytes(b'<html><img src="data:image/png;base64,iVBORw0KGgo="><img src="data:image/png;base64,%%%">')
    assert [(member.name, bytes(member.data)) for member in found.members] == [("embedded-1.png", b"\x89PNG\r\n\x1a\n")]


def test_a_declared_encoding_is_believed_where_it_holds():
    text = "<html><head><meta charset=windows-1251></head><body>Приказ</body>"
    assert "Приказ" in run_bytes(text.encode("cp1251")).visible_text
    assert "Приказ" in run_bytes(text.encode("utf-8")).visible_text


def test_nesting_without_end_is_read_as_text_that_may_not_show():
    found = run_bytes(b"<html>" + b"<div>" * 100_000 + b"deep")
    assert "deep" in found.hidden_text
    assert found.visible_text == ""
    assert found.ended is Outcome.PARTIAL


def test_long_lists_and_deep_but_bearable_nesting_are_read():
    found = run_bytes(b"<html>" + b"<div>" * (html.DEEPEST - 10) + b"deep" + b"<select>" + b"<option>o" * 20_000)
    assert "deep" in found.visible_text
    assert found.ended is Outcome.OK


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<td>", "<!--", "-->", "<script>", "</script>", "x", "<", ">", "<p hidden>", '<a b="', '"']
        ),
        max_size=40,
    )
)
def test_any_markup_is_read(parts):
    run_bytes(("<html>" + "".join(parts)).encode())


def test_where_links_lead_is_searched_and_not_shown(read):
    found = read(
        b"<!doctype html><p><a href='https://lantern.example/roster?bed=17'>roster</a> <a href='#top'>up</a>", "a.html"
    )
    assert ("address", "https://lantern.example/roster?bed=17") in found.hidden_pieces
    assert "lantern.example" not in found.visible_text
