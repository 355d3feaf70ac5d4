"""The furniture of a printed sheet, in millimetres of paper: frame, title, legend, scale bar, north arrow, facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

from layers._layer import Style
from maps._paper_symbols import path_of_box, put_area, put_symbols

SIZES = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
"""Papers in landscape, mm."""
MARGIN, HEAD, FOOT, PANEL = 12.0, 26.0, 14.0, 78.0
INK, MUTED, LINE, WARN = "#14202B", "#56616E", "#C9D1D9", "#B4390A"
MM_PER_PT = 25.4 / 72
LEGEND_ROW = 5.0

_PIECES = re.compile(r"(?:[!-~\u00c0-\u024f]+ ?|[^!-~])[，。；：、）」』》”’％]*")
"""What stays together when a line is broken: words, numbers, and a sign with the comma behind it."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Placed:
    """A name on the map: text, place on paper in mm (its middle), size in pt, colour, bold."""

    text: str
    x: float
    y: float
    size: float
    colour: str
    bold: bool


def text_width(text: str, size: float) -> float:
    """Width of a line in mm, nearly: wide characters one em, others 0.57."""
    return sum(1.0 if ord(c) > 0x2E7F else 0.57 for c in text) * size * MM_PER_PT


def folded(text: str, size: float, width: float) -> list[str]:
    """Lines of a text no wider than ``width`` mm; words and numbers stay whole where they fit on a line."""
    lines = [""]
    for piece in _PIECES.findall(" ".join(text.split())):
        if text_width(lines[-1] + piece.rstrip(), size) <= width:
            lines[-1] += piece
            continue
        for part in [piece] if text_width(piece, size) <= width else list(piece):
            if lines[-1] and text_width(lines[-1] + part, size) > width:
                lines.append("")
            lines[-1] += part
    return [line.strip() for line in lines]


