"""Files for others: whole or not at all, no formula in a cell, Chinese names kept."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import python_calamine
import shapely

from geo.child import read_untrusted
from geo.errors import WrongUsage
from geo.write import NotWritten, csv_text, geo_frame, publish, replace_file, write_table, write_vector, xlsx_bytes

FORMULAS = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "＝1", "plain", "-12.5", "", "示例"]


def frame() -> gpd.GeoDataFrame:
    columns = {"zone_code": ["甲", "乙"], "名称": ["一区", "二区 <b>&\"'"], "empty": [None, "x"]}
    shapes = [shapely.box(119, 29, 119.1, 29.1), shapely.MultiPolygon([shapely.box(119.2, 29, 119.3, 29.1)])]
    return geo_frame(columns, shapes, "EPSG:4490")


def test_csv_cells_are_never_formulas_and_numbers_stay_numbers() -> None:
    text = csv_text(["v"], [[value] for value in FORMULAS])
    assert text.startswith("\ufeff")
    cells = [row[0] if row else "" for row in csv.reader(io.StringIO(text.lstrip("\ufeff")))][1:]
    assert cells == ["'=1+1", "'+cmd", "'-2+3", "'@SUM(A1)", "'\tx", "'＝1", "plain", "-12.5", "", "示例"]


def test_xlsx_cells_are_never_formulas(tmp_path: Path) -> None:
    content = xlsx_bytes(["v", "n"], [[value, 1.5] for value in FORMULAS])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    (tmp_path / "t.xlsx").write_bytes(content)
    sheet = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "t.xlsx")).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet[1:]] == FORMULAS
    assert sheet[1][1] == 1.5


def test_xlsx_bytes_are_the_same_twice() -> None:
    assert xlsx_bytes(["a"], [["b"]]) == xlsx_bytes(["a"], [["b"]])


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "zip", "kml", "parquet"])
def test_features_come_back_with_chinese_names_and_places(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"zones.{suffix}"
    write_vector(frame(), target, "zones")
    raw = read_untrusted(target)
    assert raw.geometry is not None
    centres = [round(shape.centroid.x, 6) for shape in raw.geometry]
    found = set(zip(raw.frame["zone_code"], raw.frame["名称"], centres, strict=True))  # some formats sort by place
    assert found == {("甲", "一区", 119.05), ("乙", "二区 <b>&\"'", 119.25)}


def test_a_shapefile_in_gbk_is_read_as_such(tmp_path: Path) -> None:
    write_vector(frame(), tmp_path / "z.zip", "zones", "GBK")
    raw = read_untrusted(tmp_path / "z.zip")
    assert raw.encoding == "gb18030"
    assert raw.frame["名称"].iloc[0] == "一区"


def test_an_unknown_suffix_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="csv"):
        write_table(["a"], [], tmp_path / "t.docx")
    with pytest.raises(WrongUsage):
        write_vector(frame(), tmp_path / "t.dwg", "x")


def test_the_same_rows_are_the_same_bytes_whenever_they_are_written(tmp_path: Path) -> None:
    files = ("z.gpkg", "z.fgb", "z.zip", "z.kml", "z.geojson", "z.parquet")
    once, again = [], []
    for written in (once, again):
        for name in files:
            write_vector(frame(), tmp_path / name, "zones")
            written.append((tmp_path / name).read_bytes())
        time.sleep(1.1)
    assert [name for name, a, b in zip(files, once, again, strict=True) if a != b] == []


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "old.csv"
    target.write_text("old", "utf-8")

    def fail(part: Path) -> None:
        part.write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(NotWritten, match=r"old\.csv"):
        publish(target, fail)
    assert target.read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]


def test_no_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotWritten):
        replace_file(tmp_path / "none" / "x.csv", b"1")
