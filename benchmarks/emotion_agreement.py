"""Agreement of coders of valence and emotion with annotators and with customers' own scores.

    python benchmarks/emotion_agreement.py --apart DIR

Pearson's r of valence and Cohen's kappa of the one emotion, with 95 % intervals from a bootstrap
over interviews: VADER, linear heads on frozen vectors (MiniLM's, and the stage matcher's), and
journeyqual. ``coded/`` and the authored domains were annotated by machines; no person coded them.

On complaints, hospital, product and the authored domains the learnt coders are ones that have not
read them: ``DIR`` is the network that ``training/README.md`` trains with all of these held out at
once, which stands for leaving out each in turn; the linear heads learn from the same talk. On
``chats``, EmoBank, GoEmotions dev, the NHS comments held apart, the lounge reviews and the hard
cases it is the shipped coder, which learned from none of them. All start from the stage matcher's
layers; hospital and NHS comments that those read under topic labels are left out.

These are development sets: while the coder was made, its figures on all but the lounge reviews,
the hard cases and the swapped sentences were looked at, and its worst units on ``coded/``,
``chats`` among them, were read to find what kinds of talk to add. The hard cases were chosen so
that VADER fails on every one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import cohen_kappa_score, f1_score
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual import codebook as codebooks  # noqa: E402
from journeyqual.codebook import GOEMOTIONS  # noqa: E402
from journeyqual.coding.feeling import FeelingCoder  # noqa: E402
from journeyqual.coding.stage import MODEL as STAGES  # noqa: E402
from journeyqual.coding.stage import StageMatcher  # noqa: E402
from journeyqual.models import reader as readers  # noqa: E402
from journeyqual.models.encoder import Vectors  # noqa: E402
from journeyqual.models.vectors import cached_reading  # noqa: E402
from tests.coding.feeling_cases import interviews, judged  # noqa: E402
from training.feel import best_thresholds, learnt_from, threshold_part  # noqa: E402
from training.feeling import HELD, calibrated, coder_of, frame_of  # noqa: E402
from training.real import written  # noqa: E402
from training.sets import CACHE, DATA, coded, emobank, goemotions, vectors  # noqa: E402
from training.stage import unseen  # noqa: E402
from training.talk import EMOTIONS, HERE, STEPS, Felt, Talk, made_up, of_coded, patients  # noqa: E402

SEED = 20260301
DRAWS = 1000
CODED = ("complaints", "hospital", "product", "chats")
AUTHORED = ("crm-b2b", "museum-visitors", "telecom-survey")
TOUCHPOINTS = {
    "comfort": "Seats, space, noise, crowding, views, how it looks and feels.",
    "cleanliness": "How clean and tidy it is; plates cleared.",
    "bar": "Drinks: wine, beer, spirits, coffee, water.",
    "catering": "Food: what there is to eat, hot and cold, how fresh.",
    "washrooms": "Toilets and showers.",
    "wifi": "Internet, computers, power sockets.",
    "staff": "How the people who work there treat guests.",
}
KEYWORDS = {
    "comfort": "seat seats chair sofa comfort space crowded quiet noise spacious cramped view",
    "cleanliness": "clean dirty tidy cleared filthy",
    "bar": "drink drinks wine beer bar alcohol spirits champagne coffee tea beverage beverages",
    "catering": "food eat snack snacks meal breakfast buffet sandwich sandwiches hot catering",
    "washrooms": "toilet toilets shower showers washroom restroom bathroom",
    "wifi": "wifi wi-fi internet computer computers sockets",
    "staff": "staff reception receptionist friendly rude service polite attendant helpful",
}
RATING = {
    "comfort": "comfort", "cleanliness": "cleanliness", "bar": "bar_beverages",
    "catering": "catering", "washrooms": "washrooms", "wifi": "wifi_connectivity",
    "staff": "staff_service",
}  # fmt: skip

Floats = NDArray[np.float64]
Reads = Callable[[Sequence[Talk]], tuple[Floats, NDArray[np.object_] | None]]
"""Valence and the one emotion of every unit, in order; None where a coder knows no emotions."""


@dataclass(frozen=True)
class Gold:
    """What annotators said of a set: mean valence, and the emotion by each."""

    name: str
    talks: list[Talk]
    valence: Floats
    emotions: tuple[list[str], ...]


def gold_of(name: str) -> Gold:
    """Read a set of ``coded/``, or an authored domain with its two coders."""
    if name in AUTHORED:
        talks = made_up(HERE / "corpus", 0)[name]
        named = [[EMOTIONS[int(u.emotion.argmax())] for t in talks for u in t]]
    else:
        # Less the hospital comments that the stage matcher, where the network starts, has read.
        one = unseen(coded(name))
        talks = of_coded(one)
        order = one.units.reset_index(drop=True)
        rows = [
            row
            for _, own in order.groupby("interview", sort=False)
            for row in own.sort_values("order").index
        ]
        named = [t["emotion"].iloc[rows].tolist() for t in (one.first, one.second)]
    valence = np.array([STEPS @ u.valence for t in talks for u in t])
    return Gold(name, talks, valence, tuple(named))


@cache
def _vader():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def vader(talks: Sequence[Talk]) -> tuple[Floats, None]:
    scores = [_vader().polarity_scores(u.text)["compound"] for t in talks for u in t]
    return np.array(scores), None


Embed = Callable[[Sequence[Talk]], Vectors]


def by_minilm(talks: Sequence[Talk]) -> Vectors:
    """Read by MiniLM as it is, each unit by itself."""
    return vectors([u.text for t in talks for u in t])


def by_stage_matcher(talks: Sequence[Talk]) -> Vectors:
    """Read by the stage matcher's network: what a network shared by both coders would give."""
    reader = readers.shipped(STAGES)
    return np.concatenate(cached_reading([[u.text for u in t] for t in talks], reader, CACHE))


