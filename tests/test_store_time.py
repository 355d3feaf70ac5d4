"""What was in force on day D, as known at time T: versions of zones, corrections, retirements."""

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import WrongUsage
from services.retire import retire
from store import changes, features
from store.errors import FeatureMissing
from store.open import Store
from tests._often import often
from tests._raw import Makers
from tests._store_rows import ZONES, day, in_force, put_zones, validity, zone


def _known(store: Store) -> dt.datetime:
    """The instant of the last change."""
    return changes.log(store, limit=1)[0]["at"]


def test_a_later_version_ends_the_former_the_day_before(empty_store: Store) -> None:
    put_zones(empty_store, zone("NBZ2", "2019-09-01"))
    report = put_zones(empty_store, zone("NBZ2", "2020-03-01", place=1))
    assert (report.new, report.changed, report.unchanged, report.revision) == (1, 0, 0, 2)
    assert validity(empty_store) == [("NBZ2", "2019-09-01", "2020-02-29"), ("NBZ2", "2020-03-01", "-")]
    assert in_force(empty_store, "2020-02-29") == ["NBZ2@2019-09-01#2"]
    assert in_force(empty_store, "2020-03-01") == ["NBZ2@2020-03-01#2"]
    assert in_force(empty_store, "2019-08-31") == []


def test_an_earlier_version_that_arrives_later_ends_before_the_other(empty_store: Store) -> None:
    put_zones(empty_store, zone("NBZ2", "2020-03-01"))
    put_zones(empty_store, zone("NBZ2", "2019-09-01", place=1))
    assert validity(empty_store) == [("NBZ2", "2019-09-01", "2020-02-29"), ("NBZ2", "2020-03-01", "-")]
    assert in_force(empty_store, "2020-03-01") == ["NBZ2@2020-03-01#1"], "the standing version was not touched"


def test_a_filed_end_stays_where_it_is_earlier_and_the_filed_cell_stays_always(empty_store: Store) -> None:
    put_zones(
        empty_store,
        zone("A", "2019-01-01", "2019-06-30"),
        zone("A", "2020-01-01", "2025-12-31"),
        zone("A", "2021-01-01"),
    )
    expected = [("A", "2019-01-01", "2019-06-30"), ("A", "2020-01-01", "2020-12-31"), ("A", "2021-01-01", "-")]
    assert validity(empty_store) == expected
    assert in_force(empty_store, "2019-12-31") == []
    filed = features.recorded(empty_store, ZONES)["effective_to"].tolist()
    assert filed == [day("2019-06-30"), day("2025-12-31"), None]


