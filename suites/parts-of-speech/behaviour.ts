/** How well a language model predicts words, and a tagger names groups: whoever does not do a task is not judged at it. */
import { argmax } from '../../src/argmax.js';
import type { Model } from '../../src/model/model.js';
import { mean } from '../../src/statistics/mean.js';
import { wilson } from '../../src/statistics/intervals.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { groupBy } from '../../src/group-by.js';
import type { Reading } from './readings.js';
import type { Tagger } from './taggers.js';
import { probabilities } from './task.js';

/** Of a slice's words a tagger must name the group of at least so many. */
export const NAMED = 0.5;

/** The share of the commonest, and the entropy in nats. */
export function spread<T>(values: readonly T[]): { readonly commonest: number; readonly entropy: number } {
  const shares = [...groupBy(values, (value) => value).values()].map((some) => some.length / values.length);
  return {
    commonest: Math.max(0, ...shares),
    entropy: -shares.reduce((sum, p) => sum + p * Math.log(p), 0),
  };
}

/** Mean loss in nats and accuracy of the next token. */
export async function predicted(
  model: Model,
  task: Task<Reading>,
  examples: Examples<Reading>,
  signal: AbortSignal | undefined,
): Promise<{ readonly loss: number; readonly accuracy: number }> {
  const { logits } = await runExamples(model, task, examples, { signal });
  const right = (i: number): number => examples.inputs[i]!.next;
  return {
    loss: mean(logits.map((row, i) => -Math.log(probabilities(row)[right(i)]!))),
    accuracy: mean(logits.map((row, i) => Number(argmax(row) === right(i)))),
  };
}

/** The share of words whose group a tagger names. */
export async function named(
  { model, answers }: Tagger,
  task: Task<Reading>,
  examples: Examples<Reading>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { logits } = await runExamples(model, task, examples, { signal });
  return mean(logits.map((row, i) => Number(answers[argmax(row)] === examples.inputs[i]!.group)));
}

/** What speaks against a language model that predicts no better than how often words occur. */
export const wordsFault = (loss: number, entropy: number): string | undefined =>
  loss < entropy
    ? undefined
    : `it does not predict words: a loss of ${loss.toFixed(2)} nats, and how often words occur alone gives ${entropy.toFixed(2)}`;

/** What speaks against a tagger that names groups no better than by always naming the commonest. */
export function tagsFault(accuracy: number, readings: number, commonest: number): string | undefined {
  const { low } = wilson(Math.round(accuracy * readings), readings, 0.95);
  return low > commonest
    ? undefined
    : `it does not identify parts of speech: ${(100 * accuracy).toFixed(0)} % right, and the commonest group is ${(100 * commonest).toFixed(0)} %`;
}
