/** Conformal p-values: how strange one of several exchangeable things is among them (Vovk, Gammerman and Shafer 2005). Exact for any number of them, whatever their distribution. */
import { OptionError } from '../errors.js';

/** Scores that differ by no more than this share of the larger are equal: rounding must not make one of two copies the stranger. */
const ROUNDING = 1e-9;

const atLeast = (score: number, as: number): boolean =>
  score >= as - ROUNDING * Math.max(Math.abs(score), Math.abs(as));

/**
 * (1 + how many of the others are at least as strange) / (how many there are): a tie counts against the candidate's being strange.
 *
 * If the candidate and the members are exchangeable, and the scores treat all of them alike, it is at most `level` with a probability of at most `level`, for every level.
 * @param members scores of the bank, one at least
 * @throws OptionError for an empty bank, or a score that is no number
 */
export function conformalP(members: readonly number[], candidate: number): number {
  if (members.length === 0) throw new OptionError({ what: 'a p-value needs a bank of at least one', where: 'members' });
  if (![candidate, ...members].every((score) => Number.isFinite(score)))
    throw new OptionError({ what: 'a score of the bank is no finite number', where: 'members' });
  return (1 + members.filter((score) => atLeast(score, candidate)).length) / (members.length + 1);
}

/** The smallest p that a bank of this many can give. */
export const smallestP = (members: number): number => 1 / (members + 1);

/** How many members a level needs. */
export const membersFor = (level: number): number => Math.ceil(1 / level - 1 - 1e-9);

/**
 * The score that a candidate must be above for p to be at most the level: of so many members, the one that only so many are above.
 * @param level at least `smallestP`
 */
export function limitOf(members: readonly number[], level: number): number {
  // p <= level  <=>  at most floor(level (k + 1)) - 1 members are at least as strange
  const above = Math.floor(level * (members.length + 1) + 1e-9) - 1;
  return [...members].sort((a, b) => b - a)[Math.max(0, above)]!;
}
