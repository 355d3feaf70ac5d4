"""Resolves requirements.lock and requirements-dev.lock: universal, hashed, without any host name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {"requirements.lock": (), "requirements-dev.lock": ("--extra", "dev")}
HOST = re.compile(r"https?://|--index-url|--find-links|--extra-index-url")


def resolve(name: str, extras: tuple[str, ...]) -> None:
    """Write one lock file with the ordinary client configuration of this machine."""
    command = [
        sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *extras, "--universal", "--generate-hashes",
        "--only-binary", ":all:", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header",
        "--python-version", "3.11", "--quiet", "--output-file", name,
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)
    text = (ROOT / name).read_text("utf-8")
    if HOST.search(text):
        raise SystemExit(f"{name} names a host; check the client configuration")


if __name__ == "__main__":
    for target, extra in TARGETS.items():
        resolve(target, extra)
