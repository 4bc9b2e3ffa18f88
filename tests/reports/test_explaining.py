"""The report on why says what its tables allow: who is affected, how surely, and never because."""

import re

import numpy as np
import pandas as pd
import pytest

from journeyqual.reports import evidence, explaining
from journeyqual.schema import (
    ASSOCIATIONS,
    DRIVER_QUOTES,
    DRIVERS,
    NEW_STAGES,
    NUMBERS,
    OPPORTUNITIES,
    STAGE_EXAMPLES,
    THEMES,
)
from tests.reports.fake_study import HOSTILE
from tests.reports.seen import Tags, harmless


def every_block(one):
    sources = evidence.counts(one.evidence)
    return {
        "header": explaining.header(one.study, one.opportunities, one.drivers, curve=one.curve),
        "todo": explaining.todo(one.opportunities, one.numbers, sources),
        "contrasts": explaining.contrasts(one.drivers),
        "drivers": explaining.drivers(one.drivers, one.driver_quotes, one.curve, one.book, sources),
        "driver_table": explaining.driver_table(one.drivers),
        "numbers": explaining.numbers(one.numbers, one.book, sources),
        "associations": explaining.associations(one.why.associations()),
        "new_stages": explaining.new_stages(one.why.new_stages(), one.why.examples(), sources),
        "themes": explaining.themes(one.why.themes.table()),
    }


@pytest.fixture(scope="session")
def shown(made):
    return every_block(made)


@pytest.fixture(scope="session")
def hostile_shown(hostile_made):
    return every_block(hostile_made)


def driver(**more):
    row = {
        "stage": "delivery and set-up", "stage_order": 3, "theme": "t1", "name": "late van",
        "contrast": -0.4, "contrast_low": -0.6, "contrast_high": -0.2, "joint_low": -0.7,
        "joint_high": -0.1, "differs": True, "pull": -0.2, "pull_low": -0.3, "pull_high": -0.1,
        "valence": -0.5, "valence_low": -0.7, "valence_high": -0.3, "n_with": 5, "n_without": 7,
        "share": 0.42, "share_low": 0.2, "share_high": 0.7, "n_units": 11, "is_thin": False,
        "method": "human", "reason": "",
    }  # fmt: skip
    return {**row, **more}


def point(**more):
    row = {
        "rank": 1, "kind": "mend", "owner": "Operations", "stage": "delivery and set-up",
        "stage_order": 3, "theme": "t1", "name": "late van", "n_people": 5, "n_of": 12,
        "share": 0.4, "share_low": 0.2, "share_high": 0.7, "depth": 0.55, "metric": "in time",
        "stake": 0.09, "score": 0.3, "score_low": 0.2, "score_high": 0.4, "n_units": 11,
        "is_thin": False, "method": "human", "statement": "Mend it.",
    }  # fmt: skip
    return {**row, **more}


def test_blocks_are_well_formed_and_run_nothing(shown, hostile_shown):
    for blocks in (shown, hostile_shown):
        for block in blocks.values():
            harmless(block.html)


def test_hostile_words_are_shown_letter_by_letter(hostile_shown):
    for name in ("todo", "drivers", "driver_table", "numbers", "associations", "themes"):
        assert HOSTILE in Tags(hostile_shown[name].html).text, name


def test_hostile_markdown_stays_text(hostile_shown):
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    for name, block in hostile_shown.items():
        seen = Tags(markdown2html_mistune(block.markdown))
        assert not {"script", "img", "em"} & set(seen.tags), name


def test_nothing_is_said_to_be_because_of(shown):
    for block in shown.values():
        words = Tags(block.html).words.lower()
        assert not re.search(r"because of|due to|caused by|leads to|drives", words)


def test_one_theme_that_surely_pulls_most_is_named_with_its_owner(made):
    drivers = pd.DataFrame([driver(), driver(theme="t2", name="app", pull=0.1, pull_low=0.0,
                                             pull_high=0.2)])  # fmt: skip
    said = explaining.headline(OPPORTUNITIES.empty(), drivers, made.book)
    assert said == (
        "What most pulls the curve down is talk of “late van” at delivery and set-up, which "
        "Operations looks after: 5 of 12 people speak of it there, and without their words on it "
        "the stage would stand 0.20 higher (0.10 to 0.30)."
    )


