"""The codebook's life: what changes, what that asks of codings, and a file that keeps its face."""

import itertools
import tomllib
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual import revision
from journeyqual.codebook import from_dict, load
from journeyqual.errors import ConfigError
from journeyqual.revision import Rule
from journeyqual.scaffold import package_data

ANA, BEN, MACHINE = "human:ana", "human:ben", "model:m@1"


def book(version="1", **stages):
    """Make a codebook of stages from name=definition, or name=dict of fields."""
    rows = [
        {"name": name, **({"definition": said} if isinstance(said, str) else said)}
        for name, said in stages.items()
    ]
    return from_dict({"name": "Mini", "version": version, "stage": rows})


def key(one):
    return f"{one.version}+{one.fingerprint}"


def codings(*rows):
    names = ["unit_id", "value", "coder", "codebook_version", "status", "memo", "origin"]
    padded = [(*row, *("", "accepted", "", "")[len(row) - 3 :]) for row in rows]
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in padded]).assign(
        dimension="stage"
    )


# -- what changed ------------------------------------------------------------------------------


def test_every_field_that_people_code_by_is_a_change_and_nothing_else_is():
    fields = {
        "brief": "b", "definition": "d", "include": ["i"], "exclude": ["e"], "examples": ["x"],
        "touchpoints": [{"name": "desk", "channel": "in person"}],
        "owner": "Sales", "side": "buyer", "expected_valence": 0.5,
    }  # fmt: skip
    old = book(a=fields)
    for field, value in {
        "brief": "c", "definition": "c", "include": ["i", "j"], "exclude": [], "examples": ["y"],
    }.items():  # fmt: skip
        assert revision.changed(old, book(a={**fields, field: value})) == {("stage", "a"): field}
    for field, value in {
        "owner": "Shop", "side": "customer", "expected_valence": -1,
        "touchpoints": [{"name": "desk", "channel": "shop"}],
    }.items():  # fmt: skip
        assert revision.changed(old, book(a={**fields, field: value})) == {}
    assert revision.changed(old, book(a={**fields, "touchpoints": ["desk", "till"]})) == {
        ("stage", "a"): "touchpoints",
        ("touchpoint", "till"): "new",
    }


def test_spacing_and_the_order_of_entries_change_no_meaning():
    old = book(a={"definition": "One two.", "include": ["x", "y"]}, b="")
    assert (
        revision.changed(
            old, book(b="", a={"definition": "One\n  two.", "include": ["y", "x"]}, version="2")
        )
        == {}
    )


def test_an_emotion_that_gathers_other_labels_is_changed():
    data = {"stage": [{"name": "a"}]}
    old = from_dict({**data, "emotion": [{"name": "joy", "fine": ["joy", "love"]}]})
    new = from_dict({**data, "emotion": [{"name": "joy", "fine": ["joy"]}, {"name": "love"}]})
    assert revision.changed(old, new) == {("emotion", "joy"): "labels", ("emotion", "love"): "new"}


def test_history_tells_a_rename_from_a_stage_gone_and_another_new():
    one = book("1", a={"definition": "A.", "owner": "Sales"}, b="B.")
    two = book("2", a={"definition": "A.", "owner": "Shop"}, c="B!")
    books = {"1": one, "2": two}
    plain = revision.history(books)
    told = revision.history(books, {"2": [Rule("rename", "b", ("c",))]})
    columns = ["value", "field", "before", "after"]
    assert plain[columns].to_numpy().tolist() == [
        ["a", "owner", "Sales", "Shop"],
        ["b", "gone", "", ""],
        ["c", "new", "", ""],
    ]
    assert told[columns].to_numpy().tolist() == [
        ["b", "rename", "b", "c"],
        ["a", "owner", "Sales", "Shop"],
        ["c", "definition", "B.", "B!"],
    ]
    assert set(told["version"]) == {"2"}
    assert set(told["previous"]) == {"1"}


