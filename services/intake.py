"""Takes a file into a layer: read in a locked child, conform, record, report every row."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely

from geo.child import read_untrusted
from geo.errors import BlueSkyError, Conflict, FileMissing
from geo.raw import RawTable
from geo.read import ReadOptions
from geo.region import Region
from geo.write import csv_text, replace_file
from layers._conform import Conformed, ConformOptions, Fault, conform
from layers._layer import Layer
from services._recording import Recorded, preview, record
from services.scope import layer_for, local_principal
from store import audit, changes
from store.changes import Change
from store.open import Store


@dataclass(frozen=True)
class ImportOptions:
    """What the user says about a file: coordinate system, datum, encoding, sheet or layer inside it."""

    crs: str | None = None
    datum: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    source_layer: str | None = None
    dry_run: bool = False
    actor: str = "local"


@dataclass
class ImportReport:
    """Every row of a file accounted for: ``rows_in`` = ``taken`` + ``quarantined`` + ``refused``."""

    layer: str
    file: str
    rows_in: int = 0
    taken: int = 0
    quarantined: int = 0
    refused: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
    sha256: str = ""
    revision: int = 0
    dry_run: bool = False
    file_refused: str | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> str:
        """The report as indented JSON, held rows included."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1, default=str)


@dataclass(frozen=True)
class Prepared:
    """A file read and conformed, nothing stored yet: what a preview shows and a confirmation records."""

    layer: Layer
    conformed: Conformed
    change: Change
    report: ImportReport


def prepare_file(region: Region, layer_name: str, path: Path, options: ImportOptions) -> Prepared:
    """Read and check a file.

    Raises:
        LayerUnknown, FileMissing, FileUnreadable, …: nothing was changed; ``error.facts["report"]`` holds a
            report with ``file_refused``.
    """
    layer = layer_for(local_principal(), layer_name)
    report = ImportReport(layer.name, path.name, dry_run=options.dry_run)
    with _refusals(report):
        if not path.is_file():
            raise FileMissing(path=path.name or str(path))
        report.sha256 = _sha256(path)
        raw = read_untrusted(path, ReadOptions(options.encoding, options.sheet, options.source_layer))
        conformed = conform(raw, layer, region, ConformOptions(options.crs, options.datum))
    _fill(report, raw, conformed, options)
    change = Change("import", layer.name, options.actor, path.name, report.sha256)
    return Prepared(layer, conformed, change, report)


def import_file(
    store: Store | Callable[[], Store] | None, region: Region, layer_name: str, path: Path, options: ImportOptions
) -> ImportReport:
    """Import a file into a layer, in one transaction.

    Args:
        store: where to, or what opens it once the file has been read, so that a refused file makes no
            store; may be None for a dry run. A dry run with a store tells what would be new and changed.
    Raises:
        LayerUnknown, FileMissing, FileUnreadable, StoreFull, …: nothing was changed; ``error.facts["report"]``
            holds a report with ``file_refused``.
    """
    prepared = prepare_file(region, layer_name, path, options)
    if store is not None:
        with _refusals(prepared.report):
            record_prepared(store if isinstance(store, Store) else store(), [prepared], dry_run=options.dry_run)
    return prepared.report


def import_many(
    store: Store, region: Region, tables: Sequence[tuple[str, RawTable]], actor: str, revision: int | None = None
) -> list[ImportReport]:
    """Import several tables, the same way, in one transaction: all of them or none.

    Args:
        tables: (layer name, table) in order; several tables may fill one layer.
        revision: that of the layers the tables rest on; None for any.
    Raises:
        Conflict: a layer has another revision; nothing was changed.
    """
    prepared = []
    for name, raw in tables:
        layer = layer_for(local_principal(), name)
        conformed = conform(raw, layer, region, ConformOptions())
        report = ImportReport(name, raw.source_layer or name, sha256=_table_hash(raw))
        _fill(report, raw, conformed, ImportOptions())
        change = Change("import", name, actor, report.file, report.sha256)
        prepared.append(Prepared(layer, conformed, change, report))
    record_prepared(store, prepared, revision=revision)
    return [one.report for one in prepared]


