"""What a client of the OGC API asks for: systems, boxes, days, pages and filters, each refused with a sentence that helps."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from geo import crs as systems
from geo.errors import NotFound, WrongUsage
from geo.region import Region
from layers._cells import from_text, to_text
from layers._layer import Column, Layer
from services.scope import Principal, may

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
DEFAULT_LIMIT, MOST = 100, 10_000
ITEMS = ("bbox", "bbox-crs", "crs", "datetime", "limit", "next")
RESERVED = frozenset((*ITEMS, "f", "lang", "as_of"))
"""Parameters of our own: a column of such a name is served, but cannot be asked for."""
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?")
_MARK = 9
_SHOWN = 60


class ParameterUnknown(WrongUsage):
    """A parameter this address does not take."""

    zh = "没有参数“{name}”，请去掉或改正；这里可用：{known}。"
    en = "There is no parameter “{name}”; drop or correct it. Here you may use: {known}."


class ParameterTwice(WrongUsage):
    """A parameter given more than once."""

    zh = "参数 {name} 只能写一次，请只保留一个值。"
    en = "The parameter {name} may be given once only; keep one value."


class ParameterWrong(WrongUsage):
    """A value a parameter cannot have."""

    zh = "参数 {name} 的值“{value}”不可用：{hint}。"
    en = "The value “{value}” of {name} cannot be used: {hint_en}."


class CollectionUnknown(NotFound):
    """A collection that does not exist, or may not be seen: both look the same."""

    zh = "没有图层“{what}”，可用图层见 /ogc/collections。"
    en = "There is no collection “{what}”; /ogc/collections lists them."


class FeatureUnknown(NotFound):
    """A feature that does not exist, or may not be seen: both look the same."""

    zh = "图层 {layer} 中没有“{what}”，请从 items 列表中取编号。"
    en = "There is no feature “{what}” in {layer}; take its id from the list of items."


@dataclass(frozen=True)
class System:
    """A coordinate system as clients name it; ``swapped`` where the registry puts north before east."""

    uri: str
    crs: str
    swapped: bool


@dataclass(frozen=True)
class Box:
    """A box in a system: one part (west, south, east, north), or two where it crosses the antimeridian."""

    system: System
    parts: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Wish:
    """What features are asked for.

    Attributes:
        system: of the answer. window: first and last day, both inclusive, None for open. filters: (column, canonical text).
        after: id of the last feature of the page before.
    """

    system: System
    box: Box | None
    window: tuple[dt.date | None, dt.date | None]
    filters: tuple[tuple[str, str], ...]
    limit: int
    after: str | None


def offered(region: Region) -> tuple[System, ...]:
    """The coordinate systems features come in, the default one first, that of the store second."""
    names = dict.fromkeys((region.map_crs, region.judging_crs, *region.plane_crs))
    codes = ((name, name.removeprefix("EPSG:")) for name in names)
    registered = (
        System(f"http://www.opengis.net/def/crs/EPSG/0/{code}", name, systems.north_first(name)) for name, code in codes
    )
    return (System(CRS84, region.map_crs, False), *registered)


def queryable(layer: Layer, principal: Principal) -> dict[str, Column]:
    """The columns somebody may filter a layer by."""
    shown = (column for column in layer.columns if may(principal, "personal") or not column.personal)
    return {column.name: column for column in shown if column.name not in RESERVED}


def only_known(asked: Mapping[str, list[str]], known: tuple[str, ...]) -> dict[str, str]:
    """Parameters by name, each given once.

    Raises:
        ParameterUnknown, ParameterTwice: else.
    """
    for name, texts in asked.items():
        if name not in known:
            raise ParameterUnknown(name=name[:_SHOWN], known=", ".join(known))
        if len(texts) > 1:
            raise ParameterTwice(name=name)
    return {name: texts[0] for name, texts in asked.items()}


def one_of(name: str, text: str, words: Sequence[str]) -> None:
    """Refuse a word that is none of a parameter's.

    Raises:
        ParameterWrong: it is none.
    """
    if text not in words:
        raise _wrong(name, text, f"可用值：{', '.join(words)}", f"use one of {', '.join(words)}")


def system_of(region: Region, asked: Mapping[str, str], name: str) -> System:
    """The system a parameter names, CRS84 without it.

    Raises:
        ParameterWrong: one we do not offer.
    """
    known = offered(region)
    text = asked.get(name, CRS84)
    for system in known:
        if system.uri == text:
            return system
    uris = ", ".join(system.uri for system in known)
    raise _wrong(name, text, f"请用 {uris}", f"use one of {uris}")


def box_of(region: Region, asked: Mapping[str, str]) -> Box | None:
    """``bbox`` with ``bbox-crs``; its numbers stand in the order of the system's axes, heights are not looked at.

    Raises:
        ParameterWrong: no box.
    """
    system = system_of(region, asked, "bbox-crs")
    if "bbox" not in asked:
        return None
    text = asked["bbox"]
    numbers = _numbers(text)
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    west, south, east, north = (numbers[at] for at in ((1, 0, 3, 2) if system.swapped else (0, 1, 2, 3)))
    if south > north:
        raise _wrong("bbox", text, "第二组坐标应在第一组的东北，请检查次序", "its second corner must lie north-east of the first")
    degrees = systems.is_degrees(system.crs)
    if degrees and not (abs(west) <= 180 and abs(east) <= 180 and south >= -90 and north <= 90):
        order = ("纬度,经度", "latitude,longitude") if system.swapped else ("经度,纬度", "longitude,latitude")
        raise _wrong("bbox", text, f"此坐标系的次序是 {order[0]}，请检查", f"the order in this system is {order[1]}")
    if west <= east:
        return Box(system, ((west, south, east, north),))
    if not degrees:
        raise _wrong("bbox", text, "第二组坐标应在第一组的东北，请检查次序", "its second corner must lie north-east of the first")
    return Box(system, ((west, south, 180.0, north), (-180.0, south, east, north)))


def _numbers(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(math.isfinite(number) for number in numbers):
        raise _wrong("bbox", text, "请写 4 个（或 6 个）用逗号分隔的数", "give 4 (or 6) finite numbers separated by commas")
    return numbers


def window_of(region: Region, text: str | None) -> tuple[dt.date | None, dt.date | None]:
    """``datetime`` as days of the region, ends inclusive: an instant, ``a/b``, ``a/..`` or ``../b``; open without it.

    Raises:
        ParameterWrong: neither.
    """
    if text is None:
        return None, None
    ends = text.split("/")
    if len(ends) > 2 or (len(ends) == 1 and ends[0] in ("", "..")):
        raise _no_time(text)
    days = [None if len(ends) == 2 and end in ("", "..") else _day(region, end, text) for end in ends]
    first, last = days[0], days[-1]
    if first and last and first > last:
        raise _wrong("datetime", text, "起始晚于结束，请对调", "it ends before it begins; exchange the two")
    return first, last


def _day(region: Region, text: str, whole: str) -> dt.date:
    text = text.upper().replace(" ", "+")  # a plus sign that nobody encoded
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        if len(text) == 10:
            return dt.date.fromisoformat(text)
        return (dt.datetime.fromisoformat(text).astimezone(dt.UTC) + region.utc_offset).date()
    except (ValueError, OverflowError):
        raise _no_time(whole) from None


def _no_time(text: str) -> ParameterWrong:
    return _wrong(
        "datetime", text, "请写 2021-07-01、2021-07-01T00:00:00Z 或区间 2021-01-01/..",
        "write 2021-07-01, 2021-07-01T00:00:00Z or an interval such as 2021-01-01/..",
    )  # fmt: skip


def limit_of(text: str | None) -> int:
    """``limit``: 1 to 10,000, more is taken as 10,000; 100 without it.

    Raises:
        ParameterWrong: no such number.
    """
    if text is None:
        return DEFAULT_LIMIT
    digits = text.lstrip("0") if text.isascii() and text.isdigit() else ""
    if not digits:
        raise _wrong("limit", text, f"请写 1 到 {MOST} 的整数", f"give a whole number from 1 to {MOST}")
    return MOST if len(digits) > 5 else min(int(digits), MOST)


def filters_of(layer: Layer, principal: Principal, asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Property filters: column and the canonical text its value must have; empty for rows without a value.

    Raises:
        ParameterWrong: a value the column cannot hold.
    """
    known = queryable(layer, principal)
    return tuple((name, _canonical(known[name], text)) for name, text in asked.items() if name in known)


