/** Whether a change of a model moves what it does, or how: its behaviour on every example, and its representation. */
import { RepresentationError } from '../../src/errors.js';
import { copyLimit } from '../../src/measure/copies.js';
import { measures, type MeasureName } from '../../src/measure/index.js';
import type { Model } from '../../src/model/model.js';
import { checkSites, featuresOf, type Pool } from '../../src/representation/capture.js';
import { addGrams, gramOf, someRows, type Gram } from '../../src/representation/gram.js';
import { runExamples } from '../../src/task/run.js';
import { alikeFor } from '../../src/task/distinct.js';
import type { AnyExamples, AnyTask } from '../../src/task/task.js';
import { agree, PairRunner, type Agreement, type Pair } from '../../search/differences.js';
import { withChanged, type ModelChange } from './changes.js';

export interface MovedOptions {
  readonly on: AnyTask;
  readonly agree: Agreement;
  readonly tolerance: number;
  readonly representation: boolean;
  readonly measure: MeasureName;
  readonly resolution?: number | undefined;
  readonly sites?: readonly string[] | undefined;
  readonly pool: Pool;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface Moved {
  /** the first example on which the two differ */
  readonly behaviour: { readonly input: unknown; readonly pair: Pair } | undefined;
  /** of the representations; undefined where they were not compared */
  readonly distance: number | undefined;
}

async function gram(
  model: Model,
  examples: AnyExamples,
  rows: Uint32Array | undefined,
  { on, sites, pool, signal }: MovedOptions,
): Promise<Gram> {
  const names = sites ?? model.representationSites;
  checkSites(model, names);
  const { batches } = await runExamples(model, on, examples, { capture: names, signal });
  return addGrams(
    names.map((name) => {
      const site = model.sites.find((one) => one.name === name)!;
      return gramOf(someRows(featuresOf(site, batches, pool), rows), {
        where: `${model.name}, ${name}`,
        constant: 'zero',
      });
    }),
  );
}

/** The model as it is, measured once, to hold changed ones against. */
export class Unchanged {
  private constructor(
    private readonly model: Model,
    private readonly examples: AnyExamples,
    private readonly options: MovedOptions,
    private readonly rows: Uint32Array | undefined,
    private readonly own: Gram | undefined,
    /** how far apart representations may be */
    readonly resolution: number,
  ) {}

  static async measure(model: Model, examples: AnyExamples, options: MovedOptions): Promise<Unchanged> {
    const { on, measure, seed, signal } = options;
    const rows = alikeFor(on, examples, [model])?.first;
    const own = options.representation ? await gram(model, examples, rows, options) : undefined;
    const copies =
      own && options.resolution === undefined
        ? (await measures[measure].distances([own], { seed, splits: 1, distinct: true, signal })).copies
        : undefined;
    const resolution = options.resolution ?? copyLimit(copies, measures[measure].resolution);
    return new Unchanged(model, examples, options, rows, own, resolution);
  }

  /** @throws RepresentationError where the measure gives no number; whatever the changed model throws */
  async moved(change: ModelChange, spend: (passes: number) => void): Promise<Moved> {
    const { on, agree: what, tolerance, measure, seed, signal } = this.options;
    return withChanged(change, async (changed) => {
      const pairs = await new PairRunner([this.model, changed], on).pairs(this.examples.inputs, { signal, spend });
      const at = pairs.findIndex((pair) => !agree(pair, what, tolerance));
      if (at >= 0) return { behaviour: { input: this.examples.inputs[at], pair: pairs[at]! }, distance: undefined };
      if (!this.own) return { behaviour: undefined, distance: undefined };
      spend(1);
      const { data } = await measures[measure].distances(
        [this.own, await gram(changed, this.examples, this.rows, this.options)],
        { seed, splits: 1, signal },
      );
      const distance = data[1]!;
      if (Number.isNaN(distance))
        throw new RepresentationError({
          what: `the ${measure} distance is not a number`,
          where: change.description,
          hint: 'use another measure',
        });
      return { behaviour: undefined, distance };
    });
  }

  /** Nothing moved beyond what is allowed. */
  keeps({ behaviour, distance }: Moved): boolean {
    return behaviour === undefined && (distance === undefined || distance <= this.resolution);
  }
}
