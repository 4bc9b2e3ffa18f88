"""One fact in one place; where two files must hold it, they are compared here."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
USERS_PACKAGES = {
    "jupyterlab", "pandas", "spacy", "bertopic", "sentence-transformers", "altair", "papermill",
}  # fmt: skip


def _parts(requirement):
    name, bound = re.fullmatch(r"([A-Za-z0-9._-]+)\s*(.*)", requirement).groups()
    return name.lower(), bound


def test_environment_yml_declares_what_pyproject_declares():
    declared = dict(map(_parts, PYPROJECT["project"]["dependencies"]))
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = dict(_parts(d) for d in environment if isinstance(d, str))
    assert conda.pop("python") == PYPROJECT["project"]["requires-python"]
    conda.pop("pip")
    by_pip = dict(_parts(d) for d in environment[-1]["pip"])
    assert conda | by_pip == declared


def test_the_users_packages_are_all_declared():
    assert {_parts(d)[0] for d in PYPROJECT["project"]["dependencies"]} >= USERS_PACKAGES


def test_every_dependency_is_pinned():
    pins = {_parts(line)[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    extras = PYPROJECT["project"]["optional-dependencies"]
    wanted = [*PYPROJECT["project"]["dependencies"], *(d for e in extras.values() for d in e)]
    missing = {_parts(d)[0] for d in wanted} - {p.replace("_", "-") for p in pins} - pins
    assert missing == set()


def test_every_install_line_uses_the_pins():
    lines = []
    for path in (ROOT / "Makefile", ROOT / "README.md"):
        lines += [
            line for line in path.read_text().splitlines() if re.search(r"pip install ", line)
        ]
    assert lines
    for line in lines:
        assert "constraints.txt" in line or "torch==" in line, line


HEAVY = (
    "spacy", "torch", "transformers", "sentence_transformers", "bertopic", "altair", "papermill",
    "nbconvert", "sqlalchemy", "alembic", "onnx", "onnxruntime", "tokenizers", "sklearn", "scipy",
    "docx", "webvtt", "pysubs2", "typer", "rich", "vl_convert", "jupyterlab",
)  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    ["import journeyqual", "import journeyqual.schema, journeyqual.codebook, journeyqual.config"],
)
def test_importing_journeyqual_loads_no_heavy_library(statement):
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_notebooks_are_committed_without_outputs():
    import nbformat

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                assert cell.execution_count is None, path.name
                assert cell.outputs == [], path.name


def test_the_wheel_holds_all_that_runs_need(tmp_path):
    """Built for real, unpacked elsewhere, and asked to make a study and name its templates."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    for name in (
        "py.typed", "models/weights/manifest.json", "models/weights/feeling.safetensors",
        "reports/template/index.html.j2", "store/migrations/versions/0001_first.py",
        "_notebooks/emotional_journey.ipynb", "_data/sample/study.toml",
        "_data/codebooks/subscription.toml",
    ):  # fmt: skip
        assert f"journeyqual/{name}" in names
    assert not [n for n in names if n.startswith(("tests/", "training/", "reports/"))]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path;"
        "import journeyqual; from journeyqual import scaffold;"
        "assert journeyqual.__file__.startswith(sys.argv[1]), journeyqual.__file__;"
        "print(sorted(p.name for p in scaffold.copy_sample(Path(sys.argv[2])).iterdir()))"
    )
    command = [sys.executable, "-I", "-c", code, str(tmp_path / "site"), str(tmp_path / "study")]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert "notebooks" in out.stdout
    assert (tmp_path / "study" / "notebooks" / "emotional_journey.ipynb").exists()
