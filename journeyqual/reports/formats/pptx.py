"""A study as a deck of slides: native charts and tables, the evidence in the speaker's notes.

What stands on a slide is what the tables say, with its interval and its n; what is behind it (every
quote in full, participants, unit ids) stands in the notes. Each slide is a function; `write_pptx`
is their order.

The file is over 400 lines because it is that list of slides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from journeyqual.charts.words import FEW_PARTICIPANTS, interval, people
from journeyqual.reports.blocks import clock
from journeyqual.reports.formats.deck import (
    ACCENT,
    BAD,
    BOTTOM,
    GOOD,
    INK,
    MARGIN,
    MUTED,
    NEUTRAL,
    PAPER,
    SECOND,
    TOP,
    WIDTH,
    Box,
    Deck,
    Line,
    Series,
    height_of,
    row_height,
)
from journeyqual.reports.formats.files import settled, write
from journeyqual.reports.formats.tables import Results, apart, short
from journeyqual.schema import side, signed

ACROSS = 12
"""Stages that one chart holds; a longer journey goes on on the next slide."""
PAINS = 4
"""Stages that get a slide of their own, the lowest first."""
MOST = 20
"""Opportunities on slides, the most wanted."""
OWN = 3
"""Of each owner, before others of one owner."""
DRIVERS = 3
"""Themes on the slide of a stage, the largest differences first."""
PAGES = 2
"""Slides that one table may take; the workbook has the rest."""
GROUPS = 4
"""Groups that one chart tells apart."""
IDS = 400
"""Unit ids in the notes of one slide; the workbook has the rest."""
FULL = Box(MARGIN, TOP, WIDTH - 2 * MARGIN, BOTTOM - TOP)
STANCES = {
    "supports": "supports it", "contradicts": "contradicts it", "good": "good side",
    "bad": "bad side",
}  # fmt: skip
_SHAPES = {1: ("TRIANGLE", GOOD), 0: ("CIRCLE", NEUTRAL), -1: ("DIAMOND", BAD)}
"""PowerPoint has no triangle that points down: what feels bad is a diamond."""
_GROUP_LOOKS = ((ACCENT, "CIRCLE"), (BAD, "SQUARE"), (NEUTRAL, "DIAMOND"), (INK, "TRIANGLE"))


def write_pptx(results: Results, path: Path) -> Path:
    """Write a study's deck.

    Parameters
    ----------
    results
        Of a study.
    path
        The file. The same tables give the same bytes.
    """
    sketch = "machine-coded, unverified" if results.unverified else ""
    foot = " · ".join(part for part in (short(results.title, 90), sketch) if part)
    deck = Deck(results.theme, results.title, foot)
    _title(deck, results)
    for start in range(0, len(results.codebook.stages), ACROSS):
        _curve(deck, results, start)
    _moments(deck, results)
    _what_to_do(deck, results)
    for row in _pains(results):
        _stage(deck, results, row)
    _numbers(deck, results)
    _groups(deck, results)
    _limits(deck, results)
    _method(deck, results)
    return write(settled(deck.saved()), path)


# -- slides --------------------------------------------------------------------------------------


def _title(deck: Deck, results: Results) -> None:
    slide = deck.slide("", foot=False)
    deck.bar(slide, Box(0, 0, 0.28, 7.5), ACCENT)
    place, box = slide.shapes.title, Box(1.0, 1.05, 9.4, 1.7)
    place.left, place.top, place.width, place.height = box.emu
    head = Line(apart(results.title), 40, bold=True, serif=True, after=0)
    deck.words(place.text_frame, [head], box, anchor="BOTTOM")
    deck.logo(slide, Box(WIDTH - MARGIN - 2.2, 0.6, 2.2, 0.95))
    head = Line(results.headline, 22, serif=True, after=10)
    deck.text(slide, Box(1.0, 3.0, 10.6, 1.75), [head])
    if results.unverified:
        words = (
            "Unverified: a machine coded this and people have checked no random sample of it. "
            "Decide nothing on it yet."
        )
        deck.card(slide, Box(1.0, 4.9, 10.6, 0.62), BAD, [Line(words, 15, bold=True, after=0)])
    elif results.trust:
        deck.text(slide, Box(1.0, 4.95, 10.6, 0.5), [Line(results.trust, 14, MUTED)])
    counts = [
        (k, results.facts[k]) for k in ("interviews", "participants", "units") if k in results.facts
    ]
    counts.append(("stages", len(results.codebook.stages)))
    for number, (name, count) in enumerate(counts):
        box = Box(1.0 + 1.9 * number, 5.75, 1.8, 0.85)
        deck.text(
            slide, box, [Line(f"{count:,}", 26, ACCENT, bold=True, after=0), Line(name, 12, MUTED)]
        )
    if results.note:
        deck.text(slide, Box(1.0, 6.8, 10.6, 0.35), [Line(results.note, 12, MUTED, italic=True)])
    deck.notes(slide, [results.headline, results.trust, results.note, *_facts(results)])


def _curve(deck: Deck, results: Results, start: int) -> None:
    book, rows = results.codebook, _by_stage(results.rows("Curve"))
    names = book.stage_names[start : start + ACROSS]
    many = len(book.stages)
    part = f", stages {start + 1} to {start + len(names)} of {many}" if many > ACROSS else ""
    slide = deck.slide(f"How it felt, stage by stage{part}")
    points = [rows.get(name) for name in names]
    # The figure stands under its stage: beside its point it would lie on the line or its bar.
    labels = [
        "\n".join(filter(None, [short(name, 30 if len(names) <= 8 else 20), _figure(p), _who(p)]))
        for name, p in zip(names, points, strict=True)
    ]
    marks = [_mark(p) for p in points]
    felt, low, high = (
        [_known(getattr(p, field)) if p is not None else None for p in points]
        for field in ("valence", "valence_low", "valence_high")
    )
    series = [Series("how it felt, 95 % interval", felt, low, high, INK, marks=marks)]
    expected = [s.expected_valence for s in book.stages[start : start + ACROSS]]
    if any(v is not None for v in expected):
        series.append(
            Series("what the team expected", expected, colour=SECOND, line=False, shape="DASH")
        )
    told = "; ".join(_told(name, p) for name, p in zip(names, points, strict=True))
    words = f"Line chart. Valence from −1, felt bad, to +1, felt good. {told}."
    deck.chart(slide, Box(MARGIN, TOP, WIDTH - 2 * MARGIN, 4.85), labels, series, words)
    key = (
        "Triangle: the whole interval is on the good side. Diamond: on the bad side. Circle: not "
        "settled. Hollow: few people spoke of it. " + _few(results)
    )
    deck.text(slide, Box(MARGIN, 6.45, WIDTH - 2 * MARGIN, 0.5), [Line(key, 11, MUTED)])
    notes = [results.headline, results.trust]
    for name, p in zip(names, points, strict=True):
        notes += ["", _told(name, p), *_quote_notes(_quotes(results, name))]
    deck.notes(slide, notes)


def _moments(deck: Deck, results: Results) -> None:
    """Draw the lowest and the highest stage beside each other, each with its voices."""
    reading, rows = results.rows("Reading"), _by_stage(results.rows("Curve"))
    found: list[tuple[str, str]] = []
    for measure, label in (("lowest", "Lowest"), ("highest", "Highest")):
        own = reading[reading["measure"] == measure]
        stage = own["stage"].iloc[0] if len(own) else ""
        if _heard(rows.get(stage)) and stage not in [s for _, s in found]:
            found.append((label, stage))
    if not found:
        return
    parts = [
        f"{label}: {short(stage, 36)} ({signed(rows[stage].valence)})" for label, stage in found
    ]
    slide = deck.slide(". ".join(parts))
    gap = 0.5
    width = (FULL.width - gap * (len(found) - 1)) / len(found)
    notes: list[str] = [results.trust]
    for number, (label, stage) in enumerate(found):
        p, left = rows[stage], MARGIN + number * (width + gap)
        colour = _SHAPES[side(p.valence_low, p.valence_high)][1]
        head = Line(f"{label} average", 12, SECOND, bold=True, after=2)
        deck.text(slide, Box(left, TOP, width, 0.75), [head, Line(short(stage, 60), 20, bold=True)])
        deck.text(
            slide, Box(left, TOP + 0.78, 1.5, 0.6), [Line(signed(p.valence), 28, colour, bold=True)]
        )
        deck.track(
            slide, Box(left + 1.6, TOP + 0.75, width - 1.8, 0.5), p.valence, p.valence_low,
            p.valence_high, _told(stage, p),
        )  # fmt: skip
        deck.text(slide, Box(left, TOP + 1.45, width, 0.3), [Line(_small(p), 12, MUTED)])
        _cards(
            deck,
            slide,
            Box(left, TOP + 1.9, width, BOTTOM - TOP - 1.95),
            _quotes(results, stage),
            2,
        )
        notes += ["", f"{label}: {_told(stage, p)}", *_quote_notes(_quotes(results, stage))]
    notes += _firm(results, [stage for _, stage in found])
    deck.notes(slide, notes)


def _what_to_do(deck: Deck, results: Results) -> None:
    rows = results.rows("Opportunities")
    if rows.empty:
        return
    shown = _wanted(rows)
    colours = {"keep": GOOD, "mend": BAD}
    cells = [
        [
            Line(str(r.rank), 12, MUTED),
            Line(short(r.owner, 40) or "no owner yet", 12, bold=True),
            Line(r.kind, 12, colours[r.kind], bold=True),
            Line(_what(r), 12),
            Line(f"{r.n_people} of {r.n_of}{' (thin)' if r.is_thin else ''}", 12),
            Line(short(r.metric, 60) or "none", 12, MUTED),
        ]
        for r in shown.itertuples(index=False)
    ]
    notes = [results.trust]
    for r in rows.itertuples(index=False):
        score = f"score {r.score:.2f} ({_span(r.score_low, r.score_high)})"
        notes.append(
            f"{r.rank}. {r.kind}, {r.owner or 'no owner yet'}, {r.stage}: {r.statement} "
            f"{r.n_people} of {r.n_of} people, {r.n_units} units, {score}"
        )
        ids = _ids(results, "opportunity", str(r.rank))
        notes += [f"Units: {ids}"] if ids else []
    head = ("rank", "owner", "do", "what", "people", "number beside it")
    widths, left = (0.6, 1.7, 0.8, 5.2, 1.4, 2.6), len(rows) - len(shown)
    _table(deck, "What to do, by who can do it", head, cells, widths, notes, left=left)


def _wanted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the most wanted opportunities: some of each owner's, and owner by owner."""
    place = rows.sort_values("rank").groupby("owner").cumcount()
    # A team that is not on the slide would look for its part in vain.
    own = rows.assign(_place=place, _late=place >= OWN)
    chosen = own.sort_values(["_late", "rank"], kind="stable").head(MOST)
    first = chosen.groupby("owner")["rank"].transform("min")
    return chosen.assign(_first=first).sort_values(["_first", "rank"], kind="stable")


