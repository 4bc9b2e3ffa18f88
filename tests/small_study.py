"""A study of three people, coded by two coders of a few lines; store, runs, consensus are real."""

import pandas as pd
import pytest

from journeyqual import coding, open_study, runs
from tests.store.made import interview

CODEBOOK = '[[stage]]\nname = "buying"\n[[stage]]\nname = "using"\n[[stage]]\nname = "leaving"\n'


class Stages:
    """Says the first stage; once taught, what most people said."""

    dimensions = ("stage", "touchpoint")

    def __init__(self, tags, seen):
        self.name = coding.coder_names(tags=tags)["stage"]
        self.tags, self.seen = tags, seen

    def code(self, units, codebook, progress=None):
        self.seen.append(units["unit_id"].tolist())
        said = self.tags["stage"].mode()
        stage = said[0] if len(said) else codebook.stage_names[0]
        progress(len(units), len(units))
        return pd.DataFrame(
            {"stage": stage, "stage_confidence": 0.75, "unsure": False, "touchpoint": ""},
            index=units.index,
        )


class Feelings:
    """Feels as good as the unit is long."""

    dimensions = ("valence", "emotion", "emotions_fine")

    def __init__(self, seen):
        self.name = coding.coder_names()["valence"]
        self.seen = seen

    def code(self, units, codebook, progress=None):
        self.seen.append(units["unit_id"].tolist())
        valence = units["text"].str.len() / 100
        return pd.DataFrame({"valence": valence, "emotion": "joy", "emotions_fine": "joy"})


@pytest.fixture
def seen(monkeypatch):
    """What each coder was handed, call by call; the coders take the shipped ones' place."""
    out = {"stage": [], "feeling": []}

    def coders(encoder, *, tags, cache):
        return Stages(tags, out["stage"]), Feelings(out["feeling"])

    monkeypatch.setattr(coding, "default_coders", coders)
    return out


@pytest.fixture
def small_study(tmp_path, seen):
    """Three people, an interview of two units each; each coder is handed to `seen`."""
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "codebook.toml").write_text(CODEBOOK)
    opened = open_study(tmp_path)
    for person in ("P01", "P02", "P03"):
        said = (f"{person} bought it.", f"{person} rode it every day.")
        one = interview(f"{person}-1", person, said)
        opened.store.add_interviews([one], source=person, sha256=person)
    yield opened
    opened.close()


def run(study, **options):
    return runs.run(study, report=False, **options)


def tell(study, unit, stage, coder="human:ana", valence="0.5", status=""):
    """Let a person code a unit."""
    rows = [
        {"unit_id": unit, "dimension": d, "value": v, "coder": coder, "status": status}
        for d, v in (("stage", stage), ("valence", valence))
        if v is not None
    ]
    study.store.add_codings(pd.DataFrame(rows))
