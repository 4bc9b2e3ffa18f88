"""The codebook form: the draft in Python with a real study, and the page in a real Chromium."""

import json
import time

import pandas as pd
import pytest

from journeyqual import revision
from journeyqual.codebook import load
from journeyqual.scaffold import copy_sample
from journeyqual.study import open_study
from journeyqual.tagging.codebook_form import CodebookForm, Editor
from journeyqual.tagging.widget import STATIC, answer
from tests.tagging import made
from tests.tagging.page import QUICK

ANA, BEN, MACHINE = "human:ana", "human:ben", "model:m@1"
FIRST, SECOND, THIRD = made.STAGES[:3]


@pytest.fixture
def work(tmp_path):
    """Open a study with one interview, coded by two people under its codebook."""
    study = open_study(copy_sample(tmp_path / "bikes"))
    one = made.interview()
    study.store.add_interviews([one], source="s", sha256="h")
    units = one.units["unit_id"].tolist()
    rows = [
        (units[0], FIRST, ANA), (units[1], FIRST, ANA), (units[0], FIRST, BEN),
        (units[2], SECOND, BEN), (units[3], SECOND, MACHINE),
    ]  # fmt: skip
    code(study, rows)
    yield study
    study.close()


def code(study, rows):
    table = pd.DataFrame(rows, columns=["unit_id", "value", "coder"])
    study.store.add_codings(
        table.assign(dimension="stage", codebook_version=study.codebook_version)
    )


def key_of(editor, name):
    return next(s["key"] for s in editor.state()["stages"] if s["name"] == name)


def do(editor, kind, of="", /, **what):
    """Send a message on the stage of that name, as the page does."""
    if "into" in what:
        what["into"] = key_of(editor, what["into"])
    stage = {"stage": key_of(editor, of)} if of else {}
    return editor.handle({"kind": kind, "id": "1", **stage, **what})


def stage_of(state, name):
    return next(s for s in state["stages"] if s["name"] == name)


def latest(study, coder):
    rows = study.store.codings(coders=[])
    rows = rows[rows["coder"] == coder].drop_duplicates("unit_id", keep="last")
    return dict(zip(rows["unit_id"], rows["value"], strict=True))


# -- the draft ---------------------------------------------------------------------------------


def test_an_open_form_shows_what_each_stage_bears_and_changes_nothing(work):
    before = work.config.codebook_file.read_bytes()
    state = Editor(work).state()
    assert [s["name"] for s in state["stages"]] == list(made.STAGES)
    first = stage_of(state, FIRST)
    assert (first["codings"], first["people"], first["flagged"], first["change"]) == (3, 2, 0, "")
    assert stage_of(state, SECOND)["codings"] == 1
    assert (state["changed"], state["effect"], state["next"]) == (False, [], "")
    assert work.config.codebook_file.read_bytes() == before
    assert json.loads(json.dumps(state)) == state


def test_what_saving_would_flag_is_told_before_and_true_after(work):
    editor = Editor(work)
    state = do(editor, "edit", FIRST, field="definition", value="Something else.")["state"]
    assert state["effect"] == ["Saving re-flags 3 codings of 2 people"]
    assert stage_of(state, FIRST)["flagged"] == 3
    assert load(work.config.codebook_file) == made.BOOK
    assert editor.handle({"kind": "save"})["kind"] == "done"
    saved = load(work.config.codebook_file)
    assert saved.stage(FIRST).definition == "Something else."
    assert saved.version == revision.next_version(made.BOOK.version)
    assert work.codebook == saved
    books = work.store.people.codebooks()
    kept = {v: revision.parse(c) for v, c in zip(books["version"], books["content"], strict=True)}
    flags = revision.flags(work.store.codings(coders=[]), kept, saved)
    assert (len(flags), flags["coder"].nunique(), set(flags["what"])) == (3, 2, {"definition"})
    # Flagged already: another change of the same words asks for nothing new.
    state = do(editor, "edit", FIRST, field="definition", value="Something else again.")["state"]
    assert state["effect"] == ["Saving re-flags no coding"]


