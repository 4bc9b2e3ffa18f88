"""What people coded goes where its words went, or is named as lost."""

import re
import time
from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual.anchors import COLUMNS, HOW, apart, journal, moved_spans, place
from journeyqual.errors import SchemaError
from journeyqual.schema import TURNS, UNITS, check
from journeyqual.units import from_turns, span_id, stored_text, unit_id


class Talk(NamedTuple):
    """An interview as it is stored."""

    turns: pd.DataFrame
    text: str
    units: pd.DataFrame


def by_full_stop(texts):
    """A splitter that needs no model."""
    return [[m.span() for m in re.finditer(r"[^.!?]+[.!?]*\s*|[.!?]+\s*", t)] for t in texts]


def one_by_one(turns):
    """Units of one sentence each, so that what a test expects can be seen in its words."""
    _, starts = stored_text(turns)
    rows = []
    for turn, start in zip(turns.itertuples(), starts, strict=True):
        for a, b in by_full_stop([turn.text])[0] if turn.role == "participant" else ():
            words = turn.text[a:b].strip()
            a += len(turn.text[a:b]) - len(turn.text[a:b].lstrip())
            if words:
                rows.append(unit("segment", start + a, words, turn.turn_index, order=len(rows)))
    return check(pd.DataFrame(rows, columns=UNITS.names), UNITS)


def unit(kind, start, words, turn_index=0, order=0):
    return {
        "unit_id": (span_id if kind == "span" else unit_id)("i", int(start), words),
        "interview": "i", "participant": "P01",
        "kind": kind, "turn_index": turn_index, "start_char": int(start),
        "end_char": int(start) + len(words), "text": words, "order": order,
        "start_s": float("nan"), "end_s": float("nan"),
    }  # fmt: skip


def talk(*said, cut=one_by_one, **more):
    """A talk from "P: words" and "I: words"."""
    roles = {"P": "participant", "I": "interviewer"}
    rows = [
        {
            "interview": "i", "participant": "P01", "turn_index": at,
            "speaker": {"P": "P01", "I": "Interviewer"}[line[0]], "role": roles[line[0]],
            "text": line[3:],
        }
        for at, line in enumerate(said)
    ]  # fmt: skip
    turns = check(pd.DataFrame(rows, columns=TURNS.names).assign(**more), TURNS)
    return Talk(turns, stored_text(turns)[0], cut(turns))


def span(of, words, nth=0):
    """A free span over the nth place where these words stand."""
    start = [m.start() for m in re.finditer(re.escape(words), of.text)][nth]
    return pd.DataFrame([unit("span", start, words)])


def placed(old, new, units=None):
    units = old.units if units is None else units
    out = place(units, old.text, new.units, new.text, old_turns=old.turns, new_turns=new.turns)
    assert list(out.columns) == list(COLUMNS)
    assert out["unit_id"].tolist() == units["unit_id"].tolist()
    assert out["how"].isin(HOW).all()
    assert ((out["how"] == "lost") == (out["to"] == "")).all()
    assert out["similarity"].between(0, 1).all()
    known = {*new.units["unit_id"], *moved_spans(out)["unit_id"]}
    for row in out[out["to"] != ""].itertuples():
        assert new.text[row.start_char : row.end_char] == row.text
        made = span_id if row.kind == "span" else unit_id
        assert row.to == made(row.interview, row.start_char, row.text)
        assert row.to in known
    return out


def went(old, new, units=None):
    """Old words to (how, new words)."""
    out = placed(old, new, units)
    return {row.was: (row.how, row.text) for row in out.itertuples()}


BIKE = (
    "I: How did it begin?",
    "P: I saw the shop from the tram. Yeah. It was closed that day.",
    "I: And then?",
    "P: Then I rang them. A tired man answered. Yeah.",
    "I: And today?",
    "P: Today the bike stands in the cellar. Yeah. I never ride it now.",
)


# -- segments -----------------------------------------------------------------------------------


