"""How far people who mark free spans of a text agree: on where they mark, and on what they say.

Two readings of one question. `match` counts spans that two coders both marked, their ends within a
stated tolerance: what a reader can picture. `continuum` compares the text itself, stretch by
stretch, corrected for chance: what one may conclude from. Both take one dimension at a time and
only text that both coders read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.agreement import (
    NONE_FITS,
    NOTES,
    PANEL,
    Coefficient,
    Floats,
    Sums,
    alphas,
    intervals,
    remarks,
    verdict,
)
from journeyqual.errors import SchemaError
from journeyqual.estimate import DRAWS
from journeyqual.schema import SPAN_AGREEMENT, SPAN_MATCHES, SPANS_IN, check

TOLERANCES = (0, 20)
"""Characters that both ends of a span may be off: none, and about four words."""
WORD = re.compile(r"\S+")

Pieces = list[tuple[int, int]]


@dataclass(frozen=True)
class _Stretches:
    """One interview on one dimension, cut wherever anybody's span begins or ends.

    Parameters
    ----------
    length
        A: characters of each stretch.
    has
        A x coders x values: whose spans of which value cover it.
    whole
        A span's length inside the text, by (coder, value): spans stay whole.
    pieces
        The stretches of each span, beside its coder.
    cluster
        The participant, or the interview.
    """

    length: Floats
    has: NDArray[np.bool_]
    whole: dict[tuple[int, int], list[float]]
    pieces: list[tuple[int, NDArray[np.bool_]]]
    cluster: str


def match(
    spans: pd.DataFrame,
    *,
    tolerance: int | Sequence[int] = TOLERANCES,
    counted_in: Literal["characters", "words"] = "characters",
    texts: Mapping[str, str] | None = None,
    read: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how many spans two coders both marked, both ends within a stated tolerance.

    Parameters
    ----------
    spans
        ``interview, coder, dimension, value, start_char, end_char``: code points of the stored
        text, the end exclusive.
    tolerance
        How far each end may be off, in what ``counted_in`` says; several make a row each.
    counted_in
        ``characters`` or ``words``; the latter needs the texts.
    texts
        Stored texts by interview.
    read
        ``interview, coder``: who read what. Without it, a coder has read the interviews in which
        they marked anything; who read one and marked nothing has to be told. Whoever marked nothing
        anywhere on a dimension is no coder of it.

    Returns
    -------
    DataFrame
        SPAN_MATCHES: a row a dimension, pair of coders and tolerance. ``n_placed`` spans lie in the
        same place, ``n_matched`` have the same value too. ``recall`` is the share of the first
        coder's spans that the second matched, ``precision`` the share of the second's that the
        first has, ``f`` their harmonic mean; neither coder is right by being first.

    Raises
    ------
    SchemaError
        If a span ends before it begins, a tolerance is negative, or words are asked for without
        the text.

    Notes
    -----
    A span is matched once: of all pairings the one with most matches is taken, among those the
    closest (assignment problem). These counts are not corrected for chance; whoever marks long
    spans matches often. For spans there is no number of true negatives, so that F takes the place
    of kappa (Hripcsak & Rothschild, J. Am. Med. Inform. Assoc. 12, 2005).

    Examples
    --------
    >>> spans = pd.DataFrame({"interview": "i", "dimension": "theme", "value": ["price", "price"],
    ...     "coder": ["human:ana", "human:ben"], "start_char": [10, 12], "end_char": [40, 40]})
    >>> match(spans, tolerance=[0, 2])[["tolerance", "n_matched", "f"]]
       tolerance  n_matched    f
    0          0          0  0.0
    1          2          1  1.0
    """
    rows = _spans(spans)
    if counted_in not in ("characters", "words"):
        raise SchemaError(f"spans are not counted in {counted_in!r}", remedy="take words")
    if counted_in == "words":
        rows = _in_words(rows, texts or {})
    allowed = [tolerance] if isinstance(tolerance, int) else list(tolerance)
    if any(one < 0 for one in allowed):
        raise SchemaError("a tolerance below 0", remedy="0 asks for the same ends")
    readers = _readers(rows, read)
    out = []
    for dimension, part in rows.groupby("dimension", sort=True):
        for first, second in combinations(sorted(set(part["coder"])), 2):
            both = [i for i, who in readers.items() if {first, second} <= who]
            here = part[part["interview"].isin(both)]
            for one in allowed:
                row = _matched(here[here["coder"] == first], here[here["coder"] == second], one)
                if not both:
                    row["reason"] = "no interview that both read"
                names = {"dimension": dimension, "first": first, "second": second}
                out.append(names | {"tolerance": one, "counted_in": counted_in} | row)
    return check(pd.DataFrame(out, columns=SPAN_MATCHES.names), SPAN_MATCHES)


