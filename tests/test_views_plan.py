"""The drawing table in a real browser: real mouse drags, live numbers, exact snapping, undo, two planners, publication."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import shapely
import shapely.ops
from shapely.geometry import shape

from geo.region import Region
from layers._find import load_layers
from services.assess import assess
from services.differences import differences
from services.draft_starts import from_zone, standing
from services.publication import foresee
from store.drafts import Sketch
from store.open import open_store
from tests._drafting import DAY, LAYER, revision, table
from tests._pages import Ear, enter, until
from tests.conftest import WINDOW, Site, _copy, serve

pytestmark = pytest.mark.browser

CODE = "NBZ-03"
"""A zone that no other one touches."""
AS_OF = f"?as_of={DAY}"


@pytest.fixture(scope="module")
def shared_site(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Site]:
    """One city for all tests that only draw; each has a draft of its own."""
    store = open_store(_copy(_demo_folder, tmp_path_factory.mktemp("drawn")))
    yield from serve(store, region)
    store.close()


@pytest.fixture
def own_site(demo_path: Path, region: Region) -> Iterator[Site]:
    store = open_store(demo_path)
    yield from serve(store, region)
    store.close()


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    """The shared city; a test that publishes is ``alone`` and gets one of its own."""
    alone = request.node.get_closest_marker("alone") is not None
    return cast(Site, request.getfixturevalue("own_site" if alone else "shared_site"))


@pytest.fixture
def draft(site: Site) -> int:
    return from_zone(table(site.store, "demo-planner"), LAYER, CODE, "东扩", DAY)


def opened(page: Any, site: Site, number: int, who: str = "demo-planner") -> Ear:
    """A draft on the table, ready, with its first impact shown."""
    ear = Ear(page)
    enter(page, site.address, who)
    page.goto(f"{site.address}/plan/{number}{AS_OF}")
    until(page, "document.body.dataset.ready === 'map' && document.body.dataset.impact === 'shown'")
    return ear


def pixel(page: Any, place: tuple[float, float]) -> tuple[float, float]:
    """Where a place (lon, lat) lies in the window."""
    at = page.evaluate(
        "([lon, lat]) => { const map = window.blueSky.map, box = map.getContainer().getBoundingClientRect(),"
        " p = map.latLngToContainerPoint([lat, lon]); return [box.x + p.x, box.y + p.y]; }", list(place),
    )  # fmt: skip
    return at[0], at[1]


def vertices(site: Site, number: int) -> Any:
    return shapely.get_coordinates(table(site.store).sheet(number).now.sketch.geometry)


def east_vertex(site: Site, number: int) -> tuple[float, float]:
    points = vertices(site, number)
    lon, lat = points[points[:, 0].argmax()].tolist()
    return lon, lat


def hold(page: Any, start: tuple[float, float], by: tuple[float, float]) -> None:
    """Take a place and carry it, the button still down."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=12)


def drag(page: Any, start: tuple[float, float], by: tuple[float, float]) -> None:
    hold(page, start, by)
    page.mouse.up()
    until(page, "document.body.dataset.saved === 'saved'")


def test_numbers_change_while_the_button_is_held(page: Any, site: Site, draft: int) -> None:
    ear = opened(page, site, draft)
    assert page.locator("#count-entering").inner_text() == "+0"
    before = int(page.evaluate("document.body.dataset.answers"))
    hold(page, pixel(page, east_vertex(site, draft)), (150, 0))
    until(page, "document.getElementById('count-entering').textContent !== '+0'")
    assert len(table(site.store).sheet(draft).steps) == 1, "nothing is saved while the button is down"
    assert int(page.evaluate("document.body.dataset.answers")) > before + 1
    assert page.locator("[data-list=entering] .plan-hit").count() > 0 and int(page.evaluate("document.body.dataset.rings")) > 0
    name = page.locator("[data-list=entering] .plan-hit b").first.inner_text()
    assert "示例" in name
    page.mouse.up()
    until(page, "document.body.dataset.saved === 'saved'")
    assert [step.kind for step in table(site.store).sheet(draft).steps] == ["start", "vertex"]
    assert [url for url in ear.asked if not url.startswith((site.address, "data:", "blob:"))] == []
    assert ear.said == []


