"""Printed map sheets: one page, A4 or A3, as a vector PDF with embedded Chinese fonts (matplotlib).

A sheet is drawn to a round scale (1:25 000, 1:100 000 …) in the region's metre system. Words are put in as
plain text of a font cut for the sheet (``maps/fonts.py``): they can be searched and copied, and text of the
data is never read as a formula. Equal sheets give equal bytes.
"""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.text import Text

from geo.errors import CRSMismatch
from layers._layer import Layer, Style
from maps._paper_page import SIZES, Page, Placed
from maps._paper_symbols import DRAWN_LAST, PX, path_of, put_area, put_line, put_symbols
from maps.fonts import BOLD, REGULAR, Font, cut, find_font

LAND, AROUND, WATER = "#F8F7F2", "#E9EEF2", "#A9CFE8"
SCALES = tuple(int(step * 10**power) for power in (3, 4, 5, 6) for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5))
"""Denominators of the scales a sheet may have."""
LABEL_LIMIT = 60
CHOSEN_MM = 2.6
"""No name is written nearer to a chosen facility, which would cover its symbol."""
_drawing = threading.Lock()


@dataclass(frozen=True)
class Areas:
    """A layer on a sheet.

    Attributes:
        layer: its declaration (title, styles). frame: columns ``label``, ``style`` (value of the layer's
            ``style_by`` column or None) and geometry in the sheet's CRS. labelled: names are written.
    """

    layer: Layer
    frame: gpd.GeoDataFrame
    labelled: bool = False


@dataclass(frozen=True)
class Sheet:
    """What one printed page shows.

    Attributes:
        title: headline. notes: the line under it, joined by wide spaces.
        extent: (west, south, east, north) that must be visible, metres in ``crs``.
        base: quiet background with columns ``kind`` (county, neighbour, river, road), ``name``, ``width``.
        areas: layers in drawing order. points: facilities with columns ``kind`` (verdict or ``near``), ``label``
            (written where not empty), ``chosen`` (ringed). verdicts: kind → word of the legend.
        facts: (word, value) rows of the panel on the right; none: the legend lies on the map.
        words: fixed words in the reader's language. demo: marks the sheet as an example. paper: ``A4`` or ``A3``.
    """

    title: str
    notes: tuple[str, ...]
    extent: tuple[float, float, float, float]
    crs: str
    base: gpd.GeoDataFrame
    areas: tuple[Areas, ...]
    points: gpd.GeoDataFrame
    verdicts: dict[str, str]
    words: dict[str, str]
    facts: tuple[tuple[str, str], ...] = ()
    footer: str = ""
    demo: bool = True
    paper: str = "A4"


def pdf(sheet: Sheet, font: Font | None = None) -> bytes:
    """Draw a sheet.

    Args:
        sheet: every frame in ``sheet.crs`` (metres). font: None for the first Chinese font of this computer.
    Returns:
        A PDF of one page in landscape.
    Raises:
        FontMissing: there is no Chinese font. CRSMismatch: a frame lies in another system.
    """
    chosen = font or find_font()
    for frame in (sheet.base, sheet.points, *(areas.frame for areas in sheet.areas)):
        if frame.crs is not None and frame.crs.to_string() != sheet.crs:
            raise CRSMismatch(left=sheet.crs, right=frame.crs.to_string())
    settings: dict[Any, Any] = {"pdf.fonttype": 42, "hatch.linewidth": 0.45, "pdf.compression": 6, "path.simplify": True}
    with _drawing, mpl.rc_context(settings), tempfile.TemporaryDirectory() as folder:
        figure = _figure(sheet)
        _dress(figure, chosen, Path(folder))
        out = io.BytesIO()
        facts = {"Title": sheet.title, "Subject": "  ".join(sheet.notes), "Creator": "Blue-Sky Map", "CreationDate": None}
        figure.savefig(out, format="pdf", metadata=facts)
    return out.getvalue()


def _dress(figure: Figure, font: Font, folder: Path) -> None:
    """Give every text of the figure the sheet's own font; nothing in it is read as a formula."""
    texts: list[Text] = [text for text in figure.findobj(Text) if text.get_text()]
    for weight, source in ((REGULAR, font.regular), (BOLD, font.bold)):
        mine = [text for text in texts if (text.get_fontweight() == "bold") == (weight == BOLD)]
        if not mine:
            continue
        target = folder / f"sheet-{weight}.ttf"
        absent = str.maketrans(cut(source, "".join(text.get_text() for text in mine), weight, target))
        for text in mine:
            text.set_parse_math(False)
            text.set_text(text.get_text().translate(absent))
            text.set_fontproperties(FontProperties(fname=str(target), size=text.get_fontsize()))


