// Reads damaged files, a chunk at a time as it is told to, and writes down which one it is at: it may never come back from it.
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { formats } from './formats.mjs';
import { damagedBytes, damagedJson } from './mutate.mjs';
import { inside } from './place.mjs';

const { random } = inside('src/random');
const [folder, seed] = process.argv.slice(2);
const isJson = (name) => /\.(json|jsonl|txt)$/.test(name);

let stray = [];
process.on('unhandledRejection', (error) => stray.push(`a promise that nobody waits for: ${error?.stack ?? error}`));

/** Undamaged, a format's files are read: or its damaged ones show nothing. Some fixtures are there to be refused. */
async function undamaged(name, { variants, read }, { bad }) {
  let first;
  for (const [i, variant] of variants.entries()) {
    try {
      await read(variant, i);
      return;
    } catch (error) {
      first ??= error;
    }
  }
  bad.push(`${name}: not read undamaged: ${String(first?.stack ?? first).slice(0, 400)}`);
}

let prepared;
async function work({ evidence, name, from, to }) {
  prepared ??= formats({ evidence, folder });
  const { list, tf, isTyped } = prepared;
  const { variants, read } = list[name];
  const at = openSync(join(folder, 'at'), 'w');
  const found = { accepted: 0, typed: 0, bad: [] };
  const before = { tensors: tf.engine().state.numTensors, handles: readdirSync('/proc/self/fd').length };
  if (from === 0) await undamaged(name, list[name], found);
  for (let i = from; i < to; i++) {
    writeSync(at, String(i).padEnd(12), 0);
    const numbers = random(Number(seed), `${name} ${i}`);
    const variant = variants[i % variants.length];
    const names = Object.keys(variant);
    // one file of several is damaged
    const one = names[numbers.below(names.length)];
    const others = variants.map((other) => other[one] ?? Object.values(other)[0]);
    const files = {
      ...variant,
      [one]: isJson(one) ? damagedJson(variant[one], numbers) : damagedBytes(variant[one], numbers, others),
    };
    try {
      await read(files, i);
      found.accepted++;
    } catch (error) {
      if (isTyped(error)) found.typed++;
      else found.bad.push(`${name} ${i} (${one}): ${String(error?.stack ?? error).slice(0, 600)}`);
    }
  }
  await new Promise(setImmediate);
  const tensors = tf.engine().state.numTensors - before.tensors;
  // a backend keeps a few of its own from its first use on
  if (tensors > 0 && from > 0) found.bad.push(`${name} ${from}-${to}: ${tensors} tensors are left`);
  closeSync(at);
  const handles = readdirSync('/proc/self/fd').length - before.handles;
  if (handles > 5) found.bad.push(`${name} ${from}-${to}: ${handles} files are left open`);
  found.bad.push(...stray.map((text) => `${name} ${from}-${to}: ${text}`));
  stray = [];
  process.send({ ...found, peak: process.resourceUsage().maxRSS * 1024 });
}
process.on('message', (order) =>
  work(order).catch((error) => {
    // the campaign's own fault
    console.error(error);
    process.exit(3);
  }),
);
process.send('ready');
