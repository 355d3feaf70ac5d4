"""编辑: one row in a form, what a change would do to its verdicts, saving with a reason, its history."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import BlueSkyError, NotFound, WrongUsage
from rules._find import load_rules
from services._outcomes import outcome_of
from services.casework import TextMissing
from services.corrections import case_of_wish, wish_of
from services.edit import Asked, Checked, Editor, FeatureMissing, LostToOther, NothingChanged, NotReady, Row, edited_layers
from services.facilities import facility_layers
from services.scope import visible_layers
from views._edit_words import fields_of, group_word, rows_word, told
from views._map import page_map
from views._page import Page
from views._request import language, only, principal, region, store
from views._words import layer_word, rule_word, verdict_word
from views._work import today, whole_today

AROUND = 0.008
"""Half the width of the map in degrees, some 800 m."""


def editor() -> Editor:
    """Who asks, editing what holds today."""
    return Editor(store(), region(), principal(), whole_today())


def rows(layer: str) -> str:
    """The rows of a layer one may edit, to be looked for by key or name."""
    wanted, here = only(("q",))["q"][:200], editor()
    found, total = here.rows(layer, wanted)
    layers = [name for name in edited_layers() if name in visible_layers(principal())]
    return render_template(
        "edit_rows.html", active="data", layer=here.layer(layer), rows=found, total=total, text=wanted, layers=layers,
        rows_word=rows_word, found=today(),
    )  # fmt: skip


def show(layer: str, key: str) -> Any:
    """The form of one row, with its history; ``version`` fills in an earlier one, ``case`` names the case it answers."""
    wanted, here = only(("version", "case")), editor()
    try:
        row = here.row(layer, key)
    except FeatureMissing:
        if here.retired(layer, key) is None:
            raise
        return redirect(url_for("edit_new", layer=layer, restore=key))
    typed = dict(row.texts)
    if wanted["version"]:
        typed = next((one.texts for one in here.versions(row) if one.recording.version == wanted["version"]), None)
        if typed is None:
            raise NotFound(what=wanted["version"])
    return _form(here, row, typed, restored=wanted["version"])


def new(layer: str) -> Any:
    """The form of a row that is not there yet: of an owner, of what was reported, or one that was taken out."""
    wanted, here = only(("owner", "case", "restore")), editor()
    row, case = here.new_row(layer), case_answered(wanted["case"])
    typed = dict(row.texts) | {row.layer.key: here.free_key(layer)}
    links = [column.name for column in row.layer.columns if column.links_to]
    if wanted["owner"] and links:
        typed[links[0]] = wanted["owner"]
    if case is not None and case.lon is not None and case.facility_layer == "reports":
        typed |= {"lon": f"{case.lon:.6f}", "lat": f"{case.lat:.6f}", "datum": "cgcs2000"}
        typed |= {"town_name": case.town} if row.layer.has("town_name") else {}
    if wanted["restore"]:
        earlier = here.retired(layer, wanted["restore"])
        if earlier is None:
            raise NotFound(what=wanted["restore"])
        typed |= earlier
    return _form(here, row, typed, restored=wanted["restore"])


def send(layer: str, key: str) -> Any:
    """A filled-in form: looked at first (what changes, which verdicts), stored when it comes again with a reason."""
    here = editor()
    return _take(here, here.row(layer, key))


def send_new(layer: str) -> Any:
    """The same for a row that is not there yet."""
    here = editor()
    return _take(here, here.new_row(layer))


def case_answered(text: str) -> Any:
    """The case a form answers; None where it answers none."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise WrongUsage(value=text[:20], hint="case")
    return case_of_wish(store(), principal(), today().facilities, int(text))


def _asked(row: Row) -> Asked:
    typed = {}
    for column in row.layer.columns:
        name = f"f_{column.name}"
        if name in request.form:
            mark = ";" if column.kind == "enum_list" else "\n"
            typed[column.name] = mark.join(text for text in request.form.getlist(name) if text)
    case = case_answered(request.form.get("case", ""))
    return Asked(typed, request.form.get("version", ""), request.form.get("why", ""), case.id if case else None)


def _take(here: Editor, row: Row) -> Any:
    """One step with a form: back to it, a look at what it does, or storing it."""
    asked, step = _asked(row), request.form.get("step", "preview")
    if step == "back":
        return _form(here, row, dict(row.texts) | dict(asked.typed))
    try:
        if asked.version != row.version:
            raise here.lost(row.layer.name, row.key)
        if step == "save":
            return _saved(here, row, asked)
    except LostToOther as error:
        typed = here.rebased(row, asked) if row.key else dict(asked.typed)
        return _form(here, row, typed, sentence=error)
    except TextMissing as error:
        return _looked_at(here, here.check(row, asked.typed), asked, error)
    except (NothingChanged, NotReady):
        pass  # the look says the same, at each field
    return _look(here, row, asked)


