/**
 * A model from an engine: something that computes a batch, reports activations and puts patches in. What is common to all such
 * models is here: checks, slices, counterfactual and mean activations, chunks of the batch.
 */
import { InputError, InterventionError, ModelError, OptionError } from '../errors.js';
import { exactKey } from '../exact-key.js';
import { copyOf, faultOf, inWords as valueInWords, shapeKey, sizeInWords, type ModelInput } from './input.js';
import { bySite, checkCaptures, resolve, type SiteChange } from './interventions.js';
import { logitsAt } from './logits.js';
import { MeanActivations, type MeanOf } from './means.js';
import type { Activation, Model, ComponentFamily, RunOptions, RunResult, Site } from './model.js';
import { applyPatch, patchOf, reaches, type Chunk, type SitePatch, type ReplacementValues } from './replacement.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { checkKeys } from '../options.js';
import { breathe } from '../signal.js';
import { entriesOf } from '../shape.js';

/** What an engine is asked for in one pass. */
export interface EnginePass {
  /** sites whose activations are wanted: after the patch, where a site has one */
  readonly capture: readonly string[];
  /** at most one per site; the pass goes on with what they leave */
  readonly patches: readonly SitePatch[];
  /** whether the logits are wanted */
  readonly logits: boolean;
}

export interface EngineResult {
  /** [rows, classes] or [rows, positions, classes]; may be left out where they were not wanted */
  readonly logits?: { readonly shape: readonly number[]; readonly data: Float32Array } | undefined;
  /** [rows, ...site] for every site asked for */
  readonly activations: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
}

export interface Engine {
  /** One pass over rows of equal size. The arrays are the caller's. */
  pass(rows: readonly ModelInput[], wanted: EnginePass): Promise<EngineResult>;
  /** Of sites that are to be patched together, those that no other of them has an influence on. Default: known for a single site only */
  independent?(sites: readonly string[]): readonly string[];
  /** @throws InputError for an input that does not fit the model */
  check?(input: ModelInput, where: string): void;
  dispose?(): void;
}

export interface EngineModelParts {
  readonly name: string;
  readonly kind: string;
  /** a function where it can change: a model that is being trained */
  readonly fingerprint: string | (() => string);
  readonly backend: Model['backend'];
  readonly sites: readonly Site[];
  readonly parts: readonly ComponentFamily[];
  readonly representationSites: readonly string[];
  readonly tokenizer?: Tokenizer | undefined;
  readonly engine: Engine;
  /** names that a user may take for sites, and why they are none: said where one is asked for */
  readonly absent?: ReadonlyMap<string, string> | undefined;
  /** rows computed at once; bounds memory, changes no meaning. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** true: activations depend on the weights of the moment, so that means over reference inputs must not be kept */
  readonly changing?: boolean | undefined;
}

/** Bytes of clean activations that a model keeps, so that what lies before a patched site need not be computed again for every patch. */
const KEPT_BYTES = 2 ** 28;

class EngineModel implements Model {
  readonly name: string;
  readonly kind: string;
  readonly backend: Model['backend'];
  readonly sites: readonly Site[];
  readonly parts: readonly ComponentFamily[];
  readonly representationSites: readonly string[];
  readonly tokenizer: Tokenizer | undefined;
  private readonly byName: ReadonlyMap<string, Site>;
  private engine: Engine | undefined;
  private readonly batchSize: number;
  /** sizes of sites that follow the input, by site and size of the input */
  private readonly shapes = new Map<string, readonly number[]>();
  /** sizes of a row's logits, by the size of the input */
  private readonly logitShapes = new Map<string, string>();
  private readonly means: MeanActivations;
  /** clean activations of single inputs, by what these hold and by site */
  private readonly kept = new Map<string, Map<string, Found>>();
  private keptBytes = 0;

  constructor(private readonly made: EngineModelParts) {
    const { name, kind, backend, sites, parts, representationSites, tokenizer, engine, batchSize = 256 } = made;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new OptionError({
        what: `batchSize is ${String(batchSize)}`,
        where: `model ${name}`,
        hint: 'give a positive integer',
      });
    this.name = name;
    this.kind = kind;
    this.backend = backend;
    this.sites = sites;
    this.parts = parts;
    this.representationSites = representationSites;
    this.tokenizer = tokenizer;
    this.engine = engine;
    this.batchSize = batchSize;
    this.byName = new Map(sites.map((site) => [site.name, site]));
    this.means = this.freshMeans();
  }

