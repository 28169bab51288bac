/** Clean activations of single inputs, kept by what these hold, so that what lies before a patched site need not be computed again for every patch. */
import { exactKey } from '../exact-key.js';
import { entriesOf } from '../shape.js';
import type { Found } from './engine.js';
import { checkFound } from './check-found.js';
import { copyOf, type ModelInput } from './input.js';

/** Bytes that a model keeps. */
export const KEPT_BYTES = 2 ** 28;

export class CleanActivations {
  /** by the input's content and by site */
  private readonly kept = new Map<string, Map<string, Found>>();
  private keptBytes = 0;

  /**
   * @param compute activations of rows without patches
   * @param model its name, for messages
   */
  constructor(
    private readonly compute: (
      rows: readonly ModelInput[],
      sites: readonly string[],
    ) => Promise<ReadonlyMap<string, Found>>,
    private readonly model: string,
  ) {}

  /** Of some rows, computed only for inputs that they are not kept of. The arrays are the caller's. */
  async of(rows: readonly ModelInput[], sites: readonly string[]): Promise<Map<string, Found>> {
    const keys = rows.map(exactKey);
    const known = keys.map((key) => (key === undefined ? undefined : this.kept.get(key)));
    const isUnknown = rows.map((_, i) => sites.some((site) => !known[i]?.has(site)));
    // copies, because the caller may fill them anew before they are read
    const unknown = rows.filter((_, i) => isUnknown[i]).map(copyOf);
    const computed = unknown.length === 0 ? undefined : await this.compute(unknown, sites);
    const results = new Map<string, Found>();
    for (const site of sites) {
      const found = computed?.get(site);
      if (found) checkFound(found, unknown.length, site, this.model);
      const shape = found?.shape.slice(1) ?? known[0]!.get(site)!.shape;
      const size = entriesOf(shape);
      const data = new Float32Array(rows.length * size);
      let next = 0;
      rows.forEach((_, i) => {
        const own = isUnknown[i] ? found!.data.subarray(next * size, ++next * size) : known[i]!.get(site)!.data;
        data.set(own, i * size);
      });
      results.set(site, { shape: [rows.length, ...shape], data });
    }
    if (computed)
      this.keep(
        keys.filter((_, i) => isUnknown[i]),
        sites,
        computed,
      );
    return results;
  }

  forget(): void {
    this.kept.clear();
    this.keptBytes = 0;
  }

  /** @param keys of the rows; undefined for one that shows no content */
  private keep(
    keys: readonly (string | undefined)[],
    sites: readonly string[],
    found: ReadonlyMap<string, Found>,
  ): void {
    const bytes = sites.reduce((sum, site) => sum + found.get(site)!.data.byteLength, 0);
    if (bytes > KEPT_BYTES) return;
    if (this.keptBytes + bytes > KEPT_BYTES) {
      // what is kept may be of inputs that nobody asks for any more
      this.forget();
    }
    this.keptBytes += bytes;
    keys.forEach((key, i) => {
      if (key === undefined) return;
      const own = this.kept.get(key) ?? new Map<string, Found>();
      for (const site of sites) {
        const { shape, data } = found.get(site)!;
        const size = data.length / keys.length;
        own.set(site, { shape: shape.slice(1), data: data.slice(i * size, (i + 1) * size) });
      }
      this.kept.set(key, own);
    });
  }
}
