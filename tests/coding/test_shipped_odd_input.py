"""What the shipped coders make of units and codebooks that are hard to read: unsure, not sure."""

import pandas as pd
import pytest

from journeyqual import coding
from journeyqual.codebook import from_dict

pytestmark = pytest.mark.model

SAID = [
    "The delivery driver turned up a day late and left it in the rain.",
    "They took the direct debit twice, and the invoice made no sense.",
    "Yeah.",
]


def units(texts):
    return pd.DataFrame(
        {"unit_id": [f"u{i}" for i in range(len(texts))], "interview": "i",
         "order": range(len(texts)), "text": texts}
    )  # fmt: skip


def book(*stages):
    return from_dict({"name": "Odd", "stage": [{"name": n, "definition": d} for n, d in stages]})


PLAIN = book(
    ("delivery", "Waiting for the goods, the driver, the parcel."),
    ("billing", "Payments, invoices, direct debit."),
)


def test_one_stage_is_said_or_not_and_never_for_sure_of_everything():
    out = coding.code_units(units([*SAID, "Lovely weather, isn't it?"]), book(("delivery", "")))
    assert set(out["stage"]) <= {"delivery", ""}
    assert out["stage_confidence"].between(0, 1).all()


def test_forty_stages_are_read_and_no_guess_is_sure():
    many = book(*((f"part {n}", f"Step number {n} of the process. " * 30) for n in range(40)))
    out = coding.code_units(units(SAID), many)
    assert out["unsure"].all()


@pytest.mark.parametrize("more", [[], ["choosing", "riding"]])
def test_bare_names_are_enough_to_code_what_stands_by_itself(more):
    bare = book(*((name, "") for name in ["delivery", "billing", *more]))
    out = coding.code_units(units(SAID).assign(interview=list("abc")), bare)
    assert out["stage"].tolist() == ["delivery", "billing", ""]
    assert not out["unsure"].any()


def test_under_bare_names_a_neighbour_of_another_stage_leaves_little_certainty():
    """A word is little to go by: what stands beside weighs about as much, here even more."""
    bare = book(("delivery", ""), ("billing", ""))
    out = coding.code_units(units(SAID[:2]), bare)
    assert out["stage"][0] == "delivery"
    assert out["stage"][1] in {"delivery", "billing"}
    assert out["stage_confidence"][1] < 0.6 < out["stage_confidence"][0]
    # With definitions it is told apart.
    assert coding.code_units(units(SAID[:2]), PLAIN)["stage"].tolist() == ["delivery", "billing"]


def test_a_codebook_in_another_language_leaves_everything_unsure():
    german = book(
        ("Lieferung", "Das Warten auf die Lieferung und was der Fahrer dabei gemacht hat."),
        ("Zahlung", "Rechnungen, Abbuchungen und alles, was mit dem Bezahlen zu tun hat."),
    )
    out = coding.code_units(units(SAID), german)
    assert out["unsure"].all()
    assert (out["stage_confidence"] <= 1 / 3).all()


@pytest.mark.parametrize(
    "text",
    [
        "😡😡😡",
        "...",
        "这很贵，我等了三个星期。",
        "Die Lieferung kam viel zu spät und niemand hat sich bei uns gemeldet.",
        "El envío llegó tarde y nadie contestó al teléfono cuando llamé.",
        "The parcel was late again. " * 1250,
    ],
    ids=["emoji", "dots", "chinese", "german", "spanish", "5000 words"],
)
def test_what_cannot_be_read_is_unsure(text):
    out = coding.code_units(units([SAID[0], text, SAID[1]]), PLAIN)
    assert out["unsure"][1]
    assert out["stage_confidence"][1] <= 1 / 3
    assert out["stage"].tolist()[::2] == ["delivery", "billing"]


def test_a_word_is_coded_with_what_stands_around_it():
    out = coding.code_units(units([SAID[0], "Late.", SAID[1], "Twice!"]), PLAIN)
    assert out["stage"].tolist() == ["delivery", "delivery", "billing", "billing"]
