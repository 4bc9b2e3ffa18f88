"""The tagging page in a real Chromium, alone: keys, mouse, saving, what is read and what is heard.

Each message goes to a real session on a real store; only the notebook around it is left out.
"""

import json

import pytest

from tests.tagging.made import HOSTILE, SAID, STAGES, Study, long
from tests.tagging.page import ADDRESS, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(chromium, study):
    pages = []

    def opened(session=None, **how):
        pages.append(Page(chromium, session or study.session(), **how))
        return pages[-1]

    yield opened
    for page in pages:
        page.context.close()


@pytest.fixture
def it(open_page):
    page = open_page()
    page.unit(0).focus()
    return page


# -- by key ------------------------------------------------------------------------------------


def test_keys_alone_code_a_unit_and_go_on(it, study):
    it.press("1", "f", "j", "x", "a", "n")
    assert study.said() == {
        (0, "stage"): STAGES[0], (0, "valence"): "0.5", (1, "stage"): "", (1, "valence"): "-1",
    }  # fmt: skip
    assert it.here == 2
    assert it.page.locator(".jqt-counted").inner_text() == "2 of 7 units coded"


def test_each_key_of_valence_is_its_step(it, study):
    for key, step in zip("asdfg", ("-1", "-0.5", "0", "0.5", "1"), strict=True):
        it.press(key)
        assert study.said(unit=0) == {"valence": step}
    it.press("-", "-", "=")
    assert study.said(unit=0) == {"valence": "0.5"}


def test_an_emotion_is_two_keys_and_a_theme_is_named(it, study):
    it.press("e", "c")
    it.page.keyboard.press("h")
    it.page.keyboard.type("family says no")
    it.press("Enter", "h")
    it.page.keyboard.type("dogs")
    it.press("Enter", "t", "t")
    rows = study.store.codings(coders=["human:ana"])
    said = set(zip(rows["dimension"], rows["value"], strict=True))
    assert ("emotion", "confusion") in said
    assert {("theme", "family says no"), ("theme", "dogs")} <= said
    assert "theme family says no; theme dogs" in it.label(0)


def test_enter_accepts_what_is_suggested_as_one_action(it, study):
    it.press("Enter")
    assert study.said(unit=0) == {"stage": STAGES[0], "valence": "0.5", "emotion": "joy"}
    assert len(it.page.evaluate("window.sent")) == 1
    it.press("u")
    assert study.said(unit=0) == {}
    it.press("Shift+Enter")
    assert it.here == 1
    assert study.said(unit=0) == {"stage": STAGES[0], "valence": "0.5", "emotion": "joy"}


def test_accepting_leaves_what_one_said_and_what_one_rejected(it, study):
    it.press("2", "ArrowRight", "r", "Enter")
    assert study.said(unit=0) == {"stage": STAGES[1], "valence": "not 0.42", "emotion": "joy"}
    assert "rejected by you: valence +0.5, 74 %" in it.label(0)
    assert it.unit(0).locator(".is-refused").count() == 1


def test_undo_and_redo_walk_through_the_actions(it, study):
    it.press("1", "f", "2")
    it.press("u", "u")
    assert study.said(unit=0) == {"stage": STAGES[0]}
    it.press("Control+Shift+Z", "Shift+U")
    assert study.said(unit=0) == {"stage": STAGES[1], "valence": "0.5"}
    it.press("Control+z", "j", "j", "u")
    assert study.said(unit=0) == {"stage": STAGES[0]}
    assert it.here == 0, "the unit that changed is shown"


def test_backspace_clears_the_marked_row(it, study):
    it.press("1", "f", "Backspace")
    assert study.said(unit=0) == {"stage": STAGES[0]}
    it.press("ArrowLeft", "Delete")
    assert study.said(unit=0) == {}
    it.press("Delete")
    assert it.spoken == "you have not coded a stage here"


def test_a_negative_case_and_a_memo_stand_beside_the_unit(it, study):
    it.press("!", "m")
    it.page.keyboard.type("jj 1 she laughs?")
    it.press("Escape")
    assert study.said(unit=0) == {"negative": "yes", "memo": "jj 1 she laughs?"}
    assert it.here == 0
    assert it.page.evaluate("document.activeElement.dataset.id") == study.unit_ids[0]
    assert "negative case. memo: jj 1 she laughs?" in it.label(0)
    it.press("!")
    assert study.said(unit=0) == {"memo": "jj 1 she laughs?"}


def test_keys_typed_in_a_field_code_nothing(it, study):
    it.page.keyboard.press("/")
    it.page.keyboard.type("1afgx")
    it.press("Escape")
    assert it.page.evaluate("window.sent") == []
    assert it.page.locator(".jqt-search").input_value() == ""


