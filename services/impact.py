"""Live impact 实时影响: who would be caught, released or judged otherwise if a zone were drawn like this.

Only those are judged again whose verdict can change, by the same rules and against all zones; the answer is the
difference of two whole assessments. Each state of a drag starts from the one before it, so that it costs by what
moved since. Nothing is stored.
"""

from __future__ import annotations

import datetime as dt
import gc
import time
from typing import Any

import shapely

from geo.change import Change
from geo.errors import WrongUsage
from geo.region import Region
from layers._cells import to_text
from rules._run import verdicts_of
from services._baseline import NOTHING, Baseline, Drawn, Key, baseline_of, rules_on
from services._board import board
from services._coverage import covered, shares, unsupplied
from services._draft_rows import Record, ZoneTable, altered_by, changes, in_force_among
from services._drawing import Drawing, LeavesCounty, day_of, drawing_of, parse
from services._entries import KINDS, UNITS, Entry, Teller, kind_of, totals
from services.assess import current
from services.doctor import examined, flat, flaws_before, told
from services.scope import Principal
from services.seen import seen_by
from store.open import Store

RECORDED = Drawn({}, {})
"""The state in which nothing is drawn."""
CLASSES = ("zone_class", "smoke_class")


def impact(
    store: Store, region: Region, principal: Principal, asked: bytes, day: dt.date, language: str = "zh"
) -> dict[str, Any]:
    """What a drawn zone would change.

    Args:
        asked: JSON with ``layer``, ``code``, ``geometry`` (GeoJSON, EPSG:4490), maybe ``props``, ``as_of`` and ``most``:
            how many entries of each kind are told by name.
        day: of judgement where the request names none. language: of the texts of issues.
    Returns:
        ``entering``, ``leaving``, ``changed``, ``rows`` (how many each has), ``totals``, ``area_km2`` (±, against the zone
        in force), ``issues``, ``ms`` and more.
    Raises:
        DrawingRefused: the drawing cannot be used. WrongUsage, LayerUnknown.
    """
    started = time.perf_counter()
    body = parse(asked)
    drawing, most = drawing_of(principal, region, body), _most(body)
    assessment = current(store, region, day_of(body, "as_of", day))
    base = baseline_of(assessment, region)
    with base.lock:
        table = base.table(drawing.layer.name)
        drawn = _drawn(base, table, drawing)
        issues, solved = told(base, flat(drawn.fit), flaws_before(base, table, drawing.code), language)
        _check_county(region, issues)
        teller = Teller(base, board(assessment))
        entries = _entries(base, teller, drawn, seen_by(assessment, principal).facilities)
        answer: dict[str, Any] = {kind: rows[:most] for kind, rows in entries.items()}
        answer |= {"rows": {kind: len(rows) for kind, rows in entries.items()}}
        answer |= {"totals": _totals(base, teller, table, drawn, entries)}
        answer |= _measures(base, table, drawing, drawn)
        base.once(("settled",), _settle)
    answer |= {"issues": issues, "solved": solved, "as_of": base.as_of.isoformat(), "base": assessment.run_hash}
    return answer | {"ms": round((time.perf_counter() - started) * 1e3, 2)}


def _most(body: dict[str, Any]) -> int | None:
    """How many entries of each kind are told by name, None for all: a page that is drawn anew with every move needs few."""
    found = body.get("most")
    if found is not None and (not isinstance(found, int) or isinstance(found, bool) or found < 0):
        raise WrongUsage(value=f"most={str(found)[:20]}", hint="most=300")
    return found


def _settle() -> None:
    """What a baseline holds by its first answer lives as long as it does: the collector need not walk through it again and
    again while somebody drags (among 100,000 facilities each walk takes longer than thirty answers).
    """
    gc.collect(1)
    gc.freeze()


def _drawn(base: Baseline, table: ZoneTable, drawing: Drawing) -> Drawn:
    """The state after a drawing, worked out from the last state of the same drag."""
    altered = altered_by(table, drawing, base.as_of)
    key = _handle(table, drawing)
    before = base.drawn.get(key)
    start = RECORDED if before is None else before
    altered = _reused(start.altered, altered)
    moved = changes(table, start.altered, altered)
    differs = _judged_again(base, table, start, altered, moved)
    fit = examined(base, table, drawing, altered, before, moved)
    now = in_force_among(altered[drawing.code], base.as_of)
    ground = covered(base, None if now is None else now["geometry"], before, moved)
    drawn = Drawn(altered, differs, fit, ground)
    base.keep(key, drawn)
    return drawn


