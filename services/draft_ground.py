"""What lies around a draft: the version it was drawn upon, neighbours and lines to snap to, units to paint with."""

from __future__ import annotations

import datetime as dt
from typing import Any

import shapely

from layers._layer import Layer
from services._drawing import not_valid
from services.assess import Assessment
from services.draft_starts import facts_of, standing, together
from services.drafts import Table
from services.mapdata import base_geojson
from services.overview import in_force
from services.scope import LayerUnknown, layer_for, visible_layers
from services.sketches import area_km2, geojson
from store import drafts, features, history
from store.drafts import Draft, Sketch

UNIT_LAYERS = ("towns", "grid_cells")
"""Layers whose rows are offered first for painting by whole units."""
NOTHING = shapely.Polygon()
MOST_NAMED = 20


def ground(table: Table, found: Draft, day: dt.date) -> dict[str, Any]:
    """The base of a draft and everything one may snap to, every digit kept.

    Returns:
        ``base`` (geometry, version, area_km2), ``neighbours`` (other zones of the layer in force), ``towns``,
        ``county``, ``roads`` of the background: GeoJSON collections in degrees; ``classes`` of the zones in force by code.
    """
    layer = layer_for(table.principal, found.layer)
    shape = base_shape(table, layer, found)
    near = features.recorded(table.store, layer, day=day if layer.zone else None)
    towns = features.recorded(table.store, layer_for(table.principal, "towns"))
    base = base_geojson(table.region)["features"]
    lines = {kind: [f for f in base if f["properties"]["kind"] == kind] for kind in ("county", "road")}
    return {
        "base": {"geometry": geojson(shape), "version": found.base_version, "area_km2": area_km2(shape, table.region)},
        "neighbours": _collection(near[near[layer.key] != found.code], layer.key, layer.label),
        "towns": _collection(towns, "town_code", "town_name"), "classes": _classes(layer, near),
        "county": {"type": "FeatureCollection", "features": lines["county"]},
        "roads": {"type": "FeatureCollection", "features": lines["road"]},
    }  # fmt: skip


def base_json(table: Table, found: Draft, day: dt.date) -> dict[str, Any] | None:
    """The zone as it stands now, beside a draft drawn upon an older version; None where there is none."""
    layer = layer_for(table.principal, found.layer)
    now = standing(table, layer, found.code, day)
    if now is None:
        return None
    shape = now["geometry_map"]
    return {"version": now["version"], "geometry": geojson(shape), "area_km2": area_km2(shape, table.region),
            "recorded_at": now["recorded_at"], "props": facts_of(layer, now)}  # fmt: skip


def base_shape(table: Table, layer: Layer, found: Draft) -> shapely.Geometry | None:
    """The geometry a draft was drawn upon, in degrees; None for a new zone."""
    every = history.lives(table.store, layer, found.code)
    mine = every[every["version"] == found.base_version]["geometry_map"]
    return None if not len(mine) else mine.iloc[-1]


def _classes(layer: Layer, frame: Any) -> dict[str, str]:
    if not layer.style_by:
        return {}
    return {str(code): str(grade) for code, grade in zip(frame[layer.key], frame[layer.style_by], strict=True) if grade}


def _collection(frame: Any, key: str, label: str) -> dict[str, Any]:
    features_ = [
        {"type": "Feature", "properties": {"key": code, "label": name or code}, "geometry": geojson(shape)}
        for code, name, shape in zip(frame[key], frame[label], frame["geometry_map"], strict=True)
        if shape is not None
    ]
    return {"type": "FeatureCollection", "features": features_}


def named_layer(table: Table, name: str) -> Layer:
    """A layer whose rows can be painted as whole units.

    Raises:
        LayerUnknown: it is none, or may not be seen.
    """
    if name not in {layer.name for layer in paint_layers(table)}:
        raise LayerUnknown(what=name[:60])
    return layer_for(table.principal, name)


def paint_layers(table: Table) -> list[Layer]:
    """Polygon layers whose rows can be painted as whole units, towns and cells first."""
    layers = visible_layers(table.principal)
    others = [name for name, layer in layers.items() if layer.geometry == "polygon" and name not in UNIT_LAYERS]
    return [layers[name] for name in (*UNIT_LAYERS, *others)]


def units_of(table: Table, layer_name: str, day: dt.date) -> dict[str, Any]:
    """The rows of a polygon layer as units, every digit kept."""
    layer = layer_for(table.principal, layer_name)
    frame = features.recorded(table.store, layer, day=day if layer.zone else None)
    return _collection(frame, layer.key, layer.label)


def paint(table: Table, number: int, revision: int, units: tuple[tuple[str, str], ...]) -> int:
    """Take whole units in or out, so that the draft holds exactly the listed ones besides what was drawn by hand.

    Returns:
        The draft's new revision.
    Raises:
        FeatureMissing: a unit there is not. NotValid: what was drawn by hand crosses itself. DraftChanged, DraftClosed: see
            ``Table.save``.
    """
    with table.store.read() as connection:
        found = drafts.of_number(connection, number)
        step = found and drafts.step_of(connection, number, found.step)
    before = step.sketch if step else Sketch(None, {})
    units = tuple(dict.fromkeys(units))
    added, gone = [u for u in units if u not in before.units], [u for u in before.units if u not in units]
    shape = before.geometry or NOTHING
    if not shapely.is_valid(shape):
        raise not_valid(shape)
    if gone:
        shape = shapely.difference(shape, together(table, gone))
    if added:
        shape = shapely.union(shape, together(table, added))
    kept = polygons_of(shape)
    return table.save(number, revision, Sketch(kept, before.props, units), "units")


def polygons_of(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The polygons of a geometry; None where there is none."""
    parts = [part for part in shapely.get_parts(shapely.get_parts(shape)) if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def zones_in_force(assessment: Assessment, layer: Layer) -> list[tuple[str, str]]:
    """Code and name of the zones of a layer on the day of an assessment."""
    frame = in_force(assessment.frames[layer.name], assessment) if layer.zone else assessment.frames[layer.name]
    return [(str(code), str(name or code)) for code, name in zip(frame[layer.key], frame[layer.label], strict=True)]


def named_like(assessment: Assessment, layer: Layer, text: str) -> list[tuple[str, str]]:
    """Code and name of the first areas of a layer whose code or name holds a text; codes that begin with it come first."""
    wanted = " ".join(text.split()).casefold()
    rows = zones_in_force(assessment, layer)
    fitting = [(code, name) for code, name in rows if wanted in f"{code} {name}".casefold()]
    found = sorted((not code.casefold().startswith(wanted), code, name) for code, name in fitting)
    return [(code, name) for _, code, name in found[:MOST_NAMED]]
