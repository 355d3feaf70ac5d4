"""带回修改: a file that was exported, edited elsewhere and comes back; compared with its base and with what holds now.

Only what the file changed since its base is offered, row by row and column by column; what changed here meanwhile stays. What
is accepted passes the gate of every import, in one transaction, and can be taken back like one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from geo.base_mark import BaseMark, is_day
from geo.child import FileRefused, is_there, read_untrusted
from geo.errors import Conflict, FileMissing, Refused
from geo.raw import RawTable
from geo.read import ReadOptions
from geo.region import Region
from layers._conform import ConformOptions
from layers._layer import Layer
from layers._rows import rows_where
from services._brought import Brought, Reading, read_brought
from services._edit_row import editable
from services._elsewhere import CODE as ELSEWHERE
from services._merged_rows import Source, objects, through_the_gate
from services._sides import EXTRA, equal, first_day, key_of, record_with, side_of
from services._threeway import KINDS, Key, RowChange, merged, three_way
from services.export import extra_names
from services.intake import ImportOptions, ImportReport, Prepared, record_prepared, within_area
from services.scope import WHOLE_CITY, Principal, layer_for, may, visible_layers
from services.seen import keys_seen
from store import changes, features, revisions
from store.open import Store
from store.revisions import Revision

OURS, THEIRS = "ours", "theirs"


class BaseUnknown(Refused):
    """A file that does not say, or says wrongly, what it was made from. ``facts``: ``why``, ``revisions`` to choose from."""

    zh = "{reason}，请选择该文件是由哪一版导出的（--base 版次）。"
    en = "{reason_en}; choose the revision it was exported from (--base REVISION)."


class OtherLayer(Refused):
    """A file that says it was made from another layer."""

    zh = "文件是由图层“{other}”导出的，不是“{layer}”；请选择正确的图层后重新上传。"
    en = "The file was made from the layer “{other}”, not “{layer_en}”; choose the right layer and upload it again."


class NothingAccepted(Refused):
    """Nothing was ticked, or nothing of it can be done."""

    zh = "没有选中可以带回的修改，数据未改动。"
    en = "No change was chosen that can be brought back; nothing was changed."


class AllElsewhere(NothingAccepted):
    """Only rows outside somebody's area were accepted."""

    zh = "选中的 {count} 行都不在您负责的范围内，数据未改动：{codes}。"
    en = "The {count} rows chosen all lie outside your area; nothing was changed: {codes}."


class RemovalElsewhere(Refused):
    """Rows whose removal has a way of its own."""

    zh = "“{layer}”的记录不能由文件删除：区域请由草案发布撤销，其他图层请由管理员在命令行撤销；请取消勾选“已删除”的行。"
    en = (
        "Rows of “{layer_en}” are not removed by a file: end a zone by publishing a draft, others by the retire command; "
        "untick the removed rows."
    )


class MovedOn(Conflict):
    """The layer changed between the preview and the confirmation."""

    zh = "预览之后该图层又有修改（版次 {before} → {after}），已重新比较，数据未改动；请重新核对后确认。"
    en = "The layer changed after the preview (revision {before} → {after}); nothing was changed. It was compared anew."


@dataclass(frozen=True)
class Asked:
    """What somebody says about a file. ``base``: the revision it was made from, where the file does not say.

    Attributes:
        complete: rows the file does not have were removed (said of files without a mark).
    """

    base: int | None = None
    complete: bool = False
    options: ImportOptions = field(default_factory=ImportOptions)


@dataclass(frozen=True)
class Choice:
    """What is accepted. ``keys``: rows, None for all; ``sides``: of conflicts, unit → side by row; ``rest``: of the others."""

    keys: Collection[Key] | None = None
    sides: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)
    rest: str = ""


