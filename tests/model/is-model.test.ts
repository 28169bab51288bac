/** What is given in place of a model is named, and what to do about it, wherever models are taken. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tfl from '@tensorflow/tfjs-layers';
import type * as z from 'zod';
import * as matchers from '../../matchers/all.js';
import { OptionError } from '../../src/errors.js';
import { components, findCircuit, rankComponents, select } from '../../src/circuit/index.js';
import { load } from '../../src/model/load.js';
import { generate } from '../../src/model/generate.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import { backend } from '../../src/tensor/backend.js';
import { runExamples } from '../../src/task/run.js';
import { compare } from '../../src/verdict/compare.js';
import { byIntervention, trainedRuns } from '../../src/implementations/index.js';
import { checkConfig } from '../../suites/config.js';
import { implementations } from '../../generators/implementations.js';
import { symmetries } from '../../generators/symmetries.js';
import { trials } from '../../generators/trials.js';
import { both, tiny } from '../helpers/tiny.js';
import '../matchers/claims.js';

const raw = () =>
  tfl.sequential({
    layers: [tfl.layers.dense({ units: 2, inputShape: [2], kernelInitializer: 'glorotUniform' })],
  }) as never;
beforeAll(async () => {
  await backend({ backend: 'cpu' });
});
const on = both();
const examples = on.examples(4, 0);

const places: readonly (readonly [string, (value: never) => unknown])[] = [
  ['load', (value) => load(value)],
  ['compare, baseline', (value) => compare(value, value, { on })],
  ['compare, candidate', async (value) => compare(await tiny(), value, { on })],
  ['byIntervention', (value) => byIntervention(value)],
  ['trainedRuns', (value) => trainedRuns([value])],
  ['findCircuit', (value) => findCircuit(value, on, examples)],
  ['rankComponents', (value) => rankComponents(value, on, examples)],
  ['components', (value) => components(value)],
  ['select', (value) => select(value, ['*'])],
  ['runExamples', (value) => runExamples(value, on, examples)],
  ['implementations', (value) => implementations(value, { on, outside: ['*'] })],
  ['trials', (value) => trials(value, { on, outside: ['*'] })],
  ['symmetries', (value) => symmetries(value)],
  ['quantise', (value) => quantise(value, 8)],
  ['generate', (value) => generate(value, [1], { maxTokens: 1 })],
  [
    'a gate',
    (value) => checkConfig({ gates: [{ name: 'g', baseline: value, candidate: value, task: on }] }, 'gates.ts'),
  ],
  ['toBehaveLike, other', async (value) => expect(await tiny()).toBehaveLike(value, { on })],
  ...Object.entries(matchers).map(([name, { schema }]) => {
    const { shape } = schema as z.ZodObject;
    const options = { on, ...('tolerance' in shape && { tolerance: 1 }), ...('chain' in shape && { chain: [{}] }) };
    return [
      name,
      (value: never) =>
        // nothing else is given to it
        name === 'toMatchInterpretationSnapshot'
          ? expect(value)[name](options)
          : expect(value)[name as Exclude<keyof typeof matchers, 'toMatchInterpretationSnapshot'>](
              value,
              options as never,
            ),
    ] as const;
  }),
];

const failing = async (place: (value: never) => unknown, value: unknown): Promise<Error> => {
  try {
    await place(value as never);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was taken');
};

describe.each(places)('%s', (_, place) => {
  test('of a tfjs model points to tfjsModel', async () => {
    const error = await failing(place, raw());
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain('tfjsModel(model)');
  });
});

test.each([
  [{ run: () => undefined, inputNames: ['x'] }, /load the file itself/],
  [Promise.resolve(1), /await it: this is a promise/],
  ['model.onnx', /load it first: await load\("model.onnx"\)/],
  [() => 1, /call the function/],
  [undefined, /what load\(\.\.\.\) resolves to/],
  [5, /what load\(\.\.\.\) resolves to/],
])('%p', async (value, message) => {
  for (const [, place] of places.filter(([name]) =>
    ['findCircuit', 'byIntervention', 'toBehaveLike', 'compare, candidate'].includes(name),
  ))
    expect((await failing(place, value)).message).toMatch(message);
});
