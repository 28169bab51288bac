/** Draws trials of a model. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { needsReferences, resamples, type Ablation } from '../src/circuit/ablations.js';
import { sitesOf, type Component } from '../src/circuit/component.js';
import { namedSites } from '../src/circuit/references.js';
import type { Model } from '../src/model/model.js';
import { checkKeys } from '../src/options.js';
import { random } from '../src/random.js';
import type { Examples, Task } from '../src/task/task.js';
import { mildness } from './_internals/mildness.js';
import { outsideOf, type Outside } from './outside.js';
import { LISTED, type Example } from './_internals/pool.js';
import { staged } from './_internals/staged.js';
import { subsets } from './_internals/subsets.js';
import { ChosenTrial, seedOf, type Trial, type TrialDescription } from './trial.js';
import { DRAWS_OF_ALL, Normal, PairArbitrary, PairPool, type Places } from './_internals/trial-pairs.js';

export type { Trial, TrialDescription } from './trial.js';

/** What `trials` draws. */
export interface TrialsConstraints<I> extends Outside {
  /** the task */
  readonly on: Task<I>;
  /** with what components are replaced; each trial uses one of them. @defaultValue 'resample' */
  readonly by?: Ablation | readonly Ablation[] | undefined;
  /** fewest components at once. @defaultValue 1 */
  readonly minLength?: number | undefined;
  /** most components at once. @defaultValue all that may be intervened on */
  readonly maxLength?: number | undefined;
  /** inputs to choose from where the task is endless, or lists more than 10,000. @defaultValue 1000 */
  readonly pool?: number | undefined;
  /** true: a trial is about all the task's examples at once, each with a counterfactual of its own, drawn by seed. False: about one input. @defaultValue false */
  readonly whole?: boolean | undefined;
  /** what means are taken over. Inputs that are longer than all of these but themselves are left out: a mean would leave a part of them as it is. @defaultValue the inputs there are to choose from */
  readonly examples?: Examples<I> | undefined;
  /** seed of that pool. @defaultValue 0 */
  readonly seed?: number | undefined;
}

type Raw = [components: readonly Component[], by: number, places: Places];

/** Trials, with what a search needs beside random ones. */
export interface Trials<I> {
  readonly arbitrary: fc.Arbitrary<Trial<I>>;
  /** what may be intervened on */
  readonly free: readonly Component[];
  readonly by: readonly Ablation[];
  /** inputs that no trial is about and why, in sentences */
  readonly notes: readonly string[];
  /** Whether a trial about all the examples can be about this one. */
  serves(example: Example<I>): boolean;
  /** A trial of exactly these components, its input and counterfactual drawn by seed. */
  of(components: readonly Component[], by: Ablation, seed: number): Trial<I>;
  /**
   * All trials of exactly these components, each of which `of` draws equally often. Undefined where there are more than `most`, where they are not equally likely, or where the
   * inputs or counterfactuals are themselves drawn.
   */
  every(components: readonly Component[], by: Ablation, most: number): Trial<I>[] | undefined;
  /** @throws OptionError, InterventionError where the description is none of theirs */
  parse(description: TrialDescription): Trial<I>;
}

const keys = ['on', 'circuit', 'outside', 'over', 'by', 'minLength', 'maxLength', 'pool', 'whole', 'examples', 'seed'];

/**
 * Trials of a model by intervention outside its circuit. Shrinks to the fewest components (by halves at first, then one by one), then the mildest intervention
 * (mean, resample, zero), then the simplest input and counterfactual.
 * @throws OptionError, InterventionError; TaskError, when drawn, where no input has a counterfactual
 * @throws ImplementationError where there is nothing to intervene on
 */
export function trials<I>(model: Model, options: TrialsConstraints<I>): Trials<I> {
  checkKeys(options, keys, 'trials');
  const { on, minLength, maxLength, pool: size = 1000, seed = 0, whole = false, examples } = options;
  const given =
    options.by === undefined ? ['resample' as const] : typeof options.by === 'string' ? [options.by] : options.by;
  const by = mildness.filter((one) => given.includes(one));
  if (by.length !== new Set(given).size || by.length === 0)
    throw new OptionError({
      what: `components cannot be replaced by ${JSON.stringify(options.by)}`,
      where: 'trials.by',
      hint: `give one or several of ${mildness.join(', ')}`,
    });
  const free = outsideOf(model, options);
  const own = new Map(free.map((one) => [one.name, one]));
  const place = new Map(free.map((one, at) => [one, at]));
  const pairs = new PairPool(
    on,
    model,
    size,
    seed,
    by.some(resamples),
    by.some(needsReferences) ? { examples, sites: namedSites(model, sitesOf(free)) } : undefined,
    whole,
  );
  const places = whole
    ? new PairArbitrary(1, () => DRAWS_OF_ALL)
    : new PairArbitrary(pairs.pool.length, (base) => pairs.count(pairs.pool[base]!));

  const choices = { model, pairs, whole, place };
  const make = ([components, how, where]: Raw): Trial<I> => new ChosenTrial(choices, components, by[how]!, where);

  const raw = staged<Raw>(
    [subsets(free, minLength, maxLength) as fc.Arbitrary<readonly Component[]>, fc.nat(by.length - 1), places],
    () => [0, 1, 2],
  );
  // without resampling a source says nothing
  const normal = new Normal<Raw>(raw, ([components, how, [base, source]]) => [
    components,
    how,
    [base, resamples(by[how]!) ? source : 0],
  ]);
  const arbitrary = normal.map(make, (value) => {
    if (!(value instanceof ChosenTrial) || value.from !== choices) throw new Error('no trial of this model');
    const { components, by: how, where } = value as ChosenTrial<I>;
    return [components, by.indexOf(how), where];
  });

  return {
    arbitrary,
    free,
    by,
    notes: pairs.notes,
    serves: (example) => pairs.serves(example),
    of(components, how, drawn) {
      const stream = random(drawn, 'trial');
      if (whole) return make([components, by.indexOf(how), [0, stream.below(DRAWS_OF_ALL)]]);
      const base = stream.below(pairs.pool.length);
      return make([components, by.indexOf(how), [base, stream.below(pairs.count(pairs.pool[base]!))]]);
    },
    every(components, how, most) {
      const { pool } = pairs;
      const drawn =
        whole || on.size === undefined || on.size > LISTED || (resamples(how) && on.counterfactual !== undefined);
      if (drawn || pool.length > most) return undefined;
      const each = resamples(how) ? pairs.count(pool[0]!) : 1;
      if (pool.length * each > most || (resamples(how) && pool.some((base) => pairs.count(base) !== each)))
        return undefined;
      return pool.flatMap((_, base) =>
        Array.from({ length: each }, (_unused, source) => make([components, by.indexOf(how), [base, source]])),
      );
    },
    parse({ components: names, by: how, input, source }) {
      const wrong = (what: string): never => {
        throw new OptionError({ what, where: 'trial', hint: 'give the options that it was drawn with' });
      };
      if (!by.includes(how)) wrong(`"${String(how)}" is not allowed`);
      const components = names.map((name) => own.get(name) ?? wrong(`${name} may not be intervened on`));
      const at = source === undefined ? 0 : seedOf(source);
      const found: Places | undefined = !whole
        ? input === undefined
          ? undefined
          : pairs.find(input, source)
        : at === undefined
          ? undefined
          : [0, at];
      if (found === undefined) return wrong(`${String(input)} against ${String(source)} is no pair of inputs`);
      return make([components.toSorted((a, b) => place.get(a)! - place.get(b)!), by.indexOf(how), found]);
    },
  };
}
