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

/** What some of the inputs say of so much patched. */
export interface Forecast {
  /** the threshold is missed on all inputs for certain: even if every other input had the best score there is */
  readonly refuted: boolean;
  /** whether it is likely to be met: the other inputs are taken to be short of the best score in the same proportion as in the last run over all */
  readonly likely: boolean;
}

/** Trials of one draw with one model, by how much is patched. */
export class Trials<I> {
  private hard: readonly number[] = [];
  /** of each input, the most that it was short of the best score when the threshold was missed */
  private loss: readonly number[] | undefined;
  /** what the inputs that are asked first were short of the best score, and all of them, in the last run over all */
  private short: { readonly hard: number; readonly all: number } | undefined;
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

  /** Asks the inputs that did worst when the threshold was missed; undefined before it was. */
  async forecast(size: number): Promise<Forecast | undefined> {
    const { model, task, examples, hard, short } = this;
    if (hard.length === 0) return undefined;
    const { clean, signal } = this.options;
    const { scores } = await runExamples(model, task, examples, {
      patch: this.patchOf(size),
      some: hard,
      clean,
      signal,
    });
    const all = examples.inputs.length;
    const best = task.behaviour.best!;
    const rest = (all - hard.length) * best;
    const refuted = !task.meets((scores.reduce((sum, one) => sum + one, 0) + rest) / all);
    if (refuted) return { refuted, likely: false };
    const now = scores.reduce((sum, one) => sum + Math.abs(one - best), 0);
    const expected = short && short.hard > 0 ? (now * short.all) / short.hard : now;
    const worse = task.behaviour.better === 'higher' ? -1 : 1;
    return { refuted, likely: task.meets(best + (worse * expected) / all) };
  }

  /** Over all inputs: undefined where the threshold is missed. */
  async run(size: number): Promise<ExampleRun | undefined> {
    const { model, task, examples } = this;
    const run = await runExamples(model, task, examples, { ...this.options, patch: this.patchOf(size) });
    const met = task.meets(run.score);
    if (this.canRefute) this.learn(run.scores, met);
    return met ? run : undefined;
  }

  private learn(scores: readonly number[], met: boolean): void {
    const best = this.task.behaviour.best!;
    // NaN is the worst there is
    const loss = scores.map((score) => (Number.isNaN(score) ? Number.MAX_VALUE : Math.abs(score - best)));
    if (!met) {
      const most = loss.map((own, at) => Math.max(this.loss?.[at] ?? 0, own));
      this.loss = most;
      this.hard = [...most.keys()]
        .filter((at) => most[at]! > 0)
        .toSorted((a, b) => most[b]! - most[a]!)
        .slice(0, Math.ceil(HARD * most.length));
    }
    const sum = (some: readonly number[]): number => some.reduce((total, at) => total + loss[at]!, 0);
    this.short = { hard: sum(this.hard), all: sum([...loss.keys()]) };
  }
}
