"""数据导入: one uploaded file on its way: stored in a folder of its own, checked in the background, then taken in.

The folder holds the file under a neutral name and what became of it as JSON, so that a restart loses nothing;
the file itself is opened in the locked reader process only.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import re
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo import helmert
from geo.errors import BlueSkyError, Conflict, NotFound, Refused, WrongUsage
from geo.read import SUFFIXES, unknown_format
from geo.region import Region
from layers._conform import names_key
from services._import_places import labels_of, places_of
from services._intake_verdicts import verdict_changes
from services._recording import preview
from services.cases import follow
from services.intake import ImportOptions, Prepared, prepare_file, record_prepared, within_area
from services.scope import WHOLE_CITY, Area, Principal, layer_for, local_principal
from services.seen import keys_seen
from store.open import Store

LARGEST_UPLOAD = 300_000_000
MOST_PARTS = 12
KEPT_DAYS, KEPT_JOBS = 30, 60
KEPT_PREPARED = 2
MOST_VERDICT_ROWS = 200_000
PARAMETERS = (*helmert.NAMES, "convention")
CHOICES = ("crs", "datum", "encoding", "sheet", "helmert")
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".xml")
_KEY = re.compile(r"[0-9a-f]{16}")
_CRASHED = ("程序内部错误，文件未导入，请联系管理员。", "Internal error; the file was not imported. Tell the administrator.")

log = logging.getLogger("bluesky.import")


class NoFile(Refused):
    """An upload without a file, or of a kind we do not read."""

    zh = "请选择一个可读取的文件：{formats}。"
    en = "Choose a file of a kind we read: {formats}."


class NotChecked(Conflict):
    """A job that is still being checked, was refused, or is taken in already."""

    zh = "该文件尚未通过检查或已经入库，请刷新页面。"
    en = "This file is not checked yet, or was taken in already; reload the page."


@dataclass
class Job:
    """One upload.

    Attributes:
        key: names its folder. state: ``checking``, ``checked``, ``refused`` or ``taken``.
        sentence: why it was refused, Chinese and English. choices: sheets or layers to choose from.
        proposals: coordinate systems the numbers suggest (crs, swap).
        back: an export that was edited elsewhere and comes back (``services.bring_jobs``); it is never taken in as it is.
        area: towns and cells of who brought it; None for the whole city.
    """

    key: str
    file: str
    size: int
    layer: str
    actor: str
    at: str
    suffix: str
    state: str = "checking"
    options: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] | None = None
    sentence: tuple[str, str] = ("", "")
    choices: list[str] = field(default_factory=list)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    progress: int = 0
    changeset: int | None = None
    back: bool = False
    area: dict[str, list[str]] | None = None

    @property
    def ground(self) -> Area:
        """The area of who brought it."""
        return WHOLE_CITY if self.area is None else Area(False, *(frozenset(self.area[name]) for name in ("towns", "cells")))


_prepared: OrderedDict[str, Prepared] = OrderedDict()
_lock = threading.Lock()
running: set[str] = set()
"""Keys of uploads that are being checked."""
_readers = threading.Semaphore(2)
taking = threading.Lock()
"""Of several who take an upload in at the same moment one goes first."""


def seven_parameters(given: Mapping[str, str]) -> dict[str, str]:
    """What a form says of them as an option; none where all boxes are empty.

    Raises:
        ParametersUnreadable: some are missing, or are no numbers.
    """
    numbers = [given[name].strip() for name in helmert.NAMES]
    if not any(numbers):
        return {}
    return {"helmert": str(helmert.parse(" ".join([*(text or "?" for text in numbers), given["convention"]])))}


def folder_of(store: Store) -> Path:
    """Where uploads lie: beside the store, one folder each."""
    return store.path.with_name(store.path.name + ".imports")


def start(
    store: Store, region: Region, principal: Principal, layer: str, files: Sequence[tuple[str, Callable[[Path], Any]]],
    options: Mapping[str, Any] | None = None, back: bool = False,
) -> Job:  # fmt: skip
    """Take an upload: keep its bytes, and check it in the background; or compare it, where it comes ``back``.

    Args:
        files: name as the user has it, and what writes its bytes to a path; several for the parts of a shapefile.
    Raises:
        LayerUnknown, NoFile: nothing was kept.
    """
    layer = layer_for(principal, layer).name
    main = _main_file([name for name, _ in files])
    clear_old(store)
    key = secrets.token_hex(8)
    place = folder_of(store) / key
    place.mkdir(parents=True, mode=0o700)
    try:
        for name, write in files:
            suffix = _suffix(name)
            if name == main or suffix in _SIDECARS:
                write(place / f"input{suffix}")
        target = place / f"input{_suffix(main)}"
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        size, said = target.stat().st_size, dict(options or {})
        job = Job(key, _shown(main), size, layer, principal.name, at, _suffix(main), options=said, back=back)
        if not principal.area.whole:
            job.area = {"towns": sorted(principal.area.towns), "cells": sorted(principal.area.cells)}
        save(store, job)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    _begin(store, region, job)
    return job


def _main_file(names: Sequence[str]) -> str:
    known = [name for name in names if _suffix(name) in SUFFIXES and _suffix(name) != ".gdb"]
    shapes = [name for name in known if _suffix(name) == ".shp"]
    if len(names) == 1 and not known and _suffix(names[0]):
        raise unknown_format(_shown(names[0]))
    if not known or len(names) > MOST_PARTS or (len(known) > 1 and not shapes):
        raise NoFile(formats=" ".join(sorted(suffix.lstrip(".") for suffix in SUFFIXES)))
    return (shapes or known)[0]


def _suffix(name: str) -> str:
    return Path(name.replace("\\", "/")).suffix.lower()


def _shown(name: str) -> str:
    plain = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in plain if c.isprintable())[-120:] or "file"


def clear_old(store: Store) -> None:
    """Old uploads go; so do the oldest where there are many."""
    every = sorted((p for p in folder_of(store).glob("*") if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    limit = dt.datetime.now().timestamp() - KEPT_DAYS * 86_400
    for place in [*every[KEPT_JOBS:], *(p for p in every[:KEPT_JOBS] if p.stat().st_mtime < limit)]:
        if place.name not in running:
            shutil.rmtree(place, ignore_errors=True)


def save(store: Store, job: Job) -> None:
    """Write down how far an upload is."""
    target = folder_of(store) / job.key / "job.json"
    part = target.with_name(f"job.{secrets.token_hex(4)}.part")
    part.write_text(json.dumps(dataclasses.asdict(job), ensure_ascii=False, default=str), "utf-8")
    part.replace(target)


def job_of(store: Store, key: str) -> Job:
    """An upload by its key.

    Raises:
        NotFound: there is none.
    """
    target = folder_of(store) / key / "job.json"
    if not _KEY.fullmatch(key) or not target.is_file():
        raise NotFound(what=key[:20])
    facts = json.loads(target.read_text("utf-8"))
    return Job(**facts | {"sentence": tuple(facts["sentence"])})


def job_for(store: Store, principal: Principal, key: str) -> Job:
    """An upload somebody may look into: who works in a part of the city, their own.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    job = job_of(store, key)
    if not principal.area.whole and job.actor != principal.name:
        raise NotFound(what=key[:20])
    return job


