// Choosing whole areas on the map: units to paint with go in or out with a click, neighbours are picked to be merged.
import { button, element } from "./nodes.js";

// Areas that are chosen or not; a click on one says so.
class Choice {
  constructor(app) {
    this.app = app; this.group = null;
    if (!app.map.getPane("units")) app.map.createPane("units").style.zIndex = 425;
    this.renderer = L.svg({ pane: "units", padding: 0.3 });
  }

  show(collection, has, toggle) {
    this.hide();
    this.group = L.geoJSON(collection, {
      pane: "units", renderer: this.renderer,
      style: (feature) => ({ renderer: this.renderer, color: "#0F4C81", weight: 1.4, fillColor: "#0F4C81", fillOpacity: has(feature.properties.key) ? 0.28 : 0.03, dashArray: has(feature.properties.key) ? null : "4 4" }),
      onEachFeature: (feature, layer) => { layer.bindTooltip(feature.properties.label, { sticky: true }); layer.on("click", (event) => { L.DomEvent.stop(event); toggle(feature.properties.key); }); },
    }).addTo(this.app.map);
  }

  hide() { if (this.group) this.group.remove(); this.group = null; }
}

// Painting by whole units: towns, cells or rows of any polygon layer.
export class Painter {
  constructor(app, server, words, units) { this.server = server; this.words = words; this.units = units; this.layer = "towns"; this.choice = new Choice(app); }

  async start(day) {
    const box = document.getElementById("offer"), select = element("select");
    this.day = day;
    for (const [layer, title] of this.words.unit_layers) { const one = element("option", null, title); one.value = layer; select.append(one); }
    select.value = this.layer; select.setAttribute("aria-label", this.words.units);
    select.addEventListener("change", () => { this.layer = select.value; this._fetch(); });
    box.replaceChildren(element("span", null, this.words.hint_units), select);
    box.hidden = false;
    await this._fetch();
  }

  async _fetch() { this.data = await this.server.unitsOf(this.layer, this.day); this.on = true; this.paint(); }

  stop() { this.on = false; this.choice.hide(); document.getElementById("offer").hidden = true; }

  _has(key) { return this.units().some(([layer, code]) => layer === this.layer && code === key); }

  paint() { this.choice.hide(); if (this.on && this.data) this.choice.show(this.data, (key) => this._has(key), (key) => this._toggle(key)); }

  _toggle(key) {
    const units = this.units().filter(([layer, code]) => !(layer === this.layer && code === key));
    if (units.length === this.units().length) units.push([this.layer, key]);
    this.server.paint(units);
  }
}

// Merging with neighbours: pick them, see the result, apply it; the zones merged may be repealed with the publication.
export class Merger {
  constructor(app, words) { this.words = words; this.choice = new Choice(app); this.picked = new Set(); }

  // ``done(geometries, codes)``: what was picked; codes only of zones to be repealed.
  start(neighbours, isLaw, done, close) {
    const box = document.getElementById("offer"), said = element("b"), label = element("label", "tick"), tick = element("input");
    this.picked.clear();
    tick.type = "checkbox"; tick.checked = isLaw; label.hidden = !isLaw;
    label.append(tick, element("span", null, this.words.repeal_merged));
    const show = () => { said.textContent = [...this.picked].join("、"); this.choice.show(neighbours, (key) => this.picked.has(key), toggle); };
    const toggle = (key) => { if (!this.picked.delete(key)) this.picked.add(key); show(); };
    const preview = button("primary", this.words.preview, () => {
      if (!this.picked.size) return;
      const chosen = neighbours.features.filter((one) => this.picked.has(one.properties.key));
      this.choice.hide();
      done(chosen.map((one) => one.geometry), tick.checked && isLaw ? [...this.picked] : []);
    });
    box.replaceChildren(element("span", null, neighbours.features.length ? this.words.hint_merge : this.words.no_neighbours), said, label, preview, button("", this.words.cancel, close));
    box.hidden = false; show();
  }

  stop() { this.choice.hide(); }
}
