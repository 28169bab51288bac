/** The components that a search ranges over: all of some kinds, or of some kinds a random sample. */
import * as z from 'zod';
import { groupBy } from '../group-by.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import type { Plain } from '../schema.js';
import { ofKinds, type Component } from './component.js';
import { countsOf, kindsOf, plural, type Over } from './over.js';

/**
 * Components that a search ranges over where nothing is asked for, at most. A search of n components tests about sqrt(2 n) groups of them: of so many about 130, of all of a model of GPT-2 small's size about
 * 270.
 */
export const MOST = 8192;

export const scopeSchema = z.strictObject({
  over: z.string().describe('What was searched, as the option `set.search.over` would ask for it.'),
  components: z.int().describe('All components of these kinds that the model has.'),
  by: z
    .enum(['option', 'default'])
    .describe(
      `Whether it was asked for. By default all components but whole layers, and a sample where there are more than ${MOST}.`,
    ),
});

/** What a search ranged over, and why. */
export type Scope = Plain<typeof scopeSchema>;

/** How many of each kind are taken, in the order in which they were asked for. */
type Taken = ReadonlyMap<string, number>;

/** As many of all kinds as `MOST` allows, each having an equal share of it, or all there are where these are fewer. */
function sharesOf(counts: ReadonlyMap<string, number>): Taken {
  const taken = new Map(counts);
  let left = MOST;
  let kinds = counts.size;
  for (const [kind, count] of [...counts].toSorted((a, b) => a[1] - b[1])) {
    const share = Math.min(count, Math.floor(left / kinds--));
    taken.set(kind, share);
    left -= share;
  }
  return taken;
}

/** @param counts of what there is to take from, by kind */
function takenOf(model: Model, over: Over | undefined, counts: ReadonlyMap<string, number>): Taken {
  const asked = kindsOf(model, over);
  const own = new Map(asked.map(({ kind }) => [kind, counts.get(kind) ?? 0]));
  if (over === undefined) return sharesOf(own);
  return new Map(asked.map(({ kind, count = Infinity }) => [kind, Math.min(count, own.get(kind)!)]));
}

/** How many components a search of a model ranges over. @throws as `ofKinds` */
export const searchedCount = (model: Model, over: Over | undefined): number =>
  [...takenOf(model, over, countsOf(model)).values()].reduce((sum, count) => sum + count, 0);

/** Whether it ranges over a sample of some kind. @throws as `ofKinds` */
export const isSampled = (model: Model, over: Over | undefined): boolean =>
  searchedCount(model, over) < ofKinds(model, over).length;

/**
 * What is searched of a list, in its order. What is taken of one kind does not depend on the others, nor on the model: of the same number of components it is the same places.
 * @param all of the kinds asked for
 * @param kindOf in the singular
 */
export function sampled<T>(
  model: Model,
  over: Over | undefined,
  all: readonly T[],
  kindOf: (one: T) => string,
  seed: number,
): readonly T[] {
  const places = groupBy(all.keys(), (at) => plural(kindOf(all[at]!)));
  const taken = takenOf(model, over, new Map([...places].map(([kind, { length }]) => [kind, length])));
  const chosen = new Set<number>();
  for (const [kind, own] of places) {
    const count = taken.get(kind) ?? own.length;
    const some = count < own.length ? random(seed, `sample of ${kind}`).subset(own.length, count) : own.keys();
    for (const i of some) chosen.add(own[i]!);
  }
  return all.filter((_, at) => chosen.has(at));
}

/** The components that a search of one model ranges over. @throws as `ofKinds` */
export const searchedOf = (model: Model, over: Over | undefined, seed: number): readonly Component[] =>
  sampled(model, over, ofKinds(model, over), ({ kind }) => kind, seed);

/** What a search over these components ranged over. */
export function scopeOf(model: Model, over: Over | undefined, searched: readonly Component[]): Scope {
  const counts = countsOf(model);
  const asked = kindsOf(model, over);
  const own = (kind: string): number => searched.filter((one) => plural(one.kind) === kind).length;
  return {
    over: asked
      .map(({ kind }) => [kind, own(kind)] as const)
      .map(([kind, count]) => (count < counts.get(kind)! ? `${count} ${kind}` : kind))
      .join('+'),
    components: asked.reduce((sum, { kind }) => sum + counts.get(kind)!, 0),
    by: over === undefined ? 'default' : 'option',
  };
}

/** Whether a kind was searched in part. */
export const hasSample = ({ over }: Scope): boolean => over.split('+').some((one) => /^\d+ /.test(one));

/** What was searched and why, in words: `all heads and a random sample of 8048 neurons, of 37008 components: the default for more than 8192`. */
export function scopeInWords(scope: Scope): string {
  const kinds = scope.over.split('+').map((one) => (/^\d+ /.test(one) ? `a random sample of ${one}` : `all ${one}`));
  const fallback = `the default for ${hasSample(scope) ? 'more than' : 'at most'} ${MOST}`;
  return `${kinds.join(' and ')}, of ${scope.components} components: ${scope.by === 'option' ? 'as asked for' : fallback}`;
}