def test_two_themes_whose_intervals_overlap_are_not_put_in_order(made):
    drivers = pd.DataFrame([driver(), driver(theme="t2", name="app", pull=-0.15)])
    said = explaining.headline(OPPORTUNITIES.empty(), drivers, made.book)
    assert said.startswith("Among what pulls the curve down")
    assert (
        "1 more theme pulls down as surely, each by itself; the order between them is not settled"
        in said
    )


@pytest.mark.parametrize("row", [{"pull_high": 0.004}, {"is_thin": True}, {"pull_low": np.nan}])
def test_a_pull_that_is_thin_or_reaches_neutral_is_no_headline(made, row):
    said = explaining.headline(OPPORTUNITIES.empty(), pd.DataFrame([driver(**row)]), made.book)
    assert said == "Nothing that people speak of surely pulls a stage down."


def test_without_a_sure_theme_the_first_of_the_list_is_told_as_such(made):
    todo = pd.DataFrame([point(rank=2, name="second"), point()])
    drivers = pd.DataFrame([driver(pull_high=0.2)])
    assert explaining.headline(todo, drivers, made.book) == (
        "No theme surely pulls a stage down. First on the list is “late van” at delivery and "
        "set-up, which Operations looks after: 5 of 12 people spoke badly of it."
    )
    said = explaining.headline(todo.assign(theme="", owner=""), DRIVERS.empty(), made.book)
    assert "this ranks whole stages. First on the list is delivery and set-up: 5 of" in said


def test_a_machine_makes_it_a_sketch_and_the_warning_stands_once(made, shown):
    said = explaining.headline(
        OPPORTUNITIES.empty(), pd.DataFrame([driver(method="machine")]), made.book
    )
    assert said.startswith("A first sketch. What most pulls")
    whole = " ".join(Tags(b.html).words for n, b in shown.items() if n != "numbers")
    assert whole.count("nobody has checked one") == 1


def test_what_to_do_stands_by_owner_with_people_depth_and_stake(made):
    numbers = pd.DataFrame(
        [
            {**dict.fromkeys(NUMBERS.names, ""), "stage": "delivery and set-up",
             "metric": "in time", "value": v, "unit": "%", "group": g, "better": "higher"}
            for v, g in ((85.0, "trader"), (91.0, ""))
        ]
    )  # fmt: skip
    todo = pd.DataFrame([point(), point(rank=2, owner="", kind="keep", metric="", stage_order=4)])
    words = Tags(explaining.todo(todo, numbers).html).words
    assert words.index("Operations") < words.index("nobody named as owner")
    assert "5 of 12 people spoke badly of it" in words
    assert "−0.55 on average in their words" in words
    assert "in time 91 % 9 % of its scale" in words
    assert "5 of 12 people spoke well of it" in words
    assert "no number with a scale; counts as" in words


def test_the_value_shown_is_the_one_that_the_stake_was_read_off():
    numbers = pd.DataFrame(
        {"stage": "delivery and set-up", "metric": "in time", "value": [91.0, 60.0], "unit": "%",
         "better": "higher", "group": ["family", "trader"], "period": ""}
    )  # fmt: skip
    mend, keep = point(stake=0.4), point(rank=2, kind="keep", stake=0.91)
    words = Tags(explaining.todo(pd.DataFrame([mend, keep]), numbers).html).words
    assert "in time 60 % 40 % of its scale" in words
    assert "in time 91 % 91 % of its scale" in words


def test_a_large_number_is_written_out(made):
    row = dict(made.numbers.iloc[0]) | {"value": 1234567.0, "unit": "EUR"}
    assert "1,234,567 EUR" in explaining.numbers(pd.DataFrame([row]), made.book).html


def test_points_beyond_the_first_places_and_thin_ones_unfold(made):
    rows = [point(rank=n, is_thin=n == 3) for n in range(1, 9)]
    html = explaining.todo(pd.DataFrame(rows)).html
    assert "4 more to mend" in html
    before = html.split("4 more to mend")[0]
    assert re.findall(r'id="point-(\d)"', before) == ["1", "2", "4", "5"]


@pytest.mark.parametrize(("low", "together"), [(0.35, True), (0.45, False)])
def test_places_whose_intervals_overlap_are_said_to_be_taken_together(low, together):
    rows = [point(score=0.5, score_low=low, score_high=0.6), point(rank=2)]
    assert ("take them together" in explaining.todo(pd.DataFrame(rows)).html) is together


def test_a_driver_tells_contrast_people_pull_and_its_quotes(made, shown):
    words = Tags(shown["drivers"].html).words
    row = made.drivers[made.drivers["contrast"].notna()].iloc[0]
    assert f"{row.n_with} with, {row.n_without} without" in words
    html = shown["drivers"].html
    assert html.count('class="jq-driver"') == len(made.drivers)
    assert html.count("<blockquote>") == len(made.driver_quotes) > 10
    assert "supports" in words
    assert "contradicts" in words


