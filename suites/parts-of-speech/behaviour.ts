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

/**
 * The share of the commonest, and in nats the loss of predicting each value by how often all values occur at the other places, where each counts once more, and what does not occur at all once.
 * The entropy of what is there is smaller, most of all for a few places: it predicts each by itself as well.
 */
export function spread<T>(values: readonly T[]): { readonly commonest: number; readonly byFrequency: number } {
  const counts = [...groupBy(values, (value) => value).values()].map((some) => some.length);
  const whole = values.length + counts.length;
  return {
    commonest: Math.max(0, ...counts) / values.length,
    // its own place less and one more: as often as it occurs
    byFrequency: -counts.reduce((sum, n) => sum + n * Math.log(n / whole), 0) / values.length,
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
export const wordsFault = (loss: number, byFrequency: number): string | undefined =>
  loss < byFrequency
    ? undefined
    : `it does not predict words: a loss of ${loss.toFixed(2)} nats, and how often words occur alone gives ${byFrequency.toFixed(2)}`;

/** What speaks against a tagger that names groups no better than by always naming the commonest. */
export function tagsFault(accuracy: number, readings: number, commonest: number): string | undefined {
  const { low } = wilson(Math.round(accuracy * readings), readings, 0.95);
  return low > commonest
    ? undefined
    : `it does not identify parts of speech: ${(100 * accuracy).toFixed(0)} % right, and the commonest group is ${(100 * commonest).toFixed(0)} %`;
}
