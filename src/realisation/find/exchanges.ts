/** Interchanges of one variable that are differentiated: by what is taken from the source at a site. */
import * as tf from '@tensorflow/tfjs-core';
import { upload, type Parameters } from '../../model/formats/transformer/run/parameters.js';
import { forward } from '../../model/formats/transformer/run/forward.js';
import type { Taps } from '../../model/formats/transformer/run/pass.js';
import { padded } from '../../model/formats/transformer/run/ragged.js';
import { isTransformer, type Transformer } from '../../model/formats/transformer/run/model.js';
import type { Model, Site } from '../../model/model.js';
import type { Interchange } from '../../program/interchange/runner.js';
import type { Value } from '../../program/language/value.js';
import { passOf } from '../../rows.js';
import { registerGradients } from '../../tensor/gradients.js';
import { logitsOf, weighedLoss } from '../../training/pass.js';
import type { Searched } from './scoring.js';

/** What the cases have at a site: what stands there, and how far it is from there to the source's where it is exchanged, [cases, positions, features]. */
interface There {
  readonly site: Site;
  readonly start: { readonly layer: number; readonly values: Float32Array } | undefined;
  readonly change: Float32Array;
}

/** Adds to one site. */
class AddingTaps implements Taps {
  constructor(
    private readonly site: string,
    private readonly change: tf.Tensor,
  ) {}

  changes(site: string): boolean {
    return site === this.site;
  }
  touches(site: string): boolean {
    return site === this.site;
  }
  at(_site: string, x: tf.Tensor): tf.Tensor {
    return tf.add(x, tf.reshape(this.change, x.shape));
  }
  done(): boolean {
    return false;
  }
}

/** From rows of a matrix [rows, width], with what is learned, to what is added. */
export type Change = (rows: tf.Tensor2D, learned: tf.Tensor2D) => tf.Tensor2D;

/** A transformer's weights, held for gradients until it is disposed of. */
export class Differentiable {
  private constructor(
    readonly model: Transformer,
    readonly parameters: Parameters,
  ) {}

  /** undefined for what has no gradients here */
  static of(model: Model): Differentiable | undefined {
    if (!isTransformer(model)) return undefined;
    registerGradients();
    return new Differentiable(
      model,
      model.backend.within(() => upload(model.config, model.weights)),
    );
  }

  dispose(): void {
    for (const tensor of this.parameters.tensors.values()) tensor.dispose();
  }
}

/** Interchanges of one variable, with what a transformer should answer to each. */
export class Exchanges {
  private readonly tokens: readonly (readonly number[])[];
  private readonly sources: readonly (readonly number[])[];
  private readonly positions: number;
  private readonly targets: Int32Array;
  private readonly weights: Float32Array;
  /** 1 where a position is exchanged */
  private readonly exchanged: Uint8Array;
  private readonly known = new Map<string, There>();

  /** @param cases of this variable alone */
  constructor(
    private readonly differentiable: Differentiable,
    { program, runner, position }: Searched,
    variable: string,
    cases: readonly Interchange[],
    private readonly signal?: AbortSignal | undefined,
  ) {
    this.tokens = cases.map(({ base }) => program.encode(base));
    this.sources = cases.map(({ sources }) => program.encode(sources[variable]!));
    this.positions = Math.max(...this.tokens.map(({ length }) => length));
    const classOf = new Map<Value, number>(program.outputs.map((value, i) => [value, i]));
    const size = cases.length * this.positions;
    [this.targets, this.weights, this.exchanged] = [new Int32Array(size), new Float32Array(size), new Uint8Array(size)];
    cases.forEach((one, row) => {
      const { length } = one.base;
      const compared = position === undefined ? undefined : position < 0 ? position + length : position;
      const own = one.positions?.[variable];
      runner.runOf(one).output.forEach((value, i) => {
        const at = row * this.positions + i + 1;
        this.targets[at] = classOf.get(value)!;
        this.weights[at] = compared === undefined ? 1 / length : Number(compared === i);
        this.exchanged[at] = Number(own?.includes(i) ?? true);
      });
    });
  }

  /** What stands at a site, and the stream that the layer of the site begins with. */
  private async at(site: Site): Promise<There> {
    const known = this.known.get(site.name);
    if (known !== undefined) return known;
    const { model } = this.differentiable;
    const before = site.layer === undefined ? undefined : `blocks.${site.layer}.hook_resid_pre`;
    const capture = [...new Set([site.name, ...(before === undefined ? [] : [before])])];
    const run = async (batch: readonly (readonly number[])[]): ReturnType<Model['run']> =>
      passOf(this.signal, batch.length, () => model.run(batch, { capture, logits: false }));
    const [bases, sources] = [await run(this.tokens), await run(this.sources)];
    const [own, other] = [bases, sources].map(({ activations }) => activations.get(site.name)!.data) as [
      Float32Array,
      Float32Array,
    ];
    const width = site.shape[1]!;
    const change = other.map((x, i) => (this.exchanged[Math.floor(i / width)] ? x - own[i]! : 0));
    const start =
      before === undefined ? undefined : { layer: site.layer!, values: bases.activations.get(before)!.data };
    const there: There = { site, start, change };
    this.known.set(site.name, there);
    return there;
  }

  get count(): number {
    return this.tokens.length;
  }

  /**
   * Of the mean cross entropy of some cases, by what is learned.
   * @param rows which cases
   * @param by what is added at the site
   */
  async gradient(
    at: Site,
    rows: readonly number[],
    by: Change,
    learned: Float32Array,
    shape: readonly [number, number],
  ): Promise<Float32Array> {
    const { site, start, change } = await this.at(at);
    const { model, parameters } = this.differentiable;
    const { config } = model;
    const { positions } = this;
    const picked = (from: Float32Array, width: number): Float32Array => {
      const size = positions * width;
      const some = new Float32Array(rows.length * size);
      rows.forEach((row, i) => some.set(from.subarray(row * size, (row + 1) * size), i * size));
      return some;
    };
    const tokens = rows.map((row) => this.tokens[row]!);
    const lengths = tokens.map(({ length }) => length);
    const width = site.shape[1]!;
    const weights = picked(this.weights, 1).map((weight) => weight / rows.length);
    const targets = Int32Array.from(picked(Float32Array.from(this.targets), 1));
    const found = model.backend.within(() =>
      tf.tidy(() => {
        const moved = tf.tensor2d(picked(change, width), [rows.length * positions, width]);
        const loss = (theta: tf.Tensor): tf.Scalar => {
          const taps = new AddingTaps(site.name, by(moved, theta as tf.Tensor2D));
          const known = start && {
            layer: start.layer,
            values: picked(start.values, config.d_model),
            captured: [],
          };
          const batch = {
            tokens: padded(tokens, positions),
            rows: rows.length,
            lengths: lengths.every((length) => length === positions) ? undefined : lengths,
          };
          const final = forward(config, parameters, batch, taps, true, { known, before: () => undefined })!;
          return weighedLoss(logitsOf(config, parameters, final), targets, weights);
        };
        return tf.keep(tf.grad(loss)(tf.tensor2d(learned, shape as [number, number])));
      }),
    );
    try {
      return new Float32Array(await found.data());
    } finally {
      found.dispose();
    }
  }
}
