"""Combustion units 燃烧设备 as they are judged: once per fuel, with an effective capacity and place."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from rules._frames import cells

MW_PER_TPH = Decimal("0.7")
"""0.7 MW = 1 t/h (GB 13271-2014, table 4)."""


def effective_capacity(tph: Decimal | None, mw: Decimal | None) -> Decimal | None:
    """Capacity in t/h: the stated one, else from MW, divided exactly; ≤ 0 or empty is missing."""
    if tph is not None and tph > 0:
        return tph
    if mw is not None and mw > 0:
        return mw / MW_PER_TPH
    return None


def with_enterprise_place(units: pd.DataFrame, enterprises: pd.DataFrame) -> pd.DataFrame:
    """Units without a point of their own take the point and accuracy of their enterprise.

    Args:
        units: subject rows numbered from 0 with ``enterprise_code``, ``geometry``, ``accuracy_m``.
        enterprises: rows with ``enterprise_code``, ``geometry``, ``accuracy_m``.
    Returns:
        A new frame; ``place_from`` says whose point it is (``own``, ``enterprise`` or None).
    """
    places = dict(
        zip(
            enterprises["enterprise_code"],
            zip(enterprises["geometry"], enterprises["accuracy_m"], strict=True),
            strict=True,
        )
    )
    geometry = units["geometry"].to_numpy(dtype=object).copy()
    accuracy = units["accuracy_m"].to_numpy(dtype=object).copy()
    origin = np.full(len(units), "own", dtype=object)
    codes = units["enterprise_code"].to_numpy(dtype=object)
    for row in np.flatnonzero([place is None for place in geometry]):
        geometry[row], accuracy[row] = places.get(codes[row], (None, None))
        origin[row] = None if geometry[row] is None else "enterprise"
    placed = units.copy(deep=False)
    placed["geometry"], placed["accuracy_m"] = cells(geometry), cells(accuracy)
    placed["place_from"] = cells(origin)
    return placed


def by_fuel(units: pd.DataFrame) -> pd.DataFrame:
    """One row per unit and fuel, main fuels first, in the order listed (dictionary §3.3).

    Args:
        units: combustion units.
    Returns:
        New frame: ``subject`` (position of the unit), ``fuel_now``, ``status_now`` (``standby`` for
        standby fuels unless removed; empty = in_use) and all unit columns; ``capacity_tph`` holds
        the effective capacity.
    """
    position: list[int] = []
    fuels: list[str | None] = []
    statuses: list[str] = []
    rows = zip(units["fuel"], units["fuel_standby"], units["status"], strict=True)
    for unit, (main, standby, status) in enumerate(rows):
        state = status or "in_use"
        listed = [(fuel, state) for fuel in (main or (None,))]
        listed += [(fuel, state if state == "removed" else "standby") for fuel in (standby or ())]
        for fuel, now in listed:
            position.append(unit)
            fuels.append(fuel)
            statuses.append(now)
    expanded = units.iloc[position].reset_index(drop=True)
    expanded["subject"] = np.array(position, dtype=np.int64)
    expanded["fuel_now"], expanded["status_now"] = cells(fuels), cells(statuses)
    pairs = zip(expanded["capacity_tph"], expanded["capacity_mw"], strict=True)
    expanded["capacity_tph"] = cells(effective_capacity(t, m) for t, m in pairs)
    return expanded
