// How often the example's gates come out as they should, over seeds, with the defaults.
//   npm run build && node lab/bench/gate-rates.mjs [seeds]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accuracy, compare, load, pairs, range, task } from '../../dist/esm/index.js';

const seeds = Number(process.argv[2] ?? 15);
const models = join(fileURLToPath(new URL('../..', import.meta.url)), 'examples', 'modular-addition', 'models');
const addition = task({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});
const released = await load(join(models, 'released.safetensors'));

console.log(`${seeds} seeds, the defaults of compare, 400 inputs\n`);
for (const name of ['quantised', 'finetuned', 'finetuned-further', 'constant-attention', 'retrained']) {
  const candidate = await load(join(models, `${name}.safetensors`));
  const outcomes = { equivalent: 0, different: 0, undecided: 0 };
  const estimates = [];
  const draws = [];
  let high = -Infinity;
  let low = Infinity;
  for (let seed = 1; seed <= seeds; seed++) {
    const { outcome, judgement, baseline } = await compare(released, candidate, { on: addition, seed, alsoReport: [] });
    outcomes[outcome]++;
    draws.push(baseline.implementations.length - 1);
    for (const { excess } of judgement.sides) {
      estimates.push(excess.estimate);
      high = Math.max(high, excess.high);
      low = Math.min(low, excess.low);
    }
  }
  const percent = (x) => `${Math.round(100 * x)} %`;
  console.log(
    `${name}: ${JSON.stringify(outcomes)}; excess from ${percent(Math.min(...estimates))} to ${percent(Math.max(...estimates))}, limits from ${percent(low)} to ${percent(high)}; draws ${Math.min(...draws)} to ${Math.max(...draws)}`,
  );
}
