/** Mean activations over reference inputs, kept per reference array: they are asked for again with every implementation. */
import { crop } from './crop.js';
import { longestOf, type ModelInput } from './input.js';
import { isAlong, shapeAt, type Change } from './interventions.js';
import type { Activation, Axis, Values } from './model.js';
import { entriesOf } from './shape.js';

/** Clean activations at some sites of a few rows. With lengths, activations are padded with zeros to `padTo` positions. */
export type Clean = (rows: readonly ModelInput[], sites: ReadonlySet<string>, padTo: number | undefined) => Promise<ReadonlyMap<string, Activation>>;

export class Means {
  private readonly known = new WeakMap<readonly ModelInput[], Map<string, Values>>();

  /**
   * @param clean activations without interventions
   * @param rowsAtOnce reference inputs per call of `clean`
   */
  constructor(
    private readonly clean: Clean,
    private readonly rowsAtOnce: number,
  ) {}

  /** Computes every mean that these changes use and that is not known yet. Summed in float64, whatever the chunks. */
  async prepare(changes: readonly Change[]): Promise<void> {
    const missing = new Map<readonly ModelInput[], Map<string, Change>>();
    for (const change of changes) {
      const { by, site } = change;
      if (by.kind !== 'mean' || this.known.get(by.over)?.has(site.name)) continue;
      const there = missing.get(by.over) ?? new Map<string, Change>();
      missing.set(by.over, there.set(site.name, change));
    }
    for (const [over, sites] of missing) {
      const known = this.known.get(over) ?? new Map<string, Values>();
      for (const [site, values] of await this.meansOver(over, sites)) known.set(site, values);
      this.known.set(over, known);
    }
  }

  /** The mean for a change that was prepared: [1, ...site]. */
  of({ by, site, shape }: Change): Values {
    const mean = this.known.get((by as { over: readonly ModelInput[] }).over)!.get(site.name)!;
    const along = site.axes.findIndex(isAlong);
    if (along < 0) return mean;
    const own = crop({ shape: mean.shape.slice(1), data: mean.data }, site.axes, shape[along + 1]!);
    return { shape: [1, ...own.shape], data: own.data };
  }

  private async meansOver(over: readonly ModelInput[], sites: ReadonlyMap<string, Change>): Promise<Map<string, Values>> {
    const lengths = over.map((input) => (Array.isArray(input) ? input.length : 0));
    const longest = longestOf(lengths);
    const ragged = lengths.some((length) => length !== longest);
    const sums = new Map<string, { sum: Float64Array; shape: readonly number[] }>();
    for (let from = 0; from < over.length; from += this.rowsAtOnce) {
      const rows = over.slice(from, from + this.rowsAtOnce);
      const part = await this.clean(rows, new Set(sites.keys()), ragged ? longest : undefined);
      for (const [site, { data, shape }] of part) {
        const size = data.length / rows.length;
        const { sum } = sums.get(site) ?? { sum: new Float64Array(size) };
        for (let i = 0; i < data.length; i++) sum[i % size]! += data[i]!;
        sums.set(site, { sum, shape: [1, ...shape.slice(1)] });
      }
    }
    return new Map(
      [...sums].map(([name, { sum, shape }]) => {
        const { site } = sites.get(name)!;
        const counts = ragged ? countsOf(site.axes, shapeAt(site, longest), lengths) : undefined;
        return [name, { shape, data: Float32Array.from(sum, (value, i) => value / (counts ? counts[i]! : over.length)) }];
      }),
    );
  }
}

/** For each entry of a site, how many rows are long enough to have it. */
function countsOf(axes: readonly Axis[], shape: readonly number[], lengths: readonly number[]): Float64Array {
  const longer = Array.from({ length: longestOf(lengths) }, (_, position) => lengths.filter((length) => length > position).length);
  const counts = new Float64Array(entriesOf(shape));
  for (let at = 0; at < counts.length; at++) {
    let position = 0;
    let rest = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (isAlong(axes[axis]!)) position = Math.max(position, rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    counts[at] = longer[position]!;
  }
  return counts;
}
