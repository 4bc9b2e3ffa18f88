"""Themes: time, whether old units keep theirs, and what they are worth, beside plain ways.

    python benchmarks/themes.py [--only sample|large|stable|quality|new]

`sample` runs the sample study and says how long its themes took, and what they are called. `large`
finds themes in 100,000 invented units of 1,000 participants, and gives 100,000 units theirs.
`stable` finds the themes of all interviews but one, adds that one, and counts old units that keep
their theme; beside it, what BERTopic alone would do: fit everything again (adjusted Rand index of
old units between the two fits). `quality` compares themes with codes that are known, beside k-means
with as many clusters on the same vectors: patients' comments that people labelled, and units that
two machine annotators coded to stages. `new` leaves out what is said of one label, finds themes,
then brings it in: is it proposed, and what else is? Both read the development data, from
`$JOURNEYQUAL_TRAINING_DATA`.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
# In the place of this folder, whose coverage.py numba would take for the library of that name.
sys.path[0] = str(ROOT)

from journeyqual import estimate, runs, scaffold  # noqa: E402
from journeyqual.coding.neighbours import neighbours  # noqa: E402
from journeyqual.models import load_encoder  # noqa: E402
from journeyqual.schema import WHOLE_STUDY  # noqa: E402
from journeyqual.study import open_study  # noqa: E402
from journeyqual.themes import Found, assign, discover, propose, words  # noqa: E402
from journeyqual.themes.study import BESIDE  # noqa: E402

DATA = Path(os.environ.get("JOURNEYQUAL_TRAINING_DATA", ROOT.parent / "shared" / "data"))
SEEDS = (0, 1, 2)
UNLABELLED = (
    "Labelling not possible", "Positive experience & gratitude",
    "Negative experience & dissatisfaction", "Not assigned",
)  # fmt: skip


def labels_of(found: Found, unit_ids: pd.Series) -> np.ndarray:
    return found.units.set_index("unit_id")["theme"].loc[unit_ids].to_numpy(dtype=str)


def sample() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = scaffold.copy_sample(Path(temporary) / "study")
        study = open_study(folder)
        result = runs.run(study, report=False)
        table = study.themes.table()
        units = study.themes.units()
        print(f"sample study: {result.coded} units, {len(table)} themes in "
              f"{result.seconds['themes']:.1f} s, imports and compiling included")  # fmt: skip
        begun = time.perf_counter()
        study.themes.discover()
        study.themes.update()
        print(f"asked again, with nothing new: {time.perf_counter() - begun:.2f} s")
        share = (units["theme"] != "").groupby(units["scope"]).mean()
        print("share of units with a theme:", share.round(2).to_dict())
        print(table[["scope", "name", "n_units", "n_participants"]].to_string(index=False))
        study.close()


def large(n: int = 100_000, people: int = 1_000, topics: int = 60) -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(topics, 384))
    topic = rng.choice(topics, n, p=rng.dirichlet(np.full(topics, 3.0)))
    vectors = centres[topic] + 2.0 * rng.normal(size=(n, 384))
    # A fifth belongs to no topic.
    loose = rng.random(n) < 0.2
    vectors[loose] = rng.normal(size=(int(loose.sum()), 384))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    book = np.array(["".join(rng.choice(letters, 6)) for _ in range(topics * 20)])
    own = topic[:, None] * 20 + rng.integers(20, size=(n, 5))
    any_word = rng.integers(len(book), size=(n, 10))
    said = book[np.concatenate([own, any_word], axis=1)]
    units = pd.DataFrame(
        {
            "unit_id": [f"{i:016x}" for i in range(n)],
            "participant": [f"P{i:04d}" for i in rng.integers(people, size=n)],
            "text": [" ".join(row) for row in said],
        }
    )
    begun = time.perf_counter()
    found = discover(units, vectors, "using")
    took = time.perf_counter() - begun
    labels = labels_of(found, units["unit_id"])
    with_theme = (labels != "") & ~loose
    from sklearn.metrics import adjusted_rand_score

    score = adjusted_rand_score(topic[with_theme], labels[with_theme])
    begun = time.perf_counter()
    assign(vectors, found.centroids, found.thresholds)
    later = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{n} units of {people} participants, {topics} topics: {len(found.themes)} themes in "
          f"{took:.1f} s, ARI {score:.2f}; {n} units given theirs in {later:.2f} s; "
          f"peak memory {peak:.0f} MB")  # fmt: skip


def talk_of_sample() -> tuple[pd.DataFrame, np.ndarray]:
    with tempfile.TemporaryDirectory() as temporary:
        study = open_study(scaffold.copy_sample(Path(temporary) / "study"))
        runs.run(study, report=False)
        stage = estimate.settled(study.coded()).set_index("unit_id")["stage"]
        units = study.units()
        study.close()
    own = load_encoder().encode(units["text"].tolist())
    return units.assign(code=units["unit_id"].map(stage)), neighbours(units).mixed(own, BESIDE)


def stable() -> None:
    from sklearn.metrics import adjusted_rand_score

    units, vectors = talk_of_sample()
    rows = []
    for name in sorted(units["participant"].unique())[::3]:
        old = (units["participant"] != name).to_numpy()
        found = discover(units[old], vectors[old], WHOLE_STUDY)
        before = labels_of(found, units.loc[old, "unit_id"])
        number, _ = assign(vectors, found.centroids, found.thresholds)
        after = np.array([*found.themes["theme"], ""], dtype=str)[number]
        again = labels_of(discover(units, vectors, WHOLE_STUDY), units.loc[old, "unit_id"])
        rows.append(
            {
                "added": name,
                "old units": int(old.sum()),
                "keep their theme, %": 100 * (after[old] == before).mean(),
                "new units with a theme, %": 100 * (after[~old] != "").mean(),
                "fitted again: ARI": adjusted_rand_score(before, again),
            }
        )
    print(pd.DataFrame(rows).round(2).to_string(index=False))


def labelled() -> tuple[pd.DataFrame, np.ndarray]:
    """Return patients' comments that bear one label, and their vectors."""
    comments = pd.read_csv(DATA / "nhs" / "comments.csv")
    marks = comments[[c for c in comments.columns[9:] if c not in UNLABELLED]]
    marks = marks.apply(pd.to_numeric, errors="coerce").fillna(0)
    text = comments["FFT answer"].fillna("")
    kept = (marks.sum(axis="columns") == 1) & (text.str.len() >= 15)
    units = pd.DataFrame({"text": text, "code": marks.idxmax(axis=1)})[kept]
    units = units[units.groupby("code")["code"].transform("size") >= 15]
    units = units.assign(unit_id=[f"c{i}" for i in units.index], participant=[
        f"p{i}" for i in units.index])  # fmt: skip
    units = units.reset_index(drop=True)
    return units, load_encoder().encode(units["text"].tolist())


