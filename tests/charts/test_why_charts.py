"""Charts of themes, ranks, seams, saturation and differences: their specs, not their pixels."""

import json

import numpy as np
import pandas as pd
import pytest

from journeyqual import charts
from journeyqual.charts.display import report_html
from journeyqual.errors import ConfigError, SchemaError
from journeyqual.schema import DIFFERENCES, DRIVERS, RANKS, SATURATION_CURVE, SEAM_LINES, check
from tests.reports.test_wording import table

STAGES = ["buying", "using", "leaving"]


def layers(spec, mark):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def rows(spec, layer):
    data = layer.get("data", spec.get("data"))
    return spec["datasets"][data["name"]]


def narrow(spec):
    return spec["usermeta"]["journeyqual"]["narrow"]


def driver(theme, contrast, **more):
    return {
        "stage": "using", "stage_order": 1, "theme": theme, "name": theme, "contrast": contrast,
        "contrast_low": contrast - 0.1, "contrast_high": contrast + 0.1,
        "joint_low": contrast - 0.2, "joint_high": contrast + 0.2, "n_with": 5, "n_without": 7,
        "method": "machine", **more,
    }  # fmt: skip


def driver_spec(book, *made, **more):
    return charts.driver_chart(table(DRIVERS, *made), book, **more).to_dict()


def test_drivers_stand_from_worst_to_best_with_both_intervals(book):
    spec = driver_spec(book, driver("a", 0.3), driver("b", -0.4, differs=True))
    points = rows(spec, layers(spec, "point")[0])
    assert [(r["theme"], r["row"]) for r in points] == [("b", 0), ("a", 1)]
    assert [r["tone"] for r in points] == ["bad", "open"]
    ends = {
        (layer["encoding"]["x"]["field"], layer["encoding"]["x2"]["field"])
        for layer in layers(spec, "rule")
        if "x2" in layer["encoding"]
    }
    assert ends == {("joint_low", "joint_high"), ("contrast_low", "contrast_high")}
    assert (
        "b at using: −0.40 (−0.50 to −0.30), 5 with and 7 without, settled" in spec["description"]
    )


def test_only_the_most_telling_drivers_are_drawn_and_the_rest_is_counted(book):
    made = [driver(f"t{n}", 0.1 + n / 100) for n in range(15)]
    spec = driver_spec(book, *made, most=4)
    assert [r["theme"] for r in rows(spec, layers(spec, "point")[0])] == [
        "t11", "t12", "t13", "t14",
    ]  # fmt: skip
    assert "The 4 that tell most of 15; the table has all." in spec["title"]["subtitle"]


def test_two_peoples_interval_does_not_set_the_scale(book):
    wide = driver("b", 0.1, is_thin=True, contrast_low=-2.0, contrast_high=2.0)
    spec = driver_spec(book, driver("a", -0.3), wide)
    point = layers(spec, "point")[0]
    assert point["encoding"]["x"]["scale"]["domain"] == [-0.5, 0.5]
    assert all(layer["mark"].get("clip") for layer in layers(spec, "rule") if
               "x2" in layer["encoding"])  # fmt: skip
    assert any("Dashed: thin" in line for line in spec["title"]["subtitle"])


def test_drivers_without_a_contrast_are_not_drawn_and_none_is_no_error(book):
    spec = driver_spec(book, driver("a", np.nan), driver("b", 0.2))
    assert [r["theme"] for r in rows(spec, layers(spec, "point")[0])] == ["b"]
    empty = charts.driver_chart(DRIVERS.empty(), book).to_dict()
    assert "No theme has a contrast yet" in empty["description"]


def test_a_driver_of_a_stage_that_the_codebook_lacks_is_refused(book):
    with pytest.raises(ConfigError, match="flying"):
        driver_spec(book, driver("a", 0.2, stage="flying"))


def test_ranks_go_up_for_highest_and_down_for_lowest(book):
    ranks = table(
        RANKS,
        {"stage": "buying", "p_lowest": 0.9, "p_highest": 0.0, "n_participants": 12},
        {"stage": "using", "stage_order": 1, "p_lowest": 0.1, "p_highest": 1.0},
        {"stage": "leaving", "stage_order": 2, "reason": "too few"},
    )
    spec = charts.rank_chart(ranks, book).to_dict()
    bars = rows(spec, layers(spec, "bar")[0])
    assert {(r["stage"], r["tone"]): r["to"] for r in bars} == {
        ("buying", "good"): 0.0, ("buying", "bad"): -0.9,
        ("using", "good"): 1.0, ("using", "bad"): -0.1,
    }  # fmt: skip
    assert "buying: lowest in 90 of 100, highest in 0" in spec["description"]
    assert "leaving: too few" in spec["description"]
    assert narrow(spec)["layer"][-1]["encoding"]["y"]["field"] == "stage_order"


def crossing(person, before, after):
    return {
        "participant": person, "buyer_stage": "buying", "customer_stage": "using",
        "buyer_valence": before, "customer_valence": after, "change": after - before,
    }  # fmt: skip


def test_the_seam_has_a_line_a_person_and_one_for_all():
    made = table(SEAM_LINES, crossing("P1", 0.5, -0.5), crossing("P2", 0.0, 0.05))
    spec = charts.seam_chart(made, method="machine").to_dict()
    each, mean = layers(spec, "line")
    assert {(r["participant"], r["way"]) for r in rows(spec, each)} == {
        ("P1", "fell"), ("P2", "level"),
    }  # fmt: skip
    assert [round(r["valence"], 3) for r in rows(spec, mean)] == [0.25, -0.225]
    assert "unverified" in spec["title"]["subtitle"][0]
    assert "P1: +0.50 at buying, −0.50 at using" in spec["description"]


