"""The night: deadlines turn T into V by themselves, twice is as once, personal data goes when it is due."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from app import cli
from geo.region import Region, RegionUnreadable, Retention, load_region
from services.accounts import make_token, set_disabled
from services.journal import verify
from services.login import Where, log_in
from services.nightly import last_night, night
from services.retention import Removed, retain
from services.uploads import folder_of
from store import audit, cases, runs
from store.account_tables import account, session, token
from store.case_tables import field_record
from store.models import audit_log
from store.open import Store
from tests._filled_store import PASSWORD, fill

BEFORE, AFTER = dt.date(2020, 6, 30), dt.date(2021, 7, 1)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def verdicts(store: Store) -> dict[int, str]:
    with store.read() as connection:
        return {case.id: case.verdict for case in cases.every(connection, open_only=True)}


def test_deadlines_turn_running_cases_into_violations(demo_copy: Store, region: Region) -> None:
    night(demo_copy, region, BEFORE)
    before = verdicts(demo_copy)
    assert "T" in before.values()
    done = night(demo_copy, region, AFTER)
    after = verdicts(demo_copy)
    turned = [number for number, verdict in before.items() if verdict == "T" and after.get(number) == "V"]
    assert turned and set(turned) <= set(done.cases.updated)
    with demo_copy.read() as connection:
        event = next(one for one in cases.events(connection, turned[0]) if one.kind == "basis_changed")
    assert event.body["why"] == "nightly" and event.body["verdict"] == "V"
    assert verify(demo_copy) == []


def test_twice_is_as_once(demo_copy: Store, region: Region) -> None:
    first = night(demo_copy, region, AFTER)
    assert first.run is not None and first.findings > 500
    state, number = verdicts(demo_copy), len(runs.latest(demo_copy))
    again = night(demo_copy, region, AFTER)
    assert again.run is None and not (again.cases.opened or again.cases.updated or again.cases.closed)
    assert verdicts(demo_copy) == state and len(runs.latest(demo_copy)) == number
    tomorrow = night(demo_copy, region, AFTER + dt.timedelta(days=1))
    assert tomorrow.run is None, "another day with the same verdicts is no news"
    assert night(demo_copy, region, BEFORE).run is not None
    assert last_night(demo_copy) is not None


def test_the_command_says_what_it_did_and_takes_no_other_option(demo_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--store", str(demo_path), "assess", *arguments], env={"BLUESKY_LANG": "en"})
        return done.exit_code, done.output

    code, told = run("--nightly")
    assert code == 0 and "Night of" in told
    assert run("--nightly")[0] == 0 and "verdicts as in the last run" in run("--nightly")[1]
    assert run("--nightly", "--as-of", "2021-07-01")[0] == 2
    done = CliRunner().invoke(cli, ["--store", str(demo_path.with_name("none.sqlite")), "assess", "--nightly"])
    assert done.exit_code == 1


def test_personal_data_goes_when_it_is_due(empty_store: Store) -> None:
    fill(empty_store)
    for name in ("zhang", "chief"):
        log_in(empty_store, name, PASSWORD, Where("192.0.2.44", "a browser"))
    make_token(empty_store, "chief", "old", (), 1, "test")
    make_token(empty_store, "chief", "new", (), 300, "test")
    set_disabled(empty_store, "zhang", True, "test")
    with empty_store.write() as connection:
        connection.execute(update(account).where(account.c.name == "zhang").values(phone="0579-2"))
        connection.execute(update(session).values(created_at=LONG_AGO, seen_at=LONG_AGO))
        connection.execute(update(session).where(session.c.ended_at.is_not(None)).values(ended_at=LONG_AGO))
        connection.execute(update(account).where(account.c.disabled_at.is_not(None)).values(disabled_at=LONG_AGO))
        connection.execute(update(token).where(token.c.note == "old").values(expires_at=LONG_AGO))
        audit.append(connection, empty_store, audit.Entry("test", "clock", "store", {}), dt.datetime.now(dt.UTC))
    assert retain(empty_store, Retention(0, 0, 0)) == Removed(), "off: kept"
    assert retain(empty_store, Retention()) == Removed(1, 1, 1)
    assert retain(empty_store, Retention()) == Removed(), "once is enough"
    with empty_store.read() as connection:
        assert connection.execute(select(account.c.phone).order_by(account.c.id)).scalars().all() == ["0579-1", None]
        assert len(connection.execute(select(session.c.ended_at)).scalars().all()) == 1, "ended tonight, gone in 30 days"
        assert connection.execute(select(token.c.note)).scalars().all() == ["new"]
        assert connection.execute(select(field_record.c.actor)).scalars().all() == ["zhang"], "evidence stays"
    assert verify(empty_store) == []


def test_no_address_and_no_typed_name_lies_in_the_store(sqlite_store: Store) -> None:
    fill(sqlite_store)
    log_in(sqlite_store, "chief", PASSWORD, Where("192.0.2.44", "a browser"))
    for name in ("my-secret-password", "zhang"):
        with pytest.raises(Exception, match="账号或密码"):
            log_in(sqlite_store, name, "wrong", Where("192.0.2.44"))
    with sqlite_store.read() as connection:
        entries = [tuple(row) for row in connection.execute(select(audit_log.c.object, audit_log.c.action, audit_log.c.body))]
    assert [row[:2] for row in entries[-3:]] == [("chief", "login"), ("-", "login_failed"), ("zhang", "login_failed")]
    marks = {json.loads(row[2])["address"] for row in entries[-3:]}
    assert len(marks) == 1, "the same place has the same mark"
    sqlite_store.close()
    content = sqlite_store.path.read_bytes()
    assert b"192.0.2.44" not in content and b"my-secret-password" not in content


@pytest.mark.parametrize("setting", ["sessions_days = -1", 'phones_days = "long"', "photos_days = 3", "tokens_days = true"])
def test_a_wrong_setting_is_refused(setting: str, tmp_path: Path, region: Region) -> None:
    text = (Path(__file__).resolve().parent.parent / "data" / "region.toml").read_text("utf-8")
    (tmp_path / "region.toml").write_text(text.split("[retention]")[0] + f"[retention]\n{setting}\n", "utf-8")
    with pytest.raises(RegionUnreadable):
        load_region(tmp_path / "region.toml")
    (tmp_path / "region.toml").write_text(text.split("[retention]")[0], "utf-8")
    assert load_region(tmp_path / "region.toml") == dataclasses.replace(region, retention=Retention())


def test_old_uploads_go(demo_copy: Store, region: Region) -> None:
    old, young = (folder_of(demo_copy) / name for name in ("a" * 16, "b" * 16))
    for place in (old, young):
        place.mkdir(parents=True)
    os.utime(old, (0, 0))
    night(demo_copy, region, AFTER)
    assert (old.exists(), young.exists()) == (False, True)
