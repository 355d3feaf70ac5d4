"""Finds the Chromium of the browser tests, or gets one: ``python tests/_browser.py``.

In this order: ``BLUESKY_CHROMIUM``, a Chromium or Chrome of the system, apt (root on Debian), Playwright's own
browser. Where none is to be had the browser tests are skipped with a loud line; with ``CI=true`` that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FONT_FOLDERS = (Path("/usr/share/fonts"), Path.home() / ".fonts", Path.home() / ".local/share/fonts")
APT_PACKAGES = ("chromium", "fonts-noto-cjk")
INSTALL_SECONDS = 900
LOUD = """
==============================================================================
  NO BROWSER: the browser tests are SKIPPED. 浏览器测试被跳过。
  Install Chromium (apt install chromium fonts-noto-cjk), or name one:
  BLUESKY_CHROMIUM=/path/to/chrome make test
==============================================================================
"""


def in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a missing browser is a failure."""
    return environment.get("CI", "").lower() in ("true", "1")


def system_chromium(environment: Mapping[str, str] = os.environ) -> Path | None:
    """A browser named by the environment or found on the path."""
    named = environment.get("BLUESKY_CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    found = (shutil.which(name, path=environment.get("PATH")) for name in NAMES)
    return next((Path(place) for place in found if place), None)


def playwright_chromium() -> Path | None:
    """Playwright's own browser, where it has been installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    try:
        with sync_playwright() as driver:
            path = Path(driver.chromium.executable_path)
    except Exception:  # a missing or broken driver is the same as no browser
        return None
    return path if path.is_file() else None


def find_chromium() -> Path | None:
    """The browser to use, or None; installs nothing."""
    return system_chromium() or playwright_chromium()


def has_chinese_font() -> bool:
    """Whether pages and pictures can show Chinese."""
    patterns = ("*CJK*", "*SourceHan*", "*wqy*", "*NotoSansSC*")
    return any(next(folder.rglob(p), None) for folder in FONT_FOLDERS if folder.is_dir() for p in patterns)


def _is_root_on_debian() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _run(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, timeout=INSTALL_SECONDS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def get() -> Path | None:
    """Find a browser and Chinese fonts, or install them where that is allowed."""
    if _is_root_on_debian() and not (system_chromium() and has_chinese_font()):
        print("Installing chromium and fonts-noto-cjk …", flush=True)
        _run("apt-get", "update")
        _run("apt-get", "install", "-y", "--no-install-recommends", *APT_PACKAGES)
    found = find_chromium()
    if found is None and _run(sys.executable, "-m", "playwright", "install", "chromium"):
        found = playwright_chromium()
    return found


def main() -> int:
    """Say what was found; 1 only where a missing browser is a failure."""
    found = get()
    if found is not None:
        return 0
    print(LOUD, file=sys.stderr)
    return 1 if in_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
