/** What was run before does not change what comes out: inputs and lists that their owner fills anew, alone and during a run. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactKey } from '../../src/exact-key.js';
import { Held } from '../../src/held.js';
import { model } from '../../src/model/function.js';
import type { ModelInput, TensorValue } from '../../src/model/input.js';
import type { Intervention, Model } from '../../src/model/model.js';
import { applyPatch } from '../../src/model/replacement.js';
import { accuracy } from '../../src/task/index.js';
import { task } from '../../generators/task.js';
import { implementations } from '../../generators/implementations.js';
import { klToClean, type Behaviour } from '../../src/task/behaviour.js';
import { runExamples } from '../../src/task/run.js';
import { make, small } from './made.js';

/** Logits are the signs of one over the input: 0 and -0 differ. */
const reading = (fingerprint: string | (() => string) = 'r', scale = () => 1, late = 0): Model =>
  model({
    name: 'reading',
    fingerprint,
    sites: [{ name: 'h', axes: ['feature'], shape: [2], parts: ['feature'] }],
    async run({ inputs, patches }) {
      if (late > 0) await new Promise((resolve) => setTimeout(resolve, late));
      const h = Float32Array.from(
        inputs.flatMap((input) =>
          [...(input as TensorValue).data].map((x) => (x === 0 ? (1 / Number(x) > 0 ? 50 : -50) : Number(x) * scale())),
        ),
      );
      for (const patch of patches) applyPatch(patch, h);
      return {
        logits: { shape: [inputs.length, 2], data: h.slice() },
        activations: { h: { shape: [inputs.length, 2], data: h } },
      };
    },
  });
const tensor = (a: number, b: number) => ({ shape: [2], data: new Float32Array([a, b]) });
const entry = fc.constantFrom(0, -0, 1, 2, -3);

describe('a model', () => {
  test('whose inputs share a buffer does what a fresh one does, whatever came before', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(entry, entry, fc.constantFrom('part', 'mean', 'resample', 'capture')), {
          minLength: 2,
          maxLength: 8,
        }),
        async (steps) => {
          const used = reading();
          const buffer = tensor(0, 0);
          const list: ModelInput[] = [tensor(1, 1)];
          for (const [a, b, how] of steps) {
            buffer.data.set([a, b]);
            if (how === 'mean') list.push(tensor(a, b));
            const interventions: Intervention[] =
              how === 'part'
                ? [{ site: 'h', at: { feature: [0] }, by: { kind: 'zero' } }]
                : how === 'mean'
                  ? [{ site: 'h', at: { feature: [1] }, by: { kind: 'mean', over: list } }]
                  : how === 'resample'
                    ? [{ site: 'h', at: { feature: [1] }, by: { kind: 'resample', inputs: [tensor(b, a)] } }]
                    : [];
            const options = { interventions, ...(how === 'capture' && { capture: ['h'], logits: false as const }) };
            expect(await used.run([buffer], options)).toEqual(await reading().run([tensor(a, b)], options));
          }
        },
      ),
    ));

  test('keeps nothing wrong of an input that is filled anew while it runs', async () => {
    const slow = reading('r', () => 1, 5);
    const buffer = tensor(1, 2);
    const cut: Intervention = { site: 'h', at: { feature: [0] }, by: { kind: 'zero' } };
    const running = slow.run([buffer], { interventions: [cut] });
    buffer.data.set([7, 7]);
    await running;
    expect([...(await slow.run([tensor(1, 2)], { interventions: [cut] })).logits.data]).toEqual([0, 2]);
    const over = [tensor(4, 4)];
    const mean: Intervention = { site: 'h', by: { kind: 'mean', over } };
    const meaning = slow.run([tensor(1, 2)], { interventions: [mean] });
    over[0]!.data.set([9, 9]);
    await meaning;
    expect([
      ...(
        await slow.run([tensor(1, 2)], { interventions: [{ site: 'h', by: { kind: 'mean', over: [tensor(4, 4)] } }] })
      ).logits.data,
    ]).toEqual([4, 4]);
  });

  test('of several runs at once, in training, each takes its own means', async () => {
    let step = 1;
    const training = reading(
      () => `step ${step}`,
      () => step,
      2,
    );
    const run = (value: number) =>
      training.run([tensor(1, 1)], {
        interventions: [{ site: 'h', by: { kind: 'mean', over: [tensor(value, value)] } }],
      });
    const found = await Promise.all([1, 2, 3].map(run));
    expect(found.map(({ logits }) => logits.data[0])).toEqual([1, 2, 3]);
    step = 10;
    expect((await run(2)).logits.data[0]).toBe(20);
  });

  test('that is a transformer notices a list that grew', async () => {
    const made = await make({ config: small, seed: 5 }, 'cpu');
    const over = [[1, 2, 3]];
    const run = (list: readonly ModelInput[]) =>
      made.run([[0, 1, 2]], {
        interventions: [{ site: 'blocks.0.hook_resid_post', by: { kind: 'mean', over: list } }],
        logits: -1,
      });
    const before = await run(over);
    over.push([3, 0, 1]);
    over[0]![0] = 2;
    const after = await run(over);
    expect(after).not.toEqual(before);
    const fresh = await make({ config: small, seed: 5 }, 'cpu');
    expect(after).toEqual(
      await fresh.run([[0, 1, 2]], {
        interventions: [
          {
            site: 'blocks.0.hook_resid_post',
            by: {
              kind: 'mean',
              over: [
                [2, 2, 3],
                [3, 0, 1],
              ],
            },
          },
        ],
        logits: -1,
      }),
    );
    made.dispose();
    fresh.dispose();
  });
});

