/** Runs one intervention on two models, and says what it does to each. */
import type { CommonIntervention, ComponentPair } from '../src/implementations/common-intervention.js';
import type { Ablation } from '../src/circuit/ablations.js';
import { resamples } from '../src/circuit/ablations.js';
import type { Model } from '../src/model/model.js';
import { checkSites, featuresOf, type Pool } from '../src/representation/capture.js';
import { addGrams, gramOf, someRows, subsetInputs, type Gram } from '../src/representation/gram.js';
import { runExamples, type ExampleRun } from '../src/task/run.js';
import type { AnyTask, AnyExamples } from '../src/task/task.js';
import { COSINE } from '../src/verdict/twins/decide.js';
import { responsesOf, STILL, unit, type Responses } from '../src/verdict/twins/responses.js';
import { Space } from '../generators/_internals/implementation-space.js';
import type {
  GeneratedImplementation,
  ImplementationDescription,
} from '../generators/_internals/generated-implementation.js';

export interface TwinRunnerOptions {
  readonly on: AnyTask;
  /** the baseline, and the candidate */
  readonly models: readonly [Model, Model];
  /** components that may be intervened on, each with its twin */
  readonly pairs: readonly ComponentPair[];
  readonly by: Ablation;
  readonly examples: AnyExamples;
  /** places of the examples that representations are taken over. Default: all */
  readonly rows?: Uint32Array | undefined;
  readonly sites?: readonly string[] | undefined;
  readonly pool: Pool;
  readonly signal?: AbortSignal | undefined;
}

/** An intervention on the baseline, and the same on the candidate. */
export type TwinIntervention = GeneratedImplementation<unknown>;

/** A model's representation: of all sites together, and of each. */
interface Represented {
  readonly whole: Gram;
  readonly bySite: readonly Gram[];
}

type Both<T> = readonly [T, T];

/** What an intervention did to both models. */
export interface TwinEffect extends Responses {
  readonly sites: readonly (Responses & { readonly site: string })[];
  /** over some of the inputs only, by their places */
  over(inputs: readonly number[]): Responses;
}

/** True where an intervention moves one model beyond the resolution, and not the other in the same way. */
export const parts = ({ moved, cosine }: Responses): boolean =>
  cosine !== undefined && cosine < COSINE && moved.some((by) => by >= STILL);

export class TwinRunner {
  private readonly spaces: Both<Space<unknown>>;
  private readonly nameOfTwin: ReadonlyMap<string, string>;
  private before: Both<Represented> | undefined;
  private last: { readonly key: string; readonly effect: TwinEffect } | undefined;

  constructor(private readonly options: TwinRunnerOptions) {
    const { on, models, pairs, by, examples } = options;
    this.spaces = [0, 1].map(
      (side) =>
        new Space(models[side]!, {
          on,
          outside: pairs.map((pair) => pair[side]!),
          by,
          ...(resamples(by) && { from: ['input', 'drawn'] as const }),
          examples,
        }),
    ) as unknown as Both<Space<unknown>>;
    this.nameOfTwin = new Map(pairs.map(([one, other]) => [one.name, other.name]));
  }

  /** Draws interventions on the baseline; shrinks to the fewest components, then to one input that they are taken from. */
  get arbitrary(): ReturnType<Space<unknown>['arbitrary']> {
    return this.spaces[0].arbitrary();
  }

  /** A draw of the common sampler as one that the arbitrary can shrink. */
  ofDraw({ pairs, seed }: CommonIntervention): TwinIntervention {
    const { by } = this.options;
    return this.parse({
      components: pairs.map((at) => this.options.pairs[at]![0].name),
      by,
      ...(resamples(by) && { from: { seed } }),
    });
  }

  /** @throws OptionError, InterventionError for what is none of these */
  parse(description: ImplementationDescription): TwinIntervention {
    return this.spaces[0].parse(description);
  }

  /** The same intervention on the candidate. */
  twin(one: TwinIntervention): TwinIntervention {
    return this.spaces[1].parse({
      ...one.toJSON(),
      components: one.components.map(({ name }) => this.nameOfTwin.get(name)!),
    });
  }

  /** @throws whatever the models throw, RepresentationError */
  async effect(one: TwinIntervention): Promise<TwinEffect> {
    const key = JSON.stringify(one);
    if (this.last?.key === key) return this.last.effect;
    const { models, on, signal } = this.options;
    this.before ??= [
      this.represented(models[0], await runExamples(models[0], on, this.examples, { capture: this.sites(0), signal })),
      this.represented(models[1], await runExamples(models[1], on, this.examples, { capture: this.sites(1), signal })),
    ];
    const twins = [one, this.twin(one)] as const;
    const after = [
      this.represented(models[0], await twins[0].run({ capture: this.sites(0), signal })),
      this.represented(models[1], await twins[1].run({ capture: this.sites(1), signal })),
    ] as const;
    const effect = effectOf(this.sites(0), this.before, after);
    this.last = { key, effect };
    return effect;
  }

  /** Passes that one intervention takes. */
  get passes(): number {
    const { groups } = this.options.on.encode(this.examples, this.options.models[0]);
    return 2 * groups.length;
  }

  private get examples(): AnyExamples {
    return this.options.examples;
  }

  private sites(side: 0 | 1): readonly string[] {
    const model = this.options.models[side];
    const sites = this.options.sites ?? model.representationSites;
    checkSites(model, sites);
    return sites;
  }

  private represented(model: Model, run: ExampleRun): Represented {
    const sites = this.sites(model === this.options.models[0] ? 0 : 1);
    const bySite = sites.map((name) => {
      const site = model.sites.find((found) => found.name === name)!;
      const rows = someRows(featuresOf(site, run.batches, this.options.pool), this.options.rows);
      return gramOf(rows, { where: `${model.name}, ${name}`, constant: 'zero' });
    });
    return { whole: addGrams(bySite), bySite };
  }
}

const responses = (before: Both<Gram>, after: Both<Gram>): Responses =>
  responsesOf([unit(before[0]), unit(before[1])], [unit(after[0]), unit(after[1])]);

function effectOf(names: readonly string[], before: Both<Represented>, after: Both<Represented>): TwinEffect {
  const of = (both: Both<Represented>, what: (one: Represented) => Gram): Both<Gram> => [what(both[0]), what(both[1])];
  const alike = before[0].bySite.length === before[1].bySite.length;
  return {
    ...responses(
      of(before, ({ whole }) => whole),
      of(after, ({ whole }) => whole),
    ),
    sites: alike
      ? names.map((site, s) => ({
          site,
          ...responses(
            of(before, ({ bySite }) => bySite[s]!),
            of(after, ({ bySite }) => bySite[s]!),
          ),
        }))
      : [],
    over: (inputs) => {
      const some = (both: Both<Represented>): Both<Gram> => of(both, ({ whole }) => subsetInputs(whole, inputs));
      return responses(some(before), some(after));
    },
  };
}
