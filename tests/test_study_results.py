"""A kept result is used only for what it was made of, and every page is of the present state."""

import pytest

from journeyqual import codebook, open_study, reports, runs
from journeyqual.errors import ConfigError, ReportError
from journeyqual.reports import formats, pages
from journeyqual.schema import OFF_JOURNEY
from tests.small_study import run, seen, small_study, tell

pytestmark = pytest.mark.slow

__all__ = ["seen", "small_study"]

BOOK = '[[stage]]\nname = "buying"\nexpected_valence = {}\n[[stage]]\nname = "using"\n'


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
    (told.folder / "metrics.csv").write_text("stage,metric,value,group\nbuying,signed,9,a\n")
    assert "no attribute named" in without.why.numbers()["why"].iloc[0]
    grouped = open_study(told.folder)
    assert "no attribute named" not in grouped.why.numbers()["why"].iloc[0]
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
    for silent in ("P01", "P02", "P03"):
        (told.folder / "participants.csv").write_text(f"participant,consent_quote\n{silent},no\n")
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


def test_what_a_withdrawal_moved_is_told_and_written_down(told, made):
    runs.run(told)
    (told.folder / "participants.csv").write_text(
        "participant,consent_analyse\nP01,no\nP02,no\nP03,no\n"
    )
    result = runs.run(told)
    assert result.moved == ["buying: nobody speaks of it any more"]
    page = (told.folder / "reports" / pages.INDEX).read_text(encoding="utf-8")
    assert "nobody speaks of it any more" in page


def test_files_in_other_formats_do_not_stay_as_they_were(told, made, monkeypatch):
    reports_folder = told.folder / "reports"
    runs.run(told)
    formats.export(told, reports_folder, formats=["csv", "xlsx"])
    (reports_folder / "why.pdf").write_text("an earlier state")
    (reports_folder / "own.pdf").write_text("somebody's own")
    exported = []

    def export(study, folder, *, formats, pages):
        exported.append((formats, [page.name for page in pages]))
        return []

    def no_browser():
        raise ReportError("there is no browser")

    monkeypatch.setattr(formats, "export", export)
    monkeypatch.setattr("journeyqual.reports.formats.pdf.find_browser", no_browser)
    (told.folder / "participants.csv").write_text("participant,consent_quote\nP01,no\n")
    result = runs.run(told)
    ((kinds, printed),) = exported
    assert set(kinds) == {"csv", "xlsx"}
    assert "why.html" in printed
    assert pages.INDEX not in printed
    assert not (reports_folder / "why.pdf").exists()
    assert (reports_folder / "own.pdf").exists()
    assert "PDFs of an earlier state were taken away" in result.notes[-1]