test('a task encodes what its inputs hold now, and has the inputs it was given', () => {
  const inputs = [{ word: 'a' }, { word: 'bb' }];
  const on = task({
    name: 'words',
    inputs,
    encode: ({ word }) => [...word].map((c) => c.charCodeAt(0)),
    behaviour: accuracy(() => 0),
    threshold: { atLeast: 0 },
  });
  const examples = on.examples(2, 0);
  const encoded = () => on.encode(examples, { name: 'm', tokenizer: undefined, ragged: false });
  expect(encoded().inputs).toEqual([[97], [98, 98]]);
  expect(encoded()).toBe(encoded());
  inputs[0]!.word = 'cc';
  expect(encoded().inputs).toEqual([
    [99, 99],
    [98, 98],
  ]);
  expect(encoded().groups).toEqual([[0, 1]]);
  inputs.push({ word: 'd' });
  expect(on.size).toBe(2);
  expect(on.examples(10, 0).inputs).toHaveLength(2);
});

test('what a task makes may be one object that it fills anew', async () => {
  const buffer = tensor(0, 0);
  const fill = (a: number, b: number): typeof buffer => {
    buffer.data.set([a, b]);
    return buffer;
  };
  const values = [
    [1, 2],
    [2, 1],
    [3, -1],
    [-1, 4],
  ] as const;
  const on = task({
    name: 'one buffer',
    inputs: values,
    encode: ([a, b]) => fill(a, b),
    behaviour: accuracy(([a, b]: readonly [number, number]) => (a > b ? 0 : 1)),
    threshold: { atLeast: 0 },
  });
  expect(on.encode(on.examples(4, 0), reading()).inputs.map((input) => [...(input as TensorValue).data])).toEqual(
    values,
  );
  expect((await runExamples(reading(), on, on.examples(4, 0))).score).toBe(1);
  const drawn = (anew: boolean) => {
    const own = task({
      name: 'counterfactuals',
      inputs: values.map(([a, b]) => tensor(a, b)),
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
      counterfactual: (_, stream) => (anew ? fill : tensor)(stream.below(100), stream.below(100)),
    });
    return own.counterfactuals(own.examples(4, 0), 1, reading());
  };
  expect(drawn(true)).toEqual(drawn(false));
});

