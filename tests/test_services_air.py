"""Station values, ranking of towns, hot cells: hand-made rows with answers that can be worked out."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import numpy as np
import pytest
import python_calamine
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo._raster_make import write_grid
from geo.errors import WrongUsage
from geo.grid import column_row
from geo.idw import interpolated
from geo.raster import Asked
from geo.region import Region
from geo.write import write_table
from layers._find import load_layers
from services.air import before, daily, least_days, month_of, monthly
from services.assess import current
from services.export import export_layer
from services.findings import Filter, select
from services.hot_papers import breaks_of, hot_geojson, hot_xlsx
from services.hotcells import LISTED, Wish, hot_grid, hot_ground, hot_places, marks
from services.intake import ImportOptions, import_file
from services.ranking import NO_STATION, NO_VALUES, TOO_FEW, ranking, ranking_xlsx, reason_word
from services.rasters import Wanted, record_raster
from services.scope import Area, Principal, local_principal
from services.worklist import hot_first
from store import features
from store.open import Store, open_store
from tests._store_rows import REGION, put, table

ME = local_principal()
JUNE, MAY, YEAR_AGO = dt.date(2021, 6, 1), dt.date(2021, 5, 1), dt.date(2020, 6, 1)
DAY = dt.date(2021, 7, 1)


def values(station: str, month: dt.date, days: int, number: float, hours: int = 0) -> list[dict[str, str]]:
    moments = [
        f"{month.replace(day=day)} {hour:02d}:00" for day in range(1, days + 1) for hour in (range(hours) if hours else (0,))
    ]
    return [{"站点编号": station, "监测时间": moment, "PM2.5(µg/m³)": str(number)} for moment in moments]


class TestStationValues:
    def test_a_workbook_of_them_comes_back_whole(self, empty_store: Store, tmp_path: Path) -> None:
        """Hourly, daily and invalid values, gaps and all six pollutants: out as XLSX, in again through the import desk."""
        own = {"站点编号": "A02", "监测时间": "2021-06-03 07:00", "PM2.5(µg/m³)": "31.5", "PM10": "60", "SO2": "5.25", "NO2": "0"}
        others = [*values("A01", JUNE, 2, 28.1, hours=3), *values("A03", MAY, 2, 19)]
        rows = [own | {"O3": "160", "CO": "0.8", "是否有效": "否"}, *others]
        put(empty_store, "station_values", table(*rows))
        out = tmp_path / "values.xlsx"
        assert export_layer(empty_store, REGION, "station_values", out, ME) == 9
        again = import_file(empty_store, REGION, "station_values", out, ImportOptions(dry_run=True))
        assert (again.rows_in, again.unchanged, again.quarantined, again.refused) == (9, 9, 0, 0)
        other = open_store(tmp_path / "other.sqlite", create=True)
        assert import_file(other, REGION, "station_values", out, ImportOptions()).new == 9
        layer = load_layers()["station_values"]
        names = [column.name for column in layer.columns]
        one, two = (features.recorded(store, layer)[names].to_dict("records") for store in (empty_store, other))
        other.close()
        assert one == two and one[6]["no2"] == 0 and one[6]["valid"] == "no"

    def test_a_workbook_with_chinese_headers_by_day_and_by_month(self, empty_store: Store, tmp_path: Path) -> None:
        """What a station's own programs give: days as cells of dates, months as their first day, units in the headers."""
        headers = ["站点编号", "日期", "PM2.5浓度(µg/m³)", "可吸入颗粒物(ug/m3)", "一氧化碳(mg/m³)", "有效"]
        rows = [["A01", dt.date(2021, 6, 1), 31, 55.5, 0.7, "是"], ["A01", dt.date(2021, 6, 2), None, 50, None, "否"],
                ["A01", "2021-05-01", 28, 44, 0.6, None]]  # fmt: skip
        write_table(headers, rows, tmp_path / "站点日均值.xlsx")
        report = import_file(empty_store, REGION, "station_values", tmp_path / "站点日均值.xlsx", ImportOptions())
        assert (report.rows_in, report.new, report.quarantined, report.refused) == (3, 3, 0, 0)
        found = features.recorded(empty_store, load_layers()["station_values"])
        assert found["value_code"].tolist() == ["A01@2021-05-01T00:00", "A01@2021-06-01T00:00", "A01@2021-06-02T00:00"]
        assert [None if v is None else float(v) for v in found["pm25"]] == [28, 31, None]
        assert [float(v) for v in found["pm10"]] == [44, 55.5, 50] and found["valid"].tolist() == [None, "yes", "no"]

    def test_a_row_is_named_by_station_and_moment_and_has_no_place(self, empty_store: Store) -> None:
        report = put(empty_store, "station_values", table(*values("A01", JUNE, 2, 31.5)))
        assert (report.taken, report.new) == (2, 2)
        frame = features.recorded(empty_store, load_layers()["station_values"])
        assert frame["value_code"].tolist() == ["A01@2021-06-01T00:00", "A01@2021-06-02T00:00"]
        assert frame["geometry"].tolist() == [None, None]

    def test_the_same_moment_again_is_a_correction_with_history(self, empty_store: Store) -> None:
        put(empty_store, "station_values", table(*values("A01", JUNE, 2, 31.5)))
        report = put(empty_store, "station_values", table(*values("A01", JUNE, 3, 28)))
        assert (report.new, report.changed) == (1, 2)
        layer = load_layers()["station_values"]
        assert [float(v) for v in features.recorded(empty_store, layer)["pm25"]] == [28, 28, 28]
        with empty_store.read() as connection:
            retired = connection.exec_driver_sql("SELECT count(*) FROM feature_version WHERE retired_at IS NOT NULL").scalar()
        assert retired == 2

    @pytest.mark.parametrize("bad", ["-3", "高", "5000"])
    def test_negative_and_text_values_hold_the_row_back(self, empty_store: Store, bad: str) -> None:
        report = put(empty_store, "station_values", table({"站点编号": "A01", "监测时间": "2021-06-01", "PM2.5": bad}))
        assert (report.taken, report.quarantined) == (0, 1)
        assert report.problems[-1]["column"] == "pm25"
        assert "该行不入库" in report.problems[-1]["reason"]

    def test_rows_without_station_or_time_are_refused(self, empty_store: Store) -> None:
        rows = [{"站点编号": "", "监测时间": "2021-06-01", "PM2.5": "3"}, {"站点编号": "A1", "监测时间": "", "PM2.5": "3"}]
        assert put(empty_store, "station_values", table(*rows)).refused == 2

    def test_measurements_cost_judging_nothing(self, demo_store: Store, region: Region) -> None:
        found = current(demo_store, region, DAY)
        assert len(found.frames["station_values"]) == 0
        assert "station_values" not in found.revisions
        assert len(daily(demo_store)) > 1500


