"""Every page in a real browser, desktop and phone, both languages: silent, whole, reachable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests._often import SOAK
from tests._pages import Ear, enter, until
from tests.conftest import Site

pytestmark = pytest.mark.browser

DAY = "as_of=2021-07-01"
PAGES = (
    "/", "/findings", "/findings?verdict=V&rule=R11-NBZ", "/findings?q=nothing-has-this-name", "/zones",
    "/zones/no_burn_zones/NBZ-01", "/facilities/enterprises/E0001", "/search?q=NBZ", "/data", "/imports", "/quarantine",
    "/plan", "/zones/no_burn_zones/NBZ-01/history", "/compare", "/about", "/nothing",
)  # fmt: skip
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(params=SIZES)
def window(request: pytest.FixtureRequest, chromium: Any, live_site: Site) -> Iterator[Any]:
    context = chromium.new_context(viewport=SIZES[request.param], locale="zh-CN", has_touch=request.param == "phone")
    page = context.new_page()
    enter(page, live_site.address)
    yield page
    context.close()


@pytest.fixture
def desk(page: Any, live_site: Site) -> Any:
    """A tab of somebody who may see everything."""
    enter(page, live_site.address)
    return page


def dated(path: str, language: str = "zh") -> str:
    return f"{path}{'&' if '?' in path else '?'}{DAY}&lang={language}"


def settled(page: Any) -> None:
    """Wait until the page has drawn what it shows."""
    if page.locator("#map_main").count():
        page.wait_for_selector("body[data-ready=map]")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("window", "language"), [("phone", "zh"), ("desktop", "en"), *([("phone", "en"), ("desktop", "zh")] if SOAK else [])],
    indirect=["window"],
)  # fmt: skip
def test_every_page_is_silent_whole_and_our_own(language: str, window: Any, live_site: Site) -> None:
    for path in PAGES:
        ear = Ear(window)
        window.goto(live_site.address + dated(path, language))
        settled(window)
        said = [text for text in ear.said if not (path == "/nothing" and "404" in text)]
        assert said == [], path
        assert [url for url in ear.asked if not url.startswith((live_site.address, "data:", "blob:"))] == [], path
        wide, seen = window.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, f"{path} sticks out sideways"
        assert window.locator("h1").count() == 1, path
        assert window.get_attribute("html", "lang") == ("zh-CN" if language == "zh" else "en")
        if language == "en":
            words = window.inner_text("nav.nav")
            assert "Overview" in words and "总览" not in words


def test_twin_a_noise_a_foreign_request_and_a_wide_page_are_noticed(window: Any, live_site: Site) -> None:
    ear = Ear(window)
    window.goto(live_site.address + "/about")
    window.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.2:9/x.png'}))")
    until(window, "document.images.length > 1")
    window.wait_for_timeout(100)
    assert any("Content Security Policy" in text for text in ear.said)
    window.evaluate("document.body.style.width = '3000px'")
    assert window.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_the_first_tab_skips_to_the_content(desk: Any, live_site: Site) -> None:
    desk.goto(live_site.address + "/about")
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.className") == "skip"
    desk.keyboard.press("Enter")
    assert desk.evaluate("document.activeElement.id") == "main"


def test_every_control_has_a_name_and_a_visible_focus(desk: Any, live_site: Site) -> None:
    for path in PAGES[:9]:
        desk.goto(live_site.address + dated(path))
        settled(desk)
        nameless = desk.evaluate(
            "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select')].filter((one) => "
            "!(one.textContent.trim() || one.getAttribute('aria-label') || one.title || (one.labels && one.labels.length)"
            " || one.querySelector('img[alt]'))).map((one) => one.outerHTML)"
        )
        assert nameless == [], path
    desk.locator(".nav a").nth(1).focus()
    desk.keyboard.press("Shift+Tab")
    desk.keyboard.press("Tab")
    outline = desk.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_search_by_keyboard_leads_to_the_page(desk: Any, live_site: Site) -> None:
    desk.goto(live_site.address + dated("/"))
    settled(desk)
    desk.fill(".find input[name=q]", "NBZ-01")
    desk.wait_for_selector("#find-results a")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/zones/no_burn_zones/NBZ-01**")
    assert parse_qs(urlsplit(desk.url).query)["as_of"] == ["2021-07-01"], "the day goes along"


def test_a_filter_lives_in_the_url_and_on_the_map(desk: Any, live_site: Site) -> None:
    desk.goto(live_site.address + dated("/findings"))
    settled(desk)
    desk.locator("input[name=verdict][value=T]").check()
    desk.locator(".filter-buttons button").click()
    desk.wait_for_url("**verdict=T**")
    settled(desk)
    rows = desk.locator(".findings-table tbody tr")
    assert rows.count() > 0
    assert set(desk.locator(".findings-table tbody .verdict").all_inner_texts()) == {"限期整改"}
    keys = desk.eval_on_selector_all(".findings-table tbody tr", "rows => rows.map((row) => row.dataset.key)")
    until(desk, f"document.body.dataset.facilities === '{len(set(keys))}'")
    desk.locator(".chip").first.click()
    desk.wait_for_url(lambda url: "verdict=T" not in url)


def test_another_day_is_another_answer(desk: Any, live_site: Site) -> None:
    desk.goto(live_site.address + dated("/"))
    settled(desk)
    before = desk.inner_text(".kpis")
    desk.fill("#as_of", "2020-06-30")
    desk.wait_for_url("**as_of=2020-06-30**")
    settled(desk)
    assert desk.inner_text(".kpis") != before


def test_the_language_switch_keeps_the_place(desk: Any, live_site: Site) -> None:
    desk.goto(live_site.address + dated("/findings?verdict=V"))
    desk.locator("a.lang").click()
    desk.wait_for_url("**lang=en**")
    assert "verdict=V" in desk.url and "as_of=2021-07-01" in desk.url
    assert desk.inner_text("h1") == "Findings"


def test_a_marker_leads_to_its_evidence(desk: Any, live_site: Site) -> None:
    desk.goto(live_site.address + dated("/facilities/enterprises/E0001"))
    settled(desk)
    desk.locator("#map_main").scroll_into_view_if_needed()
    box = desk.locator("#map_main").bounding_box()
    desk.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    desk.wait_for_selector(".map-popup .popup-title")
    assert desk.locator("h1").text_content() in desk.locator(".popup-title").text_content()


def test_the_evidence_sheet_prints_on_a4(desk: Any, live_site: Site) -> None:
    key = desk.request.get(f"{live_site.address}/api/findings?{DAY}&rule=R11-NBZ&verdict=V").json()["findings"][0]["facility_key"]
    desk.goto(live_site.address + dated(f"/facilities/enterprises/{key}"))
    settled(desk)
    desk.emulate_media(media="print")
    shown = desk.inner_text("body")
    for word in ("判定依据单", "法律依据", "计划条文", "采用数值", "距边界", "坐标精度", "判定编号", "审计链"):
        assert word in shown, word
    assert desk.locator("header.top").is_hidden() and desk.locator("form.day").first.is_hidden()
    sheet = desk.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 594.95996 841.91998]" in sheet or b"/MediaBox [0 0 595" in sheet


def test_the_printed_map_fills_the_sheet_and_comes_back(desk: Any, live_site: Site) -> None:
    desk.goto(live_site.address + dated("/zones/no_burn_zones/NBZ-01"))
    settled(desk)
    box = "document.querySelector('.zone-map .leaflet-container')"
    size = f"[{box}.clientWidth, {box}.querySelector('canvas').width]"
    before = desk.evaluate(size)
    desk.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    paper = desk.evaluate(size)
    assert 640 < paper[0] < 700 and paper[1] != before[1], "as wide as the sheet while it prints, and drawn so"
    desk.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert desk.evaluate(size) == before


def test_the_overview_ends_with_the_window_and_says_what_the_map_lacks(desk: Any, live_site: Site) -> None:
    for language in ("zh", "en"):
        desk.set_viewport_size({"width": 1440, "height": 900})
        desk.goto(live_site.address + dated("/", language))
        settled(desk)
        box = desk.locator(".overview-map").bounding_box()
        assert box["y"] + box["height"] <= 900, language
        legend = desk.locator(".map-legend").bounding_box()
        for row in desk.locator(".legend-verdict").all():
            inner = row.bounding_box()
            assert inner["x"] + inner["width"] <= legend["x"] + legend["width"], language
    facilities = desk.request.get(f"{live_site.address}/api/facilities?{DAY}").json()["features"]
    lacking = sum(one["geometry"] is None and one["properties"]["verdict"] != "N" for one in facilities)
    assert lacking > 0 and desk.locator("[data-unplaced]").text_content().startswith(f"{lacking} ")


def test_a_phone_shows_the_legal_record_before_the_facilities(desk: Any, live_site: Site) -> None:
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(live_site.address + dated("/zones/no_burn_zones/NBZ-01"))
    assert desk.locator(".zone-side").bounding_box()["y"] < desk.locator(".zone-inside").bounding_box()["y"]
