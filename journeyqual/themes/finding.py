"""Themes found once among units: BERTopic's clusters, each then a centre and a threshold.

BERTopic (UMAP, HDBSCAN) finds where units gather. What is frozen of it is one centre a theme and
one threshold, and one rule says which units are of the theme: those nearest to its centre, if they
are near enough. The rule is the same for the units that a theme was found in and for all that come
later, so that a share that changes is what people say and not how it was sorted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.errors import SchemaError
from journeyqual.schema import THEMED, THEMES, Column, Table, check
from journeyqual.themes import words
from journeyqual.themes.centres import Floats, Vectors, centred, nearest
from journeyqual.themes.clusters import clusters

MIN_UNITS = 20
"""With fewer units of enough words nothing is looked for."""
MIN_PEOPLE = 3
"""A theme is spoken of by as many participants; by two where fewer than `SMALL` take part."""
SMALL = 6
MIN_WORDS = 2
"""A unit with fewer words that say something makes no theme; it may belong to one."""
MOST = 6000
"""From more units than this a sample is drawn to find themes in, as many of each participant."""
REPRESENTATIVE = 8
"""Units kept to show a theme by, each of another participant where that can be."""

UNITS_WITH_VECTORS = Table(
    "UNITS to find themes in",
    (
        Column("unit_id", level="id"),
        Column("participant", level="id"),
        Column("text", level="text"),
    ),
    key=("unit_id",),
)


@dataclass(frozen=True)
class Found:
    """Themes of one scope.

    Parameters
    ----------
    themes
        THEMES, those of most participants first; ``status`` is what they were asked for with.
    units
        THEMED: every unit that was handed in, a blank theme for what fits none.
    centroids
        Each theme's centre, shape (themes, dim), of length 1.
    thresholds
        How similar to its nearest centre a unit must be, shape (themes,).
    reason
        Why there is no theme; blank if there are some.
    """

    themes: pd.DataFrame
    units: pd.DataFrame
    centroids: Vectors
    thresholds: Floats
    reason: str


def discover(
    units: pd.DataFrame,
    vectors: Vectors,
    scope: str,
    *,
    seed: int = 0,
    encode: words.Encode | None = None,
    nouns: words.Nouns | None = None,
    status: str = "suggested",
    number: int = 1,
    found_at: str = "",
) -> Found:
    """Find the themes that several participants speak of, and say of every unit which it is of.

    Parameters
    ----------
    units
        ``unit_id, participant, text``, in any order: the result does not depend on it.
    vectors
        Their vectors, a row a unit, each of length 1: shape (n, dim).
    scope
        What the units are of: a stage, `schema.WHOLE_STUDY` or `schema.OFF_JOURNEY`.
    seed
        Of the sample and of UMAP.
    encode
        What makes vectors of words: names are then chosen of words near a theme's centre.
    nouns
        What tells how often words are nouns: names are then of things rather than of doings.
    status, number, found_at
        Written into THEMES; ``number`` is its round.

    Returns
    -------
    Found
        Without themes, and with the reason, if there are too few units or participants, or nothing
        that several participants speak of.

    Raises
    ------
    SchemaError
        If a column is missing, an id stands twice, or the vectors are not as many as the units.

    Notes
    -----
    A theme is kept if at least `MIN_PEOPLE` participants speak of it, and if without the one who
    speaks of it most there would still be half of what makes a cluster. Grootendorst 2022
    (BERTopic); McInnes et al. 2017, 2018 (HDBSCAN, UMAP).

    Examples
    --------
    >>> few = pd.DataFrame({"unit_id": ["a"], "participant": ["P01"], "text": ["It broke."]})
    >>> discover(few, np.ones((1, 1), np.float32), "using").reason
    'fewer than 20 units of enough words'
    """
    units, vectors = _in_order(units, vectors)
    texts, who = units["text"].tolist(), units["participant"].tolist()
    told = words.read(texts, never=set(who))
    enough = np.array([len(unit.features) >= MIN_WORDS for unit in told], dtype=bool)
    core = np.flatnonzero(enough)
    labels = np.full(len(units), -1)
    centres, limits = np.zeros((0, vectors.shape[1]), np.float32), np.zeros(0)
    described: list[tuple[str, str]] = []
    reason = too_few(units[enough])
    if not reason:
        people, numbers = least_people(len(set(who))), pd.factorize(units["participant"])[0]
        rows = balanced(units["participant"].to_numpy(dtype=object), core, seed=seed)
        size = cluster_size(len(rows))
        found = clusters(np.array(texts, dtype=object)[rows], vectors[rows], size, seed=seed)
        centres, limits = centred(vectors[rows], numbers[rows], found)
        while True:
            centres, limits = _shared(vectors[rows], numbers[rows], centres, limits, people, size)
            labels = nearest(vectors[rows], centres, limits)[0]
            said, by = ([column[row] for row in rows] for column in (texts, who))
            described = words.describe(said, by, labels, centres, encode, nouns)
            # What nobody can name in words that two people say is no theme.
            named = np.array([bool(name) for _, name in described], dtype=bool)
            if named.all():
                break
            centres, limits = centres[named], limits[named]
        reason = "" if len(centres) else "nothing that several participants speak of"
    return _found(units, vectors, centres, limits, described, scope,
                  status=status, number=number, found_at=found_at, reason=reason)  # fmt: skip


def too_few(units: pd.DataFrame) -> str:
    """Return why nothing is looked for among these units; blank if there are enough.

    Examples
    --------
    >>> too_few(pd.DataFrame({"participant": ["P01"] * 20}))
    'only one participant'
    """
    if len(units) < MIN_UNITS:
        return f"fewer than {MIN_UNITS} units of enough words"
    return "only one participant" if units["participant"].nunique() < 2 else ""


def least_people(participants: int) -> int:
    """Return how many participants a theme needs, of so many who take part.

    Examples
    --------
    >>> least_people(12), least_people(4)
    (3, 2)
    """
    return MIN_PEOPLE if participants >= SMALL else 2


def cluster_size(n: int) -> int:
    """Return the smallest cluster that is looked for among ``n`` units.

    Examples
    --------
    >>> [cluster_size(n) for n in (20, 40, 250, 850, 6000)]
    [5, 5, 12, 22, 58]
    """
    return max(5, int(np.floor(0.75 * np.sqrt(n) + 0.5)))


def balanced(
    participants: NDArray[np.object_], rows: NDArray[np.intp], *, seed: int, most: int = MOST
) -> NDArray[np.intp]:
    """Return at most ``most`` of these rows, as evenly over participants as there are rows.

    Parameters
    ----------
    participants
        Whose each row is, of all rows.
    rows
        Those to choose from.
    seed
        Which rows of a participant are drawn.

    Examples
    --------
    >>> who = np.array(["a", "a", "a", "a", "b", "c"], dtype=object)
    >>> balanced(who, np.arange(6), seed=0, most=4).tolist()[-2:]
    [4, 5]
    """
    if len(rows) <= most:
        return rows
    mixed = rows[np.random.default_rng(seed).permutation(len(rows))]
    turn = pd.Series(participants[mixed]).groupby(participants[mixed]).cumcount().to_numpy()
    # Everybody's first unit, then everybody's second, until there are enough.
    return np.sort(mixed[np.argsort(turn, kind="stable")[:most]])


def _shared(
    vectors: Vectors,
    who: NDArray[np.intp],
    centres: Vectors,
    limits: Floats,
    people: int,
    size: int,
) -> tuple[Vectors, Floats]:
    """Leave out themes that too few speak of; their units may then be nearest to another."""
    while True:
        labels, _ = nearest(vectors, centres, limits)
        each = range(len(centres))
        holds = np.array([is_shared(who[labels == k], people, size) for k in each], dtype=bool)
        if holds.all():
            return centres, limits
        centres, limits = centres[holds], limits[holds]


def is_shared(who: NDArray[np.intp], people: int, size: int) -> bool:
    """Say whether a theme is several people's: it would be there without who speaks of it most.

    Parameters
    ----------
    who
        The participant of each of its units.
    people
        Participants that it needs.
    size
        Units that make a cluster; half of them must be left without its loudest participant.

    Examples
    --------
    >>> loud = np.array([0] * 20 + [1, 2])
    >>> is_shared(loud, 3, 5), is_shared(np.append(loud, 2), 3, 5)
    (False, True)
    """
    _, each = np.unique(who, return_counts=True)
    return len(each) >= people and bool(2 * (each.sum() - each.max(initial=0)) >= size)


def theme_id(scope: str, unit_ids: list[str]) -> str:
    """Return a theme's id: twelve hex digits that follow from its scope and first units.

    Examples
    --------
    >>> theme_id("using", ["b", "a"]) == theme_id("using", ["a", "b"])
    True
    """
    return hashlib.sha256("\n".join([scope, *sorted(unit_ids)]).encode()).hexdigest()[:12]


def representatives(
    unit_ids: NDArray[np.object_], participants: NDArray[np.object_], similar: Floats
) -> list[str]:
    """Return the units nearest to the middle, first one of each participant, then further ones.

    Examples
    --------
    >>> ids, who = np.array(["a", "b", "c"], object), np.array(["P1", "P1", "P2"], object)
    >>> representatives(ids, who, np.array([0.9, 0.8, 0.7]))
    ['a', 'c', 'b']
    """
    order = np.lexsort((unit_ids, -similar))
    turn = pd.Series(participants[order]).groupby(participants[order]).cumcount().to_numpy()
    return [str(u) for u in unit_ids[order[np.argsort(turn, kind="stable")]][:REPRESENTATIVE]]


def _in_order(units: pd.DataFrame, vectors: Vectors) -> tuple[pd.DataFrame, Vectors]:
    """Return both checked, by unit id: what comes first must not matter."""
    table = check(units, UNITS_WITH_VECTORS)[UNITS_WITH_VECTORS.names]
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != len(table):
        raise SchemaError(
            f"{len(table)} units and vectors of shape {vectors.shape}",
            remedy="hand over a vector of every unit, a row each",
        )
    if not np.isfinite(vectors).all():
        raise SchemaError("a vector holds a number that is not finite", remedy="encode it again")
    order = np.argsort(table["unit_id"].to_numpy(dtype=object), kind="stable")
    return table.iloc[order].reset_index(drop=True), vectors[order]


def _found(
    units: pd.DataFrame,
    vectors: Vectors,
    centres: Vectors,
    limits: Floats,
    described: list[tuple[str, str]],
    scope: str,
    *,
    status: str,
    number: int,
    found_at: str,
    reason: str,
) -> Found:
    """Write the tables, themes of most participants first."""
    ids = units["unit_id"].to_numpy(dtype=object)
    who = units["participant"].to_numpy(dtype=object)
    labels, similar = nearest(vectors, centres, limits)
    rows: list[dict[str, object]] = []
    for theme, (own, name) in enumerate(described):
        mine = np.flatnonzero(labels == theme)
        rows.append(
            {
                "theme": theme_id(scope, ids[mine].tolist()),
                "scope": scope,
                "name": name,
                "named_by": "",
                "definition": "",
                "words": own,
                "status": status,
                "n_units": len(mine),
                "n_participants": len(set(who[mine])),
                "representative": " ".join(representatives(ids[mine], who[mine], similar[mine])),
                "found_at": found_at,
                "round": number,
            }
        )
    themes = pd.DataFrame(rows, columns=THEMES.names)
    names = np.array([*themes["theme"], ""], dtype=object)
    themed = pd.DataFrame(
        {"unit_id": ids, "scope": scope, "theme": names[labels], "similarity": similar}
    )
    by = ["n_participants", "n_units", "theme"]
    order = themes.sort_values(by, ascending=[False, False, True]).index.to_numpy(dtype=np.intp)
    return Found(
        check(themes.iloc[order], THEMES),
        check(themed, THEMED),
        centres[order],
        limits[order],
        reason,
    )