def test_history_shows_a_new_order_and_nothing_of_a_single_version():
    one, two = book(a="", b=""), book(b="", a="")
    assert revision.history({"1": one}).empty
    assert revision.history({"1": one, "2": two})[
        ["field", "before", "after"]
    ].to_numpy().tolist() == [["order", "a, b", "b, a"]]


# -- flags -------------------------------------------------------------------------------------

OLD = book("1", a="A.", b="B.", c="C.")
NOW = book("2", a="A!", b="B.")
BOOKS = {key(OLD): OLD, key(NOW): NOW}


def flagged(table, books=BOOKS, now=NOW):
    found = revision.flags(table, books, now)
    return found[["unit_id", "coder", "value", "what"]].to_numpy().tolist()


def test_only_codings_whose_own_code_changed_are_flagged():
    table = codings(
        ("u1", "a", ANA, key(OLD)), ("u2", "b", ANA, key(OLD)), ("u3", "c", BEN, key(OLD)),
        ("u4", "a", MACHINE, key(OLD)), ("u5", "", ANA, key(OLD)),
        ("u6", "a", ANA, key(OLD), "rejected"),
    )  # fmt: skip
    assert flagged(table) == [["u1", ANA, "a", "definition"], ["u3", BEN, "c", "gone"]]
    made = revision.flags(table, BOOKS, NOW)["made_under"]
    assert made.tolist() == [key(OLD), key(OLD)]


def test_saying_it_again_clears_the_flag_and_only_ones_own():
    table = codings(
        ("u1", "a", ANA, key(OLD)), ("u1", "a", BEN, key(OLD)), ("u1", "a", ANA, key(NOW))
    )
    assert flagged(table) == [["u1", BEN, "a", "definition"]]


def test_a_codebook_that_is_not_kept_flags_only_what_is_gone():
    table = codings(("u1", "a", ANA, "0+ffffffffffff"), ("u2", "z", ANA, ""), ("u3", "b", ANA, ""))
    assert flagged(table) == [["u2", ANA, "z", "gone; made under a codebook that is not kept"]]


def test_the_same_words_under_another_number_flag_nothing():
    again = replace(NOW, version="7")
    assert flagged(codings(("u1", "a", ANA, f"9+{NOW.fingerprint}")), now=again) == []


def test_a_definition_changed_back_flags_nothing():
    back = book("3", a="A.", b="B.", c="C.")
    table = codings(("u1", "a", ANA, key(OLD)), ("u2", "a", ANA, key(NOW)))
    assert flagged(table, {**BOOKS, key(back): back}, back) == [["u2", ANA, "a", "definition"]]


def test_themes_and_memos_are_in_no_codebook_and_never_flagged():
    table = codings(("u1", "price", ANA, key(OLD))).assign(dimension="theme")
    assert flagged(table) == []


def carry(table, rule, version):
    return pd.concat([table, revision.recode(table, rule, version=version)], ignore_index=True)


def test_a_rename_neither_raises_nor_launders_a_flag():
    """Ana judged under the old definition, Ben under the new one; then the code gets a new name."""
    table = codings(("u1", "a", ANA, key(OLD)), ("u2", "a", BEN, key(NOW)))
    third = book("3", aa="A!", b="B.")
    books = {**BOOKS, key(third): third}
    after = carry(table, Rule("rename", "a", ("aa",)), key(third))
    found = revision.flags(after, books, third)
    assert found[["unit_id", "value", "made_under", "what"]].to_numpy().tolist() == [
        ["u1", "aa", key(OLD), "definition"]
    ]
    fourth = book("4", aa="Another.", b="B.")
    assert [row[0] for row in flagged(after, {**books, key(fourth): fourth}, fourth)] == [
        "u1",
        "u2",
    ]
    again = pd.concat([after, codings(("u1", "aa", ANA, key(third)))])
    assert flagged(again, books, third) == []


