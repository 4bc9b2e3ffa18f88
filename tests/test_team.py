"""People's work in a study: who codes what, blind and together, and what becomes of it.

The store, the runs and the consensus are real; the two coders are a few lines each.
"""

import json
import uuid

import pandas as pd
import pytest

from journeyqual import lab
from journeyqual.errors import ConfigError, InputError, StoreError
from tests.small_study import run, tell
from tests.store.made import interview as made_interview


@pytest.fixture
def study(small_study):
    return small_study


def code(session, unit, stage="using", valence="0.5", **more):
    changes = [
        {"unit_id": unit, "dimension": dimension, "value": value} | more
        for dimension, value in (("stage", stage), ("valence", valence))
    ]
    reply = session.handle({"kind": "act", "id": str(uuid.uuid4()), "changes": changes})
    assert reply["kind"] == "saved", reply
    return reply


def done(session):
    return session.handle({"kind": "done", "id": str(uuid.uuid4())})


def units_of(study, interview):
    units = study.units()
    return units.loc[units["interview"] == interview, "unit_id"].tolist()


def test_assigned_interviews_come_first_and_finished_ones_last(study):
    team = study.team
    assert team.todo("ana")["interview"].tolist() == ["P01-1", "P02-1", "P03-1"]
    team.assign(["P02-1", "P03-1"], ["ana"])
    assert team.next_interview("ana") == "P02-1"
    done(team.session("P02-1", "ana"))
    assert team.todo("ana")["interview"].tolist() == ["P03-1", "P01-1", "P02-1"]
    assert team.next_interview("ben") == "P01-1"


def test_an_assignment_stays_as_it_was_first_given(study):
    study.team.assign(["P01-1"], ["ana"], blind=True)
    given = study.team.assign(["P01-1"], ["ana"], blind=False)
    assert given["blind"].tolist() == [True]
    with pytest.raises(StoreError, match="no interview"):
        study.team.assign(["P09-1"], ["ana"])


def test_a_session_shows_what_the_machine_proposes_and_how_far_the_coder_is(study):
    run(study)
    session = study.team.session("", "ana")
    shown = session.interview()
    assert shown["id"] == "P01-1"
    state = shown["states"][units_of(study, "P01-1")[0]]
    assert state["machine"]["stage"]["value"] == "buying"
    assert shown["progress"] == {"coded": 0, "total": 2}
    assert session.settings()["study"]


def test_agreement_is_of_what_was_coded_before_anybody_looked(study, monkeypatch):
    run(study)
    team = study.team
    team.assign(["P01-1", "P02-1"], ["ana", "ben"])
    units = units_of(study, "P01-1") + units_of(study, "P02-1")
    for coder, stages in (
        ("ana", "buying using buying using"),
        ("ben", "buying using using using"),
    ):
        for unit, stage in zip(units, stages.split(), strict=True):
            code(team.session(f"P0{1 + units.index(unit) // 2}-1", coder), unit, stage)
    assert team.by_people().empty, "nobody sees who still codes blind"
    assert team.agreement().empty
    for coder in ("ana", "ben"):
        for interview in ("P01-1", "P02-1"):
            done(team.session(interview, coder))
    made = team.agreement().set_index(["dimension", "code"])
    assert made.loc[("stage", ""), "n_units"] == 4
    assert made.loc[("stage", ""), "alpha"] == pytest.approx(1 - 7 * 2 / (2 * 3 * 5))
    # What is coded after that was coded with the others' codings in view.
    import journeyqual.store.database as database

    monkeypatch.setattr(database, "now", lambda: "2999-01-01T00:00:00+00:00")
    code(team.session("P02-1", "ben"), units[2], "buying")
    again = team.agreement().set_index(["dimension", "code"])
    assert again.loc[("stage", ""), "alpha"] == made.loc[("stage", ""), "alpha"]
    assert set(team.pairs()["kind"]) == {"human-human", "human-machine"}


def test_the_machine_is_compared_on_blind_codings_only(study):
    run(study)
    unit = units_of(study, "P01-1")[0]
    for coder in ("ana", "ben"):
        code(study.team.session("P01-1", coder), unit, "buying")
    assert set(study.team.pairs()["kind"]) == {"human-human"}


def test_side_by_side_those_that_differ_come_first(study):
    first, second = units_of(study, "P01-1")
    for unit in (first, second):
        code(study.team.session("P01-1", "ana"), unit, "using")
    code(study.team.session("P01-1", "ben"), first, "using")
    code(study.team.session("P01-1", "ben"), second, "leaving")
    table = study.team.compare()
    assert table["unit_id"].tolist() == [second, first]
    assert table["differs"].tolist() == [True, False]
    assert table[["ana stage", "ben stage"]].iloc[0].tolist() == ["using", "leaving"]
    assert study.team.compare("P02-1").empty
    panel = study.team.session("P01-1", "panel")
    code(panel, second, "leaving", memo="says goodbye")
    assert study.resolved().set_index("unit_id").loc[second, "human_by"] == "human:panel"


def test_a_sample_is_kept_with_every_units_chance(study):
    run(study)
    team = study.team
    drawn = team.draw(2, seed=5)
    assert len(drawn) == 6
    assert drawn["place"].notna().sum() == 2
    assert team.to_tag("ana")["unit_id"].tolist() == (
        drawn.dropna(subset="place").sort_values("place")["unit_id"].tolist()
    )
    with pytest.raises(InputError, match="another --seed"):
        team.draw(2, seed=5)
    team.draw(2, seed=6)
    assert study.store.people.draws()["seed"].tolist() == [5, 6]
    assert team.sample_progress()["drawn"].sum() > 0


