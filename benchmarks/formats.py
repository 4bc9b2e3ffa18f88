"""How long every format of a study takes, how large its pages are, how soon they are there.

    python benchmarks/formats.py [STUDY]
    python benchmarks/formats.py --interviews 300

Without a study the sample study is coded and reported first, which is not counted. With a number of
interviews an invented study of that size is reported: its codings are random, about sixty units an
interview, and no themes are looked for in it. The bars are those of the sample study, and of 300
interviews. A page is opened when its charts are drawn. PDF needs the extra ``journeyqual[pdf]``;
it and opening need a browser.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

ALL = 30.0
"""Seconds for all formats."""
OPENED = 1.5
"""Seconds until a page's charts are drawn."""
SAMPLE_MB, LARGE_MB = 2.5, 6.0
MERGED = 3
"""People of the tests' invented study that make one interview of the large one."""
REPORTS = ("emotional_journey", "journey_map", "four_questions", "segments")


def said(met: bool, words: str) -> None:
    """Print one figure, and whether its bar is met."""
    print(f"{'met   ' if met else 'MISSED'} {words}", flush=True)


def large(home: Path, interviews: int) -> Path:
    """Return an invented study of so many interviews, with its reports."""
    import pandas as pd

    from journeyqual import open_study, reports
    from tests.reports.fake_study import QUOTE, FakeStudy
    from tests.reports.real_study import _fill, make_study

    folder = make_study(home / "large")
    listed = pd.read_csv(folder / "participants.csv", dtype=str)
    coded = FakeStudy(n=MERGED * (interviews - len(listed))).coded()
    person = (coded["participant"].str[1:].astype(int) - 1) // MERGED
    coded["participant"] = [f"Q{p:04}" for p in person]
    coded["segment"] = ["trader" if p % 2 else "family" for p in person]
    people = pd.concat([listed, coded.drop_duplicates("participant")[list(listed.columns)]])
    people.to_csv(folder / "participants.csv", index=False)
    study = open_study(folder)
    for _, own in coded.groupby("participant"):
        _fill(study, own, QUOTE)
    study.close()
    print(f"{len(people)} interviews, {len(coded)} units and more, all invented", flush=True)
    for template in REPORTS:
        begun = time.perf_counter()
        reports.make_report(folder, template=template)
        print(f"       {time.perf_counter() - begun:7.1f} s to make {template}", flush=True)
    return folder


def sample(home: Path) -> Path:
    """Return the sample study, coded and reported."""
    from journeyqual import open_study, runs, scaffold

    folder = scaffold.copy_sample(home / "sample")
    study = open_study(folder)
    runs.run(study)
    study.close()
    return folder


def opening(page: Path, times: int = 3) -> float:
    """Return the median seconds from asking a browser for a page until its charts are drawn."""
    from playwright.sync_api import sync_playwright

    from journeyqual.reports.formats.pdf import find_browser

    took = []
    with sync_playwright() as session:
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = session.chromium.launch(executable_path=find_browser(), args=flags)
        for _ in range(times):
            context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
            shown = context.new_page()
            begun = time.perf_counter()
            shown.goto(page.resolve().as_uri())
            # A page without charts is drawn when it is loaded.
            drawn = (
                "document.documentElement.dataset.drawn !== undefined || "
                "document.querySelector('.jq-chart') === null"
            )
            while not shown.evaluate(drawn):
                shown.wait_for_timeout(5)
            took.append(time.perf_counter() - begun)
            context.close()
        browser.close()
    return statistics.median(took)


def pages(folder: Path, most: float) -> None:
    """Print the size of each page and how soon it is there."""
    for page in sorted((folder / "reports").glob("*.html")):
        size, took = page.stat().st_size / 1e6, opening(page)
        said(size <= most, f"{size:6.2f} MB  {page.name}, bar {most}")
        said(took < OPENED, f"{took:6.2f} s   until it is drawn, bar {OPENED}")


def every_format(folder: Path, out: Path, *, held: bool) -> None:
    """Print how long all formats take at once, then each by itself with its own reading.

    The first pays for results that no report asked for. Only the sample study is held to the bar.
    """
    from journeyqual import open_study
    from journeyqual.reports.formats import FORMATS, export

    study = open_study(folder)
    begun = time.perf_counter()
    export(study, out)
    whole = time.perf_counter() - begun
    if held:
        said(whole < ALL, f"{whole:6.1f} s   all formats at once, bar {ALL:.0f}")
    else:
        print(f"       {whole:6.1f} s   all formats at once")
    for name in FORMATS:
        begun = time.perf_counter()
        files = export(study, out, formats=(name,))
        spent, size = time.perf_counter() - begun, sum(f.stat().st_size for f in files)
        print(f"       {spent:6.1f} s   {name}: {len(files)} files, {size / 1e6:.2f} MB")
    study.close()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("study", nargs="?", type=Path)
    ask.add_argument("--interviews", type=int)
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        if given.interviews:
            folder = large(home, given.interviews)
        else:
            folder = given.study or sample(home)
        pages(folder, LARGE_MB if given.interviews else SAMPLE_MB)
        every_format(folder, home / "out", held=not given.interviews)


if __name__ == "__main__":
    main()
