"""Photos are handed out through the scope policy, and only as they were taken."""

from __future__ import annotations

from pathlib import Path

from geo.errors import NotFound
from services.casework import Facilities, sees
from services.scope import Principal
from store import cases, records
from store.open import Store
from store.records import Record


class PhotoUnknown(NotFound):
    """No such photo, or none that may be seen, or its file is lost or was changed."""

    zh = "没有找到照片“{what}”。"
    en = "There is no photo “{what}”."


def photo_file(store: Store, number: int, principal: Principal, facilities: Facilities, small: bool) -> tuple[Path, str]:
    """Where a photo lies, and its kind.

    Raises:
        PhotoUnknown: there is none, or not for them.
    """
    with store.read() as connection:
        found = records.photo_of_number(connection, number)
        record = records.of_number(connection, found.record_id) if found else None
        case = cases.of_number(connection, record.case_id) if record and record.case_id is not None else None
    if found is None or record is None:
        raise PhotoUnknown(what=number)
    if not (sees(principal, facilities, case) if case else sees_record(principal, facilities, record)):
        raise PhotoUnknown(what=number)
    path = records.file_of(store, found.thumb_sha256 if small else found.sha256)
    if path is None:
        raise PhotoUnknown(what=number)
    return path, "jpg" if small else found.kind


def sees_record(principal: Principal, facilities: Facilities, record: Record) -> bool:
    """Whether a record without a case is somebody's to see: their own, or made in their area."""
    area = principal.area
    return facilities is None or record.actor == principal.name or record.cell in area.cells or record.town in area.towns
