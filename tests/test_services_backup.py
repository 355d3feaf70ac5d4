"""Backup and restore: everything comes back, nothing damaged does, and a killed restore leaves one state or the other."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from geo.errors import BlueSkyError
from services.backup import BackupExists, backup_store, prune
from services.journal import verify
from services.login import Where, log_in
from services.restore import BackupUnusable, StoreInTheWay, restore_store
from store import audit, records
from store._content import canonical
from store.errors import StoreForeign, StoreInUse
from store.open import Store, open_store
from tests._filled_store import PASSWORD, add_record, fill
from tests._raw import is_postgres
from tests._store_rows import put_zones, validity, zone

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "store.sqlite"


@pytest.fixture
def archive(empty_store: Store, tmp_path: Path) -> Path:
    """A backup of a filled store."""
    fill(empty_store)
    made = backup_store(empty_store, tmp_path / "backup.zip")
    assert made.faults == [] and made.files == 1
    return tmp_path / "backup.zip"


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None], honest: bool = True) -> Path:
    """The same backup with other contents; ``honest``: its list of contents is made to fit."""
    import hashlib

    with zipfile.ZipFile(archive) as old:
        files = {name: old.read(name) for name in old.namelist()}
    change(files)
    if honest:
        told = json.loads(files.pop("manifest.json"))
        told["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        files["manifest.json"] = canonical(told).encode()
    with zipfile.ZipFile(archive, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    return archive


def test_everything_comes_back(archive: Path, empty_store: Store, tmp_path: Path) -> None:
    head = audit.head(empty_store)
    done = restore_store(tmp_path / "new" / "city.sqlite", archive)
    assert done.head == head and done.files == 1 and done.kept is None
    again = open_store(tmp_path / "new" / "city.sqlite")
    assert validity(again) == [("A", "2020-01-01", "-")] and verify(again) == []
    assert [records.file_of(again, digest) is not None for digest in records.kept_files(again)] == [True]
    assert audit.head(again)[0] == head[0] + 1, "the restoring is an entry of its own"
    log_in(again, "chief", PASSWORD, Where("127.0.0.1"))
    again.close()
    assert sorted(place.name for place in (tmp_path / "new").iterdir()) == [
        "city.sqlite", "city.sqlite.anchor", "city.sqlite.files", "city.sqlite.key",
    ]  # fmt: skip


def test_a_backup_is_for_its_owner_alone_and_never_written_over(archive: Path, empty_store: Store, tmp_path: Path) -> None:
    if os.name == "posix":
        assert archive.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BackupExists):
        backup_store(empty_store, archive)
    with pytest.raises(BlueSkyError):
        backup_store(empty_store, tmp_path / "no" / "folder.zip")
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_of_a_store_in_use_is_consistent(empty_store: Store, tmp_path: Path) -> None:
    fill(empty_store)
    done = threading.Event()

    def write() -> None:
        for turn in range(10_000):
            if done.is_set():
                return
            add_record(empty_store, f"photo {turn}".encode())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(4):
            assert backup_store(empty_store, tmp_path / f"{turn}.zip").faults == []
    finally:
        done.set()
        writer.join()
    for turn in range(4):
        restore_store(tmp_path / f"r{turn}.sqlite", tmp_path / f"{turn}.zip")
        again = open_store(tmp_path / f"r{turn}.sqlite")
        assert verify(again) == []
        again.close()


def test_a_lost_photo_is_told_and_the_rest_is_kept(empty_store: Store, tmp_path: Path) -> None:
    digest = fill(empty_store)
    (records.folder_of(empty_store) / digest[:2] / digest).write_bytes(b"another photo")
    assert verify(empty_store) == [f"photo {digest[:12]}: missing or changed"]
    made = backup_store(empty_store, tmp_path / "b.zip")
    assert made.faults == [f"photo {digest[:12]}: missing or changed"]
    assert restore_store(tmp_path / "r.sqlite", tmp_path / "b.zip").faults == made.faults


def test_a_store_is_not_overwritten_unless_told(archive: Path, empty_store: Store, tmp_path: Path) -> None:
    if is_postgres(empty_store):
        pytest.skip("a file is replaced, a database never")
    put_zones(empty_store, zone("B", "2020-01-01", place=3))
    with pytest.raises(StoreInTheWay):
        restore_store(empty_store.path, archive)
    with pytest.raises(StoreInUse):
        restore_store(empty_store.path, archive, replace=True)
    assert validity(empty_store, "B") and verify(empty_store) == []
    empty_store.close()
    kept = restore_store(empty_store.path, archive, replace=True).kept
    again = open_store(empty_store.path)
    assert validity(again) == [("A", "2020-01-01", "-")] and verify(again) == []
    again.close()
    former = open_store(tmp_path / str(kept))
    assert validity(former, "B") and audit.verify(former) == []
    former.close()


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_damaged_backup_is_refused(place: float, archive: Path, tmp_path: Path) -> None:
    content = bytearray(archive.read_bytes())
    middle = int(len(content) * place)
    content[middle : middle + 40] = bytes(40)
    archive.write_bytes(content)
    with pytest.raises(BackupUnusable):
        restore_store(tmp_path / "r.sqlite", archive)
    assert not list(tmp_path.glob("r.sqlite*"))


def _swap_photo(files: dict[str, bytes]) -> None:
    files[next(name for name in files if ".files/" in name)] = b"another photo"


def _lose_photo(files: dict[str, bytes]) -> None:
    del files[next(name for name in files if ".files/" in name)]


def _climb_out(files: dict[str, bytes]) -> None:
    files["../../evil.txt"] = b"evil"


def _new_key(files: dict[str, bytes]) -> None:
    files[f"{INSIDE}.key"] = b"0" * 64


def _no_store(files: dict[str, bytes]) -> None:
    files[INSIDE] = b"no database"


def _promote(files: dict[str, bytes]) -> None:
    """Somebody makes the grid head an administrator inside the backup."""
    place = Path(os.environ["PYTEST_TMP"]) / "inside.sqlite"
    place.write_bytes(files[INSIDE])
    with closing(sqlite3.connect(place)) as raw:
        raw.execute("UPDATE account SET roles = 'admin' WHERE name = 'zhang'")
        raw.commit()
    files[INSIDE] = place.read_bytes()


@pytest.mark.parametrize("change", [_swap_photo, _lose_photo, _climb_out, _new_key, _no_store, _promote])
@pytest.mark.parametrize("honest", [True, False])
def test_a_changed_backup_is_refused(
    change: Callable[[dict[str, bytes]], None], honest: bool, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("PYTEST_TMP", str(tmp_path / "scratch"))
    rewritten(archive, change, honest)
    with pytest.raises(BlueSkyError) as refused:
        restore_store(tmp_path / "deep" / "er" / "r.sqlite", archive)
    assert isinstance(refused.value, StoreForeign if honest and change is _no_store else BackupUnusable)
    assert not [place for place in tmp_path.rglob("*") if "r.sqlite" in place.name or place.name == "evil.txt"]


def test_the_key_can_be_kept_apart(empty_store: Store, tmp_path: Path) -> None:
    fill(empty_store)
    backup_store(empty_store, tmp_path / "b.zip", tmp_path / "chain.key")
    with zipfile.ZipFile(tmp_path / "b.zip") as made:
        assert f"{INSIDE}.key" not in made.namelist()
    with pytest.raises(BackupUnusable, match="key is lost"):
        restore_store(tmp_path / "r.sqlite", tmp_path / "b.zip")
    restore_store(tmp_path / "r.sqlite", tmp_path / "b.zip", key=tmp_path / "chain.key")
    assert verify(open_store(tmp_path / "r.sqlite")) == []


def test_old_backups_of_a_folder_are_removed(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / f"bluesky-2026110{day}-020000.zip").touch()
    (tmp_path / "own.zip").touch()
    assert prune(tmp_path, 2) == 3
    assert sorted(place.name for place in tmp_path.iterdir()) == [
        "bluesky-20261104-020000.zip", "bluesky-20261105-020000.zip", "own.zip",
    ]  # fmt: skip


_KILLED = """
import os, signal, sys
from pathlib import Path
from store import _swap
from services.restore import restore_store

step = int(sys.argv[3])
real, count = Path.replace, [0]

def replace(self, target):
    count[0] += 1
    if count[0] == step:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)

Path.replace = replace
restore_store(Path(sys.argv[1]), Path(sys.argv[2]), replace=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_a_killed_restore_leaves_the_former_state_or_the_new_one(step: int, archive: Path, empty_store: Store) -> None:
    if is_postgres(empty_store):
        pytest.skip("a file is replaced, a database never")
    """Step 1 decides: before it the former store stands, after it the next opening moves the rest in."""
    put_zones(empty_store, zone("B", "2020-01-01", place=3))
    shutil.rmtree(records.folder_of(empty_store))
    photo = add_record(empty_store, b"later photo")
    empty_store.close()
    command = [sys.executable, "-c", _KILLED, str(empty_store.path), str(archive), str(step)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    again = open_store(empty_store.path)
    assert bool(validity(again, "B")) == (step == 1)
    assert audit.verify(again) == []
    if step > 1:
        assert verify(again) == []
    assert records.file_of(again, photo) is not None, "photos are never taken away"
    again.close()
