/** Responses in words: the lines that messages and reports print. */
import { interval, number, plural } from '../format.js';
import type { ResponseEvidence, RoleEvidence } from './evidence.js';

type Line = [label: string, value: string];

/** What a role is called: with the way of replacing it, where that is not the usual one. */
export const roleInWords = ({ role, by }: Pick<RoleEvidence, 'role' | 'by'>): string =>
  by === 'mean' ? `${role}, at its mean` : role;

/** Roles in a message; a report has them all. */
const LISTED = 4;

/** What decides first, then what is farthest apart. */
const ORDER = { unlike: 0, open: 1, alike: 2 };
export const rolesInOrder = (roles: readonly RoleEvidence[]): RoleEvidence[] =>
  roles.toSorted((a, b) => ORDER[a.is] - ORDER[b.is] || b.discrepancy.estimate - a.discrepancy.estimate);

/** Why a role cannot tell models apart. */
const untested = ({ effect, kept }: RoleEvidence): string =>
  kept !== undefined && kept.estimate < effect.estimate
    ? ', to those of the other input: it carries everything'
    : ', too little to tell models apart';

const roleLine = (role: RoleEvidence): string =>
  `${interval(role.discrepancy)} apart; replacing it moves answers by ${number(Number(role.effect.estimate.toFixed(3)))}${role.tested === 'no' ? untested(role) : ''}`;

/** Label and value, the deciding ones first. */
export function responseLines({ roles, untouched, draws, rows, margin }: ResponseEvidence): Line[] {
  const listed = rolesInOrder(roles);
  const lines = listed.slice(0, LISTED).map((one): Line => [roleInWords(one), roleLine(one)]);
  const none: Line = ['nothing replaced', `${interval(untouched.discrepancy)} apart`];
  return [
    ...(untouched.is === 'unlike' ? [none, ...lines] : [lines[0]!, none, ...lines.slice(1)]),
    ...(listed.length > LISTED ? [['roles', `${listed.length - LISTED} more in the report`] as Line] : []),
    ['tolerance', `${number(margin)}, of the mean total variation between answers`],
    ['drawn', `${plural(draws, 'pair')} of inputs, ${number(rows)} forward rows of both models`],
  ];
}

/** The role that decides, in one sentence. */
export function responseInWords(response: ResponseEvidence): string {
  const { roles, untouched, margin } = response;
  const [first] = rolesInOrder(roles) as [RoleEvidence];
  const what =
    untouched.is === 'unlike'
      ? `${interval(untouched.discrepancy)} apart without any intervention`
      : `${interval(first.discrepancy)} apart with ${roleInWords(first)} replaced, the farthest of ${plural(roles.length, 'role')}`;
  return `${response.outcome}: ${what}; tolerance ${number(margin)}`;
}
