"""Takes a file into a layer: read in a locked child, conform, doubt, record, report every row."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection

from geo import crs as systems
from geo.child import is_there, parts_of, read_untrusted
from geo.errors import BlueSkyError, Conflict, FileMissing, FileUnreadable
from geo.raw import RawTable
from geo.read import ReadOptions
from geo.region import Region
from geo.write import csv_text, replace_file
from layers._conform import Conformed, ConformOptions, Fault, conform, names_key, no_key_column
from layers._conform_values import is_missing
from layers._layer import Layer
from layers._plausible import doubts
from layers._unverified import unverified
from services._elsewhere import hold_elsewhere
from services._intake_memory import Answers, fingerprint, remembered, resubmitted
from services._intake_repairs import with_repairs
from services._intake_shift import shift_doubts
from services._intake_verdicts import verdict_changes
from services._recording import Recorded, preview, record
from services.scope import Area, layer_for, local_principal
from store import audit, changes, held
from store.changes import Change
from store.held import Decision
from store.open import Store


class FolderGiven(FileUnreadable):
    """A folder that is no file geodatabase."""

    zh = "“{name}”是文件夹，请选择其中的文件，或把它压缩成 zip。"
    en = "“{name}” is a folder; choose a file in it, or zip it."


PREVIEWED = 5
"""Rows of a file shown as they were read."""


@dataclass(frozen=True)
class ImportOptions:
    """What the user says about a file.

    Attributes:
        crs: coordinate system. datum: of longitudes and latitudes. encoding: of its text. sheet: sheet, or layer inside it.
        mapping: header → canonical column, empty for an extra attribute. swap: x and y are exchanged.
        packed: decimal degrees are really ``ddd.mmss``. helmert: seven parameters, as ``geo.helmert.parse`` reads them.
        accept: rows whose proposed repair is taken; ``accept_all``: every row's.
    """

    crs: str | None = None
    datum: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    source_layer: str | None = None
    dry_run: bool = False
    actor: str = "local"
    mapping: Mapping[str, str] = field(default_factory=dict)
    swap: bool = False
    packed: bool = False
    helmert: str | None = None
    accept: tuple[int, ...] = ()
    accept_all: bool = False


@dataclass
class ImportReport:
    """Every row of a file accounted for: ``rows_in`` = ``taken`` + ``quarantined`` + ``refused``.

    Attributes:
        doubtful: rows taken that have something to look at. missing: rows of the layer the file does not have (they stay).
        unverified: rows taken whose datum nothing ties to CGCS2000: their accuracy is 100 m at best.
        preview: the texts of the first rows under ``headers``, to see whether the encoding is right.
        columns: header → column, as matched. verdicts: violations that come and go, where that was asked.
        repeated: the same content was imported before; nothing was written.
    """

    layer: str
    file: str
    rows_in: int = 0
    taken: int = 0
    quarantined: int = 0
    refused: int = 0
    doubtful: int = 0
    repaired: int = 0
    unverified: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
    sha256: str = ""
    driver: str = ""
    source_layer: str | None = None
    revision: int = 0
    changeset: int | None = None
    dry_run: bool = False
    repeated: bool = False
    remembered: bool = False
    file_refused: str | None = None
    verdicts: dict[str, int] | None = None
    columns: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    preview: list[list[str]] = field(default_factory=list)
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
    context: Mapping[str, Any] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)


def prepare_file(
    region: Region, layer_name: str, path: Path, options: ImportOptions, store: Store | None = None, name: str | None = None,
    step: Callable[[int], None] | None = None,
) -> Prepared:  # fmt: skip
    """Read and check a file.

    Args:
        store: where to look up remembered mappings, rows sent back corrected, and places for comparison.
        name: the file's own name, where it lies under another. step: told how far it is, in percent.
    Raises:
        LayerUnknown, FileMissing, FileUnreadable, …: nothing was changed; ``error.facts["report"]`` holds a
            report with ``file_refused``.
    """
    layer = layer_for(local_principal(), layer_name)
    report = ImportReport(layer.name, name or path.name, dry_run=options.dry_run)
    with _refusals(report):
        if not is_there(path):
            raise FolderGiven(name=path.name) if path.is_dir() else FileMissing(path=path.name or str(path))
        report.sha256 = _sha256(path)
        raw = read_untrusted(path, ReadOptions(options.encoding, options.sheet, options.source_layer), name)
        report.encoding, report.driver, report.crs = raw.encoding, raw.driver, raw.crs
        if step is not None:
            step(45)
        report.rows_in, report.headers = len(raw.rows), [str(header) for header in raw.frame.columns]
        first = raw.frame.head(PREVIEWED).to_numpy()
        report.preview = [["" if is_missing(cell) else str(cell)[:60] for cell in row] for row in first]
        return prepare_table(region, layer, raw, options, store, report)


def prepare_table(
    region: Region, layer: Layer, raw: RawTable, options: ImportOptions, store: Store | None, report: ImportReport
) -> Prepared:
    """Check a table that was read; the report is filled."""
    raw, answers, context = resubmitted(store, layer, raw)
    said = dict(options.mapping) or (remembered(store, layer, raw) if store else {})
    report.remembered = bool(said) and not options.mapping
    mine = dataclasses.asdict(options) | {"mapping": said}
    try:
        stated = ConformOptions.of(context | {name: value for name, value in mine.items() if value})
        conformed = conform(raw, layer, region, stated)
        if options.accept or options.accept_all:
            raw, repaired = with_repairs(raw, conformed, None if options.accept_all else set(options.accept))
            conformed = conform(raw, layer, region, stated)
            report.repaired = len(repaired)
    except BlueSkyError:
        report.refused = report.rows_in  # the file was read and none of its rows can be taken
        raise
    conformed.faults.extend(doubts(conformed.frame, layer, region))
    conformed.faults.extend(shift_doubts(store, layer, conformed, region, stated))
    conformed.faults.sort(key=lambda fault: (fault.row is not None, fault.row or 0))
    _fill(report, raw, conformed, stated)
    told = context_of_import(raw, stated)
    change = Change("import", layer.name, options.actor, report.file, report.sha256)
    return Prepared(layer, conformed, change, report, told, answers)


def within_area(store: Store, region: Region, area: Area, prepared: Prepared) -> Prepared:
    """The same file without the rows that lie outside somebody's area: they are held back, and the report names them."""
    conformed = hold_elsewhere(store, region, area, prepared.layer, prepared.conformed)
    if conformed is not prepared.conformed:
        _count(prepared.report, conformed)
    return dataclasses.replace(prepared, conformed=conformed)


