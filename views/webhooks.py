"""事件推送: addresses that are told of publications and new violations, their deliveries; addresses are set at the server."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from services.webhooks import OUTCOMES, STATES, hooks_page, send_again, send_test
from views._page import Page
from views._request import language, only, principal, store

EVENT_WORDS = {
    "zone.published": ("区域发布", "zone published"), "zone.withdrawn": ("撤回发布", "publication withdrawn"),
    "findings.new": ("新增违规", "new violations"), "ping": ("测试", "test"),
}  # fmt: skip


def show() -> str:
    """Addresses, and the last deliveries with their state."""
    only(())
    return render_template("webhooks.html", active="webhooks", page=hooks_page(store()), word=_word)


def _word(kind: str, key: str) -> str:
    """An event, a state or an outcome in the visitor's language."""
    found = {"event": EVENT_WORDS, "state": STATES, "outcome": OUTCOMES}[kind].get(key, (key, key))
    return found[language() == "en"]


def test() -> Any:
    """Let a test go to a configured address."""
    send_test(store(), request.form.get("name", ""), principal().name)
    flash(gettext("测试消息已排入发送，几秒后刷新可看结果。"))
    return redirect(url_for("webhooks"), 303)


def again(number: int) -> Any:
    """Let a delivery go out once more."""
    send_again(store(), number, principal().name)
    flash(gettext("已重新排入发送。"))
    return redirect(url_for("webhooks"), 303)


PAGES = [
    Page("/webhooks", "webhooks", show, "operate"),
    Page("/webhooks/test", "webhooks_test", test, "operate", ("POST",)),
    Page("/webhooks/<int:number>/again", "webhooks_again", again, "operate", ("POST",)),
]
