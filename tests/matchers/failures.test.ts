/** The database of failures, in a Jest of its own where its place matters. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Model } from '../../src/model/model.js';
import { Failures, fileOfFailures } from '../../matchers/failures.js';
import type { Place } from '../../matchers/claim.js';
import { induction } from '../helpers/known/index.js';
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
    expect(file).toMatch(/^failures-test--a-claim-about-a-circuit-what-failed-is-kept-in-words-and-as--?[a-z-]*[0-9a-f]{8}\.txt$/);
    const { about, test: name, failures: entries } = JSON.parse(text) as { about: string; test: string; failures: { words: string; value: unknown; path: string }[] };
    expect(about).toMatch(/tried first next time/);
    expect(name).toBe('a claim about a circuit what failed is kept in words and as data, tried first, and goes when it does not fail any more');
    expect(entries).toHaveLength(1);
    expect(first).toContain(entries[0]!.words);
    expect(entries[0]).toMatchObject({ matcher: 'toHaveSufficientCircuit', claim: `induction: ${rest[0]}`, seed: 0, value: { components: [circuit[0]], by: 'resample', input: '[3, 0, 1, 2, 0]' } });
    expect(entries[0]!.path).toMatch(/^[\d:]+$/);

    // another seed finds it in its first run
    const second = await messageOf(expect(model).toHaveSufficientCircuit(rest, { on, by: 'resample', seed: 77 }));
    expect(second).toContain('failed before, and again');
    expect(second).toContain(entries[0]!.words);
    expect(recorded().at(-1)!.claim!.search).toMatchObject({ runs: 1, again: true });

    // kept for a claim that holds now
    const path = join(failures(), file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`induction: ${rest[0]}`, `induction: ${circuit.join(', ')}`));
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
    for (const text of ['{', '[]', '{"failures":5}', readFileSync(file, 'utf8').replaceAll('head.0', 'head.99').replaceAll('induction: blocks.1.attn.head.99', `induction: ${rest[0]}`)]) {
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
    const again = await messageOf(expect(model).toHaveSufficientCircuit(rest, { on, by: 'resample', check: { seed: 0, path, endOnFailure: true } }));
    expect(again).not.toContain('failed before');
    expect(kept()).toEqual(before);
  });
});

describe('where it is kept', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'congruity-failures-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const place = (testPath: string, extra: object = {}): Place => ({ testPath, test: 'a test', matcher: 'm', context: { utils: {} as never, ...extra } });
  const entry = { words: 'w', seed: 1, path: '0', value: [1] };

  test('beside the test file, unless told otherwise', () => {
    delete process.env['CONGRUITY_FAILURES'];
    const testPath = join(folder, 'deep', 'some.test.ts');
    expect(fileOfFailures({ testPath, test: 'ünïcode / ../../ name' })).toMatch(new RegExp(`^${join(folder, 'deep', '.congruity', 'failures', 'some-test--n-code-name-')}[0-9a-f]{8}\\.txt$`));
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
      expect(ci.values()).toEqual([[1]]);
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
      expect(one.values()).toEqual([]);
      expect(() => one.settle(entry)).not.toThrow();
    }
    expect(existsSync(join(inTheWay, 'failures'))).toBe(false);
    chmodSync(closed, 0o700);
  });

  test('claims side by side do not lose each other', async () => {
    process.env['CONGRUITY_FAILURES'] = folder;
    const path = join(folder, 'a.test.ts');
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i % 3));
      new Failures(place(path), `claim ${i}`).settle({ ...entry, value: i });
    }));
    const { failures: entries } = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')) as { failures: { claim: string }[] };
    expect(new Set(entries.map(({ claim }) => claim)).size).toBe(20);
  });
});
