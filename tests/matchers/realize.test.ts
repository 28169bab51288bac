/** toRealize. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BehaviourError, InputError, InterventionError, OptionError, ProgramError } from '../../src/errors.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import { untrained } from '../../src/model/formats/transformer/untrained.js';
import type { Model } from '../../src/model/model.js';
import type { Part } from '../../src/program/alignment.js';
import type { Compilation } from '../../src/program/compilation.js';
import { compile } from '../../src/program/compile.js';
import { program, type Program } from '../../src/program/program.js';
import { programTask } from '../../src/program/task.js';
import { defineTask } from '../../src/task/task.js';
import { errorOf } from '../helpers/error-of';
import { permutationPrograms } from '../../suites/n-permutation/programs.js';
import { train } from '../../src/training/train.js';
import { repeated } from '../training/programs';
import { countingSort, repeats, sort, sortFromBehind } from '../program/interchange/programs';
import { folders, messageOf } from './claims.js';

const { recorded, kept } = folders();
const made: { dispose(): void }[] = [];
const keep = <T extends { dispose(): void }>(one: T): T => {
  made.push(one);
  return one;
};
let sorting: Compilation<0 | 1 | 2>;
let other: Compilation<0 | 1 | 2>;
beforeAll(async () => {
  sorting = keep(await compile(sort, { backend: 'wasm' }));
  other = keep(await compile(countingSort, { backend: 'wasm' }));
});
afterAll(() => {
  for (const one of made) one.dispose();
});

type Parts = readonly Part[];

/** The compiled model with some weights changed. */
async function damaged(name: string, by: (data: Float32Array) => void): Promise<Model> {
  const { model } = sorting;
  const weights = new Map(
    [...model.weights].map(([key, { shape, data }]) => {
      const own = Float32Array.from(data);
      if (key === name) by(own);
      return [key, { shape, data: own }] as const;
    }),
  );
  return keep(await transformer(model.config, weights, { backend: 'wasm', name: 'damaged' }));
}

describe('compiled models', () => {
  test.each([
    ['sort', sort],
    ['sort from behind', sortFromBehind],
    ['repeats', repeats],
  ] as [string, Program][])(
    '%s realises its program, in an implementation that is not the plain one',
    async (_, one) => {
      const variation = {
        ...(one !== repeats && { delays: { place: 1 } }),
        atLeast: { n_heads: 2 },
        order: 7,
        units: 3,
      };
      const { model, alignment } = keep(await compile(one, { backend: 'wasm', variation }));
      await expect(model).toRealize(one, { alignment });
      const { claim } = recorded().at(-1)!;
      expect(claim).toMatchObject({ outcome: 'holds', realisation: { outcome: 'realised', threshold: 0.05 } });
      const { groups } = claim!.realisation!;
      for (const where of ['all', 'some'])
        expect(groups.flatMap(({ positions, variables }) => (positions === where ? [variables.length] : []))).toEqual([
          ...one.variables.map(() => 1),
          one.variables.length,
        ]);
      for (const { matters, rest } of groups)
        for (const stratum of [matters, rest]) if (stratum) expect(stratum.agree).toBe(stratum.tried);
    },
  );

  test('another algorithm for the same function does not realise the variables of the first', async () => {
    // the tokens and the output are the same in both
    const { tokens, sorted, ...own } = other.alignment;
    await expect(other.model).toRealize(sort, { alignment: { tokens: tokens!, sorted: sorted! } });
    // nothing that it computes is the place of a token
    for (const place of Object.values(own)) await expect(other.model).not.toRealize(sort, { alignment: { place } });
    const message = await messageOf(expect(other.model).toRealize(sort, { alignment: { place: own['zeros']! } }));
    expect(message).toMatch(/^Fails: not realised: with place taken from other inputs the model disagrees/);
    expect(message).toMatch(/counterexample +place taken from \[1\], on \[0\]/);
  });

  test('a program that is wrong at single positions alone does not pass, unless positions are taken together', async () => {
    // both sort; then one looks whether each token is its place, the other at sums of neighbours
    const { 'sort, positions': places, 'sort, sums': sums } = permutationPrograms(3);
    const { model, alignment } = keep(await compile(places, { backend: 'wasm' }));
    const claimed = { sorted: alignment['sorted']!, sum: alignment['holds']! };
    await expect(model).toRealize(sums, { alignment: claimed, positions: 'together' });
    const message = await messageOf(expect(model).toRealize(sums, { alignment: claimed }));
    expect(message).toMatch(/^Fails: not realised: with (sum|several of sorted, sum) at some positions taken from/);
    // of one token there is no position apart
    expect(recorded().at(-1)!.claim!.counterexample!.components).toEqual(['sum']);
    expect(message).toMatch(/counterexample +sum at position [01] taken from \[\d, \d\], on \[\d, \d\]\n/);
    await expect(model).toRealize(places, {
      alignment: { sorted: alignment['sorted']!, holds: alignment['holds']! },
    });
  });

  test('with the places of two variables exchanged it fails, with the smallest interchange', async () => {
    const { model, alignment } = sorting;
    const { place, sorted } = alignment as Record<string, Parts>;
    const message = await messageOf(expect(model).toRealize(sort, { alignment: { place: sorted!, sorted: place! } }));
    expect(message).toMatch(/^Fails: not realised: with (place|sorted) taken from other inputs the model disagrees/);
    const { counterexample, realisation } = recorded().at(-1)!.claim!;
    expect(realisation!.groups.some(({ matters, rest }) => [matters, rest].some((one) => one?.is === 'beyond'))).toBe(
      true,
    );
    // one token is in its place whatever it is; of two, the least pair in which the exchange shows
    expect(counterexample).toMatchObject({ components: ['place'], input: '[0]', source: '[1]' });
  });

  test('one that counts from behind has the place in what it counts: of one length the one says the other', async () => {
    const { model, alignment } = keep(await compile(sortFromBehind, { backend: 'wasm' }));
    await expect(model).toRealize(sort, { alignment: { place: alignment['behind']! } });
  });
});

