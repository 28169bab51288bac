/** Options: undefined counts as not given, unknown keys are refused with what is meant. */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { OptionError } from '../../src/errors.js';
import { checkKeys, checkOptions } from '../../src/options.js';
import { resolvePolicy } from '../../src/verdict/rule/policy.js';
import { compareSchema } from '../../src/verdict/compare-options.js';
import { accuracy } from '../../src/task/index.js';
import { task } from '../../generators/task.js';
import { errorOf } from '../helpers/error-of.js';

const held = z.custom<object>((v) => typeof v === 'object' && v !== null);
const measure = z.enum(['ridge', 'cka']);
const schema = z.strictObject({
  sites: z.string().optional(),
  margin: z.number().default(1),
  budget: z
    .strictObject({ draws: z.int().optional(), deep: z.strictObject({ runs: z.int().optional() }).optional() })
    .default({}),
  list: z.array(z.strictObject({ name: z.string() })).optional(),
  named: z.record(z.string(), z.strictObject({ axes: z.string().optional() })).optional(),
  either: z.union([z.strictObject({ atLeast: z.number() }), z.strictObject({ atMost: z.number() })]).optional(),
  measure: z.union([measure, z.array(measure).min(1)]).optional(),
  kinds: z.union([z.number(), z.strictObject({ from: z.number() })]).optional(),
  held: held.optional(),
});
const check = (given: unknown): unknown => checkOptions(schema, given as z.input<typeof schema>, 'options');
const refused = (given: unknown): OptionError => {
  try {
    check(given);
  } catch (error) {
    return error as OptionError;
  }
  throw new Error('not refused');
};

describe('undefined counts as not given', () => {
  test.each<[string, unknown, unknown]>([
    ['a known key', { margin: undefined }, { margin: 1, budget: {} }],
    ['an unknown key', { backend: undefined }, { margin: 1, budget: {} }],
    ['inside an object', { budget: { draws: 3, seconds: undefined } }, { margin: 1, budget: { draws: 3 } }],
    [
      'inside an object inside one',
      { budget: { deep: { runs: 2, odd: undefined } } },
      { margin: 1, budget: { deep: { runs: 2 } } },
    ],
    [
      'inside a list',
      { list: [{ name: 'a', odd: undefined }, { name: 'b' }] },
      { margin: 1, budget: {}, list: [{ name: 'a' }, { name: 'b' }] },
    ],
    [
      'inside named things, and one of them',
      { named: { a: { odd: undefined, axes: 'x' }, b: undefined } },
      { margin: 1, budget: {}, named: { a: { axes: 'x' } } },
    ],
    [
      'of two kinds of object',
      { either: { atLeast: 1, atMost: undefined } },
      { margin: 1, budget: {}, either: { atLeast: 1 } },
    ],
  ])('%s', (_, given, expected) => {
    const before = structuredClone(given);
    expect(check(given)).toStrictEqual(expected);
    // and what was given is as it was
    expect(given).toStrictEqual(before);
  });

  test('what is not looked into keeps its identity', () => {
    const value = { odd: undefined };
    expect((check({ held: value, backend: undefined }) as { held: object }).held).toBe(value);
  });

  test('null is a value, and a missing key stays missing', () => {
    expect(refused({ backend: null }).what).toBe('unknown option "backend"');
    expect(refused({ list: [{ name: undefined, nome: undefined }] }).where).toBe('options.list[0].name');
  });

  test('where keys are checked without a schema, and in policies, tasks and loaders', () => {
    expect(() => checkKeys({ a: 1, b: undefined }, ['a'], 'x')).not.toThrow();
    expect(() => checkKeys({ a: 1, b: null }, ['a'], 'x')).toThrow(errorOf(OptionError, 'unknown option "b"'));
    expect(resolvePolicy({ margin: undefined, odd: undefined } as never)).toEqual(resolvePolicy());
    expect(() =>
      task({
        name: 'x',
        inputs: [[1]],
        behaviour: accuracy(() => 1),
        threshold: { atLeast: 1, atMost: undefined },
        odd: undefined,
      } as never),
    ).not.toThrow();
  });
});

