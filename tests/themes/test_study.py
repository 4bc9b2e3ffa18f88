"""The life of a study's themes: found once, kept, named, accepted, rejected, merged."""

import pandas as pd
import pytest

from journeyqual import open_study
from journeyqual.errors import InputError
from journeyqual.schema import OFF_JOURNEY, WHOLE_STUDY
from journeyqual.themes import Themes
from tests.coding.word_encoder import WordEncoder
from tests.small_study import CODEBOOK, run
from tests.store.made import interview
from tests.themes.made import people, said

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fake", "seen")]


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """No MiniLM and no spaCy; what a run does of itself is done here by hand."""
    monkeypatch.setattr("journeyqual.runs._themes", lambda study, result, tell: None)
    encoder = WordEncoder()
    monkeypatch.setattr("journeyqual.themes.study.load_encoder", lambda: encoder)
    monkeypatch.setattr("journeyqual.themes.study.noun_shares", lambda texts: {})


@pytest.fixture
def study(tmp_path):
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "codebook.toml").write_text(CODEBOOK)
    opened = open_study(tmp_path)
    yield opened
    opened.close()


def hear(study, names, topics=("brakes", "deposit", "app"), each=4):
    """Take in an interview each; the coders of a few lines put everything into "buying"."""
    for place, name in enumerate(names):
        tell(study, name, place, topics, each)
    run(study)


def tell(study, name, place, topics, each):
    """Take in an interview a topic, so that no unit has another topic beside it."""
    for topic in topics:
        lines = tuple(said(topic, turn + place) for turn in range(each))
        one = interview(f"{name}-{topic}", name, lines)
        study.store.add_interviews([one], source=one.name, sha256=one.name)


def topics_of(study, units):
    """Return theme -> the topics that its units are of."""
    names = study.units().set_index("unit_id")["interview"].str.split("-").str[-1]
    own = units[units["theme"] != ""]
    return own.groupby("theme")["unit_id"].agg(lambda ids: set(names[list(ids)]))


def count_looks(monkeypatch):
    from journeyqual.themes import finding

    real, calls = finding.clusters, []

    def counted(*args, **more):
        calls.append(len(args[0]))
        return real(*args, **more)

    monkeypatch.setattr(finding, "clusters", counted)
    return calls


def test_themes_of_the_study_and_of_its_stage(study):
    hear(study, people(6))
    out = Themes(study).discover()
    assert out["scope"].tolist() == [WHOLE_STUDY] * 3 + ["buying"] * 3
    assert set(out["status"]) == {"suggested"}
    assert (out["n_participants"] == 6).all()
    assert set(out["named_by"]) == {""}
    units = Themes(study).units("buying")
    assert set(units["scope"]) == {"buying"}
    assert len(units) == len(study.units())
    mine = units[units["theme"] != ""].groupby("theme").size()
    assert mine.to_dict() == out[out["scope"] == "buying"].set_index("theme")["n_units"].to_dict()
    why = Themes(study).reasons().set_index("scope")
    assert why.index.tolist() == ["using", "leaving", OFF_JOURNEY]
    assert why.loc["using", "reason"] == "fewer than 20 units"


def test_a_scope_is_looked_at_once(study, monkeypatch):
    hear(study, people(6))
    calls = count_looks(monkeypatch)
    first = Themes(study).discover()
    assert len(calls) == 2
    state = study.themes.state()
    told = []
    again = Themes(study).discover(lambda *step: told.append(step))
    Themes(study).update()
    assert len(calls) == 2
    assert told == []
    assert study.themes.state() == state
    pd.testing.assert_frame_equal(first, again)


