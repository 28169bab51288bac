/** How a comparison is drawn of which a side, or both, is a fingerprint. */
import { asSet, type ByInterventionOptions, type ImplementationSet } from '../implementations/index.js';
import { Sampler } from '../implementations/draw.js';
import type { CommonIntervention, ComponentPair } from '../implementations/common-intervention.js';
import { everyComponent, inWords, type Component } from '../circuit/component.js';
import { gramFrom } from '../implementations/kept-samples.js';
import type { Mispairable } from '../implementations/mispaired.js';
import type { DrawOptions, Sample, SampleSource } from '../implementations/samples.js';
import type { Gram } from '../representation/gram.js';
import { searchSeed, type Sampling } from '../implementations/sampling.js';
import { requireImplementations } from '../implementations/set.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import type { AnyTask } from '../task/task.js';
import type { Fingerprint } from './fingerprint.js';
import { tensorNames } from './format.js';
import { byRecipes, firstTried, recipeKey, recorded, toleratesTooFew, unlikeParts } from './recorded.js';

/** The side of a fingerprint. */
class RecordedSide implements SampleSource {
  readonly set: ImplementationSet;
  readonly searched = undefined;
  readonly behaviour: number;
  readonly tried: number;
  readonly sites: readonly string[];
  readonly sameSites: boolean;
  readonly features: number;
  readonly untouched: readonly string[];
  readonly kept;
  /** draws that are looked at, in this order */
  drawn: readonly Sample[] = [];

  constructor(readonly fingerprint: Fingerprint) {
    const { said } = fingerprint;
    const [first] = said.draws;
    this.set = recorded(fingerprint);
    this.behaviour = said.behaviour;
    this.tried = said.tried;
    this.sites = first!.sample.sites;
    this.sameSites = said.draws.every(({ sample }) => sample.sites.join('\n') === this.sites.join('\n'));
    this.features = said.draws.at(-1)!.sample.features;
    this.untouched = said.untouched;
    this.kept = first!.sample.kept;
  }

  /** Its draws by what was intervened on. */
  byRecipe(): Map<string, Sample> {
    return new Map(this.fingerprint.drawn().map((one) => [recipeKey(one.recipe!), one]));
  }
}

/** Interventions of two sides as a report has them. */
const shared = ({ said }: Fingerprint): Sampling['common'] => ({
  how: 'fingerprint',
  components: said.parts.reduce((sum, { count }) => sum + count, 0),
  patchable: new Set(said.draws.flatMap(({ recipe }) => recipe.components)).size,
});

/** Draws of a fingerprint and of a model, with other components patched in the model. */
class RecordedTwins implements Mispairable {
  readonly how;
  readonly pairs: readonly ComponentPair[];
  private readonly places: ReadonlyMap<string, number>;
  /** places of the fingerprint's draws, by what was intervened on */
  private readonly recorded: ReadonlyMap<string, number>;

  constructor(
    private readonly fingerprint: Fingerprint,
    private readonly first: RecordedSide,
    private readonly second: Sampler,
    private readonly task: string,
    private readonly options: Pick<DrawOptions, 'cache' | 'signal'>,
  ) {
    const { said } = fingerprint;
    const known = new Map(everyComponent(second.set.original).map((one) => [one.name, one]));
    this.how = { outside: said.options.outside };
    this.pairs = said.pool.map((name) => [known.get(name)!, known.get(name)!] as const);
    this.places = new Map(said.pool.map((name, at) => [name, at]));
    this.recorded = new Map(said.draws.map(({ recipe }, at) => [recipeKey(recipe), at]));
  }

  get sides(): Mispairable['sides'] {
    return [this.first, this.second];
  }

  get interventions(): CommonIntervention[] {
    return this.second.drawn.map(({ recipe }) => ({
      pairs: recipe!.components.map((name) => this.places.get(name)!),
      seed: recipe!.seed,
    }));
  }

  get keeping(): Mispairable['keeping'] {
    const { cache, signal } = this.options;
    const about = `${this.fingerprint.said.model.name} and ${this.second.set.original.name} on ${this.task}`;
    return { cache, signal, about };
  }

  has(draw: number, size: number): boolean {
    return this.gram(draw, size) !== undefined;
  }

  drawKey(draw: number): readonly unknown[] | undefined {
    const key = this.second.itselfKey();
    return key && ['recorded control', this.fingerprint.digest, key, { ...this.second.drawn[draw]!.recipe! }];
  }

  async under(
    side: 0 | 1,
    draw: number,
    pool: readonly Component[],
  ): Promise<(some: readonly Component[]) => Promise<Gram | undefined>> {
    if (side === 0) return async (some) => this.gram(draw, some.length);
    const { seed } = this.second.drawn[draw]!.recipe!;
    const model = this.second.set.original;
    const { by } = this.fingerprint.said.options;
    return this.second.under(by, seed, pool, (some) => `${model.name} with ${inWords(some, model)} patched`);
  }

  /** Of the fingerprint, with so many of the draw's components patched. */
  private gram(draw: number, size: number): Gram | undefined {
    const recipe = this.second.drawn[draw]!.recipe!;
    const index = this.recorded.get(recipeKey(recipe))!;
    if (size === recipe.components.length) return this.fingerprint.drawn()[index]!.gram;
    return gramFrom(this.fingerprint.tensors, tensorNames.control(index, size));
  }
}