def _what(row: Any) -> str:
    """Return a stage, or a theme and where it is spoken of."""
    stage = short(row.stage, 70)
    return stage if row.name == row.stage else f"{short(row.name, 70)}, at {stage}"


def _stage(deck: Deck, results: Results, p: Any) -> None:
    """Draw one stage: figures and drivers left, voices for and against right."""
    stage = next(s for s in results.codebook.stages if s.name == p.stage)
    slide = deck.slide(f"{short(p.stage, 56)}: {signed(p.valence)}")
    left = Box(MARGIN, TOP, 4.9, BOTTOM - TOP)
    words = [Line(_small(p), 13, MUTED, after=8)]
    if stage.owner:
        words.append(Line(f"Looked after by {short(stage.owner, 60)}", 13, bold=True, after=4))
    if stage.expected_valence is not None:
        words.append(Line(f"The team expected {signed(stage.expected_valence)}", 13, after=4))
    deck.track(
        slide, Box(left.left, left.top, left.width, 0.4), p.valence, p.valence_low, p.valence_high,
        _told(p.stage, p),
    )  # fmt: skip
    words += [Line(said, 13, after=4) for said in (_emotions(results, p.stage),) if said]
    words += [Line(said, 13, after=4) for said in _beside(results, p.stage)]
    room = min(2.1, height_of(words, left.width, deck.wider))
    deck.text(slide, Box(left.left, left.top + 0.75, left.width, room), words)
    drivers = results.rows("Drivers")
    drivers = drivers[drivers["stage"] == p.stage]
    drivers = drivers.reindex(
        drivers["contrast"].abs().sort_values(ascending=False, kind="stable").index
    )
    told = [Line("What goes with it", 12, SECOND, bold=True, after=4)]
    for d in drivers.head(DRIVERS).itertuples(index=False):
        settled_ = "" if d.differs else " Not settled."
        told.append(Line(short(d.name, 70), 13, bold=True, after=0))
        told.append(
            Line(
                f"{signed(d.contrast)} ({interval(d.contrast_low, d.contrast_high)}), "
                f"{d.n_with} speak of it, {d.n_without} do not.{settled_}",
                11, MUTED, after=5,
            )
        )  # fmt: skip
    if len(told) == 1:
        told.append(Line("No theme at this stage is told by enough people.", 13, MUTED))
    else:
        told.append(Line("Mentioned with the feeling; no cause is shown.", 11, MUTED, italic=True))
    below = 0.75 + room + 0.25
    deck.text(slide, Box(left.left, left.top + below, left.width, left.height - below), told)
    quotes = _quotes(results, p.stage)
    right = Box(5.95, TOP, WIDTH - MARGIN - 5.95, BOTTOM - TOP)
    _cards(deck, slide, right, quotes, 3)
    notes = [results.trust, _told(p.stage, p), stage.definition, *_quote_notes(quotes)]
    behind = results.rows("Driver quotes")
    for d in drivers.itertuples(index=False):
        notes += [
            "", f"{d.name}: {signed(d.contrast)} ({interval(d.contrast_low, d.contrast_high)}), "
            f"{d.n_with} with, {d.n_without} without, {d.n_units} units. {d.reason}",
            *_quote_notes(behind[(behind["theme"] == d.theme) & (behind["stage"] == p.stage)]),
        ]  # fmt: skip
    notes += [
        "",
        f"Participants: {_people(results, p.stage)}",
        f"Units: {_ids(results, 'curve', p.stage)}",
    ]
    deck.notes(slide, notes)


