"""Editing one row: the laws it keeps, what is refused, who may, history, and that preview and result are the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from geo.raw import RawTable
from geo.region import Region
from layers._cells import to_text
from layers._conform_values import is_missing
from services._board import board
from services._edit_effect import effect_of
from services._edit_row import PLACE, columns_of, texts_of
from services.assess import current
from services.cases import follow
from services.casework import CaseUnknown, Desk, TextMissing
from services.corrections import listed
from services.edit import Asked, Editor, LostToOther, NothingChanged, NotReady, edited_layers
from services.intake import import_many
from services.retire import farewell, take_out
from services.scope import LayerUnknown, Principal, local_principal
from store import audit, cases, features
from store.errors import FeatureMissing
from store.open import Store
from tests._editing import editor, planner_of, saved, violating_unit
from tests._often import often

HOSTILE = ("{{7*7}}", "<img src=x onerror=alert(1)>", "${7*7}`", "=cmd|' /C calc'!A0", "'; DROP TABLE x;--", "\u202egnp.exe")


@pytest.fixture(scope="module")
def here(demo_store: Store, region: Region) -> Editor:
    """The example city, to look at only."""
    return editor(demo_store, region)


@pytest.fixture
def desk(demo_copy: Store, region: Region) -> Editor:
    """The example city, to change."""
    return editor(demo_copy, region)


def stored(store: Store, layer: str, key: str) -> dict[str, str]:
    """What is recorded of a row now, canonical texts by column."""
    declared = edited_layers()[layer]
    frame = features.recorded(store, declared)
    row = frame[frame[declared.key] == key].iloc[-1]
    return {column.name: to_text(column, row[column.name]) for column in declared.columns}


# --- laws ------------------------------------------------------------------------------------------------------


def test_which_rows_are_edited() -> None:
    assert set(edited_layers()) == {
        "enterprises", "combustion_units", "construction_sites", "yards", "machines", "mines", "mine_faces", "petrol_stations",
        "air_stations", "complaints",
    }  # fmt: skip


@often(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_row_typed_as_it_is_changes_nothing(here: Editor, data: st.DataObject) -> None:
    layer = data.draw(st.sampled_from(sorted(edited_layers())))
    frame = here.whole.frames[layer]
    key = str(data.draw(st.sampled_from(sorted(frame[edited_layers()[layer].key]))))
    row = here.row(layer, key)
    shown = {column.name: row.texts[column.name] for column in columns_of(row, here.principal)}
    typed = {name: data.draw(st.sampled_from([text, f" {text} ", text.replace("\n", "\r\n")])) for name, text in shown.items()}
    checked = here.check(row, typed)
    assert (checked.draft.changed, checked.draft.faults, checked.effect) == ([], {}, None)
    same = checked.draft.record
    assert all(same[name] == row.record[name] for name in ("geometry", "geometry_filed", "crs_filed", "extra"))
    with pytest.raises(NothingChanged):
        here.save(row, Asked(typed, row.version, "x"))


def test_what_is_imported_can_be_typed_unchanged(empty_store: Store, region: Region) -> None:
    """Values as files spell them: whole seconds, a vector point, lines in a text, very long numbers, unknown columns."""
    head = ["enterprise_code", "enterprise_name", "address", "lon", "lat", "datum", "备注"]
    first = ["A1", "１号\n=1+1", "a\r\nb", "119°28′01″", "29°12′51″", "gcj02", "x"]
    cells = [first, ["A/2", HOSTILE[0], "  ", None, None, None, None]]
    import_many(empty_store, region, [("enterprises", RawTable(pd.DataFrame(cells, columns=head, dtype=object), [1, 2]))], "t")
    here = editor(empty_store, region)
    for key in ("A1", "A/2"):
        row = here.row("enterprises", key)
        assert here.check(row, {name: text.replace("\r\n", "\n") for name, text in row.texts.items()}).draft.changed == []
    assert here.row("enterprises", "A1").texts["accuracy_m"] == "15"
    after = saved(here, "enterprises", "A1", permit_category="重点管理")
    kept = after.row("enterprises", "A1").record
    assert kept["extra"] == {"备注": "x"}
    assert kept["geometry"] == here.row("enterprises", "A1").record["geometry"]


SPELLINGS = (
    ("capacity_tph", "１９.９０"), ("capacity_tph", "2e1"), ("built_on", "2012年5月1日"), ("built_on", "41030"),
    ("fuel", "原煤+天然气"), ("unit_type", "蒸汽锅炉"), ("status", "拆除"), ("unit_name", "  1号　锅炉 "),
    ("sulfur_pct", "0.5%"), ("lon", "119°28′01.5″"), ("outlet_no", "无数据"), ("exempt_category", "集中供热；热电联产"),
)  # fmt: skip


def test_a_value_typed_means_what_it_means_imported(empty_store: Store, region: Region) -> None:
    owner = RawTable(pd.DataFrame([{"enterprise_code": "E1", "enterprise_name": "一"}], dtype=object), [1])
    same = {"enterprise_code": "E1", "lat": "29.2", "lon": "119.4"}
    rows = [same | {"unit_code": f"N{n}", column: text} for n, (column, text) in enumerate(SPELLINGS)]
    raw = RawTable(pd.DataFrame(rows, dtype=object), list(range(len(rows))))
    import_many(empty_store, region, [("enterprises", owner), ("combustion_units", raw)], "t")
    here = editor(empty_store, region)
    for number, row in enumerate(rows):
        checked = here.check(here.new_row("combustion_units"), row | {"unit_code": "T"})
        typed = texts_of(checked.draft.row.layer, checked.draft.record)
        assert {**typed, "unit_code": f"N{number}"} == stored(empty_store, "combustion_units", f"N{number}"), row


@often(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_judging_a_part_judges_as_the_whole(here: Editor, data: st.DataObject) -> None:
    """With its own row in place of itself, nothing of a facility changes: what is left out has no say."""
    owners = board(here.whole).facilities
    rows = owners[owners["verdict"] != "N"]
    place = data.draw(st.integers(0, len(rows) - 1))
    layer, key = rows.iloc[place]["layer"], rows.iloc[place]["key"]
    effect = effect_of(here.whole, here.region, {(layer, key): here.row(layer, key).record}, here.principal)
    assert effect.changed == []
    findings = board(here.whole).findings
    own = findings[(findings["facility_layer"] == layer) & (findings["facility_key"] == key)]
    assert {(v.rule, v.code) for v in effect.verdicts} == set(zip(own["rule"], own["subject_code"], strict=True))


@pytest.mark.parametrize(
    ("layer", "typed"),
    [
        ("combustion_units", {"fuel": "natural_gas"}), ("combustion_units", {"status": "removed"}),
        ("enterprises", {"lon": "119.30", "lat": "29.05"}), ("enterprises", {"status": "closed"}),
        ("mines", {"status": "closed"}), ("mine_faces", {"mine_code": ""}), ("construction_sites", {"fence_pct": "20"}),
        ("yards", {"crushing": "closed"}), ("yards", {"crushing": "open_dry"}),
        ("machines", {"emission_stage": "1", "smoke_k": "3"}),
    ],
)  # fmt: skip
def test_the_preview_is_what_comes_true(desk: Editor, layer: str, typed: dict[str, str]) -> None:
    judged = set(desk.whole.findings[desk.whole.findings["subject_layer"] == layer]["subject_code"])
    keys = sorted(desk.whole.frames[layer][edited_layers()[layer].key], key=lambda code: (code not in judged, code))
    differ = [key for key in keys if any(desk.row(layer, key).texts[name] != text for name, text in typed.items())]
    key = violating_unit(desk.whole) if layer == "combustion_units" else differ[0]
    row = desk.row(layer, key)
    told = desk.check(row, typed).effect
    assert told is not None
    after = saved(desk, layer, key, **typed).whole.findings
    now = {(r["rule"], r["subject_code"]): (r["verdict"], r["reason"]) for r in after.to_dict("records")}
    for one in told.verdicts:
        side = (one.after["verdict"], one.after["reason"]) if one.after else None
        assert now.get((one.rule, one.code)) == side, one
    before = {(r["rule"], r["subject_code"]): (r["verdict"], r["reason"]) for r in desk.whole.findings.to_dict("records")}
    moved = {pair for pair in before.keys() | now.keys() if before.get(pair) != now.get(pair)}
    assert moved == {(one.rule, one.code) for one in told.changed}


# --- saving ----------------------------------------------------------------------------------------------------


def test_saving_makes_a_version_with_who_when_why_and_an_audit_entry(desk: Editor) -> None:
    key = violating_unit(desk.whole)
    after = saved(desk, "combustion_units", key, fuel="natural_gas", why="  改用 天然气  ")
    first, second = after.versions(after.row("combustion_units", key))
    assert (first.recording.kind, first.recording.actor, first.recording.note) == ("edit", "local", "改用 天然气")
    assert [(one.column, one.after) for one in first.changed] == [("fuel", "natural_gas")]
    assert second.recording.retired_at == first.recording.recorded_at
    with desk.store.read() as connection:
        entry = audit.about(connection, "combustion_units", 1)[0]
    told = (entry["action"], *(entry["body"][name] for name in ("key", "why", "changed")))
    assert told == ("edit", key, "改用 天然气", ["fuel"])
    assert audit.verify(desk.store) == []


def test_an_earlier_version_comes_back_through_the_form(desk: Editor) -> None:
    key = violating_unit(desk.whole)
    before = desk.row("combustion_units", key).texts
    changed = saved(desk, "combustion_units", key, fuel="natural_gas", capacity_tph="0.7")
    old = changed.versions(changed.row("combustion_units", key))[1].texts
    values = {name: old.get(name, "") for name in before if name != "unit_code"}
    again = saved(changed, "combustion_units", key, why="恢复", **values)
    assert again.row("combustion_units", key).texts == before
    assert len(again.versions(again.row("combustion_units", key))) == 3


def test_of_two_editors_the_second_is_told_and_keeps_what_they_typed(desk: Editor) -> None:
    key = violating_unit(desk.whole)
    row = desk.row("combustion_units", key)
    saved(desk, "combustion_units", key, fuel="natural_gas")
    late = Asked({**row.texts, "capacity_tph": "0.9"}, row.version, "铭牌")
    for them in (desk, editor(desk.store, desk.region)):  # with the old look still in mind, and with a new one
        with pytest.raises(LostToOther) as told:
            them.save(them.row("combustion_units", key), late)
        assert told.value.facts["actor"] == "local"
    fresh = editor(desk.store, desk.region)
    kept = fresh.rebased(fresh.row("combustion_units", key), late)
    assert (kept["fuel"], kept["capacity_tph"]) == ("natural_gas", "0.9")
    assert stored(desk.store, "combustion_units", key)["capacity_tph"] != "0.9"


def test_the_cases_follow_and_the_correction_is_noted(desk: Editor) -> None:
    key = violating_unit(desk.whole)
    owner = board(desk.whole).owners[("combustion_units", key)]
    with desk.store.read() as connection:
        case = cases.latest_of(connection, *owner)
    assert case is not None and case.closed_at is None
    asker = Desk(desk.store, Principal("chen", local_principal().permissions), None)
    asker.ask(case.id, case.revision, "wrong", "烧的是天然气")
    (wish,) = [one for one in listed(desk.store, desk.whole, desk.principal, None) if one.case.id == case.id]
    assert ("combustion_units", key) in [subject[:2] for subject in wish.subjects] and not wish.answers
    saved(desk, "combustion_units", key, case=case.id, fuel="natural_gas")
    with desk.store.read() as connection:
        kinds = [event.kind for event in cases.events(connection, case.id)]
        bases = [basis.subject_code for basis in cases.bases(connection, [case.id])]
    assert "corrected" in kinds and kinds.index("basis_ended") < kinds.index("corrected")
    assert key not in bases
    assert audit.verify(desk.store) == []


def test_a_correction_of_a_case_that_is_not_there_stores_nothing(desk: Editor) -> None:
    key = violating_unit(desk.whole)
    with pytest.raises(CaseUnknown):
        saved(desk, "combustion_units", key, case=99999, fuel="natural_gas")
    assert stored(desk.store, "combustion_units", key)["fuel"] != "natural_gas"


def test_no_reason_no_change(desk: Editor) -> None:
    key = violating_unit(desk.whole)
    with pytest.raises(TextMissing):
        saved(desk, "combustion_units", key, why=" \n ", fuel="natural_gas")
    assert stored(desk.store, "combustion_units", key)["fuel"] != "natural_gas"


def test_boxes_keep_the_order_of_what_was_there(desk: Editor) -> None:
    key = violating_unit(desk.whole)
    main = desk.row("combustion_units", key).texts["fuel"]
    after = saved(desk, "combustion_units", key, fuel=f"light_diesel;{main}")
    assert after.row("combustion_units", key).texts["fuel"].split(";")[0] == main


# --- refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "anchor"),
    [
        ({"capacity_tph": "约两吨"}, "capacity_tph"), ({"capacity_tph": "-1"}, "capacity_tph"),
        ({"sulfur_pct": "101"}, "sulfur_pct"),
        ({"built_on": "2031-02-30"}, "built_on"), ({"status": "坏了"}, "status"), ({"fuel": "raw_coal;木头渣"}, "fuel"),
        ({"enterprise_code": ""}, "enterprise_code"), ({"enterprise_code": "NOBODY"}, "enterprise_code"),
        ({"lon": "999"}, "lon"), ({"lon": "119.4"}, "position"), ({"lon": "0", "lat": "0"}, "position"),
        ({"easting": "448142", "northing": "3233128", "crs": "EPSG:2000"}, "crs"), ({"unit_name": "长" * 2001}, "unit_name"),
        ({"easting": "12", "northing": "3233128"}, "easting"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_beside_its_field(here: Editor, typed: dict[str, str], anchor: str) -> None:
    row = here.row("combustion_units", "U00001")
    assert row.texts["lon"] == ""
    checked = here.check(row, typed)
    assert anchor in checked.draft.faults, checked.draft.faults
    assert checked.effect is None
    told = checked.draft.faults[anchor][0]
    assert "按缺失" not in told.zh and "taken as" not in told.en
    with pytest.raises(NotReady):
        here.save(row, Asked(typed, row.version, "x"))


def test_what_is_only_odd_is_a_remark(here: Editor) -> None:
    row = here.row("combustion_units", "U00001")
    checked = here.check(row, {"capacity_tph": "1", "capacity_mw": "9", "lon": "116.4", "lat": "39.9"})
    assert checked.draft.faults == {} and checked.effect is not None
    assert set(checked.draft.remarks) == {"capacity_tph", "position"}


def test_a_new_row_needs_a_free_key(here: Editor) -> None:
    row = here.new_row("enterprises")
    assert here.free_key("enterprises") not in set(here.whole.frames["enterprises"]["enterprise_code"])
    for key in ("", "E0001", " Ｅ0001 ", "..", "a/../b", "\\.\\"):
        assert "enterprise_code" in here.check(row, {"enterprise_code": key, "enterprise_name": "新"}).draft.faults
    assert here.check(row, {"enterprise_code": "NEW/1", "enterprise_name": "新"}).draft.faults == {}


@pytest.mark.parametrize("name", ["no_burn_zones", "towns", "grid_cells", "no_such"])
def test_zones_and_the_base_map_are_not_edited_row_by_row(here: Editor, name: str) -> None:
    with pytest.raises(LayerUnknown):
        here.row(name, "NBZ-01")
    with pytest.raises(LayerUnknown):
        here.new_row(name)


def test_polygons_are_kept_and_not_made_here(desk: Editor) -> None:
    key = str(desk.whole.frames["mines"]["mine_code"].iloc[0])
    before = desk.row("mines", key)
    assert before.shaped
    after = saved(desk, "mines", key, mineral="花岗岩").row("mines", key)
    assert after.record["geometry_filed"].equals_exact(before.record["geometry_filed"], 0)
    assert after.texts["mineral"] == "花岗岩"
    with pytest.raises(LayerUnknown):
        desk.new_row("mines")


def test_hostile_texts_are_texts(desk: Editor) -> None:
    row = desk.new_row("enterprises")
    free = [column.name for column in row.layer.columns if column.kind == "text" and column.name != "crs"]
    for text in HOSTILE:
        checked = desk.check(row, {**dict.fromkeys(free, text), "enterprise_code": f"X{text}"})
        assert checked.draft.faults == {}
        assert all(checked.draft.record[name] == text for name in free if name != "enterprise_code")
        for column in row.layer.columns:
            if column.kind != "text":
                assert column.name in desk.check(row, {"enterprise_code": "N", column.name: text}).draft.faults
    texts = {name: HOSTILE[place % len(HOSTILE)] for place, name in enumerate(free)}
    desk.save(row, Asked({**texts, "enterprise_code": "X=1"}, "", HOSTILE[0]))
    kept = stored(desk.store, "enterprises", "X=1")
    assert all(kept[name] == text for name, text in texts.items() if name != "enterprise_code")


@often(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_typed_is_read_or_told(here: Editor, data: st.DataObject) -> None:
    """Nothing typed breaks the form, nothing typed gets lost in silence."""
    layer = data.draw(st.sampled_from(["enterprises", "combustion_units", "machines", "construction_sites", "mines"]))
    row = here.row(layer, str(here.whole.frames[layer].iloc[0, 0]))
    columns = data.draw(st.lists(st.sampled_from(columns_of(row, here.principal)), min_size=1, max_size=4, unique_by=id))
    numbers = st.from_regex(r"[-+]?[0-9]{1,5}([.][0-9]{1,4})?(e[0-9]{1,3})?", fullmatch=True)
    odd = st.sampled_from(["119°28′01″", "EPSG:4549", "+proj=longlat", "nan", "inf", "1e999", "\x00", "²"])
    text = st.one_of(st.text(max_size=40), numbers, odd)
    typed = {column.name: data.draw(text) for column in columns}
    checked = here.check(row, typed)
    if checked.draft.faults:
        return  # nothing is stored
    after = {one.column for one in checked.draft.changed}
    for column in columns:
        written = typed[column.name].replace("\x00", "").strip()
        meant = not is_missing(written) and written != row.texts[column.name]
        if meant and column.kind in ("number", "date", "enum"):
            same = to_text(column, checked.draft.record[column.name]) == row.texts[column.name]
            assert column.name in after or (same and row.texts[column.name])


# --- scope -----------------------------------------------------------------------------------------------------


def towns_of(here: Editor) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two towns, each with an enterprise."""
    table = board(here.whole).facilities
    rows = table[(table["layer"] == "enterprises") & (table["town"] != "")].drop_duplicates("town").sort_values("town")
    (first, second) = list(zip(rows["town"], rows["key"], strict=True))[:2]
    return first, second