const require = (
  { set, tried, drawn }: SampleSource,
  count: number,
  floor: number,
  task: AnyTask | undefined,
): void => {
  // that a share of its draws does the task was seen when it was made
  if (task) requireImplementations(set.description, tried, drawn.length, count, floor, task);
};

export interface AgainstModelOptions extends Omit<DrawOptions, 'seed' | 'searchSeed' | 'progress'> {
  /** of the candidate's own draws */
  readonly seed: number;
  /** how the candidate is drawn by itself */
  readonly set: ByInterventionOptions;
  /** false: each side by itself */
  readonly together: boolean;
  readonly progress: (done: number) => void;
  readonly opened: (patchable: number | undefined) => void;
}

/**
 * A model against a fingerprint: the interventions of the fingerprint are made on the model as well, so that draws are twins. If it has other components, or tolerates too few of them, it is drawn by itself.
 * @throws as `Sampler.start`
 */
export async function againstModel(
  fingerprint: Fingerprint,
  candidate: Model | ImplementationSet,
  { set: how, together, progress, opened, ...options }: AgainstModelOptions,
): Promise<Sampling> {
  const { seed, minAcceptance, task } = options;
  const first = new RecordedSide(fingerprint);
  const drawing = {
    ...options,
    seed: random(seed, 'candidate').below(0x7fffffff),
    searchSeed: searchSeed(seed),
    progress,
  };
  const alone = asSet(candidate, how, 'candidate');
  const whole = fingerprint.drawn();
  const apart = async (why: string): Promise<Sampling> => {
    progress(0);
    const second = await Sampler.start(alone, drawing);
    opened(second.searched?.patchable);
    return {
      sides: [first, second],
      paired: false,
      mispairable: undefined,
      together: undefined,
      common: { why },
      async fill(count) {
        first.drawn = whole.slice(0, count);
        return (await second.fill(count)) && first.drawn.length >= count;
      },
      ahead: (from, to) => second.ahead(from, to),
      require(count) {
        require(first, count, minAcceptance, task);
        second.require(count);
      },
    };
  };
  const model = alone.original;
  if (!together) return apart('it was asked for');
  if (alone.interventions === undefined) return apart(`${alone.description} is no set of interventions on one model`);
  const unlike = unlikeParts(fingerprint, model);
  if (unlike !== undefined) return apart(unlike);
  const second = await Sampler.start(byRecipes(model, fingerprint), drawing);
  opened(undefined);
  await second.fillUpTo(1 + firstTried(fingerprint).length);
  const few = toleratesTooFew(model, Math.max(0, second.drawn.length - 1), fingerprint);
  if (few !== undefined) return apart(few);
  const byRecipe = first.byRecipe();
  const pair = (): void => {
    first.drawn = second.drawn.map(({ recipe }) => byRecipe.get(recipeKey(recipe!))!);
  };
  pair();
  return {
    sides: [first, second],
    paired: true,
    mispairable: new RecordedTwins(fingerprint, first, second, task.name, options),
    together: undefined,
    common: shared(fingerprint),
    async fill(count) {
      const full = await second.fill(count);
      pair();
      return full;
    },
    ahead: (from, to) => second.ahead(from, to),
    require: (count) => second.require(count),
  };
}

/** Two fingerprints: twins, as far as both hold draws by the same interventions; if these are fewer than half of either, each by itself. Nothing is drawn. */
export function ofFingerprints(one: Fingerprint, other: Fingerprint): Sampling {
  const [first, second] = [new RecordedSide(one), new RecordedSide(other)];
  const [mine, theirs] = [one.drawn(), other.drawn()];
  const byRecipe = second.byRecipe();
  const twins = mine.flatMap((sample): (readonly [Sample, Sample])[] => {
    const twin = byRecipe.get(recipeKey(sample.recipe!));
    return twin ? [[sample, twin]] : [];
  });
  const alike = JSON.stringify(one.said.parts) === JSON.stringify(other.said.parts);
  const paired = alike && 2 * (twins.length - 1) >= Math.min(mine.length, theirs.length) - 1;
  // draws by one intervention are not independent of each other: those of one side go
  const known = new Set(twins.slice(1).map(([, twin]) => twin));
  const sides = paired
    ? [twins.map(([sample]) => sample), twins.map(([, twin]) => twin)]
    : [mine, theirs.filter((sample) => !known.has(sample))];
  const most = Math.min(sides[0]!.length, sides[1]!.length);
  return {
    sides: [first, second],
    paired,
    mispairable: undefined,
    together: undefined,
    common: paired
      ? shared(one)
      : {
          why: alike
            ? 'the two fingerprints were drawn by interventions of their own'
            : `${other.said.model.name} has other components than ${one.said.model.name}`,
        },
    async fill(count) {
      first.drawn = sides[0]!.slice(0, count);
      second.drawn = sides[1]!.slice(0, count);
      return most >= count;
    },
    ahead: async () => undefined,
    require: () => undefined,
  };
}
