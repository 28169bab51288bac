/** toBehaveLike and toBeInvariantUnder. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError } from '../../src/errors.js';
import { model as functionModel } from '../../src/model/function.js';
import type { Model } from '../../src/model/model.js';
import { transformer } from '../../src/model/formats/transformer/run/transformer.js';
import type { Weights } from '../../src/model/formats/transformer/file/weights.js';
import { random } from '../../src/random.js';
import { accuracy, klToClean, pairs, range } from '../../src/task/index.js';
import { mutants, symmetries } from '../../generators/index.js';
import { task } from '../../generators/task.js';
import { addition, example } from '../helpers/example.js';
import { copyAndCompare, copyAndCompareOf } from '../helpers/known/index.js';
import { both, tiny, tinyConfig, tinyWeights } from '../helpers/tiny.js';
import { folders, messageOf } from './claims.js';

const { recorded, kept } = folders();

let model: Model;
let twin: Model;
/** as tiny, but wrong on [1, 1] */
let wrong: Model;
beforeAll(async () => {
  [model, twin] = [await tiny('wasm'), await tiny('wasm')];
  const weights = tinyWeights();
  weights.get('unembed.b_U')!.data[1] = -9;
  wrong = await transformer(tinyConfig, weights, { name: 'wrong', backend: 'wasm' });
});
afterAll(() => {
  for (const one of [model, twin, wrong]) one.dispose();
});

