"""Signs of printed maps as vector paths: the verdict symbols of the screen, and areas with their lines and hatches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from layers._layer import Style

FLAG, FINE, GREY, PALE, BRAND, WHITE = "#C8410B", "#1B6FAE", "#6B7280", "#A3AEB9", "#0F4C81", "#FFFFFF"
DRAWN_LAST = ("N", "C", "X", "B", "near", "U", "T", "V")
"""Kinds of symbols in drawing order: the worst lie on top."""
PX = 0.62
"""Points of paper for one pixel of a style."""


@dataclass(frozen=True)
class _Stroke:
    """One part of a symbol: a path of radius 1 and how it is painted."""

    path: Path
    fill: str | None = None
    line: str | None = None
    width: float = 0.7
    dash: tuple[float, ...] | None = None


def _ring(corners: Sequence[tuple[float, float]]) -> Path:
    return Path(np.array([*corners, corners[0]]), closed=True)


def _diamond(r: float) -> Path:
    return _ring([(0, r), (r, 0), (0, -r), (-r, 0)])


def _disc(r: float, x: float = 0.0, y: float = 0.0) -> Path:
    return Path.circle((x, y), r)


def _lines(*lines: Sequence[tuple[float, float]]) -> Path:
    return Path.make_compound_path(*(Path(np.array(line)) for line in lines))


def _question() -> list[tuple[float, float]]:
    turn = np.radians(np.linspace(170, -70, 13))
    bow = np.column_stack([0.27 * np.cos(turn), 0.22 + 0.27 * np.sin(turn)])
    return [(float(x), float(y)) for x, y in bow] + [(0.0, -0.18)]


@cache
def _strokes(kind: str) -> tuple[_Stroke, ...]:
    half = Path.wedge(90, 270)
    ring = _Stroke(_disc(0.95), WHITE, GREY)
    return {
        "V": (_Stroke(_diamond(1.18), FLAG, WHITE, 0.5),),
        "T": (_Stroke(_diamond(1.12), WHITE, FLAG, 0.9), _Stroke(_lines([(0, 0.5), (0, 0), (0.4, -0.22)]), None, FLAG, 0.6)),
        "C": (_Stroke(_disc(0.86), FINE, WHITE, 0.45),),
        "U": (
            _Stroke(_disc(0.95), WHITE, GREY, 0.7, (2.2, 1.5)),
            _Stroke(_lines(_question()), None, GREY, 0.7),
            _Stroke(_disc(0.11, 0, -0.47), GREY),
        ),
        "near": (ring, _Stroke(Path(np.asarray(half.vertices) * 0.95, half.codes), GREY)),
        "B": (ring, _Stroke(_lines([(-0.45, 0.2), (0.45, 0.2)], [(-0.45, -0.2), (0.45, -0.2)]), None, GREY, 0.7)),
        "X": (_Stroke(_disc(0.9), WHITE, FINE, 0.8), _Stroke(_lines([(-0.6, -0.6), (0.6, 0.6)]), None, FINE, 0.8)),
        "N": (_Stroke(_disc(0.42), PALE),),
        "chosen": (_Stroke(_disc(2.1), None, WHITE, 2.6), _Stroke(_disc(2.1), None, BRAND, 1.4)),
        "triangle": (_Stroke(_ring([(0, 1), (0.95, -0.75), (-0.95, -0.75)]), "#2A8C82", WHITE, 0.4),),
        "square": (_Stroke(path_of_box(-0.75, -0.75, 1.5, 1.5), "#8E7CC3", WHITE, 0.4),),
        "dot": (_Stroke(_disc(0.6), GREY, WHITE, 0.4),),
    }[kind]  # fmt: skip


def put_symbols(axes: Axes, kind: str, xy: npt.NDArray[np.float64], radius: float, zorder: float) -> None:
    """Draw one kind of symbol at places.

    Args:
        kind: a verdict, ``near``, ``chosen``, ``triangle``, ``square`` or ``dot``. xy: (n, 2) in data units.
        radius: in points of paper.
    """
    for step, part in enumerate(_strokes(kind)):
        axes.add_collection(
            PathCollection(
                [part.path], sizes=[radius * radius], offsets=xy, offset_transform=axes.transData, transform=IdentityTransform(),
                facecolors=part.fill or "none", edgecolors=part.line or "none", linewidths=part.width if part.line else 0,
                linestyles=(0, part.dash) if part.dash else "solid", zorder=zorder + step * 0.01, capstyle="round",
            ),
            autolim=False,
        )  # fmt: skip


def path_of(shape: Any) -> Path | None:
    """A polygon, line or collection of them as one path, holes included; None for nothing to draw."""
    rings: list[Path] = []
    for part in shapely.get_parts(shape):
        if shapely.get_type_id(part) == shapely.GeometryType.POLYGON:
            part = shapely.orient_polygons(part)
            rings += [
                Path(np.asarray(ring.coords)[:, :2], closed=True)
                for ring in (part.exterior, *part.interiors)
                if not ring.is_empty
            ]
        elif shapely.get_type_id(part) in (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING):
            rings.append(Path(np.asarray(part.coords)[:, :2]))
    return Path.make_compound_path(*rings) if rings else None


def _dash(style: Style) -> Any:
    """The dash array of a style in matplotlib's unit (multiples of the line width)."""
    if not style.dash:
        return "solid"
    lengths = [float(n) / style.weight for n in style.dash.replace(",", " ").split()]
    return (0, tuple(lengths * 2 if len(lengths) % 2 else lengths))


def put_area(axes: Axes, path: Path, style: Style, zorder: float) -> None:
    """Draw an area as its layer's style says; hatches are vectors."""
    if style.fill:
        axes.add_patch(PathPatch(path, facecolor=style.fill, alpha=style.fill_opacity, linewidth=0, zorder=zorder))
    hatch = "////" if style.pattern == "hatch" else None
    axes.add_patch(
        PathPatch(path, facecolor="none", edgecolor=style.line, linewidth=style.weight * PX, linestyle=_dash(style),
                  hatch=hatch, joinstyle="round", zorder=zorder + 0.5)
    )  # fmt: skip


def put_line(axes: Axes, path: Path, colour: str, width: float, zorder: float) -> None:
    """Draw a plain line."""
    axes.add_patch(
        PathPatch(path, facecolor="none", edgecolor=colour, linewidth=width, capstyle="round", joinstyle="round", zorder=zorder)
    )


def path_of_box(left: float, bottom: float, width: float, height: float) -> Path:
    """A rectangle as a path."""
    right, top = left + width, bottom + height
    return _ring([(left, bottom), (right, bottom), (right, top), (left, top)])
