"""Webhooks: signed, retried, never lost, inside the intranet only, and only to what the machine's own file names."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import services.webhooks as webhooks
from geo.region import Region
from services._hook_door import is_private, post
from services._hook_settings import Hook, WebhooksUnusable, hooks_of, secret_bytes, settings_file
from services.assess import assess, save_run
from services.publish import withdraw
from services.webhooks import Postman, Worker, faults, hooks_page, new_secret, pause, send_again, send_test
from store import audit, hooks
from store.open import Store
from tests._drafting import drafted, drawn, published, revision, table
from tests._store_rows import REGION, put
from tests._store_rows import table as rows

ROOT = Path(__file__).resolve().parent.parent
PLAIN = b"nobody-may-ever-see-this"
SECRET = "whsec_" + base64.b64encode(PLAIN).decode()
DOCS = (ROOT / "docs" / "webhooks.md").read_text("utf-8")


class Receiver:
    """A real HTTP server on the loopback that keeps what comes and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.slow = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(({name.lower(): text for name, text in self.headers.items()}, body))
                status = outer.answers.pop(0) if outer.answers else 200
                try:
                    if outer.slow:  # a header byte now and then: no single read ever times out
                        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                        end = time.monotonic() + outer.slow
                        while time.monotonic() < end:
                            self.wfile.write(b"x")
                            self.wfile.flush()
                            time.sleep(0.05)
                    self.send_response(status)
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def configure(store: Store, url: str, more: str = "", name: str = "screen") -> None:
    path = settings_file(store)
    path.write_text(f'[[webhook]]\nname = "{name}"\nurl = "{url}"\nsecret = "{SECRET}"\n{more}\n', "utf-8")
    path.chmod(0o600)


class Clock:
    """The present instant, moved by hand."""

    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)

    def __call__(self) -> dt.datetime:
        return self.now


def postman(store: Store, clock: Clock | None = None, **more: Any) -> Postman:
    return Postman(store, REGION, clock=clock or Clock(), **more)


def only(store: Store) -> hooks.Delivery:
    (found,) = hooks_page(store).deliveries
    return found


def publication(store: Store) -> int:
    number = drafted(store)
    drawn(store, number)
    published(store, number)
    return number


