/** The engine of a transformer on tfjs: tensors of a chunk, from the tokens to the captures. */
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from '../../../../tensor/backend.js';
import { LOGITS, type AttributionRequest, type Engine, type EngineRequest, type Outputs } from '../../../engine.js';
import { disposedOf } from '../../../engine-model.js';
import { lengthsOf, longestOf, type ModelInput, type Tokens } from '../../../input.js';
import { bySite, shapeAt, type SiteChange } from '../../../interventions.js';
import { positionsOf } from '../../../logits.js';
import type { Activation, Site } from '../../../model.js';
import { reaches } from '../../../replacement.js';
import { breathe } from '../../../../signal.js';
import type { TransformerConfig } from '../graph/config.js';
import { checkTokens } from '../graph/inputs.js';
import { checkHeadInputs } from '../graph/sites.js';
import type { Weights } from '../file/weights.js';
import { attributed } from './attribution.js';
import { ChunkTaps } from './chunk-taps.js';
import { forward } from './forward.js';
import { unembedBlocks, upload, type Parameters } from './parameters.js';
import { affine } from './pass.js';
import { prefixKeys, Prefixes } from './prefixes.js';
import { clearPadding, padded } from './ragged.js';

/** Entries of the largest activation of a chunk: 16 MiB. Larger ones take memory and are no faster. */
const largest = 2 ** 22;

const positionsIn = (batch: readonly ModelInput[]): number =>
  longestOf((batch as readonly Tokens[]).map(({ length }) => length));

export class TransformerEngine implements Engine {
  readonly ragged = true;
  private readonly byName: ReadonlyMap<string, Site>;
  private parameters: Parameters | undefined;
  /** undefined where reading a tensor must be awaited */
  private prefixes: Prefixes | undefined;

  /** @param name of the model, for messages */
  constructor(
    private readonly name: string,
    private readonly config: TransformerConfig,
    weights: Weights,
    sites: readonly Site[],
    private readonly backend: Backend,
  ) {
    this.byName = new Map(sites.map((site) => [site.name, site]));
    this.parameters = backend.within(() => upload(config, weights));
    this.prefixes = backend.name === 'webgpu' || config.n_layers === 1 ? undefined : new Prefixes();
  }

  check(input: ModelInput, row: number, where: string): void {
    checkTokens(this.config, input, row, where);
  }

  checkChanges(changes: readonly SiteChange[], captures: ReadonlySet<string>): void {
    checkHeadInputs(changes, [...captures, ...changes.map(({ site }) => site.name)]);
  }

