import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError, TaskError } from '../../src/errors.js';
import { intervene } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { accuracy, crossEntropy, pairs, range } from '../../src/task/index.js';
import { runExamples } from '../../src/task/run.js';
import { TrialRunner } from '../../search/run-trials.js';
import { exampleOf } from '../../generators/_internals/pool.js';
import { SourceActivations, sitesToKeep } from '../../search/sources.js';
import { searchSufficiency } from '../../search/sufficiency.js';
import { task } from '../../generators/task.js';
import {
  sameForSameSeed,
  shrinkingTerminates,
  shrinksAreStrictlySmaller,
  shrinksAreValid,
} from '../../generators/laws.js';
import { trials, type Trial, type TrialsConstraints } from '../../generators/trials.js';
import { copyAndCompare, induction } from '../helpers/known/index.js';

let model: Model;
let two: Model;
beforeAll(async () => {
  [model, two] = await Promise.all([copyAndCompare.model('wasm'), induction.model('wasm')]);
});
afterAll(() => {
  model.dispose();
  two.dispose();
});
type I = readonly number[];
const options = (rest: Partial<TrialsConstraints<I>> = {}): TrialsConstraints<I> => ({
  on: copyAndCompare.task,
  outside: ['blocks.0.*.*.*'],
  by: ['mean', 'resample', 'zero'],
  ...rest,
});
const draw = (n: number, seed: number, rest: Partial<TrialsConstraints<I>> = {}): Trial<I>[] =>
  fc.sample(trials(model, options(rest)).arbitrary, { numRuns: n, seed });

/** What shrinking makes smaller: components, mildness, the input, the counterfactual. */
const order = ['mean', 'resample', 'zero'];
const size = (one: Trial<I>): number[] => [
  one.components.length,
  order.indexOf(one.by),
  ...one.key.split('|')[2]!.split(' ').map(Number),
];

