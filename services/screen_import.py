"""Takes the findings of a screening into the store, as the run an assessment would have been."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from geo.errors import Conflict, Refused
from geo.region import load_region
from rules._find import load_rules
from rules._run import rules_hash
from services._outbox import put_findings
from services._part_files import sha256_of
from services._screen_merge import merged
from services._screen_part import TEXTS, Done, findings_path
from services.assess import digest_of_inputs, judged_states
from services.screen import RESULT, Screened
from store import audit, changes, runs
from store.open import Store
from store.runs import RunRecord


class ScreeningBroken(Refused):
    """A folder of findings that is not whole, or was changed."""

    zh = "判定文件夹“{folder}”不完整或已被改动（{detail}），未导入；请重新运行 screen。"
    en = "The findings in “{folder}” are not whole or were changed ({detail}); nothing was imported. Run screen again."


class RulesMovedOn(Conflict):
    """The findings were made under rules that are no longer those of this place."""

    zh = "判定所用的规则或区域设置与本机现行的不同，未导入；请用同一版本的程序和数据文件夹重新运行 screen。"
    en = "The findings were made under other rules than those here now; nothing was imported. Run screen again with these."


class StoreMovedOn(Conflict):
    """Layers changed since the partitions were exported."""

    zh = "导出分区后数据已更新（{layers}），判定未导入；请重新导出分区并判定。"
    en = "Layers changed since the export ({layers}); nothing was imported. Export and screen again."


def read_screening(folder: Path) -> Screened:
    """The result of a screening, every file as it says.

    Raises:
        ScreeningBroken: it is unfinished, or a file is missing or was changed.
    """
    try:
        told = json.loads((folder / RESULT).read_text("utf-8"))
        found = Screened(**told | {"done": [Done(**one) for one in told["done"]], "rules": tuple(told["rules"])})
        dt.date.fromisoformat(found.as_of)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as fault:
        raise ScreeningBroken(folder=folder.name, detail=f"{RESULT}: {fault}") from fault
    for one in found.done:
        path = findings_path(folder, one.name)
        if not path.is_file() or sha256_of(path) != one.sha256:
            raise ScreeningBroken(folder=folder.name, detail=path.name)
    return found


def import_findings(store: Store, folder: Path, actor: str = "local") -> int:
    """Keep a screening as a run of the store, in one transaction; returns its number.

    Raises:
        ScreeningBroken: the folder, or the findings do not give the hash they are said to have.
        StoreMovedOn: the store is no longer what was judged. RulesMovedOn: the rules are no longer those.
    """
    found = read_screening(folder)
    day = dt.date.fromisoformat(found.as_of)
    if not set(found.rules) <= set(load_rules()) or rules_hash(load_region(), found.rules) != found.rules_hash:
        raise RulesMovedOn()
    record = RunRecord(day, found.rules_hash, found.run_hash, found.revisions, list(found.rules))
    with store.write() as connection:
        states = judged_states(connection)
        contents = {name: state.content for name, state in states.items()}
        moved = sorted(name for name in {*contents, *found.contents} if contents.get(name) != found.contents.get(name))
        if moved or {name: state.revision for name, state in states.items()} != found.revisions:
            raise StoreMovedOn(layers="、".join(moved) or "revision")
        at = changes.moment(connection)
        told = digest_of_inputs(found.rules_hash, states, day, found.rules)
        number = runs.save_pieces(connection, record, found.rows, _hashed(folder, found, told), (actor, at))
        if told.hexdigest() != found.run_hash:
            raise ScreeningBroken(folder=folder.name, detail=RESULT)
        put_findings(connection, store, number, record, at)
        body = {"as_of": found.as_of, "run_hash": found.run_hash, "rows": found.rows, "partitions": len(found.done)}
        audit.append(connection, store, audit.Entry(actor, "assess", f"run {number}", body), at)
    audit.anchor(store)
    return number


def _hashed(folder: Path, found: Screened, digest: hashlib._Hash) -> Iterator[pd.DataFrame]:
    """The findings with the run's hash beside them, each piece hashed as it passes."""
    if not found.rows:
        digest.update(pd.DataFrame(columns=TEXTS.names).to_csv(index=False, lineterminator="\n").encode())
    for number, piece in enumerate(merged(folder, found.done)):
        digest.update(piece.to_csv(index=False, header=not number, lineterminator="\n").encode())
        yield piece.assign(run_hash=found.run_hash)