def jobs(store: Store, principal: Principal, limit: int = 20) -> list[Job]:
    """Uploads somebody may look into, the latest first."""
    found = [job_of(store, place.name) for place in folder_of(store).glob("*") if (place / "job.json").is_file()]
    mine = [job for job in found if principal.area.whole or job.actor == principal.name]
    return sorted(mine, key=lambda job: job.at, reverse=True)[:limit]


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


def is_running(key: str) -> bool:
    """Whether an upload is being checked: who has read that it is checked is told no, however soon he asks."""
    with _lock:
        return key in running


def _begin(store: Store, region: Region, job: Job) -> None:
    with _lock:
        if job.key in running or job_of(store, job.key).state != "checking":  # it may have ended since the caller read it
            return
        running.add(job.key)
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
        _end(store, job)


def _end(store: Store, job: Job) -> None:
    """What became of a check is written and the check is over in one step: nobody sees the one without the other."""
    with _lock:
        try:
            if (folder_of(store) / job.key).is_dir():
                save(store, job)
        finally:
            running.discard(job.key)


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
        from services.bring_jobs import look  # it needs what this module makes

        look(store, region, job, step)
        return
    prepared = prepare_file(region, job.layer, input_of(store, job), options_of(job), store, job.file, step)
    prepared = within_area(store, region, job.ground, prepared)
    step(70)
    with store.read() as connection:
        seen = preview(connection, prepared.layer, prepared.conformed)
    report, missing = prepared.report, _theirs(store, region, job, seen.missing)
    report.new, report.changed, report.unchanged, report.missing = seen.new, seen.changed, seen.unchanged, len(missing)
    step(80)
    if len(prepared.conformed.frame) <= MOST_VERDICT_ROWS:
        report.verdicts = verdict_changes(store, region, prepared, region.today())
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


def input_of(store: Store, job: Job) -> Path:
    """Where the bytes of an upload lie."""
    return folder_of(store) / job.key / f"input{job.suffix}"


def options_of(job: Job) -> ImportOptions:
    """What was said about the file of an upload."""
    chosen: dict[str, Any] = {name: str(job.options[name]) for name in CHOICES if job.options.get(name)}
    mapping = {str(h): str(c) for h, c in (job.options.get("mapping") or {}).items()}
    return ImportOptions(
        **chosen,
        mapping=mapping,
        accept=tuple(int(row) for row in job.options.get("accept") or ()),
        accept_all=bool(job.options.get("accept_all")),
        swap=bool(job.options.get("swap")),
        packed=bool(job.options.get("packed")),
        actor=job.actor,
    )


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


def forget(store: Store, principal: Principal, key: str) -> None:
    """Throw an upload away that was not taken in.

    Raises:
        NotFound, NotChecked: it is being checked.
    """
    job = job_for(store, principal, key)
    if is_running(job.key):
        raise NotChecked()
    shutil.rmtree(folder_of(store) / key, ignore_errors=True)


def places(store: Store, principal: Principal, key: str) -> list[dict[str, Any]]:
    """Where rows of an upload lie, those held back and doubted first."""
    job_for(store, principal, key)
    target = folder_of(store) / key / "places.json"
    return list(json.loads(target.read_text("utf-8"))) if target.is_file() else []
