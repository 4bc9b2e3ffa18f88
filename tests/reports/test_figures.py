"""The page's data of what stands behind its figures: whole, small, and unable to break out."""

import json
import time

import numpy as np
import pandas as pd

from journeyqual.reports import evidence
from tests.reports.fake_study import HOSTILE


def text(block):
    return block.html.split(">", 1)[1].rsplit("<", 1)[0]


def test_every_figures_units_are_read_back(made):
    found = evidence.figures_of(text(evidence.block(made.evidence)))
    told = made.evidence.groupby("figure")["unit_id"].apply(sorted).to_dict()
    assert found == told


def test_the_order_of_rows_does_not_matter(made):
    shuffled = made.evidence.sample(frac=1, random_state=4)
    assert evidence.block(shuffled).html == evidence.block(made.evidence).html


def test_a_name_cannot_end_the_element():
    table = pd.DataFrame({"figure": [f"driver/{HOSTILE}/t1"], "unit_id": ["<!--"]})
    block = evidence.block(table)
    assert block.html.count("<") == 2
    assert evidence.figures_of(text(block)) == {f"driver/{HOSTILE}/t1": ["<!--"]}


def test_no_evidence_is_an_empty_list():
    block = evidence.block(pd.DataFrame({"figure": [], "unit_id": []}))
    assert json.loads(text(block)) == {"units": [], "figures": {}}
    assert evidence.counts(None) == {}


def test_three_hundred_interviews_of_a_hundred_units_stay_small():
    rng = np.random.default_rng(1)
    units = np.array([f"{v:016x}" for v in rng.integers(0, 2**63, 30_000)])
    stage = rng.integers(0, 8, 30_000)
    theme = rng.integers(0, 12, 30_000)
    parts = [
        (np.char.add("curve/stage ", stage.astype(str)), units),
        (np.char.add("curve/stage group ", stage.astype(str)), units),
        (np.char.add("emotion/stage ", (stage * 10 + theme).astype(str)), units),
        (np.char.add("driver/stage ", (stage * 12 + theme).astype(str))[::2], units[::2]),
        (np.char.add("opportunity/", (stage * 12 + theme).astype(str))[::2], units[::2]),
        (np.repeat("seam", 8_000), units[:8_000]),
    ]
    table = pd.concat([pd.DataFrame({"figure": f, "unit_id": u}) for f, u in parts])
    begun = time.perf_counter()
    block = evidence.block(table.reset_index(drop=True))
    assert time.perf_counter() - begun < 5
    assert len(block.html.encode()) < 1_500_000


def test_a_command_is_quoted_for_a_shell():
    import shlex

    for figure in ("seam", "curve/using it", "curve/it's “50 %”", 'a"b$(x)`y`', HOSTILE):
        assert shlex.split(evidence.command(figure))[-1] == figure
