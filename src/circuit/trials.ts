/** Whether a model does its task with more or less of it patched, on as few inputs as tell. */
import type { Model } from '../model/model.js';
import { batchesCanBeParted, runExamples, type BatchInterventions, type ExampleRun } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import type { Cost, Guess } from './longest-prefix.js';
import { inParts, joined, type Kind, type Part } from './parts.js';

export interface TrialOptions {
  /** the model's clean logits, for a behaviour relative to them */
  readonly clean?: readonly Float32Array[] | undefined;
  /** sites to capture in trials */
  readonly capture?: readonly string[] | undefined;
  /** given each trial that held, once all inputs were run */
  readonly held?: ((size: number, run: ExampleRun) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The share of the inputs that are asked first, at most: where answers are right or wrong, and of a loss. */
const HARD = { wrong: 1 / 8, loss: 1 / 16 };

/** Of so many inputs one is probed. */
const PROBED = 4;

/** What rounding may make of a mean of scores, as a share of it: nothing so near to the threshold is certain before all inputs are run. */
const ROUNDING = 1e-12;

/** What all inputs, and those that are asked first, are short of the best score in sum. */
interface Short {
  readonly all: number;
  readonly hard: number;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const one of values) total += one;
  return total;
};

/** Trials of one draw with one model, by how much is patched. */
export class Trials<I> {
  /** none before there is something to go by. Of a loss the same ones from the first trial on, so that what they said stays comparable */
  private hard: readonly number[] = [];
  /** in the last run over all inputs, or as far as one that stopped lets expect */
  private short: Short = { all: 0, hard: 0 };
  /** scores by size and input */
  private readonly known = new Map<number, Map<number, number>>();
  /** where answers are right or wrong: the smallest size at which an input was wrong */
  private readonly wrong = new Map<number, number>();
  /** of a loss: what each input was short of in the first run over all */
  private losses: readonly number[] | undefined;
  /** whether those asked first are among the inputs of a probe */
  private isProbed = false;
  /** the last trial that held: its size, and what was run of it if that was not all */
  private last:
    | { readonly size: number; readonly parts?: readonly Part[]; readonly left?: readonly number[] }
    | undefined;
  private readonly canForecast: boolean;
  private readonly count: number;
  private readonly kind: Kind;

  /** @param patchOf what so much of the draw is */
  constructor(
    private readonly model: Model,
    private readonly task: Task<I>,
    private readonly examples: Examples<I>,
    private readonly patchOf: (size: number) => BatchInterventions,
    private readonly options: TrialOptions,
  ) {
    this.count = examples.inputs.length;
    this.canForecast = batchesCanBeParted(task, examples, model) && task.behaviour.best !== undefined;
    this.kind = task.behaviour.better === 'higher' ? 'wrong' : 'loss';
  }

  /** Whether there is something to go by. */
  get isInformed(): boolean {
    return this.hard.length > 0;
  }

  /** Whether the last trial that held was of this size. */
  holds(size: number): boolean {
    return this.last?.size === size;
  }

  /**
   * Asks the inputs that did worst; undefined before they are known. The others are taken to be short of the best score in the same proportion as in the last run over all.
   * Refuted is what misses the threshold even if every other input has the best score there is. No input is asked twice.
   * @param again only what is known already
   */
  async forecast(size: number, again = false): Promise<Guess | undefined> {
    const { hard, short } = this;
    if (hard.length === 0) return undefined;
    const known = this.known.get(size);
    const some = known ? hard.filter((at) => !known.has(at)) : hard;
    if (some.length > 0 && again) return undefined;
    if (some.length > 0) await this.ask(size, some, []);
    const now = this.shortAt(size, hard);
    const expected = short.hard > 0 ? (now * short.all) / short.hard : now;
    return { refuted: this.isMissed(size), cost: this.costOf(expected) };
  }

  /** What a size seems to cost, by some of the inputs; given where every input has something to say of it. */
  get probe(): ((size: number) => Promise<Cost>) | undefined {
    if (!this.canForecast || this.kind === 'wrong') return undefined;
    return async (size) => {
      const some = [...this.examples.inputs.keys()].filter((at) => at % PROBED === 0);
      const { score } = await this.ask(size, some, []);
      if (this.hard.length === 0) {
        this.isProbed = true;
        this.hard = this.worst(size, some);
      }
      this.compare(size, (this.count / some.length) * this.shortAt(size, some));
      return this.cost(score);
    };
  }

  /** What a size seems to cost: by a probe where there is one, by all inputs where not. It may be far beyond what holds. */
  async seems(size: number): Promise<Cost> {
    return this.probe
      ? this.probe(size)
      : this.cost((await this.ask(size, [...this.examples.inputs.keys()], [])).score);
  }

  /**
   * Over as many inputs as it takes to be certain: those that did worst first, until the threshold is missed even if all others have the best score there is, or met even if they have the worst.
   * @returns where it stopped early, what all inputs are likely to cost
   */
  async run(size: number): Promise<Cost> {
    const { options } = this;
    const { hard, losses, kind, count } = this;
    const places = this.canForecast ? inParts(count, kind, hard, losses) : [[...this.examples.inputs.keys()]];
    const parts: Part[] = [];
    const ran: number[] = [];
    for (const [i, part] of places.entries()) {
      parts.push({ places: part, run: await this.ask(size, part, options.capture ?? []) });
      ran.push(...part);
      if (ran.length === this.count) break;
      const left = places.slice(i + 1).flat();
      if (this.isMissed(size)) {
        const expected = this.likely(size, ran, left);
        this.learn(size, expected, true);
        return Math.max(1 + Number.EPSILON, this.costOf(expected));
      }
      if (this.isMet(size)) {
        this.last = { size, parts, left };
        const expected = this.likely(size, ran, left);
        this.learn(size, expected, false);
        return Math.min(1, this.costOf(expected));
      }
    }
    const whole = joined(parts);
    const cost = this.cost(whole.score);
    if (this.canForecast) this.learn(size, this.shortAt(size, ran), cost > 1);
    if (cost <= 1) {
      this.last = { size };
      await options.held?.(size, whole);
    }
    return cost;
  }

