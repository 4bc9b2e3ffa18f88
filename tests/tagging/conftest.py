"""A study to tag, and how its notebooks stood where a test failed."""

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


@pytest.fixture
def study(tmp_path):
    one = Study(tmp_path)
    yield one
    one.close()
