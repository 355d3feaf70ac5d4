// The planner's drawing table: a draft under the mouse, who it hits beside it, every step saved.
import { ready } from "./map.js";
import { button, element } from "./nodes.js";
import { openAt, namedBox } from "./open_at.js";
import { Editor } from "./plan_edit.js";
import { Exposure } from "./plan_exposure.js";
import { Live } from "./plan_live.js";
import { coarse } from "./plan_touch.js";
import { Merger, Painter } from "./plan_units.js";
import { Server } from "./plan_server.js";

const body = document.body, words = JSON.parse(document.getElementById("plan-words").textContent), drawable = body.dataset.drawable === "1";
const LEAST_SHOWN = 700, CLICKS_DRAW = ["draw", "add", "cut", "split", "units", "merge"]; // with these a click is about areas
const at = (id) => document.getElementById(id);
const clock = (when) => new Date(when.getTime() + words.offset_minutes * 60000).toISOString().slice(0, 19).replace("T", " ");

function typing(target) { return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)); }

class Workspace {
  constructor(app) {
    this.app = app; this.about = { layer: body.dataset.layer, code: body.dataset.key, token: body.dataset.token, asOf: body.dataset.asked ? body.dataset.asOf : "", baseArea: 0, style: () => this.style() };
    this.server = new Server(Number(body.dataset.draft), body.dataset.token, words);
    this.editor = new Editor(app, this.about); this.live = new Live(app, words, this.about); new Exposure(this.editor, this.about, this.server.number);
    this.painter = new Painter(app, this.server, words, () => this.units); this.merger = new Merger(app, words);
    this.units = []; this.props = {};
    app.busy = () => CLICKS_DRAW.includes(this.editor.tool);
    this._wire(); this._keys();
  }

  style() {
    const source = this.app.sources.find((one) => one.layer === this.about.layer), column = this.props.zone_class, kind = source.kinds.find((one) => one.value === column);
    return (kind && kind.style) || source.style;
  }

  async open() {
    const draft = await this.server.load(), ground = await this.server.get("/api/drafts/" + this.server.number + "/ground" + (this.about.asOf ? "?as_of=" + this.about.asOf : ""));
    this.about.baseArea = ground.base.area_km2;
    this.editor.showBase(ground.base.geometry);
    this.neighbours = ground.neighbours; this.live.classes = ground.classes;
    for (const name of ["neighbours", "towns", "county", "roads"]) this.editor.snapTo(name, ground[name]);
    this._hidePublished();
    for (const issue of draft.aside) this.live.ignore(issue);
    this.put(draft);
    if (drawable) { for (const tool of document.querySelectorAll("[data-tool]")) tool.disabled = false; this.editor.use(draft.geometry ? "edit" : "draw"); }
    this._steps(draft);
    body.dataset.ready = "map";
  }

  // The version in force lies under the draft as a dotted line; its fill would hide what changes.
  _hidePublished() {
    const drawn = this.app.drawn[this.about.layer];
    if (drawn) drawn.shapes.eachLayer((shape) => { if (shape.feature && shape.feature.properties.key === this.about.code) drawn.shapes.removeLayer(shape); });
  }

  put(draft) { this.props = draft.props; this.live.own = draft.code; this.units = draft.units; this.editor.show(draft.geometry); this._form(draft.props); this.ask(); }

  ask() { const geometry = this.editor.geometry(); if (geometry) this.live.ask(geometry, this.props); }

  // --- wiring ------------------------------------------------------------------------------------------------

