import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { codesPage } from '../../reports/codes.js';
import { reportJsonSchema } from '../../reports/json-schema.js';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'codes.md'), 'utf8');
/** Without what the formatter does to tables and lines. */
const bare = (text: string): string =>
  text
    .replace(/-{3,}/g, '---')
    .replace(/\s+/g, ' ')
    .replace(/ ?\| ?/g, '|');

/** Every `code` that the published schema allows in a finding. */
function* codes(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties } = schema as { properties?: { code?: { const?: string }; numbers?: unknown } };
  if (properties?.numbers && properties.code?.const) yield properties.code.const;
  for (const inner of Object.values(schema)) yield* codes(inner);
}

test('docs/codes.md is up to date: node schema/generate.mjs', () => expect(bare(page)).toBe(bare(codesPage())));

test('every code of the published schema is on the page, with what it means', () => {
  const all = new Set(codes(reportJsonSchema()));
  expect(all.size).toBeGreaterThan(35);
  for (const code of all) expect(page).toMatch(new RegExp(`\\| \`${code}\` +\\| [A-Z].*\\.`));
});
