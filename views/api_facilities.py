"""API: facilities with their worst verdict, and the counters of the overview."""

from __future__ import annotations

from typing import Any

from flask import Response

from services.findings import Filter, facility_keys, select
from services.mapdata import facilities_geojson
from services.overview import overview
from views._app import answer
from views._links import facility_url
from views._page import Page
from views._request import assessment, only
from views.findings import NAMES, PARAMETERS


def features() -> Response:
    """Facilities (GeoJSON points); with filters of ``/findings``, only those of the findings let through."""
    asked = only((*PARAMETERS, "filtered"))
    found, wanted = assessment(), Filter.of(asked)
    narrowed = bool(asked["filtered"]) or any(asked[name] for name in NAMES if name not in ("sort", "desc"))

    def data() -> dict[str, Any]:
        made = facilities_geojson(found, facility_keys(select(found, wanted)) if narrowed else None)
        for feature in made["features"]:
            row = feature["properties"]
            row["url"] = facility_url(row["layer"], row["key"])
        return made

    return answer(data, found.run_hash)


def summary() -> Response:
    """Counters by verdict, town and rule."""
    only(())
    found = assessment()

    def data() -> dict[str, Any]:
        counted = overview(found)
        rules = [{"rule": row["key"], "counts": row["counts"]} for row in counted.rules]
        return {
            "as_of": found.as_of.isoformat(), "run_hash": found.run_hash, "facilities": counted.verdicts,
            "near": counted.near, "zone_areas_km2": counted.zone_areas, "zone_area_km2": counted.zone_area,
            "unplaced": counted.unplaced, "unverified": counted.unverified,
            "towns": counted.towns, "rules": rules, "findings": counted.findings,
        }  # fmt: skip

    return answer(data, found.run_hash)


PAGES = [
    Page("/api/facilities", "api_facilities", features, "view"),
    Page("/api/summary", "api_summary", summary, "view"),
]