def test_a_view_nobody_moved_is_not_in_the_address_and_fits_every_screen(page: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    assert "#" not in page.url
    page.set_viewport_size({"width": 390, "height": 844})
    until(page, f"{_ZONE_SEEN} && !location.hash")
    page.mouse.move(200, 400)
    page.mouse.wheel(0, -120)
    until(page, "location.hash.startsWith('#map=')")


_ZONE_SEEN = (
    "((map) => Object.values(map._layers).some((one) => one.pm && one.options.pmIgnore === false && one.getBounds &&"
    " map.getBounds().contains(one.getBounds())))(window.blueSky.map)"
)


def test_undo_restores_the_very_coordinates_and_survives_a_reload(page: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    before = vertices(site, draft)
    drag(page, pixel(page, east_vertex(site, draft)), (60, 20))
    moved = vertices(site, draft)
    same = (moved == before).all(axis=1).sum()
    assert len(before) - 2 <= same < len(before), "one vertex moved, others not at all"
    page.reload()
    until(page, "document.body.dataset.ready === 'map'")
    page.keyboard.press("Control+z")
    until(page, "document.querySelector('[data-tool=undo]').disabled")
    assert (vertices(site, draft) == before).all()
    page.keyboard.press("Control+y")
    until(page, "document.querySelector('[data-tool=redo]').disabled")
    assert (vertices(site, draft) == moved).all()
    hold(page, pixel(page, east_vertex(site, draft)), (0, 70))
    page.keyboard.press("Escape")
    page.mouse.up()
    until(page, "document.body.dataset.saved === 'saved'")
    shown = "fetch(location.pathname.replace('/plan', '/api/drafts')).then((answer) => answer.json()).then((draft) => draft.step)"
    assert page.evaluate(shown) == 2 and (vertices(site, draft) == moved).all(), "Esc drops what is being dragged"
    page.locator("#props input[name=zone_name]").click()
    page.keyboard.press("Control+z")
    assert (vertices(site, draft) == moved).all(), "off while typing"


def test_a_vertex_snaps_to_the_very_vertex_of_a_neighbour_or_of_any_other_layer(page: Any, site: Site, draft: int) -> None:
    from tests._store_rows import put, put_zones, zone, zones

    lon, lat = east_vertex(site, draft)
    near, other = (lon + 0.00412345678901, lat), (lon + 0.00098765432101, lat + 0.004)
    put_zones(site.store, zone("NEAR", "2020-01-01") | {"geometry": shapely.box(*near, lon + 0.02, lat + 0.01)})
    row = zone("BUA-9", "2020-01-01") | {"geometry": shapely.box(*other, lon + 0.02, lat + 0.02)}
    put(site.store, "built_up_areas", zones({name: row[name] for name in ("zone_code", "effective_from", "geometry")}))
    opened(page, site, draft)
    start, corner = pixel(page, (lon, lat)), pixel(page, near)
    drag(page, start, (corner[0] - start[0] - 7, corner[1] - start[1] + 4))
    assert list(near) in vertices(site, draft).tolist()
    page.locator("details:has(#snap-layer) summary").click()
    page.locator("#snap-layer").select_option("built_up_areas")
    until(page, BLUE_LINES)
    end = pixel(page, other)
    drag(page, corner, (end[0] - corner[0] - 5, end[1] - corner[1] - 4))
    assert list(other) in vertices(site, draft).tolist()


BLUE_LINES = """(() => {
  const sheet = document.querySelector(".leaflet-snap-pane canvas");
  const { data } = sheet.getContext("2d").getImageData(0, 0, sheet.width, sheet.height);
  let blue = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 100 && data[i] < 60 && data[i + 2] > 130) blue += 1;
  return blue > 50;
})()"""


def stand_back(page: Any) -> None:
    """Room around the zone to draw in."""
    page.evaluate("void window.blueSky.map.setZoom(window.blueSky.map.getZoom() - 1, { animate: false })")


def drawn(page: Any, points: list[tuple[float, float]]) -> None:
    """Click a line of places; a double click on the last one ends it."""
    for x, y in points[:-1]:
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        page.wait_for_timeout(350)  # two quick clicks would be a double one
    page.mouse.move(*points[-1])
    page.mouse.dblclick(*points[-1])


@pytest.mark.parametrize(("tool", "work"), [("cut", shapely.difference), ("add", shapely.union)])
def test_cut_and_add_equal_shapelys_answer(tool: str, work: Any, page: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    stand_back(page)
    before = table(site.store).sheet(draft).now.sketch.geometry
    x, y = pixel(page, east_vertex(site, draft))
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.post_data_json) if "draft-geometry" in request.url else None)
    page.locator(f"[data-tool={tool}]").click()
    corners = [(x - 60, y - 40), (x + 50, y - 40), (x + 50, y + 40), (x - 60, y + 40)]
    drawn(page, corners)
    until(page, "!document.getElementById('offer').hidden")
    assert len(table(site.store).sheet(draft).steps) == 1, "shown first, applied when wanted"
    page.locator("#offer .primary").click()
    until(page, "document.body.dataset.saved === 'saved' && document.querySelectorAll('#steps li').length === 2")
    found = table(site.store).sheet(draft)
    expected = work(before, shape(asked[0]["other"]))
    assert found.now.kind == tool
    assert shapely.area(shapely.symmetric_difference(found.now.sketch.geometry, expected)) < 1e-12


def test_a_line_splits_and_a_part_is_kept(page: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    stand_back(page)
    before = table(site.store).sheet(draft).now.sketch.geometry
    west, south, east, north = before.bounds
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.post_data_json) if "draft-geometry" in request.url else None)
    page.locator("[data-tool=split]").click()
    top, bottom = pixel(page, ((west + east) / 2, north)), pixel(page, ((west + east) / 2, south))
    drawn(page, [(top[0], top[1] - 10), (bottom[0], bottom[1] + 10)])
    until(page, "document.querySelectorAll('#offer input[type=checkbox]').length === 2")
    page.locator("#offer input[type=checkbox]").last.uncheck()
    page.locator("#offer .primary").click()
    until(page, "document.body.dataset.saved === 'saved' && document.querySelectorAll('#steps li').length === 2")
    kept = table(site.store).sheet(draft).now.sketch.geometry
    pieces = sorted(shapely.ops.split(before, shape(asked[0]["line"])).geoms, key=lambda piece: -piece.area)
    assert len(pieces) == 2 and shapely.area(shapely.symmetric_difference(kept, pieces[0])) < 1e-12


