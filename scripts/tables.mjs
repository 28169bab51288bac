// Writes the tables of the docs that are made from the code (scripts/tables/index.ts) into the pages. A test fails when one is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportsOf, root } from './exports-of.mjs';

const { filledIn } = await exportsOf('scripts/tables/index.ts');
const { documented } = await exportsOf('scripts/documented.ts');
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);
const read = (page) => readFileSync(join(root, page), 'utf8');
const before = Object.fromEntries(docs.map((name) => join('docs', name)).map((page) => [page, read(page)]));
for (const [page, text] of Object.entries(filledIn(before, documented(root).optionsOf)))
  if (text !== before[page]) {
    writeFileSync(join(root, page), text);
    console.log(`wrote ${page}`);
  }
