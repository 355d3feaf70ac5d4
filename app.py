"""Blue-Sky Map 蓝天一张图: the composition root. ``python app.py --help`` lists the commands."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

for _name in ("PROJ_DATA", "PROJ_LIB", "GDAL_DATA"):
    if not os.environ.get("CONDA_PREFIX"):
        os.environ.pop(_name, None)  # a stray one from QGIS or apt breaks rasterio and fiona silently

from commands._base import Commands, Context, speak  # noqa: E402  the environment must be clean before any import below

if TYPE_CHECKING:
    from flask import Flask

    from geo.region import Region
    from store.open import Store
    from views._page import Page

VERSION = "0.1.0"
COMMANDS = {
    "start": "commands.serve",
    "demo": "commands.data",
    "import": "commands.data",
    "bring-back": "commands.bringback",
    "takeback": "commands.data",
    "retire": "commands.data",
    "assess": "commands.judge",
    "join": "commands.judge",
    "export-partitions": "commands.partitions",
    "screen": "commands.partitions",
    "import-findings": "commands.partitions",
    "export": "commands.data",
    "snapshot": "commands.snapshot",
    "map": "commands.picture",
    "layers": "commands.lists",
    "rules": "commands.lists",
    "serve": "commands.serve",
    "check": "commands.upkeep",
    "backup": "commands.upkeep",
    "restore": "commands.upkeep",
    "upgrade": "commands.upkeep",
    "audit": "commands.upkeep",
    "user": "commands.accounts",
    "grid": "commands.grid",
    "store": "commands.stores",
    "raster": "commands.raster",
    "webhooks": "commands.webhooks",
}
PAGES = (
    "overview", "findings", "zone", "facility", "sheet",
    "cell", "cases", "fieldwork", "round", "papers", "ledger", "grid", "assignment",
    "edit", "retire", "corrections",
    "plan", "plan_publish", "plan_papers", "zone_history", "compare", "api_drafts", "api_draft_steps",
    "search", "data", "snapshots", "imports", "bringback", "quarantine", "about", "help", "login", "account", "users",
    "rasters", "api_rasters", "exposure", "hot", "basemaps", "ogc",
    "api_layers", "api_facilities", "api_view", "api_cases", "api_findings", "api_impact",
    "webhooks", "health", "metrics", "shell_file", "offline",
)  # fmt: skip
"""Files of ``views/`` whose pages are served."""


@click.group(cls=Commands, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--store", metavar="PLACE",
    help="A file, or the address of a PostGIS database; default BLUESKY_DATABASE_URL, else instance/bluesky.sqlite.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), is_eager=True, expose_value=False, callback=speak,
    help="Language of messages; default zh or BLUESKY_LANG.",
)
@click.version_option(VERSION, "-V", "--version", message="%(version)s")
@click.pass_context
def cli(ctx: click.Context, store: str | None) -> None:
    """Blue-Sky Map 蓝天一张图: layers in, rules judged, flagged facilities on an offline map.

    \b
    Examples:
      python app.py demo
      python app.py import no_burn_zones zones.geojson
      python app.py assess --as-of 2021-07-01 --out findings.csv
      python app.py --store other.sqlite serve
    """
    ctx.obj = Context(store)
    ctx.call_on_close(ctx.obj.close)


def create_app(store: Store | None = None, region: Region | None = None, **front: Any) -> Flask:
    """The web application, with every page it has.

    Args:
        front: how it is reached, as in ``views._front.Front``; by default from this machine only.
        store: an open store; default: the one ``BLUESKY_DATABASE_URL`` or the default path names.
        region: default: ``data/region.toml``.
    Raises:
        StoreMissing, RouteUnprotected: the start stops with a sentence.
    """
    from geo.region import load_region
    from views._app import make_flask
    from views._front import Front
    from views._page import register

    app = make_flask(store or Context(None).store(), region or load_region(), front=Front(**front))
    register(app, pages())
    return app


def pages() -> list[Page]:
    """Every page and API resource, in one visible list (``PAGES``): a URL is a promise and a permission."""
    return [page for name in PAGES for page in import_module(f"views.{name}").PAGES]


if __name__ == "__main__":
    cli(prog_name="python app.py", args=sys.argv[1:])
