// The hand goes first: work waits for the frame that shows what a move has changed, and is done a little at a time.
const FRAME_MS = 8;

// Kept when the next frames are on the screen. Asking the server in the breath that ends a move would take the processor from them.
let seen = null;
export function shown() {
  if (!seen) seen = new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => { seen = null; done(); })); });
  return seen;
}

// Tiles are fetched so many at a time: more would not come sooner, and would leave no processor to the hand.
const MOST_UNDER_WAY = 3;
let underWay = 0;
const line = [];
async function inTurn(work) {
  if (underWay >= MOST_UNDER_WAY) await new Promise((next) => line.push(next)); else underWay += 1;
  try { return await work(); } finally { if (line.length) line.shift()(); else underWay -= 1; }
}

// One tile of an address with {z}, {x} and {y}.
export function tileBytes(address, { z, x, y }, signal) {
  return inTurn(async () => {
    const answer = await fetch(address.replace("{z}", z).replace("{x}", x).replace("{y}", y), { credentials: "same-origin", signal });
    if (!answer.ok) throw new Error(String(answer.status));
    return new Uint8Array(await answer.arrayBuffer());
  });
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
