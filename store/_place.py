"""Where a store is: a file, or a database of a server with a folder for what lies beside it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from geo.errors import WrongUsage

INSTANCE = Path(__file__).resolve().parent.parent / "instance"
DATA_DIR = "BLUESKY_DATA_DIR"
"""The setting that names the folder of a server's store."""

_ADDRESS = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+]+):/")
_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql+psycopg", "postgresql", "postgres")


class DatabaseUnsupported(WrongUsage):
    """A database this version cannot use."""

    zh = "不支持数据库“{name}”，请使用 SQLite 文件路径或 postgresql+psycopg:// 地址。"
    en = "The database “{name}” is not supported; use the path of an SQLite file or a postgresql+psycopg:// address."


class AddressWrong(WrongUsage):
    """The address of a database that does not say enough."""

    zh = "数据库地址写得不完整，应为 postgresql+psycopg://用户:密码@主机:5432/库名，请改正后重试。"
    en = "The address of the database is not whole; write postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE and try again."


@dataclass(frozen=True)
class Place:
    """Where one store is.

    Attributes:
        path: the SQLite file; of a server's store, what its files are called after: key, anchor, photos, uploads, indexes.
        url: address of the server's database; None for a file.
    """

    path: Path
    url: URL | None = None

    @property
    def name(self) -> str:
        """What it is called in sentences: never a password."""
        return self.path.name if self.url is None else str(self.url.database)

    @property
    def identity(self) -> str:
        """What tells it from other stores of this machine."""
        return str(self.path.resolve()) if self.url is None else f"{self.url.render_as_string()} {self.path.resolve()}"


@dataclass(frozen=True)
class Look:
    """What a file or database turned out to be: its tables, whose it says it is, at which schema."""

    tables: frozenset[str]
    product: str | None
    schema: str | None


def place_of(told: str | Path | Place, folder: Path | None = None) -> Place:
    """What somebody wrote as a place.

    Args:
        told: path of an SQLite file, ``sqlite:///PATH`` or ``postgresql+psycopg://…/DATABASE``.
        folder: of a server's store, where its files lie; default ``BLUESKY_DATA_DIR``, else ``instance/DATABASE``.
    Raises:
        DatabaseUnsupported, AddressWrong: nothing that can be opened.
    """
    if isinstance(told, Place):
        return told
    text = str(told)
    if text.startswith(_SQLITE):
        return Place(Path(text.removeprefix(_SQLITE)))
    address = _ADDRESS.match(text)
    if address is None:
        return Place(Path(told))
    if address["name"] not in _POSTGRESQL or isinstance(told, Path):
        raise DatabaseUnsupported(name=address["name"])
    url = _url_of(text)
    chosen = folder or (Path(os.environ[DATA_DIR]) if os.environ.get(DATA_DIR) else INSTANCE / _plain(str(url.database)))
    return Place(chosen / "store", url)


def _url_of(text: str) -> URL:
    try:
        url = make_url(text).set(drivername=_POSTGRESQL[0])
    except (ArgumentError, ValueError) as fault:
        raise AddressWrong() from fault
    if not url.database:
        raise AddressWrong()
    return url


def _plain(name: str) -> str:
    """A database's name as a folder's."""
    return re.sub(r"[^\w-]", "_", name)
