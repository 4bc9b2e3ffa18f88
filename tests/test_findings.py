import numpy as np
import pandas as pd
import pytest

from journeyqual import estimate, findings
from journeyqual.errors import StoreError

SAID = "this is what was said about it at some length and in plain words"


@pytest.fixture
def told():
    """Six people on using, mostly bad; one good voice, one silent, one unsure."""
    n = 6
    coded = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(n)],
            "interview": [f"i{i}" for i in range(n)],
            "participant": [f"P{i}" for i in range(n)],
            "stage": "using",
            "valence": [-0.9, -0.8, -0.7, 0.6, -0.95, -0.6],
            "emotion": "frustration",
            "stage_confidence": [0.9, 0.9, 0.9, 0.9, 0.9, 0.2],
            "unsure": [False] * 5 + [True],
        }
    )
    texts = {f"i{i}": f"P{i}: {SAID} {i}" for i in range(n)}
    units = pd.DataFrame(
        {
            "unit_id": coded["unit_id"],
            "interview": [f"i{i}" for i in range(n)],
            "text": [f"{SAID} {i}" for i in range(n)],
            "start_char": 4,
            "end_char": [len(texts[f"i{i}"]) for i in range(n)],
            "start_s": np.nan,
        }
    )
    return coded, units, texts


def test_two_quotes_support_and_one_contradicts_from_different_people(told, book):
    coded, units, texts = told
    curve = estimate.curve(coded, book).assign(valence_low=-0.9, valence_high=-0.1)
    out = findings.quotes(coded, units, curve, book, silent=frozenset({"P4"}))
    assert out["stance"].tolist() == ["supports", "supports", "contradicts"]
    assert out["unit_id"].tolist() == ["u0", "u1", "u3"]
    assert "P4" not in set(out["participant"])
    findings.verbatim(out, units, texts)


def test_a_quote_that_differs_by_one_character_stops_the_report(told, book):
    coded, units, texts = told
    out = findings.quotes(coded, units, estimate.curve(coded, book), book)
    with pytest.raises(StoreError, match="not what the stored text says"):
        findings.verbatim(out.assign(text=out["text"] + "!"), units, texts)


def test_no_contradicting_quote_is_made_up(told, book):
    coded, units, _ = told
    only_bad = coded[coded["valence"] < 0]
    out = findings.quotes(only_bad, units, estimate.curve(only_bad, book), book)
    assert set(out["stance"]) == {"supports"}


def test_an_unsettled_stage_shows_a_voice_from_each_side_and_supports_none(told, book):
    coded, units, _ = told
    coded = coded.assign(valence=[0.0, 0.1, -0.1, 0.9, -0.9, 0.0])
    out = findings.quotes(coded, units, estimate.curve(coded, book), book)
    assert out[["stance", "valence"]].values.tolist() == [["good", 0.9], ["bad", -0.9]]


def test_quotes_stand_on_the_side_that_the_interval_says(told, book):
    """A small but settled minus is supported by minus, however near to nought it is."""
    coded, units, _ = told
    coded = coded.assign(valence=[-0.15, -0.12, -0.13, 0.15, -0.14, -0.11])
    curve = estimate.curve(coded, book).assign(valence_low=-0.12, valence_high=-0.01)
    out = findings.quotes(coded, units, curve, book)
    supports = out.loc[out["stance"] == "supports", "valence"]
    assert len(supports) == 2
    assert (supports < 0).all()
    assert out.loc[out["stance"] == "contradicts", "valence"].tolist() == [0.15]


def test_what_the_coder_is_unsure_of_is_no_evidence(told, book):
    coded, units, _ = told
    unsure = coded.assign(unsure=True)
    assert findings.quotes(unsure, units, estimate.curve(coded, book), book).empty


def test_nobody_is_quoted_more_than_three_times(book):
    n = 12
    coded = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(n)],
            "participant": "P01",
            "stage": ["buying", "using", "leaving"] * 4,
            "valence": [0.9, 0.8, 0.7, -0.9] * 3,
            "emotion": "joy",
            "stage_confidence": 1.0,
            "unsure": False,
        }
    )
    units = pd.DataFrame({"unit_id": coded["unit_id"], "interview": "i", "text": SAID})
    units = units.assign(start_char=0, end_char=len(SAID), start_s=0.0)
    out = findings.quotes(coded, units, estimate.curve(coded, book), book)
    assert len(out) <= findings.PER_PARTICIPANT


def test_coverage_counts_what_is_unsure(told, book):
    coded, _, _ = told
    out = findings.coverage(coded, estimate.curve(coded, book)).set_index("stage")
    assert out.loc["using", ["n_units", "n_participants", "n_unsure"]].tolist() == [6, 6, 1]
    assert out.loc["buying", "n_unsure"] == 0


def curve_of(low, high, method="machine", thin=False):
    return pd.DataFrame(
        {
            "stage": ["buying", "using"],
            "stage_order": [0, 1],
            "valence": [np.mean(low), np.mean(high)],
            "valence_low": [low[0], high[0]],
            "valence_high": [low[1], high[1]],
            "is_thin": thin,
            "n_participants_group": 9,
            "method": method,
        }
    )


def test_headline_says_no_more_than_the_intervals_allow():
    apart = findings.headline(curve_of((-0.6, -0.2), (0.2, 0.6), "human"))
    assert apart == "9 participants felt worst about buying (−0.40) and best about using (+0.40)."
    close = findings.headline(curve_of((-0.4, 0.2), (0.0, 0.6), "human"))
    assert "the order is not settled" in close
    mild = findings.headline(curve_of((-0.2, -0.06), (0.02, 0.1), "human"))
    assert mild.startswith("9 participants felt near neutral throughout, lowest about buying")
    assert "too few" in findings.headline(curve_of((-0.6, -0.2), (0.2, 0.6), thin=True))
    assert "Nobody" in findings.headline(curve_of((np.nan, np.nan), (np.nan, np.nan)))


def test_headline_of_a_machine_is_a_first_sketch():
    line = findings.headline(curve_of((-0.6, -0.2), (0.2, 0.6)))
    assert line.startswith("A first sketch: in what 9 participants said, a machine read lowest")
    assert "felt" not in line
    assert "every stage close to neutral" in findings.headline(curve_of((-0.2, 0), (0, 0.1)))


def test_two_stages_that_overlap_at_the_bottom_are_among_the_worst():
    curve = pd.concat([curve_of((-0.6, -0.2), (0.3, 0.6), "human")] * 2, ignore_index=True)
    curve = curve.iloc[:3].assign(stage=["buying", "using", "paying"], stage_order=[0, 1, 2])
    curve.loc[2, ["valence", "valence_low", "valence_high"]] = [-0.35, -0.5, -0.15]
    line = findings.headline(curve)
    assert line.startswith("9 participants felt among the worst about buying (−0.40) and best")
