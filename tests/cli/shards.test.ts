/** A run on several machines: which gates each has, and one report of all. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mergeReports, withoutRun, type Found } from '../../reports/merge.js';
import { makeReport } from '../../reports/report.js';
import type { Check, Report } from '../../reports/schema.js';
import { divide, dominating, shardOf, weightsOf } from '../../cli/shards/divide.js';
import { onlySome } from '../../cli/choose.js';
import { makeUnjudged } from '../reports/evidence.js';
import { addition, Project, quick, type Result } from './command.js';
import { OneProcess } from './one-process.js';

const anyWeights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 });

describe('dividing', () => {
  test('every gate is in one shard, whatever the weights and the number of shards', () => {
    fc.assert(
      fc.property(anyWeights, fc.integer({ min: 1, max: 60 }), (weights, count) => {
        const shards = divide(weights, count);
        expect(shards).toHaveLength(count);
        expect(shards.flat().toSorted((a, b) => a - b)).toEqual(weights.map((_, i) => i));
      }),
    );
  });

  test('no shard is more than a third above the best division there is (Graham 1969)', () => {
    const best = (weights: readonly number[], count: number): number => {
      let least = Infinity;
      const loads = Array.from({ length: count }, () => 0);
      const place = (i: number): void => {
        if (i === weights.length) {
          least = Math.min(least, Math.max(...loads));
          return;
        }
        for (let s = 0; s < count; s++) {
          loads[s]! += weights[i]!;
          if (loads[s]! < least) place(i + 1);
          loads[s]! -= weights[i]!;
        }
      };
      place(0);
      return least;
    };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 3 }),
        (weights, count) => {
          const loads = divide(weights, count).map((some) => some.reduce((sum, i) => sum + weights[i]!, 0));
          expect(Math.max(...loads)).toBeLessThanOrEqual((4 / 3 - 1 / (3 * count)) * best(weights, count) + 1e-9);
        },
      ),
    );
  });

  test('a hundred alike on five machines are twenty each', () => {
    expect(
      divide(
        Array.from({ length: 100 }, () => 7),
        5,
      ).map((some) => some.length),
    ).toEqual([20, 20, 20, 20, 20]);
  });

  test('a gate that dominates is named, with the shards beyond which nothing is won', () => {
    expect(dominating(['a', 'big', 'c'], [1, 8, 1], 5)).toBe(
      'the gate "big" is about 80 % of the work, and a gate is not divided: beyond 2 shards the run gets no shorter',
    );
    expect(dominating(['a', 'b', 'c', 'd'], [1, 1, 1, 1], 4)).toBeUndefined();
    expect(dominating(['a'], [1], 4)).toBeUndefined();
  });

  test('more draws and larger models weigh more', () => {
    const project = new Project({ small: 'x'.repeat(100), large: 'x'.repeat(1000) });
    const gate = (candidate: string, draws: number) => ({
      name: '',
      baseline: candidate,
      candidate,
      task: 't',
      options: { budget: { draws }, power: false },
    });
    const [a, b, c] = weightsOf([gate('small', 20), gate('small', 40), gate('large', 20)], project.folder);
    expect(b!).toBeGreaterThan(a!);
    expect(c!).toBeCloseTo(10 * a!, 3);
    project.remove();
  });

  test.each(['', '0/3', '4/3', '2', '2/', '-1/3', '1.5/3', 'a/b', '1/3/5'])('--shard %j is an error', (text) => {
    expect(() => shardOf(text)).toThrow(/--shard is/);
  });
});

/** Reports of so many shards of so many gates, as if each had run its own. */
function shards(count: number, gates: number): { whole: Report; found: Found[] } {
  const names = Array.from({ length: gates }, (_, i) => `gate ${i}`);
  const checks = names.map((test): Check => makeUnjudged({ test }));
  const started = new Date(0);
  const found = divide(
    names.map(() => 1),
    count,
  ).map((some, i) => ({
    where: `shard-${i + 1}`,
    report: makeReport(
      some.map((k) => checks[k]!),
      {
        version: '1',
        started: new Date(1000 * (i + 1)),
        seconds: 10 - i,
        partial: 'part',
        shard: { index: i + 1, count, gates: names, all: gates, run: 'same' },
      },
    ),
  }));
  return { whole: makeReport(checks, { version: '1', started, seconds: 1 }), found };
}
const merge = (found: readonly Found[]): Report => mergeReports(found, onlySome);
const changed = (one: Found, report: Partial<Report>): Found => ({ ...one, report: { ...one.report, ...report } });

