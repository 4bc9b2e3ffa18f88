"""Charts draw finished numbers: their specs are read here, their pixels in the browser test."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from journeyqual import charts
from journeyqual.charts.display import live_spec, report_html
from journeyqual.charts.palette import PALETTES
from journeyqual.charts.words import describe, feeling, subtitle, wrap
from journeyqual.codebook import from_dict
from journeyqual.errors import ConfigError, SchemaError
from journeyqual.schema import EMOTIONS, LINES

STAGES = ["buying", "using", "leaving"]


def curve_table(
    valence=(0.5, np.nan, -0.4), *, n=(12, 0, 3), method="machine", group="", stages=STAGES, many=12
):
    valence = np.asarray(valence, dtype=float)
    return pd.DataFrame(
        {
            "group": group,
            "stage": stages,
            "stage_order": range(len(stages)),
            "valence": valence,
            "valence_low": valence - 0.2,
            "valence_high": valence + 0.2,
            "n_participants": n,
            "n_units": [3 * k for k in n],
            "n_human": 0,
            "method": method,
            "is_thin": [k < 5 for k in n],
            "spread": 0.3,
            "n_participants_group": many,
        }
    )


def lines_table(rows):
    return pd.DataFrame(
        [
            {
                "group": "", "participant": p, "stage": STAGES[s], "stage_order": s,
                "valence": v, "n_units": 2,
            }
            for p, s, v in rows
        ],
        columns=LINES.names,
    )  # fmt: skip


LINES_SMALL = lines_table([("P01", 0, 0.5), ("P01", 2, -0.4), ("P02", 0, 0.1), ("P02", 1, 0.2)])


def long_book(n, name="stage"):
    return from_dict({"name": "Long", "stage": [{"name": f"{name} {i}"} for i in range(n)]})


def layers(spec, mark):
    """Return a spec's layers of one kind of mark."""
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def rows(spec, layer):
    return spec["datasets"][layer["data"]["name"]]


def style(layer):
    return layer["mark"].get("style")


def narrow(spec):
    return spec["usermeta"]["journeyqual"]["narrow"]


@pytest.fixture
def spec(book):
    return charts.curve_chart(curve_table(), LINES_SMALL, book).to_dict()


def test_machine_coded_curves_say_so_in_the_chart_itself(spec):
    assert "machine-coded, unverified" in spec["title"]["subtitle"][0].lower()
    assert "unverified" in " ".join(narrow(spec)["title"]["subtitle"])


@pytest.mark.parametrize(("method", "word"), [("human", "people"), ("prediction-powered", "draw")])
def test_other_methods_are_not_called_unverified(book, method, word):
    spec = charts.curve_chart(curve_table(method=method), LINES_SMALL, book).to_dict()
    text = " ".join(spec["title"]["subtitle"])
    assert word in text
    assert "unverified" not in text


def test_few_participants_are_said_under_the_title():
    assert any("Fewer than 10" in line for line in subtitle(curve_table(many=9)))
    assert not any("Fewer than" in line for line in subtitle(curve_table(many=10)))


def test_a_stage_nobody_spoke_of_is_a_gap_with_its_name(spec):
    line = next(x for x in layers(spec, "line") if style(x) == "jq-line")
    assert [r["valence"] for r in rows(spec, line)] == [0.5, None, -0.4]
    assert line["mark"]["invalid"] == "break-paths-show-path-domains"
    assert "nobody" in line["encoding"]["x"]["axis"]["labelExpr"]


def test_segments_are_straight(spec):
    for line in layers(spec, "line"):
        assert line["mark"].get("interpolate", "linear") == "linear"


