// The hand goes first: work waits for the frame that shows what a move has changed, and is done a little at a time.
const FRAME_MS = 8;

// Kept when the next frames are on the screen. Asking the server in the breath that ends a move would take the processor from them.
let seen = null;
export function shown() {
  if (!seen) seen = new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => { seen = null; done(); })); });
  return seen;
}

// What an event asks for, done once when its frame is seen, however many events there were.
export function afterwards(work) {
  let due = false;
  return () => { if (due) return; due = true; shown().then(() => { due = false; work(); }); };
}

// Runs pieces of work (generators) one after another, some milliseconds in each frame.
class Slices {
  constructor() { this.waiting = new Map(); this.asked = 0; }

  put(owner, work) { this.waiting.delete(owner); this.waiting.set(owner, work); this._ask(); }

  drop(owner) { this.waiting.delete(owner); }

  _ask() { if (!this.asked && this.waiting.size) this.asked = requestAnimationFrame(() => { this.asked = 0; this._run(); this._ask(); }); }

  _run() {
    const end = performance.now() + FRAME_MS;
    for (const [owner, work] of this.waiting) {
      try { while (!work.next().done) if (performance.now() > end) return; } catch (fault) { console.warn("drawing", fault.message); }
      this.waiting.delete(owner);
    }
  }
}

export const slices = new Slices();
