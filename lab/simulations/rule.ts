/** Error rates and power of the rule itself: judge() on worlds whose answer is known. */
import { random } from '../../src/random.js';
import { judge } from '../../src/verdict/rule/judge.js';
import { defaultPolicy, resolvePolicy } from '../../src/verdict/rule/policy.js';
import { draw, type Truth, type World } from './worlds.js';

export interface Cell {
  readonly world: string;
  readonly m: number;
  readonly excess: number;
  readonly repeats: number;
  equivalent: number;
  different: number;
  undecided: number;
  /** permutation p at most 0.05 */
  significant: number;
  /** excess intervals (two a comparison) that hold the truth */
  covered: number;
  /** both sides' intervals beyond / within the margin: the rule without its other checks */
  near: number;
  far: number;
  /** "different" if, as for "equivalent", both sides' noise had to be within the margin */
  strictDifferent: number;
  /** sides (two a comparison) whose halves agree within the margin */
  selfCongruent: number;
  /** congruity above 0.9, above 0.8, strict score above 0.8, below 0.5: what a threshold on the score would say */
  congruity9: number;
  congruity8: number;
  strict8: number;
  meanCongruity: number;
  seconds: number;
}

export function runCell(
  world: World,
  truth: Truth | undefined,
  m: number,
  excess: number,
  repeats: number,
  seed: number,
  m2 = m,
): Cell {
  const policy = resolvePolicy({ bootstrap: 100 }); // the scores' bootstrap decides nothing: kept small for speed
  const shift = truth ? truth.shiftFor(excess, m) : 0;
  const goals = truth ? [0, 1].map((side) => truth.excess(side, m, shift)) : [NaN, NaN];
  const cell: Cell = {
    world: world.name,
    m,
    excess,
    repeats,
    equivalent: 0,
    different: 0,
    undecided: 0,
    significant: 0,
    covered: 0,
    near: 0,
    far: 0,
    strictDifferent: 0,
    selfCongruent: 0,
    congruity9: 0,
    congruity8: 0,
    strict8: 0,
    meanCongruity: 0,
    seconds: 0,
  };
  for (let n = 0; n < repeats; n++) {
    const blocks = draw(world, m, shift, random(seed, `rule ${world.name} ${m} ${excess} ${n}`), m2);
    const started = performance.now();
    const said = judge(blocks, policy, n);
    cell.seconds += (performance.now() - started) / 1000;
    cell[said.outcome]++;
    if (said.energy.p <= 0.05) cell.significant++;
    said.sides.forEach((side, a) => {
      if (side.excess.low <= goals[a]! && goals[a]! <= side.excess.high) cell.covered++;
      if (side.checks.selfCongruent) cell.selfCongruent++;
    });
    if (said.sides.every((s) => s.excess.high <= defaultPolicy.margin)) cell.near++;
    if (said.sides.every((s) => s.excess.low > defaultPolicy.margin)) cell.far++;
    if (said.outcome === 'different' && said.sides.every((s) => s.checks.selfCongruent)) cell.strictDifferent++;
    if (said.congruity.estimate >= 0.9) cell.congruity9++;
    if (said.congruity.estimate >= 0.8) cell.congruity8++;
    if (said.strictScore.estimate >= 0.8) cell.strict8++;
    cell.meanCongruity += said.congruity.estimate / repeats;
  }
  return cell;
}