test('a trained model realises its program, at single positions as well', async () => {
  const { model, alignment, stopped } = keep(
    await train(repeated, {
      architecture: { n_layers: 1, n_heads: 2, d_model: 16, d_mlp: 16 },
      batchSize: 16,
      learningRate: 0.01,
      seed: 1,
    }),
  );
  expect(stopped).toBe('accurate');
  await expect(model).toRealize(repeated, { alignment });
  const { groups } = recorded().at(-1)!.claim!.realisation!;
  expect(groups.filter(({ positions }) => positions === 'some').map(({ variables }) => variables.join())).toEqual([
    'count',
    'repeated',
    'count,repeated',
  ]);
});

describe('a damaged model', () => {
  test('fails with the smallest interchange, kept and replayed', async () => {
    // never answers 2
    const model = await damaged('unembed.b_U', (b) => (b[2]! -= 1e6));
    const { sorted } = sorting.alignment;
    const options = {
      alignment: { sorted: sorted! },
      on: programTask(sort, { position: 0, threshold: { atLeast: 0.9 } }),
      threshold: 0,
    };
    const message = await messageOf(expect(model).toRealize(sort, options));
    const { claim } = recorded().at(-1)!;
    expect(claim!.counterexample).toMatchObject({
      description: 'sorted taken from [2], on [0]',
      components: ['sorted'],
      input: '[0]',
      source: '[2]',
    });
    expect(claim!.counterexample!.measured).toEqual(['sort with sorted set: 2; damaged: 0', 'without: 0; 0']);
    expect(JSON.parse(kept()[0]!.text).failures).toMatchObject([
      { matcher: 'toRealize', value: { base: [0], sources: { sorted: [2] } } },
    ]);
    const [, replay] = /with the option (check: .*)$/m.exec(message)!;
    const check = new Function(`return { ${replay} }.check`)() as object;
    await messageOf(expect(model).toRealize(sort, { ...options, check }));
    const again = recorded().at(-1)!.claim!;
    expect(again.counterexample).toEqual(claim!.counterexample);
    // what failed is tried first
    await messageOf(expect(model).toRealize(sort, options));
    expect(recorded().at(-1)!.claim!.search).toMatchObject({ again: true });
  });
});

describe('drawn interchanges', () => {
  const letters = [...'abcd'];
  const last = program({ name: 'last', vocabulary: letters, maxLength: 7, causal: true }, (rasp) => {
    const { tokens, indices, select, and, width, map, combine } = rasp;
    const before = width(and(select(tokens, tokens, '=='), select(indices, indices, '<'))).named('before');
    const even = map(before, (n) => n % 2 === 0).named('even');
    return combine([even, tokens], (is, token) => (is ? token : 'a')).named('output');
  });

  test('of a program with too many inputs to list, until it is certain', async () => {
    const { model, alignment: whole } = keep(await compile(last, { backend: 'wasm' }));
    const [tokens, indices, before, output] = ['tokens', 'indices', 'before', 'output'].map((name) => whole[name]!) as [
      Parts,
      Parts,
      Parts,
      Parts,
    ];
    await expect(model).toRealize(last, { alignment: { indices, before, output } });
    const { realisation } = recorded().at(-1)!.claim!;
    expect(realisation!.stopped).toBe('certain');
    for (const { variables, matters } of realisation!.groups) {
      // positions are the same in all inputs of one length
      if (variables.join() === 'indices') expect(matters).toBeUndefined();
      else {
        expect(matters!.exhaustive).toBe(false);
        expect(matters!.tried).toBe(matters!.agree);
        // the fewest that rule a rate of 0.05 out, in blocks of 32
        expect(matters!.tried).toBe(128);
        expect(matters!.accuracy.low).toBeGreaterThan(0.95);
      }
    }
    // a rate of 0 is never certain
    const budget = { draws: 40 };
    const message = await messageOf(expect(model).toRealize(last, { alignment: { before }, threshold: 0, budget }));
    expect(message).toMatch(
      /^Undecided: with before taken from other inputs the model disagrees at a rate between 0 and 0\.\d/,
    );
    expect(message).toContain('To settle it: A `threshold` above 0');
    await messageOf(expect(model).not.toRealize(last, { alignment: { before }, threshold: 0, budget }));
    await messageOf(expect(model).toRealize(last, { alignment: { indices } })).then((text) =>
      expect(text).toMatch(/^Undecided: no variable changes the output of the program/),
    );
    await expect(model).not.toRealize(last, { alignment: { before: tokens } });
  });
});