def coded(name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return units that a machine annotator coded to the stages of a codebook."""
    folder = DATA / "coded" / name
    units = pd.read_csv(folder / "units.csv").merge(pd.read_csv(folder / "coder1.csv"))
    units = units.assign(participant=units["interview"], code=units["stage"].fillna(""))
    own = load_encoder().encode(units["text"].tolist())
    return units, neighbours(units).mixed(own, BESIDE)


def quality() -> None:
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    sets = {"comments, labelled by people": labelled(), "sample study, stages": talk_of_sample()}
    sets |= {f"{name}, stages": coded(name) for name in ("hospital", "complaints", "product")}
    rows = []
    for name, (units, vectors) in sets.items():
        code = units["code"].to_numpy(dtype=str)
        for seed in SEEDS:
            found = discover(units, vectors, "using", seed=seed)
            themes = labels_of(found, units["unit_id"])
            has = themes != ""
            k = max(2, len(found.themes))
            plain = KMeans(k, n_init=10, random_state=seed).fit_predict(vectors).astype(str)
            row = {"set": name, "units": len(units), "themes": len(found.themes),
                   "with a theme": has.mean()}  # fmt: skip
            for way, labels in (("themes", themes), ("k-means", plain)):
                row[f"NMI {way}"] = normalized_mutual_info_score(code[has], labels[has])
                row[f"ARI {way}"] = adjusted_rand_score(code[has], labels[has])
            row["NMI k-means, all units"] = normalized_mutual_info_score(code, plain)
            rows.append(row)
    table = pd.DataFrame(rows).groupby("set", sort=False).mean(numeric_only=True)
    print(table.round(2).to_string())


def new() -> None:
    units, vectors = labelled()
    encode = load_encoder().encode
    names = ("Food & drink provision & facilities", "Transport to/ from services",
             "Contacting services", "Number & deployment of staff",
             "Activities & access to fresh air", "(a random 5 %)", "(another 5 %)")  # fmt: skip
    rows = []
    rng = np.random.default_rng(0)
    for name in names:
        mine = (units["code"] == name).to_numpy()
        if not mine.any():
            # As much of everything: nothing in it is new.
            mine = rng.permutation(len(units)) < 0.05 * len(units)
        found = discover(units[~mine], vectors[~mine], "using")
        number, _ = assign(vectors, found.centroids, found.thresholds)
        left = number < 0
        more = {"encode": encode, "nouns": words.noun_shares}
        made = propose(
            units[left], vectors[left], "using", found.centroids, fresh=mine[left], **more
        )
        theme = labels_of(made, units.loc[left, "unit_id"])
        held = mine[left]
        shares = pd.Series(held).groupby(theme).mean().drop("", errors="ignore")
        best = shares.idxmax() if len(shares) else ""
        called = made.themes.set_index("theme")["name"].get(best, "")
        rows.append(
            {
                "left out": name[:28], "units": int(mine.sum()),
                "fit no old theme, %": 100 * held.sum() / mine.sum(),
                "proposed": len(made.themes),
                "of it, %": 100 * shares.max() if len(shares) else np.nan, "called": called,
            }
        )  # fmt: skip
    print(pd.DataFrame(rows).round(0).to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {"sample": sample, "large": large, "stable": stable, "quality": quality, "new": new}
    parser.add_argument("--only", choices=sorted(parts))
    only = parser.parse_args().only
    for name, part in parts.items():
        if only in (None, name):
            if name in ("quality", "new") and not DATA.is_dir():
                print(f"{name}: the development data is not here (set JOURNEYQUAL_TRAINING_DATA)")
                continue
            print(f"\n-- {name}")
            part()


if __name__ == "__main__":
    main()