  _wire() {
    this.editor.onLive = (shape) => { this._saved("unsaved"); this.live.ask(shape, this.props); };
    this.editor.onDone = (geometry, kind) => { this.live.ask(geometry, this.props); this.server.save(geometry, kind); };
    this.editor.onTool = (tool) => this._tool(tool);
    this.editor.onDrawn = (tool, geometry) => this._drawn(tool, geometry);
    this.server.onDraft = (draft) => { this.props = draft.props; this.units = draft.units; this._steps(draft); };
    this.server.onGeometry = (draft) => { this.put(draft); this.painter.paint(); };
    this.server.onState = (state, text) => this._saved(state, text);
    this.server.onSay = (text) => this._say(text, true);
    this.server.onTheirs = (draft) => this.editor.showTheirs(draft && draft.geometry);
    this.live.onRepair = (repair) => this._offer("repair", repair);
    if (drawable) this.live.onAside = (issue) => this._setAside(issue);
    this.server.onMine = () => this.editor.geometry();
    for (const tool of document.querySelectorAll("[data-tool]")) tool.addEventListener("click", () => this.press(tool.dataset.tool));
    for (const tick of document.querySelectorAll("[data-snap]")) tick.addEventListener("change", () => this.editor.snapping(tick.dataset.snap, tick.checked));
    at("snap-layer").addEventListener("change", (event) => this._snapLayer(event.target.value));
    const save = at("save"), form = at("props");
    if (save) save.addEventListener("click", () => { if (this.server.failed) this.server.again(); else this.server.save(this.editor.geometry(), "other"); });
    form.addEventListener("change", () => this._propsChanged(form));
    form.addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("beforeunload", (event) => { if (this.server.waiting || this.server.failed) event.preventDefault(); });
  }

  // Any other polygon layer to snap to: mines, built-up area, cells, whatever was imported.
  async _snapLayer(layer) { this.editor.snapTo("other", layer ? await this.server.unitsOf(layer, this.about.asOf) : { type: "FeatureCollection", features: [] }, true); this.editor.use(this.editor.tool); }

  _propsChanged(form) {
    const given = {};
    for (const [name, value] of new FormData(form)) if (!["csrf_token", "revision"].includes(name)) given[name] = given[name] ? given[name] + (value ? ";" + value : "") : value;
    const props = { ...this.props, ...given };
    for (const name of Object.keys(props)) if (!props[name]) delete props[name];
    this.props = props;
    this.editor.restyle(); this.ask();
    this.server.save(this.editor.geometry(), "props", props);
  }

  _form(props) {
    for (const field of at("props").elements) {
      if (!field.name || ["csrf_token", "revision"].includes(field.name) || field.type === "hidden") continue;
      const held = props[field.name] || "";
      if (field.type === "checkbox") field.checked = held.split(";").includes(field.value); else field.value = held;
    }
  }

  press(tool) {
    if (!drawable) return;
    if (tool === "undo" || tool === "redo") { this._say(""); this.server.go(tool); return; }
    this._close();
    if (tool === "simplify" || tool === "clip") { this.editor.use("edit"); if (tool === "clip") this._clip(); else this._simplify(); return; }
    if (this.editor.tool === tool) { this.editor.use(tool === "edit" ? null : "edit"); return; }
    this.editor.use(tool);
    if (tool === "units") this.painter.start(this.about.asOf);
    if (tool === "merge") this._merge();
  }

  _tool(tool) {
    for (const one of document.querySelectorAll("[data-tool]")) one.setAttribute("aria-pressed", String(one.dataset.tool === tool));
    this._say((!["units", "merge"].includes(tool) && words["hint_" + tool + (tool === "edit" && coarse() ? "_touch" : "")]) || "");
  }

  _say(text, loud = false) { const hint = at("hint"); hint.textContent = text; hint.hidden = !text; hint.classList.toggle("loud", loud); }

  // --- shapes worked out on the server: shown first, applied when wanted --------------------------------------

  async _drawn(tool, geometry) {
    const now = this.editor.geometry();
    this.editor.use("edit");
    if (tool === "draw" && !now) { this.editor.show(geometry); this.editor.use("edit"); this.live.ask(geometry, this.props); this.server.save(geometry, "draw"); return; }
    const name = tool === "draw" ? "add" : tool;
    await this._offer(name, name === "split" ? { op: "split", line: geometry } : { op: name === "cut" ? "difference" : "union", other: geometry });
  }

