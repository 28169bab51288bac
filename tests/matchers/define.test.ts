/** A matcher is its options and its run: the rest comes with defineMatcher. */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import * as matchers from '../../matchers/all.js';
import { defineMatcher, takes } from '../../matchers/define.js';
import { claim } from '../../matchers/kinds.js';
import { claimShape } from '../../matchers/options.js';
import type { CongruityMatchers } from '../../matchers/types.js';
import { OptionError } from '../../src/errors.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { addition } from '../helpers/example.js';
import { folders, messageOf } from './claims.js';

const { recorded } = folders();
const on = addition();

const toBeAtMost = defineMatcher({
  name: 'toBeAtMost',
  argument: takes<number>((limit) => `limit ${limit}`),
  schema: z.strictObject({ ...claimShape, slack: z.number().min(0).default(0) }),
  kind: claim,
  run: ({ received, argument, options: { slack, on: task }, seed }): Promise<ClaimEvidence> => {
    const value = received as number;
    return Promise.resolve({
      outcome: Number.isNaN(value) ? 'undecided' : value <= argument + slack ? 'holds' : 'fails',
      findings: [],
      claim: `at most ${argument + slack}`,
      received: Number.isNaN(value) ? 'undecided: not a number' : String(value),
      reasons: [],
      task: taskEvidence(task, 1),
      models: [{ name: 'a number', kind: 'number', fingerprint: '' }],
      seed,
      environment: { congruity: '', node: '', platform: '', backend: '', backendDescription: '' },
      seconds: 0,
    });
  },
});
expect.extend({ toBeAtMost });

interface Added {
  toBeAtMost(argument: number, options: Parameters<typeof toBeAtMost>[2]): Promise<void>;
}
const expecting = (value: unknown): Added & { not: Added } => expect(value) as unknown as Added & { not: Added };

describe('a matcher of one’s own', () => {
  test('passes, fails, and is undecided both ways; each is recorded with its name and its seed', async () => {
    await expecting(3).toBeAtMost(3, { on });
    await expecting(4).not.toBeAtMost(3, { on });
    const message = await messageOf(expecting(4).toBeAtMost(3, { on, slack: 0.5, seed: 9 }));
    expect(message).toMatch(
      /^Fails: 4\.\n[^]*\n {2}expect\(a number\)\.toBeAtMost\(limit 3\)\n {2}Expected: at most 3\.5\n/,
    );
    expect(message).toMatch(/Replay: +CONGRUITY_SEED=9 npx jest '.*define\.test\.ts' -t/);
    for (const open of [expecting(NaN), expecting(NaN).not])
      expect(await messageOf(open.toBeAtMost(3, { on }))).toMatch(/^Undecided: not a number\.\n/);
    expect(recorded().map(({ matcher, expected, status }) => [matcher, expected, status])).toEqual([
      ['toBeAtMost', 'holds', 'held'],
      ['toBeAtMost', 'fails', 'held'],
      ['toBeAtMost', 'holds', 'violated'],
      ['toBeAtMost', 'holds', 'not established'],
      ['toBeAtMost', 'fails', 'not established'],
    ]);
    expect(recorded().map((check) => check.claim!.seed)).toEqual([0, 0, 9, 0, 0]);
  });

  test('checks its options before it runs, and what is wrong is recorded as not judged', async () => {
    for (const [options, says] of [
      [undefined, 'hint: await expect(model).toBeAtMost(limit 3, { on: task })'],
      [{ on, slak: 1 }, 'did you mean "slack"?'],
      [{ on, slack: -1 }, 'options of toBeAtMost.slack'],
    ] as const) {
      const work = expecting(1).toBeAtMost(3, options as never);
      await expect(work).rejects.toThrow(OptionError);
      await expect(work).rejects.toThrow(says.replace('hint: ', ''));
    }
    expect(recorded().map(({ status, error }) => [status, error?.code])).toEqual(
      Array.from({ length: 3 }, () => ['not judged', 'BAD_OPTION']),
    );
  });
});

describe('the list', () => {
  const all = Object.entries(matchers);
  test('every matcher is known by the name it is exported under, and has the options of all', () => {
    expect(all.length).toBeGreaterThanOrEqual(8);
    for (const [name, matcher] of all) {
      expect(matcher.name).toBe(name);
      const shape = (matcher.schema as z.ZodObject).shape as Record<string, z.ZodType>;
      expect(Object.keys(shape)).toEqual(expect.arrayContaining(['on', 'seed', 'signal']));
    }
  });

  test('gives expect its types: argument and options, and nothing to be returned', () => {
    type Typed = Parameters<CongruityMatchers['toBehaveLike']>[1];
    const options: Typed = { on, agree: 'answer' };
    expect(options.agree).toBe('answer');
    // @ts-expect-error: no such option
    const wrong: Typed = { on, agre: 'answer' };
    expect(wrong).toBeDefined();
    // @ts-expect-error: the task is missing
    const missing: Typed = {};
    expect(missing).toBeDefined();
  });
});
