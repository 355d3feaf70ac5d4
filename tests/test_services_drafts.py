"""Drafts: every step kept, undo to the very coordinates, nobody overwritten; each way to begin one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import WrongUsage
from services import draft_starts
from services._drawing import NoGeometry, NotDrawn, NotValid
from services.draft_ground import ground, paint
from services.drafts import DraftChanged, DraftClosed, DraftUnknown, NothingThere, as_json
from services.sketches import PropUnknown, polygon_of, props_of
from store import audit, drafts
from store.drafts import Sketch
from store.errors import FeatureMissing
from store.open import Store
from tests._drafting import CODE, DAY, LAYER, drafted, drawn, revision, table
from tests._often import often
from tests._raw import REFUSED, is_postgres, raw
from tests._store_rows import ZONES, put, put_zones, square, zone, zones


def box(east: float) -> shapely.Geometry:
    return shapely.box(119.46, 29.20, east, 29.21)


def test_a_draft_begins_as_the_zone_in_force_and_is_told_with_every_digit(empty_store: Store) -> None:
    number = drafted(empty_store)
    told = as_json(table(empty_store).sheet(number))
    assert shapely.equals_exact(shapely.geometry.shape(told["geometry"]), square(), 0.0)
    assert (told["code"], told["state"], told["base_version"], told["stale"]) == (CODE, "open", "A@2020-01-01#1", False)
    assert told["props"] == {"zone_class": "II"} and (told["undo"], told["redo"]) == (False, False)
    assert told["area_km2"] == pytest.approx(1.08, abs=0.01)


def test_undo_and_redo_bring_the_very_coordinates_back_also_after_a_restart(empty_store: Store) -> None:
    number = drafted(empty_store)
    odd = shapely.box(119.460000000000123, 29.2, 119.47123456789012, 29.21)
    table(empty_store).save(number, revision(empty_store, number), Sketch(odd, {}), "vertex")
    table(empty_store).go(number, revision(empty_store, number), "undo")
    assert table(empty_store).sheet(number).now.sketch.geometry.equals_exact(square(), 0.0)
    told = as_json(table(empty_store).sheet(number))
    assert (told["undo"], told["redo"], len(told["steps"])) == (False, True, 2)
    table(empty_store).go(number, revision(empty_store, number), "redo")
    assert table(empty_store).sheet(number).now.sketch.geometry.wkb == odd.wkb
    with pytest.raises(NothingThere):
        table(empty_store).go(number, revision(empty_store, number), "redo")


@often(12)
@given(moves=st.lists(st.sampled_from(["draw", "undo", "redo"]), min_size=1, max_size=14))
def test_undo_and_redo_are_those_of_a_plain_list(moves: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Held against the simplest model: a list, and a place in it."""
    from store.open import open_store

    store = open_store(tmp_path_factory.mktemp("undo") / "s.sqlite", create=True)
    number, past, place = drafted(store), [square().wkb], 0
    for count, move in enumerate(moves, 1):
        desk, now = table(store), revision(store, number)
        if move == "draw":
            shape = box(119.47 + count / 1000)
            past, place = [*past[: place + 1], shape.wkb], place + 1
            desk.save(number, now, Sketch(shape, {}), "vertex")
            continue
        there = place - 1 if move == "undo" else place + 1
        if 0 <= there < len(past):
            place = there
            desk.go(number, now, move)
        else:
            with pytest.raises(NothingThere):
                desk.go(number, now, move)
        assert desk.sheet(number).now.sketch.geometry.wkb == past[place]
    store.close()


def test_two_planners_never_overwrite_each_other(empty_store: Store) -> None:
    number = drafted(empty_store)
    seen = revision(empty_store, number)
    table(empty_store, "wang").save(number, seen, Sketch(box(119.471), {}), "vertex")
    late = table(empty_store, "zhao")
    with pytest.raises(DraftChanged, match="wang"):
        late.save(number, seen, Sketch(box(119.475), {}), "vertex")
    assert late.sheet(number).now.sketch.geometry.bounds[2] == 119.471
    own = late.fork(number, "我的", Sketch(box(119.475), {}))
    assert late.sheet(own).now.sketch.geometry.bounds[2] == 119.475 and late.sheet(own).draft.parent_id == number
    late.overrule(number, Sketch(box(119.475), {}))
    assert [step.kind for step in late.sheet(number).steps] == ["start", "vertex", "mine"]
    late.go(number, revision(empty_store, number), "undo")
    assert late.sheet(number).now.sketch.geometry.bounds[2] == 119.471


