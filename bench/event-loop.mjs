// How long the event loop stands still during a comparison: gaps between ticks of a timer of one millisecond, and what was being done at the longest of them. The pair of the example that
// comes out different, which takes every step there is: search, draws, rule, single sites, shrinking.
//   npm run build && node bench/event-loop.mjs [runs] [baseline] [candidate] [measure]
import { fileURLToPath } from 'node:url';
import { accuracy, compare, load, pairs, range, task } from '../dist/esm/index.js';

const [runs = '2', baseline = 'released', candidate = 'constant-attention', measure = 'ridge'] = process.argv.slice(2);
const on = task({ name: 'addition mod 43', inputs: pairs(range(43), range(43)), behaviour: accuracy(([a, b]) => (a + b) % 43), require: { atLeast: 0.99 } });
const model = (name) => load(fileURLToPath(new URL(`../examples/modular-addition/models/${name}.safetensors`, import.meta.url)));
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

for (let run = 1; run <= Number(runs); run++) {
  const [one, other] = [await model(baseline), await model(candidate)];
  const phases = new Map();
  let doing = 'reading the task';
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    const gaps = phases.get(doing) ?? [];
    gaps.push(now - last);
    phases.set(doing, gaps);
    last = now;
  };
  const timer = setInterval(tick, 1);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const { outcome } = await compare(one, other, {
    on,
    seed: run,
    measure,
    progress: (_, now) => {
      if (now === doing) return;
      // what was going on until now is not the new phase's doing
      tick();
      doing = now;
    },
  });
  tick();
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  const all = [...phases.values()].flat().toSorted((a, b) => a - b);
  console.log(`run ${run}: ${outcome}, ${seconds.toFixed(1)} s, processor ${(used.user / 1e6).toFixed(1)} s user, ${(used.system / 1e6).toFixed(1)} s system; the longest gap ${ms(all.at(-1))}, 99 % below ${ms(quantile(all, 0.99))}, ${all.filter((gap) => gap > 100).length} above 100 ms`);
  console.log('| phase | ticks | longest gap | 99 % below | above 100 ms |\n|---|---|---|---|---|');
  for (const [phase, gaps] of phases) {
    const sorted = gaps.toSorted((a, b) => a - b);
    console.log(`| ${phase} | ${gaps.length} | ${ms(sorted.at(-1))} | ${ms(quantile(sorted, 0.99))} | ${gaps.filter((gap) => gap > 100).length} |`);
  }
  for (const it of [one, other]) it.dispose();
}
