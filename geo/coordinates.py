"""Reads longitudes and latitudes the way people write them.

Decimal degrees (``119.466712345``, full-width digits too) and degrees, minutes, seconds
(``119°27′35.2″``, ``119度27分35秒``, ``119 27 35.2``), with a sign or a hemisphere
(``E``, ``北纬`` …) before or after. Nothing is guessed: what is not one of these is unreadable,
with a proposal where one offers itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geo.errors import Refused

Axis = Literal["lon", "lat"]
LIMIT: dict[Axis, int] = {"lon": 180, "lat": 90}

_MARKS = str.maketrans({
    "°": "d", "º": "d", "˚": "d", "度": "d", "∘": "d",
    "′": "m", "'": "m", "’": "m", "‘": "m", "´": "m", "`": "m", "＇": "m", "分": "m",
    "″": "s", '"': "s", "”": "s", "“": "s", "＂": "s", "秒": "s",
})  # fmt: skip
_HEMISPHERES = (("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S"))
_PLAIN = re.compile(r"[+-]?\d{1,9}(?:\.\d{0,30})?", re.ASCII)
_NUMBER = r"(\d{1,9}(?:\.\d{0,30})?)"
_MARKED = re.compile(rf"{_NUMBER}d(?:{_NUMBER}m?(?:{_NUMBER}s?)?)?", re.ASCII)
_SPACED = re.compile(rf"{_NUMBER}[ :]{_NUMBER}[ :]{_NUMBER}", re.ASCII)
_COMMA = re.compile(r"([+-]?\d{1,3}),(\d{2,})", re.ASCII)


class CoordinateUnreadable(Refused):
    """A text that is no longitude or latitude; ``suggestion`` says what it may have meant."""

    zh = "“{text}”不是可用的{axis_zh}：{why_zh}"
    en = "“{text}” is no usable {axis_en}: {why_en}"

    def __init__(self, text: str, axis: Axis, why: tuple[str, str], suggestion: str | None = None) -> None:
        self.suggestion = suggestion
        names = {"lon": ("经度", "longitude"), "lat": ("纬度", "latitude")}[axis]
        super().__init__(text=text[:40], axis_zh=names[0], axis_en=names[1], why_zh=why[0], why_en=why[1])


@dataclass(frozen=True)
class Reading:
    """One coordinate as read.

    Attributes:
        degrees: float degrees, the value every test uses.
        value: the same as a decimal: the digits of the file for decimal degrees.
        whole_seconds: written as degrees, minutes and whole seconds, so known to some 15 m only.
    """

    degrees: float
    value: Decimal
    whole_seconds: bool = False


@dataclass(frozen=True)
class Readings:
    """Many coordinates of one axis: float64 degrees (NaN where nothing was read), and how each went."""

    degrees: npt.NDArray[np.float64]
    values: list[Decimal | None]
    whole_seconds: npt.NDArray[np.bool_]
    faults: dict[int, CoordinateUnreadable]


def parse(text: str, axis: Axis) -> Reading:
    """Read one longitude or latitude.

    Args:
        text: as written in the file. axis: ``lon`` or ``lat``, for hemispheres and limits.
    Raises:
        CoordinateUnreadable: not a coordinate, or beyond 180° / 90°.
    """
    if _PLAIN.fullmatch(text):
        return _checked(text, axis, Reading(float(text), Decimal(text)))
    bare, sign = _signed(text, axis)
    if _PLAIN.fullmatch(bare):
        return _checked(text, axis, Reading(sign * float(bare), sign * Decimal(bare)))
    parts = _MARKED.fullmatch(bare.replace(" ", "").replace("mm", "s")) or _SPACED.fullmatch(bare)
    if parts is None:
        raise CoordinateUnreadable(
            text, axis, ("看不懂的写法", "not a known way of writing"), _proposal(bare)
        )
    return _checked(text, axis, _from_sexagesimal(text, axis, sign, parts.groups()))


def parse_many(texts: Sequence[Any], axis: Axis) -> Readings:
    """Read a column of longitudes or latitudes.

    Args:
        texts: strings, or None where there is nothing. axis: ``lon`` or ``lat``.
    Returns:
        Readings of the same length; faults by position, never an exception.
    """
    degrees = np.full(len(texts), np.nan)
    whole = np.zeros(len(texts), dtype=np.bool_)
    values: list[Decimal | None] = [None] * len(texts)
    faults: dict[int, CoordinateUnreadable] = {}
    for position, text in enumerate(texts):
        if text is None:
            continue
        try:
            reading = parse(str(text), axis)
        except CoordinateUnreadable as fault:
            faults[position] = fault
            continue
        degrees[position] = reading.degrees
        whole[position] = reading.whole_seconds
        values[position] = reading.value
    return Readings(degrees, values, whole, faults)


def _signed(text: str, axis: Axis) -> tuple[str, int]:
    """The text without sign and hemisphere, marks unified to d, m, s; and the sign."""
    bare = unicodedata.normalize("NFKC", text.translate(_MARKS)).strip().replace("−", "-")
    for word, letter in _HEMISPHERES:
        bare = bare.replace(word, letter)
    bare = " ".join(bare.split())
    letters = [end.upper() for end in (bare[:1], bare[-1:]) if end.upper() in ("N", "S", "E", "W")]
    lower_second = bare[-1:] == "s" and re.search(r"m\s*[\d.]+\s*s$", bare) is not None
    if lower_second:
        letters = letters[:-1]
    if len(letters) > 1:
        raise CoordinateUnreadable(text, axis, ("有两个方位字母", "two hemisphere letters"))
    if letters:
        wanted = "EW" if axis == "lon" else "NS"
        if letters[0] not in wanted:
            raise CoordinateUnreadable(
                text, axis, ("方位与列不符", "the hemisphere belongs to the other axis"), "经纬度可能互换"
            )
        bare = (bare[1:] if bare[:1].upper() == letters[0] else bare[:-1]).strip()
    negative = bare.startswith("-")
    if negative and letters:
        raise CoordinateUnreadable(text, axis, ("既有负号又有方位", "both a sign and a hemisphere"))
    bare = bare[1:].strip() if bare[:1] in ("+", "-") else bare
    return bare, -1 if negative or letters in (["S"], ["W"]) else 1


def _from_sexagesimal(text: str, axis: Axis, sign: int, parts: tuple[str | None, ...]) -> Reading:
    written = [part for part in parts if part is not None]
    if any("." in part for part in written[:-1]):
        raise CoordinateUnreadable(
            text, axis, ("只有最后一段可带小数", "only the last part may have a fraction")
        )
    numbers = [Decimal(part) for part in written] + [Decimal(0)] * (3 - len(written))
    if numbers[1] >= 60 or numbers[2] >= 60:
        raise CoordinateUnreadable(text, axis, ("分、秒必须小于 60", "minutes and seconds must be below 60"))
    degrees = float(sign * (numbers[0] + (numbers[1] * 60 + numbers[2]) / 3600))
    whole = len(written) > 1 and "." not in written[-1]
    return Reading(degrees, Decimal(repr(degrees)), whole)


def _checked(text: str, axis: Axis, reading: Reading) -> Reading:
    if abs(reading.degrees) <= LIMIT[axis]:
        return reading
    if axis == "lat" and abs(reading.degrees) <= 180:
        hint = "经纬度可能互换"
    else:
        hint = "看起来是米制平面坐标，请放入 easting、northing 两列"
    raise CoordinateUnreadable(text, axis, (f"超出 ±{LIMIT[axis]}°", f"beyond ±{LIMIT[axis]}°"), hint)


def _proposal(bare: str) -> str | None:
    comma = _COMMA.fullmatch(bare)
    return f"{comma.group(1)}.{comma.group(2)}" if comma else None