def _numbers(deck: Deck, results: Results) -> None:
    rows = results.rows("Numbers")
    if rows.empty:
        return
    flags = {"agree": GOOD, "disagree": BAD, "unsettled": MUTED, "cannot say": MUTED}
    cells, notes = [], [results.trust]
    for r in rows.itertuples(index=False):
        of = ", ".join(part for part in (r.group, r.period) if part)
        value = f"{r.value:,g} {r.unit}".strip()
        felt = f"{signed(r.valence)} ({interval(r.valence_low, r.valence_high)})"
        cells.append(
            [
                Line(short(r.stage, 36) or "all stages", 12, bold=True),
                Line(short(r.metric, 60), 12),
                Line(short(f"{value}{f' ({of})' if of else ''}", 48), 12),
                Line(felt if not math.isnan(r.valence) else "nobody spoke of it", 12),
                Line(r.flag, 12, flags[r.flag], bold=True),
            ]
        )
        notes.append(
            f"{r.stage or 'all stages'}: {r.metric} {value} {of}; felt {felt}, "
            f"{people(r.n_participants)}; {r.flag}: {r.why}"
        )
    notes += ["", "Across stages, groups or periods (no cause is shown):"]
    for a in results.rows("Associations").itertuples(index=False):
        where = f" at {a.stage}" if a.stage else ""
        notes.append(
            f"{a.metric}{where}, across {a.n_points} {a.across}: {a.words} "
            f"(rho {_span(a.rho_low, a.rho_high)}). {a.reason}"
        )
    head = ("stage", "number", "value", "how it felt", "the two")
    _table(
        deck,
        "The numbers, and the voices beside them",
        head,
        cells,
        (2.6, 3.2, 2.4, 2.8, 1.3),
        notes,
    )


