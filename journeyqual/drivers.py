"""What goes with a stage's feeling: its themes, held against those who do not mention them.

A driver is *mentioned with* a better or worse feeling. Participants are compared, and interviews
do not show what makes what. What customers speak of that fits no stage is proposed as a stage.

The file is over 400 lines because drivers, their quotes and the proposals have to be made of the
same units, and each figure has its reasons for not being there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import findings
from journeyqual.codebook import Codebook, Stage
from journeyqual.errors import SchemaError
from journeyqual.estimate import DRAWS, THIN_BELOW, settled
from journeyqual.estimate.compare import Side, welch_ends, with_joint
from journeyqual.estimate.inputs import Floats, prepared, weights_of
from journeyqual.estimate.intervals import (
    Sample,
    Sums,
    drawn_counts,
    gathered,
    interval,
)
from journeyqual.paths import read_by, share
from journeyqual.schema import (
    DRIVER_QUOTES,
    DRIVERS,
    NEW_STAGES,
    OFF_JOURNEY,
    STAGE_EXAMPLES,
    THEMED,
    THEMES,
    TOLD_IN,
    check,
    side,
)

IN_USE = ("suggested", "accepted")
"""Themes that a stage's feeling is held against; a proposed one waits for a person."""
TALKATIVE = 2.0
"""From so many times as many units at the stage, talkativeness is named as a part of a contrast."""

Bools = NDArray[np.bool_]


