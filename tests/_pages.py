"""What every browser test needs: an ear on the page, and waiting that the page's policy does not forbid."""

from __future__ import annotations

import re
import time
from typing import Any

PATIENCE_SECONDS = 10.0


class Ear:
    """What a page says, asks for and is refused."""

    def __init__(self, page: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda fault: self.said.append(str(fault)))
        page.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))


def enter(page: Any, address: str, name: str = "demo-admin") -> None:
    """Log in to the example city as by one click, without drawing the page it leads to; clicking has tests of its own."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.request.get(f"{address}/login").text())
    assert token
    form = {"csrf_token": token[1], "name": name}
    answer = page.request.post(f"{address}/login/example", form=form, max_redirects=0, headers={"Referer": f"{address}/login"})
    assert answer.status == 303, answer.status


def until(page: Any, expression: str) -> None:
    """Wait for a JavaScript expression to be true.

    Playwright's own ``wait_for_function`` evaluates its text inside the page, which the policy refuses.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not _true_now(page, expression):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(20)


def _true_now(page: Any, expression: str) -> bool:
    """Whether it is true; a page that is only coming has no body yet, and one that goes away answers nothing."""
    from playwright.sync_api import Error

    try:
        return bool(page.evaluate(f"document.body !== null && ({expression})"))
    except Error as fault:
        if "Execution context was destroyed" in str(fault):
            return False
        raise