def _groups(deck: Deck, results: Results) -> None:
    rows = results.rows("Curve by group")
    sizes = rows.groupby("group")["n_participants_group"].max().sort_index()
    # Largest first; the same size, by name.
    names = [str(n) for n in sizes.sort_values(ascending=False, kind="stable").index]
    if len(names) < 2:
        return
    shown = names[:GROUPS]
    book = results.codebook
    stages = book.stage_names[:ACROSS]
    more = f" (the first {ACROSS} stages)" if len(book.stages) > ACROSS else ""
    slide = deck.slide(f"Compared by {short(results.by, 40)}{more}")
    series = []
    for name, (colour, form) in zip(shown, _GROUP_LOOKS, strict=False):
        own = _by_stage(rows[rows["group"] == name])
        felt, low, high = (
            [_known(getattr(own[s], field)) if s in own else None for s in stages]
            for field in ("valence", "valence_low", "valence_high")
        )
        if len(shown) > 2:
            # Bars of more than two groups stand over each other.
            low, high = [], []
        label = f"{short(name, 30)} ({people(int(sizes[name]))})"
        series.append(Series(label, felt, low, high, colour, shape=form))
    told = "; ".join(
        f"{r.group}, {_told(r.stage, r)}"
        for r in rows[rows["group"].isin(shown)].itertuples(index=False)
    )
    labels = [short(s, 30 if len(stages) <= 8 else 20) for s in stages]
    deck.chart(
        slide, Box(MARGIN, TOP, WIDTH - 2 * MARGIN, 4.5), labels, series, f"Line chart. {told}."
    )
    differ = results.rows("Differences")
    settled_ = differ[differ["differs"]]
    said = [
        f"{short(d.stage, 40)}: {short(d.group, 24)} {signed(d.difference)} against "
        f"{short(d.against, 24)}"
        for d in settled_.head(3).itertuples(index=False)
    ]
    rest = (
        f" {len(names) - len(shown)} smaller groups are in the workbook."
        if len(names) > len(shown)
        else ""
    )
    line = (
        f"Differ, all stages looked at together: {'; '.join(said)}."
        if said else "No difference holds once all stages are looked at together: groups are small."
    ) + rest  # fmt: skip
    deck.text(slide, Box(MARGIN, 6.15, WIDTH - 2 * MARGIN, 0.7), [Line(line, 14)])
    notes = [results.trust, line, ""]
    notes += [
        f"{r.group}, {_told(r.stage, r)}" for r in rows.itertuples(index=False)
    ] + [
        f"{d.stage}, {d.group} against {d.against}: {signed(d.difference)} "
        f"({interval(d.difference_low, d.difference_high)}; all stages together "
        f"{interval(d.joint_low, d.joint_high)})" for d in differ.itertuples(index=False)
    ]  # fmt: skip
    deck.notes(slide, notes)


