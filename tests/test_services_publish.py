"""Publishing: a second person, one transaction, once, nothing overwritten; exactly what was foreseen changes."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest

from geo.errors import BlueSkyError, WrongUsage
from layers._find import load_layers
from services._drawing import NotValid
from services.assess import assess
from services.casework import SecondPerson
from services.differences import differences
from services.draft_starts import blank, from_zone
from services.drafts import DraftChanged, DraftClosed
from services.publication import DeadlineEarly, NothingDrawn, RecordMissing, RecordUnread, RepealUnknown, TwoInForce, foresee
from services.publish import BaseStale, DraftStep, InForceAlready, publish, review, settle, submit, take_back, withdraw
from store import audit, features
from store.drafts import Sketch
from store.open import Store
from tests._drafting import CODE, DAY, LAYER, approved, drafted, drawn, published, revision, table
from tests._raw import address, surroundings
from tests._store_rows import REGION, ZONES, put, put_zones, validity, zone, zones
from tests._store_rows import table as rows

ROOT = Path(__file__).resolve().parent.parent
LATER = dt.date(2021, 9, 1)


def units(store: Store) -> None:
    """A coal boiler in the old square, one only in the new one, a gas boiler there."""
    base = {"unit_type": "锅炉", "capacity_tph": "4", "built_on": "2012-01-01", "lat": "29.205"}
    put(store, "enterprises", rows(*({"enterprise_code": f"E{n}", "enterprise_name": f"企业{n}"} for n in (1, 2, 3))))
    places = (("U1", "E1", "原煤", "119.465"), ("U2", "E2", "原煤", "119.475"), ("U3", "E3", "天然气", "119.475"))
    named = [dict(zip(("unit_code", "enterprise_code", "fuel", "lon"), one, strict=True)) for one in places]
    put(store, "combustion_units", rows(*(base | one for one in named)))


def test_the_whole_way_changes_exactly_what_was_foreseen(empty_store: Store) -> None:
    units(empty_store)
    number = drafted(empty_store)
    drawn(empty_store, number, zone_name="示例新区")
    expected = foresee(table(empty_store), number, LATER)
    assert [(row["subject_code"], row["verdict_before"], row["verdict_after"]) for row in expected.changes.entering] == [
        ("U2", "N", "T"), ("U3", "N", "C"),
    ]  # fmt: skip
    named = {row["subject_code"]: (row["name"], row["zone_name_after"], row["zone_after"]) for row in expected.rows}
    assert named["U2"] == ("企业2", "示例新区", "A") and len(expected.rows) == len(list(expected.changes))
    before = assess(empty_store, REGION, LATER).findings
    changeset = published(empty_store, number)
    made = differences(before, assess(empty_store, REGION, LATER).findings)
    assert made == expected.changes
    assert (expected.opened, expected.updated, expected.closed) == (0, 2, 0), "both coal boilers have their task already"
    assert validity(empty_store) == [("A", "2020-01-01", "2021-07-31"), ("A", "2021-08-01", "-")]
    frame = features.recorded(empty_store, ZONES, day=LATER)
    assert frame.iloc[0]["changeset"] == changeset and frame.iloc[0]["doc_no"] == "示例政告〔2021〕9号"
    assert frame.iloc[0]["extra"] == {"draft": "1"}
    assert audit.verify(empty_store) == []


def test_the_former_version_is_answered_as_of_its_days(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    published(empty_store, number)
    old, new = (features.recorded(empty_store, ZONES, day=day).iloc[0] for day in (DAY, LATER))
    assert (old["zone_class"], new["zone_class"]) == ("II", "III")
    assert old["geometry_map"].bounds[2] == 119.47 and new["geometry_map"].bounds[2] == 119.48


def test_publishing_twice_publishes_once(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    approved(empty_store, number)
    asked = revision(empty_store, number)
    first, second = (publish(table(empty_store), number, asked) for _ in range(2))
    assert (first.fresh, second.fresh, first.changeset) == (True, False, second.changeset)
    assert len(validity(empty_store)) == 2


def test_a_second_person_reviews(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    submit(table(empty_store, "zhao"), number, revision(empty_store, number))
    for name in ("zhao", "wang"):  # who submitted, who drew
        with pytest.raises(SecondPerson):
            review(table(empty_store, name, "admin"), number, revision(empty_store, number), True, "")
    with pytest.raises(WrongUsage):
        review(table(empty_store, "li", "reviewer"), number, revision(empty_store, number), False, " ")
    with pytest.raises(DraftStep, match="待审核"):
        publish(table(empty_store), number, revision(empty_store, number))
    with pytest.raises(DraftClosed):
        drawn(empty_store, number, east=119.49)
    review(table(empty_store, "li", "reviewer"), number, revision(empty_store, number), False, "边界不清")
    sheet = table(empty_store).sheet(number)
    assert (sheet.draft.state, sheet.draft.note) == ("open", "边界不清")


def test_what_was_taken_back_has_to_be_reviewed_anew(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    approved(empty_store, number)
    take_back(table(empty_store), number, revision(empty_store, number))
    drawn(empty_store, number, east=119.49)
    with pytest.raises(DraftStep):
        publish(table(empty_store), number, revision(empty_store, number))


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"zone_class": "Ⅳ类"}, RecordUnread), ({"zone_class": ""}, RecordMissing), ({"doc_no": ""}, RecordMissing),
        ({"effective_from": ""}, RecordMissing), ({"effective_from": "2021-13-01"}, RecordUnread),
        ({"existing_deadline": "2021-07-31"}, DeadlineEarly),
        ({"effective_from": "2020-01-01", "existing_deadline": ""}, TwoInForce),
        ({"effective_to": "2021-01-01"}, RecordUnread),
    ],
)  # fmt: skip
def test_each_fault_of_the_record_has_its_own_sentence(
    record: dict[str, str], fault: type[BlueSkyError], empty_store: Store
) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number, **record)
    kept = table(empty_store).sheet(number).now.sketch
    with pytest.raises(fault):
        submit(table(empty_store), number, revision(empty_store, number))
    assert [type(one) for one in foresee(table(empty_store), number).wrong] == [fault]
    assert table(empty_store).sheet(number).now.sketch == kept and len(validity(empty_store)) == 1


def test_shapes_that_cannot_be_law_are_named(empty_store: Store) -> None:
    import shapely

    number = drafted(empty_store)
    drawn(empty_store, number)
    bow = shapely.Polygon([(119.46, 29.2), (119.47, 29.21), (119.47, 29.2), (119.46, 29.21)])
    far = shapely.box(119.46, 29.2, 120.2, 29.21)
    for shape, fault in ((bow, NotValid), (far, BlueSkyError), (None, NothingDrawn)):
        sheet = table(empty_store).sheet(number)
        table(empty_store).save(number, sheet.draft.revision, Sketch(shape, sheet.now.sketch.props), "vertex")
        with pytest.raises(fault):
            submit(table(empty_store), number, revision(empty_store, number))
    new = blank(table(empty_store), LAYER, "NEW", "新区")
    with pytest.raises(NothingDrawn):
        submit(table(empty_store), new, revision(empty_store, new))


def test_a_cell_is_published_without_days(empty_store: Store) -> None:
    import shapely

    cell = {"cell_code": "G1", "head_name": "张三", "geometry": shapely.box(119.46, 29.20, 119.47, 29.21)}
    put(empty_store, "grid_cells", zones(cell))
    number = from_zone(table(empty_store), "grid_cells", "G1", "东移", DAY)
    sheet = table(empty_store).sheet(number)
    wider = Sketch(shapely.box(119.46, 29.20, 119.48, 29.21), sheet.now.sketch.props)
    table(empty_store).save(number, sheet.draft.revision, wider, "vertex")
    assert foresee(table(empty_store), number).wrong == ()
    published(empty_store, number)
    frame = features.recorded(empty_store, load_layers()["grid_cells"])
    assert frame.iloc[0]["geometry_map"].bounds[2] == 119.48 and frame.iloc[0]["head_name"] == "张三" and len(frame) == 1
    with pytest.raises(InForceAlready):
        withdraw(table(empty_store), number, revision(empty_store, number), "晚了")


def test_a_zone_that_cannot_be_repealed_is_named_before_publishing(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number, repeals="NOWHERE")
    assert [type(one) for one in foresee(table(empty_store), number).wrong] == [RepealUnknown]


def test_a_stale_base_is_a_conflict_and_never_an_overwrite(empty_store: Store) -> None:
    one, other = drafted(empty_store, "甲"), from_zone(table(empty_store), LAYER, CODE, "乙", DAY)
    for number in (one, other):
        drawn(empty_store, number, east=119.475 + number / 1000, effective_from=f"2021-0{7 + number}-01")
        approved(empty_store, number)
    publish(table(empty_store), one, revision(empty_store, one))
    with pytest.raises(BaseStale):
        publish(table(empty_store), other, revision(empty_store, other))
    assert len(validity(empty_store)) == 2 and table(empty_store).sheet(other).stale
    mine = settle(table(empty_store), other, revision(empty_store, other), "mine")
    sheet = table(empty_store).sheet(mine)
    assert (mine, sheet.draft.state, sheet.stale) == (other, "open", False), "reviewed anew, upon the new version"
    assert sheet.now.sketch.geometry.bounds[2] == pytest.approx(119.477)
    published(empty_store, other)
    assert len(validity(empty_store)) == 3


def test_of_two_versions_theirs_can_be_taken_or_mine_forked(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    put_zones(empty_store, zone(CODE, "2021-06-01", place=2))
    made = settle(table(empty_store), number, revision(empty_store, number), "fork", "我的")
    assert table(empty_store).sheet(made).now.sketch.geometry.bounds[0] == 119.46 and not table(empty_store).sheet(made).stale
    assert table(empty_store).sheet(number).stale
    settle(table(empty_store), number, revision(empty_store, number), "theirs")
    sheet = table(empty_store).sheet(number)
    assert sheet.now.sketch.geometry.bounds[0] == pytest.approx(119.48) and sheet.draft.base_version == "A@2021-06-01#2"
    with pytest.raises(WrongUsage):
        settle(table(empty_store), number, revision(empty_store, number), "both")


def test_a_planned_publication_can_be_withdrawn_before_it_comes_into_force(empty_store: Store) -> None:
    number = drafted(empty_store)
    put_zones(empty_store, zone("B", "2020-01-01", place=5))
    start = REGION.today() + dt.timedelta(days=30)
    drawn(empty_store, number, effective_from=str(start), existing_deadline=str(start), repeals="B")
    published(empty_store, number)
    eve = str(start - dt.timedelta(days=1))
    assert validity(empty_store) == [("A", "2020-01-01", eve), ("A", str(start), "-"), ("B", "2020-01-01", eve)]
    with pytest.raises(WrongUsage):
        withdraw(table(empty_store), number, revision(empty_store, number), "")
    withdraw(table(empty_store), number, revision(empty_store, number), "市政府未批准")
    assert validity(empty_store) == [("A", "2020-01-01", "-"), ("B", "2020-01-01", "-")]
    assert table(empty_store).sheet(number).draft.state == "withdrawn"
    assert audit.verify(empty_store) == []


def test_what_is_in_force_cannot_be_withdrawn(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    published(empty_store, number)
    with pytest.raises(InForceAlready):
        withdraw(table(empty_store), number, revision(empty_store, number), "晚了")


def test_a_revision_that_was_overtaken_is_refused(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    with pytest.raises(DraftChanged):
        submit(table(empty_store), number, 1)


PUBLISHER = """
import os, sys
from store.open import open_store
from services.publish import publish
from tests._drafting import revision, table