describe('what a value that cannot be is answered with', () => {
  const known = '(known: ridge, cka)';
  test.each<[string, unknown, string, string, string]>([
    [
      'a misspelt name',
      { measure: 'rige' },
      '"rige" is not among what measure may be',
      '',
      `did you mean "ridge"? ${known}`,
    ],
    [
      'one of a list',
      { measure: ['cka', 'x'] },
      '"x" is not among what measure may be',
      '[1]',
      `did you mean "cka"? ${known}`,
    ],
    ['no name at all', { measure: 3 }, '3 is not among what measure may be', '', 'give one of ridge, cka'],
    [
      'an object for a name',
      { measure: {} },
      'an object is not among what measure may be',
      '',
      'give one of ridge, cka',
    ],
  ])('%s', (_, given, what, at, hint) => {
    expect(refused(given)).toMatchObject({ what, where: `options.measure${at}`, hint });
  });

  test('of several kinds of thing, what is wrong with the kind that was given', () => {
    expect(refused({ kinds: { from: 'a' } }).where).toBe('options.kinds.from');
    expect(refused({ kinds: 'a' }).what).toBe(
      'Invalid input: expected number, received string; or: Invalid input: expected object, received string',
    );
    expect(refused({ measure: [] }).what).toMatch(/^Too small/);
  });
});

describe('what an unknown key is answered with', () => {
  test.each<[string, unknown, string, string]>([
    ['the nearest beside it', { margn: 1 }, 'options', 'did you mean "margin"?'],
    ['one inside an option', { draws: 3 }, 'options', 'did you mean "budget.draws"?'],
    ['one inside one inside, misspelt', { run: 3 }, 'options', 'did you mean "budget.deep.runs"?'],
    ['one from outside', { budget: { margin: 3 } }, 'options.budget', '"margin" belongs beside "budget", not into it'],
    ['what every object has, and no option is', { budget: { constructor: 1 } }, 'options.budget', 'did you mean'],
    [
      'nothing like it',
      { list: [{ name: 'a', zzzzzzzz: 1 }] },
      'options.list[0]',
      'did you mean "name"? (known: name)',
    ],
  ])('%s', (_, given, where, hint) => {
    const error = refused(given);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.where).toBe(where);
    expect(error.hint!.slice(0, hint.length)).toBe(hint);
  });

  test.each([
    ['require', ['threshold', 'encode'], 'did you mean "threshold"?'],
    ['beside', ['alsoReport', 'bside'], 'did you mean "alsoReport"?'],
    ['words', ['description', 'word'], 'did you mean "description"?'],
    ['either', ['oneSideSuffices', 'neither'], 'did you mean "oneSideSuffices"?'],
    ['todo', ['hint', 'tod'], 'did you mean "hint"?'],
    // where the new word is none
    ['require', ['encode', 'inquire'], 'did you mean "inquire"? (known: encode, inquire)'],
    ['constructor', ['encode'], 'did you mean "encode"? (known: encode)'],
  ])('the old word %s, where %j are known', (old, known, hint) => {
    const shape = Object.fromEntries(known.map((name) => [name, z.int().optional()]));
    expect(() => checkOptions(z.strictObject(shape), { [old]: 1 }, 'options')).toThrow(errorOf(OptionError, hint));
  });

  test('of a comparison', () => {
    const on = task({ name: 'x', inputs: [[1]], behaviour: accuracy(() => 1), threshold: { atLeast: 1 } });
    // @ts-expect-error: no such option
    expect(() => checkOptions(compareSchema, { on, draws: 3 }, 'options')).toThrow(
      errorOf(OptionError, 'did you mean "budget.draws"?'),
    );
    // @ts-expect-error: no such option
    expect(() => checkOptions(compareSchema, { on, rankOn: 3 }, 'options')).toThrow(
      errorOf(OptionError, 'did you mean "set.search.rankOn"?'),
    );
  });
});