def vader_signs(talks: Sequence[Talk]) -> tuple[Floats, None]:
    """Read by VADER with its own bounds of no feeling, put on our scale."""
    scores, _ = vader(talks)
    return np.where(np.abs(scores) < 0.05, 0.0, scores * 9), None


class Linear:
    """Ridge and logistic regressions on frozen vectors, fitted to the same talk."""

    def __init__(
        self, embed: Embed, talk: dict[str, list[Talk]], comments: list[Talk], nhs: list[Talk]
    ) -> None:
        self.embed = embed
        talks = [t for ts in talk.values() for t in ts]
        every = [*talks, *comments, *nhs]
        units = [u for t in every for u in t]
        x = embed(every)
        felt = np.array([u.valence is not None for u in units])
        self.felt = Ridge(alpha=3.0).fit(
            x[felt], [STEPS @ u.valence for u in units if u.valence is not None]
        )
        named = np.array([u.emotion is not None for u in units])
        self.named = LogisticRegression(C=3.0, max_iter=300).fit(
            x[named], [EMOTIONS[int(u.emotion.argmax())] for u in units if u.emotion is not None]
        )
        fine = np.array([u.fine is not None for u in units])
        truth = np.array([u.fine for u in units if u.fine is not None], dtype=bool)
        self.labels = [LogisticRegression(C=5.0, max_iter=300).fit(x[fine], y) for y in truth.T]

    def __call__(self, talks: Sequence[Talk]) -> tuple[Floats, NDArray[np.object_]]:
        """Read valence and the one emotion of every unit."""
        x = self.embed(talks)
        return np.asarray(self.felt.predict(x)), np.asarray(self.named.predict(x), dtype=object)

    def chances(self, talks: Sequence[Talk]) -> Floats:
        """Return the probability of each GoEmotions label."""
        x = self.embed(talks)
        return np.stack([one.predict_proba(x)[:, 1] for one in self.labels], axis=1)


def reads(coder: FeelingCoder) -> Reads:
    book = codebooks.from_dict({"name": "x", "stage": [{"name": "use"}]})

    def read(talks: Sequence[Talk]) -> tuple[Floats, NDArray[np.object_]]:
        out = coder.code(frame_of(talks), book)
        return out["valence"].to_numpy(), out["emotion"].to_numpy(dtype=object)

    return read


def interval(values: Callable[[NDArray[np.intp]], float], interview: NDArray[np.intp]) -> str:
    """Return a figure with its 95 % interval from drawing interviews anew."""
    rows = [np.flatnonzero(interview == i) for i in np.unique(interview)]
    rng = np.random.default_rng(SEED)
    many = []
    for _ in range(DRAWS):
        chosen = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        many.append(values(chosen))
    low, high = np.nanpercentile(many, [2.5, 97.5])
    return f"{values(np.arange(len(interview))):.3f} [{low:.2f}, {high:.2f}]"