def example() -> Callable[[str, dict[str, str], bytes], bool]:
    """The example of the documentation, executed."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    assert len(code.strip().splitlines()) <= 12
    made: dict[str, Any] = {}
    exec(code, made)  # the documentation's own text
    return made["verified"]  # type: ignore[no-any-return]  # what exec made


def test_a_publication_is_told_signed_and_once(empty_store: Store, receiver: Receiver) -> None:
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/in?key=quiet")
    number = publication(empty_store)
    assert receiver.got == [], "publishing itself sends nothing"
    done = postman(empty_store).round()
    assert (done.sent, done.failed) == (1, 0)
    (headers, body), told = receiver.got[0], receiver.messages[0]
    assert example()(SECRET, headers, body)
    assert not example()(SECRET, headers, body + b" ") and not example()(new_secret(), headers, body)
    assert headers["webhook-id"] == told["id"] and (told["type"], told["city"]) == ("zone.published", REGION.code)
    data = told["data"]
    assert (data["doc_no"], data["zones"], data["effective_from"]) == ("示例政告〔2021〕9号", ["A"], "2021-08-01")
    with empty_store.read() as connection:
        (entry,) = [one for one in audit.about(connection, data["layer"], 5) if one["seq"] == data["audit"]["entry"]]
    assert entry["mac"] == data["audit"]["mac"] and (entry["action"], data["draft"]) == ("publish", number)
    assert postman(empty_store).round().sent == 0 and audit.verify(empty_store) == []


def test_a_publication_withdrawn_is_told_too(empty_store: Store, receiver: Receiver) -> None:
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/")
    number = drafted(empty_store)
    start = (REGION.today() + dt.timedelta(days=30)).isoformat()
    drawn(empty_store, number, effective_from=start, existing_deadline="")
    published(empty_store, number)
    withdraw(table(empty_store), number, revision(empty_store, number), "文号有误")
    postman(empty_store).round()
    assert [one["type"] for one in receiver.messages] == ["zone.published", "zone.withdrawn"]
    assert audit.verify(empty_store) == []


def test_new_violations_are_told_against_the_run_before(empty_store: Store, receiver: Receiver, region: Region) -> None:
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/", 'events = ["findings.new"]')
    day = dt.date(2021, 7, 1)

    def unit(number: int) -> None:
        put(empty_store, "enterprises", rows({"enterprise_code": f"E{number}", "enterprise_name": "张三锅炉房"}))
        told = {"unit_type": "锅炉", "capacity_tph": "4", "built_on": "2012-01-01", "lat": "29.205", "fuel": "原煤"}
        told |= {"unit_code": f"U{number}", "enterprise_code": f"E{number}", "lon": "119.5"}
        put(empty_store, "combustion_units", rows(told))
        save_run(empty_store, assess(empty_store, region, day))

    unit(1)
    assert hooks_page(empty_store).deliveries == [], "the first run has nothing to be compared with"
    unit(2)
    save_run(empty_store, assess(empty_store, region, day))
    save_run(empty_store, assess(empty_store, region, dt.date(2020, 1, 1)))
    postman(empty_store).round()
    (told,) = receiver.messages
    data = told["data"]
    assert data["total"] == len(data["violations"]) == sum(data["by_rule"].values()) > 0
    assert {row["subject_code"] for row in data["violations"]} == {"U2"} and data["former"]["run"] == 1
    assert set(data["violations"][0]) == {
        "key", "rule", "subject_layer", "subject_code", "enterprise_code", "zone_layer", "zone_code", "verdict", "due_on",
    }  # fmt: skip
    assert "张三" not in json.dumps(told, ensure_ascii=False) and audit.verify(empty_store) == []


def test_a_failure_is_tried_again_with_the_same_id_and_given_up_after_days(empty_store: Store, receiver: Receiver) -> None:
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/")
    publication(empty_store)
    clock, receiver.answers = Clock(), [500]
    assert postman(empty_store, clock).round().failed == 1
    found = only(empty_store)
    assert (found.state, found.outcome, found.status, found.tries) == ("waiting", "status", 500, 1)
    assert dt.timedelta(seconds=5) <= found.due_at - clock.now <= dt.timedelta(seconds=10)
    assert postman(empty_store, clock).round() == webhooks.Round(), "not before its time"
    clock.now = found.due_at
    assert postman(empty_store, clock).round().sent == 1 and only(empty_store).state == "done"
    (first, _), (second, _) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    send_again(empty_store, found.id, "root")
    clock.now += dt.timedelta(minutes=1)
    receiver.answers = [503, 503]
    postman(empty_store, clock).round()
    clock.now += dt.timedelta(days=3)
    postman(empty_store, clock).round()
    assert (only(empty_store).state, only(empty_store).tries) == ("given_up", 2)
    assert {header["webhook-id"] for header, _ in receiver.got} == {first["webhook-id"]}


def test_pauses_grow_and_have_chance_in_them() -> None:
    assert all(5 * 2 ** (n - 1) <= pause(n) <= 10 * 2 ** (n - 1) for n in range(1, 10))
    assert pause(60) <= 4 * 3600 and len({pause(5) for _ in range(9)}) > 1


def test_while_an_address_fails_others_are_told(empty_store: Store, receiver: Receiver) -> None:
    other = f'[[webhook]]\nname = "b"\nurl = "http://localhost:{receiver.port}/"\nsecret = "{SECRET}"'
    configure(empty_store, "http://127.0.0.1:9/", other)
    for name in ("screen", "screen", "b"):
        send_test(empty_store, name, "root")
    clock = Clock()
    done = postman(empty_store, clock).round()
    assert (done.sent, done.failed) == (1, 1), "one try for the address that fails, not two"
    assert [one.outcome for one in hooks_page(empty_store).deliveries] == ["done", "", "unreachable"]
    assert postman(empty_store, clock).round() == webhooks.Round(), "nor the next moment"
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/")
    clock.now += dt.timedelta(seconds=11)
    assert postman(empty_store, clock).round().sent == 2 and len(receiver.got) == 3


def test_an_address_that_is_gone_from_the_file_for_a_moment_loses_nothing(empty_store: Store, receiver: Receiver) -> None:
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/")
    send_test(empty_store, "screen", "root")
    settings_file(empty_store).write_text("", "utf-8")
    clock = Clock()
    postman(empty_store, clock).round()
    assert (only(empty_store).state, only(empty_store).outcome) == ("waiting", "unconfigured")
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/")
    clock.now += dt.timedelta(seconds=11)
    assert postman(empty_store, clock).round().sent == 1


def hook(url: str) -> Hook:
    return Hook("screen", url, ("findings.new",), (secret_bytes(SECRET),))


def test_only_the_intranet_and_exactly_the_address_looked_at(receiver: Receiver) -> None:
    for address in ("8.8.8.8", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::ffff:8.8.8.8", "fe80::1", "2001:db8::1", "x"):
        assert not is_private(address), address
    for address in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "::1", "fd00::1", "::ffff:10.0.0.1"):
        assert is_private(address), address
    assert post(hook(f"http://8.8.8.8:{receiver.port}/"), b"", {}).outcome == "public"
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["8.8.8.8"]

    assert post(hook(f"http://screen.example:{receiver.port}/"), b"{}", {}, rebinding).outcome == "done"
    assert asked == ["screen.example"], "looked up once: the connection cannot go elsewhere"
    assert receiver.got[0][0]["host"] == f"screen.example:{receiver.port}"
    assert post(hook(f"http://screen.example:{receiver.port}/"), b"", {}, rebinding).outcome == "public"
    mixed = post(hook(f"http://screen.example:{receiver.port}/"), b"", {}, lambda *_: ["127.0.0.1", "8.8.8.8"])
    assert mixed.outcome == "public" and len(receiver.got) == 1
    assert post(hook("http://no-such-host.invalid/"), b"", {}, lambda *_: []).outcome == "unresolved"


def test_redirects_lead_nowhere_proxies_are_not_asked_and_slow_ones_are_cut(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    target = hook(f"http://127.0.0.1:{receiver.port}/")
    receiver.answers = [302, 410, 200]
    assert [post(target, b"", {"Content-Length": "0"}).outcome for _ in range(3)] == ["redirect", "gone", "done"]
    assert len(receiver.got) == 3
    receiver.slow = 1.5
    started = time.monotonic()
    assert post(target, b"", {"Content-Length": "0"}, patience=0.3).outcome == "timeout"
    assert time.monotonic() - started < 1.2
    assert post(hook(f"https://127.0.0.1:{receiver.port}/"), b"", {}, patience=0.3).outcome in ("tls", "cut", "timeout")


def test_what_is_wrong_with_the_file_is_told_without_a_secret(empty_store: Store) -> None:
    twice = f'[[webhook]]\nname = "screen"\nurl = "http://10.0.0.1"\nsecret = "{SECRET}"'
    wrong = {"ca = 3": "ca", 'events = ["all"]': "events", "colour = 1": "colour", "name = x": "TOML", twice: "twice"}
    for more, told in wrong.items():
        configure(empty_store, "http://10.0.0.1/", more)
        (fault,) = faults(empty_store)
        assert told in fault and SECRET.removeprefix("whsec_") not in fault
    for url in ("ftp://10.0.0.1", "http://u:p@10.0.0.1", "http://", "http://[", "http://10.0.0.1:0/", "http://10.0.0.1/ x"):
        configure(empty_store, url)
        with pytest.raises(WebhooksUnusable):
            hooks_of(empty_store)
    configure(empty_store, "http://8.8.8.8/")
    settings_file(empty_store).chmod(0o644)
    open_to_all, public = faults(empty_store)
    assert "chmod 600" in open_to_all and "内网" in public
    assert secret_bytes("whsec_AAAA") == b"" == secret_bytes("AAAA" * 8) == secret_bytes(None)


def test_events_wait_while_the_file_cannot_be_read(empty_store: Store, receiver: Receiver) -> None:
    configure(empty_store, "http://127.0.0.1/", "broken = ")
    publication(empty_store)
    assert postman(empty_store).round() == webhooks.Round() and only(empty_store).hook == hooks.UNREAD
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/")
    assert postman(empty_store).round().sent == 1 and only(empty_store).hook == "screen"


def test_without_a_file_nothing_is_written(empty_store: Store) -> None:
    publication(empty_store)
    assert hooks_page(empty_store).deliveries == [] and postman(empty_store).round() == webhooks.Round()


def test_one_process_delivers_at_a_time(empty_store: Store, receiver: Receiver) -> None:
    configure(empty_store, f"http://127.0.0.1:{receiver.port}/")
    send_test(empty_store, "screen", "root")
    clock = Clock()
    first, second = postman(empty_store, clock), postman(empty_store, clock)
    assert first._lease()
    assert second.round().busy and receiver.got == []
    clock.now += dt.timedelta(minutes=2)  # the first was killed, or sleeps
    assert second.round().sent == 1


def test_a_server_killed_while_sending_loses_nothing(sqlite_store: Store, receiver: Receiver) -> None:
    receiver.slow = 30
    configure(sqlite_store, f"http://127.0.0.1:{receiver.port}/")
    publication(sqlite_store)
    command = [sys.executable, "app.py", "--store", str(sqlite_store.path), "webhooks", "deliver"]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "BLUESKY_LOG": os.devnull}) as killed:
        end = time.monotonic() + 20
        while not receiver.got and time.monotonic() < end:
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    receiver.slow = 0
    clock = Clock()
    assert postman(sqlite_store, clock).round().busy, "its lease has not ended yet"
    clock.now += dt.timedelta(minutes=2)
    assert postman(sqlite_store, clock).round().sent == 1
    (first, _), (second, _) = receiver.got
    assert first["webhook-id"] == second["webhook-id"] and audit.verify(sqlite_store) == []


def test_the_site_delivers_by_itself(sqlite_store: Store, receiver: Receiver) -> None:
    configure(sqlite_store, f"http://127.0.0.1:{receiver.port}/")
    with Worker(sqlite_store, REGION, every=0.02):
        send_test(sqlite_store, "screen", "root")
        end = time.monotonic() + 10
        while only(sqlite_store).state != "done" and time.monotonic() < end:
            time.sleep(0.02)
    assert only(sqlite_store).state == "done" and receiver.messages[0]["type"] == "ping"


def test_the_page_tests_and_sends_again_and_never_shows_a_secret(demo_path: Path, receiver: Receiver, region: Region) -> None:
    import app as product
    from store.open import open_store
    from tests.test_views_gate import Visitor, body

    store = open_store(demo_path)
    configure(store, f"http://127.0.0.1:{receiver.port}/in?key=quiet")
    admin = Visitor(product.create_app(store, region))
    forged = admin.post("/webhooks/test", "/webhooks", name="http://10.0.0.1/", url="http://10.0.0.1/")
    assert forged.status_code == 404 and hooks_page(store).deliveries == []
    assert admin.post("/webhooks/test", "/webhooks", name="screen").status_code == 303
    postman(store).round()
    assert admin.post(f"/webhooks/{only(store).id}/again", "/webhooks").status_code == 303
    assert admin.post("/webhooks/999/again", "/webhooks").status_code == 404
    postman(store, Clock()).round()
    assert len(receiver.got) == 2
    shown = body(admin.client.get("/webhooks")) + body(admin.client.get("/metrics"))
    assert "已送达" in shown and 'bluesky_webhook_deliveries{state="done"} 1' in shown
    with store.read() as connection:
        told = str(audit.about(connection, "webhook screen", 9))
    assert "webhook_test" in told and "webhook_again" in told
    kept = store.path.read_bytes() + store.path.with_name(store.path.name + "-wal").read_bytes()
    for text in (shown, told, kept.decode("utf-8", "replace")):
        assert PLAIN.decode() not in text and SECRET not in text and "key=quiet" not in text
    store.close()
