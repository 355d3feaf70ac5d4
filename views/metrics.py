"""Metrics: numbers for a monitoring system, in the text form of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, abort

from services.scope import may
from services.vitals import Gauge, vitals
from views._front import is_local
from views._page import Page
from views._request import principal, store
from views._watch import counters


def show() -> Response:
    """Requests, their duration, store, sessions and cases in numbers; for this machine itself, or with ``operate``."""
    if not (may(principal(), "operate") or is_local()):
        abort(404)
    lines = [*_requests(), *_durations(), *_gauges(vitals(store()))]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _head(name: str, told: str, kind: str) -> list[str]:
    return [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]


def _labels(pairs: Iterable[tuple[str, str]]) -> str:
    told = [f'{name}="{text}"' for name, text in pairs]
    return f"{{{','.join(told)}}}" if told else ""


def _requests() -> list[str]:
    name = "bluesky_requests_total"
    names = ("route", "method", "status")
    rows = [f"{name}{_labels(zip(names, key, strict=True))} {count}" for key, count in counters().requests()]
    return _head(name, "Requests answered.", "counter") + rows


def _durations() -> list[str]:
    name = "bluesky_request_seconds"
    limits, total, count = counters().durations()
    rows = [f'{name}_bucket{{le="{limit}"}} {number}' for limit, number in limits]
    rows += [f'{name}_bucket{{le="+Inf"}} {count}', f"{name}_sum {total:.6f}", f"{name}_count {count}"]
    return _head(name, "How long requests took.", "histogram") + rows


def _gauges(found: list[Gauge]) -> list[str]:
    lines, last = [], ""
    for one in found:
        lines += _head(one.name, one.told, "gauge") if one.name != last else []
        lines.append(f"{one.name}{_labels(one.labels)} {one.value:.15g}")
        last = one.name
    return lines


PAGES = [Page("/metrics", "metrics", show, "public")]
