"""Everything that is PostgreSQL's own about connections: transactions, the writers' lock, time limits, faults, looking.

The guards of history and the geometry for other programs are in ``store/_postgres_guards.py``.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import URL, Connection, Engine, Integer, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.types import NullType

from geo.errors import BlueSkyError, WrongUsage
from store._place import Look
from store.errors import ServerRefused, ServerUnreachable, StoreBroken, StoreBusy, StoreFull

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 600
IDLE_SECONDS = 900
"""How long a transaction may stand still between two statements: a writer computes in between, and holds the lock."""

WRITERS = 0x626C7565736B79
"""Number of the advisory lock that every writer takes: one at a time, as with SQLite, because the audit log is one chain."""

_SETTINGS = {
    "default_transaction_isolation": "repeatable\\ read",
    "default_transaction_read_only": "on",
    "lock_timeout": f"{BUSY_SECONDS}s",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "timezone": "UTC",
}
_CONNECT = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "bluesky-map",
    "client_encoding": "utf8",
    "keepalives_idle": 30,
    "options": " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items()),
}

_BUSY = ("40001", "40P01", "53300", "55P03", "57014", "25P03")
_FULL = ("25006", "42501", "53100", "53200", "54000", "58030")
_GONE = ("08", "57P")
_REFUSED = re.compile(
    r"authentication failed|no password supplied|does not exist|no pg_hba\.conf entry|permission denied|not permitted"
    r"|认证失败|不存在|没有用于|没有权限|权限不够"
)


class _AnyInteger(Integer):
    """Numbers go over as large as they are: a number from an address bar may be larger than the column."""

    render_bind_cast = False


class _Shape(NullType):
    """The geometry that PostGIS makes of ours: known by name, never read."""

    def __init__(self, *told: str, **more: str) -> None:
        super().__init__()


def engine(url: URL) -> Engine:
    """An engine on one database: readers see one state and cannot write, writers come one after the other."""
    made = create_engine(url, pool_pre_ping=True, connect_args=dict(_CONNECT))
    dialect: Any = made.dialect
    dialect.colspecs = {**dialect.colspecs, Integer: _AnyInteger}
    dialect.ischema_names = {**dialect.ischema_names, "geometry": _Shape}

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("bluesky_write"):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

    return made


def sentence(fault: Exception, name: str) -> BlueSkyError:
    """A fault of the database as a sentence.

    Args:
        name: of the store.
    """
    cause = fault.orig if isinstance(fault, DBAPIError) else fault
    state = str(getattr(cause, "sqlstate", None) or "")
    detail = _first_line(cause or fault)
    if state in _BUSY:
        return StoreBusy()
    if state in _FULL:
        return StoreFull(detail=detail)
    if state.startswith(_GONE) or (not state and isinstance(fault, DBAPIError) and _is_about_the_line(fault)):
        return ServerRefused(detail=detail) if _REFUSED.search(str(cause)) else ServerUnreachable(detail=detail)
    if "NUL (0x00)" in detail:
        return WrongUsage(value="\\x00", hint="文字中不能有空字符 / no NUL character in texts")
    return StoreBroken(detail=f"{name}: {detail}")


def _is_about_the_line(fault: DBAPIError) -> bool:
    """Whether there is no connection, or none any more."""
    return fault.connection_invalidated or type(fault.orig).__name__ == "OperationalError"


def _first_line(fault: BaseException) -> str:
    """What a fault says, in one line that never holds a password."""
    lines = [line.strip().removeprefix("connection failed: ") for line in str(fault).splitlines() if line.strip()]
    return lines[0] if lines else type(fault).__name__


def look_at(url: URL) -> Look | None:
    """What stands in a database, which stays as it is; None where no table is.

    Raises:
        ServerUnreachable, ServerRefused, StoreBusy: it cannot be looked at.
    """
    made = engine(url)
    try:
        with made.connect() as connection, connection.begin():
            return _look(connection)
    except SQLAlchemyError as fault:
        raise sentence(fault, str(url.database)) from fault
    finally:
        made.dispose()


def _look(connection: Connection) -> Look | None:
    tables = own_tables(connection)
    if not tables:
        return None
    if not {"store_info", "alembic_version"} <= tables:
        return Look(tables, None, None)
    product = connection.execute(text("SELECT value FROM store_info WHERE name = 'product'")).scalar()
    schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return Look(tables, product and str(product), schema and str(schema))


def own_tables(connection: Connection) -> frozenset[str]:
    """Tables of the schema that belong to no extension (PostGIS brings some)."""
    found = connection.execute(
        text(
            "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE nspname = current_schema() AND relkind IN ('r', 'p') AND NOT EXISTS (SELECT 1 FROM pg_depend"
            " WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')"
        )
    )
    return frozenset(str(name) for (name,) in found)


def size(connection: Connection) -> int:
    """Bytes the database takes."""
    return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def integrity(connection: Connection) -> list[str]:
    """What PostgreSQL itself knows to be wrong; empty when nothing."""
    asked = {
        "index not valid": "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
        " JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = current_schema() AND NOT indisvalid",
        "constraint not validated": "SELECT conname FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace"
        " WHERE nspname = current_schema() AND NOT convalidated",
        "checksum failures": "SELECT checksum_failures FROM pg_stat_database"
        " WHERE datname = current_database() AND checksum_failures > 0",
    }
    found = [f"{told}: {row[0]}" for told, query in asked.items() for row in connection.execute(text(query))]
    return found + broken_references(connection)


def broken_references(connection: Connection) -> list[str]:
    """Rows whose foreign key leads nowhere: a superuser can switch the server's own check off."""
    found: list[str] = []
    for name in sorted(own_tables(connection)):
        for key in inspect(connection).get_foreign_keys(name):
            (here,), (there,), other = key["constrained_columns"], key["referred_columns"], key["referred_table"]
            lost = connection.execute(
                text(
                    f'SELECT count(*) FROM "{name}" AS here WHERE "{here}" IS NOT NULL AND NOT EXISTS'
                    f' (SELECT 1 FROM "{other}" AS there WHERE there."{there}" = here."{here}")'
                )
            ).scalar_one()
            found += [f"foreign key: {name}"] * bool(lost)
    return found


def number_on(connection: Connection) -> None:
    """Let every table that numbers its rows go on after the highest number: copied rows bring theirs."""
    for name in sorted(own_tables(connection)):
        sequence = connection.execute(
            text(
                "SELECT pg_get_serial_sequence(quote_ident(table_name), column_name) FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND table_name = :name AND column_name = 'id'"
            ),
            {"name": name},
        ).scalar()
        if sequence:
            last = f'(SELECT max(id) FROM "{name}")'
            connection.execute(text(f"SELECT setval('{sequence}', coalesce({last}, 1), {last} IS NOT NULL)"))
