"""栅格: adding, listing and removing rasters; what each shows on the map and under the cursor."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geo.errors import NotFound, Refused, WrongUsage
from geo.raster import KINDS, Asked, RasterFacts, kind_of, take_raster
from geo.raster_tiles import read_tile, value_at
from geo.region import Region
from maps.colours import RAMP_OF, classes, clear_tile, paint
from services.scope import Principal, may
from store import audit, changes, rasters
from store.open import Store
from store.rasters import Raster
from store.records import folder_of, keep_made

LONGEST_NAME = 60
SCHEMES = ("fixed", "data")


class RasterUnknown(NotFound):
    """No such raster, or none that may be seen."""

    zh = "没有找到栅格“{what}”。"
    en = "There is no raster “{what}”."


class RasterTwice(Refused):
    """The series has a raster of this day already."""

    zh = "系列“{name}”在 {day} 已有栅格（编号 {number}），请先移除它，或改用其他名称或日期。"
    en = "The series “{name}” has a raster of {day} already (number {number}); remove it first, or give another name or date."


class RasterElsewhere(Refused):
    """A raster that does not touch the region."""

    zh = "“{file}”的范围（{box}）与{region}不相交，请检查坐标系。"
    en = "“{file}” covers {box} and does not touch {region_en}; check its coordinate system."


class NameMissing(Refused):
    """A raster without a name, or with one too long."""

    zh = "请给栅格起一个 1 至 {most} 个字的名称。"
    en = "Give the raster a name of 1 to {most} characters."


@dataclass(frozen=True)
class Wanted:
    """What the user says about a raster.

    Attributes:
        name: of the series. day: it shows; a month is its first day. file: the file's own name.
    """

    name: str
    kind: str
    unit: str = ""
    day: dt.date | None = None
    crs: str = ""
    file: str = ""


def add_raster(store: Store, region: Region, wanted: Wanted, path: Path, actor: str) -> Raster:
    """Check a raster in the locked child, keep it beside the store, and record it.

    Raises:
        RasterFormat, RasterNoCRS, …, NameMissing, RasterTwice, RasterElsewhere, StoreFull: nothing was stored.
    """
    name = _name(wanted.name)
    kind_of(wanted.kind)
    shown = wanted.file or path.name
    with store.read() as connection:
        _refuse_twin(connection, wanted, name)
    folder_of(store).mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="raster-", dir=folder_of(store)) as room:
        made = Path(room) / "made.tif"
        facts = take_raster(path, Asked(wanted.kind, wanted.unit, wanted.crs, shown), made)
        _refuse_elsewhere(region, facts, shown)
        with path.open("rb") as file:
            source = hashlib.file_digest(file, "sha256").hexdigest()
        return record_raster(store, wanted, (shown, source), facts, made, actor)


def record_raster(
    store: Store, wanted: Wanted, source: tuple[str, str], facts: RasterFacts, made: Path, actor: str
) -> Raster:
    """Record a raster of ours.

    Args:
        source: name and SHA-256 of the file it was made of. made: the GeoTIFF.
    Raises:
        RasterTwice, StoreFull: nothing was recorded.
    """
    digest = keep_made(store, made)
    row: dict[str, Any] = {
        "name": _name(wanted.name), "kind": wanted.kind, "on_day": wanted.day, "sha256": digest, "source_name": source[0][:200],
        "source_sha256": source[1], "facts": asdict(facts),
    }  # fmt: skip
    with audit.writing(store) as connection:
        _refuse_twin(connection, wanted, row["name"])
        at = changes.moment(connection)
        number = rasters.add(connection, row, actor, at)
        told = {k: row[k] for k in ("name", "kind", "sha256", "source_name", "source_sha256")} | {"day": str(wanted.day or "")}
        audit.append(connection, store, audit.Entry(actor, "raster_add", f"raster {number}", told), at)
        found = rasters.of_number(connection, number)
    assert found is not None
    return found


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise NameMissing(most=LONGEST_NAME)
    return name


def _refuse_twin(connection: Any, wanted: Wanted, name: str) -> None:
    found = rasters.twin(connection, {"name": name, "kind": wanted.kind, "on_day": wanted.day})
    if found is not None:
        raise RasterTwice(name=name, day=wanted.day or "—", number=found.id)


def _refuse_elsewhere(region: Region, facts: RasterFacts, file: str) -> None:
    west, south, east, north = facts.bounds
    here = region.bounds
    if west > here.east or east < here.west or south > here.north or north < here.south:
        box = f"{west:.2f}, {south:.2f} – {east:.2f}, {north:.2f}"
        raise RasterElsewhere(file=file, box=box, region=region.name, region_en=region.name_en)


def remove_raster(store: Store, number: int, reason: str, actor: str) -> Raster:
    """Let a raster no longer count; its record and its file stay.

    Raises:
        RasterUnknown: there is none.
    """
    with audit.writing(store) as connection:
        found = rasters.of_number(connection, number)
        if found is None:
            raise RasterUnknown(what=number)
        at = changes.moment(connection)
        rasters.remove(connection, number, reason.strip()[:500], actor, at)
        body = {"name": found.name, "kind": found.kind, "reason": reason.strip()[:500]}
        audit.append(connection, store, audit.Entry(actor, "raster_remove", f"raster {number}", body), at)
    return found


def every_raster(store: Store, principal: Principal, kind: str = "") -> list[Raster]:
    """The rasters somebody may see: by kind, name and day."""
    if not may(principal, "view"):
        return []
    with store.read() as connection:
        return rasters.listed(connection, kind)


def raster_for(store: Store, principal: Principal, number: int) -> Raster:
    """The raster of a number.

    Raises:
        RasterUnknown: there is none, or it may not be seen.
    """
    with store.read() as connection:
        found = rasters.of_number(connection, number) if may(principal, "view") else None
    if found is None:
        raise RasterUnknown(what=number)
    return found


def latest(found: Sequence[Raster], day: dt.date) -> Raster | None:
    """Of some rasters the one that shows a day best: the last on or before it, else one without a day, else the first after."""
    dated = sorted((one for one in found if one.on_day is not None), key=lambda one: (str(one.on_day), one.id))
    before = [one for one in dated if one.on_day is not None and one.on_day <= day]
    undated = [one for one in found if one.on_day is None]
    return before[-1] if before else undated[-1] if undated else dated[0] if dated else None


@dataclass(frozen=True)
class Series:
    """The rasters of one name and kind, by day. ``scales``: scheme → inner limits of the classes."""

    kind: str
    name: str
    unit: str
    items: list[Raster]
    scales: dict[str, list[float]]


def series_of(found: Sequence[Raster]) -> list[Series]:
    """Rasters as series."""
    groups: dict[tuple[str, str], list[Raster]] = {}
    for one in found:
        groups.setdefault((one.kind, one.name), []).append(one)
    return [
        Series(kind, name, str(items[0].facts["unit"]), items, _scales(kind, items)) for (kind, name), items in groups.items()
    ]


def _scales(kind: str, items: Sequence[Raster]) -> dict[str, list[float]]:
    """Limits of the classes: the kind's fixed ones, and those from the data, the same for a whole series."""
    if kind == "imagery":
        return {}
    marks = [one.facts["quantiles"] for one in items if one.facts["quantiles"]]
    means = [sum(column) / len(column) for column in zip(*marks, strict=True)]
    low, high = min(one.facts["low"] for one in items), max(one.facts["high"] for one in items)
    found = {"fixed": list(KINDS[kind].breaks)} if KINDS[kind].breaks else {}
    return found | {"data": sorted({_rounded(value, high - low) for value in means if low < value < high})}