def test_caps_lock_and_other_alphabets_hit_the_same_keys(it, study):
    press = """(it) => document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { bubbles: true, ...it }))"""
    it.page.evaluate(press, {"key": "F", "code": "KeyF"})
    it.saved()
    assert study.said(unit=0) == {"valence": "0.5"}
    it.page.evaluate(press, {"key": "\u0444", "code": "KeyA"})
    it.page.evaluate(press, {"key": "\u00e9", "code": "Digit2"})
    it.saved()
    assert study.said(unit=0) == {"valence": "-1", "stage": STAGES[1]}


def test_the_help_names_every_key(it):
    it.page.keyboard.press("?")
    shown = it.page.locator(".jqt-keys .jqt-key").all_inner_texts()
    assert {"j", "n", "x", "a s d f g", "Enter", "u", "w", "c", "!", "/"} <= set(shown)
    it.page.keyboard.press("Escape")
    assert it.page.locator("dialog").count() == 0
    assert it.here == 0


def test_the_words_that_moved_the_valence_are_shown_with_their_sign(it):
    it.page.keyboard.press("w")
    it.until("document.querySelectorAll('.jqt-read mark').length > 0")
    marks = it.page.locator(".jqt-read mark").all_inner_texts()
    assert [m.replace("\n", "") for m in marks] == ["poster\u2212", "swings\u2212", "laughed+"]
    assert it.page.locator(".jqt-read").inner_text().replace("\n", "").startswith("There was")


# -- by mouse ----------------------------------------------------------------------------------


def test_the_mouse_codes_and_a_second_click_takes_it_off(it, study):
    it.unit(1).locator(".jqt-text").click()
    assert it.here == 1
    panel = it.page.locator(".jqt-unit-panel")
    panel.get_by_role("button", name=STAGES[2]).click()
    panel.get_by_role("button", name="very good").click()
    it.saved()
    assert study.said(unit=1) == {"stage": STAGES[2], "valence": "1"}
    panel.get_by_role("button", name="very good").click()
    it.saved()
    assert study.said(unit=1) == {"stage": STAGES[2]}
    it.press("j")
    assert it.here == 2, "after a click the keys go on from the unit"


def test_the_panels_buttons_accept_and_reject_a_suggestion(it, study):
    row = it.page.locator('[data-row="emotion"]')
    row.get_by_role("button", name="Accept").click()
    it.page.locator('[data-row="stage"]').get_by_role("button", name="Reject").click()
    it.saved()
    assert study.said(unit=0) == {"emotion": "joy", "stage": f"not {STAGES[0]}"}


def test_a_stage_hovered_or_focused_opens_in_the_codebook(it):
    open_now = ".jqt-entry[open] summary"
    assert STAGES[0] in it.page.locator(open_now).inner_text()
    it.page.locator(".jqt-unit-panel").get_by_role("button", name=STAGES[5]).hover()
    it.until(f"document.querySelector('{open_now}').innerText.includes('{STAGES[5]}')")
    entry = it.page.locator(".jqt-entry[open]").inner_text()
    assert all(n in entry for n in ("Brief", "Definition", "Include", "Exclude", "Examples"))
    it.page.locator(".jqt-unit-panel").get_by_role("button", name=STAGES[1]).focus()
    assert STAGES[1] in it.page.locator(open_now).inner_text()


# -- free spans --------------------------------------------------------------------------------


def spans(study):
    rows = study.store.units([study.one.name], kind="span")
    return sorted(zip(rows["text"], rows["start_char"], strict=True))


def test_words_dragged_over_become_a_span_after_an_emoji_too(it, study):
    it.drag("would not meet my eye")
    it.page.locator("dialog").get_by_role("button", name=STAGES[1]).click()
    it.saved()
    at = study.one.text.index("would not meet my eye")
    assert spans(study) == [("would not meet my eye", at)]
    assert it.page.locator(".jqt-under").inner_text() == "would not meet my eye"
    it.press("a")
    rows = study.store.codings(coders=["human:ana"])
    assert set(rows["value"]) == {STAGES[1], "-1"}
    assert rows["unit_id"].nunique() == 1, "the new span has the focus, and the key coded it"


