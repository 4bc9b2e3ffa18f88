"""A real Chromium, and a study to tag."""

import os
import shutil

import pytest

from tests.tagging.lab import Lab
from tests.tagging.made import Study


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Say of a failed test how its notebooks stood: a time that ran out says nothing."""
    report = yield
    if report.failed:
        report.sections += [("a notebook in JupyterLab", page.diagnosis()) for page in Lab.pages]
    return report


@pytest.fixture(scope="module")
def chromium():
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
def study(tmp_path):
    one = Study(tmp_path)
    yield one
    one.close()
