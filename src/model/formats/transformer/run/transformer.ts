/** A transformer on tfjs, with TransformerLens's names, shapes and arithmetic. */
import * as tf from '@tensorflow/tfjs-core';
import { InputError, ModelError, OptionError } from '../../../../errors.js';
import { checkKeys } from '../../../../options.js';
import { breathe } from '../../../../signal.js';
import { backend as openBackend, type Backend } from '../../../../tensor/backend.js';
import type { BackendName } from '../../../../tensor/backend-names.js';
import { parseConfig, type TransformerConfig, type TransformerConfigInput } from '../graph/config.js';
import { forward } from './forward.js';
import { isTokens, type ModelInput, type Tokens } from '../../../input.js';
import { bySite, checkCaptures, resolve, shapeAt, type SiteChange } from '../../../interventions.js';
import { positionsOf } from '../../../logits.js';
import { MeanActivations, type MeanOf } from '../../../means.js';
import type { Activation, Model, ComponentFamily, RunOptions, RunResult, Site } from '../../../model.js';
import type { Tokenizer } from '../../../../tokenizers/tokenizer.js';
import { reaches, sharing, type Chunk } from '../../../replacement.js';
import { unembedBlocks, upload, type Parameters } from './parameters.js';
import { affine, type Taps } from './pass.js';
import { clearPadding, lengthsOf, longestOf, padded } from './ragged.js';
import { checkHeadInputs, partsOf, residualSites, sitesOf } from '../graph/sites.js';
import { replace, type BackendReplacementValues } from '../../../backend-replacement.js';
import { checkWeights, fingerprint, type Weights } from '../file/weights.js';
import { entriesOf } from '../../../../shape.js';

export interface TransformerOptions {
  /** for reports. @defaultValue 'transformer' */
  readonly name?: string | undefined;
  /** default: the first that works, see `backend` */
  readonly backend?: BackendName | Backend | undefined;
  /** rows of a batch that are computed at once, fewer where they are long; bounds memory, changes no meaning. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** what messages call the weights; default the name */
  readonly where?: string | undefined;
  readonly tokenizer?: Tokenizer | undefined;
  /** false: the weights' arrays become the model's own, and must not be changed any more; for large models. @defaultValue true */
  readonly copy?: boolean | undefined;
}

/** A `Model` that shows what it is made of. */
export interface Transformer extends Model {
  readonly kind: 'transformer';
  readonly config: TransformerConfig;
  readonly weights: Weights;
  readonly backend: Backend;
}

/** True for a model that has its weights here: one that can be quantised, for example. */
export const isTransformer = (model: Model): model is Transformer =>
  model.kind === 'transformer' && 'weights' in model && 'config' in model;

function checkInputs(
  batch: readonly ModelInput[],
  config: TransformerConfig,
  where: string,
): asserts batch is readonly Tokens[] {
  const fail = (what: string, hint: string): never => {
    throw new InputError({ what, where, hint: hint });
  };
  if (!Array.isArray(batch) || batch.length === 0) fail('the batch is empty', 'give at least one input');
  batch.forEach((input, row) => {
    if (input === undefined || input === null || !isTokens(input))
      fail(
        `input ${row} is not a list of tokens`,
        'a transformer takes token ids; for text, give the model a tokenizer',
      );
  });
  (batch as readonly Tokens[]).forEach((input, row) => {
    if (input.length === 0) fail(`input ${row} has no tokens`, 'give every input at least one token');
    if (input.length > config.n_ctx)
      fail(
        `input ${row} has ${input.length} tokens, but the model takes at most n_ctx = ${config.n_ctx}`,
        'shorten the inputs',
      );
    for (let position = 0; position < input.length; position++) {
      const token = input[position];
      if (!Number.isInteger(token) || token! < 0 || token! >= config.d_vocab) {
        fail(
          `input ${row} has token ${String(token)} at position ${position}; the model knows 0 to ${config.d_vocab - 1}`,
          'check the vocabulary of the task against the model',
        );
      }
    }
  });
}

/** Logits everywhere, nowhere, or at one position of each row. */
type WantedLogits = boolean | readonly number[];

/** A run of some rows: what to look at, and what has been seen. Its captures are tensors that the owner disposes of. */
class ChunkTaps implements Taps {
  readonly seen = new Map<string, tf.Tensor>();

  constructor(
    private readonly captures: ReadonlySet<string>,
    private readonly changed: ReadonlyMap<string, readonly SiteChange[]>,
    private readonly chunk: Chunk,
    private readonly source: BackendReplacementValues,
  ) {}

