"""The script and the style of a map's shell, under names that are hashes of their content."""

from __future__ import annotations

from flask import Response, make_response

from geo.errors import NotFound
from views._map import shell_of
from views._page import Page


def show(name: str) -> Response:
    """One script or style of a shell, cacheable for ever."""
    made = shell_of(name)
    if made is None:
        raise NotFound(what=name)
    is_script = name == made.script_name
    response = make_response(made.script if is_script else made.style)
    response.mimetype = "text/javascript" if is_script else "text/css"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


PAGES = [Page("/shell/<name>", "shell_file", show, "public")]