test('a behaviour of one’s own that names no position is read at the last', async () => {
  const behaviour = {
    name: 'first',
    better: 'higher',
    relative: false,
    score: (logits: Float32Array) => logits[0]!,
  } as unknown as Behaviour<TensorValue>;
  const on = task({ name: 't', inputs: [tensor(1, 2), tensor(3, 4)], behaviour, threshold: { atLeast: 0 } });
  expect((await runExamples(reading(), on, on.examples(2, 0))).score).toBe(2);
});

test('a task keeps the inputs that its examples lose', () => {
  const on = task({ name: 't', inputs: [[1], [2], [3]], behaviour: accuracy(() => 0), threshold: { atLeast: 0 } });
  expect(() => void ((on.examples(3, 0).inputs as number[][]).length = 1)).toThrow(TypeError);
  (on.examples(2, 0).inputs as number[][]).length = 1;
  expect(on.examples(3, 0).inputs).toEqual([[1], [2], [3]]);
});

test('implementations of a model in training are judged against its output of the moment', async () => {
  let step = 1;
  const training = reading(
    () => `step ${step}`,
    () => step,
  );
  const on = task({
    name: 'kl',
    inputs: [tensor(1, 2), tensor(2, 1), tensor(-1, 3)],
    behaviour: klToClean(),
    threshold: { atMost: 1e9 },
  });
  const options = { on, outside: ['h.unit.0'], by: 'zero' as const };
  const [one] = fc.sample(implementations(training, options), { numRuns: 1, seed: 1 });
  const first = await one!.score();
  step = 2;
  const later = await one!.score();
  const [fresh] = fc.sample(implementations(training, options), { numRuns: 1, seed: 1 });
  expect(later).toBe(await fresh!.score());
  expect(later).not.toBe(first);
});

describe('what a value holds', () => {
  /** plain data, small enough to repeat */
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(0, -0, 1, NaN, '', '1', '[1]', '#', null, undefined, true, 1n),
      fc.array(entry, { maxLength: 3 }),
      fc.array(entry, { maxLength: 3 }).map((list) => Float32Array.from(list)),
      fc.array(entry, { maxLength: 3 }).map((list) => Int32Array.from(list)),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('value')),
    ),
  })).value;
  const copy = (value: unknown): unknown => structuredClone(value);

  test('values of one key are equal, and a value holds what it holds', () =>
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        expect(exactKey(copy(a))).toBe(exactKey(a));
        expect(new Held([a]).still([a])).toBe(true);
        // Jest's own equality: recursive, apart in type, 0 from -0. Of copies: whether an object has a prototype is not what it holds
        let equal = true;
        try {
          expect([copy(a)]).toStrictEqual([copy(b)]);
        } catch {
          equal = false;
        }
        if (exactKey(a) === exactKey(b)) expect(equal).toBe(true);
      }),
      { numRuns: 500 },
    ));

  test('long values, digests and texts that look like them stay apart', () => {
    const long = (seed: number) => Array.from({ length: 300 }, (_, i) => (i * 7919 + seed) % 1000);
    const texts = [
      long(0),
      long(1),
      Float32Array.from(long(0)),
      Float64Array.from(long(0)),
      long(0).join(','),
      exactKey(long(0)),
      [exactKey(long(0))],
      { a: long(0) },
      { b: long(0) },
      [long(0)],
      [long(0), long(0)],
    ];
    expect(new Set(texts.map(exactKey)).size).toBe(texts.length);
    expect(exactKey({ a: new Error('an instance') })).toBeUndefined();
    expect(exactKey([() => 1])).toBeUndefined();
  });

  test('a change anywhere is noticed, of values that show it', () => {
    const list = [[1, 2], { a: [{ b: new Float32Array([1, 2]) }] }, 'text'] as [
      number[],
      { a: { b: Float32Array }[] },
      string,
    ];
    const changes = [
      () => list[0].push(3),
      () => (list[0][0] = -0),
      () => (list[1].a[0]!.b[1] = 5),
      () => list[1].a.push({ b: new Float32Array(1) }),
      () => ((list as unknown[])[2] = 'other'),
      () => list.pop(),
    ];
    for (const change of changes) {
      const held = new Held(list);
      expect(held.still(list)).toBe(true);
      change();
      expect(held.still(list)).toBe(false);
    }
  });
});
