"""A page for each owner, an index of what is there; names become safe files and links work."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from journeyqual import open_study
from journeyqual.codebook import from_dict
from journeyqual.errors import ReportError
from journeyqual.reports import map_blocks, pages, team_blocks
from journeyqual.schema import DRIVER_QUOTES, GAPS, METRICS, NUMBERS, QUOTES, RUNS, check
from journeyqual.theme import Theme
from tests.reports.fake_study import HOSTILE
from tests.reports.map_tables import curve, opportunities, shown, todo
from tests.reports.real_study import make_study
from tests.reports.test_blocks import Tags


def owned(*owners):
    return from_dict(
        {"stage": [{"name": f"s{i}", "owner": owner} for i, owner in enumerate(owners)]}
    )


def numbers(*rows):
    names = ["stage", "metric", "value", "stage_order", "flag", "why"]
    table = pd.DataFrame(rows, columns=names)
    blank = dict.fromkeys(("valence", "valence_low", "valence_high"))
    more = {"n_participants": 9, "is_thin": False, "method": "human", "compared": ""}
    return check(table.assign(**blank, **more), NUMBERS)


def gaps(stage, expected, felt, **more):
    row = {
        "stage": stage, "stage_order": 0, "expected": expected, "valence": felt,
        "valence_low": felt - 0.1, "valence_high": felt + 0.1, "gap": felt - expected,
        "gap_low": -0.1, "gap_high": 0.1, "is_outside": True, "n_participants": 9,
        "is_thin": False, "method": "human", **more,
    }  # fmt: skip
    return check(pd.DataFrame([row]), GAPS)


def quote(unit, stage="s0", stance="supports", rank=1, text="Well, yes."):
    return {
        "stage": stage, "stage_order": 0, "stance": stance, "rank": rank, "unit_id": unit,
        "interview": "i", "participant": "P01", "text": text, "start_s": 61.0, "valence": 0.4,
        "emotion": "joy", "unsure": False,
    }  # fmt: skip


# -- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "owner", ["../../etc/passwd", "", "CON", "a/b\\c", "日本語", HOSTILE, "x" * 400, "index"]
)
def test_any_owner_gets_a_plain_file_name(owner):
    name = pages.team_file(owner, owned(owner))
    assert re.fullmatch(r"team-[a-z0-9-]{1,50}\.html", name)


def test_two_owners_never_share_a_file():
    names = ["Käufe", "Kaufe", "kaufe!", "日本", "中国", "Sales"]
    book = owned(*names)
    assert len({pages.team_file(n, book) for n in names}) == len(names)
    assert pages.team_file("Sales", book) == "team-sales.html"


def test_owners_stand_once_in_the_order_of_the_journey():
    assert team_blocks.owners(owned("B", "", "A", "B")) == ("B", "A")


# -- a team's page ------------------------------------------------------------------------------


def find(book, owner, todo=None, metrics=None, surprises=None):
    block = team_blocks.findings(
        opportunities() if todo is None else todo,
        NUMBERS.empty() if metrics is None else metrics,
        GAPS.empty() if surprises is None else surprises,
        book,
        owner,
    )
    return shown(block.html), block.html.count("<li>")


def test_the_three_findings_are_theirs_and_the_first_by_rank():
    book = owned("Sales", "Support", "Sales")
    rows = [
        todo(4, "s2", 2, name="the form", theme="t", metric="conversion"),
        todo(1, "s1", 1, owner="Support", name="the queue"),
        todo(2, "s0", 0, name="the price"),
        todo(3, "s0", 0, name="the staff", kind="keep"),
        todo(5, "s2", 2, name="the door"),
        todo(6, "s2", 2, name="the floor"),
    ]
    text, n = find(book, "Sales", opportunities(*rows))
    assert n == 3
    assert text.startswith(
        "1 Mend: the price 4 of 12 people spoke badly of it, −0.25 on average in their words."
    )
    assert "2 Mend: the form, at s2" in text
    assert "At stake: conversion." in text
    assert "the queue" not in text
    assert "the staff" not in text


def test_numbers_that_disagree_and_surprises_fill_the_list_before_what_to_keep():
    book = owned("Sales", "Support")
    text, n = find(
        book,
        "Sales",
        opportunities(todo(1, "s0", 0, kind="keep", name="the staff")),
        numbers(("s0", "score", 4.5, 0, "disagree", "It is good and they feel bad."),
                ("s0", "other", 4.5, 0, "agree", "Fine."),
                ("s1", "theirs", 4.5, 1, "disagree", "No business of Sales.")),
        gaps("s0", 0.6, -0.2),
    )  # fmt: skip
    assert n == 3
    assert text.index("disagrees with the voices: score") < text.index("felt worse than")
    assert "Expected +0.60, felt −0.20 (−0.30 to −0.10)." in text
    assert "Keep: the staff 4 of 12 people spoke well of it, +0.25" in text
    assert "No business of Sales" not in text


def test_a_surprise_that_is_thin_or_within_the_interval_is_no_finding():
    book = owned("Sales")
    for more in ({"is_thin": True}, {"is_outside": False}):
        text, n = find(book, "Sales", surprises=gaps("s0", 0.6, -0.2, **more))
        assert n == 0
        assert "No finding stands out yet" in text


def test_a_machines_surprise_says_that_its_curve_is_flat():
    text, _ = find(owned("Sales"), "Sales", surprises=gaps("s0", 0.6, 0.1, method="machine"))
    assert "flatter than what people felt" in text


def test_the_headline_names_the_lowest_stage_as_settled_as_it_is():
    book = owned("Sales", "Sales", "Support")
    told = curve(book, s0=(0.2, 0.1, 0.3), s1=(-0.1, -0.3, 0.1), s2=(-0.9, -1.0, -0.8))
    assert team_blocks.team_headline(told, "Sales", ["s0", "s1"]) == (
        "Sales looks after s0 and s1. Lowest of them is s1: −0.10 (−0.30 to +0.10), its side not "
        "settled."
    )
    assert team_blocks.team_headline(told, "Support", ["s2"]).endswith("on the bad side.")
    silent = curve(book)
    assert "Nobody spoke of them yet" in team_blocks.team_headline(silent, "Sales", ["s0", "s1"])
    machine = team_blocks.team_headline(told.assign(method="machine"), "Support", ["s2"])
    assert machine.endswith("on the bad side, as a machine read it.")


def test_a_team_sees_its_own_stages_and_their_quotes_only():
    book = owned("Sales", "Support")
    told = curve(book, s0=(0.2, 0.1, 0.3), s1=(-0.1, -0.3, 0.1))
    said = check(
        pd.DataFrame([quote("u1", text="Mine."), quote("u2", stage="s1", text="Not mine.")]), QUOTES
    )
    more = check(
        pd.DataFrame(
            [
                {"theme": "t", "name": "the price", **quote("u1", text="Mine.")},
                {"theme": "t", "name": "the price", **quote("u3", text="Mine, too.")},
                {"theme": "o", "name": "other", **quote("u4", stage="s1", text="Not mine.")},
            ]
        ),
        DRIVER_QUOTES,
    )
    html = team_blocks.team_stages(told, said, METRICS.empty(), book, "Sales", more).html
    assert html.count("<p><bdi>Mine.</bdi></p>") == 1
    assert "Mine, too." in html
    assert "Not mine" not in html
    assert html.count("<section id=") == 1


def test_an_unknown_owner_is_refused_with_those_there_are():
    with pytest.raises(ReportError, match="the codebook names Sales and Support"):
        find(owned("Sales", "Support"), "Ops")
    with pytest.raises(ReportError, match="name owners in the codebook"):
        find(owned(""), "")


def test_hostile_words_stay_words_on_a_teams_page():
    book = owned(HOSTILE)
    told = curve(book, s0=(0.2, 0.1, 0.3))
    said = check(pd.DataFrame([quote("u1", text=HOSTILE)]), QUOTES)
    blocks = [
        team_blocks.team_stages(told, said, METRICS.empty(), book, HOSTILE),
        team_blocks.findings(
            opportunities(todo(1, "s0", 0, name=HOSTILE, owner=HOSTILE)), NUMBERS.empty(),
            GAPS.empty(), book, HOSTILE,
        ),
    ]  # fmt: skip
    for block in blocks:
        seen = Tags(block.html)
        assert not seen.open
        assert not {"script", "img"} & set(seen.tags)
        assert HOSTILE in seen.text


# -- the index ----------------------------------------------------------------------------------


def test_the_index_lists_what_is_there_and_nothing_else(study_folder, tmp_path):
    study = open_study(study_folder)
    for name in ("why.html", "team-sales.html", "mine & more.html", ".why.html.part"):
        (tmp_path / name).write_text("x")
    seen = Tags(pages.index(study, tmp_path).html)
    study.close()
    links = [v for t, a, v in seen.attributes if t == "a" and a == "href"]
    assert links == ["why.html", "team-sales.html", "./mine%20%26%20more.html"]


def test_every_link_is_a_file_beside_the_page():
    seen = Tags(pages.links(*(r.name for r in pages.REPORTS)).html)
    links = [v for t, a, v in seen.attributes if t == "a" and a == "href"]
    assert links == [*(r.file for r in pages.REPORTS), "index.html"]
    assert all(re.fullmatch(r"[a-z_]+\.html", v) for v in links)
    with pytest.raises(ReportError, match="no report 'nonsense'"):
        pages.links("nonsense")


def test_every_report_of_the_list_is_a_notebook_that_is_shipped():
    from journeyqual.scaffold import package_data

    there = {p.stem for p in package_data("notebooks").glob("*.ipynb")}
    wanted = {r.name for r in pages.REPORTS} - {"why", "segments"}
    assert wanted <= there


def test_runs_tell_what_moved_and_name_no_file():
    row = {
        "started_at": "2026-03-04T10:00:00+00:00", "finished_at": "", "outcome": "done",
        "interviews_in": 3, "units_coded": 90, "refused": 0,
    }  # fmt: skip
    detail = '{"read": ["Anna Secret.vtt"], "moved": ["s0: −0.10 before, +0.40 now"]}'
    table = check(
        pd.DataFrame([{"run": i, **row, "detail": detail if i == 2 else ""} for i in (1, 2)]), RUNS
    )
    text = shown(pages.runs(table).html)
    assert "2 2026-03-04 10:00 3 90 0 s0: −0.10 before, +0.40 now 1 2026-03-04" in text
    assert "Secret" not in text
    many = check(pd.DataFrame([{"run": i, **row, "detail": ""} for i in range(40)]), RUNS)
    assert "And 28 earlier" in pages.runs(many).html
    assert "No run has been written down" in pages.runs(RUNS.empty()).html


def test_a_study_of_one_wave_says_how_to_hear_another(study_folder):
    study = open_study(study_folder)
    assert "not parted into waves" in pages.waves(study).html
    study.close()


def test_waves_stand_with_their_people_lowest_and_highest(study_folder, tmp_path):
    study = open_study(study_folder)
    study.config = replace(study.config, period="town")
    text = shown(pages.waves(study).html)
    study.close()
    assert re.search(r"Eastmere 3 people .+? \(−0\.\d\d\) .+? \(\+0\.\d\d\)", text)


def test_the_index_is_a_whole_page_and_the_same_each_time(study_folder, tmp_path):
    study = open_study(study_folder)
    page = pages.write_index(study, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert pages.write_index(study, tmp_path).read_text(encoding="utf-8") == text
    study.close()
    assert text.startswith("<!DOCTYPE html>")
    assert "Content-Security-Policy" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert not list(tmp_path.glob("*.part"))


def test_who_did_not_agree_to_be_quoted_is_on_no_page(tmp_path):
    folder = make_study(tmp_path / "study")
    people = pd.read_csv(folder / "participants.csv")
    people["consent_quote"] = ["no" if p == "P03" else "yes" for p in people["participant"]]
    people.to_csv(folder / "participants.csv", index=False)
    study = open_study(folder)
    quotes = study.quotes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "team-mine.html").write_text("somebody's own page")
    stale = pages.write_index(study, tmp_path / "out").rename(tmp_path / "out" / "team-gone.html")
    written = pages.write_teams(study, tmp_path / "out")
    assert not stale.exists()
    assert (tmp_path / "out" / "team-mine.html").exists()
    grid = map_blocks.grid(study.curve(), study.codebook, quotes=quotes)
    study.close()
    texts = [grid.html, grid.markdown, *(page.read_text(encoding="utf-8") for page in written)]
    assert any("P01" in text for text in texts)
    assert not any("P03" in text for text in texts)


def test_pages_wear_the_studys_colours(study_folder, tmp_path):
    study = open_study(study_folder)
    study.config = replace(study.config, theme=Theme(accent="#7a1f5c"))
    written = [pages.write_index(study, tmp_path), *pages.write_teams(study, tmp_path)]
    study.close()
    assert all("#7a1f5c" in page.read_text(encoding="utf-8") for page in written)