def test_many_changes_are_one_version_and_taken_back_one_by_one(work):
    editor = Editor(work)
    do(editor, "edit", FIRST, field="owner", value="Shop")
    do(editor, "edit", FIRST, field="brief", value="hm")
    state = do(editor, "move", FIRST, to=1)["state"]
    assert state["next"] == revision.next_version(made.BOOK.version)
    assert editor.book.version == state["next"]
    assert stage_of(state, FIRST)["change"] == "brief, owner"
    for _ in range(3):
        state = editor.handle({"kind": "undo"})["state"]
    assert not state["changed"]
    assert editor.handle({"kind": "undo"})["why"] == "there is nothing to undo"
    do(editor, "edit", FIRST, field="owner", value="Shop")
    back = do(editor, "edit", FIRST, field="owner", value=made.BOOK.stage(FIRST).owner)["state"]
    assert not back["changed"]


def test_codings_follow_a_stage_that_is_renamed_and_one_that_is_merged(work):
    editor = Editor(work)
    do(editor, "rename", FIRST, name="frist")
    do(editor, "rename", "frist", name="first")
    state = do(editor, "merge", SECOND, into="first")["state"]
    assert stage_of(state, "first")["codings"] == 4
    assert stage_of(state, "first")["was"] == FIRST
    assert state["effect"][1] == "4 codings of 2 people follow their stage to what it became"
    editor.save()
    assert set(latest(work, ANA).values()) == {"first"}
    assert set(latest(work, BEN).values()) == {"first"}
    rows = work.store.codings(coders=[])
    carried = rows[rows["origin"] != ""]
    assert carried["memo"].tolist().count(f"[renamed from {FIRST}]") == 3
    assert set(carried["codebook_version"]) == {work.codebook_version}
    machine = work.store.codings(coders=[MACHINE])
    assert (machine["coder"] == MACHINE).sum() == 1


def test_two_stages_change_names_and_each_keeps_its_codings(work):
    was = {coder: latest(work, coder) for coder in (ANA, BEN)}
    editor = Editor(work)
    do(editor, "rename", FIRST, name="for a while")
    do(editor, "rename", SECOND, name=FIRST)
    do(editor, "rename", "for a while", name=SECOND)
    editor.save()
    other = {FIRST: SECOND, SECOND: FIRST}
    for coder, codings in was.items():
        assert latest(work, coder) == {unit: other[stage] for unit, stage in codings.items()}


def test_what_another_stage_was_merged_into_takes_its_own_codings_to_its_new_name(work):
    editor = Editor(work)
    do(editor, "merge", FIRST, into=SECOND)
    do(editor, "rename", SECOND, name="both")
    editor.save()
    assert set(latest(work, ANA).values()) | set(latest(work, BEN).values()) == {"both"}


def test_themes_follow_their_stage(work):
    asked = []
    work.store.themes.rename_scopes = asked.append
    editor = Editor(work)
    do(editor, "rename", FIRST, name="for a while")
    do(editor, "rename", SECOND, name=FIRST)
    do(editor, "rename", "for a while", name=SECOND)
    do(editor, "rename", THIRD, name="third")
    editor.save()
    assert asked == [{FIRST: SECOND, SECOND: FIRST, THIRD: "third"}]


def test_a_split_waits_for_people_unless_a_part_is_named(work):
    editor = Editor(work)
    state = do(editor, "split", FIRST, parts=["one", "two"])["state"]
    assert state["effect"] == [
        "Saving re-flags 3 codings of 2 people",
        "3 codings of 2 people of a split stage wait until somebody places them",
    ]
    do(editor, "undo")
    state = do(editor, "split", FIRST, parts=["one", "two"], default="two")["state"]
    assert [stage_of(state, n)["codings"] for n in ("one", "two")] == [0, 3]
    editor.save()
    assert set(latest(work, ANA).values()) == {"two"}