  changes(site: string): boolean {
    return this.changed.has(site);
  }
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
  done(): boolean {
    return this.seen.size === this.captures.size;
  }
  dispose(): void {
    for (const tensor of this.seen.values()) tensor.dispose();
    this.seen.clear();
  }
}

/** Entries of the largest activation of a chunk: 16 MiB. Larger ones take memory and are no faster. */
const largest = 2 ** 22;

class TfjsTransformer implements Transformer {
  readonly kind = 'transformer';
  readonly ragged = true;
  readonly sites: readonly Site[];
  readonly parts: readonly ComponentFamily[];
  readonly representationSites: readonly string[];
  private readonly byName: ReadonlyMap<string, Site>;
  private parameters: Parameters | undefined;
  private readonly means: MeanActivations;
  private print: string | undefined;

  constructor(
    readonly name: string,
    readonly config: TransformerConfig,
    readonly weights: Weights,
    readonly backend: Backend,
    private readonly batchSize: number,
    readonly tokenizer: Tokenizer | undefined,
  ) {
    this.sites = sitesOf(config);
    this.byName = new Map(this.sites.map((site) => [site.name, site]));
    this.representationSites = residualSites(config);
    this.parts = partsOf(config);
    this.means = new MeanActivations(
      (rows, sites) => this.compute(rows as readonly Tokens[], sites, [], false),
      batchSize,
    );
    this.parameters = backend.within(() => upload(config, weights));
  }

  get fingerprint(): string {
    return (this.print ??= fingerprint(this.config, this.weights));
  }

  async run(batch: readonly ModelInput[], options: RunOptions = {}): Promise<RunResult> {
    this.alive();
    checkKeys(options, ['capture', 'interventions', 'logits'], 'run options');
    checkInputs(batch, this.config, 'batch');
    const captures = checkCaptures(options.capture ?? [], this.byName, this.name);
    const lengths = lengthsOf(batch);
    const longest = longestOf(batch);
    const changes = resolve(options.interventions ?? [], this.byName, {
      batch,
      shapeOf: (site) => shapeAt(site, longest),
      lengths,
    });
    checkHeadInputs(changes, [...captures, ...changes.map(({ site }) => site.name)]);
    changes.forEach(({ by }, at) => {
      if (by.kind === 'resample') checkInputs(by.inputs, this.config, `interventions[${at}].by.inputs`);
      if (by.kind === 'mean') checkInputs(by.over, this.config, `interventions[${at}].by.over`);
    });
    const { logits = true } = options;
    const wanted =
      typeof logits === 'boolean'
        ? logits
        : positionsOf(
            logits,
            batch.map(({ length }) => length),
          );
    const activations = await this.compute(batch, captures, changes, wanted, await this.means.prepare(changes));
    return {
      logits: activations.get('') ?? { site: 'logits', shape: [batch.length, longest, 0], data: new Float32Array(0) },
      activations: new Map([...captures].map((site) => [site, activations.get(site)!])),
      ...(lengths === undefined ? {} : { lengths }),
    };
  }

  dispose(): void {
    for (const tensor of this.parameters?.tensors.values() ?? []) tensor.dispose();
    this.parameters = undefined;
  }

  private alive(): Parameters {
    if (this.parameters === undefined) {
      throw new ModelError({
        what: `the model ${this.name} was disposed of`,
        where: 'run',
        hint: 'load it again, or dispose of it later',
      });
    }
    return this.parameters;
  }

  private *chunks(rows: number, positions: number): Generator<Chunk> {
    const { n_heads, d_head, d_model, d_mlp } = this.config;
    const widest = Math.max(
      d_model,
      d_mlp,
      n_heads * d_head,
      n_heads * positions,
      unembedBlocks(this.config)[0]!.width,
    );
    const atOnce = Math.min(this.batchSize, Math.max(1, Math.floor(largest / (positions * widest))));
    for (let from = 0; from < rows; from += atOnce) yield { from, to: Math.min(rows, from + atOnce) };
  }

