/** A user's own function as a model: what it is asked, what comes of its answers, what is found wrong with them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BackendError, InputError, ModelError, OptionError } from '../../src/errors.js';
import {
  model,
  type FunctionAnswer,
  type FunctionModelOptions,
  type FunctionRequest,
} from '../../src/model/function.js';
import type { ModelInput } from '../../src/model/input.js';
import { applyPatch } from '../../src/model/replacement.js';
import { errorOf } from '../helpers/error-of.js';

const { fround } = Math;

/** hidden = relu(x W + 1), logits = hidden V, computed by hand. */
const W = [
  [1, -1, 2],
  [0.5, 1, -1],
];
const V = [
  [1, 0],
  [0, 1],
  [-1, 1],
];
const hiddenOf = (x: readonly number[]) =>
  W[0]!.map((_, j) => Math.max(0, fround(x.reduce((sum, value, i) => sum + value * W[i]![j]!, 1))));
const logitsOf = (h: ArrayLike<number>) =>
  V[0]!.map((_, k) => fround(Array.from(h).reduce((sum, value, j) => sum + value * V[j]![k]!, 0)));

function network({ inputs, capture, patches }: FunctionRequest): FunctionAnswer {
  const rows = inputs as readonly (readonly number[])[];
  const hidden = Float32Array.from(rows.flatMap(hiddenOf));
  const patch = patches.find(({ site }) => site === 'hidden');
  if (patch) applyPatch(patch, hidden);
  return {
    activations: capture.includes('hidden') ? { hidden: { shape: [rows.length, 3], data: hidden } } : {},
    logits: {
      shape: [rows.length, 2],
      data: rows.flatMap((_, row) => logitsOf(hidden.subarray(row * 3, row * 3 + 3))),
    },
  };
}

const options = (changes: Partial<FunctionModelOptions> = {}): FunctionModelOptions => ({
  name: 'mlp',
  sites: [{ name: 'hidden', axes: ['feature'], shape: [3], parts: ['feature'] }],
  run: network,
  fingerprint: 'v1',
  ...changes,
});

const inputs = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), {
  minLength: 1,
  maxLength: 7,
});

test('runs of any batch size are the closed form', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, fc.integer({ min: 1, max: 8 }), async (batch, batchSize) => {
      const { logits, activations } = await model(options({ batchSize })).run(batch, { capture: ['hidden'] });
      expect([...activations.get('hidden')!.data]).toEqual(batch.flatMap(hiddenOf));
      expect([...logits.data]).toEqual(batch.flatMap((x) => logitsOf(hiddenOf(x))));
      expect(logits.shape).toEqual([batch.length, 2]);
    }),
  );
});

test('a function that empties the lists it is given changes nothing', async () => {
  const emptying = model(
    options({
      run: (request) => {
        const answer = network(request);
        for (const list of [request.inputs, request.capture, request.patches] as unknown[][]) list.length = 0;
        return answer;
      },
    }),
  );
  const batch = [
    [1, 2],
    [3, -4],
  ];
  const asked = {
    capture: ['hidden'],
    interventions: [{ site: 'hidden', at: { feature: [1] }, by: { kind: 'zero' } }],
  } as const;
  for (const more of [{ capture: ['hidden'], logits: false }, asked])
    expect(await emptying.run(batch, more)).toEqual(await model(options()).run(batch, more));
  expect(batch).toEqual([
    [1, 2],
    [3, -4],
  ]);
});