def test_an_unchanged_text_keeps_every_id():
    out = placed(talk(*BIKE), talk(*BIKE))
    assert set(out["how"]) == {"same"}
    assert out["to"].tolist() == out["unit_id"].tolist()
    assert (out["similarity"] == 1).all()
    assert (out["reason"] == "").all()


def test_time_codes_change_no_id_and_are_there_afterwards():
    old = talk("P: It broke. I cried so.")
    new = talk("P: It broke. I cried so.", start_s=4.0, end_s=6.1)
    spans = span(old, "broke. I")
    out = placed(old, new, pd.concat([old.units, spans]))
    assert out["how"].tolist() == ["same", "same", "same"]
    # 21 characters in 2.1 seconds; "broke. I" is 3 to 11.
    assert moved_spans(out)[["start_s", "end_s"]].values.tolist() == [[4.3, 5.1]]


def test_a_mended_word_is_an_edit_and_says_how_much_is_alike():
    old = talk("I: Why?", "P: The bike brok down. I walked.")
    out = placed(old, talk("I: Why?", "P: The bike broke down. I walked."))
    assert out["how"].tolist() == ["edited", "same"]
    # The, bike, down and the full stop are 12 letters of 16 and of 17; "brok" has 4 in common
    # with "broke": (24 + 8) / 33.
    assert out["similarity"].tolist() == [pytest.approx(32 / 33, abs=5e-4), 1.0]
    assert out["text"].tolist() == ["The bike broke down.", "I walked."]
    assert out["start_char"].diff().iloc[1] == len("The bike broke down. ")


@pytest.mark.parametrize("gone", range(6))
def test_a_turn_removed_loses_its_units_and_no_others(gone):
    old, new = talk(*BIKE), talk(*(said for at, said in enumerate(BIKE) if at != gone))
    out = placed(old, new)
    inside = old.units["turn_index"] == gone
    assert (out["how"] == "lost").tolist() == inside.tolist()
    assert set(out.loc[inside, "reason"]) <= {"words are gone"}
    # A repeated "Yeah." stays with its neighbours.
    kept = out[~inside.to_numpy()]
    assert kept["to"].tolist() == new.units["unit_id"].tolist()


def test_a_repeated_sentence_goes_to_the_right_occurrence():
    asked = [line for n in range(4) for line in (f"I: Question {n}?", "P: Yeah.")]
    old = talk(*asked)
    fewer = talk(*asked[:2], *asked[4:])
    out = placed(old, fewer)
    assert out["how"].tolist() == ["same", "lost", "same", "same"]
    more = talk(*asked[:4], "I: Another?", "P: Yeah.", *asked[4:])
    assert placed(old, more)["to"].tolist() == more.units["unit_id"].iloc[[0, 1, 3, 4]].tolist()


def test_a_participants_yeah_does_not_go_to_the_interviewers():
    old = talk("P: It was late.", "I: Yeah.", "P: Yeah. We left then.")
    new = talk("P: It was late. Yeah. We left then.")
    out = placed(old, new)
    assert out["how"].tolist() == ["same"] * 3
    assert [*went(new, old).values()] == [
        ("same", "It was late."), ("same", "Yeah."), ("same", "We left then."),
    ]  # fmt: skip


def test_a_speaker_corrected_takes_the_words_from_the_participant():
    old = talk("P: I like it.", "P: So what do you make of the price of it?", "P: It is too dear.")
    new = talk("P: I like it.", "I: So what do you make of the price of it?", "P: It is too dear.")
    out = placed(old, new)
    assert out["how"].tolist() == ["same", "lost", "same"]
    assert out["reason"].tolist()[1] == "no longer the participant's"
    # The other way round, the interviewer's words become units, and no old unit is theirs.
    assert placed(new, old)["how"].tolist() == ["same", "same"]


