"""The life of a draft as JSON: begin, rename, lay aside, submit, review, publish, withdraw; what its pages do by form.

Each call names the ``revision`` it was made on and answers with the draft as it is then.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from geo.errors import WrongUsage
from services import draft_starts
from services import publish as steps
from services.draft_papers import make_annex
from services.sketches import polygon_of
from views._page import Page
from views._request import as_of, only
from views.api_drafts import LARGEST, asked_json, asked_revision, asked_units, show, table


def _text(body: dict[str, Any], name: str) -> str:
    return str(body.get(name) or "").strip()[:500]


def start() -> Response:
    """Begin a draft: ``how`` (``zone``, ``draft``, ``units``, ``buffer``, ``part``, ``blank``), ``layer``, ``code``, ``name``,
    and as the way needs ``draft``, ``units``, ``around`` (layer and key), ``metres``, ``geometry``.
    """
    only(())
    body = asked_json()
    around, metres, draft = body.get("around") or ["", ""], body.get("metres") or 0, body.get("draft") or 0
    fine = isinstance(around, list) and len(around) == 2 and isinstance(metres, int | float) and isinstance(draft, int)
    if not fine:
        raise WrongUsage(value="around, metres, draft", hint='["towns", "330781001"], 500, 1')
    shape = polygon_of(body["geometry"]) if body.get("geometry") is not None else None
    asked = draft_starts.Start(
        _text(body, "how"), _text(body, "layer"), _text(body, "code"), _text(body, "name"), draft,
        asked_units(body.get("units") or []), (str(around[0]), str(around[1])), float(metres), shape,
    )  # fmt: skip
    return show(draft_starts.begin(table(), asked, as_of()))


def rename(number: int) -> Response:
    """Give a draft another ``name``."""
    body = asked_json()
    table().rename(number, asked_revision(body), _text(body, "name"))
    return show(number)


def discard(number: int) -> Response:
    """Lay a draft aside: ``why``."""
    body = asked_json()
    table().discard(number, asked_revision(body), _text(body, "why"))
    return show(number)


def restore(number: int) -> Response:
    """Take a discarded draft up again."""
    table().restore(number, asked_revision(asked_json()))
    return show(number)


def annex(number: int) -> Response:
    """Draw the map annex, keep it, and write its SHA-256 into the record."""
    make_annex(table(), number, asked_revision(asked_json()), as_of())
    return show(number)


def submit(number: int) -> Response:
    """Hand a draft to a reviewer."""
    steps.submit(table(), number, asked_revision(asked_json()))
    return show(number)


def take_back(number: int) -> Response:
    """Draw on; it has to be reviewed anew."""
    steps.take_back(table(), number, asked_revision(asked_json()))
    return show(number)


def settle(number: int) -> Response:
    """Decide about a draft whose zone changed: ``choice`` (``mine``, ``theirs``, ``fork``), ``name`` of a fork."""
    body = asked_json()
    return show(steps.settle(table(), number, asked_revision(body), _text(body, "choice"), _text(body, "name")))


def review(number: int) -> Response:
    """Approve a submitted draft (``granted`` true), or return it with a ``note``."""
    body = asked_json()
    steps.review(table(), number, asked_revision(body), body.get("granted") is True, _text(body, "note"))
    return show(number)


def publish(number: int) -> Response:
    """Make an approved draft law; asked twice it publishes once (``fresh`` false)."""
    done = steps.publish(table(), number, asked_revision(asked_json()))
    return jsonify(show(number).get_json() | {"changeset": done.changeset, "fresh": done.fresh})


def withdraw(number: int) -> Response:
    """Take a publication back before it comes into force: ``why``."""
    body = asked_json()
    steps.withdraw(table(), number, asked_revision(body), _text(body, "why"))
    return show(number)


PAGES = [
    Page("/api/drafts", "api_draft_start", start, "redraw", ("POST",), LARGEST),
    Page("/api/drafts/<int:number>/rename", "api_draft_rename", rename, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/discard", "api_draft_discard", discard, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/restore", "api_draft_restore", restore, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/annex", "api_draft_annex", annex, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/submit", "api_draft_submit", submit, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/take-back", "api_draft_take_back", take_back, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/settle", "api_draft_settle", settle, "redraw", ("POST",)),
    Page("/api/drafts/<int:number>/review", "api_draft_review", review, "review", ("POST",)),
    Page("/api/drafts/<int:number>/publish", "api_draft_publish", publish, "publish", ("POST",)),
    Page("/api/drafts/<int:number>/withdraw", "api_draft_withdraw", withdraw, "publish", ("POST",)),
]