def test_neighbours_are_merged_and_repealed_in_one_step(page: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    before = table(site.store).sheet(draft).now.sketch
    page.locator("[data-tool=merge]").click()
    page.evaluate("void window.blueSky.map.setZoom(11.5, { animate: false })")
    until(page, "document.querySelectorAll('.leaflet-units-pane path').length > 3")
    other = standing(table(site.store), load_layers()[LAYER], "NBZ-04", DAY)["geometry_map"]
    page.mouse.click(*pixel(page, shapely.point_on_surface(other).coords[0]))
    page.locator("#offer .primary").click()
    until(page, "document.querySelector('#offer').textContent.includes('→')")
    assert len(table(site.store).sheet(draft).steps) == 1, "shown first, applied when wanted"
    page.locator("#offer .primary").click()
    until(page, "document.body.dataset.saved === 'saved' && document.querySelectorAll('#steps li').length === 2")
    now = table(site.store).sheet(draft).now
    assert now.kind == "merge" and now.sketch.props["repeals"] == "NBZ-04"
    assert shapely.area(shapely.symmetric_difference(now.sketch.geometry, shapely.union(before.geometry, other))) < 1e-12
    page.locator("[data-tool=undo]").click()
    until(page, "document.querySelector('[data-tool=undo]').disabled")
    assert table(site.store).sheet(draft).now.sketch == before


def test_a_town_is_painted_in_and_the_list_stays(page: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    page.locator("[data-tool=units]").click()
    until(page, "document.querySelectorAll('.leaflet-units-pane path').length > 3")
    page.mouse.click(*pixel(page, east_vertex(site, draft)))
    until(page, "document.querySelectorAll('#steps li').length === 2")
    now = table(site.store).sheet(draft).now
    assert now.kind == "units" and [layer for layer, _ in now.sketch.units] == ["towns"]


def test_a_geometry_that_crosses_itself_is_named_and_undone(page: Any, site: Site, draft: int) -> None:
    ear = opened(page, site, draft)
    lon, lat = east_vertex(site, draft)
    west = table(site.store).sheet(draft).now.sketch.geometry.bounds[0]
    start, end = pixel(page, (lon, lat)), pixel(page, (west - 0.004, lat))
    drag(page, start, (end[0] - start[0], 0))
    until(page, "document.body.dataset.faulty === '1'")
    assert "✕" in page.locator("#issues").inner_text()
    assert page.locator("#publish").evaluate("link => link.classList.contains('blocked')")
    circles = "Object.values(window.blueSky.map._layers).filter((one) => one.options.color === '#A8200D').length"
    assert page.evaluate(circles) == 1, "the place is marked on the map"
    page.locator("[data-tool=undo]").click()
    until(page, "document.body.dataset.faulty === '0'")
    assert page.evaluate(circles) == 0
    assert ear.said == [], "an outline that crosses itself is no error of the page"


def test_a_warning_is_set_aside_with_a_reason_that_is_written_down(page: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    x, y = pixel(page, east_vertex(site, draft))
    drag(page, (x, y), (220, 30))
    until(page, "document.querySelectorAll('#issues .warning').length > 0")
    before = page.locator("#issues .warning").count()
    page.locator("#issues .warning button").last.click()
    page.locator("#offer input").fill("与规划一致")
    page.locator("#offer .primary").click()
    until(page, f"document.querySelectorAll('#issues .warning').length === {before - 1}")
    from services.publish import journal

    assert journal(table(site.store), draft)[0]["body"]["why"] == "与规划一致"
    page.reload()
    until(page, "document.body.dataset.ready === 'map' && document.body.dataset.impact === 'shown'")
    assert page.locator("#issues .warning").count() == before - 1, "it stays aside"


def other_page(chromium: Any) -> Any:
    return chromium.new_context(viewport=WINDOW, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()


@pytest.mark.alone
@pytest.mark.parametrize(("choice", "kinds"), [("mine", ["start", "vertex", "mine"]), ("theirs", ["start", "vertex"])])
def test_of_two_browsers_the_slower_one_decides(
    choice: str, kinds: list[str], page: Any, chromium: Any, site: Site, draft: int
) -> None:
    second = other_page(chromium)
    opened(page, site, draft)
    opened(second, site, draft, "demo-admin")
    start = pixel(page, east_vertex(site, draft))
    drag(page, start, (40, 0))
    theirs = vertices(site, draft)
    hold(second, start, (0, 50))
    second.mouse.up()
    until(second, "document.getElementById('conflict').open")
    assert "demo-planner" in second.locator("#conflict-text").inner_text()
    assert (vertices(site, draft) == theirs).all(), "nothing was overwritten"
    second.locator("#conflict-choices button").nth(["mine", "theirs"].index(choice)).click()
    until(second, "document.body.dataset.saved === 'saved' && !document.getElementById('conflict').open")
    assert [step.kind for step in table(site.store).sheet(draft).steps] == kinds
    assert (len(vertices(site, draft)) == len(theirs)) and ((vertices(site, draft) == theirs).all() == (choice == "theirs"))
    second.context.close()


@pytest.mark.alone
def test_later_keeps_both_and_a_fork_is_a_draft_of_its_own(page: Any, chromium: Any, site: Site, draft: int) -> None:
    opened(page, site, draft)
    start = pixel(page, east_vertex(site, draft))
    now = table(site.store).sheet(draft)
    moved = Sketch(shapely.buffer(now.now.sketch.geometry, 0.001), now.now.sketch.props)
    table(site.store, "demo-admin").save(draft, now.draft.revision, moved, "vertex")
    hold(page, start, (40, 0))
    page.mouse.up()
    until(page, "document.getElementById('conflict').open")
    page.keyboard.press("Escape")
    assert page.evaluate("document.body.dataset.saved") == "failed"
    page.locator("#save").click()
    until(page, "document.getElementById('conflict').open")
    page.locator("#conflict-choices button").nth(2).click()
    page.wait_for_url(f"{site.address}/plan/{draft + 1}")
    assert table(site.store).sheet(draft + 1).draft.parent_id == draft and len(table(site.store).sheet(draft).steps) == 2


@pytest.mark.alone
def test_a_publication_by_two_people_changes_exactly_the_previewed_verdicts(
    page: Any, chromium: Any, site: Site, region: Region, draft: int
) -> None:
    opened(page, site, draft)
    drag(page, pixel(page, east_vertex(site, draft)), (150, 0))
    page.goto(f"{site.address}/plan/{draft}/publish")
    assert page.locator("[data-submit]").is_disabled()
    for name, value in (("effective_from", "2026-01-01"), ("doc_no", "示例政告〔2026〕1号"), ("existing_deadline", "2026-06-30")):
        page.locator(f"input[name={name}]").fill(value)
    page.get_by_role("button", name="保存记录").click()
    shown = page.locator("#foreseen tbody tr").count()
    expected = foresee(table(site.store), draft)
    assert shown == len(list(expected.changes)) > 0
    page.locator("[data-submit]").click()
    assert "等待另一人审核" in page.locator("main").inner_text()
    second = other_page(chromium)
    enter(second, site.address, "demo-reviewer")
    second.goto(f"{site.address}/plan/{draft}/publish")
    second.get_by_role("button", name="审核通过").click()
    second.context.close()
    before = assess(site.store, region, expected.day).findings
    page.reload()
    page.locator("[data-publish]").click()
    assert "已发布" in page.locator(".notice").first.inner_text()
    assert differences(before, assess(site.store, region, expected.day).findings) == expected.changes
    page.goto(f"{site.address}/zones/{LAYER}/{CODE}/history?as_of=2026-03-01")
    until(page, "document.body.dataset.ready === 'map'")
    assert page.evaluate("document.body.dataset.version").startswith("NBZ-03@2026-01-01")
    assert revision(site.store, draft) > 3


def test_the_slider_shows_any_date_and_the_address_keeps_it(page: Any, site: Site) -> None:
    enter(page, site.address, "demo-viewer")
    page.goto(f"{site.address}/zones/{LAYER}/{CODE}/history{AS_OF}")
    until(page, "document.body.dataset.ready === 'map'")
    assert page.evaluate("document.body.dataset.version") == "NBZ-03@2021-03-01#1"
    days = "Date.parse('2020-01-01T00:00:00Z') / 86400000"
    page.evaluate(
        f"const s = document.getElementById('when'); s.value = String({days});"
        " s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change'));"
    )
    assert page.evaluate("document.body.dataset.version") == "NBZ-03@2019-09-01#1"
    assert "as_of=2020-01-01" in page.url


def test_versions_stand_side_by_side_or_under_a_swipe_and_on_paper(page: Any, site: Site, draft: int) -> None:
    ear = Ear(page)
    enter(page, site.address, "demo-planner")
    sides = [f"version/{LAYER}/NBZ-03%402019-09-01%231", f"version/{LAYER}/NBZ-03%402021-03-01%231"]
    page.goto(f"{site.address}/compare{AS_OF}&a={sides[0]}&b={sides[1]}")
    until(page, "document.body.dataset.ready === 'map'")
    assert page.locator(".compare-map").count() == 1 and page.locator("#transitions tbody tr").count() > 5
    page.goto(f"{site.address}/compare{AS_OF}&a={sides[0]}&b={sides[1]}&c=draft/{draft}&view=swipe")
    until(page, "document.body.dataset.ready === 'map'")
    page.locator(".compare-pair select[data-side=left]").select_option("2")
    assert "pair=3-2" in page.url
    shown = "[...document.querySelectorAll('.compare-other')].map((one) => one.style.clipPath)"
    assert page.evaluate(shown) == ["inset(0px 0px 0px 50%)", "inset(0px 50% 0px 0px)"]
    page.reload()
    until(page, "document.body.dataset.ready === 'map'")
    assert page.locator(".compare-pair select[data-side=left]").input_value() == "2"
    page.emulate_media(media="print")
    maps = "[...document.querySelectorAll('.compare-first, .compare-other')]"
    boxes = page.evaluate(f"{maps}.map((one) => one.getBoundingClientRect().x)")
    assert boxes == sorted(set(boxes)) and len(boxes) == 3, "on paper they stand side by side"
    assert ear.said == []


@pytest.mark.parametrize("path", ["/plan", "/plan/{}", "/plan/{}/publish", "/plan/{}/resolve", f"/zones/{LAYER}/{CODE}/history"])
def test_every_page_fits_a_phone(path: str, chromium: Any, site: Site, draft: int) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = chromium.new_context(**phone, locale="zh-CN").new_page()
    enter(page, site.address, "demo-planner")
    page.goto(site.address + path)
    if path == "/plan/1":
        until(page, "document.querySelectorAll('.marker-icon.crowded').length > 0")
        handles = "[...document.querySelectorAll('.marker-icon:not(.crowded)')].map((one) => one.getBoundingClientRect())"
        sizes = page.evaluate(f"{handles}.map((box) => Math.min(box.width, box.height))")
        assert min(sizes) >= 44
        places = page.evaluate(f"{handles}.map((box) => [box.x, box.y])")
        apart = [max(abs(a - c), abs(b - d)) for (a, b), (c, d) in itertools.combinations(places, 2)]
        assert min(apart) >= 43, "no finger takes two"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()
