"""The tables that flow through journeyqual: their columns, types and levels of measurement.

Each arrow of ``docs/architecture.md`` is one of these. A table is a plain pandas frame; `check`
turns whatever
came in (often read from CSV, where everything is text) into the declared types, or says what is
wrong with it.
Columns that a table does not declare are kept.

The file is long because it is a list: every table stands here and nowhere else.
"""

from __future__ import annotations

import csv
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from journeyqual.errors import SchemaError

Kind = Literal["text", "int", "float", "bool"]
Level = Literal["id", "nominal", "ordinal", "interval", "ratio", "text"]


@dataclass(frozen=True)
class Column:
    """One column: what it holds, how it is measured, and which values it allows.

    Parameters
    ----------
    name
        The column's name, as scripts and files know it.
    kind
        The type in memory. Missing text is ``""``, missing numbers are NaN.
    level
        Level of measurement; ``id`` for keys and ``text`` for free words.
    required
        Whether the table is unusable without the column. Other columns are added, empty.
    blank
        Whether single values may be missing.
    low, high
        Smallest and largest number allowed.
    allowed
        The closed set of values, where there is one.
    """

    name: str
    kind: Kind = "text"
    level: Level = "nominal"
    required: bool = True
    blank: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A named, ordered set of columns; ``key`` tells its rows apart, if it has one."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Column names in their declared order."""
        return [c.name for c in self.columns]

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows and the declared types."""
        return check(pd.DataFrame({c.name: [] for c in self.columns}), self)


def _id(name: str, **kw: object) -> Column:
    return Column(name, level="id", **kw)  # type: ignore[arg-type]


def _words(name: str, **kw: object) -> Column:
    return Column(name, level="text", **kw)  # type: ignore[arg-type]


def _valence(name: str = "valence", **kw: object) -> Column:
    return Column(name, "float", "interval", low=-1.0, high=1.0, **kw)  # type: ignore[arg-type]


def _seconds(name: str) -> Column:
    return Column(name, "float", "ratio", required=False, blank=True, low=0.0)


def _count(name: str, **kw: object) -> Column:
    return Column(name, "int", "ratio", low=0, **kw)  # type: ignore[arg-type]


ROLES = ("participant", "interviewer", "other")
STATUSES = ("suggested", "accepted", "rejected")
METHODS = ("human", "machine", "prediction-powered")
AGREEMENT_LEVELS = ("nominal", "ordinal", "interval", "ratio")
VERDICTS = ("rely", "tentative", "do not conclude")

TURNS = Table(
    "TURNS",
    (
        _id("interview"),
        _id("participant"),
        _count("turn_index"),
        _id("speaker", blank=True),
        Column("role", allowed=ROLES),
        _words("text"),
        _seconds("start_s"),
        _seconds("end_s"),
    ),
    key=("interview", "turn_index"),
)

UNITS = Table(
    "UNITS",
    (
        _id("unit_id"),
        _id("interview"),
        _id("participant"),
        Column("kind", allowed=("segment", "span")),
        _count("turn_index"),
        _count("start_char"),
        _count("end_char"),
        _words("text"),
        _seconds("start_s"),
        _seconds("end_s"),
        _count("order"),
    ),
    key=("unit_id",),
)

UNITS_IN = Table(
    "UNITS to code",
    (
        _id("unit_id"),
        _id("interview"),
        Column("order", "float", "ordinal"),
        _words("text", blank=True),
    ),
    key=("unit_id",),
)

CODED = Table(
    "CODED",
    (
        _id("unit_id"),
        Column("stage", blank=True),
        Column("stage_confidence", "float", "ratio", low=0.0, high=1.0),
        Column("unsure", "bool"),
        Column("touchpoint", blank=True),
        _valence(),
        Column("emotion"),
        _words("emotions_fine"),
        _id("coder"),
        # How sure the feeling coder is; last, so that who counts columns finds the others in place.
        Column("valence_sd", "float", "ratio", required=False, blank=True, low=0.0, high=1.0),
        Column(
            "emotion_confidence", "float", "ratio", required=False, blank=True, low=0.0, high=1.0
        ),
    ),
    key=("unit_id",),
)

TAGS = Table(
    "TAGS",
    (
        _id("unit_id"),
        _id("interview"),
        Column("order", "float", "ordinal"),
        _words("text"),
        Column("stage", blank=True),
        _valence(required=False, blank=True),
        Column("emotion", required=False, blank=True),
    ),
    key=("unit_id",),
)

CODINGS = Table(
    "CODINGS",
    (
        _id("unit_id"),
        Column("dimension"),
        Column("value", blank=True),
        _id("coder"),
        Column("confidence", "float", "ratio", required=False, blank=True, low=0.0, high=1.0),
        Column("status", required=False, blank=True, allowed=STATUSES),
        _words("memo", required=False, blank=True),
        _words("coded_at", required=False, blank=True),
        Column("codebook_version", required=False, blank=True),
    ),
)

RESOLVED = Table(
    "RESOLVED",
    (
        _id("unit_id"),
        _id("interview"),
        _id("participant"),
        Column("machine_stage", blank=True),
        _valence("machine_valence", blank=True),
        Column("machine_emotion", blank=True),
        Column("human_stage", blank=True),
        _valence("human_valence", blank=True),
        Column("human_emotion", blank=True),
        _id("human_by", blank=True),
        Column("sampling_probability", "float", "ratio", blank=True, low=0.0, high=1.0),
        Column("stage_confidence", "float", "ratio", required=False, blank=True, low=0.0, high=1.0),
    ),
    key=("unit_id",),
)

CURVE_IN = Table(
    "CODED units for a curve",
    (
        _id("unit_id"),
        _id("participant"),
        Column("stage", blank=True),
        _valence(blank=True),
        Column("human_stage", required=False, blank=True),
        _valence("human_valence", required=False, blank=True),
        Column(
            "sampling_probability", "float", "ratio", required=False, blank=True, low=0.0, high=1.0
        ),
        # No draw could reach the unit: its interview came later.
        Column("is_unreached", "bool", required=False),
    ),
    key=("unit_id",),
)

CURVE = Table(
    "CURVE",
    (
        Column("group", blank=True),
        Column("stage"),
        Column("stage_order", "int", "ordinal", low=0),
        _valence(blank=True),
        _valence("valence_low", blank=True),
        _valence("valence_high", blank=True),
        _count("n_participants"),
        _count("n_units"),
        _count("n_human"),
        Column("method", allowed=METHODS),
        Column("is_thin", "bool"),
        # Beside the contract: the sensitivity check, the spread between participants, and who
        # there was to hear.
        Column("is_unverified", "bool", required=False),
        _valence("valence_participants_first", required=False, blank=True),
        Column("spread", "float", "ratio", required=False, blank=True, low=0.0),
        _count("n_participants_group", required=False),
        # Units that no draw could reach, where drawn ones correct the point.
        _count("n_unreached", required=False),
        # Why there is no point or interval, or what else to know of it.
        _words("reason", required=False, blank=True),
    ),
    key=("group", "stage"),
)

LINES = Table(
    "LINES",
    (
        Column("group", blank=True),
        _id("participant"),
        Column("stage"),
        Column("stage_order", "int", "ordinal", low=0),
        _valence(),
        _count("n_units"),
    ),
    key=("group", "participant", "stage"),
)

EMOTIONS = Table(
    "EMOTIONS",
    (
        Column("group", blank=True),
        Column("stage"),
        Column("stage_order", "int", "ordinal", low=0),
        Column("emotion"),
        Column("share", "float", "ratio", low=0.0, high=1.0),
        _count("n_units"),
        _count("n_participants"),
    ),
    key=("group", "stage", "emotion"),
)

QUOTES = Table(
    "QUOTES",
    (
        Column("stage"),
        Column("stage_order", "int", "ordinal", low=0),
        Column("stance", allowed=("supports", "contradicts", "good", "bad")),
        Column("rank", "int", "ordinal", low=1),
        _id("unit_id"),
        _id("interview"),
        _id("participant"),
        _words("text"),
        _seconds("start_s"),
        _valence(),
        Column("emotion", blank=True),
        Column("unsure", "bool"),
    ),
    key=("unit_id", "stage"),
)

MOVED = Table(
    "MOVED",
    (
        _id("unit_id"),
        _valence(),
        Column("start", "int", "ratio", low=0),
        Column("end", "int", "ratio", low=0),
        Column("shift", "float", "interval", low=-2.0, high=2.0),
    ),
    key=("unit_id", "start"),
)

READING = Table(
    "READING",
    (
        Column("measure"),
        Column("stage", blank=True),
        Column("value", "float", "interval", blank=True),
    ),
)

RUNS = Table(
    "RUNS",
    (
        Column("run", "int", "ordinal"),
        _words("started_at"),
        _words("finished_at", blank=True),
        Column("outcome"),
        _count("interviews_in"),
        _count("units_coded"),
        _count("refused"),
        _words("detail", blank=True),
    ),
    key=("run",),
)

PARTICIPANTS = Table(
    "PARTICIPANTS",
    (
        _id("participant"),
        Column("consent_analyse", required=False, blank=True),
        Column("consent_quote", required=False, blank=True),
        _words("consent_until", required=False, blank=True),
    ),
    key=("participant",),
)

METRICS = Table(
    "METRICS",
    (
        Column("stage", blank=True),
        Column("metric"),
        Column("value", "float", "interval"),
        Column("unit", required=False, blank=True),
        Column("better", required=False, blank=True, allowed=("higher", "lower")),
        Column("period", required=False, blank=True),
        Column("group", required=False, blank=True),
    ),
)

DRAW_KINDS = ("sample", "queue")

POPULATION = Table(
    "POPULATION to draw from",
    (
        _id("unit_id"),
        _id("participant"),
        Column("machine_stage", blank=True),
        Column("stage_confidence", "float", "ratio", required=False, blank=True, low=0.0, high=1.0),
        Column("valence_sd", "float", "ratio", required=False, blank=True, low=0.0, high=1.0),
    ),
    key=("unit_id",),
)

DRAWS = Table(
    "DRAWS",
    (
        Column("draw", "int", "id"),
        Column("kind", allowed=DRAW_KINDS),
        Column("seed", "int", "id"),
        _words("made_at", required=False, blank=True),
        _words("detail", required=False, blank=True),
    ),
    key=("draw",),
)

DRAW_UNITS = Table(
    "DRAW_UNITS",
    (
        # 0 until the store has given the draw its number.
        Column("draw", "int", "id", required=False),
        _id("unit_id"),
        Column("probability", "float", "ratio", low=0.0, high=1.0),
        # Blank where the unit could have been drawn and was not.
        Column("place", "float", "ordinal", blank=True, low=1.0),
    ),
    key=("draw", "unit_id"),
)

FINISHED = Table(
    "FINISHED",
    (_id("unit_id"), _words("coded_at", required=False, blank=True)),
    key=("unit_id",),
)

CHANCES = Table(
    "CHANCES",
    (
        _id("unit_id"),
        Column("probability", "float", "ratio", low=0.0, high=1.0),
        Column("drawn", "bool"),
        Column("sampling_probability", "float", "ratio", blank=True, low=0.0, high=1.0),
    ),
    key=("unit_id",),
)

PLAN = Table(
    "PLAN",
    (
        Column("threshold", "float", "ratio", low=0.0, high=1.0),
        Column("p", "float", "ratio", low=0.0, high=0.5),
        _count("coders"),
        Column("rarest_share", "float", "ratio", low=0.0, high=0.5),
        _count("units"),
        _count("codings"),
    ),
)

PROGRESS = Table(
    "PROGRESS",
    (
        Column("stage", blank=True),
        _count("population"),
        _count("drawn"),
        _count("coded_by_one"),
        _count("coded_by_two"),
        _count("needed"),
        _count("left"),
    ),
    key=("stage",),
)

AGREEMENT = Table(
    "AGREEMENT",
    (
        Column("dimension"),
        Column("code", blank=True),
        Column("alpha", "float", "interval", blank=True, high=1.0),
        Column("alpha_low", "float", "interval", blank=True, high=1.0),
        Column("alpha_high", "float", "interval", blank=True, high=1.0),
        Column("kappa", "float", "interval", blank=True, high=1.0),
        _count("n_units"),
        _count("n_coders"),
        # Beside the contract: what it is read with.
        Column("level", required=False, blank=True, allowed=AGREEMENT_LEVELS),
        Column(
            "percent_agreement", "float", "ratio", required=False, blank=True, low=0.0, high=100.0
        ),
        _count("n_codings", required=False),
        Column("verdict", required=False, blank=True, allowed=VERDICTS),
        _words("reason", required=False, blank=True),
    ),
    key=("dimension", "code"),
)

AGREEMENT_PAIRS = Table(
    "AGREEMENT_PAIRS",
    (
        Column("dimension"),
        _id("first"),
        _id("second"),
        Column("kind", allowed=("human-human", "human-machine", "machine-machine", "over-time")),
        *AGREEMENT.columns[2:7],
        *(c for c in AGREEMENT.columns if c.name in ("level", "percent_agreement")),
        *(c for c in AGREEMENT.columns if c.name in ("verdict", "reason")),
    ),
    key=("dimension", "first", "second"),
)

CHAT_DIFFERS = Table(
    "CHAT_DIFFERS",
    (
        _id("unit_id"),
        _id("coder"),
        _words("by_people"),
        _words("said"),
        _words("why", blank=True),
    ),
    key=("unit_id", "coder"),
)

SPANS_IN = Table(
    "SPANS to compare",
    (
        _id("interview"),
        _id("coder"),
        Column("dimension"),
        Column("value", blank=True),
        _count("start_char"),
        _count("end_char"),
    ),
)

SPAN_AGREEMENT = Table(
    "SPAN_AGREEMENT",
    (
        Column("dimension"),
        Column("measure", allowed=("whole", "covered", "value", "code")),
        Column("code", blank=True),
        *AGREEMENT.columns[2:5],
        _count("n_characters"),
        _count("n_coders"),
        *(c for c in AGREEMENT.columns if c.name in ("verdict", "reason")),
    ),
    key=("dimension", "measure", "code"),
)

SPAN_MATCHES = Table(
    "SPAN_MATCHES",
    (
        Column("dimension"),
        _id("first"),
        _id("second"),
        _count("tolerance"),
        Column("counted_in", allowed=("characters", "words")),
        _count("n_first"),
        _count("n_second"),
        _count("n_placed"),
        _count("n_matched"),
        *(
            Column(name, "float", "ratio", blank=True, low=0.0, high=1.0)
            for name in ("f_placed", "precision", "recall", "f")
        ),
        _words("reason", required=False, blank=True),
    ),
    key=("dimension", "first", "second", "tolerance"),
)

HEARD = Table(
    "HEARD codes",
    # A blank code says that the interview was heard (at that stage) and gave none.
    (_id("interview"), Column("stage", blank=True), Column("code", blank=True)),
)

NEW_INFORMATION = Table(
    "NEW_INFORMATION",
    (
        Column("first", "int", "ordinal", low=1),
        Column("last", "int", "ordinal", low=1),
        _count("n_new"),
        _count("n_base"),
        Column("share_new", "float", "ratio", blank=True, low=0.0),
        Column("is_reached", "bool"),
    ),
    key=("first",),
)

SATURATION = Table(
    "SATURATION",
    (
        # Blank is the whole study.
        Column("stage", blank=True),
        _count("n_interviews"),
        _count("n_codes"),
        _count("n_once"),
        _count("base_size"),
        _count("run_length"),
        Column("threshold", "float", "ratio", low=0.0, high=1.0),
        # Interviews before the run that brought nothing much new; blank is not reached.
        Column("reached_in_order", "float", "ratio", blank=True, low=1.0),
        Column("share_new", "float", "ratio", blank=True, low=0.0),
        _count("orderings"),
        Column("share_reached", "float", "ratio", blank=True, low=0.0, high=1.0),
        *(
            Column(name, "float", "ratio", blank=True, low=1.0)
            for name in ("reached_median", "reached_low", "reached_high")
        ),
        Column("share_found", "float", "ratio", blank=True, low=0.0, high=1.0),
        _words("reason", required=False, blank=True),
    ),
    key=("stage",),
)

SATURATION_CURVE = Table(
    "SATURATION_CURVE",
    (
        Column("stage", blank=True),
        Column("position", "int", "ordinal", low=1),
        *(
            Column(name, "float", "ratio", low=0.0)
            for name in ("codes_median", "codes_low", "codes_high")
        ),
        _count("codes_in_order"),
    ),
    key=("stage", "position"),
)

REACH = Table(
    "REACH",
    (
        # Blank is everybody.
        Column("attribute", blank=True),
        Column("value", blank=True),
        Column("stage"),
        Column("stage_order", "int", "ordinal", low=0),
        _count("n_participants"),
        _count("n_speaking"),
        *(
            Column(name, "float", "ratio", low=0.0, high=1.0)
            for name in ("rate", "rate_low", "rate_high")
        ),
        _count("wanted"),
        # Interviews to come; blank where no rate is above 0 to expect by.
        *(
            Column(name, "float", "ratio", blank=True, low=0.0)
            for name in ("more", "more_low", "more_high")
        ),
    ),
    key=("attribute", "value", "stage"),
)

RECRUIT = Table(
    "RECRUIT",
    (Column("rank", "int", "ordinal", low=1), *REACH.columns, _words("words")),
    key=("rank",),
)

SAMPLE = Table(
    "SAMPLE",
    (
        # Blank is everybody.
        Column("attribute", blank=True),
        Column("value", blank=True),
        _words("shown"),
        *(
            Column(name, "float", "ratio", blank=True, low=0.0)
            for name in (
                "n_participants", "n_interviews", "n_units", "n_timed", "minutes", "minutes_median",
            )
        ),
        Column("first_date", level="ordinal", blank=True),
        Column("last_date", level="ordinal", blank=True),
    ),
    key=("attribute", "value"),
)  # fmt: skip

DRAFT_STATUSES = ("known", "known in part", "researcher must supply")

DRAFT = Table(
    "DRAFT",
    (
        Column("standard"),
        Column("item", "int", "ordinal", low=1),
        Column("section"),
        Column("topic"),
        Column("status", allowed=DRAFT_STATUSES),
        _words("knows", blank=True),
        _words("supply", blank=True),
    ),
    key=("standard", "item"),
)


def _share(name: str, **kw: object) -> Column:
    return Column(name, "float", "ratio", low=0.0, high=1.0, **kw)  # type: ignore[arg-type]


def _change(name: str, **kw: object) -> Column:
    return Column(name, "float", "interval", low=-2.0, high=2.0, **kw)  # type: ignore[arg-type]


def _rank_correlation(name: str) -> Column:
    return Column(name, "float", "ratio", blank=True, low=-1.0, high=1.0)


_STAGE = (Column("stage"), Column("stage_order", "int", "ordinal", low=0))
_METHOD = Column("method", allowed=METHODS)
_REASON = _words("reason", required=False, blank=True)
"""Why there is no figure, or what else to know of it."""

TOLD_IN = Table(
    "CODED units in told order",
    (*CURVE_IN.columns, _id("interview"), Column("order", "float", "ordinal")),
    key=("unit_id",),
)

PATHS = Table(
    "PATHS",
    (
        _id("participant"),
        _id("interview"),
        Column("step", "int", "ordinal", low=1),
        *_STAGE,
        _count("n_units"),
    ),
    key=("interview", "participant", "step"),
)

TOLD = Table(
    "TOLD",
    (
        _id("participant"),
        _rank_correlation("tau"),
        _count("n_stages"),
        _count("n_steps"),
        _count("n_back"),
        _METHOD,
        _REASON,
    ),
    key=("participant",),
)

FIGURES = Table(
    "FIGURES",
    (
        Column("measure"),
        Column("value", "float", "interval", blank=True),
        Column("value_low", "float", "interval", blank=True),
        Column("value_high", "float", "interval", blank=True),
        _count("n_participants"),
        _METHOD,
        _REASON,
    ),
    key=("measure",),
)

TRANSITIONS = Table(
    "TRANSITIONS",
    (
        Column("from_stage"),
        Column("to_stage"),
        Column("direction", allowed=("onward", "back")),
        _count("n_moves"),
        _count("n_participants"),
        _count("n_of"),
        *(_share(name, blank=True) for name in ("share", "share_low", "share_high")),
        _METHOD,
    ),
    key=("from_stage", "to_stage"),
)

MENTION_MEASURES = ("reached", "skipped", "repeated", "first", "last")
MENTIONS = Table(
    "MENTIONS",
    (
        *_STAGE,
        Column("measure", allowed=MENTION_MEASURES),
        _count("n_participants"),
        _count("n_of"),
        *(_share(name, blank=True) for name in ("share", "share_low", "share_high")),
        _METHOD,
        _REASON,
    ),
    key=("stage", "measure"),
)

SEAM_LINES = Table(
    "SEAM_LINES",
    (
        _id("participant"),
        Column("buyer_stage"),
        Column("customer_stage"),
        _valence("buyer_valence"),
        _valence("customer_valence"),
        _change("change"),
        _count("n_buyer_units"),
        _count("n_customer_units"),
    ),
    key=("participant",),
)

SEAM = Table(
    "SEAM",
    (
        _METHOD,
        *(_change(name, blank=True) for name in ("change", "change_low", "change_high")),
        _count("n_participants"),
        _count("n_rose"),
        _count("n_level"),
        _count("n_fell"),
        _count("n_human"),
        Column("is_thin", "bool"),
        _REASON,
    ),
    key=("method",),
)

RANKS = Table(
    "RANKS",
    (
        *_STAGE,
        _valence(blank=True),
        _count("n_participants"),
        *(_share(name, blank=True) for name in ("p_lowest", "p_highest", "p_lowest_two")),
        *(
            Column(name, "float", "ordinal", blank=True, low=1.0)
            for name in ("rank", "rank_low", "rank_high")
        ),
        _METHOD,
        _REASON,
    ),
    key=("stage",),
)

OUTCOMES = ("verdict", "last words")
PEAK_END = Table(
    "PEAK_END",
    (
        _id("participant"),
        Column("peak_stage"),
        _valence("peak"),
        Column("end_stage"),
        _valence("end"),
        _valence("peak_end"),
        _valence("mean"),
        Column("verdict", "float", "interval", blank=True),
        Column("outcome", allowed=OUTCOMES),
    ),
    key=("participant",),
)

POLARISATION = Table(
    "POLARISATION",
    (
        *_STAGE,
        _count("n_participants"),
        Column("spread", "float", "ratio", blank=True, low=0.0),
        *(
            _share(f"{name}{end}", blank=True)
            for name in ("delighted", "suffering")
            for end in ("", "_low", "_high")
        ),
        Column("is_split", "bool"),
        _METHOD,
        _REASON,
    ),
    key=("stage",),
)

SEPARATION = Table(
    "SEPARATION",
    (
        *_STAGE,
        Column("attribute"),
        Column("value", blank=True),
        _count("n_value"),
        _count("n_rest"),
        *(_change(name, blank=True) for name in ("difference", "difference_low")),
        _change("difference_high", blank=True),
        _share("p", blank=True),
        _share("p_holm", blank=True),
        Column("separates", "bool"),
        _METHOD,
        _REASON,
    ),
    key=("stage", "attribute"),
)

TRUTH = Table(
    "TRUTH",
    (
        *_STAGE,
        Column("outcome", allowed=OUTCOMES),
        _count("n_participants"),
        *(_rank_correlation(name) for name in ("rho", "rho_low", "rho_high")),
        _share("p", blank=True),
        _share("p_holm", blank=True),
        Column("is_moment", "bool"),
        _METHOD,
        _REASON,
    ),
    key=("stage",),
)

GAPS = Table(
    "GAPS",
    (
        *_STAGE,
        _valence("expected", blank=True),
        *(_valence(name, blank=True) for name in ("valence", "valence_low", "valence_high")),
        *(_change(name, blank=True) for name in ("gap", "gap_low", "gap_high")),
        Column("is_outside", "bool"),
        _count("n_participants"),
        Column("is_thin", "bool"),
        Column("is_unverified", "bool", required=False),
        _METHOD,
        _REASON,
    ),
    key=("stage",),
)

DIFFERENCES = Table(
    "DIFFERENCES",
    (
        Column("group"),
        Column("against"),
        *_STAGE,
        *(
            _change(name, blank=True)
            for name in (
                "difference", "difference_low", "difference_high", "joint_low", "joint_high",
            )
        ),
        Column("p_joint", "float", "ratio", blank=True, low=0.0, high=1.0),
        Column("differs", "bool"),
        _valence(blank=True),
        _valence("valence_against", blank=True),
        _count("n_participants"),
        _count("n_participants_against"),
        _count("n_both"),
        _METHOD,
        Column("is_thin", "bool"),
        Column("is_unverified", "bool"),
    ),
    key=("group", "against", "stage"),
)  # fmt: skip

# -- themes, and the why ------------------------------------------------------------------------

OFF_JOURNEY = "(off the journey)"
"""Scope of the themes of what fits no stage."""
WHOLE_STUDY = "(whole study)"
"""Scope of the themes of everything that was said."""
THEME_STATUSES = ("suggested", "accepted", "proposed", "rejected")

THEMES = Table(
    "THEMES",
    (
        _id("theme"),
        # A stage, or WHOLE_STUDY or OFF_JOURNEY.
        Column("scope"),
        _words("name"),
        # Who named it; blank is the name that its words suggest.
        _id("named_by", blank=True),
        _words("definition", blank=True),
        # Its words by c-TF-IDF, joined by ", ".
        _words("words", blank=True),
        Column("status", allowed=THEME_STATUSES),
        _count("n_units"),
        _count("n_participants"),
        # Ids of the units nearest to its middle, joined by blanks, best first.
        _words("representative", blank=True),
        _words("found_at"),
        Column("round", "int", "ordinal", low=1),
    ),
    key=("theme",),
)

THEMED = Table(
    "THEMED units",
    # A blank theme: looked at, and none of the scope's themes fits.
    (
        _id("unit_id"),
        Column("scope"),
        _id("theme", blank=True),
        Column("similarity", "float", "ratio", blank=True, low=-1.0, high=1.0),
    ),
    key=("unit_id", "scope"),
)

DRIVERS = Table(
    "DRIVERS",
    (
        *_STAGE,
        _id("theme"),
        _words("name"),
        # Mean feeling at the stage of who speaks of the theme there, less that of who does not.
        *(
            _change(name, blank=True)
            for name in ("contrast", "contrast_low", "contrast_high", "joint_low", "joint_high")
        ),
        Column("differs", "bool"),
        # How far the stage's point moves if what was said of the theme is left out (point less
        # point without): its part in the stage's feeling.
        *(_change(name, blank=True) for name in ("pull", "pull_low", "pull_high")),
        # Feeling in the theme's own words.
        *(_valence(name, blank=True) for name in ("valence", "valence_low", "valence_high")),
        _count("n_with"),
        _count("n_without"),
        *(_share(name, blank=True) for name in ("share", "share_low", "share_high")),
        _count("n_units"),
        Column("is_thin", "bool"),
        _METHOD,
        _REASON,
    ),
    key=("stage", "theme"),
)

DRIVER_QUOTES = Table(
    "DRIVER_QUOTES",
    (_id("theme"), _words("name"), *QUOTES.columns),
    key=("theme", "unit_id"),
)

NEW_STAGES = Table(
    "NEW_STAGES",
    # What customers speak of that fits no stage, as it would stand in the codebook.
    (
        _id("theme"),
        _words("name"),
        _words("words", blank=True),
        _count("n_units"),
        _count("n_participants"),
        *(_share(name, blank=True) for name in ("share", "share_low", "share_high")),
        *(_valence(name, blank=True) for name in ("valence", "valence_low", "valence_high")),
        # Between which stages it is mostly told; blank if it is told anywhere.
        Column("told_after", blank=True),
        Column("told_before", blank=True),
        _words("representative", blank=True),
        _REASON,
    ),
    key=("theme",),
)

STAGE_EXAMPLES = Table(
    "STAGE_EXAMPLES",
    # What may stand in the codebook as examples of a proposed stage, word for word.
    (
        _id("theme"),
        Column("rank", "int", "ordinal", low=1),
        _id("unit_id"),
        _id("interview"),
        _id("participant"),
        _words("text"),
    ),
    key=("theme", "rank"),
)

FLAGS = ("agree", "disagree", "unsettled", "cannot say")
NUMBERS = Table(
    "NUMBERS",
    # METRICS, each with the feeling of the same stage, group and period.
    (
        *METRICS.columns,
        Column("stage_order", "int", "ordinal", low=-1),
        *(_valence(name, blank=True) for name in ("valence", "valence_low", "valence_high")),
        _count("n_participants"),
        Column("is_thin", "bool"),
        Column("method", blank=True, allowed=METHODS),
        Column("flag", allowed=FLAGS),
        # What was held against what: "level", "before", "other groups", "other stages".
        Column("compared", blank=True),
        _words("why", blank=True),
    ),
)

ASSOCIATIONS = Table(
    "ASSOCIATIONS",
    (
        Column("metric"),
        Column("unit", blank=True),
        # What all points share; blank is all stages, everybody, all periods.
        Column("stage", blank=True),
        Column("group", blank=True),
        Column("period", blank=True),
        Column("across", allowed=("stages", "groups", "periods")),
        _count("n_points"),
        *(_rank_correlation(name) for name in ("rho", "rho_low", "rho_high")),
        _share("p", blank=True),
        # The same, held to the number of rows tested.
        _share("p_holm", blank=True),
        # "moves with", "moves against", "no settled association"; "cannot say" without a rho.
        _words("words"),
        _METHOD,
        _REASON,
    ),
    key=("metric", "unit", "stage", "group", "period", "across"),
)

OPPORTUNITIES = Table(
    "OPPORTUNITIES",
    (
        Column("rank", "int", "ordinal", low=1),
        Column("kind", allowed=("mend", "keep")),
        Column("owner", blank=True),
        *_STAGE,
        _id("theme", blank=True),
        _words("name"),
        _count("n_people"),
        _count("n_of"),
        *(_share(name, blank=True) for name in ("share", "share_low", "share_high")),
        # How bad (mend) or good (keep) it feels, 0 to 1.
        _share("depth"),
        _words("metric", blank=True),
        # What of the metric is at stake, 0 to 1: lost of what is to be mended, held of what is to
        # be kept. Without a metric the middle of the other stages', and 1 if none has one.
        _share("stake"),
        Column("score", "float", "ratio", low=0.0, high=1.0),
        *(_share(name, blank=True) for name in ("score_low", "score_high")),
        _count("n_units"),
        # How many of them people coded.
        _count("n_checked", required=False),
        # Participants who speak of it at all, whatever they feel.
        _count("n_spoke", required=False),
        Column("is_thin", "bool"),
        _METHOD,
        _words("statement"),
    ),
    key=("rank",),
)

EVIDENCE = Table(
    "EVIDENCE",
    (
        # `curve/STAGE`, `driver/STAGE/THEME`, …: what stands at the figure in a report.
        _id("figure"),
        _id("unit_id"),
    ),
    key=("figure", "unit_id"),
)

CHANGED = Table(
    "CHANGED",
    (
        Column("group", blank=True),
        *_STAGE,
        *(
            _valence(f"{name}{end}", blank=True)
            for name in ("before", "now")
            for end in ("", "_low", "_high")
        ),
        _change("change", blank=True),
        _count("n_before"),
        _count("n_now"),
        # Whether the change is larger than what either interval allows for.
        Column("moved", "bool"),
        _words("why", blank=True),
    ),
    key=("group", "stage"),
)

TOUCHPOINTS = Table(
    "TOUCHPOINTS",
    # Every touchpoint of the codebook and every channel: who speaks of it, and how they feel then.
    (
        Column("kind", allowed=("touchpoint", "channel")),
        # Blank and -1 for a channel, which may serve several stages.
        Column("stage", blank=True),
        Column("stage_order", "int", "ordinal", low=-1),
        Column("name"),
        Column("channel", blank=True),
        _count("n_participants"),
        _count("n_of"),
        *(_share(name, blank=True) for name in ("share", "share_low", "share_high")),
        *(_valence(name, blank=True) for name in ("valence", "valence_low", "valence_high")),
        _count("n_units"),
        # Units that may speak of it, whose stage the coder is unsure of; they count nowhere else.
        _count("n_unsure"),
        Column("is_thin", "bool"),
        # Looked for, and in no unit that the coder is sure of.
        Column("unmentioned", "bool"),
        _METHOD,
        _REASON,
    ),
    key=("kind", "stage", "name"),
)

TABLES = (
    TURNS, UNITS, CODED, TAGS, CODINGS, RESOLVED, CURVE, LINES, EMOTIONS, QUOTES, MOVED, READING,
    RUNS, PARTICIPANTS, METRICS,
    DRAWS, DRAW_UNITS, FINISHED, CHANCES, PLAN, PROGRESS,
    AGREEMENT, AGREEMENT_PAIRS, SPANS_IN, SPAN_AGREEMENT, SPAN_MATCHES,
    HEARD, NEW_INFORMATION, SATURATION, SATURATION_CURVE, REACH, RECRUIT, SAMPLE, DRAFT,
    PATHS, TOLD, FIGURES, TRANSITIONS, MENTIONS, SEAM_LINES, SEAM, RANKS, PEAK_END, POLARISATION,
    SEPARATION, TRUTH, GAPS,
    DIFFERENCES,
    THEMES, THEMED, DRIVERS, DRIVER_QUOTES, NEW_STAGES, STAGE_EXAMPLES, NUMBERS, ASSOCIATIONS,
    OPPORTUNITIES, EVIDENCE, CHANGED, TOUCHPOINTS,
)  # fmt: skip

_NOTHING: dict[Kind, object] = {"text": "", "int": 0, "float": np.nan, "bool": False}
_TRUE = {"true", "1", "yes"}
_FALSE = {"false", "0", "no"}


def check(frame: pd.DataFrame, table: Table, *, path: str | Path | None = None) -> pd.DataFrame:
    """Return ``frame`` with the columns and types that ``table`` declares, or say what is wrong.

    Parameters
    ----------
    frame
        Any frame with at least the required columns, in any order; extra columns are kept after
        the declared.
    table
        What it should be.
    path
        The file it came from, for the error.

    Raises
    ------
    SchemaError
        If a required column is missing, a value is outside its column's range or set, or a key
        repeats.

    Examples
    --------
    >>> check(pd.DataFrame({"measure": ["mean"], "value": ["0.5"]}), READING, path="r.csv")
    Traceback (most recent call last):
    journeyqual.errors.SchemaError: r.csv: no column 'stage'; the READING table needs measure,
    stage, value
    """
    # A table that was never a file is named by its own name.
    path = table.name if path is None else path
    columns: dict[str, Any] = {}
    for column in table.columns:
        if column.name in frame.columns:
            columns[column.name] = _coerce(frame[column.name], column, path)
        elif column.required:
            needed = ", ".join(c.name for c in table.columns if c.required)
            raise SchemaError(
                f"no column {column.name!r}",
                path=path,
                remedy=f"the {table.name} table needs {needed}",
            )
        else:
            given = pd.Series(_NOTHING[column.kind], index=frame.index)
            columns[column.name] = _coerce(given, column, path)
    others = [name for name in frame.columns if name not in columns]
    columns |= {name: frame[name].reset_index(drop=True) for name in others}
    out = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    if table.key and len(out) > 1 and out.duplicated(list(table.key)).any():
        row = int(np.flatnonzero(out.duplicated(list(table.key)).to_numpy())[0])
        value = " / ".join(str(out[k].iloc[row]) for k in table.key)
        raise SchemaError(
            f"{' + '.join(table.key)} {value!r} stands twice",
            path=path, line=row + 2, remedy="each must be there once",
        )  # fmt: skip
    return out


def _coerce(values: pd.Series, column: Column, path: str | Path | None) -> Any:
    """Return a column's values as an array of the declared type."""
    if column.kind == "text":
        return _words_of(values, column, path)
    if column.kind == "bool":
        if values.dtype == bool:
            return values.to_numpy()
        low = [text.strip().lower() for text in _plain(values)]
        known = [text in _TRUE or text in _FALSE for text in low]
        _refuse(~np.array(known, dtype=bool), values, path, column, "is neither true nor false")
        return np.array([text in _TRUE for text in low], dtype=bool)
    numbers, given = _numbers(values)
    _refuse(given & ~np.isfinite(numbers), values, path, column, "is not a finite number")
    if not column.blank and column.required:
        _refuse(~given, values, path, column, "is blank")
    if column.low is not None:
        _refuse(numbers < column.low, values, path, column, f"is below {column.low:g}")
    if column.high is not None:
        _refuse(numbers > column.high, values, path, column, f"is above {column.high:g}")
    if column.kind == "int":
        _refuse(given & (numbers % 1 != 0), values, path, column, "is not a whole number")
        return np.nan_to_num(numbers, nan=0.0).astype("int64")
    return numbers


