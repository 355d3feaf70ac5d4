// Records made on site: kept on the phone while being written and while there is no network, sent once.
import { element } from "./nodes.js";
import { locate, metres } from "./here.js";

const STORE = "drafts", SAVED_AFTER = 400;
const NOT_KEPT = ["csrf_token", "photos"];

// --- drafts in IndexedDB: photos are files, which localStorage cannot hold ------------------------------------

function drafts() {
  return new Promise((resolve, reject) => {
    const asked = window.indexedDB.open("bluesky-drafts", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function act(mode, work) {
  const base = await drafts();
  return new Promise((resolve, reject) => {
    const change = base.transaction(STORE, mode), asked = work(change.objectStore(STORE));
    change.oncomplete = () => { base.close(); resolve(asked.result); };
    change.onerror = change.onabort = () => { base.close(); reject(change.error); };
  });
}

// --- one form --------------------------------------------------------------------------------------------------

class RecordForm {
  constructor(form) {
    this.form = form; this.words = form.dataset; this.key = document.body.dataset.account + "/" + form.dataset.draft; this.photos = [];
    this.state = form.querySelector("[data-state]"); this.strip = form.querySelector("[data-photos]"); this.place = form.querySelector("[data-place]");
    form.addEventListener("input", () => this.later());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.waiting = true; this.send(); });
    form.elements.photos.addEventListener("change", () => { this.photos = [...form.elements.photos.files].slice(0, 9); this.showPhotos(); this.later(); });
    form.querySelector("[data-locate]").addEventListener("click", () => this.locate());
    document.addEventListener("place-picked", ({ detail }) => this.stand({ ...detail, accuracy: "" }));
    window.addEventListener("online", () => { if (this.waiting) this.send(); });
    this.restore();
  }

  later() { clearTimeout(this.timer); this.timer = setTimeout(() => this.keep(), SAVED_AFTER); }

  values() {
    const found = {};
    for (const [name, value] of new FormData(this.form)) if (!NOT_KEPT.includes(name)) found[name] = value;
    return found;
  }

  async keep() {
    try { await act("readwrite", (base) => base.put({ values: this.values(), photos: this.photos, waiting: Boolean(this.waiting) }, this.key)); this.say(this.waiting ? this.words.waiting : this.words.saved); } catch (fault) { console.info("draft", fault && fault.name); }
  }

  async restore() {
    let kept;
    try { kept = await act("readonly", (base) => base.get(this.key)); } catch (fault) { return; }
    if (!kept) return;
    for (const [name, value] of Object.entries(kept.values)) {
      const field = this.form.elements[name];
      if (field) field.value = value;
    }
    this.photos = kept.photos || []; this.waiting = kept.waiting;
    const fold = this.form.closest("details");
    if (fold) fold.open = true;
    this.showPhotos(); this.say(this.waiting ? this.words.waiting : this.words.saved);
    if (this.waiting && navigator.onLine) this.send();
  }

  async forget() { try { await act("readwrite", (base) => base.delete(this.key)); } catch (fault) { console.info("draft", fault && fault.name); } }

  say(text) { this.state.textContent = text; }

  showPhotos() {
    this.strip.replaceChildren(...this.photos.map((photo) => {
      const picture = element("img"), url = URL.createObjectURL(photo);
      picture.src = url; picture.alt = photo.name; picture.width = 110; picture.height = 82;
      picture.addEventListener("load", () => URL.revokeObjectURL(url));
      return picture;
    }));
  }

  async locate() {
    const place = await locate();
    if (place) { this.stand(place); document.dispatchEvent(new CustomEvent("place-found", { detail: place })); } else this.place.textContent = this.words.nowhere;
  }

  stand({ lon, lat, accuracy }) {
    const fields = this.form.elements, target = { lon: Number(this.words.lon), lat: Number(this.words.lat) };
    fields.lon.value = lon.toFixed(6); fields.lat.value = lat.toFixed(6); fields.accuracy.value = accuracy === "" ? "" : String(Math.round(accuracy));
    const parts = accuracy === "" ? [] : [this.words.here + " " + Math.round(accuracy) + " m"];
    if (this.words.lon) parts.push(this.words.far + " " + Math.round(metres(target, { lon, lat })) + " m");
    this.place.textContent = parts.join(" · ");
    this.later();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    if (!this.form.elements.at.value) this.form.elements.at.value = new Date().toISOString();
    await this.keep();
    this.say(this.words.sending);
    const body = new FormData(this.form);
    body.delete("photos");
    for (const photo of this.photos) body.append("photos", photo, photo.name);
    let answer;
    try { answer = await fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" }); } catch (fault) { this.sending = false; this.say(this.words.waiting); return; }
    this.sending = false;
    if (answer.ok) { this.waiting = false; await this.forget(); window.location.assign((await answer.json()).url); return; }
    if (answer.status < 500) { this.waiting = false; this.form.elements.at.value = ""; }
    const told = await answer.text();
    this.say(this.words.failed + (this.sentence(told) || answer.status));
    await act("readwrite", (base) => base.put({ values: this.values(), photos: this.photos, waiting: false }, this.key));
  }

  // The sentence of an answer: of problem+json, or of a page.
  sentence(text) {
    try { return JSON.parse(text).detail; } catch (fault) {
      const heading = new DOMParser().parseFromString(text, "text/html").querySelector("h1");
      return heading ? heading.textContent : "";
    }
  }
}

for (const form of document.querySelectorAll("form[data-record]")) new RecordForm(form);
