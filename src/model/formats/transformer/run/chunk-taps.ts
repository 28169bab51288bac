/** Captures and changes of one pass over a chunk. */
import * as tf from '@tensorflow/tfjs-core';
import type { SiteChange } from '../../../interventions.js';
import { sharing, type Chunk } from '../../../replacement.js';
import type { Taps } from './pass.js';
import { replace, type BackendReplacementValues } from './replacement.js';

/** A run of some rows: what to look at, and what has been seen. Its captures are tensors that the owner disposes of. */
export class ChunkTaps implements Taps {
  readonly seen = new Map<string, tf.Tensor>();

  constructor(
    readonly captures: ReadonlySet<string>,
    private readonly changed: ReadonlyMap<string, readonly SiteChange[]>,
    private readonly chunk: Chunk,
    private readonly source: BackendReplacementValues,
  ) {}

  changes = (site: string): boolean => this.changed.has(site);
  touches(site: string): boolean {
    return this.captures.has(site) || this.changed.has(site);
  }
  at(site: string, activation: tf.Tensor): tf.Tensor {
    let value = activation;
    for (const group of sharing(this.changed.get(site) ?? [])) value = replace(value, group, this.chunk, this.source);
    // no copy: tensors are never written to. What is kept already belongs to somebody else
    if (this.captures.has(site)) this.seen.set(site, tf.keep(value.kept ? tf.clone(value) : value));
    return value;
  }
  /** What a pass that begins later would have captured. */
  show(site: string, activation: tf.Tensor): void {
    this.seen.set(site, tf.keep(activation));
  }
  done(): boolean {
    return this.seen.size === this.captures.size;
  }
  dispose(): void {
    for (const tensor of this.seen.values()) tensor.dispose();
    this.seen.clear();
  }
}
