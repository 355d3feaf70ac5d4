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
from layers._unverified import unverified
from rules._verdict import NOT_APPLICABLE, RANK, TASK, VIOLATION, WORST_FIRST, worst
from services.assess import Assessment
from services.facilities import board
from services.findings import by_zone
from services.overview import in_force
from services.scope import Principal, layer_for, visible_layers
from store.errors import FeatureMissing

MOST_INSIDE = 300
FAULTS = (VIOLATION, TASK)


@dataclass(frozen=True)
class ZonePage:
    """One zone: its record in force (or the latest), all versions, the facilities inside.

    Attributes:
        record: (column, canonical text, unit). version: of the record. in_force: on the day of the assessment.
        area_km2: computed; stated_km2: what the notice says. versions: oldest first.
        inside: at most ``MOST_INSIDE`` facilities, those with noncompliant boilers first, then by their verdict
            under this zone: ``here`` (N where no rule of the zone applies), ``boilers`` (codes), and the board's columns.
        inside_total: how many there are. counts: of ``here``. findings: rows that name this zone.
        unverified: its place rests on a datum nothing ties to CGCS2000.
    """

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
    inside_total: int
    counts: dict[str, int]
    bounds: tuple[float, float, float, float]
    findings: int
    unverified: bool = False


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
    return {
        "code": record[layer.key], "name": record[layer.label] or record[layer.key], "in_force": current,
        "kind": (record[layer.style_by] or "") if layer.style_by else "", "deadline": str(record.get("existing_deadline") or ""),
        "valid_from": str(record["valid_from"] or ""),
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
    findings = board(assessment).findings
    related = findings[by_zone(findings, f"{layer_name}/{code}")]
    inside = _inside(assessment, record["geometry_map"] if len(now) else None, related)
    counts = inside["here"].value_counts().to_dict()
    stated = record["stated_area_km2"]
    return ZonePage(
        layer, code, str(record[layer.label] or code), record_rows, str(record["version"]), bool(len(now)),
        float(shapely.area(record["geometry"])) / 1e6, None if stated is None else float(stated), _versions(mine, now),
        inside.head(MOST_INSIDE).to_dict("records"), len(inside),
        {verdict: int(counts[verdict]) for verdict in WORST_FIRST if verdict in counts},
        tuple(shapely.bounds(record["geometry_map"]).tolist()), len(related),
        bool(unverified(mine[mine["version"] == record["version"]]).any()),
    )  # fmt: skip


def _inside(assessment: Assessment, shape: Any, related: pd.DataFrame) -> pd.DataFrame:
    """Facilities in the zone (edges belong) or with a unit in it, noncompliant boilers and worst verdicts first."""
    facilities = board(assessment).facilities
    here, boilers = _judged_here(assessment, related)
    pairs = list(zip(facilities["layer"], facilities["key"], strict=True))
    wanted = np.array([pair in here for pair in pairs], dtype=bool)
    point, _ = match(facilities[["lon", "lat"]].to_numpy(dtype=np.float64), np.array([shape], dtype=object))
    wanted[point] = True
    table = facilities.assign(
        here=[here.get(pair, NOT_APPLICABLE) for pair in pairs], boilers=[boilers.get(pair, []) for pair in pairs]
    )[wanted]
    order = table.assign(clean=[not codes for codes in table["boilers"]], here_rank=[RANK[v] for v in table["here"]])
    return table.loc[order.sort_values(["clean", "here_rank", "rank", "name", "key"]).index]


def _judged_here(
    assessment: Assessment, related: pd.DataFrame
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], list[str]]]:
    """By facility: its worst verdict among some findings, and its boilers at fault."""
    units = assessment.frames["combustion_units"]
    boiler = set(units[units["unit_type"] == "boiler"]["unit_code"])
    here: dict[tuple[str, str], str] = {}
    boilers: dict[tuple[str, str], list[str]] = {}
    columns = ("facility_layer", "facility_key", "verdict", "subject_layer", "subject_code")
    for layer, key, verdict, subject_layer, code in zip(*(related[c] for c in columns), strict=True):
        here[(layer, key)] = worst([here.get((layer, key), NOT_APPLICABLE), verdict])
        if verdict in FAULTS and subject_layer == "combustion_units" and code in boiler:
            boilers.setdefault((layer, key), []).append(code)
    return here, boilers


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
