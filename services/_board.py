"""Everything pages ask of one assessment, worked out once: facilities 设施 and findings with names and places.

A facility is an enterprise, or a mine, site, yard or machine that has none (dictionary §1.10). Which
layers these are follows from the rules: every subject layer, a row of which may belong to another.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.join import match
from layers._find import load_layers
from layers._rows import rows_where
from rules._cells import cells_of, responsibility_cells
from rules._find import load_rules
from rules._units import effective_capacity
from rules._verdict import NOT_APPLICABLE, RANK, UNKNOWN
from services._points import subject_points
from services.assess import Assessment

OWNER_LAYERS = ("enterprises", "mines")
"""Layers whose rows own rows of other subject layers."""
NAMED_BY = {"machines": "machine_type"}
"""Columns that name a row better than the layer's label."""
Subject = tuple[str, str]
"""Layer and key."""
Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Board:
    """What pages ask of one assessment.

    Attributes:
        facilities: one row each: layer, key, name, town, cell, lon, lat, verdict, near, rank, counts (dict).
        findings: the findings with judged_at (``layer/code`` of the zone), facility_layer, facility_key, name,
            town, cell, fuel, capacity (t/h),
            lon, lat, near and worst (verdict of the facility) beside the columns of the contract.
        owners: subject → facility, for subjects that belong to another.
    """

    facilities: pd.DataFrame
    findings: pd.DataFrame
    owners: dict[Subject, Subject]


_boards: WeakKeyDictionary[Assessment, Board] = WeakKeyDictionary()
_lock = threading.RLock()


def board(assessment: Assessment) -> Board:
    """The board of an assessment, kept as long as the assessment is."""
    with _lock:
        found = _boards.get(assessment)
        if found is None:
            whole = assessment.part_of
            found = _build(assessment) if whole is None else _part(board(whole), assessment.facilities)
            _boards[assessment] = found
        return found


def _part(whole: Board, keys: frozenset[Subject] | None) -> Board:
    """The rows of a board that concern some facilities."""
    if keys is None:
        return whole
    facilities, findings = whole.facilities, whole.findings
    shown = rows_where(facilities, (pair in keys for pair in zip(facilities["layer"], facilities["key"], strict=True)))
    pairs = zip(findings["facility_layer"], findings["facility_key"], strict=True)
    owners = {subject: owner for subject, owner in whole.owners.items() if owner in keys}
    return Board(shown.reset_index(drop=True), rows_where(findings, (pair in keys for pair in pairs)), owners)


@cache
def facility_layers() -> tuple[str, ...]:
    """Layers whose rows may be facilities: enterprises and every subject of a rule, owners first."""
    subjects = {layer for rule in load_rules().values() for layer in rule.subjects}
    others = [name for name in load_layers() if name in subjects and name not in OWNER_LAYERS]
    return (*OWNER_LAYERS, *others)


def label_of(layer_name: str) -> str:
    """The column that names a row of a layer."""
    return NAMED_BY.get(layer_name, load_layers()[layer_name].label)


def _build(assessment: Assessment) -> Board:
    frames, findings = assessment.frames, assessment.findings.copy()
    base, owners = facilities_of(frames, assessment.edge_tolerance_m)
    pairs = _rows(findings, "subject_layer", "subject_code")
    facility = [owners.get(pair, pair) for pair in pairs]
    findings["facility_layer"] = [layer for layer, _ in facility]
    findings["facility_key"] = [key for _, key in facility]
    findings["near"] = _near_edge(findings)
    findings["judged_at"] = _judged_at(findings)
    points = {name: subject_points(name, frames) for name in set(findings["subject_layer"])}
    xy = _pairs([points[layer].get(code) for layer, code in pairs])
    findings["lon"], findings["lat"] = xy[:, 0], xy[:, 1]
    _unit_columns(findings, frames["combustion_units"])
    facilities = _with_verdicts(base, findings)
    place = {pair: at for at, pair in enumerate(_rows(facilities, "layer", "key"))}
    at = [place[pair] for pair in facility]
    for column, source in (("name", "name"), ("town", "town"), ("cell", "cell"), ("worst", "verdict")):
        values = facilities[source].tolist()
        findings[column] = [values[row] for row in at]
    return Board(facilities, findings, owners)


def _rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns row by row: lists are walked much faster than columns."""
    return list(zip(*(frame[name].tolist() for name in columns), strict=True))


def _near_edge(findings: pd.DataFrame) -> list[bool]:
    """边界疑似: to be verified because a zone's edge is nearer than the point is accurate (not: no point at all)."""
    rows = _rows(findings, "verdict", "missing", "zone_code")
    return [verdict == UNKNOWN and bool(zone) and "position" in missing.split(";") for verdict, missing, zone in rows]


def _judged_at(findings: pd.DataFrame) -> list[str]:
    """``layer/code`` of the zone whose text binds, also where another place (a cell) or none is reported."""
    rules, found = load_rules(), []
    for key, layer, code, inputs in _rows(findings, "rule", "zone_layer", "zone_code", "inputs"):
        binding = rules[key].zone_layer
        if binding and layer != binding:
            layer, code = binding, json.loads(inputs).get("zone", {}).get("zone_code", "")
        found.append(f"{layer}/{code}" if code else "")
    return found


