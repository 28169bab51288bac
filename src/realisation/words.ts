/** Realisations in words: the lines that messages and reports print. */
import { number, percent, percentInterval, plural } from '../format.js';
import type { GroupEvidence, RealisationEvidence, StratumEvidence } from './evidence.js';

type Line = [label: string, value: string];

/** What variables are called that are replaced together. */
export const groupInWords = ({ variables, positions }: Pick<GroupEvidence, 'variables' | 'positions'>): string =>
  `${variables.length === 1 ? variables[0]! : 'several at once'}${positions === 'all' ? '' : ' at some positions'}`;

/** Variables in a message; a report has them all. */
const LISTED = 6;

const ORDER = { beyond: 0, open: 1, within: 2 };
const strataOf = ({ matters, rest }: GroupEvidence): StratumEvidence[] =>
  [matters, rest].filter((one) => one !== undefined);
const orderOf = (group: GroupEvidence): number => Math.min(3, ...strataOf(group).map((one) => ORDER[one.is]));
/** The interchange accuracy that a group is ordered by: where its variables matter. */
const accuracyOf = (group: GroupEvidence): number =>
  Math.min(1, ...strataOf(group).map(({ accuracy }) => accuracy.estimate));

/** What decides first, then what agrees least. */
export const groupsInOrder = (groups: readonly GroupEvidence[]): GroupEvidence[] =>
  groups.toSorted((a, b) => orderOf(a) - orderOf(b) || accuracyOf(a) - accuracyOf(b));

/** `96 % of all 120` */
const stratumInWords = (stratum: StratumEvidence): string =>
  stratum.exhaustive
    ? `${percent(stratum.accuracy.estimate)} of all ${stratum.tried}`
    : `${percentInterval(stratum.accuracy)} of ${stratum.tried}`;

function groupLine({ matters, rest }: GroupEvidence): string {
  if (matters === undefined && rest === undefined) return 'not tried';
  const right = [matters && `${stratumInWords(matters)} where it matters`, rest && `${stratumInWords(rest)} elsewhere`];
  const never = matters === undefined ? ['it never matters'] : [];
  return [`right in ${right.filter((one) => one !== undefined).join(', ')}`, ...never].join('; ');
}

/** Label and value, the deciding ones first. */
export function realisationLines({ groups, threshold, draws, rows, position, found }: RealisationEvidence): Line[] {
  const ordered = groupsInOrder(groups);
  return [
    ...ordered.slice(0, LISTED).map((group): Line => [groupInWords(group), groupLine(group)]),
    ...(ordered.length > LISTED ? [['variables', `${ordered.length - LISTED} more in the report`] as Line] : []),
    ['threshold', `${number(threshold)}, of the rate of disagreement`],
    ...(position === undefined ? [] : [['compared', `the output at position ${position}`] as Line]),
    ...(found?.variables ?? [])
      .slice(0, LISTED)
      .map(({ variable, parts }): Line => [`found ${variable}`, `in ${parts.join(', ')}`]),
    ...(found?.untrained
      ? [
          [
            'untrained',
            `${percent(found.untrained.accuracy)} right where it matters, of the variable that the same search finds best in it; at most ${percent(found.allowed)} is allowed`,
          ] as Line,
        ]
      : []),
    ['tried', `${plural(draws, 'interchange')}, ${number(rows)} forward rows`],
  ];
}
