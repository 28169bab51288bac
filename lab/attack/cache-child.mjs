// One comparison that keeps what it computes, to be killed: prints what it came to without what each run says of itself.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { dist, root } from './place.mjs';

const { accuracy, compare, load, pairs, range, task } = createRequire(import.meta.url)(dist('index.js'));
const [, , folder, small] = process.argv;
const models = join(root, 'examples', 'modular-addition', 'models');
const { d_vocab: p } = createRequire(import.meta.url)(join(models, 'released.json'));
const addition = task({
  name: 'addition',
  inputs: pairs(range(p), range(p)),
  behaviour: accuracy(([a, b]) => (a + b) % p),
  threshold: { atLeast: 0.99 },
});
const [baseline, candidate] = await Promise.all(
  ['released', 'quantised'].map((name) => load(join(models, `${name}.safetensors`))),
);
const evidence = await compare(baseline, candidate, {
  on: addition,
  cache: folder === 'none' ? false : folder,
  inputs: small ? 30 : 100,
  // few trials, and no search
  ...(small && { set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 } }),
  splits: 1,
  alsoReport: [],
  budget: { draws: small ? 4 : 10 },
  bootstrap: 100,
  permutations: 199,
});
const { rows, seconds: _1, response, ...rest } = evidence;
process.stdout.write(JSON.stringify({ rows, evidence: { ...rest, response: { ...response, rows: 0 } } }));
