/** The goals, each with what was measured and whether it is met. */
import type { Results, Row } from '../rows.js';
import { byRecipes, judgedOf, kindsOf, median, shareOf, share, tableOf, type KindRows, type Test } from './shares.js';

/** What is demanded of a kind. */
interface Goal {
  readonly says: string;
  readonly measured: string;
  readonly holds: boolean;
  /** more comparisons would not change the answer */
  readonly settled: boolean;
}

const is =
  (outcome: Row['outcome']): Test =>
  (row) =>
    row.outcome === outcome;

const percent = (rows: readonly Row[], test: Test): string => `${share(rows, test)} % of ${rows.length}`;

function atMost(limit: number, what: string, rows: readonly Row[], test: Test): Goal {
  const { estimate, low } = shareOf(rows, test);
  return {
    says: `${what}: at most ${100 * limit} %`,
    measured: percent(rows, test),
    holds: estimate <= limit,
    settled: low > limit,
  };
}

function atLeast(limit: number, what: string, rows: readonly Row[], test: Test): Goal {
  const { estimate, high } = shareOf(rows, test);
  return {
    says: `${what}: at least ${100 * limit} %`,
    measured: percent(rows, test),
    holds: estimate >= limit,
    settled: high < limit,
  };
}

function never(what: string, rows: readonly Row[], test: Test): Goal {
  const found = rows.filter(test).length;
  return { says: `${what}: never`, measured: `${found} of ${rows.length}`, holds: found === 0, settled: found > 0 };
}

/** Of false alarms also what is not seen in so many comparisons must be rare. */
function rare(limit: number, what: string, rows: readonly Row[], test: Test): Goal {
  const { low, high } = shareOf(rows, test);
  return {
    says: `${what}: upper limit at most ${100 * limit} %`,
    measured: percent(rows, test),
    holds: high <= limit,
    settled: low > limit,
  };
}

function medianDraws(most: number, rows: readonly Row[]): Goal {
  const draws = median(judgedOf(rows).map((row) => row.draws));
  return {
    says: `draws a side: median at most ${most}`,
    measured: String(draws),
    holds: draws <= most,
    settled: false,
  };
}

/** Largest upper limit of false alarms. */
const FALSE_ALARMS = 0.075;
const LIGHT = ['fine-tuned', 'pruned', '8 bits'];

function goalsOf(kind: KindRows): Goal[] {
  const { id, truth, rows } = kind;
  const refusal = truth === 'control' && !id.endsWith('unrefused');
  if (refusal) return [atLeast(1, 'refused', rows, is('refused'))];
  if (truth === 'control') return [never('equivalent', rows, is('equivalent'))];
  if (LIGHT.includes(id))
    return [
      atMost(0.05, 'undecided', rows, is('undecided')),
      medianDraws(12, rows),
      never('different', rows, is('different')),
    ];
  if (id === 'other recipe with bank') return [atLeast(0.95, 'different', rows, is('different'))];
  if (id === 'attention' || id === 'variable')
    return [
      ...byRecipes(kind).map(([recipes, own]) => atLeast(0.95, `different, ${recipes}`, own, is('different'))),
      never('equivalent', rows, is('equivalent')),
    ];
  if (truth === 'different')
    return [atLeast(0.95, 'different', rows, is('different')), never('equivalent', rows, is('equivalent'))];
  if (truth === 'same') return [rare(FALSE_ALARMS, 'different', rows, is('different'))];
  switch (id) {
    case 'imitating':
      return [
        never('equivalent', rows, is('equivalent')),
        atLeast(
          0.95,
          'not derived, or answering unlike',
          rows,
          ({ twins, response }) => twins === 'not derived' || response === 'unlike',
        ),
      ];
    case 'bent':
      return [
        never('different', rows, is('different')),
        atLeast(0.95, 'answering alike', rows, ({ response }) => response === 'alike'),
      ];
    case 'recipe with bank':
      return [atLeast(0.8, 'equivalent', rows, is('equivalent')), atMost(0.05, 'different', rows, is('different'))];
    default:
      return [];
  }
}

/** `open`: as many comparisons as were planned are not there yet, and those that are do not exclude the goal. */
const statusOf = ({ holds, settled }: Goal, complete: boolean): string =>
  !holds && (settled || complete) ? '**missed**' : complete ? 'met' : `open, so far ${holds ? 'met' : 'not met'}`;

export const goals = (results: Results): string =>
  tableOf(
    ['kind', 'goal', 'measured', ''],
    kindsOf(results).flatMap((kind) =>
      goalsOf(kind).map((goal) => [
        kind.words,
        goal.says,
        goal.measured,
        statusOf(goal, kind.rows.length >= kind.count),
      ]),
    ),
  );
