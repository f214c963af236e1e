"""Laws of what a program that recognises letters says: only exact lines count, boxes lie in the page, scripts keep theirs."""

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.work.recognised import MOST_WORDS, NO_TEXT, UNSURE, besides, parse

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def table(*words, head=HEAD):
    """A table of words: (block, paragraph, line, number, left, top, width, height, sure, text)."""
    rows = ["1\t1\t0\t0\t0\t0\t0\t0\t600\t400\t-1\t", *("5\t1\t" + "\t".join(map(str, word)) for word in words)]
    return "\n".join((head, *rows, "")).encode()


def word(text, *, paragraph=1, line=1, number=1, left=10, sure="91.25"):
    return (1, paragraph, line, number, left, 20, 30, 12, sure, text)


def test_words_become_lines_and_paragraphs_with_their_boxes():
    found = parse(
        table(word("The"), word("doors", number=2, left=50), word("close.", line=2), word("Keys", paragraph=2)),
        600,
        400,
    )
    assert found.text == "The doors\nclose.\n\nKeys\n"
    assert found.boxes()[:2] == [["The", 10, 20, 40, 32, 91], ["doors", 50, 20, 80, 32, 91]]
    assert (found.sure, found.odd) == (91, 0)


def test_signs_of_scripts_without_blanks_are_joined():
    assert parse(table(word("夜间"), word("上", number=2), word("双锁。", number=3)), 600, 400).text == "夜间上双锁。\n"
    assert parse(table(word("Centre"), word("3", number=2), word("号", number=3)), 600, 400).text == "Centre 3 号\n"
    assert parse(table(word("열쇠"), word("두", number=2)), 600, 400).text == "열쇠 두\n"


def test_what_the_program_is_unsure_of_is_no_text():
    assert parse(table(word("sure"), word("noise", number=2, sure=UNSURE - 1)), 600, 400).text == "sure\n"
    noise = parse(table(word("noise", sure=NO_TEXT - 1)), 600, 400)
    assert (noise.text, noise.boxes(), noise.sure) == ("", [], NO_TEXT - 1)
    assert parse(table(word("noise", sure=NO_TEXT)), 600, 400).text == "noise\n"


def test_lines_that_are_not_exact_are_left_out_and_counted():
    odd = [
        word("left", left=-1),
        word("outside", left=580),
        word("number", left="1e1"),
        word("many\tcells"),
        word("sure", sure="-1"),
        word("sure", sure="9999"),
        word("sure", sure="nan"),
        word("escape \x1b[2J"),
        word("x" * 201),
        word("long", left="1" * 9),
        word("digits", left="١"),
    ]
    found = parse(table(*odd, word("kept")), 600, 400)
    assert (found.text, found.odd) == ("kept\n", len(odd))


def test_words_have_a_cap():
    found = parse(table(*[word("a")] * (MOST_WORDS + 3)), 600, 400)
    assert (len(found.words), found.odd) == (MOST_WORDS, 3)


@given(st.binary(max_size=400), st.integers(1, 2000), st.integers(1, 2000))
def test_no_bytes_break_it_and_every_box_lies_in_the_page(data, width, height):
    found = parse(HEAD.encode() + b"\n5\t1\t" + data, width, height)
    for one in found.words:
        left, top, right, bottom = one.box
        assert 0 <= left <= right <= width
        assert 0 <= top <= bottom <= height
        assert one.text.isprintable()
        assert UNSURE <= one.sure <= 100
    assert found.text.count("\f") == 0


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8), min_size=1, max_size=6))
def test_every_word_stands_in_the_text(texts):
    found = parse(table(*(word(text, number=i) for i, text in enumerate(texts, 1))), 600, 400)
    import unicodedata

    for text in texts:
        assert unicodedata.normalize("NFC", text) in found.text


LINE = st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=40)


@given(st.lists(LINE), st.lists(LINE))
def test_what_a_page_says_itself_is_left_out_and_nothing_is_added(seen, own):
    text = "".join(f"{line}\n" for line in seen)
    kept = besides(text, "\n".join(own)).splitlines()
    assert besides(text, text) == ""
    assert [line for line in kept if line not in text.splitlines()] == []
    assert besides("".join(f"{line}\n" for line in kept), "\n".join(own)).splitlines() == kept


def test_a_line_of_which_the_page_has_most_words_is_its_own():
    own = "Scanned by PaperCam. 夜间上双锁"
    text = "ORDER No. 27\n\nSCANNED by PaperCam,\nthe scanned order\n夜间上双锁。\n白天开锁\n...\n"
    assert besides(text, own) == "ORDER No. 27\nthe scanned order\n白天开锁\n"
