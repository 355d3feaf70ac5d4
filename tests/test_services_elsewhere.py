"""A planner tied to a town: what they may not change one by one, no file of theirs adds or changes; every such row is named."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
import shapely

from geo.errors import NotFound
from geo.raw import RawTable
from layers._find import load_layers
from services import bring_jobs, import_jobs, uploads
from services.bringback import AllElsewhere
from services.export import export_layer
from services.intake import ImportOptions, ImportReport, prepare_table, within_area
from services.quarantine import StillWrong, correct, listing
from services.scope import Area, Principal, local_principal
from services.takeback import OthersImport, imports, take_back
from services.uploads import Job
from store import features
from store.open import Store
from tests._store_rows import REGION, put, table, zone, zones

RIGHTS = frozenset(("view", "import", "personal", "edit", "data"))
TIED = Principal("tied", RIGHTS, Area(towns=frozenset(("游埠镇",))), account_id=9)
HERE, THERE = ("119.348874", "29.133219"), ("119.532706", "29.217030")
"""A place in the town, and one in another."""


def firm(code: str, at: tuple[str, str] = HERE, **cells: str) -> dict[str, str]:
    return {"enterprise_code": code, "enterprise_name": "改名", "lon": at[0], "lat": at[1]} | cells


def kept(store: Store, layer: str, raw: RawTable) -> list[str]:
    """The keys of a table that pass for the town's planner; every other row must be named."""
    shape = load_layers()[layer]
    report = ImportReport(layer, "f", rows_in=len(raw.rows))
    prepared = prepare_table(REGION, shape, raw, ImportOptions(), None, report)
    done = within_area(store, REGION, TIED.area, prepared)
    taken = [str(code) for code in done.conformed.frame[shape.key]]
    named = [one["row"] for one in report.problems if one["code"] == "elsewhere"]
    assert named == done.conformed.held["row"].tolist() and report.taken == len(taken)
    assert report.quarantined == len(named) == report.rows_in - report.taken
    return taken


def test_facilities_count_where_they_are_and_would_be(demo_store: Store) -> None:
    rows = table(firm("E0011"), firm("E0001"), firm("E0018", THERE), firm("NEW1"), firm("NEW2", THERE))
    assert kept(demo_store, "enterprises", rows) == ["E0011", "NEW1"]
    units = [
        {"unit_code": code, "enterprise_code": owner, "fuel": "coal", "capacity_tph": "4"}
        for code, owner in (("UN1", "E0011"), ("UN2", "E0001"), ("U00001", "E0011"), ("UN3", "NONE"))
    ]
    assert kept(demo_store, "combustion_units", table(*units)) == ["UN1"], "a unit of another's is not made one's own"


def test_everything_else_lies_on_the_ground_as_a_whole(demo_store: Store) -> None:
    values = [
        {"station_code": code, "observed_at": "2021-06-01 08:00", "pm25": "30"} for code in ("A07", "A01", "A90", "NONE")
    ]
    assert kept(demo_store, "station_values", table(*values)) == ["A07@2021-06-01T08:00"]
    places = (("C1", HERE), ("C2", THERE))
    complaints = [{"complaint_code": c, "received_at": "2021-06-01", "lon": x, "lat": y} for c, (x, y) in places]
    assert kept(demo_store, "complaints", table(*complaints)) == ["C1"]
    small, wide = shapely.Point(119.348874, 29.133219).buffer(0.001), shapely.Point(119.348874, 29.133219).buffer(0.3)
    shapes = (zone("OWN", "2021-01-01") | {"geometry": small}, zone("WIDE", "2021-01-01") | {"geometry": wide})
    others = zone("NBZ-01", "2021-01-01") | {"geometry": small}
    assert kept(demo_store, "no_burn_zones", zones(*shapes, others)) == ["OWN"]
    town = zones({"town_code": "330781102", "town_name": "游埠镇", "geometry": wide})
    assert kept(demo_store, "towns", town) == [], "an area does not grow by a file"


def test_the_own_town_as_it_is_filed_is_on_its_ground(demo_store: Store) -> None:
    frame = features.recorded(demo_store, load_layers()["towns"])
    mine = frame[frame["town_name"] == "游埠镇"].iloc[0]
    raw = zones({"town_code": mine["town_code"], "town_name": "游埠镇", "geometry": mine["geometry_map"]})
    assert kept(demo_store, "towns", raw) == ["330781102"]


