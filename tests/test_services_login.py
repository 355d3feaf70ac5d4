"""Logging in: what a session is worth, growing delays, keys, everything in the audit log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from geo.errors import Conflict, NotFound, TryLater, WrongUsage
from geo.region import Region
from services import login, passwords
from services.accounts import (
    AccountTaken,
    AccountUnknown,
    LastAdmin,
    PasswordWrong,
    Profile,
    change_password,
    create,
    end_token,
    ensure_admin,
    make_token,
    reset_password,
    set_disabled,
    update,
)
from services.login import LoginFailed, Where, bearer_of, demo_accounts, enter_demo, log_in, log_out, session_of
from services.passwords import PasswordWeak, check_strength, verified
from services.people import account_page
from store import audit
from store.accounts import Duty
from store.open import Store

HERE = Where("127.0.0.1", "test")
GOOD = "three-lamps-on-a-river"


@pytest.fixture
def city(empty_store: Store) -> Store:
    create(empty_store, Profile("Admin", "管理员", ("admin",)), "test", GOOD)
    create(empty_store, Profile("head", "网格长", ("grid_head",)), "test", GOOD, [Duty("P-1")])
    return empty_store


class Clock(dt.datetime):
    """A clock that tests move."""

    ahead = dt.timedelta(0)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return dt.datetime.now(tz) + cls.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Clock]]:
    class Module:
        datetime, timedelta, UTC = Clock, dt.timedelta, dt.UTC

    monkeypatch.setattr(login, "dt", Module)
    yield Clock
    Clock.ahead = dt.timedelta(0)


def actions(store: Store, name: str) -> list[str]:
    return [entry["action"] for entry in account_page(store, name).entries]


def test_a_session_is_whose_it_is(city: Store, region: Region) -> None:
    secret = log_in(city, "HEAD", GOOD, HERE)
    found = session_of(city, region, secret)
    assert found is not None and found[0].name == "head" and found[0].area.cells == {"P-1"}
    assert session_of(city, region, secret[:-1] + "x") is None
    assert audit.verify(city) == []
    assert actions(city, "head")[0] == "login"


@pytest.mark.parametrize(("name", "password"), [("head", "wrong"), ("nobody", GOOD), ("head", ""), ("", ""), ("head'--", GOOD)])
def test_wrong_names_and_passwords_look_the_same(city: Store, name: str, password: str) -> None:
    with pytest.raises(LoginFailed) as failed:
        log_in(city, name, password, HERE)
    assert str(failed.value) == LoginFailed.zh


def test_a_session_dies_with_log_out_password_and_account(city: Store, region: Region) -> None:
    one, two, three = (log_in(city, "head", GOOD, HERE) for _ in range(3))
    principal, digest = session_of(city, region, one) or pytest.fail("no session")
    assert log_out(city, principal, digest, HERE) == 1
    assert session_of(city, region, one) is None and session_of(city, region, two) is not None
    keep = (session_of(city, region, two) or pytest.fail("no session"))[1]
    change_password(city, principal, GOOD, "another-long-sentence", keep)
    assert session_of(city, region, two) is not None and session_of(city, region, three) is None
    set_disabled(city, "head", True, "admin")
    assert session_of(city, region, two) is None
    with pytest.raises(LoginFailed):
        log_in(city, "head", "another-long-sentence", HERE)


def test_log_out_everywhere(city: Store, region: Region) -> None:
    secrets = [log_in(city, "head", GOOD, HERE) for _ in range(3)]
    principal, _ = session_of(city, region, secrets[0]) or pytest.fail("no session")
    assert log_out(city, principal, None, HERE) == 3
    assert all(session_of(city, region, secret) is None for secret in secrets)


def test_sessions_end_by_idleness_and_by_age(city: Store, region: Region, clock: type[Clock]) -> None:
    secret = log_in(city, "head", GOOD, HERE)
    for _ in range(14):
        clock.ahead += dt.timedelta(minutes=55)
        if clock.ahead < dt.timedelta(hours=12):
            assert session_of(city, region, secret) is not None, clock.ahead
    assert session_of(city, region, secret) is None, "twelve hours are over"
    secret = log_in(city, "head", GOOD, HERE)
    clock.ahead += dt.timedelta(minutes=61)
    assert session_of(city, region, secret) is None


def test_rights_change_with_the_next_request(city: Store, region: Region) -> None:
    secret = log_in(city, "head", GOOD, HERE)
    update(city, "head", Profile("head", "网格长", ("grid_head",)), "admin", [Duty("P-2")])
    principal, _ = session_of(city, region, secret) or pytest.fail("no session")
    assert principal.area.cells == {"P-2"}


def test_failures_are_answered_ever_later_and_forgotten_after_success(city: Store, clock: type[Clock]) -> None:
    for _ in range(login.FREE_TRIES):
        with pytest.raises(LoginFailed):
            log_in(city, "head", "wrong", HERE)
    waits = []
    for _ in range(4):
        with pytest.raises(TryLater) as later:
            log_in(city, "head", GOOD, HERE)
        waits.append(int(str(later.value.facts["seconds"])))
        clock.ahead += dt.timedelta(seconds=waits[-1])
        with pytest.raises(LoginFailed):
            log_in(city, "head", "wrong", HERE)
    assert waits == sorted(waits) and waits[0] <= 3 and waits[-1] >= 8
    log_in(city, "admin", GOOD, HERE)
    clock.ahead += dt.timedelta(seconds=60)
    log_in(city, "head", GOOD, HERE)
    with pytest.raises(LoginFailed):
        log_in(city, "head", "wrong", HERE)
    log_in(city, "head", GOOD, HERE)


def test_one_address_does_not_try_every_name(city: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "ADDRESS_TRIES", 3)
    for number in range(3):
        with pytest.raises(LoginFailed):
            log_in(city, f"name{number}", "wrong", HERE)
    with pytest.raises(TryLater):
        log_in(city, "head", GOOD, HERE)
    log_in(city, "head", GOOD, Where("127.0.0.2"))


def test_a_demo_account_enters_by_click_and_a_real_one_does_not(city: Store, region: Region) -> None:
    create(city, Profile("demo-x", "示例", ("viewer",), is_demo=True), "test")
    assert [one.name for one in demo_accounts(city)] == ["demo-x"]
    assert session_of(city, region, enter_demo(city, "demo-x", HERE))
    for name in ("head", "admin", "nobody"):
        with pytest.raises(LoginFailed):
            enter_demo(city, name, HERE)
    with pytest.raises(LoginFailed):
        log_in(city, "demo-x", "", HERE)


def test_a_key_may_what_it_says_until_it_ends(city: Store, region: Region, clock: type[Clock]) -> None:
    text = make_token(city, "admin", "report", ("view",), 2, "admin")
    found = bearer_of(city, region, text)
    assert found is not None and found.permissions == {"view", "public"}
    assert bearer_of(city, region, text + "x") is None and bearer_of(city, region, "") is None
    clock.ahead = dt.timedelta(days=2, seconds=1)
    assert bearer_of(city, region, text) is None
    clock.ahead = dt.timedelta(0)
    end_token(city, "admin", 1, "admin")
    assert bearer_of(city, region, text) is None
    with pytest.raises(NotFound):
        end_token(city, "admin", 1, "admin")
    for wrong in ((("fly",), 2), (("view",), 0), (("view",), 999)):
        with pytest.raises(WrongUsage):
            make_token(city, "admin", "", *wrong, "admin")


def test_the_first_start_makes_one_admin(empty_store: Store, region: Region) -> None:
    password = ensure_admin(empty_store)
    assert password is not None and ensure_admin(empty_store) is None
    found = session_of(empty_store, region, log_in(empty_store, "admin", password, HERE))
    assert found is not None and found[0].must_change
    change_password(empty_store, found[0], password, GOOD)
    after = session_of(empty_store, region, log_in(empty_store, "admin", GOOD, HERE))
    assert after is not None and not after[0].must_change


def test_accounts_that_cannot_be(city: Store) -> None:
    with pytest.raises(AccountTaken):
        create(city, Profile("HEAD", "x", ("viewer",)), "test")
    for name, roles in (("a", ("viewer",)), ("ab c", ("viewer",)), ("abc", ()), ("abc", ("king",))):
        with pytest.raises(WrongUsage):
            create(city, Profile(name, "x", roles), "test")
    with pytest.raises(LastAdmin):
        set_disabled(city, "admin", True, "admin")
    with pytest.raises(LastAdmin):
        update(city, "admin", Profile("admin", "x", ("viewer",)), "admin", [])
    with pytest.raises(AccountUnknown):
        reset_password(city, "nobody", "admin")
    with pytest.raises(Conflict):
        update(city, "head", Profile("head", "x", ("viewer",)), "admin", [], revision=99)
    assert account_page(city, "head").account.roles == ("grid_head",)


def test_a_reset_password_ends_sessions_and_keys_and_a_changed_one_keeps_the_keys(city: Store, region: Region) -> None:
    secret, token = log_in(city, "head", GOOD, HERE), make_token(city, "head", "t", (), 1, "head")
    principal, digest = session_of(city, region, secret) or pytest.fail("no session")
    change_password(city, principal, GOOD, "another-long-sentence", keep=digest)
    assert session_of(city, region, secret) and bearer_of(city, region, token)
    reset_password(city, "head", "admin")
    assert session_of(city, region, secret) is None and bearer_of(city, region, token) is None
    (told, *_) = account_page(city, "head").entries
    assert (told["action"], told["body"]) == ("account_password", {"sessions": 1, "tokens": 1})


def test_the_current_password_is_asked_for(city: Store, region: Region) -> None:
    principal, _ = session_of(city, region, log_in(city, "head", GOOD, HERE)) or pytest.fail("no session")
    with pytest.raises(PasswordWrong):
        change_password(city, principal, "wrong", "another-long-sentence")
    log_in(city, "head", GOOD, HERE)


@pytest.mark.parametrize(
    "weak", ["short", "password123", "12345678", "lanxi2021", "兰溪环保局", "qwertyuiop", "headhead1", "x" * 129]
)
def test_guessable_passwords_are_refused(weak: str) -> None:
    with pytest.raises(PasswordWeak):
        check_strength(weak, "head", "网格长")


@pytest.mark.parametrize("good", [GOOD, "三盏灯照着兰江水边的人", "kT7#vQ2!mZ", passwords.made_up()], ids=range(4))
def test_other_passwords_are_taken(good: str) -> None:
    check_strength(good, "head", "网格长")
    assert verified(good, passwords.hashed(good)) and not verified(good + "x", passwords.hashed(good))


def test_nothing_secret_lies_in_the_store(city: Store, region: Region) -> None:
    secret, token = log_in(city, "head", GOOD, HERE), make_token(city, "head", "n", (), 1, "admin")
    city.close()
    content = b"".join(file.read_bytes() for file in city.path.parent.iterdir())
    for text in (GOOD, secret, token):
        assert text.encode() not in content
