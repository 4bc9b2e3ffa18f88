"""Which units stand behind a figure: every number in a report can be opened, and printed.

A figure has a name: what it shows, then what it is of (``curve/renewing``). The same names stand in
the reports and are asked for on the command line.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import Codebook
from journeyqual.findings import FLAT
from journeyqual.schema import EVIDENCE, OFF_JOURNEY, check

KINDS = ("curve", "wave", "emotion", "driver", "new-stage", "seam", "opportunity")
"""What figures show; whatever else is said of a stage rests on the units of its ``curve``."""
EVEN = 12
"""Decimals that count, as for `journeyqual.opportunities`."""


def figure(kind: str, *of: object) -> str:
    """Return the name of a figure.

    A slash inside a stage's or group's name is written so that it parts nothing.

    Examples
    --------
    >>> figure("curve", "set-up"), figure("emotion", "chat/phone", "joy"), figure("seam")
    ('curve/set-up', 'emotion/chat%2Fphone/joy', 'seam')
    """
    return "/".join([kind, *(str(part).replace("%", "%25").replace("/", "%2F") for part in of)])


def plain(part: str) -> str:
    """Return a part of a figure's name as it was given to `figure`.

    Examples
    --------
    >>> plain("chat%2Fphone")
    'chat/phone'
    """
    return part.replace("%2F", "/").replace("%25", "%")


def table(
    settled: pd.DataFrame,
    codebook: Codebook,
    *,
    by: str = "",
    period: str = "",
    themed: pd.DataFrame | None = None,
    seam_lines: pd.DataFrame | None = None,
    opportunities: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the units behind every figure of a study.

    Parameters
    ----------
    settled
        Settled units: ``unit_id, participant, stage``, optional ``emotion``, ``valence`` and the
        attribute ``by``.
    codebook
        Names the stages and their order.
    by
        Attribute that groups are shown by; blank for none.
    period
        Attribute that tells the wave somebody was interviewed in; blank for none.
    themed
        THEMED.
    seam_lines
        SEAM_LINES.
    opportunities
        OPPORTUNITIES.

    Returns
    -------
    DataFrame
        EVIDENCE: ``curve/STAGE``, ``curve/STAGE/GROUP``, ``wave/STAGE/PERIOD``,
        ``emotion/STAGE/EMOTION``, ``driver/STAGE/THEME``, ``new-stage/THEME``, ``seam``,
        ``opportunity/RANK``, in lived order; the units of a figure in the order of ``settled``.
        Behind an opportunity stand the units of the participants on its side of neutral.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "using"}]})
    >>> units = pd.DataFrame({"unit_id": ["a", "b"], "participant": ["P1", "P2"],
    ...                       "stage": ["using", ""], "emotion": ["joy", "joy"]})
    >>> table(units, book).values.tolist()
    [['curve/using', 'a'], ['emotion/using/joy', 'a']]
    """
    used = ["unit_id", "participant", "stage", "emotion", "valence", by, period]
    # Nothing else: it is merged several times over, and may be of a million units.
    settled = settled[[name for name in dict.fromkeys(used) if name in settled]]
    settled = settled.assign(_row=np.arange(len(settled), dtype=np.int32))
    staged = settled[settled["stage"].isin(codebook.stage_names)]
    place = {stage: n for n, stage in enumerate(codebook.stage_names)}
    # A figure's place among all, its name, and the rows of `settled` behind it.
    parts: list[tuple[int, int, str, NDArray[np.int32]]] = []

    def add(kind: str, rows: pd.DataFrame, *of: str) -> None:
        grouped = rows.groupby(list(of), sort=False)["_row"] if of else [((), rows["_row"])]
        for given, own in grouped:
            key = given if isinstance(given, tuple) else (given,)
            stage = place[str(key[of.index("stage")])] if "stage" in of else 0
            if len(own):
                name = figure(kind, *key)
                parts.append((KINDS.index(kind), stage, name, own.to_numpy()))

    add("curve", staged, "stage")
    for kind, attribute in (("curve", by), ("wave", period)):
        if attribute and attribute in staged:
            given = staged[attribute].notna() & (staged[attribute].astype(str) != "")
            add(kind, staged[given], "stage", attribute)
    if "emotion" in staged:
        add("emotion", staged[staged["emotion"] != ""], "stage", "emotion")
    of_todo = ["rank", "stage", "kind"]
    themes = pd.DataFrame() if themed is None else themed[themed["theme"] != ""]
    if len(themes):
        own = themes.rename(columns={"scope": "stage"})[["unit_id", "stage", "theme"]]
        behind = staged.merge(own, on=["unit_id", "stage"])
        add("driver", behind, "stage", "theme")
        off = own[own["stage"] == OFF_JOURNEY].drop(columns="stage")
        add("new-stage", settled[settled["stage"] == ""].merge(off, on="unit_id"), "theme")
        if opportunities is not None:
            with_theme = opportunities.loc[opportunities["theme"] != "", [*of_todo, "theme"]]
            about = behind.merge(with_theme, on=["stage", "theme"])
            add("opportunity", _on_its_side(about), "rank")
    if opportunities is not None:
        bare = opportunities.loc[opportunities["theme"] == "", of_todo]
        add("opportunity", _on_its_side(staged.merge(bare, on="stage")), "rank")
    if seam_lines is not None and len(seam_lines):
        sides = seam_lines.melt(
            id_vars="participant", value_vars=["buyer_stage", "customer_stage"], value_name="stage"
        )
        add("seam", staged.merge(sides[["participant", "stage"]], on=["participant", "stage"]))
    if not parts:
        return EVIDENCE.empty()
    parts.sort(key=lambda part: part[:3])
    names = np.array([name for *_, name, _ in parts], dtype=object)
    behind_each = [np.sort(rows) for *_, rows in parts]
    units = settled["unit_id"].to_numpy(dtype=object)
    every = pd.DataFrame(
        {
            "figure": np.repeat(names, [len(rows) for rows in behind_each]),
            "unit_id": units[np.concatenate(behind_each)],
        }
    )
    return check(every, EVIDENCE)


def _on_its_side(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the units of those who speak of each point on its side: they made its figures."""
    if "valence" not in rows:
        return rows
    rows = rows[rows["valence"].notna()]
    own = rows.groupby(["rank", "participant"])["valence"].transform("mean").round(EVEN)
    return rows[own * rows["kind"].map({"mend": -1, "keep": 1}) > FLAT]
