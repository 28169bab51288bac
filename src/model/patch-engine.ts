/**
 * Engines that compute a pass over plain arrays and take patches: ONNX, TensorFlow.js and functions of the user. Interventions become patches here, and what is
 * known of a site without patches is used again.
 */
import { InputError, ModelError } from '../errors.js';
import { breathe } from '../signal.js';
import { CleanActivations, KEPT_BYTES } from './clean-activations.js';
import { chunksOf } from './away.js';
import {
  LOGITS,
  type AttributionRequest,
  type Engine,
  type EngineRequest,
  type Found,
  type Outputs,
} from './engine.js';
import { EngineModel, type EngineModelParts } from './engine-model.js';
import { shapeKey, sizeInWords, type ModelInput } from './input.js';
import { bySite } from './interventions.js';
import type { Activation, Model, Site } from './model.js';
import { applyPatch, patchOf, reaches, type ReplacementValues, type SitePatch } from './replacement.js';

/** What is asked for in one pass. */
export interface PassRequest {
  /** sites whose activations are wanted: after the patch, where a site has one */
  readonly capture: readonly string[];
  /** at most one per site; the pass goes on with what they leave */
  readonly patches: readonly SitePatch[];
  /** whether the logits are wanted */
  readonly logits: boolean;
}

export interface PassResult {
  /** [rows, classes] or [rows, positions, classes]; may be left out where they were not wanted */
  readonly logits?: Found | undefined;
  /** [rows, ...site] for every site asked for */
  readonly activations: ReadonlyMap<string, Found>;
}

export interface PatchEngine {
  /** One pass over rows of equal size. The arrays are the caller's. */
  pass(rows: readonly ModelInput[], wanted: PassRequest): Promise<PassResult>;
  /** Of sites that are to be patched together, those that no other of them has an influence on. Default: known for a single site only */
  independent?(sites: readonly string[]): readonly string[];
  /**
   * As `Engine.attribute`, for a few rows of equal size: by site, [rows, components], or undefined where the gradient of an operation is missing. What an answer's logits are is said by
   * `direction`.
   */
  attribute?(rows: readonly ModelInput[], wanted: AttributionRequest): Promise<ReadonlyMap<string, Found> | undefined>;
  /** @throws InputError for an input that does not fit the model */
  check?(input: ModelInput, where: string): void;
  dispose?(): void;
}

/** Rows that are differentiated at once: every activation is kept until the gradient has passed. */
const ATTRIBUTED = 32;

const someRows = ({ site, shape, data }: Activation, from: number, to: number): Activation => {
  const size = data.length / shape[0]!;
  return { site, shape: [to - from, ...shape.slice(1)], data: data.subarray(from * size, to * size) };
};

class Patching implements Engine {
  /** sizes of sites that follow the input, by site and size of the input */
  private readonly known = new Map<string, readonly number[]>();
  /** sizes of a row's logits, by the size of the input */
  private readonly logitShapes = new Map<string, string>();
  private readonly clean: CleanActivations;

  /** @param changing true: activations depend on the weights of the moment, and nothing is kept */
  constructor(
    private readonly engine: PatchEngine,
    private readonly model: string,
    private readonly changing: boolean,
  ) {
    this.clean = new CleanActivations((rows, sites) => this.untouched(rows, sites), model);
  }

  check(input: ModelInput | null | undefined, row: number, where: string): void {
    if (typeof input !== 'object' || input === null)
      throw new InputError({ what: `input ${row} is ${String(input)}`, where, hint: 'give token ids or tensors' });
    this.engine.check?.(input, `${where}, input ${row}`);
  }

  dispose(): void {
    this.engine.dispose?.();
    this.clean.forget();
  }

  get attribute(): Engine['attribute'] {
    const { engine } = this;
    if (!engine.attribute) return undefined;
    return async (batch, { towards, axes, logits, direction }) => {
      const found = new Map<string, Float32Array[]>([...towards.keys()].map((site) => [site, []]));
      for (const { from, to } of chunksOf(batch.length, ATTRIBUTED)) {
        await breathe();
        const part = await engine.attribute!(batch.slice(from, to), {
          towards: new Map([...towards].map(([site, one]) => [site, someRows(one, from, to)])),
          axes,
          logits: logits.slice(from, to),
          direction: (own, row) => direction(own, from + row),
        });
        if (!part) return undefined;
        for (const [site, { data }] of part) found.get(site)!.push(data);
      }
      return new Map(
        [...found].map(([site, parts]) => {
          const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
          parts.reduce((at, part) => (data.set(part, at), at + part.length), 0);
          return [site, { site, shape: [batch.length, data.length / batch.length], data }];
        }),
      );
    };
  }

