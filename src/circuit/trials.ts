/** Whether a model does its task with more or less of it patched, on as few inputs as tell. */
import type { Model } from '../model/model.js';
import { batchesCanBeParted, runExamples, type BatchInterventions, type ExampleRun } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import type { Cost, Guess } from './longest-prefix.js';

export interface TrialOptions {
  /** the model's clean logits, for a behaviour relative to them */
  readonly clean?: readonly Float32Array[] | undefined;
  /** sites to capture in runs over all inputs */
  readonly capture?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The share of the inputs that are asked first, at most: those that did worst in the first trial that has something to say of them, one that missed the threshold where answers are right or wrong. */
const HARD = 1 / 16;

/** Of so many inputs one is probed. */
const PROBED = 4;

/** What all inputs, and those that are asked first, are short of the best score in sum. */
interface Short {
  readonly all: number;
  readonly hard: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Trials of one draw with one model, by how much is patched. */
export class Trials<I> {
  /** none before there is something to go by; the same ones from the first trial on, so that what they said stays comparable, unless answers are right or wrong */
  private hard: readonly number[] = [];
  /** in the last run over all inputs */
  private short: Short = { all: 0, hard: 0 };
  /** what the inputs that are asked first were short of, by size */
  private readonly asked = new Map<number, number>();
  /** of each input, the most that it was short of the best score where that was learnt from */
  private readonly most = new Map<number, number>();
  /** whether they are among the inputs of a probe */
  private isProbed = false;
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
    this.canForecast = batchesCanBeParted(task, examples, model) && task.behaviour.best !== undefined;
    this.best = task.behaviour.best ?? 0;
  }

  /**
   * Asks the inputs that did worst; undefined before they are known. The others are taken to be short of the best score in the same proportion as in the last run over all.
   * Refuted is what misses the threshold even if every other input has the best score there is. A size is asked once.
   */
  async forecast(size: number, again = false): Promise<Guess | undefined> {
    const { task, examples, hard, short, best } = this;
    if (hard.length === 0 || (again && !this.asked.has(size))) return undefined;
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

  /** What a size seems to cost, by some of the inputs; given where every input has something to say of it. */
  get probe(): ((size: number) => Promise<Cost>) | undefined {
    const { behaviour } = this.task;
    if (!this.canForecast || behaviour.better === 'higher') return undefined;
    return async (size) => {
      const { model, task, examples } = this;
      const { clean, signal } = this.options;
      const some = [...examples.inputs.keys()].filter((at) => at % PROBED === 0);
      const run = await runExamples(model, task, examples, { patch: this.patchOf(size), some, clean, signal });
      const short = new Map(this.shortOf(run.scores).map((one, i) => [some[i]!, one]));
      this.learn(size, short, examples.inputs.length / some.length);
      return this.cost(run.score);
    };
  }

  /** Over all inputs. */
  async run(size: number): Promise<{ readonly cost: Cost; readonly run: ExampleRun }> {
    const { model, task, examples } = this;
    const run = await runExamples(model, task, examples, { ...this.options, patch: this.patchOf(size) });
    const cost = this.cost(run.score);
    if (this.canForecast) {
      // those of a probe are not the hardest of all; where answers are right or wrong, each miss may bring others
      if (this.isProbed || (cost > 1 && !this.probe)) this.hard = [];
      this.isProbed = false;
      if (cost > 1 || this.hard.length > 0 || this.probe)
        this.learn(size, new Map(this.shortOf(run.scores).entries()), 1);
    }
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

  /** @param times so many inputs there are for each of these */
  private learn(size: number, short: ReadonlyMap<number, number>, times: number): void {
    if (this.hard.length === 0) {
      this.asked.clear();
      for (const [at, own] of short) this.most.set(at, Math.max(this.probe ? 0 : (this.most.get(at) ?? 0), own));
      const most = (at: number): number => this.most.get(at)!;
      this.hard = [...short.keys()]
        .filter((at) => most(at) > 0)
        .toSorted((a, b) => most(b) - most(a))
        .slice(0, Math.ceil((this.probe ? HARD : 2 * HARD) * this.examples.inputs.length));
    }
    if (this.hard.length === 0) return;
    this.isProbed = times > 1;
    this.short = { all: times * sum([...short.values()]), hard: sum(this.hard.map((at) => short.get(at)!)) };
    this.asked.set(size, this.short.hard);
  }
}
