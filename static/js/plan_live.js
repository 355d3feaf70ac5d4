// Live impact: one request in flight, the newest geometry next, so that numbers follow the mouse at the server's own pace.
import { drawSymbols } from "./symbols.js";
import { button, element } from "./nodes.js";
import { Rings } from "./plan_rings.js";
import { Refusal, send } from "./plan_server.js";

const MOST_SHOWN = 60, MOST_ISSUES = 12, MOST_ASKED = 150, SENT = ["zone_class", "smoke_class", "existing_deadline", "exemptions", "edge", "exempt_emergency", "effective_from", "effective_to"];

function told(count, words) { return count.units + " · " + count.t_h.toFixed(1) + " " + words.th; }

// The same issue again: its kind, and the place to some ten metres.
export function keyOf(issue) { return [issue.code, ...(issue.lonlat || []).map((number) => number.toFixed(4)), issue.neighbour || ""].join("/"); }

export class Live {
  constructor(app, words, about) {
    this.app = app; this.words = words; this.about = about; this.next = null; this.flying = false; this.answers = 0; this.classes = {}; this.own = ""; this.grade = ""; this.aside = new Set();
    this.rings = new Rings(app, words);
    this.faults = L.layerGroup().addTo(app.map);
  }

  // ``geometry``: GeoJSON, or what gives it; while the mouse moves it is worked out only for what is sent.
  ask(geometry, props) { this.next = { geometry, props, at: performance.now() }; if (!this.flying) this._fly(); }

  // Sends what is newest until nothing newer is left.
  async _fly() {
    this.flying = true;
    while (this.next) {
      const asked = this.next, moving = typeof asked.geometry === "function";
      this.next = null; this.grade = asked.props.zone_class || asked.props.smoke_class || "";
      const text = JSON.stringify({ layer: this.about.layer, code: this.about.code, geometry: moving ? asked.geometry() : asked.geometry, props: this._sent(asked.props), as_of: this.about.asOf || undefined, most: this.app.many ? MOST_ASKED : undefined });
      if (moving && text === this.asked) continue;  // the mouse tells of the same place twice
      this.asked = text;
      try { this.show(await send("/api/impact", text, this.about.token)); } catch (fault) { if (fault instanceof Refusal) this.fail(fault.message, fault.issues); else this.fail(this.words.no_impact); }
      this._timed(asked.at);
    }
    this.flying = false;
    if (this.settled) this.settled();
  }

  // How long it took from the mouse to the screen, under the browser's own user timing ("impact").
  _timed(start) {
    if (this.answers % 500 === 499) performance.clearMeasures("impact");
    requestAnimationFrame(() => setTimeout(() => performance.measure("impact", { start, end: performance.now() })));
  }

  // What the judging takes of the record, and the zones that would end.
  _sent(props) {
    const found = {};
    for (const name of SENT) if (props[name]) found[name] = props[name];
    if (props.repeals) found.repeals = props.repeals.split(";").filter(Boolean);
    return found;
  }

  fail(text, issues = []) {
    this._issues(issues.length ? issues.map((issue, n) => ({ ...issue, text: n ? issue.text : text })) : [{ severity: "error", state: "new", text }]);
    document.body.dataset.impact = "failed"; document.querySelector(".plan-live").classList.add("stale");
  }

  show(found) {
    this.shown = found; this.answers += 1;
    this._numbers(found); this._issues(found.issues || [], found.solved); this._people(found);
    document.querySelector(".plan-live").classList.remove("stale");
    document.body.dataset.impact = "shown"; document.body.dataset.answers = String(this.answers);
    if (this.onShown) this.onShown(found);
  }

  _numbers(found) {
    const put = (id, text) => { document.getElementById(id).textContent = text; };
    const signed = (number, digits) => (number < 0 ? "−" : "+") + Math.abs(number).toFixed(digits);
    put("count-entering", "+" + found.totals.entering.facilities); put("count-leaving", "−" + found.totals.leaving.facilities);
    put("fact-entering", told(found.totals.entering, this.words)); put("fact-leaving", told(found.totals.leaving, this.words));
    put("fact-changed", found.totals.changed.facilities + (found.totals.near ? " · " + this.words.near + " " + found.totals.near : ""));
    put("fact-area", found.area.after.toFixed(2) + " km²"); put("fact-delta", signed(found.area_km2, 2) + " km²");
    this._shares(found);
  }

  // By class and capacity, by town and built-up area, and who no network reaches.
  _shares(found) {
    const box = document.getElementById("shares"), lines = [], add = (name, text) => lines.push([name, text]);
    for (const kind of ["entering", "leaving"]) for (const [table, names] of [[found.totals.by_class, this.words.grades], [found.totals.by_band, this.words.bands]]) for (const [name, count] of Object.entries(table[kind] || {})) add(this.words[kind] + " · " + (names[name] || name || "—"), told(count, this.words));
    const percent = (share) => (share.share_before * 100).toFixed(1) + "% → " + (share.share_after * 100).toFixed(1) + "%";
    if (found.shares.built_up) add(this.words.built_up, percent(found.shares.built_up));
    for (const town of found.shares.towns) add(town.town_name, percent(town));
    for (const [network, count] of Object.entries(found.totals.unsupplied)) add(this.words.unsupplied.replace("{name}", this.words.networks[network]), count + " " + this.words.units_count);
    box.replaceChildren(); box.hidden = !lines.length;
    for (const [name, text] of lines) { const line = element("p", "small plan-band"); line.append(element("span", null, name), element("b", null, text)); box.append(line); }
  }

