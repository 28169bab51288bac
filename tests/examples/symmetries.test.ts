/** What is left of the example's networks when they are averaged over the symmetries of addition: which circles they add on no longer matters, and what their attention does still does. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { measures } from '../../src/measure/index.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { featuresOf } from '../../src/representation/capture.js';
import { gramOf, shuffleInputs, subsetInputs, type Gram } from '../../src/representation/gram.js';
import { orbitAverage } from '../../src/representation/orbit-average.js';
import { accuracy, pairs, range, runExamples } from '../../src/task/index.js';
import { pairOrbits } from '../../src/task/pair-orbits.js';
import { task } from '../../generators/task.js';
import { example, prime as p } from '../helpers/example.js';

// 3 generates the units modulo 43: 77 658 relabellings
const addition = task<readonly [number, number]>({
  name: 'addition',
  inputs: pairs(range(p), range(p)),
  behaviour: accuracy(([a, b]) => (a + b) % p),
  threshold: { atLeast: 0.99 },
  symmetries: {
    right: ([a, b]) => [(a + 1) % p, b],
    left: ([a, b]) => [a, (b + 1) % p],
    units: ([a, b]) => [(3 * a) % p, (3 * b) % p],
  },
});
const names = ['released', 'retrained', 'constant-attention'];
let models: Model[];
beforeAll(async () => {
  models = await Promise.all(names.map(example));
});
afterAll(() => models?.forEach((model) => model.dispose()));

test('two training runs are nearer than constant attention at the attention’s output, and after the MLP nothing separates them', async () => {
  const examples = addition.examples(200, 0);
  expect(examples.inputs).toHaveLength(p * p);
  const orbits = pairOrbits(p * p, addition.relabellings(examples));
  expect(orbits).toMatchObject({ inputs: 1, pairs: p + 2 });
  const measured = random(0, 'measured inputs').subset(p * p, 100);
  const order = random(0, 'control').permutation(p * p);
  const sites = ['blocks.0.hook_attn_out', 'blocks.0.hook_mlp_out'];
  const plain: Gram[][] = [[], []];
  const averages: Gram[][] = [[], []];
  for (const model of models) {
    const { batches, score } = await runExamples(model, addition, examples, { capture: sites });
    expect(addition.meets(score)).toBe(true);
    for (const [s, name] of sites.entries()) {
      const site = model.sites.find((one) => one.name === name)!;
      const whole = gramOf(featuresOf(site, batches, 'last'), { where: name });
      plain[s]!.push(subsetInputs(whole, measured));
      averages[s]!.push(subsetInputs(orbitAverage(whole, orbits), measured));
      if (model === models.at(-1))
        averages[s]!.push(subsetInputs(orbitAverage(shuffleInputs(whole, order), orbits), measured));
    }
  }
  for (const { distances, resolution } of [measures.cka, measures.procrustes]) {
    const of = async (grams: readonly Gram[]) => {
      const { data, m } = await distances(grams, { seed: 0 });
      return { runs: data[1]!, constant: [data[2]!, data[m + 2]!], control: data.slice((m - 1) * m, m * m - 1) };
    };
    // plainly, the other training run is the farthest
    const before = await of(plain[0]!);
    expect(before.runs).toBeGreaterThan(before.constant[0]!);
    const attention = await of(averages[0]!);
    for (const constant of attention.constant) expect(constant).toBeGreaterThan(3 * attention.runs);
    const mlp = await of(averages[1]!);
    for (const distance of [mlp.runs, ...mlp.constant]) expect(distance).toBeLessThan(2 * resolution);
    // and not because there is nothing left: shuffled inputs are far
    for (const control of [...attention.control, ...mlp.control]) expect(control).toBeGreaterThan(10 * resolution);
  }
}, 300_000);
