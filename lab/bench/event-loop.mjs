// How long the event loop stands still during a comparison: gaps between ticks of a timer of one millisecond, by the clock and (Linux) by the processor time that the main thread spent in
// them, which other work on the machine does not disturb. The pair of the example that comes out different takes every step there is: search, draws, rule, shrinking. With a second build
// (a copy of another commit's dist/), its processor time in turn with this one's: what letting others run costs.
//   npm run build && node lab/bench/event-loop.mjs [runs] [candidate] [options as JSON] [another dist/]
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [runs = '3', candidate = 'constant-attention', options = '{}', before] = process.argv.slice(2);
const here = fileURLToPath(new URL('../../dist', import.meta.url));
const builds = await Promise.all(
  (before === undefined ? [here] : [resolve(before), here]).map(
    (folder) => import(pathToFileURL(`${folder}/esm/index.js`).href),
  ),
);
const path = (name) =>
  fileURLToPath(new URL(`../../examples/modular-addition/models/${name}.safetensors`, import.meta.url));
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** Milliseconds that the main thread has run. */
let thread = () => Number.NaN;
try {
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`);
  const buffer = Buffer.alloc(64);
  thread = () => Number(buffer.toString('latin1', 0, readSync(file, buffer, 0, 64, 0)).split(' ')[0]) / 1e6;
  process.once('exit', () => closeSync(file));
} catch {
  console.log('no processor time of a single thread here: gaps by the clock only');
}

async function run({ accuracy, compare, load, pairs, range, task }, seed) {
  const on = task({
    name: 'addition mod 43',
    inputs: pairs(range(43), range(43)),
    behaviour: accuracy(([a, b]) => (a + b) % 43),
    threshold: { atLeast: 0.99 },
  });
  const [one, other] = [await load(path('released')), await load(path(candidate))];
  const phases = new Map();
  let doing = 'reading the task';
  let last = { clock: performance.now(), thread: thread() };
  const tick = () => {
    const now = { clock: performance.now(), thread: thread() };
    const gaps = phases.get(doing) ?? [];
    gaps.push({ clock: now.clock - last.clock, thread: now.thread - last.thread });
    phases.set(doing, gaps);
    last = now;
  };
  const timer = setInterval(tick, 1);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const progress = (_, now) => {
    if (now === doing) return;
    // what was going on until now is not the new phase's doing
    tick();
    doing = now;
  };
  const { outcome } = await compare(one, other, { on, seed, ...JSON.parse(options), progress });
  tick();
  clearInterval(timer);
  const used = process.cpuUsage(cpu);
  for (const it of [one, other]) it.dispose();
  return {
    outcome,
    phases,
    seconds: (performance.now() - started) / 1000,
    user: used.user / 1e6,
    system: used.system / 1e6,
  };
}

const took = builds.map(() => []);
for (let seed = 1; seed <= Number(runs); seed++) {
  for (const [i, build] of builds.entries()) {
    const { outcome, phases, seconds, user, system } = await run(build, seed);
    took[i].push(user);
    const row = (name, gaps) => {
      const by = (of) => gaps.map((gap) => gap[of]).toSorted((a, b) => a - b);
      const [clock, own] = [by('clock'), by('thread')];
      return `| ${name} | ${gaps.length} | ${ms(own.at(-1))} | ${ms(quantile(own, 0.99))} | ${own.filter((gap) => gap > 100).length} | ${ms(clock.at(-1))} | ${ms(quantile(clock, 0.99))} |`;
    };
    console.log(
      `\n${i < builds.length - 1 ? 'the other build' : 'this build'}, seed ${seed}: ${outcome}, ${seconds.toFixed(1)} s, processor ${user.toFixed(1)} s user, ${system.toFixed(1)} s system`,
    );
    console.log(
      '| phase | ticks | longest gap, processor | 99 % below | above 100 ms | longest gap, clock | 99 % below |\n|---|---|---|---|---|---|---|',
    );
    for (const [phase, gaps] of phases) console.log(row(phase, gaps));
    console.log(row('**all**', [...phases.values()].flat()));
  }
}
if (builds.length > 1) {
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const [other, this_] = took.map(median);
  console.log(
    `\nprocessor seconds (user), medians of ${runs}: ${other.toFixed(2)} of the other build, ${this_.toFixed(2)} of this one: ${(100 * (this_ / other - 1)).toFixed(1)} %`,
  );
}