def test_spans_by_key_overlap_and_lie_in_two_lanes(it, study):
    it.press("j", "j", *["Shift+ArrowRight"] * 4)
    assert it.spoken == "marked: The car failed its"
    it.press("c", "2", "k", *["Shift+ArrowRight"] * 2, "ArrowRight", "Shift+ArrowRight", "c", "a")
    assert [text for text, _ in spans(study)] == ["The car failed its", "failed its"]
    both = it.page.locator(".jqt-under").nth(1)
    assert both.inner_text() == "failed its"
    assert both.get_attribute("style") == ("--u0: var(--jqt-line-stage); --u1: var(--jqt-line-v-1)")
    it.press("u")
    assert it.page.locator(".jqt-free").count() == 1


def test_a_span_over_two_turns_is_cut_to_the_first_and_says_so(it, study):
    it.page.evaluate(
        """() => { const [a, b] = document.querySelectorAll('.jqt-gap');
        getSelection().setBaseAndExtent(a.firstChild, 4, b.firstChild, 3); }"""
    )
    it.page.keyboard.press("c")
    assert "A span lies in one turn" in it.page.locator("dialog").inner_text()
    it.press("3")
    assert [text for text, _ in spans(study)] == ["did you hear of the bikes?"]


def test_escape_leaves_the_words_uncoded(it, study):
    it.press("v")
    it.page.keyboard.press("c")
    it.page.keyboard.press("Escape")
    it.page.keyboard.press("c")
    it.page.keyboard.press("Escape")
    it.press("Escape", "c")
    assert it.spoken.startswith("mark words first")
    assert spans(study) == []


# -- finding -----------------------------------------------------------------------------------


def test_a_filter_walks_its_units_only_and_lets_none_vanish(it, study):
    it.press("1", "f", "j", "j", "2", "s")
    it.page.locator("select").select_option("uncoded")
    assert it.page.locator(".jqt-shown").inner_text() == "5 of 7"
    it.unit(1).focus()
    it.press("1", "f", "j")
    assert it.here == 3
    it.press("k")
    assert it.here == 1, "coded now, and still there to go back to"


def test_unsure_first_goes_from_the_least_sure(it):
    it.page.locator("select").select_option("unsure")
    first = it.here
    it.unit(first).focus()
    it.press("j")
    assert {first, it.here} == {1, 6}
    assert it.label(1).count("unsure") == it.label(6).count("unsure") == 1


def test_by_stage_disagreements_and_negative_cases(it, study, open_page):
    unit = study.unit_ids[0]
    changes = [{"unit_id": unit, "dimension": "stage", "value": STAGES[4]}]
    study.session("ben").handle({"kind": "act", "id": "ben-00001", "changes": changes})
    it.press("1")
    page = open_page()
    for value, count in (("people", 1), ("negative", 0), (f"stage:{STAGES[1]}", 2)):
        page.page.locator("select").select_option(value)
        assert page.page.locator(".jqt-shown").inner_text() == f"{count} of 7"
    page.page.locator("select").select_option("negative")
    assert page.page.get_by_text("Nothing to show here").is_visible()
    page.page.get_by_role("button", name="Show everything").click()
    assert f"ben: {STAGES[4]}" in page.label(0)


def test_search_finds_goes_to_the_hit_and_back(it):
    it.page.keyboard.press("/")
    it.page.keyboard.type("The")
    it.page.keyboard.press("Enter")
    hits = it.page.locator(".jqt-hits").inner_text()
    total = sum(text.lower().count("the") for _, _, text in SAID)
    assert hits == f"2 of {total} found", "the first is said before the unit in focus"
    it.page.keyboard.press("Shift+Enter")
    it.page.keyboard.press("Shift+Enter")
    assert it.page.locator(".jqt-hits").inner_text() == f"{total} of {total} found"
    assert it.here == 6
    it.page.keyboard.press("Escape")
    assert it.page.evaluate("document.activeElement.getAttribute('role')") == "option"
    assert it.page.evaluate("CSS.highlights.size") == 0


# -- saving ------------------------------------------------------------------------------------


def test_a_dead_kernel_is_told_and_everything_is_sent_again_once(it, study):
    it.press("1")
    it.alive = False
    it.press("f", "j", "2", "Enter")
    # Seconds later it says more.
    told = "not saved yet: 3 actions waiting for the kernel"
    it.until(f"document.querySelector('.jqt-save > span').innerText === '{told}'")
    assert study.said() == {(0, "stage"): STAGES[0]}
    assert "is-saving" in it.unit(1).get_attribute("class")
    it.alive = True
    it.page.get_by_role("button", name="Try again").click()
    it.saved()
    wanted = {
        (0, "stage"): STAGES[0], (0, "valence"): "0.5", (1, "stage"): STAGES[1],
        (1, "valence"): "-0.5", (1, "emotion"): "surprise",
    }  # fmt: skip
    assert study.said() == wanted
    sent = [m["id"] for m in it.page.evaluate("window.sent")]
    assert len(sent) > len(set(sent)) == 4
    assert len(study.store.actions(study.one.name, "human:ana")) == 4


