import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ImplementationError, InterventionError, OptionError, TaskError } from '../../src/errors.js';
import { components } from '../../src/circuit/component.js';
import { findCircuit } from '../../src/circuit/index.js';
import type { Intervention, Model } from '../../src/model/model.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import { accuracy, klToClean, pairs, range, runExamples } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { generated } from '../../generators/implementation-set.js';
import { mildness } from '../../generators/_internals/mildness.js';
import type { GeneratedImplementation } from '../../generators/_internals/generated-implementation.js';
import { implementation } from '../../generators/implementation.js';
import { resample } from '../../generators/resample.js';
import { implementations, type ImplementationsConstraints } from '../../generators/implementations.js';
import { task } from '../../generators/task.js';
import { tokens } from '../../generators/tokens.js';
import { both, tiny, tinyConfig, tinyWeights } from '../helpers/tiny.js';
import { errorOf } from '../helpers/error-of.js';

type One = GeneratedImplementation<[number, number]>;
let model: Model;
beforeAll(async () => {
  model = await tiny();
});
afterAll(() => model.dispose());

const everything = ['blocks.0.*.*.*'];
/** what the tiny model uses: head 0 and neuron 0 */
const circuit = ['blocks.0.attn.head.0', 'blocks.0.mlp.neuron.0'];
/** the counterfactuals of an intervention */
const takenBy = ({ by }: Intervention) => (by.kind === 'resample' ? (by.inputs as number[][]) : []);
const preserved = (arbitrary: fc.Arbitrary<One>) =>
  fc.asyncProperty(arbitrary, async (one) => (await one.score()) === 1);
const draw = (options: Omit<ImplementationsConstraints<[number, number]>, 'on'>) =>
  implementations(model, { on: both(), ...options });

describe('implementations of the tiny model', () => {
  test('outside its circuit every one preserves behaviour', async () => {
    for (const from of ['input', 'shift', 'drawn'] as const)
      await fc.assert(preserved(draw({ circuit, by: mildness, from })), { numRuns: 20 });
  });

  test('where the claim is wrong, the counterexample is one component, mildly, from the simplest input', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { failed, counterexample } = await fc.check(
        preserved(draw({ outside: everything, by: mildness, from: ['input', 'shift', 'drawn'] })),
        { seed, numRuns: 200 },
      );
      expect(failed).toBe(true);
      const [one] = counterexample!;
      // x1 is the mean of both tokens. At its mean, 1/2, and at 0 it never says 1; so the mildest intervention there is breaks both components
      expect(one.by).toBe('mean');
      expect(one.components).toHaveLength(1);
      expect(circuit).toContain(one.components[0]!.name);
      expect(fc.stringify(one)).toBe(`tiny with ${one.components[0]!.name} at its mean`);
    }
  });

  test('of inputs to take from, the first that breaks it is left', async () => {
    const { counterexample } = await fc.check(
      preserved(draw({ circuit: ['blocks.0.mlp.neuron.0'], by: ['zero', 'resample'] })),
      { seed: 1 },
    );
    // head 0 from [0, 0] writes 0: (1, 1) is wrong
    expect(String(counterexample![0])).toBe('tiny with blocks.0.attn.head.0 taken from [0, 0]');
    const { counterexample: other } = await fc.check(
      fc.asyncProperty(draw({ outside: ['blocks.0.attn.head.0'] }), async (one) =>
        (await one.run()).logits.every(([a, b]) => a! >= b!),
      ),
      { seed: 1, numRuns: 200 },
    );
    // only [1, 1] makes it say 1
    expect(String(other![0])).toBe('tiny with blocks.0.attn.head.0 taken from [1, 1]');
  });

  test('a claim that leaves one component out is refuted by exactly that one', async () => {
    for (const missing of circuit)
      for (const by of mildness) {
        const { counterexample } = await fc.check(
          preserved(draw({ circuit: circuit.filter((name) => name !== missing), by })),
          { seed: 4, numRuns: 200 },
        );
        expect(counterexample![0].components.map(({ name }) => name)).toEqual([missing]);
      }
  });

  test('the same seed generates the same', () => {
    const words = (seed: number) =>
      fc.sample(draw({ outside: everything, by: mildness }), { numRuns: 20, seed }).map(String);
    expect(words(1)).toEqual(words(1));
    expect(words(1)).not.toEqual(words(2));
  });

  test('a failure is replayed in one run by its seed and path', async () => {
    const property = preserved(draw({ outside: everything, by: mildness }));
    // a seed whose first failure shrinks: some fail first with what is smallest already
    const failure = await fc.check(property, { seed: 1, numRuns: 200 });
    expect(failure.counterexamplePath).toMatch(/^\d+:/);
    const printed = fc.defaultReportMessage(failure)!;
    const [, seed, path] = /\{ seed: (-?\d+), path: "([\d:]+)", endOnFailure: true \}/.exec(printed)!;
    let runs = 0;
    const replayed = await fc.check(
      fc.asyncProperty(draw({ outside: everything, by: mildness }), async (one) => (runs++, (await one.score()) === 1)),
      { seed: Number(seed), path: path!, endOnFailure: true },
    );
    expect(runs).toBe(1);
    expect(replayed.counterexample!.map(String)).toEqual(failure.counterexample!.map(String));
  });

  test('an implementation given as an example shrinks like one that was drawn', async () => {
    const arbitrary = draw({ outside: everything, by: 'zero' });
    const all = fc.sample(arbitrary, { numRuns: 50, seed: 1 }).find((one) => one.components.length === 5)!;
    const { counterexample, numRuns } = await fc.check(preserved(arbitrary), { examples: [[all]], numRuns: 1 });
    expect([numRuns, counterexample![0].components.length]).toEqual([1, 1]);
  });

  test('one culprit among 500 components is found in few runs', () => {
    const neurons = {
      ...model,
      name: 'wide',
      parts: [{ kind: 'neuron', name: 'n', site: 'blocks.0.mlp.hook_post', axis: 'feature', count: 500 }],
    } as Model;
    const space = implementations(neurons, { on: both(), outside: ['n.*'], by: 'zero' });
    for (const guilty of [0, 123, 499]) {
      let runs = 0;
      const { counterexample } = fc.check(
        fc.property(space, ({ components: set }) => (runs++, !set.some(({ index }) => index === guilty))),
        { seed: 2, numRuns: 1000 },
      ) as fc.RunDetails<[One]>;
      expect(counterexample![0].components.map(({ index }) => index)).toEqual([guilty]);
      const { numShrinks } = fc.check(
        fc.property(space, ({ components: set }) => !set.some(({ index }) => index === guilty)),
        { seed: 2, numRuns: 1000 },
      );
      expect(numShrinks).toBeLessThanOrEqual(9);
      expect(runs).toBeLessThan(60);
    }
  });
});

