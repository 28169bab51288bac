/** A transformer on tfjs, with TransformerLens's names, shapes and arithmetic. */
import * as tf from '@tensorflow/tfjs-core';
import { InputError, InterventionError, ModelError, OptionError } from '../errors.js';
import { backend as openBackend, type Backend, type BackendName } from '../tensor/backend.js';
import { parseConfig, type TransformerConfig, type TransformerConfigInput } from './config.js';
import { forward, upload, type Parameters, type Taps } from './forward.js';
import { checkHeadInputs, resolve, shapeAt, type Change } from './interventions.js';
import type { Activation, Model, RunOptions, RunResult, Site, Tokens } from './model.js';
import { reaches, replace, type Chunk, type Source } from './replace.js';
import { nearestSite, residualSites, sitesOf } from './sites.js';
import { checkWeights, fingerprint, type Weights } from './weights.js';
import { nearest } from '../options.js';

export interface TransformerOptions {
  /** for reports; default 'transformer' */
  readonly name?: string | undefined;
  /** default: the first that works, see `backend` */
  readonly backend?: BackendName | Backend | undefined;
  /** rows of a batch that are computed at once; bounds memory, changes no meaning; default 256 */
  readonly batchSize?: number | undefined;
  /** what messages call the weights; default the name */
  readonly where?: string | undefined;
}

/** A `Model` that shows what it is made of. */
export interface Transformer extends Model {
  readonly kind: 'transformer';
  readonly config: TransformerConfig;
  readonly weights: Weights;
  readonly backend: Backend;
}

/** Rejects a key that would silently do nothing. */
export function checkKeys(options: object, known: readonly string[], where: string): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new OptionError({ what: `unknown option ${JSON.stringify(key)}; the nearest known one is ${nearest(key, [...known])}`, where, todo: 'correct or remove it' });
    }
  }
}

function checkInputs(batch: readonly Tokens[], config: TransformerConfig, where: string): void {
  const fail = (what: string, todo: string): never => {
    throw new InputError({ what, where, todo });
  };
  if (!Array.isArray(batch) || batch.length === 0) fail('the batch is empty', 'give at least one input');
  const length = batch[0]?.length ?? 0;
  if (length === 0) fail('input 0 has no tokens', 'give every input at least one token');
  if (length > config.n_ctx) fail(`inputs have ${length} tokens, but the model takes at most n_ctx = ${config.n_ctx}`, 'shorten the inputs');
  batch.forEach((input, row) => {
    if (input?.length !== length) fail(`input ${row} has ${input?.length ?? 'no'} tokens, input 0 has ${length}`, 'inputs of one batch must have the same length');
    for (let position = 0; position < length; position++) {
      const token = input[position];
      if (!Number.isInteger(token) || token! < 0 || token! >= config.d_vocab) {
        fail(`input ${row} has token ${String(token)} at position ${position}; the model knows 0 to ${config.d_vocab - 1}`, 'check the vocabulary of the task against the model');
      }
    }
  });
}

/** A run of some rows: what to look at, and what has been seen. Its captures are tensors that the owner disposes of. */
class ChunkTaps implements Taps {
  readonly seen = new Map<string, tf.Tensor>();

  constructor(
    private readonly captures: ReadonlySet<string>,
    private readonly changed: ReadonlyMap<string, readonly Change[]>,
    private readonly chunk: Chunk,
    private readonly source: (change: Change) => Source,
  ) {}

