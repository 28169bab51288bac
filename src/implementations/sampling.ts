/** How both sides of a comparison are drawn: together where their components correspond, each by itself where not. */
import * as z from 'zod';
import {
  correspondence,
  correspondenceWays,
  type ComponentMap,
  type Correspondence,
} from '../circuit/correspondence.js';
import { select } from '../circuit/component.js';
import { OptionError } from '../errors.js';
import { exactKey } from '../exact-key.js';
import { contentKey } from '../model/input.js';
import { random } from '../random.js';
import { resamples } from '../circuit/ablations.js';
import type { Plain } from '../schema.js';
import { CommonSampler } from './common.js';
import { Sampler } from './draw.js';
import type { Mispairable } from './mispaired.js';
import type { DrawOptions, SampleSource } from './samples.js';
import type { ImplementationSet, Interventions } from './set.js';

type Pair<T> = readonly [T, T];

export const commonSchema = z
  .union([
    z.strictObject({
      how: z.enum([...correspondenceWays, 'fingerprint']).describe('What says which component is which.'),
      components: z.int().describe('Pairs of components that correspond, of those that were searched.'),
      patchable: z.int().describe('Of these, the pairs that break neither model alone: draws patch from them.'),
    }),
    z.strictObject({ why: z.string().describe('Why each side was drawn by itself.') }),
  ])
  .describe('Whether one intervention served both sides.');

export type CommonEvidence = Plain<typeof commonSchema>;

/** Both sides of a comparison, drawn as far as is asked for. */
export interface Sampling {
  readonly sides: Pair<SampleSource>;
  /** true: draw w of one side and draw w of the other are twins, made by one intervention */
  readonly paired: boolean;
  /** given where they are: what can be asked with other components */
  readonly mispairable: Mispairable | undefined;
  /** given where both models are at hand */
  readonly together: CommonSampler | undefined;
  readonly common: CommonEvidence;
  /** draws until each side has so many implementations; false where a side has no more */
  fill(count: number): Promise<boolean>;
  /** makes the draws of these numbers, `from` the first and above 0, for the sake of what is kept of them, and adds none: for a comparison elsewhere that comes to them later */
  ahead(from: number, to: number): Promise<void>;
  /** @throws ImplementationError where too few draws were accepted to compare anything */
  require(count: number): void;
}

export interface SamplingOptions extends Omit<DrawOptions, 'seed' | 'searchSeed' | 'progress'> {
  readonly seed: number;
  /** `auto`: together where components correspond; false: each side by itself; a map: together, these being the components that correspond */
  readonly common: 'auto' | false | ComponentMap;
  /** share done of the search of each side */
  readonly progress: Pair<(done: number) => void>;
  /** told when a side's search is done, and how many components it leaves to be patched */
  readonly opened: (side: 0 | 1, patchable: number | undefined) => void;
}

const none = (why: string): Correspondence => ({ pairs: undefined, why });

const byIntervention = (set: ImplementationSet): set is ImplementationSet & { readonly interventions: Interventions } =>
  set.interventions !== undefined;

/** Which component of one set's model is which of the other's, if one intervention can serve both. */
function corresponding(sets: Pair<ImplementationSet>, map: ComponentMap | undefined): Correspondence {
  const other = sets.find((set) => !byIntervention(set));
  if (other) return none(`${other.description} is no set of interventions on one model`);
  const [first, second] = sets.map(({ interventions }) => interventions!) as [Interventions, Interventions];
  if (exactKey({ ...first }) !== exactKey({ ...second }))
    return none('the two sides are made by interventions of different kinds');
  const [a, b] = sets.map(({ original }) => original) as [(typeof sets)[0]['original'], (typeof sets)[0]['original']];
  const { outside, search } = first;
  if (outside === 'grow') return correspondence(a, b, { over: search.over, map });
  if (!Array.isArray(outside)) return none('what is patched is what one circuit leaves outside');
  const named = [a, b].map((model) => select(model, outside)) as [ReturnType<typeof select>, ReturnType<typeof select>];
  const over = [...new Set(named.flat().map(({ kind }) => `${kind}s`))].join('+');
  const found = correspondence(a, b, { over, map });
  if (!found.pairs) return found;
  const names = named.map((some) => new Set(some.map(({ name }) => name)));
  const pairs = found.pairs.filter((pair) => pair.some((one, side) => names[side]!.has(one.name)));
  const half = pairs.find((pair) => !pair.every((one, side) => names[side]!.has(one.name)));
  return half
    ? none(`${half[0].name} and ${half[1].name} correspond, and only one of them is to be patched`)
    : { ...found, pairs };
}