def test_what_was_not_saved_outlives_the_page(it, study):
    it.alive = False
    it.press("1", "f")
    it.page.on("dialog", lambda d: d.accept())
    it.page.wait_for_timeout(100)
    it.alive = True
    it.open()
    it.saved()
    assert study.said() == {(0, "stage"): STAGES[0], (0, "valence"): "0.5"}
    assert it.page.evaluate("sessionStorage.length") == 0


class Otherwise:
    """A session of which one thing is otherwise."""

    def __init__(self, session, **otherwise):
        self._session, self.otherwise = session, otherwise

    def __getattr__(self, name):
        return self.otherwise.get(name) or getattr(self._session, name)


def test_a_refusal_is_told_and_taken_back_on_the_page(open_page, study):
    """The page was opened before somebody renamed a stage."""
    session = study.session()
    before = json.loads(json.dumps(session.codebook()).replace(STAGES[0], "old name"))
    page = open_page(Otherwise(session, codebook=lambda: before))
    page.unit(0).focus()
    page.page.keyboard.press("1")
    page.until("document.querySelector('.jqt-save').innerText.startsWith('refused')")
    assert page.standing == "refused: the codebook has no stage 'old name'"
    assert study.said() == {}
    assert "yours" not in page.label(0)
    page.press("2")
    assert study.said() == {(0, "stage"): STAGES[1]}


def test_a_failure_that_may_pass_keeps_the_action_until_one_gives_it_up(open_page, study):
    def full(_):
        raise OSError("no space left on device")

    session = Otherwise(study.session(), handle=full)
    page = open_page(session)
    page.unit(0).focus()
    page.page.keyboard.press("1")
    page.until("document.querySelector('.jqt-save').innerText.includes('no space left')")
    assert f"yours: stage {STAGES[0]}" in page.label(0)
    page.page.get_by_role("button", name="Give it up").click()
    page.saved()
    assert "yours" not in page.label(0)
    page.page.keyboard.press("2")
    page.until("document.querySelector('.jqt-save').innerText.includes('no space left')")
    session.otherwise.clear()
    page.page.get_by_role("button", name="Try again").click()
    page.saved()
    assert study.said() == {(0, "stage"): STAGES[1]}


def test_two_pages_on_one_study_lose_nothing(open_page, study):
    ana, ben = open_page(), open_page(study.session("ben"))
    for page, key in ((ana, "1"), (ben, "2")):
        page.unit(0).focus()
        for _ in range(5):
            page.page.keyboard.press(key)
            page.page.keyboard.press("j")
    ana.saved()
    ben.saved()
    assert study.said("ana") == {(n, "stage"): STAGES[0] for n in range(5)}
    assert study.said("ben") == {(n, "stage"): STAGES[1] for n in range(5)}
    ana.open()
    assert f"ben: {STAGES[1]}" in ana.label(0)


def test_who_codes_blind_sees_nobody_until_done(open_page, study):
    study.session("ben").handle(
        {"kind": "act", "id": "ben-00001",
         "changes": [{"unit_id": study.unit_ids[0], "dimension": "stage", "value": STAGES[4]}]}
    )  # fmt: skip
    page = open_page(study.session("ana", blind=True))
    everything = page.page.locator(".jqt").inner_text()
    assert "suggested" not in everything
    assert "ben" not in everything
    assert "unsure" not in page.page.locator("select").inner_text()
    page.unit(0).focus()
    page.press("1", "f")
    page.press("Enter")
    assert page.spoken.startswith("nothing is suggested")
    page.page.get_by_role("button", name="Done").click()
    assert "6 units are not coded yet" in page.page.locator("dialog").inner_text()
    page.page.get_by_role("button", name="I am done").click()
    page.until("document.querySelectorAll('.is-hint').length > 0")
    assert f"ben: {STAGES[4]}" in page.label(0)
    assert page.page.get_by_role("button", name="Done").count() == 0


# -- for every reader --------------------------------------------------------------------------


