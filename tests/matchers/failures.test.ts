/** The database of failures, in a Jest of its own where its place matters. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Model } from '../../src/model/model.js';
import { transformer } from '../../src/model/formats/transformer/run/transformer.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { task } from '../../generators/task.js';
import { Failures, fileOfFailures } from '../../matchers/failures.js';
import type { TestPlace } from '../../matchers/context.js';
import { induction } from '../helpers/known/index.js';
import { tiny, tinyConfig, tinyWeights } from '../helpers/tiny.js';
import { folders, messageOf } from './claims.js';

const { recorded, kept, failures } = folders();
let model: Model;
beforeAll(async () => {
  model = await induction.model('wasm');
});
afterAll(() => model.dispose());

const { task: on, circuit } = induction;
const rest = circuit.slice(1);

describe('a claim about a circuit', () => {
  test('what failed is kept in words and as data, tried first, and goes when it does not fail any more', async () => {
    const first = await messageOf(expect(model).toHaveSufficientCircuit(rest, { on, by: 'resample' }));
    const [{ file, text }] = kept() as [{ file: string; text: string }];
    expect(file).toMatch(
      /^failures-test--a-claim-about-a-circuit-what-failed-is-kept-in-words-and-as--?[a-z-]*[0-9a-f]{8}\.txt$/,
    );
    const {
      about,
      test: name,
      failures: entries,
    } = JSON.parse(text) as {
      about: string;
      test: string;
      failures: { description: string; value: unknown; path: string }[];
    };
    expect(about).toMatch(/tried first next time/);
    expect(name).toBe(
      'a claim about a circuit what failed is kept in words and as data, tried first, and goes when it does not fail any more',
    );
    expect(entries).toHaveLength(1);
    expect(first).toContain(entries[0]!.description);
    expect(entries[0]).toMatchObject({
      matcher: 'toHaveSufficientCircuit',
      claim: `induction: ${rest[0]}`,
      seed: 0,
      value: { components: [circuit[0]], by: 'resample', input: '[3, 0, 1, 2, 0]' },
    });
    expect(entries[0]!.path).toMatch(/^[\d:]+$/);

    // another seed finds it in its first run
    const second = await messageOf(expect(model).toHaveSufficientCircuit(rest, { on, by: 'resample', seed: 77 }));
    expect(second).toContain('failed before, and again');
    expect(second).toContain(entries[0]!.description);
    expect(recorded().at(-1)!.claim!.search).toMatchObject({ runs: 1, again: true });

    // kept for a claim that holds now
    const path = join(failures(), file);
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replaceAll(`induction: ${rest[0]}`, `induction: ${circuit.join(', ')}`),
    );
    await expect(model).toHaveSufficientCircuit(circuit, { on, by: 'resample', each: 2, check: { numRuns: 10 } });
    expect(kept()).toEqual([]);
  });

  test('several claims of one test keep apart; one that is expected to fail is not kept', async () => {
    await messageOf(expect(model).toHaveSufficientCircuit(rest, { on, by: 'resample' }));
    await messageOf(expect(model).toHaveSufficientCircuit(circuit.slice(0, 1), { on, by: 'resample' }));
    await expect(model).not.toHaveSufficientCircuit(rest, { on, by: 'zero' });
    const { failures: entries } = JSON.parse(kept()[0]!.text) as { failures: { claim: string }[] };
    expect(entries.map(({ claim }) => claim)).toEqual([`induction: ${rest[0]}`, `induction: ${circuit[0]}`]);
  });

  test('what cannot be read any more, or names what is not there, is passed over', async () => {
    const options = { on, by: 'resample' as const, each: 2, check: { numRuns: 10 } };
    await messageOf(expect(model).toHaveSufficientCircuit(rest, options));
    const file = join(failures(), kept()[0]!.file);
    for (const text of [
      '{',
      '[]',
      '{"failures":5}',
      readFileSync(file, 'utf8')
        .replaceAll('head.0', 'head.99')
        .replaceAll('induction: blocks.1.attn.head.99', `induction: ${rest[0]}`),
    ]) {
      writeFileSync(file, text);
      const message = await messageOf(expect(model).toHaveSufficientCircuit(rest, options));
      expect(message).not.toContain('failed before');
      // and what failed now is kept in its place
      expect(JSON.parse(readFileSync(file, 'utf8')).failures).toMatchObject([{ value: { components: [circuit[0]] } }]);
    }
  });

  test('a replay by path neither tries nor forgets what is kept', async () => {
    const message = await messageOf(expect(model).toHaveSufficientCircuit(rest, { on, by: 'resample' }));
    const path = /path: "([\d:]+)"/.exec(message)![1]!;
    const before = kept();
    const again = await messageOf(
      expect(model).toHaveSufficientCircuit(rest, { on, by: 'resample', check: { seed: 0, path, endOnFailure: true } }),
    );
    expect(again).not.toContain('failed before');
    expect(kept()).toEqual(before);
  });
});

describe('what is remembered is a hint: tried first where it applies, never a verdict', () => {
  let [one, twin, wrong]: Model[] = [];
  beforeAll(async () => {
    const weights = tinyWeights();
    weights.get('unembed.b_U')!.data[1] = -9;
    // `wrong` differs on [1, 1] and nowhere else
    [one, twin, wrong] = [
      await tiny('wasm'),
      await tiny('wasm'),
      await transformer(tinyConfig, weights, { name: 'wrong', backend: 'wasm' }),
    ];
  });
  afterAll(() => {
    for (const model of [one, twin, wrong]) model!.dispose();
  });
  const and = (inputs: Parameters<typeof task>[0]['inputs']) =>
    task({
      name: 'and',
      inputs: inputs as fc.Arbitrary<object>,
      encode: (input) => Object.values(input) as number[],
      behaviour: accuracy(() => 1),
      threshold: { atLeast: 0 },
    });
  const same = (inputs: Parameters<typeof and>[0], more: object = {}) =>
    expect(wrong!).toBehaveLike(one!, { on: and(inputs), agree: 'answer', runs: 30, ...more });
  const keep = (entries: readonly object[]): void => {
    const [{ file, text }] = kept() as [{ file: string; text: string }];
    writeFileSync(join(failures(), file), JSON.stringify({ ...JSON.parse(text), failures: entries }));
  };
  const failed = (): { value: unknown; seed: number; path: string } => JSON.parse(kept()[0]!.text).failures[0];

  test.each<[string, Parameters<typeof and>[0], Parameters<typeof and>[0]]>([
    [
      'an input taken out of the list',
      pairs(range(2), range(2)),
      [
        [0, 0],
        [0, 1],
        [1, 0],
      ],
    ],
    [
      'another type of input',
      pairs(range(2), range(2)),
      [
        { a: 0, b: 1 },
        { a: 1, b: 0 },
      ],
    ],
    ['a list that became an arbitrary without it', pairs(range(2), range(2)), fc.tuple(fc.nat(1), fc.constant(0))],
    [
      'an arbitrary that does not give it any more',
      fc.tuple(fc.nat(1), fc.nat(1)),
      fc.tuple(fc.nat(1), fc.constant(0)),
    ],
    ['another type of what is drawn', fc.tuple(fc.nat(1), fc.nat(1)), fc.record({ a: fc.constant(0), b: fc.nat(1) })],
    ['one of which nobody can tell what it gives', fc.nat(1).map((a) => [a, a]), fc.nat(1).map((a) => [a, 0])],
    ['a longer list than is run', pairs(range(2), range(2)), Array.from({ length: 50 }, () => [0, 1])],
  ])('%s: it passes, and is forgotten', async (_, before, after) => {
    expect(await messageOf(same(before))).toContain('on [1, 1]\n');
    expect(failed()).toMatchObject({ value: '[1, 1]' });
    await same(after);
    expect(kept()).toEqual([]);
  });

  test.each<[string, Parameters<typeof and>[0]]>([
    ['of a list', pairs(range(2), range(2))],
    ['of an arbitrary that takes a value back', fc.tuple(fc.nat(1), fc.nat(1))],
    ['of one that does not', fc.tuple(fc.nat(1), fc.nat(1)).map(([a, b]) => [b, a])],
  ])('what fails again fails at once, whatever the seed, and again the time after: %s', async (_, inputs) => {
    await messageOf(same(inputs, { seed: 3 }));
    const first = failed();
    for (const seed of [4, 5]) {
      expect(await messageOf(same(inputs, { seed }))).toContain('failed before, and again');
      expect(recorded().at(-1)!.claim!.search).toMatchObject({ runs: 1, again: true });
      expect(failed()).toEqual(first);
    }
  });

  test('edited by hand: a claim that holds holds', async () => {
    const inputs = fc.tuple(fc.nat(1), fc.constant(0));
    await messageOf(same(fc.tuple(fc.nat(1), fc.nat(1))));
    const entry = failed();
    const values = [
      '[1, 1]',
      '[7, 7]',
      '[0.5, 0]',
      '[-1, 0]',
      '[1]',
      '[]',
      '{}',
      'null',
      '"x"',
      '[[1, 1]]',
      '[1, 1',
      '',
      5,
      null,
      [1, 1],
      { a: 1 },
      true,
    ];
    const edits = [
      ...values.map((value) => ({ ...entry, value })),
      { ...entry, path: '999999' },
      { ...entry, path: '0:0:0:0' },
      { ...entry, path: 7, seed: 'x' },
      { ...entry, seed: 1e300 },
    ];
    for (const edit of edits) {
      await messageOf(same(fc.tuple(fc.nat(1), fc.nat(1))));
      keep([edit]);
      await same(inputs);
    }
    // nor do many that hold use up what the search may take
    await messageOf(same(pairs(range(2), range(2))));
    keep(
      ['[0, 0]', '[0, 1]', '[1, 0]', '[1, 1]'].flatMap((value) =>
        Array.from({ length: 40 }, () => ({ ...entry, value, claim: 'tiny like tiny: and' })),
      ),
    );
    await expect(twin!).toBehaveLike(one!, {
      on: and(pairs(range(2), range(2))),
      agree: 'answer',
      batch: 1,
      maxPasses: 8,
    });
  });

  test('edited by hand: a circuit that suffices suffices', async () => {
    const options = { on, by: 'resample' as const, each: 1, check: { numRuns: 5 } };
    await messageOf(expect(model).toHaveSufficientCircuit(rest, options));
    const entry = { ...JSON.parse(kept()[0]!.text).failures[0], claim: `induction: ${circuit.join(', ')}` } as {
      value: { components: string[]; input: string; source: string };
    };
    const { value } = entry;
    const [outside] = (await import('../../generators/index.js'))
      .trials(model, { on, circuit })
      .free.map(({ name }) => name);
    const edits = [
      { ...value, components: [] },
      { ...value, components: circuit },
      { ...value, components: [outside, outside] },
      { ...value, components: 'all' },
      { ...value, components: [outside], input: '[9, 9, 9]' },
      { ...value, components: [outside], input: value.source, source: value.source },
      { ...value, components: [outside], source: 7 },
      { ...value, by: 'magic' },
      { ...value, by: 'mean' },
      7,
      'text',
      [value],
    ];
    for (const edit of edits) {
      await messageOf(expect(model).toHaveSufficientCircuit(rest, options));
      keep([{ ...entry, value: edit }]);
      await expect(model).toHaveSufficientCircuit(circuit, options);
      expect(kept()).toEqual([]);
    }
  });
});

describe('where it is kept', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'congruity-failures-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const place = (testPath: string, extra: object = {}): TestPlace => ({
    testPath,
    test: 'a test',
    matcher: 'm',
    context: { utils: {} as never, ...extra },
  });
  const entry = { description: 'w', seed: 1, path: '0', value: [1] };

  test('beside the test file, unless told otherwise', () => {
    delete process.env['CONGRUITY_FAILURES'];
    const testPath = join(folder, 'deep', 'some.test.ts');
    expect(fileOfFailures({ testPath, test: 'ünïcode / ../../ name' })).toMatch(
      new RegExp(`^${join(folder, 'deep', '.congruity', 'failures', 'some-test--n-code-name-')}[0-9a-f]{8}\\.txt$`),
    );
    expect(fileOfFailures({ testPath, test: 'x'.repeat(5000) })!.length).toBeLessThan(folder.length + 200);
    expect(fileOfFailures({ testPath: undefined, test: 'a' })).toBeUndefined();
    process.env['CONGRUITY_FAILURES'] = 'off';
    expect(fileOfFailures({ testPath, test: 'a' })).toBeUndefined();
    process.env['CONGRUITY_FAILURES'] = folder;
    expect(fileOfFailures({ testPath, test: 'a' })).toMatch(new RegExp(`^${folder}/some-test--a-`));
  });

  test('on CI it is read and not written', () => {
    process.env['CONGRUITY_FAILURES'] = folder;
    const path = join(folder, 'a.test.ts');
    new Failures(place(path), 'c').settle(entry);
    expect(readdirSync(folder)).toHaveLength(1);
    for (const context of [{ snapshotState: { _updateSnapshot: 'none' } }, {}]) {
      if (!('snapshotState' in context)) process.env['CI'] = 'true';
      const ci = new Failures(place(path, context), 'c');
      expect(ci.entries().map(({ value }) => value)).toEqual([[1]]);
      ci.settle(undefined);
      new Failures({ ...place(path, context), test: 'another' }, 'c').settle(entry);
      expect(readdirSync(folder)).toHaveLength(1);
    }
    delete process.env['CI'];
    new Failures(place(path), 'c').settle(undefined);
    expect(readdirSync(folder)).toHaveLength(0);
  });

  test('a folder that cannot be written does no harm', () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    // a file where a folder should be: also for root, who may write anywhere
    const inTheWay = join(folder, 'file');
    writeFileSync(inTheWay, '');
    for (const at of [join(closed, 'failures'), join(inTheWay, 'failures')]) {
      process.env['CONGRUITY_FAILURES'] = at;
      const one = new Failures(place(join(folder, 'a.test.ts')), 'c');
      expect(one.entries()).toEqual([]);
      expect(() => one.settle(entry)).not.toThrow();
    }
    expect(existsSync(join(inTheWay, 'failures'))).toBe(false);
    chmodSync(closed, 0o700);
  });

  test('claims side by side do not lose each other', async () => {
    process.env['CONGRUITY_FAILURES'] = folder;
    const path = join(folder, 'a.test.ts');
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i % 3));
        new Failures(place(path), `claim ${i}`).settle({ ...entry, value: i });
      }),
    );
    const { failures: entries } = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')) as {
      failures: { claim: string }[];
    };
    expect(new Set(entries.map(({ claim }) => claim)).size).toBe(20);
  });
});
