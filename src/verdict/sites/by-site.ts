/** Distances at each site alone, over the first few implementations of each side and one split: where two models part, which sites are worth a closer look, and at which siblings say nothing. */
import { copyLimit } from '../../measure/copies.js';
import { measures, type MeasureName } from '../../measure/index.js';
import { traceOf, type Gram } from '../../representation/gram.js';
import { means } from '../cut.js';
import type { SampleSource } from '../../implementations/samples.js';
import type { Evidence } from '../evidence.js';

export interface BySiteOptions {
  readonly seed: number;
  /** true: the two sides are twins, draw for draw */
  readonly paired?: boolean | undefined;
  /** of a measure: siblings nearer than this count as this far apart */
  readonly resolution: (which: MeasureName) => number;
  readonly signal?: AbortSignal | undefined;
}

interface Found extends ReturnType<typeof means> {
  /** of each side, how far apart siblings are at most, on average, where they are copies of each other */
  readonly copies: readonly [number, number];
}

/** Each site is measured once, as long as no more of the first few implementations are drawn. */
export class BySite {
  private readonly known = new Map<string, Found | undefined>();

  constructor(
    private readonly sides: readonly [SampleSource, SampleSource],
    private readonly options: BySiteOptions,
  ) {}

  /** None where the names of the two sides differ, or of one side's implementations: sites of two architectures need not correspond, and then there is nothing to set side by side. */
  get sites(): readonly string[] {
    if (!this.sides.every(({ sameSites }) => sameSites)) return [];
    const [first, second] = this.sides.map(({ sites }) => sites) as [readonly string[], readonly string[]];
    return first.length === second.length && first.every((site, s) => site === second[s]) ? first : [];
  }

  /** Undefined where some implementation does not vary there (an attention-free position, say): it has no distance. */
  async at(which: MeasureName, s: number): Promise<Found | undefined> {
    // those drawn until now
    const key = [which, s, ...this.some(s).map(({ length }) => length)].join(' ');
    if (!this.known.has(key)) this.known.set(key, await this.measure(which, s));
    return this.known.get(key);
  }

  private some(s: number): Gram[][] {
    return this.sides.map(({ drawn }) => drawn.flatMap(({ siteGrams }) => siteGrams?.[s] ?? []));
  }

  private async measure(which: MeasureName, s: number): Promise<Found | undefined> {
    const { seed, resolution, paired, signal } = this.options;
    const some = this.some(s);
    const all = some.flat();
    if (all.some((gram) => traceOf(gram) === 0)) return undefined;
    const { data, copies } = await measures[which].distances(all, {
      seed,
      splits: 1,
      distinct: true,
      ...(signal && { signal }),
    });
    const [m1, m2] = [some[0]!.length, some[1]!.length];
    const unit = resolution(which);
    return {
      ...means(data, all.length, m1, m2, unit, paired),
      copies: [copyLimit(copies?.slice(0, m1), unit), copyLimit(copies?.slice(m1), unit)],
    };
  }

  /**
   * Whether siblings say nothing at a site: they are copies of each other there, as in front of everything that is intervened on, so that any second model looks far away beside them.
   * Asked of siblings only, never of strangers: what is left out by it leaves the errors of what is looked at alone (docs/statistics.md).
   * @param oneSideSuffices one set is enough to show a difference, so that one whose siblings vary is enough to compare with; otherwise both must
   */
  async still(which: MeasureName, s: number, oneSideSuffices: boolean): Promise<boolean> {
    const found = await this.at(which, s);
    if (found === undefined) return false;
    const copies = found.siblings.map((siblings, a) => siblings < found.copies[a]!);
    return oneSideSuffices ? copies.every(Boolean) : copies.some(Boolean);
  }

  /** Of all sites those at which siblings say nothing under any of the measures. */
  async stillUnder(measures: readonly MeasureName[], oneSideSuffices: boolean): Promise<ReadonlySet<number>> {
    const found = new Set<number>();
    for (const s of this.sites.keys()) {
      let all = true;
      for (const which of measures) all &&= await this.still(which, s, oneSideSuffices);
      if (all) found.add(s);
    }
    return found;
  }

  /** Whether strangers are no copies of each other at a site. True where that is not known: the sites of the two sides have other names, or have no distance. */
  async apart(which: MeasureName, site: string): Promise<boolean> {
    const s = this.sites.indexOf(site);
    const found = s < 0 ? undefined : await this.at(which, s);
    return found === undefined || found.strangers >= Math.min(...found.copies);
  }

  /**
   * Whether strangers look farther than the margin allows at a site, under some measure.
   * @param oneSideSuffices one set is enough; otherwise both must see it
   */
  async beyond(
    measures: readonly MeasureName[],
    s: number,
    margin: number,
    oneSideSuffices: boolean,
  ): Promise<boolean> {
    for (const which of measures) {
      const found = await this.at(which, s);
      if (found && (oneSideSuffices ? Math.max(...found.excess) : Math.min(...found.excess)) > margin) return true;
    }
    return false;
  }

  /** The site where strangers are farthest beyond siblings first; those where siblings say nothing apart. */
  async evidence(which: MeasureName, oneSideSuffices: boolean): Promise<Pick<Evidence, 'bySite' | 'still'>> {
    const rows: Evidence['bySite'][number][] = [];
    const still: NonNullable<Evidence['still']>[number][] = [];
    for (const [s, site] of this.sites.entries()) {
      const found = await this.at(which, s);
      if (found === undefined) continue;
      const { siblings, strangers, excess } = found;
      if (await this.still(which, s, oneSideSuffices)) still.push({ site, siblings, strangers });
      else rows.push({ site, siblings, strangers, excess: Math.min(...excess) });
    }
    return { bySite: rows.sort((a, b) => b.excess - a.excess), ...(still.length > 0 && { still }) };
  }
}
