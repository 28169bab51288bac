/** Models for token classification: their logits are those that transformers computes, labels stand in the unembedding's place, and what contradicts the config is refused. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ModelError } from '../../../../../src/errors.js';
import { load } from '../../../../../src/model/load.js';
import { errorOf } from '../../../../helpers/error-of';

const fixtures = join(__dirname, 'fixtures/classifiers');
const folder = mkdtempSync(join(tmpdir(), 'classifiers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { tokens, labels, logits } = JSON.parse(readFileSync(join(fixtures, 'logits.json'), 'utf8')) as {
  readonly tokens: readonly number[][];
  readonly labels: readonly string[];
  readonly logits: Readonly<Record<string, readonly (readonly number[][])[]>>;
};

test.each(Object.keys(logits))('%s', async (name) => {
  const model = await load(join(fixtures, name));
  const { shape, data } = (await model.run(tokens)).logits;
  expect(shape).toEqual([tokens.length, tokens[0]!.length, labels.length]);
  const expected = (logits[name] as unknown as number[][][]).flat(2);
  const largest = Math.max(...expected.map(Math.abs));
  expect(Math.max(...expected.map((one, i) => Math.abs(one - data[i]!)))).toBeLessThan(1e-5 * largest);
  model.dispose();
});

function changed(name: string, change: Readonly<Record<string, unknown>>): string {
  const path = join(folder, `${name}-${Object.keys(change).join()}`);
  cpSync(join(fixtures, name), path, { recursive: true });
  const config = join(path, 'config.json');
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), ...change }));
  return path;
}

test('labels that are not numbered from 0, or as many as the head has, and a classifier taken for a language model are refused', async () => {
  await expect(load(changed('gpt2', { id2label: { 1: 'NOUN', 2: 'VERB' } }))).rejects.toThrow(
    errorOf(ModelError, /id2label .*numbers from 0 on/),
  );
  await expect(load(changed('neox', { id2label: { 0: 'NOUN', 1: 'VERB' }, label2id: null }))).rejects.toThrow(
    errorOf(ModelError, /classifier\.(weight|bias).*but the config calls for \[2/),
  );
  await expect(load(changed('gpt2', { architectures: ['GPT2LMHeadModel'] }))).rejects.toThrow(
    errorOf(ModelError, /classifier\.(weight|bias)/),
  );
});
