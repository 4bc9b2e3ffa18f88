"""A kept result is used only for what it was made of, and every page is of the present state."""

import pandas as pd
import pytest

from journeyqual import codebook, open_study, reports, runs
from journeyqual.errors import ConfigError
from journeyqual.reports import pages
from journeyqual.schema import OFF_JOURNEY
from tests.small_study import run, seen, small_study, tell

__all__ = ["seen", "small_study"]

BOOK = '[[stage]]\nname = "buying"\nexpected_valence = {}\n[[stage]]\nname = "using"\n'
LONG = "I rode it to the shop and back again, {}, and it was a joy all the way."


@pytest.fixture
def told(small_study):
    """The small study, coded by its two coders."""
    run(small_study)
    return small_study


def kept(study, name):
    return sorted((study.folder / "cache" / "results").glob(f"{name}-*.csv"))


def test_a_codebook_edited_meanwhile_is_not_served_what_the_old_one_made(told):
    file = told.folder / "codebook.toml"
    file.write_text(BOOK.format("0.1"))
    with_old = open_study(told.folder)
    file.write_text(BOOK.format("0.9"))
    assert with_old.journey.gaps()["expected"].iloc[0] == 0.1
    with_new = open_study(told.folder)
    assert with_new.journey.gaps()["expected"].iloc[0] == 0.9
    for one in (with_old, with_new):
        one.close()


def test_settings_edited_meanwhile_are_not_served_what_the_old_ones_made(told):
    (told.folder / "participants.csv").write_text("participant,plan\nP01,a\nP02,b\nP03,b\n")
    file = told.folder / "study.toml"
    file.write_text("")
    without = open_study(told.folder)
    file.write_text('[curve]\nby = "plan"\n')
    assert "curve/buying/a" not in set(without.evidence()["figure"])
    grouped = open_study(told.folder)
    assert "curve/buying/a" in set(grouped.evidence()["figure"])
    for one in (without, grouped):
        one.close()


def test_quotes_are_kept_by_the_draws_that_their_curve_was_made_with(told):
    told.quotes()
    other = open_study(told.folder, draws=100, seed=9)
    other.quotes()
    assert len(kept(told, "quotes")) == 2
    other.close()


def test_quotes_of_a_group_are_its_own(told, monkeypatch):
    (told.folder / "participants.csv").write_text("participant,plan\nP01,a\nP02,b\nP03,b\n")
    (told.folder / "study.toml").write_text('[curve]\nby = "plan"\n')
    study = open_study(told.folder)
    units = study.units().drop_duplicates("participant")
    shown = units[["unit_id", "participant"]].assign(stage="buying")
    monkeypatch.setattr(study, "quotes", lambda: shown)
    assert study.quotes_of("curve/buying")["participant"].tolist() == ["P01", "P02", "P03"]
    assert study.quotes_of("curve/buying/a")["participant"].tolist() == ["P01"]
    assert study.quotes_of("opportunity/1").empty
    study.close()


def test_somebody_listed_by_name_and_by_id_is_one_person_whose_refusal_stands(told):
    (told.folder / "names.csv").write_text("name,pseudonym\nAnna Berg,P01\n")
    (told.folder / "participants.csv").write_text(
        "participant,plan,consent_quote\nAnna Berg,a,no\np01,b,yes\n"
    )
    people = told.participants()
    assert people["participant"].tolist() == ["P01", "P02", "P03"]
    assert told.silent() == {"P01"}
    assert len(told.coded()) == len(told.units())


def test_a_stage_is_not_called_what_a_scope_of_themes_is():
    with pytest.raises(ConfigError, match="a name that themes need"):
        codebook.from_dict({"stage": [{"name": OFF_JOURNEY}]})


def test_the_units_behind_an_opportunity_are_those_of_the_people_it_counts(told):
    for person, valence in (("P01", "-0.8"), ("P02", "-0.6"), ("P03", "0.9")):
        units = told.units()
        for unit in units.loc[units["participant"] == person, "unit_id"]:
            tell(told, unit, "using", valence=valence)
    mend = told.why.opportunities().query("kind == 'mend'").iloc[0]
    assert (mend["n_people"], mend["n_units"]) == (2, 4)
    behind = told.behind(f"opportunity/{mend['rank']}")
    assert len(behind) == mend["n_units"]
    assert set(behind["participant"]) == {"P01", "P02"}
    assert behind["valence"].max() < 0


# -- pages of the present state ----------------------------------------------------------------


@pytest.fixture
def made(monkeypatch):
    """The reports made, page by page; each is a file that holds the state it is of."""
    out = []

    def make(folder, *, template, out_dir, seconds):
        study = open_study(folder)
        path = out_dir / f"{template}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(study.fingerprint)
        study.close()
        out.append(path)
        return path

    monkeypatch.setattr(reports, "make_report", make)
    return out


def test_a_page_in_another_folder_is_made_again_too(told, made):
    one, other = told.folder / "reports", told.folder / "elsewhere"
    for folder in (one, other):
        runs.run(told, reports_folder=folder)
    (told.folder / "participants.csv").write_text("participant,consent_quote\nP01,no\n")
    for folder in (one, other):
        runs.run(told, reports_folder=folder)
        assert (folder / "why.html").read_text() == told.fingerprint
    made.clear()
    runs.run(told, reports_folder=other)
    assert not made, "nothing has changed"


def test_a_page_that_is_not_asked_for_any_more_does_not_stay_as_it_was(told, made):
    (told.folder / "participants.csv").write_text("participant,plan\nP01,a\nP02,b\nP03,b\n")
    (told.folder / "study.toml").write_text('[curve]\nby = "plan"\n')
    study = open_study(told.folder)
    runs.run(study)
    study.close()
    page = told.folder / "reports" / "segments.html"
    assert page.exists()
    (told.folder / "participants.csv").write_text("participant,consent_analyse\nP01,no\n")
    (told.folder / "study.toml").write_text("")
    study = open_study(told.folder)
    runs.run(study)
    assert page.read_text() == study.fingerprint
    study.close()


def test_one_value_and_blanks_are_no_groups(told, made):
    (told.folder / "participants.csv").write_text("participant,plan\nP01,a\nP02,\nP03,a\n")
    (told.folder / "study.toml").write_text('[curve]\nby = "plan"\n')
    study = open_study(told.folder)
    runs.run(study)
    assert not (told.folder / "reports" / "segments.html").exists()
    study.close()


def test_the_index_tells_of_the_run_that_wrote_it(told, made):
    first = runs.run(told)
    assert first.number
    page = (told.folder / "reports" / pages.INDEX).read_text(encoding="utf-8")
    last = told.store.runs()["started_at"].iloc[-1][:16].replace("T", " ")
    assert page.count(last) >= 1
    assert page.count("<tr") - 1 == len(told.store.runs())


def test_a_refused_file_is_told_of_on_the_pages(told, made):
    runs.run(told)
    made.clear()
    (told.folder / "transcripts" / "P09.vtt").write_text("no cue at all")
    assert runs.run(told).refused
    assert made
    made.clear()
    runs.run(told)
    assert not made
