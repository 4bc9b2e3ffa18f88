"""Studies that are odd, hostile or broken, through the whole of what a run does.

Nothing may be lost, no sentence may be untrue, and what is wrong is told in one line.
"""

import warnings

import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyqual import agreement, moments, open_study, reports, runs, schema
from journeyqual.cli import app
from journeyqual.coding.explain import words_that_moved
from journeyqual.coding.feeling import FeelingCoder
from journeyqual.errors import ConfigError, InputError, ReportError, SchemaError
from journeyqual.numbers.words import amount
from journeyqual.reports import comparing, explaining, formats, wording
from journeyqual.reports.formats.tables import gather
from journeyqual.study import Study
from journeyqual.themes import Themes
from tests.coding.word_encoder import WordEncoder
from tests.reports.real_study import make_study
from tests.small_study import CODEBOOK, run, seen, small_study, tell
from tests.store.made import interview
from tests.themes.made import fake_clusters, people, said

pytestmark = pytest.mark.slow

__all__ = ["seen", "small_study"]

EVERY = ("emotional_journey", "why", "journey_map", "four_questions", "segments", "what_changed",
         "team", "agreement")  # fmt: skip
ALL_OUT = "participant,consent_analyse\nP01,no\nP02,no\nP03,no\n"
WAVES = "participant,wave,plan\nP01,2025,a\nP02,2025,b\nP03,2026,b\n"


@pytest.fixture
def told(small_study):
    """The small study, coded by its two coders."""
    run(small_study)
    return small_study


def again(study):
    """Open the same folder anew, as the next command would."""
    return open_study(study.folder)


def ask(*words):
    out = CliRunner().invoke(app, [str(word) for word in words])
    assert out.exception is None or isinstance(out.exception, SystemExit), out.exception
    return out


# -- everybody has withdrawn --------------------------------------------------------------------


def results(study):
    """Every result that reports show; a warning is an error here."""
    journey, why = study.journey, study.why
    asked = [
        study.curve, study.lines, study.emotions, study.quotes, study.moved, study.reading,
        study.headline, study.coverage, study.facts, study.evidence, study.changed, study.snapshot,
        journey.ranks, journey.gaps, journey.seam, journey.truth, journey.peak_end_figures,
        journey.polarisation, journey.mentions, journey.transitions, journey.saturation,
        journey.recruit, journey.sample, journey.changes, why.drivers, why.quotes, why.numbers,
        why.opportunities, why.new_stages, study.themes.table, study.themes.reasons,
        study.team.over_time,
    ]  # fmt: skip
    return {f.__name__: f() for f in asked}


def test_a_study_that_everybody_left_has_every_result_and_nothing_in_it(told):
    (told.folder / "participants.csv").write_text(ALL_OUT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = results(told)
    assert found["curve"]["valence"].isna().all()
    assert found["quotes"].empty
    assert found["evidence"].empty
    assert found["facts"]["units"] == 0
    written = formats.export(told, told.folder / "reports", formats=["xlsx", "csv"])
    assert [path.name for path in written] == ["tables.xlsx", "quotes.csv"]


def test_of_nobody_no_verdict_is_made_and_ids_stay_text(told):
    (told.folder / "participants.csv").write_text(ALL_OUT)
    verdicts = moments.verdicts(told.coded())
    assert verdicts.empty
    assert pd.api.types.is_string_dtype(verdicts["participant"])


def test_no_codings_at_all_have_no_agreement_with_oneself():
    assert agreement.over_time(schema.CODINGS.empty()).empty


def test_who_left_is_not_called_unchecked(told):
    from journeyqual.reports import blocks

    (told.folder / "participants.csv").write_text(ALL_OUT)
    said = blocks.header(told).markdown
    assert "all 0 units" not in said
    assert "agrees to be analysed" in said


# -- files that name what is not there ----------------------------------------------------------


@pytest.mark.parametrize("key", ["by", "period"])
@pytest.mark.parametrize("there", ["participant,plan,region\nP01,a,x\n", None])
def test_an_attribute_that_nobody_has_is_named_with_its_file(told, key, there):
    if there:
        (told.folder / "participants.csv").write_text(there)
    (told.folder / "study.toml").write_text(f'[curve]\n{key} = "town"\n')
    study = again(told)
    with pytest.raises(ConfigError, match=f"{key} = 'town' names no attribute") as caught:
        run(study)
    study.close()
    said = str(caught.value)
    assert said.startswith("study.toml: ")
    assert ("it has plan, region" if there else "add a column so called") in said
    assert "human_emotion" not in said


def test_consent_is_no_attribute_to_compare_by(told):
    (told.folder / "participants.csv").write_text("participant,consent_quote\nP01,no\n")
    (told.folder / "study.toml").write_text('[curve]\nby = "consent_quote"\n')
    study = again(told)
    with pytest.raises(ConfigError, match="names no attribute"):
        study.coded()
    study.close()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("buying,nps,5\nusing,nps,6\nbuying,nps,5\n", "line 4: 'nps' stands twice"),
        ("buying,nps,\n", "line 2, column 'value': '' is blank"),
        ("buying,nps,nan\n", "not a finite number"),
        ("buying,nps,1e999\n", "not a finite number"),
        ("selling,nps,5\n", "no stage of the codebook"),
    ],
)
def test_a_wrong_number_is_told_with_its_file_and_line(told, rows, said):
    (told.folder / "metrics.csv").write_text("stage,metric,value\n" + rows)
    for asked in (told.why.numbers, told.why.associations):
        with pytest.raises(SchemaError if "twice" in said else Exception, match=said) as caught:
            asked()
        assert str(caught.value).startswith("metrics.csv, line ")