  async _simplify() {
    const box = at("offer"), metres = element("input");
    metres.type = "number"; metres.min = "1"; metres.max = "500"; metres.value = "5"; metres.setAttribute("aria-label", words.tolerance);
    box.replaceChildren(element("span", null, words.tolerance), metres, button("", words.preview, () => this._offer("simplify", { op: "simplify", tolerance_m: Number(metres.value) })), button("", words.cancel, () => this._close()));
    box.hidden = false; metres.focus();
  }

  _merge() {
    this.merger.start(this.neighbours, body.dataset.law === "1", (geometries, codes) => {
      const repeals = [...new Set([...(this.props.repeals || "").split(";"), ...codes])].filter(Boolean).join(";");
      this.editor.use("edit");
      this._offer("merge", { op: "merge", geometries }, codes.length ? { ...this.props, repeals } : null);
    }, () => { this._close(); this.editor.use("edit"); });
  }

  _clip() {
    const box = at("offer");
    box.replaceChildren(element("span", null, words.steps.clip), button("", words.clip_neighbours, () => this._offer("clip", { op: "clip_neighbours" })), button("", words.clip_county, () => this._offer("clip", { op: "clip_county" })), button("", words.cancel, () => this._close()));
    box.hidden = false;
  }

  // A warning is set aside with a reason, which is written down.
  _setAside(issue) {
    const box = at("offer"), reason = element("input");
    reason.maxLength = 300; reason.placeholder = words.reason; reason.setAttribute("aria-label", words.reason);
    box.replaceChildren(element("span", null, issue.text), reason, button("primary", words.ignore, async () => {
      if (!reason.value.trim()) { reason.focus(); return; }
      try { await this.server.aside(issue, reason.value); this._close(); this.live.ignore(issue); } catch (fault) { this._say(fault.message, true); }
    }), button("", words.cancel, () => this._close()));
    box.hidden = false; reason.focus();
  }

  async _offer(operation, given, props = null) {
    const now = this.editor.geometry();
    if (!now) return this._say(words.nothing, true);
    try {
      const made = await this.server.post("/api/draft-geometry", { geometry: now, layer: this.about.layer, code: this.about.code, as_of: this.about.asOf || undefined, ...given });
      this._choose(operation, made, props);
    } catch (fault) { this.editor.use("edit"); this._say(fault.message, true); }
    return undefined;
  }

  _choose(operation, made, props) {
    const box = at("offer"), parts = made.parts.length > 1 ? made.parts.map((part) => part.geometry) : null;
    let geometry = parts ? joined(parts) : made.geometry;
    this.editor.showGhost(geometry);
    const told = element("span", null, words.steps[operation] + "  " + made.area.before.toFixed(3) + " → " + made.area.after.toFixed(3) + " km² · " + made.vertices.before + " → " + made.vertices.after + " " + words.vertices);
    box.replaceChildren(told);
    if (operation === "split" && parts) {
      const kept = new Set(parts.keys());
      box.append(element("span", "small", words.keep_part));
      parts.forEach((part, n) => {
        const label = element("label", "tick"), tick = element("input");
        tick.type = "checkbox"; tick.checked = true;
        tick.addEventListener("change", () => { if (tick.checked) kept.add(n); else kept.delete(n); geometry = joined(parts.filter((_, m) => kept.has(m))); this.editor.showGhost(geometry); });
        label.append(tick, element("span", null, (n + 1) + " · " + made.parts[n].area_km2.toFixed(3) + " km²"));
        box.append(label);
      });
      box.append(this._rest(() => parts.filter((_, n) => !kept.has(n))));
    }
    box.append(button("primary", words.apply, () => { this._close(); if (geometry) this._apply(geometry, operation, props); }), button("", words.cancel, () => this._close()));
    box.hidden = false;
  }

