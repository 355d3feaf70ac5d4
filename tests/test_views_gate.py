"""Every route × every role × inside and outside the scope; sessions, forgery, other people's cookies and links."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import app as product
from geo.region import Region
from services._board import board
from services.accounts import create, make_token
from services.scope import ROLES, Area, Principal
from services.seen import facilities_in
from store.open import Store
from views._page import Page

DAY = "as_of=2021-07-01"
PEOPLE = {
    "admin": "demo-admin", "planner": "demo-planner", "reviewer": "demo-reviewer", "grid_head": "demo-head",
    "inspector": "demo-inspector", "viewer": "demo-viewer",
}  # fmt: skip
CELLS = frozenset({"P-20", "P-21", "P-25", "P-26"})
PAGES = product.pages()
PUBLIC = {"/login", "/login/example", "/logout", "/healthz", "/metrics", "/shell/<name>", "/sw.js", "/app.webmanifest"}
"""Every address that needs no account; a new one is a decision, written down here."""


@pytest.fixture(scope="module")
def made(_demo_folder: Any, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Flask:
    from store.open import open_store
    from tests.conftest import _copy

    return product.create_app(open_store(_copy(_demo_folder, tmp_path_factory.mktemp("gate"))), region)


@pytest.fixture(scope="module")
def keyed(made: Flask) -> Callable[[str], FlaskClient]:
    store = made.extensions["bluesky_store"]
    tokens = {role: make_token(store, name, "test", (), 1, "test") for role, name in PEOPLE.items()}

    def client(role: str) -> FlaskClient:
        found = made.test_client()
        if role != "anonymous":
            found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens[role]}"
        return found

    return client


def inside_and_outside(store: Store, region: Region) -> tuple[str, str]:
    """An enterprise in the demo grid head's cells, and one elsewhere."""
    import datetime as dt

    from services.assess import current

    whole = board(current(store, region, dt.date(2021, 7, 1)))
    mine = {key for layer, key in facilities_in(whole, Area(False, frozenset(), CELLS)) if layer == "enterprises"}
    others = sorted(set(whole.facilities[whole.facilities["layer"] == "enterprises"]["key"]) - mine)
    return min(mine), others[0]


def address(page: Page, key: str) -> str:
    """A page's rule with values that exist."""
    values = {
        "kind": "csv", "layer": "no_burn_zones" if page.rule.startswith("/zones") else "enterprises", "code": "NBZ-01",
        "key": key, "name": "towns" if "layers" in page.rule else "demo-viewer", "number": "999999", "token": "999999",
        "z": "10", "x": "851", "y": "424", "feature": "E0001",
    }  # fmt: skip
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], page.rule)


def asked(client: FlaskClient, page: Page, path: str) -> Any:
    return client.open(path, method=page.methods[0])


def body(answer: Any) -> str:
    return str(answer.get_data().decode("utf-8", "replace"))


def test_what_needs_no_account_is_written_down() -> None:
    assert {page.rule for page in PAGES if page.permission == "public"} == PUBLIC


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.methods[0]} {page.rule}")
def test_without_an_account_there_is_the_log_in(page: Page, keyed: Callable[[str], FlaskClient]) -> None:
    answer = asked(keyed("anonymous"), page, address(page, "E0001"))
    if page.permission == "public":
        assert answer.status_code != 401
    elif page.rule.startswith(("/api/", "/ogc")) or page.methods[0] != "GET":
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].split(",")[0] == "Bearer"
    else:
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize("role", ROLES)
def test_every_route_for_every_role(role: str, keyed: Callable[[str], FlaskClient], made: Flask, region: Region) -> None:
    """A page without the permission looks exactly like one that does not exist."""
    inside, _ = inside_and_outside(made.extensions["bluesky_store"], region)
    client = keyed(role)
    for page in (page for page in PAGES if page.name not in ("user_disable", "user_password", "logout")):
        answer = asked(client, page, address(page, inside))
        nowhere = client.open("/api/no-such" if page.rule.startswith(("/api/", "/ogc")) else "/no-such", method="GET")
        if page.permission in ROLES[role].permissions:
            assert body(answer) != body(nowhere), page.rule
            assert answer.status_code < 500 and (answer.status_code != 401 or page.permission == "public"), page.rule
        else:
            assert (answer.status_code, body(answer)) == (404, body(nowhere)), page.rule