def agreement(gold: Gold, read: Reads) -> dict[str, object]:
    valence, emotion = read(gold.talks)
    interview = np.repeat(np.arange(len(gold.talks)), [len(t) for t in gold.talks])
    out: dict[str, object] = {
        "r": float(pearsonr(valence, gold.valence)[0]),
        "r, interval": interval(lambda k: pearsonr(valence[k], gold.valence[k])[0], interview),
        "mean error": round(float((valence - gold.valence).mean()), 3),
        "mean abs. error": round(float(np.abs(valence - gold.valence).mean()), 3),
    }
    if emotion is not None:
        codes = [np.array(e, dtype=object) for e in gold.emotions]

        def kappa(k: NDArray[np.intp]) -> float:
            return float(np.mean([cohen_kappa_score(e[k], emotion[k]) for e in codes]))

        out |= {
            "kappa": kappa(np.arange(len(valence))),
            "kappa, interval": interval(kappa, interview),
        }
    return out


def spearman(said: Floats, theirs: Floats) -> str:
    return interval(lambda k: float(spearmanr(said[k], theirs[k])[0]), np.arange(len(said)))


def lounges(read: Reads) -> tuple[int, dict[str, str]]:
    """Touchpoint valence against the customer's own stars, both as deviations; silence is 0."""
    reviews = pd.read_csv(DATA / "lounges" / "reviews.csv")
    used = {
        str(i)
        for path in (CACHE / "real").glob("lounge*.csv")
        for i in pd.read_csv(path, usecols=["interview"])["interview"].unique()
    }
    columns = [f"{RATING[t]}_rating" for t in TOUCHPOINTS]
    stars = reviews[columns].where(reviews[columns] > 0)
    apart = pd.Series([f"lounge-{i}" not in used for i in reviews.index], index=reviews.index)
    texts = reviews.loc[apart & stars.notna().all(axis=1), "content"].drop_duplicates()
    units = written(texts, "lounge", len(texts))
    own = stars.loc[texts.index]
    own = own.sub(own.mean(axis=1), axis=0).sub(own.sub(own.mean(axis=1), axis=0).mean())
    book = codebooks.from_dict(
        {
            "name": "Lounge",
            "stage": [{"name": n, "definition": d} for n, d in TOUCHPOINTS.items()],
        }
    )
    coder = StageMatcher.shipped(cache=CACHE)
    units = units.assign(about=coder.code(units, book)["stage"].to_numpy())
    parts = [p.sort_values("order") for _, p in units.groupby("interview", sort=False)]
    said = pd.concat(parts)
    talks = [[Felt(str(t), 0) for t in part["text"]] for part in parts]
    place = {name: n for n, name in enumerate(TOUCHPOINTS)}
    row_of = {f"lounge-{i}": n for n, i in enumerate(texts.index)}

    def table(valence: Floats, about: list[set[str]], interviews: Sequence[str]) -> Floats:
        total = np.zeros((len(texts), len(place)))
        count = np.zeros_like(total)
        for value, names, interview in zip(valence, about, interviews, strict=True):
            for name in names:
                total[row_of[interview], place[name]] += value
                count[row_of[interview], place[name]] += 1
        mean = total / np.maximum(count, 1)
        # Deviations among what the review speaks of; of the rest it says nothing, and that is 0.
        spoken = count > 0
        level = mean.sum(1, keepdims=True) / np.maximum(spoken.sum(1, keepdims=True), 1)
        deviation = np.where(spoken, mean - level, 0.0)
        return deviation - deviation.mean(axis=0)

    by_stage = [{name} - {""} for name in said["about"]]
    words = {name: set(told.split()) for name, told in KEYWORDS.items()}
    by_word = [
        {n for n, w in words.items() if w & set(str(t).lower().replace(".", " ").split())}
        for t in said["text"]
    ]
    interviews = said["interview"].tolist()
    ours, theirs = read(talks)[0], vader(talks)[0]
    flat = own.to_numpy().ravel()
    review = np.repeat(np.arange(len(own)), len(place))
    made = {
        "keywords + VADER": table(theirs, by_word, interviews).ravel(),
        "journeyqual's stages + VADER": table(theirs, by_stage, interviews).ravel(),
        "keywords + journeyqual's valence": table(ours, by_word, interviews).ravel(),
        "journeyqual": table(ours, by_stage, interviews).ravel(),
    }
    return len(texts), {
        name: interval(lambda k, v=v: float(pearsonr(v[k], flat[k])[0]), review)
        for name, v in made.items()
    }