def _look(here: Editor, row: Row, asked: Asked) -> Any:
    """What a form would do; nothing is stored."""
    checked = here.check(row, asked.typed)
    if request.accept_mimetypes.best == "application/json":
        return _as_json(checked)
    if checked.effect is None:
        sentence = None if checked.draft.faults else NothingChanged()
        return _form(here, row, checked.draft.typed, checked=checked, sentence=sentence)
    return _looked_at(here, checked, asked)


def _saved(here: Editor, row: Row, asked: Asked) -> Any:
    done = here.save(row, asked)
    flash(gettext("已保存，判定和案件已更新。") if done.followed else gettext("已保存；案件稍后更新。"))
    if asked.case is not None:
        return redirect(url_for("case", number=asked.case), 303)
    if row.layer.name in facility_layers():
        return redirect(url_for("facility", layer=done.facility[0], key=done.facility[1]), 303)
    return redirect(url_for("edit", layer=row.layer.name, key=done.key), 303)


def _form(
    here: Editor, row: Row, typed: dict[str, str], *, checked: Checked | None = None, sentence: BlueSkyError | None = None,
    restored: str = "",
) -> Any:
    """The form with what is typed in it, its faults beside their fields."""
    faults, remarks = (checked.draft.faults, checked.draft.remarks) if checked else ({}, {})
    place, case = None if row.is_new else here.place(row), _case_here()
    page = render_template(
        "edit.html", active="data", row=row, layer=row.layer, name=here.name(row), case=case, restored=restored,
        wish=wish_of(store(), case) if case else None,
        parts=fields_of(row, typed, principal(), region(), faults, remarks), group_word=group_word,
        place_faults=told(faults.get("position", [])), place_remarks=told(remarks.get("position", [])),
        sentence=sentence.sentence(language()) if sentence else "", faulty=bool(faults),
        versions=[] if row.is_new else here.versions(row), place=place, bounds=_around(place),
        shell=page_map("report") if row.layer.positioned and not row.shaped else None,
        facility=here.facility_of(row), rows_word=rows_word, found=today(),
    )  # fmt: skip
    return page, 422 if faults else outcome_of(sentence).status if sentence else 200


def _case_here() -> Any:
    """The case the request is about, of its address or its form."""
    return case_answered(request.form.get("case", "") or request.args.get("case", ""))


def _around(place: tuple[float, float] | None) -> list[float]:
    if place is None:
        return []
    lon, lat = place
    return [round(value, 5) for value in (lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND)]


def _looked_at(here: Editor, checked: Checked, asked: Asked, sentence: BlueSkyError | None = None) -> Any:
    """What would change, before it does."""
    row, draft = checked.draft.row, checked.draft
    new, change = url_for("edit_new_send", layer=row.layer.name), url_for("edit_send", layer=row.layer.name, key=row.key or "-")
    page = render_template(
        "edit_check.html", active="data", row=row, layer=row.layer, key=draft.key, name=here.name(row) or draft.key,
        draft=draft, effect=checked.effect, rules=load_rules(), asked=asked, case=_case_here(), found=today(),
        remarks=[text for told_ in draft.remarks.values() for text in told(told_)], action=new if row.is_new else change,
        sentence=sentence.sentence(language()) if sentence else "",
    )  # fmt: skip
    return page, outcome_of(sentence).status if sentence else 200


def _as_json(checked: Checked) -> Any:
    """The same look for a page that asks while somebody types."""
    draft, effect = checked.draft, checked.effect
    verdicts = [
        {
            "rule": one.rule, "title": rule_word(load_rules()[one.rule]), "layer": one.layer, "code": one.code,
            "changed": one.changed,
            "before": one.before["verdict"] if one.before else "N", "after": one.after["verdict"] if one.after else "N",
            "words": [verdict_word(side["verdict"] if side else "N") for side in (one.before, one.after)],
            "reason": one.after["reason"] if one.after else "",
        }
        for one in (effect.verdicts if effect else [])
    ]  # fmt: skip
    return jsonify({
        "faults": {name: told(sentences) for name, sentences in draft.faults.items()},
        "remarks": {name: told(sentences) for name, sentences in draft.remarks.items()},
        "changed": [one.column for one in draft.changed], "verdicts": verdicts, "title": layer_word(draft.row.layer),
    })  # fmt: skip


PAGES = [
    Page("/edit/<layer>", "edit_rows", rows, "edit"),
    Page("/edit/<layer>/<path:key>", "edit", show, "edit"),
    Page("/edit/<layer>/<path:key>", "edit_send", send, "edit", ("POST",)),
    Page("/new/<layer>", "edit_new", new, "edit"),
    Page("/new/<layer>", "edit_new_send", send_new, "edit", ("POST",)),
]
