/** The models of a run: where they are, what they are called, how they read. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { OptionError } from '../../src/errors.js';
import { readJsonObject } from '../../src/io/json.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { isTransformer } from '../../src/model/formats/transformer/run/model.js';
import type { Tokenizer } from '../../src/tokenizers/tokenizer.js';

/** Those of the paper. */
export const PAPER = ['gpt2', 'gpt2-medium', 'pythia-160m', 'pythia-410m', 'pythia-1.4b', 'pythia-2.8b'] as const;

export interface Found {
  /** what reports call it */
  readonly name: string;
  /** as it was given */
  readonly given: string;
  readonly path: string;
}

export interface Skipped {
  readonly path: string;
  readonly why: string;
}

/**
 * Looked for from the working folder, then in the folder that `CONGRUITY_MODELS` names.
 * @param where which options name them, for messages
 * @throws OptionError for one that is named twice, in whatever words
 */
export function findModels(
  given: readonly string[],
  where: string,
  folder = process.env['CONGRUITY_MODELS'],
): { readonly found: readonly Found[]; readonly skipped: readonly Skipped[] } {
  const seen = new Map<string, string>();
  const once = (path: string, one: string): void => {
    const first = seen.get(path);
    if (first !== undefined)
      throw new OptionError({
        what: first === one ? `${one} is named twice` : `${first} and ${one} are the same folder`,
        where,
        hint: 'name each model once',
      });
    seen.set(path, one);
  };
  const found: Found[] = [];
  const skipped: Skipped[] = [];
  for (const one of given) {
    const path = [resolve(one), ...(folder ? [resolve(folder, one)] : [])].find((place) => existsSync(place));
    once(path === undefined ? one : realpathSync(path), one);
    if (path === undefined)
      skipped.push({
        path: one,
        why: `there is no such model here, ${folder ? `nor in the folder of CONGRUITY_MODELS` : 'and CONGRUITY_MODELS names no folder of models'}`,
      });
    else found.push({ name: basename(path), given: one, path });
  }
  const repeated = (name: string): boolean => found.filter((other) => other.name === name).length > 1;
  return { found: found.map((one) => (repeated(one.name) ? { ...one, name: one.given } : one)), skipped };
}

export interface Opened {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  /** tokens of an input at most */
  readonly context: number;
}

/** @throws OptionError for a model without a tokenizer; whatever `load` throws */
export async function openModel({ path, name }: Found): Promise<Opened> {
  const model = await load(path);
  const { tokenizer } = model;
  if (tokenizer === undefined) {
    model.dispose();
    throw new OptionError({
      what: `${name} has no tokenizer, and prompts are text`,
      where: path,
      hint: 'put its tokenizer.json beside the weights',
    });
  }
  return { model, tokenizer, context: isTransformer(model) ? model.config.n_ctx : Infinity };
}

/**
 * A model that predicts words has an answer for each of these tokens.
 * @throws OptionError for one that has not
 */
export async function requireWords(
  { name, path }: Found,
  { model, tokenizer }: Opened,
  tokens: readonly number[],
): Promise<void> {
  const some = tokenizer.encode('The');
  const { logits } = await model.run([some.length > 0 ? some : [0]], { logits: -1 });
  const answers = logits.shape[1]!;
  if (tokens.some((token) => token >= answers))
    throw new OptionError({
      what: `${name} gives ${answers} answers, which are not the words of its tokenizer`,
      where: path,
      hint: 'name language models: a tagger or classifier predicts no words',
    });
}

/** What config.json calls the architecture, or the kind of file. */
export async function familyOf({ path }: Found, model: Model): Promise<string> {
  const config = join(path, 'config.json');
  if (!existsSync(config)) return model.kind;
  const type = (await readJsonObject(config, 'the config', 1_000_000))['model_type'];
  return typeof type === 'string' ? type : model.kind;
}
