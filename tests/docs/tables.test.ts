/** The tables that `npm run generate` makes, and that the pages have them as they are. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { filledIn } from '../../scripts/tables/index';
import { markdown, placesIn, withTables } from '../../scripts/tables/markdown';
import { optionTable } from '../../scripts/tables/options';
import { pages } from './pages';

test('the pages have their tables as the code makes them: npm run generate', () => {
  const texts = Object.fromEntries(
    pages.filter(({ path }) => path.startsWith('docs/')).map(({ path, text }) => [path, text]),
  );
  expect(filledIn(texts)).toEqual(texts);
});

test('a table without a place is an error', () => {
  expect(() => filledIn({ 'docs/a.md': 'nothing' })).toThrow('no page has a place for: measures');
});

describe('a place for a table', () => {
  const table = { head: ['a', 'second'], rows: [['x|y', '1']] };
  const place = 'before\n\n<!-- made by npm run generate: one of them -->\n<!-- end -->\n\nafter\n';

  test('a table is aligned, and a bar in a cell is no end of it', () => {
    expect(markdown(table)).toBe('| a    | second |\n| ---- | ------ |\n| x\\|y | 1      |');
  });

  test('a page keeps all around its tables, and filling it in again changes nothing', () => {
    expect(placesIn(place)).toEqual(['one of them']);
    const filled = withTables(place, { 'one of them': () => table }, 'page.md');
    expect(filled).toBe(
      `before\n\n<!-- made by npm run generate: one of them -->\n\n${markdown(table)}\n\n<!-- end -->\n\nafter\n`,
    );
    expect(withTables(filled, { 'one of them': () => table }, 'page.md')).toBe(filled);
  });

  test('a place without a table is an error', () => {
    expect(() => withTables(place, {}, 'page.md')).toThrow('page.md: there is no table "one of them"');
  });
});

describe('a table of options', () => {
  const rows = (shape: z.core.$ZodShape, options?: Parameters<typeof optionTable>[1]): string[][] =>
    optionTable(z.strictObject(shape), options).rows.map((row) => [...row]);

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
      ['`pool`', "`'last'`, `'mean'`", "`'last'`", 'A or | B?'],
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
