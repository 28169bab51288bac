/** What the compiler can and cannot do: wide selectors, what Tracr refuses, limits, and what float32 does not hold. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { CompilationError, OptionError } from '../../src/errors.js';
import { select } from '../../src/circuit/component.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import { random } from '../../src/random.js';
import { compile } from '../../src/program/compile.js';
import type { Compilation } from '../../src/program/compilation.js';
import type { Sequence } from '../../src/program/language/expressions.js';
import type { Rasp } from '../../src/program/language/rasp.js';
import { program, type Program } from '../../src/program/program.js';
import { errorOf } from '../helpers/error-of';
import { allInputs, differences } from './exact';

type Build = (rasp: Rasp<0 | 1 | 2>) => Sequence;
const over = (maxLength: number, build: Build): Program<0 | 1 | 2> =>
  program({ name: 'digits', vocabulary: [0, 1, 2], maxLength }, build);
const made: Compilation[] = [];
const compiled = async (maxLength: number, build: Build, limits = {}) => {
  const one = await compile(over(maxLength, build), { backend: 'wasm', limits });
  made.push(one as unknown as Compilation);
  return one;
};
afterEach(() => {
  for (const one of made.splice(0)) one.dispose();
});

const hist: Build = ({ tokens, select: choose, width }) => width(choose(tokens, tokens, '=='));
const fewer: Build = (rasp) => {
  const often = hist(rasp) as Sequence<number>;
  return rasp.width(rasp.select(often, often, '<'));
};

/** All of one token, all but one, and random ones. */
function longInputs(maxLength: number): (0 | 1 | 2)[][] {
  const rng = random(1, 'inputs');
  const same = Array<0 | 1 | 2>(maxLength).fill(1);
  return [
    same,
    same.with(0, 0),
    same.with(maxLength - 1, 2),
    same.slice(1),
    ...[maxLength, maxLength, 2].map((length) => Array.from({ length }, () => rng.below(3) as 0 | 1 | 2)),
  ];
}

describe('wide selectors', () => {
  test.each([
    ['how often a token occurs, of 200', 200, hist],
    ['the length, of 200', 200, ({ length }) => length],
    ['a width of widths, of 100', 100, fewer],
    ['one value of 200 selected', 200, ({ all, tokens, aggregate }) => aggregate(all, tokens, { otherwise: -1 })],
    [
      'a mean, of 25',
      25,
      ({ indices, tokens, select: choose, mean, map }) =>
        mean(
          choose(indices, indices, '<='),
          map(tokens, (x) => x === 1),
        ),
    ],
  ] as [string, number, Build][])('%s', async (_, maxLength, build) => {
    expect(await differences(await compiled(maxLength, build), longInputs(maxLength))).toEqual([]);
  });
});

test('large keys: 60 keys by 40 positions', async () => {
  const vocabulary = Array.from({ length: 60 }, (_, i) => `t${i}`);
  const last = program(
    { name: 'last', vocabulary, maxLength: 40, causal: true },
    ({ tokens, indices, select: choose, and, width, map, aggregate, mean }) => {
      const earlier = and(choose(tokens, tokens, '=='), choose(indices, indices, '<'));
      const seen = width(earlier).named('seen');
      const first = map(seen, (count) => count === 0);
      mean(earlier, first);
      return aggregate(choose(seen, seen, '=='), tokens);
    },
  );
  const one = await compile(last, { backend: 'wasm' });
  made.push(one as unknown as Compilation);
  const rng = random(2, 'inputs');
  const inputs = [40, 40, 39, 1].map((length, i) =>
    Array.from({ length }, () => vocabulary[rng.below(i === 0 ? 2 : 60)]!),
  );
  expect(await differences(one, inputs)).toEqual([]);
});

// Tracr's UNSUPPORTED_TEST_CASES, which have no expected outputs
describe('what Tracr refuses because of its encodings', () => {
  test.each([
    [
      'numerical_categorical_aggregate',
      ({ all, tokens, map, aggregate }) =>
        aggregate(
          all,
          map(tokens, (x) => x),
        ),
    ],
    ['categorical_numerical_aggregate, numerical_numerical_aggregate', ({ all, tokens, mean }) => mean(all, tokens)],
    [
      'aggregate_with_not_None_default',
      ({ indices, tokens, select: choose, mean }) => mean(choose(indices, indices, '=='), tokens, { otherwise: 1 }),
    ],
    [
      'numerical_selector',
      ({ tokens, all, mean, select: choose, width }) => width(choose(mean(all, tokens), tokens, '<')),
    ],
    [
      'numerical_SequenceMap',
      ({ tokens, indices, all, mean, combine }) => combine([mean(all, tokens), mean(all, indices)], (x, y) => x + y),
    ],
    ['categorical_LinearSequenceMap', ({ tokens, indices, linear }) => linear([indices, 1], [tokens, 1])],
    [
      'numerical_tokens, numerical_indices',
      ({ tokens, indices, all, mean, linear }) => linear([mean(all, tokens), 0], [indices, 1]),
    ],
    [
      'composite selectors, length, all',
      ({ tokens, indices, length, all, select: choose, and, or, not, width, combine }) =>
        width(
          and(
            all,
            or(
              choose(tokens, tokens, '<'),
              not(
                choose(
                  indices,
                  combine([length, indices], (n, i) => n - i),
                  '==',
                ),
              ),
            ),
          ),
        ),
    ],
  ] as [string, Build][])('%s', async (_, build) => {
    expect(await differences(await compiled(4, build), allInputs([0, 1, 2], 4))).toEqual([]);
  });
});

