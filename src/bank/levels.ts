/** The level of a bank: what so many runs can show. */
import { ImplementationError } from '../errors.js';
import { plural } from '../format.js';
import { membersFor, smallestP } from './conformal.js';

/** Fewer members than this are no bank: one more of the same would be called strange more often than once in nine. */
export const FEWEST_MEMBERS = 8;

/**
 * Members enough for the level that was asked for, and at least 8.
 * @param what the members are called, in the plural
 * @throws ImplementationError
 */
export function requireMembers(members: number, asked: number | undefined, what: string, where: string): void {
  const fewest = asked === undefined ? FEWEST_MEMBERS : membersFor(asked);
  if (members >= fewest) return;
  throw new ImplementationError({
    what:
      asked === undefined
        ? `${plural(members, 'model')} are too few ${what}: one more of the same would be the strangest in one of ${members + 1} cases`
        : `${plural(members, 'model')} are too few ${what}: the smallest p is 1/${members + 1}, and the level is ${asked}`,
    where,
    hint: `give at least ${fewest}; a level of 0.05 needs ${membersFor(0.05)}`,
  });
}

/**
 * The level that was asked for, or else alpha, or what so few members can show: 1 / (members + 1).
 * @throws as `requireMembers`
 */
export function levelOf(members: number, alpha: number, asked: number | undefined, what: string): number {
  requireMembers(members, asked, what, 'options.bank');
  return asked ?? Math.max(alpha, smallestP(members));
}
