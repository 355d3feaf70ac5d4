"""What a rule is: the clause it comes from, what it looks at, and how a row is judged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rules._frames import Frames
from rules._logic import Cells, Mask, Truth
from rules._parameters import Parameters

Indices = npt.NDArray[np.int64]


@dataclass
class Rows:
    """The rows one rule judges: subjects (a combustion unit once per fuel), each with one zone or none.

    Attributes:
        layer: subject layer. frame: the subjects (units expanded by fuel carry ``fuel_now``,
            ``status_now``, ``standby_fuel``). subject: row → position in ``frame``.
        zones: zone versions. zone: row → position in ``zones``, -1 for none.
        state: ``in``, ``near``, ``nowhere`` or ``city`` of each row.
        whole: columns of ``frame`` taken out already, shared by rows of the same frame.
    """

    layer: str
    frame: pd.DataFrame
    subject: Indices
    zones: pd.DataFrame
    zone: Indices
    state: Cells
    params: Parameters
    as_of: dt.date
    frames: Frames
    whole: dict[str, Cells] = field(default_factory=dict, repr=False)
    _cells: dict[str, Cells] = field(default_factory=dict)
    _zone_cells: dict[str, Cells] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.subject)

    def column(self, name: str) -> Cells:
        """A column of the subjects, one cell a row."""
        if name not in self._cells:
            if name not in self.whole:
                self.whole[name] = self.frame[name].to_numpy(dtype=object)
            self._cells[name] = self.whole[name][self.subject]
        return self._cells[name]

    def zone_column(self, name: str) -> Cells:
        """A column of each row's zone; None where there is no zone."""
        if name not in self._zone_cells:
            values = np.append(self.zones[name].to_numpy(dtype=object), np.array([None], dtype=object))
            self._zone_cells[name] = np.asarray(values[self.zone], dtype=object)
        return self._zone_cells[name]

    def only(self, keep: Mask) -> Rows:
        """The same rows without some."""
        return Rows(
            self.layer, self.frame, self.subject[keep], self.zones, self.zone[keep], self.state[keep],
            self.params, self.as_of, self.frames, self.whole,
        )  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """One condition of a rule; where it is unknown, the empty ones of ``columns`` are what is missing."""

    truth: Truth
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """Whether a row violates; where unknown, the empty ones of ``columns`` are missing.

    ``limit`` marks rows exactly on a limit that the text leaves open (verdict B); ``note`` says in
    Chinese what is wrong with a row, value against limit.
    """

    truth: Truth
    columns: tuple[str, ...] = ()
    limit: Mask | None = None
    note: Cells | None = None


Outcome = Literal["fault", "task", "fine", "exempt", "limit", "unknown", "not"]


@dataclass
class Judgement:
    """What was found of each row: arrays of one length.

    Attributes:
        outcome: ``fault`` (V, or T while ``due`` runs), ``task`` (T for ever), ``fine``, ``exempt``,
            ``limit``, ``unknown`` or ``not``.
        due: the deadline applied, or None. missing: tuple of columns.
        note: a Chinese phrase that says why, beyond the values.
        places: rows whose zone is reported as another layer's feature: (layer, code, version).
    """

    outcome: Cells
    due: Cells
    missing: Cells
    note: Cells
    places: dict[int, tuple[str, str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, size: int, outcome: Outcome = "not") -> Judgement:
        """All rows alike, to be filled in."""
        missing = np.empty(size, dtype=object)
        missing.fill(())
        return cls(
            np.full(size, outcome, dtype=object), np.full(size, None, dtype=object), missing,
            np.full(size, "", dtype=object),
        )  # fmt: skip

    def put(self, where: Mask, outcome: Outcome, note: str = "", due: dt.date | None = None) -> None:
        """Set rows of a mask; nothing is missing in them any more."""
        self.outcome[where] = outcome
        self.note[where] = note
        self.due[where] = due
        for row in np.flatnonzero(where):
            self.missing[row] = ()


@dataclass(frozen=True)
class Rule:
    """One rule of the plan.

    A rule gives either ``conditions`` / ``exempt`` / ``violates`` (steps of dictionary §3.3), or
    ``judge`` where the contract states its own order of steps.

    Attributes:
        key: rule key. title, title_en: shown names. clause: plan article such as （十一）.
        wording: what the plan asks, in Chinese. legal_basis: law and penalty. department: lead department.
        subjects: subject layers. inputs: subject columns a verdict shows. fault, fault_en: the violation in words.
        zone_layer: zones that bind, None for the whole city. zone_inputs: zone columns a verdict shows.
        needs: further layers read. parameters: keys of parameters used.
        until_plan_end: a fault is a task until the plan ends; else it is a violation at once.
        zone_rank: sort keys that order zones of equal verdict, the reported one first.
        zone_day: subject column whose date decides which zone version is in force, None for as-of.
        nowhere: judges rows without position where the general rule of §3.2 does not hold.
        exempt_text, limit_text: why a row is exempt; both readings of a value exactly on an open limit.
        outside: verdict of a subject certainly outside every zone.
        reach_m: how many metres from a subject the rows of ``needs`` may still decide about it.
    """

    key: str
    title: str
    title_en: str
    clause: str
    wording: str
    legal_basis: str
    department: str
    subjects: tuple[str, ...]
    inputs: tuple[str, ...]
    fault: str
    fault_en: str
    zone_layer: str | None = None
    zone_inputs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    until_plan_end: bool = False
    conditions: Callable[[Rows], list[Condition]] | None = None
    exempt: Callable[[Rows], Mask] | None = None
    exempt_text: str = ""
    limit_text: str = ""
    violates: Callable[[Rows], Fault] | None = None
    judge: Callable[[Rows], Judgement] | None = None
    zone_rank: Callable[[pd.DataFrame], list[Any]] | None = None
    zone_day: str | None = None
    nowhere: Callable[[Rows], Judgement] | None = None
    outside: Literal["N", "C"] = "N"
    reach_m: float = 0.0
