"""Pseudonyms before storage: names that are listed or heard are gone before anything is kept.

What is hidden, and how surely:

- A name in ``names.csv`` is replaced as listed, wherever it is a whole word. Names of two words
  or more, and single ones of four letters that are no ordinary word, whatever their capitals;
  the rest (Jo, Grace) only where they are capitalised as listed.
- A speaker's full name is replaced whatever its capitals, its single parts of three letters or
  more where they are capitalised. A part that is an ordinary word too (Will, May, Rose) is spared
  in one place only: at the start of a sentence before a pronoun or an article ("Will you…").
  "In May" becomes "in P01": to replace too much is better than to leak.
- Ids made from file names lose the same names.

Nobody else's names are known here: what `detect` finds without a list, and parts of listed names
where a network is asked, is hidden along with these, in one pass over the text; where both find
something, the list says what stands there.

The file is longer than most: what counts as a name in words, labels and ids is one set of rules,
to be checked at one sitting by whoever must trust it.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from journeyqual.errors import ConfigError
from journeyqual.privacy.detect import Detector, Unlisted, replaced, stands
from journeyqual.schema import TURNS, check

NAME = "[name]"
"""Stands for a name whose pseudonym is left blank."""

_STAND_IN = "participant-000000"

MAX_BYTES = 5_000_000
"""A list of names over this size is refused unread."""

# Words that are names as well. They are replaced only where they are capitalised.
_ORDINARY = frozenset(
    """abbot amber angel apple april archer art ash aspen august autumn bailey baker banks barber
    basil bay bean bear beau berry bill bird bishop black blaze blessing bliss bloom blossom blue
    bond bonny boot booth bow bramble bridge bright brook brooks brown buck bud bull bush butcher
    butler buttons carpenter carter carver case cash cat chad chance chandler charity chase
    cherry chip christian church clay cliff clover coal cole colt cook cooper coral court crisp
    cross crow crystal cupcake daisy dale dawn day dean dear dee derby dog dollar dolly dot dove
    drake draper drew drum duke dusty eagle earl early east ebony ember english ever faith fall
    farmer farrier fern field finch fish fisher fleet flint flora flower ford forest forever fox
    francs frank freeman french frost gale gardener garden garland gay gem gene ginger glass
    glazier glen gold golden good grace grant granny grandma grandpa grandad gray green grey
    grove guy hall hand happy hardy harp hart harvest harmony haven hazel head heath heather
    heaven hero hill holiday holly honey hood hope horn house hunt hunter ice iris ivory ivy jack
    jade jasmine jay jean jersey jet jewel jolly joy judge july june junior keen key king kit
    knight lady lake lamb lance lane lark laurel lavender lee leaf liberty lily lion little
    locke long lord lotus love lovely low luck lucky lynch magnolia maple march marigold mark
    marks marsh marshal marshall mason max may melody mercy merit merry mild mill miller mint
    misty monday moon moore moss mum mummy myrtle nan nana nest nick noble noel norm north nova
    nurse oak ocean olive opal page paige pal park parker parson parsons past pat patience paw
    peace pearl penny pepper petal petunia pike pip piper pitch pleasant plum pool poppy porter
    post potter power precious price pride prince princess prudence pumpkin queen quick rain
    rainbow ram ranger raven ray read reed reef reeves rich ridge rising river rivers rob robin
    rock rocky rod rose rosemary rosy rowan royal ruby rue rush rusty sage sailor salmon salt
    sandy sapphire saturday savage sawyer scarlet scout sea season shade shadow sharp shepherd
    sheriff short silver sir sky skip slate small smart smith snow socks sol sorrow south spark
    spencer spring star stark steel stella sterling stern stone storm strange street strong
    sue summer sunday sunny swan sweet swift sylvan tailor tan tanner tate taylor teal terrace
    thorn tiger tiny tom tower trace trinity trip trooper true tulip turner twig van vale valley
    vicar victor viola violet walker wall ward warren water waters weaver webb weeks well wells
    west wheeler whisky white wild will willow wills win winter wise wolf wood woods worth wren
    yard young zest""".split()
)
_SOON_AFTER = (
    "you he she it we they me us them him her my your his its our their the a an this that these "
    "those there".split()
)
_ORDINARY_NEXT = re.compile(rf"\s+(?:I|{'|'.join(_SOON_AFTER)})(?![^\W_])")
_SENTENCE_START = re.compile(r"(?:\A|[.?!…:\n])[\s\"'“”‘’(\[–—-]*\Z")
_NO_NAMES = frozenset([*_SOON_AFTER, "i", "and", "or", "of", "in", "to", "is", "was"])

_TITLES = frozenset("mr mrs ms miss mx dr prof sir dame lord lady rev mister madam".split())
_PART_OF_TALK = frozenset(
    """answer client customer facilitator guest host informant int interviewee interviewer
    interviewers iv mod moderator participant participants question questioner researcher resp
    respondent speaker the unknown user voice""".split()
)
_INTERVIEWER = re.compile(r"Interviewer(?: \d+)?")
_BLANK = r"(?:\s+|[._-])"
_ID_BLANK = r"[-_.\s]+"
_HYPHENS = "-\u2010\u2011"
_APOSTROPHES = "'’ʼ‘`"
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")


@dataclass(frozen=True)
class _Rule:
    """One name to look for, in which spellings, and what stands for it.

    ``wary`` spares it where it is more likely the ordinary word.
    """

    name: str
    replacement: str
    forms: tuple[str, ...]
    ignore_case: bool = False
    wary: bool = False


class _Row(NamedTuple):
    """What names may stand in, of a turn; by TURNS' columns."""

    interview: str
    participant: str
    speaker: str
    role: str
    text: str