  // Parts that are not kept may go on as a zone of their own, which can then be of another class.
  _rest(parts) {
    const box = element("span", "plan-rest"), code = element("input");
    code.maxLength = 80; code.placeholder = words.new_code; code.setAttribute("aria-label", words.new_code);
    box.append(code, button("", words.rest_draft, async () => {
      const geometry = joined(parts());
      if (!geometry || !code.value.trim()) { code.focus(); return; }
      try {
        const made = await this.server.post("/api/drafts", { how: "part", draft: this.server.number, layer: this.about.layer, code: code.value, name: this.server.draft.name + " " + code.value, geometry });
        const link = element("a", null, made.name + " #" + made.id);
        link.href = "/plan/" + made.id; link.target = "_blank";
        box.replaceChildren(link);
      } catch (fault) { this._say(fault.message, true); }
    }));
    return box;
  }

  _apply(geometry, operation, props) {
    if (props) this.props = props;
    this.editor.show(geometry); this.editor.use("edit"); this.live.ask(geometry, this.props);
    this.server.save(geometry, operation, props || undefined);
  }

  _close() { this.editor.showGhost(null); this.painter.stop(); this.merger.stop(); at("offer").hidden = true; }

  // --- what is said ------------------------------------------------------------------------------------------

  _saved(state, text = "") {
    const place = at("saved"), failed = state === "failed";
    place.textContent = failed ? words.failed + text : state === "saved" ? words.saved + " " + clock(new Date()).slice(11) + " · " + words.step.replace("{n}", this.server.draft.step) : words[state];
    place.className = state; body.dataset.saved = state;
  }

  _steps(draft) {
    const list = at("steps");
    list.replaceChildren();
    for (const step of [...draft.steps].reverse().slice(0, 80)) {
      const line = element("li", step.number === draft.step ? "now" : step.number > draft.step ? "past" : ""), open = button("step", step.number + " · " + (words.steps[step.kind] || step.kind), () => { if (drawable) this.server.go(step.number); });
      open.append(element("span", "small muted", step.actor + " · " + clock(new Date(step.at))));
      open.disabled = !drawable;
      line.append(open); list.append(line);
    }
    const press = (name, on) => { const tool = document.querySelector('[data-tool="' + name + '"]'); if (tool && drawable) tool.disabled = !on; };
    press("undo", draft.undo); press("redo", draft.redo);
  }

  _keys() {
    document.addEventListener("keydown", (event) => {
      if (typing(event.target) || at("conflict").open) return;
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && key === "z") { event.preventDefault(); this.press(event.shiftKey ? "redo" : "undo"); }
      else if ((event.ctrlKey || event.metaKey) && key === "y") { event.preventDefault(); this.press("redo"); }
      else if (event.key === "Escape" && this.editor.cancel()) { this.ask(); this.server.settled(); }
      else if (event.key === "Escape") { this._close(); if (drawable) this.editor.use("edit"); }
      else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) { event.preventDefault(); body.classList.add("panning"); }
    });
    document.addEventListener("keyup", (event) => { if (event.key === " ") body.classList.remove("panning"); });
  }
}

function joined(parts) {
  if (!parts.length) return null;
  return parts.length === 1 ? parts[0] : { type: "MultiPolygon", coordinates: parts.flatMap((part) => (part.type === "Polygon" ? [part.coordinates] : part.coordinates)) };
}

L.PM.setOptIn(true);
ready().then(async (app) => {
  const own = [body.dataset.layer, "towns", "no_burn_zones"];
  for (const source of app.sources) source.on = own.includes(source.layer);
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = own.includes(tick.dataset.layer);
  for (const legend of document.querySelectorAll(".map-legend")) if (window.innerWidth < LEAST_SHOWN || drawable) legend.open = false;
  openAt(app, namedBox(), 16, drawable ? 76 : 8);
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  await new Workspace(app).open();
});
