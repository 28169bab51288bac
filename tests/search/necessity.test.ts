/** How often replacing a part breaks something: against all inputs with all counterfactuals, whatever the batch, and where a limit ends it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { components, intervene, select } from '../../src/circuit/component.js';
import type { Ablation } from '../../src/circuit/ablations.js';
import type { Model } from '../../src/model/model.js';
import { rowOf } from '../../src/task/behaviour.js';
import { measureNecessity, type Necessity, type NecessityOptions } from '../../search/necessity.js';
import { accuracy } from '../../src/task/index.js';
import { task } from '../../generators/task.js';
import { allKnown, inductionOf, type Known } from '../helpers/known/index.js';

const large = inductionOf(4);
const models = new Map<Known, Model>();
beforeAll(async () => {
  for (const one of [...allKnown, large]) models.set(one, await one.model('wasm'));
});
afterAll(() => {
  for (const model of models.values()) model.dispose();
});

/** The share of all inputs, with all other inputs as counterfactuals, that are wrong with one component replaced; without the search. */
async function shareOf({ task }: Known, model: Model, name: string, by: 'resample' | 'zero'): Promise<number> {
  const inputs = task.examples(task.size!, 0).inputs;
  const cases =
    by === 'zero'
      ? inputs.map((one) => [one, one] as const)
      : inputs.flatMap((one) => inputs.filter((other) => other !== one).map((other) => [one, other] as const));
  const batch = cases.map(([one]) => one);
  const replacement =
    by === 'zero'
      ? ({ kind: 'zero' } as const)
      : ({ kind: 'resample', inputs: cases.map(([, other]) => other) } as const);
  const { logits } = await model.run(batch, {
    interventions: intervene(select(model, [name]), replacement),
    logits: -1,
  });
  return (
    batch.filter((input, row) => task.behaviour.score(rowOf(logits, row), input, rowOf(logits, row), undefined) !== 1)
      .length / batch.length
  );
}

const measure = (
  known: Known,
  names: readonly string[],
  options: Partial<NecessityOptions<readonly number[]>> = {},
): Promise<Necessity> => {
  const model = models.get(known)!;
  return measureNecessity(model, select(model, names), {
    on: known.task,
    by: [known.by],
    effect: 0.05,
    confidence: 0.95,
    draws: 1000,
    tolerance: 0,
    inputs: 200,
    seed: 0,
    ...options,
  });
};
const plain = ({ parts }: Necessity): unknown =>
  parts.map(({ component, ...rest }) => ({ ...rest, component: component.name }));

describe.each(allKnown.map((one) => [one.name, one] as const))('%s', (_, one) => {
  test('few inputs: all are run, each once, and the share is what it is', async () => {
    const model = models.get(one)!;
    const names = components(model).map(({ name }) => name);
    const { parts, runs, evaluated, stopped } = await measure(one, names, { by: ['zero', 'resample'] });
    const n = one.task.size!;
    expect([stopped, runs, evaluated]).toEqual([undefined, names.length * n * n, names.length * n * n]);
    for (const { component, status, effects } of parts) {
      const shares = await Promise.all(
        (['resample', 'zero'] as const).map((by) => shareOf(one, model, component.name, by)),
      );
      expect(effects.map(({ by, tried, share }) => [by, tried, share.low, share.high])).toEqual([
        ['resample', n * (n - 1), shares[0], shares[0]],
        ['zero', n, shares[1], shares[1]],
      ]);
      expect(status).toBe(Math.max(...shares) > 0.05 ? 'necessary' : 'could be dropped');
    }
  });
});