def test_a_draft_is_renamed_forked_and_discarded_and_stays_in_the_history(empty_store: Store) -> None:
    number, desk = drafted(empty_store), table(empty_store)
    desk.rename(number, revision(empty_store, number), "  西  缩 ")
    other = desk.fork(number, "另一份")
    desk.discard(number, revision(empty_store, number), "重复")
    assert [(one.id, one.name, one.state) for one in desk.listing()] == [(1, "西 缩", "discarded"), (2, "另一份", "open")]
    with pytest.raises(DraftClosed):
        desk.save(number, revision(empty_store, number), Sketch(box(119.48), {}), "vertex")
    assert desk.sheet(other).now.sketch == desk.sheet(number).now.sketch
    with empty_store.read() as connection:
        told = [entry["action"] for entry in audit.about(connection, f"draft {number}", 10)]
    assert told == ["draft_discard", "draft_rename", "draft_start"]
    assert audit.verify(empty_store) == []


def test_the_same_again_is_no_step_and_an_unknown_draft_is_none(empty_store: Store) -> None:
    number, desk = drafted(empty_store), table(empty_store)
    now = desk.sheet(number).now.sketch
    assert desk.save(number, revision(empty_store, number), now, "vertex") == revision(empty_store, number)
    assert len(desk.sheet(number).steps) == 1
    with pytest.raises(DraftUnknown):
        desk.sheet(99)
    with pytest.raises(WrongUsage):
        desk.rename(number, revision(empty_store, number), "   ")


def test_no_step_of_a_draft_can_be_changed_or_deleted_by_anybody(empty_store: Store) -> None:
    drafted(empty_store)
    replace = "INSERT OR REPLACE INTO draft_step SELECT * FROM draft_step"
    other = "TRUNCATE draft_step" if is_postgres(empty_store) else replace
    with raw(empty_store) as connection:
        for statement in ("UPDATE draft_step SET props = '{}'", "DELETE FROM draft_step", "DELETE FROM draft", other):
            with pytest.raises(REFUSED, match="append-only"):
                connection.execute(statement)
        connection.execute("UPDATE draft SET name = 'x'")


@pytest.mark.parametrize("layer", ["enterprises", "towns", "mines"])
def test_only_legal_records_and_the_grid_are_drafted(layer: str, empty_store: Store) -> None:
    with pytest.raises(NotDrawn):
        draft_starts.blank(table(empty_store), layer, "X", "新")


def test_a_draft_that_crosses_itself_is_kept_and_each_way_on_says_so(empty_store: Store) -> None:
    from services.compare import compare
    from services.draft_papers import make_annex, of_draft, paper

    put(empty_store, "grid_cells", zones({"cell_code": "P", "geometry": square()}))
    number, desk = drafted(empty_store), table(empty_store)
    bow = shapely.Polygon([(119.46, 29.2), (119.47, 29.21), (119.47, 29.2), (119.46, 29.21)])
    desk.save(number, revision(empty_store, number), Sketch(bow, desk.sheet(number).now.sketch.props), "vertex")
    kept = desk.sheet(number).now.sketch
    for way in (
        lambda: paint(desk, number, revision(empty_store, number), (("grid_cells", "P"),)),
        lambda: paper(desk, of_draft(desk, number), "map-a3.pdf", DAY, "zh"),
        lambda: make_annex(desk, number, revision(empty_store, number), DAY),
        lambda: compare(desk, [f"version/{LAYER}/A@2020-01-01#1", f"draft/{number}"], DAY),
    ):
        with pytest.raises(NotValid, match="自相交"):
            way()
    assert desk.sheet(number).now.sketch == kept


def test_a_new_zone_of_whole_units_keeps_the_list_and_paints_them_in_and_out(empty_store: Store) -> None:
    cells = zones(*({"cell_code": name, "geometry": square(place)} for place, name in enumerate("PQR")))
    put(empty_store, "grid_cells", cells)
    desk = table(empty_store)
    number = draft_starts.from_units(desk, LAYER, "NEW", "新区", [("grid_cells", "P"), ("grid_cells", "Q")])
    now = desk.sheet(number).now.sketch
    assert now.units == (("grid_cells", "P"), ("grid_cells", "Q")) and now.geometry.bounds == (119.46, 29.2, 119.48, 29.21)
    paint(desk, number, revision(empty_store, number), (("grid_cells", "Q"), ("grid_cells", "R")))
    painted = desk.sheet(number).now.sketch
    assert painted.units == (("grid_cells", "Q"), ("grid_cells", "R"))
    assert shapely.equals(painted.geometry, shapely.union_all([square(1), square(2)]))
    with pytest.raises(FeatureMissing):
        paint(desk, number, revision(empty_store, number), (("grid_cells", "Z"),))


