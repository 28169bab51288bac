/** What two models must agree on, and what they made of an input, in words. */
import { number } from '../../src/format.js';
import type { AnyTask } from '../../src/task/task.js';
import type { Agreement, Pair } from '../../search/differences.js';

export const pairLines = (
  { scores, answers, distance }: Pair,
  { behaviour }: AnyTask,
  names: readonly [string, string],
): string[] => [
  `${behaviour.name}: ${names[0]} ${number(scores[0])}, ${names[1]} ${number(scores[1])}`,
  `answers: ${names[0]} token ${answers[0]}, ${names[1]} token ${answers[1]}; probabilities up to ${number(distance)} apart`,
];

export const agreement = (what: Agreement, { behaviour }: AnyTask, tolerance: number): string =>
  what === 'answer'
    ? 'the same answer'
    : what === 'score'
      ? `the same ${behaviour.name}, within ${number(tolerance)}`
      : `the same probabilities, within ${number(tolerance)}`;