def test_two_studies_of_the_same_talk_have_the_same_themes(study, tmp_path):
    hear(study, people(6))
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "study.toml").write_text("")
    (tmp_path / "two" / "codebook.toml").write_text(CODEBOOK)
    (tmp_path / "two" / "transcripts").mkdir()
    other = open_study(tmp_path / "two")
    for name in reversed(people(6)):
        tell(other, name, people(6).index(name), ("brakes", "deposit", "app"), 4)
    run(other)
    mine, theirs = Themes(study).discover(), Themes(other).discover()
    drop = ["found_at"]
    pd.testing.assert_frame_equal(mine.drop(columns=drop), theirs.drop(columns=drop))
    pd.testing.assert_frame_equal(Themes(study).units(), Themes(other).units())
    other.close()


def test_one_interview_more_moves_no_old_unit(study, monkeypatch):
    """Thirty interviews and then one: every old unit keeps its theme."""
    hear(study, people(30), each=2)
    Themes(study).discover()
    before = Themes(study).units()
    calls = count_looks(monkeypatch)
    hear(study, ["P31"], each=2)
    Themes(study).update()
    after = Themes(study).units()
    assert calls == []
    keys = ["unit_id", "scope"]
    both = before.merge(after, on=keys, suffixes=("", "_after"))
    assert len(both) == len(before)
    assert (both["theme"] == both["theme_after"]).all()
    new = after[~after["unit_id"].isin(before["unit_id"])]
    assert len(new) == 12
    assert (new["theme"] != "").sum() >= 8
    # New units join the theme of their topic.
    assert sorted(map(sorted, topics_of(study, after[after["scope"] == "buying"]))) == [
        ["app"], ["brakes"], ["deposit"],
    ]  # fmt: skip


def test_new_talk_proposes_a_theme_that_counts_once_it_is_accepted(study):
    hear(study, people(6))
    themes = Themes(study)
    themes.discover()
    before = themes.units()
    hear(study, [f"P{n}" for n in range(20, 27)], ["school"])
    made = themes.update()
    assert set(made["status"]) == {"proposed"}
    assert made["scope"].tolist() == [WHOLE_STUDY, "buying"]
    assert (made["n_participants"] == 7).all()
    assert set(made["round"]) == {2}
    new = themes.units("buying")
    theirs = new[~new["unit_id"].isin(before["unit_id"])]
    assert set(theirs["theme"]) == {""}
    theme = made["theme"].iloc[1]
    assert len(themes.quotes(theme)) == 3
    themes.accept(theme, by="ana")
    after = themes.units("buying")
    assert (after["theme"] == theme).sum() == made["n_units"].iloc[1]
    # And whoever had a theme has it still.
    old = after[after["unit_id"].isin(before["unit_id"])]
    same = before[before["scope"] == "buying"]
    assert old["theme"].tolist() == same["theme"].tolist()
    # Nothing new is proposed of the same.
    assert len(themes.update()) == 1


def test_later_units_join_a_proposed_theme_and_wait_with_it(study):
    hear(study, people(6))
    themes = Themes(study)
    themes.discover()
    hear(study, [f"P{n}" for n in range(20, 27)], ["school"])
    theme = themes.update()["theme"].iloc[1]
    before = int(themes.table().set_index("theme").at[theme, "n_units"])
    hear(study, ["P40"], ["school"])
    themes.update()
    assert int(themes.table().set_index("theme").at[theme, "n_units"]) > before
    themes.reject(theme, by="ana")
    assert theme not in set(themes.units()["theme"])
    # Rejected: what is said of it is neither left over nor proposed again.
    hear(study, [f"P{n}" for n in range(50, 60)], ["school"])
    assert "buying" not in set(themes.update()["scope"])
    themes.accept(theme, by="bo")
    assert themes.table().set_index("theme").at[theme, "n_units"] >= before + 20
    assert (themes.units()["theme"] == theme).sum() >= before + 20


