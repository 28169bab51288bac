/** One thing to try on a model: an input, the components intervened on, with what, from which counterfactual input. */
import * as fc from 'fast-check';
import { fixed, resamples, type Ablation } from '../src/circuit/ablations.js';
import { inWords, type Component } from '../src/circuit/component.js';
import type { Model } from '../src/model/model.js';
import type { Example } from './_internals/pool.js';
import { inputInWords } from './_internals/printed.js';
import { DRAWS_OF_ALL, type PairPool, type Places } from './_internals/trial-pairs.js';

/** Prints itself in words: `clock with blocks.0.attn.head.3 taken from [3, 5], on [1, 2]`. */
export interface Trial<I = unknown> {
  readonly description: string;
  readonly components: readonly Component[];
  readonly by: Ablation;
  /** the input that is run; undefined where all the examples are */
  readonly input: Example<I> | undefined;
  /** where the activations for an input come from; undefined for `mean` and `zero`, and where it has no counterfactual */
  source(input: Example<I>): Example<I> | undefined;
  /** equal for trials that do the same */
  readonly key: string;
  toJSON(): TrialDescription;
  toString(): string;
}

/** A trial as plain JSON, to keep and to read: `trials(...).parse` gives it back. */
export interface TrialDescription {
  readonly components: readonly string[];
  readonly by: Ablation;
  /** as it prints */
  readonly input?: string | undefined;
  /** as it prints; `seed 5` where every example has one of its own */
  readonly source?: string | undefined;
}

const SEED = 'seed ';

/** The seed that a description names; undefined for another text. */
export function seedOf(source: string): number | undefined {
  const seed = source.startsWith(SEED) ? Number(source.slice(SEED.length)) : NaN;
  return Number.isInteger(seed) && seed >= 0 && seed < DRAWS_OF_ALL ? seed : undefined;
}

/** What trials of a model choose from. */
export interface Choices<I> {
  readonly model: Model;
  readonly pairs: PairPool<I>;
  /** true: all the examples are run */
  readonly whole: boolean;
  /** of each component among those that may be intervened on */
  readonly place: ReadonlyMap<Component, number>;
}

/** A trial by its places. Its words and its key are made when they are asked for: of the trials of a search few are run and one is printed. */
export class ChosenTrial<I> implements Trial<I> {
  readonly input: Example<I> | undefined;
  readonly source: (input: Example<I>) => Example<I> | undefined;
  private made: string | undefined;

  constructor(
    readonly from: Choices<I>,
    readonly components: readonly Component[],
    readonly by: Ablation,
    readonly where: Places,
  ) {
    const { pairs, whole } = from;
    const pair = whole ? undefined : pairs.at(where);
    this.input = pair?.base;
    this.source = (input) => (!resamples(by) ? undefined : pair ? pair.source : pairs.drawn(input, where[1]));
  }

  get key(): string {
    const { components, by, where, from } = this;
    return (this.made ??= [
      by,
      components.map((one) => from.place.get(one)).join(' '),
      resamples(by) ? where.join(' ') : where[0],
    ].join('|'));
  }

  get description(): string {
    const { components, by, input, shown, from } = this;
    const replaced =
      shown !== undefined
        ? `taken from ${input ? '' : 'other inputs, '}${shown}`
        : fixed(by)!.state(components.length === 1 ? 'its' : 'their');
    return `${from.model.name} with ${inWords(components, from.model)} ${replaced}${input ? `, on ${inputInWords(input.input)}` : ''}`;
  }

  /** The counterfactual as it prints; where all the examples are run, the seed of theirs. */
  private get shown(): string | undefined {
    const { by, input, where } = this;
    if (!resamples(by)) return undefined;
    return input ? inputInWords(this.source(input)!.input) : `${SEED}${where[1]}`;
  }

  toJSON(): TrialDescription {
    const { components, by, input, shown } = this;
    return {
      components: components.map(({ name }) => name),
      by,
      ...(input && { input: inputInWords(input.input) }),
      ...(shown !== undefined && { source: shown }),
    };
  }

  toString(): string {
    return this.description;
  }

  [fc.toStringMethod](): string {
    return this.description;
  }
}
