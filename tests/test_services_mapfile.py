"""The map as one file holds what the pages show."""

from __future__ import annotations

import datetime as dt
import json
import re

from geo.region import Region
from layers._find import load_layers
from services.assess import current
from services.facilities import board
from services.mapfile import map_text
from services.scope import local_principal
from store.open import Store

DAY = dt.date(2021, 7, 1)


def facilities_in(text: str) -> set[tuple[str, str]]:
    """Layer and key of every judged facility in the file."""
    blocks = re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    rows = [one["properties"] for block in blocks for one in json.loads(block)["features"]]
    return {(row["layer"], row["key"]) for row in rows if "verdict" in row}


def test_the_file_has_every_facility_that_has_a_place(demo_store: Store, region: Region) -> None:
    assessment = current(demo_store, region, DAY)
    table = board(assessment).facilities
    shown = table[table["lon"].notna()]
    wanted = set(zip(shown["layer"], shown["key"], strict=True))
    assert ("mine_faces", "F-90") in wanted, "a face whose mine is not registered"
    assert wanted <= facilities_in(map_text(assessment, region, None, local_principal()))


def test_only_facilities_of_the_chosen_layers_are_put_in(demo_store: Store, region: Region) -> None:
    chosen = [load_layers()["combustion_units"]]
    found = facilities_in(map_text(current(demo_store, region, DAY), region, chosen, local_principal()))
    assert {layer for layer, _ in found} <= {"enterprises", "combustion_units"}
    assert found
