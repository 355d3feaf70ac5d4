"""What somebody drew, as it comes from outside: size and depth first, then JSON, then geometry and legal text.

Every fault has its own sentence. Nothing here is stored.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geo import crs as systems
from geo._rings import WORTH, coordinates_of
from geo._shapes import MOST_VERTICES, ShapeUnusable, from_geojson
from geo.errors import Refused, WrongUsage
from geo.region import Region
from geo.repair import why_invalid
from layers._conform_faults import Sheet
from layers._conform_headers import match
from layers._conform_values import read_column, to_datetime
from layers._layer import Layer
from services.scope import Principal, layer_for

DEEPEST = 40
LARGEST_BODY = 120_000_000
"""Bytes of a request that may draw: 2,000,000 vertices with every digit."""
SHORT_NAMES = {"class": ("zone_class", "smoke_class"), "deadline": ("existing_deadline",), "deadlines": ("existing_deadline",)}
"""What a request may call a column for short."""
REPEALS = "repeals"
CELLS = "grid_cells"
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_COORDINATES = b'"coordinates"'
LEAST_M2 = 0.1
"""Smaller is no area but rounding."""
SQUARE_METRES = 1e10
"""m² in a square degree, roughly."""
FAR = 1.0
"""Degrees around the region within which a drawing is looked at closely."""
_POLYGONS = (3, 6)


class DrawingRefused(Refused):
    """What was drawn cannot be used; the draft stays as it is and nothing published changes.

    Attributes:
        members: what an answer tells beside the sentence (a place, an offered repair).
    """

    def __init__(self, members: dict[str, Any] | None = None, **facts: object) -> None:
        super().__init__(**facts)
        self.members = members or {}


class TooDeep(DrawingRefused):
    """JSON nested deeper than any geometry."""

    zh = "提交的内容嵌套过深，不是有效的图形。"
    en = "What was sent is nested too deep to be a geometry."


class TooManyVertices(DrawingRefused):
    """More vertices than a zone can sensibly have."""

    zh = "图形的顶点超过 {most:,} 个（含为保证精度加密的顶点），请简化或核对坐标后重试。"
    en = "The geometry has more than {most:,} vertices (with those added for precision); simplify it or check its coordinates."


class NoGeometry(DrawingRefused):
    """No geometry, or none that is a polygon."""

    zh = "没有可用的面图形（{detail}），请画出区域范围。"
    en = "There is no usable polygon ({detail}); draw the zone."


class NotDegrees(DrawingRefused):
    """Coordinates that are no longitudes and latitudes."""

    zh = "坐标不是经纬度（EPSG:4490，经度在前、纬度在后），请检查坐标系和先后顺序。"
    en = "The coordinates are no degrees (EPSG:4490, longitude first); check the coordinate system and their order."


class NotValid(DrawingRefused):
    """A geometry that crosses itself or is otherwise no area."""

    zh = "图形无效：{reason}。请移开相交的顶点，或采用给出的修复方案。"
    en = "The geometry is not valid: {reason_en}. Move the vertices that cross, or take the repair offered."


class LeavesCounty(DrawingRefused):
    """A zone that reaches beyond the county."""

    zh = "图形超出{county}范围（{size}），请移回县界以内，或采用“按县界裁剪”。"
    en = "The geometry leaves {county_en} ({size}); move it back inside the border, or clip it to the county."


class NoArea(DrawingRefused):
    """A geometry without an area."""

    zh = "图形没有面积，请画出至少三个不在一条直线上的顶点。"
    en = "The geometry has no area; draw at least three vertices that are not in one line."


class WordUnknown(DrawingRefused):
    """A value that is not one of its column (an unknown class)."""

    zh = "“{title}”的值“{value}”无法识别：{reason}。{hint}"
    en = "The value “{value}” of “{title_en}” is not known: {reason_en}. {hint}"


class PropertyUnknown(DrawingRefused):
    """A property that the layer does not have."""

    zh = "“{layer}”没有属性“{name}”，可用：{known}。"
    en = "“{layer_en}” has no property “{name}”; it has: {known}."


class OtherCode(DrawingRefused):
    """The properties name another code than the request."""

    zh = "属性中的编号“{value}”与所改区域“{code}”不同，请只写一个编号。"
    en = "The code “{value}” among the properties is not that of the zone, “{code}”; name only one."


class NotDrawn(DrawingRefused):
    """A layer whose rows are not drawn here."""

    zh = "“{layer}”不是可以划定的区域图层。"
    en = "“{layer_en}” is not a layer of zones or cells that can be redrawn."


@dataclass(frozen=True)
class Drawing:
    """One zone as somebody drew it.

    Attributes:
        code: of the zone; unknown = a new one. filed: as drawn, EPSG:4490. judging: the same as import would judge it.
        props: canonical values of the columns given. repeals: codes of zones that end where this one begins.
    """

    layer: Layer
    code: str
    filed: shapely.Geometry
    judging: shapely.Geometry
    props: dict[str, Any] = field(default_factory=dict)
    repeals: tuple[str, ...] = ()


def parse(body: bytes) -> dict[str, Any]:
    """A JSON object from a request, looked at for depth and number of vertices before it is read.

    Raises:
        TooDeep, TooManyVertices. WrongUsage: no JSON object.
    """
    brackets = body.translate(None, _NO_BRACKETS)
    if brackets.count(b"[]") > MOST_VERTICES:  # each position is a list without lists
        raise TooManyVertices(most=MOST_VERTICES)
    marks = np.frombuffer(brackets, dtype=np.uint8)
    opening = (marks == ord("[")) | (marks == ord("{"))
    if len(marks) and np.cumsum(np.where(opening, 1, -1)).max() > DEEPEST:
        raise TooDeep()
    found = _drawn_large(body) if len(body) > WORTH else None
    if found is None:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict):
        raise WrongUsage(value="JSON", hint="请提交一个 JSON 对象 / a JSON object is needed")
    return found


def _drawn_large(body: bytes) -> dict[str, Any] | None:
    """A request whose geometry is one large plain polygon, its rings as arrays; None for any other."""
    start = body.find(b"[", body.find(_COORDINATES))
    end = body.find(b"}", start)
    if start < 0 or end < 0 or body.count(_COORDINATES) != 1:
        return None
    rings = coordinates_of(body[start:end])
    if rings is None:
        return None
    try:
        found = json.loads(body[:start] + b"null" + body[end:])
    except (ValueError, RecursionError):
        return None
    shape = found.get("geometry") if isinstance(found, dict) else None
    if not isinstance(shape, dict) or shape.get("coordinates", rings) is not None:
        return None
    shape["coordinates"] = rings
    return found if isinstance(found, dict) else None


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A required short text of a request.

    Raises:
        WrongUsage: it is missing or no text.
    """
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 200:
        raise WrongUsage(value=name, hint=f"请写明 {name} / {name} is needed")
    return value.strip()


