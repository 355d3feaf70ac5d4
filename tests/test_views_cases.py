"""Pages of daily work over HTTP: forms, uploads, forged ids, scope, papers, ledgers."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import app as product
from geo.region import Region
from store import cases
from store.cases import Case
from store.open import Store, open_store
from tests._case_world import photo
from views._words import device_word

CELLS = frozenset({"P-20", "P-21", "P-25", "P-26"})


@pytest.fixture(scope="module")
def made(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Flask]:
    from tests.conftest import _copy

    store = open_store(_copy(_demo_folder, tmp_path_factory.mktemp("cases")))
    yield product.create_app(store, region)
    store.close()


class User:
    """A browser logged in by one click."""

    def __init__(self, made: Flask, name: str) -> None:
        self.client: FlaskClient = made.test_client()
        self.client.post("/login/example", data={"csrf_token": self.token("/login"), "name": name})

    def token(self, path: str = "/account") -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text(path))
        assert found is not None, path
        return found[1]

    def text(self, path: str) -> str:
        return self.client.get(path, follow_redirects=True).get_data(as_text=True)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token()} | form, content_type="multipart/form-data")

    def revision(self, case: int) -> str:
        found = re.search(r'name="revision" value="(\d+)"', self.text(f"/cases/{case}"))
        return found[1] if found else "1"


@pytest.fixture
def inspector(made: Flask) -> User:
    return User(made, "demo-inspector")


@pytest.fixture
def head(made: Flask) -> User:
    return User(made, "demo-head")


def every(made: Flask) -> list[Case]:
    store: Store = made.extensions["bluesky_store"]
    with store.read() as connection:
        return cases.every(connection)


def inside(made: Flask) -> Case:
    return min((case for case in every(made) if case.cell in CELLS and case.state == "to_inspect"), key=lambda case: case.id)


def outside(made: Flask) -> Case:
    return min(
        (case for case in every(made) if case.cell not in CELLS and case.state == "to_inspect" and not case.assignee_id),
        key=lambda case: case.id,
    )


def sent(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "client_id": str(uuid.uuid4()), "text": "看过"} | more


def test_an_inspectors_day_from_list_to_closed(inspector: User, made: Flask) -> None:
    case = outside(made)
    listed = inspector.text("/cases?state=to_inspect&sort=risk")
    assert f'href="/cases/{case.id}"' in listed or "下一页" in listed
    form = sent("inspection", case_id=str(case.id), officers="张三、李四", result="confirmed",
                photos=(io.BytesIO(photo()), "a.jpg"), lon=str(case.lon), lat=str(case.lat), accuracy="7")  # fmt: skip
    assert inspector.post("/records", **form).status_code == 303
    step = {"revision": inspector.revision(case.id), "state": "rectifying", "text": "改用天然气", "due_on": "2027-01-31"}
    assert inspector.post(f"/cases/{case.id}/move", **step).status_code == 303
    step = {"revision": inspector.revision(case.id), "state": "recheck", "text": "报告已改"}
    assert inspector.post(f"/cases/{case.id}/move", **step).status_code == 303
    closing = {"revision": inspector.revision(case.id), "state": "closed", "text": "合格"}
    refused = inspector.post(f"/cases/{case.id}/move", **closing)
    assert refused.status_code == 422 and "销号需要证明" in refused.get_data(as_text=True)
    proof = (io.BytesIO(photo()), "b.jpg")
    again = sent("inspection", case_id=str(case.id), officers="张三、李四", result="rectified", photos=proof)
    inspector.post("/records", **again)
    closing["revision"] = inspector.revision(case.id)
    assert inspector.post(f"/cases/{case.id}/move", **closing).status_code == 303
    page = inspector.text(f"/cases/{case.id}")
    assert "已销号" in page and "整改中 → 待复查" in page


def test_two_inspectors_on_one_case_the_second_gets_a_sentence(inspector: User, made: Flask) -> None:
    case = outside(made)
    seen = inspector.revision(case.id)
    order = {"revision": seen, "state": "rectifying", "text": "甲", "due_on": "2099-01-31"}
    assert inspector.post(f"/cases/{case.id}/move", **order).status_code == 303
    late = User(made, "demo-admin").post(f"/cases/{case.id}/ask", revision=seen, what="wrong", text="乙")
    assert late.status_code == 409


def test_other_peoples_cases_are_not_there_in_any_way(head: User, made: Flask) -> None:
    mine, others = inside(made), outside(made)
    assert head.client.get(f"/cases/{mine.id}").status_code == 200
    hidden, unknown = head.client.get(f"/cases/{others.id}"), head.client.get("/cases/99999")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.get_data(as_text=True).replace(f"“{others.id}”", "“99999”") == unknown.get_data(as_text=True)
    for path, form in (
        ("comment", {"text": "x"}), ("assign", {"revision": "1"}), ("move", {"revision": "1", "state": "recheck", "text": "x"}),
        ("ask", {"revision": "1", "what": "wrong", "text": "x"}), ("decide", {"revision": "1", "granted": "1", "text": "x"}),
    ):  # fmt: skip
        assert head.post(f"/cases/{others.id}/{path}", **form).status_code == 404, path
    assert head.post("/records", **sent("patrol", case_id=str(others.id), result="confirmed")).status_code == 404
    for path in ("/cases", "/api/cases", f"/cases?q={others.name}", f"/api/cases?cell={others.cell}", "/ledger", "/cell",
                 "/api/cases?near=119.4,29.2", f"/cases?town={others.town}", f"/api/cases?q={others.facility_key}"):  # fmt: skip
        assert others.name not in head.text(path).replace(f'value="{others.name}"', ""), path
    book = head.client.get("/ledger.xlsx?by=town").get_data()
    assert book[:2] == b"PK" and head.client.get("/round?case=1").status_code == 404, "rounds are the inspectors'"


def test_a_grid_head_reports_and_patrols_but_neither_inspects_nor_closes(head: User, made: Flask) -> None:
    case = inside(made)
    assert head.post("/records", **sent("patrol", case_id=str(case.id), result="confirmed")).status_code == 303
    inspection = sent("inspection", case_id=str(case.id), officers="甲、乙", result="confirmed")
    assert head.post("/records", **inspection).status_code == 404
    report = sent("report", problem="dust", lon=str(case.lon), lat=str(case.lat), photos=(io.BytesIO(photo()), "a.jpg"))
    made_case = head.post("/records", **report).headers["Location"]
    assert "扬尘" in head.text(made_case)
    refused = head.post(f"/cases/{case.id}/move", revision=head.revision(case.id), state="rectifying", text="x")
    assert refused.status_code == 422 and "您的角色不能办理" in refused.get_data(as_text=True)


def test_a_record_sent_by_script_answers_in_json_and_is_there_once(head: User, made: Flask) -> None:
    form = sent("patrol", case_id=str(inside(made).id), result="confirmed")
    answers = [
        head.client.post("/records", data={"csrf_token": head.token()} | form, headers={"Accept": "application/json"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    first, second = (answer.get_json() for answer in answers)
    assert (first["record"], first["again"], second["again"]) == (second["record"], False, True)


def test_photos_are_served_through_the_policy_as_pictures_only(head: User, inspector: User, made: Flask) -> None:
    case = outside(made)
    odd = (io.BytesIO(photo()), "../../x.html")
    inspector.post("/records", **sent("inspection", case_id=str(case.id), officers="甲、乙", result="confirmed", photos=odd))
    number = re.findall(r'href="/photos/(\d+)"', inspector.text(f"/cases/{case.id}"))[-1]
    answer = inspector.client.get(f"/photos/{number}")
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert answer.get_data() == photo() and "x.html" not in str(answer.headers)
    answer.close()
    for path in (f"/photos/{number}", f"/photos/{number}/small", "/photos/99999"):
        assert head.client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"kind": "patrol", "lon": "x", "lat": "1"}, 400), ({"kind": "patrol", "lon": "nan", "lat": "nan"}, 400),
        ({"kind": "patrol", "at": "yesterday"}, 400), ({"kind": "patrol", "at": "2026-11-24T08:00:00"}, 400),
        ({"kind": "patrol", "case_id": "1 OR 1"}, 400), ({"kind": "nothing"}, 404), ({"kind": "patrol", "client_id": "x"}, 400),
        ({"kind": "report", "problem": "dust"}, 422), ({"kind": "patrol", "result": "not_confirmed"}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_gets_a_sentence(form: dict[str, str], status: int, head: User) -> None:
    answer = head.post("/records", **(sent("patrol") | form))
    assert answer.status_code == status and "内部错误" not in answer.get_data(as_text=True)


def test_an_upload_beyond_the_limit_is_refused(inspector: User) -> None:
    other = inspector.client.post("/cases/1/comment", data={"csrf_token": inspector.token(), "text": "x" * 3_000_000})
    assert other.status_code == 413, "only records may be large"


def test_a_round_orders_what_was_picked_and_links_to_navigation(inspector: User, made: Flask) -> None:
    picked = [case for case in every(made) if case.state == "to_inspect" and case.lon][:4]
    page = inspector.text("/round?start=119.46,29.21&" + "&".join(f"case={case.id}" for case in picked))
    assert page.count('class="stop"') == 4 and page.count("amapuri://") == 4 and page.count("baidumap://") == 4
    assert "geo:" in page
    for query in ("case=x", "case=99999", "start=here&case=1", "&".join(f"case={n}" for n in range(1, 70))):
        assert inspector.client.get(f"/round?{query}").status_code in (400, 404), query


def test_papers_are_filled_from_case_visit_and_zone_version(inspector: User, made: Flask) -> None:
    rectifying = min((case for case in every(made) if case.state == "rectifying" and case.assignee_id), key=lambda one: one.id)
    record = inspector.text(f"/cases/{rectifying.id}/paper/inspection")
    assert "现场检查（勘察）笔录" in record and rectifying.name in record and "示例执法员陈静" in record
    order = inspector.text(f"/cases/{rectifying.id}/paper/order")
    assert "责令改正违法行为决定书" in order and "行政处罚法" in order and "现责令你单位于" in order
    assert inspector.client.get(f"/cases/{rectifying.id}/paper/poem").status_code == 404


def test_the_filters_of_the_findings_work_on_cases(inspector: User) -> None:
    def total(query: str) -> int:
        return int(inspector.client.get(f"/api/cases?{query}").get_json()["total"])

    assert 0 < total("layer=combustion_units&fuel=COAL&cap_to=10&verdict=V") < total("layer=combustion_units") < total("")
    assert total("zone=no_burn_zones/NBZ-01") > 0 and total("q=nothing-has-this-name") == 0
    for query in ("state=gone", "sort=colour", "near=here", "fuel=gold", "cap_from=x", "unknown=1"):
        assert inspector.client.get(f"/api/cases?{query}").status_code == 400, query


def test_cases_sorted_by_distance_begin_with_the_nearest(inspector: User, made: Flask) -> None:
    rows = re.findall(r'work-far">([\d.]+) (k?)m<', inspector.text("/cases?sort=distance&near=119.46,29.21"))
    far = [float(number) * (1000 if kilo else 1) for number, kilo in rows]
    assert len(far) > 10 and far == sorted(far)


def test_the_ledger_is_a_workbook_whose_text_is_text(inspector: User, tmp_path: Path) -> None:
    from python_calamine import CalamineWorkbook

    answer = inspector.client.get("/ledger.xlsx?span=month&by=rule")
    (tmp_path / "l.xlsx").write_bytes(answer.get_data())
    book = CalamineWorkbook.from_path(tmp_path / "l.xlsx")
    assert book.sheet_names == ["台账", "案件"] and len(book.get_sheet_by_name("案件").to_python()) > 200
    with zipfile.ZipFile(tmp_path / "l.xlsx") as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet2.xml")
    for query in ("span=year", "by=colour", "day=tomorrow", "day=9999-12-31"):
        assert inspector.client.get(f"/ledger?{query}").status_code == 400, query


def test_the_overview_says_what_waits_to_those_who_have_cases(inspector: User, made: Flask) -> None:
    assert "已逾期" in inspector.text("/") and "计划进度" in inspector.text("/")
    assert "todo-line" not in User(made, "demo-viewer").text("/")


def test_a_report_outside_the_own_area_is_still_its_authors(head: User, made: Flask) -> None:
    far = outside(made)
    place = head.post("/records", **sent("report", problem="boiler", lon=str(far.lon), lat=str(far.lat))).headers["Location"]
    assert "未登记锅炉" in head.text(place)
    town_head = User(made, "demo-townhead")
    assert town_head.client.get(place).status_code == (200 if far.town == "游埠镇" else 404)


def test_a_refused_form_leads_back_to_its_page_and_nowhere_else(inspector: User, made: Flask) -> None:
    case = outside(made)
    step = {"csrf_token": inspector.token(), "revision": inspector.revision(case.id), "state": "rectifying", "text": "改"}
    step |= {"due_on": "2020-12-31"}
    path = f"/cases/{case.id}/move"
    refused = inspector.client.post(path, data=step, headers={"Referer": f"http://localhost/cases/{case.id}"})
    assert refused.status_code == 422 and "期限不能早于今天" in refused.get_data(as_text=True)
    assert f'href="/cases/{case.id}" data-back' in refused.get_data(as_text=True)
    stale = inspector.client.post(path, data=step | {"revision": "99"}, headers={"Referer": f"http://localhost/cases/{case.id}"})
    assert "重新打开这一页" in stale.get_data(as_text=True) and "data-back" not in stale.get_data(as_text=True)
    for elsewhere in ("http://evil.example/x", "javascript:alert(1)", ""):
        answer = inspector.client.post(path, data=step, headers={"Referer": elsewhere})
        assert "data-back" not in answer.get_data(as_text=True) and "evil" not in answer.get_data(as_text=True)


def test_an_order_draft_shows_no_day_that_has_passed(inspector: User, made: Flask) -> None:
    late = next(case for case in every(made) if case.state == "to_inspect" and case.due_on and case.due_on.year < 2022)
    order = inspector.text(f"/cases/{late.id}/paper/order").split("现责令你单位于")[1].split("前改正")[0]
    assert str(late.due_on) not in order
    assert 'name="due_on" required min="' in inspector.text(f"/cases/{late.id}")


def test_a_grid_head_prints_the_notice_of_each_own_cell_and_the_sheet_of_patrols(head: User, inspector: User) -> None:
    notice, sheet = head.text("/cell/paper/notice"), head.text("/cell/paper/patrols")
    assert notice.count("网格责任公示牌</h1>") == 4 and "示例园区第20网格" in notice and "P-05" not in notice
    assert "巡查记录表</h1>" in sheet and "厂区北侧空地焚烧废木料" in sheet
    assert head.client.get("/cell/paper/poem").status_code == 404
    assert inspector.client.get("/cell/paper/notice").status_code == 404


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0", "手机 · 微信"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120 Safari/537.36 Edg/120", "电脑 · Edge"),
        ("python-requests/2", "python-requests/2"), ("", "—"),
    ],
)  # fmt: skip
def test_a_device_is_called_as_its_owner_would(agent: str, said: str, made: Flask) -> None:
    with made.test_request_context("/?lang=zh"):
        assert device_word(agent) == said