  /** Runs what the last trial that held left out. */
  async finish(): Promise<void> {
    const { size, parts, left } = this.last ?? {};
    if (size === undefined || !parts || !left) return;
    const rest = { places: left, run: await this.ask(size, left, this.options.capture ?? []) };
    this.last = { size };
    await this.options.held?.(size, joined([...parts, rest]));
  }

  private async ask(size: number, some: readonly number[], capture: readonly string[]): Promise<ExampleRun> {
    const { model, task, examples, options } = this;
    const { clean, signal } = options;
    const run = await runExamples(model, task, examples, {
      patch: this.patchOf(size),
      capture,
      // all of them are one run
      some: some.length < this.count ? some : undefined,
      clean,
      signal,
    });
    const known = this.known.get(size) ?? new Map<number, number>();
    this.known.set(size, known);
    some.forEach((at, i) => known.set(at, run.scores[i]!));
    return run;
  }

  /** NaN is the worst there is. */
  private shortOf(score: number): number {
    return Number.isNaN(score) ? Number.MAX_VALUE : Math.abs(score - this.task.behaviour.best!);
  }

  private shortAt(size: number, some: Iterable<number>): number {
    const scores = this.known.get(size)!;
    return sum(Array.from(some, (at) => this.shortOf(scores.get(at)!)));
  }

  /** The mean score of all inputs if each that was not run has this one; sums of whole numbers have no rounding, others are moved by what it may come to. */
  private meanWith(size: number, others: number, towards: 1 | -1): number {
    const scores = this.known.get(size)!;
    const total = sum(scores.values()) + (this.count - scores.size) * others;
    const mean = total / this.count;
    const up = this.task.behaviour.better === 'higher' ? towards : -towards;
    return Number.isInteger(total) ? mean : mean + up * ROUNDING * Math.abs(mean);
  }

  /** The threshold cannot be met. */
  private isMissed(size: number): boolean {
    return this.known.has(size) && !this.task.meets(this.meanWith(size, this.task.behaviour.best!, 1));
  }

  /** The threshold cannot be missed. */
  private isMet(size: number): boolean {
    const { worst } = this.task.behaviour;
    return worst !== undefined && this.task.meets(this.meanWith(size, worst, -1));
  }

  private cost(score: number): Cost {
    const { threshold, behaviour } = this.task;
    const { best } = behaviour;
    const met = this.task.meets(score);
    if (best === undefined) return met ? 0 : Infinity;
    const allowed = Math.abs(('atLeast' in threshold ? threshold.atLeast : threshold.atMost) - best);
    if (!(allowed > 0)) return met ? 0 : Infinity;
    const share = Math.abs(score - best) / allowed;
    // what is a tie to rounding is decided by the task
    return met ? Math.min(1, share) : share > 1 ? share : Number.isNaN(share) ? Infinity : 1 + Number.EPSILON;
  }

  /** The same from what all inputs are short of. */
  private costOf(short: number): Cost {
    const { best, better } = this.task.behaviour;
    return this.cost(best! + ((better === 'higher' ? -1 : 1) * short) / this.count);
  }

  /** What all inputs are likely to be short of, from those that ran: of a loss, in proportion to the last run over all; otherwise the others are as those that ran and were not chosen. */
  private likely(size: number, ran: readonly number[], left: readonly number[]): number {
    const now = this.shortAt(size, ran);
    const { losses } = this;
    const before = losses && sum(ran.map((at) => losses[at]!));
    if (losses && before! > 0) return (now * sum(losses)) / before!;
    const hard = new Set(this.hard);
    const chance = ran.filter((at) => !hard.has(at));
    return chance.length === 0 ? now : now + (left.length * this.shortAt(size, chance)) / chance.length;
  }

  /** The inputs of some that did worst. */
  private worst(size: number, some: readonly number[]): readonly number[] {
    const scores = this.known.get(size)!;
    const short = (at: number): number => this.shortOf(scores.get(at)!);
    return some
      .filter((at) => short(at) > 0)
      .toSorted((a, b) => short(b) - short(a))
      .slice(0, Math.ceil(HARD[this.kind] * this.count));
  }

  /** @param all what all inputs are short of at this size */
  private learn(size: number, all: number, missed: boolean): void {
    const scores = this.known.get(size)!;
    if (this.kind === 'wrong') {
      for (const [at, score] of scores)
        if (this.shortOf(score) > 0) this.wrong.set(at, Math.min(size, this.wrong.get(at) ?? size));
      // what breaks an input early tells more than what does late
      if (missed)
        this.hard = [...this.wrong]
          .toSorted((a, b) => a[1] - b[1] || a[0] - b[0])
          .slice(0, Math.ceil(HARD.wrong * this.count))
          .map(([at]) => at);
    } else if (scores.size === this.count && (this.hard.length === 0 || this.isProbed)) {
      // those of a probe are not the hardest of all
      this.isProbed = false;
      this.losses = Array.from({ length: this.count }, (_, at) => this.shortOf(scores.get(at)!));
      this.hard = this.worst(size, [...scores.keys()]);
    }
    this.compare(size, all);
  }

  private compare(size: number, all: number): void {
    const scores = this.known.get(size)!;
    if (this.hard.every((at) => scores.has(at))) this.short = { all, hard: this.shortAt(size, this.hard) };
  }
}
