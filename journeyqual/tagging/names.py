"""The widget for names: what was hidden, what looks missed, and a decision on each.

What the page shows goes to it in messages and is no part of the widget's state: whatever JupyterLab
saves with a notebook, no name is in it. Decisions wait in memory until they are written to the
study's own files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import anywidget

from journeyqual.errors import JourneyqualError
from journeyqual.privacy import Detector, network, review
from journeyqual.privacy.review import Missed, Said
from journeyqual.store import Store
from journeyqual.tagging.session import RefusedError
from journeyqual.tagging.widget import STATIC, answer, heard

Reply = dict[str, Any]
MOST = 200
"""Names that are shown at once; the next ones come up as these are decided."""


class Studied(Protocol):
    """What the review asks of a study."""

    @property
    def store(self) -> Store:
        """The study's store."""

    @property
    def config(self) -> Any:
        """The study's configuration: ``names_file``, ``folder``."""

    def names(self) -> Mapping[str, str]:
        """Return the list of names, and what stands for each."""

    def detector(self) -> Detector:
        """Return what looks for names that nobody listed, and what it keeps."""


class Review:
    """What was hidden in a study and what looks missed; decisions wait until they are saved.

    Parameters
    ----------
    study
        An open study.
    hide
        Hides what is listed in all that is stored; returns what to say of it.
    would_hide
        Tells how many listed names stand in each stored text.

    Raises
    ------
    ConfigError
        If the list of names cannot be read.
    """

    def __init__(
        self,
        study: Studied,
        hide: Callable[[], str],
        would_hide: Callable[[], Mapping[str, int]],
    ) -> None:
        self._study, self._hide, self._would_hide = study, hide, would_hide
        self._named: dict[str, str] = {}
        self._kept: set[str] = set()
        self._keep = set(study.detector().keep)
        self._shown, self._said = "", ""
        self._look()

    def _look(self) -> None:
        """Read the stored texts anew: at first, and once something was hidden."""
        turns = self._study.store.turns()
        rows = zip(turns["interview"], turns["text"], strict=True)
        self._turns = [Said(interview, text) for interview, text in rows]
        self._speakers = turns["speaker"].tolist()
        self._talks = list(dict.fromkeys(turns["interview"]))
        self._people = sorted(set(turns["participant"]))
        self._guesses: Sequence[Sequence[network.Guess]] = ()
        self._note = ""
        if self._study.detector().name == "presidio":
            try:
                self._guesses = network.guesses([turn.text for turn in self._turns])
            except JourneyqualError as error:
                self._note = f"The network was not asked: {error}."
        self._settle()

    def _settle(self) -> None:
        """Bring up what looks missed, under the lists as they are now."""
        names = self._study.names()
        self._stands = [*(own for own in names.values() if own.strip()), *self._people]
        self._counts = review.counted(self._turns, self._stands)
        self._waiting = sum(self._would_hide().values())
        listed = {name.casefold() for name in names}
        found = review.missed(
            self._turns, stands=self._stands, keep=self._keep, guesses=self._guesses
        )
        self._missed = [one for one in found if one.name.casefold() not in listed]

    # -- what is shown ------------------------------------------------------------------------

    def state(self) -> Reply:
        """Return everything that the page shows, as plain values."""
        if self._shown not in self._talks:
            self._shown = self._talks[0] if self._talks else ""
        missed_in = {
            talk: sum(talk in one.interviews for one in self._missed) for talk in self._talks
        }
        return {
            "kind": "state",
            "interview": self._shown,
            "interviews": [
                {"id": talk, "hidden": self._counts.get(talk, {}), "missed": missed_in[talk]}
                for talk in self._talks
            ],
            "turns": self._pieces(),
            "missed": [self._row(one) for one in self._missed[:MOST]],
            "more": max(0, len(self._missed) - MOST),
            "added": [
                {"name": name, "stands": own}
                for name, own in self._named.items()
                if name not in {one.name for one in self._missed}
            ],
            "unsaved": {"names": len(self._named), "kept": len(self._kept)},
            "waiting": self._waiting,
            "said": self._said,
            "note": self._note,
        }

    def _row(self, one: Missed) -> Reply:
        decided = "name" if one.name in self._named else "keep" if one.name in self._kept else ""
        return {
            "name": one.name, "times": one.times, "interviews": list(one.interviews),
            "why": one.why, "decided": decided, "stands": self._named.get(one.name, ""),
            "places": [
                {"interview": p.interview, "before": p.before, "after": p.after} for p in one.places
            ],
        }  # fmt: skip

    def _pieces(self) -> list[Reply]:
        """Return the shown interview turn by turn, each cut where a mark begins or ends."""
        names = sorted((one.name for one in self._missed), key=len, reverse=True)
        either = "|".join(map(re.escape, names))
        open_ = re.compile(rf"(?<!\w)(?:{either})(?!\w)") if names else None
        out = []
        for turn, speaker in zip(self._turns, self._speakers, strict=True):
            if turn.interview != self._shown:
                continue
            found = [(m.start, m.end, m.kind) for m in review.marks(turn.text, self._stands)]
            if open_ is not None:
                found += [(m.start(), m.end(), "missed") for m in open_.finditer(turn.text)]
            pieces, at = [], 0
            for start, end, kind in sorted(found):
                if start >= at:
                    pieces += [[turn.text[at:start], ""], [turn.text[start:end], kind]]
                    at = end
            pieces.append([turn.text[at:], ""])
            out.append({"speaker": speaker, "pieces": [piece for piece in pieces if piece[0]]})
        return out

    # -- what is done -------------------------------------------------------------------------

    def handle(self, msg: Reply) -> Reply:
        """Do what one message asks and return the new state.

        Raises
        ------
        JourneyqualError
            If it cannot be done; the page is told why.
        """
        what = {
            "show": self._show, "decide": self._decide, "save": self._save, "hide": self._take_out,
        }.get(msg["kind"])  # fmt: skip
        if what is None:
            raise RefusedError(f"nothing is called {msg['kind'][:40]!r}")
        self._said = ""
        what(msg)
        return self.state()

    def _show(self, message: Reply) -> None:
        wanted = message.get("interview") or self._shown
        if wanted and wanted not in self._talks:
            raise RefusedError("there is no such interview")
        self._shown = wanted

    def _decide(self, message: Reply) -> None:
        name, to, own = (message.get(key, "") for key in ("name", "to", "stands"))
        if not all(isinstance(one, str) and len(one) <= review.LONGEST for one in (name, to, own)):
            raise RefusedError(f"a name has at most {review.LONGEST} characters")
        name, own = " ".join(name.split()), " ".join(own.split())
        if not any(char.isalpha() for char in name):
            raise RefusedError("that is no name")
        self._named.pop(name, None)
        self._kept.discard(name)
        if to == "name":
            self._named[name] = own
        elif to == "keep":
            self._kept.add(name)

    def _save(self, _: Reply) -> None:
        config, said = self._study.config, []
        if self._named:
            new = review.add_names(config.names_file, self._named)
            said.append(f"{new} added to {config.names_file.name}")
            self._named.clear()
        if self._kept:
            new = review.add_keep(config.folder / "study.toml", self._kept)
            said.append(f"{new} kept in study.toml")
            self._keep |= self._kept
            self._kept.clear()
        self._said = (", ".join(said) or "Nothing to write") + "."
        self._settle()

    def _take_out(self, _: Reply) -> None:
        self._said = self._hide()
        self._look()


class Names(anywidget.AnyWidget):
    """Show a review, and hand on each decision; nothing of it is in the widget's state.

    Parameters
    ----------
    review
        What is shown and decided.
    """

    _esm = heard((STATIC / "names.js").read_text(encoding="utf-8"))
    _css = STATIC / "names.css"

    def __init__(self, review: Review) -> None:
        super().__init__()
        self._review = review
        self.on_msg(self._heard)

    def _heard(self, _: object, message: object, __: object) -> None:
        self.send(answer(self._review, message))
