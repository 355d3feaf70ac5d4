"""A tiny city for the tests of cases: one zone, two firms with a boiler each, people of every role."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from typing import Any

from PIL import Image

from services.accounts import Profile, create
from services.assess import Assessment, current
from services.cases import Followed, follow
from services.casework import Desk
from services.fieldwork import Sent, Taken, send
from services.scope import Principal, principal_of
from store import accounts, cases
from store.accounts import Duty
from store.cases import Basis, Case, Event
from store.open import Store
from tests._store_rows import REGION, SOUTH, STEP, WEST, put, put_zones, table, zone

DAY = dt.date(2021, 7, 1)
INSIDE = {"lon": str(WEST + STEP / 2), "lat": str(SOUTH + STEP / 2)}
OUTSIDE = {"lon": str(WEST + STEP / 2), "lat": str(SOUTH + 5 * STEP)}


def firms(store: Store, *rows: dict[str, str]) -> None:
    """Enterprises inside the zone unless said otherwise."""
    put(store, "enterprises", table(*({"enterprise_name": f"厂{row['enterprise_code']}"} | INSIDE | row for row in rows)))


def boilers(store: Store, *rows: dict[str, str]) -> None:
    """Coal boilers of 4 t/h built in 2012 unless said otherwise."""
    usual = {"unit_type": "boiler", "fuel": "raw_coal", "capacity_tph": "4", "built_on": "2012-05-01"}
    put(store, "combustion_units", table(*(usual | row for row in rows)))


def city(store: Store) -> None:
    """Two firms in a class II zone whose deadline passed, a third outside every zone."""
    put_zones(store, zone("Z1", "2019-09-01", existing_deadline="2020-06-30"))
    firms(store, {"enterprise_code": "E1"}, {"enterprise_code": "E2"}, {"enterprise_code": "E3"} | OUTSIDE)
    boilers(store, {"unit_code": "U1", "enterprise_code": "E1"}, {"unit_code": "U2", "enterprise_code": "E2"},
            {"unit_code": "U3", "enterprise_code": "E3", "fuel": "natural_gas"})  # fmt: skip


def step(store: Store, why: str = "test", day: dt.date = DAY) -> Followed:
    """The cases follow the assessment of a day."""
    return follow(store, REGION, why, day)


def every(store: Store, open_only: bool = False) -> list[Case]:
    """Every case, by number."""
    with store.read() as connection:
        return sorted(cases.every(connection, open_only), key=lambda case: case.id)


def of(store: Store, firm: str) -> Case:
    """The open case of a firm, or its last one."""
    with store.read() as connection:
        found = cases.latest_of(connection, "enterprises", firm)
    assert found is not None
    return found


def standing(store: Store, case: Case) -> list[Basis]:
    """What a case rests on."""
    with store.read() as connection:
        return cases.bases(connection, [case.id])


def told(store: Store, case: Case) -> list[Event]:
    """What happened to a case, the earliest first."""
    with store.read() as connection:
        return cases.events(connection, case.id)[::-1]


def person(store: Store, name: str, role: str, **more: Any) -> Principal:
    """An account of a role, and what it may do."""
    duties = [Duty(cell) for cell in more.pop("cells", ())]
    create(store, Profile(name, f"人{name}", (role,), **more), "test", duties=duties)
    with store.read() as connection:
        account = accounts.by_name(connection, name)
        assert account is not None
        return principal_of(account, accounts.duties(connection, account.id), DAY)


def desk(store: Store, who: Principal, facilities: Any = None) -> Desk:
    """Somebody at work."""
    return Desk(store, who, facilities)


def whole(store: Store) -> Assessment:
    """Everything as it stands on the day."""
    return current(store, REGION, DAY)


def photo(colour: str = "#336699", size: tuple[int, int] = (40, 30), kind: str = "JPEG", **saved: Any) -> bytes:
    """A picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind, **saved)
    return written.getvalue()


def record(
    store: Store, who: Principal, kind: str = "inspection", case: int | None = None, photos: Any = None, **more: Any
) -> Taken:
    """Something written down on site, with one photo unless said otherwise."""
    place, at, client = more.pop("place", None), more.pop("at", None), more.pop("client_id", None)
    fields = {"officers": "张三、李四", "text": "看过", "result": "confirmed", "problem": "burning"} | more
    sent = Sent(kind, client or str(uuid.uuid4()), case, at, place, fields)
    return send(store, REGION, who, None, whole(store), sent, [("a.jpg", photo())] if photos is None else photos)
