import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyqual.reading.cleaning import clean_line, clean_text, strip_tags

# Everything that cleaning treats in a way of its own, and some that it must leave alone.
TRICKY = (
    "aeK\u212a \t\n\r\x0b\x0c\x1c\x85\u2028\u00a0\u200b\u200c\u200d\u2060\ufeff\u00ad\u0301\ufe0f"
    "👩🏽म्क\x00\x1b"
)


@given(st.text(st.sampled_from(TRICKY)) | st.text())
def test_clean_text_is_a_fixed_point(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert clean_line(once) == once.replace("\n", " ")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("cafe\u0301", "café"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("Ma\u200dya \u202eevil\u202c", "Maya evil"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("one\r\n\r\n two\u2028three", "one\ntwo\nthree"),
        ("a\x00b\x1bc", "abc"),
        ("\u3000a\u2009b ", "a b"),
    ],
)
def test_clean_text(raw, clean):
    assert clean_text(raw) == clean


@given(st.text(st.characters(codec="utf-8", exclude_characters="<>&")))
def test_words_without_mark_up_keep_every_character(text):
    assert strip_tags(text) == text


def test_a_line_of_nothing_but_tags_takes_no_time():
    assert strip_tags("<" * 100_000) == "<" * 100_000
    assert strip_tags("<b" * 50_000) == "<b" * 50_000
