"""How the application is reached: whose word about the visitor is believed, and who sits at this machine itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

FORWARDED = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX", "HTTP_X_REAL_IP", "HTTP_FORWARDED",
)  # fmt: skip
PEER, PASSED_ON = "bluesky.peer", "bluesky.passed_on"
UNKNOWN_HOST = "网址中的主机名不对，请用管理员给的地址打开。 / Unknown host name; use the address the administrator gave you.\n"


@dataclass(frozen=True)
class Front:
    """What stands before the application.

    Attributes:
        https: it is reached over TLS only. shared: from other machines, too. proxies: addresses whose
            ``X-Forwarded-*`` are believed. hosts: names it answers to; empty for any.
    """

    https: bool = False
    shared: bool = False
    proxies: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


def stand_before(app: Flask, front: Front) -> None:
    """Let every request pass the front."""
    app.extensions["bluesky_front"] = front
    app.wsgi_app = _Door(app.wsgi_app, front)  # type: ignore[method-assign]  # Flask's own way to wrap it


class _Door:
    def __init__(self, application: Callable[..., Any], front: Front) -> None:
        self.front, self.direct = front, application
        self.passed_on = ProxyFix(application, x_for=1, x_proto=1, x_host=1)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        peer = environ[PEER] = environ.get("REMOTE_ADDR", "")
        inner = self.direct
        if peer in self.front.proxies:
            inner = self.passed_on
        else:
            environ[PASSED_ON] = any(name in environ for name in FORWARDED)
            for name in FORWARDED:
                environ.pop(name, None)
        if self.front.hosts and _name(environ.get("HTTP_HOST", "")) not in self.front.hosts:
            body = UNKNOWN_HOST.encode()
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
            return [body]
        answer: Iterable[bytes] = inner(environ, start_response)
        return answer


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).casefold()


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_local() -> bool:
    """Whether the request comes from this machine, and nobody passed it on."""
    return is_loopback(request.remote_addr or "") and not request.environ.get(PASSED_ON)


def peer() -> str:
    """The address of whoever opened the connection: a proxy's, where one stands before."""
    return str(request.environ.get(PEER, request.remote_addr or ""))


def one_click() -> bool:
    """Whether the example's people may be entered without a password: only on a site nobody else can reach."""
    front: Front = current_app.extensions["bluesky_front"]
    return is_local() and not front.shared and not front.proxies
