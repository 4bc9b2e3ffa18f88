"""The widget's Python side: it hands on, keeps what later pages are given, and never raises."""

import subprocess
import sys

import pytest

from journeyqual.errors import InputError, StoreError
from journeyqual.tagging.widget import STATIC, Tagger, answer
from tests.tagging.made import STAGES


class Heard(Tagger):
    """A widget whose page is a list."""

    def __init__(self, session):
        self.said = []
        super().__init__(session)

    def send(self, content, buffers=None):
        self.said.append(content)


@pytest.fixture
def widget(study):
    one = Heard(study.session())
    yield one
    one.close()


def act(unit, value="hearing of it", dimension="stage", id="action-1"):
    change = {"unit_id": unit, "dimension": dimension, "value": value, "status": "accepted"}
    return {"kind": "act", "id": id, "changes": [change]}


def test_a_message_reaches_the_store_and_its_answer_the_page(widget, study):
    widget._handle_custom_msg(act(study.unit_ids[0]), [])
    assert study.said() == {(0, "stage"): STAGES[0]}
    assert [(m["kind"], m["id"]) for m in widget.said] == [("saved", "action-1")]


def test_a_page_opened_later_is_given_what_was_done_since(widget, study):
    same = widget.interview
    widget._handle_custom_msg(act(study.unit_ids[0]), [])
    widget._handle_custom_msg(act(study.unit_ids[0], "0.5", "valence", "action-2"), [])
    now = widget.get_state(["interview"])["interview"]
    assert now is same, "in place: assigning sends everything at each key"
    assert now["states"][study.unit_ids[0]]["mine"]["stage"]["value"] == STAGES[0]
    assert now["progress"]["coded"] == 1
    assert now["undo"]


def test_finishing_brings_the_whole_interview_up_to_date(study):
    one = Heard(study.session("ana", blind=True))
    assert one.interview["states"][study.unit_ids[0]]["machine"] == {}
    one._handle_custom_msg({"kind": "done", "id": "action-9"}, [])
    assert one.said[0]["kind"] == "interview"
    assert one.interview["states"][study.unit_ids[0]]["machine"]["stage"]["value"] == STAGES[0]
    assert one.settings["done"]
    one.close()


@pytest.mark.parametrize(
    "msg", [None, [], "act", 3, {}, {"kind": 3}, {"kind": "sing"}, {"kind": "act", "changes": "x"}]
)
def test_a_bad_message_is_refused_and_nothing_is_stored(widget, study, msg):
    widget._handle_custom_msg(msg, [])
    assert [m["kind"] for m in widget.said] == ["refused"]
    assert widget.said[0]["why"]
    assert study.said() == {}


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        (InputError("no such stage"), None),
        (StoreError("the database is locked"), True),
        (OSError("disk full"), True),
    ],
)
def test_an_error_comes_back_as_its_reason(error, retry):
    class Broken:
        def handle(self, msg):
            raise error

    reply = answer(Broken(), {"kind": "undo", "id": "action-1"})
    assert (reply["kind"], reply["id"], reply.get("retry")) == ("refused", "action-1", retry)
    assert str(error) in reply["why"]


def test_the_page_is_one_module_that_fetches_nothing():
    script = (STATIC / "tagging.js").read_text(encoding="utf-8")
    for never in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "http"):
        assert never not in script, never
    assert "\nimport " not in script
    assert "url(" not in (STATIC / "tagging.css").read_text(encoding="utf-8")


def test_importing_the_package_loads_no_widget():
    code = "import sys, journeyqual; print([m for m in sys.modules if 'anywidget' in m])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
