"""The tagging widget: one interview on the screen, each action handed to the session as it comes.

Nothing is decided here. What the page shows comes from the session as plain values, what the
person does comes back as one message per action, and the session's answer goes to the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from journeyqual.errors import JourneyqualError, StoreError

STATIC = Path(__file__).parent / "static"


def heard(script: str) -> str:
    """Wrap a widget's script, so that it hears the kernel however long it took to load.

    Parameters
    ----------
    script
        The text of an ES module as anywidget takes it.
    """
    around = (STATIC / "heard.js").read_text(encoding="utf-8")
    return around.replace('const SOURCE = "";', f"const SOURCE = {json.dumps(script)};", 1)


class Handles(Protocol):
    """What answers messages of a page."""

    def handle(self, msg: dict[str, Any]) -> dict[str, Any] | None:
        """Do what one message asks and return the answer; None answers nothing."""


class Taggable(Handles, Protocol):
    """What the widget asks of a session."""

    @property
    def listeners(self) -> list[Callable[[], None]]:
        """What is called after every action that was stored."""

    def interview(self) -> dict[str, Any]:
        """Return turns, units, spans and the state of each, as plain values."""

    def codebook(self) -> dict[str, Any]:
        """Return stages with their six fields, emotions and themes, as plain values."""

    def settings(self) -> dict[str, Any]:
        """Return who codes, on which dimensions, and what may be seen and changed."""


class Tagger(anywidget.AnyWidget):
    """Show one interview of a session and hand on each action, one message apiece.

    Parameters
    ----------
    session
        Where the interview comes from and where every action goes.
    """

    _esm = heard((STATIC / "tagging.js").read_text(encoding="utf-8"))
    _css = STATIC / "tagging.css"
    interview = traitlets.Dict().tag(sync=True)
    codebook = traitlets.Dict().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)

    def __init__(self, session: Taggable) -> None:
        super().__init__(
            interview=session.interview(),
            codebook=session.codebook(),
            settings=session.settings(),
        )
        self.session = session
        self.on_msg(self._heard)

    def reload(self) -> None:
        """Show the interview as the store has it now, in every page that is open."""
        self._heard(None, {"kind": "reload"}, None)

    def _heard(self, _: object, msg: object, __: object) -> None:
        reply = answer(self.session, msg)
        if reply is not None:
            self._keep(reply)
            self.send(reply)

    def _keep(self, reply: dict[str, Any]) -> None:
        """Bring what a page opened later will be given up to date.

        In place: assigning would send the whole interview at each key press, while the pages that
        are open learn the same from the answer.
        """
        if reply.get("kind") == "interview":
            for name in ("interview", "settings", "codebook"):
                if name in reply:
                    kept = getattr(self, name)
                    kept.clear()
                    kept.update(reply[name])
        elif reply.get("kind") == "saved":
            self.interview.setdefault("states", {}).update(reply.get("states") or {})
            for name in ("spans", "progress", "undo", "redo"):
                if name in reply:
                    self.interview[name] = reply[name]


def answer(session: Handles, msg: object) -> dict[str, Any] | None:
    """Answer one message; whatever is wrong with it comes back as a refusal with its reason.

    An error raised while a message is handled would be lost in the kernel's log, and the person
    would go on as if the coding were saved.

    Parameters
    ----------
    session
        Where the message goes.
    msg
        What the page sent; anything but a dict with a ``kind`` is refused.

    Returns
    -------
    dict or None
        The session's answer, or ``{"kind": "refused", "id": …, "why": …}``; with ``retry`` if what
        went wrong was no fault of the message, which the page then keeps and sends again.

    Examples
    --------
    >>> class Nobody:
    ...     def handle(self, msg):
    ...         raise JourneyqualError("the interview is closed", remedy="open it again")
    >>> answer(Nobody(), {"kind": "undo", "id": "7"})
    {'kind': 'refused', 'why': 'the interview is closed; open it again', 'id': '7'}
    >>> answer(Nobody(), ["undo"])
    {'kind': 'refused', 'why': 'a message is a table with a kind'}
    """
    if not isinstance(msg, dict) or not isinstance(msg.get("kind"), str):
        return {"kind": "refused", "why": "a message is a table with a kind"} | _ids(msg)
    try:
        return session.handle(msg)
    except JourneyqualError as error:
        passing = {"retry": True} if isinstance(error, StoreError) else {}
        return {"kind": "refused", "why": str(error)} | passing | _ids(msg)
    except Exception as error:
        # Anything else is no fault of the message; the person has to know that it is not saved.
        # The page keeps the action: a full disk or a lost connection may pass.
        why = f"the session failed ({type(error).__name__}: {error})"
        return {"kind": "refused", "why": why, "retry": True} | _ids(msg)


def _ids(msg: object) -> dict[str, Any]:
    if not isinstance(msg, dict):
        return {}
    return {name: msg[name] for name in ("id", "unit_id") if isinstance(msg.get(name), str)}