def test_a_name_is_a_persons_and_none_is_lost(study):
    hear(study, people(6))
    themes = Themes(study)
    theme = themes.discover()["theme"].iloc[0]
    suggested = themes.table()["name"].iloc[0]
    themes.name(theme, "  The brakes\n squeal ", by="Ana María")
    row = themes.table().set_index("theme").loc[theme]
    assert (row["name"], row["named_by"]) == ("The brakes squeal", "human:ana-maría")
    assert row["status"] == "suggested"
    themes.name(theme, "Brakes", by="bo")
    themes.define(theme, "Noise and wear of brakes; not the price of mending them.", by="bo")
    row = themes.table().set_index("theme").loc[theme]
    assert (row["name"], row["named_by"]) == ("Brakes", "human:bo")
    assert row["definition"].startswith("Noise and wear")
    said_so = study.store.themes.events()
    assert said_so["value"].tolist()[:2] == ["The brakes squeal", "Brakes"]
    assert study.store.themes.found().set_index("theme").at[theme, "name"] == suggested


def test_a_rejected_theme_has_no_units_until_it_is_accepted(study):
    hear(study, people(6))
    themes = Themes(study)
    table = themes.discover()
    theme, n = table["theme"].iloc[0], table["n_units"].iloc[0]
    before = themes.units()
    themes.reject(theme, by="ana")
    assert themes.table(status="rejected")["theme"].tolist() == [theme]
    # The table still says how much it was.
    assert themes.table(status="rejected")["n_units"].tolist() == [n]
    assert theme not in set(themes.table(status=("suggested", "accepted"))["theme"])
    mine = themes.units()
    assert theme not in set(mine["theme"])
    assert len(mine) == len(before)
    themes.accept(theme, by="ana")
    pd.testing.assert_frame_equal(themes.units(), before)


