"""说明: the rules with clause, wording and parameters; how verdicts read; where data comes from."""

from __future__ import annotations

from flask import render_template

from rules._find import load_rules
from rules._parameters import PARAMETERS, Parameters, as_text
from rules._verdict import TITLES
from views._page import Page
from views._request import assessment, only, region


def show() -> str:
    """The rules and the words of this product."""
    only(())
    values = Parameters(region())
    shown = [(p, as_text(values[key])) for key, p in PARAMETERS.items()]
    return render_template(
        "about.html", active="about", rules=load_rules(), parameters=shown, verdicts=TITLES, found=assessment()
    )


PAGES = [Page("/about", "about", show, "view")]