def _limits(deck: Deck, results: Results) -> None:
    slide = deck.slide("What this sample cannot say")
    said = list(_cannot_say(results))
    lines = []
    for head, words in said:
        lines += [Line(head, 18, bold=True, after=1), Line(words, 15, MUTED, after=11)]
    deck.text(slide, FULL, lines)
    notes = [f"{head}: {words}" for head, words in said]
    whole = results.rows("Saturation")
    for r in whole.itertuples(index=False):
        notes.append(
            f"{r.stage or 'whole study'}: {r.n_codes} codes in {r.n_interviews} interviews, "
            f"{r.n_once} heard once. {r.reason}"
        )
    deck.notes(slide, [*notes, *_sample(results)])


def _cannot_say(results: Results) -> Iterator[tuple[str, str]]:
    """Yield what the tables themselves say against leaning on them."""
    curve, sample = results.rows("Curve"), results.rows("Sample")
    if results.unverified:
        unsure, units = (
            results.facts.get("units the coder is unsure of"),
            results.facts.get("units"),
        )
        yield (
            "A machine read it",
            f"People have checked no random sample of it; it was unsure of the stage of {unsure} "
            f"of {units} "
            "units. None of its error is in the intervals.",
        )
    heard = int(curve["n_participants_group"].max()) if len(curve) else 0
    few = " With so few, the intervals are too narrow." if heard < FEW_PARTICIPANTS else ""
    yield (
        f"{people(heard)} spoke, and they are no random sample".capitalize(),
        f"It shows what there is, not how common it is among all customers.{few}",
    )
    thin = [
        short(s, 40) for s in curve.loc[curve["is_thin"] & (curve["n_participants"] > 0), "stage"]
    ]
    told = set(curve.loc[curve["n_participants"] > 0, "stage"])
    silent = [short(s, 40) for s in results.codebook.stage_names if s not in told]
    if thin:
        yield "Few spoke of", _listed(thin)
    if silent:
        yield "Nobody spoke of", _listed(silent)
    whole = results.rows("Saturation").query("stage == ''")
    for row in whole.itertuples(index=False):
        reached = not math.isnan(row.reached_in_order)
        yield (
            "New interviews had nearly stopped bringing new codes" if reached
            else "New interviews still bring new codes",
            f"{row.n_once} of {row.n_codes} codes were heard once only.",
        )  # fmt: skip
    new = results.rows("New stages")
    if len(new):
        yield (
            "Talk that fits no stage",
            _listed(
                [
                    f"{short(r.name, 40)} ({people(r.n_participants)})"
                    for r in new.itertuples(index=False)
                ]
            ),
        )
    if results.rows("Numbers").empty:
        yield "No numbers stand beside the voices", "The study has no metrics of its stages."
    yield (
        "Remembered, and together, is not why",
        "Interviews tell remembered feeling. What is mentioned with a feeling, or moves with a "
        "number, need not be its cause.",
    )
    groups = sample[sample["attribute"] != ""]
    hidden = groups[groups["n_participants"].isna()]
    if len(hidden):
        yield "Very small groups", "are not told by number, so that nobody is recognised."


