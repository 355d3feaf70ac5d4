"""材料: papers of a draft, and of a version that is law."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext

from services.draft_papers import Filed, make_annex, of_draft, of_zone, paper
from views._page import Page
from views._request import as_of, language, only
from views._request import number as whole_number
from views.api_drafts import table


def draft(number: int, kind: str) -> Response:
    """One paper of a draft."""
    only(())
    return _sent(of_draft(table(), number), kind, f"draft-{number}")


def zone(layer: str, code: str, kind: str) -> Response:
    """One paper of the version of a zone in force on the day shown."""
    only(())
    return _sent(of_zone(table(), layer, code, as_of()), kind, "zone")


def annex(number: int) -> Any:
    """Draw the map annex of a draft, and put its hash into the record."""
    make_annex(table(), number, whole_number(request.form.get("revision", "")), as_of())
    flash(gettext("附图已生成，其 SHA-256 已写入记录。"))
    return redirect(url_for("plan_publish", number=number), 303)


def _sent(filed: Filed, kind: str, name: str) -> Response:
    content, media = paper(table(), filed, kind, as_of(), language())
    response = make_response(content)
    response.headers["Content-Type"] = media
    how = "inline" if media == "application/pdf" else "attachment"
    response.headers["Content-Disposition"] = f"{how}; filename={name}-{kind}"
    return response


PAGES = [
    Page("/plan/<int:number>/papers/<kind>", "plan_paper", draft, "drafts"),
    Page("/plan/<int:number>/annex", "plan_annex", annex, "redraw", ("POST",)),
    Page("/zones/<layer>/<path:code>/papers/<kind>", "zone_paper", zone, "export"),
]