class TestMonths:
    def test_a_month_needs_twenty_seven_days(self, empty_store: Store) -> None:
        put(empty_store, "station_values", table(*values("A01", JUNE, 27, 30), *values("A02", JUNE, 26, 30)))
        found = monthly(empty_store, JUNE)
        assert (found["A01"].mean, found["A01"].enough) == (30, True)
        assert (found["A02"].mean, found["A02"].days, found["A02"].share) == (None, 26, pytest.approx(26 / 30))
        assert (least_days(dt.date(2021, 2, 1)), least_days(JUNE)) == (25, 27)

    def test_a_day_of_hours_needs_twenty(self, empty_store: Store) -> None:
        put(empty_store, "station_values", table(*values("A01", JUNE, 27, 30, 20), *values("A02", JUNE, 27, 30, 19)))
        found = monthly(empty_store, JUNE)
        assert (found["A01"].days, found["A02"].days) == (27, 0)

    def test_values_marked_invalid_do_not_count(self, empty_store: Store) -> None:
        rows = [row | {"是否有效": "否"} for row in values("A01", JUNE, 28, 300)] + values("A02", JUNE, 28, 20)
        put(empty_store, "station_values", table(*rows))
        assert set(monthly(empty_store, JUNE)) == {"A02"}

    def test_months_are_named_by_their_first_day(self) -> None:
        assert [before(JUNE, back) for back in (0, 1, 6, 12)] == [JUNE, MAY, dt.date(2020, 12, 1), YEAR_AGO]
        assert month_of("2021-06", DAY) == JUNE
        assert month_of("", DAY) == dt.date(2021, 7, 1)
        with pytest.raises(WrongUsage):
            month_of("2021-13", DAY)