def test_a_zone_without_a_first_day_was_always_in_force(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", None), zone("A", "2020-01-01"))
    assert validity(empty_store) == [("A", "-", "2019-12-31"), ("A", "2020-01-01", "-")]
    assert in_force(empty_store, "1999-01-01") == ["A@always#1"]


def test_the_same_pair_again_is_a_correction_and_what_was_known_before_stays_answerable(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2020-01-01", doc_no="1号"))
    before = _known(empty_store)
    report = put_zones(empty_store, zone("A", "2020-01-01", doc_no="2号"))
    assert (report.new, report.changed, report.unchanged) == (0, 1, 0)
    on = dt.date(2020, 6, 1)
    now = features.recorded(empty_store, ZONES, day=on)
    then = features.recorded(empty_store, ZONES, day=on, known_at=before)
    assert (now["doc_no"].tolist(), then["doc_no"].tolist()) == (["2号"], ["1号"])
    never = features.recorded(empty_store, ZONES, known_at=before - dt.timedelta(seconds=1))
    assert never.empty and list(never.columns) == list(now.columns)
    with pytest.raises(WrongUsage, match="时区"):
        features.recorded(empty_store, ZONES, known_at=before.replace(tzinfo=None))


def test_unchanged_rows_write_nothing_and_keep_the_revision(empty_store: Store) -> None:
    first = put_zones(empty_store, zone("A", "2020-01-01"), zone("B", "2020-01-01", place=1))
    with empty_store.read() as connection:
        state = changes.states(connection)["no_burn_zones"]
    again = put_zones(empty_store, zone("A", "2020-01-01"), zone("B", "2020-01-01", place=1))
    assert (first.revision, first.new) == (1, 2)
    assert (again.revision, again.new, again.changed, again.unchanged) == (1, 0, 0, 2)
    with empty_store.read() as connection:
        assert changes.states(connection)["no_burn_zones"] == state
    assert [len(features.history(empty_store, ZONES, code)) for code in "AB"] == [1, 1]


def test_other_rows_stay_and_only_the_changed_one_gets_a_new_version(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"), zone("B", "2020-01-01", place=1))
    put_zones(empty_store, zone("B", "2020-01-01", place=2))
    assert in_force(empty_store, "2020-01-01") == ["A@2020-01-01#1", "B@2020-01-01#2"]


def test_the_same_content_has_the_same_hash_whatever_way_led_there(empty_store: Store, makers: Makers) -> None:
    other = makers.store("other")
    put_zones(empty_store, zone("A", "2020-01-01"), zone("B", "2020-01-01", place=1))
    put_zones(other, zone("B", "2020-01-01", place=5))
    put_zones(other, zone("A", "2020-01-01"))
    with empty_store.read() as one, other.read() as two:
        assert changes.states(one)["no_burn_zones"].content != changes.states(two)["no_burn_zones"].content
    put_zones(other, zone("B", "2020-01-01", place=1))
    with empty_store.read() as one, other.read() as two:
        assert changes.states(one)["no_burn_zones"].content == changes.states(two)["no_burn_zones"].content


def test_retiring_one_version_gives_the_former_its_end_back(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2019-01-01"), zone("A", "2020-01-01", place=1))
    before = _known(empty_store)
    assert retire(empty_store, "no_burn_zones", "A@2020-01-01", "登记错误") == 1
    assert validity(empty_store) == [("A", "2019-01-01", "-")]
    assert len(validity(empty_store, known_at=before)) == 2, "history stays"
    last = changes.log(empty_store, limit=1)[0]
    assert (last["kind"], last["note"], last["revision"]) == ("retire", "登记错误", 2)


def test_retiring_a_code_takes_every_version_and_it_can_come_back(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2019-01-01"), zone("A", "2020-01-01"), zone("B", "2020-01-01", place=1))
    assert retire(empty_store, "no_burn_zones", "A", "误登") == 2
    assert validity(empty_store) == [("B", "2020-01-01", "-")]
    assert put_zones(empty_store, zone("A", "2019-01-01")).new == 1
    assert in_force(empty_store, "2019-01-01") == ["A@2019-01-01#3"]


@pytest.mark.parametrize("key", ["C", "A@2021-01-01", "A@always", "A@nonsense", ""])
def test_retiring_what_is_not_there_changes_nothing(empty_store: Store, key: str) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    with pytest.raises(FeatureMissing):
        retire(empty_store, "no_burn_zones", key, "原因")
    assert changes.revisions(empty_store) == {"no_burn_zones": 1}


def test_retiring_needs_a_reason(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    with pytest.raises(WrongUsage):
        retire(empty_store, "no_burn_zones", "A", "  ")
    assert validity(empty_store) == [("A", "2020-01-01", "-")]


def test_a_clock_set_back_does_not_turn_history_round(empty_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    first = _known(empty_store)

    class Yesterday(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return first - dt.timedelta(days=1)

    monkeypatch.setattr(changes.dt, "datetime", Yesterday)
    put_zones(empty_store, zone("A", "2020-01-01", place=1))
    monkeypatch.undo()
    assert _known(empty_store) == first
    assert in_force(empty_store, "2020-01-01", known_at=first) == ["A@2020-01-01#2"]


_DAYS = [None, *(f"2020-0{month}-01" for month in range(1, 7))]
_ENDS = [None, "2020-02-15", "2020-04-30", "2020-12-31"]
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("file"), st.sampled_from("AB"), st.sampled_from(_DAYS), st.sampled_from(_ENDS)),
        st.tuples(st.just("retire"), st.sampled_from("AB"), st.sampled_from([*_DAYS, "every"]), st.none()),
    ),
    min_size=1,
    max_size=8,
)
_LOOKED_AT = ["2019-12-31", "2020-01-01", "2020-02-16", "2020-03-31", "2020-04-30", "2020-05-01", "2021-01-01"]


class _Model:
    """The plainest thing that could be meant: filed zones by key, the latest that began is in force."""

    def __init__(self) -> None:
        self.filed: dict[tuple[str, str | None], tuple[str | None, int]] = {}

    def in_force(self, on: str) -> set[tuple[str, int]]:
        found = set()
        for code in "AB":
            begun = [start for name, start in self.filed if name == code and (start or "") <= on]
            if begun:
                end, place = self.filed[code, max(begun, key=lambda start: start or "")]
                if end is None or on <= end:
                    found.add((code, place))
        return found


@pytest.mark.slow
def test_any_sequence_agrees_with_the_plain_model(makers: Makers) -> None:
    numbers = count()

    @often(15 if makers.kind == "sqlite" else 4)
    @given(steps=_STEPS)
    def law(steps: list) -> None:
        _agrees(steps, makers.store(f"law{next(numbers)}"))

    law()


def _agrees(steps: list, store: Store) -> None:
    model = _Model()
    for place, (what, code, start, end) in enumerate(steps):
        if what == "file":
            if start and end and end < start:
                continue
            put_zones(store, zone(code, start, end, place=place))
            model.filed[code, start] = end, place
            continue
        key = code if start == "every" else f"{code}@{start or 'always'}"
        doomed = [k for k in model.filed if k[0] == code and start in ("every", k[1])]
        if doomed:
            assert retire(store, "no_burn_zones", key, "试验") == len(doomed)
        for k in doomed:
            del model.filed[k]
    for on in _LOOKED_AT:
        frame = features.recorded(store, ZONES, day=dt.date.fromisoformat(on))
        places = [round((shape.bounds[0] - 119.46) / 0.01) for shape in frame["geometry_map"]]
        found = list(zip(frame["zone_code"], places, strict=True))
        assert len({code for code, _ in found}) == len(found), "two versions of a code on one day"
        assert set(found) == model.in_force(on)
    with store.read() as connection:
        assert features.damaged(connection) == []
    store.close()
