"""What somebody with an account, a camera or bad luck may try: nothing is lost, nothing is opened to others."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import stat
import struct
from typing import Any

import pytest

from services import cases as following
from services.accounts import Profile, create
from services.fieldwork import doubts
from services.journal import latest_changes
from services.photos import PhotoUnfit, read_photo
from services.retire import retire
from services.scope import principal_of
from store import accounts, records
from store.accounts import Duty
from store.open import Store
from tests._case_world import (
    DAY,
    boilers,
    city,
    desk,
    firms,
    of,
    person,
    photo,
    record,
    standing,
    step,
    told,
    whole,
)  # fmt: skip


@pytest.fixture
def store(empty_store: Store) -> Store:
    city(empty_store)
    return empty_store


def test_the_deadline_of_an_order_stands_whatever_is_judged_later(store: Store) -> None:
    step(store)
    inspector, case = person(store, "ins", "inspector"), of(store, "E1")
    ordered = dt.date(2099, 9, 30)
    desk(store, inspector).move(case.id, case.revision, "rectifying", "限期改用清洁能源", ordered)
    step(store, "nightly")
    assert of(store, "E1").due_on == ordered
    boilers(store, {"unit_code": "U9", "enterprise_code": "E1"})
    step(store, "import")
    assert (of(store, "E1").state, of(store, "E1").due_on) == ("to_inspect", dt.date(2020, 6, 30)), "a new violation"


def test_what_was_exempted_once_stays_answered_in_the_next_case(store: Store) -> None:
    step(store)
    asker, reviewer = person(store, "ins", "inspector"), person(store, "rev", "reviewer")
    case = of(store, "E2")
    desk(store, asker).ask(case.id, case.revision, "exempt", "应急保障")
    desk(store, reviewer).decide(case.id, of(store, "E2").revision, True, "同意")
    answered = {basis.key for basis in standing(store, case)}
    assert of(store, "E2").state == "exempt"
    boilers(store, {"unit_code": "U9", "enterprise_code": "E2"})
    step(store, "import")
    step(store, "nightly")
    fresh = of(store, "E2")
    assert fresh.id != case.id
    assert {basis.subject_code for basis in standing(store, fresh)} == {"U9"}, answered


def test_what_was_closed_and_then_mended_opens_again_when_it_comes_back(store: Store) -> None:
    step(store)
    inspector, case = person(store, "ins", "inspector"), of(store, "E2")
    at_work = desk(store, inspector)
    at_work.move(case.id, case.revision, "rectifying", "责令改正", dt.date(2099, 9, 1))
    at_work.move(case.id, of(store, "E2").revision, "recheck", "已整改")
    record(store, inspector, case=case.id)
    at_work.move(case.id, of(store, "E2").revision, "closed", "复查合格")
    assert step(store).opened == [], "answered"
    boilers(store, {"unit_code": "U2", "enterprise_code": "E2", "fuel": "natural_gas"})
    step(store, "edit")
    boilers(store, {"unit_code": "U2", "enterprise_code": "E2"})
    step(store, "edit")
    assert of(store, "E2").id != case.id and of(store, "E2").closed_at is None


def test_a_following_that_was_overtaken_looks_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    step(store)
    old, calls = whole(store), []

    def late(*told: Any) -> Any:
        calls.append(told)
        return old if len(calls) == 1 else whole(store)

    boilers(store, {"unit_code": "U3", "enterprise_code": "E3"})
    firms(store, {"enterprise_code": "E3"})
    step(store, "import")
    assert of(store, "E3").closed_at is None
    monkeypatch.setattr(following, "current", late)
    step(store, "an older import")
    assert of(store, "E3").closed_at is None, "not ended by what was judged before it was there"


def exif_at(lat: int, lon: int) -> bytes:
    """The EXIF of a camera that stood there, with signed degrees as no camera writes them."""
    entries, values = b"", b""
    for tag, kind, count, value in ((1, 2, 2, b"N"), (2, 10, 3, lat), (3, 2, 2, b"E"), (4, 10, 3, lon)):
        if isinstance(value, bytes):
            entries += struct.pack("<HHI4s", tag, kind, count, value)
            continue
        entries += struct.pack("<HHII", tag, kind, count, 26 + 2 + 4 * 12 + 4 + len(values))
        values += struct.pack("<6i", value, 1, 0, 1, 0, 1)
    gps = struct.pack("<H", 4) + entries + struct.pack("<I", 0) + values
    return b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, 0x8825, 4, 1, 26, 0) + gps


def test_a_photo_from_a_place_there_is_not_has_no_place(store: Store) -> None:
    right = read_photo(photo(exif=exif_at(29, 119)), "a.jpg")
    assert (right.lon, right.lat) == (119.0, 29.0)
    shot = read_photo(photo(exif=exif_at(-120, 119)), "a.jpg")
    assert (shot.lon, shot.lat) == (None, None)
    step(store)
    case = of(store, "E1")
    inspector = person(store, "ins", "inspector")
    record(store, inspector, case=case.id, photos=[("a.jpg", photo(exif=exif_at(-120, 0)))], place=(119.4, 29.2, 5.0))
    with store.read() as connection:
        made = records.listed(connection, case.id)[0]
        assert doubts(made, records.photos(connection, [made.id])[0]) == ["no_exif"]


@pytest.mark.parametrize("tail", [b"", b"\x00" * 8, b"\xff" * 40])
def test_broken_exif_is_a_photo_without_exif_or_none_at_all(tail: bytes) -> None:
    pick = random.Random(7)
    plain = photo(exif=exif_at(29, 119))
    for _ in range(300):
        made = bytearray(plain)
        for _ in range(pick.randint(1, 12)):
            made[pick.randrange(2, 200)] = pick.randrange(256)
        with contextlib.suppress(PhotoUnfit):
            read_photo(bytes(made) + tail, "a.jpg")


def test_photos_and_the_store_are_for_their_owner_alone(store: Store) -> None:
    step(store)
    record(store, person(store, "ins", "inspector"), case=of(store, "E1").id)
    folder = records.folder_of(store)
    beside = [place for place in folder.parent.glob(f"{store.path.name}*") if place.suffix != ".anchor"]
    places = [*folder.rglob("*"), *beside]
    assert len(places) > 2
    for place in places:
        assert not stat.S_IMODE(place.stat().st_mode) & 0o077, place


def test_a_grid_head_who_is_also_a_viewer_does_not_see_the_whole_city_with_phones(store: Store) -> None:
    create(store, Profile("two", "两岗", ("grid_head", "viewer")), "test", duties=[Duty("C1")])
    with store.read() as connection:
        account = accounts.by_name(connection, "two")
        assert account is not None
        both = principal_of(account, accounts.duties(connection, account.id), DAY)
    assert not (both.area.whole and "personal" in both.permissions)
    assert both.area.cells == {"C1"}


def test_control_and_direction_marks_do_not_enter_what_people_write(store: Store) -> None:
    step(store)
    inspector, case = person(store, "ins", "inspector"), of(store, "E1")
    desk(store, inspector).comment(case.id, "已查\x00\x07\u202e合格\u2066\r\n第二行\u0085")
    assert told(store, case)[-1].body["text"] == "已查合格\n第二行"


def test_the_log_of_changes_says_nothing_about_rows_of_others(store: Store) -> None:
    retire(store, "combustion_units", "U2", "秘密的原因")
    bound = person(store, "ins", "inspector", town="没有的乡镇")
    assert "秘密的原因" not in repr(latest_changes(store, bound))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE feature_version SET props = replace(props, 'raw_coal', 'natural_gas') WHERE code = 'U1'",
     "UPDATE feature_version SET geom_judge = geom_map WHERE code = 'E1'",
     "UPDATE audit_log SET at = at || 'x' WHERE seq = 2"],
)  # fmt: skip
def test_verifying_finds_changed_rows_of_layers_and_moments_that_are_none(store: Store, statement: str) -> None:
    from services.journal import verify
    from tests.test_store_seal import tamper

    assert verify(store) == []
    tamper(store, statement)
    assert verify(store)


def test_a_log_in_cut_from_the_end_of_the_audit_log_is_missed(store: Store) -> None:
    from services.login import Where, log_in
    from store import audit
    from tests.test_store_seal import tamper

    create(store, Profile("ins", "人", ("inspector",)), "test", "Ein-langes-Wort-42")
    log_in(store, "ins", "Ein-langes-Wort-42", Where("192.0.2.7"))
    assert audit.verify(store) == []
    tamper(store, "DELETE FROM audit_log WHERE seq = (SELECT max(seq) FROM audit_log)")
    assert audit.verify(store)
