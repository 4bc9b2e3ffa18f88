"""The blocks on how a curve reads and how people walk the journey: a sentence first, then detail.

Each block says in words what its table allows and folds the table away. A table without figures
gives the sentence that says why, and what would make them come.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from journeyqual import saturation
from journeyqual.charts.words import interval, people
from journeyqual.codebook import Codebook
from journeyqual.evidence import figure
from journeyqual.labels import label, labels
from journeyqual.reports import wording
from journeyqual.reports.blocks import Block, _fill, _md, _place, says, table_of
from journeyqual.reports.evidence import behind
from journeyqual.schema import (
    DRAFT,
    GAPS,
    MENTIONS,
    POLARISATION,
    RANKS,
    RECRUIT,
    SAMPLE,
    SATURATION,
    SEAM_LINES,
    SEPARATION,
    TRANSITIONS,
    TRUTH,
    check,
    signed,
)

MOST = 6
"""Sentences of a list that stand open; the rest is in the table behind it."""
DIRECTIONS = {"onward": "onward", "back": "back"}
NOTHING = Block("", "")


def firmness(ranks: pd.DataFrame) -> Block:
    """Return how firmly the lowest and the highest stage hold their places.

    Parameters
    ----------
    ranks
        RANKS.
    """
    held = check(ranks, RANKS)
    rows = [
        [
            r.stage, signed(r.valence), wording.percent(r.p_lowest),
            wording.percent(r.p_lowest_two), wording.percent(r.p_highest),
            "–" if math.isnan(r.rank)
            else label("{n} ({low} to {high})", n=f"{r.rank:.1f}", low=f"{r.rank_low:.0f}",
                       high=f"{r.rank_high:.0f}"),
            r.n_participants, r.reason,
        ]
        for r in held.itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "stage", "valence", "lowest", "among the lowest two", "highest", "place from below",
        "people", "note",
    )  # fmt: skip
    hint = label("So many of 100 redrawn studies; not the chance that a stage truly is the lowest.")
    return joined(
        says(wording.ranks(held), hint=hint),
        table_of(label("The numbers behind it: lowest, highest"), columns, rows),
    )


def expected(
    gaps: pd.DataFrame, codebook: Codebook, sources: Mapping[str, int] | None = None
) -> Block:
    """Return what the team expected beside what people felt; nothing if it expected nothing.

    Parameters
    ----------
    gaps
        GAPS, the largest first.
    codebook
        Names the stages.
    sources
        How many units stand behind each figure.
    """
    held = check(gaps, GAPS)
    held = held[held["expected"].notna()]
    if held.empty:
        return NOTHING
    rows = [_gap(r, codebook, sources) for r in held.itertuples(index=False)]
    said = wording.gaps(gaps)
    lines = [f"- {_md(r['name'])}: expected {r['expected']}, felt {r['felt']}" for r in rows]
    html = _fill("expected", says=said, rows=rows)
    heading = "## Expected and felt"
    return Block(html, "\n\n".join([heading, *map(_md, said), "\n".join(lines)]))


def _gap(row: Any, codebook: Codebook, sources: Any) -> dict[str, Any]:
    return {
        "name": row.stage, "order": codebook.order(row.stage), "expected": signed(row.expected),
        "at": round(50 * (row.expected + 1), 2), "felt": signed(row.valence),
        "place": _place(row), "gap": signed(row.gap),
        "between": interval(row.gap_low, row.gap_high),
        "outside": bool(row.is_outside and not row.is_thin), "reason": row.reason,
        "is_thin": bool(row.is_thin), "people": people(row.n_participants),
        "sources": behind(figure("curve", row.stage), sources),
    }  # fmt: skip


def seam(
    found: pd.DataFrame, lines: pd.DataFrame, sources: Mapping[str, int] | None = None
) -> Block:
    """Return how feeling changes within people from buyer to customer.

    Parameters
    ----------
    found, lines
        SEAM and SEAM_LINES.
    sources
        How many units stand behind each figure.
    """
    said = says(wording.seam(found))
    own = check(lines, SEAM_LINES).sort_values(["change", "participant"])
    if own.empty:
        return said
    rows = [
        [
            r.participant, r.buyer_stage, signed(r.buyer_valence), r.customer_stage,
            signed(r.customer_valence), signed(r.change), r.n_buyer_units, r.n_customer_units,
        ]
        for r in own.itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "participant", "last as a buyer", "felt", "first as a customer", "felt then", "change",
        "units before", "units after",
    )  # fmt: skip
    shown = table_of(label("Each person at the seam"), columns, rows)
    return joined(said, shown, _behind("seam", sources))


def verdict(truth: pd.DataFrame, end: pd.DataFrame) -> Block:
    """Return at which stages feeling goes with what people think in the end.

    Parameters
    ----------
    truth
        TRUTH.
    end
        FIGURES of peak and end beside the verdict.
    """
    held = check(truth, TRUTH)
    hint = label(
        "Goes with, not causes: people in a good mood speak well of everything. Few people show "
        "strong ties only."
    )
    rows = [
        [
            r.stage, wording.rho(r.rho),
            "–" if math.isnan(r.rho_low)
            else label("{low} to {high}", low=wording.rho(r.rho_low), high=wording.rho(r.rho_high)),
            "–" if math.isnan(r.p_holm) else f"{r.p_holm:.3f}", r.n_participants,
            label("goes with it") if r.is_moment else "", r.reason,
        ]
        for r in held.itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "stage", "rank correlation", "95 % interval", "p, for all stages at once", "people",
        "settled", "note",
    )  # fmt: skip
    shown = table_of(label("The numbers behind it: what goes with the end"), columns, rows)
    return joined(says(wording.truth(held, end), hint=hint), shown)


def split(polarisation: pd.DataFrame, separation: pd.DataFrame | None = None) -> Block:
    """Return where some are delighted and others suffer, and whom that parts.

    Parameters
    ----------
    polarisation, separation
        POLARISATION and SEPARATION.
    """
    held = check(polarisation, POLARISATION)
    rows = [
        [
            r.stage, r.n_participants,
            f"{wording.percent(r.delighted)} ({_shares(r.delighted_low, r.delighted_high)})",
            f"{wording.percent(r.suffering)} ({_shares(r.suffering_low, r.suffering_high)})",
            "–" if math.isnan(r.spread) else f"{r.spread:.2f}",
            label("split") if r.is_split else "", r.reason,
        ]
        for r in held.itertuples(index=False)
    ]  # fmt: skip
    columns = labels("stage", "people", "delighted", "suffering", "spread", "split", "note")
    hint = label("Delighted and suffering: a person’s own mean of +0.25 and up, of −0.25 and down.")
    parts = [
        says(wording.polarisation(held, separation), hint=hint),
        table_of(label("The numbers behind it: delighted, suffering"), columns, rows),
    ]
    if separation is not None and len(separation):
        found = [
            [
                r.stage, r.attribute, r.value, signed(r.difference),
                interval(r.difference_low, r.difference_high), r.n_value, r.n_rest,
                "–" if math.isnan(r.p_holm) else f"{r.p_holm:.3f}", r.reason,
            ]
            for r in check(separation, SEPARATION).itertuples(index=False)
        ]  # fmt: skip
        heads = labels(
            "stage", "attribute", "value", "difference", "95 % interval", "people", "rest",
            "p, for all at once", "note",
        )  # fmt: skip
        parts.append(table_of(label("Whom split stages part"), heads, found, head=2))
    return joined(*parts)


def telling(mentions: pd.DataFrame, moves: pd.DataFrame, order: pd.DataFrame) -> Block:
    """Return how people tell the journey: first, last, skipped, returned to, and the moves.

    Parameters
    ----------
    mentions, moves, order
        MENTIONS, TRANSITIONS, and FIGURES of how far told order follows lived order.
    """
    held = check(mentions, MENTIONS)
    measures = ("reached", "skipped", "repeated", "first", "last")
    counted = {(r.stage, r.measure): r for r in held.itertuples(index=False)}
    stages = list(dict.fromkeys(held.sort_values("stage_order")["stage"]))
    rows = []
    for stage in stages:
        cells = [counted.get((stage, m)) for m in measures]
        rows.append(
            [
                stage,
                *(
                    "–" if c is None else label("{n} of {of}", n=c.n_participants, of=c.n_of)
                    for c in cells
                ),
            ]
        )
    parts = [
        says(wording.told(held, moves, order)),
        table_of(
            label("How many people reach, skip and return to each stage"),
            labels(
                "stage", "speak of it", "skip it", "come back to it", "begin with it", "end with it"
            ),
            rows,
        ),
    ]
    walked = check(moves, TRANSITIONS).sort_values(
        ["n_participants", "n_moves", "from_stage", "to_stage"],
        ascending=[False, False, True, True],
    )
    if len(walked):
        listed = [
            [
                r.from_stage, r.to_stage, label(DIRECTIONS[r.direction]), r.n_participants, r.n_of,
                f"{wording.percent(r.share)} ({_shares(r.share_low, r.share_high)})", r.n_moves,
            ]
            for r in walked.itertuples(index=False)
        ]  # fmt: skip
        heads = labels("from", "to", "direction", "people", "of", "share", "moves")
        parts.append(
            table_of(label("From which stage people go on to which"), heads, listed, head=2)
        )
    return joined(*parts)


def enough(found: pd.DataFrame, recruit: pd.DataFrame) -> Block:
    """Return whether new interviews still bring new codes, and whom to talk to next.

    Parameters
    ----------
    found, recruit
        SATURATION and RECRUIT.
    """
    held = check(found, SATURATION)
    whole = held[held["stage"] == ""]
    said = [*wording.enough(held), *saturation.in_words(whole)]
    wanted = check(recruit, RECRUIT)
    open_, rest = wanted.head(MOST)["words"].tolist(), wanted.iloc[MOST:]["words"].tolist()
    html = _fill("enough", says=said, caution=saturation.CAUTION, wanted=open_, rest=rest)
    stages = saturation.in_words(held[held["stage"] != ""])
    shown = table_of(
        label("Stage by stage"),
        labels("in words"),
        [[words] for words in stages],
        head=0,
        wide=labels("in words"),
    )
    lines = [*map(_md, said), _md(saturation.CAUTION), *(f"- {_md(w)}" for w in [*open_, *rest])]
    both = [Block(html, "\n\n".join(lines))]
    return joined(*both, *([shown] if stages else []))


def sample(table: pd.DataFrame) -> Block:
    """Return who was interviewed, by what is known of them."""

    def number(value: float, digits: int = 0) -> str:
        return "–" if math.isnan(value) else f"{value:,.{digits}f}"

    rows = [
        [
            r.shown or f"{r.attribute} {r.value}".strip() or label("everybody"),
            number(r.n_participants), number(r.n_interviews), number(r.n_units),
            number(r.minutes), number(r.minutes_median), r.first_date or "–", r.last_date or "–",
        ]
        for r in check(table, SAMPLE).itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "who", "participants", "interviews", "units", "minutes", "minutes, median", "first", "last",
    )  # fmt: skip
    return table_of(label("Who was interviewed"), columns, rows)


def draft(table: pd.DataFrame) -> Block:
    """Return the draft of a reporting standard, folded away: what is known, what people supply."""
    held = check(table, DRAFT)
    name = " and ".join(held["standard"].unique())
    known = int((held["status"] == "known").sum())
    rows = [
        [r.item, r.section, r.topic, r.status, " ".join(p for p in (r.knows, r.supply) if p)]
        for r in held.itertuples(index=False)
    ]
    caption = label(
        "Draft of the {name} checklist: {n} of {of} items known", name=name, n=known, of=len(held)
    )
    return table_of(
        caption,
        labels("item", "section", "topic", "status", "draft"),
        rows,
        wide=labels("draft", "topic"),
    )


# -- parts -----------------------------------------------------------------------------------------


def joined(*parts: Block) -> Block:
    """Return blocks as one, in this order."""
    return Block(
        "".join(p.html for p in parts), "\n\n".join(p.markdown for p in parts if p.markdown)
    )


def _behind(name: str, sources: Mapping[str, int] | None) -> Block:
    found = behind(name, sources)
    return Block(_fill("sources", sources=found), "") if found else NOTHING


def _shares(low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high):
        return label("no interval")
    return label("{low} to {high}", low=wording.percent(low), high=wording.percent(high))