def _handle(table: ZoneTable, drawing: Drawing) -> tuple[str, ...]:
    """What the states of one drag have in common: everything but the geometry."""
    texts = [f"{name}={to_text(table.layer.column(name), value)}" for name, value in sorted(drawing.props.items())]
    return (table.layer.name, drawing.code, *texts, *drawing.repeals)


def _reused(before: dict[str, list[Record]], after: dict[str, list[Record]]) -> dict[str, list[Record]]:
    """The same records as in the state before where nothing differs, so that they are seen to be the same."""
    return {
        code: [next((old for old in before.get(code, ()) if _same(old, record)), record) for record in records]
        for code, records in after.items()
    }


def _same(old: Record, new: Record) -> bool:
    return old["geometry"] is new["geometry"] and all(old[name] == new[name] for name in old if name != "geometry")


def _judged_again(
    base: Baseline, table: ZoneTable, start: Drawn, altered: dict[str, list[Record]], moved: list[Change]
) -> dict[Key, Any]:
    """Judge those whose verdict can have changed since a state; the others keep what they had."""
    edited = table.layer.name
    situation = base.situation.tried(edited, table.frame(altered))
    differs = dict(start.differs)
    for rule, layer in rules_on(edited):
        concerned = base.bystanders(rule, layer, edited).concerned(moved)
        if not len(concerned):
            continue
        after, before = verdicts_of(situation, rule, layer, concerned), base.verdicts(rule.key, layer)
        for code in base.codes(layer)[concerned]:
            key, now = (rule.key, layer, str(code)), after.get(str(code), NOTHING)
            if now == before.get(str(code), NOTHING):
                differs.pop(key, None)
            else:
                differs[key] = now
    return differs


def _entries(base: Baseline, teller: Teller, drawn: Drawn, seen: Any) -> dict[str, list[Entry]]:
    """Changed verdicts by kind, ordered by rule, layer and code; of facilities that somebody may see."""
    found: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    for key in sorted(drawn.differs):
        rule, layer, code = key
        if seen is None or teller.facility_of(layer, code) in seen:
            before, after = base.verdicts(rule, layer).get(code, NOTHING), drawn.differs[key]
            found[kind_of(before, after)].append(teller.entry(key, before, after))
    return found


def _totals(base: Baseline, teller: Teller, table: ZoneTable, drawn: Drawn, entries: dict[str, list[Entry]]) -> dict[str, Any]:
    names = [name for name in CLASSES if table.layer.has(name)]
    classes = {}
    for code in dict.fromkeys((*table.codes, *drawn.altered)) if names else ():
        record = in_force_among(drawn.altered.get(code) or table.records(code), base.as_of)
        classes[code] = str((record or {}).get(names[0]) or "")
    found = totals(entries, classes)
    caught = {e["subject_code"] for kind in ("entering", "changed") for e in entries[kind] if e["subject_layer"] == UNITS}
    units = [teller.position(UNITS, code) for code in sorted(caught)]
    return found | {"unsupplied": unsupplied(base, table.layer.name, drawn.altered, units)}


def _measures(base: Baseline, table: ZoneTable, drawing: Drawing, drawn: Drawn) -> dict[str, Any]:
    """Area now and before in km², and the shares of towns and built-up area."""
    record = in_force_among(table.records(drawing.code), base.as_of)
    old = None if record is None else record["geometry"]
    before = 0.0 if old is None else float(shapely.area(old)) / 1e6
    after = float(shapely.area(drawing.judging)) / 1e6
    ground = base.once(("covered", table.layer.name, drawing.code), lambda: covered(base, old, None, []))
    area = {"before": round(before, 6), "after": round(after, 6)}
    return {"area_km2": round(after - before, 6) + 0.0, "area": area, "shares": shares(base, ground, drawn.covered)}


def _check_county(region: Region, issues: list[dict[str, Any]]) -> None:
    for issue in issues:
        if issue["code"] == "outside_county" and issue["severity"] == "error" and issue["state"] == "new":
            size = f"{issue['size'] / 1e6:.3f} km²"
            raise LeavesCounty({"issues": [issue]}, county=region.name, county_en=region.name_en, size=size)
