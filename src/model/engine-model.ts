/** A Model from an engine. What all models have in common is here: checks, slices, means, chunks of the batch. */
import { InterventionError, ModelError } from '../errors.js';
import { exactKey } from '../exact-key.js';
import { checkKeys } from '../options.js';
import { entriesOf } from '../shape.js';
import { breathe } from '../signal.js';
import { workersHere } from '../workers/current.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { checkBatch, checkBatchSize, checkInput } from './check-batch.js';
import { LOGITS, type Engine, type EngineRequest, type Outputs } from './engine.js';
import { checkFound } from './check-found.js';
import { chunksOf, computeAway, partsFor, type Recipe } from './away.js';
import { lengthsOf, longestOf, type ModelInput, type Tokens } from './input.js';
import { checkCaptures, resolve } from './interventions.js';
import { logitsAt, positionsOf } from './logits.js';
import { MeanActivations } from './means.js';
import type { Activation, ComponentFamily, Model, RunOptions, RunResult, Site } from './model.js';
import type { Chunk } from './replacement.js';

export interface EngineModelParts<E = Engine> {
  readonly name: string;
  readonly kind: string;
  /** all that computing depends on besides weights, backend and what a model shows: a text. Missing: nobody can say, and nothing is kept of the model */
  readonly computes?: string | undefined;
  /** a function where it can change (a model that is being trained), or is long to compute */
  readonly fingerprint: string | (() => string);
  readonly backend: Model['backend'];
  readonly sites: readonly Site[];
  readonly parts: readonly ComponentFamily[];
  readonly representationSites: readonly string[];
  readonly tokenizer?: Tokenizer | undefined;
  readonly engine: E;
  /** names that a user may take for sites, and why they are none: said where one is asked for */
  readonly absent?: ReadonlyMap<string, string> | undefined;
  /** rows computed at once; bounds memory, changes no meaning. Default 256 */
  readonly batchSize?: number | undefined;
  /** true: activations depend on the weights of the moment, so that means over reference inputs must not be kept */
  readonly changing?: boolean | undefined;
  /** how a worker thread makes the same model. Missing: it is run in this thread alone */
  readonly recipe?: Recipe | undefined;
}

/**
 * A Model on an engine.
 * @throws OptionError for a batchSize that is no positive integer
 */
export class EngineModel implements Model {
  readonly name: string;
  readonly kind: string;
  readonly backend: Model['backend'];
  readonly sites: readonly Site[];
  readonly parts: readonly ComponentFamily[];
  readonly representationSites: readonly string[];
  readonly tokenizer: Tokenizer | undefined;
  readonly ragged: boolean;
  private readonly byName: ReadonlyMap<string, Site>;
  private engine: Engine | undefined;
  private readonly batchSize: number;
  private readonly means: MeanActivations;
  /** how a worker thread makes the same model; `load` sets it of models that are known by their path */
  recipe: Recipe | undefined;

  constructor(private readonly made: EngineModelParts) {
    const { name, kind, backend, sites, parts, representationSites, tokenizer, engine, batchSize = 256 } = made;
    this.batchSize = checkBatchSize(batchSize, `model ${name}`);
    this.name = name;
    this.kind = kind;
    this.backend = backend;
    this.sites = sites;
    this.parts = parts;
    this.representationSites = representationSites;
    this.tokenizer = tokenizer;
    this.ragged = engine.ragged ?? false;
    this.engine = engine;
    this.byName = new Map(sites.map((site) => [site.name, site]));
    this.means = this.freshMeans();
    this.recipe = made.recipe;
  }

  get fingerprint(): string {
    const { fingerprint } = this.made;
    return typeof fingerprint === 'function' ? fingerprint() : fingerprint;
  }

  get identity(): string | undefined {
    const { computes } = this.made;
    // what was made of a model, and runs in another way, is another one
    if (computes === undefined || !Object.hasOwn(this, 'made') || this.run !== EngineModel.prototype.run)
      return undefined;
    const { kind, fingerprint, backend, sites, parts, representationSites, ragged, batchSize } = this;
    const { name, description } = backend;
    return exactKey([
      kind,
      fingerprint,
      computes,
      [name, description],
      [sites, parts, representationSites, ragged, batchSize],
    ]);
  }