def continuum(
    spans: pd.DataFrame,
    text: pd.DataFrame,
    *,
    read: pd.DataFrame | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return alpha for unitizing: agreement on the text that coders read, marked or not.

    Parameters
    ----------
    spans
        As for `match`; coders may overlap their own spans. What lies outside the text is left out.
    text
        What there was to mark: ``interview, start_char, end_char``, a row a stretch. UNITS is such
        a table: the participants' words. With a column ``participant`` the intervals draw
        participants, else interviews.
    read
        As for `match`.
    draws, seed
        As for `agreement.table`.

    Returns
    -------
    DataFrame
        SPAN_AGREEMENT, by ``measure``: ``whole`` (where and what at once: u-alpha), ``covered``
        (marked or not, whatever the value: |u-alpha), ``value`` (what, where both marked:
        cu-alpha), ``code`` (each value against all other text). ``n_characters`` are those that two
        or more coders read, for ``value`` those that two or more marked.

    Raises
    ------
    SchemaError
        If a span ends before it begins, stretches of the text overlap, or an interview's text is
        not there.

    Notes
    -----
    Krippendorff, Mathet, Bouvry & Widlöcher, "On the reliability of unitizing textual continua:
    Further developments", Quality & Quantity 50, 2016: coincidences are lengths of text; in what
    chance would yield, a span stays whole (its length cannot be paired with itself) while the text
    between spans falls apart into characters. It is alpha with n - 1 replaced by
    n - S / n, S being the squared lengths of spans plus the characters between.

    That measure asks each coder to divide the text into spans that do not overlap. Here they may:
    each value, and "nothing", is counted as present or absent and the disagreements, observed and
    expected, are added up; without overlaps the sum is the published measure. ``code`` rows hold a
    value against all the text, where the paper's (k)u-alpha stays within what both marked; they say
    whether a value is *found* alike. Overlapping spans of one coder and value are one span.

    Examples
    --------
    >>> spans = pd.DataFrame({"interview": "i", "dimension": "theme", "value": "price",
    ...     "coder": ["human:ana", "human:ben"], "start_char": [10, 10], "end_char": [40, 40]})
    >>> text = pd.DataFrame({"interview": ["i"], "start_char": [0], "end_char": [100]})
    >>> continuum(spans, text)[["measure", "alpha", "n_characters"]].head(2)
       measure  alpha  n_characters
    0    whole    1.0           100
    1  covered    1.0           100
    """
    rows = _spans(spans)
    stretches, clusters, participants = _text(text)
    readers = _readers(rows, read)
    missing = sorted(set(rows["interview"]) - set(stretches))
    if missing:
        raise SchemaError(f"the text of the interview {missing[0]!r} is not there")
    out: list[dict[str, Any]] = []
    for dimension, part in rows.groupby("dimension", sort=True):
        coders = sorted(set(part["coder"]))
        values = sorted(set(part["value"]))
        held, lost = [], 0
        for interview in sorted(readers):
            who = [c for c in coders if c in readers[interview]]
            here = part[part["interview"] == interview]
            cut, outside = _cut(
                here, who, values, stretches.get(interview, []), clusters.get(interview, interview)
            )
            lost += outside
            if len(who) > 1 and cut is not None:
                held.append(cut)
        found = _dimension_rows(held, values, participants, draws, seed)
        for row in found:
            if lost:
                left = f"{lost} span{'s' * (lost > 1)} outside the text left out"
                row["reason"] = "; ".join(filter(None, [row["reason"], left]))
            out.append({"dimension": dimension, "n_coders": len(coders)} | row)
    return check(pd.DataFrame(out, columns=SPAN_AGREEMENT.names), SPAN_AGREEMENT)


def _dimension_rows(
    held: list[_Stretches], values: list[str], participants: bool, draws: int, seed: int
) -> list[dict[str, Any]]:
    names = sorted({one.cluster for one in held})
    whole, n_whole = _whole_sums(held, names, len(values))
    inner, n_inner = _inner_sums(held, names, len(values))
    rows = []

    who = "participant" if participants else "interview"

    def add(
        measure: str, code: str, point: Coefficient, ends: Sequence[float], n: float, sums: Sums
    ) -> None:
        low, high, lost = ends
        notes = [point.reason] if point.reason else []
        notes += remarks(point.value, low, high, lost, clusters=len(sums.n), who=who)
        rows.append(
            {
                "measure": measure,
                "code": code,
                "alpha": point.value,
                "alpha_low": low,
                "alpha_high": high,
                "n_characters": int(n),
                "verdict": verdict(point.value, low),
                "reason": "; ".join(notes),
            }
        )

    nobody = "no text that two coders read"
    overall, single = alphas(np.ones((1, len(whole.n))), whole)
    low, high, lost = intervals(whole, draws=draws, seed=seed)
    at_nothing = len(values) + 1
    why = "no variation: all of it is marked alike" if n_whole else nobody
    ends = (low[0], high[0], lost[0])
    add("whole", "", _told(overall[0], why), ends, n_whole, whole)
    ends = (low[at_nothing], high[at_nothing], lost[at_nothing])
    why = "no variation: all of it is marked, or none" if n_whole else nobody
    add("covered", "", _told(single[0, -1], why), ends, n_whole, whole)
    overall, _ = alphas(np.ones((1, len(inner.n))), inner)
    inner_low, inner_high, inner_lost = intervals(inner, draws=draws, seed=seed, codes=False)
    why = "no variation: one value only" if n_inner else "no text that two coders marked"
    ends = (inner_low[0], inner_high[0], inner_lost[0])
    add("value", "", _told(overall[0], why), ends, n_inner, inner)
    for k, value in enumerate(values):
        why = "marked nowhere, or everywhere, in what two coders read" if n_whole else nobody
        ends = (low[k + 1], high[k + 1], lost[k + 1])
        add("code", value or NONE_FITS, _told(single[0, k], why), ends, n_whole, whole)
    return rows


def _told(value: float, why: str) -> Coefficient:
    return Coefficient(float(value), why if np.isnan(value) else "")


def _whole_sums(held: list[_Stretches], names: list[str], n_values: int) -> tuple[Sums, float]:
    """Return what clusters add on all the text; the last code is "nothing"."""
    shape = (len(names), n_values + 1)
    n, own = np.zeros(len(names)), np.zeros(len(names))
    uses, same, own_codes = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    characters = 0.0
    for one in held:
        at = names.index(one.cluster)
        m = one.has.shape[1]
        full = np.concatenate([one.has, ~one.has.any(axis=2, keepdims=True)], axis=2)
        times = full.sum(axis=1)
        size = m * one.length.sum()
        used = one.length @ times
        n[at] += size
        uses[at] += used
        same[at] += one.length @ (times * (times - 1)) / (m - 1)
        squares = np.zeros(n_values)
        for (_, value), lengths in one.whole.items():
            squares[value] += np.square(lengths).sum()
        own[at] += squares.sum() + used[-1]
        # Held against all the rest, the rest is what falls apart into characters.
        own_codes[at, :-1] += squares + size - used[:-1]
        own_codes[at, -1] += squares.sum() + used[-1]
        characters += one.length.sum()
    return _sums(n, own, uses, same, own_codes), characters


def _inner_sums(held: list[_Stretches], names: list[str], n_values: int) -> tuple[Sums, float]:
    """Return what clusters add on text that two coders marked, pair by pair."""
    shape = (len(names), n_values)
    n, own = np.zeros(len(names)), np.zeros(len(names))
    uses, same = np.zeros(shape), np.zeros(shape)
    characters = 0.0
    for one in held:
        at = names.index(one.cluster)
        m = one.has.shape[1]
        marked = one.has.sum(axis=2) > 0
        characters += one.length[marked.sum(axis=1) > 1].sum()
        for i in range(m):
            for j in range(m):
                if i == j:
                    continue
                both = one.length * (marked[:, i] & marked[:, j])
                n[at] += both.sum() / (m - 1)
                uses[at] += both @ one.has[:, i] / (m - 1)
                same[at] += both @ (one.has[:, i] & one.has[:, j]) / (m - 1)
                for coder, place in one.pieces:
                    if coder == i:
                        own[at] += (both @ place) ** 2 / (m - 1)
    return _sums(n, own, uses, same, None), characters


def _sums(n: Floats, own: Floats, uses: Floats, same: Floats, own_codes: Floats | None) -> Sums:
    """Return the sums of the clusters that have any; an empty one has nothing to resample."""
    from scipy.sparse import csr_array

    keep = n > 0
    n, own, uses, same = n[keep], own[keep], uses[keep], same[keep]
    voices = np.minimum((uses > 0).sum(axis=0), (uses < n[:, None]).sum(axis=0)).astype(np.intp)
    return Sums(
        n,
        own,
        csr_array(uses),
        csr_array(same),
        voices,
        own_codes=None if own_codes is None else own_codes[keep],
    )


def _cut(
    here: pd.DataFrame, coders: list[str], values: list[str], text: Pieces, cluster: str
) -> tuple[_Stretches | None, int]:
    """Cut an interview's text wherever a span begins or ends; also count spans outside of it."""
    edges = {edge for piece in text for edge in piece}
    edges |= {*here["start_char"].tolist(), *here["end_char"].tolist()}
    bounds = np.array(sorted(edges), dtype=float)
    inside = np.zeros(max(0, len(bounds) - 1), bool)
    for start, end in text:
        inside |= (bounds[:-1] >= start) & (bounds[1:] <= end)
    low, high = bounds[:-1][inside], bounds[1:][inside]
    length = high - low
    if not len(length):
        return None, len(here)
    has = np.zeros((len(length), len(coders), len(values)), bool)
    whole: dict[tuple[int, int], list[float]] = {}
    pieces: list[tuple[int, NDArray[np.bool_]]] = []
    lost = 0
    for (coder, value), own in here.groupby(["coder", "value"]):
        if coder not in coders:
            continue
        c, v = coders.index(str(coder)), values.index(str(value))
        for start, end in _merged(own):
            covered = (low >= start) & (high <= end)
            if not covered.any():
                lost += 1
                continue
            has[covered, c, v] = True
            whole.setdefault((c, v), []).append(float(length[covered].sum()))
            pieces.append((c, covered))
    return _Stretches(length, has, whole, pieces, cluster), lost


def _merged(own: pd.DataFrame) -> Pieces:
    """Join spans that overlap; spans that only touch stay two."""
    out: Pieces = []
    for start, end in sorted(zip(own["start_char"], own["end_char"], strict=True)):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], int(end)))
        else:
            out.append((int(start), int(end)))
    return out


