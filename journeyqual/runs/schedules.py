"""Schedules for other programs to keep: a cron line, a systemd timer, a workflow of a CI server."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from journeyqual.errors import InputError

NAMES = {"hourly": "1h", "daily": "1d", "weekly": "1w"}
LOG = "schedule.log"
"""What scheduled runs print; beside the store, where nobody reads a report."""


@dataclass(frozen=True)
class Times:
    """When runs are due, as cron and as systemd say it.

    Parameters
    ----------
    cron
        Five fields.
    calendar
        The same as ``OnCalendar`` has it.
    words
        In plain English.
    """

    cron: str
    calendar: str
    words: str


def times(every: str, at: str = "06:00") -> Times:
    """Return when runs are due.

    Parameters
    ----------
    every
        ``15m``, ``2h``, ``1d``, ``1w``, or ``hourly``, ``daily``, ``weekly``.
    at
        Time of day of daily and weekly runs.

    Raises
    ------
    InputError
        If cron cannot say it.

    Examples
    --------
    >>> times("2h")
    Times(cron='0 */2 * * *', calendar='*-*-* 00/2:00:00', words='every 2 hours')
    >>> times("daily", at="05:30").cron
    '30 5 * * *'
    """
    found = re.fullmatch(r"(\d{1,3})\s*([mhdw])", NAMES.get(every, every))
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at)
    if clock is None:
        raise InputError(f"{at!r} is no time of day", remedy="write it as 06:00")
    hour, minute = int(clock[1]), int(clock[2])
    number, unit = (int(found[1]), found[2]) if found else (0, "")
    if unit == "m" and number < 60 and number and 60 % number == 0:
        words = "every minute" if number == 1 else f"every {number} minutes"
        return Times(f"*/{number} * * * *", f"*-*-* *:00/{number}:00", words)
    if unit == "h" and number and number < 24 and 24 % number == 0:
        words = "every hour" if number == 1 else f"every {number} hours"
        return Times(f"0 */{number} * * *", f"*-*-* 00/{number}:00:00", words)
    if unit == "d" and number == 1:
        return Times(
            f"{minute} {hour} * * *", f"*-*-* {hour:02}:{minute:02}:00", f"every day at {at}"
        )
    if unit == "w" and number == 1:
        return Times(
            f"{minute} {hour} * * 1",
            f"Mon *-*-* {hour:02}:{minute:02}:00",
            f"every Monday at {at}",
        )
    raise InputError(
        f"{every!r} is no rhythm that a scheduler keeps",
        remedy="use minutes that divide an hour (15m), hours that divide a day (2h), 1d or 1w",
    )


def command(folder: Path, inboxes: list[str], *, python: str = sys.executable) -> list[str]:
    """Return the command that a scheduler runs in a study's folder."""
    asked = [word for url in inboxes for word in ("--inbox", url)]
    return [python, "-m", "journeyqual.cli", "run", str(folder), *asked]


def cron(when: Times, folder: Path, inboxes: list[str]) -> str:
    """Return a line for ``crontab -e``; its percent signs are cron's line ends, and escaped."""
    words = shlex.join(command(folder, inboxes))
    log = shlex.quote(str(folder / "store" / LOG))
    return f"{when.cron} {words} >> {log} 2>&1".replace("%", r"\%")


def systemd(when: Times, folder: Path, inboxes: list[str]) -> dict[str, str]:
    """Return a service and a timer, by file name, for ``~/.config/systemd/user``."""
    name = "journeyqual-" + (re.sub(r"[^A-Za-z0-9]+", "-", folder.name).strip("-") or "study")
    words = " ".join(_quoted(word) for word in command(folder, inboxes))
    return {
        f"{name}.service": (
            "[Unit]\n"
            f"Description=journeyqual: {_plain(folder.name)} brought up to date\n\n"
            "[Service]\n"
            "Type=oneshot\n"
            # 1 says that a transcript was refused: told in the journal, no failure of the service.
            "SuccessExitStatus=1\n"
            "Nice=10\n"
            f"ExecStart={words}\n"
        ),
        f"{name}.timer": (
            "[Unit]\n"
            f"Description=journeyqual: {_plain(folder.name)} {when.words}\n\n"
            "[Timer]\n"
            f"OnCalendar={when.calendar}\n"
            # A laptop that was asleep then runs when it wakes.
            "Persistent=true\n\n"
            "[Install]\n"
            "WantedBy=timers.target\n"
        ),
    }


def _quoted(word: str) -> str:
    """Return a word as systemd reads it: its specifiers and variables are no part of a path."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"'


def _plain(name: str) -> str:
    return " ".join(name.replace("%", "%%").split())


def workflow(when: Times, inboxes: list[str]) -> str:
    """Return a workflow for GitHub's CI, to be kept in a private repository with the study.

    The store is a team's database, whose address is a secret of the repository: what a CI machine
    has on its own disk is gone after the run.
    """
    asked = "".join(f" --inbox {shlex.quote(url)}" for url in inboxes)
    run = f"journeyqual run .{asked}".replace("'", "''")
    return (
        "name: journeyqual\n"
        "on:\n"
        "  schedule:\n"
        f"    - cron: '{when.cron}'  # in UTC\n"
        "  workflow_dispatch:\n"
        "permissions:\n"
        "  contents: read\n"
        "concurrency: journeyqual\n"
        "jobs:\n"
        "  run:\n"
        "    runs-on: ubuntu-latest\n"
        "    steps:\n"
        "      - uses: actions/checkout@v4\n"
        "      - uses: actions/setup-python@v5\n"
        "        with:\n"
        "          python-version: '3.11'\n"
        "      - run: pip install journeyqual\n"
        f"      - run: '{run}'\n"
        "        env:\n"
        "          JOURNEYQUAL_STORE: ${{ secrets.JOURNEYQUAL_STORE }}\n"
        "      - uses: actions/upload-artifact@v4\n"
        "        if: always()\n"
        "        with:\n"
        "          name: reports\n"
        "          path: reports/\n"
    )
