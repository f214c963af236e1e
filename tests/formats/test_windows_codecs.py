"""The numbers of Windows have codecs: each one that is known is there, and those that matter most are the right ones."""

import codecs

import pytest

from witnessmark.formats import windows_codecs
from witnessmark.formats.windows_codecs import codec_of_charset, codec_of_page


def test_every_number_that_is_known_has_its_codec():
    for codec in (*windows_codecs._PAGES.values(), *windows_codecs._CHARSETS.values(), windows_codecs.WESTERN):
        assert codecs.lookup(codec)


@pytest.mark.parametrize(
    "page, charset, raw, letters",
    [(1251, 204, b"\xe4\xe2\xe5\xf0\xfc", "дверь"), (1253, 161, b"\xe8\xfd\xf1\xe1", "θύρα"), (932, 128, b"\x96\xe5", "門"),
     (936, 134, b"\xc3\xc5", "门"), (950, 136, b"\xaa\xf9", "門"), (949, 129, b"\xb9\xae", "문"), (1256, 178, b"\xc8\xc7\xc8", "باب")],
)  # fmt: skip
def test_pages_and_character_sets_of_one_script_read_alike(page, charset, raw, letters):
    assert raw.decode(codec_of_page(page)) == raw.decode(codec_of_charset(charset)) == letters


def test_a_number_that_nobody_knows_has_none():
    assert codec_of_page(121) is codec_of_page(0) is codec_of_charset(2) is None