def drivers(
    coded: pd.DataFrame,
    themed: pd.DataFrame,
    themes: pd.DataFrame,
    codebook: Codebook,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return what of each stage's talk goes with a better or worse feeling there, and how surely.

    Parameters
    ----------
    coded
        As for `estimate.curve`; people's codings are read where they count.
    themed
        THEMED. A unit has its theme at the stage that it is settled at: rows of other scopes are
        not read.
    themes
        THEMES; those of a stage are its drivers, as far as they are `IN_USE`. Themes of other
        scopes, or of a stage that the codebook no longer has, are left out.
    codebook
        Names the stages.
    draws, seed
        Bootstrap draws of participants, and their seed.
    thin_below
        With fewer participants on either side a driver is thin: it has no joint interval and never
        differs.

    Returns
    -------
    DataFrame
        DRIVERS, by stage, from what pulls down most to what pulls up most.

        - ``contrast``: the mean of participants' own mean valence at the stage, of those who speak
          of the theme there less those who speak of the stage without it, with the 95 % interval of
          this one contrast, and with ``joint_low`` and ``joint_high``, which hold for all of the
          table at once. ``differs`` says that the joint interval leaves out 0.
        - ``pull``: the stage's point less the point without the theme's units.
        - ``valence``: of the theme's own words. Pull and valence weigh a unit as the curve does,
          by 1 / units of its participant.

        NaN, with the reason, where there is nobody to compare with.

    Raises
    ------
    SchemaError
        If a table is not as declared, or ``coded`` names a stage that the codebook lacks.

    Notes
    -----
    Intervals are t intervals with the bootstrap's standard error (`estimate.curve`), of contrasts
    with Welch and Satterthwaite's degrees of freedom, of pull and valence with one less than those
    who speak of the theme. Joint ones are those of the largest studentised contrast (single-step
    max-t: Westfall & Young 1993; Romano & Wolf 2005), as `estimate.differences` has them.

    Whoever has no unit at the stage that was looked at for themes is on neither side of a contrast:
    nobody knows what they left out. A theme's units are part of its speakers' own means, and who
    talks more mentions more; see ``docs/explanation/why.md`` for what that does.

    Examples
    --------
    Two speak of the price, at 0 and -0.5, two do not, at 0.5 and 0.25. Without the price the point
    is that of the other two.

    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": list("1234"), "participant": list("ABCD"),
    ...                       "stage": "using", "valence": [0.0, -0.5, 0.5, 0.25]})
    >>> themed = pd.DataFrame({"unit_id": list("1234"), "scope": "using",
    ...                        "theme": ["t1", "t1", "", ""], "similarity": 0.5})
    >>> themes = pd.DataFrame({"theme": ["t1"], "scope": "using", "name": "price", "round": 1,
    ...     "status": "suggested", "n_units": 2, "n_participants": 2, "named_by": "", "words": "",
    ...     "definition": "", "representative": "", "found_at": ""})
    >>> out = drivers(coded, themed, themes, book, draws=200)
    >>> out[["name", "contrast", "pull", "valence", "n_with", "n_without"]]
        name  contrast    pull  valence  n_with  n_without
    0  price    -0.625 -0.3125    -0.25       2          2
    """
    listed = of_stages(themes, codebook)
    units = themed_units(coded, themed, listed, codebook)
    if listed.empty or units.empty:
        return DRIVERS.empty()
    talk = _talk(units, listed, codebook)
    counts = drawn_counts(len(talk.theme.participants), draws, seed)
    one, other = (_apart(talk, who, counts) for who in (talk.speaks, talk.passes))
    error, df = welch_ends(one, other)
    contrast = one.sample.point - other.sample.point
    ends = interval(contrast, error, df)
    n_with, n_without = one.n_participants, other.n_participants
    table = listed.assign(
        stage=listed["scope"],
        difference=contrast,
        error=error,
        df=df,
        is_thin=np.minimum(n_with, n_without) < thin_below,
    )
    table = with_joint(table, one.drawn - other.drawn)
    table = table.assign(
        contrast=contrast,
        contrast_low=np.clip(ends[0], -2.0, 2.0),
        contrast_high=np.clip(ends[1], -2.0, 2.0),
        **_pull(talk, counts),
        **_own_words(talk.theme, counts),
        n_with=n_with,
        n_without=n_without,
        n_units=talk.n_units,
        method=read_by(coded),
    )
    shares = [share(n, n + m) for n, m in zip(n_with, n_without, strict=True)]
    table[["share", "share_low", "share_high"]] = np.array(shares)
    table["reason"] = _reasons(table, talk, thin_below)
    table = table.sort_values(["stage_order", "pull", "theme"], na_position="last")
    return check(table[DRIVERS.names], DRIVERS)


def of_stages(themes: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return the themes in use of the codebook's stages, with ``stage_order``, by stage and id."""
    themes = check(themes, THEMES)
    held = themes[themes["scope"].isin(codebook.stage_names) & themes["status"].isin(IN_USE)]
    held = held.assign(stage_order=[codebook.order(str(scope)) for scope in held["scope"]])
    return held.sort_values(["stage_order", "theme"]).reset_index(drop=True)


def themed_units(
    coded: pd.DataFrame, themed: pd.DataFrame, themes: pd.DataFrame, codebook: Codebook
) -> pd.DataFrame:
    """Return settled units with the theme that each has at the stage it stands at.

    Parameters
    ----------
    coded, themed, codebook
        As for `drivers`.
    themes
        Frame with ``theme``: those that count. A unit of another theme has none.

    Returns
    -------
    DataFrame
        The settled units, with ``theme`` (blank: none), ``looked`` (whether it was looked at for
        themes there) and ``weight`` (as in the curve), by id.
    """
    coded, _ = prepared(coded, codebook, "")
    held = settled(coded.assign(weight=weights_of(coded))).sort_values("unit_id")
    there = check(themed, THEMED)[["unit_id", "scope", "theme"]]
    held = held.drop(columns=["scope", "theme"], errors="ignore").assign(
        scope=held["stage"].where(held["stage"] != "", OFF_JOURNEY)
    )
    held = held.merge(there, on=["unit_id", "scope"], how="left")
    looked = held["theme"].notna()
    theme = held["theme"].where(held["theme"].isin(set(themes["theme"])), "")
    return held.drop(columns="scope").assign(theme=theme, looked=looked)


