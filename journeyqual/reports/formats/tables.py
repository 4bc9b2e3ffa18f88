"""What every format reads: a study's result tables, taken once, with nothing computed from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual import schema
from journeyqual.charts.words import METHOD_WORDS
from journeyqual.codebook import Codebook
from journeyqual.schema import Table
from journeyqual.theme import Theme

if TYPE_CHECKING:
    from journeyqual.study import Study

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What no XML file can hold, or no reader shows."""


@dataclass(frozen=True)
class Sheet:
    """One result table under the name that readers see.

    Parameters
    ----------
    name
        Of 31 characters at most, as spreadsheets want it.
    about
        What a row is, in one sentence.
    table
        Its declaration.
    rows
        The table.
    """

    name: str
    about: str
    table: Table
    rows: pd.DataFrame


@dataclass(frozen=True)
class Results:
    """A study's results, as all formats read them.

    Parameters
    ----------
    title, note, headline
        What reports are headed with.
    by
        The attribute that groups are shown by; blank is none.
    codebook
        Stages in their order, owners, emotions.
    facts
        How it was made, name to value.
    theme
        Logo, colours, font.
    sheets
        The tables by name; every table of `gather` is there, perhaps without rows.
    """

    title: str
    note: str
    headline: str
    by: str
    codebook: Codebook
    facts: Mapping[str, str | int]
    theme: Theme
    sheets: Mapping[str, Sheet]

    def rows(self, name: str) -> pd.DataFrame:
        """Return the table of a sheet."""
        return self.sheets[name].rows

    @property
    def trust(self) -> str:
        """How the units were coded, in the words that stand under every chart."""
        found = set(self.rows("Curve")["method"])
        return " ".join(words for method, words in METHOD_WORDS.items() if method in found)

    @property
    def unverified(self) -> bool:
        """Whether no person has checked what a machine read."""
        return "machine" in set(self.rows("Curve")["method"])


def gather(study: Study) -> Results:
    """Return a study's results, each table asked for once.

    Parameters
    ----------
    study
        An open study.
    """
    config = study.config
    return Results(
        title=clean(config.title),
        note=clean(study.note),
        headline=apart(" ".join(clean(study.headline()).split()), study.codebook.stage_names),
        by=config.by,
        codebook=study.codebook,
        facts=study.facts(),
        theme=config.theme,
        sheets={sheet.name: sheet for sheet in _sheets(study)},
    )


def _spoken(themes: pd.DataFrame) -> pd.DataFrame:
    """Leave out themes without units: their words may be those of people who have withdrawn."""
    return themes.loc[themes["n_units"] > 0, _THEMES.names].reset_index(drop=True)