@dataclass(frozen=True)
class Pseudonyms:
    """Names and what stands for them; made by `pseudonyms` or `for_turns`.

    Parameters
    ----------
    rules
        The names to look for in text, longest first.
    speakers
        Speakers' labels and what stands for each.
    ids
        Ids of interviews and participants whose replacement is settled already.
    unlisted
        What was found without a list; None looks for nothing else.
    """

    rules: tuple[_Rule, ...] = ()
    speakers: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    unlisted: Unlisted | None = None

    def apply(self, text: str) -> str:
        """Return the text with every known name replaced; applying it again changes nothing.

        Of listed names, that is: a network may find something else in the replaced text. Text
        without names comes back as it was, to the byte.
        """
        if self.unlisted is not None:
            return replaced(text, self.places(text))
        if not self.rules:
            return text
        return _text_pattern(self.rules).sub(lambda m: self._instead(m, text), text)

    def places(self, text: str) -> list[tuple[int, int, str]]:
        """Return where `apply` replaces what: (start, end) in the text, and what stands there then.

        Examples
        --------
        >>> pseudonyms({"Dev": "[mechanic]"}).places("I rang Dev.")
        [(7, 10, '[mechanic]')]
        """
        listed = []
        if self.rules:
            found = ((m, self._instead(m, text)) for m in _text_pattern(self.rules).finditer(text))
            listed = [(m.start(), m.end(), new) for m, new in found if new != m.group()]
        return listed if self.unlisted is None else self._with_unlisted(listed, text)

    def _with_unlisted(
        self, listed: list[tuple[int, int, str]], text: str
    ) -> list[tuple[int, int, str]]:
        """Join what is listed with what was found: of two that overlap, all is hidden as listed."""
        out = list(listed)
        for start, end, kind in self.unlisted.places(text) if self.unlisted is not None else []:
            new = stands(kind)
            beside = [one for one in out if one[0] < end and start < one[1]]
            for one in beside:
                out.remove(one)
            if beside:
                start, end = min(start, *(b[0] for b in beside)), max(end, *(b[1] for b in beside))
                # "jo@acme.org" is an address whoever Jo is; of a longer name the list knows who.
                new = beside[0][2] if kind in ("person", "place", "organisation") else new
            if text[start:end] not in self.speakers.values():
                out.append((start, end, new))
            else:
                out += beside
        return sorted(out)

    def apply_id(self, name: str) -> str:
        """Return an id, such as a file's stem, with names replaced and its separators kept.

        Examples
        --------
        >>> pseudonyms({"Maya Lindqvist": "P01"}).apply_id("maya-lindqvist_2026")
        'P01_2026'
        """
        if name in self.ids:
            return self.ids[name]
        if not self.rules:
            return name
        pattern = _id_pattern(self.rules)
        return pattern.sub(lambda m: _for_id(self.rules[(m.lastindex or 1) - 1].replacement), name)

    def apply_turns(self, turns: pd.DataFrame) -> pd.DataFrame:
        """Return TURNS with names replaced in words, speakers, and ids.

        Raises
        ------
        ConfigError
            If two interviews would then have one id.
        """
        return _with(turns, [self._row(row) for row in _rows_of(turns)])

    def _row(self, row: _Row) -> _Row:
        return _Row(
            self.apply_id(row.interview),
            self.apply_id(row.participant),
            self._speaker(row.speaker),
            row.role,
            self.apply(row.text),
        )

    def _speaker(self, label: str) -> str:
        if label in self.speakers.values():
            return label
        return self.speakers.get(label) or self.apply(label)

    def _instead(self, match: re.Match[str], text: str) -> str:
        if match.lastindex is None:
            return match.group()
        rule = self.rules[match.lastindex - 1]
        before = text[max(0, match.start() - 20) : match.start()]
        if rule.wary and _ORDINARY_NEXT.match(text, match.end()) and _SENTENCE_START.search(before):
            return match.group()
        return rule.replacement


