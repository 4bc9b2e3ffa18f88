"""Every label of the source as one catalogue of English, ``journeyqual.pot``; others brought up.

``python -m journeyqual.labels.gather`` writes the catalogue into the package; with the name of a PO
file it brings that file up to it, and says how many labels are still to be translated. Labels are
the texts given to `label`, `labels` and `counted`, to ``_`` and ``n_`` in templates, the values of
the tables below, and the prose of the notebooks.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from journeyqual.labels import SHIPPED, paragraphs

PACKAGE = SHIPPED.parent
CATALOGUE = SHIPPED / "journeyqual.pot"
CALLS = {"label": 1, "translated": 1, "labels": 99, "counted": 2, "form": 2, "counting": 2}
"""Functions whose texts are labels, and how many of their first arguments are."""
TABLES = {
    "charts/loop.py": ("SIGNS",),
    "charts/words.py": ("METHOD_WORDS",),
    "reports/agreeing.py": ("NAMES", "MEASURES"),
    "reports/blocks.py": ("MOMENTS",),
    "reports/explaining.py": ("NO_OWNER", "STATUSES"),
    "reports/glossary.py": ("WORDS",),
    "reports/html.py": ("SCRIPT_LABELS",),
    "reports/map_blocks.py": ("LANES",),
    "reports/pages.py": ("REPORTS",),
    "reports/questions.py": ("question",),
    "reports/spoken.py": ("STANCES", "FLAGS"),
    "reports/walking.py": ("DIRECTIONS",),
}
"""Constants whose texts are labels, looked up where they are shown."""
KEYS = {"reports/glossary.py": "WORDS", "study.py": "facts"}
"""Dictionaries, as a constant or returned by a function, whose keys are labels."""
Label = str | tuple[str, str]
HEADER = """\
# The labels of journeyqual's charts and reports, in English.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def gathered() -> dict[Label, str]:
    """Return every label with the file it stands in first, in the order of files and lines.

    Examples
    --------
    >>> gathered()["spoke of it"]
    'charts/frame.py'
    """
    found: dict[Label, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for text in _of_python(ast.parse(path.read_text(encoding="utf-8")), name):
            found.setdefault(text, name)
    for path in sorted((PACKAGE / "reports" / "template").rglob("*.j2")):
        for text in _of_template(path):
            found.setdefault(text, path.relative_to(PACKAGE).as_posix())
    for place, source in _notebooks():
        for _, text in paragraphs(source):
            found.setdefault(text, place)
    # A label that has a plural somewhere cannot stand alone elsewhere: PO files know it once.
    plurals = {text[0] for text in found if isinstance(text, tuple)}
    return {text: place for text, place in found.items() if text not in plurals}


def as_po(found: dict[Label, str]) -> str:
    """Return labels as the text of a catalogue without translations."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    made = Catalog(fuzzy=False)
    for text, place in found.items():
        made.add(text, locations=[(place, 0)])
    out = io.BytesIO()
    write_po(out, made, width=99, omit_header=True, include_lineno=False)
    return HEADER + out.getvalue().decode()


def brought_up(text: str, found: dict[Label, str]) -> tuple[str, int]:
    """Return a PO file's text with the labels there are now, and how many wait for a translation.

    Labels that have gone are left out; a new one is blank, never guessed from a similar one.
    """
    from babel.messages.pofile import read_po, write_po

    made, now = read_po(io.StringIO(text)), read_po(io.StringIO(as_po(found)))
    made.update(now, no_fuzzy_matching=True)
    out = io.BytesIO()
    write_po(out, made, width=99, ignore_obsolete=True, include_lineno=False)
    waiting = sum(1 for m in made if m.id and not all(_texts(m.string)))
    return out.getvalue().decode(), waiting


def _texts(string: Any) -> list[str]:
    return [string] if isinstance(string, str) or not string else list(string)


def _of_python(tree: ast.Module, name: str) -> Iterator[Label]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, name)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            wanted = {t.id for t in targets if isinstance(t, ast.Name)}
            if wanted & set(TABLES.get(name, ())):
                yield from _of_table(node.value)
            if KEYS.get(name) in wanted and isinstance(node.value, ast.Dict):
                yield from _constants(node.value.keys)
        elif isinstance(node, ast.FunctionDef) and node.name == KEYS.get(name):
            for part in ast.walk(node):
                if isinstance(part, ast.Return) and isinstance(part.value, ast.Dict):
                    yield from _constants(part.value.keys)


def _of_call(node: ast.Call, name: str) -> Iterator[Label]:
    called = node.func
    what = called.id if isinstance(called, ast.Name) else ""
    many = CALLS.get(what, 0)
    texts = list(_constants(node.args[:many]))
    if many == 2 and len(texts) == 2:
        yield (texts[0], texts[1])
    elif many and many != 2:
        yield from texts
    if name == "reports/pages.py" and what == "head":
        yield from _constants(node.args[1:2])


def _of_table(value: ast.expr) -> Iterator[str]:
    """Yield a constant's texts: of a dictionary its values, of `Report` all but the file's stem."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Dict):
        for part in value.values:
            # The glossary's further forms of a word are for searching, not for showing.
            yield from _of_table(part.elts[0] if isinstance(part, ast.Tuple) else part)
    elif isinstance(value, ast.Tuple):
        pairs = all(isinstance(part, ast.Tuple) for part in value.elts)
        for part in value.elts:
            yield from _of_table(part.elts[-1] if pairs and isinstance(part, ast.Tuple) else part)
    elif isinstance(value, ast.Call):
        yield from _constants(value.args[1:])


def _constants(nodes: Any) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _of_template(path: Path) -> Iterator[Label]:
    from jinja2 import Environment, nodes

    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    calls = (c for c in tree.find_all(nodes.Call) if isinstance(c.node, nodes.Name))
    for call in calls:
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        texts = [
            arg.value
            for arg in call.args
            if isinstance(arg, nodes.Const) and isinstance(arg.value, str)
        ]
        if name == "_":
            yield from texts[:1]
        elif name == "n_" and len(texts) == 2:
            yield (texts[0], texts[1])


def _notebooks() -> Iterator[tuple[str, str]]:
    """Yield the prose of the shipped notebooks and of the pages that repeat it, and titles."""
    from journeyqual.scaffold import package_data

    for path in sorted(package_data("notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        if path.stem in ("tagging", "pseudonyms"):
            # They are worked in, not read: they make no page.
            continue
        for cell in cells:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                yield path.name, source
            else:
                for text in _handed(ast.parse(source)):
                    yield path.name, text
    pages = ast.parse((PACKAGE / "reports" / "pages.py").read_text(encoding="utf-8"))
    for node in ast.walk(pages):
        if isinstance(node, ast.Constant) and str(node.value).startswith("## "):
            yield "reports/pages.py", str(node.value)


def _handed(tree: ast.Module) -> Iterator[str]:
    """Yield titles that a notebook's cell hands to a block or a chart."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("head", "pairs", "folded"):
                yield from _constants(node.args[1:2])


def main(arguments: list[str]) -> int:
    """Write the catalogue, or bring a PO file up to it."""
    found = gathered()
    if not arguments:
        CATALOGUE.write_text(as_po(found), encoding="utf-8", newline="\n")
        sys.stdout.write(f"{len(found)} labels\n")
    for name in arguments:
        path = Path(name)
        before = path.read_text(encoding="utf-8") if path.exists() else HEADER
        text, waiting = brought_up(before, found)
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.name}: {waiting} of {len(found)} labels wait for a translation\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
