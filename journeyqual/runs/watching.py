"""A study watched: run again whenever a transcript has arrived, and has stopped growing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from journeyqual.runs.inbox import QUIET
from journeyqual.runs.reading import UNSAFE_SUFFIXES

LOOK = 60.0
"""Seconds between two looks at inboxes, which tell nobody that something came."""


def watch(
    transcripts: Path,
    run: Callable[[], object],
    *,
    stop: threading.Event,
    quiet: float = QUIET,
    look: float = LOOK,
) -> None:
    """Call ``run`` at once, then whenever files have changed and are quiet, until told to stop.

    Parameters
    ----------
    transcripts
        The folder that is watched.
    run
        Brings the study up to date.
    stop
        Set by whoever wants it to end.
    quiet
        Seconds in which no file may have changed before a run.
    look
        Seconds after which ``run`` is called although nothing was seen here: for inboxes, and for
        folders of a network that tell of no change.
    """
    import watchfiles

    seen: dict[Path, tuple[int, int]] | None = None
    while not stop.is_set():
        if seen != (now := _sizes(transcripts)):
            now = _wait(transcripts, now, stop, quiet)
        if stop.is_set():
            return
        run()
        # As it was before the run: what came during it is seen as a change.
        seen = now
        if _sizes(transcripts) != seen:
            continue
        for _ in watchfiles.watch(
            transcripts,
            watch_filter=lambda _change, path: is_transcript(Path(path)),
            stop_event=stop,
            rust_timeout=max(1, int(look * 1000)),
            yield_on_timeout=True,
            raise_interrupt=True,
        ):
            break


def is_transcript(path: Path) -> bool:
    """Tell whether a file may be a transcript, and is none that is being written."""
    return not path.name.startswith((".", "~$")) and path.suffix not in UNSAFE_SUFFIXES


def _sizes(folder: Path) -> dict[Path, tuple[int, int]]:
    out = {}
    for path in folder.rglob("*"):
        try:
            about = path.stat()
        except OSError:
            # Gone again between the two looks.
            continue
        if is_transcript(path) and path.is_file():
            out[path] = (about.st_size, about.st_mtime_ns)
    return out


def _wait(
    folder: Path, now: dict[Path, tuple[int, int]], stop: threading.Event, quiet: float
) -> dict[Path, tuple[int, int]]:
    """Wait until nothing has changed for a while; the clock may be set back meanwhile."""
    since = time.monotonic()
    while not stop.is_set() and time.monotonic() - since < quiet:
        stop.wait(min(0.2, quiet))
        if (again := _sizes(folder)) != now:
            now, since = again, time.monotonic()
    return now
