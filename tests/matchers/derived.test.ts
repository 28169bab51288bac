/** toBeDerivedFrom on the calibration's networks, whose origin is known. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anythingGoes } from '../../lab/calibration/tasks.js';
import { Zoo } from '../../lab/calibration/zoo.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import type { Model } from '../../src/model/model.js';
import { folders, messageOf } from './claims.js';

const { recorded } = folders();

let zoo: Zoo;
let learned: Model;
beforeAll(async () => {
  zoo = await Zoo.open(join(__dirname, '..', '..', 'lab', 'calibration', 'models'));
  learned = await zoo.model('learned', zoo.numbers('finetuned')[0]!);
});
afterAll(() => zoo.dispose());

/** No search for components: a fixed share of all of them is resampled. */
const options = {
  on: anythingGoes,
  inputs: 60,
  measure: 'cka',
  set: { outside: ['blocks.*.attn.head.*', 'blocks.*.mlp.neuron.*'], fraction: 0.1 },
} as const;

describe('derived', () => {
  test('a fine-tuned copy is', async () => {
    const started = performance.now();
    const m = await messageOf(
      expect(await zoo.model('finetuned', zoo.numbers('finetuned')[0]!)).not.toBeDerivedFrom(learned, options),
    );
    console.log(m, performance.now() - started);
  });
  test('another run is not', async () => {
    const started = performance.now();
    const m = await messageOf(
      expect(await zoo.model('distilled', zoo.numbers('distilled')[0]!)).toBeDerivedFrom(learned, options),
    );
    console.log(m, performance.now() - started);
    console.log(JSON.stringify(recorded()[0]!.claim!.twins!.bySite));
  });
});
