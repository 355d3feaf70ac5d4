"""Facilities 设施: each with its worst verdict, town and cell; and one facility with all its evidence.

A facility is an enterprise, or a mine, site, yard or machine that has none (dictionary §1.10).
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.join import match
from layers._cells import to_text
from layers._find import load_layers
from rules._verdict import NOT_APPLICABLE, RANK
from services.assess import Assessment
from services.export import subject_points
from services.scope import Principal, layer_for, restrict
from store.errors import FeatureMissing

FACILITY_LAYERS = ("enterprises", "mines", "construction_sites", "yards", "machines")
NAMES = {"machines": "machine_type"}


@dataclass(frozen=True)
class Board:
    """Everything pages ask of one assessment, worked out once.

    Attributes:
        facilities: one row each: layer, key, name, town, cell, lon, lat, verdict, near, counts (dict).
        findings: the findings with facility_layer, facility_key, name, town, cell, fuel, capacity,
            lon, lat and near beside the columns of the contract.
    """

    facilities: pd.DataFrame
    findings: pd.DataFrame


_boards: OrderedDict[str, Board] = OrderedDict()
_lock = threading.Lock()


def board(assessment: Assessment) -> Board:
    """The board of an assessment, kept for the last few."""
    with _lock:
        if assessment.run_hash not in _boards:
            _boards[assessment.run_hash] = _build(assessment)
            while len(_boards) > 6:
                _boards.popitem(last=False)
        return _boards[assessment.run_hash]


def _build(assessment: Assessment) -> Board:
    frames = assessment.frames
    base = _all_facilities(frames)
    owners = _owners(frames)
    findings = assessment.findings.copy()
    pairs = list(zip(findings["subject_layer"], findings["subject_code"], strict=True))
    facility = [owners.get(pair, pair) for pair in pairs]
    findings["facility_layer"] = [layer for layer, _ in facility]
    findings["facility_key"] = [key for _, key in facility]
    findings["near"] = [
        v == "U" and "position" in m.split(";") for v, m in zip(findings["verdict"], findings["missing"], strict=True)
    ]
    _place(findings, pairs, frames)
    _unit_columns(findings, frames)
    rows = {(row.layer, row.key): row for row in base.itertuples()}
    known = [rows.get(pair) for pair in facility]
    findings["name"] = [row.name if row else pair[1] for row, pair in zip(known, facility, strict=True)]
    findings["town"] = [row.town if row else "" for row in known]
    findings["cell"] = [row.cell if row else "" for row in known]
    return Board(_with_verdicts(base, findings), findings)


def _all_facilities(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    layers, parts = load_layers(), []
    for name in FACILITY_LAYERS:
        frame, layer = frames[name], layers[name]
        alone = np.ones(len(frame), dtype=bool)
        if name in ("yards", "machines"):
            firms = set(frames["enterprises"]["enterprise_code"])
            alone = np.array([code not in firms for code in frame["enterprise_code"]], dtype=bool)
        points = subject_points(name, frames)
        kept = frame[alone]
        label = NAMES.get(name, layer.label)
        parts.append(pd.DataFrame({
            "layer": name,
            "key": kept[layer.key].astype(object),
            "name": [title or key for title, key in zip(kept[label], kept[layer.key], strict=True)],
            "point": pd.Series([points.get(str(key)) for key in kept[layer.key]], index=kept.index, dtype=object),
            "stated_town": kept.get("town_name"),
        }))  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    xy = _xy(table["point"])
    table["lon"], table["lat"] = xy[:, 0], xy[:, 1]
    towns = _containing(xy, frames["towns"], "town_name", "town_code")
    table["town"] = [found or stated or "" for found, stated in zip(towns, table["stated_town"], strict=True)]
    cells = frames["grid_cells"]
    duty = cells[[system in (None, "responsibility") for system in cells["grid_system"]]]
    table["cell"] = [code or "" for code in _containing(xy, duty, "cell_code", "cell_code")]
    return table.drop(columns=["point", "stated_town"])


def _xy(points: Any) -> Any:
    return np.array([(p.x, p.y) if p is not None else (np.nan, np.nan) for p in points], dtype=np.float64).reshape(-1, 2)


def _containing(xy: Any, polygons: pd.DataFrame, value: str, key: str) -> list[str | None]:
    """The value of the polygon each point lies in; of several that touch, the smallest key."""
    found: list[str | None] = [None] * len(xy)
    ordered = polygons.sort_values(key, ignore_index=True)
    point, zone = match(xy, ordered["geometry_map"].to_numpy(dtype=object))
    for p, z in zip(point[::-1].tolist(), zone[::-1].tolist(), strict=True):
        found[p] = ordered[value].iloc[z]
    return found


def _owners(frames: dict[str, pd.DataFrame]) -> dict[tuple[str, str], tuple[str, str]]:
    """Subject → facility, for subjects that belong to another."""
    layers = load_layers()
    firms, pits = set(frames["enterprises"]["enterprise_code"]), set(frames["mines"]["mine_code"])
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    for name in ("combustion_units", "machines", "yards"):
        frame = frames[name]
        for key, firm in zip(frame[layers[name].key], frame["enterprise_code"], strict=True):
            if firm in firms:
                owners[(name, key)] = ("enterprises", firm)
    for face, mine in zip(frames["mine_faces"]["face_code"], frames["mine_faces"]["mine_code"], strict=True):
        if mine in pits:
            owners[("mine_faces", face)] = ("mines", mine)
    return owners


def _place(findings: pd.DataFrame, pairs: list[tuple[str, str]], frames: dict[str, pd.DataFrame]) -> None:
    points = {name: subject_points(name, frames) for name in set(findings["subject_layer"])}
    xy = _xy([points[layer].get(code) for layer, code in pairs])
    findings["lon"], findings["lat"] = xy[:, 0], xy[:, 1]


def _unit_columns(findings: pd.DataFrame, frames: dict[str, pd.DataFrame]) -> None:
    """Fuels and capacity of combustion units, for filters."""
    units = frames["combustion_units"]
    fuels = dict(zip(units["unit_code"], units["fuel"], strict=True))
    values = [
        json.loads(text)["values"] if layer == "combustion_units" else {}
        for text, layer in zip(findings["inputs"], findings["subject_layer"], strict=True)
    ]
    is_unit = findings["subject_layer"] == "combustion_units"
    sizes = dict(zip(units["unit_code"], units["capacity_tph"], strict=True))
    findings["fuel"] = [
        ";".join(fuels.get(code) or ()) if unit else "" for code, unit in zip(findings["subject_code"], is_unit, strict=True)
    ]
    stated = [value.get("capacity_tph") or sizes.get(code) for value, code in zip(values, findings["subject_code"], strict=True)]
    findings["capacity"] = [float(size) if size else np.nan for size in stated]


def _with_verdicts(base: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Facilities with their worst verdict; those found only through findings are added."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    near: dict[tuple[str, str], bool] = {}
    for layer, key, verdict, close in zip(
        findings["facility_layer"], findings["facility_key"], findings["verdict"], findings["near"], strict=True
    ):
        tally = counts.setdefault((layer, key), {})
        tally[verdict] = tally.get(verdict, 0) + 1
        near[(layer, key)] = near.get((layer, key), True) and (verdict != "U" or close)
    known = set(zip(base["layer"], base["key"], strict=True))
    lost = findings[[pair not in known for pair in zip(findings["facility_layer"], findings["facility_key"], strict=True)]]
    extra = lost.drop_duplicates(["facility_layer", "facility_key"])
    added = pd.DataFrame(
        {
            "layer": extra["facility_layer"],
            "key": extra["facility_key"],
            "name": extra["facility_key"],
            "lon": extra["lon"],
            "lat": extra["lat"],
            "town": "",
            "cell": "",
        }
    )
    table = pd.concat([base, added], ignore_index=True) if len(added) else base.copy()
    pairs = list(zip(table["layer"], table["key"], strict=True))
    table["counts"] = [dict(sorted(counts.get(pair, {}).items(), key=lambda item: RANK[item[0]])) for pair in pairs]
    table["verdict"] = [next(iter(tally), NOT_APPLICABLE) for tally in table["counts"]]
    table["near"] = [verdict == "U" and near.get(pair, False) for verdict, pair in zip(table["verdict"], pairs, strict=True)]
    table["rank"] = [RANK[verdict] for verdict in table["verdict"]]
    return table


@dataclass(frozen=True)
class FacilityPage:
    """One facility with everything that is known and judged of it."""

    layer: str
    key: str
    name: str
    row: dict[str, Any]
    record: list[tuple[str, str, str]]
    findings: list[dict[str, Any]]
    units: list[dict[str, Any]]
    versions: dict[str, str]


def facility_page(assessment: Assessment, layer_name: str, key: str, principal: Principal) -> FacilityPage:
    """Everything of one facility somebody may see.

    Raises:
        FeatureMissing: no such facility (or not to be seen).
    """
    layer, table = layer_for(principal, layer_name), board(assessment)
    found = table.facilities[(table.facilities["layer"] == layer_name) & (table.facilities["key"] == key)]
    if found.empty:
        raise FeatureMissing(layer=layer.title, what=key)
    row = found.iloc[0].to_dict()
    frame = restrict(assessment.frames[layer_name], layer, principal)
    mine = frame[frame[layer.key] == key]
    record = [
        (c.name, to_text(c, mine[c.name].iloc[0]), c.unit)
        for c in layer.columns
        if len(mine) and mine[c.name].iloc[0] is not None
    ]
    findings = table.findings[(table.findings["facility_layer"] == layer_name) & (table.findings["facility_key"] == key)]
    ordered = findings.assign(rank=[RANK[v] for v in findings["verdict"]]).sort_values(["rank", "rule", "subject_code"])
    versions = {"version": str(mine["version"].iloc[0]), "recorded_at": str(mine["recorded_at"].iloc[0])} if len(mine) else {}
    return FacilityPage(
        layer_name,
        key,
        str(row["name"]),
        row,
        record,
        _decoded(ordered),
        _units(assessment, layer_name, key, principal),
        versions,
    )


def _decoded(findings: pd.DataFrame) -> list[dict[str, Any]]:
    return [row | {"inputs": json.loads(row["inputs"])} for row in findings.to_dict("records")]


def _units(assessment: Assessment, layer_name: str, key: str, principal: Principal) -> list[dict[str, Any]]:
    if layer_name != "enterprises":
        return []
    layer = layer_for(principal, "combustion_units")
    frame = restrict(assessment.frames["combustion_units"], layer, principal)
    mine = frame[frame["enterprise_code"] == key]
    return [{c.name: to_text(c, row[c.name]) for c in layer.columns} for row in mine.to_dict("records")]