def pseudonyms(
    names: Mapping[str, str],
    *,
    speakers: Mapping[str, str] | None = None,
    ids: Mapping[str, str] | None = None,
) -> Pseudonyms:
    """Build the replacement of names, checked to change nothing when applied twice.

    Parameters
    ----------
    names
        Listed names and their pseudonyms; a blank pseudonym is ``[name]``.
    speakers
        Speakers' labels and what stands for them. A name in the label is looked for in the words,
        too; where it is listed, the list says what stands for it there.
    ids
        Ids whose replacement is settled already.

    Raises
    ------
    ConfigError
        If a pseudonym holds a name that is itself to be replaced, or a listed name is no name.

    Examples
    --------
    >>> hide = pseudonyms({"Dev": "[mechanic]"}, speakers={"Maya Lindqvist": "P01"})
    >>> hide.apply("Maya's bike? Dev told maya lindqvist: devices break.")
    "P01's bike? [mechanic] told P01: devices break."
    """
    speakers = dict(speakers or {})
    people = tuple((k, v) for k, v in speakers.items() if k != v and _person(k))
    return Pseudonyms(_rules(tuple(names.items()), people), speakers, dict(ids or {}))


def for_turns(
    turns: pd.DataFrame,
    names: Mapping[str, str] | None = None,
    *,
    detector: Detector | None = None,
) -> Pseudonyms:
    """Build the pseudonyms of one interview from who speaks in it and a list of names.

    The participant's label becomes the participant's id, an interviewer's ``Interviewer`` (the
    next one's ``Interviewer 2``), any other's what the list says or ``[name]``. An id that came
    from the file's name loses listed names and its speakers' names; where the participant's own
    name has no pseudonym, six digits made from the words keep the ids of interviews apart. A
    participant's id that the study chose itself loses only listed names.

    Parameters
    ----------
    turns
        TURNS of one interview.
    names
        Listed names and their pseudonyms.
    detector
        What looks for more than is listed; None looks for nothing.
    """
    return _for_rows(_rows_of(turns), names or {}, detector)


def _for_rows(
    rows: Sequence[_Row], names: Mapping[str, str], detector: Detector | None
) -> Pseudonyms:
    labels: dict[str, str] = {}
    for row in rows:
        labels.setdefault(row.speaker, row.role)
    unique = stand_in("\n".join(row.text for row in rows))
    settled = {name: pseudonym.strip() or _STAND_IN for name, pseudonym in names.items()}
    listed = pseudonyms(settled)
    ids: dict[str, str] = {}
    for interview, participant in {(row.interview, row.participant) for row in rows}:
        own = "" if participant == interview else participant
        heard = pseudonyms(settled, speakers=_speakers(labels, own or _STAND_IN, settled))
        ids[interview] = heard.apply_id(interview).replace(_STAND_IN, unique)
        if own:
            ids[own] = listed.apply_id(own).replace(_STAND_IN, unique)
    speakers = _speakers(labels, ids[rows[0].participant], names) if rows else {}
    hide = pseudonyms(names, speakers=speakers, ids=ids)
    if detector is None:
        return hide
    return replace(hide, unlisted=detector.heard([row.text for row in rows], tuple(settled)))