class TestRanking:
    def test_towns_are_ranked_and_the_rest_is_named_with_the_reason(self, demo_store: Store, region: Region) -> None:
        made = ranking(demo_store, current(demo_store, region, DAY).frames, JUNE)
        assert (len(made.towns), made.covered) == (16, 16)
        assert [town.rank for town in made.ranked] == sorted(town.rank or 0 for town in made.ranked)
        means = [town.mean or 0 for town in made.ranked]
        assert means == sorted(means, key=lambda mean: round(mean, 1))
        assert {(town.reason, town.days) for town in made.left_out} == {(TOO_FEW, 14)}
        assert len(made.left_out) == 2
        assert reason_word(made.left_out[0], made) == "有效日 14 天，少于 27 天"
        assert all(town.yoy is not None and town.mom is not None for town in made.ranked)

    def test_towns_without_station_or_without_values(self, demo_copy: Store, region: Region) -> None:
        frames = dict(current(demo_copy, region, DAY).frames)
        frames["air_stations"] = frames["air_stations"].iloc[:3]
        made = ranking(demo_copy, frames, dt.date(2019, 1, 1))
        assert (made.covered, made.ranked) == (3, [])
        assert [town.reason for town in made.left_out].count(NO_STATION) == 13
        assert [town.reason for town in made.left_out].count(NO_VALUES) == 3

    def test_the_workbook_tells_the_rule(self, demo_store: Store, region: Region) -> None:
        made = ranking(demo_store, current(demo_store, region, DAY).frames, JUNE, "no2")
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(ranking_xlsx(made)))
        assert len(book.get_sheet_by_name("排名").to_python()) == 17
        assert "27 个有效日" in str(book.get_sheet_by_name("依据").to_python())


class TestInterpolation:
    def test_between_two_stations_by_inverse_square(self) -> None:
        spots = np.array([[0.0, 0.0], [3000.0, 0.0]])
        found, used = interpolated(np.array([[1000.0, 0.0], [0.0, 0.0]]), spots, np.array([10.0, 40.0]))
        assert found.tolist() == pytest.approx([(10 / 1 + 40 / 4) / (1 + 1 / 4), 10])
        assert used.tolist() == [2, 2]

    def test_never_beyond_the_limit(self) -> None:
        found, used = interpolated(np.array([[15_001.0, 0.0], [14_999.0, 0.0]]), np.zeros((1, 2)), np.array([10.0]), 15_000)
        assert (np.isnan(found).tolist(), used.tolist()) == ([True, False], [0, 1])
        assert np.isnan(interpolated(np.zeros((1, 2)), np.zeros((1, 2)), np.array([np.nan]))[0]).all()

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.floats(-9e3, 9e3), st.floats(-9e3, 9e3), st.floats(0, 200)), min_size=1, max_size=9))
    def test_law_within_the_values_of_the_stations(self, rows: list[tuple[float, float, float]]) -> None:
        spots, known = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
        found, _ = interpolated(np.array([[0.0, 0.0]]), spots, known)
        assert known.min() - 1e-9 <= found[0] <= known.max() + 1e-9


def three_months(store: Store, folder: Path, now: float, hot: tuple[float, float]) -> None:
    """Rasters of 3 km cells over the county, flat but for one cell that is higher by ``hot[0]`` now and by ``hot[1]`` before."""
    for month, base, extra in ((JUNE, now, hot[0]), (MAY, now, hot[1]), (YEAR_AGO, now + 2, 0.0)):
        grid = np.full((30, 40), base, np.float32)
        grid[10, 10] += extra
        facts = write_grid(grid, "EPSG:4549", (411_000.0, 3_270_000.0), 3000, Asked("pm25"), folder / "m.tif")
        record_raster(store, Wanted("月均", "pm25", day=month), ("x", "0" * 64), facts, folder / "m.tif", "test")


