"""Records made on site: patrols 巡查, inspections 现场检查, reports 上报; sent once however often they are sent."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from geo.crs import transform_xy
from geo.errors import Refused, WrongUsage
from geo.region import Region
from services._board import containing
from services._own_cells import Standing, standing_in
from services.assess import Assessment
from services.cases import REPORTED
from services.casework import Facilities, case_for, said, tidied
from services.photos import Shot, metres_between, read_photo
from services.scope import Principal, may
from store import accounts, audit, cases, changes, records
from store.open import Store

KINDS = ("patrol", "inspection", "report")
PROBLEMS = ("boiler", "burning", "dust", "other")
RESULTS = ("confirmed", "not_confirmed", "rectified", "unreachable")
MOST_PHOTOS = 9
CLIENT_ID = re.compile(r"[0-9a-fA-F-]{32,36}")
LONGEST_FIELD = 200
OLDEST, AHEAD = dt.timedelta(days=60), dt.timedelta(minutes=10)
LEAST_ACCURATE_M = 1_000_000.0
FAR_M = 300.0
"""A place farther than this from the facility is shown as a doubt."""
FIELDS = {
    "patrol": ("result", "text"),
    "inspection": ("result", "nameplate", "fuel", "dust_collector", "sample", "officers", "text"),
    "report": ("problem", "text"),
}


class OfficersMissing(Refused):
    """An inspection by fewer than two (行政处罚法 第四十二条: not fewer than two officers)."""

    zh = "现场检查须由两名以上执法人员进行，请填写两人姓名。"
    en = "An inspection takes two officers; write both names."


class PlaceMissing(Refused):
    """A report, or a patrol that belongs to no case, that does not say where."""

    zh = "请先定位，或在地图上点选位置。"
    en = "Locate yourself, or pick the place on the map."


class CellElsewhere(Refused):
    """A patrol of a grid head that was made in somebody else's cell."""

    zh = "巡查位置不在您的责任网格内（距网格{cell} {metres} 米）。请重新定位后再提交；在别处发现问题请用“上报”。"
    en = "The place is not in one of your cells ({metres} m from cell {cell}). Locate yourself again, or send a report instead."


@dataclass(frozen=True)
class Sent:
    """A record as sent by a form or a phone.

    Attributes:
        kind: one of ``KINDS``. client_id: UUID of the sender. at: when it was made (UTC), None for now.
        place: (lon, lat) in degrees EPSG:4490 and the accuracy in metres, or None. fields: those of ``FIELDS``.
    """

    kind: str
    client_id: str
    case_id: int | None
    at: dt.datetime | None
    place: tuple[float, float, float | None] | None
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Taken:
    """A record in the store: its number, that of its case, and whether it had been sent before."""

    number: int
    case: int | None
    again: bool = False


def send(
    store: Store, region: Region, principal: Principal, facilities: Facilities, found: Assessment, sent: Sent,
    photos: Sequence[tuple[str, bytes]] = (),
) -> Taken:  # fmt: skip
    """Take a record; one that is here already is left as it is.

    Args:
        found: the whole assessment of the day, which knows towns and cells. photos: (name, bytes).
    Raises:
        WrongUsage, PhotoUnfit, OfficersMissing, PlaceMissing, CellElsewhere, CaseUnknown: nothing was changed.
    """
    _check(sent, photos)
    shots = [read_photo(content, name) for name, content in photos]
    files = [(records.keep_file(store, shot.content), records.keep_file(store, shot.thumb), shot) for shot in shots]
    with store.write() as connection:
        known = records.by_client_id(connection, sent.client_id)
        if known is not None:
            if known.actor != principal.name:
                raise WrongUsage(value=sent.client_id[:8], hint="编号已被使用 / this id is taken")
            return Taken(known.id, known.case_id, again=True)
        at = changes.moment(connection)
        desk = _Sending(connection, principal, region, found, sent, at)
        number, case_id = desk.take(facilities, files)
        body = {"record": number, "case": case_id, "photos": [digest for digest, _, _ in files]}
        audit.append(connection, store, audit.Entry(principal.name, f"record_{sent.kind}", f"record {number}", body), at)
    audit.anchor(store)
    return Taken(number, case_id)


def _check(sent: Sent, photos: Sequence[Any]) -> None:
    now = dt.datetime.now(dt.UTC)
    if sent.kind not in KINDS:
        raise WrongUsage(value=sent.kind[:20], hint=" ".join(KINDS))
    if not CLIENT_ID.fullmatch(sent.client_id):
        raise WrongUsage(value=sent.client_id[:40], hint="UUID")
    if len(photos) > MOST_PHOTOS:
        raise WrongUsage(value=str(len(photos)), hint=f"照片最多 {MOST_PHOTOS} 张 / {MOST_PHOTOS} photos at most")
    if sent.at is not None and not now - OLDEST < sent.at < now + AHEAD:
        raise WrongUsage(value=sent.at.isoformat()[:25], hint="时间不在近 60 天内，请检查手机时间 / check the phone's clock")
    _check_place(sent)
    choices = {"problem": PROBLEMS, "result": RESULTS}
    for name, allowed in choices.items():
        if sent.fields.get(name) and sent.fields[name] not in allowed:
            raise WrongUsage(value=sent.fields[name][:20], hint=" ".join(allowed))
    if sent.kind == "inspection" and len([one for one in re.split(r"[、,，;；\s]+", sent.fields.get("officers", "")) if one]) < 2:
        raise OfficersMissing()


