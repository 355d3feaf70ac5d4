"""上报与取证: records made on site with their photos, sent by form or by a phone that was offline meanwhile."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext

from geo.errors import NotFound, WrongUsage
from services.fieldwork import FIELDS, MOST_PHOTOS, PROBLEMS, Sent, send
from services.mycell import area_bounds
from services.photos import LARGEST_BYTES, MEDIA
from services.photoview import photo_file
from services.scope import may
from views import _work
from views._app import ALWAYS_ASK
from views._map import page_map
from views._page import Page
from views._request import number as whole_number
from views._request import only, principal, region, store
from views._work import today, whole_today

NEEDS = {"patrol": ("patrol", "inspect"), "inspection": ("inspect",), "report": ("cases",)}
LARGEST = MOST_PHOTOS * LARGEST_BYTES + 1_000_000


def report() -> str:
    """The form of a report: what, where, photos."""
    only(())
    return render_template(
        "report.html", active="report", found=today(), shell=page_map("report"), work=_work, problems=PROBLEMS,
        client_id=str(uuid.uuid4()), bounds=area_bounds(today(), principal()) or [],
    )  # fmt: skip


def take() -> Any:
    """Take a record; the same one sent twice is there once."""
    form = request.form
    kind = form.get("kind", "")
    if kind not in NEEDS or not any(may(principal(), permission) for permission in NEEDS[kind]):  # type: ignore[arg-type]  # permissions
        raise NotFound(what=kind[:20] or "kind")
    photos = [(file.filename or "", file.read()) for file in request.files.getlist("photos") if file.filename]
    taken = send(store(), region(), principal(), today().facilities, whole_today(), _sent(kind), photos)
    otherwise = "cell" if may(principal(), "patrol") else "cases"
    place = url_for("case", number=taken.case) if taken.case is not None else url_for(otherwise)
    said = gettext("这条记录此前已提交，保留第一次的内容。") if taken.again else gettext("记录已提交。")
    by_script = request.accept_mimetypes.best == "application/json"
    if not by_script or form.get("tell"):
        flash(said)
    if by_script:
        return jsonify({"record": taken.number, "case": taken.case, "url": place, "again": taken.again}), 201
    return redirect(place, 303)


def _sent(kind: str) -> Sent:
    form = request.form
    case, fields = form.get("case_id", ""), {name: form.get(name, "") for name in FIELDS[kind]}
    number = whole_number(case) if case else None
    return Sent(kind, form.get("client_id", ""), number, _moment(form.get("at", "")), _place(), fields)


def _moment(text: str) -> dt.datetime | None:
    """An instant in ISO form with its zone; nothing for now."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage(value=text[:30], hint="2026-11-24T08:00:00Z") from None
    if moment.tzinfo is None:
        raise WrongUsage(value=text[:30], hint="2026-11-24T08:00:00Z")
    return moment


def _place() -> tuple[float, float, float | None] | None:
    lon, lat, accuracy = (request.form.get(name, "").strip() for name in ("lon", "lat", "accuracy"))
    if not lon and not lat:
        return None
    try:
        values = float(lon), float(lat), float(accuracy) if accuracy else None
    except ValueError:
        raise WrongUsage(value=f"{lon},{lat}"[:40], hint=gettext("经纬度须为数字")) from None
    if not all(math.isfinite(value) for value in values if value is not None):
        raise WrongUsage(value=f"{lon},{lat}"[:40], hint=gettext("经纬度须为数字"))
    return values


def photo(number: int) -> Any:
    """One photo as it was taken."""
    path, kind = photo_file(store(), number, principal(), today().facilities, small=False)
    return _handed(send_file(path, mimetype=MEDIA[kind], max_age=0, download_name=f"photo-{number}.{kind}"))


def thumb(number: int) -> Any:
    """One photo, small."""
    path, _ = photo_file(store(), number, principal(), today().facilities, small=True)
    return _handed(send_file(path, mimetype="image/jpeg", max_age=0))


def _handed(response: Response) -> Response:
    response.headers["Cache-Control"] = ALWAYS_ASK  # for this browser, and asked for anew by whoever sits there next
    return response


PAGES = [
    Page("/report", "report", report, "cases"),
    Page("/records", "records_take", take, "cases", ("POST",), largest=LARGEST),
    Page("/photos/<int:number>", "photo", photo, "cases"),
    Page("/photos/<int:number>/small", "photo_small", thumb, "cases"),
]