@dataclass(frozen=True)
class _Talk:
    """What participants add to each theme's figures: arrays of participants x themes.

    Parameters
    ----------
    stage, theme
        The sums of the stages' points, and of the themes' own words.
    place
        The stage of each theme, a column of ``stage``.
    own
        Participants' own mean at the theme's stage; 0 of who does not speak of it.
    said
        How many units they have there.
    speaks, passes
        Who speaks of the theme, and who speaks of the stage without it.
    n_units
        How many units each theme has.
    """

    stage: Sample
    theme: Sample
    place: NDArray[np.intp]
    own: Floats
    said: Floats
    speaks: Bools
    passes: Bools
    n_units: NDArray[np.intp]


def _talk(units: pd.DataFrame, listed: pd.DataFrame, codebook: Codebook) -> _Talk:
    names = Codebook("themes", stages=tuple(Stage(str(theme)) for theme in listed["theme"]))
    weight, once = units["weight"].to_numpy(dtype=float), np.ones(len(units))
    by_theme = units.assign(stage=units["theme"])
    place = listed["stage_order"].to_numpy(dtype=np.intp)
    theme = gathered(by_theme, names, "machine", weight)
    plain = gathered(units, codebook, "machine", once).direct
    looked = gathered(units, codebook, "machine", units["looked"].to_numpy(dtype=float)).direct
    own = np.zeros(plain.numerator.shape)
    np.divide(plain.numerator, plain.denominator, out=own, where=plain.denominator > 0)
    speaks = theme.direct.denominator > 0
    return _Talk(
        stage=gathered(units, codebook, "machine", weight),
        theme=theme,
        place=place,
        own=own[:, place],
        said=plain.denominator[:, place],
        speaks=speaks,
        passes=(looked.denominator[:, place] > 0) & ~speaks,
        n_units=by_theme["stage"]
        .value_counts()
        .reindex(names.stage_names, fill_value=0)
        .to_numpy(dtype=np.intp),
    )


def _apart(talk: _Talk, who: Bools, counts: Floats) -> Side:
    """Return the mean of the own means of those people, theme by theme, in every draw, too."""
    n = who.sum(axis=0).astype(np.intp)
    sums = Sums(np.where(who, talk.own, 0.0), who.astype(float))
    people = talk.theme.participants
    sample = Sample(people, sums, None, n, n, np.maximum(n - 1, 0))
    drawn = sample.curves(counts)
    return Side(sample, drawn, sample.error(drawn), n, np.zeros_like(n))


def _pull(talk: _Talk, counts: Floats) -> dict[str, Floats]:
    """Return how far the stage's point moves if what was said of the theme is left out."""
    whole, part = talk.stage.direct, talk.theme.direct
    sums = Sums(
        whole.numerator[:, talk.place] - part.numerator,
        whole.denominator[:, talk.place] - part.denominator,
    )
    n = talk.theme.heard
    without = Sample(talk.theme.participants, sums, None, n, n, np.maximum(n - 1, 0))
    pull = talk.stage.point[talk.place] - without.point
    drawn = talk.stage.curves(counts)[:, talk.place] - without.curves(counts)
    low, high = interval(pull, without.error(drawn), without.df)
    return {
        # Nobody pulls at what they do not speak of.
        "pull": np.where(n > 0, pull, np.nan),
        "pull_low": np.clip(low, -2.0, 2.0),
        "pull_high": np.clip(high, -2.0, 2.0),
    }


def _own_words(theme: Sample, counts: Floats) -> dict[str, Floats]:
    """Return the feeling in the themes' own words, by the curve's weights."""
    low, high = interval(theme.point, theme.error(theme.curves(counts)), theme.df)
    return {
        "valence": theme.point,
        "valence_low": np.clip(low, -1.0, 1.0),
        "valence_high": np.clip(high, -1.0, 1.0),
    }