  async shapes(sites: readonly Site[], batch: readonly ModelInput[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const positions = positionsIn(batch);
    return new Map(sites.map((site) => [site.name, shapeAt(site, positions)]));
  }

  rowsAtOnce(batch: readonly ModelInput[]): number {
    const { n_heads, d_head, d_model, d_mlp } = this.config;
    const positions = positionsIn(batch);
    const widest = Math.max(
      d_model,
      d_mlp,
      n_heads * d_head,
      n_heads * positions,
      unembedBlocks(this.config)[0]!.width,
    );
    return Math.max(1, Math.floor(largest / (positions * widest)));
  }

  dispose(): void {
    for (const tensor of this.parameters?.tensors.values() ?? []) tensor.dispose();
    this.parameters = undefined;
    this.prefixes = undefined;
  }

  /** undefined where gradients cannot be read while they pass */
  get attribute(): Engine['attribute'] {
    if (this.backend.name === 'webgpu') return undefined;
    return (batch, request) => this.attributed(batch as readonly Tokens[], request);
  }

  private async attributed(
    batch: readonly Tokens[],
    { towards, axes, logits, direction }: AttributionRequest,
  ): Promise<ReadonlyMap<string, Activation>> {
    // what is differentiated keeps every activation until the gradient has passed
    const atOnce = Math.max(1, this.rowsAtOnce(batch) >> 3);
    const ragged = lengthsOf(batch);
    const positions = positionsIn(batch);
    const at = positionsOf(
      logits,
      batch.map(({ length }) => length),
    );
    const found = new Map<string, Float32Array[]>([...towards.keys()].map((site) => [site, []]));
    for (let from = 0; from < batch.length; from += atOnce) {
      await breathe();
      const to = Math.min(batch.length, from + atOnce);
      const rows = batch.slice(from, to);
      let chunk: ReadonlyMap<string, tf.Tensor> = new Map();
      this.backend.within(() =>
        tf.tidy(() => {
          const sites = new Map(
            [...towards].map(([site, { shape, data }]) => {
              const size = data.length / shape[0]!;
              const axis = axes.get(site);
              return [
                site,
                {
                  axis: axis === undefined ? undefined : 1 + axis,
                  towards: tf.tensor(data.subarray(from * size, to * size), [rows.length, ...shape.slice(1)]),
                },
              ];
            }),
          );
          // what comes out is kept
          chunk = attributed(
            this.config,
            this.alive(),
            { tokens: padded(rows, positions), rows: rows.length, lengths: ragged?.slice(from, to) },
            sites,
            at.slice(from, to),
            (own, row) => direction(own, from + row),
          );
        }),
      );
      for (const [site, tensor] of chunk) {
        found.get(site)!.push(new Float32Array(await tensor.data()));
        tensor.dispose();
      }
    }
    return new Map(
      [...found].map(([site, parts]) => {
        const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
        parts.reduce((to, part) => (data.set(part, to), to + part.length), 0);
        return [site, { site, shape: [batch.length, data.length / batch.length], data }];
      }),
    );
  }

  async compute(request: EngineRequest, outputs: Outputs): Promise<void> {
    const { chunk, logits } = request;
    const positions = request.lengths ? longestOf(request.lengths) : (request.batch[0] as Tokens).length;
    const lengths = request.lengths?.slice(chunk.from, chunk.to);
    const tensors = this.captured(request, positions, lengths);
    try {
      const read = this.reading(tensors);
      for (const [site, tensor] of tensors) {
        const isLogits = site === LOGITS;
        const { axes } = isLogits
          ? { axes: logits === true ? ['position', 'token'] : ['token'] }
          : this.byName.get(site)!;
        const shape = isLogits
          ? [...(logits === true ? [positions] : []), this.config.d_vocab_out]
          : shapeAt(this.byName.get(site)!, positions);
        const into = outputs.place(site, shape);
        // copied: on some backends data() is the tensor's own memory
        if (isLogits) await this.unembed(tensor as tf.Tensor2D, into);
        else into.set((await read(site)) as Float32Array);
        if (lengths !== undefined) clearPadding(into, axes, shape, lengths);
      }
    } finally {
      for (const tensor of tensors.values()) tensor.dispose();
    }
  }

  /** How each tensor is read, but for the logits, of which not all are there. */
  private reading(tensors: ReadonlyMap<string, tf.Tensor>): (site: string) => Promise<unknown> {
    // elsewhere reading is copying
    if (this.backend.name !== 'webgpu') return (site) => tensors.get(site)!.data();
    // a reading waits for the device: all wait at once
    const begun = new Map([...tensors].filter(([site]) => site !== LOGITS).map(([site, one]) => [site, one.data()]));
    for (const one of begun.values()) one.catch(() => undefined);
    return (site) => begun.get(site)!;
  }

  private alive(): Parameters {
    if (this.parameters === undefined) throw disposedOf(this.name);
    return this.parameters;
  }

  /**
   * Logits, some columns at a time: with a vocabulary of fifty thousand they are by far the largest tensor.
   * @param final [any rows, d_model]
   * @param into as many rows, at least, of d_vocab_out
   */
  private async unembed(final: tf.Tensor2D, into: Float32Array): Promise<void> {
    const { d_vocab_out } = this.config;
    const rows = final.shape[0];
    for (const { from, width, weight, bias } of unembedBlocks(this.config)) {
      const { tensors } = this.alive();
      const piece = this.backend.within(() => affine(final, tensors.get(weight) as tf.Tensor2D, tensors.get(bias)));
      try {
        const values = (await piece.data()) as Float32Array;
        if (width === d_vocab_out) into.set(values);
        else
          for (let row = 0; row < rows; row++)
            into.set(values.subarray(row * width, (row + 1) * width), row * d_vocab_out + from);
      } finally {
        piece.dispose();
      }
    }
  }

  /** Start to end without yielding: what is asked for, and what the unembedding reads, as `LOGITS`. The tensors are the caller's to dispose of. */
  private captured(
    { batch, chunk, capture, changes, logits, meanOf }: EngineRequest,
    positions: number,
    lengths: readonly number[] | undefined,
  ): Map<string, tf.Tensor> {
    const parameters = this.alive();
    const here = changes.filter((change) => reaches(change, chunk));
    const pass = (
      inputs: readonly ModelInput[],
      taps: ChunkTaps,
      own: readonly SiteChange[],
      wanted: EngineRequest['logits'],
    ): tf.Tensor2D | undefined => {
      const rows = inputs.slice(chunk.from, chunk.to) as readonly Tokens[];
      const { prefixes } = this;
      const keys = prefixes ? prefixKeys(rows, positions, lengths, own, chunk, meanOf, this.config.n_layers) : [];
      const known = prefixes?.start(keys, taps, this.byName, this.config.n_layers);
      let out: tf.Tensor2D | undefined;
      tf.tidy(() => {
        for (const [site, values] of known?.captured ?? [])
          taps.show(site, tf.tensor(values, [rows.length, positions, this.config.d_model]));
        const padding = { tokens: padded(rows, positions), rows: rows.length, lengths };
        const final = forward(this.config, parameters, padding, taps, wanted !== false, {
          known,
          before: (layer, x) => {
            const key = keys[layer];
            if (key && !prefixes!.has(key)) prefixes!.keep(key, x.dataSync() as Float32Array);
          },
        });
        if (final === undefined) return;
        if (typeof wanted !== 'boolean')
          out = tf.keep(
            tf.gather(
              final,
              wanted.slice(chunk.from, chunk.to).map((position, row) => row * positions + position),
            ),
          );
        // without a normalisation it may be a tensor that a tap has kept
        else out = tf.keep(final.kept ? tf.clone(final) : final);
      });
      return out;
    };
    return this.backend.within(() => {
      const counterfactual = new Map<readonly ModelInput[], ChunkTaps>();
      const taps = new ChunkTaps(capture, bySite(here), chunk, (change) =>
        change.by.kind === 'resample'
          ? counterfactual.get(change.by.inputs)!.seen.get(change.site.name)!
          : meanOf(change),
      );
      let finished = false;
      try {
        for (const { by } of here) {
          if (by.kind !== 'resample' || counterfactual.has(by.inputs)) continue;
          const sites = here
            .filter((other) => other.by.kind === 'resample' && other.by.inputs === by.inputs)
            .map(({ site }) => site.name);
          const clean = new ChunkTaps(new Set(sites), new Map(), chunk, noSource);
          counterfactual.set(by.inputs, clean);
          pass(by.inputs, clean, [], false);
        }
        const out = pass(batch, taps, here, logits);
        if (out !== undefined) taps.seen.set(LOGITS, out);
        finished = true;
        return new Map(taps.seen);
      } finally {
        for (const clean of counterfactual.values()) clean.dispose();
        if (!finished) taps.dispose();
      }
    });
  }
}

/** A clean pass puts nothing in. */
const noSource = (): never => {
  throw new Error('a clean pass replaces nothing');
};
