"""Sends one message to one configured address: inside the intranet only, to exactly the address that was looked at.

A name is resolved once, every address found must be loopback or private, and the connection goes to the first of them,
so that a name that answers differently the next moment leads nowhere else. No redirect is followed, no proxy is asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services._hook_settings import Hook

_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128")
PRIVATE = tuple(map(ipaddress.ip_network, _NETWORKS))
PATIENCE_SECONDS = 10.0
READ_BYTES = 1024
Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """How a try ended: ``done`` or what went wrong (a key of ``webhooks.OUTCOMES``), and the status that came back."""

    outcome: str
    status: int | None = None


def signature(secrets: Sequence[bytes], uid: str, moment: int, body: bytes) -> str:
    """The header ``webhook-signature`` (Standard Webhooks, ``v1``): one signature for each secret, the present one first."""
    signed = f"{uid}.{moment}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.new(one, signed, hashlib.sha256).digest()).decode() for one in secrets)


def addresses_of(host: str, port: int) -> list[str]:
    """Every address a name has now."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_private(address: str) -> bool:
    """Whether an address is this machine's or of a private network (RFC 1918, fc00::/7); so is an IPv4 within an IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any((mapped or found) in network for network in PRIVATE)


def check_address(hook: Hook, resolve: Resolver = addresses_of) -> str:
    """The address to connect to.

    Raises:
        Closed: the name is unknown, or one of its addresses is not within the intranet.
    """
    port = hook.parts.port or (443 if hook.parts.scheme == "https" else 80)
    try:
        found = list(resolve(hook.parts.hostname or "", port))
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise Closed("unresolved")
    if not all(map(is_private, found)):
        raise Closed("public")
    return found[0]


class Closed(Exception):
    """An address that nothing is sent to; ``args[0]`` says why."""


class _Pinned(http.client.HTTPConnection):
    """A connection to an address already looked at; the name is told to the server and its certificate held against it."""

    def __init__(self, hook: Hook, address: str, patience: float) -> None:
        self.address, self.secure, self.late = address, hook.parts.scheme == "https", False
        self.default_port = 443 if self.secure else 80
        super().__init__(hook.parts.hostname or "", hook.parts.port or self.default_port, timeout=patience)
        self.trusted = ssl.create_default_context(cafile=hook.ca or None) if self.secure else None

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.trusted is not None:
            self.sock = self.trusted.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End it from another thread, whatever it waits for: it took too long."""
        self.late = True
        try:
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def post(
    hook: Hook, body: bytes, headers: dict[str, str], resolve: Resolver = addresses_of, patience: float = PATIENCE_SECONDS
) -> Answer:
    """Send a message and read the beginning of what comes back; never raises for what the other side does.

    Args:
        patience: seconds for everything together.
    """
    try:
        connection = _Pinned(hook, check_address(hook, resolve), patience)
    except Closed as fault:
        return Answer(str(fault.args[0]))
    except (OSError, ValueError):  # the file of certificates
        return Answer("tls")
    watch = threading.Timer(patience, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        target = (hook.parts.path or "/") + (f"?{hook.parts.query}" if hook.parts.query else "")
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        answer.read(READ_BYTES)
        return Answer("timeout") if connection.late else _judged(answer.status)
    except (OSError, http.client.HTTPException) as fault:
        return Answer("timeout" if connection.late else _reason(fault))
    finally:
        watch.cancel()
        connection.close()


def _reason(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "timeout"
    if isinstance(fault, ssl.SSLError):
        return "tls"
    return "unreachable" if isinstance(fault, ConnectionRefusedError) else "cut"


def _judged(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer("done", status)
    if status == http.HTTPStatus.GONE:
        return Answer("gone", status)
    return Answer("redirect" if 300 <= status < 400 else "status", status)
