"""Whole runs over small studies with the real coders: what is new is coded once."""

import csv
import os
import re
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from journeyqual import open_study, runs, scaffold
from journeyqual.errors import JourneyqualError

pytestmark = pytest.mark.model

TALK = """Ruth Kessler: How did it begin?

Maya Lindqvist: I saw the advert on the bus, the green one. It made me laugh, to be honest.

Ruth Kessler: And then?

Maya Lindqvist: The invoice was wrong twice, Ruth, and nobody rang me back. I was furious with them.
My neighbour Tom Oakley had the very same thing happen to him.
"""


@pytest.fixture
def study(tmp_path):
    folder = scaffold.make_study(tmp_path / "s")
    (folder / "transcripts" / "P01.txt").write_text(TALK, encoding="utf-8")
    (folder / "names.csv").write_text("name,pseudonym\nTom Oakley,[neighbour]\n")
    opened = open_study(folder)
    yield opened
    opened.close()


def add(study, name, text=TALK):
    path = study.folder / "transcripts" / name
    path.write_text(text, encoding="utf-8")
    return path


def run(study, **options):
    return runs.run(study, report=False, **options)


def everything(study):
    """Return what a store file holds, as one text."""
    with sqlite3.connect(study.folder / "store" / "study.sqlite") as connection:
        return "\n".join(connection.iterdump())


def test_a_second_run_codes_nothing_again(study):
    first = run(study)
    assert first.read == ["P01"]
    assert first.coded == len(study.units()) > 0
    codings = study.store.codings()
    again = run(study)
    assert again.nothing_new
    assert again.number == 0
    pd.testing.assert_frame_equal(study.store.codings(), codings)
    assert len(study.store.runs()) == 1


def test_one_new_interview_codes_one_interview(study):
    run(study)
    before = study.store.codings()
    add(study, "P02.txt", TALK.replace("bus", "tram").replace("Maya Lindqvist", "Ida Berg"))
    result = run(study)
    assert result.read == ["P02"]
    after = study.store.codings()
    pd.testing.assert_frame_equal(after.iloc[: len(before)], before)
    new = set(after["unit_id"].iloc[len(before) :])
    assert not new & set(before["unit_id"])


def test_no_name_reaches_the_store(study):
    run(study)
    text = everything(study)
    for name in ("Maya", "Lindqvist", "Kessler", "Oakley"):
        assert name not in text
    assert "[neighbour]" in text
    assert "Interviewer" in text


def test_what_cannot_be_read_is_refused_and_the_rest_goes_on(study):
    bad = add(study, "P00.vtt", "")
    first = run(study)
    assert first.read == ["P01"]
    assert len(first.refused) == 1
    assert first.refused[0].startswith("P00.vtt")
    assert run(study).refused == first.refused
    assert study.facts()["files that could not be read"] == 1
    bad.write_text("WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ida Berg>It took us three weeks.\n")
    assert run(study).read == ["P00"]
    assert study.facts()["files that could not be read"] == 0


def coded_by_ana(study):
    """Have a person code the stage and valence of every unit."""
    rows = [
        {"unit_id": unit, "dimension": dimension, "value": value, "coder": "human:ana"}
        for unit in study.units()["unit_id"]
        for dimension, value in (("stage", study.codebook.stage_names[0]), ("valence", "-1"))
    ]
    study.store.add_codings(pd.DataFrame(rows))
    return rows


def test_a_corrected_transcript_keeps_what_people_coded(study):
    run(study)
    before = study.units()
    rows = coded_by_ana(study)
    run(study)
    add(study, "P01.txt", TALK.replace("furious", "delighted"))
    result = run(study)
    assert result.corrected == ["P01"]
    assert (result.refused, result.lost, result.read) == ([], 0, [])
    assert result.coded == len(study.units())
    units = study.units()
    assert units["text"].str.contains("delighted").any()
    assert units["participant"].unique().tolist() == before["participant"].unique().tolist()
    people = study.store.codings(coders=[])
    assert sorted(people["unit_id"]) == sorted([*units["unit_id"], *units["unit_id"]])
    assert len(people) == len(rows)
    assert study.resolved()["human_valence"].tolist() == [-1.0] * len(units)
    assert run(study).nothing_new


def test_what_lost_its_words_in_a_correction_is_kept_and_listed(study):
    run(study)
    coded_by_ana(study)
    run(study)
    gone = "I saw the advert on the bus, the green one. It made me laugh, to be honest."
    assert gone == study.units()["text"].iloc[0]
    add(study, "P01.txt", TALK.replace(gone, "Mauve."))
    result = run(study)
    assert result.lost == 2
    lost = study.team.lost()
    assert lost["text"].tolist() == [gone, gone]
    assert lost["value"].tolist() == [study.codebook.stage_names[0], "-1"]
    assert not study.store.codings(coders=[])["unit_id"].isin(lost["unit_id"]).any()
    # The words come back, and the codings with them.
    add(study, "P01.txt", TALK)
    assert run(study).corrected == ["P01"]
    assert study.team.lost().empty
    assert study.resolved()["human_valence"].notna().all()