def _reasons(table: pd.DataFrame, talk: _Talk, thin_below: int) -> list[str]:
    """Return why a driver's figures are not all there, and what else to know of them."""
    many = [_mean_of(talk.said, who) for who in (talk.speaks, talk.passes)]
    out = []
    for k, row in enumerate(table.itertuples()):
        why = []
        if not row.n_with:
            why.append("nobody speaks of it")
        elif not row.n_without:
            why.append("everybody who speaks of the stage speaks of it")
        elif min(row.n_with, row.n_without) == 1:
            why.append("no interval: one participant alone on one side")
        elif row.is_thin:
            why.append(f"no joint interval: fewer than {thin_below} participants on one side")
        elif np.isnan(row.joint_low):
            why.append("no joint interval: nobody differs within the two sides")
        if row.n_with and np.isnan(row.pull):
            why.append("no pull: nothing else is said of the stage")
        # Own means of talkers are of more words, and so are their themes.
        if min(row.n_with, row.n_without) > 1 and many[0][k] >= TALKATIVE * many[1][k]:
            times = many[0][k] / many[1][k]
            why.append(f"who speaks of it says {times:.1f} times as much about the stage")
        out.append("; ".join(why))
    return out


def _mean_of(values: Floats, who: Bools) -> Floats:
    out = np.full(who.shape[1], np.nan)
    n = who.sum(axis=0)
    np.divide(np.where(who, values, 0.0).sum(axis=0), n, out=out, where=n > 0)
    return out


# -- quotes -------------------------------------------------------------------------------------


