"""说明: the rules with clause, wording and parameters; how verdicts read; where data comes from."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext

from rules._find import load_rules
from rules._parameters import PARAMETERS, Parameters, as_text
from views._page import Page
from views._request import assessment, only, region


def meanings() -> dict[str, str]:
    """What each verdict says, worst first."""
    return {
        "V": gettext("违反规则，且期限已过或没有期限"),
        "T": gettext("违反规则，期限未到"),
        "U": gettext("资料不足或坐标不够准，无法判定；列出须补充的内容"),
        "B": gettext("数值恰在条文未明确的界限上，两种读法都列出"),
        "X": gettext("属于公告写明的豁免"),
        "C": gettext("适用且未违反"),
        "N": gettext("规则不适用"),
    }


def show() -> str:
    """The rules and the words of this product."""
    only(())
    values = Parameters(region())
    shown = [(p, as_text(values[key])) for key, p in PARAMETERS.items()]
    return render_template(
        "about.html", active="about", rules=load_rules(), parameters=shown, meanings=meanings(), found=assessment()
    )


PAGES = [Page("/about", "about", show, "view")]
