/** The tables that `npm run tables` makes, and that the pages have them as they are. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { optionTable } from '../../scripts/tables/options';
import { root } from './pages';

test('the committed tables are those that the code makes', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'tables.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});

describe('a table of options', () => {
  const rows = (shape: z.core.$ZodShape, options?: Parameters<typeof optionTable>[1]): string[][] =>
    optionTable(z.strictObject(shape), options)
      .split('\n')
      .slice(2)
      .map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim()));

  test('says what each takes, its default and its description', () => {
    expect(
      rows({
        on: z.custom<object>().describe('the task'),
        share: z.number().gt(0).max(1).default(0.5).describe('a share: of all'),
        seed: z.int().optional().describe('randomness. Default: `SEED`, else 0.5'),
        shrink: z.boolean().default(true).describe('smaller. Default: true; false under `.not`. Takes long'),
        pool: z.enum(['last', 'mean']).default('last').describe('A or | B?'),
        measure: z.union([z.enum(['a']), z.array(z.enum(['a'])).min(1)]).describe('names'),
      }),
    ).toEqual([
      ['`on`', '', '**required**', 'The task.'],
      ['`share`', 'a number, above 0, at most 1', '`0.5`', 'A share: of all.'],
      ['`seed`', 'a whole number', '`SEED`, else 0.5', 'Randomness.'],
      ['`shrink`', 'true or false', 'true; false under `.not`', 'Smaller. Takes long.'],
      ['`pool`', "`'last'`, `'mean'`", "`'last'`", 'A or \\| B?'],
      ['`measure`', "`'a'`, or a list of such names", '**required**', 'Names.'],
    ]);
  });

  test('has the options inside an option, unless these are folded, and leaves out what another table has', () => {
    const shape = {
      budget: z.strictObject({ draws: z.int().default(40).describe('x') }).default({ draws: 40 }),
      set: z.strictObject({ by: z.string().optional() }).optional().describe('see there'),
      seed: z.int().optional().describe('x'),
    };
    expect(rows(shape, { folded: ['set'], without: ['seed'] })).toEqual([
      ['`budget.draws`', 'a whole number', '`40`', 'X.'],
      ['`set`', 'an object', '', 'See there.'],
    ]);
  });

  test('an option that says nothing is an error', () => {
    expect(() => optionTable(z.strictObject({ a: z.int(), b: z.int().describe('x') }))).toThrow(
      'options without .describe(): `a`',
    );
  });
});
