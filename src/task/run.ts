/** Runs a model on examples: one batch per length of input, scores in the order of the examples. */
import type { Activation, Intervention, Model, Tokens } from '../model/model.js';
import { checkSignal } from '../signal.js';
import { logitsAt } from './behaviour.js';
import type { Examples, Task } from './task.js';

/** What to change in one batch; `rows` are the indices of its inputs among the examples. */
export type Patch = (rows: readonly number[]) => readonly Intervention[];

/** One batch of inputs of equal length. */
export interface Batch {
  readonly rows: readonly number[];
  readonly activations: ReadonlyMap<string, Activation>;
}

export interface ExampleRun {
  /** the mean score */
  readonly score: number;
  /** logits at the behaviour's position, one row per example */
  readonly logits: readonly Float32Array[];
  readonly batches: readonly Batch[];
}

export interface ExampleRunOptions {
  readonly capture?: readonly string[] | undefined;
  readonly patch?: Patch | undefined;
  /** the model's clean logits, for a behaviour that is relative to them; default: this run's own, which scores it as clean */
  readonly clean?: readonly Float32Array[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs all examples and scores them.
 * @throws whatever the model throws, and CancelledError
 */
export async function runExamples<I>(model: Model, task: Task<I>, examples: Examples<I>, options: ExampleRunOptions = {}): Promise<ExampleRun> {
  const logits: Float32Array[] = Array.from({ length: examples.inputs.length });
  const batches: Batch[] = [];
  for (const rows of examples.groups) {
    checkSignal(options.signal);
    const tokens: Tokens[] = rows.map((row) => examples.tokens[row]!);
    const result = await model.run(tokens, { capture: options.capture ?? [], interventions: options.patch?.(rows) ?? [] });
    const read = logitsAt(result.logits, task.behaviour.position);
    // copies: a view would keep the logits of every position alive
    rows.forEach((row, i) => (logits[row] = read.row(i).slice()));
    batches.push({ rows, activations: result.activations });
  }
  const clean = options.clean ?? logits;
  let total = 0;
  examples.inputs.forEach((input, i) => (total += task.behaviour.score(logits[i]!, input, clean[i]!)));
  return { score: total / examples.inputs.length, logits, batches };
}
