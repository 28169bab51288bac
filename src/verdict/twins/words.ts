/** Twins in lines: the same in a matcher's message, the terminal and the reports. */
import { interval, number } from '../../format.js';
import { inputGroupsInWords } from '../input-groups-evidence.js';
import type { TwinsEvidence } from './evidence.js';

type Line = [label: string, value: string];

const short = (x: number): string => number(Number(x.toPrecision(2)));

/** The numbers that decide. */
export const twinKeyLines = ({ ratio, meanRatio, cosine, measure, control }: TwinsEvidence): Line[] => [
  ['twin ratio', `${interval(ratio)} (${measure}), ${interval(meanRatio)} of the means; derived: below 1`],
  ['response cosine', `${cosine ? interval(cosine) : 'nothing responds'}; derived: above 0.5`],
  ...(control
    ? [
        [
          'pairing ratio',
          `${interval(control.ratio)}, response cosine ${short(control.cosine)}, at random ${short(control.atRandom)}; derived: below 0.5`,
        ] as Line,
      ]
    : []),
];

/** Label and value, in the order a reader wants them. */
export function twinLines(twins: TwinsEvidence): Line[] {
  const { pairs, siblings, untouched, bySite, still, inputGroups } = twins;
  const sites = bySite.flatMap(({ site, cosine }) => (cosine === undefined ? [] : [`${site} ${short(cosine)}`]));
  return [
    ...twinKeyLines(twins),
    [
      'twins',
      `${number(twins.twins)} apart on average, ${number(untouched)} without interventions; within-model distance ${number(siblings[0])} and ${number(siblings[1])}`,
    ],
    [
      'interventions',
      `${pairs}, each on both models${still === 0 ? '' : `; ${still} of them ${still === 1 ? 'moves' : 'move'} neither`}`,
    ],
    ...(inputGroups ? [['other inputs', inputGroupsInWords(inputGroups)] as Line] : []),
    ...(sites.length > 1 ? [['cosine by site', sites.join(', ')] as Line] : []),
  ];
}
