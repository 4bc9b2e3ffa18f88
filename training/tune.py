"""Tune the encoder and train the matcher's head, on an accelerator when there is one.

    python training/tune.py --encoder DIR --out DIR [--hold SET]… [--steps 1500]

``--hold`` keeps a set (and all of its texts, under any codebook) out of training and measures on
it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Run as a file, only this file's own folder can be imported from.
sys.path.insert(0, str(Path(__file__).parents[1]))
from training.journeys import (
    EMOTIONS,
    NONE,
    Journey,
    Stage,
    Unit,
    authored,
    nhs,
    read_coded,
    read_real,
    recut,
)
from training.matcher import FEATURES, Feeling, Head, cosines
from training.polarity import POLARITY

DATA = Path(os.environ.get("JOURNEYQUAL_TRAINING_DATA", "../shared/data"))
LEARN = ("complaints", "hospital", "product")
MEASURE = (*LEARN, "chats")
TOKENS = 64
CHUNK = 20


class Encoder(nn.Module):
    """A BERT with mean pooling over real tokens."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(TOKENS)
        self.tokenizer.enable_padding()
        self.bert = BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False)
        from safetensors.torch import load_file

        state = {k: v.float() for k, v in load_file(folder / "model.safetensors").items()}
        state = {k: v for k, v in state.items() if not k.startswith("pooler")}
        missing = self.bert.load_state_dict(state, strict=False)
        assert not [k for k in missing.missing_keys if "position_ids" not in k], missing

    def forward(self, texts: Sequence[str]) -> Tensor:
        device = next(self.parameters()).device
        # The same words are encoded once.
        unique = list(dict.fromkeys(texts))
        out = []
        order = sorted(range(len(unique)), key=lambda i: len(unique[i]))
        for start in range(0, len(order), 256):
            rows = [unique[i] or "." for i in order[start : start + 256]]
            coded = self.tokenizer.encode_batch(rows)
            ids = torch.tensor([c.ids for c in coded], device=device)
            mask = torch.tensor([c.attention_mask for c in coded], device=device)
            states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            weights = mask[..., None].float()
            out.append((states * weights).sum(1) / weights.sum(1))
        place = {unique[i]: j for j, i in enumerate(order)}
        return torch.cat(out)[torch.tensor([place[t] for t in texts], device=device)]


class Model(nn.Module):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.encoder = Encoder(folder)
        self.head = Head()
        self.touch = nn.Sequential(nn.LayerNorm(384), nn.Linear(384, 96))
        self.touch_none = nn.Parameter(torch.zeros(2))
        self.feeling = Feeling(emotions=len(EMOTIONS))
        self.fine = nn.Sequential(nn.LayerNorm(384), nn.Linear(384, 28))


def stage_text(stage: Stage, rng: random.Random | None) -> tuple[str, str]:
    """Words of a stage as the encoder reads them, and of what it excludes.

    With a random source fields drop out, so that no codebook's style is learnt by heart.
    """

    def keep(chance: float) -> bool:
        return rng is None or rng.random() < chance

    name = stage.name.replace("_", " ")
    if rng is not None and rng.random() < 0.08 and stage.definition:
        name = ""
    parts = [name]
    if stage.brief and keep(0.75):
        parts.append(stage.brief)
    if stage.definition and (keep(0.92) or not name):
        parts.append(stage.definition)
    if stage.include and keep(0.7):
        parts.append("; ".join(stage.include))
    text = ". ".join(p.strip().rstrip(".") for p in parts if p)
    if rng is not None and rng.random() < 0.1:
        text = text.lower()
    exclude = "; ".join(stage.exclude) if keep(0.8) else ""
    return text, exclude