class TestHotCells:
    def test_lists_changes_and_counts_of_a_month(self, empty_store: Store, region: Region, tmp_path: Path) -> None:
        three_months(empty_store, tmp_path, 30, (9, 4))
        made = hot_grid(empty_store, region, ME, DAY, Wish(JUNE))
        hottest = made.lists["high"][0]
        assert (hottest.pm25, hottest.yoy, hottest.mom) == (pytest.approx(39), pytest.approx(7), pytest.approx(5))
        assert hottest.code == "R3000-147-1079"
        assert [cell.code for cell in made.lists["yoy"]] == [cell.code for cell in made.lists["mom"]] == [hottest.code]
        assert len(made.lists["high"]) == LISTED[3000]
        assert set(hottest.lists) == {"high", "yoy", "mom"}
        assert sum(cell.km2 for cell in made.cells) == pytest.approx(1313, rel=0.01)
        assert made.months == [YEAR_AGO, MAY, JUNE]

    def test_without_a_month_to_compare_with_there_is_no_change(self, empty_store: Store, region: Region, tmp_path: Path) -> None:
        three_months(empty_store, tmp_path, 30, (9, 4))
        made = hot_grid(empty_store, region, ME, DAY, Wish(MAY))
        assert {cell.mom for cell in made.cells} == {None}
        assert made.lists["mom"] == made.lists["yoy"] == []
        assert (made.basis["yoy"], made.basis["mom"]) == ("", "")

    def test_months_of_another_series_are_not_compared(self, empty_store: Store, region: Region, tmp_path: Path) -> None:
        three_months(empty_store, tmp_path, 30, (9, 4))
        grid, path = np.full((30, 40), 60, np.float32), tmp_path / "other.tif"
        facts = write_grid(grid, "EPSG:4549", (411_000.0, 3_270_000.0), 3000, Asked("pm25"), path)
        record_raster(empty_store, Wanted("别家模型", "pm25", day=JUNE), ("y", "1" * 64), facts, path, "test")
        made = hot_grid(empty_store, region, ME, DAY, Wish(JUNE))
        assert made.basis["now"].startswith("别家模型") and made.basis["yoy"] == made.basis["mom"] == ""
        assert made.lists["high"] and not made.lists["yoy"] and not made.lists["mom"]

    def test_units_findings_and_complaints_are_counted_by_half_open_cells(self, demo_store: Store, region: Region) -> None:
        made = hot_grid(demo_store, region, ME, DAY, Wish(JUNE))
        found = current(demo_store, region, DAY)
        by_code = {cell.code: cell for cell in made.cells}
        places = [(p.x, p.y) for p in found.frames["complaints"]["geometry"]]
        counted: dict[str, int] = {}
        for column, row in column_row(np.array(places), 3000).tolist():
            code = f"R3000-{column:03d}-{row:04d}"
            counted[code] = counted.get(code, 0) + 1
        assert {code: by_code[code].complaints for code in counted} == counted
        assert sum(cell.complaints for cell in made.cells) == 9
        assert sum(cell.units for cell in made.cells) > 700
        assert sum(cell.findings for cell in made.cells) > 200

    def test_from_stations_only_within_the_limit_and_with_the_same_stations(self, demo_store: Store, region: Region) -> None:
        made = hot_grid(demo_store, region, ME, DAY, Wish(JUNE, 3000, "stations", 4))
        without = [cell for cell in made.cells if cell.pm25 is None]
        assert without
        assert {cell.stations for cell in without} == {0}
        assert min(cell.stations for cell in made.cells if cell.pm25 is not None) >= 1
        assert "≤ 4 km" in made.basis["now"]
        changes = [cell.yoy for cell in made.cells if cell.yoy is not None]
        assert max(changes) < 8, "a station that is out of order is no change of the air"

    def test_a_grid_head_sees_the_cells_of_their_ground(self, demo_store: Store, region: Region) -> None:
        head = Principal("head", frozenset(("public", "view", "cases")), Area(cells=frozenset(("P-20",))))
        mine = hot_grid(demo_store, region, head, DAY, Wish(JUNE))
        every = hot_grid(demo_store, region, ME, DAY, Wish(JUNE))
        assert 0 < len(mine.cells) < 5 < len(every.cells)
        assert max(cell.units for cell in mine.cells) < max(cell.units for cell in every.cells)

    def test_hot_cells_name_their_grid_heads(self, demo_store: Store, region: Region) -> None:
        made = hot_grid(demo_store, region, ME, DAY, Wish(JUNE))
        heads = {code for cell in made.lists["high"] for code, _, head in cell.heads if head}
        assert heads
        marked = hot_ground(demo_store, region, DAY, [made.lists["high"][0].shape])
        assert made.lists["high"][0].code in {code for code, _ in marked}

    def test_worklists_know_the_hot_cells_of_the_last_month(self, demo_store: Store, region: Region) -> None:
        known = marks(demo_store, region, dt.date(2021, 5, 20))
        assert known.month == MAY
        assert marks(demo_store, region, dt.date(2019, 1, 1)).month is None
        hot = hot_places(demo_store, region, DAY)
        assert hot([(119.4680, 29.2110), (119.77, 29.32), (None, None)])[1:] == [(), ()]
        assert hot([(119.4680, 29.2110)])[0]

    @pytest.mark.parametrize("scheme", ["fixed", "quantile", "jenks"])
    def test_classes_of_the_map(self, demo_store: Store, region: Region, scheme: str) -> None:
        made = hot_grid(demo_store, region, ME, DAY, Wish(JUNE))
        limits = breaks_of(made, "pm25", scheme)
        assert limits == sorted(set(limits))
        told = hot_geojson(made, region, "pm25", scheme)
        assert len(told["classes"]) == len(limits) + 1
        assert len(told["features"]) == len(made.cells)
        for feature in told["features"]:
            p = feature["properties"]
            one = next(c for c in told["classes"] if c["colour"] == p["colour"])
            assert (one["low"] is None or p["value"] > one["low"]) and (one["high"] is None or p["value"] <= one["high"])
        with pytest.raises(WrongUsage):
            breaks_of(made, "pm25", "wild")

    def test_the_workbook_has_the_three_lists(self, demo_store: Store, region: Region) -> None:
        made = hot_grid(demo_store, region, ME, DAY, Wish(JUNE))
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(hot_xlsx(made)))
        assert book.sheet_names == ["浓度最高", "同比恶化", "环比恶化", "全部网格", "依据"]
        assert len(book.get_sheet_by_name("全部网格").to_python()) == len(made.cells) + 1

    @pytest.mark.parametrize("wrong", [{"size": 100}, {"source": "sky"}, {"limit_km": 0}, {"limit_km": 500}])
    def test_other_wishes_are_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(WrongUsage):
            Wish(JUNE, **wrong)  # type: ignore[arg-type]  one field at a time

    def test_squares_lie_on_the_kilometre_grid(self, demo_store: Store, region: Region) -> None:
        made = hot_grid(demo_store, region, ME, DAY, Wish(JUNE))
        whole = [cell for cell in made.cells if cell.km2 > 8.999]
        assert {tuple(v % 3000 for v in shapely.bounds(cell.shape)) for cell in whole} == {(0, 0, 0, 0)}


