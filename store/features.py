"""Features over time: what was in force on day D, as known at time T, and how new rows join it.

Import is an upsert by key (dictionary §1.4). For zones the key is code and ``effective_from``: the
same pair again is a correction, another date another version, and every version ends at the latest
the day before the next one begins. History is only ever added to: an update retires and adds.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pandas as pd
from sqlalchemy import Connection, and_, func, insert, or_, select, update

from geo.errors import WrongUsage
from layers._layer import Layer
from store._content import AT_ONCE, NOTHING, READ, contents_of, frame_of, sha256_of, shifted, version_name
from store._store import Store
from store.errors import StoreBroken
from store.models import feature_version as versions
from store.models import layer_state

_COPIED = (
    "layer", "code", "valid_from", "row_number", "props", "extra", "crs_filed", "geom_filed", "geom_map",
    "geom_judge", "west", "south", "east", "north", "filed_sha256",
)  # fmt: skip


@dataclass
class Plan:
    """What recording some rows would do; nothing is written yet.

    Attributes:
        layer: the layer. retire: id → sha256 of versions that end. insert: contents to add.
        new, changed, unchanged: counts of rows given.
    """

    layer: Layer
    retire: dict[int, str] = field(default_factory=dict)
    insert: list[dict[str, Any]] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0

    @property
    def ended(self) -> int:
        """Versions of a retirement that end without another in their place."""
        return len(self.retire) - len(self.insert)

    @property
    def empty(self) -> bool:
        """Whether the store would stay as it is."""
        return not self.retire and not self.insert


def recorded(
    store: Store, layer: Layer, *, day: dt.date | None = None, known_at: dt.datetime | None = None
) -> pd.DataFrame:
    """What was in force on a day, as known at a time.

    Args:
        day: only versions in force on it (both ends of validity inclusive); None for every version.
        known_at: what the store knew at that instant (recorded before or at it, not yet retired), with
            its time zone; None for now.
    Returns:
        Canonical columns, ``geometry`` (judging metres), ``geometry_map`` (degrees), ``geometry_filed``,
        ``valid_from``, ``valid_to``, ``version``, ``recorded_at``, ``changeset``, ``row``, ``extra``;
        ordered by code, then validity.
    Raises:
        WrongUsage: ``known_at`` without a time zone.
    """
    with store.read() as connection:
        return read_versions(connection, layer, day, known_at)


def read_versions(
    connection: Connection, layer: Layer, day: dt.date | None = None, known_at: dt.datetime | None = None
) -> pd.DataFrame:
    """:func:`recorded` on an open connection."""
    query = select(*(versions.c[name] for name in READ)).where(versions.c.layer == layer.name, _known(known_at))
    if day is not None:
        query = query.where(
            or_(versions.c.valid_from.is_(None), versions.c.valid_from <= day),
            or_(versions.c.valid_to.is_(None), versions.c.valid_to >= day),
        )
    try:
        with connection.execute(query.execution_options(yield_per=AT_ONCE)) as rows:
            return frame_of(layer, rows, by_code=True)
    except ValueError as fault:  # a date or an instant that is none any more
        raise StoreBroken(detail=f"{layer.name}: {fault}") from fault


def foreseen(connection: Connection, made: Plan) -> pd.DataFrame:
    """:func:`read_versions` of everything, as it would be after a plan; nothing is written."""
    query = select(versions).where(versions.c.layer == made.layer.name, _known(None))
    rows: list[Any] = [row for row in connection.execute(query) if row.id not in made.retire]
    revision, last = _revision(connection, made.layer.name) + 1, max((row.id for row in rows), default=0)
    for number, content in enumerate(made.insert, last + 1):
        name = version_name(content["code"], content["valid_from"], made.layer.zone, revision)
        rows.append(SimpleNamespace(**content, id=number, version=name, recorded_at=None, changeset_id=None))
    return frame_of(made.layer, rows, by_code=True)


def _revision(connection: Connection, layer: str) -> int:
    return int(connection.execute(select(layer_state.c.revision).where(layer_state.c.layer == layer)).scalar() or 0)


def no_versions(layer: Layer) -> pd.DataFrame:
    """A frame as :func:`read_versions` gives it, without a row."""
    return frame_of(layer, [])


def count(connection: Connection, layer: Layer) -> int:
    """How many versions of a layer are not retired."""
    query = select(func.count()).select_from(versions).where(versions.c.layer == layer.name, versions.c.retired_at.is_(None))
    return int(connection.execute(query).scalar_one())


def _known(known_at: dt.datetime | None) -> Any:
    if known_at is None:
        return versions.c.retired_at.is_(None)
    if known_at.tzinfo is None:
        raise WrongUsage(value=str(known_at), hint="请写明时区，例如 +08:00 / name the time zone, such as +08:00")
    return and_(
        versions.c.recorded_at <= known_at,
        or_(versions.c.retired_at.is_(None), versions.c.retired_at > known_at),
    )


def plan(
    connection: Connection, layer: Layer, frame: pd.DataFrame, contents: list[dict[str, Any]] | None = None,
    gone: Collection[tuple[str, dt.date | None]] = (),
) -> Plan:  # fmt: skip
    """What recording conformed rows would change.

    Args:
        frame: rows of ``layers._conform`` (unique keys). contents: ``contents_of`` them, where that was worked out before.
        gone: code and first day of versions that end with it; none of the rows.
    """
    made = Plan(layer)
    incoming: dict[str, dict[dt.date | None, dict[str, Any]]] = {}
    for content in contents_of(layer, frame) if contents is None else contents:
        incoming.setdefault(content["code"], {})[content["valid_from"]] = content
    leaving = set(gone)
    codes = dict.fromkeys([*incoming, *sorted(code for code, _ in leaving)])
    standing = _current(connection, layer, set(codes))
    for code in codes:
        stand = standing.get(code, [])
        ends = [row for row in stand if (code, row.valid_from) in leaving]
        _plan_code(made, incoming.get(code, {}), [row for row in stand if row not in ends])
        made.retire |= {row.id: row.sha256 for row in ends}
    return made


def _current(connection: Connection, layer: Layer, codes: set[str]) -> dict[str, list[Any]]:
    query = select(versions).where(versions.c.layer == layer.name, versions.c.retired_at.is_(None))
    if len(codes) <= 500:
        query = query.where(versions.c.code.in_(codes))
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        if row.code in codes:
            found.setdefault(row.code, []).append(row)
    return found


def _plan_code(made: Plan, contents: dict[dt.date | None, dict[str, Any]], standing: list[Any]) -> None:
    """Lay the versions of one code side by side, old and new."""
    line: dict[dt.date | None, tuple[dict[str, Any], Any]] = {row.valid_from: ({}, row) for row in standing}
    for start, content in contents.items():
        before = line.get(start, ({}, None))[1]
        if before is not None and before.filed_sha256 == content["filed_sha256"]:
            made.unchanged += 1
            continue
        made.new, made.changed = made.new + (before is None), made.changed + (before is not None)
        line[start] = (content, before)
    _lay(made, line)


def _lay(made: Plan, line: dict[dt.date | None, tuple[dict[str, Any], Any]]) -> None:
    """End each version of a code at the latest the day before the next one begins.

    Args:
        line: start → (new content or nothing, the standing row or None).
    """
    ends = last_days({start: content["valid_to"] if content else _filed_end(row) for start, (content, row) in line.items()})
    for start, end in ends.items():
        content, row = line[start]
        if content:
            made.insert.append(content | {"valid_to": end})
        elif row.valid_to != end:
            made.insert.append({name: getattr(row, name) for name in _COPIED} | {"valid_to": end})
        else:
            continue
        if row is not None:
            made.retire[row.id] = row.sha256


def last_days(filed: Mapping[dt.date | None, dt.date | None]) -> dict[dt.date | None, dt.date | None]:
    """The last day in force of each version of a code: as filed, but at the latest the day before the next one begins.

    Args:
        filed: first day (None: always) → last day filed (None: open).
    Returns:
        The same first days in their order, each with its last day.
    """
    starts = sorted(filed, key=lambda start: start or dt.date.min)
    return {
        start: _earlier(filed[start], following - dt.timedelta(days=1) if following else None)
        for start, following in zip(starts, [*starts, None][1:], strict=True)
    }


EVERY = dt.date.max
"""Stands for every version of a code where one start date is asked for."""


def plan_retirement(connection: Connection, layer: Layer, code: str, start: dt.date | None = EVERY) -> Plan:
    """What taking a code out would change: a version that ended early because of it gets its filed end back.

    Args:
        start: only the version that begins on that day (None: the one without a beginning).
    Returns:
        A plan; nothing to retire where no such version stands.
    """
    made = Plan(layer)
    standing = _current(connection, layer, {code}).get(code, [])
    gone = {row.id: row.sha256 for row in standing if start in (EVERY, row.valid_from)}
    if gone:
        _lay(made, {row.valid_from: ({}, row) for row in standing if row.id not in gone})
        made.retire |= gone
    return made


def plan_taking_back(connection: Connection, layer: Layer, changeset: int) -> tuple[Plan, list[str]]:
    """What taking an import back would change: what it added ends, what it ended comes back.

    Returns:
        The plan, and the codes left as they are because they were changed again since.
    """
    made = Plan(layer)
    touched = or_(versions.c.changeset_id == changeset, versions.c.retired_by == changeset)
    codes = set(connection.execute(select(versions.c.code).where(versions.c.layer == layer.name, touched)).scalars())
    later: set[str] = set()
    mine: dict[str, list[Any]] = {}
    for row in connection.execute(select(versions).where(versions.c.layer == layer.name)):
        if row.code not in codes:
            continue
        mine.setdefault(row.code, []).append(row)
        if row.changeset_id > changeset or (row.retired_by or 0) > changeset:
            later.add(row.code)
    for code in sorted(codes - later):
        for row in mine[code]:
            if row.changeset_id == changeset and row.retired_at is None:
                made.retire[row.id] = row.sha256
            elif row.retired_by == changeset:
                made.insert.append({name: getattr(row, name) for name in (*_COPIED, "valid_to")})
    return made, sorted(later)


def standing_codes(connection: Connection, layer: Layer) -> set[str]:
    """Codes of a layer that are not retired."""
    query = select(versions.c.code).where(versions.c.layer == layer.name, versions.c.retired_at.is_(None))
    return set(connection.execute(query.distinct()).scalars())


def _filed_end(row: Any) -> dt.date | None:
    """The end a stored zone was filed with, before later versions shortened it."""
    text = json.loads(row.props).get("effective_to")
    return dt.date.fromisoformat(text) if text else None


def _earlier(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return min(day for day in (one, other) if day is not None) if one or other else None


def apply(connection: Connection, made: Plan, changeset: int, revision: int, at: dt.datetime) -> None:
    """Write a plan: retire, then add, under one changeset; the layer's content hash follows.

    Args:
        revision: the layer's revision this changeset makes; part of the versions' names.
    """
    _retire(connection, list(made.retire), changeset, at)
    rows = [
        content
        | {
            "version": version_name(content["code"], content["valid_from"], made.layer.zone, revision),
            "recorded_at": at,
            "changeset_id": changeset,
            "sha256": sha256_of(content),
        }
        for content in made.insert
    ]
    for start in range(0, len(rows), 2000):
        connection.execute(insert(versions), rows[start : start + 2000])
    mine = layer_state.c.layer == made.layer.name
    before = connection.execute(select(layer_state.c.content).where(mine)).scalar()
    after = shifted(before or NOTHING, (row["sha256"] for row in rows), made.retire.values())
    connection.execute(update(layer_state).where(mine).values(content=after))


def _retire(connection: Connection, ids: list[int], changeset: int, at: dt.datetime) -> None:
    """End versions: they stay readable as history."""
    for start in range(0, len(ids), 500):
        chunk = ids[start : start + 500]
        ended = update(versions).where(versions.c.id.in_(chunk))
        connection.execute(ended.values(retired_at=at, retired_by=changeset))


def history(store: Store, layer: Layer, code: str) -> list[dict[str, Any]]:
    """Every version ever recorded of one code, newest record first, without geometry."""
    with store.read() as connection:
        query = select(versions).where(versions.c.layer == layer.name, versions.c.code == code)
        rows = connection.execute(query.order_by(versions.c.id.desc())).all()
    names = ("version", "valid_from", "valid_to", "recorded_at", "retired_at", "changeset_id", "props", "sha256")
    return [{name: getattr(row, name) for name in names} for row in rows]


def damaged(connection: Connection) -> list[str]:
    """Versions that no longer hold what they were recorded with, and layers that lost or gained some.

    A flipped bit or a foreign hand: SQLite notices neither.
    """
    found = []
    contents: dict[str, str] = {}
    try:
        for row in connection.execute(select(versions)).yield_per(500):
            if sha256_of(dict(row._mapping)) != row.sha256:
                found.append(f"{row.layer} {row.version}")
            if row.retired_at is None:
                contents[row.layer] = shifted(contents.get(row.layer, NOTHING), [row.sha256], [])
    except ValueError as fault:  # a date, an instant or a hash that is none any more
        return [*found, str(fault)]
    states = {row.layer: row.content for row in connection.execute(select(layer_state))}
    lost = sorted(name for name in {*states, *contents} if states.get(name, NOTHING) != contents.get(name, NOTHING))
    return found + [f"{name}: rows missing or added" for name in lost]
