"""What changed: since the last run whose inputs differed, and from one wave to the next.

A stage has moved when its point left the interval that a reader was shown; a wave differs from the
one before when that holds for all stages at once. Everything else wavers, and is called so.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from journeyqual.charts.words import interval
from journeyqual.labels import label, labels
from journeyqual.reports import wording
from journeyqual.reports.blocks import Block, _md, says, table_of
from journeyqual.reports.map_blocks import MapBlock, _draw
from journeyqual.schema import CHANGED, DIFFERENCES, check, signed


def changed_words(changed: pd.DataFrame, against: int = 0) -> str:
    """Return what moved since the last run whose inputs differed, in one sentence.

    Parameters
    ----------
    changed
        CHANGED.
    against
        The run it is held against, if not that one.

    Examples
    --------
    >>> changed_words(CHANGED.empty())[:45]
    'Nothing to compare with yet: this is the firs'
    """
    table = check(changed, CHANGED)
    if table.empty:
        return (
            "Nothing to compare with yet: this is the first run whose results were kept. The next "
            "run that reads, codes or counts something new is held against it."
        )
    moved = table[table["moved"]]
    since = f"Since run {against}" if against else "Since the last run whose inputs differed"
    if moved.empty:
        return (
            f"{since} no stage of {len(table)} moved beyond the "
            "interval that stood there; what differs is wavering."
        )
    parts = [
        f"{r.stage} {'rose' if r.change > 0 else 'fell'} from {signed(r.before)} to {signed(r.now)}"
        for r in moved.itertuples(index=False)
    ]
    return f"{since} {wording.listed(parts, 3)}, beyond the interval that stood there."


def since(table: pd.DataFrame) -> Block:
    """Return what moved since the last run in a sentence, with the figures folded.

    Parameters
    ----------
    table
        CHANGED.
    """
    held = check(table, CHANGED)
    said = says([changed_words(held)])
    if held.empty:
        return said
    rows = [
        [
            r.stage, signed(r.before), interval(r.before_low, r.before_high), signed(r.now),
            interval(r.now_low, r.now_high), signed(r.change), f"{r.n_before} → {r.n_now}",
            label("moved") if r.moved else r.why,
        ]
        for r in held.itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "stage", "before", "interval then", "now", "interval now", "change", "people", "note",
    )  # fmt: skip
    shown = table_of(label("Each stage before and now"), columns, rows)
    return Block(said.html + shown.html, f"{said.markdown}\n\n{shown.markdown}")


def changed(table: pd.DataFrame) -> Block:
    """Return each stage before and now, those that moved beyond their interval marked.

    Parameters
    ----------
    table
        CHANGED.
    """
    rows = [
        {
            "name": f"{r.stage} ({r.group})" if r.group else r.stage,
            "track": shift(r.before, r.now),
            "before": f"{signed(r.before)} ({interval(r.before_low, r.before_high)})",
            "now": f"{signed(r.now)} ({interval(r.now_low, r.now_high)})",
            "change": signed(r.change), "who": f"{r.n_before} → {r.n_now}",
            "settled": bool(r.moved), "why": r.why,
        }
        for r in check(table, CHANGED).itertuples(index=False)
    ]  # fmt: skip
    lines = [f"- {_md(r['name'])}: {r['before']} → {r['now']}" for r in rows]
    html = _draw(
        "changes", rows=rows, caption=label("Each stage before and now"),
        words=(label("before"), label("now")), yes=label("moved"), no=label("wavered"),
    )  # fmt: skip
    return MapBlock(html, "\n".join(lines) or "Nothing to compare with yet.")


def waves(table: pd.DataFrame) -> Block:
    """Return each stage in a wave and in the one before, those that surely differ marked.

    Parameters
    ----------
    table
        DIFFERENCES, as `Journey.changes` gives it.
    """
    parts, lines = [], []
    for (now, before), own in check(table, DIFFERENCES).groupby(["group", "against"], sort=False):
        firm = own.loc[own["differs"], "stage"].tolist()
        said = (
            f"From {before} to {now} feeling surely changed at {wording.listed(firm, 4)}."
            if firm
            else f"From {before} to {now} feeling changed at no stage by more than chance allows."
            if own["joint_low"].notna().any()
            else f"From {before} to {now} too few were heard in both to say where feeling changed."
        )
        rows = [
            {
                "name": r.stage, "track": shift(r.valence_against, r.valence),
                "before": signed(r.valence_against), "now": signed(r.valence),
                "change": f"{signed(r.difference)} ({interval(r.joint_low, r.joint_high)})",
                "who": f"{r.n_participants_against} → {r.n_participants}"
                + (f", {label('{n} in both', n=r.n_both)}" if r.n_both else ""),
                "settled": bool(r.differs), "why": label("thin") if r.is_thin else "",
            }
            for r in own.itertuples(index=False)
        ]  # fmt: skip
        html = _draw(
            "changes", rows=rows, words=(before, now), yes=label("surely"),
            caption=label("Each stage in {before} and in {now}", before=before, now=now),
            no=label("may be chance"),
        )  # fmt: skip
        parts.append(_draw("said", sentence=said) + html)
        lines.append(_md(said))
    if not parts:
        return MapBlock(_draw("waves", rows=[], period=""), "One wave so far.")
    return MapBlock("\n".join(parts), "\n\n".join(lines))


def shift(before: float, now: float) -> dict[str, Any] | None:
    """Return a move from one valence to another as it stands on a track of 100.

    Examples
    --------
    >>> shift(-0.5, 0.5)
    {'before': 25.0, 'now': 75.0, 'low': 25.0, 'width': 50.0, 'pole': 'good'}
    """
    if math.isnan(before) or math.isnan(now):
        return None
    a, b = round(50 * (before + 1), 2), round(50 * (now + 1), 2)
    return {
        "before": a, "now": b, "low": min(a, b), "width": round(abs(b - a), 2),
        "pole": "neutral" if a == b else "good" if b > a else "bad",
    }  # fmt: skip
