"""Metrics and the request log: who may see them, and that they say nothing about people."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask

import app as product
from commands import _base
from geo.region import Region
from services.accounts import Profile, create, make_token
from store.open import Store

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.9"}
LINE = re.compile(r'(# (HELP|TYPE) .+|[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [0-9.e+-]+)')


@pytest.fixture
def made(demo_copy: Store, region: Region) -> Flask:
    return product.create_app(demo_copy, region)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the request log gets."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    log, keep = logging.getLogger("bluesky.access"), Keep()
    log.addHandler(keep)
    log.setLevel(logging.INFO)
    yield found
    log.removeHandler(keep)
    log.setLevel(logging.NOTSET)


def bearer(store: Store, name: str, *permissions: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(store, name, 'test', permissions, 1, 'test')}"}


def test_metrics_are_for_this_machine_or_a_key_made_for_it(made: Flask, demo_copy: Store) -> None:
    client = made.test_client()
    assert client.get("/metrics").status_code == 200
    hidden, nothing = client.get("/metrics", environ_base=ELSEWHERE), client.get("/metricz", environ_base=ELSEWHERE)
    assert hidden.status_code == 404 and nothing.status_code == 302, "the door shows no more than the log-in does"
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.9"}).status_code == 404, "somebody passed it on"
    operator = bearer(demo_copy, "demo-admin", "operate")
    assert client.get("/metrics", environ_base=ELSEWHERE, headers=operator).status_code == 200
    assert client.get("/api/findings", environ_base=ELSEWHERE, headers=operator).status_code == 404, "and for nothing else"
    assert client.get("/metrics", environ_base=ELSEWHERE, headers=bearer(demo_copy, "demo-planner")).status_code == 404


def test_metrics_are_well_formed_numbers_without_people(made: Flask, demo_copy: Store) -> None:
    client = made.test_client()
    key = bearer(demo_copy, "demo-admin")
    for path in ("/facilities/enterprises/E0001", "/users/demo-head", "/no/such/张伟", "/findings?q=张伟&as_of=2021-07-01"):
        client.get(path, headers=key)
    text = client.get("/metrics").get_data(as_text=True)
    assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []
    assert 'bluesky_requests_total{route="/users/<name>",method="GET",status="200"} 1' in text
    assert 'bluesky_requests_total{route="-",method="GET",status="404"} 1' in text
    assert re.search(r'bluesky_cases_open\{state="\w+"\} \d+', text)
    assert "bluesky_request_seconds_count 4" in text
    assert not [word for word in ("demo-", "张伟", "E0001", "0579", "192.0.2") if word in text]


def test_the_request_log_names_routes_and_numbers_only(made: Flask, demo_copy: Store, lines: list[str]) -> None:
    client = made.test_client()
    key = bearer(demo_copy, "demo-admin")
    client.get("/findings?q=0579-00000101&as_of=2021-07-01", headers=key)
    client.get("/users/demo-head?lang=zh", headers=key)
    client.get("/secret-address")
    client.post("/login", data={"name": "demo-head", "password": "my password"})
    told = [json.loads(line) for line in lines]
    assert [(one["route"], one["method"], one["status"]) for one in told] == [
        ("/findings", "GET", 200), ("/users/<name>", "GET", 200), ("-", "GET", 302), ("/login", "POST", 422),
    ]  # fmt: skip
    assert isinstance(told[0]["account"], int) and told[2]["account"] is None
    assert all(set(one) == {"time", "route", "method", "status", "ms", "account"} and one["ms"] >= 0 for one in told)
    text = "\n".join(lines)
    assert not [word for word in ("demo-", "0579", "password", "secret-address") if word in text]


def test_the_log_files_rotate_and_can_be_off(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from logging.handlers import RotatingFileHandler
    from pathlib import Path

    monkeypatch.setenv("BLUESKY_LOG", str(Path(str(tmp_path)) / "logs" / "error.log"))
    logs = [logging.getLogger(name) for name in ("bluesky", "bluesky.access")]
    before = [(log, list(log.handlers), log.propagate, log.level) for log in logs]
    try:
        _base.log_to_file()
        (handler,) = [one for one in logs[1].handlers if isinstance(one, RotatingFileHandler)]
        assert Path(handler.baseFilename).name == "access.log" and handler.maxBytes and handler.backupCount
        logs[1].info("{}")
        assert Path(handler.baseFilename).read_text("utf-8") == "{}\n"
        handler.close()
        logs[1].handlers.clear()
        monkeypatch.setenv("BLUESKY_ACCESS_LOG", "off")
        _base.log_to_file()
        assert logs[1].handlers == []
    finally:
        for log, handlers, propagate, level in before:
            log.handlers, log.propagate = handlers, propagate
            log.setLevel(level)


def test_health_says_no_more_than_that_it_lives(made: Flask) -> None:
    assert set(made.test_client().get("/healthz", environ_base=ELSEWHERE).get_json()) == {"status", "layers"}


def test_a_visit_by_single_sign_on_is_written_down_once(
    made: Flask, demo_copy: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.people import account_page

    create(demo_copy, Profile("sso-user", "单点", ("viewer",)), "test")
    monkeypatch.setenv("BLUESKY_SSO_HEADER", "X-Remote-User")
    monkeypatch.setenv("BLUESKY_SSO_PROXY", "127.0.0.1")
    for _ in range(3):
        assert made.test_client().get("/about", headers={"X-Remote-User": "sso-user"}).status_code == 200
    page = account_page(demo_copy, "sso-user")
    assert [entry["action"] for entry in page.entries].count("login_trusted") == 1
    assert page.account.last_login_at is not None