class Batch:
    """Chunks of one journey, with its stages as texts; the label after the last stage is "none"."""

    def __init__(self, journey: Journey, rng: random.Random | None, chunks: int = 4) -> None:
        self.weight = journey.weight
        stages = list(range(len(journey.stages)))
        if rng is not None:
            if len(stages) > 3 and rng.random() < 0.25:
                for gone in rng.sample(stages, rng.randint(1, max(1, len(stages) // 3))):
                    stages.remove(gone)
            if rng.random() < 0.15:
                rng.shuffle(stages)
        self.stages = [journey.stages[i] for i in stages]
        self.place = {old: new for new, old in enumerate(stages)}
        self.texts = [stage_text(s, rng) for s in self.stages]
        interviews = list(journey.interviews)
        if rng is not None:
            rng.shuffle(interviews)
            chunks = chunks if max(map(len, interviews)) > 1 else 48
            chosen, rest = interviews[:chunks], interviews[chunks:]
            self.chunks = [self._cut(i, rng) for i in chosen]
        else:
            self.chunks, rest = [list(i) for i in interviews], []
        self.examples: list[list[str]] = [list(s.examples) for s in self.stages]
        if rng is not None:
            for own in self.examples:
                if rng.random() < 0.4:
                    own.clear()
            pool = [u for i in rest for u in i if u.stage in self.place]
            if pool and rng.random() < 0.4:
                rng.shuffle(pool)
                most = rng.choice([1, 2, 4, 8])
                for unit in pool:
                    own = self.examples[self.place[unit.stage]]
                    if len(own) < most:
                        own.append(unit.text)

    @staticmethod
    def _cut(interview: Sequence[Unit], rng: random.Random) -> list[Unit]:
        start = rng.randrange(max(1, len(interview) - CHUNK + 1))
        return list(interview[start : start + CHUNK])

    def all_texts(self) -> list[str]:
        return [
            *(u.text for c in self.chunks for u in c),
            *(t for t, _ in self.texts),
            *(x for _, x in self.texts if x),
            *(e for own in self.examples for e in own),
            *(t for s in self.stages for t in s.touchpoints),
        ]

    def label(self, unit: Unit) -> int:
        if unit.stage == NONE:
            return len(self.stages)
        return self.place.get(unit.stage, len(self.stages))


class Lone:
    """Texts that stand alone: Reddit comments with 28 labels, patients' comments with sentiment."""

    def __init__(self, data: Path, without: frozenset[str]) -> None:
        rows = [
            line.split("\t")
            for line in (data / "goemotions" / "train.tsv").read_text(encoding="utf-8").splitlines()
        ]
        self.reddit = [(r[0], [int(i) for i in r[1].split(",")]) for r in rows]
        names = (data / "goemotions" / "labels.txt").read_text(encoding="utf-8").split()
        self.polarity = np.array([POLARITY[name] for name in names])
        comments = pd.read_csv(data / "nhs" / "comments.csv", dtype=str, keep_default_na=False)
        usable = comments["Comment sentiment"].isin(list("12345"))
        pairs = zip(
            comments.loc[usable, "FFT answer"],
            comments.loc[usable, "Comment sentiment"],
            strict=True,
        )
        cleaned = ((" ".join(t.split()), (3 - int(v)) / 2) for t, v in pairs)
        self.patients = [(t, v) for t, v in cleaned if t and t not in without]

    def loss(
        self, model: Model, rng: random.Random, reddit: int = 96, patients: int = 48
    ) -> Tensor:
        """Return the loss of a random handful."""
        some = rng.sample(self.reddit, reddit)
        others = rng.sample(self.patients, patients)
        vectors = model.encoder([t for t, _ in some] + [t for t, _ in others])
        device = vectors.device
        gold = torch.zeros(reddit, 28, device=device)
        for row, (_, labels) in enumerate(some):
            gold[row, labels] = 1.0
        felt = [float(self.polarity[labels].mean()) for _, labels in some] + [v for _, v in others]
        guess, _ = model.feeling(vectors[:, None], torch.ones(len(vectors), 1, device=device))
        target = torch.tensor(felt, device=device)
        weight = torch.tensor([0.5] * reddit + [1.0] * patients, device=device)
        fine = F.binary_cross_entropy_with_logits(model.fine(vectors[:reddit]).float(), gold)
        off = (weight * (guess[:, 0].float() - target) ** 2).mean()
        return 4 * fine + off


class Vectors:
    """Encoded texts as one matrix; its last row is zero and stands for "nothing there"."""

    def __init__(self, model: Model, batches: Sequence[Batch]) -> None:
        texts = list(dict.fromkeys(t for batch in batches for t in batch.all_texts()))
        self.row = {text: i for i, text in enumerate(texts)}
        coded = model.encoder(texts)
        self.device = coded.device
        self.matrix = torch.cat([coded, coded.new_zeros(1, coded.shape[1])])

    def __call__(self, texts: Sequence[str | None]) -> Tensor:
        # One gather: slicing rows one by one costs a full-size gradient each.
        return self.matrix[torch.tensor([-1 if t is None else self.row[t] for t in texts])]


def tensors(batch: Batch, vector: Vectors) -> tuple[Tensor, ...]:
    """Return unit vectors, mask, stage vectors and features of a batch."""
    device = vector.device
    n = max(map(len, batch.chunks))
    b, s = len(batch.chunks), len(batch.stages)
    padded = [[u.text for u in c] + [None] * (n - len(c)) for c in batch.chunks]
    units = vector([t for row in padded for t in row]).reshape(b, n, -1)
    words = np.array([[0 if t is None else len(t.split()) for t in row] for row in padded])
    mask = torch.tensor([[t is not None for t in row] for row in padded], device=device).float()
    stages = vector([t for t, _ in batch.texts])
    exclude = vector([x or None for _, x in batch.texts])
    parts = [cosines(units, stages[None]), cosines(units, exclude[None])]
    owners = [at for at, own in enumerate(batch.examples) for _ in own]
    near = torch.zeros(2, b, n, s, device=device)
    if owners:
        texts = F.normalize(vector([e for own in batch.examples for e in own]), dim=-1)
        owner = F.one_hot(torch.tensor(owners, device=device), s).float()
        center = owner.T @ texts / owner.sum(0).clamp(min=1)[:, None]
        each = cosines(units, texts[None])
        closest = [
            each[..., owner[:, at] > 0].amax(-1) if owner[:, at].any() else each.new_zeros(b, n)
            for at in range(s)
        ]
        near = torch.stack([cosines(units, center[None]), torch.stack(closest, -1)])
    features = torch.zeros(b, n, s, FEATURES, device=device)
    has = torch.tensor([1.0 if own else 0.0 for own in batch.examples], device=device)
    features[..., :6] = torch.stack(
        [
            *parts,
            *near,
            has.expand(b, n, s),
            torch.linspace(0, 1, s, device=device).expand(b, n, s),
        ],
        -1,
    )
    lengths = torch.tensor(np.log1p(words) / 4, device=device).float()
    features[..., 6] = lengths[..., None]
    features[..., 7] = 1.0 / s
    return units, mask, stages[None].expand(b, -1, -1), features


def losses(model: Model, batch: Batch, vector: Vectors) -> Tensor:
    """Return the loss of a batch: stage, valence, emotion, touchpoint."""
    device = vector.device
    units, mask, stages, features = tensors(batch, vector)
    logits = model.head(units, mask, stages, features)
    n = mask.shape[1]

    def laid_out(value: object, missing: float) -> Tensor:
        rows = [[value(u) for u in c] + [missing] * (n - len(c)) for c in batch.chunks]  # type: ignore[operator]
        return torch.tensor(rows, device=device)

    labels = laid_out(batch.label, -100)
    valence = laid_out(lambda u: float("nan") if u.valence is None else u.valence, float("nan"))
    emotion = laid_out(lambda u: -100 if u.emotion is None else u.emotion, -100)
    s = logits.shape[-1]
    total = F.cross_entropy(logits.reshape(-1, s), labels.reshape(-1), label_smoothing=0.1)
    # The encoder alone should bring units near their stage; "none" is no matter of nearness.
    plain = 20 * features[..., 0].reshape(-1, s - 1)
    placed = labels.reshape(-1).masked_fill(labels.reshape(-1) == s - 1, -100)
    if (placed >= 0).any():
        total = total + 0.5 * F.cross_entropy(plain, placed, label_smoothing=0.1)
    felt, named = model.feeling(units, mask)
    known = ~valence.isnan()
    if known.any():
        total = total + 0.5 * F.mse_loss(felt[known].float(), valence[known])
        total = total + 0.15 * F.cross_entropy(
            named.reshape(-1, len(EMOTIONS)), emotion.reshape(-1), ignore_index=-100
        )
    total = total + 0.2 * touchpoint_loss(model, batch, vector)
    return total * batch.weight


def touchpoint_loss(model: Model, batch: Batch, vector: Vectors) -> Tensor:
    """Each coded unit against its own stage's touchpoints and "none of them"."""
    names = [(at, t) for at, s in enumerate(batch.stages) for t in s.touchpoints]
    rows = [
        (u.text, at, u.touchpoint)
        for c in batch.chunks
        for u in c
        if (at := batch.place.get(u.stage)) is not None and batch.stages[at].touchpoints
    ]
    if not rows:
        return torch.zeros((), device=vector.device)
    u = F.normalize(model.touch(vector([text for text, _, _ in rows])), dim=-1)
    t = F.normalize(model.touch(vector([name for _, name in names])), dim=-1)
    own = torch.tensor(
        [[at == mine for at, _ in names] for _, mine, _ in rows], device=vector.device
    )
    scores = (10 * u @ t.T).masked_fill(~own, -1e4)
    scores = torch.cat([10 * model.touch_none[:1].expand(len(rows), 1), scores], 1)
    bare = {(at, name.rsplit(" (", 1)[0]): i for i, (at, name) in enumerate(names, start=1)}
    gold = [bare.get((at, touch), 0) if touch else 0 for _, at, touch in rows]
    return F.cross_entropy(scores.float(), torch.tensor(gold, device=vector.device))


@torch.no_grad()
def predict(model: Model, journey: Journey) -> tuple[np.ndarray, ...]:
    """Return stage probabilities, valence and emotion of every unit, interview by interview."""
    model.eval()
    batch = Batch(journey, None)
    units, mask, stages, features = tensors(batch, Vectors(model, [batch]))
    logits = model.head(units, mask, stages, features)
    felt, named = model.feeling(units, mask)
    real = mask.bool()
    return (
        logits.softmax(-1)[real].float().cpu().numpy(),
        features[..., 0].argmax(-1)[real].cpu().numpy(),
        felt[real].float().cpu().numpy(),
        named.argmax(-1)[real].cpu().numpy(),
    )


def kappa(one: np.ndarray, two: np.ndarray) -> float:
    values = np.unique([one, two])
    p = np.mean(one == two)
    e = sum(np.mean(one == v) * np.mean(two == v) for v in values)
    return float((p - e) / (1 - e))


def measure(model: Model, journeys: Sequence[Journey]) -> dict[str, float]:
    """Return agreement with each annotator of a set, averaged."""
    rows = []
    for journey in journeys:
        p, nearest, felt, named = predict(model, journey)
        units = [u for i in journey.interviews for u in i]
        gold = np.array([u.stage if u.stage >= 0 else len(journey.stages) for u in units])
        got = p.argmax(1)
        sure = p.max(1)
        bins = np.clip((sure * 10).astype(int), 0, 9)
        ece = sum(
            abs((got == gold)[bins == k].mean() - sure[bins == k].mean()) * (bins == k).mean()
            for k in np.unique(bins)
        )
        valence = np.array([np.nan if u.valence is None else u.valence for u in units])
        known = ~np.isnan(valence)
        emotion = np.array([-1 if u.emotion is None else u.emotion for u in units])
        row = {
            "kappa": kappa(gold, got),
            "nearest": kappa(gold, nearest),
            "ece": float(ece),
            "none": float((got == gold.max()).mean()),
        }
        if known.sum() > 10:
            row["valence_r"] = float(np.corrcoef(felt[known], valence[known])[0, 1])
            row["emotion_kappa"] = kappa(emotion[emotion >= 0], named[emotion >= 0])
        rows.append(row)
    return {k: round(float(np.mean([r[k] for r in rows if k in r])), 4) for k in rows[0]}


def confusion(model: Model, journey: Journey) -> str:
    """Return, by the annotator's stage, what the model says most often."""
    p, *_ = predict(model, journey)
    names = [*(s.name for s in journey.stages), "-"]
    said: dict[str, dict[str, int]] = {}
    for unit, got in zip((u for i in journey.interviews for u in i), p.argmax(1), strict=True):
        row = said.setdefault(names[unit.stage], {})
        row[names[got]] = row.get(names[got], 0) + 1
    return json.dumps({k: sorted(v.items(), key=lambda x: -x[1])[:4] for k, v in said.items()})


def gather(
    hold: Sequence[str], seed: int
) -> tuple[list[Journey], dict[str, list[Journey]], frozenset[str]]:
    """Return what is learnt from, what is measured on, and the texts that must not be learnt."""
    coded = read_coded(DATA, MEASURE)
    real = read_real()
    corpus = [*authored(), *recut()]
    held = {name: coded[name] for name in hold if name in coded}
    held |= {name: real[name] for name in hold if name in real}
    held |= {j.name: [j] for j in corpus if j.name in hold}
    gone = frozenset(u.text for js in held.values() for j in js for i in j.interviews for u in i)
    learn = [j for j in corpus if not gone & {u.text for i in j.interviews for u in i}]
    for name, journeys in {**coded, **real}.items():
        texts = {u.text for i in journeys[0].interviews for u in i}
        if name not in hold and name != "chats" and not texts & gone:
            learn += journeys
    whole = frozenset(" ".join(u.text for u in i) for js in held.values() for i in js[0].interviews)
    learn += nhs(DATA, seed=seed, without=gone | whole)
    return learn, held, gone | whole


def save(model: Model, out: Path, most: int = 15_000_000) -> None:
    """Write half-precision weights in parts of a size that travels."""
    from safetensors.torch import save_file

    parts: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in model.state_dict().items():
        # The word embeddings alone are larger than a part.
        for number, piece in enumerate(
            value.detach().cpu().half().split(15_000)
            if value.dim() == 2
            else [value.detach().cpu().half()]
        ):
            if size + piece.numel() * 2 > most:
                parts.append({})
                size = 0
            parts[-1][f"{name}|{number}"] = piece.contiguous()
            size += piece.numel() * 2
    for number, part in enumerate(parts):
        save_file(part, out / f"final-{number}.safetensors")


def train(
    folder: Path,
    out: Path,
    hold: Sequence[str],
    *,
    steps: int,
    seed: int,
    rate: float,
    evaluations: int = 6,
    journeys_per_step: int = 4,
) -> dict[str, object]:
    torch.manual_seed(seed)
    rng = random.Random(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    learn, held, never = gather(hold, seed)
    lone = Lone(DATA, never)
    model = Model(folder).to(device)
    encoder = [p for n, p in model.named_parameters() if n.startswith("encoder")]
    head = [p for n, p in model.named_parameters() if not n.startswith("encoder")]
    groups = [{"params": encoder, "lr": rate}, {"params": head, "lr": 10 * rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [rate, 10 * rate], total_steps=steps, pct_start=0.1
    )
    # A journey comes up as often as it has units, NHS codebooks less: they are many and alike.
    weights = [j.n_units * (0.12 if j.name.startswith("nhs-") else j.weight) for j in learn]
    begun = time.time()
    log = []
    for step in range(steps):
        model.train()
        chosen = rng.choices(learn, weights, k=journeys_per_step)
        batches = [Batch(j, rng) for j in chosen]
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            vector = Vectors(model, batches)
            loss = torch.stack([losses(model, b, vector) for b in batches]).mean()
            loss = loss + 0.5 * lone.loss(model, rng)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if (step + 1) % max(1, steps // evaluations) == 0:
            scores = {name: measure(model, js) for name, js in held.items()}
            log.append({"step": step + 1, "loss": round(loss.item(), 3), "held": scores})
            print(hold, step + 1, f"{time.time() - begun:.0f}s", json.dumps(scores), flush=True)
    for name, journeys in held.items():
        print(name, confusion(model, journeys[0]), flush=True)
    out.mkdir(parents=True, exist_ok=True)
    result = {"hold": list(hold), "seed": seed, "steps": steps, "rate": rate, "log": log}
    name = "-".join(hold) or "final"
    (out / f"{name}.json").write_text(json.dumps(result, indent=1))
    if not hold:
        save(model, out)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold", action="append", default=[])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=5e-5)
    args = parser.parse_args()
    train(args.encoder, args.out, args.hold, steps=args.steps, seed=args.seed, rate=args.rate)


if __name__ == "__main__":
    main()