def test_a_merged_theme_counts_for_the_other(study):
    hear(study, people(6))
    themes = Themes(study)
    table = themes.discover()
    a, b, c = table["theme"].iloc[:3]
    total = int(table["n_units"].iloc[:2].sum())
    before = themes.units()
    themes.merge(a, b, by="ana")
    assert a not in set(themes.table()["theme"])
    assert int(themes.table().set_index("theme").at[b, "n_units"]) == total
    # Its quotes are still at hand, after the other's own.
    assert len(themes.quotes(a, n=20)) == len(themes.quotes(b, n=20)) > 8
    # Later units that are near to either join the one that stands.
    hear(study, ["P30"])
    themes.update()
    assert a not in set(themes.units()["theme"])
    assert (themes.units()["theme"] == b).sum() > total
    with pytest.raises(InputError, match="was merged into"):
        themes.name(a, "New")
    with pytest.raises(InputError, match="was merged into"):
        themes.merge(b, a)
    themes.merge(b, c, by="ana")
    assert set(themes.units(WHOLE_STUDY)["theme"]) - {""} == {c}
    themes.merge(b, b, by="ana")
    themes.merge(a, a, by="ana")
    after = themes.units()
    held = after[after["unit_id"].isin(before["unit_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(held, before)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda t, a, b: t.name("nothere", "x"), "there is no theme 'nothere'"),
        (lambda t, a, b: t.accept(a[:-1]), "did you mean"),
        (lambda t, a, b: t.name(a, " \n\t "), "the name is blank"),
        (lambda t, a, b: t.name(a, "\u202e\u200b"), "the name is blank"),
        (lambda t, a, b: t.name(a, "x" * 121), "has 121 characters"),
        (lambda t, a, b: t.merge(a, b), "merge themes of one scope"),
        (lambda t, a, b: t.quotes("nothere"), "there is no theme"),
        (lambda t, a, b: t.reject(a, by="!!"), "name"),
    ],
)
def test_what_cannot_be_said_is_one_clear_error(study, act, message):
    hear(study, people(6))
    themes = Themes(study)
    table = themes.discover()
    state = themes.state()
    with pytest.raises(InputError, match=message):
        act(themes, table["theme"].iloc[0], table["theme"].iloc[-1])
    assert themes.state() == state


def test_an_empty_study_has_no_themes(study):
    themes = Themes(study)
    assert themes.discover().empty
    assert themes.update().empty
    assert themes.table().empty
    assert themes.units().empty
    assert themes.reasons()["reason"].unique().tolist() == ["fewer than 20 units"]


def test_a_study_of_few_waits_unless_it_is_told_not_to(study):
    hear(study, people(4))
    themes = Themes(study)
    assert themes.discover().empty
    why = themes.reasons().set_index("scope")["reason"]
    assert why["buying"].startswith("fewer than 6 participants")
    assert study.store.themes.rounds().empty
    assert len(themes.discover(anyway=True)) == 6


def test_who_withdraws_is_in_no_count_and_who_may_not_be_quoted_in_no_quote(study):
    hear(study, people(7))
    themes = Themes(study)
    before = themes.discover()
    study.config.participants_file.write_text(
        "participant,consent_analyse,consent_quote\nP01,no,no\nP02,yes,no\n"
    )
    again = open_study(study.folder)
    themes = Themes(again)
    out = themes.table()
    assert out["theme"].tolist() == before["theme"].tolist()
    assert (out["n_participants"] == 6).all()
    of = again.units().set_index("unit_id")["participant"]
    assert "P01" not in set(of[themes.units()["unit_id"]])
    shown = {u for ids in out["representative"] for u in ids.split()}
    assert shown
    assert not {"P01", "P02"} & set(of[list(shown)])
    assert not {"P01", "P02"} & set(themes.quotes(out["theme"].iloc[0], n=8)["participant"])
    again.close()


def test_another_encoder_keeps_the_themes_and_makes_their_centres_anew(study, monkeypatch):
    hear(study, people(6))
    themes = Themes(study)
    themes.discover()
    before = themes.units()

    class Turned(WordEncoder):
        """The same vectors, turned round: no old centre is near to anything."""

        fingerprint = "0" * 16

        def encode(self, texts):
            return -super().encode(texts)

    turned = Turned()
    monkeypatch.setattr("journeyqual.themes.study.load_encoder", lambda: turned)
    hear(study, ["P09"])
    themes.update()
    after = themes.units()
    old = after[after["unit_id"].isin(before["unit_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, before)
    new = after[~after["unit_id"].isin(before["unit_id"])]
    assert (new["theme"] != "").mean() > 0.7


def test_a_renamed_stage_keeps_its_themes(study):
    hear(study, people(6))
    Themes(study).discover()
    mine = Themes(study).table(status="suggested")
    ids = mine.loc[mine["scope"] == "buying", "theme"].tolist()
    study.config.codebook_file.write_text(CODEBOOK.replace("buying", "ordering"))
    study.store.themes.rename_scopes({"buying": "ordering"})
    again = open_study(study.folder)
    run(again)
    out = Themes(again).table()
    assert out.loc[out["scope"] == "ordering", "theme"].tolist() == ids
    assert len(Themes(again).units("ordering")) == len(again.units())
    again.close()


def test_talk_off_the_journey_has_themes_of_its_own(study):
    hear(study, people(6))
    # People find that what is said of the app fits no stage.
    app = {"App", "Screen", "Login", "Password", "Pairing", "Bluetooth"}
    units = study.units()
    mine = units[units["text"].str.split().str[0].isin(app)]
    rows = [
        {"unit_id": u, "dimension": d, "value": v, "coder": "human:ana"}
        for u in units["unit_id"]
        for d, v in (
            ("stage", "" if u in set(mine["unit_id"]) else "using"),
            ("valence", "0.5"),
        )
    ]
    study.store.add_codings(pd.DataFrame(rows))
    themes = Themes(study)
    out = themes.discover()
    off = out[out["scope"] == OFF_JOURNEY]
    assert len(off) == 1
    assert set(themes.units(OFF_JOURNEY)["unit_id"]) == set(mine["unit_id"])
    assert "buying" not in set(out["scope"])
