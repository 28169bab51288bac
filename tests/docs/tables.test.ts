/** The tables that `npm run generate` makes, and that the pages have them as they are. */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { documented, type Option } from '../../scripts/documented';
import { filledIn } from '../../scripts/tables/index';
import { markdown, placesIn, withTables } from '../../scripts/tables/markdown';
import { optionTable, shownDefault } from '../../scripts/tables/options';
import { pages, root } from './pages';

const interfaces = documented(root);

test('the pages have their tables as the code makes them: npm run generate', () => {
  const texts = Object.fromEntries(
    pages.filter(({ path }) => path.startsWith('docs/')).map(({ path, text }) => [path, text]),
  );
  expect(filledIn(texts, interfaces.optionsOf)).toEqual(texts);
});

test('a table without a place is an error', () => {
  expect(() => filledIn({ 'docs/a.md': 'nothing' }, interfaces.optionsOf)).toThrow('no page has a place for: measures');
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
  const option = (name: string, text: string, otherwise?: string, inside: readonly Option[] = []): Option => ({
    name,
    optional: otherwise !== undefined,
    text,
    otherwise,
    inside,
  });
  const rows = (shape: z.core.$ZodShape, said: readonly Option[], options?: Parameters<typeof optionTable>[2]) =>
    optionTable(z.strictObject(shape), said, options).rows.map((row) => [...row]);

  test('says what each takes by its schema, and what the interface says', () => {
    expect(
      rows(
        {
          on: z.custom<object>(),
          share: z.number().gt(0).max(1).default(0.5),
          seed: z.int().optional(),
          pool: z.enum(['last', 'mean']).default('last'),
          measure: z.union([z.enum(['a']), z.array(z.enum(['a'])).min(1)]),
        },
        [
          option('pool', 'A or | B?', "'last'"),
          option('on', 'the task'),
          option('share', 'a share: of all', '0.5'),
          option('seed', 'randomness', '`SEED`, else 0.5'),
          option('measure', 'names'),
        ],
      ),
    ).toEqual([
      ['`on`', '', '**required**', 'The task.'],
      ['`share`', 'a number, above 0, at most 1', '`0.5`', 'A share: of all.'],
      ['`seed`', 'a whole number', '`SEED`, else 0.5', 'Randomness.'],
      ['`pool`', "`'last'`, `'mean'`", "`'last'`", 'A or | B?'],
      ['`measure`', "`'a'`, or a list of such names", '**required**', 'Names.'],
    ]);
  });

  test('has the options inside an option, unless these are folded, and leaves out what another table has', () => {
    const shape = {
      budget: z.strictObject({ draws: z.int().default(40) }).default({ draws: 40 }),
      set: z.strictObject({ by: z.string().optional() }).optional(),
      seed: z.int().optional(),
    };
    const said = [
      option('budget', 'how much', '{ draws: 40 }', [option('draws', 'x', '40')]),
      option('set', 'see there', ''),
      option('seed', 'x', ''),
    ];
    expect(rows(shape, said, { folded: ['set'], without: ['seed'] })).toEqual([
      ['`budget`', 'an object', '', 'How much.'],
      ['`budget.draws`', 'a whole number', '`40`', 'X.'],
      ['`set`', 'an object', '', 'See there.'],
    ]);
  });

  test('an option that no interface documents is an error', () => {
    expect(() => rows({ a: z.int(), b: z.int() }, [option('b', 'x')])).toThrow(
      'options that no interface documents: `a`',
    );
  });
});

describe('what an editor shows of an option', () => {
  const each = (options: readonly Option[], at: string): [string, Option][] =>
    options.flatMap((option) => [
      [`${at}.${option.name}`, option] as [string, Option],
      ...each(option.inside, `${at}.${option.name}`),
    ]);
  const all = interfaces.public.flatMap((name) => each(interfaces.optionsOf(name), name));

  test('the interfaces that users meet are found', () => {
    expect(interfaces.public).toEqual(
      expect.arrayContaining([
        'CompareOptions',
        'ToBehaveLikeOptions',
        'GateOptions',
        'LoadOptions',
        'TokensConstraints',
      ]),
    );
    expect(all.length).toBeGreaterThan(300);
    expect(interfaces.defaults.length).toBeGreaterThan(100);
  });

  test('whatever an entry exports says what it is', () => {
    expect(interfaces.undocumented).toEqual([]);
  });

  test('every option says what it is for, and its default in @defaultValue alone', () => {
    expect(all.filter(([, { text }]) => text === '').map(([at]) => at)).toEqual([]);
    expect(all.filter(([, { otherwise }]) => otherwise === '').map(([at]) => at)).toEqual([]);
    expect(all.filter(([, { text }]) => /(?:^|[.;,:] |\()default\b/i.test(text)).map(([at]) => at)).toEqual([]);
  });

  test('@defaultValue is what the code has', () => {
    expect(interfaces.defaults.filter(({ said, value }) => !agrees(said, value))).toEqual([]);
  });

  test.each([
    [undefined, '3', false],
    ['3', '3', true],
    ['4', '3', false],
    ['30', '3', false],
    ["'a'", "'b'", false],
    ["`mean`, or 'b' of a list", "'b'", true],
    ['64; 256 if all are needed', '256', true],
    ['64; 256 if all are needed', '56', false],
    ['none', '[]', true],
    [undefined, '[]', false],
    ['as large as the file', undefined, true],
    [undefined, undefined, false],
  ])('%s for %s: %s', (said, value, right) => {
    expect(agrees(said, value)).toBe(right);
  });
});

/** A literal is the same literal; what is said in words names it. What is empty or computed is said in words. */
function agrees(said: string | undefined, value: string | undefined): boolean {
  if (said === undefined || said === '') return false;
  if (value === undefined || ['[]', '{}', 'Infinity'].includes(value) || said === value) return true;
  const words = !shownDefault(said).startsWith('`' + said);
  return words && new RegExp(`(?:^|[\\s;,])${value.replace(/\W/g, '\\$&')}(?:$|[\\s;,])`).test(said);
}