def _words_of(values: pd.Series, column: Column, path: str | Path | None) -> Any:
    text = _plain(values)
    if column.level == "id":
        # "P01 " and "P01" are one person; a blank more must not make two of them.
        text = [unicodedata.normalize("NFC", value.strip()) for value in text]
    if not column.blank and column.level != "text" and column.required:
        empty = [not value.strip() for value in text]
        _refuse(np.array(empty, dtype=bool), values, path, column, "is blank")
    if column.allowed:
        known = {*column.allowed, ""} if column.blank else {*column.allowed}
        bad = [value not in known for value in text]
        why = f"is not one of {', '.join(column.allowed)}"
        _refuse(np.array(bad, dtype=bool), values, path, column, why)
    return pd.array(text, dtype="str")


def _plain(values: pd.Series) -> list[str]:
    """Return values as texts, blank where they are missing.

    By lists wherever they hold texts already: pandas' own steps take a millisecond for the single
    row of a key press, and several times as long for many rows.
    """
    listed: list[Any] = values.tolist()
    kinds = set(map(type, listed))
    if kinds <= {str}:
        return listed
    if kinds <= {str, type(None), float}:
        # A float is missing here, or a number, which pandas writes.
        missing = values.isna().tolist()
        if all(gone or type(value) is str for gone, value in zip(missing, listed, strict=True)):
            return ["" if gone else v for gone, v in zip(missing, listed, strict=True)]
    written = values.astype(object).where(values.notna(), "").astype(str).tolist()
    # A missing number among pandas' own nullable ones is not written.
    return [value if isinstance(value, str) else "" for value in written]


