"""Where the units of a transcript went when its file was corrected, by what was said.

Old and new text are aligned word by word, in order: first by runs of words that each text has once
(Bram Cohen's "patience" comparison), then, between two such runs, by the cheapest alignment with
gaps (Gotoh 1982, "An improved algorithm for matching biological sequences"), in which a word on its
own between two edits costs more than it brings, so that a rewritten passage is not patched together
from its small words. Units follow their words. Nothing here reads or writes a store.

The file is over 400 lines because the alignment and what it is for are of no use apart.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.errors import SchemaError
from journeyqual.schema import CODINGS, TURNS, UNITS, check

# The rule by which a turn's seconds are shared out stands there, and only there.
from journeyqual.units import span_id, stored_text, times, unit_id

HOW = ("same", "edited", "recut", "span", "lost")
"""What became of a unit; `place` says which is which."""
COLUMNS = (
    "unit_id", "to", "how", "similarity", "start_char", "end_char", "text", "reason", "was",
    "kind", "interview", "participant", "turn_index", "start_s", "end_s", "order",
)  # fmt: skip
"""Columns of `place`: the answer, then what a new unit needs."""

ENOUGH = 0.5
"""More than this share of a unit's words must be found again."""
RUNS = (8, 4)
"""Words of a run that anchors the alignment, longest first."""
ALIKE = 0.6
"""Two words in the same place that are this much alike are one word, mended."""
MOST_CELLS = 1_000_000
"""A gap of more than this many pairs of words, without four in a row in common, is two texts."""
MOST_MENDED = 2_500
"""A gap of more pairs than this is too wide for a misspelt word to be told."""
GAP = np.float32(1.2)
MISMATCH = np.float32(-0.5)
PAIR, GONE, COME = 0, 1, 2
"""What a step of the alignment is: two words paired, one gone, one come."""

_MARKS = r"""!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~'’‘“”„«»‹›…–—¿¡。，？！、"""
# Emoji and letters with loose accents are words: only white space and marks part two words.
_TOKEN = re.compile(rf"[^\s{_MARKS}]+(?:['’\-][^\s{_MARKS}]+)*|[{_MARKS}]")
_MARK = re.compile(rf"[{_MARKS}]")
_SENTENCE_END = frozenset(".!?…。？！")

Ints = NDArray[np.int64]
Pairs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class _Words:
    """A stored text's words and marks, labels left out: where they are, and whose."""

    text: str
    turns: pd.DataFrame
    turn_starts: Ints
    said: list[str]
    key: Ints
    start: Ints
    end: Ints
    turn: Ints
    own: NDArray[np.bool_]
    is_word: NDArray[np.bool_]
    edge: Ints

    def __len__(self) -> int:
        return len(self.said)

    def within(self, start: int, end: int) -> range:
        """Return which words a stretch of the text touches."""
        first = int(np.searchsorted(self.end, start, side="right"))
        return range(first, int(np.searchsorted(self.start, end, side="left")))


