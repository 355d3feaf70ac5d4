"""Polygons on polygons 面与面: which overlap, and by how much area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo._effort import effort
from geo._order import Floats, Positions

Shapes = npt.NDArray[np.object_]

CLIP_FROM = 200
"""Vertices from which a zone is cut to the site's box before it is intersected."""


def overlaps(sites: Shapes, zones: Shapes) -> tuple[Positions, Positions, Floats]:
    """Every pair of polygons that touch, with the area they share.

    Most sites lie wholly in a zone or wholly out of it, so that is asked first: where the zone covers
    the site, the shared area is the site's own. Only sites on an edge are intersected, with large zones
    cut to the site's box before.

    Args:
        sites, zones: object arrays of valid (multi)polygons in one plane; None and empty touch nothing.
    Returns:
        Site positions, zone positions (int64, sorted by site, then zone) and shared areas in square units;
        0 for pairs that only share an edge or a vertex.
    """
    with effort("overlap", len(sites), len(zones)) as told:
        told.way = "covers first"
        site, zone, covered = _pairs(sites, zones)
        area = shapely.area(sites[site])
        told.tested = int((~covered).sum())
        area[~covered] = _shared(sites[site[~covered]], zones[zone[~covered]])
        order = np.lexsort((zone, site))
        told.pairs = len(site)
    return site[order], zone[order], area[order]


def _pairs(sites: Shapes, zones: Shapes) -> tuple[Positions, Positions, npt.NDArray[np.bool_]]:
    """Pairs that touch, and whether the zone covers the site; every zone is prepared once and let go."""
    near_zone, near_site = shapely.STRtree(sites).query(zones) if len(sites) and len(zones) else np.empty((2, 0), np.int64)
    ends = np.searchsorted(near_zone, np.arange(len(zones) + 1))
    found, covers, owners = [near_site[:0]], [np.empty(0, np.bool_)], [near_site[:0]]
    for zone in np.flatnonzero(np.diff(ends)).tolist():
        near = near_site[ends[zone] : ends[zone + 1]]
        shapely.prepare(zones[zone])
        covered = shapely.covers(zones[zone], sites[near])
        touching = covered.copy()
        touching[~covered] = shapely.intersects(zones[zone], sites[near[~covered]])
        found.append(near[touching])
        covers.append(covered[touching])
        owners.append(np.full(int(touching.sum()), zone, np.int64))
    return np.concatenate(found).astype(np.int64), np.concatenate(owners).astype(np.int64), np.concatenate(covers)


def _shared(sites: Shapes, zones: Shapes) -> Floats:
    """Shared area of pairs: the cut is as wide as the site, and so cannot take away any of it."""
    cut = zones.copy()
    large = shapely.get_num_coordinates(zones) >= CLIP_FROM
    for pair in np.flatnonzero(large).tolist():
        west, south, east, north = shapely.bounds(sites[pair]).tolist()
        margin = max(east - west, north - south) * 0.01 + 1e-6 * max(abs(west), abs(east), abs(south), abs(north), 1.0) * 1e-3
        clipped = shapely.clip_by_rect(zones[pair], west - margin, south - margin, east + margin, north + margin)
        if shapely.is_valid(clipped):
            cut[pair] = clipped
    return np.asarray(shapely.area(shapely.intersection(sites, cut)), dtype=np.float64)