def test_a_grid_head_reaches_own_facilities_and_no_others(
    keyed: Callable[[str], FlaskClient], made: Flask, region: Region
) -> None:
    inside, outside = inside_and_outside(made.extensions["bluesky_store"], region)
    client = keyed("grid_head")
    for path in ("/facilities/enterprises/{}", "/facilities/enterprises/{}/map.pdf"):
        assert client.get(f"{path.format(inside)}?{DAY}").status_code == 200
        hidden, unknown = client.get(f"{path.format(outside)}?{DAY}"), client.get(f"{path.format('NOBODY')}?{DAY}")
        assert hidden.status_code == unknown.status_code == 404
        assert body(hidden).replace(outside, "NOBODY") == body(unknown)
    for query in (f"cell=P-01&{DAY}", f"town=兰江街道&{DAY}", f"zone=no_burn_zones/NBZ-01&{DAY}", f"q={outside}&{DAY}", DAY):
        for row in client.get(f"/api/findings?{query}").get_json()["findings"]:
            assert row["cell"] in CELLS, query
    shown = client.get(f"/api/facilities?{DAY}").get_json()["features"]
    assert {feature["properties"]["key"] for feature in shown} >= {inside}
    assert outside not in {feature["properties"]["key"] for feature in shown}
    for path in ("/api/layers/enterprises?bbox=119,28,120,30", "/export/enterprises.csv?", "/findings.csv?", "/?", "/findings?",
                 f"/api/search?q={outside}"):  # fmt: skip
        assert outside not in body(client.get(f"{path}&{DAY}")), path


def test_every_code_a_grid_head_is_shown_is_their_own(
    keyed: Callable[[str], FlaskClient], made: Flask, region: Region
) -> None:
    import datetime as dt

    from services.assess import current

    whole = board(current(made.extensions["bluesky_store"], region, dt.date(2021, 7, 1)))
    mine = facilities_in(whole, Area(False, frozenset(), CELLS))
    client = keyed("grid_head")
    for layer in ("enterprises", "combustion_units", "machines", "construction_sites", "mines", "yards", "mine_faces"):
        for feature in client.get(f"/api/layers/{layer}?{DAY}&full=1").get_json()["features"]:
            subject = (layer, feature["properties"]["key"])
            assert whole.owners.get(subject, subject) in mine


def test_a_viewer_sees_no_personal_data(keyed: Callable[[str], FlaskClient]) -> None:
    full = keyed("planner").get(f"/api/layers/enterprises?{DAY}&full=1").get_json()["features"]
    people = {feature["properties"].get("contact") for feature in full} - {None}
    assert people
    viewer = keyed("viewer")
    for path in ("/api/layers/enterprises?full=1", "/export/enterprises.csv?", "/facilities/enterprises/E0001?"):
        text = body(viewer.get(f"{path}&{DAY}"))
        assert not [name for name in people if name in text], path


def test_a_kept_answer_is_not_given_to_somebody_else(keyed: Callable[[str], FlaskClient]) -> None:
    tag = keyed("admin").get(f"/api/facilities?{DAY}").headers["ETag"]
    answer = keyed("grid_head").get(f"/api/facilities?{DAY}", headers={"If-None-Match": tag})
    assert answer.status_code == 200 and len(answer.get_json()["features"]) < 40
    assert "private" in answer.headers["Cache-Control"]


class Visitor:
    """A browser that logs in by one click and follows no redirect."""

    def __init__(self, made: Flask, name: str = "demo-admin") -> None:
        self.client = made.test_client()
        self.entered = self.post("/login/example", name=name)

    def token(self, path: str = "/login") -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', body(self.client.get(path, follow_redirects=True)))
        return found[1] if found else ""

    def post(self, path: str, page: str = "/login", **form: str) -> Any:
        return self.client.post(path, data={"csrf_token": self.token(page), **form})


def test_a_cookie_copied_before_log_out_is_worth_nothing_after(made: Flask) -> None:
    visitor = Visitor(made)
    assert visitor.entered.status_code == 303 and visitor.client.get("/").status_code == 200
    kept = visitor.client.get_cookie("bluesky")
    assert kept is not None and kept.http_only and kept.same_site == "Lax"
    assert visitor.post("/logout", "/account").status_code == 303
    thief = made.test_client()
    thief.set_cookie("bluesky", kept.value)
    assert thief.get("/").status_code == 302
    assert thief.get("/api/findings").status_code == 401


