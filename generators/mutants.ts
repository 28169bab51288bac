/** Changes of a transformer that a test of how it does its task must catch. */
import type * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import type { Model } from '../src/model/model.js';
import { suggest } from '../src/options.js';
import { lower, plainArbitrary } from './_internals/weights/arbitrary.js';
import { kindOf, type WeightMutation } from './_internals/weights/mutant/index.js';
import { checked, readPlain } from './_internals/weights/read.js';
import {
  type Mutation,
  type MutantsConstraints,
  type Mutant,
  mutationNames,
  plains,
  where,
  type Setting,
  settingOf,
  build,
  placesOf,
  kindsOf,
} from './_internals/mutant.js';

export type { MutantsConstraints };

/** What is wrong with a mutation for a model; undefined where it fits. */
function misfit(mutation: Mutation, { draft, others, table, reference }: Setting): string | undefined {
  if (mutation.kind === 'lookup table')
    return table
      ? undefined
      : 'a lookup table takes a finite task (`on`) of token lists of one length, answered at the last position, and not too many of them';
  if (mutation.kind === 'other model')
    return others[mutation.index] ? undefined : `there is no other model ${mutation.index}`;
  const kind = kindOf(mutation.kind)!;
  return kind.needsInputs && !reference() ? 'it needs inputs: give the task (`on`)' : kind.misfit(mutation, draft);
}

/**
 * The mutant of a model that a mutation or its JSON describes.
 * @param options what it was made with, as far as it needs it: `on` for means and lookup tables, `others`
 * @throws OptionError for a mutation that does not fit the model; ModelError for a model that is no transformer
 */
export function mutantOf(model: Model, from: Mutation | string, options: MutantsConstraints = {}): Mutant {
  const mutation = readPlain(from, 'mutantOf');
  const setting = settingOf(model, options);
  if (!mutationNames.includes(mutation?.kind))
    throw new OptionError({
      what: `there is no mutation "${String(mutation?.kind)}"`,
      where: 'mutantOf',
      hint: suggest(String(mutation?.kind), mutationNames),
    });
  const wrong = checked(() => misfit(mutation, setting));
  if (wrong !== undefined)
    throw new OptionError({
      what: `"${mutation.kind}" does not fit: ${wrong}`,
      where: 'mutantOf',
      hint: 'use it with the model and the options it was made with',
    });
  return build(mutation, setting);
}

/** One mutant for every place: what `mutants` draws from, each in its mildest form. In the order of `mutationNames`. */
export function allMutants(model: Model, options: MutantsConstraints = {}): Mutant[] {
  const setting = settingOf(model, options);
  return kindsOf(options)
    .flatMap((kind) => placesOf(kind, setting))
    .map((mutation) => build(mutation, setting));
}

/** Where a mutation strikes, whatever its form: the fields that say how strongly and on which feature apart. */
const placeKey = (mutation: Mutation): string =>
  JSON.stringify(Object.entries(mutation).filter(([key]) => key !== 'by' && key !== 'feature'));

/**
 * Mutants of a transformer, one fault each: two heads' outputs swapped, a head or a layer cut off, scaled, shifted, or replaced by its mean, a head's attention made uniform, a neuron negated or
 * replaced by its mean, a direction of the residual stream zeroed, one part made blind for what another writes; the whole model replaced by a lookup table of its answers, or by
 * another model (`others`). Kinds are equally likely, and so are the places of a kind.
 *
 * Left out is what provably changes nothing: parts that read or write nothing or whose writing nothing reads, heads that do the same swapped, a uniform pattern made uniform.
 * Shrinks to the first place of its kind, and to the mildest form.
 * @throws ModelError for a model that is no transformer, OptionError for an unknown option or kind, or where there is nothing to change
 */
export function mutants(model: Model, options: MutantsConstraints = {}): fc.Arbitrary<Mutant> {
  const setting = settingOf(model, options);
  const places = new Map(
    kindsOf(options)
      .map((kind) => [kind, placesOf(kind, setting)] as const)
      .filter(([, list]) => list.length > 0),
  );
  if (places.size === 0)
    throw new OptionError({
      what: `there is nothing in ${model.name} that these mutants could change`,
      where,
      hint: 'give more kinds, or the task (`on`)',
    });
  const ranks = new Map(
    [...places].map(([kind, list]) => [kind, new Map(list.map((place, i) => [placeKey(place), i]))]),
  );
  const rank = (mutation: Mutation): number => ranks.get(mutation.kind)?.get(placeKey(mutation)) ?? -1;
  return plainArbitrary<Mutation, Mutant>({
    draw(dice) {
      const name = dice.pick([...places.keys()]);
      const place = dice.pick(places.get(name)!);
      return kindOf(name)?.vary?.(place as WeightMutation, dice, setting.draft) ?? place;
    },
    *simpler(mutation) {
      const list = places.get(mutation.kind)!;
      for (const at of lower(rank(mutation), 0)) {
        // in the same form, elsewhere
        const { by, feature } = mutation as { by?: number; feature?: number };
        yield { ...list[at]!, ...(by !== undefined && { by }), ...(feature !== undefined && { feature }) } as Mutation;
      }
      const kind = kindOf(mutation.kind);
      if (kind) yield* kind.simpler(mutation as WeightMutation);
    },
    size: (mutation) => [rank(mutation), kindOf(mutation.kind)?.size(mutation as WeightMutation) ?? 0],
    valid: (mutation) => rank(mutation) >= 0,
    build: (mutation) => build(mutation, setting),
    plainOf: (value) => {
      const made = typeof value === 'object' && value !== null ? plains.get(value) : undefined;
      return made?.model === setting.model ? made.mutation : undefined;
    },
  });
}
