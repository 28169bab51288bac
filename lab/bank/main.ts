/** How often a bank of runs is right about one more run: lab/bank.md. */
import { judgeBank } from '../../src/bank/judge.js';
import { levelOf } from '../../src/bank/levels.js';
import { measures, type MeasureName } from '../../src/measure/index.js';
import { random, type Random } from '../../src/random.js';
import { studentQuantile } from '../../src/statistics/distributions.js';
import { distancesOfRuns, recipes, type Distances, type Run } from './grams.js';

const SIZE = 8;
const BANKS = 5;
const TOLERANCE = 0.25;
const outcomes = ['equivalent', 'different', 'undecided'] as const;
type Outcome = (typeof outcomes)[number];

/** Whose runs are to be stopped: nobody's, those of the candidate's recipe (or, for a candidate of the bank's, of any other), two runs of each other recipe, or those of a third recipe. */
const stops = ['none', 'named', 'mixed', 'another'] as const;
type Stop = (typeof stops)[number];

const some = (stream: Random, from: readonly number[], count: number): number[] =>
  Array.from(stream.permutation(from.length).slice(0, count), (i) => from[i]!);

function judged(
  { runs, data }: Distances,
  measure: MeasureName,
  bank: readonly number[],
  candidate: number,
  stop: readonly number[],
): Outcome {
  const side = 2 * runs.length;
  const among = (last: number) => {
    const order = [...bank, last, ...stop];
    return {
      data: Float64Array.from(order.flatMap((i) => order.map((j) => data[i * side + j]!))),
      members: bank.length,
      stop: stop.length,
    };
  };
  return judgeBank({
    of: 'runs',
    distances: among(candidate),
    control: among(runs.length + candidate),
    names: [...bank, ...stop].map(String),
    levels: {
      accepted: levelOf(bank.length, 0.05, undefined, 'runs'),
      stop: stop.length > 0 ? levelOf(stop.length, 0.05, undefined, 'runs') : 0.05,
    },
    tolerance: TOLERANCE,
    resolution: measures[measure].resolution,
  }).outcome;
}

interface Row {
  readonly bank: string;
  readonly candidate: string;
  readonly stop: Stop;
  /** of each candidate run, how often each outcome came over the banks */
  readonly shares: readonly (readonly number[])[];
}

function rowsOf(distances: Distances, measure: MeasureName, half: number): Row[] {
  const stream = random(half, 'bank lab');
  const of = (recipe: string): number[] =>
    distances.runs.flatMap((run: Run, at) => (run.recipe === recipe && run.number % 2 === half ? [at] : []));
  return stops.flatMap((stop) =>
    recipes.flatMap((bank) =>
      recipes.map((from): Row => {
        const shares = of(from).map((candidate) => {
          const counts = [0, 0, 0];
          for (let b = 0; b < BANKS; b++) {
            const rest = (recipe: string): number[] => of(recipe).filter((at) => at !== candidate);
            const third = recipes.filter((recipe) => recipe !== bank && recipe !== from);
            const stopped = {
              none: () => [],
              named: () => some(stream, rest(from === bank ? third[stream.below(third.length)]! : from), SIZE),
              mixed: () =>
                recipes.filter((recipe) => recipe !== bank).flatMap((recipe) => some(stream, rest(recipe), SIZE / 4)),
              another: () => some(stream, rest(third[stream.below(third.length)]!), SIZE),
            }[stop]();
            const outcome = judged(distances, measure, some(stream, rest(bank), SIZE), candidate, stopped);
            counts[outcomes.indexOf(outcome)]! += 1 / BANKS;
          }
          return counts;
        });
        return { bank, candidate: from, stop, shares };
      }),
    ),
  );
}

/** Mean over candidates with its Student interval: banks of one candidate share it. */
function share(shares: readonly (readonly number[])[], which: number): string {
  const values = shares.map((one) => one[which]!);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
  const half = (studentQuantile(0.975, values.length - 1) * sd) / Math.sqrt(values.length);
  const percent = (x: number): string => String(Math.round(1000 * Math.min(1, Math.max(0, x))) / 10);
  return `${percent(mean)} [${percent(mean - half)}, ${percent(mean + half)}]`;
}

function table(rows: readonly Row[]): string {
  const line = (name: string, some: readonly Row[]): string => {
    const shares = some.flatMap((row) => row.shares);
    return `| ${name} | ${shares.length} | ${outcomes.map((_, o) => share(shares, o)).join(' | ')} |`;
  };
  return stops
    .flatMap((stop) => {
      const mine = rows.filter((row) => row.stop === stop);
      return [
        `\n### Stop: ${stop}\n`,
        '| bank, candidate | candidates | equivalent, % | different, % | undecided, % |',
        '| --- | --- | --- | --- | --- |',
        line(
          'one more run of the recipe',
          mine.filter((row) => row.bank === row.candidate),
        ),
        line(
          'a run of another recipe',
          mine.filter((row) => row.bank !== row.candidate),
        ),
        ...recipes.flatMap((bank) => [
          line(
            `${bank}, ${bank}`,
            mine.filter((row) => row.bank === bank && row.candidate === bank),
          ),
          line(
            `${bank}, another`,
            mine.filter((row) => row.bank === bank && row.candidate !== bank),
          ),
        ]),
      ];
    })
    .join('\n');
}

export async function main(
  folder: string,
  measure: MeasureName,
  symmetric: boolean,
  halves: readonly number[],
): Promise<void> {
  const distances = await distancesOfRuns(folder, measure, symmetric, (line) => console.error(line));
  for (const half of halves) {
    console.log(`\n## ${measure}, ${symmetric ? 'up to symmetries' : 'plain'}, ${half === 0 ? 'even' : 'odd'} runs`);
    console.log(table(rowsOf(distances, measure, half)));
  }
}
