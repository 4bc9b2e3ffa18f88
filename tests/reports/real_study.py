"""A real study folder with invented codings in its store: what notebooks open in these tests.

Everything but the coder is the package's own: files, store, consensus, curve, quotes, cache. The
codings are those of `fake_study`, signed with the shipped coders' names: no model has to run.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from journeyqual import open_study
from journeyqual.codebook import Codebook
from journeyqual.schema import CODINGS, TURNS, check
from journeyqual.store import Interview
from journeyqual.units import from_turns, stored_text
from tests.reports.fake_study import HOSTILE, QUOTE, FakeStudy, codebook


def make_study(folder: Path, *, hostile: bool = False) -> Path:
    """Make the study; the hostile one holds markup and tricks wherever words can stand."""
    folder.mkdir(parents=True)
    book = codebook(suffix=" " + HOSTILE) if hostile else codebook()
    fake = FakeStudy(codebook=book)
    coded = fake.coded()
    title = HOSTILE if hostile else "Pannier: the first year with a cargo bike"
    (folder / "study.toml").write_text(
        f"title = {json.dumps(title)}\nnote = {json.dumps('These interviews are invented.')}\n"
        '[curve]\ndraws = 200\nby = "segment"\n',
        encoding="utf-8",
    )
    (folder / "codebook.toml").write_text(_toml(book), encoding="utf-8")
    (folder / "transcripts").mkdir()
    people = coded.drop_duplicates("participant")[["participant", "segment", "town"]]
    people.to_csv(folder / "participants.csv", index=False)
    study = open_study(folder)
    for _, own in coded.groupby("participant"):
        _fill(study, own, HOSTILE if hostile else QUOTE)
    study.close()
    return folder


def _fill(study: object, own: pd.DataFrame, words: str) -> None:
    participant = own["participant"].iloc[0]
    turns = check(
        pd.DataFrame(
            {
                "interview": f"{participant}_2026-03-04",
                "participant": participant,
                "turn_index": range(len(own)),
                "speaker": participant,
                "role": "participant",
                "text": [f"{words} And that was number {i}." for i in range(len(own))],
                "start_s": [30.0 * i for i in range(len(own))],
            }
        ),
        TURNS,
    )
    units = from_turns(turns, sentences=lambda texts: [[(0, len(t))] for t in texts])
    text, starts = stored_text(turns)
    store = study.store  # type: ignore[attr-defined]
    store.add_interviews(
        [Interview(turns, units, text, starts)], source=participant, sha256=participant
    )
    stage_coder, feeling_coder = study.coders  # type: ignore[attr-defined]
    rows = [
        {
            "unit_id": unit,
            "dimension": dimension,
            "value": str(value),
            "coder": coder,
            "confidence": sure,
        }
        for unit, (_, row) in zip(units["unit_id"], own.iterrows(), strict=True)
        for dimension, value, coder, sure in (
            ("stage", row["stage"], stage_coder, 0.8),
            ("valence", round(row["valence"], 4), feeling_coder, None),
            ("emotion", row["emotion"], feeling_coder, None),
        )
    ]
    codings = pd.DataFrame(rows).assign(codebook_version=study.codebook_version)  # type: ignore[attr-defined]
    for coder in study.machine_coders(study.tags()):  # type: ignore[attr-defined]
        own = codings[codings["coder"] == coder.name]
        store.add_codings(check(own, CODINGS), done=([turns["interview"].iloc[0]], coder.key))


def _toml(book: Codebook) -> str:
    lines = [f"name = {json.dumps(book.name)}", f"version = {json.dumps(book.version)}"]
    for stage in book.stages:
        lines += [
            "[[stage]]",
            f"name = {json.dumps(stage.name)}",
            f"side = {json.dumps(stage.side)}",
        ]
        lines += [
            f"{k} = {json.dumps(getattr(stage, k))}" for k in ("brief", "definition", "owner")
        ]
        if stage.expected_valence is not None:
            lines.append(f"expected_valence = {stage.expected_valence}")
    return "\n".join(lines) + "\n"