def test_two_sentences_joined_go_together_and_it_is_said():
    old = talk("P: We waited. The van came late. Fine.")
    new = talk("P: We waited, the van came late. Fine.")
    out = placed(old, new)
    assert out["how"].tolist() == ["recut", "recut", "same"]
    assert out["to"].iloc[0] == out["to"].iloc[1] == new.units["unit_id"].iloc[0]
    assert set(out["reason"].iloc[:2]) == {"joined with words beside it; one unit with 1 other now"}


def test_a_sentence_cut_in_two_goes_to_the_greater_part():
    old = talk("P: We waited there and then the yellow van came.")
    new = talk("P: We waited there. And then the yellow van came.")
    out = placed(old, new)
    assert out["how"].tolist() == ["recut"]
    assert out["text"].tolist() == ["And then the yellow van came."]
    # "and then the yellow van came" has 23 letters of 36.
    assert out["reason"].tolist() == ["cut in 2: 64 % of its words are here"]


def test_a_turn_split_in_two_by_the_interviewer_keeps_every_sentence():
    old = talk("P: We waited. The van came late. Nobody rang.")
    new = talk("P: We waited.", "I: Mhm.", "P: The van came late. Nobody rang.")
    assert set(placed(old, new)["how"]) == {"same"}


def test_a_rewritten_passage_is_not_patched_together_from_its_small_words():
    old = talk("P: I rang the shop. And then it was over. We went home in the tram.")
    said = "The offer they made us and the price then, I thought it fair, since the bike was old."
    new = talk(f"P: I rang the shop. {said} We went home in the tram.")
    out = placed(old, new)
    assert out["how"].tolist() == ["same", "lost", "same"]


def test_a_segment_that_is_half_gone_is_lost_and_says_how_much_is_there():
    # 8 of 20 letters are left.
    old = talk("I: So?", "P: Abcd efgh ijklmnopqrst. Then we left.")
    out = placed(old, talk("I: So?", "P: Abcd efgh. Then we left."))
    assert out["how"].tolist() == ["lost", "same"]
    assert out["reason"].tolist()[0] == "only partly there (40 %)"
    assert out["similarity"].tolist()[0] == 0.4
    assert out[["start_char", "end_char"]].values.tolist()[0] == [-1, -1]


def test_an_id_that_another_unit_had_is_not_given_again():
    """The second "Yeah." comes to stand where the first stood, letter for letter."""
    old = talk("P: Ah.", "I: What is one?", "P: Yeah.", "I: What is two?", "P: Yeah.", "I: Ok.")
    new = talk("P: Ah.", "I: What is two?", "P: Yeah.", "I: Ok.")
    out = placed(old, new)
    assert out["how"].tolist() == ["same", "lost", "same"]
    # The second's new id is the id that the first had.
    assert out["to"].iloc[2] == out["unit_id"].iloc[1]
    told, units = apart(out, new.units)
    assert told["to"].tolist() == [out["to"].iloc[0], "", units["unit_id"].iloc[1]]
    assert not set(told["to"]) & {out["unit_id"].iloc[1]}
    assert units.drop(columns="unit_id").equals(new.units.drop(columns="unit_id"))
    # Nothing else is renamed, and an id that is barred is passed over.
    assert units["unit_id"].iloc[0] == new.units["unit_id"].iloc[0]
    _, again = apart(out, new.units, taken=units["unit_id"].iloc[1:])
    assert again["unit_id"].nunique() == 2
    assert again["unit_id"].iloc[1] not in {*units["unit_id"], *old.units["unit_id"]}


def test_another_splitter_places_by_words():
    old, new = talk(*BIKE), talk(*BIKE, cut=lambda t: from_turns(t, sentences=by_full_stop))
    out = placed(old, new)
    assert set(out["how"]) == {"recut"}
    assert out["to"].nunique() == 3
    for row in out.itertuples():
        assert row.was in row.text


# -- spans --------------------------------------------------------------------------------------