describe('merging', () => {
  test('in any order and any number of shards it is the report of one machine, but for what is of the run', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.nat()),
        (count, gates, keys) => {
          const { whole, found } = shards(count, gates);
          const order = found
            .map((one) => ({ one, key: keys.next().value as number }))
            .toSorted((a, b) => a.key - b.key);
          const merged = merge(order.map(({ one }) => one));
          expect(JSON.stringify(withoutRun(merged))).toBe(JSON.stringify(withoutRun(whole)));
          expect(merged.started).toBe(new Date(1000).toISOString());
          expect(merged.seconds).toBe(10);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a shard without gates is no failure', () => {
    const { found } = shards(3, 2);
    expect(found.map(({ report }) => report.exitCode)).toEqual([2, 2, 0]);
    expect(makeReport([], { version: '1', started: new Date(), seconds: 0 }).exitCode).toBe(2);
  });

  test.each<[string, (found: Found[]) => Found[], RegExp]>([
    ['none', () => [], /there are no reports/],
    ['one that is missing', (found) => found.slice(1), /shard 1 of 4 is missing[^]*--shard 1\/4/],
    ['two that are missing', (found) => found.slice(2), /shards 1, 2 of 4 are missing/],
    [
      'one that is there twice',
      ([a, ...rest]) => [a!, { ...a!, where: 'copy' }, ...rest],
      /shard 1 of 4 is there twice[^]*shard-1 and copy/,
    ],
    [
      'that of a whole run',
      ([a, ...rest]) => [changed(a!, { shard: undefined }), ...rest],
      /a whole run, not of a shard/,
    ],
    [
      'one of another version',
      ([a, ...rest]) => [changed(a!, { tool: { name: 'congruity', version: '2' } }), ...rest],
      /congruity was 2 and 1/,
    ],
    [
      'one of another number of shards',
      ([a, ...rest]) => [changed(a!, { shard: { ...a!.report.shard!, count: 5 } }), ...rest],
      /of 5 shards, the other of 4/,
    ],
    [
      'one of other gates',
      ([a, ...rest]) => [changed(a!, { shard: { ...a!.report.shard!, gates: ['x'] } }), ...rest],
      /they list other gates/,
    ],
    [
      'one of another config',
      ([a, ...rest]) => [changed(a!, { shard: { ...a!.report.shard!, run: 'other' } }), ...rest],
      /the config, a file that it imports/,
    ],
    [
      'a gate in two',
      ([a, b, ...rest]) => [a!, changed(b!, { checks: [...b!.report.checks, a!.report.checks[0]!] }), ...rest],
      /overlap: the gate "gate 0" was run by more than one[^]*shard-1 and shard-2/,
    ],
    [
      'a gate in none',
      ([a, ...rest]) => [changed(a!, { checks: a!.report.checks.slice(1) }), ...rest],
      /no shard has the gate "gate 0"/,
    ],
    [
      'a gate that nobody knows',
      ([a, ...rest]) => [changed(a!, { checks: [...a!.report.checks, makeUnjudged({ test: 'new' })] }), ...rest],
      /the run has no gate "new"/,
    ],
  ])('%s: an error of its own', (_, spoil, said) => {
    const spoilt = spoil(shards(4, 9).found);
    expect(() => merge(spoilt)).toThrow(said);
    expect(() => merge(spoilt)).toThrow(expect.objectContaining({ code: 'BAD_SHARDS' }));
  });
});

