"""Uploaded files 上传的文件: each in a folder of its own beside the store, under a neutral name, with what became of it as JSON.

So a restart loses nothing. What is done with them is told by ``import_jobs`` and ``bring_jobs``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.errors import Conflict, NotFound, Refused
from geo.read import SUFFIXES, unknown_format
from services.intake import ImportOptions
from services.scope import WHOLE_CITY, Area, Principal, layer_for
from store.open import Store

MOST_PARTS = 12
KEPT_DAYS, KEPT_JOBS = 30, 60
CHOICES = ("crs", "datum", "encoding", "sheet", "helmert")
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".xml")
_KEY = re.compile(r"[0-9a-f]{16}")

_lock = threading.Lock()
running: set[str] = set()
"""Keys of uploads that are being checked."""
taking = threading.Lock()
"""Of several who take an upload in at the same moment one goes first."""


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


def folder_of(store: Store) -> Path:
    """Where uploads lie: beside the store, one folder each."""
    return store.path.with_name(store.path.name + ".imports")


def keep(
    store: Store, principal: Principal, layer: str, files: Sequence[tuple[str, Callable[[Path], Any]]],
    options: Mapping[str, Any] | None = None, back: bool = False,
) -> Job:  # fmt: skip
    """Keep the bytes of an upload that is to be checked.

    Args:
        files: name as the user has it, and what writes its bytes to a path; several for the parts of a shapefile.
        back: it is compared instead of taken in.
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


def is_running(key: str) -> bool:
    """Whether an upload is being checked: who has read that it is checked is told no, however soon he asks."""
    with _lock:
        return key in running


def begin(store: Store, key: str) -> bool:
    """Mark that an upload is being checked; False where it is already, or needs no check (any more)."""
    with _lock:
        if key in running or job_of(store, key).state != "checking":
            return False
        running.add(key)
        return True


def end(store: Store, job: Job) -> None:
    """What became of a check is written and the check is over in one step: nobody sees the one without the other."""
    with _lock:
        try:
            if (folder_of(store) / job.key).is_dir():
                save(store, job)
        finally:
            running.discard(job.key)


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


def forget(store: Store, principal: Principal, key: str) -> None:
    """Throw an upload away that was not taken in.

    Raises:
        NotFound, NotChecked: it is being checked.
    """
    job = job_for(store, principal, key)
    if is_running(job.key):
        raise NotChecked()
    shutil.rmtree(folder_of(store) / key, ignore_errors=True)
