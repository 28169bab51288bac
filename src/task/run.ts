/** Runs a model on examples: one batch per size of input, scores in the order of the examples. */
import { isTokens, lengthsOf, type ModelInput } from '../model/input.js';
import { requireModel } from '../model/is-model.js';
import type { Activation, Intervention, Model } from '../model/model.js';
import { passOf } from '../rows.js';
import { breathe } from '../signal.js';
import { rowOf } from './behaviour.js';
import type { Examples, Task } from './task.js';

/** What to change in one batch; `rows` are the indices of its inputs among the examples. */
export type BatchInterventions = (rows: readonly number[]) => readonly Intervention[];

/** One batch of inputs. */
export interface Batch {
  readonly rows: readonly number[];
  /** length of each row where they differ */
  readonly lengths: readonly number[] | undefined;
  readonly activations: ReadonlyMap<string, Activation>;
}

/** What a run over examples gave. */
export interface ExampleRun {
  /** the mean score */
  readonly score: number;
  /** of each example */
  readonly scores: readonly number[];
  /** logits at the behaviour's position, one row per example */
  readonly logits: readonly Float32Array[];
  readonly batches: readonly Batch[];
}

/** Options of `runExamples`. */
export interface ExampleRunOptions {
  /** sites to capture. @defaultValue none */
  readonly capture?: readonly string[] | undefined;
  /** the interventions of each batch. @defaultValue none */
  readonly patch?: BatchInterventions | undefined;
  /** the model's clean logits, for a behaviour that is relative to them. @defaultValue this run's own, which scores it as clean */
  readonly clean?: readonly Float32Array[] | undefined;
  /** places of the examples to run: logits and scores are theirs, in this order. @defaultValue all */
  readonly some?: readonly number[] | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs all examples and scores them.
 * @throws whatever the model throws, CancelledError, and OptionError for what is no model
 */
export async function runExamples<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  options: ExampleRunOptions = {},
): Promise<ExampleRun> {
  requireModel(model, 'what is to be run', 'runExamples');
  const logits: Float32Array[] = Array.from({ length: examples.inputs.length });
  const batches: Batch[] = [];
  const { inputs, groups } = task.encode(examples, model);
  const { position = -1 } = task.behaviour;
  const wanted = options.some && new Set(options.some);
  for (const group of groups) {
    const rows = wanted ? group.filter((row) => wanted.has(row)) : group;
    if (rows.length === 0) continue;
    await breathe(options.signal);
    const at = rows.map((row) =>
      typeof position === 'function' ? position(examples.inputs[row]!, model.tokenizer) : position,
    );
    const result = await passOf(options.signal, rows.length, () =>
      model.run(
        rows.map((row) => inputs[row]!),
        { capture: options.capture ?? [], interventions: options.patch?.(rows) ?? [], logits: at },
      ),
    );
    // copies: a view would keep the logits of the whole batch alive
    rows.forEach((row, i) => (logits[row] = rowOf(result.logits, i).slice()));
    batches.push({ rows, lengths: result.lengths, activations: result.activations });
  }
  const clean = options.clean ?? logits;
  const places = options.some ?? [...inputs.keys()];
  const scores = places.map((at) =>
    task.behaviour.score(logits[at]!, examples.inputs[at]!, clean[at]!, model.tokenizer),
  );
  const score = scores.reduce((sum, one) => sum + one, 0) / scores.length;
  return { score, scores, logits: options.some ? places.map((at) => logits[at]!) : logits, batches };
}

/** True where some inputs of a batch come out as they do in the whole of it. Padding goes by the longest of a batch: a part of one may be padded otherwise. */
export function batchesCanBeParted<I>(task: Task<I>, examples: Examples<I>, model: Model): boolean {
  const { inputs, groups } = task.encode(examples, model);
  return groups.every((rows) => {
    const batch = rows.map((row) => inputs[row]!);
    return !batch.every(isTokens) || lengthsOf(batch) === undefined;
  });
}

/**
 * Captures activations of other inputs in the examples' place, one of equal size for each: of counterfactuals. Behaviour is not looked at.
 * @throws whatever the model throws, and CancelledError
 */
export async function captureInputs<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  inputs: readonly ModelInput[],
  sites: readonly string[],
  signal?: AbortSignal,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (const rows of task.encode(examples, model).groups) {
    await breathe(signal);
    const { lengths, activations } = await passOf(signal, rows.length, () =>
      model.run(
        rows.map((row) => inputs[row]!),
        { capture: sites, logits: false },
      ),
    );
    batches.push({ rows, lengths, activations });
  }
  return batches;
}
