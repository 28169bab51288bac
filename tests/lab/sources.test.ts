/** Benchmarks bundle what they name in a text, which no tool reads: it must be there under that name. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const scripts = readdirSync(join(root, 'lab', 'bench')).filter((name) =>
  readFileSync(join(root, 'lab', 'bench', name.endsWith('.mjs') ? name : 'sources.mjs'), 'utf8').includes(
    'await fromSources(',
  ),
);

test('some benchmarks bundle sources', () => {
  expect(scripts.length).toBeGreaterThan(3);
});

test.each(scripts)('what %s takes from the sources is there', async (script) => {
  const text = readFileSync(join(root, 'lab', 'bench', script), 'utf8');
  const taken = [...text.matchAll(/export (?:\{([^}]*)\}|\* as \w+) from '\.\/([^']+)\.js'/g)];
  expect(taken).not.toHaveLength(0);
  for (const [, names = '', file] of taken) {
    const found = (await import(join(root, `${file}.ts`))) as Record<string, unknown>;
    const absent = names.split(',').flatMap((name) => {
      const [own = ''] = name.trim().split(' ');
      return own === '' || found[own] !== undefined ? [] : [`${own} of ${file}`];
    });
    expect(absent).toEqual([]);
  }
});
