"""Files of unknown origin: what is read, what is refused, and that nothing leaks out of the child."""

from __future__ import annotations

import http.server
import json
import os
import signal
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo import _reader_process, _readers
from geo.child import ReaderStopped, available_walls, read_untrusted
from geo.errors import FileMissing, FileUnreadable
from geo.raw import RawTable
from geo.read import FormatUnknown, ReadOptions
from tests._often import SOAK

AWKWARD = Path(__file__).parent / "fixtures" / "import"
NAMES = ["金东区", "婺城区", "兰溪市"]


@pytest.fixture(params=["warm", "cold"])
def either_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read by a child of the waiting reader, and by a process started for the file."""
    if request.param == "cold":
        monkeypatch.setattr("geo.child.run_warm", lambda *_: None)
    return str(request.param)


def names(raw: RawTable) -> list[str]:
    return [str(value) for value in raw.frame["名称"]]


@pytest.mark.parametrize(
    ("file", "encoding"),
    [
        ("gbk_nocpg.shp", "gb18030"), ("gbk_ldid4d.shp", "gb18030"), ("utf8_nocpg.shp", "utf-8"),
        ("gbk_but_cpg_says_utf8.shp", "gb18030"), ("bom.geojson", "utf-8"), ("gbk.geojson", "gb18030"),
        ("gbk_names.zip", "gb18030"), ("nested_dir_and_macosx.zip", "utf-8"), ("overlapping_zones_dup_ids.gpkg", "utf-8"),
        ("missing_shx.shp", "utf-8"), ("crs_urn_4490.geojson", "utf-8"),
    ],
)  # fmt: skip
def test_chinese_names_come_whole_whatever_the_encoding(file: str, encoding: str) -> None:
    raw = read_untrusted(AWKWARD / file)
    assert "兰溪市" in names(raw)
    assert len(raw.rows) == 7
    assert (raw.encoding or "").lower().startswith(encoding)


def test_a_lying_cpg_and_a_missing_index_are_told() -> None:
    assert any(".cpg" in note for note in read_untrusted(AWKWARD / "gbk_but_cpg_says_utf8.shp").notes)
    assert any(".shx" in note for note in read_untrusted(AWKWARD / "missing_shx.shp").notes)


@pytest.mark.parametrize(
    ("file", "crs"),
    [
        ("gk_zone40_prefix.shp", "EPSG:4528"), ("gk_zone40_prefix_noprj.shp", None), ("garbage_prj.shp", None),
        ("crs_urn_4490.geojson", "EPSG:4490"), ("gcj02_labelled_wgs84.shp", "EPSG:4326"),
    ],
)  # fmt: skip
def test_the_coordinate_system_is_what_the_file_says_and_never_guessed(file: str, crs: str | None) -> None:
    raw = read_untrusted(AWKWARD / file)
    assert raw.crs == crs
    assert raw.crs_declared is (crs is not None)


TABLES = ("gbk.csv", "utf8bom.csv", "utf16.csv", "gb18030_tab.txt", "semicolon.csv")


@pytest.mark.parametrize("file", [f"enterprises_{name}" for name in TABLES])
def test_every_record_of_a_table_arrives_with_its_line(file: str) -> None:
    raw = read_untrusted(AWKWARD / file)
    assert raw.rows == list(range(2, 18))
    assert raw.frame["企业名称"].iloc[0] == "兰溪某印染厂"


def test_a_header_below_a_title_is_found_and_said() -> None:
    raw = read_untrusted(AWKWARD / "enterprises_title_rows.xlsx")
    assert list(raw.frame.columns)[:2] == ["序号", "企业名称"]
    assert raw.rows[0] == 4
    assert any("3" in note for note in raw.notes)
    other = read_untrusted(AWKWARD / "enterprises_title_rows.xlsx", ReadOptions(sheet="说明"))
    assert other.source_layer == "说明"


@pytest.mark.parametrize("file", ["chinese_folders.kml", "chinese_folders.kmz", "gbk_declared_utf8.kml"])
def test_every_folder_of_a_kml_is_read(file: str) -> None:
    raw = read_untrusted(AWKWARD / file)
    assert len(raw.rows) == 9
    assert set(raw.frame["folder"].dropna()) == {"一类区", "点位"}
    assert raw.geometry is not None
    assert sum(shape is None for shape in raw.geometry) == 1


def test_one_bad_feature_is_one_bad_row() -> None:
    raw = read_untrusted(AWKWARD / "nan_coords.geojson")
    assert raw.geometry is not None
    assert [shape is None for shape in raw.geometry] == [True, True, False]
    assert [(remark.position, remark.lost) for remark in raw.remarks] == [(0, True), (1, True)]
    assert len(read_untrusted(AWKWARD / "invalid_shapes.geojson").rows) == 18


def test_a_cut_shapefile_gives_its_whole_records_and_names_the_lost_ones() -> None:
    raw = read_untrusted(AWKWARD / "truncated.shp")
    assert raw.geometry is not None
    assert [shape is None for shape in raw.geometry] == [False] * 4 + [True] * 3
    assert [remark.position for remark in raw.remarks if remark.lost] == [4, 5, 6]
    assert "兰溪市" in names(raw)


def test_a_polygon_of_two_hundred_thousand_vertices_is_kept_whole() -> None:
    raw = read_untrusted(AWKWARD / "vertices_200k.fgb")
    assert raw.geometry is not None
    assert raw.geometry[0].exterior.coords[0] == raw.geometry[0].exterior.coords[-1]
    assert len(raw.geometry[0].exterior.coords) > 200_000


@pytest.mark.parametrize(
    ("file", "word"),
    [
        ("missing_dbf.shp", ".dbf"), ("zero_bytes.shp", "空"), ("trailing_comma.geojson", "133"),
        ("two_shapefiles.zip", "--sheet"), ("zip_slip.zip", "越出"), ("bomb_200MB.zip", "过大"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_clear_sentence(file: str, word: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_untrusted(AWKWARD / file)
    sentence = str(refused.value)
    assert word in sentence
    assert file in sentence
    assert "part." not in sentence
    assert "input." not in sentence


def test_missing_files_and_unknown_formats(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        read_untrusted(tmp_path / "none.csv")
    strange = tmp_path / "notes.docx"
    strange.write_bytes(b"PK")
    with pytest.raises(FormatUnknown):
        read_untrusted(strange)


class _Listener(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012  one list for all requests of the test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def listener() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Listener)
    _Listener.asked.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def hostile(tmp_path: Path, listener: str) -> dict[str, bytes]:
    """Files that make a careless reader open another file or call an address."""
    secret = tmp_path / "secret.csv"
    secret.write_text("name\nTOPSECRET\n", "utf-8")
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    link = {"type": "link", "properties": {"href": listener}}
    entity = f'<!ENTITY x SYSTEM "file://{secret}">'
    steps = f"gdal vector pipeline ! read {secret} ! write x"
    return {
        "vrt.geojson": vrt.encode(),
        "vrt.kml": vrt.encode(),
        "vrt.shp": vrt.encode(),
        "vrt.gpkg": vrt.encode(),
        "remote.fgb": vrt.replace(str(secret), f"/vsicurl/{listener}/x.csv").encode(),
        "link.geojson": json.dumps({"type": "FeatureCollection", "crs": link, "features": []}).encode(),
        "entity.kml": f"<!DOCTYPE k [{entity}]><kml><Placemark><name>&x;</name></Placemark></kml>".encode(),
        "pipeline.geojson": json.dumps({"type": "gdal_streamed_alg", "command_line": steps}).encode(),
    }  # fmt: skip


@pytest.mark.usefixtures("either_reader")
def test_hostile_files_read_nothing_and_call_nobody(tmp_path: Path, listener: str) -> None:
    for name, content in hostile(tmp_path, listener).items():
        file = tmp_path / name
        file.write_bytes(content)
        if name.endswith(".shp"):
            for ending in (".dbf", ".shx"):
                file.with_suffix(ending).write_bytes(content)
        with pytest.raises(FileUnreadable) as refused:
            read_untrusted(file)
        assert "TOPSECRET" not in str(refused.value)
    assert _Listener.asked == []


def test_views_of_a_geopackage_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "view.gpkg"
    file.write_bytes((AWKWARD / "overlapping_zones_dup_ids.gpkg").read_bytes())
    with sqlite3.connect(file) as connection:
        table = connection.execute("SELECT table_name FROM gpkg_contents").fetchone()[0]
        endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid, NULL AS geom FROM n"
        connection.execute(f"CREATE VIEW endless AS {endless}")
        row = "SELECT 'endless', 'features', 'endless', srs_id FROM gpkg_contents"
        connection.execute(f"INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) {row}")
    connection.close()
    raw = read_untrusted(file)
    assert raw.source_layer == table
    assert len(raw.rows) == 7


@pytest.mark.parametrize("nested", ["[" * 100_000, '{"a":' * 100_000])
def test_deep_nesting_is_a_sentence(tmp_path: Path, nested: str) -> None:
    file = tmp_path / "deep.geojson"
    file.write_text('{"type":"Feature","geometry":{"type":"Point","coordinates":' + nested, "utf-8")
    with pytest.raises(FileUnreadable, match="嵌套"):
        read_untrusted(file)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "many.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(1500):
            archive.writestr(f"{number}.txt", "")
    with pytest.raises(FileUnreadable, match="过多"):
        read_untrusted(file)


@pytest.mark.usefixtures("either_reader")
def test_a_reader_out_of_time_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "slow.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    monkeypatch.setattr("geo.child.WALL_SECONDS", 0.001)
    with pytest.raises(ReaderStopped, match="时限"):
        read_untrusted(file)


@pytest.mark.usefixtures("either_reader")
def test_a_reader_that_dies_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "large.csv"
    file.write_text("a,b\n" + "1,2\n" * 200_000, "utf-8")
    monkeypatch.setattr("geo.child.MEMORY_BYTES", 1 << 20)
    with pytest.raises(ReaderStopped):
        read_untrusted(file)


def test_the_waiting_reader_is_one_process_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    read_untrusted(file)
    first = _readers._kept["reader"]._process.pid
    read_untrusted(file)
    assert _readers._kept["reader"]._process.pid == first
    os.kill(first, signal.SIGKILL)
    assert len(read_untrusted(file).rows) == 1
    assert len(read_untrusted(file).rows) == 1
    assert _readers._kept["reader"]._process.pid != first


def test_several_may_read_at_once(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.csv").write_text("a\n" + f"{number}\n" * 50, "utf-8")
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(read_untrusted, sorted(tmp_path.glob("*.csv"))))
    assert [set(raw.frame["a"]) for raw in found] == [{str(number)} for number in range(6)]


def test_a_child_knows_nothing_of_the_pipes_of_its_reader(tmp_path: Path) -> None:
    """What a job says on its output is not taken for an answer."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.dup2(write, 1)
        os._exit(_reader_process._alone(tmp_path / "no such job"))
    os.close(write)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert os.read(read, 10) == b""
    os.close(read)


