// Mapbox vector tiles (MVT 2.1), as far as points and areas need them.
const MOVE = 1, CLOSE = 7, TEXT = 1;
const AT_TAGS = 2, AT_TYPE = 3, AT_SHAPE = 4;
export const POINT = 1, AREA = 3;

class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }

  get done() { return this.at >= this.bytes.length; }

  number() {
    let value = 0, factor = 1, byte;
    do { byte = this.bytes[this.at++]; value += (byte & 0x7f) * factor; factor *= 128; } while (byte > 0x7f);
    return value;
  }

  part() { const size = this.number(), start = this.at; this.at += size; return this.bytes.subarray(start, this.at); }

  // A field of a message with its number: numbers as numbers, the rest as bytes.
  field(take) { const key = this.number(); take(key >> 3, key & 7 ? this.part() : this.number()); }
}

function each(bytes, take) { for (const read = new Reader(bytes); !read.done;) read.field(take); }

// { at: places as x, y …; starts: where in it each ring begins (of points: each command) }: a command with a count, then
// zigzag steps from the place before.
function shape(bytes) {
  const found = new Int32Array(bytes.length), starts = [];
  let at = 0, used = 0, x = 0, y = 0;
  const number = () => {
    let value = 0, shift = 0, byte;
    do { byte = bytes[at++]; value |= (byte & 0x7f) << shift; shift += 7; } while (byte > 0x7f);
    return value;
  };
  while (at < bytes.length) {
    const command = number();
    if ((command & 7) === CLOSE) continue;
    if ((command & 7) === MOVE) starts.push(used);
    for (let count = command >>> 3; count > 0; count--) {
      const right = number(), down = number();
      found[used++] = x += (right >>> 1) ^ -(right & 1);
      found[used++] = y += (down >>> 1) ^ -(down & 1);
    }
  }
  return { at: found.subarray(0, used), starts };
}

// A tile (of one layer) laid open: { extent, features, keys, words }, features and words as bytes; each is read when it is wanted.
export function open(bytes) {
  const made = { extent: 4096, features: [], keys: [], words: [], known: new Map() }, text = new TextDecoder();
  each(bytes, (_, layer) => each(layer, (field, content) => {
    if (field === 2) made.features.push(content);
    if (field === 3) made.keys.push(text.decode(content));
    if (field === 4) made.words.push(content);
    if (field === 5) made.extent = content;
  }));
  return made;
}

function word(opened, number) {
  if (!opened.known.has(number)) each(opened.words[number], (field, inside) => opened.known.set(number, field === TEXT ? new TextDecoder().decode(inside) : String(inside)));
  return opened.known.get(number);
}

// One feature of an open tile: { kind, tag, type, at, starts }; its kind is the value of the first of some tags that it carries.
export function feature(opened, bytes, tags) {
  const made = { kind: undefined, tag: undefined, type: 0, at: new Int32Array(0), starts: [] };
  let best = tags.length;
  each(bytes, (field, inside) => {
    if (field === AT_TYPE) made.type = inside;
    if (field === AT_SHAPE) Object.assign(made, shape(inside));
    if (field !== AT_TAGS) return;
    for (const read = new Reader(inside); !read.done;) {
      const rank = tags.indexOf(opened.keys[read.number()]), value = read.number();
      if (rank >= 0 && rank < best) { best = rank; made.tag = tags[rank]; made.kind = word(opened, value); }
    }
  });
  return made;
}