  get fingerprint(): string {
    const { fingerprint } = this.made;
    return typeof fingerprint === 'function' ? fingerprint() : fingerprint;
  }

  async run(batch: readonly ModelInput[], options: RunOptions = {}): Promise<RunResult> {
    const engine = this.alive();
    checkKeys(options, ['capture', 'interventions', 'logits'], 'run options');
    this.checkBatch(engine, batch, 'batch');
    const interventions = options.interventions ?? [];
    this.checkAbsent([...(options.capture ?? []), ...interventions.map((intervention) => intervention?.site)]);
    const captures = checkCaptures(options.capture ?? [], this.byName, this.name);
    await this.measure(
      batch[0]!,
      interventions.map((intervention) => intervention?.site),
    );
    const changes = resolve(interventions, this.byName, { batch, shapeOf: (site) => this.shapeOf(site, batch[0]!) });
    changes.forEach(({ by }, at) => {
      if (by.kind === 'resample') this.checkBatch(engine, by.inputs, `interventions[${at}].by.inputs`);
      if (by.kind === 'mean')
        by.over.forEach((input, row) => this.checkInput(engine, input, `interventions[${at}].by.over, input ${row}`));
    });
    const meanOf = await (this.made.changing ? this.freshMeans() : this.means).prepare(changes);
    const { logits = true } = options;
    const result = await this.compute(batch, captures, changes, logits !== false, meanOf);
    return typeof logits === 'boolean' ? result : { ...result, logits: logitsAt(result.logits, logits) };
  }

  dispose(): void {
    this.engine?.dispose?.();
    this.engine = undefined;
    this.forget();
  }

  private freshMeans(): MeanActivations {
    return new MeanActivations(
      async (rows, sites) => (await this.compute(rows, sites, [], false)).activations,
      this.batchSize,
    );
  }

