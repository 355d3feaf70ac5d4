"""数据导入 from the outside: a file comes in, is checked, corrected, taken in and taken back; by page and by API."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from geo.region import Region
from services import uploads
from store import features
from store.models import audit_log
from store.open import Store
from tests._pages import Ear, enter
from tests.conftest import Site, admin_token, serve

FILE = Path(__file__).parent / "fixtures" / "import" / "enterprises_gbk.csv"
PATIENCE = 60.0

Send = Callable[..., Any]


@pytest.fixture
def client(demo_copy: Store, region: Region) -> FlaskClient:
    made = create_app(demo_copy, region).test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_token(demo_copy)}"
    return made


def send(client: FlaskClient, name: str, content: bytes, layer: str = "enterprises", **said: str) -> Any:
    """Upload a file; its answer."""
    return client.post("/api/imports", data={"layer": layer, "files": (io.BytesIO(content), name), **said})


def checked(client: FlaskClient, key: str) -> dict[str, Any]:
    """An upload once it has been checked."""
    end = time.monotonic() + PATIENCE
    while True:
        job: dict[str, Any] = client.get(f"/api/imports/{key}").get_json()
        if job["state"] != "checking":
            return job
        assert time.monotonic() < end, "never checked"
        time.sleep(0.1)


def code_of(store: Store, code: str) -> bool:
    from layers._find import load_layers

    return code in set(features.recorded(store, load_layers()["enterprises"])["enterprise_code"])


def test_a_file_goes_its_whole_way_by_the_api(client: FlaskClient, demo_copy: Store) -> None:
    answer = send(client, "企业清单.csv", FILE.read_bytes(), **{"map:序号": "enterprise_code"})
    assert answer.status_code == 201
    key = answer.get_json()["key"]
    job = checked(client, key)
    report = job["report"]
    assert (job["state"], job["file"]) == ("checked", "企业清单.csv")
    assert (report["rows_in"], report["taken"], report["quarantined"], report["refused"]) == (16, 15, 1, 0)
    assert report["encoding"] == "gb18030" and report["new"] == 15 and set(report["verdicts"]) == {"added", "removed", "before"}
    spots = client.get(f"/api/imports/{key}/places").get_json()["features"]
    assert {spot["properties"]["kind"] for spot in spots} >= {"doubtful", "taken"}
    page = client.get(f"/imports/{key}").get_data(as_text=True)
    assert "企业清单.csv" in page and "coord_swapped" in page and "导入通过的 15 行" in page
    assert not code_of(demo_copy, "15"), "nothing is stored before it is taken in"
    taken = client.post(f"/api/imports/{key}/take").get_json()
    assert taken["state"] == "taken" and code_of(demo_copy, "15")
    assert client.post(f"/api/imports/{key}/take").status_code == 409
    assert "coord_swapped" in client.get("/quarantine?layer=enterprises").get_data(as_text=True)
    workbook = client.get(f"/quarantine.xlsx?import={taken['changeset']}")
    assert workbook.data[:2] == b"PK"
    assert client.post(f"/imports/{taken['changeset']}/back").status_code == 303
    assert not code_of(demo_copy, "15")


def test_of_two_browsers_that_take_in_at_once_one_does(client: FlaskClient, demo_copy: Store, region: Region) -> None:
    key = send(client, "list.csv", "企业编号,企业名称\nTWICE1,甲厂\nTWICE2,乙厂\n".encode()).get_json()["key"]
    assert checked(client, key)["state"] == "checked"
    before = audit_entries(demo_copy, "import")
    checked_file = (uploads.folder_of(demo_copy) / key / "job.json").read_bytes()
    bytes_sent = (uploads.folder_of(demo_copy) / key / "input.csv").read_bytes()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.application.test_client().post(
            f"/api/imports/{key}/take", headers={"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
        ).status_code, range(4)))  # fmt: skip
    assert sorted(answers) == [200, 409, 409, 409]
    assert audit_entries(demo_copy, "import") == before + 1
    again = client.post(f"/imports/{key}/take")
    assert again.status_code == 303, "a double press leads back to the page of the import"
    # another process that had read the upload before it was taken in: the same content is found and nothing is written
    (uploads.folder_of(demo_copy) / key / "job.json").write_bytes(checked_file)
    (uploads.folder_of(demo_copy) / key / "input.csv").write_bytes(bytes_sent)
    late = client.post(f"/api/imports/{key}/take").get_json()
    assert late["report"]["repeated"] and audit_entries(demo_copy, "import") == before + 1


def test_who_reads_that_a_file_is_checked_can_take_it_in_at_once(
    client: FlaskClient, demo_copy: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a check is written slowly here: nobody may see it checked and be told that it is not."""
    write = uploads.save

    def slowly(store: Store, job: uploads.Job) -> None:
        write(store, job)
        if job.state == "checked":
            time.sleep(0.4)

    monkeypatch.setattr(uploads, "save", slowly)
    key = send(client, "list.csv", "企业编号,企业名称\nSOON1,甲厂\n".encode()).get_json()["key"]
    assert checked(client, key)["state"] == "checked"
    assert client.post(f"/api/imports/{key}/take").status_code == 200
    assert code_of(demo_copy, "SOON1")


