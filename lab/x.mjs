import { fromSources } from './bench/sources.mjs';
const { load, drawTwins, openTwins, accuracy, pairs, range, defineTask } = await fromSources('twinsx', `
export { load } from './src/model/load.js';
export { accuracy, pairs, range, defineTask } from './src/task/index.js';
export { drawTwins, openTwins } from './src/verdict/twins/draw-twins.js';`);
const on = defineTask({ name: 'a', inputs: pairs(range(43), range(43)), behaviour: accuracy(([a, b]) => (a + b) % 43), threshold: { atLeast: 0.99 } });
const m = (n) => load(`examples/modular-addition/models/${n}.safetensors`);
const released = await m('released');
for (const n of (process.argv[3] ?? 'quantised').split(',')) {
  const options = { on, seed: 0, budget: { draws: 40 }, levels: { alpha: 0.05, beta: 0.05 }, inputs: +(process.argv[2] ?? 400), pool: 'last', measure: 'ridge', splits: 3, minAcceptance: 0.2, say: () => undefined };
  const t = performance.now();
  const open = await openTwins([released, await m(n)], options);
  if (!open.sampler) { console.log(n, open.finding); continue; }
  const t1 = performance.now();
  let fill = 0; const f = open.sampler.fill.bind(open.sampler); open.sampler.fill = async (c) => { const q = performance.now(); const r = await f(c); fill += performance.now() - q; return r; };
  const { twins, stopped } = await drawTwins(open, options);
  console.log(n, twins.outcome, stopped, twins.pairs, JSON.stringify(twins.ratio), JSON.stringify(twins.meanRatio), JSON.stringify(twins.cosine), twins.still, t1 - t, performance.now() - t1, 'fill', fill);
}
