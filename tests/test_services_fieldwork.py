"""Records made on site: sent once, photos as evidence, reports that become cases, and what is refused."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from geo.errors import WrongUsage
from services.cases import REPORTED
from services.casework import sees
from services.fieldwork import CellElsewhere, OfficersMissing, PlaceMissing, doubts
from services.photos import PhotoUnfit, metres_between, read_photo
from services.photoview import PhotoUnknown, photo_file
from services.scope import Area, Principal
from store import audit, records
from store.open import Store
from tests._case_world import city, every, of, person, photo, record, step, told
from tests._store_rows import SOUTH, STEP, WEST

HERE = (WEST + STEP / 2, SOUTH + STEP / 2, 8.0)


@pytest.fixture
def store(empty_store: Store) -> Store:
    city(empty_store)
    step(empty_store)
    return empty_store


@pytest.fixture
def inspector(store: Store) -> Principal:
    return person(store, "chen", "inspector")


def listed(store: Store, case: int | None = None) -> list[records.Record]:
    with store.read() as connection:
        return records.listed(connection, case)


def shots(store: Store, number: int) -> list[records.Photo]:
    with store.read() as connection:
        return records.photos(connection, [number])


def test_a_record_sent_twice_is_there_once(store: Store, inspector: Principal) -> None:
    client = str(uuid.uuid4())
    first = record(store, inspector, case=1, client_id=client)
    second = record(store, inspector, case=1, client_id=client, text="改过的说明")
    assert (second.number, second.case, first.again, second.again) == (first.number, 1, False, True)
    assert [one.body["text"] for one in listed(store, 1)] == ["看过"]
    assert [event.kind for event in told(store, of(store, "E1"))].count("inspection") == 1


def test_an_id_of_somebody_else_is_refused(store: Store, inspector: Principal) -> None:
    client = str(uuid.uuid4())
    record(store, inspector, case=1, client_id=client)
    with pytest.raises(WrongUsage):
        record(store, person(store, "he", "inspector"), case=1, client_id=client)


def test_place_accuracy_and_distance_to_the_facility_are_kept(store: Store, inspector: Principal) -> None:
    north = (HERE[0], HERE[1] + 0.001, 12.0)
    record(store, inspector, case=1, place=north)
    made = listed(store, 1)[0]
    assert (made.lon, made.accuracy_m) == (HERE[0], 12.0)
    assert made.distance_m == pytest.approx(111.2, abs=0.5), "a thousandth of a degree north"


def test_a_report_becomes_a_case_of_its_own_that_assessments_leave_alone(store: Store) -> None:
    head = person(store, "zhang", "grid_head", cells=("G1",))
    taken = record(store, head, "report", place=HERE)
    case = every(store)[-1]
    assert taken.case == case.id and (case.facility_layer, case.state, case.name) == (REPORTED, "to_verify", "burning")
    step(store)
    assert every(store)[-1] == case


def test_a_report_is_seen_by_who_made_it_and_in_whose_cell_it_lies(store: Store) -> None:
    head = person(store, "zhang", "grid_head", cells=("G1",))
    record(store, head, "report", place=HERE)
    case = every(store)[-1]
    stranger = Principal("x", frozenset(("cases",)), Area(False, frozenset(), frozenset({"G9"})))
    assert not sees(stranger, frozenset(), case)


def test_an_inspection_takes_two_officers(store: Store, inspector: Principal) -> None:
    for officers in ("", "张三", "张三 "):
        with pytest.raises(OfficersMissing):
            record(store, inspector, case=1, officers=officers)
    assert listed(store) == []


def test_a_report_without_a_place_is_refused(store: Store, inspector: Principal) -> None:
    with pytest.raises(PlaceMissing):
        record(store, inspector, "report")


NOW = dt.datetime.now(dt.UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "1"}, {"client_id": "../../etc"}, {"at": NOW + dt.timedelta(days=1)}, {"at": NOW - dt.timedelta(days=90)},
        {"place": (200.0, 0.0, None)}, {"result": "great"}, {"kind": "raid"}, {"photos": [("a.jpg", b"")] * 10},
    ],
    ids=lambda wrong: "-".join(wrong),
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_changes_nothing(wrong: dict[str, Any], store: Store, inspector: Principal) -> None:
    before = audit.head(store)
    with pytest.raises(WrongUsage):
        record(store, inspector, **({"kind": "inspection", "case": 1} | wrong))
    assert (listed(store), audit.head(store)) == ([], before)


def test_photos_lie_under_their_hash_and_the_hash_is_in_the_chain(store: Store, inspector: Principal) -> None:
    content = photo("#AA0000")
    taken = record(store, inspector, case=1, photos=[("a.jpg", content), ("b.jpg", content)])
    one, two = shots(store, taken.number)
    assert one.sha256 == two.sha256
    path, kind = photo_file(store, one.id, inspector, None, small=False)
    assert (path.read_bytes(), kind) == (content, "jpg")
    with store.read() as connection:
        entry = audit.about(connection, f"record {taken.number}", 1)[0]
    assert entry["body"]["photos"] == [one.sha256] * 2


def test_a_photo_changed_on_the_disk_is_not_handed_out(store: Store, inspector: Principal) -> None:
    taken = record(store, inspector, case=1)
    shot = shots(store, taken.number)[0]
    path, _ = photo_file(store, shot.id, inspector, None, small=False)
    path.chmod(0o644)
    path.write_bytes(photo("#00FF00"))
    with pytest.raises(PhotoUnknown):
        photo_file(store, shot.id, inspector, None, small=False)


def test_photos_of_somebody_elses_facility_are_not_there(store: Store, inspector: Principal) -> None:
    shot = shots(store, record(store, inspector, case=1).number)[0]
    stranger = Principal("x", frozenset(("cases",)), Area(False, frozenset(), frozenset({"G9"})))
    for number in (shot.id, 999):
        with pytest.raises(PhotoUnknown):
            photo_file(store, number, stranger, frozenset(), small=True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_thumbnail_is_made_anew_without_what_the_original_carries(kind: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "<script>alert(1)</script>"
    shot = read_photo(photo(size=(2000, 1000), kind=kind, exif=exif), "a")
    with Image.open(io.BytesIO(shot.thumb)) as small:
        assert small.size == (640, 320) and small.format == "JPEG" and not dict(small.getexif())
    assert b"script" not in shot.thumb and shot.kind == {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kind]


def test_a_photo_lying_on_its_side_stands_in_the_thumbnail() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    with Image.open(io.BytesIO(read_photo(photo(size=(60, 20), exif=exif), "a").thumb)) as small:
        assert small.size == (20, 60)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a" + b"\0" * 40, b"<svg onload=alert(1)>", b"%PDF-1.4", photo()[:200], b"\xff\xd8\xff\xe0" + b"\0" * 99],
    ids=["empty", "gif", "svg", "pdf", "cut", "hollow"],
)  # fmt: skip
def test_what_is_no_photo_by_its_content_is_refused_whatever_its_name(
    content: bytes, store: Store, inspector: Principal
) -> None:
    with pytest.raises(PhotoUnfit):
        record(store, inspector, case=1, photos=[("photo.jpg", content)])
    assert listed(store) == []


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    bomb = photo(size=(9000, 9000), kind="PNG")
    assert len(bomb) < 1_000_000
    with pytest.raises(PhotoUnfit):
        read_photo(bomb, "bomb.png")


def _exif(lon: float, lat: float, taken: str) -> Image.Exif:
    exif, gps = Image.Exif(), ExifTags.GPS
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {gps.GPSLatitudeRef: "N", gps.GPSLatitude: (lat, 0.0, 0.0), gps.GPSLongitudeRef: "E", gps.GPSLongitude: (lon, 0.0, 0.0)}
    )
    return exif


@pytest.mark.parametrize(
    ("lon", "taken", "expected"),
    [
        (119.465, "2021:07:01 09:00:00", []), (119.475, "2021:07:01 09:00:00", ["far"]),
        (119.465, "2021:06:25 09:00:00", ["time"]), (None, "", ["no_exif"]),
    ],
)  # fmt: skip
def test_what_a_photo_says_is_held_against_its_record(lon: float | None, taken: str, expected: list[str]) -> None:
    exif = {"exif": _exif(lon, 29.205, taken)} if lon is not None else {}
    shot = read_photo(photo(**exif), "a")
    at = dt.datetime(2021, 7, 1, 1, 5, tzinfo=dt.UTC)
    made = records.Record(1, "patrol", None, None, None, "", "", at, at, "a", 119.465, 29.205, 8.0, None, {}, "")
    kept = records.Photo(1, 1, "", "", "jpg", 1, 1, 1, shot.taken_at, shot.lon, shot.lat, at)
    assert doubts(made, kept) == expected


def test_a_degree_of_latitude_is_111_km() -> None:
    assert metres_between((119.0, 29.0), (119.0, 30.0)) == pytest.approx(111_195, abs=1)


def test_a_full_disk_stores_neither_record_nor_photo(
    store: Store, inspector: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(Exception, match="空间"):
        record(store, inspector, case=1)
    assert listed(store) == []
    assert [path for path in Path(records.folder_of(store)).rglob("*") if path.is_file()] == []


def cells(store: Store) -> None:
    """Two responsibility cells side by side; the edge between them lies at WEST + STEP."""
    from tests._store_rows import put, square, zones

    row = {"grid_system": "responsibility", "cell_name": "网格"}
    both = ({"cell_code": f"G{n}", "geometry": square(n - 1)} | row for n in (1, 2))
    put(store, "grid_cells", zones(*both))


EDGE = WEST + STEP
METRE = STEP / 973  # of longitude here


@pytest.mark.parametrize(
    ("east_m", "accuracy", "noted"),
    [(-100, 8.0, None), (0, None, None), (12, 20.0, "12"), (12, 8.0, "refused"), (12, None, "refused"), (900, 5000.0, "refused")],
    ids=["inside", "on the edge", "nearer than its accuracy", "farther than its accuracy", "no accuracy", "any accuracy"],
)
def test_a_patrol_is_made_in_an_own_cell(store: Store, east_m: float, accuracy: float | None, noted: str | None) -> None:
    cells(store)
    head = person(store, "zhang", "grid_head", cells=("G1",))
    place = (EDGE + east_m * METRE, HERE[1], accuracy)
    if noted == "refused":
        with pytest.raises(CellElsewhere) as told:
            record(store, head, "patrol", place=place)
        assert "G1" in str(told.value) and str(round(east_m)) in str(told.value) and listed(store) == []
        return
    record(store, head, "patrol", place=place)
    (made,) = listed(store)
    assert (made.cell, made.body.get("outside_m")) == ("G1", noted)


def test_a_patrol_counts_for_the_cell_somebody_had_when_it_was_made(store: Store) -> None:
    from store import accounts
    from store.accounts import Duty

    cells(store)
    head = person(store, "zhang", "grid_head", cells=("G2",))
    today = (NOW + dt.timedelta(hours=8)).date()
    with store.write() as connection:
        ended = Duty("G1", None, today - dt.timedelta(days=1))
        accounts.set_duties(connection, head.account_id or 0, [ended, Duty("G2", today, None)])
    record(store, head, "patrol", place=HERE, at=NOW - dt.timedelta(days=2))
    with pytest.raises(CellElsewhere):
        record(store, head, "patrol", place=HERE, at=NOW)


def test_others_may_patrol_anywhere_and_a_report_is_never_refused_for_its_place(store: Store, inspector: Principal) -> None:
    cells(store)
    head = person(store, "zhang", "grid_head", cells=("G2",))
    record(store, head, "report", place=HERE)
    record(store, inspector, "patrol", place=HERE)
    record(store, head, "patrol", case=1, place=HERE)
    assert len(listed(store)) == 3
