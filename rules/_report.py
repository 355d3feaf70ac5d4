"""A reported row in words and numbers: the columns of the contract, the reason, the inputs."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

import numpy as np
import shapely

from layers._cells import to_text
from layers._find import load_layers
from layers._layer import Column, Layer
from rules._rule import Rule
from rules._scenarios import Judged, Reported
from rules._verdict import COMPLIANT, EXEMPT, LIMIT, TASK, UNKNOWN, VIOLATION

COLUMNS = (
    "rule", "subject_layer", "subject_code", "enterprise_code", "zone_layer", "zone_code", "verdict",
    "reason", "missing", "clause", "due_on", "edge_distance_m", "accuracy_m", "as_of",
)  # fmt: skip
"""The columns of findings.csv, in this order (dictionary §3.1)."""

EXTRA_COLUMNS = ("zone_version", "inputs", "key")

SPECIAL_NAMES = {"position": "坐标", "mine_faces": "现状开采面"}


def describe(rule: Rule, judged: Judged, reported: Reported) -> dict[str, str]:
    """One finding.

    Args:
        rule: the rule. judged: all rows judged under it. reported: the row to report.
    Returns:
        Every column of the contract and the extra ones, as text; empty for nothing.
    """
    rows, row = judged.rows, reported.row
    layer = load_layers()[rows.layer]
    record = rows.frame.iloc[int(rows.subject[row])]
    code = str(record[layer.key])
    zone_layer, zone_code, version = _zone_of(rule, judged, reported)
    distance = judged.distance[row]
    due = judged.judgement.due[row] if reported.verdict in (VIOLATION, TASK) else None
    return {
        "rule": rule.key,
        "subject_layer": rows.layer,
        "subject_code": code,
        "enterprise_code": str(record["enterprise_code"] or "") if "enterprise_code" in record else "",
        "zone_layer": zone_layer,
        "zone_code": zone_code,
        "verdict": reported.verdict,
        "reason": _reason(rule, layer, judged, reported),
        "missing": ";".join(reported.missing),
        "clause": rule.clause,
        "due_on": due.isoformat() if due else "",
        "edge_distance_m": f"{distance:.2f}" if zone_code and np.isfinite(distance) else "",
        "accuracy_m": _accuracy(record),
        "as_of": rows.as_of.isoformat(),
        "zone_version": version,
        "inputs": _inputs(rule, layer, judged, reported),
        "key": finding_key(rule.key, rows.layer, code),
    }


def finding_key(rule: str, layer: str, code: str) -> str:
    """The stable key of a finding: the same rule and subject have the same key in every run."""
    return hashlib.sha256(f"{rule}|{layer}|{code}".encode()).hexdigest()[:32]


def _zone_of(rule: Rule, judged: Judged, reported: Reported) -> tuple[str, str, str]:
    rows, row = judged.rows, reported.row
    if row in judged.judgement.places:
        return judged.judgement.places[row]
    zone = int(rows.zone[row])
    if rule.zone_layer is None or zone < 0 or (rule.outside == "C" and reported.verdict == COMPLIANT):
        return "", "", ""
    key = load_layers()[rule.zone_layer].key
    found = rows.zones.iloc[zone]
    return rule.zone_layer, str(found[key]), str(found["version"])


def _accuracy(record: Any) -> str:
    shape = record["geometry"]
    if shape is None or shapely.get_type_id(shape) != 0 or "accuracy_m" not in record:
        return ""
    value = record["accuracy_m"]
    return "" if value is None else to_text(load_layers()["enterprises"].column("accuracy_m"), value)


def _inputs(rule: Rule, layer: Layer, judged: Judged, reported: Reported) -> str:
    rows, row = judged.rows, reported.row
    record = rows.frame.iloc[int(rows.subject[row])]
    found: dict[str, Any] = {"values": _texts(layer, record, rule.inputs)}
    if "fuel_now" in record:
        found["values"]["fuel"] = record["fuel_now"] or ""
        found["values"]["status"] = record["status_now"]
    if rule.zone_layer:
        zone_layer = load_layers()[rule.zone_layer]
        found["state"] = rows.state[row]
        if rows.zone[row] >= 0:
            zone = rows.zones.iloc[int(rows.zone[row])]
            names = ("effective_from", "effective_to", "edge", *rule.zone_inputs)
            found["zone"] = _texts(zone_layer, zone, tuple(n for n in names if zone_layer.has(n)))
        found["others"] = [_other(judged, other, zone_layer.key) for other in reported.others]
    if rule.parameters:
        found["parameters"] = rows.params.texts(rule.parameters)
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _other(judged: Judged, row: int, key: str) -> dict[str, str]:
    zone = judged.rows.zones.iloc[int(judged.rows.zone[row])]
    return {"zone_code": str(zone[key]), "version": str(zone["version"]), "verdict": judged.verdict[row],
            "state": judged.rows.state[row]}  # fmt: skip


def _texts(layer: Layer, record: Any, names: tuple[str, ...]) -> dict[str, str]:
    return {name: to_text(layer.column(name), record[name]) for name in names if layer.has(name)}


def _reason(rule: Rule, layer: Layer, judged: Judged, reported: Reported) -> str:
    record = judged.rows.frame.iloc[int(judged.rows.subject[reported.row])]
    parts = [_where(rule, judged, reported), _values(rule, layer, record), _outcome(rule, layer, judged, reported)]
    return "；".join(part for part in parts if part) + "。"


def _where(rule: Rule, judged: Judged, reported: Reported) -> str:
    rows, row = judged.rows, reported.row
    if not rule.zone_layer:
        return ""
    if rows.state[row] == "nowhere":
        return "没有坐标，无法确定是否在区内"
    zone = int(rows.zone[row])
    if zone < 0:
        return f"位于所有{load_layers()[rule.zone_layer].title}之外"
    record, zone_layer = rows.zones.iloc[zone], load_layers()[rule.zone_layer]
    name = record[zone_layer.label] or record[zone_layer.key]
    kind = "".join(f"（{_shown(zone_layer.column(n), record[n])}类）" for n in rule.zone_inputs if n.endswith("_class") and record[n])
    distance = judged.distance[row]
    if rows.state[row] == "near":
        return f"距“{name}”{kind}边界 {distance:.2f} 米，小于坐标精度，边界疑似"
    return f"位于“{name}”{kind}内" + (f"，距边界 {distance:.2f} 米" if np.isfinite(distance) else "")


def _values(rule: Rule, layer: Layer, record: Any) -> str:
    shown = []
    for name in filter(layer.has, rule.inputs):
        value = record["fuel_now"] if name == "fuel" and "fuel_now" in record else record[name]
        if value is not None:
            column = layer.column(name)
            unit = f" {column.unit}" if column.unit and value != "na" else ""
            shown.append(f"{column.title} {_shown(column, value)}{unit}")
    return "、".join(shown)


def _shown(column: Column, value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.quantize(Decimal("0.0001")).normalize(), "f")
    if column.vocabulary and isinstance(value, tuple):
        return "、".join(column.vocabulary.title(item) for item in value)
    if column.vocabulary:
        return column.vocabulary.title(str(value)).removesuffix("类")
    return to_text(column, value)


def _outcome(rule: Rule, layer: Layer, judged: Judged, reported: Reported) -> str:
    note = judged.judgement.note[reported.row]
    due = judged.judgement.due[reported.row]
    verdict = reported.verdict
    if verdict == UNKNOWN:
        named = "、".join(_missing_name(layer, name) for name in reported.missing)
        return (f"{note}；" if note else "") + f"待核实：{named}"
    if verdict == VIOLATION:
        return rule.fault + (f"，{note}" if note else "") + (f"，期限 {due} 已过" if due else "")
    if verdict == TASK:
        return rule.fault + (f"，{note}" if note else "") + f"，须在 {due} 前（含当日）整改"
    if verdict == EXEMPT:
        return note or rule.exempt_text
    if verdict == LIMIT:
        return note
    return note or "符合要求"


def _missing_name(layer: Layer, name: str) -> str:
    if name in SPECIAL_NAMES:
        return SPECIAL_NAMES[name]
    return layer.column(name).title if layer.has(name) else name
