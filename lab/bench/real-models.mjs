// What the method says of real networks: the example's models against `released`, and the published clock and pizza of modular-addition/ in the
// folder that CONGRUITY_MODELS names.
//   npm run build && node lab/bench/real-models.mjs [seed]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accuracy, compare, load, pairs, quantise, range, task } from '../../dist/esm/index.js';

const seed = Number(process.argv[2] ?? 0);
const root = fileURLToPath(new URL('../..', import.meta.url));
const example = join(root, 'examples', 'modular-addition', 'models');
const published = process.env.CONGRUITY_MODELS && join(process.env.CONGRUITY_MODELS, 'modular-addition');
const addition = (p) =>
  task({
    name: `addition mod ${p}`,
    inputs: pairs(range(p), range(p)),
    behaviour: accuracy(([a, b]) => (a + b) % p),
    threshold: { atLeast: 0.99 },
  });

const percent = ({ estimate, low, high }) =>
  `${Math.round(100 * estimate)} [${Math.round(100 * low)}, ${Math.round(100 * high)}]`;

console.log(`seed ${seed}; the defaults, 400 inputs, ridge distance; excess in percent with limits at 5 % each\n`);
console.log(
  '| baseline, candidate | outcome | a side | excess from baseline | from candidate | siblings | strangers | T1, T2 | congruity | p | CKA, Procrustes say | seconds |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|---|');
async function row(baseline, candidate, on) {
  const {
    outcome,
    judgement,
    alsoReport: beside,
    seconds,
    baseline: side,
  } = await compare(baseline, candidate, { on, seed });
  const [one, two] = judgement.sides;
  console.log(
    `| ${[
      `${baseline.name}, ${candidate.name}`,
      outcome,
      side.implementations.length,
      percent(one.excess),
      percent(two.excess),
      `${one.siblings.estimate.toFixed(2)} / ${two.siblings.estimate.toFixed(2)}`,
      judgement.strangers.estimate.toFixed(2),
      `${one.T.estimate.toFixed(2)}, ${two.T.estimate.toFixed(2)}`,
      judgement.congruity.estimate.toFixed(2),
      judgement.energy.p.toPrecision(2),
      beside.map((other) => other.outcome).join(', '),
      seconds.toFixed(0),
    ].join(' | ')} |`,
  );
}

const released = await load(join(example, 'released.safetensors'));
for (const name of ['released', 'quantised', 'finetuned', 'finetuned-further', 'retrained', 'constant-attention'])
  await row(released, await load(join(example, `${name}.safetensors`)), addition(43));
for (const bits of [6, 5, 4]) {
  const coarse = await quantise(released, bits);
  await row(released, coarse, addition(43)).catch((error) =>
    console.log(`| released, ${coarse.name} | ${error.name}: ${error.what} |`),
  );
}
if (published) {
  const clock = await load(join(published, 'clock.safetensors'));
  for (const other of [clock, await quantise(clock, 8), await load(join(published, 'pizza.safetensors'))])
    await row(clock, other, addition(59));
} else console.log('\nwithout the published models: CONGRUITY_MODELS is not set');
