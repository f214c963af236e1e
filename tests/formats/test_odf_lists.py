"""Laws of numbers in OpenDocument: what stands before a paragraph on the page stands before it in the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.test_office import ODF, pack, read

from witnessmark.formats.odf import read_odf


def level(place, form, more="", kind="list-level-style-number"):
    return f'<text:{kind} text:level="{place}" style:num-format="{form}" style:num-suffix="." {more}/>'


STYLE = (
    '<text:list-style style:name="L">'
    + level(1, "1")
    + level(2, "a", 'style:num-prefix="("')
    + level(3, "I", 'text:display-levels="3" text:start-value="4"')
    + "</text:list-style>"
)
BULLETS = '<text:list-style style:name="B"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style>'


def shown(body, styles=STYLE):
    content = (
        f"<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body>{body}</office:body></office:document-content>"
    )
    return read(read_odf, pack({"mimetype": "x", "content.xml": content})).visible_text.splitlines()


def items(*inner, about='text:style-name="L"'):
    return f"<text:list {about}>{''.join(f'<text:list-item>{one}</text:list-item>' for one in inner)}</text:list>"


P = "<text:p>x</text:p>"
NESTED = items(P, P + items(P, P + items(P, P, about=""), P, about=""), P)


def test_each_level_counts_for_itself_and_shows_as_many_as_its_style_says():
    assert shown(NESTED) == ["1. x", "2. x", "(a. x", "(b. x", "2.b.IV. x", "2.b.V. x", "(c. x", "3. x"]


def test_a_list_begins_anew_unless_it_goes_on_by_its_word():
    first = items(P, P, about='text:style-name="L" xml:id="one"')
    for about, number in (
        ('text:style-name="L"', "1."),
        ('text:style-name="L" text:continue-numbering="true"', "3."),
        ('text:style-name="L" text:continue-list="one"', "3."),
        ('text:style-name="L" text:continue-list="nobody"', "1."),
    ):
        assert shown(first + P + items(P, about=about)) == ["1. x", "2. x", "x", f"{number} x"]


def test_only_the_first_paragraph_of_an_item_bears_its_number():
    assert shown(items(P + P, "<text:p>a<text:span>b</text:span></text:p>")) == ["1. x", "x", "2. ab"]


def test_what_heads_a_list_has_no_number_and_an_item_may_be_given_one():
    head = f"<text:list-header>{P}</text:list-header>"
    given = f'<text:list-item text:start-value="7">{P}</text:list-item>'
    body = f'<text:list text:style-name="L">{head}<text:list-item>{P}</text:list-item>{given}<text:list-item>{P}</text:list-item></text:list>'
    assert shown(body) == ["x", "1. x", "7. x", "8. x"]


def test_bullets_and_lists_without_a_style_have_no_numbers():
    assert shown(items(P, P, about='text:style-name="B"'), BULLETS) == ["x", "x"]
    assert shown(items(P, P, about="")) == ["x", "x"]


def test_headings_are_numbered_by_the_outline():
    outline = (
        "<text:outline-style>"
        + level(1, "1", kind="outline-level-style")
        + level(2, "1", 'text:display-levels="2"', kind="outline-level-style")
        + level(3, "", kind="outline-level-style")
        + "</text:outline-style>"
    )
    body = "".join(f'<text:h text:outline-level="{place}">x</text:h>' for place in (1, 2, 2, 3, 1, 2))
    assert shown(body, outline) == ["1. x", "1.1. x", "1.2. x", "x", "2. x", "2.1. x"]
    assert shown(body, "") == ["x"] * 6


def test_what_does_not_show_is_not_counted():
    note = "<text:p>x<office:annotation><text:list><text:list-item><text:p>n</text:p></text:list-item></text:list></office:annotation></text:p>"
    assert [line for line in shown(items(note, P)) if line] == ["1. x", "2. x"]


@pytest.mark.parametrize("value", ["-1", "99999999999999999999", "x", "", "²"])
def test_numbers_that_are_none_are_passed_over(value):
    styles = STYLE.replace('text:start-value="4"', f'text:start-value="{value}" text:display-levels="{value}"')
    styles += (
        f'<text:list-style style:name="{value}"><text:list-level-style-number text:level="{value}"/></text:list-style>'
    )
    assert len(shown(NESTED, styles)) == 8


BODIES = st.recursive(
    st.just(P),
    lambda inner: st.lists(inner, max_size=4).flatmap(
        lambda parts: st.sampled_from(['text:style-name="L"', "", 'text:continue-numbering="true"']).map(
            lambda about: items(*parts, about=about)
        )
    ),
    max_leaves=30,
)


@given(st.lists(BODIES, max_size=4))
def test_however_lists_are_nested_each_paragraph_is_told_once_and_in_its_place(parts):
    body = "".join(parts)
    lines = [line for line in shown(body) if line]
    assert len(lines) == body.count(P)
    assert all(line.endswith("x") for line in lines)
