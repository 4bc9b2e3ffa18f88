"""Numbers and feelings as a reader sees them, in sentences."""

from __future__ import annotations

import numpy as np

from journeyqual.numbers.scales import Row, plain
from journeyqual.schema import signed

SAID = {
    "agree": "Number and voices agree",
    "disagree": "Number and voices disagree",
    "unsettled": "The voices settle nothing",
    "cannot say": "They cannot be held against each other",
}


def in_words(row: Row) -> str:
    """Return a row of NUMBERS or of ASSOCIATIONS as sentences for a report.

    Examples
    --------
    >>> print(in_words({"metric": "NPS", "value": 12.0, "unit": "", "better": "higher",
    ...     "stage": "", "group": "trader", "period": "2026", "valence": -0.31,
    ...     "valence_low": -0.5, "valence_high": -0.12, "n_participants": 9, "flag": "disagree",
    ...     "why": "12 is above the middle of its scale (0), and people feel bad."}))
    NPS, the whole journey, trader, 2026: 12, higher is better. The feeling is −0.31 (−0.50 to
    −0.12, 9 participants). Number and voices disagree: 12 is above the middle of its scale (0), and
    people feel bad.
    """
    where = [plain(row.get(name)) for name in ("group", "period")]
    if "rho" in row:
        return _association_words(row, [part for part in where if part])
    place = [row["metric"], row["stage"] or "the whole journey", *where]
    better = plain(row.get("better"))
    out = f"{', '.join(part for part in place if part)}: {amount(row['value'], row['unit'])}"
    out += f", {better} is better. " if better else ". "
    if not np.isnan(row["valence"]):
        ends = between(row["valence_low"], row["valence_high"])
        people = f"{row['n_participants']} participant{'' if row['n_participants'] == 1 else 's'}"
        out += f"The feeling is {signed(row['valence'])} ({ends}, {people}). "
    return f"{out}{SAID[row['flag']]}: {row['why']}"


def _association_words(row: Row, where: list[str]) -> str:
    if row["stage"]:
        where = [f"“{row['stage']}”", *where]
    head = row["metric"] + (f" ({', '.join(where)})" if where else "")
    across = f"across {row['n_points']} {row['across']}"
    if np.isnan(row["rho"]):
        return f"{head}: nothing can be said of how it moves with the feeling ({row['reason']})."
    figures = f"rho {signed(row['rho'])}, {between(row['rho_low'], row['rho_high'])}, "
    p = row["p"]
    figures += f"p {'< .001' if p < 0.001 else f'{p:.3f}'.replace('0.', '= .', 1)}"
    said = row["words"]
    said = f"{said} with" if said.startswith("no") else said
    out = f"{head}: {said} the feeling {across} ({figures})."
    reason = row["reason"]
    return f"{out} {reason[0].upper()}{reason[1:]}." if reason else out


def between(low: float, high: float) -> str:
    """Return the ends of an interval as every report writes them."""
    return "no interval" if np.isnan(low) else f"{signed(low)} to {signed(high)}"


LARGE = 1e15
"""From here on a number is written by its power of ten: more digits than that are no figure."""


def amount(value: float, unit: object) -> str:
    """Return a number with its unit: up to two decimals, more where it is small."""
    if abs(value) >= LARGE:
        return f"{value:.4g} {plain(unit)}".replace("-", "−").strip()
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.1 else f"{value:g}"
    return f"{text.replace('-', '−')} {plain(unit)}".strip()