def place(
    old_units: pd.DataFrame,
    old_text: str,
    new_units: pd.DataFrame,
    new_text: str,
    *,
    old_turns: pd.DataFrame,
    new_turns: pd.DataFrame,
) -> pd.DataFrame:
    """Find each unit of an interview in the corrected text, or say why it is not there.

    Order is kept: a passage that was moved elsewhere counts as removed there and added here.
    A unit is placed if more than half of its words (by letters) are found, in the participant's
    turns if they were the participant's. A mended word counts as found.

    Parameters
    ----------
    old_units, old_text, old_turns
        UNITS (segments and spans, any of them, overlapping or not), stored text and TURNS of one
        interview as it was.
    new_units, new_text, new_turns
        The same of the corrected file; only its segments are looked at.

    Returns
    -------
    DataFrame
        A row an old unit, in their order, with `COLUMNS`: ``to`` (the new unit's id; blank if
        lost), ``how``, ``similarity`` (0 to 1: the share of letters that both places have in
        common; of a lost unit, the share that is left), ``start_char`` and ``end_char`` (code
        points in the new text; -1 if lost), ``text`` (the new words), ``reason`` (why lost, or
        what else to know), ``was`` (the old words), then what a new unit needs, of the new place.
        ``how`` is *same* (the same words; a segment's offset may differ, a span's does not),
        *edited* (other words, the same passage), *recut* (sentence ends moved: the words are in
        another segment, or in several, of which this has most), *span* (a free span at new
        offsets, or with edited words) or *lost*. Two units lead to the same ``to`` only where
        ``reason`` says so.

    Raises
    ------
    SchemaError
        If turns or units are not those of their text, or of more than one interview.

    Examples
    --------
    >>> from journeyqual.units import from_turns
    >>> def halves(texts):
    ...     return [[(0, t.index(".") + 1), (t.index(".") + 1, len(t))] for t in texts]
    >>> def made(said):
    ...     turns = pd.DataFrame([dict(interview="i", participant="P01", turn_index=0,
    ...                                speaker="P01", role="participant", text=said)])
    ...     one = from_turns(turns, sentences=halves)
    ...     return one, stored_text(turns)[0], turns
    >>> rest = " It rang for the whole of that long day, and I was glad of it, truly I was."
    >>> old, old_text, old_turns = made("The bell broke again." + rest)
    >>> new, new_text, new_turns = made("The bel broke, again." + rest)
    >>> placed = place(old, old_text, new, new_text, old_turns=old_turns, new_turns=new_turns)
    >>> placed["how"].tolist()
    ['edited']
    """
    old_units, new_units = check(old_units, UNITS), check(new_units, UNITS)
    vocabulary: dict[str, int] = {}
    old = _words(old_turns, old_text, vocabulary, "old")
    new = _words(new_turns, new_text, vocabulary, "new")
    _refuse_strangers(old_units, old, "old")
    _refuse_strangers(new_units, new, "new")
    to = _align(old, new)
    segments = new_units[new_units["kind"] == "segment"].sort_values("start_char")
    placing = _Placing(old, new, to, segments.reset_index(drop=True))
    rows = [placing.row(unit) for unit in old_units.itertuples()]
    placed = pd.DataFrame(rows, columns=list(COLUMNS))
    return _say_what_fell_together(placed)


def moved_spans(placed: pd.DataFrame) -> pd.DataFrame:
    """Return the free spans of `place` as new units, with ids of their own.

    Two that became the same words are one.

    Parameters
    ----------
    placed
        What `place` returned.

    Returns
    -------
    DataFrame
        UNITS of kind ``span``; ``order`` is that of the segment they start in.
    """
    spans = placed[placed["kind"] == "span"].drop_duplicates("to")
    out = spans.drop(columns="unit_id").rename(columns={"to": "unit_id"})
    return check(out[UNITS.names], UNITS)