def _check_place(sent: Sent) -> None:
    if sent.place is None:
        if sent.kind == "report" or (sent.kind == "patrol" and sent.case_id is None):
            raise PlaceMissing()
        return
    lon, lat, accuracy = sent.place
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise WrongUsage(value=str(sent.place)[:40], hint="经纬度 / lon, lat")
    if accuracy is not None and not 0 <= accuracy <= LEAST_ACCURATE_M:
        raise WrongUsage(value=str(accuracy)[:20], hint="精度（米） / accuracy in metres")


@dataclass
class _Sending:
    """One record on its way into the store."""

    connection: Connection
    principal: Principal
    region: Region
    found: Assessment
    sent: Sent
    at: dt.datetime

    def take(self, facilities: Facilities, files: Sequence[tuple[str, str, Shot]]) -> tuple[int, int | None]:
        sent, place = self.sent, self.sent.place
        town, cell = self.ground()
        own = self.own_cell(town)
        cell = own.cell if own else cell
        case = case_for(self.connection, sent.case_id, self.principal, facilities) if sent.case_id is not None else None
        case_id = case.id if case else (self.report(town, cell) if sent.kind == "report" else None)
        distance = None
        if case is not None and place is not None and case.lon is not None and case.lat is not None:
            distance = round(metres_between((place[0], place[1]), (case.lon, case.lat)), 1)
        number = records.add(
            self.connection,
            {
                "kind": sent.kind, "case_id": case_id, "facility_layer": case.facility_layer if case else None,
                "facility_key": case.facility_key if case else None, "cell": case.cell if case else cell,
                "town": case.town if case else town, "at": sent.at or self.at, "sent_at": self.at,
                "actor": self.principal.name, "lon": place[0] if place else None, "lat": place[1] if place else None,
                "accuracy_m": place[2] if place else None, "distance_m": distance,
                "body": self.fields() | ({"outside_m": str(round(own.outside_m))} if own and own.outside_m else {}),
                "client_id": sent.client_id,
            },
        )  # fmt: skip
        for digest, thumb, shot in files:
            self.photo(number, digest, thumb, shot)
        if case_id is not None:
            told = {"record": number, "photos": len(files), "distance_m": distance, **self.fields()}
            cases.note(self.connection, case_id, self.at, self.principal.name, sent.kind, told)
            cases.change(self.connection, case_id, {}, self.at)
        return number, case_id

    def fields(self) -> dict[str, str]:
        told = {name: self.sent.fields.get(name, "").strip() for name in FIELDS[self.sent.kind]}
        return {name: said(text) if name == "text" else tidied(text)[:LONGEST_FIELD] for name, text in told.items() if text}

    def ground(self) -> tuple[str, str]:
        """Town and responsibility cell of the record's place."""
        if self.sent.place is None:
            return "", min(self.principal.cells, default="")
        lon, lat, _ = self.sent.place
        xy = transform_xy([lon], [lat], self.region.map_crs, self.region.judging_crs)
        return containing(xy, self.found.frames, self.found.edge_tolerance_m)[0]

    def own_cell(self, town: str) -> Standing | None:
        """In which of their cells a grid head stands who walks a patrol; None for anybody else, and with a case.

        Raises:
            CellElsewhere: in none, and farther from the nearest than the place is uncertain.
        """
        who, sent = self.principal, self.sent
        free = who.area.whole or may(who, "inspect") or town in who.area.towns
        if sent.kind != "patrol" or sent.case_id is not None or sent.place is None or free:
            return None
        day = ((sent.at or self.at) + self.region.utc_offset).date()
        then = [duty.cell for duty in accounts.duties(self.connection, who.account_id or 0) if duty.holds(day)]
        xy = transform_xy([sent.place[0]], [sent.place[1]], self.region.map_crs, self.region.judging_crs)[0]
        found = standing_in(xy, self.found.frames["grid_cells"], who.cells.union(then), self.found.edge_tolerance_m)
        if found is not None and found.outside_m > min(sent.place[2] or 0.0, FAR_M):
            raise CellElsewhere(cell=found.cell, metres=round(found.outside_m))
        return found

    def report(self, town: str, cell: str) -> int:
        """What was reported becomes a case of its own."""
        place = self.sent.place or (None, None, None)
        facts = {
            "facility_layer": REPORTED, "facility_key": self.sent.client_id, "name": self.sent.fields.get("problem", "other"),
            "town": town, "cell": cell, "lon": place[0], "lat": place[1], "state": "to_verify", "verdict": "U", "settled": (),
            "reporter": self.principal.name,
        }  # fmt: skip
        number = cases.add(self.connection, facts, self.at)
        cases.note(self.connection, number, self.at, self.principal.name, "opened", {"state": "to_verify", "why": "report"})
        return number

    def photo(self, record: int, digest: str, thumb: str, shot: Shot) -> None:
        facts = {
            "record_id": record, "sha256": digest, "thumb_sha256": thumb, "kind": shot.kind, "width": shot.width,
            "height": shot.height, "bytes": len(shot.content), "taken_at": shot.taken_at, "lon": shot.lon, "lat": shot.lat,
            "added_at": self.at,
        }  # fmt: skip
        records.add_photo(self.connection, facts)


def doubts(record: records.Record, photo: records.Photo) -> list[str]:
    """What does not fit between a photo and its record: ``far`` from its place, another ``time``, ``no_exif``."""
    found = []
    if not photo.taken_at and photo.lon is None:
        return ["no_exif"]
    shot, made_at = (photo.lon, photo.lat), (record.lon, record.lat)
    if None not in shot + made_at and metres_between(shot, made_at) > FAR_M:  # type: ignore[arg-type]  # none is None here
        found.append("far")
    if photo.taken_at:
        local = dt.datetime.fromisoformat(photo.taken_at)
        made = (record.at + dt.timedelta(hours=8)).replace(tzinfo=None)
        if abs(local - made) > dt.timedelta(hours=24):
            found.append("time")
    return found