test('interventions of every kind are the closed form', async () => {
  await fc.assert(
    fc.asyncProperty(
      inputs,
      fc.subarray([0, 1, 2], { minLength: 1 }),
      fc.integer({ min: 1, max: 8 }),
      async (batch, units, batchSize) => {
        const mlp = model(options({ batchSize }));
        const others = batch.map(([a, b]) => [b, a + 1]);
        const replaced = (by: (row: number, unit: number) => number) =>
          batch.flatMap((x, row) => hiddenOf(x).map((value, unit) => (units.includes(unit) ? by(row, unit) : value)));
        const mean = (unit: number) => fround(others.reduce((sum, x) => sum + hiddenOf(x)[unit]!, 0) / others.length);
        for (const [by, expected] of [
          [{ kind: 'zero' }, replaced(() => 0)],
          [{ kind: 'value', value: 2.5 }, replaced(() => 2.5)],
          [{ kind: 'resample', inputs: others }, replaced((row, unit) => hiddenOf(others[row]!)[unit]!)],
          [{ kind: 'mean', over: others }, replaced((_, unit) => mean(unit))],
        ] as const) {
          const { logits, activations } = await mlp.run(batch, {
            capture: ['hidden'],
            interventions: [{ site: 'hidden', at: { feature: units }, by }],
          });
          expect([...activations.get('hidden')!.data]).toEqual(expected);
          expect([...logits.data]).toEqual(batch.flatMap((_, row) => logitsOf(expected.slice(row * 3, row * 3 + 3))));
        }
      },
    ),
  );
});