def test_spans_move_with_their_words_overlapping_or_not():
    old = talk("P: We waited. The van came late. Nobody rang.")
    new = talk("I: Tell me.", "P: Well. We waited. The van came late. Nobody rang.")
    units = pd.concat([span(old, "waited. The van"), span(old, "van came"), span(old, "an c")])
    out = placed(old, new, units)
    assert out["how"].tolist() == ["span"] * 3
    assert out["text"].tolist() == units["text"].tolist()
    assert (out["similarity"] == 1).all()
    spans = moved_spans(out)
    assert spans["kind"].tolist() == ["span"] * 3
    assert spans["turn_index"].tolist() == [1, 1, 1]
    # They start in the second, the third and the third segment.
    assert spans["order"].tolist() == [1, 2, 2]
    assert not set(spans["unit_id"]) & set(units["unit_id"])


@pytest.mark.parametrize(
    ("said", "words", "now"),
    [
        # A word inside, at the start, at the end is mended.
        ("The blak van came very late.", "blak van came", "black van came"),
        ("The black van caem very late.", "black van caem", "black van came"),
        ("The black vann came very late.", "black vann came", "black van came"),
        # A word is another word, of which half stands outside the span, too.
        ("The old van came very late.", "old van came", "black van came"),
        ("The black van arrived very late.", "black van arrived", "black van came"),
        ("The black lorry arrived very late.", "black lorry", None),
        # Words come in; the span takes in those inside, not those at its ends.
        ("The black van late.", "black van late", "black van came very late"),
        ("The van came very late.", "van came", "van came"),
        ("The black came very late.", "The black", "The black"),
        # The full stop belongs to it, and so does a blank before it.
        ("The black van came very late", "very late", "very late"),
        ("The black van came very late!", " late!", " late."),
        # Cut into words.
        ("The black van came very late.", "lack van ca", "lack van ca"),
        ("The blakc van came very late.", "akc van", "ack van"),
    ],
)
def test_a_span_s_ends_follow_their_words(said, words, now):
    old, new = talk(f"P: {said}"), talk("I: So?", "P: The black van came very late.")
    assert went(old, new, span(old, words))[words] == (
        ("lost", "") if now is None else ("span", now)
    )


def test_a_span_whose_words_are_half_gone_is_lost_not_stretched():
    old = talk("P: Now abcd ijklmn opqr. It stood there.")
    new = talk("P: Now abcd. It stood there.")
    out = placed(old, new, pd.concat([span(old, "abcd ijklmn"), span(old, "ijklmn opqr")]))
    assert out["reason"].tolist() == ["only partly there (40 %)", "words are gone"]
    assert len(moved_spans(out)) == 0


def test_a_span_cut_by_the_interviewer_keeps_its_greater_part():
    old = talk("P: We waited in vain. The van came.")
    new = talk("P: We waited in vain.", "I: Mhm.", "P: The van came.")
    out = placed(old, new, span(old, "in vain. The van came"))
    assert out["text"].tolist() == ["The van came"]
    # 10 letters of 16.
    assert out["reason"].tolist() == ["cut by another turn: 62 % of its words are here"]


def test_a_span_over_two_turns_stays_one():
    old = talk("P: We waited.", "I: How long?", "P: An hour.")
    new = talk("P: Well. We waited.", "I: How long then?", "P: An hour.")
    words = "waited.\n\nInterviewer: How long?\n\nP01: An"
    assert went(old, new, span(old, words))[words] == ("span", words.replace("long", "long then"))


def test_an_interviewers_words_may_bear_a_span():
    old = talk("I: How long did you wait?", "P: An hour.")
    new = talk("P: Hello there.", "I: How long did you wait?", "P: An hour.")
    assert went(old, new, span(old, "long did"))["long did"] == ("span", "long did")


def test_spans_without_words_stand_between_the_same_neighbours():
    old, new = talk("P: We waited. Long."), talk("P: Well. We waited. Long.")
    assert went(old, new, span(old, " ", nth=2))[" "] == ("span", " ")
    assert went(old, talk("P: We waited. So long."), span(old, " ", nth=2))[" "] == ("lost", "")