def test_findings_in_hot_cells_come_first(demo_store: Store, region: Region) -> None:
    found, wanted = current(demo_store, region, DAY), Filter()
    selected, hot = select(found, wanted), hot_places(demo_store, region, DAY)
    made = hot_first(found, selected, wanted, hot)
    assert set(made["key"]) == set(selected["key"])
    warm = [bool(names) for names in made["hot"]]
    assert warm == sorted(warm, reverse=True) and 0 < sum(warm) < len(warm)
    assert not any(made["hot"][~made["verdict"].isin(["V", "T"])]), "what is in order is not hot"
    late = selected["key"][selected["verdict"] == "T"].tolist()
    assert late and selected["verdict"].iloc[0] == "V"
    only = dict(zip(selected["key"], selected["verdict"] == "T", strict=True))
    spots = hot_first(found, selected, wanted, lambda places: [("highest",) if here else () for here in only.values()])
    assert spots["key"].tolist()[: len(late)] == late, "a deadline in a hot cell before a violation elsewhere"
    mildest = Filter(desc=True)
    turned = hot_first(found, select(found, mildest), mildest, hot)
    assert turned["verdict"].tolist() == select(found, mildest)["verdict"].tolist()
    by_name = Filter(sort="name")
    selected = select(found, by_name)
    assert hot_first(found, selected, by_name, hot)["key"].tolist() == selected["key"].tolist()
