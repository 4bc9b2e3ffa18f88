"""The shipped coders on real words, and their figures as `docs/models.md` states them."""

import importlib
import sys

import numpy as np
import pandas as pd
import pytest

from journeyqual import coding
from journeyqual.codebook import from_dict

pytestmark = pytest.mark.model

BOOK = from_dict(
    {
        "name": "Cargo bikes",
        "stage": [
            {"name": "delivery", "definition": "Waiting for the bike, delivery slot, assembly."},
            {"name": "billing", "definition": "Payments, invoices, direct debit, price rises."},
            {
                "name": "riding",
                "definition": "Riding the bike day to day: school run, rain.",
            },
        ],
    }
)
UNITS = pd.DataFrame(
    {
        "unit_id": list("abcdef"),
        "interview": "i",
        "order": range(6),
        "text": [
            "The delivery driver turned up a day late and left it in the rain, I was furious.",
            "They took the direct debit twice, and the invoice made no sense.",
            "Riding to school with the kids is wonderful, we love it.",
            "",
            "😡😡😡",
            "这很贵",
        ],
    }
)


def test_plain_cases_come_out_right():
    out = coding.code_units(UNITS, BOOK)
    assert out["stage"].tolist()[1:5] == ["billing", "riding", "", ""]
    assert out["valence"][0] < -0.4
    assert out["valence"][2] > 0.3
    assert out["emotion"].tolist()[:3:2] == ["frustration", "joy"]
    assert "love" in out["emotions_fine"][2].split("|")
    assert out["unsure"].tolist()[3:] == [True, True, True]
    assert out["valence"].tolist()[3:5] == [0, 0]


def test_a_word_in_passing_does_not_decide_the_stage():
    """Late delivery "in the rain" is no riding, though that definition lists rain."""
    assert coding.code_units(UNITS, BOOK)["stage"][0] == "delivery"


def test_a_table_in_parts_is_coded_as_in_one(tmp_path):
    whole = coding.code_units(UNITS, BOOK, cache=tmp_path)
    again = coding.code_units(UNITS.assign(interview="j", unit_id=list("uvwxyz")), BOOK)
    assert np.array_equal(whole["valence"], again["valence"])
    assert np.array_equal(whole["stage_confidence"], again["stage_confidence"])


@pytest.mark.parametrize("tagged", [False, True])
def test_an_interview_alone_is_coded_to_the_same_bits_as_among_others(tagged):
    table = pd.concat(
        [
            UNITS.assign(interview=name, unit_id=[f"{name}{n}" for n in range(6)]).head(size)
            for name, size in (("j", 6), ("k", 1), ("l", 3), ("m", 5))
        ],
        ignore_index=True,
    )
    tags = UNITS[:3].assign(stage=["delivery", "riding", ""]) if tagged else None
    whole = coding.code_units(table, BOOK, tags=tags)
    for name, rows in table.groupby("interview"):
        alone = coding.code_units(rows, BOOK, tags=tags)
        mine = whole[table["interview"] == name].reset_index(drop=True)
        columns = ["stage", "stage_confidence", "unsure", "touchpoint"]
        pd.testing.assert_frame_equal(
            alone[columns].reset_index(drop=True), mine[columns], check_exact=True
        )


def test_plain_statements_of_fact_read_near_nought():
    said = [
        "I live in the town and I work from home on Mondays.",
        "There are four of us in the house.",
        "The form has two pages, and you send it by post.",
        "We have had the account since about 2019.",
        "So the shop is on the corner, next to the bank.",
        "My brother told me about it.",
    ]
    units = UNITS.assign(text=said)
    valence = coding.code_units(units, BOOK)["valence"]
    assert abs(valence.mean()) < 0.1
    assert valence.abs().max() < 0.3


@pytest.mark.shared
def test_figures_on_the_coded_sets_hold(shared, monkeypatch):
    """Sets coded by machine annotators; of these ``chats`` was learned from by nothing.

    Floors of the valence's correlation with theirs, of the emotion's kappa and of the stage's. The
    feeling coder has read the first three: what it makes of such talk unread is in the card.
    """
    from pathlib import Path

    from scipy.stats import pearsonr
    from sklearn.metrics import cohen_kappa_score

    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    sets = importlib.import_module("training.sets")
    monkeypatch.setattr(sets, "DATA", shared)
    least = {
        "complaints": (0.78, 0.55, 0.22),
        "hospital": (0.92, 0.55, 0.42),
        "product": (0.75, 0.44, 0.26),
        "chats": (0.7, 0.46, 0.26),
    }
    kappas = []
    for name, (floor, emotion_floor, stage_floor) in least.items():
        one = sets.coded(name)
        out = coding.code_units(one.units, one.codebook)
        assert pearsonr(out["valence"], one.valence)[0] > floor
        by_step = {step: out["valence"][one.valence == step].mean() for step in (-0.5, 0, 0.5)}
        assert abs(by_step[0]) < 0.15
        assert by_step[-0.5] < by_step[0] - 0.05 < by_step[0.5] - 0.15
        assert cohen_kappa_score(one.first["emotion"], out["emotion"]) > emotion_floor
        kappas.append(cohen_kappa_score(one.first["stage"], out["stage"]))
        assert kappas[-1] > stage_floor
    assert np.mean(kappas) > 0.30
    sys.modules.pop("training.sets", None)
