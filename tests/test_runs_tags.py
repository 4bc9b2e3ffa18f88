"""What people code in a study teaches its stage coder on the next run, and nothing else.

The store, the runs and the consensus are real; the two coders are a few lines each, signed with the
shipped coders' names.
"""

import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyqual import coding, open_study, runs
from journeyqual.cli import app
from tests.small_study import CODEBOOK, Stages, run, tell
from tests.store.made import interview


@pytest.fixture
def study(small_study):
    return small_study


def by_machine(study):
    codings = study.store.codings()
    return codings[codings["coder"].str.startswith("model:")]


def test_without_peoples_codings_the_coder_signs_as_shipped(study):
    first = run(study)
    assert first.coded == 6
    assert first.learned_from == 0
    assert study.tags().empty
    assert study.coders == tuple(dict.fromkeys(coding.coder_names().values()))
    assert set(by_machine(study)["coder"]) == set(study.coders)
    assert run(study).nothing_new


def test_what_people_code_adds_stages_and_no_feelings(study, seen):
    run(study)
    before = study.store.codings()
    tell(study, study.units()["unit_id"][0], "leaving")
    tell(study, study.units()["unit_id"][3], "leaving")
    result = run(study)
    assert result.coded == 6
    assert result.learned_from == 2
    after = study.store.codings()
    pd.testing.assert_frame_equal(after.iloc[: len(before)], before)
    new = by_machine(study).iloc[len(before) :]
    assert new["dimension"].value_counts().to_dict() == {"stage": 6, "touchpoint": 6}
    assert set(new["coder"]) == {study.coders[0]}
    assert study.coders[0].startswith(f"{coding.coder_names()['stage']}+study")
    assert len(seen["feeling"]) == 1
    resolved = study.resolved()
    assert resolved["machine_stage"].tolist() == ["leaving"] * 6
    assert resolved["stage_confidence"].tolist() == [0.75] * 6
    assert resolved["machine_valence"].notna().all()
    assert (resolved["machine_emotion"] == "joy").all()


def test_the_same_codings_code_nothing_and_load_nothing(study, monkeypatch):
    unit = study.units()["unit_id"][0]
    tell(study, unit, "leaving")
    run(study)
    # Said again, the same: no news to the coder.
    tell(study, unit, "leaving")
    study.close()
    monkeypatch.setattr(coding, "default_coders", None)
    again = open_study(study.folder)
    codings = again.store.codings()
    result = run(again)
    assert result.nothing_new
    assert result.number == 0
    assert result.learned_from == 0
    pd.testing.assert_frame_equal(again.store.codings(), codings)
    again.close()


def test_tags_are_what_consensus_counts(study):
    """One value a unit, the panel's first; half a coding or a rejected one is nobody's word."""
    units = study.units()
    ids = units["unit_id"].tolist()
    tell(study, ids[0], "leaving", "human:panel")
    tell(study, ids[0], "buying", "human:ben")
    tell(study, ids[1], "using", "human:ana")
    tell(study, ids[1], "buying", "human:ben")
    tell(study, ids[2], "")
    tell(study, ids[3], "using", valence=None)
    tell(study, ids[4], "using", status="rejected")
    tags = study.tags()
    assert tags[["unit_id", "stage"]].to_numpy().tolist() == [
        [ids[0], "leaving"], [ids[1], "buying"], [ids[2], ""],
    ]  # fmt: skip
    assert tags["participant"].tolist() == ["P01", "P01", "P02"]
    assert tags["text"].tolist() == units["text"].tolist()[:3]
    assert tags["order"].tolist() == units["order"].tolist()[:3]


def test_who_withdraws_teaches_nothing(study):
    ids = study.units()["unit_id"].tolist()
    tell(study, ids[0], "leaving")
    run(study)
    taught = study.coders[0]
    tell(study, ids[2], "using")
    (study.folder / "participants.csv").write_text("participant,consent_analyse\np01,no\n")
    assert study.tags()["participant"].tolist() == ["P02"]
    result = run(study)
    assert result.learned_from == 1
    assert study.coders[0] != taught
    assert set(study.coded()["participant"]) == {"P02", "P03"}
    assert set(study.coded()["stage"]) == {"using"}


def test_back_to_what_was_taught_before_nothing_is_coded_and_the_old_codings_stand(study):
    run(study)
    tell(study, study.units()["unit_id"][0], "leaving")
    run(study)
    assert set(study.resolved()["machine_stage"]) == {"leaving"}
    (study.folder / "participants.csv").write_text("participant,consent_analyse\nP01,no\n")
    assert study.coders == tuple(dict.fromkeys(coding.coder_names().values()))
    assert run(study).nothing_new
    assert set(study.resolved()["machine_stage"]) == {"buying"}
    # Nor does a later lesson get in while an interview waits to be coded.
    study.store.add_interviews([interview("P04-1", "P04")], source="P04", sha256="P04")
    assert study.resolved()["machine_stage"].tolist() == ["buying"] * 6 + [""] * 2


