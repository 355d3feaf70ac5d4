"""API: facilities with their worst verdict, and the counters of the overview."""

from __future__ import annotations

import hashlib

from flask import Response, request, url_for

from services.findings import Filter, facility_keys, select
from services.mapdata import facilities_geojson
from services.overview import overview
from views._app import answer
from views._page import Page
from views._request import assessment, only
from views.findings import NAMES


def features() -> Response:
    """Facilities (GeoJSON points); with filters of ``/findings``, only those of the findings let through."""
    asked = only((*NAMES, "page", "layers"))
    found = assessment()
    wanted = Filter.of(asked)
    keys = facility_keys(select(found, wanted)) if wanted.chosen() or "filtered" in request.args else None
    data = facilities_geojson(found, keys)
    day = {"as_of": request.args["as_of"]} if request.args.get("as_of") else {}
    for feature in data["features"]:
        row = feature["properties"]
        row["url"] = url_for("facility", layer=row["layer"], key=row["key"], **day)
    tag = hashlib.sha256(f"{found.run_hash}{sorted(wanted.chosen().items())}{day}".encode()).hexdigest()[:24]
    return answer(data, tag)


def summary() -> Response:
    """Counters by verdict, town and rule."""
    only(())
    found = assessment()
    data = overview(found)
    rules = [{"rule": row["key"], "counts": row["counts"]} for row in data.rules]
    body = {"as_of": found.as_of.isoformat(), "run_hash": found.run_hash, "facilities": data.verdicts, "near": data.near,
            "zone_areas_km2": data.zone_areas, "towns": data.towns, "rules": rules, "findings": data.findings}  # fmt: skip
    return answer(body, f"summary-{found.run_hash}")


PAGES = [
    Page("/api/facilities", "api_facilities", features, "view"),
    Page("/api/summary", "api_summary", summary, "view"),
]