def test_a_span_that_is_now_a_whole_segment_stays_a_span():
    old, new = talk("P: We waited and the van came."), talk("P: We waited. And. The van came.")
    out = placed(old, new, span(old, "the van came."))
    assert out["text"].tolist() == ["The van came."]
    assert moved_spans(out)["unit_id"].tolist() == out["to"].tolist()
    assert out["to"].iloc[0] not in set(new.units["unit_id"])


def test_two_spans_that_become_the_same_words_are_one():
    old, new = talk("P: A long grey lorry of theirs came."), talk("P: A long lorry of theirs came.")
    out = placed(
        old,
        new,
        pd.concat([span(old, "long grey lorry"), span(old, "grey lorry")]),
    )
    assert out["text"].tolist() == ["long lorry", "lorry"]
    old, new = talk("P: Um the lorry came."), talk("P: The lorry came.")
    out = placed(old, new, pd.concat([span(old, "Um the lorry"), span(old, "the lorry")]))
    assert out["to"].nunique() == 1
    assert set(out["reason"]) == {"one unit with 1 other now"}
    assert len(moved_spans(out)) == 1


def test_offsets_are_code_points():
    """An emoji is one, a family of them five, a letter with a loose accent two."""
    before = "\U0001f602\U0001f468\u200d\U0001f469\u200d\U0001f467 q\u0302a."
    old = talk("P: We waited. q\u0302u \U0001f602 it rang.")
    new = talk(f"P: {before} We waited. q\u0302u \U0001f602 it rang.")
    units = pd.concat([old.units, span(old, "u \U0001f602 it")])
    out = placed(old, new, units)
    assert len(before) == 11
    assert (out["start_char"].to_numpy() - units["start_char"].to_numpy()).tolist() == [12] * 3
    assert out["text"].tolist() == units["text"].tolist()


def test_an_emoji_and_dots_alone_are_placed():
    old = talk("P: \U0001f602", "I: So?", "P: ...", "I: Well?")
    new = talk("I: Hello.", "P: \U0001f602", "I: So?", "P: ...", "I: Well?")
    assert placed(old, new)["how"].tolist() == ["same", "same"]


# -- what is refused ----------------------------------------------------------------------------


def test_units_that_are_not_of_their_text_are_refused():
    old, new = talk("P: We waited."), talk("P: We waited long.")
    with pytest.raises(SchemaError, match="has other words than its text"):
        place(new.units, old.text, new.units, new.text, old_turns=old.turns, new_turns=new.turns)
    with pytest.raises(SchemaError, match="the new turns do not make the new text"):
        place(old.units, old.text, new.units, new.text, old_turns=old.turns, new_turns=old.turns)
    two = pd.concat([old.units, old.units.assign(interview="j", unit_id="u")])
    with pytest.raises(SchemaError, match="of 2 interviews"):
        place(two, old.text, new.units, new.text, old_turns=old.turns, new_turns=new.turns)


def test_nothing_to_place_is_an_empty_table():
    old = talk("P: We waited.")
    assert len(placed(old, talk("I: Go on."), old.units.iloc[:0])) == 0
    assert journal(placed(old, old, old.units.iloc[:0])) == "no units"
    assert placed(old, talk("I: Go on."))["reason"].tolist() == ["words are gone"]


# -- the journal --------------------------------------------------------------------------------


