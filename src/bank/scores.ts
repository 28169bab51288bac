/** How strange each of several models is among the others, from the distances between all of them. */

/** Distances among the members of a bank, then the candidate, then what is to be stopped: row-major, symmetric. */
export interface BankDistances {
  readonly data: ArrayLike<number>;
  /** members of the bank */
  readonly members: number;
  /** changes that are to be stopped */
  readonly stop: number;
}

export interface Scores {
  readonly members: readonly number[];
  readonly candidate: number;
}

/** Of a recipe that has several ways of doing the task, another run has company in its own way only. Chosen on half of the calibration's networks (lab/bank.md). */
const NEAREST = 2;

/**
 * The mean distance of each to the two nearest others of the bank and the candidate. Where there are changes to be stopped: divided by that to the two nearest of these, so that what is near
 * the bank and nearer to them is strange as well; by no more than the median of all, so that what is far from both is strange, too.
 *
 * No model is treated otherwise than another, the candidate among them: what conformal p-values rest on.
 * @param resolution distances below it count as it
 */
export const accepted = (distances: BankDistances, resolution: number): Scores => {
  const { members, stop } = distances;
  return scores(distances, [...range(0, members), members], range(members + 1, stop), resolution);
};

/** The same the other way round: how strange each is among what is to be stopped. */
export const stopped = (distances: BankDistances, resolution: number): Scores => {
  const { members, stop } = distances;
  return scores(distances, [...range(members + 1, stop), members], range(0, members), resolution);
};

/** Of copies of one model, which is the first of the members: the distance to it. */
export function fromOriginal({ data, members, stop }: BankDistances): Scores {
  const side = members + 1 + stop;
  const to = (i: number): number => data[i * side]!;
  return { members: range(1, members - 1).map(to), candidate: to(members) };
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

function scores(
  { data, members, stop }: BankDistances,
  own: readonly number[],
  others: readonly number[],
  resolution: number,
): Scores {
  const side = members + 1 + stop;
  const near = (i: number, to: readonly number[]): number => {
    const nearest = to
      .map((j) => data[i * side + j]!)
      .sort((a, b) => a - b)
      .slice(0, NEAREST);
    return Math.max(nearest.reduce((sum, d) => sum + d, 0) / nearest.length, resolution);
  };
  const within = own.map((i) =>
    near(
      i,
      own.filter((j) => j !== i),
    ),
  );
  const beyond = others.length === 0 ? undefined : own.map((i) => near(i, others));
  // what is farther from them than is usual is not the less strange for it: it may be far from everything
  const usual = beyond?.toSorted((x, y) => x - y)[Math.floor(beyond.length / 2)] ?? 1;
  const all = within.map((d, at) => (beyond ? d / Math.min(beyond[at]!, usual) : d));
  return { members: all.slice(0, -1), candidate: all.at(-1)! };
}
