"""The OGC API under tools that are no part of the product: schemathesis and QGIS, where they are there.

``python -m tests._ogc_check`` (``make ogc-check``); what is missing is said aloud. Neither is in the lock files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from geo.region import load_region
from store.open import open_store

QGIS = """
import sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
QgsApplication.setPrefixPath("/usr", True)
program = QgsApplication([], False)
program.initQgis()
for name in ("enterprises", "no_burn_zones"):
    address, user, key = sys.argv[1:]
    layer = QgsVectorLayer(f"url='{address}' typename='{name}' username='{user}' password='{key}'", name, "OAPIF")
    assert layer.isValid(), layer.error().message()
    rows = list(layer.getFeatures())
    box = rows[0].geometry().boundingBox()
    assert 119 < box.xMinimum() < 120 and 29 < box.yMinimum() < 30, "axes"
    near = list(layer.getFeatures(QgsFeatureRequest().setFilterRect(QgsRectangle(119.3, 29.1, 119.5, 29.3))))
    print(f"QGIS {name}: {len(rows)} features, {len(near)} in a box, {layer.crs().authid()}")
"""


def _schemathesis(address: str, key: str) -> int:
    program = shutil.which("schemathesis")
    if program is None:
        print("NO SCHEMATHESIS: not run. Install it into an environment of its own and put that on the PATH.")
        return 0
    print("schemathesis …")
    return subprocess.run([
        program, "run", f"{address}/ogc/api", "--header", f"Authorization: Bearer {key}", "--phases", "examples,coverage,fuzzing",
        "--max-examples", "15", "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ], check=False).returncode  # fmt: skip


def _qgis(address: str, key: str) -> int:
    python = shutil.which("python3", path="/usr/bin:/bin")  # the system's own: a virtual environment does not see QGIS
    if python is None or subprocess.run([python, "-c", "import qgis.core"], check=False, capture_output=True).returncode:
        print("NO QGIS: not run. On Debian: apt-get install --no-install-recommends python3-qgis qgis-providers")
        return 0
    told = [python, "-c", QGIS, f"{address}/ogc", "demo-admin", key]
    with tempfile.TemporaryDirectory() as home:
        around = {"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin", "HOME": home}
        return subprocess.run(told, check=False, env=around).returncode


def main() -> int:
    """Serve the example city on the loopback and let every tool that is there look at it."""
    from services.accounts import make_token
    from services.demo import fill
    from tests.conftest import serve

    region, failed = load_region(), 0
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "ogc.sqlite", create=True)
        fill(store, region)
        running = serve(store, region)
        site, key = next(running), make_token(store, "demo-admin", "check", ("view", "personal"), 1, "check")
        try:
            failed += _schemathesis(site.address, key)
            failed += _qgis(site.address, key)
        finally:
            next(running, None)  # stops the server, whose threads would go on
            store.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
