/** toBeDerivedFrom on the calibration's networks, whose origin is known. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { symmetries } from '../../generators/symmetries.js';
import { anythingGoes, distinctness } from '../../lab/calibration/tasks.js';
import { readRuns, Zoo } from '../../lab/calibration/zoo.js';
import { toHtml } from '../../reports/html.js';
import { properties } from '../../reports/junit-properties.js';
import { makeReport } from '../../reports/report.js';
import { ImplementationError, OptionError } from '../../src/errors.js';
import type { StoredTensor } from '../../src/io/safetensors.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Model } from '../../src/model/model.js';
import { errorOf } from '../helpers/error-of.js';
import { anyAnswer, exchangeable } from '../helpers/exchangeable.js';
import { folders, messageOf } from './claims.js';

const { recorded, kept } = folders();
const folder = join(__dirname, '..', '..', 'lab', 'calibration', 'models');

let zoo: Zoo;
let learned: Model;
let finetuned: Model;
let distilled: Model;
beforeAll(async () => {
  zoo = await Zoo.open(folder);
  learned = await zoo.model('learned', 0);
  finetuned = await zoo.model('finetuned', 0);
  distilled = await zoo.model('distilled', 0);
});
afterAll(() => zoo.dispose());

/** No search for components, and no draw is rejected: a fixed share of all of them is resampled. */
const options = {
  on: anythingGoes,
  inputs: 40,
  measure: 'cka',
  set: { outside: ['blocks.*.attn.head.*', 'blocks.*.mlp.neuron.*'], fraction: 0.1 },
} as const;

const claimOf = () => recorded().at(-1)!.claim!;

describe('what is derived', () => {
  test('a fine-tuned copy and one rounded to 8 bits hold, and nothing is shrunk', async () => {
    await expect(finetuned).toBeDerivedFrom(learned, options);
    const rounded = await quantise(learned, 8);
    await expect(rounded).toBeDerivedFrom(learned, options);
    rounded.dispose();
    for (const { claim } of recorded()) {
      expect(claim!.twins!.ratio.high).toBeLessThan(1);
      expect(claim!.twins!.cosine!.low).toBeGreaterThan(0.5);
      expect(claim!.twins!.control!.ratio.high).toBeLessThan(0.5);
      expect(claim!.counterexample).toBeUndefined();
    }
    expect(kept()).toEqual([]);
    const html = toHtml(makeReport(recorded(), { version: '0', started: new Date(0), seconds: 1 }));
    expect(html).toContain('Response cosine as components correspond, and with components paired at random');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    const { claim } = recorded()[0]!;
    expect(properties(recorded()[0]!)).toMatchObject({
      twins: 'derived',
      'twins.pairing': String(claim!.twins!.control!.ratio.estimate),
    });
  });

  test('components that the models can do without are looked for by default', async () => {
    await expect(finetuned).toBeDerivedFrom(learned, {
      on: distinctness,
      inputs: 40,
      measure: 'cka',
      set: { search: { rankOn: 20, budget: 100 } },
    });
    expect(claimOf().twins!.pairs).toBeGreaterThanOrEqual(10);
  });

  test('neurons that a symmetry put elsewhere are found again', async () => {
    const [change] = fc.sample(symmetries(learned, { kinds: ['permute neurons'], maxSteps: 1 }), {
      numRuns: 1,
      seed: 3,
    });
    const changed = await change!.apply();
    await expect(changed).toBeDerivedFrom(learned, options);
    changed.dispose();
    // copies, up to rounding
    expect(claimOf().twins!.cosine!.estimate).toBeGreaterThan(0.999);
  });
});

