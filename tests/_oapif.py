"""GDAL's OAPIF driver in a process of its own: it holds the interpreter while it waits for a server.

``python -m tests._oapif ADDRESS CONFIG READS``: options of GDAL, and arguments of ``read_dataframe`` by name, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

TIMEOUT_SECONDS = 60


def read(address: str, config: dict[str, str], reads: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What GDAL makes of the layers of a site.

    Returns:
        ``layers``, and for each read its rows: columns without geometry, ``x`` and ``y`` of points; or ``fault``.
    """
    told = [address, json.dumps(config), json.dumps(reads)]
    done = subprocess.run(
        [sys.executable, "-m", "tests._oapif", *told], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _tuples(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}


def _main(address: str, config: dict[str, str], reads: dict[str, dict[str, Any]]) -> dict[str, Any]:
    import pyogrio

    pyogrio.set_gdal_config_options({"GDAL_HTTP_TIMEOUT": "30", "NO_PROXY": "127.0.0.1", **config})
    try:
        made: dict[str, Any] = {"layers": [str(name) for name, _ in pyogrio.list_layers(f"OAPIF:{address}")]}
        for name, asked in reads.items():
            found = pyogrio.read_dataframe(f"OAPIF:{address}", **_tuples(asked))
            rows = found.drop(columns="geometry", errors="ignore")
            if "geometry" in found:
                points = found.geometry.representative_point()
                rows = rows.assign(x=points.x, y=points.y)
            made[name] = json.loads(rows.to_json(orient="records", date_format="iso", double_precision=12))
    except pyogrio.errors.DataSourceError as fault:
        return {"fault": str(fault)}
    return made


if __name__ == "__main__":
    print(json.dumps(_main(sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3]))))
