"""Drafts as JSON: everything the workspace does is a documented call."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from geo.errors import WrongUsage
from services._drawing import LARGEST_BODY
from services.draft_ground import ground, named_layer, named_like, paint, units_of
from services.drafts import Table, as_json
from services.sketches import Sketch, polygon_of, props_of
from views._page import Page
from views._request import as_of, assessment, only, principal, region, store

LARGEST = LARGEST_BODY
"""Bytes of a request with a geometry: two million vertices with every digit."""


def table() -> Table:
    """Who asks, at the drawing table."""
    return Table(store(), region(), principal())


def listing() -> Response:
    """Every draft, the latest change first."""
    only(())
    names = ("id", "layer", "code", "name", "state", "revision", "created_by", "changed_by", "base_version", "parent_id")
    rows = [(row, {name: getattr(row, name) for name in names}) for row in table().listing()]
    return jsonify(drafts=[told | {"changed_at": row.changed_at.isoformat()} for row, told in rows])


def show(number: int) -> Response:
    """One draft: geometry with every digit, record, units, steps, warnings set aside."""
    only(())
    return jsonify(as_json(table().sheet(number)) | {"aside": table().asides(number)})


def around(number: int) -> Response:
    """What a draft was drawn upon, its neighbours, towns and county line, every digit kept."""
    only(())
    return jsonify(ground(table(), table().sheet(number).draft, as_of()))


def units(name: str) -> Response:
    """The rows of a polygon layer as units to paint with."""
    only(())
    return jsonify(units_of(table(), name, as_of()))


def unit_names(name: str) -> Response:
    """Code and name of at most 20 units of a layer whose code or name holds ``q``."""
    only(("q",))
    rows = named_like(assessment(), named_layer(table(), name), request.args.get("q", "")[:80])
    return jsonify(units=[{"key": key, "label": label} for key, label in rows])


def asked_json() -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        WrongUsage: there is none.
    """
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise WrongUsage(value="JSON", hint="请求内容应为 JSON 对象 / the body has to be a JSON object")
    return found


def asked_revision(body: dict[str, Any]) -> int:
    found = body.get("revision")
    if not isinstance(found, int) or isinstance(found, bool):
        raise WrongUsage(value="revision", hint="请写明草案的修订号 / name the revision of the draft")
    return found


def _sketch(body: dict[str, Any], number: int) -> Sketch:
    """What is drawn; record and units stay as they are where the request does not name them."""
    now = table().sheet(number)
    shape = polygon_of(body["geometry"]) if body.get("geometry") is not None else None
    props = props_of(now.layer, body["props"]) if "props" in body else now.now.sketch.props
    named = body.get("units")
    return Sketch(shape, props, asked_units(named) if named is not None else now.now.sketch.units)


def asked_units(named: Any) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((str(layer), str(key)) for layer, key in named)
    except (TypeError, ValueError):
        raise WrongUsage(value="units", hint='[["towns", "330781001"], …]') from None


def save(number: int) -> Response:
    """Add a step: ``revision``, ``geometry``, and as wanted ``props``, ``units``, ``kind``, ``note``."""
    body = asked_json()
    table().save(number, asked_revision(body), _sketch(body, number), str(body.get("kind", "other")), str(body.get("note", "")))
    return show(number)


def overrule(number: int) -> Response:
    """Put what is drawn on top of what somebody else made of the draft meanwhile."""
    table().overrule(number, _sketch(asked_json(), number))
    return show(number)


def go(number: int) -> Response:
    """Undo, redo, or go to a step: ``revision`` and ``to`` (``undo``, ``redo`` or a number)."""
    body = asked_json()
    table().go(number, asked_revision(body), str(body.get("to", "")))
    return show(number)


def paint_units(number: int) -> Response:
    """Take whole units in or out: ``revision`` and ``units``, pairs of layer and key."""
    body = asked_json()
    paint(table(), number, asked_revision(body), asked_units(body.get("units") or []))
    return show(number)


def set_aside(number: int) -> Response:
    """Set a warning of the topology doctor aside: ``code``, ``lonlat``, ``text``, ``neighbour`` and the ``reason``, which is
    written down.
    """
    body = asked_json()
    issue = {name: body.get(name) for name in ("code", "lonlat", "text", "neighbour")}
    table().set_aside(number, issue, str(body.get("reason", "")))
    return jsonify(done=True)


def fork(number: int) -> Response:
    """A draft of its own: ``name``, and a ``geometry`` that could not be saved where it was drawn."""
    body = asked_json()
    sketch = _sketch(body, number) if body.get("geometry") is not None else None
    return show(table().fork(number, str(body.get("name") or ""), sketch))


PAGES = [
    Page("/api/drafts", "api_drafts", listing, "drafts"),
    Page("/api/drafts/<int:number>", "api_draft", show, "drafts"),
    Page("/api/drafts/<int:number>/ground", "api_draft_ground", around, "drafts"),
    Page("/api/drafts/units/<name>", "api_draft_layer", units, "drafts"),
    Page("/api/drafts/units/<name>/names", "api_draft_names", unit_names, "drafts"),
    Page("/api/drafts/<int:number>/steps", "api_draft_save", save, "redraw", ("POST",), LARGEST),
    Page("/api/drafts/<int:number>/mine", "api_draft_mine", overrule, "redraw", ("POST",), LARGEST),
    Page("/api/drafts/<int:number>/go", "api_draft_go", go, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/units", "api_draft_units", paint_units, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/aside", "api_draft_aside", set_aside, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/fork", "api_draft_fork", fork, "redraw", ("POST",), LARGEST),
]