describe('laws', () => {
  test.each([false, true])('of trials, on all the examples: %s', (whole) => {
    const { arbitrary } = trials(model, options({ whole }));
    sameForSameSeed(() => trials(model, options({ whole })).arbitrary);
    shrinksAreValid(arbitrary, ({ components, by, input, source }) => {
      expect(components.length).toBeGreaterThan(0);
      expect(order).toContain(by);
      expect(input === undefined).toBe(whole);
      expect(source(input ?? exampleOf([0, 0], [0, 0])) === undefined).toBe(by !== 'resample');
    });
    shrinksAreStrictlySmaller(arbitrary, size);
    shrinkingTerminates(arbitrary);
  });

  test('a source is another input of the same size', () => {
    for (const { input, source, by } of draw(300, 3))
      if (by === 'resample') {
        const from = source(input!)!;
        expect((from.encoded as I).length).toBe((input!.encoded as I).length);
        expect(from.encoded).not.toEqual(input!.encoded);
      }
  });

  test.each([false, true])('print in words and come back from their JSON; whole: %s', (whole) => {
    const space = trials(model, options({ whole }));
    for (const one of draw(100, 4, { whole })) {
      const back = space.parse(JSON.parse(JSON.stringify(one)));
      expect(back.description).toBe(one.description);
      expect(back.by === 'resample' ? back.key : back.key.split('|').slice(0, 2)).toEqual(
        one.by === 'resample' ? one.key : one.key.split('|').slice(0, 2),
      );
      expect(String(one)).toBe(one.description);
      // and shrink as if drawn
      expect(space.arbitrary.canShrinkWithoutContext(back)).toBe(true);
    }
  });

  test('words', () => {
    const { parse } = trials(model, options());
    expect(
      parse({ components: ['blocks.0.attn.head.3'], by: 'resample', input: '[1, 2]', source: '[0, 2]' }).description,
    ).toBe('copy and compare with blocks.0.attn.head.3 taken from [0, 2], on [1, 2]');
    expect(
      parse({ components: ['blocks.0.attn.head.3', 'blocks.0.attn.head.0'], by: 'mean', input: '[0, 0]' }).description,
    ).toBe('copy and compare with blocks.0.attn.head.0, blocks.0.attn.head.3 at their mean, on [0, 0]');
    for (const wrong of [
      { components: ['blocks.0.attn.head.9'], by: 'mean', input: '[0, 0]' },
      { components: ['blocks.0.attn.head.1'], by: 'noise', input: '[0, 0]' },
      { components: ['blocks.0.attn.head.1'], by: 'resample', input: '[0, 7]', source: '[0, 0]' },
    ])
      expect(() => parse(wrong as never)).toThrow(OptionError);
  });

  test('a task’s own counterfactual is used, and inputs without one are not', () => {
    const on = task({
      name: 'own',
      inputs: pairs(range(3), range(3)) as I[],
      counterfactual: ([a, b]) => [a!, (b! + 1) % 3],
      behaviour: accuracy(([a, b]: I) => Number(a === b)),
      threshold: { atLeast: 0 },
    });
    for (const { input, source } of draw(60, 5, { on, by: 'resample' }))
      expect(source(input!)!.input).toEqual([input!.input[0], (input!.input[1]! + 1) % 3]);
    const alone = task({
      name: 'alone',
      inputs: [[0, 1]] as I[],
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    expect(() => draw(1, 1, { on: alone, by: 'resample' })).toThrow(TaskError);
    expect(draw(5, 1, { on: alone, by: 'zero' })).toHaveLength(5);
  });
});

describe('running them', () => {
  /** By itself: one row, the model's own replacements, nothing kept. */
  const alone = async (
    of: Model,
    on: TrialsConstraints<I>['on'],
    { input, source, by, components }: Trial<I>,
  ): Promise<{ before: number; after: number }> => {
    const { encoded } = input!;
    const all = on.encode(on.examples(200, 0), of).inputs;
    const from =
      by === 'zero'
        ? { kind: 'zero' as const }
        : by === 'mean'
          ? { kind: 'mean' as const, over: all }
          : { kind: 'resample' as const, inputs: [source(input!)!.encoded] };
    const clean = (await of.run([encoded], { logits: -1 })).logits.data;
    const patched = (await of.run([encoded], { logits: -1, interventions: intervene(components, from) })).logits.data;
    return {
      before: on.behaviour.score(clean, input!.input, clean),
      after: on.behaviour.score(patched, input!.input, clean),
    };
  };

  test('many to a pass they do what each does alone', async () => {
    for (const [of, known] of [
      [model, copyAndCompare],
      [two, induction],
    ] as const) {
      const on = task({
        name: 'scores',
        inputs: known.task.examples(200, 0).inputs,
        behaviour: crossEntropy((input: I) => input[1]! % 2),
        threshold: { atMost: 1e9 },
      });
      const drawn: Trial<I>[] = fc.sample(
        trials(of, { on, outside: ['blocks.*.*.*.*'], by: ['mean', 'resample', 'zero'] }).arbitrary,
        { numRuns: 60, seed: 6 },
      );
      const runner = new TrialRunner(of, on, on.examples(200, 0));
      const together = [
        ...(await runner.effects(drawn.slice(0, 40))),
        ...(await runner.effects(drawn.slice(30))),
      ].filter((_, at) => at < 40 || at >= 50);
      for (const [i, trial] of drawn.entries()) {
        const expected = await alone(of, on, trial);
        expect(together[i]!.before).toBeCloseTo(expected.before, 5);
        expect(together[i]!.after).toBeCloseTo(expected.after, 5);
      }
    }
  });

  test('what is known costs no pass', async () => {
    const runner = new TrialRunner(model, copyAndCompare.task, copyAndCompare.task.examples(200, 0));
    const drawn = draw(30, 7, { by: 'resample' });
    let passes = 0;
    const budget = { signal: undefined, spend: (n: number) => void (passes += n) };
    const first = await runner.effects(drawn, budget);
    expect(passes).toBe(2);
    expect(await runner.effects(drawn.toReversed(), budget)).toEqual(first.toReversed());
    expect(passes).toBe(2);
  });

  test('calls at the same time do not disturb each other', async () => {
    const on = task({
      name: 'scores',
      inputs: copyAndCompare.task.examples(200, 0).inputs,
      behaviour: crossEntropy((input: I) => input[1]! % 2),
      threshold: { atMost: 1e9 },
    });
    const drawn: Trial<I>[] = fc.sample(
      trials(model, { on, outside: ['blocks.*.attn.*.*'], by: 'resample' }).arbitrary,
      { numRuns: 60, seed: 8 },
    );
    // a model that takes the values of an intervention up only after a while
    const late: Model = Object.create(model, {
      run: {
        value: async (...given: Parameters<Model['run']>) => (
          await new Promise((resolve) => setTimeout(resolve, 5)),
          model.run(...given)
        ),
      },
    });
    const runner = new TrialRunner(late, on, on.examples(200, 0));
    const parts = await Promise.all([runner.effects(drawn.slice(0, 30)), runner.effects(drawn.slice(30))]);
    expect(parts.flat()).toEqual(await new TrialRunner(model, on, on.examples(200, 0)).effects(drawn));
  });

  test('what the examples gave by themselves is not run again', async () => {
    const { task: on } = copyAndCompare;
    const examples = on.examples(200, 0);
    const run = await runExamples(model, on, examples);
    const drawn = draw(30, 7, { by: 'zero' });
    let rows = 0;
    const counted: Model = Object.create(model, {
      run: {
        value: (...[batch, given]: Parameters<Model['run']>) => ((rows += batch.length), model.run(batch, given)),
      },
    });
    const found = await new TrialRunner(counted, on, examples, run).effects(drawn);
    expect(rows).toBe(new Set(drawn.map(({ key }) => key)).size);
    expect(found).toEqual(await new TrialRunner(model, on, examples).effects(drawn));
  });

  test('activations that the examples’ run captured are not captured again, whatever the lengths of its rows', async () => {
    const inputs: I[] = [[0, 1], [1, 0], [2], [1], [2, 2]];
    const on = task({
      name: 'lengths',
      inputs,
      behaviour: crossEntropy((input: I) => input[0]! % 2),
      threshold: { atMost: 1e9 },
    });
    const examples = on.examples(200, 0);
    const drawn: Trial<I>[] = fc.sample(trials(model, { on, outside: ['blocks.*.*.*.*'], by: 'resample' }).arbitrary, {
      numRuns: 60,
      seed: 8,
    });
    // attention patterns too, which have two axes along the input
    const { free } = trials(model, { on, outside: ['blocks.*.*.*.*'] });
    const sites = sitesToKeep(model, on, examples, free);
    expect(new Set(sites)).toEqual(new Set(free.map(({ site }) => site)));
    const run = await runExamples(model, on, examples, { capture: [...sites, 'blocks.0.attn.hook_pattern'] });
    expect(run.batches.some(({ lengths }) => lengths !== undefined)).toBe(true);
    let passes = 0;
    const found = await new TrialRunner(model, on, examples, run).effects(drawn, {
      signal: undefined,
      spend: (n) => void (passes += n),
    });
    expect(passes).toBe(2);
    expect(found).toEqual(await new TrialRunner(model, on, examples).effects(drawn));
    const kept = new SourceActivations<I>(model);
    for (const batch of run.batches)
      kept.keep(
        batch.rows.map((row) => inputs[row]!),
        batch,
      );
    for (const input of inputs) {
      const alone = await model.run([input], { capture: ['blocks.0.attn.hook_pattern'], logits: false });
      const { shape, data } = kept.at('blocks.0.attn.hook_pattern', [{ input, encoded: input }], [0]);
      expect({ shape, data }).toEqual({
        shape: alone.activations.get('blocks.0.attn.hook_pattern')!.shape,
        data: alone.activations.get('blocks.0.attn.hook_pattern')!.data,
      });
    }
  });

  test('nothing is captured with the examples where counterfactuals are others, or there is no room', () => {
    const { free } = trials(model, { on: copyAndCompare.task, outside: ['blocks.*.*.*.*'] });
    const of = (more: object, n: number): string[] => {
      const on = task({
        name: 'some',
        inputs: [
          [0, 1],
          [1, 0],
          [2, 2],
        ] as I[],
        behaviour: accuracy(() => 0),
        threshold: { atLeast: 0 },
        ...more,
      });
      return sitesToKeep(model, on, on.examples(n, 0), free);
    };
    expect(of({}, 3)).not.toEqual([]);
    expect(of({}, 2)).toEqual([]);
    expect(of({ counterfactual: ([a, b]: number[]): I => [b!, a!] }, 3)).toEqual([]);
    expect(of({ inputs: fc.constantFrom([0, 1], [1, 0]) }, 3)).toEqual([]);
    const large: Model = Object.create(model, {
      sites: { value: model.sites.map((site) => ({ ...site, shape: [...site.shape, 2 ** 23] })) },
    });
    const { task: on } = copyAndCompare;
    expect(sitesToKeep(large, on, on.examples(200, 0), free)).toEqual([]);
  });

  test('the same in batches and one by one, down to the path', async () => {
    const { task: on } = copyAndCompare;
    for (const [seed, by] of [
      [1, 'resample'],
      [2, 'mean'],
      [3, 'zero'],
    ] as const) {
      // nothing is claimed: every head that the task needs is guilty
      const found = await Promise.all(
        [64, 1].map((batch) => searchSufficiency(model, { on, outside: ['blocks.0.attn.head.*'], by, seed, batch })),
      );
      const [together, apart] = found.map(({ broken, search: { details } }) => [
        broken?.trial.description,
        broken?.effect,
        details.counterexamplePath,
        details.numRuns,
        details.numShrinks,
      ]);
      expect(together).toEqual(apart);
      expect(found[0]!.broken).toBeDefined();
      expect(found[0]!.search.passes).toBeLessThan(found[1]!.search.passes);
    }
  });

  test('inputs of several lengths run in passes of their own', async () => {
    const on = task({
      name: 'lengths',
      inputs: [[0, 1], [1, 0], [2], [1], [2, 2]] as I[],
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    const drawn: Trial<I>[] = fc.sample(
      trials(model, { on, outside: ['blocks.0.attn.head.*'], by: ['mean', 'resample'] }).arbitrary,
      { numRuns: 40, seed: 8 },
    );
    const effects = await new TrialRunner(model, on, on.examples(200, 0)).effects(drawn);
    for (const [i, trial] of drawn.entries()) expect(effects[i]).toEqual(await alone(model, on, trial));
  });
});