def test_a_definition_changed_together_with_the_name_is_flagged():
    second = book("2", aa="Something else.", b="B.", c="C.")
    books = {key(OLD): OLD, key(second): second}
    after = carry(codings(("u1", "a", ANA, key(OLD))), Rule("rename", "a", ("aa",)), key(second))
    assert flagged(after, books, second) == [["u1", ANA, "aa", "definition"]]


def test_a_merge_keeps_older_flags_and_raises_none_for_what_was_merged():
    table = codings(
        ("u1", "a", ANA, key(OLD)), ("u2", "a", ANA, key(NOW)), ("u3", "b", ANA, key(NOW))
    )
    third = book("3", b={"definition": "B.", "include": ["what a was"]})
    after = carry(table, Rule("merge", "a", ("b",)), key(third))
    assert flagged(after, {**BOOKS, key(third): third}, third) == [
        ["u3", ANA, "b", "include"],
        ["u1", ANA, "b", "definition"],
    ]


def test_a_split_by_default_stays_flagged_until_somebody_decides():
    third = book("3", a1="A!", a2="A!", b="B.")
    books = {**BOOKS, key(third): third}
    rule = Rule("split", "a", ("a1", "a2"), "a1")
    after = carry(codings(("u1", "a", ANA, key(NOW))), rule, key(third))
    assert flagged(after, books, third) == [["u1", ANA, "a1", "split, and nobody has decided"]]
    decided = pd.concat([after, codings(("u1", "a2", ANA, key(third)))])
    assert flagged(decided, books, third) == []


# -- codings follow ----------------------------------------------------------------------------


def test_peoples_latest_codings_follow_with_coder_and_memo():
    table = codings(
        ("u1", "a", ANA, "1", "accepted", "Was it?"), ("u1", "a", BEN, "1"),
        ("u2", "a", ANA, "1"), ("u2", "b", ANA, "1"), ("u3", "a", MACHINE, "1"),
        ("u4", "a", ANA, "1", "rejected"),
    )  # fmt: skip
    rows = revision.recode(table, Rule("merge", "a", ("b",)), version="2+x")
    assert rows[["unit_id", "value", "coder", "memo", "origin"]].to_numpy().tolist() == [
        ["u1", "b", ANA, "Was it? [merged from a]", "merge"],
        ["u1", "b", BEN, "[merged from a]", "merge"],
    ]
    assert set(rows["codebook_version"]) == {"2+x"}
    assert set(rows["coded_at"]) == {""}


def test_a_rejection_follows_a_new_name_but_no_merge_and_a_cleared_word_follows_nothing():
    table = codings(
        ("u1", "a", ANA, "1", "rejected"), ("u2", "a", ANA, "1", "rejected", "", "clear")
    )
    rows = revision.recode(table, Rule("rename", "a", ("b",)), version="2")
    assert rows[["unit_id", "value", "status"]].to_numpy().tolist() == [["u1", "b", "rejected"]]
    assert revision.recode(table, Rule("merge", "a", ("b",)), version="2").empty


def test_carrying_twice_adds_nothing():
    table = codings(("u1", "a", ANA, "1"), ("u2", "b", BEN, "1"))
    rules = (Rule("rename", "a", ("c",)), Rule("merge", "c", ("b",)))
    once = revision.recode(table, *rules, version="2")
    assert once[["unit_id", "value", "memo", "origin"]].to_numpy().tolist() == [
        ["u1", "b", "[renamed from a] [merged from c]", "merge"]
    ]
    assert revision.recode(pd.concat([table, once]), *rules, version="2").empty


def test_what_was_said_under_the_new_codebook_is_not_carried():
    """A stage is renamed, and another takes its old name, in one go."""
    table = codings(("u1", "a", ANA, "1"), ("u2", "a", ANA, "2"))
    rows = revision.recode(table, Rule("rename", "a", ("b",)), version="2")
    assert rows[["unit_id", "value"]].to_numpy().tolist() == [["u1", "b"]]