def serious(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, context=".jqt").response["violations"]
    return [
        (v["id"], v["impact"], v["nodes"][0]["html"][:160], v["nodes"][0].get("failureSummary"))
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [620, 1180, 1700])
def test_axe_finds_nothing_serious(open_page, study, scheme, width):
    unit = study.unit_ids[3]
    said = {"stage": STAGES[4], "memo": "why?"}
    changes = [{"unit_id": unit, "dimension": d, "value": v} for d, v in said.items()]
    study.session("ben").handle({"kind": "act", "id": "ben-00001", "changes": changes})
    page = open_page(scheme=scheme, width=width)
    ground = page.page.evaluate("getComputedStyle(document.querySelector('.jqt')).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    page.unit(0).focus()
    page.press("1", "a", "e", "j", "!", "j", "r", "Enter", "j", "v", "c", "2", "w")
    assert serious(page.page) == []
    page.unit(3).focus()
    page.until("document.querySelectorAll('.jqt-read mark').length > 0")
    assert serious(page.page) == []
    for key in ("?", "e", "h"):
        page.page.keyboard.press(key)
        assert serious(page.page) == [], key
        page.page.keyboard.press("Escape")
    page.page.locator("select").select_option("uncoded")
    page.alive = False
    page.page.keyboard.press("2")
    page.until("document.querySelector('.jqt-save').innerText.includes('not saved')")
    assert serious(page.page) == []


def test_the_labels_say_who_says_what(it):
    assert it.label(0).startswith("There was this poster")
    assert (
        "suggested by the machine: stage hearing of it, 91 %; valence +0.5, 74 %; emotion joy, 66 %"
        in it.label(0)
    )
    it.press("3")
    assert "yours: stage test ride and sign-up. suggested by the machine: valence" in it.label(0)
    assert it.spoken == "stage test ride and sign-up: saved"
    group = it.unit(0).locator("xpath=ancestor::*[@role='group']").get_attribute("aria-label")
    assert group == "P01 0:12; Ruth before: How did you hear of the bikes?"


def test_tab_reaches_one_unit_and_the_panel_and_a_dialog_keeps_it(it):
    assert it.page.locator('[role=option][tabindex="0"]').count() == 1
    it.page.keyboard.press("Tab")
    assert it.page.evaluate("document.activeElement.innerText").startswith("Accept all")
    it.press("Space")
    # The button has gone with what it did; the focus goes back to the unit, not nowhere.
    assert it.page.evaluate("document.activeElement.getAttribute('role')") == "option"
    it.page.keyboard.press("Tab")
    it.press("Space")
    assert it.page.evaluate("document.activeElement.innerText").startswith("Negative case")
    assert it.page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    it.page.keyboard.press("?")
    for _ in range(5):
        it.page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert it.page.evaluate(inside)


@pytest.mark.parametrize("width", [600, 768, 1180, 1920])
def test_no_wider_than_the_window_and_the_focus_is_in_view(open_page, width):
    page = open_page(width=width, height=700)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    page.unit(0).focus()
    for _ in range(5):
        page.page.keyboard.press("j")
    list_, unit = (page.page.locator(".jqt-list").bounding_box(), page.unit(5).bounding_box())
    assert list_["y"] <= unit["y"]
    assert unit["y"] + min(unit["height"], list_["height"]) <= list_["y"] + list_["height"] + 1
    panel = page.page.locator(".jqt-right").bounding_box()
    assert (
        panel["y"] >= list_["y"] + list_["height"] - 1
        or panel["x"] >= list_["x"] + list_["width"] - 1
    )


def test_words_of_a_transcript_are_never_markup(it):
    assert it.page.title() == "tagging"
    assert it.page.locator(".jqt img, .jqt b:text('bold')").count() == 0
    assert HOSTILE in it.page.locator(".jqt-list").inner_text()
    it.drag("bold", inside=".jqt-text")
    assert it.page.locator("dialog q").inner_text() == "bold"
    assert it.said == []


def test_fifteen_hundred_turns_open_and_the_last_is_reached(chromium, tmp_path):
    study = Study(tmp_path, long(1500))
    with Page(chromium, study.session()) as page:
        page.unit(0).focus()
        page.press("1", "f", "End", "2", "s")
        last = len(study.unit_ids) - 1
        assert page.here == last
        assert study.said(unit=last) == {"stage": STAGES[1], "valence": "-0.5"}
        box, unit = page.page.locator(".jqt-list").bounding_box(), page.unit(last).bounding_box()
        assert box["y"] <= unit["y"] < box["y"] + box["height"]
        page.page.locator("select").select_option(f"stage:{STAGES[3]}")
        page.press("Home", "j")
        assert page.said == []
    study.close()


def test_nothing_is_fetched_and_nothing_is_left_behind(it):
    assert {url for url in it.asked if not url.startswith(ADDRESS)} == set()
    it.page.evaluate("window.shut.forEach((close) => close())")
    assert it.page.locator(".jqt").count() == 0
    assert json.loads(it.page.evaluate("JSON.stringify(window.sent)")) == []
