"""What a study survives, tried again and again: kills, crowds, clocks, disks.

    python -m tests.soak [--times 100]

Runs and tagging are real processes with a real store, reader and reports' ledger; the two coders
are a few lines each (`tests.small_study`), so that a hundred kills take a minute and fall on the
store rather than on a model. `make soak` runs all of it; the tests run ten of each.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

import pandas as pd

from journeyqual import coding, open_study, runs
from journeyqual.errors import JourneyqualError
from tests.small_study import CODEBOOK, Feelings, Stages

WORDS = "The bike squeaked. I wrote to them about it, {n} of us did. They sent a new one by noon."


def coders(encoder, *, tags, cache):
    """The shipped coders' stand-ins."""
    return Stages(tags, []), Feelings([])


def make(folder, people=3):
    """Make a study of so many transcripts."""
    (folder / "transcripts").mkdir(parents=True)
    (folder / "study.toml").write_text("")
    (folder / "codebook.toml").write_text(CODEBOOK)
    for number in range(people):
        arrive(folder, number)
    return folder


def arrive(folder, number):
    """Let one more transcript come."""
    said = WORDS.format(n=number)
    (folder / "transcripts" / f"P{number:03}.txt").write_text(
        f"Interviewer: And then?\n\nP{number:03}: {said}\n", encoding="utf-8"
    )


def run(folder, *, report=False, **options):
    """Run a study once, without reports unless they are asked for."""
    study = open_study(folder)
    try:
        return runs.run(study, report=report, **options)
    finally:
        study.close()


def child(work):
    """Start a process that does this; returns its id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        coding.default_coders = coders
        work()
        status = 0
    except JourneyqualError:
        status = 3
    finally:
        os._exit(status)


def ended(pid):
    """Wait for a process; its exit status, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def apart(work, *arguments):
    """Return what this returns, done in a child.

    A run of many interviews starts OpenMP's threads, and who has started them cannot fork any more.
    """
    read, write = os.pipe()

    def say():
        with os.fdopen(write, "w") as file:
            json.dump(work(*arguments), file)

    pid = child(say)
    os.close(write)
    with os.fdopen(read) as file:
        said = file.read()
    status = ended(pid)
    return json.loads(said) if status == 0 else [f"ended with {status}"]


def tag(folder, told, coder="human:ana"):
    """Code units for ever, telling of each action once it is stored."""
    study = open_study(folder)
    with told.open("a", encoding="utf-8") as file:
        while True:
            units = study.store.units()["unit_id"].tolist()
            if not units:
                time.sleep(0.01)
                continue
            unit, action = random.choice(units), str(uuid.uuid4())
            rows = [
                {"unit_id": unit, "dimension": d, "value": v, "coder": coder}
                for d, v in (("stage", "using"), ("valence", "0.5"))
            ]
            study.store.add_codings(pd.DataFrame(rows), action=action)
            file.write(f"{action}\n")
            file.flush()


def kill_at_write(number):
    """Have this process killed just before its n-th write: of a row, of a commit, of a file."""
    import sqlalchemy as sa

    left = [number]

    def count(*_, **__):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(connection, cursor, text, parameters, context, many):
        if text.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            count()

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", statement)
    sa.event.listen(sa.engine.Engine, "commit", count)
    replace = Path.replace

    def replaced(self, target):
        count()
        return replace(self, target)

    Path.replace = replaced


def sound(folder, told=()):
    """Say what is wrong with a study after a kill; empty if nothing is. Completes it."""
    return apart(_sound, folder, list(told))


def _sound(folder, told):
    result = run(folder)
    study = open_study(folder)
    try:
        stored = study.store.codings()
        wrong = []
        lost = set(told) - set(stored["action"])
        if lost:
            wrong.append(f"{len(lost)} human codings lost")
        people = stored["coder"].str.startswith("human:")
        machine = stored[~people]
        twice = machine.duplicated(["unit_id", "dimension", "coder"]).sum()
        if twice:
            wrong.append(f"{twice} units coded twice")
        files = len(list((folder / "transcripts").iterdir()))
        if len(study.store.interviews()) != files or result.refused:
            wrong.append(f"{files} transcripts, {len(study.store.interviews())} interviews")
        left = [c.name for c in study.machine_coders(study.tags()) if study.store.uncoded(c.key)]
        if left:
            wrong.append("units left uncoded")
        if any(outcome == "began" for outcome in study.store.runs()["outcome"]):
            wrong.append("a run stands as if it were at work")
    finally:
        study.close()
    again = run(folder)
    if not again.nothing_new:
        wrong.append("a second run found something")
    return wrong