def test_two_stages_can_change_their_names():
    table = codings(("u1", "a", ANA, "1"), ("u2", "b", ANA, "1"))
    swap = [Rule("rename", x, (y,)) for x, y in (("a", "t"), ("b", "a"), ("t", "b"))]
    rows = revision.recode(table, *swap, version="2").sort_values("unit_id")
    assert rows[["unit_id", "value"]].to_numpy().tolist() == [["u1", "b"], ["u2", "a"]]


def test_a_split_is_for_people_to_decide():
    table = codings(("u1", "a", ANA, "1+x"), ("u2", "a", BEN, "1+x", "rejected"), ("u3", "b", BEN))
    rule = Rule("split", "a", ("a1", "a2"))
    assert revision.recode(table, rule, version="2").empty
    assert revision.to_decide(table, rule).to_numpy().tolist() == [
        ["u1", ANA, "a", "", "1+x", "a1, a2"]
    ]
    assert revision.to_decide(table, Rule("rename", "a", ("c",))).empty
    with pytest.raises(ConfigError, match="not split into 'c'; the parts are a1, a2"):
        revision.recode(table, replace(rule, default="c"), version="2")


def test_how_many_codings_each_stage_bears():
    table = codings(
        ("u1", "a", ANA), ("u1", "a", BEN), ("u2", "a", ANA), ("u3", "b", ANA),
        ("u3", "a", ANA), ("u4", "", ANA), ("u5", "a", MACHINE),
    )  # fmt: skip
    found = revision.borne(table)
    assert found.to_dict("index") == {"a": {"codings": 4, "people": 2}}


def test_rules_come_back_from_the_line_they_are_kept_in():
    rules = (Rule("merge", 'a "quoted"', ("b",)), Rule("split", "c", ("d", "é"), "é"))
    assert revision.read(revision.written([*rules, Rule()])) == rules
    assert revision.written([Rule()]) == ""
    for line in ("", "null", "[1]", '[{"kind": 3}]', "{}"):
        assert revision.read(line) == ()


# -- the file ----------------------------------------------------------------------------------

TEXT = '''# Our journey, agreed in May.
name = "Bikes"   # working title
version = "3"

# ---- before they buy ----

# Marketing asked for this one.
[[stage]]
name = "looking"  # was: searching
definition = """
Looking around,
[[stage]] is no header here."""
include = [
  "an advert",   # often
  # seldom:
  "a friend",
]
exclude = ["weighing: use 'choosing'"]
touchpoints = [{ name = "web", channel = "online" }, { name = "shop" }]
owner = "Marketing"

# ---- after ----

[[stage]]
name = "riding"
expected_valence = 0.5   # a guess

[[stage.touchpoints]]
name = "bike"

[[emotion]]
name = "joy"
fine = ["joy", "love"]

# The last one.
[[stage]]
name = "leaving"
'''


def lines_of(text):
    return [line for line in text.splitlines() if line.strip()]


def test_an_edit_touches_the_version_and_its_own_lines_only():
    text, rule = revision.edit_stage(TEXT, "looking", owner="Sales", brief="first contact")
    assert rule == Rule()
    expected = TEXT.replace('version = "3"', 'version = "4"').replace(
        'owner = "Marketing"\n', 'owner = "Sales"\nbrief = "first contact"\n'
    )
    assert text == expected


def test_entries_of_a_list_keep_their_lines_and_comments():
    text, _ = revision.edit_stage(TEXT, "looking", include=["an advert", "a fair", "a friend"])
    assert revision.parse(text).stage("looking").include == ("an advert", "a fair", "a friend")
    for kept in ('  "an advert",   # often', "  # seldom:", '"a friend"'):
        assert kept in text