def _method(deck: Deck, results: Results) -> None:
    slide = deck.slide("How this was made")
    facts = [(k, str(v)) for k, v in results.facts.items()]
    half = math.ceil(len(facts) / 2)
    width = (FULL.width - 0.6) / 2
    for number, part in enumerate((facts[:half], facts[half:])):
        if part:
            rows = [[Line(short(k, 40), 12, MUTED), Line(short(v, 120), 12)] for k, v in part]
            box = Box(MARGIN + number * (width + 0.6), TOP, width, 4.6)
            said = "; ".join(f"{k}: {v}" for k, v in part)
            deck.table(slide, box, ("what", "how"), rows, (2.4, 3.2), f"How it was made. {said}")
    draft = results.rows("COREQ")
    known = int((draft["status"] == "known").sum())
    words = (
        "Each participant weighs the same; nothing is smoothed between stages; a stage that nobody "
        f"spoke of stays a gap. Of COREQ's {len(draft)} items the study itself knows {known}; the "
        "researcher supplies the others."
    )
    deck.text(slide, Box(MARGIN, 6.2, FULL.width, 0.6), [Line(words, 12, MUTED)])
    deck.notes(
        slide,
        [
            results.trust, *_facts(results), "",
            *(
                f"COREQ {r.item}, {r.topic}: {r.knows or r.supply}"
                for r in draft.itertuples(index=False)
            ),
        ],
    )  # fmt: skip


# -- parts of slides -----------------------------------------------------------------------------


def _table(
    deck: Deck, title: str, head: Sequence[str], cells: list[list[Line]],
    widths: Sequence[float], notes: Sequence[str], *, left: int = 0,
) -> None:  # fmt: skip
    """Draw a table over as many slides as it needs, `PAGES` at most; ``left`` rows are not here."""
    inches = [FULL.width * w / sum(widths) for w in widths]
    heads = row_height([Line(h, 11) for h in head], inches, deck.wider)
    # Room is kept for the line that says what is not shown.
    room = FULL.height - 0.4 - heads

    def high(rows: list[list[Line]]) -> float:
        return sum(row_height(row, inches, deck.wider) for row in rows)

    smaller = (
        [[replace(c, size=c.size * s) for c in row] for row in cells] for s in (1, 0.92, 0.84)
    )
    # Smaller type before a second slide, larger type if there has to be one.
    rest = next((rows for rows in smaller if high(rows) <= room), cells)
    for page in range(PAGES):
        if not rest:
            return
        many = 1
        while many < len(rest) and high(rest[: many + 1]) <= room:
            many += 1
        slide = deck.slide(title if page == 0 else f"{title} (continued)")
        shown, rest = rest[:many], rest[many:]
        said = "; ".join(", ".join(c.text for c in row if c.text) for row in shown)
        box = Box(FULL.left, FULL.top, FULL.width, heads + high(shown))
        deck.table(slide, box, head, shown, widths, f"{title}. {said}")
        hidden = len(rest) + left
        if hidden and (not rest or page == PAGES - 1):
            more = [Line(f"{hidden} more in the workbook.", 12, MUTED, italic=True)]
            deck.text(slide, Box(MARGIN, BOTTOM - 0.3, FULL.width, 0.3), more)
        deck.notes(slide, notes if page == 0 else [f"As on the slide before: {title}."])