def test_saturation_of_ten_thousand_interviews_is_drawn_at_some():
    each = {"codes_median": 9, "codes_low": 8, "codes_high": 9, "codes_in_order": 9}
    made = table(SATURATION_CURVE, *({"position": n, **each} for n in range(1, 10_001)))
    spec = charts.saturation_chart(made).to_dict()
    drawn = [row["position"] for row in rows(spec, layers(spec, "area")[0])]
    assert drawn[:100] == list(range(1, 101))
    assert drawn[-1] == 10_000
    assert len(drawn) == 200
    assert "Drawn for 200 of 10000" in str(spec["title"])


def test_saturation_has_a_band_and_starts_at_nothing():
    made = table(
        SATURATION_CURVE,
        *(
            {"position": n, "codes_median": n, "codes_low": n - 1, "codes_high": n + 1,
             "codes_in_order": n}
            for n in (1, 2, 3)
        ),
        {"stage": "using", "position": 1, "codes_median": 9, "codes_low": 9, "codes_high": 9},
    )  # fmt: skip
    spec = charts.saturation_chart(made).to_dict()
    area = layers(spec, "area")[0]
    assert area["encoding"]["y"]["scale"]["domain"][0] == 0
    assert [r["codes_high"] for r in rows(spec, area)] == [2, 3, 4]
    assert "after 3: 3 (2 to 4)" in spec["description"]
    assert "No interview yet" in charts.saturation_chart(made, stage="no").to_dict()["description"]


def apart(stage, difference, half, **more):
    return {
        "group": "family", "against": "trader", "stage": stage,
        "stage_order": STAGES.index(stage), "difference": difference,
        "difference_low": difference - half, "difference_high": difference + half,
        "joint_low": difference - 2 * half, "joint_high": difference + 2 * half,
        "n_participants": 6, "n_participants_against": 5, **more,
    }  # fmt: skip


def test_differences_are_filled_where_the_joint_interval_leaves_out_none(book):
    made = table(DIFFERENCES, apart("buying", 0.25, 0.05, differs=True), apart("leaving", 0.1, 0.1))
    spec = charts.difference_chart(made, book).to_dict()
    line = layers(spec, "line")[0]
    assert [r["difference"] for r in rows(spec, line)] == [0.25, None, 0.1]
    assert line["mark"]["invalid"] == "break-paths-show-path-domains"
    tones = {r["stage"]: r["tone"] for r in rows(spec, layers(spec, "point")[0])}
    assert tones == {"buying": "good", "leaving": "open"}
    assert "using: no difference can be told" in spec["description"]
    assert "6 and 5" in line["encoding"]["x"]["axis"]["labelExpr"]
    labels = line["encoding"]["y"]["axis"]["labelExpr"]
    assert "better +0.5" in labels


def test_several_comparisons_are_several_charts(book):
    one = table(DIFFERENCES, apart("buying", 0.25, 0.05))
    both = pd.concat([one, one.assign(group="shop")], ignore_index=True)
    drawn = charts.difference_charts(both, book)
    assert [c.to_dict()["title"]["text"] for c in drawn] == [
        "family, beside trader", "shop, beside trader",
    ]  # fmt: skip
    with pytest.raises(SchemaError, match="difference_charts"):
        charts.difference_chart(both, book)


def test_hostile_names_cannot_leave_their_spec(book):
    spec = driver_spec(book, driver("</script><script>alert(1)</script>", 0.2))
    assert "</script><script>" not in report_html(spec)
    label = layers(spec, "point")[0]["encoding"]["y"]["axis"]["labelExpr"]
    assert json.loads(label.rsplit("[datum", 1)[0])


def test_a_folded_chart_is_closed_in_a_report_and_itself_elsewhere(book, monkeypatch):
    chart = charts.rank_chart(RANKS.empty(), book)
    shown = charts.folded(chart, "More <b>")
    monkeypatch.setenv("JOURNEYQUAL_REPORT", "1")
    html = shown._repr_mimebundle_()["text/html"]
    assert html.startswith('<details class="jq jq-data jq-fold"><summary>More &lt;b&gt;</summary>')
    assert 'class="jq-spec"' in html


def test_input_tables_are_left_as_they_were(book):
    made = table(DRIVERS, driver("a", 0.3), driver("b", -0.4))
    before = made.copy()
    charts.driver_chart(made, book).to_dict()
    pd.testing.assert_frame_equal(made, before)
    pd.testing.assert_frame_equal(check(made, DRIVERS), before)


def test_of_very_many_people_some_lines_are_drawn_and_the_mean_is_of_all():
    many = [crossing(f"P{n:05d}", 0.5 if n % 2 else -0.5, 0.0) for n in range(10_000)]
    spec = charts.seam_chart(table(SEAM_LINES, *many)).to_dict()
    each, mean = layers(spec, "line")
    assert len({r["participant"] for r in rows(spec, each)}) == 80
    assert [r["valence"] for r in rows(spec, mean)] == [0.0, 0.0]
    assert any("drawn are 80 of 10000" in line for line in spec["title"]["subtitle"])
