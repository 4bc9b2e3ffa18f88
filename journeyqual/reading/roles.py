"""Who asks and who is studied: the role of each voice in one interview.

What the study says wins; then what a label says of itself; then who asks and who talks. Every guess
is said aloud. One interview has one participant. Any other voice (a partner who looks in, a
colleague) is ``other`` and is not coded, unless it is listed among the interviewers: a second
person's words counted as the participant's would give that participant feelings that are not
theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from journeyqual.reading.cleaning import clean_line
from journeyqual.reading.common import percent
from journeyqual.reading.labels import level

MOST_TOLD = 20
"""Of so many voices that are not coded each is told."""

_ASKS = r"interviewers?|int|iv|moderator|mod|researcher|facilitator|host|question|questioner|q|i"
_TELLS = (
    r"participants?|respondent|resp|interviewee|informant|customer|client|user|guest|answer|p|r|a"
)
_ASKING_LABEL = re.compile(rf"(?:the )?(?:{_ASKS})\.?[ _-]?\d*|.*[(\[](?:{_ASKS})[)\]]")
_TELLING_LABEL = re.compile(rf"(?:the )?(?:{_TELLS})\.?[ _-]?\d*|.*[(\[](?:{_TELLS})[)\]]")
_DIARISED = re.compile(r"(?:unknown )?(?:speaker|spk|voice)[ _-]?\w{0,3}")
_QUESTION = re.compile(r"[?？؟]")


@dataclass
class Voice:
    """How much one speaker says in an interview, and how much of it is asking."""

    label: str
    words: int = 0
    questions: int = 0


def voices(turns: Sequence[tuple[str, str]]) -> dict[str, Voice]:
    """Count words and question marks by speaker, in order of appearance.

    Examples
    --------
    >>> voices([("Ruth", "And then? How?"), ("Maya", "It came late.")])["Ruth"]
    Voice(label='Ruth', words=3, questions=2)
    """
    found: dict[str, Voice] = {}
    for label, text in turns:
        voice = found.setdefault(label, Voice(label))
        voice.words += len(text.split())
        voice.questions += len(_QUESTION.findall(text))
    return found


def generic(label: str) -> bool:
    """Tell whether a label names a part and no person, such as Participant 2 or Speaker 1."""
    name = level(label)
    return not name or any(
        p.fullmatch(name) for p in (_ASKING_LABEL, _TELLING_LABEL, _DIARISED)
    )  # fmt: skip


def assign(
    heard: dict[str, Voice], *, names: Sequence[str], interviewers: Sequence[str] = ()
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Give every voice its role; returns the roles by label, and what was guessed.

    Parameters
    ----------
    heard
        The voices of one interview, as `voices` counts them.
    names
        Under which names the participant is known: the participant's and the interview's id.
    interviewers
        Names or shell-style patterns of those who ask, letter case apart.

    Examples
    --------
    >>> heard = voices([("Ann", "How was it?"), ("Bo", "It was late and I was wet to the skin.")])
    >>> roles, notes = assign(heard, names=["P01"])
    >>> roles
    {'Ann': 'interviewer', 'Bo': 'participant'}
    >>> notes
    ('interviewer inferred: Ann (asks 100 % of the questions, speaks 23 % of the words)',)
    """
    patterns = [level(clean_line(p)) for p in interviewers]
    roles = {v: "interviewer" for v in heard if any(fnmatchcase(level(v), p) for p in patterns)}
    notes: list[str] = []
    if patterns and not roles and len(heard) > 1:
        notes.append(f"none of the study's interviewers speaks here: {', '.join(interviewers)}")
    open_voices = [v for v in heard if v not in roles]
    known = [v for v in open_voices if any(_is_named(v, name) for name in names)]
    asking: list[str] = []
    if not roles and len(heard) > 1:
        asking = [v for v in open_voices if v not in known and _ASKING_LABEL.fullmatch(level(v))]
        if not asking:
            asking = _infer(heard, known, notes)
        roles |= dict.fromkeys(asking, "interviewer")
    rest = [v for v in heard if v not in roles]
    if rest:
        roles[_participant(heard, rest, known)] = "participant"
    else:
        notes.append("no participant speaks: every voice is an interviewer's")
    others = [voice for voice in rest if voice not in roles]
    roles |= dict.fromkeys(others, "other")
    words = sum(v.words for v in heard.values())
    notes += [_said_of_other(heard[voice], words) for voice in others[:MOST_TOLD]]
    if others[MOST_TOLD:]:
        notes.append(f"role other, not coded: {len(others) - MOST_TOLD} more voices")
    return {v: roles[v] for v in heard}, tuple(notes)


def _infer(heard: dict[str, Voice], known: list[str], notes: list[str]) -> list[str]:
    """Find who asks: the voice whose share of the questions most exceeds its share of the words.

    Next to a participant who is known by name, the only other voice needs no questions.
    """
    words = sum(v.words for v in heard.values())
    questions = sum(v.questions for v in heard.values())

    def lead(label: str) -> float:
        voice = heard[label]
        return (voice.questions / questions if questions else 0.0) - voice.words / max(words, 1)

    telling = {v for v in heard if _TELLING_LABEL.fullmatch(level(v))}
    open_voices = [v for v in heard if v not in known and v not in telling and v]
    if not open_voices:
        return []
    best = max(open_voices, key=lead)
    alone = len(open_voices) == 1 and len(heard) == 2
    if lead(best) <= 0 and not alone:
        notes.append("nobody here can be told to be the interviewer: name them in study.toml")
        return []
    asked = percent(heard[best].questions, questions)
    spoken = percent(heard[best].words, words)
    why = f"asks {asked} of the questions, speaks {spoken} of the words"
    notes.append(f"interviewer inferred: {best} ({why})")
    return [best]


def _participant(heard: dict[str, Voice], rest: list[str], known: list[str]) -> str:
    """Choose the one who is studied: known by id, else by label, else who talks most."""
    by_name = [v for v in rest if v in known]
    by_label = [v for v in rest if _TELLING_LABEL.fullmatch(level(v))]
    return max(by_name or by_label or rest, key=lambda v: heard[v].words)


def _said_of_other(voice: Voice, words: int) -> str:
    who = voice.label or "a voice without a name"
    return f"role other, not coded: {who} ({percent(voice.words, words)} of the words)"


def _is_named(label: str, name: str) -> bool:
    """Tell whether a participant's or interview's id holds the label: BSR01 in BSR01_transcript."""
    parts = re.split(r"[\W_]+", level(label))
    whole = re.split(r"[\W_]+", level(name))
    n = len(parts)
    return any(parts) and any(whole[i : i + n] == parts for i in range(len(whole) - n + 1))
