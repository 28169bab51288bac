/** The known models are what they say: over all inputs, all counterfactuals and all sets of components. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { components, intervene } from '../../src/circuit/component.js';
import type { Tokens } from '../../src/model/input.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { rowOf } from '../../src/task/behaviour.js';
import { allKnown } from '../helpers/known/index.js';

const pairsOf = <T>(all: readonly T[]): [T, T][] => all.flatMap((a) => all.map((b): [T, T] => [a, b]));

describe.each(allKnown.map((one) => [one.name, one] as const))('%s', (_, one) => {
  let model: Transformer;
  const inputs = one.task.examples(1000, 0).inputs as Tokens[];
  beforeAll(async () => {
    model = await one.model('wasm'); // the plain backend takes ten times as long in Jest's sandbox
  });
  afterAll(() => model.dispose());

  test('answers right, and names every component once', async () => {
    const { logits } = await model.run(inputs, { logits: -1 });
    expect(inputs.map((input, row) => one.task.behaviour.score(rowOf(logits, row), input, rowOf(logits, row)))).toEqual(
      inputs.map(() => 1),
    );
    expect([...one.circuit, ...one.spare].toSorted()).toEqual(
      components(model)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test('a set of components can be patched without a wrong answer exactly where it leaves a circuit whole', async () => {
    const all = components(model);
    // every input with every counterfactual
    const cases = one.by === 'resample' ? pairsOf(inputs) : inputs.map((input): [Tokens, Tokens] => [input, input]);
    const batch = cases.map(([input]) => input);
    const by =
      one.by === 'zero'
        ? ({ kind: 'zero' } as const)
        : ({ kind: 'resample', inputs: cases.map(([, other]) => other) } as const);
    const clean = (await model.run(batch, { logits: -1 })).logits;
    const wrongClaims: string[] = [];
    for (let set = 1; set < 2 ** all.length; set++) {
      const chosen = all.filter((_component, i) => (set >> i) & 1);
      const { logits } = await model.run(batch, { interventions: intervene(chosen, by), logits: -1 });
      const keeps = batch.every(
        (input, row) => one.task.behaviour.score(rowOf(logits, row), input, rowOf(clean, row)) === 1,
      );
      const claimed = one.circuits.some((circuit) =>
        circuit.every((name) => chosen.every((component) => component.name !== name)),
      );
      if (keeps !== claimed) wrongClaims.push(chosen.map(({ name }) => name).join(' '));
      // spare components do not even move a logit
      if (chosen.every(({ name }) => !one.circuits.flat().includes(name))) expect(logits.data).toEqual(clean.data);
    }
    expect(wrongClaims).toEqual([]);
  });
});