def _sheets(study: Study) -> Iterable[Sheet]:
    """Yield every sheet; long because it is the list of them, two lines each."""
    by, journey, why = study.config.by, study.journey, study.why
    grouped = study.curve(by=by) if by else schema.CURVE.empty()
    # The words of units stay in the study: what is quoted is what people agreed to, and was chosen.
    behind = study.behind("").drop(columns="text")
    made: list[tuple[str, str, Table, Any]] = [
        ("Curve", "A stage: how it felt on average from -1 to 1, its interval, who spoke of it.",
         schema.CURVE, study.curve()),
        ("Curve by group", f"A group ({by or 'none'}) and stage.", schema.CURVE, grouped),
        ("Participants", "A participant and stage: their own mean.", schema.LINES, study.lines()),
        ("Emotions", "A stage and emotion: its share of the stage's talk.",
         schema.EMOTIONS, study.emotions()),
        ("Quotes", "A quote that supports or contradicts a stage's point, word for word.",
         schema.QUOTES, study.quotes()),
        ("Reading", "What a reader remembers of the curve.", schema.READING, study.reading()),
        ("Changed", "A stage: how it felt at the last run that differed, and now.",
         schema.CHANGED, study.changed()),
        ("Changes", "A wave against the one before at a stage.",
         schema.DIFFERENCES, journey.changes()),
        ("Coverage", "A stage: how much was said, and how much of it the coder is unsure of.",
         _COVERAGE, study.coverage()),
        ("Opportunities", "Something to mend or keep, most wanted first.",
         schema.OPPORTUNITIES, why.opportunities()),
        ("Drivers", "A theme at a stage: how far the feeling differs with it. No cause is shown.",
         schema.DRIVERS, why.drivers()),
        ("Driver quotes", "A quote for or against a driver, word for word.",
         schema.DRIVER_QUOTES, why.quotes()),
        ("Touchpoints", "A touchpoint or channel: who speaks of it and how it felt; which nobody "
         "mentions.", schema.TOUCHPOINTS, journey.touchpoints()),
        ("Numbers", "A metric beside the feeling of the same stage, group and period.",
         schema.NUMBERS, why.numbers()),
        ("Associations", "A metric: whether it moves with the feeling. No cause is shown.",
         schema.ASSOCIATIONS, why.associations()),
        ("New stages", "Talk that fits no stage and belongs together.",
         schema.NEW_STAGES, why.new_stages()),
        ("New stage examples", "What was said of a proposed stage, word for word.",
         schema.STAGE_EXAMPLES, why.examples()),
        ("Themes", "A theme: what people speak of.", _THEMES, _spoken(study.themes.table())),
        ("Ranks", "A stage: how firmly it is the lowest or the highest.",
         schema.RANKS, journey.ranks()),
        ("Split stages", "A stage: whether some are delighted by it while others suffer.",
         schema.POLARISATION, journey.polarisation()),
        ("Who is split", "A split stage and attribute: whether it tells the two sides apart.",
         schema.SEPARATION, journey.separation()),
        ("Peak and end", "A participant: the strongest moment, the last one, the verdict.",
         schema.PEAK_END, journey.peak_end()),
        ("Peak and end figures", "Whether peak and end go with the verdict, and the mean.",
         schema.FIGURES, journey.peak_end_figures()),
        ("Gaps", "A stage: what was told beside what the team expected.",
         schema.GAPS, journey.gaps()),
        ("Moments of truth", "A stage: whether its feeling goes with what people think in the end.",
         schema.TRUTH, journey.truth()),
        ("Seam", "The change of feeling from buyer to customer, within participants.",
         schema.SEAM, journey.seam()),
        ("Seam by participant", "A participant: the last buyer stage beside the first as customer.",
         schema.SEAM_LINES, journey.seam_lines()),
        ("Moves", "A stage told after another: how many went on so, or came back.",
         schema.TRANSITIONS, journey.transitions()),
        ("Told order", "A participant: how far the order told is the journey's (tau).",
         schema.TOLD, journey.told()),
        ("Told order, mean", "The same over all participants.",
         schema.FIGURES, journey.told_mean()),
        ("Mentions", "A stage: how many reached, passed over or came back to it.",
         schema.MENTIONS, journey.mentions()),
        ("Differences", "A group against another at a stage.",
         schema.DIFFERENCES, journey.differences()),
        ("Saturation", "The study (blank) or a stage: whether new interviews still bring codes.",
         schema.SATURATION, journey.saturation()),
        ("Saturation curve", "The study (blank) or a stage after so many interviews: codes found.",
         schema.SATURATION_CURVE, journey.saturation_curve()),
        ("Recruit next", "Whom to interview next for a stage that few spoke of.",
         schema.RECRUIT, journey.recruit()),
        ("Agreement", "A dimension or code: how far people who coded alone agree.",
         schema.AGREEMENT, study.team.agreement()),
        ("Agreement, pairs", "Two coders and a dimension: how far they agree.",
         schema.AGREEMENT_PAIRS, study.team.pairs()),
        ("Sample", "Everybody (blank) or a group: how many, how long.",
         schema.SAMPLE, journey.sample()),
        ("COREQ", "An item of the reporting standard: what is known, what is to be supplied.",
         schema.DRAFT, journey.draft("COREQ")),
        ("Metrics", "A number that the team brought, as it stands in its file.",
         schema.METRICS, study.metrics()),
        ("Evidence", "A figure and a unit that stands behind it.",
         schema.EVIDENCE, behind[schema.EVIDENCE.names]),
        ("Units", "A unit that stands behind a figure. Its words are in the study.",
         _UNITS, behind[_UNITS.names].drop_duplicates("unit_id")),
    ]  # fmt: skip
    for name, about, table, rows in made:
        yield Sheet(name, about, table, schema.check(rows, table))