def test_a_stage_that_bears_codings_is_not_removed_but_an_empty_one_is(work):
    editor = Editor(work)
    refused = do(editor, "remove", FIRST)
    assert refused["why"] == (
        f"3 codings of 2 people hang on {FIRST!r}; merge it into another stage, or split it"
    )
    assert do(editor, "remove", THIRD)["kind"] == "done"
    do(editor, "merge", FIRST, into=SECOND)
    assert FIRST not in editor.book.stage_names


def test_a_file_that_somebody_else_changed_is_not_written_over(work):
    editor = Editor(work)
    do(editor, "edit", FIRST, field="owner", value="Shop")
    path = work.config.codebook_file
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    reply = editor.handle({"kind": "save", "id": "7"})
    assert (reply["kind"], reply["id"]) == ("refused", "7")
    assert "changed by somebody else meanwhile; open it again" in reply["why"]
    assert reply["state"]["changed"]
    assert path.read_text(encoding="utf-8").endswith("# mine\n")
    assert len(work.store.people.codebooks()) == 1
    state = editor.handle({"kind": "discard"})["state"]
    assert not state["changed"]
    assert stage_of(state, FIRST)["owner"] == made.BOOK.stage(FIRST).owner


def test_a_save_that_was_cut_short_is_completed_when_the_form_is_next_opened(work, monkeypatch):
    editor = Editor(work)
    do(editor, "rename", FIRST, name="first")
    with monkeypatch.context() as cut:
        cut.setattr(work.store, "add_codings", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            editor.save()
    assert set(latest(work, ANA).values()) == {FIRST}
    work.codebook = load(work.config.codebook_file)
    for _ in range(2):
        Editor(work)
        assert set(latest(work, ANA).values()) == {"first"}
    assert (work.store.codings(coders=[])["origin"] == "rename").sum() == 3


def test_an_older_file_moves_no_codings_that_a_later_codebook_governs(work):
    """A team's store has a later codebook than this machine's file."""
    editor = Editor(work)
    do(editor, "rename", FIRST, name="first")
    editor.save()
    older = work.config.codebook_file.read_bytes()
    do(editor, "add", name=FIRST)
    editor.save()
    code(work, [(work.store.units()["unit_id"].iloc[5], FIRST, ANA)])
    work.config.codebook_file.write_bytes(older)
    Editor(work)
    assert list(latest(work, ANA).values()).count(FIRST) == 1


def test_what_nobody_changes_by_itself_is_told(work):
    editor = Editor(work)
    do(editor, "edit", THIRD, field="exclude", value=[f"their choice: use {FIRST}"])
    state = do(editor, "rename", FIRST, name="first")["state"]
    assert f"“{FIRST}” is still named in exclude of {THIRD}" in state["notes"][0]


def test_history_tells_what_became_of_what(work):
    editor = Editor(work)
    do(editor, "rename", FIRST, name="first")
    editor.save()
    do(editor, "edit", "first", field="brief", value="hm")
    editor.save()
    version = revision.next_version(made.BOOK.version)
    assert editor.state()["history"] == [
        [version, "stage", FIRST, "rename", FIRST, "first"],
        [
            revision.next_version(version),
            "stage",
            "first",
            "brief",
            made.BOOK.stage(FIRST).brief,
            "hm",
        ],
    ]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"kind": "fly"}, "nothing is called 'fly'"),
        ({}, "nothing is called"),
        ({"kind": ["edit"]}, "kind is not text"),
        ({"kind": "edit", "stage": "s99", "field": "brief", "value": "x"}, "not in the draft"),
        ({"kind": "edit", "stage": "s0", "field": "colour", "value": "x"}, "no field 'colour'"),
        ({"kind": "edit", "stage": "s0", "field": "name", "value": "x"}, "rename the stage"),
        ({"kind": "edit", "stage": "s0", "field": "brief", "value": {"a": 1}}, "not text"),
        ({"kind": "edit", "stage": "s0", "field": "include", "value": [1]}, "list of texts"),
        ({"kind": "edit", "stage": "s0", "field": "brief", "value": "x" * 20_001}, "longer than"),
        ({"kind": "edit", "stage": "s0", "field": "expected_valence", "value": "hm"}, "-1 to 1"),
        ({"kind": "rename", "stage": "s0", "name": ""}, "no name"),
        ({"kind": "add", "name": FIRST.upper()}, "two stages"),
        ({"kind": "move", "stage": "s0", "to": "up"}, "a place"),
        ({"kind": "move", "stage": "s0", "to": -1}, "no place -1"),
        ({"kind": "split", "stage": "s0", "parts": "ab"}, "list of names"),
        ({"kind": "split", "stage": "s0", "parts": ["a"]}, "fewer than two"),
        ({"kind": "merge", "stage": "s0", "into": "s0"}, "with itself"),
        ({"kind": "save"}, "nothing to save"),
    ],
)  # fmt: skip
def test_a_bad_message_is_refused_in_one_line_and_changes_nothing(work, message, why):
    editor = Editor(work)
    reply = editor.handle(message)
    assert reply["kind"] == "refused"
    assert why in reply["why"]
    assert "\n" not in reply["why"]
    assert not editor.is_changed