def _canonical(column: Column, text: str) -> str:
    if not text:
        return ""
    if column.vocabulary is not None:
        one_of(column.name, text, list(column.vocabulary.words))
    if column.kind == "number" or (column.kind == "percent" and text != "na"):
        if not _NUMBER.fullmatch(text):
            raise _wrong(column.name, text, "请写一个数", "give a number")
        return to_text(column, Decimal(text))
    try:
        return to_text(column, from_text(column, text.replace("T", " ")[:19] if column.kind == "datetime" else text))
    except ValueError:
        raise _wrong(column.name, text, "日期请写成 2021-07-01", "write a date like 2021-07-01") from None


def token_of(key: bytes, layer: str, last: str) -> str:
    """Where the next page begins: behind a feature, whatever comes or goes meanwhile."""
    name = last.encode()
    return base64.urlsafe_b64encode(_seal(key, layer, name) + name).decode().rstrip("=")


def after_of(key: bytes, layer: str, token: str | None) -> str | None:
    """The feature a ``next`` stands behind.

    Raises:
        ParameterWrong: it was not made here, or for another collection.
    """
    if token is None:
        return None
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        if not hmac.compare_digest(raw[:_MARK], _seal(key, layer, raw[_MARK:])):
            raise ValueError(token)
        return raw[_MARK:].decode()
    except (ValueError, binascii.Error):
        hints = ("请从第一页重新开始，并使用返回的 next 链接", "begin at the first page and follow its next link")
        raise _wrong("next", token, *hints) from None


def _seal(key: bytes, layer: str, name: bytes) -> bytes:
    return hmac.new(key, layer.encode() + b"\0" + name, hashlib.sha256).digest()[:_MARK]


def _wrong(name: str, value: str, hint: str, hint_en: str) -> ParameterWrong:
    return ParameterWrong(name=name, value=value[:_SHOWN], hint=hint, hint_en=hint_en)
