/** What stands out of all comparisons. */
import { wilson } from '../../src/statistics/intervals.js';
import type { Interval } from '../../src/interval.js';
import { mean } from '../../src/statistics/mean.js';
import type { ModelResult, PairResult, Result } from './result.js';

export interface Group {
  readonly name: string;
  readonly pairs: readonly PairResult[];
}

const familyOf = ({ models }: Result, name: string): string => models.find((one) => one.name === name)!.family;

/** Pairs by the families of their models. */
export function groupsOf(result: Result): Group[] {
  const within = (pair: PairResult): boolean => familyOf(result, pair.row) === familyOf(result, pair.column);
  return [
    { name: 'within a family', pairs: result.pairs.filter(within) },
    { name: 'across families', pairs: result.pairs.filter((pair) => !within(pair)) },
  ].filter(({ pairs }) => pairs.length > 0);
}

export interface Counted {
  readonly name: string;
  readonly count: number;
  readonly equivalent: number;
  readonly different: number;
  readonly undecided: number;
  readonly alike: number;
  /** share of pairs called equivalent, with Wilson's limits; pairs share models, which it does not know */
  readonly rate: Interval;
  readonly congruity: number;
  readonly code: number;
  readonly cka: number;
}

export function counted({ name, pairs }: Group): Counted {
  const of = (outcome: PairResult['outcome']): number => pairs.filter((pair) => pair.outcome === outcome).length;
  return {
    name,
    count: pairs.length,
    equivalent: of('equivalent'),
    different: of('different'),
    undecided: of('undecided'),
    alike: pairs.filter(({ response }) => response.outcome === 'alike').length,
    rate: wilson(of('equivalent'), pairs.length, 0.95),
    congruity: mean(pairs.map(({ congruity }) => congruity.estimate)),
    code: mean(pairs.map(({ code }) => code)),
    cka: mean(pairs.map(({ cka }) => cka)),
  };
}

export interface Surprise {
  readonly pair: PairResult;
  readonly why: string;
  readonly site: PairResult['sites'][number] | undefined;
  readonly kind: PairResult['kinds'][number] | undefined;
}

const extreme = <T>(of: readonly T[], value: (one: T) => number): T | undefined =>
  of.length === 0 ? undefined : of.reduce((most, one) => (value(one) > value(most) ? one : most));

/** Different within a family, or equivalent across: with the layers and the kind of prompt that carry it. */
export function surprises(result: Result): Surprise[] {
  return result.pairs.flatMap((pair): Surprise[] => {
    const same = familyOf(result, pair.row) === familyOf(result, pair.column);
    if (same && pair.outcome === 'different')
      return [
        {
          pair,
          why: 'different, of one family',
          site: extreme(pair.sites, ({ distance }) => distance),
          kind: extreme(pair.kinds, ({ cka }) => -cka),
        },
      ];
    if (!same && pair.outcome === 'equivalent')
      return [
        {
          pair,
          why: 'equivalent, of two families',
          site: extreme(pair.sites, ({ distance }) => -distance),
          kind: extreme(pair.kinds, ({ cka }) => cka),
        },
      ];
    return [];
  });
}

/** How often each of some things occurs, the most frequent first. */
function tallied(all: readonly (string | undefined)[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const one of all) if (one !== undefined) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

export interface Carriers {
  readonly why: string;
  readonly count: number;
  /** layers of the row's model, and how many of these verdicts each carries most */
  readonly sites: readonly (readonly [string, number])[];
  /** kinds of prompts, likewise */
  readonly kinds: readonly (readonly [string, number])[];
}

/** What surprising verdicts are carried by, all together. */
export function carriersOf(all: readonly Surprise[]): Carriers[] {
  return [...new Set(all.map(({ why }) => why))].map((why) => {
    const some = all.filter((one) => one.why === why);
    return {
      why,
      count: some.length,
      sites: tallied(some.map(({ site }) => site?.row)),
      kinds: tallied(some.map(({ kind }) => kind?.kind)),
    };
  });
}

/** Models that were compared, in the order given. */
export const judgedOf = ({ models }: Result): readonly ModelResult[] =>
  models.filter(({ leftOut }) => leftOut === undefined);
