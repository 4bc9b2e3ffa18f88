"""Units coded a second, all coders together, beside a zero-shot pipeline and the machine's sgemm.

    python benchmarks/coding_speed.py

24-word units under eight stages, on two threads, one run: journeyqual (stage, touchpoint, valence,
emotion), the nearest definition in its place, and the architecture of bart-large-mnli as a
zero-shot pipeline runs it, one pass a unit and stage. Its weights are random, which costs the same.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

if hasattr(os, "sched_setaffinity"):  # before anything counts the cores
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from journeyqual import coding
from journeyqual.codebook import from_dict
from journeyqual.models.encoder import minilm

WORDS, STAGES, UNITS, SLOW = 24, 8, 2000, 3
VOCABULARY = (
    "the a we it they I was had got then when about because never always phone bill order box "
    "driver price week money help wrong right waited paid opened asked told found tried quick slow"
).split()


def units(many: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(many)],
            "interview": [f"i{i // 60}" for i in range(many)],
            "order": np.arange(many) % 60,
            "text": [" ".join(rng.choice(VOCABULARY, WORDS)) + "." for _ in range(many)],
        }
    )


def book():
    stage = "what happens in part {} of the journey, from the first word to the last of it"
    return from_dict(
        {
            "name": "Eight",
            "stage": [{"name": f"part {n}", "definition": stage.format(n)} for n in range(STAGES)],
        }
    )


def sgemm() -> float:
    a, b = np.ones((2048, 2048), np.float32), np.ones((2048, 2048), np.float32)
    a @ b
    start = time.perf_counter()
    for _ in range(5):
        a @ b
    return 5 * 2 * 2048**3 / (time.perf_counter() - start) / 1e9


def bart() -> float:
    """Seconds a unit of a bart-large classifier over eight hypotheses."""
    import torch
    from transformers import BartConfig, BartForSequenceClassification

    torch.set_num_threads(2)
    model = BartForSequenceClassification(BartConfig(num_labels=3)).eval()
    ids = torch.randint(10, 50_000, (STAGES, 32 + 12))
    ids[:, -1] = model.config.eos_token_id
    ids[ids == model.config.eos_token_id] = 10
    ids[:, -1] = model.config.eos_token_id
    with torch.inference_mode():
        model(input_ids=ids)
        start = time.perf_counter()
        for _ in range(SLOW):
            model(input_ids=ids)
        return (time.perf_counter() - start) / SLOW


def main() -> None:
    table, codebook = units(UNITS), book()
    for encoder in (None, minilm()):
        coding.code_units(table.head(10), codebook, encoder=encoder)
    rates = {}
    for name, encoder in (("journeyqual", None), ("nearest definition", minilm())):
        start = time.perf_counter()
        coding.code_units(table, codebook, encoder=encoder)
        rates[name] = UNITS / (time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rates["bart-large zero-shot"] = 1 / bart()
    for name, rate in rates.items():
        print(f"{name:24}{rate:8.1f} units/s")
    print(f"sgemm {sgemm():.0f} GFLOP/s; journeyqual's peak memory {peak:.0f} MB")
    print("met   " if rates["journeyqual"] >= 100 else "MISSED", "100 units/s, all coders together")
    print("met   " if peak <= 1536 else "MISSED", "1.5 GB")


if __name__ == "__main__":
    main()