/** Which interventions serve both sides, for what is kept of a comparison: it does not follow from the models alone, as one that was made from another is known to be. */
export function commonKey(sets: Pair<ImplementationSet>, common: SamplingOptions['common']): readonly unknown[] {
  if (common === false) return [];
  const { pairs, why } = corresponding(sets, typeof common === 'object' ? common : undefined);
  return pairs ? pairs.map((pair) => pair.map(({ name }) => name)) : [why];
}

/** Each side by itself: independent draws, which share only the seed of the search. */
async function separately(
  sets: Pair<ImplementationSet>,
  { seed, progress, opened, ...options }: SamplingOptions,
  common: CommonEvidence,
): Promise<Sampling> {
  const sides: Sampler[] = [];
  for (const [i, set] of sets.entries()) {
    const side = i as 0 | 1;
    progress[side](0);
    sides.push(
      await Sampler.start(set, {
        ...options,
        seed: random(seed, side === 0 ? 'baseline' : 'candidate').below(0x7fffffff),
        searchSeed: searchSeed(seed),
        progress: progress[side],
      }),
    );
    opened(side, sides[side]!.searched?.patchable);
  }
  return {
    sides: sides as [Sampler, Sampler],
    paired: false,
    mispairable: undefined,
    together: undefined,
    common,
    async fill(count) {
      const full: boolean[] = [];
      for (const side of sides) full.push(await side.fill(count));
      return full.every(Boolean);
    },
    async ahead(from, to) {
      for (const side of sides) await side.ahead(from, to);
    },
    require: (count) => sides.forEach((side) => side.require(count)),
  };
}

/** Implementations a side whose Grams are also kept site by site. */
export const PER_SITE = 8;

export const searchSeed = (seed: number): number => random(seed, 'search').below(0x7fffffff);

/**
 * Opens both sides; nothing is drawn yet.
 * @throws OptionError for a map of components that cannot be; BehaviourError where a model is below the task's threshold
 */
export async function startSampling(sets: Pair<ImplementationSet>, options: SamplingOptions): Promise<Sampling> {
  const { common, task, examples, seed, ...rest } = options;
  const map = typeof common === 'object' ? common : undefined;
  if (common === false) return separately(sets, options, { why: 'it was asked for' });
  const found = corresponding(sets, map);
  if (!found.pairs && map)
    throw new OptionError({
      what: `the map of components is of no use: ${found.why}`,
      where: 'common',
      hint: 'leave it out, or compare two models',
    });
  if (!found.pairs) return separately(sets, options, { why: found.why });
  const { pairs, how } = found;
  const [first, second] = sets as Pair<ImplementationSet & { readonly interventions: Interventions }>;
  if (resamples(first.interventions.by)) {
    // one seed is to stand for one counterfactual of each input
    const [mine, theirs] = [first, second].map(({ original }) =>
      task.counterfactuals(examples, seed, original).map(contentKey),
    ) as [string[], string[]];
    if (mine.some((key, at) => key !== theirs[at]))
      return separately(sets, options, { why: 'the two models take other inputs for the same counterfactuals' });
  }
  const together = await CommonSampler.start([first, second], pairs, {
    ...rest,
    task,
    examples,
    seed: random(seed, 'common').below(0x7fffffff),
    searchSeed: searchSeed(seed),
  });
  if (!together) return separately(sets, options, { why: 'no component can be patched in both models' });
  return {
    sides: together.sides,
    paired: true,
    mispairable: together,
    together,
    common: { how, components: together.searched, patchable: together.pairs.length },
    fill: (count) => together.fill(count),
    ahead: (from, to) => together.ahead(from, to),
    require: (count) => together.require(count),
  };
}