def pseudonymise(
    turns: pd.DataFrame,
    names: Mapping[str, str] | None = None,
    *,
    detector: Detector | None = None,
) -> pd.DataFrame:
    """Return TURNS of any number of interviews with names replaced, interview by interview.

    Parameters
    ----------
    turns
        TURNS as they were read.
    names
        Listed names and their pseudonyms, as `load_names` reads them.
    detector
        What looks for more than is listed; None looks for nothing.

    Raises
    ------
    ConfigError
        If a pseudonym holds a name to be replaced, or two interviews would share an id.

    Examples
    --------
    >>> rows = [("i", "P01", 0, "Ruth Kessler", "interviewer", "And then, Maya?"),
    ...         ("i", "P01", 1, "Maya Ode", "participant", "I rang Dev, Ruth.")]
    >>> turns = check(pd.DataFrame(rows, columns=TURNS.names[:6]), TURNS)
    >>> pseudonymise(turns, {"Dev": "[mechanic]"})[["speaker", "text"]].values.tolist()
    [['Interviewer', 'And then, P01?'], ['P01', 'I rang [mechanic], Interviewer.']]
    """
    rows = _rows_of(turns)
    talks: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        talks.setdefault(row.interview, []).append(at)
    done = list(rows)
    for places in talks.values():
        hide = _for_rows([rows[at] for at in places], names or {}, detector)
        for at in places:
            done[at] = hide._row(rows[at])
    return _with(turns, done)


def _rows_of(turns: pd.DataFrame) -> list[_Row]:
    return [_Row(*row) for row in zip(*(turns[c].tolist() for c in _Row._fields), strict=True)]


def _with(turns: pd.DataFrame, rows: Sequence[_Row]) -> pd.DataFrame:
    """Return the turns with what the rows now say, if no two ids have become one."""
    for column in ("interview", "participant"):
        was: dict[str, str] = {}
        for old, new in zip(turns[column], (getattr(row, column) for row in rows), strict=True):
            if was.setdefault(new, old) != old:
                raise ConfigError(
                    f"two {column}s would both be called {new!r} without their names",
                    remedy="give their names different pseudonyms in names.csv",
                )
    out = turns.copy()
    for column in _Row._fields:
        out[column] = [getattr(row, column) for row in rows]
    return check(out, TURNS)


def load_names(path: str | Path) -> dict[str, str]:
    """Read ``names.csv``: a name a row, and what stands for it.

    Parameters
    ----------
    path
        CSV in UTF-8 with a column ``name`` and, if wanted, ``pseudonym``.

    Raises
    ------
    ConfigError
        If the file cannot be read, has no such column, a row has no name, or a name stands twice
        with different pseudonyms; the line is named.
    """
    path = Path(path)
    rows = _csv_rows(path)
    headings = [h.strip().casefold() for h in rows[0][1]] if rows else []
    if "name" not in headings:
        raise ConfigError("no column 'name'", path=path, line=1, remedy="head it name,pseudonym")
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    for line, row in rows[1:]:
        cells = dict(zip(headings, map(_one_line, row), strict=False))
        name, pseudonym = cells.get("name", ""), cells.get("pseudonym", "")
        if not _bare(name):
            raise ConfigError("a row without a name", path=path, line=line, column="name")
        if seen.setdefault(_level(name), pseudonym) != pseudonym:
            raise ConfigError(
                f"{name!r} stands twice with different pseudonyms", path=path, line=line,
                remedy="keep one of them",
            )  # fmt: skip
        found.setdefault(name, pseudonym)
    return found


# -- building ---------------------------------------------------------------------------------


def _speakers(
    labels: Mapping[str, str], participant: str, names: Mapping[str, str]
) -> dict[str, str]:
    """Choose what stands for each speaker's label, by role."""
    listed = {_level(_bare(name)): pseudonym.strip() for name, pseudonym in names.items()}
    free = (f"Interviewer {n}" if n > 1 else "Interviewer" for n in itertools.count(1))
    free = (name for name in free if name not in labels)
    chosen: dict[str, str] = {}
    for label, role in labels.items():
        person = _person(label)
        if role == "participant":
            chosen[label] = participant
        elif role == "interviewer":
            kept = label if _INTERVIEWER.fullmatch(label) else ""
            chosen[label] = kept or listed.get(_level(person)) or next(free)
        elif person:
            chosen[label] = listed.get(_level(person)) or NAME
    chosen.pop("", None)
    return chosen


