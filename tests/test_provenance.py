"""What makes a result, as a fingerprint: what changes it, and what must not."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from journeyqual import coding, provenance
from journeyqual.models import weights
from tests.small_study import run

SOURCE = '''
"""What it does."""

def f(x: int, *, most=3):
    """Say it."""
    # why
    return [f"{x!r:>{most}} of {y}" "and more" for y in range(most)]
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("most=3", "most=4"), ("and more", "and  more"), ("!r", ""), (">", "<"),
        ("x: int", "y: int"), ("for y", "async for y"), ("def f", "def g"),
    ],
)  # fmt: skip
def test_what_code_does_changes_its_fingerprint(old, new):
    assert old in SOURCE
    changed = SOURCE.replace(old, new)
    changed = changed.replace("def f", "async def f") if "async" in new else changed
    assert provenance.said(changed) != provenance.said(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# why", "# because"), ("Say it.", "Tell it."), ("What it does.", "It does."),
        ("    # why\n", "\n\n"), ("most=3", "most = 3"), ("return [", "return [\n    "),
    ],
)  # fmt: skip
def test_how_it_is_told_does_not(old, new):
    assert old in SOURCE
    assert provenance.said(SOURCE.replace(old, new)) == provenance.said(SOURCE)


def test_each_python_reads_our_code_alike():
    """Run by as many other versions as this machine has; without any, by this one."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import provenance as p; print("
    script += "p.meaning('coding', 'models', but=('chat', 'explain')))"
    here = provenance.meaning("coding", "models", but=("chat", "explain"))
    seen = 0
    for name in (sys.executable, "python3.11", "python3.12", "python3.13"):
        program = shutil.which(name)
        out = program and subprocess.run(
            [program, "-c", script, str(provenance.PACKAGE)], capture_output=True, text=True
        )
        # A name may stand for a version that is not installed.
        if out and not out.returncode:
            assert out.stdout.strip() == here, name
            seen += 1
    assert seen


@pytest.mark.parametrize(
    "change",
    [{"sha256": "0" * 64}, {"encoder": "other"}, {"settings": {"tokens": 64}}],
    ids=lambda c: next(iter(c)),
)
def test_other_weights_of_the_same_version_are_another_coder(change, monkeypatch):
    name = "model:feeling@2"
    before = coding.made_of(name)
    other = replace(weights.entry("feeling"), **change)
    monkeypatch.setattr(weights, "entry", lambda name: other)
    assert coding.made_of(name) != before


def test_a_licence_or_what_it_learned_from_is_no_content(monkeypatch):
    before = coding.made_of("model:feeling@2")
    other = replace(weights.entry("feeling"), licence="MIT", trained_on=("other words",))
    monkeypatch.setattr(weights, "entry", lambda name: other)
    assert coding.made_of("model:feeling@2") == before


def test_other_code_or_weights_code_everything_once_more(small_study, monkeypatch):
    assert run(small_study).coded == 6
    assert run(small_study).coded == 0
    made_of = coding.made_of
    monkeypatch.setattr(coding, "made_of", lambda name: made_of(name)[::-1])
    assert run(small_study).coded == 6
    assert run(small_study).coded == 0
    assert len(small_study.resolved()) == 6
