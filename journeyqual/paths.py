"""How participants walk through the journey as they tell it, and what happens at the seam.

Told order is the order of the interview, lived order that of the codebook. A path is what a coder
read, unit after unit, so one misread unit makes a return that nobody made: units that the coder is
unsure of start no step. Shares are of participants, with Wilson intervals; means are of
participants, with bootstrap intervals. Both say what other participants might change, and nothing
of what a machine misread: ``method`` tells who read.

The file is over 400 lines because path, order, moves and seam have to be made of the same steps.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from journeyqual import estimate
from journeyqual.codebook import SIDES, Codebook, Stage
from journeyqual.estimate import DRAWS, LEVEL, THIN_BELOW, tail
from journeyqual.schema import (
    CURVE_IN,
    FIGURES,
    MENTIONS,
    PATHS,
    SEAM,
    SEAM_LINES,
    TOLD,
    TOLD_IN,
    TRANSITIONS,
    check,
)

FEW = 10
"""With fewer participants an interval is too narrow."""
FLAT = 0.1
"""A change of feeling smaller than this is neither a rise nor a fall."""
_HUMAN = ["human_stage", "human_valence", "sampling_probability"]

Floats = NDArray[np.float64]


def paths(coded: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return each interview as its steps through the journey, in told order.

    A step is a run of units about one stage. Units that fit no stage, and those the coder is
    unsure of, start no step and end none.

    Parameters
    ----------
    coded
        As for `estimate.curve`, with ``interview`` and ``order`` (of the unit in its interview,
        joined from UNITS); ``unsure`` is read if it is there.
    codebook
        Names the stages and their lived order.

    Returns
    -------
    DataFrame
        PATHS; ``step`` counts from 1 in each interview.

    Raises
    ------
    SchemaError
        If a column is missing.
    ConfigError
        If the codebook has not the stage.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": list("abcd"), "participant": "P01", "interview": "P01",
    ...                       "order": range(4), "valence": 0.0,
    ...                       "stage": ["using", "buying", "", "buying"]})
    >>> paths(coded, book)[["step", "stage", "n_units"]]
       step   stage  n_units
    0     1   using        1
    1     2  buying        2
    """
    return _paths(_settled(coded), codebook)


