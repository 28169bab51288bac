/** Options of suites as they are typed, suites of one's own, and suites as tests. */
import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { suiteOptions } from '../../cli/suite-options.js';
import { OptionError } from '../../src/errors.js';
import { isSuite } from '../../suites/suite.js';
import { suites } from '../../suites/list.js';
import { errorOf } from '../helpers/error-of';

const { shape } = z.strictObject({
  models: z.array(z.string()).optional(),
  folder: z.string().optional(),
  inputs: z.int().optional(),
  full: z.boolean().optional(),
});

test.each<[string, object]>([
  ['', {}],
  ['--models a b c --inputs 20', { models: ['a', 'b', 'c'], inputs: 20 }],
  ['--models a', { models: ['a'] }],
  ['--full --folder=x=y', { full: true, folder: 'x=y' }],
  ['--folder 12 --inputs -3', { folder: '12', inputs: -3 }],
  ['--inputs many', { inputs: 'many' }],
  ['--nothing', { nothing: true }],
])('%s', (typed, wanted) => {
  expect(suiteOptions(shape, typed.split(' ').filter(Boolean))).toEqual(wanted);
});

test('words before every option, and an option twice, are refused', () => {
  expect(() => suiteOptions(shape, ['a', '--full'])).toThrow(errorOf(OptionError, /"a" stands before/));
  expect(() => suiteOptions(shape, ['--full', '--full'])).toThrow(errorOf(OptionError, /twice/));
});

test('every suite of the list is one, and names are its own', () => {
  expect(suites.every(isSuite)).toBe(true);
  expect(new Set(suites.map(({ name }) => name)).size).toBe(suites.length);
  for (const no of [undefined, {}, { name: 'x' }, { ...suites[0], schema: undefined }]) expect(isSuite(no)).toBe(false);
});
