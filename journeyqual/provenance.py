"""What made a result: a fingerprint of our own code, and the versions of what it stands on."""

from __future__ import annotations

import ast
import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
SOURCES = {".py", ".j2", ".html", ".css", ".js", ".json", ".ipynb"}
"""What of the package can change a result or a page; weights sign with a version of their own."""
STANDS_ON = (
    "altair", "jupyterlab", "numpy", "onnxruntime", "pandas", "papermill", "scikit-learn", "scipy",
    "spacy", "sqlalchemy", "statsmodels", "tokenizers", "umap-learn", "vl-convert-python",
)  # fmt: skip
"""Libraries that figures or pages pass through."""


@lru_cache(maxsize=1)
def code() -> str:
    """Return twelve hex digits that change when our own code or a shipped notebook changes.

    Whoever upgrades sees every result computed and every report drawn again, also between two
    releases of the same number. What machine coders said stands: they sign with versions.

    Examples
    --------
    >>> len(code())
    12
    """
    notebooks = PACKAGE / "_notebooks"
    roots = (PACKAGE, notebooks if notebooks.is_dir() else PACKAGE.parent / "notebooks")
    digest = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.suffix in SOURCES and not path.name.startswith("."):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=8)
def meaning(*parts: str, but: tuple[str, ...] = ()) -> str:
    """Return twelve hex digits that change when parts of our code change in what they do.

    Comments, docstrings, blank lines and line breaks are left out, and it is the same under each
    version of Python: what hours of coding hang on must not change by a better sentence.

    Parameters
    ----------
    parts
        Modules or packages of ours, by their names in the package.
    but
        Names of modules or packages within them that are left out.

    Examples
    --------
    >>> meaning("units") == meaning("units") != meaning("spans")
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        for path in sorted([*PACKAGE.glob(f"{part}.py"), *(PACKAGE / part).rglob("*.py")]):
            place = path.relative_to(PACKAGE)
            if not {place.stem, *place.parts} & set(but):
                digest.update(place.as_posix().encode() + b"\0")
                digest.update(said(path.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:12]


def said(source: str) -> str:
    r"""Return Python as the tree that it is read as, without docstrings, as one line.

    Examples
    --------
    >>> said('x = 1  # one') == said('# a number\nx  =  1') != said('x = 2')
    True
    >>> said('def f():\n    "Say it."\n    return 1') == said('def f(): return 1')
    True
    """
    parts: list[str] = []

    def tell(node: object) -> None:
        if isinstance(node, ast.AST):
            parts.append(type(node).__name__)
            for name, value in ast.iter_fields(node):
                # Nothing, and no list, are the fields that one version has and another has not.
                if value is None or value == [] or name in ("kind", "type_comment"):
                    continue
                parts.append(name)
                tell(_without_docstring(value) if name == "body" else value)
        elif isinstance(node, list):
            parts.append("[")
            for item in node:
                tell(item)
            parts.append("]")
        else:
            parts.append(repr(node))

    tell(ast.parse(source))
    return " ".join(parts)


def _without_docstring(body: object) -> object:
    if not isinstance(body, list) or not body:
        return body
    first = body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if told and isinstance(first.value.value, str) else body


def versions() -> dict[str, str]:
    """Return the versions of Python, of journeyqual and of the libraries that figures pass through.

    Examples
    --------
    >>> sorted(versions())[:3]
    ['altair', 'code', 'journeyqual']
    """
    from journeyqual import __version__

    out = {"python": platform.python_version(), "journeyqual": __version__, "code": code()}
    for name in STANDS_ON:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out