def told_order(coded: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return how far each participant tells the journey in the order it is lived.

    Parameters
    ----------
    coded, codebook
        As for `paths`.

    Returns
    -------
    DataFrame
        TOLD, a row for everybody. ``tau`` is Kendall's tau-b between the place of a step in the
        interview and the place of its stage in the journey: 1 is from first to last, -1 is
        backwards. The mean over interviews of somebody who was interviewed several times; NaN,
        with the reason, of somebody who speaks of one stage only. ``n_back`` counts the moves to
        an earlier stage.

    Notes
    -----
    Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945); `scipy` computes
    it. A stage told of twice is a tie in the journey, so that any return keeps tau below 1.

    Examples
    --------
    Of the ten pairs of steps a b a c d, a with a is a tie, b before a is out of order, and eight
    are in order: (8 - 1) / sqrt(10 x 9).

    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": n} for n in "abcd"]})
    >>> coded = pd.DataFrame({"unit_id": list("12345"), "participant": "P01", "interview": "P01",
    ...                       "order": range(5), "valence": 0.0, "stage": list("abacd")})
    >>> told_order(coded, book)[["tau", "n_stages", "n_steps", "n_back"]].round(3)
         tau  n_stages  n_steps  n_back
    0  0.738         4        5       1
    """
    from scipy.stats import kendalltau

    held = _settled(coded)
    steps = _paths(held, codebook)
    method = read_by(coded)
    taus: dict[str, list[float]] = {}
    for (participant, _), walk in steps.groupby(["participant", "interview"]):
        if walk["stage"].nunique() > 1:
            tau = kendalltau(walk["step"], walk["stage_order"], variant="b").statistic
            taus.setdefault(str(participant), []).append(float(tau))
    by_person = steps.groupby("participant")
    n_stages, n_steps = by_person["stage"].nunique(), by_person.size()
    moves = _moves(steps)
    n_back = moves[moves["direction"] == "back"].groupby("participant").size()
    rows = []
    for person in _people(coded):
        own = taus.get(person)
        few = "speaks of one stage only" if person in n_steps.index else "speaks of no stage"
        rows.append(
            {
                "participant": person,
                "tau": np.clip(np.mean(own), -1.0, 1.0) if own else np.nan,
                "n_stages": n_stages.get(person, 0),
                "n_steps": n_steps.get(person, 0),
                "n_back": n_back.get(person, 0),
                "method": method,
                "reason": "" if own else few,
            }
        )
    return check(pd.DataFrame(rows, columns=TOLD.names), TOLD)


def told_mean(told: pd.DataFrame, *, draws: int = DRAWS, seed: int = 0) -> pd.DataFrame:
    """Return the mean tau of all participants who speak of several stages, with its interval.

    Parameters
    ----------
    told
        TOLD.
    draws, seed
        Bootstrap draws of participants, and their seed.

    Returns
    -------
    DataFrame
        FIGURES with the one measure ``told order``.

    Examples
    --------
    >>> told = pd.DataFrame({"participant": ["P01", "P02", "P03"], "tau": [1.0, 0.5, None],
    ...                      "n_stages": 2, "n_steps": 2, "n_back": 0, "method": "human"})
    >>> told_mean(told)[["measure", "value", "n_participants"]]
          measure  value  n_participants
    0  told order   0.75               2
    """
    told = check(told, TOLD)
    values = told["tau"].dropna().to_numpy()
    low, high = mean_interval(values, draws=draws, seed=seed)
    row = {
        "measure": "told order",
        "value": values.mean() if len(values) else np.nan,
        "value_low": low,
        "value_high": high,
        "n_participants": len(values),
        "method": told["method"].iloc[0] if len(told) else "machine",
        "reason": how_many(len(values), "tell of several stages"),
    }
    return check(pd.DataFrame([row]), FIGURES)


def transitions(coded: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return which stage participants go on to from which, and which ones they go back to.

    Parameters
    ----------
    coded, codebook
        As for `paths`.

    Returns
    -------
    DataFrame
        TRANSITIONS, in lived order: every move between stages that was made within an interview.
        ``n_participants`` made it at least once, ``share`` is theirs of all ``n_of`` participants,
        ``n_moves`` counts it as often as it was made. A ``back`` is a loop.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": list("abc"), "participant": "P01", "interview": "P01",
    ...                       "order": range(3), "valence": 0.0,
    ...                       "stage": ["buying", "using", "buying"]})
    >>> transitions(coded, book)[["from_stage", "to_stage", "direction", "n_moves"]]
      from_stage to_stage direction  n_moves
    0     buying    using    onward        1
    1      using   buying      back        1
    """
    moves = _moves(_paths(_settled(coded), codebook))
    people = len(_people(coded))
    key = ["stage_order", "to_order", "stage", "to_stage", "direction"]
    counted = moves.groupby(key).agg(
        n_moves=("participant", "size"), n_participants=("participant", "nunique")
    )
    out = counted.reset_index().rename(columns={"stage": "from_stage"})
    shares = [share(n, people) for n in out["n_participants"]]
    out[["share", "share_low", "share_high"]] = np.array(shares).reshape(-1, 3)
    out = out.assign(n_of=people, method=read_by(coded))
    return check(out[TRANSITIONS.names], TRANSITIONS)


