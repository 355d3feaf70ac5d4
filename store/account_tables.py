"""The tables of accounts: users, what they are tied to, sessions, tokens, failed log-ins.

Nothing secret lies here in the clear: passwords as argon2 hashes, sessions and tokens as SHA-256.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from store._types import Moment
from store.models import metadata

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("display_name", String(120), nullable=False),
    Column("password_hash", Text),
    Column("roles", Text, nullable=False),
    Column("town", Text),
    Column("team", Text),
    Column("phone", Text),
    Column("is_demo", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("last_login_at", Moment),
    Column("revision", Integer, nullable=False),
)
"""``name`` is stored in lower case; ``roles`` are separated by ``;``; a missing ``password_hash`` allows no password."""

account_cell = Table(
    "account_cell",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("cell_code", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Index("account_cell_of", "account_id"),
    Index("account_cell_cell", "cell_code"),
)
"""Which cells an account is responsible for; both days inclusive, NULL = open."""

session = Table(
    "session",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("agent", Text, nullable=False),
    Column("address", String(64), nullable=False),
    Index("session_of", "account_id"),
)
"""``id`` is the SHA-256 of what the cookie holds."""

token = Table(
    "token",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("note", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("seen_at", Moment),
    Index("token_of", "account_id"),
)
"""``permissions`` narrow those of the account, separated by ``;``."""

throttle = Table(
    "throttle",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
)
"""Failed log-ins by account name and by address (hashed), within a window."""