def cases(read: Reads) -> pd.Series:
    """Share of the hard cases read right: the sign, or the stronger of a pair further out."""
    talks = [[Felt(t, 0) for t in texts] for texts, _ in interviews()]
    valence, _ = read(talks)
    starts = np.cumsum([0, *(len(t) for t in talks)])[:-1]
    right = judged(valence[starts + [at for _, at in interviews()]])
    every = [x for each in right.values() for x in each]
    return pd.Series(
        {kind: np.mean(each) for kind, each in right.items()} | {"all": np.mean(every)}
    )


def spread(coders: dict[str, FeelingCoder], golds: Sequence[Gold]) -> None:
    """Print what units read on average by what annotators said, and how far certainty holds."""
    book = codebooks.from_dict({"name": "x", "stage": [{"name": "use"}]})
    rows = []
    for gold in golds:
        out = coders[gold.name].code(frame_of(gold.talks), book)
        rows.append(out[["valence", "valence_sd"]].assign(truth=gold.valence, set=gold.name))
    table = pd.concat(rows)
    table["step"] = np.round(table["truth"] * 2) / 2
    print("\nmean valence read, by the annotators' step (nearest)")
    print(table.pivot_table(index="set", columns="step", values="valence").round(2).to_string())
    bands = [-1, -0.6, -0.3, -0.1, 0.1, 0.3, 0.6, 1]
    table["band"] = pd.cut(table["valence"], bands, include_lowest=True)
    print("\nannotators' mean valence, by what was read")
    print(table.pivot_table(index="set", columns="band", values="truth", observed=True)
          .round(2).to_string())  # fmt: skip
    slopes = {
        n: round(float(np.polyfit(t["valence"], t["truth"], 1)[0]), 2)
        for n, t in table.groupby("set")
    }
    print("slope of theirs on ours:", slopes)
    known = table[table["valence_sd"] < 1]
    off = (known["truth"] - known["valence"]).abs()
    for name, part in known.assign(off=off, z=off / known["valence_sd"]).groupby("set"):
        print(
            f"  {name}: within one standard deviation {(part['z'] <= 1).mean():.0%}, within two "
            f"{(part['z'] <= 2).mean():.0%}; mean standard deviation "
            f"{part['valence_sd'].mean():.2f}, root mean square error "
            f"{np.sqrt((part['off'] ** 2).mean()):.2f}"
        )


