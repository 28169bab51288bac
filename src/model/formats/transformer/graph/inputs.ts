/** What a transformer takes. */
import { InputError } from '../../../../errors.js';
import { isTokens, type ModelInput } from '../../../input.js';
import type { TransformerConfig } from './config.js';

/**
 * @param row of the list `where`
 * @throws InputError for what is no list of tokens that the model knows
 */
export function checkTokens(config: TransformerConfig, input: ModelInput, row: number, where: string): void {
  const fail = (what: string, hint: string): never => {
    throw new InputError({ what, where, hint });
  };
  if (input === undefined || input === null || !isTokens(input))
    return fail(
      `input ${row} is not a list of tokens`,
      'a transformer takes token ids; for text, give the model a tokenizer',
    );
  if (input.length === 0) fail(`input ${row} has no tokens`, 'give every input at least one token');
  if (input.length > config.n_ctx)
    fail(
      `input ${row} has ${input.length} tokens, but the model takes at most n_ctx = ${config.n_ctx}`,
      'shorten the inputs',
    );
  for (let position = 0; position < input.length; position++) {
    const token = input[position];
    if (!Number.isInteger(token) || token! < 0 || token! >= config.d_vocab)
      fail(
        `input ${row} has token ${String(token)} at position ${position}; the model knows 0 to ${config.d_vocab - 1}`,
        'check the vocabulary of the task against the model',
      );
  }
}