def _matched(first: pd.DataFrame, second: pd.DataFrame, tolerance: int) -> dict[str, Any]:
    placed = matched = 0
    for interview in sorted(set(first["interview"]) & set(second["interview"])):
        a, b = (side[side["interview"] == interview] for side in (first, second))
        off = [
            np.abs(a[end].to_numpy()[:, None] - b[end].to_numpy())
            for end in ("start_char", "end_char")
        ]
        near = (off[0] <= tolerance) & (off[1] <= tolerance)
        alike = a["value"].to_numpy(object)[:, None] == b["value"].to_numpy(object)
        placed += _most(near, off[0] + off[1])
        matched += _most(near & alike, off[0] + off[1])
    n, m = len(first), len(second)
    share = np.nan if n + m == 0 else 2.0 / (n + m)
    return {
        "n_first": n,
        "n_second": m,
        "n_placed": placed,
        "n_matched": matched,
        "f_placed": placed * share,
        "precision": matched / m if m else np.nan,
        "recall": matched / n if n else np.nan,
        "f": matched * share,
        "reason": "" if n and m else "no spans of one of them, or of both",
    }


def _most(allowed: NDArray[np.bool_], off: NDArray[Any]) -> int:
    """Return how many one-to-one pairs there are at most."""
    from scipy.optimize import linear_sum_assignment

    # One pair more is worth any distance.
    never = float(off.sum()) + 1.0
    a, b = linear_sum_assignment(np.where(allowed, off, never))
    return int(allowed[a, b].sum())


