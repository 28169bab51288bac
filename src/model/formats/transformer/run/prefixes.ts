/** The residual stream between two layers, kept by all that went into it: runs that are alike up to a layer compute what lies before it once. */
import { exactKey } from '../../../../exact-key.js';
import { entriesOf } from '../../../../shape.js';
import type { ModelInput } from '../../../input.js';
import type { SiteChange } from '../../../interventions.js';
import type { MeanOf } from '../../../means.js';
import type { Site, Values } from '../../../model.js';
import type { Chunk } from '../../../replacement.js';
import type { ChunkTaps } from './chunk-taps.js';

/** Bytes kept of runs without interventions before the layer; as much again of runs with some. */
const KEPT = 2 ** 27;

/** The stream before a layer, row-major [rows x positions, d_model]. */
export interface Prefix {
  readonly layer: number;
  readonly values: Float32Array;
  /** sites before it that are captured, all of them the stream between two layers */
  readonly captured: readonly (readonly [string, Float32Array])[];
}

/** What was asked for last stays longest. */
class Recent {
  private readonly values = new Map<string, Float32Array>();
  private bytes = 0;

  has(key: string): boolean {
    return this.values.has(key);
  }
  get(key: string): Float32Array | undefined {
    const found = this.values.get(key);
    if (found === undefined) return undefined;
    this.values.delete(key);
    this.values.set(key, found);
    return found;
  }
  keep(key: string, values: Float32Array): void {
    if (this.values.has(key) || values.byteLength > KEPT) return;
    this.values.set(key, values);
    this.bytes += values.byteLength;
    for (const [oldest, { byteLength }] of this.values) {
      if (this.bytes <= KEPT) break;
      this.values.delete(oldest);
      this.bytes -= byteLength;
    }
  }
}

/** What a layer computes from is in its key: two runs of one key have the same stream before it, to the bit. */
export interface PrefixKey {
  readonly text: string;
  readonly isClean: boolean;
}

export class Prefixes {
  private readonly clean = new Recent();
  private readonly changed = new Recent();

  /**
   * Where a pass can begin: the last layer before which the stream is kept, and before which nothing is captured but such streams.
   * @param keys before each layer
   * @returns undefined where it begins with the embedding
   */
  start(
    keys: readonly (PrefixKey | undefined)[],
    { captures, changes }: ChunkTaps,
    sites: ReadonlyMap<string, Site>,
    layers: number,
  ): Prefix | undefined {
    const streams = new Map<string, Float32Array>();
    let from = layers - 1;
    for (const site of captures) {
      const key = changes(site) && site.endsWith('pre') ? undefined : keys[streamOf(site)];
      const values = key && this.get(key);
      if (values) streams.set(site, values);
      else from = Math.min(from, layerOf(sites.get(site)!, layers));
    }
    for (let layer = from; layer >= 1; layer--) {
      const key = keys[layer];
      const values = key && this.get(key);
      if (values)
        return { layer, values, captured: [...streams].filter(([site]) => layerOf(sites.get(site)!, layers) < layer) };
    }
    return undefined;
  }
  private get(key: PrefixKey): Float32Array | undefined {
    return this.in(key).get(key.text);
  }
  has(key: PrefixKey): boolean {
    return this.in(key).has(key.text);
  }
  keep(key: PrefixKey, values: Float32Array): void {
    this.in(key).keep(key.text, values);
  }

  private in({ isClean }: PrefixKey): Recent {
    return isClean ? this.clean : this.changed;
  }
}

/** The layer before which the residual stream is the site, as long as nothing is changed there; -1 for other sites. */
function streamOf(site: string): number {
  const [, layer, end] = /^blocks\.(\d+)\.hook_resid_(pre|post)$/.exec(site) ?? [];
  return layer === undefined ? -1 : Number(layer) + (end === 'post' ? 1 : 0);
}

/** Which layer computes a site: -1 before the first, the number of layers after the last. */
const layerOf = ({ name, layer }: Site, layers: number): number => layer ?? (name.startsWith('ln_final') ? layers : -1);

/** The part of a value that the chunk's rows get. */
function reaching(value: Values, change: SiteChange, { from, to }: Chunk): Values {
  const batch = change.shape[0]!;
  if (value.shape.length !== change.shape.length || value.shape[0] !== batch || batch === 1) return value;
  const size = entriesOf(value.shape) / batch;
  const { data } = value;
  return {
    shape: [to - from, ...value.shape.slice(1)],
    data:
      data instanceof Float32Array
        ? data.subarray(from * size, to * size)
        : Array.from(data).slice(from * size, to * size),
  };
}

function changeKey(change: SiteChange, chunk: Chunk, meanOf: MeanOf): string | undefined {
  const { site, rows, selected, by } = change;
  const put =
    by.kind === 'resample'
      ? by.inputs.slice(chunk.from, chunk.to)
      : by.kind === 'mean'
        ? { ...meanOf(change) }
        : by.kind === 'value' && typeof by.value !== 'number'
          ? { ...reaching(by.value, change, chunk) }
          : by.kind === 'value'
            ? by.value
            : undefined;
  return exactKey([
    site.name,
    rows?.filter((row) => row >= chunk.from && row < chunk.to).map((row) => row - chunk.from),
    selected,
    by.kind,
    put,
  ]);
}

/**
 * Keys of the stream before each layer.
 * @param here changes that reach the chunk, in order
 */
export function prefixKeys(
  inputs: readonly ModelInput[],
  positions: number,
  lengths: readonly number[] | undefined,
  here: readonly SiteChange[],
  chunk: Chunk,
  meanOf: MeanOf,
  layers: number,
): (PrefixKey | undefined)[] {
  const keys: (PrefixKey | undefined)[] = [];
  let text = exactKey([inputs, positions, lengths]);
  let isClean = true;
  for (let layer = 0; layer < layers && text !== undefined; layer++) {
    // all that is computed before this layer, and was not before the one before
    const since = here.filter(({ site }) => {
      const at = layerOf(site, layers);
      return layer === 0 ? at < 0 : at === layer - 1;
    });
    if (since.length > 0) {
      isClean = false;
      const parts: (string | undefined)[] = since.map((change) => changeKey(change, chunk, meanOf));
      text = parts.includes(undefined) ? undefined : exactKey([text, layer, ...parts]);
    }
    if (text !== undefined) keys[layer] = { text: `${layer} ${text}`, isClean };
  }
  return keys;
}
