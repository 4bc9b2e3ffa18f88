"""Catalogues: complete, within limits, and never a silent loss of a placeholder."""

import subprocess
import sys

import pytest

from journeyqual import config, labels
from journeyqual.errors import ConfigError
from journeyqual.labels import catalogue, gather

HEAD = (
    'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n'
    'Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)


def po(folder, text, code="xx", head=HEAD):
    (folder / "labels").mkdir(exist_ok=True)
    path = folder / "labels" / f"{code}.po"
    path.write_text(head + text, encoding="utf-8")
    return folder


def test_the_catalogue_of_english_is_what_stands_in_the_source():
    assert gather.CATALOGUE.read_text(encoding="utf-8") == gather.as_po(gather.gathered())


@pytest.mark.parametrize("path", sorted(labels.SHIPPED.glob("*.po")), ids=lambda p: p.stem)
def test_a_shipped_language_has_every_label_and_no_other(path):
    made = catalogue.read(path)
    wanted = set(gather.gathered())
    assert set(made.single) == {w for w in wanted if isinstance(w, str)}
    assert set(made.plural) == {w[0] for w in wanted if not isinstance(w, str)}


def test_a_study_changes_a_word_and_the_rest_is_the_shipped(tmp_path):
    po(tmp_path, 'msgid "stage"\nmsgstr "Etappe"\n', "de")
    with labels.speaking("de", tmp_path):
        assert labels.labels("stage", "units") == ["Etappe", "Abschnitte"]
    assert labels.label("stage") == "stage"


def test_what_is_put_in_force_for_the_process_stays_until_english_is(tmp_path):
    labels.use("de")
    try:
        assert labels.label("stage") == "Phase"
        assert labels.language() == "de"
        with labels.speaking():
            assert labels.label("stage") == "stage"
    finally:
        labels.use()
    assert labels.label("stage") == "stage"


def test_numbers_take_the_form_of_the_languages_own_rule(tmp_path):
    head = HEAD.replace("n != 1", "n%10==1 ? 0 : 1")
    text = (
        'msgid "{n} person"\nmsgid_plural "{n} people"\n'
        'msgstr[0] "{n} eins"\nmsgstr[1] "{n} viele"\n'
    )
    po(tmp_path, text, head=head)
    with labels.speaking("xx", tmp_path):
        said = [labels.counted("{n} person", "{n} people", n) for n in (1, 2, 21)]
    assert said == ["1 eins", "2 viele", "21 eins"]


@pytest.mark.parametrize("code", ["fr", "../de", "de/../de", "DE", "x" * 50, "."])
def test_a_language_without_labels_is_refused_with_those_there_are(tmp_path, code):
    with pytest.raises(ConfigError, match=r"there is de, en"):
        labels.use(code, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('msgid "{n} of {of}"\nmsgstr "{n} von"\n', r"xx.po, line \d+: .*lacks \{of\}"),
        ('msgid "stage"\nmsgstr "{n}"\n', r"has a strange \{n\}"),
        ('msgid "stage"\nmsgstr "a\u202eb"\n', "cannot be seen"),
        (f'msgid "stage"\nmsgstr "{"a" * 5000}"\n', "more than 4000 letters"),
        ("<html>", "no PO file"),
        ("".join(f'msgid "a{i}"\nmsgstr "b"\n\n' for i in range(5001)), "more than 5000 labels"),
        ("#" * 1_000_001, "at most 1000 kB"),
    ],
)
def test_a_catalogue_that_cannot_be_trusted_is_refused_in_one_line(tmp_path, text, said):
    po(tmp_path, text)
    with pytest.raises(ConfigError, match=said):
        labels.use("xx", tmp_path)


def test_fifty_megabytes_are_refused_unread(tmp_path):
    po(tmp_path, "")
    with (tmp_path / "labels" / "xx.po").open("r+b") as file:
        file.truncate(50_000_000)
    with pytest.raises(ConfigError, match="at most 1000 kB"):
        labels.use("xx", tmp_path)


def test_a_rule_for_plurals_that_fails_is_refused_when_it_is_read(tmp_path):
    po(tmp_path, "", head=HEAD.replace("n != 1", "n/(n-5)"))
    with pytest.raises(ConfigError, match="no PO file"):
        labels.use("xx", tmp_path)


def test_a_format_of_python_means_nothing_in_a_translation(tmp_path):
    po(tmp_path, 'msgid "stage"\nmsgstr "{0.__class__} {n!r:>9999999}"\n')
    with labels.speaking("xx", tmp_path):
        assert labels.label("stage", n=1) == "{0.__class__} {n!r:>9999999}"


def test_prose_keeps_code_and_gains_no_markup(tmp_path):
    po(tmp_path, 'msgid "Why"\nmsgstr "`a_b` [x](http://y) <b>"\n')
    with labels.speaking("xx", tmp_path):
        assert labels.prose("## Why") == "## `a_b` \\[x\\]\\(http://y\\) &lt;b&gt;"


def test_a_catalogue_is_brought_up_to_the_source(tmp_path):
    text = HEAD + 'msgid "stage"\nmsgstr "Etappe"\n\nmsgid "long gone"\nmsgstr "fort"\n'
    made, waiting = gather.brought_up(text, {"stage": "a.py", "new": "a.py"})
    assert 'msgstr "Etappe"' in made
    assert "long gone" not in made
    assert waiting == 1


def test_english_loads_no_reader_of_catalogues():
    code = (
        "import sys, journeyqual.labels as l; l.label('stage'); assert 'babel' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_study_names_its_language(tmp_path):
    (tmp_path / "study.toml").write_text('[reports]\nlanguage = "de"\n', encoding="utf-8")
    assert config.load(tmp_path).language == "de"
