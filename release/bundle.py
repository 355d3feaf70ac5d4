"""One zip that sets the product up without any network: ``make bundle``.

It holds the product's files, the map library, the wheels of ``requirements.lock`` for this platform and Python
version, and the scripts ``install`` and ``install.bat``. Unpack it, run one of them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from app import VERSION
from maps.assets import VENDOR, prepare

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    "commands", "views", "services", "maps", "store", "rules", "layers", "geo", "templates", "static", "translations",
    "data", "docs",
)  # fmt: skip
FILES = ("app.py", "requirements.lock", "README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE")
SCRIPTS = ("install", "install.bat", "install.py")
IDLE = {"__pycache__", ".mypy_cache", ".ruff_cache"}
STAMP = (2020, 1, 1, 0, 0, 0)
EXECUTABLE, PLAIN = 0o755 << 16, 0o644 << 16


def product_files() -> Iterator[tuple[Path, str]]:
    """(file, name inside the bundle) of everything but wheels."""
    for name in FILES:
        yield ROOT / name, name
    for name in SCRIPTS:
        yield ROOT / "release" / name, name
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not IDLE & set(path.parts):
                yield path, path.relative_to(ROOT).as_posix()


def download_wheels(folder: Path) -> list[Path]:
    """The locked wheels for this platform and Python, by their hashes, with the ordinary package client."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps", "--require-hashes",
        "--only-binary=:all:", "--dest", str(folder), "-r", str(ROOT / "requirements.lock"),
    ]  # fmt: skip
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit("安装包未生成：下载依赖失败 / no bundle: the wheels could not be downloaded")
    return sorted(folder.glob("*.whl"))


def build(target: Path, wheels: Path) -> Path:
    """Write the bundle.

    Args:
        target: folder of the zip. wheels: folder the wheels are kept in between builds.
    Returns:
        The zip.
    """
    prepare()
    target.mkdir(parents=True, exist_ok=True)
    name = f"bluesky-{VERSION}"
    part = target / f".{name}.zip.part"
    with zipfile.ZipFile(part, "w") as archive:
        for path, inside in product_files():
            _add(archive, path, f"{name}/{inside}", zipfile.ZIP_DEFLATED)
        for wheel in download_wheels(wheels):
            _add(archive, wheel, f"{name}/wheels/{wheel.name}", zipfile.ZIP_STORED)
        version = f"{sys.version_info[0]}.{sys.version_info[1]}\n"
        archive.writestr(zipfile.ZipInfo(f"{name}/python-version.txt", STAMP), version)
    finished = target / f"{name}.zip"
    part.replace(finished)
    return finished


def _add(archive: zipfile.ZipFile, path: Path, name: str, compression: int) -> None:
    """One file, with a fixed time, so that the same content gives the same zip."""
    entry = zipfile.ZipInfo(name, STAMP)
    entry.compress_type = compression
    entry.external_attr = EXECUTABLE if path.name == "install" else PLAIN
    with path.open("rb") as source, archive.open(entry, "w") as inside:
        while block := source.read(1 << 20):
            inside.write(block)


def main() -> int:
    """Build the bundle and say where it lies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=ROOT / "dist")
    parser.add_argument("--wheels", type=Path, default=ROOT / "dist" / "wheels")
    chosen = parser.parse_args()
    finished = build(chosen.target, chosen.wheels)
    size = finished.stat().st_size / 1e6
    print(f"{finished.name}: {size:.0f} MB, {len(list(VENDOR.iterdir()))} files of the map library")
    return 0


if __name__ == "__main__":
    sys.exit(main())
