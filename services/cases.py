"""Cases follow the verdicts: each assessment opens, updates and ends exactly the cases it concerns, and says why.

One facility has at most one open case, however many findings; the earliest deadline leads. What people wrote into a
case stays, whatever later assessments find.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from geo.region import Region
from rules._verdict import RANK
from services._board import Subject, board
from services.assess import Assessment, current
from services.case_words import FOUND
from store import audit, cases, changes
from store.case_batch import Batch, add_many, open_bases, open_events
from store.cases import Basis, Case, Event
from store.open import Store

SYSTEM = "system"
REPORTED = "reports"
"""Stands for the layer of what was reported on site and is no recorded facility (yet); people alone end these cases."""
_TOLD = ("verdict", "zone_version", "due_on", "reason")

Found = dict[tuple[str, str, str], dict[str, Any]]
"""Rule, subject layer, subject → what is found."""


@dataclass
class Followed:
    """What following an assessment did: numbers of the cases opened, updated, closed."""

    opened: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)


def follow(store: Store, region: Region, why: str, day: dt.date | None = None, actor: str = SYSTEM) -> Followed:
    """Bring every case up to date with the assessment of a day, in one transaction.

    Args:
        why: what led here (an import, a publication, the night), written into each event. day: today by default.
    """
    day, done = day or region.today(), Followed()
    board(current(store, region, day))  # judged before the lock is taken, so that it is held briefly
    with store.write() as connection:
        found = current(store, region, day)  # what holds now: somebody may have written since
        wanted, table = _wanted(found), board(found).facilities
        places = {(row.layer, row.key): row for row in table.itertuples()}
        at = changes.moment(connection)
        step = _Step(connection, actor, why, found.run_hash, done, Batch(at))
        opened, last = _by_facility(connection)
        standing = open_bases(connection)
        for facility in sorted(wanted.keys() | opened.keys() | last.keys()):
            now = wanted.get(facility, {})
            case = opened.get(facility)
            settled = step.forget(case or last.get(facility), now)
            if case is not None:
                step.update(case, standing.get(case.id, []), now)
                step.place(case, places.get(facility))
                continue
            fresh = {key: facts for key, facts in now.items() if signature(key, facts) not in settled}
            if fresh:
                step.fresh.append((facility, places[facility], fresh, settled))
        step.finish()
        if done.opened or done.updated or done.closed or step.forgotten:
            body = {"run": found.run_hash, "opened": done.opened, "updated": done.updated, "closed": done.closed}
            body |= {"forgotten": step.forgotten} if step.forgotten else {}
            audit.append(connection, store, audit.Entry(actor, "cases_follow", why, body), at)
    audit.anchor(store)
    return done


def _wanted(found: Assessment) -> dict[Subject, Found]:
    """What cases have to rest on, by facility."""
    table = board(found).findings
    rows = table[table["verdict"].isin(FOUND)]
    wanted: dict[Subject, Found] = {}
    for row in rows.to_dict("records"):
        key = (str(row["rule"]), str(row["subject_layer"]), str(row["subject_code"]))
        wanted.setdefault((row["facility_layer"], row["facility_key"]), {})[key] = {
            "verdict": row["verdict"], "zone_version": row["zone_version"], "due_on": _day(row["due_on"]),
            "reason": row["reason"], "missing": row["missing"],
        }  # fmt: skip
    return wanted


def _where(place: Any) -> dict[str, Any]:
    """Name and place of a facility, a row of a board."""
    lon, lat = (None if pd.isna(value) else float(value) for value in (place.lon, place.lat))
    return {"name": place.name, "town": place.town, "cell": place.cell, "lon": lon, "lat": lat}


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _by_facility(connection: Connection) -> tuple[dict[Subject, Case], dict[Subject, Case]]:
    """By facility, its open case, and its last closed one: that knows what decisions have answered."""
    every = sorted(cases.every(connection), key=lambda one: one.id)
    kept = [case for case in every if case.facility_layer != REPORTED]
    opened = {case.facility: case for case in kept if case.closed_at is None}
    return opened, {case.facility: case for case in kept if case.closed_at is not None}


def signature(key: tuple[str, str, str], facts: dict[str, Any]) -> str:
    """What a decision answers: the same rule on the same subject for the same reasons; anything else asks anew."""
    told = repr((key, facts["verdict"], facts["zone_version"], facts["reason"]))
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def led_by(found: Found) -> dict[str, Any]:
    """Worst verdict and earliest deadline of what a case rests on."""
    worst = min((facts["verdict"] for facts in found.values()), key=lambda verdict: RANK[verdict])
    days = [facts["due_on"] for facts in found.values() if facts["due_on"] is not None]
    return {"verdict": worst, "due_on": min(days, default=None)}


def first_state(verdict: str) -> str:
    """Where a case begins: violations are inspected, running deadlines watched, the rest verified."""
    return {"V": "to_inspect", "T": "rectifying"}.get(verdict, "to_verify")


@dataclass
class _Step:
    """One following: what all its changes share, written together at its end.

    ``fresh``: facilities that get a case, with place, findings and what was answered before.
    """

    connection: Connection
    actor: str
    why: str
    run_hash: str
    done: Followed
    batch: Batch
    forgotten: list[int] = field(default_factory=list)
    fresh: list[tuple[Subject, Any, Found, frozenset[str]]] = field(default_factory=list)

    def say(self, case_id: int, kind: str, **body: Any) -> None:
        told = {name: str(value) if isinstance(value, dt.date) else value for name, value in body.items()}
        self.batch.note(case_id, self.actor, kind, {"why": self.why, "run": self.run_hash, **told})

    @cached_property
    def steps(self) -> dict[int, list[Event]]:
        """The steps of every open case before this following, the latest first."""
        return open_events(self.connection, ("state", "moved"))

    def forget(self, case: Case | None, found: Found) -> frozenset[str]:
        """An answer lasts as long as what it answered: what went and comes back asks anew. Returns what is answered."""
        if case is None:
            return frozenset()
        kept = case.settled & {signature(key, facts) for key, facts in found.items()} if case.settled else case.settled
        if kept != case.settled:
            self.batch.change(case.id, {"settled": kept})
            self.forgotten.append(case.id)
        return kept

    def finish(self) -> None:
        """Facilities without an open case get one; what was answered before stays so. Then everything is written."""
        facts = [self._opening(*one) for one in self.fresh]
        for number, fact, (_, _, found, _) in zip(
            add_many(self.connection, facts, self.batch.at), facts, self.fresh, strict=True
        ):
            self.say(number, "opened", state=fact["state"])
            for key, told in sorted(found.items()):
                self.rest_on(number, key, told)
            self.done.opened.append(number)
        self.batch.write(self.connection)

    @staticmethod
    def _opening(facility: Subject, place: Any, found: Found, settled: frozenset[str]) -> dict[str, Any]:
        lead = led_by(found)
        named = {"facility_layer": facility[0], "facility_key": facility[1], "settled": settled}
        return named | _where(place) | lead | {"state": first_state(lead["verdict"])}

    def place(self, case: Case, place: Any) -> None:
        """A facility that was renamed or moved is found where it is now."""
        if place is None:
            return
        now = _where(place)
        if any(getattr(case, name) != value for name, value in now.items()):
            self.batch.change(case.id, now)
            self.say(case.id, "placed", **{name: value for name, value in now.items() if getattr(case, name) != value})
            self.done.updated += [case.id] if case.id not in self.done.updated else []

    def rest_on(self, number: int, key: tuple[str, str, str], told: dict[str, Any]) -> None:
        names = dict(zip(("rule", "subject_layer", "subject_code"), key, strict=True))
        self.batch.add_basis(number, names | told)
        self.say(number, "basis_added", **names, **{name: told[name] for name in _TOLD})

    def update(self, case: Case, standing: list[Basis], found: Found) -> None:
        """An open case follows what is found now."""
        before = {basis.key: basis for basis in standing}
        found = {key: told for key, told in found.items() if key in before or signature(key, told) not in case.settled}
        changed = self._added(case, before, found) + self._altered(before, found) + self._ended(before, found)
        if not found:
            if changed or case.state not in ("rectifying", "recheck"):
                self._end(case)
            return
        lead = led_by(found)
        state = self._state(case, before, found, lead["verdict"])
        lead["due_on"] = self._ordered(case, state) or lead["due_on"]
        if not changed and (case.verdict, case.due_on, case.state) == (lead["verdict"], lead["due_on"], state):
            return
        if state != case.state:
            self.say(case.id, "state", before=case.state, after=state)
        self.batch.change(case.id, lead | {"state": state})
        self.done.updated.append(case.id)

    def _added(self, case: Case, before: dict[tuple[str, str, str], Basis], found: Found) -> int:
        fresh = {key: told for key, told in found.items() if key not in before}
        for key, told in sorted(fresh.items()):
            self.rest_on(case.id, key, told)
        return len(fresh)

    def _altered(self, before: dict[tuple[str, str, str], Basis], found: Found) -> int:
        count = 0
        for key, basis in before.items():
            told = found.get(key)
            if told is None or all(getattr(basis, name) == told[name] for name in (*_TOLD, "missing")):
                continue
            was = {f"{name}_before": getattr(basis, name) for name in _TOLD if getattr(basis, name) != told[name]}
            now = {name: told[name] for name in _TOLD if getattr(basis, name) != told[name]}
            names = dict(zip(("rule", "subject_layer", "subject_code"), key, strict=True))
            self.batch.change_basis(basis.id, told)
            self.say(basis.case_id, "basis_changed", **names, **was, **now)
            count += 1
        return count

    def _ended(self, before: dict[tuple[str, str, str], Basis], found: Found) -> int:
        gone = [basis for key, basis in before.items() if key not in found]
        for basis in gone:
            self.batch.end_basis(basis.id)
            names = {"rule": basis.rule, "subject_layer": basis.subject_layer, "subject_code": basis.subject_code}
            self.say(basis.case_id, "basis_ended", **names, verdict=basis.verdict, zone_version=basis.zone_version)
        return len(gone)

    def _state(self, case: Case, before: dict[tuple[str, str, str], Basis], found: Found, verdict: str) -> str:
        """A new violation asks for an inspection; an order that people gave stands until they look again."""
        fresh = any(told["verdict"] == "V" and (key not in before or before[key].verdict != "V") for key, told in found.items())
        if fresh and case.state in ("to_verify", "rectifying"):
            return "to_inspect"
        if case.state in ("to_verify", "to_inspect") and not fresh:
            return first_state(verdict)
        return case.state

    def _ordered(self, case: Case, state: str) -> dt.date | None:
        """The deadline people gave with their order, while it stands."""
        if state not in ("rectifying", "recheck"):
            return None
        for event in self.steps.get(case.id, []):
            if event.kind == "state":
                return None
            if event.kind == "moved" and event.body["after"] == "rectifying":
                return _day(event.body["due_on"])
        return None

    def _end(self, case: Case) -> None:
        """Nothing is found any more: who was told to rectify is looked at once more, other cases close."""
        ordered = any(event.kind == "moved" for event in self.steps.get(case.id, []))
        after = "recheck" if ordered else "closed"
        if after != case.state:
            self.say(case.id, "state", before=case.state, after=after)
        closed_at = None if ordered else self.batch.at
        self.batch.change(case.id, {"state": after, "closed_at": closed_at, "due_on": None})
        (self.done.updated if ordered else self.done.closed).append(case.id)
