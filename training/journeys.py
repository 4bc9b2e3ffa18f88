"""Everything the stage matcher learns from, in one shape: a codebook and interviews coded under it.

A `Journey` holds a codebook's stages as fields, and interviews as lists of units in the order of
speech. Sources: the
authored corpus, real units coded twice by machine annotators, and the NHS comments with people's
labels, from which
codebooks are drawn at random.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
NONE = -1
"""Label of a unit that no stage fits."""
SKIP = -2
"""Label of a unit that is there for its neighbours only."""
EMOTIONS = (
    "joy", "gratitude", "trust", "surprise", "confusion", "anxiety", "frustration",
    "disappointment", "neutral",
)  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """A unit and its codings; ``stage`` indexes the journey's stages."""

    text: str
    stage: int
    touchpoint: str = ""
    valence: float | None = None
    emotion: int | None = None


@dataclass(frozen=True)
class Stage:
    """What a codebook says of a stage."""

    name: str
    brief: str = ""
    definition: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    touchpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Journey:
    """A codebook with interviews coded under it."""

    name: str
    stages: tuple[Stage, ...]
    interviews: tuple[tuple[Unit, ...], ...]

    @property
    def n_units(self) -> int:
        return sum(len(i) for i in self.interviews)


def stages_of(path: Path) -> tuple[Stage, ...]:
    """Read the stages of a codebook file."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Stage(
            s["name"],
            s.get("brief", ""),
            s.get("definition", ""),
            *(tuple(s.get(key, ())) for key in ("include", "exclude", "examples")),
            tuple(
                t["name"] + (f" ({t['channel']})" if t.get("channel") else "")
                for t in s.get("touchpoints", ())
            ),
        )
        for s in data["stage"]
    )


def authored(folder: Path = HERE / "corpus") -> list[Journey]:
    """Read the authored corpus: written for this purpose, no real person said a word of it."""
    journeys = []
    for path in sorted(folder.glob("*.jsonl")):
        stages = stages_of(path.with_name(f"{path.stem}.codebook.toml"))
        names = {s.name: i for i, s in enumerate(stages)}
        interviews: dict[str, list[Unit]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            interviews.setdefault(row["interview"], []).append(
                Unit(
                    row["text"],
                    names[row["stage"]] if row["stage"] else NONE,
                    row["touchpoint"],
                    row["valence"] / 2,
                    EMOTIONS.index(row["emotion"]),
                )
            )
        journeys.append(Journey(path.stem, stages, tuple(map(tuple, interviews.values()))))
    return journeys


def touchpoints(journeys: Sequence[Journey]) -> list[Journey]:
    """Return the touchpoints of each codebook as a codebook of their own, coded as they were."""
    out = []
    for one in journeys:
        names = list(dict.fromkeys(t for s in one.stages for t in s.touchpoints))
        plain = [re.sub(r" \([^()]*\)$", "", name) for name in names]
        place = {n: i for i, n in enumerate(names)} | {n: i for i, n in enumerate(plain)}
        used = {u.touchpoint for i in one.interviews for u in i} - {""}
        if len(names) < 2 or len(used) < 2:
            continue
        interviews = tuple(
            tuple(replace(u, stage=place.get(u.touchpoint, NONE)) for u in i)
            for i in one.interviews
        )
        stages = tuple(Stage(name) for name in plain)
        out.append(Journey(f"{one.name}.touch", stages, interviews))
    return out


def recut(folder: Path = HERE / "corpus") -> list[Journey]:
    """Read the authored interviews as coded again under other codebooks: same words, other cuts."""
    journeys = []
    for path in sorted((folder / "recut").glob("*.csv")):
        codebook = path.with_name(f"{path.stem}.codebook.toml")
        source = folder / f"{path.stem.rsplit('.', 1)[0]}.jsonl"
        if not codebook.exists():
            continue
        stages = stages_of(codebook)
        names = {s.name: i for i, s in enumerate(stages)} | {"": NONE}
        codings = pd.read_csv(path, dtype=str, keep_default_na=False)
        coded = {(r.interview, r.order): names[r.stage] for r in codings.itertuples()}
        interviews: dict[str, list[Unit]] = {}
        for line in source.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            unit = Unit(
                row["text"],
                coded[row["interview"], str(row["order"])],
                "",
                row["valence"] / 2,
                EMOTIONS.index(row["emotion"]),
            )
            interviews.setdefault(row["interview"], []).append(unit)
        journeys.append(Journey(path.stem, stages, tuple(map(tuple, interviews.values()))))
    return journeys


def annotated(
    name: str, codebook: Path, units: pd.DataFrame, *coders: pd.DataFrame
) -> list[Journey]:
    """Return a journey a coder of a set that machine annotators coded independently."""
    stages = stages_of(codebook)
    names = {s.name: i for i, s in enumerate(stages)}
    journeys = []
    for number, coder in enumerate(coders, start=1):
        if not set(coder["unit_id"]) <= set(units["unit_id"]):
            raise SystemExit(f"{name}: a coded unit has no text; run python -m training.real")
        held = units.merge(coder, on="unit_id", validate="one_to_one")
        interviews = []
        for _, own in held.groupby("interview", sort=False):
            rows = own.sort_values("order").itertuples()
            interviews.append(
                tuple(
                    Unit(
                        str(r.text),
                        names[r.stage] if isinstance(r.stage, str) and r.stage else NONE,
                        "",
                        float(r.valence) / 2,
                        EMOTIONS.index(r.emotion) if r.emotion in EMOTIONS else None,
                    )
                    for r in rows
                )
            )
        journeys.append(Journey(f"{name}#{number}", stages, tuple(interviews)))
    return journeys


def nhs(
    data: Path, *, seed: int, many: int = 60, without: frozenset[str] = frozenset()
) -> list[Journey]:
    """Draw codebooks from the labels that people gave NHS comments.

    A comment that bears exactly one of a codebook's labels is coded so; one that bears none fits
    no stage; one with
    several is left out. ``without`` holds texts that must not be learnt from.
    """
    rng = random.Random(seed)
    labels = tomllib.loads((HERE / "nhs_labels.toml").read_text(encoding="utf-8"))["labels"]
    comments = pd.read_csv(data / "nhs" / "comments.csv", dtype=str, keep_default_na=False)
    texts = comments["FFT answer"].map(lambda t: " ".join(t.split()))
    # A held text may be a part of a comment: any comment that it stands in stays out.
    held = [text for text in without if len(text.split()) >= 4]
    usable = texts.str.split().str.len().between(2, 60) & ~texts.isin(without)
    usable &= ~texts.map(lambda text: any(part in text for part in held))
    marks = comments[list(labels)].eq("1")
    usable &= marks.any(axis=1)
    texts, marks = texts[usable], marks[usable]
    by_label = {name: marks.index[marks[name]].tolist() for name in labels}
    common = [name for name, rows in by_label.items() if len(rows) >= 10]
    journeys = []
    for number in range(many):
        chosen = rng.sample(common, rng.randint(4, 9))
        stages = tuple(Stage(labels[name][0], "", labels[name][1]) for name in chosen)
        rows: set[int] = set()
        for name in chosen:
            rows.update(rng.sample(by_label[name], min(12, len(by_label[name]))))
        rows.update(rng.sample(texts.index.tolist(), 20))
        units = []
        for row in sorted(rows):
            mine = [i for i, name in enumerate(chosen) if marks.at[row, name]]
            if len(mine) <= 1:
                units.append((Unit(texts[row], mine[0] if mine else NONE),))
        rng.shuffle(units)
        journeys.append(Journey(f"nhs-{number}", stages, tuple(units)))
    return journeys


def read_coded(data: Path, names: Sequence[str]) -> dict[str, list[Journey]]:
    """Read the sets of ``coded/`` by name: a journey a machine annotator."""
    out = {}
    for name in names:
        folder = data / "coded" / name
        units = pd.read_csv(folder / "units.csv")
        if "text" not in units:
            units = pd.read_csv(HERE / "cache" / f"{name}.csv")
        coders = [pd.read_csv(folder / f"coder{n}.csv") for n in (1, 2)]
        out[name] = annotated(name, folder / "codebook.toml", units, *coders)
    return out


def read_real() -> dict[str, list[Journey]]:
    """Read the sets of ``training/real``, whose texts ``training/real.py`` has built."""
    out = {}
    for folder in sorted((HERE / "real").iterdir()):
        coders = [folder / f"coder{n}.csv" for n in (1, 2)]
        cached = HERE / "cache" / "real" / f"{folder.name}.csv"
        if cached.exists() and all(c.exists() for c in coders):
            tables = [pd.read_csv(c) for c in coders]
            units = pd.read_csv(cached)
            out[folder.name] = annotated(folder.name, folder / "codebook.toml", units, *tables)
            # Feeling was coded once; the other codebooks' files hold stages only.
            felt = tables[0][["unit_id", "valence", "emotion"]]
            for path in sorted(folder.glob("?.csv")):
                codings = pd.read_csv(path, dtype=str, keep_default_na=False)
                own = codings.merge(felt, on="unit_id", validate="one_to_one")
                name = f"{folder.name}.{path.stem}"
                book = path.with_name(f"{path.stem}.codebook.toml")
                out[name] = annotated(name, book, units, own)
        elif cached.exists() and (folder / "codings.csv").exists():
            wide = pd.read_csv(folder / "codings.csv", dtype=str, keep_default_na=False)
            units = pd.read_csv(cached)
            for letter in wide.columns[3:]:
                own = wide[["unit_id", "valence", "emotion", letter]]
                name = f"{folder.name}.{letter}"
                book = folder / f"{letter}.codebook.toml"
                out[name] = annotated(name, book, units, own.rename(columns={letter: "stage"}))
    return out