  private alive(): Engine {
    if (this.engine === undefined)
      throw new ModelError({
        what: `the model ${this.name} was disposed of`,
        where: 'run',
        hint: 'load it again, or dispose of it later',
      });
    return this.engine;
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

  /** @throws ModelError for logits of another shape than inputs of that size had before */
  private checkLogits(input: ModelInput, found: Found | undefined): void {
    if (found === undefined) return;
    const size = shapeKey(input);
    const shape = found.shape.slice(1).join(', ');
    const before = this.logitShapes.get(size) ?? shape;
    if (shape !== before)
      throw new ModelError({
        what: `the model gave logits of shape [${shape}] for an input of ${sizeInWords(input)}, and of [${before}] for one of that size before`,
        where: `model ${this.name}`,
        hint: 'a model has one number of classes',
      });
    this.logitShapes.set(size, shape);
  }

  private checkInput(engine: Engine, input: ModelInput, where: string): void {
    // what a model says of its own inputs says more
    engine.check?.(input, where);
    const fault = faultOf(input);
    if (fault !== undefined)
      throw new InputError({
        what: fault,
        where,
        hint: 'give token ids, a tensor { shape, data }, or several of them by name',
      });
  }

  private checkBatch(engine: Engine, batch: readonly ModelInput[], where: string): void {
    if (!Array.isArray(batch))
      throw new InputError({
        what: `the batch is ${valueInWords(batch)}, and not a list of inputs`,
        where,
        hint: 'give a list, also of a single input',
      });
    if (batch.length === 0)
      throw new InputError({ what: 'the batch is empty', where, hint: 'give at least one input' });
    let first = '';
    batch.forEach((input: ModelInput | null | undefined, row) => {
      if (typeof input !== 'object' || input === null)
        throw new InputError({ what: `input ${row} is ${String(input)}`, where, hint: 'give token ids or tensors' });
      this.checkInput(engine, input, `${where}, input ${row}`);
      const key = shapeKey(input);
      if (row === 0) first = key;
      else if (key !== first)
        throw new InputError({
          what: `input ${row} has ${sizeInWords(input)}, input 0 has ${sizeInWords(batch[0]!)}`,
          where,
          hint: 'inputs of one batch must have the same length or shape',
        });
    });
  }

  /** Learns the sizes of sites that follow the input, from one clean pass over one row. */
  private async measure(input: ModelInput, names: readonly unknown[]): Promise<void> {
    const key = shapeKey(input);
    const unknown = [...new Set(names)].filter((name): name is string => {
      const site = this.byName.get(name as string);
      return site !== undefined && site.shape.includes(-1) && !this.shapes.has(`${site.name} ${key}`);
    });
    if (unknown.length === 0) return;
    const { activations } = await this.alive().pass([input], { capture: unknown, patches: [], logits: false });
    for (const name of unknown) this.shapes.set(`${name} ${key}`, activations.get(name)!.shape.slice(1));
  }

  private shapeOf(site: Site, input: ModelInput): readonly number[] {
    return site.shape.includes(-1) ? this.shapes.get(`${site.name} ${shapeKey(input)}`)! : site.shape;
  }

  private async compute(
    batch: readonly ModelInput[],
    captures: ReadonlySet<string>,
    changes: readonly SiteChange[],
    logits: boolean,
    meanOf: MeanOf = noMean,
  ): Promise<RunResult> {
    const engine = this.alive();
    const results = new Map<string, Activation>();
    const collect = (site: string, chunk: Chunk, part: Found | undefined) => {
      const rows = chunk.to - chunk.from;
      checkFound(part, rows, site || 'its logits', this.name);
      const shape = [batch.length, ...part.shape.slice(1)];
      let whole = results.get(site);
      if (whole === undefined) {
        // one chunk is all there is, as a rule
        whole = {
          site: site || 'logits',
          shape,
          data: rows === batch.length ? part.data : new Float32Array(entriesOf(shape)),
        };
        results.set(site, whole);
      }
      if (whole.data !== part.data) whole.data.set(part.data, (chunk.from * whole.data.length) / batch.length);
    };
    if (captures.size > 0 || logits) {
      for (let from = 0; from < batch.length; from += this.batchSize) {
        const chunk = { from, to: Math.min(batch.length, from + this.batchSize) };
        const rows = batch.slice(chunk.from, chunk.to);
        await breathe();
        if (!logits && changes.length === 0 && !this.made.changing) {
          // counterfactuals are asked for again and again, and are inputs of the task themselves, as a rule
          for (const [site, found] of await this.clean(engine, rows, [...captures])) collect(site, chunk, found);
          continue;
        }
        const { logits: out, activations } = await engine.pass(rows, {
          capture: [...captures],
          patches: await this.patches(engine, changes, chunk, rows, meanOf),
          logits,
        });
        for (const site of captures) collect(site, chunk, activations.get(site));
        if (logits) {
          this.checkLogits(rows[0]!, out);
          collect('', chunk, out);
        }
      }
    }
    return {
      logits: results.get('') ?? { site: 'logits', shape: [batch.length, 0], data: new Float32Array(0) },
      activations: new Map([...captures].map((site) => [site, results.get(site)!])),
    };
  }

  private async patches(
    engine: Engine,
    changes: readonly SiteChange[],
    chunk: Chunk,
    rows: readonly ModelInput[],
    meanOf: MeanOf,
  ): Promise<SitePatch[]> {
    const here = changes.filter((change) => reaches(change, chunk));
    // one clean pass for all sites that are resampled from the same inputs
    const counterfactual = new Map<readonly ModelInput[], EngineResult['activations']>();
    for (const { by } of here) {
      if (by.kind !== 'resample' || counterfactual.has(by.inputs)) continue;
      const sites = here
        .filter((other) => other.by.kind === 'resample' && other.by.inputs === by.inputs)
        .map(({ site }) => site.name);
      const { activations } = await engine.pass(by.inputs.slice(chunk.from, chunk.to), {
        capture: [...new Set(sites)],
        patches: [],
        logits: false,
      });
      counterfactual.set(by.inputs, activations);
    }
    const source: ReplacementValues = (change) =>
      change.by.kind === 'resample' ? counterfactual.get(change.by.inputs)!.get(change.site.name)! : meanOf(change);
    const patches = [...bySite(here).values()].map((group) => patchOf(group, chunk, source));
    await this.complete(engine, patches, rows);
    return patches;
  }

  /**
   * A patch of a part of a site becomes one of the whole, from what is known of the site without patches: then nothing before it is computed.
   * For sites that no other patch has an influence on.
   */
  private async complete(engine: Engine, patches: SitePatch[], rows: readonly ModelInput[]): Promise<void> {
    if (this.made.changing) return;
    const sites = patches.map(({ site }) => site);
    const independent = patches.length === 1 ? sites : (engine.independent?.(sites) ?? []);
    const wanted = patches.filter(({ site, mask }) => mask !== undefined && independent.includes(site));
    if (wanted.length === 0 || 4 * wanted.reduce((sum, { values }) => sum + values.length, 0) > KEPT_BYTES) return;
    const clean = await this.clean(
      engine,
      rows,
      wanted.map(({ site }) => site),
    );
    for (const patch of wanted) {
      const { data } = clean.get(patch.site)!;
      applyPatch(patch, data);
      patches[patches.indexOf(patch)] = { site: patch.site, shape: patch.shape, mask: undefined, values: data };
    }
  }

  /** Clean activations of some rows, computed only for inputs that they are not kept of. The arrays are the caller's. */
  private async clean(
    engine: Engine,
    rows: readonly ModelInput[],
    sites: readonly string[],
  ): Promise<Map<string, Found>> {
    const keys = rows.map(exactKey);
    const known = keys.map((key) => (key === undefined ? undefined : this.kept.get(key)));
    const isUnknown = rows.map((_, i) => sites.some((site) => !known[i]?.has(site)));
    // copies, because the caller may fill them anew before they are read
    const unknown = rows.filter((_, i) => isUnknown[i]).map(copyOf);
    const computed =
      unknown.length === 0
        ? undefined
        : (await engine.pass(unknown, { capture: sites, patches: [], logits: false })).activations;
    const results = new Map<string, Found>();
    for (const site of sites) {
      const found = computed?.get(site);
      if (found) checkFound(found, unknown.length, site, this.name);
      const shape = found?.shape.slice(1) ?? known[0]!.get(site)!.shape;
      const size = entriesOf(shape);
      const data = new Float32Array(rows.length * size);
      let next = 0;
      rows.forEach((_, i) => {
        const own = isUnknown[i] ? found!.data.subarray(next * size, ++next * size) : known[i]!.get(site)!.data;
        data.set(own, i * size);
      });
      results.set(site, { shape: [rows.length, ...shape], data });
    }
    if (computed)
      this.keep(
        keys.filter((_, i) => isUnknown[i]),
        sites,
        computed,
      );
    return results;
  }

  private forget(): void {
    this.kept.clear();
    this.keptBytes = 0;
  }

  /** @param keys of the rows; undefined for one that shows no content */
  private keep(
    keys: readonly (string | undefined)[],
    sites: readonly string[],
    found: EngineResult['activations'],
  ): void {
    const bytes = sites.reduce((sum, site) => sum + found.get(site)!.data.byteLength, 0);
    if (bytes > KEPT_BYTES) return;
    if (this.keptBytes + bytes > KEPT_BYTES) {
      // what is kept may be of inputs that nobody asks for any more
      this.forget();
    }
    this.keptBytes += bytes;
    keys.forEach((key, i) => {
      if (key === undefined) return;
      const own = this.kept.get(key) ?? new Map<string, Found>();
      for (const site of sites) {
        const { shape, data } = found.get(site)!;
        const size = data.length / keys.length;
        own.set(site, { shape: shape.slice(1), data: data.slice(i * size, (i + 1) * size) });
      }
      this.kept.set(key, own);
    });
  }
}

/** A clean pass puts nothing in. */
const noMean = (): never => {
  throw new Error('a clean pass replaces nothing');
};

/** Values of some rows, or of one. */
interface Found {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** @throws ModelError for what cannot be the activations of so many rows */
function checkFound(found: Found | undefined, rows: number, site: string, model: string): asserts found is Found {
  if (found !== undefined && found.shape[0] === rows && found.data.length === entriesOf(found.shape)) return;
  throw new ModelError({
    what:
      found === undefined
        ? `the model gave nothing for ${site}`
        : `the model gave ${site} of shape [${found.shape.join(', ')}] with ${found.data.length} values for ${rows} rows`,
    where: `model ${model}`,
    hint: 'every activation is row-major, batch first',
  });
}

/**
 * A Model on an engine.
 * @throws OptionError for a batchSize that is no positive integer
 */
export function engineModel(made: EngineModelParts): Model {
  return new EngineModel(made);
}