@pytest.mark.parametrize("page", [page for page in PAGES if page.methods[0] != "GET"], ids=lambda page: page.rule)
def test_a_write_without_the_forms_token_changes_nothing(page: Page, made: Flask) -> None:
    visitor = Visitor(made)
    path, store = address(page, "E0001"), made.extensions["bluesky_store"]
    before = _entries(store)
    foreign = Visitor(made, "demo-planner").token("/account")
    for data, headers in (({}, {}), ({"csrf_token": "x"}, {}), ({"csrf_token": foreign}, {}),
                          ({"csrf_token": visitor.token("/account")}, {"Sec-Fetch-Site": "cross-site"})):  # fmt: skip
        answer = visitor.client.post(path, data=data, headers=headers)
        assert answer.status_code == 422, (path, data, headers)
    assert _entries(store) == before + 1, "only the other visitor's log-in"


def _entries(store: Store) -> int:
    from services.journal import audit_head

    return audit_head(store)[0]


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "\\\\evil", "/\\evil", "javascript:alert(1)", "/a\nb"]
)
def test_nobody_is_sent_elsewhere_after_log_in(wanted: str, made: Flask) -> None:
    visitor = Visitor(made)
    visitor.post("/logout", "/account")
    answer = visitor.post("/login/example", name="demo-admin", next=wanted)
    assert answer.headers["Location"] == "/"


def test_after_log_in_one_is_where_one_wanted_to_go(made: Flask) -> None:
    client = made.test_client()
    asked_for = client.get(f"/findings?verdict=V&{DAY}").headers["Location"]
    assert asked_for == "/login?next=/findings?verdict%3DV%26as_of%3D2021-07-01"
    token = re.search(r'name="csrf_token" value="([^"]+)"', body(client.get(asked_for)))
    assert token is not None
    form = {"csrf_token": token[1], "name": "demo-head", "next": f"/findings?verdict=V&{DAY}"}
    assert client.post("/login/example", data=form).headers["Location"] == f"/findings?verdict=V&{DAY}"


def test_who_was_given_a_password_changes_it_first(made: Flask) -> None:
    from services.accounts import Profile

    secret = create(made.extensions["bluesky_store"], Profile("newcomer", "新人", ("viewer",)), "test")
    visitor = Visitor(made, "nobody")
    assert visitor.entered.status_code == 401
    assert visitor.post("/login", name="newcomer", password=str(secret)).status_code == 303
    assert visitor.client.get("/").headers["Location"] == "/account/password"
    assert visitor.client.get("/api/findings").status_code == 422
    page = "/account/password"
    short = visitor.post(page, page, old=str(secret), new="short", again="short")
    assert short.status_code == 422 and "至少 8 个字符" in body(short)
    other = visitor.post(page, page, old=str(secret), new="three-lamps-on-a-river", again="other")
    assert other.status_code == 400
    good = {"new": "three-lamps-on-a-river", "again": "three-lamps-on-a-river"}
    assert visitor.post(page, page, old=str(secret), **good).status_code == 303
    assert visitor.client.get("/").status_code == 200


def test_a_key_goes_before_a_cookie(made: Flask) -> None:
    visitor = Visitor(made)
    assert visitor.client.get("/api/findings", headers={"Authorization": "Bearer bsm_wrong"}).status_code == 401


def test_single_sign_on_is_believed_from_the_trusted_proxy_only(made: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"X-Remote-User": "demo-planner"}
    assert made.test_client().get("/", headers=headers).status_code == 302
    monkeypatch.setenv("BLUESKY_SSO_HEADER", "X-Remote-User")
    monkeypatch.setenv("BLUESKY_SSO_PROXY", "192.0.2.7")
    assert made.test_client().get("/", headers=headers).status_code == 302
    monkeypatch.setenv("BLUESKY_SSO_PROXY", "192.0.2.7,127.0.0.1")
    assert made.test_client().get("/", headers=headers).status_code == 200
    assert made.test_client().get("/", headers={"X-Remote-User": "nobody"}).status_code == 302


def test_a_denial_is_written_down(keyed: Callable[[str], FlaskClient], made: Flask) -> None:
    from sqlalchemy import select

    from store.models import audit_log

    keyed("viewer").get("/users")
    with made.extensions["bluesky_store"].read() as connection:
        rows = connection.execute(select(audit_log.c.actor, audit_log.c.object).where(audit_log.c.action == "denied")).all()
    assert ("demo-viewer", "/users") in [tuple(row) for row in rows]


def test_the_local_principal_of_the_terminal_is_nobody_on_the_web(made: Flask) -> None:
    with made.test_request_context("/"):
        from views._request import principal

        assert principal() == Principal("anonymous", frozenset({"public"}), Area())