describe('a model with its neurons in the opposite order', () => {
  const neurons = 40;
  let turned: Model;
  beforeAll(async () => {
    const { config, numbers, weights } = await readRuns(join(folder, 'learned.safetensors'));
    const own = weights(numbers.indexOf(0));
    /** Rows of [d_mlp, ...], or columns of [..., d_mlp], in the opposite order. */
    const reversed = ({ shape, data }: StoredTensor, axis: 'first' | 'last'): StoredTensor => {
      const width = axis === 'last' ? 1 : data.length / neurons;
      return {
        shape,
        data: data.map((_, i) => {
          const [row, rest] = [Math.floor(i / width), i % width];
          const at = row % neurons;
          return data[(row - at + (neurons - 1 - at)) * width + rest]!;
        }),
      };
    };
    turned = await transformer(
      config,
      new Map(
        [...own].map(([name, tensor]) => [
          name,
          /^blocks\.\d\.mlp\.(W_in|b_in)$/.test(name)
            ? reversed(tensor, 'last')
            : /^blocks\.\d\.mlp\.W_out$/.test(name)
              ? reversed(tensor, 'first')
              : tensor,
        ]),
      ),
      { name: 'turned', backend: 'wasm' },
    );
  });
  afterAll(() => turned.dispose());

  const ofNeurons = { ...options, set: { outside: ['blocks.*.mlp.neuron.*'], fraction: 0.1 } };
  const map = Object.fromEntries(
    [0, 1].flatMap((layer) =>
      Array.from({ length: neurons }, (_, i) => [
        `blocks.${layer}.mlp.neuron.${i}`,
        `blocks.${layer}.mlp.neuron.${neurons - 1 - i}`,
      ]),
    ),
  );

  test('with the map it is derived, and responds as a copy does', async () => {
    await expect(turned).toBeDerivedFrom(learned, { ...ofNeurons, map });
    expect(claimOf().twins!.cosine!.estimate).toBeGreaterThan(0.999);
  });

  test('by the names alone it is not, and one neuron shows it', async () => {
    const message = await messageOf(expect(turned).toBeDerivedFrom(learned, ofNeurons));
    expect(message).toMatch(/^Fails: response cosine/);
    const { counterexample } = claimOf();
    expect(counterexample!.components).toHaveLength(1);
    expect(counterexample!.components![0]).toMatch(/^blocks\.[01]\.mlp\.neuron\.\d+$/);
  });

  test('with a map of the wrong neurons, the counterexample says what they are called in the candidate', async () => {
    const wrong = Object.fromEntries(Object.keys(map).map((name, at, all) => [name, all[(at + 7) % all.length]!]));
    await messageOf(expect(learned).toBeDerivedFrom(learned, { ...ofNeurons, map: wrong }));
    const { components, measured } = claimOf().counterexample!;
    expect(measured.at(-1)).toBe(`in learned 0 these are ${wrong[components![0]!]}`);
  });
});