def audit_entries(store: Store, action: str) -> int:
    """How many entries of one kind the log has."""
    with store.read() as connection:
        return len(connection.execute(select(audit_log.c.seq).where(audit_log.c.action == action)).all())


def test_seven_parameters_go_in_by_the_form(client: FlaskClient) -> None:
    given = {"dx": "-15.4", "dy": "157", "dz": "94.7", "rx": "0.3", "ry": "0.08", "rz": "0.1", "scale": "-1.5"}
    said = {f"helmert:{name}": text for name, text in given.items()} | {"crs": "EPSG:2437"}
    table = "企业编号,东坐标,北坐标\nB1,451000,3232000\n".encode()
    job = checked(client, send(client, "b54.csv", table, **said).get_json()["key"])
    assert job["state"] == "checked" and job["report"]["unverified"] == 0
    page = client.get(f"/imports/{job['key']}").get_data(as_text=True)
    assert 'name="helmert:dy" value="157"' in page and "已按七参数换算" in page
    half = send(client, "b54.csv", table, **{"crs": "EPSG:2437", "helmert:dx": "1"})
    assert half.status_code == 422 and "七参数" in half.get_data(as_text=True)
    loose = checked(client, send(client, "b54.csv", table, crs="EPSG:2437").get_json()["key"])
    assert loose["report"]["unverified"] == 1
    assert client.post(f"/imports/{loose['key']}/take").status_code == 303
    assert "基准未核实" in client.get("/facilities/enterprises/B1").get_data(as_text=True)
    assert "基准未核实" in client.get("/data").get_data(as_text=True) and "基准未核实" in client.get("/").get_data(as_text=True)


def test_a_file_without_key_or_system_can_be_helped(client: FlaskClient) -> None:
    key = send(client, "list.csv", FILE.read_bytes()).get_json()["key"]
    job = checked(client, key)
    assert job["state"] == "checked" and job["report"]["taken"] == 0
    assert client.post(f"/imports/{key}/take").status_code == 400, "first say which column is the key"
    assert client.post(f"/imports/{key}/check", data={"map:序号": "enterprise_code", "accept_all": "1"}).status_code == 303
    again = checked(client, key)["report"]
    assert (again["taken"], again["repaired"]) == (15, 4)
    folder = FILE.parent
    stem, ends = "gk_zone40_prefix_noprj", ("shp", "shx", "dbf", "cpg")
    parts = [(io.BytesIO((folder / f"{stem}.{end}").read_bytes()), f"a.{end}") for end in ends]
    named = {"map:编码": "town_code", "map:名称": "town_name"}
    answer = client.post("/api/imports", data={"layer": "towns", "files": parts, **named})
    job = checked(client, answer.get_json()["key"])
    assert job["state"] == "refused" and {"crs": "EPSG:4528", "swap": False} in job["proposals"]
    client.post(f"/imports/{job['key']}/check", data={"crs": "EPSG:4528", **named})
    assert checked(client, job["key"])["report"]["taken"] == 7


