"""Colour scales of rasters and hot cells: classes with their colours, and squares of the map painted with them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

RAMPS = {
    "warm": ("#FFFBD6", "#FEE08B", "#FDAE61", "#F1702F", "#D03A1E", "#9B1B2E", "#5B0F3C"),
    "people": ("#F3F7E4", "#CBE3C6", "#8CC9BE", "#4EA3B8", "#2C74A8", "#2A4789", "#251F5E"),
    "ground": ("#E7F0DC", "#C9D9A8", "#E0D08F", "#C8A566", "#A0764A", "#7A5A48", "#F4F4F4"),
    "plain": ("#F2F4F5", "#D5DDE2", "#AFC0CA", "#829DAD", "#58798D", "#37566B", "#1C3445"),
    "change": ("#2166AC", "#67A9CF", "#D1E5F0", "#F7F7F7", "#FDDBC7", "#EF8A62", "#B2182B"),
}
"""Light to dark, so that the order shows without colour, too; ``change`` has its middle at no change."""
RAMP_OF = {"pm25": "warm", "dustfall": "warm", "population": "people", "elevation": "ground"}
_CLEAR = 255


@lru_cache(maxsize=64)
def colours(ramp: str, count: int) -> tuple[str, ...]:
    """So many colours of a ramp, from its first to its last."""
    stops = np.array([[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in RAMPS[ramp]], dtype=float)
    where = np.linspace(0, len(stops) - 1, count) if count > 1 else np.array([len(stops) // 2])
    mixed = np.column_stack([np.interp(where, np.arange(len(stops)), stops[:, part]) for part in range(3)])
    return tuple("#" + "".join(f"{round(value):02X}" for value in row) for row in mixed)


def classes(breaks: Sequence[float], ramp: str) -> list[dict[str, Any]]:
    """The legend of some inner limits: ``colour``, ``low`` and ``high``; a value on a limit belongs to the class below it."""
    edges: list[float | None] = [None, *breaks, None]
    shown = colours(ramp, len(breaks) + 1)
    return [{"colour": shown[n], "low": edges[n], "high": edges[n + 1]} for n in range(len(breaks) + 1)]


def class_of(values: Any, breaks: Sequence[float]) -> Any:
    """The number of the class of each value, int (same shape); a value on a limit belongs to the class below it."""
    return np.searchsorted(np.asarray(breaks, dtype=np.float64), np.asarray(values, dtype=np.float64), side="left")


def paint(values: np.ndarray[Any, Any], breaks: Sequence[float], ramp: str) -> bytes:
    """A square as PNG: float values in the colours of their classes, no data clear; imagery (…, 4) as it is."""
    written = io.BytesIO()
    if values.ndim == 3:
        Image.fromarray(values, "RGBA").save(written, "PNG", compress_level=1)
        return written.getvalue()
    marks = class_of(np.nan_to_num(values), breaks).astype(np.uint8)
    marks[np.isnan(values)] = _CLEAR
    picture = Image.fromarray(marks, "P")
    shown = colours(ramp, len(breaks) + 1)
    picture.putpalette([int(text[i : i + 2], 16) for text in shown for i in (1, 3, 5)] + [0] * 3 * (256 - len(shown)))
    picture.save(written, "PNG", transparency=_CLEAR, compress_level=1)
    return written.getvalue()


@lru_cache(maxsize=1)
def clear_tile(side: int = 256) -> bytes:
    """A square with nothing on it."""
    written = io.BytesIO()
    Image.new("RGBA", (side, side)).save(written, "PNG")
    return written.getvalue()