def mentions(coded: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return for each stage who spoke of it, passed over it, came back to it, began or ended there.

    Parameters
    ----------
    coded, codebook
        As for `paths`.

    Returns
    -------
    DataFrame
        MENTIONS, five rows a stage, each a share ``n_participants`` / ``n_of`` with its interval:

        - ``reached``: said anything about it, of all participants.
        - ``skipped``: said nothing about it, of those who speak of a later stage.
        - ``repeated``: came back to it after another stage in the same interview, of those with a
          step there.
        - ``first``, ``last``: began or ended an interview with it, of those with any step.

        Share and interval are NaN, with the reason, where there is nobody it could be a share of.

    Notes
    -----
    What the coder is unsure of counts against ``skipped`` and for ``reached``, but makes no step:
    one misread unit shall neither fake a gap nor fake a return.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": list("abc"), "participant": ["P01", "P01", "P02"],
    ...                       "interview": ["P01", "P01", "P02"], "order": [0, 1, 0],
    ...                       "valence": 0.0, "stage": ["buying", "using", "using"]})
    >>> out = mentions(coded, book).set_index(["stage", "measure"])
    >>> out.loc[("buying", "skipped"), ["n_participants", "n_of", "share"]].tolist()
    [1.0, 2.0, 0.5]
    """
    held = _settled(coded)
    steps = _paths(held, codebook)
    everybody = set(_people(coded))
    told = steps.groupby("stage")["participant"].agg(set).to_dict()
    spoke = held[held["stage"] != ""].groupby("stage")["participant"].agg(set).to_dict()
    again = steps[steps.duplicated(["participant", "interview", "stage"])]
    returned = again.groupby("stage")["participant"].agg(set).to_dict()
    walks = steps.groupby(["participant", "interview"])
    ends = {
        name: part.groupby("stage")["participant"].agg(set).to_dict()
        for name, part in (("first", walks.head(1)), ("last", walks.tail(1)))
    }
    furthest = steps.groupby("participant")["stage_order"].max()
    walkers = set(furthest.index)
    rows = []
    for order, stage in enumerate(codebook.stage_names):
        at, beyond = spoke.get(stage, set()), set(furthest[furthest > order].index)
        for measure, who, of, nobody in (
            ("reached", at, everybody, "nobody was heard"),
            ("skipped", beyond - at, beyond, "nobody speaks of a later stage"),
            ("repeated", returned.get(stage, set()), told.get(stage, set()), "nobody is sure here"),
            ("first", ends["first"].get(stage, set()), walkers, "nobody speaks of a stage"),
            ("last", ends["last"].get(stage, set()), walkers, "nobody speaks of a stage"),
        ):
            value, low, high = share(len(who), len(of))
            rows.append(
                {
                    "stage": stage,
                    "stage_order": order,
                    "measure": measure,
                    "n_participants": len(who),
                    "n_of": len(of),
                    "share": value,
                    "share_low": low,
                    "share_high": high,
                    "method": read_by(coded),
                    "reason": "" if of else nobody,
                }
            )
    return check(pd.DataFrame(rows), MENTIONS)


def seam_lines(coded: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return each participant's change of feeling from buyer to customer.

    From the last buyer stage that they speak of to the first customer stage that they speak of, in
    lived order: their own mean valence there.

    Parameters
    ----------
    coded
        As for `estimate.curve`. People's codings are read if all units have one, else the
        machine's: a sample corrects the mean of `seam`, and nobody's own line.
    codebook
        Whose stages have a side.

    Returns
    -------
    DataFrame
        SEAM_LINES; who speaks of one side only has no row.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying", "side": "buyer"},
    ...                                             {"name": "using", "side": "customer"}]})
    >>> coded = pd.DataFrame({"unit_id": list("abc"), "participant": ["P01", "P01", "P02"],
    ...                       "valence": [0.5, -0.25, 0.0], "stage": ["buying", "using", "using"]})
    >>> seam_lines(coded, book)[["participant", "buyer_stage", "customer_stage", "change"]]
      participant buyer_stage customer_stage  change
    0         P01      buying          using   -0.75
    """
    coded = check(coded, CURVE_IN)
    if read_by(coded) == "machine":
        # A person's coding of a sampled unit must not move the place or height of one line only.
        coded = coded.drop(columns=[c for c in coded if c in _HUMAN])
    own = estimate.lines(coded, codebook)
    side = {stage.name: stage.side for stage in codebook.stages}
    own = own.assign(side=own["stage"].map(side)).sort_values("stage_order")
    buyer = own[own["side"] == SIDES[0]].groupby("participant").tail(1)
    customer = own[own["side"] == SIDES[1]].groupby("participant").head(1)
    both = buyer.merge(customer, on="participant", suffixes=("_before", "_after"))
    out = pd.DataFrame(
        {
            "participant": both["participant"],
            "buyer_stage": both["stage_before"],
            "customer_stage": both["stage_after"],
            "buyer_valence": both["valence_before"],
            "customer_valence": both["valence_after"],
            "change": both["valence_after"] - both["valence_before"],
            "n_buyer_units": both["n_units_before"],
            "n_customer_units": both["n_units_after"],
        }
    )
    return check(out.sort_values("participant"), SEAM_LINES)


