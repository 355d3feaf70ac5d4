"""Where the city stands 总览: counters, ranking of the towns, findings by rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
import shapely

from layers._rows import rows_where
from layers._unverified import unverified
from rules._find import load_rules
from rules._verdict import NOT_APPLICABLE, VIOLATION, WORST_FIRST
from services.assess import Assessment
from services.facilities import board


@dataclass(frozen=True)
class Overview:
    """Counters and tables of the first page.

    Attributes:
        verdicts: facilities by worst verdict. near: of those to verify, how many because of the edge.
        unplaced: facilities some rule applies to that have no position: counted, but not on the map.
        unverified: rows of the map's layers whose place rests on a datum nothing ties to CGCS2000.
        zone_areas: km² of no-burn zones in force by class, each place once. zone_area: of all classes.
        sites: sites under way, and those of them in the low-emission zone.
        towns: one row a town: name, counts by verdict, judged, worst first. rules: one row a rule.
        findings: of every verdict. flagged: those that are violations.
    """

    verdicts: dict[str, int]
    near: int
    unplaced: int
    unverified: int
    zone_areas: dict[str, float]
    zone_area: float
    zone_count: int
    sites: tuple[int, int]
    towns: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    findings: int
    flagged: int


_counted: WeakKeyDictionary[Assessment, Overview] = WeakKeyDictionary()


def overview(assessment: Assessment) -> Overview:
    """Count everything of one assessment; kept as long as the assessment is."""
    found = _counted.get(assessment)
    if found is None:
        found = _counted[assessment] = _overview(assessment)
    return found


def _overview(assessment: Assessment) -> Overview:
    table = board(assessment)
    facilities = table.facilities
    counted = facilities["verdict"].value_counts().to_dict()
    zones = in_force(assessment.frames["no_burn_zones"], assessment)
    by_class = zones.groupby("zone_class")["geometry"]
    areas = {str(grade): _km2(shapes) for grade, shapes in by_class}
    return Overview(
        {verdict: int(counted.get(verdict, 0)) for verdict in WORST_FIRST}, int(facilities["near"].sum()), _unplaced(facilities),
        sum(unverified_rows(assessment, layer) for layer in assessment.frames),
        dict(sorted(areas.items())), _km2(zones["geometry"]), len(zones), _sites(assessment), _towns(facilities, assessment),
        _rules(table.findings), len(table.findings), int((table.findings["verdict"] == VIOLATION).sum()),
    )  # fmt: skip


def unverified_rows(assessment: Assessment, layer: str) -> int:
    """Rows of a layer whose place rests on a datum nothing ties to CGCS2000."""
    return int(unverified(assessment.frames[layer]).sum())


def _unplaced(facilities: pd.DataFrame) -> int:
    return int((facilities["lon"].isna() & (facilities["verdict"] != NOT_APPLICABLE)).sum())


def _km2(shapes: Any) -> float:
    """Area of several polygons together in km²; what lies in two of them counts once."""
    return float(shapely.area(shapely.union_all([shape for shape in shapes if shape is not None]))) / 1e6


def in_force(zones: pd.DataFrame, assessment: Assessment) -> pd.DataFrame:
    """The versions in force on the day of an assessment; both ends inclusive."""
    day = assessment.as_of
    pairs = zip(zones["valid_from"], zones["valid_to"], strict=True)
    return rows_where(zones, ((a is None or a <= day) and (b is None or b >= day) for a, b in pairs))


def _sites(assessment: Assessment) -> tuple[int, int]:
    sites = assessment.frames["construction_sites"]
    under_way = rows_where(sites, (stage not in ("completed", "not_started") for stage in sites["stage"]))
    zones = in_force(assessment.frames["nrmm_zones"], assessment)["geometry"].tolist()
    union = shapely.union_all(zones) if zones else None
    inside = sum(
        1 for shape in under_way["geometry"] if shape is not None and union is not None and shapely.intersects(union, shape)
    )
    return len(under_way), inside


def _towns(facilities: pd.DataFrame, assessment: Assessment) -> list[dict[str, Any]]:
    names = sorted(set(assessment.frames["towns"]["town_name"]))
    rows = []
    for name in names:
        counts = facilities[facilities["town"] == name]["verdict"].value_counts().to_dict()
        row = {verdict: int(counts.get(verdict, 0)) for verdict in WORST_FIRST}
        judged = sum(row.values()) - row["N"]
        rows.append({"name": name, "judged": judged, "counts": row})
    return sorted(rows, key=lambda r: (-r["counts"]["V"], -r["counts"]["T"], -r["judged"], r["name"]))


def _rules(findings: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for key, rule in load_rules().items():
        counts = findings[findings["rule"] == key]["verdict"].value_counts().to_dict()
        rows.append(
            {
                "key": key,
                "rule": rule,
                "counts": {v: int(counts.get(v, 0)) for v in WORST_FIRST},
                "total": int(sum(counts.values())),
            }
        )
    return rows
