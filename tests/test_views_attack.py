"""Forged numbers, keys that want more than they have, other sites' forms: refused with an answer, and nothing changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import app as product
from geo.region import Region
from services.accounts import Profile, create, make_token
from store import sessions
from store.accounts import by_name
from store.open import open_store
from tests.conftest import _copy

HUGE = "99999999999999999999"


@pytest.fixture(scope="module")
def made(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Flask]:
    store = open_store(_copy(_demo_folder, tmp_path_factory.mktemp("attack")))
    yield product.create_app(store, region)
    store.close()


def by_click(made: Flask, name: str) -> FlaskClient:
    client = made.test_client()
    client.post("/login/example", data={"name": name, "csrf_token": token(client)})
    return client


def token(client: FlaskClient, page: str = "/login") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page, follow_redirects=True).get_data(as_text=True))
    assert found
    return found[1]


def keyed(made: Flask, name: str, *permissions: str) -> dict[str, str]:
    text = make_token(made.extensions["bluesky_store"], name, "test", permissions, 1, "test")
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize(
    "path",
    [f"/cases/{HUGE}", f"/photos/{HUGE}", f"/photos/{HUGE}/small", f"/cases/{HUGE}/paper/order", f"/round?case={HUGE}",
     "/round?case=²", "/round?case=", "/round?case=" + "9" * 5000, "/grid/make?preview=1&size=²"],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_a_number_no_row_can_have_is_answered_like_any_that_is_not_there(made: Flask, path: str) -> None:
    answer = made.test_client().get(path, headers=keyed(made, "demo-admin"))
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("case", ["²", HUGE, "9" * 5000, "-1", "1.0", " 1"])
def test_a_record_for_a_case_that_is_no_number_is_refused(made: Flask, case: str) -> None:
    form = {"kind": "inspection", "client_id": "0" * 32, "officers": "张三、李四", "text": "x", "case_id": case}
    answer = made.test_client().post("/records", data=form, headers=keyed(made, "demo-inspector"))
    assert answer.status_code in (400, 404)


def test_a_key_makes_no_further_keys(made: Flask) -> None:
    store = made.extensions["bluesky_store"]
    narrow = keyed(made, "demo-planner", "view")

    def keys() -> int:
        with store.read() as connection:
            account = by_name(connection, "demo-planner")
            assert account is not None
            return len(sessions.tokens_of(connection, account.id))

    before = keys()
    for path, form in (("/account/tokens", {"days": "366"}), ("/account/sessions/end", {"session": "x"}),
                       ("/account/password", {"old": "", "new": "x" * 20, "again": "x" * 20}),
                       ("/account/tokens/1/end", {})):  # fmt: skip
        answer = made.test_client().post(path, data=form, headers=narrow)
        assert answer.status_code == 422 and "接口令牌" in answer.get_data(as_text=True), path
    assert made.test_client().get("/account", headers=narrow).status_code == 422
    assert keys() == before


def test_a_key_made_on_the_page_without_a_choice_has_the_rights_of_the_account_and_no_more(made: Flask) -> None:
    client = by_click(made, "demo-viewer")
    answer = client.post("/account/tokens", data={"days": "1", "csrf_token": token(client, "/account")})
    assert answer.status_code == 200
    store = made.extensions["bluesky_store"]
    with store.read() as connection:
        account = by_name(connection, "demo-viewer")
        assert account is not None
        assert set(sessions.tokens_of(connection, account.id)[0].permissions) == {"public", "view", "export"}


def test_a_browser_that_sends_basic_credentials_by_itself_needs_the_forms_token(
    made: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that asks for a password and then names the account: browsers repeat the password on forms of other sites."""
    monkeypatch.setenv("BLUESKY_SSO_HEADER", "X-Remote-User")
    monkeypatch.setenv("BLUESKY_SSO_PROXY", " 127.0.0.1 ,")
    headers = {"X-Remote-User": "demo-admin", "Authorization": "Basic YWRtaW46YWRtaW4="}
    assert made.test_client().get("/users", headers=headers).status_code == 200
    form = {"name": "evil", "display_name": "evil", "role": "admin"}
    for more in ({}, {"Sec-Fetch-Site": "cross-site"}):
        assert made.test_client().post("/users", data=form, headers=headers | more).status_code == 422
    with made.extensions["bluesky_store"].read() as connection:
        assert by_name(connection, "evil") is None


def test_nobody_is_named_by_a_header_where_no_proxy_is_trusted(made: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUESKY_SSO_HEADER", "X-Remote-User")
    monkeypatch.delenv("BLUESKY_SSO_PROXY", raising=False)
    for address in ("", "127.0.0.1"):
        answer = made.test_client().get("/users", headers={"X-Remote-User": "demo-admin"}, environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == 302


def test_a_key_to_edit_reads_no_case(made: Flask) -> None:
    case = made.test_client().get("/api/cases", headers=keyed(made, "demo-planner")).get_json()["features"][0]
    path = f"/edit/{case['properties']['layer']}/{case['properties']['key']}?case={case['properties']['case']}"
    assert made.test_client().get(path, headers=keyed(made, "demo-planner", "edit", "cases", "view")).status_code == 200
    assert made.test_client().get(path, headers=keyed(made, "demo-planner", "edit", "view")).status_code == 404


def test_photos_stay_with_the_browser_that_asked(made: Flask) -> None:
    client = made.test_client()
    headers = keyed(made, "demo-inspector")
    answer = client.get("/photos/1", headers=headers)
    answer.close()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.mimetype == "image/jpeg"


def test_who_is_bound_to_a_town_reads_nothing_of_others_in_the_log_of_changes(made: Flask) -> None:
    store = made.extensions["bluesky_store"]
    create(store, Profile("bound", "绑定", ("inspector",), town="游埠镇"), "test", "Ein-langes-Wort-42")
    from services.retire import retire

    retire(store, "enterprises", "E0001", "只有别处才知道的原因")
    for name, told in (("demo-inspector", True), ("bound", False)):
        page = made.test_client().get("/data", headers=keyed(made, name)).get_data(as_text=True)
        assert ("只有别处才知道的原因" in page) is told, name