def context_of_import(raw: RawTable, stated: ConformOptions) -> dict[str, Any]:
    """What is needed to read one row of a file again."""
    return stated.told() | {
        "file_crs": raw.crs, "crs_declared": raw.crs_declared, "driver": raw.driver,
        "headers": [str(header) for header in raw.frame.columns],
    }  # fmt: skip


def import_file(
    store: Store | Callable[[], Store] | None, region: Region, layer_name: str, path: Path, options: ImportOptions,
    verdicts: bool = False,
) -> ImportReport:  # fmt: skip
    """Import a file into a layer, in one transaction.

    Args:
        store: where to, or what opens it once the file has been read, so that a refused file makes no
            store; may be None for a dry run. A dry run with a store tells what would be new and changed.
        verdicts: tell, too, which violations would come and go (needs an open store).
    Raises:
        LayerUnknown, FileMissing, FileUnreadable, KeyColumnMissing, StoreFull, …: nothing was changed;
            ``error.facts["report"]`` holds a report with ``file_refused``.
    """
    known = store if isinstance(store, Store) else None
    prepared = prepare_file(region, layer_name, path, options, known)
    with _refusals(prepared.report):
        refuse_foreign(prepared)
        if store is not None:
            record_prepared(store if isinstance(store, Store) else store(), [prepared], dry_run=options.dry_run)
        if verdicts and known is not None:
            prepared.report.verdicts = verdict_changes(known, region, prepared.layer, prepared.conformed, region.today())
    return prepared.report


def refuse_foreign(prepared: Prepared) -> None:
    """Refuse a file none of whose columns is the key: every row would be.

    Raises:
        KeyColumnMissing: nothing was changed.
    """
    if not names_key(prepared.layer, prepared.conformed.matched):
        raise no_key_column(prepared.layer)


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
        report = ImportReport(name, raw.source_layer or name, sha256=_table_hash(raw), rows_in=len(raw.rows))
        prepared.append(prepare_table(region, layer, raw, ImportOptions(actor=actor), None, report))
        refuse_foreign(prepared[-1])
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
            settle = partial(_settle, connection, one)
            _note(one.report, record(connection, store, one.layer, one.conformed, one.change, None, one.context, settle))
    audit.anchor(store)


