import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BehaviourError, OptionError } from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';
import * as matchers from '../../matchers/index.js';
import '../../matchers/types.js';
import { cancelPending, tracked } from '../../matchers/pending.js';
import { replayCommand } from '../../matchers/record.js';
import { seedOf } from '../../matchers/seed.js';
import { checkSchema, type Check } from '../../reports/schema.js';
import { addition, example } from '../helpers/example.js';
import { errorOf } from '../helpers/error-of.js';

expect.extend({ ...matchers });

let released: Model;
let quantised: Model;
let constant: Model;
let folder: string;
beforeAll(async () => {
  [released, quantised, constant] = await Promise.all([
    example('released'),
    example('quantised'),
    example('constant-attention'),
  ]);
});
afterAll(() => {
  for (const model of [released, quantised, constant]) model?.dispose();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-test-evidence-'));
  process.env['CONGRUITY_EVIDENCE'] = folder;
});
afterEach(() => {
  delete process.env['CONGRUITY_EVIDENCE'];
  rmSync(folder, { recursive: true, force: true });
});

const options = (rest: Partial<CompareOptions> = {}): CompareOptions => ({
  on: addition(),
  budget: { draws: 9 },
  inputs: 120,
  splits: 1,
  alsoReport: [],
  bootstrap: 100,
  permutations: 199,
  set: { search: { budget: 80, rankOn: 20 } },
  ...rest,
});

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  // colours are Jest's business
  // oxlint-disable-next-line no-control-regex
  return (error as Error).message.replace(/\x1b\[\d+m/g, '');
};

/** What the matcher left for the reporter, checked against the reporter's own schema. */
const recorded = (): Check[] =>
  readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      // `at` is for the reporter only
      .map((line) => {
        const { at: _, ...check } = JSON.parse(line) as { at?: unknown };
        return checkSchema.parse(check);
      }),
  );

describe('equivalent', () => {
  test('passes, fails under not, and both are recorded', async () => {
    await expect(quantised).toBeInterpretivelyEquivalent(released, options());
    const message = await messageOf(expect(quantised).not.toBeInterpretivelyEquivalent(released, options()));
    expect(message).toMatch(/^Equivalent: quantised and released do “addition mod 43” the same way\.\n/);
    expect(message).toContain(
      '  expect(quantised).not.toBeInterpretivelyEquivalent(released)\n  Expected: different\n',
    );
    expect(recorded().map(({ expected, status }) => [expected, status])).toEqual([
      ['equivalent', 'held'],
      ['different', 'violated'],
    ]);
  });
});

describe('different', () => {
  test('passes under not, and fails with what a bug report needs', async () => {
    await expect(constant).not.toBeInterpretivelyEquivalent(released, options());
    const message = await messageOf(expect(constant).toBeInterpretivelyEquivalent(released, options({ seed: 4 })));
    for (const part of [
      /^Different \(necessity violated\): constant-attention and released do “addition mod 43” in different ways\.\n/,
      /\n {2}expect\(constant-attention\)\.toBeInterpretivelyEquivalent\(released\)\n/,
      /Task: +addition mod 43 \(accuracy at least 0\.99, 120 inputs\)/,
      /Expected: equivalent: cross-model distance at most 25 % larger than within-model distance/,
      /cross-model distance +0\.\d+ \[0\.\d+, 0\.\d+\] \(ridge\)/,
      /within-model distance +0\.\d+ \[0\.\d+, 0\.\d+\] in released, 0\.\d+ \[0\.\d+, 0\.\d+\] in constant-attention/,
      /larger by +\d+ % \[\d+ %, \d+ %\] and \d+ % \[\d+ %, \d+ %\]; tolerance 25 %/,
      /scores +congruity .*energy distance .*\(p 0\.\d+\)/,
      /implementations +10 of 10 draws kept and 10 of 10 draws kept/,
      /largest at +blocks\.0\.hook_resid_post: cross-model distance/,
      /left out +blocks\.0\.hook_resid_pre \(cross-model distance 0\.\d+\): no implementation changes it/,
      /Replay: +CONGRUITY_SEED=4 npx jest '.*equivalence\.test\.ts' -t '\^different passes under not, and fails with what a bug report needs\$'/,
    ])
      expect(message).toMatch(part);
    expect(recorded().map(({ expected, status }) => [expected, status])).toEqual([
      ['different', 'held'],
      ['equivalent', 'violated'],
    ]);
  });
});