def test_a_correction_that_cannot_be_read_leaves_the_stored_text(study):
    run(study)
    units = study.units()
    path = add(study, "P01.txt", "")
    assert len(run(study).refused) == 1
    pd.testing.assert_frame_equal(study.units(), units)
    path.write_text(TALK, encoding="utf-8")
    assert run(study).refused == []


def test_a_copy_is_not_counted_twice(study):
    run(study)
    add(study, "P09.txt")
    assert "the same file as interview P01" in run(study).refused[0]


def test_two_files_of_one_name_in_two_folders_are_not_mixed_up(study):
    run(study)
    (study.folder / "transcripts" / "later").mkdir()
    add(study, "later/P01.txt", TALK.replace("bus", "train"))
    assert "already stored" in run(study).refused[0]


def test_who_does_not_agree_to_be_analysed_is_not_stored(study):
    (study.folder / "participants.csv").write_text("participant,consent_analyse\nP01,no\n")
    result = run(study)
    assert "did not agree" in result.refused[0]
    assert study.units().empty


def test_a_survey_file_is_an_interview_a_participant(study):
    rows = [
        ("participant", "answer"),
        ("A1", "It was too dear for us."),
        ("A2", "I liked it a lot."),
    ]
    with (study.folder / "transcripts" / "survey.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert run(study).read == ["P01", "survey-A1", "survey-A2"]
    assert run(study).nothing_new
    assert run(study).refused == []


def test_a_new_definition_codes_again_and_a_new_owner_does_not(study):
    run(study)
    book = study.folder / "codebook.toml"
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace('owner = "Sales"', 'owner = "Shop"'), encoding="utf-8")
    assert run(open_study(study.folder)).coded == 0
    book.write_text(text.replace("First contact with", "First sight of"), encoding="utf-8")
    changed = open_study(study.folder)
    assert run(changed).coded == len(study.units())
    assert run(changed).nothing_new


def test_full_codes_everything_again_and_says_what_changed(study):
    run(study)
    result = run(study, full=True)
    assert result.coded == len(study.units())
    assert result.changed == 0


def test_an_interrupted_run_is_finished_by_the_next(study, monkeypatch):
    from journeyqual.coding import FeelingCoder

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FeelingCoder, "code", killed)
        with pytest.raises(KeyboardInterrupt):
            run(study)
    assert run(study).coded == len(study.units()) > 0
    # What the first run had finished was not done over: one value a unit and dimension.
    codings = study.store.codings()
    assert not codings.duplicated(["unit_id", "dimension"]).any()
    assert len(codings) == 5 * len(study.units())


def test_peoples_codings_teach_the_shipped_coder(study):
    run(study)
    before = study.store.codings()
    unit = study.units()["unit_id"].iloc[-1]
    stage = study.codebook.stage_names[-1]
    rows = [("stage", stage), ("valence", "-1")]
    study.store.add_codings(
        pd.DataFrame([dict(unit_id=unit, dimension=d, value=v, coder="human:ana") for d, v in rows])
    )
    result = run(study)
    assert (result.coded, result.learned_from) == (len(study.units()), 1)
    new = study.store.codings().iloc[len(before) + len(rows) :]
    assert set(new["dimension"]) == {"stage", "touchpoint"}
    assert set(new["coder"]) == {study.coders[0]}
    assert "+study" in study.coders[0]
    # Nobody else taught it: what it says of the unit that was coded, it has not learned from that.
    was, now = (c[c["dimension"] == "stage"].set_index("unit_id").loc[unit] for c in (before, new))
    assert now["value"] == was["value"]
    assert now["confidence"] == pytest.approx(was["confidence"], abs=1e-6)
    assert run(study).nothing_new


def test_half_written_and_hidden_files_are_left_alone(study):
    for name in (".P05.txt", "~$P06.docx", "P07.txt.part"):
        add(study, name, "not yet")
    result = run(study)
    assert result.read == ["P01"]
    assert result.refused == []


def test_a_study_without_its_transcripts_folder_says_so(tmp_path):
    folder = scaffold.make_study(tmp_path / "s")
    (folder / "transcripts").rmdir()
    with pytest.raises(JourneyqualError, match="no folder transcripts/"):
        runs.run(open_study(folder))


