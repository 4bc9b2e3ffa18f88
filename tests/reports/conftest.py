"""A fake study for the tests of reports, also inside the kernel that a notebook runs in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fake_study import FakeStudy

HERE = Path(__file__).parent
SITE = """
import os

if os.environ.get("JOURNEYQUAL_REPORT") == "1":
    import fake_study
    import journeyqual

    journeyqual.open_study = fake_study.open_study
"""


@pytest.fixture(scope="session")
def study() -> FakeStudy:
    return FakeStudy()


@pytest.fixture
def kernel_with_fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the kernel open fakes; return an empty folder that stands for a study."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    given = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([str(site), str(HERE), *filter(None, [given])])
    monkeypatch.setenv("PYTHONPATH", path)
    folder = tmp_path / "study"
    folder.mkdir()
    return folder
