/** Changes of a model, as toBeInvariantUnder takes them. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import type { Model } from '../src/model/model.js';

/** A change in words, and the changed model: made when it is needed and disposed of afterwards, or there already. */
export type Change = { readonly words: string } & ({ apply(): Promise<Model> | Model } | { readonly model: Model });

/** An arbitrary of changes (`symmetries(model)`, `mutants(model)`), a list of them, or one. */
export type Changes = fc.Arbitrary<Change> | readonly Change[] | Change;

const isChange = (value: unknown): value is Change =>
  typeof (value as Change | null)?.words === 'string' &&
  (typeof (value as { apply?: unknown }).apply === 'function' ||
    typeof (value as { model?: { run?: unknown } }).model?.run === 'function');

/** @throws OptionError for anything else */
export function changesOf(given: unknown): {
  readonly arbitrary: fc.Arbitrary<Change>;
  readonly listed: readonly Change[] | undefined;
} {
  if (typeof given === 'object' && given !== null && 'generate' in given && 'shrink' in given)
    return { arbitrary: given as fc.Arbitrary<Change>, listed: undefined };
  const listed = Array.isArray(given) ? (given as unknown[]) : [given];
  if (listed.length === 0 || !listed.every(isChange))
    throw new OptionError({
      what: 'these are no changes of a model',
      where: 'toBeInvariantUnder',
      todo: 'give symmetries(model), or objects with `words` and `apply()` or `model`',
    });
  // each shrinks to those before it
  return { arbitrary: fc.constantFrom(...(listed as Change[])), listed: listed as Change[] };
}

/** Does something with the changed model and disposes of it where it was made for that. */
export async function withChanged<T>(change: Change, work: (model: Model) => Promise<T>): Promise<T> {
  if ('model' in change) return work(change.model);
  const model = await change.apply();
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}
