"""Second wall against text that becomes code: branca keeps every string it is given literally.

branca compiles rendered text a second time as a Jinja template, so an enterprise name that ever
reached it could run on the server. No data goes there (``maps/shell.py``); and if some did by
mistake, this makes it stay text. The pinned branca version is part of the wall.
"""

from __future__ import annotations

from typing import Any

from branca import element
from jinja2 import Template

_CHILDREN = "{% for name, element in this._children.items() %}{{element.render(**kwargs)}}{% endfor %}"
_LITERAL = Template("{{ this._raw }}")


def _folded(template: str) -> str:
    return "".join(template.split())


def raise_wall() -> None:
    """Make branca literal, once."""
    original = element.Element.__init__
    if getattr(original, "_literal", False):
        return

    def literal(self: Any, template: str | None = None, template_name: str | None = None) -> None:
        original(self, None, template_name)
        if template is not None:
            self._template_str = template
            if _folded(template) == _folded(_CHILDREN):
                self._template = Template(template)
            else:
                self._raw, self._template = template, _LITERAL

    literal._literal = True  # type: ignore[attr-defined]  # marks the wall as raised
    element.Element.__init__ = literal  # type: ignore[method-assign]  # the wall itself
