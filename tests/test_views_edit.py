"""The edit form, preview, history, taking out, corrections and help over HTTP and in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import app as product
from geo.region import Region
from services._board import board
from services.accounts import make_token
from services.assess import current
from services.edit import Asked
from services.scope import ROLES
from store import cases, changes
from store.open import Store, open_store
from tests._editing import editor, violating_unit
from tests._often import SOAK
from tests._pages import Ear, enter, until
from tests.conftest import Site, _copy, serve

PAYLOAD = "{{7*7}}{% raise %}${7*7}`<img src=x onerror=alert(1)></script><script>alert(1)</script>\"'>&amp;=1+1"
LONG = (pytest.mark.slow, pytest.mark.skipif(not SOAK, reason="long: make soak"))
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
OTHERS = {"grid_head": "demo-head", "inspector": "demo-inspector", "reviewer": "demo-reviewer", "viewer": "demo-viewer"}


@pytest.fixture(scope="module")
def made(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Flask:
    return product.create_app(open_store(_copy(_demo_folder, tmp_path_factory.mktemp("edit"))), region)


@pytest.fixture(scope="module")
def store(made: Flask) -> Store:
    found: Store = made.extensions["bluesky_store"]
    return found


def client(made: Flask, name: str) -> FlaskClient:
    found = made.test_client()
    key = make_token(made.extensions["bluesky_store"], name, "test", (), 1, "test")
    found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return found


@pytest.fixture(scope="module")
def planner(made: Flask) -> FlaskClient:
    return client(made, "demo-planner")


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="([^"]*)"', page)
    assert found
    return found[1]


def test_look_first_then_save_with_a_reason(planner: FlaskClient, store: Store, region: Region) -> None:
    key = violating_unit(current(store, region, region.today()))
    path = f"/edit/combustion_units/{key}"
    form = {"version": version_in(planner.get(path).text), "f_fuel": ["", "natural_gas"]}
    look = planner.post(path, data=form)
    assert look.status_code == 200 and "违规" in look.text and "天然气" in look.text and "合规" in look.text
    nothing = planner.post(path, data=form | {"step": "save"})
    assert nothing.status_code == 422 and "请写明原因" in nothing.text
    back = planner.post(path, data=form | {"step": "back"})
    assert back.status_code == 200 and 'value="natural_gas" checked' in back.text
    done = planner.post(path, data=form | {"step": "save", "why": "现场核实"})
    assert done.status_code == 303 and "/facilities/" in done.headers["Location"]
    late = planner.post(path, data=form | {"f_capacity_tph": "0.9", "step": "save", "why": "晚了"})
    assert late.status_code == 409 and "刚被 demo-planner 修改" in late.text and 'value="0.9"' in late.text
    same = planner.post(path, data=form | {"version": version_in(late.text)})
    assert same.status_code == 422 and "没有改动" in same.text
    shown = planner.get(path).text
    assert "现场核实" in shown and "恢复这一版" in shown


def test_a_fault_stands_beside_its_field(planner: FlaskClient) -> None:
    path = "/edit/combustion_units/U00001"
    form = {"version": version_in(planner.get(path).text), "f_capacity_tph": "约两吨", "f_built_on": "昨天"}
    page = planner.post(path, data=form)
    assert page.status_code == 422
    named = 'aria-invalid="true" aria-describedby="fault-f_capacity_tph"'
    assert re.search(rf'id="f_capacity_tph"[^>]*value="约两吨"[^>]*{named}', page.text)
    assert 'id="fault-f_capacity_tph"' in page.text and 'value="昨天"' in page.text
    told = planner.post(path, data=form, headers={"Accept": "application/json"}).get_json()
    assert set(told["faults"]) == {"capacity_tph", "built_on"} and told["verdicts"] == []


def test_what_a_form_leaves_out_stays(planner: FlaskClient) -> None:
    path = "/edit/combustion_units/U00001"
    told = planner.post(path, data={"version": version_in(planner.get(path).text)}, headers={"Accept": "application/json"})
    assert told.get_json()["changed"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/edit/enterprises/NOBODY", "/edit/no_burn_zones/NBZ-01", "/edit/nothing/1", "/edit/towns", "/new/mines", "/new/towns",
        "/edit/enterprises/E0001?version=E9%231", "/edit/enterprises/E0001?case=999999", "/new/enterprises?restore=NOBODY",
        "/retire/enterprises/NOBODY", "/retire/no_burn_zones/NBZ-01",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(planner: FlaskClient, path: str) -> None:
    assert planner.get(path).status_code == 404


@pytest.mark.parametrize("query", ["?case=x", "?case=²", "?nothing=1", "?case=1%00"])
def test_what_makes_no_sense_is_refused(planner: FlaskClient, query: str) -> None:
    assert planner.get(f"/edit/enterprises/E0001{query}").status_code == 400


@pytest.mark.parametrize("role", OTHERS)
def test_without_the_right_there_is_no_form_and_no_link(made: Flask, role: str) -> None:
    assert "edit" not in ROLES[role].permissions
    other = client(made, OTHERS[role])
    for path in ("/edit/enterprises", "/edit/enterprises/E0001", "/new/enterprises", "/retire/enterprises/E0001", "/corrections"):
        assert other.get(path).status_code == 404
    for path in ("/edit/enterprises/E0001", "/new/enterprises", "/retire/enterprises/E0001"):
        assert other.post(path, data={"why": "x", "step": "save"}).status_code == 404
    for path in ("/findings", "/cases" if role != "viewer" else "/zones", "/help"):
        page = other.get(path).text
        assert "/edit/" not in page and "/corrections" not in page and "/retire/" not in page


def test_a_write_needs_its_token(made: Flask) -> None:
    visitor = made.test_client()
    page = visitor.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert visitor.post("/login/example", data={"name": "demo-planner", "csrf_token": token[1]}).status_code == 303
    for path in ("/edit/enterprises/E0001", "/new/enterprises", "/retire/enterprises/E0001"):
        refused = visitor.post(path, data={"step": "save", "why": "x", "f_enterprise_name": "假"})
        assert refused.status_code == 422 and "页面已过期" in refused.text
    assert "假" not in visitor.get("/edit/enterprises/E0001").text


def test_corrections_lead_to_the_row_and_back_to_the_case(
    made: Flask, planner: FlaskClient, store: Store, region: Region
) -> None:
    found = current(store, region, region.today())
    row = board(found).findings.query("rule == 'R10-LE10' and verdict == 'V'").iloc[0]
    with store.read() as connection:
        case = cases.latest_of(connection, row["facility_layer"], row["facility_key"])
    assert case is not None
    wish = {"revision": case.revision, "what": "wrong", "text": f"已拆除{PAYLOAD}"}
    assert client(made, "demo-inspector").post(f"/cases/{case.id}/ask", data=wish).status_code == 303
    page = planner.get("/corrections").text
    link = f"/edit/combustion_units/{row['subject_code']}?case={case.id}"
    assert link in page and PAYLOAD not in page and "待更正" in page
    assert link in planner.get(f"/cases/{case.id}").text
    form = {"version": version_in(planner.get(link).text), "case": str(case.id), "f_status": "removed"}
    form |= {"step": "save", "why": "已拆除"}
    assert planner.post(link.partition("?")[0], data=form).headers["Location"] == f"/cases/{case.id}"
    told = planner.get(f"/cases/{case.id}").text
    assert "已更正数据" in told
    with store.read() as connection:
        after = cases.of_number(connection, case.id)
    assert after is not None and (after.closed_at is not None or "已更正，待审批" in planner.get("/corrections").text)


def test_a_reported_boiler_enters_the_register(planner: FlaskClient, store: Store) -> None:
    facts = {
        "facility_layer": "reports", "facility_key": "r1", "name": "boiler", "town": "游埠镇", "cell": "P-20",
        "lon": 119.36, "lat": 29.14, "state": "to_verify", "settled": (), "verdict": "U", "due_on": None,
    }  # fmt: skip
    with store.write() as connection:
        number = cases.add(connection, facts, changes.moment(connection))
    shown = planner.get(f"/cases/{number}").text
    assert f"/new/enterprises?case={number}" in shown and f"/new/combustion_units?case={number}" in shown
    page = planner.get(f"/new/enterprises?case={number}").text
    assert 'value="119.360000"' in page and 'value="游埠镇"' in page
    form = {
        "version": "", "case": str(number), "f_enterprise_code": "E-NEW", "f_enterprise_name": "新厂",
        "f_lon": "119.36", "f_lat": "29.14", "step": "save", "why": "网格长上报",
    }  # fmt: skip
    assert planner.post("/new/enterprises", data=form).headers["Location"] == f"/cases/{number}"
    assert "已登记" in planner.get(f"/cases/{number}").text
    assert planner.get("/facilities/enterprises/E-NEW").status_code == 200
    again = planner.post("/new/enterprises", data=form)
    assert again.status_code == 422 and "这个编号不能用" in again.text


def test_taking_out_and_entering_again(planner: FlaskClient) -> None:
    path = "/retire/petrol_stations/P01"
    form = {"version": version_in(planner.get(path).text), "hanging": "keep"}
    assert planner.post(path, data=form).status_code == 422
    assert planner.post(path, data=form | {"version": "P01#9", "why": "x"}).status_code == 409
    assert planner.post(path, data=form | {"why": "重复"}).headers["Location"] == "/edit/petrol_stations"
    gone = planner.get("/edit/petrol_stations/P01")
    assert gone.headers["Location"] == "/new/petrol_stations?restore=P01"
    assert 'value="P01"' in planner.get(gone.headers["Location"]).text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", ROLES)
def test_help_of_every_role_leads_to_pages_its_reader_may_open(made: Flask, role: str, language: str) -> None:
    names = {**OTHERS, "planner": "demo-planner", "admin": "demo-admin"}
    reader = client(made, names[role])
    for wanted in ("", f"&role={role}", "&role=planner"):
        page = reader.get(f"/help?lang={language}{wanted}")
        assert page.status_code == 200
        links = re.findall(r'<li>.*?href="([^"]+)"', page.text[page.text.index("<ol") : page.text.index("</ol>")])
        assert all(reader.get(link.replace("&amp;", "&")).status_code == 200 for link in links), links
        assert len(links) >= (2 if not wanted else 1)


# --- in a browser ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Site]:
    store = open_store(_copy(_demo_folder, tmp_path_factory.mktemp("edit_site")))
    yield from serve(store, region)
    store.close()


@pytest.fixture(params=["phone", pytest.param("desktop", marks=LONG)])
def window(request: pytest.FixtureRequest, chromium: Any, site: Site) -> Iterator[Any]:
    context = chromium.new_context(viewport=SIZES[request.param], locale="zh-CN", has_touch=request.param == "phone")
    page = context.new_page()
    enter(page, site.address, "demo-planner")
    yield page
    context.close()


def settled(page: Any) -> None:
    if page.locator("#map_main").count():
        page.wait_for_selector("body[data-ready=map]")


def whole(page: Any) -> None:
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= seen, page.url
    if seen < 720:
        low = page.evaluate(
            "[...document.querySelectorAll('main button, main .button, main input:not([type=hidden]):not([type=checkbox])"
            ":not([type=radio]), main select, main summary')].filter((one) => one.offsetParent && !one.closest('.map-frame')"
            " && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML)"
        )
        assert low == [], page.url


@pytest.mark.browser
def test_from_a_facility_to_a_better_verdict(window: Any, site: Site, region: Region) -> None:
    found = current(site.store, region, region.today())
    key = violating_unit(found)
    owner = board(found).owners[("combustion_units", key)]
    ear = Ear(window)
    window.goto(f"{site.address}/facilities/{owner[0]}/{owner[1]}")
    settled(window)
    window.locator(f"a[href$='/edit/combustion_units/{key}']").click()
    settled(window)
    whole(window)
    window.locator("details:has(input[name=f_fuel]) summary").click()
    for box in window.locator("input[name=f_fuel]:checked").all():
        box.uncheck()
    window.locator("input[name=f_fuel][value=natural_gas]").check()
    window.wait_for_selector("[data-live-list] li")
    assert "违规" in window.inner_text("[data-live-list]")
    window.locator("button[value=preview]").click()
    window.wait_for_selector("textarea[name=why]")
    whole(window)
    assert "天然气" in window.inner_text(".edit-changes") and "变化" in window.inner_text(".edit-effects")
    window.fill("textarea[name=why]", f"核实 {PAYLOAD}")
    window.locator("button[value=save]").click()
    window.wait_for_url(f"**/facilities/{owner[0]}/{owner[1]}")
    assert "已保存" in window.inner_text(".notice")
    window.goto(f"{site.address}/edit/combustion_units/{key}")
    settled(window)
    assert PAYLOAD in window.locator(".edit-side .timeline").text_content()
    assert ear.said == []


@pytest.mark.browser
def test_a_place_is_picked_on_the_map(window: Any, site: Site) -> None:
    window.goto(f"{site.address}/edit/combustion_units/U00001")
    settled(window)
    frame = window.locator("#map_main")
    frame.scroll_into_view_if_needed()
    frame.click(position={"x": 90, "y": 120})
    until(window, "document.querySelector('[name=f_lon]').value !== ''")
    assert window.input_value("[name=f_datum]") == "cgcs2000"
    assert 119 < float(window.input_value("[name=f_lon]")) < 120
    window.locator("button[value=preview]").click()
    window.wait_for_selector(".edit-changes")
    assert "经度" in window.inner_text(".edit-changes")


@pytest.mark.browser
def test_every_new_page_is_silent_and_whole_in_both_languages(window: Any, site: Site) -> None:
    paths = ("/edit/enterprises", "/edit/enterprises/E0001", "/edit/mines/M01", "/edit/construction_sites/S041", "/new/machines",
             "/retire/enterprises/E0001", "/corrections", "/help")  # fmt: skip
    for path in paths:
        for language in ("zh", "en"):
            ear = Ear(window)
            answer = window.goto(f"{site.address}{path}?lang={language}")
            settled(window)
            assert (answer.status, ear.said, window.locator("h1").count()) == (200, [], 1), path
            whole(window)
            nameless = window.evaluate(
                "[...document.querySelectorAll('main a[href], main button, main input:not([type=hidden]), main select,"
                " main textarea')].filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.title ||"
                " (one.labels && one.labels.length))).map((one) => one.outerHTML)"
            )
            assert nameless == [], path


@pytest.mark.browser
def test_hostile_texts_run_nowhere(window: Any, site: Site, region: Region) -> None:
    here, key = editor(site.store, region), f"X{PAYLOAD}"
    if key not in {code for code, _ in here.rows("enterprises", "X{{")[0]}:
        row = here.new_row("enterprises")
        texts = {column.name: PAYLOAD for column in row.layer.columns if column.kind == "text" and column.name != "crs"}
        here.save(row, Asked({**texts, "enterprise_code": key}, "", PAYLOAD))
    ear = Ear(window)
    window.goto(f"{site.address}/edit/enterprises?q=X")
    window.locator("a.edit-row", has_text="X{{").click()
    settled(window)
    assert PAYLOAD in window.text_content("h1") and window.input_value("[name=f_contact]") == PAYLOAD
    window.fill("[name=f_contact]", PAYLOAD + "2")
    window.locator("button[value=preview]").click()
    window.wait_for_selector("textarea[name=why]")
    assert PAYLOAD + "2" in window.text_content(".edit-changes")
    window.locator("button[value=back]").click()
    settled(window)
    assert window.input_value("[name=f_contact]") == PAYLOAD + "2"
    window.goto(window.url.replace("/edit/", "/retire/"))
    assert window.locator("img:not(.brand-mark)").count() == 0 and PAYLOAD in window.text_content("h1")
    assert ear.said == []


@pytest.mark.browser
def test_the_whole_way_without_script(chromium: Any, site: Site) -> None:
    context = chromium.new_context(viewport=SIZES["desktop"], locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    enter(page, site.address, "demo-planner")
    page.goto(f"{site.address}/edit/enterprises/E0002")
    page.fill("[name=f_industry_code]", "2222")
    page.locator("button[value=preview]").click()
    assert "2222" in page.inner_text(".edit-changes")
    page.fill("textarea[name=why]", "核对执照")
    page.locator("button[value=save]").click()
    assert "已保存" in page.inner_text(".notice") and "2222" in page.inner_text(".facility-side")
    context.close()
