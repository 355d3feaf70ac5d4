"""The bundle installs and runs with every package index switched off."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from release import bundle
from tests import _house
from tests._browser import in_ci

ROOT = _house.ROOT
NOWHERE = "http://127.0.0.1:9"
NO_NETWORK = {
    "PIP_INDEX_URL": f"{NOWHERE}/simple", "PIP_EXTRA_INDEX_URL": "", "PIP_NO_CACHE_DIR": "1", "http_proxy": NOWHERE,
    "https_proxy": NOWHERE, "HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "PYTHON": sys.executable,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip; the wheels are kept between runs under dist/, which git does not see."""
    try:
        return bundle.build(tmp_path_factory.mktemp("dist"), ROOT / "dist" / "wheels")
    except SystemExit as fault:
        if in_ci():
            raise
        pytest.skip(f"NO PACKAGE INDEX: {fault}")


def _unpack(made: Path, folder: Path) -> Path:
    with zipfile.ZipFile(made) as archive:
        archive.extractall(folder)
    return folder / made.stem


@pytest.mark.slow
def test_it_installs_and_runs_without_a_network(made: Path, tmp_path: Path) -> None:
    home = _unpack(made, tmp_path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "BLUESKY_"))} | NO_NETWORK
    done = subprocess.run(["sh", str(home / "install")], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    python = home / ".venv" / "bin" / "python"
    for command in (["-m", "maps.assets"], ["app.py", "demo"], ["app.py", "assess", "--as-of", "2021-07-01"]):
        ran = subprocess.run([str(python), *command], cwd=home, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (home / "instance" / "bluesky.sqlite").is_file()


@pytest.mark.slow
def test_it_refuses_another_python_version(made: Path, tmp_path: Path) -> None:
    home = _unpack(made, tmp_path)
    (home / "python-version.txt").write_text("3.99\n", "ascii")
    for command in (["sh", "install"], [sys.executable, "install.py"]):
        done = subprocess.run(command, cwd=home, capture_output=True, text=True)
        assert done.returncode == 1
        assert "3.99" in done.stderr
    assert not (home / ".venv").exists()


@pytest.mark.slow
def test_it_holds_every_file_of_the_floors_and_nothing_of_this_machine(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    wanted = {path.relative_to(ROOT).as_posix() for path in _house.product_files(ROOT)}
    assert wanted <= names
    assert {"install", "install.py", "install.bat", "requirements.lock", "static/vendor/leaflet.js"} <= names
    assert [name for name in names if name.endswith((".pyc", ".sqlite", ".key", ".log"))] == []