def test_somebody_of_a_town_edits_there_and_nowhere_else(here: Editor) -> None:
    (town, inside), (_, outside) = towns_of(here)
    mine = editor(here.store, here.region, planner_of(town))
    assert mine.row("enterprises", inside).key == inside
    refusals = set()
    for key in (outside, "NOBODY"):
        with pytest.raises(FeatureMissing) as told:
            mine.row("enterprises", key)
        refusals.add(str(told.value).replace(key, "…"))
    assert len(refusals) == 1
    assert outside not in {key for key, _ in mine.rows("enterprises")[0]}
    unit = mine.new_row("combustion_units")
    theirs, nobody = (mine.check(unit, {"unit_code": "N1", "enterprise_code": key}).draft.faults for key in (outside, "NOBODY"))
    assert theirs == nobody and "enterprise_code" in theirs


def test_nothing_is_moved_out_of_the_own_area(here: Editor) -> None:
    (town, inside), (_, outside) = towns_of(here)
    mine, away = editor(here.store, here.region, planner_of(town)), here.row("enterprises", outside).texts
    moved = mine.check(mine.row("enterprises", inside), {name: away[name] for name in PLACE})
    assert "position" in moved.draft.faults and moved.effect is None


def test_without_the_right_personal_data_is_neither_shown_nor_lost(desk: Editor) -> None:
    who = Principal("keyholder", local_principal().permissions - {"personal"})
    plain = editor(desk.store, desk.region, who)
    key = str(desk.whole.frames["enterprises"].dropna(subset=["contact"])["enterprise_code"].iloc[0])
    row = plain.row("enterprises", key)
    assert "contact" not in {column.name for column in columns_of(row, who)}
    after = saved(plain, "enterprises", key, industry_code="9999", contact="别人")
    assert stored(desk.store, "enterprises", key)["contact"] == row.texts["contact"] != ""
    assert all("contact" not in version.texts for version in after.versions(after.row("enterprises", key)))


