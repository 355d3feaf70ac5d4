"""One facility 设施 with all its evidence: what is registered, what belongs to it, what was judged and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from geo.crs import well_tied
from layers._cells import to_text
from layers._find import load_layers
from layers._layer import Layer
from layers._unverified import unverified
from rules._verdict import RANK
from services._board import OWNER_LAYERS, Board, board, facility_layers, label_of
from services.assess import Assessment
from services.scope import Principal, layer_for, restrict, visible_layers
from store.errors import FeatureMissing

__all__ = ["Board", "FacilityPage", "Part", "board", "facility_layers", "facility_page", "label_of"]

PLACE = ("lon", "lat", "easting", "northing", "crs", "datum")
"""Columns of a position: the map shows them better than a table."""


@dataclass(frozen=True)
class Part:
    """Rows of one layer that belong to a facility: its units, machines, yards or mine faces.

    Attributes:
        layer: the layer. columns: columns that say something, in the layer's order. rows: canonical texts by column.
    """

    layer: Layer
    columns: list[str]
    rows: list[dict[str, str]]


@dataclass(frozen=True)
class FacilityPage:
    """One facility with everything that is known and judged of it.

    Attributes:
        row: its row of the board. record: (column, canonical text, unit) of what is registered.
        findings: worst first, ``inputs`` decoded, ``subject_name`` and ``zone_name`` added. parts: what belongs to it.
        version: of its latest record. demo: it, or a zone it is judged by, is an example.
        unverified: its place rests on a datum nothing ties to CGCS2000.
    """

    layer: str
    key: str
    name: str
    row: dict[str, Any]
    record: list[tuple[str, str, str]]
    findings: list[dict[str, Any]]
    parts: list[Part]
    version: str
    demo: bool
    unverified: bool = False


def facility_page(assessment: Assessment, layer_name: str, key: str, principal: Principal) -> FacilityPage:
    """Everything of one facility somebody may see.

    Raises:
        LayerUnknown, FeatureMissing: no such facility (or not to be seen).
    """
    layer, table = layer_for(principal, layer_name), board(assessment)
    found = table.facilities[(table.facilities["layer"] == layer_name) & (table.facilities["key"] == key)]
    if found.empty:
        raise FeatureMissing(layer=layer.title, what=key)
    row = found.iloc[0].to_dict()
    frame = restrict(assessment.frames[layer_name], layer, principal)
    mine = frame[frame[layer.key] == key].iloc[-1]
    record = [(c.name, to_text(c, mine[c.name]), c.unit) for c in layer.columns if mine[c.name] is not None]
    loose = bool(unverified(frame[frame[layer.key] == key].tail(1))[0])
    if mine["crs_filed"] is not None and not well_tied(mine["crs_filed"]) and layer.has("crs"):
        record = [row for row in record if row[0] != "crs"] + [("crs", str(mine["crs_filed"]), "")]
    findings = _findings(assessment, layer_name, key)
    demo = "示例" in str(row["name"]) or _example_zone(assessment, findings)
    parts = _parts(assessment, layer_name, key, principal)
    return FacilityPage(layer_name, key, str(row["name"]), row, record, findings, parts, str(mine["version"]), demo, loose)


def _findings(assessment: Assessment, layer: str, key: str) -> list[dict[str, Any]]:
    table = board(assessment).findings
    mine = table[(table["facility_layer"] == layer) & (table["facility_key"] == key)]
    ordered = mine.assign(rank=[RANK[v] for v in mine["verdict"]]).sort_values(["rank", "rule", "subject_layer", "subject_code"])
    return [
        row
        | {
            "inputs": json.loads(row["inputs"]),
            "subject_name": _name(assessment, row["subject_layer"], row["subject_code"]),
            "zone_name": _name(assessment, row["zone_layer"], row["zone_code"]) if row["zone_code"] else "",
        }
        for row in ordered.to_dict("records")
    ]


def _name(assessment: Assessment, layer_name: str, key: str) -> str:
    """The name of a row, empty where it has none."""
    frame = assessment.frames[layer_name]
    names = frame[frame[load_layers()[layer_name].key] == key][label_of(layer_name)]
    return str(names.iloc[-1] or "") if len(names) else ""


def _example_zone(assessment: Assessment, findings: list[dict[str, Any]]) -> bool:
    """Whether a verdict rests on a zone that is marked as an example."""
    for row in findings:
        frame = assessment.frames.get(row["zone_layer"])
        if frame is not None and "is_demo" in frame and "yes" in set(frame[frame["version"] == row["zone_version"]]["is_demo"]):
            return True
    return False


def _parts(assessment: Assessment, owner: str, key: str, principal: Principal) -> list[Part]:
    """Rows of other layers that name this facility as their owner."""
    if owner not in OWNER_LAYERS:
        return []
    parts = []
    for name in facility_layers():
        layer = visible_layers(principal).get(name)
        links = [column.name for column in layer.columns if column.links_to == owner] if layer and name != owner else []
        if layer is None or not links:
            continue
        frame = restrict(assessment.frames[name], layer, principal)
        mine = frame[frame[links[0]] == key]
        rows = [{c.name: to_text(c, row[c.name]) for c in layer.columns} for row in mine.to_dict("records")]
        told = [c.name for c in layer.columns if c.name not in (links[0], *PLACE) and any(row[c.name] for row in rows)]
        if rows:
            parts.append(Part(layer, told, rows))
    return parts
