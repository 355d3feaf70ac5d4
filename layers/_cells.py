"""The one text form of every canonical cell value, and the way back.

Used by the store, exports and the inputs of findings, so that the same value has the same
bytes everywhere: lists joined by ``;``, decimals without exponent or trailing zeros, ISO dates.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from layers._layer import Column

LIST_MARK = ";"


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros of its fraction and without exponent (4.0 → 4, 1E+2 → 100)."""
    return Decimal(_plain_text(value))


def _plain_text(value: Decimal) -> str:
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def to_text(column: Column, value: Any) -> str:
    """The canonical text of a cell.

    Args:
        column: the column the value stands in.
        value: a canonical value (str, tuple of str, Decimal, date, datetime) or None.
    Returns:
        Text; empty for None.
    """
    if value is None:
        return ""
    if isinstance(value, tuple):
        return LIST_MARK.join(value)
    if isinstance(value, Decimal):
        return _plain_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def from_text(column: Column, text: str | None) -> Any:
    """The canonical value of a text written by :func:`to_text`.

    Raises:
        ValueError: the text is not the canonical text of this kind of column.
    """
    if text is None or text == "":
        return None
    if column.kind in ("enum_list", "text_list"):
        return tuple(text.split(LIST_MARK))
    if column.kind == "number" or (column.kind == "percent" and text != "na"):
        return _decimal(text)
    if column.kind == "date":
        return dt.date.fromisoformat(text)
    if column.kind == "datetime":
        return dt.datetime.fromisoformat(text)
    return text


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError as fault:
        raise ValueError(f"not a number: {text!r}") from fault