# --- taking out ------------------------------------------------------------------------------------------------


def owner_with_units(here: Editor) -> str:
    """An enterprise with a unit that has a finding and stands where its enterprise stands."""
    units = here.whole.frames["combustion_units"]
    judged = set(here.whole.findings[here.whole.findings["subject_layer"] == "combustion_units"]["subject_code"])
    rows = units[[code in judged and shape is None for code, shape in zip(units["unit_code"], units["geometry"], strict=True)]]
    return str(rows["enterprise_code"].min())


@pytest.mark.parametrize("together", [True, False])
def test_taking_out_says_what_hangs_on_it_and_comes_true(desk: Editor, together: bool) -> None:
    key = owner_with_units(desk)
    going = farewell(desk, "enterprises", key)
    units = [code for layer, code, _ in going.hanging if layer == "combustion_units"]
    assert units
    told = going.together if together else going.alone
    assert take_out(desk, Asked({}, going.row.version, "重复登记"), "enterprises", key, together)
    after = current(desk.store, desk.region, desk.region.today())
    assert key not in set(after.frames["enterprises"]["enterprise_code"])
    assert bool(set(units) & set(after.frames["combustion_units"]["unit_code"])) is not together
    now = {(r["rule"], r["subject_code"]): r["verdict"] for r in after.findings.to_dict("records")}
    for one in told.verdicts:
        assert now.get((one.rule, one.code)) == (one.after["verdict"] if one.after else None), one
    assert follow(desk.store, desk.region, "again").opened == []
    assert audit.verify(desk.store) == []


