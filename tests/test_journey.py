"""What an open study says of its curve; the functions behind have tests of their own."""

import pandas as pd
import pytest

from journeyqual import evidence, open_study, schema
from journeyqual.errors import InputError, SchemaError
from tests.small_study import run, tell

KINDS = {
    "ranks": schema.RANKS,
    "gaps": schema.GAPS,
    "peak_end": schema.PEAK_END,
    "peak_end_figures": schema.FIGURES,
    "truth": schema.TRUTH,
    "polarisation": schema.POLARISATION,
    "separation": schema.SEPARATION,
    "differences": schema.DIFFERENCES,
    "changes": schema.DIFFERENCES,
    "paths": schema.PATHS,
    "told": schema.TOLD,
    "told_mean": schema.FIGURES,
    "transitions": schema.TRANSITIONS,
    "mentions": schema.MENTIONS,
    "seam": schema.SEAM,
    "seam_lines": schema.SEAM_LINES,
    "heard": schema.HEARD,
    "saturation": schema.SATURATION,
    "saturation_curve": schema.SATURATION_CURVE,
    "touchpoints": schema.TOUCHPOINTS,
    "reach": schema.REACH,
    "recruit": schema.RECRUIT,
    "sample": schema.SAMPLE,
    "draft": schema.DRAFT,
}


@pytest.fixture
def study(small_study):
    """Coded, and with all stages told: buying by all, using by two, by people's codings."""
    run(small_study)
    return small_study


@pytest.fixture
def told(study):
    """Every unit coded by a person: the first of each interview at buying, the second at using."""
    for _, own in study.units().groupby("interview"):
        tell(study, own["unit_id"].iloc[0], "buying", valence="-0.5")
        tell(study, own["unit_id"].iloc[1], "using", valence="0.5")
    run(study)
    return study


def test_each_result_is_its_table_and_the_same_when_read_again(told):
    again = open_study(told.folder)
    for name, table in KINDS.items():
        first = getattr(told.journey, name)()
        assert list(first.columns[: len(table.names)]) == table.names, name
        pd.testing.assert_frame_equal(getattr(again.journey, name)(), first, obj=name)
    again.close()


def test_people_s_codings_make_paths_and_seam(told):
    steps = told.journey.paths()
    assert steps["stage"].tolist() == ["buying", "using"] * 3
    assert set(told.journey.ranks()["method"]) == {"human"}
    mentions = told.journey.mentions().set_index(["stage", "measure"])
    assert mentions.loc[("using", "last"), "n_participants"] == 3
    assert mentions.loc[("leaving", "reached"), "n_participants"] == 0


def test_who_does_not_agree_is_in_no_result(told):
    (told.folder / "participants.csv").write_text(
        "participant,plan,consent_analyse\nP01,a,yes\nP02,a,no\nP03,b,yes\n"
    )
    assert set(told.journey.paths()["participant"]) == {"P01", "P03"}
    whole = told.journey.sample()
    assert whole.loc[whole["attribute"] == "", "n_participants"].tolist() == [2]


def test_groups_are_compared_by_an_attribute_that_is_there(told):
    (told.folder / "participants.csv").write_text("participant,plan\nP01,a\nP02,a\nP03,b\n")
    found = told.journey.differences(by="plan")
    assert found[["group", "against"]].drop_duplicates().values.tolist() == [["a", "b"]]
    with pytest.raises(SchemaError, match="no participant has a 'colour'"):
        told.journey.differences(by="colour")
    assert told.journey.differences().empty, "study.toml names no attribute"
    waves = told.journey.changes(period="plan")
    assert waves["group"].unique().tolist() == ["b"]


def test_attributes_that_tell_people_apart_are_no_groups(told):
    (told.folder / "participants.csv").write_text(
        "participant,plan,city,months,verdict\nP01,a,x,1,9\nP02,a,y,2,9\nP03,b,z,3,1\nP04,b,x,4,1\n"
    )
    assert told.attributes() == ["plan"]


def test_the_draft_says_what_the_study_knows(told):
    (told.folder / "study.toml").write_text('title = "Bikes"\n')
    again = open_study(told.folder)
    facts = again.journey.facts()
    assert (facts["title"], facts["participants"], facts["stages"]) == ("Bikes", 3, 3)
    draft = again.journey.draft("SRQR")
    assert draft["status"].isin(schema.DRAFT_STATUSES).all()
    again.close()


# -- evidence ----------------------------------------------------------------------------------


def test_every_figure_opens_onto_its_units(told):
    units = told.units()
    first = units.groupby("interview")["unit_id"].first().tolist()
    assert told.evidence("curve/buying")["unit_id"].tolist() == first
    figures = set(told.evidence()["figure"])
    assert {"curve/buying", "curve/using", "emotion/buying/joy"} <= figures
    points = told.curve().set_index("stage")
    for stage in ("buying", "using"):
        assert len(told.evidence(f"curve/{stage}")) == points.loc[stage, "n_units"]


def test_a_figure_that_is_not_there_is_an_error_with_what_is_near(told):
    with pytest.raises(InputError, match=r"did you mean .*curve/buying"):
        told.evidence("curve/buyin")
    with pytest.raises(InputError, match="did you mean 'buying'"):
        told.stage("Buyng")
    assert told.stage("BUYING") == "buying"


def test_words_of_who_may_not_be_quoted_are_not_printed(told):
    (told.folder / "participants.csv").write_text("participant,consent_quote\nP02,no\n")
    behind = told.behind("curve/buying").set_index("participant")
    assert behind.loc["P02", "text"] == ""
    assert behind.loc["P01", "text"] == "P01 bought it."
    assert behind["valence"].tolist() == [-0.5] * 3


def test_names_of_figures_part_at_slashes_only():
    assert evidence.plain(evidence.figure("curve", "a/b%2F").split("/")[1]) == "a/b%2F"


# -- what has changed --------------------------------------------------------------------------


def test_a_run_says_what_moved_beyond_its_interval(study):
    for _, own in study.units().groupby("interview"):
        tell(study, own["unit_id"].iloc[0], "buying", valence="-0.5")
        tell(study, own["unit_id"].iloc[1], "using", valence="0.5")
    result = run(study)
    assert any(line.startswith("using: nobody had spoken of it before") for line in result.moved)
    # Nothing has come in since: there is nothing to tell, and the ledger is left alone.
    runs = len(study.store.runs())
    assert run(study).moved == []
    assert len(study.store.runs()) == runs
    # Of the runs before, the newest with other inputs is what the present is held against.
    found = study.changed().set_index("stage")
    assert found.loc["using", "n_before"] == 0
    assert found.loc["using", "now"] == 0.5


def test_the_ledger_keeps_figures_and_no_words(study):
    detail = study.store.runs()["detail"].iloc[-1]
    assert '"valence"' in detail
    assert "bought" not in detail


def test_a_study_without_interviews_has_empty_results(tmp_path):
    from journeyqual import scaffold

    scaffold.make_study(tmp_path / "new")
    opened = open_study(tmp_path / "new")
    assert opened.coded().empty
    assert opened.curve()["valence"].isna().all()
    opened.close()
