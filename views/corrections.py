"""数据更正: what somebody says is wrong, with the way to the rows in question."""

from __future__ import annotations

from flask import render_template

from services.corrections import listed
from services.edit import edited_layers
from views._page import Page
from views._request import only, principal, store
from views._work import today


def show() -> str:
    """Every open wish for a correction."""
    only(())
    found = today()
    wishes = listed(store(), found, principal(), found.facilities)
    return render_template("corrections.html", active="cases", wishes=wishes, editable=edited_layers(), found=found)


PAGES = [Page("/corrections", "corrections", show, "edit")]
