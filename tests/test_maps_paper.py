"""Printed sheets: one page, to scale, words that can be searched, fonts inside; no font, no sheet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import matplotlib
import numpy as np
import pytest
import shapely
from matplotlib.text import Text

from geo.errors import CRSMismatch
from layers._find import load_layers
from maps import fonts, paper
from maps._paper_page import Page, Placed, folded, text_width
from maps._paper_symbols import DRAWN_LAST, path_of
from maps.fonts import Font, FontMissing, cut, find_font
from maps.paper import Areas, Sheet, fitted, pdf

ROOT = Path(__file__).resolve().parent.parent
CRS = "EPSG:4549"
LATIN = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
"""A font that is always there (it has no Chinese)."""
WORDS = {
    "language": "zh", "legend": "Legend", "north": "N", "scale": "Scale", "demo": "EXAMPLE", "attribution": "nobody",
}  # fmt: skip
VERDICTS = {kind: f"kind-{kind}" for kind in DRAWN_LAST}
NASTY = ("$\\frac{", "$$", "a_b^c", "\\textbf{x}", "{{7*7}}", "(unbalanced", "% comment", "", "  ", "\n", "<b>&amp;</b>")


def frame(rows: dict[str, list[object]], shapes: list[object], crs: str = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(shapes), crs=crs)


def sheet(name: str = "Somewhere", crs: str = CRS, facts: tuple[tuple[str, str], ...] = ()) -> Sheet:
    """A county of 10 km, a zone in it, one facility of every kind; all bear the same name."""
    county, zone = shapely.box(0, 0, 10_000, 10_000), shapely.box(2_000, 2_000, 8_000, 6_000)
    water, road = shapely.LineString([(0, 0), (9_000, 9_000)]), shapely.LineString([(0, 9_000), (9_000, 0)])
    base = frame({"kind": ["county", "river", "road"], "name": [name] * 3, "width": [1, 4, 2]}, [county, water, road], crs)
    places = [shapely.Point(1_000 + 900 * n, 5_000) for n in range(len(DRAWN_LAST))]
    points = frame({"kind": list(DRAWN_LAST), "label": [name] * 8, "chosen": [False] * 7 + [True]}, places)
    stations = frame({"label": [name], "style": [None]}, [shapely.Point(500, 500)])
    layers = load_layers()
    areas = (
        Areas(layers["no_burn_zones"], frame({"label": [name], "style": ["II"]}, [zone]), True),
        Areas(layers["mines"], frame({"label": [name], "style": [None]}, [shapely.box(100, 100, 900, 900)])),
        Areas(layers["air_stations"], stations),
    )
    return Sheet(name, (name, name), (0, 0, 10_000, 10_000), crs, base, areas, points, VERDICTS, WORDS, facts, name)


def streams(content: bytes) -> bytes:
    """Every stream of a PDF, unpacked where it is packed."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            found.append(part)
    return b"\n".join(found)


def latin() -> Font:
    return Font(LATIN, LATIN)


def test_a_sheet_is_one_page_of_a4_with_fonts_inside() -> None:
    content = pdf(sheet(), latin())
    assert content.startswith(b"%PDF-1.4")
    assert len(re.findall(rb"/Type /Page\b", content)) == 1
    left, bottom, width, height = (float(n) for n in re.search(rb"/MediaBox \[([^]]*)\]", content)[1].split())
    assert (left, bottom) == (0, 0)
    assert (width, height) == (pytest.approx(297 * 72 / 25.4, abs=0.1), pytest.approx(210 * 72 / 25.4, abs=0.1))
    fonts_inside = len(re.findall(rb"/FontFile2 ", content))
    assert fonts_inside >= 2
    assert len(re.findall(rb"/Subtype /CIDFontType2", content)) == fonts_inside == len(re.findall(rb"/ToUnicode ", content))
    assert b"/Type3" not in content and b"/CreationDate" not in content and b"/Subtype /Image" not in content
    assert b"\x00\x01\x00\x00" in streams(content), "a TrueType font"


