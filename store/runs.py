"""Assessment runs kept with their findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, select

from store._content import canonical
from store._store import Store
from store.models import finding, run


@dataclass(frozen=True)
class RunRecord:
    """What a run was: its day, hashes, the layer revisions it read."""

    as_of: dt.date
    rules_hash: str
    run_hash: str
    revisions: dict[str, int]
    rules: list[str]


def save(connection: Connection, record: RunRecord, findings: pd.DataFrame, actor: str, at: dt.datetime) -> int:
    """Keep a run and every finding of it; returns its number."""
    return save_pieces(connection, record, len(findings), [findings], (actor, at))


def save_pieces(
    connection: Connection, record: RunRecord, rows: int, pieces: Iterable[pd.DataFrame], who: tuple[str, dt.datetime]
) -> int:
    """Keep a run whose findings come piece by piece; returns its number.

    Args:
        rows: how many findings the pieces have together. who: the actor, and the moment.
    """
    result = connection.execute(
        insert(run).values(
            as_of=record.as_of, at=who[1], actor=who[0], rules_hash=record.rules_hash, run_hash=record.run_hash,
            revisions=canonical(record.revisions), rules=canonical(record.rules), rows=rows,
        ).returning(run.c.id)
    )  # fmt: skip
    number = int(result.scalar_one())
    names = [column.name for column in finding.columns if column.name != "run_id"]
    for piece in pieces:
        kept: list[dict[str, Any]] = [row | {"run_id": number} for row in piece[names].to_dict("records")]
        for start in range(0, len(kept), 2000):
            connection.execute(insert(finding), kept[start : start + 2000])
    return number


def latest(store: Store, limit: int = 20) -> list[dict[str, Any]]:
    """The last runs, newest first, without their findings."""
    with store.read() as connection:
        rows = connection.execute(select(run).order_by(run.c.id.desc()).limit(limit)).all()
    return [dict(row._mapping) for row in rows]


def findings_of(store: Store, number: int) -> pd.DataFrame:
    """The findings of one run, in their stable order."""
    query = select(finding).where(finding.c.run_id == number)
    with store.read() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    names = [c.name for c in finding.columns if c.name not in ("run_id", "key")]
    frame = pd.DataFrame(rows, columns=[*names, "key"], dtype=object)
    return frame.sort_values(["rule", "subject_layer", "subject_code"], ignore_index=True)