def test_huge_numbers_and_unknown_groups_are_kept_and_can_be_read(told):
    (told.folder / "metrics.csv").write_text(
        "stage,metric,value,unit,better,period,group\n"
        "buying,takings,1e300,pounds,higher,,\nbuying,loss,-99999999999,pounds,lower,,\n"
        ",net score,5,points,higher,,\nbuying,kept,3,,higher,,martians\n"
    )
    table = told.why.numbers()
    assert len(table) == 4
    assert set(table["flag"]) == {"cannot say"}
    assert "martians" in " ".join(table["why"])
    assert max(table["why"].str.len()) < 400


@pytest.mark.parametrize(
    ("value", "said"),
    [(1e300, "1e+300 £"), (-2.5e15, "−2.5e+15 £"), (99999999999, "99,999,999,999 £"), (93, "93 £")],
)
def test_an_amount_has_no_more_digits_than_anybody_counted(value, said):
    assert amount(value, "£") == said


def test_a_stage_that_is_not_there_is_told_in_a_line_however_long_stages_are(told):
    book = "".join(f'[[stage]]\nname = "{n} {"never ending " * 30}"\n' for n in range(60))
    (told.folder / "codebook.toml").write_text(book)
    study = again(told)
    with pytest.raises(InputError, match="and 50 more") as caught:
        study.stage("zzz")
    study.close()
    assert len(str(caught.value)) < 900


# -- waves --------------------------------------------------------------------------------------


def test_the_units_behind_a_number_of_a_wave_are_those_of_the_wave(told):
    (told.folder / "participants.csv").write_text(WAVES)
    (told.folder / "study.toml").write_text('[curve]\nby = "plan"\nperiod = "wave"\n')
    (told.folder / "metrics.csv").write_text(
        "stage,metric,value,unit,better,period,group\n"
        "buying,signed,61,%,higher,2025,\nbuying,signed,70,%,higher,2026,\n"
        "buying,signed,50,%,higher,,b\nbuying,signed,40,%,higher,2025,b\n"
    )
    study = again(told)
    behind = study.behind("wave/buying/2025")
    assert set(behind["participant"]) == {"P01", "P02"}
    sources = study.evidence().groupby("figure").size().to_dict()
    rows = {
        (r.group, r.period): explaining._number_sources(r, sources)
        for r in study.why.numbers().itertuples()
    }
    assert rows["", "2025"]["figure"] == "wave/buying/2025"
    assert (rows["", "2025"]["n"], rows["", "2026"]["n"]) == (4, 2)
    assert rows["b", ""]["figure"] == "curve/buying/b"
    assert rows["b", "2025"] is None, "no figure is of one group in one wave"
    assert set(study.quotes_of("wave/buying/2026")["participant"]) <= {"P03"}
    study.close()


def test_where_no_waves_are_told_a_number_of_a_period_has_the_stages_units(told):
    (told.folder / "metrics.csv").write_text("stage,metric,value,period\nbuying,signed,6,2025\n")
    sources = told.evidence().groupby("figure").size().to_dict()
    (row,) = told.why.numbers().itertuples()
    assert explaining._number_sources(row, sources)["figure"] == "curve/buying"


def test_numbers_without_groups_are_not_denied_on_the_page_of_groups(told):
    (told.folder / "metrics.csv").write_text("stage,metric,value\nbuying,signed,6\n")
    own = comparing.by_group(told.why.numbers(), ["a", "b"])
    said = explaining.numbers(own, told.codebook, none=comparing.NO_NUMBERS).markdown
    assert "told of one of these groups" in said
    assert "no numbers yet" not in said


# -- people have coded --------------------------------------------------------------------------


