"""Run a notebook template strictly: every parameter known and every cell done, or a draft.

papermill injects the parameters and executes. Around it: unknown parameters are refused before
anything runs, the kernel is this very Python whatever kernels are installed, and what is written
holds no clock time and no path, so the same input gives the same bytes.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.charts.quick import quick_import
from journeyqual.errors import ReportError

if TYPE_CHECKING:
    from nbformat import NotebookNode

Progress = Callable[[int, int], None]
"""Called with the cells done and the cells there are."""

PLAIN = (bool, int, float, str, type(None))
_KERNEL_FILE = re.compile(r"\S*ipykernel_\d+[\\/]\d+\.py")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def run_notebook(
    template: Path,
    parameters: Mapping[str, object],
    out_ipynb: Path,
    *,
    folder: Path | None = None,
    progress: Progress | None = None,
    seconds_per_cell: int | None = None,
    made: Mapping[str, object] | None = None,
) -> Path:
    """Execute a notebook with parameters and write it whole, or leave a draft with the broken cell.

    Parameters
    ----------
    template
        A notebook with one cell tagged ``parameters``, which assigns every parameter its default.
    parameters
        Values for some of them: text, numbers, true or false, None, lists and mappings of these.
    out_ipynb
        Where the executed notebook goes. If a cell fails, ``NAME.draft.ipynb`` beside it gets what
        was executed and an older ``out_ipynb`` stays as it was.
    folder
        The working folder of the run, by default the template's.
    progress
        Called after each cell; quiet without it.
    seconds_per_cell
        Stop a cell that takes longer; None waits for ever.
    made
        How it was made, kept in the notebook's metadata: template and parameters.

    Returns
    -------
    Path
        ``out_ipynb``.

    Raises
    ------
    ReportError
        If a parameter is unknown, the template is no notebook, or a cell fails. The message names
        the known parameters, or the cell and its error.
    """
    notebook = read_notebook(template)
    _refuse_unknown(notebook, parameters, template)
    out_ipynb.parent.mkdir(parents=True, exist_ok=True)
    draft = out_ipynb.with_name(f"{out_ipynb.stem}.draft.ipynb")
    with tempfile.TemporaryDirectory(prefix="journeyqual-") as scratch:
        raw = Path(scratch) / "run.ipynb"
        failure = _execute(
            notebook, dict(parameters), raw, folder or template.parent, scratch, progress,
            seconds_per_cell,
        )  # fmt: skip
        if raw.exists():
            done = _clean(read_notebook(raw))
            if made is not None:
                done.metadata["journeyqual"] = dict(made)
            _write(done, draft if failure else out_ipynb)
    if failure:
        remedy = f"see {draft.name}" if draft.exists() else None
        raise ReportError(failure, path=template, remedy=remedy)
    draft.unlink(missing_ok=True)
    return out_ipynb


def known_parameters(template: Path) -> dict[str, str]:
    """Return a template's parameters and their defaults, as written.

    Raises
    ------
    ReportError
        If the file is no notebook, or its ``parameters`` cell is no Python.
    """
    return _parameters(read_notebook(template), template)


def _parameters(notebook: NotebookNode, template: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in notebook.cells:
        if "parameters" not in cell.metadata.get("tags", []):
            continue
        try:
            body = ast.parse(cell.source).body
        except SyntaxError as error:
            raise ReportError(
                f"the parameters cell is not Python ({error.msg})", path=template, line=error.lineno
            ) from None
        for node in body:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            value = getattr(node, "value", None)
            for target in targets:
                if isinstance(target, ast.Name) and value is not None:
                    found[target.id] = ast.unparse(value)
    return found


def _refuse_unknown(
    notebook: NotebookNode, parameters: Mapping[str, object], template: Path
) -> None:
    known = _parameters(notebook, template)
    for name, value in parameters.items():
        if name not in known:
            raise ReportError(
                f"no parameter {name!r}",
                path=template,
                remedy=f"it has {', '.join(known)}" if known else "it has no parameters cell",
            )
        if not _plain(value):
            raise ReportError(
                f"parameter {name!r} is a {type(value).__name__}",
                path=template,
                remedy="give text, a number, true or false, or a list of these",
            )


def _plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_plain(v) for v in value)
    if isinstance(value, dict):
        return all(isinstance(k, str) and _plain(v) for k, v in value.items())
    return isinstance(value, PLAIN)


def read_notebook(path: Path) -> NotebookNode:
    """Return a notebook file's content.

    Raises
    ------
    ReportError
        If there is no such file or it is no notebook.
    """
    nbformat = quick_import("nbformat")
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise ReportError("there is no such notebook", path=path) from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0][:120]
        raise ReportError(f"not a notebook ({reason})", path=path) from None
    return notebook


def _execute(
    notebook: NotebookNode,
    parameters: dict[str, object],
    raw: Path,
    folder: Path,
    scratch: str,
    progress: Progress | None,
    seconds_per_cell: int | None,
) -> str:
    """Run the notebook into ``raw``; return what stopped it, or "" if nothing did."""
    papermill = quick_import("papermill")
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from journeyqual.reports.kernel import this_python

    cells = sum(cell.cell_type == "code" for cell in notebook.cells) + bool(parameters)
    done = 0

    def after_cell(**_: Any) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, cells)

    try:
        papermill.execute_notebook(
            notebook,
            str(raw),
            parameters,
            kernel_name="python3",
            language="python",
            kernel_manager_class=this_python(Path(scratch)),
            progress_bar=False,
            cwd=str(folder),
            execution_timeout=seconds_per_cell,
            record_timing=False,
            on_cell_executed=after_cell,
        )
    except PapermillExecutionError as error:
        first = next((s for s in error.source.splitlines() if s.strip()), "")
        return (
            f"cell {error.exec_count} ({first.strip()[:80]}) stopped: {error.ename}: {error.evalue}"
        )
    except CellTimeoutError:
        return f"cell {done + 1} took longer than {seconds_per_cell} s"
    except DeadKernelError:
        return f"Python died in cell {done + 1}: out of memory, or a library crashed"
    return ""


def _clean(notebook: NotebookNode) -> NotebookNode:
    """Take out what differs from run to run: clock times, paths, addresses, random cell ids."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells, start=1):
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        tags = cell.metadata.get("tags", [])
        if "injected-parameters" in tags or "papermill-error-cell-tag" in tags:
            cell["id"] = f"run-{number}"
        for output in cell.get("outputs", []):
            _clean_output(output)
    return notebook


def _clean_output(output: NotebookNode) -> None:
    if output.output_type == "stream":
        output.text = _KERNEL_FILE.sub("cell", output.text)
    elif output.output_type == "error":
        output.traceback = [_KERNEL_FILE.sub("cell", line) for line in output.traceback]
    elif "text/plain" in output.get("data", {}):
        output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])


def _write(notebook: NotebookNode, path: Path) -> None:
    nbformat = quick_import("nbformat")
    text = nbformat.writes(notebook)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
