"""Small codebooks and tables that several tests share."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from journeyqual.codebook import from_dict
from tests.small_study import seen, small_study

__all__ = ["seen", "small_study"]

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def chromium():
    """A real browser; one at a time in a process: Playwright refuses a second loop."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        # On a laptop that is the user's affair; CI must not pass without having looked.
        assert not os.environ.get("CI"), "CI needs chromium"
        pytest.skip("no chromium on the path")
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def book():
    """A journey of three stages."""
    return from_dict(
        {
            "name": "Mini",
            "version": "1",
            "stage": [
                {"name": "buying", "side": "buyer", "owner": "Sales", "expected_valence": 0.5},
                {"name": "using", "side": "customer"},
                {"name": "leaving", "side": "customer"},
            ],
        }
    )


@pytest.fixture
def coded():
    """Three participants who talk unevenly: P01 has four units, P02 two, P03 one."""
    return pd.DataFrame(
        {
            "unit_id": list("abcdefg"),
            "participant": ["P01"] * 4 + ["P02"] * 2 + ["P03"],
            "stage": ["buying", "buying", "using", "", "buying", "using", "using"],
            "valence": [1.0, 0.0, -1.0, 0.7, 0.5, 0.0, 0.4],
            "emotion": ["joy", "neutral", "frustration", "joy", "trust", "neutral", "joy"],
        }
    )


@pytest.fixture(scope="session")
def shared():
    """The public development data, where it is; tests that need it say so by the marker."""
    folder = Path(os.environ.get("JOURNEYQUAL_TRAINING_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the public development data is not here (set JOURNEYQUAL_TRAINING_DATA)")
    return folder