def test_the_journal_lists_the_lost_first_with_what_they_bore():
    old = talk("P: We waited. The van came laet. Nobody rang.")
    out = placed(old, talk("P: We waited. The van came late."))
    lost, edited = old.units["unit_id"].iloc[[2, 1]]
    names = ["unit_id", "dimension", "value", "coder", "memo", "status"]
    rows = [
        (lost, "stage", "buying", "human:ana", "", ""),
        (lost, "stage", "using", "human:ana", "a hard\ncase", ""),
        (lost, "valence", "-1", "human:ana", "", ""),
        (lost, "stage", "", "human:ben", "", ""),
        (lost, "stage", "buying", "model:m@1", "", "rejected"),
        (edited, "emotion", "anger", "human:ben", "", ""),
    ]
    told = journal(out, pd.DataFrame(rows, columns=names))
    assert told.splitlines() == [
        "3 units: 1 the same, 1 edited, 1 lost",
        "",
        "Lost",
        '- "Nobody rang." (words are gone)',
        "  human:ana: stage using (a hard case), valence -1",
        "  human:ben: stage none fits",
        "",
        "Edited: the codings stand; see whether they still hold",
        '- "The van came laet." → "The van came late."',
        "  human:ben: emotion anger",
    ]


# -- any text -----------------------------------------------------------------------------------

word = st.sampled_from(
    ["yeah", "so", "the", "van", "I", "rang", "q\u0302", "\U0001f602", "it's", "..."]
)
sentence = st.lists(word, min_size=1, max_size=7).map(lambda w: " ".join(w) + ".")
turn = st.tuples(st.sampled_from("PPI"), st.lists(sentence, min_size=1, max_size=4)).map(
    lambda t: f"{t[0]}: {' '.join(t[1])}"
)
talks = st.lists(turn, min_size=1, max_size=8)


@st.composite
def spans_of(draw, of):
    """Free spans with any ends inside a turn."""
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(of.turns) - 1))
        start = int(stored_text(of.turns)[1].iloc[at])
        a = draw(st.integers(0, len(of.turns["text"].iloc[at]) - 1))
        b = draw(st.integers(a + 1, len(of.turns["text"].iloc[at])))
        rows.append(unit("span", start + a, of.text[start + a : start + b], at))
    table = pd.DataFrame(rows, columns=UNITS.names)
    # A span over just a segment is that segment.
    return table[~table["unit_id"].isin(of.units["unit_id"])].drop_duplicates("unit_id")


def with_spans(of, spans):
    return pd.concat([of.units, spans]) if len(spans) else of.units


@settings(deadline=None, max_examples=20)
@given(st.data(), talks)
def test_an_unchanged_text_leaves_all_the_same(data, said):
    old = talk(*said)
    units = with_spans(old, data.draw(spans_of(old)))
    out = placed(old, old, units)
    assert set(out["how"]) <= {"same"}
    assert out["to"].tolist() == units["unit_id"].tolist()


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(st.data(), talks)
def test_inserting_words_or_turns_anywhere_loses_nothing(data, said):
    old = talk(*said)
    at = data.draw(st.integers(0, len(said)))
    if data.draw(st.booleans()) and at < len(said):
        words = said[at][3:].split(" ")
        to = data.draw(st.integers(0, len(words)))
        more = data.draw(st.lists(sentence, min_size=1, max_size=5))
        line = " ".join([*words[:to], *more, *words[to:]])
        new = talk(*said[:at], said[at][:3] + line, *said[at + 1 :])
    else:
        new = talk(*said[:at], *data.draw(talks), *said[at:])
    out = placed(old, new, with_spans(old, data.draw(spans_of(old))))
    # A blank may be parted from its neighbours; marks alone may be taken for others.
    words = out["was"].str.contains(r"[^\s.]", regex=True).to_numpy()
    assert not (out["how"] == "lost")[words].any()