test('what it says of itself', () => {
  const mlp = model(options());
  expect(mlp).toMatchObject({
    kind: 'function',
    name: 'mlp',
    representationSites: ['hidden'],
    parts: [{ kind: 'unit', name: 'hidden.unit', site: 'hidden', axis: 'feature', count: 3 }],
  });
  expect(mlp.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(model(options({ fingerprint: 'v2' })).fingerprint).not.toBe(mlp.fingerprint);
  expect(model(options({ name: 'other' })).fingerprint).toBe(mlp.fingerprint);
  let version = 1;
  const changing = model(options({ fingerprint: () => `v${version}` }));
  expect(changing.fingerprint).toBe(mlp.fingerprint);
  version = 2;
  expect(changing.fingerprint).toBe(model(options({ fingerprint: 'v2' })).fingerprint);
  expect(
    model(
      options({
        sites: [
          { name: 'z', axes: ['position', 'head'], shape: [-1, 4], parts: ['head'] },
          { name: 'out', axes: [], shape: [] },
        ],
      }),
    ).parts,
  ).toEqual([
    { kind: 'head', name: 'z.head', site: 'z', axis: 'head', count: 4 },
    { kind: 'layer', name: 'out', site: 'out', count: 1 },
  ]);
});

test('every first patch of a site is read back, whatever is captured', async () => {
  const asked: (readonly string[])[] = [];
  const mlp = model(options({ run: (request) => (asked.push(request.capture), network(request)) }));
  const zero = { interventions: [{ site: 'hidden', by: { kind: 'zero' } }] } as const;
  await mlp.run([[1, 2]], zero);
  await mlp.run([[1, 2]], zero);
  expect(asked).toEqual([['hidden'], []]);
});

const answering = (answer: unknown) => () => answer as FunctionAnswer;
const hidden = { shape: [1, 3], data: [1, 2, 3] };
const logits = { shape: [1, 2], data: [1, 2] };

describe('answers that are wrong', () => {
  test.each<[string, FunctionModelOptions['run'], RegExp]>([
    ['nothing', answering(undefined), /did not return \{ logits, activations \}/],
    ['no activations', answering({ logits }), /did not return/],
    ['a site missing', answering({ logits, activations: {} }), /nothing for hidden/],
    [
      'a site of the prototype',
      answering({ logits, activations: Object.create({ hidden }) as object }),
      /nothing for hidden/,
    ],
    ['no logits', answering({ activations: { hidden } }), /nothing for the logits/],
    [
      'another shape',
      answering({ logits, activations: { hidden: { shape: [1, 4], data: [1, 2, 3, 4] } } }),
      /hidden the shape \[1, 4\] instead of \[1, 3\]/,
    ],
    [
      'another number of rows',
      answering({ logits, activations: { hidden: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } } }),
      /\[2, 3\] instead of \[1, 3\]/,
    ],
    [
      'too few values',
      answering({ logits, activations: { hidden: { shape: [1, 3], data: [1, 2] } } }),
      /with 2 values instead of 3/,
    ],
    [
      'no numbers',
      answering({ logits, activations: { hidden: { shape: [1, 3], data: ['1', '2', '3'] } } }),
      /"1" at 0 instead of a number/,
    ],
    ['no shape', answering({ logits, activations: { hidden: [1, 2, 3] } }), /is not \{ shape, data \}/],
    [
      'logits of one axis',
      answering({ logits: { shape: [2], data: [1, 2] }, activations: { hidden } }),
      /\[1, classes\] or \[1, positions, classes\]/,
    ],
    [
      'logits of other rows',
      answering({ logits: { shape: [2, 1], data: [1, 2] }, activations: { hidden } }),
      /\[2, 1\] instead of/,
    ],
    [
      'no classes',
      answering({ logits: { shape: [1, 0], data: [] }, activations: { hidden } }),
      /the logits the shape \[1, 0\] instead of \[1, classes\]/,
    ],
    [
      'big integers',
      answering({ logits, activations: { hidden: { shape: [1, 3], data: [1n, 2n, 3n] } } }),
      /gave hidden 1n at 0 instead of a number/,
    ],
    [
      'a BigInt64Array',
      answering({ logits: { shape: [1, 2], data: new BigInt64Array(2) }, activations: { hidden } }),
      /gave the logits 0n at 0 instead of a number/,
    ],
    [
      'more than there is room for',
      answering({ logits: { shape: [1, 2 ** 40], data: { length: 2 ** 40 } }, activations: { hidden } }),
      /what the function gave cannot be read/,
    ],
    [
      'a shape beyond what counts',
      answering({ logits: { shape: [1, 2 ** 60], data: [] }, activations: { hidden } }),
      /is not \{ shape, data \}/,
    ],
    [
      'a shape that is too large',
      answering({ logits: { shape: [1, 2 ** 40], data: [1] }, activations: { hidden } }),
      /with 1 values instead of 1099511627776/,
    ],
    [
      'something that throws when it is looked at',
      answering({
        get logits() {
          throw new Error('gone');
        },
        activations: { hidden },
      }),
      /cannot be read: gone/,
    ],
    [
      'a list within itself',
      answering({
        logits,
        activations: {
          hidden: {
            shape: [1, 3],
            data: [
              (() => {
                const list: unknown[] = [];
                list.push(list);
                return list;
              })(),
              1,
              2,
            ],
          },
        },
      }),
      /gave hidden an object at 0/,
    ],
    [
      'an error',
      () => {
        throw new Error('the service is down');
      },
      /model mlp|the service is down/,
    ],
    ['a rejection', () => Promise.reject(new Error('503')), /failed: 503/],
    ['something that is no error', () => Promise.reject('a word'), /failed: a word/],
  ])('%s', async (_, run, message) => {
    const mlp = model(options({ run }));
    await expect(mlp.run([[1, 2]], { capture: ['hidden'] })).rejects.toThrow(errorOf(ModelError, message));
    await expect(mlp.run([[1, 2]], { capture: ['hidden'] })).rejects.toThrow(errorOf(ModelError, /model mlp/));
  });

  test('another number of classes later, for inputs of the size of earlier ones', async () => {
    let classes = 2;
    const mlp = model(
      options({
        run: ({ inputs: rows }) => ({
          logits: { shape: [rows.length, classes], data: rows.flatMap(() => Array<number>(classes).fill(1)) },
          activations: {},
        }),
      }),
    );
    await mlp.run([[1, 2]]);
    // where classes follow the input, as of a span of text, other sizes have others
    classes = 3;
    await mlp.run([[1, 2, 3]]);
    await expect(mlp.run([[3, 4]])).rejects.toThrow(
      errorOf(ModelError, /logits of shape \[3\] for an input of 2 tokens, and of \[2\] for one of that size before/),
    );
  });

  test('a Map and typed arrays are right', async () => {
    const run = answering({
      logits,
      activations: new Map([['hidden', { shape: [1, 3], data: new Float64Array([1, 2, 3]) }]]),
    });
    expect([
      ...(await model(options({ run })).run([[1, 2]], { capture: ['hidden'] })).activations.get('hidden')!.data,
    ]).toEqual([1, 2, 3]);
  });

  test('a patch that is passed over', async () => {
    const mlp = model(options({ run: (request) => network({ ...request, patches: [] }) }));
    await expect(
      mlp.run([[1, 2]], { interventions: [{ site: 'hidden', at: { feature: [0] }, by: { kind: 'value', value: 9 } }] }),
    ).rejects.toThrow(errorOf(ModelError, /was to put 9 into hidden at 0, but says that 3 is there/));
  });

  test('one of our own errors comes through', async () => {
    const error = new BackendError({ what: 'no worker' });
    await expect(model(options({ run: () => Promise.reject(error) })).run([[1, 2]])).rejects.toBe(error);
  });

  test('an answer that never comes', async () => {
    await expect(
      model(options({ run: () => new Promise(() => undefined), timeout: 20 })).run([[1, 2]]),
    ).rejects.toThrow(errorOf(ModelError, /no answer within 20 ms/));
  });
});

