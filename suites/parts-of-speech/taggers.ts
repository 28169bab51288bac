/** What identifies parts of speech: a model for token classification, or the language model itself on prompts. */
import { join } from 'node:path';
import { OptionError } from '../../src/errors.js';
import { isObject, readJsonObject } from '../../src/io/json.js';
import type { Model } from '../../src/model/model.js';
import { sameTokens } from '../../src/response/answers.js';
import { openModel, type Found, type Opened } from '../ioi/models.js';
import { groupOf, type Group } from './groups.js';

export interface Tagger {
  readonly name: string;
  readonly model: Model;
  /** the group of each answer */
  readonly answers: readonly Group[];
  /** the longest reading that it takes, in tokens */
  readonly context: number;
}

const hint =
  'give a folder of GPT2ForTokenClassification or GPTNeoXForTokenClassification, whose config.json names parts of speech in id2label';

/** Groups by the labels that a config names, in their order. */
async function labelsOf({ path, name }: Found): Promise<Group[]> {
  const where = join(path, 'config.json');
  const labels = (await readJsonObject(where, 'the config', 1_000_000))['id2label'];
  if (!isObject(labels))
    throw new OptionError({ what: `${name} names no labels, so that it is no tagger`, where, hint });
  return Object.entries(labels)
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => groupOf(String(label), ''));
}

/** @throws OptionError for what does not tell parts of speech apart, or reads other tokens than the language model */
export async function openTagger(found: Found, language: Opened): Promise<Tagger> {
  const answers = await labelsOf(found);
  if (new Set(answers).size < 2)
    throw new OptionError({
      what: `the labels of ${found.name} are no parts of speech`,
      where: join(found.path, 'config.json'),
      hint,
    });
  const { model, tokenizer, context } = await openModel(found);
  const refuse = (what: string, how: string): never => {
    model.dispose();
    throw new OptionError({ what, where: found.path, hint: how });
  };
  if (!sameTokens(tokenizer, language.tokenizer))
    refuse(
      `${found.name} has another tokenizer than ${language.model.name}: they do not read the same tokens`,
      'compare taggers with the language model whose tokenizer they have',
    );
  const { logits } = await model.run(
    [tokenizer.encode('')].map((one) => (one.length === 0 ? [0] : one)),
    { logits: -1 },
  );
  if (logits.shape[1] !== answers.length)
    refuse(`${found.name} gives ${logits.shape[1]} answers, and its config names ${answers.length} labels`, hint);
  return { name: found.name, model, answers, context };
}