describe('without an alignment', () => {
  test('one is searched for on one half of the inputs and judged on the other, beside an untrained network', async () => {
    const { model } = keep(await compile(repeats, { backend: 'wasm' }));
    const search = { stages: ['components', 'neurons'], tries: 16 } as const;
    await expect(model).toRealize(repeats, { search });
    const { realisation } = recorded().at(-1)!.claim!;
    const { searched, judged, variables, untrained: control, allowed } = realisation!.found!;
    expect([searched, judged, allowed]).toEqual([21, 18, 0.8]);
    expect(variables.map(({ variable, heldOut }) => [variable, heldOut])).toEqual([
      ['tokens', 1],
      ['often', 1],
      ['repeated', 1],
    ]);
    expect(control!.accuracy).toBeLessThan(0.5);
    // a control that is as good as the model says that the search is worth nothing
    const message = await messageOf(expect(model).toRealize(repeats, { search: { ...search, untrained: model } }));
    expect(message).toMatch(
      /^Undecided: the same search reaches an interchange accuracy of 1 on a network that learned/,
    );
    await messageOf(expect(model).not.toRealize(repeats, { search: { ...search, untrained: model } }));
  });

  test('where none is found it is undecided: there may be one', async () => {
    const message = await messageOf(
      expect(other.model).toRealize(sort, { search: { stages: ['components'], tries: 8, untrained: other.model } }),
    );
    expect(message).toMatch(/^Undecided: no alignment was found by which the model realises the program/);
    expect(recorded().at(-1)!.claim!.findings[0]!.code).toBe('alignment-not-found');
  });
});

test('what cannot be judged', async () => {
  const { model, alignment } = sorting;
  const of = (options: object, one: unknown = sort) => expect(model).toRealize(one as Program, options);
  await expect(of({ alignment: {} })).rejects.toThrow(errorOf(OptionError, 'names no variable'));
  await expect(of({ alignment: { plaice: [] } })).rejects.toThrow(errorOf(ProgramError, 'did you mean "place"'));
  await expect(of({ alignment: { place: ['blocks.7.attn'] } })).rejects.toThrow(
    errorOf(InterventionError, 'names no component'),
  );
  await expect(of({ alignment }, {})).rejects.toThrow(errorOf(OptionError, 'no program'));
  await expect(of({ alignment, treshold: 1 })).rejects.toThrow(errorOf(OptionError, 'threshold'));
  await expect(expect({}).toRealize(sort as unknown as Program, { alignment })).rejects.toThrow(OptionError);
  const on = programTask(sort);
  await expect(of({ alignment, on: programTask(sort, { inputs: [[0, 1, 9]] as never }) })).rejects.toThrow(InputError);
  const bare = defineTask({
    behaviour: on.behaviour as never,
    threshold: on.threshold,
    inputs: [[0], [1]],
    encode: (input: readonly number[]) => [...input],
    name: 'bare',
  });
  await expect(of({ alignment, on: bare })).rejects.toThrow(errorOf(OptionError, 'does not encode inputs as'));
  // models that the program does not fit: fewer tokens, shorter inputs
  const small = program({ name: 'small', vocabulary: [0, 1], maxLength: 3 }, ({ tokens }) => tokens);
  const short = program({ name: 'short', vocabulary: [0, 1, 2], maxLength: 2 }, ({ tokens }) => tokens);
  for (const [one, what] of [
    [small, /token/],
    [short, /n_ctx/],
  ] as const) {
    const { model: other } = keep(await compile(one as unknown as Program, { backend: 'wasm' }));
    await expect(
      expect(other).toRealize(sort as unknown as Program, { alignment: { place: ['blocks.0.mlp'] } }),
    ).rejects.toThrow(errorOf(InputError, what));
  }
  const nothing = keep(await untrained(model, 1));
  await expect(expect(nothing).toRealize(sort as unknown as Program, { alignment })).rejects.toThrow(
    errorOf(BehaviourError, /answers as the program sort on .* % of inputs/),
  );
  await expect(expect(nothing).toRealize(sort as unknown as Program, { alignment, on })).rejects.toThrow(
    BehaviourError,
  );
});