def test_stages_stand_in_the_order_of_the_journey_whatever_the_order_of_rows(book):
    shuffled = curve_table().iloc[[2, 0, 1]]
    a = charts.curve_chart(curve_table(), LINES_SMALL, book).to_dict()
    b = charts.curve_chart(shuffled, LINES_SMALL, book).to_dict()
    assert a == b
    assert a["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1, 2]


def test_intervals_are_the_tables_own(spec):
    bars = [x for x in layers(spec, "rule") if style(x) == "jq-interval"]
    found = {r["stage"]: (r["valence_low"], r["valence_high"]) for x in bars for r in rows(spec, x)}
    assert found == {"buying": (0.3, 0.7), "leaving": (-0.6000000000000001, -0.2)}


def test_a_thin_stage_is_hollow_and_dashed_and_named(spec):
    hollow = next(x for x in layers(spec, "point") if style(x) == "jq-thin")
    assert [r["stage"] for r in rows(spec, hollow)] == ["leaving"]
    assert hollow["mark"]["filled"] is False
    dashed = next(x for x in layers(spec, "rule") if x["mark"].get("strokeDash"))
    assert [r["stage"] for r in rows(spec, dashed)] == ["leaving"]
    label = hollow["encoding"]["x"]["axis"]["labelExpr"]
    assert "3 people (thin)" in label
    assert "12 people" in label


def test_valence_has_a_second_cue_beside_colour(spec):
    point = layers(spec, "point")[0]
    assert point["encoding"]["shape"]["scale"]["range"] == [
        "triangle-up", "circle", "triangle-down",
    ]  # fmt: skip
    assert [feeling(*x) for x in ((0.1, 0.5), (-0.5, -0.1), (-0.1, 0.1))] == [
        "good", "bad", "either",
    ]  # fmt: skip
    # Printed as 0.00, so it counts as touching neutral.
    assert feeling(0.004, 0.5) == "either"


def test_a_participants_line_is_broken_where_they_said_nothing(spec):
    line = next(x for x in layers(spec, "line") if style(x) == "jq-person")
    runs = {(r["participant"], r["stage"]): r["run"] for r in rows(spec, line)}
    assert runs["P01", "buying"] != runs["P01", "leaving"]
    assert runs["P02", "buying"] == runs["P02", "using"]
    assert len({runs["P01", "buying"], runs["P02", "buying"]}) == 2


def test_what_the_team_expected_is_a_tick_and_said(spec):
    tick = layers(spec, "tick")[0]
    assert [(r["stage"], r["expected"]) for r in rows(spec, tick)] == [("buying", 0.5)]
    assert any("expected" in line for line in spec["title"]["subtitle"])


def test_without_expectations_there_is_no_tick():
    spec = charts.curve_chart(
        curve_table([0.1], n=[6], stages=["stage 0"]), LINES.empty(), long_book(1)
    ).to_dict()
    assert not layers(spec, "tick")
    assert not any("expected" in line for line in spec["title"]["subtitle"])


def test_the_seam_stands_before_the_first_customer_stage(spec):
    seam = next(x for x in layers(spec, "rule") if style(x) == "jq-seam")
    assert seam["data"]["values"] == [{"stage_order": 1}]
    assert seam["encoding"]["x"]["bandPosition"] == 0
    assert {x["mark"]["text"] for x in layers(spec, "text") if "text" in x["mark"]} == {
        "buyer side", "customer side",
    }  # fmt: skip


@pytest.mark.parametrize("sides", [["", "", ""], ["customer", "buyer", "customer"]])
def test_no_seam_where_it_would_be_untrue(sides):
    pairs = zip(STAGES, sides, strict=True)
    book = from_dict({"name": "M", "stage": [{"name": n, "side": s} for n, s in pairs]})
    spec = charts.curve_chart(curve_table(), LINES.empty(), book).to_dict()
    assert not [x for x in layers(spec, "rule") if style(x) == "jq-seam"]


def test_a_click_selects_a_stage_by_its_place(spec):
    pick = next(p for p in spec["params"] if p["name"] == "jq_stage")
    assert pick["select"] == {"type": "point", "fields": ["stage_order"]}


def test_the_narrow_form_runs_downwards_with_the_same_numbers(spec):
    down = narrow(spec)
    assert down["layer"][0]["encoding"]["y"]["field"] == "stage_order"
    wide_line = next(x for x in layers(spec, "line") if style(x) == "jq-line")
    down_line = next(x for x in layers(down, "line") if style(x) == "jq-line")
    assert rows(spec, wide_line) == rows(down, down_line)


@pytest.mark.parametrize("n", [1, 12, 13, 40])
def test_any_number_of_stages_draws(n):
    table = curve_table([0.1] * n, n=[6] * n, stages=[f"stage {i}" for i in range(n)])
    spec = charts.curve_chart(table, LINES.empty(), long_book(n)).to_dict()
    long = n > 12
    assert ("y" if long else "x") in spec["layer"][0]["encoding"]
    assert ("narrow" in spec["usermeta"]["journeyqual"]) is not long
    assert spec["layer"][0]["encoding"]["y" if long else "x"]["scale"]["domain"] == list(range(n))


def test_an_empty_curve_still_shows_the_journey(book):
    spec = charts.curve_chart(curve_table().iloc[:0], LINES.empty(), book).to_dict()
    assert spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"].count("nobody") == 3


def test_long_names_wrap_and_end_in_an_ellipsis():
    name = "x" * 400
    assert wrap(name, 12)[-1].endswith("…")
    assert max(map(len, wrap(name, 12))) <= 14
    book = from_dict({"name": "M", "stage": [{"name": name}]})
    table = curve_table([0.1], n=[6], stages=[name])
    label = charts.curve_chart(table, LINES.empty(), book).to_dict()["layer"][0]
    assert len(label["encoding"]["x"]["axis"]["labelExpr"]) < 120


def test_a_stage_that_the_codebook_lacks_is_refused(book):
    table = curve_table(stages=["buying", "using", "flying"])
    with pytest.raises(ConfigError, match="flying"):
        charts.curve_chart(table, LINES.empty(), book)


def test_several_groups_are_not_joined_into_one_line(book):
    table = pd.concat([curve_table(group="a"), curve_table(group="b")])
    with pytest.raises(SchemaError, match="group_chart"):
        charts.curve_chart(table, LINES.empty(), book)


def test_the_description_tells_every_stage(book):
    from journeyqual.charts.frame import checked

    text = describe(checked(curve_table(), book), "Curve")
    assert "buying: +0.50 (+0.30 to +0.70), 12 people" in text
    assert "using: nobody spoke of it" in text
    assert charts.curve_chart(curve_table(), LINES_SMALL, book).to_dict()["description"]


def groups_table(names):
    return pd.concat([curve_table(group=g, n=(6, 6, 6), valence=(0.2, 0, -0.2)) for g in names])


def test_up_to_three_groups_share_a_plot_and_differ_in_shape_and_colour(book):
    spec = charts.group_chart(groups_table(["a", "b"]), book, by="plan").to_dict()
    point = next(x for x in layers(spec, "point") if x["encoding"].get("color"))
    assert point["encoding"]["color"]["scale"]["domain"] == ["a", "b"]
    assert len(set(point["encoding"]["shape"]["scale"]["range"])) == 2
    assert point["encoding"]["color"]["legend"]["title"] == "plan"
    assert spec["title"]["text"] == "Compared by plan"


def test_group_colours_are_no_feelings():
    for palette in PALETTES.values():
        assert not {palette.good, palette.bad, palette.neutral} & set(palette.groups)


def test_more_groups_get_a_small_chart_each(book):
    spec = charts.group_chart(groups_table(list("abcd")), book).to_dict()
    assert spec["facet"]["field"] == "group"
    assert spec["facet"]["sort"] == list("abcd")
    assert spec["usermeta"]["journeyqual"]["fit"] is True


def emotion_rows():
    return pd.DataFrame(
        [
            {
                "group": "", "stage": "using", "stage_order": 1, "emotion": e, "share": s,
                "n_units": 3, "n_participants": 2,
            }
            for e, s in (("joy", 0.75), ("frustration", 0.002), ("neutral", 0.25))
        ],
        columns=EMOTIONS.names,
    )  # fmt: skip


def test_emotions_are_cells_with_their_percentage_and_neutral_is_grey(book):
    spec = charts.emotion_chart(emotion_rows(), book, curve=curve_table()).to_dict()
    colours = {
        rows(spec, x)[0]["emotion"]: x["encoding"]["color"]["scale"]["range"]
        for x in layers(spec, "rect")
    }
    assert colours == {"joy": "ramp", "neutral": "heatmap"}
    written = {r["emotion"]: r["percent"] for x in layers(spec, "text") for r in rows(spec, x)}
    assert written == {"joy": "75%", "neutral": "25%"}
    assert "unverified" in spec["title"]["subtitle"][0]


def test_an_emotion_that_the_codebook_lacks_is_refused(book):
    with pytest.raises(SchemaError, match="glee"):
        charts.emotion_chart(emotion_rows().assign(emotion="glee"), book)


def test_spread_has_one_dot_a_participant_and_stage_and_no_intervals(book):
    spec = charts.spread_chart(curve_table(), LINES_SMALL, book).to_dict()
    dots = layers(spec, "point")[0]
    assert len(rows(spec, dots)) == len(LINES_SMALL)
    assert not [x for x in layers(spec, "rule") if style(x) == "jq-interval"]
    assert "spread 0.30" in dots["encoding"]["x"]["axis"]["labelExpr"]
    assert not any("Bars" in line for line in spec["title"]["subtitle"])


def test_input_tables_are_left_as_they_were(book):
    curve, lines, emotions = curve_table(), LINES_SMALL.copy(), emotion_rows()
    before = [curve.copy(), lines.copy(), emotions.copy()]
    charts.curve_chart(curve, lines, book)
    charts.emotion_chart(emotions, book)
    for was, now in zip(before, (curve, lines, emotions), strict=True):
        pd.testing.assert_frame_equal(was, now)


@pytest.fixture
def renderers():
    import altair

    before = altair.renderers.active
    yield altair.renderers
    altair.renderers.enable(before)


def test_in_a_report_a_chart_is_data_for_the_page(book, renderers, monkeypatch):
    monkeypatch.setenv("JOURNEYQUAL_REPORT", "1")
    charts.enable()
    bundle = charts.curve_chart(curve_table(), LINES_SMALL, book)._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert 'class="jq-spec"' in bundle["text/html"]
    assert bundle["text/plain"].startswith("How it felt")


def test_in_jupyterlab_a_chart_is_a_widget_with_a_width_of_its_own(book, renderers):
    charts.enable()
    bundle = charts.curve_chart(curve_table(), LINES_SMALL, book)._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in bundle
    spec = live_spec(charts.curve_chart(curve_table(), LINES_SMALL, book).to_dict())
    assert spec["width"] == 860
    assert "usermeta" not in spec


def test_report_html_cannot_be_ended_by_what_it_holds():
    text = "</script><script>alert(1)</script><!-- \u2028"
    html = report_html({"title": text, "description": '"><img onerror=x>'})
    assert html.count("</script>") == 1
    assert "<!--" not in html
    assert "<img" not in html
    body = html.split('class="jq-spec">')[1].split("</script>")[0]
    assert json.loads(body)["title"] == text


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    """WCAG 2.2 contrast ratio."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_reach_wcag_aa(mode):
    p = PALETTES[mode]
    for ground in (p.paper, p.surface, p.wash):
        for text in (p.ink, p.muted, p.accent):
            assert contrast(text, ground) >= 4.5, (text, ground)
    for mark in (p.good, p.bad, p.neutral, *p.groups):
        assert contrast(mark, p.surface) >= 3, mark
    assert contrast(p.on_full, p.full) >= 4.5
    assert contrast(p.ink, p.full_grey) >= 4.5


def test_themes_differ_in_colours_alone():
    light, dark = (charts.theme(mode) for mode in ("light", "dark"))
    assert light["style"].keys() == dark["style"].keys()
    assert light["background"] != dark["background"]


def test_importing_charts_loads_no_altair_and_registers_nothing():
    code = (
        "import sys, journeyqual.charts; "
        "assert not {'altair', 'jsonschema', 'vl_convert'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_drawing_does_not_build_the_grammar_of_web_addresses():
    code = (
        "import sys; from journeyqual.charts.quick import quick_import; "
        "quick_import('altair'); assert 'rfc3987_syntax' not in sys.modules; "
        "import importlib.util as u; assert u.find_spec('altair')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