def test_a_stage_that_the_codebook_has_no_more_is_left_out(study):
    ids = study.units()["unit_id"].tolist()
    tell(study, ids[0], "leaving")
    tell(study, ids[3], "using")
    study.close()
    (study.folder / "codebook.toml").write_text(CODEBOOK.replace("leaving", "going"))
    opened = open_study(study.folder)
    assert opened.tags()["stage"].tolist() == ["using"]
    done = run(opened)
    assert done.learned_from == 1
    assert any("1 units that people coded stand at stages" in note for note in done.notes)
    # The coding waits; the curve stands without it.
    assert opened.curve().set_index("stage")["n_human"].sum() == 0
    assert set(opened.coded()["human_stage"]) <= {"", "using"}
    opened.close()


def test_a_new_interview_is_coded_beside_the_whole_interviews_that_teach(study, seen):
    ids = study.units()["unit_id"].tolist()
    tell(study, ids[0], "leaving")
    run(study)
    stored = len(study.store.codings())
    one = interview("P04-1", "P04", ("P04 never came back.",))
    study.store.add_interviews([one], source="P04", sha256="P04")
    assert run(study).coded == 1
    new = study.store.codings().iloc[stored:]
    assert set(new["unit_id"]) == {one.units["unit_id"][0]}
    assert len(new) == 5
    assert seen["stage"][-1] == [one.units["unit_id"][0], *ids[:2]]
    assert seen["feeling"][-1] == [one.units["unit_id"][0]]


def test_every_batch_sees_what_people_coded(study, seen, monkeypatch):
    ids = study.units()["unit_id"].tolist()
    tell(study, ids[0], "leaving")
    tell(study, ids[5], "using")
    monkeypatch.setattr("journeyqual.runs.coding.BATCH", 1)
    far = []
    assert run(study, progress=lambda what, done, of: far.append((what, done, of))).coded == 6
    assert [set(batch) >= {ids[0], ids[5]} for batch in seen["stage"]] == [True] * 3
    assert [len(batch) for batch in seen["feeling"]] == [2, 2, 2]
    assert len(by_machine(study)) == 6 * 5
    steps = [done for what, done, _ in far if what == "coding"]
    assert steps == sorted(steps)
    assert steps[-1] == 6


def test_full_codes_every_dimension_again_and_says_what_the_codings_changed(study):
    run(study)
    tell(study, study.units()["unit_id"][0], "leaving")
    result = run(study, full=True)
    assert (result.coded, result.changed, result.learned_from) == (6, 6, 1)
    assert len(by_machine(study)) == 2 * 6 * 5
    assert run(study, full=True).changed == 0


def test_until_the_next_run_results_stand_on_the_last_codings(study, monkeypatch):
    run(study)
    tell(study, study.units()["unit_id"][0], "leaving")
    assert study.coded()["stage"].tolist() == ["buying"] * 6

    class Killed(Stages):
        def code(self, units, codebook, progress=None):
            if self.seen:
                raise KeyboardInterrupt
            return super().code(units, codebook, progress)

    calls = []
    monkeypatch.setattr("journeyqual.runs.coding.BATCH", 1)
    with monkeypatch.context() as patch:
        patch.setattr(coding, "default_coders", lambda *_, tags, **__: (Killed(tags, calls),))
        with pytest.raises(KeyboardInterrupt):
            run(study)
    assert study.coded()["stage"].tolist() == ["leaving"] * 2 + ["buying"] * 4
    assert run(study).coded == 4
    assert study.coded()["stage"].tolist() == ["leaving"] * 6


def test_two_sets_of_codings_with_one_signature_are_told_apart(study, monkeypatch):
    run(study)
    unit = study.units()["unit_id"][0]
    monkeypatch.setattr("journeyqual.coding.stage.tags_hash", lambda tags: "0000")
    for stage in ("leaving", "using"):
        tell(study, unit, stage)
        assert run(study).coded == 6
        assert set(study.resolved()["machine_stage"]) == {stage}


def test_the_command_line_says_from_how_many_codings_it_learned(study, monkeypatch):
    monkeypatch.setattr(runs, "make_reports", lambda *_, **__: None)
    said = "the stage coder learned from 1 unit coded by people"
    first = CliRunner().invoke(app, ["run", str(study.folder)])
    assert "coded 6 units" in first.output
    assert "learned" not in first.output
    tell(study, study.units()["unit_id"][0], "leaving")
    assert said in CliRunner().invoke(app, ["run", str(study.folder)]).output
    assert "learned" not in CliRunner().invoke(app, ["run", str(study.folder)]).output
