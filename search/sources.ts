/** Clean activations of the inputs that trials resample from, kept: the shrinks of a trial mostly share its counterfactual. */
import type { Component } from '../src/circuit/component.js';
import { isTokens, longestOf } from '../src/model/input.js';
import { shapeAt } from '../src/model/interventions.js';
import type { Model, RunResult, Values } from '../src/model/model.js';
import { crop } from '../src/model/crop.js';
import type { Examples, Task } from '../src/task/task.js';
import type { Example } from '../generators/_internals/pool.js';
import { entriesOf } from '../src/shape.js';

/** Bytes of activations kept. */
const KEPT = 128 * 2 ** 20;

/**
 * The sites to capture when the examples are run for the first time, so that what trials resample from costs no pass: all of these components where every
 * counterfactual is an example and their activations may be kept, else none.
 */
export function sitesToKeep<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  components: readonly Component[],
): string[] {
  const { inputs } = task.encode(examples, model);
  if (task.counterfactual !== undefined || task.size === undefined || task.size > inputs.length) return [];
  const names = new Set(components.map(({ site }) => site));
  const sites = model.sites.filter(({ name }) => names.has(name));
  // how large an activation is that follows an input is known beforehand for tokens only
  const length = inputs.every(isTokens) ? longestOf(inputs.map(({ length: own }) => own)) : undefined;
  if (length === undefined && sites.some(({ shape }) => shape.includes(-1))) return [];
  const bytes = 4 * inputs.length * sites.reduce((sum, site) => sum + entriesOf(shapeAt(site, length ?? 0)), 0);
  return bytes > KEPT ? [] : sites.map(({ name }) => name);
}

export class SourceActivations<I> {
  /** the least recently used first */
  private readonly known = new Map<I, Map<string, Values>>();
  private bytes = 0;
  /** of one input at one site, the largest seen */
  private largest = 0;
  /** by site, given back after a run and used again: fresh memory costs more than what is written into it. Not here while a run has it */
  private readonly scratch = new Map<string, Float32Array>();

  constructor(private readonly model: Model) {}

  /**
   * Captures what is missing, in one pass.
   * @param wanted inputs of one size, with the sites at which each is needed
   * @returns false where they are too many to keep: they must be resampled by the model itself; otherwise the passes it took
   */
  async prepare(wanted: ReadonlyMap<Example<I>, ReadonlySet<string>>): Promise<number | false> {
    const missing = [...wanted].filter(([{ input }, sites]) =>
      [...sites].some((site) => !this.known.get(input)?.has(site)),
    );
    for (const [{ input }] of wanted) this.touch(input);
    if (missing.length === 0) return 0;
    // all sites for all of them: which shrink will need which is not known yet
    const sites = [...new Set(missing.flatMap(([, some]) => [...some]))];
    if (missing.length * sites.length * this.largest > KEPT) return false;
    const captured = await this.model.run(
      missing.map(([{ encoded }]) => encoded),
      { capture: sites, logits: false },
    );
    // copies: views would keep the whole pass where one of its inputs is used on and on
    this.keep(
      missing.map(([{ input }]) => input),
      captured,
      true,
    );
    const used = new Set([...wanted].map(([{ input }]) => input));
    for (const [input, there] of this.known) {
      if (this.bytes <= KEPT) break;
      if (used.has(input)) continue;
      for (const { data } of there.values()) this.bytes -= 4 * data.length;
      this.known.delete(input);
    }
    return 1;
  }

  /** Keeps what a clean run of some inputs captured, and its arrays as long as any of them unless it is copied. */
  keep(inputs: readonly I[], { activations, lengths }: Pick<RunResult, 'activations' | 'lengths'>, copy = false): void {
    for (const [site, { shape, data }] of activations) {
      const size = data.length / inputs.length;
      const axes = lengths && this.model.sites.find(({ name }) => name === site)!.axes;
      inputs.forEach((input, row) => {
        const there = this.known.get(input) ?? new Map<string, Values>();
        if (there.has(site)) return;
        const part = data.subarray(row * size, (row + 1) * size);
        const whole = { shape: shape.slice(1), data: copy ? part.slice() : part };
        // as it would be alone
        const own = axes ? crop(whole, axes, lengths[row]!) : whole;
        there.set(site, own);
        this.largest = Math.max(this.largest, 4 * own.data.length);
        this.bytes += 4 * own.data.length;
        this.known.set(input, there);
      });
    }
  }

  private touch(input: I): void {
    const there = this.known.get(input);
    if (there === undefined) return;
    this.known.delete(input);
    this.known.set(input, there);
  }

  /**
   * The activations at a site for some rows of a batch; what is in the others is not defined. The caller's until it is given back.
   * @param sources of each row of the batch
   * @param rows those that they are wanted for, at least one
   */
  at(site: string, sources: readonly (Example<I> | undefined)[], rows: readonly number[]): Values {
    const of = (row: number): Values => this.known.get(sources[row]!.input)!.get(site)!;
    const { shape, data } = of(rows[0]!);
    const size = sources.length * data.length;
    let whole = this.scratch.get(site);
    this.scratch.delete(site);
    if (whole === undefined || whole.length < size) whole = new Float32Array(size);
    for (const row of rows) whole.set(of(row).data, row * data.length);
    return { shape: [sources.length, ...shape], data: whole.subarray(0, size) };
  }

  /** What `at` gave for a site, once the run is over. */
  giveBack(site: string, { data }: Values): void {
    this.scratch.set(site, new Float32Array((data as Float32Array).buffer));
  }
}
