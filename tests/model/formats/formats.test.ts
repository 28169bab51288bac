/** The list of formats: what each says of itself, and that what follows from it does follow. What the loaders make of files is tested with each of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { OptionError } from '../../../src/errors.js';
import { formats, whatIsLoaded } from '../../../src/model/formats/index.js';
import { load } from '../../../src/model/load.js';
import { checkConfig } from '../../../suites/config.js';

const manifest = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
};

test('no two formats have one id, and what each takes is in every message', () => {
  expect(new Set(formats.map(({ id }) => id)).size).toBe(formats.length);
  for (const { takes } of formats) expect(whatIsLoaded).toContain(takes);
});

test('a gate whose side is no model is told what can be loaded', () => {
  const config = { gates: [{ name: 'a', baseline: 3, candidate: 'a.onnx', task: 'a.ts' }] };
  expect(() => checkConfig(config, 'congruity.config.ts')).toThrow(`must be the path of a model (${whatIsLoaded})`);
});

describe.each([...formats])('$id', ({ id, needs, options, settledBy, load: loadIt }) => {
  test('needs packages that are optional peers', () => {
    for (const name of needs) {
      expect(manifest.peerDependencies).toHaveProperty([name]);
      expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
    }
  });

  test('is settled by an option that no other format has', () => {
    const having =
      settledBy === undefined ? [id] : formats.filter((one) => settledBy in one.options).map((one) => one.id);
    expect(having).toEqual([id]);
  });

  test('refuses an option that it does not have, before it opens a file', async () => {
    await expect(loadIt('no such file', { nothing: 1 } as object)).rejects.toThrow(OptionError);
    await expect(loadIt('no such file', { batchSize: 0 } as object)).rejects.toThrow(/batchSize/);
    const other = formats.flatMap((one) => Object.keys(one.options)).find((key) => !(key in options));
    if (other !== undefined)
      await expect(loadIt('no such file', { [other]: 'x' } as object)).rejects.toThrow(`unknown option "${other}"`);
  });
});

test('an option that settles the format does so whatever the path is', async () => {
  await expect(load('no/such/file', { config: 'no/such/config.json' })).rejects.toMatchObject({ code: 'BAD_FILE' });
  await expect(load('no/such/file', { config: 'a.json', threads: 1 })).rejects.toThrow(/unknown option "threads"/);
});

test('the packages that formats need are not loaded before a model is', () => {
  const loaded: string[] = [];
  const needed = formats.flatMap(({ needs }) => needs);
  expect(needed.length).toBeGreaterThan(2);
  try {
    for (const name of needed)
      jest.doMock(name, () => {
        loaded.push(name);
        return {};
      });
    jest.isolateModules(() => {
      require('../../../src/model/load');
    });
  } finally {
    for (const name of needed) jest.dontMock(name);
  }
  expect(loaded).toEqual([]);
});