describe('what is refused', () => {
  test('sizes beyond a limit, before there is a matrix of them', async () => {
    const { sizes } = await compiled(4, hist);
    expect(sizes).toEqual({ n_layers: 1, n_heads: 1, d_head: 4, d_model: 10, d_mlp: 10, bytes: expect.any(Number) });
    for (const [size, reached] of Object.entries(sizes)) {
      await compiled(4, hist, { [size]: reached });
      if (reached === 1) continue;
      await expect(compiled(4, hist, { [size]: reached - 1 })).rejects.toThrow(
        errorOf(CompilationError, size === 'bytes' ? /limits\.bytes is/ : `${size} beyond its limit of ${reached - 1}`),
      );
    }
    await expect(compiled(4, fewer, { n_layers: 1 })).rejects.toThrow(
      errorOf(
        CompilationError,
        /n_layers beyond its limit of 1\n {2}at: width1 = »width\(select\(tokens, tokens, ==\)\)«/,
      ),
    );
    await expect(compiled(4, hist, { n_layer: 1 })).rejects.toThrow(errorOf(OptionError, 'n_layers'));
    await expect(compile({} as Program)).rejects.toThrow(errorOf(OptionError, 'no program'));
  });

  test('what float32 cannot hold apart', async () => {
    await expect(compiled(250, fewer)).rejects.toThrow(
      errorOf(CompilationError, /float32 cannot tell 250 from 249: they stand .* apart, and rounding may move them by/),
    );
    await expect(
      compiled(3, ({ all, tokens, mean, map }) =>
        map(
          mean(
            all,
            map(tokens, (x) => 1 + x / 2 ** 24),
          ),
          (x) => x > 1,
        ),
      ),
    ).rejects.toThrow(errorOf(CompilationError, 'float32 cannot tell'));
    await expect(
      compiled(3, ({ all, tokens, mean, map }) =>
        mean(
          all,
          map(tokens, (x) => x * 1e300),
        ),
      ),
    ).rejects.toThrow(CompilationError);
  });

  test('a selector that reads too much at once', async () => {
    await expect(
      compiled(120, ({ indices, tokens, length, select: choose, or, width }) =>
        width(or(choose(indices, length, '=='), choose(tokens, indices, '=='), choose(length, tokens, '<'))),
      ),
    ).rejects.toThrow(errorOf(CompilationError, /combinations of key values[^]*at: or\(select/));
  });
});

test('each component is of one variable, and what it writes is gone with it', async () => {
  const one = await compiled(4, fewer);
  const { model, variables, program: own } = one;
  const names = [...variables.values()].flatMap(({ components }) => components);
  expect(new Set(names).size).toBe(names.length);
  expect(select(model, names)).toHaveLength(names.length);
  const { components, places } = variables.get('width1')!;
  const neurons = select(
    model,
    components.filter((name) => name.includes('neuron')),
  );
  const { activations } = await model.run([own.encode([0, 1, 1, 2])], {
    capture: places.map(({ site }) => site),
    interventions: neurons.map(({ site, axis, index }) => ({ site, at: { [axis!]: [index] }, by: { kind: 'zero' } })),
    logits: false,
  });
  const [number, hot] = places;
  const at = (place: typeof hot): number[] => {
    const { data, shape } = activations.get(place!.site)!;
    return [1, 2, 3, 4].flatMap((position) => place!.features.map((feature) => data[position * shape[2]! + feature]!));
  };
  expect(at(number).every((x) => x > 0)).toBe(true);
  expect(at(hot).every((x) => x === 0)).toBe(true);
});

test('the comparison that these tests rest on sees wrong weights', async () => {
  const one = await compiled(4, hist);
  const { weights, config } = one.model;
  for (const name of ['embed.W_E', 'blocks.0.attn.W_V', 'blocks.0.mlp.W_out']) {
    const { shape, data } = weights.get(name)!;
    const wrong = new Map([...weights, [name, { shape, data: data.map((x) => -x) }] as const]);
    const model = await transformer(config, wrong, { backend: 'wasm' });
    expect(await differences({ ...one, model }, allInputs([0, 1, 2] as const, 3))).not.toEqual([]);
    model.dispose();
  }
});
