"""Planners at work for the tests of drafts: who they are, a zone to redraw, the way to a publication."""

from __future__ import annotations

import datetime as dt

import shapely

from services.draft_starts import from_zone
from services.drafts import Table
from services.publish import publish, review, submit
from services.scope import ROLES, WHOLE_CITY, Principal
from store.drafts import Sketch
from store.open import Store
from tests._store_rows import REGION, put_zones, zone

LAYER, CODE = "no_burn_zones", "A"
DAY = dt.date(2021, 7, 1)
RECORD = {"effective_from": "2021-08-01", "doc_no": "示例政告〔2021〕9号", "zone_class": "III", "existing_deadline": "2021-12-31"}


def person(name: str, role: str = "planner") -> Principal:
    """Somebody with a role."""
    return Principal(name, ROLES[role].permissions, WHOLE_CITY, 1, name, (role,))


def table(store: Store, name: str = "wang", role: str = "planner") -> Table:
    """Somebody at the drawing table."""
    return Table(store, REGION, person(name, role))


def drafted(store: Store, name: str = "东扩") -> int:
    """A draft upon zone A, a square of 0.01°, in force since 2020."""
    put_zones(store, zone(CODE, "2020-01-01"))
    return from_zone(table(store), LAYER, CODE, name, DAY)


def drawn(store: Store, number: int, west: float = 119.46, east: float = 119.48, **record: str) -> None:
    """The draft as a rectangle with a whole record, saved as one step."""
    sheet = table(store).sheet(number)
    props = sheet.now.sketch.props | RECORD | record
    table(store).save(number, sheet.draft.revision, Sketch(shapely.box(west, 29.20, east, 29.21), props), "vertex")


def revision(store: Store, number: int) -> int:
    """The revision a draft has now."""
    return table(store).sheet(number).draft.revision


def approved(store: Store, number: int) -> None:
    """Submit a draft and let another person approve it."""
    submit(table(store), number, revision(store, number))
    review(table(store, "li", "reviewer"), number, revision(store, number), True, "")


def published(store: Store, number: int) -> int:
    """Take a draft all the way; returns its changeset."""
    approved(store, number)
    return publish(table(store), number, revision(store, number)).changeset