def seam(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return the mean change of feeling, within participants, from buyer to customer.

    Parameters
    ----------
    coded, codebook
        As for `seam_lines`.
    draws, seed
        Bootstrap draws of participants, and their seed.
    thin_below
        With fewer participants on both sides the change is marked thin.

    Returns
    -------
    DataFrame
        SEAM: a row ``human`` or ``machine``, and a row ``prediction-powered`` besides if units
        drawn with a known probability have people's codings. ``n_rose`` and ``n_fell`` count
        changes of at least `FLAT`, in the reading of the first row.

    Notes
    -----
    Every participant counts once on each side. The prediction-powered row keeps the people and the
    two stages of each that the machine found, and corrects feeling and stage there by the drawn
    units, as `estimate.curve` does: each side is a ratio of sums in which a unit weighs one divided
    by the number of units that the machine gave its participant there. With no correction that is
    the mean of the first row.
    """
    lines = seam_lines(coded, codebook)
    coded = check(coded, CURVE_IN)
    method = read_by(coded)
    n = len(lines)
    rows = [(method, lines["change"].mean(), *mean_interval(lines["change"], draws, seed=seed), 0)]
    drawn = coded["human_valence"].notna() & coded["sampling_probability"].notna()
    if method == "machine" and (drawn & coded["participant"].isin(lines["participant"])).any():
        rows.append(("prediction-powered", *_corrected(coded, lines, draws, seed)))
    if method == "human":
        at = lines["n_buyer_units"].sum() + lines["n_customer_units"].sum()
        rows[0] = (*rows[0][:-1], int(at))
    missing = [s for s in SIDES if s not in {stage.side for stage in codebook.stages}]
    reason = f"the codebook has no {missing[0]} stage" if missing else how_many(n, "speak of both")
    table = pd.DataFrame(
        rows, columns=["method", "change", "change_low", "change_high", "n_human"]
    ).assign(
        n_participants=n,
        n_rose=int((lines["change"] >= FLAT).sum()),
        n_fell=int((lines["change"] <= -FLAT).sum()),
        n_level=int((lines["change"].abs() < FLAT).sum()),
        is_thin=n < thin_below,
        reason=reason,
    )
    return check(table, SEAM)


def _corrected(
    coded: pd.DataFrame, lines: pd.DataFrame, draws: int, seed: int
) -> tuple[float, float, float, int]:
    """Return the prediction-powered change, the ends of its interval, and n of people's codings."""
    lines = lines.set_index("participant")
    held = coded[coded["participant"].isin(lines.index)].reset_index(drop=True)
    point, drawn, n_human = [], [], 0
    for side in SIDES:
        here = held["participant"].map(lines[f"{side}_stage"])
        # Whatever stage it is of each participant, it is one and the same place of their journeys.
        at = held.assign(
            stage=np.where(held["stage"] == here, side, ""),
            human_stage=np.where(held["human_stage"] == here, side, ""),
        )
        p, d, _ = estimate.resampled(
            at,
            Codebook("the seam", stages=(Stage(side),)),
            method="prediction-powered",
            draws=draws,
            seed=seed,
            weights=1.0 / held["participant"].map(lines[f"n_{side}_units"]).to_numpy(dtype=float),
        )
        point.append(p[0])
        drawn.append(d[:, 0] if len(d) else np.empty(0))
        counts = at["human_valence"].notna() & at["sampling_probability"].notna()
        n_human += int((counts & (at["human_stage"] == side)).sum())
    # The same seed and people: each draw has the same participants on both sides.
    changes = drawn[1] - drawn[0]
    low, high = percentile_interval(changes, len(lines))
    return float(point[1] - point[0]), low, high, n_human


# -- what `moments` uses, too -------------------------------------------------------------------


def read_by(coded: pd.DataFrame) -> str:
    """Return who read the units: ``human`` if people coded every one, else ``machine``.

    Examples
    --------
    >>> read_by(pd.DataFrame({"human_valence": [0.5, None]}))
    'machine'
    """
    people = coded["human_valence"] if "human_valence" in coded else pd.Series([np.nan])
    return "human" if len(coded) and people.notna().all() else "machine"


def mean_interval(values: ArrayLike, draws: int = DRAWS, *, seed: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a mean, one value a participant.

    The expanded percentile interval of the bootstrap, as the curve has it (`estimate.tail`); NaN
    with fewer than two values.

    Examples
    --------
    Two people say nothing of a third; the interval takes in both.

    >>> mean_interval([0.0, 1.0], seed=0)
    (0.0, 1.0)
    """
    said = np.asarray(values, dtype=float)
    n = len(said)
    if n < 2:
        return np.nan, np.nan
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    return percentile_interval(counts @ said / n, n)


def percentile_interval(drawn: Floats, n: int) -> tuple[float, float]:
    """Return the ends of the expanded percentile interval of draws of n participants."""
    drawn = drawn[~np.isnan(drawn)]
    if n < 2 or not len(drawn):
        return np.nan, np.nan
    cut = 100 * tail(n)
    low, high = np.percentile(drawn, [cut, 100 - cut])
    return float(low), float(high)


def share(n: int, of: int) -> tuple[float, float, float]:
    """Return a share of participants and the ends of its 95 % Wilson interval; NaN of nobody.

    Examples
    --------
    >>> [round(x, 3) for x in share(0, 10)]
    [0.0, 0.0, 0.278]
    """
    from scipy.stats import binomtest

    if not of:
        return np.nan, np.nan, np.nan
    ends = binomtest(n, of).proportion_ci(LEVEL, method="wilson")
    return n / of, float(ends.low), float(ends.high)


def how_many(n: int, what: str) -> str:
    """Return what a reader has to know of an interval over n participants; nothing from `FEW` on.

    Examples
    --------
    >>> how_many(1, "speak of both"), how_many(12, "speak of both")
    ('no interval: fewer than 2 participants speak of both', '')
    """
    if n < 2:
        return f"no interval: fewer than 2 participants {what}"
    return f"over {n} participants an interval is too narrow" if n < FEW else ""


def _settled(coded: pd.DataFrame) -> pd.DataFrame:
    """Return one value a unit, in told order."""
    held = estimate.settled(check(coded, TOLD_IN))
    return held.sort_values(["participant", "interview", "order", "unit_id"])


def _people(coded: pd.DataFrame) -> list[str]:
    return sorted(check(coded, TOLD_IN)["participant"].unique())


def _paths(held: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    sure = held[held["stage"] != ""]
    if "unsure" in sure:
        sure = sure[~sure["unsure"].astype(bool)]
    walk = ["participant", "interview"]
    starts = (sure[[*walk, "stage"]] != sure[[*walk, "stage"]].shift()).any(axis=1)
    runs = sure.assign(run=starts.cumsum()).groupby("run")
    out = runs.agg(
        participant=("participant", "first"),
        interview=("interview", "first"),
        stage=("stage", "first"),
        n_units=("unit_id", "size"),
    ).reset_index(drop=True)
    out["step"] = out.groupby(walk).cumcount() + 1
    out["stage_order"] = [codebook.order(str(stage)) for stage in out["stage"]]
    return check(out[PATHS.names], PATHS)


def _moves(steps: pd.DataFrame) -> pd.DataFrame:
    """Return every step but the last of an interview, with the stage of the one after it."""
    walks = steps.groupby(["participant", "interview"])
    out = steps.assign(
        to_stage=walks["stage"].shift(-1), to_order=walks["stage_order"].shift(-1)
    ).dropna(subset=["to_order"])
    onward = out["to_order"] > out["stage_order"]
    return out.assign(direction=np.where(onward, "onward", "back"))