describe('what is patched', () => {
  /** head 0 writes the mean of the tokens into x1, on every position; its output is that mean */
  const headOn = async (one: One, batch: readonly [number, number][]) => {
    const { activations } = await model.run(batch, {
      capture: ['blocks.0.attn.hook_z'],
      interventions: one.interventions(batch),
    });
    const { data } = activations.get('blocks.0.attn.hook_z')!;
    // [batch, position, head, 1]: head 0 at the last position
    return batch.map((_, row) => data[row * 4 + 2]);
  };
  const head = (from: object | undefined, by: 'resample' | 'mean' | 'zero' = 'resample') =>
    implementation(
      model,
      { on: both(), outside: ['blocks.0.attn.head.0'], by: mildness, from: ['input', 'shift', 'drawn'] },
      { components: ['blocks.0.attn.head.0'], by, ...(from && { from }) } as never,
    );
  const all = pairs(range(2), range(2));

  test('by hand: zero, the mean, one input, a shift', async () => {
    expect(await headOn(head(undefined, 'zero'), all)).toEqual([0, 0, 0, 0]);
    expect(await headOn(head(undefined, 'mean'), all)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(await headOn(head({ inputs: ['[1, 1]'] }), all)).toEqual([1, 1, 1, 1]);
    expect(await headOn(head({ inputs: ['[0, 1]'] }), all)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(await headOn(head({ shift: 1 }), all)).toEqual([0.5, 0.5, 1, 0]);
    expect(await headOn(head({ shift: 3 }), all)).toEqual([1, 0, 0.5, 0.5]);
  });

  test('the mean is over the examples also for a batch of one', async () => {
    expect(await headOn(head(undefined, 'mean'), [[1, 1]])).toEqual([0.5]);
  });

  test('the patch, the interventions and the run agree', async () => {
    const on = both();
    const arbitrary = implementations(model, {
      on,
      outside: everything,
      by: mildness,
      from: ['input', 'shift', 'drawn'],
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (one) => {
        const { logits } = await one.run();
        const patched = await runExamples(model, on, one.examples, { patch: one.patch });
        expect(logits).toEqual(patched.logits);
        // drawn activations are no interventions on an input
        if (one.from?.kind !== 'drawn') {
          const direct = await model.run(one.examples.inputs, {
            interventions: one.interventions(one.examples.inputs),
            logits: -1,
          });
          expect(Array.from(direct.logits.data)).toEqual(logits.flatMap((row) => Array.from(row)));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('examples of several sizes take from inputs of their own size', async () => {
    const on = task({
      name: 'short and long',
      inputs: [[0], [1], [0, 1], [1, 0], [1, 1]],
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    const arbitrary = implementations(model, { on, outside: everything, from: ['input', 'shift', 'drawn'] });
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(arbitrary, async (one) => {
        kinds.add(one.from!.kind);
        const { groups, inputs } = on.encode(one.examples, model);
        for (const rows of groups)
          for (const change of one.patch(rows))
            takenBy(change).forEach((input, i) => expect(input).toHaveLength((inputs[rows[i]!] as number[]).length));
        await one.run();
      }),
    );
    expect([...kinds].toSorted()).toEqual(['drawn', 'input', 'shift']);
    const words = fc
      .sample(implementations(model, { on, outside: everything, from: 'input' }), { numRuns: 100, seed: 0 })
      .map(String);
    expect(words).toContainEqual(expect.stringMatching(/taken from \[0\] or \[0, 1\]$/));
    expect(() => fc.sample(arbitrary, 1)[0]!.interventions([[1, 1, 1]])).not.toThrow(TypeError);
  });

  test('a shift leaves every activation as often as it was', () => {
    const on = both();
    for (let places = 1; places < 9; places++) {
      const one = implementation(
        model,
        { on, outside: everything, from: ['shift'] },
        { components: circuit, by: 'resample', from: { shift: places } },
      );
      const taken = takenBy(one.patch([0, 1, 2, 3])[0]!);
      expect(taken.map(String).toSorted()).toEqual(one.examples.inputs.map(String).toSorted());
      taken.forEach((input, row) => expect(input).not.toEqual(one.examples.inputs[row]));
    }
  });

  test('a task with its own counterfactual draws from it', () => {
    const on = task({
      name: 'own',
      inputs: [
        [0, 1],
        [1, 1],
      ],
      counterfactual: ([a = 0]) => [a, 0],
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    for (const one of fc.sample(implementations(model, { on, outside: everything }), 20)) {
      expect(one.from?.kind).toBe('drawn');
      expect(takenBy(one.patch([0, 1])[0]!)).toEqual([
        [0, 0],
        [1, 0],
      ]);
      expect(one.description).toMatch(/taken from the task's counterfactuals, seed \d+$/);
    }
  });

  test('a behaviour relative to the clean output is measured against it', async () => {
    const on = task({
      name: 'kl',
      inputs: pairs(range(2), range(2)),
      behaviour: klToClean(),
      threshold: { atMost: 0.1 },
    });
    const outsideOnly = implementations(model, { on, circuit, by: mildness });
    await fc.assert(
      fc.asyncProperty(outsideOnly, async (one) => (await one.score()) < 1e-9),
      { numRuns: 10 },
    );
    expect(
      await fc.sample(implementations(model, { on, outside: [circuit[0]!], by: 'zero' }), 1)[0]!.score(),
    ).toBeGreaterThan(0.1);
  });

  test('resample builds interventions for a batch of one’s own', async () => {
    const head = components(model, 'heads')[0]!;
    const { logits } = await model.run([[1, 1]], { interventions: resample([head], [[0, 0]]) });
    // x1 is 0 now, so logit 1 is -6
    expect(Array.from(logits.data.slice(-2))).toEqual([0, -6]);
  });
});

describe('what may be patched', () => {
  test('a circuit as found, or by name, leaves the rest outside', async () => {
    const found = await findCircuit(model, both(), both().examples(4, 0));
    const names = (options: Partial<ImplementationsConstraints<[number, number]>>) =>
      new Set(fc.sample(draw(options), 200).flatMap((one) => one.components.map(({ name }) => name)));
    expect(names({ circuit: found })).toEqual(new Set(found.free.map(({ name }) => name)));
    expect(names({ circuit: ['blocks.0.mlp'] })).toEqual(new Set(['blocks.0.attn.head.0', 'blocks.0.attn.head.1']));
    expect(names({ circuit: ['blocks.0.attn.head.1'], over: 'heads+layers' })).toEqual(
      new Set(['blocks.0.attn.head.0', 'blocks.0.mlp']),
    );
  });

  test.each<[string, Partial<ImplementationsConstraints<[number, number]>>, new (...args: never[]) => Error, RegExp]>([
    ['a name that matches nothing', { outside: ['blocks.1.mlp'] }, InterventionError, /names no component/],
    ['nothing outside', { circuit: everything }, ImplementationError, /every component/],
    ['neither', {}, InterventionError, /neither a circuit/],
    ['both', { circuit, outside: everything }, InterventionError, /both a circuit/],
    ['an unknown option', { outside: everything, form: 'input' } as never, OptionError, /did you mean "from"/],
    ['an unknown ablation', { outside: everything, by: ['noise' as never] }, OptionError, /there is no "noise"/],
    ['no ablation', { outside: everything, by: [] }, OptionError, /nothing is allowed/],
    ['more components than there are', { outside: circuit, minLength: 3 }, OptionError, /no subset of 3 to/],
  ])('%s is an error', (_, options, error, message) => {
    expect(() => draw(options)).toThrow(errorOf(error, message));
  });

  test('resampling needs counterfactuals, a mean others to be taken over, zero nothing', () => {
    const on = task({ name: 'lonely', inputs: [[0, 1]], behaviour: accuracy(() => 0), threshold: { atLeast: 0 } });
    expect(() => implementations(model, { on, outside: everything })).toThrow(TaskError);
    expect(() => implementations(model, { on, outside: everything, from: 'shift' })).toThrow(
      errorOf(OptionError, /none can be shifted/),
    );
    expect(() => implementations(model, { on, outside: everything, by: 'mean' })).toThrow(
      errorOf(TaskError, /all the same, so that their mean changes nothing/),
    );
    expect(fc.sample(implementations(model, { on, outside: everything, by: 'zero' }), 5)).toHaveLength(5);
  });

  test('a description that the options do not allow is an error', () => {
    const options = { on: both(), outside: circuit, by: 'resample', from: 'input' } as const;
    const at = (description: object) => () => implementation(model, options, description as never);
    expect(at({ components: ['blocks.0.mlp.neuron.2'], by: 'resample', from: { inputs: ['[0, 0]'] } })).toThrow(
      errorOf(OptionError, /may not be intervened on/),
    );
    expect(at({ components: circuit, by: 'zero' })).toThrow(errorOf(OptionError, /"zero" is not allowed/));
    expect(at({ components: circuit, by: 'resample' })).toThrow(errorOf(OptionError, /does not say from where/));
    expect(at({ components: circuit, by: 'resample', from: { shift: 1 } })).toThrow(
      errorOf(OptionError, /by shift are not allowed/),
    );
    expect(at({ components: circuit, by: 'resample', from: { inputs: ['[2, 0]'] } })).toThrow(
      errorOf(OptionError, /no counterfactual here/),
    );
  });
});

test('words name components as long as that can be read', () => {
  const neurons = {
    ...model,
    name: 'wide',
    parts: [
      { kind: 'neuron', name: 'n', site: 'blocks.0.mlp.hook_post', axis: 'feature', count: 99 },
      { kind: 'layer', name: 'm', site: 'blocks.0.hook_mlp_out', count: 1 },
    ],
  } as Model;
  const words = (names: string[]) =>
    implementation(neurons, { on: both(), outside: ['n.*', 'm'], by: 'zero' }, { components: names, by: 'zero' })
      .description;
  expect(words(['n.1', 'm'])).toBe('wide with n.1 and m set to zero');
  expect(words(['n.7', 'n.1', 'n.98', 'm'])).toBe('wide with n.{1, 7, 98}, m set to zero');
  expect(words(['n.*'])).toBe('wide with 99 of 99 neurons set to zero');
});

describe('as an implementation set', () => {
  test('the same index gives the same, the first is the model itself', async () => {
    const open = async () =>
      generated(model, { circuit, by: mildness }).open({
        task: both(),
        examples: both().examples(4, 0),
        seed: 3,
        searchSeed: 0,
      });
    const [one, other] = [await open(), await open()];
    expect((await one.draw(0))!.patch).toBeUndefined();
    const words = (set: typeof one) => Promise.all(range(20).map(async (i) => (await set.draw(i))!.description));
    expect(await words(one)).toEqual(await words(other));
    expect(new Set(await words(one)).size).toBeGreaterThan(5);
  });

  test('compare takes it', async () => {
    // the tiny model with six tokens, odd and even ones alike: of two there would be four inputs, too few to compare
    const odd = {
      shape: [6, 3],
      data: Float32Array.from({ length: 18 }, (_, i) => (i % 3 === 0 ? Math.floor(i / 3) % 2 : 0)),
    };
    const wider = await transformer({ ...tinyConfig, d_vocab: 6 }, new Map([...tinyWeights(), ['embed.W_E', odd]]), {
      name: 'tiny',
      backend: 'cpu',
    });
    const on = task({
      name: 'sequences',
      inputs: tokens({ vocabulary: 6, minLength: 2, maxLength: 2 }),
      behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => a & b & 1),
      threshold: { atLeast: 1 },
    });
    const set = generated(wider, { circuit, by: mildness });
    const { baseline, task: judged } = await compare(set, set, {
      on,
      budget: { draws: 7 },
      inputs: 100,
      bootstrap: 100,
      permutations: 99,
    });
    wider.dispose();
    expect(judged).toMatchObject({
      inputs: 36,
      notes: [expect.stringMatching(/were drawn, and 36 of them are distinct/)],
    });
    // nothing outside the circuit matters, so every draw is accepted
    expect(baseline.acceptance).toMatchObject({ tried: 8, accepted: 8 });
    expect(baseline.implementations.map(({ description: words }) => words)).toContainEqual(
      expect.stringMatching(/^tiny with .* (taken from|at its mean|at their mean|set to zero)/),
    );
  });
});
