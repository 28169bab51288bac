/**
 * The rule: from the evidence to one of three outcomes, with what was found as codes. docs/verdict.md states it in a
 * table; lab/simulations.md holds its measured error rates. The sentences are in `explain.ts`.
 */
import type { EnergyTest } from '../../statistics/energy.js';
import type { Policy, SideJudgement } from '../../statistics/judgement.js';
import type { Decision, Finding } from './findings.js';

/** With fewer implementations on a side "different" is never said: no permutation test reaches p <= 0.05 with 3 + 3. */
const FEWEST_TO_DIFFER = 4;

/** A kind of implementation that makes up this share of a set is missed by all draws with a probability of at most beta. */
const KIND = 1 / 3;

/**
 * With fewer implementations on a side "equivalent" is never said. No interval knows of implementations that were not drawn: a kind
 * that makes up a third of a set is missed by 8 draws with probability 0.04, by 4 with 0.20 (lab/simulations.md).
 */
const fewestToEquate = (beta: number): number => Math.ceil(Math.log(beta) / Math.log(1 - KIND) - 1e-9);

export interface Grounds {
  readonly policy: Policy;
  readonly m: readonly [number, number];
  readonly sides: readonly [SideJudgement, SideJudgement];
  readonly energy: EnergyTest;
  /** a difference that one set sees is enough */
  readonly oneSideSuffices: boolean;
}

type SideName = 'baseline' | 'candidate';
const sideNames = ['baseline', 'candidate'] as const;

/** How many implementations would bring this side's limit to the tolerance, its width shrinking as 1 / sqrt(m). */
function needed({ excess }: SideJudgement, m: number, margin: number): number {
  const log = (v: number): number => Math.log(Math.max(1 + v, 1e-9));
  const at = log(excess.estimate);
  const gap = Math.abs(at - log(margin));
  const half = excess.estimate <= margin ? log(excess.high) - at : at - log(excess.low);
  return half <= gap ? m : Math.ceil(m * (half / gap) ** 2);
}

const undecided = (findings: readonly Finding[]): Decision => ({
  outcome: 'undecided',
  failed: 'sufficiency not established',
  findings,
});

/** Applies the rule. */
export function decide({ policy, m, sides, energy, oneSideSuffices }: Grounds): Decision {
  const { margin, alpha } = policy;
  const toEquate = fewestToEquate(policy.beta);
  const fewest = Math.min(...m);
  const near = sides.every((s) => s.excess.high <= margin);
  const beyond = sides.map((s) => s.excess.low > margin);
  const far = beyond.every(Boolean);
  const significant = energy.p <= alpha + 1e-12;

  const perSide = (of: (side: SideJudgement, name: SideName, a: 0 | 1) => Finding | false): Finding[] =>
    sides.flatMap((side, a) => of(side, sideNames[a]!, a as 0 | 1) || []);
  const excessOf = (code: 'within-tolerance' | 'beyond-tolerance' | 'not-beyond-tolerance', a: number): Finding => ({
    code,
    side: sideNames[a]!,
    numbers: { tolerance: margin, excess: sides[a]!.excess },
  });
  /** Those sides that do not agree with themselves finely enough. */
  const noisy = (hold: (side: SideJudgement) => boolean): Finding[] =>
    perSide(
      (side, name, a) =>
        !hold(side) && {
          code: 'not-self-congruent',
          side: name,
          numbers: {
            tolerance: margin,
            noise: side.self.noise,
            needed: Math.ceil(m[a] * (side.self.noise / margin) ** 2),
          },
        },
    );

  const self = sides.every((s) => s.checks.selfCongruent);
  if (fewest >= toEquate && self && near && sides.every((s) => s.checks.powered))
    return {
      outcome: 'equivalent',
      findings: [
        excessOf('within-tolerance', 0),
        excessOf('within-tolerance', 1),
        ...(sides.some((s) => s.control === undefined) ? [{ code: 'no-control', numbers: {} } as const] : []),
      ],
    };

  const shows = sides.map((s, a) => beyond[a]! && s.excess.low > s.self.noise && s.checks.varied);
  if (fewest >= FEWEST_TO_DIFFER && significant && (shows.every(Boolean) || (oneSideSuffices && shows.some(Boolean)))) {
    const which = (a: number): Finding => excessOf(beyond[a] ? 'beyond-tolerance' : 'not-beyond-tolerance', a);
    return {
      outcome: 'different',
      failed: 'necessity violated',
      findings: [
        ...(beyond[0] ? [which(0), which(1)] : [which(1), which(0)]),
        { code: 'not-exchangeable', numbers: { p: energy.p } },
      ],
    };
  }

  if (fewest < FEWEST_TO_DIFFER)
    return undecided([{ code: 'too-few-to-decide', numbers: { counts: m, needed: toEquate } }]);

  // beyond the tolerance from one side, within it from the other, and surely apart: one set is broader than the other
  const high = sides.findIndex((s) => s.excess.estimate > margin);
  const low = sides.findIndex((s) => s.excess.estimate <= margin);
  if (near)
    return undecided([
      ...(fewest >= toEquate ? [] : [{ code: 'too-few-to-equate', numbers: { counts: m, needed: toEquate } } as const]),
      ...noisy((side) => side.checks.selfCongruent),
      ...perSide(
        (side, name) =>
          !side.checks.powered && {
            code: 'control-not-beyond',
            side: name,
            numbers: { tolerance: margin, ...(side.control && { excess: side.control }) },
          },
      ),
    ]);
  if (far || (oneSideSuffices && beyond.includes(true)))
    return undecided([
      ...(significant ? [] : [{ code: 'maybe-exchangeable', numbers: { p: energy.p, needed: 2 * fewest } } as const]),
      ...noisy((side) => side.excess.low <= margin || side.excess.low > side.self.noise),
      ...perSide(
        (side, name) =>
          side.excess.low > margin &&
          !side.checks.varied && {
            code: 'copies',
            side: name,
            numbers: { distance: side.siblings.estimate, copies: side.copies, resolution: policy.resolution },
          },
      ),
    ]);
  if (high >= 0 && low >= 0 && sides[high]!.excess.low > sides[low]!.excess.high && !oneSideSuffices)
    return undecided([
      {
        code: 'sides-disagree',
        side: sideNames[high]!,
        numbers: { tolerance: margin, excess: sides[high]!.excess, other: sides[low]!.excess },
      },
    ]);
  const open = sides.map(({ excess }) => excess.high > margin && excess.low <= margin);
  const count = Math.max(...sides.map((side, a) => (open[a] ? needed(side, m[a]!, margin) : 0)), fewest + 1, toEquate);
  return undecided([
    ...perSide(
      (side, name, a) =>
        open[a] === true && {
          code: 'too-uncertain',
          side: name,
          numbers: { tolerance: margin, excess: side.excess, needed: count },
        },
    ),
    ...noisy((side) => side.checks.selfCongruent),
  ]);
}
