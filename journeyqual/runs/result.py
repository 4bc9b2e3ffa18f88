"""What one run did, how long its steps took, and its row in the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and how much there is."""


@dataclass
class RunResult:
    """What one run did.

    Parameters
    ----------
    read, corrected
        Interviews taken in, and those whose file was corrected since.
    lost
        Codings by people whose words a correction took away; the store keeps them apart.
    coded
        Units coded.
    learned_from
        Units coded by people that the stage coder learned from before it coded in this run.
    changed
        With ``full``: units whose stage changed.
    differs
        With ``full``: in words, what came out otherwise than it stood.
    themes, proposed
        Themes discovered in this run; new ones that wait for a person to accept them.
    moved
        In words: stages whose point moved beyond the interval that the last run showed.
    refused, newly_refused
        One line a file that could not be taken in; how many of them no earlier run had refused.
    notes
        Things a person should know (whom the reader took for the interviewer).
    reports
        Reports written.
    seconds
        Time by step.
    number
        The run's number in the ledger; 0 if there was nothing to write down.
    made_of
        What `journeyqual.runs.reporting.keep` writes down once every report stands.
    begin
        Writes the run down before it first changes the store; called again, it does nothing.
    """

    read: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    lost: int = 0
    coded: int = 0
    learned_from: int = 0
    changed: int = 0
    differs: list[str] = field(default_factory=list)
    themes: int = 0
    proposed: int = 0
    moved: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    newly_refused: int = 0
    notes: list[str] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    number: int = 0
    made_of: str = ""
    begin: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def nothing_new(self) -> bool:
        """Whether the run found everything as the last one left it."""
        done = self.read or self.corrected or self.coded or self.themes or self.proposed
        return not (done or self.reports)


@contextmanager
def timed(result: RunResult, step: str) -> Iterator[None]:
    """Add the time that the block takes to a step's."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        result.seconds[step] = result.seconds.get(step, 0.0) + time.perf_counter() - begun