def _figure(sheet: Sheet) -> Figure:
    size = SIZES[sheet.paper]
    figure = Figure(figsize=(size[0] / 25.4, size[1] / 25.4))
    FigureCanvasPdf(figure)
    page = Page(figure, sheet.facts != (), size)
    view, scale = fitted(sheet.extent, page.frame)
    axes = page.map_axes(view)
    _ground(axes, sheet.base)
    for areas in sheet.areas:
        _areas(axes, areas)
    _points(axes, sheet.points, view)
    page.header(sheet.title, sheet.notes, sheet.words["demo"] if sheet.demo else "")
    page.frame_line(view)
    page.north(sheet.words["north"])
    page.scale_bar(scale, f"{sheet.words['scale']} 1:{scale:,}".replace(",", " "))
    legend = _legend(sheet, view)
    page.keep_clear(page.legend_box(len(legend)))
    _labels(page, sheet, view)
    page.legend(sheet.words["legend"], legend)
    page.facts(sheet.facts)
    page.footer(sheet.footer, sheet.words["attribution"])
    return figure


def fitted(
    extent: tuple[float, float, float, float], frame: tuple[float, float, float, float]
) -> tuple[tuple[float, float, float, float], int]:
    """The view that fills a frame at the largest round scale showing an extent.

    Args:
        extent: metres. frame: (left, bottom, width, height) in mm of paper.
    Returns:
        View in metres (same centre) and the scale's denominator.
    """
    west, south, east, north = extent
    needed = max((east - west) / frame[2], (north - south) / frame[3]) * 1000
    scale = next((s for s in SCALES if s >= needed), SCALES[-1])
    half_w, half_h = frame[2] * scale / 2000, frame[3] * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    return (x - half_w, y - half_h, x + half_w, y + half_h), scale


def _ground(axes: Axes, base: gpd.GeoDataFrame) -> None:
    axes.set_facecolor(AROUND)
    looks: dict[str, tuple[str, Any, str]] = {
        "neighbour": (AROUND, "solid", "#CBD3DB"),
        "county": (LAND, (0, (7, 2.4, 1.6, 2.4)), "#8B96A3"),
    }
    for kind, (fill, dash, line) in looks.items():
        for shape in base.geometry[base["kind"] == kind]:
            if (path := path_of(shape)) is not None:
                width = 1.1 if kind == "county" else 0.6
                axes.add_patch(PathPatch(path, facecolor=fill, edgecolor=line, linewidth=width, linestyle=dash, zorder=1))
    for kind, zorder in (("river", 2.0), ("road", 3.0)):
        rows = base[base["kind"] == kind]
        for shape, width in zip(rows.geometry, rows["width"], strict=True):
            if (path := path_of(shape)) is None:
                continue
            if kind == "road":
                put_line(axes, path, "#D9D3C4", (float(width) + 1.4) * PX, zorder)
            put_line(axes, path, WATER if kind == "river" else "#FFFFFF", float(width) * PX, zorder + 0.1)


def _areas(axes: Axes, areas: Areas) -> None:
    layer = areas.layer
    for shape, value in zip(areas.frame.geometry, areas.frame["style"], strict=True):
        style = layer.styles.get(str(value), layer.style)
        if shape is not None and shapely.get_type_id(shape) == shapely.GeometryType.POINT:
            put_symbols(axes, _sign(layer.style), np.array([(shape.x, shape.y)]), 2.3, 20)
        elif (path := path_of(shape)) is not None:
            put_area(axes, path, style, 5 + layer.order / 10)


def _sign(style: Style) -> str:
    return style.symbol if style.symbol in ("triangle", "square") else "dot"


def _points(axes: Axes, points: gpd.GeoDataFrame, view: tuple[float, float, float, float]) -> None:
    xy, kinds = shapely.get_coordinates(points.geometry.to_numpy()), points["kind"].to_numpy()
    seen = ((xy >= view[:2]) & (xy <= view[2:])).all(axis=1).sum()
    radius = 2.5 if seen > 300 else 3.3
    for rank, kind in enumerate(DRAWN_LAST):
        if len(here := xy[kinds == kind]):
            put_symbols(axes, kind, here, radius, 30 + rank)
    ringed = points["chosen"].to_numpy(dtype=bool)
    if ringed.any():
        put_symbols(axes, "chosen", xy[ringed], radius, 29)
        for kind, place in zip(kinds[ringed], xy[ringed], strict=True):
            put_symbols(axes, kind, place[None, :], radius * 1.35, 50)


