// Damage to bytes and to JSON: all of it follows from the random numbers that are given.
const pick = (random, list) => list[random.below(list.length)];
const extremes = [
  0n,
  1n,
  -1n,
  2n,
  7n,
  127n,
  128n,
  255n,
  32767n,
  65535n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  1n << 40n,
  1n << 53n,
];
const floats = [NaN, Infinity, -Infinity, 1e38, -1e38, 1e-45, 0, -0];

/** What looks like a length, a count or an offset, written over whatever is there. */
function number(bytes, random) {
  const size = pick(random, [1, 2, 4, 8]);
  // headers are where lengths are
  const at = random.below(3) === 0 ? random.below(Math.min(bytes.length, 64)) : random.below(bytes.length);
  let value = BigInt.asUintN(64, pick(random, extremes));
  const big = random.below(4) === 0;
  for (let i = 0; i < size && at + i < bytes.length; i++, value >>= 8n)
    bytes[at + (big ? size - 1 - i : i)] = Number(value & 255n);
  return bytes;
}

function real(bytes, random) {
  if (bytes.length < 4) return bytes;
  const at = random.below(bytes.length - 3);
  new DataView(bytes.buffer, bytes.byteOffset).setFloat32(at - (at % 4), pick(random, floats), true);
  return bytes;
}

const joined = (...parts) => Buffer.concat(parts);

const kinds = [
  (bytes, random) => {
    for (let i = 1 + random.below(4); i > 0; i--) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => joined(bytes, Buffer.from(Array.from({ length: 1 + random.below(64) }, () => random.below(256)))),
  number,
  number,
  real,
  // a piece left out, said twice, moved
  (bytes, random) => {
    const at = random.below(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(16)));
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    const end = Math.min(bytes.length, at + 1 + random.below(64));
    return joined(bytes.subarray(0, end), bytes.subarray(at));
  },
  (bytes, random, others) => {
    const other = pick(random, others);
    return joined(bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length || 1)));
  },
];

/** @param others files of the same kind, to splice with */
export function damagedBytes(given, random, others = [given]) {
  let bytes = Buffer.from(given);
  for (let i = random.below(4) === 0 ? 3 : 1; i > 0 && bytes.length > 0; i--)
    bytes = Buffer.from(pick(random, kinds)(bytes, random, others));
  return bytes;
}

const values = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  2,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 60,
  '',
  'x',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
  [],
  {},
  [[]],
  [0],
  { a: 1 },
  [null],
];

function places(value, found = []) {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    places(value[key], found);
  }
  return found;
}

// a key __proto__ is one, as in JSON
const put = (holder, key, value) => {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
};

const edits = [
  (holder, key, random) => put(holder, key, pick(random, values)),
  (holder, key, random) => put(holder, key, pick(random, values)),
  (holder, key) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  (holder, key, random) => {
    const value = holder[key];
    if (typeof value === 'number')
      put(holder, key, pick(random, [-value, value + 1, value - 1, value * 2, value / 2, value * 1e9]));
    else if (typeof value === 'string')
      put(
        holder,
        key,
        pick(random, [value.toUpperCase(), `${value}x`, value.slice(1), value.repeat(50), `${value}\u0000`]),
      );
    else put(holder, key, [value]);
  },
  (holder, key, random) =>
    put(holder, pick(random, ['__proto__', 'constructor', 'toString', '', `${key} `, 'x']), holder[key]),
  (holder, key, random, all) => {
    const [from, name] = pick(random, all);
    const copy = JSON.stringify(from[name]);
    if (copy !== undefined) put(holder, key, JSON.parse(copy));
  },
  (holder, key, random) => {
    let deep = 1;
    for (let i = random.below(200); i > 0; i--) deep = [deep];
    put(holder, key, deep);
  },
  (holder, key) => {
    if (Array.isArray(holder)) holder.push(...holder.slice(0, 100));
    else put(holder, key, [holder[key], holder[key]]);
  },
];

/** JSON that is still JSON, with edits; one in four is damaged as bytes. */
export function damagedJson(bytes, random) {
  if (random.below(4) === 0) return damagedBytes(bytes, random);
  const whole = JSON.parse(bytes.toString('utf8'));
  const all = places(whole);
  for (let i = 1 + random.below(3); i > 0; i--) {
    const [holder, key] = pick(random, all);
    pick(random, edits)(holder, key, random, all);
  }
  let text = JSON.stringify(whole);
  // a key twice, a number as JSON allows it and nobody writes it
  if (random.below(20) === 0) text = text.replace('{', `{"${pick(random, ['a', 'model', '__proto__'])}":1,`);
  if (random.below(20) === 0)
    text = text.replace(/\d+/, pick(random, ['1e999', '-0', '1E+2', '99999999999999999999', '01']));
  return Buffer.from(text);
}
