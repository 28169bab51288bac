/** The suite on the paper's checkpoints, where CONGRUITY_MODELS leads to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { PAPER } from '../../../suites/ioi/models.js';
import { runIoi } from '../../../suites/ioi/run.js';
import { publicModels } from '../../helpers/models.js';
import { testUnless } from '../../helpers/unless.js';

const folder = mkdtempSync(join(tmpdir(), 'ioi-public-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [first, ...others] = PAPER;
const gpt2 = publicModels(first, 'config.json');

for (const name of others) {
  const other = publicModels(name, 'config.json');
  testUnless(gpt2.absent || other.absent)(
    `${first} and ${name}: heads are found, and what does the task is compared`,
    async () => {
      const { complete, models, pairs, skipped } = await runIoi(
        { models: [gpt2.path(), other.path()], inputs: 40, draws: 4, seed: 0 },
        {
          path: join(folder, `${name}.json`),
          signal: undefined,
          progress: () => undefined,
          estimated: () => undefined,
          resumed: () => undefined,
        },
      );
      expect(complete).toBe(true);
      expect(skipped).toEqual([]);
      expect(models.map((model) => model.name)).toEqual([first, name]);
      for (const { accuracy, leftOut, heads } of models) {
        expect(leftOut === undefined).toBe(accuracy >= 0.9);
        expect(heads.length > 0).toBe(leftOut === undefined);
      }
      // the first does, as is known
      expect(models[0]!.accuracy).toBeGreaterThanOrEqual(0.9);
      expect(pairs).toHaveLength(models[1]!.leftOut === undefined ? 1 : 0);
    },
    7_200_000,
  );
}