@pytest.mark.notebook
def test_the_sample_study_from_files_to_report(tmp_path):
    folder = scaffold.copy_sample(tmp_path / "sample")
    study = open_study(folder)
    result = runs.run(study)
    assert len(result.read) == 12
    assert result.refused == []
    page = result.reports[0].read_text(encoding="utf-8")

    # Every quote is in the stored text, and P11, who did not agree to be quoted, has none.
    quotes = study.quotes()
    assert "P11" not in set(quotes["participant"])
    texts = study.store.texts(sorted(quotes["interview"].unique()))
    for quote in quotes.itertuples():
        assert quote.text in texts[quote.interview]
    assert {"supports", "contradicts"} <= set(quotes["stance"])
    assert not quotes["unsure"].any()

    # No listed name is in the store or on the page.
    held = everything(study) + re.sub(r"(?s)<(script|style).*?</\1>", "", page)
    with (folder / "names.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["pseudonym"] != "Interviewer":
                assert not re.search(rf"\b{re.escape(row['name'])}\b", held), row["name"]

    assert str(tmp_path) not in page
    assert os.environ["HOME"] not in page
    assert "unverified" in page

    before = {p: p.read_bytes() for p in (folder / "reports").iterdir()}
    assert runs.run(study).nothing_new
    assert {p: p.read_bytes() for p in (folder / "reports").iterdir()} == before
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text().replace("renting an electric", "hiring an electric")
    )
    again = runs.run(open_study(folder))
    assert again.coded == 0
    assert "hiring an electric" in Path(again.reports[0]).read_text(encoding="utf-8")
    study.close()


# -- consent and names --------------------------------------------------------------------------


def people(study, *rows):
    text = "participant,segment,consent_analyse,consent_quote\n" + "\n".join(rows) + "\n"
    (study.folder / "participants.csv").write_text(text, encoding="utf-8")
    study.close()
    return open_study(study.folder)


def test_consent_holds_by_whatever_name_the_study_knows_somebody(study):
    run(study)
    for row in ("P01,a,yes,no", "p01 ,a,yes,no", "Maya Lindqvist,a,yes,no"):
        (study.folder / "names.csv").write_text("name,pseudonym\nMaya Lindqvist,P01\n")
        opened = people(study, row)
        assert opened.participants()["consent_quote"].tolist() == [False], row
        assert opened.quotes().empty, row
        opened.close()
    opened = people(study, "P01,a,yes,yes", "Maya Lindqvist,a,no,yes")
    assert opened.coded().empty
    opened.close()


def test_consent_under_a_name_that_would_be_lost_is_refused(study):
    add(study, "Emil Nolde.txt", TALK.replace("Maya Lindqvist", "Emil Nolde").replace("bus", "car"))
    opened = people(study, "Emil Nolde,a,yes,no")
    result = run(opened)
    assert result.read == ["P01"]
    assert "give the name a pseudonym" in result.refused[0]
    assert "Nolde" not in everything(opened)
    opened.close()


def test_whoever_withdraws_is_gone_from_results_and_report(study):
    runs.run(study)
    results = study.folder / "cache" / "results"
    page = study.folder / "reports" / "emotional_journey.html"
    words = "The invoice was wrong twice"
    assert any(words in p.read_text(encoding="utf-8") for p in results.iterdir())
    opened = people(study, "P01,a,no,no")
    runs.run(opened)
    assert not any(words in p.read_text(encoding="utf-8") for p in results.iterdir())
    assert words not in page.read_text(encoding="utf-8")
    assert opened.facts()["participants"] == 0
    opened.close()


def test_a_file_named_after_somebody_gets_the_participants_id(study):
    (study.folder / "study.toml").write_text(
        '[transcripts.participants]\n"maya-2026.txt" = "P07"\n"P08_2026.txt" = "P08"\n'
    )
    add(study, "maya-2026.txt", TALK.replace("bus", "tube").replace("Maya Lindqvist", "Guest"))
    add(study, "P08_2026.txt", TALK.replace("bus", "ferry").replace("Maya Lindqvist", "Guest"))
    opened = open_study(study.folder)
    ids = run(opened).read
    assert any(re.fullmatch(r"P07-[0-9a-f]{6}", i) for i in ids)
    assert "P08_2026" in ids
    assert "maya" not in everything(opened).lower()
    opened.close()


def test_names_in_a_surveys_column_are_hidden(study):
    with (study.folder / "transcripts" / "survey.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("participant", "answer"), ("Anna Schmidt", "Too dear."), ("B2", "I liked it.")]
        )
    run(study)
    assert "Schmidt" not in everything(study)
    assert "survey-B2" in set(study.store.interviews()["interview"])


def test_a_refusal_keeps_no_words(study):
    add(study, "Clara Oswald.txt", "")
    assert "Clara Oswald.txt" in run(study).refused[0]
    assert "Oswald" not in everything(study)


def test_a_link_out_of_the_study_is_refused(study, tmp_path):
    outside = tmp_path / "secret.txt"
    outside.write_text(TALK.replace("bus", "boat"))
    (study.folder / "transcripts" / "P02.txt").symlink_to(outside)
    result = run(study)
    assert result.read == ["P01"]
    assert "leads out of the study" in result.refused[0]


def test_a_second_run_at_the_same_time_touches_nothing(study):
    from filelock import FileLock

    (study.folder / "store").mkdir()
    with (
        FileLock(study.folder / "store" / "run.lock"),
        pytest.raises(JourneyqualError, match="another run"),
    ):
        run(study)
    assert study.units().empty
    assert run(study).read == ["P01"]


def test_a_run_that_refuses_everything_is_written_down_once(study):
    (study.folder / "transcripts" / "P01.txt").write_text("")
    assert run(study).number == 1
    assert run(study).number == 0
