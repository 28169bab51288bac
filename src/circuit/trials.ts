/** Whether a model does its task with more or less of it patched, on as few inputs as tell. */
import { isTokens, lengthsOf } from '../model/input.js';
import type { Model } from '../model/model.js';
import { runExamples, type BatchInterventions, type ExampleRun } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';

export interface TrialOptions {
  /** the model's clean logits, for a behaviour relative to them */
  readonly clean?: readonly Float32Array[] | undefined;
  /** sites to capture in runs over all inputs */
  readonly capture?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The share of the inputs that are asked first, at most: those that trials did worst on. */
const HARD = 1 / 8;

/** Trials of one draw with one model, by how much is patched. */
export class Trials<I> {
  private hard: readonly number[] = [];
  /** of each input, the most that it was short of the best score when the threshold was missed */
  private loss: readonly number[] | undefined;
  private readonly canRefute: boolean;

  /** @param patchOf what so much of the draw is */
  constructor(
    private readonly model: Model,
    private readonly task: Task<I>,
    private readonly examples: Examples<I>,
    private readonly patchOf: (size: number) => BatchInterventions,
    private readonly options: TrialOptions,
  ) {
    const { inputs, groups } = task.encode(examples, model);
    // padding goes by the longest of a batch: a part of one may be padded otherwise
    const alike = groups.every((rows) => {
      const batch = rows.map((row) => inputs[row]!);
      return !batch.every(isTokens) || lengthsOf(batch) === undefined;
    });
    this.canRefute = alike && task.behaviour.best !== undefined;
  }

  /**
   * True where the threshold is missed on all inputs for certain: even if every other input had the best score there is. It asks those that did worst when the threshold was missed, and nothing
   * before it was.
   */
  async refutes(size: number): Promise<boolean> {
    const { model, task, examples, hard } = this;
    if (hard.length === 0) return false;
    const { clean, signal } = this.options;
    const { scores } = await runExamples(model, task, examples, {
      patch: this.patchOf(size),
      some: hard,
      clean,
      signal,
    });
    const all = examples.inputs.length;
    const best = (all - hard.length) * task.behaviour.best!;
    return !task.meets((scores.reduce((sum, one) => sum + one, 0) + best) / all);
  }

  /** Over all inputs: undefined where the threshold is missed. */
  async run(size: number): Promise<ExampleRun | undefined> {
    const { model, task, examples } = this;
    const run = await runExamples(model, task, examples, { ...this.options, patch: this.patchOf(size) });
    if (task.meets(run.score)) return run;
    if (this.canRefute) {
      const best = task.behaviour.best!;
      // NaN is the worst there is
      const loss = run.scores.map((score, at) =>
        Math.max(this.loss?.[at] ?? 0, Number.isNaN(score) ? Number.MAX_VALUE : Math.abs(score - best)),
      );
      this.loss = loss;
      this.hard = [...loss.keys()]
        .filter((at) => loss[at]! > 0)
        .toSorted((a, b) => loss[b]! - loss[a]!)
        .slice(0, Math.ceil(HARD * loss.length));
    }
    return undefined;
  }
}
