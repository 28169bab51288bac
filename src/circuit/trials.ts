/** Whether a model does its task with more or less of it patched, on as few inputs as tell. */
import { isTokens, lengthsOf } from '../model/input.js';
import type { Model } from '../model/model.js';
import { runExamples, type BatchInterventions, type ExampleRun } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import type { Cost, Guess } from './longest-prefix.js';

export interface TrialOptions {
  /** the model's clean logits, for a behaviour relative to them */
  readonly clean?: readonly Float32Array[] | undefined;
  /** sites to capture in runs over all inputs */
  readonly capture?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The share of the inputs that are asked first, at most: those that the first trial to miss the threshold did worst on. */
const HARD = 1 / 8;

/** What all inputs, and those that are asked first, are short of the best score in sum. */
interface Short {
  readonly all: number;
  readonly hard: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Trials of one draw with one model, by how much is patched. */
export class Trials<I> {
  /** none before a trial missed the threshold; the same ones from then on, so that what they said stays comparable */
  private hard: readonly number[] = [];
  /** in the last run over all inputs */
  private short: Short = { all: 0, hard: 0 };
  /** what the inputs that are asked first were short of, by size */
  private readonly asked = new Map<number, number>();
  private readonly canForecast: boolean;
  private readonly best: number;

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
    this.canForecast = alike && task.behaviour.best !== undefined;
    this.best = task.behaviour.best ?? 0;
  }

  /**
   * Asks the inputs that did worst when the threshold was missed first; undefined before it was. The others are taken to be short of the best score in the same proportion as in the last run over all.
   * Refuted is what misses the threshold even if every other input has the best score there is. A size is asked once.
   */
  async forecast(size: number): Promise<Guess | undefined> {
    const { task, examples, hard, short, best } = this;
    if (hard.length === 0) return undefined;
    const now = this.asked.get(size) ?? (await this.ask(size));
    const worse = task.behaviour.better === 'higher' ? -1 : 1;
    const expected = short.hard > 0 ? (now * short.all) / short.hard : now;
    const all = examples.inputs.length;
    return { refuted: !task.meets(best + (worse * now) / all), cost: this.cost(best + (worse * expected) / all) };
  }

  private async ask(size: number): Promise<number> {
    const { model, task, examples, hard } = this;
    const { clean, signal } = this.options;
    const run = await runExamples(model, task, examples, { patch: this.patchOf(size), some: hard, clean, signal });
    const now = sum(this.shortOf(run.scores));
    this.asked.set(size, now);
    return now;
  }

  /** Over all inputs. */
  async run(size: number): Promise<{ readonly cost: Cost; readonly run: ExampleRun }> {
    const { model, task, examples } = this;
    const run = await runExamples(model, task, examples, { ...this.options, patch: this.patchOf(size) });
    const cost = this.cost(run.score);
    if (this.canForecast) this.learn(size, this.shortOf(run.scores), cost > 1);
    return { cost, run };
  }

  /** NaN is the worst there is. */
  private shortOf(scores: readonly number[]): number[] {
    return scores.map((score) => (Number.isNaN(score) ? Number.MAX_VALUE : Math.abs(score - this.best)));
  }

  private cost(score: number): Cost {
    const { threshold } = this.task;
    const allowed = Math.abs(('atLeast' in threshold ? threshold.atLeast : threshold.atMost) - this.best);
    const met = this.task.meets(score);
    // a behaviour that has no best score
    if (this.task.behaviour.best === undefined || !(allowed > 0)) return met ? 0 : Infinity;
    const share = Math.abs(score - this.best) / allowed;
    // what is a tie to rounding is decided by the task
    return met ? Math.min(1, share) : share > 1 ? share : Number.isNaN(share) ? Infinity : 1 + Number.EPSILON;
  }

  private learn(size: number, short: readonly number[], missed: boolean): void {
    if (missed && this.hard.length === 0)
      this.hard = [...short.keys()]
        .filter((at) => short[at]! > 0)
        .toSorted((a, b) => short[b]! - short[a]!)
        .slice(0, Math.ceil(HARD * short.length));
    if (this.hard.length === 0) return;
    this.short = { all: sum(short), hard: sum(this.hard.map((at) => short[at]!)) };
    this.asked.set(size, this.short.hard);
  }
}