def test_layers_of_an_archive_are_asked_for(client: FlaskClient) -> None:
    answer = send(client, "two.zip", (FILE.parent / "two_shapefiles.zip").read_bytes(), "towns")
    job = checked(client, answer.get_json()["key"])
    assert job["state"] == "refused" and len(job["choices"]) == 2
    page = client.get(f"/imports/{job['key']}").get_data(as_text=True)
    assert all(f'value="{choice}"' in page for choice in job["choices"])


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.exe", b"MZ"), ("../../evil.csv", b"\x00\xff"), ("noise.gpkg", b"SQLite format 3\x00" + b"\xff" * 500),
     ("no", b"x"), ("bomb.zip", (FILE.parent / "bomb_200MB.zip").read_bytes()),
     ("slip.zip", (FILE.parent / "zip_slip.zip").read_bytes())],
)  # fmt: skip
def test_hostile_files_are_one_sentence_and_leave_nothing(
    client: FlaskClient, demo_copy: Store, name: str, content: bytes
) -> None:
    answer = send(client, name, content)
    if answer.status_code == 201:
        job = checked(client, answer.get_json()["key"])
        assert job["state"] == "refused" and job["sentence"] and "Traceback" not in job["sentence"]
    else:
        assert answer.status_code == 422
    inside = {path.name for path in demo_copy.path.parent.glob("*")}
    assert not any("evil" in entry for entry in inside)
    assert client.get("/healthz").status_code == 200


def test_unknown_uploads_and_layers_are_not_found(client: FlaskClient) -> None:
    assert send(client, "a.csv", b"x", "no_such_layer").status_code == 404
    for path in ("/imports/0123456789abcdef", "/api/imports/..%2f..", "/quarantine/999999"):
        assert client.get(path).status_code == 404
    assert client.post("/quarantine/accept", data={}).status_code == 400
    assert client.post("/quarantine/dismiss", data={"row": "1", "reason": ""}).status_code == 400


def test_an_upload_can_be_dropped(client: FlaskClient, demo_copy: Store) -> None:
    key = send(client, "a.csv", FILE.read_bytes()).get_json()["key"]
    checked(client, key)
    assert client.post(f"/imports/{key}/drop").status_code == 303
    assert client.get(f"/api/imports/{key}").status_code == 404


@pytest.fixture
def site(demo_copy: Store, region: Region) -> Iterator[Site]:
    yield from serve(demo_copy, region)


@pytest.mark.browser
def test_a_planner_imports_a_workbook_in_the_browser(site: Site, page: Any, tmp_path: Path) -> None:
    ear = Ear(page)
    enter(page, site.address, "demo-planner")
    page.goto(f"{site.address}/imports?layer=enterprises")
    with zipfile.ZipFile(tmp_path / "清单.zip", "w") as archive:
        archive.write(FILE, "企业.csv")
    page.set_input_files("[data-files]", str(tmp_path / "清单.zip"))
    page.click("[data-upload] button.primary")
    page.wait_for_selector(".import-cards", timeout=PATIENCE * 1000)
    page.locator("details summary").first.focus()
    page.select_option("select[name='map:序号']", "enterprise_code")
    page.get_by_role("button", name="重新检查").click()
    page.wait_for_selector("text=导入通过的 15 行", timeout=PATIENCE * 1000)
    page.wait_for_selector("body[data-ready=map]")
    page.click("text=采纳全部修复")
    page.wait_for_selector("text=已采纳 4 行的修复", timeout=PATIENCE * 1000)
    page.click("text=导入通过的 15 行")
    page.wait_for_selector("text=已入库：新增 15", timeout=PATIENCE * 1000)
    assert ear.said == []
    assert [url for url in ear.asked if not url.startswith((site.address, "data:", "blob:"))] == []
