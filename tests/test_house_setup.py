"""Set-up: dependencies declared once and the same everywhere, locks whole, a clean start in odd environments."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import _house

ROOT = _house.ROOT
CONDA_NAMES = {"dask-core": "dask", "matplotlib-base": "matplotlib"}
PACKAGE_OF = {
    "PIL": "pillow", "fontTools": "fonttools", "yaml": "pyyaml", "babel": "flask-babel",
    "jinja2": "flask", "argon2": "argon2-cffi", "werkzeug": "flask", "markupsafe": "flask",
}  # fmt: skip
OWN_TESTS = {path.stem for path in (ROOT / "tests").glob("*.py")}
HEAVY_AT_START = {"pandas", "geopandas", "shapely", "numpy", "flask", "folium", "sqlalchemy", "matplotlib", "pyogrio"}
STRAY = {"PROJ_DATA": "/nowhere/proj", "PROJ_LIB": "/nowhere/proj", "GDAL_DATA": "/nowhere/gdal"}
USES_EVERY_PROJ = """
import app
import numpy as np, pyproj, rasterio.crs, fiona.crs
from geo.crs import transform
import shapely
points = transform(np.array([shapely.Point(119.46, 29.21)], dtype=object), "EPSG:4490", "EPSG:4549")
print(round(points[0].x), rasterio.crs.CRS.from_epsg(4490).to_epsg(), fiona.crs.CRS.from_epsg(4549).to_epsg())
"""


def _project(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def _names(lines: list[str]) -> dict[str, str]:
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): str(one.specifier) for one in found}


def conda_differences(root: Path) -> list[str]:
    """Direct dependencies that environment.yml and pyproject.toml state differently."""
    lines = [line for line in yaml.safe_load((root / "environment.yml").read_text("utf-8"))["dependencies"]]
    conda = {CONDA_NAMES.get(name, name): spec for name, spec in _names(lines).items()}
    project = _project(root)
    pip = _names(project["dependencies"]) | {"python": str(Requirement("python" + project["requires-python"]).specifier)}
    differing = {name for name in conda.keys() | pip.keys() if conda.get(name) != pip.get(name)}
    return sorted(f"{name}: {conda.get(name)} {pip.get(name)}" for name in differing)


def undeclared_imports(root: Path) -> list[str]:
    """Third-party packages that are imported and not among the direct dependencies."""
    project = _project(root)
    run = set(_names(project["dependencies"]))
    extras = {name: set(_names(lines)) for name, lines in project["optional-dependencies"].items()}
    dev = run | extras["dev"] | {"packaging"}
    optional = {"geo/_numba.py": extras["fast"], "benchmarks/engines.py": extras["peers"] | {"duckdb"}}
    own = set(_house.FLOORS) | {"docs", "release", "tests", "benchmarks"} | OWN_TESTS | set(sys.stdlib_module_names)
    faults = []
    for path in _house.files(root, ".py"):
        allowed = run if _house.floor_of(path.relative_to(root)) else dev
        allowed = allowed | optional.get(path.relative_to(root).as_posix(), set())
        for line, name in _house.imports(path):
            top = name.split(".")[0]
            if top not in own and canonicalize_name(PACKAGE_OF.get(top, top)) not in allowed:
                faults.append(f"{path.relative_to(root)}:{line} {top}")
    return faults


def unlocked(root: Path, lock: str, lines: list[str]) -> list[str]:
    """Direct dependencies a lock file does not pin within their range."""
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (root / lock).read_text("utf-8"), re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    asked = [Requirement(line) for line in lines]
    return [
        str(one)
        for one in asked
        if not pins.get(canonicalize_name(one.name)) or not all(v in one.specifier for v in pins[canonicalize_name(one.name)])
    ]


def test_conda_and_pip_ask_for_the_same() -> None:
    assert conda_differences(ROOT) == []


@pytest.mark.parametrize("change", [("folium==0.20.0", "folium==0.19.0"), ("  - shapely>=2.1,<3\n", ""), ("<3.14", "<3.15")])
def test_a_difference_between_conda_and_pip_is_found(change: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "environment.yml").write_text((ROOT / "environment.yml").read_text("utf-8").replace(*change), "utf-8")
    assert len(conda_differences(tmp_path)) == 1


def test_every_import_is_a_direct_dependency() -> None:
    assert undeclared_imports(ROOT) == []


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "geo").mkdir()
    (tmp_path / "geo" / "a.py").write_text("import pytest\n", "utf-8")
    assert undeclared_imports(tmp_path) == ["geo/a.py:1 pytest"]


def test_locks_pin_every_direct_dependency() -> None:
    project = _project(ROOT)
    run, dev = project["dependencies"], project["optional-dependencies"]["dev"]
    assert unlocked(ROOT, "requirements.lock", run) == []
    assert unlocked(ROOT, "requirements-dev.lock", [*run, *dev]) == []


def test_a_missing_and_a_stale_pin_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.lock").write_text("flask==3.1.3 \\\n    --hash=sha256:abc\n", "utf-8")
    assert unlocked(tmp_path, "a.lock", ["flask>=3.1", "flask>=4", "click>=8"]) == ["flask>=4", "click>=8"]


def test_the_dev_lock_holds_the_pins_of_the_lock() -> None:
    texts = [(ROOT / name).read_text("utf-8") for name in ("requirements.lock", "requirements-dev.lock")]
    run, dev = (set(re.findall(r"^\S+==\S+", text, re.MULTILINE)) for text in texts)
    assert run <= dev


def test_the_version_is_stated_once_for_all() -> None:
    import app

    assert _project(ROOT)["version"] == app.VERSION


def test_help_loads_nothing_heavy() -> None:
    code = "import atexit, sys, app; atexit.register(lambda: print(*sys.modules)); app.cli(['--help'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    *told, loaded = done.stdout.splitlines()
    assert any("assess" in line for line in told)
    assert {name.split(".")[0] for name in loaded.split()} & HEAVY_AT_START == set()


def test_stray_data_folders_of_other_programs_do_no_harm() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CONDA_PREFIX"} | STRAY
    done = subprocess.run([sys.executable, "-c", USES_EVERY_PROJ], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["4490", "4549"]


def test_stray_data_folders_would_do_harm() -> None:
    code = USES_EVERY_PROJ.replace("import app\n", "")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | STRAY, capture_output=True, text=True)
    assert done.stdout.split()[1:] != ["4490", "4549"]
