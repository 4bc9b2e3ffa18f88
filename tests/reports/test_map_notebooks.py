"""The notebooks of the map and the pages run alone, strictly, and to the same bytes as pages."""

import ast
import json

import pytest

from journeyqual import open_study
from journeyqual.errors import ReportError
from journeyqual.reports import make_report, pages
from journeyqual.reports.render import known_parameters
from journeyqual.scaffold import package_data

NAMES = ("journey_map", "four_questions", "team", "what_changed")


def cells(name):
    text = (package_data("notebooks") / f"{name}.ipynb").read_text(encoding="utf-8")
    return json.loads(text)["cells"]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_one_parameters_cell_prose_and_calls(name):
    tagged = [c for c in cells(name) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    for cell in cells(name):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        kinds = {type(node) for node in ast.walk(ast.parse(source))}
        assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While}


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_takes_the_studys_settings(name):
    known = known_parameters(package_data("notebooks") / f"{name}.ipynb")
    assert {"study", "draws", "seed", "thin_below"} <= set(known)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("journey_map", "The stages on the infinity loop"),
        ("four_questions", "Do we have a strategy to move them?"),
        ("team", "What to know first"),
        ("what_changed", "Nothing to compare with yet"),
    ],
)
def test_a_notebook_makes_its_page(study_folder, made, name, said):
    page = make_report(study_folder, template=name, out_dir=made)
    text = page.read_text(encoding="utf-8")
    assert said in text
    assert "Traceback" not in text
    assert str(study_folder) not in text
    assert (made / f"{name}.ipynb").exists()


@pytest.mark.notebook
def test_an_owners_page_is_that_of_the_notebook(study_folder, made):
    page = make_report(study_folder, template="team", parameters={"owner": "Sales"}, out_dir=made)
    study = open_study(study_folder)
    written = pages.write_teams(study, made)
    study.close()
    names = [path.name for path in written]
    assert names[:2] == ["team-marketing.html", "team-sales.html"]
    assert len(names) == 6
    assert (made / "team-sales.html").read_text() == page.read_text()


@pytest.mark.notebook
def test_an_owner_whom_the_codebook_lacks_leaves_a_draft(study_folder, tmp_path):
    with pytest.raises(ReportError, match="looks after no stage"):
        make_report(study_folder, template="team", parameters={"owner": "Ops"}, out_dir=tmp_path)
    assert (tmp_path / "team-owner-ops.draft.ipynb").exists()


@pytest.mark.notebook
def test_waves_are_compared_where_the_study_names_them(study_folder, made):
    page = make_report(
        study_folder, template="what_changed", parameters={"waves": "segment"}, out_dir=made
    )
    assert "From family to trader feeling" in page.read_text(encoding="utf-8")
