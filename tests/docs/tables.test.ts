/** Tables that follow from the registries say what these hold. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { markdown, withTables } from '../../scripts/tables/markdown';
import { filledIn, pagesWithTables } from '../../scripts/tables/tables';
import { root } from './pages';

test.each(pagesWithTables)('the tables of %s are up to date: npm run generate', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  expect(text).toBe(filledIn(page, text));
});

const table = { head: ['a', 'second'], rows: [['x|y', '1']] };
const place = 'before\n\n<!-- table: one -->\n<!-- end of table -->\n\nafter\n';

test('a table is aligned, and a bar in a cell is no end of it', () => {
  expect(markdown(table)).toBe('| a    | second |\n| ---- | ------ |\n| x\\|y | 1      |');
});

test('a page keeps all around its tables, and filling it in again changes nothing', () => {
  const filled = withTables(place, { one: table }, 'page.md');
  expect(filled).toBe(`before\n\n<!-- table: one -->\n\n${markdown(table)}\n\n<!-- end of table -->\n\nafter\n`);
  expect(withTables(filled, { one: table }, 'page.md')).toBe(filled);
});

test('a table without a place and a place without a table are errors', () => {
  expect(() => withTables('nothing', { one: table }, 'page.md')).toThrow('page.md has no place for one');
  expect(() => withTables(place, {}, 'page.md')).toThrow('there is no table "one"');
});
