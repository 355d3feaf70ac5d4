"""The tables of webhooks: events written with what they tell of, and one delivery for each address that wants it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from store._types import Moment
from store.models import metadata

hook_event = Table(
    "hook_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uid", String(40), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("data", Text, nullable=False),
)
"""Append-only. ``uid``: the id receivers know an event by, whatever is sent again; ``data``: JSON."""

hook_delivery = Table(
    "hook_delivery",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event_id", Integer, ForeignKey("hook_event.id"), nullable=False),
    Column("hook", String(60), nullable=False),
    Column("state", String(12), nullable=False),
    Column("since", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", Moment),
    Column("outcome", String(20), nullable=False),
    Column("status", Integer),
    UniqueConstraint("event_id", "hook", name="hook_delivery_once"),
    Index("hook_delivery_due", "state", "due_at"),
)
"""``hook``: name of a configured address, or ``*`` while the configuration could not be read. ``state``: ``waiting``,
``done`` or ``given_up``. ``since``: when it began to wait; ``status``: of the last answer."""
