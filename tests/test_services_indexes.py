"""Indexes of a store's zones: made for many subjects only, kept beside the store, told on request."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from app import cli
from geo import _kept, _numba
from geo.region import Region
from services import _indexes
from services.assess import assess
from store.open import Store

DAY = dt.date(2021, 7, 1)


def test_few_subjects_need_no_index(demo_copy: Store, region: Region) -> None:
    with mock.patch.object(_indexes, "prepare") as prepare:
        assess(demo_copy, region, DAY)
    assert not prepare.called
    assert not _indexes.index_folder(demo_copy).exists()


def test_with_many_subjects_every_zone_layer_has_one_and_the_findings_stay(demo_copy: Store, region: Region) -> None:
    before = assess(demo_copy, region, DAY)
    asked = []

    def prepare(zones: object, points: int, folder: Path) -> None:
        asked.append((len(zones), points, folder))  # type: ignore[arg-type]  # an array of zones

    with mock.patch.object(_indexes, "TABLE_FROM", 10), mock.patch.object(_indexes, "prepare", prepare):
        assert assess(demo_copy, region, DAY).run_hash == before.run_hash
    assert len(asked) >= 5
    assert {folder.name for _, _, folder in asked} == {"demo.sqlite.index"}


@pytest.mark.skipif(not _numba.ready(), reason="numba is not installed, or its kernels are not compiled (python -m geo._warm)")
def test_tables_beside_the_store_give_the_same_findings(demo_copy: Store, region: Region) -> None:
    before = assess(demo_copy, region, DAY)
    for _ in range(2):
        _kept.forget()
        with mock.patch.object(_indexes, "TABLE_FROM", 10):
            assert assess(demo_copy, region, DAY).run_hash == before.run_hash
        assert list(_indexes.index_folder(demo_copy).glob("*.table"))


def test_verbose_says_how_joins_were_done(demo_path: Path) -> None:
    arguments = ["--store", str(demo_path), "assess", "--as-of", "2021-07-01", "--rules", "R11-NBZ"]
    told = CliRunner().invoke(cli, [*arguments, "--verbose"], catch_exceptions=False).stderr
    assert "match: prepared, by x" in told
    assert "pairs" in told
    assert "match:" not in CliRunner().invoke(cli, arguments, catch_exceptions=False).stderr