  /** Of sites that follow the input they are learned from one clean pass over one row. */
  async shapes(
    sites: readonly Site[],
    [first]: readonly ModelInput[],
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const size = shapeKey(first!);
    const follows = ({ shape }: Site) => shape.includes(-1);
    const unknown = sites.filter((site) => follows(site) && !this.known.has(`${site.name} ${size}`));
    if (unknown.length > 0) {
      const names = unknown.map(({ name }) => name);
      const activations = await this.untouched([first!], names);
      for (const name of names) this.known.set(`${name} ${size}`, activations.get(name)!.shape.slice(1));
    }
    return new Map(
      sites.map((site) => [site.name, follows(site) ? this.known.get(`${site.name} ${size}`)! : site.shape]),
    );
  }

  async compute(request: EngineRequest, outputs: Outputs): Promise<void> {
    const { batch, chunk, changes, logits } = request;
    const capture = [...request.capture];
    const rows = batch.slice(chunk.from, chunk.to);
    if (logits === false && changes.length === 0 && !this.changing) {
      // counterfactuals are asked for again and again, and are inputs of the task themselves, as a rule
      for (const [site, found] of await this.clean.of(rows, capture)) outputs.give(site, found);
      return;
    }
    const patches = await this.patches(request, rows);
    const result = await this.engine.pass(rows, { capture, patches, logits: logits !== false });
    for (const site of capture) outputs.give(site, result.activations.get(site));
    if (logits === false) return;
    this.checkLogits(rows[0]!, result.logits);
    outputs.give(LOGITS, result.logits);
  }

  private async untouched(rows: readonly ModelInput[], sites: readonly string[]): Promise<PassResult['activations']> {
    return (await this.engine.pass(rows, { capture: sites, patches: [], logits: false })).activations;
  }

  private async patches({ changes, chunk, meanOf }: EngineRequest, rows: readonly ModelInput[]): Promise<SitePatch[]> {
    const here = changes.filter((change) => reaches(change, chunk));
    // one clean pass for all sites that are resampled from the same inputs
    const counterfactual = new Map<readonly ModelInput[], PassResult['activations']>();
    for (const { by } of here) {
      if (by.kind !== 'resample' || counterfactual.has(by.inputs)) continue;
      const sites = here
        .filter((other) => other.by.kind === 'resample' && other.by.inputs === by.inputs)
        .map(({ site }) => site.name);
      counterfactual.set(by.inputs, await this.untouched(by.inputs.slice(chunk.from, chunk.to), [...new Set(sites)]));
    }
    const source: ReplacementValues = (change) =>
      change.by.kind === 'resample' ? counterfactual.get(change.by.inputs)!.get(change.site.name)! : meanOf(change);
    const patches = [...bySite(here).values()].map((group) => patchOf(group, chunk, source));
    await this.complete(patches, rows);
    return patches;
  }

  /**
   * A patch of a part of a site becomes one of the whole, from what is known of the site without patches: then nothing before it is computed.
   * For sites that no other patch has an influence on.
   */
  private async complete(patches: SitePatch[], rows: readonly ModelInput[]): Promise<void> {
    if (this.changing) return;
    const sites = patches.map(({ site }) => site);
    const independent = patches.length === 1 ? sites : (this.engine.independent?.(sites) ?? []);
    const wanted = patches.filter(({ site, mask }) => mask !== undefined && independent.includes(site));
    if (wanted.length === 0 || 4 * wanted.reduce((sum, { values }) => sum + values.length, 0) > KEPT_BYTES) return;
    const clean = await this.clean.of(
      rows,
      wanted.map(({ site }) => site),
    );
    for (const patch of wanted) {
      const { data } = clean.get(patch.site)!;
      applyPatch(patch, data);
      patches[patches.indexOf(patch)] = { site: patch.site, shape: patch.shape, mask: undefined, values: data };
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
        where: `model ${this.model}`,
        hint: 'a model has one number of classes',
      });
    this.logitShapes.set(size, shape);
  }
}

/**
 * A Model on an engine that takes patches.
 * @throws OptionError for a batchSize that is no positive integer
 */
export const patchEngineModel = (made: EngineModelParts<PatchEngine>): Model =>
  new EngineModel({ ...made, engine: new Patching(made.engine, made.name, made.changing ?? false) });
