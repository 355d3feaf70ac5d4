"""The one scope policy: what each role may do, and which layers, rows and columns somebody sees.

Pages, API, exports and printed sheets all ask here; rows are narrowed in ``services.seen``. What does not
exist and what may not be seen look the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd

from geo.errors import NotFound
from layers._find import load_layers
from layers._layer import Layer
from store.accounts import Account, Duty

Permission = Literal[
    "public", "view", "personal", "export", "data", "import", "assess", "edit", "cases", "patrol", "inspect", "assign",
    "drafts", "redraw", "review", "publish", "users", "operate",
]  # fmt: skip
"""``drafts`` sees what is not law yet; ``public`` needs no account; ``personal`` opens columns
about people; ``data`` the history of every layer; ``operate`` the numbers of the running system."""
ALL: frozenset[Permission] = frozenset(get_args(Permission))

_READS: tuple[Permission, ...] = ("public", "view", "export")
_DEEP: frozenset[Permission] = frozenset(("personal", "cases"))
"""What shows people and their affairs: seen in the area of the role that grants it."""


class LayerUnknown(NotFound):
    """A layer that does not exist, or that may not be seen: both look the same."""

    zh = "没有图层“{what}”，可用图层见 python app.py layers。"
    en = "There is no layer “{what}”; python app.py layers lists them."


@dataclass(frozen=True)
class Role:
    """What a kind of user may do, and whether its area is the whole city unless it is tied to a town."""

    title: str
    title_en: str
    permissions: frozenset[Permission]
    whole_city: bool = True


def _role(title: str, title_en: str, *permissions: Permission, whole_city: bool = True) -> Role:
    return Role(title, title_en, frozenset((*_READS, *permissions)), whole_city)


ROLES: dict[str, Role] = {
    "admin": Role("管理员", "Administrator", ALL),
    "planner": _role(
        "规划人员", "Planner", "personal", "data", "import", "assess", "edit", "cases", "assign", "drafts", "redraw", "publish"
    ),
    "reviewer": _role("审核人员", "Reviewer", "personal", "data", "cases", "drafts", "review"),
    "grid_head": _role("网格长", "Grid head", "personal", "cases", "patrol", whole_city=False),
    "inspector": _role("执法人员", "Inspector", "personal", "data", "cases", "inspect"),
    "viewer": _role("查看人员", "Viewer"),
}
"""Roles in the order they are shown; one account may have several."""


@dataclass(frozen=True)
class Area:
    """Where somebody sees facilities: the whole city, or some towns (by name) and responsibility cells (by code)."""

    whole: bool = False
    towns: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()


WHOLE_CITY = Area(whole=True)


@dataclass(frozen=True)
class Principal:
    """Somebody who asks.

    Attributes:
        name: as the audit log writes it. permissions: of all roles together. area: where facilities are seen.
        account_id: None for the person at the terminal. cells: own responsibility cells today, whatever the area.
    """

    name: str
    permissions: frozenset[Permission]
    area: Area = WHOLE_CITY
    account_id: int | None = None
    display_name: str = ""
    roles: tuple[str, ...] = ()
    cells: frozenset[str] = frozenset()
    team: str = ""
    must_change: bool = False
    view_key: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """``view_key`` names what is seen: equal for principals that see the same, empty for everything."""
        if not (self.area.whole and "personal" in self.permissions):
            told = repr(("personal" in self.permissions, self.area.whole, sorted(self.area.towns), sorted(self.area.cells)))
            object.__setattr__(self, "view_key", hashlib.sha256(told.encode()).hexdigest()[:24])


    @property
    def seen_as(self) -> str:
        """A mark that changes with the account and with anything it may do or see."""
        told = repr((self.account_id, self.name, sorted(self.permissions), self.view_key, sorted(self.cells)))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


ANONYMOUS = Principal("anonymous", frozenset(("public",)), Area())
"""Nobody in particular: whoever has not logged in."""


def local_principal() -> Principal:
    """The person at this machine's terminal: all rights."""
    return Principal("local", ALL)


def principal_of(account: Account, duties: Sequence[Duty], day: dt.date, only: Iterable[str] | None = None) -> Principal:
    """What an account may do and see on a day.

    Args:
        duties: its cells, in force or not. only: permissions of a token, which narrow those of the account.
    """
    roles = tuple(role for role in ROLES if role in account.roles)
    granted = frozenset(permission for role in roles for permission in ROLES[role].permissions)
    cells = frozenset(duty.cell for duty in duties if duty.holds(day))
    deep = granted & _DEEP  # a viewer's wide view does not widen what a grid head may look into
    whole = account.town is None and any(ROLES[role].whole_city and deep <= ROLES[role].permissions for role in roles)
    area = WHOLE_CITY if whole else Area(False, frozenset((account.town,) if account.town else ()), cells)
    permissions = granted if only is None else granted & (frozenset(only) | {"public"})
    first = account.must_change and only is None  # a key of the API serves a program, which has no password to change
    return Principal(
        account.name, permissions, area, account.id, account.display_name, roles, cells, account.team or "", first
    )


def may(principal: Principal, permission: Permission) -> bool:
    """Whether somebody has a permission."""
    return permission in principal.permissions


def visible_layers(principal: Principal) -> dict[str, Layer]:
    """The layers somebody may see, in drawing order."""
    return load_layers() if may(principal, "view") else {}


def layer_for(principal: Principal, name: str) -> Layer:
    """A layer by name.

    Raises:
        LayerUnknown: it does not exist or may not be seen.
    """
    layer = visible_layers(principal).get(name)
    if layer is None:
        raise LayerUnknown(what=name)
    return layer


def restrict(frame: pd.DataFrame, layer: Layer, principal: Principal) -> pd.DataFrame:
    """The columns of a layer somebody may see; without the right personal and extra ones are empty."""
    if may(principal, "personal"):
        return frame
    hidden = [c.name for c in layer.columns if c.personal]
    shown = frame.copy()
    for name in hidden:
        shown[name] = None
    if "extra" in shown:  # unknown columns of a file may say anything about anybody
        shown["extra"] = pd.Series([{} for _ in range(len(shown))], index=shown.index, dtype=object)
    return shown
