"""A page's words are explained on demand: those it uses, and no others."""

import pytest

from journeyqual.reports import glossary


def test_words_are_found_in_any_form_and_letter_case():
    words = dict(glossary.used("<p>What <b>pulls</b> down; Themes; Rank Correlation.</p>"))
    assert set(words) == {"pull", "theme", "rank correlation"}


def test_markup_style_and_script_count_for_nothing():
    body = '<style>.thin{}</style><script type="x">alpha</script><p class="unit">kappas</p>'
    assert glossary.used(body) == []


def test_part_of_a_word_is_no_word():
    assert glossary.used("<p>a backstage unitary emotional thinning</p>") == []


@pytest.mark.parametrize("word", glossary.WORDS)
def test_each_word_is_explained_in_sentences_that_end(word):
    means, forms = glossary.WORDS[word]
    assert means[0].isupper()
    assert means.endswith(".")
    assert len(means) < 200
    assert word not in forms