  async run(batch: readonly ModelInput[], options: RunOptions = {}): Promise<RunResult> {
    const engine = this.alive();
    checkKeys(options, ['capture', 'interventions', 'logits'], 'run options');
    checkBatch(engine, batch, 'batch');
    const interventions = options.interventions ?? [];
    this.checkAbsent([...(options.capture ?? []), ...interventions.map((intervention) => intervention?.site)]);
    const captures = checkCaptures(options.capture ?? [], this.byName, this.name);
    const changed = new Set(interventions.map((intervention) => intervention?.site));
    const shapes = await engine.shapes(
      this.sites.filter(({ name }) => changed.has(name)),
      batch,
    );
    const lengths = this.lengths(batch);
    const changes = resolve(interventions, this.byName, { batch, shapeOf: ({ name }) => shapes.get(name)!, lengths });
    engine.checkChanges?.(changes, captures);
    changes.forEach(({ by }, at) => {
      if (by.kind === 'resample') checkBatch(engine, by.inputs, `interventions[${at}].by.inputs`);
      if (by.kind === 'mean')
        by.over.forEach((input, row) => checkInput(engine, input, row, `interventions[${at}].by.over`));
    });
    const { logits = true } = options;
    const somewhere = typeof logits !== 'boolean';
    // where an engine computes all of them, they are picked afterwards: then the number of positions is known
    const wanted =
      somewhere && engine.ragged
        ? positionsOf(
            logits,
            (batch as readonly Tokens[]).map(({ length }) => length),
          )
        : logits !== false;
    const meanOf = await (this.made.changing ? this.freshMeans() : this.means).prepare(changes);
    const found = await this.compute({ batch, capture: captures, changes, meanOf, logits: wanted });
    const none = [
      batch.length,
      ...(engine.ragged ? [longestOf((batch as readonly Tokens[]).map((row) => row.length))] : []),
      0,
    ];
    const all = found.get(LOGITS) ?? { site: 'logits', shape: none, data: new Float32Array(0) };
    return {
      logits: somewhere && !engine.ragged ? logitsAt(all, logits) : all,
      activations: new Map([...captures].map((site) => [site, found.get(site)!])),
      ...(lengths === undefined ? {} : { lengths }),
    };
  }

  get attribute(): Model['attribute'] {
    if (!this.made.engine.attribute) return undefined;
    return async (batch, { axes, ...asked }) => {
      const engine = this.alive();
      checkBatch(engine, batch, 'batch');
      const places = [...axes].map(
        ([site, axis]) => [site, axis === undefined ? undefined : this.byName.get(site)!.axes.indexOf(axis)] as const,
      );
      return engine.attribute!(batch, { ...asked, axes: new Map(places) });
    };
  }

  dispose(): void {
    this.engine?.dispose?.();
    this.engine = undefined;
  }

  private freshMeans(): MeanActivations {
    return new MeanActivations(
      (batch, capture) => this.compute({ batch, capture, changes: [], meanOf: noMean, logits: false }),
      this.batchSize,
    );
  }

  private alive(): Engine {
    if (this.engine === undefined) throw disposedOf(this.name);
    return this.engine;
  }

  private lengths(batch: readonly ModelInput[]): readonly number[] | undefined {
    return this.ragged ? lengthsOf(batch as readonly Tokens[]) : undefined;
  }

  private checkAbsent(names: readonly unknown[]): void {
    for (const name of names) {
      const why = this.made.absent?.get(name as string);
      if (why !== undefined)
        throw new InterventionError({
          what: `${String(name)} is no site: ${why}`,
          where: `model ${this.name}`,
          hint: 'use a name from model.sites',
        });
    }
  }

  /** Captured activations by site, and the logits, under `LOGITS`. */
  private async compute(asked: Omit<EngineRequest, 'chunk' | 'lengths'>): Promise<ReadonlyMap<string, Activation>> {
    const { batch, capture, logits } = asked;
    const results = new Map<string, Activation>();
    if (capture.size === 0 && logits === false) return results;
    const lengths = this.lengths(batch);
    const atOnce = Math.min(this.batchSize, this.alive().rowsAtOnce?.(batch) ?? Infinity);
    const here = async (chunk: Chunk): Promise<void> => {
      await breathe();
      await this.alive().compute({ ...asked, lengths, chunk }, this.outputs(results, batch.length, chunk));
    };
    const workers = this.recipe && workersHere();
    const parts = workers ? partsFor(batch.length, atOnce, workers.count) : [];
    if (workers && parts.length > 1) {
      await computeAway(workers, this.recipe!, { ...asked, lengths }, parts, {
        outputs: (chunk) => this.outputs(results, batch.length, chunk),
        here,
      });
      return results;
    }
    for (const chunk of chunksOf(batch.length, atOnce)) await here(chunk);
    return results;
  }

  /** One chunk, for a worker. */
  async answer(request: EngineRequest, outputs: Outputs): Promise<void> {
    await this.alive().compute(request, outputs);
  }

  private outputs(results: Map<string, Activation>, batch: number, { from, to }: Chunk): Outputs {
    const rows = to - from;
    const wholeOf = (site: string, row: readonly number[], data?: Float32Array): Float32Array => {
      let whole = results.get(site);
      if (whole === undefined) {
        const shape = [batch, ...row];
        whole = { site: site || 'logits', shape, data: data ?? new Float32Array(entriesOf(shape)) };
        results.set(site, whole);
      }
      return whole.data;
    };
    return {
      give: (site, found) => {
        checkFound(found, rows, site || 'its logits', this.name);
        // one chunk is all there is, as a rule
        const whole = wholeOf(site, found.shape.slice(1), rows === batch ? found.data : undefined);
        if (whole !== found.data) whole.set(found.data, (from * whole.length) / batch);
      },
      place: (site, shape) => {
        const whole = wholeOf(site, shape);
        const size = whole.length / batch;
        return whole.subarray(from * size, to * size);
      },
    };
  }
}

/** A clean pass puts nothing in. */
const noMean = (): never => {
  throw new Error('a clean pass replaces nothing');
};

export const disposedOf = (name: string): ModelError =>
  new ModelError({
    what: `the model ${name} was disposed of`,
    where: 'run',
    hint: 'load it again, or dispose of it later',
  });
