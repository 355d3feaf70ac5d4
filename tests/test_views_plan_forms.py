"""The workspace without a script: every form is a plain POST, and the API says the same."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import shapely
from flask import Flask

import app as product
from geo.region import Region
from services.accounts import make_token
from store.open import Store
from tests._drafting import revision, table
from tests.test_views_gate import Visitor

START = {"layer": "no_burn_zones", "how": "zone", "code": "NBZ-03", "name": "东扩 <b>{{ 7*7 }}</b>"}


@pytest.fixture
def site(demo_copy: Store, region: Region) -> Iterator[Flask]:
    yield product.create_app(demo_copy, region)


@pytest.fixture
def planner(site: Flask) -> Visitor:
    return Visitor(site, "demo-planner")


def post(visitor: Visitor, path: str, **form: Any) -> Any:
    return visitor.post(path, "/account", **form)


def test_a_draft_is_begun_changed_undone_renamed_forked_and_discarded(planner: Visitor, demo_copy: Store) -> None:
    assert post(planner, "/plan/start?as_of=2021-07-01", **START).headers["Location"] == "/plan/1"
    text = planner.client.get("/plan/1").get_data(as_text=True)
    title = text.split("<title>")[1].split("</title>")[0]
    assert "&lt;b&gt;{{ 7*7 }}&lt;/b&gt;" in title and "<b>{{" not in text
    post(planner, "/plan/1/props", revision=str(revision(demo_copy, 1)), zone_class="III", existing_deadline="2022-12-31")
    assert table(demo_copy).sheet(1).now.sketch.props["zone_class"] == "III"
    post(planner, "/plan/1/step", revision=str(revision(demo_copy, 1)), to="undo")
    assert table(demo_copy).sheet(1).now.sketch.props["zone_class"] == "I"
    post(planner, "/plan/1/rename", revision=str(revision(demo_copy, 1)), name="西缩")
    assert post(planner, "/plan/1/fork", revision=str(revision(demo_copy, 1)), name="另一份").headers["Location"] == "/plan/2"
    late = post(planner, "/plan/1/discard", revision="1", why="x")
    assert late.status_code == 409 and "demo-planner" in late.get_data(as_text=True)
    assert post(planner, "/plan/1/discard", revision=str(revision(demo_copy, 1)), why="重复").headers["Location"] == "/plan/1"
    assert [one.state for one in table(demo_copy).listing()] == ["discarded", "open"]
    assert "data-restore" in planner.client.get("/plan/1").get_data(as_text=True)
    post(planner, "/plan/1/restore", revision=str(revision(demo_copy, 1)))
    assert table(demo_copy).sheet(1).draft.state == "open" and table(demo_copy).sheet(1).now.sketch.props["zone_class"] == "I"
    assert post(planner, "/plan/1/restore", revision=str(revision(demo_copy, 1))).status_code == 422


def test_a_file_is_uploaded_and_a_bad_one_is_a_sentence(planner: Visitor, demo_copy: Store) -> None:
    shape = json.loads(shapely.to_geojson(shapely.box(119.5, 29.2, 119.51, 29.21)))
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    good = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    form = {"layer": "no_burn_zones", "how": "file", "code": "NEW", "name": "新区"}
    answer = post(planner, "/plan/start", **form, file=(io.BytesIO(good), "新区.geojson"))
    assert answer.headers["Location"] == "/plan/1" and table(demo_copy).sheet(1).now.sketch.geometry.bounds[0] == 119.5
    bad = post(planner, "/plan/start", **form | {"code": "N2"}, file=(io.BytesIO(b"<VRTDataset/>"), "../../x.geojson"))
    assert bad.status_code == 422 and len(table(demo_copy).listing()) == 1


def test_the_api_saves_steps_and_tells_a_conflict_as_409(planner: Visitor, demo_copy: Store) -> None:
    post(planner, "/plan/start", **START)
    token = planner.token("/account")
    shape = json.loads(shapely.to_geojson(shapely.box(119.38, 29.2, 119.39, 29.21)))

    def sent(path: str, body: Any) -> Any:
        return planner.client.post(path, json=body, headers={"X-CSRFToken": token})

    before = planner.client.get("/api/drafts/1").get_json()
    saved = sent("/api/drafts/1/steps", {"revision": before["revision"], "geometry": shape, "kind": "vertex"})
    assert saved.status_code == 200 and saved.get_json()["geometry"] == shape and saved.get_json()["undo"]
    assert sent("/api/drafts/1/steps", {"revision": before["revision"], "geometry": before["geometry"]}).status_code == 409
    assert sent("/api/drafts/1/steps", {"revision": 3, "geometry": {"type": "Point", "coordinates": [1, 2]}}).status_code == 422
    assert sent("/api/drafts/1/steps", ["not", "an", "object"]).status_code == 400
    assert planner.client.post("/api/drafts/1/go", json={"revision": 3, "to": "undo"}).status_code == 422, "without the token"
    told = planner.client.get("/api/drafts/1/foresight").get_json()
    assert len(told["in_the_way"]) == 2 and told["entering"] == []


def test_who_may_not_draw_looks_and_does_not_touch(site: Flask, planner: Visitor, demo_copy: Store) -> None:
    post(planner, "/plan/start", **START)
    reviewer, inspector = Visitor(site, "demo-reviewer"), Visitor(site, "demo-inspector")
    assert reviewer.client.get("/plan/1").status_code == 200
    assert post(reviewer, "/plan/1/rename", revision="2", name="x").status_code == 404
    assert inspector.client.get("/plan/1").status_code == inspector.client.get("/plan/99").status_code == 404
    assert post(planner, "/plan/1/review", revision="2", granted="1").status_code == 404, "a planner does not review"


@pytest.mark.parametrize("kind", ["vertices.csv", "map-a3.pdf", "affected.xlsx", "notice.txt", "shape.dxf"])
def test_every_paper_is_handed_out(kind: str, planner: Visitor) -> None:
    post(planner, "/plan/start", **START)
    answer = planner.client.get(f"/plan/1/papers/{kind}?as_of=2021-07-01")
    assert answer.status_code == 200 and len(answer.get_data()) > 100
    assert planner.client.get("/plan/1/papers/other.exe").status_code == 404


def test_everything_the_pages_do_is_a_call_with_a_key(site: Flask, demo_copy: Store) -> None:
    keys = {name: make_token(demo_copy, name, "test", (), 1, "test") for name in ("demo-planner", "demo-reviewer")}
    client = site.test_client()

    def call(path: str, who: str = "demo-planner", **body: Any) -> Any:
        named = {"revision": revision(demo_copy, 1)} if path.startswith("/") else {}
        return client.post(f"/api/drafts{path}", json=named | body, headers={"Authorization": f"Bearer {keys[who]}"})

    start = {"how": "zone", "layer": "no_burn_zones", "code": "NBZ-03", "name": "东扩"}
    made = call("?as_of=2021-07-01", **start).get_json()
    assert (made["id"], made["state"], made["code"]) == (1, "open", "NBZ-03")
    record = made["props"] | {"effective_from": "2099-01-01", "doc_no": "示例〔2099〕1号", "existing_deadline": "2099-06-30"}
    assert call("/1/steps", geometry=made["geometry"], props=record, kind="props").get_json()["props"] == record
    assert call("/1/rename", name="西缩").get_json()["name"] == "西缩"
    assert call("/1/discard", why="重复").get_json()["state"] == "discarded"
    assert call("/1/restore").get_json()["state"] == "open"
    assert len(call("/1/annex").get_json()["props"]["annex_sha256"]) == 64
    assert call("/1/submit").get_json()["state"] == "submitted"
    assert call("/1/review", granted=True).status_code == 404, "planners do not review"
    assert call("/1/review", "demo-reviewer", granted=False).status_code == 400, "returned without a remark"
    assert call("/1/take-back").get_json()["state"] == "open" and call("/1/submit").get_json()["state"] == "submitted"
    assert call("/1/review", "demo-reviewer", granted=True).get_json()["state"] == "approved"
    first, again = call("/1/publish").get_json(), call("/1/publish").get_json()
    assert (first["state"], first["fresh"], again["fresh"]) == ("published", True, False)
    assert call("/1/withdraw", why="未批准").get_json()["state"] == "withdrawn"
    part = {"how": "part", "draft": 1, "code": "NEW", "layer": "no_burn_zones", "name": "北片", "geometry": made["geometry"]}
    split = call("", **part).get_json()
    assert split["props"]["zone_class"] == "I" and "doc_no" not in split["props"] and split["props"]["zone_name"] == "北片"
    odd = call("", **start | {"how": "magic"})
    assert odd.status_code == 400 and "magic" in odd.get_json()["detail"]


def test_cells_are_looked_for_and_typed_instead_of_listed(planner: Visitor, demo_copy: Store) -> None:
    text = planner.client.get("/plan").get_data(as_text=True)
    assert 'value="towns/' in text and "P-20</" not in text and len(text) < 60_000
    found = planner.client.get("/api/drafts/units/grid_cells/names?q=p-2").get_json()["units"]
    assert 0 < len(found) <= 20 and found[0]["key"].startswith("P-2")
    assert planner.client.get("/api/drafts/units/enterprises/names?q=E").status_code == 404
    form = {"how": "units", "layer": "no_burn_zones", "code": "N9", "name": "整格"}
    assert post(planner, "/plan/start", **form, cells="P-20， P-21\nP-20").headers["Location"] == "/plan/1"
    assert table(demo_copy).sheet(1).now.sketch.units == (("grid_cells", "P-20"), ("grid_cells", "P-21"))
    unknown = post(planner, "/plan/start", **form | {"code": "N8"}, cells="P-20 P-999x")
    assert unknown.status_code in (404, 422) and "P-999x" in unknown.get_data(as_text=True)
