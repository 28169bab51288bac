/** Text from a language model, always the likeliest token next. */
import { InputError, OptionError } from '../errors.js';
import { checkKeys } from '../options.js';
import type { Tokens } from './input.js';
import { requireModel } from './is-model.js';
import type { Model } from './model.js';
import { argmax } from '../argmax.js';

/** Options of `generate`. */
export interface GenerateOptions {
  /** how many tokens to add at most */
  readonly maxTokens: number;
  /** a token that ends the text, and is not part of it */
  readonly until?: number | undefined;
}

/** A continued text. */
export interface Generated {
  /** the prompt's tokens and those added */
  readonly tokens: Tokens;
  /** what they decode to; undefined for a model without a tokenizer */
  readonly text: string | undefined;
}

/**
 * Continues a prompt with the likeliest token, again and again (temperature 0; of equal ones the first). Every step runs the whole text: for looking at
 * what a model says, not for long texts.
 * @param prompt text, for a model with a tokenizer, or tokens
 * @throws InputError where the text grows longer than the model takes
 */
export async function generate(model: Model, prompt: string | Tokens, options: GenerateOptions): Promise<Generated> {
  requireModel(model, 'what is to continue a text', 'generate');
  checkKeys(options, ['maxTokens', 'until'], 'generate options');
  const { maxTokens, until } = options;
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    throw new OptionError({
      what: `maxTokens is ${String(maxTokens)}`,
      where: 'generate options',
      hint: 'give the number of tokens to add',
    });
  if (typeof prompt === 'string' && model.tokenizer === undefined) {
    throw new InputError({
      what: `the model ${model.name} has no tokenizer`,
      where: 'generate',
      hint: 'give tokens, or load the model with its tokenizer',
    });
  }
  const tokens = typeof prompt === 'string' ? [...model.tokenizer!.encode(prompt)] : [...prompt];
  for (let added = 0; added < maxTokens; added++) {
    const { data } = (await model.run([tokens], { logits: -1 })).logits;
    const best = argmax(data);
    if (best === until) break;
    tokens.push(best);
  }
  return { tokens, text: model.tokenizer?.decode(tokens) };
}