def test_taking_out_needs_a_reason_and_the_version_that_was_seen(desk: Editor) -> None:
    key = owner_with_units(desk)
    row = desk.row("enterprises", key)
    with pytest.raises(TextMissing):
        take_out(desk, Asked({}, row.version, " "), "enterprises", key, False)
    saved(desk, "enterprises", key, industry_code="1")
    with pytest.raises(Exception, match="他人修改"):
        take_out(desk, Asked({}, row.version, "x"), "enterprises", key, False)
    assert key in set(current(desk.store, desk.region, desk.region.today()).frames["enterprises"]["enterprise_code"])


def test_what_was_taken_out_can_be_entered_again(desk: Editor) -> None:
    key = owner_with_units(desk)
    row = desk.row("enterprises", key)
    assert desk.retired("enterprises", key) is None
    take_out(desk, Asked({}, row.version, "误退"), "enterprises", key, False)
    again = editor(desk.store, desk.region)
    texts = again.retired("enterprises", key)
    assert texts is not None and {**dict.fromkeys(row.texts, ""), **texts} == row.texts
    assert editor(desk.store, desk.region, planner_of("游埠镇")).retired("enterprises", key) is None
    again.save(again.new_row("enterprises"), Asked(texts, "", "恢复"))
    assert stored(desk.store, "enterprises", key) == row.texts


def test_a_form_of_yesterday_is_judged_today(here: Editor) -> None:
    """The look at verdicts is about today, whatever day a map shows."""
    found: Any = here.check(here.row("combustion_units", violating_unit(here.whole)), {"status": "removed"}).effect
    assert found.judged.as_of == here.region.today() and isinstance(found.judged.as_of, dt.date)