_UNITS = Table(
    "UNITS behind figures",
    (
        *(schema.Column(n, level="id") for n in ("unit_id", "interview", "participant")),
        schema.Column("start_s", "float", "ratio", blank=True),
        schema.Column("stage", blank=True),
        schema.Column("valence", "float", "interval"),
        schema.Column("emotion", blank=True),
    ),
    key=("unit_id",),
)

_THEMES = replace(
    schema.THEMES, columns=tuple(c for c in schema.THEMES.columns if c.name != "found_at")
)
"""Without the clock of the run that found them: the same study gives the same bytes."""
_COVERAGE = Table(
    "COVERAGE",
    (
        schema.Column("stage"),
        schema.Column("stage_order", "int", "ordinal", low=0),
        *(
            schema.Column(n, "int", "ratio", low=0)
            for n in ("n_units", "n_participants", "n_unsure")
        ),
        schema.Column("is_thin", "bool"),
    ),
    key=("stage",),
)


def clean(text: object) -> str:
    r"""Return text without what a file of XML cannot hold; such a character shows as ``\ufffd``.

    Letters, marks and invisible joiners of any script stay as they are.

    Examples
    --------
    >>> clean("a\x00b\ud800c\u200dd") == "a\ufffdb\ufffdc\u200dd"
    True
    """
    return NOT_XML.sub("\ufffd", str(text))


def apart(text: str, names: Iterable[str] = ()) -> str:
    r"""Return text in which names cannot turn the direction of what stands around them.

    A name in Arabic or Hebrew, or one with an override of direction, would show the figure after
    it as another one (``(0.55-)``). Such names are set apart as Unicode's isolates (UAX 9), and
    lose their own controls of direction.

    Parameters
    ----------
    text
        A sentence, or a name by itself.
    names
        Those that may stand in it; none says that the text is a name itself.

    Examples
    --------
    >>> apart("set-up"), apart("a\u202eb") == "\u2068ab\u2069"
    ('set-up', True)
    >>> apart("worst: a\u202eb (-0.5)", ["a\u202eb"]) == "worst: \u2068ab\u2069 (-0.5)"
    True
    """
    if not _turns(text):
        return text
    tidy = {" ".join(clean(name).split()) for name in names}
    found = sorted({n for n in tidy if n and _turns(n)}, key=lambda n: (-len(n), n))
    if not found:
        return f"\u2068{_CONTROLS.sub('', text)}\u2069"
    pattern = re.compile("|".join(map(re.escape, found)))
    return pattern.sub(lambda m: f"\u2068{_CONTROLS.sub('', m.group())}\u2069", text)


_OVERRIDES = re.compile("[\u202a-\u202e]")
_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _turns(text: str) -> bool:
    return _CONTROLS.search(text) is not None or any(
        unicodedata.bidirectional(c) in {"R", "AL", "AN"} for c in text
    )


def short(text: object, most: int, names: Iterable[str] = ()) -> str:
    """Return a name on one line, cut with an ellipsis if it is longer than ``most`` characters.

    What of it turns the direction of writing turns nothing around it: see `apart`, for ``names``
    that stand in a sentence, too.

    Examples
    --------
    >>> short("test ride and sign-up", 12), short("set-up", 12)
    ('test ride a…', 'set-up')
    """
    line = " ".join(clean(text).split())
    if len(line) <= most:
        return apart(line, names)
    kept = line[: most - 1]
    # A cut between a letter and its mark would show another letter.
    while kept and unicodedata.combining(line[len(kept)]):
        kept = kept[:-1]
    told = apart(kept.rstrip() + "…", names)
    # A name that is cut is found no more: then all of it is set apart.
    return apart(told) if names and _OVERRIDES.search(told) else told
