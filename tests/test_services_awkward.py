"""The forty awkward files behave as ``EXPECT.csv`` says; rows in = taken + quarantined + refused, always."""

from __future__ import annotations

import csv
import os
import random
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from geo.errors import BlueSkyError
from geo.read import SUFFIXES
from services.intake import ImportOptions, ImportReport, import_file
from tests._store_rows import REGION

FOLDER = Path(__file__).parent / "fixtures" / "import"
NAMED = {"编码": "town_code", "名称": "town_name"}
LISTED = {"序号": "enterprise_code"}
TABLES = ("enterprises_gbk.csv", "enterprises_utf8bom.csv", "enterprises_utf16.csv", "enterprises_gb18030_tab.txt",
          "enterprises_semicolon.csv", "enterprises_title_rows.xlsx")  # fmt: skip


def look(file: str | Path, layer: str = "towns", mapping: dict[str, str] | None = None, **said: Any) -> ImportReport:
    """What becomes of a file; a refusal gives its report, too."""
    options = ImportOptions(dry_run=True, mapping=NAMED if mapping is None else mapping, **said)
    try:
        report = import_file(None, REGION, layer, FOLDER / file, options)
    except BlueSkyError as fault:
        report = fault.facts["report"]  # type: ignore[assignment]  # the report of the refusal
        assert report.file_refused and "\n" not in report.file_refused
    assert report.rows_in == report.taken + report.quarantined + report.refused
    return report


def texts(report: ImportReport) -> str:
    return " ".join(f"{p['reason']} {p['suggestion'] or ''}" for p in report.problems) + (report.file_refused or "")


def codes(report: ImportReport, row: int | None) -> set[str]:
    return {p["code"] for p in report.problems if p["row"] == row}


