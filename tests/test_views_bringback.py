"""带回修改 in the import desk: upload, compare, tick or choose sides, one transaction; who may not, and who comes second."""

from __future__ import annotations

import dataclasses
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from flask.testing import FlaskClient

from app import create_app
from geo.region import Region
from services.accounts import make_token
from services.bringback import Asked, Choice, bring_back, compare_file
from services.export import export_layer
from services.scope import local_principal
from store.open import Store
from tests._pages import Ear, enter
from tests._roundtrip import Rows, edit_vector, edit_workbook
from tests._store_rows import REGION
from tests.conftest import Site, serve
from tests.test_services_bringback import set_cell, values

LOCAL = local_principal()
NASTY = "<script>alert(1)</script>{{7*7}}'\""
PATIENCE = 60.0


def client_of(store: Store, region: Region, name: str) -> FlaskClient:
    made = create_app(store, region).test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(store, name, 'test', (), 1, 'test')}"
    return made


@pytest.fixture
def client(demo_copy: Store, region: Region) -> FlaskClient:
    return client_of(demo_copy, region, "demo-planner")


def send(client: FlaskClient, path: Path, layer: str = "enterprises", **said: str) -> str:
    """Upload a file that comes back; the address of its page once it was compared."""
    form = {"layer": layer, "back": "1", "files": (io.BytesIO(path.read_bytes()), path.name), **said}
    answer = client.post("/imports/upload", data=form)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).headers["Location"]
    compared(client, page)
    return str(page)


def compared(client: FlaskClient, page: str) -> None:
    end = time.monotonic() + PATIENCE
    key = page.split("/")[2]
    while client.get(f"/api/imports/{key}").get_json()["state"] == "checking":
        assert time.monotonic() < end, "never compared"
        time.sleep(0.05)


def shown(text: str) -> str:
    found = re.search(r'name="shown" value="([^"]+)"', text)
    assert found
    return found[1]


def export(store: Store, path: Path, layer: str = "enterprises") -> Path:
    export_layer(store, REGION, layer, path, LOCAL)
    return path


def change_here(store: Store, tmp_path: Path, code: str, name: str) -> None:
    """Somebody else's change of a name."""
    out = export(store, tmp_path / "here.xlsx")
    edit_workbook(out, set_cell(code, "enterprise_name", name))
    found = compare_file(store, REGION, LOCAL, "enterprises", out, Asked())
    bring_back(store, REGION, found, Choice(), dataclasses.replace(LOCAL, name="bob"))


def test_rows_are_ticked_and_a_side_is_chosen(client: FlaskClient, demo_copy: Store, tmp_path: Path) -> None:
    out = export(demo_copy, tmp_path / "企业.xlsx")

    def change(headers: list[str], rows: Rows) -> None:
        column = headers.index("enterprise_name")
        for at, name in ((0, NASTY), (1, "不勾选"), (2, "文件的名字")):
            rows[at][column] = name
        del rows[5]

    edit_workbook(out, change)
    change_here(demo_copy, tmp_path, "E0003", "本库的名字")
    page = send(client, out)
    text = client.get(page).get_data(as_text=True)
    assert NASTY not in text and "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in text
    assert "本库的名字" in text and "文件的名字" in text and "E0006" in text
    lines = {m[1]: m[0] for m in re.findall(r'name="row" value="(\d+)"[^>]*aria-label="接受 (E\d+)"', text)}
    assert set(lines) == {"E0001", "E0002", "E0006"}
    side = re.search(r'name="(side:\d+:\d+)"', text)
    assert side
    form = {"shown": shown(text), "row": lines["E0001"], side[1]: "theirs", "what": "some"}
    assert client.post(f"{page}/take", data=form).status_code == 303
    names = values(demo_copy, "enterprises", "enterprise_name")
    assert (names["E0001"], names["E0003"]) == (NASTY, "文件的名字")
    assert names["E0002"] != "不勾选" and "E0006" in names
    text = client.get(page).get_data(as_text=True)
    assert "已带回：新增 0，更新 2，删除 0" in text
    again = client.post(f"{page}/take", data=form)
    assert again.status_code == 303 and "预览之后该图层又有修改" in client.get(page).get_data(as_text=True)
    client.post(f"{page}/take", data={"shown": shown(client.get(page).get_data(as_text=True)), "what": "all"})
    names = values(demo_copy, "enterprises", "enterprise_name")
    assert names["E0002"] == "不勾选" and "E0006" not in names
    assert "没有要带回的修改" in client.get(page).get_data(as_text=True)
    key = page.split("/")[2]
    assert client.post(f"/api/imports/{key}/take").status_code == 409, "it is never taken in as a plain import"
    assert client.post(f"/imports/{key}/drop").status_code == 303 and client.get(page).status_code == 404


