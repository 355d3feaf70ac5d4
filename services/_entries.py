"""Changed verdicts by name: which facility, which equipment, from what to what; and their totals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from layers._find import load_layers
from rules._find import load_rules
from rules._report import Verdict
from rules._units import effective_capacity
from services._baseline import NOTHING, Baseline, Key
from services._board import Board, Subject

UNITS = "combustion_units"
KINDS = ("entering", "leaving", "changed")
BANDS: tuple[tuple[str, Decimal], ...] = (("<=10", Decimal(10)), ("10-20", Decimal(20)), ("20-35", Decimal(35)))
"""Capacity bands in t/h, upper limit: up to 10, under 20, under 35, from 35, not stated."""

Entry = dict[str, Any]


def kind_of(before: Verdict, after: Verdict) -> str:
    """entering: no verdict before; leaving: none after; changed: neither."""
    if before.verdict == NOTHING.verdict:
        return "entering"
    return "leaving" if after.verdict == NOTHING.verdict else "changed"


class Teller:
    """Tells who a subject is."""

    def __init__(self, base: Baseline, board: Board) -> None:
        self.base, self.board = base, board
        self.facilities: dict[Subject, dict[str, Any]] = base.once(("facilities",), self._facilities)

    def _facilities(self) -> dict[Subject, dict[str, Any]]:
        table = self.board.facilities
        names = ("layer", "key", "name", "town", "lon", "lat")
        rows = zip(*(table[name] for name in names), strict=True)
        return {(layer, key): {"name": name, "town": town, "lon": lon, "lat": lat} for layer, key, name, town, lon, lat in rows}

    def facility_of(self, layer: str, code: str) -> Subject:
        """The facility a subject belongs to, or is."""
        return self.board.owners.get((layer, code), (layer, code))

    def position(self, layer: str, code: str) -> int:
        """Where a subject stands in its frame."""
        places = self.base.once(("positions", layer), lambda: {str(c): at for at, c in enumerate(self.base.codes(layer))})
        return places[code]

    def value(self, layer: str, column: str, code: str) -> Any:
        """One cell of a subject; None where its layer has no such column."""
        if not load_layers()[layer].has(column) and column != "geometry_map":
            return None
        cells = self.base.once(
            ("cells", layer, column), lambda: self.base.situation.subjects(layer)[0][column].to_numpy(dtype=object)
        )
        return cells[self.position(layer, code)]

    def entry(self, key: Key, before: Verdict, after: Verdict) -> Entry:
        """One changed verdict; the columns of the contract first."""
        rule, layer, code = key
        owner = self.facility_of(layer, code)
        who = self.facilities.get(owner, {"name": code, "town": "", "lon": None, "lat": None})
        return {
            "rule": rule, "subject_layer": layer, "subject_code": code,
            "enterprise_code": self.value(layer, "enterprise_code", code) or "", "name": who["name"],
            "zone_before": before.zone_code, "zone_after": after.zone_code,
            "verdict_before": before.verdict, "verdict_after": after.verdict,
            "due_on": after.due_on, "missing": after.missing,
            "due_before": before.due_on, "missing_before": before.missing,
            "near": bool(after.zone_code) and "position" in after.missing.split(";"),
            "facility_layer": owner[0], "facility_key": owner[1], "town": who["town"], **self._place(layer, code, who),
            **self._equipment(layer, code),
        }  # fmt: skip

    def _place(self, layer: str, code: str, who: dict[str, Any]) -> dict[str, float | None]:
        shape = self.value(layer, "geometry_map", code)
        lon, lat = (shape.x, shape.y) if shape is not None and shape.geom_type == "Point" else (who["lon"], who["lat"])
        known = lon is not None and lon == lon
        return {"lon": round(float(lon), 6) if known else None, "lat": round(float(lat), 6) if known else None}

    def _equipment(self, layer: str, code: str) -> dict[str, Any]:
        """What it is and burns: type, fuels, t/h of a unit; type of a machine."""
        label = {"machines": "machine_type"}.get(layer, load_layers()[layer].label)
        told: dict[str, Any] = {"label": self.value(layer, label, code) or code, "t_h": None}
        told["equipment"] = self.value(layer, "unit_type", code) or self.value(layer, "machine_type", code) or ""
        fuel = self.value(layer, "fuel", code)
        told["fuel"] = ";".join(fuel) if isinstance(fuel, tuple) else fuel or ""
        if layer == UNITS:
            size = effective_capacity(*(self.value(layer, name, code) for name in ("capacity_tph", "capacity_mw")))
            told["t_h"] = None if size is None else round(float(size), 3)
        return told


def band_of(t_h: float | None) -> str:
    """The capacity band of a unit: the plan's limits, 10 t/h itself in the lowest."""
    if t_h is None:
        return "unknown"
    size = Decimal(str(t_h))
    if size <= BANDS[0][1]:
        return BANDS[0][0]
    return next((name for name, limit in BANDS[1:] if size < limit), ">=35")


def totals(entries: dict[str, list[Entry]], classes: dict[str, str]) -> dict[str, Any]:
    """Counts of entries; a facility and a unit counted once however many rules change for them.

    Args:
        entries: by kind. classes: zone code → class, for the counts by class.
    """
    every = [entry for kind in KINDS for entry in entries[kind]]
    return {
        "by_rule": _by_rule(entries), **_count(every),
        **{kind: _count(entries[kind]) for kind in KINDS},
        "boilers": _count(entry for entry in every if entry["equipment"] == "boiler"),
        "by_class": {
            kind: _grouped(entries[kind], lambda e: classes.get(e["zone_before" if kind == "leaving" else "zone_after"], ""))  # noqa: B023  called at once
            for kind in KINDS
        },
        "by_band": {kind: _grouped([e for e in entries[kind] if e["subject_layer"] == UNITS], _band) for kind in KINDS},
        "near": len({(e["subject_layer"], e["subject_code"]) for e in every if e["near"]}),
    }  # fmt: skip


def _band(entry: Entry) -> str:
    return band_of(entry["t_h"])


def _by_rule(entries: dict[str, list[Entry]]) -> dict[str, dict[str, int]]:
    found = {key: dict.fromkeys(KINDS, 0) for key in load_rules()}
    for kind in KINDS:
        for entry in entries[kind]:
            found[entry["rule"]][kind] += 1
    return {key: counts for key, counts in found.items() if any(counts.values())}


def _count(entries: Iterable[Entry]) -> dict[str, Any]:
    rows = list(entries)
    units = {(row["subject_layer"], row["subject_code"]): row["t_h"] or 0.0 for row in rows}
    facilities = {(row["facility_layer"], row["facility_key"]) for row in rows}
    return {"facilities": len(facilities), "units": len(units), "t_h": round(sum(units.values()), 3)}


def _grouped(entries: list[Entry], key: Any) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return {name: _count(rows) for name, rows in sorted(groups.items())}