def _labels(page: Page, sheet: Sheet, view: tuple[float, float, float, float]) -> None:
    """Names of chosen facilities, zones and towns, in this order; one that would cover another is left out."""
    window, left = shapely.box(*view), LABEL_LIMIT
    for place in sheet.points.geometry[sheet.points["chosen"].to_numpy(dtype=bool)]:
        x, y = page.on_paper(view, (place.x, place.y))
        page.keep_clear((x - CHOSEN_MM, y - CHOSEN_MM, 2 * CHOSEN_MM, 2 * CHOSEN_MM))
    for text, place, style in _names(sheet, window):
        x, y = page.on_paper(view, place)
        if left and page.write_name(Placed(text, x, y, *style)):
            left -= 1


def _names(sheet: Sheet, window: Any) -> Iterator[tuple[str, tuple[float, float], tuple[float, str, bool]]]:
    for shape, text, chosen in zip(sheet.points.geometry, sheet.points["label"], sheet.points["chosen"], strict=True):
        if text and shape.intersects(window):
            lift = (window.bounds[3] - window.bounds[1]) / 34
            yield str(text), (shape.x, shape.y + lift), (8.5 if chosen else 6.5, "#14202B", bool(chosen))
    for areas in sorted(sheet.areas, key=lambda one: -one.layer.order):
        for shape, text, value in zip(areas.frame.geometry, areas.frame["label"], areas.frame["style"], strict=True):
            if not areas.labelled or not text or shape is None or not shape.intersects(window):
                continue
            inside = shapely.intersection(shape, window)
            if areas.layer.group == "base":
                place, style = inside.representative_point(), (7.5, "#59636F", False)
                yield str(text), (place.x, place.y), style
            else:
                colour = "#5E2F96" if value else areas.layer.style.line
                yield str(text), _above(inside, window), (8.0, colour, True)
    yield from _neighbours(sheet.base, window)


def _neighbours(base: gpd.GeoDataFrame, window: Any) -> Iterator[tuple[str, tuple[float, float], tuple[float, str, bool]]]:
    around = base[base["kind"] == "neighbour"]
    for shape, text in zip(around.geometry, around["name"], strict=True):
        seen = shapely.intersection(shape, window.buffer(-(window.bounds[3] - window.bounds[1]) / 20))
        if text and seen.area > window.area / 60:
            place = seen.representative_point()
            yield str(text), (place.x, place.y), (8.0, "#8A94A0", False)


def _above(shape: Any, window: Any) -> tuple[float, float]:
    """A place just above an area's top where that lies in the window, else inside the area."""
    top, height = shape.bounds[3], window.bounds[3] - window.bounds[1]
    if top > window.bounds[3] - height * 0.04:
        inner = shape.representative_point()
        return inner.x, inner.y
    return (shape.bounds[0] + shape.bounds[2]) / 2, top + height * 0.012


def _legend(sheet: Sheet, view: tuple[float, float, float, float]) -> list[tuple[str, Style | str]]:
    """Rows of the legend: only what can be seen on the sheet."""
    window = shapely.box(*view)
    rows: list[tuple[str, Style | str]] = []
    english = sheet.words["language"] == "en"
    for areas in sheet.areas:
        seen = {
            str(v)
            for shape, v in zip(areas.frame.geometry, areas.frame["style"], strict=True)
            if shape is not None and shape.intersects(window)
        }
        title = areas.layer.title_en if english else areas.layer.title
        if areas.layer.style_by and seen:
            words = areas.layer.column(areas.layer.style_by).vocabulary
            for value, style in reversed(list(areas.layer.styles.items())):
                if value in seen:
                    rows.append((f"{title} {words.title(value, 'en' if english else 'zh') if words else value}", style))
        elif seen:
            rows.append(
                (title, _sign(areas.layer.style) if areas.layer.style.symbol in ("triangle", "square") else areas.layer.style)
            )
    kinds = sheet.points["kind"][sheet.points.geometry.intersects(window).to_numpy()].value_counts().to_dict()
    rows += [(f"{sheet.verdicts[kind]} {kinds[kind]}", kind) for kind in reversed(DRAWN_LAST) if kind in kinds]
    return rows
