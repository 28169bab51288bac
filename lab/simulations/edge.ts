/** Error rates at the edge of the margin where they are largest: one side sees the edge, the other is far from it, so that both errors are those of one side. */
import { random } from '../../src/random.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { RunningTest } from '../../src/verdict/sequential/running-test.js';
import { untilCertain } from '../../src/verdict/sequential/sequential.js';
import { defaultPolicy as policy } from '../../src/verdict/rule/policy.js';
import { blockOf, stepsOf } from './steps.js';
import { draw, type Truth, type World } from './worlds.js';

export interface EdgeCell {
  readonly said: Record<Outcome, number>;
  /** the running test at its own edge, the share of triples that is one half as one side sees it: certain of "equivalent" just below it, of "different" just above it, at any time */
  readonly running: { equivalent: number; different: number };
  /** smallest tolerance that would have passed below the true excess; largest that would have differed above it */
  low: number;
  high: number;
  readonly draws: number[];
  readonly smallest: number[];
  /** true excess as each side sees it, of mean distances and of at least half of the triples */
  readonly mean: readonly [number, number];
  readonly share: readonly [number, number];
}

/** The tolerance that half of the triples are beyond, as either side sees it. Of twins, the stranger is the sibling's twin. */
export function sharesOf(world: World, shift: number, seed: number): [number, number] {
  const ratios: [number[], number[]] = [[], []];
  // distances vary the more, the fewer dimensions
  const triples = world.dimension <= 10 ? 200_000 : 20_000;
  for (let n = 0; n < triples; n++) {
    const { within1, within2, across } = draw(world, 2, shift, random(seed, `share ${world.name} ${n}`));
    ratios[0].push(across[1]! / within1[1]!);
    ratios[1].push(across[1]! / within2[1]!);
  }
  return ratios.map((all) => all.sort((a, b) => a - b)[all.length / 2]! - 1) as [number, number];
}

export async function edgeCell(
  world: World,
  truth: Truth,
  shift: number,
  repeats: number,
  budget: number,
  seed: number,
): Promise<EdgeCell> {
  const share = sharesOf(world, shift, seed);
  const cell: EdgeCell = {
    said: { equivalent: 0, different: 0, undecided: 0 },
    running: { equivalent: 0, different: 0 },
    low: 0,
    high: 0,
    draws: [],
    smallest: [],
    mean: [truth.excess(0, budget, shift), truth.excess(1, budget, shift)],
    share,
  };
  for (let n = 0; n < repeats; n++) {
    const all = draw(world, budget + 1, shift, random(seed, `edge ${world.name} ${shift} ${n}`));
    const { steps, drawn } = stepsOf(all, budget);
    const { judged, smallestMargin, largestMargin } = await untilCertain(steps);
    cell.said[judged.outcome]++;
    cell.draws.push(drawn() - 1);
    const below = new RunningTest(policy, Math.max(...share) - 1e-9, policy.resolution);
    const above = new RunningTest(policy, Math.min(...share) + 1e-9, policy.resolution);
    for (let count = 3; count <= budget + 1; count += 2)
      for (const test of [below, above]) test.observe(blockOf(all, count));
    if (below.certain === 'equivalent') cell.running.equivalent++;
    if (above.certain === 'different') cell.running.different++;
    cell.smallest.push(smallestMargin.margin ?? Infinity);
    if ((smallestMargin.margin ?? Infinity) < Math.max(...cell.mean)) cell.low++;
    if (largestMargin && largestMargin.margin! > Math.min(...cell.mean)) cell.high++;
  }
  cell.draws.sort((a, b) => a - b);
  cell.smallest.sort((a, b) => a - b);
  return cell;
}
