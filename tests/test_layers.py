"""Modules import what ``docs/architecture.md`` lets them, and nothing else."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "journeyqual"
FREE = {"errors", "schema"}


def table():
    """Read the module table: name -> (may import, home of)."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)/?` \|(.*)\|(.*)\|(.*)\|$", text, flags=re.MULTILINE)
    return {name: (allowed.strip(), home.strip()) for name, _, allowed, home in rows}


RULES = table()
MODULES = sorted(
    p.stem if p.is_file() else p.name
    for p in PACKAGE.iterdir()
    if (p.suffix == ".py" and p.stem != "__init__") or (p / "__init__.py").exists()
)


def imports(module):
    """Return the top-level names that a module imports, ours as bare module names, at any depth."""
    path = PACKAGE / f"{module}.py"
    files = [path] if path.exists() else sorted((PACKAGE / module).rglob("*.py"))
    ours, others = set(), set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                base = node.module or ""
                names = (
                    [f"{base}.{a.name}" for a in node.names] if base == "journeyqual" else [base]
                )
            for name in names:
                top, _, rest = name.partition(".")
                if top == "journeyqual":
                    ours.add(rest.split(".")[0])
                else:
                    others.add(top)
    return ours - {module, "", "__version__"}, others


def test_every_module_is_in_the_table_and_every_row_is_a_module():
    assert set(MODULES) == set(RULES)


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_the_table_allows(module):
    allowed, _ = RULES[module]
    ours, _ = imports(module)
    if allowed == "everything above":
        names = list(RULES)
        may = set(names[: names.index(module)])
    elif allowed == "everything":
        may = set(MODULES)
    else:
        may = {a.strip() for a in allowed.split(",")} - {"–"}
    assert ours - FREE - may == set()


@pytest.mark.parametrize("module", MODULES)
def test_heavy_libraries_are_used_only_at_home(module):
    homes = {}
    for name, (_, home) in RULES.items():
        for library in re.findall(r"[A-Za-z_]+", home) if home != "–" else []:
            homes.setdefault(library, set()).add(name)
    _, others = imports(module)
    abroad = {o for o in others if o in homes and module not in homes[o]}
    assert abroad == set()