def test_comments_at_the_end_of_a_line_stay_with_the_value_that_changes():
    text, _ = revision.edit_stage(TEXT, "riding", expected_valence=-0.25)
    assert "expected_valence = -0.25   # a guess" in text
    text, _ = revision.rename_stage(TEXT, "looking", "noticing")
    assert 'name = "noticing"  # was: searching' in text
    assert tomllib.loads(text)["name"] == "Bikes"


def test_fields_are_taken_away_and_touchpoints_written_anew():
    text, _ = revision.edit_stage(
        TEXT, "riding", expected_valence=None, touchpoints=[{"name": "app", "channel": "phone"}]
    )
    stage = revision.parse(text).stage("riding")
    assert stage.expected_valence is None
    assert [(p.name, p.channel) for p in stage.touchpoints] == [("app", "phone")]
    text, _ = revision.edit_stage(TEXT, "looking", definition="", exclude=[])
    assert revision.parse(text).stage("looking").definition == ""


def test_an_edit_that_changes_nothing_is_no_new_version():
    same, rule = revision.edit_stage(
        TEXT, "looking", owner=" Marketing ", include=["an advert", "a friend"]
    )
    assert (same, rule) == (TEXT, Rule())
    assert revision.move_stage(TEXT, "riding", 1)[0] == TEXT
    assert revision.rename_stage(TEXT, "riding", "riding")[0] == TEXT


def test_stages_move_with_their_comments_and_headings_stay():
    text, rule = revision.move_stage(TEXT, "leaving", 0)
    assert rule == Rule()
    assert revision.parse(text).stage_names == ("leaving", "looking", "riding")
    lines = lines_of(text)
    assert lines[lines.index("# The last one.") + 2] == 'name = "leaving"'
    assert sorted(lines) == sorted(lines_of(TEXT.replace('"3"', '"4"')))
    text, _ = revision.move_stage(TEXT, "looking", 1)
    lines = lines_of(text)
    assert lines.index("# ---- before they buy ----") < lines.index("# ---- after ----")
    assert lines.index("# ---- after ----") < lines.index("# Marketing asked for this one.")
    with pytest.raises(ConfigError, match="no place 3; places are 0 to 2"):
        revision.move_stage(TEXT, "leaving", 3)


def test_moving_there_and_back_gives_the_file_again():
    sample = (package_data("data") / "codebooks" / "subscription.toml").read_text(encoding="utf-8")
    names = revision.parse(sample).stage_names
    for name, to in itertools.product(names, range(len(names))):
        there, _ = revision.move_stage(sample, name, to)
        back, _ = revision.move_stage(there, name, names.index(name))
        assert revision.with_version(back, "1") == sample


def test_a_stage_is_added_at_its_place_and_taken_out_again():
    text, _ = revision.add_stage(TEXT, "choosing", at=1, brief="weighing", include=["price"])
    assert revision.parse(text).stage_names == ("looking", "choosing", "riding", "leaving")
    assert revision.parse(text).stage("choosing").include == ("price",)
    without, rule = revision.remove_stage(text, "choosing")
    assert rule == Rule("remove", "choosing")
    assert revision.with_version(without, "3") == TEXT
    last, _ = revision.add_stage(TEXT.rstrip("\n"), "gone")
    assert revision.parse(last).stage_names[-1] == "gone"


def test_merging_unites_and_leaves_a_note_of_what_ended():
    text, rule = revision.merge_stages(TEXT, "looking", "riding")
    assert rule == Rule("merge", "looking", ("riding",))
    stage = revision.parse(text).stage("riding")
    assert stage.include == ("an advert", "a friend")
    assert stage.exclude == ()
    assert [p.name for p in stage.touchpoints] == ["bike", "web", "shop"]
    assert stage.expected_valence == 0.5
    lines = lines_of(text)
    at = lines.index("# Marketing asked for this one.")
    assert lines[at + 1] == (
        "# 'looking' was merged into this stage in version 4; its definition was: "
        "Looking around, [[stage]] is no header here."
    )
    assert lines[at + 2 : at + 4] == ["[[stage]]", 'name = "riding"']
    with pytest.raises(ConfigError, match="with itself"):
        revision.merge_stages(TEXT, "riding", "riding")


