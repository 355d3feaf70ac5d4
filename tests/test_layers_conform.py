"""Headers, values and whole rows: what a table must say to become rows of a layer."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.raw import RawTable
from geo.region import load_region
from layers._conform import Conformed, ConformOptions, conform
from layers._conform_faults import Sheet
from layers._conform_headers import match
from layers._conform_values import read_column
from layers._find import load_layers

REGION = load_region()
LAYERS = load_layers()


def table(rows: list[dict[str, Any]], driver: str = "CSV") -> RawTable:
    return RawTable(pd.DataFrame(rows, dtype=object), list(range(2, len(rows) + 2)), driver=driver)


def units(*rows: dict[str, Any]) -> Conformed:
    filled = [{"unit_code": f"U{n}", "enterprise_code": "E1"} | row for n, row in enumerate(rows)]
    return conform(table(filled), LAYERS["combustion_units"], REGION)


def cell(column: str, text: Any, layer: str = "combustion_units") -> tuple[Any, list[str]]:
    """The canonical value of one cell and the severities of its faults."""
    key = LAYERS[layer].key
    row = {key: "K", column: text}
    if layer == "combustion_units":
        row["enterprise_code"] = "E1"
    done = conform(table([row]), LAYERS[layer], REGION)
    return done.frame.iloc[0][column], [fault.severity for fault in done.faults]


class TestHeaders:
    """Dictionary §1.1."""

    @pytest.mark.parametrize(
        "header",
        [
            "capacity_tph",
            "额定出力",
            "额定出力(t/h)",
            "额定出力（t/h）",
            " 额定出力 （T/H） ",
            "CAPACITY_TPH",
            "蒸吨",
        ],
    )
    def test_any_accepted_header(self, header: str) -> None:
        done = conform(
            table([{"编号": "U1", "企业编号": "E1", header: "19.9"}]), LAYERS["combustion_units"], REGION
        )
        assert done.frame.iloc[0]["capacity_tph"] == Decimal("19.9")
        assert done.faults == []

    def test_an_unknown_header_is_kept_and_named(self) -> None:
        done = units({"备注": "旧", "燃 料 种": "煤"}, {"备注": None, "燃 料 种": "-"})
        assert done.frame["extra"].tolist() == [{"备注": "旧", "燃 料 种": "煤"}, {}]
        assert [(fault.row, fault.column, fault.severity) for fault in done.faults] == [
            (None, "备注", "warning"), (None, "燃 料 种", "warning"),
        ]  # fmt: skip

    def test_a_header_nearly_right_gets_a_proposal(self) -> None:
        done = units({"建成日起": "2012-05-01"})
        assert "建成日期" in str(done.faults[0].suggestion)

    def test_the_canonical_name_goes_before_a_chinese_header(self) -> None:
        row = {"编号": "wrong", "设备编号": "second", "unit_code": "U1", "企业编号": "E1"}
        done = conform(table([row]), LAYERS["combustion_units"], REGION)
        assert done.frame.iloc[0]["unit_code"] == "U1"
        assert done.frame.iloc[0]["extra"] == {"编号": "wrong", "设备编号": "second"}
        assert sorted(str(fault.column) for fault in done.faults) == ["编号", "设备编号"]

    def test_names_cut_by_a_shapefile(self) -> None:
        cut = {
            "unit_code": "U1",
            "企业编": "E1",
            "exempt_cat": "热电联产",
            "额定热功率": "7",
            "低氮改造": "是",
        }
        whole = conform(table([cut], "ESRI Shapefile"), LAYERS["combustion_units"], REGION).frame.iloc[0]
        assert whole["enterprise_code"] == "E1"  # 10 bytes of UTF-8 are three characters
        assert whole["exempt_category"] == ("chp",)
        assert whole["capacity_mw"] == Decimal(7)

    def test_names_cut_in_gbk(self) -> None:
        done = match(["编号", "统一社会信", "排污许可证"], LAYERS["enterprises"], cut=True)
        assert done.columns == {"enterprise_code": "编号", "uscc": "统一社会信", "permit_no": "排污许可证"}

    def test_a_cut_name_of_two_columns_is_no_guess(self) -> None:
        done = match(["编号", "effective_"], LAYERS["no_burn_zones"], cut=True)
        assert done.ambiguous == {"effective_": ("effective_from", "effective_to")}

    def test_only_shapefiles_cut_names(self) -> None:
        assert "exempt_cat" in match(["exempt_cat"], LAYERS["combustion_units"], cut=False).unknown

    def test_a_file_of_something_else_is_refused(self) -> None:
        done = conform(table([{"name": "x"}]), LAYERS["machines"], REGION)
        assert (done.rows_in, done.quarantined, done.refused) == (1, 0, 1)
        said = next(fault for fault in done.faults if fault.code == "missing_key_column")
        assert "环保登记号码" in said.reason
        assert "machine_code" in said.reason_en

    def test_the_user_says_which_column_is_which(self) -> None:
        rows = table([{"序号": "7", "名称": "x", "machine_type": "挖掘机"}])
        done = conform(rows, LAYERS["machines"], REGION, ConformOptions(mapping={"序号": "machine_code", "machine_type": ""}))
        assert list(done.frame["machine_code"]) == ["7"]
        assert list(done.frame["machine_type"]) == [None]
        assert done.frame["extra"].iloc[0]["machine_type"] == "挖掘机"


class TestValues:
    """Dictionary §1.2 and §2.1."""

    @pytest.mark.parametrize(
        "text",
        ["2021-07-01", "2021/7/1", "2021.7.1", "2021年7月1日", "２０２１－０７－０１", "2021-07-01 00:00:00",
         "2021-07-01T00:00:00", "44378", "44378.0", dt.datetime(2021, 7, 1), dt.date(2021, 7, 1), " 2021-7-1 "],
    )  # fmt: skip
    def test_dates(self, text: Any) -> None:
        assert cell("built_on", text) == (dt.date(2021, 7, 1), [])

    @pytest.mark.parametrize(
        "text", ["2021-13-01", "2021-02-30", "去年", "2021", "20210701", "2021-7/1", "0021-01-01"]
    )
    def test_no_dates(self, text: str) -> None:
        assert cell("built_on", text) == (None, ["warning"])

    @pytest.mark.parametrize(
        "text",
        ["2021-07-01 09:30", "2021/7/1 9:30:00", "2021年7月1日 09:30", "2021-07-01T01:30:00Z",
         "2021-07-01T09:30:00+08:00", "44378.395833333336", dt.datetime(2021, 7, 1, 9, 30)],
    )  # fmt: skip
    def test_moments(self, text: Any) -> None:
        assert cell("observed_at", text, "machines") == (dt.datetime(2021, 7, 1, 9, 30), [])

    @pytest.mark.parametrize("text", ["2021-07-01 25:00", "09:30", "2021-07-01 9h"])
    def test_no_moments(self, text: str) -> None:
        assert cell("observed_at", text, "machines") == (None, ["warning"])

    @pytest.mark.parametrize(
        ("text", "number"),
        [("19.9", "19.9"), ("１９．９", "19.9"), ("19.90", "19.9"), (" 19.9 ", "19.9"), ("1.99e1", "19.9"), (".5", "0.5")],
    )  # fmt: skip
    def test_numbers(self, text: str, number: str) -> None:
        value, faults = cell("capacity_tph", text)
        assert (value, str(value), faults) == (Decimal(number), number, [])

    @pytest.mark.parametrize("text", ["19,9", "约20", "20t/h", "0", "-3", "nan t", "1e400", "1" * 60, "++1"])
    def test_no_capacities(self, text: str) -> None:
        assert cell("capacity_tph", text) == (None, ["warning"])

    @pytest.mark.parametrize(
        "text", ["", "-", "/", "无数据", "null", "NULL", "－", "／", None, float("nan"), "  "]
    )
    def test_missing_words_are_no_fault(self, text: Any) -> None:
        for column in ("capacity_tph", "built_on", "unit_type", "fuel", "unit_name"):
            assert cell(column, text) == (None, [])

    def test_none_is_a_word_of_its_own(self) -> None:
        assert cell("dust_removal", "无") == ("none", [])
        assert cell("dust_removal", "none") == ("none", [])
        assert cell("cut_off", "无") == ("no", [])

    @pytest.mark.parametrize("text", ["是", "有", "已", "Y", "TRUE", "1", "１", "yes", "1.0", True])
    def test_yes(self, text: Any) -> None:
        assert cell("cut_off", text) == ("yes", [])

    @pytest.mark.parametrize("text", ["原煤", "烟煤", " 原 煤 ", "RAW_COAL", "raw_coal"])
    def test_synonyms(self, text: str) -> None:
        assert cell("fuel", text) == (("raw_coal",), [])

    @pytest.mark.parametrize(
        "text",
        [
            "天然气;原煤",
            "天然气、原煤",
            "天然气+原煤",
            "天然气；原煤",
            "天然气＋原煤；",
            "管道天然气;煤;煤炭",
        ],
    )
    def test_lists(self, text: str) -> None:
        assert cell("fuel", text) == (("natural_gas", "raw_coal"), [])

    def test_a_strange_fuel_beside_a_known_one_stays_unknown(self) -> None:
        assert cell("fuel", "天然气;月球石") == (("natural_gas", "unknown"), ["warning"])
        assert cell("fuel", "月球石") == (None, ["warning"])
        assert cell("exempt_category", "chp;月球石") == (("chp",), ["warning"])

    def test_an_unlisted_word_is_null_with_a_proposal(self) -> None:
        done = units({"unit_type": "蒸汽锅驴"})
        assert done.frame.iloc[0]["unit_type"] is None
        fault = done.faults[0]
        assert (fault.row, fault.column, fault.value, fault.severity) == (
            2,
            "unit_type",
            "蒸汽锅驴",
            "warning",
        )
        assert "boiler" in str(fault.suggestion)

    @pytest.mark.parametrize("text", ["Ⅱ", "Ⅱ类", "II类", "ii", "2", "2.0", "二类", "较严"])
    def test_classes(self, text: str) -> None:
        column = LAYERS["no_burn_zones"].column("zone_class")
        sheet = Sheet(LAYERS["no_burn_zones"], [2], {"zone_class": [text]})
        read_column(sheet, column)
        assert sheet.values["zone_class"] == ["II"]

    @pytest.mark.parametrize(
        ("text", "value", "faults"),
        [("100", Decimal(100), 0), ("95%", Decimal(95), 0), ("na", "na", 0), ("NA", "na", 0), ("不涉及", "na", 0),
         ("101", None, 1), ("-1", None, 1), ("满", None, 1), ("0.95", Decimal("0.95"), 1), ("0", Decimal(0), 0)],
    )  # fmt: skip
    def test_percentages(self, text: str, value: Any, faults: int) -> None:
        found, severities = cell("fence_pct", text, "construction_sites")
        assert (found, len(severities)) == (value, faults)

    def test_a_code_of_the_wrong_form_is_kept_and_named(self) -> None:
        assert cell("uscc", "123", "enterprises") == ("123", ["warning"])
        assert cell("uscc", "91330781MA0000000M", "enterprises") == ("91330781MA0000000M", [])

    def test_codes_join_whatever_their_width(self) -> None:
        done = units({"enterprise_code": " Ｅ０００１ "})
        assert done.frame.iloc[0]["enterprise_code"] == "E0001"

    def test_control_characters_do_not_come_in(self) -> None:
        assert cell("unit_name", "1号\x00锅\x1b炉") == ("1号锅炉", [])

    @given(st.text(max_size=30))
    def test_no_text_breaks_a_column(self, text: str) -> None:
        done = units(
            {
                "unit_name": text,
                "fuel": text,
                "built_on": text,
                "capacity_tph": text,
                "lon": text,
                "cut_off": text,
            }
        )
        assert len(done.frame) == 1


class TestRows:
    """Dictionary §1.3, §1.4, §1.11."""

    def test_a_row_without_its_key_is_refused(self) -> None:
        done = units({"unit_code": None}, {})
        assert (len(done.frame), done.quarantined, done.refused, done.rows_in) == (1, 0, 1, 2)
        assert done.held.iloc[0]["values"]["enterprise_code"] == "E1"

    def test_a_row_without_a_required_column_is_quarantined(self) -> None:
        done = units({"enterprise_code": "-"}, {})
        assert (len(done.frame), done.quarantined, done.refused) == (1, 1, 0)
        assert done.faults[0].column == "enterprise_code"

    def test_a_required_column_that_cannot_be_read(self) -> None:
        row = {"yard_code": "Y1", "yard_type": "月球基地"}
        done = conform(table([row]), LAYERS["yards"], REGION)
        assert {fault.severity for fault in done.faults} == {"warning", "quarantined"}
        assert done.held.iloc[0]["values"] == {"yard_code": "Y1", "yard_type": "月球基地"}

    def test_no_key_outranks_everything(self) -> None:
        done = units({"unit_code": "", "enterprise_code": ""})
        assert done.held["severity"].tolist() == ["refused"]

    def test_of_the_same_key_the_first_row_counts(self) -> None:
        done = units(
            {"unit_code": "A", "unit_name": "one"}, {"unit_code": "A", "unit_name": "two"}, {"unit_code": "B"}
        )
        assert done.frame["unit_name"].tolist() == ["one", None]
        assert [(fault.row, fault.severity) for fault in done.faults] == [(3, "quarantined")]

    def test_a_row_held_back_does_not_block_its_key(self) -> None:
        done = units({"unit_code": "A", "enterprise_code": None}, {"unit_code": "A", "unit_name": "two"})
        assert done.frame["unit_name"].tolist() == ["two"]

    @pytest.mark.parametrize(
        ("tph", "mw", "warned"), [("10", "7", 0), ("10", "7.35", 0), ("10", "7.36", 1), ("10", "6.6", 1)]
    )
    def test_capacities_more_than_5_percent_apart(self, tph: str, mw: str, warned: int) -> None:
        done = units({"capacity_tph": tph, "capacity_mw": mw})
        assert len(done.faults) == warned
        assert done.frame.iloc[0]["capacity_tph"] == Decimal(tph)

    def test_every_row_is_accounted_for(self) -> None:
        done = units({}, {"unit_code": None}, {"enterprise_code": None}, {"unit_code": "U0"}, {"fuel": "?"})
        assert done.rows_in == 5 == len(done.frame) + done.quarantined + done.refused
        assert done.frame["row"].tolist() == [2, 6]
        assert [fault.row for fault in done.faults] == sorted(fault.row or 0 for fault in done.faults)

    def test_the_frame_has_every_column_and_no_nan(self) -> None:
        frame = units({}).frame
        names = [column.name for column in LAYERS["combustion_units"].columns]
        added = ["row", "extra", "geometry_filed", "crs_filed", "geometry_map", "geometry"]
        assert list(frame.columns) == names + added
        assert {str(dtype) for name, dtype in frame.dtypes.items() if name != "row"} == {"object"}
        assert all(
            frame.iloc[0][name] is None for name in names if name not in ("unit_code", "enterprise_code")
        )

    def test_an_empty_table_is_an_empty_layer(self) -> None:
        raw = RawTable(pd.DataFrame({"unit_code": []}, dtype=object), [], driver="CSV")
        done = conform(raw, LAYERS["combustion_units"], REGION)
        assert (done.rows_in, len(done.frame), len(done.held)) == (0, 0, 0)

    def test_the_table_of_the_caller_stays(self) -> None:
        raw = table([{"编号": "U1", "企业编号": "E1", "经度": "１１９.4", "纬度": "29.2"}])
        before = raw.frame.copy(deep=True)
        conform(raw, LAYERS["combustion_units"], REGION)
        pd.testing.assert_frame_equal(raw.frame, before)

    def test_both_languages_everywhere(self) -> None:
        done = units(
            {"fuel": "?", "built_on": "?", "capacity_tph": "0", "lon": "?", "lat": "29", "x": "1"},
            {"unit_code": None},
        )
        assert len(done.faults) > 5
        assert all(fault.reason and fault.reason_en for fault in done.faults)
        assert not any(
            "\u4e00" <= letter <= "\u9fff" for f in done.faults for letter in f.reason_en.replace("？", "")
        )

    def test_fifty_thousand_rows_in_seconds(self) -> None:
        count = 50_000
        frame = pd.DataFrame(
            {
                "编号": [f"U{n}" for n in range(count)],
                "企业编号": [f"E{n // 3}" for n in range(count)],
                "燃料": np.resize(["原煤", "天然气;原煤", "?"], count).tolist(),
                "额定出力": [f"{n % 400 / 10 + 0.1:.1f}" for n in range(count)],
                "建成日期": [f"{2000 + n % 20}-05-{n % 28 + 1:02d}" for n in range(count)],
                "经度": [f"{119.4 + n * 1e-6:.9f}" for n in range(count)],
                "纬度": [f"{29.2 + n * 1e-6:.9f}" for n in range(count)],
            },
            dtype=object,
        )
        start = time.perf_counter()
        done = conform(RawTable(frame, list(range(count)), driver="CSV"), LAYERS["combustion_units"], REGION)
        assert len(done.frame) == count
        assert time.perf_counter() - start < 10
