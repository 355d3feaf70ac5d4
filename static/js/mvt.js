// Mapbox vector tiles (MVT 2.1), as far as points and areas need them.
const MOVE = 1, CLOSE = 7, TEXT = 1;
const AT_TAGS = 2, AT_TYPE = 3, AT_SHAPE = 4;
export const POINT = 1, AREA = 3;

function reader(bytes) {
  let at = 0;
  const number = () => {
    let value = 0, factor = 1, byte;
    do { byte = bytes[at++]; value += (byte & 0x7f) * factor; factor *= 128; } while (byte > 0x7f);
    return value;
  };
  return { number, part() { const size = number(), start = at; at += size; return bytes.subarray(start, at); }, get done() { return at >= bytes.length; } };
}

// Every field of a message, with its number; numbers as numbers, the rest as bytes.
function* fields(bytes) {
  const read = reader(bytes);
  while (!read.done) { const key = read.number(); yield [key >> 3, key & 7 ? read.part() : read.number()]; }
}

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

// A tile (of one layer) laid open: { extent, features: bytes, keys, words }; its features are read one by one.
export function open(bytes) {
  const made = { extent: 4096, features: [], keys: [], words: [] }, text = new TextDecoder();
  const word = (content) => { for (const [field, inside] of fields(content)) return field === TEXT ? text.decode(inside) : String(inside); return ""; };
  for (const [, layer] of fields(bytes)) {
    for (const [field, content] of fields(layer)) {
      if (field === 2) made.features.push(content);
      if (field === 3) made.keys.push(text.decode(content));
      if (field === 4) made.words.push(word(content));
      if (field === 5) made.extent = content;
    }
  }
  return made;
}

// One feature of an open tile: { kind, tag, type, at, starts }; its kind is the value of the first of some tags that it carries.
export function feature(opened, bytes, tags) {
  const made = { kind: undefined, tag: undefined, type: 0, at: new Int32Array(0), starts: [] }, told = {};
  for (const [field, inside] of fields(bytes)) {
    if (field === AT_TAGS) for (const read = reader(inside); !read.done;) told[opened.keys[read.number()]] = opened.words[read.number()];
    if (field === AT_TYPE) made.type = inside;
    if (field === AT_SHAPE) Object.assign(made, shape(inside));
  }
  made.tag = tags.find((tag) => tag in told); made.kind = told[made.tag];
  return made;
}
