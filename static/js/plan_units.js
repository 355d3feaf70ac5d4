// Painting by whole units: towns, cells or rows of any polygon layer go in or out with a click.
import { element } from "./nodes.js";

export class Painter {
  constructor(app, server, words, units) {
    this.app = app; this.server = server; this.words = words; this.units = units; this.group = null; this.layer = "towns";
    this.app.map.createPane("units").style.zIndex = 425;
    this.renderer = L.svg({ pane: "units", padding: 0.3 });
  }

  async start() {
    const box = document.getElementById("offer"), select = element("select");
    for (const source of this.app.sources) { const one = element("option", null, source.title); one.value = source.layer; if (source.group === "base" || source.group === "zones") select.append(one); }
    select.value = this.layer; select.setAttribute("aria-label", this.words.units);
    select.addEventListener("change", () => { this.layer = select.value; this._fetch(); });
    box.replaceChildren(element("span", null, this.words.hint_units), select);
    box.hidden = false;
    await this._fetch();
  }

  async _fetch() {
    this.data = await this.server.get("/api/drafts/units/" + this.layer).catch(() => ({ type: "FeatureCollection", features: [] }));
    this.on = true; this.paint();
  }

  stop() { this.on = false; if (this.group) this.group.remove(); this.group = null; document.getElementById("offer").hidden = true; }

  _has(key) { return this.units().some(([layer, code]) => layer === this.layer && code === key); }

  paint() {
    if (this.group) this.group.remove();
    if (!this.on || !this.data) return;
    this.group = L.geoJSON(this.data, {
      pane: "units", renderer: this.renderer,
      style: (feature) => ({ renderer: this.renderer, color: "#0F4C81", weight: 1.4, fillColor: "#0F4C81", fillOpacity: this._has(feature.properties.key) ? 0.28 : 0.03, dashArray: this._has(feature.properties.key) ? null : "4 4" }),
      onEachFeature: (feature, layer) => { layer.bindTooltip(feature.properties.label, { sticky: true }); layer.on("click", (event) => { L.DomEvent.stop(event); this._toggle(feature.properties.key); }); },
    }).addTo(this.app.map);
  }

  _toggle(key) {
    const units = this.units().filter(([layer, code]) => !(layer === this.layer && code === key));
    if (units.length === this.units().length) units.push([this.layer, key]);
    this.server.paint(units);
  }
}
