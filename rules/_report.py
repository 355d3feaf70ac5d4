"""A reported row in words and numbers: the columns of the contract, the reason, the inputs."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

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

PERSONAL = "*"
"""Stands for a personal value (names of people): findings reach readers who may not see it."""

SPECIAL_NAMES = {"position": "坐标", "mine_faces": "现状开采面"}


class Verdict(NamedTuple):
    """The part of a finding in which two runs are compared; texts as in a finding, empty for nothing."""

    verdict: str
    zone_code: str
    due_on: str
    missing: str


def brief(rule: Rule, judged: Judged, reported: list[Reported]) -> dict[str, Verdict]:
    """Findings without reasons and inputs: subject code → its verdict."""
    report = _Report(rule, judged)
    codes = judged.rows.column(report.layer.key)
    return {str(codes[one.row]): report.verdict(one) for one in reported}


def describe(rule: Rule, judged: Judged, reported: list[Reported]) -> list[dict[str, str]]:
    """Findings.

    Args:
        rule: the rule. judged: all rows judged under it. reported: the rows to report.
    Returns:
        For each: every column of the contract and the extra ones, as text; empty for nothing.
    """
    report = _Report(rule, judged)
    return [report.finding(one) for one in reported]


def finding_key(rule: str, layer: str, code: str) -> str:
    """The stable key of a finding: the same rule and subject have the same key in every run."""
    return hashlib.sha256(f"{rule}|{layer}|{code}".encode()).hexdigest()[:32]


@cache
def _columns(layer: str) -> dict[str, Column]:
    return {column.name: column for column in load_layers()[layer].columns}


class _Report:
    """What the findings of one rule and subject layer have in common."""

    def __init__(self, rule: Rule, judged: Judged) -> None:
        self.rule, self.judged, self.rows = rule, judged, judged.rows
        self.layer = load_layers()[self.rows.layer]
        self.columns = _columns(self.rows.layer)
        self.inputs = [name for name in rule.inputs if name in self.columns]
        self.parameters = self.rows.params.texts(rule.parameters) if rule.parameters else {}
        self.zone_layer = load_layers()[rule.zone_layer] if rule.zone_layer else None
        self.by_fuel = "fuel_now" in self.rows.frame

    def finding(self, reported: Reported) -> dict[str, str]:
        """One finding."""
        row = reported.row
        code = str(self.rows.column(self.layer.key)[row])
        zone_layer, zone_code, version = self.zone_of(reported)
        distance = self.judged.distance[row]
        short = self.verdict(reported)
        owner = self.rows.column("enterprise_code")[row] if "enterprise_code" in self.columns else None
        return {
            "rule": self.rule.key,
            "subject_layer": self.rows.layer,
            "subject_code": code,
            "enterprise_code": owner or "",
            "zone_layer": zone_layer,
            "zone_code": zone_code,
            "verdict": short.verdict,
            "reason": self.reason(reported),
            "missing": short.missing,
            "clause": self.rule.clause,
            "due_on": short.due_on,
            "edge_distance_m": f"{distance:.2f}" if zone_code and np.isfinite(distance) else "",
            "accuracy_m": self.accuracy(row),
            "as_of": self.rows.as_of.isoformat(),
            "zone_version": version,
            "inputs": self.inputs_of(reported),
            "key": finding_key(self.rule.key, self.rows.layer, code),
        }

    def verdict(self, reported: Reported) -> Verdict:
        """What two runs are compared in."""
        due = self.judged.judgement.due[reported.row] if reported.verdict in (VIOLATION, TASK) else None
        zone_code = self.zone_of(reported)[1]
        return Verdict(reported.verdict, zone_code, due.isoformat() if due else "", ";".join(reported.missing))

    def zone_of(self, reported: Reported) -> tuple[str, str, str]:
        """Layer, code and version of the reported zone; empty where no zone is reported."""
        row = reported.row
        if row in self.judged.judgement.places:
            return self.judged.judgement.places[row]
        outside = self.rule.outside == "C" and reported.verdict == COMPLIANT
        if self.zone_layer is None or self.rows.zone[row] < 0 or outside:
            return "", "", ""
        zone = self.rows.zone_column
        return self.zone_layer.name, str(zone(self.zone_layer.key)[row]), str(zone("version")[row])

    def accuracy(self, row: int) -> str:
        """Accuracy of the point used; empty for polygons and where it is not stated."""
        if "accuracy_m" not in self.columns or shapely.get_type_id(self.rows.column("geometry")[row]) != 0:
            return ""
        return to_text(self.columns["accuracy_m"], self.rows.column("accuracy_m")[row])

    def value(self, name: str, row: int) -> Any:
        """A value as it was judged: the fuel and the standing of this row, not of the whole unit."""
        judged_as = {"fuel": "fuel_now", "status": "status_now"}
        return self.rows.column(judged_as.get(name, name) if self.by_fuel else name)[row]

    def recorded(self, name: str, row: int) -> str:
        """The canonical text of a value; of personal data only whether there is some."""
        value, column = self.value(name, row), self.columns[name]
        return PERSONAL if column.personal and value is not None else to_text(column, value)

    def inputs_of(self, reported: Reported) -> str:
        """The values, the zones and the parameters behind a verdict, as canonical JSON."""
        row = reported.row
        values = {name: self.recorded(name, row) for name in self.inputs}
        found: dict[str, Any] = {"values": values}
        if self.by_fuel:
            found["place_from"] = self.rows.column("place_from")[row] or ""
        if self.zone_layer:
            found["state"] = self.rows.state[row]
            if self.rows.zone[row] >= 0:
                found["zone"] = self.zone_values(row)
            found["others"] = [self.other(other, self.zone_layer.key) for other in reported.others]
        if self.parameters:
            found["parameters"] = self.parameters
        return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def zone_values(self, row: int) -> dict[str, str]:
        """What was read of the zone."""
        columns = _columns(self.zone_layer.name) if self.zone_layer else {}
        names = ("zone_code", "effective_from", "effective_to", "edge", *self.rule.zone_inputs)
        return {n: to_text(columns[n], self.rows.zone_column(n)[row]) for n in names if n in columns}

    def other(self, row: int, key: str) -> dict[str, str]:
        """Another zone that was looked at, and what it says."""
        return {
            "zone_code": str(self.rows.zone_column(key)[row]),
            "version": str(self.rows.zone_column("version")[row]),
            "verdict": self.judged.verdict[row],
            "state": self.rows.state[row],
        }

    def reason(self, reported: Reported) -> str:
        """Where, which values, and what follows, in one Chinese sentence."""
        parts = [self.where(reported.row), self.values(reported.row), self.outcome(reported)]
        return "；".join(part for part in parts if part) + "。"

    def where(self, row: int) -> str:
        """Where the subject lies against the reported zone."""
        if self.zone_layer is None:
            return ""
        state = self.rows.state[row]
        if state == "nowhere":
            return "没有坐标，无法确定是否在区内"
        if state == "outside":
            return f"位于所有{self.zone_layer.title}之外"
        name = self.zone_name(row, self.zone_layer)
        distance = self.judged.distance[row]
        if state == "near":
            accuracy = self.accuracy(row)
            return f"距{name}边界 {distance:.2f} 米，小于坐标精度 {accuracy} 米，边界疑似"
        return f"位于{name}内" + (f"，距边界 {distance:.2f} 米" if np.isfinite(distance) else "")

    def zone_name(self, row: int, layer: Layer) -> str:
        """Name and class of the reported zone."""
        zone, columns = self.rows.zone_column, _columns(layer.name)
        name = zone(layer.label)[row] or zone(layer.key)[row]
        classes = [n for n in self.rule.zone_inputs if n.endswith("_class") and zone(n)[row]]
        return f"“{name}”" + "".join(f"（{_shown(columns[n], zone(n)[row])}类）" for n in classes)

    def values(self, row: int) -> str:
        """The known values the rule looked at, with their units."""
        shown = []
        for name in self.inputs:
            value, column = self.value(name, row), self.columns[name]
            if value is not None:
                unit = f" {column.unit}" if column.unit and value != "na" else ""
                text = "已登记" if column.personal else _shown(column, value)
                shown.append(f"{column.title} {text}{unit}")
        return "、".join(shown)

    def outcome(self, reported: Reported) -> str:
        """What follows for the subject."""
        note, due = self.judged.judgement.note[reported.row], self.judged.judgement.due[reported.row]
        if reported.verdict == UNKNOWN:
            named = "、".join(self.missing_name(name) for name in reported.missing)
            stays = note and self.judged.judgement.outcome[reported.row] == "unknown"
            return (f"{note}；" if stays else "") + f"待核实：{named}"
        if reported.verdict in (VIOLATION, TASK):
            said = self.rule.fault + (f"，{note}" if note else "")
            if due is None:
                return said
            return said + (f"，期限 {due} 已过" if self.rows.as_of > due else f"，须在 {due} 前（含当日）整改")
        if reported.verdict in (EXEMPT, LIMIT):
            return str(note)
        return note or "符合要求"

    def missing_name(self, name: str) -> str:
        """The title of a missing column, of the subject or of its zone."""
        if name in SPECIAL_NAMES:
            return SPECIAL_NAMES[name]
        columns = (_columns(self.zone_layer.name) if self.zone_layer else {}) | self.columns
        return columns[name].title if name in columns else name


def _shown(column: Column, value: Any) -> str:
    if isinstance(value, Decimal):
        return to_text(column, Decimal(f"{value:.4f}"))
    if column.vocabulary and isinstance(value, tuple):
        return "、".join(column.vocabulary.title(item) for item in value)
    if column.vocabulary:
        return column.vocabulary.title(str(value)).removesuffix("类")
    return to_text(column, value)