  /**
   * Captured activations by site, and the logits under the empty name. Zero beyond the length of a row.
   * @param logits everywhere, nowhere, or at a position of each row
   */
  private async compute(
    batch: readonly Tokens[],
    captures: ReadonlySet<string>,
    changes: readonly SiteChange[],
    logits: WantedLogits,
    meanOf: MeanOf = noSource,
  ): Promise<Map<string, Activation>> {
    const positions = longestOf(batch);
    const lengths = lengthsOf(batch);
    const results = new Map<string, Activation>();
    const result = (site: string, shape: readonly number[]) => {
      const whole = [batch.length, ...shape];
      results.set(site, { site: site || 'logits', shape: whole, data: new Float32Array(entriesOf(whole)) });
    };
    for (const site of captures) result(site, shapeAt(this.byName.get(site)!, positions));
    if (logits !== false) result('', [...(logits === true ? [positions] : []), this.config.d_vocab_out]);
    if (results.size === 0) return results;
    for (const chunk of this.chunks(batch.length, positions)) {
      await breathe();
      const tensors = this.computeChunk(batch, captures, changes, logits, meanOf, chunk, positions, lengths);
      try {
        for (const [site, tensor] of tensors) {
          const { data, shape } = results.get(site)!;
          const from = chunk.from * (data.length / shape[0]!);
          // copied: on some backends data() is the tensor's own memory
          if (site !== '') data.set((await tensor.data()) as Float32Array, from);
          else await this.unembed(tensor as tf.Tensor2D, data.subarray(from));
        }
      } finally {
        for (const tensor of tensors.values()) tensor.dispose();
      }
    }
    if (lengths !== undefined)
      for (const [site, { data, shape }] of results) {
        const axes = site === '' ? ['position', 'token'].slice(3 - shape.length) : this.byName.get(site)!.axes;
        clearPadding(data, axes, shape.slice(1), lengths);
      }
    return results;
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

  /** One chunk, start to end without yielding; what the unembedding reads under the empty name. The tensors are the caller's to dispose of. */
  private computeChunk(
    batch: readonly Tokens[],
    captures: ReadonlySet<string>,
    changes: readonly SiteChange[],
    logits: WantedLogits,
    meanOf: MeanOf,
    chunk: Chunk,
    positions: number,
    lengths: readonly number[] | undefined,
  ): Map<string, tf.Tensor> {
    const parameters = this.alive();
    const here = changes.filter((change) => reaches(change, chunk));
    const pass = (rows: readonly Tokens[], taps: Taps, wanted: WantedLogits): tf.Tensor2D | undefined => {
      const own = rows.slice(chunk.from, chunk.to);
      let out: tf.Tensor2D | undefined;
      tf.tidy(() => {
        const padding = {
          tokens: padded(own, positions),
          rows: own.length,
          lengths: lengths?.slice(chunk.from, chunk.to),
        };
        const final = forward(this.config, parameters, padding, taps, wanted !== false);
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
      const taps = new ChunkTaps(captures, bySite(here), chunk, (change) =>
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
          pass(by.inputs as readonly Tokens[], clean, false);
        }
        const out = pass(batch, taps, logits);
        if (out !== undefined) taps.seen.set('', out);
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

/**
 * A transformer from its config and weights, in TransformerLens's names and shapes. The weights are copied, unless `copy` is false.
 * It takes token lists; those of one batch may have several lengths.
 *
 * A captured activation is the one the model went on with: after the interventions on its site.
 *
 * @param config as TransformerLens's HookedTransformerConfig
 * @param weights as TransformerLens's state_dict; its constants (`blocks.N.attn.mask`, `.IGNORE`, `.rotary_sin`, `.rotary_cos`) are passed over.
 *   A bias that no layer has may be left out, and `unembed.W_U` where the config says tie_word_embeddings
 * @throws ModelError where the config is wrong or not supported, or contradicts the weights
 * @throws OptionError, BackendError
 */
export async function transformer(
  config: TransformerConfigInput | TransformerConfig,
  weights: Weights,
  options: TransformerOptions = {},
): Promise<Transformer> {
  checkKeys(options, ['name', 'backend', 'batchSize', 'where', 'tokenizer', 'copy'], 'transformer options');
  const { name = 'transformer', batchSize = 256 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new OptionError({
      what: `batchSize is ${String(batchSize)}`,
      where: 'transformer options',
      hint: 'give a positive integer',
    });
  }
  const checked = parseConfig(config, `config of ${options.where ?? name}`);
  const own = checkWeights(checked, weights, options.where ?? name, options.copy ?? true);
  const asked = options.backend;
  const engine = typeof asked === 'object' ? asked : await openBackend({ backend: asked });
  return new TfjsTransformer(name, checked, own, engine, batchSize, options.tokenizer);
}