shared, *numbers = map(int, sys.argv[2:])
children = []
for number in numbers:  # forks: what is imported once need not be imported eight times
    children.append(os.fork())
    if not children[-1]:
        store = open_store(sys.argv[1])
        for one in (number, shared):
            publish(table(store), one, revision(store, one))
        os._exit(0)
sys.exit(sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="publishers are forks")
def test_eight_processes_publishing_at_once_lose_nothing(empty_store: Store) -> None:
    put_zones(empty_store, *(zone(f"Z{n}", "2020-01-01", place=2 * (n - 4)) for n in range(8)))
    numbers = []
    for n in range(8):
        numbers.append(from_zone(table(empty_store), LAYER, f"Z{n}", f"草案{n}", DAY))
        drawn(empty_store, numbers[-1], west=119.38 + 0.02 * n, east=119.395 + 0.02 * n)
        approved(empty_store, numbers[-1])
    shared = numbers[0]  # everybody publishes this one, too
    empty_store.engine.dispose()
    command = [sys.executable, "-c", PUBLISHER, address(empty_store), *map(str, [shared, *numbers])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=surroundings(empty_store))
    assert done.returncode == 0, done.stderr
    assert len(validity(empty_store)) == 16
    assert {table(empty_store).sheet(number).draft.state for number in numbers} == {"published"}
    assert audit.verify(empty_store) == []
    with empty_store.read() as connection:
        assert features.damaged(connection) == []
