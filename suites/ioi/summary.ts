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

/** Models that were compared, in the order given. */
export const judgedOf = ({ models }: Result): readonly ModelResult[] =>
  models.filter(({ leftOut }) => leftOut === undefined);
