"""材料: papers of a draft, and of a version that is law."""

from __future__ import annotations

from flask import Response, make_response

from services.draft_papers import Filed, of_draft, of_zone, paper
from views._page import Page
from views._request import as_of, language, only
from views.api_drafts import table


def draft(number: int, kind: str) -> Response:
    """One paper of a draft."""
    only(())
    return _sent(of_draft(table(), number), kind, f"draft-{number}")


def zone(layer: str, code: str, kind: str) -> Response:
    """One paper of the version of a zone in force on the day shown."""
    only(())
    return _sent(of_zone(table(), layer, code, as_of()), kind, "zone")


def _sent(filed: Filed, kind: str, name: str) -> Response:
    content, media = paper(table(), filed, kind, as_of(), language())
    response = make_response(content)
    response.headers["Content-Type"] = media
    how = "inline" if media == "application/pdf" else "attachment"
    response.headers["Content-Disposition"] = f"{how}; filename={name}-{kind}"
    return response


PAGES = [
    Page("/plan/<int:number>/papers/<kind>", "plan_paper", draft, "drafts"),
    Page("/zones/<layer>/<path:code>/papers/<kind>", "zone_paper", zone, "export"),
]
