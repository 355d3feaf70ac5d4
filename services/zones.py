"""Zones as legal records: what is in force, its versions, who lies inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.join import match
from layers._cells import to_text
from layers._layer import Layer
from rules._verdict import RANK
from services.assess import Assessment
from services.facilities import board
from services.overview import in_force
from services.scope import Principal, layer_for, visible_layers
from store.errors import FeatureMissing


@dataclass(frozen=True)
class ZonePage:
    """One zone: its record in force (or the latest), all versions, the facilities inside."""

    layer: Layer
    code: str
    name: str
    record: list[tuple[str, str, str]]
    version: str
    in_force: bool
    area_km2: float
    stated_km2: float | None
    versions: list[dict[str, str]]
    inside: list[dict[str, Any]]
    counts: dict[str, int]
    bounds: tuple[float, float, float, float]
    findings: int


def zone_list(assessment: Assessment, principal: Principal) -> list[tuple[Layer, list[dict[str, Any]]]]:
    """Every zone layer with its zones: in force on the day, or the latest version of the others."""
    groups = []
    for layer in visible_layers(principal).values():
        if not layer.zone:
            continue
        frame = assessment.frames[layer.name]
        now = set(in_force(frame, assessment)["version"])
        rows = [_row(layer, record, record["version"] in now) for record in frame.to_dict("records")]
        groups.append((layer, sorted(rows, key=lambda r: (not r["in_force"], r["code"], r["valid_from"]))))
    return groups


def _row(layer: Layer, record: dict[str, Any], current: bool) -> dict[str, Any]:
    kind = record.get(layer.style_by) if layer.style_by else None
    words = layer.column(layer.style_by).vocabulary if layer.style_by else None
    return {
        "code": record[layer.key], "name": record[layer.label] or record[layer.key], "in_force": current,
        "kind": words.title(kind) if words and kind else "", "valid_from": str(record["valid_from"] or ""),
        "valid_to": str(record["valid_to"] or ""), "doc_no": record["doc_no"] or "",
        "area_km2": float(shapely.area(record["geometry"])) / 1e6,
    }  # fmt: skip


def zone_page(assessment: Assessment, layer_name: str, code: str, principal: Principal) -> ZonePage:
    """Everything of one zone.

    Raises:
        FeatureMissing: no such zone (or not to be seen).
    """
    layer = layer_for(principal, layer_name)
    frame = assessment.frames[layer_name]
    mine = frame[frame[layer.key] == code]
    if mine.empty or not layer.zone:
        raise FeatureMissing(layer=layer.title, what=code)
    now = in_force(mine, assessment)
    record = (now if len(now) else mine).iloc[-1]
    record_rows = [(c.name, to_text(c, record[c.name]), c.unit) for c in layer.columns if record[c.name] is not None]
    inside = _inside(assessment, record["geometry_map"])
    counts = inside["verdict"].value_counts().to_dict()
    stated = record["stated_area_km2"]
    findings = board(assessment).findings
    related = findings[(findings["zone_layer"] == layer_name) & (findings["zone_code"] == code)]
    return ZonePage(
        layer, code, str(record[layer.label] or code), record_rows, str(record["version"]), bool(len(now)),
        float(shapely.area(record["geometry"])) / 1e6, None if stated is None else float(stated), _versions(mine, now),
        inside.to_dict("records"), {str(k): int(v) for k, v in counts.items()},
        tuple(shapely.bounds(record["geometry_map"]).tolist()), len(related),
    )  # fmt: skip


def _inside(assessment: Assessment, shape: Any) -> pd.DataFrame:
    """Facilities in the zone (edges belong), the worst verdicts first."""
    facilities = board(assessment).facilities
    xy = facilities[["lon", "lat"]].to_numpy(dtype=np.float64)
    point, _ = match(xy, np.array([shape], dtype=object))
    found = facilities.iloc[point]
    return found.assign(order=[RANK[v] for v in found["verdict"]]).sort_values(["order", "name"]).drop(columns="order")


def _versions(mine: pd.DataFrame, now: pd.DataFrame) -> list[dict[str, str]]:
    current = set(now["version"])
    return [
        {
            "version": row["version"], "valid_from": str(row["valid_from"] or ""), "valid_to": str(row["valid_to"] or ""),
            "doc_no": row["doc_no"] or "", "recorded_at": row["recorded_at"].strftime("%Y-%m-%d %H:%M"),
            "current": "yes" if row["version"] in current else "",
        }
        for row in mine.to_dict("records")
    ]  # fmt: skip
