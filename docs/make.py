"""Writes the generated parts of the docs, or checks that they are current: ``python -m docs.make [--check]``.

The parts stand between cog markers in the pages themselves.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cogapp import Cog

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "README.zh-CN.md", "docs/layers.md", "docs/rules.md")
MAKE_HINT = "run: make docs"


def rendered(page: Path) -> str:
    """A page as it should be."""
    return str(Cog().process_string(page.read_text("utf-8"), page.name))


def stale(root: Path = ROOT) -> list[str]:
    """Names of pages whose generated parts differ from what the code says."""
    return [name for name in PAGES if rendered(root / name) != (root / name).read_text("utf-8")]


def main(arguments: list[str]) -> int:
    """Write the pages; with ``--check`` only say which are stale."""
    old = stale()
    if "--check" in arguments:
        for name in old:
            print(f"{name} is not current; {MAKE_HINT}", file=sys.stderr)
        return 1 if old else 0
    for name in old:
        text = rendered(ROOT / name)
        (ROOT / name).write_text(text, "utf-8")
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
