"""Column types that mean the same in SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

import shapely
from sqlalchemy import LargeBinary, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Geometry(TypeDecorator[Any]):
    """A shapely geometry as little-endian WKB; what a spatial database makes of it is its own DDL's business."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """shapely → WKB; bytes are WKB already, made for whole columns at once."""
        return value if value is None or isinstance(value, bytes) else bytes(shapely.to_wkb(value, byte_order=1))

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """WKB stays bytes: frames turn whole columns into geometries at once."""
        return None if value is None else bytes(value)


@lru_cache(maxsize=64)
def _stamp(value: dt.datetime) -> str:
    """An instant as text; thousands of rows of one change share theirs."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Moment(TypeDecorator[dt.datetime]):
    """An instant in UTC as ISO text with microseconds, so that text order is time order everywhere."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:
        """aware datetime → text."""
        return None if value is None else _stamp(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """text → aware datetime."""
        return None if value is None else dt.datetime.fromisoformat(value).astimezone(dt.UTC)