def test_everybody_who_coded_is_named_also_where_anothers_coding_counts(told):
    unit = told.units()["unit_id"].iloc[0]
    tell(told, unit, "buying", coder="human:ana")
    tell(told, unit, "using", coder="human:bob")
    assert told.facts()["people who coded"] == "human:ana, human:bob"


def test_a_sample_that_people_coded_is_not_called_unchecked():
    from journeyqual.reports.questions import READ_IN_PART, UNREAD, Answer, _capped

    answer = Answer("What to do?", "yes", "Mend it.", "")
    table = pd.DataFrame({"method": ["machine"], "n_checked": [4]})
    assert _capped(answer, table).more == READ_IN_PART
    assert _capped(answer, table.assign(n_checked=0)).more == UNREAD
    assert _capped(answer, table.assign(method="human")) == answer


def test_what_to_do_tells_how_much_of_it_people_coded(told):
    made = told.team.draw(4, seed=1)
    for unit in made.dropna(subset="place").sort_values("place")["unit_id"]:
        tell(told, unit, "buying", valence="0.5")
    todo = told.why.opportunities().iloc[0]
    assert (todo["stage"], todo["n_checked"], todo["n_units"]) == ("buying", 4, 6)
    assert todo["method"] == "machine", "people checked it, and corrected nothing"
    assert "4 of 6 units coded by people" in todo["statement"]


def test_when_people_coded_every_unit_no_report_says_unverified(told):
    for unit in told.units()["unit_id"]:
        tell(told, unit, "buying", valence="0.5")
    assert set(told.curve()["method"]) >= {"human"}
    assert not told.curve().loc[told.curve()["valence"].notna(), "is_unverified"].any()
    assert not gather(told).unverified
    todo = " ".join(told.why.opportunities()["statement"])
    assert "unverified" not in todo
    assert "machine" not in todo


# -- themes -------------------------------------------------------------------------------------


def test_one_person_is_told_why_there_are_no_themes(told):
    out = ask("themes", told.folder)
    assert out.stdout.strip() == "no themes yet: fewer than 20 units"
    out = ask("themes", told.folder, "--scope", "byuing")
    assert out.exit_code == 1
    assert "did you mean 'buying'" in out.output


@pytest.fixture
def light(monkeypatch, seen):
    """Themes without BERTopic, MiniLM or spaCy."""
    encoder = WordEncoder()
    monkeypatch.setattr("journeyqual.themes.finding.clusters", fake_clusters)
    monkeypatch.setattr("journeyqual.themes.study.load_encoder", lambda: encoder)
    monkeypatch.setattr("journeyqual.themes.study.noun_shares", lambda texts: {})


@pytest.fixture
def themed(tmp_path, light):
    """Six people on three topics, coded; nobody has looked for themes yet."""
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "codebook.toml").write_text(CODEBOOK)
    study = open_study(tmp_path)
    for place, name in enumerate(people(6)):
        for topic in ("brakes", "deposit", "app"):
            lines = tuple(said(topic, turn + place) for turn in range(4))
            one = interview(f"{name}-{topic}", name, lines)
            study.store.add_interviews([one], source=one.name, sha256=one.name)
    yield study
    study.close()


def test_a_run_cut_short_while_it_looks_for_themes_is_completed_by_the_next(themed, monkeypatch):
    from journeyqual.themes import study as life

    real, looked = life.discover, []

    def once(units, vectors, scope, **more):
        if looked:
            raise KeyboardInterrupt
        looked.append(scope)
        return real(units, vectors, scope, **more)

    with monkeypatch.context() as cut:
        cut.setattr(life, "discover", once)
        with pytest.raises(KeyboardInterrupt):
            run(themed)
    before = themed.themes.table()
    assert set(before["scope"]) == set(looked)
    result = run(themed)
    after = themed.themes.table()
    assert before["theme"].isin(after["theme"]).all()
    assert set(after["scope"]) == {schema.WHOLE_STUDY, "buying"}
    assert result.themes == len(after) - len(before)
    assert run(themed).themes == 0


def test_themes_of_people_who_left_are_shown_nowhere(themed):
    run(themed)
    assert len(themed.themes.table())
    who = "".join(f"{name},no\n" for name in people(6))
    (themed.folder / "participants.csv").write_text("participant,consent_analyse\n" + who)
    table = themed.themes.table()
    assert explaining.themes(table).markdown == explaining.themes(table[:0]).markdown
    assert gather(themed).rows("Themes").empty
    assert ask("themes", themed.folder).stdout.startswith("no themes yet")


