/**
 * What every kind of model offers: named sites, runs over a batch, captures at sites, interventions.
 * A run returns plain typed arrays; whatever tensors it used are gone when its promise settles.
 */
import type { ModelInput } from './input.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

/**
 * The name of an axis. `position` runs along the input (tokens, bytes, time); `head`, `query`, `key`, `feature`, `channel`, `row` and `column` mean what they
 * say; a tensor about which no more is known has `axis1`, `axis2`, ...
 */
export type Axis = string;

/** A named place in a model whose activations can be captured or replaced. */
export interface Site {
  /** TransformerLens's name where the model is a transformer (`blocks.0.attn.hook_z`), the tensor's or layer's own name otherwise */
  readonly name: string;
  /** axes after the batch axis, in order; names are distinct */
  readonly axes: readonly Axis[];
  /** sizes of those axes; -1 where it follows the input */
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

/** Values that broadcast by numpy's rule, row-major. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What replaces the activation of a component. */
export type Replacement =
  | { readonly kind: 'zero' }
  /** the activation on another input: one counterfactual per row of the batch, of the same length (or shape) as that row */
  | { readonly kind: 'resample'; readonly inputs: readonly ModelInput[] }
  /** the mean activation over these reference inputs, of any sizes: of each entry (position by position from the start) over those that have it */
  | { readonly kind: 'mean'; readonly over: readonly ModelInput[] }
  /** a number, or values that broadcast (numpy's rule) to the site's shape without or with the batch axis */
  | { readonly kind: 'value'; readonly value: number | Values };

/**
 * Replace the activation at a site, or a slice of it. Slices intersect; one that selects nothing is an InterventionError.
 * Several interventions on one site apply in order.
 */
export interface Intervention {
  readonly site: string;
  /** indices by axis: `{ head: [1], position: [-1] }`. Axes not named are taken whole. Negative ones count from the end, on `position`, `query` and `key` */
  readonly at?: Readonly<Record<Axis, readonly number[]>> | undefined;
  /** rows of the batch */
  readonly rows?: readonly number[] | undefined;
  readonly by: Replacement;
}

/** Where logits are read: a position for all rows, or one for each; negative from the row's end. */
export type Positions = number | readonly number[];

/** Options of `model.run`. */
export interface RunOptions {
  /** sites to capture; a name not in `sites` is an InterventionError. @defaultValue none */
  readonly capture?: readonly string[] | undefined;
  /** what replaces activations while the model runs. @defaultValue none */
  readonly interventions?: readonly Intervention[] | undefined;
  /**
   * false: do not compute logits when only captures are wanted. A position (or one for each row; negative from the row's end): only there,
   * as [batch, vocabulary]. True: everywhere. @defaultValue true
   */
  readonly logits?: boolean | Positions | undefined;
}

/** What `model.run` resolves to. */
export interface RunResult {
  /** [batch, positions, vocabulary] of a language model (unless positions were asked for), [batch, classes] of a classifier: what softmax makes probabilities of */
  readonly logits: Activation;
  readonly activations: ReadonlyMap<string, Activation>;
  /** length of each row, where a batch held inputs of several lengths: what lies beyond it in logits and activations is zero */
  readonly lengths?: readonly number[] | undefined;
}

/** A family of components: the slices of a site along one axis, or a whole site. */
export interface ComponentFamily {
  /** `head`, `neuron`, `channel`, `unit`; `layer` for a whole site */
  readonly kind: string;
  /** a component is called `name.index`, one that is a whole site `name` */
  readonly name: string;
  readonly site: string;
  /** undefined: the site as a whole */
  readonly axis?: Axis | undefined;
  /** components in the family: the size of the axis, 1 without one */
  readonly count: number;
}

/** What is asked of a model that can be differentiated. */
export interface AttributionOptions {
  /** activations that would be put in, by site: [rows, ...site] */
  readonly towards: ReadonlyMap<string, Activation>;
  /** the axis along which a site's components lie; undefined: the site is one component */
  readonly axes: ReadonlyMap<string, Axis | undefined>;
  /** the position of each row whose logits count; negative from the end */
  readonly logits: readonly number[];
  /** the direction in which a row's logits are looked at, from these logits: as many numbers */
  readonly direction: (logits: Float32Array, row: number) => Float32Array;
}

/** A network that can be run, looked into and intervened on. */
export interface Model {
  /** a short name for reports: the file's base name, or what the user called it */
  readonly name: string;
  /** `transformer`, `onnx`, `tfjs-layers`, `tfjs-graph`, `function` */
  readonly kind: string;
  /** SHA-256 (hex) over all that makes the model what it is: the same weights have the same fingerprint */
  readonly fingerprint: string;
  /**
   * a text that two models share only if they compute the same from the same inputs: weights, code, backend and options are in it. What was computed of such a model may be kept between runs
   * (docs/cache.md); of one without, nothing is
   */
  readonly identity?: string | undefined;
  /** what computes it */
  readonly backend: { readonly name: string; readonly description: string };
  readonly sites: readonly Site[];
  /** what a search for components ranges over, in the order of computation */
  readonly parts: readonly ComponentFamily[];
  /** the default representation, in the order of computation: a transformer's residual stream after every layer, the embedding first */
  readonly representationSites: readonly string[];
  /** turns text into tokens, where the model came with a tokenizer */
  readonly tokenizer?: Tokenizer | undefined;
  /** true: one batch may hold token lists of several lengths, and every row comes out as if it had run alone */
  readonly ragged?: boolean | undefined;
  /**
   * Runs a batch of inputs that all have the same length or shape (see `ragged`).
   * @throws InputError for an unknown token, an empty batch, unequal lengths, too long an input, or a tensor that does not fit
   * @throws InterventionError for an intervention or a capture that matches nothing
   */
  run(batch: readonly ModelInput[], options?: RunOptions): Promise<RunResult>;
  /**
   * How far replacing each component alone would move a row's logits in a direction, to first order: for all components in one pass that is differentiated. Missing where a model cannot be
   * differentiated.
   * @returns by site, [rows, components]; undefined where the backend lacks the gradient of an operation
   */
  readonly attribute?:
    | ((
        batch: readonly ModelInput[],
        options: AttributionOptions,
      ) => Promise<ReadonlyMap<string, Activation> | undefined>)
    | undefined;
  /** Frees the weights. A disposed model throws ModelError when run. */
  dispose(): void;
}