def at_every_write(folder, step=1):
    """Kill a run before each of its writes in turn, each time on a fresh study; what was wrong."""
    wrong, number, kills = Counter(), 0, 0
    while True:
        home = folder / f"write-{number}"
        make(home)
        killed = ended(child(lambda at=number, where=home: (kill_at_write(at), run(where))))
        if killed != -signal.SIGKILL:
            assert killed == 0, killed
            shutil.rmtree(home)
            return kills, wrong
        kills += 1
        wrong.update(sound(home))
        shutil.rmtree(home)
        number += step


def at_any_time(folder, times, seed=0):
    """Kill a run and somebody who tags beside it at random moments, over and over in one study."""
    chance = random.Random(seed)
    home, told = make(folder / "any"), folder / "told.txt"
    told.touch()
    run(home)
    wrong, kills, number = Counter(), 0, 3
    for _ in range(times):
        arrive(home, number)
        number += 1
        both = [child(lambda: run(home)), child(lambda: tag(home, told))]
        time.sleep(chance.uniform(0.02, 0.6))
        for pid in both:
            os.kill(pid, signal.SIGKILL)
        kills += sum(ended(pid) == -signal.SIGKILL for pid in both)
        wrong.update(sound(home, told.read_text().split()))
    return kills, len(told.read_text().split()), wrong


def while_reporting(folder, times, seed=0):
    """Kill runs that make real reports at random moments; the kills, and what was wrong.

    In the end the pages must be those of a study that nobody disturbed, byte for byte, but for the
    index, which lists the runs.
    """
    chance = random.Random(seed)
    calm, home = make(folder / "calm" / "study"), make(folder / "cut" / "study")
    began = time.monotonic()
    assert ended(child(lambda: run(calm, report=True))) == 0
    took, kills, wrong = time.monotonic() - began, 0, Counter()
    for _ in range(times):
        pid = child(lambda: run(home, report=True))
        time.sleep(chance.uniform(0.05, 0.95) * took)
        os.kill(pid, signal.SIGKILL)
        kills += ended(pid) == -signal.SIGKILL
        # From the beginning again now and then: else later kills find little left to do.
        if chance.random() < 0.5:
            shutil.rmtree(home / "reports", ignore_errors=True)
    assert ended(child(lambda: run(home, report=True))) == 0
    wrong.update(sound(home))
    wrong.update(disturbed(calm, home))
    return kills, wrong


def at_every_write_of_reports(folder, step=1):
    """Kill a run that makes reports before each of its writes in turn; kills, and what was wrong.

    Each time on a copy of a study that is coded and has no results yet; the next run must leave the
    pages of a study that nobody disturbed, byte for byte.
    """
    calm, ready = make(folder / "calm" / "study"), make(folder / "ready" / "study")
    assert ended(child(lambda: run(calm, report=True))) == 0
    assert ended(child(lambda: run(ready))) == 0
    wrong, number, kills = Counter(), 0, 0
    while True:
        home = folder / f"report-{number}" / "study"
        shutil.copytree(ready, home)

        def cut(at=number, where=home):
            kill_at_write(at)
            run(where, report=True)

        killed = ended(child(cut))
        if killed != -signal.SIGKILL:
            assert killed == 0, killed
            return kills, wrong
        kills += 1
        status = ended(child(lambda where=home: run(where, report=True)))
        if status:
            wrong[f"the next run ended with {status}"] += 1
        wrong.update(disturbed(calm, home))
        wrong.update(sound(home))
        shutil.rmtree(home.parent)
        number += step


def disturbed(calm, home):
    """Say which reports are not as in a study that nobody disturbed; the index lists the runs."""
    wrong = []
    for page in sorted((calm / "reports").glob("*.html")):
        other = home / "reports" / page.name
        if page.stem != "index" and not (
            other.exists() and other.read_bytes() == page.read_bytes()
        ):
            wrong.append(f"{page.name} is not as if undisturbed")
    rest = {p.name for p in (home / "reports").iterdir()}
    more = rest - {p.name for p in (calm / "reports").iterdir()}
    return [*wrong, *([f"left over: {', '.join(sorted(more))}"] if more else [])]


def refused(folder):
    """Return the line in which a run says what is in its way; blank if nothing was."""
    try:
        run(folder)
    except JourneyqualError as error:
        return str(error)
    return ""


