/** Mean activations over reference inputs, kept by what these hold: they are asked for again with every implementation. */
import { exactKey } from '../exact-key.js';
import { InterventionError } from '../errors.js';
import { resized } from './crop.js';
import { bySize, copyOf, longestOf, type ModelInput } from './input.js';
import { isAlong, type SiteChange } from './interventions.js';
import type { Activation, Values } from './model.js';
import { entriesOf, entriesWithin } from '../shape.js';

/** Clean activations at some sites of a few rows of one size. */
export type Clean = (
  rows: readonly ModelInput[],
  sites: ReadonlySet<string>,
) => Promise<ReadonlyMap<string, Activation>>;

/** What a change by a mean puts in: [1, ...site]. */
export type MeanOf = (change: SiteChange) => Values;

/** Entries of means that a model keeps: 64 MiB. */
const KEPT = 2 ** 24;

/** A mean at a site, without a batch axis. */
interface Mean extends Values {
  /** 1 at entries that no reference has; undefined where each has one */
  readonly holes: Uint8Array | undefined;
}

/** Activations of one shape, summed. */
interface Sum {
  readonly shape: readonly number[];
  readonly sum: Float64Array;
  rows: number;
}

export class MeanActivations {
  private readonly known = new Map<string, Map<string, Mean>>();
  private entries = 0;

  /**
   * @param clean activations without interventions
   * @param rowsAtOnce reference inputs per call of `clean`
   */
  constructor(
    private readonly clean: Clean,
    private readonly rowsAtOnce: number,
  ) {}

  /**
   * The means that these changes use, computed where they are not known yet: of each entry over the references that have it. Summed in float64, whatever the chunks.
   * @throws InterventionError where a row has an entry that is to be replaced and that no reference has
   */
  async prepare(changes: readonly SiteChange[]): Promise<MeanOf> {
    const lists = new Map<
      readonly ModelInput[],
      { readonly key: string | undefined; readonly own: readonly ModelInput[]; readonly means: Map<string, Mean> }
    >();
    const missing = new Map<readonly ModelInput[], Set<string>>();
    for (const { by, site } of changes) {
      if (by.kind !== 'mean') continue;
      let list = lists.get(by.over);
      if (list === undefined) {
        const key = exactKey(by.over);
        const means = (key !== undefined && this.known.get(key)) || new Map<string, Mean>();
        // copies, because the caller may fill them anew while this runs
        list = { key, own: by.over.map(copyOf), means };
        lists.set(by.over, list);
      }
      if (!list.means.has(site.name)) missing.set(by.over, (missing.get(by.over) ?? new Set()).add(site.name));
    }
    for (const [over, sites] of missing) {
      const { key, own, means } = lists.get(over)!;
      const found = await this.meansOver(own, sites);
      for (const [site, mean] of found) means.set(site, mean);
      if (key !== undefined) this.keep(key, found);
    }
    const put = new Map<SiteChange, Values>();
    changes.forEach((change, at) => {
      if (change.by.kind === 'mean')
        put.set(change, fitted(lists.get(change.by.over)!.means.get(change.site.name)!, change, at));
    });
    return (change) => put.get(change)!;
  }

  private keep(key: string, found: ReadonlyMap<string, Mean>): void {
    const entries = [...found.values()].reduce((sum, { data }) => sum + data.length, 0);
    if (this.entries + entries > KEPT) {
      // they may be over inputs that nobody asks for any more
      this.known.clear();
      this.entries = 0;
    }
    this.entries += entries;
    this.known.set(key, new Map([...(this.known.get(key) ?? []), ...found]));
  }

  private async meansOver(over: readonly ModelInput[], sites: ReadonlySet<string>): Promise<Map<string, Mean>> {
    const sums = new Map<string, Map<string, Sum>>([...sites].map((site) => [site, new Map()]));
    for (const rows of bySize(over, (input) => input).values())
      for (let from = 0; from < rows.length; from += this.rowsAtOnce) {
        const some = rows.slice(from, from + this.rowsAtOnce);
        for (const [site, { data, shape }] of await this.clean(some, sites)) {
          const size = data.length / some.length;
          const own = shape.slice(1);
          const byShape = sums.get(site)!;
          const there = byShape.get(own.join('x')) ?? { shape: own, sum: new Float64Array(size), rows: 0 };
          for (let i = 0; i < data.length; i++) there.sum[i % size]! += data[i]!;
          there.rows += some.length;
          byShape.set(own.join('x'), there);
        }
      }
    return new Map([...sums].map(([site, byShape]) => [site, meanOf([...byShape.values()])]));
  }
}

/** The mean of each entry over the rows that have it. */
function meanOf(sums: readonly Sum[]): Mean {
  const [first] = sums;
  if (sums.length === 1)
    return {
      shape: first!.shape,
      data: Float32Array.from(first!.sum, (value) => value / first!.rows),
      holes: undefined,
    };
  const shape = first!.shape.map((_, axis) => longestOf(sums.map((one) => one.shape[axis]!)));
  const total = new Float64Array(entriesOf(shape));
  const counts = new Uint32Array(total.length);
  for (const { shape: own, sum, rows } of sums)
    entriesWithin(own, shape).forEach((to, from) => {
      total[to]! += sum[from]!;
      counts[to]! += rows;
    });
  const holes = counts.includes(0) ? Uint8Array.from(counts, (count) => Number(count === 0)) : undefined;
  return { shape, data: Float32Array.from(total, (value, i) => (counts[i] ? value / counts[i] : 0)), holes };
}

/** The part of a site's shape that a change reaches. */
function reached({ shape: [batch, ...sizes], selected, site, rows, lengths }: SiteChange): number[] {
  const longest =
    lengths && longestOf((rows ?? Array.from({ length: batch! }, (_, row) => row)).map((row) => lengths[row]!));
  return sizes.map((size, axis) => {
    const list = selected[axis];
    if (list !== undefined && list[0]! >= 0) return list.at(-1)! + 1;
    return longest !== undefined && isAlong(site.axes[axis]!) ? longest : size;
  });
}

/** A mean in the shape of a batch's rows. What lies beyond it is zero: nothing there is replaced. */
function fitted(mean: Mean, change: SiteChange, at: number): Values {
  const sizes = change.shape.slice(1);
  const box = reached(change);
  const { holes } = mean;
  if (
    box.some((size, axis) => size > mean.shape[axis]!) ||
    (holes && entriesWithin(box, mean.shape).some((entry) => holes[entry]))
  )
    throw new InterventionError({
      what: `by.over reaches no further than [${mean.shape.join(', ')}]${holes ? ', and not everywhere there' : ''}, the batch needs [${box.join(', ')}]`,
      where: `interventions[${at}], site ${change.site.name}`,
      hint: 'there is no mean where no reference has a value: give a reference input as long as the longest row',
    });
  const { shape, data } = resized(mean, sizes);
  return { shape: [1, ...shape], data };
}
