// Drawing a little at a time, so that the hand never waits.
const FRAME_MS = 8;

// Runs pieces of work (generators) one after another, some milliseconds in each frame.
export class Slices {
  constructor() { this.waiting = new Map(); this.asked = 0; }

  put(owner, work) { this.waiting.delete(owner); this.waiting.set(owner, work); this._ask(); }

  drop(owner) { this.waiting.delete(owner); }

  _ask() { if (!this.asked && this.waiting.size) this.asked = requestAnimationFrame(() => { this.asked = 0; this._run(); this._ask(); }); }

  _run() {
    const end = performance.now() + FRAME_MS;
    for (const [owner, work] of this.waiting) {
      while (!work.next().done) if (performance.now() > end) return;
      this.waiting.delete(owner);
    }
  }
}
