/** Clean activations of the inputs that trials resample from, kept: the shrinks of a trial mostly share its counterfactual. */
import type { Model, Values } from '../../src/model/model.js';
import type { Example } from '../pool.js';

/** Bytes of activations kept. */
const KEPT = 128 * 2 ** 20;

interface Captured {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export class SourceActivations<I> {
  /** the least recently used first */
  private readonly known = new Map<Example<I>, Map<string, Captured>>();
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
    const missing = [...wanted].filter(([input, sites]) => [...sites].some((site) => !this.known.get(input)?.has(site)));
    for (const [input] of wanted) this.touch(input);
    if (missing.length === 0) return 0;
    // all sites for all of them: which shrink will need which is not known yet
    const sites = [...new Set(missing.flatMap(([, some]) => [...some]))];
    if (missing.length * sites.length * this.largest > KEPT) return false;
    const { activations } = await this.model.run(
      missing.map(([{ encoded }]) => encoded),
      { capture: sites, logits: false },
    );
    for (const [site, { shape, data }] of activations) {
      const size = data.length / missing.length;
      this.largest = Math.max(this.largest, 4 * size);
      missing.forEach(([input], row) => {
        const there = this.known.get(input) ?? new Map<string, Captured>();
        if (!there.has(site)) this.bytes += 4 * size;
        there.set(site, { shape: shape.slice(1), data: data.slice(row * size, (row + 1) * size) });
        this.known.set(input, there);
      });
    }
    for (const [input, there] of this.known) {
      if (this.bytes <= KEPT) break;
      if (wanted.has(input)) continue;
      for (const { data } of there.values()) this.bytes -= 4 * data.length;
      this.known.delete(input);
    }
    return 1;
  }

  private touch(input: Example<I>): void {
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
    const of = (row: number): Captured => this.known.get(sources[row]!)!.get(site)!;
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
