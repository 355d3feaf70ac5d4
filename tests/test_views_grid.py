"""网格管理 as people use it: the office's pages, what a grid head does not see, forged ids, two planners, the browser."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import app as product
from geo.region import Region
from services.assignment import entries
from services.journal import audit_head
from store import accounts
from store.accounts import Duty
from store.open import Store, open_store
from tests._pages import Ear, until
from tests.conftest import Site, _copy, serve
from tests.test_views_gate import Visitor, body

PAGES = ("/grid", "/grid?area=county", "/grid/workload", "/grid/workload?by=head&sort=head&desc=0", "/grid/make", "/grid/assign",
         "/grid/make?preview=1&size=3000&system=patrol&clip=county", "/grid/cells/P-20")  # fmt: skip
FILES = ("/grid/coverage.xlsx?area=county", "/grid/workload.xlsx?by=head", "/grid/assign.csv", "/grid/assign.xlsx?system=hot")
APIS = ("/api/grid/coverage?area=development_zones", "/api/grid/preview?size=1000&clip=towns/330781001&system=hot")
WRITES = ("/grid/make", "/grid/assign", "/grid/assign/apply", "/grid/cells/P-20", "/grid/cells/P-20/handover")


@pytest.fixture
def made(demo_copy: Store, region: Region) -> Flask:
    return product.create_app(demo_copy, region)


@pytest.fixture(scope="module")
def reading(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Flask:
    """An application for tests that change no cell."""
    return product.create_app(open_store(_copy(_demo_folder, tmp_path_factory.mktemp("grid_read"))), region)


@pytest.fixture
def store(made: Flask) -> Store:
    found: Store = made.extensions["bluesky_store"]
    return found


def stamp(visitor: Visitor, path: str) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', body(visitor.client.get(path)))
    assert found is not None
    return found[1]


def duties(store: Store, name: str) -> set[str]:
    with store.read() as connection:
        account = accounts.by_name(connection, name)
        assert account is not None
        day = dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)
        return {duty.cell for duty in accounts.duties(connection, account.id) if duty.holds(day.date())}


def head_of(store: Store, cell: str) -> str:
    return next(row.values["head_name"] for row in entries(store, dt.date.today(), None, "") if row.cell == cell)


def test_every_page_answers_in_both_languages(reading: Flask) -> None:
    planner = Visitor(reading, "demo-planner")
    for path in PAGES:
        zh, en = planner.client.get(path), planner.client.get(f"{path}{'&' if '?' in path else '?'}lang=en")
        assert zh.status_code == en.status_code == 200, path
        main = body(en).partition("<main")[2].partition("</main>")[0]
        assert "Grid" in main or "Assignments" in main, path
    for path in FILES:
        answer = planner.client.get(path)
        assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"], path
    for path in APIS:
        assert planner.client.get(path).get_json()["features"], path


@pytest.mark.parametrize("who", ["demo-head", "demo-townhead", "demo-inspector", "demo-reviewer", "demo-viewer"])
def test_who_may_not_assign_sees_nothing_of_it(who: str, reading: Flask) -> None:
    visitor = Visitor(reading, who)
    for path in (*PAGES, *FILES, *APIS):
        assert visitor.client.get(path).status_code == 404, path
    token = visitor.token("/account")
    for path in WRITES:
        answer = visitor.client.post(path, data={"csrf_token": token, "head_name": "冒名", "account": who})
        assert answer.status_code == 404, path
    assert head_of(reading.extensions["bluesky_store"], "P-20") == "示例宋佳"
    assert 'href="/grid' not in body(visitor.client.get("/about"))


@pytest.mark.parametrize("path", [
    "/grid?area=moon", "/grid?x=1", "/grid/workload?sort=password_hash", "/grid/assign?system=moon", "/grid/assign?page=0",
    "/grid/make?preview=1&size=7", "/grid/make?preview=1&clip=towns/../x", "/api/grid/preview?size=9999999999",
    "/grid/assign.exe", "/grid/cells/NOWHERE", "/grid/cells/%3Cscript%3E",
])  # fmt: skip
def test_wrong_questions_get_a_sentence(path: str, reading: Flask) -> None:
    answer = Visitor(reading, "demo-planner").client.get(path)
    assert answer.status_code in (400, 404) and "<script>" not in body(answer).replace('<script src', "")


def test_a_row_is_edited_without_javascript_and_a_second_planner_is_told(made: Flask, store: Store) -> None:
    one, other, path = Visitor(made, "demo-planner"), Visitor(made, "demo-admin"), "/grid/cells/P-01"
    seen, same = stamp(one, path), stamp(other, path)
    form = dict.fromkeys(("member_names", "account", "valid_from", "valid_to"), "")
    form |= {"cell_name": "一", "head_name": "<b>先</b>", "phone": "1"}
    assert one.post(path, path, stamp=seen, **form).status_code == 303
    late = other.post(path, path, stamp=same, **(form | {"head_name": "后"}))
    assert late.status_code == 409 and "已被他人修改" in body(late)
    assert head_of(store, "P-01") == "<b>先</b>"
    assert "<b>先</b>" not in body(one.client.get("/grid/assign?q=P-01"))
    bad = one.post(path, path, stamp=stamp(one, path), **(form | {"account": "demo-viewer"}))
    assert bad.status_code == 422 and "没有网格长角色" in body(bad)
    assert one.post(path, path, stamp=stamp(one, path), **(form | {"valid_from": "soon"})).status_code == 422


def test_a_table_goes_out_comes_back_and_is_looked_at_first(made: Flask, store: Store) -> None:
    planner = Visitor(made, "demo-planner")
    table = planner.client.get("/grid/assign.csv").get_data().decode("utf-8-sig")
    changed = table.replace("示例张伟", "示例新人", 1) + "NOWHERE,,谁,,,,,\r\n"
    before = audit_head(store)
    form = {"csrf_token": planner.token("/grid/assign"), "file": (io.BytesIO(changed.encode()), "责任表.csv")}
    preview = planner.client.post("/grid/assign", data=form)
    text = body(preview)
    assert preview.status_code == 200 and "示例新人" in text and "NOWHERE" in text and "没有这个网格" in text
    assert audit_head(store) == before, "looking changes nothing"
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', text) for name in ("stamp", "rows", "file", "sha256")}
    sent = {name: found[1].replace("&#34;", '"') for name, found in fields.items() if found}
    answer = planner.client.post("/grid/assign/apply", data=sent | {"csrf_token": planner.token("/grid/assign")})
    assert answer.status_code == 303 and head_of(store, "P-01") == "示例新人"
    again = planner.client.post("/grid/assign/apply", data=sent | {"csrf_token": planner.token("/grid/assign")})
    assert again.status_code == 409, "sent twice, written once"
    assert audit_head(store)[0] > before[0]


@pytest.mark.parametrize(("name", "content"), [
    ("a.exe", b"MZ"), ("a.csv", b""), ("a.csv", "姓名\n张三\n".encode()), ("a.xlsx", b"PK\x03\x04broken"),
    ("../../etc.csv", b"\xff\xfe"),
])  # fmt: skip
def test_a_file_that_is_no_table_is_refused(name: str, content: bytes, reading: Flask) -> None:
    planner, store = Visitor(reading, "demo-planner"), reading.extensions["bluesky_store"]
    before = audit_head(store)
    form = {"csrf_token": planner.token("/grid/assign"), "file": (io.BytesIO(content), name)}
    assert planner.client.post("/grid/assign", data=form).status_code in (400, 422)
    assert audit_head(store) == before


def test_a_forged_confirmation_writes_nothing(reading: Flask) -> None:
    planner, store = Visitor(reading, "demo-planner"), reading.extensions["bluesky_store"]
    before = audit_head(store)
    for rows in ("", "[[1,2]]", '[[1,"P-01",{"geometry":"x"}]]', '[[1,"P-01",{"head_name":"假"}]]'):
        answer = planner.client.post(
            "/grid/assign/apply", data={"csrf_token": planner.token("/grid/assign"), "rows": rows, "stamp": "0" * 24, "file": "x"}
        )
        assert answer.status_code in (400, 409), rows
    assert audit_head(store) == before


def test_a_grid_is_previewed_then_stored_once(made: Flask, store: Store) -> None:
    planner = Visitor(made, "demo-planner")
    path = "/grid/make?preview=1&size=3000&system=patrol&clip=towns/330781001"
    revision = re.search(r'name="revision" value="(\d+)"', body(planner.client.get(path)))
    assert revision is not None
    form = {"size": "3000", "system": "patrol", "clip": "towns/330781001", "revision": revision[1]}
    assert planner.post("/grid/make", path, **form).status_code == 303
    assert planner.post("/grid/make", path, **form).status_code in (409, 422), "sent twice, stored once"
    assert "这些网格都已写入" in body(planner.client.get(path))
    assert planner.post("/grid/make", path, **(form | {"revision": ""})).status_code == 400


def test_the_office_hands_a_cell_over(made: Flask, store: Store) -> None:
    planner, path = Visitor(made, "demo-planner"), "/grid/cells/P-20"
    wrong = planner.post(f"{path}/handover", path, stamp=stamp(planner, path), account="nobody", first="", note="")
    assert wrong.status_code == 422 and "不能接收网格" in body(wrong)
    answer = planner.post(f"{path}/handover", path, stamp=stamp(planner, path), account="demo-townhead", first="", note="换岗")
    assert answer.status_code == 303
    assert "P-20" in duties(store, "demo-townhead") and "P-20" not in duties(store, "demo-head")
    assert head_of(store, "P-20") == "示例乡镇网格长刘洋"


def test_a_head_hands_an_own_cell_over_and_no_other(made: Flask, store: Store) -> None:
    head = Visitor(made, "demo-head")
    text = body(head.client.get("/handover"))
    assert "P-21" in text and "P-01" not in text and "demo-townhead" not in text, "colleagues are named, not listed"
    mine = re.search(r'name="stamp" value="([^"]+)"><input type="hidden" name="cell" value="P-21"', text)
    assert mine is not None
    for cell in ("P-01", "H-0001", "NOWHERE"):
        forged = head.post("/handover", "/handover", cell=cell, stamp=mine[1], account="demo-townhead")
        assert forged.status_code == 404, cell
    assert head.post("/handover", "/handover", cell="P-21", stamp="old", account="demo-townhead").status_code == 409
    assert head.post("/handover", "/handover", cell="P-21", stamp=mine[1], account="demo-townhead").status_code == 303
    assert duties(store, "demo-head") == {"P-20", "P-25", "P-26"} and "P-21" in duties(store, "demo-townhead")
    gone = head.post("/handover", "/handover", cell="P-21", stamp=mine[1], account="demo-townhead")
    assert gone.status_code == 404, "what was handed over is no longer theirs"
    assert Visitor(made, "demo-planner").client.get("/handover").status_code == 404


def test_empty_states_say_what_to_do(empty_store: Store, region: Region) -> None:
    from services.accounts import Profile, create

    create(empty_store, Profile("plan", "规划", ("planner",), is_demo=True), "test")
    planner = Visitor(product.create_app(empty_store, region), "plan")
    assert "还没有导入开发区边界" in body(planner.client.get("/grid"))
    assert "这一范围没有责任网格" in body(planner.client.get("/grid?area=county"))
    assert "没有符合条件的网格" in body(planner.client.get("/grid/assign"))
    assert "还没有责任网格" in body(planner.client.get("/grid/workload"))
    assert planner.client.get("/grid/make?preview=1&clip=development_zones").status_code == 422
    assert planner.client.get("/api/grid/coverage").get_json()["features"] == []


# --- the browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Site]:
    store = open_store(_copy(_demo_folder, tmp_path_factory.mktemp("grid")))
    store_with_duty(store)
    yield from serve(store, region)
    store.close()


def store_with_duty(store: Store) -> None:
    with store.write() as connection:
        account = accounts.by_name(connection, "demo-townhead")
        assert account is not None
        accounts.set_duties(connection, account.id, [Duty("P-01")])


def enter(page: Any, address: str, name: str) -> None:
    page.goto(f"{address}/login")
    page.locator(f"form:has(input[name=name][value='{name}']) button").click()
    page.wait_for_url(lambda url: not url.endswith("/login"))


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_in_the_browser(width: int, page: Any, site: Site) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    enter(page, site.address, "demo-planner")
    ear = Ear(page)
    for path in PAGES:
        page.goto(site.address + path)
        if "make" in path or "/grid" in path.split("?")[0][-5:]:
            until(page, "document.body.dataset.ready === 'map'")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert ear.said == [] and all(url.startswith((site.address, "blob:", "data:")) for url in ear.asked)


@pytest.mark.browser
def test_gaps_are_drawn_and_found_by_keyboard(page: Any, site: Site) -> None:
    enter(page, site.address, "demo-planner")
    page.goto(f"{site.address}/grid")
    until(page, "document.body.dataset.ready === 'map'")
    assert page.evaluate("Number(document.body.dataset.shapes)") == 28 + 2 + 1
    page.locator("[data-show='overlap-1']").focus()
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup", has_text="P-07").wait_for()
    assert page.locator("tr.shown").count() == 1


@pytest.mark.browser
def test_a_planner_makes_cells_with_the_mouse(page: Any, site: Site) -> None:
    enter(page, site.address, "demo-planner")
    page.goto(f"{site.address}/grid/make")
    page.select_option("select[name=size]", "3000")
    page.select_option("select[name=clip]", "towns/330781102")
    page.get_by_role("button", name="预览").click()
    until(page, "document.body.dataset.ready === 'map' && Number(document.body.dataset.shapes) > 3")
    page.get_by_role("button", name=re.compile("写入")).click()
    page.locator(".notice", has_text="网格已写入").wait_for()


@pytest.mark.browser
def test_a_head_hands_over_on_a_phone(page: Any, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, site.address, "demo-head")
    page.goto(f"{site.address}/handover")
    page.locator("summary", has_text="P-26").click()
    form = page.locator("form:has(input[name=cell][value='P-26'])")
    form.locator("input[name=account]").fill("示例乡镇网格长刘洋")
    form.locator("input[type=checkbox]").check()
    button = form.get_by_role("button", name="交接")
    assert button.bounding_box()["height"] >= 44
    button.click()
    page.locator(".notice", has_text="P-26").wait_for()
    assert page.locator("summary", has_text="P-26").count() == 0
