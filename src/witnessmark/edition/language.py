"""Languages as pages need them: a tag's name in English, its direction, and whether it is a tag at all."""

import re
import unicodedata

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z|art-x(-[A-Za-z0-9]{1,8})+\Z")

_NAMES = {
    "ar": "Arabic",
    "bo": "Tibetan",
    "ckb": "Central Kurdish",
    "cs": "Czech",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "kk": "Kazakh",
    "ko": "Korean",
    "ky": "Kyrgyz",
    "mn": "Mongolian",
    "my": "Burmese",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "tr": "Turkish",
    "ug": "Uyghur",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


def is_tag(text: str) -> bool:
    """Return whether a text has the shape of a language tag (BCP 47)."""
    return bool(_TAG.match(text))


def name(tag: str) -> str:
    """Return a language's English name, or the tag where we know none; `art-x-…` is an invented language."""
    if tag.startswith("art-x-"):
        return tag.removeprefix("art-x-").capitalize()
    return _NAMES.get(tag.lower().partition("-")[0], tag)


def of_title(title: str, language: str) -> str:
    """Return the language tag of a keeper's title.

    Titles are English unless their first letter is of another script; then they are in the exhibit's language.
    """
    first = next((c for c in title if c.isalpha()), "a")
    return "en" if unicodedata.name(first, "LATIN").startswith("LATIN") else language or "und"