def test_every_file_of_the_list_is_accounted_for() -> None:
    with (FOLDER / "EXPECT.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    assert len(names) == 40
    assert all((FOLDER / name).exists() for name in names)


@pytest.mark.parametrize(
    ("file", "encoding", "said"),
    [
        ("gbk_nocpg.shp", "gb18030", ""), ("gbk_ldid4d.shp", "gb18030", ""), ("utf8_nocpg.shp", "utf-8", ""),
        ("gbk_but_cpg_says_utf8.shp", "gb18030", ".cpg"), ("missing_shx.shp", "utf-8", ".shx"),
        ("gk_zone40_prefix.shp", "utf-8", ""),
        ("crs_urn_4490.geojson", "utf-8", ""), ("bom.geojson", "utf-8", ""), ("gbk.geojson", "gb18030", ""),
        ("nested_dir_and_macosx.zip", "utf-8", ""), ("gbk_names.zip", "gb18030", ""),
    ],
)  # fmt: skip
def test_seven_counties_arrive_whole(file: str, encoding: str, said: str) -> None:
    report = look(file)
    assert (report.rows_in, report.taken) == (7, 7)
    assert (report.encoding or "").lower().startswith(encoding)
    assert said in texts(report)
    assert not any(p["code"] == "outside_region" for p in report.problems), "they land on Lanxi and its neighbours"


@pytest.mark.parametrize(
    ("file", "proposal"),
    [("gk_zone40_prefix_noprj.shp", "EPSG:4528"), ("gk_cm120_noprefix_noprj.shp", "EPSG:4549"),
     ("gk_xy_swapped_noprj.shp", "互换"),
     ("garbage_prj.shp", "EPSG:4490")],
)  # fmt: skip
def test_a_missing_system_is_proposed_and_asked(file: str, proposal: str) -> None:
    report = look(file)
    assert report.taken == 0
    assert proposal in str(report.file_refused) and "--crs" in str(report.file_refused)
    stated = {"EPSG:4528": "EPSG:4528", "EPSG:4490": "EPSG:4490"}.get(proposal, "EPSG:4549")
    assert look(file, crs=stated, swap=proposal == "互换").taken == 7


@pytest.mark.parametrize(
    ("file", "proposal", "said"),
    [("mercator_nocrs.geojson", "EPSG:3857", {"crs": "EPSG:3857"}), ("latlon_swapped.geojson", "互换", {"swap": True})],
)
def test_a_system_that_cannot_be_is_doubted(file: str, proposal: str, said: dict[str, Any]) -> None:
    report = look(file)
    assert (report.taken, report.quarantined) == (0, 7)
    assert proposal in texts(report) and "crs_suspect" in codes(report, None)
    assert look(file, **said).taken == 7


def test_shifted_boundaries_look_like_gcj02_with_the_residual() -> None:
    report = look("gcj02_labelled_wgs84.shp")
    said = next(p for p in report.problems if p["code"] == "crs_suspect")
    assert "GCJ-02" in said["reason"] and " m" in said["reason"] and said["repair"] == {"datum": "gcj02"}
    assert "crs_suspect" not in codes(look("gcj02_labelled_wgs84.shp", datum="gcj02"), None)
    assert "crs_suspect" not in codes(look("crs_urn_4490.geojson"), None), "the real boundaries are not doubted"


def test_a_cut_shapefile_keeps_its_whole_records() -> None:
    report = look("truncated.shp")
    assert (report.rows_in, report.taken, report.quarantined) == (7, 4, 3)
    assert all("geometry_cut" in codes(report, row) for row in (5, 6, 7))


@pytest.mark.parametrize(
    ("file", "word"),
    [
        ("missing_dbf.shp", ".dbf"), ("zero_bytes.shp", "空"), ("trailing_comma.geojson", "133"),
        ("two_shapefiles.zip", "a/zones"),
        ("zip_slip.zip", "越出"), ("bomb_200MB.zip", "过大"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(file: str, word: str) -> None:
    report = look(file)
    assert (report.rows_in, report.taken) == (0, 0)
    assert word in str(report.file_refused) and file in str(report.file_refused)


def test_an_empty_layer_says_so() -> None:
    report = look("empty_layer.shp")
    assert report.rows_in == 0 and "empty" in codes(report, None)


def test_each_invalid_shape_has_its_line() -> None:
    report = look("invalid_shapes.geojson", "mine_faces", {"name": "face_code", "名称": "face_code"})
    assert report.rows_in == 18
    named = {p["row"] for p in report.problems if p["row"] is not None}
    assert len(named) >= 14, "only the two plain duplicates and the good ones pass without a word"
    assert {"geometry_repaired", "no_area", "ring_unclosed", "vertex_twice", "geometry_3d", "geometry_missing"} <= {
        p["code"] for p in report.problems
    }


def test_bad_coordinates_cost_one_row_each() -> None:
    report = look("nan_coords.geojson", "enterprises", {"名称": "enterprise_code"})
    assert (report.rows_in, report.taken) == (3, 1)


def test_markup_stays_text() -> None:
    report = look("markup_in_attributes.geojson", "mine_faces", {"名称": "face_code", "name": "face_code"})
    assert report.rows_in == 2


@pytest.mark.parametrize("file", TABLES)
def test_every_row_of_the_enterprise_lists_is_told(file: str) -> None:
    report = look(file, "enterprises", LISTED)
    assert (report.rows_in, report.taken, report.quarantined, report.refused) == (16, 15, 1, 0)
    shift = 2 if file.endswith("xlsx") else 0
    wanted = {
        5: "coord_swapped", 6: "bad_coordinate", 8: "bad_coordinate", 10: "duplicate", 11: "coord_zero", 13: "coord_plane",
        14: "coord_plane", 17: "outside_boundary",
    }  # fmt: skip
    for row, code in wanted.items():
        assert code in codes(report, row + shift), row
    assert not codes(report, 12 + shift), "full-width digits are read without a word"
    repaired = look(file, "enterprises", LISTED, accept_all=True)
    assert repaired.repaired == 4
    assert not {"coord_swapped", "coord_plane"} & {p["code"] for p in repaired.problems}


def test_a_workbook_that_names_its_datum_elsewhere_says_so() -> None:
    report = look("enterprises_title_rows.xlsx", "enterprises", LISTED)
    assert "百度" in texts(report) and {"datum": "bd09"} in [problem["repair"] for problem in report.problems]


@pytest.mark.parametrize("file", ["chinese_folders.kml", "chinese_folders.kmz", "gbk_declared_utf8.kml"])
def test_both_folders_of_a_kml_are_read(file: str) -> None:
    report = look(file, mapping={"name": "town_code", "folder": "town_name"})
    assert (report.rows_in, report.taken) == (9, 7) and "description" in report.headers
    assert "geometry_empty" in codes(report, 9)
    assert {"编码"} <= set(report.headers), "Chinese attribute names stay whole"


def test_overlapping_zones_and_two_hundred_thousand_vertices() -> None:
    assert look("overlapping_zones_dup_ids.gpkg", mapping={"编码": "town_code", "名称": "town_name"}).rows_in == 7
    report = look("vertices_200k.fgb", "mine_faces", {"名称": "face_code", "name": "face_code"})
    assert (report.rows_in, report.taken) == (1, 1)


def test_without_a_key_column_every_row_is_refused_and_a_mapping_proposed() -> None:
    report = look("gbk_nocpg.shp", "no_burn_zones", {})
    assert (report.rows_in, report.refused) == (7, 7)
    assert [row["values"]["名称"] for row in report.held][3] == "兰溪市"
    assert "--map 编码=zone_code" in texts(report)


def mutated(data: bytes, how: random.Random) -> bytes:
    """A file with a few bytes flipped, cut, doubled or blown up."""
    changed = bytearray(data)
    for _ in range(how.choice((1, 1, 3, 20))):
        place = how.randrange(max(1, len(changed)))
        kind = how.randrange(5)
        if kind == 0:
            changed[place : place + 1] = bytes([how.randrange(256)])
        elif kind == 1:
            changed[place : place + 4] = how.choice((b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff"))
        elif kind == 2:
            del changed[place:]
        elif kind == 3:
            changed[place:place] = changed[place : place + 64]
        else:
            del changed[place : place + how.randrange(1, 200)]
    return bytes(changed)


SEEDS = [path for path in sorted(FOLDER.iterdir()) if path.suffix in SUFFIXES and 0 < path.stat().st_size < 400_000]


def _spoil(source: Path, folder: Path, how: random.Random) -> Path:
    parts = [source] if source.suffix != ".shp" else list(FOLDER.glob(f"{source.stem}.*"))
    spoiled = how.choice(parts)
    for part in parts:
        data = part.read_bytes()
        (folder / f"x{part.suffix}").write_bytes(mutated(data, how) if part == spoiled else data)
    return folder / f"x{source.suffix}"


def _try(tmp_path: Path, count: int, seed: int) -> None:
    how = random.Random(seed)
    for number in range(count):
        source = how.choice(SEEDS)
        folder = tmp_path / str(number)
        folder.mkdir()
        layer, mapping = ("enterprises", LISTED) if source.stem.startswith("enterprises") else ("towns", NAMED)
        report = look(_spoil(source, folder, how), layer, mapping)
        assert "Traceback" not in str(report.file_refused), source.name
        assert "\ufffd" not in "".join(str(value) for row in report.held for value in row["values"].values()), source.name


def test_spoiled_files_end_in_rows_or_one_sentence(tmp_path: Path) -> None:
    _try(tmp_path, 12, 1)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BLUESKY_SOAK"), reason="long: make soak")
def test_many_spoiled_files(tmp_path: Path) -> None:
    _try(tmp_path, 400, 2)


def test_an_archive_of_a_table_is_that_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as archive:
        archive.write(FOLDER / "enterprises_gbk.csv", "清单/企业.csv")
    assert look(tmp_path / "list.zip", "enterprises", LISTED).taken == 15


ODS_MIME = "application/vnd.oasis.opendocument.spreadsheet"
ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    "<office:body><office:spreadsheet>"
)


def ods(path: Path, *sheets: tuple[str, list[str]]) -> Path:
    """A spreadsheet as LibreOffice stores it: one ``<table:table>`` of rows of cells for each sheet."""
    tables = "".join(
        f'<table:table table:name="{name}">{"".join(f"<table:table-row>{row}</table:table-row>" for row in rows)}</table:table>'
        for name, rows in sheets
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ODS_MIME)
        archive.writestr("content.xml", f"{ODS_HEAD}{tables}</office:spreadsheet></office:body></office:document-content>")
        entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
        listed = entry.format("/", ODS_MIME) + entry.format("content.xml", "text/xml")
        space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}">{listed}</manifest:manifest>')
    return path


def words_row(*cells: str) -> str:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    return "".join(cell.format(text) if text else "<table:table-cell/>" for text in cells)


def number_cell(value: str) -> str:
    return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'


def test_an_ods_with_title_numbers_dates_and_a_total_is_read(tmp_path: Path) -> None:
    day = '<table:table-cell office:value-type="date" office:date-value="2019-05-06"/>'
    rows = [
        words_row("兰溪市企业清单") + '<table:table-cell table:number-columns-repeated="1020"/>',
        words_row("企业编号", "企业名称", "经度", "纬度", "建档"),
        words_row("E1", "甲厂") + number_cell("119.461") + number_cell("29.201") + day,
        words_row("E2", "乙厂", "119°27′40″", "29°12′") + "<table:table-cell/>",
        words_row("合计", "2 家"),
    ]
    report = look(ods(tmp_path / "企业.ods", ("企业", rows)), "enterprises", {})
    assert (report.rows_in, report.taken, report.quarantined, report.refused) == (2, 2, 0, 0)
    assert report.headers[:4] == ["企业编号", "企业名称", "经度", "纬度"] and "合计" in texts(report)
    two = ods(tmp_path / "two.ods", ("甲表", rows[1:4]), ("乙表", rows[1:3]))
    asked = look(two, "enterprises", {})
    assert "甲表、乙表" in str(asked.file_refused) and asked.rows_in == 0
    assert look(two, "enterprises", {}, sheet="乙表").taken == 1
    assert "没有工作表“丙表”" in str(look(two, "enterprises", {}, sheet="丙表").file_refused)


@pytest.mark.parametrize("file", ["nested_dir_and_macosx.zip", "gbk_names.zip", "two_shapefiles.zip", "bom.geojson"])
def test_a_sheet_that_is_not_there_is_one_sentence(file: str) -> None:
    report = look(file, "no_burn_zones", {}, sheet="nope")
    assert report.file_refused and report.rows_in == 0


BEIJING_54 = "企业编号,企业名称,东坐标,北坐标\nB1,甲厂,451000,3232000\nB2,乙厂,452000,3233000\n"
SEVEN = "-15.4,157,94.7,0.3,0.08,0.1,-1.5"


def test_beijing_54_is_converted_with_seven_parameters_or_stored_with_100_m(tmp_path: Path) -> None:
    path = tmp_path / "b54.csv"
    path.write_text(BEIJING_54, "utf-8")
    loose = look(path, "enterprises", {}, crs="EPSG:2437")
    assert (loose.taken, loose.unverified) == (2, 2) and "100 m" in texts(loose)
    tied = look(path, "enterprises", {}, crs="EPSG:2437", helmert=SEVEN)
    assert (tied.taken, tied.unverified) == (2, 0) and "七参数" in texts(tied)
    assert "不需要七参数" in str(look(path, "enterprises", {}, crs="EPSG:4549", helmert=SEVEN).file_refused)
    assert "ppm" in str(look(path, "enterprises", {}, crs="EPSG:2437", helmert="1,2,3").file_refused)
    assert "PROJ" in str(look(path, "enterprises", {}, crs="+proj=tmerc +lon_0=120").file_refused)


def test_degrees_of_xian_80_are_not_taken_for_cgcs2000(tmp_path: Path) -> None:
    path = tmp_path / "x80.csv"
    path.write_text("企业编号,经度,纬度\nB1,119.46,29.21\n", "utf-8")
    report = look(path, "enterprises", {}, crs="EPSG:4610")
    assert (report.crs, report.unverified) == ("EPSG:4610", 1)


def test_cells_with_formula_errors_are_told(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "errors.xlsx") as book:
        sheet = book.add_worksheet("企业 & 地址")
        for row, cells in enumerate([("企业编号", "企业名称", "经度"), ("E1", "甲厂", None), ("E2", None, None)]):
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)
        sheet.write_formula("C2", "=NA()", None, "#N/A")
        sheet.write_formula("B3", "=1/0", None, "#DIV/0!")
    report = look(tmp_path / "errors.xlsx", "enterprises", {})
    assert report.taken == 2 and "2 个单元格是公式错误" in texts(report) and "C2、B3" in texts(report)


def test_a_file_geodatabase_is_read_as_a_folder_and_in_an_archive(tmp_path: Path) -> None:
    import geopandas as gpd
    import shapely

    folder = tmp_path / "企业.gdb"
    frame = gpd.GeoDataFrame({"企业编号": ["E1", "E2"], "企业名称": ["甲厂", "乙厂"]},
                             geometry=shapely.points([[119.46, 29.21], [119.47, 29.22]]), crs="EPSG:4490")  # fmt: skip
    frame.to_file(folder, driver="OpenFileGDB", layer="qiye")
    read = look(folder, "enterprises", {})
    assert (read.rows_in, read.taken, read.driver) == (2, 2, "OpenFileGDB") and read.headers[:2] == ["企业编号", "企业名称"]
    with zipfile.ZipFile(tmp_path / "gdb.zip", "w") as archive:
        for part in folder.iterdir():
            archive.write(part, f"企业.gdb/{part.name}")
    assert look(tmp_path / "gdb.zip", "enterprises", {}).taken == 2
    assert "没有图层" in str(look(folder, "enterprises", {}, sheet="nope").file_refused)


@pytest.mark.parametrize(
    ("name", "word"),
    [("map.osm", "QGIS"), ("企业.dbf", ".shp"), ("图.dwg", "DXF"), ("包.rar", "zip"), ("表.et", "xlsx"), ("x.abc", "csv")],
)
def test_formats_that_are_not_taken_say_what_to_do(tmp_path: Path, name: str, word: str) -> None:
    (tmp_path / name).write_bytes(b"<osm/>")
    assert word in str(look(tmp_path / name, "enterprises", {}).file_refused)


def test_rows_may_name_beijing_54_and_xian_80_themselves(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("企业编号,经度,纬度,东坐标,北坐标,坐标系\nB1,119.46,29.21,,,EPSG:4610\n"
                    "B2,,,452000,3233000,EPSG:2437\nB3,119.47,29.21,,,\nB3,,,,,\n", "utf-8")  # fmt: skip
    report = look(path, "enterprises", {})
    assert (report.taken, report.unverified, report.crs) == (3, 2, "EPSG:2437+EPSG:4490+EPSG:4610")
    assert "编号与第 4 行重复" in texts(report)


def test_a_geopackage_is_held_against_what_it_says_it_holds(tmp_path: Path) -> None:
    import geopandas as gpd
    import shapely

    path = tmp_path / "fewer.gpkg"
    points = shapely.points([[119.46, 29.21, 5.0], [119.47, 29.22, 5.0], [119.48, 29.23, 5.0]])
    gpd.GeoDataFrame({"企业编号": ["E1", "E2", "E3"]}, geometry=points, crs="EPSG:4490").to_file(path, layer="a")
    with closing(sqlite3.connect(path)) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        raw.execute("DELETE FROM a WHERE fid = 2")
    report = look(path, "enterprises", {})
    assert (report.rows_in, report.taken) == (2, 2) and report.preview == [["E1"], ["E3"]]
    assert "写明 3 条记录，实际读出 2 条" in texts(report) and "2 个图形带高程" in texts(report)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE gpkg_geometry_columns SET srs_id = 0")
        raw.execute("UPDATE gpkg_contents SET srs_id = 0")
    assert "EPSG:4490" in str(look(path, "enterprises", {}).file_refused), "an undefined system is none: asked for"


def test_a_header_cell_may_run_over_lines(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('"企业\n编号\n",企业名称,经度,纬度\nE1,甲厂,119.46,29.21\n', "utf-8")
    assert look(tmp_path / "x.csv", "enterprises", {}).taken == 1