def test_equal_sheets_are_equal_bytes_in_every_process() -> None:
    code = "import hashlib; from tests.test_maps_paper import *; print(hashlib.sha256(pdf(sheet(), latin())).hexdigest())"

    def run(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("1") == run("2")


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_never_read_as_a_formula(name: str) -> None:
    content = pdf(sheet(name, facts=((name, name), ("", name))), latin())
    assert len(re.findall(rb"/Type /Page\b", content)) == 1
    if shutil.which("pdftotext"):
        said = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout.decode()
        assert "".join(name.split()) in "".join(said.split())


def test_chinese_words_are_in_the_file_as_words() -> None:
    try:
        find_font()
    except FontMissing:
        pytest.skip("no Chinese font on this computer")
    content = pdf(sheet("兰溪市高污染燃料禁燃区"))
    ranges = re.findall(rb"<[0-9a-f]{4}> <[0-9a-f]{4}>\s*\[([^]]*)\]", streams(content))
    points = {int(code, 16) for codes in ranges for code in re.findall(rb"<([0-9a-f]{4})>", codes)}
    assert {ord(c) for c in "兰溪市高污染燃料禁燃区"} <= points
    if shutil.which("pdftotext"):
        said = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout.decode()
        assert "兰溪市高污染燃料禁燃区" in said


def test_frames_of_another_system_are_refused() -> None:
    with pytest.raises(CRSMismatch):
        pdf(sheet(crs="EPSG:4528"), latin())


@pytest.mark.parametrize("extent", [(0, 0, 1_000, 1_000), (0, 0, 65_000, 41_000), (5, 5, 5.5, 5.5), (0, 0, 100, 40_000)])
def test_the_scale_is_round_and_true(extent: tuple[float, float, float, float]) -> None:
    view, scale = fitted(extent, (12, 14, 200, 150))
    assert (view[2] - view[0]) * 1000 / 200 == pytest.approx(scale)
    assert (view[3] - view[1]) * 1000 / 150 == pytest.approx(scale)
    assert view[0] <= extent[0] and view[1] <= extent[1] and view[2] >= extent[2] and view[3] >= extent[3]
    assert str(scale).rstrip("0") in ("1", "15", "2", "25", "3", "4", "5", "6", "75")


def test_names_do_not_cover_each_other() -> None:
    from matplotlib.figure import Figure

    page = Page(Figure(), False)
    first, far = Placed("name", 100, 100, 8, "#000000", False), Placed("name", 100, 120, 8, "#000000", False)
    assert page.write_name(first)
    assert not page.write_name(Placed("other", 101, 100.5, 8, "#000000", False))
    assert page.write_name(far)
    assert not page.write_name(Placed("outside", 2, 100, 8, "#000000", False))


def test_no_name_covers_a_chosen_facility() -> None:
    whole = sheet("Here")
    middle = shapely.Point(5_000, 5_000)  # where the town's own name would stand
    points = frame({"kind": ["V"], "label": ["Chosen"], "chosen": [True]}, [middle])
    towns = Areas(load_layers()["towns"], frame({"label": ["Town"], "style": [None]}, [shapely.box(0, 0, 10_000, 10_000)]), True)
    with_one = replace(whole, points=points, areas=(towns,))
    without = replace(with_one, points=points.assign(chosen=False))
    assert names_on(with_one) == {"Chosen"} and names_on(without) == {"Chosen", "Town"}


def names_on(one: Sheet) -> set[str]:
    """Which of the two names are written."""
    return {text.get_text() for text in paper._figure(one).findobj(Text)} & {"Chosen", "Town"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("一二三四五六七", ["一二三四五", "六七"]),
        ("一二三四五。", ["一二三四", "五。"]),
        ("期限 2020-12-31", ["期限", "2020-12-31"]),
        ("", [""]),
    ],
)
def test_lines_break_where_people_break_them(text: str, lines: list[str]) -> None:
    width = text_width("五个字这么", 8) + 0.01 if "2020" not in text else text_width("2020-12-31", 8) + 0.01
    assert folded(text, 8, width) == lines


def test_a_long_word_is_broken_at_last() -> None:
    lines = folded("x" * 50, 8, 20)
    assert "".join(lines) == "x" * 50 and len(lines) > 1
    assert all(text_width(line, 8) <= 20 for line in lines)


def test_holes_are_parts_of_a_path() -> None:
    ring = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))
    path = path_of(ring)
    assert path is not None
    assert path.contains_point((1, 1)) and len(path.to_polygons()) == 2
    assert path_of(shapely.Polygon()) is None and path_of(shapely.Point(1, 1)) is None
    areas = [_area(part) for part in path.to_polygons()]
    assert areas[0] * areas[1] < 0, "a hole turns the other way"


def _area(ring: np.ndarray) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def test_without_a_font_a_sentence_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BLUESKY_FONT", raising=False)
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        find_font((tmp_path,))
    monkeypatch.setattr(fonts, "folders", lambda: [tmp_path])
    with pytest.raises(FontMissing) as caught:
        pdf(sheet())
    assert "fonts-noto-cjk" in caught.value.sentence("en")


def test_the_best_font_is_taken_with_its_bold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BLUESKY_FONT", raising=False)
    for name in ("simsun.ttc", "deep/NotoSansCJK-Regular.ttc", "deep/notosanscjk-bold.TTC", "wqy-zenhei.ttc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = find_font((tmp_path,))
    assert (found.regular.name, found.bold.name) == ("NotoSansCJK-Regular.ttc", "notosanscjk-bold.TTC")
    named = tmp_path / "mine.ttf"
    named.write_bytes(b"")
    monkeypatch.setenv("BLUESKY_FONT", str(named))
    assert find_font((tmp_path,)).regular == named


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_every_system_has_folders_of_fonts(platform: str) -> None:
    assert len(fonts.folders({"WINDIR": "W:", "LOCALAPPDATA": "L:"}, platform)) >= 2


def test_a_cut_font_has_the_characters_and_names_the_missing(tmp_path: Path) -> None:
    from fontTools.ttLib import TTFont

    absent = cut(LATIN, "aé兰a", 400, tmp_path / "small.ttf")
    assert list(absent) == ["兰"]
    with TTFont(tmp_path / "small.ttf") as made:
        assert {ord("a"), ord("é"), ord(" ")} <= set(made.getBestCmap())
        assert made["glyf"]["eacute"].numberOfContours >= 2, "accents are part of the outline"
    assert (tmp_path / "small.ttf").stat().st_size < 6_000
