"""Opens a store, or says why it cannot."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from geo.errors import BlueSkyError
from store import _seal, _swap, audit
from store._dialects import broken_references, engine_for, look_at, missing_guards
from store._place import INSTANCE, Look, Place, place_of
from store._store import Store as Store
from store.changes import moment
from store.errors import (
    DataFolderWrong,
    StoreBusy,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreTooNew,
    UpgradeFailed,
)
from store.migrate import known_schemas, rows_of, schema_of, upgrade
from store.models import PRODUCT, SCHEMA_REVISION, audit_log, store_info

DEFAULT_STORE = INSTANCE / "bluesky.sqlite"


def open_store(place: str | Path | Place, *, create: bool = False) -> Store:
    """Open the store at a place; one of an older schema is brought up to date, after a backup beside it.

    Args:
        place: path of an SQLite file, ``sqlite:///PATH`` or ``postgresql+psycopg://…``.
        create: make a new store where there is none.
    Raises:
        StoreMissing, StoreForeign, StoreTooNew, StoreFull, StoreBusy, DatabaseUnsupported, ServerUnreachable,
        ServerRefused, ServerUnfit, DataFolderWrong: nothing was changed.
    """
    where = place_of(place)
    finish_restore(where.path)
    found = look_at(where)
    if found is None and not create:
        raise StoreMissing(path=where.name)
    if found is not None:
        _refuse_foreign(where, found)
    if found is None or where.url is not None:
        _make_folder(where, found is None)
    store = Store(where, engine_for(where))
    try:
        if found is None:
            _make(store)
        elif found.schema != SCHEMA_REVISION:
            _bring_up(store, str(found.schema))
        else:
            _touch(store)
    except BaseException:
        store.close()
        raise
    return store


def finish_restore(path: Path) -> None:
    """Move in a restored store whose moving in was interrupted.

    Raises:
        StoreFull: it cannot be moved.
    """
    try:
        _swap.finish(path)
    except OSError as fault:
        raise StoreFull(detail=fault.strerror or path.name) from fault


def as_it_stands(place: Path | Place) -> Store:
    """A store at whatever schema it has, for looking at it before it is brought up to date.

    Raises:
        StoreForeign, StoreTooNew: no store of ours.
    """
    where = place_of(place)
    found = look_at(where)
    if found is None:
        raise StoreMissing(path=where.name)
    _refuse_foreign(where, found)
    return Store(where, engine_for(where))


def _refuse_foreign(place: Place, found: Look) -> None:
    if found.schema is None or found.product is None:
        raise StoreForeign(path=place.name, detail="缺少数据表 / tables missing")
    if found.product != PRODUCT:
        raise StoreForeign(path=place.name, detail=found.product)
    if found.schema != SCHEMA_REVISION and found.schema not in known_schemas():
        raise StoreTooNew(found=found.schema)


def _make_folder(place: Place, new: bool) -> None:
    """The folder of a store, and the file of a new one: telephone numbers, passwords' hashes, so for its owner alone."""
    try:
        place.path.parent.mkdir(mode=0o777 if place.url is None else 0o700, parents=True, exist_ok=True)
        if place.url is None:
            place.path.touch(mode=0o600)  # what SQLite puts beside it gets the same rights
        elif new and place.path.with_name(place.path.name + ".anchor").exists():
            raise DataFolderWrong(folder=place.path.parent.name, detail="另一数据库的审计锚 / the anchors of another store")
    except OSError as fault:
        raise StoreFull(detail=fault.strerror or "mkdir") from fault


def _make(store: Store) -> None:
    with store.write() as connection:
        if schema_of(connection) is None:  # another process may have been quicker
            upgrade(connection)
            facts = {"product": PRODUCT, "schema": SCHEMA_REVISION}
            connection.execute(insert(store_info), [{"name": n, "value": v} for n, v in facts.items()])


def copy_before(path: Path, schema: str) -> Path:
    """Where the copy lies that is made before a store of an older schema is brought up to date."""
    return path.with_name(f"{path.name}.before-{SCHEMA_REVISION}-at-{schema}")


def _bring_up(store: Store, schema: str) -> None:
    """Migrate an older store: a copy first, then every step, looked over before it counts, or none.

    Raises:
        UpgradeFailed: the store is as it was.
    """
    copy = copy_before(store.path, schema)
    store.backup(copy)
    try:
        with store.write() as connection:
            before = rows_of(connection)
            upgrade(connection)
            connection.execute(update(store_info).where(store_info.c.name == "schema").values(value=SCHEMA_REVISION))
            faults = _looked_over(connection, before)
            if faults:
                raise UpgradeFailed(found=schema, wanted=SCHEMA_REVISION, detail="; ".join(faults[:3]), copy=copy.name)
            _write_down(connection, store, schema)
    except (StoreFull, StoreBusy, UpgradeFailed):
        raise
    except Exception as fault:  # a migration is code: whatever it raises, the store is as it was
        told = fault.facts.get("detail") if isinstance(fault, BlueSkyError) else None
        detail = told or (str(fault).splitlines() or [type(fault).__name__])[0]
        raise UpgradeFailed(found=schema, wanted=SCHEMA_REVISION, detail=detail, copy=copy.name) from fault


def _write_down(connection: Connection, store: Store, schema: str) -> None:
    """The upgrade as an audit entry, which seals what the migrations made of the rows."""
    _seal.forget_states(connection)
    entry = audit.Entry("store", "upgrade", "store", {"from": schema, "to": SCHEMA_REVISION})
    audit.append(connection, store, entry, moment(connection))


def _looked_over(connection: Connection, before: dict[str, int]) -> list[str]:
    """What is wrong after a migration: rows lost, guards missing, references that lead nowhere."""
    after = rows_of(connection)
    lost = [f"{table}: {count} → {after.get(table)}" for table, count in before.items() if after.get(table, 0) < count]
    return lost + missing_guards(connection) + broken_references(connection)


def _touch(store: Store) -> None:
    """One read: rolls back what a killed writer left, and finds an unreadable file now rather than later.

    Raises:
        DataFolderWrong: a server's store whose key is not in its folder: a new one would begin, and photos be missed.
    """
    with store.read() as connection:
        schema_of(connection)
        begun = store.place.url is not None and connection.execute(select(audit_log.c.seq).limit(1)).first() is not None
    if begun and not store.path.with_name(store.path.name + ".key").exists():
        raise DataFolderWrong(folder=store.path.parent.name, detail=f"缺少 {store.path.name}.key / the key is missing")