def bar(name: str, value: float, at_least: float) -> None:
    print("met   " if value >= at_least else "MISSED", f"{name} at least {at_least}: {value:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apart", type=Path, required=True, help="network that has read no set")
    parser.add_argument("--not-shipped", action="store_true", help="measure --apart throughout")
    args = parser.parse_args()
    heads, pair = calibrated(args.apart, args.apart)
    apart = coder_of(args.apart, heads)
    shipped = apart if args.not_shipped else FeelingCoder.shipped(cache=CACHE)
    coder_for = {name: apart for name in AUTHORED} | {"chats": shipped}
    for name in HELD:
        # How certain it may be is set on the other two.
        others = [other for other in HELD if other != name]
        coder_for[name] = coder_of(args.apart, calibrated(args.apart, args.apart, others)[0])

    def fitted(hold: set[str]) -> dict[str, Linear]:
        talk, comments, nhs, _ = learnt_from(hold)
        return {
            "linear on MiniLM": Linear(by_minilm, talk, comments, nhs),
            "linear on the stage matcher": Linear(by_stage_matcher, talk, comments, nhs),
        }

    without = fitted({*HELD, *AUTHORED})
    full = without if args.not_shipped else fitted(set())
    print(f"temperatures: valence {pair[0]:.2f}, emotion {pair[1]:.2f}")

    golds = [gold_of(n) for n in (*CODED, *AUTHORED)]
    rows = []
    for gold in golds:
        linear = full if gold.name == "chats" else without
        ours = {"journeyqual": reads(coder_for[gold.name])}
        for coder, read in ({"VADER": vader} | linear | ours).items():
            rows.append({"set": gold.name, "coder": coder, **agreement(gold, read)})
    table = pd.DataFrame(rows)
    for figure in ("r, interval", "kappa, interval", "mean error", "mean abs. error"):
        print(f"\n{figure} †")
        print(table.pivot(index="set", columns="coder", values=figure).loc[[g.name for g in golds]]
              .to_string())  # fmt: skip
    for name, of in (("r", "valence of the annotators"), ("kappa", "emotion of the annotators")):
        each = []
        for gold in golds[:4]:
            first, second = (
                pd.read_csv(DATA / "coded" / gold.name / f"coder{n}.csv") for n in (1, 2)
            )
            each.append(
                pearsonr(first["valence"], second["valence"])[0]
                if name == "r"
                else cohen_kappa_score(first["emotion"], second["emotion"])
            )
        print(f"{of} with each other, {name}:", np.round(each, 2).tolist())
    means = table[table["set"].isin(CODED)].groupby("coder")[["r", "kappa"]].mean()
    print("\nmean of coded/\n" + means.round(3).to_string())
    spread(coder_for, golds)

    read = reads(shipped)
    _, test = patients()
    alone = [[Felt(t, 0)] for t, _, _ in test]
    coders: dict[str, Reads] = {"VADER": vader} | full | {"journeyqual": read}
    said = {name: one(alone)[0] for name, one in coders.items()}
    labeller, score = (np.array([t[n] for t in test]) for n in (1, 2))
    print(f"\nNHS comments held apart, {len(test)}; labeller with own score "
          f"{spearman(labeller, score)}")  # fmt: skip
    for coder, values in said.items():
        print(
            f"  {coder}: labeller {spearman(values, labeller)}, own score {spearman(values, score)}"
        )
    texts, felt = emobank()
    split = pd.read_csv(DATA / "emobank" / "emobank.csv", keep_default_na=False)["split"]
    dev = (split == "dev").to_numpy()
    bank = [[Felt(t, 0)] for t in np.array(texts, dtype=object)[dev]]
    print(f"EmoBank dev, {dev.sum()} sentences, r with readers' valence")
    of_bank = {}
    for coder, one in coders.items():
        of_bank[coder] = one(bank)[0]
        values = of_bank[coder]
        print(
            f"  {coder}:",
            interval(
                lambda k, v=values: float(pearsonr(v[k], felt[dev][k])[0]), np.arange(dev.sum())
            ),
        )
    part = threshold_part()
    held = np.array([t[0].fine for t in part], dtype=bool)
    texts, truth = goemotions("dev")
    dev_talks = [[Felt(t, 0)] for t in texts]
    labelled = {}
    for name, one in full.items():
        labelled[name] = one.chances(dev_talks) >= best_thresholds(one.chances(part), held)
    chances = shipped.heads.labels(shipped.read(frame_of(dev_talks)))
    by_ours = labelled["journeyqual"] = chances >= shipped.heads.label_thresholds
    macro = {}
    for coder, labels in labelled.items():
        macro[coder] = f1_score(truth, labels, average="macro", zero_division=0)
        micro = f1_score(truth, labels, average="micro", zero_division=0)
        print(f"GoEmotions dev, {coder}: macro-F1 {macro[coder]:.3f}, micro-F1 {micro:.3f}")
    each = f1_score(truth, by_ours, average=None, zero_division=0)
    print("  " + ", ".join(f"{n} {f:.2f}" for n, f in zip(GOEMOTIONS, each, strict=True)))
    many, stars = lounges(read)
    print(f"lounges: r of touchpoint valence with the customer's own stars, {many} reviews")
    for coder, figure in stars.items():
        print(f"  {coder}: {figure}")
    hard = pd.DataFrame(
        {name: cases(one) for name, one in (coders | {"VADER": vader_signs}).items()}
    )
    print("\nhard cases read right\n" + hard.round(2).to_string())

    print()
    bar("valence r, mean of coded/", float(means.loc["journeyqual", "r"]), 0.75)
    bar("emotion kappa, mean of coded/", float(means.loc["journeyqual", "kappa"]), 0.5)
    bar("NHS own score, Spearman", float(spearmanr(said["journeyqual"], score)[0]), 0.54)
    bar("NHS labeller, Spearman", float(spearmanr(said["journeyqual"], labeller)[0]), 0.8)
    bar("EmoBank dev r", float(pearsonr(of_bank["journeyqual"], felt[dev])[0]), 0.6)
    bar("GoEmotions dev macro-F1", macro["journeyqual"], 0.49)


if __name__ == "__main__":
    # One BLAS thread: the small fits are faster so, and the same on every machine.
    with threadpool_limits(1):
        main()