def apart(
    placed: pd.DataFrame, new_units: pd.DataFrame, *, taken: Iterable[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give new units ids of their own where an old unit that went elsewhere has had theirs.

    An id is made of place and words. Where a passage is removed, a second "Yeah." may come to
    stand just where the first stood, and what was coded there would pass for its.

    Parameters
    ----------
    placed
        What `place` returned.
    new_units
        UNITS of the corrected text, with or without `moved_spans`.
    taken
        Further ids that are not to be given again, such as those of units lost before.

    Returns
    -------
    placed, new_units
        Both with the new ids; everything else as it was.

    Examples
    --------
    >>> placed = pd.DataFrame({"unit_id": ["first", "second"], "to": ["", "first"]})
    >>> units = pd.DataFrame({"unit_id": ["first"], "interview": "i", "start_char": 5,
    ...                       "text": "Yeah."})
    >>> placed, units = apart(placed, units)
    >>> placed["to"].tolist() == ["", *units["unit_id"]]
    True
    >>> units["unit_id"].tolist() == ["first"]
    False
    """
    had = {*placed["unit_id"], *taken} - {*placed.loc[placed["unit_id"] == placed["to"], "to"]}
    used = had | {*new_units["unit_id"]}
    fresh: dict[str, str] = {}
    for unit in new_units[new_units["unit_id"].isin(had)].itertuples():
        made = (unit_id(f"{unit.interview}\x1f{n}", unit.start_char, unit.text) for n in count(2))
        fresh[unit.unit_id] = next(new for new in made if new not in used)
        used.add(fresh[unit.unit_id])

    def renamed(ids: pd.Series) -> pd.Series:
        return ids.map(lambda one: fresh.get(one, one))

    return (
        placed.assign(to=renamed(placed["to"])),
        new_units.assign(unit_id=renamed(new_units["unit_id"])),
    )


def journal(placed: pd.DataFrame, codings: pd.DataFrame | None = None) -> str:
    r"""Return what a correction did to the units, to be read: the lost first, then the changed.

    Units that are the same are counted, not listed.

    Parameters
    ----------
    placed
        What `place` returned.
    codings
        CODINGS of the old units, oldest first; of each coder the newest on a dimension is shown.

    Examples
    --------
    >>> row = dict.fromkeys(COLUMNS, "") | dict(unit_id="u", how="lost", was="It broke.",
    ...                                         reason="words are gone")
    >>> coding = dict(unit_id="u", dimension="stage", value="using", coder="human:ana")
    >>> print(journal(pd.DataFrame([row]), pd.DataFrame([coding])))
    1 unit: 1 lost
    <BLANKLINE>
    Lost
    - "It broke." (words are gone)
      human:ana: stage using
    """
    counts = placed["how"].value_counts()
    told = ", ".join(f"{counts[how]} {_TOLD[how][0]}" for how in HOW if how in counts)
    lines = [f"{len(placed)} unit{'s' * (len(placed) != 1)}: {told}" if told else "no units"]
    bore = _bore(codings)
    for how in ("lost", "recut", "edited", "span"):
        rows = placed[placed["how"] == how]
        if len(rows):
            lines += ["", _TOLD[how][1]]
        for row in rows.itertuples():
            there = "" if row.text in ("", row.was) else f' → "{_one_line(row.text)}"'
            why = f" ({row.reason})" if row.reason else ""
            lines.append(f'- "{_one_line(row.was)}"{there}{why}')
            lines += [f"  {said}" for said in bore.get(row.unit_id, ())]
    return "\n".join(lines)


_TOLD = {
    "same": ("the same", ""),
    "edited": ("edited", "Edited: the codings stand; see whether they still hold"),
    "recut": ("cut otherwise", "Cut otherwise: the codings went where most of the words are"),
    "span": ("spans moved", "Spans moved"),
    "lost": ("lost", "Lost"),
}


def _bore(codings: pd.DataFrame | None) -> dict[str, list[str]]:
    """Return, by unit, what each coder said of it last."""
    if codings is None:
        return {}
    last = check(codings, CODINGS).drop_duplicates(["unit_id", "coder", "dimension"], keep="last")
    said: dict[str, dict[str, list[str]]] = {}
    for row in last[last["status"] != "rejected"].itertuples():
        memo = f" ({_one_line(row.memo)})" if row.memo else ""
        value = f"{row.dimension} {row.value or 'none fits'}{memo}"
        said.setdefault(row.unit_id, {}).setdefault(row.coder, []).append(value)
    return {
        unit: [f"{coder}: {', '.join(values)}" for coder, values in coders.items()]
        for unit, coders in said.items()
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


# -- texts as words -----------------------------------------------------------------------------


def _words(turns: pd.DataFrame, text: str, vocabulary: dict[str, int], which: str) -> _Words:
    turns = check(turns, TURNS).sort_values("turn_index", kind="stable").reset_index(drop=True)
    made, starts = stored_text(turns)
    if made != text:
        raise SchemaError(
            f"the {which} turns do not make the {which} text",
            remedy="give the turns that the text was made of",
        )
    said, start, turn, edge = [], [], [], []
    for at, (words, offset) in enumerate(zip(turns["text"], starts, strict=True)):
        begins = 2
        for found in _TOKEN.finditer(words):
            said.append(found.group())
            start.append(int(offset) + found.start())
            turn.append(at)
            edge.append(begins)
            begins = int(found.group() in _SENTENCE_END)
    keys = [
        vocabulary.setdefault(w.casefold().replace("’", "'"), len(vocabulary) + 1) for w in said
    ]
    own = (turns["role"] == "participant").to_numpy(dtype=bool)
    where = np.asarray(turn, dtype=np.int64)
    return _Words(
        text=text,
        turns=turns,
        turn_starts=starts.to_numpy(dtype=np.int64),
        said=said,
        key=np.asarray(keys, dtype=np.int64),
        start=np.asarray(start, dtype=np.int64),
        end=np.asarray(start, dtype=np.int64) + np.asarray([len(w) for w in said], dtype=np.int64),
        turn=where,
        own=own[where] if len(where) else np.zeros(0, dtype=bool),
        is_word=np.asarray([not _MARK.fullmatch(w) for w in said], dtype=bool),
        # One more, for the end of the text.
        edge=np.asarray([*edge, 2], dtype=np.int64),
    )


def _refuse_strangers(units: pd.DataFrame, words: _Words, which: str) -> None:
    interviews = {*units["interview"], *words.turns["interview"]}
    if len(interviews) > 1:
        raise SchemaError(
            f"the {which} units and turns are of {len(interviews)} interviews",
            remedy="place one interview at a time",
        )
    for unit in units.itertuples():
        if words.text[unit.start_char : unit.end_char] != unit.text:
            raise SchemaError(
                f"the {which} unit {unit.unit_id!r} has other words than its text at its offsets",
                column="start_char",
                remedy="give the text that the units were made of; offsets are code points",
            )


# -- the alignment ------------------------------------------------------------------------------


def _align(old: _Words, new: _Words) -> Ints:
    """Return for each old word or mark the new one it became, or -1; order is kept."""
    to = np.full(len(old), -1, dtype=np.int64)
    of_old, of_new = np.flatnonzero(old.is_word), np.flatnonzero(new.is_word)
    gaps = [(0, len(of_old), 0, len(of_new))]
    # Last, for a text that says everything twice, runs that both have equally often.
    for size, often in [*((size, False) for size in RUNS), *((size, True) for size in RUNS)]:
        # Whose words they are tells one "yeah" from another; a speaker may have been corrected,
        # though, so what is left is compared without it.
        for told_apart in (2, 0):
            a = (old.key * 4 + old.own * told_apart)[of_old].tolist()
            b = (new.key * 4 + new.own * told_apart)[of_new].tolist()
            left = []
            for gap in gaps:
                i, j = gap[0], gap[2]
                if often and (gap[1] - i) * (gap[3] - j) <= MOST_CELLS:
                    continue
                for at, there, length in _runs(a, b, gap, size, often):
                    to[of_old[at : at + length]] = of_new[there : there + length]
                    left.append((i, at, j, there))
                    i, j = at + length, there + length
                left.append((i, gap[1], j, gap[3]))
            gaps = [g for g in left if g[1] > g[0] and g[3] > g[2]]
    for i1, i2, j1, j2 in _gaps(to, len(new)):
        if i2 > i1 and j2 > j1:
            for i, j in _filled(old, new, i1, i2, j1, j2):
                to[i] = j
    _settle(old, new, to)
    back = _inverse(to, len(new))
    _settle(new, old, back)
    return _inverse(back, len(old))


def _inverse(to: Ints, length: int) -> Ints:
    back = np.full(length, -1, dtype=np.int64)
    paired = np.flatnonzero(to >= 0)
    back[to[paired]] = paired
    return back


def _gaps(to: Ints, length: int) -> list[tuple[int, int, int, int]]:
    """Return what lies between two neighbouring pairs, as ends in the old and in the new text."""
    at = np.flatnonzero(to >= 0)
    first = np.concatenate([[-1], at]) + 1
    there = np.concatenate([[-1], to[at]]) + 1
    stop, end = np.concatenate([at, [len(to)]]), np.concatenate([to[at], [length]])
    some = np.flatnonzero((stop > first) | (end > there))
    return [(int(first[k]), int(stop[k]), int(there[k]), int(end[k])) for k in some]


def _runs(
    a: Sequence[int], b: Sequence[int], gap: tuple[int, int, int, int], size: int, often: bool
) -> Iterator[tuple[int, int, int]]:
    """Yield runs that both sides of a gap have once, in order, as far as they reach.

    With ``often``, runs that both have equally often count, too: the first is the first.
    """
    i1, i2, j1, j2 = gap
    if min(i2 - i1, j2 - j1) < size:
        return
    here, there = _places(a, i1, i2, size), _places(b, j1, j2, size)
    pairs = [
        pair
        for run, places in here.items()
        if len(places) == len(there.get(run, ())) and (often or len(places) == 1)
        for pair in zip(places, there[run], strict=True)
    ]
    i, j = i1, j1
    for at, to in _longest_rising(sorted(pairs)):
        start, other = at, to
        # The run before may have reached into this one.
        late = max(i - start, j - other, 0)
        if late >= size:
            continue
        start, other = start + late, other + late
        while late == 0 and start > i and other > j and a[start - 1] == b[other - 1]:
            start, other = start - 1, other - 1
        end, stop = at + size, to + size
        while end < i2 and stop < j2 and a[end] == b[stop]:
            end, stop = end + 1, stop + 1
        yield start, other, end - start
        i, j = end, stop


def _places(
    seq: Sequence[int], first: int, last: int, size: int
) -> dict[tuple[int, ...], list[int]]:
    found: dict[tuple[int, ...], list[int]] = {}
    for at in range(first, last - size + 1):
        found.setdefault(tuple(seq[at : at + size]), []).append(at)
    return found


def _longest_rising(pairs: Pairs) -> Pairs:
    """Return the most pairs whose second rises with the first; the first rises already."""
    tails: list[int] = []
    last: list[int] = []
    before = [-1] * len(pairs)
    for n, (_, j) in enumerate(pairs):
        k = bisect_left(tails, j)
        before[n] = last[k - 1] if k else -1
        tails[k : k + 1], last[k : k + 1] = [j], [n]
    out = []
    n = last[-1] if last else -1
    while n >= 0:
        out.append(pairs[n])
        n = before[n]
    return out[::-1]


def _filled(old: _Words, new: _Words, i1: int, i2: int, j1: int, j2: int) -> Pairs:
    """Pair what is alike in a gap: its equal ends, then the best alignment of the rest."""
    pairs = []

    def equal(i: int, j: int) -> bool:
        return bool(old.key[i] == new.key[j] and old.own[i] == new.own[j])

    while i1 < i2 and j1 < j2 and equal(i1, j1):
        pairs.append((i1, j1))
        i1, j1 = i1 + 1, j1 + 1
    while i1 < i2 and j1 < j2 and equal(i2 - 1, j2 - 1):
        i2, j2 = i2 - 1, j2 - 1
        pairs.append((i2, j2))
    n, m = i2 - i1, j2 - j1
    if n == 1 and m == 1:
        return pairs + [(i1, j1)] * (_likeness(old.said[i1], new.said[j1]) > 0)
    if 0 < n * m <= MOST_CELLS:
        pairs += _best(old, new, np.arange(i1, i2), np.arange(j1, j2))
    return pairs


def _best(old: _Words, new: _Words, a: Ints, b: Ints) -> Pairs:
    """Align two short stretches at the least cost (Gotoh), a gap costing the same however long."""
    score, same = _scores(old, new, a, b)
    n, m = score.shape
    low = np.float32(-1e9)
    pair = np.full((n + 1, m + 1), low, dtype=np.float32)
    gone, come = pair.copy(), pair.copy()
    pair[0, 0] = 0
    come[0, 1:] = -GAP
    for i in range(1, n + 1):
        before = np.maximum(np.maximum(pair[i - 1], gone[i - 1]), come[i - 1])
        pair[i, 1:] = before[:-1] + score[i - 1]
        gone[i] = np.maximum(gone[i - 1], pair[i - 1] - GAP)
        either = np.maximum(pair[i], gone[i]) - GAP
        come[i, 1:] = np.maximum.accumulate(either)[:-1]
    at, to = n, m
    state = int(np.argmax((pair[n, m], gone[n, m], come[n, m])))
    out = []
    while at or to:
        if state == PAIR:
            at, to = at - 1, to - 1
            if same[at, to]:
                out.append((int(a[at]), int(b[to])))
            state = int(np.argmax((pair[at, to], gone[at, to], come[at, to])))
        elif state == GONE:
            at -= 1
            state = GONE if gone[at, to] >= pair[at, to] - GAP else PAIR
        else:
            to -= 1
            if come[at, to] < max(pair[at, to], gone[at, to]) - GAP:
                state = GONE if gone[at, to] > pair[at, to] else PAIR
    return out


def _scores(
    old: _Words, new: _Words, a: Ints, b: Ints
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return what each pair brings, and whether it is the same word, mended or not."""
    same = old.key[a][:, None] == new.key[b][None, :]
    # A small word says less than a long one, a mark next to nothing.
    length = (old.end - old.start)[a]
    brings = np.where(old.is_word[a], np.minimum(1.0, 0.4 + 0.1 * length), 0.2)[:, None]
    whose = old.own[a][:, None] != new.own[b][None, :]
    words = old.is_word[a][:, None] & new.is_word[b][None, :]
    score = np.where(same, brings - 0.1 * whose, np.where(words, MISMATCH, 2 * MISMATCH))
    if score.size <= MOST_MENDED:
        for i, j in np.argwhere(words & ~same):
            likeness = _likeness(old.said[a[i]], new.said[b[j]])
            if likeness:
                same[i, j] = True
                score[i, j] = brings[i, 0] * likeness - 0.1 * whose[i, j]
    return score.astype(np.float32), same


@lru_cache(maxsize=100_000)
def _likeness(one: str, other: str) -> float:
    """Return the share of letters that two words share in order, or 0 if they are two words.

    Examples
    --------
    >>> _likeness("thier", "their"), _likeness("It", "it"), _likeness("red", "blue")
    (0.8, 0.6, 0.0)
    """
    if one == other:
        return 1.0
    same = one.casefold() == other.casefold()
    most = 2 * min(len(one), len(other)) / (len(one) + len(other))
    if not same and (min(len(one), len(other)) < 3 or most < ALIKE):
        return 0.0
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    if same:
        return max(ratio, ALIKE)
    return ratio if ratio >= ALIKE else 0.0


def _settle(a: _Words, b: _Words, to: Ints) -> None:
    """Let what is only in ``a`` begin and end with a turn or a sentence, if it can be so read.

    Of "Yes. No. Yes." and "Yes.", either "No. Yes." or "Yes. No." is gone, and so might be ". No.
    Yes": the words alone do not say. Where nothing decides, what comes later is gone.
    """

    def alike(i: int, j: int) -> bool:
        return bool(a.key[i] == b.key[j] and a.own[i] == b.own[j])

    for i1, i2, j1, j2 in _gaps(to, len(b)):
        if i2 == i1 or j2 > j1:
            continue
        left = right = 0
        while (
            j1 - left > 0
            and to[i1 - 1 - left] == j1 - 1 - left
            and alike(i2 - 1 - left, j1 - 1 - left)
        ):
            left += 1
        while (
            i2 + right < len(a) and to[i2 + right] == j2 + right and alike(i1 + right, j2 + right)
        ):
            right += 1
        if not left and not right:
            continue
        edges = a.edge[i1 - left : i1 + right + 1] + a.edge[i2 - left : i2 + right + 1]
        by = int(np.flatnonzero(edges == edges.max())[-1]) - left
        if by > 0:
            to[i1 : i1 + by] = np.arange(j1, j1 + by)
        elif by < 0:
            to[i2 + by : i2] = np.arange(j1 + by, j1)
        to[i1 + by : i2 + by] = -1


# -- units --------------------------------------------------------------------------------------


class _Placing:
    """Two aligned texts, asked unit by unit."""

    def __init__(self, old: _Words, new: _Words, to: Ints, segments: pd.DataFrame) -> None:
        self.old, self.new, self.to = old, new, to
        self.back = _inverse(to, len(new))
        self.lengths = old.end - old.start, new.end - new.start
        self.alike = np.ones(len(old))
        paired = np.flatnonzero(to >= 0)
        for i, j in zip(paired.tolist(), to[paired].tolist(), strict=True):
            if old.said[i] != new.said[j]:
                self.alike[i] = _likeness(old.said[i], new.said[j])
        # Words of a participant that are an interviewer's now are not to be followed.
        taken = np.zeros(len(old), dtype=bool)
        taken[paired] = old.own[paired] & ~new.own[to[paired]]
        self.stays = (to >= 0) & ~taken
        # Which segment each new word is in; past the last one, none.
        self.segment_of = np.full(len(new) + 1, -1, dtype=np.int64)
        self.ids = set(segments["unit_id"])
        for row, unit in enumerate(segments.itertuples()):
            inside = new.within(unit.start_char, unit.end_char)
            self.segment_of[inside.start : inside.stop] = row
        self.rows = segments.to_dict("records")
        self.starts = segments["start_char"].to_numpy()
        self.orders = segments["order"].to_numpy()

    def row(self, unit: Any) -> dict[str, object]:
        """Return the row of `place` for one old unit."""
        inside = self.old.within(unit.start_char, unit.end_char)
        lost = {
            "unit_id": unit.unit_id, "to": "", "how": "lost", "similarity": 0.0, "start_char": -1,
            "end_char": -1, "text": "", "reason": "words are gone", "was": unit.text, "kind": "",
            "interview": unit.interview, "participant": unit.participant, "turn_index": -1,
            "start_s": np.nan, "end_s": np.nan, "order": -1,
        }  # fmt: skip
        if not len(inside):
            between = self._between(unit, inside.start) if unit.kind == "span" else None
            return lost if between is None else lost | self._span_row(unit, *between, 1.0, "")
        at = np.arange(inside.start, inside.stop)
        words = self.old.is_word[at]
        weighed = at[words] if words.any() else at
        weight = np.minimum(self.old.end[weighed], unit.end_char) - np.maximum(
            self.old.start[weighed], unit.start_char
        )
        found = weight[self.to[weighed] >= 0].sum() / weight.sum()
        stays = self.stays[weighed]
        kept = weight[stays].sum() / weight.sum()
        if kept <= ENOUGH:
            why = "words are gone"
            if found > ENOUGH:
                why = "no longer the participant's"
            elif found > 0:
                why = f"only partly there ({_percent(kept)})"
            return lost | {"reason": why, "similarity": round(float(kept), 3)}
        if unit.kind == "span":
            return lost | self._span(unit, at, weighed[stays], weight[stays])
        return lost | self._segment(unit, at, weighed[stays], weight[stays])

    def _segment(self, unit: Any, at: Ints, kept: Ints, weight: Ints) -> dict[str, object]:
        there = self.segment_of[self.to[kept]]
        votes = np.bincount(there[there >= 0], weight[there >= 0], minlength=1)
        if not votes.any():
            return {"reason": "no unit is there"}
        best = int(votes.argmax())
        now = self.rows[best]
        if now["text"] == unit.text:
            return self._segment_row(best, "same", 1.0, "")
        inside = self.new.within(now["start_char"], now["end_char"])
        came = self.back[inside.start : inside.stop]
        words = self.new.is_word[inside.start : inside.stop]
        came = came[(came >= 0) & (words | ~words.any())]
        share = votes[best] / weight.sum()
        reasons = []
        if share < 1:
            pieces = np.count_nonzero(votes)
            reasons.append(f"cut in {pieces}: {_percent(share)} of its words are here")
        if ((came < at[0]) | (came > at[-1])).any():
            reasons.append("joined with words beside it")
        similarity = self._similarity(at, inside)
        return self._segment_row(
            best, "recut" if reasons else "edited", similarity, "; ".join(reasons)
        )

    def _segment_row(self, row: int, how: str, similarity: float, reason: str) -> dict[str, object]:
        now: dict[str, object] = dict(self.rows[row])
        return now | {
            "to": now.pop("unit_id"), "how": how, "similarity": similarity, "reason": reason,
        }  # fmt: skip

    def _span(self, unit: Any, at: Ints, kept: Ints, weight: Ints) -> dict[str, object]:
        turn, reason = -1, ""
        if self.old.turn[at[0]] == self.old.turn[at[-1]]:
            turns = self.new.turn[self.to[kept]]
            votes = np.bincount(turns, weight)
            turn = int(votes.argmax())
            kept = kept[turns == turn]
            share = votes[turn] / weight.sum()
            if share < 1:
                reason = f"cut by another turn: {_percent(share)} of its words are here"
        first, begins = self._reach(int(kept[0]), int(at[0]), -1, turn)
        last, ends = self._reach(int(kept[-1]), int(at[-1]), 1, turn)
        old, new = self.old, self.new
        start, end = int(new.start[begins]), int(new.end[ends])
        if first == at[0]:
            start = _shifted(unit.start_char - int(old.start[first]), start, end - 1)
            lead = old.text[unit.start_char : max(unit.start_char, old.start[first])]
            start -= len(lead) * new.text[:start].endswith(lead)
        if last == at[-1]:
            end = max(start + 1, end - max(0, int(old.end[last]) - unit.end_char))
            tail = old.text[old.end[last] : unit.end_char]
            end += len(tail) * new.text.startswith(tail, end)
        similarity = self._similarity(at, range(begins, ends + 1))
        return self._span_row(unit, start, end, similarity, reason)

    def _reach(self, kept: int, limit: int, step: int, turn: int) -> tuple[int, int]:
        """Go from a span's outermost word that was kept to its end; say how far, in both texts.

        What stands in the place of words at its very end belongs to it, if it is no longer than
        they were, or not by much: a span is not stretched.
        """
        at, there = kept, int(self.to[kept])

        def near(j: int, words: int) -> bool:
            return abs(j - there) <= 2 * words + 2

        def fits(j: int) -> bool:
            return 0 <= j < len(self.new) and turn in (-1, self.new.turn[j])

        for i in range(limit, kept, -step):
            j = int(self.to[i])
            if self.stays[i] and fits(j) and near(j, abs(i - kept)):
                at, there = i, j
                break
        if at == limit:
            return at, there
        beyond = limit + step
        stop = len(self.new) if step > 0 else -1
        if 0 <= beyond < len(self.old):
            stop = int(self.to[beyond])
            if stop < 0:
                return at, there
        instead = [j for j in range(there + step, stop, step) if near(j, abs(limit - at))]
        if len(instead) == abs(stop - there) - 1 and (step > 0 or self.new.is_word[instead].any()):
            there = next((j - step for j in instead if not fits(j)), stop - step)
        return at, there

    def _similarity(self, at: Ints, inside: range) -> float:
        """Return the share of letters and marks that two places have in common."""
        there = self.to[at]
        both = at[(there >= inside.start) & (there < inside.stop) & (there >= 0)]
        of_old, of_new = self.lengths
        common = (self.alike[both] * (of_old[both] + of_new[self.to[both]])).sum()
        return round(
            float(common / (of_old[at].sum() + of_new[inside.start : inside.stop].sum())), 3
        )

    def _between(self, unit: Any, after: int) -> tuple[int, int] | None:
        """Place a span without words, if the words on both sides of it are neighbours still."""
        old, new = self.old, self.new
        left = int(self.to[after - 1]) if after else -1
        right = int(self.to[after]) if after < len(old) else len(new)
        if right != left + 1 or (after and left < 0):
            return None
        of_old = int(old.end[after - 1]) if after else 0
        of_new = int(new.end[left]) if after else 0
        to_old = int(old.start[after]) if after < len(old) else len(old.text)
        to_new = int(new.start[right]) if right < len(new) else len(new.text)
        if old.text[of_old:to_old] != new.text[of_new:to_new]:
            return None
        by = of_new - of_old
        return unit.start_char + by, unit.end_char + by

    def _span_row(
        self, unit: Any, start: int, end: int, similarity: float, reason: str
    ) -> dict[str, object]:
        new = self.new
        words = new.text[start:end]
        turn = max(0, int(np.searchsorted(new.turn_starts, start, side="right")) - 1)
        row = next(new.turns.iloc[[turn]].itertuples())
        offset = int(new.turn_starts[turn])
        same = words == unit.text
        place = max(0, int(np.searchsorted(self.starts, start, side="right")) - 1)
        return {
            "to": span_id(row.interview, start, words),
            "how": "same" if same and (start, end) == (unit.start_char, unit.end_char) else "span",
            "similarity": 1.0 if same else similarity,
            "start_char": start, "end_char": end, "text": words, "reason": reason,
            "kind": "span", "interview": row.interview,
            "participant": row.participant, "turn_index": row.turn_index,
            **times(row, max(0, start - offset), min(end - offset, len(row.text))),
            "order": int(self.orders[place]) if len(self.orders) else 0,
        }  # fmt: skip


def _shifted(by: int, start: int, most: int) -> int:
    """Move a start into its word, if the span began there."""
    return min(start + max(by, 0), max(start, most))


def _percent(share: float) -> str:
    return f"{round(100 * float(share))} %"


def _say_what_fell_together(placed: pd.DataFrame) -> pd.DataFrame:
    """Add to the reason where several units lead to one."""
    others = placed.groupby("to")["unit_id"].transform("size") - 1
    for at in np.flatnonzero((others > 0) & (placed["to"] != "")):
        n = int(others.iloc[at])
        said = f"one unit with {n} other{'s' * (n > 1)} now"
        before = placed["reason"].iloc[at]
        placed.loc[at, "reason"] = f"{before}; {said}" if before else said
    return placed
