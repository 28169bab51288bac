/** Changes of a model, as toBeInvariantUnder takes them. */
import * as fc from 'fast-check';
import { OptionError } from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';

/** A change in words, and the changed model: made when it is needed and disposed of afterwards, or there already. */
export type ModelChange = { readonly description: string } & (
  | { apply(): Promise<Model> | Model }
  | { readonly model: Model }
);

/** An arbitrary of changes (`symmetries(model)`, `mutants(model)`), a list of them, or one. */
export type ModelChanges = fc.Arbitrary<ModelChange> | readonly ModelChange[] | ModelChange;

const isChange = (value: unknown): value is ModelChange =>
  typeof (value as ModelChange | null)?.description === 'string' &&
  (typeof (value as { apply?: unknown }).apply === 'function' ||
    typeof (value as { model?: { run?: unknown } }).model?.run === 'function');

/** @throws OptionError for anything else */
export function changesOf(given: unknown): {
  readonly arbitrary: fc.Arbitrary<ModelChange>;
  readonly listed: readonly ModelChange[] | undefined;
} {
  if (typeof given === 'object' && given !== null && 'generate' in given && 'shrink' in given)
    return { arbitrary: given as fc.Arbitrary<ModelChange>, listed: undefined };
  const listed = Array.isArray(given) ? (given as unknown[]) : [given];
  if (listed.length === 0 || !listed.every(isChange))
    throw new OptionError({
      what: 'these are no changes of a model',
      where: 'toBeInvariantUnder',
      hint: 'give symmetries(model), or objects with `description` and `apply()` or `model`',
    });
  // each shrinks to those before it
  return { arbitrary: fc.constantFrom(...(listed as ModelChange[])), listed: listed as ModelChange[] };
}

/** Does something with the changed model and disposes of it where it was made for that. */
export async function withChanged<T>(change: ModelChange, work: (model: Model) => Promise<T>): Promise<T> {
  if ('model' in change) return work(change.model);
  const model = await change.apply();
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}
