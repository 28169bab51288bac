/**
 * The values that a run of fast-check is going to generate, ahead of time: `fc.sample` with the same parameters draws from the same
 * random generator. Whether it did is checked for each value by the generator's state, so that a difference between versions of
 * fast-check, or a plugin that changes how values are made, costs time and never changes a result.
 */
import * as fc from 'fast-check';
import type { Candidate, Level } from './candidate.js';

interface Scouted<T> extends Candidate<T> {
  /** the generator's state just before this value; undefined for an example */
  readonly rng: fc.Random | undefined;
  readonly runId: number | undefined;
  /** made from `rng` when asked for */
  value: fc.Value<[T]> | undefined;
}

/** States to look ahead at least: they cost little, the values are made when they are asked for. */
const BLOCK = 32;

const sameState = (a: fc.Random, b: fc.Random): boolean => {
  const one = a.getState();
  const other = b.getState();
  return (
    one !== undefined && other !== undefined && one.length === other.length && one.every((word, i) => word === other[i])
  );
};

export class InitialLevel<T> implements Level<T> {
  private waiting: Scouted<T>[] = [];
  /** index of the next value to scout */
  private next: number;
  /** one past the last value that the runner will ask for */
  private end: number;
  private unbiased = false;

  /**
   * @param generate makes a value
   * @param parameters of the run, with its seed, merged with the global ones
   * @param size values to judge together at first
   */
  constructor(
    private readonly generate: (rng: fc.Random, runId: number | undefined) => fc.Value<[T]>,
    private readonly parameters: fc.Parameters<[T]>,
    public size: number,
  ) {
    const { path = '', numRuns = 100 } = parameters;
    // a path into the shrinks of a value has no initial values of its own
    this.next = path === '' ? 0 : Number(path.split(':')[0]);
    this.end = path.includes(':') ? this.next : this.next + numRuns;
  }

  /** A skipped value makes room for another one. */
  skipped(): void {
    this.end++;
  }

  private scout(n: number): void {
    if (!(n > 0)) return;
    // a sample starts from the seed and skips what was seen, so each is as long as all before it
    const count = Math.min(Math.max(n, BLOCK, this.next), this.end - this.next);
    if (!(count > 0)) return;
    const { examples = [], seed, randomType, unbiased } = this.parameters;
    const seen: { rng: fc.Random; runId: number | undefined }[] = [];
    const watch: fc.IRawProperty<[T], false> = {
      isAsync: () => false,
      generate(rng, runId) {
        seen.push({ rng: rng.clone(), runId });
        return nothing as fc.Value<[T]>;
      },
      shrink: () => fc.stream<fc.Value<[T]>>([].values()),
      run: () => null,
      runBeforeEach: () => undefined,
      runAfterEach: () => undefined,
    };
    fc.sample(watch, {
      examples,
      numRuns: count,
      path: String(this.next),
      ...(seed !== undefined && { seed }),
      ...(randomType !== undefined && { randomType }),
      unbiased: unbiased === true,
    });
    for (const example of examples.slice(this.next, this.next + count))
      this.waiting.push({ raw: example, level: this, rng: undefined, runId: undefined, value: undefined });
    for (const { rng, runId } of seen) this.waiting.push(this.lazily(rng, runId));
    this.next += count;
  }

  /** An entry whose value is made when it is first looked at. */
  private lazily(rng: fc.Random, runId: number | undefined): Scouted<T> {
    const make = (): fc.Value<[T]> => this.generate(rng.clone(), this.unbiased ? undefined : runId);
    return {
      level: this,
      rng,
      runId,
      value: undefined,
      get raw() {
        // oxlint-disable-next-line no-underscore-dangle -- what the runner hands to `run`
        return (this.value ??= make()).value_;
      },
    };
  }

  /** The value that the runner is generating now. */
  generated(
    rng: fc.Random,
    runId: number | undefined,
  ): { readonly entry: Candidate<T>; readonly value: fc.Value<[T]> } {
    if (runId === undefined && !this.unbiased) {
      // a plugin switched bias off: what was made with it is not what will be asked for
      this.unbiased = true;
      for (const entry of this.waiting) if (entry.rng) entry.value = undefined;
    }
    this.scout(1 - this.waiting.length);
    const at = this.waiting.findIndex(
      (entry) => entry.rng !== undefined && sameState(entry.rng, rng) && (this.unbiased || entry.runId === runId),
    );
    if (at >= 0) {
      const entry = this.waiting[at]!;
      this.waiting = this.waiting.slice(at + 1);
      void entry.raw;
      return { entry, value: entry.value! };
    }
    const value = this.generate(rng, runId);
    // oxlint-disable-next-line no-underscore-dangle -- what the runner hands to `run`
    return { entry: { raw: value.value_ }, value };
  }

  /** The example that the runner is running now, if it is one. */
  example(raw: [T]): Candidate<T> | undefined {
    this.scout(1 - this.waiting.length);
    const at = this.waiting.findIndex((entry) => entry.rng !== undefined || Object.is(entry.raw, raw));
    const entry = this.waiting[at];
    if (entry === undefined || entry.rng !== undefined) return undefined;
    this.waiting = this.waiting.slice(at + 1);
    return entry;
  }

  ahead(first: Candidate<T>, n: number): Candidate<T>[] {
    this.scout(n - 1 - this.waiting.length);
    return [first, ...this.waiting.slice(0, n - 1)].filter(({ known }) => known === undefined);
  }
}

const nothing = new fc.Value<unknown>(undefined, undefined);
