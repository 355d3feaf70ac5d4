"""Papers, comparison and history of drafts and versions, held against hand-made squares."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path

import fiona
import pyproj
import pytest
import shapely

from geo.errors import WrongUsage
from services.compare import compare, comparison_xlsx
from services.draft_papers import PaperUnknown, make_annex, notice, of_draft, of_zone, paper, vertex_table
from services.draft_starts import from_file
from services.zone_history import choices, journal, lives
from store.drafts import Sketch
from store.errors import FeatureMissing
from store.open import Store
from tests._drafting import CODE, DAY, LAYER, drafted, drawn, person, published, revision, table
from tests._store_rows import REGION, put, put_zones, square, zone
from tests._store_rows import table as rows


def test_the_vertex_table_gives_degrees_and_metres_of_every_corner(empty_store: Store) -> None:
    number = drafted(empty_store)
    heads, rows = vertex_table(table(empty_store), of_draft(table(empty_store), number), english=True)
    assert heads[-2:] == ["easting m EPSG:4549", "northing m EPSG:4549"] and len(rows) == 4
    way = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
    for part, ring, name, lon, lat, east, north in rows:
        assert (part, ring, str(name)[0]) == (1, "outer", "J")
        assert (east, north) == pytest.approx(way.transform(lon, lat), abs=0.001)


def test_holes_and_parts_are_numbered(empty_store: Store) -> None:
    number = drafted(empty_store)
    shape = shapely.union(shapely.difference(square(), square().buffer(-0.003)), shapely.box(119.5, 29.2, 119.51, 29.21))
    sheet = table(empty_store).sheet(number)
    table(empty_store).save(number, sheet.draft.revision, Sketch(shape, sheet.now.sketch.props), "vertex")
    _, rows = vertex_table(table(empty_store), of_draft(table(empty_store), number))
    named = {(row[0], row[1]) for row in rows}
    assert named in ({(1, "外环"), (1, "内环1"), (2, "外环")}, {(1, "外环"), (2, "外环"), (2, "内环1")})


def test_the_notice_is_filled_from_the_record(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number, zone_name="示例区", repealed_docs="示例政告〔2018〕3号", exemptions="chp")
    text = notice(table(empty_store), of_draft(table(empty_store), number))
    filled = ("示例区", "示例政告〔2021〕9号", "Ⅲ类", "2021年12月31日", "2021年8月1日", "热电联产", "示例政告〔2018〕3号同时废止")
    for told in (*filled, "2.16 平方公里"):
        assert told in text, told


@pytest.mark.parametrize("kind", ["shape.geojson", "shape.gpkg", "shape.zip", "shape.kml"])
def test_what_is_exported_is_drawn_again(kind: str, empty_store: Store, tmp_path: Path) -> None:
    number = drafted(empty_store)
    content, _ = paper(table(empty_store), of_draft(table(empty_store), number), kind, DAY, "zh")
    file = tmp_path / kind
    file.write_bytes(content)
    again = table(empty_store).sheet(from_file(table(empty_store), LAYER, "AGAIN", "再来", file)).now.sketch.geometry
    assert shapely.hausdorff_distance(again, square()) < 1e-9


def test_dxf_is_in_metres(empty_store: Store, tmp_path: Path) -> None:
    content, _ = paper(table(empty_store), of_draft(table(empty_store), drafted(empty_store)), "shape.dxf", DAY, "zh")
    (tmp_path / "a.dxf").write_bytes(content)
    with fiona.open(tmp_path / "a.dxf") as layer:
        west, south, east, north = layer.bounds
    assert (east - west, north - south) == pytest.approx((975, 1110), abs=8) and 400_000 < west < 600_000


@pytest.mark.parametrize(("kind", "size"), [("map-a3.pdf", (1190, 841)), ("map-a4.pdf", (841, 595))])
def test_map_sheets_have_their_paper(kind: str, size: tuple[int, int], empty_store: Store) -> None:
    content, media = paper(table(empty_store), of_draft(table(empty_store), drafted(empty_store)), kind, DAY, "zh")
    box = re.search(rb"/MediaBox \[ ?0 0 ([0-9.]+) ([0-9.]+)", content)
    assert media == "application/pdf" and box is not None
    assert (int(float(box[1])), int(float(box[2]))) == size


def test_the_annex_is_kept_under_the_hash_in_the_record_and_becomes_part_of_the_version(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    digest = make_annex(table(empty_store), number, revision(empty_store, number), DAY)
    published(empty_store, number)
    content, _ = paper(table(empty_store), of_zone(table(empty_store), LAYER, CODE, dt.date(2021, 9, 1)), "annex.pdf", DAY, "zh")
    assert hashlib.sha256(content).hexdigest() == digest
    with pytest.raises(PaperUnknown):
        paper(table(empty_store), of_zone(table(empty_store), LAYER, CODE, DAY), "annex.pdf", DAY, "zh")
    with pytest.raises(PaperUnknown):
        paper(table(empty_store), of_draft(table(empty_store), number), "secrets.txt", DAY, "zh")


def test_a_version_and_a_draft_are_compared_shape_by_shape(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number)
    made = compare(table(empty_store), [f"version/{LAYER}/A@2020-01-01#1", f"draft/{number}"], DAY)
    added = shapely.geometry.shape(made.sides[1].added)
    assert shapely.area(shapely.symmetric_difference(added, square(1))) < 1e-9 and made.sides[1].removed is None
    assert [side.grade for side in made.sides] == ["II", "III"]
    assert [side.title for side in made.sides] == ["A 2020-01-01", "东扩 #1"]
    assert comparison_xlsx(made)[:2] == b"PK" and made.table == []


def test_who_stays_as_judged_and_falls_to_another_class_is_told_by_class(empty_store: Store) -> None:
    put(empty_store, "enterprises", rows({"enterprise_code": "E1", "enterprise_name": "企业1"}))
    unit = {"unit_type": "锅炉", "capacity_tph": "4", "fuel": "原煤", "built_on": "2012-01-01", "lon": "119.465", "lat": "29.205"}
    put(empty_store, "combustion_units", rows({"unit_code": "U1", "enterprise_code": "E1"} | unit))
    number = drafted(empty_store)
    drawn(empty_store, number, existing_deadline="2021-01-01", effective_from="2020-01-01")
    made = compare(table(empty_store), [f"version/{LAYER}/A@2020-01-01#1", f"draft/{number}"], DAY)
    assert [(row["name"], row["sides"]) for row in made.table] == [("企业1", [("V", "A", "II"), ("V", "A", "III")])]
    assert made.moves == [{("V", "V", "II", "III"): 1}]


@pytest.mark.parametrize("handles", [["draft/1"], ["draft/1"] * 6, ["draft/1", "nothing"], []])
def test_what_cannot_be_compared_is_said(handles: list[str], empty_store: Store) -> None:
    drafted(empty_store)
    with pytest.raises(WrongUsage):
        compare(table(empty_store), handles, DAY)


def test_the_history_tells_who_changed_what_and_why(empty_store: Store) -> None:
    number = drafted(empty_store)
    drawn(empty_store, number, reason="群众反映")
    published(empty_store, number)
    _, found = lives(empty_store, REGION, person("wang"), LAYER, CODE)
    assert [(one.version, one.kind, one.stands) for one in found] == [
        ("A@2020-01-01#1", "import", False), ("A@2020-01-01#2", "publish", True), ("A@2021-08-01#2", "publish", True),
    ]  # fmt: skip
    assert (found[2].note, found[2].actor, found[2].source) == ("群众反映", "wang", "#1 东扩")
    assert found[2].area_km2 == pytest.approx(2 * found[0].area_km2, rel=1e-3)
    told = [entry["action"] for entry in journal(empty_store, person("wang"), LAYER, CODE)]
    assert told == ["draft_publish", "draft_review", "draft_submit", "draft_step", "draft_start"]
    assert journal(empty_store, person("v", "viewer"), LAYER, CODE) == []
    assert [title for _, title in choices(empty_store, person("wang"), LAYER)][-1] == "东扩 #1"
    with pytest.raises(FeatureMissing):
        lives(empty_store, REGION, person("wang"), LAYER, "NOBODY")


def test_the_geometry_of_a_version_is_told_with_every_digit(empty_store: Store) -> None:
    put_zones(empty_store, zone(CODE, "2020-01-01"))
    _, found = lives(empty_store, REGION, person("wang"), LAYER, CODE)
    assert json.loads(json.dumps(found[0].geometry)) == json.loads(shapely.to_geojson(square()))
