"""Snapshots asked for on a page: made in the background, kept for a day, given to nobody but whoever asked.

Each lies in a folder of its own beside the store, with what became of it as JSON, so that a restart loses nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import logging
import re
import secrets
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

from geo.errors import BlueSkyError, Conflict, NotFound
from geo.region import Region
from services.scope import Principal
from services.snapshot import write_snapshot
from store.open import Store

KEPT_HOURS, KEPT_EACH = 24, 3
_KEY = re.compile(r"[0-9a-f]{16}")
_CRASHED = ("程序内部错误，快照没有做成，请联系管理员。", "Internal error; the snapshot was not made. Tell the administrator.")
_STOPPED = ("程序重新启动过，快照没有做成，请重新生成。", "The program was restarted; the snapshot was not made. Make it again.")

log = logging.getLogger("bluesky.snapshot")


@dataclass
class Job:
    """One snapshot on its way.

    Attributes:
        key: names its folder. rights: of who asked, at that time. state: ``making``, ``ready`` or ``failed``.
        sentence: why it failed, Chinese and English.
    """

    key: str
    actor: str
    rights: str
    as_of: str
    at: str
    state: str = "making"
    progress: int = 0
    sentence: tuple[str, str] = ("", "")
    rows: dict[str, int] = field(default_factory=dict)
    size: int = 0
    sha256: str = ""
    taken_at: str = ""

    @property
    def moment(self) -> dt.datetime:
        """When the store was read, else when it was asked for (UTC)."""
        return dt.datetime.fromisoformat(self.taken_at or self.at)


_lock = threading.Lock()
_running: set[str] = set()
"""Keys of the snapshots this process is making."""
_one_by_one = threading.Semaphore(1)


class SnapshotWaiting(Conflict):
    """Somebody asks for another snapshot while one of theirs is being made."""

    zh = "你的快照（{day}）还在生成，请等它完成后再生成另一个。"
    en = "Your snapshot of {day} is still being made; wait until it is there before you ask for another."


def folder_of(store: Store) -> Path:
    """Where snapshots lie: beside the store, one folder each."""
    return store.path.with_name(store.path.name + ".snapshots")


def start(store: Store, region: Region, principal: Principal, as_of: dt.date) -> Job:
    """Begin a snapshot; one that the same person is waiting for goes on instead of a second one for the same day."""
    clear_old(store, principal)
    with _lock:
        for job in mine(store, principal):
            if job.state == "making" and job.as_of == as_of.isoformat():
                return job
            if job.state == "making":
                raise SnapshotWaiting(day=job.as_of)
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        job = Job(secrets.token_hex(8), principal.name, _rights(principal), as_of.isoformat(), at)
        (folder_of(store) / job.key).mkdir(parents=True, mode=0o700)
        _running.add(job.key)
        _save(store, job)
    threading.Thread(target=_make, args=(store, region, principal, job), daemon=True).start()
    return job


def _rights(principal: Principal) -> str:
    """Names what somebody may see: a file made under other rights is not handed out."""
    told = repr((principal.view_key, sorted(principal.permissions)))
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _make(store: Store, region: Region, principal: Principal, job: Job) -> None:
    place = folder_of(store) / job.key / "snapshot.gpkg"

    def told(share: int) -> None:
        job.progress = min(share, 99)
        _save(store, job)

    try:
        with _one_by_one:
            made = write_snapshot(store, region, principal, place, dt.date.fromisoformat(job.as_of), told)
        job.rows, job.sha256, job.size, job.taken_at = made.rows, made.sha256, place.stat().st_size, made.taken_at
        job.state, job.progress = "ready", 100
    except BlueSkyError as fault:
        job.state, job.sentence = "failed", (fault.sentence("zh"), fault.sentence("en"))
    except Exception:
        log.exception("snapshot %s", job.key)
        job.state, job.sentence = "failed", _CRASHED
    finally:
        try:
            if place.parent.is_dir():
                _save(store, job)
        finally:
            _running.discard(job.key)


def _save(store: Store, job: Job) -> None:
    target = folder_of(store) / job.key / "job.json"
    part = target.with_name(f"job.{secrets.token_hex(4)}.part")
    part.write_text(json.dumps(dataclasses.asdict(job), ensure_ascii=False), "utf-8")
    part.replace(target)


def job_of(store: Store, principal: Principal, key: str) -> Job:
    """Somebody's own snapshot by its key.

    Raises:
        NotFound: there is none, it is somebody else's, or was made under other rights.
    """
    found = _read(store, key)
    if found is None or (found.actor, found.rights) != (principal.name, _rights(principal)):
        raise NotFound(what=key[:20])
    return found


def _read(store: Store, key: str) -> Job | None:
    target = folder_of(store) / key / "job.json"
    if not _KEY.fullmatch(key) or not target.is_file():
        return None
    running = key in _running  # asked before the file is read: one that ends in between is ready, not cut short
    facts = json.loads(target.read_text("utf-8"))
    job = Job(**facts | {"sentence": tuple(facts["sentence"])})
    if job.state == "making" and not running:
        job.state, job.sentence = "failed", _STOPPED
    return job


def mine(store: Store, principal: Principal) -> list[Job]:
    """Somebody's own snapshots, the latest first."""
    found = (_read(store, place.name) for place in folder_of(store).glob("*"))
    wanted = (principal.name, _rights(principal))
    return sorted((job for job in found if job and (job.actor, job.rights) == wanted), key=lambda job: job.at, reverse=True)


def file_of(store: Store, principal: Principal, key: str) -> tuple[Job, Path]:
    """A snapshot that is ready, and its file.

    Raises:
        NotFound: it is not ready, or not somebody's own.
    """
    job, place = job_of(store, principal, key), folder_of(store) / key / "snapshot.gpkg"
    if job.state != "ready" or not place.is_file():
        raise NotFound(what=key[:20])
    return job, place


def clear_old(store: Store, principal: Principal | None = None) -> None:
    """Old snapshots go, whoever's they are; of the person who asks for another the oldest."""
    limit = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=KEPT_HOURS)).timestamp()
    old = [place for place in folder_of(store).glob("*") if place.is_dir() and place.stat().st_mtime < limit]
    if principal is not None:
        old += [folder_of(store) / job.key for job in mine(store, principal)[KEPT_EACH - 1 :] if job.state != "making"]
    for place in old:
        if place.name not in _running:
            shutil.rmtree(place, ignore_errors=True)