def test_the_widget_hands_on_messages_and_shows_the_new_state(work):
    form = CodebookForm(Editor(work))
    sent = []
    form.send = sent.append
    form._heard(None, {"kind": "add", "name": "later", "id": "1"}, [])
    assert form.state["stages"][-1]["name"] == "later"
    form._heard(None, "nonsense", [])
    assert sent == [
        {"kind": "done", "said": "later is added to the draft, last", "id": "1"},
        {"kind": "refused", "why": "a message is a table with a kind"},
    ]
    form.close()


# -- the page ----------------------------------------------------------------------------------

ADDRESS = "http://form.test/"
SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>codebook</title>
<link rel="stylesheet" href="codebook.css"><style>body { margin: 0; padding: 12px; }</style></head>
<body><main><h1>Study</h1><div id="here"></div></main><script type="module">
import widget from "./codebook.js";
const heard = {};
const model = {
  get: () => window.state,
  send: (msg) => { window.toKernel(JSON.stringify(msg)).then((text) => {
    if (!text) return;
    const { state, reply } = JSON.parse(text);
    window.state = state;
    for (const one of heard["change:state"] ?? []) one();
    for (const one of heard["msg:custom"] ?? []) one(reply); }); },
  on: (event, one) => (heard[event] ??= new Set()).add(one),
  off: (event, one) => heard[event].delete(one),
};
window.state = await (await fetch("state.json")).json();
window.shut = widget.render({ model, el: document.getElementById("here") });
</script></body></html>"""


class Form:
    """The form in a page of its own, before a real editor."""

    def __init__(self, browser, editor, *, width=1100, scheme="light"):
        self.editor, self.alive = editor, True
        self.context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(QUICK * 1000)
        self.said = []
        self.page.on("console", lambda m: self.said.append(m.text))
        self.page.on("pageerror", lambda e: self.said.append(str(e)))
        self.page.on("dialog", lambda d: (self.said.append(d.message), d.dismiss()))
        self.page.expose_function("toKernel", self._kernel)
        self.page.route(f"{ADDRESS}**", self._serve)
        self.page.goto(ADDRESS)
        self.page.wait_for_selector(".jqb[data-opened]")

    def _serve(self, route):
        name = route.request.url.removeprefix(ADDRESS)
        if name == "state.json":
            return route.fulfill(
                body=json.dumps(self.editor.state()), content_type="application/json"
            )
        if name in ("codebook.js", "codebook.css"):
            return route.fulfill(path=STATIC / name)
        return route.fulfill(body="" if name else SHELL, content_type="text/html")

    def _kernel(self, text):
        if not self.alive:
            return ""
        reply = answer(self.editor, json.loads(text))
        return json.dumps(
            {"state": reply.pop("state", None) or self.editor.state(), "reply": reply}
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def card(self, name):
        return self.page.locator(".jqb-stage").filter(
            has=self.page.locator(".jqb-name", has_text=name)
        )

    def open(self, name):
        card = self.card(name)
        card.locator(".jqb-toggle").click()
        return card

    def button(self, name, *, of=None):
        return (of or self.page).get_by_role("button", name=name, exact=True)

    @property
    def names(self):
        return self.page.locator(".jqb-name").all_inner_texts()

    @property
    def effect(self):
        return self.page.locator(".jqb-effect li").all_inner_texts()

    def until(self, true):
        last = time.monotonic() + QUICK
        while not true():
            assert time.monotonic() < last, "never true"
            self.page.wait_for_timeout(30)


@pytest.mark.browser
def test_an_edit_shows_what_it_costs_and_is_saved(chromium, work):
    with Form(chromium, Editor(work)) as it:
        card = it.open(FIRST)
        card.get_by_label("Definition").fill("Only what\nthey heard.")
        card.get_by_label("Include").fill("an advert\n\n  a neighbour ")
        it.button("Save").focus()
        it.until(lambda: it.effect == ["Saving re-flags 3 codings of 2 people"])
        it.until(lambda: card.get_by_label("Include").input_value() == "an advert\na neighbour")
        assert "saving re-flags 3" in card.locator(".jqb-mark").inner_text()
        it.button("Save").click()
        it.until(lambda: "saved as version" in it.page.get_by_role("status").inner_text())
        stage = load(work.config.codebook_file).stage(FIRST)
        assert stage.definition == "Only what\nthey heard."
        assert stage.include == ("an advert", "a neighbour")
        assert it.effect == []
        assert it.said == []


@pytest.mark.browser
def test_the_keyboard_alone_moves_edits_and_saves(chromium, work):
    with Form(chromium, Editor(work)) as it:
        keys = it.page.keyboard
        it.card(FIRST).get_by_role("button", name=f"Move {FIRST} down").focus()
        keys.press("Enter")
        it.until(lambda: it.names[:2] == [SECOND, FIRST])
        focus = "document.activeElement.getAttribute('aria-label')"
        assert it.page.evaluate(focus) == f"Move {FIRST} down"
        it.card(FIRST).locator(".jqb-toggle").focus()
        keys.press("Enter")
        it.card(FIRST).get_by_label("Owner").focus()
        keys.press("Control+a")
        keys.type("Shop")
        keys.press("Control+s")
        it.until(lambda: "saved as version" in it.page.get_by_role("status").inner_text())
        book = load(work.config.codebook_file)
        assert book.stage_names[:2] == (SECOND, FIRST)
        assert book.stage(FIRST).owner == "Shop"


@pytest.mark.browser
def test_words_that_are_being_typed_survive_an_answer(chromium, work):
    with Form(chromium, Editor(work)) as it:
        card = it.open(FIRST)
        card.get_by_label("Brief").fill("one")
        card.get_by_label("Owner").focus()
        it.page.keyboard.type("half a wo")
        it.until(lambda: "brief" in card.locator(".jqb-mark").inner_text())
        assert card.get_by_label("Owner").input_value().endswith("half a wo")
        assert it.page.evaluate("document.activeElement.id").endswith("-owner")


@pytest.mark.browser
def test_a_refused_field_says_why_in_its_place_and_is_not_saved_past(chromium, work):
    with Form(chromium, Editor(work)) as it:
        card = it.open(FIRST)
        field = card.get_by_label("Expected valence")
        field.fill("3")
        card.get_by_label("Owner").fill("Shop")
        it.button("Save").click()
        top = it.page.locator(".jqb-top .jqb-error")
        it.until(lambda: "a field below was refused" in top.inner_text())
        assert field.get_attribute("aria-invalid") == "true"
        error = card.locator(".jqb-field .jqb-error:visible")
        assert "give a number from -1 to 1" in error.inner_text()
        assert load(work.config.codebook_file) == made.BOOK
        field.press("Escape")
        assert field.get_attribute("aria-invalid") is None
        assert error.count() == 0
        card.get_by_label("Name").fill(SECOND)
        card.get_by_label("Name").press("Tab")
        it.until(lambda: "two stages are called" in card.inner_text())
        assert it.names[0] == FIRST


@pytest.mark.browser
def test_merge_split_remove_add_and_undo_by_mouse(chromium, work):
    with Form(chromium, Editor(work)) as it:
        card = it.open(FIRST)
        it.button("Remove", of=card).click()
        it.until(lambda: "3 codings of 2 people hang on" in card.inner_text())
        it.button("Merge into…", of=card).click()
        assert it.page.evaluate("document.activeElement.tagName") == "SELECT"
        it.page.keyboard.press("Escape")
        assert it.page.evaluate("document.activeElement.textContent") == "Merge into…"
        it.button("Merge into…", of=card).click()
        card.get_by_label("Merge it into").select_option(label=SECOND)
        it.button("Merge", of=card).click()
        it.until(lambda: FIRST not in it.names)
        assert "3 codings of 2 people follow their stage" in it.effect[1]
        it.button("Undo").click()
        it.until(lambda: it.names[0] == FIRST)
        card = it.card(FIRST)
        it.button("Split…", of=card).click()
        card.get_by_label("Split it into, one a line").fill("by word of mouth\nby advert")
        card.get_by_label("codings of 2 people go to").select_option(label="by advert")
        it.button("Split", of=card).click()
        it.until(lambda: it.names[:2] == ["by word of mouth", "by advert"])
        it.page.get_by_label("A new stage").fill("telling friends")
        it.page.keyboard.press("Enter")
        it.until(lambda: it.names[-1] == "telling friends")
        it.button("Save").click()
        it.until(lambda: "saved as version" in it.page.get_by_role("status").inner_text())
        assert set(latest(work, ANA).values()) == {"by advert"}
        assert it.said == []


@pytest.mark.browser
def test_a_kernel_that_is_gone_is_not_taken_for_a_save(chromium, work):
    with Form(chromium, Editor(work)) as it:
        it.alive = False
        it.open(FIRST).get_by_label("Owner").fill("Shop")
        it.button("Save").focus()
        it.until(lambda: "does not answer" in it.page.locator(".jqb-top").inner_text())
        assert load(work.config.codebook_file) == made.BOOK


@pytest.mark.browser
def test_hostile_words_run_nothing(chromium, work):
    editor = Editor(work)
    for field in ("definition", "brief", "owner"):
        do(editor, "edit", FIRST, field=field, value=made.HOSTILE)
    do(editor, "edit", FIRST, field="include", value=[made.HOSTILE])
    do(editor, "rename", FIRST, name=made.HOSTILE)
    editor.save()
    with Form(chromium, editor) as it:
        it.open(made.HOSTILE[:20])
        it.page.locator("summary").click()
        it.button("Split…", of=it.card(made.HOSTILE[:20])).click()
        assert it.page.title() == "codebook"
        assert it.page.locator(".jqb img, .jqb b").count() == 0
        assert it.said == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1100])
def test_nothing_stands_in_the_way_of_a_screen_reader(chromium, work, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    editor = Editor(work)
    do(editor, "edit", FIRST, field="brief", value="hm")
    editor.save()
    do(editor, "edit", SECOND, field="definition", value="hm")
    with Form(chromium, editor, width=width, scheme=scheme) as it:
        card = it.open(FIRST)
        card.get_by_label("Expected valence").fill("3")
        it.button("Split…", of=card).click()
        it.page.locator("summary").click()
        it.until(lambda: card.locator("[aria-invalid]").count() == 1)
        found = axe.Axe().run(it.page).response["violations"]
        serious = [f["id"] for f in found if f["impact"] in ("serious", "critical")]
        assert serious == []
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width
        assert it.card(SECOND).locator("h3 button").get_attribute("aria-expanded") == "false"
