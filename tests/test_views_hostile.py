"""Every page of a city whose every text is a payload: shown as it is, run nowhere, heard by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from geo.region import Region
from services.cases import follow
from services.casework import Desk
from services.scope import local_principal
from store.open import open_store
from tests._hostile_city import fill_hostile
from tests._often import SOAK
from tests._pages import Ear
from tests.conftest import Site, admin_token, serve

pytestmark = pytest.mark.browser

DAY = "2021-07-01"
PAYLOAD = "{{7*7}}{% raise %}${7*7}`${alert(1)}`<img src=x onerror=alert(1)></script><script>alert(1)</script>\"'>&amp;"
ALL_LAYERS = "towns,built_up_areas,development_zones,heat_networks,mixing_ban_areas,no_burn_zones,nrmm_zones,grid_cells,mines"


@pytest.fixture
def page(page: Any, hostile: Site) -> Any:
    """A tab whose every request carries a key that may see everything."""
    page.context.set_extra_http_headers({"Authorization": f"Bearer {admin_token(hostile.store)}"})
    return page


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Site]:
    store = open_store(tmp_path_factory.mktemp("hostile") / "hostile.sqlite", create=True)
    reports = fill_hostile(store, region, PAYLOAD)
    assert all(report.taken == report.rows_in for report in reports)
    first = follow(store, region, f"import enterprises {PAYLOAD}").opened[0]
    Desk(store, local_principal()).comment(first, PAYLOAD)
    yield from serve(store, region)
    store.close()


def addresses(page: Any, site: Site) -> list[str]:
    """Every kind of page, and each zone and facility that is linked."""
    fixed = ["/", f"/?layers={ALL_LAYERS}", "/findings", "/zones", "/data", "/about", f"/search?q={quote(PAYLOAD)}"]
    fixed += ["/cases", f"/cases?q={quote(PAYLOAD)}", "/cell", "/report", "/ledger", "/ledger?by=town", "/round?case=1&case=2"]
    fixed += ["/ranking?month=2021-06", "/hot?source=stations&month=2021-06", "/rasters"]
    fixed += ["/cases/1/paper/inspection", "/cases/1/paper/order"]
    fixed += [f"/findings?q={quote(PAYLOAD)}", f"/findings?town={quote(PAYLOAD)}"]
    found = []
    for listing, selector in (
        ("/zones", "main a[href*='/zones/']"), ("/findings", "main a[href*='/facilities/']"),
        ("/cases", "main h3 a[href*='/cases/']"),
    ):  # fmt: skip
        page.goto(f"{site.address}{listing}?as_of={DAY}")
        links = page.eval_on_selector_all(selector, "all => [...new Set(all.map((one) => one.getAttribute('href')))]")
        assert links, listing
        found += links if SOAK else links[:6]
    return [*(f"{path}{'&' if '?' in path else '?'}as_of={DAY}" for path in fixed), *found]


@pytest.mark.slow
def test_every_page_shows_it_and_runs_nothing(hostile: Site, page: Any) -> None:
    site, ear, named = hostile, Ear(page), 0
    for path in addresses(page, hostile):
        answer = page.goto(site.address + path)
        assert answer.status == 200, path
        if page.locator("#map_main").count():
            page.wait_for_selector("body[data-ready=map]")
        assert page.evaluate("document.title").find("49") == -1
        assert page.locator("img:not(.brand-mark)").count() == 0, path
        if path.startswith(("/zones/", "/facilities/")) or re.fullmatch(r"/cases/\d+", path):
            assert PAYLOAD in page.text_content("h1"), path
            named += 1
        assert ear.said == [], path
    assert named > (20 if SOAK else 12)
    assert [url for url in ear.asked if not url.startswith((site.address, "data:", "blob:"))] == []


def test_popups_lists_and_labels_are_text(hostile: Site, page: Any) -> None:
    ear = Ear(page)
    page.goto(f"{hostile.address}/?as_of={DAY}&layers={ALL_LAYERS}")
    page.wait_for_selector("body[data-ready=map]")
    assert PAYLOAD in page.locator(".label-no_burn_zones").first.text_content()
    page.fill("input[name=q]", PAYLOAD[:20])
    page.wait_for_selector("#find-results a")
    assert PAYLOAD in page.locator("#find-results a").first.text_content()
    page.locator("#find-results a").first.click()
    page.wait_for_load_state("networkidle")
    assert ear.said == []


@pytest.mark.parametrize("path", ["/findings.csv", "/findings.geojson", "/findings.xlsx", "/export/enterprises.kml", "/map.pdf"])
def test_what_is_downloaded_is_whole(hostile: Site, path: str, page: Any) -> None:
    answer = page.request.get(f"{hostile.address}{path}?as_of={DAY}")
    assert answer.status == 200
    body = answer.body()
    assert len(body) > 500
    if path.endswith(".csv"):
        assert PAYLOAD in body.decode("utf-8-sig").replace('""', '"')
    if path.endswith(".kml"):
        assert "<img src=x" not in body.decode() and "</script><script>" not in body.decode()
