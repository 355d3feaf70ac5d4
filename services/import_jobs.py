"""数据导入: one uploaded file on its way: checked in the background, then taken in; or compared, where it comes back.

The file itself is opened in the locked reader process only.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geo import helmert
from geo.errors import BlueSkyError, WrongUsage
from geo.region import Region
from layers._conform import names_key
from services._import_places import labels_of, places_of
from services._intake_verdicts import MOST_ROWS, verdict_changes
from services._recording import preview
from services.bring_jobs import look as compare
from services.cases import follow
from services.intake import Prepared, prepare_file, record_prepared, within_area
from services.scope import Principal, layer_for, local_principal
from services.seen import keys_seen
from services.uploads import (
    Job,
    NotChecked,
    begin,
    end,
    folder_of,
    input_of,
    is_running,
    job_for,
    keep,
    options_of,
    save,
    taking,
)  # fmt: skip
from store.open import Store

LARGEST_UPLOAD = 300_000_000
KEPT_PREPARED = 2
PARAMETERS = (*helmert.NAMES, "convention")
_CRASHED = ("程序内部错误，文件未导入，请联系管理员。", "Internal error; the file was not imported. Tell the administrator.")

log = logging.getLogger("bluesky.import")

_prepared: OrderedDict[str, Prepared] = OrderedDict()
_lock = threading.Lock()
_readers = threading.Semaphore(2)


def seven_parameters(given: Mapping[str, str]) -> dict[str, str]:
    """What a form says of them as an option; none where all boxes are empty.

    Raises:
        ParametersUnreadable: some are missing, or are no numbers.
    """
    numbers = [given[name].strip() for name in helmert.NAMES]
    if not any(numbers):
        return {}
    return {"helmert": str(helmert.parse(" ".join([*(text or "?" for text in numbers), given["convention"]])))}


def start(
    store: Store, region: Region, principal: Principal, layer: str, files: Sequence[tuple[str, Callable[[Path], Any]]],
    options: Mapping[str, Any] | None = None, back: bool = False,
) -> Job:  # fmt: skip
    """Take an upload, and check it in the background; or compare it, where it comes ``back``: see ``uploads.keep``."""
    job = keep(store, principal, layer, files, options, back)
    _begin(store, region, job)
    return job


def check_again(store: Store, region: Region, principal: Principal, key: str, options: Mapping[str, Any]) -> Job:
    """Check an upload anew with what the user says about it.

    Raises:
        NotFound, NotChecked: it is being checked, or was taken in.
    """
    job = job_for(store, principal, key)
    if job.state == "taken" or is_running(key):
        raise NotChecked()
    job.options = dict(options)
    job.state, job.report, job.sentence, job.choices, job.proposals = "checking", None, ("", ""), [], []
    save(store, job)
    _begin(store, region, job)
    return job


def resume(store: Store, region: Region, job: Job) -> None:
    """A check that a restart cut short begins again."""
    if job.state == "checking":
        _begin(store, region, job)


def _begin(store: Store, region: Region, job: Job) -> None:
    if begin(store, job.key):
        with _lock:
            _prepared.pop(job.key, None)
        threading.Thread(target=_check, args=(store, region, job), daemon=True).start()


def _check(store: Store, region: Region, job: Job) -> None:
    try:
        with _readers:
            _look(store, region, job)
    except BlueSkyError as fault:
        _refuse(job, fault)
    except Exception:
        log.exception("import %s", job.key)
        job.state, job.sentence = "refused", _CRASHED
    finally:
        end(store, job)


def _refuse(job: Job, fault: BlueSkyError) -> None:
    report: Any = fault.facts.get("report")
    job.state, job.sentence = "refused", (fault.sentence("zh"), fault.sentence("en"))
    job.report = None if report is None else dataclasses.asdict(report)
    job.choices = [str(choice) for choice in fault.facts.get("choices") or ()]  # type: ignore[attr-defined]  # a list where given
    found = fault.facts.get("candidates") or ()
    job.proposals = [{"crs": one.crs, "swap": one.swapped} for one in found]  # type: ignore[attr-defined]  # candidates where given


def _look(store: Store, region: Region, job: Job) -> None:
    """Read, check, compare with what is recorded, and foresee the verdicts; each step is told."""
    step = _Steps(store, job)
    step(10)
    if job.back:
        compare(store, region, job, step)
        return
    prepared = prepare_file(region, job.layer, input_of(store, job), options_of(job), store, job.file, step)
    prepared = within_area(store, region, job.ground, prepared)
    step(70)
    with store.read() as connection:
        seen = preview(connection, prepared.layer, prepared.conformed)
    report, missing = prepared.report, _theirs(store, region, job, seen.missing)
    report.new, report.changed, report.unchanged, report.missing = seen.new, seen.changed, seen.unchanged, len(missing)
    step(80)
    if len(prepared.conformed.frame) <= MOST_ROWS:
        report.verdicts = verdict_changes(store, region, prepared.layer, prepared.conformed, region.today())
    step(95)
    spots = json.dumps(places_of(prepared.conformed), ensure_ascii=False)
    (folder_of(store) / job.key / "places.json").write_text(spots, "utf-8")
    labels = labels_of(prepared.conformed, prepared.layer.key, prepared.layer.label)
    job.report = dataclasses.asdict(report) | {"missing_codes": missing[:200], "labels": labels}
    job.state, job.progress = "checked", 100
    with _lock:
        _prepared[job.key] = prepared
        while len(_prepared) > KEPT_PREPARED:
            _prepared.popitem(last=False)


def _theirs(store: Store, region: Region, job: Job, codes: Sequence[str]) -> list[str]:
    """The codes that who brought an upload may know of."""
    layer = layer_for(local_principal(), job.layer)
    if job.area is not None and layer.series:
        return []
    seen = keys_seen(store, region, layer, region.today(), Principal(job.actor, frozenset(("view",)), job.ground))
    return [code for code in codes if seen is None or code in seen]


class _Steps:
    """Writes down how far a check is."""

    def __init__(self, store: Store, job: Job) -> None:
        self.store, self.job = store, job

    def __call__(self, share: int) -> None:
        self.job.progress = share
        save(self.store, self.job)


def take(store: Store, region: Region, principal: Principal, key: str) -> Job:
    """Take the rows that passed into the layer, in one transaction; the cases follow.

    Of two at the same moment one takes it. (Another process finds the same content recorded, and writes nothing.)

    Raises:
        NotFound, NotChecked: nothing was changed; one of two at the same moment finds it taken in.
    """
    with taking:
        job = _take(store, region, principal, key)
    if job.report and (job.report["new"] or job.report["changed"]):
        follow(store, region, f"import {job.layer} {job.file}", actor=principal.name)
    return job


def _take(store: Store, region: Region, principal: Principal, key: str) -> Job:
    job = job_for(store, principal, key)
    if job.state != "checked" or is_running(key) or job.report is None or job.back:
        raise NotChecked()
    with _lock:
        prepared = _prepared.pop(key, None)
    if prepared is None:
        prepared = prepare_file(region, job.layer, input_of(store, job), options_of(job), store, job.file)
    change = dataclasses.replace(prepared.change, actor=principal.name)
    prepared = within_area(store, region, principal.area, dataclasses.replace(prepared, change=change))
    if not names_key(prepared.layer, prepared.conformed.matched):
        raise WrongUsage(value=job.file, hint="请先指明编号列 / say first which column is the key")
    record_prepared(store, [prepared])
    report = prepared.report
    job.report |= {"revision": report.revision, "changeset": report.changeset, "repeated": report.repeated}
    job.report |= {"new": report.new, "changed": report.changed, "unchanged": report.unchanged}
    job.report |= {"taken": report.taken, "quarantined": report.quarantined, "problems": report.problems, "held": report.held}
    job.state, job.changeset = "taken", report.changeset
    save(store, job)
    for file in (folder_of(store) / key).glob("input.*"):
        file.unlink(missing_ok=True)
    return job


def places(store: Store, principal: Principal, key: str) -> list[dict[str, Any]]:
    """Where rows of an upload lie, those held back and doubted first."""
    job_for(store, principal, key)
    target = folder_of(store) / key / "places.json"
    return list(json.loads(target.read_text("utf-8"))) if target.is_file() else []