def test_units_of_a_sample_correct_the_curve_and_do_not_teach(study):
    run(study)
    drawn = study.team.draw(3, seed=1).dropna(subset="place").sort_values("place")
    beside = next(u for u in study.units()["unit_id"] if u not in set(drawn["unit_id"]))
    for unit in [*drawn["unit_id"], beside]:
        tell(study, unit, "leaving")
    assert study.tags()["unit_id"].tolist() == [beside]
    sampled = study.resolved().set_index("unit_id")["sampling_probability"].dropna()
    assert set(sampled.index) == set(drawn["unit_id"])
    assert sampled.tolist() == [0.5] * 3
    assert set(study.curve()["method"]) == {"prediction-powered"}
    assert run(study).learned_from == 1


def test_a_changed_definition_flags_what_was_coded_under_the_old_one(study):
    run(study)
    unit = units_of(study, "P01-1")[0]
    code(study.team.session("P01-1", "ana"), unit, "using")
    assert study.team.flagged().empty
    file = study.config.codebook_file
    file.write_text(
        file.read_text().replace('name = "using"', 'name = "using"\ndefinition = "Daily."')
    )
    study.codebook = study.config.codebook()
    flagged = study.team.flagged()
    assert flagged[["unit_id", "value", "what"]].values.tolist() == [[unit, "using", "definition"]]
    session = study.team.session("P01-1", "ana")
    assert session.interview()["states"][unit]["mine"]["stage"]["flagged"]
    assert not code(session, unit, "using")["states"][unit]["mine"]["stage"]["flagged"]
    assert study.team.flagged().empty


def test_words_of_who_may_not_be_quoted_are_not_told(study):
    (study.folder / "participants.csv").write_text("participant,consent_quote\nP01,no\n")
    units = study.units()
    told = study.team.words(units["unit_id"])
    assert {told[u] for u in units_of(study, "P01-1")} == {"(may not be quoted)"}
    assert told[units_of(study, "P02-1")[0]] == "P02 bought it."


def test_the_tagging_notebook_is_ours_whatever_lies_in_the_study(study):
    folder = study.folder / "notebooks"
    folder.mkdir()
    (folder / "tagging.ipynb").write_text('{"cells": "steal everything"}')
    path = lab.tagging_notebook(study.folder, interview='P"01', coder="Ana B.")
    assert path.name == "tagging-ana-b.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    parameters = "".join(cells[0]["source"])
    assert 'interview = "P\\"01"' in parameters
    assert 'coder = "ana-b"' in parameters
    assert "steal" not in lab.tagging_notebook(study.folder).read_text("utf-8")
    with pytest.raises((InputError, ConfigError), match="no study folder"):
        lab.tagging_notebook(folder)


def test_suggesting_again_learns_and_says_from_how_much(study):
    run(study)
    assert lab.suggest_again(study) == "Nothing new to learn from."
    tell(study, units_of(study, "P01-1")[0], "leaving")
    said = lab.suggest_again(study)
    assert "learned from 1 units and coded 6 anew" in said
    assert set(study.resolved()["machine_stage"]) == {"leaving"}


def test_free_spans_of_two_people_are_compared_on_what_both_read(study):
    for coder, start in (("ana", 0), ("ben", 4)):
        session = study.team.session("P01-1", coder)
        turn = session.interview()["turns"][0]["i"]
        message = {
            "kind": "span", "id": str(uuid.uuid4()), "turn": turn, "start": start, "end": 13,
            "changes": [{"dimension": "theme", "value": "price"}],
        }  # fmt: skip
        assert session.handle(message)["kind"] == "saved"
    found = study.team.spans_matched().set_index("tolerance")
    assert found["n_first"].tolist() == [1] * len(found)
    assert found["n_matched"].tolist()[0] == 0
    assert found["n_matched"].tolist()[-1] == 1
    whole = study.team.spans_agreement().set_index(["measure", "code"])
    assert 0 < whole.loc[("whole", ""), "alpha"] < 1


def test_only_analysed_people_can_be_drawn(study):
    run(study)
    (study.folder / "participants.csv").write_text("participant,consent_analyse\nP02,no\n")
    assert set(study.team.population()["participant"]) == {"P01", "P03"}
    assert isinstance(study.team.population(), pd.DataFrame)


def test_interviews_that_came_after_the_draw_are_told_apart(study):
    run(study)
    assert not study.coded()["is_unreached"].any()
    drawn = study.team.draw(3, seed=1).dropna(subset="place")
    # Drawn and not yet begun: it reaches nobody, and nothing is corrected.
    assert not study.coded()["is_unreached"].any()
    for unit in drawn["unit_id"]:
        tell(study, unit, "buying")
    assert not study.coded()["is_unreached"].any()
    late = made_interview("P04-1", "P04", ("P04 came late.", "P04 rode it, too."))
    study.store.add_interviews([late], source="P04", sha256="P04")
    run(study)
    coded = study.coded()
    assert coded.loc[coded["is_unreached"], "participant"].tolist() == ["P04"] * 2
    curve = study.curve()
    assert curve["n_unreached"].sum() == 2
    assert "2 of" in " ".join(curve["reason"])
    for unit in study.team.draw(4, seed=2).dropna(subset="place")["unit_id"]:
        tell(study, unit, "buying")
    assert not study.coded()["is_unreached"].any()
