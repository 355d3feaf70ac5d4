"""Coverage, workload, generator, assignment table and hand-over: exact, in one transaction, within the scope."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from geo.errors import Conflict, WrongUsage
from geo.raw import RawTable
from geo.region import Region
from rules._cells import cells_of
from services._posts import Post, holder, passed
from services.accounts import Profile, create, set_disabled
from services.assess import current
from services.assignment import (
    Line,
    RowRefused,
    apply,
    assignable,
    entries,
    entry,
    packed,
    plan,
    read_table,
    save,
    table_file,
    typed,
    unpacked,
)  # fmt: skip
from services.coverage import coverage, coverage_rows
from services.gridmaker import GridEmpty, Wish, store_grid, work_out
from services.handover import SameHead, TakerUnfit, hand_over, settle
from services.handover import Wish as HandOver
from services.intake import import_many
from services.scope import Principal, local_principal, principal_of
from services.workload import COUNTS, workload
from store import accounts, audit, cases
from store.accounts import Account, Duty
from store.errors import FeatureMissing
from store.models import audit_log
from store.open import Store
from tests._often import often

ME = local_principal()
DAY = dt.timedelta(days=1)


def polygons(rows: list[dict[str, str | None]], shapes: list[shapely.Geometry]) -> RawTable:
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return RawTable(pd.DataFrame(rows, dtype=object), list(range(1, len(rows) + 1)), geometry, "EPSG:4549", True, driver="test")


@pytest.fixture
def village(empty_store: Store, region: Region) -> Store:
    """A development zone of 2 × 1 km with a western cell, a gap of 10 m, an eastern one, and a cell that overlaps both."""
    x, y = 448_000, 3_231_000
    box = shapely.box
    zone = polygons([{"zone_code": "DEV", "effective_from": "2019-01-01"}], [box(x, y, x + 2000, y + 1000)])
    cells = polygons(
        [
            {"cell_code": "A", "cell_name": "西", "head_name": "甲", "phone": "1"},
            {"cell_code": "B", "cell_name": "东", "head_name": None, "phone": None},
            {"cell_code": "C", "cell_name": "重", "head_name": "丙", "phone": None},
            {"cell_code": "H", "cell_name": "热点", "head_name": None, "phone": None},
        ],
        [box(x, y, x + 995, y + 1000), box(x + 1005, y, x + 2000, y + 1000), box(x + 1900, y, x + 2000, y + 100),
         box(x, y, x + 2000, y + 1000)],
    )  # fmt: skip
    cells.frame["grid_system"] = [None, "responsibility", "责任网格", "hot"]
    spots = {
        "in": (500, 500), "gap": (1000, 500), "headless": (1500, 500), "both": (1950, 50), "edge": (995.1, 500), "out": (-9, 9),
    }  # fmt: skip
    firms = pd.DataFrame(
        [{"enterprise_code": k, "enterprise_name": k, "easting": f"{x + a:.3f}", "northing": f"{y + b:.3f}", "crs": "EPSG:4549"}
         for k, (a, b) in spots.items()] + [{"enterprise_code": "nowhere", "enterprise_name": "nowhere"}], dtype=object,
    )  # fmt: skip
    table = RawTable(firms.where(firms.notna(), None), list(range(1, 8)))
    import_many(empty_store, region, [("development_zones", zone), ("grid_cells", cells), ("enterprises", table)], "test")
    create(empty_store, Profile("jia", "甲", ("grid_head",), phone="11"), "test", "three-lamps-on-a-river", [Duty("A")])
    create(empty_store, Profile("yi", "乙", ("grid_head",), phone="22"), "test", "three-lamps-on-a-river")
    create(empty_store, Profile("eye", "看", ("viewer",)), "test", "three-lamps-on-a-river")
    return empty_store


def account(store: Store, name: str) -> Account:
    with store.read() as connection:
        found = accounts.by_name(connection, name)
    assert found is not None
    return found


def duties(store: Store, name: str) -> list[Duty]:
    with store.read() as connection:
        return accounts.duties(connection, account(store, name).id)


def as_head(store: Store, name: str, day: dt.date) -> Principal:
    return principal_of(account(store, name), duties(store, name), day)


def told(store: Store, action: str) -> list[str]:
    with store.read() as connection:
        return [row.object for row in connection.execute(select(audit_log.c.object).where(audit_log.c.action == action))]


# --- coverage ------------------------------------------------------------------------------------------------------


def test_coverage_names_every_gap_double_cover_and_missing_head(village: Store, region: Region) -> None:
    found = current(village, region, region.today())
    made = coverage(village, found, region, "development_zones", ME)
    faults = {(row["key"], row["fault"]) for row in made.faults}
    assert faults == {("gap", "uncovered"), ("both", "several"), ("headless", "headless")}
    assert (made.facilities, made.fine, made.cells) == (5, 2, 3), "what lies 0.1 m beside the edge is in the cell"
    assert [round(patch.area_m2, 2) for patch in made.gaps] == [10_000]
    assert [(patch.cells, round(patch.area_m2, 2)) for patch in made.overlaps] == [(("B", "C"), 10_000)]
    assert made.area_km2 == pytest.approx(2, abs=1e-9)
    assert {post["code"]: post["faults"] for post in made.posts} == {"B": ("no_head", "no_account"), "C": ("no_account",)}
    whole = coverage(village, found, region, "county", ME)
    assert {row["key"] for row in whole.faults if row["fault"] == "nowhere"} == {"nowhere"}
    assert whole.facilities == 7 and len(coverage_rows(whole)) == len(whole.faults) + 3 + len(whole.gaps) + 1


def test_coverage_says_what_the_rule_says(demo_store: Store, region: Region) -> None:
    found = current(demo_store, region, region.today())
    made = coverage(demo_store, found, region, "development_zones", ME)
    firms = {row["key"]: row["fault"] for row in made.faults if row["layer"] == "enterprises"}
    judged = found.findings[found.findings["rule"] == "R14-GRID"]
    by_rule = {
        code: "uncovered" if "不在任何" in reason else "several" if "同时落入" in reason else "headless"
        for code, reason in zip(judged["subject_code"], judged["reason"], strict=True)
        if any(word in reason for word in ("不在任何", "同时落入", "没有网格长"))
    }
    sure = {code for code, missing in zip(judged["subject_code"], judged["missing"], strict=True) if "position" not in missing}
    assert by_rule and {k: v for k, v in firms.items() if k in sure} == {k: v for k, v in by_rule.items() if k in sure}


def test_a_head_whose_account_is_closed_is_named(village: Store, region: Region) -> None:
    set_disabled(village, "jia", True, "test")
    made = coverage(village, current(village, region, region.today()), region, "development_zones", ME)
    assert {post["code"]: post["faults"] for post in made.posts}["A"] == ("disabled",)


def test_an_unknown_area_is_refused(village: Store, region: Region) -> None:
    with pytest.raises(WrongUsage):
        coverage(village, current(village, region, region.today()), region, "moon", ME)


def test_a_point_on_a_common_corner_belongs_to_the_cell_north_east_of_it() -> None:
    boxes = np.array([shapely.box(x, y, x + 10, y + 10) for x in (0, 10) for y in (0, 10)], dtype=object)
    assert cells_of(np.array([[10.0, 10.0], [5, 5], [10, 5], [99, 0]]), boxes, 0.2) == [[3], [0], [2], []]


# --- workload ------------------------------------------------------------------------------------------------------


def test_workload_counts_everything_once(demo_store: Store, region: Region) -> None:
    found = current(demo_store, region, region.today())
    by_cell = workload(demo_store, found, ME)
    by_head = workload(demo_store, found, ME, "head", "facilities", False)
    for name in COUNTS:
        assert sum(getattr(row, name) for row in by_cell.rows) == getattr(by_cell.total, name) == getattr(by_head.total, name)
    assert by_cell.total.boilers == (found.frames["combustion_units"]["unit_type"] == "boiler").sum()
    assert (found.findings["verdict"] == "V").sum() == by_cell.total.V
    shown = [row.V for row in by_cell.rows if row.cell]
    assert shown == sorted(shown, reverse=True) and by_cell.rows[-1].cell == ""
    mine = next(row for row in by_head.rows if row.account == "demo-head")
    assert set(mine.cell.split("、")) == {"P-20", "P-21", "P-25", "P-26"} and mine.name == "4"
    assert sum(not row.cell for row in by_head.rows) == 1 and any(row.cell == "P-14" and not row.head for row in by_head.rows)
    with pytest.raises(WrongUsage):
        workload(demo_store, found, ME, "cell", "password_hash")


# --- generator -----------------------------------------------------------------------------------------------------


def test_a_grid_is_stored_once_and_never_replaces_silently(village: Store, region: Region) -> None:
    found = current(village, region, region.today())
    wish = Wish(1000, "patrol", "development_zones/DEV")
    made = work_out(found, region, wish, ME)
    assert (made.codes, made.whole, made.area_km2) == (["X1000-448-3231", "X1000-449-3231"], 2, pytest.approx(2, abs=1e-9))
    assert (made.count("new"), made.doubled) == (2, 0)
    assert store_grid(village, region, made, found, ME).new == 2
    with pytest.raises(Conflict):
        store_grid(village, region, made, found, ME)
    found = current(village, region, region.today())
    assert work_out(found, region, wish, ME).count("same") == 2
    with pytest.raises(GridEmpty):
        store_grid(village, region, work_out(found, region, wish, ME), found, ME)
    recorded = found.frames["grid_cells"].set_index("cell_code")["geometry"]
    assert recorded["X1000-448-3231"].equals(shapely.box(448_000, 3_231_000, 449_000, 3_232_000))


def test_a_recorded_cell_of_another_outline_is_a_conflict_and_keeps_its_head(village: Store, region: Region) -> None:
    row = {"cell_code": "Z1000-448-3231", "cell_name": "旧", "head_name": "老", "grid_system": "responsibility", "备注": "河边"}
    import_many(village, region, [("grid_cells", polygons([row], [shapely.box(448_000, 3_231_000, 448_500, 3_231_500)]))], "test")
    found = current(village, region, region.today())
    wish = Wish(1000, "responsibility", "development_zones", replace=True)
    made = work_out(found, region, wish, ME)
    assert made.conflicts() == ["Z1000-448-3231"] and made.doubled == 2, "the new eastern cell covers B and C"
    kept = work_out(found, region, Wish(1000, "responsibility", "development_zones"), ME)
    assert kept.to_store == 1 and made.to_store == 2
    report = store_grid(village, region, made, found, ME)
    assert (report.new, report.changed) == (1, 1)
    after = current(village, region, region.today()).frames["grid_cells"].set_index("cell_code").loc["Z1000-448-3231"]
    assert (after["cell_name"], after["head_name"], after["extra"]) == ("旧", "老", {"备注": "河边"})
    assert shapely.area(after["geometry"]) == 1_000_000


@pytest.mark.parametrize("wish", [{"size": 7}, {"system": "moon"}, {"level": "moon"}])
def test_a_grid_there_is_not_is_refused(wish: dict[str, int]) -> None:
    with pytest.raises(WrongUsage):
        Wish(**wish)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("clip", ["moon", "towns/0", "enterprises/in", "development_zones/../DEV", ""])
def test_ground_there_is_not_is_refused(clip: str, village: Store, region: Region) -> None:
    with pytest.raises(WrongUsage):
        work_out(current(village, region, region.today()), region, Wish(clip=clip), ME)


# --- assignment table ----------------------------------------------------------------------------------------------


def line(cell: str, **texts: str) -> Line:
    lines, held = typed(cell, texts)
    assert not held
    return lines[0]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_written_and_read_again_changes_nothing(kind: str, village: Store, region: Region, tmp_path: Path) -> None:
    save(village, region, ME, entry(village, region.today(), "A").stamp, line("A", head_name="=1+1", member_names="李;王"))
    path = tmp_path / f"table.{kind}"
    path.write_bytes(table_file(entries(village, region.today()), kind))
    lines, held = read_table(path)
    made = plan(village, region.today(), lines, held)
    assert (made.steps, made.held, made.unchanged) == ([], [], 3)
    assert {one.cell: one.values["head_name"] for one in lines} == {"A": "=1+1", "B": None, "C": "丙"}


def test_a_file_changes_heads_and_duties_in_one_transaction(village: Store, region: Region, tmp_path: Path) -> None:
    today = region.today()
    path = tmp_path / "table.csv"
    path.write_text(
        "网格编号,网格长,网格员,网格长账号,起\n"
        f"A,乙,,YI,{today}\nB,乙,李四、王五,yi,\nC,丁,,,\nX,人,,,\nC,再,,,\n,人,,,\nH,热,,nobody,\n", "utf-8",
    )  # fmt: skip
    lines, held = read_table(path)
    made = plan(village, today, lines, held)
    assert [(one.row, one.cell) for one in made.held] == [(5, "X"), (6, "C"), (7, ""), (8, "H")]
    assert all(one.reason and one.reason_en for one in made.held)
    assert [step.line.cell for step in made.steps] == ["A", "B", "C"]
    again = unpacked(packed([step.line for step in made.steps]))
    before = audit.head(village)[0]
    apply(village, region, ME, made.stamp, again, ("table.csv", "0" * 64))
    assert duties(village, "jia") == [Duty("A", None, today - DAY)]
    assert duties(village, "yi") == [Duty("A", today, None), Duty("B", None, None)]
    rows = {one.cell: one for one in entries(village, today)}
    assert (rows["A"].values["head_name"], rows["A"].values["account"]) == ("乙", "yi")
    assert rows["B"].values["member_names"] == "李四;王五" and rows["C"].values["head_name"] == "丁"
    assert rows["A"].values["phone"] == "1", "a column the file has not is left as it is"
    assert audit.head(village)[0] > before and told(village, "assign_cells") == ["grid_cells"] and audit.verify(village) == []
    assert as_head(village, "yi", today).cells == {"A", "B"} and as_head(village, "jia", today).cells == frozenset()
    assert as_head(village, "jia", today - DAY).cells == {"A"}
    frame = current(village, region, today).frames["grid_cells"].set_index("cell_code")
    assert shapely.area(frame.loc["A", "geometry"]) == 995_000, "the outline is what it was"


def test_two_planners_at_once(village: Store, region: Region) -> None:
    seen = entry(village, region.today(), "A").stamp
    save(village, region, ME, seen, line("A", head_name="先"))
    with pytest.raises(Conflict):
        save(village, region, ME, seen, line("A", head_name="后"))
    made = plan(village, region.today(), [line("A", phone="3"), line("B", phone="4")])
    save(village, region, ME, entry(village, region.today(), "B").stamp, line("B", phone="5"))
    with pytest.raises(Conflict):
        apply(village, region, ME, made.stamp, [line("A", phone="3"), line("B", phone="4")])
    rows = {one.cell: one.values for one in entries(village, region.today())}
    assert (rows["A"]["head_name"], rows["A"]["phone"], rows["B"]["phone"]) == ("先", "1", "5"), "all of it or none"


def test_an_account_form_that_was_open_meanwhile_is_stale(village: Store, region: Region) -> None:
    from services.accounts import update

    seen = account(village, "yi").revision
    hand_over(village, region, ME, HandOver("A", "yi", region.today()))
    with pytest.raises(Conflict):
        update(village, "yi", Profile("yi", "乙", ("grid_head",)), "test", [], seen)


@pytest.mark.parametrize("texts", [
    {"account": "nobody"}, {"account": "eye"}, {"account": "yi", "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
    {"account": "", "valid_from": "2026-02-01"},
])  # fmt: skip
def test_a_row_that_cannot_be_is_refused_with_a_reason(texts: dict[str, str], village: Store, region: Region) -> None:
    with pytest.raises(RowRefused):
        save(village, region, ME, entry(village, region.today(), "B").stamp, line("B", **texts))
    assert duties(village, "yi") == [] and told(village, "assign_cells") == []


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[[1,"A",{"roles":"admin"}]]', '[[1,"A",{"valid_from":"soon"}]]', "[" * 5000])
def test_a_forged_confirmation_is_refused(text: str) -> None:
    if text != "{}":
        with pytest.raises(WrongUsage):
            unpacked(text)
    else:
        assert unpacked(text) == []


def test_a_planner_of_a_town_assigns_the_cells_of_that_town(demo_store: Store, region: Region) -> None:
    found = current(demo_store, region, region.today())
    create_as = principal_of(_townsman(), [], region.today())
    codes = assignable(found, create_as)
    assert codes is not None and codes and all(code.startswith("H-") for code in codes), "the park lies in another town"
    assert "P-20" not in {one.cell for one in entries(demo_store, region.today(), codes, "")}
    with pytest.raises(FeatureMissing):
        entry(demo_store, region.today(), "P-20", codes)
    made = plan(demo_store, region.today(), [line("P-20", head_name="冒名")], (), codes)
    assert [one.cell for one in made.held] == ["P-20"] and not made.steps


def _townsman() -> Account:
    now = dt.datetime.now(dt.UTC)
    return Account(9, "town", "镇", None, ("planner",), "梅江镇", None, None, False, False, now, None, None, 1)


# --- hand-over -----------------------------------------------------------------------------------------------------


def open_case(store: Store, name: str, cell: str = "A") -> int:
    facts = {
        "facility_layer": "reports", "facility_key": name, "name": "dust", "town": "", "cell": cell, "lon": None, "lat": None,
        "state": "to_verify", "verdict": "U", "settled": (), "assignee_id": account(store, "jia").id,
    }  # fmt: skip
    with store.write() as connection:
        return cases.add(connection, facts, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1))


def assignee(store: Store, number: int) -> int | None:
    with store.read() as connection:
        found = cases.of_number(connection, number)
    return found.assignee_id if found else None


def test_a_hand_over_today_moves_duty_name_phone_and_cases(village: Store, region: Region) -> None:
    today, mine, elsewhere = region.today(), open_case(village, "1"), open_case(village, "2", "B")
    done = hand_over(village, region, ME, HandOver("A", "yi", today, "换岗"), entry(village, today, "A").stamp)
    assert (done.giver, done.taker, done.cases, done.at_once) == ("jia", "yi", (mine,), True)
    assert assignee(village, mine) == account(village, "yi").id and assignee(village, elsewhere) == account(village, "jia").id
    row = entry(village, today, "A")
    assert (row.values["head_name"], row.values["phone"], row.values["account"]) == ("乙", "22", "yi")
    with village.read() as connection:
        event = cases.events(connection, mine)[0]
    assert event.kind == "assigned" and event.body["assignee"] == "乙" and "换岗" in event.body["text"]
    assert told(village, "hand_over") == ["A"] and audit.verify(village) == []
    assert as_head(village, "jia", today).cells == frozenset() and as_head(village, "yi", today).cells == {"A"}


def test_a_hand_over_to_come_changes_scope_on_the_day_and_settles_once(village: Store, region: Region) -> None:
    today = region.today()
    first, mine = today + 3 * DAY, open_case(village, "1")
    head = as_head(village, "jia", today)
    assert not hand_over(village, region, head, HandOver("A", "yi", first)).at_once
    assert as_head(village, "jia", first - DAY).cells == {"A"} and as_head(village, "jia", first).cells == frozenset()
    assert as_head(village, "yi", first - DAY).cells == frozenset() and as_head(village, "yi", first).cells == {"A"}
    assert entry(village, today, "A").values["head_name"] == "甲" and assignee(village, mine) == account(village, "jia").id
    assert settle(village, region, today) == []
    assert settle(village, region, first) == ["A"]
    assert entry(village, first, "A").values["head_name"] == "乙" and assignee(village, mine) == account(village, "yi").id
    assert told(village, "hand_over_due") == ["A"]


def test_a_colleague_is_named_by_name_where_only_one_has_it(village: Store, region: Region) -> None:
    today = region.today()
    name = account(village, "yi").display_name
    assert hand_over(village, region, as_head(village, "jia", today), HandOver("A", name, today)).taker == "yi"


def test_what_a_head_may_not_hand_over(village: Store, region: Region) -> None:
    today = region.today()
    head = as_head(village, "jia", today)
    for cell in ("B", "NOWHERE", ""):
        with pytest.raises(FeatureMissing):
            hand_over(village, region, head, HandOver(cell, "yi", today))
    viewer = principal_of(account(village, "eye"), [Duty("A")], today)
    with pytest.raises(FeatureMissing):
        hand_over(village, region, viewer, HandOver("A", "yi", today))
    for taker in ("nobody", "eye", ""):
        with pytest.raises(TakerUnfit):
            hand_over(village, region, head, HandOver("A", taker, today))
    with pytest.raises(SameHead):
        hand_over(village, region, head, HandOver("A", "jia", today))
    save(village, region, ME, entry(village, today, "A").stamp, line("A", valid_to=str(today + DAY)))
    for day in (today - DAY, today + 400 * DAY, today + 2 * DAY):
        with pytest.raises(WrongUsage):
            hand_over(village, region, head, HandOver("A", "yi", day))
    with pytest.raises(Conflict):
        hand_over(village, region, head, HandOver("A", "yi", today), "stale")
    assert told(village, "hand_over") == [] and duties(village, "yi") == []


_NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_HEADS = [
    Account(n, f"h{n}", f"H{n}", None, ("grid_head",), None, None, None, False, False, _NOW, None, None, 1) for n in range(3)
]
_START = dt.date(2026, 1, 1)
DAYS = st.integers(0, 30).map(lambda n: _START + dt.timedelta(days=n))


@often(150)
@given(st.none() | DAYS, st.lists(st.tuples(st.integers(0, 2), DAYS), min_size=1, max_size=8))
def test_after_any_hand_overs_at_most_one_answers_each_day(end: dt.date | None, steps: list[tuple[int, dt.date]]) -> None:
    """Who took the cell has it on that day; nobody's days are lost, and none are double."""
    of_cell = [Post(_HEADS[0], Duty("A", _START, end))]
    days = [_START + dt.timedelta(days=n) for n in range(40)]
    for number, first in steps:
        held = {day for day in days if holder(of_cell, day)}
        taker, giver = _HEADS[number], holder(of_cell, first) or holder(of_cell, first - DAY)
        if any(post.account.id == number and post.duty.holds(first) for post in of_cell):
            continue
        made = passed(of_cell, giver, taker, "A", first)
        of_cell = [post for post in of_cell if post.account.id not in made]
        of_cell += [Post(_HEADS[who], duty) for who, mine in made.items() for duty in mine]
        now = holder(of_cell, first)
        assert now is not None and now.account == taker
        assert held <= {day for day in days if holder(of_cell, day)}
        assert all(len([post for post in of_cell if post.duty.holds(day)]) <= 1 for day in days), of_cell


def test_a_workbook_of_the_table_holds_no_formula(village: Store, region: Region) -> None:
    import zipfile

    save(village, region, ME, entry(village, region.today(), "A").stamp, line("A", head_name='=HYPERLINK("x")'))
    with zipfile.ZipFile(io.BytesIO(table_file(entries(village, region.today()), "xlsx"))) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert "'=HYPERLINK" in table_file(entries(village, region.today()), "csv").decode()
