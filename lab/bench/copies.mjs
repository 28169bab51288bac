// How often does the method tell a model from an exact copy of itself? Both sides are the same weights, so every "not exchangeable" at
// p <= 0.05 beyond 1 in 20 is a false alarm of the way implementations are drawn, not of the statistics.
//   npm run build && node lab/bench/copies.mjs [comparisons]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  accuracy,
  byIntervention,
  compare,
  findCircuit,
  load,
  pairs,
  random,
  range,
  task,
} from '../../dist/esm/index.js';

const comparisons = Number(process.argv[2] ?? 40);
const root = fileURLToPath(new URL('../..', import.meta.url));
const released = await load(join(root, 'examples', 'modular-addition', 'models', 'released.safetensors'));
const p = 43;
const addition = task({
  name: 'addition',
  inputs: pairs(range(p), range(p)),
  behaviour: accuracy(([a, b]) => (a + b) % p),
  threshold: { atLeast: 0.99 },
});
const common = { on: addition, budget: { draws: 9 }, inputs: 200, splits: 1, alsoReport: [] };

/** One circuit per side, searched with the side's own randomness; implementations patch half of what lies outside it. */
const oneCircuitASide = async (seed, side) => {
  const circuit = await findCircuit(released, addition, addition.examples(common.inputs, seed), {
    seed: random(seed, side).below(2 ** 31 - 1),
  });
  return byIntervention(released, { outside: circuit });
};

const ways = {
  'grown anew for each implementation (the default)': async () => [released, released],
  'half of what lies outside one circuit a side': async (seed) => [
    await oneCircuitASide(seed, 'one'),
    await oneCircuitASide(seed, 'two'),
  ],
};

console.log(
  `${comparisons} comparisons of released with itself, ${common.implementations} implementations a side, ${common.inputs} inputs\n`,
);
for (const [name, sides] of Object.entries(ways)) {
  const outcomes = { equivalent: 0, different: 0, undecided: 0 };
  let rejected = 0;
  let siblings = 0;
  let widest = 0;
  for (let seed = 0; seed < comparisons; seed++) {
    const [baseline, candidate] = await sides(seed);
    const { outcome, judgement } = await compare(baseline, candidate, { ...common, seed });
    outcomes[outcome]++;
    if (judgement.energy.p <= 0.05) rejected++;
    siblings += (judgement.sides[0].siblings.estimate + judgement.sides[1].siblings.estimate) / 2;
    widest = Math.max(widest, ...judgement.sides.map((side) => side.excess.estimate));
  }
  console.log(
    `${name}\n  energy distance p <= 0.05 in ${rejected} of ${comparisons}; outcomes ${JSON.stringify(outcomes)}; ` +
      `siblings ${(siblings / comparisons).toFixed(3)} apart; largest excess ${(100 * widest).toFixed(0)} %`,
  );
}
released.dispose();
