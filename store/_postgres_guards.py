"""What PostgreSQL itself enforces: history is append-only, one version is in force on a day, texts sort as everywhere.

The geometry that PostGIS and programs like QGIS see is made by the database from ``geom_map`` and never read by this
product: what is stored, hashed and judged is the WKB.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from store._guarded import FROZEN, GUARDED, MOVES_ON
from store._postgres import own_tables
from store.errors import ServerUnfit

EXTENSIONS = ("btree_gist", "postgis")
SRID = 4490

_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION bluesky_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$;
CREATE OR REPLACE FUNCTION bluesky_only_retire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL
    OR {" OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FROZEN)} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'feature_version may only be retired';
  END IF;
  RETURN NEW;
END $$;
"""

_SHAPE = """
CREATE OR REPLACE FUNCTION bluesky_shape(wkb bytea) RETURNS {schema}.geometry LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN {schema}.ST_SetSRID({schema}.ST_GeomFromWKB(wkb), {srid});
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;
ALTER TABLE feature_version ADD COLUMN shape {schema}.geometry(Geometry, {srid})
  GENERATED ALWAYS AS (bluesky_shape(geom_map)) STORED;
CREATE INDEX feature_version_shape ON feature_version USING gist (shape) WHERE retired_at IS NULL;
"""
"""A geometry that PostGIS cannot read is kept all the same: it is NULL there, and whole in ``geom_map``."""

_OVERLAP = "feature_version_no_overlap"
_NO_OVERLAP = f"""
ALTER TABLE feature_version ADD CONSTRAINT {_OVERLAP} EXCLUDE USING gist
  (layer WITH =, code WITH =, daterange(valid_from, valid_to, '[]') WITH &&) WHERE (retired_at IS NULL)
"""


def prepare(connection: Connection) -> None:
    """See that the database has what a store needs, and bring the extensions in where that is allowed.

    Raises:
        ServerUnfit: something is missing that only its administrator can give.
    """
    name = str(connection.engine.url.database)
    encoding = str(connection.execute(text("SHOW server_encoding")).scalar_one())
    if encoding != "UTF8":
        raise ServerUnfit(name=name, detail=encoding, remedy=f"CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 ({name})")
    installed = {str(one) for (one,) in connection.execute(text("SELECT extname FROM pg_extension"))}
    for extension in EXTENSIONS:
        if extension not in installed:
            remedy = f"CREATE EXTENSION {extension};"
            try:
                connection.exec_driver_sql(remedy)
            except DBAPIError as fault:
                raise ServerUnfit(name=name, detail=extension, remedy=remedy) from fault


def settle(connection: Connection) -> None:
    """Let texts be of any length and sort by their bytes, as in SQLite, whatever the language of the database is."""
    wanted = text(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = :name"
        " AND (data_type = 'character varying' OR data_type = 'text' AND coalesce(collation_name, '') <> 'C')"
    )
    for name in sorted(own_tables(connection)):
        columns = [str(one) for (one,) in connection.execute(wanted, {"name": name})]
        if columns:
            changes = ", ".join(f'ALTER COLUMN "{column}" TYPE text COLLATE "C"' for column in columns)
            connection.exec_driver_sql(f'ALTER TABLE "{name}" {changes}')


def create_guards(connection: Connection, tables: Sequence[str]) -> None:
    """The guards of append-only tables and of validity."""
    connection.exec_driver_sql(_FUNCTIONS)
    for table in tables:
        for name, statement in _triggers(table).items():
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {statement}")
        if table == "feature_version":
            connection.exec_driver_sql(_NO_OVERLAP)
            connection.exec_driver_sql(_SHAPE.format(schema=_home_of_postgis(connection), srid=SRID))


def _triggers(table: str) -> dict[str, str]:
    """Name → statement of the guards of one append-only table; ON CONFLICT DO UPDATE asks that of UPDATE."""
    refuse = f"ON {table} FOR EACH ROW EXECUTE FUNCTION bluesky_refuse()"
    found = {
        f"{table}_no_delete": f"BEFORE DELETE {refuse}",
        f"{table}_no_truncate": f"BEFORE TRUNCATE ON {table} EXECUTE FUNCTION bluesky_refuse()",
    }
    if table == "feature_version":
        retire = f"BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION bluesky_only_retire()"
        return found | {"feature_version_only_retire": retire}
    if table in MOVES_ON:
        return found
    return found | {f"{table}_no_update": f"BEFORE UPDATE {refuse}"}


def _home_of_postgis(connection: Connection) -> str:
    """The schema PostGIS lies in; named with every use, so that a restored dump finds it."""
    query = "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'"
    return str(connection.execute(text(query)).scalar_one())


def missing(connection: Connection) -> list[str]:
    """Guards that ought to stand and do not, or are switched off."""
    standing = connection.execute(
        text(
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = current_schema() AND tgenabled IN ('O', 'A') UNION"
            " SELECT conname FROM pg_constraint JOIN pg_namespace n ON n.oid = connamespace"
            " WHERE nspname = current_schema() AND contype = 'x'"
        )
    )
    wanted = {name for table in GUARDED for name in _triggers(table)} | {_OVERLAP}
    return sorted(wanted - {str(name) for (name,) in standing})