def everything(folder):
    """What stands in each file of a folder."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def read_only(folder):
    """Run where nothing may be written, then where it may; what was wrong, None if no such disk."""
    small = folder / "read-only"
    small.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)]
    if subprocess.run(mounted, check=False, capture_output=True).returncode:
        return None
    try:
        home = make(small / "study")
        run(home)
        arrive(home, 3)
        before = everything(home)
        again = ["mount", "-o", "remount,{}", str(small)]
        subprocess.run([part.format("ro") for part in again], check=True)
        said = apart(refused, home)
        subprocess.run([part.format("rw") for part in again], check=True)
        one_line = isinstance(said, str) and said and "\n" not in said
        wrong = [] if one_line else [f"said {said!r}"]
        if everything(home) != before:
            wrong.append("something was changed")
        return [*wrong, *sound(home)]
    finally:
        subprocess.run(["umount", str(small)], check=True)
        small.rmdir()


def arriving(folder, files=50):
    """Let files arrive while run after run is on; what was wrong."""
    home = make(folder / "arriving", 1)

    def come():
        for number in range(1, files + 1):
            arrive(home, number)
            time.sleep(0.02)

    writer, done = child(come), False
    while not done:
        assert ended(child(lambda: run(home))) == 0
        done = os.waitpid(writer, os.WNOHANG)[0] == writer
    return sound(home)


def two_at_once(folder, times):
    """Start two runs together; one works, the other says so in one line; what was wrong."""
    home, wrong = make(folder / "two"), Counter()
    for number in range(times):
        arrive(home, 3 + number)
        codes = sorted(ended(pid) for pid in [child(lambda: run(home)) for _ in range(2)])
        # The second may come when the first is done.
        if codes not in ([0, 0], [0, 3]):
            wrong[f"ended with {codes}"] += 1
        wrong.update(sound(home))
    return wrong


def clock_back(folder):
    """Run with the clock of yesterday after a run of today; what was wrong."""
    from datetime import UTC, datetime, timedelta

    from journeyqual.store import connection

    home = make(folder / "clock")
    run(home)
    arrive(home, 3)

    def yesterday():
        then = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds")
        for module in (connection, runs, sys.modules["journeyqual.store.database"]):
            module.now = lambda: then
        run(home)

    assert ended(child(yesterday)) == 0
    return sound(home)


def full_disk(folder, kilobytes):
    """Run on a disk of this size until it is full, then on one with room; what was wrong."""
    small = folder / "small"
    small.mkdir()
    size = f"size={kilobytes}k"
    mounted = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(small)]
    if subprocess.run(mounted, check=False, capture_output=True).returncode:
        return None
    try:
        home = make(small / "study", 30)
        status = ended(child(lambda: run(home)))
        rest = folder / f"moved-{kilobytes}"
        shutil.copytree(home, rest)
        wrong = sound(rest)
        return [*wrong, *([] if status in (0, 3) else [f"ended with {status}"])]
    finally:
        subprocess.run(["umount", str(small)], check=True)
        small.rmdir()


def prepared():
    """Load in this process what each child would load again."""
    coding.default_coders = coders
    with tempfile.TemporaryDirectory() as scratch:
        run(make(Path(scratch) / "first"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    times = parser.parse_args().times
    prepared()
    with tempfile.TemporaryDirectory(prefix="journeyqual-soak-") as scratch:
        folder, bad = Path(scratch), 0
        began = time.monotonic()

        def told(what, wrong):
            nonlocal bad
            bad += bool(wrong)
            took = time.monotonic() - began
            line = f"{'MISSED' if wrong else 'met   '} {took:6.0f} s  {what}: {wrong or 'sound'}"
            print(line, flush=True)  # noqa: T201

        kills, wrong = at_every_write(folder)
        told(f"killed before each of a run's {kills} writes", dict(wrong))
        kills, said, wrong = at_any_time(folder, times)
        told(f"{kills} kills at random, {said} actions of a person stored", dict(wrong))
        kills, wrong = while_reporting(folder, max(times // 10, 3))
        told(f"{kills} kills at random while reports are made", dict(wrong))
        kills, wrong = at_every_write_of_reports(folder)
        told(f"killed before each of {kills} writes of reports and their ledger", dict(wrong))
        told("50 files arriving during runs", arriving(folder))
        told(f"{times} times two runs at once", dict(two_at_once(folder, times)))
        told("clock set back a day", clock_back(folder))
        disks = {f"a disk of {size} kB": (full_disk, size) for size in (150, 300, 500, 900)}
        for what, (tried, *size) in (disks | {"a disk that is read-only": (read_only,)}).items():
            wrong = tried(folder, *size)
            if wrong is None:
                print(f"skipped          {what}: no right to mount one")  # noqa: T201
            else:
                told(what, wrong)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
