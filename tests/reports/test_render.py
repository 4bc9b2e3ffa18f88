"""A notebook runs strictly or leaves a draft that says where it stopped."""

import json
import sys

import nbformat
import pytest

from journeyqual.errors import ReportError
from journeyqual.reports.render import known_parameters, run_notebook


def notebook(path, *sources, parameters="a = 1\nb: str = 'x'  # a comment"):
    cells = [nbformat.v4.new_code_cell(s) for s in sources]
    if parameters is not None:
        cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for i, cell in enumerate(cells):
        cell["id"] = f"c{i}"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return path


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    found = [o for c in cells for o in c.get("outputs", [])]
    return [o.get("text") or o.get("data", {}).get("text/plain") for o in found]


def test_known_parameters_are_read_from_the_tagged_cell(tmp_path):
    template = notebook(tmp_path / "n.ipynb", "c = 2")
    assert known_parameters(template) == {"a": "1", "b": "'x'"}


def test_an_unknown_parameter_is_refused_before_anything_runs(tmp_path):
    template = notebook(tmp_path / "n.ipynb", "open('ran', 'w').close()")
    with pytest.raises(ReportError, match=r"no parameter 'A'; it has a, b"):
        run_notebook(template, {"A": 3}, tmp_path / "out" / "n.ipynb")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ran").exists()


def test_a_template_without_parameters_takes_none(tmp_path):
    template = notebook(tmp_path / "n.ipynb", "1", parameters=None)
    with pytest.raises(ReportError, match="no parameters cell"):
        run_notebook(template, {"a": 3}, tmp_path / "o.ipynb")


@pytest.mark.parametrize("value", [object(), {1: 2}, [{"x": object()}]])
def test_a_value_that_no_cell_can_hold_is_refused(tmp_path, value):
    template = notebook(tmp_path / "n.ipynb", "1")
    with pytest.raises(ReportError, match="parameter 'a'"):
        run_notebook(template, {"a": value}, tmp_path / "o.ipynb")


@pytest.mark.parametrize("content", ["", "{}", "not json", "\xff"])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "n.ipynb"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ReportError, match=r"n\.ipynb: not a notebook"):
        run_notebook(path, {}, tmp_path / "o.ipynb")
    with pytest.raises(ReportError, match="no such notebook"):
        run_notebook(tmp_path / "none.ipynb", {}, tmp_path / "o.ipynb")


def test_a_parameters_cell_that_is_no_python_is_refused(tmp_path):
    template = notebook(tmp_path / "n.ipynb", "1", parameters="a = ")
    with pytest.raises(ReportError, match="not Python"):
        run_notebook(template, {"a": 1}, tmp_path / "o.ipynb")


@pytest.mark.notebook
def test_parameters_reach_the_cells_and_the_kernel_is_this_python(tmp_path, monkeypatch):
    # A kernel of the usual name that must not be started.
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        json.dumps({"argv": ["/no/such/python"], "display_name": "x", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    template = notebook(
        tmp_path / "n.ipynb", "import sys\nsys.executable", "(a, b)",
        "import os\n(os.environ['JOURNEYQUAL_REPORT'], os.path.basename(os.getcwd()))",
    )  # fmt: skip
    seen = []
    folder = tmp_path / "study"
    folder.mkdir()
    out = run_notebook(
        template, {"a": [1, None, "é'"]}, tmp_path / "out" / "n.ipynb", folder=folder,
        progress=lambda done, of: seen.append((done, of)),
    )  # fmt: skip
    assert outputs(out) == [repr(sys.executable), "([1, None, \"é'\"], 'x')", "('1', 'study')"]
    assert seen == [(i, 5) for i in range(1, 6)]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["n.ipynb"]


@pytest.mark.notebook
def test_the_same_input_gives_the_same_bytes_without_times_and_paths(tmp_path):
    template = notebook(
        tmp_path / "n.ipynb",
        "object()",
        "import warnings\nwarnings.warn('look')",
    )
    first = run_notebook(template, {"a": 2}, tmp_path / "one" / "n.ipynb").read_bytes()
    second = run_notebook(template, {"a": 2}, tmp_path / "two" / "n.ipynb").read_bytes()
    assert first == second
    assert str(tmp_path).encode() not in first
    assert b"papermill" not in first
    assert b"ipykernel_" not in first
    assert b"look" in first


@pytest.mark.notebook
def test_a_failing_cell_leaves_a_draft_and_the_old_notebook(tmp_path):
    template = notebook(tmp_path / "n.ipynb", "x = 1", "\n{}['</b>\\nkey']", "print('never')")
    out = tmp_path / "n_out.ipynb"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(ReportError) as error:
        run_notebook(template, {"a": 2}, out)
    message = str(error.value)
    assert "\n" not in message
    assert "stopped: KeyError" in message
    assert "see n_out.draft.ipynb" in message
    assert "cell 4 ({}[" in message
    assert out.read_text(encoding="utf-8") == "old"
    draft = tmp_path / "n_out.draft.ipynb"
    cells = nbformat.read(draft, as_version=4).cells
    marked = [c for c in cells if "papermill-error-cell-tag" in c.metadata.get("tags", [])]
    assert len(marked) == 2
    assert str(tmp_path) not in draft.read_text(encoding="utf-8")
    # Mended, it runs, and the draft is gone.
    run_notebook(notebook(template, "x = 1"), {}, out)
    assert not draft.exists()


@pytest.mark.notebook
def test_a_kernel_that_dies_is_told(tmp_path):
    template = notebook(tmp_path / "n.ipynb", "import os", "os._exit(3)")
    with pytest.raises(ReportError, match="Python died in cell 3"):
        run_notebook(template, {}, tmp_path / "o.ipynb")
    assert not (tmp_path / "o.ipynb").exists()


@pytest.mark.notebook
def test_a_cell_that_takes_too_long_is_stopped(tmp_path):
    template = notebook(tmp_path / "n.ipynb", "import time\ntime.sleep(60)")
    with pytest.raises(ReportError, match="cell 2 took longer than 1 s"):
        run_notebook(template, {}, tmp_path / "o.ipynb", seconds_per_cell=1)
