"""带回修改 by upload: an import job whose file is compared instead of taken in, and what is accepted of it on a page."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import shapely

from geo.errors import BlueSkyError, NotFound
from geo.region import Region
from services import bringback
from services._edit_row import editable
from services._intake_verdicts import MOST_ROWS, verdict_changes
from services._sides import Place
from services._threeway import Key
from services.bringback import Accepted, Asked, BaseUnknown, Choice, Difference, MovedOn, compare_file, may_remove
from services.cases import follow
from services.intake import ImportOptions
from services.scope import Principal, layer_for, local_principal
from services.uploads import Job, NotChecked, input_of, is_running, job_for, options_of, save, taking
from store import changes
from store.open import Store

KEPT = 3
_LARGEST_REVISION = 10**9

_kept: OrderedDict[tuple[str, str], tuple[Asked, Difference]] = OrderedDict()
"""By upload and view: what was said when it was compared, and the difference."""
_lock = threading.Lock()


def look(store: Store, region: Region, job: Job, step: Callable[[int], None]) -> None:
    """Compare an upload; where nothing says what it was made from, the page asks."""
    step(20)
    try:
        found = compare_file(store, region, local_principal(), job.layer, input_of(store, job), asked_of(job), job.file)
    except BaseUnknown as fault:
        job.state, job.sentence = "refused", (fault.sentence("zh"), fault.sentence("en"))
        job.report = {"base": fault.facts["why"]}
        return
    _keep(job, "", found)
    step(70)
    job.report = {"rows_in": len(found.raw.rows), "verdicts": _foreseen(store, region, found), **found.counts}
    job.state, job.progress = "checked", 100


def _foreseen(store: Store, region: Region, found: Difference) -> dict[str, int] | None:
    """Violations that would come and go if everything without a conflict were accepted."""
    anybody = dataclasses.replace(found, removable=editable(found.layer))
    accepted = bringback.accept(region, anybody, Choice(), "")
    if accepted.empty or len(found.raw.rows) > MOST_ROWS:
        return None
    return verdict_changes(store, region, accepted.prepared.layer, accepted.prepared.conformed, region.today())


def asked_of(job: Job) -> Asked:
    """What was said about the base of an upload."""
    text = str(job.options.get("base") or "")
    number = int(text) if text.isascii() and text.isdigit() and int(text) < _LARGEST_REVISION else None
    told = options_of(job)  # what we exported says its own datum; only how to read it can need a word
    return Asked(number, bool(job.options.get("complete")), ImportOptions(crs=told.crs, encoding=told.encoding, sheet=told.sheet))


def back_job(store: Store, principal: Principal, key: str) -> Job:
    """An upload that comes back.

    Raises:
        NotFound: there is none, it is an import, or somebody else's.
    """
    job = job_for(store, principal, key)
    if not job.back:
        raise NotFound(what=key[:20])
    return job


def _keep(job: Job, view: str, found: Difference) -> None:
    with _lock:
        _kept[job.key, view] = asked_of(job), found
        _kept.move_to_end((job.key, view))
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


def difference_of(store: Store, region: Region, principal: Principal, job: Job) -> Difference:
    """The difference as somebody sees it, against what holds now; compared anew where the layer moved on.

    Raises:
        NotChecked: it is being compared, or was refused.
    """
    if job.state not in ("checked", "taken") or is_running(job.key):
        raise NotChecked()
    layer, asked = layer_for(principal, job.layer), asked_of(job)
    with _lock:
        said, found = _kept.get((job.key, principal.view_key), (None, None))
    with store.read() as connection:
        now = changes.revision(connection, layer.name)
    if found is None or found.revision != now or said != asked or not principal.area.whole:  # an area follows other layers, too
        found = compare_file(store, region, principal, job.layer, input_of(store, job), asked, job.file)
        _keep(job, principal.view_key, found)
    return dataclasses.replace(found, removable=may_remove(layer, principal))


@dataclass(frozen=True)
class Ticked:
    """What a page sends: numbers of rows; sides by row and cell (None: the row as a whole); all rows, and the rest's side."""

    rows: Collection[int] = ()
    sides: Mapping[tuple[int, int | None], str] = field(default_factory=dict)
    everything: bool = False
    rest: str = ""


def choice_of(found: Difference, ticked: Ticked) -> Choice:
    """Numbers on a page as keys and units."""
    sides: dict[Key, dict[str, str]] = {}
    for (number, cell), side in ticked.sides.items():
        if number < len(found.changes) and (cell is None or cell < len(found.changes[number].cells)):
            change = found.changes[number]
            sides.setdefault(change.key, {})["" if cell is None else change.cells[cell].unit] = side
    if ticked.everything:
        return Choice(None, sides, ticked.rest)
    keys = {found.changes[number].key for number in ticked.rows if number < len(found.changes)}
    return Choice(keys | sides.keys(), sides)


def state_of(found: Difference) -> str:
    """Names what a page showed: the base, the revision it was compared with, and every change in its order.

    Rows are accepted by their number, so what a page showed must be what is accepted, however the upload is read meanwhile.
    """
    digest = hashlib.sha256()
    for change in found.changes:
        cells = [(cell.unit, _told(cell.base), _told(cell.theirs), _told(cell.ours)) for cell in change.cells]
        digest.update(repr((change.key, change.kind, cells)).encode())
    return f"{found.base_revision}-{found.revision}-{digest.hexdigest()[:24]}"


def _told(value: Any) -> str:
    """A value as one text; a place by its geometry and what is stated of it."""
    if not isinstance(value, Place):
        return repr(value)
    return repr((None if value.metres is None else shapely.to_wkb(value.metres).hex(), value.values))


def take(store: Store, region: Region, principal: Principal, key: str, ticked: Ticked, shown: str) -> Accepted:
    """Record what is accepted of an upload; the cases follow. What is left can be accepted later.

    Args:
        shown: ``state_of`` the difference the page showed.
    Raises:
        NotFound, NotChecked, NothingAccepted, RemovalElsewhere: nothing was changed.
        MovedOn: the layer changed since the page was shown; nothing was changed.
    """
    with taking:
        job = back_job(store, principal, key)
        found = difference_of(store, region, principal, job)
        if state_of(found) != shown:
            raise MovedOn(before=shown.split("-")[1][:9] if shown.count("-") > 1 else "?", after=found.revision)
        accepted = bringback.bring_back(store, region, found, choice_of(found, ticked), principal)
        job.changeset = accepted.report.changeset
        job.report = (job.report or {}) | {"revision": accepted.report.revision}
        save(store, job)  # it is recorded, whatever becomes of the comparison of what is left
        job.state = "checked" if _is_left(store, region, principal, job) else "taken"
        save(store, job)
    with suppress(BlueSkyError):  # recorded already; a busy store leaves the cases to the next following
        follow(store, region, f"bring-back {job.layer} {job.file}", actor=principal.name)
    return accepted


def _is_left(store: Store, region: Region, principal: Principal, job: Job) -> bool:
    """Whether something of an upload can still be accepted; also where that cannot be told now."""
    try:
        return any(change.kind != "same" for change in difference_of(store, region, principal, job).changes)
    except BlueSkyError:
        return True
