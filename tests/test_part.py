"""Part of a study: who counts, which stages are shown, and what stays as it was for the whole."""

import json
import shlex

import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyqual import open_study, reports
from journeyqual.cli import app
from journeyqual.errors import ConfigError, InputError
from journeyqual.part import Part
from journeyqual.reports import evidence
from tests.small_study import run, tell

PEOPLE = "participant,segment\nP01,new\nP02,old\nP03,new\n"


@pytest.fixture
def folder(small_study):
    """Every unit coded by a person: buying, then using."""
    folder = small_study.folder
    run(small_study)
    for n, (_, own) in enumerate(small_study.units().groupby("interview")):
        tell(small_study, own["unit_id"].iloc[0], "buying", valence=str((n - 1) / 2))
        tell(small_study, own["unit_id"].iloc[1], "using", valence="0.5")
    (folder / "participants.csv").write_text(PEOPLE)
    (folder / "study.toml").write_text('[curve]\nby = "segment"\n')
    # Codings that people made teach the coder on the next run.
    again = open_study(folder)
    run(again)
    again.close()
    return folder


def opened(folder, **part):
    return open_study(folder, draws=200, **part)


def test_a_group_is_the_groups_own_curve(folder):
    whole, part = opened(folder), opened(folder, group="NEW")
    by = whole.curve(by="segment")
    own = by[by["group"] == "new"].reset_index(drop=True)
    pd.testing.assert_series_equal(part.curve()["valence"], own["valence"])
    assert part.facts()["participants"] == own["n_participants_group"].iloc[0]
    assert set(part.quotes()["participant"]) <= set(part.coded()["participant"])
    assert set(part.coded()["segment"]) == {"new"}
    assert part.note.endswith(f"({part.facts()['participants']} of {whole.facts()['participants']}"
                              ").")  # fmt: skip


def test_an_attribute_may_be_named_with_its_value(folder):
    assert opened(folder, group="segment=old").part == Part(only=(("segment", "old"),))


def test_stages_not_shown_still_count(folder):
    whole = opened(folder)
    names = list(whole.curve()["stage"])
    part = opened(folder, stages=[names[-1].upper(), names[0]])
    assert part.curve()["stage"].tolist() == [names[0], names[-1]]
    assert part.curve()["stage_order"].tolist() == [0, 1]
    assert list(part.shown_book.stage_names) == [names[0], names[-1]]
    kept = whole.curve().set_index("stage").loc[[names[0], names[-1]]]
    own = part.curve().set_index("stage")
    pd.testing.assert_series_equal(own["valence_low"], kept["valence_low"])
    assert part.headline() == whole.headline()
    assert len(opened(folder).curve()) == len(names)
    assert "2 of " in part.note


def test_what_teaches_the_coder_is_the_whole_study(folder):
    whole, part = opened(folder), opened(folder, group="new")
    assert part.coders == whole.coders
    assert part.tags().equals(whole.tags())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"group": "rich"}, "no participant whose segment is 'rich'; there is new, old"),
        ({"group": "colour=red"}, "no participant has a 'colour'"),
        ({"period": "2026"}, "is a value of which attribute"),
        ({"stages": ["flying"]}, "'flying' is no stage"),
    ],
)
def test_what_is_not_there_gets_one_line(folder, given, said):
    with pytest.raises((InputError, ConfigError), match=r"\w") as error:
        opened(folder, **given)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_numbers_of_another_group_are_left_out():
    table = pd.DataFrame({"metric": ["a", "b", "c"], "group": ["New", "old", ""], "period": ""})
    part = Part(only=(("segment", "new"),))
    assert part.metrics(table, "segment", "")["metric"].tolist() == ["a"]
    assert part.metrics(table, "town", "")["metric"].tolist() == ["a", "b", "c"]


def test_a_report_of_a_part_has_a_name_of_its_own():
    name = reports.report_name
    assert name("why", {"group": "new", "draws": 9}) == "why-group-new"
    assert name("why", {"stages": None, "group": ""}) == "why"
    long = [name("why", {"stages": ["x" * 90 + end]}) for end in "ab"]
    assert long[0] != long[1]
    assert all(len(n) < 70 for n in long)
    hostile = name("why", {"group": "../../etc/passwd"})
    assert "/" not in hostile
    assert ".." not in hostile
    assert name("why", {"group": "Käufer"}) != name("why", {"group": "Kaufer"})


def test_only_reports_that_say_how_they_were_made_are_made_again(tmp_path):
    def put(name, told):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"metadata": {"journeyqual": told}}))

    put("why-group-new", {"template": "why", "parameters": {"group": "new"}})
    put("why-group-old", {"template": "why", "parameters": {"group": "new"}})
    put("evil-group-new", {"template": "../evil", "parameters": {"group": "new"}})
    put("tagging-group-new", {"template": "tagging", "parameters": {"group": "new"}})
    (tmp_path / "no-json.ipynb").write_text("{")
    (tmp_path / "why-list.ipynb").write_text("[]")
    assert reports.parts_of(tmp_path) == [("why-group-new", "why", {"group": "new"})]


def test_what_stands_behind_a_figure_of_a_part_is_printed_of_it_alone(folder):
    part = opened(folder, only=["segment=new"])
    sources = evidence.counts(part.evidence(), part.part)
    found = evidence.behind("curve/buying", sources)
    assert found["n"] == 2
    args = shlex.split(found["command"])[1:]
    out = CliRunner().invoke(app, [args[0], str(folder), *args[1:], "--json"])
    told = json.loads(out.output)
    assert {row["participant"] for row in told["units"]} == {"P01", "P03"}


@pytest.mark.notebook
def test_a_run_keeps_the_report_of_a_part_and_takes_away_what_is_no_more(folder):
    target = folder / "reports"
    page = reports.make_report(
        folder, template="journey_map", parameters={"group": "new"}, out_dir=target
    )
    assert page.name == "journey_map-group-new.html"
    assert "only people whose segment is new" in page.read_text()
    before = page.read_bytes()
    assert reports.remake(folder, target) == ([page], [])
    assert page.read_bytes() == before
    people = (folder / "participants.csv").read_text()
    (folder / "participants.csv").write_text(people.replace("new", "fresh"))
    pages, gone = reports.remake(folder, target)
    assert not pages
    assert gone[0].startswith("journey_map-group-new.html was taken away: ")
    assert not list(target.glob("journey_map-group-new*"))
