"""A whole run of the sample study, twice, in two processes: the same bytes in every format."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from journeyqual import scaffold

pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.notebook, pytest.mark.browser]

FORMATS = '["pdf", "pptx", "xlsx", "png", "svg", "csv"]'
LATER = {"TZ": "Pacific/Auckland", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "7"}
EARLIER = {"TZ": "America/New_York", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1"}


def started(folder, around):
    """Start a run of a copy of the sample study in a folder."""
    scaffold.copy_sample(folder)
    toml = folder / "study.toml"
    told = toml.read_text(encoding="utf-8")
    assert "[reports]" not in told
    toml.write_text(f"{told}\n[reports]\nformats = {FORMATS}\n", encoding="utf-8")
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("journeyqual")), "run", str(folder)],
        env=os.environ | around, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def content(folder):
    """Every file of a folder by its path."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_two_runs_in_two_processes_write_the_same_bytes(tmp_path, chromium):
    homes = {tmp_path / "one" / "bikes": EARLIER, tmp_path / "two" / "a copy": LATER}
    both = [started(home, around) for home, around in homes.items()]
    for process in both:
        said, _ = process.communicate(timeout=900)
        assert process.returncode == 0, said
    one, other = (content(home / "reports") for home in homes)
    assert sorted(one) == sorted(other)
    kinds = {path.suffix for path in one}
    assert kinds >= {".html", ".ipynb", ".pdf", ".pptx", ".xlsx", ".png", ".svg", ".csv"}
    # The index lists the runs and when they were.
    differ = [path for path in one if one[path] != other[path] and path.stem != "index"]
    where = {
        str(path): next(
            (i for i, (a, b) in enumerate(zip(one[path], other[path], strict=False)) if a != b),
            min(len(one[path]), len(other[path])),
        )
        for path in differ
    }
    assert not where