def test_drivers_without_quotes_and_stages_without_drivers_say_so(made):
    some = made.drivers[made.drivers["stage_order"] != 3]
    html = explaining.drivers(some, DRIVER_QUOTES.empty(), made.curve, made.book).html
    assert html.count("No quote can be shown") == len(some)
    assert html.count("No theme was found here") == 1


def test_the_scale_is_not_given_away_to_two_people(made):
    rows = [driver(), driver(theme="t2", is_thin=True, contrast_low=-2.0, contrast_high=2.0)]
    html = explaining.drivers(pd.DataFrame(rows), DRIVER_QUOTES.empty(), made.curve, made.book).html
    assert "−0.75 worse" in html
    widths = [float(w) for w in re.findall(r"width: ([\d.]+)%", html)]
    assert max(widths) <= 100


def test_disagreements_stand_first_and_what_cannot_be_said_is_folded(made, shown):
    html = shown["numbers"].html
    flags = re.findall(r'<p class="jq-flag">([^<]+)</p>', html)
    assert flags == sorted(flags, key=explaining.FLAG_ORDER.index)
    assert flags[0] == "disagree"
    folded = html.split('<details class="jq-more">')
    assert "cannot be held against the voices" in folded[-1].split("</summary>")[0]
    assert "Why number 1 is so." in Tags(html).words


def test_what_is_said_of_every_number_is_said_once(made):
    table = made.numbers.assign(why=[f"Number {n}. Nobody checked." for n in range(8)])
    words = Tags(explaining.numbers(table, made.book).html).words
    assert words.count("Nobody checked.") == 1
    assert "Number 7." in words


def test_a_stage_that_has_no_section_in_the_page_is_not_linked(made):
    html = explaining.numbers(made.numbers, made.book, linked=False).html
    assert "href" not in html
    assert 'href="#stage-3"' in explaining.numbers(made.numbers, made.book).html


def test_associations_are_told_as_moving_with(shown):
    words = Tags(shown["associations"].html).words
    assert "Done in time moves with the feeling across 8 stages (rank correlation +0.80" in words
    assert "it takes four points" in words


def test_a_new_stage_stands_as_toml_to_copy(made, shown):
    html = shown["new_stages"].html
    toml = Tags(re.search(r'<pre class="jq-copy"[^>]*>(.*?)</pre>', html, re.DOTALL)[1]).text
    import tomllib

    stage = tomllib.loads(toml)["stage"][0]
    assert stage["name"] == made.why.new_stages()["name"].iloc[0]
    assert stage["definition"] == ""
    assert stage["examples"]


def test_themes_tell_who_named_them_and_which_proposals_wait(shown):
    words = Tags(shown["themes"].html).words
    assert "named by ana" in words
    assert "suggested" in words
    assert "1 new waits for a person to accept or reject: “rain”." in words


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (lambda m: explaining.todo(OPPORTUNITIES.empty()), "Nothing to do can be ranked yet"),
        (
            lambda m: explaining.drivers(
                DRIVERS.empty(), DRIVER_QUOTES.empty(), m.curve, m.book
            ),
            "No themes were found at any stage",
        ),
        (lambda m: explaining.numbers(NUMBERS.empty(), m.book), "bring them in metrics.csv"),
        (lambda m: explaining.associations(ASSOCIATIONS.empty()), "at four stages, groups"),
        (
            lambda m: explaining.new_stages(NEW_STAGES.empty(), STAGE_EXAMPLES.empty()),
            "nothing to add to the codebook",
        ),
        (lambda m: explaining.themes(THEMES.empty()), "Themes come with more interviews"),
    ],
)  # fmt: skip
def test_an_empty_table_says_why_and_what_would_make_it_come(made, block, said):
    shown = block(made)
    assert said in harmless(shown.html).words
    assert shown.markdown


def test_a_figures_units_and_their_command_stand_beside_it(made, shown):
    sizes = evidence.counts(made.evidence)
    html = shown["drivers"].html
    named = re.findall(r'data-figure="(driver/[^"]+)"><summary>(\d+) unit', html)
    assert len(named) == (made.drivers["n_units"] > 0).sum()
    assert all(sizes[figure] == int(n) for figure, n in named)
    assert "journeyqual evidence --figure &#34;driver/" in html
