"""What a page is: a URL, a function, a permission. A route without a permission stops the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask

from geo.errors import Unavailable
from services.scope import ALL, Permission


class RouteUnprotected(Unavailable):
    """A page does not say who may see it."""

    zh = "页面“{rule}”没有声明权限，程序不能启动。"
    en = "The page “{rule}” declares no permission; the start stops here."


@dataclass(frozen=True)
class Page:
    """One page or API resource: URL rule, name, function, the permission it asks, and its methods."""

    rule: str
    name: str
    show: Callable[..., Any]
    permission: Permission
    methods: tuple[str, ...] = ("GET",)
    largest: int = 0


def register(app: Flask, pages: Sequence[Page]) -> None:
    """Make pages reachable; the gate (``views._gate``) lets in who has their permission.

    Raises:
        RouteUnprotected: a page without a known permission.
    """
    for page in pages:
        if page.permission not in ALL:
            raise RouteUnprotected(rule=page.rule)
        app.add_url_rule(page.rule, page.name, page.show, methods=list(page.methods))
    app.extensions["bluesky_permissions"] |= {page.name: page.permission for page in pages}
    app.extensions["bluesky_largest"] |= {page.name: page.largest for page in pages if page.largest}