def import_frame(
    store: Store, region: Region, layer_name: str, raw: RawTable, source_name: str, actor: str
) -> ImportReport:
    """Import one table that was not read from a file."""
    named = dataclasses.replace(raw, source_layer=source_name)
    return import_many(store, region, [(layer_name, named)], actor)[0]


def record_prepared(
    store: Store, prepared: Sequence[Prepared], *, dry_run: bool = False, revision: int | None = None
) -> None:
    """Record prepared files in one transaction, and complete their reports.

    Args:
        dry_run: look only: the reports tell what would happen, nothing is written.
        revision: that of the layers they rest on; None for any.
    Raises:
        Conflict: a layer has another revision; nothing was changed.
    """
    if dry_run:
        with store.read() as connection:
            for one in prepared:
                _note(one.report, preview(connection, one.layer, one.conformed))
        return
    with store.write() as connection:
        if revision is not None and any(changes.revision(connection, one.layer.name) != revision for one in prepared):
            raise Conflict()
        for one in prepared:
            _note(one.report, record(connection, store, one.layer, one.conformed, one.change))
    audit.anchor(store)


@contextmanager
def _refusals(report: ImportReport) -> Iterator[None]:
    """Every refusal carries the report with its sentence."""
    try:
        yield
    except BlueSkyError as error:
        report.file_refused = str(error)
        error.facts["report"] = report
        raise


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _table_hash(raw: RawTable) -> str:
    digest = hashlib.sha256(raw.frame.to_csv(index=False).encode())
    for shape in () if raw.geometry is None else raw.geometry:
        digest.update(b"-" if shape is None else shapely.to_wkb(shape, byte_order=1))
    return digest.hexdigest()


def _fill(report: ImportReport, raw: RawTable, conformed: Conformed, options: ImportOptions) -> None:
    report.rows_in, report.taken = conformed.rows_in, len(conformed.frame)
    report.quarantined, report.refused = conformed.quarantined, conformed.refused
    report.encoding, report.crs = raw.encoding, _crs_of(conformed) or options.crs or raw.crs
    report.datum = options.datum or _datum_of(conformed)
    report.problems = [_problem(fault) for fault in conformed.faults]
    report.problems += [_problem(Fault(None, None, None, note, note, None, "warning")) for note in raw.notes]
    report.held = [
        {"row": row["row"], "severity": row["severity"], "values": row["values"]}
        for row in conformed.held.to_dict("records")
    ]


def _crs_of(conformed: Conformed) -> str | None:
    found = sorted({crs for crs in conformed.frame["crs_filed"] if crs})
    return "+".join(found) or None


def _datum_of(conformed: Conformed) -> str | None:
    if "datum" not in conformed.frame:
        return None
    return "+".join(sorted({datum or "cgcs2000" for datum in conformed.frame["datum"]})) or None


def _problem(fault: Fault) -> dict[str, Any]:
    return dataclasses.asdict(fault)


def _note(report: ImportReport, recorded: Recorded) -> None:
    report.new, report.changed, report.unchanged = recorded.new, recorded.changed, recorded.unchanged
    report.revision = recorded.revision


def write_rejects(report: ImportReport, path: Path) -> int:
    """Write every row held back, one line per fault: row, column, value, reason, suggestion, original values.

    Returns:
        The number of rows held back.
    """
    headers = list(dict.fromkeys(name for row in report.held for name in row["values"]))
    lines: list[list[object]] = []
    for held in report.held:
        faults = [p for p in report.problems if p["row"] == held["row"] and p["severity"] != "warning"]
        original = [held["values"].get(name) for name in headers]
        for fault in faults or [{}]:
            named = [fault.get(name) for name in ("column", "value", "reason", "suggestion")]
            lines.append([held["row"], held["severity"], *named, *original])
    titles = ["row", "severity", "column", "value", "reason", "suggestion", *headers]
    replace_file(path, csv_text(titles, lines).encode("utf-8"))
    return len(report.held)
