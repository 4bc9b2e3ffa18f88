"""Small tables for the map and the pages: what they must show, worked out by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from journeyqual import touchpoints
from journeyqual.codebook import Codebook
from journeyqual.schema import (
    CHANGED,
    CURVE,
    DIFFERENCES,
    DRIVERS,
    OPPORTUNITIES,
    SEAM,
    check,
)
from tests.reports.test_blocks import Tags


def shown(html: str) -> str:
    """Return the words that a reader sees, those of two cells or paragraphs apart."""
    apart = re.sub(r"</(td|th|p|li|h3|span|dt|dd|div)>", r"\g<0> ", html)
    return " ".join(Tags(apart).text.split())


def curve(book: Codebook, **values: tuple[float, float, float]) -> pd.DataFrame:
    """Return CURVE; a stage is given as valence and interval, by its name with underscores."""
    rows = []
    for order, stage in enumerate(book.stage_names):
        v, low, high = values.get(stage.replace(" ", "_"), (np.nan,) * 3)
        heard = not np.isnan(v)
        rows.append(
            {
                "group": "", "stage": stage, "stage_order": order, "valence": v,
                "valence_low": low, "valence_high": high, "n_participants": 9 if heard else 0,
                "n_units": 30 if heard else 0, "n_human": 30 if heard else 0, "method": "human",
                "is_thin": not heard, "n_participants_group": 12,
            }
        )  # fmt: skip
    return check(pd.DataFrame(rows), CURVE)


def points(book: Codebook, said: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Return TOUCHPOINTS of units given as participant, stage and touchpoint."""
    held = pd.DataFrame(said, columns=["participant", "stage", "touchpoint"])
    held = held.assign(unit_id=[f"t{i}" for i in range(len(held))], valence=0.5)
    return touchpoints.coverage(held, book, draws=50)


def driver(stage: str, order: int, name: str, contrast: float, **more: Any) -> dict[str, Any]:
    return {
        "stage": stage, "stage_order": order, "theme": f"t-{name[:20]}-{order}", "name": name,
        "contrast": contrast, "contrast_low": contrast - 0.1, "contrast_high": contrast + 0.1,
        "joint_low": contrast - 0.2, "joint_high": contrast + 0.2, "differs": True,
        "pull": contrast / 4, "pull_low": np.nan, "pull_high": np.nan, "valence": contrast,
        "valence_low": np.nan, "valence_high": np.nan, "n_with": 5, "n_without": 7,
        "share": 0.4, "share_low": 0.2, "share_high": 0.7, "n_units": 14, "is_thin": False,
        "method": "human", **more,
    }  # fmt: skip


def drivers(*rows: dict[str, Any]) -> pd.DataFrame:
    return check(pd.DataFrame(list(rows)), DRIVERS) if rows else DRIVERS.empty()


def todo(rank: int, stage: str, order: int, **more: Any) -> dict[str, Any]:
    return {
        "rank": rank, "kind": "mend", "owner": "Sales", "stage": stage, "stage_order": order,
        "theme": "", "name": stage, "n_people": 4, "n_of": 12, "share": 0.33, "share_low": 0.1,
        "share_high": 0.6, "depth": 0.25, "metric": "", "stake": 1.0, "score": 0.1,
        "score_low": 0.05, "score_high": 0.2, "n_units": 9, "is_thin": False, "method": "human",
        "statement": "", **more,
    }  # fmt: skip


def opportunities(*rows: dict[str, Any]) -> pd.DataFrame:
    return check(pd.DataFrame(list(rows)), OPPORTUNITIES) if rows else OPPORTUNITIES.empty()


def seam(change: float = -0.4) -> pd.DataFrame:
    row = {
        "method": "human", "change": change, "change_low": change - 0.1,
        "change_high": change + 0.1, "n_participants": 9, "n_rose": 1, "n_level": 0, "n_fell": 8,
        "n_human": 9, "is_thin": False,
    }  # fmt: skip
    return check(pd.DataFrame([row]), SEAM)


def difference(group: str, against: str, stage: str, order: int, by: float, **more: Any) -> Any:
    return {
        "group": group, "against": against, "stage": stage, "stage_order": order,
        "difference": by, "difference_low": by - 0.1, "difference_high": by + 0.1,
        "joint_low": by - 0.2, "joint_high": by + 0.2, "p_joint": 0.01, "differs": abs(by) > 0.2,
        "valence": by / 2, "valence_against": -by / 2, "n_participants": 8,
        "n_participants_against": 7, "n_both": 3, "method": "human", "is_thin": False,
        "is_unverified": False, **more,
    }  # fmt: skip


def differences(*rows: dict[str, Any]) -> pd.DataFrame:
    return check(pd.DataFrame(list(rows)), DIFFERENCES) if rows else DIFFERENCES.empty()


def changed(*rows: tuple[str, int, float, float, bool]) -> pd.DataFrame:
    """Return CHANGED of stages given as name, order, before, now and whether they moved."""
    made = [
        {
            "group": "", "stage": stage, "stage_order": order, "before": a, "before_low": a - 0.1,
            "before_high": a + 0.1, "now": b, "now_low": b - 0.1, "now_high": b + 0.1,
            "change": b - a, "n_before": 8, "n_now": 9, "moved": moved, "why": "",
        }
        for stage, order, a, b, moved in rows
    ]  # fmt: skip
    return check(pd.DataFrame(made), CHANGED) if made else CHANGED.empty()
