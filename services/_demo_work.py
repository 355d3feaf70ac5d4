"""What the people of the example city have done so far: visits with photos, orders, re-checks, wishes, a report."""

from __future__ import annotations

import datetime as dt
import io
import uuid

from PIL import ExifTags, Image, ImageDraw

from geo.region import Region
from services.assess import current
from services.casework import Desk
from services.fieldwork import Sent, send
from services.scope import Principal, principal_of
from store import accounts, cases
from store.cases import Case
from store.open import Store

OFFICERS = "示例执法员陈静、示例执法员何平"
_EVERY = 9
"""Of the cases to be inspected every ninth has been begun, so that they lie all over the city."""


def work(store: Store, region: Region) -> None:
    """Let the people of the example city do some of their work."""
    with store.read() as connection:
        waiting = [case for case in cases.every(connection, open_only=True) if case.state == "to_inspect" and case.lon]
        people = {one.name: one for one in accounts.listed(connection)}
        duties = {name: accounts.duties(connection, one.id) for name, one in people.items()}
    today = region.today()
    named = {name: principal_of(one, duties[name], today) for name, one in people.items()}
    chosen = sorted(waiting, key=lambda case: case.id)[:: _EVERY]
    team = _Team(store, region, named["demo-inspector"], named["demo-planner"])
    for place, case in enumerate(chosen[:12]):
        team.handle(case, place, today)
    _report(store, region, named["demo-head"])


class _Team:
    """An inspector and the planner who hands out the work."""

    def __init__(self, store: Store, region: Region, inspector: Principal, planner: Principal) -> None:
        self.store, self.region, self.inspector = store, region, inspector
        self.desk, self.office = Desk(store, inspector, due_from=dt.date.min), Desk(store, planner)

    def handle(self, case: Case, place: int, today: dt.date) -> None:
        """Take a case as far as its place in the row says: assigned, visited, ordered, re-checked, closed."""
        number = case.id
        self.office.assign(number, self.now(number), self.inspector.name)
        if place == 1:
            return self.desk.ask(number, self.now(number), "wrong", "现场已变化，登记信息未更新（示例）。")
        if place == 2:
            return self.desk.ask(number, self.now(number), "exempt", "属应急保障任务，申请豁免（示例）。")
        if place < 4:
            return None
        self.visit(case, "confirmed", "现场核实，与登记一致（示例）。")
        due = today + dt.timedelta(days=7 * place - 40)
        self.desk.move(number, self.now(number), "rectifying", "责令改用清洁能源（示例）。", due)
        if place >= 8:
            self.desk.move(number, self.now(number), "recheck", "企业报告已完成整改（示例）。")
        if place >= 10:
            self.visit(case, "rectified", "烟道已切断，设备已拆除（示例）。")
            self.desk.move(number, self.now(number), "closed", "复查合格（示例）。")
        return None

    def now(self, number: int) -> int:
        with self.store.read() as connection:
            found = cases.of_number(connection, number)
        return found.revision if found else 0

    def visit(self, case: Case, result: str, text: str) -> None:
        at = dt.datetime.now(dt.UTC)
        place = (float(case.lon or 0), float(case.lat or 0), 8.0)
        fields = {"result": result, "text": text, "nameplate": "2.0 t/h", "fuel": "原煤", "officers": OFFICERS}
        sent = Sent("inspection", str(uuid.uuid4()), case.id, at, place, fields)
        found = current(self.store, self.region, self.region.today())
        send(self.store, self.region, self.inspector, None, found, sent, [("示例.jpg", _photo(sent))])


def _report(store: Store, region: Region, head: Principal) -> None:
    """What a grid head saw today."""
    found = current(store, region, region.today())
    with store.read() as connection:
        own = [case for case in cases.every(connection, open_only=True) if case.cell in head.cells]
    place = min(((case.lon, case.lat) for case in own if case.lon is not None and case.lat is not None), default=None)
    if place is None:
        return
    spot = (place[0] + 0.0005, place[1] + 0.0005, 12.0)
    now, fields = dt.datetime.now(dt.UTC), {"problem": "burning", "text": "厂区北侧空地焚烧废木料，已当场制止（示例）。"}
    send(store, region, head, None, found, Sent("report", str(uuid.uuid4()), None, now, spot, fields))


def _photo(sent: Sent) -> bytes:
    """A drawn chimney, with the place and time a phone would write into it."""
    picture = Image.new("RGB", (960, 720), "#9DB2C4")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 540, 960, 720), fill="#6B7785")
    draw.rectangle((240, 360, 720, 600), fill="#B9A38D")
    draw.rectangle((540, 150, 612, 400), fill="#4A5562")
    for step in range(5):
        draw.ellipse((580 + step * 42, 110 - step * 16, 690 + step * 52, 190 - step * 12), fill="#E4E9EE")
    exif, gps = Image.Exif(), ExifTags.GPS
    lon, lat, _ = sent.place or (0.0, 0.0, 0.0)
    taken = ((sent.at or dt.datetime.now(dt.UTC)) + dt.timedelta(hours=8)).strftime("%Y:%m:%d %H:%M:%S")
    exif[ExifTags.Base.DateTime] = taken
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {gps.GPSLatitudeRef: "N", gps.GPSLatitude: _dms(lat), gps.GPSLongitudeRef: "E", gps.GPSLongitude: _dms(lon)}
    )
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=70, exif=exif)
    return written.getvalue()


def _dms(degrees: float) -> tuple[float, float, float]:
    whole, minutes = int(degrees), degrees % 1 * 60
    return float(whole), float(int(minutes)), round(minutes % 1 * 60, 4)