def _settle(connection: Connection, one: Prepared, changeset: int, at: dt.datetime) -> None:
    """Remember the mapping, and what became of rows that were sent back corrected."""
    mapping = one.context.get("mapping")
    if mapping and not one.answers.numbers and one.conformed.raw is not None:
        held.remember_mapping(connection, one.layer.name, fingerprint(one.conformed.raw), dict(mapping), one.change.actor, at)
    if one.answers.numbers:
        taken = set(one.conformed.frame["row"].tolist())
        for kind, wanted in (("taken", True), ("resubmitted", False)):
            numbers = [number for row, number in one.answers.numbers.items() if (row in taken) is wanted]
            held.decide(connection, numbers, Decision(kind, one.change.actor, at, one.report.file, changeset))


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
    """Of a file; of a file geodatabase, which is a folder, over its files' own."""
    if path.is_dir():
        return hashlib.sha256("".join(f"{part.name}:{_sha256(part)};" for part in parts_of(path)).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _table_hash(raw: RawTable) -> str:
    digest = hashlib.sha256(raw.frame.to_csv(index=False).encode())
    for shape in () if raw.geometry is None else raw.geometry:
        digest.update(b"-" if shape is None else shapely.to_wkb(shape, byte_order=1))
    return digest.hexdigest()


def _fill(report: ImportReport, raw: RawTable, conformed: Conformed, stated: ConformOptions) -> None:
    report.rows_in = conformed.rows_in
    report.encoding, report.crs = raw.encoding, _crs_of(conformed) or stated.crs or raw.crs
    report.driver, report.source_layer = raw.driver, raw.source_layer
    report.datum = stated.datum or _datum_of(conformed)
    report.headers = [str(header) for header in raw.frame.columns]
    report.columns = {header: column for column, header in conformed.matched.columns.items()}
    if not conformed.rows_in:
        conformed.faults.append(_said("文件里没有任何记录 / the file holds no record", "empty"))
    if report.repaired:
        told = f"已采纳 {report.repaired} 行的修复 / the repairs of {report.repaired} rows were accepted"
        conformed.faults.insert(0, _said(told, "repaired"))
    conformed.faults[:0] = [_said(note, "note") for note in raw.notes]
    _count(report, conformed)


def _count(report: ImportReport, conformed: Conformed) -> None:
    """What became of every row."""
    report.taken, report.quarantined, report.refused = len(conformed.frame), conformed.quarantined, conformed.refused
    report.unverified = int(unverified(conformed.frame).sum())
    taken = set(conformed.frame["row"].tolist())
    report.doubtful = len({fault.row for fault in conformed.faults if fault.row is not None} & taken)
    report.problems = [dict(fault.__dict__) for fault in conformed.faults]
    report.held = [
        {"row": row["row"], "severity": row["severity"], "values": row["values"]}
        for row in conformed.held.to_dict("records")
    ]


_DATUM_WORDS = ((("百度", "BD"), "bd09"), (("高德", "火星", "GCJ", "腾讯"), "gcj02"))
"""What a file says about its datum in words, and which one is proposed for it."""


def _said(note: str, code: str) -> Fault:
    zh, _, en = note.partition(" / ")
    named = next((datum for words, datum in _DATUM_WORDS if "--datum" in zh and any(word in zh for word in words)), None)
    return Fault(None, None, None, zh, en or zh, None, "warning", code, {"datum": named} if named else None)


def _crs_of(conformed: Conformed) -> str | None:
    found = sorted({crs for crs in conformed.frame["crs_filed"] if crs})
    return "+".join(found) or None


def _datum_of(conformed: Conformed) -> str | None:
    filed = {systems.datum_of(crs) for crs in set(conformed.frame["crs_filed"]) if crs is not None} - {"cgcs2000"}
    if "datum" not in conformed.frame:
        return "+".join(sorted(filed)) or None
    pairs = zip(conformed.frame["datum"], conformed.frame["crs_filed"], strict=True)
    stated = {datum or "cgcs2000" for datum, crs in pairs if crs is None or systems.well_tied(crs)}
    return "+".join(sorted(filed | stated)) or None


def _note(report: ImportReport, recorded: Recorded) -> None:
    report.new, report.changed, report.unchanged = recorded.new, recorded.changed, recorded.unchanged
    report.revision, report.changeset, report.repeated = recorded.revision, recorded.changeset or None, recorded.repeated
    report.missing = len(recorded.missing)


def write_rejects(report: ImportReport, path: Path) -> int:
    """Write every row held back, one line per fault: row, column, value, reason, suggestion, original values.

    Returns:
        The number of rows held back.
    """
    headers = list(dict.fromkeys(name for row in report.held for name in row["values"]))
    lines: list[list[object]] = []
    for kept in report.held:
        faults = [p for p in report.problems if p["row"] == kept["row"] and p["severity"] != "warning"]
        original = [kept["values"].get(name) for name in headers]
        for fault in faults or [{}]:
            named = [fault.get(name) for name in ("column", "value", "reason", "suggestion")]
            lines.append([kept["row"], kept["severity"], *named, *original])
    titles = ["row", "severity", "column", "value", "reason", "suggestion", *headers]
    replace_file(path, csv_text(titles, lines).encode("utf-8"))
    return len(report.held)
