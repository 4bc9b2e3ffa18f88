"""Nothing is written that the facts do not say; what is written cannot become mark-up."""

import ast
import inspect
import re
import textwrap

import mistune
import numpy as np
import pytest

from journeyqual import standards
from journeyqual.errors import ConfigError, SchemaError
from journeyqual.study import Study

BOTH = pytest.mark.parametrize("standard", standards.STANDARDS)
YES_NO = ("findings checked by participants", "pseudonyms", "quotes verbatim",
          "transcripts returned")  # fmt: skip
# A word a fact that stands nowhere else.
MARKED = {name: f"fact{i:02}x" for i, name in enumerate(standards.FACTS)} | dict.fromkeys(
    YES_NO, True
)


@pytest.mark.parametrize(("standard", "many"), [("COREQ", 32), ("SRQR", 21)])
def test_every_item_is_there_once_in_order(standard, many):
    items = standards.items(standard)
    assert [item.number for item in items] == list(range(1, many + 1))
    assert len({item.topic for item in items}) == many
    assert all(item.asks and item.section for item in items)


def test_every_fact_is_used_by_some_item():
    used = {
        name
        for standard in standards.STANDARDS
        for item in standards.items(standard)
        for sentence in item.say
        for name in sentence.needs
    }
    assert used == set(standards.FACTS)


@BOTH
def test_without_facts_everything_is_the_researchers(standard):
    draft = standards.fill({}, standard)
    assert set(draft["status"]) == {"researcher must supply"}
    assert set(draft["knows"]) == {""}
    assert draft["supply"].str.startswith("researcher must supply: ").all()


@BOTH
def test_a_missing_fact_takes_its_sentence_with_it_and_is_asked_for(standard):
    full = " ".join(standards.fill(MARKED, standard)["knows"])
    for name, word in MARKED.items():
        draft = standards.fill({**MARKED, name: None}, standard)
        told = " ".join(draft["knows"])
        assert "{" not in told
        assert len(told) <= len(full)
        if isinstance(word, str) and word in full:
            assert word not in told
            assert len(told) < len(full)
            assert draft["status"].ne("known").any()


@BOTH
def test_every_number_in_a_draft_is_a_fact(standard):
    """No digits but those handed in: nothing is counted or guessed here."""
    facts = {n: v if isinstance(v, bool) else "word" for n, v in MARKED.items()}
    assert not re.search(r"\d", " ".join(standards.fill(facts, standard)["knows"]))


@BOTH
def test_an_item_is_known_only_if_nothing_is_left(standard):
    for facts in ({}, MARKED, {"participants": 12, "codebook": "Bikes", "seed": 1}):
        draft = standards.fill(facts, standard)
        assert ((draft["status"] == "known") == (draft["supply"] == "")).all()
        assert ((draft["status"] == "researcher must supply") == (draft["knows"] == "")).all()


def test_yes_and_no_are_two_sentences_and_neither_is_a_gap():
    for value, said in ((True, "were returned"), (False, "were not returned")):
        row = standards.fill({"transcripts returned": value}).set_index("item").loc[23]
        assert said in row["knows"]
        assert row["status"] == "known"
    row = standards.fill({"transcripts returned": None}).set_index("item").loc[23]
    assert (row["knows"], row["status"]) == ("", "researcher must supply")


def test_no_about_a_safeguard_never_reads_as_yes():
    told = standards.fill({"pseudonyms": np.False_, "quotes verbatim": False}, "SRQR")["knows"]
    assert set(told) == {""}


@pytest.mark.parametrize("nothing", [None, "", "  ", float("nan"), [], {}])
def test_what_is_blank_is_not_known(nothing):
    draft = standards.fill({"software": nothing})
    assert set(draft["knows"]) == {""}


def test_nought_is_known():
    row = standards.fill({"participants withdrawn": 0}).set_index("item").loc[13]
    assert row["knows"] == "Taken out because they did not agree to be analysed: 0."
    assert row["status"] == "known in part"


def test_lists_and_pairs_become_words():
    facts = {"journeyqual": "0.1", "software": {"pandas": "3.1", "spaCy": "3.8"}}
    row = standards.fill(facts).set_index("item").loc[27]
    assert row["knows"] == "journeyqual 0.1. pandas 3.1, spaCy 3.8."
    row = standards.fill({"interviewers": {"Ben", "Ana"}}).set_index("item").loc[1]
    assert row["knows"] == "Interviews were held by Ana, Ben."


def test_braces_in_a_fact_are_words():
    row = standards.fill({"saturation": "{title}", "title": "T"}).set_index("item").loc[22]
    assert row["knows"] == "{title}."


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"participant": 3}, "did you mean 'participants'"),
        ({"transcripts returned": "yes"}, "give True or False"),
        ({"quotes": True}, "give the number of quotations"),
    ],
)
def test_a_wrong_fact_is_refused(facts, said):
    with pytest.raises(SchemaError, match=said):
        standards.fill(facts)


def test_an_unknown_standard_is_refused():
    with pytest.raises(SchemaError, match="there is COREQ and SRQR"):
        standards.items("CONSORT")


ITEM = '[[item]]\nnumber = 1\nsection = "s"\ntopic = "t"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ITEM + 'asks = "a"\nsay = ["{nothing}"]', "nothing"),
        (ITEM, "asks"),
        (ITEM + 'asks = "a"\nmore = 1', "more"),
    ],
)
def test_a_damaged_standard_is_refused(tmp_path, monkeypatch, text, said):
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "srqr.toml").write_text(text)
    monkeypatch.setattr(standards, "package_data", lambda kind: tmp_path)
    with pytest.raises(ConfigError, match=said):
        standards.items("SRQR")


def test_every_fact_that_a_study_gives_is_known_here():
    """`Study.facts` may be handed to `fill` as it is."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(Study.facts)))
    keys = {k.value for node in ast.walk(tree) if isinstance(node, ast.Dict) for k in node.keys}
    assert len(keys) > 10
    assert keys <= set(standards.FACTS)


HOSTILE = (
    "<script>alert(1)</script> | a || b *c* _d_ `e` [f](http://g.h) ![i](j) $k$ ~~l~~ \\m &lt; "
    "www.n.o https://p.q r@s.t <!-- u --> # v"
)


def test_what_was_said_is_shown_letter_by_letter():
    render = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url"])
    page = standards.markdown(standards.fill({"saturation": HOSTILE + "\n| new | row |"}))
    html = render(page)
    assert html.count("<tr>") == 33
    assert html.count("<td") == 32 * 4
    tags = set(re.findall(r"</?([a-zA-Z!-]+)", html))
    assert tags <= {"p", "table", "thead", "tbody", "tr", "th", "td", "em"}
    (cell,) = [c for c in re.findall(r"<td[^>]*>(.*?)</td>", html) if "alert" in c]
    plain = cell.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    assert plain.replace("&amp;", "&") == f"{HOSTILE} | new | row |."


def test_the_head_counts_what_is_missing():
    draft = standards.fill({"participants": 12, "interviews": 12, "units": 900})
    assert standards.markdown(draft).splitlines()[0] == (
        "COREQ: 1 of 32 items are known, 0 in part; 31 are the researcher's to supply."
    )
