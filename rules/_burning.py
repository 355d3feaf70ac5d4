"""Conditions on combustion units that several rules share."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from layers._fuels import GROUPS
from rules._logic import Truth, compares, empty, is_one_of, sure, truth, unsure
from rules._rule import Condition, Fault, Rows

NOT_STATED = ("unknown",)


def is_unit(rows: Rows, kinds: Collection[str]) -> Condition:
    """The unit is of one of some types; an empty or unknown type is unknown."""
    return Condition(is_one_of(rows.column("unit_type"), kinds, NOT_STATED), ("unit_type",))


def burns(rows: Rows, fuels: Collection[str]) -> Condition:
    """The fuel being judged is one of some fuels; an empty or unlisted fuel is unknown."""
    return Condition(is_one_of(rows.column("fuel_now"), fuels, NOT_STATED), ("fuel",))


def burns_group(rows: Rows, groups: Collection[str]) -> Condition:
    """The fuel being judged belongs to one of some groups (COAL, OIL, …)."""
    return burns(rows, frozenset().union(*(GROUPS[name] for name in groups)))


def capacity(rows: Rows, sign: str, limit: object) -> Condition:
    """The effective capacity of the single unit, in t/h, compared exactly."""
    return Condition(compares(rows.column("capacity_tph"), sign, limit), ("capacity_tph",))


def is_new(rows: Rows) -> Condition:
    """Built or approved on or after the plan's first day.

    Known not to be new only when the building date is known (dictionary §4.2).
    """
    start = rows.params["plan_start"]
    built, approved = rows.column("built_on"), rows.column("approved_on")
    later = sure(compares(built, ">=", start)) | sure(compares(approved, ">=", start))
    return Condition(truth(later, ~later & empty(built)), ("built_on",))


def misses_ultra_low(rows: Rows, limits: tuple[str, str, str]) -> Fault:
    """The ultra-low emission test 超低排放: measured values first, then the retrofit flag.

    A value over its limit (strictly) is a fault; three known values at or under their limits are
    compliant whatever the flag says; else the flag decides, and without it nothing is known.

    Args:
        limits: parameter keys of the limits for particulates, SO2 and NOx in mg/m³.
    """
    columns = ("pm_mg_m3", "so2_mg_m3", "nox_mg_m3")
    over: Truth = truth(np.zeros(len(rows), dtype=bool))
    note = np.full(len(rows), "", dtype=object)
    for column, key, title in zip(columns, limits, ("颗粒物", "二氧化硫", "氮氧化物"), strict=True):
        test = compares(rows.column(column), ">", rows.params[key])
        over = over | test
        note[sure(test)] += f"{title}超过限值 {rows.params[key]} mg/m3，"
    note = np.array([text[:-1] or "未完成超低排放改造" for text in note], dtype=object)
    not_retrofitted = is_one_of(rows.column("ultra_low_retrofit"), ("no",))
    undecided = over.isna()
    fault = sure(over) | (undecided & sure(not_retrofitted))
    unknown = undecided & unsure(not_retrofitted)
    return Fault(truth(fault, unknown), ("ultra_low_retrofit", *columns), note=note)