def test_the_parts_of_a_split_say_all_that_the_whole_said():
    text, rule = revision.split_stage(TEXT, "looking", ["advert", "friend"], default="friend")
    assert rule == Rule("split", "looking", ("advert", "friend"), "friend")
    book = revision.parse(text)
    assert book.stage_names == ("advert", "friend", "riding", "leaving")
    whole = revision.parse(TEXT).stage("looking")
    assert book.stage("friend") == replace(whole, name="friend")
    assert text.count("# Marketing asked for this one.") == 1
    for parts, why in ((["one"], "fewer than two"), (["riding", "x"], "two stages are called")):
        with pytest.raises(ConfigError, match=why):
            revision.split_stage(TEXT, "looking", parts)
    with pytest.raises(ConfigError, match="none of the parts; they are a, b"):
        revision.split_stage(TEXT, "looking", ["a", "b"], default="c")


def test_one_part_may_keep_the_name():
    text, rule = revision.split_stage(TEXT, "riding", ["riding", "parking"])
    assert revision.parse(text).stage_names == ("looking", "riding", "parking", "leaving")
    assert rule.new == ("riding", "parking")


@pytest.mark.parametrize(
    ("before", "after"),
    [("3", "4"), ("9", "10"), ("3.1", "3.2"), ("3.9", "3.10"), ("draft", "draft.2"),
     ("draft.2", "draft.3"), ("v2", "v3"), ("2026-05", "2026-05.2")],
)  # fmt: skip
def test_versions_count_up(before, after):
    text = TEXT.replace('"3"', f'"{before}"')
    assert revision.parse(revision.remove_stage(text, "riding")[0]).version == after


def test_a_version_that_is_a_number_or_missing_is_raised_too():
    assert 'version = "3.10"' in revision.remove_stage(TEXT.replace('"3"', "3.9"), "riding")[0]
    text, _ = revision.remove_stage(TEXT.replace('version = "3"\n', ""), "riding")
    assert revision.parse(text).version == "2"
    text, _ = revision.remove_stage('[[stage]]\nname = "a"\n[[stage]]\nname = "b"\n', "a")
    assert text == 'version = "2"\n\n[[stage]]\nname = "b"\n'


def test_a_file_with_windows_line_ends_keeps_them():
    text, _ = revision.move_stage(TEXT.replace("\n", "\r\n"), "leaving", 0)
    assert text.replace("\r\n", "\n") == revision.move_stage(TEXT, "leaving", 0)[0]
    assert text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda: revision.edit_stage(TEXT, "flying", brief="x"), "no stage 'flying'; it has"),
        (lambda: revision.edit_stage(TEXT, "riding", colour="x"), "unknown field 'colour'"),
        (lambda: revision.edit_stage(TEXT, "riding", name="x"), "rename the stage"),
        (lambda: revision.edit_stage(TEXT, "riding", side="left"), "use buyer or customer"),
        (lambda: revision.edit_stage(TEXT, "riding", expected_valence=2), "from -1 to 1"),
        (lambda: revision.edit_stage(TEXT, "riding", brief="\ud800"), "half a character"),
        (lambda: revision.rename_stage(TEXT, "riding", "Leaving"), "two stages are called"),
        (lambda: revision.rename_stage(TEXT, "riding", "  "), "has no name"),
        (lambda: revision.add_stage(TEXT, "riding"), "two stages are called"),
        (lambda: revision.remove_stage('[[stage]]\nname = "a"', "a"), "has no stage"),
        (lambda: revision.remove_stage('stage = [{name = "a"}, {name = "b"}]', "a"), r"\[\[stage"),
        (lambda: revision.remove_stage("[[stage]\n", "a"), "not valid TOML"),
    ],
)
def test_what_would_spoil_the_codebook_is_refused_in_one_line(change, why):
    with pytest.raises(ConfigError, match=why) as caught:
        change()
    assert "\n" not in str(caught.value)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LISTS = st.lists(TEXTS, max_size=4)