class Page:
    """One page: ``size`` in mm; ``frame`` is the map's place (left, bottom, width, height)."""

    def __init__(self, figure: Figure, panel: bool, size: tuple[float, float] = SIZES["A4"]) -> None:
        self.figure, self.size = figure, size
        width = self.size[0] - 2 * MARGIN - (PANEL if panel else 0)
        self.frame: Box = (MARGIN, FOOT, width, self.size[1] - HEAD - FOOT)
        self.panel = panel
        self.paper: Axes = figure.add_axes((0, 0, 1, 1), zorder=5)
        self.paper.set_xlim(0, self.size[0])
        self.paper.set_ylim(0, self.size[1])
        self.paper.axis("off")
        self.paper.patch.set_visible(False)
        self.taken: list[Box] = []
        self.panel_top = self.size[1] - HEAD

    def map_axes(self, view: Box) -> Axes:
        """The axes of the map, showing a view in metres."""
        left, bottom, width, height = self.frame
        across, up = self.size
        axes = self.figure.add_axes((left / across, bottom / up, width / across, height / up), zorder=1)
        axes.set_xlim(view[0], view[2])
        axes.set_ylim(view[1], view[3])
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def on_paper(self, view: Box, place: tuple[float, float]) -> tuple[float, float]:
        """Millimetres of paper of a place in metres."""
        left, bottom, width, height = self.frame
        return (
            left + (place[0] - view[0]) / (view[2] - view[0]) * width,
            bottom + (place[1] - view[1]) / (view[3] - view[1]) * height,
        )

    def write(self, x: float, y: float, text: str, size: float = 8, **how: Any) -> None:
        """Put one line on the page; ``bold``, ``colour``, ``ha``, ``va``, ``halo`` as wanted."""
        weight = "bold" if how.pop("bold", False) else "normal"
        style = {
            "fontsize": size,
            "color": how.pop("colour", INK),
            "weight": weight,
            "zorder": 8,
            "va": "baseline",
            "parse_math": False,
        }
        halo = how.pop("halo", False)
        style.update(how)
        if halo:  # the halo is drawn as outlines below; the words above it stay words
            below = self.paper.text(x, y, text, **(style | {"zorder": 7.5, "color": "white"}))
            below.set_path_effects([effects.Stroke(linewidth=1.8, foreground="white", alpha=0.85)])
        self.paper.text(x, y, text, **style)

    def header(self, title: str, notes: tuple[str, ...], mark: str) -> None:
        """Headline, the line under it, and the mark of an example."""
        room = self.size[0] - 2 * MARGIN - 50
        size = min(19.0, 19.0 * room / max(text_width(title, 19), 1))
        self.write(self.size[0] / 2, self.size[1] - 15, title, size, bold=True, ha="center")
        self.write(self.size[0] / 2, self.size[1] - 22, "      ".join(notes), 8.5, colour=MUTED, ha="center")
        if mark:
            width = text_width(mark, 10) + 6
            left = self.size[0] - MARGIN - width
            box = FancyBboxPatch(
                (left, self.size[1] - 17.5),
                width,
                6.5,
                boxstyle="round,pad=0,rounding_size=1",
                facecolor="none",
                edgecolor=WARN,
                linewidth=0.9,
            )
            self.paper.add_patch(box)
            self.write(left + width / 2, self.size[1] - 15.6, mark, 10, bold=True, colour=WARN, ha="center")

    def frame_line(self, view: Box) -> None:
        """The line around the map, with kilometre marks of the grid."""
        left, bottom, width, height = self.frame
        self.paper.add_patch(Rectangle((left, bottom), width, height, facecolor="none", edgecolor=INK, linewidth=0.9, zorder=6))
        step = _nice((view[2] - view[0]) / 6)
        for axis, (low, high) in enumerate(((view[0], view[2]), (view[1], view[3]))):
            for metre in np.arange(np.ceil(low / step) * step, high, step):
                place = (float(metre), view[1]) if axis == 0 else (view[0], float(metre))
                x, y = self.on_paper(view, place)
                if (axis == 0 and not left + 6 < x < left + width - 6) or (
                    axis == 1 and not bottom + 6 < y < bottom + height - 6
                ):
                    continue
                text = f"{metre / 1000:.1f}" if step < 1000 else f"{metre / 1000:.0f}"
                if axis == 0:
                    self.paper.plot([x, x], [y, y - 1.2], color=INK, linewidth=0.5)
                    self.write(x, y - 3.6, text, 5.5, colour=MUTED, ha="center")
                else:
                    self.paper.plot([x, x - 1.2], [y, y], color=INK, linewidth=0.5)
                    self.write(x - 1.8, y, text, 5.5, colour=MUTED, ha="right", va="center", rotation=90, rotation_mode="default")

    def north(self, word: str) -> None:
        """The north arrow, top left: grid north of the sheet's system."""
        x, y = self.frame[0] + 11, self.frame[1] + self.frame[3] - 11
        self.paper.add_patch(
            Polygon([(x, y + 5), (x - 2.4, y - 4), (x, y - 2.2)], facecolor=INK, edgecolor=INK, linewidth=0.5, zorder=7)
        )
        self.paper.add_patch(
            Polygon([(x, y + 5), (x + 2.4, y - 4), (x, y - 2.2)], facecolor="white", edgecolor=INK, linewidth=0.5, zorder=7)
        )
        self.write(x, y - 9, word, 9, bold=True, ha="center", halo=True)
        self.taken.append((x - 6, y - 11, x + 6, y + 6))

    def scale_bar(self, scale: int, text: str) -> None:
        """A bar of a round length, two tones, with the scale as a number."""
        metres = _nice(42 * scale / 1000)
        length = metres * 1000 / scale
        x, y = self.frame[0] + 8, self.frame[1] + 7
        back = FancyBboxPatch(
            (x - 4, y - 3.4),
            max(length, text_width(text, 8)) + 12,
            12.4,
            boxstyle="round,pad=0,rounding_size=1.2",
            facecolor="white",
            alpha=0.92,
            linewidth=0,
            zorder=6,
        )
        self.paper.add_patch(back)
        self.taken.append((x - 4, y - 3.4, x + max(length, 40) + 8, y + 9))
        for part in range(4):
            tone = INK if part % 2 == 0 else "white"
            self.paper.add_patch(
                Rectangle((x + part * length / 4, y), length / 4, 1.5, facecolor=tone, edgecolor=INK, linewidth=0.5, zorder=7)
            )
        unit, per = ("km", 1000) if metres >= 1000 else ("m", 1)
        for share in (0, 0.5, 1):
            number = f"{metres * share / per:g}" + (f" {unit}" if share == 1 else "")
            self.write(x + length * share, y - 2.6, number, 6.5, ha="center")
        self.write(x - 1, y + 4.4, text, 8)

    def write_name(self, name: Placed) -> bool:
        """Write a name unless it leaves the map or covers another; whether it was written."""
        half, tall = text_width(name.text, name.size) / 2, name.size * MM_PER_PT
        box = (name.x - half, name.y - tall * 0.3, name.x + half, name.y + tall)
        left, bottom, width, height = self.frame
        if box[0] < left + 1 or box[2] > left + width - 1 or box[1] < bottom + 1 or box[3] > bottom + height - 1:
            return False
        if any(box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in self.taken):
            return False
        self.taken.append(box)
        self.write(name.x, name.y, name.text, name.size, colour=name.colour, bold=name.bold, ha="center", halo=True)
        return True

    def keep_clear(self, box: Box) -> None:
        """Write no name over a box (left, bottom, width, height)."""
        self.taken.append((box[0], box[1], box[0] + box[2], box[1] + box[3]))

    def legend_box(self, rows: int) -> Box:
        """Where the legend will lie: on the panel, else at the bottom right of the map."""
        height = 9 + rows * LEGEND_ROW
        if self.panel:
            left = self.frame[0] + self.frame[2] + 5
            return left, self.panel_top - height, self.size[0] - MARGIN - left, height
        width = 62.0
        return self.frame[0] + self.frame[2] - width - 3, self.frame[1] + 3, width, height

    def legend(self, title: str, rows: list[tuple[str, Style | str]]) -> None:
        """A box with a sample and a word for everything drawn."""
        left, bottom, width, height = self.legend_box(len(rows))
        box = FancyBboxPatch(
            (left, bottom),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=1.4",
            facecolor="white",
            alpha=0.94,
            edgecolor=LINE,
            linewidth=0.7,
            zorder=6,
        )
        self.paper.add_patch(box)
        self.write(left + width / 2, bottom + height - 5.4, title, 10, bold=True, ha="center")
        for number, (text, look) in enumerate(rows):
            y = bottom + height - 8 - LEGEND_ROW * (number + 0.55)
            if isinstance(look, str):
                put_symbols(self.paper, look, np.array([(left + 8.5, y)]), 3.3, 7)
            else:
                put_area(self.paper, path_of_box(left + 4, y - 1.5, 9, 3), look, 7)
            self.write(left + 16, y - 1.05, folded(text, 8, width - 18)[0], 8)
        if self.panel:
            self.panel_top = bottom - 4

    def facts(self, rows: tuple[tuple[str, str], ...]) -> None:
        """The panel beside the map: word and value, folded; an empty word is a heading."""
        left = self.frame[0] + self.frame[2] + 5
        width, y = self.size[0] - MARGIN - left, self.panel_top - 4
        for word, value in rows:
            lines = folded(value, 8, width - 21 if word else width)
            if y - 4.2 * len(lines) < self.frame[1]:
                self.write(left, self.frame[1] - 0.5, "……", 8, colour=MUTED)
                return
            if word:
                self.write(left, y, word, 8, colour=MUTED)
            else:
                y -= 1.6
            for line in lines:
                self.write(left + (21 if word else 0), y, line, 8 if word else 8.5, bold=not word)
                y -= 4.2
            y -= 0.9

    def footer(self, left: str, right: str) -> None:
        """What the sheet was made from, and whose boundaries it shows."""
        self.write(MARGIN, 5.5, left, 6.5, colour=MUTED)
        self.write(self.size[0] - MARGIN, 5.5, right, 6.5, colour=MUTED, ha="right")


def _nice(length: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ not above a length."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(next(step for step in (5, 2, 1) if step * power <= length * 1.0000001) * power)
