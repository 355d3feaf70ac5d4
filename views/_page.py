"""What a page is: a URL, a function, a permission. A route without a permission stops the start."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Flask

from geo.errors import NotFound, Unavailable
from services.scope import ALL, Permission, local_principal, may


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


def register(app: Flask, pages: Iterable[Page]) -> None:
    """Make pages reachable, each behind its permission.

    Raises:
        RouteUnprotected: a page without a known permission.
    """
    for page in pages:
        if page.permission not in ALL:
            raise RouteUnprotected(rule=page.rule)
        app.add_url_rule(page.rule, page.name, _guarded(page), methods=list(page.methods))


def _guarded(page: Page) -> Callable[..., Any]:
    @wraps(page.show)
    def show(**values: Any) -> Any:
        if not may(local_principal(), page.permission):
            raise NotFound(what=page.rule)
        return page.show(**values)

    return show
