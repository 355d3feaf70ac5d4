"""The web server: one for plain HTTP and for TLS, pure Python, the same on every system."""

from __future__ import annotations

import logging
import re
import signal
import socket
import ssl
from pathlib import Path
from typing import Any

from cheroot.errors import FatalSSLAlert
from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10, Server

from geo.errors import Unavailable

THREADS, WAITING = 12, 128
LARGEST_HEADERS, LARGEST_BODY = 64 * 1024, 150_000_000
BLOCK = 1 << 16
TLS_HELLO = b"\x16"
PLAIN_REQUEST = re.compile(rb"(?s)GET (/[!-~]*) HTTP/1\.[01]\r\n(?:.*\r\n)?[Hh]ost: *([\w.\-:\[\]]+)\r\n")

log = logging.getLogger("bluesky.server")


class PortTaken(Unavailable):
    """Another program listens there already."""

    zh = "端口 {port} 已被占用，请用 --port 换一个。"
    en = "Port {port} is taken; choose another with --port."


class HostUnusable(Unavailable):
    """An address that is not one of this machine's."""

    zh = "不能在地址 {host} 上监听（{detail}），请用 --host 写本机的一个地址。"
    en = "Cannot listen on {host} ({detail}); name an address of this machine with --host."


class CertificateUnusable(Unavailable):
    """A certificate or key that cannot be read, or that do not belong together."""

    zh = "证书或私钥不可用（{detail}），请检查 --tls-cert 和 --tls-key（PEM 格式，私钥不加密）。"
    en = "The certificate or its key cannot be used ({detail}); see --tls-cert and --tls-key (PEM, key without a password)."


class _Gateway(Gateway_10):
    """A request as the application gets it."""

    def get_environ(self) -> dict[str, Any]:
        """The WSGI environment: paths wholly decoded, no header whose name only looks like another's."""
        headers = self.req.inheaders
        for name in [name for name in headers if b"_" in name]:
            del headers[name]  # X_Remote_User would be told as X-Remote-User
        environ: dict[str, Any] = super().get_environ()
        environ["PATH_INFO"] = re.sub("%2F", "/", environ["PATH_INFO"], flags=re.IGNORECASE)
        return environ

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Before the answer, take what the application left unread, a block at a time: the server would hold all of it."""
        left = getattr(self.req.rfile, "remaining", 0)
        while left > 0 and self.req.rfile.read(min(BLOCK, left)):
            left = self.req.rfile.remaining
        return super().start_response(status, headers, exc_info)


class _Tls(BuiltinSSLAdapter):
    """TLS whose handshake happens in the worker's thread: a silent client holds up nobody but itself."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """The socket made secure at its first read."""
        try:
            wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError as fault:
            raise FatalSSLAlert(*fault.args) from fault
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}


class _Connection(HTTPConnection):
    """A connection that shows somebody who typed http:// the way to https://."""

    def communicate(self) -> bool:
        """One request; whether the connection stays open."""
        try:
            if isinstance(self.socket, ssl.SSLSocket) and self.socket.version() is None:
                if self._speaks_plainly():
                    return False
                self.socket.do_handshake()
            return bool(super().communicate())
        except OSError as fault:  # a client that left, or speaks something else
            log.debug("connection dropped: %s", fault)
            return False

    def _speaks_plainly(self) -> bool:
        """Whether no TLS comes; then the browser is sent on. The raw socket is read, beneath its TLS."""
        raw = socket.socket
        if raw.recv(self.socket, 1, socket.MSG_PEEK) in (b"", TLS_HELLO):
            return False
        found = PLAIN_REQUEST.match(raw.recv(self.socket, BLOCK))
        where = b"https://" + found[2] + found[1] if found else b""
        head = b"HTTP/1.1 " + (b"301 Moved Permanently\r\nLocation: " + where if where else b"400 Bad Request")
        raw.sendall(self.socket, head + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return True


class _Server(Server):
    """The server with our limits; what it has to report goes to the log file."""

    max_request_header_size = LARGEST_HEADERS
    max_request_body_size = LARGEST_BODY
    keep_alive_conn_limit = 200
    ConnectionClass = _Connection

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """One line for the administrator; connections that clients drop are no news."""
        if level >= logging.ERROR:
            log.log(level, msg, exc_info=traceback)


def make_server(application: Any, host: str, port: int, tls: tuple[Path, Path] | None = None) -> Any:
    """A server that listens already; ``serve()`` runs it, ``stop()`` ends it.

    Args:
        port: 0 for any free one; ``bind_addr[1]`` tells which. tls: files of the certificate and its key (PEM).
    Raises:
        PortTaken, HostUnusable, CertificateUnusable: nothing listens.
    """
    server = _Server((host, port), application, numthreads=THREADS, server_name="bluesky", request_queue_size=WAITING)
    server.gateway = _Gateway
    if tls is not None:
        server.ssl_adapter = _adapter(*tls)
    _try_address(host, port)
    try:
        server.prepare()
    except OSError as fault:
        raise PortTaken(port=port) from fault
    return server


def run(server: Any) -> None:
    """Serve until Ctrl+C or the system's word (SIGTERM) ends it; requests under way are finished."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        server.serve()
    finally:
        server.stop()


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(0)


def _try_address(host: str, port: int) -> None:
    """The server tells every failed bind alike; here it shows whose fault it is."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((*place[:1], 0, *place[2:]))
    except OSError as fault:
        raise HostUnusable(host=host, detail=fault.strerror or "error") from fault


def _adapter(certificate: Path, key: Path) -> _Tls:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as fault:  # SSLError is an OSError
        raise CertificateUnusable(detail=getattr(fault, "strerror", None) or "PEM") from fault
    return _Tls(context)
