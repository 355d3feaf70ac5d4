// Records made on site: kept on the device while being written, sent once, later where there is no network.
import { element } from "./nodes.js";
import { locate, metres } from "./here.js";
import { deliver, flush, forget, keep, mine, newId } from "./outbox.js";

const SAVED_AFTER = 400, MOST_PHOTOS = 9;
const NOT_KEPT = ["csrf_token", "client_id", "photos"];

class RecordForm {
  constructor(form) {
    this.form = form; this.words = form.dataset; this.photos = []; this.id = newId();
    this.state = form.querySelector("[data-state]"); this.strip = form.querySelector("[data-photos]"); this.place = form.querySelector("[data-place]");
    form.addEventListener("input", () => this.later());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    form.elements.photos.addEventListener("change", () => this.add([...form.elements.photos.files]));
    form.querySelector("[data-locate]").addEventListener("click", () => this.locate());
    document.addEventListener("place-picked", ({ detail }) => this.stand({ ...detail, accuracy: "" }));
    this.restore();
  }

  entry(more) {
    const values = {};
    for (const [name, value] of new FormData(this.form)) if (!NOT_KEPT.includes(name)) values[name] = value;
    return {
      id: this.id, form: this.words.draft, page: window.location.pathname + (this.form.closest("details[id]") ? "#" + this.form.closest("details[id]").id : ""),
      action: this.form.action, tokens: this.words.tokens, made: this.made || (this.made = Date.now()), values, photos: this.photos, waiting: false, ...more,
    };
  }

  later() { clearTimeout(this.timer); this.timer = setTimeout(() => this.save(), SAVED_AFTER); }

  async save() {
    try { await keep(this.entry()); this.say(this.words.saved); } catch (fault) { console.info("draft", fault && fault.name); }
  }

  // What was begun here before and not sent yet; of several the last.
  async restore() {
    let kept;
    try { kept = (await mine()).filter((one) => one.form === this.words.draft && !one.waiting).pop(); } catch (fault) { return; }
    if (!kept) return;
    this.id = kept.id; this.made = kept.made; this.photos = kept.photos || [];
    for (const [name, value] of Object.entries(kept.values)) {
      const field = this.form.elements[name];
      if (field) field.value = value;
    }
    const fold = this.form.closest("details");
    if (fold) fold.open = true;
    this.showPhotos(); this.say(kept.refused ? this.words.failed + kept.refused : this.words.saved);
  }

  say(text) { this.state.textContent = text; }

  add(photos) { this.photos = [...this.photos, ...photos].slice(0, MOST_PHOTOS); this.form.elements.photos.value = ""; this.showPhotos(); this.later(); }

  showPhotos() {
    this.strip.replaceChildren(...this.photos.map((photo, at) => {
      const picture = element("img"), url = URL.createObjectURL(photo), away = element("button"), frame = element("figure");
      picture.src = url; picture.alt = photo.name; picture.width = 110; picture.height = 82;
      picture.addEventListener("load", () => URL.revokeObjectURL(url));
      away.type = "button"; away.className = "small"; away.textContent = this.words.remove; away.setAttribute("aria-label", this.words.remove + " " + photo.name);
      away.addEventListener("click", () => { this.photos.splice(at, 1); this.showPhotos(); this.later(); });
      frame.append(picture, away);
      return frame;
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
    clearTimeout(this.timer);
    if (!this.form.elements.at.value) this.form.elements.at.value = new Date().toISOString();
    const entry = this.entry({ waiting: true });
    try { await keep(entry); } catch (fault) { console.info("draft", fault && fault.name); }
    this.say(this.words.sending);
    const told = await deliver(entry, true);
    this.sending = false;
    if (told.sent) { window.location.assign(told.url); return; }
    this.form.elements.at.value = "";
    if (told.waiting) { this.clear(); this.say(this.words.waiting); flush(); return; }
    this.say(this.words.failed + told.refused);
  }

  // The next record is another one.
  clear() { this.form.reset(); this.photos = []; this.showPhotos(); this.id = newId(); this.made = 0; this.place.textContent = ""; }

  async discard() { await forget(this.id); this.clear(); this.say(""); }
}

for (const form of document.querySelectorAll("form[data-record]")) {
  const made = new RecordForm(form);
  form.querySelector("[data-discard]").addEventListener("click", () => made.discard());
}