def test_walls_are_listed() -> None:
    walls = available_walls()
    assert walls["driver_allow_list"] is True
    assert set(walls) == {"driver_allow_list", "limits", "network_namespace"}


def test_a_shape_of_very_many_parts_is_a_sentence(tmp_path: Path) -> None:
    rings = [shapely.box(119 + n * 1e-5, 29, 119 + n * 1e-5 + 5e-6, 29.00001) for n in range(10_001)]
    for count, file in ((10_000, tmp_path / "many.geojson"), (10_001, tmp_path / "more.geojson")):
        written = shapely.to_geojson(shapely.MultiPolygon(rings[:count]))
        file.write_text('{"type":"Feature","properties":{},"geometry":' + written + "}", "ascii")
    assert len(read_untrusted(tmp_path / "many.geojson").rows) == 1
    with pytest.raises(FileUnreadable, match="拆成多个图形"):
        read_untrusted(tmp_path / "more.geojson")


@pytest.mark.slow
@pytest.mark.skipif(not SOAK, reason="long")
def test_five_million_vertices_are_a_sentence(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 5_000_000, endpoint=False)
    ring = np.column_stack([119.45 + 0.05 * np.cos(turn), 29.25 + 0.05 * np.sin(turn)])
    written = shapely.to_geojson(shapely.Polygon(ring))
    file = tmp_path / "huge.geojson"
    file.write_text('{"type":"Feature","properties":{},"geometry":' + written + "}", "ascii")
    with pytest.raises(FileUnreadable, match="顶点过多"):
        read_untrusted(file)
