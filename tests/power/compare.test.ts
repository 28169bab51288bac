/** Power through the whole of a comparison, with a network of the calibration. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { distinctness } from '../../lab/calibration/tasks.js';
import { Zoo } from '../../lab/calibration/zoo.js';
import { OptionError } from '../../src/errors.js';
import { keptUnder } from '../../src/power/options.js';
import { evidenceSchema } from '../../src/verdict/evidence.js';
import { compare } from '../../src/verdict/compare.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';

let zoo: Zoo;
let folder: string;
beforeAll(async () => {
  zoo = await Zoo.open(join(__dirname, '..', '..', 'lab', 'calibration', 'models'));
  folder = mkdtempSync(join(tmpdir(), 'power-'));
});
afterAll(async () => {
  await zoo.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test('what is planted in the baseline is judged, kept, and found again for another candidate', async () => {
  const [released, candidate] = [await zoo.model('sort', 0), await zoo.model('sort', 1)];
  const options = (power: CompareOptions['power']): CompareOptions => ({
    on: distinctness,
    power,
    measure: 'cka',
    alsoReport: [],
    inputs: 40,
    budget: { draws: 3 },
    set: { outside: ['blocks.1.mlp.neuron.*'], fraction: 0.05 },
    bootstrap: 100,
    permutations: 19,
    shrink: false,
  });
  const settings = { changes: 1, draws: 8, inputs: 40, folder };
  const evidence = await compare(released, released, options(settings));
  expect(evidenceSchema.parse(JSON.parse(JSON.stringify(evidence)))).toBeTruthy();
  const { rows, cached, reasons } = evidence.power!;
  expect(cached).toBe(false);
  expect(rows.map(({ kind, dose }) => `${kind} ${dose}`)).toEqual([
    'none 0',
    ...['circuit', 'attention', 'heads', 'noise'].flatMap((kind) => [`${kind} 1`, `${kind} 0.5`]),
  ]);
  for (const { planted, broken, stopped, different, share } of rows) {
    expect(planted).toBe(1);
    expect(stopped).toBeLessThanOrEqual(planted - broken);
    expect(different).toBeLessThanOrEqual(stopped);
    expect(share.low).toBeLessThanOrEqual(share.high);
  }
  expect(reasons.length).toBeGreaterThanOrEqual(rows.length);

  const again = await compare(released, candidate, options(settings));
  expect(again.power).toEqual({ ...evidence.power, cached: true });
  expect(readdirSync(folder)).toHaveLength(1);
  expect((await compare(released, released, options(false))).power).toBeUndefined();
  await expect(compare(released, released, options({ changes: 0 }))).rejects.toThrow(OptionError);
});

test('it is kept beside the test, if nothing else is said, and nowhere without one', () => {
  expect(keptUnder('here', true)).toEqual({
    changes: 6,
    inputs: 128,
    folder: join('here', '.congruity', 'power'),
  });
  expect(keptUnder('here', { changes: 3, draws: 8, inputs: 20, folder: 'there' })).toMatchObject({ folder: 'there' });
  expect(keptUnder(undefined, true)).toBe(true);
  expect(keptUnder('here', false)).toBe(false);
});