describe('more than a few', () => {
  const names = [...large.circuit, ...large.spare];
  test('drawn until each part is decided; limits contain the share of all inputs with all counterfactuals', async () => {
    const model = models.get(large)!;
    const { parts, stopped } = await measure(large, names);
    expect(stopped).toBeUndefined();
    for (const { component, status, effects } of parts) {
      const [{ tried, broken, share }] = effects as [(typeof effects)[number]];
      const all = await shareOf(large, model, component.name, 'resample');
      expect([share.low <= all, all <= share.high, share.estimate]).toEqual([true, true, broken / tried]);
      expect(status).toBe(large.circuit.includes(component.name) ? 'necessary' : 'could be dropped');
      // strong effects are seen at once, none at all takes longer
      expect(tried).toBeLessThan(status === 'necessary' ? 20 : 200);
    }
  });

  test('the same for the same seed, whatever the batch; another for another seed', async () => {
    const found = new Set<string>();
    const options = { by: ['mean', 'resample', 'zero'] as Ablation[], effect: 0.3 };
    for (const batch of [1, 7, 64, 1000]) {
      const measured = await measure(large, names, { ...options, batch });
      found.add(JSON.stringify([plain(measured), measured.runs]));
      expect(measured.evaluated).toBeGreaterThanOrEqual(measured.runs);
    }
    expect(found.size).toBe(1);
    expect([...found]).not.toContain(JSON.stringify([plain(await measure(large, names, { ...options, seed: 1 }))]));
  });

  test('a part that one way shows to be necessary is not drawn by the others any more', async () => {
    const { parts } = await measure(large, large.circuit, { by: ['mean', 'resample'] });
    // there are no pairs to draw where the mean of 48 inputs is put in place: all are run
    for (const { effects } of parts)
      expect(effects.map(({ by, tried }) => [by, tried])).toEqual([
        ['mean', 48],
        ['resample', 0],
      ]);
  });

  test('where counterfactuals are themselves drawn, or inputs are of several sizes, nothing is known for certain', async () => {
    const [known] = allKnown;
    const { inputs } = known.task.examples(known.task.size!, 0);
    const common = { name: 'few', inputs, behaviour: known.task.behaviour, threshold: { atLeast: 1 } };
    const own = task({ ...common, counterfactual: ([a, b], { below }) => [b!, (a! + 1 + below(2)) % 3] });
    const [{ effects: drawn }] = (
      await measure(known, known.circuit.slice(0, 1), { on: own, by: ['mean', 'resample'], effect: 0.9 })
    ).parts as [Necessity['parts'][number]];
    expect(drawn.map(({ share }) => share.low === share.high)).toEqual([true, false]);
    // each input has as many counterfactuals as there are others of its size
    const sizes = task({
      ...common,
      inputs: [...inputs.slice(0, 5), [0], [1]],
      behaviour: accuracy(([a, b]: readonly number[]) => (b === undefined || a === b ? 1 : 0)),
      threshold: { atLeast: 0.5 },
    });
    const [{ effects: uneven }] = (
      await measure(known, known.circuit.slice(0, 1), { on: sizes, by: ['zero', 'resample'], effect: 0.9 })
    ).parts as [Necessity['parts'][number]];
    expect(uneven.map(({ by, share }) => [by, share.low === share.high])).toEqual([
      ['resample', false],
      ['zero', true],
    ]);
  });

  test('an effect that is too near the one asked for is undecided at the end of the draws', async () => {
    const share = await shareOf(large, models.get(large)!, large.circuit[0]!, 'resample');
    const { parts, stopped } = await measure(large, large.circuit.slice(0, 1), { effect: share, draws: 60 });
    expect(stopped).toBeUndefined();
    expect(parts[0]).toMatchObject({ status: 'undecided', effects: [{ tried: 60 }] });
  });

  test('a limit ends it, and all have been tried alike', async () => {
    for (const maxPasses of [1, 2, 3]) {
      const { parts, stopped, passes } = await measure(large, names, { maxPasses, batch: 5 });
      expect(stopped).toBe(`the limit of ${maxPasses} forward pass${maxPasses > 1 ? 'es' : ''} was reached`);
      expect(passes).toBeLessThanOrEqual(maxPasses + 1);
      const open = parts.filter(({ status }) => status === 'undecided').map(({ effects }) => effects[0]!.tried);
      expect(open.length).toBeGreaterThan(0);
      expect(Math.max(...open) - Math.min(...open)).toBeLessThanOrEqual(1);
    }
    // in the midst of running all there are: what is left may go either way
    const { parts } = await measure(allKnown[0], allKnown[0].circuit, { maxPasses: 1, batch: 30 });
    const [{ tried, broken, share }] = parts[0]!.effects as [(typeof parts)[number]['effects'][number]];
    expect([tried, share.low, share.high]).toEqual([30, broken / 72, (broken + 42) / 72]);
  });
});
