"""This checkout keeps the rules of the house; small broken trees show that each check can fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import _house

LONG = "def long():\n" + "    x = 1\n" * 40
MANY = "def many(a, b, c, d, e, f, g, *h, i): ...\n"
HUGE = '"""A module."""\n' + "".join(f"X{n} = {n}\n" for n in range(_house.MAX_MODULE + 1))
PINNED = "six==1.17.0 \\\n    --hash=sha256:abc\n"

Check = Callable[[Path], list[str]]
BROKEN: list[tuple[Check, dict[str, str]]] = [
    (_house.upward_imports, {"geo/join.py": "import store.open\n"}),
    (_house.upward_imports, {"geo/join.py": "def late():\n    from layers._find import load_layers\n"}),
    (_house.upward_imports, {"rules/a.py": "import importlib\nX = importlib.import_module('services.assess')\n"}),
    (_house.upward_imports, {"maps/shell.py": "from store import features\n"}),
    (_house.upward_imports, {"services/a.py": "import app\n"}),
    (_house.forbidden_packages, {"layers/a.py": "import folium\n"}),
    (_house.forbidden_packages, {"views/zone.py": "from shapely import Point\n"}),
    (_house.shadowing_names, {"calendar/a.py": ""}),
    (_house.shadowing_names, {"queue.py": ""}),
    (_house.vague_names, {"services/_utils.py": ""}),
    (_house.vague_names, {"static/js/common/a.js": ""}),
    (_house.oversized, {"geo/a.py": LONG}),
    (_house.oversized, {"geo/a.py": MANY}),
    (_house.oversized, {"geo/a.py": HUGE}),
    (_house.oversized, {"static/js/a.js": "go();\n" * (_house.MAX_MODULE + 1)}),
    (_house.without_docstring, {"geo/a.py": "X = 1\n"}),
    (_house.silent_ignores, {"a.py": "import os  # noqa\n"}),
    (_house.silent_ignores, {"a.py": "import os  # noqa: F401\n"}),
    (_house.silent_ignores, {"a.py": "x: int = 'a'  # type: ignore[assignment]\n"}),
    (_house.machine_paths, {"docs/a.md": "see /home/" + "ann/city\n"}),
    (_house.machine_paths, {"a.py": "PLACE = '/root" + "/x'\n"}),
    (_house.foreign_hosts, {"templates/a.html": '<script src="https://cdn.example.com/a.js"></script>'}),
    (_house.foreign_hosts, {"static/css/a.css": "a { background: url(//fonts.example.com/a.woff) }"}),
    (_house.foreign_hosts, {"maps/a.py": "TILES = 'http://tile.example.org/{z}'\n"}),
    (_house.unsafe_markup, {"templates/a.html": "<script>let a = 1</script>"}),
    (_house.unsafe_markup, {"templates/a.html": '<p style="color: red">'}),
    (_house.unsafe_markup, {"templates/a.html": "<button onclick='go()'>"}),
    (_house.unsafe_markup, {"templates/a.html": "{{ name|safe }}"}),
    (_house.unsafe_markup, {"static/js/a.js": "box.innerHTML = name;"}),
    (_house.unsafe_markup, {"static/js/a.js": "eval(text)"}),
    (_house.unsafe_markup, {"views/a.py": "page = render_template_string(text)"}),
    (_house.upward_imports, {"views/a.py": "from store import features\n"}),
    (_house.lock_hosts, {"requirements.lock": "six==1.17.0\n"}),
    (_house.lock_hosts, {"requirements.lock": "six>=1 \\\n    --hash=sha256:abc\n"}),
    (_house.lock_hosts, {"requirements.lock": "--index-url https://pypi.example.org/simple\n" + PINNED}),
]
CLEAN = {
    "geo/join.py": '"""Joins."""\n\n\ndef match(a, b):\n    """Match."""\n    return a, b\n',
    "services/assess.py": '"""Assess."""\nfrom geo.join import match\nimport os  # noqa: F401  the twin needs one\n',
    "templates/a.html": '<svg xmlns="http://www.w3.org/2000/svg"></svg><script type="module" src="/static/js/a.js"></script>',
    "static/js/a.js": "box.textContent = name;",
    "requirements.lock": PINNED,
}
CHECKS = list(dict.fromkeys(check for check, _ in BROKEN))


def _tree(root: Path, contents: dict[str, str]) -> Path:
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_this_checkout_has_no_fault(check: Check) -> None:
    assert check(_house.ROOT) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_clean_tree_has_no_fault(check: Check, tmp_path: Path) -> None:
    assert check(_tree(tmp_path, CLEAN)) == []


@pytest.mark.parametrize(("check", "tree"), BROKEN, ids=[f"{check.__name__}-{n}" for n, (check, _) in enumerate(BROKEN)])
def test_a_broken_tree_has_a_fault(check: Check, tree: dict[str, str], tmp_path: Path) -> None:
    assert len(check(_tree(tmp_path, tree))) == 1


def test_docstrings_comments_and_blanks_are_no_code() -> None:
    source = '"""Doc\nstring."""\n\n# comment\nx = """two\nlines"""\n\n\ndef f():\n    """Doc."""\n    return x  # why\n'
    assert _house.code_lines(source) == {5, 6, 9, 11}


def test_every_floor_exists() -> None:
    names = {path.name.removesuffix(".py") for path in _house.ROOT.iterdir()}
    assert set(_house.FLOORS) <= names


LOADED = """
import pkgutil, importlib, sys
for floor in ("geo", "layers", "rules"):
    package = importlib.import_module(floor)
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "_reader_process":
            importlib.import_module(f"{floor}.{module.name}")
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_lower_floors_load_without_web_maps_and_database() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=_house.ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"geo", "layers", "rules", "shapely"} <= loaded
    assert loaded & set(_house.HEAVY) == set()
