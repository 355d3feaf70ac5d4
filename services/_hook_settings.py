"""Which addresses are told of what: a file at the machine, beside the store; nothing of it ever comes by a request."""

from __future__ import annotations

import base64
import binascii
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from geo.errors import Unavailable
from store.open import Store

PUBLISHED, WITHDRAWN, NEW_FINDINGS, PING = "zone.published", "zone.withdrawn", "findings.new", "ping"
EVENTS = (PUBLISHED, WITHDRAWN, NEW_FINDINGS)
"""What an address can ask for; a ``ping`` is sent to the one that is tested."""
SECRET_MARK = "whsec_"
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
"""Bytes, as Standard Webhooks has it."""
NAME = re.compile(r"[\w.-]{1,60}")
KNOWN = {"name", "url", "events", "secret", "ca"}


class WebhooksUnusable(Unavailable):
    """A configuration of webhooks that cannot be used."""

    zh = "事件推送配置“{file}”不可用（{detail}），请在服务器上改正；事件会保留，改正后补发。"
    en = "The webhooks' configuration “{file}” cannot be used ({detail}); mend it at the server. Events are kept and sent then."


@dataclass(frozen=True)
class Hook:
    """One address: which events it wants, and the secrets its messages are signed with (the first is the present one).

    Attributes:
        ca: a file of certificates to trust instead of the system's, for https within an intranet.
    """

    name: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    secrets: tuple[bytes, ...] = field(repr=False)
    ca: str = ""

    @property
    def parts(self) -> SplitResult:
        """Its address in parts."""
        return urlsplit(self.url)

    @property
    def shown(self) -> str:
        """Its address as pages show it: without what may be a key."""
        parts = self.parts
        return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")


def settings_file(store: Store) -> Path:
    """Where the configuration lies: ``BLUESKY_WEBHOOKS``, or beside the store."""
    named = os.environ.get("BLUESKY_WEBHOOKS", "").strip()
    return Path(named) if named else store.path.with_name(store.path.name + ".webhooks.toml")


def hooks_of(store: Store) -> list[Hook]:
    """Every configured address; none where there is no file.

    Raises:
        WebhooksUnusable: what is wrong with the file, without any secret in it.
    """
    path = settings_file(store)
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if os.environ.get("BLUESKY_WEBHOOKS", "").strip():
            raise WebhooksUnusable(file=path.name, detail="BLUESKY_WEBHOOKS: 没有这个文件 / no such file") from None
        return []
    except (OSError, UnicodeDecodeError) as fault:
        raise WebhooksUnusable(file=path.name, detail=getattr(fault, "strerror", None) or "UTF-8") from None
    except tomllib.TOMLDecodeError as fault:
        place = re.search(r"\(at [^)]*\)", str(fault))  # the message may quote a line, and a line may hold a secret
        raise WebhooksUnusable(file=path.name, detail=f"TOML {place[0] if place else ''}".strip()) from None
    try:
        return _read(told)
    except ValueError as fault:
        raise WebhooksUnusable(file=path.name, detail=str(fault)) from None


def _read(told: dict[str, Any]) -> list[Hook]:
    rows = told.get("webhook", [])
    if set(told) - {"webhook"} or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("[[webhook]]")
    found = [_hook(row) for row in rows]
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"name {twice[0]}: 重复 / twice")
    return found


def _hook(row: dict[str, Any]) -> Hook:
    """One table of the file.

    Raises:
        ValueError: what is wrong with it.
    """
    name, url, events, ca = row.get("name", ""), row.get("url", ""), row.get("events", list(EVENTS)), row.get("ca", "")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError("name")
    unknown = sorted(set(row) - KNOWN)
    if unknown:
        raise ValueError(f"{name}: {unknown[0][:20]}")
    if not isinstance(url, str) or not _usable(url):
        raise ValueError(f"{name}: url（http:// 或 https://，不含用户名 / without a user name）")
    if not isinstance(events, list) or not events or set(map(str, events)) - set(EVENTS):
        raise ValueError(f"{name}: events {' '.join(EVENTS)}")
    if not isinstance(ca, str) or (ca and not Path(ca).is_file()):
        raise ValueError(f"{name}: ca")
    given = row.get("secret", "")
    secrets = tuple(secret_bytes(one) for one in (given if isinstance(given, list) else [given]))
    if not secrets or not all(secrets):
        raise ValueError(f"{name}: secret（{SECRET_MARK}…，{SHORTEST_SECRET}–{LONGEST_SECRET} bytes；webhooks secret）")
    return Hook(name, url, tuple(events), secrets, ca)


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and not parts.fragment
    whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.password is None
    return plain and whole and (port is None or port > 0)


def secret_bytes(text: object) -> bytes:
    """The bytes of a secret ``whsec_…``; none for one that is not one, or too short or long."""
    if not isinstance(text, str) or not text.startswith(SECRET_MARK):
        return b""
    try:
        found = base64.b64decode(text.removeprefix(SECRET_MARK), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return found if SHORTEST_SECRET <= len(found) <= LONGEST_SECRET else b""
