/** Distances at each site alone, over the first few implementations of each side and one split: where two models part, and which sites are worth a closer look. */
import type { MeasureName } from '../measure/index.js';
import { traceOf } from '../representation/gram.js';
import { means } from './cut.js';
import type { Draws } from './draw.js';
import type { Evidence } from './evidence.js';
import { measureOf } from './measuring.js';

export interface BySiteOptions {
  readonly seed: number;
  readonly relabellings: readonly Uint32Array[];
  /** of a measure: siblings nearer than this count as this far apart */
  readonly resolution: (which: MeasureName) => number;
  readonly signal?: AbortSignal | undefined;
}

type Means = ReturnType<typeof means>;

/** Asked once everything is drawn; each site is measured once. */
export class BySite {
  private readonly known = new Map<string, Means | undefined>();

  constructor(
    private readonly sides: readonly [Draws, Draws],
    private readonly options: BySiteOptions,
  ) {}

  /** None where the names of the two sides differ: sites of two architectures need not correspond, and then there is nothing to set side by side. */
  get sites(): readonly string[] {
    const [first, second] = this.sides.map(({ sites }) => sites) as [readonly string[], readonly string[]];
    return first.length === second.length && first.every((site, s) => site === second[s]) ? first : [];
  }

  /** Undefined where some implementation does not vary there (an attention-free position, say): it has no distance. */
  async at(which: MeasureName, s: number): Promise<Means | undefined> {
    const key = `${which} ${s}`;
    if (!this.known.has(key)) this.known.set(key, await this.measure(which, s));
    return this.known.get(key);
  }

  private async measure(which: MeasureName, s: number): Promise<Means | undefined> {
    const { seed, relabellings, resolution, signal } = this.options;
    const some = this.sides.map(({ drawn }) => drawn.flatMap(({ siteGrams }) => siteGrams?.[s] ?? []));
    const all = some.flat();
    if (all.some((gram) => traceOf(gram) === 0)) return undefined;
    const { data } = await measureOf(which, relabellings).distances(all, { seed, splits: 1, distinct: true, ...(signal && { signal }) });
    return means(data, all.length, some[0]!.length, some[1]!.length, resolution(which));
  }

  /**
   * Whether strangers look farther than the margin allows at a site, under some measure.
   * @param either one set is enough; otherwise both must see it
   */
  async beyond(measures: readonly MeasureName[], s: number, margin: number, either: boolean): Promise<boolean> {
    for (const which of measures) {
      const found = await this.at(which, s);
      if (found && (either ? Math.max(...found.excess) : Math.min(...found.excess)) > margin) return true;
    }
    return false;
  }

  /** The site where strangers are farthest beyond siblings first. */
  async evidence(which: MeasureName): Promise<Evidence['bySite']> {
    const rows: Evidence['bySite'][number][] = [];
    for (const [s, site] of this.sites.entries()) {
      const found = await this.at(which, s);
      if (found) rows.push({ site, siblings: found.siblings, strangers: found.strangers, excess: Math.min(...found.excess) });
    }
    return rows.sort((a, b) => b.excess - a.excess);
  }
}