@dataclass
class Difference:
    """A file beside its base and the store.

    Attributes:
        file, sha256: of the upload. base: revision it was made from. mark: what the file said, where that could be believed.
        revision: of the layer when it was compared. changes: what the file changed. brought: the file as read.
        base_frame, ours_frame, base, ours: both sides. outside: rows of the file that lie outside somebody's area.
        removable: whether this person may remove rows of this layer by a file. whole: missing rows count as removed.
        secret: units this person does not see, whatever changed in them.
    """

    layer: Layer
    file: str
    sha256: str
    base_revision: int
    mark: BaseMark | None
    revision: int
    brought: Brought
    raw: RawTable
    base: dict[Key, dict[str, Any]]
    ours: dict[Key, dict[str, Any]]
    ours_frame: pd.DataFrame
    base_frame: pd.DataFrame
    changes: list[RowChange] = field(default_factory=list)
    outside: int = 0
    removable: bool = True
    whole: bool = True
    secret: frozenset[str] = frozenset()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind."""
        return {kind: sum(change.kind == kind for change in self.changes) for kind in KINDS}

    @property
    def taken_at(self) -> dt.datetime | None:
        """When the file was exported, as it says."""
        try:
            at = dt.datetime.fromisoformat(self.mark.taken_at) if self.mark else None
        except ValueError:
            return None
        return at if at is not None and at.tzinfo is not None else None

    def sides(self, key: Key) -> tuple[Any, Any, Any]:
        """One row in the base, in the file and in the store."""
        return self.base.get(key), self.brought.cells.get(key), self.ours.get(key)


def compare_file(
    store: Store, region: Region, principal: Principal, layer_name: str, path: Path, asked: Asked, name: str | None = None
) -> Difference:
    """Read a file and compare it; nothing is stored.

    Args:
        name: the file's own name, where it lies under another.
    Raises:
        LayerUnknown, FileMissing, FileUnreadable, KeyColumnMissing, …: as for an import. BaseUnknown, OtherLayer: see there.
    """
    layer = layer_for(principal, layer_name)
    if not is_there(path):
        raise FileMissing(path=name or path.name or str(path))
    raw = _read(path, layer, asked.options, name)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with store.read() as connection:
        mark, number, past = _base(connection, layer, raw.marks, asked.base)
        now = changes.revision(connection, layer.name)
        frame = past.frame if number == now else features.read_versions(connection, layer)
    base = side_of(layer, past.frame, region)
    ours = base if number == now else side_of(layer, frame, region)
    written = next((one for one in raw.marks if one.layer == layer.name), None)  # also where another base was chosen
    hidden = not may(principal, "personal") or not _sees_people(written, principal)
    told = ConformOptions.of({k: v for k, v in dataclasses.asdict(asked.options).items() if v})
    how = Reading(layer, region, told, base, ours, extra_names(past.frame, layer), hidden)
    brought = read_brought(raw, how)
    made = Difference(layer, name or path.name, digest, number, mark, now, brought, raw, base, ours, frame, past.frame)
    _compare(made, store, region, principal, asked.complete)
    return made


def layers_in(path: Path, principal: Principal) -> list[str]:
    """The layers a container holds under their names, for those who bring all of them back; none of a file of one."""
    try:
        read_untrusted(path)
    except FileRefused as fault:
        choices: Any = fault.facts.get("choices") or ()
        return [name for name, layer in visible_layers(principal).items() if _tables_of(layer, choices)]
    return []


def _read(path: Path, layer: Layer, options: ImportOptions, name: str | None) -> RawTable:
    """The table of the file; of several the one that is called like the layer, or its points and polygons together."""
    told = ReadOptions(options.encoding, options.sheet, options.source_layer)
    try:
        return read_untrusted(path, told, name)
    except FileRefused as fault:
        choices: Any = fault.facts.get("choices") or ()
        wanted = _tables_of(layer, choices)
        if options.sheet or not wanted:
            raise
        parts = [read_untrusted(path, dataclasses.replace(told, sheet=one), name) for one in wanted]
        return parts[0] if len(parts) == 1 else _together(parts[0], parts[1])


def _tables_of(layer: Layer, choices: Collection[str]) -> list[str]:
    """Which tables of a file are the layer: the one of its name, or its points and its areas."""
    if layer.name in choices:
        return [layer.name]
    return list(layer.halves) if layer.halves and set(layer.halves) <= set(choices) else []


def _together(one: RawTable, other: RawTable) -> RawTable:
    """The points and the areas of a layer as one table; the rows of the second count on."""
    frame = pd.concat([one.frame, other.frame], ignore_index=True)
    first = max(one.rows, default=0)
    shapes = [*(one.geometry if one.geometry is not None else ()), *(other.geometry if other.geometry is not None else ())]
    remarks = [dataclasses.replace(r, position=r.position + len(one.rows)) for r in other.remarks]
    return dataclasses.replace(
        one, frame=frame.astype(object).where(frame.notna(), None), rows=[*one.rows, *(first + row for row in other.rows)],
        geometry=objects(shapes), source_layer=None, notes=[*one.notes, *other.notes], remarks=[*one.remarks, *remarks],
    )  # fmt: skip


def _base(
    connection: Connection, layer: Layer, marks: list[BaseMark], chosen: int | None
) -> tuple[BaseMark | None, int, revisions.Past]:
    """What the file was made from: what it says, where that is so; else what somebody says."""
    mine = next((mark for mark in marks if mark.layer == layer.name), None)
    number = chosen if chosen is not None else mine.revision if mine else None
    past = None if number is None else revisions.read(connection, layer, number)
    ours = mine is not None and mine.store == revisions.identity(connection)
    true = mine is not None and past is not None and ours and (mine.revision, mine.sha256) == (number, past.sha256)
    true = true and mine is not None and is_day(mine.as_of)
    if past is not None and number is not None and (true or chosen is not None):
        return (mine if true else None), number, past
    if marks and mine is None and chosen is None:
        raise OtherLayer(other=marks[0].layer[:60], layer=layer.title, layer_en=layer.title_en)
    why = "chosen" if chosen is not None else "none" if mine is None else "store" if not ours else "revision"
    zh, en = _WHY[why]
    raise BaseUnknown(reason=zh, reason_en=en, why=why, revisions=revisions.listed(connection, layer.name))


_WHY = {
    "none": ("文件没有写明由哪一版导出", "The file does not say what it was made from"),
    "store": ("文件是由另一个数据库导出的", "The file was made from another database"),
    "revision": ("文件所写的版次在本库中没有，或内容不符", "This database never had the revision the file names, as it says"),
    "chosen": ("没有这一版次", "There is no such revision"),
}


def _sees_people(mark: BaseMark | None, principal: Principal) -> bool:
    """Whether a file can hold personal columns: said by the scope it was made in, where that is known."""
    return mark is None or mark.scope in ("", principal.view_key)


def _sees_rows(mark: BaseMark, principal: Principal) -> bool:
    """Whether a file holds every row that the one who brings it back sees."""
    everybody = Principal("", frozenset(("view",)), WHOLE_CITY).view_key
    return mark.scope in ("", everybody, principal.view_key)


def _compare(made: Difference, store: Store, region: Region, principal: Principal, complete: bool) -> None:
    layer, mark = made.layer, made.mark
    seen = keys_seen(store, region, layer, region.today(), principal)
    if seen is not None:
        strange = {code for code, _ in (*made.ours, *made.base)} - seen
        for key in [key for key in made.brought.cells if key[0] in strange]:
            del made.brought.cells[key]
            made.outside += 1
    if not made.raw.marks:
        _leave_blank_people(made)
    made.whole = seen is None and (_sees_rows(mark, principal) if mark is not None else complete and not layer.zone)
    made.whole = made.whole and _are_known(made) and made.raw.source_layer not in layer.halves
    made.removable = may_remove(layer, principal)
    if not may(principal, "personal"):
        extras = {unit for cells in (*made.base.values(), *made.ours.values()) for unit in cells if unit.startswith(EXTRA)}
        made.secret = frozenset(extras | {column.name for column in layer.columns if column.personal})
    expected = _expected(made, seen) if made.whole else set()
    made.changes = three_way(
        made.base, made.brought.cells, made.ours, units=made.brought.units, expected=expected, equal=equal
    )


def _leave_blank_people(made: Difference) -> None:
    """Personal columns without a value in a file that does not say for whom it was made: they were hidden, not wiped."""
    brought = made.brought
    people = {column.name for column in made.layer.columns if column.personal} & set(brought.units)
    blank = {name for name in people if not any(cells.get(name) for cells in brought.cells.values())}
    if blank:
        brought.units = [unit for unit in brought.units if unit not in blank]
        brought.silent["hidden"] = sorted({*brought.silent.get("hidden", ()), *blank})


def _are_known(made: Difference) -> bool:
    """Whether every row held back has a code of the layer; a code that cannot be read may be that of any row."""
    codes = {code for code, _ in (*made.base, *made.ours)}
    return all(code in codes for _, code, _, _ in made.brought.held)


def may_remove(layer: Layer, principal: Principal) -> bool:
    """Whether somebody may take rows of a layer out by a file: where they may one by one; at the terminal everywhere."""
    if principal.account_id is None and principal.name == "local":
        return True
    return editable(layer) and may(principal, "edit")


def _expected(made: Difference, seen: set[str] | None) -> set[Key]:
    """The keys that the file would hold if nobody had touched it."""
    frame, held = made.base_frame, made.brought.held_codes
    if made.mark is not None and made.mark.as_of:
        day = dt.date.fromisoformat(made.mark.as_of)
        spans = zip(frame["valid_from"], frame["valid_to"], strict=True)
        frame = rows_where(frame, ((start or day) <= day <= (end or day) for start, end in spans))
    keys = {key_of(made.layer, record) for record in _key_records(made.layer, frame)}
    return {key for key in keys if key[0] not in held and (seen is None or key[0] in seen)}


def _key_records(layer: Layer, frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return list(frame[[layer.key, *(["effective_from"] if layer.zone else [])]].to_dict("records"))


@dataclass(frozen=True)
class Accepted:
    """What a choice comes to: the rows to record and to end, and what of the choice cannot be done.

    Attributes:
        prepared: ready to be recorded. undecided: conflicts without a choice. refused: rows the gate holds back when merged.
    """

    prepared: Prepared
    undecided: list[Key]

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        conformed = self.prepared.conformed
        return conformed.frame.empty and not conformed.gone

    @property
    def report(self) -> ImportReport:
        """As of an import."""
        return self.prepared.report


def accept(region: Region, difference: Difference, choice: Choice, actor: str) -> Accepted:
    """Merge what is accepted and let it pass the gate of an import; nothing is stored.

    Raises:
        RemovalElsewhere: a row is to go that this person may not remove by a file.
    """
    records: list[dict[str, Any]] = []
    gone: set[tuple[str, dt.date | None]] = set()
    undecided: list[Key] = []
    ours = _records(difference.ours_frame, difference)
    same = difference.base_frame is difference.ours_frame
    base = ours if same else _records(difference.base_frame, difference)
    for change in difference.changes:
        if change.kind == "same" or (choice.keys is not None and change.key not in choice.keys):
            continue
        try:
            cells = merged(change, difference.sides(change.key), _Sides(choice, change.key))
        except KeyError:
            undecided.append(change.key)
            continue
        if cells is None:
            if change.key in difference.ours and (difference.removable or choice.keys is not None):
                gone.add((change.key[0], first_day(change.key)))
        elif not _stands(difference, change.key, cells):
            start = ours(change.key) if change.key in difference.ours else base(change.key)
            record = record_with(difference.layer, start, cells)
            records.append(record | {"row": difference.brought.rows.get(change.key, 0)})
    if gone and not difference.removable:
        raise RemovalElsewhere(layer=difference.layer.title, layer_en=difference.layer.title_en)
    source = Source(difference.file, difference.sha256, difference.raw, difference.base_revision, actor)
    return Accepted(through_the_gate(region, difference.layer, source, records, frozenset(gone)), undecided)


class _Sides(dict[str, str]):
    """The sides chosen for a row; the rest where something is chosen for all."""

    def __init__(self, choice: Choice, key: Key) -> None:
        super().__init__(choice.sides.get(key, {}))
        self.rest = choice.rest

    def __missing__(self, unit: str) -> str:
        if not self.rest:
            raise KeyError(unit)
        return self.rest


def _stands(difference: Difference, key: Key, cells: Mapping[str, Any]) -> bool:
    mine = difference.ours.get(key)
    return mine is not None and all(equal(unit, mine.get(unit), cells.get(unit)) for unit in {*mine, *cells})


def _records(frame: pd.DataFrame, difference: Difference) -> Any:
    """Looks rows of a frame up by key."""
    at = {key_of(difference.layer, record): n for n, record in enumerate(_key_records(difference.layer, frame))}
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    return lambda key: {name: cells[at[key]] for name, cells in columns.items()} if key in at else None


def bring_back(
    store: Store, region: Region, difference: Difference, choice: Choice, who: Principal, *, dry_run: bool = False
) -> Accepted:
    """Record what is accepted, in one transaction, as one import that can be taken back; rows outside their area are held back.

    Raises:
        NothingAccepted, RemovalElsewhere: nothing was changed. MovedOn: the layer has another revision than was compared.
    """
    accepted = accept(region, difference, choice, who.name)
    if accepted.empty:
        raise NothingAccepted()
    accepted = dataclasses.replace(accepted, prepared=within_area(store, region, who.area, accepted.prepared))
    if accepted.empty:
        away = [str(one["value"]) for one in accepted.report.problems if one["code"] == ELSEWHERE]
        raise AllElsewhere(count=len(away), codes="、".join(away[:10]))
    try:
        record_prepared(store, [accepted.prepared], dry_run=dry_run, revision=difference.revision)
    except Conflict as fault:
        with store.read() as connection:
            now = changes.revision(connection, difference.layer.name)
        raise MovedOn(before=difference.revision, after=now) from fault
    return accepted


def choices_of(store: Store, principal: Principal, layer_name: str) -> list[Revision]:
    """The revisions of a layer a file may have been made from, the latest first."""
    layer = layer_for(principal, layer_name)
    with store.read() as connection:
        return revisions.listed(connection, layer.name)
