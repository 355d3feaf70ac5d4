"""Findings in the order people work on them: hot cells 热点网格 first; the same on page, in files, in the API."""

from __future__ import annotations

import pandas as pd

from geo.region import Region
from rules._verdict import RANK
from services._hot_counts import OPEN
from services.assess import Assessment
from services.facilities import board
from services.findings import Filter, HotPlaces, select
from services.hotcells import hot_places, marks
from services.scope import Principal, may
from store.open import Store


def worklist(store: Store, region: Region, principal: Principal, assessment: Assessment, wanted: Filter) -> pd.DataFrame:
    """The findings a filter lets through in their order, with ``hot``; nothing is hot for those who see no cases."""
    selected = select(assessment, wanted)
    if not may(principal, "cases"):
        return selected.assign(hot=pd.Series([()] * len(selected), index=selected.index, dtype=object))
    return hot_first(assessment, selected, wanted, hot_places(store, region, assessment.as_of))


def order_state(store: Store, region: Region, principal: Principal, assessment: Assessment) -> str:
    """What the order depends on beside the run: new hot cells are another list."""
    return repr(marks(store, region, assessment.as_of)) if may(principal, "cases") else ""


def hot_first(assessment: Assessment, selected: pd.DataFrame, wanted: Filter, hot: HotPlaces) -> pd.DataFrame:
    """Selected findings with the lists their facility's hot cell is on (``hot``, a tuple); hot ones first, each part by verdict.

    Only what has to be put right is hot. From the mildest on, hot ones come first of equal verdicts; an order other than by
    verdict stays as it is.
    """
    table = board(assessment).facilities
    columns = (table[name] for name in ("layer", "key", "lon", "lat"))
    places = {(layer, key): (lon, lat) for layer, key, lon, lat in zip(*columns, strict=True)}
    pairs = zip(selected["facility_layer"], selected["facility_key"], strict=True)
    lists = hot([places.get(pair, (None, None)) for pair in pairs])
    warm = [names if verdict in OPEN else () for names, verdict in zip(lists, selected["verdict"], strict=True)]
    marked = selected.assign(hot=pd.Series(warm, index=selected.index, dtype=object))
    if wanted.sort != "verdict":
        return marked
    ranks, cold = [RANK[verdict] for verdict in marked["verdict"]], [not names for names in warm]
    keys = [(-rank, late) if wanted.desc else (late, rank) for rank, late in zip(ranks, cold, strict=True)]
    order = sorted(range(len(marked)), key=lambda place: keys[place])
    return marked.iloc[order]
