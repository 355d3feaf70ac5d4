"""OGC API – Features as others read it: GDAL's driver and OWSLib against a running server, and a browser at its pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyogrio
import pyproj
import pytest

from geo.region import Region
from layers._find import load_layers
from services.accounts import make_token
from store import features
from store.open import Store
from tests._oapif import read
from tests._pages import Ear, enter, until
from tests.conftest import Site, serve

needs_driver = pytest.mark.skipif("OAPIF" not in pyogrio.list_drivers(), reason="this GDAL was built without the OAPIF driver")
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture(scope="module")
def site(_demo_folder: Any, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Site]:
    from store.open import open_store
    from tests.conftest import _copy

    store = open_store(_copy(_demo_folder, tmp_path_factory.mktemp("ogc")))
    yield from serve(store, region)
    store.close()


def key(store: Store, name: str = "demo-admin") -> str:
    return make_token(store, name, "test", (), 1, "test")


@needs_driver
def test_gdal_reads_every_page_in_the_systems_it_asks_for_and_filters_by_box(site: Site) -> None:
    box = (119.4, 29.2, 119.5, 29.3)
    layer, systems = {"layer": "enterprises"}, ("EPSG:4490", "EPSG:4549", "OGC:CRS84")
    reads: dict[str, Any] = {crs: layer | {"CRS": crs} for crs in systems}
    reads |= {"box": layer | {"bbox": box}, "values": {"layer": "station_values", "max_features": 3}}
    found = read(f"{site.address}/ogc", {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": key(site.store)}, reads)
    assert found["layers"] == list(load_layers())
    known = features.recorded(site.store, load_layers()["enterprises"]).set_index("enterprise_code")["geometry_map"]
    for crs in systems:
        assert [row["id"] for row in found[crs]] == sorted(known.index), "every page, in order"
        to = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True)
        for row in [row for row in found[crs] if row["x"] is not None][::97]:
            wanted = to.transform(known[row["id"]].x, known[row["id"]].y)
            assert (row["x"], row["y"]) == pytest.approx(wanted, abs=1e-3 if crs == "EPSG:4549" else 1e-8), crs
    placed = known[known.notna()]
    inside = {code for code, at in placed.items() if box[0] <= at.x <= box[2] and box[1] <= at.y <= box[3]}
    assert {row["id"] for row in found["box"]} == inside and 0 < len(inside) < len(known)
    assert isinstance(found[systems[0]][0]["lon"], float) and "灵洞乡" in {row["town_name"] for row in found[systems[0]]}
    assert [isinstance(row["pm25"], float) for row in found["values"]] == [True] * 3


@needs_driver
def test_gdal_takes_a_key_as_a_password_and_sees_what_its_account_sees(site: Site) -> None:
    def seen(password: str) -> dict[str, Any]:
        return read(f"{site.address}/ogc", {"GDAL_HTTP_USERPWD": f"demo-head:{password}"}, {"rows": {"layer": "enterprises"}})

    assert 0 < len(seen(key(site.store, "demo-head"))["rows"]) < 100
    assert "401" in seen("wrong")["fault"]


def test_owslib_walks_the_documents(site: Site) -> None:
    from owslib.ogcapi.features import Features

    service = Features(f"{site.address}/ogc", headers={"Authorization": f"Bearer {key(site.store)}"})
    assert service.conformance()["conformsTo"] and service.api()["openapi"] == "3.0.3"
    assert {"no_burn_zones", "enterprises"} <= set(service.feature_collections())
    assert service.collection("enterprises")["storageCrs"] == EPSG + "4490"
    found = service.collection_items("enterprises", bbox=[119.4, 29.2, 119.5, 29.3], limit=5)
    assert found["numberReturned"] == 5 < found["numberMatched"]
    zones = service.collection_items("no_burn_zones", datetime_="2021-07-01")
    assert service.collection_item("no_burn_zones", zones["features"][0]["id"])["id"] == zones["features"][0]["id"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_show_features_on_a_map_and_lead_on(page: Any, site: Site, width: int) -> None:
    ear = Ear(page)
    enter(page, site.address)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{site.address}/ogc")
    page.click("main a:has-text('图层') >> nth=0")
    page.click("a:has-text('企业')")
    page.click("main a:has-text('查看记录')")
    until(page, "document.body.dataset.drawn === '100' && document.body.dataset.ready === 'map'")
    assert page.locator("tbody tr").count() == 100
    page.click("a[rel=next] >> nth=0")
    until(page, "location.search.includes('next=') && document.body.dataset.drawn === '100'")
    page.click("tbody a >> nth=0")
    until(page, "document.body.dataset.drawn === '1'")
    assert page.locator("dt:has-text('企业编号')").count() == 1
    zone = "collections/no_burn_zones/items/NBZ-01?as_of=2021-07-01"
    for path in ("api", "conformance", "collections/station_values/items", zone):
        assert page.goto(f"{site.address}/ogc/{path}").status == 200
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    until(page, "document.body.dataset.ready === 'map'")
    assert not ear.said and all(url.startswith((site.address, "data:", "blob:")) for url in ear.asked)
