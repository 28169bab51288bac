/**
 * What every kind of model offers: named sites, runs over a batch, captures at sites, interventions.
 * A run returns plain typed arrays; whatever tensors it used are gone when its promise settles.
 */

/** One input as the model takes it: token ids, one per position. */
export type Tokens = readonly number[];

/** Names of a site's axes after the batch axis. */
export type Axis = 'position' | 'head' | 'query' | 'key' | 'feature';

export interface Site {
  /** TransformerLens's name where the model is a transformer, e.g. `blocks.0.attn.hook_z` */
  readonly name: string;
  /** axes after the batch axis, in order */
  readonly axes: readonly Axis[];
  /** sizes of those axes; -1 where it follows the length of the input */
  readonly shape: readonly number[];
  /** `blocks.N.` sites carry N */
  readonly layer: number | undefined;
}

/** A captured activation: row-major float32 [batch, ...shape]. */
export interface Activation {
  readonly site: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What replaces the activation of a component. */
export type Replacement =
  | { readonly kind: 'zero' }
  /** the activation on another input: one counterfactual per row of the batch, same length as that row */
  | { readonly kind: 'resample'; readonly inputs: readonly Tokens[] }
  /** the mean activation over these reference inputs (all of the length of the batch's rows), per position */
  | { readonly kind: 'mean'; readonly over: readonly Tokens[] }
  /** a number, or values that broadcast (numpy's rule) to the site's shape without or with the batch axis */
  | { readonly kind: 'value'; readonly value: number | { readonly shape: readonly number[]; readonly data: ArrayLike<number> } };

/**
 * Replace the activation at a site, or a slice of it. Slices intersect; one that selects nothing is an InterventionError.
 * Several interventions on one site apply in order.
 */
export interface Intervention {
  readonly site: string;
  /** indices on the site's `head` axis */
  readonly heads?: readonly number[];
  /** indices on the site's `feature` axis (a neuron at `mlp.hook_post`) */
  readonly features?: readonly number[];
  /** positions, negative from the end (on the `position` axis, or `query` for attention patterns and scores) */
  readonly positions?: readonly number[];
  /** rows of the batch */
  readonly rows?: readonly number[];
  readonly by: Replacement;
}

export interface RunOptions {
  /** sites to capture; a name not in `sites` is an InterventionError */
  readonly capture?: readonly string[];
  readonly interventions?: readonly Intervention[];
  /** false: do not compute or return logits when only captures are wanted */
  readonly logits?: boolean;
}

export interface RunResult {
  /** [batch, positions, d_vocab_out] */
  readonly logits: Activation;
  readonly activations: ReadonlyMap<string, Activation>;
}

export interface Model {
  /** a short name for reports: the file's base name, or what the user called it */
  readonly name: string;
  /** `transformer`, ... */
  readonly kind: string;
  /** SHA-256 (hex) over config and weights: the same weights have the same fingerprint */
  readonly fingerprint: string;
  readonly sites: readonly Site[];
  /** heads per layer, neurons per layer: what a component search ranges over */
  readonly layers: readonly { readonly heads: number; readonly neurons: number }[];
  /** sites of the accumulated residual stream after every layer, the embedding first: the default representation */
  readonly residualSites: readonly string[];
  /**
   * Runs a batch of inputs that all have the same length.
   * @throws InputError for an unknown token, an empty batch, unequal lengths or too long an input
   * @throws InterventionError for an intervention or a capture that matches nothing
   */
  run(batch: readonly Tokens[], options?: RunOptions): Promise<RunResult>;
  /** Frees the weights. A disposed model throws ModelError when run. */
  dispose(): void;
}