describe('the command', () => {
  const project = new Project().withModels();
  const one = new OneProcess();
  const run = (...args: string[]): Promise<Result> => one.run(project, args);
  const read = (folder: string): Report =>
    JSON.parse(readFileSync(project.path(folder, 'report.json'), 'utf8')) as Report;
  afterAll(() => {
    one.end();
    project.remove();
  });
  beforeAll(async () => {
    project.write(
      'congruity.config.ts',
      `${addition}
const gate = (name: string, candidate: string) =>
  ({ name, baseline: 'models/released.safetensors', candidate: \`models/\${candidate}.safetensors\`, task: addition, options: ${quick} });
export default { seed: 3, gates: ['copy', 'other', 'truncated'].map((name) => gate(name, 'truncated')) };`,
    );
    const whole = readFileSync(project.path('models/quantised.safetensors'));
    writeFileSync(project.path('models/truncated.safetensors'), whole.subarray(0, whole.length - 100));
    writeFileSync(project.path('models/truncated.json'), readFileSync(project.path('models/quantised.json')));
    expect((await run('gate', '--out', 'whole')).code).toBe(2);
    for (const index of [1, 2]) await run('gate', '--shard', `${index}/2`, '--out', `shard-${index}`);
  });

  // of verdicts, in examples/story
  test('the merged report is that of one machine, to the bit, but for what is named as of the run', async () => {
    expect(await run('merge', 'shard-2', 'shard-1/report.json', '--out', 'merged')).toMatchObject({
      code: 2,
      stderr: '',
    });
    const bytes = (folder: string): string => JSON.stringify(withoutRun(read(folder)));
    expect(bytes('merged')).toBe(bytes('whole'));
    expect(read('merged').partial).toBeUndefined();
    // on machines with other folders it is the same place
    expect(read('merged').checks[0]!.error!.where).toBe('models/truncated.safetensors');
    expect(read('shard-1').partial).toMatch(/^shard 1 of 2, with \d of 3 gates$/);
    expect([1, 2].flatMap((i) => read(`shard-${i}`).checks.map((check) => check.test)).toSorted()).toEqual([
      'copy',
      'other',
      'truncated',
    ]);
    for (const file of ['report.html', 'junit.xml', 'summary.md'])
      expect(existsSync(project.path('merged', file))).toBe(true);
  });

  test('of some gates: the merged report says so', async () => {
    for (const index of [1, 2, 3])
      expect((await run('gate', '--only', 'truncated', '--shard', `${index}/3`, '--out', `only-${index}`)).code).toBe(
        index === 1 ? 2 : 0,
      );
    expect(read('only-2').checks).toEqual([]);
    expect((await run('merge', 'only-1', 'only-2', 'only-3', '--out', 'only')).code).toBe(2);
    expect(read('only').partial).toBe('only 1 of the 3 gates (--only)');
  });

  test('what cannot be merged is an error, exit 2, and everything stays where it was', async () => {
    const before = readFileSync(project.path('merged', 'report.json'), 'utf8');
    cpSync(project.path('shard-2'), project.path('damaged'), { recursive: true });
    writeFileSync(project.path('damaged/report.json'), before.slice(0, 500));
    for (const [args, said] of [
      [['shard-1'], 'ShardError shard 2 of 2 is missing'],
      [['shard-1', 'shard-1', 'shard-2'], 'is there twice'],
      [['shard-1', 'whole'], 'not of a shard'],
      [['shard-1', 'damaged'], 'the report is not JSON: a string is not ended'],
      [['shard-1', 'nowhere'], 'there is no such file\n  at: nowhere\n'],
    ] as const) {
      const { code, stdout, stderr } = await run('merge', ...args, '--out', 'merged');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(said);
    }
    expect((await run('merge', 'shard-1', 'shard-2', '--out', 'shard-1')).stderr).toContain(
      'would replace that of a shard',
    );
    expect(readFileSync(project.path('merged', 'report.json'), 'utf8')).toBe(before);
    expect(read('shard-1').shard!.index).toBe(1);
  });

  test('a shard of a config that was changed belongs to another run', async () => {
    cpSync(project.path('congruity.config.ts'), project.path('other.config.ts'));
    writeFileSync(
      project.path('other.config.ts'),
      `${readFileSync(project.path('other.config.ts'), 'utf8')}// changed\n`,
    );
    await run('gate', 'other.config.ts', '--only', 'truncated', '--shard', '2/3', '--out', 'changed');
    expect((await run('merge', 'only-1', 'changed', '--out', 'both')).stderr).toContain('not shards of one run');
    expect(existsSync(project.path('both'))).toBe(false);
    rmSync(project.path('other.config.ts'));
  });
});