describe('undecided', () => {
  test('fails both ways and says what would settle it', async () => {
    for (const claim of [expect(quantised), expect(quantised).not]) {
      const message = await messageOf(claim.toBeInterpretivelyEquivalent(released, options({ budget: { draws: 2 } })));
      expect(message).toMatch(/^Undecided \(sufficiency not established\): /);
      expect(message).toMatch(/To settle it: .*implementations/);
    }
    expect(recorded().map(({ status }) => status)).toEqual(['not established', 'not established']);
  });
});

describe('not judged', () => {
  test('bad options and models are the library’s own errors, recorded with code and advice', async () => {
    await expect(
      expect(quantised).toBeInterpretivelyEquivalent(released, options({ bugdet: { draws: 5 } } as never)),
    ).rejects.toThrow(OptionError);
    await expect(expect(quantised).toBeInterpretivelyEquivalent(released, undefined as never)).rejects.toThrow(
      errorOf(OptionError, /needs options with at least the task/),
    );
    await expect(expect(Promise.resolve(quantised)).toBeInterpretivelyEquivalent(released, options())).rejects.toThrow(
      errorOf(OptionError, /await it: this is a promise/),
    );
    await expect(
      expect(quantised).not.toBeInterpretivelyEquivalent(released, options({ on: addition(2) })),
    ).rejects.toThrow(errorOf(BehaviourError, /asks for at least 2/));
    expect(recorded().map(({ status, error }) => [status, error?.code])).toEqual([
      ['not judged', 'BAD_OPTION'],
      ['not judged', 'BAD_OPTION'],
      ['not judged', 'BAD_OPTION'],
      ['not judged', 'BELOW_THRESHOLD'],
    ]);
    expect(recorded()[0]!.error!.hint).toContain('did you mean "budget"');
  });
});

describe('the seed', () => {
  afterEach(() => {
    delete process.env['CONGRUITY_SEED'];
  });
  test('is the call’s, else the environment’s, else 0', () => {
    expect(seedOf({})).toBe(0);
    process.env['CONGRUITY_SEED'] = '12';
    expect(seedOf({})).toBe(12);
    expect(seedOf({ seed: 3 })).toBe(3);
    process.env['CONGRUITY_SEED'] = 'twelve';
    expect(() => seedOf({})).toThrow(OptionError);
  });
  test('is in the replay command, quoted for a shell', () => {
    expect(replayCommand('a b.test.ts', "it's (so)", 7)).toBe(
      `CONGRUITY_SEED=7 npx jest 'a b.test.ts' -t '^it'\\''s \\(so\\)$'`,
    );
  });
});

describe('forgotten awaits', () => {
  test('a pending matcher is known by its test, cancelled, and forgotten', async () => {
    const seen: string[] = [];
    const work = tracked(
      'one test',
      'toBeSlow',
      (signal) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => (seen.push('aborted'), resolve()))),
    );
    expect(cancelPending('another test')).toEqual([]);
    expect(cancelPending('one test').map(({ matcher }) => matcher)).toEqual(['toBeSlow']);
    await work;
    expect(seen).toEqual(['aborted']);
    expect(cancelPending()).toEqual([]);
  });
  test('what a cancelled matcher throws is dropped: nobody listens any more', async () => {
    const work = tracked(
      't',
      'm',
      (signal) =>
        new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled')))),
    );
    const settled = work.then(
      () => 'settled',
      () => 'settled',
    );
    cancelPending('t');
    expect(await Promise.race([settled, new Promise((resolve) => setImmediate(() => resolve('pending')))])).toBe(
      'pending',
    );
  });
  test('what settles is no longer pending, whether it passed or threw', async () => {
    await tracked('t', 'm', async () => 1);
    await expect(
      tracked('t', 'm', async () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(cancelPending()).toEqual([]);
  });
});
