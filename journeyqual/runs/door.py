"""A transcript's way into a study: read, pseudonymised, consent asked, cut into units.

What comes of a file is a function of the file and of a `Door`; nothing here touches the store.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from journeyqual.errors import InputError, JourneyqualError
from journeyqual.privacy import Detector
from journeyqual.reading.limits import Limits
from journeyqual.store import Interview
from journeyqual.study import Study


@dataclass(frozen=True)
class Door:
    """What of a study decides how a file is read.

    Parameters
    ----------
    owners
        Whose interview a file is, by file name.
    interviewers
        Names of those who ask.
    names
        Names to be hidden, and what stands for each.
    detector
        What looks for names that nobody listed.
    people
        ``participants.csv`` by pseudonym, for consent.
    limits
        How much a file may ask of the machine.
    """

    owners: Mapping[str, str]
    interviewers: tuple[str, ...]
    names: Mapping[str, str]
    people: pd.DataFrame
    detector: Detector = field(default_factory=Detector)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Opened:
    """What came of a file: interviews, or the error that it was refused with.

    Parameters
    ----------
    interviews
        Pseudonymised, ready to be frozen.
    notes
        What a person should know; they may name people, and are never stored.
    refused, kind
        Why it was refused, and by what kind of error; blank if it was not.
    seconds
        What cutting it into units took.
    """

    interviews: list[Interview]
    notes: list[str]
    refused: str = ""
    kind: str = ""
    seconds: float = 0.0


def door(study: Study) -> Door:
    """Return the door of an open study."""
    config = study.config
    return Door(
        config.owners,
        config.interviewers,
        study.names(),
        study.listed_participants(),
        study.detector(),
        config.limits,
    )


def opened(way: Door, path: Path, content: str, *, name: str = "") -> Opened:
    """Read a file into pseudonymised interviews, or say why it is refused.

    Parameters
    ----------
    way
        The study's door.
    path, content
        The file, and the hash of its bytes.
    name
        The id that the file's one interview has already.
    """
    try:
        return _opened(way, path, content, name)
    except JourneyqualError as error:
        return Opened([], [], str(error), type(error).__name__)
    except (MemoryError, RecursionError, ValueError, LookupError, TypeError, OSError) as error:
        # One bad file must not stand in the way of the others, whatever a reader made of it.
        why = InputError(f"cannot be read ({type(error).__name__})", path=path)
        return Opened([], [], str(why), type(error).__name__)


def opened_there(way: Door, sent: tuple[str, bytes, str]) -> Opened:
    """Read a file that was sent to another machine: its name, its bytes and their hash."""
    file, content, sha256 = sent
    with tempfile.TemporaryDirectory(prefix="journeyqual-") as scratch:
        path = Path(scratch) / file
        path.write_bytes(content)
        return opened(way, path, sha256)


def _opened(way: Door, path: Path, content: str, name: str) -> Opened:
    from journeyqual import privacy, reading
    from journeyqual.units import from_turns, stored_text

    owner = way.owners.get(path.name, "")
    found = reading.read_turns(
        path,
        participant=owner or path.stem,
        interviewers=way.interviewers,
        limits=way.limits,
    )
    names = dict(way.names)
    raw = found.turns
    if raw["interview"].nunique() == 1:
        raw = raw.assign(**_ids(way, path, content, name, raw))
    if raw["interview"].nunique() > 1:
        for person in raw["participant"].unique():
            # A survey's own column of names: whom the list does not hide gets a stand-in.
            if privacy.is_full_name(person):
                own = raw.loc[raw["participant"] == person, "text"]
                names.setdefault(person, privacy.stand_in("\n".join(own)))
    turns = privacy.pseudonymise(raw, names, detector=way.detector)
    # By the file's own name, too: somebody may stand in participants.csv by it.
    pairs = list(zip(found.turns["participant"], turns["participant"], strict=True))
    agreed = {pair: _may_analyse(way.people, path, *pair) for pair in dict.fromkeys(pairs)}
    allowed = turns[[agreed[pair] for pair in pairs]]
    if allowed.empty:
        raise InputError("its participant did not agree to be analysed", path=path)
    begun = time.perf_counter()
    units = from_turns(allowed)
    took = time.perf_counter() - begun
    interviews = []
    for interview, own in allowed.groupby("interview", sort=False):
        if not (units["interview"] == interview).any():
            raise InputError("no participant says anything in it", path=path)
        text, starts = stored_text(own)
        interviews.append(Interview(own, units[units["interview"] == interview], text, starts))
    notes = [f"{path.name}: {note}" for note in found.notes]
    return Opened(interviews, notes, seconds=took)


def _ids(way: Door, path: Path, content: str, name: str, raw: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the ids of a file's one interview and of its participant, before names are hidden.

    What is stored already keeps its id: as the participant's, too, or a file that is called by a
    person would bring the name back in when it is corrected.
    """
    from journeyqual import privacy

    owner = way.owners.get(path.name, "")
    called = interview = str(raw["interview"].iloc[0])
    if name or owner:
        interview = name or _interview_id(path.stem, owner, content)
    elif way.detector.name == "presidio":
        listed = privacy.pseudonyms({n: p for n, p in way.names.items() if p.strip()})
        stands = privacy.stand_in("\n".join(raw["text"]))
        hidden = privacy.without_name(listed.apply_id(called), stands, way.detector.keep)
        # Nothing was found: what is listed or heard is hidden later, along with the words.
        interview = hidden if stands in hidden else called
    ids = {"interview": pd.Series(interview, index=raw.index, dtype=raw["interview"].dtype)}
    if not owner:
        own = raw["participant"].isin([called, path.stem])
        ids["participant"] = raw["participant"].mask(own, interview)
    return ids


def _interview_id(stem: str, owner: str, content: str) -> str:
    """Return an interview's id where study.toml names its participant.

    A file name like ``anna-2026-03-04`` may hold the very name that is to be hidden, so it serves
    as an id only if nothing but the participant's id and digits is in it.
    """
    rest = stem.replace(owner, "") if owner in stem else stem
    bare = owner in stem and not any(char.isalpha() for char in rest)
    return stem if bare else f"{owner}-{content[:6]}"


def _may_analyse(people: pd.DataFrame, path: Path, before: str, after: str) -> bool:
    """Tell whether a participant, by the name in the file or the pseudonym, agreed."""
    ids = people["participant"].str.casefold()
    rows = people[ids.isin({before.casefold(), after.casefold()})]
    if len(rows) and after.casefold() not in set(ids):
        # Later, consent is looked up by the pseudonym: it must not get lost on the way.
        raise InputError(
            "participants.csv knows its participant by a name that is hidden here",
            path=path,
            remedy="give the name a pseudonym in names.csv",
        )
    return bool(rows["consent_analyse"].all())
