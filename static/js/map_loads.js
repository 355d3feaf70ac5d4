// What a map loads: the newest request of a name counts, and what is under way, fails or is empty is told.
import { button, element } from "./nodes.js";

export class Loads {
  constructor(words) { this.words = words; this.flights = {}; this.waiting = new Set(); this.failures = new Map(); this.empty = false; this.box = null; }

  // Data by name, of a day; a newer request for the same name cancels the older one.
  async fetch(address, key, day) {
    const embedded = document.getElementById("data-" + key), url = new URL(address, window.location.href);
    if (embedded) return JSON.parse(embedded.textContent);
    if (day) url.searchParams.set("as_of", day);
    if (this.flights[key]) this.flights[key].abort();
    const flight = (this.flights[key] = new AbortController());
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin", signal: flight.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      return await answer.json();
    } finally { if (this.flights[key] === flight) delete this.flights[key]; }
  }

  // Runs some work; what fails is told with a way to try again.
  async run(key, work) {
    const token = {};
    this.waiting.add(token); this.failures.delete(key); this._show();
    try { return await work(); } catch (fault) {
      if (fault.name !== "AbortError") { console.warn(key, fault.message); this.failures.set(key, () => this.run(key, work)); }
      return undefined;
    } finally { this.waiting.delete(token); this._show(); }
  }

  // Whether the map has nobody to show.
  nothing(empty) { this.empty = empty; this._show(); }

  _show() {
    const { box, words } = this, failed = [...this.failures.values()];
    box.classList.toggle("failed", failed.length > 0);
    box.hidden = !failed.length && !this.waiting.size && !this.empty;
    if (failed.length) {
      box.replaceChildren(element("span", null, words.failed), button("button small", words.retry, () => { for (const again of failed) again(); }));
    } else box.textContent = this.waiting.size ? words.loading : this.empty ? words.empty : "";
  }
}
