"""Label Studio: tasks and their labeling config out, annotations of several people back in.

The shape of what comes back is that of Label Studio 1.23.2, which took both files and gave them
back on 24 November 2026; the words are invented.
"""

import json

import pandas as pd
import pytest
from lxml import etree

from journeyqual.interchange import export_study, import_file
from journeyqual.interchange.labelstudio import config
from journeyqual.interchange.model import Code, Coding, Project, Selection
from tests.interchange.made import (
    BEN,
    ONBOARDING,
    PRICE,
    WORDS,
    coding,
    fresh,
    placed,
    selection,
    simple,
)

pytestmark = pytest.mark.slow

DEAR = WORDS.index("dear")
BUTTON = WORDS.index("button")


@pytest.fixture
def study(tmp_path):
    study = fresh(tmp_path / "study")
    inner = (
        selection(1, DEAR, DEAR + 4, coding(1, PRICE))
        + selection(2, DEAR - 3, DEAR + 4, coding(2, ONBOARDING, BEN))
        + selection(3, DEAR, DEAR + 4, "<Description>ask</Description>")
    )
    import_file(study, simple(tmp_path / "p.qdpx", inner))
    unit = study.store.units()["unit_id"].iloc[0]
    person = dict(unit_id=unit, dimension="stage", value="", coder="human:ana", confidence=None)
    machine = dict(unit_id=unit, dimension="valence", value="0.37", coder="model:feeling@2",
                   confidence=0.8)  # fmt: skip
    study.store.add_codings(pd.DataFrame([person]))
    study.store.add_codings(pd.DataFrame([machine]), origin="import")
    yield study
    study.close()


def back(tasks):
    """Return tasks as Label Studio exports them: all by who imported, predictions by number."""
    for number, task in enumerate(tasks, start=1):
        for annotation in task["annotations"]:
            annotation |= {"completed_by": 1, "was_cancelled": False, "ground_truth": True,
                           "created_at": "2026-11-24T03:12:19.569455Z"}  # fmt: skip
        task |= {"id": number, "predictions": [1] * len(task["predictions"]), "drafts": []}
    return tasks


def exported(study, tmp_path):
    done = export_study(study, "labelstudio", tmp_path / "t.json")
    return done, json.loads((tmp_path / "t.json").read_text())


def returned(study, tmp_path, tasks):
    (tmp_path / "back.json").write_text(json.dumps(tasks))
    return import_file(study, tmp_path / "back.json")


def test_the_labeling_config_has_every_label_that_the_tasks_use(study, tmp_path):
    done, tasks = exported(study, tmp_path)
    assert done.beside == (tmp_path / "t.config.xml",)
    view = etree.fromstring(done.beside[0].read_bytes())
    there = {(box.get("name"), label.get("value")) for box in view.iter("Labels") for label in box}
    used = {
        (region["from_name"], label)
        for task in tasks
        for one in (*task["annotations"], *task["predictions"])
        for region in one["result"]
        for label in region["value"]["labels"]
    }
    assert used <= there
    assert {("valence", "positive (0.5)"), ("stage", "no stage fits"), ("theme", "Money")} <= there
    text = view.find("Text")
    assert (text.get("name"), text.get("value")) == ("text", "$text")
    assert {box.get("toName") for box in view.iter("Labels")} == {"text"}
    # Label Studio refuses whom it does not know by e-mail.
    assert not any("completed_by" in one for task in tasks for one in task["annotations"])


def test_what_nobody_changed_comes_back_as_its_coders(study, tmp_path):
    _, tasks = exported(study, tmp_path)
    other = fresh(tmp_path / "other")
    report = returned(other, tmp_path, back(tasks))
    people = [one for one in placed(study) if one[3].startswith("human:")]
    assert placed(other) == people
    other.close()
    assert report.left == ["1 predictions of which the file has the number only"]
    assert returned(study, tmp_path, tasks).added == 0


def test_what_somebody_changed_or_added_there_is_theirs(study, tmp_path):
    tasks = back(exported(study, tmp_path)[1])
    regions = [r for one in tasks[0]["annotations"] for r in one["result"]]
    theme = next(r for r in regions if r["from_name"] == "theme")
    theme["value"]["labels"] = ["Money"]
    fresh_region = {
        "id": "abc", "from_name": "stage", "to_name": "text", "type": "labels",
        "value": {"start": BUTTON, "end": BUTTON + 6, "text": "button", "labels": ["buying"]},
    }  # fmt: skip
    relation = {"from_id": "abc", "to_id": theme["id"], "type": "relation", "direction": "right"}
    for who, result in ((7, [fresh_region, relation]), (8, [fresh_region])):
        tasks[0]["annotations"].append({"completed_by": who, "result": result})
    skipped = {"completed_by": 9, "was_cancelled": True, "result": [fresh_region]}
    tasks[0]["annotations"].append(skipped)
    before = set(placed(study))
    report = returned(study, tmp_path, tasks)
    assert set(placed(study)) - before == {
        ("dear", "theme", "Money", "human:1"),
        ("button", "stage", "buying", "human:7"),
        ("button", "stage", "buying", "human:8"),
    }
    assert "1 relations between regions" in report.left
    assert report.refused == []


def test_a_label_is_words_whatever_it_looks_like():
    evil = '"/><Style>*{display:none}</Style><Label value="\x07'
    project = Project(
        codes=(Code("a", evil),),
        selections=(Selection("s", 0, 1, (Coding("a", dimension=evil, value=evil),)),),
    )
    view = etree.fromstring(config(project))
    values = [label.get("value") for label in view.iter("Label")]
    assert values == [evil.replace("\x07", "")] * 2
    assert len(list(view.iter("Style"))) == 1
