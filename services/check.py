"""Whether everything is whole: store, history, audit log, layers, rules, boundaries, map files, font, walls."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from geo.child import available_walls
from geo.errors import BlueSkyError
from geo.region import Region
from layers._find import load_layers
from maps import assets, fonts
from rules._find import load_rules
from services.basemaps import faults
from services.journal import lost_photos
from services.webhooks import faults as hook_faults
from store import audit, features
from store._dialects import integrity, missing_guards
from store.migrate import schema_of
from store.models import SCHEMA_REVISION
from store.open import Store

WALLS = {
    "driver_allow_list": ("驱动白名单", "driver allow-list"),
    "limits": ("CPU、内存和文件大小限制", "limits of CPU, memory and file size"),
    "network_namespace": ("断网隔离", "network namespace"),
}


@dataclass(frozen=True)
class CheckResult:
    """One thing looked at.

    Attributes:
        key: stable name. title, title_en: what was looked at. ok: whether it is whole.
        detail, detail_en: one sentence; where it is not, what to do. optional: the product runs without it.
    """

    key: str
    title: str
    title_en: str
    ok: bool
    detail: str
    detail_en: str
    optional: bool = False


def run_checks(place: Store | Callable[[], Store], region: Region) -> list[CheckResult]:
    """Look at everything, in a fixed order; nothing is changed.

    Args:
        place: an open store, or what opens it (a store that does not open is a result, too).
    """
    return [
        *_store(place),
        _guarded("layers", "图层", "Layers", lambda: f"{len(load_layers())}"),
        _guarded("rules", "规则", "Rules", lambda: f"{len(load_rules())}"),
        boundaries(region),
        _assets(),
        _guarded("font", "中文字体", "Chinese font", lambda: fonts.find_font().name, optional=True),
        *_walls(),
        _listed("basemaps", "底图文件", "Base maps", [fault.sentence() for fault in faults()]),
    ]


def _store(place: Store | Callable[[], Store]) -> Iterator[CheckResult]:
    try:
        store = place if isinstance(place, Store) else place()
    except BlueSkyError as error:
        yield _failed("store", "数据库", "Store", error)
        return
    yield _fine("store", "数据库", "Store", store.place.name)
    try:
        yield from _of_store(store)
    except BlueSkyError as error:
        yield _failed("store_read", "数据库读取", "Reading the store", error)


def _of_store(store: Store) -> Iterator[CheckResult]:
    with store.read() as connection:
        schema = schema_of(connection)
        broken = integrity(connection)
        unguarded = missing_guards(connection)
        damaged = features.damaged(connection)
    current = schema == SCHEMA_REVISION
    yield CheckResult("schema", "数据库结构版本", "Schema", current, f"{schema}", f"{schema}")
    yield _listed("integrity", "数据库完整性", "Integrity", broken)
    yield _listed("guards", "防改写触发器", "Guards of history", unguarded)
    yield _listed("content", "记录内容校验", "Content hashes", damaged)
    seq, mac = audit.head(store)
    wrong = [*audit.verify(store), *_open_key(store)]
    yield _listed("audit", "审计日志与所封存的记录", "Audit log and the rows it seals", wrong, f"{seq} {mac[:16]}")
    yield _listed("photos", "照片文件", "Photos", lost_photos(store))
    yield _configured("webhooks", "事件推送配置", "Webhooks", hook_faults(store))


def _open_key(store: Store) -> list[str]:
    """The key of the audit log is for its owner alone (where the system knows such rights)."""
    path = audit.key_file(store)
    if os.name != "posix" or not path.exists() or not path.stat().st_mode & 0o077:
        return []
    return [f"{path.name}: chmod 600"]


def boundaries(region: Region) -> CheckResult:
    """The boundary files against their manifest."""
    folder = region.boundary.parent
    try:
        agreed = json.loads((folder / "MANIFEST.json").read_text("utf-8"))
        wrong = [name for name, digest in agreed.items() if _sha256(folder / name) != digest]
    except (OSError, ValueError, AttributeError) as fault:
        wrong = [f"MANIFEST.json: {fault}"]
        agreed = {}
    if region.boundary.name not in agreed and not wrong:
        wrong = [f"MANIFEST.json: {region.boundary.name}"]
    return _listed("boundaries", "边界数据", "Boundaries", wrong)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _assets() -> CheckResult:
    wrong = assets.verify()
    detail = "缺少或已改动：" + "、".join(wrong) + "；请运行 make setup"
    detail_en = f"missing or changed: {', '.join(wrong)}; run make setup"
    if wrong:
        return CheckResult("assets", "地图组件", "Map files", False, detail, detail_en)
    return _fine("assets", "地图组件", "Map files", f"{len(assets.agreed())}")


def _walls() -> Iterator[CheckResult]:
    for name, given in available_walls().items():
        title, title_en = WALLS.get(name, (name, name))
        detail = "有" if given else "本系统不提供；导入来历不明的文件时请留意"
        detail_en = "in place" if given else "not given by this system; take care with files of unknown origin"
        optional = name != "driver_allow_list"
        yield CheckResult(f"wall_{name}", f"读取隔离：{title}", f"Reader: {title_en}", given, detail, detail_en, optional)


def _fine(key: str, title: str, title_en: str, detail: str) -> CheckResult:
    return CheckResult(key, title, title_en, True, detail, detail)


def _failed(key: str, title: str, title_en: str, error: BlueSkyError, optional: bool = False) -> CheckResult:
    return CheckResult(key, title, title_en, False, error.sentence("zh"), error.sentence("en"), optional)


def _guarded(key: str, title: str, title_en: str, look: Callable[[], str], optional: bool = False) -> CheckResult:
    try:
        return _fine(key, title, title_en, look())
    except BlueSkyError as error:
        return _failed(key, title, title_en, error, optional)


def _configured(key: str, title: str, title_en: str, wrong: list[str]) -> CheckResult:
    """Whole when nothing is wrong with what was configured; else everything that is, to be mended at the machine."""
    told = "; ".join(wrong)
    detail, detail_en = (f"{told}；请改正配置", f"{told}; mend the configuration") if wrong else ("完好", "whole")
    return CheckResult(key, title, title_en, not wrong, detail, detail_en, optional=True)


def _listed(key: str, title: str, title_en: str, wrong: list[str], more: str = "") -> CheckResult:
    """Whole when nothing is listed; else the first few and how many there are."""
    if not wrong:
        return CheckResult(key, title, title_en, True, f"完好 {more}".strip(), f"whole {more}".strip())
    first = "; ".join(wrong[:3])
    return CheckResult(
        key, title, title_en, False,
        f"{len(wrong)} 处异常（{first}）；请从备份恢复并联系维护人员",
        f"{len(wrong)} faults ({first}); restore a backup and tell whoever maintains the system",
    )  # fmt: skip