def _cards(deck: Deck, slide: Any, box: Box, quotes: pd.DataFrame, most: int) -> None:
    """Draw quotes as cards under one another, those against among them."""
    for_ = quotes[quotes["stance"].isin(["supports", "good"])]
    against = quotes[quotes["stance"].isin(["contradicts", "bad"])]
    chosen = pd.concat([for_.head(most - 1 if len(against) else most), against.head(1)])
    cards: list[tuple[str, list[Line]]] = []
    for q in chosen.itertuples(index=False):
        colour = GOOD if q.valence > 0 else BAD if q.valence < 0 else NEUTRAL
        words = STANCES[q.stance]
        who = f"{short(q.participant, 40)} · {clock(q.start_s)} · {signed(q.valence)} · {words}"
        said = [Line(f"“{apart(q.text)}”", 15, serif=True, after=5), Line(who, 11, MUTED, after=0)]
        cards.append((colour, said))
    if len(chosen) and against.empty:
        none = "No quote was found that contradicts it."
        cards.append((PAPER, [Line(none, 13, MUTED, italic=True, after=0)]))
    if not cards:
        none = (
            "Nobody who spoke of it can be quoted: too short, unsure, or they did not agree to it."
        )
        cards.append((PAPER, [Line(none, 13, MUTED, italic=True, after=0)]))
    gap = 0.16
    # A card is as high as its words need, and all together as high as the box.
    needs = [0.75 if len(lines) == 1 else 1.0 + len(lines[0].text) / 190 for _, lines in cards]
    scale = min(1.0, (box.height - gap * (len(cards) - 1)) / sum(needs))
    top = box.top
    for (colour, lines), need in zip(cards, needs, strict=True):
        deck.card(slide, Box(box.left, top, box.width, need * scale), colour, lines)
        top += need * scale + gap


def _pains(results: Results) -> list[Any]:
    """Return the stages whose whole interval is bad, lowest first; else the lowest of all."""
    curve = results.rows("Curve")
    curve = curve[curve["valence"].notna()].sort_values(["valence", "stage_order"], kind="stable")
    rows = list(curve.itertuples(index=False))
    bad = [r for r in rows if side(r.valence_low, r.valence_high) < 0]
    return bad[:PAINS] or rows[:1]


def _quotes(results: Results, stage: str) -> pd.DataFrame:
    quotes = results.rows("Quotes")
    own = quotes[quotes["stage"] == stage]
    order = {stance: n for n, stance in enumerate(STANCES)}
    return own.assign(_order=own["stance"].map(order)).sort_values(
        ["_order", "rank"], kind="stable"
    )


def _emotions(results: Results, stage: str) -> str:
    """Return what a stage is mostly told with."""
    rows = results.rows("Emotions")
    own = rows[(rows["stage"] == stage) & (rows["share"] >= 0.005)]
    own = own.sort_values(["share", "emotion"], ascending=[False, True], kind="stable").head(3)
    said = ", ".join(f"{r.emotion} {r.share:.0%}" for r in own.itertuples(index=False))
    return f"Told with {said}" if said else ""


def _beside(results: Results, stage: str) -> list[str]:
    """Return the first numbers that the team brings for a stage, those of everybody before."""
    rows = results.rows("Metrics")
    own = rows[rows["stage"] == stage].sort_values("group", kind="stable").head(2)
    out = []
    for r in own.itertuples(index=False):
        of = ", ".join(part for part in (r.group, r.period) if part)
        out.append(f"{short(r.metric, 60)}: {r.value:,g} {r.unit}{f' ({of})' if of else ''}")
    return out