describe('toBehaveLike', () => {
  test('a copy behaves the same, by every standard', async () => {
    for (const agree of ['score', 'answer', 'probabilities'] as const)
      await expect(twin).toBehaveLike(model, { on: both(), agree, tolerance: 0 });
    expect(recorded().map(({ claim }) => claim!.received)).toEqual(Array(3).fill('the same on all 4 inputs'));
  });

  test('another fails with the smallest input on which it differs, and what both make of it', async () => {
    const message = await messageOf(expect(wrong).toBehaveLike(model, { on: both() }));
    expect(message).toMatch(/\n {2}expect\(wrong\)\.toBehaveLike\(tiny\)\n/);
    expect(message).toContain('Fails: different on an input.\n');
    expect(message).toContain('accuracy: wrong 0, tiny 1');
    expect(message).toMatch(/answers: wrong token 0, tiny token 1; probabilities up to 0\.\d+ apart/);
    await expect(wrong).not.toBehaveLike(model, { on: both() });
    // by probabilities it differs on the first input already
    expect(await messageOf(expect(wrong).toBehaveLike(model, { on: both(), agree: 'probabilities' }))).toContain(
      '  on [0, 0]\n',
    );
  });

  test('a relative behaviour is the divergence from the other model', async () => {
    const on = task({
      name: 'divergence',
      inputs: pairs(range(2), range(2)),
      behaviour: klToClean(),
      threshold: { atMost: 0.1 },
    });
    await expect(twin).toBehaveLike(model, { on });
    await expect(wrong).toBehaveLike(model, { on, tolerance: 5 });
    expect(await messageOf(expect(wrong).toBehaveLike(model, { on, tolerance: 0.5 }))).toMatch(
      /KL to clean output \(nats\): wrong \d\.\d+, tiny 0\n/,
    );
  });

  test('drawn inputs shrink as the task’s arbitrary does', async () => {
    process.env['CONGRUITY_FAILURES'] = 'off';
    const big = copyAndCompareOf(8);
    const [one, other] = [
      await big.model('wasm'),
      await transformer(big.config, shiftedFrom(big.weights(), 4), { name: 'shifted', backend: 'wasm' }),
    ];
    try {
      const on = task({
        name: 'drawn',
        inputs: fc.nat(7).map((a): readonly number[] => [a, a]),
        behaviour: accuracy(([a, b]: readonly number[]) => (a === b ? 1 : 0)),
        threshold: { atLeast: 0 },
      });
      for (const seed of [1, 2, 3]) {
        const message = await messageOf(expect(other).toBehaveLike(one, { on, runs: 400, seed, agree: 'answer' }));
        expect(message).toContain('  on [4, 4]\n');
        const path = /path: "([\d:]+)"/.exec(message)![1]!;
        expect(
          await messageOf(
            expect(other).toBehaveLike(one, {
              on,
              runs: 400,
              agree: 'answer',
              check: { seed, path, endOnFailure: true },
            }),
          ),
        ).toContain('  on [4, 4]\n');
      }
    } finally {
      one.dispose();
      other.dispose();
    }
  });

  test('what differed is tried first next time, and forgotten when it does not differ any more', async () => {
    const big = 2000;
    const on = (answer: (a: number, b: number) => number) =>
      task({
        name: 'many',
        inputs: fc.tuple(fc.nat(1), fc.nat(1)) as fc.Arbitrary<readonly number[]>,
        behaviour: accuracy(([a, b]: readonly number[]) => answer(a!, b!)),
        threshold: { atLeast: 0 },
      });
    const and = on((a, b) => a & b);
    await messageOf(expect(wrong).toBehaveLike(model, { on: and, runs: big }));
    expect(JSON.parse(kept()[0]!.text).failures).toMatchObject([
      { matcher: 'toBehaveLike', claim: 'wrong like tiny: many', description: '[1, 1]', value: '[1, 1]' },
    ]);
    const message = await messageOf(expect(wrong).toBehaveLike(model, { on: and, runs: big }));
    expect(message).toContain('failed before, and again');
    expect(recorded().at(-1)!.claim!.search).toMatchObject({ runs: 1, again: true });
    await messageOf(expect(twin).not.toBehaveLike(model, { on: and }));
    expect(kept()).toHaveLength(1);
    const same = { ...twin, name: 'wrong', run: twin.run.bind(twin), sites: twin.sites, parts: twin.parts } as Model;
    await expect(same).toBehaveLike(model, { on: and });
    expect(kept()).toEqual([]);
  });

  test('models trained apart', async () => {
    const [released, quantised, constant] = await Promise.all([
      example('released'),
      example('quantised'),
      example('constant-attention'),
    ]);
    try {
      await expect(quantised).toBehaveLike(released, { on: addition(), runs: 2000, agree: 'answer' });
      // the same behaviour, which says nothing about how: toBeInterpretivelyEquivalent finds these two different
      await expect(constant).toBehaveLike(released, { on: addition(), runs: 2000 });
      await expect(constant).not.toBehaveLike(released, {
        on: addition(),
        runs: 2000,
        agree: 'probabilities',
        tolerance: 0,
      });
    } finally {
      for (const one of [released, quantised, constant]) one.dispose();
    }
  });

  test('bad input', async () => {
    await expect(expect(model).toBehaveLike({} as Model, { on: both() })).rejects.toThrow(OptionError);
    await expect(expect(model).toBehaveLike(twin, { on: both(), agree: 'logits' } as never)).rejects.toThrow(
      OptionError,
    );
  });
});

/** Weights in which the neurons for tokens of at least `from` never fire. */
function shiftedFrom(weights: Weights, from: number): Weights {
  const bias = weights.get('blocks.0.mlp.b_in')!.data;
  for (let token = from; token < 8; token++) bias[token] = -3;
  return weights;
}

