"""KML written by ourselves, so that Chinese attribute names survive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import shapely

_ALLOWED = {"\t", "\n", "\r"}


def kml_document(frame: gpd.GeoDataFrame, name: str, said: Mapping[str, str] | None = None) -> str:
    """A KML document in degrees (WGS 84) with every column as extended data; the first column names a placemark.

    Args:
        said: name → text of the document's own extended data.
    """
    degrees = frame.to_crs("EPSG:4326")
    columns = [c for c in degrees.columns if c != degrees.geometry.name]
    marks = []
    for row, shape in zip(degrees[columns].itertuples(index=False), degrees.geometry, strict=True):
        data = "".join(
            f"<Data name={quoteattr(_clean(column))}><value>{escape(_clean(cell))}</value></Data>"
            for column, cell in zip(columns, row, strict=True)
            if cell is not None and cell != ""
        )
        title = escape(_clean(row[0])) if columns else ""
        marks.append(f"<Placemark><name>{title}</name><ExtendedData>{data}</ExtendedData>{_geometry(shape)}</Placemark>")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    own = "".join(f"<Data name={quoteattr(n)}><value>{escape(_clean(t))}</value></Data>" for n, t in (said or {}).items())
    head += f"<name>{escape(_clean(name))}</name>" + (f"<ExtendedData>{own}</ExtendedData>" if own else "")
    return f"{head}\n" + "\n".join(marks) + "\n</Document></kml>\n"


def _clean(value: object) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(c for c in str(value) if c >= " " or c in _ALLOWED)


def _geometry(shape: Any) -> str:
    if shape is None or shapely.is_empty(shape):
        return ""
    if shape.geom_type == "Point":
        return f"<Point><coordinates>{_positions(shape)}</coordinates></Point>"
    if shape.geom_type == "Polygon":
        outer = _ring("outerBoundaryIs", shape.exterior)
        return f"<Polygon>{outer}{''.join(_ring('innerBoundaryIs', ring) for ring in shape.interiors)}</Polygon>"
    if shape.geom_type == "LineString":
        return f"<LineString><coordinates>{_positions(shape)}</coordinates></LineString>"
    return f"<MultiGeometry>{''.join(_geometry(part) for part in shape.geoms)}</MultiGeometry>"


def _ring(tag: str, ring: Any) -> str:
    return f"<{tag}><LinearRing><coordinates>{_positions(ring)}</coordinates></LinearRing></{tag}>"


def _positions(shape: Any) -> str:
    return " ".join(f"{x:.9f},{y:.9f}" for x, y in shapely.get_coordinates(shape))