def test_a_stage_renamed_after_its_themes_were_found_leaves_every_result_standing(themed):
    run(themed)
    held = len(themed.store.themes.found())
    (themed.folder / "codebook.toml").write_text(CODEBOOK.replace("buying", "ordering"))
    study = again(themed)
    run(study)
    assert len(study.store.themes.found()) >= held, "found themes are kept"
    assert set(study.themes.table()["scope"]) <= {schema.WHOLE_STUDY, "ordering"}
    assert set(study.why.drivers()["stage"]) <= {"ordering"}
    assert not study.evidence()["figure"].str.contains("buying").any()
    study.close()


def test_a_transcript_corrected_after_themes_were_found_is_quoted_as_it_stands_now(themed):
    (themed.folder / "transcripts" / "P77.txt").write_text(
        "Interviewer: How was it?\n\nP77: The brakes squeal on every hill in the wet, each time.\n"
    )
    run(themed)
    (themed.folder / "transcripts" / "P77.txt").write_text(
        "Interviewer: How was it?\n\nP77: The brakes sing on every hill in the wet, each time.\n"
    )
    result = run(themed)
    assert result.corrected
    behind = themed.behind("curve/buying")
    own = behind[behind["participant"] == "P77"]["text"].tolist()
    assert own == ["The brakes sing on every hill in the wet, each time."]
    assert set(themed.themes.units()["unit_id"]) <= set(themed.units()["unit_id"])
    assert isinstance(Themes(themed).table(), pd.DataFrame)


# -- reports ------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    """No kernel: a page is a file."""

    def make(folder, *, template, out_dir, seconds):
        path = out_dir / f"{template}.html"
        path.write_text(template)
        return path

    monkeypatch.setattr(reports, "make_report", make)


def test_a_folder_that_cannot_be_written_to_is_named_and_what_was_coded_stays(small_study, quick):
    (small_study.folder / "reports").write_text("a file stands here")
    with pytest.raises(ReportError, match="nothing can be written to reports/") as caught:
        runs.run(small_study)
    assert "--reports" in str(caught.value)
    assert len(small_study.codings())
    (ledger,) = small_study.store.runs().itertuples()
    assert (ledger.outcome, ledger.units_coded) == ("no reports", 6)
    assert "curve" not in ledger.detail
    elsewhere = small_study.folder / "elsewhere"
    assert runs.run(small_study, reports_folder=elsewhere).reports
    assert (elsewhere / "why.html").exists()


def test_who_waits_for_words_to_be_explained_is_told_how_far_it_is(small_study, quick, monkeypatch):
    told = []
    monkeypatch.setattr(Study, "moved", lambda self, *, progress: progress(1, 19))
    runs.run(small_study, progress=lambda *what: told.append(what))
    assert ("explaining quotes", 1, 19) in told


def test_no_network_is_loaded_to_explain_nothing(told, monkeypatch):
    monkeypatch.setattr(FeelingCoder, "shipped", classmethod(lambda *a, **b: pytest.fail("loaded")))
    out = words_that_moved(told.units(), [])
    assert out.columns.tolist() == ["unit_id", "start", "end", "word", "shift"]
    assert out.empty


def test_of_one_person_sentences_are_grammatical_and_claim_no_interval(told):
    (told.folder / "participants.csv").write_text(
        "participant,consent_analyse,verdict\nP01,yes,5\nP02,no,4\nP03,no,3\n"
    )
    reasons = [*told.journey.truth()["reason"], *told.journey.saturation()["reason"]]
    assert any("1 participant: fewer" in reason for reason in reasons)
    assert any("1 interview, base" in reason for reason in reasons)
    row = dict.fromkeys(schema.FIGURES.names, float("nan"))
    row |= {"measure": "told order", "value": 1.0, "n_participants": 1, "method": "machine"}
    order = schema.check(pd.DataFrame([row | {"reason": ""}]), schema.FIGURES)
    said = " ".join(wording.told(told.journey.mentions(), told.journey.transitions(), order))
    assert "(no interval)" in said
    assert "– to –" not in said


def test_who_may_not_be_quoted_is_counted_in_the_evidence_and_not_quoted(told):
    (told.folder / "participants.csv").write_text("participant,consent_quote\nP01,no\n")
    out = ask("evidence", told.folder, "--stage", "buying").stdout
    assert "P01 bought it." not in out
    assert out.count("(does not agree to be quoted)") == 2
    assert "6 units of 3 participants" in out


# -- with the real models -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("odd") / "study", hostile=True)


@pytest.mark.model
@pytest.mark.notebook
@pytest.mark.parametrize("template", EVERY)
def test_every_report_of_a_hostile_study_is_done_in_time(hostile, template):
    # Quotes of three hundred characters beside others of that length took minutes to explain.
    page = reports.make_report(hostile, template=template)
    html = page.read_text(encoding="utf-8")
    assert "<script>alert(1)</script>" not in html
    assert "<img src=x" not in html