@settings(deadline=None, max_examples=150)
@given(
    definition=TEXTS,
    include=LISTS,
    owner=TEXTS,
    points=st.lists(TEXTS, max_size=3, unique_by=str.casefold),
)
def test_whatever_is_typed_is_what_the_file_says(definition, include, owner, points):
    points = list({p.strip().casefold(): p for p in points if p.strip()}.values())
    text, _ = revision.edit_stage(
        TEXT, "looking", definition=definition, include=include, owner=owner,
        touchpoints=[{"name": p, "channel": owner} for p in points],
    )  # fmt: skip
    stage = revision.parse(text).stage("looking")
    assert stage.definition == definition.strip()
    assert stage.include == tuple(i.strip() for i in include if i.strip())
    assert [p.name for p in stage.touchpoints] == [p.strip() for p in points]
    assert "# Marketing asked for this one." in text
    assert revision.parse(text).emotions == revision.parse(TEXT).emotions


@settings(deadline=None, max_examples=100)
@given(before=LISTS, after=LISTS)
def test_any_list_becomes_any_other(before, after):
    text, _ = revision.edit_stage(TEXT, "riding", examples=before)
    text, _ = revision.edit_stage(text, "riding", examples=after)
    assert revision.parse(text).stage("riding").examples == tuple(
        a.strip() for a in after if a.strip()
    )


# -- on the disk -------------------------------------------------------------------------------


def test_a_file_is_saved_whole_and_only_over_what_was_read(tmp_path):
    path = tmp_path / "codebook.toml"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    path.chmod(0o640)
    text, print_ = revision.opened(path)
    new, _ = revision.edit_stage(text, "riding", owner="Prodüct")
    saved = revision.save(path, new, print_)
    assert path.read_bytes()[:3] == b"\xef\xbb\xbf"
    assert revision.opened(path) == (new, saved)
    assert load(path).stage("riding").owner == "Prodüct"
    assert path.stat().st_mode & 0o777 == 0o640
    with pytest.raises(ConfigError, match="somebody else meanwhile; open it again"):
        revision.save(path, TEXT, print_)
    assert revision.opened(path)[0] == new
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == ["codebook.toml"]


def test_what_is_no_codebook_is_never_written(tmp_path):
    path = tmp_path / "codebook.toml"
    path.write_text(TEXT, encoding="utf-8")
    _, print_ = revision.opened(path)
    with pytest.raises(ConfigError, match="no stage"):
        revision.save(path, 'name = "x"\n', print_)
    assert path.read_text(encoding="utf-8") == TEXT


def test_a_link_to_a_codebook_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "codebook.toml"
    path.write_text(TEXT, encoding="utf-8")
    link = tmp_path / "codebook.toml"
    link.symlink_to(path)
    text, print_ = revision.opened(link)
    revision.save(link, revision.remove_stage(text, "riding")[0], print_)
    assert link.is_symlink()
    assert load(path).stage_names == ("looking", "leaving")


def test_of_two_who_save_at_once_one_is_refused(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "codebook.toml"
    path.write_text(TEXT, encoding="utf-8")
    text, print_ = revision.opened(path)

    def write(i):
        try:
            revision.save(path, revision.edit_stage(text, "riding", owner=str(i))[0], print_)
        except ConfigError:
            return None
        return str(i)

    with ThreadPoolExecutor(8) as pool:
        done = [name for name in pool.map(write, range(8)) if name is not None]
    assert [load(path).stage("riding").owner] == done
