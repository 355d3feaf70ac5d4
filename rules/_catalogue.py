"""The catalogue of high-pollution fuels 《高污染燃料目录》(国环规大气〔2017〕2号) as a truth table.

For every row (a unit's fuel in a zone of one class): prohibited, allowed or unknown, and where
unknown, what is missing (dictionary §4.1).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from layers._fuels import BIO, CLEAN, COAL, OIL, OTHER
from rules._logic import (
    Cells,
    Mask,
    Truth,
    compares,
    empty,
    is_one_of,
    sure,
    truth,
    unsure,
)
from rules._rule import Rows

CIVIL = ("civil_stove", "tea_boiler", "commercial_stove")
KILNS = ("industrial_kiln", "heating_furnace", "drying_kiln", "gas_producer", "hot_air_furnace", "grain_dryer")
SULFUR, ASH = Decimal("0.5"), Decimal("10.0")
VOLATILE = {"briquette": Decimal("12.0"), "coke": Decimal("5.0"), "semi_coke": Decimal("10.0")}
CLASS1_CAPACITY = Decimal(20)


@dataclass
class Table:
    """The answer for each row: prohibited and unknown masks (else allowed), and what is missing."""

    prohibited: Mask
    unknown: Mask
    missing: Cells

    def set(self, where: Mask, prohibited: Truth, missing: dict[str, Mask]) -> None:
        """Take a three-valued answer for some rows, and the columns missing in the unknown ones."""
        self.prohibited[where] = sure(prohibited)[where]
        self.unknown[where] = unsure(prohibited)[where]
        for name, vacant in missing.items():
            for row in np.flatnonzero(where & vacant & self.unknown):
                self.missing[row] = (*self.missing[row], name)


def consult(rows: Rows) -> Table:
    """Look every row up.

    Args:
        rows: units by fuel, each with a zone; where its ``zone_class`` is empty, coal and biomass are unknown.
    """
    size = len(rows)
    missing = np.empty(size, dtype=object)
    missing.fill(())
    table = Table(np.zeros(size, dtype=bool), np.zeros(size, dtype=bool), missing)
    fuel, unit, grade = rows.column("fuel_now"), rows.column("unit_type"), rows.zone_column("zone_class")
    yes, no = truth(np.ones(size, dtype=bool)), truth(np.zeros(size, dtype=bool))
    third = _among(grade, ("III",))
    unit_unknown = ~_among(unit, ("boiler", *CIVIL, *KILNS))
    dont_know = truth(np.zeros(size, dtype=bool), np.ones(size, dtype=bool))
    table.set(_among(fuel, OIL), yes, {})
    table.set(_among(fuel, CLEAN) | _among(fuel, OTHER), no, {})
    fuel_unknown = ~_among(fuel, OIL | CLEAN | OTHER | COAL | BIO)
    table.set(fuel_unknown, dont_know, {"fuel": fuel_unknown})
    classed = _among(grade, ("I", "II", "III"))
    coal, bio = _among(fuel, COAL) & classed, _among(fuel, BIO) & classed
    table.set(_among(fuel, COAL | BIO) & ~classed, dont_know, {"zone_class": ~classed})
    table.set(coal & third, yes, {})
    table.set(coal & ~third & unit_unknown, dont_know, {"unit_type": unit_unknown})
    _coal(rows, table, coal & ~third & ~unit_unknown)
    table.set(bio & ~third, no, {})
    table.set(bio & third & ~_among(unit, ("boiler",)), yes, {})
    table.set(bio & third & unit_unknown, dont_know, {"unit_type": unit_unknown})
    _biomass_boilers(rows, table, bio & third & _among(unit, ("boiler",)))
    return table


def _among(cells: Cells, words: Collection[str]) -> Mask:
    return sure(is_one_of(cells, words))


def _coal(rows: Rows, table: Table, where: Mask) -> None:
    """Coal in classes I and II, in units of a known type."""
    unit, grade = rows.column("unit_type"), rows.zone_column("zone_class")
    first, second = _among(grade, ("I",)), _among(grade, ("II",))
    size = len(rows)
    yes, no = truth(np.ones(size, dtype=bool)), truth(np.zeros(size, dtype=bool))
    over, vacant = quality(rows)
    small = compares(rows.column("capacity_tph"), "<", CLASS1_CAPACITY)
    no_capacity = {"capacity_tph": unsure(small)}
    boiler = where & _among(unit, ("boiler",))
    needs_quality = {name: mask & unsure(over) for name, mask in vacant.items()}
    table.set(boiler & first, small & over, no_capacity | needs_quality)
    table.set(boiler & second, small, no_capacity)
    civil = where & _among(unit, CIVIL)
    table.set(civil & first, over, needs_quality)
    table.set(civil & second, yes, {})
    kiln = where & _among(unit, KILNS)
    table.set(kiln & first, no, {})
    table.set(kiln & second, yes, {})


def quality(rows: Rows) -> tuple[Truth, dict[str, Mask]]:
    """Whether the fuel's quality is over the catalogue's limits, and which of its values are empty.

    Mode ``any``: over if one known value is over, not over only if all are known and none is.
    Mode ``all``: not over if one known value is not over, over only if all are known and over.
    Values exactly at a limit are not over.
    """
    fuel = rows.column("fuel_now")
    takes_ash = ~_among(fuel, ("briquette",))
    takes_volatile = _among(fuel, tuple(VOLATILE))
    tests = {
        "sulfur_pct": (np.ones(len(rows), dtype=bool), compares(rows.column("sulfur_pct"), ">", SULFUR)),
        "ash_pct": (takes_ash, compares(rows.column("ash_pct"), ">", ASH)),
        "volatile_pct": (takes_volatile, _volatile_over(rows, fuel)),
    }
    strict = rows.params["class1_quality_mode"] == "all"
    over = truth(np.full(len(rows), strict))
    for applies, test in tests.values():
        neutral = truth(np.full(len(rows), strict))
        part = test.copy()
        part[~applies] = neutral[~applies]
        over = (over & part) if strict else (over | part)
    return over, {name: applies & unsure(test) for name, (applies, test) in tests.items()}


def _volatile_over(rows: Rows, fuel: Cells) -> Truth:
    cells = rows.column("volatile_pct")
    over = np.zeros(len(rows), dtype=bool)
    for name, limit in VOLATILE.items():
        over |= _among(fuel, (name,)) & sure(compares(cells, ">", limit))
    return truth(over, empty(cells))


def _biomass_boilers(rows: Rows, table: Table, where: Mask) -> None:
    """Class III: only a dedicated boiler with a highly efficient dust collector may burn biomass."""
    dedicated = is_one_of(rows.column("bio_dedicated"), ("yes",))
    collector = rows.column("dust_removal")
    good, bad = rows.params["high_eff_dust"], rows.params["low_eff_dust"]
    neither = ~_among(collector, (*good, *bad))
    dusty = truth(_among(collector, good), neither)
    table.set(where, ~(dedicated & dusty), {"bio_dedicated": unsure(dedicated), "dust_removal": neither})