@functools.lru_cache(maxsize=256)
def _rules(
    names: tuple[tuple[str, str], ...], speakers: tuple[tuple[str, str], ...]
) -> tuple[_Rule, ...]:
    """Turn listed names and speakers' into rules, longest name first; the list wins."""
    # A study may call its participant by part of the name; the words then say [name] instead.
    stands = {
        _person(label): NAME if _words(_person(label)) & _words(own) else own
        for label, own in speakers
    }
    by_person = {_level(person): own for person, own in stands.items()}
    rules: dict[str, _Rule] = {}
    blank: set[str] = set()
    for given, pseudonym in names:
        name = _bare(given)
        if not name or name.casefold() in _NO_NAMES:
            raise ConfigError(f"{given!r} in the list of names is no name", remedy="take it out")
        key = _level(name)
        chosen = pseudonym.strip() or by_person.get(key, "")
        rules[key] = _listed(name, chosen or NAME)
        if not chosen:
            blank.add(key)
    parts: dict[str, str] = {}
    for name, own in stands.items():
        if len(name) < 2 or name.casefold() in _NO_NAMES:
            continue
        whole = rules.setdefault(_level(name), _heard(name, own))
        for part in _parts(name):
            # A surname that two people share points to neither.
            same = parts.setdefault(part, whole.replacement) == whole.replacement
            parts[part] = whole.replacement if same else NAME
    for part, replacement in parts.items():
        key = _level(part)
        if key in blank:
            rules[key] = replace(rules[key], replacement=replacement)
        rules.setdefault(key, _heard(part, replacement, part=True))
    ordered = tuple(sorted(rules.values(), key=lambda r: (-len(r.name), r.name)))
    _check_settled(ordered)
    return ordered


def _listed(name: str, replacement: str) -> _Rule:
    """Make the rule for a name of the list."""
    if _sure(name):
        return _Rule(name, replacement, (name,), ignore_case=True)
    # Listed in small letters, an ordinary word is still meant as a name: not every "will" is Will.
    as_name = name.title() if name.islower() else name
    forms = (as_name,) if name.casefold() in _ORDINARY else tuple(dict.fromkeys((as_name, name)))
    return _Rule(name, replacement, forms)


def _heard(name: str, replacement: str, *, part: bool = False) -> _Rule:
    """Make the rule for a speaker's name or a part of it."""
    if _sure(name) and not part:
        return _Rule(name, replacement, (name,), ignore_case=True)
    as_name = name.title() if name.islower() or name.isupper() else name
    forms = tuple(dict.fromkeys((as_name, as_name.upper())))
    return _Rule(name, replacement, forms, wary=name.casefold() in _ORDINARY)


def _sure(name: str) -> bool:
    """Tell whether a name can be told from words whatever its capitals."""
    return " " in name or (len(name) >= 4 and name.casefold() not in _ORDINARY)


def stand_in(words: str) -> str:
    """Return an id for somebody without one, from words that are theirs alone.

    Examples
    --------
    >>> stand_in("It broke.") == stand_in("It broke.") != stand_in("It held.")
    True
    """
    digest = hashlib.sha256(words.encode()).hexdigest()
    return f"participant-{int(digest, 16) % 10**6:06d}"


def is_full_name(label: str) -> bool:
    """Tell whether a label reads as a person's full name rather than as an id.

    Examples
    --------
    >>> is_full_name("Anna Schmidt"), is_full_name("A1"), is_full_name("Participant 3")
    (True, False, False)
    """
    return len(_person(label).split()) >= 2


def _person(label: str) -> str:
    """Return the person in a label: Ruth Kessler (Interviewer) is Ruth Kessler, P01 nobody."""
    words = re.split(r"[\s_()\[\],/]+", label)
    kept = [
        w
        for w in words
        if w.casefold().strip(".") not in _PART_OF_TALK and not any(c.isdigit() for c in w)
    ]
    return _bare(" ".join(kept))


def _parts(name: str) -> list[str]:
    words = [_bare(word) for word in [*name.split(), *re.split(r"[\s\-\u2010\u2011]+", name)]]
    return [
        w
        for w in words
        if len(w) >= 3 and w.casefold() not in _TITLES and w.casefold() not in _NO_NAMES
    ]


