/** What a search is asked to range over, as a user writes it. */
import { InterventionError, OptionError } from '../errors.js';
import type { Model } from '../model/model.js';

/**
 * What a search ranges over: kinds of component in the plural, joined by `+`: `heads`, `heads+neurons`, `channels`, `layers`. A whole number before a kind takes a random sample of it, where
 * samples are drawn: `heads+2000 neurons`.
 */
export type Over = string;

/** A kind of component, in the plural, and how many of it are asked for: undefined where all are. */
export interface Asked {
  readonly kind: string;
  readonly count: number | undefined;
}

export const plural = (kind: string): string => `${kind}s`;

/** How many components of each kind a model has, in its order. */
export function countsOf(model: Model): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, count } of model.parts) counts.set(plural(kind), (counts.get(plural(kind)) ?? 0) + count);
  return counts;
}

/**
 * The kinds that are asked for. Default: all but whole layers; whole layers where there is nothing else.
 * @throws InterventionError for a kind that the model has not; OptionError for a kind that is named twice, or none of it
 */
export function kindsOf(model: Model, over?: Over): readonly Asked[] {
  const known = [...countsOf(model).keys()];
  if (known.length === 0)
    throw new InterventionError({
      what: `${model.name} has no components`,
      where: 'over',
      hint: 'name the components of the model when it is loaded (`parts`)',
    });
  if (over === undefined) {
    const small = known.filter((kind) => kind !== 'layers');
    return (small.length > 0 ? small : known).map((kind) => ({ kind, count: undefined }));
  }
  const asked = over.split('+').map((text): Asked => {
    if (known.includes(text)) return { kind: text, count: undefined };
    const [, digits, kind = text] = /^(\d+) (.*)$/.exec(text) ?? [];
    if (!known.includes(kind))
      throw new InterventionError({
        what: `${model.name} has no ${kind || 'components without a name'}`,
        where: 'over',
        hint: `search over another kind of component, or several joined by +: ${known.join(', ')}`,
      });
    return { kind, count: Number(digits) };
  });
  for (const [at, { kind, count }] of asked.entries()) {
    if (count === 0)
      throw new OptionError({
        what: `0 ${kind} are nothing to search over`,
        where: 'over',
        hint: `leave ${kind} out, or ask for at least 1`,
      });
    if (asked.findIndex((one) => one.kind === kind) < at)
      throw new OptionError({ what: `${kind} are asked for twice`, where: 'over', hint: 'name every kind once' });
  }
  return asked;
}
