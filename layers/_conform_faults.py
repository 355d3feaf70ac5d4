"""What was found wrong in a file, row by row, and the sheet on which the conforming is worked out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from layers._layer import Layer, Remark

Severity = Literal["refused", "quarantined", "warning"]

MISSING = Remark("必填列为空", "a required column is empty", "请补全后重新导入", "missing_value")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a file.

    Attributes:
        row: source row number as the user sees it; None for the file as a whole.
        column: canonical column, ``geometry``, ``position``, or the header of an unknown column.
        value: the text in the file. reason, reason_en: one sentence.
        suggestion: what to do, where one offers itself.
        severity: ``warning`` (the row is taken), ``quarantined`` or ``refused`` (held back).
        code: stable name of this kind of fault. repair: canonical column → text that would mend the row.
    """

    row: int | None
    column: str | None
    value: str | None
    reason: str
    reason_en: str
    suggestion: str | None
    severity: Severity
    code: str = ""
    repair: dict[str, str] | None = None


@dataclass
class Sheet:
    """The rows of one file while they become rows of a layer; positions count from 0.

    Attributes:
        rows: source row numbers. cells: canonical column → raw cells (absent: not in the file).
        values: canonical column → canonical values. held: position → worst severity above warning.
    """

    layer: Layer
    rows: list[int]
    cells: dict[str, list[Any]]
    values: dict[str, list[Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    held: dict[int, Severity] = field(default_factory=dict)

    def report(
        self,
        position: int | None,
        column: str | None,
        value: Any,
        remark: Remark,
        severity: Severity = "warning",
    ) -> None:
        """Note a fault; one above warning holds the row back (refused outranks quarantined)."""
        row = None if position is None else self.rows[position]
        shown = None if value is None else str(value)[:200]
        repair = dict(remark.repair) if remark.repair else None
        self.faults.append(Fault(row, column, shown, remark.zh, remark.en, remark.suggestion, severity, remark.code, repair))
        if position is not None and severity != "warning" and self.held.get(position) != "refused":
            self.held[position] = severity

    def column_of(self, name: str) -> list[Any]:
        """The canonical values of a column, all None where the file has none."""
        return self.values.get(name) or [None] * len(self.rows)

    def still_taken(self) -> Iterable[int]:
        """Positions not held back so far."""
        return (position for position in range(len(self.rows)) if position not in self.held)