def test_who_sees_the_whole_city_is_not_held_back(demo_store: Store) -> None:
    raw = table(firm("E0001"))
    prepared = prepare_table(REGION, load_layers()["enterprises"], raw, ImportOptions(), None, ImportReport("enterprises", "f"))
    assert within_area(demo_store, REGION, local_principal().area, prepared).conformed is prepared.conformed


def brought(store: Store, path: Path, layer: str = "enterprises", back: bool = False) -> Job:
    """An upload of the town's planner, once it has been checked."""
    content = path.read_bytes()
    job = import_jobs.start(store, REGION, TIED, layer, [(path.name, lambda at: at.write_bytes(content))], back=back)
    end = time.monotonic() + 60
    while uploads.is_running(job.key):
        assert time.monotonic() < end
        time.sleep(0.05)
    return uploads.job_of(store, job.key)


def test_an_upload_waits_in_the_quarantine_for_those_who_may(demo_copy: Store, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    lines = ("企业编号,企业名称,经度,纬度", "E0011,改名甲,119.346042,29.121460", "E0001,改名乙,119.348874,29.133219")
    path.write_text("\n".join(lines), "utf-8")
    job = brought(demo_copy, path)
    report = job.report or {}
    assert (job.state, report["taken"], report["quarantined"], report["changed"]) == ("checked", 1, 1, 1)
    assert "E0012" not in report["missing_codes"] and "E0018" in report["missing_codes"], "others' codes are not told"
    import_jobs.take(demo_copy, REGION, TIED, job.key)
    names = features.recorded(demo_copy, load_layers()["enterprises"]).set_index("enterprise_code")["enterprise_name"]
    assert names["E0011"] == "改名甲" and names["E0001"] != "改名乙"
    other = dataclasses.replace(TIED, name="other")
    assert uploads.jobs(demo_copy, other) == [] and not listing(demo_copy, other)
    with pytest.raises(NotFound):
        uploads.job_for(demo_copy, other, job.key)
    (row,) = (one for one in listing(demo_copy, local_principal(), "enterprises") if "elsewhere" in one.codes)
    with pytest.raises(StillWrong, match="范围"):
        correct(demo_copy, REGION, TIED, row.id, {})
    correct(demo_copy, REGION, local_principal(), row.id, {})
    names = features.recorded(demo_copy, load_layers()["enterprises"]).set_index("enterprise_code")["enterprise_name"]
    assert names["E0001"] == "改名乙"


def test_the_area_on_the_day_it_is_taken_in_counts(demo_copy: Store, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("企业编号,企业名称\nE0001,改名乙\n", "utf-8")
    everybody = dataclasses.replace(TIED, area=Area(whole=True))
    content = path.read_bytes()
    job = import_jobs.start(demo_copy, REGION, everybody, "enterprises", [(path.name, lambda at: at.write_bytes(content))])
    while uploads.is_running(job.key):
        time.sleep(0.05)
    import_jobs.take(demo_copy, REGION, TIED, job.key)
    names = features.recorded(demo_copy, load_layers()["enterprises"]).set_index("enterprise_code")["enterprise_name"]
    assert names["E0001"] != "改名乙"


def test_an_addition_elsewhere_is_not_brought_back(demo_copy: Store, tmp_path: Path) -> None:
    out = export_layer(demo_copy, REGION, "enterprises", tmp_path / "e.geojson", TIED) and tmp_path / "e.geojson"
    text = out.read_text("utf-8")
    assert '"E0011"' in text and '"E0001"' not in text
    out.write_text(text.replace('"E0011"', '"E9911"').replace("119.346042", THERE[0]).replace("29.12146", THERE[1]), "utf-8")
    job = brought(demo_copy, out, back=True)
    found = bring_jobs.difference_of(demo_copy, REGION, TIED, job)
    assert [(one.kind, one.key[0]) for one in found.changes if one.kind == "added"] == [("added", "E9911")]
    with pytest.raises(AllElsewhere, match="E9911"):
        bring_jobs.take(demo_copy, REGION, TIED, job.key, bring_jobs.Ticked(everything=True), bring_jobs.state_of(found))


def test_others_imports_are_not_taken_back_from_a_town(demo_copy: Store) -> None:
    put(demo_copy, "enterprises", table(firm("NEW1", THERE)))
    number = imports(demo_copy, local_principal())[0].id
    assert number not in {one.id for one in imports(demo_copy, TIED)}
    with pytest.raises(OthersImport):
        take_back(demo_copy, TIED, number)
    assert take_back(demo_copy, local_principal(), number).ended == 1