def _by_stage(rows: pd.DataFrame) -> dict[str, Any]:
    return {row.stage: row for row in rows.itertuples(index=False)}


def _heard(row: Any) -> bool:
    return row is not None and not math.isnan(row.valence)


def _mark(row: Any) -> tuple[str, str, bool]:
    """Return a point's shape and colour by its side of neutral, and whether it is hollow."""
    if not _heard(row):
        return "CIRCLE", NEUTRAL, True
    shape, colour = _SHAPES[side(row.valence_low, row.valence_high)]
    return shape, colour, bool(row.is_thin)


def _figure(row: Any) -> str:
    return signed(row.valence) if _heard(row) else ""


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _told(stage: str, row: Any) -> str:
    """Return a stage's figure in words: what a note and an alternative text say."""
    stage = apart(stage)
    if not _heard(row):
        return f"{stage}: nobody spoke of it"
    between = interval(row.valence_low, row.valence_high)
    who = people(row.n_participants, is_thin=bool(row.is_thin))
    return f"{stage}: {signed(row.valence)} ({between}), {who}, {row.n_units} units"


def _small(row: Any) -> str:
    between = interval(row.valence_low, row.valence_high)
    sure = between if math.isnan(row.valence_low) else f"95 % interval {between}"
    return f"{sure} · {_who(row)} · {row.n_units} units"


def _who(row: Any) -> str:
    """Return how many spoke of a stage; nobody if the curve has no row for it."""
    return people(row.n_participants, is_thin=bool(row.is_thin)) if row is not None else people(0)


def _few(results: Results) -> str:
    curve = results.rows("Curve")
    heard = int(curve["n_participants_group"].max()) if len(curve) else 0
    if heard >= FEW_PARTICIPANTS:
        return f"{people(heard)} interviewed."
    return f"{people(heard).capitalize()} interviewed: with so few the intervals are too narrow."


def _span(low: float, high: float) -> str:
    return "no interval" if math.isnan(low) or math.isnan(high) else f"{low:.2f} to {high:.2f}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return f"{shown} and {len(names) - 12} more." if len(names) > 12 else f"{shown}."


# -- notes ---------------------------------------------------------------------------------------


def _quote_notes(quotes: pd.DataFrame) -> list[str]:
    return [
        f"“{apart(q.text)}” {q.participant}, {q.interview}, {clock(q.start_s)}, valence "
        f"{signed(q.valence)}, {q.stance}, unit {q.unit_id}"
        for q in quotes.itertuples(index=False)
    ]


def _ids(results: Results, *figure: str) -> str:
    """Return the ids of the units behind a figure, as `journeyqual.evidence.figure` names it."""
    name = "/".join(part.replace("%", "%25").replace("/", "%2F") for part in figure)
    table = results.rows("Evidence")
    ids = table.loc[table["figure"] == name, "unit_id"].tolist()
    more = f" and {len(ids) - IDS} more, in the workbook" if len(ids) > IDS else ""
    return ", ".join(ids[:IDS]) + more


def _people(results: Results, stage: str) -> str:
    lines = results.rows("Participants")
    own = lines[lines["stage"] == stage]
    return ", ".join(f"{r.participant} ({signed(r.valence)})" for r in own.itertuples(index=False))


def _firm(results: Results, stages: Sequence[str]) -> list[str]:
    ranks = results.rows("Ranks")
    return [
        f"{r.stage}: lowest in {r.p_lowest:.0%} of redrawn samples, highest in {r.p_highest:.0%}"
        for r in ranks[ranks["stage"].isin(stages)].itertuples(index=False)
        if not math.isnan(r.p_lowest)
    ]


def _facts(results: Results) -> list[str]:
    return [f"{key}: {value}" for key, value in results.facts.items()]


def _sample(results: Results) -> list[str]:
    rows = results.rows("Sample")
    return [
        f"{r.attribute} {r.value}: {r.shown}" if r.attribute else f"Participants: {r.shown}"
        for r in rows.itertuples(index=False)
    ]