def _rounded(value: float, span: float) -> float:
    """A limit with three figures of the span."""
    return round(value, max(0, 2 - math.floor(math.log10(span)))) if span > 0 else value


def as_told(one: Series) -> dict[str, Any]:
    """A series for the page's map: its rasters, and the legend of every scheme."""
    ramp, kind = RAMP_OF.get(one.kind, "plain"), KINDS[one.kind]
    return {
        "kind": one.kind, "name": one.name, "unit": one.unit, "title": kind.title, "title_en": kind.title_en,
        "schemes": {name: classes(breaks, ramp) for name, breaks in one.scales.items()},
        "items": [
            {"id": item.id, "day": item.on_day.isoformat() if item.on_day else None, "bounds": item.facts["bounds"]}
            for item in one.items
        ],
    }  # fmt: skip


def tile(store: Store, principal: Principal, number: int, place: tuple[int, int, int], scheme: str) -> tuple[bytes, str]:
    """One square of the map as PNG, and what names its content.

    Args:
        place: z, x, y. scheme: of ``SCHEMES``, empty for the first there is.
    Raises:
        RasterUnknown, TileUnknown. WrongUsage: no such scheme.
    """
    if scheme not in ("", *SCHEMES):
        raise WrongUsage(value=scheme[:20], hint=" ".join(SCHEMES))
    found = raster_for(store, principal, number)
    values = read_tile(rasters.path_of(store, found), *place)
    if values is None:
        return clear_tile(), "clear"
    with store.read() as connection:
        mates = [one for one in rasters.listed(connection, found.kind) if one.name == found.name]
    scales = _scales(found.kind, mates)
    breaks = scales.get(scheme) or next(iter(scales.values()), [])
    return paint(values, breaks, RAMP_OF.get(found.kind, "plain")), repr(breaks)


def value(store: Store, principal: Principal, number: int, lon: float, lat: float) -> dict[str, Any]:
    """The value of a raster at a place in degrees, with its unit; None for no data.

    Raises:
        RasterUnknown.
    """
    found = raster_for(store, principal, number)
    return {"value": value_at(rasters.path_of(store, found), lon, lat), "unit": found.facts["unit"], "id": found.id}
