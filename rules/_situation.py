"""What is judged: subjects and zones of one day, worked out once and shared by every rule that asks.

A situation can be judged whole or in part, and another zone or two can be tried in it: what does not depend on
them is kept.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from layers._find import load_layers
from rules._frames import Frames, empty_frame
from rules._logic import Cells
from rules._parameters import Parameters
from rules._rule import Indices, Rows, Rule
from rules._scenarios import zone_order
from rules._steps import UNIT_LAYER, applies
from rules._units import by_fuel, with_enterprise_place
from rules._zones import Ground, Places, locate


class Situation:
    """Subjects and zones of one day."""

    def __init__(self, frames: Frames, as_of: dt.date, params: Parameters) -> None:
        """Of frames; nothing is worked out before somebody asks."""
        self.frames, self.as_of, self.params = frames, as_of, params
        self._subjects: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        self._grounds: dict[str, Ground] = {}
        self._days: dict[tuple[str, str | None], Cells] = {}
        self._cells: dict[str, dict[str, Cells]] = {}
        self._applying: dict[tuple[str, str], Indices] = {}
        self._places: dict[tuple[str, str, str | None], Places] = {}
        self._orders: dict[str, Indices] = {}

    def tried(self, layer: str, frame: pd.DataFrame) -> Situation:
        """The same situation with other rows in one layer, which is the subject of no rule."""
        other = Situation(self.frames.replaced(layer, frame), self.as_of, self.params)
        other._subjects, other._grounds, other._days, other._cells, other._applying = (
            self._subjects, self._grounds, self._days, self._cells, self._applying,
        )  # fmt: skip
        return other

    def subjects(self, layer: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Subjects of a layer, and the same once per fuel (the same frame for other layers)."""
        if layer not in self._subjects:
            frame = self.frames.subject(layer)
            if layer == UNIT_LAYER:
                frame = with_enterprise_place(frame, self.frames.subject("enterprises"))
                self._subjects[layer] = frame, by_fuel(frame)
            else:
                single = frame.assign(subject=np.arange(len(frame), dtype=np.int64))
                self._subjects[layer] = frame, single
        return self._subjects[layer]

    def ground(self, layer: str) -> Ground:
        """Where the subjects of a layer are."""
        if layer not in self._grounds:
            self._grounds[layer] = Ground.of(self.subjects(layer)[0])
        return self._grounds[layer]

    def applying(self, rule: Rule, layer: str, only: Indices | None = None) -> Rows:
        """The rows of a layer (once per fuel) that no condition of a rule refutes, without zones yet.

        Args:
            only: ascending positions of the subjects wanted; None for all.
        """
        key = (rule.key, layer)
        if key not in self._applying:
            whole = self._alone(rule, layer, np.arange(len(self.subjects(layer)[1]), dtype=np.int64))
            self._applying[key] = np.flatnonzero(applies(rule, whole))
        rows = self._applying[key]
        if only is not None:
            owner = self.subjects(layer)[1]["subject"].to_numpy(dtype=np.int64)[rows]
            first = np.searchsorted(owner, only, side="left")
            rows = rows[ranges(first, np.searchsorted(owner, only, side="right") - first)]
        return self._alone(rule, layer, rows)

    def _alone(self, rule: Rule, layer: str, rows: Indices) -> Rows:
        zones = self.frames.zone(rule.zone_layer) if rule.zone_layer else empty_frame("towns")
        return Rows(
            layer, self.subjects(layer)[1], rows, zones, np.full(len(rows), -1, dtype=np.int64),
            np.full(len(rows), "city", dtype=object), self.params, self.as_of, self.frames, self._cells.setdefault(layer, {}),
        )  # fmt: skip

    def places(self, rule: Rule, layer: str, only: Indices | None = None) -> Places:
        """Where the subjects of a layer lie against the zones of a rule; one join for all rules that ask."""
        key = (layer, rule.zone_layer or "", rule.zone_day)
        if only is not None:
            return self._locate(key, only)
        if key not in self._places:
            self._places[key] = self._locate(key, None)
        return self._places[key]

    def _locate(self, key: tuple[str, str, str | None], only: Indices | None) -> Places:
        layer, zone_layer, zone_day = key
        return locate(
            self.ground(layer), self.frames.zone(zone_layer), self._day(layer, zone_day),
            float(self.params["edge_tolerance_m"]), float(self.params["overlap_tolerance_m2"]), only,
        )  # fmt: skip

    def zone_order(self, rule: Rule) -> Indices:
        """Rank of each zone of a rule among zones of equal verdict."""
        if rule.key not in self._orders:
            name = rule.zone_layer or "towns"
            zones = self.frames.zone(name) if rule.zone_layer else empty_frame(name)
            self._orders[rule.key] = zone_order(rule, zones, load_layers()[name].key)
        return self._orders[rule.key]

    def _day(self, layer: str, column: str | None) -> Cells:
        """The day each subject is compared with: the day of judgement, or that of one of its columns."""
        if (layer, column) not in self._days:
            frame = self.subjects(layer)[0]
            days = np.full(len(frame), self.as_of, dtype=object)
            if column:
                for row, moment in enumerate(frame[column]):
                    days[row] = self.as_of if moment is None else _date(moment)
            self._days[layer, column] = days
        return self._days[layer, column]


def _date(moment: dt.datetime | dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def ranges(first: Indices, count: Indices) -> Indices:
    """Concatenated ``first[i] … first[i] + count[i] - 1``."""
    total = int(count.sum())
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return np.asarray(starts + np.arange(total), dtype=np.int64)
