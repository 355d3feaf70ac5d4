"""The example city 示例城市: synthetic, seeded, labelled 示例; only county and town names are real.

Story dates: 2020-06-30 (the deadline day of the central no-burn zone, the plan still running) and
2021-07-01 (nearly everything overdue, the low-emission zone in force, the zone of Yongchang redrawn
with a new deadline). Over both, every rule shows every verdict it can give: planted cases see to it whatever
the seed. The rows go through the ordinary import, in one transaction, in the many ways offices write
them: Chinese and canonical headers, degrees, DMS, GCJ-02, plane metres with and without zone number.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from geo.raw import RawTable
from geo.region import Region
from services._demo_air import complaint_rows, fill_rasters, station_rows
from services._demo_facilities import enterprises, stations, units
from services._demo_names import Picker
from services._demo_people import PEOPLE
from services._demo_story import story_firms, story_units
from services._demo_tables import table
from services._demo_work import work
from services._demo_works import machines, mines, sites, yards
from services._demo_zones import Zones, no_burn, others
from services.accounts import create
from services.cases import follow
from services.intake import import_many
from store.changes import is_empty
from store.errors import StoreNotEmpty
from store.open import Store

STORY_DATES = (dt.date(2020, 6, 30), dt.date(2021, 7, 1))
"""Days on which the example city is told; the second is shown first."""

DEFAULT_SEED = 330781
ENTERPRISES, UNITS = 600, 900


def fill(store: Store, region: Region, seed: int = DEFAULT_SEED) -> int:
    """Fill an empty store with the example city.

    Returns:
        Rows taken.
    Raises:
        StoreNotEmpty: the store already holds data.
    """
    if not is_empty(store):
        raise StoreNotEmpty()
    taken = sum(report.taken for report in import_many(store, region, tables(region, seed), "demo"))
    for profile, duties in PEOPLE:
        create(store, profile, "demo", duties=duties)
    follow(store, region, "demo")
    fill_rasters(store, region)
    work(store, region)
    return taken


def tables(region: Region, seed: int = DEFAULT_SEED) -> list[tuple[str, RawTable]]:
    """Every file of the example city, layer by layer; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    zones, pick = Zones(rng, region), Picker(rng)
    story_owners, story = story_units(pick, zones)
    planted = story_owners + story_firms(pick, zones)
    firms, places = enterprises(pick, zones, ENTERPRISES - len(planted))
    equipment = units(pick, zones, places, UNITS - len(story))
    site_points, site_areas = sites(pick, zones, 40, 20)
    pits, faces = mines(pick, zones, 25)
    air, petrol = stations(pick, zones)
    return [
        ("no_burn_zones", no_burn(zones)),
        *others(zones),
        ("enterprises", table(firms + planted, "企业名录")),
        ("combustion_units", table(equipment + story, "燃烧设备")),
        ("machines", table(machines(pick, zones, 200), "非道路移动机械")),
        ("construction_sites", site_points),
        ("construction_sites", site_areas),
        ("mines", pits),
        ("mine_faces", faces),
        ("yards", table(yards(pick, zones, 30, sorted(places)), "堆场")),
        ("air_stations", table(air, "空气站")),
        ("petrol_stations", table(petrol, "加油站")),
        ("station_values", table(station_rows(region, air), "站点监测值")),
        ("complaints", table(complaint_rows(region), "信访投诉")),
    ]