def quotes(
    coded: pd.DataFrame,
    units: pd.DataFrame,
    themed: pd.DataFrame,
    drivers: pd.DataFrame,
    codebook: Codebook,
    *,
    supporting: int = 2,
    contradicting: int = 1,
    silent: frozenset[str] = frozenset(),
    per_participant: int = findings.PER_PARTICIPANT,
    shown: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return for each driver the quotes of its own feeling, and one of the other side.

    Parameters
    ----------
    coded
        Settled values, as for `findings.quotes`.
    units
        UNITS of the same study.
    themed
        THEMED.
    drivers
        DRIVERS.
    codebook
        Gives a stage its place.
    supporting, contradicting
        How many quotes each, at most.
    silent
        Participants who may not be quoted.
    per_participant
        Nobody is quoted with more units than this.
    shown
        Quotes (``participant, unit_id``) that the same report shows already; they count, and cost
        nothing if they are shown again.

    Returns
    -------
    DataFrame
        DRIVER_QUOTES. Where the interval of the theme's own words lies on one side of neutral,
        quotes of that side support it and one of the other contradicts it: the same theme, felt
        otherwise. Where it does not, one ``good`` and one ``bad`` quote are shown. The choice is
        that of `findings.quotes`.

    See Also
    --------
    journeyqual.findings.verbatim : compare quotes with the stored text before they are shown.
    """
    held = findings.quotable(coded, units, codebook, silent)
    there = check(themed, THEMED).rename(columns={"scope": "stage"})[["unit_id", "stage", "theme"]]
    held = held.drop(columns=["theme"], errors="ignore").merge(there, on=["unit_id", "stage"])
    quoted: findings.Quoted = defaultdict(set)
    if shown is not None:
        for participant, unit in zip(shown["participant"], shown["unit_id"], strict=True):
            quoted[str(participant)].add(str(unit))
    by_theme = dict(list(held.groupby("theme")))
    rows = []
    for driver in check(drivers, DRIVERS).itertuples():
        if driver.theme not in by_theme:
            continue
        sign = side(driver.valence_low, driver.valence_high)
        found = findings.chosen(
            by_theme[driver.theme],
            sign,
            supporting,
            contradicting,
            quoted,
            per_participant,
        )
        rows += [{**row, "theme": driver.theme, "name": driver.name} for row in found]
    return check(pd.DataFrame(rows, columns=DRIVER_QUOTES.names), DRIVER_QUOTES)


# -- stages that the codebook lacks -------------------------------------------------------------


def new_stages(
    coded: pd.DataFrame,
    themed: pd.DataFrame,
    themes: pd.DataFrame,
    codebook: Codebook,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what participants speak of that fits no stage, as proposals for the codebook.

    Parameters
    ----------
    coded
        As for `drivers`, with ``interview`` and ``order`` (of the unit in its interview);
        ``unsure`` is read if it is there.
    themed
        THEMED. A unit counts if it still fits no stage.
    themes
        THEMES; those off the journey are read, unless they are rejected.
    codebook
        Names the stages there are.
    draws, seed
        As for `drivers`.

    Returns
    -------
    DataFrame
        NEW_STAGES, most spoken of first. ``share`` is of all participants heard. ``told_after`` is
        the stage that most participants told of just before, ``told_before`` just after; blank if
        no stage has more than half of their voices (each has one, divided among its units). Both
        the same: told amid that stage. What the coder is unsure of is no neighbour. A theme that
        nobody's present units are of is left out.

    Notes
    -----
    Told order is not lived order. Where in the journey it belongs is the researcher's to say, and
    whether it is a stage at all.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": list("123"), "participant": "P01", "interview": "P01",
    ...     "order": range(3), "stage": ["buying", "", "using"], "valence": [0.0, 0.5, 0.0]})
    >>> themed = pd.DataFrame({"unit_id": ["2"], "scope": "(off the journey)", "theme": ["t1"],
    ...                        "similarity": 0.5})
    >>> themes = pd.DataFrame({"theme": ["t1"], "scope": "(off the journey)", "name": "dog",
    ...     "status": "suggested", "n_units": 1, "n_participants": 1, "named_by": "", "words": "",
    ...     "definition": "", "representative": "2", "found_at": "", "round": 1})
    >>> new_stages(coded, themed, themes, book)[["name", "valence", "told_after", "told_before"]]
      name  valence told_after told_before
    0  dog      0.5     buying       using
    """
    coded = check(coded, TOLD_IN)
    themes = check(themes, THEMES)
    listed = themes[(themes["scope"] == OFF_JOURNEY) & (themes["status"] != "rejected")]
    units = themed_units(coded, themed, listed, codebook)
    spoken = units[(units["stage"] == "") & (units["theme"] != "")]
    listed = listed[listed["theme"].isin(set(spoken["theme"]))].sort_values("theme")
    if listed.empty:
        return NEW_STAGES.empty()
    names = Codebook("themes", stages=tuple(Stage(str(theme)) for theme in listed["theme"]))
    off = units.assign(stage=units["theme"].where(units["stage"] == "", ""))
    sample = gathered(off, names, "machine", units["weight"].to_numpy(dtype=float))
    people = coded["participant"].nunique()
    counts = drawn_counts(len(sample.participants), draws, seed)
    table = listed.assign(
        n_units=listed["theme"].map(spoken.groupby("theme").size()),
        n_participants=sample.heard,
        **_own_words(sample, counts),
        **_told_beside(units, names.stage_names),
        reason=["" if n > 1 else "no interval: one participant speaks of it" for n in sample.heard],
    )
    table[["share", "share_low", "share_high"]] = [share(int(n), people) for n in sample.heard]
    table = table.sort_values(
        ["n_participants", "n_units", "theme"], ascending=[False, False, True]
    )
    return check(table[NEW_STAGES.names], NEW_STAGES)


def _told_beside(units: pd.DataFrame, themes: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the stages told of just before and just after each theme, where most agree."""
    told = units.sort_values(["participant", "interview", "order", "unit_id"])
    sure = told["stage"] != ""
    if "unsure" in told:
        sure &= ~told["unsure"].astype(bool)
    walk = told.assign(stage=told["stage"].where(sure)).groupby(["participant", "interview"])
    spoken = (told["stage"] == "") & (told["theme"] != "")
    out = {}
    for name, beside in (
        ("told_after", walk["stage"].ffill()),
        ("told_before", walk["stage"].bfill()),
    ):
        at = told[spoken].assign(beside=beside[spoken].fillna(""))
        mine = at.groupby(["theme", "participant"])["unit_id"].transform("size")
        votes = (1.0 / mine).groupby([at["theme"], at["beside"]]).sum()
        voices = at.groupby("theme")["participant"].nunique()
        most = {
            theme: stage
            for (theme, stage), n in votes.items()
            if n > voices[theme] / 2 + 1e-9 and stage
        }
        out[name] = [most.get(theme, "") for theme in themes]
    return out


def examples(
    proposals: pd.DataFrame,
    units: pd.DataFrame,
    *,
    silent: frozenset[str] = frozenset(),
    many: int = 3,
) -> pd.DataFrame:
    """Return for each proposed stage its most typical units, verbatim, each of another person.

    Parameters
    ----------
    proposals
        NEW_STAGES.
    units
        UNITS of the same study.
    silent
        Participants who may not be quoted.
    many
        How many examples, at most.

    Returns
    -------
    DataFrame
        STAGE_EXAMPLES, best first within a theme; `findings.verbatim` reads it.
    """
    known = units.set_index("unit_id")[["interview", "participant", "text"]]
    rows = []
    for row in check(proposals, NEW_STAGES).itertuples():
        people: set[str] = set()
        for unit in row.representative.split():
            if unit not in known.index or len(people) == many:
                continue
            interview, participant, text = known.loc[unit]
            if participant not in people | silent:
                people.add(participant)
                rows.append((row.theme, len(people), unit, interview, participant, text))
    return check(pd.DataFrame(rows, columns=STAGE_EXAMPLES.names), STAGE_EXAMPLES)


def as_stage(row: pd.Series, examples: pd.DataFrame) -> str:
    r"""Return a proposal as a ``[[stage]]`` of a codebook file, its definition left to be written.

    Parameters
    ----------
    row
        A row of NEW_STAGES.
    examples
        STAGE_EXAMPLES, or any quotes with ``theme`` and ``text``; those of the row's theme stand in
        it word for word.

    Returns
    -------
    str
        TOML, to be put into the codebook where the stage belongs. The definition is blank, and a
        comment says whose work it is: coders read definitions, and would read a stopgap.

    Raises
    ------
    SchemaError
        If the row has no name.

    Examples
    --------
    >>> row = pd.Series({"theme": "t1", "name": "the dog", "n_participants": 5, "share": 0.5,
    ...                  "told_after": "buying", "told_before": "using"})
    >>> said = pd.DataFrame({"theme": ["t1"], "text": ['"No way", said the dog.']})
    >>> print(as_stage(row, said))
    [[stage]]
    # Proposed: spoken of by 5 participants (50 %), told between "buying" and "using".
    name = "the dog"
    # The definition is to be written by the researcher, before anything is coded with it.
    definition = ""
    include = []
    exclude = []
    examples = [
      "\"No way\", said the dog.",
    ]
    """
    name = str(row["name"]).strip()
    if not name:
        raise SchemaError("a stage needs a name", column="name", remedy="name the theme first")
    many = int(row["n_participants"])
    who = "1 participant" if many == 1 else f"{many} participants"
    of_all = "" if np.isnan(row["share"]) else f" ({100 * row['share']:.0f} %)"
    told = _told(row["told_after"], row["told_before"])
    own = examples.loc[examples["theme"] == row["theme"], "text"]
    lines = [
        "[[stage]]",
        f"# Proposed: spoken of by {who}{of_all}{told}.",
        f"name = {_toml(name)}",
        "# The definition is to be written by the researcher, before anything is coded with it.",
        'definition = ""',
        "include = []",
        "exclude = []",
    ]
    if own.empty:
        return "\n".join([*lines, "examples = []"])
    return "\n".join([*lines, "examples = [", *(f"  {_toml(text)}," for text in own), "]"])


def _told(after: str, before: str) -> str:
    if after and before:
        if after == before:
            return f", told amid {_toml(after)}"
        return f", told between {_toml(after)} and {_toml(before)}"
    if after:
        return f", told after {_toml(after)}"
    return f", told before {_toml(before)}" if before else ""


def _toml(words: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(str(words), ensure_ascii=False).replace("\x7f", "\\u007f")