def day_of(body: Mapping[str, Any], name: str, otherwise: dt.date) -> dt.date:
    """A day of a request.

    Raises:
        WrongUsage: no date.
    """
    value = body.get(name)
    if value in (None, ""):
        return otherwise
    found = to_datetime(value) if isinstance(value, str) else None
    if found is None:
        raise WrongUsage(value=str(value)[:40], hint="日期请写成 2021-07-01 / write a date like 2021-07-01")
    return found.date()


def shape_of(geometry: Any) -> shapely.Geometry:
    """A GeoJSON geometry (or a Feature with one) as a polygon or multipolygon in degrees, perhaps not valid.

    Raises:
        TooManyVertices, NoGeometry, NotDegrees, NoArea.
    """
    if isinstance(geometry, dict) and geometry.get("type") == "Feature":
        geometry = geometry.get("geometry")
    try:
        shape = from_geojson(geometry)
    except ShapeUnusable as fault:
        raise NoGeometry(detail=str(fault)) from fault
    if shape is None or shapely.is_empty(shape) or shapely.get_type_id(shape) not in _POLYGONS:
        raise NoGeometry(detail="Polygon, MultiPolygon")
    shape = shapely.force_2d(shape)
    bounds = shapely.bounds(shape)
    if (np.abs(bounds) > np.array([180, 90, 180, 90])).any():
        raise NotDegrees()
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise TooManyVertices(most=MOST_VERTICES)
    if bounds[0] == bounds[2] or bounds[1] == bounds[3]:
        raise NoArea()
    return shape


def judging_of(filed: shapely.Geometry, region: Region) -> shapely.Geometry:
    """A valid polygon in degrees in the metres in which it is judged, by the same way an imported one takes.

    Raises:
        NotValid, TooManyVertices, NoArea.
    """
    if not shapely.is_valid(filed):
        raise not_valid(filed)
    _check_far(filed, region)
    one = np.array([filed], dtype=object)
    if systems.vertices_after(one, region.map_crs)[0] > MOST_VERTICES:
        raise TooManyVertices(most=MOST_VERTICES)
    found = systems.to_judging(one, region.map_crs, region.judging_crs)[0]
    if not np.isfinite(shapely.bounds(found)).all():
        raise NotDegrees()
    if min(shapely.area(found), shapely.area(filed) * SQUARE_METRES) < LEAST_M2:
        raise NoArea()
    return found


