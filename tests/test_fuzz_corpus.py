"""Everything that the fuzzer kept, and what it once broke something with, read again."""

import time

import pytest

from fuzz.__main__ import saved
from fuzz.targets import targets
from journeyqual.errors import JourneyqualError

pytestmark = pytest.mark.slow

TARGETS = targets()


def give(target, data):
    """Read one input; returns whether it was accepted."""
    started = time.process_time()
    refusal = ""
    try:
        target.read(data)
    except JourneyqualError as error:
        refusal = str(error)
    assert len(refusal.splitlines()) <= 1
    assert time.process_time() - started < 5
    return not refusal


@pytest.mark.parametrize("name", TARGETS)
def test_the_saved_corpus_breaks_nothing(name):
    for data in saved(name):
        give(TARGETS[name], data)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_read_so_that_the_fuzzer_starts_behind_the_door(name):
    assert any([give(TARGETS[name], data) for data in TARGETS[name].seeds()])


def test_every_format_that_is_read_is_fuzzed():
    from journeyqual.reading import SUPPORTED

    assert {suffix.lstrip(".") for suffix in SUPPORTED} <= set(TARGETS)