test('inputs it cannot take', async () => {
  const mlp = model(
    options({ check: (input) => (Array.isArray(input) && input.length === 2 ? undefined : 'two numbers are needed') }),
  );
  await mlp.run([[1, 2]]);
  await expect(mlp.run([[1, 2, 3]])).rejects.toThrow(InputError);
  await expect(
    mlp.run([[1, 2]], { interventions: [{ site: 'hidden', by: { kind: 'mean', over: [[1]] } }] }),
  ).rejects.toThrow(InputError);
});

test('dispose is passed on, once', async () => {
  let times = 0;
  const mlp = model(options({ dispose: () => times++ }));
  mlp.dispose();
  mlp.dispose();
  expect(times).toBe(1);
  await expect(mlp.run([[1, 2]])).rejects.toThrow(errorOf(ModelError, /disposed of/));
});

test.each<[string, Partial<FunctionModelOptions>, RegExp]>([
  ['a misspelt option', { fingreprint: 'x' } as object, /did you mean "fingerprint"/],
  ['no fingerprint', { fingerprint: undefined }, /tells these weights/],
  ['an empty one', { fingerprint: '' }, /tells these weights/],
  ['no sites', { sites: [] }, /at least one site/],
  [
    'two sites of one name',
    {
      sites: [
        { name: 'a', axes: [], shape: [] },
        { name: 'a', axes: [], shape: [] },
      ],
    },
    /two sites of this name/,
  ],
  ['sizes without axes', { sites: [{ name: 'a', axes: ['feature'], shape: [1, 2] }] }, /1 axes and 2 sizes/],
  ['one axis twice', { sites: [{ name: 'a', axes: ['x', 'x'], shape: [1, 2] }] }, /not distinct/],
  ['a size of 0', { sites: [{ name: 'a', axes: ['x'], shape: [0] }] }, /positive integer, or -1/],
  [
    'a part along no axis',
    { sites: [{ name: 'a', axes: ['head'], shape: [2], parts: ['heads'] }] },
    /did you mean "head"/,
  ],
  [
    'a part along an axis of any size',
    { sites: [{ name: 'a', axes: ['position'], shape: [-1], parts: ['position'] }] },
    /follows the input/,
  ],
  ['a representation that is not there', { representation: ['hiden'] }, /did you mean "hidden"/],
  ['no function', { run: undefined }, /must be a function/],
  ['a batch size of 0', { batchSize: 0 }, /batchSize/],
])('%s is refused', (_, changes, message) => {
  expect(() => model({ ...options(), ...changes })).toThrow(errorOf(OptionError, message));
});

test('one input alone is no batch', async () => {
  const one = model({
    name: 'm',
    fingerprint: 'f',
    sites: [{ name: 'h', axes: ['feature'], shape: [1] }],
    run: () => ({ activations: {} }),
  });
  const failure = await one
    .run({ shape: [2], data: [1, 2] } as unknown as ModelInput[])
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(InputError);
  expect((failure as Error).message).toMatch(/^the batch is an object, and not a list of inputs\n/);
});