describe('toBeInvariantUnder', () => {
  let known: Model;
  beforeAll(async () => {
    known = await copyAndCompare.model('wasm');
  });
  afterAll(() => known.dispose());
  const on = copyAndCompare.task;

  test('symmetries move nothing', async () => {
    await expect(known).toBeInvariantUnder(symmetries(known), { on, check: { numRuns: 15 } });
    expect(recorded()[0]!.claim!.received).toBe('not moved by 15 changes');
  });

  test('mutants move something, and the smallest that does is told', async () => {
    await expect(known).not.toBeInvariantUnder(mutants(known), { on, check: { numRuns: 30 } });
    const message = await messageOf(expect(known).toBeInvariantUnder(mutants(known), { on, check: { numRuns: 30 } }));
    expect(message).toMatch(/^Fails: a change moves its (behaviour|representation)\./);
  });

  test('a list, one change, and a model made already; what was made is disposed of', async () => {
    let disposed = 0;
    const change = (description: string, make: () => Promise<Model>) => ({
      description,
      async apply() {
        const made = await make();
        const dispose = made.dispose.bind(made);
        made.dispose = () => (disposed++, dispose());
        return made;
      },
    });
    const copy = change('a copy', () => tiny('wasm'));
    const broken = change('a bias of -9', async () => {
      const weights = tinyWeights();
      weights.get('unembed.b_U')!.data[1] = -9;
      return transformer(tinyConfig, weights, { name: 'biased', backend: 'wasm' });
    });
    await expect(model).toBeInvariantUnder(copy, { on: both() });
    await expect(model).toBeInvariantUnder([copy, { description: 'its twin', model: twin }], { on: both() });
    expect(disposed).toBe(2);
    const message = await messageOf(expect(model).toBeInvariantUnder([copy, broken], { on: both(), agree: 'answer' }));
    expect(message).toContain('Fails: a change moves its behaviour.\n');
    expect(message).toMatch(/measured +on \[1, 1\]\n/);
    // the residual stream is the same: only what is read of it changed
    await expect(model).toBeInvariantUnder(broken, { on: both(), agree: 'probabilities', tolerance: 1 });
  });

  test('the representation moves where behaviour does not', async () => {
    const weights = tinyWeights();
    // head 1 writes what nobody reads: the logits stay
    weights.get('blocks.0.attn.W_O')!.data[3] = 40;
    const other = await transformer(tinyConfig, weights, { name: 'louder', backend: 'wasm' });
    try {
      const changes = [{ description: 'head 1 writes into the token’s direction', model: other }];
      await expect(model).toBeInvariantUnder(changes, { on: both(), representation: false });
      const message = await messageOf(expect(model).toBeInvariantUnder(changes, { on: both() }));
      expect(message).toContain('Fails: a change moves its representation.');
      expect(message).toMatch(/representations 0\.\d+ apart \(cka\), at most 0\.0285 allowed/);
    } finally {
      other.dispose();
    }
  });

  test('no change moves nothing, under a measure that finds a copy at a distance as well', async () => {
    const size = 8;
    const features = 40;
    const draw = random(1, 'wide');
    const values = Float32Array.from({ length: size * size * features }, () => draw.normal());
    const wide = functionModel({
      name: 'wide',
      fingerprint: 'wide',
      sites: [{ name: 'wide', axes: ['feature'], shape: [features], parts: ['feature'] }],
      run: ({ inputs }) => {
        const rows = inputs as readonly (readonly [number, number])[];
        return {
          activations: {
            wide: {
              shape: [rows.length, features],
              data: Float32Array.from(
                rows.flatMap(([a, b]) => [
                  ...values.subarray((a * size + b) * features, (a * size + b + 1) * features),
                ]),
              ),
            },
          },
          logits: { shape: [rows.length, 2], data: rows.flatMap(() => [0, 1]) },
        };
      },
    });
    const anything = {
      on: task({
        name: 'says 1',
        inputs: pairs(range(size), range(size)),
        behaviour: accuracy(() => 1),
        threshold: { atLeast: 0.99 },
      }),
      measure: 'kernel-ridge',
    } as const;
    const itself = { description: 'itself', model: wide };
    // the measure's plain resolution is less than what it finds of a copy
    await expect(wide).not.toBeInvariantUnder(itself, { ...anything, resolution: Math.sqrt(0.001) });
    await expect(wide).toBeInvariantUnder(itself, anything);
  });

  test('what is no change is an error', async () => {
    for (const changes of [[], [{}], 5, [{ description: 'no model' }]])
      await expect(expect(model).toBeInvariantUnder(changes as never, { on: both() })).rejects.toThrow(OptionError);
  });
});
