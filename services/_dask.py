"""Partitions judged by the workers of a Dask scheduler; one that dies loses a partition, never a finding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from geo.errors import Unavailable
from services._part_files import Part
from services._screen_part import Done, Order, judge_part

RETRIES = 5
SETTINGS = {"distributed.scheduler.allowed-failures": RETRIES}
CONNECT_SECONDS = 10.0


class ClusterLost(Unavailable):
    """The scheduler cannot be reached, or its workers died again and again."""

    zh = "计算集群不可用（{detail}），已完成的分区保留，重新运行会接着做。"
    en = "The cluster is not available ({detail}); finished partitions are kept, and another run goes on from there."


def judged_by_many(order: Order, parts: list[Part], scheduler: str, workers: int) -> Iterator[Done]:
    """Each partition as soon as a worker has judged it, the largest begun first.

    Args:
        scheduler: its address; empty for processes of this machine, ``workers`` of them, that end with this call.
    Raises:
        ClusterLost: no scheduler there, or workers died again and again.
    """
    largest_first = sorted(parts, key=lambda part: -sum(part.rows.values()))
    names = [part.name for part in largest_first]
    with _client(scheduler, workers) as client:
        futures = client.map(judge_part, [order] * len(names), names, pure=False, retries=RETRIES)
        for _, done in _distributed().as_completed(futures, loop=client.loop, with_results=True):
            yield done


def _distributed() -> Any:
    return import_module("distributed")  # heavy, and without types


@contextmanager
def _client(scheduler: str, workers: int) -> Iterator[Any]:
    import dask

    dist = _distributed()
    local = {"n_workers": workers, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    try:
        with dask.config.set(SETTINGS):
            if scheduler:
                with dist.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False) as client:
                    yield client
                return
            with dist.LocalCluster(**local) as cluster, dist.Client(cluster, set_as_default=False) as client:
                yield client
    except (OSError, dist.scheduler.KilledWorker) as fault:
        detail = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise ClusterLost(detail=detail) from fault
