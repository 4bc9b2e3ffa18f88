"""Which words before a colon are a speaker's name, judged over the whole transcript.

"So I said: no" is talk and "Ruth: and then?" is a turn. One line alone cannot always tell; a
transcript can, for a speaker comes back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from journeyqual.reading.common import MAX_LABEL_CHARS, TIME

_LABEL = re.compile(
    rf"\s*(?:[\[(]?(?P<before>{TIME})[\])]?\s*[-–]?\s*)?"
    rf"(?:>>\s*)?\[?(?P<label>[^\W_][^:：\[\]\n]{{0,{MAX_LABEL_CHARS - 1}}}?)\]?"
    rf"\s*(?:[\[(](?P<after>{TIME})[\])]\s*)?[:：](?=\s|$)"
)
_PARTICLES = frozenset(
    "al bin da de del della den der di do dos du el ibn la le of van von y".split()
)
_NEVER = frozenset(
    """about actually also and anyway as background basically because but company context date
    description duration e.g eg etc example file for format from generally honestly hence hi
    however i.e ie if in interesting keywords language length like literally location maybe
    meaning mode name no not note notes now nb of ok okay obviously one or place plus product
    project ps recorded recording result say second segment so still study subject summary that
    the then there therefore third this three thus time title to topic transcriber transcript two
    venue version well what which word yeah yep yes""".split()
)
_SENTENCE_MARK = re.compile(r"[?!;,\"“”…]")
_ABBREVIATION = re.compile(r"[^\W\d_]{1,4}\.|(?:[^\W\d_]\.)+")


# Only what names a part: two people's names may well be a letter apart.
_PARTS = (
    "participant", "participants", "interviewer", "interviewers", "interviewee", "moderator",
    "researcher", "respondent", "facilitator",
)  # fmt: skip


@dataclass(frozen=True)
class Labelled:
    """A line that begins with what may be a speaker's name."""

    at: int
    label: str
    text: str
    time: str = ""
    starts_paragraph: bool = True

    @property
    def key(self) -> str:
        """The label with letter case and blanks levelled, by which speakers are counted."""
        return level(self.label)


def level(label: str) -> str:
    """Return a label with letter case and blanks levelled.

    Examples
    --------
    >>> level("Ruth  KESSLER")
    'ruth kessler'
    """
    return " ".join(label.split()).casefold()


def candidate(line: str, at: int, *, starts_paragraph: bool = True) -> Labelled | None:
    """Return the line split at its label if it begins with something that could be one.

    Examples
    --------
    >>> candidate("[00:12] Ruth Kessler: How was it?", 0)
    Labelled(at=0, label='Ruth Kessler', text='How was it?', time='00:12', starts_paragraph=True)
    >>> candidate("So I said: no", 0) is None, candidate("at 10:30 it came", 0) is None
    (True, True)
    """
    found = _LABEL.match(line)
    if not found:
        return None
    label = " ".join(found["label"].split())
    if not _could_be_name(label):
        return None
    time = found["before"] or found["after"] or ""
    return Labelled(at, label, line[found.end() :].strip(), time, starts_paragraph)


def looks_like_name(label: str) -> bool:
    """Tell whether a label is written as a name is: a few words with capitals, a number, a code.

    Examples
    --------
    >>> [looks_like_name(w) for w in ("Vincent van Gogh", "P01", "Dr. Ode", "then he", "李娜")]
    [True, True, True, False, True]
    """
    words = label.split()
    if not 1 <= len(words) <= 6 or _SENTENCE_MARK.search(label) or ":" in label:
        return False
    return all(_name_word(w) for w in words) and words[0] not in _PARTICLES


def accept(found: Sequence[Labelled], n_paragraphs: int) -> tuple[frozenset[str], tuple[str, ...]]:
    """Choose the labels that are speakers; returns their keys, and what was left as words.

    A label that comes back is a speaker. One that stands once is taken if nearly every paragraph
    has a label, or if it is a full name after the talk has begun; so "Location: Leeds" above the
    talk stays out, and so does a lone "Anyway: …" within it.

    Parameters
    ----------
    found
        Every possible label in the order of the file.
    n_paragraphs
        How many paragraphs (or cues) the file has.
    """
    counts = Counter(f.key for f in found)
    recurring = {f.key for f in found if counts[f.key] >= (2 if looks_like_name(f.label) else 3)}
    covered = sum(f.starts_paragraph for f in found) >= 0.8 * max(n_paragraphs, 1)
    begin = min((f.at for f in found if f.key in recurring), default=-1)
    chosen, left = set(recurring), []
    for one in found:
        if one.key in chosen:
            continue
        if _once(one, covered=covered, begin=begin):
            chosen.add(one.key)
        elif one.at > begin >= 0 and one.starts_paragraph and looks_like_name(one.label):
            left.append(one.label)
    shown = ", ".join(f"'{name}:'" for name in list(dict.fromkeys(left))[:5])
    notes = (f"left in the text, not taken for a speaker: {shown}",) if left else ()
    return frozenset(chosen), notes


def mend(label: str) -> str:
    """Return what a misspelt part in the talk was meant to be; any other label as it is.

    Examples
    --------
    >>> mend("Particpant"), mend("Partisan"), mend("Interveiwer 2")
    ('Participant', 'Partisan', 'Interviewer 2')
    """
    word, blank, rest = label.partition(" ")
    if len(word) < 8 or word.casefold() in _PARTS:
        return label
    near = get_close_matches(word.casefold(), _PARTS, n=1, cutoff=0.9)
    return f"{near[0].capitalize()}{blank}{rest}" if near else label


def _once(one: Labelled, *, covered: bool, begin: int) -> bool:
    """Judge a label that stands only once."""
    if not (one.starts_paragraph and looks_like_name(one.label)):
        return False
    if begin < 0:
        return covered
    if one.at < begin:
        # Above the talk stand lines such as "Interviewer: Ruth Kessler"; talk ends like a sentence.
        return covered and one.text.endswith((".", "?", "!", "…"))
    return covered or len(one.label.split()) >= 2


def _could_be_name(label: str) -> bool:
    if label.casefold().strip(".") in _NEVER or not any(c.isalpha() for c in label):
        return False
    # All in small letters it must be one word, and come back three times.
    return looks_like_name(label) or (label.islower() and label.replace("_", "").isalnum())


def _name_word(word: str) -> bool:
    bare = word.strip("()'’\"&/#-")
    if not bare:
        return word in {"&", "/", "-", "#"}
    if "." in bare and not _ABBREVIATION.fullmatch(bare):
        return False
    if bare in _PARTICLES or word.startswith("(") or any(c.isdigit() for c in bare):
        return True
    # Scripts without capitals cannot be judged by them.
    first = next((c for c in bare if c.isalpha()), "")
    return bool(first) and not first.islower()