def _owners(frames: Frames) -> dict[Subject, Subject]:
    """Subject → facility, for subjects that belong to an enterprise or a mine that is recorded."""
    owners: dict[Subject, Subject] = {}
    for name in facility_layers():
        layer = load_layers()[name]
        for column in layer.columns:
            if column.links_to not in OWNER_LAYERS or name == column.links_to:
                continue
            known = set(frames[column.links_to][load_layers()[column.links_to].key])
            rows = zip(frames[name][layer.key], frames[name][column.name], strict=True)
            owners.update({(name, key): (column.links_to, owner) for key, owner in rows if owner in known})
    return owners


def facilities_of(frames: Frames, tolerance: float) -> tuple[pd.DataFrame, dict[Subject, Subject]]:
    """The facilities of some frames with their places, without verdicts; and whose every other subject is."""
    owners = _owners(frames)
    table = pd.concat([_own_rows(name, frames, owners) for name in facility_layers()], ignore_index=True)
    xy = _pairs(table["point"])
    table["lon"], table["lat"] = xy[:, 0], xy[:, 1]
    ground = containing(_pairs(table["spot"]), frames, tolerance)
    table["town"] = [found or stated or "" for (found, _), stated in zip(ground, table["stated_town"], strict=True)]
    table["cell"] = [cell for _, cell in ground]
    return table.drop(columns=["point", "spot", "stated_town"]), owners


def _own_rows(name: str, frames: Frames, owners: dict[Subject, Subject]) -> pd.DataFrame:
    """The rows of a layer that are facilities themselves."""
    layer, frame, points = load_layers()[name], frames[name], subject_points(name, frames)
    spots = subject_points(name, frames, "geometry")
    kept = rows_where(frame, ((name, key) not in owners for key in frame[layer.key]))
    keys = kept[layer.key].tolist()
    towns = kept["town_name"].tolist() if "town_name" in kept else [None] * len(keys)
    rows = zip(keys, kept[label_of(name)], towns, strict=True)
    made = [(name, str(key), str(title or key), points.get(str(key)), spots.get(str(key)), town) for key, title, town in rows]
    return pd.DataFrame(made, columns=["layer", "key", "name", "point", "spot", "stated_town"], dtype=object)


def _pairs(points: Any) -> npt.NDArray[np.float64]:
    """Points as an (n, 2) array, NaN where there is none."""
    shapes = np.array([*points, None], dtype=object)[:-1]
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])


def containing(xy: npt.NDArray[np.float64], frames: Frames, tolerance: float) -> list[tuple[str, str]]:
    """Town name and responsibility cell of points, empty where there is none.

    Args:
        xy: float64 (n, 2), judging metres. Edges of towns belong, of several the smallest code; cells as dictionary §4.6
            has them, of several that hold a point the smallest code. tolerance: metres from an edge that count as on it.
    """
    duty = responsibility_cells(frames["grid_cells"])
    codes = duty["cell_code"].tolist()
    held = cells_of(xy, duty["geometry"].to_numpy(dtype=object), tolerance)
    cells = [codes[min(mine)] if mine else "" for mine in held]
    return list(zip(_town_names(xy, frames["towns"]), cells, strict=True))


def _town_names(xy: npt.NDArray[np.float64], towns: pd.DataFrame) -> list[str]:
    found = [""] * len(xy)
    ordered = towns.sort_values("town_code", ignore_index=True)
    names = ordered["town_name"].tolist()
    point, town = match(xy, ordered["geometry"].to_numpy(dtype=object))
    for p, t in zip(point[::-1].tolist(), town[::-1].tolist(), strict=True):
        found[p] = names[t]
    return found


def _unit_columns(findings: pd.DataFrame, units: pd.DataFrame) -> None:
    """Fuels (main and standby) and effective capacity of combustion units, for filters."""
    fuels: dict[str, str] = {}
    sizes: dict[str, float] = {}
    columns = ("unit_code", "fuel", "fuel_standby", "capacity_tph", "capacity_mw")
    for code, main, standby, tph, mw in _rows(units, *columns):
        fuels[code] = ";".join(dict.fromkeys([*(main or ("unknown",)), *(standby or ())]))
        size = effective_capacity(tph, mw)
        sizes[code] = np.nan if size is None else float(size)
    rows = _rows(findings, "subject_layer", "subject_code")
    findings["fuel"] = [fuels[code] if layer == "combustion_units" else "" for layer, code in rows]
    findings["capacity"] = [sizes[code] if layer == "combustion_units" else np.nan for layer, code in rows]


def _with_verdicts(base: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Facilities with their worst verdict; 边界疑似 where every finding to be verified is that."""
    counts: dict[Subject, dict[str, int]] = {}
    doubtful: set[Subject] = set()
    for layer, key, verdict, near in _rows(findings, "facility_layer", "facility_key", "verdict", "near"):
        tally = counts.setdefault((layer, key), {})
        tally[verdict] = tally.get(verdict, 0) + 1
        if verdict == UNKNOWN and not near:
            doubtful.add((layer, key))
    table = base.copy()
    pairs = _rows(table, "layer", "key")
    tallies = [dict(sorted(counts[pair].items(), key=lambda item: RANK[item[0]])) if pair in counts else {} for pair in pairs]
    verdicts = [next(iter(tally), NOT_APPLICABLE) for tally in tallies]
    table["counts"], table["verdict"] = tallies, verdicts
    table["near"] = [v == UNKNOWN and pair not in doubtful for v, pair in zip(verdicts, pairs, strict=True)]
    table["rank"] = [RANK[verdict] for verdict in verdicts]
    return table
