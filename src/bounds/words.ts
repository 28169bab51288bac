/** Bounds in words: the same lines in a matcher's message and in reports. */
import { number, percent, plural } from '../format.js';
import type { BoundEvidence, BoundSide, Limits } from './evidence.js';

const limits = ({ low, high }: Limits): string =>
  high === undefined ? `at least ${number(low)}` : `${number(low)} to ${number(high)}`;

const side = ({ name, random, kept, tried, complete, radius, diameter, behaviour }: BoundSide, share: number): string =>
  `${complete ? `all ${plural(kept, 'implementation')}` : `${plural(random, 'random draw')}, ${kept} of ${tried} kept`}; ${complete ? 'all' : percent(share)} within ${limits(radius)} of ${name}, ${limits(diameter)} across; behaviour differs by up to ${number(behaviour)}`;

/** Label and value, in the order a reader wants them. */
export function boundLines(evidence: BoundEvidence): [label: string, value: string][] {
  const {
    measure,
    tolerance,
    share,
    alpha,
    distance,
    necessary,
    sufficient,
    originals,
    sides,
    nearest,
    farthest,
    errors,
    control,
  } = evidence;
  return [
    ['distance', `${limits(distance)} between the two sets (${measure}), tolerance ${number(tolerance)}`],
    ['necessary', `the sets are ${limits(necessary)} farther apart than they are wide`],
    ...(sufficient === undefined
      ? []
      : [
          ['sufficient', `at most ${number(sufficient)}, by the nearest pair and the larger set alone`] as [
            string,
            string,
          ],
        ]),
    ['models', `${number(originals)} apart themselves`],
    ['baseline', side(sides[0], share)],
    ['candidate', side(sides[1], share)],
    ['nearest', `${nearest.description.join(' and ')}: ${number(nearest.distance)} apart`],
    ['farthest', `${farthest.description.join(' and ')}: ${number(farthest.distance)} apart`],
    ['control', `inputs shuffled: ${number(control.distance)} apart, necessary condition ${number(control.necessary)}`],
    [
      'errors',
      `each distance ± ${number(errors.representation + errors.behaviour + errors.abstraction)}: representation ${number(errors.representation)}, behaviour ${number(errors.behaviour)}, abstraction ${number(errors.abstraction)}; certified to ${number(errors.numerical)}`,
    ],
    sides.every(({ complete }) => complete)
      ? ['is about', 'all members of both sets']
      : [
          'says nothing',
          `of the other ${percent(1 - share)} of a set that was sampled; each limit is wrong with probability ${number(alpha)} at most`,
        ],
  ];
}
