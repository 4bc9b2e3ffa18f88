"""Themes that were found by machine go out as codes of a machine, and come back as such."""

import pytest

from journeyqual import open_study
from journeyqual.interchange import export_study, import_file, read_file
from tests.coding.word_encoder import WordEncoder
from tests.interchange.made import fresh, placed
from tests.small_study import CODEBOOK
from tests.themes.made import fake_clusters, people
from tests.themes.test_study import hear

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("light")]


@pytest.fixture
def light(monkeypatch):
    """No BERTopic, MiniLM or spaCy: themes are found by a rule of three lines."""
    monkeypatch.setattr("journeyqual.themes.finding.clusters", fake_clusters)
    monkeypatch.setattr("journeyqual.runs._themes", lambda study, result, tell: None)
    monkeypatch.setattr("journeyqual.themes.study.load_encoder", WordEncoder)
    monkeypatch.setattr("journeyqual.themes.study.noun_shares", lambda texts: {})


@pytest.fixture
def found(tmp_path):
    folder = tmp_path / "found"
    (folder / "transcripts").mkdir(parents=True)
    (folder / "study.toml").write_text("")
    (folder / "codebook.toml").write_text(CODEBOOK)
    study = open_study(folder)
    hear(study, people(6))
    study.themes.discover()
    theme = study.themes.table()["theme"].iloc[0]
    study.themes.name(theme, "stopping", by="human:ana")
    study.themes.define(theme, "Whether it brakes.", by="human:ana")
    study.themes.reject(study.themes.table()["theme"].iloc[-1], by="human:ana")
    yield study
    study.close()


def test_found_themes_are_codings_of_the_machine_and_come_back_as_such(tmp_path, found):
    units = found.themes.units()
    done = export_study(found, "qdpx", tmp_path / "out.qdpx")
    out = read_file(tmp_path / "out.qdpx")
    names = {one.guid: one.name for one in (*out.codes, *out.users)}
    given = [
        names[coding.code]
        for one in out.selections
        for coding in one.codings
        if names[coding.user] == "model:themes"
    ]
    assert len(given) == int((units["theme"] != "").sum()) > 0
    code = next(one for one in out.codes if one.name == "stopping")
    assert code.definition.startswith("Whether it brakes.\nFound at: ")
    assert names[code.parent] == "found theme"
    assert any("confidence of" in line for line in done.left)
    other = fresh(tmp_path / "other")
    report = import_file(other, tmp_path / "out.qdpx")
    assert report.refused == []
    export_study(other, "qdpx", tmp_path / "again.qdpx")
    ours = [one for one in placed(other) if one[3] == "model:themes"]
    other.close()
    assert {one[1] for one in ours} == {"found theme"}
    again = read_file(tmp_path / "again.qdpx")
    # The other study has a codebook of its own; of found themes there are the same ones.
    themes = [[c for c in p.codes if names.get(c.parent) == "found theme"] for p in (out, again)]
    assert themes[0] == themes[1] != []
    assert again.n_codings == out.n_codings


def test_a_table_of_codings_tells_that_it_has_no_found_themes(tmp_path, found):
    for kind in ("csv", "xlsx"):
        left = export_study(found, kind, tmp_path / f"out.{kind}").left
        assert any(line.startswith("which units are of themes that were found") for line in left)


def test_the_studys_own_export_back_in_it_doubles_no_theme(tmp_path, found):
    export_study(found, "qdpx", tmp_path / "out.qdpx")
    import_file(found, tmp_path / "out.qdpx")
    export_study(found, "qdpx", tmp_path / "again.qdpx")
    assert (tmp_path / "out.qdpx").read_bytes() == (tmp_path / "again.qdpx").read_bytes()