def test_a_buffer_is_as_wide_as_asked(empty_store: Store) -> None:
    put_zones(empty_store, zone(CODE, "2020-01-01"))
    desk = table(empty_store)
    number = draft_starts.from_buffer(desk, LAYER, "BUF", "缓冲", (LAYER, CODE), 500)
    side = shapely.length(shapely.box(*shapely.bounds(square()))) * 1e5 / 4 / 1000
    assert desk.sheet(number).area_km2 == pytest.approx(1.08 + 4 * 0.5 * 1.04 + 3.14 * 0.25, abs=0.06), side
    with pytest.raises(draft_starts.CodeTaken):
        draft_starts.blank(desk, LAYER, CODE, "重号")
    with pytest.raises(WrongUsage):
        draft_starts.from_buffer(desk, LAYER, "B2", "缓冲", (LAYER, CODE), 0)


def test_an_uploaded_file_is_read_in_the_locked_child(empty_store: Store, tmp_path: Path) -> None:
    file = tmp_path / "新范围.geojson"
    shape = shapely.box(119.5, 29.2, 119.51, 29.21)
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    put_zones(empty_store, zone(CODE, "2020-01-01"))
    desk = table(empty_store)
    new = desk.sheet(draft_starts.from_file(desk, LAYER, "F1", "新区", file))
    assert new.now.sketch.geometry.equals_exact(shape, 0.0) and new.draft.base_version is None
    upon = desk.sheet(draft_starts.from_file(desk, LAYER, CODE, "改", file))
    assert upon.draft.base_version == "A@2020-01-01#1" and upon.now.sketch.props["zone_class"] == "II"
    file.write_text('{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [119.5, 29.2]}}', "utf-8")
    with pytest.raises(NoGeometry):
        draft_starts.from_file(desk, LAYER, "F2", "点", file)


def test_what_lies_around_a_draft_is_given_with_every_digit(empty_store: Store) -> None:
    near = shapely.box(119.480000000000013, 29.2, 119.49, 29.21)
    put_zones(empty_store, zone("B", "2020-01-01") | {"geometry": near})
    number = drafted(empty_store)
    found = ground(table(empty_store), table(empty_store).sheet(number).draft, DAY)
    assert [f["properties"]["key"] for f in found["neighbours"]["features"]] == ["B"]
    assert shapely.geometry.shape(found["neighbours"]["features"][0]["geometry"]).bounds[0] == 119.480000000000013
    assert found["base"]["area_km2"] == pytest.approx(1.08, abs=0.01) and found["county"]["features"]


@pytest.mark.parametrize(
    "value", [None, 7, {"type": "Point", "coordinates": [1, 2]}, {"type": "Polygon", "coordinates": [[[0, 0], [1]]]}]
)
def test_what_is_no_polygon_is_refused_with_a_sentence(value: object) -> None:
    with pytest.raises(NoGeometry):
        polygon_of(value)


def test_facts_that_the_record_does_not_have_are_refused() -> None:
    assert props_of(ZONES, {"zone_class": " III ", "exemptions": ["chp", "central_heating"], "doc_no": ""}) == {
        "zone_class": "III", "exemptions": "chp;central_heating",
    }  # fmt: skip
    with pytest.raises(PropUnknown):
        props_of(ZONES, {"zone_code": "B"})


def test_a_draft_is_stale_only_when_its_own_zone_changed(empty_store: Store) -> None:
    number = drafted(empty_store)
    put_zones(empty_store, zone("B", "2020-01-01", place=3))
    assert not table(empty_store).sheet(number).stale
    put_zones(empty_store, zone(CODE, "2021-01-01", place=1))
    assert table(empty_store).sheet(number).stale
    drawn(empty_store, number)
    with empty_store.read() as connection:
        assert len(drafts.steps(connection, number)) == 2
