"""What every browser test needs: an ear on the page, and waiting that the page's policy does not forbid."""

from __future__ import annotations

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
    """Log in to the example city by one click, as its visitors do."""
    page.goto(f"{address}/login")
    page.locator(f"form:has(input[name=name][value='{name}']) button").click()
    page.wait_for_url(lambda url: not url.startswith(f"{address}/login"))


def until(page: Any, expression: str) -> None:
    """Wait for a JavaScript expression to be true.

    Playwright's own ``wait_for_function`` evaluates its text inside the page, which the policy refuses.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(20)