def test_a_file_without_a_mark_asks_and_the_map_shows_both_places(
    client: FlaskClient, demo_copy: Store, tmp_path: Path
) -> None:
    out = export(demo_copy, tmp_path / "petrol.csv", "petrol_stations")
    text = out.read_text("utf-8-sig").splitlines()
    out.write_text("\r\n".join([*text[:3], *text[4:]]), "utf-8")
    page = send(client, out, "petrol_stations")
    asks = client.get(page).get_data(as_text=True)
    assert "没有写明由哪一版导出" in asks and '<option value="1">' in asks
    client.post(f"{page}/check", data={"base": "1", "complete": "1"})
    compared(client, page)
    assert 'id="removed"' in client.get(page).get_data(as_text=True)
    features = client.get(f"/api{page}").get_json()["features"]
    assert {f["properties"]["side"] for f in features} == {"base", "ours"}
    client.post(f"{page}/check", data={"base": "1"})
    compared(client, page)
    assert "文件中没有的行不算删除" in client.get(page).get_data(as_text=True)
    client.post(f"{page}/check", data={"base": "999999999999"})
    compared(client, page)
    assert client.get(page).status_code == 200
    assert client.get(f"/api{page}").status_code == 409


def test_removing_a_zone_by_a_file_is_no_way_around_a_draft(client: FlaskClient, demo_copy: Store, tmp_path: Path) -> None:
    out = export(demo_copy, tmp_path / "z.gpkg", "no_burn_zones")
    edit_vector(out, lambda frame: frame.iloc[1:])
    page = send(client, out, "no_burn_zones")
    text = client.get(page).get_data(as_text=True)
    assert "不能由文件删除" in text and "disabled" in text
    for form in ({"row": "0", "what": "some"}, {"what": "all"}):
        client.post(f"{page}/take", data={"shown": shown(text)} | form)

    assert demo_copy_rows(demo_copy) == 7


def demo_copy_rows(store: Store) -> int:
    from layers._find import load_layers
    from store import features

    return len(features.recorded(store, load_layers()["no_burn_zones"]))


def test_who_may_not_import_may_not_bring_back(
    demo_copy: Store, region: Region, client: FlaskClient, tmp_path: Path
) -> None:
    page = send(client, export(demo_copy, tmp_path / "p.xlsx", "petrol_stations"), "petrol_stations")
    for name in ("demo-head", "demo-viewer", "demo-inspector"):
        stranger = client_of(demo_copy, region, name)
        for path in (page, f"/api{page}"):
            assert stranger.get(path).status_code in (403, 404)
        assert stranger.post(f"{page}/take", data={"what": "all"}).status_code in (403, 404)
        assert stranger.post(f"{page}/check", data={"base": "1"}).status_code in (403, 404)


@pytest.fixture
def site(demo_copy: Store, region: Region) -> Iterator[Site]:
    yield from serve(demo_copy, region)


@pytest.mark.browser
def test_a_planner_brings_changes_back_in_the_browser(site: Site, page: Any, demo_copy: Store, tmp_path: Path) -> None:
    out = export(demo_copy, tmp_path / "企业.gpkg")

    def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame.loc[0, "enterprise_name"] = NASTY
        frame.loc[1, "geometry"] = shapely.transform(frame.loc[1, "geometry"], lambda xy: xy + 0.002)
        new = frame.iloc[[2]].assign(enterprise_code="NEW-1")
        return pd.concat([frame, new], ignore_index=True)

    edit_vector(out, change)
    ear = Ear(page)
    enter(page, site.address, "demo-planner")
    page.goto(f"{site.address}/imports?layer=enterprises&back=1")
    page.set_input_files("[data-files]", str(out))
    page.click("[data-upload] button.primary")
    page.wait_for_selector(".back-cards", timeout=PATIENCE * 1000)
    page.wait_for_selector("body[data-ready=map]")
    assert page.locator(".back-table").all_inner_texts()[-1].count(NASTY) == 1
    before = page.evaluate("location.hash")
    page.locator("[data-show]:visible").last.click()
    page.wait_for_timeout(300)
    assert page.evaluate("location.hash") != before, "the map went there"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_label("接受 NEW-1").uncheck()
    page.get_by_role("button", name="带回勾选的行").click()
    page.wait_for_selector("text=已带回：新增 0，更新 2，删除 0")
    names = values(demo_copy, "enterprises", "enterprise_name")
    assert names["E0001"] == NASTY and "NEW-1" not in names
    assert ear.said == []
    assert [url for url in ear.asked if not url.startswith((site.address, "data:", "blob:"))] == []