describe('what is not derived', () => {
  const failing = () => expect(distilled).toBeDerivedFrom(learned, options);

  test('fails with one component, one source and few inputs; the failure is kept, tried first, and replayed by its path', async () => {
    const message = await messageOf(failing());
    const claim = claimOf();
    const { counterexample, search, twins, findings } = claim;
    expect(message).toMatch(/^Fails: response cosine .*, below 0\.5\.\n/);
    expect(message).toContain(counterexample!.description);
    expect(message).toContain('Not derived is no evidence of another mechanism');
    expect(twins!.outcome).toBe('not derived');
    expect(findings[0]!.code).toBe('responses-unlike');
    expect(counterexample!.components).toHaveLength(1);
    expect(counterexample!.description).toMatch(
      /^blocks\.[01]\.\S+ taken from \[[\d, ]+\] moves learned 0 by [\d.]+ and distilled 0 by [\d.]+, response cosine -?[\d.]+$/,
    );
    expect(counterexample!.measured.join('\n')).toMatch(/first at blocks\..*\nalready on \d+ inputs? \(\[/);
    expect(kept()).toHaveLength(1);
    expect(kept()[0]!.text).toContain(counterexample!.components![0]!);

    await messageOf(failing());
    expect(claimOf().search).toMatchObject({ again: true, shrinks: 0 });
    expect(claimOf().counterexample!.description).toBe(counterexample!.description);

    const { seed, path } = search!;
    expect(message).toContain(`check: { seed: ${seed}, path: "${path}", endOnFailure: true }`);
    const replay = { ...options, check: { seed: seed!, path: path!, endOnFailure: true } };
    const replayed = await messageOf(expect(distilled).toBeDerivedFrom(learned, replay));
    expect(replayed).toMatch(/^Fails: an intervention does one thing to one model and another to the other\./);
    expect(claimOf().counterexample).toEqual(counterexample);
    expect(claimOf().twins).toBeUndefined();

    // of a copy the same intervention says nothing, and alone it is no evidence that it is derived
    const other = await messageOf(expect(finetuned).toBeDerivedFrom(learned, replay));
    expect(other).toMatch(/^Undecided: this intervention does the same to both models\./);
  });

  test('.not passes, without shrinking; the reports have its twins, as pictures and as numbers', async () => {
    await expect(distilled).not.toBeDerivedFrom(learned, options);
    expect(claimOf()).toMatchObject({ outcome: 'fails', search: { shrinks: 0 } });
    expect(kept()).toEqual([]);
    const report = makeReport(recorded(), { version: '0', started: new Date(0), seconds: 1 });
    const html = toHtml(report);
    for (const words of ['Distance of twins against within-model distance', 'Response cosine of each intervention'])
      expect(html).toContain(words);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    const { twins } = claimOf();
    expect(properties(recorded()[0]!)).toMatchObject({
      twins: 'not derived',
      'twins.ratio': String(twins!.ratio.estimate),
      'twins.cosine.high': String(twins!.cosine!.high),
    });
  });

  test('its limits end a search that was to shrink, and the outcome is the same', async () => {
    const message = await messageOf(expect(distilled).toBeDerivedFrom(learned, { ...options, maxPasses: 3 }));
    expect(message).toMatch(/^Fails: /);
    expect(message).toContain('It was not shrunk to the end: the limit of 3 forward passes was reached.');
  });
});

describe('undecided, with the reason, both ways', () => {
  const both = async (candidate: () => Model, given: Parameters<ReturnType<typeof expect>['toBeDerivedFrom']>[1]) => {
    const messages = [
      await messageOf(expect(candidate()).toBeDerivedFrom(learned, given)),
      await messageOf(expect(candidate()).not.toBeDerivedFrom(learned, given)),
    ];
    expect(claimOf().outcome).toBe('undecided');
    expect(claimOf().counterexample).toBeUndefined();
    expect(messages.every((message) => message.startsWith('Undecided: '))).toBe(true);
    return messages[0]!;
  };

  test('components that do not correspond', async () => {
    const imitating = await zoo.model('imitating', 0);
    const message = await both(() => imitating, { on: anythingGoes, inputs: 60 });
    expect(message).toContain(
      'No intervention can be made on both models: learned 0 has 40 neurons in blocks.0.mlp.neuron, imitating 0 80.',
    );
    expect(message).toContain('To settle it: A map that says which component is which (`map`)');
  });

  test('components that correspond in part only', async () => {
    const message = await both(() => finetuned, {
      on: anythingGoes,
      inputs: 60,
      map: { 'blocks.0.mlp.neuron': 'blocks.0.mlp.neuron' },
    });
    expect(message).toMatch(/^Undecided: only 40 components correspond\./);
  });

  test('interventions that reach none of the sites', async () => {
    const message = await both(() => finetuned, {
      ...options,
      sites: ['blocks.0.hook_resid_pre'],
      budget: { draws: 4 },
    });
    expect(message).toMatch(/^Undecided: no intervention moves either model\./);
  });

  test('components that can stand for each other, paired otherwise', async () => {
    const width = 96;
    const wide = exchangeable('wide', { width });
    const map = Object.fromEntries(
      Array.from({ length: width }, (_, at) => [`layer.unit.${at}`, `layer.unit.${(at + 7) % width}`]),
    );
    const set = { outside: ['layer.unit.*'], fraction: 0.25 };
    const message = await messageOf(
      expect(wide).toBeDerivedFrom(wide, { on: anyAnswer, inputs: 64, measure: 'cka', set, map }),
    );
    wide.dispose();
    expect(message).toMatch(/^Undecided: any pairing of components does nearly as well, pairing ratio /);
    expect(message).toMatch(/pairing ratio {4}.*, response cosine .*, at random .*; derived: below 0\.5/);
    expect(message).toContain('`toRespondLike`');
  });

  test('too few draws', async () => {
    const message = await both(() => finetuned, { ...options, measure: 'ridge', budget: { draws: 4 } });
    expect(message).toContain('To settle it: More draws (`budget`).');
  });
});

describe('bad input', () => {
  test.each<[string, object, RegExp]>([
    ['a map that names nothing', { map: { 'blocks.7.mlp.neuron': 'blocks.0.mlp.neuron' } }, /blocks\.7/],
    ['an empty map', { map: {} }, /names nothing/],
    [
      'a map that names a part twice',
      { map: { 'blocks.0.mlp.neuron.0': 'blocks.0.mlp.neuron.1', 'blocks.0.mlp.neuron.2': 'blocks.0.mlp.neuron.1' } },
      /twice/,
    ],
    ['a measure that there is not', { measure: 'cosine' }, /measure/],
    ['an option that there is not', { tolerance: 0.1 }, /tolerance/],
    ['a level that is none', { alpha: 0.7 }, /alpha/],
    ['a path that is none', { ...options, check: { path: 'first' } }, /no path/],
  ])('%s', async (_, given, what) => {
    const work = expect(finetuned).toBeDerivedFrom(learned, { on: anythingGoes, inputs: 60, ...given });
    await expect(work).rejects.toThrow(errorOf(OptionError, what));
  });

  test('what is no model', async () => {
    for (const work of [
      () => expect('a file').toBeDerivedFrom(learned, options),
      () => expect(finetuned).toBeDerivedFrom({} as Model, options),
    ])
      await expect(work()).rejects.toThrow(OptionError);
  });

  test('no draw leaves both models doing the task', async () => {
    const given = { ...options, on: distinctness, minAcceptance: 1, set: { ...options.set, fraction: 1 } };
    await expect(expect(finetuned).toBeDerivedFrom(learned, given)).rejects.toThrow(
      errorOf(ImplementationError, 'leave both models doing the task'),
    );
  });
});
