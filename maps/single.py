"""A map as one file that opens by double click, without a network: the shell with everything inside.

The same Folium shell as on the pages; library, own modules, styles and data are put in after rendering: data as
escaped JSON that no browser takes for markup or script. The file's own policy names the hashes of its three
scripts and two styles, and lets nothing else run or load.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maps._elements import script_json
from maps.assets import VENDOR, prepare
from maps.shell import VENDOR_CSS, VENDOR_JS, MapSpec, shell

ROOT = Path(__file__).resolve().parent.parent
STYLES = ("tokens.css", "map.css", "single.css")
SCRIPTS = ROOT / "static" / "js"
ENTRY = "single"
"""The module that starts the map of such a file."""

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) ?(\w+))", re.MULTILINE)


class NotBundled(ValueError):
    """A module uses a form of import or export that the bundler does not know: a mistake of ours, never of a user."""


def single(spec: MapSpec, title: str, heading: tuple[str, ...], data: Mapping[str, Any]) -> str:
    """The map as one HTML text.

    Args:
        spec: what the map holds; its URLs are not asked. title: of the window and the page.
        heading: short texts beside the title. data: JSON values by name: ``base``, ``facilities``, a layer's name.
    Raises:
        AssetsMissing: the map library is not there and cannot be fetched.
    """
    prepare()
    made = shell(spec)
    scripts = [*((VENDOR / name).read_text("utf-8") for name in VENDOR_JS), made.script, bundle(ENTRY)]
    styles = [
        "\n".join([*((VENDOR / name).read_text("utf-8") for name in VENDOR_CSS), made.style]),
        "\n".join((ROOT / "static" / "css" / name).read_text("utf-8") for name in STYLES),
    ]
    scripts, styles = [_inside(text) for text in scripts], [_inside(text) for text in styles]
    language = "zh-CN" if spec.language == "zh" else "en"
    notes = "".join(f"<span>{html.escape(text)}</span>" for text in heading)
    blocks = [f'<script type="application/json" id="data-{html.escape(n)}">{script_json(data[n])}</script>' for n in data]
    return "\n".join([
        "<!doctype html>", f'<html lang="{language}">', "<head>", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts, styles)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">', f"<title>{html.escape(title)}</title>",
        *(f"<style>{text}</style>" for text in styles), "</head>", '<body class="single">',
        f'<header class="single-head"><h1>{html.escape(title)}</h1>{notes}</header>',
        f'<main class="map-frame">{made.html}</main>',
        *blocks, *(f"<script>{text}</script>" for text in scripts), "</body>", "</html>", "",
    ])  # fmt: skip


def policy(scripts: list[str], styles: list[str]) -> str:
    """The policy of a file whose only scripts and styles are these texts."""
    script_src, style_src = (" ".join(f"'sha256-{_digest(text)}'" for text in texts) for texts in (scripts, styles))
    return (
        f"default-src 'none'; script-src {script_src}; style-src {style_src}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def bundle(entry: str, folder: Path = SCRIPTS) -> str:
    """A module and all it imports as one plain script: each keeps its names to itself and hands on what it exports.

    Args:
        entry: name of a file in ``folder`` without ``.js``. Imports are named ones of files there; exports are
            declarations.
    Raises:
        NotBundled: another form of import or export, or modules that import each other in a circle.
    """
    done: dict[str, str] = {}
    _gather(entry, folder, done, ())
    return "\n".join(['"use strict";', *done.values()])


def _gather(name: str, folder: Path, done: dict[str, str], above: tuple[str, ...]) -> None:
    """Put a module's script behind those of the modules it imports."""
    if name in above:
        raise NotBundled(" → ".join((*above, name)))
    if name in done:
        return
    text = (folder / f"{name}.js").read_text("utf-8")
    for _, source in _IMPORT.findall(text):
        _gather(source, folder, done, (*above, name))
    exported = _EXPORT.findall(text)
    text = _IMPORT.sub(_taken_over, _EXPORT.sub("", text))
    if re.search(r"^\s*(?:import|export)\b", text, re.MULTILINE):
        raise NotBundled(name)
    done[name] = f"const {_variable(name)} = (() => {{\n{text}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _taken_over(found: re.Match[str]) -> str:
    return f"const {{{found[1].replace(' as ', ': ')}}} = {_variable(found[2])};"


def _variable(name: str) -> str:
    return "module_" + name.replace("-", "_")


def _inside(text: str) -> str:
    """A script or style that can stand inside its element as it is."""
    if found := re.search(r"<!--|</?(?:script|style).{0,40}", text, re.IGNORECASE):
        raise NotBundled(found[0])
    return text


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
