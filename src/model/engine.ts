/** What computes a model. `EngineModel` makes a Model of one: checks, slices, means and chunks are written there, once. */

import type { ModelInput } from './input.js';
import type { SiteChange } from './interventions.js';
import type { MeanOf } from './means.js';
import type { Activation, AttributionOptions, Site } from './model.js';
import type { Chunk } from './replacement.js';

/** Values of some rows, batch first, row-major. */
export interface Found {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The name under which logits stand among the sites of a run. */
export const LOGITS = '';

/** One chunk of a batch, checked. */
export interface EngineRequest {
  /** all of the batch: a site's shape, and the rows that a change names, are those of the whole batch */
  readonly batch: readonly ModelInput[];
  /** length of each row of the batch, where they differ: only where the engine is `ragged` */
  readonly lengths: readonly number[] | undefined;
  /** the rows to compute */
  readonly chunk: Chunk;
  /** sites whose activations are wanted: after the changes, where a site has some */
  readonly capture: ReadonlySet<string>;
  /** of the batch, in the order of the interventions; see `reaches` for those that concern the chunk */
  readonly changes: readonly SiteChange[];
  /** what a change by a mean puts in */
  readonly meanOf: MeanOf;
  /** everywhere, nowhere, or at one position of each row of the batch; the last only where the engine is `ragged` */
  readonly logits: boolean | readonly number[];
}

/** Takes what an engine found of a chunk: the activations of every site that was asked for, and logits, under `LOGITS`. */
export interface Outputs {
  /** An array that is the caller's from now on. undefined, or too few values, are a ModelError */
  give(site: string, found: Found | undefined): void;
  /**
   * Memory for the chunk's rows, zero so far, for an engine that writes there itself.
   * @param shape of one row
   */
  place(site: string, shape: readonly number[]): Float32Array;
}

/** What is asked of an engine that can be differentiated. */
export interface AttributionRequest extends Omit<AttributionOptions, 'axes'> {
  /** of a site's axes the one along which its components lie, the first after the batch being 0; undefined: the site is one component */
  readonly axes: ReadonlyMap<string, number | undefined>;
}

export interface Engine {
  /**
   * true: one batch may hold token lists of several lengths, and every row comes out as if it had run alone, with zeros beyond its end. Logits are
   * [rows, positions, vocabulary], and are computed at one position of each row where only those are asked for.
   */
  readonly ragged?: boolean | undefined;
  /** Computes one chunk. */
  compute(request: EngineRequest, outputs: Outputs): Promise<void>;
  /** Sizes of the axes of these sites in this batch, by name. */
  shapes(sites: readonly Site[], batch: readonly ModelInput[]): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Rows of this batch to compute at once; bounds memory. Default: as many as `batchSize` says */
  rowsAtOnce?(batch: readonly ModelInput[]): number;
  /**
   * @param where the list that the input is in
   * @throws InputError for an input that does not fit the model
   */
  check?(input: ModelInput, row: number, where: string): void;
  /** @throws InterventionError for changes that the model cannot make together, or with these captures */
  checkChanges?(changes: readonly SiteChange[], captures: ReadonlySet<string>): void;
  /** As `Model.attribute`. Missing where it cannot be differentiated */
  readonly attribute?:
    | ((
        batch: readonly ModelInput[],
        request: AttributionRequest,
      ) => Promise<ReadonlyMap<string, Activation> | undefined>)
    | undefined;
  dispose?(): void;
}