def _in_words(rows: pd.DataFrame, texts: Mapping[str, str]) -> pd.DataFrame:
    """Return spans that count words: from the first word they touch to after the last."""
    out = rows.copy()
    for interview, part in rows.groupby("interview"):
        if interview not in texts:
            raise SchemaError(
                f"the text of the interview {interview!r} is not there to count words in",
                remedy="hand it in, or count characters",
            )
        words = [(found.start(), found.end()) for found in WORD.finditer(texts[str(interview)])]
        starts, ends = (np.array([word[k] for word in words]) for k in (0, 1))
        out.loc[part.index, "start_char"] = np.searchsorted(ends, part["start_char"], "right")
        out.loc[part.index, "end_char"] = np.searchsorted(starts, part["end_char"], "left")
    return out


def _spans(spans: pd.DataFrame) -> pd.DataFrame:
    rows = check(spans, SPANS_IN)
    bad = rows["end_char"] <= rows["start_char"]
    if bad.any():
        raise SchemaError(
            "a span ends before it begins",
            line=int(np.flatnonzero(bad.to_numpy())[0]) + 2,
            column="end_char",
        )
    rows = rows[(rows["coder"] != PANEL) & ~rows["dimension"].isin(NOTES)]
    return rows.drop_duplicates(SPANS_IN.names).reset_index(drop=True)


