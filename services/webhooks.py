"""事件推送 webhooks: configured systems of the intranet are told of publications and of new violations.

Events are written with what they tell of and delivered afterwards by one process at a time: at least once, signed
(Standard Webhooks), again after a growing pause, for three days.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
import os
import random
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from geo.errors import BlueSkyError, NotFound
from geo.region import Region
from services._hook_door import Answer, Closed, Resolver, addresses_of, check_address, post, signature
from services._hook_settings import PING, SECRET_MARK, Hook, WebhooksUnusable, hooks_of, settings_file
from services._outbox import put
from store import audit, changes, hooks
from store.hooks import UNREAD, Delivery
from store.open import Store

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 4 * 3600.0
LONGEST_HOLD = dt.timedelta(minutes=5)
"""How long one message that fails holds up the others of its address."""
GIVEN_UP_AFTER = dt.timedelta(days=3)
LEASE = dt.timedelta(seconds=60)
EVERY_SECONDS = 3.0
AT_ONCE, MOST_SHOWN = 200, 100
OUTCOMES = {
    "": ("尚未发送", "not sent yet"), "done": ("对方已接收", "received"), "status": ("对方返回错误", "answered with an error"),
    "redirect": ("对方要求转到别处，未跟随", "redirected; not followed"), "gone": ("对方已停用此地址", "the address is gone"),
    "public": ("不是内网地址，未发送", "not an intranet address; nothing was sent"),
    "unresolved": ("找不到该主机名", "the host name is unknown"), "unreachable": ("连接被拒绝", "connection refused"),
    "timeout": ("超时", "timed out"), "cut": ("连接中断", "the connection broke"),
    "tls": ("证书不可信", "certificate not trusted"),
    "unconfigured": ("配置中已没有此地址", "no longer configured"),
}  # fmt: skip
STATES = {"waiting": ("待发送", "waiting"), "done": ("已送达", "delivered"), "given_up": ("已放弃", "given up")}

log = logging.getLogger("bluesky.webhooks")


class HookUnknown(NotFound):
    """No configured address, or delivery, of that name."""

    zh = "没有推送“{what}”，请在服务器的配置文件中核对名称。"
    en = "There is no webhook “{what}”; see the configuration at the server."


@dataclass(frozen=True)
class HooksPage:
    """What an administrator sees: addresses without their secrets, the last deliveries, what is wrong with the file."""

    file: str
    hooks: list[Hook]
    deliveries: list[Delivery]
    counts: dict[str, int]
    fault: WebhooksUnusable | None


@dataclass
class Round:
    """What a round of delivering did; ``busy``: another process is at it."""

    sent: int = 0
    failed: int = 0
    busy: bool = False


def hooks_page(store: Store) -> HooksPage:
    """Addresses, deliveries and faults."""
    found, fault = _configured(store)
    with store.read() as connection:
        latest, counts = hooks.latest(connection, MOST_SHOWN), hooks.counts(connection)
    return HooksPage(settings_file(store).name, found, latest, counts, fault)


def _configured(store: Store) -> tuple[list[Hook], WebhooksUnusable | None]:
    try:
        return hooks_of(store), None
    except WebhooksUnusable as fault:
        return [], fault


def faults(store: Store, resolve: Resolver = addresses_of) -> list[str]:
    """What is wrong with the configuration, one line each; no secret in it."""
    found, fault = _configured(store)
    path = settings_file(store)
    wrong = [fault.sentence()] if fault else []
    if os.name == "posix" and path.is_file() and path.stat().st_mode & 0o077:
        wrong.append(f"{path.name}: chmod 600")
    for hook in found:
        try:
            check_address(hook, resolve)
        except Closed as closed:
            wrong.append(f"{hook.name}: {OUTCOMES[closed.args[0]][0]} / {OUTCOMES[closed.args[0]][1]}")
    return wrong


def new_secret() -> str:
    """A secret to write into the configuration and to give to the receiver."""
    return SECRET_MARK + base64.b64encode(secrets.token_bytes(32)).decode()


def send_test(store: Store, name: str, actor: str) -> int:
    """Let a ``ping`` go to a configured address; returns the number of its delivery.

    Raises:
        HookUnknown: only what the configuration names can be tested. WebhooksUnusable.
    """
    if name not in {hook.name for hook in hooks_of(store)}:
        raise HookUnknown(what=name[:60])
    with audit.writing(store) as connection:
        at = changes.moment(connection)
        numbers = put(connection, store, PING, {}, at, only=name)
        audit.append(connection, store, audit.Entry(actor, "webhook_test", f"webhook {name}", {"delivery": numbers[0]}), at)
    return numbers[0]


def send_again(store: Store, number: int, actor: str) -> None:
    """Let a delivery go out once more, with the same id.

    Raises:
        HookUnknown: no such delivery.
    """
    with audit.writing(store) as connection:
        found = hooks.of_number(connection, number)
        if found is None:
            raise HookUnknown(what=str(number))
        now = dt.datetime.now(dt.UTC)
        hooks.change(connection, number, {"state": "waiting", "since": now, "due_at": now, "tries": 0})
        entry = audit.Entry(actor, "webhook_again", f"webhook {found.hook}", {"delivery": number, "event": found.uid})
        audit.append(connection, store, entry, changes.moment(connection))


def message(region: Region, one: Delivery) -> bytes:
    """The body of a delivery."""
    told = {
        "id": one.uid, "type": one.type, "timestamp": one.at.isoformat(), "city": region.code, "sequence": one.sequence,
        "data": one.data,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class Postman:
    """Delivers what waits. ``who``: told apart from other processes; ``clock``: the present instant (UTC)."""

    store: Store
    region: Region
    resolve: Resolver = addresses_of
    patience: float = 10.0
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    who: str = field(default_factory=lambda: secrets.token_hex(8))

    def round(self) -> Round:
        """Send everything that is due, oldest event first; an address that fails waits until the next round."""
        done, now = Round(), self.clock()
        with self.store.read() as connection:
            if not hooks.due(connection, now, 1):
                return done
        found, fault = _configured(self.store)
        if fault is not None:
            return done  # it waits until the file is mended; check and the page tell
        if not self._lease():
            return Round(busy=True)
        try:
            self._deliver({hook.name: hook for hook in found}, self._due(found, now), done)
        finally:
            with self.store.write() as connection:
                hooks.take_lease(connection, self.who, self.clock(), self.clock())
        return done

    def _due(self, found: list[Hook], now: dt.datetime) -> list[Delivery]:
        with self.store.write() as connection:
            for one in hooks.due(connection, now, AT_ONCE):
                if one.hook == UNREAD:
                    hooks.spread(connection, one, [hook.name for hook in found if one.type in hook.events])
            return hooks.due(connection, now, AT_ONCE)

    def _lease(self) -> bool:
        with self.store.write() as connection:
            return hooks.take_lease(connection, self.who, self.clock(), self.clock() + LEASE)

    def _deliver(self, known: dict[str, Hook], due: list[Delivery], done: Round) -> None:
        failed: set[str] = set()
        for one in due:
            if one.hook in failed:
                continue
            hook = known.get(one.hook)
            answer = self._send(hook, one) if hook else Answer("unconfigured")
            with self.store.write() as connection:
                if not hooks.take_lease(connection, self.who, self.clock(), self.clock() + LEASE):
                    return  # held up so long that another took over; what was sent may be sent twice
                facts = self._after(one, answer)
                hooks.change(connection, one.id, facts)
                if facts["state"] == "waiting":
                    hooks.hold(connection, one.hook, min(facts["due_at"], self.clock() + LONGEST_HOLD))
            if answer.outcome == "done":
                done.sent += 1
            else:
                done.failed += 1
                failed.add(one.hook)

    def _send(self, hook: Hook, one: Delivery) -> Answer:
        body, moment = message(self.region, one), int(self.clock().timestamp())
        headers = {
            "Content-Type": "application/json", "User-Agent": "bluesky-map", "webhook-id": one.uid,
            "webhook-timestamp": str(moment), "webhook-signature": signature(hook.secrets, one.uid, moment, body),
        }  # fmt: skip
        return post(hook, body, headers, self.resolve, self.patience)

    def _after(self, one: Delivery, answer: Answer) -> dict[str, Any]:
        """The row after a try."""
        now = self.clock()
        facts: dict[str, Any] = {"tries": one.tries + 1, "tried_at": now, "outcome": answer.outcome, "status": answer.status}
        if answer.outcome == "done":
            return facts | {"state": "done"}
        if answer.outcome == "gone" or now - one.since >= GIVEN_UP_AFTER:
            return facts | {"state": "given_up"}
        return facts | {"state": "waiting", "due_at": now + dt.timedelta(seconds=pause(one.tries + 1))}


def pause(tries: int) -> float:
    """Seconds until the next try: doubling from 10 s to 4 h, less up to a half by chance, so that not all come at once."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 20)) * random.uniform(0.5, 1.0)


class Worker:
    """Delivers in the background while the site runs."""

    def __init__(self, store: Store, region: Region, every: float = EVERY_SECONDS) -> None:
        self.postman, self.every = Postman(store, region), every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=2 * self.postman.patience)

    def _work(self) -> None:
        while not self._end.wait(self.every):
            try:
                self.postman.round()
            except BlueSkyError as fault:
                log.warning("webhooks: %s", fault)
            except Exception:
                log.exception("webhooks")  # whatever it was, the next round tries again