  changes(site: string): boolean {
    return this.changed.has(site);
  }
  touches(site: string): boolean {
    return this.captures.has(site) || this.changed.has(site);
  }
  at(site: string, activation: tf.Tensor): tf.Tensor {
    let value = activation;
    for (const change of this.changed.get(site) ?? []) value = replace(value, change, this.chunk, this.source(change));
    if (this.captures.has(site)) this.seen.set(site, tf.keep(tf.clone(value)));
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

class TfjsTransformer implements Transformer {
  readonly kind = 'transformer';
  readonly fingerprint: string;
  readonly sites: readonly Site[];
  readonly layers: readonly { readonly heads: number; readonly neurons: number }[];
  readonly residualSites: readonly string[];
  private readonly byName: ReadonlyMap<string, Site>;
  private parameters: Parameters | undefined;
  /** means by reference array: they are asked for again with every implementation */
  private readonly means = new WeakMap<readonly Tokens[], Map<string, Activation>>();

  constructor(
    readonly name: string,
    readonly config: TransformerConfig,
    readonly weights: Weights,
    readonly backend: Backend,
    private readonly batchSize: number,
  ) {
    this.fingerprint = fingerprint(config, weights);
    this.sites = sitesOf(config);
    this.byName = new Map(this.sites.map((site) => [site.name, site]));
    this.residualSites = residualSites(config);
    this.layers = Array.from({ length: config.n_layers }, () => ({ heads: config.n_heads, neurons: config.d_mlp }));
    this.parameters = backend.within(() => upload(config, weights));
  }

  async run(batch: readonly Tokens[], options: RunOptions = {}): Promise<RunResult> {
    this.alive();
    checkKeys(options, ['capture', 'interventions', 'logits'], 'run options');
    checkInputs(batch, this.config, 'batch');
    const captures = this.checkCaptures(options.capture ?? []);
    const changes = resolve(options.interventions ?? [], batch, this.byName);
    checkHeadInputs(changes, [...captures, ...changes.map(({ site }) => site.name)]);
    changes.forEach(({ by }, at) => {
      if (by.kind === 'resample') checkInputs(by.inputs, this.config, `interventions[${at}].by.inputs`);
      if (by.kind === 'mean') checkInputs(by.over, this.config, `interventions[${at}].by.over`);
    });
    await this.prepareMeans(changes);
    const logits = options.logits ?? true;
    const activations = await this.compute(batch, captures, changes, logits);
    const length = batch[0]!.length;
    return {
      logits: activations.get('') ?? { site: 'logits', shape: [batch.length, length, 0], data: new Float32Array(0) },
      activations: new Map([...captures].map((site) => [site, activations.get(site)!])),
    };
  }

  dispose(): void {
    for (const tensor of this.parameters?.tensors.values() ?? []) tensor.dispose();
    this.parameters = undefined;
  }

  private alive(): Parameters {
    if (this.parameters === undefined) {
      throw new ModelError({ what: `the model ${this.name} was disposed of`, where: 'run', todo: 'load it again, or dispose of it later' });
    }
    return this.parameters;
  }

  private checkCaptures(capture: readonly string[]): ReadonlySet<string> {
    for (const name of capture) {
      if (!this.byName.has(name)) {
        throw new InterventionError({
          what: `the model has no site ${JSON.stringify(name)} to capture; the nearest is ${nearestSite(name, this.byName)}`,
          where: `model ${this.name}`,
          todo: 'use a name from model.sites',
        });
      }
    }
    return new Set(capture);
  }

  /** Fills the cache of means for every mean that these changes use. Summed in float64, whatever the chunks. */
  private async prepareMeans(changes: readonly Change[]): Promise<void> {
    const missing = new Map<readonly Tokens[], Set<string>>();
    for (const { by, site } of changes) {
      if (by.kind !== 'mean' || this.means.get(by.over)?.has(site.name)) continue;
      missing.set(by.over, (missing.get(by.over) ?? new Set()).add(site.name));
    }
    for (const [over, sites] of missing) {
      const sums = new Map<string, Float64Array>();
      for (const chunk of this.chunks(over.length)) {
        const part = await this.compute(over.slice(chunk.from, chunk.to), sites, [], false);
        for (const [site, { data }] of part) {
          const size = data.length / (chunk.to - chunk.from);
          const sum = sums.get(site) ?? new Float64Array(size);
          for (let i = 0; i < data.length; i++) sum[i % size]! += data[i]!;
          sums.set(site, sum);
        }
      }
      const known = this.means.get(over) ?? new Map<string, Activation>();
      for (const [site, sum] of sums) {
        const shape = [1, ...shapeAt(this.byName.get(site)!, over[0]!.length)];
        known.set(site, { site, shape, data: Float32Array.from(sum, (value) => value / over.length) });
      }
      this.means.set(over, known);
    }
  }

  private *chunks(rows: number): Generator<Chunk> {
    for (let from = 0; from < rows; from += this.batchSize) yield { from, to: Math.min(rows, from + this.batchSize) };
  }

  /** Captured activations by site, and the logits under the empty name. */
  private async compute(batch: readonly Tokens[], captures: ReadonlySet<string>, changes: readonly Change[], logits: boolean): Promise<Map<string, Activation>> {
    const length = batch[0]!.length;
    const results = new Map<string, Activation>();
    const result = (site: string, shape: readonly number[]) => {
      const whole = [batch.length, ...shape];
      results.set(site, { site: site || 'logits', shape: whole, data: new Float32Array(whole.reduce((a, b) => a * b, 1)) });
    };
    for (const site of captures) result(site, shapeAt(this.byName.get(site)!, length));
    if (logits) result('', [length, this.config.d_vocab_out]);
    if (results.size === 0) return results;
    for (const chunk of this.chunks(batch.length)) {
      const tensors = this.computeChunk(batch, captures, changes, logits, chunk);
      try {
        for (const [site, tensor] of tensors) {
          const { data, shape } = results.get(site)!;
          // copied: on some backends data() is the tensor's own memory
          data.set((await tensor.data()) as Float32Array, chunk.from * (data.length / shape[0]!));
        }
      } finally {
        for (const tensor of tensors.values()) tensor.dispose();
      }
    }
    return results;
  }

  /** One chunk, start to end without yielding. The tensors are the caller's to dispose of. */
  private computeChunk(batch: readonly Tokens[], captures: ReadonlySet<string>, changes: readonly Change[], logits: boolean, chunk: Chunk): Map<string, tf.Tensor> {
    const parameters = this.alive();
    const here = changes.filter((change) => reaches(change, chunk));
    return this.backend.within(() => {
      const counterfactual = new Map<readonly Tokens[], ChunkTaps>();
      const taps = new ChunkTaps(
        captures,
        groupBySite(here),
        chunk,
        ({ by, site }) => {
          if (by.kind === 'resample') return counterfactual.get(by.inputs)!.seen.get(site.name)!;
          if (by.kind !== 'mean') return undefined;
          const mean = this.means.get(by.over)!.get(site.name)!;
          return mean;
        },
      );
      let finished = false;
      try {
        for (const { by } of here) {
          if (by.kind !== 'resample' || counterfactual.has(by.inputs)) continue;
          const sites = here.filter((other) => other.by.kind === 'resample' && other.by.inputs === by.inputs).map(({ site }) => site.name);
          const clean = new ChunkTaps(new Set(sites), new Map(), chunk, () => undefined);
          counterfactual.set(by.inputs, clean);
          this.pass(parameters, by.inputs, clean, false, chunk);
        }
        const out = this.pass(parameters, batch, taps, logits, chunk);
        if (out !== undefined) taps.seen.set('', out);
        finished = true;
        return new Map(taps.seen);
      } finally {
        for (const clean of counterfactual.values()) clean.dispose();
        if (!finished) taps.dispose();
      }
    });
  }

  /** A forward pass over the chunk's rows. */
  private pass(parameters: Parameters, batch: readonly Tokens[], taps: Taps, logits: boolean, { from, to }: Chunk): tf.Tensor2D | undefined {
    const length = batch[0]!.length;
    const tokens = new Int32Array((to - from) * length);
    for (let row = from; row < to; row++) tokens.set(batch[row]!, (row - from) * length);
    let out: tf.Tensor2D | undefined;
    tf.tidy(() => {
      const computed = forward(this.config, parameters, tokens, to - from, taps, logits);
      if (computed !== undefined) out = tf.keep(computed);
    });
    return out;
  }
}

function groupBySite(changes: readonly Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes) groups.set(change.site.name, [...(groups.get(change.site.name) ?? []), change]);
  return groups;
}

/**
 * A transformer from its config and weights, in TransformerLens's names and shapes. The weights are copied.
 *
 * A captured activation is the one the model went on with: after the interventions on its site.
 * The mean of a `mean` replacement is kept per reference array: an array that is changed afterwards is not noticed.
 *
 * @param config as TransformerLens's HookedTransformerConfig
 * @param weights as TransformerLens's state_dict; `blocks.N.attn.mask` and `.IGNORE` are passed over
 * @throws ModelError where the config is wrong or not supported, or contradicts the weights
 * @throws OptionError, BackendError
 */
export async function transformer(config: TransformerConfigInput | TransformerConfig, weights: Weights, options: TransformerOptions = {}): Promise<Transformer> {
  checkKeys(options, ['name', 'backend', 'batchSize', 'where'], 'transformer options');
  const { name = 'transformer', batchSize = 256 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new OptionError({ what: `batchSize is ${String(batchSize)}`, where: 'transformer options', todo: 'give a positive integer' });
  }
  const checked = parseConfig(config, `config of ${options.where ?? name}`);
  const copies = checkWeights(checked, weights, options.where ?? name);
  const asked = options.backend;
  const engine = typeof asked === 'object' ? asked : await openBackend({ backend: asked });
  return new TfjsTransformer(name, checked, copies, engine, batchSize);
}