def numbered(said):
    """Give every word of a talk a name of its own."""
    n = iter(range(100_000, 1_000_000))
    return [line[:3] + re.sub(r"[^\s.]+", lambda _: f"w{next(n)}", line[3:]) for line in said]


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(st.data(), talks.map(numbered))
def test_deleting_a_passage_loses_exactly_what_is_inside(data, said):
    old = talk(*said)
    words = [(at, w) for at, line in enumerate(said) for w in line[3:].split(" ")]
    a = data.draw(st.integers(0, len(words)))
    b = data.draw(st.integers(a, len(words)))
    left = words[:a] + words[b:]
    lines = [" ".join(w for t, w in left if t == at) for at in range(len(said))]
    new = talk(*(said[at][:3] + line for at, line in enumerate(lines) if line))
    gone = set(re.findall(r"w\d+", " ".join(w for _, w in words[a:b])))
    out = placed(old, new, with_spans(old, data.draw(spans_of(old))))
    for row in out[out["was"].str.contains(r"^w\d{6}\b.*\bw\d{6}\b|^w\d{6}\.?$")].itertuples():
        own = re.findall(r"w\d{6}", row.was)
        kept = [w for w in own if w not in gone]
        assert (row.how == "lost") == (2 * len(kept) <= len(own))
        assert set(re.findall(r"w\d{6}", row.text)) >= set(kept) or row.how in ("lost", "recut")


@settings(deadline=None, max_examples=20)
@given(st.data(), talks.map(numbered), talks)
def test_an_edit_and_its_reverse_lead_back(data, said, more):
    at = data.draw(st.integers(0, len(said)))
    old, new = talk(*said), talk(*said[:at], *more, *said[at:])
    spans = data.draw(spans_of(old))
    spans = spans[spans["text"].str.contains("w")]
    there = placed(old, new, with_spans(old, spans))
    assert set(there["how"]) <= {"same", "span"}
    came = check(pd.concat([new.units, moved_spans(there)]), UNITS).set_index("unit_id", drop=False)
    back = placed(new, old, came.loc[there["to"]].reset_index(drop=True))
    assert back["to"].tolist() == there["unit_id"].tolist()


# -- size, and real talk ------------------------------------------------------------------------


def test_1500_turns_take_under_five_seconds():
    """Two hours of talk, every tenth turn edited, every fortieth gone."""
    words = [f"{a}{b}" for a in ("bi", "ka", "lo", "mu", "ne") for b in ("ra", "so", "ti", "vel")]
    said = []
    for n in range(1500):
        own = [words[(n * k + k * k) % 20] for k in range(1, 26)]
        said.append(f"{'PI'[n % 2]}: {' '.join(own[:12])}. {' '.join(own[12:])} {n}. Yeah.")
    edited = [
        line.replace("ra", "r", 1) if n % 10 == 0 else line
        for n, line in enumerate(said)
        if n % 40 != 6
    ]
    old, new = talk(*said), talk(*edited)
    began = time.process_time()
    out = placed(old, new)
    assert time.process_time() - began < 5
    gone = old.units["turn_index"] % 40 == 6
    assert (out["how"] == "lost").tolist() == gone.tolist()
    assert set(out.loc[~gone, "to"]) == set(new.units["unit_id"])


@pytest.mark.shared
@pytest.mark.parametrize("name", ["BSR02", "BSR05", "BSR08"])
def test_a_real_interview_survives_another_format_and_a_heavy_correction(shared, name):
    from journeyqual.reading import read_turns

    def made(turns):
        turns = turns.assign(turn_index=range(len(turns)))
        units = from_turns(turns, sentences=by_full_stop)
        return Talk(check(turns, TURNS), stored_text(turns)[0], units)

    folder = shared / "transcripts" / "otter"
    files = [folder / f"{name}_transcript_deidentified.{suffix}" for suffix in ("txt", "docx")]
    txt, docx = (made(read_turns(file, participant=name).turns) for file in files)
    assert set(placed(txt, docx)["how"]) == {"same"}
    # Every seventh turn is gone; in the others every ninth word has lost a letter, and the commas.
    turns = txt.turns[txt.turns["turn_index"] % 7 != 3]
    worn = turns["text"].map(
        lambda said: " ".join(
            w[:1] + w[2:] if n % 9 == 4 and len(w) > 4 else w
            for n, w in enumerate(said.replace(",", "").split(" "))
        )
    )
    out = placed(txt, made(turns.assign(text=worn)))
    gone = txt.units["turn_index"] % 7 == 3
    assert (out["how"] == "lost").tolist() == gone.tolist()
