"""Grid heads and inspectors at work in a real browser: on a phone, without a network, two at once, with hostile texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from geo.region import Region
from store import cases, records
from store.open import Store, open_store
from tests._case_world import photo
from tests._often import SOAK
from tests._pages import Ear, until
from tests.conftest import Site, _copy, serve

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
WIDE = "[document.documentElement.scrollWidth, innerWidth]"
HERE = {"longitude": 119.4601, "latitude": 29.2101, "accuracy": 9}


@pytest.fixture(scope="module")
def site(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Site]:
    store = open_store(_copy(_demo_folder, tmp_path_factory.mktemp("field")))
    yield from serve(store, region)
    store.close()


@pytest.fixture
def open_as(chromium: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """A browser of somebody: logged in by one click, on a phone unless said otherwise."""
    contexts = []

    def enter(name: str, size: dict[str, int] = PHONE, **more: Any) -> Any:
        context = chromium.new_context(viewport=size, locale="zh-CN", has_touch=size is PHONE, **more)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{site.address}/login")
        page.locator(f"form:has(input[name=name][value='{name}']) button").click()
        page.wait_for_load_state()
        return page

    yield enter
    for context in contexts:
        context.close()


def sent(store: Store, kind: str = "") -> list[records.Record]:
    with store.read() as connection:
        return records.listed(connection, kinds=[kind] if kind else [])


def waiting_case(store: Store) -> cases.Case:
    """A case nobody has taken yet."""
    with store.read() as connection:
        found = cases.every(connection, open_only=True)
    free = (case for case in found if case.state == "to_inspect" and not case.assignee_id and case.lon)
    return min(free, key=lambda case: case.id)


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESK] if SOAK else [PHONE], ids=lambda size: f"{size['width']}")
@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("demo-head", ("/cell", "/cases", "/report", "/ledger", "/account")),
        ("demo-inspector", ("/cases", "/cases/1", "/round?case=1&case=3&case=5", "/cases/1/paper/inspection",
                            "/cases/1/paper/order", "/ledger?by=rule", "/cases?state=asked", "/cases?q=nothing-has-this-name")),
    ],
    ids=["head", "inspector"],
)  # fmt: skip
def test_pages_of_daily_work_are_silent_whole_and_fit(
    name: str, paths: tuple[str, ...], size: dict[str, int], open_as: Callable[..., Any], site: Site
) -> None:
    page = open_as(name, size)
    for language in ("zh", "en"):
        for path in paths:
            ear = Ear(page)
            page.goto(f"{site.address}{path}{'&' if '?' in path else '?'}lang={language}")
            if page.locator("#map_main").count():
                page.wait_for_selector("body[data-ready=map]")
            assert ear.said == [], path
            assert [url for url in ear.asked if not url.startswith((site.address, "data:", "blob:"))] == [], path
            wide, seen = page.evaluate(WIDE)
            assert wide <= seen, f"{path} sticks out sideways in {language}"


def test_each_role_begins_where_its_day_begins(open_as: Callable[..., Any], site: Site) -> None:
    first = {"demo-head": "/cell", "demo-inspector": "/cases", "demo-planner": "/", "demo-reviewer": "/cases", "demo-viewer": "/"}
    assert {name: urlsplit(open_as(name).url).path for name in first} == first


def test_who_approves_and_who_keeps_accounts_find_that_in_the_bar(open_as: Callable[..., Any]) -> None:
    for name, tab in (("demo-reviewer", "检查任务"), ("demo-admin", "账号管理")):
        assert tab in open_as(name, DESK).locator(".nav > a").all_inner_texts(), name


def test_a_grid_head_sees_own_cells_lit_and_moves_between_tabs_by_keyboard(open_as: Callable[..., Any]) -> None:
    page = open_as("demo-head")
    page.wait_for_selector("body[data-ready=map]")
    assert "我的网格 4" in page.locator("h1").inner_text()
    tabs = page.locator(".tabs [role=tab]")
    assert tabs.first.get_attribute("aria-selected") == "true" and page.locator("#tab-todo article").count() >= 3
    tabs.first.focus()
    for panel in ("tab-all", "tab-patrol", "tab-next"):
        page.keyboard.press("ArrowRight")
        assert page.locator(f"#{panel}").is_visible()
    assert page.locator("#tab-next tr").count() > 0
    boxes = page.locator(".nav a:visible").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(boxes) >= 44


def test_a_report_with_place_and_photo_becomes_a_case(open_as: Callable[..., Any], site: Site) -> None:
    page = open_as("demo-head", geolocation=HERE, permissions=["geolocation"])
    page.goto(f"{site.address}/report")
    page.wait_for_selector("body[data-ready=map]")
    page.locator("label.tick", has_text="扬尘").click()
    page.fill("[name=text]", "<img src=x onerror=alert(1)> {{7*7}} ${1}")
    page.click("[data-locate]")
    until(page, "document.querySelector('[name=lat]').value === '29.210100'")
    assert "精度 9 m" in page.locator("[data-place]").inner_text()
    page.set_input_files("[name=photos]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.locator(".record-form .primary").click()
    page.wait_for_url("**/cases/*")
    assert "上报：扬尘" in page.locator("h1").inner_text() and "记录已提交" in page.locator(".notice").first.inner_text()
    assert "<img src=x onerror=alert(1)> {{7*7}} ${1}" in page.locator(".record").first.inner_text()
    assert page.locator(".photo-strip img").count() == 1
    made = sent(site.store, "report")[0]
    assert (made.lon, made.lat, made.accuracy_m) == (119.4601, 29.2101, 9.0)


def test_without_a_fix_the_place_is_picked_on_the_map(open_as: Callable[..., Any], site: Site) -> None:
    page = open_as("demo-head")
    page.goto(f"{site.address}/report")
    page.wait_for_selector("body[data-ready=map]")
    page.click("[data-locate]")
    until(page, "document.querySelector('[data-place]').textContent.includes('地图')")
    page.locator("#map_main").click(position={"x": 150, "y": 150})
    until(page, "document.querySelector('[name=lat]').value !== ''")
    assert 118 < float(page.input_value("[name=lon]")) < 121


def test_what_is_written_without_a_network_is_kept_and_sent_once(open_as: Callable[..., Any], site: Site) -> None:
    before, case = len(sent(site.store)), waiting_case(site.store)
    page = open_as("demo-inspector")
    page.goto(f"{site.address}/cases/{case.id}#record")
    page.wait_for_selector("body[data-ready=map]")
    page.context.set_offline(True)
    page.locator("label.tick", has_text="无法进入").click()
    page.fill("[name=officers]", "张三、李四")
    page.fill(".record-form [name=text]", "大门紧锁，无人应答")
    page.set_input_files("[name=photos]", {"name": "gate.jpg", "mimeType": "image/jpeg", "buffer": photo("#123456")})
    page.locator(".record-form .primary").click()
    until(page, "document.querySelector('[data-state]').textContent.includes('没有网络')")
    assert len(sent(site.store)) == before
    until(page, "document.querySelector('[data-outbox]').textContent.includes('1 条记录等待网络')")
    page.context.set_offline(False)
    until(page, "document.querySelector('[data-outbox]').textContent.includes('1 条记录已补交')")
    made = sent(site.store)[0]
    assert (len(sent(site.store)), made.case_id, made.body["text"]) == (before + 1, case.id, "大门紧锁，无人应答")
    with site.store.read() as connection:
        assert len(records.photos(connection, [made.id])) == 1
    page.reload()
    page.wait_for_selector("body[data-ready=map]")
    assert page.locator("[data-outbox]").is_hidden() and len(sent(site.store)) == before + 1


def test_a_draft_outlives_the_tab(open_as: Callable[..., Any], site: Site) -> None:
    case = waiting_case(site.store)
    page = open_as("demo-inspector")
    page.goto(f"{site.address}/cases/{case.id}#record")
    page.fill("[name=nameplate]", "0.5 t/h")
    until(page, "document.querySelector('[data-state]').textContent.includes('草稿')")
    other = page.context.new_page()
    page.close()
    other.goto(f"{site.address}/cases/{case.id}")
    until(other, "document.querySelector('[name=nameplate]').value === '0.5 t/h'")
    other.locator("[data-discard]").click()
    until(other, "document.querySelector('[name=nameplate]').value === ''")
    other.reload()
    other.wait_for_selector("body[data-ready=map]")
    assert other.input_value("[name=nameplate]") == ""


def test_a_record_the_server_refuses_is_kept_with_the_sentence(open_as: Callable[..., Any], site: Site) -> None:
    before, case = len(sent(site.store)), waiting_case(site.store)
    page = open_as("demo-inspector")
    page.goto(f"{site.address}/cases/{case.id}#record")
    page.locator("label.tick", has_text="不属实").click()
    page.fill("[name=officers]", "只有一人")
    page.locator(".record-form .primary").click()
    until(page, "document.querySelector('[data-state]').textContent.includes('两名以上')")
    assert page.input_value("[name=officers]") == "只有一人" and len(sent(site.store)) == before
    page.locator("[data-discard]").click()


def test_pages_seen_before_open_without_a_network(open_as: Callable[..., Any], site: Site) -> None:
    page = open_as("demo-inspector")
    until(page, "navigator.serviceWorker.controller !== null")
    case = waiting_case(site.store)
    page.goto(f"{site.address}/cases/{case.id}")
    page.wait_for_selector("body[data-ready=map]")
    page.context.set_offline(True)
    page.goto(f"{site.address}/cases/{case.id}")
    assert case.name in page.locator("h1").inner_text()
    page.context.set_offline(False)
    page.goto(f"{site.address}/account")
    page.locator("form[action='/logout'] button").first.click()
    page.wait_for_url("**/login")
    assert page.evaluate("caches.open('pages-1').then(kept => kept.keys()).then(keys => keys.length)") == 0


KEPT = "caches.open('pages-1').then(kept => kept.keys()).then(keys => keys.map(one => new URL(one.url).pathname))"
STAMP = """([as, ago]) => caches.open('pages-1').then(async (kept) => kept.put('/contact', new Response('', { headers: {
  'X-Seen-As': as || (await kept.match('/contact')).headers.get('X-Seen-As'), 'X-Kept-At': String(Date.now() - ago) } })))"""
DAY_MS = 24 * 3600 * 1000


def test_what_is_kept_goes_with_the_account_the_day_and_the_log_in(open_as: Callable[..., Any], site: Site) -> None:
    page = open_as("demo-inspector")
    until(page, "navigator.serviceWorker.controller !== null")
    case = f"/cases/{waiting_case(site.store).id}"

    def read(path: str) -> None:
        page.goto(site.address + path)
        page.wait_for_selector("body[data-ready=map]")

    def kept() -> set[str]:
        return set(page.evaluate(KEPT))

    read(case)
    assert {case, "/contact"} <= kept()
    page.evaluate(STAMP, ["somebody else", 0])  # behind single sign-on another person has the phone, or rights changed
    read("/cases")
    assert "/cases" in kept() and case not in kept()
    read(case)
    page.evaluate(STAMP, ["", DAY_MS - 60_000])
    page.context.set_offline(True)
    read(case)
    page.evaluate(STAMP, ["", DAY_MS + 60_000])
    with pytest.raises(Exception, match="ERR_"):
        page.goto(site.address + case)
    page.context.set_offline(False)
    page.goto(f"{site.address}/account")
    assert kept() == set()
    read(case)
    assert case in kept()
    page.context.clear_cookies()
    assert page.evaluate("fetch('/api/base').then(answer => answer.status)") == 401
    assert kept() == set()


def test_a_map_moved_about_pushes_no_page_out_of_what_is_kept(open_as: Callable[..., Any], site: Site) -> None:
    page = open_as("demo-inspector")
    until(page, "navigator.serviceWorker.controller !== null")
    case = f"/cases/{waiting_case(site.store).id}"
    page.goto(site.address + case)
    page.wait_for_selector("body[data-ready=map]")
    page.evaluate("""caches.open('pages-1').then((kept) => Promise.all([...Array(500).keys()].map(
      (n) => kept.put(`/api/layers/facilities/tiles/9/${n}/1.mvt`, new Response('')))))""")
    tile = "/api/layers/facilities/tiles/9/425/212.mvt"
    assert page.evaluate(f"fetch('{tile}').then((answer) => answer.ok)")
    until(page, f"({KEPT}).then((paths) => paths.includes('{tile}'))")
    session = page.context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")  # one that wakes up tidies
    assert page.evaluate("fetch('/api/base').then((answer) => answer.ok)")
    until(page, f"({KEPT}).then((paths) => paths.length < 400)")
    kept = set(page.evaluate(KEPT))
    assert {case, tile, "/contact"} <= kept and "/api/layers/facilities/tiles/9/0/1.mvt" not in kept


def test_a_tile_still_to_be_put_away_is_not_kept_after_the_log_out(open_as: Callable[..., Any]) -> None:
    page = open_as("demo-inspector")
    until(page, "navigator.serviceWorker.controller !== null")
    page.goto(page.url.split("/cases")[0] + "/account")
    assert page.evaluate("fetch('/api/layers/facilities/tiles/9/425/212.mvt').then((answer) => answer.ok)")
    page.locator("form[action='/logout'] button").first.click()
    page.wait_for_url("**/login")
    page.wait_for_timeout(2500)  # longer than a tile waits
    assert page.evaluate(KEPT) == []


def test_a_patrol_in_anothers_cell_is_refused_and_stays_on_the_phone(open_as: Callable[..., Any], site: Site) -> None:
    before = len(sent(site.store, "patrol"))
    page = open_as("demo-head")
    page.locator("[role=tab]", has_text="巡查记录").click()
    page.locator("#patrol label.tick").first.click()
    page.locator("#patrol textarea").fill("沿江路口有人焚烧")
    page.fill("#patrol [name=lon]", "119.30")
    page.fill("#patrol [name=lat]", "29.30")
    page.locator("#patrol .primary").click()
    until(page, "document.querySelector('#patrol [data-state]').textContent.includes('不在您的责任网格内')")
    page.reload()
    until(page, "document.querySelector('[data-outbox]').textContent.includes('不在您的责任网格内')")
    until(page, "document.querySelector('#patrol textarea').value === '沿江路口有人焚烧'")
    assert len(sent(site.store, "patrol")) == before


def test_a_round_is_picked_from_the_list_and_drawn(open_as: Callable[..., Any]) -> None:
    page = open_as("demo-inspector", DESK)
    page.wait_for_selector("body[data-ready=map]")
    for tick in page.locator("input[name=case]:not(:disabled)").all()[:3]:
        tick.check()
    assert "3" in page.locator("[data-picked]").inner_text()
    page.locator(".round-bar .primary").click()
    page.wait_for_selector("body[data-ready=map]")
    assert page.locator(".round-list li").count() == 3 and page.locator(".stop-mark").count() == 3
    page.locator("#map_main").click(position={"x": 60, "y": 60})
    page.wait_for_url("**start=*")
    page.wait_for_selector("body[data-ready=map]")
    assert "起点：" in page.locator(".work-head").inner_text() and page.locator(".round-list li").count() == 3


def test_of_two_inspectors_the_second_is_told_and_loses_nothing(open_as: Callable[..., Any], site: Site) -> None:
    case = waiting_case(site.store)
    first, second = open_as("demo-inspector", DESK), open_as("demo-admin", DESK)
    for page in (first, second):
        page.goto(f"{site.address}/cases/{case.id}")
        page.locator(".steps summary", has_text="责令改正").click()
        page.locator("form[action$='/move'] textarea").first.fill("改用天然气")
        page.locator("form[action$='/move'] [name=due_on]").first.fill("2099-01-31")
    first.locator("form[action$='/move'] button").first.click()
    first.wait_for_load_state()
    second.locator("form[action$='/move'] button").first.click()
    second.wait_for_load_state()
    assert "整改中" in first.locator(".work-head").inner_text()
    assert "已被他人" in second.locator("main").inner_text() or "刷新" in second.locator("main").inner_text()