def _bare(name: str) -> str:
    """Return a name in NFC, on one line, without marks around it."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    inside = [at for at, char in enumerate(name) if unicodedata.category(char)[0] in "LMN"]
    return name[inside[0] : inside[-1] + 1] if inside else ""


def _level(name: str) -> str:
    return _APOSTROPHE.sub("'", name).casefold()


# -- matching ---------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _text_pattern(rules: tuple[_Rule, ...]) -> re.Pattern[str]:
    """Compile what to look for in words: one group a rule, in their order.

    Pseudonyms in brackets come first, in no group: what already stands for a name is left alone.
    """
    made = sorted({r.replacement for r in rules if _bracketed(r.replacement)}, key=len)
    settled = "|".join(re.escape(r) for r in reversed(made)) or r"(?!)"
    named = "|".join(f"({_alternatives(r, _BLANK)})" for r in rules)
    return re.compile(rf"(?:{settled})|(?<![^\W_])(?:{named})(?![^\W_]|[{_combining_marks()}])")


@functools.lru_cache(maxsize=64)
def _id_pattern(rules: tuple[_Rule, ...]) -> re.Pattern[str]:
    """Compile what to look for in ids, where capitals tell nothing and digits may follow a name."""
    named = "|".join(f"({_alternatives(r, _ID_BLANK)})" for r in rules)
    return re.compile(rf"(?<![^\W\d_])(?:{named})(?![^\W\d_])", re.IGNORECASE)


def _alternatives(rule: _Rule, blank: str) -> str:
    spelt = "|".join(dict.fromkeys(s for form in rule.forms for s in _spellings(form, blank)))
    return f"(?i:{spelt})" if rule.ignore_case else spelt


def _spellings(name: str, blank: str) -> Iterator[str]:
    """Yield a name as a pattern, composed and decomposed, with any blank, hyphen and apostrophe."""
    for form in ("NFC", "NFD"):
        words = unicodedata.normalize(form, name).split()
        yield blank.join("".join(_char(c) for c in word) for word in words)


def _char(char: str) -> str:
    if char in _APOSTROPHES:
        return f"[{_APOSTROPHES}]"
    if char in _HYPHENS:
        return rf"(?:[{re.escape(_HYPHENS)}]|\s+)"
    return re.escape(char)


@functools.cache
def _combining_marks() -> str:
    """Return accents and vowel signs, as a character class: before one of them a name goes on."""
    marks = [n for n in range(0x300, 0x3100) if unicodedata.category(chr(n))[0] == "M"]
    starts = [n for n in marks if n - 1 not in set(marks)]
    ends = [n for n in marks if n + 1 not in set(marks)]
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(starts, ends, strict=True))


def _bracketed(text: str) -> bool:
    return text.startswith("[") and text.endswith("]")


def _for_id(replacement: str) -> str:
    return re.sub(r"\s+", "-", _bare(replacement))


# -- checks -----------------------------------------------------------------------------------


def _check_settled(rules: tuple[_Rule, ...]) -> None:
    """Refuse a pseudonym that would be replaced in its turn, alone or with a word beside it."""
    joining = {word for r in rules for word in _words(r.name) if " " in r.name} - _NO_NAMES
    made = Pseudonyms(rules)
    for chosen in {r.replacement for r in rules}:
        if _bracketed(chosen):
            continue
        if made.apply(chosen) != chosen or not joining.isdisjoint(_words(chosen) - _TITLES):
            raise ConfigError(
                f"the pseudonym {chosen!r} holds a name that is replaced itself",
                remedy="choose one that is nobody's name, such as P01 or [colleague]",
            )


def _words(name: str) -> set[str]:
    return {_level(_bare(word)) for word in re.split(r"[\s._-]+", name)}


# -- the list ---------------------------------------------------------------------------------


def _csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, each with the line it ends on."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"a list of names over {MAX_BYTES // 1_000_000} MB", path=path)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be opened ({error.strerror})", path=path) from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", path=path, remedy="save it as UTF-8 CSV") from None
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True
    )
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ConfigError(f"not a CSV table ({error})", path=path, line=reader.line_num) from None


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
