"""What tests of editing share: an editor of a role, and planted facts of the example city."""

from __future__ import annotations

from geo.region import Region
from services.assess import Assessment, current
from services.edit import Asked, Editor
from services.scope import ROLES, Area, Principal, local_principal
from store.open import Store


def editor(store: Store, region: Region, who: Principal | None = None) -> Editor:
    """Somebody who edits what holds today."""
    return Editor(store, region, who or local_principal(), current(store, region, region.today()))


def planner_of(town: str, name: str = "town-planner") -> Principal:
    """A planner tied to a town."""
    return Principal(name, ROLES["planner"].permissions, Area(False, frozenset({town})))


def violating_unit(found: Assessment) -> str:
    """A unit that burns coal in a no-burn zone."""
    rows = found.findings[(found.findings["rule"] == "R11-NBZ") & (found.findings["verdict"] == "V")]
    units = found.frames["combustion_units"].set_index("unit_code")
    coal = (("briquette",), ("raw_coal",))
    return str(min(code for code in rows["subject_code"] if units.loc[code, "fuel"] in coal))


def saved(here: Editor, layer: str, key: str, case: int | None = None, why: str = "现场核实", **typed: str) -> Editor:
    """Save a change, and look again."""
    row = here.row(layer, key)
    here.save(row, Asked(typed, row.version, why, case))
    return editor(here.store, here.region, here.principal)
