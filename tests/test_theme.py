"""A study's look: contrast is checked, and a logo can neither run nor fetch."""

import struct

import pytest

from journeyqual.charts.palette import PALETTES
from journeyqual.errors import ConfigError
from journeyqual.theme import DEFAULT, GROUNDS, contrast, from_table, readable

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 8, 8) + b"\0" * 20


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_grounds_are_those_of_the_palette(mode):
    assert GROUNDS[mode] == (PALETTES[mode].paper, PALETTES[mode].surface)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#ffff00", "#00ff00", "#808080", "#155a8a", "#000", "#fff"])
def test_what_is_called_readable_reaches_aa_on_both_grounds(colour, mode):
    assert min(contrast(readable(colour, mode), g) for g in GROUNDS[mode]) >= 4.5


def test_contrast_is_that_of_wcags_own_examples():
    # The lightest grey that passes on white, and the next one, which does not.
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


def test_a_pale_colour_is_refused_with_its_contrast_and_the_nearest(tmp_path):
    with pytest.raises(ConfigError) as told:
        from_table({"accent": "#ffd700"}, tmp_path)
    assert "1.34 to 1" in str(told.value)
    assert readable("#ffd700") in str(told.value)
    assert from_table({"accent": readable("#ffd700")}, tmp_path).accent == readable("#ffd700")


def test_nothing_given_is_the_reports_own_look(tmp_path):
    assert from_table({}, tmp_path) == DEFAULT


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"colour": "#000"}, "no field 'colour'"),
        ({"accent": "red"}, "no colour"),
        ({"accent": 5}, "no text"),
        ({"font": "x'; } body { display: none"}, "no font's name"),
        ({"font": "Arial, url(http://x)"}, "no font's name"),
        ({"logo": "../logo.svg"}, "leads out"),
        ({"logo": "logo.gif"}, "no SVG or PNG"),
        ({"logo": "none.svg"}, "there is no logo"),
    ],
)
def test_one_clear_error(tmp_path, table, says):
    with pytest.raises(ConfigError, match=says):
        from_table(table, tmp_path)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        '<image href="http://example.org/a.png"/>',
        '<image href="/etc/passwd"/>',
        '<image href="file:///etc/passwd"/>',
        '<rect fill="url(http://example.org)"/>',
        '<a href="javascript:alert(1)"/>',
        "<foreignObject/>",
        "<style>@import 'http://example.org'</style>",
        '<set attributeName="href" to="x"/>',
        "<broken",
    ],
)
def test_an_svg_that_could_run_or_fetch_is_refused(tmp_path, inside):
    (tmp_path / "logo.svg").write_text(SVG.format(inside))
    with pytest.raises(ConfigError, match=r"logo\.svg"):
        from_table({"logo": "logo.svg"}, tmp_path)


def test_entities_are_refused_before_they_are_read(tmp_path):
    (tmp_path / "logo.svg").write_text('<!DOCTYPE x [<!ENTITY a "b">]>' + SVG.format("&a;"))
    with pytest.raises(ConfigError, match="document type"):
        from_table({"logo": "logo.svg"}, tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "elsewhere.svg").write_text(SVG.format(""))
    study = tmp_path / "study"
    study.mkdir()
    (study / "logo.svg").symlink_to(tmp_path / "elsewhere.svg")
    with pytest.raises(ConfigError, match="leads out"):
        from_table({"logo": "logo.svg"}, study)


def test_a_huge_file_or_picture_is_refused(tmp_path):
    (tmp_path / "a.svg").write_bytes(b" " * (512 * 1024 + 1))
    with pytest.raises(ConfigError, match="512 KB"):
        from_table({"logo": "a.svg"}, tmp_path)
    wide = PNG.replace(struct.pack(">II", 8, 8), struct.pack(">II", 90_000, 8))
    (tmp_path / "a.png").write_bytes(wide)
    with pytest.raises(ConfigError, match="90000 by 8"):
        from_table({"logo": "a.png"}, tmp_path)


def test_a_plain_logo_becomes_an_address_for_an_image(tmp_path):
    inside = '<defs><linearGradient id="g"/></defs><rect fill="url(#g)" width="9" height="9"/>'
    (tmp_path / "logo.svg").write_text(SVG.format(inside))
    (tmp_path / "logo.png").write_bytes(PNG)
    assert from_table({"logo": "logo.svg"}, tmp_path).logo_uri().startswith("data:image/svg+xml;")
    assert from_table({"logo": "logo.png"}, tmp_path).logo_uri().startswith("data:image/png;base64")
    assert DEFAULT.logo_uri() == ""