def _readers(rows: pd.DataFrame, read: pd.DataFrame | None) -> dict[str, set[str]]:
    known = rows if read is None else read
    for name in ("interview", "coder"):
        if name not in known:
            raise SchemaError(f"no column {name!r} in who read what", remedy="interview, coder")
    out: dict[str, set[str]] = {}
    both = pd.concat([rows[["interview", "coder"]], known[["interview", "coder"]]])
    for interview, coder in both.drop_duplicates().itertuples(index=False):
        out.setdefault(str(interview), set()).add(str(coder))
    return out


def _text(text: pd.DataFrame) -> tuple[dict[str, Pieces], dict[str, str], bool]:
    """Return each interview's stretches, its cluster, and whether clusters are participants."""
    for name in ("interview", "start_char", "end_char"):
        if name not in text:
            raise SchemaError(f"no column {name!r} in the text", remedy="UNITS is such a table")
    frame = text
    if "kind" in text:
        # Spans lie on top of segments; the text is there once.
        frame = text[text["kind"] == "segment"]
    named = "participant" in frame
    stretches: dict[str, Pieces] = {}
    clusters: dict[str, str] = {}
    for interview, part in frame.groupby("interview"):
        pieces = sorted(
            (int(start), int(end))
            for start, end in zip(part["start_char"], part["end_char"], strict=True)
        )
        if any(end > start for (_, end), (start, _) in pairwise(pieces)):
            raise SchemaError(f"stretches of the interview {interview!r} overlap")
        stretches[str(interview)] = pieces
        clusters[str(interview)] = str(part["participant"].iloc[0]) if named else str(interview)
    return stretches, clusters, named
