import { OptionError } from '../src/errors.js';

/** The seed: of the call, else of the environment (a replay), else `otherwise`, else 0, so that a gate says the same every day. */
export function seedOf(options: { readonly seed?: unknown } | undefined, otherwise = 0): number {
  if (options?.seed !== undefined) return options.seed as number;
  const set = process.env['CONGRUITY_SEED'];
  if (set === undefined || set === '') return otherwise;
  const seed = Number(set);
  if (!Number.isSafeInteger(seed))
    throw new OptionError({ what: `CONGRUITY_SEED is "${set}"`, where: 'environment', hint: 'set it to an integer' });
  return seed;
}