def _numbers(values: pd.Series) -> tuple[Any, Any]:
    """Return values as floats, and which of them are given at all."""
    if isinstance(values.dtype, np.dtype):
        if values.dtype.kind in "fiu":
            numbers = values.to_numpy(dtype=float)
            return numbers, ~np.isnan(numbers)
        listed = values.tolist()
        if set(map(type, listed)) <= {float, type(None)}:
            numbers = np.array([np.nan if v is None else v for v in listed], dtype=float)
            return numbers, ~np.isnan(numbers)
    given = values.notna() & (values.astype(str).str.strip() != "")
    made = pd.to_numeric(values.replace("", np.nan), errors="coerce").astype(float)
    return made.to_numpy(dtype=float), given.to_numpy(dtype=bool)


def _refuse(bad: Any, values: pd.Series, path: str | Path | None, column: Column, why: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        shown = str(values.iloc[row])[:60]
        raise SchemaError(f"{shown!r} {why}", path=path, line=row + 2, column=column.name)


def signed(value: float) -> str:
    """Return a valence with its sign and two decimals, as every report writes it.

    Examples
    --------
    >>> signed(-0.314), signed(0.0), signed(float("nan"))
    ('−0.31', '0.00', '–')
    """
    if np.isnan(value):
        return "–"
    text = f"{abs(value):.2f}"
    return text if text == "0.00" else f"{'−' if value < 0 else '+'}{text}"


def side(low: float, high: float) -> int:
    """Return which side of neutral a point is on: 1 good, -1 bad, 0 not settled.

    The whole interval has to lie there, as it is printed (two decimals): what is drawn, quoted and
    written never disagree. A point without an interval is not settled.

    Examples
    --------
    >>> side(-0.2, -0.05), side(0.05, 0.2), side(-0.2, 0.05), side(float("nan"), 0.2)
    (-1, 1, 0, 0)
    """
    if np.isnan(low) or np.isnan(high):
        return 0
    return 1 if round(low, 2) > 0 else -1 if round(high, 2) < 0 else 0


OFTEN = 20_000
"""Different values of a column that are looked out for while it is read."""


def read_csv(path: str | Path, table: Table) -> pd.DataFrame:
    """Read a CSV file as ``table``: UTF-8, blank cells stay blank, ids stay text.

    Raises
    ------
    SchemaError
        If the file cannot be read, is no CSV, has rows of other lengths than its heading, or
        breaks the table's declaration; the line is named.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            columns = _columns(csv.reader(file), path)
    except OSError as error:
        raise SchemaError(_why(error), path=path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SchemaError(
            f"not a CSV table ({error})", path=path, remedy="save it as UTF-8 CSV"
        ) from error
    return check(pd.DataFrame(columns, dtype=str), table, path=path)


def _columns(reader: Any, path: Path) -> dict[str, list[str]]:
    """Return the cells of each column; a value that stands often is kept once.

    Column by column, since two million rows as lists would take a gigabyte.
    """
    head = next((row for row in reader if row), None)
    if head is None:
        raise SchemaError("not a CSV table (it is empty)", path=path)
    names = [name.strip() for name in head]
    for name in names:
        if names.count(name) > 1:
            raise SchemaError(f"two columns are called {name!r}", path=path, line=1)
    columns: list[list[str]] = [[] for _ in names]
    known: list[dict[str, str]] = [{} for _ in names]
    each = list(zip([column.append for column in columns], known, strict=True))
    for row in reader:
        if len(row) != len(names):
            if not row:
                continue
            raise SchemaError(
                f"{len(row)} cells where the heading has {len(names)}",
                path=path,
                line=reader.line_num,
                remedy="quote cells that hold a comma",
            )
        for (add, seen), value in zip(each, row, strict=True):
            same = seen.get(value)
            if same is None:
                same = value
                if len(seen) < OFTEN:
                    seen[value] = value
            add(same)
    return dict(zip(names, columns, strict=True))


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (error.strerror or "it cannot be read").lower()


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table as UTF-8 CSV with LF line ends, whole or not at all.

    The rows go to a temporary name beside the target first, so that a full disk or a kill leaves
    no half a file.
    """
    path = Path(path)
    text = frame.copy()
    for name in text.columns:
        if text[name].dtype == bool:
            text[name] = text[name].map({True: "true", False: "false"})
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text.to_csv(temporary, index=False, lineterminator="\n")
        temporary.replace(path)
    except OSError as error:
        raise SchemaError(f"cannot be written: {_why(error)}", path=path) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
