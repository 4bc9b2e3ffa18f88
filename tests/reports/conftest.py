"""Studies for the tests of reports: tables alone, or a real folder that a notebook opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reports.fake_study import FakeStudy
from tests.reports.made_why import Made
from tests.reports.real_study import make_study


@pytest.fixture(scope="session")
def study() -> FakeStudy:
    return FakeStudy()


@pytest.fixture(scope="session")
def made() -> Made:
    return Made()


@pytest.fixture(scope="session")
def hostile_made() -> Made:
    return Made(hostile=True)


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("real") / "study")


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("real") / "hostile", hostile=True)