  _issues(issues, solved = []) {
    const list = document.getElementById("issues"), open = issues.filter((issue) => !this.aside.has(keyOf(issue)));
    const worst = open.some((issue) => issue.severity === "error" && issue.state !== "already");
    list.replaceChildren();
    if (!open.length) list.append(element("li", "fine valid", "✓ " + this.words.valid));
    for (const issue of open.slice(0, MOST_ISSUES)) list.append(this._issue(issue));
    for (const issue of solved.slice(0, MOST_ISSUES)) list.append(element("li", "fine", "✓ " + this.words.solved + issue.text));
    if (open.length > MOST_ISSUES) list.append(element("li", "muted small", this.words.more + " " + (open.length - MOST_ISSUES)));
    this._circles(open);
    document.body.dataset.faulty = worst ? "1" : "0";
    const publish = document.getElementById("publish");
    if (publish) publish.classList.toggle("blocked", worst);
    if (this.onIssues) this.onIssues(open);
  }

  // Where an error lies, as a red circle: the place where an outline crosses itself is hard to see otherwise.
  _circles(issues) {
    this.faults.clearLayers();
    for (const issue of issues.slice(0, MOST_ISSUES)) if (issue.severity === "error" && issue.state !== "already" && issue.lonlat) L.circleMarker([issue.lonlat[1], issue.lonlat[0]], { pane: "rings", renderer: this.rings.renderer, radius: 15, color: "#A8200D", weight: 3, fill: false, interactive: false }).addTo(this.faults);
  }

  _issue(issue) {
    const line = element("li", issue.severity === "error" ? "error" : "warning"), tools = element("span", "issue-tools");
    line.append(element("span", null, (issue.severity === "error" ? "✕ " : "! ") + issue.text + (issue.state === "already" ? this.words.already : "")));
    if (issue.lonlat) tools.append(button("small", this.words.place, () => this.app.map.setView([issue.lonlat[1], issue.lonlat[0]], Math.max(this.app.map.getZoom(), 15))));
    if (issue.repair && this.onRepair) tools.append(button("small", this.words.repair, () => this.onRepair(issue.repair)));
    if (issue.severity !== "error" && this.onAside) tools.append(button("small", this.words.ignore, () => this.onAside(issue)));
    line.append(tools);
    return line;
  }

  ignore(issue) { this.aside.add(keyOf(issue)); if (this.shown) this._issues(this.shown.issues || [], this.shown.solved); }

  // Most answers of a drag concern the same people as the one before: they stay as they are.
  _people(found) {
    const told = JSON.stringify([found.entering, found.leaving, found.changed, found.rows, this.grade]);
    if (told === this.told) return;
    this.told = told;
    this._lists(found); this.rings.show(found);
  }

  _lists(found) {
    const box = document.getElementById("lists"), before = this.lines || new Map();
    this.lines = new Map(); // of a drag most lines stay: they are taken over, symbols and all
    box.replaceChildren();
    for (const kind of ["entering", "leaving", "changed"]) {
      const rows = found[kind], all = found.rows[kind], head = element("h3", "plan-list-head " + kind, this.words[kind]);
      head.append(element("span", "muted small", String(all)));
      if (kind === "changed" && !rows.length) continue;
      box.append(head);
      const list = element("ul", "plan-list"); list.dataset.list = kind;
      for (const row of rows.slice(0, MOST_SHOWN)) {
        const key = kind + this.grade + JSON.stringify(row), line = before.get(key) || this._row(kind, row);
        this.lines.set(key, line); list.append(line);
      }
      if (!rows.length) list.append(element("li", "muted small", this.words.none));
      if (all > MOST_SHOWN) list.append(element("li", "muted small", this.words.more + " " + (all - MOST_SHOWN)));
      box.append(list);
    }
    drawSymbols(box);
  }

  _row(kind, row) {
    const line = element("li", "plan-hit"), mark = element("span"), text = element("button", "plan-hit-text"), verdict = row.verdict_after || "N", names = this.app.config.verdicts;
    mark.dataset.symbol = row.near ? "near" : verdict; text.type = "button";
    text.append(element("b", null, row.name || row.enterprise_code || row.subject_code));
    const fuels = (row.fuel || "").split(";").filter(Boolean).map((fuel) => this.words.fuels[fuel] || fuel).join("、");
    text.append(element("span", "small muted", [row.subject_code, this.words.kinds[row.equipment] || row.equipment, fuels, row.t_h === null ? "" : row.t_h + " " + this.words.th, row.town].filter(Boolean).join(" · ")));
    const zones = [row.zone_before && row.zone_before + " " + this._class(row.zone_before, false), row.zone_after && row.zone_after + " " + this._class(row.zone_after, true)].map((zone) => (zone || this.words.outside).trim()).join(" → ");
    text.append(element("span", "small muted", (this.words.rules[row.rule] || row.rule) + " · " + zones + (row.due_on ? " · " + this.words.due + " " + row.due_on : "") + (row.missing ? " · " + this.words.missing : "")));
    text.addEventListener("click", () => { if (row.lat !== null) this.app.map.panTo([row.lat, row.lon]); this.app.select(row.facility_layer, row.facility_key); });
    const word = (one, zone) => (one === "N" && !zone ? this.words.outside : names[one] || one);
    const both = [this._class(row.zone_before, false), this._class(row.zone_after, true)], same = row.verdict_before === verdict && both[0] !== both[1];
    const told = kind === "entering" ? word(verdict, row.zone_after) : same ? word(verdict, row.zone_after) + " " + both.join(" → ") : word(row.verdict_before, row.zone_before) + " → " + word(verdict, row.zone_after);
    line.append(mark, text, element("span", "verdict verdict-" + verdict, told));
    return line;
  }

  // The class of a zone, short: as recorded, or of the draft what its record says now.
  _class(code, after) { const grade = after && code === this.own ? this.grade : this.classes[code]; return this.words.classes[grade] || ""; }
}