def _check_far(filed: shapely.Geometry, region: Region) -> None:
    """Refuse at once what is nowhere near the region, before anything costly is done with it."""
    box = region.bounds
    west, south, east, north = shapely.bounds(filed)
    if west < box.west - FAR or south < box.south - FAR or east > box.east + FAR or north > box.north + FAR:
        size = f"{west:.2f}, {south:.2f} – {east:.2f}, {north:.2f}"
        raise LeavesCounty(county=region.name, county_en=region.name_en, size=size)


def not_valid(filed: shapely.Geometry) -> DrawingRefused:
    """Why a polygon is none, with the place and the repair on offer."""
    mended = shapely.make_valid(filed, method="structure", keep_collapsed=False)
    if shapely.area(mended) == 0.0:
        return NoArea()
    reason, reason_en = why_invalid(filed)
    place = str(shapely.is_valid_reason(filed)).partition("[")[2].rstrip("]").split()
    lonlat = [round(float(number), 9) for number in place[:2]] if len(place) >= 2 else None
    issue = {
        "code": "self_intersection", "severity": "error", "lonlat": lonlat, "text": reason, "text_en": reason_en,
        "state": "new", "repair": {"op": "make_valid"},
    }  # fmt: skip
    return NotValid({"issues": [issue]}, reason=reason, reason_en=reason_en)


def props_of(layer: Layer, code: str, given: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The columns a request states for a zone, read as an import reads them, and the codes it repeals.

    Raises:
        WordUnknown: a value that is none of its column. PropertyUnknown, OtherCode. WrongUsage: no object.
    """
    if given is None:
        return {}, ()
    if not isinstance(given, dict):
        raise WrongUsage(value="props", hint='{"zone_class": "II"}')
    cells = {_column_name(layer, str(name)): _cell(value) for name, value in given.items() if name != REPEALS}
    matched = match(list(cells), layer, cut=False)
    for name in (*matched.unknown, *matched.ambiguous):
        known = "、".join(column.name for column in layer.columns)
        raise PropertyUnknown(name=name[:60], layer=layer.title, layer_en=layer.title_en, known=known)
    sheet = Sheet(layer, [1], {name: [cells[header]] for name, header in matched.columns.items()})
    for name in matched.columns:
        read_column(sheet, layer.column(name))
    for fault in sheet.faults:
        column = layer.column(fault.column or layer.key)
        raise WordUnknown(
            title=column.title, title_en=column.title_en, value=(fault.value or "")[:60], reason=fault.reason,
            reason_en=fault.reason_en, hint=fault.suggestion or "",
        )  # fmt: skip
    props = {name: values[0] for name, values in sheet.values.items()}
    if props.pop(layer.key, code) != code:
        raise OtherCode(value=str(cells[matched.columns[layer.key]])[:60], code=code)
    return props, _codes(given.get(REPEALS))


def _column_name(layer: Layer, name: str) -> str:
    return next((column for column in SHORT_NAMES.get(name, ()) if layer.has(column)), name)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _codes(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value) or len(value) > 200:
        raise WrongUsage(value=REPEALS, hint='["NBZ2"]')
    return tuple(dict.fromkeys(value))


def drawable(principal: Principal, name: str) -> Layer:
    """A layer whose zones or cells can be redrawn.

    Raises:
        LayerUnknown: it does not exist or may not be seen. NotDrawn: its rows are no zones.
    """
    layer = layer_for(principal, name)
    if not (layer.zone or layer.name == CELLS):
        raise NotDrawn(layer=layer.title, layer_en=layer.title_en)
    return layer


def drawing_of(principal: Principal, region: Region, body: dict[str, Any]) -> Drawing:
    """The zone that a request draws.

    Raises:
        DrawingRefused: each fault has its own sentence. WrongUsage, LayerUnknown.
    """
    layer = drawable(principal, text_of(body, "layer"))
    code = text_of(body, "code")
    filed = shape_of(body.get("geometry"))
    props, repeals = props_of(layer, code, body.get("props"))
    return Drawing(layer, code, filed, judging_of(filed, region), props, repeals)
