"""The tutorial is run as it stands; links between the docs lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from journeyqual.reports import NO_REPORTS
from journeyqual.reports.render import known_parameters

ROOT = Path(__file__).parents[1]
REPORTS = sorted(p for p in (ROOT / "notebooks").glob("*.ipynb") if p.stem not in NO_REPORTS)
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.model
@pytest.mark.notebook
def test_the_tutorials_commands_run(tmp_path):
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    script = "set -e\n" + "\n".join(re.findall(r"^```sh\n(.*?)^```", text, flags=re.M | re.S))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    out = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode == 0, out.stderr
    assert (tmp_path / "bikes" / "reports" / "emotional_journey.html").exists()
    assert (tmp_path / "mine" / "reports" / "emotional_journey.html").exists()
    assert "nothing new" in out.stdout
    assert "Marek" not in (tmp_path / "mine" / "reports" / "emotional_journey.html").read_text()


@pytest.mark.parametrize("notebook", REPORTS, ids=lambda p: p.stem)
def test_every_parameter_of_a_report_is_told_of(notebook):
    page = (ROOT / "docs" / "reference" / "reports.md").read_text(encoding="utf-8")
    shared, single = page.split("## Parameters of single reports")
    shared = shared.split("## Parameters that all of them have")[1]
    own = "".join(row for row in single.splitlines() if f"`{notebook.stem}`" in row)
    told = re.findall(r"`(\w+)`", re.sub(r"\(not `agreement`\)", "", shared)) + re.findall(
        r"`(\w+)`", own
    )
    assert set(known_parameters(notebook)) <= set(told)
    assert f"| `{notebook.stem}` |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_the_docs_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_examples_of_python_run(page):
    for block in re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S
    ):
        exec(compile(block, str(page), "exec"), {})
